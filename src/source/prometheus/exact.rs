//! What counters and native histograms rose by, told from their samples: whole numbers, nothing extrapolated.
//!
//! A request counts when it is scraped: what a counter rose by between two samples belongs to the slice that the later
//! one lies in (a sample on an edge belongs to the slice that ends there). A counter that falls was reset, and rose by
//! what it shows since. Of a series that begins, the first value
//!
//! - is where counting starts, if the input begins there, too;
//! - counts, if its target was scraped before, did not have the series, and goes on with those that it had: then it began
//!   at nothing (where those end, it is they that go on under another name);
//! - is unknown else, for nobody knows whether that was before or after the edge of a slice.
//!
//! A series that was silent for more than four of its usual steps and then goes on rose by something in each of the
//! slices that it was silent in, and nobody knows in which by how much.

use super::answer::Labels;
use super::counters::{Ask, Bounds, LOOKBACK, nearest, values_of};
use super::grid::Grid;
use super::presence;
use super::samples::{Piece, Read, Samples};
use super::selector::Metric;
use crate::model::{Instant, Nanos};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};

/// A sample that only grows, until it is reset.
pub(super) trait Cumulative: Read + Clone + Send {
    /// What is kept of it per slice.
    type Cell: Clone + Default + Send;

    /// Whether it can be a counter's.
    fn check(&self) -> Result<(), String>;

    /// Adds to a cell what it rose by since another sample, or all of it; if that is not `sure`, perhaps nothing.
    fn add(&self, before: Option<&Self>, ask: &Ask, sure: bool, cell: &mut Self::Cell) -> Result<(), String>;

    /// Whether it is no sample, only the mark at the end of a series, which some servers show.
    fn is_mark(&self) -> bool {
        false
    }

    /// Whether nothing happened since another sample.
    fn is_same(&self, before: &Self) -> bool;
}

/// Per values of the labels and slice.
pub(super) type Risen<T> = BTreeMap<Vec<String>, Vec<<T as Cumulative>::Cell>>;

/// Series of one ask that are known.
struct Known<T> {
    series: HashMap<Labels, Last<T>>,
}

/// The last sample of a series, and whose it is.
struct Last<T> {
    at: Instant,
    value: T,
    /// The shortest step between two samples so far.
    usual: Nanos,
    labels: Vec<String>,
}

/// What is known of targets.
#[derive(Default)]
struct Targets {
    /// When one was scraped first: there the input begins, for every ask.
    first: Option<Instant>,
    /// By job and instance.
    of: HashMap<(String, String), Target>,
}

#[derive(Default)]
struct Target {
    /// First and last sample of each of its series.
    series: HashMap<Labels, (Instant, Instant)>,
    last: Option<Instant>,
    /// The shortest step between two scrapes so far.
    usual: Option<Nanos>,
    /// Times of two scrapes between which there should have been others.
    silences: Vec<(Instant, Instant)>,
}

/// What a series that begins was before.
enum Before {
    /// Nothing: its first value counts.
    Nothing,
    /// Nobody knows: its first value may count.
    Unknown,
    /// Nothing, when its target was scraped last: its first value counts, in some slice since then.
    Silent(Instant),
    /// Where the input begins, counting does.
    Anything,
}

impl Targets {
    /// What pieces of the widest ask tell.
    fn see<T>(&mut self, pieces: &[Piece<T>]) {
        let mut scrapes: HashMap<(String, String), Vec<Instant>> = HashMap::new();
        for piece in pieces {
            let (Some((first, _)), Some((last, _))) = (piece.samples.first(), piece.samples.last()) else {
                continue;
            };
            self.first = Some(self.first.map_or(*first, |known| known.min(*first)));
            let Some(name) = target_of(&piece.labels) else { continue };
            let target = self.of.entry(name.clone()).or_default();
            let life = target.series.entry(piece.labels.clone()).or_insert((*first, *last));
            *life = (life.0.min(*first), life.1.max(*last));
            scrapes.entry(name).or_default().extend(piece.samples.iter().map(|(at, _)| *at));
        }
        for (name, mut times) in scrapes {
            times.sort_unstable();
            times.dedup();
            let Some(target) = self.of.get_mut(&name) else { continue };
            let steps = times.windows(2).map(|pair| pair[1] - pair[0]);
            target.usual = steps.chain(target.usual).min();
            for at in times {
                if let Some(last) = target.last.filter(|last| at - last > presence::fresh(target.usual)) {
                    target.silences.push((last, at));
                }
                target.last = Some(at);
            }
        }
    }

