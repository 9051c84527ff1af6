//! A regular file by several threads: blocks are taken in turn, read by position and scanned out of order.
//!
//! Only one bit passes from block to block: whether it ends inside quotes. Every thread counts its block's quotes,
//! waits for the bit of the block before and hands on its own before it scans. A record belongs to the block in which
//! it begins.
//!
//! Invariant: a worker that stops, for whatever reason, releases those who wait for its bit.

use super::Sinks;
use super::batch::Scanner;
use super::kernel::{FRONT, Kernel, PAD};
use crate::source::digest::{BlockDigest, Digests};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// What is read beyond a block at first, for the record that reaches over its end.
const TAIL: usize = 4 << 10;
/// A record longer than this is no record.
pub(super) const LONGEST_RECORD: usize = 16 << 20;

/// A file and how to cut it.
pub(super) struct Job<'a> {
    pub(super) file: &'a File,
    /// Where the first record begins, and where the file ended when it was opened.
    pub(super) body: u64,
    pub(super) len: u64,
    pub(super) block: usize,
    pub(super) kernel: Kernel,
    pub(super) delimiter: u8,
    pub(super) fields: usize,
    pub(super) progress: &'a AtomicU64,
    pub(super) digests: Digests,
    /// What stands between the start of the block that the body begins in and the body, as it is to be hashed; read
    /// here where it is empty.
    pub(super) lead: &'a [u8],
    pub(super) unended: Unended,
}

/// What a last record without a line end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unended {
    /// A record like any other.
    Counted,
    /// Not a record yet: it is left out.
    Left,
}

/// What a scan leaves beside what its sinks got.
pub(super) struct Done {
    /// How many line ends each block has.
    pub(super) lines: Vec<u64>,
    /// The block of the file that the body begins in; the number of blocks before it.
    pub(super) first: u64,
    /// The digests of the blocks from there on, where they were wanted and blocks can give them.
    pub(super) digests: Option<Vec<BlockDigest>>,
    /// Where the record begins that was left out, else the length of the file.
    pub(super) cut: u64,
    /// Whether the last record has no line end and was counted nevertheless.
    pub(super) unended: bool,
}

/// What a thread knows of its blocks.
#[derive(Default)]
struct Part {
    /// How many line ends they have.
    lines: Vec<(u64, u64)>,
    digests: Vec<(u64, BlockDigest)>,
    cut: Option<u64>,
    unended: bool,
}

/// Why the scan in blocks did not come to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Quoting that needs the careful reader: the file has to be read in order.
    Careful,
    /// Reading failed.
    Io(io::Error),
    /// A record that is too long begins in this block.
    TooLong,
}

const UNKNOWN: u8 = 0;
const OUTSIDE: u8 = 1;
const INSIDE: u8 = 2;

struct Shared<'a> {
    job: &'a Job<'a>,
    /// The block of the file that the body begins in: blocks are counted from there, and cut where they would be
    /// if they were counted from the start of the file.
    first: u64,
    blocks: u64,
    hashes: bool,
    next: AtomicU64,
    /// Per block, whether it begins inside quotes.
    begins: Vec<AtomicU8>,
    halted: AtomicBool,
}

/// Tells the others to stop when a worker ends early, be it by a panic.
struct Release<'a>(&'a AtomicBool, bool);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.store(true, Ordering::Release);
        }
    }
}

/// How many blocks the body of a file is cut into.
pub(super) fn blocks(body: u64, len: u64, block: usize) -> u64 {
    len.div_ceil(block as u64) - body / block as u64
}

