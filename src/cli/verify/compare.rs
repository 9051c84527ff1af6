//! Two reports of `sla.report/1`, the kept one and the one made again: where they differ, the most telling first.

use crate::model::display::{self, counted};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a result says, in the order in which a difference is told; everything else it says comes behind.
const FIELDS: [&str; 15] = [
    "verdict",
    "reason",
    "exact",
    "measured",
    "bad",
    "allowed",
    "samples",
    "rows",
    "excluded",
    "missing",
    "target",
    "comparison",
    "objective",
    "where",
    "severity",
];
/// What need not be the same: `--why` adds to it.
const FREE: [&str; 1] = ["notes"];
/// Bytes of a digest that are told: `blake3:` and twelve digits.
const DIGEST: usize = 19;
/// What an input says.
const INPUT: [&str; 7] = ["digest", "rows", "accepted", "excluded", "rejected", "first", "last"];
/// How it says it.
const INPUT_WORDS: [&str; 2] = ["inferred", "excluded_by"];

/// How much of a result is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// What was decided, and by which numbers.
    Decisions,
    /// All that it says.
    Everything,
}

/// Every difference as a sentence. `renamed` inputs are found by their place, not by their name.
pub(super) fn differences(recorded: &Value, found: &Value, renamed: bool, depth: Depth) -> Vec<String> {
    let mut told = Vec::new();
    inputs(recorded, found, renamed, depth, &mut told);
    results(recorded, found, depth, &mut told);
    if depth == Depth::Everything {
        problems(recorded, found, renamed, &mut told);
    }
    for key in ["verdict", "summary", "problem_totals"] {
        if recorded[key] != found[key] {
            told.push(changed(&format!("the {}", key.replace('_', " ")), &recorded[key], &found[key]));
        }
    }
    told
}

fn list<'a>(report: &'a Value, key: &str) -> &'a [Value] {
    report[key].as_array().map_or(&[], Vec::as_slice)
}

fn inputs(recorded: &Value, found: &Value, renamed: bool, depth: Depth, told: &mut Vec<String>) {
    let (before, after) = (list(recorded, "inputs"), list(found, "inputs"));
    if before.len() != after.len() {
        told.push(amounts((before.len(), after.len()), "inputs", "read"));
        return;
    }
    for (before, after) in before.iter().zip(after) {
        let name = text(&before["source"]);
        if !renamed && before["source"] != after["source"] {
            told.push(changed("an input", &before["source"], &after["source"]));
        }
        let words = INPUT_WORDS.into_iter().filter(|_| depth == Depth::Everything);
        for field in INPUT.into_iter().chain(words) {
            // Digests are kept only where they were wanted.
            let unknown = field == "digest" && before[field].is_null();
            if !unknown && before[field] != after[field] {
                told.push(changed(&format!("{field} of {name}"), &before[field], &after[field]));
            }
        }
    }
}

/// `1 input was read, and now 2`
fn amounts((before, after): (usize, usize), things: &str, done: &str) -> String {
    let does = if before == 1 { "was" } else { "were" };
    format!("{} {does} {done}, and now {}", counted(before as u64, things), display::count(after as u64))
}

fn problems(recorded: &Value, found: &Value, renamed: bool, told: &mut Vec<String>) {
    let (before, after) = (list(recorded, "problems"), list(found, "problems"));
    if before.len() != after.len() {
        told.push(amounts((before.len(), after.len()), "problems", "told"));
        return;
    }
    for (at, (before, after)) in before.iter().zip(after).enumerate() {
        let fields =
            [before, after].into_iter().filter_map(Value::as_object).flat_map(|fields| fields.keys());
        let fields: BTreeSet<&String> = fields.filter(|field| !renamed || *field != "source").collect();
        for field in fields {
            if before[field] != after[field] {
                told.push(changed(&format!("{field} of problem {}", at + 1), &before[field], &after[field]));
            }
        }
    }
}

