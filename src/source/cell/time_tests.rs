//! Hand-worked instants, and jiff as the oracle for the rest.

use super::*;
use TimeFault as F;
use proptest::prelude::*;

fn reader(layout: TimeLayout, zone: Option<&str>, offsets: Offsets) -> TimeReader {
    TimeReader::new(&TimeFormat { layout, zone: zone.map(str::to_owned), offsets }).unwrap()
}

fn naive(layout: TimeLayout) -> TimeReader {
    reader(layout, None, Offsets::Never)
}

/// Expected instants in seconds, with the nanoseconds beside.
fn check(reader: &TimeReader, cell: &str, expected: Result<(i64, i64), F>) {
    let expected = expected.map(|(seconds, nanos)| ReadTime::At(seconds * NANOS + nanos));
    assert_eq!(reader.read(cell.as_bytes()), expected, "{cell:?}");
}

// 2025-06-01 is 20,240 days after 1970-01-01: 55 years of 365 days, 14 leap days (1972 … 2024), and 151 days.
const JUNE: i64 = 20_240 * 86_400;

#[test]
fn year_first() {
    let reader = naive(TimeLayout::YearFirst);
    for (cell, expected) in [
        ("1970-01-01", Ok((0, 0))),
        ("1969-12-31T23:59:59", Ok((-1, 0))),
        ("1969-12-31T23:59:59.5", Ok((-1, 500_000_000))),
        ("2025-06-01", Ok((JUNE, 0))),
        ("2025/06/01", Ok((JUNE, 0))),
        ("2025.06.01", Ok((JUNE, 0))),
        (" 2025-06-01 12:30 ", Ok((JUNE + 45_000, 0))),
        ("2025-06-01T12:30", Ok((JUNE + 45_000, 0))),
        ("2025-06-01t12:30:15", Ok((JUNE + 45_015, 0))),
        ("2025-06-01  9:05:00", Ok((JUNE + 32_700, 0))),
        ("2025-06-01 12:30:15.25", Ok((JUNE + 45_015, 250_000_000))),
        ("2025-06-01 12:30:15,25", Ok((JUNE + 45_015, 250_000_000))),
        ("2025-06-01 12:30:15.123456789", Ok((JUNE + 45_015, 123_456_789))),
        ("2025-06-01 12:30:15.1234567890000", Ok((JUNE + 45_015, 123_456_789))),
        ("2025-06-01 12:30:15.1234567891", Err(F::TooFine)),
        ("2024-02-29", Ok((19_782 * 86_400, 0))),
        ("2025-02-29", Err(F::NoSuchDay)),
        ("2025-02-30", Err(F::NoSuchDay)),
        ("1900-02-29", Err(F::NoSuchDay)),
        ("2000-02-29", Ok((11_016 * 86_400, 0))),
        ("2025-13-01", Err(F::NoSuchDay)),
        ("2025-00-01", Err(F::NoSuchDay)),
        ("2025-06-00", Err(F::NoSuchDay)),
        ("2025-06-31", Err(F::NoSuchDay)),
        ("2025-06-01 25:00", Err(F::NoSuchTime)),
        ("2025-06-01 12:60", Err(F::NoSuchTime)),
        ("1677-12-31", Err(F::OutOfRange)),
        ("2262-01-01", Err(F::OutOfRange)),
        ("56971-01-01", Err(F::Malformed)),
        ("2025-6-1", Err(F::Malformed)),
        ("2025-06/01", Err(F::Malformed)),
        ("20250601", Err(F::Malformed)),
        ("2025-06-01T", Err(F::Malformed)),
        ("2025-06-01T12", Err(F::Malformed)),
        ("2025-06-01 12:30:15.", Err(F::Malformed)),
        ("2025-06-01 12:3", Err(F::Malformed)),
        ("2025-06-01 12:30 am", Ok((JUNE + 1_800, 0))),
        ("2025-06-01 12:30:15.5 PM", Ok((JUNE + 45_015, 500_000_000))),
        ("2025-06-01 1:30PM", Ok((JUNE + 48_600, 0))),
        ("2025-06-01 11:59 pm", Ok((JUNE + 86_340, 0))),
        ("2025-06-01 00:30 AM", Err(F::NoSuchTime)),
        ("2025-06-01 13:30 PM", Err(F::NoSuchTime)),
        ("2025-06-01 12:60 PM", Err(F::NoSuchTime)),
        ("2025-06-01 12:30 P", Err(F::Malformed)),
        ("2025-06-01 12:30 PMx", Err(F::Malformed)),
        ("2025-06-01 12:30:15x", Err(F::Malformed)),
        ("yesterday", Err(F::Malformed)),
        ("", Err(F::Malformed)),
    ] {
        check(&reader, cell, expected);
    }
}

