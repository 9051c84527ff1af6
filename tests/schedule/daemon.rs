//! `sla schedule`: restarts, signals, pauses, and new configurations.

use crate::place::{DATA, Daemon, GOOD, Place, until};
use serde_json::Value;
use std::collections::BTreeSet;

/// The seconds since 1970 that a run was for, and how many times it stood for.
fn due(event: &Value) -> (i64, i64) {
    let due: jiff::Timestamp = event["due"].as_str().unwrap().parse().unwrap();
    (due.as_second(), event["times"].as_i64().unwrap())
}

/// Every time between the first and the last run was done by exactly one of them.
fn check_gapless(runs: &[Value]) {
    let runs: Vec<(i64, i64)> = runs.iter().map(due).collect();
    for pair in runs.windows(2) {
        let ((before, _), (at, times)) = (pair[0], pair[1]);
        assert_eq!(at - before, times, "from {before} to {at}: {runs:?}");
    }
}

#[test]
fn it_runs_every_second_and_ends_when_told() {
    let place = Place::new("schedule: [{name: often, every: 1s}]\n");
    let daemon = place.follow("");
    let runs = daemon.wait_for("ran", 3);
    check_gapless(&runs);
    assert_eq!((runs[0]["entry"].as_str(), runs[0]["verdict"].as_str()), (Some("often"), Some("breached")));
    let (code, lines) = daemon.end("TERM");
    assert_eq!(code, Some(0), "{}", lines.join("\n"));
    assert!(lines.last().unwrap().contains("ended by a signal"), "{}", lines.join("\n"));
    assert_eq!(place.sqlite("SELECT entry, cadence FROM schedule"), "often|every 1s\n");
    // The lock is free, and nothing of the daemon is left in the way.
    assert_eq!(place.told("run -q").0, 1);
}

#[test]
fn killed_and_started_again_nothing_is_lost_or_done_twice() {
    let place = Place::new("schedule: [{every: 1s}]\n");
    let mut runs = Vec::new();
    for _ in 0..3 {
        let daemon = place.follow("");
        // Right after a run, so that what it wrote down is known here.
        let before = daemon.wait_for("ran", 2).len();
        let (code, _) = daemon_killed(daemon, &mut runs);
        assert_eq!(code, None);
        assert!(runs.len() >= before);
        std::thread::sleep(std::time::Duration::from_millis(1_500));
    }
    let daemon = place.follow("");
    daemon.wait_for("ran", 1);
    runs.extend(daemon.events("ran"));
    assert!(daemon.events("catches up").len() <= 1);
    check_gapless(&runs);
    let distinct: BTreeSet<i64> = runs.iter().map(|run| due(run).0).collect();
    assert_eq!(distinct.len(), runs.len());
}

fn daemon_killed(daemon: Daemon, runs: &mut Vec<Value>) -> (Option<i32>, usize) {
    let (code, lines) = daemon.end("KILL");
    let found: Vec<Value> = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| event["message"] == "ran")
        .collect();
    let count = found.len();
    runs.extend(found);
    (code, count)
}

#[test]
fn killed_within_a_run_it_is_done_after_the_restart() {
    for signal in ["KILL", "TERM"] {
        let place = Place::new("schedule: [{name: often, every: 2s}]\n");
        place.hang();
        let daemon = place.follow("--status status.json");
        until("a run is under way", || {
            let status = std::fs::read_to_string(place.path("status.json")).unwrap_or_default();
            let status: Value = serde_json::from_str(&status).unwrap_or_default();
            status["entries"][0]["running_since"].is_string()
        });
        let done = place.sqlite("SELECT done_ns FROM schedule");
        let (code, lines) = daemon.end(signal);
        let lines = lines.join("\n");
        assert_eq!(code, (signal == "TERM").then_some(0), "{lines}");
        assert!(signal == "KILL" || lines.contains("the run was called off"), "{lines}");
        // Nothing was recorded, and nothing is done.
        assert_eq!(place.sqlite("SELECT count(*) FROM runs"), "0\n");
        assert_eq!(place.sqlite("SELECT done_ns FROM schedule"), done);
        std::fs::remove_file(place.path("data.csv")).unwrap();
        place.write("data.csv", DATA);
        let daemon = place.follow("");
        let first = daemon.wait_for("ran", 1).remove(0);
        // What was marked done is the start, which is no multiple of two seconds.
        let started: i64 = done.trim().parse().unwrap();
        let (at, times) = due(&first);
        assert_eq!(times, at.div_euclid(2) - started.div_euclid(2_000_000_000), "{signal}: {first}");
    }
}

