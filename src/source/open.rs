//! Opening one input: its head, and what follows it, decompressed on the way.
//!
//! Invariant: of a regular uncompressed file no more than its head is read here; whoever needs more reads it by
//! position. Invariant: every error of a compressed stream is a [`SourceError`] inside the `io::Error`.

use super::checkpoint::FileFacts;
use super::describe::Searches;
use super::digest::{Digests, Hashing, Passing};
use super::error::{NotText, SourceError, shown};
use super::zstd::Zstd;
use super::{Body, Compression, HEAD_BYTES, Opened};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::path::Path;

/// Bytes that compressed input is read in.
const INPUT_BUFFER: usize = 128 * 1024;
/// Inputs that are kept open, with whole heads, while others are looked at.
const OPEN_AT_ONCE: usize = 8;
/// Of each of many inputs at least this much is kept.
const SMALLEST_HEAD: usize = 16 * 1024;

/// Opens an input by its name; `-` is standard input.
pub fn open(name: &str) -> Result<Opened, SourceError> {
    open_hashed(name, Digests::Unwanted).and_then(not_empty)
}

fn open_hashed(name: &str, digests: Digests) -> Result<Opened, SourceError> {
    if name == "-" {
        return match redirected_file() {
            Some(file) => open_file(name, file, digests),
            None => hashed(Box::new(io::stdin()), digests, |input| stream(name, input)),
        };
    }
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => SourceError::NotFound { name: name.to_owned() },
        _ => SourceError::reading(name, &error),
    };
    open_file(name, File::open(Path::new(name)).map_err(failed)?, digests)
}

/// Opens inputs that are read together. Of many, only the beginnings are kept, and each is opened again when its turn
/// comes: neither memory nor file handles grow with their number. One of several may be empty, as a log is that has just
/// been rotated, but not all of them, and none of those that somebody `named` one by one: what was to be in it is missed.
pub fn open_all(names: &[String], digests: Digests, named: &[String]) -> Result<Vec<Opened>, SourceError> {
    let many = names.len() > OPEN_AT_ONCE;
    let kept = (HEAD_BYTES * OPEN_AT_ONCE / names.len().max(1)).max(SMALLEST_HEAD);
    let prepared = |name: &String| {
        let opened = open_hashed(name, digests)?;
        let opened = if named.contains(name) { not_empty(opened)? } else { opened };
        if many { parked(opened, kept) } else { Ok(opened) }
    };
    let mut opened: Vec<Opened> = names.iter().map(prepared).collect::<Result<_, _>>()?;
    if opened.iter().all(Opened::is_empty) && !opened.is_empty() {
        return not_empty(opened.swap_remove(0)).map(|opened| vec![opened]);
    }
    Ok(opened)
}

fn not_empty(opened: Opened) -> Result<Opened, SourceError> {
    if opened.is_empty() { Err(SourceError::Empty { name: shown(&opened.name) }) } else { Ok(opened) }
}

/// Closes an input that is read to its end or can be opened again; what is kept of it ends with a line.
fn parked(mut opened: Opened, kept: usize) -> Result<Opened, SourceError> {
    let regular = opened.name != "-" && Path::new(&opened.name).metadata().is_ok_and(|found| found.is_file());
    if opened.whole && (opened.head.len() <= kept || !regular) {
        opened.head.shrink_to_fit();
        if let Hashing::Passing(passing) = &opened.hashing {
            let digest = passing.finish().map_err(|error| SourceError::reading(&opened.name, &error))?;
            opened.hashing = Hashing::Known(digest);
        }
        return Ok(Opened { body: Body::Stream(Box::new(io::empty())), ..opened });
    }
    // The header and a row are always kept.
    let lines = memchr::memchr_iter(b'\n', &opened.head).map(|at| at + 1);
    let cut = lines.enumerate().find(|(idx, end)| *idx > 0 && *end >= kept).map(|(_, end)| end);
    let Some(cut) = cut.filter(|_| regular) else { return Ok(opened) };
    let rest = Reopening { name: opened.name.clone(), skip: cut as u64, inner: None };
    // When its turn comes it is opened again, and hashed then.
    let hashing = if opened.hashing.wanted() == Digests::Wanted { Hashing::Stored } else { Hashing::Off };
    let (head, body) = (opened.head[..cut].to_vec(), Body::Stream(Box::new(rest)));
    Ok(Opened { head, whole: false, body, hashing, ..opened })
}

/// What follows the head of a parked input: opened when it is first asked for.
struct Reopening {
    name: String,
    skip: u64,
    inner: Option<Box<dyn Read + Send>>,
}

impl Read for Reopening {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let inner = match &mut self.inner {
            Some(inner) => inner,
            None => {
                let opened = open(&self.name).map_err(io::Error::other)?;
                let rest: Box<dyn Read + Send> = match opened.body {
                    Body::File(mut file, _) => {
                        file.seek(SeekFrom::Start(self.skip))?;
                        Box::new(file)
                    }
                    Body::Stream(rest) => {
                        let mut whole = io::Cursor::new(opened.head).chain(rest);
                        io::copy(&mut whole.by_ref().take(self.skip), &mut io::sink())?;
                        Box::new(whole)
                    }
                };
                self.inner.insert(rest)
            }
        };
        inner.read(buffer)
    }
}

