//! `JUnit`: valid by the schema of Jenkins, and read by a library for it as what the report says.

use crate::cases;
use crate::tools::{beside, consumer, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn valid_and_read_as_meant() {
    let cases = cases::all();
    let files: Vec<String> = cases.iter().map(|case| case.report("junit.xml")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let schema = beside("junit.xsd");
    let mut arguments = vec!["--noout", "--nonet", "--schema", schema.to_str().unwrap()];
    arguments.extend(&files);
    let checked = run("xmllint", "libxml2-utils", &arguments, b"");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let mut arguments = vec!["junit"];
    arguments.extend(&files);
    let read = consumer(&arguments, b"");
    for (case, found) in cases.iter().zip(read.as_array().unwrap()) {
        let report = case.json();
        let unchecked = report["agreements"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|agreement| {
                !report["results"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|result| result["agreement"] == agreement["name"])
            })
            .count() as u64;
        let count = |verdict: &str| report["summary"][verdict].as_u64().unwrap();
        let results = report["results"].as_array().unwrap().len() as u64;
        assert_eq!(found["tests"], json!(results + unchecked), "{}", case.name);
        assert_eq!(found["failures"], json!(count("breached")), "{}", case.name);
        assert_eq!(found["errors"], json!(count("undecided") + unchecked), "{}", case.name);
        let tests = found["cases"].as_array().unwrap();
        let of_kind = |kind: &str| tests.iter().filter(|test| test["results"][0][0] == kind).count() as u64;
        assert_eq!(of_kind("Failure"), count("breached"), "{}", case.name);
        assert_eq!(of_kind("Error"), count("undecided") + unchecked, "{}", case.name);
        let said = |test: &&Value| test["said"].as_str().is_some_and(|said| said.starts_with("warning: "));
        assert_eq!(tests.iter().filter(said).count() as u64, count("warning"), "{}", case.name);
        let names: BTreeSet<String> = tests
            .iter()
            .map(|test| format!("{} {} {}", test["suite"], test["class"], test["name"]))
            .collect();
        assert_eq!(names.len(), tests.len(), "{}: names are not unique", case.name);
    }
}

#[test]
fn periods_are_tests_of_their_own() {
    let work = cases::example("web-shop", "requests.csv");
    work.run("check requests.csv --rules web-shop.yaml --period 30m --output junit.xml");
    let text = work.read("junit.xml");
    for start in ["2025-06-02 10:00", "2025-06-02 10:30"] {
        let name = format!("classname=\"catalog\" name=\"failure_rate &lt;= 5% [{start}]\"");
        assert_eq!(text.matches(&name).count(), 1, "{text}");
    }
}

#[test]
fn a_schema_that_is_broken_is_noticed() {
    let schema = beside("junit.xsd");
    let arguments = ["--noout", "--schema", schema.to_str().unwrap(), "-"];
    let bad =
        br#"<testsuites><testsuite name="a" tests="0" failures="0" errors="0" colour="red"/></testsuites>"#;
    assert!(!run("xmllint", "libxml2-utils", &arguments, bad).status.success());
}
