//! Conditions over a row, and the comparisons that objectives and conditions share.
//!
//! A condition is three-valued: a comparison with a missing cell is neither true nor false.

use super::word::words;
use super::{Quantity, Rational};
use std::fmt;

/// A column as the rules name it: a role (`latency`, `service`, `status`, `time`, `requests`, `failures`), a key
/// of `input: columns:`, or a header of the data. Resolved in that order when the plan is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Column(pub String);

impl Column {
    /// As rules take it: a name that is no plain word stands in backticks.
    pub fn in_rules(&self) -> String {
        let plain = self.0.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
            && !self.0.starts_with(|character: char| character.is_ascii_digit());
        if plain { self.0.clone() } else { format!("`{}`", self.0) }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an indicator is held against a target, or a cell against a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Comparison {
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `==`
    Equal,
    /// `!=`; in conditions only, never in an objective.
    Unequal,
}

words! {
    /// As written in rules.
    Comparison::symbol {
        AtMost: "<=",
        Below: "<",
        AtLeast: ">=",
        Above: ">",
        Equal: "==",
        Unequal: "!=",
    }
}

impl Comparison {
    /// Whether `left` stands in this relation to `right`.
    pub fn holds(self, left: Rational, right: Rational) -> bool {
        let order = left.cmp(&right);
        match self {
            Comparison::AtMost => order.is_le(),
            Comparison::Below => order.is_lt(),
            Comparison::AtLeast => order.is_ge(),
            Comparison::Above => order.is_gt(),
            Comparison::Equal => order.is_eq(),
            Comparison::Unequal => order.is_ne(),
        }
    }

    /// Whether smaller values are the better ones (`<=`, `<`).
    pub fn wants_small(self) -> bool {
        matches!(self, Comparison::AtMost | Comparison::Below)
    }

    /// Whether larger values are the better ones (`>=`, `>`).
    pub fn wants_large(self) -> bool {
        matches!(self, Comparison::AtLeast | Comparison::Above)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

/// What a cell is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A number with its unit, in base units.
    Quantity(Quantity),
    /// Text; compared to the letter, except in the status column, where case and surrounding spaces fold.
    Text(String),
    /// A time of day, in seconds since midnight (0 ..= 86,400).
    Clock(u32),
}

/// A condition over one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// The row is a failure, as `input` defines it: `failed`.
    Failed,
    /// `latency > 500ms`, `route != "/health"`.
    Compare {
        /// Left side.
        column: Column,
        /// Relation.
        comparison: Comparison,
        /// Right side.
        value: Value,
    },
    /// `region in ["eu", "us"]`.
    In {
        /// Left side.
        column: Column,
        /// Any of these.
        values: Vec<Value>,
    },
    /// `route matches /^\/api/`; the pattern was checked when the rules were read.
    Matches {
        /// Left side.
        column: Column,
        /// A regular expression in the syntax of the `regex` crate.
        pattern: String,
    },
    /// `latency is missing`: never unknown.
    Missing(Column),
    /// `not …`
    Not(Box<Condition>),
    /// `… and …`; true when empty.
    And(Vec<Condition>),
    /// `… or …`; false when empty.
    Or(Vec<Condition>),
}

impl Condition {
    /// Calls `visit` with every column named in it, in reading order.
    pub fn each_column<'a>(&'a self, visit: &mut dyn FnMut(&'a Column)) {
        match self {
            Condition::Failed => {}
            Condition::Compare { column, .. }
            | Condition::In { column, .. }
            | Condition::Matches { column, .. }
            | Condition::Missing(column) => visit(column),
            Condition::Not(inner) => inner.each_column(visit),
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts {
                    part.each_column(visit);
                }
            }
        }
    }
}
