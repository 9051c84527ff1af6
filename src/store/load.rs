//! A recorded run as the report it was.

use super::RunFacts;
use super::error::Fault;
use super::words::{self, Labels};
use crate::model::{
    AgreementSummary, Comparison, Excluded, InputKind, InputSummary, Instant, Measured, Origin, Problem,
    ProblemKind, Quantity, Rational, Reason, Report, ResultPeriod, RuleResult, Severity, Shown, Subject,
    Summary, Verdict,
};
use rusqlite::{Connection, OptionalExtension, Row, types::FromSql};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

/// Columns of `subjects` in the order that [`subject`] reads them.
pub(super) const SUBJECT: &str = "u.objective, u.name, u.description, u.runbook, u.severity, u.filter, u.file, u.line, \
                                  u.labels, u.indicator, u.comparison, u.target_num, u.target_den, u.dimension, \
                                  u.target_text, u.prefer_num, u.prefer_den, u.prefer_dimension, u.shown";
/// How many they are.
pub(super) const SUBJECT_COLUMNS: usize = 19;

/// The run's report, and what is known about the run itself.
pub(super) fn load(connection: &Connection, run: i64) -> Result<(Report, RunFacts), Fault> {
    let transaction = connection.unchecked_transaction()?;
    let Some((facts, verdict, summary)) = facts(&transaction, run)? else {
        let there = transaction.query_row("SELECT min(id), max(id) FROM runs", [], |row| {
            Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?))
        })?;
        return Err(Fault::NoRun { wanted: run, there });
    };
    let report = Report {
        now: facts.now,
        verdict,
        summary,
        agreements: agreements(&transaction, run)?,
        inputs: inputs(&transaction, run)?,
        results: results(&transaction, run)?,
        problems: problems(&transaction, run)?,
        problem_totals: totals(&transaction, run)?,
        details: Vec::new(),
    };
    Ok((report, facts))
}

fn facts(connection: &Connection, run: i64) -> Result<Option<(RunFacts, Verdict, Summary)>, Fault> {
    let found = connection
        .query_row(
            "SELECT now_ns, tool, zone_data, hash, previous, verdict, met, warning, breached, undecided
             FROM runs WHERE id = ?1",
            [run],
            |row| {
                let facts = RunFacts {
                    run,
                    now: row.get(0)?,
                    tool: row.get(1)?,
                    zone_data: row.get(2)?,
                    hash: row.get(3)?,
                    previous: row.get(4)?,
                };
                let summary = Summary {
                    met: count(row, 6)?,
                    warning: count(row, 7)?,
                    breached: count(row, 8)?,
                    undecided: count(row, 9)?,
                };
                Ok((facts, row.get::<_, String>(5)?, summary))
            },
        )
        .optional()?;
    found.map(|(facts, verdict, summary)| Ok((facts, words::verdict(&verdict)?, summary))).transpose()
}

fn agreements(connection: &Connection, run: i64) -> Result<Vec<AgreementSummary>, Fault> {
    let sql = "SELECT a.name, a.file, a.line, a.built_in, a.noun, a.rules, t.text, a.overlay
               FROM agreements a JOIN rules t ON t.digest = a.rules WHERE a.run = ?1 ORDER BY a.position";
    every(connection, sql, run, |row| {
        Ok(AgreementSummary {
            name: row.get(0)?,
            origin: origin(row, 1)?,
            built_in: row.get(3)?,
            noun: row.get(4)?,
            digest: row.get(5)?,
            text: row.get(6)?,
            overlay: words::read(&get::<String>(row, 7)?)?,
            unread: None,
        })
    })
}

fn inputs(connection: &Connection, run: i64) -> Result<Vec<InputSummary>, Fault> {
    let sql = "SELECT i.source, i.agreement, i.digest, i.rows, i.accepted, i.excluded, i.rejected, i.first_ns, i.last_ns,
                      i.zone, i.inferred, m.run, m.address
               FROM inputs i LEFT JOIN metrics m ON m.run = i.run AND m.position = i.position
               WHERE i.run = ?1 ORDER BY i.position";
    every(connection, sql, run, |row| {
        let excluded: Vec<(String, u64)> = words::read(&get::<String>(row, 5)?)?;
        Ok(InputSummary {
            source: row.get(0)?,
            agreement: position(row, 1)?,
            digest: row.get(2)?,
            rows: count(row, 3)?,
            accepted: count(row, 4)?,
            excluded: excluded.into_iter().map(|(clause, rows)| Excluded { clause, rows }).collect(),
            rejected: count(row, 6)?,
            span: get::<Option<Instant>>(row, 7)?.zip(row.get(8)?),
            clock: words::clock(row.get(9)?)?,
            inferred: words::read(&get::<String>(row, 10)?)?,
            kind: match (get::<Option<i64>>(row, 11)?, get::<Option<String>>(row, 12)?) {
                (None, _) => InputKind::Rows,
                (Some(_), Some(address)) => InputKind::Server(address),
                (Some(_), None) => InputKind::Saved,
            },
        })
    })
}

