//! How far the entries of a schedule are done.

use super::error::Fault;
use super::record::utc;
use super::statements::Statements;
use crate::model::Instant;
use rusqlite::{Connection, OptionalExtension, params};

/// An entry of a schedule, and a time of it that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its name.
    pub entry: String,
    /// Its times in words. Under other times it is another entry.
    pub cadence: String,
    /// The last of its times that is done, in nanoseconds since 1970 UTC.
    pub at: Instant,
}

/// How far an entry is done; `None` for one that is new, or whose times are new.
pub(super) fn done(connection: &Connection, entry: &str, cadence: &str) -> Result<Option<Instant>, Fault> {
    let sql = "SELECT done_ns FROM schedule WHERE entry = ?1 AND cadence = ?2";
    Ok(connection.ask(sql, [entry, cadence], |row| row.get(0)).optional()?)
}

/// The last run that was recorded for an entry.
pub(super) fn last_run(connection: &Connection, entry: &str) -> Result<Option<i64>, Fault> {
    let sql = "SELECT s.run FROM schedule s JOIN runs r ON r.id = s.run WHERE s.entry = ?1";
    Ok(connection.ask(sql, [entry], |row| row.get(0)).optional()?)
}

/// Writes it down, with the run where there is one, within the transaction that the connection is in, or else in one
/// of its own.
pub(super) fn mark(connection: &Connection, done: &Done, run: Option<i64>) -> Result<(), Fault> {
    connection.run(
        "INSERT INTO schedule (entry, cadence, done_ns, done, run) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (entry) DO UPDATE SET cadence = excluded.cadence, done_ns = excluded.done_ns, done = excluded.done,
                                           run = coalesce(excluded.run, run)",
        params![done.entry, done.cadence, done.at, utc(done.at), run],
    )?;
    Ok(())
}
