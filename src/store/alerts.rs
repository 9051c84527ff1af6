//! What channels know about each subject, and which periods were seen: read before a run and written with it.

use super::error::Fault;
use super::record::utc;
use super::statements::Statements;
use super::subjects::SCOPE;
use super::words::{self, Labels, labels};
use super::{outbox, silences};
use crate::model::{
    Alert, AlertState, AlertSubject, Instant, Letter, Rational, Report, Seen, Silence, Told, Trouble,
};
use rusqlite::{Connection, Row, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};

/// How things stood before a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Of this history alone.
    pub store: String,
    /// By agreement and scope.
    pub seen: BTreeMap<(String, String), Seen>,
    /// Everything that is not fine, or was told not to be.
    pub alerts: Vec<Alert>,
    /// Those that have not ended.
    pub silences: Vec<Silence>,
    /// Channels with messages that have not arrived yet.
    pub behind: BTreeSet<String>,
    /// The number of the next message.
    pub next_letter: i64,
}

/// How things stand after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// What has changed; what is fine is forgotten.
    pub alerts: Vec<Alert>,
    /// What was seen.
    pub seen: Vec<((String, String), Seen)>,
    /// What is to be sent.
    pub letters: Vec<Letter>,
}

/// What an agreement is known by here: its name, and the options that choose other rows, as JSON. Bounds of time that stand
/// still are left out: whoever moves them along every day means the same promise.
pub fn scope(report: &Report, agreement: usize) -> (String, String) {
    let Some(agreement) = report.agreements.get(agreement) else { return (String::new(), "[]".to_owned()) };
    let options = agreement.overlay.iter();
    let options: Vec<&String> = options
        .filter(|option| SCOPE.iter().any(|start| option.starts_with(start)) && !is_fixed(option))
        .collect();
    (agreement.name.clone(), words::list(&options).unwrap_or_else(|_| "[]".to_owned()))
}

/// Whether an option is a bound like `--since=2025-06-01` or `--since=20250601`, and not one like `--since=30d`.
fn is_fixed(option: &str) -> bool {
    let is_date = |bound: &str| {
        let digits = bound.bytes().take_while(u8::is_ascii_digit).count();
        bound.contains('-') || (digits == 8 && matches!(bound.as_bytes().get(8), None | Some(b'T')))
    };
    option.strip_prefix("--since=").or_else(|| option.strip_prefix("--until=")).is_some_and(is_date)
}

/// The text and the indicator of an objective, as they were recorded of its newest period.
fn names(connection: &Connection, subject: &AlertSubject) -> Result<Vec<String>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT about.objective, about.indicator FROM series
         JOIN results ON results.id = (SELECT id FROM results WHERE series = series.id ORDER BY period DESC LIMIT 1)
         JOIN subjects about ON about.id = results.subject
         WHERE series.agreement = ?1 AND series.result_id = ?2 LIMIT 1",
    )?;
    let mut rows = statement.query([&subject.agreement, &subject.result])?;
    match rows.next()? {
        Some(row) => Ok(vec![row.get(0)?, row.get(1)?]),
        None => Ok(Vec::new()),
    }
}

pub(super) fn before(connection: &Connection, now: Instant) -> Result<Before, Fault> {
    let store = connection.ask("SELECT id FROM identity", [], |row| row.get(0))?;
    let mut seen = BTreeMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT agreement, scope, complete_to_ns, newest_from_ns, at_ns FROM alert_periods",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let periods = Seen { complete_to: row.get(2)?, newest_from: row.get(3)?, at: row.get(4)? };
        seen.insert((row.get(0)?, row.get(1)?), periods);
    }
    let mut statement = connection.prepare_cached(
        "SELECT agreement, scope, result_id, channel, state, trouble, runs, since_ns, told_ns, distance_num,
                distance_den, promise, labels, severity
         FROM alerts ORDER BY agreement, scope, result_id, channel",
    )?;
    let mut rows = statement.query([])?;
    let mut alerts = Vec::new();
    while let Some(row) = rows.next()? {
        let mut alert = alert(row)?;
        alert.names = names(connection, &alert.subject)?;
        alerts.push(alert);
    }
    let silences = silences::since(connection, now)?;
    let behind = outbox::behind(connection)?;
    Ok(Before { store, seen, alerts, silences, behind, next_letter: outbox::next_number(connection)? })
}

