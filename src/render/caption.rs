//! What the parts of a result are called, for people: one wording for the table and every format beside it.
//!
//! Texts are as long and as odd as the names in them; each format makes them safe for itself.

use super::text::truncate;
use super::{figure, moment};
use crate::model::{Clock, NANOS, Origin, Problem, ResultPeriod, RuleResult, display};
use std::fmt::Write;

/// The objective's name, or else its indicator with its condition.
pub(super) fn objective(result: &RuleResult) -> String {
    let about = &result.about;
    match (&about.name, &about.filter) {
        (Some(name), _) => name.clone(),
        (None, Some(filter)) => format!("{} where {filter}", about.indicator),
        (None, None) => about.indicator.clone(),
    }
}

/// The whole promise as written, with its condition: `failure_rate <= 5% where route != "/health"`.
pub(super) fn promise(result: &RuleResult) -> String {
    let about = &result.about;
    let filter = about.filter.as_ref().map_or(String::new(), |filter| format!(" where {filter}"));
    format!("{}{filter}", about.objective)
}

/// The measured value as it stands beside its target; `-` without data.
pub(crate) fn measured(result: &RuleResult) -> String {
    result.measured.as_ref().map_or("-".to_owned(), |measured| {
        figure::measured(measured, &result.about.target, result.about.prefer.as_ref())
    })
}

/// Comparison and target: `<= 5%`.
pub(crate) fn target(result: &RuleResult) -> String {
    let text = &result.about.target_text;
    match text.trim_start().chars().next() {
        Some('<' | '>' | '=') => text.clone(),
        _ => format!("{} {text}", result.about.comparison.symbol()),
    }
}

/// When the period begins, and whether it is covered only in part; empty for all of the input.
pub(crate) fn period(result: &RuleResult, clock: &Clock) -> String {
    let start = start(result, clock);
    let part = if start.is_empty() || result.period.complete { "" } else { " (part)" };
    format!("{start}{part}")
}

/// When the period begins; empty for all of the input.
pub(super) fn start(result: &RuleResult, clock: &Clock) -> String {
    let ResultPeriod { from, .. } = result.period;
    // A period of hours that begins at midnight is no day.
    let shown = if has_days(result) { moment::short } else { moment::human };
    from.map_or(String::new(), |from| shown(from, clock))
}

/// Whether the period is a day or longer.
pub(super) fn has_days(result: &RuleResult) -> bool {
    let ResultPeriod { from, to, .. } = result.period;
    from.zip(to).is_some_and(|(from, to)| to.saturating_sub(from) >= 86_400 * NANOS)
}

/// The values that make the group: `checkout, eu`; `(all)` where everything is together.
pub(crate) fn group(result: &RuleResult) -> String {
    let values: Vec<&str> = result.about.group.iter().map(|(_, name)| value(name)).collect();
    if values.is_empty() { "(all)".to_owned() } else { values.join(", ") }
}

/// A value of a group, also where it has no letters.
pub(crate) fn value(name: &str) -> &str {
    if name.trim().is_empty() { "(blank)" } else { name }
}

/// Figure, target and sentence: `10.22 % (<= 5%): 246 of 2,407 requests failed, 120 allowed`.
pub(super) fn outcome(result: &RuleResult) -> String {
    let why = if result.explain.is_empty() { String::new() } else { format!(": {}", result.explain) };
    format!("{}{why}", figure_and_target(result))
}

/// `10.22 % (<= 5%)`.
pub(super) fn figure_and_target(result: &RuleResult) -> String {
    let measured = if result.measured.is_some() { measured(result) } else { "not measured".to_owned() };
    format!("{measured} ({})", target(result))
}

/// File and line of a rule; `None` for what stands on the command line or is built in.
pub(super) fn place(origin: &Origin) -> Option<String> {
    origin.file.as_ref().map(|file| format!("{}:{}", file.display(), origin.line))
}

/// A problem in one line: `error: data.csv:501: 3 fields where the header has 4`.
pub(super) fn problem(problem: &Problem) -> String {
    let mut line = format!("{}:", problem.severity.word());
    // Writing to a string cannot fail.
    let _ = match (&problem.source, problem.line) {
        (Some(source), Some(at)) => write!(line, " {}:{at}:", truncate(display::input(source), 200)),
        (Some(source), None) => write!(line, " {}:", truncate(display::input(source), 200)),
        (None, _) => Ok(()),
    };
    if let Some(column) = &problem.column {
        let _ = write!(line, " column {column}:");
    }
    let _ = write!(line, " {}", problem.message);
    if problem.count > 1 {
        let _ = write!(line, " ({} times)", display::count(problem.count));
    }
    line
}

/// How the results of an agreement are grouped.
pub(super) enum Groups {
    /// All by the same columns.
    Shared(Vec<String>),
    /// Objectives group differently: every value is told with its column.
    Mixed,
}

impl Groups {
    pub(super) fn new(all: &[&RuleResult]) -> Groups {
        let Some(first) = all.first() else { return Groups::Shared(Vec::new()) };
        let same = |result: &&RuleResult| {
            result.about.group.iter().map(|(column, _)| column).eq(first
                .about
                .group
                .iter()
                .map(|(column, _)| column))
        };
        if !all.iter().all(same) {
            return Groups::Mixed;
        }
        Groups::Shared(first.about.group.iter().map(|(column, _)| column.clone()).collect())
    }

    pub(super) fn header(&self) -> String {
        match self {
            Groups::Shared(columns) => columns.join(", "),
            Groups::Mixed => "group".to_owned(),
        }
    }

    pub(super) fn of(&self, result: &RuleResult) -> String {
        let values: Vec<String> = match self {
            Groups::Shared(_) => result.about.group.iter().map(|(_, name)| value(name).to_owned()).collect(),
            Groups::Mixed if result.about.group.is_empty() => vec![group(result)],
            Groups::Mixed => {
                result.about.group.iter().map(|(column, name)| format!("{column}={}", value(name))).collect()
            }
        };
        values.join(", ")
    }
}
