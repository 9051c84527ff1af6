//! W01 to W12: the file as a whole, and its rows.

use crate::case::{Case, case, rows};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const HEADER: &str = "ts,service,status,latency_ms";

/// 1,000 requests that all took 100 ms, on lines 2 to 1,001.
fn thousand() -> Vec<String> {
    let row = "2025-06-01T12:00:00Z,api,success,100";
    std::iter::once(HEADER).chain(std::iter::repeat_n(row, 1_000)).map(str::to_owned).collect()
}

/// The same, with another line 501.
fn thousand_with(line: &str) -> String {
    let mut lines = thousand();
    line.clone_into(&mut lines[500]);
    lines.join("\n") + "\n"
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// More than a head: 3 MB of rows that hardly compress.
fn large() -> Vec<u8> {
    let mut state = 7u64;
    let rows = (0..60_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("2025-06-01T12:00:00Z,service-{:07},success,{}\n", state >> 41, state % 400)
    });
    format!("{HEADER}\n{}", rows.collect::<String>()).into_bytes()
}

fn first(part: f64, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate((bytes.len() as f64 * part) as usize);
    bytes
}

fn without_last(count: usize, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - count);
    bytes
}

/// With one bit of the byte that many before the end turned over.
fn flipped(before_end: usize, mut bytes: Vec<u8>) -> Vec<u8> {
    let at = bytes.len() - before_end;
    bytes[at] ^= 1;
    bytes
}

pub(crate) fn cases() -> Vec<Case> {
    [nothing(), nobody(), malformed(), cut(), compressed(), pages(), twice(), shuffled()].concat()
}

fn nothing() -> Vec<Case> {
    let header_only = || case("W01", "nothing but a header").data(format!("{HEADER}\n")).exits(3);
    vec![
        header_only().require("max(latency) <= 500ms").result("*", "undecided no_data"),
        header_only().require("failure_rate <= 100%").result("*", "undecided no_data"),
        header_only().require("rows <= 10").result("*", "undecided no_data"),
        header_only().require("p99(latency) <= 500ms").with(&["--by", "service"]),
        header_only().require("avg(latency) <= 500ms").with(&["--period", "1h"]),
        header_only()
            .rules("sla: A\nby: service\nexpect: [api]\nobjectives: [failure_rate <= 5%]\n")
            .result("api", "undecided no_data"),
        header_only().with(&[]).says("example"),
        case("W01", "no data, and that was promised to be a breach")
            .data(format!("{HEADER}\n"))
            .rules("sla: A\nobjectives:\n  - {require: max(latency) <= 500ms, no_data: breached}\n")
            .exits(1)
            .result("*", "breached no_data"),
        case("W01", "a header without a line end").data(HEADER).require("max(latency) <= 500ms").exits(3),
        case("W01", "a header and empty lines")
            .data(format!("{HEADER}\r\n\r\n\r\n\n"))
            .require("max(latency) <= 500ms")
            .exits(3)
            .result("*", "undecided no_data"),
        case("W01", "a header alone, compressed")
            .file("data.csv.gz", gzip(HEADER.as_bytes()))
            .require("max(latency) <= 500ms")
            .exits(3),
        case("W01", "not one byte")
            .data("")
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("data.csv is empty"),
        case("W01", "a mark of the byte order and nothing else")
            .data("\u{feff}")
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("data.csv is empty"),
        case("W01", "of two files one is empty")
            .file("full.csv", rows(HEADER, "2025-06-01T12:00:00Z,api,success,100", 5))
            .file("empty.csv", "")
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("empty.csv"),
        case("W01", "every row is left out by the agreement's own clause")
            .data(rows(HEADER, "2025-06-01T12:00:00Z,api,success,100", 5))
            .require("max(latency) <= 500ms")
            .with(&["--where", "service == \"web\""])
            .exits(3)
            .result("*", "undecided no_data")
            .counts("accepted", 0)
            .counts("excluded", 5),
        case("W01", "every row lies before the time that was asked for")
            .data(rows(HEADER, "2025-06-01T12:00:00Z,api,success,100", 5))
            .require("max(latency) <= 500ms")
            .with(&["--since", "2025-06-02"])
            .exits(3),
    ]
}