fn results(recorded: &Value, found: &Value, depth: Depth, told: &mut Vec<String>) {
    let key = |result: &Value| {
        let period = &result["period"];
        (text(&result["id"]), text(&period["from"]), text(&period["to"]))
    };
    let mut known: BTreeMap<_, Vec<&Value>> = BTreeMap::new();
    for result in list(found, "results").iter().rev() {
        known.entry(key(result)).or_default().push(result);
    }
    for before in list(recorded, "results") {
        let Some(after) = known.get_mut(&key(before)).and_then(Vec::pop) else {
            told.push(format!("{} is not found again", about(before)));
            continue;
        };
        let keys = [before, after].into_iter().filter_map(Value::as_object).flat_map(|fields| fields.keys());
        let others: BTreeSet<&str> = keys
            .map(String::as_str)
            .filter(|key| depth == Depth::Everything && !FIELDS.contains(key) && !FREE.contains(key))
            .collect();
        for field in FIELDS.into_iter().chain(others) {
            if before[field] != after[field] {
                told.push(changed(&format!("{field} of {}", about(before)), &before[field], &after[field]));
            }
        }
    }
    told.extend(known.into_values().flatten().map(|new| format!("{} was not in the report", about(new))));
}

fn about(result: &Value) -> String {
    let labels = result["group"].as_object().into_iter().flatten().map(|(_, value)| text(value));
    let labels: Vec<String> = labels.collect();
    let whom = if labels.is_empty() { String::new() } else { format!(" for {}", labels.join(", ")) };
    let when = match result["period"]["from"].as_str() {
        Some(from) => format!(" from {from}"),
        None => String::new(),
    };
    format!("`{}`{whom}{when}", text(&result["objective"]))
}

fn changed(what: &str, before: &Value, after: &Value) -> String {
    format!("{what}: {} in the report, {} now", text(before), text(after))
}

/// A value as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        // Enough of a digest to know it by.
        Value::String(text) if text.starts_with("blake3:") && text.len() > DIGEST => {
            format!("{}…", text.get(..DIGEST).unwrap_or(text))
        }
        Value::String(text) => text.clone(),
        Value::Object(fields) if fields.contains_key("num") => {
            format!("{}/{}", text(&fields["num"]), text(&fields["den"]))
        }
        Value::Object(fields) => {
            let parts: Vec<String> =
                fields.iter().map(|(key, value)| format!("{} {key}", text(value))).collect();
            if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(bad: u64, digest: &str) -> Value {
        json!({
            "verdict": "breached", "summary": {"met": 0, "breached": 1}, "problem_totals": {},
            "inputs": [{"source": "a.csv", "digest": digest, "rows": 9}],
            "results": [{"id": "1", "period": {"from": null, "to": null}, "group": {"service": "api"},
                         "objective": "failure_rate <= 5%", "bad": bad, "exact": {"num": "1", "den": "9"}}],
        })
    }

    #[test]
    fn the_same_is_no_difference() {
        assert_eq!(
            differences(&report(1, "x"), &report(1, "x"), false, Depth::Everything),
            Vec::<String>::new()
        );
    }

    #[test]
    fn the_input_is_told_before_what_follows_from_it() {
        let told = differences(&report(1, "x"), &report(2, "y"), false, Depth::Everything);
        assert_eq!(
            told,
            [
                "digest of a.csv: x in the report, y now",
                "bad of `failure_rate <= 5%` for api: 1 in the report, 2 now"
            ]
        );
    }

    #[test]
    fn one_is_not_several() {
        let (before, mut after) = (json!({"problems": [{"kind": "a"}]}), json!({"problems": []}));
        let told = |before: &Value, after: &Value| {
            let mut told = Vec::new();
            problems(before, after, false, &mut told);
            told
        };
        assert_eq!(told(&before, &after), ["1 problem was told, and now 0"]);
        after["problems"] = json!([{"kind": "a"}, {"kind": "b"}]);
        assert_eq!(told(&after, &before), ["2 problems were told, and now 1"]);
    }

    #[test]
    fn words_are_no_decisions() {
        let (before, mut after) = (report(1, "x"), report(1, "x"));
        after["results"][0]["explain"] = json!("1 of 9 requests failed");
        assert_eq!(differences(&before, &after, false, Depth::Decisions), Vec::<String>::new());
        assert_eq!(
            differences(&before, &after, false, Depth::Everything),
            ["explain of `failure_rate <= 5%` for api: none in the report, 1 of 9 requests failed now"]
        );
        assert_eq!(differences(&before, &report(2, "x"), false, Depth::Decisions).len(), 1);
    }

    #[test]
    fn results_that_come_and_go_are_told() {
        let (mut before, after) = (report(1, "x"), report(1, "x"));
        before["results"][0]["id"] = json!("2");
        let told = differences(&before, &after, false, Depth::Everything);
        assert_eq!(
            told,
            [
                "`failure_rate <= 5%` for api is not found again",
                "`failure_rate <= 5%` for api was not in the report"
            ]
        );
    }
}
