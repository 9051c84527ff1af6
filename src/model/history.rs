//! What was recorded over time: every objective of every group, with the answers that hold.

use super::{Clock, Instant, Measured, ResultPeriod, Subject, Summary, Verdict};
use std::sync::Arc;

/// One objective of an agreement for one group, over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The agreement's name.
    pub agreement: String,
    /// What the command line chose of the rows: `--where=…`, `--since=…`, `--until=…`.
    pub scope: Vec<String>,
    /// The group's service, else the first of its values, else empty.
    pub service: String,
    /// In order of time, one per period.
    pub points: Vec<SeriesPoint>,
}

/// The answer that holds for a period.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesPoint {
    /// The newest run that gave it.
    pub run: i64,
    /// That run's clock, in nanoseconds since 1970 UTC.
    pub now: Instant,
    /// 1 for the first answer, one more for each different one.
    pub revision: u64,
    /// Objective, target and group as they were.
    pub about: Arc<Subject>,
    /// What it is about; without bounds for `period: all`.
    pub period: ResultPeriod,
    /// First and last instant of the data, for `period: all`.
    pub span: Option<(Instant, Instant)>,
    /// What the instants mean.
    pub clock: Clock,
    /// `2025-06`, on that clock; of the run where the data has no times.
    pub month: String,
    /// Decided how.
    pub verdict: Verdict,
    /// `None` without data.
    pub measured: Option<Measured>,
    /// Requests or values.
    pub samples: u64,
    /// Those that count against the promise, where single ones can.
    pub bad: Option<u64>,
    /// How many could, before it breaks.
    pub allowed: Option<u64>,
}

/// A run at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Its number.
    pub run: i64,
    /// Its clock, in nanoseconds since 1970 UTC.
    pub now: Instant,
    /// On everything.
    pub verdict: Verdict,
    /// Results by verdict.
    pub summary: Summary,
    /// The agreements that it checked, by name.
    pub agreements: Vec<String>,
    /// Those of them of which nothing became known.
    pub unknown: Vec<String>,
    /// Why, where something is unknown and the run said why.
    pub why: Option<String>,
    /// How many later runs said the same and added nothing, and the clock of the last one.
    pub again: Option<(u64, Instant)>,
}

impl SeriesPoint {
    /// When it is about: the start of its period, the end of its data, or the run's clock where that is unknown.
    pub fn at(&self) -> Instant {
        self.period.from.or(self.span.map(|(_, last)| last)).unwrap_or(self.now)
    }
}