pub(super) fn write(transaction: &Transaction<'_>, after: &After) -> Result<(), Fault> {
    let mut forget = transaction.prepare_cached(
        "DELETE FROM alerts WHERE agreement = ?1 AND scope = ?2 AND result_id = ?3 AND channel = ?4",
    )?;
    let mut keep = transaction.prepare_cached(
        "INSERT OR REPLACE INTO alerts (agreement, scope, result_id, channel, state, trouble, runs, since_ns, since,
                                        told_ns, told, distance_num, distance_den, promise, labels, severity)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    for alert in &after.alerts {
        let AlertSubject { agreement, scope, result } = &alert.subject;
        let (state, trouble, runs, since, told, distance) = match alert.state {
            AlertState::Fine => {
                forget.execute(params![agreement, scope, result, alert.channel])?;
                continue;
            }
            // What is pending names a trouble only where a period that is over rests on it.
            AlertState::Pending { runs, since, is_over } => {
                let over = is_over.then(|| Trouble::Breached.word());
                ("pending", over, runs, since, None, None)
            }
            AlertState::Told(Told { trouble, since, told, distance, missed }) => {
                ("told", Some(trouble.word()), missed, since, Some(told), distance)
            }
        };
        let digits = distance.map(|distance| (distance.num().to_string(), distance.den().to_string()));
        let (num, den) = digits.unzip();
        keep.execute(params![
            agreement,
            scope,
            result,
            alert.channel,
            state,
            trouble,
            runs,
            since,
            utc(since),
            told,
            told.map(utc),
            num,
            den,
            alert.promise,
            labels(&alert.group)?,
            alert.severity,
        ])?;
    }
    for ((agreement, scope), seen) in &after.seen {
        transaction.run(
            "INSERT OR REPLACE INTO alert_periods (agreement, scope, complete_to_ns, newest_from_ns, at_ns)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![agreement, scope, seen.complete_to, seen.newest_from, seen.at],
        )?;
    }
    after.letters.iter().try_for_each(|letter| outbox::add(transaction, letter))
}

fn alert(row: &Row<'_>) -> Result<Alert, Fault> {
    let state: String = row.get(4)?;
    let (runs, since) = (row.get(6)?, row.get(7)?);
    let trouble: Option<String> = row.get(5)?;
    let state = if state == "pending" {
        AlertState::Pending { runs, since, is_over: trouble.is_some() }
    } else {
        let trouble = words::named(&trouble.unwrap_or_default(), "state of an alert", Trouble::from_word)?;
        let distance: (Option<String>, Option<String>) = (row.get(9)?, row.get(10)?);
        let distance: Option<Rational> = match distance {
            (Some(num), Some(den)) => Some(words::rational(&num, &den)?),
            _ => None,
        };
        let told: Option<Instant> = row.get(8)?;
        AlertState::Told(Told { trouble, since, told: told.unwrap_or(since), distance, missed: runs })
    };
    let labels: String = row.get(12)?;
    Ok(Alert {
        subject: AlertSubject { agreement: row.get(0)?, scope: row.get(1)?, result: row.get(2)? },
        channel: row.get(3)?,
        state,
        promise: row.get(11)?,
        names: Vec::new(),
        group: words::read::<Labels>(&labels)?.0,
        severity: row.get(13)?,
    })
}

#[cfg(test)]
mod tests {
    use super::is_fixed;

    #[test]
    fn bounds_that_stand_still() {
        for bound in
            ["2025-06-01", "2025-06-01T12:30", "20250601", "20250601T123000", "2025-06-01 12:30+02:00"]
        {
            assert!(
                is_fixed(&format!("--since={bound}")) && is_fixed(&format!("--until={bound}")),
                "{bound}"
            );
        }
        for bound in ["30d", "12h", "90 min", "86400000ms"] {
            assert!(!is_fixed(&format!("--since={bound}")), "{bound}");
        }
        assert!(!is_fixed("--where=a-b"));
    }
}
