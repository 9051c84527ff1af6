//! What was promised: an agreement and its objectives, as compiled from a rule file.

use super::{Column, Comparison, Condition, Nanos, Quantity, Rational, Unit};
use std::path::PathBuf;

/// A named set of objectives over one kind of input.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// `sla:`; the file's name where nothing is said.
    pub name: String,
    /// `description:`.
    pub description: Option<String>,
    /// `owner:`.
    pub owner: Option<String>,
    /// `by:`; empty means everything together.
    pub by: Vec<Column>,
    /// `expect:`; one value per column of `by`, in its order.
    pub expect: Vec<Vec<String>>,
    /// `where:` of the whole agreement, with its text.
    pub filter: Option<(Condition, String)>,
    /// `period:`.
    pub period: Period,
    /// `timezone:`, an IANA name that was checked: where times of day are meant. Nothing else follows it.
    pub timezone: Option<String>,
    /// `source:`, a name from `sla.yaml`.
    pub source: Option<String>,
    /// `input:`.
    pub input: InputMapping,
    /// `noun:`; what a row is called in sentences, plural.
    pub noun: String,
    /// `objectives:`, at least one.
    pub objectives: Vec<Objective>,
    /// Where it was written.
    pub origin: Origin,
    /// The text of the rule file; what a command line says, one objective a line, where there is none.
    pub text: String,
    /// What the command line lays over it: `--by service`, `--where …`, each as it was typed.
    pub overlay: Vec<String>,
    /// The built-in example, not somebody's SLA.
    pub built_in: bool,
}

impl Agreement {
    /// Over all of the input, everything together, and nothing said beside its objectives.
    pub fn plain(name: &str, objectives: Vec<Objective>) -> Agreement {
        let lines: Vec<&str> = objectives.iter().map(|objective| objective.text.as_str()).collect();
        Agreement {
            text: lines.join("\n"),
            overlay: Vec::new(),
            name: name.to_owned(),
            description: None,
            owner: None,
            by: Vec::new(),
            expect: Vec::new(),
            filter: None,
            period: Period::All,
            timezone: None,
            source: None,
            input: InputMapping::default(),
            noun: "requests".to_owned(),
            objectives,
            origin: Origin::default(),
            built_in: false,
        }
    }
}

/// Where something was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The rule file; `None` for the command line and the built-in example.
    pub file: Option<PathBuf>,
    /// Counted from 1; 0 where there is no file.
    pub line: u32,
}

/// The stretch of time that gets one verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// All of the input.
    All,
    /// Slices of this fixed length, counted from 1970-01-01T00:00: in UTC where the input's times have a zone, else on
    /// their own clock.
    Every(Nanos),
}

/// One promise.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// As a reader would write it: `p95(latency) <= 400ms`.
    pub text: String,
    /// `name:`.
    pub name: Option<String>,
    /// `description:`.
    pub description: Option<String>,
    /// `runbook:`.
    pub runbook: Option<String>,
    /// `severity:`, a word of the user's.
    pub severity: Option<String>,
    /// What is measured.
    pub indicator: Indicator,
    /// How it is compared; never [`Comparison::Unequal`].
    pub comparison: Comparison,
    /// With what. For groups named in `targets` theirs holds instead.
    pub target: Target,
    /// `prefer:`: stricter, in the same direction; missed is a warning.
    pub prefer: Option<Preference>,
    /// `where:` of this objective, with its text.
    pub filter: Option<(Condition, String)>,
    /// `by:` of this objective; `None` takes the agreement's.
    pub by: Option<Vec<Column>>,
    /// `targets:`; the first whose group matches wins.
    pub targets: Vec<GroupTarget>,
    /// `min_samples:`; fewer is undecided.
    pub min_samples: u64,
    /// `no_data:`.
    pub no_data: NoData,
    /// `missing:`.
    pub missing: Missing,
    /// Where it was written.
    pub origin: Origin,
}

/// A target with its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// In base units.
    pub quantity: Quantity,
    /// As written: `400ms`, `99.9%`.
    pub text: String,
}

/// What is better than required.
#[derive(Clone, Debug, PartialEq)]
pub struct Preference {
    /// The same direction as the objective's.
    pub comparison: Comparison,
    /// With what.
    pub target: Target,
}

/// A target for some groups.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupTarget {
    /// These columns must have these values; columns not named match anything.
    pub group: Vec<(Column, String)>,
    /// The comparison, the same direction as the objective's.
    pub comparison: Comparison,
    /// The target of these groups.
    pub target: Target,
    /// Where it was written.
    pub origin: Origin,
}

