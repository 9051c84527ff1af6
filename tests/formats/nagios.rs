//! Nagios: the plugin guidelines' line, performance data and exit codes.

use crate::cases;
use crate::tools::consumer;
use crate::work::Work;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One figure: label, value, unit, warning and critical ranges.
#[derive(Debug)]
struct Figure {
    label: String,
    value: f64,
    unit: String,
    critical: String,
}

/// The first line's text and figures, as the guidelines say to read them.
fn parsed(text: &str) -> (String, Vec<Figure>) {
    let first = text.lines().next().unwrap();
    let (said, mut data) = first.split_once('|').unwrap_or((first, ""));
    let mut figures = Vec::new();
    data = data.trim();
    while !data.is_empty() {
        let (label, rest) = data.strip_prefix('\'').unwrap().split_once("'=").unwrap();
        let (figure, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let parts: Vec<&str> = figure.split(';').collect();
        let digits =
            parts[0].find(|c: char| !(c.is_ascii_digit() || ".-".contains(c))).unwrap_or(parts[0].len());
        figures.push(Figure {
            label: label.to_owned(),
            value: parts[0][..digits].parse().unwrap(),
            unit: parts[0][digits..].to_owned(),
            critical: parts.get(2).copied().unwrap_or("").to_owned(),
        });
        assert!(parts.len() <= 5, "{figure}");
        data = rest;
    }
    (said.trim().to_owned(), figures)
}

#[test]
fn lines_of_every_report() {
    for case in cases::all() {
        let run = case.work.run(&format!("{} --format nagios", case.check));
        let text = String::from_utf8(run.stdout).unwrap();
        assert!(text.len() < 8192, "{}: {}", case.name, text.len());
        let (said, figures) = parsed(&text);
        let report = case.json();
        let (word, code) = match report["verdict"].as_str().unwrap() {
            "met" => ("OK", 0),
            "warning" => ("WARNING", 1),
            "breached" => ("CRITICAL", 2),
            _ => ("UNKNOWN", 3),
        };
        assert!(said.starts_with(&format!("SLA {word} - ")), "{}: {said}", case.name);
        assert_eq!(run.status.code(), Some(code), "{}", case.name);
        assert!(said.chars().count() < 300, "{}: {said}", case.name);
        let labels: BTreeSet<&str> = figures.iter().map(|figure| figure.label.as_str()).collect();
        assert_eq!(labels.len(), figures.len(), "{}: a label twice", case.name);
        assert!(
            figures.iter().all(|figure| ["", "s", "%", "B"].contains(&figure.unit.as_str())),
            "{figures:?}"
        );
        let results = report["results"].as_array().unwrap();
        if results.iter().any(|result| !result["period"]["from"].is_null()) {
            continue;
        }
        // The range that alerts is left exactly where the promise is broken.
        let measured: Vec<&Value> = results.iter().filter(|result| !result["measured"].is_null()).collect();
        let ranges: Vec<Value> =
            figures.iter().map(|figure| json!([figure.critical, figure.value])).collect();
        let fine = consumer(&["ranges"], json!(ranges).to_string().as_bytes());
        for ((figure, result), fine) in figures.iter().zip(&measured).zip(fine.as_array().unwrap()) {
            if result["verdict"] != "undecided" && result["approximate"] == false {
                assert_eq!(fine.as_bool().unwrap(), result["verdict"] != "breached", "{figure:?} {result}");
            }
        }
    }
}

#[test]
fn what_cannot_begin_is_unknown() {
    let work = Work::new().file("data.csv", "service,status\na,ok\n");
    let check = |arguments: &str, expected: &str| {
        let run = work.run(arguments);
        assert_eq!(run.status.code(), Some(3), "{arguments}");
        let text = String::from_utf8(run.stdout).unwrap();
        assert!(text.starts_with(expected) && text.lines().count() == 1, "{arguments}: {text}");
    };
    check("check none.csv --format nagios", "SLA UNKNOWN - ");
    check("check data.csv --format nagios --require 'failure_rat <= 5%'", "SLA UNKNOWN - ");
    check("check data.csv --format nagios --output x.doc", "SLA UNKNOWN - error: --output x.doc: ");
    check("check data.csv --format nagios --no-such-option", "SLA UNKNOWN - error: unexpected argument");
    check("check data.csv --format=nagios --no-such-option", "SLA UNKNOWN - error: unexpected argument");
}

#[test]
fn options_that_change_the_code() {
    let work = Work::new().file("data.csv", "service,status\na,ok\na,failed\n");
    let check = |arguments: &str, code: i32| {
        assert_eq!(work.code(&format!("check data.csv --format nagios {arguments}")), code, "{arguments}");
    };
    check("--require 'failure_rate <= 50%'", 0);
    check("--require 'failure_rate <= 5%'", 2);
    check("--require 'failure_rate <= 5%' --exit-zero", 0);
    // Met, but a report was not delivered.
    check("--require 'failure_rate <= 50%' --output json=/dev/full", 3);
    // A file in this format changes no code.
    assert_eq!(work.code("check data.csv --require 'failure_rate <= 5%' --output nagios=plugin.txt"), 1);
    assert!(work.read("plugin.txt").starts_with("SLA CRITICAL - 1 breached: failure_rate 50 % (<= 5%) |"));
}
