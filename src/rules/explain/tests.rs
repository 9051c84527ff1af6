//! Whole explanations, to the letter.

use super::explain;
use super::page::WIDTH;
use crate::rules::{built_in, parse};
use std::path::Path;

fn explained(text: &str) -> String {
    let page = explain(&parse(text, Path::new("rules/a.yaml")).unwrap().agreement);
    for line in page.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
    page
}

#[test]
fn the_built_in_agreement() {
    insta::assert_snapshot!(explain(&built_in()), @r"
    example
      example targets, not your SLA

      One verdict per objective for each service, over all of the input.

    1. failure_rate <= 5%
       At most 5% of all requests failed. Of 2,000 requests, at most 100 may fail;
       with 101 it is breached.

    2. avg(latency) <= 2s
       The mean latency of all requests is at most 2s. Two requests of 1s and 3s
       average exactly 2s: met.

    3. violation_rate(latency > 500ms) <= 10%
       At most 10% of all requests met `latency > 500ms`. Of 2,000 requests, at most
       200 may meet it; with 201 it is breached.

    Definitions
      - Which requests failed is what the status column says: words such as failure,
        error or down, or HTTP codes 5xx and 0. A 4xx is no failure unless `input:
        failed:` says so.
      - A mean is the exact sum divided by the count. Over rows that stand for
        several requests it is weighted by their number.
      - Latency includes that of failed requests, unless `where: not failed` leaves
        them out.
      - Where there are no requests at all, the verdict is undecided: not knowing is
        not passing.
      - A cell that is empty, N/A, - or null is missing. The verdict stands if it is
        the same with all missing cells good and with all of them bad; otherwise it
        is undecided.
      - Every comparison is exact: a value that equals its target meets <=, >= and
        ==.
    ");
}

#[test]
fn everything_that_can_be_said() {
    let text = r#"
sla: Web shop, gold
description: What we promise to the gold customers
owner: shop team
by: service
expect: [checkout, catalog]
where: route != "/health"
period: 1d
noun: sessions
input:
  status: {column: outcome, ok: [up, "2xx"], failed: [down], ignore: [paused], missing: failed}
objectives:
  - name: checkout is quick
    require: p95(latency) <= 400ms
    prefer: <= 300ms
    where: service == "checkout"
    by: [service, region]
    targets: [{group: {service: batch}, require: "<= 2s"}]
    min_samples: 100
    no_data: breached
    missing: bad
    severity: critical
    runbook: https://wiki.example/checkout
  - availability >= 99.95%
"#;
    insta::assert_snapshot!(explained(text), @r#"
    Web shop, gold
      rules/a.yaml
      What we promise to the gold customers
      owner: shop team

      One verdict per objective for each service, in every stretch of 1d.
      Days are counted in UTC; where the input's times have no zone, on their own
      clock.
      Only sessions where route != "/health"; the others are excluded, and counted.
      Expected to be there: checkout, catalog. One that is not is treated as having
      no sessions.

    1. p95(latency) <= 400ms
       checkout is quick
       At least 95 of every 100 sessions took at most 400ms. Of 2,000 sessions at
       most 100 may take more.
       Only sessions where service == "checkout".
       One verdict for each service and region.
       For service batch: <= 2s.
       Met, but not <= 300ms: a warning. Groups with a target of their own have
       none.
       Fewer than 100 sessions: undecided.
       No sessions at all: breached.
       Missing cells count as bad.
       Severity: critical.
       Runbook: https://wiki.example/checkout

    2. availability >= 99.95%
       At least 99.95% of all sessions did not fail. Of 2,000 sessions, at least
       1,999 must succeed; with 1,998 it is breached.

    Definitions
      - The column `outcome` says which sessions failed: up, 2xx are ok; down is
        failed; paused is left out; a blank is failed.
      - A percentile is the nearest rank: the smallest value with at least that
        share of all values at or below it. It is always a value that occurred, and
        it is decided by counting, exactly.
      - Latency includes that of failed sessions, unless `where: not failed` leaves
        them out.
      - Where there are no sessions at all, the verdict is undecided: not knowing is
        not passing.
      - A cell that is empty, N/A, - or null is missing. The verdict stands if it is
        the same with all missing cells good and with all of them bad; otherwise it
        is undecided.
      - Every comparison is exact: a value that equals its target meets <=, >= and
        ==.
    "#);
}

/// W27: what a gauge reads is never weighted, and what the columns mean is told.
#[test]
fn columns_and_gauges() {
    let text = r#"
input:
  time: {column: ts, format: "%d-%m-%Y %H:%M", timezone: Europe/Vienna}
  service: svc
  latency: {column: rt, unit: s}
  requests: hits
  failures: errors
  columns:
    cpu: {column: cpu_pct, unit: "%", kind: gauge}
    depth: {column: queued, kind: gauge}
    first_reply: {from: created_at, to: replied_at, open: now, timezone: UTC}
    waited: {from: a, to: b, format: "%H:%M"}
    finished: {column: end_time, kind: clock}
    dead: dead_letters
  key: [ts, svc]
objectives:
  - avg(cpu) <= 80%
  - avg(depth) <= 5
"#;
    let definitions = |text: &str| {
        let page = explained(text);
        page[page.find("Columns").unwrap()..].to_owned()
    };
    insta::assert_snapshot!(definitions(text), @"
    Columns
      - time: the column `ts`, written as `%d-%m-%Y %H:%M`, on the clock of
        Europe/Vienna.
      - service: the column `svc`.
      - latency: the column `rt`, in s.
      - requests: a row stands for as many as its column `hits` says.
      - cpu: the column `cpu_pct`, in %; a gauge: never weighted.
      - depth: the column `queued`; a gauge: never weighted.
      - first_reply: the time from `created_at` to `replied_at`, on the clock of
        UTC; while the end is blank it lasts until now.
      - waited: the time from `a` to `b`, written as `%H:%M`; a blank end leaves it
        missing.
      - finished: the time of day in `end_time`.
      - dead: the column `dead_letters`.
      - key: two rows with the same `ts` and `svc` are refused.

    Definitions
      - A mean is the exact sum divided by the count. Each row counts once, whatever
        it stands for: cpu and depth are gauges.
      - Where there are no requests at all, the verdict is undecided: not knowing is
        not passing.
      - A cell that is empty, N/A, - or null is missing. The verdict stands if it is
        the same with all missing cells good and with all of them bad; otherwise it
        is undecided.
      - Every comparison is exact: a value that equals its target meets <=, >= and
        ==.
    ");
    let mixed = definitions(&format!("{text}  - avg(latency) <= 2s\n"));
    assert!(
        mixed.replace("\n    ", " ").contains(
            "Over rows that stand for several requests it is weighted by their number, except for gauges (cpu and depth): \
             of these each row counts once."
        ),
        "{mixed}"
    );
}

/// Every number below was worked out by hand.
#[test]
fn what_each_indicator_means() {
    let objectives = [
        "failures <= 10",
        "rows >= 1000",
        "requests < 5",
        "failure_rate < 1%",
        "availability >= 99.99%",
        "violation_rate(latency > 500ms and not (region in [\"eu\"] or failed)) <= 10%",
        "share(finished > 06:00) <= 0%",
        "share(status == \"up\") > 99%",
        "avg(latency) < 2s",
        "avg(cpu) <= 80%",
        "avg(cost) == 0",
        "min(queue) >= 1",
        "max(latency) <= 2s",
        "max(load) > 3",
        "max(load) == 3",
        "sum(cost) <= 1000",
        "p50(latency) > 300ms",
        "p99.9(size) < 10MB",
        "p100(size) >= 1B",
        "p95(x) == 2",
        "ratio(sum(errors), sum(hits)) <= 1%",
        "ratio(sum(kept), sum(made)) >= 0.995",
        "ratio(sum(latency), sum(requests)) <= 2s",
        "throughput >= 1000/min",
        "throughput < 50/s",
        "apdex(500ms) >= 0.9",
        "apdex(2s) > 0.4",
    ];
    let page = explained(&format!("objectives:\n  - {}", objectives.join("\n  - ")));
    let (objectives, _) = page.split_once("\nDefinitions").unwrap();
    let (_, objectives) = objectives.split_once("\n\n").unwrap();
    insta::assert_snapshot!(objectives, @r#"
      One verdict per objective for everything together, over all of the input.

    1. failures <= 10
       At most 10 requests failed. 10: met; 11: breached.

    2. rows >= 1000
       At least 1,000 rows are there. 1,000: met; 999: breached.

    3. requests < 5
       Fewer than 5 requests are there. 4: met; 5: breached.

    4. failure_rate < 1%
       Less than 1% of all requests failed. Of 2,000 requests, at most 19 may fail;
       with 20 it is breached.

    5. availability >= 99.99%
       At least 99.99% of all requests did not fail. Of 10,000 requests, at least
       9,999 must succeed; with 9,998 it is breached.

    6. violation_rate(latency > 500ms and not (region in ["eu"] or failed)) <= 10%
       At most 10% of all requests met that condition. Of 2,000 requests, at most
       200 may meet it; with 201 it is breached.

    7. share(finished > 06:00) <= 0%
       At most 0% of all rows met `finished > 06:00`. Of 2,000 rows, none may meet
       it; with 1 it is breached.

    8. share(status == "up") > 99%
       More than 99% of all rows met `status == "up"`. Of 2,000 rows, at least 1,981
       must meet it; with 1,980 it is breached.

    9. avg(latency) < 2s
       The mean latency of all requests is less than 2s. Two requests of 1s and 3s
       average exactly 2s: breached.

    10. avg(cpu) <= 80%
       The mean cpu of all requests is at most 80%. Two requests of 70% and 90%
       average exactly 80%: met.

    11. avg(cost) == 0
       The mean cost of all requests is exactly 0.

    12. min(queue) >= 1
       Every value of queue is at least 1: among any number of requests, one that is
       not is a breach.

    13. max(latency) <= 2s
       Every value of latency is at most 2s: among any number of requests, one that
       is not is a breach.

    14. max(load) > 3
       At least one value of load is more than 3: among any number of requests, one
       is enough.

    15. max(load) == 3
       max(load) is exactly 3: one of the requests has it, and none goes beyond.

    16. sum(cost) <= 1000
       All values of cost add up to at most 1000. Two rows of 500 add up to exactly
       1000: met.

    17. p50(latency) > 300ms
       Fewer than 50 of every 100 requests took at most 300ms. Of 2,000 requests at
       most 999 may take at most that.

    18. p99.9(size) < 10MB
       At least 999 of every 1,000 requests had size of less than 10MB. Of 2,000
       requests at most 2 may have that or more.

    19. p100(size) >= 1B
       Fewer than 100 of every 100 requests had size of less than 1B. Of 2,000
       requests at most 1,999 may have less than that.

    20. p95(x) == 2
       The smallest x with at least 95 of every 100 requests at or below it is
       exactly 2.

    21. ratio(sum(errors), sum(hits)) <= 1%
       The sum of errors divided by the sum of hits is at most 1%; never an average
       of quotients. Where hits adds up to 2,000, errors may be at most 20.

    22. ratio(sum(kept), sum(made)) >= 0.995
       The sum of kept divided by the sum of made is at least 0.995; never an
       average of quotients. Where made adds up to 2,000, kept must be at least
       1,990.

    23. ratio(sum(latency), sum(requests)) <= 2s
       The sum of latency divided by the sum of requests is at most 2s; never an
       average of quotients.

    24. throughput >= 1000/min
       On average over the whole time at least 1000/min. In 1h, 60,000 requests:
       met; 59,999: breached.

    25. throughput < 50/s
       On average over the whole time less than 50/s. In 1h, 179,999 requests: met;
       180,000: breached.

    26. apdex(500ms) >= 0.9
       Each of the requests scores 1 up to 500ms, 1/2 up to 2s, and 0 beyond that or
       when it failed; the mean score is at least 0.9. Of 1,000 requests, 800
       satisfied and 200 tolerating score exactly 0.9: met.

    27. apdex(2s) > 0.4
       Each of the requests scores 1 up to 2s, 1/2 up to 8s, and 0 beyond that or
       when it failed; the mean score is more than 0.4. Of 1,000 requests, 400
       satisfied and 600 slower score exactly 0.4: breached.
    "#);
}