#[test]
fn a_long_pause_is_one_run() {
    let place = Place::new("schedule: [{name: hourly, cron: '0 * * * *'}]\n");
    // Seen, and ended.
    let daemon = place.follow("");
    daemon.wait_for("follows a schedule", 1);
    daemon.end("TERM");
    // As if that had been in 2025, at 12:30 UTC.
    place.sqlite("UPDATE schedule SET done_ns = 1748781000000000000");
    let daemon = place.follow("");
    let run = daemon.wait_for("ran", 1).remove(0);
    let caught = daemon.events("catches up");
    assert_eq!(caught.len(), 1);
    assert_eq!(run["times"].as_i64(), caught[0]["times"].as_i64());
    assert!(run["times"].as_i64().unwrap() > 5_000, "{run}");
    // It is for the last full hour, and the next one is still to come.
    let last: i64 = place.sqlite("SELECT done_ns FROM schedule").trim().parse().unwrap();
    assert_eq!((last % 3_600_000_000_000, last / 1_000_000_000), (0, due(&run).0));
    daemon.end("TERM");
    let daemon = place.follow("--status sla.prom");
    daemon.wait_for("follows a schedule", 1);
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert!(daemon.events("ran").is_empty(), "{:?}", daemon.lines());
    // What it said is known all the same.
    assert!(place.read("sla.prom").contains("sla_verdict{entry=\"hourly\",verdict=\"breached\"} 1\n"));
}

#[test]
fn a_fault_in_a_new_configuration_changes_nothing() {
    let place = Place::new("schedule: [{name: often, every: 1s}]\n");
    let daemon = place.follow("");
    daemon.wait_for("ran", 1);
    for (broken, yaml, rules) in [
        ("sla.yaml", "schedule: [{every: soon}]\n", None),
        (
            "rules.yaml",
            "schedule: [{name: often, every: 1s}]\n",
            Some("sla: shop\nobjectives: [failure_rat <= 5%]\n"),
        ),
    ] {
        let before = daemon.events("sla.yaml or the rules have a fault").len();
        let good = place.read("rules.yaml");
        place.project(yaml);
        if let Some(rules) = rules {
            place.write("rules.yaml", rules);
        }
        daemon.signal("HUP");
        let told = daemon.wait_for("sla.yaml or the rules have a fault", before + 1).pop().unwrap();
        let said = told["message"].as_str().unwrap();
        assert!(said.contains("what was read before stays in force") && said.contains(broken), "{said}");
        // It goes on with the rules that it has.
        let ran = daemon.events("ran").len();
        let runs = daemon.wait_for("ran", ran + 2);
        assert!(runs.iter().all(|run| run["verdict"] == "breached"));
        place.write("rules.yaml", &good);
    }
    // A good one holds: another entry, and rules that are met.
    place.project("schedule: [{name: new, every: 1s}]\n");
    place.write("rules.yaml", "sla: shop\nobjectives: [failure_rate <= 60%]\n");
    daemon.signal("HUP");
    daemon.wait_for("read sla.yaml and the rules again", 1);
    until("the new entry runs", || {
        daemon.events("ran").iter().any(|run| run["entry"] == "new" && run["verdict"] == "met")
    });
    check_gapless(
        &daemon.events("ran").into_iter().filter(|run| run["entry"] == "often").collect::<Vec<_>>(),
    );
}

