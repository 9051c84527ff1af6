//! What inference proves and what it refuses, case by case. `W…` are the rows of the table of wrong verdicts.

use super::*;
use crate::model::{
    Clock, ColumnMapping, CountColumns, DateOrder, NumberColumn, Offsets, OpenEnd, Reading, RowKind,
    StatusColumn, TimeColumn, TimeLayout, Unit, UnitOf,
};
use crate::source::open::open_stream;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::Cursor;

fn opened(name: &str, text: &[u8]) -> Opened {
    open_stream(name, Box::new(Cursor::new(text.to_vec()))).unwrap()
}

fn described(text: &str, mapping: &InputMapping) -> Result<Description, String> {
    describe(&[opened("data.csv", text.as_bytes())], mapping).map_err(|error| error.to_string())
}

fn schema(text: &str) -> Schema {
    described(text, &InputMapping::default()).unwrap().schema
}

fn said(schema: &Schema) -> Vec<&str> {
    schema.inferred.iter().map(|inference| inference.text.as_str()).collect()
}

/// The parts as `time service latency status` with the headers they fell to; `-` for none, `?` for several.
fn parts(schema: &Schema) -> String {
    let name = |found: &Found| match found {
        Found::At(at) => schema.columns[*at].name.clone(),
        Found::Absent => "-".to_owned(),
        Found::Ambiguous(_) => "?".to_owned(),
    };
    [&schema.time, &schema.service, &schema.latency, &schema.status].map(name).join(" ")
}

fn check_parts(header: &str, row: &str, expected: &str) {
    assert_eq!(parts(&schema(&format!("{header}\n{row}\n{row}\n"))), expected, "{header}");
}

fn refused(text: &str) -> String {
    described(text, &InputMapping::default()).unwrap_err()
}

fn unit(name: &str) -> UnitOf {
    UnitOf::Known(Unit::named(name).unwrap())
}

fn unit_of(schema: &Schema, column: &str) -> UnitOf {
    match &schema.columns.iter().find(|known| known.name == column).unwrap().reading {
        Reading::Number { unit, .. } => unit.clone(),
        other => panic!("{column} is {other:?}"),
    }
}

fn time_of(schema: &Schema) -> (TimeLayout, Offsets) {
    match &schema.columns[schema.time.at().unwrap()].reading {
        Reading::Time(format) => (format.layout.clone(), format.offsets),
        other => panic!("{other:?}"),
    }
}

#[test]
fn parts_by_name() {
    let iso = "2025-06-01T12:00:00Z";
    for (header, row, expected) in [
        (
            "timestamp,service_name,status,response_time_ms",
            "01-06-2025 07:56,a,success,446",
            "timestamp service_name response_time_ms status",
        ),
        ("ts,service,success,latency", &format!("{iso},a,true,1"), "ts service latency success"),
        (
            "Date Time,App,Outcome,Duration (s)",
            &format!("{iso},a,ok,1"),
            "Date Time App Duration (s) Outcome",
        ),
        (
            "created-at,application,http_status,elapsed",
            &format!("{iso},a,200,1"),
            "created-at application elapsed http_status",
        ),
        (
            "createdAt,endpoint,statusCode,responseTimeMs",
            &format!("{iso},/a,200,1"),
            "createdAt endpoint responseTimeMs statusCode",
        ),
        ("@timestamp,label,failed,rt", &format!("{iso},a,0,1"), "@timestamp label rt failed"),
        ("date,monitor,up,took_seconds", "2025-06-01,a,1,1", "date monitor took_seconds up"),
        // What the values say against the name.
        ("time,service,latency", "0.25,a,1", "- service latency -"),
        ("time_ms,service", "25,a", "- service time_ms -"),
        ("request_time,service", "0.25,a", "- service request_time -"),
        ("request_time,service,rt", &format!("{iso},a,3"), "request_time service rt -"),
        ("timestamp,error", &format!("{iso},connection refused"), "timestamp - - -"),
        // Two that fit one part.
        ("timestamp,date,service", &format!("{iso},2025-06-01,a"), "? service - -"),
        ("app,endpoint,ts", &format!("a,/x,{iso}"), "ts ? - -"),
        ("service,endpoint,ts", &format!("a,/x,{iso}"), "ts service - -"),
        ("ts,latency_ms,duration_ms", &format!("{iso},1,2"), "ts - ? -"),
        ("ts,success,status_code", &format!("{iso},true,503"), "ts - - ?"),
        ("ts,state,status", &format!("{iso},Ohio,ok"), "ts - - status"),
        // No name is known, but the values prove it.
        ("wann,dienst,ergebnis", &format!("{iso},a,success"), "wann - - ergebnis"),
        ("a,b", &format!("{iso},{iso}"), "? - - -"),
        ("a,cached", "x,true", "- - - -"),
        // Statistics: a mean before a percentile.
        ("ts,avg_latency_ms,p95_latency_ms", &format!("{iso},1,2"), "ts - avg_latency_ms -"),
        ("ts,p95_latency_ms", &format!("{iso},2"), "ts - p95_latency_ms -"),
    ] {
        check_parts(header, row, expected);
    }
}

