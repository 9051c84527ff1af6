//! Each family of indicators, all of its data known.

use super::*;

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
        (Indicator::FailureRate, "failure_rate <= 0%", 0, 1, Met, "the only request did not fail"),
        (
            Indicator::FailureRate,
            "failure_rate < 0%",
            0,
            1,
            Breached,
            "the only request did not fail; no result could meet this target",
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
        "1 of 4 requests did not have status \"up\", 1 allowed: one more would breach",
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
        let shown = crate::model::display::quantity(result.measured.unwrap().quantity(), None);
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
            let shown = measured.value;
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

/// Three times nine million million million requests are more than 64 bits can count, and a third of them failed.
#[test]
fn counts_beyond_64_bits_are_told_in_full() {
    let row = "api,9000000000000000000,3000000000000000000,1\n";
    let result = check_on(
        &intervals(),
        objective(Indicator::FailureRate, "failure_rate <= 10%"),
        &row.repeat(3),
        Breached,
        "9,000,000,000,000,000,000 of 27,000,000,000,000,000,000 requests failed, 2,700,000,000,000,000,000 allowed",
    );
    assert_eq!(result.samples, u64::MAX);
    check_on(
        &intervals(),
        objective(Indicator::Requests, "requests >= 0"),
        &row.repeat(3),
        Met,
        "27,000,000,000,000,000,000 requests, 27,000,000,000,000,000,000 above the target",
    );
}

#[test]
fn conditions_are_told_in_words() {
    let check = |condition, text: &str, explain: &str| {
        let words = format!("share({text}) <= 50%");
        check(
            objective(Indicator::Share(condition), &words),
            "1,api,ok,90\n1,api,ko,\n1,api,ok,1",
            Met,
            explain,
        );
    };
    let missing = || Condition::Missing(latency());
    check(
        missing(),
        "latency is missing",
        "1 of 3 requests had no `latency`, 1 allowed: one more would breach",
    );
    let status = |values: &[&str]| Condition::In {
        column: column("status"),
        values: values.iter().map(|value| Value::Text((*value).to_owned())).collect(),
    };
    check(
        status(&["ko", "down"]),
        "status in [\"ko\", \"down\"]",
        "1 of 3 requests fulfilled `status in [\"ko\", \"down\"]`, 1 allowed: one more would breach",
    );
    let (down, _) = is("status", "ko");
    check(down, "status == \"ko\"", "1 of 3 requests had status \"ko\", 1 allowed: one more would breach");
    let not = Condition::Not(Box::new(Condition::Not(Box::new(missing()))));
    check(
        not,
        "not (not latency is missing)",
        "1 of 3 requests had no `latency`, 1 allowed: one more would breach",
    );
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
        "2 rows state a finished figure for this group; they cannot be combined: group by what tells them apart, or say \
         a period",
    );
    assert_eq!(result.reason, Some(Reason::Ambiguous));
}
