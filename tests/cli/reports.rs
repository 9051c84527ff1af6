//! What `sla check` prints and writes.

use crate::exit_codes::requests;
use crate::work::Work;

pub(crate) fn work() -> Work {
    Work::new().file("data.csv", requests())
}

#[test]
fn the_example_agreement_says_that_it_is_one() {
    insta::assert_snapshot!(work().answer("check data.csv"), @"
    --- stdout
    no agreement found; example targets, not your SLA
    (`sla init DATA` proposes a first agreement of your own)
    data.csv: 10 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:10 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    VERDICT    SERVICE  OBJECTIVE                        MEASURED  TARGET
    breached   api      violation_rate(latency > 500ms)      50 %  <= 10%
               5 of 10 requests took longer than 500 ms, 1 allowed
    breached   api      failure_rate                         10 %  <= 5%
               1 of 10 requests failed, none allowed
    met        api      avg(latency)                       550 ms  <= 2s

    2 breached, 1 met; 10 rows read
    --- exit 1
    ");
}

#[test]
fn objectives_that_the_data_cannot_serve_are_skipped_in_the_example() {
    let work = Work::new()
        .file("status.csv", "service,status\napi,up\napi,down\n")
        .file("other.csv", "city,visitors\nWien,3\nGraz,4\n");
    insta::assert_snapshot!(work.answer("check status.csv"), @"
    --- stdout
    no agreement found; example targets, not your SLA
    (`sla init DATA` proposes a first agreement of your own)
    status.csv: 2 rows
      comma-separated; service; status; each row is one request

    VERDICT    SERVICE  OBJECTIVE     MEASURED  TARGET
    breached   api      failure_rate      50 %  <= 5%
               1 of 2 requests failed, none allowed

    note: example: skipped `avg(latency) <= 2s`: the data has no column `latency`;
    say --latency COLUMN or `input: latency:`
    note: example: skipped `violation_rate(latency > 500ms) <= 10%`: the data has no
    column `latency`; say --latency COLUMN or `input: latency:`

    1 breached; 2 rows read
    --- exit 1
    ");
    insta::assert_snapshot!(work.answer("check other.csv"), @"
    --- stdout
    no agreement found; example targets, not your SLA
    (`sla init DATA` proposes a first agreement of your own)
    other.csv: 2 rows
      comma-separated; each row is one request

    could not be checked

    note: example: skipped `avg(latency) <= 2s`: the data has no column `latency`;
    say --latency COLUMN or `input: latency:`
    note: example: skipped `failure_rate <= 5%`: no column tells which requests
    failed; say --failed 'CONDITION' or `input: status:`
    note: example: skipped `violation_rate(latency > 500ms) <= 10%`: the data has no
    column `latency`; say --latency COLUMN or `input: latency:`

    undecided: nothing could be checked; 2 rows read
    --- exit 3
    ");
}

#[test]
fn a_promise_from_the_command_line() {
    insta::assert_snapshot!(work().answer("check data.csv --require 'p90(latency) <= 900ms' --by service"), @"
    --- stdout
    data.csv: 10 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:10 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    SERVICE  OBJECTIVE     MEASURED  TARGET
    met        api      p90(latency)    900 ms  <= 900ms

    1 met; 10 rows read
    --- exit 0
    ");
    insta::assert_snapshot!(work().answer("check data.csv --require 'p90(latency) <= 2' --where 'nosuch >> 3'"), @"
    --- stderr
    error: a percentile of latency is a duration; `2` has no unit
     --> --require:1:17
      |
    1 | p90(latency) <= 2
      |                 ^
      |
      = help: write 2ms or 2s

    error: `>>` is no comparison
     --> --where:1:8
      |
    1 | nosuch >> 3
      |        ^^ one of <= < >= > == !=

    --- exit 2
    ");
}

#[test]
fn the_project_file_is_named() {
    let work = work()
        .file("sla.yaml", "rules: rules\nsources: {requests: {csv: data.csv}}\n")
        .file("rules/a.yaml", "sla: A\nobjectives: [failure_rate <= 1%]\n")
        .file("rules/b.yaml", "sla: B\nby: service\nobjectives: [failure_rate <= 50%]\n");
    insta::assert_snapshot!(work.answer("check"), @"
    --- stdout
    rules of sla.yaml
    data.csv: 10 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:10 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    A (rules/a.yaml)
    VERDICT    OBJECTIVE     MEASURED  TARGET
    breached   failure_rate      10 %  <= 1%
               1 of 10 requests failed, none allowed

    B (rules/b.yaml)
    VERDICT    SERVICE  OBJECTIVE     MEASURED  TARGET
    met        api      failure_rate      10 %  <= 50%

    1 breached, 1 met; 10 rows read
    --- exit 1
    ");
}

/// The nearest name may be that of a part, not of a header.
#[test]
fn a_part_may_be_meant() {
    let answer = work().answer("check data.csv --require 'p95(latancy) <= 1s'");
    assert!(answer.contains("the data has no column `latancy`; did you mean `latency`?"), "{answer}");
}

/// From 2025-06-01 it is 11 days, 13 hours, 46 minutes and 40 seconds to the second after a million of them.
#[test]
fn more_results_than_anybody_reads() {
    let work = Work::new()
        .file("data.csv", "timestamp,status\n2025-06-01T00:00:00Z,success\n2025-06-12T13:46:40Z,success\n");
    let answer = work
        .answer("check data.csv --period 1s --require 'failure_rate <= 5%' --require 'availability >= 99%'");
    let told = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "1 group in 1,000,001 periods would be 1,000,001 results, and 1,000,000 is the most there can be; choose a \
         longer `period`",
        "1 group in 1,000,001 periods would be 1,000,001 results beside 1 other, and 1,000,000 is the most",
        "2 undecided; 2 rows read",
    ] {
        assert!(told.contains(said), "{said}\n{answer}");
    }
}

/// Six days and a second: 518,401 results for each of two sources, and the limit is the report's.
#[test]
fn the_limit_of_results_holds_over_all_sources() {
    let data = "time,status\n2025-06-01T00:00:00Z,ok\n2025-06-07T00:00:00Z,ok\n";
    let rules =
        |name: &str| format!("sla: {name}\nsource: {name}\nperiod: 1s\nobjectives: [requests >= 0]\n");
    let work = Work::new()
        .file("one.csv", data)
        .file("two.csv", data)
        .file("rules/one.yaml", rules("one"))
        .file("rules/two.yaml", rules("two"))
        .file("sla.yaml", "rules: rules\nsources: {one: {csv: one.csv}, two: {csv: two.csv}}\n");
    let text = work.answer("check").split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "two: `requests >= 0`: 1 group in 518,401 periods would be 518,401 results beside 518,401 others, and \
                1,000,000 is the most there can be";
    assert!(text.contains(told), "{text}");
}

/// 400 requests over 400 minutes; 30 of 40 to `/pay` from `us` fail, and 20 at the end are slow.
fn uneven() -> String {
    let row = |i: u32| {
        let route = ["/cart", "/list", "/pay", "/cart", "/list"][i as usize % 5];
        let region = if i.is_multiple_of(2) { "us" } else { "eu" };
        let status = if route == "/pay" && region == "us" && i % 40 != 2 { "failure" } else { "success" };
        let latency = if i >= 380 { 900 } else { 100 };
        format!("2025-06-01T{:02}:{:02}:00,{route},{region},{status},{latency}\n", i / 60, i % 60)
    };
    format!("timestamp,route,region,status,latency_ms\n{}", (0..400).map(row).collect::<String>())
}

#[test]
fn why() {
    let work = Work::new().file("data.csv", uneven());
    insta::assert_snapshot!(
        work.answer("check data.csv --why --require 'failure_rate <= 5%' --require 'p99(latency) <= 200ms' --require 'avg(latency) <= 120ms' --require 'rows <= 3'"), @r#"
    --- stdout
    data.csv: 400 rows, 2025-06-01 00:00 to 2025-06-01 06:39
      comma-separated; time timestamp (year first, no zone); latency latency_ms in
      ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    breached   rows               400  <= 3
               400 requests, 397 above the target
               why: nothing stands out (looked at route, region, status, time)
    breached   p99(latency)    900 ms  <= 200ms
               20 of 400 requests took longer than 200 ms, 4 allowed
               why: 10 of the 20 fall in 2025-06-01T06:00 to 2025-06-01T06:30, as do
               8 % of the requests
    breached   failure_rate     7.5 %  <= 5%
               30 of 400 requests failed, 20 allowed
               why: 30 of the 30 have route "/pay", as have 20 % of the requests
               why: 30 of the 30 have region "us", as have 50 % of the requests
    breached   avg(latency)    140 ms  <= 120ms
               average 140 ms over 400 requests, 20 ms above the target
               why: 900 ms from 2025-06-01T06:30 to 2025-06-01T07:00, where 3 % of
               the requests fall

    4 breached; 400 rows read
    --- exit 1
    "#
    );
    assert_eq!(work.code("check - --why"), 2);
}

#[test]
fn one_bad_source_hides_no_other() {
    let project = "rules: rules\nsources:\n  good: {csv: data.csv}\n  bad: {csv: bad.csv}\n";
    let work = work()
        .file("bad.csv", "<html></html>")
        .file("sla.yaml", project)
        .file("rules/a.yaml", "sla: A\nsource: bad\nobjectives: [failure_rate <= 1%]\n")
        .file("rules/b.yaml", "sla: B\nsource: good\nobjectives: [failure_rate <= 50%]\n");
    insta::assert_snapshot!(work.answer("check"), @"
    --- stdout
    rules of sla.yaml
    data.csv: 10 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:10 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    A (rules/a.yaml)
    could not be checked

    B (rules/b.yaml)
    VERDICT    OBJECTIVE     MEASURED  TARGET
    met        failure_rate      10 %  <= 50%

    error: bad.csv is a web page (HTML), not CSV: an error page perhaps, saved
    instead of the data; fetch it again

    undecided: 1 agreement could not be checked; 1 met; 10 rows read
    --- exit 3
    ");
    let work = work.file("rules/c.yaml", "sla: C\nsource: good\nobjectives: [failure_rate <= 1%]\n");
    assert_eq!(work.code("check"), 1);
    let work = work.file("rules/c.yaml", "sla: C\nsource: god\nobjectives: [failure_rate <= 1%]\n");
    insta::assert_snapshot!(work.answer("check"), @"
    --- stderr
    error: `C` wants the source `god`, and sla.yaml has good, bad
    --- exit 2
    ");
}

#[test]
fn days_are_told_to_be_in_utc() {
    let rows = |zone: &str| {
        format!(
            "time,status\n2025-06-01T22:30:00{zone},ok\n2025-06-01T23:30:00{zone},ok\n2025-06-02T00:30:00{zone},ok\n"
        )
    };
    let work = Work::new().file("naive.csv", rows("")).file("zoned.csv", rows("+02:00"));
    let check = |data: &str, period: &str| {
        work.answer(&format!("check {data} --period {period} --require 'failure_rate <= 5%'"))
    };
    let zoned = check("zoned.csv", "1d");
    assert!(zoned.contains("\n  days in UTC\n"), "{zoned}");
    // 22:30, 23:30 and 00:30 two hours east of Greenwich are all on the first of June there.
    assert!(zoned.contains("1 met;"), "{zoned}");
    let naive = check("naive.csv", "1d");
    assert!(!naive.contains("UTC"), "{naive}");
    assert!(naive.contains("2 met;"), "{naive}");
    assert!(!check("zoned.csv", "1h").contains("days in UTC"));
}

#[test]
fn what_is_measured_is_told_in_the_units_of_the_target() {
    // 22 and 24.5 times 2^30 bytes; two rows in 100 seconds.
    let data = "time,mem\n2025-06-01T12:00:00Z,23622320128\n2025-06-01T12:01:40Z,26306674688\n";
    let rules = "sla: M\ninput: {columns: {memory: {column: mem, unit: B}}}\nobjectives:\n  - max(memory) <= 24GiB\n  \
                 - min(memory) >= 24GB\n  - throughput >= 1/s\n  - throughput >= 90/h\n  \
                 - violation_rate(memory > 24GiB) <= 10%\n";
    let work = Work::new().file("data.csv", data).file("rules.yaml", rules);
    let answer = work.answer("check data.csv --rules rules.yaml");
    for text in [
        "24.5 GiB  <= 24GiB",
        "the largest is\n           24.5 GiB",
        "23.62 GB  >= 24GB",
        "memory below 24 GB, none allowed",
    ] {
        assert!(answer.contains(text), "{text}\n{answer}");
    }
    for text in ["0.02/s  >= 1/s", "0.98/s below the target", "72/h  >= 90/h", "18/h below the target"] {
        assert!(answer.contains(text), "{text}\n{answer}");
    }
    assert!(answer.contains("1 of 2 requests had memory above 24 GiB"), "{answer}");
}

/// 200 rows, of which those of instance 3 are slow; every row has a number, a size and a trace of its own.
fn numbered() -> String {
    let line = |row: u32| {
        let (instance, load, bytes) = (1 + row % 4, row * 7 % 50, 1_000 + row * 37 % 40);
        let latency = if row % 8 == 2 { 900 } else { 100 };
        let time = format!("2025-06-01T12:{:02}:{:02}Z", row / 60, row % 60);
        format!("{time},t{row:03},{row},{bytes},0.{load:02},{instance},{latency}")
    };
    let lines: Vec<String> = (0..200).map(line).collect();
    format!("time,trace,row,bytes,load,instance,latency_ms\n{}\n", lines.join("\n"))
}

#[test]
fn why_names_no_column_that_numbers_rows_or_measures() {
    let work = Work::new().file("data.csv", numbered());
    // 25 of 200 rows are slow, all of them among the 50 of instance 3.
    let answer = work
        .answer("check data.csv --why --require 'p95(latency) <= 200ms' --require 'avg(latency) <= 150ms'");
    assert!(answer.contains("25 of the 25 have instance \"3\", as have 25 % of the requests"), "{answer}");
    for column in ["trace", "row \"", "bytes", "load"] {
        assert!(!answer.contains(column), "{column}\n{answer}");
    }
    // Twelve rows, so that every trace is one of few values; two are slow.
    let short: Vec<String> = numbered().lines().take(13).map(str::to_owned).collect();
    let work = Work::new().file("data.csv", short.join("\n"));
    let answer = work.answer("check data.csv --why --require 'p95(latency) <= 200ms'");
    assert!(!answer.contains("have trace") && !answer.contains("have row"), "{answer}");
}

/// Two agreements on one file call its rows by their own words.
#[test]
fn a_row_is_what_the_rules_call_it() {
    let sessions = "sla: Sessions\nnoun: sessions\nobjectives: [failure_rate <= 90%]\n";
    let requests = "sla: Requests\nobjectives: [failure_rate <= 90%]\n";
    let work = work().file("s.yaml", sessions).file("r.yaml", requests);
    let shown = |rules: &str| {
        let text = String::from_utf8(work.run(&format!("check data.csv {rules}")).stdout).unwrap();
        text.split("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let one = shown("--rules s.yaml");
    assert!(one.ends_with("; each row is one session"), "{one}");
    let both = shown("--rules s.yaml --rules r.yaml");
    assert!(both.ends_with("; each row is one request; each row is one session"), "{both}");
    assert_eq!(both.matches("comma-separated").count(), 1, "{both}");
}

/// The customer edition is of pages; whoever writes other forms beside them is told that these hide nothing.
#[test]
fn an_edition_of_other_forms() {
    let work =
        work().file("r.yaml", "by: service\nobjectives: [{name: safe, require: failure_rate <= 50%}]\n");
    let told = |arguments: &str| {
        let arguments = format!("check data.csv --rules r.yaml {arguments}");
        String::from_utf8(work.run(&arguments).stderr).unwrap()
    };
    let customer = "--audience customer --only service=api --output c.html";
    assert_eq!(told(customer), "");
    assert_eq!(
        told(&format!("{customer} --output r.json")),
        "warning: the customer edition shapes HTML and PDF reports only: r.json holds everything\n"
    );
    assert_eq!(
        told(&format!("{customer} --output r.json --output r.md --format csv")),
        "warning: the customer edition shapes HTML and PDF reports only: r.json, r.md and standard output hold everything\n"
    );
    assert_eq!(
        told("--only service=api --output c.html --output r.csv"),
        "warning: --only shapes HTML and PDF reports only: r.csv holds everything\n"
    );
    assert_eq!(told(&format!("{customer} --output r.json -q")), "");
}
