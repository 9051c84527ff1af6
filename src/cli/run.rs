//! One run of the pipeline, with a progress bar; what `check` and `init` share.

use super::checkpoints::Resuming;
use super::exit::ExitCode;
use super::progress::Progress;
use super::servers;
use super::stop::Stop;
use crate::model::{
    Agreement, AgreementSummary, Instant, Offenders, Problem, ProblemKind, Report, Server, Severity, Summary,
    Verdict,
};
use crate::pipeline::resume::Incremental;
use crate::pipeline::rows::{self, Limits, Missed};
use crate::pipeline::{self, Failure, Options, Unanswered};
use crate::source::prometheus::Connection;
use crate::source::{self, Digests, SourceError};
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What to check, and how.
#[derive(Debug)]
pub(super) struct Run {
    /// Each with its data, as typed: files, folders, patterns.
    pub(super) agreements: Vec<(Agreement, Vec<String>)>,
    /// Sources that are servers; data that is one by name is asked instead of read.
    pub(super) servers: Vec<Server>,
    pub(super) now: Instant,
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
    pub(super) max_bad_rows: u64,
    pub(super) breaches: Breaches,
    pub(super) details: Details,
    /// Whether the report is to carry the digests of inputs.
    pub(super) digests: Digests,
    /// What becomes of results where a server does not answer.
    pub(super) unanswered: Unanswered,
    /// How many of the rows behind results are wanted.
    pub(super) rows: Option<Limits>,
    /// Whether a file that was named one by one may be empty beside others.
    pub(super) empty: Empty,
    /// `None` for as many as there are processors.
    pub(super) threads: Option<usize>,
    /// What becomes of data that cannot be read.
    pub(super) unread: Unread,
    /// To go on from where the last run stopped.
    pub(super) resuming: Option<Resuming>,
}

/// What becomes of data that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// Where there is no other, it stops the run.
    Stops,
    /// A report says that nothing is known, so that it can be kept and told.
    Reported,
}

/// What an empty file is that was named one by one. In a folder, or where a pattern matches, it has no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    /// Somebody meant it to hold something.
    Unusable,
    /// A report names it as one of its inputs, empty as it was.
    NoRows,
}

/// Whether charts will be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Details {
    /// No.
    None,
    /// Yes; reads the data again, which standard input does not allow.
    Charts,
}

/// What is said about breaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breaches {
    /// The counts.
    Told,
    /// Who contributes most, too; reads the data again.
    Explained,
}

impl Run {
    /// Over all of the data, with the defaults.
    pub(super) fn new(agreements: Vec<(Agreement, Vec<String>)>, now: Instant) -> Run {
        Run {
            agreements,
            servers: Vec::new(),
            now,
            since: None,
            until: None,
            max_bad_rows: 0,
            breaches: Breaches::Told,
            details: Details::None,
            digests: Digests::Unwanted,
            unanswered: Unanswered::Undecided,
            rows: None,
            empty: Empty::Unusable,
            threads: None,
            unread: Unread::Stops,
            resuming: None,
        }
    }
}

impl Run {
    /// Whether a report is to say what is wrong with the data, for it may be otherwise the next time. A pattern that is
    /// none stays so.
    fn goes_on_without(&self, why: &SourceError) -> bool {
        self.unread == Unread::Reported && !matches!(why, SourceError::BadPattern { .. })
    }

    /// The report of a run that came to no end: nothing is known, and why.
    pub(super) fn undecided(&self, why: String) -> Report {
        unread(self.agreements.iter().map(|(agreement, _)| agreement), why, self.now)
    }
}

/// Data, found and ready to be read.
enum Input {
    Files(Vec<String>),
    Server(Box<Connection>),
    /// It cannot be, and why.
    Unread(String),
}

impl Input {
    fn files(&self) -> &[String] {
        match self {
            Input::Files(files) => files,
            Input::Server(_) | Input::Unread(_) => &[],
        }
    }
}

fn opened(data: &[String], run: &Run) -> Result<Input, Stop> {
    let server = |connection| Input::Server(Box::new(connection));
    let found = match servers::connect(data, &run.servers) {
        Ok(Some(connection)) => Ok(server(connection)),
        Ok(None) => match source::expand(data) {
            Ok(files) => servers::saved(&files).map(|saved| saved.map_or(Input::Files(files), server)),
            Err(why) if run.goes_on_without(&why) => Ok(Input::Unread(why.to_string())),
            Err(why) => return Err(unusable(&why)),
        },
        Err(why) => Err(why),
    };
    match found {
        Err(why) if run.unread == Unread::Reported => {
            Ok(Input::Unread(why.first().trim_start_matches("error: ").to_owned()))
        }
        found => found,
    }
}

