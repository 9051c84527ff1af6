//! `sla history`, `sla diff` and `sla history prune`.

use crate::{DATA, RECORD, Work, shop, sqlite};

/// Four runs, each on data of one month; in March checkout keeps its promise.
fn months() -> Work {
    let work = shop();
    for (month, failed) in [("01", "failure"), ("02", "failure"), ("03", "success"), ("04", "failure")] {
        let data = DATA.replace("2025-06", &format!("2025-{month}")).replace("failure", failed);
        std::fs::write(work.path("data.csv"), data).unwrap();
        let now = format!("2025-{month}-28");
        let arguments =
            ["check", "data.csv", "--rules", "rules.yaml", "--record=sla.db", "-q", "--now", &now];
        work.command(&arguments).output().unwrap();
    }
    work
}

#[test]
fn by_run() {
    let work = months();
    insta::assert_snapshot!(
        work.answer("history --store sla.db --service checkout --objective failure_rate"),
        @r"
    --- stdout
    Web shop
      PERIOD      VERDICT   MEASURED  TARGET  RUN
    checkout: failure_rate <= 5%  ██▁█
      2025-01-01  breached      50 %  <= 5%     1
      2025-02-01  breached      50 %  <= 5%     2
      2025-03-01  met            0 %  <= 5%     3
      2025-04-01  breached      50 %  <= 5%     4
    --- exit 0
    "
    );
    // All services and objectives: a heading, its columns, and six series of a title and four rows.
    let all = String::from_utf8(work.run("history --store sla.db").stdout).unwrap();
    assert_eq!(all.lines().count(), 2 + 6 * 5, "{all}");
    let since = String::from_utf8(work.run("history --store sla.db --since 2025-03-01").stdout).unwrap();
    assert_eq!(since.lines().count(), 2 + 6 * 3, "{since}");
    let recent = work.answer("history --store sla.db --since 30d --now 2026-01-01");
    assert_eq!(recent, "--- stdout\nno results since 30d in sla.db\n--- exit 0");
}

