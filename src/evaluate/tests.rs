//! Verdicts on small inputs, every number worked out by hand.

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
    assert_eq!((result.verdict, result.explain.as_str()), (verdict, explain), "{text}: {result:#?}");
    result.clone()
}

#[test]
fn rates_of_failure() {
    for (indicator, words, failed, fine, verdict, explain) in [
        // The field's classic: 246 of 2,407 under 5 %; 2,407 × 5 % = 120.35.
        (
            Indicator::FailureRate,
            "failure_rate <= 5%",
            246,
            2161,
            Breached,
            "246 of 2,407 requests failed, 120 allowed",
        ),
        (
            Indicator::FailureRate,
            "failure_rate <= 5%",
            30,
            2377,
            Met,
            "30 of 2,407 requests failed, 120 allowed: 91 more would breach",
        ),
        (
            Indicator::FailureRate,
            "failure_rate <= 5%",
            0,
            100,
            Met,
            "none of 100 requests failed, 5 allowed: 6 more would breach",
        ),
        (
            Indicator::FailureRate,
            "failure_rate <= 5%",
            5,
            95,
            Met,
            "5 of 100 requests failed, 5 allowed: one more would breach",
        ),
        (Indicator::FailureRate, "failure_rate < 5%", 5, 95, Breached, "5 of 100 requests failed, 4 allowed"),
        (
            Indicator::FailureRate,
            "failure_rate <= 0%",
            0,
            1,
            Met,
            "none of 1 request failed, none allowed: one more would breach",
        ),
        (
            Indicator::FailureRate,
            "failure_rate < 0%",
            0,
            1,
            Breached,
            "none of 1 request failed, which the target never allows",
        ),
        (Indicator::FailureRate, "failure_rate == 5%", 5, 95, Met, "5 of 100 requests failed"),
        (
            Indicator::FailureRate,
            "failure_rate >= 5%",
            4,
            96,
            Breached,
            "96 of 100 requests did not fail, 95 allowed",
        ),
        // W24: 999 of 1,000 is 99.9 %, exactly.
        (
            Indicator::Availability,
            "availability >= 99.9%",
            1,
            999,
            Met,
            "1 of 1,000 requests failed, 1 allowed: one more would breach",
        ),
        (
            Indicator::Availability,
            "availability > 99.9%",
            1,
            999,
            Breached,
            "1 of 1,000 requests failed, none allowed",
        ),
        (
            Indicator::Availability,
            "availability >= 100%",
            0,
            10,
            Met,
            "none of 10 requests failed, none allowed: one more would breach",
        ),
    ] {
        let result = check(objective(indicator, words), &outcomes(failed, fine), verdict, explain);
        assert_eq!(result.samples, (failed + fine) as u64, "{words}");
    }
}

#[test]
fn shares_of_slow_requests() {
    let rows = latencies(&["500", "500.01", "900", "100"]);
    for (words, verdict, explain) in [
        (
            "violation_rate(latency > 500ms) <= 50%",
            Met,
            "2 of 4 requests took longer than 500 ms, 2 allowed: one more would breach",
        ),
        (
            "violation_rate(latency > 500ms) <= 10%",
            Breached,
            "2 of 4 requests took longer than 500 ms, none allowed",
        ),
    ] {
        check(objective(Indicator::ViolationRate(slow()), words), &rows, verdict, explain);
    }
    let (up, _) = is("status", "up");
    check(
        objective(Indicator::Share(up), "share(status == \"up\") >= 75%"),
        "1,api,UP,1\n2,api,down,1\n3,api,Up,1\n4,api, up ,1",
        Met,
        "1 of 4 requests did not have status == \"up\", 1 allowed: one more would breach",
    );
}