fn nobody() -> Vec<Case> {
    let only_api = |what| case("W02", what).data(rows(HEADER, "2025-06-01T12:00:00Z,api,success,100", 5));
    vec![
        only_api("a service that was expected is absent")
            .rules("sla: A\nby: service\nexpect: [api, checkout]\nobjectives: [max(latency) <= 500ms]\n")
            .exits(3)
            .result("api", "met")
            .result("checkout", "undecided no_data"),
        only_api("the objective is for a service that is absent")
            .rules(
                "sla: A\nobjectives:\n  - require: max(latency) <= 500ms\n    where: service == \"checkout\"\n",
            )
            .exits(3)
            .result("*", "undecided no_data"),
        only_api("a target is for a service that is absent")
            .rules(
                "sla: A\nby: service\nobjectives:\n  - require: max(latency) <= 500ms\n    targets:\n      - {group: {service: checkout}, require: \"<= 10ms\"}\n",
            )
            .exits(0)
            .says("checkout"),
        only_api("the service that was expected is written otherwise")
            .rules("sla: A\nby: service\nexpect: [API]\nobjectives: [max(latency) <= 500ms]\n")
            .exits(3)
            .result("API", "undecided no_data"),
        only_api("absent is a breach, as promised")
            .rules("sla: A\nby: service\nexpect: [checkout]\nobjectives:\n  - {require: max(latency) <= 500ms, no_data: breached}\n")
            .exits(1)
            .result("checkout", "breached no_data"),
        case("W02", "a service falls silent half-way")
            .data(
                "ts,service,status,latency_ms\n2025-06-01T00:10:00Z,api,success,100\n2025-06-01T00:20:00Z,web,success,100\n\
                 2025-06-01T01:10:00Z,api,success,100\n2025-06-01T02:10:00Z,api,success,100\n2025-06-01T02:20:00Z,web,success,100\n",
            )
            .require("failure_rate <= 5%")
            .with(&["--by", "service", "--period", "1h"])
            .exits(3)
            .result("api", "met")
            .result("2025-06-01T00", "met")
            .result("2025-06-01T02", "met"),
    ]
}

