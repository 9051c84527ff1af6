//! Sentences.

use super::gauge::{Promise, Score};
use crate::model::display::{counted, distance, push_count, push_counted, quantity, singular};
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
pub(super) struct Part {
    does: String,
    does_not: String,
}

/// A [`Part`], or the rest of it.
#[derive(Clone, Copy)]
pub(super) struct Verbs<'a> {
    pub(super) does: &'a str,
    pub(super) does_not: &'a str,
}

impl Part {
    fn new(does: impl Into<String>, does_not: impl Into<String>) -> Part {
        Part { does: does.into(), does_not: does_not.into() }
    }

    pub(super) fn verbs(&self) -> Verbs<'_> {
        Verbs { does: &self.does, does_not: &self.does_not }
    }

    pub(super) fn swapped(&self) -> Verbs<'_> {
        Verbs { does: &self.does_not, does_not: &self.does }
    }
}

/// `246 of 2,407 requests failed, 120 allowed`, and how many more it would take.
pub(super) fn scored(score: Score, samples: i128, noun: &str, verbs: Verbs<'_>, verdict: Verdict) -> String {
    // There may be a million of these, so nothing is formatted only to be copied.
    let mut text = String::with_capacity(96);
    match (score.bad, samples) {
        (0 | 1, 1) => {
            text.push_str("the only ");
            text.push_str(&singular(noun));
        }
        (0, _) => {
            text.push_str("none of ");
            push_counted(&mut text, samples, noun);
        }
        (bad, _) => {
            push_count(&mut text, bad);
            text.push_str(" of ");
            push_counted(&mut text, samples, noun);
        }
    }
    text.push(' ');
    text.push_str(if (score.bad, samples) == (0, 1) { verbs.does_not } else { verbs.does });
    match score.allowed {
        None => text.push_str("; no result could meet this target"),
        Some(0) if (score.bad, samples) == (0, 1) => {}
        Some(0) => text.push_str(", none allowed"),
        Some(allowed) => {
            text.push_str(", ");
            push_count(&mut text, allowed);
            text.push_str(" allowed");
        }
    }
    let more = score.allowed.and_then(|allowed| allowed.checked_add(1)?.checked_sub(score.bad)).unwrap_or(0);
    let in_reach = more > 0 && samples > 1 && score.bad + more <= samples && verdict <= Verdict::Warning;
    if in_reach {
        text.push_str(": ");
        match more {
            1 => text.push_str("one"),
            more => push_count(&mut text, more),
        }
        text.push_str(" more would breach");
    }
    text
}

/// `1.70 s below the target`, `exactly the target`.
pub(super) fn against(value: Quantity, promise: Promise) -> String {
    let far = |side: &str| distance(value, promise.target) + side;
    match value.value.cmp(&promise.target.value) {
        Ordering::Less => far(" below the target"),
        Ordering::Equal => "exactly the target".to_owned(),
        Ordering::Greater => far(" above the target"),
    }
}

/// A value with enough digits to stand on its side of the target.
pub(super) fn value(value: Quantity, promise: Promise) -> String {
    quantity(value, Some(promise.target))
}

/// What the part of a share did: `failed`, `took longer than 500 ms`, `had cpu above 80 %`.
pub(super) fn part(objective: &Objective) -> Part {
    match &objective.indicator {
        Indicator::ViolationRate(condition) | Indicator::Share(condition) => {
            part_of(condition, indicator_text(objective))
        }
        _ => Part::new("failed", "did not fail"),
    }
}

fn part_of(condition: &Condition, indicator: &str) -> Part {
    match condition {
        Condition::Failed => Part::new("failed", "did not fail"),
        Condition::Missing(column) => Part::new(format!("had no `{column}`"), format!("had a `{column}`")),
        Condition::Compare { column, comparison, value: Value::Quantity(at) } => {
            relation(column, *comparison, *at)
        }
        Condition::Compare { column, comparison: Comparison::Equal, value: Value::Text(text) } => {
            Part::new(format!("had {column} {text:?}"), format!("did not have {column} {text:?}"))
        }
        Condition::Not(inner) => {
            let Part { does, does_not } = part_of(inner, indicator);
            Part::new(does_not, does)
        }
        _ => {
            let text = indicator.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
            let text = text.unwrap_or("the condition").trim();
            Part::new(format!("fulfilled `{text}`"), format!("did not fulfil `{text}`"))
        }
    }
}

/// What values in that relation to `at` are said to do, and what the others are.
pub(super) fn relation(column: &Column, comparison: Comparison, at: Quantity) -> Part {
    Part::new(compared(column, comparison, at), compared(column, opposite(comparison), at))
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
