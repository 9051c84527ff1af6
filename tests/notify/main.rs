//! Alerts as those who get them meet them: the program against real mail servers and against servers of HTTP on this
//! machine, killed at every step, and simulated over a year.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

#[path = "../cli/work.rs"]
mod work;

mod commands;
mod config;
mod delivered;
mod forms;
mod hooks;
mod killed;
mod mail;
mod secrets;
mod servers;
mod simulated;
mod told;

use work::Work;

/// Half of checkout's requests fail and are slow; catalog keeps its promise.
const BROKEN: &str = "\
timestamp,service,status,latency_ms
2025-06-01T10:00:00Z,checkout,success,100
2025-06-01T10:10:00Z,checkout,failure,300
2025-06-01T10:20:00Z,catalog,success,10
2025-06-01T10:30:00Z,catalog,success,20
";

/// Everything is well.
const WELL: &str = "\
timestamp,service,status,latency_ms
2025-06-01T10:00:00Z,checkout,success,100
2025-06-01T10:10:00Z,checkout,success,200
2025-06-01T10:20:00Z,catalog,success,10
2025-06-01T10:30:00Z,catalog,success,20
";

const RULES: &str = "\
sla: Web shop
by: service
objectives:
  - {require: failure_rate <= 5%, severity: critical, runbook: \"https://wiki.example.com/failures\"}
  - avg(latency) <= 250ms
  - violation_rate(latency > 250ms) <= 10%
";

/// A project whose `notify:` is this.
fn project(notify: &str) -> Work {
    let text = format!(
        "rules: rules.yaml\nsources: {{requests: {{csv: data.csv}}}}\nstore: sla.db\nnotify:\n{notify}"
    );
    Work::new().file("rules.yaml", RULES).file("data.csv", BROKEN).file("sla.yaml", text)
}

/// Puts other data in the place of what was there.
fn data(work: &Work, text: &str) {
    std::fs::write(work.path("data.csv"), text).unwrap();
}

/// What `sla check --notify` says on standard error, without the line about where it was recorded, and its exit code.
fn tell(work: &Work, environment: &[(&str, &str)]) -> (String, i32) {
    tell_at(work, environment, "2025-06-08T06:00:00Z")
}

/// The same at another present.
fn tell_at(work: &Work, environment: &[(&str, &str)], now: &str) -> (String, i32) {
    let mut command = work.command(&["check", "--notify", "--now", now, "--format", "csv"]);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let kept: Vec<&str> =
        errors.split_inclusive('\n').filter(|line| !line.contains("recorded as run")).collect();
    (kept.concat(), output.status.code().unwrap())
}
