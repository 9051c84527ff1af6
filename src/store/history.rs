//! The answers that hold, by series and in order of time.

use super::error::Fault;
use super::load::{self, SUBJECT, SUBJECT_COLUMNS, count, optional_count};
use super::words;
use crate::model::{Clock, Instant, ResultPeriod, Series, SeriesPoint, Subject};
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::sync::Arc;

/// All series, or those of one service, by agreement, the options that chose rows, group, and the newest words of the objective.
pub(super) fn history(connection: &Connection, service: Option<&str>) -> Result<Vec<Series>, Fault> {
    let transaction = connection.unchecked_transaction()?;
    let mut series = all_series(&transaction, service)?;
    let subjects = subjects(&transaction)?;
    points(&transaction, &mut series, &subjects)?;
    let mut found: Vec<Series> =
        series.into_values().map(|(_, series)| series).filter(|series| !series.points.is_empty()).collect();
    for series in &mut found {
        series.points.sort_by_key(|point| (point.at(), point.run));
    }
    found.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(found)
}

type Order<'a> = (&'a str, &'a [String], &'a [(String, String)], &'a str, &'a str);

fn order(series: &Series) -> Order<'_> {
    let about = series.points.last().map(|point| point.about.as_ref());
    (
        &series.agreement,
        &series.scope,
        about.map_or(&[], |about| &about.group),
        about.map_or("", |about| &about.indicator),
        about.map_or("", |about| &about.objective),
    )
}

type ById = HashMap<i64, (String, Series)>;

fn all_series(connection: &Connection, service: Option<&str>) -> Result<ById, Fault> {
    let mut statement = connection.prepare(
        "SELECT id, result_id, agreement, scope, service FROM series WHERE ?1 IS NULL OR service = ?1",
    )?;
    let mut rows = statement.query([service])?;
    let mut found = ById::new();
    while let Some(row) = rows.next()? {
        let series = Series {
            agreement: row.get(2)?,
            scope: words::read(&row.get::<_, String>(3)?)?,
            service: row.get(4)?,
            points: Vec::new(),
        };
        found.insert(row.get(0)?, (row.get(1)?, series));
    }
    Ok(found)
}

/// Every subject, still without its id.
fn subjects(connection: &Connection) -> Result<HashMap<i64, Subject>, Fault> {
    let mut statement = connection.prepare(&format!("SELECT {SUBJECT}, u.id FROM subjects u"))?;
    let mut rows = statement.query([])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        found.insert(row.get(SUBJECT_COLUMNS)?, load::subject(row, String::new())?);
    }
    Ok(found)
}

fn points(connection: &Connection, series: &mut ById, subjects: &HashMap<i64, Subject>) -> Result<(), Fault> {
    // As in the view `current_results`.
    let mut statement = connection.prepare(
        "SELECT r.series, r.subject, r.revision, r.complete, r.verdict, r.measured_num, r.measured_den,
                r.measured_dimension, r.approximate, r.samples, r.bad, r.allowed, p.from_ns, p.to_ns, p.first_ns,
                p.last_ns, p.zone, p.month, n.id, n.now_ns
         FROM results r
         JOIN periods p ON p.id = r.period
         JOIN runs n ON n.id = (SELECT max(run) FROM run_results WHERE result = r.id)
         WHERE NOT EXISTS (
             SELECT 1 FROM results later
             WHERE later.series = r.series AND later.period = r.period
               AND (later.complete, later.id) > (r.complete, r.id))",
    )?;
    let mut rows = statement.query([])?;
    let mut shared: HashMap<(i64, i64), Arc<Subject>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let key: (i64, i64) = (row.get(0)?, row.get(1)?);
        let Some((id, series)) = series.get_mut(&key.0) else { continue };
        let about = match shared.get(&key) {
            Some(about) => Arc::clone(about),
            None => {
                let about = subjects
                    .get(&key.1)
                    .ok_or_else(|| Fault::garbled("the words of a result are missing"))?;
                let about = Arc::new(Subject { id: id.clone(), ..about.clone() });
                shared.insert(key, Arc::clone(&about));
                about
            }
        };
        series.points.push(point(row, about)?);
    }
    Ok(())
}

fn point(row: &Row<'_>, about: Arc<Subject>) -> Result<SeriesPoint, Fault> {
    let shown = about.target.shown;
    let now: Instant = row.get(19)?;
    let month: Option<String> = row.get(17)?;
    Ok(SeriesPoint {
        run: row.get(18)?,
        now,
        revision: count(row, 2)?,
        about,
        period: ResultPeriod { from: row.get(12)?, to: row.get(13)?, complete: row.get(3)? },
        span: row.get::<_, Option<Instant>>(14)?.zip(row.get(15)?),
        clock: words::clock(row.get(16)?)?,
        month: month.unwrap_or_else(|| words::month(now, &Clock::Zoned("UTC".to_owned()))),
        verdict: words::verdict(&row.get::<_, String>(4)?)?,
        measured: load::measured(row, 5, shown)?,
        samples: count(row, 9)?,
        bad: optional_count(row, 10)?,
        allowed: optional_count(row, 11)?,
    })
}