#[test]
fn another_run_of_the_history_is_waited_for() {
    let place = Place::new("schedule: [{name: often, every: 1s, rules: good.yaml}]\n");
    place.write("good.yaml", "sla: good\nobjectives: [avg(latency) <= 1s]\n");
    place.hang();
    let mut child = place.command("run -q").stderr(std::process::Stdio::null()).spawn().unwrap();
    until("it has the lock", || place.is_locked_by(child.id()));
    let daemon = place.follow("");
    daemon.wait_for("another run of this history is under way", 1);
    assert!(daemon.events("ran").is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(place.path("data.csv")).unwrap();
    place.write("data.csv", GOOD);
    // What came meanwhile is caught up with.
    check_gapless(&daemon.wait_for("ran", 3));
}

#[test]
fn two_that_follow_one_schedule_share_it() {
    let place = Place::new("schedule: [{name: often, every: 1s}]\n");
    let pair = [place.follow(""), place.follow("")];
    until("ten runs", || pair.iter().map(|daemon| daemon.events("ran").len()).sum::<usize>() >= 10);
    let runs: Vec<Value> = pair.iter().flat_map(|daemon| daemon.events("ran")).collect();
    let distinct: BTreeSet<i64> = runs.iter().map(|run| due(run).0).collect();
    assert_eq!(distinct.len(), runs.len(), "{runs:?}");
    let (first, last) = (distinct.first().unwrap(), distinct.last().unwrap());
    assert!(last - first < distinct.len() as i64 + 2, "{distinct:?}");
}

/// A time that another process has done is done, and the next one is told.
#[test]
fn what_another_process_did_is_told_as_done() {
    let place = Place::new("schedule: [{name: often, every: 4s}]\n");
    let daemon = place.follow("--status status.json");
    let next = || {
        let status = std::fs::read_to_string(place.path("status.json")).unwrap_or_default();
        let status: Value = serde_json::from_str(&status).unwrap_or_default();
        let next = status["entries"][0]["next"].as_str().unwrap_or("1970-01-01T00:00:00Z");
        next.parse::<jiff::Timestamp>().unwrap().as_second()
    };
    // Right after a run there is time until the next one.
    let ran = due(&daemon.wait_for("ran", 1)[0]).0;
    until("the next one is told", || next() == ran + 4);
    place.sqlite(&format!("UPDATE schedule SET done_ns = {}000000000", ran + 4));
    daemon.wait_for("done by another process", 1);
    until("the one after it is told", || next() == ran + 8);
}

/// The same times and another file: neither does the work of the other one, nor do they lose theirs at a restart.
#[test]
fn other_data_is_another_entry() {
    let place = Place::new("");
    place.write("good.csv", GOOD);
    let follow = |data: &str| place.follow(&format!("{data} --rules rules.yaml --every 1s --record=h.db"));
    let pair = [follow("data.csv"), follow("good.csv")];
    for (daemon, verdict) in pair.iter().zip(["breached", "met"]) {
        let runs = daemon.wait_for("ran", 4);
        check_gapless(&runs);
        assert!(runs.iter().all(|run| run["verdict"] == verdict && run["entry"] == "every 1s"), "{runs:?}");
        assert!(daemon.events("done by another process").is_empty());
    }
    let [first, second] = pair;
    let (_, lines) = first.end("KILL");
    let mut events = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last = events.rfind(|event| event["message"] == "ran").unwrap();
    second.wait_for("ran", 8);
    // It knows where it stopped, for the other one wrote that down for itself only.
    let again = follow("data.csv").wait_for("ran", 1).remove(0);
    let ((before, _), (at, times)) = (due(&last), due(&again));
    // What was recorded right before the kill may not be in its log.
    assert!((at - before - 1..=at - before).contains(&times), "{last} {again}");
}

/// After a hang, another source begins anew; and the one that hangs keeps its name.
#[test]
fn a_new_source_is_not_held_up_by_the_old_one() {
    let entry = "schedule: [{name: often, every: 1s, deadline: 1s}]\n";
    let place = Place::new(entry);
    place.hang();
    let daemon = place.follow("");
    daemon.wait_for("ran", 2);
    place.write("good.csv", GOOD);
    place.write(
        "sla.yaml",
        &format!("rules: rules.yaml\nsources: {{requests: {{csv: good.csv}}}}\nstore: sla.db\n{entry}"),
    );
    daemon.signal("HUP");
    daemon.wait_for("read sla.yaml and the rules again", 1);
    until("it is met", || daemon.events("ran").last().unwrap()["verdict"] == "met");
    let told = daemon.events("nothing is known");
    assert!(told.iter().all(|event| !event["why"].as_str().unwrap().contains("good.csv")), "{told:?}");
    // But not without end.
    place.hang();
    place.project(entry);
    for nth in 2.. {
        daemon.signal("HUP");
        daemon.wait_for("read sla.yaml and the rules again", nth);
        if nth > 11 && !daemon.events("8 threads hang").is_empty() {
            break;
        }
        let before = daemon.events("nothing is known").len();
        daemon.wait_for("nothing is known", before + 1);
    }
    let threads = std::fs::read_dir(format!("/proc/{}/task", daemon.id())).unwrap().count();
    assert!((9..=11).contains(&threads), "{threads} threads");
}

#[test]
fn a_log_says_what_deserves_a_look() {
    let place =
        Place::new("schedule:\n  - {name: own, every: 1s, rules: good.yaml}\n  - {name: shop, every: 1s}\n");
    place.write("good.yaml", "sla: good\nobjectives: [avg(latency) <= 1s]\n");
    let daemon = place.follow("");
    let of = |name: &str, count: usize| {
        let of_entry = || -> Vec<Value> {
            daemon.events("ran").into_iter().filter(|event| event["entry"] == name).collect()
        };
        until("it ran", || of_entry().len() >= count);
        of_entry()
    };
    let (own, shop) = (of("own", 1).remove(0), of("shop", 1).remove(0));
    assert_eq!((own["level"].as_str(), own["met"].as_i64()), (Some("info"), Some(1)), "{own}");
    assert_eq!((shop["level"].as_str(), shop["breached"].as_i64()), (Some("warn"), Some(1)), "{shop}");
    // Where the rules were found is said of those that were looked for.
    let follows = daemon.events("follows a schedule");
    assert!(follows[0].get("found").is_none(), "{follows:?}");
    assert!(follows[1]["found"].as_str().unwrap().contains("sla.yaml"), "{follows:?}");
    // Of what is not known there are no numbers, least of all zero undecided.
    std::fs::remove_file(place.path("data.csv")).unwrap();
    let count = of("shop", 1).len();
    let last = of("shop", count + 2).pop().unwrap();
    assert_eq!(
        (last["level"].as_str(), last["verdict"].as_str()),
        (Some("warn"), Some("undecided")),
        "{last}"
    );
    assert!(last.get("undecided").is_none() && last.get("met").is_none(), "{last}");
}

#[test]
fn folders_of_the_project_are_made() {
    let place = Place::new(
        "schedule: [{name: often, every: 1s, output: [reports/new/r.json, junit=reports/j.xml]}]\nstatus: run/status.json\n",
    );
    // Not by whoever only asks when.
    assert_eq!(place.told("schedule next").0, 0);
    assert!(!place.path("reports").exists() && !place.path("run").exists());
    let daemon = place.follow("");
    daemon.wait_for("ran", 1);
    let written = || {
        for file in ["reports/new/r.json", "reports/j.xml", "run/status.json"] {
            until(file, || place.path(file).exists());
        }
    };
    written();
    // Again, where somebody removed them. What is being written may bring one back at once.
    for folder in ["reports", "run"] {
        until(folder, || {
            let _ = std::fs::remove_dir_all(place.path(folder));
            !place.path(folder).exists()
        });
    }
    written();
}

#[test]
fn a_source_that_hangs_ends_each_run_as_undecided() {
    let place = Place::new("schedule: [{name: often, every: 1s, deadline: 1s}]\n");
    place.hang();
    let daemon = place.follow("");
    let runs = daemon.wait_for("ran", 3);
    assert!(runs.iter().all(|run| run["verdict"] == "undecided"), "{runs:?}");
    let why: Vec<String> = daemon
        .events("nothing is known")
        .iter()
        .map(|event| event["why"].as_str().unwrap().to_owned())
        .collect();
    assert!(why[0].starts_with("there was no end to it within 1 s"), "{why:?}");
    // No second thread is started into the same trap.
    assert!(why[1].starts_with("the run before hangs: data.csv"), "{why:?}");
    let threads = std::fs::read_dir(format!("/proc/{}/task", daemon.id())).unwrap().count();
    assert!(threads <= 3, "{threads} threads");
    assert!(place.sqlite("SELECT DISTINCT verdict FROM runs") == "undecided\n");
    let (code, _) = daemon.end("INT");
    assert_eq!(code, Some(0));
}

#[test]
fn a_history_that_cannot_be_written_stops_no_run() {
    let place = Place::new("schedule: [{name: often, every: 1s}]\n");
    let daemon = place.follow("");
    daemon.wait_for("ran", 1);
    // Another program's, all of a sudden.
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(place.path(&format!("sla.db{end}")));
    }
    std::fs::write(place.path("sla.db"), "no database").unwrap();
    let told = daemon.wait_for("cannot record in sla.db", 2);
    assert!(told[0]["message"].as_str().unwrap().contains("no SQLite database"), "{told:?}");
    let runs = daemon.wait_for("ran", 4);
    check_gapless(&runs);
}

