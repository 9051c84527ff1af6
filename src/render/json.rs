//! The machine-readable report, `sla.report/1`: one object with its own types, which only ever gain fields.
//!
//! Invariant: the domain is not `Serialize`; a renamed field in `model` cannot change the format by accident.

use super::{clock_of, figure, moment};
use crate::model::{self, Dimension, Quantity, Report, RuleResult};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the report as JSON, indented, with a line end. Results go out one by one.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_of(report, concat!("sla ", env!("CARGO_PKG_VERSION")), out)
}

/// As [`write()`], for a report that was made by another version of the program.
pub fn write_of(report: &Report, tool: &str, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &ReportV1 { tool, ..ReportV1::from(report) })?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct ReportV1<'a> {
    schema: &'static str,
    tool: &'a str,
    verdict: &'static str,
    now: String,
    summary: SummaryV1,
    agreements: Vec<AgreementV1<'a>>,
    inputs: Vec<InputV1<'a>>,
    results: Results<'a>,
    problems: Vec<ProblemV1<'a>>,
    /// All problems of a kind, also those beyond the first hundred.
    problem_totals: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct SummaryV1 {
    met: u64,
    warning: u64,
    breached: u64,
    undecided: u64,
}

#[derive(Serialize)]
struct AgreementV1<'a> {
    name: &'a str,
    file: Option<String>,
    digest: Option<String>,
    built_in: bool,
    /// The rules as they were read, and what the command line laid over them.
    text: &'a str,
    options: &'a [String],
}

#[derive(Serialize)]
struct InputV1<'a> {
    source: &'a str,
    agreement: Option<&'a str>,
    digest: Option<String>,
    rows: u64,
    accepted: u64,
    excluded: u64,
    excluded_by: Vec<ExcludedV1<'a>>,
    rejected: u64,
    first: Option<String>,
    last: Option<String>,
    inferred: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
}

#[derive(Serialize)]
struct ExcludedV1<'a> {
    clause: &'a str,
    rows: u64,
}

#[derive(Serialize)]
struct ResultV1<'a> {
    id: &'a str,
    agreement: Option<&'a str>,
    objective: &'a str,
    name: Option<&'a str>,
    description: Option<&'a str>,
    runbook: Option<&'a str>,
    rule: RuleV1,
    severity: Option<&'a str>,
    #[serde(rename = "where")]
    filter: Option<&'a str>,
    group: Group<'a>,
    period: PeriodV1,
    verdict: &'static str,
    reason: Option<&'static str>,
    indicator: &'a str,
    comparison: &'static str,
    measured: Option<f64>,
    approximate: bool,
    target: f64,
    target_text: &'a str,
    prefer: Option<f64>,
    unit: Option<&'static str>,
    exact: Option<ExactV1>,
    samples: u64,
    bad: Option<u64>,
    allowed: Option<u64>,
    rows: u64,
    excluded: u64,
    missing: u64,
    explain: &'a str,
    notes: &'a [String],
}

/// One after the other: a million of them must not stand in memory twice.
struct Results<'a>(&'a Report);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.results.iter().map(|result| result_of(self.0, result)))
    }
}

/// An object, in the order of `by`.
pub(super) struct Group<'a>(pub(super) &'a [(String, String)]);

impl Serialize for Group<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(column, value)| (column, value)))
    }
}

#[derive(Serialize)]
struct RuleV1 {
    file: Option<String>,
    line: Option<u32>,
}

#[derive(Serialize)]
struct PeriodV1 {
    from: Option<String>,
    to: Option<String>,
    complete: bool,
}

#[derive(Serialize)]
struct ExactV1 {
    num: String,
    den: String,
}

#[derive(Serialize)]
struct ProblemV1<'a> {
    kind: &'static str,
    severity: &'static str,
    source: Option<&'a str>,
    line: Option<u64>,
    column: Option<&'a str>,
    count: u64,
    message: &'a str,
}

