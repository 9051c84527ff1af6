//! `sla init`.

use crate::exit_codes::requests;
use crate::work::Work;
use std::fmt::Write as _;

#[test]
fn proposes_what_the_data_meets() {
    let work = Work::new().file("data/requests.csv", requests());
    insta::assert_snapshot!(work.answer("init data/requests.csv"), @"
    --- stdout
    wrote sla.yaml             which rules hold, for which data
    wrote rules/requests.yaml  3 objectives, a little above what was measured

    Edit the targets, then run: sla check
    --- exit 0
    ");
    insta::assert_snapshot!(work.read("sla.yaml"), @"
    # What `sla check` does in this folder and below, when nothing else is said.

    # Rule files: files, folders or patterns. One file is one agreement.
    rules: rules

    # Data under a name. A rule file chooses one with `source: NAME`; with a single one here it need not.
    sources:
      requests: {csv: data/requests.csv}
    ");
    insta::assert_snapshot!(work.read("rules/requests.yaml"), @r#"
    # Proposed by `sla init` from data/requests.csv: 10 rows, 2025-06-01T12:00:01Z to 2025-06-01T12:00:10Z.
    # The targets lie a little above what was measured there. They are a start to edit, not what anybody promised.
    # `sla rules explain` says what each objective means.
    #
    # `sla inspect data/requests.csv` shows what was recognised, and why; `input:` corrects it:
    #   time is timestamp
    #   latency is latency_ms

    sla: Requests
    by: service          # one verdict for each; [] is everything together
    period: all          # one verdict over all of the input; 1h or 1d give one for each stretch of time

    objectives:
      - failure_rate <= 20%   # measured: 10 % (api)
      - p95(latency) <= 2s    # measured: 1 s (api)
      - avg(latency) <= 1s    # measured: 550 ms (api)

    # The long form says more about one objective:
    # - name: checkout is quick
    #   require: p95(latency) <= 400ms
    #   prefer: p95(latency) <= 300ms    # not met: a warning
    #   where: service == "checkout"
    #   min_samples: 100                 # fewer: undecided
    #   severity: critical
    "#);
    insta::assert_snapshot!(work.answer("check"), @"
    --- stdout
    rules of sla.yaml
    data/requests.csv: 10 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:10 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    Requests (rules/requests.yaml)
    VERDICT    SERVICE  OBJECTIVE     MEASURED  TARGET
    met        api      failure_rate      10 %  <= 20%
    met        api      p95(latency)       1 s  <= 2s
               10 samples; p95 is the largest of them
    met        api      avg(latency)    550 ms  <= 1s

    3 met; 10 rows read
    --- exit 0
    ");
    assert_eq!(work.code("rules check"), 0);
}

/// Nine tickets were answered after 10, 20, … 90 minutes, and one still waits: nine of ten are 90 minutes, with a tenth
/// more 99.
#[test]
fn proposes_durations_between_two_times() {
    let mut data = String::from("ticket,created_at,replied_at\n");
    for ticket in 1..=9 {
        let (hour, minute) = (10 + ticket / 6, ticket % 6 * 10);
        let _ = writeln!(data, "{ticket},2025-06-01 10:00,2025-06-01 {hour}:{minute:02}");
    }
    data += "10,2025-06-01 10:00,\n";
    let work = Work::new().file("tickets.csv", data);
    assert_eq!(work.code("init tickets.csv"), 0);
    let rules = work.read("rules/tickets.yaml");
    let (_, from_input) = rules.split_once("\ninput:").unwrap();
    insta::assert_snapshot!(from_input.split("\n\n#").next().unwrap(), @"

      columns:
        # From one time to another. Without the second one it still lasts; these times name no zone: is it UTC?
        until_replied: {from: created_at, to: replied_at, open: now, timezone: UTC}

    objectives:
      - p90(until_replied) <= 2h   # measured: 90 min
    ");
    let checked = work.answer("check");
    assert!(checked.contains("p90(until_replied)    90 min  <= 2h"), "{checked}");
    assert!(checked.ends_with("1 met; 10 rows read\n--- exit 0"), "{checked}");
}

#[test]
fn overwrites_nothing() {
    let work = Work::new().file("requests.csv", requests()).file("rules/requests.yaml", "mine");
    insta::assert_snapshot!(work.answer("init requests.csv"), @"
    --- stderr
    error: rules/requests.yaml exists already, and init overwrites nothing
      remove or rename it, or go on editing it
    --- exit 2
    ");
    assert_eq!(work.names(), ["requests.csv", "rules/requests.yaml"]);
    assert_eq!(work.read("rules/requests.yaml"), "mine");
}

#[test]
fn without_data_it_writes_the_example() {
    let work = Work::new();
    insta::assert_snapshot!(work.answer("init"), @"
    --- stdout
    wrote sla.yaml            which rules hold, for which data
    wrote rules/example.yaml  the built-in example; edit it

    Edit the targets, then run: sla check DATA
    --- exit 0
    ");
    assert_eq!(work.code("rules check"), 0);
}

#[test]
fn numbers_without_a_role() {
    let work =
        Work::new().file("cpu.csv", "time,host,cpu_pct\n2025-06-01T12:00Z,a,40\n2025-06-01T12:01Z,a,62\n");
    insta::assert_snapshot!(work.answer("init cpu.csv"), @"
    --- stdout
    wrote sla.yaml        which rules hold, for which data
    wrote rules/cpu.yaml  1 objective, a little above what was measured

    Edit the targets, then run: sla check
    --- exit 0
    ");
    assert_eq!(work.code("check"), 0);
}

#[test]
fn options_are_written_down() {
    let work = Work::new()
        .file("odd.csv", "when,who,how,rt\n01.06.2025 12:00,api,200,0.4\n31.05.2025 13:00,api,500,0.7\n");
    insta::assert_snapshot!(
        work.answer("init odd.csv --time when --service who --latency rt --unit s --failed 'how >= 500'"), @"
    --- stdout
    wrote sla.yaml        which rules hold, for which data
    wrote rules/odd.yaml  3 objectives, a little above what was measured

    Edit the targets, then run: sla check
    --- exit 0
    "
    );
    insta::assert_snapshot!(work.read("rules/odd.yaml"), @r#"
    # Proposed by `sla init` from odd.csv: 2 rows, 2025-05-31T13:00 to 2025-06-01T12:00.
    # The targets lie a little above what was measured there. They are a start to edit, not what anybody promised.
    # `sla rules explain` says what each objective means.
    #
    # `sla inspect odd.csv` shows what was recognised, and why; `input:` corrects it:
    #   time is day-first: 31.05.2025 on line 3
    #   a request failed where how >= 500, as said

    sla: Odd
    by: service          # one verdict for each; [] is everything together
    period: all          # one verdict over all of the input; 1h or 1d give one for each stretch of time

    input:
      time: {column: when}
      service: who
      latency: {column: rt, unit: s}
      failed: how >= 500

    objectives:
      - failure_rate <= 75%   # measured: 50 % (api)
      - p95(latency) <= 1s    # measured: 700 ms (api)
      - avg(latency) <= 1s    # measured: 550 ms (api)

    # The long form says more about one objective:
    # - name: checkout is quick
    #   require: p95(latency) <= 400ms
    #   prefer: p95(latency) <= 300ms    # not met: a warning
    #   where: service == "checkout"
    #   min_samples: 100                 # fewer: undecided
    #   severity: critical
    "#);
}

#[test]
fn data_that_says_nothing() {
    let work = Work::new().file("words.csv", "a,b\nx,y\n");
    insta::assert_snapshot!(work.answer("init words.csv"), @"
    --- stderr
    error: no objective on words.csv can be decided yet, so nothing was written
      no column tells which requests failed; say --failed 'CONDITION' or `input: status:`
      the data has no column `latency`; say --latency COLUMN or `input: latency:`
      `sla inspect words.csv` shows what was recognised; options such as --latency correct it
    --- exit 3
    ");
    insta::assert_snapshot!(work.answer("init none.csv"), @"
    --- stderr
    error: none.csv: no such file or folder
    --- exit 2
    ");
    assert_eq!(work.names(), ["words.csv"]);
}

#[test]
fn what_stands_in_the_way_is_told() {
    let work = Work::new().file("states.csv", "service,status\napi,up\napi,degraded\napi,up\n");
    insta::assert_snapshot!(work.answer("init states.csv"), @r#"
    --- stderr
    error: no objective on states.csv can be decided yet, so nothing was written
      line 3: "degraded" is no known status; say what it means under `input: status:` (ok, failed or ignore)
      the data has no column `latency`; say --latency COLUMN or `input: latency:`
      `sla inspect states.csv` shows what was recognised; options such as --latency correct it
    --- exit 3
    "#);
    assert_eq!(work.names(), ["states.csv"]);
}

#[test]
fn columns_that_name_things_get_no_target() {
    // `order` and `port` by their names, `line` because it only rises; the depth of a queue falls now and then.
    let rows: Vec<String> = (0..12)
        .map(|row| {
            format!(
                "2025-06-01T12:{row:02}Z,{},{},{},{}",
                900 - row * 31 % 7,
                8000 + row % 3,
                row * 2,
                row * 5 % 12
            )
        })
        .collect();
    let data = format!("time,order,port,line,depth\n{}\n", rows.join("\n"));
    let work = Work::new().file("queue.csv", data);
    assert_eq!(work.code("init queue.csv"), 0);
    let rules = work.read("rules/queue.yaml");
    let proposed: Vec<&str> = rules.lines().filter(|line| line.starts_with("  - ")).collect();
    assert_eq!(proposed, ["  - max(depth) <= 20   # measured: 11"]);
}

#[test]
fn targets_in_the_units_of_the_data() {
    let work = Work::new().file(
        "mem.csv",
        "time,host,mem_gib\n2025-06-01T12:00Z,a,12\n2025-06-01T12:01Z,a,24\n2025-06-01T12:02Z,a,13\n",
    );
    assert_eq!(work.code("init mem.csv"), 0);
    let rules = work.read("rules/mem.yaml");
    assert!(rules.contains("- max(mem_gib) <= 50GiB   # measured: 24 GiB"), "{rules}");
}
