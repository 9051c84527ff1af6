//! The plan: what must be counted so that an agreement can be decided.
//!
//! [`compile`] turns an agreement and the schema of its input into a [`Plan`]; a source fills the plan's tables
//! with tallies; `evaluate` reads each objective's numbers out of them by its [`Reading`].
//!
//! Every row falls into one cell of each table, and there under one *code*: a mixed-radix number with a digit per
//! test and per set of edges. All that an objective asks of its rows is a sum over codes.

mod compile;
mod conditions;
mod finished;
mod lower;
mod needs;
mod predicate;
mod resolve;
mod text;

pub use compile::{Window, compile, compile_apart};
pub use predicate::{Predicate, Truth};
pub use text::{FAILED_WORDS, OK_WORDS, Spelling, TextTest, is_blank};

use crate::model::{
    Column, Instant, NANOS, Nanos, Rational, Reason, StatusColumn, StatusKind, TimeFormat, Unit,
};

/// What to count.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Columns of the schema whose text groups rows, each once.
    pub labels: Vec<usize>,
    /// Numbers to read, each once.
    pub numbers: Vec<Number>,
    /// Questions about the text of one cell.
    pub tests: Vec<Test>,
    /// The time column; validated on every row, sliced where a period asks for it.
    pub time: Option<TimeNeed>,
    /// What to count, per group and slice.
    pub tables: Vec<Table>,
    /// Interval rows: indices into `numbers` of requests and failures; a row with more failures than requests is
    /// rejected, as is one whose counts are missing or no whole numbers.
    pub counts: Option<(usize, Option<usize>)>,
    /// Interval and finished rows: columns of the schema that identify a row, beside its time.
    pub key: Option<Vec<usize>>,
    /// Numbers are written with a decimal comma.
    pub decimal_comma: bool,
    /// One per objective of the agreement, in their order.
    pub readings: Vec<Result<Reading, Unreadable>>,
    /// Why rows are left out, over `tables[0]`: the clause's text and a predicate that is true for its rows. No row
    /// is in two of them.
    pub exclusions: Vec<(String, Predicate)>,
}

/// Why an objective cannot be measured on this input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The word.
    pub reason: Reason,
    /// A fragment with the way out.
    pub message: String,
}

/// A number to read from a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// What the rules call it, for messages.
    pub name: Column,
    /// From where.
    pub source: NumberSource,
    /// The unit of a cell's number; for durations between times and for times of day nanoseconds.
    pub unit: Unit,
    /// Decimals that the fast path keeps, at most 9: it counts in steps of `10^-digits` of `unit`, each a whole number
    /// of billionths of the base unit.
    pub digits: u32,
    /// What cannot be.
    pub range: Range,
}

impl Number {
    /// A value in base units as steps of `10^-digits` of the unit; `None` where that does not fit.
    pub fn steps(&self, value: Rational) -> Option<Rational> {
        value.over(self.unit.factor)?.times(Rational::new(10i128.checked_pow(self.digits)?, 1)?)
    }

    /// A step in base units; `None` where that does not fit.
    pub fn step(&self) -> Option<Rational> {
        Rational::new(1, 10i128.checked_pow(self.digits)?)?.times(self.unit.factor)
    }

    /// Billionths of the base unit in `10^-digits` of the unit: a whole number, because `digits` is chosen so.
    pub fn nanos_per_step(&self) -> i128 {
        nanos_per_step(self.unit, self.digits).unwrap_or(1)
    }
}