#[test]
fn ambiguity_names_both_and_the_way_out() {
    let schema = schema("ts,latency_ms,duration_ms\n2025-06-01,1,2\n");
    let Found::Ambiguous(message) = &schema.latency else { panic!("{:?}", schema.latency) };
    assert_eq!(
        message,
        "latency_ms and duration_ms both may be the latency; say --latency latency_ms or --latency duration_ms"
    );
}

/// W01: a header alone is no error; there are no rows.
#[test]
fn w01_header_only() {
    for text in ["ts,service,lat\n", "ts,service,lat", "ts,service,lat\r\n\r\n"] {
        let description = described(text, &InputMapping::default()).unwrap();
        assert_eq!(description.schema.columns.len(), 3, "{text:?}");
        assert_eq!(description.schema.service, Found::At(1));
        assert_eq!(description.schema.time, Found::At(0));
    }
}

/// W45: the first column is found behind the byte order mark.
#[test]
fn w45_byte_order_mark() {
    let description =
        described("\u{FEFF}ts,service\n2025-06-01T00:00:00Z,a\n", &InputMapping::default()).unwrap();
    assert_eq!(description.schema.time, Found::At(0));
    assert_eq!(description.schema.columns[0].name, "ts");
    let dialect = description.files[0].dialect;
    // 3 bytes of mark, 11 of header.
    assert_eq!((dialect.bom, dialect.body, dialect.header_lines), (true, 14, 1));
}

/// W47, W21: the delimiter is the one that header and rows agree on.
#[test]
fn w47_delimiters() {
    for (text, expected) in [
        ("a,b\n1,2\n", Ok((b',', 2))),
        ("a;b\n1,5;2,5\n1,25;2\n", Ok((b';', 2))),
        ("a\tb\n1,5\t2,5\n", Ok((b'\t', 2))),
        ("a|b|c\n1|2|3\n", Ok((b'|', 3))),
        ("sep=;\na;b\n1;2\n", Ok((b';', 2))),
        ("\"a;x\",b\n\"1;2\",3\n", Ok((b',', 2))),
        ("a,b;c\n1,2;3\n4,5;6;7\n", Ok((b',', 2))),
        ("latency\n1\n2\n", Ok((b',', 1))),
        ("a,b\r\n1,2\r\n", Ok((b',', 2))),
        // One ragged row among many is the scanner's to reject.
        ("a,b\n1,2\n1,2\n1,2,3\n", Ok((b',', 2))),
        ("lat\n99,9\n98,5\n", Err("line 2")),
        ("ts,lat\n2025-06-01,99,9\n2025-06-02,98,5\n", Err("3 fields where the header has 2")),
        ("a,b;c\n1,2;3\n4,5;6\n", Err("sep=,")),
    ] {
        let found = described(text, &InputMapping::default());
        match expected {
            Ok(expected) => {
                let file = &found.unwrap().files[0];
                assert_eq!((file.dialect.delimiter, file.fields), expected, "{text:?}");
            }
            Err(part) => {
                let message = found.unwrap_err();
                assert!(message.contains(part), "{text:?}: {message}");
            }
        }
    }
}

/// W21, W22: a column of decimal commas or thousands is one of numbers, and its cells say what is wrong with them.
#[test]
fn w21_w22_foreign_numbers_are_numbers() {
    let text = "ts;latency_ms\n2025-06-01;99,9\n2025-06-02;98,25\n";
    let reading =
        |mapping: &InputMapping| described(text, mapping).unwrap().schema.columns[1].reading.clone();
    assert_eq!(reading(&InputMapping::default()), Reading::Number { unit: unit("ms"), digits: 0 });
    let comma = InputMapping { decimal_comma: true, ..InputMapping::default() };
    assert_eq!(reading(&comma), Reading::Number { unit: unit("ms"), digits: 2 });
    let thousands = schema("ts;latency_ms\n2025-06-01;1,234\n2025-06-02;2,345\n");
    assert_eq!(unit_of(&thousands, "latency_ms"), unit("ms"));
}

