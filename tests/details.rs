//! What charts are drawn from: slices and distributions, worked out by hand.

use sla::model::{Comparison, Edge, Rational, Report, Verdict};
use sla::pipeline::{self, Options};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicU64;

fn detailed(rules: &str, text: &str) -> Report {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
    file.write_all(text.as_bytes()).expect("room");
    let agreement = match sla::rules::parse(rules, Path::new("rules.yaml")) {
        Ok(parsed) => parsed.agreement,
        Err(faults) => panic!("{faults:?}"),
    };
    let progress = AtomicU64::new(0);
    let options = Options::new(1_750_000_000_000_000_000, &progress);
    let (agreements, inputs) = (vec![agreement], vec![file.path().display().to_string()]);
    let mut report = pipeline::check(&agreements, &inputs, &options).expect("a report");
    let plain = report.clone();
    pipeline::detail::add(&mut report, &agreements, &inputs, &options).expect("details");
    assert_eq!(Report { details: Vec::new(), ..report.clone() }, plain, "nothing else changes");
    report
}

const HOUR: i64 = 3_600_000_000_000;

/// Thirty hours from midnight, two services; `a` has four requests an hour and one failure in the sixth hour, `b` one
/// request an hour and none in the second.
fn thirty_hours() -> String {
    let mut text = String::from("time,service,status,latency_ms\n");
    for hour in 0..30 {
        let (day, clock) = (1 + hour / 24, hour % 24);
        for request in 0..4 {
            let status = if hour == 5 && request == 0 { "failed" } else { "ok" };
            let _ = writeln!(text, "2025-06-{day:02}T{clock:02}:{request}0:00Z,a,{status},{}", 100 + request);
        }
        if hour != 1 {
            let _ = writeln!(text, "2025-06-{day:02}T{clock:02}:30:00Z,b,ok,7");
        }
    }
    text
}

#[test]
fn hours_of_a_day_and_a_bit() {
    let rules = "by: service\nobjectives: [failure_rate <= 5%, avg(latency) <= 2s]\n";
    let report = detailed(rules, &thirty_hours());
    let [detail] = &report.details[..] else { panic!("one agreement") };
    assert_eq!(detail.slice, HOUR);
    // Two objectives of two groups; 2025-06-01T00:00Z is 1,748,736,000 s.
    assert_eq!(detail.trends.len(), 4);
    let trend = &detail.trends[0];
    assert_eq!((trend.objective_idx, trend.about.group[0].1.as_str()), (0, "a"));
    assert_eq!(trend.about.id, report.results[0].about.id);
    let starts: Vec<i64> = trend.points.iter().map(|point| point.from).collect();
    assert_eq!(starts, (0..30).map(|hour| (1_748_736_000 + hour * 3600) * 1_000_000_000).collect::<Vec<_>>());
    let bad: Vec<_> = trend.points.iter().map(|point| (point.samples, point.bad)).collect();
    let expected: Vec<_> = (0..30).map(|hour| (4, Some(u64::from(hour == 5)))).collect();
    assert_eq!(bad, expected);
    assert_eq!((trend.points[5].verdict, trend.points[6].verdict), (Verdict::Breached, Verdict::Met));
    assert_eq!(trend.points[5].measured.map(|found| found.value), Rational::new(1, 4));
    let quiet = &detail.trends[1].points[1];
    assert_eq!((quiet.verdict, quiet.measured, quiet.samples), (Verdict::Undecided, None, 0));
    // 100, 101, 102 and 103 ms, thirty times each; and 7 ms 29 times.
    let spread: Vec<_> =
        detail.distributions.iter().map(|found| (&*found.group[0].1, found.bars.len())).collect();
    assert_eq!(spread, [("a", 4), ("b", 1)]);
    let bar = detail.distributions[0].bars[3];
    assert_eq!(
        (Some(bar.from), Some(bar.to), bar.count),
        (Rational::new(103, 1000), Rational::new(103, 1000), 30)
    );
    assert_eq!(detail.distributions[1].bars[0].count, 29);
}

#[test]
fn where_periods_are_hours_the_results_are_the_trend() {
    let rules = "by: service\nperiod: 1h\nobjectives: [failure_rate <= 5%]\n";
    let report = detailed(rules, &thirty_hours());
    let detail = &report.details[0];
    assert_eq!((detail.slice, detail.trends.len(), detail.trends[0].points.len()), (HOUR, 2, 30));
    assert_eq!(detail.trends[0].points[5].bad, Some(1));
    assert!(detail.distributions.is_empty());
}

#[test]
fn without_times_there_are_no_slices() {
    let rules = "by: service\nobjectives: [violation_rate(latency > 50ms) <= 5%]\n";
    let report = detailed(rules, "service,status,latency_ms\na,ok,10\na,ok,20\na,ok,20\n");
    let detail = &report.details[0];
    assert_eq!((detail.slice, detail.trends.len()), (0, 0));
    let counts: Vec<u64> = detail.distributions[0].bars.iter().map(|bar| bar.count).collect();
    assert_eq!(counts, [1, 2]);
}

#[test]
fn a_short_input_has_short_slices() {
    // Two minutes: slices of a second would be the coarsest of which there are 24; ten seconds give 13.
    let mut text = String::from("time,service,status,latency_ms\n");
    for second in 0..121 {
        let _ = writeln!(text, "2025-06-01T10:{:02}:{:02}Z,a,ok,5", second / 60, second % 60);
    }
    let report = detailed("by: service\nobjectives: [failure_rate <= 5%]\n", &text);
    let detail = &report.details[0];
    assert_eq!((detail.slice, detail.trends[0].points.len()), (1_000_000_000, 121));
}

/// Three thousand latencies, a millisecond apart, are kept as stretches: what lies below a limit is counted all the same.
#[test]
fn limits_are_counted_exactly() {
    let rules =
        "objectives: [violation_rate(latency > 1234ms) <= 5%, p95(latency) < 2s, p95(latency) < 2000ms]\n";
    let mut text = String::from("service,status,latency_ms\n");
    for latency in 1..=3000 {
        let _ = writeln!(text, "a,ok,{latency}");
    }
    let report = detailed(rules, &text);
    let [values] = report.details[0].distributions.as_slice() else { panic!("{:?}", report.details) };
    let at = |ms| Rational::new(ms, 1000).unwrap();
    let edge = |ms, side, count| Edge { at: at(ms), side, count };
    assert_eq!(values.edges, [edge(1234, Comparison::AtMost, 1234), edge(2000, Comparison::Below, 1999)]);
    assert!(
        values.bars.iter().any(|bar| bar.from < at(1234) && at(1234) < bar.to),
        "a bar lies across the limit"
    );
    assert_eq!(values.bars.iter().map(|bar| bar.count).sum::<u64>(), 3000);
}