/// W44: accepted as defined, or refused; never a panic.
#[test]
fn w44_leap_seconds_and_midnight_at_the_end() {
    let reader = naive(TimeLayout::YearFirst);
    for (cell, expected) in [
        ("2025-05-31T24:00:00", Ok((JUNE, 0))),
        ("2025-05-31 24:00", Ok((JUNE, 0))),
        ("2025-05-31 24:00:00.000", Ok((JUNE, 0))),
        ("2025-05-31 24:00:01", Err(F::NoSuchTime)),
        ("2025-05-31 24:00:00.1", Err(F::NoSuchTime)),
        ("2025-05-31T23:59:60", Ok((JUNE, 0))),
        ("2025-05-31T23:59:60.9", Ok((JUNE, 0))),
        ("2025-05-31T23:58:60", Err(F::NoSuchTime)),
        ("2025-05-31T23:59:61", Err(F::NoSuchTime)),
    ] {
        check(&reader, cell, expected);
    }
    // The leap second of 2016-12-31T23:59:60Z as India's clocks showed it; 2017-01-01 is day 17,167.
    let zoned = self::reader(TimeLayout::YearFirst, None, Offsets::Always);
    check(&zoned, "2017-01-01T05:29:60+05:30", Ok((17_167 * 86_400, 0)));
}

#[test]
fn offsets() {
    let zoned = reader(TimeLayout::YearFirst, None, Offsets::Always);
    for (cell, expected) in [
        ("2025-06-01T12:30:00Z", Ok((JUNE + 45_000, 0))),
        ("2025-06-01 02:30 PM +02:00", Ok((JUNE + 45_000, 0))),
        ("2025-06-01T12:30:00z", Ok((JUNE + 45_000, 0))),
        ("2025-06-01 12:30 UTC", Ok((JUNE + 45_000, 0))),
        ("2025-06-01T12:30:00+00:00", Ok((JUNE + 45_000, 0))),
        ("2025-06-01T14:30:00+02:00", Ok((JUNE + 45_000, 0))),
        ("2025-06-01T14:30:00+0200", Ok((JUNE + 45_000, 0))),
        ("2025-06-01T14:30:00+02", Ok((JUNE + 45_000, 0))),
        ("2025-06-01 14:30:00.5 +02:00", Ok((JUNE + 45_000, 500_000_000))),
        ("2025-06-01T09:00:00-03:30", Ok((JUNE + 45_000, 0))),
        ("2025-06-01T12:30:00+24:00", Err(F::NoSuchTime)),
        ("2025-06-01T12:30:00+02:60", Err(F::NoSuchTime)),
        ("2025-06-01T12:30:00+2", Err(F::Malformed)),
        ("2025-06-01T12:30:00CET", Err(F::Malformed)),
        ("2025-06-01T12:30:00", Err(F::NoZone)),
        ("2025-06-01", Err(F::NoZone)),
    ] {
        check(&zoned, cell, expected);
    }
    check(&naive(TimeLayout::YearFirst), "2025-06-01T12:30:00Z", Err(F::UnexpectedZone));
    let strict = reader(TimeLayout::YearFirst, Some("Europe/Berlin"), Offsets::Always);
    check(&strict, "2025-06-01T12:30:00", Err(F::NoZone));
}

