//! Time: slices of fixed length, and instants as people write and read them.
//!
//! Who calls it: `plan` and `evaluate` for slices, `cli` for `--since` and `--until`, renderers for times.
//!
//! Invariant: an instant belongs to exactly one slice; slices are half-open, `[from, to)`.

mod bound;
mod format;

pub use bound::parse_bound;
pub use format::{instant, span};

use crate::model::{Instant, Nanos};

/// The first instant of the slice that `instant` falls into. Slices of `length` (more than 0) are counted from 1970,
/// forwards and backwards. At the far end of what an [`Instant`] can hold a slice may start later than its length says.
pub fn slice_start(instant: Instant, length: Nanos) -> Instant {
    instant.checked_sub(instant.rem_euclid(length.max(1))).unwrap_or(Instant::MIN)
}

/// The instant after the last of the slice that starts at `start`.
pub fn slice_end(start: Instant, length: Nanos) -> Instant {
    // The first slice may be a shortened one; its end is where the next regular one begins.
    let regular = i128::from(start).div_euclid(i128::from(length.max(1)));
    let end = (regular + 1) * i128::from(length.max(1));
    Instant::try_from(end).unwrap_or(Instant::MAX)
}

/// How many slices there are from that of `first` to that of `last`; 0 where `last` is before `first`.
pub fn slice_count(first: Instant, last: Instant, length: Nanos) -> u64 {
    let index = |instant: Instant| i128::from(instant).div_euclid(i128::from(length.max(1)));
    u64::try_from(index(last) - index(first) + 1).unwrap_or(0)
}

/// Every slice from that of `first` to that of `last`, in order, as its first instant and the one after its last.
pub fn slices(first: Instant, last: Instant, length: Nanos) -> impl Iterator<Item = (Instant, Instant)> {
    let mut next = (first <= last).then(|| slice_start(first, length));
    std::iter::from_fn(move || {
        let from = next?;
        let to = slice_end(from, length);
        next = (to <= last && to > from).then_some(to);
        Some((from, to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Nanos = 3_600_000_000_000;

    /// W42: a row exactly at a slice's edge is counted once, in the slice that it starts.
    #[test]
    fn w42_an_edge_belongs_to_the_slice_it_starts() {
        for (instant, start) in [(0, 0), (1, 0), (HOUR - 1, 0), (HOUR, HOUR), (-1, -HOUR), (-HOUR, -HOUR)] {
            assert_eq!(slice_start(instant, HOUR), start, "{instant}");
        }
    }

    #[test]
    fn every_slice_from_the_first_to_the_last() {
        let found: Vec<_> = slices(HOUR / 2, 2 * HOUR, HOUR).collect();
        assert_eq!(found, [(0, HOUR), (HOUR, 2 * HOUR), (2 * HOUR, 3 * HOUR)]);
        assert_eq!(slice_count(HOUR / 2, 2 * HOUR, HOUR), 3);
        assert_eq!(slices(1, 0, HOUR).count(), 0);
        assert_eq!(slice_count(1, 0, HOUR), 1, "both instants lie in one slice");
        assert_eq!(slice_count(HOUR, 0, HOUR), 0);
    }

    proptest! {
        #[test]
        fn slices_tile_time(instant in any::<i64>(), length in 1i64..i64::MAX) {
            let from = slice_start(instant, length);
            let to = slice_end(from, length);
            prop_assert!(from <= instant && (instant < to || to == Instant::MAX));
        }

        #[test]
        fn as_many_as_counted(first in -1_000i64..1_000, more in 0i64..1_000, length in 1i64..100) {
            let last = first + more;
            prop_assert_eq!(slices(first, last, length).count() as u64, slice_count(first, last, length));
        }
    }
}