impl<'a> From<&'a Report> for ReportV1<'a> {
    fn from(report: &'a Report) -> Self {
        ReportV1 {
            schema: "sla.report/1",
            tool: concat!("sla ", env!("CARGO_PKG_VERSION")),
            verdict: report.verdict.word(),
            now: moment::machine(report.now, &model::Clock::Zoned("UTC".into())),
            summary: SummaryV1 {
                met: report.summary.met,
                warning: report.summary.warning,
                breached: report.summary.breached,
                undecided: report.summary.undecided,
            },
            agreements: report.agreements.iter().map(AgreementV1::from).collect(),
            inputs: report.inputs.iter().map(|input| input_of(report, input)).collect(),
            results: Results(report),
            problems: report.problems.iter().map(ProblemV1::from).collect(),
            problem_totals: report.problem_totals.iter().map(|(kind, count)| (kind.word(), *count)).collect(),
        }
    }
}

impl<'a> From<&'a model::AgreementSummary> for AgreementV1<'a> {
    fn from(agreement: &'a model::AgreementSummary) -> Self {
        AgreementV1 {
            name: &agreement.name,
            file: file_of(&agreement.origin),
            digest: Some(format!("blake3:{}", agreement.digest)),
            built_in: agreement.built_in,
            text: &agreement.text,
            options: &agreement.overlay,
        }
    }
}

fn input_of<'a>(report: &'a Report, input: &'a model::InputSummary) -> InputV1<'a> {
    let instant = |instant| moment::machine(instant, &input.clock);
    let (kind, address) = match &input.kind {
        model::InputKind::Rows => (None, None),
        model::InputKind::Server(address) => (Some("server"), Some(address.as_str())),
        model::InputKind::Saved => (Some("saved_metrics"), None),
    };
    InputV1 {
        source: &input.source,
        agreement: name_of(report, input.agreement),
        digest: input.digest.as_ref().map(|digest| format!("blake3:{digest}")),
        rows: input.rows,
        accepted: input.accepted,
        excluded: input.excluded.iter().map(|excluded| excluded.rows).sum(),
        excluded_by: input
            .excluded
            .iter()
            .map(|excluded| ExcludedV1 { clause: &excluded.clause, rows: excluded.rows })
            .collect(),
        rejected: input.rejected,
        first: input.span.map(|(first, _)| instant(first)),
        last: input.span.map(|(_, last)| instant(last)),
        inferred: &input.inferred,
        kind,
        address,
    }
}

fn result_of<'a>(report: &'a Report, result: &'a RuleResult) -> ResultV1<'a> {
    let clock = clock_of(report, result.agreement);
    let instant = |instant| moment::machine(instant, clock);
    ResultV1 {
        id: &result.about.id,
        agreement: name_of(report, result.agreement),
        objective: &result.about.objective,
        name: result.about.name.as_deref(),
        description: result.about.description.as_deref(),
        runbook: result.about.runbook.as_deref(),
        rule: RuleV1 {
            file: file_of(&result.about.origin),
            line: Some(result.about.origin.line).filter(|_| result.about.origin.file.is_some()),
        },
        severity: result.about.severity.as_deref(),
        filter: result.about.filter.as_deref(),
        group: Group(&result.about.group),
        period: PeriodV1 {
            from: result.period.from.map(instant),
            to: result.period.to.map(instant),
            complete: result.period.complete,
        },
        verdict: result.verdict.word(),
        reason: result.reason.map(model::Reason::word),
        indicator: &result.about.indicator,
        comparison: result.about.comparison.symbol(),
        measured: result.measured.map(|measured| figure::number(measured.value)),
        approximate: result.measured.is_some_and(|measured| measured.approximate),
        target: figure::number(result.about.target.value),
        target_text: &result.about.target_text,
        prefer: result.about.prefer.map(|prefer| figure::number(prefer.value)),
        unit: unit_word(&result.about.target),
        exact: result
            .exact
            .map(|exact| ExactV1 { num: exact.num().to_string(), den: exact.den().to_string() }),
        samples: result.samples,
        bad: result.bad,
        allowed: result.allowed,
        rows: result.rows,
        excluded: result.excluded,
        missing: result.missing,
        explain: &result.explain,
        notes: &result.notes,
    }
}

impl<'a> From<&'a model::Problem> for ProblemV1<'a> {
    fn from(problem: &'a model::Problem) -> Self {
        ProblemV1 {
            kind: problem.kind.word(),
            severity: problem.severity.word(),
            source: problem.source.as_deref(),
            line: problem.line,
            column: problem.column.as_deref(),
            count: problem.count,
            message: &problem.message,
        }
    }
}

