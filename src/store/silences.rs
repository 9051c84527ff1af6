//! Silences: who added them, why, and until when nobody is told.

use super::error::Fault;
use super::record::utc;
use super::statements::Statements;
use super::words::{self, Labels};
use crate::model::{Instant, Silence};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// Those that have not ended, by their numbers.
pub(super) fn since(connection: &Connection, now: Instant) -> Result<Vec<Silence>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT id, matchers, reason, from_ns, until_ns FROM silences WHERE until_ns > ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([now])?;
    let mut silences = Vec::new();
    while let Some(row) = rows.next()? {
        let matchers: String = row.get(1)?;
        silences.push(Silence {
            id: row.get(0)?,
            matchers: words::read(&matchers)?,
            reason: row.get(2)?,
            from: row.get(3)?,
            until: row.get(4)?,
        });
    }
    Ok(silences)
}

/// What silences can go by: keys and the values that anything recorded has of them.
pub(super) fn known(connection: &Connection) -> Result<BTreeMap<String, BTreeSet<String>>, Fault> {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |key: &str, value: String| {
        known.entry(key.to_owned()).or_default().insert(value);
    };
    let mut statement = connection.prepare_cached("SELECT DISTINCT name FROM agreements")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        add("agreement", row.get(0)?);
    }
    let mut statement =
        connection.prepare_cached("SELECT labels, severity, objective, indicator, name FROM subjects")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let labels: String = row.get(0)?;
        for (column, value) in words::read::<Labels>(&labels)?.0 {
            add(&column, value);
        }
        if let Some(severity) = row.get(1)? {
            add("severity", severity);
        }
        for column in 2..5 {
            if let Some(name) = row.get(column)? {
                add("objective", name);
            }
        }
    }
    Ok(known)
}

/// Its number.
pub(super) fn add(connection: &Connection, silence: &Silence) -> Result<i64, Fault> {
    connection.run(
        "INSERT INTO silences (matchers, reason, from_ns, from_time, until_ns, until_time)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            words::list(&silence.matchers)?,
            silence.reason,
            silence.from,
            utc(silence.from),
            silence.until,
            utc(silence.until),
        ],
    )?;
    Ok(connection.last_insert_rowid())
}

/// Ends one now; whether there was one that had not ended.
pub(super) fn end(connection: &Connection, id: i64, now: Instant) -> Result<bool, Fault> {
    let changed = connection.run(
        "UPDATE silences SET until_ns = ?2, until_time = ?3 WHERE id = ?1 AND until_ns > ?2",
        params![id, now, utc(now)],
    )?;
    Ok(changed > 0)
}
