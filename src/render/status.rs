//! How a schedule goes: metrics, with those of every entry's last report; and `sla.status/1`, one JSON object.
//!
//! Metrics are in the text format 0.0.4, without an end mark, for there a counter may have its own name. An entry is
//! told by the label `entry`.

use super::openmetrics::{self, Family, label, seconds};
use crate::model::{EntryStatus, Instant, RunOutcome, ScheduleStatus};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What is told of an entry: name, unit, help, and the number.
type Gauge = (&'static str, Option<&'static str>, &'static str, fn(&EntryStatus, Instant) -> Option<String>);

const OF_ENTRIES: [Gauge; 7] = [
    ("sla_schedule_last_run_timestamp_seconds", Some("seconds"), "When the last run ended.", |entry, _| {
        entry.last.map(|last| seconds(last.began.saturating_add(last.took)))
    }),
    (
        "sla_schedule_last_run_age_seconds",
        Some("seconds"),
        "How long ago the last run ended.",
        |entry, now| {
            entry.last.map(|last| seconds(now.saturating_sub(last.began.saturating_add(last.took)).max(0)))
        },
    ),
    ("sla_schedule_last_run_duration_seconds", Some("seconds"), "How long the last run took.", |entry, _| {
        entry.last.map(|last| seconds(last.took))
    }),
    (
        "sla_schedule_last_run_delivered",
        None,
        "Whether every report of the last run reached its place and the run is recorded.",
        |entry, _| entry.last.map(|last| u8::from(last.delivered).to_string()),
    ),
    (
        "sla_schedule_last_run_recorded",
        None,
        "Whether the last run is in the history; without that, nobody is told anything.",
        |entry, _| entry.last.map(|last| u8::from(last.recorded).to_string()),
    ),
    ("sla_schedule_next_run_timestamp_seconds", Some("seconds"), "When the next run is due.", |entry, _| {
        entry.next.map(seconds)
    }),
    ("sla_schedule_running", None, "Whether a run is under way.", |entry, _| {
        Some(u8::from(entry.running_since.is_some()).to_string())
    }),
];

/// Writes the page of metrics.
pub fn metrics(status: &ScheduleStatus, now: Instant, out: &mut dyn Write) -> io::Result<()> {
    let labelled: Vec<(String, &EntryStatus)> =
        status.entries.iter().map(|entry| (label("entry", &entry.name), entry)).collect();
    for (name, unit, help, number) in OF_ENTRIES {
        let mut family = Family { unit, ..Family::new(name, help) };
        for (labels, entry) in &labelled {
            if let Some(number) = number(entry, now) {
                family.sample(labels, &number, out)?;
            }
        }
    }
    let help = "Runs since the program began, by what came of them.";
    let mut family = Family { kind: "counter", ..Family::new("sla_schedule_runs_total", help) };
    for (labels, entry) in &labelled {
        for outcome in RunOutcome::ALL {
            let count = entry.runs.get(&outcome).copied().unwrap_or_default();
            family.sample(
                &format!("{labels},{}", label("outcome", outcome.word())),
                &count.to_string(),
                out,
            )?;
        }
    }
    let healthy = u8::from(status.ills(now).is_empty()).to_string();
    Family::new(
        "sla_schedule_healthy",
        "Whether every entry ran when it had to, and its last run is recorded.",
    )
    .sample("", &healthy, out)?;
    let pending = status.pending.to_string();
    Family::new("sla_pending_messages", "Messages that wait to be delivered.").sample("", &pending, out)?;
    let reports: Vec<_> = labelled
        .iter()
        .filter_map(|(labels, entry)| Some((labels.as_str(), entry.report.as_ref()?)))
        .collect();
    openmetrics::families(&reports, out)
}

#[derive(Serialize)]
struct StatusV1<'a> {
    schema: &'static str,
    tool: &'static str,
    now: String,
    healthy: bool,
    pending_messages: u64,
    entries: Vec<EntryV1<'a>>,
}

#[derive(Serialize)]
struct EntryV1<'a> {
    name: &'a str,
    cadence: &'a str,
    next: Option<String>,
    running_since: Option<String>,
    last: Option<LastV1>,
    runs: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct LastV1 {
    began: String,
    seconds: f64,
    outcome: &'static str,
    delivered: bool,
    recorded: bool,
}

