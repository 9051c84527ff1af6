//! Checkpoints: reading on from where the last run stopped.
//!
//! Tallies add up, so those of a file that has grown are those of its beginning, kept from the last run, and those of
//! what is new. `csv/resume.rs` counts by this module; `pipeline` is told where checkpoints are kept.
//!
//! Invariant: what comes out is what reading everything would give, to the byte. Whatever is not certain is read again.
//!
//! # What is kept
//!
//! Per file and asker (the agreements that read it together):
//! - the *question*: a digest of everything that decides what is counted. That is the plans (rules, units, formats,
//!   bounds on time as instants), the layout of the file and its column names, the versions of this program and of the
//!   time-zone data. Another question is another count: everything is read again. So a `--since 30d`, whose instant
//!   moves with the clock, and a duration that is open until now, are counted anew each time;
//! - the *cut*: the end of the last record that has an end. What stands behind it, a line that is still being written,
//!   is read in every run and never kept. Reading everything takes it as a record, and so does this;
//! - the tallies of all tables up to there, and what was noted: rows, rejected rows with their lines, doubts, the span;
//!   the number of the next line;
//! - what proves the beginning of the file, below.
//!
//! Nothing else needs to be kept. At the start of a record the scanner has no state but the keys of interval rows. The
//! description is made anew in every run, from the head of the file; where that does not settle whether the day or the
//! month is first, the rest is searched, and how far that came is kept, too.
//!
//! # What proves that a file still begins as it did
//!
//! - It is the same file, by device and inode; renaming it changes nothing. Where the device has another number (a volume
//!   that was mounted again) the same inode under the same name is tried. A new file is read from its start.
//! - It is not shorter. It is not as long as before and written since.
//! - BLAKE3 digests of its content. They come from the bytes that were counted, not from a second look. The block that
//!   the cut lies in is always held against its own; of the blocks before it (eight at a time) the first and the last,
//!   another pair in turn, and one that is drawn by the content. In a file of less than some 16 MiB that is all of it, and
//!   so it is where the file did not grow: a time of writing can be set back, and does not prove that nobody wrote.
//! - Where size and times are those of the last run, and lay in the past far enough for a later write to show, nothing was
//!   written and nothing is looked at. By this alone compressed files are known, whose tallies are kept as a whole.
//!
//! So these are noticed at once: truncation, replacement, rotation, every edit that makes a file shorter or longer (what
//! follows is moved), every edit without new rows, every edit near the end. An edit in the middle of a large file that
//! keeps its length and comes together with new rows is noticed when its turn comes: a file of 10 GB is gone through in
//! some 2,400 runs. [`Mode::Verify`] reads everything and compares.
//!
//! # What is always read as a whole
//!
//! Standard input and pipes. Interval and finished rows: a key that was there before makes the input untrustworthy, and
//! which row is the second one depends on all files before. Inputs with more to keep than there is room for.

mod bytes;
mod evidence;
mod kept;

pub(super) use bytes::{Reader, Writer};
pub(super) use evidence::{Beginning, FileFacts, bytes_of};
pub(super) use kept::{Extent, Kept};

use crate::model::FileId;
use crate::model::display::count;
use crate::source::{Body, Opened};
use std::fmt;

/// What a scan is told of earlier runs, and what it leaves for the next.
pub struct Resume<'a> {
    /// What the last run kept of a file.
    pub find: &'a dyn Fn(FileId) -> Option<Vec<u8>>,
    /// The system's clock before anything was opened, in nanoseconds since 1970.
    pub clock: i64,
    /// Whether what was kept is trusted.
    pub mode: Mode,
    /// What is to be kept.
    pub keep: Keep,
    /// How the input was read.
    pub how: How,
    /// Whether its last line has no line end, so that it may still be being written.
    pub unended: bool,
}

/// What is to be kept of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing, and what there is may go.
    #[default]
    Nothing,
    /// What was found holds.
    Same(FileId),
    /// These bytes.
    New(FileId, Vec<u8>),
}

/// Whether what was kept is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As far as it is proved.
    #[default]
    Resume,
    /// Everything is read, and compared with what was kept.
    Verify,
}

/// How an input was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum How {
    /// From its start: nothing of it was kept.
    #[default]
    Anew,
    /// From the first position on; so many bytes are known from before.
    Resumed {
        /// Bytes that are known from before.
        known: u64,
    },
    /// Everything, although something was kept.
    Again(Changed),
    /// Everything, as always.
    Whole(Unfit),
}

/// Why what was kept is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Rules, options, columns or versions are others.
    Question,
    /// It is damaged, or of another version.
    Garbled,
    /// Another file has the name.
    Replaced,
    /// The file is shorter.
    Shorter,
    /// The file was written and did not grow.
    Written,
    /// What stands between these positions is not what it was.
    Edited {
        /// The first byte.
        from: u64,
        /// The one behind the last.
        to: u64,
    },
    /// Its bytes are what they were, and yet the tallies are others.
    Tallies,
    /// The file could not be read.
    Unreadable,
    /// What was kept is asked to be compared, and is right.
    Verified,
}

/// Why an input is always read as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Its rows have keys.
    Keyed,
    /// It is no file that has a name.
    NoFile,
    /// There is too much to keep.
    TooMuch,
}

impl Opened {
    /// Takes over how far an earlier run searched it, if it still begins as it did; before it is described.
    pub fn recall(&mut self, find: &dyn Fn(FileId) -> Option<Vec<u8>>) {
        let (Some(facts), Body::File(file, _)) = (&self.facts, &self.body) else { return };
        let kept = find(facts.id).as_deref().and_then(Kept::from_bytes);
        if let Some(kept) = kept.filter(|kept| !kept.searched.is_empty())
            && kept.lead(file, facts, Mode::Resume).is_ok()
        {
            self.searches.known = kept.searched;
        }
    }
}

impl How {
    /// Whether somebody changed the past: what was read before, and is still there.
    pub fn is_suspicious(&self) -> bool {
        matches!(self, How::Again(Changed::Edited { .. } | Changed::Tallies))
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            How::Anew => f.write_str("read from its start: nothing of it was kept"),
            How::Resumed { known } => write!(f, "read on after {} bytes", count(*known)),
            How::Again(Changed::Verified) => f.write_str("read again, and it is what was kept"),
            How::Again(changed) => write!(f, "read again from its start: {changed}"),
            How::Whole(unfit) => write!(f, "read as a whole: {unfit}"),
        }
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Changed::Question => {
                f.write_str("rules, options, columns or versions are not those of the last run")
            }
            Changed::Garbled => f.write_str("what was kept is damaged, or of another version"),
            Changed::Replaced => f.write_str("another file has its name now"),
            Changed::Shorter => f.write_str("it is shorter than it was"),
            Changed::Written => f.write_str("it was written since and did not grow"),
            Changed::Edited { from, to } => write!(
                f,
                "what was read before was edited since, between bytes {} and {}",
                count(*from),
                count(*to)
            ),
            Changed::Tallies => f.write_str("what was kept does not follow from it"),
            Changed::Unreadable => f.write_str("it could not be compared with what was kept"),
            Changed::Verified => f.write_str("as asked"),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unfit::Keyed => "double rows are looked for among all rows of all files",
            Unfit::NoFile => "it is no file that can be read from the middle",
            Unfit::TooMuch => "there is more to keep of it than there is room for",
        })
    }
}
