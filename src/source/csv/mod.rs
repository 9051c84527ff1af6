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
mod resume;
mod row;
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
use self::kernel::Kernel;
use self::keys::Keys;
use self::notes::{Notes, Place, Window};
use self::ordered::InOrder;
use self::parallel::Unended;
use self::witness::Watching;
use self::worker::{Stop, Worker};
use super::digest::{self, Digests};
use super::{Body, FileLayout, Opened, SourceError};
use crate::model::{Intake, Schema, Tallies, TallyTable};
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

struct Scan<'a> {
    layout: &'a FileLayout,
    schema: &'a Schema,
    plans: &'a [&'a Plan],
    options: &'a ScanOptions<'a>,
    name: String,
}

/// A part of an input that begins with a record.
#[derive(Clone, Copy)]
struct Stretch<'a> {
    /// Its bytes, where they are a file's.
    from: u64,
    to: u64,
    /// The line that its first record is on.
    line: u64,
    /// As [`parallel::Job::lead`].
    lead: &'a [u8],
    unended: Unended,
    digests: Digests,
}

/// What was counted for one plan: its tables, and what was noted, with the lines of the input as places.
type Counted = (Vec<TallyTable>, Notes);

/// What reading in order leaves.
struct Ordered {
    counted: Vec<Counted>,
    /// The line behind what was read.
    line: u64,
    /// Bytes at the end that were left out.
    left: u64,
}

enum InBlocks {
    Careful,
    Failed(SourceError),
}

