//! What counters rose by where nothing happened to them: a sum at both ends of a window tells it.
//!
//! A set of series is *calm* over a stretch of time if none of them reset in it and all of them were there at every end of
//! a window in it: shortly before it, and shortly after. What they rose by in a window is then the difference of their
//! sums at its ends, a query that costs a server a fraction of those for bounds. Only for sets that are not calm are bounds
//! asked for (see `counters`), a day at a time.
//!
//! Invariant: where a set is calm, the difference is what both bounds would be.

use super::answer::{Labels, Sink};
use super::client::Client;
use super::counters::{self, Ask, Bounds, LOOKBACK, nearest, values_of};
use super::edges::LE;
use super::fetch;
use super::grid::{Grid, Span};
use super::presence;
use super::refusal::Refusal;
use super::selector::{Metric, Relation, Selector, any_of};
use super::silence::{Risen, levels};
use crate::model::{Instant, NANOS, Nanos};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// A stretch of time that is calm or not: short, so that one restart does not make a month uneasy.
const STRETCH: i64 = 86_400;
/// As many values of a label are named in a query.
const MOST_NAMED: usize = 50;

/// One counter over the windows of one stretch.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Index into the asks.
    pub(super) ask: usize,
    pub(super) span: Span,
}

/// What tells one target from another.
const TARGET: [&str; 2] = ["job", "instance"];

/// How series are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) grid: Grid,
    /// How often they are scraped.
    pub(super) interval: Nanos,
    /// How old the last sample of a series that is there may be.
    pub(super) fresh: Nanos,
}

/// The stretches of a range.
pub(super) fn stretches(span: Span) -> impl Iterator<Item = Span> {
    span.pieces((STRETCH / span.seconds().max(1)).clamp(1, 2_000).unsigned_abs())
}

/// The queries about a stretch of so many seconds: all series, those without a reset, and, at the ends of windows, what
/// they show and how many there are; and so much after an end, how many there are both before it and after.
pub(super) struct Queries {
    pub(super) all: String,
    pub(super) unreset: String,
    pub(super) sums: String,
    pub(super) counts: String,
    pub(super) around: String,
    /// Of how many targets the series are, at an end, and around it.
    pub(super) targets: String,
    pub(super) targets_around: String,
    /// How many of both there were in the five minutes before the range.
    pub(super) series_before: String,
    pub(super) targets_before: String,
}

impl Queries {
    pub(super) fn new(selector: &Selector, labels: &[String], seconds: i64, fresh: Nanos) -> Queries {
        let (by, text, near) = (labels.join(", "), selector.text(), presence::near(fresh) / NANOS);
        let fresh = fresh / NANOS;
        let all = seconds + fresh;
        let more = TARGET.iter().copied().filter(|name| labels.iter().all(|label| label != name));
        let targets = labels.iter().map(String::as_str).chain(more).collect::<Vec<_>>().join(", ");
        let last = format!("last_over_time({text}[{fresh}s]");
        let long = format!("last_over_time({text}[{}s])", LOOKBACK / NANOS);
        let beside = format!("last_over_time({text}[{near}s]");
        Queries {
            all: format!("count by ({by}) (count_over_time({text}[{all}s]))"),
            unreset: format!("count by ({by}) (resets({text}[{all}s]) == 0)"),
            sums: format!("sum by ({by}) ({last}))"),
            counts: format!("count by ({by}) ({last}))"),
            around: format!("count by ({by}) ({beside}) and {beside} offset {near}s))"),
            targets: format!("count by ({by}) (count by ({targets}) ({last})))"),
            targets_around: format!(
                "count by ({by}) (count by ({targets}) ({beside}) and {beside} offset {near}s)))"
            ),
            series_before: format!("count by ({by}) ({long})"),
            targets_before: format!("count by ({by}) (count by ({targets}) ({long}))"),
        }
    }
}

