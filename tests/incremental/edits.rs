//! Edits that keep the length of a large file: noticed at once where nothing was added, else when their turn comes, and
//! always when everything is compared.

use crate::kept::{Kept, Ways, check};
use sla::source::checkpoint::{Changed, How, Mode};
use sla::source::csv::Tuning;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

const BLOCK: usize = 1024;
/// Blocks that are proved together.
const UNIT: usize = 8;

struct Log {
    folder: tempfile::TempDir,
    kept: Kept,
    rows: usize,
}

impl Log {
    /// 43 bytes of header and 2,700 rows of 35, read once: 92 whole blocks, in eleven units and one part of four, and
    /// 335 bytes behind them.
    fn new() -> Log {
        let mut log = Log { folder: tempfile::tempdir().unwrap(), kept: Kept::default(), rows: 0 };
        fs::write(log.path(), "time,service,status,latency_ms,region,size\n").unwrap();
        log.append(2_700);
        log.run(Mode::Resume);
        log
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("log.csv")
    }

    fn append(&mut self, rows: usize) {
        let mut text = String::new();
        for row in self.rows..self.rows + rows {
            let (minute, second) = (row / 60 % 60, row % 60);
            writeln!(text, "2025-06-01T10:{minute:02}:{second:02}Z,a,ok,1{:02},eu,1", row % 100).unwrap();
        }
        self.rows += rows;
        OpenOptions::new().append(true).open(self.path()).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The latency of the row that this byte lies in becomes another one.
    fn edit(&self, at: usize) {
        let content = fs::read(self.path()).unwrap();
        let row = at + content[at..].windows(4).position(|cell| cell == b"ok,1").unwrap() + 3;
        let mut file = OpenOptions::new().write(true).open(self.path()).unwrap();
        file.seek(SeekFrom::Start(row as u64)).unwrap();
        file.write_all(b"9").unwrap();
    }

    fn run(&self, mode: Mode) -> (How, bool) {
        let tuning = Tuning { block: BLOCK, threads: 2, ..Tuning::default() };
        let ways = Ways { tuning, clock: 0, mode };
        let inputs = [self.path().display().to_string()];
        let same = check(&inputs, ways, Some(&self.kept)) == check(&inputs, ways, None);
        (self.kept.told.take().remove(0), same)
    }
}

fn is_edited(how: &How, at: usize) -> bool {
    let at = at as u64;
    matches!(how, How::Again(Changed::Edited { from, to }) if *from <= at && at < *to)
}

#[test]
fn without_new_rows_at_once() {
    let log = Log::new();
    log.edit(50_000);
    assert_eq!(log.run(Mode::Resume), (How::Again(Changed::Written), true));
}

/// As a tool that copies into the file, and sets its times as those of the copied one, leaves it.
#[test]
fn without_new_rows_and_with_its_old_time_at_once() {
    let log = Log::new();
    let at = 6 * UNIT * BLOCK + 3_000;
    let before = fs::metadata(log.path()).unwrap().modified().unwrap();
    log.edit(at);
    File::options().write(true).open(log.path()).unwrap().set_modified(before).unwrap();
    let (how, same) = log.run(Mode::Resume);
    assert!(same && is_edited(&how, at), "{how:?}");
}

/// Renamed it is another time, but nothing in it is.
#[test]
fn untouched_is_not_read_again() {
    let log = Log::new();
    assert!(matches!(log.run(Mode::Resume), (How::Resumed { .. }, true)));
}

#[test]
fn near_either_end_at_once() {
    for at in [200, 90 * BLOCK, 92 * BLOCK + 50] {
        let mut log = Log::new();
        log.edit(at);
        log.append(3);
        let (how, same) = log.run(Mode::Resume);
        assert!(same && is_edited(&how, at), "{at}: {how:?}");
    }
}

#[test]
fn in_the_middle_when_its_turn_comes() {
    let mut log = Log::new();
    let at = 6 * UNIT * BLOCK + 3_000;
    log.edit(at);
    let mut runs = 0;
    loop {
        runs += 1;
        log.append(1);
        let (how, same) = log.run(Mode::Resume);
        if is_edited(&how, at) {
            assert!(same);
            break;
        }
        assert!(matches!(how, How::Resumed { .. }), "{how:?}");
        // One part in turn: the twelfth run at the latest.
        assert!(runs < 12, "not noticed in {runs} runs");
    }
}

#[test]
fn in_the_middle_when_all_is_compared() {
    let mut log = Log::new();
    let at = 6 * UNIT * BLOCK + 3_000;
    log.edit(at);
    log.append(1);
    let (how, same) = log.run(Mode::Verify);
    assert!(same && is_edited(&how, at), "{how:?}");
    // From then on it is what it is.
    assert_eq!(log.run(Mode::Verify), (How::Again(Changed::Verified), true));
}
