//! A report made by hand, for the tests of renderers and the history.

use crate::model::{
    AgreementSummary, Clock, Comparison, Dimension, Excluded, InputSummary, Measured, Origin, Problem,
    ProblemKind, Quantity, Rational, Reason, Report, ResultPeriod, RuleResult, Severity, Subject, Summary,
    Verdict,
};
use std::io::{self, Write};
use std::sync::Arc;

pub(crate) fn ratio(num: i128, den: i128) -> Quantity {
    Quantity::new(Rational::new(num, den).unwrap(), Dimension::Ratio)
}

pub(crate) fn seconds(num: i128, den: i128) -> Quantity {
    Quantity::new(Rational::new(num, den).unwrap(), Dimension::Duration)
}

/// A met result of `failure_rate <= 5%`; tests change what they are about.
pub(crate) fn result(service: &str) -> RuleResult {
    let about = Subject {
        id: format!("shop/failure_rate/{service}"),
        objective: "failure_rate <= 5%".into(),
        name: None,
        description: None,
        runbook: None,
        severity: None,
        filter: None,
        origin: Origin { file: Some("rules/shop.yaml".into()), line: 8 },
        group: vec![("service".into(), service.into())],
        indicator: "failure_rate".into(),
        comparison: Comparison::AtMost,
        target: ratio(1, 20),
        target_text: "5%".into(),
        prefer: None,
    };
    RuleResult {
        about: Arc::new(about),
        agreement: 0,
        objective_idx: 0,
        period: ResultPeriod { from: None, to: None, complete: true },
        verdict: Verdict::Met,
        reason: None,
        measured: Some(Measured::exact(ratio(1, 100))),
        exact: Some(Rational::new(1, 100).unwrap()),
        samples: 100,
        bad: Some(1),
        allowed: Some(5),
        rows: 100,
        excluded: 0,
        missing: 0,
        explain: "1 of 100 requests failed, 5 allowed".into(),
        notes: vec![],
    }
}

/// What a result is about, to change.
pub(crate) fn about(result: &mut RuleResult) -> &mut Subject {
    Arc::make_mut(&mut result.about)
}

/// One breach, one undecided, two met; one rejected row.
pub(crate) fn report() -> Report {
    let breach = RuleResult {
        verdict: Verdict::Breached,
        measured: Some(Measured::exact(ratio(246, 2407))),
        exact: Some(Rational::new(246, 2407).unwrap()),
        samples: 2407,
        bad: Some(246),
        allowed: Some(120),
        rows: 2407,
        explain: "246 of 2,407 requests failed, 120 allowed".into(),
        ..result("auth-service")
    };
    let mut latency = RuleResult {
        objective_idx: 1,
        measured: Some(Measured::exact(seconds(29_734, 100_000))),
        bad: None,
        allowed: None,
        explain: "mean of 2,407 requests".into(),
        ..result("auth-service")
    };
    let subject = about(&mut latency);
    subject.id = "shop/avg(latency)/auth-service".into();
    subject.objective = "avg(latency) <= 2s".into();
    subject.indicator = "avg(latency)".into();
    (subject.target, subject.target_text) = (seconds(2, 1), "2s".into());
    let unknown = RuleResult {
        verdict: Verdict::Undecided,
        reason: Some(Reason::NoData),
        measured: None,
        exact: None,
        samples: 0,
        rows: 0,
        bad: None,
        allowed: None,
        explain: "no requests".into(),
        ..result("checkout")
    };
    Report {
        now: 1_749_362_400_000_000_000,
        verdict: Verdict::Breached,
        summary: Summary { met: 2, warning: 0, breached: 1, undecided: 1 },
        agreements: vec![AgreementSummary {
            name: "Web shop, gold".into(),
            origin: Origin { file: Some("rules/shop.yaml".into()), line: 1 },
            built_in: false,
            noun: "requests".into(),
            digest: "0123abcd".into(),
            text: "sla: Web shop, gold\n".into(),
            overlay: vec!["--by=service".into()],
            unread: None,
        }],
        inputs: vec![InputSummary {
            kind: crate::model::InputKind::Rows,
            source: "data.csv".into(),
            agreement: 0,
            digest: None,
            rows: 10_001,
            accepted: 9_990,
            excluded: vec![Excluded { clause: "where route != \"/health\"".into(), rows: 10 }],
            rejected: 1,
            span: Some((1_748_717_640_000_000_000, 1_749_322_440_000_000_000)),
            clock: Clock::Naive,
            inferred: vec![
                "one row is one request".into(),
                "time is day-first: 31-05-2025 on line 74".into(),
                "latency is response_time_ms, in ms".into(),
            ],
        }],
        results: vec![result("data-service"), breach, unknown, latency],
        problems: vec![Problem {
            severity: Severity::Error,
            kind: ProblemKind::FieldCount,
            source: Some("data.csv".into()),
            line: Some(501),
            column: None,
            count: 1,
            message: "3 fields where the header has 4".into(),
        }],
        problem_totals: std::collections::BTreeMap::from([(ProblemKind::FieldCount, 1)]),
        details: vec![],
    }
}

/// What a renderer writes, as text.
pub(crate) fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}
