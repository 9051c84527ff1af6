//! The definitions behind the words of an agreement; only those that it uses.

use crate::model::{
    Agreement, Column, ColumnMapping, Condition, Indicator, InputMapping, Missing, NoData, Objective, Outcome,
};
use std::collections::BTreeSet;

/// One sentence or two each.
pub(super) fn of(agreement: &Agreement) -> Vec<String> {
    let noun = agreement.noun.as_str();
    let any = |test: &dyn Fn(&Objective) -> bool| agreement.objectives.iter().any(test);
    let mut out = Vec::new();
    if any(&|one| asks_failed(one)) {
        out.push(failed(&agreement.input, noun));
    }
    if any(&|one| matches!(one.indicator, Indicator::Percentile { .. })) {
        out.push(
            "A percentile is the nearest rank: the smallest value with at least that share of all values at or below \
             it. It is always a value that occurred, and it is decided by counting, exactly."
                .to_owned(),
        );
    }
    out.extend(mean(agreement));
    if any(&reads_latency) {
        out.push(format!(
            "Latency includes that of failed {noun}, unless `where: not failed` leaves them out."
        ));
    }
    if any(&|one| matches!(one.indicator, Indicator::Throughput)) {
        out.push(
            "Throughput is divided by the length of the period; with `period: all` by the time from the first row to \
             the last."
                .to_owned(),
        );
    }
    if any(&|one| one.no_data == NoData::Undecided) {
        out.push(format!(
            "Where there are no {noun} at all, the verdict is undecided: not knowing is not passing."
        ));
    }
    if any(&|one| one.missing == Missing::Undecided) {
        out.push(
            "A cell that is empty, N/A, - or null is missing. The verdict stands if it is the same with all missing \
             cells good and with all of them bad; otherwise it is undecided."
                .to_owned(),
        );
    }
    out.push("Every comparison is exact: a value that equals its target meets <=, >= and ==.".to_owned());
    out
}

/// What a mean is, and of which columns it is weighted.
fn mean(agreement: &Agreement) -> Option<String> {
    let means = agreement.objectives.iter().filter_map(|one| match &one.indicator {
        Indicator::Avg(column) => Some(column.0.as_str()),
        _ => None,
    });
    let (gauges, others): (BTreeSet<&str>, BTreeSet<&str>) =
        means.partition(|column| is_gauge(&agreement.input, column));
    if gauges.is_empty() && others.is_empty() {
        return None;
    }
    let noun = &agreement.noun;
    let weighted = format!("Over rows that stand for several {noun} it is weighted by their number");
    let names = gauges.iter().copied().collect::<Vec<_>>().join(" and ");
    let how = match (gauges.is_empty(), others.is_empty()) {
        (true, _) => format!("{weighted}."),
        (false, true) => {
            let are = if gauges.len() == 1 { "is a gauge" } else { "are gauges" };
            format!("Each row counts once, whatever it stands for: {names} {are}.")
        }
        (false, false) => format!("{weighted}, except for gauges ({names}): of these each row counts once."),
    };
    Some(format!("A mean is the exact sum divided by the count. {how}"))
}

fn is_gauge(input: &InputMapping, name: &str) -> bool {
    let gauge = |mapping: &ColumnMapping| matches!(mapping, ColumnMapping::Number(number) if number.gauge);
    let mapped = input.columns.iter().find(|(known, _)| known == name);
    match mapped {
        Some((_, mapping)) => gauge(mapping),
        None => name == "latency" && input.latency.as_ref().is_some_and(|latency| latency.gauge),
    }
}

fn failed(input: &InputMapping, noun: &str) -> String {
    if let Some((_, text)) = &input.failed {
        return format!("Of the {noun} those failed where {text}.");
    }
    if let Some(column) = &input.failures {
        return format!("The column `{column}` says how many {noun} failed.");
    }
    let Some(status) = &input.status else {
        return format!(
            "Which {noun} failed is what the status column says: words such as failure, error or down, or HTTP codes \
             5xx and 0. A 4xx is no failure unless `input: failed:` says so."
        );
    };
    let mut parts = Vec::new();
    for (words, what) in [(&status.ok, "ok"), (&status.failed, "failed"), (&status.ignore, "left out")] {
        if !words.is_empty() {
            parts.push(format!(
                "{} {} {what}",
                words.join(", "),
                if words.len() == 1 { "is" } else { "are" }
            ));
        }
    }
    if parts.is_empty() {
        parts.push("the usual words and HTTP codes 5xx and 0 count as failed".to_owned());
    }
    if let Some(outcome) = status.missing {
        let outcome = match outcome {
            Outcome::Ok => "ok",
            Outcome::Failed => "failed",
            Outcome::Ignored => "left out",
        };
        parts.push(format!("a blank is {outcome}"));
    }
    format!("The column `{}` says which {noun} failed: {}.", status.column, parts.join("; "))
}

fn asks_failed(objective: &Objective) -> bool {
    let by_name = match &objective.indicator {
        Indicator::Failures | Indicator::FailureRate | Indicator::Availability | Indicator::Apdex { .. } => {
            true
        }
        Indicator::ViolationRate(condition) | Indicator::Share(condition) => mentions_failed(condition),
        _ => false,
    };
    by_name || objective.filter.as_ref().is_some_and(|(condition, _)| mentions_failed(condition))
}

fn mentions_failed(condition: &Condition) -> bool {
    crate::rules::input::mentions_failed(condition)
}

fn reads_latency(objective: &Objective) -> bool {
    let latency = |column: &Column| column.0 == "latency";
    match &objective.indicator {
        Indicator::Avg(column)
        | Indicator::Min(column)
        | Indicator::Max(column)
        | Indicator::Sum(column)
        | Indicator::Percentile { column, .. } => latency(column),
        Indicator::ViolationRate(condition) | Indicator::Share(condition) => {
            let mut found = false;
            condition.each_column(&mut |column| found |= latency(column));
            found
        }
        _ => false,
    }
}
