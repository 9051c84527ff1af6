//! 515 service names that mean something to some program, and data in which their verdicts are known.

use crate::work::Work;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How they are checked: each service has a result that is met, a warning, a breach, or undecided.
pub(crate) const CHECK: &str = "check data.csv --rules rules.yaml";

const RULES: &str = "\
sla: Hostile
by: service
objectives:
  - {require: failure_rate <= 25%, prefer: <= 15%, min_samples: 5}
  - avg(latency) <= 250ms
";

/// What stands in them.
const PIECES: [&str; 46] = [
    "<script>alert(1)</script>",
    "</td></tr></table>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&lt;b&gt;",
    "&amp;",
    "\"",
    "'",
    "`code`",
    "``` fence",
    "**bold**",
    "_it_",
    "[link](javascript:alert(1))",
    "![i](https://example.com/x.png)",
    "https://example.com",
    "www.example.com",
    "<https://example.com>",
    "a|b",
    "a\\|b",
    "| --- |",
    "\\",
    "\n",
    "\r\n",
    "\n\n# heading\n\n",
    "\t",
    "=cmd()",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "=cmd|'/C calc'!A0",
    "../../x",
    "/etc/passwd",
    "\u{202e}evil",
    "\u{200f}\u{200e}",
    "e\u{301}\u{302}\u{303}",
    "👩‍👩‍👧🏳️‍🌈",
    "\u{1}\u{7}\u{8}\u{1b}[31m\u{7f}",
    "\u{85}\u{2028}",
    "\u{fffe}\u{ffff}",
    "{service=\"x\"} 1",
    "::error file=x,line=1::boo",
    "##[error]boo",
    "'a'=1;2;3",
    "$x$ {{ x }} ${x} %0A",
];

/// All of them; each only once.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = vec!["x".repeat(10_000), "=".repeat(10_000), "\u{301}".repeat(5_000)];
    names.extend(PIECES.iter().map(|piece| (*piece).to_owned()).filter(|piece| !piece.trim().is_empty()));
    names.extend(PIECES.iter().map(|piece| format!("checkout{piece}")));
    names.extend(PIECES.iter().map(|piece| format!("{piece}checkout")));
    let pairs = PIECES.iter().flat_map(|a| PIECES.iter().map(move |b| format!("{a} {b}")));
    let mut seen: BTreeSet<String> = names.iter().cloned().collect();
    names.extend(
        pairs.filter(|name| !name.trim().is_empty() && name.trim() == name && seen.insert(name.clone())),
    );
    names.truncate(515);
    names
}

/// As many names that mean nothing.
fn plain() -> Vec<String> {
    (0..515).map(|n| format!("service-{n}")).collect()
}

/// Data in which the service at index n has, by n modulo 4: no failures; 1 in 5 (a warning); 2 in 5 (a breach); or
/// too few rows. Every seventh is too slow.
pub(crate) fn work(names: &[String]) -> Work {
    let mut data = String::from("service,latency_ms,status\n");
    for (n, name) in names.iter().enumerate() {
        let (rows, failures) = [(5, 0), (5, 1), (5, 2), (1, 0)][n % 4];
        let latency = if n % 7 == 0 { 300 } else { 100 };
        for row in 0..rows {
            let status = if row < failures { "failed" } else { "ok" };
            let _ = writeln!(data, "\"{}\",{latency},{status}", name.replace('"', "\"\""));
        }
    }
    Work::new().file("data.csv", data).file("rules.yaml", RULES)
}

/// Verdicts by objective and name, as the JSON report has them.
fn verdicts(names: &[String]) -> BTreeMap<(String, String), String> {
    let work = work(names);
    let report: Value = serde_json::from_slice(&work.run(&format!("{CHECK} --format json")).stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let results = report["results"].as_array().unwrap().iter();
    results.map(|r| ((text(&r["objective"]), text(&r["group"]["service"])), text(&r["verdict"]))).collect()
}

#[test]
fn there_are_515_of_them() {
    let names = names();
    assert_eq!(names.len(), 515);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 515);
}

#[test]
fn verdicts_are_those_of_plain_names() {
    let (hostile, harmless) = (verdicts(&names()), verdicts(&plain()));
    assert_eq!((hostile.len(), harmless.len()), (1030, 1030));
    for (n, (name, plain)) in names().iter().zip(plain()).enumerate() {
        let of = |all: &BTreeMap<(String, String), String>, objective: &str, name: &str| {
            all.get(&(objective.to_owned(), name.to_owned())).unwrap_or_else(|| panic!("no {name:?}")).clone()
        };
        for (objective, expected) in [
            ("failure_rate <= 25%", ["met", "warning", "breached", "undecided"][n % 4]),
            ("avg(latency) <= 250ms", if n % 7 == 0 { "breached" } else { "met" }),
        ] {
            assert_eq!(of(&harmless, objective, &plain), expected, "{plain}");
            assert_eq!(of(&hostile, objective, name), expected, "{name:?}");
        }
    }
}

#[test]
fn no_name_steers_a_terminal() {
    let work = work(&names());
    for format in ["table", "markdown", "github", "nagios", "openmetrics", "junit"] {
        let output = work.run(&format!("{CHECK} --all --color never --format {format}"));
        let text = String::from_utf8(output.stdout).unwrap();
        let steering =
            text.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(steering, None, "{format}");
    }
}
