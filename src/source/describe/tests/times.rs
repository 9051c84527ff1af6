//! Times: layouts, the order of day and month, zones.

use super::*;

#[test]
fn times_by_their_look() {
    for (cell, layout, offsets, clock) in [
        ("2025-06-01T12:00:00Z", TimeLayout::YearFirst, Offsets::Always, Clock::Zoned("UTC".into())),
        ("2025-06-01 12:00", TimeLayout::YearFirst, Offsets::Never, Clock::Naive),
        ("2025/06/01", TimeLayout::YearFirst, Offsets::Never, Clock::Naive),
        ("31-05-2025 12:00", TimeLayout::YearLast(DateOrder::DayFirst), Offsets::Never, Clock::Naive),
        ("05/31/2025 12:00", TimeLayout::YearLast(DateOrder::MonthFirst), Offsets::Never, Clock::Naive),
        // W40: by magnitude.
        ("1735689600", TimeLayout::Epoch(1_000_000_000), Offsets::Never, Clock::Zoned("UTC".into())),
        ("1735689600.5", TimeLayout::Epoch(1_000_000_000), Offsets::Never, Clock::Zoned("UTC".into())),
        ("1735689600000", TimeLayout::Epoch(1_000_000), Offsets::Never, Clock::Zoned("UTC".into())),
        ("1735689600000000", TimeLayout::Epoch(1_000), Offsets::Never, Clock::Zoned("UTC".into())),
        ("1735689600000000000", TimeLayout::Epoch(1), Offsets::Never, Clock::Zoned("UTC".into())),
    ] {
        let schema = schema(&format!("timestamp,service\n{cell},a\n"));
        assert_eq!(time_of(&schema), (layout, offsets), "{cell}");
        assert_eq!(schema.clock, clock, "{cell}");
    }
}

/// W40: a number in none of the years 1990 to 2100 is no time; seconds beside milliseconds are not chosen between.
#[test]
fn w40_no_epoch() {
    for (cells, part) in [
        ("12\n13", "are no time between 1990 and 2100 in s, ms, us or ns since 1970 (12 on line 2)"),
        ("1735689600000000000000\n1735689600000000000001", "no time between 1990 and 2100"),
        ("1735689600\n1735689601\n1735689602000", "mixes numbers of seconds, ms, us or ns"),
    ] {
        let found = schema(&format!("timestamp\n{cells}\n")).time;
        assert!(matches!(&found, Found::Ambiguous(message) if message.contains(part)), "{cells}: {found:?}");
    }
}

/// A time that nobody can read here is no reason to pretend there is none.
#[test]
fn illegible_times() {
    let found = schema("timestamp,service\n\"Jun 1, 2025 6:54 PM\",a\n").time;
    let Found::Ambiguous(message) = found else { panic!("{found:?}") };
    assert!(
        message.starts_with("timestamp holds no times as they are known (\"Jun 1, 2025 6:54 PM\")"),
        "{message}"
    );
    let pattern = InputMapping { time_format: Some("%b %d, %Y %I:%M %p".into()), ..InputMapping::default() };
    let text = "timestamp,service\n\"Jun 1, 2025 6:54 PM\",a\n";
    assert_eq!(described(text, &pattern).unwrap().schema.time, Found::At(0));
}

/// W41: one cell proves the order for all, wherever it stands; without one nothing is guessed.
#[test]
fn w41_day_or_month_first() {
    let unsettled = schema("time,service\n01/02/2025 10:00,a\n03/04/2025 10:00,a\n");
    let (TimeLayout::YearLast(DateOrder::Unsettled(message)), _) = time_of(&unsettled) else {
        panic!("{unsettled:?}");
    };
    assert_eq!(
        message,
        "time may have the day or the month first (01/02/2025 on line 2 fits both, as does all that was looked at); say \
         --time-format '%d/%m/%Y %H:%M' or '%m/%d/%Y %H:%M', as the data has it"
    );
    let settled = schema("time,service\n01-02-2025 10:00,a\n31-05-2025 18:54,a\n");
    assert_eq!(said(&settled), ["time is day-first: 31-05-2025 on line 3"]);
    let both = schema("time,service\n13-02-2025 10:00,a\n05-31-2025 18:54,a\n");
    let (TimeLayout::YearLast(DateOrder::Unsettled(message)), _) = time_of(&both) else { panic!("{both:?}") };
    assert!(
        message.contains("(13-02-2025 on line 2) and with the month first (05-31-2025 on line 3)"),
        "{message}"
    );
}

