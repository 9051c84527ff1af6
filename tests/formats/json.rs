//! The schemas of schema/ describe every JSON report, history and comparison, and every field of them.

use crate::cases;
use crate::work::Work;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::path::Path;

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
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

/// The schema as it is published, and its strict form.
fn validators(name: &str) -> [Validator; 2] {
    [validator(&schema(name)), validator(&strict(schema(name)))]
}

fn hold(validators: &[Validator], document: &Value, name: &str) {
    for validator in validators {
        let faults: Vec<String> = validator
            .iter_errors(document)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .take(5)
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
    }
}

#[test]
fn every_report_is_valid() {
    let validators = validators("report");
    for case in cases::all() {
        hold(&validators, &case.json(), case.name);
    }
}

fn printed(work: &Work, arguments: &str) -> Value {
    serde_json::from_slice(&work.run(&format!("{arguments} --store sla.db --format json")).stdout).unwrap()
}

#[test]
fn every_history_and_comparison_is_valid() {
    let (history, diff, runs) = (validators("history"), validators("diff"), validators("runs"));
    for case in cases::all() {
        for rest in ["", "--max-bad-rows 1 --where 'not service == \"b\"'"] {
            case.work.run(&format!("{} {rest} --record=sla.db", case.check));
        }
        hold(&history, &printed(&case.work, "history"), case.name);
        hold(&diff, &printed(&case.work, "diff 1"), case.name);
        hold(&runs, &printed(&case.work, "history runs"), case.name);
    }
}

#[test]
fn every_kind_of_change_is_valid() {
    let rules = |objectives: &str| format!("sla: Gold\nby: service\nobjectives: [{objectives}]\n");
    // The target of one group is no part of what an objective is.
    let own = |promise: &str, target: &str| {
        format!("{{require: {promise}, targets: [{{group: {{service: a}}, require: '<= {target}'}}]}}")
    };
    let both = |failures: &str, mean: &str| {
        format!("{}, {}", own("failure_rate <= 90%", failures), own("avg(latency) <= 9s", mean))
    };
    let first = rules(&format!("{}, rows >= 1, p90(latency) <= 300ms", both("10%", "1s")));
    let second = rules(&format!("{}, rows >= 1, max(latency) <= 5s", both("60%", "2s")));
    let data = "time,service,status,latency_ms\n2025-06-01,a,ok,100\n2025-06-01,a,failed,100\n".to_owned();
    let check = "check data.csv --rules gold.yaml --record=sla.db";
    let work = Work::new().file("gold.yaml", first).file("data.csv", &data);
    work.run(check);
    let work = work.file("gold.yaml", second).file("data.csv", data + "2025-06-01,a,ok,100\n");
    work.run(check);
    let told = printed(&work, "diff 1");
    hold(&validators("diff"), &told, "every kind");
    let kinds: Vec<&str> =
        told["changes"].as_array().unwrap().iter().map(|one| one["change"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["verdict", "target", "measured", "new", "gone"]);
    assert_eq!(told["other_rules"], json!(["Gold"]));
    // A scheduled run of data that is not there.
    std::fs::remove_file(work.path("data.csv")).unwrap();
    work.run("run data.csv --rules gold.yaml --record=sla.db");
    let told = printed(&work, "diff 2");
    hold(&validators("diff"), &told, "unknown");
    assert_eq!((&told["unknown"][0]["run"], &told["unknown"][0]["agreement"]), (&json!(3), &json!("Gold")));
    let told = printed(&work, "history runs");
    hold(&validators("runs"), &told, "unknown");
    let run = &told["runs"][2];
    assert_eq!((&run["verdict"], &run["unknown"]), (&json!("undecided"), &json!(["Gold"])));
    assert!(run["why"].as_str().unwrap().contains("data.csv"), "{run}");
}

#[test]
fn what_is_no_report_is_not() {
    let validator = validator(&schema("report"));
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
