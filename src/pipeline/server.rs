//! The same path for a server of metrics: describe → plan → tally → evaluate.
//!
//! Called by `cli` in the place of `check`. Each agreement sees columns of its own, for labels are columns by being
//! named; and it is compiled with a table per objective, because a server does not know the rows behind its sums.

/// What charts need.
mod charts;

pub use charts::draw;

use super::{Failure, Options, Unanswered, window};
use crate::evaluate::{self, Context, Item};
use crate::model::{Agreement, Instant, NANOS, Report, SampledTexts, Schema};
use crate::plan::{self, Plan, Window};
use crate::source::prometheus::{Connection, Described, Found};

/// Checks the agreements against a server, or what was saved of one.
pub fn check(
    agreements: &[Agreement],
    connection: &Connection,
    options: &Options<'_>,
) -> Result<Report, Failure> {
    let answered: Result<Vec<Answered>, Failure> =
        agreements.iter().map(|agreement| ask(agreement.clone(), connection, options)).collect();
    let answered = answered?;
    let items: Vec<Item<'_>> = answered.iter().map(Answered::item).collect();
    let (now, max_bad_rows, other_results) = (options.now, options.max_bad_rows, options.other_results);
    let context = Context { now, max_bad_rows, threads: options.tuning.threads, other_results };
    Ok(evaluate::evaluate(&items, &context))
}

/// An agreement with what a server said of it.
struct Answered {
    agreement: Agreement,
    described: Described,
    plan: Plan,
    found: Found,
    sampled: Vec<SampledTexts>,
}

impl Answered {
    fn item(&self) -> Item<'_> {
        Item {
            agreement: &self.agreement,
            schema: &self.described.schema,
            plan: &self.plan,
            tallies: &self.found.tallies,
            remarks: &self.found.remarks,
            sampled: &self.sampled,
        }
    }
}

/// Counts what an agreement asks for.
fn ask(agreement: Agreement, connection: &Connection, options: &Options<'_>) -> Result<Answered, Failure> {
    let (mut described, mut plan) = planned(&agreement, connection, options)?;
    let mut found = connection.tally(&described, &mut plan);
    if let (Some(why), Unanswered::Refused) = (&found.unanswered, options.unanswered) {
        return Err(Failure::Unanswered(format!("{}: {why}", connection.name())));
    }
    described.schema.inferred.append(&mut found.inferred);
    let clauses = evaluate::exclusions(&plan, &found.tallies);
    if let Some(intake) = found.tallies.intakes.first_mut() {
        intake.excluded.extend(clauses);
    }
    let sampled = vec![SampledTexts::default(); described.schema.columns.len()];
    Ok(Answered { agreement, described, plan, found, sampled })
}

/// Every query that a check of the agreement would send.
pub fn queries(agreement: &Agreement, connection: &Connection, now: Instant) -> Vec<String> {
    let described = connection.describe(agreement);
    let window = Window { since: Some(0), until: Some(now) };
    let mut plan = plan::compile_apart(agreement, &described.schema, now, window);
    connection.queries(&described, &mut plan)
}

/// What an agreement sees, and what it asks for.
fn planned(
    agreement: &Agreement,
    connection: &Connection,
    options: &Options<'_>,
) -> Result<(Described, Plan), Failure> {
    let described = connection.describe(agreement);
    let window = range(connection, &described.schema, options)?;
    let plan = plan::compile_apart(agreement, &described.schema, options.now, window);
    Ok((described, plan))
}

/// A server has no beginning and no end of its own: the options say them, or the present. What was saved does.
fn range(connection: &Connection, schema: &Schema, options: &Options<'_>) -> Result<Window, Failure> {
    let said = window(options, schema)?;
    let up =
        |at: Instant| at.div_euclid(NANOS).saturating_add(i64::from(at % NANOS != 0)).saturating_mul(NANOS);
    let (since, until) = match connection.span() {
        Some((first, last)) => {
            let since = said.since.unwrap_or(first.div_euclid(NANOS) * NANOS);
            (Some(since), said.until.unwrap_or(up(last).max(since + NANOS)))
        }
        None => (said.since, said.until.unwrap_or(options.now).min(options.now)),
    };
    let Some(since) = since else {
        let message = "a server keeps more than anybody asks for: say how far back, as in --since 30d";
        return Err(Failure::Bound(message.to_owned()));
    };
    if since >= until {
        return Err(Failure::Bound("--since is not before --until and the present".to_owned()));
    }
    Ok(Window { since: Some(since), until: Some(until) })
}
