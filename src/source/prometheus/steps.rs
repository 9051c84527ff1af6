//! Expressions: a row for every step, asked for in pieces that come in any order.
//!
//! The steps of a series are held as runs of one value. Those inside of a piece are counted at once; the first and the
//! last run of each piece wait until all is there, for what lies beside them is in other pieces.
//!
//! A step at which a series has no value is missing if it had one before and has one after, and none for longer than
//! `presence::fresh`. So are the steps that may only repeat a series that ended: where a run ends in silence, as many of
//! it as instant queries look back. Servers that take `lookback_delta` or `max_lookback` repeat less.
//!
//! Invariant: what is counted does not depend on the pieces. Memory is by series and pieces.

use super::answer::{Labels, Sink};
use super::client::Client;
use super::counters::LOOKBACK;
use super::fetch::{self, Job, seconds};
use super::gauges::{Gauge, Life};
use super::grid::Span;
use super::presence;
use crate::model::{Instant, NANOS, Nanos};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Steps one after the other with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    first: Instant,
    last: Instant,
    text: String,
    /// The next step with a value, as far as it is known.
    next: Option<Instant>,
}

/// What the steps of an expression are.
#[derive(Clone, Copy, Debug)]
struct Course {
    span: Span,
    /// How long nothing may be there.
    fresh: Nanos,
}

impl Gauge<'_> {
    /// Every step of an expression over what is scraped every `interval`; `$by` in it becomes `labels`.
    pub(super) fn steps(
        &mut self,
        client: &Client,
        expression: &str,
        labels: &[String],
        step: Nanos,
        interval: Nanos,
    ) -> Result<(), String> {
        let (since, until) = (self.grid.since, self.grid.until);
        let first = since.div_euclid(step) * step + if since % step == 0 { 0 } else { step };
        if first >= until {
            return Ok(());
        }
        let span = Span { first, window: step, count: ((until - 1 - first) / step) as u64 + 1 };
        let course = Course { span, fresh: presence::fresh(Some(interval)).max(step) };
        let window = format!("{}s", step / NANOS);
        let query = expression.replace("$window", &window).replace("$by", &labels.join(", "));
        let jobs = [Job { key: (), query, span }];
        // What is older is no evidence: five minutes are usual.
        let lookback = (2 * interval / NANOS).max(2).to_string();
        let form = [("lookback_delta", format!("{lookback}s")), ("max_lookback", format!("{lookback}s"))];
        let waiting: Mutex<(&mut Gauge, BTreeMap<Labels, Vec<Run>>)> = Mutex::new((self, BTreeMap::new()));
        let sink = |_: &Job<()>| Steps { step, found: Vec::new() };
        let merge = |_: &Job<()>, steps: Steps| {
            let mut all = waiting.lock().map_err(|_| "a thread ended early".to_owned())?;
            let (gauge, waiting) = &mut *all;
            for (labels, mut runs) in steps.found {
                let values = gauge.groups(&labels);
                let Some(last) = runs.pop() else { continue };
                let first = (!runs.is_empty()).then(|| runs.remove(0));
                for run in &runs {
                    gauge.run(&values, course, run);
                }
                waiting.entry(labels).or_default().extend(first.into_iter().chain([last]));
            }
            Ok(())
        };
        fetch::ranges(client, jobs, &form, sink, merge)?;
        let (gauge, waiting) = waiting.into_inner().map_err(|_| "a thread ended early".to_owned())?;
        for (labels, runs) in waiting {
            gauge.joined(labels, runs, course)?;
        }
        Ok(())
    }

    /// The runs of a series that waited for each other.
    fn joined(&mut self, labels: Labels, mut runs: Vec<Run>, course: Course) -> Result<(), String> {
        runs.sort_by_key(|run| run.first);
        let values = self.groups(&labels);
        let mut runs = runs.into_iter();
        let Some(mut open) = runs.next() else { return Ok(()) };
        let first = open.first;
        for run in runs {
            if run.first <= open.last {
                return Err(format!("it tells twice what is at {}", seconds(run.first)));
            }
            let follows = open.next.is_none() && run.first - open.last == course.span.window;
            if follows && open.text == run.text {
                (open.last, open.next) = (run.last, run.next);
            } else {
                open.next = open.next.or(Some(run.first));
                self.run(&values, course, &open);
                open = run;
            }
        }
        self.run(&values, course, &open);
        let usual = course.span.window;
        self.lives.push(Life {
            labels,
            first,
            last: open.last,
            usual,
            patience: course.fresh.max(2 * usual),
        });
        Ok(())
    }

    /// Counts a run, and what is missing behind it.
    fn run(&mut self, values: &[Vec<String>], course: Course, run: &Run) {
        let Course { span, fresh } = course;
        let step = span.window;
        let count = ((run.last - run.first) / step) as u64 + 1;
        let most = (LOOKBACK / step) as u64;
        let is_silent = run.next.map_or(run.last < span.last(), |next| next - run.last > step);
        let repeated = if is_silent { most.min(count - 1) } else { 0 };
        let told = count - repeated;
        self.samples_of(values, run.first, step, told, &run.text);
        self.rows(values, run.first + told as i64 * step, step, repeated, None);
        if let Some(next) = run.next.filter(|next| next - run.last > fresh) {
            self.rows(values, run.last + step, step, ((next - run.last) / step - 1).unsigned_abs(), None);
        }
    }
}

/// The steps of one piece, as runs.
struct Steps {
    step: Nanos,
    found: Vec<(Labels, Vec<Run>)>,
}

impl Sink for Steps {
    fn series(&mut self, mut labels: Labels) -> Result<(), String> {
        labels.sort();
        self.found.push((labels, Vec::new()));
        Ok(())
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        let Some((_, runs)) = self.found.last_mut() else { return Ok(()) };
        match runs.last_mut() {
            Some(run) if at - run.last == self.step && run.text == value => run.last = at,
            before => {
                if let Some(before) = before {
                    before.next = Some(at);
                }
                runs.push(Run { first: at, last: at, text: value.to_owned(), next: None });
            }
        }
        Ok(())
    }
}
