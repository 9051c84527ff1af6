//! What people write behind `--since` and `--until`.

use crate::model::{Clock, Dimension, Instant, Unit};
use jiff::{Timestamp, civil, tz::TimeZone};

/// Reads a bound: a date (`2025-06-01`, its midnight), a date and time without or with a zone
/// (`2025-06-01T12:30`, `2025-06-01 12:30+02:00`), or a length before `now` (`30d`).
///
/// Times without a zone are read on the input's clock. Input whose times have no zone cannot be compared with a bound
/// that has one, nor with `now`.
pub fn parse_bound(text: &str, clock: &Clock, now: Instant) -> Result<Instant, String> {
    let text = text.trim();
    let too_far = || format!("`{text}` lies outside 1677-09-21 to 2262-04-11");
    if let Some(length) = length(text) {
        let length = length?;
        return match clock {
            Clock::Naive => Err(no_zone(text, "counts back from the present")),
            Clock::Zoned(_) => now.checked_sub(length).ok_or_else(too_far),
        };
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return match clock {
            Clock::Naive => Err(no_zone(text, "names a zone")),
            Clock::Zoned(_) => Instant::try_from(timestamp.as_nanosecond()).map_err(|_| too_far()),
        };
    }
    let Ok(local) = text.parse::<civil::DateTime>() else {
        return Err(format!(
            "`{text}` is no time; write a date (2025-06-01), a date and time (2025-06-01T12:30), or a length before \
             now (30d)"
        ));
    };
    let zone = match clock {
        Clock::Naive => TimeZone::UTC,
        Clock::Zoned(name) => TimeZone::get(name).map_err(|_| format!("there is no time zone `{name}`"))?,
    };
    // A local time that a clock change skips or repeats is read as jiff's "compatible" does (RFC 5545): forward
    // through a gap, the first of two.
    let zoned = local.to_zoned(zone).map_err(|_| too_far())?;
    Instant::try_from(zoned.timestamp().as_nanosecond()).map_err(|_| too_far())
}

fn no_zone(text: &str, why: &str) -> String {
    format!(
        "`{text}` {why}, but the input's times have no zone; say which with --timezone, or write the bound as the \
         input does (2025-06-01T12:30)"
    )
}

/// `30d`, `12h`, `90 min`; `None` for what is no number with a unit of time.
fn length(text: &str) -> Option<Result<i64, String>> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let unit = Unit::named(text[end..].trim()).filter(|unit| unit.dimension == Dimension::Duration)?;
    let fits = || {
        let amount: i128 = text[..end].parse().ok()?;
        let nanos = amount.checked_mul(unit.factor.num())?.checked_mul(1_000_000_000)? / unit.factor.den();
        i64::try_from(nanos).ok()
    };
    (end > 0).then(|| fits().ok_or_else(|| format!("`{text}` is too long")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    /// 2025-06-01T00:00 UTC.
    const JUNE: i64 = 1_748_736_000 * SECOND;

    #[test]
    fn bounds() {
        let naive = Clock::Naive;
        let utc = Clock::Zoned("UTC".into());
        let vienna = Clock::Zoned("Europe/Vienna".into());
        let now = JUNE + 40 * 86_400 * SECOND;
        for (text, clock, expected) in [
            ("2025-06-01", &naive, Ok(JUNE)),
            ("2025-06-01", &utc, Ok(JUNE)),
            ("2025-06-01", &vienna, Ok(JUNE - 7_200 * SECOND)),
            ("2025-06-01T12:30", &naive, Ok(JUNE + 45_000 * SECOND)),
            ("2025-06-01 12:30:05.5", &naive, Ok(JUNE + 45_005 * SECOND + SECOND / 2)),
            ("2025-06-01T02:00+02:00", &utc, Ok(JUNE)),
            ("2025-06-01T00:00Z", &vienna, Ok(JUNE)),
            ("30d", &utc, Ok(now - 30 * 86_400 * SECOND)),
            ("90 min", &vienna, Ok(now - 5_400 * SECOND)),
            ("30d", &naive, Err("--timezone")),
            ("2025-06-01T00:00Z", &naive, Err("--timezone")),
            ("1500-01-01", &naive, Err("1677-09-21")),
            ("900000000000w", &utc, Err("too long")),
            ("yesterday", &utc, Err("is no time")),
            ("2025-13-01", &utc, Err("is no time")),
            ("30", &utc, Err("is no time")),
            ("", &utc, Err("is no time")),
        ] {
            match (parse_bound(text, clock, now), expected) {
                (Ok(found), Ok(wanted)) => assert_eq!(found, wanted, "{text}"),
                (Err(message), Err(part)) => assert!(message.contains(part), "{text}: {message}"),
                (found, wanted) => panic!("{text}: {found:?} instead of {wanted:?}"),
            }
        }
    }
}