    /// Of a series whose first sample is at that instant.
    fn before(&self, labels: &Labels, at: Instant, grid: Grid) -> Before {
        let begin = self.first.unwrap_or(grid.since).max(grid.since - LOOKBACK);
        let target = target_of(labels).and_then(|name| self.of.get(&name));
        let Some(target) = target.filter(|target| target.series.values().any(|(first, _)| *first < at))
        else {
            return if at > begin.saturating_add(LOOKBACK) { Before::Unknown } else { Before::Anything };
        };
        if let Some((since, _)) = target.silences.iter().find(|(_, until)| *until == at) {
            return Before::Silent(*since);
        }
        let go_on = target.series.values().any(|(first, last)| *first < at && *last >= at);
        if go_on { Before::Nothing } else { Before::Unknown }
    }
}

/// Counts all asks over a range. The first one should be the widest: it tells which targets there were.
pub(super) fn count<T: Cumulative>(
    samples: &Samples,
    asks: &[Ask],
    grid: Grid,
) -> Result<Vec<Risen<T>>, String> {
    let targets = RwLock::new(Targets::default());
    let counted: Vec<Mutex<Risen<T>>> = asks.iter().map(|_| Mutex::default()).collect();
    let one = |at: usize| -> Result<(), String> {
        let role = if at == 0 { Role::Tells } else { Role::Listens };
        let found = of_ask::<T>(samples, &asks[at], grid, &targets, role)?;
        *counted[at].lock().map_err(|_| "a thread ended early".to_owned())? = found;
        Ok(())
    };
    if asks.is_empty() {
        return Ok(Vec::new());
    }
    one(0)?;
    let next = AtomicUsize::new(1);
    let work = || -> Result<(), String> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= asks.len() {
                return Ok(());
            }
            one(at)?;
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mine = work();
        other.join().unwrap_or_else(|_| Err("a thread ended early".to_owned())).and(mine)
    })?;
    counted
        .into_iter()
        .map(|counted| counted.into_inner().map_err(|_| "a thread ended early".to_owned()))
        .collect()
}

/// Whether an ask tells which targets there are, for those that follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Tells,
    Listens,
}

fn of_ask<T: Cumulative>(
    samples: &Samples,
    ask: &Ask,
    grid: Grid,
    targets: &RwLock<Targets>,
    role: Role,
) -> Result<Risen<T>, String> {
    let Metric::Selector(selector) = &ask.metric else {
        return Err(
            "cannot be asked for the samples behind an expression: leave `exact` out, or name a metric"
                .to_owned(),
        );
    };
    let mut counted = Risen::<T>::new();
    let mut known = Known { series: HashMap::new() };
    samples.each_chunk(selector, grid.since - LOOKBACK, grid.until, |mut pieces: Vec<Piece<T>>| {
        for piece in &mut pieces {
            // What is one again and again is no mark.
            let mut before = false;
            piece.samples.retain(|(_, value)| {
                let is_one = value.is_mark();
                let was_one = std::mem::replace(&mut before, is_one);
                !is_one || was_one
            });
        }
        if let (Role::Tells, Ok(mut targets)) = (role, targets.write()) {
            targets.see(&pieces);
        }
        let targets = targets.read().map_err(|_| "a thread ended early".to_owned())?;
        pieces.into_iter().try_for_each(|piece| known.add(piece, ask, grid, &targets, &mut counted))
    })?;
    Ok(counted)
}

