//! What one thread counts for one plan: batches of rows, column by column, into the cells of the plan's tables.

use super::Route;
use super::batch::{Batch, count_lines};
use super::kernel::Kernel;
use super::keys::Keys;
use super::notes::{Notes, Place};
use super::number::{MISSING, NumberLane};
use super::row::{Fate, Rows, answer, encoding, field_count, lanes};
use super::scratch::Scratch;
use super::spelling::{Interner, Memo, NONE, Remember};
use super::table::Filling;
use super::time::{Outside, Slices, TimeLane};
use crate::model::TallyTable;
use crate::plan::{Plan, Spelling, TestKind, TextTest, digit};
use std::ops::Range;

/// Groups that a table may have, in one thread and in all together: some hundred megabytes of report.
pub const MOST_GROUPS: usize = 1 << 17;
/// Rows after which the counters of 32 bits are emptied.
const MOST_ROWS: u64 = u32::MAX as u64 - (1 << 20);

/// Why counting cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// More than [`MOST_GROUPS`] groups.
    TooManyGroups,
    /// More periods, or groups times periods, than there is room for.
    TooManyPeriods,
    /// A sum does not fit 128 bits.
    Overflow,
}

/// The state of one thread for one plan.
pub(super) struct Worker<'p> {
    plan: &'p Plan,
    kernel: Kernel,
    rows: Rows<'p>,
    times: Option<TimeLane>,
    slices: Option<Slices>,
    numbers: Vec<NumberLane>,
    memos: Vec<Memo>,
    interners: Vec<Interner>,
    tables: Vec<Filling<'p>>,
    keys: Option<Keys>,
    scratch: Scratch,
    route: Route,
    /// Rows in the cells since they were last emptied.
    counted: u64,
    /// What left the cells already, and the rows of the general path.
    done: Vec<TallyTable>,
    pub(super) notes: Notes,
    /// The block that is being scanned, for places.
    pub(super) block: u64,
    pub(super) stop: Option<Stop>,
}

