//! What is remembered of a file to see later whether it still begins as it did.

use super::Changed;
use super::bytes::{Reader, Writer};
use crate::model::FileId;
use crate::source::digest::{BlockDigest, Leaves};
use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

/// How long a file must have been left alone, in nanoseconds, before its times can prove that nobody wrote since: file
/// systems count in steps of up to two seconds.
const QUIET: i128 = 3_000_000_000;

/// Parts of a beginning that are looked at in one run.
const AT_ONCE: u64 = 4;

/// What the system knows of a file, from before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) struct FileFacts {
    pub(in crate::source) id: FileId,
    pub(in crate::source) len: u64,
    /// When its content was written last, and when anything of it was; nanoseconds since 1970.
    pub(super) modified: i128,
    changed: i128,
}

impl FileFacts {
    pub(in crate::source) fn of(metadata: &Metadata) -> FileFacts {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        FileFacts {
            id: FileId { device: metadata.dev(), inode: metadata.ino() },
            len: metadata.len(),
            modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether whatever is written from now on will show in the times.
    pub(in crate::source) fn are_quiet(&self, clock: i64) -> bool {
        self.changed.max(self.modified) + QUIET < i128::from(clock)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.number(self.id.device);
        writer.number(self.id.inode);
        writer.number(self.len);
        writer.signed(self.modified);
        writer.signed(self.changed);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<FileFacts> {
        Some(FileFacts {
            id: FileId { device: reader.number()?, inode: reader.number()? },
            len: reader.number()?,
            modified: reader.signed()?,
            changed: reader.signed()?,
        })
    }
}

/// What proves the first bytes of a file that grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) struct Beginning {
    /// How many bytes: up to the end of a record.
    pub(in crate::source) cut: u64,
    /// Length of a block.
    pub(in crate::source) block: u64,
    /// The blocks before the one that holds the last of the bytes.
    pub(in crate::source) leaves: Leaves,
    /// BLAKE3 of the bytes behind those blocks.
    pub(in crate::source) tail: [u8; 32],
    /// How often this was looked at: another part each time.
    pub(in crate::source) round: u64,
}

impl Beginning {
    /// Where the bytes behind the blocks begin.
    fn tail_from(&self) -> u64 {
        self.leaves.blocks() * self.block
    }

    /// Looks whether a file still begins like this, and returns the bytes behind the blocks. Of the blocks only some are
    /// looked at, others each time.
    pub(in crate::source) fn holds(&self, file: &File) -> Result<Vec<u8>, Changed> {
        let tail = self.unedited_tail(file)?;
        self.looked_at().into_iter().try_for_each(|part| self.part_holds(file, part))?;
        Ok(tail)
    }

    /// The parts that are looked at this time: all, where there are few.
    fn looked_at(&self) -> BTreeSet<u64> {
        let parts = self.leaves.parts();
        if parts <= AT_ONCE {
            return (0..parts).collect();
        }
        let mut hash = blake3::Hasher::new();
        hash.update(&self.tail).update(&self.cut.to_le_bytes()).update(&self.round.to_le_bytes());
        let drawn = hash.finalize().as_bytes()[..8].try_into().map_or(0, u64::from_le_bytes);
        BTreeSet::from([0, parts - 1, self.round % parts, drawn % parts])
    }

    /// The bytes behind the blocks, if they are what they were.
    pub(in crate::source) fn unedited_tail(&self, file: &File) -> Result<Vec<u8>, Changed> {
        let from = self.tail_from();
        let mut tail = vec![0; usize::try_from(self.cut - from).map_err(|_| Changed::Unreadable)?];
        file.read_exact_at(&mut tail, from).map_err(|_| Changed::Unreadable)?;
        if blake3::hash(&tail).as_bytes() == &self.tail {
            Ok(tail)
        } else {
            Err(Changed::Edited { from, to: self.cut })
        }
    }

    fn part_holds(&self, file: &File, part: u64) -> Result<(), Changed> {
        for (blocks, digest) in self.leaves.part(part) {
            let (from, to) = (blocks.start * self.block, blocks.end * self.block);
            match BlockDigest::of_range(file, from, to) {
                Ok(found) if found == digest => {}
                Ok(_) => return Err(Changed::Edited { from, to }),
                Err(_) => return Err(Changed::Unreadable),
            }
        }
        Ok(())
    }

    /// Looks at all of it.
    pub(in crate::source) fn holds_everywhere(&self, file: &File) -> Result<(), Changed> {
        (0..self.leaves.parts()).try_for_each(|part| self.part_holds(file, part))?;
        self.unedited_tail(file).map(drop)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.number(self.cut);
        writer.number(self.block);
        for values in [&self.leaves.units, &self.leaves.singles] {
            writer.number(values.len() as u64);
            for value in values {
                writer.raw(value);
            }
        }
        writer.raw(&self.tail);
        writer.number(self.round);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Beginning> {
        let (cut, block) = (reader.number()?, reader.number()?);
        let mut values = || {
            let count = reader.count()?;
            (0..count).map(|_| reader.digest()).collect::<Option<Vec<_>>>()
        };
        let leaves = Leaves { units: values()?, singles: values()? };
        let beginning = Beginning { cut, block, leaves, tail: reader.digest()?, round: reader.number()? };
        let fits = BlockDigest::fits(usize::try_from(block).ok()?)
            && beginning.leaves.singles.len() < Leaves::UNIT
            && beginning.leaves.blocks().checked_mul(block).is_some_and(|blocks| blocks < cut)
            && cut - beginning.tail_from() <= block;
        fits.then_some(beginning)
    }
}

/// The bytes of a file from one position to another.
pub(in crate::source) fn bytes_of(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(to.saturating_sub(from)).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes)
}
