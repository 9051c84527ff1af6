//! Which rows of a cell: by their codes, and by how far their numbers lie beyond the target.

use crate::model::{Group, Instant, Rational};
use std::cmp::Ordering;

/// A choice among the rows of one cell of a table.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Index into the plan's tables.
    pub table: usize,
    /// The values of the table's `by` columns.
    pub group: Group,
    /// The cell's slice.
    pub slice: Instant,
    /// What the rows come to, where the result says that.
    pub expected: Option<u64>,
    pub(super) codes: Vec<bool>,
    pub(super) excess: Option<Excess>,
    pub(super) worth: Worth,
}

/// How far a row alone lies beyond the target: `weight * (over - target * under)`, in the direction of `sign`.
#[derive(Clone, Debug)]
pub(super) struct Excess {
    pub(super) over: usize,
    /// A number and its factor; else the factor alone.
    pub(super) under: Option<usize>,
    pub(super) target: Rational,
    pub(super) weight: Option<usize>,
    pub(super) sign: Sign,
    pub(super) order: Order,
    /// Rows without the number are chosen, too, and come first.
    pub(super) with_missing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Above,
    Below,
    Either,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Input,
    LargestFirst,
}

/// What a row counts as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Worth {
    Row,
    /// Index into the plan's numbers.
    Number(usize),
    /// One number less another.
    Difference(usize, usize),
}

impl Choice {
    /// Whether a row is chosen, told from its code and its numbers: if so, rows with the larger rank come first.
    pub fn rank(&self, code: usize, values: &[Option<Rational>]) -> Option<Rational> {
        if !self.codes.get(code).copied().unwrap_or(false) {
            return None;
        }
        let Some(excess) = &self.excess else { return Some(Rational::ZERO) };
        let found = excess.of(values)?;
        Some(if excess.order == Order::LargestFirst { found } else { Rational::ZERO })
    }

    /// What a chosen row adds to what is [`Choice::expected`].
    pub fn worth(&self, values: &[Option<Rational>]) -> Rational {
        let number = |at: usize| values.get(at).copied().flatten().unwrap_or(Rational::ZERO);
        match self.worth {
            Worth::Row => Rational::ONE,
            Worth::Number(at) => number(at),
            Worth::Difference(more, less) => number(more).minus(number(less)).unwrap_or(Rational::ZERO),
        }
    }
}

impl Excess {
    /// `None` for a row that does not lie beyond.
    fn of(&self, values: &[Option<Rational>]) -> Option<Rational> {
        let number = |at: usize| values.get(at).copied().flatten();
        let read = [Some(self.over), self.under].into_iter().flatten();
        if self.with_missing && read.map(number).any(|value| value.is_none()) {
            return Some(Rational::integer(i64::MAX));
        }
        let over = number(self.over)?;
        let bound = match self.under {
            None => self.target,
            Some(under) => self.target.times(number(under)?)?,
        };
        let apart = match (self.sign, over.cmp(&bound)) {
            (_, Ordering::Equal) | (Sign::Above, Ordering::Less) | (Sign::Below, Ordering::Greater) => {
                return None;
            }
            (_, Ordering::Greater) => over.minus(bound),
            (_, Ordering::Less) => bound.minus(over),
        };
        let weight = self.weight.map_or(Some(Rational::ONE), number)?;
        // Beyond what fits no difference matters any more.
        let excess = apart.and_then(|apart| apart.times(weight)).unwrap_or(Rational::ZERO);
        (weight > Rational::ZERO).then_some(excess)
    }
}
