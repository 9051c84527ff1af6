//! What is to run by itself, and whom it tells that it runs.

use super::{Instant, Nanos, Report, SecretAt, Verdict};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// An entry of `schedule:`, or what a command line says in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, by which the history knows how far it is done; where none is given, its times in words.
    pub name: String,
    /// When it comes.
    pub cadence: Cadence,
    /// Rule files and patterns; empty for those of the project.
    pub rules: Vec<String>,
    /// Reports to write, as `--output` takes them.
    pub output: Vec<PathBuf>,
    /// How long a run may take.
    pub deadline: Option<Nanos>,
    /// Only what is at or after this, as `--since` takes it.
    pub since: Option<String>,
    /// Only what is before this, as `--until` takes it.
    pub until: Option<String>,
    /// For whom its pages are.
    pub audience: Option<Readers>,
    /// Whether it reads on from where its last run stopped.
    pub incremental: Option<Kept>,
}

impl Entry {
    /// One that only says when.
    pub fn of(name: String, cadence: Cadence) -> Entry {
        Entry {
            name,
            cadence,
            rules: Vec::new(),
            output: Vec::new(),
            deadline: None,
            since: None,
            until: None,
            audience: None,
            incremental: None,
        }
    }
}

/// For whom the HTML and PDF reports of an entry are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Those who know the rules and the data.
    Internal,
    /// Those who were promised something.
    Customer,
}

/// What an entry does with what its last run kept of the files that it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is trusted as far as the file proves it.
    Trusted,
    /// Everything is read, and compared with it.
    Compared,
}

/// How often, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// A cron expression in a time zone.
    Cron {
        /// The expression.
        text: String,
        /// The zone: `Europe/Vienna`.
        zone: String,
    },
    /// A length of time.
    Every {
        /// In nanoseconds.
        length: Nanos,
        /// As it was written: `60s`.
        text: String,
    },
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cadence::Cron { text, zone } => write!(f, "{text} ({zone})"),
            Cadence::Every { text, .. } => write!(f, "every {text}"),
        }
    }
}

/// Everything of the project file that is about running by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheduling {
    /// `schedule:`
    pub entries: Vec<Entry>,
    /// `heartbeat:`, an address to ping. Whoever knows it can ping it, so it is a secret.
    pub heartbeat: Option<SecretAt>,
    /// `listen:`, where `/healthz` and `/metrics` are answered.
    pub listen: Option<String>,
    /// `status:`, a file that tells the same.
    pub status: Option<PathBuf>,
}

/// How a schedule goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScheduleStatus {
    /// In the order of `schedule:`.
    pub entries: Vec<EntryStatus>,
    /// Messages that wait to be delivered.
    pub pending: u64,
    /// When the program began; what came before is no delay of it.
    pub started: Instant,
}

/// How an entry of it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryStatus {
    /// Its name.
    pub name: String,
    /// Its times in words.
    pub cadence: String,
    /// When it is due; `None` where that never comes.
    pub next: Option<Instant>,
    /// How late it may be before something is wrong.
    pub patience: Nanos,
    /// When the run that is under way began.
    pub running_since: Option<Instant>,
    /// The run before.
    pub last: Option<LastRun>,
    /// Runs since the program began.
    pub runs: BTreeMap<RunOutcome, u64>,
    /// What the last run that came to a verdict reports.
    pub report: Option<Report>,
}

/// A run that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// When it began.
    pub began: Instant,
    /// How long it took.
    pub took: Nanos,
    /// What came of it.
    pub outcome: RunOutcome,
    /// Whether every report reached its place and the run is recorded.
    pub delivered: bool,
    /// Whether the run is recorded, if it was to be. Without that nobody is told anything.
    pub recorded: bool,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunOutcome {
    /// A verdict, which may be that nothing is known.
    Verdict(Verdict),
    /// It could not begin.
    Failed,
}

impl RunOutcome {
    /// Every one there is.
    pub const ALL: [RunOutcome; 5] = [
        RunOutcome::Verdict(Verdict::Met),
        RunOutcome::Verdict(Verdict::Warning),
        RunOutcome::Verdict(Verdict::Breached),
        RunOutcome::Verdict(Verdict::Undecided),
        RunOutcome::Failed,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            RunOutcome::Verdict(verdict) => verdict.word(),
            RunOutcome::Failed => "failed",
        }
    }
}

