//! Any input from its first byte to its last: streams, compressed files, and files whose quoting needs care.
//!
//! One thread reads and decompresses ahead, this one scans. Where quoting is not well-formed, the rest of the chunk
//! is read byte by byte.

use super::batch::{Broken, Ending, Scanned, Scanner, Sink, count_lines};
use super::kernel::{FRONT, Kernel, PAD};
use super::parallel::{LONGEST_RECORD, Unended};
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// What takes an input from its beginning to its end.
pub(super) trait InOrder: Sink {
    /// The records that follow belong to this block; so many line ends of the body stand before it.
    fn begin_block(&mut self, block: u64, lines: u64);
    /// Whether nothing more is wanted.
    fn stopped(&self) -> bool;
}

/// How to cut the input.
pub(super) struct Job<'a> {
    pub(super) kernel: Kernel,
    pub(super) delimiter: u8,
    pub(super) fields: usize,
    /// Bytes read at a time.
    pub(super) block: usize,
    pub(super) progress: &'a AtomicU64,
    pub(super) unended: Unended,
}

/// What a scan leaves beside what its sink got.
pub(super) struct Done {
    /// How many line ends each chunk has.
    pub(super) lines: Vec<u64>,
    /// Bytes at the end that were left out.
    pub(super) left: u64,
    /// Whether the last record has no line end and was counted nevertheless.
    pub(super) unended: bool,
}

/// Why the input was not read to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Reading failed.
    Io(io::Error),
    /// A record that is too long, so many line ends after the body began.
    TooLong(u64),
    /// Quoting that cannot be read one way, so many line ends after the body began.
    Broken(u64, &'static str),
}

/// Scans `rest` after `head`, whose first record begins at its start.
pub(super) fn scan(
    job: &Job<'_>,
    head: &[u8],
    rest: &mut (dyn Read + Send),
    sink: &mut dyn InOrder,
) -> Result<Done, Halt> {
    std::thread::scope(|scope| {
        let (full, filled) = sync_channel::<io::Result<Vec<u8>>>(2);
        let (back, empty) = sync_channel::<Vec<u8>>(4);
        scope.spawn(move || read_ahead(rest, job.block, &full, &empty));
        Ordered {
            job,
            scanner: Scanner::new(job.kernel, job.delimiter, job.fields),
            buffer: vec![0; FRONT],
            lines: Vec::new(),
            before: 0,
        }
        .run(head, &filled, &back, sink)
    })
}

/// Reads until the end, or until nobody listens.
fn read_ahead(
    input: &mut (dyn Read + Send),
    size: usize,
    full: &SyncSender<io::Result<Vec<u8>>>,
    empty: &Receiver<Vec<u8>>,
) {
    loop {
        let mut chunk = empty.try_recv().unwrap_or_default();
        chunk.clear();
        let read = input.take(size as u64).read_to_end(&mut chunk);
        let end = read.as_ref().is_ok_and(|read| *read == 0);
        let failed = read.is_err();
        if end || full.send(read.map(|_| chunk)).is_err() || failed {
            return;
        }
    }
}

struct Ordered<'a> {
    job: &'a Job<'a>,
    scanner: Scanner,
    /// `FRONT` bytes, then records, then room for `PAD`.
    buffer: Vec<u8>,
    /// Line ends of every chunk, and of all of them.
    lines: Vec<u64>,
    before: u64,
}

impl Ordered<'_> {
    fn run(
        mut self,
        head: &[u8],
        filled: &Receiver<io::Result<Vec<u8>>>,
        back: &SyncSender<Vec<u8>>,
        sink: &mut dyn InOrder,
    ) -> Result<Done, Halt> {
        for chunk in head.chunks(self.job.block.max(1)) {
            self.buffer.extend_from_slice(chunk);
            self.chunk(Ending::MoreFollows, sink)?;
        }
        while let Ok(chunk) = filled.recv() {
            let chunk = chunk.map_err(Halt::Io)?;
            self.job.progress.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            self.buffer.extend_from_slice(&chunk);
            // A reader that has ended no longer takes buffers back.
            let _ = back.try_send(chunk);
            self.chunk(Ending::MoreFollows, sink)?;
            if sink.stopped() {
                return Ok(Done { lines: self.lines, left: 0, unended: false });
            }
        }
        if self.job.unended == Unended::Left {
            let left = (self.buffer.len() - FRONT) as u64;
            return Ok(Done { lines: self.lines, left, unended: false });
        }
        let mut unended = false;
        if self.buffer.len() > FRONT {
            if self.buffer.last() != Some(&b'\n') {
                self.buffer.push(b'\n');
                unended = true;
            }
            self.chunk(Ending::Last, sink)?;
        }
        Ok(Done { lines: self.lines, left: 0, unended })
    }

    /// Scans what is complete; the rest moves to the front.
    fn chunk(&mut self, ending: Ending, sink: &mut dyn InOrder) -> Result<(), Halt> {
        let end = self.buffer.len();
        self.buffer.resize(end + PAD, 0);
        let block = self.lines.len() as u64;
        sink.begin_block(block, self.before);
        let Scanned { mut done, mut lines, stray } = self.scanner.scan(&self.buffer, FRONT, end, sink);
        let waits = !stray && ending == Ending::MoreFollows;
        // An open quote at the end of a chunk looks like a stray one; the careful reader tells.
        if !waits && done < end {
            self.passed(lines);
            sink.begin_block(block + 1, self.before);
            let (careful, broken) = self.scanner.scan_carefully(&self.buffer, done, end, ending, sink);
            if let Some(Broken { at, how }) = broken {
                let before = self.before + count_lines(&self.buffer[done..at]);
                return Err(Halt::Broken(before, how));
            }
            (done, lines) = (careful.done, careful.lines);
        }
        self.passed(lines);
        if end - done > LONGEST_RECORD {
            return Err(Halt::TooLong(self.before));
        }
        self.buffer.copy_within(done..end, FRONT);
        self.buffer.truncate(FRONT + end - done);
        Ok(())
    }

    fn passed(&mut self, lines: u64) {
        self.lines.push(lines);
        self.before += lines;
    }
}