/// A hundred agreements, every second: what the process keeps does not grow from run to run.
#[test]
fn memory_is_flat() {
    let place = Place::new("schedule: [{every: 1s}]\n");
    std::fs::create_dir(place.path("many")).unwrap();
    for nth in 0..100 {
        let rules = format!(
            "sla: number {nth}\nby: service\nobjectives: [failure_rate <= {nth}%, avg(latency) <= 1s]\n"
        );
        std::fs::write(place.path(&format!("many/{nth}.yaml")), rules).unwrap();
    }
    place.write(
        "sla.yaml",
        "rules: many\nsources: {requests: {csv: data.csv}}\nstore: sla.db\nschedule: [{every: 1s}]\n",
    );
    let daemon = place.follow("--output report.json --status status.json");
    let memory = |runs| {
        daemon.wait_for("ran", runs);
        let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap()
    };
    let (early, late) = (memory(4), memory(14));
    assert!(late - early < 2_048, "{early} kB after 4 runs, {late} kB after 14");
    let runs = daemon.events("ran");
    check_gapless(&runs);
    assert!(runs.iter().all(|run| run["met"].as_i64().unwrap() + run["breached"].as_i64().unwrap() == 200));
}

#[test]
fn a_file_and_rules_of_the_command_line() {
    let place = Place::new("");
    std::fs::remove_file(place.path("sla.yaml")).unwrap();
    // Words of an expression are one argument.
    let mut command =
        place.command("schedule data.csv --rules rules.yaml --record=own.db --log json --output out/r.json");
    command.args(["--cron", "* * * * * *"]);
    std::fs::create_dir(place.path("out")).unwrap();
    let daemon = Daemon::start(command);
    let runs = daemon.wait_for("ran", 2);
    check_gapless(&runs);
    assert_eq!(runs[0]["entry"], "* * * * * * (UTC)");
    daemon.signal("HUP");
    daemon.wait_for("read the rules again; there is no sla.yaml", 1);
    let report: Value = serde_json::from_str(&place.read("out/r.json")).unwrap();
    assert_eq!(
        (report["verdict"].as_str(), report["agreements"][0]["name"].as_str()),
        (Some("breached"), Some("shop"))
    );
    assert!(place.path("own.db").exists() && !place.path("sla.db").exists());
}
