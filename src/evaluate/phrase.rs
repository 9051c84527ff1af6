//! Sentences.

use super::gauge::{Promise, Score, Setting};
use crate::model::display::{count, counted, distance, quantity};
use crate::model::{
    Column, Comparison, Condition, Dimension, Indicator, Objective, Quantity, Value, Verdict,
};
use std::cmp::Ordering;

/// The indicator of an objective's text: `p95(latency)` of `p95(latency) <= 400ms`.
pub(super) fn indicator_text(objective: &Objective) -> &str {
    match objective.text.rfind(objective.comparison.symbol()) {
        Some(at) => objective.text[..at].trim_end(),
        None => &objective.text,
    }
}

/// `246 of 2,407 requests failed, 120 allowed`, and how many more it would take.
pub(super) fn scored(score: Score, samples: u64, noun: &str, verb: &str, verdict: Verdict) -> String {
    let bad = if score.bad == 0 { "none".to_owned() } else { count(score.bad) };
    let allowed = match score.allowed {
        None => "which the target never allows".to_owned(),
        Some(0) => "none allowed".to_owned(),
        Some(allowed) => format!("{} allowed", count(allowed)),
    };
    let more = score.allowed.and_then(|allowed| allowed.checked_add(1)?.checked_sub(score.bad)).unwrap_or(0);
    let in_reach = more > 0 && score.bad.saturating_add(more) <= samples && verdict <= Verdict::Warning;
    let more = match more {
        _ if !in_reach => String::new(),
        1 => ": one more would breach".to_owned(),
        more => format!(": {} more would breach", count(more)),
    };
    format!("{bad} of {} {verb}, {allowed}{more}", counted(samples, noun))
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

/// What the part of a share did: `failed`, `took longer than 500 ms`, `had cpu > 80%`.
pub(super) fn part(setting: &Setting) -> (String, String) {
    match &setting.objective.indicator {
        Indicator::ViolationRate(condition) | Indicator::Share(condition) => {
            condition_verbs(condition, setting)
        }
        _ => ("failed".to_owned(), "did not fail".to_owned()),
    }
}

fn condition_verbs(condition: &Condition, setting: &Setting) -> (String, String) {
    if let Condition::Compare { column, comparison, value: Value::Quantity(at) } = condition
        && at.dimension == Dimension::Duration
        && column.0 == "latency"
        && let Some(opposite) = opposite(*comparison)
    {
        return (compared(column, *comparison, *at), compared(column, opposite, *at));
    }
    if *condition == Condition::Failed {
        return ("failed".to_owned(), "did not fail".to_owned());
    }
    let text = setting
        .indicator
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .unwrap_or("the condition")
        .trim();
    (format!("had {text}"), format!("did not have {text}"))
}

/// The comparison that holds where the other does not; `None` for equality.
pub(super) fn opposite(comparison: Comparison) -> Option<Comparison> {
    match comparison {
        Comparison::AtMost => Some(Comparison::Above),
        Comparison::Below => Some(Comparison::AtLeast),
        Comparison::AtLeast => Some(Comparison::Below),
        Comparison::Above => Some(Comparison::AtMost),
        Comparison::Equal | Comparison::Unequal => None,
    }
}

/// `took longer than 400 ms`, `had cpu above 80 %`: values in that relation to `at`.
pub(super) fn compared(column: &Column, comparison: Comparison, at: Quantity) -> String {
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
        Comparison::Equal => format!("had {column} of {at}"),
        Comparison::Unequal => format!("had {column} other than {at}"),
    }
}

/// `1 request lacks`, `5 requests lack`.
pub(super) fn lacking(rows: u64, noun: &str) -> String {
    format!("{} {} a value that it reads", counted(rows, noun), if rows == 1 { "lacks" } else { "lack" })
}

/// `1 row rejected`, `12 rows rejected`.
pub(super) fn rejected(rows: u64) -> String {
    format!("{} rejected", counted(rows, "rows"))
}
