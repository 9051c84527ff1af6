//! When there was data at all: where it begins and ends, where it is missing in between, and how many series it has.

use super::answer::{Labels, Sink};
use super::client::Client;
use super::counters::{LOOKBACK, values_of};
use super::fetch::{self, Job};
use super::grid::Span;
use super::selector::Selector;
use crate::model::{Instant, NANOS, Nanos};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What is known of a group, at the ends of the windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) first: Instant,
    pub(super) last: Instant,
    /// The ends at which it had a series, in any order.
    pub(super) at: Vec<Instant>,
    /// The fewest series at one of them, and where.
    pub(super) least: (u64, Instant),
}

impl Seen {
    /// The ends between the first and the last at which it had none, each with the end at which it was back.
    pub(super) fn silent(&self, ends: impl Iterator<Item = Instant>) -> Vec<(Instant, Instant)> {
        let mut there = self.at.clone();
        there.sort_unstable();
        let between = ends.filter(|end| *end > self.first && *end < self.last);
        let back = |end: Instant| there.get(there.partition_point(|at| *at < end)).copied();
        between.filter_map(|end| Some((end, back(end)?))).filter(|(end, back)| end != back).collect()
    }
}

/// By group.
pub(super) type Presence = BTreeMap<Vec<String>, Seen>;

/// Asks how many series of each group there are at the ends of windows, and at the beginning of the range; series whose
/// last sample is no older than `fresh`.
pub(super) fn ask(
    client: &Client,
    selector: &Selector,
    labels: &[String],
    since: Instant,
    spans: &[Span],
    fresh: Nanos,
) -> Result<Presence, String> {
    let query = query(selector, labels, fresh);
    // With a second more, for VictoriaMetrics 1.79 does not find series that begin at the very end of a range at midnight.
    let begin = Span { first: since, window: NANOS, count: 2 };
    let job = |key, span: &Span| Job { key, query: query.clone(), span: *span };
    let jobs: Vec<_> =
        [job(Some(since), &begin)].into_iter().chain(spans.iter().map(|span| job(None, span))).collect();
    let all: Mutex<Presence> = Mutex::default();
    let sink = |job: &Job<Option<Instant>>| Looking { labels, only: job.key, found: Vec::new() };
    let merge = |_: &Job<Option<Instant>>, looking: Looking| {
        let mut all = all.lock().map_err(|_| "a thread ended early".to_owned())?;
        for (group, seen) in looking.found {
            let Some(seen) = seen else { continue };
            all.entry(group)
                .and_modify(|known| {
                    known.first = known.first.min(seen.first);
                    known.last = known.last.max(seen.last);
                    known.at.extend(&seen.at);
                    known.least = known.least.min(seen.least);
                })
                .or_insert(seen);
        }
        Ok(())
    };
    fetch::ranges(client, jobs, &[], sink, merge)?;
    all.into_inner().map_err(|_| "a thread ended early".to_owned())
}

/// Where data begins that is not there at `from` and is at `to`, to the second: when the first target was scraped first,
/// and when all were that began soon after (as soon as `fresh` is).
pub(super) fn begin(
    client: &Client,
    selector: &Selector,
    (from, to): (Instant, Instant),
    fresh: Nanos,
) -> Result<(Instant, Instant), String> {
    // A counter that a target has only since something happened is no beginning.
    let query =
        format!("count(count by (job, instance) (count_over_time({}[{}s])))", selector.text(), fresh / NANOS);
    let (mut from, mut to) = (from, to);
    loop {
        // Coarser at first.
        let step = ((to - from) / BEGIN_LOOKS / NANOS * NANOS).max(NANOS);
        let first = -(-from).div_euclid(step) * step;
        let span = Span { first, window: step, count: ((to - first).max(0) / step) as u64 + 1 };
        let found = levels(client, &query, span)?;
        (from, to) = match found.first_key_value().filter(|(at, _)| **at <= to) {
            Some((at, _)) => (from.max(at - step), *at),
            None => (span.last().min(to), to),
        };
        if step == NANOS {
            break;
        }
    }
    // Not all of them are scraped at once.
    let span = Span { first: to, window: NANOS, count: (fresh / NANOS) as u64 + 1 };
    let mut most = (0.0, to);
    for (at, level) in levels(client, &query, span)? {
        if level > most.0 {
            most = (level, at);
        }
    }
    Ok((to, most.1))
}

/// So many points at once, in search of a beginning.
const BEGIN_LOOKS: i64 = 60;

/// What a query without groups finds.
fn levels(client: &Client, query: &str, span: Span) -> Result<BTreeMap<Instant, f64>, String> {
    let all: Mutex<BTreeMap<Instant, f64>> = Mutex::default();
    let merge = |_: &Job<()>, found: Levels| {
        all.lock().map_err(|_| "a thread ended early".to_owned())?.extend(found.0);
        Ok(())
    };
    let job = Job { key: (), query: query.to_owned(), span };
    fetch::ranges(client, [job], &[], |_| Levels(BTreeMap::new()), merge)?;
    all.into_inner().map_err(|_| "a thread ended early".to_owned())
}

struct Levels(BTreeMap<Instant, f64>);

impl Sink for Levels {
    fn series(&mut self, _: Labels) -> Result<(), String> {
        Ok(())
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        let level = value.parse().map_err(|_| format!("`{value}` is no number"))?;
        self.0.insert(at, level);
        Ok(())
    }
}

/// The query. Of functions over time, `count_over_time` sees native histograms in every version.
pub(super) fn query(selector: &Selector, labels: &[String], fresh: Nanos) -> String {
    format!("count by ({}) (count_over_time({}[{}s]))", labels.join(", "), selector.text(), fresh / NANOS)
}

/// Whether any series had a sample in the five minutes before an instant.
pub(super) fn was_there(client: &Client, selector: &Selector, at: Instant) -> Result<bool, String> {
    let query = query(selector, &[], LOOKBACK);
    // With a second more, as above.
    let found = levels(client, &query, Span { first: at, window: NANOS, count: 2 })?;
    Ok(found.contains_key(&at))
}

/// How close to an edge a series must have samples on either side, or it was silent for longer than `fresh` there.
pub(super) fn near(fresh: Nanos) -> Nanos {
    (fresh / 2 / NANOS * NANOS).max(NANOS)
}

/// How old the last sample of a series that is there may be: four scrapes, and a minute at least.
pub(super) fn fresh(interval: Option<Nanos>) -> Nanos {
    interval.map_or(LOOKBACK, |interval| {
        interval.saturating_mul(4).clamp(60 * NANOS, LONGEST_STEP) / NANOS * NANOS
    })
}

/// No series is scraped more seldom than that.
const LONGEST_STEP: Nanos = 2 * 3600 * NANOS;

struct Looking<'a> {
    labels: &'a [String],
    /// Other points do not count.
    only: Option<Instant>,
    found: Vec<(Vec<String>, Option<Seen>)>,
}

impl Sink for Looking<'_> {
    fn series(&mut self, labels: Labels) -> Result<(), String> {
        self.found.push((values_of(self.labels, &labels), None));
        Ok(())
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        if self.only.is_some_and(|only| at != only) {
            return Ok(());
        }
        let count: f64 = value.parse().map_err(|_| format!("`{value}` is no number"))?;
        let least = (count as u64, at);
        let Some((_, seen)) = self.found.last_mut() else { return Ok(()) };
        let seen = seen.get_or_insert(Seen { first: at, last: at, at: Vec::new(), least });
        seen.first = seen.first.min(at);
        seen.last = seen.last.max(at);
        seen.at.push(at);
        seen.least = seen.least.min(least);
        Ok(())
    }
}