impl Scan<'_> {
    /// Everything behind the header.
    fn body(&self) -> Stretch<'static> {
        Stretch {
            from: self.layout.dialect.body,
            to: self.layout.dialect.body,
            line: self.layout.dialect.header_lines + 1,
            lead: &[],
            unended: Unended::Counted,
            digests: self.options.digests,
        }
    }

    /// The digest of a file, where it is wanted.
    fn digest_of(&self, file: &std::fs::File, len: u64) -> std::io::Result<Option<String>> {
        let wanted = self.options.digests == Digests::Wanted;
        wanted.then(|| digest::of_file(file, len)).transpose()
    }

    fn kernel(&self) -> Kernel {
        self.options.tuning.isa.map_or_else(Kernel::best, Kernel::new)
    }

    fn sinks(&self) -> Result<Sinks<'_>, SourceError> {
        let workers = self
            .plans
            .iter()
            .map(|plan| Worker::new(plan, self.kernel(), &self.layout.position, self.options.tuning.route))
            .collect::<Result<_, _>>()
            .map_err(|message| SourceError::Mapping { message })?;
        Ok(Sinks { workers, fields: self.layout.fields })
    }

    fn in_blocks(
        &self,
        file: &std::fs::File,
        stretch: &Stretch<'_>,
    ) -> Result<(Vec<Counted>, parallel::Done), InBlocks> {
        let blocks = parallel::blocks(stretch.from, stretch.to, self.options.tuning.block);
        let threads =
            self.options.tuning.threads.clamp(1, usize::try_from(blocks).unwrap_or(usize::MAX).max(1));
        let mut sinks: Vec<Sinks<'_>> =
            (0..threads).map(|_| self.sinks()).collect::<Result<_, _>>().map_err(InBlocks::Failed)?;
        let job = parallel::Job {
            file,
            body: stretch.from,
            len: stretch.to,
            block: self.options.tuning.block,
            kernel: self.kernel(),
            delimiter: self.layout.dialect.delimiter,
            fields: self.layout.fields,
            progress: self.options.progress,
            digests: stretch.digests,
            lead: stretch.lead,
            unended: stretch.unended,
        };
        let done = parallel::scan(&job, &mut sinks).map_err(|halt| match halt {
            parallel::Halt::Io(error) => InBlocks::Failed(self.read_error(&error)),
            // The line of a record that is too long is told by the reader in order, which comes upon it again.
            parallel::Halt::Careful | parallel::Halt::TooLong => InBlocks::Careful,
        })?;
        let counted =
            self.collect(sinks, &done.lines, stretch.line, done.unended).map_err(InBlocks::Failed)?;
        Ok((counted, done))
    }

    fn in_order(
        &self,
        head: &[u8],
        rest: &mut (dyn Read + Send),
        carry: &mut Carry,
        stretch: &Stretch<'_>,
    ) -> Result<Ordered, SourceError> {
        let mut sinks = self.sinks()?;
        carry.keys.resize_with(self.plans.len(), || None);
        for (worker, keys) in sinks.workers.iter_mut().zip(&mut carry.keys) {
            worker.take_over(keys.take());
        }
        let done = self.ordered(head, rest, &mut sinks, stretch)?;
        for (worker, keys) in sinks.workers.iter_mut().zip(&mut carry.keys) {
            *keys = worker.hand_over();
        }
        let line = stretch.line + done.lines.iter().sum::<u64>();
        let counted = self.collect(vec![sinks], &done.lines, stretch.line, done.unended)?;
        Ok(Ordered { counted, line, left: done.left })
    }

    fn watched(
        &self,
        head: &[u8],
        rest: &mut (dyn Read + Send),
        carry: &mut Carry,
        witness: &mut dyn Witness,
    ) -> Result<(), SourceError> {
        let layout = self.layout;
        let first = layout.dialect.header_lines + 1;
        let mut watching = Watching::new(self.plans, &layout.position, layout.fields, first, witness)
            .map_err(|message| SourceError::Mapping { message })?;
        carry.keys.resize_with(self.plans.len(), || None);
        for (mine, known) in watching.keys().zip(&mut carry.keys) {
            if let (Some(mine), Some(known)) = (mine, known.take()) {
                mine.go_on_with(known);
            }
        }
        self.ordered(head, rest, &mut watching, &self.body())?;
        for (mine, known) in watching.keys().zip(&mut carry.keys) {
            *known = mine.take();
        }
        Ok(())
    }

    /// Reads from the beginning to the end.
    fn ordered(
        &self,
        head: &[u8],
        rest: &mut (dyn Read + Send),
        sink: &mut dyn InOrder,
        stretch: &Stretch<'_>,
    ) -> Result<ordered::Done, SourceError> {
        let job = ordered::Job {
            kernel: self.kernel(),
            delimiter: self.layout.dialect.delimiter,
            fields: self.layout.fields,
            block: self.options.tuning.block,
            progress: self.options.progress,
            unended: stretch.unended,
        };
        let unclear = |lines: u64, message| SourceError::Unclear {
            name: self.name.clone(),
            line: Some(stretch.line + lines),
            message,
        };
        ordered::scan(&job, head, rest, sink).map_err(|halt| match halt {
            ordered::Halt::Io(error) => self.read_error(&error),
            ordered::Halt::TooLong(lines) => unclear(
                lines,
                format!("a row longer than {} MiB; this is no CSV", parallel::LONGEST_RECORD >> 20),
            ),
            ordered::Halt::Broken(lines, how) => {
                unclear(lines, format!("{how}: the rows from here on cannot be told apart; mend the quoting"))
            }
        })
    }

    /// Adds up what the threads counted; `line` is that of the first record, and `unended` says whether the last one has
    /// no line end.
    fn collect(
        &self,
        sinks: Vec<Sinks<'_>>,
        lines: &[u64],
        mut line: u64,
        unended: bool,
    ) -> Result<Vec<Counted>, SourceError> {
        let mut stops =
            sinks.iter().flat_map(|sink| sink.workers.iter().map(|worker| worker.stop).enumerate());
        if let Some((plan, stop)) = stops.find_map(|(plan, stop)| Some((plan, stop?))) {
            return Err(self.stopped(plan, stop));
        }
        let mut totals: Vec<Counted> = Vec::new();
        for sink in sinks {
            for (index, worker) in sink.workers.into_iter().enumerate() {
                let (tables, notes) = worker.finish().map_err(|stop| self.stopped(index, stop))?;
                match totals.get_mut(index) {
                    None => totals.push((tables, notes)),
                    Some((mine, noted)) => {
                        for (mine, theirs) in mine.iter_mut().zip(tables) {
                            mine.merge(theirs).ok_or_else(|| self.stopped(index, Stop::Overflow))?;
                        }
                        if mine.iter().any(|table| table.cells.len() > MOST_GROUPS) {
                            return Err(self.stopped(index, Stop::TooManyGroups));
                        }
                        noted.merge(notes);
                    }
                }
            }
        }
        let mut before = Vec::with_capacity(lines.len() + 1);
        for count in lines {
            before.push(line);
            line += count;
        }
        before.push(line);
        let line_of = |place: Place| before.get(place.block as usize).map_or(0, |first| first + place.line);
        for (_, notes) in &mut totals {
            notes.settle(&line_of);
            if unended {
                // The line end that it was given is counted.
                notes.last_is_unended(line - 1);
            }
        }
        Ok(totals)
    }

    /// What was counted as the pipeline takes it.
    fn tallies(&self, counted: Vec<Counted>, digest: Option<&String>) -> Vec<Tallies> {
        let header = |column: usize| self.header(column);
        let window = Window { since: self.options.since.clone(), until: self.options.until.clone() };
        let tallies = |(tables, notes): Counted| {
            let intake = notes.into_intake(&self.name, &header, &window);
            Tallies { tables, intakes: vec![Intake { digest: digest.cloned(), ..intake }] }
        };
        counted.into_iter().map(tallies).collect()
    }

    fn header(&self, column: usize) -> String {
        self.schema.columns.get(column).map_or_else(String::new, |column| column.name.clone())
    }

    fn stopped(&self, plan: usize, stop: Stop) -> SourceError {
        let message = match stop {
            Stop::TooManyGroups => {
                // All of them: which table is full first depends on the threads.
                let columns = self.plans[plan].labels.iter().map(|column| format!("`{}`", self.header(*column)));
                format!(
                    "there are more than {} groups by {}; group by a column with fewer values",
                    crate::model::display::count(MOST_GROUPS as u64),
                    columns.collect::<Vec<_>>().join(", ")
                )
            }
            Stop::TooManyPeriods => {
                "there are more groups and periods than can be counted; choose a longer `period:` or fewer `by` columns"
                    .to_owned()
            }
            Stop::Overflow => "a sum is too large to be held exactly".to_owned(),
        };
        SourceError::TooMuch { name: self.name.clone(), message }
    }

    fn read_error(&self, error: &std::io::Error) -> SourceError {
        // A decompressing reader has its own words for a stream that ends too early.
        let of_the_file = error.get_ref().is_none_or(|inner| !inner.is::<SourceError>());
        if of_the_file && error.kind() == std::io::ErrorKind::UnexpectedEof {
            return SourceError::Changed { name: self.name.clone() };
        }
        SourceError::reading(&self.name, error)
    }
}
