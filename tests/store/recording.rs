//! `sla check --record`, `store:` and `sla show`.

use crate::{DATA, RECORD, shop, sqlite};

#[test]
fn recorded_once_and_told() {
    let work = shop();
    let first = work.answer("check data.csv --rules rules.yaml --record");
    let told = "3 breached, 3 met; 8 rows read\n--- stderr\nrecorded as run 1 in reports/sla.db\n--- exit 1";
    assert!(first.ends_with(told), "{first}");
    let again = work.answer("check data.csv --rules rules.yaml --record");
    assert!(again.contains("already recorded as run 1 in reports/sla.db"), "{again}");
    assert_eq!(work.names(), ["data.csv", "reports/sla.db", "rules.yaml"]);
}

#[test]
fn shown_as_it_was_reported() {
    let work = shop();
    for format in ["json", "csv"] {
        let reported = work.run(&format!("{RECORD} --format {format}")).stdout;
        assert!(!reported.is_empty());
        assert_eq!(work.run(&format!("show 1 --store sla.db --format {format}")).stdout, reported);
    }
    let table = String::from_utf8(work.run("check data.csv --rules rules.yaml").stdout).unwrap();
    let shown = String::from_utf8(work.run("show --store sla.db").stdout).unwrap();
    let shown: Vec<&str> = shown.lines().collect();
    assert_eq!(shown[0], "run 1 of sla.db, 2025-06-08T06:00:00Z");
    // The second of the runs above added nothing.
    assert_eq!(shown[2], "  found again once, last 2025-06-08T06:00:00Z");
    assert_eq!(shown[3..], table.lines().collect::<Vec<_>>());
    let hash = sqlite(&work, "SELECT substr(hash, 1, 16) FROM runs");
    assert!(shown[1].ends_with(&format!("hash {}", hash.trim())), "{}", shown[1]);
}

#[test]
fn a_project_can_say_that_every_check_is_recorded() {
    let work = shop().file("sla.yaml", "rules: rules.yaml\nstore: kept/history.db\n").file("sub/x.csv", DATA);
    let told = |arguments: &str| String::from_utf8(work.run(arguments).stderr).unwrap();
    assert_eq!(told("check data.csv"), "recorded as run 1 in kept/history.db\n");
    assert_eq!(told("check data.csv --no-record"), "");
    // It also holds for other rules, and is the history that is shown.
    assert_eq!(
        told("check data.csv --require 'max(latency) <= 1s'"),
        "recorded as run 2 in kept/history.db\n"
    );
    assert!(work.answer("show 2").contains("run 2 of kept/history.db"));
    assert_eq!(told("check data.csv --record=other.db"), "recorded as run 1 in other.db\n");
    assert_eq!(told("check data.csv --record"), "already recorded as run 1 in kept/history.db\n");
    assert_eq!(work.code("check data.csv --record --no-record"), 2);
}

#[test]
fn the_default_stands_beside_the_project() {
    let work = shop().file("sla.yaml", "rules: rules.yaml\n");
    work.run("check data.csv --record -q");
    assert!(work.path("reports/sla.db").exists());
    assert!(work.answer("show").contains("run 1 of reports/sla.db"));
}

#[test]
fn digests_are_those_of_the_files() {
    let work = shop();
    work.run(RECORD);
    let digest = blake3::hash(DATA.as_bytes()).to_hex();
    assert_eq!(sqlite(&work, "SELECT source, digest FROM inputs"), format!("data.csv|{digest}\n"));
    // The same content under another name is the same input.
    std::fs::copy(work.path("data.csv"), work.path("copy.csv")).unwrap();
    let told = work.answer("check copy.csv --rules rules.yaml --record=sla.db");
    assert!(told.contains("already recorded as run 1"), "{told}");
}

#[test]
fn what_is_met_is_recorded_quietly() {
    let work = shop().file("fine.yaml", "sla: Fine\nobjectives: [max(latency) <= 1s]\n");
    assert_eq!(work.answer("check data.csv --rules fine.yaml --record=sla.db -q"), "--- exit 0");
    assert_eq!(sqlite(&work, "SELECT id, verdict FROM runs"), "1|met\n");
}

#[test]
fn runs_that_are_not_there() {
    let work = shop();
    insta::assert_snapshot!(work.answer("show 1"), @r"
    --- stderr
    error: reports/sla.db: there is no such history; `sla check DATA --record` starts one
    --- exit 2
    ");
    work.run(RECORD);
    insta::assert_snapshot!(work.answer("show 7 --store sla.db"), @r"
    --- stderr
    error: sla.db: there is no run 7; it has runs 1 to 1
    --- exit 2
    ");
    assert_eq!(work.code("show 0 --store sla.db"), 2);
    assert_eq!(work.code("show data.csv --store sla.db"), 2);
}

/// Two days, and five hours of the first: what the whole said still holds when a part was looked at.
#[test]
fn a_part_in_between_makes_no_new_answer() {
    let rows = |hours: std::ops::Range<u32>| {
        let row = |hour| format!("2025-06-{:02}T{:02}:00:00Z,a,ok,10\n", 1 + hour / 24, hour % 24);
        hours.map(row).collect::<String>()
    };
    let head = "time,service,status,latency_ms\n";
    let work = shop()
        .file("whole.csv", format!("{head}{}", rows(0..48)))
        .file("part.csv", format!("{head}{}", rows(3..8)))
        .file("days.yaml", "by: service\nperiod: 1d\nobjectives: [failure_rate <= 5%]\n");
    let told = |data: &str| {
        String::from_utf8(work.run(&format!("check {data} --rules days.yaml --record=days.db")).stderr)
            .unwrap()
    };
    assert_eq!(told("whole.csv"), "recorded as run 1 in days.db\n");
    assert_eq!(told("part.csv"), "recorded as run 2 in days.db\n");
    for _ in 0..2 {
        assert_eq!(told("whole.csv"), "already recorded as run 1 in days.db\n");
        assert_eq!(told("part.csv"), "already recorded as run 2 in days.db\n");
    }
}
