//! Instants as text: for people `2025-06-07 18:54`, for machines `2025-06-07T18:54:00Z`.
//!
//! Invariant: a naive time is written without a zone; none is invented.

use crate::model::{Clock, Instant, NANOS};
use jiff::{Timestamp, tz::TimeZone};
use std::fmt::Write;

/// For people: without a zone, which is said once by [`zone`]. The last nanosecond before a whole second, up to which a
/// server was asked, is that second.
pub fn human(instant: Instant, clock: &Clock) -> String {
    let is_last = instant.rem_euclid(NANOS) == NANOS - 1;
    written(instant.saturating_add(i64::from(is_last)), clock, ' ', Offset::Unsaid)
}

/// As [`human`], without seconds that are no whole minute's.
pub fn minute(instant: Instant, clock: &Clock) -> String {
    human(instant - instant.rem_euclid(60 * NANOS), clock)
}

/// As [`human`], to the second.
pub fn second(instant: Instant, clock: &Clock) -> String {
    human(instant - instant.rem_euclid(NANOS), clock)
}

/// ISO 8601, with the offset from UTC where it is known.
pub fn machine(instant: Instant, clock: &Clock) -> String {
    written(instant, clock, 'T', Offset::Said)
}

/// What to call the clock; `None` where nothing is known about it.
pub fn zone(clock: &Clock) -> Option<&str> {
    match clock {
        Clock::Naive => None,
        Clock::Zoned(name) => Some(name),
    }
}

/// The same day or instant in the fewest characters: `2025-06-07` for a midnight.
pub fn short(instant: Instant, clock: &Clock) -> String {
    let text = human(instant, clock);
    text.strip_suffix(" 00:00").map(str::to_owned).unwrap_or(text)
}

#[derive(Clone, Copy, PartialEq)]
enum Offset {
    Said,
    Unsaid,
}

/// What the clock goes by; naive times are taken as they are written.
pub(crate) fn time_zone(clock: &Clock) -> TimeZone {
    match clock {
        Clock::Naive => TimeZone::UTC,
        Clock::Zoned(name) => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    }
}

fn written(instant: Instant, clock: &Clock, between: char, offset: Offset) -> String {
    let zone = time_zone(clock);
    let Ok(timestamp) = Timestamp::from_nanosecond(i128::from(instant)) else { return instant.to_string() };
    let zoned = timestamp.to_zoned(zone);
    let mut text = format!("{}{between}{}", zoned.strftime("%Y-%m-%d"), zoned.strftime("%H:%M"));
    let said = *clock != Clock::Naive && offset == Offset::Said;
    if zoned.second() != 0 || zoned.subsec_nanosecond() != 0 || said {
        let _ = write!(text, ":{:02}", zoned.second());
    }
    if zoned.subsec_nanosecond() != 0 {
        let fraction = format!("{:09}", zoned.subsec_nanosecond());
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    if said {
        let offset = zoned.strftime("%:z").to_string();
        text.push_str(if offset == "+00:00" { "Z" } else { &offset });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(instant: Instant, clock: &Clock, for_people: &str, for_machines: &str) {
        assert_eq!(
            (human(instant, clock), machine(instant, clock)),
            (for_people.into(), for_machines.into())
        );
    }

    #[test]
    fn instants() {
        // 1,749,322,440 s after 1970 is 2025-06-07T18:54:00Z.
        let instant = 1_749_322_440_000_000_000;
        check(instant, &Clock::Naive, "2025-06-07 18:54", "2025-06-07T18:54");
        check(instant, &Clock::Zoned("UTC".into()), "2025-06-07 18:54", "2025-06-07T18:54:00Z");
        check(
            instant,
            &Clock::Zoned("Europe/Vienna".into()),
            "2025-06-07 20:54",
            "2025-06-07T20:54:00+02:00",
        );
        check(instant + 1_500_000_000, &Clock::Naive, "2025-06-07 18:54:01.5", "2025-06-07T18:54:01.5");
        check(0, &Clock::Naive, "1970-01-01 00:00", "1970-01-01T00:00");
        assert_eq!(short(0, &Clock::Naive), "1970-01-01");
    }
}