impl<'p> Worker<'p> {
    /// `position` maps columns of the schema to fields of the file. The error names a zone or format that is none.
    pub(super) fn new(
        plan: &'p Plan,
        kernel: Kernel,
        position: &[usize],
        route: Route,
    ) -> Result<Worker<'p>, String> {
        let (times, numbers) = lanes(plan, position)?;
        let tables = plan.tables.iter().map(|table| Filling::new(table, &numbers)).collect();
        Ok(Worker {
            plan,
            kernel,
            rows: Rows::new(plan, position),
            times,
            slices: plan.time.as_ref().and_then(|need| need.slice).map(Slices::new),
            memos: plan.tests.iter().map(|test| Memo::new(literal(&test.what))).collect(),
            interners: plan.labels.iter().map(|_| Interner::new()).collect(),
            tables,
            keys: Keys::of(plan, position),
            scratch: Scratch {
                values: vec![Vec::new(); numbers.len()],
                missing: vec![false; numbers.len()],
                answers: vec![Vec::new(); plan.tests.len()],
                labels: vec![Vec::new(); plan.labels.len()],
                ..Scratch::default()
            },
            numbers,
            route,
            counted: 0,
            done: vec![TallyTable::default(); plan.tables.len()],
            notes: Notes::default(),
            block: 0,
            stop: None,
        })
    }

    /// Counts the rows of a batch.
    pub(super) fn batch(&mut self, batch: &Batch<'_>) {
        if self.stop.is_some() {
            return;
        }
        if let Err(stop) = self.count(batch) {
            self.stop = Some(stop);
        }
    }

    /// Notes a record with another number of fields than the header.
    pub(super) fn ragged(
        &mut self,
        bytes: &[u8],
        start: usize,
        record: Range<usize>,
        fields: usize,
        expected: usize,
    ) {
        self.notes.rows += 1;
        let block = self.block;
        let place = || Place { block, line: count_lines(&bytes[start..record.start]) };
        self.notes.reject(field_count(fields, expected), place);
    }

    fn count(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        let rows = batch.rows;
        self.notes.rows += rows as u64;
        if self.counted + rows as u64 > MOST_ROWS {
            self.empty()?;
        }
        let scratch = &mut self.scratch;
        scratch.odd.clear();
        scratch.odd.resize(rows, u8::from(self.route == Route::Exact));
        for ((number, values), missing) in
            self.numbers.iter().zip(&mut scratch.values).zip(&mut scratch.missing)
        {
            values.resize(rows, 0);
            *missing = number.read(self.kernel, batch, &mut scratch.column, values, &mut scratch.odd);
        }
        if let Some((requests, failures)) = self.plan.counts {
            let requests = &scratch.values[requests];
            let failures =
                &scratch.values[failures.unwrap_or(self.plan.counts.map_or(0, |(requests, _)| requests))];
            for ((odd, requests), failures) in scratch.odd.iter_mut().zip(requests).zip(failures) {
                *odd |= u8::from(failures > requests || *requests == MISSING || *failures == MISSING);
            }
        }
        if let Some(times) = &mut self.times {
            scratch.instants.resize(rows, 0);
            if let Some((first, last)) =
                times.read(self.kernel, batch, &mut scratch.instants, &mut scratch.odd).span
            {
                self.notes.stretch(first, last);
            }
        }
        self.answer_tests(batch);
        let new = self.look_up_labels(batch);
        let mut kept = rows;
        let any_odd = self.scratch.odd.iter().fold(0, |any, odd| any | odd) != 0;
        if new {
            self.intern_labels(batch)?;
        }
        self.check_keys(batch);
        if any_odd {
            self.take_odd_rows(batch)?;
            kept = self.scratch.compact();
        }
        if kept > 0 {
            self.counted += kept as u64;
            self.fill_tables(kept)?;
        }
        Ok(())
    }

    fn answer_tests(&mut self, batch: &Batch<'_>) {
        let scratch = &mut self.scratch;
        let (notes, block) = (&mut self.notes, self.block);
        for (index, (test, memo)) in self.plan.tests.iter().zip(&mut self.memos).enumerate() {
            let field = self.rows.tests[index];
            let answers = &mut scratch.answers[index];
            answers.resize(batch.rows, 0);
            let odd = &scratch.odd;
            memo.answer(&batch.cells, field, answers, |row| {
                match answer(&test.what, test.column, &batch.text(row, field)) {
                    Ok(digit) => (digit, Remember::Yes),
                    Err(fault) => {
                        // Rows of the general path raise their doubts there.
                        if odd[row] == 0 {
                            notes.doubt(fault, (block, batch.record(row)), || place(batch, row, block));
                        }
                        (digit::UNKNOWN, Remember::No)
                    }
                }
            });
        }
    }

    fn look_up_labels(&mut self, batch: &Batch<'_>) -> bool {
        let mut new = false;
        for (index, interner) in self.interners.iter().enumerate() {
            let labels = &mut self.scratch.labels[index];
            labels.resize(batch.rows, 0);
            new |= interner.look_up(&batch.cells, self.rows.labels[index], labels);
        }
        new
    }

    /// Only rows that are counted make a label known.
    #[cold]
    fn intern_labels(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        for (index, interner) in self.interners.iter_mut().enumerate() {
            let field = self.rows.labels[index];
            let column = self.plan.labels[index];
            for row in 0..batch.rows {
                if self.scratch.labels[index][row] == NONE && self.scratch.odd[row] == 0 {
                    let text = batch.text(row, field);
                    if std::str::from_utf8(&text).is_err() {
                        let spot = (self.block, batch.record(row));
                        self.notes.doubt(encoding(column, &text), spot, || place(batch, row, self.block));
                    }
                    self.scratch.labels[index][row] = interner.intern(batch.raw(row, field), &text);
                    if interner.labels.len() > MOST_GROUPS {
                        return Err(Stop::TooManyGroups);
                    }
                }
            }
        }
        Ok(())
    }

    /// Interval rows: two with one key make the input untrustworthy.
    fn check_keys(&mut self, batch: &Batch<'_>) {
        let Some(keys) = &mut self.keys else { return };
        for row in 0..batch.rows {
            if self.scratch.odd[row] == 0 {
                let instant = self.times.is_some().then(|| self.scratch.instants[row]);
                if let Some(fault) = keys.see(batch, row, instant) {
                    let spot = (self.block, batch.record(row));
                    self.notes.doubt(fault, spot, || place(batch, row, self.block));
                }
            }
        }
    }

    #[cold]
    fn take_odd_rows(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        let block = self.block;
        for row in (0..batch.rows).filter(|row| self.scratch.odd[*row] != 0) {
            let judged = self.rows.take(batch, row, self.times.as_ref(), &self.numbers, &mut self.done);
            if let Some(instant) = judged.instant {
                self.notes.stretch(instant, instant);
            }
            for fault in judged.doubts {
                self.notes.doubt(fault, (block, batch.record(row)), || place(batch, row, block));
            }
            match judged.fate {
                Fate::Counted { rounded } => {
                    self.notes.rounded += rounded;
                    if let Some(keys) = &mut self.keys
                        && let Some(fault) = keys.see(batch, row, judged.instant)
                    {
                        self.notes.doubt(fault, (block, batch.record(row)), || place(batch, row, block));
                    }
                }
                Fate::Outside(Outside::Before) => self.notes.before += 1,
                Fate::Outside(Outside::After) => self.notes.after += 1,
                Fate::Rejected(fault) => self.notes.reject(fault, || place(batch, row, block)),
                Fate::Overflow => return Err(Stop::Overflow),
            }
        }
        Ok(())
    }

    fn fill_tables(&mut self, rows: usize) -> Result<(), Stop> {
        let scratch = &mut self.scratch;
        if let Some(slices) = &mut self.slices {
            scratch.slices.resize(rows, 0);
            slices
                .number(self.kernel, &scratch.instants[..rows], &mut scratch.slices)
                .ok_or(Stop::TooManyPeriods)?;
        }
        let slices = self.slices.as_ref().map(|slices| slices.starts.len());
        for table in &mut self.tables {
            table.fill(self.kernel, scratch, &self.numbers, &self.interners, slices, rows)?;
        }
        Ok(())
    }

    /// All rows are counted: the cells are emptied while other threads may still scan.
    pub(super) fn close(&mut self) {
        if self.stop.is_none() {
            self.stop = self.empty().err();
        }
        self.tables = Vec::new();
    }

    /// Moves what was counted to the final tallies.
    fn empty(&mut self) -> Result<(), Stop> {
        if std::mem::take(&mut self.counted) == 0 {
            return Ok(());
        }
        let one = [0];
        let starts = self.slices.as_ref().map_or(&one[..], |slices| &slices.starts);
        for (table, done) in self.tables.iter_mut().zip(&mut self.done) {
            done.merge(table.empty(&self.interners, starts)?).ok_or(Stop::Overflow)?;
        }
        Ok(())
    }

    /// Goes on with the keys of the file before.
    pub(super) fn take_over(&mut self, keys: Option<Keys>) {
        if let (Some(mine), Some(known)) = (&mut self.keys, keys) {
            mine.go_on_with(known);
        }
    }

    /// The keys, for the next file.
    pub(super) fn hand_over(&mut self) -> Option<Keys> {
        self.keys.take()
    }

    /// What was counted and noted, or why that is not to be had.
    pub(super) fn finish(mut self) -> Result<(Vec<TallyTable>, Notes), Stop> {
        self.close();
        match self.stop {
            Some(stop) => Err(stop),
            None => Ok((self.done, self.notes)),
        }
    }
}

/// The one text that a test compares with to the letter, and its answers for that and for any other.
fn literal(test: &TestKind) -> Option<(&str, u32, u32)> {
    let one = |test| match test {
        &TextTest::Is(ref words, Spelling::Exact) => match &words[..] {
            [word] => Some(word.as_str()),
            _ => None,
        },
        _ => None,
    };
    match test {
        TestKind::Text(TextTest::Not(inner)) => Some((one(inner)?, digit::FALSE, digit::TRUE)),
        TestKind::Text(test) => Some((one(test)?, digit::TRUE, digit::FALSE)),
        TestKind::Failed(_) => None,
    }
}

fn place(batch: &Batch<'_>, row: usize, block: u64) -> Place {
    Place { block, line: count_lines(&batch.bytes()[batch.start..batch.record(row)]) }
}
