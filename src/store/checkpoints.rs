//! Checkpoints of inputs: written with the run that they belong to, replaced by the next, removed with their files.
//!
//! Invariant: nothing that is recorded rests on them; whoever reads one proves it by its check sum and by the file.

use super::error::Fault;
use super::statements::Statements;
use crate::model::{CheckpointKey, Instant};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::os::unix::fs::MetadataExt;

/// A checkpoint that no run used for so long goes, although its file is there: whoever asked has another name now.
const UNUSED: i64 = 90 * 86_400_000_000_000;

/// What is kept of a file: by its number, else by its number on another device, under the same name.
pub(super) fn find(connection: &Connection, key: &CheckpointKey) -> Result<Option<Vec<u8>>, Fault> {
    let found = connection
        .ask(
            "SELECT content FROM checkpoints
             WHERE asker = ?1 AND inode = ?3 AND (device = ?2 OR name = ?4)
             ORDER BY device = ?2 DESC, used_ns DESC LIMIT 1",
            params![key.asker, number(key.file.device), number(key.file.inode), key.name],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found)
}

/// Takes over what a run leaves, and removes what is of no more use.
pub(super) fn replace(
    transaction: &Transaction<'_>,
    checkpoints: &[(CheckpointKey, Option<Vec<u8>>)],
    now: Instant,
) -> Result<(), Fault> {
    for (key, content) in checkpoints {
        let (device, inode) = (number(key.file.device), number(key.file.inode));
        match content {
            Some(content) => transaction.run(
                "INSERT INTO checkpoints (asker, device, inode, name, used_ns, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE
                 SET name = excluded.name, used_ns = excluded.used_ns, content = excluded.content",
                params![key.asker, device, inode, key.name, now, content],
            )?,
            None => transaction.run(
                "UPDATE checkpoints SET name = ?4, used_ns = ?5 WHERE asker = ?1 AND device = ?2 AND inode = ?3",
                params![key.asker, device, inode, key.name, now],
            )?,
        };
    }
    if !checkpoints.is_empty() {
        transaction.run("DELETE FROM checkpoints WHERE used_ns < ?1", [now.saturating_sub(UNUSED)])?;
        remove_orphans(transaction)?;
    }
    Ok(())
}

/// Removes checkpoints whose file is gone, or another one.
fn remove_orphans(transaction: &Transaction<'_>) -> Result<(), Fault> {
    let mut statement = transaction.prepare_cached("SELECT rowid, device, inode, name FROM checkpoints")?;
    let rows: Vec<(i64, i64, i64, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (row, device, inode, name) in rows {
        let is_there = std::fs::metadata(&name)
            .is_ok_and(|found| number(found.ino()) == inode && number(found.dev()) == device);
        if !is_there {
            transaction.run("DELETE FROM checkpoints WHERE rowid = ?1", [row])?;
        }
    }
    Ok(())
}

/// `SQLite` has no unsigned numbers; the bits are kept.
fn number(number: u64) -> i64 {
    number as i64
}
