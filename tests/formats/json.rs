//! schema/report.schema.json describes every JSON report, and every field of it.

use crate::cases;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::path::Path;

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report.schema.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn validator(schema: &Value) -> Validator {
    assert!(jsonschema::draft202012::meta::is_valid(schema));
    jsonschema::draft202012::new(schema).unwrap()
}

/// The schema, but for fields that it does not describe: readers are to ignore them, this program is to describe them.
fn strict(mut node: Value) -> Value {
    match &mut node {
        Value::Object(entries) => {
            if entries.contains_key("properties") {
                entries.insert("additionalProperties".to_owned(), json!(false));
            }
            for entry in entries.values_mut() {
                *entry = strict(entry.take());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = strict(item.take())),
        _ => {}
    }
    node
}

#[test]
fn every_report_is_valid() {
    let validators = [validator(&schema()), validator(&strict(schema()))];
    for case in cases::all() {
        let report = case.json();
        for validator in &validators {
            let faults: Vec<String> = validator
                .iter_errors(&report)
                .map(|fault| format!("{}: {fault}", fault.instance_path()))
                .take(5)
                .collect();
            assert!(faults.is_empty(), "{}: {faults:#?}", case.name);
        }
    }
}

#[test]
fn what_is_no_report_is_not() {
    let validator = validator(&schema());
    let report = cases::all().remove(0).json();
    assert!(validator.is_valid(&report));
    let mut newer = report.clone();
    newer["added_later"] = json!(1);
    assert!(validator.is_valid(&newer), "a reader ignores what it does not know");
    for (pointer, value) in [
        ("/schema", json!("sla.report/2")),
        ("/verdict", json!("fine")),
        ("/now", json!("yesterday")),
        ("/summary/met", json!(-1)),
        ("/results/0/measured", json!("5 %")),
        ("/results/0/reason", json!("because")),
        ("/results/0/period/from", json!("June")),
    ] {
        let mut other = report.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        assert!(!validator.is_valid(&other), "{pointer}");
    }
}
