//! Files that grow, are cut, replaced, rotated and edited at random: after every step both ways give the same report.

use crate::kept::{Kept, Ways, check};
use proptest::prelude::*;
use sla::source::checkpoint::{Changed, How, Mode};
use sla::source::csv::{Order, Route, Tuning};
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

/// What happens between two runs.
#[derive(Clone, Debug)]
enum Step {
    /// So many more bytes of what is to come are written.
    Grow(usize),
    /// … up to the end of a line.
    GrowByLines(usize),
    /// Only so much is left, in thousandths.
    Truncate(usize),
    /// Another file with another beginning takes the place.
    Replace(usize),
    /// The same file is written anew.
    Rewrite(usize),
    /// The file becomes the one before, and a new one begins.
    Rotate,
    /// The one before is compressed.
    Compress,
    /// The one before is removed.
    Remove,
    /// One byte, at so many thousandths, is another; and maybe something is added.
    Edit(usize, u8, usize),
    /// A byte is put in.
    Insert(usize, u8),
    /// Nothing.
    Nothing,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (0usize..700).prop_map(Step::Grow),
        6 => (0usize..3_000).prop_map(Step::GrowByLines),
        1 => (0usize..1_001).prop_map(Step::Truncate),
        1 => (0usize..900).prop_map(Step::Replace),
        1 => (0usize..900).prop_map(Step::Rewrite),
        2 => Just(Step::Rotate),
        1 => Just(Step::Compress),
        1 => Just(Step::Remove),
        2 => ((0usize..1_000), prop_oneof![Just(b'7'), Just(b'"'), Just(b'\n'), Just(b'x'), Just(0xC3)], 0usize..200)
            .prop_map(|(at, byte, more)| Step::Edit(at, byte, more)),
        1 => ((0usize..1_000), Just(b'1')).prop_map(|(at, byte)| Step::Insert(at, byte)),
        1 => Just(Step::Nothing),
    ]
}

fn pick(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

/// Times mostly in order, some late, some wrong.
fn time(at: usize) -> BoxedStrategy<String> {
    let shown = |second: usize| {
        format!("2025-06-01T{:02}:{:02}:{:02}Z", second / 3600 % 24, second / 60 % 60, second % 60)
    };
    prop_oneof![
        30 => Just(shown(at * 47)),
        3 => (0usize..80_000).prop_map(shown),
        1 => pick(&["soon", "", "2025-02-30T00:00:00Z", "2025-05-31T23:59:59.123Z", "\"2025-06-01T02:00:00Z\""]),
    ]
    .boxed()
}

fn record(at: usize) -> BoxedStrategy<String> {
    let service = prop_oneof![
        12 => pick(&["a", "b", "c"]),
        2 => pick(&["\"two\nlines\"", "\"ok,5\n2025-06-01T00:00:00Z,a,ok,1,eu,1\"", "\"say \"\"hi\"\"\"", "zürich–süd"]),
        1 => (0usize..9).prop_map(|service| format!("service-{service}")),
    ];
    let status = prop_oneof![10 => Just("ok".to_owned()), 3 => Just("failed".to_owned()), 1 => pick(&["", "UP", "odd"])];
    let latency = prop_oneof![
        12 => (0u32..900).prop_map(|value| value.to_string()),
        4 => (0u32..900_000).prop_map(|value| format!("{}.{:03}", value / 1000, value % 1000)),
        1 => pick(&["", "-", "NaN", "-1", "0.30000000000000004", "99999999999999999999", "12ms"]),
    ];
    let region = pick(&["eu", "us", "us", "test", "", "\"eu\""]);
    let size = prop_oneof![9 => (-5i64..9).prop_map(|value| value.to_string()), 1 => Just(String::new())];
    (time(at), service, status, latency, region, size, 0u8..60)
        .prop_map(|(time, service, status, latency, region, size, odd)| match odd {
            0 => format!("{time},{service},{status},{latency},{region},{size},7\n"),
            1 => format!("{time},{service}\n"),
            2 => "\n".to_owned(),
            3 => format!("{time},{service},{status},{latency},{region},{size}\r\n"),
            _ => format!("{time},{service},{status},{latency},{region},{size}\n"),
        })
        .boxed()
}

/// What is written over time; in some, a quote stands where none may.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let rows = (0usize..420).map(record).collect::<Vec<_>>();
    (rows, prop::option::weighted(0.2, 0usize..420), any::<bool>()).prop_map(|(mut rows, stray, broken)| {
        if let Some(stray) = stray {
            let odd = if broken { "\"b\"x" } else { "5\" disk" };
            rows[stray] = format!("2025-06-01T00:00:00Z,{odd},ok,1,eu,1\n");
        }
        rows.concat().into_bytes()
    })
}

const HEADER: &str = "time,service,status,latency_ms,region,size\n2025-06-01T00:00:00Z,a,ok,100.5,eu,1\n";

struct World {
    folder: tempfile::TempDir,
    text: Vec<u8>,
    /// How much of the text was written.
    at: usize,
}

