//! Shares: failure rate, availability, violation rate, share of rows.

use super::gauge::{Fill, Fills};
use super::gauge::{Gauge, Point, Promise, Score, Setting, exactly, whole};
use super::phrase;
use super::view::View;
use crate::model::{Comparison, Measured, NANOS, Rational};
use crate::plan::{Count, Limit, Predicate};

/// A part of a whole.
pub(super) struct Share {
    /// In the part.
    part: i128,
    /// Not in it.
    rest: i128,
    /// One of the two.
    unknown: i128,
    unknown_rows: u64,
    /// The rest is what is measured.
    complement: bool,
    /// Rows count as many as they say: nobody knows how many a rejected one stood for.
    weighted: bool,
    /// Rows of the data are counted, not requests.
    of_rows: bool,
    /// Where it lies if nothing is filled in.
    known: Option<Point>,
}

impl Share {
    pub(super) fn of_part(
        view: View,
        part: &Predicate,
        count: Count,
        complement: bool,
        of_rows: bool,
    ) -> Share {
        let rows = view.rows_by(part);
        let split = if count == Count::Rows { rows } else { view.requests_by(count, part) };
        Share {
            unknown: split.unknown,
            unknown_rows: whole(rows.unknown),
            weighted: count != Count::Rows,
            of_rows,
            ..Share::known(split.yes, split.no, complement)
        }
    }

    /// Interval rows: failures of requests. A row that lacks a count is rejected, so none is unknown.
    pub(super) fn of_sums(view: View, failures: usize, requests: usize, complement: bool) -> Share {
        let sum = |at| view.sum(at, |_| true) / i128::from(NANOS);
        let part = sum(failures);
        Share { weighted: true, ..Share::known(part, sum(requests) - part, complement) }
    }

    fn known(part: i128, rest: i128, complement: bool) -> Share {
        let known = Point::share(if complement { rest } else { part }, part + rest);
        Share { part, rest, unknown: 0, unknown_rows: 0, complement, weighted: false, of_rows: false, known }
    }

    /// The measured part and the whole, with missing cells filled.
    fn numbers(&self, missing: Fill) -> (i128, i128) {
        let part = if self.complement { self.rest } else { self.part };
        let whole = self.part + self.rest;
        match missing {
            Fill::Omit => (part, whole),
            Fill::Low => (part, whole + self.unknown),
            Fill::High => (part + self.unknown, whole + self.unknown),
        }
    }

    fn point(&self, fills: Fills) -> Point {
        let (low, high) = fills.rejected();
        if low + high == 0 && (fills.missing == Fill::Omit || self.unknown == 0) {
            return self.known.unwrap_or(Point::nowhere(fills));
        }
        let (part, whole) = self.numbers(fills.missing);
        if self.weighted && low + high > 0 {
            return Point::At(if low > 0 { Rational::ZERO } else { Rational::ONE });
        }
        let (low, high) = (i128::from(low), i128::from(high));
        Point::share(part + high, whole + low + high).unwrap_or(Point::nowhere(fills))
    }
}

impl Gauge for Share {
    fn samples(&self) -> u64 {
        whole(self.part + self.rest)
    }

    fn missing(&self) -> u64 {
        self.unknown_rows
    }

    fn has_unknown(&self) -> bool {
        self.unknown > 0
    }

    fn within(&self, fills: Fills, limit: Limit) -> bool {
        self.point(fills).within(limit)
    }

    fn exact(&self, setting: &Setting) -> Option<Rational> {
        self.point(Fills::missing(setting.fills.missing)).value()
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        exactly(self.exact(setting), setting.promise)
    }

    fn score(&self, setting: &Setting) -> Option<Score> {
        let (part, whole) = self.numbers(setting.fills.missing);
        score(part, whole, setting.promise)
    }

    fn sentence(&self, setting: &Setting) -> String {
        let (measured, all) = self.numbers(setting.fills.missing);
        let noun = if self.of_rows { setting.rows } else { setting.requests };
        let promise = setting.promise;
        // What counts against the promise is the measured part, or the rest of it.
        let against_part = !promise.comparison.wants_large();
        let verbs =
            if against_part == self.complement { setting.part.swapped() } else { setting.part.verbs() };
        match score(measured, all, promise) {
            Some(score) => phrase::scored(score, all, noun, verbs, setting.verdict),
            None => {
                let did = crate::model::display::count(measured);
                format!("{did} of {} {}", crate::model::display::counted(all, noun), verbs.does)
            }
        }
    }
}

/// How much of the whole counts against the promise, and how much may. With a target T of n:
/// part <= T·n, so that floor(T·n) are allowed; part >= T·n, so that n - ceil(T·n) may be missing from it.
pub(super) fn score(part: i128, all: i128, promise: Promise) -> Option<Score> {
    let target = promise.target.value;
    let most = target.num().checked_mul(all)?;
    let floor = most.div_euclid(target.den());
    let ceil = floor + i128::from(floor.checked_mul(target.den())? != most);
    let (bad, allowed) = match promise.comparison {
        Comparison::AtMost => (part, floor),
        Comparison::Below => (part, ceil - 1),
        Comparison::AtLeast => (all - part, all - ceil),
        Comparison::Above => (all - part, all - floor - 1),
        Comparison::Equal | Comparison::Unequal => return None,
    };
    Some(Score { bad: bad.max(0), allowed: Some(allowed.min(all)).filter(|allowed| *allowed >= 0) })
}
