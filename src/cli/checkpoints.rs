//! Checkpoints in the history: what `--incremental` finds there, and leaves.

use super::history::arguments::Trust;
use super::options::{self, OnMet};
use super::run::{self, Run};
use super::stop::Stop;
use super::terminal;
use crate::calendar;
use crate::model::display::{count, counted};
use crate::model::{CheckpointKey, Clock, Report, Verdict};
use crate::pipeline::resume::{self, Incremental};
use crate::render::text::visible;
use crate::source::checkpoint::{Changed, How, Mode};
use crate::store::Store;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// What is said of a last line that may be cut within its last field, which nothing tells from a whole one.
const UNENDED: &str = "has no line end and may still be being written; it counts as it stands";
/// Lines about single inputs that are told.
const MOST_TOLD: usize = 5;

/// Going on from where the last run stopped.
#[derive(Clone, Debug)]
pub(super) struct Resuming {
    history: PathBuf,
    trust: Trust,
    on_met: OnMet,
}

impl Resuming {
    /// As `--incremental` says; it needs a history.
    pub(super) fn of(
        said: Option<Trust>,
        store: Option<&Path>,
        on_met: OnMet,
    ) -> Result<Option<Resuming>, Stop> {
        match (said, store) {
            (None, _) => Ok(None),
            (Some(_), None) => {
                Err(Stop::usage("--incremental keeps what was counted in a history, and there is none")
                    .hint("say --record, or name a `store:` in sla.yaml"))
            }
            (Some(trust), Some(file)) => Ok(Some(Resuming { history: file.to_owned(), trust, on_met })),
        }
    }
}

/// A run, from where the last one stopped if that is wanted, and what it leaves for the next one.
pub(super) fn run(run: &Run) -> Result<(Report, Vec<Kept>), Stop> {
    let Some(resuming) = &run.resuming else { return Ok((run::run(run)?, Vec::new())) };
    let checkpoints = Checkpoints::of(&resuming.history);
    let clock = options::now(None)?;
    let incremental = Incremental { checkpoints: &checkpoints, clock, mode: resuming.trust.into() };
    let report = run::run_on(run, Some(incremental))?;
    let is_silent = resuming.on_met == OnMet::Silence && report.verdict == Verdict::Met;
    checkpoints.tell(if is_silent { Aside::Untold } else { Aside::Told }, moving(run).as_deref());
    Ok((report, checkpoints.take()))
}

/// The bound of a run that is another instant in every run, as it was said: `--since 30d`.
fn moving(run: &Run) -> Option<String> {
    let moves = |text: &str| {
        let at = |now| calendar::parse_bound(text, &Clock::Zoned("UTC".to_owned()), now).ok();
        at(0) != at(1)
    };
    let bounds = [("since", &run.since), ("until", &run.until)];
    let mut said = bounds.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
    said.find(|(_, text)| moves(text)).map(|(name, text)| format!("--{name} {text}"))
}

/// Those of one run.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// `None` before the first run.
    store: Option<Store>,
    kept: RefCell<Vec<Kept>>,
    told: RefCell<Vec<(String, How)>>,
    unended: RefCell<Vec<String>>,
}

/// What a run leaves: whose, and the bytes, where they are not those that were found.
pub(super) type Kept = (CheckpointKey, Option<Vec<u8>>);

impl Checkpoints {
    /// In the history of this name. One that cannot be read is told when the run is recorded.
    pub(super) fn of(file: &Path) -> Checkpoints {
        let store = Store::open(file).ok();
        Checkpoints { store, kept: RefCell::default(), told: RefCell::default(), unended: RefCell::default() }
    }

    /// What the run leaves.
    pub(super) fn take(&self) -> Vec<Kept> {
        self.kept.take()
    }

    /// Says how inputs were read: where the past was edited always, the rest unless nothing shall be said.
    /// `moving` is a bound that makes every run count anew.
    pub(super) fn tell(&self, aside: Aside, moving: Option<&str>) {
        let told = self.told.take();
        let (edited, others): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, how)| how.is_suspicious());
        for (input, how) in &edited {
            terminal::tell(&format!("{}\n", visible(&format!("warning: {input}: {how}"))));
        }
        if aside == Aside::Untold {
            return;
        }
        let mut known = (0, 0);
        let mut lines = Vec::new();
        for (input, how) in &others {
            match how {
                How::Anew => {}
                How::Resumed { known: bytes } => known = (known.0 + 1, known.1 + bytes),
                How::Again(Changed::Question) if moving.is_some() => {
                    let bound = moving.unwrap_or_default();
                    lines.push(format!("{input}: read again from its start: {bound} moves with the clock"));
                }
                How::Again(_) | How::Whole(_) => {
                    lines.push(format!("{input}: {how}"));
                }
            }
        }
        for line in lines.iter().take(MOST_TOLD) {
            terminal::tell(&format!("{}\n", visible(line)));
        }
        if lines.len() > MOST_TOLD {
            let more = (lines.len() - MOST_TOLD) as u64;
            terminal::tell(&format!("and {} read again or as a whole\n", counted(more, "other inputs")));
        }
        if let (inputs @ 1.., bytes) = known {
            let inputs = if inputs == 1 { String::new() } else { format!(" of {inputs} inputs") };
            terminal::tell(&format!("{} bytes{inputs} are known from the last run\n", count(bytes)));
        }
        match self.unended.take().as_slice() {
            [] => {}
            [input] => terminal::tell(&format!("{}: its last line {UNENDED}\n", visible(input))),
            inputs => {
                let files = counted(inputs.len() as u64, "inputs");
                terminal::tell(&format!("the last line of {files} {UNENDED}\n"));
            }
        }
    }
}

/// What is said of inputs beside warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    Told,
    Untold,
}

impl From<Trust> for Mode {
    fn from(trust: Trust) -> Mode {
        match trust {
            Trust::Resume => Mode::Resume,
            Trust::Verify => Mode::Verify,
        }
    }
}

impl resume::Checkpoints for Checkpoints {
    fn find(&self, key: &CheckpointKey) -> Option<Vec<u8>> {
        self.store.as_ref()?.checkpoint(&absolute(key.clone())).ok()?
    }

    fn knows(&self, asker: &str, name: &str) -> bool {
        let Ok(name) = std::path::absolute(name) else { return false };
        let name = name.display().to_string();
        self.store.as_ref().is_some_and(|store| store.knows_checkpoint(asker, &name).unwrap_or(false))
    }

    fn keep(&self, key: CheckpointKey, bytes: Option<Vec<u8>>) {
        self.kept.borrow_mut().push((absolute(key), bytes));
    }

    fn told(&self, input: &str, how: How) {
        self.told.borrow_mut().push((input.to_owned(), how));
    }

    fn unended(&self, input: &str) {
        self.unended.borrow_mut().push(input.to_owned());
    }
}

fn absolute(mut key: CheckpointKey) -> CheckpointKey {
    if let Ok(path) = std::path::absolute(&key.name) {
        key.name = path.display().to_string();
    }
    key
}
