//! Times in cells: text to an instant, by a [`TimeFormat`].
//!
//! The common layouts are read by hand: no allocation, no locale. A user's own pattern is left to jiff's strptime.
//!
//! - `24:00:00` is the next day's midnight (ISO 8601-1:2019/Amd 1:2022, 5.3.2); nothing else has an hour 24.
//! - Second 60 is a leap second (ITU-R TF.460-6) and stands for the start of the next second. It is accepted only in
//!   the last minute of a quarter of an hour, where every zone's UTC midnight falls.
//! - With `AM` or `PM` behind it, an hour is one of 1 to 12, and 12 comes before 1.
//! - Fractions reach to the nanosecond; a finer one is refused unless it is all zeros.

use super::number::{DecimalMark, decimal};
use crate::model::{DateOrder, Instant, NANOS, Offsets, TimeFormat, TimeLayout};
use jiff::civil;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use std::fmt;

const DAY: i64 = 86_400;
/// Years that an [`Instant`] can hold from end to end.
const YEARS: std::ops::RangeInclusive<i64> = 1678..=2261;

/// Reads the times of one column.
#[derive(Clone, Debug)]
pub struct TimeReader {
    layout: Layout,
    zone: Option<TimeZone>,
    offsets: Offsets,
}

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadTime {
    /// This instant.
    At(Instant),
    /// A date that is fine, whichever order day and month have; which instant it is cannot be told.
    Unsettled,
}

/// Why a cell is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeFault {
    /// It is not written as the others are.
    Malformed,
    /// There is no such day: 30 February.
    NoSuchDay,
    /// There is no such time of day: 25:00.
    NoSuchTime,
    /// Finer than a nanosecond.
    TooFine,
    /// Before 1678 or after 2261.
    OutOfRange,
    /// The clocks were set forward over it.
    Skipped,
    /// The clocks were set back over it: it happened twice.
    Twice,
    /// No zone, among times with one.
    NoZone,
    /// A zone, among times without one.
    UnexpectedZone,
}

impl fmt::Display for TimeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeFault::Malformed => "not a time as the column's others are",
            TimeFault::NoSuchDay => "a day that does not exist",
            TimeFault::NoSuchTime => "a time of day that does not exist",
            TimeFault::TooFine => "a time finer than a nanosecond",
            TimeFault::OutOfRange => "a time outside the years 1678 to 2261",
            TimeFault::Skipped => "a time that the zone's clocks skipped when they were set forward",
            TimeFault::Twice => {
                "a time that the zone's clocks showed twice when they were set back: write it with its offset"
            }
            TimeFault::NoZone => "a time without a zone among times with one",
            TimeFault::UnexpectedZone => {
                "a time with a zone among times without one: say `timezone` for those without"
            }
        })
    }
}

impl std::error::Error for TimeFault {}

#[derive(Clone, Debug)]
enum Layout {
    YearFirst,
    DayFirst,
    MonthFirst,
    Unsettled,
    Epoch(i64),
    Pattern(String),
}

/// A date and time as written, before zones: seconds since 1970-01-01T00:00 of its own clock, and the fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Civil {
    seconds: i64,
    nanos: i64,
}

impl TimeReader {
    /// A reader of this format; the error names a zone or pattern that is none.
    pub fn new(format: &TimeFormat) -> Result<TimeReader, String> {
        let zone = match &format.zone {
            None => None,
            Some(name) => Some(TimeZone::get(name).map_err(|_| {
                format!("no time zone is called {name:?}; write it as `Europe/Vienna` or `UTC`")
            })?),
        };
        let layout = match &format.layout {
            TimeLayout::YearFirst => Layout::YearFirst,
            TimeLayout::YearLast(DateOrder::DayFirst) => Layout::DayFirst,
            TimeLayout::YearLast(DateOrder::MonthFirst) => Layout::MonthFirst,
            TimeLayout::YearLast(DateOrder::Unsettled(_)) => Layout::Unsettled,
            TimeLayout::Epoch(nanos) if *nanos > 0 => Layout::Epoch(*nanos),
            TimeLayout::Epoch(_) => return Err("an epoch needs a unit of s, ms, us or ns".to_owned()),
            TimeLayout::Pattern(pattern) => {
                check_pattern(pattern)?;
                Layout::Pattern(pattern.clone())
            }
        };
        Ok(TimeReader { layout, zone, offsets: format.offsets })
    }