/// Billionths of the base unit in `10^-digits` of a unit; `None` where that is no whole number.
fn nanos_per_step(unit: Unit, digits: u32) -> Option<i128> {
    let step = unit.factor.times(Rational::new(i128::from(NANOS), 10i128.checked_pow(digits)?)?)?;
    (step.den() == 1).then(|| step.num())
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum NumberSource {
    /// A cell of this column. With `own_units` every cell says its unit.
    Cell {
        /// Of the schema.
        column: usize,
        /// `120ms` in the cell.
        own_units: bool,
    },
    /// The time from one cell to another.
    Between {
        /// Column and format of the start.
        from: (usize, TimeFormat),
        /// Column and format of the end.
        to: (usize, TimeFormat),
        /// Stands for a blank end; `None` leaves it missing.
        open_until: Option<Instant>,
    },
    /// The time of day of a time, on its own clock or in a zone.
    Clock {
        /// Of the schema.
        column: usize,
        /// How it is written.
        format: TimeFormat,
        /// Zoned times are turned to this zone first.
        zone: Option<String>,
    },
}

/// Numbers outside cannot be, and reject the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Anything.
    Any,
    /// At least 0: durations, sizes, counts.
    NonNegative,
    /// 0 to 1: rates.
    Share,
    /// A whole number, at least 0: the counts of interval rows.
    Whole,
}

/// A question about the text of one cell.
#[derive(Clone, Debug)]
pub struct Test {
    /// Of the schema.
    pub column: usize,
    /// The question.
    pub what: TestKind,
}

/// What a test asks.
#[derive(Clone, Debug)]
pub enum TestKind {
    /// What the status word says, by these maps; a word without one is a doubt on the column.
    Failed(StatusWords),
    /// Whether a condition holds.
    Text(TextTest),
}

impl TestKind {
    /// How many different answers it can give: a number for the digit of a code.
    pub fn answers(&self) -> u32 {
        let may_ignore = match self {
            TestKind::Text(_) => false,
            TestKind::Failed(words) => words.may_ignore(),
        };
        if may_ignore { digit::IGNORED + 1 } else { digit::UNKNOWN + 1 }
    }
}

/// The answers of a test, as digits of a code.
pub mod digit {
    /// No; for status: ok.
    pub const FALSE: u32 = 0;
    /// Yes; for status: failed.
    pub const TRUE: u32 = 1;
    /// The cell is missing (or a status word without a map).
    pub const UNKNOWN: u32 = 2;
    /// Status with words to ignore only: the row does not count.
    pub const IGNORED: u32 = 3;
}

/// Status words by what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusWords {
    /// The user's map; its lists are empty where nothing was said.
    pub map: StatusColumn,
    /// What the words are.
    pub kind: StatusKind,
}

/// The time column.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeNeed {
    /// Of the schema.
    pub column: usize,
    /// How it is written.
    pub format: TimeFormat,
    /// Length of a slice; `None` for one slice over all.
    pub slice: Option<Nanos>,
    /// Rows before are excluded.
    pub since: Option<Instant>,
    /// Rows at or after are excluded.
    pub until: Option<Instant>,
}

/// One table of tallies.
#[derive(Clone, Debug)]
pub struct Table {
    /// Indices into `labels`, in the order of the rule's `by`.
    pub by: Vec<usize>,
    /// The digits of a code, most significant first.
    pub digits: Vec<Digit>,
    /// Sums to keep.
    pub sums: Vec<Sum>,
    /// Indices into `numbers` whose smallest and largest values are kept, over the rows that the predicate holds for.
    pub extremes: Vec<(usize, Predicate)>,
    /// Indices into `numbers` whose distribution is kept, over the rows that the predicate holds for.
    pub shapes: Vec<(usize, Predicate)>,
    /// How many different codes there are: the product of the digits' radices.
    pub codes: usize,
    /// The slot of sums that each code adds to.
    pub slot_of_code: Vec<u32>,
    /// How many slots there are.
    pub slots: usize,
}

/// One digit of a code.
#[derive(Clone, Debug)]
pub enum Digit {
    /// The answer of a test: one of [`digit`].
    Test {
        /// Index into `tests`.
        test: usize,
        /// How many different answers it can give.
        answers: u32,
    },
    /// How many of the limits a number exceeds; one more than there are limits when the number is missing.
    Edges {
        /// Index into `numbers`.
        number: usize,
        /// Ascending.
        limits: Limits,
    },
}

