//! What counters rose by, told from their samples: whole numbers, nothing extrapolated.
//!
//! A request counts when it is scraped: what a counter rose by between two samples belongs to the slice that the later
//! one lies in (a sample on an edge belongs to the slice that ends there). A counter that falls was reset, and rose by
//! what it shows since. Of a series that begins, the first value
//!
//! - is where counting starts, if the input begins there, too;
//! - counts, if its target was scraped before and did not have the series: then it began at nothing;
//! - is unknown else, for nobody knows whether that was before or after the edge of a slice.

use super::answer::Labels;
use super::counters::{Ask, Bounds, Counted, LOOKBACK, nearest, values_of};
use super::grid::Grid;
use super::samples::{Piece, Samples};
use super::selector::Metric;
use crate::model::Instant;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};

/// Series of one ask that are known.
#[derive(Default)]
struct Known {
    series: HashMap<Labels, Last>,
}

/// The last sample of a series, and whose it is.
struct Last {
    at: Instant,
    value: f64,
    labels: Vec<String>,
}

/// When targets were scraped first.
#[derive(Default)]
struct Targets {
    /// Of all of them: there the input begins, for every ask.
    first: Option<Instant>,
    /// By job and instance.
    of: HashMap<(String, String), Instant>,
}

/// Counts all asks over a range. The first one should be the widest: it tells which targets there were.
pub(super) fn count(samples: &Samples, asks: &[Ask], grid: Grid) -> Result<Vec<Counted>, String> {
    let targets = RwLock::new(Targets::default());
    let counted: Vec<Mutex<Counted>> = asks.iter().map(|_| Mutex::default()).collect();
    let one = |at: usize| -> Result<(), String> {
        let found = of_ask(samples, &asks[at], grid, &targets)?;
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

fn of_ask(samples: &Samples, ask: &Ask, grid: Grid, targets: &RwLock<Targets>) -> Result<Counted, String> {
    let Metric::Selector(selector) = &ask.metric else {
        return Err(
            "cannot be asked for the samples behind an expression: leave `exact` out, or name a metric"
                .to_owned(),
        );
    };
    let mut counted = Counted::new();
    let mut known = Known::default();
    samples.each_chunk(selector, grid.since - LOOKBACK, grid.until, |pieces: Vec<Piece<f64>>| {
        let earliest = pieces.iter().filter_map(|piece| Some(piece.samples.first()?.0)).min();
        if let Ok(mut targets) = targets.write() {
            targets.first = targets.first.or(earliest);
            for piece in &pieces {
                if let (Some(target), Some((at, _))) = (target_of(&piece.labels), piece.samples.first()) {
                    targets.of.entry(target).and_modify(|first| *first = (*first).min(*at)).or_insert(*at);
                }
            }
        }
        let targets = targets.read().map_err(|_| "a thread ended early".to_owned())?;
        pieces.into_iter().try_for_each(|piece| known.add(piece, ask, grid, &targets, &mut counted))
    })?;
    Ok(counted)
}

impl Known {
    fn add(
        &mut self,
        piece: Piece<f64>,
        ask: &Ask,
        grid: Grid,
        targets: &Targets,
        counted: &mut Counted,
    ) -> Result<(), String> {
        let Piece { labels, samples } = piece;
        let mut samples = samples.into_iter();
        let first = targets.first.unwrap_or(grid.since).max(grid.since - LOOKBACK);
        let mut last = match self.series.remove(&labels) {
            Some(last) => last,
            None => {
                let Some((at, value)) = samples.next() else { return Ok(()) };
                let last = Last { at, value, labels: values_of(&ask.labels, &labels) };
                let slices = cells(counted, &last.labels, grid);
                let scraped_before = target_of(&labels)
                    .is_some_and(|target| targets.of.get(&target).is_some_and(|first| *first < at));
                if at > grid.since && (scraped_before || at > first.saturating_add(LOOKBACK)) {
                    let value = nearest(value, ask.scale)?;
                    rise(slices, grid.slice_before(at), if scraped_before { value } else { 0 }, value)?;
                }
                last
            }
        };
        let slices = cells(counted, &last.labels, grid);
        for (at, value) in samples {
            if !value.is_finite() || value < 0.0 {
                return Err(format!("a counter is {value}; is it a gauge?"));
            }
            if at > grid.since {
                // Each value is rounded, not their difference: what rose adds up to the difference of the ends.
                let (now, before) = (nearest(value, ask.scale)?, nearest(last.value, ask.scale)?);
                let risen = if now < before { now } else { now - before };
                if risen > 0 {
                    rise(slices, grid.slice_before(at), risen, risen)?;
                }
            }
            (last.at, last.value) = (at, value);
        }
        self.series.insert(labels, last);
        Ok(())
    }
}

fn cells<'a>(counted: &'a mut Counted, labels: &[String], grid: Grid) -> &'a mut Vec<Bounds> {
    counted.entry(labels.to_vec()).or_insert_with(|| vec![Bounds::default(); grid.slices()])
}

fn rise(slices: &mut [Bounds], slice: usize, low: i64, high: i64) -> Result<(), String> {
    let Some(cell) = slices.get_mut(slice) else { return Ok(()) };
    let added = cell.low.checked_add(low).zip(cell.high.checked_add(high));
    (cell.low, cell.high) = added.ok_or("counts more than can be held")?;
    Ok(())
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
        let counted = count(&Samples::Saved(saved), &asks, grid).unwrap();
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
        let all: Vec<f64> = (0..30).map(f64::from).collect();
        // From 400 s on; the failures of the same target begin at 690 s with 2.
        check(
            &[("instance=x,code=200", 400, &all), ("instance=x,code=500", 710, &[2.0])],
            &[(6, 6), (3 + 2, 3 + 2)],
        );
    }

    #[test]
    fn a_sample_on_an_edge_ends_its_slice() {
        check(&[("", 590, &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])], &[(126, 126), (0, 0)]);
        check(&[("", 660, &[1.0, 3.0])], &[(0, 0), (2, 2)]);
    }
}
