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

/// The query. Of functions over time, `count_over_time` sees native histograms in every version.
pub(super) fn query(selector: &Selector, labels: &[String], fresh: Nanos) -> String {
    format!("count by ({}) (count_over_time({}[{}s]))", labels.join(", "), selector.text(), fresh / NANOS)
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
