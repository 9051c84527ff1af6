//! What answers are about: series, the words of their objectives, and periods. Each is recorded once.

use super::chain;
use super::error::Fault;
use super::record::file;
use super::words::{self, labels, list};
use crate::model::{Clock, InputSummary, Instant, Quantity, Report, ResultPeriod, RuleResult, Subject};
use rusqlite::{OptionalExtension, Transaction, params};

/// Options that choose other rows: with them an agreement is another one.
pub(super) const SCOPE: [&str; 3] = ["--where=", "--since=", "--until="];

/// The objective of an agreement for one group, under the options that choose rows.
pub(super) fn series(
    transaction: &Transaction<'_>,
    report: &Report,
    result: &RuleResult,
) -> Result<i64, Fault> {
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

/// The words of an objective for one group.
pub(super) fn subject(transaction: &Transaction<'_>, about: &Subject) -> Result<i64, Fault> {
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
pub(super) fn period(
    transaction: &Transaction<'_>,
    report: &Report,
    result: &RuleResult,
) -> Result<i64, Fault> {
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
