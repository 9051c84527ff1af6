//! The answers of a run: shared with earlier runs that gave them, or new rows with the next revision.

use super::error::Fault;
use super::subjects;
use super::words::{count, list};
use crate::model::{Instant, Rational, Reason, Report, ResultPeriod, RuleResult, Subject};
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::HashMap;
use std::sync::Arc;

/// What makes an answer another one: the decision and its numbers, not the words around them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
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
    pub(super) fn of(result: &RuleResult) -> Result<Answer, Fault> {
        let digits = |value: Rational| (value.num().to_string(), value.den().to_string());
        Ok(Answer {
            complete: result.period.complete,
            verdict: result.verdict.word(),
            reason: result.reason.map(Reason::word),
            measured: result.measured.map(|measured| digits(measured.value)),
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

/// Records every result of the report.
pub(super) fn record(transaction: &Transaction<'_>, run: i64, report: &Report) -> Result<(), Fault> {
    let mut newest = transaction.prepare_cached(
        "SELECT id, subject, revision,
                complete IS ?3 AND verdict IS ?4 AND reason IS ?5 AND measured_num IS ?6 AND measured_den IS ?7
                AND exact_num IS ?8 AND exact_den IS ?9 AND samples IS ?10 AND rows IS ?11 AND excluded IS ?12
                AND missing IS ?13 AND bad IS ?14 AND allowed IS ?15,
                explain IS ?16 AND notes IS ?17 AND approximate IS ?18 AND measured_dimension IS ?19
         -- Two looks into the index `results_by_series`. Asked for the last by id, SQLite goes through all results of the
         -- period, or all revisions of the answer.
         FROM results WHERE id = max(
             ifnull((SELECT max(id) FROM results INDEXED BY results_by_series
                     WHERE series = ?1 AND period = ?2 AND complete = 0), 0),
             ifnull((SELECT max(id) FROM results INDEXED BY results_by_series
                     WHERE series = ?1 AND period = ?2 AND complete = 1), 0))",
    )?;
    let mut add = transaction.prepare_cached(
        "INSERT INTO results (series, period, complete, verdict, reason, measured_num, measured_den, exact_num,
                              exact_den, samples, rows, excluded, missing, bad, allowed, explain, notes, approximate,
                              measured_dimension, subject, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )?;
    let mut link = transaction.prepare_cached(
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
        let dimension = result.measured.map(|measured| measured.dimension.word());
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
        let found =
            (subjects::series(transaction, report, result)?, subjects::subject(transaction, &result.about)?);
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
        let found = subjects::period(transaction, report, result)?;
        self.periods.insert(key, found);
        Ok(found)
    }
}