/// W37, W38, W39: a naive time is read in the zone that was said, and where the zone's clocks were changed it is
/// refused unless the cell names its offset.
#[test]
fn w37_w38_w39_zones() {
    let berlin = reader(TimeLayout::YearFirst, Some("Europe/Berlin"), Offsets::Never);
    // 2025-03-30 is day 20,177; the clocks go from 02:00 to 03:00 at 01:00 UTC. 2025-10-26 is day 20,387.
    let (spring, autumn) = (20_177 * 86_400, 20_387 * 86_400);
    for (cell, expected) in [
        ("2025-06-01 14:30", Ok((JUNE + 45_000, 0))),
        ("2025-03-30 01:59:59", Ok((spring + 3_599, 0))),
        ("2025-03-30 02:00", Err(F::Skipped)),
        ("2025-03-30 02:30:00", Err(F::Skipped)),
        ("2025-03-30 03:00", Ok((spring + 3_600, 0))),
        ("2025-03-30T02:30+01:00", Ok((spring + 5_400, 0))),
        ("2025-10-26 01:59:59", Ok((autumn - 1, 0))),
        ("2025-10-26 02:00", Err(F::Twice)),
        ("2025-10-26 02:30", Err(F::Twice)),
        ("2025-10-26 02:30+02:00", Ok((autumn + 1_800, 0))),
        ("2025-10-26 02:30+01:00", Ok((autumn + 5_400, 0))),
        ("2025-10-26 03:00", Ok((autumn + 7_200, 0))),
        // 24:00 is the next day's midnight, on the next day's offset.
        ("2025-03-30 24:00", Ok((spring + 79_200, 0))),
    ] {
        check(&berlin, cell, expected);
    }
    let unknown = TimeFormat {
        layout: TimeLayout::YearFirst,
        zone: Some("Mars/Base".to_owned()),
        offsets: Offsets::Never,
    };
    assert!(TimeReader::new(&unknown).unwrap_err().contains("Mars/Base"));
}

/// W41: day and month first, and neither.
#[test]
fn w41_year_last() {
    let day_first = naive(TimeLayout::YearLast(DateOrder::DayFirst));
    let month_first = naive(TimeLayout::YearLast(DateOrder::MonthFirst));
    let unsettled = naive(TimeLayout::YearLast(DateOrder::Unsettled("say which".to_owned())));
    for (cell, day, month) in [
        ("01-06-2025", Ok((JUNE, 0)), Ok(((20_240 - 146) * 86_400, 0))),
        ("1.6.2025 12:30", Ok((JUNE + 45_000, 0)), Ok(((20_240 - 146) * 86_400 + 45_000, 0))),
        ("31-05-2025 24:00", Ok((JUNE, 0)), Err(F::NoSuchDay)),
        ("05/31/2025 24:00:00", Err(F::NoSuchDay), Ok((JUNE, 0))),
        ("13/13/2025", Err(F::NoSuchDay), Err(F::NoSuchDay)),
        ("30-02-2025", Err(F::NoSuchDay), Err(F::NoSuchDay)),
        ("01-06-25", Err(F::Malformed), Err(F::Malformed)),
        ("01-06/2025", Err(F::Malformed), Err(F::Malformed)),
        ("001-06-2025", Err(F::Malformed), Err(F::Malformed)),
        ("2025-06-01", Err(F::Malformed), Err(F::Malformed)),
        ("01-06-2025T12:30:00Z", Err(F::UnexpectedZone), Err(F::UnexpectedZone)),
    ] {
        check(&day_first, cell, day);
        check(&month_first, cell, month);
        // Whatever fits one of them is fine, and is never an instant.
        let expected = day.or(month).map(|_| ReadTime::Unsettled);
        assert_eq!(unsettled.read(cell.as_bytes()), expected, "{cell:?}");
    }
}

/// W40: the unit is the reader's; what it makes impossible is refused.
#[test]
fn w40_epochs() {
    for (unit, cell, expected) in [
        (NANOS, "1735689600", Ok((1_735_689_600, 0))),
        (NANOS, "1735689600.123", Ok((1_735_689_600, 123_000_000))),
        (NANOS, " 1.7356896e9 ", Ok((1_735_689_600, 0))),
        (NANOS, "1735689600.1234567891", Err(F::TooFine)),
        (NANOS, "-1.5", Ok((-2, 500_000_000))),
        (1_000_000, "1735689600123", Ok((1_735_689_600, 123_000_000))),
        (1_000_000, "1735689600123.456", Ok((1_735_689_600, 123_456_000))),
        (1_000, "1735689600123456", Ok((1_735_689_600, 123_456_000))),
        (1, "1735689600123456789", Ok((1_735_689_600, 123_456_789))),
        (NANOS, "1735689600000", Err(F::OutOfRange)),
        (NANOS, "99999999999999999999999999999999999999", Err(F::OutOfRange)),
        (NANOS, "1735689600s", Err(F::Malformed)),
        (NANOS, "2025-06-01", Err(F::Malformed)),
    ] {
        check(&naive(TimeLayout::Epoch(unit)), cell, expected);
    }
}