#[test]
fn means_sums_and_extremes() {
    let avg = || Indicator::Avg(latency());
    for (indicator, words, values, verdict, explain) in [
        (
            avg(),
            "avg(latency) <= 2s",
            &["200", "300"][..],
            Met,
            "average 250 ms over 2 requests, 1.75 s below the target",
        ),
        (
            avg(),
            "avg(latency) <= 249ms",
            &["200", "300"],
            Breached,
            "average 250 ms over 2 requests, 1 ms above the target",
        ),
        (
            avg(),
            "avg(latency) == 250ms",
            &["200", "300"],
            Met,
            "average 250 ms over 2 requests, exactly the target",
        ),
        // A third of a millisecond is 333.33… µs.
        (
            avg(),
            "avg(latency) < 1ms",
            &["0", "0", "1"],
            Met,
            "average 333.33 µs over 3 requests, 666.67 µs below the target",
        ),
        (
            Indicator::Sum(latency()),
            "sum(latency) <= 1s",
            &["700", "400"],
            Breached,
            "1.1 s in all over 2 requests, 100 ms above the target",
        ),
        (
            Indicator::Max(latency()),
            "max(latency) <= 500ms",
            &["500", "3"],
            Met,
            "the largest of 2 requests is 500 ms, exactly the target",
        ),
        (
            Indicator::Max(latency()),
            "max(latency) < 500ms",
            &["500", "3"],
            Breached,
            "1 of 2 requests took 500 ms or longer, none allowed; the largest is 500 ms",
        ),
        (
            Indicator::Max(latency()),
            "max(latency) <= 500ms",
            &["900", "501"],
            Breached,
            "2 of 2 requests took longer than 500 ms, none allowed; the largest is 900 ms",
        ),
        (
            Indicator::Max(latency()),
            "max(latency) >= 500ms",
            &["900", "3"],
            Met,
            "the largest of 2 requests is 900 ms, 400 ms above the target",
        ),
        (
            Indicator::Min(latency()),
            "min(latency) >= 5ms",
            &["900", "3"],
            Breached,
            "1 of 2 requests took less than 5 ms, none allowed; the smallest is 3 ms",
        ),
        (
            Indicator::Min(latency()),
            "min(latency) <= 5ms",
            &["900", "3"],
            Met,
            "the smallest of 2 requests is 3 ms, 2 ms below the target",
        ),
    ] {
        check(objective(indicator, words), &latencies(values), verdict, explain);
    }
}

/// W25: 1,440 times 99.9 ms averages 99.9 ms, exactly.
#[test]
fn w25_a_constant_averages_to_itself() {
    let rows = latencies(&vec!["99.9"; 1440]);
    let result = check(
        objective(Indicator::Avg(latency()), "avg(latency) >= 99.9ms"),
        &rows,
        Met,
        "average 99.9 ms over 1,440 requests, exactly the target",
    );
    assert_eq!(result.exact, Some(rational(999, 10_000)));
}

