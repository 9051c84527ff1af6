//! Percentiles, the smallest and the largest value: decided by counting, never by sorting.
//!
//! With nearest rank, the p-quantile of n values is the smallest value with at least p·n of them at or below it.
//! So it is at most T exactly when at least p·n values are at most T. The value itself is only shown, and where it is
//! known approximately only, it is shown on the side of the target where the counts say it is.

use super::gauge::{Fill, Fills, Gauge, Promise, Score, Setting, quantity, whole};
use super::phrase;
use super::view::View;
use crate::model::display::counted;
use crate::model::{Column, Comparison, Indicator, Measured, NANOS, Rational};
use crate::plan::{Limit, Plan, Rank, Side};

/// A value by its rank.
pub(super) struct Ranked<'a> {
    view: View<'a>,
    plan: &'a Plan,
    rank: Rank,
    digit: usize,
    shown: usize,
    known: u64,
    unknown: u64,
    /// The percentile that each row states.
    stated: Option<&'a str>,
}

impl<'a> Ranked<'a> {
    pub(super) fn new(view: View<'a>, plan: &'a Plan, rank: Rank, digit: usize, shown: usize) -> Ranked<'a> {
        let table = view.lens.table;
        let missing = |code: usize| table.is_missing(code, digit);
        let known = view.codes().filter(|(code, _)| !missing(*code)).map(|(_, rows)| rows).sum();
        let unknown = view.codes().filter(|(code, _)| missing(*code)).map(|(_, rows)| rows).sum();
        Ranked { view, plan, rank, digit, shown, known, unknown, stated: None }
    }

    /// Each row states a percentile of its own requests.
    pub(super) fn of_stated(self, stated: Option<&'a str>) -> Ranked<'a> {
        Ranked { stated, ..self }
    }

    /// Values that do not exceed the limit, and all values, with the unknown filled.
    fn counts(&self, fills: Fills, limit: Limit) -> (u64, u64) {
        let lens = self.view.lens;
        let within: u64 = self
            .view
            .codes()
            .filter(|(code, _)| {
                !lens.table.is_missing(*code, self.digit)
                    && !lens.table.exceeds(lens.group, *code, self.digit, limit)
            })
            .map(|(_, rows)| rows)
            .sum();
        let (low, high) = fills.rejected();
        let (missing_low, missing_high) = match fills.missing {
            Fill::Omit => (0, 0),
            Fill::Low => (self.unknown, 0),
            Fill::High => (0, self.unknown),
        };
        (within + low + missing_low, self.known + low + high + missing_low + missing_high)
    }

    /// The rank of the value among so many, counted from 1 at the smallest.
    fn position(&self, values: u64) -> u64 {
        match self.rank {
            Rank::Smallest => 1,
            Rank::Largest => values,
            Rank::Nearest(share) => whole(times(share, values).ceil()).max(1),
        }
    }

    /// The value among those that are known, the steps in which it is known, and whether it is exact.
    fn found(&self) -> Option<(Rational, Rational, bool)> {
        let table = self.view.lens.table;
        let cell = self.view.cell?;
        if let Rank::Nearest(_) = self.rank {
            let number = self.plan.numbers.get(table.shapes.get(self.shown)?.0)?;
            let shape = cell.shapes.get(self.shown)?;
            let step = number.step()?;
            let (value, exact) = shape.at_rank(self.position(shape.total()))?;
            return Some((step.times(Rational::integer(value))?, step, exact));
        }
        let (smallest, largest) = (*cell.extremes.get(self.shown)?)?;
        let value = if self.rank == Rank::Smallest { smallest } else { largest };
        let step = Rational::new(1, i128::from(NANOS))?;
        Some((Rational::new(value, i128::from(NANOS))?, step, true))
    }

    fn column(setting: &Setting) -> Column {
        match &setting.objective.indicator {
            Indicator::Percentile { column, .. } | Indicator::Min(column) | Indicator::Max(column) => {
                column.clone()
            }
            _ => Column("a value".to_owned()),
        }
    }
}

