//! What changed from one run to another: compared here, told for people, as JSON, as CSV. Called by `sla diff`.

/// One row per change.
pub mod csv;
/// One object, `sla.diff/1`.
pub mod json;
/// For people.
pub mod table;

#[cfg(test)]
mod tests;

use crate::model::{Instant, Report, RuleResult, Severity};
use std::collections::BTreeMap;

/// Two runs side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff<'a> {
    /// Number and report of the first.
    pub before: (i64, &'a Report),
    /// Number and report of the second.
    pub after: (i64, &'a Report),
    /// Agreements of both whose rules or options are others, by name.
    pub rules: Vec<&'a str>,
    /// What one of them knows nothing of.
    pub unknown: Vec<Unknown<'a>>,
    /// Results that differ, in the order of the second run; those that are gone come last, in that of the first.
    pub changes: Vec<Change<'a>>,
    /// How many results are the same.
    pub same: u64,
}

/// An agreement of which a run has no results: its data could not be read, or held none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown<'a> {
    /// The run's number.
    pub run: i64,
    /// The agreement's name.
    pub agreement: &'a str,
    /// Why, if the run said it.
    pub why: Option<&'a str>,
}

/// One result that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<'a> {
    /// How.
    pub kind: Kind,
    /// As it was.
    pub before: Option<&'a RuleResult>,
    /// As it is.
    pub after: Option<&'a RuleResult>,
}

/// How a result differs; the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Another verdict.
    Verdict,
    /// Another target, with the same verdict.
    Target,
    /// Another measurement, with the same verdict.
    Measured,
    /// Only in the second run.
    New,
    /// Only in the first run.
    Gone,
}

impl Kind {
    /// Its word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Verdict => "verdict",
            Kind::Target => "target",
            Kind::Measured => "measured",
            Kind::New => "new",
            Kind::Gone => "gone",
        }
    }
}

/// A result in any run: agreement, objective and group, period.
type Key<'a> = (&'a str, &'a str, Option<Instant>, Option<Instant>);

/// Holds two runs against each other. `period: all` is one period, whatever its data covers.
pub fn compare<'a>(before: (i64, &'a Report), after: (i64, &'a Report)) -> Diff<'a> {
    let mut old: BTreeMap<Key<'a>, &'a RuleResult> =
        before.1.results.iter().map(|result| (key(before.1, result), result)).collect();
    let mut changes = Vec::new();
    let mut same = 0;
    for result in &after.1.results {
        match old.remove(&key(after.1, result)) {
            None => changes.push(Change { kind: Kind::New, before: None, after: Some(result) }),
            Some(earlier) => match difference(earlier, result) {
                Some(kind) => changes.push(Change { kind, before: Some(earlier), after: Some(result) }),
                None => same += 1,
            },
        }
    }
    let gone = before.1.results.iter().filter(|result| old.contains_key(&key(before.1, result)));
    changes.extend(gone.map(|result| Change { kind: Kind::Gone, before: Some(result), after: None }));
    let rules = after.1.agreements.iter().filter(|agreement| {
        let earlier = before.1.agreements.iter().find(|earlier| earlier.name == agreement.name);
        earlier.is_some_and(|earlier| {
            (&earlier.digest, &earlier.overlay) != (&agreement.digest, &agreement.overlay)
        })
    });
    let rules = rules.map(|agreement| agreement.name.as_str()).collect();
    let unknown = [before, after].into_iter().flat_map(unknown).collect();
    Diff { before, after, rules, unknown, changes, same }
}

fn unknown((run, report): (i64, &Report)) -> impl Iterator<Item = Unknown<'_>> {
    let fault = report.problems.iter().find(|problem| problem.severity == Severity::Error);
    let why = fault.map(|problem| problem.message.as_str());
    let has_none = |at: usize| report.results.iter().all(|result| result.agreement != at);
    let agreements = report.agreements.iter().enumerate().filter(move |(at, _)| has_none(*at));
    agreements.map(move |(_, agreement)| Unknown { run, agreement: &agreement.name, why })
}

/// Whether one of the runs knows nothing of the agreement of a change: then what is new or gone is not the promise.
fn is_unknown(diff: &Diff, change: &Change) -> bool {
    let (report, result) = match (change.before, change.after) {
        (Some(before), None) => (diff.before.1, before),
        (None, Some(after)) => (diff.after.1, after),
        _ => return false,
    };
    let agreement = report.agreements.get(result.agreement);
    agreement.is_some_and(|agreement| diff.unknown.iter().any(|unknown| unknown.agreement == agreement.name))
}

fn key<'a>(report: &'a Report, result: &'a RuleResult) -> Key<'a> {
    let agreement = report.agreements.get(result.agreement).map_or("", |agreement| agreement.name.as_str());
    (agreement, &result.about.id, result.period.from, result.period.to)
}

fn difference(before: &RuleResult, after: &RuleResult) -> Option<Kind> {
    if before.verdict != after.verdict {
        Some(Kind::Verdict)
    } else if before.about.target != after.about.target {
        Some(Kind::Target)
    } else if (before.measured, before.exact, before.samples) != (after.measured, after.exact, after.samples)
    {
        Some(Kind::Measured)
    } else {
        None
    }
}
