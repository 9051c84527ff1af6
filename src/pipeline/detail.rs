//! What charts need (see `model::Detail`): a second pass over the same inputs, in which every objective is measured
//! slice by slice, and the columns that they measure are spread out.
//!
//! Called by `cli` for reports that draw. Invariant: verdicts stay as they are; only `Report::details` is filled.

use super::{Failure, Options, with_items};
use crate::calendar;
use crate::evaluate::{self, Context};
use crate::model::{
    Agreement, Comparison, Condition, Detail, Dimension, Indicator, Missing, Nanos, NoData, Objective,
    Period, Point, Quantity, Rational, Report, Target, Trend, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const HOUR: Nanos = 3_600_000_000_000;
/// Lengths of slices, the finest first. Hours at best: nobody sees more on a page.
const SLICES: [Nanos; 5] = [HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR, 28 * 24 * HOUR];
/// Where the input is short, slices may be shorter.
const SHORT_SLICES: [Nanos; 6] =
    [1_000_000_000, 10_000_000_000, 60_000_000_000, 300_000_000_000, 900_000_000_000, HOUR];
/// At least so many slices are wanted of a short input.
const FEW: u64 = 24;
/// At most so many points there are in all trends of an agreement.
const MOST_POINTS: u64 = 400_000;
/// At most so many slices: hours of a quarter of a year.
const MOST_SLICES: u64 = 2_300;
/// At most so many bars a distribution has.
const MOST_BARS: usize = 200;

/// Fills the details of every agreement. `report` is what `check` said of the same agreements and inputs; inputs are
/// opened again, so standard input cannot be among them.
pub fn add(
    report: &mut Report,
    agreements: &[Agreement],
    inputs: &[String],
    options: &Options<'_>,
) -> Result<(), Failure> {
    let slices: Vec<Option<Nanos>> = (0..agreements.len()).map(|at| slice(report, at)).collect();
    let mut asked = Vec::new();
    let mut of = Vec::new();
    for (index, agreement) in agreements.iter().enumerate() {
        match (slices[index], agreement.period) {
            (Some(slice), Period::Every(length)) if length <= slice => {}
            (Some(slice), _) => {
                asked.push(every(agreement, slice));
                of.push((index, What::Trends));
            }
            (None, _) => {}
        }
        if let Some(spread) = spread(agreement) {
            asked.push(spread);
            of.push((index, What::Distributions));
        }
    }
    let mut details: Vec<Detail> = agreements
        .iter()
        .enumerate()
        .map(|(agreement, promised)| {
            let (trends, slice) = match (slices[agreement], promised.period) {
                (Some(slice), Period::Every(length)) if length <= slice => {
                    (of_results(report, agreement), length)
                }
                (slice, _) => (Vec::new(), slice.unwrap_or(0)),
            };
            Detail { agreement, slice, trends, distributions: Vec::new() }
        })
        .collect();
    // What was doubted or rejected is told by the report itself.
    let lenient = Options { max_bad_rows: u64::MAX, ..options.clone() };
    let context = Context { now: options.now, max_bad_rows: u64::MAX, threads: options.tuning.threads };
    let opened = crate::source::open_all(inputs, crate::source::Digests::Unwanted)?;
    with_items(&asked, opened, &lenient, |items| {
        for (item, (agreement, what)) in items.iter().zip(&of) {
            match what {
                What::Trends => details[*agreement].trends = evaluate::trends(item, &context),
                What::Distributions => {
                    details[*agreement].distributions = evaluate::distributions(item, MOST_BARS);
                }
            }
        }
    })?;
    report.details = details;
    Ok(())
}

#[derive(Clone, Copy)]
enum What {
    Trends,
    Distributions,
}

/// How long the slices of an agreement are: as fine as keeps its trends small. `None` where no times are known, or where
/// there are so many groups that no trend of all of them is small.
fn slice(report: &Report, agreement: usize) -> Option<Nanos> {
    let spans =
        report.inputs.iter().filter(|input| input.agreement == agreement).filter_map(|input| input.span);
    let (first, last) = spans.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))?;
    let mut results = std::collections::BTreeSet::new();
    for result in report.results.iter().filter(|result| result.agreement == agreement) {
        results.insert((result.objective_idx, &result.about.group));
    }
    let count = |slice: &Nanos| calendar::slice_count(first, last, *slice);
    let fits = |slice: &Nanos| {
        count(slice) <= MOST_SLICES && count(slice).saturating_mul(results.len() as u64) <= MOST_POINTS
    };
    if count(&HOUR) < FEW {
        let short =
            SHORT_SLICES.into_iter().rev().find(|slice| count(slice) >= FEW).or(Some(SHORT_SLICES[0]));
        if let Some(slice) = short.filter(|slice| fits(slice)) {
            return Some(slice);
        }
    }
    SLICES.into_iter().find(fits)
}

