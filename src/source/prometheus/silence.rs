//! What rose in silence: between two samples that are too far apart, nobody knows when.
//!
//! How many series and targets a set has is known at the ends of windows (see `calm`). Where there were fewer than before and
//! then more again, what is not known of the slice in which these began may belong to any slice since.

use super::calm::Settings;
use super::counters::{Bounds, Counted};
use super::grid::Span;
use crate::model::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// What was found of one counter.
#[derive(Debug, Default)]
pub(super) struct Risen {
    pub(super) counted: Counted,
    pub(super) levels: BTreeMap<Vec<String>, Levels>,
    /// The first ends of all stretches.
    pub(super) begins: BTreeSet<Instant>,
}

/// How many there were of a set, from each end on at which that changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    pub(super) series: BTreeMap<Instant, u64>,
    /// Of stretches that were calm nothing is asked. A target that shows one more counter hides no other that is silent.
    pub(super) targets: BTreeMap<Instant, u64>,
    /// The first ends of stretches in which it was: in others it had none.
    pub(super) stretches: BTreeSet<Instant>,
}

impl Risen {
    fn levels(&self) -> BTreeMap<Vec<String>, Levels> {
        let mut all = self.levels.clone();
        for levels in all.values_mut() {
            for begin in self.begins.difference(&levels.stretches) {
                levels.series.entry(*begin).or_insert(0);
                levels.targets.entry(*begin).or_insert(0);
            }
        }
        all
    }
}

/// What was counted of several counters. What rose in silence is not known to any slice for sure. `silent_with` tells of each counter another one that is silent with it: failures may show for the first time
/// after a silence of all requests.
pub(super) fn counted(
    risen: Vec<Risen>,
    silent_with: &BTreeMap<usize, usize>,
    settings: Settings,
) -> Result<Vec<Counted>, String> {
    let levels: Vec<BTreeMap<Vec<String>, Levels>> = risen.iter().map(Risen::levels).collect();
    let mut all = Vec::with_capacity(risen.len());
    for (at, Risen { mut counted, .. }) in risen.into_iter().enumerate() {
        let other = silent_with.get(&at).and_then(|other| levels.get(*other));
        for (labels, slices) in &mut counted {
            let known = [levels.get(at), other].into_iter().flatten().filter_map(|of| of.get(labels));
            let known = known.flat_map(|levels| [&levels.series, &levels.targets]);
            let mut perhaps = vec![0; slices.len()];
            known.for_each(|levels| widen(slices, levels, settings, &mut perhaps));
            for (cell, perhaps) in slices.iter_mut().zip(perhaps) {
                cell.add(Bounds { low: 0, high: perhaps })?;
            }
        }
        all.push(counted);
    }
    Ok(all)
}

/// How much more may have risen in each slice, at least as much as was known before.
fn widen(slices: &[Bounds], levels: &BTreeMap<Instant, u64>, settings: Settings, into: &mut [i64]) {
    let Settings { grid, fresh, .. } = settings;
    let mut more = vec![0i64; into.len()];
    // Silences that are not over: since when, and how many there had been.
    let mut open: Vec<(Instant, u64)> = Vec::new();
    let mut before = 0;
    for (end, count) in levels {
        if *count < before {
            open.push((*end, before));
        } else if *count > before
            && let Some((since, _)) = open.first()
        {
            let back = grid.slice_before(*end);
            // The last sample was older than that.
            let first = grid.slice_at((since - fresh).max(grid.since));
            let perhaps = slices.get(back).map_or(0, |cell| cell.high - cell.low);
            for more in more.iter_mut().take(back).skip(first) {
                *more = more.saturating_add(perhaps);
            }
            open.retain(|(_, there)| there > count);
        }
        before = *count;
    }
    for (into, more) in into.iter_mut().zip(more) {
        *into = more.max(*into);
    }
}

/// How many series there were at the first end, and wherever that changed; none where nothing was found.
pub(super) fn levels(ends: Span, found: &[(Instant, f64)]) -> Vec<(Instant, u64)> {
    let mut found = found.iter().peekable();
    let mut levels: Vec<(Instant, u64)> = Vec::new();
    for end in ends.ends() {
        let here = found.next_if(|(at, _)| *at == end).map_or(0, |(_, count)| *count as u64);
        if levels.last().is_none_or(|(_, last)| *last != here) {
            levels.push((end, here));
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::super::grid::Grid;
    use super::*;
    use crate::model::NANOS;

    /// Slices of ten minutes; two series, one of which is silent from 420 s until 1230 s, and what it may have risen by
    /// meanwhile shows in the third slice.
    #[test]
    fn what_rose_in_silence_may_belong_to_each_slice_of_it() {
        let at = |seconds: i64| seconds * NANOS;
        let grid = Grid::new(0, at(2400), Some(at(600)), None);
        let settings = Settings { grid, interval: at(15), fresh: at(60) };
        let cell = |low, high| Bounds { low, high };
        let check = |levels: &[(i64, u64)], expected: [(i64, i64); 4]| {
            let levels: BTreeMap<_, _> = levels.iter().map(|(end, count)| (at(*end), *count)).collect();
            let mut slices = [cell(70, 70), cell(40, 40), cell(50, 95), cell(60, 60)];
            let mut perhaps = [0; 4];
            widen(&slices, &levels, settings, &mut perhaps);
            for (cell, perhaps) in slices.iter_mut().zip(perhaps) {
                cell.high += perhaps;
            }
            assert_eq!(slices, expected.map(|(low, high)| cell(low, high)), "{levels:?}");
        };
        let widened = [(70, 115), (40, 85), (50, 95), (60, 60)];
        let same = [(70, 70), (40, 40), (50, 95), (60, 60)];
        check(&[(0, 2), (480, 1), (1260, 2)], widened);
        // Back at once: nothing but the slice itself.
        check(&[(0, 2), (1230, 1), (1260, 2)], [(70, 70), (40, 85), (50, 95), (60, 60)]);
        // Gone for good, or new.
        check(&[(0, 2), (480, 1)], same);
        check(&[(0, 1), (1260, 2)], same);
        // All of it.
        check(&[(0, 1), (480, 0), (1260, 1)], widened);
    }
}
