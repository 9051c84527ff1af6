//! One row at a time, exactly: the general path, for rows that the columns' loops leave.
//!
//! It is slow and complete: fractions instead of scaled integers, labels as text, straight into the final tallies.
//!
//! Invariant: for a row that the fast path would take, this path counts the same.

use super::batch::Batch;
use super::number::{Fault, NumberLane, quoted};
use super::time::{Outside, TimeLane, slice_start};
use crate::model::{Cell, Group, Instant, NANOS, ProblemKind, Rational, TallyTable};
use crate::plan::{Digit, Limit, Plan, Side, Table, TestKind, TextTest, Truth, digit};

/// What became of a row.
pub(super) enum Fate {
    /// Counted; how many of its numbers were finer than sums are.
    Counted { rounded: u64 },
    /// Outside the window.
    Outside(Outside),
    /// Cannot be used.
    Rejected(Fault),
    /// A sum does not fit.
    Overflow,
}

/// What the general path needs to know of its plan.
pub(super) struct Rows<'p> {
    pub(super) plan: &'p Plan,
    /// Fields of the labels, tests and counts in this file.
    pub(super) labels: Vec<usize>,
    pub(super) tests: Vec<usize>,
}

/// The answer of a test for a cell; an error is a doubt on its column.
pub(super) fn answer(what: &TestKind, column: usize, text: &[u8]) -> Result<u32, Fault> {
    let of_truth = |truth| match truth {
        Truth::False => digit::FALSE,
        Truth::True => digit::TRUE,
        Truth::Unknown => digit::UNKNOWN,
    };
    match what {
        TestKind::Text(test) => match needs_text(test, text) {
            true => Err(encoding(column, text)),
            false => Ok(of_truth(test.truth(text))),
        },
        TestKind::Failed(words) => words.digit(text).ok_or_else(|| Fault {
            kind: ProblemKind::UnknownStatus,
            column: Some(column),
            message: format!(
                "{} is no known status; say what it means under `input: status:` (ok, failed or ignore)",
                quoted(text)
            ),
        }),
    }
}

/// Text that is not UTF-8 is compared with nothing.
fn needs_text(test: &TextTest, text: &[u8]) -> bool {
    !matches!(test, TextTest::Blank) && std::str::from_utf8(text).is_err()
}

/// Bytes that are no text where text is needed.
pub(super) fn encoding(column: usize, text: &[u8]) -> Fault {
    Fault {
        kind: ProblemKind::Encoding,
        column: Some(column),
        message: format!(
            "{} is not UTF-8; if the file is Latin-1, convert it with iconv first",
            quoted(text)
        ),
    }
}

/// A row whose counts cannot be.
pub(super) fn check_counts(
    requests: Option<Rational>,
    failures: Option<Option<Rational>>,
) -> Result<(), &'static str> {
    match (requests, failures) {
        (None, _) => Err("no count of requests"),
        (Some(_), Some(None)) => Err("no count of failures"),
        (Some(requests), Some(Some(failures))) if failures > requests => Err("more failures than requests"),
        _ => Ok(()),
    }
}

