//! Instants as text.

use crate::model::{Clock, Instant};
use jiff::{Timestamp, tz::TimeZone};

/// `2025-05-31T18:54` without a zone where the input's clock has none, else in the clock's zone with the offset
/// (`Z` for UTC). Seconds and their fraction are written only where they are not zero.
pub fn instant(at: Instant, clock: &Clock) -> String {
    // Every i64 of nanoseconds is a valid timestamp: 1677 to 2262 lies within jiff's range.
    let timestamp = Timestamp::from_nanosecond(i128::from(at)).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = match clock {
        Clock::Naive => TimeZone::UTC,
        Clock::Zoned(name) => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    };
    let zoned = timestamp.to_zoned(zone);
    let time = zoned.datetime();
    let fraction = match time.subsec_nanosecond() {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    let seconds = match (time.second(), fraction.as_str()) {
        (0, "") => String::new(),
        (seconds, fraction) => format!(":{seconds:02}{fraction}"),
    };
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}{seconds}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute()
    );
    if let Clock::Zoned(name) = clock {
        text.push_str(&offset(zoned.offset().seconds(), name));
    }
    text
}

/// First and last instant of an input: `2025-05-31T18:54 to 2025-06-07T18:54`.
pub fn span(first: Instant, last: Instant, clock: &Clock) -> String {
    format!("{} to {}", instant(first, clock), instant(last, clock))
}

fn offset(seconds: i32, zone: &str) -> String {
    if seconds == 0 && (zone.eq_ignore_ascii_case("UTC") || zone.eq_ignore_ascii_case("Etc/UTC")) {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    // Zones before 1900 have offsets with seconds.
    let rest = if rest == 0 { String::new() } else { format!(":{rest:02}") };
    format!("{sign}{hours:02}:{minutes:02}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn naive_and_zoned() {
        // 2025-05-31T18:54:00 UTC is 1,748,717,640 seconds after 1970.
        let at = 1_748_717_640 * SECOND;
        let zoned = |name: &str| Clock::Zoned(name.to_owned());
        for (at, clock, text) in [
            (at, Clock::Naive, "2025-05-31T18:54"),
            (at, zoned("UTC"), "2025-05-31T18:54Z"),
            (at, zoned("Europe/Vienna"), "2025-05-31T20:54+02:00"),
            (at, zoned("America/New_York"), "2025-05-31T14:54-04:00"),
            (at + 5 * SECOND, Clock::Naive, "2025-05-31T18:54:05"),
            (at + SECOND / 2, Clock::Naive, "2025-05-31T18:54:00.5"),
            (0, Clock::Naive, "1970-01-01T00:00"),
            (-1, Clock::Naive, "1969-12-31T23:59:59.999999999"),
        ] {
            assert_eq!(instant(at, &clock), text);
        }
    }

    #[test]
    fn the_edges_of_what_fits() {
        assert!(instant(i64::MIN, &Clock::Naive).starts_with("1677-09-21"));
        assert!(instant(i64::MAX, &Clock::Zoned("Europe/Vienna".into())).starts_with("2262-04-1"));
    }
}
