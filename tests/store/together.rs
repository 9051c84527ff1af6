//! Several processes at one history.

use crate::{DATA, RECORD, shop, sqlite};
use std::process::{Command, Stdio};

/// Ten days, each of them twice.
#[test]
fn twenty_at_once() {
    let work = shop();
    let program = assert_cmd::cargo::cargo_bin!("sla");
    let mut started = Vec::new();
    for number in 0..20 {
        let name = format!("data-{number}.csv");
        std::fs::write(work.path(&name), DATA.replace("06-01", &format!("06-{:02}", 1 + number % 10)))
            .unwrap();
        let mut command = Command::new(program);
        command.args(["check", &name, "--rules", "rules.yaml", "--record=sla.db", "-q"]);
        started.push(
            command.current_dir(work.path(".")).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap(),
        );
    }
    let mut told: Vec<String> = started
        .into_iter()
        .map(|process| {
            let output = process.wait_with_output().unwrap();
            let errors = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{errors}");
            errors
        })
        .collect();
    told.sort();
    assert_eq!(told.iter().filter(|told| told.starts_with("recorded as run ")).count(), 10, "{told:#?}");
    assert_eq!(
        told.iter().filter(|told| told.starts_with("already recorded as run ")).count(),
        10,
        "{told:#?}"
    );
    assert_eq!(sqlite(&work, "SELECT count(*), count(DISTINCT content), max(id) FROM runs"), "10|10|10\n");
    assert_eq!(sqlite(&work, "PRAGMA integrity_check"), "ok\n");
    let store = sla::store::Store::open(&work.path("sla.db")).unwrap();
    assert!(matches!(store.verify_chain().unwrap(), sla::store::Chain::Intact { .. }));
}

fn runs(work: &crate::Work) -> i64 {
    sqlite(work, "SELECT count(*) FROM runs").trim().parse().unwrap()
}

#[test]
fn twenty_of_the_same_are_one() {
    let work = shop();
    let program = assert_cmd::cargo::cargo_bin!("sla");
    let start = |_| {
        let mut command = Command::new(program);
        command.args(["check", "data.csv", "--rules", "rules.yaml", "--record=sla.db", "-q"]);
        command.current_dir(work.path(".")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let started: Vec<_> = (0..20).map(start).collect();
    for mut process in started {
        assert_eq!(process.wait().unwrap().code(), Some(1));
    }
    assert_eq!(runs(&work), 1);
}

#[test]
fn who_waits_too_long_is_told_so() {
    let work = shop();
    work.run(RECORD);
    let other = rusqlite::Connection::open(work.path("sla.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = work.answer("check data.csv --require 'max(latency) <= 1s' --record=sla.db -q");
    let why = "another process is writing to it and does not finish; try again later";
    assert_eq!(answer, format!("--- stderr\nerror: cannot record in sla.db: {why}\n--- exit 4"));
    // Reading goes on meanwhile.
    assert_eq!(work.code("show --store sla.db"), 0);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(work.code("check data.csv --require 'max(latency) <= 1s' --record=sla.db -q"), 0);
    assert_eq!(runs(&work), 2);
}