impl Rows<'_> {
    /// Judges a row and counts it.
    pub(super) fn take(
        &self,
        batch: &Batch<'_>,
        row: usize,
        times: Option<&TimeLane>,
        numbers: &[NumberLane],
        tables: &mut [TallyTable],
        mut see: impl FnMut(Instant),
        mut doubt: impl FnMut(Fault),
    ) -> Fate {
        let plan = self.plan;
        let instant = match times.map(|times| times.exact(batch, row)) {
            None => None,
            Some(Ok(instant)) => instant,
            Some(Err(fault)) => return Fate::Rejected(fault),
        };
        let mut values = Vec::with_capacity(numbers.len());
        for lane in numbers {
            match lane.exact(batch, row) {
                Ok(value) => values.push(value),
                Err(fault) => return Fate::Rejected(fault),
            }
        }
        if let Some((requests, failures)) = plan.counts
            && let Err(why) = check_counts(values[requests], failures.map(|failures| values[failures]))
        {
            let column = plan.numbers[failures.unwrap_or(requests)].source.columns().first().copied();
            return Fate::Rejected(Fault { kind: ProblemKind::OutOfRange, column, message: why.to_owned() });
        }
        if let Some(instant) = instant {
            see(instant);
            if let Some(side) = times.and_then(|times| times.outside(instant)) {
                return Fate::Outside(side);
            }
        }
        let mut answers = Vec::with_capacity(plan.tests.len());
        for (test, field) in plan.tests.iter().zip(&self.tests) {
            answers.push(answer(&test.what, test.column, &batch.text(row, *field)).unwrap_or_else(|fault| {
                doubt(fault);
                digit::UNKNOWN
            }));
        }
        let labels: Vec<String> = plan
            .labels
            .iter()
            .zip(&self.labels)
            .map(|(column, field)| {
                let text = batch.text(row, *field);
                if std::str::from_utf8(&text).is_err() {
                    doubt(encoding(*column, &text));
                }
                String::from_utf8_lossy(&text).into_owned()
            })
            .collect();
        let slice = slice_start(instant.unwrap_or(0), plan.time.as_ref().and_then(|time| time.slice));
        let mut rounded = 0;
        for (table, tallies) in plan.tables.iter().zip(tables) {
            let group: Group = table.by.iter().map(|label| labels[*label].clone()).collect();
            let code = code(table, &group, &answers, &values);
            let cell =
                tallies.cells.entry(group.clone()).or_default().entry(slice).or_insert_with(|| empty(table));
            match add(table, &group, code, &values, numbers, cell) {
                Some(inexact) => rounded += inexact,
                None => return Fate::Overflow,
            }
        }
        Fate::Counted { rounded }
    }
}

fn code(table: &Table, group: &Group, answers: &[u32], values: &[Option<Rational>]) -> usize {
    table.digits.iter().fold(0, |code, digit| {
        let value = match digit {
            Digit::Test(test) => answers[*test] as usize,
            Digit::Edges { number, limits } => match values[*number] {
                None => limits.standard.len() + 1,
                Some(value) => limits.of(group).iter().filter(|limit| exceeds(value, **limit)).count(),
            },
        };
        code * digit.radix() + value
    })
}

fn exceeds(value: Rational, limit: Limit) -> bool {
    match limit.side {
        Side::AtMost => value > limit.at,
        Side::Below => value >= limit.at,
    }
}

/// A cell of a table without rows.
pub(super) fn empty(table: &Table) -> Cell {
    Cell {
        counts: vec![0; table.codes],
        sums: vec![0; table.sums.len() * table.slots],
        extremes: vec![None; table.extremes.len()],
        shapes: vec![crate::model::Shape::default(); table.shapes.len()],
    }
}

/// Adds a row to its cell. How many of its numbers had to be rounded, or nothing where a sum does not fit.
fn add(
    table: &Table,
    group: &Group,
    code: usize,
    values: &[Option<Rational>],
    numbers: &[NumberLane],
    cell: &mut Cell,
) -> Option<u64> {
    let mut rounded = 0;
    let nanos = |value: Rational| value.times(Rational::integer(NANOS));
    cell.counts[code] += 1;
    let slot = table.slot_of_code[code] as usize;
    for (index, sum) in table.sums.iter().enumerate() {
        let weight = match sum.weight {
            None => Some(Rational::ONE),
            Some(weight) => values[weight],
        };
        if let (Some(value), Some(weight)) = (values[sum.number], weight) {
            let exact = nanos(value.times(weight)?)?;
            rounded += u64::from(exact.den() != 1);
            let total = &mut cell.sums[index * table.slots + slot];
            *total = total.checked_add(exact.round())?;
        }
    }
    for (extreme, (number, rows)) in cell.extremes.iter_mut().zip(&table.extremes) {
        if let Some(value) = values[*number]
            && rows.truth(table, group, code) == Truth::True
        {
            let value = nanos(value)?.round();
            let (low, high) = extreme.unwrap_or((value, value));
            *extreme = Some((low.min(value), high.max(value)));
        }
    }
    for (shape, (number, rows)) in cell.shapes.iter_mut().zip(&table.shapes) {
        if let Some(value) = values[*number]
            && rows.truth(table, group, code) == Truth::True
        {
            let (value, exact) = numbers[*number].rounded(value);
            shape.add(value, 1);
            if !exact {
                shape.spill();
            }
        }
    }
    Some(rounded)
}