/// What is measured (SLI).
#[derive(Clone, Debug, PartialEq)]
pub enum Indicator {
    /// Rows of input.
    Rows,
    /// Requests; an interval row counts as many as it says.
    Requests,
    /// Failed requests.
    Failures,
    /// Failed / all requests.
    FailureRate,
    /// One minus the failure rate.
    Availability,
    /// Share of requests for which the condition holds.
    ViolationRate(Condition),
    /// Share of rows for which the condition holds.
    Share(Condition),
    /// Arithmetic mean; over interval rows weighted by requests, except for gauges.
    Avg(Column),
    /// Smallest value.
    Min(Column),
    /// Largest value.
    Max(Column),
    /// Sum of the values.
    Sum(Column),
    /// Nearest rank: the smallest value with at least `percent` % of all values at or below it.
    Percentile {
        /// 0 < percent <= 100.
        percent: Rational,
        /// Of what.
        column: Column,
    },
    /// `ratio(sum(over), sum(under))`.
    Ratio {
        /// The upper sum.
        over: Column,
        /// The lower sum.
        under: Column,
    },
    /// Requests per second of the period.
    Throughput,
    /// Application performance index: satisfied requests count 1, tolerating ones (at most 4 × the threshold) 1/2,
    /// failed ones 0 (Apdex Technical Specification 1.1).
    Apdex {
        /// The threshold, a duration in seconds.
        satisfied: Rational,
    },
}

/// What a group without a single request gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NoData {
    /// Not knowing is not passing.
    #[default]
    Undecided,
    /// Silence breaks the promise.
    Breached,
    /// Silence is fine.
    Met,
}

/// What a missing cell does to a result that reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Missing {
    /// The verdict stands if it is the same with all of them good and all of them bad.
    #[default]
    Undecided,
    /// They are left out of the count.
    Ignore,
    /// They count as bad.
    Bad,
}

/// `input:` — what the columns mean, where it was said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputMapping {
    /// `time:`.
    pub time: Option<TimeColumn>,
    /// `service:`.
    pub service: Option<String>,
    /// `latency:`.
    pub latency: Option<NumberColumn>,
    /// `status:`.
    pub status: Option<StatusColumn>,
    /// `failed:`, a condition instead of a status column, with its text.
    pub failed: Option<(Condition, String)>,
    /// `requests:`, the column of an interval row's request count.
    pub requests: Option<String>,
    /// `failures:`, the column of an interval row's failure count.
    pub failures: Option<String>,
    /// `columns:`, named by the rules.
    pub columns: Vec<(String, ColumnMapping)>,
    /// `key:`, headers that identify an interval row; empty where nothing was said.
    pub key: Vec<String>,
    /// `decimal:`; the decimal mark where it is a comma.
    pub decimal_comma: bool,
    /// `unit:` on the command line: the unit of the latency column, whichever it is.
    pub latency_unit: Option<Unit>,
    /// `timezone` on the command line: the zone of naive times, whichever column has them.
    pub timezone: Option<String>,
    /// `--time-format` without `--time`.
    pub time_format: Option<String>,
}

/// A column of times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeColumn {
    /// Its header.
    pub column: String,
    /// A strftime-like format (`%d-%m-%Y %H:%M`), or `epoch s|ms|us|ns`.
    pub format: Option<String>,
    /// The zone of times without one.
    pub timezone: Option<String>,
}

/// A column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberColumn {
    /// Its header.
    pub column: String,
    /// The unit of its cells; `None` where header or values tell.
    pub unit: Option<Unit>,
    /// `kind: gauge`: a reading, never weighted by requests.
    pub gauge: bool,
}

/// A column of times whose time of day is meant (`kind: clock`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockColumn {
    /// The times.
    pub time: TimeColumn,
}

/// The status column and its words. Case and surrounding spaces fold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusColumn {
    /// Its header.
    pub column: String,
    /// Words for success, instead of the known ones where any list is given.
    pub ok: Vec<String>,
    /// Words for failure.
    pub failed: Vec<String>,
    /// Rows with these words are excluded, and counted.
    pub ignore: Vec<String>,
    /// What a blank cell means; `None` leaves it missing.
    pub missing: Option<Outcome>,
}

/// What a status word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The request succeeded.
    Ok,
    /// It failed.
    Failed,
    /// It does not count.
    Ignored,
}

/// A column that `input: columns:` defines.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnMapping {
    /// Numbers under another name, or with a unit.
    Number(NumberColumn),
    /// The time between two columns, in seconds.
    Between {
        /// Start.
        from: TimeColumn,
        /// End.
        to: TimeColumn,
        /// What a blank end means.
        open: OpenEnd,
    },
    /// A time of day.
    Clock(ClockColumn),
    /// Text under another name.
    Text {
        /// Its header.
        column: String,
    },
}

/// What a blank end of a duration means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OpenEnd {
    /// The duration is missing.
    #[default]
    Missing,
    /// It lasts until `now`.
    Now,
}
