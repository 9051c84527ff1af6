//! `sla run`: once, one at a time, and with a report whatever the source does.

use crate::place::{DATA, GOOD, Place, until};
use std::io::Write;
use std::process::Stdio;

#[test]
fn twice_is_recorded_once() {
    let place = Place::new("");
    let (code, told) = place.told("run -q");
    assert_eq!((code, told.as_str()), (1, "recorded as run 1 in sla.db\n"));
    let (code, told) = place.told("run -q");
    assert_eq!((code, told.as_str()), (1, "already recorded as run 1 in sla.db\n"));
    place.write("data.csv", GOOD);
    assert_eq!(place.told("run -q"), (0, String::new()));
    assert_eq!(place.sqlite("SELECT id, verdict FROM runs"), "1|breached\n2|met\n");
    // Not without a history, but not in one.
    place.write("data.csv", DATA);
    assert_eq!(place.told("run -q --no-record"), (1, String::new()));
    assert_eq!(place.sqlite("SELECT count(*) FROM runs"), "2\n");
}

#[test]
fn fifty_at_once_are_one() {
    let place = Place::new("");
    place.hang();
    let start = || place.command("run -q").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..50).map(|_| start()).collect();
    let (mut late, mut first) = (0, Vec::new());
    let mut running = children;
    // All but one leave, although that one has come to no end.
    until("only one is left", || {
        // Counted below; here they only need to be gone.
        running.iter().filter(|child| is_alive(child.id())).count() == 1
    });
    for child in running.drain(..) {
        if is_alive(child.id()) {
            first.push(child);
            continue;
        }
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(75), "{told}");
        assert!(told.starts_with("error: another run is under way ("), "{told}");
        assert!(told.contains("nothing was checked here"), "{told}");
        late += 1;
    }
    assert_eq!((late, first.len()), (49, 1));
    std::fs::OpenOptions::new()
        .write(true)
        .open(place.path("data.csv"))
        .unwrap()
        .write_all(DATA.as_bytes())
        .unwrap();
    let output = first.pop().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(place.sqlite("SELECT verdict FROM runs"), "breached\n");
}

/// A child that ended and was not waited for is a zombie.
fn is_alive(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

#[test]
fn a_killed_run_leaves_no_lock() {
    let place = Place::new("");
    place.hang();
    let mut child = place.command("run -q").stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    until("it has the lock", || place.is_locked_by(child.id()));
    let (code, told) = place.told("run -q");
    assert_eq!(code, 75);
    assert!(told.starts_with(&format!("error: another run is under way (process {})", child.id())), "{told}");
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(place.path("data.csv")).unwrap();
    place.write("data.csv", GOOD);
    assert_eq!(place.told("run -q").0, 0);
}

#[test]
fn a_source_that_hangs_is_undecided() {
    let place = Place::new("");
    place.hang();
    let output = place.run("run --deadline 1s --output report.json");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{printed}");
    let why = "there was no end to it within 1s (the deadline of a run): data.csv hangs";
    assert!(place.read("report.json").contains(why), "{}", place.read("report.json"));
    let report: serde_json::Value = serde_json::from_str(&place.read("report.json")).unwrap();
    assert_eq!(
        (report["verdict"].as_str(), report["agreements"][0]["name"].as_str()),
        (Some("undecided"), Some("shop"))
    );
    assert_eq!(place.sqlite("SELECT verdict FROM runs"), "undecided\n");
    assert!(place.sqlite("SELECT message FROM problems").starts_with(why));
}

#[test]
fn a_source_that_cannot_be_read_is_undecided() {
    let check = |data: Option<&str>, expected: &str| {
        let place = Place::new("");
        std::fs::remove_file(place.path("data.csv")).unwrap();
        if let Some(data) = data {
            place.write("data.csv", data);
        }
        let (code, told) = place.told("run -q");
        assert_eq!(code, 3, "{told}");
        let problem = place.sqlite("SELECT message FROM problems");
        assert!(problem.contains(expected), "{problem}");
        assert_eq!(place.sqlite("SELECT verdict FROM runs"), "undecided\n");
    };
    // A file that is not there yet is a wrong name to `sla check`, and may come to a schedule.
    check(None, "data.csv");
    check(Some(""), "data.csv");
    check(Some("\0\0\0\0"), "data.csv");
    let place = Place::new("");
    std::fs::remove_file(place.path("data.csv")).unwrap();
    assert_eq!(place.told("check -q").0, 2);
}

#[test]
fn faults_stop_before_anything_runs() {
    let check = |yaml: &str, arguments: &str, expected: &str| {
        let place = Place::new(yaml);
        let (code, told) = place.told(arguments);
        assert_eq!(code, 2, "{told}");
        assert!(told.contains(expected), "{told}\n{expected}");
        assert!(!place.path("sla.db").exists());
    };
    check(
        "schedule: [{name: a, every: 1h}]\n",
        "run --entry b",
        "has no entry `b` in its schedule\n  it has a",
    );
    check("schedule: [{cron: '0 25 * * *'}]\n", "run", "`25` is no hour");
    check("", "run --deadline soon", "--deadline: ");
    check("", "run --deadline 0.5s", "whole seconds");
    check("", "schedule", "nothing says when to run");
    check("", "schedule --every 100ms", "--every: a schedule goes by whole seconds");
    check("", "schedule --cron @reboot", "--cron: `@reboot` is not known");
    check("", "schedule --cron @daily --zone Vienna", "--zone: `Vienna` is no known time zone");
    check("", "schedule --every 1s --now 2025-06-01", "--now stands still");
    check("", "schedule --every 1s --format json", "--format is for standard output");
    check("", "schedule --every 1s -", "standard input can be read only once");
    check("", "schedule --every 1s --listen=localhost", "it is no IP address with a port");
    check("", "schedule --every 1s --status none/status.json", "--status: cannot write none/status.json");
    check("heartbeat: {url_env: NOT_THERE}\n", "run", "heartbeat: the variable NOT_THERE is not set");
}

#[test]
fn an_entry_has_its_own_rules_and_reports() {
    let place = Place::new(
        "schedule:\n  - {name: quick, every: 1h, rules: quick.yaml, output: [quick.json, junit=quick.xml], deadline: 30s}\n",
    );
    place.write("quick.yaml", "sla: quick\nobjectives: [avg(latency) <= 1s]\n");
    assert_eq!(place.told("run -q --entry quick").0, 0);
    let report: serde_json::Value = serde_json::from_str(&place.read("quick.json")).unwrap();
    assert_eq!(report["agreements"][0]["name"], "quick");
    assert!(place.read("quick.xml").contains("<testsuite"));
    // The project's rules without it.
    assert_eq!(place.told("run -q").0, 1);
}
