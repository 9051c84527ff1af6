//! The history: every recorded run in one `SQLite` file, chained by hash.
//!
//! Who calls it: `cli`, to record what `sla check` found and to show it later. The file is for people, too: its schema
//! (`migrations/`) says what is where, and its views answer the usual questions.
//!
//! Invariant: a run is recorded whole or not at all, in one transaction that is on the disk before its number is told.
//! Invariant: what a run recorded is added and never changed; only `prune` removes some, from the first run on. What
//! is known about alerts and how far a schedule is done changes, and is committed with the run that it follows from.
//! So does how often the same was found again. Checkpoints are not recorded but kept: they are replaced, and nothing rests on them.
//! Invariant: no clock; `now` is the report's, or a parameter.

mod alerts;
mod answers;
mod chain;
mod checkpoints;
mod error;
mod history;
mod load;
mod open;
mod outbox;
mod prune;
mod record;
mod runs;
mod schedule;
mod silences;
mod statements;
mod subjects;
#[cfg(test)]
mod tests;
mod words;

pub use alerts::{After, Before, scope};
pub use chain::Chain;
pub use error::{Fault, StoreError};
pub use outbox::{Attempt, Which};
pub use prune::{HeldBack, Holds, Prune, Pruned};
pub use schedule::Done;

use crate::model::{CheckpointKey, Instant, Letter, Report, RunSummary, Series, Silence};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// An open history.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    file: PathBuf,
}

/// What is kept beside a run, in its transaction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The time of a schedule that is done with it.
    pub done: Option<&'a Done>,
    /// The checkpoints that it leaves; one without bytes is the one that was found.
    pub checkpoints: &'a [(CheckpointKey, Option<Vec<u8>>)],
}

impl Beside<'_> {
    /// `gone` are the checkpoints to be removed.
    fn write(
        self,
        transaction: &rusqlite::Transaction<'_>,
        gone: &[checkpoints::Gone],
        report: &Report,
        run: i64,
    ) -> Result<(), Fault> {
        checkpoints::replace(transaction, self.checkpoints, gone, report.now)?;
        self.done.map_or(Ok(()), |done| schedule::mark(transaction, done, Some(run)))
    }
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is new, and has this number.
    As(i64),
    /// The run of this number said the same, and still holds.
    Already(i64),
}

impl Recorded {
    /// The run's number.
    pub fn run(self) -> i64 {
        match self {
            Recorded::As(run) | Recorded::Already(run) => run,
        }
    }
}

/// What is known about a recorded run beside its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// Its number.
    pub run: i64,
    /// Its clock, in nanoseconds since 1970 UTC.
    pub now: Instant,
    /// Name and version of the program.
    pub tool: String,
    /// Version of the time-zone data.
    pub zone_data: Option<String>,
    /// BLAKE3, in hexadecimal.
    pub hash: String,
    /// That of the run before.
    pub previous: String,
}

impl Store {
    /// Opens a history to record in or to prune; one that is not there is made, with its folder.
    pub fn create(file: &Path) -> Result<Store, StoreError> {
        let connection = open::to_record(file).map_err(|fault| fault.at(file))?;
        Ok(Store { connection, file: file.to_owned() })
    }

    /// A name beside a history, the same for every link that leads to it.
    pub fn beside(file: &Path, ending: &str) -> PathBuf {
        open::beside(file, ending)
    }

    /// Opens a history that is there.
    pub fn open(file: &Path) -> Result<Store, StoreError> {
        let connection = open::to_read(file).map_err(|fault| fault.at(file))?;
        Ok(Store { connection, file: file.to_owned() })
    }

    /// Records a run, unless it says what the newest run of its kind says: same inputs, rules and answers; and in the same
    /// transaction what is kept beside it.
    pub fn record(&mut self, report: &Report, beside: Beside<'_>) -> Result<Recorded, StoreError> {
        let gone = self.gone(beside)?;
        let mut along =
            |transaction: &rusqlite::Transaction<'_>, run| beside.write(transaction, &gone, report, run);
        record::record(&mut self.connection, report, &mut along).map_err(|fault| fault.at(&self.file))
    }

    /// The checkpoints that a run leaves no use for.
    fn gone(&self, beside: Beside<'_>) -> Result<Vec<checkpoints::Gone>, StoreError> {
        checkpoints::gone(&self.connection, beside.checkpoints).map_err(|fault| fault.at(&self.file))
    }

    /// What the last run kept of a file.
    pub fn checkpoint(&self, key: &CheckpointKey) -> Result<Option<Vec<u8>>, StoreError> {
        checkpoints::find(&self.connection, key).map_err(|fault| fault.at(&self.file))
    }

    /// Whether the last runs of this asker kept anything of a file of this name.
    pub fn knows_checkpoint(&self, asker: &str, name: &str) -> Result<bool, StoreError> {
        checkpoints::knows(&self.connection, asker, name).map_err(|fault| fault.at(&self.file))
    }

    /// How far an entry of a schedule is done, if it was seen before with these times.
    pub fn done(&self, entry: &str, cadence: &str) -> Result<Option<Instant>, StoreError> {
        schedule::done(&self.connection, entry, cadence).map_err(|fault| fault.at(&self.file))
    }

    /// What the last run of an entry reports; `None` where none is recorded, or no longer.
    pub fn last_report(&self, entry: &str) -> Result<Option<Report>, StoreError> {
        match schedule::last_run(&self.connection, entry).map_err(|fault| fault.at(&self.file))? {
            Some(run) => self.load(run).map(|(report, _)| Some(report)),
            None => Ok(None),
        }
    }

