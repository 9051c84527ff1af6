//! Cells of a table, and the codes of its rows.

use super::lower::{DigitIs, Lowered};
use crate::model::{Cell, Group, Instant, Rational, Shape, TallyTable};
use crate::plan::{Digit, Table, Truth, digit};

/// An empty cell.
fn empty(table: &Table) -> Cell {
    Cell {
        counts: vec![0; table.codes],
        sums: vec![0; table.sums.len() * table.slots],
        extremes: vec![None; table.extremes.len()],
        shapes: vec![Shape::default(); table.shapes.len()],
    }
}

/// The cell of a group and slice.
pub(super) fn cell<'a>(
    tally: &'a mut TallyTable,
    table: &Table,
    group: &Group,
    slice: Instant,
) -> &'a mut Cell {
    if !tally.cells.contains_key(group) {
        tally.cells.insert(group.clone(), std::collections::BTreeMap::new());
    }
    let slices = tally.cells.entry(group.clone()).or_default();
    slices.entry(slice).or_insert_with(|| empty(table))
}

/// What the row's value is to a code.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    /// There is none, or nobody knows it.
    Missing,
    /// A number in base units.
    Number(Rational),
    /// Whether a request failed.
    Failed(bool),
    /// It needs none.
    None,
}

/// The code of a row with these labels and this value.
pub(super) fn code(table: &Table, lowered: &Lowered, labels: &[String], value: Value) -> usize {
    let group = &labels[..lowered.by];
    let mut code = 0;
    for (is, radix) in lowered.digits.iter().zip(&table.digits) {
        let found = match (is, value) {
            (DigitIs::Label(at, test), _) => match test.truth(labels[*at].as_bytes()) {
                Truth::False => digit::FALSE,
                Truth::True => digit::TRUE,
                Truth::Unknown => digit::UNKNOWN,
            },
            (DigitIs::Failed, Value::Failed(true)) => digit::TRUE,
            (DigitIs::Failed, Value::Failed(false)) => digit::FALSE,
            (DigitIs::Failed, _) => digit::UNKNOWN,
            (DigitIs::Edges, Value::Number(number)) => exceeded(radix, group, number),
            (DigitIs::Edges, _) => radix.radix() as u32 - 1,
        };
        code = code * radix.radix() + found as usize;
    }
    code
}

/// How many limits a number exceeds.
fn exceeded(digit: &Digit, group: &[String], number: Rational) -> u32 {
    use crate::plan::Side;
    let Digit::Edges { limits, .. } = digit else { return 0 };
    let exceeds = |limit: &&crate::plan::Limit| match limit.side {
        Side::Below => number >= limit.at,
        Side::AtMost => number > limit.at,
    };
    limits.of(group).iter().filter(exceeds).count() as u32
}
