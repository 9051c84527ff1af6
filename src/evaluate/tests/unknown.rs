//! Missing cells, rejected rows, doubts.

use super::*;

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
        "1 of 2 requests failed, 1 allowed; but 1 request lacks a value, which could change it",
    );
    assert_eq!(result.reason, Some(Reason::MissingValues));
    rate.missing = Missing::Bad;
    let result = check(rate, &cells, Breached, "2 of 3 requests failed, 1 allowed");
    assert_eq!(result.notes, ["1 request lacks a value, counted as bad (`missing: bad`)"]);
    check(
        objective(Indicator::Max(latency()), "max(latency) <= 100ms"),
        &rows(&[("ok", "")]),
        Undecided,
        "no requests with a value: 1 request lacks a value",
    );
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

/// What a rejected row could change is told, and what it could not is not.
#[test]
fn rejected_rows_are_told() {
    let check = |words: &str, rejected, allowed, explain: &str| {
        let report = report_with(
            &agreement(vec![objective(Indicator::FailureRate, words)]),
            &requests(),
            &outcomes(0, 9),
            Window::default(),
            &Context { max_bad_rows: allowed, ..Context::default() },
            |intake| intake.rejected = rejected,
        );
        assert_eq!((only(&report).verdict, &*only(&report).explain), (Undecided, explain));
    };
    // One failure in ten is 10 %, three in twelve are 25 %.
    check(
        "failure_rate <= 5%",
        1,
        0,
        "none of 9 requests failed, none allowed; but 1 row rejected, which could change it",
    );
    check(
        "failure_rate <= 30%",
        1,
        0,
        "none of 9 requests failed, 2 allowed; but 1 row rejected, and none is tolerated \
         (--max-bad-rows)",
    );
    check(
        "failure_rate <= 30%",
        3,
        1,
        "none of 9 requests failed, 2 allowed; but 3 rows rejected, and only 1 is tolerated \
         (--max-bad-rows)",
    );
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
                (result.verdict, &*result.explain, result.measured),
                (Undecided, "data.csv, line 7: it is so", None)
            );
        }
        assert_eq!(report.problems.len(), 1);
        assert_eq!(report.problem_totals[&kind], 1);
    }
}
