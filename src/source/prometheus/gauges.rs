//! Gauges: every sample of a metric is a row, or every step of an expression (see `steps`).
//!
//! A sample that is NaN has no value, and neither have those that a series lacks between two that it has, where it was
//! silent for longer than `presence::fresh` (see `pace`): they count as missing, so that a verdict stands only if they
//! cannot change it. What is silent up to the end is the matter of `ends`.

use super::answer::Labels;
use super::cells::{self, Value};
use super::counters::{LOOKBACK, values_of};
use super::fetch::seconds;
use super::grid::Grid;
use super::lower::Lowered;
use super::pace::{self, Pace, Silence};
use super::samples::{Piece, Samples};
use super::selector::Selector;
use crate::model::{
    Instant, NANOS, Nanos, Problem, ProblemKind, Rational, Rejected, Severity, Shape, TallyTable,
};
use crate::plan::{Number, Range, Table, Truth};
use crate::source::cell::{DecimalMark, number};
use std::collections::{BTreeMap, BTreeSet};

/// As many of the samples that cannot be used are told.
const MOST_EXAMPLES: usize = 100;

/// A table over a gauge.
pub(super) struct Reader<'a> {
    pub(super) table: &'a Table,
    pub(super) lowered: &'a Lowered,
    pub(super) number: &'a Number,
    pub(super) tally: TallyTable,
}

/// All tables over one gauge, and what became of its samples.
pub(super) struct Gauge<'a> {
    pub(super) readers: Vec<Reader<'a>>,
    pub(super) grid: Grid,
    pub(super) source: &'a str,
    pub(super) name: &'a str,
    pub(super) rows: u64,
    pub(super) rounded: u64,
    pub(super) missing: u64,
    rejected: u64,
    /// The first of them: when, what, and whether it is a number.
    examples: BTreeSet<(Instant, String, bool)>,
    /// When each series had samples.
    pub(super) lives: Vec<Life>,
    /// Labels that some series had.
    pub(super) labels: BTreeSet<String>,
    /// Whether a number or a sum cannot be held exactly: then none of this can be used.
    pub(super) too_large: bool,
}

/// When a series had samples.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) labels: Labels,
    pub(super) first: Instant,
    pub(super) last: Instant,
    /// How often it has one.
    pub(super) usual: Nanos,
    /// How long it may have none.
    pub(super) patience: Nanos,
}

/// A series as far as its samples have come.
struct Known {
    pace: Pace,
    /// Whether the last sample was one.
    is_nan: bool,
    /// A NaN after a number. VictoriaMetrics tells so that a series ended (a stale marker): where nothing follows, it is no
    /// sample.
    marker: Option<Instant>,
}

impl Known {
    fn last(&self) -> Instant {
        self.marker.unwrap_or(self.pace.last)
    }
}