/// A scheduled run that could read nothing is in no series, and listed all the same.
#[test]
fn runs() {
    let work = months();
    std::fs::remove_file(work.path("data.csv")).unwrap();
    work.run("run data.csv --rules rules.yaml --record=sla.db --now 2025-05-28T06:00:00Z");
    insta::assert_snapshot!(work.answer("history runs --store sla.db"), @r"
    --- stdout
    RUN  TIME (UTC)        VERDICT    MET  WARNING  BREACHED  UNDECIDED
      1  2025-01-28 00:00  breached     3        0         3          0
      2  2025-02-28 00:00  breached     3        0         3          0
      3  2025-03-28 00:00  breached     4        0         2          0
      4  2025-04-28 00:00  breached     3        0         3          0
      5  2025-05-28 06:00  undecided    0        0         0          0
         nothing is known of Web shop: data.csv: no such file or folder
    --- exit 0
    ");
    let csv =
        String::from_utf8(work.run("history runs --store sla.db --since 2025-05-01 --format csv").stdout);
    let row =
        "5,2025-05-28T06:00:00Z,undecided,0,0,0,0,Web shop,Web shop,data.csv: no such file or folder,0,";
    assert_eq!(csv.unwrap().lines().nth(1), Some(row));
    let shown = work.answer("history --store sla.db --service checkout --objective failure_rate");
    let last = "\n\n1 run, 5 of 2025-05-28 06:00 UTC, could not check everything; `sla history runs`\nsays why\n--- exit 0";
    assert!(shown.ends_with(last), "{shown}");
    insta::assert_snapshot!(work.answer("diff 4 5 --store sla.db"), @r"
    --- stdout
    from run 4, 2025-04-28 00:00 UTC: breached
    to   run 5, 2025-05-28 06:00 UTC: undecided
    run 5 knows nothing of Web shop: data.csv: no such file or folder

    only in run 4 (6)
      catalog: failure_rate <= 5%
        met, 0 %
      checkout: failure_rate <= 5%
        breached, 50 %
      catalog: avg(latency) <= 200ms
        met, 25 ms
      checkout: avg(latency) <= 200ms
        breached, 250 ms
      catalog: violation_rate(latency > 250ms) <= 10%
        met, 0 %
      checkout: violation_rate(latency > 250ms) <= 10%
        breached, 50 %

    0 results the same, 6 only in one of them
    --- exit 0
    ");
    insta::assert_snapshot!(work.answer("verify 5 --store sla.db"), @r"
    --- stderr
    error: run 5 of sla.db: nothing was read for Web shop, so that there is nothing to check again
      name the data that should have been there: --input FILE
    --- exit 3
    ");
    sqlite(&work, "UPDATE runs SET verdict = 'met' WHERE id = 3");
    let edited = work.answer("verify 4 --store sla.db");
    assert!(edited.starts_with("--- stdout\nsla.db is not as it was recorded: run 3: "), "{edited}");
    assert!(!edited.contains(r"\n") && edited.ends_with("\n--- exit 1"), "{edited}");
}

/// Of several answers about one day the hours tell which is which.
#[test]
fn answers_about_parts_of_a_day() {
    let work = shop();
    for _ in 0..2 {
        work.run(RECORD);
        let more = DATA.replace("T10:", "T13:").replace("T11:", "T14:");
        std::fs::write(work.path("data.csv"), format!("{DATA}{}", more.split_once('\n').unwrap().1)).unwrap();
    }
    insta::assert_snapshot!(work.answer("history --store sla.db --service checkout --objective failure_rate"), @r"
    --- stdout
    Web shop
      PERIOD                     VERDICT   MEASURED  TARGET  RUN
    checkout: failure_rate <= 5%  ▄▄
      2025-06-01 10:00 to 11:30  breached      50 %  <= 5%     1
      2025-06-01 10:00 to 14:30  breached      50 %  <= 5%     2
    --- exit 0
    ");
}

#[test]
fn for_machines() {
    let work = months();
    let json = work.run("history --store sla.db --service checkout --objective avg --format json").stdout;
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(value["schema"], "sla.history/1");
    let periods = value["series"][0]["periods"].as_array().unwrap();
    assert_eq!(periods.len(), 4);
    assert_eq!(periods[1]["measured"], 0.25);
    assert_eq!(periods[1]["first"], "2025-02-01T10:00:00Z");
    let csv = String::from_utf8(work.run("history --store sla.db --format csv").stdout).unwrap();
    assert_eq!(csv.lines().count(), 1 + 6 * 4);
}

#[test]
fn what_is_not_there_is_told() {
    let work = months();
    insta::assert_snapshot!(work.answer("history --store sla.db --service basket"), @r"
    --- stderr
    error: nothing is recorded of the service `basket`
      recorded: catalog, checkout
    --- exit 2
    ");
    assert_eq!(work.code("history --store sla.db --objective apdex"), 2);
    assert_eq!(work.code("history --store sla.db --since yesterday"), 2);
    assert_eq!(work.code("history --store none.db"), 2);
    assert!(!work.path("none.db").exists());
}

#[test]
fn what_changed() {
    let work = months();
    insta::assert_snapshot!(work.answer("diff 2 3 --store sla.db"), @r"
    --- stdout
    from run 2, 2025-02-28 00:00 UTC: breached
    to   run 3, 2025-03-28 00:00 UTC: breached

    other verdict (1)
      checkout: failure_rate <= 5%
        breached, 50 % -> met, 0 %

    5 results the same
    --- exit 0
    ");
    let csv = String::from_utf8(work.run("diff 3 --store sla.db --format csv").stdout).unwrap();
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(
        csv.lines().nth(1).unwrap().starts_with("verdict,Web shop,failure_rate <= 5%,service=checkout,"),
        "{csv}"
    );
    assert_eq!(work.code("diff 2 9 --store sla.db"), 2);
}

#[test]
fn pruned() {
    let work = months();
    let tell = "sla.db: 2 runs from before 2025-03-08 06:00 UTC go, run 1 of 2025-01-28 00:00 to run 2 of 2025-02-28 \
                00:00, with 12 results that no other run gave; 2 runs stay\n";
    let prune =
        |rest: &str| work.answer(&format!("history prune --store sla.db --now 2025-06-08T06:00:00Z {rest}"));
    let dry = prune("--keep 3months --dry-run");
    assert_eq!(dry, format!("--- stdout\n{tell}nothing was removed: --dry-run\n--- exit 0"));
    assert_eq!(sqlite(&work, "SELECT count(*) FROM runs"), "4\n");
    assert_eq!(prune("--keep 3months"), format!("--- stdout\n{tell}removed 2 runs\n--- exit 0"));
    assert_eq!(sqlite(&work, "SELECT id FROM runs ORDER BY id; PRAGMA foreign_key_check"), "3\n4\n");
    let none = "sla.db: no run is from before 2025-03-08 06:00 UTC; 2 runs stay\n";
    assert_eq!(prune("--keep 3months"), format!("--- stdout\n{none}--- exit 0"));
    let store = sla::store::Store::open(&work.path("sla.db")).unwrap();
    assert!(matches!(store.verify_chain().unwrap(), sla::store::Chain::Intact { runs: 2, .. }));
    assert!(prune("--keep forever").contains("`forever` is no length of time"));
}

/// A project file that cannot be read may name another history: none is taken in its place, least of all to prune.
#[test]
fn a_faulty_project_file_is_no_default() {
    let work = shop().file("sla.yaml", "stroe: elsewhere.db\n");
    for arguments in
        ["history", "show 1", "history prune --keep 1d", "check data.csv --require 'rows > 0' --record"]
    {
        let output = work.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("stroe"), "{arguments}");
    }
    // Who needs no project file is told that nothing is recorded.
    let output = work.run("check data.csv --require 'rows > 0'");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing is recorded"));
}

/// What was checked in June about July, as far as it went, is asked about as long as July is.
#[test]
fn a_period_is_as_old_as_its_end() {
    let work = shop();
    let check = "check data.csv --rules rules.yaml --period 1d --record=sla.db -q --now 2025-06-01T12:00:00Z";
    work.command(&check.split(' ').collect::<Vec<_>>()).output().unwrap();
    let prune =
        |now: &str| work.answer(&format!("history prune --store sla.db --dry-run --keep 1d --now {now}"));
    // The run is older than a day, the end of its day is not.
    insta::assert_snapshot!(prune("2025-06-02T18:00:00Z"), @"
    --- stdout
    sla.db: no run goes; 1 run stays
    1 run from before 2025-06-01 18:00 UTC stays: run 1 gave answers that still hold for periods that end later, and the chain is cut at its start only
    --- exit 0
    ");
    assert!(prune("2025-06-03T00:00:00Z").contains("1 run from before 2025-06-02 00:00 UTC goes"));
}

/// A source that fails, is well and fails once more in the same way is two outages; what holds again is no new run, and is told.
#[test]
fn what_is_so_again() {
    let work = shop();
    let run = |now: &str| {
        let arguments = ["run", "data.csv", "--rules", "rules.yaml", "--record=sla.db", "-q", "--now", now];
        String::from_utf8(work.command(&arguments).output().unwrap().stderr).unwrap()
    };
    assert_eq!(run("2025-06-08T06:00:00Z"), "recorded as run 1 in sla.db\n");
    let other = DATA.replace("2025-06", "2025-05");
    std::fs::write(work.path("data.csv"), other).unwrap();
    assert_eq!(run("2025-06-08T06:01:00Z"), "recorded as run 2 in sla.db\n");
    std::fs::write(work.path("data.csv"), DATA).unwrap();
    for minute in 2..4 {
        let told = run(&format!("2025-06-08T06:{minute:02}:00Z"));
        assert_eq!(told, "already recorded as run 1 in sla.db\n");
    }
    let shown = work.answer("show --store sla.db");
    let last = "\n  since then the answers of run 1 were found again, last 2025-06-08T06:03:00Z\n";
    assert!(shown.contains("run 2 of sla.db") && shown.contains(last), "{shown}");
    let first = work.answer("show 1 --store sla.db");
    assert!(first.contains("\n  found again 2 times, last 2025-06-08T06:03:00Z\n"), "{first}");
    // A clock that went back takes nothing back.
    assert_eq!(run("2025-06-08T05:00:00Z"), "already recorded as run 1 in sla.db\n");
    let since = work.answer("history runs --store sla.db --since 2025-06-08T06:02:30Z");
    assert!(
        since.contains("so again 3 times, last 2025-06-08 06:03") && !since.contains("\n  2 "),
        "{since}"
    );
    // What was found again within the time is kept.
    let kept = work.answer("history prune --keep 30s --dry-run --store sla.db --now 2025-06-08T06:03:20Z");
    assert!(!kept.contains("run 1"), "{kept}");
    std::fs::remove_file(work.path("data.csv")).unwrap();
    for (minute, told) in [(4, "recorded as run 3"), (5, "already recorded as run 3")] {
        assert_eq!(run(&format!("2025-06-08T06:{minute:02}:00Z")), format!("{told} in sla.db\n"));
    }
    std::fs::write(work.path("data.csv"), DATA).unwrap();
    assert_eq!(run("2025-06-08T06:06:00Z"), "recorded as run 4 in sla.db\n");
    std::fs::remove_file(work.path("data.csv")).unwrap();
    assert_eq!(run("2025-06-08T06:07:00Z"), "recorded as run 5 in sla.db\n");
    insta::assert_snapshot!(work.answer("history runs --store sla.db"), @r"
    --- stdout
    RUN  TIME (UTC)        VERDICT    MET  WARNING  BREACHED  UNDECIDED
      1  2025-06-08 06:00  breached     3        0         3          0
         so again 3 times, last 2025-06-08 06:03
      2  2025-06-08 06:01  breached     3        0         3          0
      3  2025-06-08 06:04  undecided    0        0         0          0
         nothing is known of Web shop: data.csv: no such file or folder
         so again once, 2025-06-08 06:05
      4  2025-06-08 06:06  breached     3        0         3          0
      5  2025-06-08 06:07  undecided    0        0         0          0
         nothing is known of Web shop: data.csv: no such file or folder
    --- exit 0
    ");
    let csv = String::from_utf8(work.run("history runs --store sla.db --format csv").stdout).unwrap();
    let row = "1,2025-06-08T06:00:00Z,breached,3,0,3,0,Web shop,,,3,2025-06-08T06:03:00Z";
    assert_eq!(csv.lines().nth(1), Some(row));
    // What is removed is forgotten with it.
    work.run("history prune --keep 1d --store sla.db --now 2026-06-08");
    assert_eq!(
        sqlite(&work, "SELECT count(*) FROM again a WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = a.run)"),
        "0\n"
    );
}
