//! BLAKE3 digests of inputs, of their bytes as they are stored: what `b3sum FILE` prints.
//!
//! A file that is read in blocks is hashed by the threads that read them: BLAKE3 is a tree of chunks, and a block that
//! begins at a multiple of its own length, a power of two, is one of its subtrees. What can be read only once is
//! hashed as it passes, before it is decompressed.

use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};
use blake3::{CHUNK_LEN, Hasher};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

/// Whether the digests of inputs are wanted: they are evidence, and cost a part of the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digests {
    /// Nobody asks.
    #[default]
    Unwanted,
    /// Every input is hashed.
    Wanted,
}

/// How the digest of an opened input is come by.
#[derive(Default)]
pub(super) enum Hashing {
    /// Not at all.
    #[default]
    Off,
    /// From the file, or from the head where that is everything.
    Stored,
    /// From what passes on its way to the reader.
    Passing(Passing),
    /// It is known already.
    Known(String),
}

impl Hashing {
    pub(super) fn wanted(&self) -> Digests {
        if matches!(self, Hashing::Off) { Digests::Unwanted } else { Digests::Wanted }
    }

    /// The digest of what was read as a stream after this head.
    pub(super) fn finish(self, head: &[u8]) -> io::Result<Option<String>> {
        Ok(match self {
            Hashing::Off => None,
            // Such a file is no stream unless its head is all of it.
            Hashing::Stored => Some(of_bytes(head)),
            Hashing::Known(digest) => Some(digest),
            Hashing::Passing(passing) => Some(passing.finish()?),
        })
    }
}

/// A reader that hashes what passes through it. Its clones are the same reader.
#[derive(Clone)]
pub(super) struct Passing(Arc<Mutex<Tee>>);

struct Tee {
    inner: Box<dyn Read + Send>,
    hasher: Hasher,
}

impl Passing {
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Passing {
        Passing(Arc::new(Mutex::new(Tee { inner, hasher: Hasher::new() })))
    }

    /// The digest of everything, also of what nobody has read yet.
    pub(super) fn finish(&self) -> io::Result<String> {
        let mut tee = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Tee { inner, hasher } = &mut *tee;
        hasher.update_reader(inner)?;
        Ok(hasher.finalize().to_hex().to_string())
    }
}

impl Read for Passing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tee = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = tee.inner.read(buffer)?;
        tee.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

/// The digest of bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The digest of the first `len` bytes of a file, by reading them.
pub(super) fn of_file(file: &File, len: u64) -> io::Result<String> {
    let mut hasher = Hasher::new();
    feed(&mut hasher, file, 0, len)?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn feed(hasher: &mut Hasher, file: &File, mut from: u64, to: u64) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    while from < to {
        let some = buffer.len().min(usize::try_from(to - from).unwrap_or(usize::MAX));
        file.read_exact_at(&mut buffer[..some], from)?;
        hasher.update(&buffer[..some]);
        from += some as u64;
    }
    Ok(())
}

/// The digest of a block as a part of its file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockDigest(pub(super) ChainingValue);

impl BlockDigest {
    /// Whether blocks of this length are subtrees.
    pub(super) fn fits(block: usize) -> bool {
        block.is_power_of_two() && block >= CHUNK_LEN
    }

    /// Of a block that begins at `offset` of its file, a multiple of the block length; not empty, and not all of the
    /// file.
    pub(super) fn of(bytes: &[u8], offset: u64) -> BlockDigest {
        BlockDigest::of_parts(&[], bytes, offset)
    }

    /// As [`BlockDigest::of`], of a block in two parts.
    pub(super) fn of_parts(first: &[u8], second: &[u8], offset: u64) -> BlockDigest {
        let mut hasher = Hasher::new();
        BlockDigest(hasher.set_input_offset(offset).update(first).update(second).finalize_non_root())
    }