/// Counts one piece.
pub(super) fn count(
    client: &Client,
    ask: &Ask,
    selector: &Selector,
    span: Span,
    settings: Settings,
    into: &Mutex<Risen>,
) -> Result<(), Refusal> {
    let Settings { grid, fresh, .. } = settings;
    let queries = Queries::new(selector, &ask.labels, span.seconds() * span.count as i64, fresh);
    let once = Span { first: span.last(), count: 1, ..span };
    let ends = Span { first: span.first - span.window, count: span.count + 1, ..span };
    let get = |query: &str, span: Span| fetch::range(client, query, span, &[], || Kept::of(ask));
    let (all, unreset) = (get(&queries.all, once)?.found, get(&queries.unreset, once)?.found);
    let sums = get(&queries.sums, ends)?.found;
    let counts = levels_at([&queries.around, &queries.counts], ends, settings, get)?;
    let before = if ends.first == grid.since { Some(levels_before(&queries, ends, get)?) } else { None };
    let mut risen: BTreeMap<Vec<String>, Vec<(usize, i64)>> = BTreeMap::new();
    let mut uneasy: BTreeSet<Vec<String>> = BTreeSet::new();
    for labels in all.keys().chain(counts.keys()) {
        let number = |of: &Found| of.get(labels).and_then(|samples| samples.first()).map(|(_, count)| *count);
        let is_calm = number(&all).is_some()
            && number(&all) == number(&unreset)
            && counts.get(labels).is_some_and(|counts| {
                counts.len() as u64 == ends.count
                    && counts.iter().all(|(_, count)| Some(*count) == number(&all))
            });
        match rises(sums.get(labels), ends, grid, ask.scale).filter(|_| is_calm) {
            Some(found) => risen.insert(labels.clone(), found).map_or((), drop),
            None => drop(uneasy.insert(labels.clone())),
        }
    }
    let mut bounds = None;
    let mut targets = Found::new();
    if !uneasy.is_empty() {
        let narrowed =
            if uneasy.len() == all.len() { selector.clone() } else { narrowed(selector, ask, &uneasy) };
        let queries = Queries::new(&narrowed, &ask.labels, 0, fresh);
        let asked = Ask { metric: Metric::Selector(narrowed), ..ask.clone() };
        bounds = Some(counters::bounds(client, ask, &asked, span, settings)?);
        targets = levels_at([&queries.targets_around, &queries.targets], ends, settings, get)?;
    }
    let broken = |message: &str| Refusal::Failed(message.to_owned());
    let mut into = into.lock().map_err(|_| broken("a thread ended early"))?;
    for (labels, found) in risen {
        let slices = into.counted.entry(labels).or_insert_with(|| vec![Bounds::default(); grid.slices()]);
        for (slice, amount) in found {
            let Some(cell) = slices.get_mut(slice) else { continue };
            cell.add(Bounds { low: amount, high: amount }).map_err(Refusal::Failed)?;
        }
    }
    for rises in bounds.into_iter().flatten() {
        rises.merge(&mut into.counted, |labels| uneasy.contains(labels)).map_err(Refusal::Failed)?;
    }
    into.begins.insert(ends.first);
    for labels in all.keys().chain(counts.keys()) {
        let found = |of: &Found| levels(ends, of.get(labels).map_or(&[][..], Vec::as_slice));
        let known = into.levels.entry(labels.clone()).or_default();
        known.stretches.insert(ends.first);
        known.series.extend(found(&counts));
        if uneasy.contains(labels) {
            known.targets.extend(found(&targets));
        }
    }
    for (labels, [series, targets]) in before.into_iter().flatten() {
        // What was there and is not is silent from the beginning on.
        let known = into.levels.entry(labels).or_default();
        known.series.insert(ends.first - 1, series);
        known.targets.insert(ends.first - 1, targets);
    }
    Ok(())
}

/// How many series and targets there were in the five minutes before the first end.
fn levels_before<'a>(
    queries: &Queries,
    ends: Span,
    get: impl Fn(&str, Span) -> Result<Kept<'a>, Refusal>,
) -> Result<BTreeMap<Vec<String>, [u64; 2]>, Refusal> {
    // With a second more, for VictoriaMetrics.
    let span = Span { first: ends.first, window: NANOS, count: 2 };
    let mut before: BTreeMap<Vec<String>, [u64; 2]> = BTreeMap::new();
    for (at, query) in [&queries.series_before, &queries.targets_before].into_iter().enumerate() {
        for (labels, samples) in get(query, span)?.found {
            let first = samples.first().filter(|(at, _)| *at == ends.first);
            before.entry(labels).or_default()[at] = first.map_or(0, |(_, count)| *count as u64);
        }
    }
    Ok(before)
}

