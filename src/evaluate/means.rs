//! Means, sums, and sums over sums.

use super::gauge::{Bounds, Fill, Fills, Gauge, Point, Setting, exactly, quantity, whole};
use super::phrase;
use super::view::View;
use crate::model::display::counted;
use crate::model::{Measured, NANOS, Rational};
use crate::plan::{Count, Limit, Plan, Predicate};

/// An arithmetic mean.
pub(super) struct Mean {
    /// Sum of the values times their weights, in billionths.
    sum: i128,
    /// Sum of the weights: rows, or requests.
    weight: i128,
    /// Weight of the rows without a value.
    unknown: i128,
    unknown_rows: u64,
    bounds: Bounds,
    weighted: bool,
    /// Of the known values.
    known: Option<Point>,
}

impl Mean {
    pub(super) fn new(view: View, plan: &Plan, sum: usize, present: &Predicate, count: Count) -> Mean {
        let rows = view.rows_by(present);
        let split = if count == Count::Rows { rows } else { view.requests_by(count, present) };
        let total = view.sum(sum, |code| view.holds(present, code));
        Mean {
            sum: total,
            weight: split.yes,
            known: Point::share(total, split.yes * i128::from(NANOS)),
            unknown: split.no + split.unknown,
            unknown_rows: whole(rows.no + rows.unknown),
            bounds: Bounds::of(&view, plan, sum),
            weighted: count != Count::Rows,
        }
    }

    /// The mean with so much more weight at the lower bound, and at the upper.
    fn with(&self, low: i128, high: i128) -> Option<Point> {
        if low == 0 && high == 0 {
            return self.known;
        }
        let billionths = |bound: Option<i64>, weight: i128| match bound {
            Some(bound) => Some(i128::from(bound) * weight * i128::from(NANOS)),
            None => (weight == 0).then_some(0),
        };
        let Some(lower) = billionths(self.bounds.least, low) else { return Some(Point::Lowest) };
        let Some(upper) = billionths(self.bounds.most, high) else { return Some(Point::Highest) };
        let sum = self.sum.saturating_add(lower).saturating_add(upper);
        Point::share(sum, (self.weight + low + high) * i128::from(NANOS))
    }

    fn point(&self, fills: Fills) -> Point {
        let (low, high) = fills.rejected();
        if self.weighted && low + high > 0 {
            // Nobody knows how many requests a rejected row stood for: it may outweigh all others.
            let bound = if low > 0 { self.bounds.least } else { self.bounds.most };
            let unbounded = if low > 0 { Point::Lowest } else { Point::Highest };
            return bound.map_or(unbounded, |bound| Point::At(Rational::integer(bound)));
        }
        let (missing_low, missing_high) = match fills.missing {
            Fill::Omit => (0, 0),
            Fill::Low => (self.unknown, 0),
            Fill::High => (0, self.unknown),
        };
        let found = self.with(missing_low + i128::from(low), missing_high + i128::from(high));
        found.unwrap_or(Point::nowhere(fills))
    }

    fn value(&self) -> Option<Rational> {
        self.with(0, 0)?.value()
    }
}

impl Gauge for Mean {
    fn samples(&self) -> u64 {
        whole(self.weight)
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
        // Where missing cells count as bad without bound there is no number for it: the known mean is shown.
        self.point(setting.fills).value().filter(|_| self.weight + self.unknown > 0).or_else(|| self.value())
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        exactly(self.exact(setting), setting.promise)
    }

    fn sentence(&self, setting: &Setting) -> String {
        let noun = if self.weighted { setting.requests } else { setting.rows };
        let over = counted(self.weight, noun);
        match self.exact(setting) {
            Some(mean) => {
                let mean = quantity(mean, setting.promise);
                let (value, far) =
                    (phrase::value(mean, setting.promise), phrase::against(mean, setting.promise));
                format!("average {value} over {over}, {far}")
            }
            None => format!("no value in {over}"),
        }
    }

    fn notes(&self, setting: &Setting) -> Vec<String> {
        if self.weighted { vec![format!("weighted by {}", setting.requests)] } else { Vec::new() }
    }
}

/// A sum.
pub(super) struct Total {
    /// In billionths.
    sum: i128,
    rows: u64,
    unknown_rows: u64,
    bounds: Bounds,
}

impl Total {
    pub(super) fn new(view: View, plan: &Plan, sum: usize, present: &Predicate) -> Total {
        let rows = view.rows_by(present);
        Total {
            sum: view.sum(sum, |code| view.holds(present, code)),
            rows: whole(rows.yes),
            unknown_rows: whole(rows.no + rows.unknown),
            bounds: Bounds::of(&view, plan, sum),
        }
    }