    /// Writes down that a time of a schedule is done, for a run that leaves nothing else behind.
    pub fn mark(&mut self, done: &Done) -> Result<(), StoreError> {
        schedule::mark(&self.connection, done, None).map_err(|fault| fault.at(&self.file))
    }

    /// The number of the last run; `None` where there is none.
    pub fn last_run(&self) -> Result<Option<i64>, StoreError> {
        let last = self.connection.query_row("SELECT max(id) FROM runs", [], |row| row.get(0));
        last.map_err(|why| Fault::from(why).at(&self.file))
    }

    /// A run as the report it was.
    pub fn load(&self, run: i64) -> Result<(Report, RunFacts), StoreError> {
        load::load(&self.connection, run).map_err(|fault| fault.at(&self.file))
    }

    /// The answers that hold, of all services or of one: series by agreement, group and objective, points by time.
    pub fn history(&self, service: Option<&str>) -> Result<Vec<Series>, StoreError> {
        history::history(&self.connection, service).map_err(|fault| fault.at(&self.file))
    }

    /// The runs whose clock stood at `since` or later, or that were found again then, in their order.
    pub fn runs(&self, since: Instant) -> Result<Vec<RunSummary>, StoreError> {
        runs::runs(&self.connection, since).map_err(|fault| fault.at(&self.file))
    }

    /// How many later runs said what this one did and added nothing, and the clock of the last one.
    pub fn again(&self, run: i64) -> Result<Option<(u64, Instant)>, StoreError> {
        runs::again(&self.connection, run).map_err(|fault| fault.at(&self.file))
    }

    /// The run about the same agreements whose answers were found again last, if that was after those of this run; and when.
    pub fn again_after(&self, run: i64) -> Result<Option<(i64, Instant)>, StoreError> {
        runs::again_after(&self.connection, run).map_err(|fault| fault.at(&self.file))
    }

    /// Whether every run is as it was recorded.
    pub fn verify_chain(&self) -> Result<Chain, StoreError> {
        chain::verify(&self.connection).map_err(|fault| fault.at(&self.file))
    }

    /// Removes the runs, from the first on, whose clock stood before `before` and whose answers no longer hold for any
    /// period that reaches beyond it; or only tells what would go.
    pub fn prune(&mut self, before: Instant, now: Instant, what: Prune) -> Result<Pruned, StoreError> {
        prune::prune(&mut self.connection, before, now, what).map_err(|fault| fault.at(&self.file))
    }

    /// As [`Store::record`], and in the same transaction what follows from the run: `next` gets how things stood and its
    /// number.
    pub fn settle(
        &mut self,
        report: &Report,
        beside: Beside<'_>,
        next: &mut dyn FnMut(&Before, i64) -> After,
    ) -> Result<Recorded, StoreError> {
        let gone = self.gone(beside)?;
        let mut along = |transaction: &rusqlite::Transaction<'_>, run: i64| {
            let before = alerts::before(transaction, report.now)?;
            alerts::write(transaction, &next(&before, run))?;
            outbox::forget(transaction, report.now)?;
            beside.write(transaction, &gone, report, run)
        };
        record::record(&mut self.connection, report, &mut along).map_err(|fault| fault.at(&self.file))
    }

    /// How things stand, for a run at this time.
    pub fn before(&self, now: Instant) -> Result<Before, StoreError> {
        alerts::before(&self.connection, now).map_err(|fault| fault.at(&self.file))
    }

    /// Messages that did not arrive and were not dropped, by their numbers, without their content.
    pub fn open_letters(&self) -> Result<Vec<Letter>, StoreError> {
        outbox::open(&self.connection).map_err(|fault| fault.at(&self.file))
    }

    /// A message with its content; `None` where there is none of that number.
    pub fn letter(&self, id: i64) -> Result<Option<Letter>, StoreError> {
        outbox::letter(&self.connection, id).map_err(|fault| fault.at(&self.file))
    }

    /// Notes what became of an attempt to send a message; on the disk when this returns.
    pub fn note(&mut self, id: i64, attempt: &Attempt, now: Instant) -> Result<(), StoreError> {
        outbox::note(&mut self.connection, id, attempt, now).map_err(|fault| fault.at(&self.file))
    }

    /// Makes messages due now, also refused ones; how many there are.
    pub fn retry(&self, which: Which) -> Result<usize, StoreError> {
        outbox::retry(&self.connection, which).map_err(|fault| fault.at(&self.file))
    }

    /// How many later messages of its channel have arrived before this one.
    pub fn later(&self, id: i64) -> Result<usize, StoreError> {
        outbox::later(&self.connection, id).map_err(|fault| fault.at(&self.file))
    }

    /// The right to send: of several processes only one has it, until the file is closed. `None` where another has it.
    pub fn sender(&self) -> Result<Option<File>, StoreError> {
        open::sender(&self.file).map_err(|fault| fault.at(&self.file))
    }

    /// Silences that have not ended, by their numbers.
    pub fn silences(&self, now: Instant) -> Result<Vec<Silence>, StoreError> {
        silences::since(&self.connection, now).map_err(|fault| fault.at(&self.file))
    }

    /// What silences can go by: keys and the values that anything recorded has of them.
    pub fn known_labels(&self) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
        silences::known(&self.connection).map_err(|fault| fault.at(&self.file))
    }

    /// Adds a silence; its number.
    pub fn silence(&self, silence: &Silence) -> Result<i64, StoreError> {
        silences::add(&self.connection, silence).map_err(|fault| fault.at(&self.file))
    }

    /// Ends a silence; whether there was one.
    pub fn end_silence(&self, id: i64, now: Instant) -> Result<bool, StoreError> {
        silences::end(&self.connection, id, now).map_err(|fault| fault.at(&self.file))
    }
}
