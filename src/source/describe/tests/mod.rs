//! What inference proves and what it refuses, case by case. `W…` are the rows of the table of wrong verdicts.

mod rows;
mod times;

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
        ("timestamp,error", &format!("{iso},"), "timestamp - - ?"),
        ("timestamp,error_message,code", &format!("{iso},,200"), "timestamp - - code"),
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
        ("a,b\n1\n", Err("1 field where the header has 2")),
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

/// Quoting everything, CR LF, a byte order mark or another delimiter change nothing of what is proved.
#[test]
fn dress_does_not_matter() {
    let plain = "timestamp,service_name,status,response_time_ms\n05-06-2025 07:56,a,success,446\n31-05-2025 09:36,b,ko,2.5\n";
    let expected = schema(plain);
    let quoted = plain.trim_end().replace(',', "\",\"").replace('\n', "\"\n\"");
    let quoted = format!("\"{quoted}\"\n");
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
