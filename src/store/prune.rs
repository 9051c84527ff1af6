//! Removing old runs. What is left still follows on the hash of the last run that went.

use super::error::Fault;
use super::record::utc;
use crate::model::Instant;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// What goes, or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// How many runs.
    pub runs: u64,
    /// The first and last of them, each with its clock.
    pub bounds: Option<((i64, Instant), (i64, Instant))>,
    /// Answers that no other run gave.
    pub results: u64,
    /// How many runs stay.
    pub kept: u64,
    /// Old runs that stay, and why.
    pub held_back: Option<HeldBack>,
}

/// Runs whose clock stood before the limit and that stay all the same: the chain is cut at its start only, so that
/// one that stays keeps all behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// How many.
    pub runs: u64,
    /// The first run that stays.
    pub by: i64,
    /// Why that one stays.
    pub why: Holds,
}

/// Why a run stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Its own clock stood at the limit or after it (`--now` can turn back the clock of those behind it), or that of a run
    /// that said the same again.
    Recent,
    /// It is the last to give an answer that holds for a period that reaches beyond the limit.
    Answer,
}

/// Whether something is removed, or only told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// Only told.
    Tell,
    /// Removed.
    Remove,
}

/// Removes the runs from the first on whose clock stood before `before`, up to the first one without which an answer
/// would be lost that holds for a period that reaches beyond `before`.
pub(super) fn prune(
    connection: &mut Connection,
    before: Instant,
    now: Instant,
    what: Prune,
) -> Result<Pruned, Fault> {
    // What was removed shall not linger in the file.
    connection.pragma_update(None, "secure_delete", true)?;
    let behavior = match what {
        Prune::Tell => TransactionBehavior::Deferred,
        Prune::Remove => TransactionBehavior::Immediate,
    };
    let transaction = connection.transaction_with_behavior(behavior)?;
    let number = |sql: &str, value: i64| {
        transaction
            .query_row(sql, [value], |row| row.get::<_, Option<i64>>(0))
            .map(|found| found.unwrap_or(0))
    };
    let recent = transaction
        .query_row(
            "SELECT id FROM runs r WHERE now_ns >= ?1
             OR EXISTS (SELECT 1 FROM again WHERE run = r.id AND last_ns >= ?1) ORDER BY id LIMIT 1",
            [before],
            |row| row.get(0),
        )
        .optional()?
        .unwrap_or(i64::MAX);
    // As in the view `current_results`. A period without times is as old as its runs.
    let holds = transaction
        .query_row(
            "SELECT min((SELECT max(run) FROM run_results WHERE result = r.id))
             FROM results r JOIN periods p ON p.id = r.period
             WHERE (p.to_ns > ?1 OR p.to_ns IS NULL AND p.last_ns >= ?1)
               AND NOT EXISTS (
                   SELECT 1 FROM results later
                   WHERE later.series = r.series AND later.period = r.period
                     AND (later.complete, later.id) > (r.complete, r.id))",
            [before],
            |row| row.get::<_, Option<i64>>(0),
        )?
        .unwrap_or(i64::MAX);
    let keep = recent.min(holds);
    let edge = |order: &str| {
        let sql = format!("SELECT id, now_ns FROM runs WHERE id < ?1 ORDER BY id {order} LIMIT 1");
        transaction.query_row(&sql, [keep], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    };
    let bounds = edge("ASC")?.zip(edge("DESC")?);
    let runs = number("SELECT count(*) FROM runs WHERE id < ?1", keep)?;
    let results = number(
        "SELECT count(*) FROM results r
         WHERE NOT EXISTS (SELECT 1 FROM run_results a WHERE a.result = r.id AND a.run >= ?1)",
        keep,
    )?;
    let kept = number("SELECT count(*) FROM runs WHERE id >= ?1", keep)?;
    let old = number("SELECT count(*) FROM runs WHERE now_ns < ?1", before)?;
    if let (Prune::Remove, Some((_, (last, _)))) = (what, bounds) {
        let hash: String =
            transaction.query_row("SELECT hash FROM runs WHERE id = ?1", [last], |row| row.get(0))?;
        for table in ["agreements", "again", "metrics", "inputs", "run_results", "problems", "problem_totals"]
        {
            transaction.execute(&format!("DELETE FROM {table} WHERE run <= ?1"), [last])?;
        }
        transaction.execute("DELETE FROM runs WHERE id <= ?1", [last])?;
        transaction.execute_batch(
            "DELETE FROM results WHERE NOT EXISTS (SELECT 1 FROM run_results WHERE result = results.id);
             DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM results WHERE series = series.id);
             DELETE FROM subjects WHERE NOT EXISTS (SELECT 1 FROM results WHERE subject = subjects.id);
             DELETE FROM periods WHERE NOT EXISTS (SELECT 1 FROM results WHERE period = periods.id);
             DELETE FROM rules WHERE NOT EXISTS (SELECT 1 FROM agreements WHERE rules = rules.digest);",
        )?;
        transaction.execute(
            "INSERT INTO prunes (now_ns, now, runs, last_run, last_hash) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![now, utc(now), runs, last, hash],
        )?;
    }
    transaction.commit()?;
    let amount = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(Pruned {
        runs: amount(runs),
        bounds,
        results: if runs == 0 { 0 } else { amount(results) },
        kept: amount(kept),
        held_back: (old > runs).then_some(HeldBack {
            runs: amount(old - runs),
            by: keep,
            why: if holds < recent { Holds::Answer } else { Holds::Recent },
        }),
    })
}
