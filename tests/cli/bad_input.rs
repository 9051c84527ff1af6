//! Input that cannot be used or trusted: one or two sentences with the file, the line and the way out; exit 2 where the
//! command names the wrong thing, 3 where the data is at fault; nothing is written.

use crate::exit_codes::requests;
use crate::work::Work;
use std::io::Write;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Runs with an output that must not appear, and shows the answer.
fn refused(name: &str, content: impl AsRef<[u8]>) -> String {
    let work = Work::new().file(name, content);
    let answer = work.answer(&format!("check {name} --require 'failure_rate <= 50%'"));
    assert!(!answer.contains(" met"), "{answer}");
    answer
}

#[test]
fn names_that_lead_nowhere() {
    let work = Work::new().file("folder/notes.txt", "").file("data.csv", requests());
    insta::assert_snapshot!(work.answer("check dat.csv"), @"
    --- stderr
    error: dat.csv: no such file or folder
    --- exit 2
    ");
    insta::assert_snapshot!(work.answer("check folder"), @"
    --- stderr
    error: folder has no CSV file in it (*.csv or *.tsv, perhaps with .gz or .zst behind)
    --- exit 2
    ");
    insta::assert_snapshot!(work.answer("check 'no*.csv'"), @"
    --- stderr
    error: no*.csv matches no file
    --- exit 2
    ");
    insta::assert_snapshot!(work.answer("check data.csv ./data.csv"), @"
    --- stderr
    error: ./data.csv is given twice, and its rows would count twice; name it once
    --- exit 2
    ");
    insta::assert_snapshot!(work.answer("check"), @"
    --- stderr
    error: no data was named, and there is no sla.yaml with sources
      name it behind the command: a file, a folder, a pattern, or - for standard input
    --- exit 2
    ");
}

#[test]
fn no_rows() {
    insta::assert_snapshot!(refused("empty.csv", ""), @"
    --- stderr
    error: empty.csv is empty; it needs at least a header line that names its columns
    --- exit 3
    ");
    insta::assert_snapshot!(refused("header.csv", "timestamp,service,status,latency_ms\n"), @"
    --- stdout
    header.csv: no rows below the header
      comma-separated; time timestamp (year first, no zone); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    undecided  failure_rate         -  <= 50%
               no requests

    1 undecided; 0 rows read
    --- exit 3
    ");
}

#[test]
fn no_csv() {
    insta::assert_snapshot!(refused("page.csv", "<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n"), @"
    --- stderr
    error: page.csv is a web page (HTML), not CSV: an error page perhaps, saved instead of the data; fetch it again
    --- exit 3
    ");
    insta::assert_snapshot!(refused("image.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), @"
    --- stderr
    error: image.csv is not text: there is a NUL byte on line 3; export the data as CSV
    --- exit 3
    ");
    insta::assert_snapshot!(refused("nul.csv", "service,status\napi,o\0k\n"), @"
    --- stderr
    error: nul.csv is not text: there is a NUL byte on line 2; export the data as CSV
    --- exit 3
    ");
    let utf16: Vec<u8> = "service,status\napi,ok\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    insta::assert_snapshot!(refused("wide.csv", [b"\xff\xfe".as_slice(), &utf16].concat()), @"
    --- stderr
    error: wide.csv is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8 OLD.csv > NEW.csv
    --- exit 3
    ");
    insta::assert_snapshot!(refused("latin.csv", b"service,status\nM\xfcnchen,ok\n"), @"
    --- stderr
    error: latin.csv is not UTF-8, first on line 2; if it is Latin-1, convert it: iconv -f LATIN1 -t UTF-8 OLD.csv > NEW.csv
    --- exit 3
    ");
}

#[test]
fn cut_and_damaged() {
    let whole = gzip(&requests().repeat(50));
    insta::assert_snapshot!(refused("half.csv.gz", &whole[..whole.len() / 2]), @"
    --- stderr
    error: half.csv.gz is cut: its gzip data ends too early; fetch or write it again
    --- exit 3
    ");
    let mut damaged = gzip(&requests());
    let crc = damaged.len() - 6;
    damaged[crc] ^= 0xff;
    insta::assert_snapshot!(refused("crc.csv.gz", damaged), @"
    --- stderr
    error: crc.csv.gz is damaged: its gzip data does not check out (corrupt gzip stream does not have a matching checksum); fetch or write it again
    --- exit 3
    ");
    insta::assert_snapshot!(refused("cut.csv", requests().trim_end().trim_end_matches(",failure,1000")), @"
    --- stdout
    cut.csv: 10 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:09 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    undecided  failure_rate       0 %  <= 50%
               none of 9 requests failed, 4 allowed; but 1 row rejected, and none is
               tolerated (--max-bad-rows)

    error: cut.csv:11: 2 fields where the header has 4; it is the last line, without
    a line end, and may still be being written
    rejected rows leave verdicts open: mend them, or live with them by
    --max-bad-rows 1

    1 undecided; 10 rows read, 1 rejected
    --- exit 3
    ");
}

#[test]
fn broken_rows() {
    let rows = requests();
    insta::assert_snapshot!(refused("quote.csv", format!("{rows}2025-06-01T12:00:11Z,\"api,success,10\n{}", "x,y\n".repeat(3))), @"
    --- stdout
    quote.csv: 0 rows
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    undecided  failure_rate         -  <= 50%
               quote.csv, line 12: a quote that is never closed: the rows from here
               on cannot be told apart; mend the quoting

    error: quote.csv:12: a quote that is never closed: the rows from here on cannot
    be told apart; mend the quoting

    1 undecided; 0 rows read
    --- exit 3
    ");
    insta::assert_snapshot!(refused("ragged.csv", format!("{rows}2025-06-01T12:00:11Z,api,,success,10\n")), @"
    --- stdout
    ragged.csv: 11 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:10 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    undecided  failure_rate      10 %  <= 50%
               1 of 10 requests failed, 5 allowed; but 1 row rejected, and none is
               tolerated (--max-bad-rows)

    error: ragged.csv:12: 5 fields where the header has 4
    rejected rows leave verdicts open: mend them, or live with them by
    --max-bad-rows 1

    1 undecided; 11 rows read, 1 rejected
    --- exit 3
    ");
    insta::assert_snapshot!(refused("word.csv", format!("{rows}2025-06-01T12:00:11Z,api,degraded,10\n")), @r#"
    --- stdout
    word.csv: 11 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:11 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    undecided  failure_rate         -  <= 50%
               word.csv, line 12: "degraded" is no known status; say what it means
               under `input: status:` (ok, failed or ignore)

    error: word.csv:12: column status: "degraded" is no known status; say what it
    means under `input: status:` (ok, failed or ignore)

    1 undecided; 11 rows read
    --- exit 3
    "#);
    insta::assert_snapshot!(refused("time.csv", format!("{rows}yesterday,api,success,10\n")), @r#"
    --- stdout
    time.csv: 11 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:10 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    undecided  failure_rate      10 %  <= 50%
               1 of 10 requests failed, 5 allowed; but 1 row rejected, and none is
               tolerated (--max-bad-rows)

    error: time.csv:12: column timestamp: "yesterday": not a time as the column's
    others are
    rejected rows leave verdicts open: mend them, or live with them by
    --max-bad-rows 1

    1 undecided; 11 rows read, 1 rejected
    --- exit 3
    "#);
}

#[test]
fn rules_that_are_a_trap() {
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (before, name) in ('a'..='i').zip('b'..='j') {
        let nine = vec![format!("*{before}"); 9].join(",");
        bomb = format!("{bomb}{name}: &{name} [{nine}]\n");
    }
    let deep = format!("objectives: {}", "[".repeat(100_000));
    let work = Work::new()
        .file("data.csv", requests())
        .file("bomb.yaml", bomb)
        .file("deep.yaml", deep)
        .file("nan.yaml", "sla: A\nobjectives: [failure_rate <= .nan]\n")
        .file("two.yaml", "sla: A\nobjectives: [rows >= 1]\n---\nsla: B\n");
    for (file, says) in [("bomb", "alias"), ("deep", "deep"), ("nan", "nan"), ("two", "document")] {
        let answer = work.answer(&format!("check data.csv --rules {file}.yaml"));
        assert!(answer.contains(says) && answer.ends_with("--- exit 2"), "{file}: {answer}");
        assert!(answer.len() < 3_000, "{file}: {} bytes", answer.len());
    }
}

#[test]
fn names_from_the_data_cannot_steer_the_terminal() {
    let work = Work::new()
        .file("data.csv", "service,status\n\u{1b}]0;owned\u{7}\u{1b}[2J,failure\n=cmd(),success\n");
    let table = work.run("check data.csv").stdout;
    assert!(!table.contains(&0x1b) && !table.contains(&7));
    let csv = String::from_utf8(work.run("check data.csv --format csv").stdout).unwrap();
    assert!(csv.contains(",'=cmd(),"), "{csv}");
    let inspected = work.run("inspect data.csv").stdout;
    assert!(!inspected.contains(&0x1b) && !inspected.contains(&7));
}

/// A header alone is no fault of the rules, and no rows are not many that could not be checked.
#[test]
fn a_header_without_rows() {
    let work = Work::new().file("empty.csv", "ts;a\n");
    let text = work.answer("check empty.csv");
    for told in ["\nempty.csv: no rows below the header\n", "\nnothing to check: the data has no rows\n"] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert!(text.ends_with("undecided: nothing could be checked; 0 rows read\n--- exit 3"), "{text}");
}
