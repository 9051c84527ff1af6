//! The runs themselves, at a glance.

use super::error::Fault;
use super::load::{count, optional_count};
use super::words;
use crate::model::{Instant, RunSummary, Summary};
use rusqlite::{Connection, OptionalExtension};

/// The runs whose clock stood at `since` or later, or that were found again then, in their order.
pub(super) fn runs(connection: &Connection, since: Instant) -> Result<Vec<RunSummary>, Fault> {
    let transaction = connection.unchecked_transaction()?;
    let mut statement = transaction.prepare(
        "SELECT r.id, r.now_ns, r.verdict, r.met, r.warning, r.breached, r.undecided,
                (SELECT message FROM problems p WHERE p.run = r.id AND p.severity = 'error' ORDER BY position LIMIT 1),
                a.times, a.last_ns
         FROM runs r LEFT JOIN again a ON a.run = r.id 
         WHERE r.now_ns >= ?1 OR a.last_ns >= ?1 ORDER BY r.id",
    )?;
    let mut agreements = transaction.prepare(
        "SELECT name, EXISTS (SELECT 1 FROM run_results x WHERE x.run = a.run AND x.agreement = a.position)
         FROM agreements a WHERE run = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([since])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let run = row.get(0)?;
        let mut checked: Vec<String> = Vec::new();
        let mut unknown = Vec::new();
        let mut names = agreements.query([run])?;
        while let Some(name) = names.next()? {
            if !name.get::<_, bool>(1)? {
                unknown.push(name.get(0)?);
            }
            checked.push(name.get(0)?);
        }
        let why: Option<String> = row.get(7)?;
        found.push(RunSummary {
            run,
            now: row.get(1)?,
            verdict: words::verdict(&row.get::<_, String>(2)?)?,
            summary: Summary {
                met: count(row, 3)?,
                warning: count(row, 4)?,
                breached: count(row, 5)?,
                undecided: count(row, 6)?,
            },
            agreements: checked,
            why: why.filter(|_| !unknown.is_empty()),
            unknown,
            again: optional_count(row, 8)?.zip(row.get(9)?),
        });
    }
    Ok(found)
}

/// How often a run was found again, and when last.
pub(super) fn again(connection: &Connection, run: i64) -> Result<Option<(u64, Instant)>, Fault> {
    let sql = "SELECT times, last_ns FROM again WHERE run = ?1";
    let found =
        connection.query_row(sql, [run], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)));
    Ok(found.optional()?)
}

/// The run about an agreement of this one that was found again last, if that was after this one was recorded or found again
/// itself; and when.
pub(super) fn again_after(connection: &Connection, run: i64) -> Result<Option<(i64, Instant)>, Fault> {
    let sql = "SELECT a.run, a.last_ns FROM again a JOIN runs r ON r.id = ?1
               WHERE a.run <> r.id
                 AND EXISTS (SELECT 1 FROM agreements x JOIN agreements y ON x.name = y.name
                             WHERE x.run = a.run AND y.run = r.id)
                 AND a.last_ns > max(r.now_ns, coalesce((SELECT last_ns FROM again WHERE run = r.id), r.now_ns))
               ORDER BY a.last_ns DESC LIMIT 1";
    Ok(connection.query_row(sql, [run], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
