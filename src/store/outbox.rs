//! Messages on their way.
//!
//! Invariant: a message is added in the transaction of the run that it is about, and stays until it arrived or
//! somebody dropped it. What is noted about it is on the disk before the next one is sent.

use super::error::Fault;
use super::record::utc;
use super::statements::Statements;
use super::words::named;
use crate::model::{Fate, Instant, Letter, LetterFile, NANOS};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use std::collections::BTreeSet;

/// How long it is known what was sent.
const KEPT: Instant = 90 * 86_400 * NANOS;

const HEAD: &str =
    "SELECT id, run, channel, key, created_ns, title, sent, attempts, next_ns, fate, why FROM outbox";

/// Which of those that did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// The one of this number.
    One(i64),
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It begins. Where its end is never noted, the next one is then.
    Begun {
        /// When.
        next: Instant,
    },
    /// So many parts have arrived, not yet all; it goes on.
    Part(usize),
    /// The next part is refused for good; the others go before it.
    Behind,
    /// It is there.
    Arrived {
        /// Whom it did not reach for good, and why.
        but: Option<String>,
    },
    /// It is not, for this reason; to be tried again then.
    Failed {
        /// A lowercase fragment.
        why: String,
        /// When.
        next: Instant,
    },
    /// Some have it. This is left of the part, for this reason; to be tried again then.
    Rest {
        /// In place of the part.
        part: String,
        /// A lowercase fragment.
        why: String,
        /// When.
        next: Instant,
    },
    /// It never will be as it is, for this reason.
    Refused(String),
    /// Somebody gave it up, for this reason.
    Dropped(String),
    /// These of its parts (counted from 0) need not be sent any more: a later message said more.
    Overtaken(Vec<usize>),
}

pub(super) fn next_number(connection: &Connection) -> Result<i64, Fault> {
    let last: Option<i64> = connection
        .ask("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", [], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0) + 1)
}

pub(super) fn add(transaction: &Transaction<'_>, letter: &Letter) -> Result<(), Fault> {
    transaction.run(
        "INSERT INTO outbox (run, channel, key, created_ns, created, title, parts, next_ns, fate)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            letter.run,
            letter.channel,
            letter.key,
            letter.created,
            utc(letter.created),
            letter.title,
            letter.parts.len() as i64,
            letter.next,
            Fate::Waiting.word(),
        ],
    )?;
    let id = transaction.last_insert_rowid();
    for (position, part) in letter.parts.iter().enumerate() {
        transaction.run(
            "INSERT INTO outbox_parts (message, position, content) VALUES (?1, ?2, ?3)",
            params![id, position as i64, part],
        )?;
    }
    for (position, file) in letter.files.iter().enumerate() {
        transaction.run(
            "INSERT INTO outbox_files (message, position, name, kind, content) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, position as i64, file.name, file.kind, file.content],
        )?;
    }
    Ok(())
}

/// What did not arrive and was not dropped, by their numbers, without their content.
pub(super) fn open(connection: &Connection) -> Result<Vec<Letter>, Fault> {
    let mut statement =
        connection.prepare_cached(&format!("{HEAD} WHERE fate IN ('waiting', 'refused') ORDER BY id"))?;
    let mut rows = statement.query([])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        letters.push(head(row)?);
    }
    Ok(letters)
}

/// Channels with messages that have not arrived yet; those that only some recipients wait for hold up nothing.
pub(super) fn behind(connection: &Connection) -> Result<BTreeSet<String>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT DISTINCT channel FROM outbox WHERE fate = 'waiting' AND sent < parts")?;
    let channels = statement.query_map([], |row| row.get(0))?;
    Ok(channels.collect::<Result<_, _>>()?)
}

