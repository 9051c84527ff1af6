//! Time as it is asked for: windows, whose increases are asked for, and slices, which the agreement tells apart.
//!
//! Windows lie on the clock (their ends are multiples of their length since 1970), so that the same data gives the same
//! answer whatever the second of the run; what is left at either end of the range gets a window of its own. A window
//! never reaches over the edge of a slice.

use crate::model::{Instant, NANOS, Nanos};

/// Windows one after the other, all of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// The end of the first.
    pub(super) first: Instant,
    /// How long each is, in whole seconds.
    pub(super) window: Nanos,
    /// How many.
    pub(super) count: u64,
}

impl Span {
    /// The end of the last.
    pub(super) fn last(self) -> Instant {
        self.first + self.window * (self.count as i64 - 1)
    }

    /// The end of each.
    pub(super) fn ends(self) -> impl Iterator<Item = Instant> {
        (0..self.count as i64).map(move |at| self.first + self.window * at)
    }

    /// Both halves; `None` for a single window.
    pub(super) fn halves(self) -> Option<[Span; 2]> {
        let left = self.count / 2;
        let rest = Span { first: self.first + self.window * left as i64, count: self.count - left, ..self };
        (left > 0).then_some([Span { count: left, ..self }, rest])
    }

    /// In pieces of at most so many windows.
    pub(super) fn pieces(self, most: u64) -> impl Iterator<Item = Span> {
        let pieces = self.count.div_ceil(most.max(1));
        (0..pieces).map(move |at| Span {
            first: self.first + self.window * (at * most) as i64,
            count: most.min(self.count - at * most),
            ..self
        })
    }

    /// The windows as `[window s]` in PromQL wants them.
    pub(super) fn seconds(self) -> i64 {
        self.window / NANOS
    }
}

/// A range of time in slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Where it begins, in whole seconds.
    pub(super) since: Instant,
    /// The first instant behind it, in whole seconds.
    pub(super) until: Instant,
    slice: Option<Nanos>,
    window: Nanos,
}

/// Longest window, where nothing else is said.
const HOUR: Nanos = 3600 * NANOS;

impl Grid {
    /// Over whole seconds; windows as long as `step` at most.
    pub(super) fn new(since: Instant, until: Instant, slice: Option<Nanos>, step: Option<Nanos>) -> Grid {
        let whole = |at: Instant| at.div_euclid(NANOS) * NANOS;
        let longest = step.unwrap_or(HOUR).max(NANOS);
        let window = match slice {
            Some(length) => part_of(length, longest),
            None => longest / NANOS * NANOS,
        };
        Grid { since: whole(since), until: whole(until), slice, window }
    }

    /// The same from a later instant on.
    pub(super) fn from(self, since: Instant) -> Grid {
        Grid { since, ..self }
    }

    /// All windows of the range.
    pub(super) fn spans(self) -> Vec<Span> {
        let Grid { since, until, window, .. } = self;
        let up = |at: Instant| {
            at.div_euclid(window) * window + if at.rem_euclid(window) == 0 { 0 } else { window }
        };
        let (from, to) = (up(since), until.div_euclid(window) * window);
        if from > to {
            let only = Span { first: until, window: until - since, count: 1 };
            return if until > since { vec![only] } else { Vec::new() };
        }
        let edge = |first: Instant, window: Nanos| Span { first, window, count: 1 };
        let mut spans = Vec::new();
        if from > since {
            spans.push(edge(from, from - since));
        }
        if to > from {
            spans.push(Span { first: from + window, window, count: ((to - from) / window) as u64 });
        }
        if until > to {
            spans.push(edge(until, until - to));
        }
        spans
    }

    /// How many slices there are.
    pub(super) fn slices(self) -> usize {
        match self.slice {
            None => 1,
            Some(length) if self.until > self.since => {
                ((self.until - 1).div_euclid(length) - self.since.div_euclid(length) + 1) as usize
            }
            Some(_) => 0,
        }
    }