fn results(connection: &Connection, run: i64) -> Result<Vec<RuleResult>, Fault> {
    let sql = format!(
        "SELECT {SUBJECT}, s.result_id, a.agreement, a.objective, p.from_ns, p.to_ns, r.complete, r.verdict, r.reason,
                r.measured_num, r.measured_den, r.measured_dimension, r.approximate, r.exact_num, r.exact_den,
                r.samples, r.bad, r.allowed, r.rows, r.excluded, r.missing, r.explain, r.notes, r.subject
         FROM run_results a
         JOIN results r ON r.id = a.result
         JOIN series s ON s.id = r.series
         JOIN periods p ON p.id = r.period
         JOIN subjects u ON u.id = r.subject
         WHERE a.run = ?1 ORDER BY a.position"
    );
    let mut subjects: HashMap<(i64, String), Arc<Subject>> = HashMap::new();
    every(connection, &sql, run, |row| {
        let at = |column| SUBJECT_COLUMNS + column;
        let key = (get::<i64>(row, at(22))?, get::<String>(row, at(0))?);
        let about = match subjects.get(&key) {
            Some(about) => Arc::clone(about),
            None => {
                let about = Arc::new(subject(row, key.1.clone())?);
                subjects.insert(key, Arc::clone(&about));
                about
            }
        };
        let shown = about.target.shown;
        Ok(RuleResult {
            about,
            agreement: position(row, at(1))?,
            objective_idx: position(row, at(2))?,
            period: ResultPeriod { from: row.get(at(3))?, to: row.get(at(4))?, complete: row.get(at(5))? },
            verdict: words::verdict(&get::<String>(row, at(6))?)?,
            reason: get::<Option<String>>(row, at(7))?
                .map(|word| words::named(&word, "reason", Reason::from_word))
                .transpose()?,
            measured: measured(row, at(8), shown)?,
            exact: fraction(row, at(12))?,
            samples: count(row, at(14))?,
            bad: optional_count(row, at(15))?,
            allowed: optional_count(row, at(16))?,
            rows: count(row, at(17))?,
            excluded: count(row, at(18))?,
            missing: count(row, at(19))?,
            explain: row.get(at(20))?,
            notes: words::read(&get::<String>(row, at(21))?)?,
        })
    })
}

fn problems(connection: &Connection, run: i64) -> Result<Vec<Problem>, Fault> {
    let sql = "SELECT severity, kind, source, line, field, count, message
               FROM problems WHERE run = ?1 ORDER BY position";
    every(connection, sql, run, |row| {
        Ok(Problem {
            severity: words::named(&get::<String>(row, 0)?, "severity", Severity::from_word)?,
            kind: problem_kind(&get::<String>(row, 1)?)?,
            source: row.get(2)?,
            line: optional_count(row, 3)?,
            column: row.get(4)?,
            count: count(row, 5)?,
            message: row.get(6)?,
        })
    })
}

fn problem_kind(word: &str) -> Result<ProblemKind, Fault> {
    words::named(word, "kind of problem", ProblemKind::from_word)
}

fn totals(connection: &Connection, run: i64) -> Result<BTreeMap<ProblemKind, u64>, Fault> {
    let totals = every(connection, "SELECT kind, count FROM problem_totals WHERE run = ?1", run, |row| {
        Ok((problem_kind(&get::<String>(row, 0)?)?, count(row, 1)?))
    })?;
    Ok(totals.into_iter().collect())
}

/// The subject whose columns ([`SUBJECT`]) come first in the row.
pub(super) fn subject(row: &Row<'_>, id: String) -> Result<Subject, Fault> {
    let dimension = words::dimension(&get::<String>(row, 13)?)?;
    let target = fraction(row, 11)?.ok_or_else(|| Fault::garbled("a target is missing"))?;
    let shown = words::shown(get::<Option<String>>(row, 18)?.as_deref())?;
    let prefer = match (fraction(row, 15)?, get::<Option<String>>(row, 17)?) {
        (Some(value), Some(dimension)) => {
            Some(Quantity { value, dimension: words::dimension(&dimension)?, shown })
        }
        _ => None,
    };
    Ok(Subject {
        id,
        objective: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        runbook: row.get(3)?,
        severity: row.get(4)?,
        filter: row.get(5)?,
        origin: origin(row, 6)?,
        group: words::read::<Labels>(&get::<String>(row, 8)?)?.0,
        indicator: row.get(9)?,
        comparison: words::named(&get::<String>(row, 10)?, "comparison", Comparison::from_word)?,
        target: Quantity { value: target, dimension, shown },
        target_text: row.get(14)?,
        prefer,
    })
}

/// Numerator, denominator, dimension, and whether it is approximate; shown as its target is.
pub(super) fn measured(row: &Row<'_>, at: usize, shown: Shown) -> Result<Option<Measured>, Fault> {
    let Some(value) = fraction(row, at)? else { return Ok(None) };
    let dimension = words::dimension(&get::<String>(row, at + 2)?)?;
    let approximate = get::<Option<bool>>(row, at + 3)?.unwrap_or(false);
    Ok(Some(Measured { value, dimension, shown, approximate }))
}

fn fraction(row: &Row<'_>, at: usize) -> Result<Option<Rational>, Fault> {
    let digits = get::<Option<String>>(row, at)?.zip(get::<Option<String>>(row, at + 1)?);
    digits.map(|(num, den)| words::rational(&num, &den)).transpose()
}

fn origin(row: &Row<'_>, at: usize) -> Result<Origin, Fault> {
    Ok(Origin { file: get::<Option<String>>(row, at)?.map(PathBuf::from), line: get(row, at + 1)? })
}

fn get<T: FromSql>(row: &Row<'_>, at: usize) -> Result<T, Fault> {
    Ok(row.get(at)?)
}

fn position(row: &Row<'_>, at: usize) -> rusqlite::Result<usize> {
    let position: i64 = row.get(at)?;
    usize::try_from(position).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, position))
}

pub(super) fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    let count: i64 = row.get(at)?;
    u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, count))
}

pub(super) fn optional_count(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    let count: Option<i64> = row.get(at)?;
    count
        .map(|count| u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, count)))
        .transpose()
}

/// What `read` makes of every row about the run.
fn every<T>(
    connection: &Connection,
    sql: &str,
    run: i64,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([run])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}