impl<'a> Gauge<'a> {
    pub(super) fn new(readers: Vec<Reader<'a>>, grid: Grid, source: &'a str, name: &'a str) -> Gauge<'a> {
        Gauge {
            readers,
            grid,
            source,
            name,
            rows: 0,
            rounded: 0,
            missing: 0,
            rejected: 0,
            examples: BTreeSet::new(),
            lives: Vec::new(),
            labels: BTreeSet::new(),
            too_large: false,
        }
    }

    /// Every sample of a metric; `said` is how often it is scraped, where a single step of a series has to tell.
    pub(super) fn samples(
        &mut self,
        samples: &Samples,
        selector: &Selector,
        said: Option<Nanos>,
    ) -> Result<(), String> {
        let mut known: BTreeMap<Labels, Known> = BTreeMap::new();
        // Half-open as slices are: a sample at the end belongs to what follows.
        // What was saved ends with its last sample.
        let (after, to) = match samples {
            Samples::Server(_) => (self.grid.since - 1, self.grid.until - 1),
            Samples::Saved(_) => (self.grid.since - 1, self.grid.until),
        };
        samples.each_chunk(selector, after, to, |pieces: Vec<Piece<String>>| {
            for Piece { labels, samples } in pieces {
                let values = self.groups(&labels);
                let mut series = known.remove(&labels);
                for (at, text) in &samples {
                    if series.as_ref().is_some_and(|series| *at <= series.last()) {
                        return Err(format!("its samples at {} do not follow each other", seconds(*at)));
                    }
                    match &mut series {
                        Some(series) if text == "NaN" && series.marker.is_none() && !series.is_nan => {
                            series.marker = Some(*at);
                        }
                        Some(series) => {
                            self.marked(&values, series);
                            self.next(&values, series, *at, text);
                        }
                        None => {
                            let (pace, is_nan) = (Pace::new(*at, said), text == "NaN");
                            series = Some(Known { pace, is_nan, marker: None });
                            self.samples_of(&values, *at, NANOS, 1, text);
                        }
                    }
                }
                known.extend(series.map(|series| (labels, series)));
            }
            Ok(())
        })?;
        for (labels, mut series) in known {
            let values = self.groups(&labels);
            let patience = series.pace.patience().max(LOOKBACK);
            if series.marker.is_some_and(|at| at.saturating_add(patience) >= self.grid.until) {
                self.marked(&values, &mut series);
            }
            let pace = series.pace;
            pace.rest().for_each(|lost| self.lost(&values, lost));
            let (usual, patience) = (pace.usual(), pace.patience());
            self.lives.push(Life { labels, first: pace.first, last: pace.last, usual, patience });
        }
        Ok(())
    }

    /// Counts a NaN that was held back.
    fn marked(&mut self, values: &[Vec<String>], series: &mut Known) {
        if let Some(at) = series.marker.take() {
            self.next(values, series, at, "NaN");
        }
    }

    fn next(&mut self, values: &[Vec<String>], series: &mut Known, at: Instant, text: &str) {
        series.is_nan = text == "NaN";
        if let Some(silence) = series.pace.add(at) {
            self.lost(values, silence);
        }
        self.samples_of(values, at, NANOS, 1, text);
    }

    fn lost(&mut self, values: &[Vec<String>], silence: Silence) {
        self.rows(values, silence.first, silence.usual, silence.lost, None);
    }

    /// Counts the samples as missing that a series lacks from its last one up to some instant.
    pub(super) fn lost_until(&mut self, life: &Life, to: Instant) {
        let values = self.groups(&life.labels);
        let lost = pace::lost(to - life.last, life.usual);
        self.rows(&values, life.last + life.usual, life.usual, lost, None);
    }

    /// The same since some instant, up to its first one.
    pub(super) fn lost_since(&mut self, life: &Life, since: Instant) {
        let values = self.groups(&life.labels);
        let lost = (life.first - since) / life.usual;
        let first = life.first - lost * life.usual;
        self.rows(&values, first, life.usual, u64::try_from(lost).unwrap_or(0), None);
    }

    /// The values of the labels that each table reads.
    pub(super) fn groups(&mut self, labels: &Labels) -> Vec<Vec<String>> {
        self.labels
            .extend(labels.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.clone()));
        self.readers.iter().map(|reader| values_of(&reader.lowered.labels, labels)).collect()
    }

    /// So many samples of one value, `step` apart from `first` on.
    pub(super) fn samples_of(
        &mut self,
        values: &[Vec<String>],
        first: Instant,
        step: Nanos,
        count: u64,
        text: &str,
    ) {
        if text == "NaN" {
            return self.rows(values, first, step, count, None);
        }
        let unit = self.readers.first().map_or(Rational::ONE, |reader| reader.number.unit.factor);
        let range = self.readers.first().map_or(Range::Any, |reader| reader.number.range);
        let read = number::decimal(text.as_bytes(), DecimalMark::Point).ok();
        let value = read.and_then(|decimal| decimal.to_rational()?.times(unit));
        let cannot_be = |value: Rational| match range {
            Range::Any => false,
            Range::NonNegative | Range::Whole => value < Rational::ZERO,
            Range::Share => value < Rational::ZERO || value > Rational::ONE,
        };
        match value {
            Some(value) if !cannot_be(value) => self.rows(values, first, step, count, Some(value)),
            found => {
                self.rows += count;
                self.rejected += count;
                for at in (0..count.min(MOST_EXAMPLES as u64)).map(|at| first + at as i64 * step) {
                    self.examples.insert((at, text.to_owned(), found.is_some()));
                }
                while self.examples.len() > MOST_EXAMPLES {
                    self.examples.pop_last();
                }
            }
        }
    }

