//! The program under clocks that jump, by libfaketime: what passes goes on as it does, only the wall shows something else.

use crate::place::{Daemon, Place};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// A process whose wall shows what a file says.
struct Clock {
    place: Place,
}

impl Clock {
    fn new(yaml: &str) -> Clock {
        Clock { place: Place::new(yaml) }
    }

    /// From now on it is that time.
    fn set(&self, time: &str) {
        let wanted: jiff::Timestamp = time.parse().unwrap();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let offset = (i128::from(wanted.as_millisecond()) - now as i128) as f64 / 1e3;
        self.place.write("clock", &format!("{offset:+.3}\n"));
    }

    fn follow(&self) -> Daemon {
        let mut command = self.place.command("schedule --log json");
        command.env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", self.place.path("clock"));
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Daemon::start(command)
    }
}

fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let found = folders.map(|folder| folder.join("faketime/libfaketime.so.1")).find(|file| file.exists());
    found.expect("libfaketime is needed: `apt-get install faketime`, or run scripts/test")
}

fn due(event: &Value) -> &str {
    event["due"].as_str().unwrap()
}

#[test]
fn a_time_of_the_day_comes_once() {
    let clock = Clock::new("schedule: [{name: noon, cron: '0 12 * * *'}]\n");
    clock.set("2025-06-01T11:59:58Z");
    let daemon = clock.follow();
    assert_eq!(due(&daemon.wait_for("ran", 1)[0]), "2025-06-01T12:00:00Z");
    // Back, and over noon again.
    clock.set("2025-06-01T11:50:00Z");
    std::thread::sleep(Duration::from_millis(600));
    clock.set("2025-06-01T11:59:59Z");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(daemon.events("ran").len(), 1, "{:?}", daemon.lines());
    // Forward over three noons: the last one is done, and for all.
    clock.set("2025-06-04T18:00:00Z");
    let runs = daemon.wait_for("ran", 2);
    assert_eq!((due(&runs[1]), runs[1]["times"].as_i64()), ("2025-06-04T12:00:00Z", Some(3)));
    // And what is written down is what was done.
    assert_eq!(clock.place.sqlite("SELECT done FROM schedule"), "2025-06-04T12:00:00Z\n");
}

/// Set back onto the time just done: it comes again, and nobody else has done it.
#[test]
fn what_this_process_did_was_no_other() {
    let clock = Clock::new("schedule: [{every: 4s}]\n");
    clock.set("2025-06-01T12:00:03Z");
    let daemon = clock.follow();
    assert_eq!(due(&daemon.wait_for("ran", 1)[0]), "2025-06-01T12:00:04Z");
    // More than half of the four seconds later.
    std::thread::sleep(Duration::from_millis(2_500));
    clock.set("2025-06-01T12:00:03.5Z");
    assert_eq!(due(&daemon.wait_for("ran", 2)[1]), "2025-06-01T12:00:04Z");
    assert!(daemon.events("done by another process").is_empty(), "{:?}", daemon.lines());
}

#[test]
fn every_two_seconds_goes_on() {
    let clock = Clock::new("schedule: [{every: 2s}]\n");
    clock.set("2025-06-01T12:00:01Z");
    let daemon = clock.follow();
    let before = daemon.wait_for("ran", 2).len();
    clock.set("2025-06-01T13:00:01Z");
    let ahead = daemon.wait_for("ran", before + 3);
    let caught: Vec<&Value> = ahead.iter().filter(|run| run["times"].as_i64() > Some(1_000)).collect();
    assert_eq!((caught.len(), due(caught[0])), (1, "2025-06-01T13:00:00Z"));
    // Back to before the jump: not silent for an hour.
    clock.set("2025-06-01T12:00:31Z");
    let count = daemon.events("ran").len();
    let runs = daemon.wait_for("ran", count + 3);
    let after: Vec<&str> = runs[count..].iter().map(due).filter(|due| *due < "2025-06-01T13").collect();
    assert!(after.len() >= 2 && after.is_sorted(), "{after:?}");
    let mut all: Vec<&str> = runs.iter().map(due).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), runs.len(), "{runs:?}");
}