    /// Reads one cell; spaces around it do not matter.
    pub fn read(&self, cell: &[u8]) -> Result<ReadTime, TimeFault> {
        let text = cell.trim_ascii();
        let (date, rest) = match &self.layout {
            Layout::YearFirst => year_first(text)?,
            Layout::DayFirst => {
                let (first, second, year, rest) = year_last(text)?;
                (days(year, second, first)?, rest)
            }
            Layout::MonthFirst => {
                let (first, second, year, rest) = year_last(text)?;
                (days(year, first, second)?, rest)
            }
            Layout::Unsettled => {
                let (first, second, year, rest) = year_last(text)?;
                let date = days(year, second, first).or_else(|_| days(year, first, second))?;
                let (clock, offset) = time_of_day(rest)?;
                // The day is not known: whether a zone skipped the hour cannot be asked.
                self.check_offset(offset)?;
                clock.on(date)?;
                return Ok(ReadTime::Unsettled);
            }
            Layout::Epoch(unit) => return epoch(text, *unit).map(ReadTime::At),
            Layout::Pattern(pattern) => return self.pattern(pattern, text).map(ReadTime::At),
        };
        let (clock, offset) = time_of_day(rest)?;
        self.settle(clock.on(date)?, offset).map(ReadTime::At)
    }

    /// From the cell's own clock to an instant.
    fn settle(&self, civil: Civil, offset: Option<i64>) -> Result<Instant, TimeFault> {
        self.check_offset(offset)?;
        let seconds = match (offset, &self.zone) {
            (Some(offset), _) => civil.seconds - offset,
            (None, None) => civil.seconds,
            (None, Some(zone)) => civil.seconds - offset_at(zone, civil.seconds)?,
        };
        seconds
            .checked_mul(NANOS)
            .and_then(|nanos| nanos.checked_add(civil.nanos))
            .ok_or(TimeFault::OutOfRange)
    }

    fn check_offset(&self, offset: Option<i64>) -> Result<(), TimeFault> {
        match (offset, self.offsets) {
            (None, Offsets::Always) => Err(TimeFault::NoZone),
            (Some(_), Offsets::Never) if self.zone.is_none() => Err(TimeFault::UnexpectedZone),
            _ => Ok(()),
        }
    }

    fn pattern(&self, pattern: &str, text: &[u8]) -> Result<Instant, TimeFault> {
        let parsed = BrokenDownTime::parse(pattern, text).map_err(|_| TimeFault::Malformed)?;
        let Ok(date) = parsed.to_date() else {
            // `%s` alone: a count since 1970, in UTC.
            let instant = parsed.to_timestamp().map_err(|_| TimeFault::NoSuchDay)?;
            let nanos = i64::from(instant.subsec_nanosecond());
            return self.settle(Civil { seconds: instant.as_second(), nanos }, Some(0));
        };
        let time = parsed.to_time().unwrap_or(civil::Time::midnight());
        let day = days(date.year().into(), date.month().into(), date.day().into())?;
        let seconds = day * DAY
            + i64::from(time.hour()) * 3600
            + i64::from(time.minute()) * 60
            + i64::from(time.second());
        let civil = Civil { seconds, nanos: time.subsec_nanosecond().into() };
        let offset = parsed.offset().map(|offset| i64::from(offset.seconds()));
        self.settle(civil, offset)
    }
}

/// Whether a strptime pattern can tell a date.
fn check_pattern(pattern: &str) -> Result<(), String> {
    // A pattern that prints a moment can be read back; one that cannot print it has an unknown directive.
    let sample =
        civil::date(2025, 12, 31).at(18, 54, 7, 0).in_tz("UTC").map_err(|error| error.to_string())?;
    let written = BrokenDownTime::from(&sample)
        .to_string(pattern)
        .map_err(|error| format!("the time format {pattern:?} cannot be used: {error}"))?;
    let parsed = BrokenDownTime::parse(pattern, &written)
        .map_err(|error| format!("the time format {pattern:?} cannot be used: {error}"))?;
    if parsed.to_date().is_err() && parsed.to_timestamp().is_err() {
        return Err(format!(
            "the time format {pattern:?} tells no date; it needs a year, a month and a day, such as `%Y-%m-%d %H:%M:%S`"
        ));
    }
    // Minutes without hours, or an hour of twelve without `%p`, tell no time of day.
    let has_time = parsed.hour().is_some() || parsed.minute().is_some();
    if has_time && parsed.to_time().is_ok_and(|time| time.hour() != 18) || parsed.to_time().is_err() {
        return Err(format!(
            "the time format {pattern:?} tells no time of day; it needs an hour, `%H` or `%I` with `%p`"
        ));
    }
    Ok(())
}

