//! Files that change while they are read.
//!
//! A named pipe holds the program where it is needed: inputs are opened in their order, so that once somebody reads
//! the pipe, the file before it is open and its head has been looked at.

use crate::run::{Answer, Folder};
use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;

const HEADER: &str = "timestamp,service,status,latency_ms\n";
const ROW: &str = "2025-06-01T12:00:00Z,api,success,100\n";
const ROWS: usize = 200_000;

/// Checks `data.csv` with something done to it between the moments when it is opened and read.
fn meddled(meddle: impl FnOnce(&Folder)) -> Answer {
    let folder = Folder::new();
    folder.write("data.csv", format!("{HEADER}{}", ROW.repeat(ROWS)));
    assert!(Command::new("mkfifo").arg(folder.path("pipe.csv")).status().unwrap().success());
    let command = folder.command(&[
        "check",
        "data.csv",
        "pipe.csv",
        "--format",
        "json",
        "--require",
        "max(latency) <= 500ms",
    ]);
    folder.finish(command, None, |_| {
        // Waits until the program opens the other end.
        let mut pipe = OpenOptions::new().write(true).open(folder.path("pipe.csv")).unwrap();
        meddle(&folder);
        pipe.write_all(HEADER.as_bytes()).unwrap();
        pipe.write_all(ROW.as_bytes()).unwrap();
    })
}

fn rows(answer: &Answer) -> u64 {
    let report: serde_json::Value = serde_json::from_str(&answer.output).unwrap();
    report["inputs"][0]["rows"].as_u64().unwrap()
}

#[test]
fn it_shrinks() {
    let shrink = |length: u64| {
        move |folder: &Folder| {
            OpenOptions::new().write(true).open(folder.path("data.csv")).unwrap().set_len(length).unwrap();
        }
    };
    // In a row, between two rows, to its head, to nothing.
    for length in [5_000_000, (HEADER.len() + 100_000 * ROW.len()) as u64, 100, 0] {
        let answer = meddled(shrink(length));
        answer.refuses(3, &["data.csv", "changed while it was read"]);
        assert!(answer.output.contains("\"undecided\""), "{answer:#?}");
    }
}

#[test]
fn it_grows() {
    let answer = meddled(|folder| {
        let mut file = OpenOptions::new().append(true).open(folder.path("data.csv")).unwrap();
        file.write_all(ROW.repeat(1_000).as_bytes()).unwrap();
        file.write_all(b"2025-06-01T12:00:00Z,api,succ").unwrap();
    });
    // What was there when it was opened counts, and nothing of the half row behind.
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    assert_eq!(rows(&answer), ROWS as u64);
}

#[test]
fn it_is_replaced() {
    let answer = meddled(|folder| {
        folder.write("new.csv", "<html>502</html>");
        std::fs::rename(folder.path("new.csv"), folder.path("data.csv")).unwrap();
    });
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    assert_eq!(rows(&answer), ROWS as u64);
}

#[test]
fn a_row_is_half_written_when_it_is_opened() {
    let folder = Folder::new();
    folder.write("data.csv", format!("{HEADER}{}2025-06-01T12:00:00Z,api,succ", ROW.repeat(10)));
    folder.run(&["check", "data.csv"]).refuses(3, &["data.csv:12", "3 fields"]);
}