/// Reads the data and decides. Agreements over the same data are read together; their order is that of their data.
pub(super) fn run(run: &Run) -> Result<Report, Stop> {
    Ok(run_with_rows(run)?.0)
}

/// As [`run`], from where the last run stopped.
pub(super) fn run_on(run: &Run, resume: Option<Incremental<'_>>) -> Result<Report, Stop> {
    Ok(run_all(run, resume)?.0)
}

/// As [`run`], with the rows behind the results, where they are wanted.
pub(super) fn run_with_rows(run: &Run) -> Result<(Report, Vec<Offenders>), Stop> {
    run_all(run, None)
}

fn run_all(run: &Run, resume: Option<Incremental<'_>>) -> Result<(Report, Vec<Offenders>), Stop> {
    let mut by_data: Vec<(&[String], Vec<Agreement>)> = Vec::new();
    for (agreement, data) in &run.agreements {
        match by_data.iter_mut().find(|(known, _)| *known == data.as_slice()) {
            Some((_, agreements)) => agreements.push(agreement.clone()),
            None => by_data.push((data, vec![agreement.clone()])),
        }
    }
    let several = by_data.len() > 1;
    let inputs = by_data.iter().map(|(data, _)| opened(data, run)).collect::<Result<Vec<_>, _>>()?;
    if run.breaches == Breaches::Explained && inputs.iter().any(|input| matches!(input, Input::Server(_))) {
        return Err(Stop::usage("--why reads rows a second time, and metrics have none")
            .hint("group by another label instead: --by service,instance"));
    }
    let read = Arc::new(AtomicU64::new(0));
    let progress = Progress::start(Arc::clone(&read), total_bytes(inputs.iter().flat_map(Input::files)));
    let mut options = Options::new(run.now, &read);
    options.since.clone_from(&run.since);
    options.until.clone_from(&run.until);
    options.max_bad_rows = run.max_bad_rows;
    options.digests = run.digests;
    options.unanswered = run.unanswered;
    options.resume = resume;
    options.tuning.threads = run.threads.unwrap_or(options.tuning.threads);
    let (mut reports, mut offenders) = (Vec::new(), Vec::new());
    let mut waiting: VecDeque<(&[String], &[Agreement], &Input)> =
        by_data.iter().zip(&inputs).map(|((data, of), input)| (*data, of.as_slice(), input)).collect();
    while let Some((data, agreements, input)) = waiting.pop_front() {
        options.named = if run.empty == Empty::Unusable { data.to_vec() } else { Vec::new() };
        let inputs = match input {
            Input::Server(connection) => {
                let mut report = pipeline::server::check(agreements, connection, &options).map_err(failed)?;
                if run.details == Details::Charts {
                    pipeline::server::draw(&mut report, agreements, connection, &options).map_err(failed)?;
                }
                options.other_results += report.results.len() as u64;
                reports.push(report);
                continue;
            }
            Input::Unread(why) => {
                reports.push(unread(agreements.iter(), why.clone(), run.now));
                continue;
            }
            Input::Files(files) => files,
        };
        let mut report = match pipeline::check(agreements, inputs, &options) {
            // What one source lacks cannot hide what another one shows.
            Err(Failure::Source(why)) if run.goes_on_without(&why) || (!why.is_usage() && several) => {
                // What one agreement says of the data, or asks of it, is not what another one does.
                let of_one = matches!(why, SourceError::Mapping { .. } | SourceError::TooMuch { .. });
                if of_one && agreements.len() > 1 && inputs.iter().all(|name| name != "-") {
                    agreements.chunks(1).rev().for_each(|one| waiting.push_front((data, one, input)));
                    continue;
                }
                reports.push(unread(agreements.iter(), why.to_string(), run.now));
                continue;
            }
            checked => checked.map_err(failed)?,
        };
        if run.breaches == Breaches::Explained {
            read.store(0, Ordering::Relaxed);
            pipeline::why::explain(&mut report, agreements, inputs, &options).map_err(failed)?;
        }
        if run.details == Details::Charts && inputs.iter().all(|name| name != "-") {
            read.store(0, Ordering::Relaxed);
            pipeline::detail::add(&mut report, agreements, inputs, &options).map_err(failed)?;
        }
        if let Some(limits) = run.rows {
            read.store(0, Ordering::Relaxed);
            let (agreements_before, results_before, inputs_before) = before(&reports);
            let found = rows::find(&report, agreements, inputs, &options, limits).map_err(missed)?;
            offenders.extend(found.into_iter().map(|mut found| {
                found.agreement += agreements_before;
                found.result = found.result.map(|result| result + results_before);
                let rows = found.kept.iter_mut().flat_map(|table| &mut table.rows);
                rows.for_each(|row| row.input += inputs_before);
                found
            }));
        }
        options.other_results += report.results.len() as u64;
        reports.push(report);
    }
    drop(progress);
    Ok((joined(reports, run.now), offenders))
}