fn malformed() -> Vec<Case> {
    let ragged = |id, what| case(id, what).data(thousand_with("2025-06-01T12:00:00Z,api,success"));
    let needle = |what| {
        case("W04", what)
            .data(thousand_with("2025-06-01T12:00:00Z,api,success,900,"))
            .problem("field_count", 501)
    };
    let shifted = |what, row| {
        case("W05", what)
            .data(format!(
                "ts,service,requests,errors\n2025-06-01T00:00:00Z,api,1000,1\n{row}\n2025-06-01T00:02:00Z,api,1000,1\n"
            ))
            .problem("field_count", 3)
            .counts("rejected", 1)
    };
    vec![
        ragged("W03", "one row of 1,000 is short")
            .require("avg(latency) <= 500ms")
            .exits(3)
            .result("*", "undecided rejected_rows")
            .problem("field_count", 501)
            .counts("rejected", 1)
            .says("data.csv, line 501"),
        ragged("W03", "one short row is tolerated, and told")
            .require("avg(latency) <= 500ms")
            .with(&["--max-bad-rows", "1"])
            .exits(0)
            .problem("field_count", 501)
            .counts("rejected", 1)
            .counts("accepted", 999),
        ragged("W03", "a breach that the short row cannot mend")
            .require("avg(latency) <= 99ms")
            .require("violation_rate(latency > 50ms) <= 10%")
            .exits(1)
            .result("violation_rate", "breached")
            .problem("field_count", 501),
        case("W03", "two short rows where one is tolerated")
            .data(thousand_with("2025-06-01T12:00:00Z,api,success\n2025-06-01T12:00:00Z,api"))
            .require("avg(latency) <= 500ms")
            .with(&["--max-bad-rows", "1"])
            .exits(3)
            .problem("field_count", 501)
            .problem("field_count", 502),
        case("W03", "the short row belongs to another service, as far as can be told")
            .data(thousand_with("2025-06-01T12:00:00Z,web,success"))
            .rules("sla: A\nby: service\nexpect: [api]\nobjectives: [failure_rate <= 5%, max(latency) <= 500ms]\n")
            .exits(3)
            .result("max(latency)", "undecided rejected_rows"),
        case("W03", "a garbled time, although nothing asks for the time")
            .data(thousand_with("2025-06-31T12:00:00Z,api,success,100"))
            .require("avg(latency) <= 500ms")
            .exits(3)
            .problem("bad_time", 501),
        case("W03", "a header in the middle, of two files that were joined")
            .data(thousand_with(HEADER))
            .require("avg(latency) <= 500ms")
            .exits(3)
            .counts("rejected", 1)
            .says("data.csv, line 501"),
        needle("the only breach is in the row that is too long")
            .require("max(latency) <= 500ms")
            .exits(3)
            .result("*", "undecided rejected_rows"),
        needle("the same, by a percentile that one row cannot change")
            .require("p50(latency) <= 500ms")
            .exits(3)
            .counts("rejected", 1),
        needle("the same, of all rows").require("p100(latency) <= 500ms").exits(3),
        needle("the same, as a share").require("violation_rate(latency > 500ms) <= 0%").exits(3),
        needle("the same, tolerated: it is told all the same")
            .require("max(latency) <= 500ms")
            .with(&["--max-bad-rows", "1"])
            .exits(0)
            .counts("rejected", 1),
        shifted("one comma too many: 120 is no count of errors", "2025-06-01T00:01:00Z,api,,120,7")
            .require("failure_rate <= 1%")
            .exits(3)
            .result("*", "undecided rejected_rows"),
        shifted("a name with a comma that nobody quoted", "2025-06-01T00:01:00Z,api, old,1000,1")
            .require("failure_rate <= 1%")
            .exits(3),
        shifted("one comma too few", "2025-06-01T00:01:00Z,api 1000,1").require("failure_rate <= 1%").exits(3),
        case("W05", "a comma too many and one too few later: the row has as many fields as the header")
            .data(rows(HEADER, "2025-06-01T00:00:00Z,api,success,100", 9).replacen("api,success,100\n2", ",api,success100\n2", 1))
            .require("max(latency) <= 500ms")
            .exits(3)
            .counts("rejected", 1)
            .says("data.csv, line 2"),
    ]
}

fn cut() -> Vec<Case> {
    let cut = |what, end: &str| {
        let text = rows("ts,service,status,latency_ms", "2025-06-01T12:00:00Z,api,success,100", 14);
        case("W06", what).data(format!("{text}{end}")).exits(3).says("data.csv, line 16")
    };
    vec![
        cut("cut in a name", "2025-06-01T12:15:00Z,ap")
            .require("max(latency) <= 500ms")
            .problem("field_count", 16),
        cut("cut in the time", "2025-06-01T12:1").require("failure_rate <= 5%"),
        cut("cut behind the outcome", "2025-06-01T12:15:00Z,api,success").require("failure_rate <= 5%"),
        cut("cut in a quoted name", "2025-06-01T12:15:00Z,\"ap").require("failure_rate <= 5%"),
        cut("cut after the opening quote", "2025-06-01T12:15:00Z,\"").require("failure_rate <= 5%"),
        cut("cut, and a line end behind", "2025-06-01T12:15:00Z,ap\n").require("rows >= 14"),
    ]
}

