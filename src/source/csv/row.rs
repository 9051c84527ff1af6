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
pub(super) struct Judged {
    pub(super) fate: Fate,
    /// Its time, if it has one and is not rejected.
    pub(super) instant: Option<Instant>,
    /// What makes results that rest on it undecided.
    pub(super) doubts: Vec<Fault>,
}

/// Whether a row counts.
pub(super) enum Fate {
    /// Yes; so many of its numbers are finer than sums are.
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
        TestKind::Text(test) if needs_text(test, text) => Err(encoding(column, text)),
        TestKind::Text(test) => Ok(of_truth(test.truth(text))),
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
    !text.is_ascii() && !matches!(test, TextTest::Blank) && std::str::from_utf8(text).is_err()
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

/// Why the counts of an interval row cannot be, and whose fault it is; indices are those of the plan's numbers.
fn impossible_counts(
    (requests, failures): (usize, Option<usize>),
    values: &[Option<Rational>],
) -> Option<(usize, &'static str)> {
    let Some(count) = values[requests] else { return Some((requests, "no count of requests")) };
    let failures = failures?;
    match values[failures] {
        None => Some((failures, "no count of failures")),
        Some(failed) if failed > count => Some((failures, "more failures than requests")),
        Some(_) => None,
    }
}

impl Rows<'_> {
    /// Judges a row and, if it counts, adds it to the tables.
    pub(super) fn take(
        &self,
        batch: &Batch<'_>,
        row: usize,
        times: Option<&TimeLane>,
        numbers: &[NumberLane],
        tables: &mut [TallyTable],
    ) -> Judged {
        let mut judged = Judged { fate: Fate::Counted { rounded: 0 }, instant: None, doubts: Vec::new() };
        match self.read(batch, row, times, numbers) {
            Err(fault) => judged.fate = Fate::Rejected(fault),
            Ok((instant, values)) => {
                judged.instant = instant;
                let outside = instant.zip(times).and_then(|(instant, times)| times.outside(instant));
                judged.fate = match outside {
                    Some(side) => Fate::Outside(side),
                    None => self.count(batch, row, instant, &values, numbers, tables, &mut judged.doubts),
                };
            }
        }
        judged
    }

    /// The time and the numbers of a row.
    fn read(
        &self,
        batch: &Batch<'_>,
        row: usize,
        times: Option<&TimeLane>,
        numbers: &[NumberLane],
    ) -> Result<(Option<Instant>, Vec<Option<Rational>>), Fault> {
        let instant = times.map(|times| times.exact(batch, row)).transpose()?.flatten();
        let values: Vec<_> = numbers.iter().map(|lane| lane.exact(batch, row)).collect::<Result<_, _>>()?;
        if let Some(counts) = self.plan.counts
            && let Some((number, why)) = impossible_counts(counts, &values)
        {
            let column = self.plan.numbers[number].source.columns().first().copied();
            return Err(Fault { kind: ProblemKind::OutOfRange, column, message: why.to_owned() });
        }
        Ok((instant, values))
    }

    #[expect(clippy::too_many_arguments, reason = "all that a row is made of, once")]
    fn count(
        &self,
        batch: &Batch<'_>,
        row: usize,
        instant: Option<Instant>,
        values: &[Option<Rational>],
        numbers: &[NumberLane],
        tables: &mut [TallyTable],
        doubts: &mut Vec<Fault>,
    ) -> Fate {
        let plan = self.plan;
        let mut answers = Vec::with_capacity(plan.tests.len());
        for (test, field) in plan.tests.iter().zip(&self.tests) {
            answers.push(answer(&test.what, test.column, &batch.text(row, *field)).unwrap_or_else(|fault| {
                doubts.push(fault);
                digit::UNKNOWN
            }));
        }
        let mut labels = Vec::with_capacity(plan.labels.len());
        for (column, field) in plan.labels.iter().zip(&self.labels) {
            let text = batch.text(row, *field);
            if std::str::from_utf8(&text).is_err() {
                doubts.push(encoding(*column, &text));
            }
            labels.push(String::from_utf8_lossy(&text).into_owned());
        }
        let slice = slice_start(instant.unwrap_or(0), plan.time.as_ref().and_then(|time| time.slice));
        let mut rounded = 0;
        for (table, tallies) in plan.tables.iter().zip(tables) {
            let group: Group = table.by.iter().map(|label| labels[*label].clone()).collect();
            let code = code(table, &group, &answers, values);
            let slices = tallies.cells.entry(group.clone()).or_default();
            let cell = slices.entry(slice).or_insert_with(|| empty(table));
            match add(table, &group, code, values, numbers, cell) {
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
            Digit::Test { test, .. } => answers[*test] as usize,
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