/// The base unit of a quantity, as reports call it.
pub(crate) fn unit_word(quantity: &Quantity) -> Option<&'static str> {
    match quantity.dimension {
        Dimension::Duration => Some("s"),
        Dimension::Size => Some("bytes"),
        Dimension::Ratio => Some("ratio"),
        Dimension::Rate => Some("1/s"),
        Dimension::Plain => None,
    }
}

fn name_of(report: &Report, agreement: usize) -> Option<&str> {
    report.agreements.get(agreement).map(|agreement| agreement.name.as_str())
}

fn file_of(origin: &model::Origin) -> Option<String> {
    origin.file.as_ref().map(|file| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn text(report: &Report) -> String {
        example::written(|out| write(report, out))
    }

    #[test]
    fn a_whole_report() {
        let mut report = example::report();
        report.results.truncate(2);
        report.results.remove(0);
        insta::assert_snapshot!(text(&report), @r#"
        {
          "schema": "sla.report/1",
          "tool": "sla 0.1.0",
          "verdict": "breached",
          "now": "2025-06-08T06:00:00Z",
          "summary": {
            "met": 2,
            "warning": 0,
            "breached": 1,
            "undecided": 1
          },
          "agreements": [
            {
              "name": "Web shop, gold",
              "file": "rules/shop.yaml",
              "digest": "blake3:0123abcd",
              "built_in": false,
              "text": "sla: Web shop, gold\n",
              "options": [
                "--by=service"
              ]
            }
          ],
          "inputs": [
            {
              "source": "data.csv",
              "agreement": "Web shop, gold",
              "digest": null,
              "rows": 10001,
              "accepted": 9990,
              "excluded": 10,
              "excluded_by": [
                {
                  "clause": "where route != \"/health\"",
                  "rows": 10
                }
              ],
              "rejected": 1,
              "first": "2025-05-31T18:54",
              "last": "2025-06-07T18:54",
              "inferred": [
                "one row is one request",
                "time is day-first: 31-05-2025 on line 74",
                "latency is response_time_ms, in ms"
              ]
            }
          ],
          "results": [
            {
              "id": "shop/failure_rate/auth-service",
              "agreement": "Web shop, gold",
              "objective": "failure_rate <= 5%",
              "name": null,
              "description": null,
              "runbook": null,
              "rule": {
                "file": "rules/shop.yaml",
                "line": 8
              },
              "severity": null,
              "where": null,
              "group": {
                "service": "auth-service"
              },
              "period": {
                "from": null,
                "to": null,
                "complete": true
              },
              "verdict": "breached",
              "reason": null,
              "indicator": "failure_rate",
              "comparison": "<=",
              "measured": 0.102201911092646,
              "approximate": false,
              "target": 0.05,
              "target_text": "5%",
              "prefer": null,
              "unit": "ratio",
              "exact": {
                "num": "246",
                "den": "2407"
              },
              "samples": 2407,
              "bad": 246,
              "allowed": 120,
              "rows": 2407,
              "excluded": 0,
              "missing": 0,
              "explain": "246 of 2,407 requests failed, 120 allowed",
              "notes": []
            }
          ],
          "problems": [
            {
              "kind": "field_count",
              "severity": "error",
              "source": "data.csv",
              "line": 501,
              "column": null,
              "count": 1,
              "message": "3 fields where the header has 4"
            }
          ],
          "problem_totals": {
            "field_count": 1
          }
        }
        "#);
    }

    #[test]
    fn names_are_data() {
        let mut report = example::report();
        example::about(&mut report.results[0]).group[0].1 = "</script>\u{1b}\"\n".into();
        let value: serde_json::Value = serde_json::from_str(&text(&report)).unwrap();
        assert_eq!(value["results"][0]["group"]["service"], "</script>\u{1b}\"\n");
        // The seed's four digits are there: 0.1022 and 297.34 ms.
        assert_eq!(value["results"][1]["measured"], 0.102_201_911_092_646);
        assert_eq!(value["results"][3]["measured"], 0.29734);
    }
}
