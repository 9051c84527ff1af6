//! The history: every recorded run in one `SQLite` file, chained by hash.
//!
//! Who calls it: `cli`, to record what `sla check` found and to show it later. The file is for people, too: its schema
//! (`migrations/`) says what is where, and its views answer the usual questions.
//!
//! Invariant: a run is recorded whole or not at all, in one transaction that is on the disk before its number is told.
//! Invariant: rows are added and never changed; only `prune` removes some, from the first run on. Checkpoints are not
//! recorded but kept: they are replaced, and nothing rests on them.
//! Invariant: no clock; `now` is the report's, or a parameter.

mod answers;
mod chain;
mod checkpoints;
mod error;
mod history;
mod load;
mod open;
mod prune;
mod record;
mod subjects;
#[cfg(test)]
mod tests;
mod words;

pub use chain::Chain;
pub use error::{Fault, StoreError};
pub use prune::{HeldBack, Holds, Prune, Pruned};

use crate::model::{CheckpointKey, Instant, Report, Series};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// An open history.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    file: PathBuf,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is new, and has this number.
    As(i64),
    /// The run of this number said the same, and still holds.
    Already(i64),
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

    /// Opens a history that is there.
    pub fn open(file: &Path) -> Result<Store, StoreError> {
        let connection = open::to_read(file).map_err(|fault| fault.at(file))?;
        Ok(Store { connection, file: file.to_owned() })
    }

    /// Records a run, unless it says what the newest run of its kind says: same inputs, rules and answers.
    pub fn record(&mut self, report: &Report) -> Result<Recorded, StoreError> {
        self.record_with(report, &[])
    }

    /// As [`Store::record`], with the checkpoints that the run leaves, in the same transaction; one without bytes is the
    /// one that was found.
    pub fn record_with(
        &mut self,
        report: &Report,
        checkpoints: &[(CheckpointKey, Option<Vec<u8>>)],
    ) -> Result<Recorded, StoreError> {
        record::record(&mut self.connection, report, checkpoints).map_err(|fault| fault.at(&self.file))
    }

    /// What the last run kept of a file.
    pub fn checkpoint(&self, key: &CheckpointKey) -> Result<Option<Vec<u8>>, StoreError> {
        checkpoints::find(&self.connection, key).map_err(|fault| fault.at(&self.file))
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

    /// Whether every run is as it was recorded.
    pub fn verify_chain(&self) -> Result<Chain, StoreError> {
        chain::verify(&self.connection).map_err(|fault| fault.at(&self.file))
    }

    /// Removes the runs, from the first on, whose clock stood before `before` and whose answers no longer hold for any
    /// period that reaches beyond it; or only tells what would go.
    pub fn prune(&mut self, before: Instant, now: Instant, what: Prune) -> Result<Pruned, StoreError> {
        prune::prune(&mut self.connection, before, now, what).map_err(|fault| fault.at(&self.file))
    }
}