/// W29: nearest rank. p95 of 1..10 is the 10th value, p50 the 5th, p90 the 9th.
#[test]
fn w29_percentiles_are_nearest_rank() {
    let rows = latencies(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    for (percent, words, verdict, measured, bad, allowed) in [
        (95, "p95(latency) <= 10ms", Met, "10 ms", 0, 0),
        (95, "p95(latency) <= 9.99ms", Breached, "10 ms", 1, 0),
        (90, "p90(latency) <= 9ms", Met, "9 ms", 1, 1),
        (90, "p90(latency) < 9ms", Breached, "9 ms", 2, 1),
        (50, "p50(latency) <= 5ms", Met, "5 ms", 5, 5),
        (50, "p50(latency) >= 5ms", Met, "5 ms", 4, 4),
        (50, "p50(latency) > 5ms", Breached, "5 ms", 5, 4),
        (50, "p50(latency) == 5ms", Met, "5 ms", 0, 0),
        (50, "p50(latency) == 6ms", Breached, "5 ms", 0, 0),
        (100, "p100(latency) <= 10ms", Met, "10 ms", 0, 0),
    ] {
        let report = report(&agreement(vec![objective(p(percent), words)]), &requests(), &rows);
        let result = only(&report);
        let shown = crate::model::display::quantity(result.measured.unwrap().quantity, None);
        assert_eq!((result.verdict, shown.as_str()), (verdict, measured), "{words}");
        if result.about.comparison != Comparison::Equal {
            assert_eq!((result.bad, result.allowed), (Some(bad), Some(allowed)), "{words}");
        }
    }
}

/// With more than 512 different values only a histogram is kept; what it shows is within 1 % of the truth and never on
/// the wrong side of the target. The values are 1.00, 1.01 … 19.99 ms, so that the p50 is 10.49 or 10.50.
#[test]
fn approximate_percentiles_do_not_contradict_the_verdict() {
    let values: Vec<String> =
        (100..2000).map(|hundredths| format!("{}.{:02}", hundredths / 100, hundredths % 100)).collect();
    let rows = latencies(&values.iter().map(String::as_str).collect::<Vec<_>>());
    for symbol in ["<=", "<", ">=", ">"] {
        // 1,900 values: the 950th is 10.49 ms.
        for target in 1035..1065 {
            let words = format!("p50(latency) {symbol} {}.{:02}ms", target / 100, target % 100);
            let report = report(&agreement(vec![objective(p(50), &words)]), &requests(), &rows);
            let result = only(&report);
            let kept = match symbol {
                "<=" => 1049 <= target,
                "<" => 1049 < target,
                ">=" => 1049 >= target,
                _ => 1049 > target,
            };
            assert_eq!(result.verdict, if kept { Met } else { Breached }, "{words}");
            let measured = result.measured.unwrap();
            assert!(measured.approximate);
            let shown = measured.quantity.value;
            assert_eq!(
                result.about.comparison.holds(shown, result.about.target.value),
                kept,
                "{words}: {shown:?}"
            );
            let error = shown.over(rational(1049, 100_000)).unwrap();
            assert!(error > rational(99, 100) && error < rational(101, 100), "{words}: {shown:?}");
        }
    }
}

/// W30: p99.9 of 20 rows is the largest; with `min_samples` it is undecided.
#[test]
fn w30_small_samples() {
    let rows = latencies(&["7"; 20]);
    let indicator = Indicator::Percentile { percent: rational(999, 10), column: latency() };
    let mut small = objective(indicator, "p99.9(latency) <= 500ms");
    let result = check(
        small.clone(),
        &rows,
        Met,
        "none of 20 requests took longer than 500 ms, none allowed: one more would breach",
    );
    assert_eq!(result.notes, ["20 samples; p99.9 is the largest of them"]);
    small.min_samples = 100;
    let result = check(
        small,
        &rows,
        Undecided,
        "none of 20 requests took longer than 500 ms, none allowed; but 20 samples, at least 100 needed",
    );
    assert_eq!(result.reason, Some(Reason::TooFewSamples));
}

/// W27: an average over intervals is weighted by their requests, and says so. (10 × 900 + 990 × 100) / 1000 = 108.
#[test]
fn w27_averages_are_weighted() {
    let rows = "api,10,1,900\napi,990,4,100";
    let words = "avg(avg_latency) <= 150ms";
    let result = check_on(
        &intervals(),
        objective(Indicator::Avg(column("avg_latency")), words),
        rows,
        Met,
        "average 108 ms over 1,000 requests, 42 ms below the target",
    );
    assert_eq!(result.notes, ["weighted by requests"]);
    check_on(
        &intervals(),
        objective(Indicator::FailureRate, "failure_rate <= 0.4%"),
        rows,
        Breached,
        "5 of 1,000 requests failed, 4 allowed",
    );
    check_on(
        &intervals(),
        objective(Indicator::Requests, "requests >= 900"),
        rows,
        Met,
        "1,000 requests, 100 above the target",
    );
    check_on(&intervals(), objective(Indicator::Rows, "rows >= 2"), rows, Met, "2 rows, exactly the target");
}

/// W28: a percentile of what are averages already is refused.
#[test]
fn w28_percentiles_of_averages_are_refused() {
    let indicator = Indicator::Percentile { percent: rational(95, 1), column: column("avg_latency") };
    let report = report(
        &agreement(vec![objective(indicator, "p95(avg_latency) <= 500ms")]),
        &intervals(),
        "api,10,1,900\nweb,990,4,100",
    );
    let found: Vec<_> =
        report.results.iter().map(|result| (result.about.group[0].1.as_str(), result.reason)).collect();
    assert_eq!(found, [("api", Some(Reason::NotMeasurable)), ("web", Some(Reason::NotMeasurable))]);
    assert_eq!(report.verdict, Undecided);
}

#[test]
fn apdex_and_throughput() {
    // Satisfied at most 500 ms: 2; tolerating at most 2 s: 1; frustrated: 1 slow, 1 failed. (2 + 1/2) / 5 = 0.5.
    let rows = rows(&[("ok", "500"), ("ok", "1"), ("ok", "2000"), ("ok", "2001"), ("ko", "1")]);
    let apdex = || Indicator::Apdex { satisfied: rational(1, 2) };
    check(
        objective(apdex(), "apdex(500ms) >= 0.5"),
        &rows,
        Met,
        "apdex 0.5 over 5 requests: 2 satisfied, 1 tolerating, 2 frustrated; exactly the target",
    );
    check(
        objective(apdex(), "apdex(500ms) >= 0.85"),
        &rows,
        Breached,
        "apdex 0.5 over 5 requests: 2 satisfied, 1 tolerating, 2 frustrated; 0.35 below the target",
    );
    // Five requests at seconds 0 to 4: 5 / 4 s.
    check(
        objective(Indicator::Throughput, "throughput >= 1/s"),
        &rows,
        Met,
        "5 requests in 4 s are 1.25/s, 0.25/s above the target",
    );
    let result = check(
        objective(Indicator::Throughput, "throughput >= 1/s"),
        "7,api,ok,1",
        Undecided,
        "all of the input happened at one instant, so there is no time to divide by",
    );
    assert_eq!(result.reason, Some(Reason::ZeroSpan));
}

#[test]
fn finished_figures_are_taken_as_they_are() {
    let objective = || objective(Indicator::FailureRate, "failure_rate <= 5%");
    let result = check_on(
        &finished(),
        objective(),
        "api,0.1022",
        Breached,
        "the file states 10.22 %, 5.22 percentage points above the target",
    );
    assert_eq!(result.notes, ["as the file states it; never recomputed"]);
    let result = check_on(
        &finished(),
        objective(),
        "api,0.01\napi,0.02",
        Undecided,
        "2 rows state a finished figure for this group; they cannot be combined",
    );
    assert_eq!(result.reason, Some(Reason::Ambiguous));
}

/// W16: blank cells are missing: they decide nothing unless the verdict is the same whatever they were.
#[test]
fn w16_missing_cells() {
    let rate = || objective(Indicator::FailureRate, "failure_rate <= 50%");
    let avg = || objective(Indicator::Avg(latency()), "avg(latency) <= 100ms");
    let p50 = || objective(p(50), "p50(latency) <= 100ms");
    let max = || objective(Indicator::Max(latency()), "max(latency) <= 100ms");
    let floor = || objective(Indicator::Avg(latency()), "avg(latency) >= 10ms");
    for (objective, cells, undecided, ignored, bad) in [
        // 1 failed, 1 fine, 1 unknown: 1/3 or 2/3.
        (rate(), &[("ko", "1"), ("ok", "1"), ("", "1")][..], Undecided, Met, Breached),
        // 1 failed, 2 fine, 1 unknown: 1/4 or 2/4.
        (rate(), &[("ko", "1"), ("ok", "1"), ("ok", "1"), ("-", "1")], Met, Met, Met),
        // 3 failed, 1 unknown: at least 3/4.
        (rate(), &[("ko", "1"), ("ko", "1"), ("ko", "1"), ("N/A", "1")], Breached, Breached, Breached),
        // A missing latency may be anything from 0: (100 + x) / 2.
        (avg(), &[("ok", "100"), ("ok", "")], Undecided, Met, Breached),
        // (300 + x) / 2 is above 100 even for x = 0.
        (avg(), &[("ok", "300"), ("ok", "null")], Breached, Breached, Breached),
        // (100 + x) / 2 is at least 50.
        (floor(), &[("ok", "100"), ("ok", "")], Met, Met, Met),
        // Half of 3 values is 2 of them: one below, one above, one unknown.
        (p50(), &[("ok", "50"), ("ok", "150"), ("ok", "")], Undecided, Met, Breached),
        (p50(), &[("ok", "50"), ("ok", "50"), ("ok", "")], Met, Met, Met),
        (max(), &[("ok", "50"), ("ok", "")], Undecided, Met, Breached),
        (max(), &[("ok", "500"), ("ok", "")], Breached, Breached, Breached),
        (max(), &[("ok", "")], Undecided, Undecided, Breached),
    ] {
        for (missing, verdict) in
            [(Missing::Undecided, undecided), (Missing::Ignore, ignored), (Missing::Bad, bad)]
        {
            let objective = Objective { missing, ..objective.clone() };
            let report = report(&agreement(vec![objective]), &requests(), &rows(cells));
            let result = only(&report);
            assert_eq!(
                result.verdict, verdict,
                "{} {missing:?} {cells:?}: {}",
                result.about.objective, result.explain
            );
            assert_eq!(result.missing, 1);
        }
    }
}

#[test]
fn missing_cells_are_told() {
    let cells = rows(&[("ko", "1"), ("ok", "1"), ("", "1")]);
    let mut rate = objective(Indicator::FailureRate, "failure_rate <= 50%");
    let result = check(
        rate.clone(),
        &cells,
        Undecided,
        "1 of 2 requests failed, 1 allowed; but 1 request lacks a value that it reads, which could change it",
    );
    assert_eq!(result.reason, Some(Reason::MissingValues));
    rate.missing = Missing::Bad;
    let result = check(rate, &cells, Breached, "2 of 3 requests failed, 1 allowed");
    assert_eq!(result.notes, ["1 request lacks a value that it reads, counted as bad (`missing: bad`)"]);
}

/// W03, W04, W14, W15: a rejected row (ragged, NaN, infinite) may hold the breach.
#[test]
fn w03_w04_w14_w15_rejected_rows() {
    let max = || objective(Indicator::Max(latency()), "max(latency) <= 500ms");
    let min = || objective(Indicator::Min(latency()), "min(latency) >= 5ms");
    let rate = || objective(Indicator::FailureRate, "failure_rate <= 50%");
    let avg = || objective(Indicator::Avg(latency()), "avg(latency) <= 200ms");
    let rows_at_most = || objective(Indicator::Rows, "rows <= 1");
    let rows_at_least = || objective(Indicator::Rows, "rows >= 3");
    let speed = || objective(Indicator::Throughput, "throughput <= 1/s");
    for (objective, data, rejected, allowed, verdict) in [
        (max(), &["100"][..], 0, 0, Met),
        (max(), &["100"], 1, 0, Undecided),
        (max(), &["100"], 1, 1, Met),
        (max(), &["900"], 1, 0, Breached),
        (min(), &["1"], 9, 0, Breached),
        (min(), &["9"], 9, 0, Undecided),
        // Two slow of two; with one more good row (200 + 200 + 0) / 3, with three (400) / 5.
        (avg(), &["400", "400"], 1, 0, Breached),
        (avg(), &["400", "400"], 2, 0, Undecided),
        (avg(), &["10", "10"], 2, 2, Met),
        // More rows than allowed stay more.
        (rows_at_most(), &["1", "1"], 1, 0, Breached),
        (rows_at_least(), &["1", "1"], 1, 0, Undecided),
        (rows_at_least(), &["1"], 1, 0, Breached),
        // A rejected row may lie at another time and stretch the span.
        (speed(), &["1", "1"], 1, 0, Undecided),
        (rate(), &["1"], 1, 0, Undecided),
    ] {
        let context = Context { max_bad_rows: allowed, ..Context::default() };
        let report = report_with(
            &agreement(vec![objective]),
            &requests(),
            &latencies(data),
            Window::default(),
            &context,
            |intake| {
                intake.rejected = rejected;
                intake.rows += rejected;
            },
        );
        let result = only(&report);
        let case = format!("{} {data:?} {rejected} {allowed}: {}", result.about.objective, result.explain);
        assert_eq!(result.verdict, verdict, "{case}");
        if verdict == Undecided {
            assert_eq!(result.reason, Some(Reason::RejectedRows), "{case}");
            assert!(
                result.explain.contains(if rejected == 1 { "1 row rejected" } else { "rows rejected" }),
                "{case}"
            );
        } else if rejected > 0 {
            assert!(result.notes.iter().any(|note| note.contains("rejected")), "{case}");
        }
        assert_eq!(report.inputs[0].rejected, rejected);
        assert_eq!(report.inputs[0].accepted, data.len() as u64);
    }
}

/// A rejected interval row may stand for any number of requests.
#[test]
fn rejected_intervals_outweigh_everything() {
    for (indicator, words, verdict) in [
        (Indicator::FailureRate, "failure_rate <= 10%", Undecided),
        (Indicator::Requests, "requests <= 10", Breached),
        (Indicator::Requests, "requests >= 1000", Undecided),
        (Indicator::Failures, "failures <= 10", Breached),
        (Indicator::Avg(column("avg_latency")), "avg(avg_latency) <= 1ms", Undecided),
    ] {
        let report = report_with(
            &agreement(vec![objective(indicator, words)]),
            &intervals(),
            "api,100,50,900",
            Window::default(),
            &Context::default(),
            |intake| intake.rejected = 1,
        );
        assert_eq!(only(&report).verdict, verdict, "{words}");
    }
}

#[test]
fn doubts_touch_what_rests_on_them() {
    let problem = |kind| Problem {
        severity: Severity::Error,
        kind,
        source: Some("data.csv".to_owned()),
        line: Some(7),
        column: None,
        count: 1,
        message: "it is so".to_owned(),
    };
    let schema = requests();
    for (column, kind, on_rate, on_max) in [
        (None, ProblemKind::Truncated, Some(Reason::UntrustedInput), Some(Reason::UntrustedInput)),
        (Some(2), ProblemKind::UnknownStatus, Some(Reason::Ambiguous), None),
        (Some(3), ProblemKind::Ambiguous, None, Some(Reason::Ambiguous)),
    ] {
        let both = agreement(vec![
            objective(Indicator::FailureRate, "failure_rate <= 50%"),
            objective(Indicator::Max(latency()), "max(latency) <= 5ms"),
        ]);
        let change = |intake: &mut Intake| intake.doubts.push(Doubt { column, problem: problem(kind) });
        let report =
            report_with(&both, &schema, &latencies(&["9"]), Window::default(), &Context::default(), change);
        let reasons: Vec<_> = report.results.iter().map(|result| result.reason).collect();
        assert_eq!(reasons, [on_rate, on_max], "{kind:?}");
        for result in report.results.iter().filter(|result| result.reason.is_some()) {
            assert_eq!(
                (result.verdict, result.explain.as_str(), result.measured),
                (Undecided, "data.csv, line 7: it is so", None)
            );
        }
        assert_eq!(report.problems.len(), 1);
        assert_eq!(report.problem_totals[&kind], 1);
    }
}

/// W02, and its relatives: a service that is not there is undecided, never met.
#[test]
fn w02_who_is_not_there_is_undecided() {
    let data = "1,api,ok,1\n2,web,ok,1";
    let rate = || objective(Indicator::FailureRate, "failure_rate <= 50%");
    let with_filter = |word: &str| Objective { filter: Some(is("service", word)), ..rate() };
    let either = Condition::In {
        column: column("service"),
        values: vec![Value::Text("api".to_owned()), Value::Text("checkout".to_owned())],
    };
    let whole = |agreement: Agreement, expected: &[(&str, Verdict)]| {
        let report = report(&agreement, &requests(), data);
        let found: Vec<(&str, Verdict)> = report
            .results
            .iter()
            .map(|result| {
                (result.about.group.first().map_or("", |(_, value)| value.as_str()), result.verdict)
            })
            .collect();
        assert_eq!(found, expected, "{:#?}", report.results);
        report
    };
    whole(agreement(vec![rate()]), &[("api", Met), ("web", Met)]);
    whole(agreement(vec![with_filter("api")]), &[("api", Met)]);
    let report = whole(agreement(vec![with_filter("checkout")]), &[("checkout", Undecided)]);
    assert_eq!(report.results[0].reason, Some(Reason::NoData));
    assert_eq!(report.results[0].explain, "no requests");
    assert!(
        report.problems[0].message.contains("\"checkout\", which the data does not have"),
        "{:?}",
        report.problems
    );
    whole(
        agreement(vec![Objective { filter: Some((either, String::new())), ..rate() }]),
        &[("api", Met), ("checkout", Undecided)],
    );
    whole(
        Agreement { filter: Some(is("service", "checkout")), ..agreement(vec![rate()]) },
        &[("checkout", Undecided)],
    );
    let expects = |word: &str| Agreement { expect: vec![vec![word.to_owned()]], ..agreement(vec![rate()]) };
    whole(expects("checkout"), &[("api", Met), ("checkout", Undecided), ("web", Met)]);
    let report = whole(expects("wep"), &[("api", Met), ("web", Met), ("wep", Undecided)]);
    assert!(report.problems[0].message.contains("did you mean \"web\"?"), "{:?}", report.problems);
    // Everything together is one group.
    whole(agreement(vec![Objective { by: Some(vec![]), ..rate() }]), &[("", Met)]);
}

/// W01: header only.
#[test]
fn w01_no_rows_at_all() {
    for (no_data, verdict) in
        [(NoData::Undecided, Undecided), (NoData::Breached, Breached), (NoData::Met, Met)]
    {
        let mut max = objective(Indicator::Max(latency()), "max(latency) <= 500ms");
        max.no_data = no_data;
        for by in [None, Some(vec![])] {
            let report = report(&agreement(vec![Objective { by, ..max.clone() }]), &requests(), "");
            assert_eq!((only(&report).verdict, only(&report).reason), (verdict, Some(Reason::NoData)));
            assert_eq!(report.verdict, verdict);
        }
    }
}

#[test]
fn targets_of_groups_and_preferences() {
    let own = crate::model::GroupTarget {
        group: vec![(column("service"), "batch".to_owned())],
        comparison: Comparison::AtMost,
        target: target("2s"),
        origin: crate::model::Origin::default(),
    };
    let max = Objective {
        targets: vec![own],
        prefer: Some(target("100ms")),
        ..objective(Indicator::Max(latency()), "max(latency) <= 500ms")
    };
    let data = "1,api,ok,90\n1,batch,ok,1900\n1,cart,ok,300\n1,web,ok,1900";
    let report = report(&agreement(vec![max]), &requests(), data);
    let found: Vec<_> = report
        .results
        .iter()
        .map(|result| (result.about.group[0].1.as_str(), result.verdict, result.about.objective.as_str()))
        .collect();
    let standard = "max(latency) <= 500ms";
    assert_eq!(
        found,
        [
            ("api", Met, standard),
            ("batch", Met, "max(latency) <= 2s"),
            ("cart", Warning, standard),
            ("web", Breached, standard)
        ]
    );
    assert_eq!(
        report.results[2].explain,
        "the largest of 1 request is 300 ms, 200 ms below the target; preferred <= 100ms: 1 of 1 request took longer \
         than 100 ms, none allowed; the largest is 300 ms"
    );
    assert_eq!(report.verdict, Breached);
    assert_eq!((report.summary.met, report.summary.warning, report.summary.breached), (2, 1, 1));
    let ids: std::collections::BTreeSet<&str> =
        report.results.iter().map(|result| result.about.id.as_str()).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn every_group_has_a_result_for_every_period() {
    let hourly = Agreement {
        period: Period::Every(3600 * NANOS),
        ..agreement(vec![objective(Indicator::FailureRate, "failure_rate <= 0%")])
    };
    // api in hours 0 and 2, web in hour 2 only; a row exactly at 7,200 s belongs to hour 2 (W42).
    let data = "0,api,ok,1\n7200,api,ko,1\n7300,web,ok,1";
    let report = report(&hourly, &requests(), data);
    let found: Vec<_> = report
        .results
        .iter()
        .map(|result| {
            (
                result.period.from.unwrap() / (3600 * NANOS),
                result.about.group[0].1.as_str(),
                result.verdict,
                result.period.complete,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (0, "api", Met, true),
            (0, "web", Undecided, true),
            (1, "api", Undecided, true),
            (1, "web", Undecided, true),
            (2, "api", Breached, false),
            (2, "web", Met, false),
        ]
    );
    assert!(report.results[4].notes.contains(&"the input does not cover all of this period".to_owned()));
    // One service, one objective: the period is not part of its id.
    assert_eq!(report.results[0].about.id, report.results[2].about.id);
}

#[test]
fn bounds_make_periods_complete() {
    let hourly = Agreement {
        period: Period::Every(3600 * NANOS),
        ..agreement(vec![objective(Indicator::Rows, "rows >= 1")])
    };
    let window = |since: i64, until: i64| Window { since: Some(since * NANOS), until: Some(until * NANOS) };
    let data = "100,api,ok,1\n3700,api,ok,1\n7300,api,ok,1";
    for (window, expected) in [
        (Window::default(), &[(0, false), (1, true), (2, false)][..]),
        (window(3600, 7200), &[(1, true)]),
        (window(3650, 7200), &[(1, false)]),
        (window(3600, 7000), &[(1, false)]),
        (window(0, 7200), &[(0, false), (1, true)]),
        // Nothing lies between the bounds, but the input reaches beyond both.
        (window(200, 3600), &[(0, false)]),
    ] {
        let report = report_with(&hourly, &requests(), data, window, &Context::default(), |_| {});
        let found: Vec<_> = report
            .results
            .iter()
            .map(|result| (result.period.from.unwrap() / (3600 * NANOS), result.period.complete))
            .collect();
        assert_eq!(found, expected, "{window:?}");
    }
}

#[test]
fn too_many_results_are_refused() {
    let each_second = Agreement {
        period: Period::Every(NANOS),
        ..agreement(vec![objective(Indicator::Rows, "rows >= 1")])
    };
    let report = report(&each_second, &requests(), "0,api,ok,1\n2000000,api,ok,1");
    let result = only(&report);
    assert_eq!((result.verdict, result.reason), (Undecided, Some(Reason::NotMeasurable)));
    assert!(result.explain.contains("2,000,001 results"), "{}", result.explain);
    assert_eq!(report.problems[0].severity, Severity::Error);
}

/// W49: names that differ in case, spaces or composition are different groups, and the reader is told.
#[test]
fn w49_near_twins() {
    let data = "1,Api,ok,1\n1,api,ok,1\n1,api ,ok,1\n1,caf\u{e9},ok,1\n1,cafe\u{301},ok,1\n1,web,ok,1";
    let report =
        report(&agreement(vec![objective(Indicator::FailureRate, "failure_rate <= 0%")]), &requests(), data);
    assert_eq!(report.results.len(), 6);
    let messages: Vec<&str> = report
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::NearTwins)
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "service \"Api\" and \"api\" and \"api \" differ in case, spaces or composition only; they are different groups",
            "service \"cafe\\u{301}\" and \"caf\u{e9}\" differ in case, spaces or composition only; they are different groups",
        ]
    );
}