    /// Of bytes of a file; they are a subtree.
    pub(super) fn of_range(file: &File, from: u64, to: u64) -> io::Result<BlockDigest> {
        let mut hasher = Hasher::new();
        feed(hasher.set_input_offset(from), file, from, to)?;
        Ok(BlockDigest(hasher.finalize_non_root()))
    }
}

/// Hashes bytes that follow each other in blocks.
pub(super) struct BlockHasher {
    block: u64,
    at: u64,
    hasher: Hasher,
    digests: Vec<BlockDigest>,
}

impl BlockHasher {
    /// For bytes from this position on; `lead` is what stands before them in their block.
    pub(super) fn new(block: usize, from: u64, lead: &[u8]) -> BlockHasher {
        let block = block as u64;
        let mut hasher = Hasher::new();
        if BlockDigest::fits(block as usize) {
            hasher.set_input_offset(from - from % block);
        }
        hasher.update(lead);
        BlockHasher { block, at: from, hasher, digests: Vec::new() }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = usize::try_from(self.block - self.at % self.block).unwrap_or(usize::MAX);
            let (now, rest) = bytes.split_at(room.min(bytes.len()));
            self.hasher.update(now);
            self.at += now.len() as u64;
            if self.at.is_multiple_of(self.block) {
                self.digests.push(BlockDigest(self.hasher.finalize_non_root()));
                self.hasher = Hasher::new();
                self.hasher.set_input_offset(self.at);
            }
            bytes = rest;
        }
    }

    /// The digests of all blocks, the last of which need not be whole.
    pub(super) fn finish(&mut self) -> Vec<BlockDigest> {
        if !self.at.is_multiple_of(self.block) {
            self.digests.push(BlockDigest(self.hasher.finalize_non_root()));
        }
        std::mem::take(&mut self.digests)
    }
}

/// The digests of the whole blocks that a file begins with, without its last block: enough to make the digest of the
/// file when it has grown, and to see whether a part of it is still what it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaves {
    /// Of eight blocks each.
    pub(super) units: Vec<ChainingValue>,
    /// Of the blocks behind them, fewer than eight.
    pub(super) singles: Vec<ChainingValue>,
}

impl Leaves {
    /// Blocks whose digests are kept as one: a subtree, too.
    pub(super) const UNIT: usize = 8;

    /// How many blocks they cover.
    pub(super) fn blocks(&self) -> u64 {
        (self.units.len() * Leaves::UNIT + self.singles.len()) as u64
    }

    /// The next block. It is not the last one of its file.
    pub(super) fn push(&mut self, block: BlockDigest) {
        self.singles.push(block.0);
        if self.singles.len() == Leaves::UNIT {
            self.units.push(subtree(&self.singles));
            self.singles.clear();
        }
    }

    /// How many parts of the file can be looked at one by one: the units, and the blocks behind them together.
    pub(super) fn parts(&self) -> u64 {
        self.units.len() as u64 + u64::from(!self.singles.is_empty())
    }

    /// The digests of a part, each with its blocks.
    pub(super) fn part(&self, index: u64) -> Vec<(std::ops::Range<u64>, BlockDigest)> {
        let unit = Leaves::UNIT as u64;
        let first = index * unit;
        let whole = usize::try_from(index).ok().and_then(|index| self.units.get(index));
        match whole {
            Some(digest) => vec![(first..first + unit, BlockDigest(*digest))],
            None => (first..).zip(&self.singles).map(|(at, one)| (at..at + 1, BlockDigest(*one))).collect(),
        }
    }

    /// The digest of the file that has one more block, its last; `None` without any before it.
    pub(super) fn root(&self, last: BlockDigest) -> Option<String> {
        // What is complete of the tree, from its left edge: each subtree is larger than the next.
        let mut edge: Vec<ChainingValue> = Vec::new();
        for values in [&self.units, &self.singles] {
            let base = edge.len();
            for (index, value) in values.iter().enumerate() {
                edge.push(*value);
                for _ in 0..(index + 1).trailing_zeros() {
                    if edge.len() >= base + 2
                        && let (Some(right), Some(left)) = (edge.pop(), edge.pop())
                    {
                        edge.push(merge_subtrees_non_root(&left, &right, Mode::Hash));
                    }
                }
            }
        }
        let mut right = last.0;
        while edge.len() > 1
            && let Some(left) = edge.pop()
        {
            right = merge_subtrees_non_root(&left, &right, Mode::Hash);
        }
        Some(merge_subtrees_root(&edge.pop()?, &right, Mode::Hash).to_hex().to_string())
    }
}

