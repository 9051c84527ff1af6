//! One scan of one input: whatever path is taken, by blocks or in order, what was counted comes together here.

use super::kernel::Kernel;
use super::notes::{Notes, Place, Window};
use super::ordered::{self, InOrder};
use super::parallel::{self, Unended};
use super::witness::{Watching, Witness};
use super::worker::{MOST_GROUPS, Stop, Worker};
use super::{Carry, ScanOptions, Sinks};
use crate::model::{Intake, Schema, Tallies, TallyTable};
use crate::plan::Plan;
use crate::source::digest::{self, Digests};
use crate::source::{FileLayout, SourceError};
use std::io::Read;

/// An input, and what is asked of it.
pub(super) struct Scan<'a> {
    pub(super) layout: &'a FileLayout,
    pub(super) schema: &'a Schema,
    pub(super) plans: &'a [&'a Plan],
    pub(super) options: &'a ScanOptions<'a>,
    pub(super) name: String,
}

/// A part of an input that begins with a record.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'a> {
    /// Its bytes, where they are a file's.
    pub(super) from: u64,
    pub(super) to: u64,
    /// The line that its first record is on.
    pub(super) line: u64,
    /// As [`parallel::Job::lead`].
    pub(super) lead: &'a [u8],
    pub(super) unended: Unended,
    pub(super) digests: Digests,
}

/// What was counted for one plan: its tables, and what was noted, with the lines of the input as places.
pub(super) type Counted = (Vec<TallyTable>, Notes);

/// What reading in order leaves.
pub(super) struct Ordered {
    pub(super) counted: Vec<Counted>,
    /// The line behind what was read.
    pub(super) line: u64,
    /// Bytes at the end that were left out.
    pub(super) left: u64,
}

pub(super) enum InBlocks {
    Careful,
    Failed(SourceError),
}

impl Scan<'_> {
    /// Everything behind the header.
    pub(super) fn body(&self) -> Stretch<'static> {
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
    pub(super) fn digest_of(&self, file: &std::fs::File, len: u64) -> std::io::Result<Option<String>> {
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

    pub(super) fn in_blocks(
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

    pub(super) fn in_order(
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

    pub(super) fn watched(
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
    pub(super) fn tallies(&self, counted: Vec<Counted>, digest: Option<&String>) -> Vec<Tallies> {
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

    pub(super) fn read_error(&self, error: &std::io::Error) -> SourceError {
        // A decompressing reader has its own words for a stream that ends too early.
        let of_the_file = error.get_ref().is_none_or(|inner| !inner.is::<SourceError>());
        if of_the_file && error.kind() == std::io::ErrorKind::UnexpectedEof {
            return SourceError::Changed { name: self.name.clone() };
        }
        SourceError::reading(&self.name, error)
    }
}
