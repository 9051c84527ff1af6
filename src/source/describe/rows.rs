//! What a row stands for: one request, a stretch of time with its counts, or a group's finished figures.

use super::Columns;
use super::names::shell_word;
use super::said::Said;
use super::sample::Row;
use super::units::is_share;
use crate::model::{CountColumns, Dimension, Found, Problem, ProblemKind, RowKind, Severity};
use crate::plan::is_blank;
use crate::source::Opened;
use crate::source::cell::{DecimalMark, decimal};
use crate::source::error::SourceError;
use std::collections::HashSet;

const REQUESTS: [&str; 22] = [
    "requests",
    "request",
    "requestcount",
    "requestscount",
    "count",
    "total",
    "hits",
    "totalrequests",
    "numrequests",
    "nrequests",
    "totalcount",
    "calls",
    "callcount",
    "samples",
    "samplecount",
    "reqs",
    "n",
    "requeststotal",
    "sessions",
    "totalcalls",
    "numcalls",
    "invocations",
];
const FAILURES: [&str; 22] = [
    "errors",
    "error",
    "failures",
    "failure",
    "failed",
    "errorcount",
    "errorscount",
    "failurecount",
    "failurescount",
    "failedcount",
    "failedrequests",
    "requestsfailed",
    "numerrors",
    "nerrors",
    "numfailures",
    "errorrequests",
    "fails",
    "failcount",
    "errorstotal",
    "totalerrors",
    "crashes",
    "failedcalls",
];

/// Rates that only many requests together have.
const RATES: [&str; 16] = [
    "availability",
    "serviceavailability",
    "successrate",
    "successratio",
    "failurerate",
    "failureratio",
    "errorrate",
    "errorratio",
    "errorsrate",
    "failrate",
    "failedrate",
    "crashrate",
    "crashfreerate",
    "violationrate",
    "responseviolationrate",
    "latencyviolationrate",
];

/// What rows stand for, and what to say about it.
pub(super) struct Recognised {
    pub(super) kind: RowKind,
    pub(super) counts: Option<CountColumns>,
    /// A fragment.
    pub(super) proof: Option<String>,
    pub(super) problem: Option<Problem>,
}

impl Recognised {
    /// Every row is one request.
    pub(super) fn requests() -> Recognised {
        Recognised { kind: RowKind::Request, counts: None, proof: None, problem: None }
    }
}

/// What it is decided from.
pub(super) struct Given<'a> {
    pub(super) columns: &'a Columns<'a>,
    pub(super) said: &'a Said,
    pub(super) rows: &'a [Row<'a>],
    pub(super) opened: &'a [Opened],
    pub(super) mark: DecimalMark,
    /// The column of outcomes.
    pub(super) status: &'a Found,
    /// Whether a request's outcome is told by a status or a condition, said or found.
    pub(super) outcome: Outcome,
}

/// Whether something tells the outcome of a single request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Told,
    NotTold,
}

/// Decides from what was said, else from names and every sampled row.
pub(super) fn recognise(given: &Given<'_>) -> Result<Recognised, SourceError> {
    let Given { columns, said, opened, .. } = given;
    let numeric = |stems: &[&str]| columns.named(stems, |at| columns.facts[at].mostly_numbers());
    let (requests, failures) = (numeric(&REQUESTS), numeric(&FAILURES));
    if let Some(at) = said.requests {
        let failures = match (said.failures, failures.as_slice()) {
            (Some(said), _) => Some(said),
            (None, [one]) if *one != at => Some(*one),
            (None, [] | [_]) => None,
            (None, several) => return Err(several_counts(columns, opened, "failures", several)),
        };
        return Ok(interval(columns, at, failures));
    }
    if let Some(failures) = said.failures {
        return match requests.as_slice() {
            [one] => Ok(interval(columns, *one, Some(failures))),
            [] => Err(SourceError::Mapping {
                message: format!(
                    "`failures` names {:?}, but no column counts the requests; say --requests COLUMN",
                    columns.names[failures]
                ),
            }),
            several => Err(several_counts(columns, opened, "requests", several)),
        };
    }
    match (requests.as_slice(), failures.as_slice()) {
        ([], _) | (_, []) => Ok(finished(given).unwrap_or_else(|| lonely(columns, &requests))),
        ([total], [failed]) => match violation(given.rows, *total, *failed, given.mark) {
            None => Ok(interval(columns, *total, Some(*failed))),
            Some(row) => no_counts(given, *total, *failed, row),
        },
        ([_], several) => Err(several_counts(columns, opened, "failures", several)),
        (several, _) => Err(several_counts(columns, opened, "requests", several)),
    }
}

fn interval(columns: &Columns<'_>, requests: usize, failures: Option<usize>) -> Recognised {
    let names = columns.names;
    let proof = match failures {
        Some(failures) => format!(
            "each row is a stretch of time: {} counts its requests, {} those that failed",
            names[requests], names[failures]
        ),
        None => format!("each row is a stretch of time: {} counts its requests", names[requests]),
    };
    Recognised {
        kind: RowKind::Interval,
        counts: Some(CountColumns { requests, failures }),
        proof: Some(proof),
        problem: None,
    }
}

/// The first sampled row whose counts are no whole numbers, or that has more failures than requests.
fn violation<'a>(
    rows: &'a [Row<'a>],
    requests: usize,
    failures: usize,
    mark: DecimalMark,
) -> Option<&'a Row<'a>> {
    let whole = |cell: &[u8]| {
        let number = decimal(cell, mark).ok()?.to_rational()?;
        (number.den() == 1 && number.num() >= 0).then_some(number)
    };
    rows.iter().find(|row| {
        let (total, failed) = (&row.cells[requests], &row.cells[failures]);
        match (whole(total), whole(failed)) {
            (Some(total), Some(failed)) => failed > total,
            (None, _) if !is_blank(total) => true,
            (_, None) => !is_blank(failed),
            (None, Some(_)) => false,
        }
    })
}

