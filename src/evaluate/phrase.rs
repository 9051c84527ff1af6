//! Sentences.

use super::gauge::{Promise, Score, Setting};
use crate::model::display::{count, counted, distance, quantity, singular};
use crate::model::{Column, Comparison, Condition, Indicator, Objective, Quantity, Value, Verdict};
use std::cmp::Ordering;

/// The indicator of an objective's text: `p95(latency)` of `p95(latency) <= 400ms`.
pub(super) fn indicator_text(objective: &Objective) -> &str {
    match objective.text.rfind(objective.comparison.symbol()) {
        Some(at) => objective.text[..at].trim_end(),
        None => &objective.text,
    }
}

/// What those of a share did, and what the others did: `failed` and `did not fail`.
pub(super) struct Verbs {
    pub(super) does: String,
    pub(super) does_not: String,
}

impl Verbs {
    fn new(does: impl Into<String>, does_not: impl Into<String>) -> Verbs {
        Verbs { does: does.into(), does_not: does_not.into() }
    }

    pub(super) fn swapped(self) -> Verbs {
        Verbs { does: self.does_not, does_not: self.does }
    }
}

/// `246 of 2,407 requests failed, 120 allowed`, and how many more it would take.
pub(super) fn scored(score: Score, samples: i128, noun: &str, verbs: &Verbs, verdict: Verdict) -> String {
    let Verbs { does, does_not } = verbs;
    let found = match (score.bad, samples) {
        (0, 1) => format!("the only {} {does_not}", singular(noun)),
        (1, 1) => format!("the only {} {does}", singular(noun)),
        (0, _) => format!("none of {} {does}", counted(samples, noun)),
        (bad, _) => format!("{} of {} {does}", count(bad), counted(samples, noun)),
    };
    let allowed = match score.allowed {
        None => "; no result could meet this target".to_owned(),
        Some(0) if (score.bad, samples) == (0, 1) => String::new(),
        Some(0) => ", none allowed".to_owned(),
        Some(allowed) => format!(", {} allowed", count(allowed)),
    };
    let more = score.allowed.and_then(|allowed| allowed.checked_add(1)?.checked_sub(score.bad)).unwrap_or(0);
    let in_reach = more > 0 && samples > 1 && score.bad + more <= samples && verdict <= Verdict::Warning;
    let more = match more {
        _ if !in_reach => String::new(),
        1 => ": one more would breach".to_owned(),
        more => format!(": {} more would breach", count(more)),
    };
    format!("{found}{allowed}{more}")
}

/// `1.70 s below the target`, `exactly the target`.
pub(super) fn against(value: Quantity, promise: Promise) -> String {
    let far = || distance(value, promise.target);
    match value.value.cmp(&promise.target.value) {
        Ordering::Less => format!("{} below the target", far()),
        Ordering::Equal => "exactly the target".to_owned(),
        Ordering::Greater => format!("{} above the target", far()),
    }
}

/// A value with enough digits to stand on its side of the target.
pub(super) fn value(value: Quantity, promise: Promise) -> String {
    quantity(value, Some(promise.target))
}

/// What the part of a share did: `failed`, `took longer than 500 ms`, `had cpu above 80 %`.
pub(super) fn part(setting: &Setting) -> Verbs {
    match &setting.objective.indicator {
        Indicator::ViolationRate(condition) | Indicator::Share(condition) => {
            condition_verbs(condition, setting)
        }
        _ => Verbs::new("failed", "did not fail"),
    }
}

fn condition_verbs(condition: &Condition, setting: &Setting) -> Verbs {
    match condition {
        Condition::Failed => Verbs::new("failed", "did not fail"),
        Condition::Missing(column) => Verbs::new(format!("had no `{column}`"), format!("had a `{column}`")),
        Condition::Compare { column, comparison, value: Value::Quantity(at) } => {
            relation(column, *comparison, *at)
        }
        Condition::Compare { column, comparison: Comparison::Equal, value: Value::Text(text) } => {
            Verbs::new(format!("had {column} {text:?}"), format!("did not have {column} {text:?}"))
        }
        Condition::Not(inner) => condition_verbs(inner, setting).swapped(),
        _ => {
            let text = setting.indicator.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
            let text = text.unwrap_or("the condition").trim();
            Verbs::new(format!("fulfilled `{text}`"), format!("did not fulfil `{text}`"))
        }
    }
}

/// What values in that relation to `at` are said to do, and what the others are.
pub(super) fn relation(column: &Column, comparison: Comparison, at: Quantity) -> Verbs {
    Verbs::new(compared(column, comparison, at), compared(column, opposite(comparison), at))
}

/// The comparison that holds where the other does not.
pub(super) fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::AtMost => Comparison::Above,
        Comparison::Below => Comparison::AtLeast,
        Comparison::AtLeast => Comparison::Below,
        Comparison::Above => Comparison::AtMost,
        Comparison::Equal => Comparison::Unequal,
        Comparison::Unequal => Comparison::Equal,
    }
}

/// `took longer than 400 ms`, `had cpu above 80 %`: values in that relation to `at`.
fn compared(column: &Column, comparison: Comparison, at: Quantity) -> String {
    let at = quantity(at, None);
    if column.0 == "latency" {
        return match comparison {
            Comparison::Above => format!("took longer than {at}"),
            Comparison::AtLeast => format!("took {at} or longer"),
            Comparison::Below => format!("took less than {at}"),
            Comparison::AtMost => format!("took at most {at}"),
            Comparison::Equal => format!("took exactly {at}"),
            Comparison::Unequal => format!("did not take exactly {at}"),
        };
    }
    match comparison {
        Comparison::Above => format!("had {column} above {at}"),
        Comparison::AtLeast => format!("had {column} at or above {at}"),
        Comparison::Below => format!("had {column} below {at}"),
        Comparison::AtMost => format!("had {column} at or below {at}"),
        Comparison::Equal => format!("had {column} {at}"),
        Comparison::Unequal => format!("had {column} other than {at}"),
    }
}

/// `1 request lacks a value`, `5 requests lack a value`: one that the result reads.
pub(super) fn lacking(rows: u64, noun: &str) -> String {
    format!("{} {} a value", counted(rows, noun), if rows == 1 { "lacks" } else { "lack" })
}

/// `1 row rejected`, `12 rows rejected`.
pub(super) fn rejected(rows: u64) -> String {
    format!("{} rejected", counted(rows, "rows"))
}