impl World {
    fn new(text: Vec<u8>) -> World {
        let world = World { folder: tempfile::tempdir().unwrap(), text, at: 0 };
        fs::write(world.log(), HEADER).unwrap();
        world
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("app.csv")
    }

    fn older(&self) -> PathBuf {
        self.folder.path().join("app.1.csv")
    }

    fn inputs(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path().display().to_string())
            .collect();
        names.sort();
        names
    }

    fn next(&mut self, bytes: usize) -> Vec<u8> {
        let end = (self.at + bytes).min(self.text.len());
        let next = self.text[self.at..end].to_vec();
        self.at = end;
        next
    }

    fn append(&mut self, bytes: usize) {
        let next = self.next(bytes);
        OpenOptions::new().append(true).open(self.log()).unwrap().write_all(&next).unwrap();
    }

    fn take(&mut self, step: &Step) {
        let log = self.log();
        match *step {
            Step::Grow(bytes) => self.append(bytes),
            Step::GrowByLines(bytes) => {
                let from = (self.at + bytes).min(self.text.len());
                let line = self.text[from..].iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                self.append(bytes + line);
            }
            Step::Truncate(share) => {
                let len = fs::metadata(&log).unwrap().len() * share as u64 / 1000;
                OpenOptions::new().write(true).open(&log).unwrap().set_len(len).unwrap();
            }
            Step::Replace(bytes) => {
                let content = [HEADER.as_bytes(), &self.next(bytes)].concat();
                let other = self.folder.path().join("other");
                fs::write(&other, content).unwrap();
                fs::rename(other, log).unwrap();
            }
            Step::Rewrite(bytes) => {
                let content = [HEADER.as_bytes(), &self.next(bytes)].concat();
                fs::write(log, content).unwrap();
            }
            Step::Rotate => {
                fs::rename(&log, self.older()).unwrap();
                fs::write(log, HEADER).unwrap();
            }
            Step::Compress => {
                if let Ok(content) = fs::read(self.older()) {
                    let packed = zstd::encode_all(&content[..], 1).unwrap();
                    fs::write(self.folder.path().join("app.2.csv.zst"), packed).unwrap();
                    fs::remove_file(self.older()).unwrap();
                }
            }
            Step::Remove => drop(fs::remove_file(self.older())),
            Step::Edit(share, byte, more) => {
                let content = fs::read(&log).unwrap();
                let mut file = OpenOptions::new().write(true).open(&log).unwrap();
                let at = behind_year(&content, content.len() * share / 1000);
                file.seek(SeekFrom::Start(at as u64)).unwrap();
                file.write_all(&[byte]).unwrap();
                self.append(more);
            }
            Step::Insert(share, byte) => {
                let mut content = fs::read(&log).unwrap();
                content.insert(content.len() * share / 1000, byte);
                fs::write(log, content).unwrap();
            }
            Step::Nothing => {}
        }
    }
}

/// Not within the year that a line begins with: six hours at a time, centuries are a million results.
fn behind_year(content: &[u8], at: usize) -> usize {
    let start = content[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if at < start + 4 { (start + 4).min(content.len()) } else { at }
}

/// The first lines that are not the same.
fn difference(resumed: &str, read: &str) -> Option<String> {
    let differs = resumed.lines().zip(read.lines()).find(|(one, other)| one != other);
    let told = differs.map(|(one, other)| format!("resumed: {one}\nread:    {other}"));
    told.or_else(|| (resumed != read).then(|| format!("resumed: {resumed}\nread:    {read}")))
}

fn ways() -> impl Strategy<Value = Ways> {
    let tuning = prop_oneof![
        4 => (1usize..4).prop_map(|threads| Tuning { threads, block: 1024, ..Tuning::default() }),
        1 => Just(Tuning { threads: 2, ..Tuning::default() }),
        1 => Just(Tuning { block: 1024, order: Order::Sequential, ..Tuning::default() }),
        1 => Just(Tuning { block: 1024, route: Route::Exact, ..Tuning::default() }),
        1 => Just(Tuning { block: 700, ..Tuning::default() }),
    ];
    let mode = prop_oneof![8 => Just(Mode::Resume), 1 => Just(Mode::Verify)];
    // Files of this test are never left alone for long, so that their times prove nothing.
    (tuning, mode).prop_map(|(tuning, mode)| Ways { tuning, clock: 0, mode })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_step_gives_what_reading_everything_gives(
        text in text(),
        steps in prop::collection::vec((step(), ways()), 1..25),
    ) {
        let mut world = World::new(text);
        let kept = Kept::default();
        for (number, (step, ways)) in steps.iter().enumerate() {
            world.take(step);
            let inputs = world.inputs();
            let resumed = check(&inputs, *ways, Some(&kept));
            let read = check(&inputs, Ways { tuning: Tuning::default(), ..*ways }, None);
            let told = kept.told.take();
            let difference = difference(&resumed, &read);
            prop_assert!(difference.is_none(), "step {number}, {step:?}, {told:?}:\n{}", difference.unwrap_or_default());
            prop_assert!(!told.contains(&How::Again(Changed::Tallies)), "step {}, {:?}: {:?}", number, step, told);
        }
    }
}