/// The digest of a file of at least two blocks: those up to `known` are read here, the digests of the others are given,
/// in order.
pub(super) fn of_blocks(
    file: &File,
    block: usize,
    known: u64,
    digests: impl IntoIterator<Item = BlockDigest>,
) -> io::Result<String> {
    let mut all = Vec::new();
    for index in 0..known {
        let offset = index * block as u64;
        let mut hasher = Hasher::new();
        feed(hasher.set_input_offset(offset), file, offset, offset + block as u64)?;
        all.push(hasher.finalize_non_root());
    }
    all.extend(digests.into_iter().map(|digest| digest.0));
    let (left, right) = all.split_at(left_of(all.len()));
    Ok(merge_subtrees_root(&subtree(left), &subtree(right), Mode::Hash).to_hex().to_string())
}

fn subtree(blocks: &[ChainingValue]) -> ChainingValue {
    if let [one] = blocks {
        return *one;
    }
    let (left, right) = blocks.split_at(left_of(blocks.len()));
    merge_subtrees_non_root(&subtree(left), &subtree(right), Mode::Hash)
}

/// Of so many blocks, at least two, how many the left subtree holds: the largest power of two that leaves one.
fn left_of(blocks: usize) -> usize {
    blocks.div_ceil(2).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn left_subtrees() {
        for (blocks, left) in [(2, 1), (3, 2), (4, 2), (5, 4), (8, 4), (9, 8), (1025, 1024)] {
            assert_eq!(left_of(blocks), left, "{blocks}");
        }
    }

    #[test]
    fn leaves_make_the_digest_of_the_file_that_grew() {
        let bytes: Vec<u8> = (0..40 * 1024).map(|at| (at * 31 % 251) as u8).collect();
        let block = |at: usize, end: usize| BlockDigest::of(&bytes[at * 1024..end], at as u64 * 1024);
        let mut leaves = Leaves::default();
        for whole in 1..39 {
            leaves.push(block(whole - 1, whole * 1024));
            assert_eq!(leaves.blocks(), whole as u64);
            for end in [whole * 1024 + 1, whole * 1024 + 1023, whole * 1024 + 1024] {
                assert_eq!(leaves.root(block(whole, end)), Some(of_bytes(&bytes[..end])), "{end}");
            }
            let parts: Vec<_> = (0..leaves.parts()).flat_map(|part| leaves.part(part)).collect();
            assert_eq!(parts.last().unwrap().0.end, whole as u64);
            for (blocks, digest) in parts {
                let (from, to) = (blocks.start as usize * 1024, blocks.end as usize * 1024);
                assert_eq!(digest, BlockDigest::of(&bytes[from..to], from as u64));
            }
        }
        assert_eq!(Leaves::default().root(block(0, 1024)), None);
    }

    #[test]
    fn blocks_make_the_digest_of_the_file() {
        for len in [1025usize, 2047, 2048, 2049, 5000, 8192, 70_001] {
            let bytes: Vec<u8> = (0..len).map(|at| (at * 31 % 251) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            for known in [0, 1] {
                let blocks = bytes.chunks(1024).enumerate().skip(known as usize);
                let digests = blocks.map(|(at, block)| BlockDigest::of(block, at as u64 * 1024));
                assert_eq!(of_blocks(&file, 1024, known, digests).unwrap(), of_bytes(&bytes), "{len}");
            }
            assert_eq!(of_file(&file, len as u64).unwrap(), of_bytes(&bytes));
        }
        // The test vector of the BLAKE3 paper's repository for an empty input.
        assert_eq!(of_bytes(b""), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
    }
}
