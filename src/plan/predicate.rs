//! Conditions, resolved to the digits of a table and the labels of its groups.

use super::{Digit, Limit, Limits, Measure, Reading, Table, TextTest, digit};

/// Three-valued: a comparison with a missing cell is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does not hold.
    False,
    /// It holds.
    True,
    /// A cell that it needs is missing.
    Unknown,
}

impl Truth {
    /// From a plain answer.
    pub fn known(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }

    /// True and false change places.
    #[must_use]
    pub fn negated(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::True => Truth::False,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

/// A condition over one row, told from its code and its group.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// The answer of the test at `digits[i]`; an ignored status is unknown.
    Test(usize),
    /// The status at `digits[i]` is one to ignore.
    Ignored(usize),
    /// The number at `digits[digit]` exceeds `limit`.
    Exceeds {
        /// Index into the table's digits.
        digit: usize,
        /// One of the standard limits of that digit.
        limit: Limit,
    },
    /// The cell behind `digits[i]` is missing; never unknown.
    Missing(usize),
    /// A question about the label at `by[i]`.
    Label(usize, TextTest),
    /// The inner one is unknown; never unknown itself.
    Unsure(Box<Predicate>),
    /// Not.
    Not(Box<Predicate>),
    /// All of them; true when empty.
    All(Vec<Predicate>),
    /// Any of them; false when empty.
    Any(Vec<Predicate>),
}

impl Predicate {
    /// Holds for every row.
    pub const TRUE: Predicate = Predicate::All(Vec::new());

    /// Whether it holds for rows of this group under this code of the table.
    pub fn truth(&self, table: &Table, group: &[String], code: usize) -> Truth {
        match self {
            Predicate::Test(at) => match table.digit(code, *at) {
                digit::FALSE => Truth::False,
                digit::TRUE => Truth::True,
                _ => Truth::Unknown,
            },
            Predicate::Ignored(at) => Truth::known(table.digit(code, *at) == digit::IGNORED),
            Predicate::Missing(at) => Truth::known(table.is_missing(code, *at)),
            Predicate::Exceeds { digit, limit } => {
                if table.is_missing(code, *digit) {
                    return Truth::Unknown;
                }
                Truth::known(table.exceeds(group, code, *digit, *limit))
            }
            Predicate::Label(at, test) => match group.get(*at) {
                Some(label) => test.truth(label.as_bytes()),
                None => Truth::Unknown,
            },
            Predicate::Unsure(inner) => Truth::known(inner.truth(table, group, code) == Truth::Unknown),
            Predicate::Not(inner) => inner.truth(table, group, code).negated(),
            Predicate::All(parts) => fold(parts, Truth::False, |part| part.truth(table, group, code)),
            Predicate::Any(parts) => fold(parts, Truth::True, |part| part.truth(table, group, code)),
        }
    }

    /// The same with every digit renumbered.
    #[must_use]
    pub fn renumbered(&self, digit_of: &dyn Fn(usize) -> usize) -> Predicate {
        let all = |parts: &[Predicate]| parts.iter().map(|part| part.renumbered(digit_of)).collect();
        match self {
            Predicate::Test(at) => Predicate::Test(digit_of(*at)),
            Predicate::Ignored(at) => Predicate::Ignored(digit_of(*at)),
            Predicate::Exceeds { digit, limit } => {
                Predicate::Exceeds { digit: digit_of(*digit), limit: *limit }
            }
            Predicate::Missing(at) => Predicate::Missing(digit_of(*at)),
            Predicate::Label(at, test) => Predicate::Label(*at, test.clone()),
            Predicate::Unsure(inner) => Predicate::Unsure(Box::new(inner.renumbered(digit_of))),
            Predicate::Not(inner) => Predicate::Not(Box::new(inner.renumbered(digit_of))),
            Predicate::All(parts) => Predicate::All(all(parts)),
            Predicate::Any(parts) => Predicate::Any(all(parts)),
        }
    }

