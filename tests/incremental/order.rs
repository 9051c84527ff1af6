//! Dates that fit two orders for longer than the head of a file: the search for the one that settles it goes on where it
//! stopped, and says the same.

use crate::kept::{Kept, Ways, check};
use sla::source::checkpoint::Mode;
use sla::source::csv::Tuning;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;

fn rows(day: u32, count: usize, service: &str) -> String {
    let mut text = String::new();
    for row in 0..count {
        let (hour, minute) = (row / 60 % 24, row % 60);
        writeln!(text, "{day:02}-06-2025 {hour:02}:{minute:02},{service},ok,{},eu,1", row % 300).unwrap();
    }
    text
}

#[test]
fn the_search_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.csv");
    let inputs = [log.display().to_string()];
    // 40 bytes or so each: the first 1.5 MB leave the order open.
    fs::write(&log, format!("time,service,status,latency_ms,region,size\n{}", rows(3, 40_000, "a"))).unwrap();
    let kept = Kept::default();
    let ways = Ways { tuning: Tuning { threads: 2, ..Tuning::default() }, clock: 0, mode: Mode::Resume };
    let mut said = Vec::new();
    let steps: [&[u8]; 8] = [
        b"",
        rows(5, 10, "\"b\nc\"").as_bytes(),
        b"12-06-2025 10:00,a,ok,1,eu,1\n13-06-2",
        b"025 10:",
        b"00,a,ok,1,eu,1\n",
        rows(14, 30_000, "a").as_bytes(),
        b"15-06-2025 10:00,a,ok,1,eu,1\n",
        b"06-16-2025 10:00,a,ok,1,eu,1\n",
    ]
    .map(|step| -> &[u8] { Box::leak(step.to_vec().into_boxed_slice()) });
    for (number, step) in steps.iter().enumerate() {
        OpenOptions::new().append(true).open(&log).unwrap().write_all(step).unwrap();
        let (resumed, read) = (check(&inputs, ways, Some(&kept)), check(&inputs, ways, None));
        assert!(resumed == read, "step {number}");
        said.push(read.contains("day-first: 13-06-2025 on line 40023"));
    }
    // The header, 40,000 rows, ten of two lines, and the twelfth of June come before; `10:` is no time yet.
    assert_eq!(said, [false, false, false, false, true, true, true, true]);
}
