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
    check("", "schedule --every 60", "--every: `60` has no unit; did you mean `60s`?");
    check("schedule: [{every: 1h}]\n", "schedule --every 1h --zone UTC", "--cron");
    check("schedule: [{every: 1h}]\n", "schedule next --every 1h --zone UTC", "--zone is about --cron");
    check("", "schedule --every 1s --since soon", "--since: `soon` is no time");
    let said = "schedule: nightly: ";
    check(
        "schedule: [{name: nightly, every: 1h, since: soon}]\n",
        "schedule",
        &format!("{said}since: `soon` is no time"),
    );
    check(
        "schedule: [{name: nightly, every: 1h, output: [report]}]\n",
        "run --entry nightly",
        &format!("{said}output: "),
    );
    check(
        "schedule: [{name: nightly, every: 1h, output: [rules.yaml/report.csv]}]\n",
        "schedule",
        &format!("{said}output: cannot write "),
    );
    check(
        "schedule: [{name: nightly, every: 1h, audience: customer}]\n",
        "schedule",
        "--audience and --only shape HTML and PDF reports, and none is asked for\n  add --output report.html\n  \
         it is said by `nightly` in the schedule of sla.yaml",
    );
    check(
        "schedule: [{name: nightly, every: 1h, incremental: true}]\n",
        "schedule --no-record",
        "it is said by `nightly`",
    );
    check(
        "schedule: [{name: nightly, every: 1h, rules: none.yaml}]\n",
        "schedule next",
        &format!("{said}rules: "),
    );
    check(
        "schedule: [{name: nightly, every: 1h, rules: none.yaml}]\n",
        "schedule",
        &format!("{said}rules: "),
    );
}

/// A value behind a space is data to an option that wants `=`. It would be checked, found missing, and told to everybody.
#[test]
fn a_value_that_became_data_is_refused() {
    let check = |arguments: &str, word: &str, meant: &str| {
        let place = Place::new("");
        let (code, told) = place.told(arguments);
        let expected = format!("error: `{word}` is no data\n  did you mean {meant}?\n");
        assert_eq!((code, told), (2, expected), "{arguments}");
        assert!(!place.path("sla.db").exists());
    };
    check("schedule --every 1s --listen 127.0.0.1:9470", "127.0.0.1:9470", "--listen=127.0.0.1:9470");
    check("schedule --every 1s --listen 9470", "9470", "--listen=127.0.0.1:9470");
    check("schedule --every 1s --listen :9470", ":9470", "--listen=127.0.0.1:9470");
    check("schedule --every 1s --record my.db", "my.db", "--record=my.db");
    check("run --record my.db", "my.db", "--record=my.db");
    check("check --record my.db", "my.db", "--record=my.db");
    check("run --incremental verify", "verify", "--incremental=verify");
    // A history that is there, too, but not a table that is called so.
    let place = Place::new("");
    assert_eq!(place.told("run -q --record=my.db").0, 1);
    let (code, told) = place.told("run -q --record my.db");
    assert!(code == 2 && told.contains("did you mean --record=my.db?"), "{told}");
    place.write("table.db", GOOD);
    assert_eq!(place.told("run -q --record table.db").0, 0);
}

/// What may be otherwise in a moment is worth another try, which systemd makes after 3 and not after 2.
#[test]
fn what_may_pass_is_no_wrong_command_line() {
    let check = |place: &Place, arguments: &str, expected: &str| {
        let (code, told) = place.told(arguments);
        assert!(code == 3 && told.contains(expected), "{code} {told}");
    };
    let place = Place::new("");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let expected = format!("cannot listen at {address}: ");
    check(&place, &format!("schedule --every 1h --listen={address}"), &expected);
    // Of TEST-NET-1, which no machine has (RFC 5737).
    check(&place, "schedule --every 1h --listen=192.0.2.1:9464", "cannot listen at 192.0.2.1:9464: ");
    let expected = "--status: cannot write none/status.json: the folder none does not exist";
    check(&place, "schedule --every 1h --status none/status.json", expected);
    let place = Place::new("status: rules.yaml/status.json\nschedule: [{every: 1h}]\n");
    check(&place, "schedule", "`status` of sla.yaml: cannot write ");
}

#[test]
fn without_sla_yaml_nothing_is_said_of_it() {
    let place = Place::new("");
    std::fs::remove_file(place.path("sla.yaml")).unwrap();
    let (code, told) = place.told("run --entry nightly");
    assert_eq!(code, 2);
    assert!(told.starts_with("error: there is no sla.yaml that could have the entry `nightly`\n"), "{told}");
    let (code, told) = place.told("run --record=sla.db");
    assert_eq!(code, 2);
    assert!(!told.contains("sla check"), "{told}");
}

