//! The rows of the heads that inference looks at, and what each column's cells have in common.
//!
//! Invariant: facts are counts, extremes and firsts by (file, line); the order of the files does not change what
//! they prove.

use super::FileLayout;
use super::records::Records;
use crate::model::{Dimension, Unit};
use crate::plan::is_blank;
use crate::source::Opened;
use crate::source::cell::time::{Look, look};
use crate::source::cell::{DecimalMark, NumberFault, decimal, quantity};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Rows that are looked at in one file …
const ROWS_PER_FILE: usize = 1000;
/// … and in all of them.
const ROWS: usize = 4000;
/// Distinct texts of a column that are kept.
const WORDS: usize = 64;

/// A sampled row.
pub(super) struct Row<'a> {
    /// Index of its file.
    pub file: usize,
    /// Its line, counted from 1.
    pub line: u64,
    /// In the order of the schema.
    pub cells: Vec<Cow<'a, [u8]>>,
}

/// Where a cell was seen: its text, its line and the index of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) struct Seen {
    pub text: String,
    pub line: u64,
    pub file: usize,
}

/// What the sampled cells of a column have in common.
#[derive(Clone, Debug, Default)]
pub(in crate::source) struct Facts {
    /// Cells that are not blank.
    pub filled: usize,
    /// Cells that are.
    pub blanks: usize,
    /// Those that are plain numbers, or would be in another notation.
    pub numbers: usize,
    /// Numbers that are whole.
    pub wholes: usize,
    /// Numbers below 0.
    pub negatives: usize,
    /// Numbers from 0 to 1.
    pub shares: usize,
    /// Numbers from 0 to 100.
    pub percents: usize,
    /// Most decimals of a number.
    pub digits: u32,
    /// The first bare number.
    pub bare: Option<Seen>,
    /// The first with a decimal comma where a point is expected.
    pub first_comma: Option<Seen>,
    /// Numbers with a unit, by dimension.
    pub with_units: usize,
    /// The first of them.
    pub first_unit: Option<(Seen, Unit)>,
    /// How many are durations.
    pub durations: usize,
    /// Whole numbers that are times as a count since 1970, by nanoseconds per unit.
    pub epochs: BTreeMap<i64, usize>,
    /// Times with the year first.
    pub year_first: usize,
    /// Times with the year last.
    pub year_last: usize,
    /// Times that name their offset.
    pub with_offset: usize,
    /// Times that are a date alone.
    pub dates: usize,
    /// Times of day alone: `12:30`.
    pub clocks: usize,
    /// The first time.
    pub first_time: Option<Seen>,
    /// The first cell that proves the day first, and the month first.
    pub day_first: Option<Seen>,
    /// The first cell that proves the month first.
    pub month_first: Option<Seen>,
    /// Texts and how often they occur, up to [`WORDS`] different ones.
    pub words: BTreeMap<String, usize>,
    /// There are more.
    pub more_words: bool,
}

impl Facts {
    /// How many cells are times.
    pub(super) fn times(&self) -> usize {
        self.year_first + self.year_last
    }

    /// Whether most cells are times written as dates.
    pub(super) fn mostly_times(&self) -> bool {
        self.filled > 0 && self.times() * 2 > self.filled
    }

    /// Whether most cells are numbers.
    pub(super) fn mostly_numbers(&self) -> bool {
        self.filled > 0 && self.numbers * 2 > self.filled
    }

    /// Whether most cells are numbers, with a unit or without.
    pub(super) fn numeric(&self) -> bool {
        self.filled > 0 && (self.numbers + self.with_units) * 2 > self.filled
    }

    /// Whether cells name their unit: half of them is enough, and then the others are at fault.
    pub(super) fn units_in_cells(&self) -> bool {
        self.with_units > 0 && self.with_units >= self.numbers
    }

    /// The unit of an epoch that every cell fits.
    pub(super) fn epoch(&self) -> Option<i64> {
        self.epochs
            .iter()
            .find(|(_, count)| self.filled > 0 && **count * 2 > self.filled)
            .map(|(unit, _)| *unit)
    }

