//! Day-first or month-first: one value of the whole input proves it (31-05-2025), and where the sample has none,
//! the rest is searched.
//!
//! Invariant: the proof is the first in the order of (file, line), however far the search went before. What an earlier
//! run searched of a file, up to the end of a record, is not searched again as long as it is proved to be the same.

use super::FileLayout;
use super::records::Records;
use super::sample::Seen;
use crate::source::cell::time::look;
use crate::source::error::{SourceError, shown};
use crate::source::{Body, Opened};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

/// Bytes that are read at a time.
const BLOCK: usize = 1 << 20;
/// A record longer than this ends the search: the scanner has its own words for it.
const LONGEST_RECORD: usize = 16 << 20;

/// What the first telling cell proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    DayFirst(Seen),
    MonthFirst(Seen),
}

/// How far a column of a file was searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) struct Searched {
    pub(in crate::source) field: usize,
    pub(in crate::source) delimiter: u8,
    /// The start of the first record that was not searched, and its line.
    pub(in crate::source) to: u64,
    pub(in crate::source) line: u64,
    /// What was found before: whether the day is first, the date, and its line.
    pub(in crate::source) proof: Option<(bool, String, u64)>,
}

/// What is known of searches through one input: from an earlier run, and from this one.
#[derive(Debug, Default)]
pub(in crate::source) struct Searches {
    pub(in crate::source) known: Vec<Searched>,
    pub(in crate::source) made: Mutex<Vec<Searched>>,
}

impl Searches {
    fn known(&self, search: &Search) -> Option<&Searched> {
        self.known.iter().find(|known| (known.field, known.delimiter) == (search.field, search.delimiter))
    }

    fn note(&self, searched: Searched) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|one| (one.field, one.delimiter) != (searched.field, searched.delimiter));
        made.push(searched);
    }
}

/// The first cell of a column, over all inputs, that can be read in one order only. Streams are searched no further
/// than their heads.
pub(super) fn search(
    opened: &[Opened],
    layouts: &[FileLayout],
    column: usize,
) -> Result<Option<Proof>, SourceError> {
    for (file, (input, layout)) in opened.iter().zip(layouts).enumerate() {
        let field = layout.position[column];
        let mut search = Search {
            delimiter: layout.dialect.delimiter,
            field,
            file,
            line: layout.dialect.header_lines + 1,
        };
        if let Some(known) = input.searches.known(&search) {
            let proof = match &known.proof {
                Some(proof) => {
                    input.searches.note(known.clone());
                    Some(search.known_proof(proof))
                }
                None => {
                    search.line = known.line;
                    search.rest(input, known.to)?
                }
            };
            if proof.is_some() {
                return Ok(proof);
            }
            continue;
        }
        let body = usize::try_from(layout.dialect.body).unwrap_or(usize::MAX).min(input.head.len());
        let (read, proof) = search.block(&input.head[body..], input.whole);
        if proof.is_some() {
            return Ok(proof);
        }
        if let Some(proof) = search.rest(input, (body + read) as u64)? {
            return Ok(Some(proof));
        }
    }
    Ok(None)
}

struct Search {
    delimiter: u8,
    field: usize,
    file: usize,
    line: u64,
}

impl Search {
    /// Searches what lies behind the head of an input, and notes how far.
    fn rest(&mut self, input: &Opened, offset: u64) -> Result<Option<Proof>, SourceError> {
        let reopened = if input.is_parked() { Some(crate::source::open(&input.name)?) } else { None };
        let body_of = reopened.as_ref().map_or(&input.body, |reopened| &reopened.body);
        let (Body::File(handle, _), false) = (body_of, input.whole) else { return Ok(None) };
        let failed = |error: std::io::Error| SourceError::reading(&shown(&input.name), &error);
        let (proof, searched) = self.file(handle, offset).map_err(failed)?;
        if let Some(searched) = searched {
            input.searches.note(searched);
        }
        Ok(proof)
    }

    fn known_proof(&self, (day_first, text, line): &(bool, String, u64)) -> Proof {
        let seen = Seen { text: text.clone(), line: *line, file: self.file };
        if *day_first { Proof::DayFirst(seen) } else { Proof::MonthFirst(seen) }
    }