/// Seconds east of UTC that a zone's clocks had when they showed this.
fn offset_at(zone: &TimeZone, civil_seconds: i64) -> Result<i64, TimeFault> {
    let (day, second) = (civil_seconds.div_euclid(DAY), civil_seconds.rem_euclid(DAY));
    let (year, month, date) = civil_from_days(day);
    let date = civil::Date::new(year as i16, month as i8, date as i8).map_err(|_| TimeFault::NoSuchDay)?;
    let time = date.at((second / 3600) as i8, (second / 60 % 60) as i8, (second % 60) as i8, 0);
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } => Ok(offset.seconds().into()),
        AmbiguousOffset::Gap { .. } => Err(TimeFault::Skipped),
        AmbiguousOffset::Fold { .. } => Err(TimeFault::Twice),
    }
}

/// A time of day; `next_day` for `24:00:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TimeOfDay {
    /// Since midnight; 86,400 for `24:00:00` and for a leap second at the day's end.
    seconds: i64,
    nanos: i64,
}

impl TimeOfDay {
    fn on(self, day: i64) -> Result<Civil, TimeFault> {
        let seconds = day.checked_mul(DAY).and_then(|start| start.checked_add(self.seconds));
        Ok(Civil { seconds: seconds.ok_or(TimeFault::OutOfRange)?, nanos: self.nanos })
    }
}

/// `2025-06-01`, and what follows it.
fn year_first(text: &[u8]) -> Result<(i64, &[u8]), TimeFault> {
    let &[a, b, c, d, separator, m1, m2, again, d1, d2, ref rest @ ..] = text else {
        return Err(TimeFault::Malformed);
    };
    if separator != again || !matches!(separator, b'-' | b'/' | b'.') {
        return Err(TimeFault::Malformed);
    }
    let year = number(&[a, b, c, d])?;
    Ok((days(year, number(&[m1, m2])?, number(&[d1, d2])?)?, rest))
}

/// `31-05-2025` as its first, second and third number, and what follows it.
fn year_last(text: &[u8]) -> Result<(i64, i64, i64, &[u8]), TimeFault> {
    let (first, rest) = one_or_two(text)?;
    let &[separator, ref rest @ ..] = rest else { return Err(TimeFault::Malformed) };
    let (second, rest) = one_or_two(rest)?;
    let &[again, a, b, c, d, ref rest @ ..] = rest else { return Err(TimeFault::Malformed) };
    if separator != again || !matches!(separator, b'-' | b'/' | b'.') {
        return Err(TimeFault::Malformed);
    }
    Ok((first, second, number(&[a, b, c, d])?, rest))
}

fn one_or_two(text: &[u8]) -> Result<(i64, &[u8]), TimeFault> {
    let digits = text.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    Ok((number(text.get(..digits.max(1)).ok_or(TimeFault::Malformed)?)?, &text[digits..]))
}

fn number(digits: &[u8]) -> Result<i64, TimeFault> {
    digits.iter().try_fold(0, |value, byte| {
        if byte.is_ascii_digit() {
            Ok(value * 10 + i64::from(byte - b'0'))
        } else {
            Err(TimeFault::Malformed)
        }
    })
}

/// What follows a date: nothing, or `T12:30[:00[.5]]`, perhaps `AM` or `PM`, and perhaps an offset, in seconds.
fn time_of_day(text: &[u8]) -> Result<(TimeOfDay, Option<i64>), TimeFault> {
    let text = match text {
        [] => return Ok((TimeOfDay { seconds: 0, nanos: 0 }, None)),
        [b'T' | b't', rest @ ..] => rest,
        [b' ', rest @ ..] => rest.trim_ascii_start(),
        _ => return Err(TimeFault::Malformed),
    };
    let (hour, rest) = one_or_two(text)?;
    let &[b':', m1, m2, ref rest @ ..] = rest else { return Err(TimeFault::Malformed) };
    let minute = number(&[m1, m2])?;
    let (second, nanos, rest) = match *rest {
        [b':', s1, s2, ref rest @ ..] => {
            let (nanos, rest) = fraction(rest)?;
            (number(&[s1, s2])?, nanos, rest)
        }
        _ => (0, 0, rest),
    };
    let (half, rest) = half_of_day(rest);
    let offset = offset(rest)?;
    let since_midnight = |hour: i64| hour * 3600 + minute * 60 + second;
    let time = match (hour, minute, second) {
        (1..=12, 0..=59, 0..=59) if half.is_some() => {
            TimeOfDay { seconds: since_midnight(hour % 12) + half.unwrap_or(0), nanos }
        }
        _ if half.is_some() => return Err(TimeFault::NoSuchTime),
        (24, 0, 0) if nanos == 0 => TimeOfDay { seconds: DAY, nanos: 0 },
        // The whole of a leap second stands for the start of the next one.
        (0..=23, 0..=59, 60) if minute % 15 == 14 => TimeOfDay { seconds: since_midnight(hour), nanos: 0 },
        (0..=23, 0..=59, 0..=59) => TimeOfDay { seconds: since_midnight(hour), nanos },
        _ => return Err(TimeFault::NoSuchTime),
    };
    Ok((time, offset))
}