#[test]
fn the_proof_may_stand_anywhere() {
    // Beyond the sample, beyond the head, behind quoted line ends, without a final line end.
    let early = "06-05-2025 10:00,a,\"x\"\n".repeat(60_000);
    let quoted = "06-05-2025 10:00,a,\"two\nlines\"\n".repeat(40_000);
    for (rows, line) in [(early, 60_002), (quoted, 80_002)] {
        let text = format!("time,service,note\n{rows}25-05-2025 10:00,a,x");
        assert!(text.len() > crate::source::HEAD_BYTES);
        let path = std::env::temp_dir().join(format!("sla-order-{}-{line}.csv", std::process::id()));
        std::fs::File::create(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
            .unwrap();
        let file = crate::source::open(path.to_str().unwrap()).unwrap();
        let schema = describe(&[file], &InputMapping::default()).unwrap().schema;
        std::fs::remove_file(&path).unwrap();
        assert_eq!(said(&schema), [format!("time is day-first: 25-05-2025 on line {line}")]);
        // A stream is looked at no further than its head.
        let stream = describe(&[opened("-", text.as_bytes())], &InputMapping::default()).unwrap().schema;
        assert!(matches!(time_of(&stream).0, TimeLayout::YearLast(DateOrder::Unsettled(_))));
    }
}

#[test]
fn date_and_time_of_day_in_two_columns() {
    let text = "date,time,service\n2025-06-01,12:30,a\n";
    let Found::Ambiguous(message) = schema(text).time else { panic!() };
    assert!(
        message.starts_with("the date stands in date and the time of day in time; join them"),
        "{message}"
    );
    let Found::Ambiguous(message) = schema("date,hour,service\n2025-06-01,12,a\n").time else { panic!() };
    assert!(message.contains("the time of day in hour"), "{message}");
    let time = Some(TimeColumn { column: "date".into(), ..TimeColumn::default() });
    let said = described(text, &InputMapping { time, ..InputMapping::default() }).unwrap().schema;
    assert_eq!(said.time, Found::At(0));
}

/// W37, W39: the zone that is said is the zone of naive times; times with an offset need none.
#[test]
fn w37_w39_zones() {
    let vienna = InputMapping { timezone: Some("Europe/Vienna".into()), ..InputMapping::default() };
    for (cell, zone) in [("2025-06-01 12:00", Some("Europe/Vienna")), ("1735689600", None)] {
        let schema = described(&format!("ts\n{cell}\n"), &vienna).unwrap().schema;
        assert_eq!(schema.clock, Clock::Zoned("Europe/Vienna".into()), "{cell}");
        let Reading::Time(format) = &schema.columns[0].reading else { panic!() };
        assert_eq!(format.zone.as_deref(), zone, "{cell}");
    }
    // The said zone is for cells without an offset; where every cell has one, one without is a fault.
    for (cells, zone, offsets) in [
        ("2025-06-01T12:00Z\n2025-06-01T13:00Z", None, Offsets::Always),
        ("2025-06-01T12:00Z\n2025-06-01T13:00", Some("Europe/Vienna"), Offsets::Never),
    ] {
        let schema = described(&format!("ts\n{cells}\n"), &vienna).unwrap().schema;
        let Reading::Time(format) = &schema.columns[0].reading else { panic!() };
        assert_eq!((format.zone.as_deref(), format.offsets), (zone, offsets), "{cells}");
        assert_eq!(schema.clock, Clock::Zoned("Europe/Vienna".into()), "{cells}");
    }
    let nowhere = InputMapping { timezone: Some("Mars/Base".into()), ..InputMapping::default() };
    let error = describe(&[opened("a.csv", b"ts\n2025-06-01\n")], &nowhere).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("Mars/Base"), "{error}");
}

#[test]
fn durations_between_two_times() {
    let time = |column: &str| TimeColumn { column: column.into(), ..TimeColumn::default() };
    let mapping = InputMapping {
        columns: vec![(
            "first_reply".into(),
            ColumnMapping::Between { from: time("opened"), to: time("replied"), open: OpenEnd::Missing },
        )],
        ..InputMapping::default()
    };
    let schema =
        described("opened,replied,who\n31.05.2025 10:00,,x\n01.06.2025 10:00,,x\n", &mapping).unwrap().schema;
    for at in [0, 1] {
        let Reading::Time(format) = &schema.columns[at].reading else { panic!("{at}") };
        assert_eq!(format.layout, TimeLayout::YearLast(DateOrder::DayFirst), "{at}");
    }
    let message = described("opened,replied\nlater,\n", &mapping).unwrap_err();
    assert!(message.starts_with("data.csv, line 2: opened is \"later\""), "{message}");
}

#[test]
fn times_that_meet_are_on_one_clock() {
    let time = |column: &str| TimeColumn { column: column.into(), ..TimeColumn::default() };
    let between =
        ColumnMapping::Between { from: time("opened"), to: time("replied"), open: OpenEnd::Missing };
    let clock = ColumnMapping::Clock(crate::model::ClockColumn { time: time("replied") });
    let mapping = |column| InputMapping { columns: vec![("x".into(), column)], ..InputMapping::default() };
    let mixed = "opened,replied\n2025-06-01T10:00:00Z,2025-06-01 12:00\n";
    for column in [between.clone(), clock.clone()] {
        let message = described(mixed, &mapping(column)).unwrap_err();
        assert!(message.contains("the times in replied have no zone, but those in opened have"), "{message}");
    }
    assert!(described("opened,replied\n2025-06-01 10:00,2025-06-01 12:00\n", &mapping(between)).is_ok());
    let message = described("opened,replied\n2025-06-01 10:00,12:00\n", &mapping(clock)).unwrap_err();
    assert!(message.contains("replied is \"12:00\", which is a time of day without a date"), "{message}");
}
