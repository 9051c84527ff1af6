//! What every family of indicators answers about one group in one period.
//!
//! What is not known (missing cells, rejected rows) is never guessed: an indicator is asked where it stands when all of
//! it drives the indicator down, and when all of it drives it up. Between the two everything is possible.

use super::phrase::Part;
use super::view::View;
use crate::model::{Comparison, Measured, Objective, Quantity, Rational, Reason, Verdict};
use crate::plan::{Limit, Side};

/// What unknown values are taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// Not there.
    Omit,
    /// Whatever makes the indicator smallest.
    Low,
    /// Whatever makes it largest.
    High,
}

/// One way to fill in all that is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fills {
    /// Missing cells of rows that are measured.
    pub(super) missing: Fill,
    /// Rejected rows; they may or may not belong here.
    pub(super) rejected: Fill,
    /// How many of them.
    pub(super) rejected_rows: u64,
}

impl Fills {
    /// Missing cells filled like that, no rejected rows.
    pub(super) fn missing(missing: Fill) -> Fills {
        Fills { missing, rejected: Fill::Omit, rejected_rows: 0 }
    }

    /// The rejected rows that drive the indicator down, and those that drive it up.
    pub(super) fn rejected(self) -> (u64, u64) {
        match self.rejected {
            Fill::Omit => (0, 0),
            Fill::Low => (self.rejected_rows, 0),
            Fill::High => (0, self.rejected_rows),
        }
    }
}

/// A possible value of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// As small as one likes.
    Lowest,
    /// This.
    At(Rational),
    /// As large as one likes.
    Highest,
}

impl Point {
    /// `num / den`. Sums that do not fit are refused by the source, so that only the very smallest i128, which has no
    /// positive, is moved by one.
    pub(super) fn share(num: i128, den: i128) -> Option<Point> {
        Rational::new(num.max(-i128::MAX), den.max(-i128::MAX)).map(Point::At)
    }

    /// Where nothing is known at all: as far out as the fills go.
    pub(super) fn nowhere(fills: Fills) -> Point {
        match (fills.missing, fills.rejected) {
            (Fill::High, _) | (_, Fill::High) => Point::Highest,
            _ => Point::Lowest,
        }
    }

    /// Whether it does not exceed the limit.
    pub(super) fn within(self, limit: Limit) -> bool {
        match (self, limit.side) {
            (Point::Lowest, _) => true,
            (Point::Highest, _) => false,
            (Point::At(value), Side::Below) => value < limit.at,
            (Point::At(value), Side::AtMost) => value <= limit.at,
        }
    }

    pub(super) fn value(self) -> Option<Rational> {
        if let Point::At(value) = self { Some(value) } else { None }
    }
}

/// A comparison with a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    pub(super) comparison: Comparison,
    pub(super) target: Quantity,
}

impl Promise {
    /// The limit that separates kept from broken, for all but `==`.
    pub(super) fn limit(self) -> Limit {
        let side = match self.comparison {
            Comparison::Below | Comparison::AtLeast => Side::Below,
            Comparison::AtMost | Comparison::Above | Comparison::Equal | Comparison::Unequal => Side::AtMost,
        };
        Limit { at: self.target.value, side }
    }
}

/// How many count against a promise, and how many may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) bad: i128,
    /// `None` where the promise could not be kept at all.
    pub(super) allowed: Option<i128>,
}

/// What sentences need to know beside the numbers.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) objective: &'a Objective,
    /// `p95(latency)`.
    pub(super) indicator: &'a str,
    /// What those of its share did.
    pub(super) part: &'a Part,
    pub(super) promise: Promise,
    /// What requests are called, plural.
    pub(super) requests: &'a str,
    /// What rows are called, plural.
    pub(super) rows: &'a str,
    /// How missing cells and the like are filled for showing.
    pub(super) fills: Fills,
    /// Whether the promise was kept with these fills.
    pub(super) kept: bool,
    /// What was decided.
    pub(super) verdict: Verdict,
}

/// An indicator, measured.
pub(super) trait Gauge {
    /// Values or requests that were measured.
    fn samples(&self) -> u64;

    /// Measured rows with a missing cell that the indicator reads.
    fn missing(&self) -> u64 {
        0
    }

    /// Whether the missing cells could be data: rows that stand for no request at all could not.
    fn has_unknown(&self) -> bool {
        self.missing() > 0
    }

    /// Why it cannot be told, although there is data.
    fn obstacle(&self) -> Option<(Reason, String)> {
        None
    }

    /// Whether the value, with the unknown filled like that, does not exceed the limit.
    fn within(&self, fills: Fills, limit: Limit) -> bool;

    /// The fraction that the decision rests on.
    fn exact(&self, setting: &Setting) -> Option<Rational>;

    /// The value for reading.
    fn measured(&self, setting: &Setting) -> Option<Measured>;

    /// How many count against the promise, where single ones can.
    fn score(&self, setting: &Setting) -> Option<Score> {
        let _ = setting;
        None
    }

    /// What happened, in one sentence without a full stop.
    fn sentence(&self, setting: &Setting) -> String;

    /// What a reader should know beside it.
    fn notes(&self, setting: &Setting) -> Vec<String> {
        let _ = setting;
        Vec::new()
    }
}

/// A count as reports have it; beyond 2^64 it stays there.
pub(super) fn whole(count: i128) -> u64 {
    u64::try_from(count.max(0)).unwrap_or(u64::MAX)
}

/// `value` in the dimension of the promise, and shown like its target.
pub(super) fn quantity(value: Rational, promise: Promise) -> Quantity {
    Quantity { value, ..promise.target }
}

/// An exact value for reading.
pub(super) fn exactly(value: Option<Rational>, promise: Promise) -> Option<Measured> {
    Some(Measured::exact(quantity(value?, promise)))
}

/// What unknown rows do to a sum of numbers, by what such a number can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The smallest number there can be.
    pub(super) least: Option<i64>,
    /// The largest.
    pub(super) most: Option<i64>,
}

impl Bounds {
    /// What the plan knows about a sum's number.
    pub(super) fn of(view: &View, plan: &crate::plan::Plan, sum: usize) -> Bounds {
        use crate::plan::Range;
        let number = view.lens.table.sums.get(sum).and_then(|sum| plan.numbers.get(sum.number));
        match number.map_or(Range::Any, |number| number.range) {
            Range::Any => Bounds { least: None, most: None },
            Range::NonNegative | Range::Whole => Bounds { least: Some(0), most: None },
            Range::Share => Bounds { least: Some(0), most: Some(1) },
        }
    }
}