/// By a signal it comes to no verdict within seconds, as the first process of a container, too, which the system spares
/// what is not handled.
#[test]
fn a_signal_calls_it_off() {
    for (signal, expected) in [("TERM", 143), ("INT", 130)] {
        let place = Place::new("");
        place.hang();
        let mut command = place.command("run -q --output report.json");
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        let child = command.spawn().unwrap();
        until("it has the lock", || place.is_locked_by(child.id()));
        // It takes the signals right before.
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args([format!("-{signal}"), child.id().to_string()]).status().unwrap().success());
        let begun = std::time::Instant::now();
        let output = child.wait_with_output().unwrap();
        assert!(begun.elapsed().as_secs() < 20);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(expected), "{told}");
        assert!(told.starts_with("error: the run was called off by a signal\n"), "{told}");
        assert!(!place.path("report.json").exists() && !place.path("sla.db").exists());
        std::fs::remove_file(place.path("data.csv")).unwrap();
        place.write("data.csv", GOOD);
        assert_eq!(place.told("run -q").0, 0);
    }
}

/// A disk that does not even say what is on it, by strace, which holds up every question about the data for a minute.
#[test]
fn data_that_cannot_be_looked_at_is_undecided() {
    let place = Place::new("");
    let data = place.path("data.csv").display().to_string();
    let mut command = std::process::Command::new("strace");
    command.args(["-D", "-f", "-q", "-o", "/dev/null", "-P", &data, "-P", "data.csv", "-P", "./data.csv"]);
    command.args(["-e", "trace=%file", "-e", "inject=%file:delay_enter=60000000"]);
    command.arg(assert_cmd::cargo::cargo_bin!("sla")).args(["run", "-q", "--deadline", "1s"]);
    command.args(["--output", "report.json"]);
    command.env("HOME", place.path("")).current_dir(place.path(""));
    let begun = std::time::Instant::now();
    let started = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = started.expect("strace is needed: scripts/test installs it");
    until("there is a report", || place.path("report.json").exists());
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    assert!(place.read("report.json").contains("there was no end to it within 1s"));
    // It has ended, and the system keeps it as long as strace waits.
    std::thread::spawn(move || child.wait());
}

#[test]
fn a_report_is_not_written_over_the_data() {
    let place = Place::new("");
    for output in ["junit=data.csv", "json=./data.csv"] {
        let (code, told) = place.told(&format!("run --output {output}"));
        assert!(code == 2 && told.contains("data.csv: it is an input of this run"), "{told}");
    }
    std::os::unix::fs::symlink("data.csv", place.path("link.csv")).unwrap();
    let (code, told) = place.told("run --output link.csv");
    assert!(code == 2 && told.contains("link.csv: it is an input of this run"), "{told}");
    assert_eq!(place.read("data.csv"), DATA);
}

/// Both requests of 2025-06-01 are before the bound, which an entry says as an option does; the option goes before it.
#[test]
fn an_entry_has_bounds_and_readers_and_reads_on() {
    let place = Place::new(
        "reports: {customer: {only: {service: [checkout]}, title: For the customer}}\nschedule:\n  \
         - {name: late, every: 1h, since: '2025-06-01T10:05', output: [out/new/late.json]}\n  \
         - {name: early, every: 1h, until: '2025-06-01T10:05', output: [early.json]}\n  \
         - {name: customer, every: 1h, output: [customer.html], audience: customer}\n  \
         - {name: grows, every: 1h, incremental: true}\n  - {name: compares, every: 1h, incremental: verify}\n",
    );
    assert_eq!(place.told("run -q --entry early").0, 0);
    assert_eq!(place.told("run -q --entry late").0, 1);
    assert_eq!(place.told("run -q --entry late --since 2025-06-01").0, 1);
    assert_eq!(place.told("run -q --entry early --until 2025-06-02").0, 1);
    let report: serde_json::Value = serde_json::from_str(&place.read("out/new/late.json")).unwrap();
    assert_eq!(report["agreements"][0]["name"], "shop");
    let named = "sla: shop\nby: service\nobjectives: [{name: sound, require: failure_rate <= 5%}]\n";
    place.write("rules.yaml", named);
    assert_eq!(place.told("run -q --entry customer").0, 1);
    assert!(place.read("customer.html").contains("For the customer"));
    assert_eq!(place.told("run --entry grows").0, 1);
    let (_, told) = place.told("run --entry grows");
    assert!(told.contains("bytes are known from the last run"), "{told}");
    let (_, told) = place.told("run --entry compares");
    assert!(!told.contains("bytes are known from the last run"), "{told}");
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