/// Limits of one digit. Every group has as many of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// For groups without their own.
    pub standard: Vec<Limit>,
    /// Groups with their own: values of the table's `by` columns (`None` matches anything); the first match wins.
    pub by_group: Vec<(Vec<Option<String>>, Vec<Limit>)>,
}

/// An edge between values: those below, and those that exceed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limit {
    /// In base units.
    pub at: Rational,
    /// Whether the value itself stands below or above.
    pub side: Side,
}

/// Where the limit itself belongs. The order matters: exceeding [`Side::Below`] at T is `x >= T`, exceeding
/// [`Side::AtMost`] at T is `x > T`, so the former limit is the lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Values `< at` do not exceed it.
    Below,
    /// Values `<= at` do not exceed it.
    AtMost,
}

/// A sum over the rows of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Index into `numbers`; a missing one adds nothing.
    pub number: usize,
    /// Multiplied by this number, for means weighted by requests.
    pub weight: Option<usize>,
}

/// How an objective reads its numbers out of a table.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Index into `tables`.
    pub table: usize,
    /// The agreement's rows: conjunction, over this table.
    pub accepts: Predicate,
    /// The objective's own `where`.
    pub filter: Predicate,
    /// What is read.
    pub measure: Measure,
    /// Columns of the schema that the result rests on; a doubt on one of them touches it.
    pub rests_on: Vec<usize>,
}

/// What is read from the accepted and filtered rows.
#[derive(Clone, Debug)]
pub enum Measure {
    /// How many rows.
    Rows,
    /// How many requests: rows, or a sum of counts.
    Requests(Count),
    /// How many rows the predicate holds for, or a sum of counts.
    Failures {
        /// Request rows.
        failed: Predicate,
        /// Interval rows: index into `sums` of the failures.
        sum: Option<usize>,
    },
    /// Share of the rows (or requests) that the predicate holds for.
    Share {
        /// The part.
        part: Predicate,
        /// What is counted.
        count: Count,
        /// The share of the rest instead: availability.
        complement: bool,
    },
    /// Interval rows: failures / requests, as sums.
    FailureSums {
        /// Index into `sums`.
        failures: usize,
        /// Index into `sums`.
        requests: usize,
        /// Availability.
        complement: bool,
    },
    /// Arithmetic mean.
    Mean {
        /// Index into `sums`.
        sum: usize,
        /// Holds for rows whose number is there.
        present: Predicate,
        /// What a value weighs.
        count: Count,
    },
    /// A sum.
    Total {
        /// Index into `sums`.
        sum: usize,
        /// Holds for rows whose number is there.
        present: Predicate,
    },
    /// One sum over another.
    Quotient {
        /// Index into `sums`.
        over: usize,
        /// Index into `sums`.
        under: usize,
        /// Holds for rows where both numbers are there.
        present: Predicate,
    },
    /// A rank among the values: percentile, smallest, largest.
    Rank {
        /// Which.
        rank: Rank,
        /// Index into the table's digits: edges at the targets and preferences.
        digit: usize,
        /// Index into `shapes` for showing the value; for the smallest and largest into `extremes`.
        shown: usize,
        /// `p95` where each row states a percentile of its own requests.
        stated: Option<String>,
    },
    /// Requests per second.
    Throughput(Count),
    /// Apdex.
    Apdex {
        /// Failed requests are frustrated, however quick.
        failed: Predicate,
        /// Not failed, at most the threshold.
        satisfied: Predicate,
        /// Not failed, above the threshold, at most four times it.
        tolerating: Predicate,
        /// Neither can be told.
        missing: Predicate,
    },
    /// Finished rows: the one value that the row states.
    Given {
        /// Index into `sums`.
        sum: usize,
        /// Index into the table's digits: edges at the targets and preferences.
        digit: usize,
    },
}

/// How requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Every row is one.
    Rows,
    /// Index into `sums`.
    Sum(usize),
}

/// Which value in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// The first.
    Smallest,
    /// The last.
    Largest,
    /// The smallest value with at least this share (0 < share <= 1) of all values at or below it.
    Nearest(Rational),
}
