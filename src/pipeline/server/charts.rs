//! What charts of a server's metrics need: every objective slice by slice, and how gauges are spread, asked for once more.
//!
//! Called by `cli` for reports that draw. Invariant: verdicts stay as they are; only `Report::details` is filled.

use super::super::detail::{self, MOST_BARS};
use super::{Answered, ask};
use crate::evaluate::{self, Context};
use crate::model::{Agreement, Detail, Indicator, Nanos, NotDrawn, Objective, Period, Report};
use crate::pipeline::{Failure, Options};
use crate::source::prometheus::Connection;

/// Fills the details of every agreement. `report` is what `check` said of the same agreements.
pub fn draw(
    report: &mut Report,
    agreements: &[Agreement],
    connection: &Connection,
    options: &Options<'_>,
) -> Result<(), Failure> {
    let details = agreements.iter().enumerate().map(|(at, agreement)| {
        let mut detail = Detail {
            agreement: at,
            slice: 0,
            trends: Vec::new(),
            distributions: Vec::new(),
            not_drawn: Vec::new(),
        };
        over_time(&mut detail, report, agreement, connection, options)?;
        spread(&mut detail, agreement, connection, options)?;
        Ok(detail)
    });
    let details: Result<Vec<Detail>, Failure> = details.collect();
    report.details = details?;
    Ok(())
}

fn over_time(
    detail: &mut Detail,
    report: &Report,
    agreement: &Agreement,
    connection: &Connection,
    options: &Options<'_>,
) -> Result<(), Failure> {
    let Some(slice) = slice(report, detail.agreement, connection) else { return Ok(()) };
    match agreement.period {
        Period::Every(length) if length <= slice => {
            (detail.slice, detail.trends) = (length, detail::of_results(report, detail.agreement));
        }
        _ => {
            let answered = ask(detail::every(agreement, slice), connection, options)?;
            detail.slice = slice;
            match told(&answered, connection) {
                Some(why) => detail.not_drawn.push(NotDrawn::Time(why)),
                None => detail.trends = evaluate::trends(&answered.item(), &context(options)),
            }
        }
    }
    Ok(())
}

/// As for files, but no shorter than what two scrapes can tell.
fn slice(report: &Report, agreement: usize, connection: &Connection) -> Option<Nanos> {
    let wanted = detail::slice(report, agreement)?;
    let least = 2 * connection.interval();
    if wanted >= least {
        return Some(wanted);
    }
    let longer = detail::SHORT_SLICES.into_iter().chain(detail::SLICES).find(|slice| *slice >= least);
    Some(longer.unwrap_or(least))
}

/// How the samples of gauges are spread. Between two edges of a histogram nobody knows.
fn spread(
    detail: &mut Detail,
    agreement: &Agreement,
    connection: &Connection,
    options: &Options<'_>,
) -> Result<(), Failure> {
    let Some(mut spread) = detail::spread(agreement) else { return Ok(()) };
    let schema = connection.describe(agreement).schema;
    let is_gauge = |objective: &Objective| match &objective.indicator {
        Indicator::Percentile { column, .. } => {
            schema.columns.iter().any(|known| known.name == column.0 && known.gauge)
        }
        _ => false,
    };
    if !spread.objectives.iter().all(is_gauge) {
        detail.not_drawn.push(NotDrawn::Buckets);
    }
    spread.objectives.retain(is_gauge);
    if spread.objectives.is_empty() {
        return Ok(());
    }
    let answered = ask(spread, connection, options)?;
    if let Some(why) = told(&answered, connection) {
        detail.not_drawn.push(NotDrawn::Values(why));
        return Ok(());
    }
    let item = answered.item();
    let counted = evaluate::evaluate(std::slice::from_ref(&item), &context(options));
    detail.distributions = evaluate::distributions(&item, MOST_BARS);
    for distribution in &mut detail.distributions {
        distribution.edges = detail::edges(&item, distribution, &counted);
    }
    Ok(())
}

fn told(answered: &Answered, connection: &Connection) -> Option<String> {
    answered.found.unanswered.as_ref().map(|why| format!("{} {why}", connection.name()))
}

/// What was doubted or rejected is told by the report itself.
fn context(options: &Options<'_>) -> Context {
    Context { now: options.now, max_bad_rows: u64::MAX, threads: options.tuning.threads, other_results: 0 }
}
