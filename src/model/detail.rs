//! What charts need beside verdicts: how every result came about over time, and how values are spread.
//!
//! Filled by `pipeline::detail` in a second pass over the input, only for reports that draw it.

use super::{Comparison, Dimension, Instant, Measured, Nanos, Rational, Subject, Verdict};
use std::sync::Arc;

/// The details of one agreement.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// Index into [`super::Report::agreements`].
    pub agreement: usize,
    /// How long a slice is; slices are counted from 1970-01-01T00:00 of the input's clock.
    pub slice: Nanos,
    /// One per objective and group, in the order of the results.
    pub trends: Vec<Trend>,
    /// One per measured column and group.
    pub distributions: Vec<Distribution>,
    /// What could not be, and why.
    pub not_drawn: Vec<NotDrawn>,
}

/// What is not drawn of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDrawn {
    /// Nothing over time; why, as a fragment.
    Time(String),
    /// Not how values are spread; why, as a fragment.
    Values(String),
    /// Not how latencies are spread: metrics count them in buckets.
    Buckets,
}

/// One objective of one group over time, each slice measured by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// Index of the objective in its agreement.
    pub objective_idx: usize,
    /// Objective, target and group; its `id` is that of the results.
    pub about: Arc<Subject>,
    /// In order of time, every slice from the first to the last of the input, also the empty ones.
    pub points: Vec<Point>,
}

/// One slice of a trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// First instant of the slice.
    pub from: Instant,
    /// What would be decided if the slice were a period. For orientation: nobody promised it.
    pub verdict: Verdict,
    /// `None` without data.
    pub measured: Option<Measured>,
    /// Requests or values.
    pub samples: u64,
    /// Those that count against the promise, where single ones can.
    pub bad: Option<u64>,
    /// How many of them the target would allow.
    pub allowed: Option<u64>,
}

/// How often which values occur, over all of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// As the rules call it: `latency`.
    pub column: String,
    /// Column and value, as named in `by`.
    pub group: Vec<(String, String)>,
    /// What is measured.
    pub dimension: Dimension,
    /// Ascending, without gaps that hold values; at most a few hundred.
    pub bars: Vec<Bar>,
    /// Where promises draw lines through the values. A bar may lie across one, and tells nothing of its two sides.
    pub edges: Vec<Edge>,
}

/// How many values lie on the lower side of a limit, counted exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The limit, in base units.
    pub at: Rational,
    /// [`Comparison::AtMost`] where the limit itself is on the lower side, else [`Comparison::Below`].
    pub side: Comparison,
    /// How many values.
    pub count: u64,
}

/// Values of one stretch of a distribution: `from <= value <= to`, both ends the same where values are kept one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The smallest value it may hold, in base units.
    pub from: Rational,
    /// The largest.
    pub to: Rational,
    /// How many values.
    pub count: u64,
}
