//! `sla rules`.

use crate::work::Work;

const SHOP: &str =
    "sla: Web shop\nby: service\nobjectives:\n  - failure_rate <= 5%\n  - p95(latency) <= 400ms\n";

#[test]
fn files_without_mistakes() {
    let work = Work::new().file("rules/shop.yaml", SHOP).file("sla.yaml", "rules: rules\n");
    insta::assert_snapshot!(work.answer("rules check"), @"
    --- stdout
    rules of sla.yaml
    rules/shop.yaml: Web shop, 2 objectives
    1 agreement checked: no mistakes
    --- exit 0
    ");
    insta::assert_snapshot!(work.answer("rules check rules/shop.yaml"), @"
    --- stdout
    rules/shop.yaml: Web shop, 2 objectives
    1 agreement checked: no mistakes
    --- exit 0
    ");
}

#[test]
fn every_mistake_is_shown_with_its_place() {
    let work = Work::new()
        .file("a.yaml", "sla: A\nobjectives:\n  - failure_rat <= 5%\n  - p95(latency) <= 2\nperoid: 1h\n");
    insta::assert_snapshot!(work.answer("rules check a.yaml"), @"
    --- stderr
    error: unknown indicator `failure_rat`
     --> a.yaml:3:5
      |
    3 |   - failure_rat <= 5%
      |     ^^^^^^^^^^^
      |
      = help: did you mean `failure_rate`?

    error: a percentile of latency is a duration; `2` has no unit
     --> a.yaml:4:21
      |
    4 |   - p95(latency) <= 2
      |                     ^
      |
      = help: write 2ms or 2s

    error: unknown key `peroid`
     --> a.yaml:5:1
      |
    5 | peroid: 1h
      | ^^^^^^ did you mean `period`?

    --- exit 2
    ");
}

#[test]
fn files_that_are_not_there() {
    let work = Work::new().file("shop.yaml", SHOP);
    insta::assert_snapshot!(work.answer("rules check"), @"
    --- stderr
    error: no rule file was named, and no sla.yaml names any
      `sla init DATA` writes a first one
    --- exit 2
    ");
    insta::assert_snapshot!(work.answer("rules check shpo.yaml"), @"
    --- stderr
    error: no rule file or folder `shpo.yaml`; did you mean `shop.yaml`?
    --- exit 2
    ");
    insta::assert_snapshot!(work.answer("rules check 'no/*.yaml'"), @"
    --- stderr
    error: no rule file matches `no/*.yaml`: looked for *.yaml and *.yml other than sla.yaml
    --- exit 2
    ");
}

#[test]
fn a_promise_is_explained() {
    insta::assert_snapshot!(Work::new().answer("rules explain --require 'p95(latency) <= 400ms'"), @"
    --- stdout
    command line

      One verdict per objective for everything together, over all of the input.

    1. p95(latency) <= 400ms
       At least 95 of every 100 requests took at most 400ms. Of 2,000 requests at
       most 100 may take more.

    Definitions
      - A percentile is the nearest rank: the smallest value with at least that
        share of all values at or below it. It is always a value that occurred, and
        it is decided by counting, exactly.
      - Latency includes that of failed requests, unless `where: not failed` leaves
        them out.
      - Where there are no requests at all, the verdict is undecided: not knowing is
        not passing.
      - A cell that is empty, N/A, - or null is missing. The verdict stands if it is
        the same with all missing cells good and with all of them bad; otherwise it
        is undecided.
      - Every comparison is exact: a value that equals its target meets <=, >= and
        ==.
    --- exit 0
    ");
}

#[test]
fn a_time_zone_that_nothing_follows() {
    let rules = |more: &str| format!("sla: A\nperiod: 1d\ntimezone: Europe/Vienna\n{more}");
    let work = Work::new()
        .file("days.yaml", rules("objectives:\n  - failure_rate <= 5%\n"))
        .file("said.yaml", rules("objectives:\n  - share(done > 06:00) <= 0%\n"))
        .file(
            "declared.yaml",
            rules("input: {columns: {done: {column: end, kind: clock}}}\nobjectives:\n  - rows > 0\n"),
        )
        .file(
            "where.yaml",
            rules("objectives:\n  - {require: failure_rate <= 5%, where: not (at < 06:00)}\n"),
        );
    insta::assert_snapshot!(work.answer("rules check days.yaml"), @"
    --- stdout
    days.yaml: A, 1 objective
    1 agreement checked: no mistakes, 1 warning
    --- stderr
    warning: `timezone` has no effect: no column is a time of day
     --> days.yaml:3:11
      |
    3 | timezone: Europe/Vienna
      |           ^^^^^^^^^^^^^ only times of day follow it
      |
      = help: periods of fixed length are counted in UTC; the zone of times that
              name none is `input: time: {timezone: …}`

    --- exit 0
    ");
    for file in ["said.yaml", "declared.yaml", "where.yaml"] {
        let answer = work.answer(&format!("rules check {file}"));
        assert!(answer.contains("1 agreement checked: no mistakes\n"), "{answer}");
    }
    let days = work.answer("rules explain days.yaml");
    assert!(days.contains("Days are counted in UTC; where"), "{days}");
    assert!(!days.contains("Times of day"), "{days}");
    let said = work.answer("rules explain said.yaml");
    assert!(said.contains("Times of day are those in Europe/Vienna; where"), "{said}");
}
