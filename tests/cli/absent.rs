//! Values that conditions name and the data does not have: `share(state == "Dwon")` would be met for ever.

use crate::work::Work;

const DATA: &str = "\
service,state,region,latency_ms
a,up,eu-west,10
a,down,eu-west,20
b,up,us-east,30
b,up,us-east,
";

/// The warnings of a report, in order.
fn warnings(data: &str, arguments: &str) -> Vec<String> {
    let work = Work::new().file("data.csv", data);
    let output = work.run(&format!("check data.csv --format json {arguments}"));
    assert_eq!(output.status.code(), Some(0), "{arguments}: warnings change no exit code");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems = report["problems"].as_array().unwrap().iter();
    let rules = problems.filter(|problem| problem["kind"] == "rule");
    rules
        .map(|problem| {
            assert_eq!(problem["severity"], "warning");
            let message = problem["message"].as_str().unwrap();
            message.strip_prefix("command line: the condition names ").unwrap().to_owned()
        })
        .collect()
}

fn check(condition: &str, expected: &[&str]) {
    let arguments = format!("--require 'share({condition}) <= 100%'");
    assert_eq!(warnings(DATA, &arguments), expected, "{condition}");
    // As they are of many requests, and of some of them only.
    let arguments = format!("--require 'rows >= 0' --where '{condition} or latency >= 0ms'");
    assert_eq!(warnings(DATA, &arguments), expected, "where {condition}");
}

#[test]
fn a_value_that_no_row_has_is_told() {
    check("state == \"Dwon\"", &["state \"Dwon\", which the data does not have; did you mean \"down\"?"]);
    check(
        "region == \"EU-west\"",
        &["region \"EU-west\", which the data does not have; did you mean \"eu-west\"?"],
    );
    check("region != \"mars\"", &["region \"mars\", which the data does not have"]);
    check("not (region == \"mars\")", &["region \"mars\", which the data does not have"]);
    check(
        "region == \"us-est\" and latency > 5ms",
        &["region \"us-est\", which the data does not have; did you mean \"us-east\"?"],
    );
    check(
        "region in [\"mars\", \"us-east\", \"moon\"]",
        &["region \"mars\", which the data does not have", "region \"moon\", which the data does not have"],
    );
    check("region == \"mars\" or region == \"eu-west\"", &["region \"mars\", which the data does not have"]);
    check("service != \"c\"", &["service \"c\", which the data does not have"]);
}

#[test]
fn a_value_that_is_there_is_not() {
    check("region == \"us-east\"", &[]);
    check("region != \"us-east\"", &[]);
    check("region matches /^mars/", &[]);
    // Words of a status fold, and a day on which nothing failed has no word for failure.
    check("state == \"DOWN\"", &[]);
    check("state == \"timeout\"", &[]);
}

/// A label is told as any other value, wherever the condition stands.
#[test]
fn a_label_in_any_condition() {
    let expected = ["service \"c\", which the data does not have"];
    for condition in ["service == \"c\"", "service != \"c\"", "not (service in [\"a\", \"c\"])"] {
        assert_eq!(
            warnings(DATA, &format!("--by service --require 'share({condition}) <= 100%'")),
            expected,
            "{condition}"
        );
    }
}

/// The row that is left out, or cannot be read, may have it.
#[test]
fn what_cannot_be_known_is_not_told() {
    let require = "--require 'share(region == \"mars\") <= 50%'";
    let bad = format!("{DATA}c,up\n");
    assert_eq!(warnings(&bad, &format!("{require} --max-bad-rows 1")), [""; 0]);
    let times = "time,region\n2025-06-01T00:00:00Z,mars\n2025-06-02T00:00:00Z,earth\n";
    assert_eq!(warnings(times, &format!("{require} --since 2025-06-02")), [""; 0]);
    // Nor is it where a longer file may have it further down: of a list, the rows only tell whether any occurs.
    let long = format!("region\n{}", "earth\n".repeat(1500));
    assert_eq!(warnings(&long, "--require 'share(region in [\"earth\", \"mars\"]) >= 0%'"), [""; 0]);
    assert_eq!(
        warnings(&long, "--require 'share(region in [\"moon\", \"mars\"]) <= 1%'"),
        ["region \"mars\", which the data does not have", "region \"moon\", which the data does not have"]
    );
}

#[test]
fn the_table_tells_it_too() {
    let work = Work::new().file("data.csv", DATA);
    insta::assert_snapshot!(work.answer("check data.csv --require 'share(state == \"Dwon\") <= 1%'"), @r#"
    --- stdout
    data.csv: 4 rows
      comma-separated; service; latency latency_ms in ms; status state; each row is
      one request

    command line
    VERDICT    OBJECTIVE               MEASURED  TARGET
    met        share(state == "Dwon")       0 %  <= 1%

    warning: data.csv: column state: command line: the condition names state "Dwon",
    which the data does not have; did you mean "down"?

    1 met; 4 rows read
    --- exit 0
    "#);
}