#[test]
fn a_header_there_must_be() {
    for (text, part) in [
        (
            "2025-06-01T00:00:00Z,a,200\n2025-06-01T00:00:01Z,b,200\n",
            "looks like data (2025-06-01T00:00:00Z)",
        ),
        ("1,2,3\n4,5,6\n", "looks like data (1)"),
        ("lat,ts,lat\n1,2,3\n", "W50 names the column \"lat\" twice"),
        ("lat, lat \n1,2\n", "W50 names the column \"lat\" twice"),
    ] {
        let message = refused(text);
        assert!(message.contains(part.trim_start_matches("W50 ")), "{text:?}: {message}");
        assert!(message.starts_with("data.csv, line 1: "), "{message}");
    }
    assert_eq!(schema("lat,LAT\n1,2\n").columns.len(), 2);
}

#[test]
fn where_the_rows_start() {
    for (text, body, lines) in [
        ("a,b\n1,2\n", 4, 1),
        ("a,b\r\n1,2\r\n", 5, 1),
        ("\n\na,b\n1,2\n", 6, 3),
        ("\"a\nx\",b\n1,2\n", 8, 2),
        ("sep=,\na,b\n1,2\n", 10, 2),
    ] {
        let dialect = described(text, &InputMapping::default()).unwrap().files[0].dialect;
        assert_eq!((dialect.body, dialect.header_lines), (body, lines), "{text:?}");
        assert_eq!(dialect.crlf, text.contains('\r'), "{text:?}");
    }
}

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
    let nowhere = InputMapping { timezone: Some("Mars/Base".into()), ..InputMapping::default() };
    let error = describe(&[opened("a.csv", b"ts\n2025-06-01\n")], &nowhere).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("Mars/Base"), "{error}");
}

/// W18, W19, W20: units are told by the header, by every cell, or not at all.
#[test]
fn w18_w19_w20_units() {
    for (header, cells, expected) in [
        ("latency_ms", ["446", "120"], unit("ms")),
        ("latency_seconds", ["0.446", "0.12"], unit("s")),
        ("latency [us]", ["446", "120"], unit("us")),
        ("latency_ns", ["446", "120"], unit("ns")),
        ("latency", ["0.12", "0.5"], UnitOf::Unknown),
        ("latency", ["120ms", "0.12s"], UnitOf::InCell),
        ("cpu_pct", ["99", "101"], unit("%")),
        ("cpu_percent", ["99", "12"], unit("%")),
        ("error_rate", ["0.5", "1"], UnitOf::Known(Unit::RATIO)),
        ("error_rate", ["0.5", "1.5"], UnitOf::Unknown),
        ("availability", ["0.999", "1"], UnitOf::Known(Unit::RATIO)),
        ("availability", ["99.9", "100"], UnitOf::Unknown),
        ("request_rate", ["0.5", "0.75"], UnitOf::Unknown),
        ("availability", ["99.9%", "100%"], UnitOf::InCell),
        ("size_kb", ["99", "12"], unit("kB")),
    ] {
        let schema = schema(&format!("service;{header}\na;{}\na;{}\n", cells[0], cells[1]));
        assert_eq!(unit_of(&schema, header), expected, "{header} {cells:?}");
    }
    // W18: numbers with a unit beside numbers without.
    let mixed = schema("service,latency\na,120ms\na,0.5\n");
    let Found::Ambiguous(message) = mixed.latency else { panic!() };
    assert_eq!(
        message,
        "latency has numbers with a unit (120ms on line 2) and without (0.5 on line 3); write the unit in every cell or \
         in none"
    );
    // W19: the header says ms, the values look like seconds.
    let text = format!("service,latency_ms\n{}", "a,0.12\n".repeat(20));
    let problems = described(&text, &InputMapping::default()).unwrap().problems;
    assert!(problems[0].message.contains("look like seconds"), "{problems:?}");
}