/// Scans the whole file, one thread per sink.
pub(super) fn scan(job: &Job<'_>, sinks: &mut [Sinks<'_>]) -> Result<Done, Halt> {
    let blocks = blocks(job.body, job.len, job.block);
    let first = job.body / job.block as u64;
    let hashes = job.digests == Digests::Wanted && BlockDigest::fits(job.block);
    let begins =
        (0..=blocks).map(|block| AtomicU8::new(if block == 0 { OUTSIDE } else { UNKNOWN })).collect();
    let shared = Shared {
        job,
        first,
        blocks,
        hashes,
        next: AtomicU64::new(0),
        begins,
        halted: AtomicBool::new(false),
    };
    let mut lines = vec![0; blocks as usize];
    let mut digests = vec![None; if hashes { blocks as usize } else { 0 }];
    let parts: Vec<Result<Part, Halt>> = std::thread::scope(|scope| {
        let mut sinks = sinks.iter_mut();
        let Some(own) = sinks.next() else { return Vec::new() };
        let shared = &shared;
        let others: Vec<_> = sinks.map(|sinks| scope.spawn(move || work(shared, sinks))).collect();
        let mut parts = vec![work(shared, own)];
        parts.extend(others.into_iter().map(|thread| match thread.join() {
            Ok(part) => part,
            Err(panic) => std::panic::resume_unwind(panic),
        }));
        parts
    });
    let (mut cut, mut unended) = (None, false);
    for part in parts {
        let part = part?;
        unended |= part.unended;
        cut = cut.or(part.cut);
        for (block, count) in part.lines {
            lines[block as usize] = count;
        }
        for (block, digest) in part.digests {
            digests[block as usize] = Some(digest);
        }
    }
    let digests: Option<Vec<BlockDigest>> = if hashes { digests.into_iter().collect() } else { None };
    Ok(Done { lines, first, digests, cut: cut.unwrap_or(job.len), unended })
}

fn work(shared: &Shared<'_>, sinks: &mut Sinks<'_>) -> Result<Part, Halt> {
    let job = shared.job;
    let mut release = Release(&shared.halted, false);
    let mut scanner = Scanner::new(job.kernel, job.delimiter, job.fields);
    let mut buffer = Buffer::default();
    let mut done = Part::default();
    loop {
        let block = shared.next.fetch_add(1, Ordering::Relaxed);
        let halted = shared.halted.load(Ordering::Relaxed) || sinks.stopped();
        if halted || block >= shared.blocks {
            if !halted {
                sinks.close();
            }
            release.1 = !sinks.stopped();
            return Ok(done);
        }
        let begin = (shared.first + block) * job.block as u64;
        let (from, to) = (begin.max(job.body), (begin + job.block as u64).min(job.len));
        buffer.load(job, from, to)?;
        let odd = job.kernel.odd_quotes(buffer.block(from, to));
        let Some(inside) = wait(shared, block) else { return Ok(done) };
        let ends = if inside ^ odd { INSIDE } else { OUTSIDE };
        shared.begins[block as usize + 1].store(ends, Ordering::Release);
        if shared.hashes {
            let digest = if begin < from && job.lead.is_empty() {
                // The header is not in the buffer.
                let mut lead = vec![0; (from - begin) as usize];
                job.file.read_exact_at(&mut lead, begin).map_err(Halt::Io)?;
                BlockDigest::of_parts(&lead, buffer.block(from, to), begin)
            } else {
                let lead = if begin < from { job.lead } else { &[] };
                BlockDigest::of_parts(lead, buffer.block(from, to), begin)
            };
            done.digests.push((block, digest));
        }
        let Some(Records { start, end, cut, unended }) =
            buffer.records(job, from, to, inside, inside ^ odd)?
        else {
            continue;
        };
        done.cut = done.cut.or(cut);
        done.unended |= unended;
        if start == end {
            continue;
        }
        sinks.begin_block(block);
        let scanned = scanner.scan(&buffer.bytes, start, end, sinks);
        if scanned.stray || scanned.done != end {
            return Err(Halt::Careful);
        }
        done.lines.push((block, scanned.lines));
        job.progress.fetch_add(to - from, Ordering::Relaxed);
    }
}