impl<T: Cumulative> Known<T> {
    fn add(
        &mut self,
        piece: Piece<T>,
        ask: &Ask,
        grid: Grid,
        targets: &Targets,
        counted: &mut Risen<T>,
    ) -> Result<(), String> {
        let Piece { labels, samples } = piece;
        let mut samples = samples.into_iter();
        let mut last = match self.series.remove(&labels) {
            Some(last) => last,
            None => {
                let Some((at, value)) = samples.next() else { return Ok(()) };
                value.check()?;
                let labels_kept = values_of(&ask.labels, &labels);
                let slices = cells::<T>(counted, &labels_kept, grid);
                let before =
                    if at > grid.since { targets.before(&labels, at, grid) } else { Before::Anything };
                let here = grid.slice_before(at.max(grid.since + 1));
                let (since, sure) = match before {
                    Before::Nothing => (here, true),
                    Before::Unknown => (here, false),
                    Before::Silent(since) => {
                        let first = grid.slice_at(since.max(grid.since)).min(here);
                        (first, first == here && since >= grid.since)
                    }
                    Before::Anything => (here + 1, false),
                };
                for cell in slices.iter_mut().take(here + 1).skip(since) {
                    value.add(None, ask, sure, cell)?;
                }
                Last { at, value, usual: Nanos::MAX, labels: labels_kept }
            }
        };
        let samples: Vec<(Instant, T)> = samples.collect();
        let times = std::iter::once(last.at).chain(samples.iter().map(|(at, _)| *at));
        let steps = times.clone().zip(times.skip(1)).map(|(before, at)| at - before);
        last.usual = steps.min().unwrap_or(Nanos::MAX).min(last.usual);
        let longest = presence::fresh(Some(last.usual).filter(|usual| *usual < Nanos::MAX));
        let slices = cells::<T>(counted, &last.labels, grid);
        for (at, value) in samples {
            value.check()?;
            if at > grid.since && !value.is_same(&last.value) {
                let here = grid.slice_before(at);
                let was_silent = at - last.at > longest;
                let since = if was_silent { grid.slice_before(last.at.max(grid.since + 1)) } else { here };
                // Or in the time before all of them.
                let sure = since == here && !(was_silent && last.at < grid.since);
                for cell in slices.iter_mut().take(here + 1).skip(since) {
                    value.add(Some(&last.value), ask, sure, cell)?;
                }
            }
            (last.at, last.value) = (at, value);
        }
        self.series.insert(labels, last);
        Ok(())
    }
}

fn cells<'a, T: Cumulative>(
    counted: &'a mut Risen<T>,
    labels: &[String],
    grid: Grid,
) -> &'a mut Vec<T::Cell> {
    counted.entry(labels.to_vec()).or_insert_with(|| vec![T::Cell::default(); grid.slices()])
}

impl Cumulative for f64 {
    type Cell = Bounds;

    fn check(&self) -> Result<(), String> {
        if self.is_finite() && *self >= 0.0 {
            return Ok(());
        }
        Err(format!("a counter is {self}; is it a gauge?"))
    }

    fn add(&self, before: Option<&f64>, ask: &Ask, sure: bool, cell: &mut Bounds) -> Result<(), String> {
        // Each value is rounded, not their difference: what rose adds up to the difference of the ends.
        let (now, before) = (nearest(*self, ask.scale)?, nearest(before.copied().unwrap_or(0.0), ask.scale)?);
        let high = if now < before { now } else { now - before };
        cell.add(Bounds { low: if sure { high } else { 0 }, high })
    }

    fn is_mark(&self) -> bool {
        self.is_nan()
    }

    fn is_same(&self, before: &f64) -> bool {
        self.to_bits() == before.to_bits()
    }
}

/// Job and instance of a series; `None` where no instance is told.
fn target_of(labels: &Labels) -> Option<(String, String)> {
    let value = |name: &str| labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.clone());
    Some((value("job").unwrap_or_default(), value("instance")?))
}

#[cfg(test)]
mod tests {
    use super::super::saved::Saved;
    use super::super::selector::{Relation, Selector};
    use super::*;
    use crate::model::NANOS;

    /// Samples of one series each, every ten seconds from the given one on: what `a` rose by in slices of a minute.
    fn check(series: &[(&str, i64, &[f64])], expected: &[(i64, i64)]) {
        assert_eq!(found(series, &[Selector::named("a")])[0], expected);
    }

    /// The same for several asks.
    fn found(series: &[(&str, i64, &[f64])], asks: &[Selector]) -> Vec<Vec<(i64, i64)>> {
        let mut saved = Saved::default();
        for (labels, start, values) in series {
            let mut named: Labels = vec![("__name__".to_owned(), "a".to_owned())];
            named.extend(labels.split(',').filter(|label| !label.is_empty()).map(|label| {
                let (name, value) = label.split_once('=').unwrap();
                (name.to_owned(), value.to_owned())
            }));
            let samples = values
                .iter()
                .enumerate()
                .map(|(at, value)| ((start + 10 * at as i64) * NANOS, value.to_string()));
            saved.add(named, samples);
        }
        let grid = Grid::new(600 * NANOS, 720 * NANOS, Some(60 * NANOS), None);
        let ask = |selector: &Selector| Ask {
            metric: Metric::Selector(selector.clone()),
            labels: vec![],
            scale: 1,
        };
        let asks: Vec<Ask> = asks.iter().map(ask).collect();
        let counted = count::<f64>(&Samples::Saved(saved), &asks, grid).unwrap();
        let bounds = |cell: &Bounds| (cell.low / 1000, cell.high / 1000);
        counted.iter().map(|counted| counted.values().flatten().map(bounds).collect()).collect()
    }

