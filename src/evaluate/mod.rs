//! From tallies to verdicts.
//!
//! Who calls it: `pipeline`, with what every agreement found in its input. [`evaluate`] is pure: the clock is a
//! parameter, and nothing is read or written.
//!
//! Invariant: a verdict rests on whole numbers and fractions alone, and what is not known never makes it better. The
//! report is sorted here, once.

mod absent;
mod apdex;
mod counts;
mod decide;
mod details;
mod explain;
mod families;
mod gauge;
mod given;
mod groups;
mod identity;
mod means;
mod offenders;
mod periods;
mod phrase;
mod problems;
mod ranks;
mod results;
mod shares;
mod summary;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod view;

pub use details::{distributions, trends};
pub use offenders::{Choice, Offence, Wanted, offence};
pub use summary::exclusions;

use crate::model::{
    Agreement, Instant, Problem, Report, RuleResult, SampledTexts, Schema, Summary, Tallies, Verdict,
};
use crate::plan::Plan;

/// More results than this are refused: a reader, and the machine's memory, have limits.
pub const MOST_RESULTS: u64 = 1_000_000;

/// What a run knows beside its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The clock, in nanoseconds since 1970 UTC.
    pub now: Instant,
    /// Rejected rows that an agreement's input may have before its verdicts are in doubt.
    pub max_bad_rows: u64,
    /// Threads to work with, at least one; they change nothing but the time it takes.
    pub threads: usize,
    /// Results that the whole report has already, from agreements over other data: the limit holds for all of them.
    pub other_results: u64,
}

/// An agreement with what was found for it.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// What was promised.
    pub agreement: &'a Agreement,
    /// What the input's columns mean.
    pub schema: &'a Schema,
    /// What was counted.
    pub plan: &'a Plan,
    /// The counts.
    pub tallies: &'a Tallies,
    /// What a reader should know of the input beside its rows.
    pub remarks: &'a [Problem],
    /// Per column of the schema, what was seen of its texts before the rows were counted.
    pub sampled: &'a [SampledTexts],
}

/// Decides every objective of every agreement, for each group and period.
pub fn evaluate(items: &[Item], context: &Context) -> Report {
    let (agreements, agreement_of) = summary::agreements(items);
    let mut problems = problems::Collected::default();
    let mut results: Vec<RuleResult> = Vec::new();
    for (item, agreement) in items.iter().zip(agreement_of.iter().copied()) {
        problems.of_input(item);
        results::of_item(item, agreement, context, &mut results, &mut problems);
    }
    // They come in that order unless an agreement was given twice; sorting them would double the memory.
    if !results.is_sorted_by(|a, b| order(a) <= order(b)) {
        results.sort_by(|a, b| order(a).cmp(&order(b)));
    }
    let summary = summarise(&results);
    let verdict = results.iter().map(|result| result.verdict).max().unwrap_or(Verdict::Undecided);
    let (problems, problem_totals) = problems.finish();
    Report {
        now: context.now,
        verdict,
        summary,
        agreements,
        inputs: summary::inputs(items, &agreement_of),
        results,
        problems,
        problem_totals,
        details: Vec::new(),
    }
}

type Order<'a> = (usize, usize, Option<Instant>, &'a [(String, String)]);

fn order(result: &RuleResult) -> Order<'_> {
    (result.agreement, result.objective_idx, result.period.from, &result.about.group)
}

fn summarise(results: &[RuleResult]) -> Summary {
    let mut summary = Summary::default();
    for result in results {
        *match result.verdict {
            Verdict::Met => &mut summary.met,
            Verdict::Warning => &mut summary.warning,
            Verdict::Breached => &mut summary.breached,
            Verdict::Undecided => &mut summary.undecided,
        } += 1;
    }
    summary
}
