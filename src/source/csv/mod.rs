//! The CSV scanner: one pass over the bytes of a file fills the tables of every plan.
//!
//! ```text
//! parallel / ordered   blocks of bytes, by several threads or in order
//!   batch              … to records: positions of separators, found by the kernel
//!     worker           … to columns: numbers, times, tests, labels; to codes; to cells
//!       row            … or, for odd rows, one by one and exactly
//! ```
//!
//! Invariant: threads, block sizes, instruction sets and the path taken do not change a single number.

mod batch;
mod cells;
mod counted;
mod kernel;
mod keys;
mod notes;
mod number;
mod ordered;
mod parallel;
mod proof;
mod resume;
mod row;
mod scan;
mod scratch;
mod shapes;
mod spelling;
mod table;
mod time;
mod witness;
mod worker;

pub use kernel::Isa;
pub use number::Fault;
pub use resume::tally_on;
pub use row::RowCell;
pub use witness::{Row, RowFate, Witness};
pub use worker::MOST_GROUPS;

use self::batch::{Batch, Sink};
use self::keys::Keys;
use self::ordered::InOrder;
use self::scan::{InBlocks, Scan, Stretch};
use self::worker::Worker;
use super::digest::{self, Digests};
use super::{Body, FileLayout, Opened, SourceError};
use crate::model::{Schema, Tallies};
use crate::plan::Plan;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicU64;

/// How the work is done. Nothing of it changes a result; tests try it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Threads for a regular file; at least one.
    pub threads: usize,
    /// Instruction set; `None` takes the best of this machine.
    pub isa: Option<Isa>,
    /// Bytes read at a time.
    pub block: usize,
    /// Which rows take the general path.
    pub route: Route,
    /// Whether a regular file is cut into blocks or read in order.
    pub order: Order,
}

/// Which rows take the general path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Those that the loops over columns leave.
    #[default]
    Quick,
    /// All of them.
    Exact,
}

/// How a regular file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// In blocks, by several threads.
    #[default]
    Blocks,
    /// From its beginning to its end.
    Sequential,
}

impl Default for Tuning {
    fn default() -> Tuning {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Tuning { threads, isa: None, block: BLOCK, route: Route::Quick, order: Order::Blocks }
    }
}

/// What a scan is told beside plan and input.
#[derive(Clone, Debug)]
pub struct ScanOptions<'a> {
    /// How the work is done.
    pub tuning: Tuning,
    /// Counts the bytes that were read.
    pub progress: &'a AtomicU64,
    /// How the bounds on time are called in the report.
    pub since: Option<String>,
    /// As `since`.
    pub until: Option<String>,
    /// Whether the digests of inputs are wanted.
    pub digests: Digests,
}

/// Bytes read at a time: half of a second-level cache.
pub const BLOCK: usize = 512 << 10;

/// What one file leaves for the next: the keys of interval rows, per plan.
#[derive(Default)]
pub struct Carry {
    keys: Vec<Option<Keys>>,
}