/// Writes the status as one object, with a line end.
pub fn json(status: &ScheduleStatus, now: Instant, out: &mut dyn Write) -> io::Result<()> {
    let entry = |entry: &EntryStatus| {
        let count =
            |outcome: RunOutcome| (outcome.word(), entry.runs.get(&outcome).copied().unwrap_or_default());
        (entry.next.map(time), entry.running_since.map(time), RunOutcome::ALL.map(count))
    };
    let entries = status.entries.iter().map(|of| {
        let (next, running_since, runs) = entry(of);
        let last = of.last.map(|last| LastV1 {
            began: time(last.began),
            seconds: last.took as f64 / crate::model::NANOS as f64,
            outcome: last.outcome.word(),
            delivered: last.delivered,
            recorded: last.recorded,
        });
        EntryV1 { name: &of.name, cadence: &of.cadence, next, running_since, last, runs: runs.into() }
    });
    let status = StatusV1 {
        schema: "sla.status/1",
        tool: concat!("sla ", env!("CARGO_PKG_VERSION")),
        now: time(now),
        healthy: status.ills(now).is_empty(),
        pending_messages: status.pending,
        entries: entries.collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &status)?;
    out.write_all(b"\n")
}

/// In UTC, to the millisecond.
fn time(at: Instant) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at)).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::model::{LastRun, NANOS, Verdict};

    /// A run of 1.5 s at 2025-06-08T06:00:00Z, and an entry that never ran.
    fn status() -> ScheduleStatus {
        let began = 1_749_362_400 * NANOS;
        let outcome = RunOutcome::Verdict(Verdict::Breached);
        let ran = EntryStatus {
            name: "nightly".into(),
            cadence: "0 6 * * * (UTC)".into(),
            next: Some(began + 86_400 * NANOS),
            patience: 660 * NANOS,
            running_since: None,
            last: Some(LastRun { began, took: 3 * NANOS / 2, outcome, delivered: true, recorded: true }),
            runs: BTreeMap::from([(outcome, 2)]),
            report: Some(example::report()),
        };
        let new = EntryStatus {
            name: "a \"b\"".into(),
            running_since: Some(began),
            last: None,
            runs: BTreeMap::new(),
            report: Some(example::report()),
            ..ran.clone()
        };
        ScheduleStatus { entries: vec![ran, new], pending: 3, started: 0 }
    }

    #[test]
    fn a_page_of_metrics() {
        let now = 1_749_362_411_500_000_000;
        let page = example::written(|out| metrics(&status(), now, out));
        for line in [
            "# TYPE sla_schedule_runs_total counter",
            "sla_schedule_last_run_timestamp_seconds{entry=\"nightly\"} 1749362401.5",
            "sla_schedule_last_run_age_seconds{entry=\"nightly\"} 10",
            "sla_schedule_last_run_duration_seconds{entry=\"nightly\"} 1.5",
            "sla_schedule_next_run_timestamp_seconds{entry=\"nightly\"} 1749448800",
            "sla_schedule_running{entry=\"nightly\"} 0",
            "sla_schedule_running{entry=\"a \\\"b\\\"\"} 1",
            "sla_schedule_runs_total{entry=\"nightly\",outcome=\"breached\"} 2",
            "sla_schedule_runs_total{entry=\"nightly\",outcome=\"failed\"} 0",
            "sla_schedule_healthy 1",
            "sla_pending_messages 3",
            "sla_verdict{entry=\"nightly\",verdict=\"breached\"} 1",
            "sla_run_timestamp_seconds{entry=\"nightly\"} 1749362400",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert!(!page.contains("# EOF") && !page.contains("last_run_age_seconds{entry=\"a"), "{page}");
        // Every family stands there once, whatever the number of entries.
        let mut heads: Vec<&str> = page.lines().filter(|line| line.starts_with("# TYPE")).collect();
        let count = heads.len();
        heads.sort_unstable();
        heads.dedup();
        assert_eq!(heads.len(), count);
    }

    #[test]
    fn a_status_as_json() {
        let late = 1_749_362_400 * NANOS + (86_400 + 661) * NANOS;
        let text = example::written(|out| json(&status(), late, out));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["schema"], "sla.status/1");
        assert_eq!(value["healthy"], false);
        assert_eq!(value["pending_messages"], 3);
        assert_eq!(value["entries"][0]["next"], "2025-06-09T06:00:00.000Z");
        assert_eq!(value["entries"][0]["last"]["seconds"], 1.5);
        assert_eq!(value["entries"][0]["runs"]["breached"], 2);
        assert_eq!(value["entries"][1]["last"], serde_json::Value::Null);
        assert_eq!(value["entries"][1]["running_since"], "2025-06-08T06:00:00.000Z");
    }
}
