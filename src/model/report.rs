//! The report: what `evaluate` decides and every renderer shows.
//!
//! Invariant: sorted here once, so that every format has the same order and the same run gives the same bytes.

use super::word::words;
use super::{Clock, Comparison, Dimension, Instant, Origin, Problem, ProblemKind, Quantity, Rational, Shown};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A verdict on one result, or on everything. The order is from best to worst for the whole:
/// a breach is told before not knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The promise was kept.
    Met,
    /// Kept, but `prefer` was missed.
    Warning,
    /// Not known.
    Undecided,
    /// The promise was broken.
    Breached,
}

words! {
    /// Its word in reports.
    Verdict::word {
        Met: "met",
        Warning: "warning",
        Undecided: "undecided",
        Breached: "breached",
    }
}

/// Why a result is undecided, or decided by a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Not a single request.
    NoData,
    /// Fewer than `min_samples`.
    TooFewSamples,
    /// Rejected rows beyond `--max-bad-rows` could change it.
    RejectedRows,
    /// Missing cells could change it.
    MissingValues,
    /// The data lacks a column.
    MissingColumn,
    /// The data cannot be read one way only.
    Ambiguous,
    /// The input as a whole cannot be trusted.
    UntrustedInput,
    /// The indicator cannot be computed from such rows (a percentile of averages …).
    NotMeasurable,
    /// A throughput over no time.
    ZeroSpan,
    /// An amount that is too small so far, in a period that the input does not cover.
    IncompletePeriod,
}

words! {
    /// Its word in reports.
    Reason::word {
        NoData: "no_data",
        TooFewSamples: "too_few_samples",
        RejectedRows: "rejected_rows",
        MissingValues: "missing_values",
        MissingColumn: "missing_column",
        Ambiguous: "ambiguous",
        UntrustedInput: "untrusted_input",
        NotMeasurable: "not_measurable",
        ZeroSpan: "zero_span",
        IncompletePeriod: "incomplete_period",
    }
}

/// A whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The clock that the run was given, in nanoseconds since 1970 UTC.
    pub now: Instant,
    /// The worst of all results; undecided without any.
    pub verdict: Verdict,
    /// Results by verdict.
    pub summary: Summary,
    /// In the order given.
    pub agreements: Vec<AgreementSummary>,
    /// In the order given.
    pub inputs: Vec<InputSummary>,
    /// By agreement, objective, period, group.
    pub results: Vec<RuleResult>,
    /// Worst first, then by input and line; at most a hundred, see `problem_totals`.
    pub problems: Vec<Problem>,
    /// How often each kind of problem happened, also beyond the hundred.
    pub problem_totals: BTreeMap<ProblemKind, u64>,
    /// What charts need, per agreement; empty unless it was asked for.
    pub details: Vec<super::Detail>,
}

/// Results by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Kept.
    pub met: u64,
    /// Kept, preference missed.
    pub warning: u64,
    /// Broken.
    pub breached: u64,
    /// Not known.
    pub undecided: u64,
}

/// An agreement as a report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementSummary {
    /// `sla:`.
    pub name: String,
    /// Where it was written.
    pub origin: Origin,
    /// The built-in example.
    pub built_in: bool,
    /// What a row is called, plural.
    pub noun: String,
    /// BLAKE3 of the text of its rules, in hexadecimal.
    pub digest: String,
    /// That text, see [`super::Agreement::text`].
    pub text: String,
    /// What the command line lays over them.
    pub overlay: Vec<String>,
    /// Why its data could not be read; `None` where they were, and of a recorded run, whose problems say it.
    pub unread: Option<String>,
}

impl AgreementSummary {
    /// What a report says of an agreement.
    pub fn of(agreement: &super::Agreement) -> AgreementSummary {
        AgreementSummary {
            name: agreement.name.clone(),
            origin: agreement.origin.clone(),
            built_in: agreement.built_in,
            noun: agreement.noun.clone(),
            digest: blake3::hash(agreement.text.as_bytes()).to_hex().to_string(),
            text: agreement.text.clone(),
            overlay: agreement.overlay.clone(),
            unread: None,
        }
    }
}

/// What an input is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InputKind {
    /// Rows that can be read one by one.
    #[default]
    Rows,
    /// A server of metrics at this address. What is called a row is a request, or a sample of a gauge.
    Server(String),
    /// Answers and expositions that were saved of one.
    Saved,
}