#[test]
fn patterns() {
    let pattern = |text: &str| TimeLayout::Pattern(text.to_owned());
    check(&naive(pattern("%d.%m.%y %H:%M")), "01.06.25 12:30", Ok((JUNE + 45_000, 0)));
    check(&naive(pattern("%d %b %Y %I:%M %p")), "01 Jun 2025 12:30 PM", Ok((JUNE + 45_000, 0)));
    check(&naive(pattern("%Y%m%d")), "20250601", Ok((JUNE, 0)));
    check(&naive(pattern("%d.%m.%y")), "31.02.25", Err(F::NoSuchDay));
    check(&naive(pattern("%d.%m.%y")), "31.05.25 12:00", Err(F::Malformed));
    let zoned = reader(pattern("%d/%b/%Y:%H:%M:%S %z"), None, Offsets::Always);
    check(&zoned, "01/Jun/2025:14:30:00 +0200", Ok((JUNE + 45_000, 0)));
    let berlin = reader(pattern("%Y-%m-%d %H:%M"), Some("Europe/Berlin"), Offsets::Never);
    check(&berlin, "2025-03-30 02:30", Err(F::Skipped));
    for bad in ["%H:%M", "%Y-%m", "%d.%m.%y %I:%M", "%!", "%Y-%m-%d %Z"] {
        let format = TimeFormat { layout: pattern(bad), zone: None, offsets: Offsets::Never };
        assert!(TimeReader::new(&format).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn as_jiff_reads_it(seconds in -9_214_560_000i64..9_214_646_400, nanos in 0i64..1_000_000_000) {
        let instant = jiff::Timestamp::new(seconds, nanos as i32).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let text = instant.to_string();
        let found = reader(TimeLayout::YearFirst, None, Offsets::Always).read(text.as_bytes());
        prop_assert_eq!(found, Ok(ReadTime::At(instant.as_nanosecond() as i64)), "{}", text);
    }

    #[test]
    fn in_a_zone_as_jiff_has_it(seconds in -5_000_000_000i64..5_000_000_000, zone in prop::sample::select(vec![
        "Europe/Vienna", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia",
    ])) {
        let zoned = jiff::Timestamp::from_second(seconds).unwrap().in_tz(zone).unwrap();
        let text = zoned.datetime().to_string();
        let found = reader(TimeLayout::YearFirst, Some(zone), Offsets::Never).read(text.as_bytes());
        match found {
            Ok(found) => prop_assert_eq!(found, ReadTime::At(seconds * NANOS)),
            Err(fault) => prop_assert_eq!(fault, TimeFault::Twice),
        }
    }

    #[test]
    fn days_and_back(day in -106_000i64..106_000) {
        let (year, month, date) = civil_from_days(day);
        prop_assume!(YEARS.contains(&year));
        prop_assert_eq!(days(year, month, date), Ok(day));
    }

    #[test]
    fn no_text_panics(text in prop::collection::vec(any::<u8>(), 0..40), like in "[0-9]{1,4}[-/. ][0-9]{1,2}[-/.][0-9]{1,4}[T ]?[0-9:.+Z-]{0,15}") {
        for layout in [
            TimeLayout::YearFirst,
            TimeLayout::YearLast(DateOrder::DayFirst),
            TimeLayout::Epoch(NANOS),
            TimeLayout::Pattern("%Y-%m-%d %H:%M:%S".to_owned()),
        ] {
            let reader = reader(layout, Some("Europe/Vienna"), Offsets::Never);
            let _ = reader.read(&text);
            let _ = reader.read(like.as_bytes());
        }
    }
}