/// W32: what a condition leaves out is counted, and every denominator is shown.
#[test]
fn w32_rows_are_accounted_for() {
    let mut rate = objective(Indicator::FailureRate, "failure_rate <= 50%");
    let (fine, _) = is("status", "ok");
    rate.filter = Some((Condition::Not(Box::new(fine)), "status != \"ok\"".to_owned()));
    let agreement = Agreement { filter: Some(is("service", "api")), ..agreement(vec![rate]) };
    let data = "1,api,ok,1\n1,api,ko,1\n1,api,success,1\n1,api,,1\n1,web,ok,1\n1,,ok,1";
    let report_on = |data| report(&agreement, &requests(), data);
    let nobody = report_on("1,api,ok,1\n1,api,,1");
    assert_eq!(only(&nobody).explain, "none of 2 requests fulfils `where`");
    let report = report_on(data);
    let result = only(&report);
    assert_eq!((result.rows, result.excluded, result.samples), (4, 2, 2));
    assert_eq!(result.notes, ["1 request left out: a cell that `where` reads is missing"]);
    let input = &report.inputs[0];
    assert_eq!((input.rows, input.accepted, input.rejected), (6, 4, 0));
    let excluded: Vec<_> =
        input.excluded.iter().map(|clause| (clause.clause.as_str(), clause.rows)).collect();
    assert_eq!(excluded, [("where service == \"api\"", 1), ("where service == \"api\" (a missing cell)", 1)]);
}

#[test]
fn a_built_in_objective_without_its_column_is_skipped() {
    let mut schema = requests();
    schema.latency = crate::model::Found::Absent;
    schema.columns[3].name = "size".to_owned();
    let example = Agreement {
        built_in: true,
        ..agreement(vec![
            objective(Indicator::FailureRate, "failure_rate <= 50%"),
            objective(Indicator::Avg(latency()), "avg(latency) <= 2s"),
        ])
    };
    let report = report(&example, &schema, "1,api,ok,1");
    assert_eq!(only(&report).verdict, Met);
    assert!(report.problems[0].message.contains("skipped `avg(latency) <= 2s`"), "{:?}", report.problems);
}