impl Opened {
    /// Whether it was closed after its head was read. A head that is neither full nor everything was cut by that.
    pub(super) fn is_parked(&self) -> bool {
        !self.whole && self.head.len() < HEAD_BYTES && matches!(self.body, Body::Stream(_))
    }

    /// Whether there is nothing in it, not even a header.
    pub(super) fn is_empty(&self) -> bool {
        self.whole && without_mark(&self.head).trim_ascii().is_empty()
    }

    /// Makes an input that was parked by [`open_all`] ready to be read from its start, in parallel where it can be.
    pub fn resume(self) -> Result<Opened, SourceError> {
        if !self.is_parked() {
            return Ok(self);
        }
        let opened = open_hashed(&self.name, self.hashing.wanted())?;
        let same = opened.head.len() >= self.head.len() && opened.head.starts_with(&self.head);
        if same { Ok(opened) } else { Err(SourceError::Changed { name: self.name }) }
    }
}

/// Standard input, where it is a regular file from its start: `sla check - < data.csv`.
fn redirected_file() -> Option<File> {
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let from_start = file.metadata().ok()?.is_file() && file.stream_position().ok()? == 0;
    from_start.then_some(file)
}

fn open_file(name: &str, mut file: File, digests: Digests) -> Result<Opened, SourceError> {
    let failed = |error: io::Error| SourceError::reading(&shown(name), &error);
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(SourceError::Io { name: name.to_owned(), reason: "it is a folder".to_owned() });
    }
    if !metadata.is_file() {
        return hashed(Box::new(file), digests, |input| stream(name, input));
    }
    let mut magic = Vec::with_capacity(8);
    (&file).take(8).read_to_end(&mut magic).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let facts = (name != "-").then(|| FileFacts::of(&metadata));
    let compression = Compression::of(&magic);
    if compression != Compression::None {
        let opened = hashed(Box::new(file), digests, |input| decompressed(name, input, compression))?;
        return Ok(Opened { facts, ..opened });
    }
    let wanted = metadata.len().min(HEAD_BYTES as u64);
    let mut head = Vec::with_capacity(wanted as usize);
    (&file).take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
    let whole = head.len() as u64 >= metadata.len() && head.len() < HEAD_BYTES;
    finish(Opened {
        name: name.to_owned(),
        head,
        whole,
        body: Body::File(file, metadata.len()),
        compression: Compression::None,
        hashing: if digests == Digests::Wanted { Hashing::Stored } else { Hashing::Off },
        facts,
        searches: Searches::default(),
    })
}

/// Opens an input through a reader that hashes what passes, where its digest is wanted.
fn hashed(
    input: Box<dyn Read + Send>,
    digests: Digests,
    open: impl FnOnce(Box<dyn Read + Send>) -> Result<Opened, SourceError>,
) -> Result<Opened, SourceError> {
    if digests == Digests::Unwanted {
        return open(input);
    }
    let passing = Passing::new(input);
    let opened = open(Box::new(passing.clone()))?;
    Ok(Opened { hashing: Hashing::Passing(passing), ..opened })
}

/// Opens what cannot be read twice. `name` is what messages call it.
pub fn open_stream(name: &str, input: Box<dyn Read + Send>) -> Result<Opened, SourceError> {
    stream(name, input).and_then(not_empty)
}

fn stream(name: &str, mut input: Box<dyn Read + Send>) -> Result<Opened, SourceError> {
    let failed = |error: io::Error| SourceError::reading(&shown(name), &error);
    let mut magic = Vec::with_capacity(8);
    input.by_ref().take(8).read_to_end(&mut magic).map_err(failed)?;
    let compression = Compression::of(&magic);
    let input = Box::new(io::Cursor::new(magic).chain(input));
    if compression != Compression::None {
        return decompressed(name, input, compression);
    }
    headed(name, input, compression)
}

fn decompressed(
    name: &str,
    input: Box<dyn Read + Send>,
    compression: Compression,
) -> Result<Opened, SourceError> {
    let input = BufReader::with_capacity(INPUT_BUFFER, input);
    let decoder: Box<dyn Read + Send> = match compression {
        Compression::None => Box::new(input),
        Compression::Gzip => Box::new(MultiGzDecoder::new(input)),
        Compression::Zstd => Box::new(Zstd::new(input)),
    };
    headed(name, Box::new(Telling { inner: decoder, name: shown(name), compression }), compression)
}

fn headed(
    name: &str,
    mut input: Box<dyn Read + Send>,
    compression: Compression,
) -> Result<Opened, SourceError> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let read = input.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head);
    read.map_err(|error| SourceError::reading(&shown(name), &error))?;
    // A full head may be all there is, but a short one certainly is.
    let whole = head.len() < HEAD_BYTES;
    let (name, body) = (name.to_owned(), Body::Stream(input));
    finish(Opened {
        name,
        head,
        whole,
        body,
        compression,
        hashing: Hashing::Off,
        facts: None,
        searches: Searches::default(),
    })
}

