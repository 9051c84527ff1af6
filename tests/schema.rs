//! rules/sla.schema.json and the parser say the same about the structure of a rule file.
//!
//! What stands inside an expression is the parser's alone; editors get only descriptions and examples of it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use jsonschema::Validator;
use serde_json::{Value, json};
use sla::model::Unit;
use sla::rules::keys;
use std::collections::BTreeSet;
use std::path::Path;

const SCHEMA: &str = include_str!("../rules/sla.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// JSON is YAML, so one document serves both.
fn check(validator: &Validator, document: &Value, good: bool) {
    assert_eq!(validator.is_valid(document), good, "schema: {document}");
    let parsed = sla::rules::parse(&document.to_string(), Path::new("table.yaml"));
    assert_eq!(parsed.is_ok(), good, "parser: {document}\n{parsed:?}");
}

#[test]
fn the_schema_is_a_schema() {
    assert!(jsonschema::draft202012::meta::is_valid(&schema()));
}

#[test]
fn good_documents() {
    let validator = validator();
    let objectives = json!(["failure_rate <= 5%"]);
    for rest in [
        json!({}),
        json!({"sla": "Web shop", "description": "d", "owner": "o", "noun": "sessions", "source": "requests"}),
        json!({"sla": 2025, "by": "service", "expect": ["checkout", 1, true]}),
        json!({"by": [], "where": "not failed", "period": "all", "timezone": "Europe/Vienna"}),
        json!({"by": ["a", "b"], "expect": [["x", "y"], {"a": "x", "b": 2}], "period": "1h"}),
        json!({"by": "a", "expect": []}),
        json!({"input": {}}),
        json!({"input": {"time": "ts", "service": "svc", "latency": "rt", "status": "outcome", "requests": "hits",
                         "failures": "errors", "key": ["ts", "svc"], "decimal": ","}}),
        json!({"input": {"time": {"column": "ts", "format": "%d-%m-%Y %H:%M", "timezone": "Europe/Vienna"},
                         "latency": {"column": "rt", "unit": "s"}, "failed": "code >= 500", "key": "ts"}}),
        json!({"input": {"time": {"format": "epoch ms"}, "latency": {"unit": "us"}}}),
        json!({"input": {"status": {"column": "s", "ok": [200, true, "up"], "failed": "down", "ignore": ["paused"],
                                    "missing": "failed"}}}),
        json!({"input": {"columns": {
            "cpu": {"column": "cpu_pct", "unit": "%", "kind": "gauge"},
            "reply": {"from": "created", "to": "replied", "open": "now", "format": "epoch s", "timezone": "UTC"},
            "finished": {"column": "end", "kind": "clock", "format": "%Y-%m-%d %H:%M", "timezone": "UTC"},
            "size": {"column": "bytes", "unit": "KiB"},
            "weight": "kg",
            "plain": {"column": "x"},
        }}}),
    ] {
        let mut document = rest;
        document["objectives"] = objectives.clone();
        check(&validator, &document, true);
    }
    for objective in [
        json!({"require": "failure_rate <= 5%"}),
        json!({"require": "p95(latency) <= 400ms", "prefer": "<= 300ms", "name": "n", "description": "d",
               "where": "not failed", "by": ["service", "region"], "min_samples": 100, "no_data": "breached",
               "missing": "bad", "severity": "critical", "runbook": "https://wiki.example",
               "targets": [{"group": {"service": "batch", "region": 1}, "require": "<= 2s"}]}),
        json!({"require": "failure_rate <= 5%", "by": [], "targets": [], "min_samples": 0}),
    ] {
        check(&validator, &json!({"by": "service", "objectives": [objective, "rows >= 1"]}), true);
    }
}

#[test]
fn bad_documents() {
    let validator = validator();
    for document in
        [json!([]), json!("x"), json!({}), json!({"sla": "x"}), json!({"objectives": "rows >= 1"})]
    {
        check(&validator, &document, false);
    }
    // W65: no rules at all is no pass.
    check(&validator, &json!({"objectives": []}), false);
    let column = |column: Value| json!({"input": {"columns": {"x": column}}});
    for rest in [
        // W66: unknown keys, wherever they stand.
        json!({"wieght": 3}),
        json!({"input": {"times": "ts"}}),
        json!({"input": {"time": {"zone": "UTC"}}}),
        json!({"input": {"latency": {"kind": "gauge"}}}),
        json!({"input": {"status": {"column": "s", "up": ["ok"]}}}),
        column(json!({"column": "c", "until": "d"})),
        // Wrong kinds.
        json!({"sla": ["x"]}),
        json!({"sla": ""}),
        json!({"sla": null}),
        json!({"by": {"a": "b"}}),
        json!({"by": ["a", "a"]}),
        json!({"by": [["a"]]}),
        json!({"by": "a", "expect": "x"}),
        json!({"by": "a", "expect": [{}]}),
        json!({"by": "a", "expect": [[]]}),
        json!({"where": ["a", "b"]}),
        json!({"period": ["1h"]}),
        json!({"timezone": 1}),
        json!({"input": "ts"}),
        json!({"input": {"time": ["ts"]}}),
        json!({"input": {"latency": {"column": "rt", "unit": "%"}}}),
        json!({"input": {"latency": {"column": "rt", "unit": "millis"}}}),
        json!({"input": {"status": {"ok": ["up"]}}}),
        json!({"input": {"status": {"column": "s", "missing": "bad"}}}),
        json!({"input": {"status": "s", "failed": "code >= 500"}}),
        json!({"input": {"decimal": ";"}}),
        json!({"input": {"columns": ["a"]}}),
        json!({"input": {"columns": {"latency": "rt"}}}),
        json!({"input": {"columns": {"": "rt"}}}),
        column(json!({"unit": "s"})),
        column(json!({"column": "c", "kind": "counter"})),
        column(json!({"column": "c", "unit": "lightyear"})),
        column(json!({"column": "c", "open": "now"})),
        column(json!({"from": "a"})),
        column(json!({"from": "a", "to": "b", "unit": "s"})),
        column(json!({"from": "a", "to": "b", "open": "never"})),
    ] {
        let mut document = rest;
        document["objectives"] = json!(["rows >= 1"]);
        check(&validator, &document, false);
    }
    let target = |target: Value| json!({"require": "rows >= 1", "targets": [target]});
    for objective in [
        json!(null),
        json!(["rows >= 1"]),
        json!({}),
        json!({"name": "x"}),
        json!({"requir": "rows >= 1"}),
        json!({"require": ["rows >= 1"]}),
        json!({"require": "rows >= 1", "no_data": "ok"}),
        json!({"require": "rows >= 1", "missing": "good"}),
        json!({"require": "rows >= 1", "min_samples": -1}),
        json!({"require": "rows >= 1", "min_samples": 1.5}),
        json!({"require": "rows >= 1", "min_samples": "many"}),
        json!({"require": "rows >= 1", "targets": {"group": "a"}}),
        target(json!("<= 2s")),
        target(json!({"require": ">= 2"})),
        target(json!({"group": {"service": "a"}})),
        target(json!({"group": {}, "require": ">= 2"})),
        target(json!({"group": "a", "require": ">= 2"})),
        target(json!({"group": {"service": "a"}, "require": ">= 2", "prefer": ">= 3"})),
    ] {
        check(&validator, &json!({"by": "service", "objectives": [objective]}), false);
    }
}

/// The names under `properties` of the object that `pointer` leads to.
fn properties(schema: &Value, pointer: &str) -> BTreeSet<String> {
    schema.pointer(&format!("{pointer}/properties")).unwrap().as_object().unwrap().keys().cloned().collect()
}

fn words(schema: &Value, pointer: &str) -> BTreeSet<String> {
    let values = schema.pointer(&format!("{pointer}/enum")).unwrap().as_array().unwrap();
    values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_key_is_known_to_both() {
    let schema = schema();
    for (pointer, known) in [
        ("", keys::AGREEMENT),
        ("/$defs/objective", keys::OBJECTIVE),
        ("/$defs/target", keys::TARGET),
        ("/$defs/input", keys::INPUT),
        ("/$defs/time/anyOf/1", keys::TIME),
        ("/$defs/latency/anyOf/1", keys::LATENCY),
        ("/$defs/status/anyOf/1", keys::STATUS),
        ("/$defs/column/anyOf/1", keys::COLUMN),
    ] {
        assert_eq!(properties(&schema, pointer), set(known), "{pointer}");
        let object = schema.pointer(pointer).unwrap();
        assert_eq!(object["additionalProperties"], json!(false), "{pointer}");
    }
}

#[test]
fn every_fixed_word_is_known_to_both() {
    let schema = schema();
    let units: Vec<&str> = Unit::names().collect();
    for (pointer, known) in [
        ("/$defs/objective/properties/no_data", keys::NO_DATA),
        ("/$defs/objective/properties/missing", keys::MISSING),
        ("/$defs/input/properties/decimal", keys::DECIMAL),
        ("/$defs/input/properties/columns/propertyNames/not", keys::ROLES),
        ("/$defs/status/anyOf/1/properties/missing", keys::OUTCOME),
        ("/$defs/column/anyOf/1/properties/kind", keys::KIND),
        ("/$defs/column/anyOf/1/properties/open", keys::OPEN),
        ("/$defs/column/anyOf/1/properties/unit", &units),
    ] {
        assert_eq!(words(&schema, pointer), set(known), "{pointer}");
    }
}

#[test]
fn every_key_is_described() {
    let schema = schema();
    let mut open = vec![(String::new(), &schema)];
    while let Some((path, node)) = open.pop() {
        if let Some(properties) = node.get("properties").and_then(Value::as_object) {
            for (key, value) in properties.iter().filter(|(_, value)| value.is_object()) {
                let described = value.get("description").or_else(|| {
                    let target = value.get("$ref")?.as_str()?.strip_prefix('#')?;
                    schema.pointer(target)?.get("description")
                });
                assert!(described.is_some(), "{path}/{key}");
            }
        }
        match node {
            Value::Object(entries) => {
                open.extend(entries.iter().map(|(key, value)| (format!("{path}/{key}"), value)));
            }
            Value::Array(items) => open.extend(items.iter().map(|item| (path.clone(), item))),
            _ => {}
        }
    }
}