    /// What could not be used.
    pub(super) fn rejected(&self) -> Rejected {
        let example = |(at, text, is_number): &(Instant, String, bool)| {
            let why = if *is_number { "cannot be" } else { "is no number to compare with" };
            Problem {
                severity: Severity::Error,
                kind: ProblemKind::BadNumber,
                source: Some(self.source.to_owned()),
                line: None,
                column: Some(self.name.to_owned()),
                count: 1,
                message: format!("{text} at {} {why}", seconds(*at)),
            }
        };
        Rejected { count: self.rejected, examples: self.examples.iter().map(example).collect() }
    }

    /// So many rows of one value, `step` apart from `first` on.
    pub(super) fn rows(
        &mut self,
        values: &[Vec<String>],
        first: Instant,
        step: Nanos,
        count: u64,
        value: Option<Rational>,
    ) {
        let (mut at, mut left) = (first, count);
        while left > 0 {
            let slice = self.grid.slice_at(at.min(self.grid.until - 1));
            // Where there are no slices, or it is the last, nothing follows.
            let next = self.grid.key(slice + 1);
            let within = if next > at { ((next - at - 1) / step + 1).unsigned_abs().min(left) } else { left };
            self.rows_within(values, self.grid.key(slice), within, value);
            at = at.saturating_add(step.saturating_mul(within as i64));
            left -= within;
        }
    }

    /// So many rows of one value, within a slice.
    fn rows_within(&mut self, values: &[Vec<String>], slice: Instant, rows: u64, value: Option<Rational>) {
        self.rows += rows;
        if value.is_none() {
            self.missing += rows;
        }
        let nanos = value.and_then(|value| value.times(Rational::integer(NANOS)));
        let mut rounded = nanos.is_some_and(|nanos| nanos.den() != 1);
        for (reader, labels) in self.readers.iter_mut().zip(values) {
            let what = value.map_or(Value::Missing, Value::Number);
            let code = cells::code(reader.table, reader.lowered, labels, what);
            let group = labels[..reader.lowered.by].to_vec();
            let table = reader.table;
            let cell = cells::cell(&mut reader.tally, table, &group, slice);
            cell.counts[code] += rows;
            let (Some(value), Some(nanos)) = (value, nanos.map(Rational::round)) else {
                let only_compared =
                    table.sums.is_empty() && table.extremes.is_empty() && table.shapes.is_empty();
                self.too_large |= value.is_some() && !only_compared;
                continue;
            };
            let slot = table.slot_of_code[code] as usize;
            for at in 0..table.sums.len() {
                let sum = &mut cell.sums[at * table.slots + slot];
                let more = nanos.checked_mul(rows.into()).and_then(|nanos| sum.checked_add(nanos));
                self.too_large |= more.is_none();
                *sum = more.unwrap_or(*sum);
            }
            let counts = |which: &crate::plan::Predicate| which.truth(table, &group, code) == Truth::True;
            for (kept, (_, which)) in cell.extremes.iter_mut().zip(&table.extremes) {
                if counts(which) {
                    *kept =
                        Some(kept.map_or((nanos, nanos), |(low, high)| (low.min(nanos), high.max(nanos))));
                }
            }
            for (kept, (_, which)) in cell.shapes.iter_mut().zip(&table.shapes) {
                match reader.number.steps(value).and_then(|steps| i64::try_from(steps.round()).ok()) {
                    Some(steps) if counts(which) => kept.add(steps, rows),
                    // Beyond what can be shown; the codes decide.
                    None => *kept = Shape::default(),
                    _ => {}
                }
            }
            rounded &= !table.sums.is_empty();
        }
        if rounded {
            self.rounded += rows;
        }
    }
}