/// Columns that are called counts, and are none on every row. Where something tells the outcome of single requests,
/// each row is one; where nothing does, taking rows for requests would be a guess.
fn no_counts(
    given: &Given<'_>,
    requests: usize,
    failures: usize,
    row: &Row<'_>,
) -> Result<Recognised, SourceError> {
    let names = given.columns.names;
    let cell = |at: usize| String::from_utf8_lossy(row.cells[at].trim_ascii()).into_owned();
    let found = format!(
        "{} is {:?} and {} is {:?}, so they do not count requests and failures on every row",
        names[requests],
        cell(requests),
        names[failures],
        cell(failures)
    );
    let counts =
        format!("--requests {} --failures {}", shell_word(&names[requests]), shell_word(&names[failures]));
    let source = &given.opened[row.file].name;
    if given.outcome == Outcome::NotTold {
        let message = format!(
            "{found}; say {counts} if they do (this row is then rejected), or --failed 'CONDITION' if each row is one \
             request"
        );
        return Err(SourceError::unclear(source, Some(row.line), message));
    }
    let problem = Problem {
        severity: Severity::Warning,
        kind: ProblemKind::Ambiguous,
        source: Some(source.clone()),
        line: Some(row.line),
        column: Some(names[failures].clone()),
        count: 1,
        message: format!("{found}: each row is read as one request; say {counts} if they do"),
    };
    Ok(Recognised { problem: Some(problem), ..Recognised::requests() })
}

/// Counts without failures beside them are not taken as counts.
fn lonely(columns: &Columns<'_>, requests: &[usize]) -> Recognised {
    let problem = requests.first().map(|at| Problem {
        severity: Severity::Note,
        kind: ProblemKind::Remark,
        source: None,
        line: None,
        column: Some(columns.names[*at].clone()),
        count: 1,
        message: format!(
            "each row is read as one request: no column of failures stands beside {name}; say --requests {name} if it \
             counts requests",
            name = columns.names[*at]
        ),
    });
    Recognised { problem, ..Recognised::requests() }
}

/// Rates beside averages, and no outcome of a single request.
fn finished(given: &Given<'_>) -> Option<Recognised> {
    let columns = given.columns;
    if *given.status != Found::Absent {
        return None;
    }
    let all = || (0..columns.names.len()).filter(|at| columns.facts[*at].numeric());
    if let Some(rate) = rates_alone(given) {
        let proof = format!(
            "a row holds finished figures ({}, and no requests); they are checked as they are and never combined",
            columns.names[rate]
        );
        return Some(Recognised { kind: RowKind::Finished, counts: None, proof: Some(proof), problem: None });
    }
    let rate = all().find(|at| is_share(&columns.words[*at]) || columns.words[*at].stem.ends_with("rate"))?;
    let beside = all().find(|at| *at != rate && columns.words[*at].statistic.is_some());
    let beside = beside.or_else(|| all().find(|at| *at != rate && is_share(&columns.words[*at])))?;
    let proof = format!(
        "a row holds finished figures ({} beside {}); they are checked as they are and never combined",
        columns.names[rate], columns.names[beside]
    );
    Some(Recognised { kind: RowKind::Finished, counts: None, proof: Some(proof), problem: None })
}

/// The first of the rates, where every number is one and no two rows are about the same: no request has an availability
/// of its own. A gauge is no rate, and with a condition that says what failed each row is a request.
fn rates_alone(given: &Given<'_>) -> Option<usize> {
    let columns = given.columns;
    if given.outcome == Outcome::Told {
        return None;
    }
    let is_rate = |at: usize| {
        let (words, facts) = (&columns.words[at], &columns.facts[at]);
        let stem = words.stem.as_str();
        let of_share = words.unit.is_none_or(|unit| unit.dimension == Dimension::Ratio);
        // A number of seconds may be called an uptime, too.
        let uptime = stem == "uptime" && (words.unit.is_some() || facts.percents == facts.numbers);
        let named = uptime || RATES.contains(&stem);
        named && of_share && !given.said.columns[at].gauge
    };
    let numbers = (0..columns.names.len())
        .filter(|at| columns.facts[*at].numeric() && columns.facts[*at].epoch().is_none());
    let mut rates = numbers.map(|at| is_rate(at).then_some(at));
    let first = rates.next()??;
    (rates.all(|rate| rate.is_some()) && told_apart(given)).then_some(first)
}

/// Whether no two sampled rows have the same texts and times.
fn told_apart(given: &Given<'_>) -> bool {
    let facts = given.columns.facts;
    let texts = |row: &'_ Row<'_>| -> Vec<Vec<u8>> {
        let cells =
            row.cells.iter().zip(facts).filter(|(_, facts)| !facts.numeric() || facts.epoch().is_some());
        cells.map(|(cell, _)| cell.to_vec()).collect()
    };
    let mut seen = HashSet::new();
    given.rows.iter().all(|row| seen.insert(texts(row)))
}

fn several_counts(columns: &Columns<'_>, opened: &[Opened], role: &str, several: &[usize]) -> SourceError {
    let names: Vec<&str> = several.iter().map(|at| columns.names[*at].as_str()).collect();
    let source = opened.first().map_or("", |input| input.name.as_str());
    SourceError::unclear(
        source,
        None,
        format!("{} may each count the {role}; say --{role} {}", names.join(" and "), shell_word(names[0])),
    )
}