/// Refuses what is no text.
fn finish(opened: Opened) -> Result<Opened, SourceError> {
    let name = shown(&opened.name);
    let text = without_mark(&opened.head);
    match what_else(text, opened.whole) {
        Some(what) => Err(SourceError::NotText { name, what }),
        None if !opened.whole && text.trim_ascii().is_empty() => Err(SourceError::Empty { name }),
        None => Ok(opened),
    }
}

/// What follows the byte order mark, if there is one.
fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head)
}

impl Compression {
    fn of(magic: &[u8]) -> Compression {
        match magic {
            [0x1F, 0x8B, ..] => Compression::Gzip,
            // A frame, or a skippable frame before it (RFC 8878, 3.1).
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Compression::Zstd,
            _ => Compression::None,
        }
    }

    /// Its name; empty where there is none.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }
}

/// Turns the errors of a decoder into sentences about the file.
struct Telling {
    inner: Box<dyn Read + Send>,
    name: String,
    compression: Compression,
}

impl Read for Telling {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            let (name, container) = (self.name.clone(), self.compression.name());
            let said = match error.kind() {
                io::ErrorKind::Interrupted => return error,
                io::ErrorKind::UnexpectedEof => SourceError::Cut { name, container },
                _ if error.raw_os_error().is_some() => SourceError::reading(&name, &error),
                _ => SourceError::Damaged { name, container, reason: error.to_string().to_lowercase() },
            };
            io::Error::new(error.kind(), said)
        })
    }
}

/// What a head is that is no CSV text in UTF-8.
fn what_else(head: &[u8], whole: bool) -> Option<NotText> {
    known_format(head).or_else(|| markup(head)).or_else(|| not_utf8(head, whole))
}

fn known_format(head: &[u8]) -> Option<NotText> {
    let starts: [(&[u8], NotText); 13] = [
        (b"\xFF\xFE\0\0", NotText::Utf32),
        (b"\0\0\xFE\xFF", NotText::Utf32),
        (b"\xFF\xFE", NotText::Utf16),
        (b"\xFE\xFF", NotText::Utf16),
        (b"PAR1", NotText::Format("a Parquet file")),
        (b"%PDF-", NotText::Format("a PDF document")),
        (b"BZh", NotText::Format("compressed with bzip2 (only gzip and zstd are read)")),
        (b"\xFD7zXZ\0", NotText::Format("compressed with xz (only gzip and zstd are read)")),
        (b"7z\xBC\xAF\x27\x1C", NotText::Format("a 7z archive")),
        (b"SQLite format 3\0", NotText::Format("a SQLite database")),
        (b"ARROW1\0", NotText::Format("an Arrow file")),
        (b"Obj\x01", NotText::Format("an Avro file")),
        (b"\xD0\xCF\x11\xE0", NotText::Format("an old Excel workbook (xls)")),
    ];
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        let holds = |name: &[u8]| memchr::memmem::find(head, name).is_some();
        return Some(NotText::Format(match () {
            () if holds(b"xl/") || holds(b"[Content_Types].xml") => "an Excel workbook (xlsx)",
            () if holds(b"opendocument.spreadsheet") => "an OpenDocument spreadsheet (ods)",
            () => "a zip archive",
        }));
    }
    starts.into_iter().find(|(start, _)| head.starts_with(start)).map(|(_, what)| what)
}

fn markup(head: &[u8]) -> Option<NotText> {
    let text = head.trim_ascii_start();
    let start = text[..text.len().min(1024)].to_ascii_lowercase();
    let holds = |word: &[u8]| memchr::memmem::find(&start, word).is_some();
    match start.first()? {
        b'<' if holds(b"<!doctype html") || holds(b"<html") || holds(b"<head") || holds(b"<body") => {
            Some(NotText::Html)
        }
        b'<' if start.starts_with(b"<?xml") || holds(b"</") || holds(b"/>") => Some(NotText::Xml),
        b'{' | b'[' => {
            let next = start[1..].trim_ascii_start().first();
            next.is_some_and(|byte| b"{[\"]}".contains(byte)).then_some(NotText::Json)
        }
        _ => None,
    }
}

fn not_utf8(head: &[u8], whole: bool) -> Option<NotText> {
    let line_of = |at: usize| memchr::memchr_iter(b'\n', &head[..at]).count() as u64 + 1;
    if let Some(at) = memchr::memchr(0, head) {
        // Latin text in UTF-16 is every second byte NUL.
        let start = &head[..head.len().min(64)];
        let zeros = |from: usize| start.iter().skip(from).step_by(2).all(|byte| *byte == 0);
        return Some(if start.len() >= 4 && (zeros(0) != zeros(1)) {
            NotText::Utf16
        } else {
            NotText::Binary { line: line_of(at) }
        });
    }
    match std::str::from_utf8(head) {
        Ok(_) => None,
        // The head may end within a character.
        Err(error) if error.error_len().is_none() && !whole => None,
        Err(error) => Some(NotText::NotUtf8 { line: line_of(error.valid_up_to()) }),
    }
}