    fn point(&self, fills: Fills) -> Point {
        let (low, high) = fills.rejected();
        let (missing_low, missing_high) = match fills.missing {
            Fill::Omit => (0, 0),
            Fill::Low => (self.unknown_rows, 0),
            Fill::High => (0, self.unknown_rows),
        };
        let (low, high) = (low.saturating_add(missing_low), high.saturating_add(missing_high));
        let billionths = |bound: Option<i64>, rows: u64| match bound {
            Some(bound) => Some(i128::from(bound) * i128::from(rows) * i128::from(NANOS)),
            None => (rows == 0).then_some(0),
        };
        let Some(lower) = billionths(self.bounds.least, low) else { return Point::Lowest };
        let Some(upper) = billionths(self.bounds.most, high) else { return Point::Highest };
        let sum = self.sum.saturating_add(lower).saturating_add(upper);
        Point::share(sum, i128::from(NANOS)).unwrap_or(Point::nowhere(fills))
    }
}

impl Gauge for Total {
    fn samples(&self) -> u64 {
        self.rows
    }

    fn missing(&self) -> u64 {
        self.unknown_rows
    }

    fn within(&self, fills: Fills, limit: Limit) -> bool {
        self.point(fills).within(limit)
    }

    fn exact(&self, setting: &Setting) -> Option<Rational> {
        let known = || self.point(Fills::missing(Fill::Omit)).value();
        self.point(setting.fills).value().or_else(known)
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        exactly(self.exact(setting), setting.promise)
    }

    fn sentence(&self, setting: &Setting) -> String {
        let sum = quantity(self.exact(setting).unwrap_or(Rational::ZERO), setting.promise);
        format!(
            "{} in all over {}, {}",
            phrase::value(sum, setting.promise),
            counted(self.rows, setting.rows),
            phrase::against(sum, setting.promise)
        )
    }
}

/// One sum over another.
pub(super) struct Quotient {
    over: i128,
    under: i128,
    rows: u64,
    unknown_rows: u64,
    /// Neither sum can be negative, nor can their quotient.
    non_negative: bool,
}

impl Quotient {
    pub(super) fn new(view: View, plan: &Plan, over: usize, under: usize, present: &Predicate) -> Quotient {
        let rows = view.rows_by(present);
        let sum = |at| view.sum(at, |code| view.holds(present, code));
        let least = |at| Bounds::of(&view, plan, at).least;
        Quotient {
            over: sum(over),
            under: sum(under),
            rows: whole(rows.yes),
            unknown_rows: whole(rows.no + rows.unknown),
            non_negative: least(over).is_some() && least(under).is_some(),
        }
    }

    fn value(&self) -> Option<Rational> {
        Point::share(self.over, self.under)?.value()
    }
}

impl Gauge for Quotient {
    fn samples(&self) -> u64 {
        // Over a sum of zero there is nothing to tell.
        if self.under == 0 { 0 } else { self.rows }
    }

    fn missing(&self) -> u64 {
        self.unknown_rows
    }

    fn within(&self, fills: Fills, limit: Limit) -> bool {
        let (low, high) = fills.rejected();
        let fill = match (fills.missing, self.unknown_rows) {
            (_, 0) | (Fill::Omit, _) if low > 0 => Fill::Low,
            (_, 0) | (Fill::Omit, _) if high > 0 => Fill::High,
            (_, 0) => Fill::Omit,
            (fill, _) => fill,
        };
        let point = match fill {
            Fill::Omit => self.value().map_or(Point::nowhere(fills), Point::At),
            Fill::Low if self.non_negative => Point::At(Rational::ZERO),
            Fill::Low => Point::Lowest,
            Fill::High => Point::Highest,
        };
        point.within(limit)
    }

    fn exact(&self, _: &Setting) -> Option<Rational> {
        self.value()
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        exactly(self.value(), setting.promise)
    }

    fn sentence(&self, setting: &Setting) -> String {
        let rows = counted(self.rows, setting.rows);
        let Some(value) = self.value() else { return format!("a sum of zero over {rows}") };
        let parts = |sum: i128| {
            let sum = Rational::new(sum, i128::from(NANOS)).unwrap_or(Rational::ZERO);
            crate::model::display::number(sum, None)
        };
        let value = quantity(value, setting.promise);
        format!(
            "{} over {} is {} ({rows}), {}",
            parts(self.over),
            parts(self.under),
            phrase::value(value, setting.promise),
            phrase::against(value, setting.promise)
        )
    }
}