    /// The input begins where the requests do, not where the first failure is.
    #[test]
    fn the_first_failures_of_all_are_counted() {
        let all: Vec<f64> = (0..30).map(f64::from).collect();
        let failed = Selector::named("a").and("code", Relation::Is, "500");
        // 50 at 650 s; at 710 s with a target that nobody knew, it may have been before.
        for (labels, start, expected) in [
            ("instance=x,code=500", 650, [(50, 50), (0, 0)]),
            ("instance=y,code=500", 710, [(0, 0), (0, 50)]),
        ] {
            let series = [("instance=x,code=200", 400, &all[..]), (labels, start, &[50.0])];
            assert_eq!(found(&series, &[Selector::named("a"), failed.clone()])[1], expected);
        }
    }

    #[test]
    fn w60_a_reset_counts_what_is_there_since() {
        check(&[("", 600, &[0.0, 1.0, 2.0, 3.0, 2.0, 3.0, 4.0])], &[(7, 7), (0, 0)]);
    }

    #[test]
    fn w63_each_series_rises_by_itself() {
        // The second pod begins where the first ends; its target is new, so that its first 5 are unknown.
        let old: Vec<f64> = (0..26).map(f64::from).collect();
        check(&[("instance=x", 400, &old), ("instance=y", 705, &[5.0, 6.0])], &[(5, 5), (1, 6)]);
        // Where the input begins, counting begins.
        check(&[("instance=y", 640, &[5.0, 6.0])], &[(1, 1), (0, 0)]);
    }

    #[test]
    fn a_series_that_a_known_target_lacked_began_at_nothing() {
        let all: Vec<f64> = (0..32).map(f64::from).collect();
        // From 400 s on; the failures of the same target begin at 710 s with 2.
        check(
            &[("instance=x,code=200", 400, &all), ("instance=x,code=500", 710, &[2.0])],
            &[(6, 6), (5 + 2, 5 + 2)],
        );
    }

    /// Two samples each at 300 s and 310 s, then at 690 s: silent for 380 s, in the two slices of a minute from 600 s on.
    #[test]
    fn what_happened_in_silence_is_unknown_to_every_slice_of_it() {
        let mut saved = Saved::default();
        let labels: Labels = vec![("__name__".to_owned(), "a".to_owned())];
        let samples = [(300, 1), (310, 3), (690, 9), (700, 10)];
        saved.add(labels, samples.into_iter().map(|(at, value)| (at * NANOS, value.to_string())));
        let grid = Grid::new(240 * NANOS, 720 * NANOS, Some(60 * NANOS), None);
        let ask = Ask { metric: Metric::of("a"), labels: vec![], scale: 1 };
        let counted = count::<f64>(&Samples::Saved(saved), &[ask], grid).unwrap();
        let found: Vec<_> =
            counted[0].values().flatten().map(|cell| (cell.low / 1000, cell.high / 1000)).collect();
        // 2 from 300 s on; 6 at some time between 310 s and 690 s; 1 after.
        assert_eq!(found, [(0, 0), (2, 8), (0, 6), (0, 6), (0, 6), (0, 6), (0, 6), (1, 7)]);
    }

    /// Everything of a target gets another label: 50 is what had been counted before.
    #[test]
    fn another_name_is_no_new_beginning() {
        let old: Vec<f64> = (0..26).map(f64::from).collect();
        check(
            &[("instance=x,code=200", 400, &old), ("env=prod,instance=x,code=200", 660, &[26.0, 27.0])],
            &[(5, 5 + 26), (1, 1)],
        );
    }

    /// Silent from 610 s to 710 s; a series that was not there before may have begun meanwhile.
    #[test]
    fn a_series_that_begins_after_silence_began_in_any_slice_of_it() {
        let before: Vec<f64> = (0..22).map(f64::from).collect();
        check(
            &[
                ("instance=x,code=200", 400, &before),
                ("instance=x,code=200", 710, &[21.0]),
                ("instance=x,code=500", 710, &[50.0]),
            ],
            &[(1, 1 + 50), (0, 50)],
        );
    }

    #[test]
    fn a_sample_on_an_edge_ends_its_slice() {
        check(&[("", 590, &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])], &[(126, 126), (0, 0)]);
        check(&[("", 660, &[1.0, 3.0])], &[(0, 0), (2, 2)]);
    }
}
