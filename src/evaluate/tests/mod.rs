//! Verdicts on small inputs, every number worked out by hand.

mod indicators;
mod subjects;
mod unknown;

use super::Context;
use super::testing::*;
use crate::model::{
    Agreement, Comparison, Condition, Doubt, Indicator, Intake, Missing, NANOS, NoData, Objective, Period,
    Problem, ProblemKind, Reason, Report, RuleResult, Schema, Severity, Value, Verdict,
};
use crate::plan::Window;
use Verdict::{Breached, Met, Undecided, Warning};

fn latency() -> crate::model::Column {
    column("latency")
}

fn p(percent: i64) -> Indicator {
    Indicator::Percentile { percent: rational(i128::from(percent), 1), column: latency() }
}

fn slow() -> Condition {
    Condition::Compare {
        column: latency(),
        comparison: Comparison::Above,
        value: Value::Quantity(quantity("500ms")),
    }
}

fn is(name: &str, word: &str) -> (Condition, String) {
    let value = Value::Text(word.to_owned());
    let condition = Condition::Compare { column: column(name), comparison: Comparison::Equal, value };
    (condition, format!("{name} == {word:?}"))
}

/// Rows of one service: `(status, latency)`.
fn rows(cells: &[(&str, &str)]) -> String {
    let line = |(at, (status, latency)): (usize, &(&str, &str))| format!("{at},api,{status},{latency}");
    cells.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// `n` rows that are fine, after `failed` rows that are not.
fn outcomes(failed: usize, fine: usize) -> String {
    rows(&[vec![("failure", "100"); failed], vec![("success", "100"); fine]].concat())
}

/// Rows with these latencies.
fn latencies(values: &[&str]) -> String {
    rows(&values.iter().map(|value| ("ok", *value)).collect::<Vec<_>>())
}

fn only(report: &Report) -> &RuleResult {
    assert_eq!(report.results.len(), 1, "{:#?}", report.results);
    &report.results[0]
}

fn check(objective: Objective, rows: &str, verdict: Verdict, explain: &str) -> RuleResult {
    check_on(&requests(), objective, rows, verdict, explain)
}

fn check_on(
    schema: &Schema,
    objective: Objective,
    rows: &str,
    verdict: Verdict,
    explain: &str,
) -> RuleResult {
    let text = objective.text.clone();
    let report = report(&agreement(vec![objective]), schema, rows);
    let result = only(&report);
    assert_eq!((result.verdict, &*result.explain), (verdict, explain), "{text}: {result:#?}");
    result.clone()
}