/// A message with its content; `None` where there is none of that number.
pub(super) fn letter(connection: &Connection, id: i64) -> Result<Option<Letter>, Fault> {
    let mut statement = connection.prepare_cached(&format!("{HEAD} WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut letter = head(row)?;
    let mut parts =
        connection.prepare_cached("SELECT content FROM outbox_parts WHERE message = ?1 ORDER BY position")?;
    letter.parts = parts.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut files = connection.prepare_cached(
        "SELECT name, kind, content FROM outbox_files WHERE message = ?1 ORDER BY position",
    )?;
    let file = |row: &Row<'_>| Ok(LetterFile { name: row.get(0)?, kind: row.get(1)?, content: row.get(2)? });
    letter.files = files.query_map([id], file)?.collect::<Result<_, _>>()?;
    Ok(Some(letter))
}

/// Notes what became of an attempt.
pub(super) fn note(
    connection: &mut Connection,
    id: i64,
    attempt: &Attempt,
    now: Instant,
) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let settle = |fate: Fate, why: Option<&str>| {
        transaction.run(
            "UPDATE outbox SET fate = ?2, why = ?3, settled_ns = ?4, settled = ?5 WHERE id = ?1",
            params![id, fate.word(), why, now, utc(now)],
        )?;
        transaction.run("DELETE FROM outbox_parts WHERE message = ?1", [id])?;
        transaction.run("DELETE FROM outbox_files WHERE message = ?1", [id])
    };
    let again = |why: &str, next: Instant| {
        transaction.run("UPDATE outbox SET next_ns = ?2, why = ?3 WHERE id = ?1", params![id, next, why])
    };
    match attempt {
        Attempt::Begun { next } => {
            transaction.run(
                "UPDATE outbox SET attempts = attempts + 1, next_ns = ?2 WHERE id = ?1",
                params![id, next],
            )?;
        }
        Attempt::Part(sent) => {
            // What gets on is not slowed down by earlier failures.
            transaction.run(
                "UPDATE outbox SET sent = ?2, attempts = 1, next_ns = ?3 WHERE id = ?1",
                params![id, *sent as i64, now],
            )?;
        }
        Attempt::Behind => {
            transaction.run(
                "UPDATE outbox_parts SET position = 1 + (SELECT MAX(position) FROM outbox_parts WHERE message = ?1)
                 WHERE message = ?1 AND position = (SELECT position FROM outbox_parts WHERE message = ?1
                    ORDER BY position LIMIT 1 OFFSET (SELECT sent FROM outbox WHERE id = ?1))",
                [id],
            )?;
            transaction.run("UPDATE outbox SET next_ns = ?2 WHERE id = ?1", params![id, now])?;
        }
        Attempt::Arrived { but } => {
            transaction.run("UPDATE outbox SET sent = parts WHERE id = ?1", [id])?;
            settle(Fate::Sent, but.as_deref())?;
        }
        Attempt::Rest { part, why, next } => {
            // It has arrived, as far as it can; what is left is one part more.
            transaction.run("UPDATE outbox SET sent = parts WHERE id = ?1", [id])?;
            transaction.run(
                "INSERT INTO outbox_parts (message, position, content)
                 SELECT id, parts, ?2 FROM outbox WHERE id = ?1
                 ON CONFLICT (message, position) DO UPDATE SET content = excluded.content",
                params![id, part],
            )?;
            again(why, *next)?;
        }
        Attempt::Failed { why, next } => {
            again(why, *next)?;
        }
        Attempt::Refused(why) => {
            transaction.run(
                "UPDATE outbox SET fate = ?2, why = ?3 WHERE id = ?1",
                params![id, Fate::Refused.word(), why],
            )?;
        }
        Attempt::Dropped(why) => {
            settle(Fate::Dropped, Some(why))?;
        }
        Attempt::Overtaken(parts) => {
            let mut statement = transaction
                .prepare_cached("SELECT position FROM outbox_parts WHERE message = ?1 ORDER BY position")?;
            let positions: Vec<i64> =
                statement.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            drop(statement);
            for position in parts.iter().filter_map(|part| positions.get(*part)) {
                transaction.run(
                    "DELETE FROM outbox_parts WHERE message = ?1 AND position = ?2",
                    params![id, position],
                )?;
                transaction.run("UPDATE outbox SET parts = parts - 1 WHERE id = ?1", [id])?;
            }
            let left: i64 =
                transaction.ask("SELECT parts - sent FROM outbox WHERE id = ?1", [id], |row| row.get(0))?;
            if left <= 0 {
                settle(Fate::Dropped, Some("a later message about the same arrived"))?;
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Makes them due; how many there are. Of one message those of its channel that wait before it, too, for they go before it.
pub(super) fn retry(connection: &Connection, which: Which) -> Result<usize, Fault> {
    let (all, id) = match which {
        Which::All => (true, 0),
        Which::One(id) => (false, id),
    };
    let changed = connection.run(
        "UPDATE outbox SET fate = 'waiting', next_ns = 0
         WHERE (fate IN ('waiting', 'refused') AND (?1 OR id = ?2))
            OR (fate = 'waiting' AND id < ?2 AND channel = (SELECT channel FROM outbox WHERE id = ?2))",
        params![all, id],
    )?;
    Ok(changed)
}

/// Messages of the same channel that came later and have arrived.
pub(super) fn later(connection: &Connection, id: i64) -> Result<usize, Fault> {
    let count: i64 = connection.ask(
        "SELECT COUNT(*) FROM outbox WHERE fate = 'sent' AND id > ?1
         AND channel = (SELECT channel FROM outbox WHERE id = ?1)",
        [id],
        |row| row.get(0),
    )?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Forgets what was sent or dropped long ago; only that has a time of settling.
pub(super) fn forget(transaction: &Transaction<'_>, now: Instant) -> Result<(), Fault> {
    transaction.run("DELETE FROM outbox WHERE settled_ns < ?1", [now.saturating_sub(KEPT)])?;
    Ok(())
}

fn head(row: &Row<'_>) -> Result<Letter, Fault> {
    let fate: String = row.get(9)?;
    Ok(Letter {
        id: row.get(0)?,
        run: row.get(1)?,
        channel: row.get(2)?,
        key: row.get(3)?,
        created: row.get(4)?,
        title: row.get(5)?,
        parts: Vec::new(),
        sent: usize::try_from(row.get::<_, i64>(6)?).unwrap_or(0),
        files: Vec::new(),
        attempts: row.get(7)?,
        next: row.get(8)?,
        fate: named(&fate, "state of a message", Fate::from_word)?,
        why: row.get(10)?,
    })
}
