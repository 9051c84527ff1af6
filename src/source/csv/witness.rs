//! Rows one by one, as the general path sees them, for those who must see the rows themselves.
//!
//! Invariant: a row has here the place and the code under which [`super::tally`] counts it.

use super::batch::{Batch, Sink, count_lines};
use super::keys::Keys;
use super::number::{Fault, NumberLane};
use super::ordered::InOrder;
use super::row::{Looked, Outcome, RowCell, Rows, field_count, lanes};
use super::time::TimeLane;
use crate::model::Rational;
use crate::plan::Plan;
use std::ops::Range;

/// Sees every row of an input, in its order, once per plan.
pub trait Witness {
    /// A row as a plan (by its number) sees it.
    fn row(&mut self, plan: usize, row: &Row<'_>);
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Where it begins in the text (of a compressed input: decompressed), counted from 1.
    pub line: u64,
    /// Its bytes as they are, with the line end.
    pub record: &'a [u8],
    /// What became of it.
    pub fate: RowFate<'a>,
    /// What makes results that rest on it undecided.
    pub doubts: &'a [Fault],
}

/// What became of a row.
#[derive(Clone, Copy, Debug)]
pub enum RowFate<'a> {
    /// It falls into one cell of every table, and has these numbers of the plan.
    Counts {
        /// One per table.
        cells: &'a [RowCell],
        /// One per number, in base units; `None` where it is missing.
        values: &'a [Option<Rational>],
    },
    /// Outside of `--since` and `--until`.
    Outside,
    /// It cannot be used.
    Rejected(&'a Fault),
}

/// Every plan with what it takes to read a row.
pub(super) struct Watching<'p, 'w> {
    readers: Vec<Reader<'p>>,
    fields: usize,
    witness: &'w mut dyn Witness,
    /// The line on which the body begins.
    first: u64,
    /// Line ends of the body before the block.
    before: u64,
    /// A place in the block's buffer, and the line ends between the block's start and there.
    known: (usize, u64),
}

struct Reader<'p> {
    rows: Rows<'p>,
    times: Option<TimeLane>,
    numbers: Vec<NumberLane>,
    keys: Option<Keys>,
}

impl<'p, 'w> Watching<'p, 'w> {
    /// `position` maps columns of the schema to the file's `fields`; `first` is the line on which the body begins.
    pub(super) fn new(
        plans: &[&'p Plan],
        position: &[usize],
        fields: usize,
        first: u64,
        witness: &'w mut dyn Witness,
    ) -> Result<Watching<'p, 'w>, String> {
        let reader = |plan: &&'p Plan| {
            let (times, numbers) = lanes(plan, position)?;
            Ok(Reader { rows: Rows::new(plan, position), times, numbers, keys: Keys::of(plan, position) })
        };
        let readers = plans.iter().map(reader).collect::<Result<_, String>>()?;
        Ok(Watching { readers, fields, witness, first, before: 0, known: (0, 0) })
    }

    /// The keys of the rows so far, per plan.
    pub(super) fn keys(&mut self) -> impl Iterator<Item = &mut Option<Keys>> {
        self.readers.iter_mut().map(|reader| &mut reader.keys)
    }

    /// The line of a record of the buffer; records come in order.
    fn line(&mut self, bytes: &[u8], start: usize, record: usize) -> u64 {
        let (at, lines) = if self.known.0 < start { (start, 0) } else { self.known };
        self.known = (record, lines + count_lines(&bytes[at..record]));
        self.first + self.before + self.known.1
    }
}

impl Sink for Watching<'_, '_> {
    fn batch(&mut self, batch: &Batch<'_>) {
        for row in 0..batch.rows {
            let line = self.line(batch.bytes(), batch.start, batch.record(row));
            for (plan, reader) in self.readers.iter_mut().enumerate() {
                let Looked { outcome, instant, mut doubts } =
                    reader.rows.look(batch, row, reader.times.as_ref(), &reader.numbers);
                let fate = match &outcome {
                    Outcome::Rejected(fault) => RowFate::Rejected(fault),
                    Outcome::Outside(_) => RowFate::Outside,
                    Outcome::Counts { cells, values } => {
                        doubts.extend(reader.keys.as_mut().and_then(|keys| keys.see(batch, row, instant)));
                        RowFate::Counts { cells, values }
                    }
                };
                self.witness.row(plan, &Row { line, record: batch.whole(row), fate, doubts: &doubts });
            }
        }
    }

    fn ragged(&mut self, bytes: &[u8], start: usize, record: Range<usize>, fields: usize) {
        let fault = field_count(fields, self.fields);
        let line = self.line(bytes, start, record.start);
        let fate = RowFate::Rejected(&fault);
        let row = Row { line, record: &bytes[record], fate, doubts: &[] };
        (0..self.readers.len()).for_each(|plan| self.witness.row(plan, &row));
    }
}

impl InOrder for Watching<'_, '_> {
    fn begin_block(&mut self, _: u64, lines: u64) {
        (self.before, self.known) = (lines, (0, 0));
    }

    fn stopped(&self) -> bool {
        false
    }
}
