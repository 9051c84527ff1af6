//! Inputs: what they are, what their columns mean, and their tallies.
//!
//! The pipeline calls, in this order: [`expand`] what the user named, [`open_all`] of it, [`describe`] them
//! together, and then the scanner once the plan is made.

pub mod cell;
pub mod checkpoint;
pub mod csv;
pub mod prometheus;
mod describe;
mod digest;
mod error;
mod expand;
mod inspect;
mod open;
mod spread;
mod zstd;
#[cfg(test)]
mod tests;

pub use describe::{Description, FileLayout, describe};
pub use digest::Digests;
pub use error::{NotText, SourceError};
pub use expand::expand;
pub use inspect::{inspect, summary};
pub use open::{open, open_all, open_stream};
pub use spread::{Spread, spread, tells_apart};

use std::fmt;
use std::fs::File;
use std::io::Read;

/// How much of an input is looked at before anything is decided.
pub const HEAD_BYTES: usize = 1 << 20;

/// An input that was opened, and whose head is text.
pub struct Opened {
    /// As the user gave it; `-` is standard input.
    pub name: String,
    /// The first [`HEAD_BYTES`], decompressed, byte order mark and all.
    pub head: Vec<u8>,
    /// Whether that is everything.
    pub whole: bool,
    /// The rest.
    pub body: Body,
    /// What it was compressed with.
    pub compression: Compression,
    hashing: digest::Hashing,
    /// What the system knew of it when it was opened, where it is a file with a name.
    facts: Option<checkpoint::FileFacts>,
    searches: describe::Searches,
}

/// Where the rest of an input comes from.
pub enum Body {
    /// A regular uncompressed file of this many bytes, to be read by position, from the start.
    File(File, u64),
    /// What follows the head, decompressed; empty where the head is everything. Its errors carry a [`SourceError`]
    /// (see [`SourceError::reading`]).
    Stream(Box<dyn Read + Send>),
}

/// How an input is compressed, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952, one member or many.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Opened {
    /// The header record as it is, with its line end if it has one.
    pub fn header(&self, layout: &FileLayout) -> &[u8] {
        describe::header(&self.head, &layout.dialect)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("name", &self.name)
            .field("head", &self.head.len())
            .field("whole", &self.whole)
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}