fn compressed() -> Vec<Case> {
    let small = || thousand().join("\n").into_bytes();
    let gz = |what, bytes: Vec<u8>| {
        case("W08", what)
            .file("data.csv.gz", bytes)
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("data.csv.gz")
    };
    let zst = |what, bytes: Vec<u8>| {
        case("W08", what)
            .file("data.csv.zst", bytes)
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("data.csv.zst")
    };
    vec![
        gz("half a gzip", first(0.5, gzip(&small()))).says("is cut"),
        gz("half of a large gzip, behind its head", first(0.8, gzip(&large()))).says("cut"),
        gz("a gzip without its checksum: every row was there", without_last(8, gzip(&small()))).says("cut"),
        gz("a large gzip without its last byte", without_last(1, gzip(&large()))).says("cut"),
        gz("a gzip with a wrong checksum", flipped(8, gzip(&small()))).says("damaged"),
        gz("a large gzip with a wrong checksum", flipped(6, gzip(&large()))).says("damaged"),
        gz("a gzip with a wrong length", flipped(1, gzip(&large()))).says("damaged"),
        gz("two gzips in one file, the second cut", [gzip(&small()), first(0.5, gzip(b"\n2025"))].concat()),
        gz("a gzip with something behind", [gzip(&small()), b"\n<html>".to_vec()].concat()),
        gz("the first bytes of a gzip", without_last(0, first(0.02, gzip(&large())))).says("cut"),
        zst("half a zstd", first(0.5, zstd(&large()))).says("cut"),
        zst("a zstd without its checksum", without_last(4, zstd(&small()))).says("cut"),
        zst("a zstd with a wrong checksum", flipped(1, zstd(&large()))).says("damaged"),
        case("W08", "two gzips in one file are one text")
            .file("data.csv.gz", [gzip(&small()), gzip(b"\n2025-06-01T12:00:00Z,api,success,900\n")].concat())
            .require("max(latency) <= 500ms")
            .exits(1)
            .counts("rows", 1_001),
        case("W08", "a gzip whose name hides it, with the breach at its end")
            .data(gzip(&[small(), b"\n2025-06-01T12:00:00Z,api,success,900\n".to_vec()].concat()))
            .require("max(latency) <= 500ms")
            .exits(1),
        case("W08", "a name that says gzip, and plain text in it")
            .file("data.csv.gz", small())
            .require("max(latency) <= 500ms")
            .exits(0)
            .counts("rows", 1_000),
    ]
}

