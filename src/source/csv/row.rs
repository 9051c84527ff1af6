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

/// A row that was read, and not yet counted.
pub(super) struct Looked {
    pub(super) outcome: Outcome,
    /// As in [`Judged`].
    pub(super) instant: Option<Instant>,
    /// As in [`Judged`].
    pub(super) doubts: Vec<Fault>,
}

/// Whether a row counts, and where.
pub(super) enum Outcome {
    /// It has a place in every table, and these numbers.
    Counts { cells: Vec<RowCell>, values: Vec<Option<Rational>> },
    /// As [`Fate::Outside`].
    Outside(Outside),
    /// As [`Fate::Rejected`].
    Rejected(Fault),
}

/// Where a row falls in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowCell {
    /// The values of the table's `by` columns.
    pub group: Group,
    /// First instant of its slice; 0 where there is one slice for all.
    pub slice: Instant,
    /// Its code.
    pub code: usize,
}

/// How times and numbers are read; the error names a zone or format that is none.
pub(super) fn lanes(plan: &Plan, position: &[usize]) -> Result<(Option<TimeLane>, Vec<NumberLane>), String> {
    let times = plan.time.as_ref().map(|need| TimeLane::new(need, position)).transpose()?;
    let numbers = plan.numbers.iter().map(|number| NumberLane::new(number, plan, position));
    Ok((times, numbers.collect::<Result<_, _>>()?))
}

/// A record with another number of fields than the header.
pub(super) fn field_count(fields: usize, expected: usize) -> Fault {
    let cells = if fields == 1 { "1 field".to_owned() } else { format!("{fields} fields") };
    Fault {
        kind: ProblemKind::FieldCount,
        column: None,
        message: format!("{cells} where the header has {expected}"),
    }
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

impl<'p> Rows<'p> {
    pub(super) fn new(plan: &'p Plan, position: &[usize]) -> Rows<'p> {
        Rows {
            plan,
            labels: plan.labels.iter().map(|column| position[*column]).collect(),
            tests: plan.tests.iter().map(|test| position[test.column]).collect(),
        }
    }

    /// Judges a row and, if it counts, adds it to the tables.
    pub(super) fn take(
        &self,
        batch: &Batch<'_>,
        row: usize,
        times: Option<&TimeLane>,
        numbers: &[NumberLane],
        tables: &mut [TallyTable],
    ) -> Judged {
        let Looked { outcome, instant, doubts } = self.look(batch, row, times, numbers);
        let fate = match outcome {
            Outcome::Rejected(fault) => Fate::Rejected(fault),
            Outcome::Outside(side) => Fate::Outside(side),
            Outcome::Counts { cells, values } => self.count(cells, &values, numbers, tables),
        };
        Judged { fate, instant, doubts }
    }

    /// Reads a row and finds its places.
    pub(super) fn look(
        &self,
        batch: &Batch<'_>,
        row: usize,
        times: Option<&TimeLane>,
        numbers: &[NumberLane],
    ) -> Looked {
        let mut doubts = Vec::new();
        let (instant, values) = match self.read(batch, row, times, numbers) {
            Err(fault) => return Looked { outcome: Outcome::Rejected(fault), instant: None, doubts },
            Ok(read) => read,
        };
        let outside = instant.zip(times).and_then(|(instant, times)| times.outside(instant));
        let outcome = match outside {
            Some(side) => Outcome::Outside(side),
            None => {
                let cells = self.cells(batch, row, instant, &values, &mut doubts);
                Outcome::Counts { cells, values }
            }
        };
        Looked { outcome, instant, doubts }
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

    /// Where the row falls, per table.
    fn cells(
        &self,
        batch: &Batch<'_>,
        row: usize,
        instant: Option<Instant>,
        values: &[Option<Rational>],
        doubts: &mut Vec<Fault>,
    ) -> Vec<RowCell> {
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
        let cell = |table: &Table| {
            let group: Group = table.by.iter().map(|label| labels[*label].clone()).collect();
            let code = code(table, &group, &answers, values);
            RowCell { group, slice, code }
        };
        plan.tables.iter().map(cell).collect()
    }

    fn count(
        &self,
        cells: Vec<RowCell>,
        values: &[Option<Rational>],
        numbers: &[NumberLane],
        tables: &mut [TallyTable],
    ) -> Fate {
        let mut rounded = 0;
        for ((table, RowCell { group, slice, code }), tallies) in
            self.plan.tables.iter().zip(cells).zip(tables)
        {
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