#[test]
fn what_is_said_wins() {
    let text = "zeit;dienst;dauer;latency_ms;code\n01-06-2025;a;12;5;0\n02-06-2025;b;13;6;1\n";
    let mapping = InputMapping {
        time: Some(TimeColumn {
            column: "zeit".into(),
            format: Some("%d-%m-%Y".into()),
            timezone: Some("Europe/Vienna".into()),
        }),
        service: Some("dienst".into()),
        latency: Some(NumberColumn { column: "dauer".into(), unit: Unit::named("s"), gauge: false }),
        status: Some(StatusColumn { column: "code".into(), ok: vec!["0".into()], ..StatusColumn::default() }),
        columns: vec![(
            "other".into(),
            ColumnMapping::Number(NumberColumn {
                column: "latency_ms".into(),
                unit: Unit::named("us"),
                gauge: true,
            }),
        )],
        ..InputMapping::default()
    };
    let description = described(text, &mapping).unwrap();
    let schema = description.schema;
    assert_eq!(parts(&schema), "zeit dienst dauer code");
    assert_eq!(time_of(&schema).0, TimeLayout::Pattern("%d-%m-%Y".into()));
    assert_eq!(schema.clock, Clock::Zoned("Europe/Vienna".into()));
    assert_eq!(unit_of(&schema, "dauer"), unit("s"));
    assert_eq!(unit_of(&schema, "latency_ms"), unit("us"));
    assert!(schema.columns[3].gauge);
    assert_eq!(
        description.problems[0].message,
        "latency_ms is read in us as said, though its header says ms"
    );
    assert!(said(&schema).is_empty(), "{:?}", said(&schema));
}

#[test]
fn what_is_said_must_fit() {
    let text = "ts,svc\n2025-06-01,a\n";
    let time = |format: &str| InputMapping {
        time: Some(TimeColumn { column: "ts".into(), format: Some(format.into()), timezone: None }),
        ..InputMapping::default()
    };
    for (mapping, part, usage) in [
        (
            InputMapping { service: Some("Svc".into()), ..InputMapping::default() },
            "did you mean \"svc\"?",
            true,
        ),
        (
            InputMapping { failures: Some("svc".into()), ..InputMapping::default() },
            "say --requests COLUMN",
            true,
        ),
        (
            InputMapping { key: vec!["ts".into(), "region".into()], ..InputMapping::default() },
            "`key` names",
            true,
        ),
        (time("%Y-%m"), "tells no date", true),
        (time("epoch"), "needs a unit", true),
        (time("iso"), "is none; write it like", true),
        (time("%d.%m.%Y"), "data.csv, line 2: ts is \"2025-06-01\"", false),
        (time("epoch s"), "data.csv, line 2: ts is \"2025-06-01\"", false),
    ] {
        let error = describe(&[opened("data.csv", text.as_bytes())], &mapping).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.is_usage(), usage, "{error}");
    }
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

/// Quoting everything, CR LF, a byte order mark or another delimiter change nothing of what is proved.
#[test]
fn dress_does_not_matter() {
    let plain = "timestamp,service_name,status,response_time_ms\n05-06-2025 07:56,a,success,446\n31-05-2025 09:36,b,ko,2.5\n";
    let expected = schema(plain);
    let quoted: String = plain.lines().map(|line| format!("\"{}\"\n", line.replace(',', "\",\""))).collect();
    for text in [
        quoted.clone(),
        plain.replace('\n', "\r\n"),
        quoted.replace('\n', "\r\n"),
        format!("\u{FEFF}{plain}"),
        plain.replace(',', ";"),
        plain.replace(',', "\t"),
        plain.replace(',', "|"),
        plain.trim_end().to_owned(),
    ] {
        assert_eq!(schema(&text), expected, "{text:?}");
    }
    let message = refused(&plain.replace('\n', "\r"));
    assert!(message.contains("lines end with CR alone"), "{message}");
}