impl ScheduleStatus {
    /// What is wrong, entry by entry: `nightly is overdue`. What a run found is no part of it, nor whether a message waits
    /// for its channel. Runs come one after the other: while one is within its time, those behind it wait in order, and so
    /// they do after a start, with what came before it.
    pub fn ills(&self, now: Instant) -> Vec<String> {
        let running = self.entries.iter().find_map(|entry| Some((entry.running_since?, entry.patience)));
        let ended = self.entries.iter().filter_map(|entry| entry.last);
        let ended = ended.map(|last| last.began.saturating_add(last.took)).max();
        let (turn, turn_patience) = running.unwrap_or((ended.unwrap_or(self.started), 0));
        let ill = |entry: &EntryStatus| {
            let since = entry.next.map(|next| next.max(self.started).max(turn));
            let patience = entry.patience.max(turn_patience);
            let is_late = since.is_some_and(|since| since.saturating_add(patience) < now);
            let what = match entry.last {
                _ if is_late => "is overdue",
                Some(LastRun { outcome: RunOutcome::Failed, .. }) => "could not begin",
                Some(LastRun { recorded: false, .. }) => "could not be recorded",
                _ => return None,
            };
            Some(format!("{} {what}", entry.name))
        };
        self.entries.iter().filter_map(ill).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ill() {
        let check = |next, last: Option<(RunOutcome, bool, bool)>, expected: &[&str]| {
            let last = last.map(|(outcome, delivered, recorded)| LastRun {
                began: 0,
                took: 0,
                outcome,
                delivered,
                recorded,
            });
            let (name, cadence) = ("nightly".to_owned(), String::new());
            let runs = BTreeMap::new();
            let entry = EntryStatus {
                name,
                cadence,
                next,
                patience: 10,
                running_since: None,
                last,
                runs,
                report: None,
            };
            assert_eq!(ScheduleStatus { entries: vec![entry], pending: 1, started: 0 }.ills(100), expected);
        };
        let breached = RunOutcome::Verdict(Verdict::Breached);
        check(None, None, &[]);
        check(Some(90), Some((breached, true, true)), &[]);
        // A report that is missing, or a message that waits, is told elsewhere.
        check(Some(90), Some((breached, false, true)), &[]);
        check(Some(89), Some((breached, true, true)), &["nightly is overdue"]);
        check(Some(100), Some((breached, false, false)), &["nightly could not be recorded"]);
        check(Some(100), Some((RunOutcome::Failed, false, false)), &["nightly could not begin"]);
    }

    /// Both were due at 10. Whoever asks at 500 or later finds them late, unless the program began just now, or one of them
    /// is under way within its patience, which is 100 for one and 10 for the other.
    #[test]
    fn whoever_waits_for_its_turn_is_not_late() {
        let check =
            |started, running: [Option<Instant>; 2], ended: Option<Instant>, now, expected: &[&str]| {
                let entry = |name: &str, patience, running_since| EntryStatus {
                    name: name.to_owned(),
                    cadence: String::new(),
                    next: Some(10),
                    patience,
                    running_since,
                    last: None,
                    runs: BTreeMap::new(),
                    report: None,
                };
                let mut entries = vec![entry("long", 100, running[0]), entry("short", 10, running[1])];
                entries[0].last = ended.map(|at| LastRun {
                    began: at - 1,
                    took: 1,
                    outcome: RunOutcome::Verdict(Verdict::Met),
                    delivered: true,
                    recorded: true,
                });
                let found = ScheduleStatus { entries, pending: 0, started }.ills(now);
                assert_eq!(found, expected, "{started} {running:?} {ended:?} {now}");
            };
        let both = ["long is overdue", "short is overdue"];
        check(0, [None, None], None, 500, &both);
        // It has just begun to catch up.
        check(495, [None, None], None, 500, &[]);
        check(495, [None, None], None, 506, &["short is overdue"]);
        // The long one is under way: until 600 that is what it may take, and the short one waits.
        check(495, [Some(500), None], None, 600, &[]);
        check(495, [Some(500), None], None, 601, &both);
        // The long one has just ended, and the short one is next.
        check(0, [None, None], Some(598), 600, &[]);
    }
}