    fn add(&mut self, cell: &[u8], mark: DecimalMark, line: u64, file: usize) {
        let text = cell.trim_ascii();
        if is_blank(text) {
            self.blanks += 1;
            return;
        }
        self.filled += 1;
        let seen = || Seen { text: String::from_utf8_lossy(text).into_owned(), line, file };
        if !self.more_words {
            self.add_word(text);
        }
        // Dates first: they are long, and nothing else looks like them.
        if text.len() >= 8
            && let Some(look) = look(text)
        {
            return self.add_time(look, seen);
        }
        match decimal(text, mark) {
            Ok(number) => {
                self.numbers += 1;
                self.digits = self.digits.max(number.scale);
                self.negatives += usize::from(number.mantissa < 0);
                let one = if number.scale == 0 { Some(1) } else { 10i128.checked_pow(number.scale) };
                let whole = one.map(|one| if one == 1 { number.mantissa } else { number.mantissa / one });
                let is_whole = whole.zip(one).is_some_and(|(whole, one)| whole * one == number.mantissa);
                self.wholes += usize::from(is_whole);
                let is_share = one.is_some_and(|one| (0..=one).contains(&number.mantissa));
                self.shares += usize::from(is_share);
                let hundred = one.and_then(|one| one.checked_mul(100));
                let is_percent = hundred.is_some_and(|hundred| (0..=hundred).contains(&number.mantissa));
                self.percents += usize::from(is_percent);
                if self.bare.is_none() {
                    self.bare = Some(seen());
                }
                if let Some(unit) = whole.and_then(super::times::epoch_unit) {
                    *self.epochs.entry(unit).or_default() += 1;
                }
            }
            Err(NumberFault::UnexpectedUnit) => {
                if let Ok((_, unit)) = quantity(text, mark) {
                    self.with_units += 1;
                    self.durations += usize::from(unit.dimension == Dimension::Duration);
                    if self.first_unit.is_none() {
                        self.first_unit = Some((seen(), unit));
                    }
                }
            }
            Err(NumberFault::DecimalComma) => {
                self.numbers += 1;
                if self.first_comma.is_none() {
                    self.first_comma = Some(seen());
                }
            }
            // Numbers all the same: their cells say what is wrong with them when they are read.
            Err(NumberFault::Thousands | NumberFault::Nan | NumberFault::Infinite | NumberFault::TooLong) => {
                self.numbers += 1;
            }
            Err(_) => self.clocks += usize::from(super::times::is_time_of_day(text)),
        }
    }

    fn add_time(&mut self, look: Look, seen: impl Fn() -> Seen) {
        let Look { before_year, has_offset, date_only } = look;
        match before_year {
            None => self.year_first += 1,
            Some((first, second)) => {
                self.year_last += 1;
                if first > 12 && self.day_first.is_none() {
                    self.day_first = Some(seen());
                }
                if second > 12 && self.month_first.is_none() {
                    self.month_first = Some(seen());
                }
            }
        }
        self.with_offset += usize::from(has_offset);
        self.dates += usize::from(date_only);
        if self.first_time.is_none() {
            self.first_time = Some(seen());
        }
    }

    fn add_word(&mut self, text: &[u8]) {
        let word = String::from_utf8_lossy(text);
        if let Some(count) = self.words.get_mut(word.as_ref()) {
            *count += 1;
        } else if self.words.len() < WORDS {
            self.words.insert(word.into_owned(), 1);
        } else {
            self.more_words = true;
        }
    }
}

/// Whether the sample is everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Part,
}

/// The sampled rows of all files, in the schema's columns.
pub(super) fn rows<'a>(opened: &'a [Opened], layouts: &[FileLayout]) -> (Vec<Row<'a>>, Extent) {
    let mut extent = Extent::Whole;
    let limit = (ROWS / opened.len().max(1)).clamp(20, ROWS_PER_FILE);
    let mut rows = Vec::new();
    for (file, (input, layout)) in opened.iter().zip(layouts).enumerate() {
        let dialect = layout.dialect;
        let start = usize::try_from(dialect.body).unwrap_or(usize::MAX).min(input.head.len());
        let records = Records::new(&input.head, start, dialect.header_lines + 1, dialect.delimiter);
        if !input.whole {
            extent = Extent::Part;
        }
        for (at, record) in records.enumerate() {
            // Ragged records are the scanner's to reject; a cut one cannot be trusted.
            let usable = record.fields.len() == layout.fields && (record.ended || input.whole);
            if at == limit || !usable {
                extent = Extent::Part;
            }
            if at == limit {
                break;
            }
            if !usable {
                continue;
            }
            let mut fields = record.fields;
            let cells = layout.position.iter().map(|at| std::mem::take(&mut fields[*at])).collect();
            rows.push(Row { file, line: record.line, cells });
        }
    }
    (rows, extent)
}

/// What each column's cells have in common.
pub(super) fn facts(rows: &[Row<'_>], columns: usize, mark: DecimalMark) -> Vec<Facts> {
    let mut facts = vec![Facts::default(); columns];
    for row in rows {
        for (facts, cell) in facts.iter_mut().zip(&row.cells) {
            facts.add(cell, mark, row.line, row.file);
        }
    }
    facts
}