/// The agreement with slices for periods, and every slice measured whatever it holds.
fn every(agreement: &Agreement, slice: Nanos) -> Agreement {
    let mut sliced = Agreement { period: Period::Every(slice), ..agreement.clone() };
    for objective in &mut sliced.objectives {
        (objective.min_samples, objective.no_data) = (0, NoData::Undecided);
    }
    sliced
}

/// Where the periods are as short as slices would be, the results are the trend.
fn of_results(report: &Report, agreement: usize) -> Vec<Trend> {
    let mut trends: Vec<Trend> = Vec::new();
    let mut known: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for result in report.results.iter().filter(|result| result.agreement == agreement) {
        let Some(from) = result.period.from else { continue };
        let at = *known.entry((result.objective_idx, &result.about.id)).or_insert_with(|| {
            let about = Arc::clone(&result.about);
            trends.push(Trend { objective_idx: result.objective_idx, about, points: Vec::new() });
            trends.len() - 1
        });
        trends[at].points.push(Point {
            from,
            verdict: result.verdict,
            measured: result.measured,
            samples: result.samples,
            bad: result.bad,
            allowed: result.allowed,
        });
    }
    trends
}

/// The agreement with one percentile per column that it measures, over all of the input.
fn spread(agreement: &Agreement) -> Option<Agreement> {
    let mut columns: Vec<(crate::model::Column, Dimension)> = Vec::new();
    let mut add = |column: &crate::model::Column, dimension: Dimension| {
        if !columns.iter().any(|(known, _)| known == column) {
            columns.push((column.clone(), dimension));
        }
    };
    for objective in &agreement.objectives {
        let dimension = objective.target.quantity.dimension;
        match &objective.indicator {
            Indicator::Avg(column) | Indicator::Percentile { column, .. } => add(column, dimension),
            Indicator::ViolationRate(condition) | Indicator::Share(condition) => {
                compared(condition, &mut |column, quantity| add(column, quantity.dimension));
            }
            _ => {}
        }
    }
    let objectives: Vec<Objective> = columns
        .into_iter()
        .filter_map(|(column, dimension)| {
            let model = agreement.objectives.first()?;
            let text = format!("p50({column}) >= 0");
            let quantity = Quantity::new(Rational::ZERO, dimension);
            Some(Objective {
                target: Target { quantity, text: "0".to_owned() },
                indicator: Indicator::Percentile { percent: Rational::integer(50), column },
                comparison: Comparison::AtLeast,
                name: None,
                prefer: None,
                filter: None,
                by: None,
                targets: Vec::new(),
                min_samples: 0,
                no_data: NoData::Undecided,
                missing: Missing::Ignore,
                text,
                ..model.clone()
            })
        })
        .collect();
    (!objectives.is_empty()).then(|| Agreement {
        objectives,
        period: Period::All,
        expect: Vec::new(),
        ..agreement.clone()
    })
}

/// The columns that a condition compares with quantities.
fn compared<'a>(condition: &'a Condition, visit: &mut dyn FnMut(&'a crate::model::Column, Quantity)) {
    match condition {
        Condition::Compare { column, value: Value::Quantity(quantity), .. } => visit(column, *quantity),
        Condition::Not(inner) => compared(inner, visit),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| compared(part, visit)),
        _ => {}
    }
}
