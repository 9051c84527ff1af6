//! What a row stands for: one request, a stretch of time with its counts, or a group's finished figures.

use super::Columns;
use super::names::shell_word;
use super::said::Said;
use super::sample::Row;
use super::units::is_share;
use crate::model::{CountColumns, Found, Problem, ProblemKind, RowKind, Severity};
use crate::plan::is_blank;
use crate::source::Opened;
use crate::source::cell::{DecimalMark, decimal};
use crate::source::error::SourceError;

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

/// Decides from what was said, else from names and every sampled row.
pub(super) fn recognise(
    columns: &Columns<'_>,
    said: &Said,
    rows: &[Row<'_>],
    status: &Found,
    opened: &[Opened],
    mark: DecimalMark,
) -> Result<Recognised, SourceError> {
    let counts = |stems: &[&str]| columns.named(stems, |at| columns.facts[at].counts());
    let (requests, failures) = (counts(&REQUESTS), counts(&FAILURES));
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
        ([], _) | (_, []) => Ok(finished(columns, status).unwrap_or_else(|| lonely(columns, &requests))),
        ([total], [failed]) => Ok(match violation(rows, *total, *failed, mark) {
            None => interval(columns, *total, Some(*failed)),
            Some(row) => Recognised {
                problem: Some(no_parts(columns, opened, *total, *failed, row)),
                ..Recognised::requests()
            },
        }),
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

/// The first sampled row with more failures than requests.
fn violation<'a>(
    rows: &'a [Row<'a>],
    requests: usize,
    failures: usize,
    mark: DecimalMark,
) -> Option<&'a Row<'a>> {
    rows.iter().find(|row| {
        let number =
            |at: usize| decimal(&row.cells[at], mark).ok().and_then(crate::model::Decimal::to_rational);
        match (number(requests), number(failures)) {
            (Some(requests), Some(failures)) => failures > requests,
            (None, _) => !is_blank(&row.cells[requests]),
            (_, None) => !is_blank(&row.cells[failures]),
        }
    })
}

fn no_parts(
    columns: &Columns<'_>,
    opened: &[Opened],
    requests: usize,
    failures: usize,
    row: &Row<'_>,
) -> Problem {
    let (requests, failures) = (&columns.names[requests], &columns.names[failures]);
    Problem {
        severity: Severity::Warning,
        kind: ProblemKind::Ambiguous,
        source: Some(opened[row.file].name.clone()),
        line: Some(row.line),
        column: Some(failures.clone()),
        count: 1,
        message: format!(
            "{failures} is above {requests} here, so each row is read as one request; say --requests {requests} \
             --failures {failures} if they are counts"
        ),
    }
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
fn finished(columns: &Columns<'_>, status: &Found) -> Option<Recognised> {
    if *status != Found::Absent {
        return None;
    }
    let all = || (0..columns.names.len()).filter(|at| columns.facts[*at].mostly_numbers());
    let rate = all().find(|at| is_share(&columns.words[*at]) || columns.words[*at].stem.ends_with("rate"))?;
    let beside = all().find(|at| *at != rate && columns.words[*at].statistic.is_some());
    let beside = beside.or_else(|| all().find(|at| *at != rate && is_share(&columns.words[*at])))?;
    let proof = format!(
        "a row holds finished figures ({} beside {}); they are checked as they are and never combined",
        columns.names[rate], columns.names[beside]
    );
    Some(Recognised { kind: RowKind::Finished, counts: None, proof: Some(proof), problem: None })
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