/// An input as a report names it.
#[derive(Clone, Debug, PartialEq)]
pub struct InputSummary {
    /// As the user gave it.
    pub source: String,
    /// What it is.
    pub kind: InputKind,
    /// The agreement whose plan read it (the counts may differ between agreements).
    pub agreement: usize,
    /// BLAKE3 of its bytes as they are stored, in hexadecimal; only where it was asked for.
    pub digest: Option<String>,
    /// Rows read = accepted + excluded + rejected.
    pub rows: u64,
    /// Rows that count.
    pub accepted: u64,
    /// Rows left out, by clause.
    pub excluded: Vec<super::Excluded>,
    /// Rows that could not be used.
    pub rejected: u64,
    /// First and last instant.
    pub span: Option<(Instant, Instant)>,
    /// What its times mean.
    pub clock: Clock,
    /// What was inferred.
    pub inferred: Vec<String>,
}

/// The verdict on one objective, for one group and one period.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleResult {
    /// What it is about, shared by the results of all periods.
    pub about: Arc<Subject>,
    /// Index into [`Report::agreements`].
    pub agreement: usize,
    /// Index of the objective in its agreement.
    pub objective_idx: usize,
    /// The stretch of time.
    pub period: ResultPeriod,
    /// Decided how.
    pub verdict: Verdict,
    /// Why not decided, or why by default.
    pub reason: Option<Reason>,
    /// What was measured; `None` without data.
    pub measured: Option<Measured>,
    /// The fraction the decision rests on; for a percentile the share at or below the target.
    pub exact: Option<Rational>,
    /// How many values or requests were measured.
    pub samples: u64,
    /// How many of them count against the promise, where single ones can.
    pub bad: Option<u64>,
    /// How many could, before it breaks.
    pub allowed: Option<u64>,
    /// Rows of the group in the period that the agreement accepts.
    pub rows: u64,
    /// Of those, rows that the objective's own `where` leaves out.
    pub excluded: u64,
    /// Rows with a missing cell that the result reads.
    pub missing: u64,
    /// One sentence: `246 of 2,407 requests failed, 120 allowed`. There may be a million of them, so each has its length.
    pub explain: Box<str>,
    /// Further sentences a reader should know.
    pub notes: Vec<String>,
}

/// What a result is about: an objective as it holds for one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Stable across runs: agreement, objective, group.
    pub id: String,
    /// The objective with the target of this group: `p95(latency) <= 2s`.
    pub objective: String,
    /// `name:`.
    pub name: Option<String>,
    /// `description:`.
    pub description: Option<String>,
    /// `runbook:`.
    pub runbook: Option<String>,
    /// `severity:`.
    pub severity: Option<String>,
    /// `where:` of the objective, as written.
    pub filter: Option<String>,
    /// Where the objective was written.
    pub origin: Origin,
    /// Column and value, as named in `by`.
    pub group: Vec<(String, String)>,
    /// The indicator alone: `p95(latency)`.
    pub indicator: String,
    /// The relation promised.
    pub comparison: Comparison,
    /// The target that held for this group.
    pub target: Quantity,
    /// The target as written.
    pub target_text: String,
    /// The preference, where there is one.
    pub prefer: Option<Quantity>,
}

/// The stretch of time of a result, half-open; without bounds for `period: all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultPeriod {
    /// First instant.
    pub from: Option<Instant>,
    /// The instant after the last.
    pub to: Option<Instant>,
    /// Whether the input reaches over all of it.
    pub complete: bool,
}

impl ResultPeriod {
    /// All of the input.
    pub const WHOLE: ResultPeriod = ResultPeriod { from: None, to: None, complete: true };
}

/// A measured value for reading. The verdict never rests on it where it is approximate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// In base units.
    pub value: Rational,
    /// What kind of number it is.
    pub dimension: Dimension,
    /// The units to show it in.
    pub shown: Shown,
    /// Within 1 % instead of exact.
    pub approximate: bool,
}

impl Measured {
    /// A value that is known exactly.
    pub fn exact(Quantity { value, dimension, shown }: Quantity) -> Measured {
        Measured { value, dimension, shown, approximate: false }
    }

    /// The value with its unit.
    pub fn quantity(&self) -> Quantity {
        Quantity { value: self.value, dimension: self.dimension, shown: self.shown }
    }
}