    /// Which slice the time before an instant belongs to: that of a window by its end, that of a sample of a counter by
    /// its time.
    pub(super) fn slice_before(self, end: Instant) -> usize {
        self.slice_at(end - 1)
    }

    /// Which slice an instant belongs to.
    pub(super) fn slice_at(self, at: Instant) -> usize {
        self.slice.map_or(0, |length| {
            usize::try_from(at.div_euclid(length) - self.since.div_euclid(length)).unwrap_or(0)
        })
    }

    /// The first instant of a slice, as tables are keyed.
    pub(super) fn key(self, slice: usize) -> Instant {
        self.slice.map_or(0, |length| (self.since.div_euclid(length) + slice as i64) * length)
    }

    /// Its windows' length.
    pub(super) fn window(self) -> Nanos {
        self.window
    }
}

/// The longest whole number of seconds that divides a length and is at most `longest`; a length of fractions of
/// seconds is its own part.
fn part_of(length: Nanos, longest: Nanos) -> Nanos {
    if length <= longest || length % NANOS != 0 {
        return length;
    }
    let seconds = length / NANOS;
    let fewest = seconds.div_euclid((longest / NANOS).max(1)).max(1);
    let parts = (fewest..=seconds).find(|parts| seconds % parts == 0 && seconds / parts * NANOS <= longest);
    length / parts.unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Nanos = 60 * NANOS;

    fn check(since: i64, until: i64, slice: Option<Nanos>, step: Option<Nanos>, spans: &[(i64, i64, u64)]) {
        let grid = Grid::new(since * NANOS, until * NANOS, slice, step);
        let found: Vec<_> =
            grid.spans().iter().map(|span| (span.first / NANOS, span.window / NANOS, span.count)).collect();
        assert_eq!(found, spans, "{since} to {until}");
        let total: i64 = grid.spans().iter().map(|span| span.window * span.count as i64).sum();
        assert_eq!(total, (until - since).max(0) * NANOS, "windows tile the range");
    }

    #[test]
    fn windows_lie_on_the_clock() {
        check(0, 7200, None, None, &[(3600, 3600, 2)]);
        // From 10 s past: an edge of its own at either end.
        check(10, 7210, None, None, &[(3600, 3590, 1), (7200, 3600, 1), (7210, 10, 1)]);
        check(10, 50, None, None, &[(50, 40, 1)]);
        check(50, 50, None, None, &[]);
        check(0, 600, None, Some(5 * MINUTE), &[(300, 300, 2)]);
        // Slices of 90 minutes are cut into two windows each.
        check(0, 10800, Some(90 * MINUTE), None, &[(2700, 2700, 4)]);
        check(0, 600, Some(5 * MINUTE), None, &[(300, 300, 2)]);
    }

    #[test]
    fn a_window_belongs_to_the_slice_that_it_ends_in() {
        let grid = Grid::new(30 * NANOS, 610 * NANOS, Some(5 * MINUTE), None);
        assert_eq!(grid.slices(), 3);
        assert_eq!(
            grid.spans().iter().map(|span| grid.slice_before(span.first)).collect::<Vec<_>>(),
            [0, 1, 2]
        );
        assert_eq!(grid.slice_at(300 * NANOS), 1);
        assert_eq!(grid.key(1), 300 * NANOS);
    }

    #[test]
    fn halves_and_pieces_leave_nothing_out() {
        let span = Span { first: 100 * NANOS, window: 10 * NANOS, count: 7 };
        let ends = |spans: &[Span]| -> Vec<i64> {
            spans
                .iter()
                .flat_map(|span| (0..span.count as i64).map(|at| (span.first + at * span.window) / NANOS))
                .collect()
        };
        let all = [100, 110, 120, 130, 140, 150, 160];
        assert_eq!(ends(&span.halves().unwrap()), all);
        for most in 1..9 {
            assert_eq!(ends(&span.pieces(most).collect::<Vec<_>>()), all);
        }
        assert_eq!(Span { count: 1, ..span }.halves(), None);
        assert_eq!(span.last(), 160 * NANOS);
    }
}
