//! Killed at every write and every wait for the disk of a run: the run and the mark that it is done are both there, or
//! neither is, and the next start does what is not.

use crate::place::{Daemon, Place};
use std::process::Command;

/// What a recording does to the disk.
const CALLS: [&str; 3] = ["pwrite64", "fdatasync", "fsync"];
/// As many points are tried of one call.
const MOST: usize = 40;

/// The program under strace, itself as the child, with this fault injected.
fn traced(place: &Place, fault: Option<&str>) -> Daemon {
    let mut command = Command::new("strace");
    command.args(["-D", "-q", "-o", "trace", "-e", &format!("trace={}", CALLS.join(","))]);
    if let Some(fault) = fault {
        command.args(["-e", &format!("inject={fault}")]);
    }
    command.arg(assert_cmd::cargo::cargo_bin!("sla")).args(["schedule", "--log", "json"]);
    command.env("HOME", place.path("")).current_dir(place.path(""));
    Daemon::start(command)
}

/// A history that knows the schedule and has no run, so that what follows is all of one.
fn begun() -> Place {
    loop {
        let place = Place::new("schedule: [{name: often, every: 1s}]\n");
        let daemon = place.follow("");
        daemon.wait_for("follows a schedule", 1);
        daemon.end("KILL");
        // On a busy machine its first run may have been faster.
        if place.sqlite("SELECT count(*) FROM runs") == "0\n" {
            place.sqlite("UPDATE schedule SET done_ns = 0");
            return place;
        }
    }
}

/// Whether it was killed before its first run was over; and then, that nothing is there by half.
fn is_killed(fault: &str) -> bool {
    let place = begun();
    let daemon = traced(&place, Some(fault));
    let was_killed = daemon.ended_or("ran");
    drop(daemon);
    assert_eq!(place.sqlite("PRAGMA integrity_check; PRAGMA foreign_key_check"), "ok\n", "{fault}");
    let state =
        place.sqlite("SELECT (SELECT count(*) FROM runs), run IS NOT NULL, done_ns > 0 FROM schedule");
    assert!(["0|0|0\n", "1|1|1\n"].contains(&state.as_str()), "{fault}: {state}");
    // The next start catches up, or has nothing left to do but what is new.
    let done: i64 = place.sqlite("SELECT done_ns FROM schedule").trim().parse().unwrap();
    let daemon = place.follow("");
    let first = daemon.wait_for("ran", 1).remove(0);
    let due: jiff::Timestamp = first["due"].as_str().unwrap().parse().unwrap();
    assert!(i128::from(done) < due.as_nanosecond(), "{fault}: {done} again as {due}");
    assert_eq!(place.sqlite("SELECT count(*) FROM runs"), "1\n", "{fault}");
    was_killed
}

#[test]
fn killed_at_every_call() {
    let place = begun();
    let daemon = traced(&place, None);
    daemon.wait_for("ran", 1);
    drop(daemon);
    let trace = place.read("trace");
    let mut points = 0;
    for call in CALLS {
        let count = trace.lines().filter(|line| line.starts_with(&format!("{call}("))).count();
        // Of a long row of writes, every second or third one.
        let step = count.div_ceil(MOST).max(1);
        for nth in (1..=count).step_by(step) {
            points += usize::from(is_killed(&format!("{call}:signal=KILL:when={nth}")));
        }
    }
    assert!(points >= 20, "only {points} points");
}
