//! How often a series has samples, told from its own, and where it was silent for longer.
//!
//! Called by `gauges` for every sample in the order of time. A series is scraped as often as a quarter of the steps around
//! a sample say: one that is mostly silent is not taken for one that is scraped seldom, and one that is scraped at
//! another pace from some day on is soon known by that. Where it was silent is told by `presence::fresh`, as with
//! counters.
//!
//! Invariant: what is told depends on the samples of the series alone, never on the chunks that they come in; memory is
//! the same for every series.

use super::presence;
use crate::model::{Instant, NANOS, Nanos};
use std::collections::VecDeque;

/// Steps on either side of one that tell how long it should be.
const AROUND: usize = 7;
/// The pace of a series with a single sample.
const USUAL: Nanos = 60 * NANOS;

/// The samples of a series up to now.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    pub(super) first: Instant,
    pub(super) last: Instant,
    /// The latest steps, each with the sample that it begins at.
    steps: VecDeque<(Instant, Nanos)>,
    /// How often it is scraped, where a single step has to tell.
    said: Option<Nanos>,
}

/// A stretch without samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    /// The first sample that is not there.
    pub(super) first: Instant,
    /// How often there should have been one.
    pub(super) usual: Nanos,
    /// How many there should have been.
    pub(super) lost: u64,
}

impl Pace {
    /// A series that begins; `said` is how often series are scraped, as far as anybody said.
    pub(super) fn new(first: Instant, said: Option<Nanos>) -> Pace {
        Pace { first, last: first, steps: VecDeque::new(), said }
    }

    /// Adds a sample. A silence comes back some samples after its end.
    pub(super) fn add(&mut self, at: Instant) -> Option<Silence> {
        if self.steps.len() > 2 * AROUND {
            self.steps.pop_front();
        }
        self.steps.push_back((self.last, at - self.last));
        self.last = at;
        self.judge(self.steps.len().checked_sub(AROUND + 1)?)
    }

    /// The silences that have not been told yet.
    pub(super) fn rest(&self) -> impl Iterator<Item = Silence> + '_ {
        let open = self.steps.len().saturating_sub(AROUND);
        (open..self.steps.len()).filter_map(|at| self.judge(at))
    }

    /// How often there is a sample, by the latest steps.
    pub(super) fn usual(&self) -> Nanos {
        let mut steps: Vec<Nanos> = self.steps.iter().map(|(_, step)| *step).collect();
        steps.sort_unstable();
        let usual = match steps.as_slice() {
            [] => self.said.unwrap_or(USUAL),
            [step] => self.said.unwrap_or(*step).min(*step),
            _ => steps[(steps.len() - 1) / 4],
        };
        usual.max(NANOS)
    }

    /// How long there may be no sample.
    pub(super) fn patience(&self) -> Nanos {
        let usual = self.usual();
        presence::fresh(Some(usual)).max(usual.saturating_mul(2))
    }

    fn judge(&self, at: usize) -> Option<Silence> {
        let (before, step) = *self.steps.get(at)?;
        // Nothing shorter is silence at any pace.
        if step <= presence::fresh(Some(0)) {
            return None;
        }
        let usual = self.usual();
        let lost = lost(step, usual);
        let is_silent = step > presence::fresh(Some(usual)) && lost > 0;
        is_silent.then(|| Silence { first: before + usual, usual, lost })
    }
}

/// How many samples there should have been within a step.
pub(super) fn lost(step: Nanos, usual: Nanos) -> u64 {
    // The last of them is nearer to the next sample than half of what is usual, and is that sample.
    u64::try_from((step + usual / 2 - 1) / usual - 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Silences as the second of the first lost sample, the pace and how many are lost.
    fn check(samples: impl IntoIterator<Item = i64>, said: Option<i64>, wanted: &[(i64, i64, u64)]) {
        let mut samples = samples.into_iter().map(|at| at * NANOS);
        let mut pace = Pace::new(samples.next().unwrap(), said.map(|said| said * NANOS));
        let mut found: Vec<Silence> = samples.filter_map(|at| pace.add(at)).collect();
        found.extend(pace.rest());
        let found: Vec<_> =
            found.iter().map(|found| (found.first / NANOS, found.usual / NANOS, found.lost)).collect();
        assert_eq!(found, wanted);
    }

    fn every(step: i64, from: i64, to: i64) -> impl Iterator<Item = i64> {
        (0..).map(move |at| from + at * step).take_while(move |at| *at <= to)
    }

    #[test]
    fn a_silence_is_longer_than_four_scrapes_and_a_minute() {
        check(every(15, 0, 600).chain(every(15, 660, 1200)), None, &[]);
        // 615, 630, 645 and 660 are lost.
        check(every(15, 0, 600).chain(every(15, 675, 1200)), None, &[(615, 15, 4)]);
        // At two minutes: 4 of them may pass.
        check(every(120, 0, 2400).chain(every(120, 2880, 6000)), None, &[]);
        check(every(120, 0, 2400).chain(every(120, 3000, 6000)), None, &[(2520, 120, 4)]);
        // At the beginning and at the end; and a scrape is not on the second.
        check([0].into_iter().chain(every(15, 100, 600)), None, &[(15, 15, 6)]);
        check(every(15, 0, 600).chain([700]), None, &[(615, 15, 6)]);
    }

    #[test]
    fn what_is_scraped_seldom_is_not_silent() {
        check(every(3600, 0, 86_400), None, &[]);
        check(every(86_400, 0, 864_000), None, &[]);
        // A day is lost.
        check(every(86_400, 0, 864_000).filter(|at| *at != 432_000), None, &[(432_000, 86_400, 1)]);
        // Of a series with a single step the pace has to be known, where it is.
        check([0, 3600], None, &[]);
        check([0, 3600], Some(60), &[(60, 60, 59)]);
        // Two scrapes, ten minutes of nothing, and again.
        let flapping = (0..20).flat_map(|round| [round * 630, round * 630 + 30]);
        check(flapping, None, &(0..19).map(|round| (round * 630 + 60, 30, 19)).collect::<Vec<_>>());
    }

    #[test]
    fn another_pace_is_soon_known() {
        // The first steps of five minutes have fifteen seconds around them still; then they are what is usual.
        let samples = every(15, 0, 3600).chain(every(300, 3900, 36_000));
        check(samples, None, &(0..4).map(|at| (3615 + at * 300, 15, 19)).collect::<Vec<_>>());
        let first = every(1, 0, 2).chain(every(15, 15, 3600)).chain(every(15, 4200, 7200));
        check(first, None, &[(3615, 15, 39)]);
    }
}