#[test]
fn interval_rows_are_proved() {
    let counts = |requests, failures| Some(CountColumns { requests, failures });
    for (text, kind, expected) in [
        (
            "ts,service,requests,errors\n2025-06-01,a,10,0\n2025-06-02,a,10,10\n",
            RowKind::Interval,
            counts(2, Some(3)),
        ),
        ("ts,service,total,failed\n2025-06-01,a,10,1\n", RowKind::Interval, counts(2, Some(3))),
        (
            "ts,service,requests,errors\n2025-06-01,a,10,\n2025-06-01,a,10,1\n",
            RowKind::Interval,
            counts(2, Some(3)),
        ),
        // No counts on every row, or no failures: each row is one request, if its outcome is told.
        ("ts,status,requests,errors\n2025-06-01,ok,10,11\n", RowKind::Request, None),
        ("ts,status,requests,errors\n2025-06-01,ok,10.5,1\n", RowKind::Request, None),
        ("ts,service,requests\n2025-06-01,a,10\n", RowKind::Request, None),
        ("ts,service,count,status\n2025-06-01,a,10,ok\n", RowKind::Request, None),
    ] {
        let schema = schema(text);
        assert_eq!((schema.rows_are, schema.counts), (kind, expected), "{text}");
    }
    // One bad row does not turn intervals into requests without a word.
    let message = refused("ts,requests,errors\n2025-06-01,10,1\n2025-06-02,10,2\n2025-06-03,ten,1\n");
    assert!(message.starts_with("data.csv, line 4: requests is \"ten\" and errors is \"1\""), "{message}");
    let message = refused("ts,requests,errors\n2025-06-01,10,1\n2025-06-02,1,2\n");
    assert!(message.contains("say --requests requests --failures errors"), "{message}");
    let said = InputMapping { requests: Some("n".into()), ..InputMapping::default() };
    let description = described("ts,n,errors\n2025-06-01,10,1\n", &said).unwrap();
    assert_eq!(description.schema.counts, counts(1, Some(2)));
    let message = refused("ts,requests,hits,errors\n2025-06-01,10,10,1\n");
    assert!(
        message.contains("requests and hits may each count the requests; say --requests requests"),
        "{message}"
    );
}

#[test]
fn finished_rows() {
    let text = "service_name,failure_rate,avg_response_time_ms,response_violation_rate\na,0.1022,297.34,0.0183\nb,0.1066,300.2,0.0226\n";
    let schema = schema(text);
    assert_eq!(schema.rows_are, RowKind::Finished);
    assert_eq!(parts(&schema), "- service_name avg_response_time_ms -");
    assert_eq!(schema.columns[2].statistic.as_deref(), Some("avg"));
    assert_eq!(unit_of(&schema, "failure_rate"), UnitOf::Known(Unit::RATIO));
    assert_eq!(unit_of(&schema, "avg_response_time_ms"), unit("ms"));
    assert_eq!(
        said(&schema),
        [
            "service is service_name",
            "failure_rate is a share of 1: its values are between 0 and 1",
            "latency is avg_response_time_ms",
            "response_violation_rate is a share of 1: its values are between 0 and 1",
            "a row holds finished figures (failure_rate beside avg_response_time_ms); they are checked as they are and \
             never combined",
        ]
    );
}

/// W33, W35, W36: what the cells of a status column are.
#[test]
fn w33_w35_w36_status_kinds() {
    for (header, cells, kind) in [
        ("status", ["UP", " up "], StatusKind::Words),
        ("status", ["200", "503"], StatusKind::Http),
        ("code", ["200", "2xx"], StatusKind::Words),
        ("http_status", ["200", "0"], StatusKind::Words),
        ("success", ["1", "0"], StatusKind::Words),
        ("failed", ["1", "0"], StatusKind::FailureFlag),
        ("is_error", ["true", "no"], StatusKind::FailureFlag),
        ("passed", ["yes", "no"], StatusKind::Words),
    ] {
        let schema = schema(&format!("{header}\n{}\n{}\n", cells[0], cells[1]));
        assert_eq!((schema.status.clone(), schema.status_kind), (Found::At(0), kind), "{header} {cells:?}");
    }
    // Codes that are no HTTP status: 0 may be success or failure.
    let schema = schema("code\n0\n13\n");
    assert!(matches!(schema.status, Found::Ambiguous(message) if message.contains("--failed 'code != 0'")));
}

/// W34: an unknown word leaves the column what it is; the scanner says which word it was.
#[test]
fn w34_unknown_words_stay() {
    check_parts("ts,status", "2025-06-01,degraded", "ts - - status");
}

/// W16: blank cells say nothing about a column.
#[test]
fn w16_blank_cells() {
    let schema =
        schema("ts,latency_ms\n2025-06-01,\n2025-06-02,N/A\n2025-06-03,-\n2025-06-04,null\n2025-06-05,7.5\n");
    assert_eq!(schema.columns[1].reading, Reading::Number { unit: unit("ms"), digits: 1 });
}