fn pages() -> Vec<Case> {
    let page = |what, text: &str| {
        case("W09", what).data(text).require("failure_rate <= 5%").exits(3).says("data.csv")
    };
    let html =
        "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body>a,b,c</body></html>\n";
    vec![
        page("an error page", html).says("web page"),
        page("the shortest one", "<html>502").says("web page"),
        page("one with space before it", "\r\n\r\n  <HTML><body>503</body></HTML>").says("web page"),
        page("one behind a byte order mark", "\u{feff}<!doctype html><p>a,b").says("web page"),
        page("an error in JSON", "{\"error\": \"rate limited\", \"retry\": 30}\n").says("JSON"),
        page("an error in XML", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>")
            .says("XML"),
        page("an error in one line of text", "upstream connect error or disconnect, reset before headers\n"),
        case("W09", "an error page, compressed")
            .file("data.csv.gz", gzip(html.as_bytes()))
            .require("failure_rate <= 5%")
            .exits(3)
            .says("web page"),
        case("W09", "an error page among good files")
            .data(thousand().join("\n"))
            .file("page.csv", html)
            .require("failure_rate <= 5%")
            .exits(3)
            .says("page.csv"),
        case("W09", "an error page in the middle of the rows")
            .data(thousand_with("<html>502 Bad Gateway</html>"))
            .require("failure_rate <= 5%")
            .require("max(latency) <= 500ms")
            .exits(3)
            .result("max(latency)", "undecided rejected_rows")
            .problem("field_count", 501),
    ]
}

fn twice() -> Vec<Case> {
    let minutes = |id, what, row: &str| {
        case(id, what).data(format!(
            "ts,service,requests,errors,avg_latency_ms\n2025-06-01T00:00:00Z,api,100,0,100\n\
             2025-06-01T00:01:00Z,api,100,0,100\n{row}\n2025-06-01T00:02:00Z,api,100,0,100\n"
        ))
    };
    vec![
        minutes("W10", "a minute twice, to the letter", "2025-06-01T00:01:00Z,api,100,0,100")
            .require("failure_rate <= 5%")
            .exits(3)
            .problem("duplicate_key", 4),
        minutes("W10", "a minute twice, the second written otherwise", "2025-06-01T02:01:00+02:00,api,100,0,100")
            .require("failure_rate <= 5%")
            .exits(3)
            .problem("duplicate_key", 4),
        minutes("W10", "the same minute of another service is another row", "2025-06-01T00:01:00Z,web,100,0,100")
            .require("failure_rate <= 5%")
            .exits(0)
            .counts("rows", 4),
        minutes("W10", "a minute twice, and a breach that no row can mend", "2025-06-01T00:01:00Z,api,100,0,100")
            .require("requests <= 1")
            .exits(3)
            .problem("duplicate_key", 4),
        case("W10", "the same minute in two files")
            .file("a.csv", "ts,service,requests,errors\n2025-06-01T00:00:00Z,api,100,0\n2025-06-01T00:01:00Z,api,100,9\n")
            .file("b.csv", "ts,service,requests,errors\n2025-06-01T00:01:00Z,api,100,0\n2025-06-01T00:02:00Z,api,100,0\n")
            .require("failure_rate <= 5%")
            .exits(3)
            .says("b.csv, line 2"),
        case("W10", "regions that the key names are no duplicates")
            .data("ts,service,region,requests,errors\n2025-06-01T00:00:00Z,api,eu,100,0\n2025-06-01T00:00:00Z,api,us,100,8\n")
            .rules("sla: A\ninput: {key: [ts, service, region]}\nobjectives: [failure_rate <= 5%]\n")
            .exits(0)
            .measured("*", 0.04),
        case("W10", "requests that are equal are different requests")
            .data(format!("{HEADER}\n{}", "2025-06-01T12:00:00Z,api,failure,100\n".repeat(7)))
            .require("failures <= 6")
            .exits(1)
            .measured("*", 7.0),
        case("W10", "the same file twice")
            .data(thousand().join("\n"))
            .require("rows <= 1000")
            .with(&["./data.csv"])
            .exits(2)
            .says("twice"),
        minutes("W11", "the lucky one first", "2025-06-01T00:01:00Z,api,100,0,900000")
            .require("avg(avg_latency_ms) <= 500ms")
            .exits(3)
            .problem("duplicate_key", 4),
        minutes("W11", "the lucky one last", "2025-06-01T00:00:00Z,api,100,0,1")
            .require("max(avg_latency_ms) <= 99ms")
            .exits(3)
            .problem("duplicate_key", 4),
        case("W11", "finished figures that contradict each other")
            .data("service,failure_rate,avg_response_time_ms\napi,0.01,100\nweb,0.01,100\napi,0.5,900\n")
            .require("max(failure_rate) <= 60%")
            .with(&["--by", "service"])
            .exits(3)
            .problem("duplicate_key", 4),
        case("W11", "finished figures that contradict each other, the rates promised as they are")
            .data("service,failure_rate,avg_response_time_ms\napi,0.5,100\nweb,0.01,100\napi,0.01,100\n")
            .require("failure_rate <= 5%")
            .with(&["--by", "service"])
            .exits(3)
            .problem("duplicate_key", 4),
    ]
}

fn shuffled() -> Vec<Case> {
    let hours = |what, order: [usize; 4]| {
        let rows = [
            "2025-06-01T00:59:59Z,api,100,0",
            "2025-06-01T01:00:00Z,api,100,9",
            "2025-06-01T01:30:00Z,api,100,9",
            "2025-06-01T02:00:00Z,api,100,0",
        ];
        let text: Vec<&str> = order.iter().map(|at| rows[*at]).collect();
        case("W12", what)
            .data(format!("ts,service,requests,errors\n{}\n", text.join("\n")))
            .require("failure_rate <= 5%")
            .with(&["--period", "1h"])
            .exits(1)
            .result("2025-06-01T00", "met")
            .result("2025-06-01T01", "breached")
            .result("2025-06-01T02", "met")
            .measured("2025-06-01T01", 0.09)
    };
    vec![hours("in order", [0, 1, 2, 3]), hours("backwards", [3, 2, 1, 0]), hours("to and fro", [2, 0, 3, 1])]
}
