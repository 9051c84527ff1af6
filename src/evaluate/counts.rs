//! Counts: rows, requests, failures, and requests per time.

use super::families::Span;
use super::gauge::{Fill, Fills, Gauge, Point, Score, Setting, exactly, quantity, whole};
use super::phrase;
use super::view::View;
use crate::model::display::counted;
use crate::model::{Comparison, Measured, NANOS, Rational, Reason};
use crate::plan::{Count, Limit, Predicate};

/// How many.
pub(super) struct Amount {
    what: Counted,
    known: i128,
    unknown: i128,
    /// Rows that were measured, to tell none from no data.
    rows: u64,
    /// Rows count as many as they say.
    weighted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Rows,
    Requests,
    Failures,
}

impl Amount {
    pub(super) fn rows(view: View) -> Amount {
        let rows = view.measured();
        Amount { what: Counted::Rows, known: i128::from(rows), unknown: 0, rows, weighted: false }
    }

    pub(super) fn requests(view: View, count: Count) -> Amount {
        Amount {
            what: Counted::Requests,
            known: view.requests(count),
            unknown: 0,
            rows: view.measured(),
            weighted: count != Count::Rows,
        }
    }

    pub(super) fn failures(view: View, failed: &Predicate, sum: Option<usize>) -> Amount {
        let (known, unknown) = match sum {
            Some(sum) => (view.sum(sum, |_| true) / i128::from(NANOS), 0),
            None => {
                let split = view.rows_by(failed);
                (split.yes, split.unknown)
            }
        };
        let weighted = sum.is_some();
        Amount { what: Counted::Failures, known, unknown, rows: view.measured(), weighted }
    }

    fn amount(&self, missing: Fill) -> i128 {
        if missing == Fill::High { self.known + self.unknown } else { self.known }
    }

    fn noun(&self, setting: &Setting) -> String {
        match self.what {
            Counted::Rows => setting.rows.to_owned(),
            Counted::Requests => setting.requests.to_owned(),
            Counted::Failures => format!("failed {}", setting.requests),
        }
    }
}

impl Gauge for Amount {
    fn samples(&self) -> u64 {
        match self.what {
            Counted::Requests => whole(self.known),
            Counted::Rows | Counted::Failures => self.rows,
        }
    }

    fn missing(&self) -> u64 {
        whole(self.unknown)
    }

    fn within(&self, fills: Fills, limit: Limit) -> bool {
        let (_, high) = fills.rejected();
        if self.weighted && high > 0 {
            return Point::Highest.within(limit);
        }
        Point::share(self.amount(fills.missing) + i128::from(high), 1)
            .is_some_and(|point| point.within(limit))
    }

    fn exact(&self, setting: &Setting) -> Option<Rational> {
        Rational::new(self.amount(setting.fills.missing), 1)
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        exactly(self.exact(setting), setting.promise)
    }

    fn score(&self, setting: &Setting) -> Option<Score> {
        let target = setting.promise.target.value;
        let allowed = match setting.promise.comparison {
            Comparison::AtMost => target.floor(),
            Comparison::Below => target.ceil() - 1,
            _ => return None,
        };
        let bad = self.amount(setting.fills.missing);
        let allowed = (allowed >= 0).then_some(allowed);
        (self.what == Counted::Failures).then_some(Score { bad, allowed })
    }

    fn sentence(&self, setting: &Setting) -> String {
        let amount = self.amount(setting.fills.missing);
        let value = quantity(Rational::new(amount, 1).unwrap_or(Rational::ZERO), setting.promise);
        let counted = counted(amount, &self.noun(setting));
        format!("{counted}, {}", phrase::against(value, setting.promise))
    }
}

/// Requests per second.
pub(super) struct Throughput {
    requests: i128,
    /// What they are divided by.
    span: Span,
    weighted: bool,
}

impl Throughput {
    pub(super) fn new(view: View, count: Count, span: Span) -> Throughput {
        Throughput { requests: view.requests(count), span, weighted: count != Count::Rows }
    }

    fn point(&self, fills: Fills) -> Point {
        let (low, high) = fills.rejected();
        if self.weighted && high > 0 {
            return Point::Highest;
        }
        if self.span.open_ended && low > 0 {
            return Point::At(Rational::ZERO);
        }
        let requests = self.requests + i128::from(high);
        let per_second = |length| Point::share(requests.saturating_mul(i128::from(NANOS)), length);
        self.span.length.and_then(per_second).unwrap_or(Point::nowhere(fills))
    }
}

impl Gauge for Throughput {
    fn samples(&self) -> u64 {
        whole(self.requests)
    }

    fn obstacle(&self) -> Option<(Reason, String)> {
        (self.span.length.unwrap_or(0) <= 0).then(|| {
            (
                Reason::ZeroSpan,
                "all of the input happened at one instant, so there is no time to divide by".to_owned(),
            )
        })
    }

    fn within(&self, fills: Fills, limit: Limit) -> bool {
        self.point(fills).within(limit)
    }

    fn exact(&self, setting: &Setting) -> Option<Rational> {
        self.obstacle().is_none().then(|| self.point(setting.fills).value()).flatten()
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        exactly(self.exact(setting), setting.promise)
    }

    fn sentence(&self, setting: &Setting) -> String {
        use crate::model::{Dimension, Quantity, display};
        let requests = counted(self.requests, setting.requests);
        let Some(rate) = self.exact(setting) else { return requests };
        let length =
            Rational::new(self.span.length.unwrap_or(0), i128::from(NANOS)).unwrap_or(Rational::ZERO);
        let length = display::quantity(Quantity::new(length, Dimension::Duration), None);
        let rate = quantity(rate, setting.promise);
        format!(
            "{requests} in {length} are {}, {}",
            phrase::value(rate, setting.promise),
            phrase::against(rate, setting.promise)
        )
    }

    fn notes(&self, setting: &Setting) -> Vec<String> {
        let over = if self.span.open_ended {
            "the time from the first row of the input to the last"
        } else {
            "the length of the period"
        };
        vec![format!("throughput is {} divided by {over}", setting.requests)]
    }
}
