//! Buffers → records → batches of whole columns.
//!
//! A batch is some eight kilobytes of consecutive well-formed records, seen through the positions of their
//! separators. Records with another number of fields never get into one.

use super::kernel::{FRONT, Kernel, PAD, Quotes, Separators};
use std::borrow::Cow;
use std::ops::Range;

/// How many bytes are indexed at a time: few enough that a batch stays in the first-level cache, and enough that the
/// loops over its columns are worth starting.
const WINDOW: usize = 16 << 10;

/// Consecutive records of a buffer.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    /// Their fields.
    pub(super) cells: Separators<'a>,
    pub(super) rows: usize,
    /// Where the scan of this buffer began, for line numbers.
    pub(super) start: usize,
}

/// What a scan hands over.
pub(super) trait Sink {
    /// Well-formed records.
    fn batch(&mut self, batch: &Batch<'_>);
    /// A record with this many fields instead of the header's: its bytes of the buffer, with the line end.
    fn ragged(&mut self, bytes: &[u8], start: usize, record: Range<usize>, fields: usize);
}

/// How far a scan came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanned {
    /// Everything before is done: the start of the first record that is not.
    pub(super) done: usize,
    /// Line ends before `done`.
    pub(super) lines: u64,
    /// Whether the record at `done` is quoted in a way that only the careful reader can judge.
    pub(super) stray: bool,
}

/// Cuts buffers into records; holds the scratch space of one thread.
pub(super) struct Scanner {
    kernel: Kernel,
    delimiter: u8,
    fields: usize,
    positions: Vec<u32>,
}

impl Scanner {
    pub(super) fn new(kernel: Kernel, delimiter: u8, fields: usize) -> Scanner {
        Scanner { kernel, delimiter, fields, positions: Vec::with_capacity(WINDOW) }
    }

    /// Hands over all complete records of `bytes[start..end]`, of which the first begins at `start`.
    ///
    /// The buffer needs [`FRONT`] bytes before `start` and [`PAD`] behind `end`.
    pub(super) fn scan(&mut self, bytes: &[u8], start: usize, end: usize, sink: &mut dyn Sink) -> Scanned {
        assert!(start >= FRONT && end + PAD <= bytes.len());
        let fields = self.fields;
        let mut quotes = Quotes::default();
        let mut lines = 0;
        self.positions.clear();
        self.positions.push(start as u32 - 1);
        let mut from = start;
        while from < end {
            let to = (from + WINDOW).min(end);
            let found =
                self.kernel.index(bytes, start, from, to, self.delimiter, &mut quotes, &mut self.positions);
            let complete = (self.positions.len() - 1) / fields;
            let even = complete == found.records
                && (1..=complete).all(|record| bytes[self.positions[record * fields] as usize] == b'\n');
            let handed = if even {
                if complete > 0 {
                    let positions = &self.positions[..=complete * fields];
                    sink.batch(&Batch::new(self.kernel, bytes, positions, fields, start));
                }
                complete * fields
            } else {
                uneven(self.kernel, bytes, &self.positions, fields, start, sink)
            };
            let rest = self.positions.len() - handed;
            self.positions.copy_within(handed.., 0);
            self.positions.truncate(rest);
            if found.stray {
                return self.stopped(bytes, start, true);
            }
            lines += found.lines;
            from = to;
        }
        let done = self.positions[0] as usize + 1;
        if quotes.open() {
            return self.stopped(bytes, start, true);
        }
        if done == end { Scanned { done, lines, stray: false } } else { self.stopped(bytes, start, false) }
    }

    fn stopped(&self, bytes: &[u8], start: usize, stray: bool) -> Scanned {
        let done = self.positions[0] as usize + 1;
        Scanned { done, lines: count_lines(&bytes[start..done]), stray }
    }

    /// The same for records that are quoted carelessly: byte by byte, under the same rules for what a row is. A quote
    /// inside a field that does not begin with one is text. Returns where and why it stopped.
    pub(super) fn scan_carefully(
        &mut self,
        bytes: &[u8],
        start: usize,
        end: usize,
        ending: Ending,
        sink: &mut dyn Sink,
    ) -> (Scanned, Option<Broken>) {
        let fields = self.fields;
        let mut record = start;
        let mut broken = None;
        self.positions.clear();
        self.positions.push(start as u32 - 1);
        while record < end {
            let before = self.positions.len();
            match self.record(bytes, record, end, ending) {
                Ok(Some(next)) => {
                    record = next;
                    if self.positions.len() - before != fields || self.positions.len() > WINDOW / 8 {
                        let handed = uneven(self.kernel, bytes, &self.positions, fields, start, sink);
                        self.positions.copy_within(handed.., 0);
                        self.positions.truncate(self.positions.len() - handed);
                    }
                }
                Ok(None) => {
                    self.positions.truncate(before);
                    break;
                }
                Err(fault) => {
                    self.positions.truncate(before);
                    broken = Some(fault);
                    break;
                }
            }
        }
        uneven(self.kernel, bytes, &self.positions, fields, start, sink);
        let lines = count_lines(&bytes[start..record]);
        (Scanned { done: record, lines, stray: false }, broken)
    }