    /// Calls `visit` with every digit it reads.
    pub fn each_digit(&self, visit: &mut dyn FnMut(usize)) {
        match self {
            Predicate::Test(at) | Predicate::Ignored(at) | Predicate::Missing(at) => visit(*at),
            Predicate::Exceeds { digit, .. } => visit(*digit),
            Predicate::Label(..) => {}
            Predicate::Unsure(inner) | Predicate::Not(inner) => inner.each_digit(visit),
            Predicate::All(parts) | Predicate::Any(parts) => {
                for part in parts {
                    part.each_digit(visit);
                }
            }
        }
    }

    /// Whether it could hold for some row of this group, whatever the row's cells.
    pub fn possible(&self, table: &Table, group: &[String]) -> bool {
        (0..table.codes).any(|code| self.truth(table, group, code) != Truth::False)
    }
}

/// Kleene's conjunction (`decisive` is false) or disjunction (`decisive` is true).
fn fold(parts: &[Predicate], decisive: Truth, truth: impl Fn(&Predicate) -> Truth) -> Truth {
    let mut result = decisive.negated();
    for part in parts {
        match truth(part) {
            found if found == decisive => return decisive,
            Truth::Unknown => result = Truth::Unknown,
            _ => {}
        }
    }
    result
}

impl Reading {
    /// Calls `visit` with every predicate that it asks.
    pub fn each_predicate(&self, visit: &mut dyn FnMut(&Predicate)) {
        visit(&self.accepts);
        visit(&self.filter);
        match &self.measure {
            Measure::Failures { failed: part, .. } | Measure::Share { part, .. } => visit(part),
            Measure::Apdex { failed, .. } => visit(failed),
            // Those with a predicate ask whether a number is there.
            Measure::Mean { .. }
            | Measure::Total { .. }
            | Measure::Quotient { .. }
            | Measure::Rows
            | Measure::Requests(_)
            | Measure::FailureSums { .. }
            | Measure::Rank { .. }
            | Measure::Throughput(_)
            | Measure::Given { .. } => {}
        }
    }
}

impl Digit {
    /// How many values the digit has.
    pub fn radix(&self) -> usize {
        match self {
            Digit::Test { answers, .. } => *answers as usize,
            Digit::Edges { limits, .. } => limits.standard.len() + 2,
        }
    }
}

impl Limits {
    /// The limits of a group.
    pub fn of(&self, group: &[String]) -> &[Limit] {
        let matches = |pattern: &[Option<String>]| {
            pattern
                .iter()
                .zip(group)
                .all(|(wanted, label)| wanted.as_ref().is_none_or(|wanted| wanted == label))
        };
        self.by_group
            .iter()
            .find(|(pattern, _)| matches(pattern))
            .map_or(&self.standard, |(_, limits)| limits)
    }
}

impl Table {
    /// The value of `digits[at]` in a code.
    pub fn digit(&self, code: usize, at: usize) -> u32 {
        let below: usize = self.digits[at + 1..].iter().map(Digit::radix).product();
        (code / below % self.digits[at].radix()) as u32
    }

    /// Whether the cell behind `digits[at]` is missing under this code.
    pub fn is_missing(&self, code: usize, at: usize) -> bool {
        let value = self.digit(code, at);
        match &self.digits[at] {
            Digit::Test { .. } => value == digit::UNKNOWN,
            Digit::Edges { limits, .. } => value as usize == limits.standard.len() + 1,
        }
    }

    /// Whether a number that is there exceeds a limit, which must be one of the group's.
    pub fn exceeds(&self, group: &[String], code: usize, at: usize, limit: Limit) -> bool {
        let Digit::Edges { limits, .. } = &self.digits[at] else { return false };
        // The digit counts the limits that are exceeded; they ascend, so it exceeds `limit` when that many stand
        // at or below it.
        let position = limits.of(group).iter().filter(|other| **other < limit).count();
        self.digit(code, at) as usize > position
    }
}
