//! Runs that go on from where the last one stopped.
//!
//! The pipeline is told where checkpoints are kept by a trait, so that it knows nothing of the history, and whoever has
//! another place for them (tests, a program that stays) can use that. What they are and why the outcome is the same is
//! told by [`crate::source::checkpoint`].

use crate::model::{Agreement, CheckpointKey, FileId, Instant, Schema, Tallies};
use crate::plan::Plan;
use crate::source::checkpoint::{Changed, How, Keep, Mode, Resume};
use crate::source::csv::{self, Carry, ScanOptions};
use crate::source::{FileLayout, Opened, SourceError};
use std::fmt;

/// Where checkpoints are kept from one run to the next.
pub trait Checkpoints: fmt::Debug {
    /// What the last run of this asker kept of the file: by its number, and where no file has that, by number and name
    /// on any device.
    fn find(&self, key: &CheckpointKey) -> Option<Vec<u8>>;
    /// Whether the last run of this asker kept anything of a file of this name, whichever file that was.
    fn knows(&self, _asker: &str, _name: &str) -> bool {
        false
    }
    /// What the next run shall find; nothing where it shall find what this one found.
    fn keep(&self, key: CheckpointKey, bytes: Option<Vec<u8>>);
    /// How an input was read.
    fn told(&self, input: &str, how: How);
    /// The last line of an input has no line end. It was counted as it stands, as a run that reads everything counts it.
    fn unended(&self, _input: &str) {}
}

/// How a run goes on from the last one.
#[derive(Clone, Copy, Debug)]
pub struct Incremental<'a> {
    /// What the last run kept.
    pub checkpoints: &'a dyn Checkpoints,
    /// The system's clock before the inputs were opened, in nanoseconds since 1970; never a clock that was said.
    pub clock: Instant,
    /// Whether what was kept is trusted.
    pub mode: Mode,
}

/// Digest of who asks.
pub(super) fn asker<'a>(agreements: impl IntoIterator<Item = &'a Agreement>) -> String {
    let mut hash = blake3::Hasher::new();
    let mut put = |text: &str| {
        hash.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    for agreement in agreements {
        put(&agreement.name);
        put(&agreement.origin.file.as_ref().map_or(String::new(), |file| file.display().to_string()));
        put(&agreement.overlay.len().to_string());
        for option in &agreement.overlay {
            put(option);
        }
    }
    hash.finalize().to_hex().to_string()
}

/// Gives every input what is known of it before it is described.
pub(super) fn recall(incremental: &Incremental<'_>, agreements: &[Agreement], opened: &mut [Opened]) {
    if incremental.mode == Mode::Verify {
        return;
    }
    let asker = asker(agreements);
    for input in opened {
        let name = input.name.clone();
        let key = |file| CheckpointKey { asker: asker.clone(), file, name: name.clone() };
        input.recall(&|file| incremental.checkpoints.find(&key(file)));
    }
}

/// Counts one input, from where the last run stopped.
pub(super) fn tally(
    incremental: &Incremental<'_>,
    asker: &str,
    input: Opened,
    (layout, schema): (&FileLayout, &Schema),
    plans: &[&Plan],
    scan: &ScanOptions<'_>,
    carry: &mut Carry,
) -> Result<Vec<Tallies>, SourceError> {
    let Incremental { checkpoints, clock, mode } = *incremental;
    let name = input.name.clone();
    let key = |file| CheckpointKey { asker: asker.to_owned(), file, name: name.clone() };
    let find = |file: FileId| checkpoints.find(&key(file));
    let mut resume =
        Resume { find: &find, clock, mode, keep: Keep::Nothing, how: How::default(), unended: false };
    let counted = csv::tally_on(input, layout, schema, plans, scan, carry, &mut resume);
    // Whatever writes a file anew and puts it in the place of the old one leaves no other trace.
    if resume.how == How::Anew && matches!(resume.keep, Keep::New(..)) && checkpoints.knows(asker, &name) {
        resume.how = How::Again(Changed::Replaced);
    }
    match resume.keep {
        Keep::Nothing => {}
        Keep::Same(file) => checkpoints.keep(key(file), None),
        Keep::New(file, bytes) => checkpoints.keep(key(file), Some(bytes)),
    }
    checkpoints.told(&name, resume.how);
    if resume.unended {
        checkpoints.unended(&name);
    }
    counted
}
