//! Input that is larger than anybody means: it is told, and memory stays bounded.

use crate::run::{Feed, Folder};
use std::io::Write;

const HEADER: &[u8] = b"timestamp,service,status,latency_ms\n";
const ROW: &[u8] = b"2025-06-01T12:00:00Z,api,success,100\n";
const MEGABYTE: usize = 1 << 20;

/// A start, then so many megabytes of one letter without a line end.
fn line(start: &'static [u8], megabytes: usize) -> Feed {
    Box::new(move |input| {
        input.write_all(start)?;
        let letters = vec![b'a'; MEGABYTE];
        (0..megabytes).try_for_each(|_| input.write_all(&letters))
    })
}

#[test]
fn a_line_without_end() {
    let folder = Folder::new();
    let check = |start: &'static [u8], words: &[&str]| {
        let answer = folder.run_fed(&["check", "-"], line(start, 200));
        answer.refuses(3, words);
        answer.holds_at_most(100);
    };
    check(b"", &["standard input"]);
    check(b"timestamp,", &["standard input"]);
    check(b"timestamp,service,status,latency_ms\n2025-06-01T12:00:00Z,api,success,", &["line 2", "16 MiB"]);
    check(b"timestamp,service,status,latency_ms\n2025-06-01T12:00:00Z,\"api", &["line 2"]);
}

#[test]
fn a_line_without_end_in_a_file() {
    let folder = Folder::new();
    let long = vec![b'a'; 40 * MEGABYTE];
    for (start, words) in
        [(&b"2025-06-01T12:00:00Z,api,success,"[..], "line 102"), (b"2025-06-01T12:00:00Z,\"api", "line 102")]
    {
        folder.write("data.csv", [HEADER, &ROW.repeat(100), start, &long].concat());
        let answer = folder.run(&["check", "data.csv"]);
        answer.refuses(3, &["data.csv", words]);
        answer.holds_at_most(100);
    }
}

#[test]
fn more_services_than_anybody_has() {
    let folder = Folder::new();
    let feed: Feed = Box::new(|input| {
        input.write_all(HEADER)?;
        let mut rows = Vec::new();
        for service in 0..10_000_000 {
            writeln!(rows, "2025-06-01T12:00:00Z,service-{service},success,100")?;
            if rows.len() > MEGABYTE {
                input.write_all(&rows)?;
                rows.clear();
            }
        }
        input.write_all(&rows)
    });
    let answer = folder.run_fed(&["check", "-", "--by", "service", "--require", "failure_rate <= 5%"], feed);
    answer.refuses(3, &["`service`", "more than", "group by"]);
    answer.holds_at_most(400);
}

#[test]
fn more_services_than_anybody_has_in_a_file() {
    let folder = Folder::new();
    let mut rows = HEADER.to_vec();
    for service in 0..1_500_000 {
        writeln!(rows, "2025-06-01T12:00:00Z,service-{service},success,100").unwrap();
    }
    folder.write("data.csv", rows);
    // However many threads share the rows, what is too much for one is too much for all.
    for threads in ["1", "2", "8"] {
        let by_service = ["check", "data.csv", "--by", "service", "--require", "failure_rate <= 5%"];
        let answer = folder.run(&[&by_service[..], &["--threads", threads]].concat());
        answer.refuses(3, &["`service`", "more than", "group by"]);
        answer.holds_at_most(600);
    }
}

#[test]
fn more_columns_than_anybody_has() {
    let folder = Folder::new();
    let names: Vec<String> = (0..100_000).map(|column| format!("c{column}")).collect();
    let cells = vec!["1"; 100_000];
    folder.write("data.csv", format!("{}\n{}\n", names.join(","), cells.join(",")));
    let answer = folder.run(&["check", "data.csv", "--require", "max(c99999) <= 1"]);
    assert!(matches!(answer.code, Some(0 | 3)), "{answer:#?}");
    answer.holds_at_most(400);
}

#[test]
fn a_bomb_in_a_gzip() {
    let folder = Folder::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(HEADER).unwrap();
    let letters = vec![b'a'; MEGABYTE];
    for _ in 0..40 {
        encoder.write_all(&letters).unwrap();
    }
    folder.write("data.csv.gz", encoder.finish().unwrap());
    let answer = folder.run(&["check", "data.csv.gz"]);
    answer.refuses(3, &["data.csv.gz", "line 2"]);
    answer.holds_at_most(100);
}
