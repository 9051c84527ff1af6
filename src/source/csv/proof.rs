//! What proves the part of a file that was counted: the digests of its blocks, as they were read.

use crate::source::checkpoint::{Beginning, bytes_of};
use crate::source::digest::{BlockDigest, Leaves};
use std::fs::File;
use std::io;

/// The digests of a file's blocks: those before `from` are known, those behind were read.
pub(super) struct Blocks<'a> {
    pub(super) file: &'a File,
    pub(super) len: u64,
    pub(super) block: u64,
    /// What stands between the blocks that are known and `from`.
    pub(super) lead: &'a [u8],
    pub(super) from: u64,
    pub(super) digests: Option<&'a [BlockDigest]>,
}

impl Blocks<'_> {
    /// What proves the first `cut` bytes, and the digest of all of the file, which is unknown of a single block. Nothing
    /// where the file is no longer what was read.
    pub(super) fn proof(
        &self,
        mut leaves: Leaves,
        cut: u64,
        round: u64,
    ) -> io::Result<Option<(Beginning, Option<String>)>> {
        let block = self.block;
        let covered = leaves.blocks();
        let (kept, last) = ((cut - 1) / block, (self.len - 1) / block);
        let digest = |index: u64| self.digest(index, covered);
        for index in covered..kept {
            let Some(digest) = digest(index) else { return Ok(None) };
            leaves.push(digest);
        }
        let tail = if cut == self.from {
            let from = ((kept - covered) * block) as usize;
            blake3::hash(self.lead.get(from..).unwrap_or_default())
        } else {
            // Only what was counted is to be proved: a second look must find what was read.
            let bytes = bytes_of(self.file, kept * block, ((kept + 1) * block).min(self.len))?;
            let read = BlockDigest::of(&bytes, kept * block);
            if digest(kept) != Some(read) {
                return Ok(None);
            }
            blake3::hash(bytes.get(..(cut - kept * block) as usize).unwrap_or_default())
        };
        let beginning = Beginning { cut, block, leaves: leaves.clone(), tail: *tail.as_bytes(), round };
        for index in kept..last {
            let Some(digest) = digest(index) else { return Ok(None) };
            leaves.push(digest);
        }
        Ok(digest(last).map(|last| (beginning, leaves.root(last))))
    }

    fn digest(&self, index: u64, covered: u64) -> Option<BlockDigest> {
        let first = self.from / self.block;
        match index.checked_sub(first) {
            Some(index) => self.digests?.get(usize::try_from(index).ok()?).copied(),
            None => {
                let from = ((index.checked_sub(covered)?) * self.block) as usize;
                let bytes = self.lead.get(from..from + self.block as usize)?;
                Some(BlockDigest::of(bytes, index * self.block))
            }
        }
    }
}
