//! From times on the wall to instants, as cronie goes through clock changes.

use crate::model::{Instant, NANOS};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The next time on the wall after one, or also that one itself.
pub(super) type Next<'a> = dyn Fn(DateTime, bool) -> Option<DateTime> + 'a;

/// For fixed times: each once, a skipped one when the gap is over, a repeated one the first time.
pub(super) fn next_fixed(zone: &TimeZone, after: Instant, next: &Next<'_>) -> Option<Instant> {
    let now = timestamp(after)?;
    let mut wall = zone.to_datetime(now);
    // Whatever stands before that on the wall lies before it in time, too; and instants only grow along the wall.
    loop {
        wall = next(wall, false)?;
        let at = first_instant(zone, wall)?;
        if at > now {
            return instant(at);
        }
    }
}

/// For times that go by what passes: whenever the wall shows one, also the second time, and never in a gap.
pub(super) fn next_by_elapsed_time(zone: &TimeZone, after: Instant, next: &Next<'_>) -> Option<Instant> {
    let mut now = timestamp(after)?;
    let mut including = false;
    let mut is_last_try = false;
    loop {
        // Up to the next change, the wall and time go side by side.
        let offset = zone.to_offset(now);
        let change = zone.following(now).next().map(|change| change.timestamp());
        let found = next(offset.to_datetime(now), including).and_then(|wall| at_offset(offset, wall));
        match (found, change) {
            (Some(found), Some(change)) if found >= change => now = change,
            (Some(found), _) => return instant(found),
            // Where nothing is left on the wall, there may be something in what a change repeats of it.
            (None, Some(change)) if !is_last_try => {
                is_last_try = true;
                now = change;
            }
            (None, _) => return None,
        }
        including = true;
    }
}

/// When the wall shows a time first; where it never does, when the gap that holds it is over.
fn first_instant(zone: &TimeZone, wall: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => at_offset(offset, wall),
        AmbiguousOffset::Fold { before, .. } => at_offset(before, wall),
        AmbiguousOffset::Gap { before, .. } => {
            // With the offset from before the gap, the time lies at its end or behind it.
            let behind = at_offset(before, wall)?.checked_add(SignedDuration::from_nanos(1)).ok()?;
            zone.preceding(behind).next().map(|change| change.timestamp())
        }
    }
}

fn at_offset(offset: Offset, wall: DateTime) -> Option<Timestamp> {
    offset.to_timestamp(wall).ok()
}

fn timestamp(instant: Instant) -> Option<Timestamp> {
    // A time on the wall has whole seconds here; what is behind it by less than one is still after it.
    Timestamp::new(instant.div_euclid(NANOS), 0).ok()
}

fn instant(at: Timestamp) -> Option<Instant> {
    i64::try_from(at.as_nanosecond()).ok()
}