impl Gauge for Ranked<'_> {
    fn samples(&self) -> u64 {
        self.known
    }

    fn missing(&self) -> u64 {
        self.unknown
    }

    fn within(&self, fills: Fills, limit: Limit) -> bool {
        let (within, all) = self.counts(fills, limit);
        match self.rank {
            Rank::Smallest => within > 0,
            Rank::Largest => within == all && all > 0,
            Rank::Nearest(share) => Rational::share(within, all).is_some_and(|found| found >= share),
        }
    }

    fn exact(&self, setting: &Setting) -> Option<Rational> {
        let (within, all) = self.counts(setting.fills, setting.promise.limit());
        match self.rank {
            Rank::Nearest(_) => Rational::share(within, all),
            Rank::Smallest | Rank::Largest => self.found().map(|(value, ..)| value),
        }
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        let (value, step, exact) = self.found()?;
        let promise = setting.promise;
        // Missing cells that count as bad decide the verdict beside the values that are known: nothing to move then.
        let all_known = setting.fills.missing == Fill::Omit || self.unknown == 0;
        let seems_kept = promise.comparison.holds(value, promise.target.value);
        let (value, exact) = if all_known && seems_kept != setting.kept {
            (nearest(promise, setting.kept, step).unwrap_or(value), false)
        } else {
            (value, exact)
        };
        Some(Measured { approximate: !exact, ..Measured::exact(quantity(value, promise)) })
    }

    fn score(&self, setting: &Setting) -> Option<Score> {
        let promise = setting.promise;
        let (within, all) = self.counts(setting.fills, promise.limit());
        let position = self.position(all);
        match (promise.comparison, self.rank) {
            (Comparison::AtMost | Comparison::Below, Rank::Nearest(_) | Rank::Largest) => {
                let allowed = all - position.min(all);
                Some(Score { bad: i128::from(all - within), allowed: Some(i128::from(allowed)) })
            }
            (Comparison::AtLeast | Comparison::Above, Rank::Nearest(_) | Rank::Smallest) => {
                Some(Score { bad: i128::from(within), allowed: Some(i128::from(position - 1)) })
            }
            _ => None,
        }
    }

    fn sentence(&self, setting: &Setting) -> String {
        let promise = setting.promise;
        let (_, all) = self.counts(setting.fills, promise.limit());
        let value = self.measured(setting).map(|measured| {
            let text = phrase::value(measured.quantity(), promise);
            let about = if measured.approximate { "about " } else { "" };
            (format!("{about}{text}"), phrase::against(measured.quantity(), promise))
        });
        let scored = |score| {
            let kept = phrase::relation(&Self::column(setting), promise.comparison, promise.target);
            phrase::scored(score, i128::from(all), setting.rows, kept.swapped(), setting.verdict)
        };
        let superlative = if self.rank == Rank::Smallest { "smallest" } else { "largest" };
        match (self.score(setting), self.rank, value) {
            (Some(score), Rank::Nearest(_), _) | (Some(score), _, None) => scored(score),
            (_, Rank::Smallest | Rank::Largest, Some((value, far))) if all == 1 => {
                format!("the only value is {value}, {far}")
            }
            (Some(score), _, Some((value, _))) if score.bad > 0 => {
                format!("{}; the {superlative} is {value}", scored(score))
            }
            (_, Rank::Smallest | Rank::Largest, Some((value, far))) => {
                format!("the {superlative} of {} is {value}, {far}", counted(self.known, setting.rows))
            }
            (_, _, Some((value, far))) => {
                format!("{} is {value} over {}, {far}", setting.indicator, counted(self.known, setting.rows))
            }
            (_, _, None) => counted(self.known, setting.rows),
        }
    }

    fn notes(&self, setting: &Setting) -> Vec<String> {
        if let Some(stated) = self.stated {
            return vec![format!("of the {stated} that each row states, not of the {}", setting.requests)];
        }
        match self.rank {
            Rank::Nearest(share)
                if share < Rational::ONE && self.known > 0 && self.position(self.known) == self.known =>
            {
                let name = setting.indicator.split('(').next().unwrap_or(setting.indicator);
                vec![match self.known {
                    1 => format!("{name} of a single sample is that sample"),
                    known => format!("{}; {name} is the largest of them", counted(known, "samples")),
                }]
            }
            _ => Vec::new(),
        }
    }
}

/// The value nearest to the target that keeps the promise, or breaks it, in steps of `step`.
fn nearest(promise: Promise, kept: bool, step: Rational) -> Option<Rational> {
    let target = promise.target.value;
    if !promise.comparison.wants_small() && !promise.comparison.wants_large() {
        return if kept { Some(target) } else { target.plus(step) };
    }
    let steps = target.over(step)?;
    // Kept and wanting small, or broken and wanting large: on the lower side of the limit.
    let lower = promise.comparison.wants_small() == kept;
    let count = match (lower, promise.limit().side) {
        (true, Side::AtMost) => steps.floor(),
        (true, Side::Below) => steps.ceil() - 1,
        (false, Side::AtMost) => steps.floor() + 1,
        (false, Side::Below) => steps.ceil(),
    };
    step.times(Rational::new(count, 1)?)
}

fn times(share: Rational, values: u64) -> Rational {
    Rational::new(i128::from(values), 1).and_then(|values| share.times(values)).unwrap_or(Rational::ZERO)
}
