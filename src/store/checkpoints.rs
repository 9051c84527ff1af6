//! Checkpoints of inputs: written with the run that they belong to, replaced by the next, removed with their files.
//!
//! Invariant: nothing that is recorded rests on them; whoever reads one proves it by its check sum and by the file.
//! Invariant: no file is looked at while the history is locked, and none outside of the folders that the run has just
//! read from: a file server that does not answer must not stop those who have nothing to do with it.

use super::error::Fault;
use super::statements::Statements;
use crate::model::{CheckpointKey, Instant};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

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

/// Whether anything is kept of a file of this name.
pub(super) fn knows(connection: &Connection, asker: &str, name: &str) -> Result<bool, Fault> {
    let found = connection
        .ask("SELECT 1 FROM checkpoints WHERE asker = ?1 AND name = ?2 LIMIT 1", params![asker, name], |_| {
            Ok(())
        })
        .optional()?;
    Ok(found.is_some())
}

/// Takes over what a run leaves, and removes what is of no more use.
pub(super) fn replace(
    transaction: &Transaction<'_>,
    checkpoints: &[(CheckpointKey, Option<Vec<u8>>)],
    gone: &[Gone],
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
    }
    for Gone { row, used } in gone {
        // Not where somebody used it since.
        transaction.run("DELETE FROM checkpoints WHERE rowid = ?1 AND used_ns = ?2", [row, used])?;
    }
    Ok(())
}

/// A checkpoint of no more use: its row, and when a run used it last.
pub(super) struct Gone {
    row: i64,
    used: i64,
}

/// The checkpoints whose file is gone, or another one, in the folders that a run has read from; before its transaction.
/// Those elsewhere go when nobody used them for long.
pub(super) fn gone(
    connection: &Connection,
    checkpoints: &[(CheckpointKey, Option<Vec<u8>>)],
) -> Result<Vec<Gone>, Fault> {
    let folders: BTreeSet<&Path> =
        checkpoints.iter().filter_map(|(key, _)| Path::new(&key.name).parent()).collect();
    if folders.is_empty() {
        return Ok(Vec::new());
    }
    let read: BTreeSet<(i64, i64)> =
        checkpoints.iter().map(|(key, _)| (number(key.file.device), number(key.file.inode))).collect();
    let mut statement =
        connection.prepare_cached("SELECT rowid, used_ns, device, inode, name FROM checkpoints")?;
    let mut rows = statement.query([])?;
    let mut gone = Vec::new();
    while let Some(row) = rows.next()? {
        let (file, name): ((i64, i64), String) = ((row.get(2)?, row.get(3)?), row.get(4)?);
        let name = Path::new(&name);
        let is_near = name.parent().is_some_and(|folder| folders.contains(folder));
        if is_near && !read.contains(&file) && !is_there(name, file) {
            gone.push(Gone { row: row.get(0)?, used: row.get(1)? });
        }
    }
    Ok(gone)
}

/// Whether a name still is that file, as far as that can be told without following links to other places.
fn is_there(name: &Path, (device, inode): (i64, i64)) -> bool {
    match std::fs::symlink_metadata(name) {
        Ok(found) => found.is_symlink() || (number(found.dev()) == device && number(found.ino()) == inode),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// `SQLite` has no unsigned numbers; the bits are kept.
fn number(number: u64) -> i64 {
    number as i64
}