/// How many agreements, results and inputs stand before those of the next report.
fn before(reports: &[Report]) -> (usize, usize, usize) {
    let count = |of: &dyn Fn(&Report) -> usize| reports.iter().map(of).sum();
    (
        count(&|report| report.agreements.len()),
        count(&|report| report.results.len()),
        count(&|report| report.inputs.len()),
    )
}

fn missed(why: Missed) -> Stop {
    match why {
        Missed::Failure(why) => failed(why),
        Missed::Changed(name) => {
            let why = SourceError::Changed { name };
            Stop::new(ExitCode::Undecided, why.to_string())
        }
        Missed::Uneven(why) => Stop::new(ExitCode::Internal, why),
    }
}

/// An input that cannot be used: by the way it was named (exit 2), or by what it is (exit 3).
pub(super) fn unusable(why: &SourceError) -> Stop {
    let code = if why.is_usage() { ExitCode::Usage } else { ExitCode::Undecided };
    Stop::new(code, why.to_string())
}

fn failed(why: Failure) -> Stop {
    match why {
        Failure::Source(why) => unusable(&why),
        Failure::Bound(why) => Stop::usage(why),
        Failure::Unanswered(why) => Stop::new(ExitCode::Undecided, why),
    }
}

/// Bytes to read; 0 where that cannot be known.
fn total_bytes<'a>(inputs: impl Iterator<Item = &'a String>) -> u64 {
    let is_compressed = |name: &str| {
        Path::new(name).extension().is_some_and(|extension| extension == "gz" || extension == "zst")
    };
    let bytes = inputs.map(|name| {
        fs::metadata(name)
            .ok()
            .filter(|found| found.is_file() && !is_compressed(name))
            .map(|found| found.len())
    });
    bytes.sum::<Option<u64>>().unwrap_or(0)
}

/// The report of agreements whose data cannot be used: nothing is known.
fn unread<'a>(agreements: impl Iterator<Item = &'a Agreement>, message: String, now: Instant) -> Report {
    let problem = Problem {
        severity: Severity::Error,
        kind: ProblemKind::Truncated,
        source: None,
        line: None,
        column: None,
        count: 1,
        message,
    };
    let of = |agreement| AgreementSummary {
        unread: Some(problem.message.clone()),
        ..AgreementSummary::of(agreement)
    };
    Report {
        agreements: agreements.map(of).collect(),
        problem_totals: BTreeMap::from([(problem.kind, 1)]),
        problems: vec![problem],
        ..empty(now)
    }
}

fn empty(now: Instant) -> Report {
    Report {
        now,
        verdict: Verdict::Undecided,
        summary: Summary::default(),
        agreements: Vec::new(),
        inputs: Vec::new(),
        results: Vec::new(),
        problems: Vec::new(),
        problem_totals: BTreeMap::new(),
        details: Vec::new(),
    }
}

/// The reports of agreements over different data as one, in their order.
fn joined(mut reports: Vec<Report>, now: Instant) -> Report {
    // A single one is handed on as it is: a second copy of its results would double the memory of the run.
    if reports.len() == 1
        && let Some(report) = reports.pop()
    {
        return report;
    }
    let mut whole = empty(now);
    whole.verdict = reports.iter().map(|report| report.verdict).max().unwrap_or(Verdict::Undecided);
    for mut report in reports {
        let before = whole.agreements.len();
        report.results.iter_mut().for_each(|result| result.agreement += before);
        report.inputs.iter_mut().for_each(|input| input.agreement += before);
        report.details.iter_mut().for_each(|detail| detail.agreement += before);
        whole.details.append(&mut report.details);
        whole.summary.met += report.summary.met;
        whole.summary.warning += report.summary.warning;
        whole.summary.breached += report.summary.breached;
        whole.summary.undecided += report.summary.undecided;
        whole.agreements.append(&mut report.agreements);
        whole.inputs.append(&mut report.inputs);
        whole.results.append(&mut report.results);
        whole.problems.append(&mut report.problems);
        for (kind, count) in report.problem_totals {
            *whole.problem_totals.entry(kind).or_default() += count;
        }
    }
    whole.problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    whole
}