    /// Appends the separators of one record; the start of the next, or nothing where the record is not complete.
    fn record(
        &mut self,
        bytes: &[u8],
        record: usize,
        end: usize,
        ending: Ending,
    ) -> Result<Option<usize>, Broken> {
        let mut at = record;
        loop {
            if bytes[at] == b'"' && at < end {
                let opened = at;
                at += 1;
                loop {
                    match memchr::memchr(b'"', &bytes[at..end]) {
                        Some(quote) => at += quote + 1,
                        None if ending == Ending::MoreFollows => return Ok(None),
                        None => return Err(Broken { at: opened, how: "a quote that is never closed" }),
                    }
                    if at < end && bytes[at] == b'"' {
                        at += 1;
                    } else {
                        break;
                    }
                }
                if at == end {
                    return Ok(None);
                }
                let crlf = bytes[at] == b'\r' && (at + 1 < end && bytes[at + 1] == b'\n');
                if !(crlf || bytes[at] == self.delimiter || bytes[at] == b'\n') {
                    if at + 1 >= end && ending == Ending::MoreFollows {
                        return Ok(None);
                    }
                    return Err(Broken { at, how: "text behind a closing quote" });
                }
                at += usize::from(crlf);
            } else {
                match memchr::memchr2(self.delimiter, b'\n', &bytes[at..end]) {
                    Some(separator) => at += separator,
                    None => return Ok(None),
                }
            }
            self.positions.push(at as u32);
            let last = bytes[at] == b'\n';
            at += 1;
            if last {
                return Ok(Some(at));
            }
        }
    }
}

/// Whether a buffer is the end of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// More bytes follow; a record that is not complete waits for them.
    MoreFollows,
    /// Nothing follows.
    Last,
}

/// Quoting that cannot be read one way only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// The byte of the buffer.
    pub(super) at: usize,
    pub(super) how: &'static str,
}

/// Records among which some have another number of fields: runs of good ones become batches. Returns how many
/// positions are done with.
fn uneven(
    kernel: Kernel,
    bytes: &[u8],
    positions: &[u32],
    fields: usize,
    start: usize,
    sink: &mut dyn Sink,
) -> usize {
    let mut record = 0; // index of the separator before the record
    let mut run = 0; // … before the first record of the current run of good ones
    let flush = |run: usize, record: usize, sink: &mut dyn Sink| {
        if record > run {
            sink.batch(&Batch::new(kernel, bytes, &positions[run..=record], fields, start));
        }
    };
    let is_end = |position: &u32| bytes[*position as usize] == b'\n';
    while let Some(count) = positions[record + 1..].iter().position(is_end).map(|last| last + 1) {
        if count != fields {
            flush(run, record, sink);
            let (from, to) = (positions[record] as usize + 1, positions[record + 1] as usize);
            let blank = count == 1 && bytes[from..to].iter().all(|byte| *byte == b'\r');
            if !blank {
                let end = positions[record + count] as usize + 1;
                sink.ragged(bytes, start, from..end, count);
            }
            run = record + count;
        }
        record += count;
    }
    flush(run, record, sink);
    record
}

/// How many line ends there are.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

impl<'a> Batch<'a> {
    fn new(kernel: Kernel, bytes: &'a [u8], positions: &'a [u32], fields: usize, start: usize) -> Batch<'a> {
        let cells = Separators::new(kernel, bytes, positions, fields);
        Batch { cells, rows: cells.rows(), start }
    }

    /// The buffer.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.cells.bytes()
    }

    /// A cell with its quotes, if it has any.
    pub(super) fn raw(&self, row: usize, field: usize) -> &'a [u8] {
        let (start, end) = self.cells.span(row, field);
        &self.bytes()[start..end]
    }

    /// A cell without its quotes.
    pub(super) fn text(&self, row: usize, field: usize) -> Cow<'a, [u8]> {
        unquoted(self.raw(row, field))
    }

    /// A whole record, with its line end.
    pub(super) fn whole(&self, row: usize) -> &'a [u8] {
        &self.bytes()[self.record(row)..self.cells.record(row + 1)]
    }

    /// Where a record begins in the buffer.
    pub(super) fn record(&self, row: usize) -> usize {
        self.cells.record(row)
    }
}

/// A cell without its quotes; doubled quotes inside become one.
pub(super) fn unquoted(raw: &[u8]) -> Cow<'_, [u8]> {
    let [b'"', inner @ .., b'"'] = raw else { return Cow::Borrowed(raw) };
    if memchr::memchr(b'"', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut text = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        text.extend_from_slice(&rest[..=quote]);
        rest = &rest[(quote + 2).min(rest.len())..];
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}