#[test]
fn known_tools() {
    let jmeter = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n1735689600123,446,home,200,OK,t 1-1,text,true,,1,1,1,1,http://x,440,0,3\n";
    let schema = self::schema(jmeter);
    assert_eq!(parts(&schema), "timeStamp label elapsed success");
    assert_eq!(unit_of(&schema, "elapsed"), unit("ms"));
    assert_eq!(schema.rows_are, RowKind::Request);
    // A header that is not exactly JMeter's is not taken for it.
    let less = "timeStamp,elapsed,label,responseCode,success,Latency\n1735689600123,446,home,200,true,440\n";
    assert_eq!(parts(&self::schema(less)), "timeStamp label ? ?");

    let k6 = "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\nhttp_req_duration,1735689600,12.5,,,,true,,GET,home,,,,200,,,,,\n";
    let message = refused(k6);
    assert!(
        message.contains("--where 'metric_name == \"http_req_duration\"' --latency metric_value --unit ms"),
        "{message}"
    );
    let mapping = InputMapping {
        latency: Some(NumberColumn { column: "metric_value".into(), unit: Unit::named("ms"), gauge: false }),
        service: Some("name".into()),
        ..InputMapping::default()
    };
    assert_eq!(parts(&described(k6, &mapping).unwrap().schema), "timestamp name metric_value status");
}

#[test]
fn files_of_one_run_have_the_same_columns() {
    let first = || opened("a.csv", b"ts,service,latency_ms\n2025-06-01,a,1\n");
    let swapped = opened("b.csv", b"latency_ms;service;ts\n1;a;2025-06-01\n");
    let description = describe(&[first(), swapped], &InputMapping::default()).unwrap();
    assert_eq!(description.files[1].position, [2, 1, 0]);
    assert_eq!(description.files[1].dialect.delimiter, b';');
    for (header, part) in [
        ("ts,service\n", "b.csv: it lacks the column \"latency_ms\" of a.csv"),
        ("ts,service,latency_ms,region\n", "b.csv: it has a column \"region\" that is not in a.csv"),
    ] {
        let error =
            describe(&[first(), opened("b.csv", header.as_bytes())], &InputMapping::default()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn the_order_of_files_proves_the_same() {
    let a = || opened("a.csv", b"time,lat_ms\n01-02-2025,1\n");
    let b = || opened("b.csv", b"time,lat_ms\n31-05-2025,0.25\n");
    let one = describe(&[a(), b()], &InputMapping::default()).unwrap().schema;
    let other = describe(&[b(), a()], &InputMapping::default()).unwrap().schema;
    assert_eq!(one, other);
    assert_eq!(said(&one), ["time is day-first: 31-05-2025 on line 2 of b.csv"]);
}

proptest! {
    /// Whatever the bytes: a description or a refusal, never a panic, and no line wider than the page.
    #[test]
    fn no_input_panics(text in "([a-z_]{1,8}[,;|\t ]){0,4}[a-z\"]{0,3}(\r?\n([0-9a-zA-Z:.\"%-]{0,12}[,;|\t]){0,5}){0,8}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for content in [text.as_bytes(), &bytes] {
            if let Ok(opened) = open_stream("data.csv", Box::new(Cursor::new(content.to_vec()))) {
                let opened = [opened];
                if let Ok(description) = describe(&opened, &InputMapping::default()) {
                    let columns = description.schema.columns.len();
                    prop_assert!(description.files.iter().all(|file| file.fields == columns));
                    let page = crate::source::inspect(&opened, &InputMapping::default());
                    prop_assert!(page.is_ok());
                }
            }
        }
    }

    /// A tidy file is understood whatever its values are.
    #[test]
    fn a_tidy_file_is_understood(rows in prop::collection::vec((0i64..4_000_000_000, 0u32..100_000, any::<bool>()), 1..60)) {
        let mut text = "ts,service,status,latency_ms\n".to_owned();
        for (seconds, latency, ok) in &rows {
            let time = jiff::Timestamp::from_second(*seconds).unwrap();
            let status = if *ok { "success" } else { "failure" };
            writeln!(text, "{time},api,{status},{latency}").unwrap();
        }
        let schema = schema(&text);
        prop_assert_eq!(parts(&schema), "ts service latency_ms status");
        prop_assert_eq!(time_of(&schema), (TimeLayout::YearFirst, Offsets::Always));
        prop_assert_eq!(unit_of(&schema, "latency_ms"), unit("ms"));
    }
}