/// Whether a block begins inside quotes, once that is known; nothing if the scan halts.
fn wait(shared: &Shared<'_>, block: u64) -> Option<bool> {
    let mut rounds = 0u32;
    loop {
        match shared.begins[block as usize].load(Ordering::Acquire) {
            UNKNOWN if shared.halted.load(Ordering::Relaxed) => return None,
            UNKNOWN => {
                rounds += 1;
                if rounds < 1000 { std::hint::spin_loop() } else { std::thread::yield_now() }
            }
            state => return Some(state == INSIDE),
        }
    }
}

/// The records of a block.
struct Records {
    /// Where the first begins, and the end of the last.
    start: usize,
    end: usize,
    /// Where in the file a record begins that has no end and is left out.
    cut: Option<u64>,
    /// Whether the last one has no end and is not left out.
    unended: bool,
}

/// Bytes of the file around a block: byte `FRONT` is the one before it.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// Position in the file of `bytes[FRONT]`, and how far it is filled.
    origin: u64,
    filled: u64,
}

impl Buffer {
    fn load(&mut self, job: &Job<'_>, from: u64, to: u64) -> Result<(), Halt> {
        self.origin = from - 1;
        self.filled = self.origin;
        self.extend(job, (to + TAIL as u64).min(job.len))
    }

    /// Reads on, up to a position in the file.
    fn extend(&mut self, job: &Job<'_>, to: u64) -> Result<(), Halt> {
        let len = FRONT + (to - self.origin) as usize;
        // One more byte: a line end may be added to the last line.
        if self.bytes.len() < len + 1 + PAD {
            self.bytes.resize(len + 1 + PAD, 0);
        }
        let at = FRONT + (self.filled - self.origin) as usize;
        job.file.read_exact_at(&mut self.bytes[at..len], self.filled).map_err(Halt::Io)?;
        self.filled = to;
        Ok(())
    }

    fn at(&self, position: u64) -> usize {
        FRONT + (position - self.origin) as usize
    }

    fn block(&self, from: u64, to: u64) -> &[u8] {
        &self.bytes[self.at(from)..self.at(to)]
    }

    /// The records that begin in the block.
    fn records(
        &mut self,
        job: &Job<'_>,
        from: u64,
        to: u64,
        inside: bool,
        ends_inside: bool,
    ) -> Result<Option<Records>, Halt> {
        let (first, limit) = (self.at(from), self.at(to));
        let filled = self.at(self.filled);
        let start = if from == job.body || (self.bytes[first - 1] == b'\n' && !inside) {
            first
        } else {
            match line_end(&self.bytes[first..limit], inside) {
                Some(end) => first + end + 1,
                None => return Ok(None),
            }
        };
        if start >= limit {
            return Ok(None);
        }
        if self.bytes[limit - 1] == b'\n' && !ends_inside {
            return Ok(Some(Records { start, end: limit, cut: None, unended: false }));
        }
        let mut filled = filled;
        loop {
            if let Some(end) = line_end(&self.bytes[limit..filled], ends_inside) {
                return Ok(Some(Records { start, end: limit + end + 1, cut: None, unended: false }));
            }
            if self.filled == job.len && job.unended == Unended::Left {
                let mut end = start;
                while let Some(line) = line_end(&self.bytes[end..filled], false) {
                    end += line + 1;
                }
                let cut = self.origin + (end - FRONT) as u64;
                return Ok(Some(Records { start, end, cut: Some(cut), unended: false }));
            }
            if self.filled == job.len {
                self.bytes[filled] = b'\n';
                return Ok(Some(Records { start, end: filled + 1, cut: None, unended: true }));
            }
            if filled - limit > LONGEST_RECORD {
                return Err(Halt::TooLong);
            }
            let more = (self.filled + (1 << 20)).min(job.len);
            self.extend(job, more)?;
            filled = self.at(self.filled);
        }
    }
}

/// The first line end outside quotes.
fn line_end(bytes: &[u8], mut inside: bool) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\n', &bytes[from..])?;
        if bytes[at] == b'"' {
            inside = !inside;
        } else if !inside {
            return Some(at);
        }
        from = at + 1;
    }
}
