//! Gauges: every sample of a metric is a row, or every step of an expression.
//!
//! A sample that is NaN has no value, and neither have those that a series lacks between two that it has, where it was
//! silent for more than five minutes: they count as missing, so that a verdict stands only if they cannot change it.

use super::answer::{Labels, Sink};
use super::cells::{self, Value};
use super::client::Client;
use super::counters::{LOOKBACK, values_of};
use super::fetch::{self, Job, seconds};
use super::grid::{Grid, Span};
use super::lower::Lowered;
use super::samples::{Piece, Samples};
use super::selector::Selector;
use crate::model::{
    Instant, NANOS, Nanos, Problem, ProblemKind, Rational, Rejected, Severity, Shape, TallyTable,
};
use crate::plan::{Number, Range, Table, Truth};
use crate::source::cell::{DecimalMark, number};
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

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
    pub(super) rejected: Rejected,
    /// Labels that some series had.
    pub(super) labels: BTreeSet<String>,
    /// Whether a number or a sum cannot be held exactly: then none of this can be used.
    pub(super) too_large: bool,
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
            rejected: Rejected::default(),
            labels: BTreeSet::new(),
            too_large: false,
        }
    }

    /// Every sample of a metric.
    pub(super) fn samples(&mut self, samples: &Samples, selector: &Selector) -> Result<(), String> {
        let mut last: HashMap<Labels, (Instant, Option<Nanos>)> = HashMap::new();
        // Half-open as slices are: a sample at the end belongs to what follows.
        // What was saved ends with its last sample.
        let (after, to) = match samples {
            Samples::Server(_) => (self.grid.since - 1, self.grid.until - 1),
            Samples::Saved(_) => (self.grid.since - 1, self.grid.until),
        };
        samples.each_chunk(selector, after, to, |pieces: Vec<Piece<String>>| {
            for Piece { labels, samples } in pieces {
                let values = self.groups(&labels);
                let (mut before, mut usual) = match last.remove(&labels) {
                    Some((at, usual)) => (Some(at), usual),
                    None => (None, None),
                };
                for (at, text) in samples {
                    if let Some(before) = before {
                        let step = at - before;
                        if step > LOOKBACK {
                            let interval = usual.unwrap_or(60 * NANOS).max(NANOS);
                            let mut lost = before + interval;
                            while lost + interval / 2 < at {
                                self.row(&values, lost, None);
                                lost += interval;
                            }
                        } else {
                            usual = Some(usual.map_or(step, |usual| usual.min(step)));
                        }
                    }
                    before = Some(at);
                    self.sample(&values, at, &text);
                }
                if let Some(at) = before {
                    last.insert(labels, (at, usual));
                }
            }
            Ok(())
        })
    }

    /// Every step of an expression.
    pub(super) fn steps(
        &mut self,
        client: &Client,
        expression: &str,
        interval: Nanos,
        lookback: Nanos,
    ) -> Result<(), String> {
        let (since, until) = (self.grid.since, self.grid.until);
        let first = since.div_euclid(interval) * interval + if since % interval == 0 { 0 } else { interval };
        if first >= until {
            return Ok(());
        }
        let count = ((until - 1 - first) / interval) as u64 + 1;
        let query = expression.replace("$window", &format!("{}s", interval / NANOS));
        let jobs = [Job { key: (), query, span: Span { first, window: interval, count } }];
        // What is older is no evidence: five minutes are usual.
        let lookback = (lookback / NANOS).max(1).to_string();
        let form = [("lookback_delta", format!("{lookback}s")), ("max_lookback", format!("{lookback}s"))];
        let all: Mutex<&mut Gauge> = Mutex::new(self);
        let sink = |_: &Job<()>| Steps { found: Vec::new() };
        let merge = |job: &Job<()>, steps: Steps| {
            let mut all = all.lock().map_err(|_| "a thread ended early".to_owned())?;
            for (labels, samples) in steps.found {
                let values = all.groups(&labels);
                let repeated = repeats(&samples, job.span);
                for (idx, (at, text)) in samples.iter().enumerate() {
                    if repeated[idx] {
                        all.row(&values, *at, None);
                    } else {
                        all.sample(&values, *at, text);
                    }
                }
            }
            Ok(())
        };
        fetch::ranges(client, jobs, &form, sink, merge)
    }

    /// The values of the labels that each table reads.
    fn groups(&mut self, labels: &Labels) -> Vec<Vec<String>> {
        self.labels
            .extend(labels.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.clone()));
        self.readers.iter().map(|reader| values_of(&reader.lowered.labels, labels)).collect()
    }

    fn sample(&mut self, values: &[Vec<String>], at: Instant, text: &str) {
        if text == "NaN" {
            return self.row(values, at, None);
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
            Some(value) if !cannot_be(value) => self.row(values, at, Some(value)),
            found => self.reject(at, text, found.is_some()),
        }
    }

    fn reject(&mut self, at: Instant, text: &str, is_number: bool) {
        self.rows += 1;
        self.rejected.count += 1;
        if self.rejected.examples.len() < 100 {
            let why = if is_number { "cannot be" } else { "is no number to compare with" };
            self.rejected.examples.push(Problem {
                severity: Severity::Error,
                kind: ProblemKind::BadNumber,
                source: Some(self.source.to_owned()),
                line: None,
                column: Some(self.name.to_owned()),
                count: 1,
                message: format!("{text} at {} {why}", seconds(at)),
            });
        }
    }

    fn row(&mut self, values: &[Vec<String>], at: Instant, value: Option<Rational>) {
        self.rows += 1;
        self.missing += u64::from(value.is_none());
        let slice = self.grid.key(self.grid.slice_at(at.min(self.grid.until - 1)));
        let nanos = value.and_then(|value| value.times(Rational::integer(NANOS)));
        let mut rounded = nanos.is_some_and(|nanos| nanos.den() != 1);
        for (reader, labels) in self.readers.iter_mut().zip(values) {
            let what = value.map_or(Value::Missing, Value::Number);
            let code = cells::code(reader.table, reader.lowered, labels, what);
            let group = labels[..reader.lowered.by].to_vec();
            let table = reader.table;
            let cell = cells::cell(&mut reader.tally, table, &group, slice);
            cell.counts[code] += 1;
            let (Some(value), Some(nanos)) = (value, nanos.map(Rational::round)) else {
                let only_compared =
                    table.sums.is_empty() && table.extremes.is_empty() && table.shapes.is_empty();
                self.too_large |= value.is_some() && !only_compared;
                continue;
            };
            let slot = table.slot_of_code[code] as usize;
            for at in 0..table.sums.len() {
                let sum = &mut cell.sums[at * table.slots + slot];
                let more = sum.checked_add(nanos);
                self.too_large |= more.is_none();
                *sum = more.unwrap_or(*sum);
            }
            let counts = |rows: &crate::plan::Predicate| rows.truth(table, &group, code) == Truth::True;
            for (kept, (_, rows)) in cell.extremes.iter_mut().zip(&table.extremes) {
                if counts(rows) {
                    *kept =
                        Some(kept.map_or((nanos, nanos), |(low, high)| (low.min(nanos), high.max(nanos))));
                }
            }
            for (kept, (_, rows)) in cell.shapes.iter_mut().zip(&table.shapes) {
                match reader.number.steps(value).and_then(|steps| i64::try_from(steps.round()).ok()) {
                    Some(steps) if counts(rows) => kept.add(steps, 1),
                    // Beyond what can be shown; the codes decide.
                    None => *kept = Shape::default(),
                    _ => {}
                }
            }
            rounded &= !table.sums.is_empty();
        }
        self.rounded += u64::from(rounded);
    }
}

/// Which steps may only repeat a series that ended: where it stops within the piece, as many of the same value before
/// that as instant queries look back. Servers that take `lookback_delta` or `max_lookback` repeat less.
fn repeats(samples: &[(Instant, String)], span: Span) -> Vec<bool> {
    let mut repeats = vec![false; samples.len()];
    let most = (LOOKBACK / span.window) as usize;
    for (idx, (at, value)) in samples.iter().enumerate() {
        let next = samples.get(idx + 1).map_or(span.last() + span.window, |(next, _)| *next);
        if next - at <= span.window {
            continue;
        }
        let same = samples[..=idx].iter().rev().take_while(|(_, other)| other == value).count();
        if same > most {
            repeats[idx + 1 - most..=idx].fill(true);
        }
    }
    repeats
}

/// The steps of one piece.
struct Steps {
    found: Vec<(Labels, Vec<(Instant, String)>)>,
}

impl Sink for Steps {
    fn series(&mut self, labels: Labels) -> Result<(), String> {
        self.found.push((labels, Vec::new()));
        Ok(())
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        if let Some((_, samples)) = self.found.last_mut() {
            samples.push((at, value.to_owned()));
        }
        Ok(())
    }
}