/// Counts what every plan asks of one input. The result has one entry per plan, with one intake each.
pub fn tally(
    opened: Opened,
    layout: &FileLayout,
    schema: &Schema,
    plans: &[&Plan],
    options: &ScanOptions<'_>,
    carry: &mut Carry,
) -> Result<Vec<Tallies>, SourceError> {
    let scan = Scan { layout, schema, plans, options, name: opened.name.clone() };
    let keyed = plans.iter().any(|plan| plan.key.is_some());
    let start = layout.dialect.body;
    let Opened { head, body, hashing, .. } = opened;
    let (counted, digest) = match body {
        Body::File(file, len) => {
            let stretch = Stretch { from: start, to: len, ..scan.body() };
            let blocks = options.tuning.order == Order::Blocks && !keyed && len > start;
            let in_blocks = if blocks { scan.in_blocks(&file, &stretch) } else { Err(InBlocks::Careful) };
            match in_blocks {
                Ok((counted, done)) => {
                    let several = done.digests.filter(|digests| done.first + digests.len() as u64 > 1);
                    let digest = several
                        .map(|digests| digest::of_blocks(&file, options.tuning.block, done.first, digests));
                    (counted, digest.map_or_else(|| scan.digest_of(&file, len), |digest| digest.map(Some)))
                }
                Err(InBlocks::Careful) => {
                    let mut rest = FromFile { file: &file, at: start, len };
                    let counted = scan.in_order(&[], &mut rest, carry, &stretch)?.counted;
                    (counted, scan.digest_of(&file, len))
                }
                Err(InBlocks::Failed(error)) => return Err(error),
            }
        }
        Body::Stream(mut rest) => {
            let counted = scan.in_order(behind(&head, start), &mut *rest, carry, &scan.body())?.counted;
            (counted, hashing.finish(&head))
        }
    };
    let digest = digest.map_err(|error| scan.read_error(&error))?;
    Ok(scan.tallies(counted, digest.as_ref()))
}

/// Shows every row of one input to a witness, one by one. Returns the digest, where it is wanted.
pub fn watch(
    opened: Opened,
    layout: &FileLayout,
    schema: &Schema,
    plans: &[&Plan],
    options: &ScanOptions<'_>,
    carry: &mut Carry,
    witness: &mut dyn Witness,
) -> Result<Option<String>, SourceError> {
    let scan = Scan { layout, schema, plans, options, name: opened.name.clone() };
    let Opened { head, body, hashing, .. } = opened;
    let start = layout.dialect.body;
    let digest = match body {
        Body::File(file, len) => {
            scan.watched(&[], &mut FromFile { file: &file, at: start, len }, carry, witness)?;
            scan.digest_of(&file, len)
        }
        Body::Stream(mut rest) => {
            scan.watched(behind(&head, start), &mut *rest, carry, witness)?;
            hashing.finish(&head)
        }
    };
    digest.map_err(|error| scan.read_error(&error))
}

/// What a head holds from a position on.
fn behind(head: &[u8], start: u64) -> &[u8] {
    &head[usize::try_from(start).unwrap_or(usize::MAX).min(head.len())..]
}

/// Reads a file by position up to where it ended when it was opened.
struct FromFile<'a> {
    file: &'a std::fs::File,
    at: u64,
    len: u64,
}

impl Read for FromFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.len - self.at).unwrap_or(usize::MAX).min(buffer.len());
        if left == 0 {
            return Ok(0);
        }
        let read = self.file.read_at(&mut buffer[..left], self.at)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.at += read as u64;
        Ok(read)
    }
}

/// The workers of one thread: one per plan.
pub(super) struct Sinks<'p> {
    workers: Vec<Worker<'p>>,
    fields: usize,
}

impl Sink for Sinks<'_> {
    fn batch(&mut self, batch: &Batch<'_>) {
        self.workers.iter_mut().for_each(|worker| worker.batch(batch));
    }

    fn ragged(&mut self, bytes: &[u8], start: usize, record: Range<usize>, fields: usize) {
        let expected = self.fields;
        self.workers
            .iter_mut()
            .for_each(|worker| worker.ragged(bytes, start, record.clone(), fields, expected));
    }
}

impl Sinks<'_> {
    fn begin_block(&mut self, block: u64) {
        self.workers.iter_mut().for_each(|worker| worker.block = block);
    }

    fn close(&mut self) {
        self.workers.iter_mut().for_each(Worker::close);
    }

    fn stopped(&self) -> bool {
        self.workers.iter().any(|worker| worker.stop.is_some())
    }
}

impl InOrder for Sinks<'_> {
    fn begin_block(&mut self, block: u64, _: u64) {
        Sinks::begin_block(self, block);
    }

    fn stopped(&self) -> bool {
        Sinks::stopped(self)
    }
}
