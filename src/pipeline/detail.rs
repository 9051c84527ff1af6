//! What charts need (see `model::Detail`): a second pass over the same inputs, in which every objective is measured
//! slice by slice, and the columns that they measure are spread out.
//!
//! Called by `cli` for reports that draw. Invariant: verdicts stay as they are; only `Report::details` is filled.

use super::{Failure, Options, with_items};
use crate::calendar;
use crate::evaluate::{self, Context, Item};
use crate::model::{
    Agreement, Column, Comparison, Condition, Detail, Distribution, Edge, GroupTarget, Indicator, Missing,
    Nanos, NoData, Objective, Period, Point, Quantity, Rational, Report, Target, Trend, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const HOUR: Nanos = 3_600_000_000_000;
/// Lengths of slices, the finest first. Hours at best: nobody sees more on a page.
pub(super) const SLICES: [Nanos; 5] = [HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR, 28 * 24 * HOUR];
/// Where the input is short, slices may be shorter.
pub(super) const SHORT_SLICES: [Nanos; 6] =
    [1_000_000_000, 10_000_000_000, 60_000_000_000, 300_000_000_000, 900_000_000_000, HOUR];
/// At least so many slices are wanted of a short input.
const FEW: u64 = 24;
/// At most so many points there are in all trends of an agreement.
const MOST_POINTS: u64 = 400_000;
/// At most so many slices: hours of a quarter of a year.
const MOST_SLICES: u64 = 2_300;
/// At most so many bars a distribution has.
pub(super) const MOST_BARS: usize = 200;

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
            Detail { agreement, slice, trends, distributions: Vec::new(), not_drawn: Vec::new() }
        })
        .collect();
    // What was doubted or rejected is told by the report itself.
    let lenient = Options { max_bad_rows: u64::MAX, resume: None, ..options.clone() };
    let (now, threads) = (options.now, options.tuning.threads);
    let context = Context { now, max_bad_rows: u64::MAX, threads, other_results: 0 };
    let opened = crate::source::open_all(inputs, crate::source::Digests::Unwanted, &options.named)?;
    with_items(&asked, opened, &lenient, |items| {
        for (item, (agreement, what)) in items.iter().zip(&of) {
            match what {
                What::Trends => details[*agreement].trends = evaluate::trends(item, &context),
                What::Distributions => {
                    let counted = evaluate::evaluate(std::slice::from_ref(item), &context);
                    let mut found = evaluate::distributions(item, MOST_BARS);
                    for distribution in &mut found {
                        distribution.edges = edges(item, distribution, &counted);
                    }
                    details[*agreement].distributions = found;
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
pub(super) fn slice(report: &Report, agreement: usize) -> Option<Nanos> {
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
pub(super) fn every(agreement: &Agreement, slice: Nanos) -> Agreement {
    let mut sliced = Agreement { period: Period::Every(slice), ..agreement.clone() };
    for objective in &mut sliced.objectives {
        (objective.min_samples, objective.no_data) = (0, NoData::Undecided);
    }
    sliced
}

/// Where the periods are as short as slices would be, the results are the trend.
pub(super) fn of_results(report: &Report, agreement: usize) -> Vec<Trend> {
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

/// The agreement with one percentile per column that it measures, over all of the input, and one per limit that it draws
/// through a column: the share of values that it decides by is that of one side of the limit.
pub(super) fn spread(agreement: &Agreement) -> Option<Agreement> {
    let model = agreement.objectives.first()?;
    let median =
        |column: &Column, comparison: Comparison, target: Target, targets: Vec<GroupTarget>| Objective {
            text: format!("p50({column}) {} {}", comparison.symbol(), target.text),
            indicator: Indicator::Percentile { percent: Rational::integer(50), column: column.clone() },
            target,
            comparison,
            targets,
            name: None,
            prefer: None,
            filter: None,
            by: None,
            min_samples: 0,
            no_data: NoData::Undecided,
            missing: Missing::Ignore,
            ..model.clone()
        };
    let mut shapes: Vec<Objective> = Vec::new();
    let mut limits: Vec<Objective> = Vec::new();
    let mut add =
        |column: &Column, comparison: Option<Comparison>, target: Target, targets: &[GroupTarget]| {
            let zero = Target {
                quantity: Quantity::new(Rational::ZERO, target.quantity.dimension),
                text: "0".to_owned(),
            };
            let shape = median(column, Comparison::AtLeast, zero, Vec::new());
            if !shapes.iter().any(|known| known.indicator == shape.indicator) {
                shapes.push(shape);
            }
            let side = match comparison {
                Some(Comparison::AtMost | Comparison::Above) => Comparison::AtMost,
                Some(Comparison::Below | Comparison::AtLeast) => Comparison::Below,
                Some(Comparison::Equal | Comparison::Unequal) | None => return,
            };
            let limit = median(column, side, target, targets.to_vec());
            if !limits.contains(&limit) {
                limits.push(limit);
            }
        };
    for objective in &agreement.objectives {
        let (target, targets) = (&objective.target, &objective.targets);
        match &objective.indicator {
            Indicator::Avg(column) => add(column, None, target.clone(), &[]),
            Indicator::Percentile { column, .. } => {
                add(column, Some(objective.comparison), target.clone(), targets);
            }
            Indicator::ViolationRate(condition) | Indicator::Share(condition) => {
                compared(condition, &mut |column, comparison, quantity| {
                    add(column, Some(comparison), Target { quantity, text: String::new() }, &[]);
                });
            }
            _ => {}
        }
    }
    shapes.append(&mut limits);
    (!shapes.is_empty()).then(|| Agreement {
        objectives: shapes,
        period: Period::All,
        expect: Vec::new(),
        ..agreement.clone()
    })
}

/// How many values of a distribution lie on the lower sides of its limits: of all values the share that was counted.
pub(super) fn edges(item: &Item<'_>, distribution: &Distribution, counted: &Report) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for result in &counted.results {
        let Some(objective) = item.agreement.objectives.get(result.objective_idx) else { continue };
        let is_limit = matches!(objective.comparison, Comparison::AtMost | Comparison::Below)
            && matches!(&objective.indicator, Indicator::Percentile { column, .. } if column.0 == distribution.column);
        if !is_limit || result.about.group != distribution.group {
            continue;
        }
        let all = Rational::new(i128::from(result.samples), 1);
        let Some(count) = result.exact.zip(all).and_then(|(share, all)| share.times(all)) else { continue };
        let Ok(count) = u64::try_from(count.floor()) else { continue };
        let edge = Edge { at: result.about.target.value, side: objective.comparison, count };
        if !edges.contains(&edge) {
            edges.push(edge);
        }
    }
    edges
}

/// The columns that a condition compares with quantities.
fn compared<'a>(condition: &'a Condition, visit: &mut dyn FnMut(&'a Column, Comparison, Quantity)) {
    match condition {
        Condition::Compare { column, comparison, value: Value::Quantity(quantity), .. } => {
            visit(column, *comparison, *quantity);
        }
        Condition::Not(inner) => compared(inner, visit),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| compared(part, visit)),
        _ => {}
    }
}