/// `AM` and `PM`, in any case: the seconds that they add to an hour of twelve.
fn half_of_day(text: &[u8]) -> (Option<i64>, &[u8]) {
    let trimmed = text.trim_ascii_start();
    match trimmed {
        [b'A' | b'a', b'M' | b'm', rest @ ..] => (Some(0), rest),
        [b'P' | b'p', b'M' | b'm', rest @ ..] => (Some(DAY / 2), rest),
        _ => (None, text),
    }
}

/// `.5` in nanoseconds; a comma does as well (ISO 8601).
fn fraction(text: &[u8]) -> Result<(i64, &[u8]), TimeFault> {
    let [b'.' | b',', rest @ ..] = text else { return Ok((0, text)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return Err(TimeFault::Malformed);
    }
    let (kept, finer) = rest[..length].split_at(length.min(9));
    if finer.iter().any(|digit| *digit != b'0') {
        return Err(TimeFault::TooFine);
    }
    Ok((number(kept)? * 10i64.pow(9 - kept.len() as u32), &rest[length..]))
}

/// `Z`, `UTC`, `+02:00`, `+0200`, `+02`; seconds east of UTC.
fn offset(text: &[u8]) -> Result<Option<i64>, TimeFault> {
    let text = text.trim_ascii_start();
    let (sign, digits) = match text {
        [] => return Ok(None),
        [b'Z' | b'z'] => return Ok(Some(0)),
        _ if text.eq_ignore_ascii_case(b"utc") || text.eq_ignore_ascii_case(b"gmt") => return Ok(Some(0)),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return Err(TimeFault::Malformed),
    };
    let (hours, minutes) = match *digits {
        [h1, h2] => (number(&[h1, h2])?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (number(&[h1, h2])?, number(&[m1, m2])?),
        _ => return Err(TimeFault::Malformed),
    };
    if hours > 23 || minutes > 59 {
        return Err(TimeFault::NoSuchTime);
    }
    Ok(Some(sign * (hours * 3600 + minutes * 60)))
}

fn epoch(text: &[u8], unit: i64) -> Result<Instant, TimeFault> {
    let number = decimal(text, DecimalMark::Point).map_err(|_| TimeFault::Malformed)?;
    let scaled = number.mantissa.checked_mul(i128::from(unit)).ok_or(TimeFault::OutOfRange)?;
    let divisor = 10i128.checked_pow(number.scale).ok_or(TimeFault::OutOfRange)?;
    if scaled % divisor != 0 {
        return Err(TimeFault::TooFine);
    }
    let nanos = i64::try_from(scaled / divisor).map_err(|_| TimeFault::OutOfRange)?;
    let (year, ..) = civil_from_days(nanos.div_euclid(NANOS).div_euclid(DAY));
    if YEARS.contains(&year) { Ok(nanos) } else { Err(TimeFault::OutOfRange) }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar.
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> Result<i64, TimeFault> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(TimeFault::NoSuchDay),
    };
    if !(1..=length).contains(&day) {
        return Err(TimeFault::NoSuchDay);
    }
    if !YEARS.contains(&year) {
        return Err(TimeFault::OutOfRange);
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Ok(era * 146_097 + day_of_era - 719_468)
}

/// The year, month and day of a day counted from 1970-01-01; the inverse of [`days`] (same source).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_idx = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_idx + 2) / 5 + 1;
    let month = if month_idx < 10 { month_idx + 3 } else { month_idx - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// How a cell that may be a time is written, for `describe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// `None`: year first. Else the two numbers before the year.
    pub before_year: Option<(i64, i64)>,
    /// It names its offset.
    pub has_offset: bool,
    /// A date without a time of day.
    pub date_only: bool,
}

/// What a cell looks like as a time; `None` where it is none in any layout read by hand.
pub fn look(cell: &[u8]) -> Option<Look> {
    let text = cell.trim_ascii();
    let (before_year, date, rest) = match year_first(text) {
        Ok((date, rest)) => (None, date, rest),
        Err(_) => {
            let (first, second, year, rest) = year_last(text).ok()?;
            let date = days(year, second, first).or_else(|_| days(year, first, second)).ok()?;
            (Some((first, second)), date, rest)
        }
    };
    let (clock, offset) = time_of_day(rest).ok()?;
    clock.on(date).ok()?;
    Some(Look { before_year, has_offset: offset.is_some(), date_only: rest.is_empty() })
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