/// How many there are at the ends of windows, before and after; what comes after the range is not looked at.
fn levels_at<'a>(
    [around, at_ends]: [&String; 2],
    ends: Span,
    Settings { grid, fresh, .. }: Settings,
    get: impl Fn(&str, Span) -> Result<Kept<'a>, Refusal>,
) -> Result<Found, Refusal> {
    let near = presence::near(fresh);
    let inner = ends.ends().take_while(|end| end + near <= grid.until).count() as u64;
    let mut counts = Found::new();
    if inner > 0 {
        let first = ends.first + near;
        // With a second more, for VictoriaMetrics 1.79 does not find series that begin at the very end of a range at midnight.
        let span = match inner {
            1 => Span { first, window: NANOS, count: 2 },
            count => Span { first, count, ..ends },
        };
        for (labels, samples) in get(around, span)?.found {
            let wanted = samples.into_iter().take_while(|(at, _)| inner > 1 || *at == first);
            counts.insert(labels, wanted.map(|(at, count)| (at - near, count)).collect());
        }
    }
    if inner < ends.count {
        let rest = Span { first: ends.first + ends.window * inner as i64, count: ends.count - inner, ..ends };
        for (labels, samples) in get(at_ends, rest)?.found {
            counts.entry(labels).or_default().extend(samples);
        }
    }
    Ok(counts)
}

/// What a sum rose by in each window, by the slice; `None` where it cannot be told: an end lacks, or it fell.
fn rises(
    sums: Option<&Vec<(Instant, f64)>>,
    ends: Span,
    grid: Grid,
    scale: i64,
) -> Option<Vec<(usize, i64)>> {
    let sums = sums.filter(|sums| sums.len() as u64 == ends.count)?;
    let mut risen: Vec<(usize, i64)> = Vec::with_capacity(sums.len());
    for pair in sums.windows(2) {
        let (before, now) = (nearest(pair[0].1, scale).ok()?, nearest(pair[1].1, scale).ok()?);
        let amount = now.checked_sub(before).filter(|amount| *amount >= 0)?;
        risen.push((grid.slice_before(pair[1].0), amount));
    }
    Some(risen)
}

/// The selector for some sets of series and perhaps others.
fn narrowed(selector: &Selector, ask: &Ask, wanted: &BTreeSet<Vec<String>>) -> Selector {
    let mut narrowed = selector.clone();
    for (at, label) in ask.labels.iter().enumerate().filter(|(_, label)| *label != LE) {
        let values: BTreeSet<&String> = wanted.iter().filter_map(|labels| labels.get(at)).collect();
        if values.len() <= MOST_NAMED {
            let values: Vec<String> = values.into_iter().cloned().collect();
            narrowed = narrowed.and(label, Relation::Matches, &any_of(&values));
        }
    }
    narrowed
}

/// By the values of the labels.
type Found = BTreeMap<Vec<String>, Vec<(Instant, f64)>>;

/// Keeps all samples.
struct Kept<'a> {
    labels: &'a [String],
    found: Found,
    at: Vec<String>,
}

impl<'a> Kept<'a> {
    fn of(ask: &'a Ask) -> Kept<'a> {
        Kept { labels: &ask.labels, found: Found::new(), at: Vec::new() }
    }
}

impl Sink for Kept<'_> {
    fn series(&mut self, labels: Labels) -> Result<(), String> {
        self.at = values_of(self.labels, &labels);
        match self.found.insert(self.at.clone(), Vec::new()) {
            None => Ok(()),
            Some(_) => Err("it has one set of labels twice".to_owned()),
        }
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        let number: f64 = value.parse().map_err(|_| format!("`{value}` is no number"))?;
        if !number.is_finite() || number < 0.0 {
            return Err(format!("a counter is {value}; is it a gauge?"));
        }
        if let Some(samples) = self.found.get_mut(&self.at) {
            samples.push((at, number));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_a_day_at_most() {
        let check = |window: i64, count: u64, expected: &[u64]| {
            let span = Span { first: 0, window: window * NANOS, count };
            assert_eq!(stretches(span).map(|span| span.count).collect::<Vec<_>>(), expected);
        };
        check(3600, 50, &[24, 24, 2]);
        check(300, 288, &[288]);
        check(86_400, 2, &[1, 1]);
        check(200_000, 2, &[1, 1]);
        check(1, 2001, &[2000, 1]);
    }

    #[test]
    fn sums_that_fall_or_lack_tell_nothing() {
        let ends = Span { first: 0, window: 60 * NANOS, count: 3 };
        let grid = Grid::new(0, 120 * NANOS, Some(60 * NANOS), None);
        let check = |sums: &[(i64, f64)], expected: Option<&[(usize, i64)]>| {
            let sums: Vec<_> = sums.iter().map(|(at, sum)| (at * NANOS, *sum)).collect();
            assert_eq!(rises(Some(&sums), ends, grid, 1).as_deref(), expected);
        };
        check(&[(0, 5.0), (60, 7.0), (120, 7.0)], Some(&[(0, 2000), (1, 0)]));
        check(&[(0, 5.0), (60, 4.0), (120, 7.0)], None);
        check(&[(0, 5.0), (120, 7.0)], None);
    }
}
