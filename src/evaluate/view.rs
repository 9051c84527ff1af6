//! A cell of a table through the eyes of one objective: which of its rows count, and how many of them are what.

use crate::model::{Cell, NANOS};
use crate::plan::{Count, Predicate, Reading, Table, Truth};
use std::cell::Cell as Memo;

/// What an objective makes of the codes of a table, for one group. Codes are classified when they first occur.
pub(super) struct Lens<'a> {
    /// The table that the reading reads.
    pub(super) table: &'a Table,
    /// The reading.
    pub(super) reading: &'a Reading,
    /// The values of the table's `by` columns.
    pub(super) group: &'a [String],
    classes: Vec<Memo<Option<Class>>>,
}

/// What a row is to an objective.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// The agreement does not accept it.
    Outside,
    /// The objective's `where` does not hold.
    LeftOut,
    /// The objective's `where` cannot be told, because a cell is missing; left out, too.
    Unsure,
    /// It is measured.
    Measured,
}

/// How many rows (or requests) a predicate holds for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    /// It holds.
    pub(super) yes: i128,
    /// It does not.
    pub(super) no: i128,
    /// A cell that it needs is missing.
    pub(super) unknown: i128,
}

impl<'a> Lens<'a> {
    pub(super) fn new(table: &'a Table, reading: &'a Reading, group: &'a [String]) -> Lens<'a> {
        Lens { table, reading, group, classes: vec![Memo::new(None); table.codes] }
    }

    fn class(&self, code: usize) -> Class {
        let Some(memo) = self.classes.get(code) else { return Class::Outside };
        memo.get().unwrap_or_else(|| {
            let class = match self.truth(&self.reading.accepts, code) {
                Truth::False | Truth::Unknown => Class::Outside,
                Truth::True => match self.truth(&self.reading.filter, code) {
                    Truth::True => Class::Measured,
                    Truth::False => Class::LeftOut,
                    Truth::Unknown => Class::Unsure,
                },
            };
            memo.set(Some(class));
            class
        })
    }

    /// Whether rows of a code are measured.
    pub(super) fn measures(&self, code: usize) -> bool {
        self.class(code) == Class::Measured
    }

    pub(super) fn truth(&self, predicate: &Predicate, code: usize) -> Truth {
        predicate.truth(self.table, self.group, code)
    }

    /// Whether the agreement accepts a row of the cell.
    pub(super) fn accepts_any(&self, cell: &Cell) -> bool {
        occurring(cell).any(|(code, _)| self.class(code) != Class::Outside)
    }
}

/// A cell, or the lack of one, through a lens.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) lens: &'a Lens<'a>,
    pub(super) cell: Option<&'a Cell>,
}

impl View<'_> {
    /// Rows that the agreement accepts.
    pub(super) fn accepted(&self) -> u64 {
        self.count(|class| class != Class::Outside)
    }

    /// Accepted rows that the objective's `where` leaves out.
    pub(super) fn left_out(&self) -> u64 {
        self.count(|class| matches!(class, Class::LeftOut | Class::Unsure))
    }

    /// Of those, rows for which the `where` cannot be told.
    pub(super) fn unsure(&self) -> u64 {
        self.count(|class| class == Class::Unsure)
    }

    /// Rows that are measured.
    pub(super) fn measured(&self) -> u64 {
        self.count(|class| class == Class::Measured)
    }

    fn count(&self, wanted: impl Fn(Class) -> bool) -> u64 {
        let codes = self.cell.into_iter().flat_map(occurring);
        codes.filter(|(code, _)| wanted(self.lens.class(*code))).map(|(_, count)| count).sum()
    }

    /// The codes that are measured, with their rows.
    pub(super) fn codes(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let codes = self.cell.into_iter().flat_map(occurring);
        codes.filter(|(code, _)| self.lens.class(*code) == Class::Measured)
    }

    /// Measured rows for which the predicate holds, does not, or cannot be told.
    pub(super) fn rows_by(&self, predicate: &Predicate) -> Split {
        let mut split = Split::default();
        for (code, rows) in self.codes() {
            *split.of(self.lens.truth(predicate, code)) += i128::from(rows);
        }
        split
    }

    /// As [`View::rows_by`], in requests: interval rows count as many as they say.
    pub(super) fn requests_by(&self, count: Count, predicate: &Predicate) -> Split {
        let sum = match count {
            Count::Rows => return self.rows_by(predicate),
            Count::Sum(sum) => sum,
        };
        // Counts are whole numbers, so that nothing is lost.
        let requests =
            |wanted| self.sum(sum, |code| self.lens.truth(predicate, code) == wanted) / i128::from(NANOS);
        Split { yes: requests(Truth::True), no: requests(Truth::False), unknown: requests(Truth::Unknown) }
    }

    /// Requests among the measured rows.
    pub(super) fn requests(&self, count: Count) -> i128 {
        self.requests_by(count, &Predicate::TRUE).yes
    }

    /// A sum over the measured rows whose code is chosen, in billionths. The plan gives codes that a reading tells
    /// apart different slots; a missing number adds nothing to its slot.
    pub(super) fn sum(&self, sum: usize, chosen: impl Fn(usize) -> bool) -> i128 {
        let Some(cell) = self.cell else { return 0 };
        let table = self.lens.table;
        let mut taken = vec![false; table.slots];
        let mut total: i128 = 0;
        for (code, _) in self.codes().filter(|(code, _)| chosen(*code)) {
            let slot = table.slot_of_code.get(code).map_or(0, |slot| *slot as usize);
            if !std::mem::replace(&mut taken[slot], true) {
                total = total.saturating_add(cell.sums.get(sum * table.slots + slot).copied().unwrap_or(0));
            }
        }
        total
    }

    /// Whether the predicate holds under a code.
    pub(super) fn holds(&self, predicate: &Predicate, code: usize) -> bool {
        self.lens.truth(predicate, code) == Truth::True
    }
}

impl Split {
    fn of(&mut self, truth: Truth) -> &mut i128 {
        match truth {
            Truth::True => &mut self.yes,
            Truth::False => &mut self.no,
            Truth::Unknown => &mut self.unknown,
        }
    }
}

/// The codes that occur in a cell, with their rows.
pub(super) fn occurring(cell: &Cell) -> impl Iterator<Item = (usize, u64)> + '_ {
    cell.counts.iter().copied().enumerate().filter(|(_, count)| *count > 0)
}
