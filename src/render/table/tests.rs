//! Whole pages, to the letter.

use super::super::example;
use super::*;
use crate::model::Reason;

#[test]
fn a_whole_report() {
    insta::assert_snapshot!(render(&example::report(), &Options::default()), @r#"
    data.csv: 10,001 rows, 2025-05-31 18:54 to 2025-06-07 18:54
      one row is one request; time is day-first: 31-05-2025 on line 74; latency is
      response_time_ms, in ms

    Web shop, gold (rules/shop.yaml)
      data.csv: 10 rows left out by where route != "/health"
    VERDICT    SERVICE       OBJECTIVE      MEASURED  TARGET
    breached   auth-service  failure_rate    10.22 %  <= 5%
               246 of 2,407 requests failed, 120 allowed
    undecided  checkout      failure_rate          -  <= 5%
               no requests
    met        data-service  failure_rate        1 %  <= 5%
    met        auth-service  avg(latency)  297.34 ms  <= 2s

    error: data.csv:501: 3 fields where the header has 4

    1 breached, 1 undecided, 2 met; 10,001 rows read, 10 left out, 1 rejected
    "#);
}

#[test]
fn thousands_of_results_are_counted() {
    let mut report = example::report();
    let met = (0..2_000).map(|service| example::result(&format!("service-{service}")));
    report.results.extend(met);
    insta::assert_snapshot!(render(&report, &Options::default()), @r#"
    data.csv: 10,001 rows, 2025-05-31 18:54 to 2025-06-07 18:54
      one row is one request; time is day-first: 31-05-2025 on line 74; latency is
      response_time_ms, in ms

    Web shop, gold (rules/shop.yaml)
      data.csv: 10 rows left out by where route != "/health"
    VERDICT    SERVICE       OBJECTIVE     MEASURED  TARGET
    breached   auth-service  failure_rate   10.22 %  <= 5%
               246 of 2,407 requests failed, 120 allowed
    undecided  checkout      failure_rate         -  <= 5%
               no requests
    and more (--all shows each):
      failure_rate <= 5%: 2,001 met
      avg(latency) <= 2s: 1 met

    error: data.csv:501: 3 fields where the header has 4

    1 breached, 1 undecided, 2,002 met; 10,001 rows read, 10 left out, 1 rejected
    "#);
    let all = render(&report, &Options { detail: Detail::All, ..Options::default() });
    assert_eq!(all.matches("\nmet ").count(), 2_002);
}

#[test]
fn periods_and_long_names() {
    let mut report = example::report();
    for (hour, result) in (0..).zip(&mut report.results) {
        result.period.from = Some(1_748_714_400_000_000_000 + hour * 3_600_000_000_000);
        result.period.to = Some(1_748_718_000_000_000_000 + hour * 3_600_000_000_000);
        result.period.complete = hour > 0;
        example::about(result).group.push(("region".into(), "eu-central-1".into()));
        example::about(result).name = Some("requests of paying customers succeed".into());
        example::about(result).filter = Some("customer != \"internal\"".into());
    }
    example::about(&mut report.results[3]).group[0].1 = "東京-notification-service-of-the-other-team".into();
    insta::assert_snapshot!(render(&report, &Options::default()), @r#"
    data.csv: 10,001 rows, 2025-05-31 18:54 to 2025-06-07 18:54
      one row is one request; time is day-first: 31-05-2025 on line 74; latency is
      response_time_ms, in ms

    Web shop, gold (rules/shop.yaml)
      data.csv: 10 rows left out by where route != "/health"
    VERDICT    PERIOD            SERVICE, REGION  OBJECTIVE         MEASURED  TARGET
    breached   2025-05-31 19:00  auth-service,    requests of        10.22 %  <= 5%
                                 eu-central-1     paying
                                                  customers
                                                  succeed
               failure_rate <= 5%: 246 of 2,407 requests failed, 120 allowed
    undecided  2025-05-31 20:00  checkout,        requests of              -  <= 5%
                                 eu-central-1     paying
                                                  customers
                                                  succeed
               failure_rate <= 5%: no requests
    met        2025-05-31 18:00  data-service,    requests of            1 %  <= 5%
               (part)            eu-central-1     paying
                                                  customers
                                                  succeed
    met        2025-05-31 21:00  東京-            requests of      297.34 ms  <= 2s
                                 notification-    paying
                                 service-of-the-  customers
                                 other-team, eu…  succeed

    error: data.csv:501: 3 fields where the header has 4

    1 breached, 1 undecided, 2 met; 10,001 rows read, 10 left out, 1 rejected
    "#);
}

#[test]
fn midnight_is_a_day_or_an_hour() {
    let shown = |hours: i64| {
        let mut report = example::report();
        report.results.truncate(1);
        // 2025-06-01T00:00.
        let from = 1_748_736_000_000_000_000;
        report.results[0].period.from = Some(from);
        report.results[0].period.to = Some(from + hours * 3_600_000_000_000);
        let text = render(&report, &Options::default());
        text.lines().find(|line| line.starts_with("met")).unwrap().to_owned()
    };
    assert!(shown(1).contains("met        2025-06-01 00:00  data-service"), "{}", shown(1));
    assert!(shown(24).contains("met        2025-06-01  data-service"), "{}", shown(24));
}

/// Two agreements over one input may reject different rows of it: what helps the one that is open is told.
#[test]
fn the_way_out_of_rejected_rows_is_that_of_the_agreement() {
    let mut report = example::report();
    let mut own = report.inputs[0].clone();
    (own.agreement, own.rejected) = (1, 7);
    report.inputs.push(own);
    report.agreements.push(report.agreements[0].clone());
    (report.results[2].agreement, report.results[2].reason) = (1, Some(Reason::RejectedRows));
    let text = render(&report, &Options::default());
    assert!(text.contains("--max-bad-rows 7\n"), "{text}");
    assert!(text.ends_with("10,001 rows read, 10 left out, 7 rejected\n"), "{text}");
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    let mut report = example::report();
    for result in &mut report.results {
        example::about(result).group[0].1 = "evil\u{1b}[2J\nmet  fine".into();
        result.explain = "evil\u{1b}]0;title\u{7}".into();
    }
    report.inputs[0].source = "a\u{1b}b.csv".into();
    report.problems[0].source = Some("a\rb.csv".into());
    report.problems[0].message = "unknown word \u{9b}31m".into();
    let text = render(&report, &Options::default());
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains("\nmet  fine"), "{text}");
}

#[test]
fn colour_is_on_the_verdict_only() {
    let text = render(&example::report(), &Options { colour: Colour::Always, ..Options::default() });
    assert!(text.contains("\u{1b}[1;31mbreached\u{1b}[0m"), "{text:?}");
    let plain = render(&example::report(), &Options::default());
    let without = text.replace("\u{1b}[1;31m", "").replace("\u{1b}[32m", "").replace("\u{1b}[33m", "");
    assert_eq!(without.replace("\u{1b}[0m", ""), plain);
}

/// `p99.9(latency)` is 14 columns; of the 27 that are free at 60 the group gets the rest.
#[test]
fn an_indicator_is_not_torn_apart() {
    let mut report = example::report();
    report.results.truncate(1);
    let about = example::about(&mut report.results[0]);
    about.group = vec![("service".into(), "checkout".into()), ("region".into(), "eu-west".into())];
    (about.objective, about.indicator) = ("p99.9(latency) <= 300ms".into(), "p99.9(latency)".into());
    about.target_text = "<= 300ms".into();
    let text = render(&report, &Options { width: 60, ..Options::default() });
    assert!(text.contains("\nmet        checkout,      p99.9(latency)       1 %  <= 300ms\n"), "{text}");
}

/// `priority=normal` is 15 columns, and `forgotten` leaves it 18 of the 27.
#[test]
fn neither_is_a_group() {
    let mut report = example::report();
    report.results.truncate(2);
    for (result, priority) in report.results.iter_mut().zip(["normal", "high"]) {
        let about = example::about(result);
        about.group = vec![("priority".into(), priority.into())];
        about.name = Some("nobody is forgotten here".into());
        about.target_text = "<= 300ms".into();
    }
    example::about(&mut report.results[1]).group.clear();
    let text = render(&report, &Options { width: 60, ..Options::default() });
    assert!(text.contains("\nmet        priority=normal  nobody is"), "{text}");
}