    /// That everything before was searched.
    fn searched(&self, to: u64, proof: Option<&Proof>) -> Searched {
        let proof = proof.map(|proof| match proof {
            Proof::DayFirst(seen) => (true, seen.text.clone(), seen.line),
            Proof::MonthFirst(seen) => (false, seen.text.clone(), seen.line),
        });
        Searched { field: self.field, delimiter: self.delimiter, to, line: self.line, proof }
    }

    /// Searches a file from the start of a record on; how far, where that can be told.
    fn file(&mut self, handle: &File, mut offset: u64) -> std::io::Result<(Option<Proof>, Option<Searched>)> {
        let mut buffer = vec![0; BLOCK];
        let mut held = 0;
        loop {
            let read = match handle.read_at(&mut buffer[held..], offset + held as u64) {
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            // What has no line end may still become another record.
            let before = self.searched(offset, None);
            let (done, proof) = self.block(&buffer[..held + read], read == 0);
            if read == 0 {
                return Ok((proof, Some(before)));
            }
            if proof.is_some() {
                let searched = self.searched(offset + (done + 1).min(held + read) as u64, proof.as_ref());
                return Ok((proof, Some(searched)));
            }
            buffer.copy_within(done..held + read, 0);
            held = held + read - done;
            offset += done as u64;
            if held == buffer.len() {
                if held >= LONGEST_RECORD {
                    return Ok((None, None));
                }
                buffer.resize(held * 2, 0);
            }
        }
    }

    /// Searches the whole records of a block that starts with one; tells how many bytes they are, or at most up to which
    /// byte it came with a proof.
    fn block(&mut self, block: &[u8], last: bool) -> (usize, Option<Proof>) {
        if memchr::memchr(b'"', block).is_some() {
            return self.quoted_block(block, last);
        }
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', block).chain(last.then_some(block.len())) {
            let mut line = &block[start..end];
            for _ in 0..self.field {
                line = memchr::memchr(self.delimiter, line).map_or(&[][..], |at| &line[at + 1..]);
            }
            let cell = &line[..memchr::memchr(self.delimiter, line).unwrap_or(line.len())];
            if let Some(proof) = self.proof(cell, self.line) {
                return (end, Some(proof));
            }
            self.line += 1;
            start = (end + 1).min(block.len());
        }
        (start, None)
    }

    fn quoted_block(&mut self, block: &[u8], last: bool) -> (usize, Option<Proof>) {
        let mut records = Records::new(block, 0, self.line, self.delimiter);
        let mut done = 0;
        while let Some(record) = records.next() {
            if !record.ended && !last {
                break;
            }
            if let Some(proof) = record.fields.get(self.field).and_then(|cell| self.proof(cell, record.line))
            {
                return (block.len(), Some(proof));
            }
            (done, self.line) = records.position();
        }
        (done, None)
    }

    fn proof(&self, cell: &[u8], line: u64) -> Option<Proof> {
        let cell = cell.trim_ascii();
        // Most cells prove nothing, and that is seen quickly: neither number is above 12.
        let (first, rest) = small(cell);
        let (second, _) = small(rest.get(1..).unwrap_or_default());
        if first <= 12 && second <= 12 {
            return None;
        }
        let (first, second) = look(cell)?.before_year?;
        let date = cell.split(|byte| b" Tt".contains(byte)).next().unwrap_or(cell);
        let seen = || Seen { text: String::from_utf8_lossy(date).into_owned(), line, file: self.file };
        match (first > 12, second > 12) {
            (true, _) => Some(Proof::DayFirst(seen())),
            (_, true) => Some(Proof::MonthFirst(seen())),
            _ => None,
        }
    }
}

/// The number that the first one or two digits make, and the rest.
fn small(text: &[u8]) -> (u8, &[u8]) {
    match *text {
        [a, b, ref rest @ ..] if a.is_ascii_digit() && b.is_ascii_digit() => {
            ((a - b'0') * 10 + (b - b'0'), rest)
        }
        [a, ref rest @ ..] if a.is_ascii_digit() => (a - b'0', rest),
        _ => (0, &[]),
    }
}
