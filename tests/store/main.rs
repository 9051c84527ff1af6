//! The history as its users meet it: recorded by the program, read by the program and by sqlite3's shell.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

#[path = "../cli/work.rs"]
mod work;

mod faults;
mod history;
mod killed;
mod recording;
mod showing;
mod together;
mod views;

use work::Work;

/// Two services over four requests each: half of checkout's fail, catalog keeps its promise.
const DATA: &str = "\
timestamp,service,status,latency_ms
2025-06-01T10:00:00Z,checkout,success,100
2025-06-01T10:10:00Z,checkout,failure,200
2025-06-01T10:20:00Z,checkout,failure,300
2025-06-01T10:30:00Z,checkout,success,400
2025-06-01T11:00:00Z,catalog,success,10
2025-06-01T11:10:00Z,catalog,success,20
2025-06-01T11:20:00Z,catalog,success,30
2025-06-01T11:30:00Z,catalog,success,40
";

const RULES: &str = "\
sla: Web shop
by: service
objectives:
  - failure_rate <= 5%
  - avg(latency) <= 200ms
  - violation_rate(latency > 250ms) <= 10%
";

/// With data and rules.
fn shop() -> Work {
    Work::new().file("data.csv", DATA).file("rules.yaml", RULES)
}

const RECORD: &str = "check data.csv --rules rules.yaml --record=sla.db -q";

/// What sqlite3's shell says to a query, a line per row, columns parted by `|`.
fn sqlite(work: &Work, query: &str) -> String {
    let mut shell = std::process::Command::new("sqlite3");
    let output = shell.arg("-batch").arg(work.path("sla.db")).arg(query).output();
    let output = output.expect("sqlite3 is needed: scripts/test installs it");
    assert!(output.status.success(), "{query}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
