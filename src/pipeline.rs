//! describe → plan → tally → evaluate: what `check`, `init` and the tests call.
//!
//! Every input is opened once and read once, whatever the number of agreements: each has its own plan, so that what
//! one agreement needs cannot change what another finds, and the plans are filled side by side.

/// What charts need.
pub mod detail;
/// Runs that go on from the last one.
pub mod resume;
/// The rows behind results.
pub mod rows;
/// Checks against a server of metrics.
pub mod server;
/// Who contributes most to a breach.
pub mod why;

use crate::calendar;
use crate::evaluate::{self, Context, Item};
use crate::model::{
    Agreement, Doubt, Found, Inference, Instant, Intake, Problem, ProblemKind, Report, Schema, Severity,
    Tallies, TallyTable,
};
use crate::plan::{self, Plan, Window};
use crate::source::csv::{self, Carry, ScanOptions, Tuning};
use crate::source::{self, Description, Digests, Opened, SourceError};
use resume::Incremental;
use std::fmt;
use std::sync::atomic::AtomicU64;

/// What a run is told beside agreements and inputs.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The clock, in nanoseconds since 1970 UTC.
    pub now: Instant,
    /// Rows before are excluded; as typed.
    pub since: Option<String>,
    /// Rows at or after are excluded; as typed.
    pub until: Option<String>,
    /// Rejected rows that do not touch a verdict.
    pub max_bad_rows: u64,
    /// How the scanner works. Changes no result.
    pub tuning: Tuning,
    /// Whether reports carry the digests of inputs.
    pub digests: Digests,
    /// Results that the whole report has already, from agreements over other data.
    pub other_results: u64,
    /// What becomes of results where a server does not answer.
    pub unanswered: Unanswered,
    /// Inputs that somebody named one by one, beside those of folders and patterns: none of them may be empty.
    pub named: Vec<String>,
    /// Counts the bytes that were read.
    pub progress: &'a AtomicU64,
    /// Where to go on from the last run, if anywhere. Changes no result.
    pub resume: Option<Incremental<'a>>,
}

/// What becomes of results where a server does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unanswered {
    /// They are undecided, and the report says why.
    #[default]
    Undecided,
    /// There are none: [`Failure::Unanswered`]. For those who compare with answers that there were.
    Refused,
}

impl<'a> Options<'a> {
    /// The defaults, with a clock and a counter.
    pub fn new(now: Instant, progress: &'a AtomicU64) -> Options<'a> {
        let (tuning, digests) = (Tuning::default(), Digests::Unwanted);
        Options {
            now,
            since: None,
            until: None,
            max_bad_rows: 0,
            tuning,
            digests,
            other_results: 0,
            unanswered: Unanswered::Undecided,
            named: Vec::new(),
            progress,
            resume: None,
        }
    }
}

impl<'a> Options<'a> {
    fn scan(&self) -> ScanOptions<'a> {
        ScanOptions {
            tuning: self.tuning,
            digests: self.digests,
            progress: self.progress,
            since: self.since.as_ref().map(|since| format!("--since {since}")),
            until: self.until.as_ref().map(|until| format!("--until {until}")),
        }
    }
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An input cannot be opened or understood.
    Source(SourceError),
    /// `--since` or `--until` cannot be understood; the message says why.
    Bound(String),
    /// A server does not answer, and [`Unanswered::Refused`] was asked for.
    Unanswered(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Source(error) => error.fmt(f),
            Failure::Bound(message) | Failure::Unanswered(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Failure {}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Failure {
        Failure::Source(error)
    }
}

/// An agreement's way through a run.
struct Run<'a> {
    agreement: &'a Agreement,
    /// Index into the descriptions.
    description: usize,
    plan: Plan,
    tallies: Tallies,
}

/// Checks the agreements against the inputs, which are named as `source::open` takes them.
pub fn check(agreements: &[Agreement], inputs: &[String], options: &Options<'_>) -> Result<Report, Failure> {
    let opened = source::open_all(inputs, options.digests, &options.named)?;
    check_opened(agreements, opened, options)
}

/// As [`check`], for inputs that are open.
pub fn check_opened(
    agreements: &[Agreement],
    opened: Vec<Opened>,
    options: &Options<'_>,
) -> Result<Report, Failure> {
    let Options { now, max_bad_rows, other_results, .. } = *options;
    let context = Context { now, max_bad_rows, threads: options.tuning.threads, other_results };
    with_items(agreements, opened, options, |items| evaluate::evaluate(items, &context))
}

/// Counts what the agreements ask for, and makes something of it; there is one item per agreement.
fn with_items<T>(
    agreements: &[Agreement],
    mut opened: Vec<Opened>,
    options: &Options<'_>,
    use_items: impl FnOnce(&[Item<'_>]) -> T,
) -> Result<T, Failure> {
    if let Some(incremental) = &options.resume {
        resume::recall(incremental, agreements, &mut opened);
    }
    let descriptions = describe(agreements, &opened)?;
    let fitted = fitted_all(agreements, &descriptions);
    let mut runs = planned(&fitted, &descriptions, options)?;
    read(&mut runs, opened, &descriptions, options)?;
    let items: Vec<Item<'_>> = runs
        .iter()
        .map(|run| Item {
            agreement: run.agreement,
            schema: &descriptions[run.description].1.schema,
            plan: &run.plan,
            tallies: &run.tallies,
            remarks: &descriptions[run.description].1.problems,
            sampled: &descriptions[run.description].1.sampled,
        })
        .collect();
    Ok(use_items(&items))
}

/// Which of the descriptions is an agreement's.
fn described(agreement: &Agreement, descriptions: &Descriptions<'_>) -> usize {
    descriptions.iter().position(|(other, _)| is_read_as(agreement, other)).unwrap_or(0)
}

fn fitted_all(agreements: &[Agreement], descriptions: &Descriptions<'_>) -> Vec<Agreement> {
    let fit = |agreement| fitted(agreement, &descriptions[described(agreement, descriptions)].1.schema);
    agreements.iter().map(fit).collect()
}

/// The plan of every agreement, with nothing counted yet.
fn planned<'a>(
    agreements: &'a [Agreement],
    descriptions: &Descriptions<'_>,
    options: &Options<'_>,
) -> Result<Vec<Run<'a>>, Failure> {
    let plan = |agreement: &'a Agreement| {
        let description = described(agreement, descriptions);
        let schema = &descriptions[description].1.schema;
        let plan = plan::compile(agreement, schema, options.now, window(options, schema)?);
        let tallies = Tallies { tables: vec![TallyTable::default(); plan.tables.len()], intakes: Vec::new() };
        Ok(Run { agreement, description, plan, tallies })
    };
    agreements.iter().map(plan).collect()
}

/// What the inputs are, per way to read them.
type Descriptions<'a> = [(&'a Agreement, Description)];

/// The built-in example is per service only where there are services; what somebody wrote holds as it is.
fn fitted(agreement: &Agreement, schema: &Schema) -> Agreement {
    let mut agreement = agreement.clone();
    if agreement.built_in && schema.service == Found::Absent {
        agreement.by.clear();
    }
    agreement
}

/// Whether the same is said of the inputs of both.
fn is_read_as(agreement: &Agreement, other: &Agreement) -> bool {
    agreement.input == other.input && agreement.noun == other.noun
}

/// What the inputs are, once for every different `input:` and `noun:`.
fn describe<'a>(
    agreements: &'a [Agreement],
    opened: &[Opened],
) -> Result<Vec<(&'a Agreement, Description)>, Failure> {
    let mut descriptions: Vec<(&Agreement, Description)> = Vec::new();
    for agreement in agreements {
        if !descriptions.iter().any(|(other, _)| is_read_as(agreement, other)) {
            let mut description =
                source::describe(opened, &agreement.input).map_err(|error| placed(error, agreement))?;
            summarise(&mut description, &agreement.noun);
            descriptions.push((agreement, description));
        }
    }
    Ok(descriptions)
}

/// An `input:` that does not fit the data: tells whose it is.
fn placed(error: SourceError, agreement: &Agreement) -> SourceError {
    match (error, &agreement.origin.file) {
        (SourceError::Mapping { message }, Some(file)) => {
            SourceError::Mapping { message: format!("{}: {message}", file.display()) }
        }
        (error, _) => error,
    }
}

/// What was recognised comes first in every report, then what settled it; which column plays which part is said once.
fn summarise(description: &mut Description, noun: &str) {
    let summary: Vec<Inference> =
        source::summary(description, noun).into_iter().map(|text| Inference { text }).collect();
    let schema = &mut description.schema;
    let parts = [
        ("time", &schema.time),
        ("service", &schema.service),
        ("latency", &schema.latency),
        ("status", &schema.status),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter_map(|(part, found)| Some(format!("{part} is {}", schema.columns.get(found.at()?)?.name)))
        .collect();
    // Why a column plays its part (`, as its values show`) is for `sla inspect`.
    let is_said = |text: &str| {
        said.iter()
            .any(|said| text.strip_prefix(said).is_some_and(|why| why.is_empty() || why.starts_with(", as ")))
    };
    schema.inferred.retain(|inference| !is_said(&inference.text));
    schema.inferred.splice(0..0, summary);
}

fn window(options: &Options<'_>, schema: &Schema) -> Result<Window, Failure> {
    let bound = |name: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => calendar::parse_bound(text, &schema.clock, options.now)
            .map(Some)
            .map_err(|message| Failure::Bound(format!("--{name} {text}: {message}"))),
    };
    let window = Window { since: bound("since", &options.since)?, until: bound("until", &options.until)? };
    match (window.since, window.until, &options.since, &options.until) {
        (Some(first), Some(end), Some(since), Some(until)) if first >= end => Err(Failure::Bound(format!(
            "--since {since} is not before --until {until}: no time lies between them"
        ))),
        _ => Ok(window),
    }
}

/// Reads every input once, for all plans.
fn read(
    runs: &mut [Run<'_>],
    opened: Vec<Opened>,
    descriptions: &Descriptions<'_>,
    options: &Options<'_>,
) -> Result<(), Failure> {
    let Some((_, first)) = descriptions.first() else { return Ok(()) };
    let scan = options.scan();
    let mut carry = Carry::default();
    let resume = options
        .resume
        .as_ref()
        .map(|incremental| (incremental, resume::asker(runs.iter().map(|run| run.agreement))));
    for (input, layout) in opened.into_iter().zip(&first.files) {
        let name = input.name.clone();
        let plans: Vec<&Plan> = runs.iter().map(|run| &run.plan).collect();
        let shape = (layout, &first.schema);
        let counted = input.resume().and_then(|input| match &resume {
            None => csv::tally(input, layout, &first.schema, &plans, &scan, &mut carry),
            Some((incremental, asker)) => {
                resume::tally(incremental, asker, input, shape, &plans, &scan, &mut carry)
            }
        });
        match counted {
            Ok(found) => {
                for (run, tallies) in runs.iter_mut().zip(found) {
                    add(run, tallies, &name)?;
                }
            }
            Err(error) if error.is_usage() => return Err(error.into()),
            Err(error) => {
                for run in &mut *runs {
                    add(run, untrusted(&name, &error), &name)?;
                }
            }
        }
    }
    Ok(())
}

/// An input that broke off: whatever rests on it is undecided.
fn untrusted(name: &str, error: &SourceError) -> Tallies {
    let kind = match error {
        SourceError::Cut { .. } | SourceError::Damaged { .. } => ProblemKind::Truncated,
        SourceError::Io { .. } | SourceError::Changed { .. } => ProblemKind::Changed,
        SourceError::TooMuch { .. } => ProblemKind::Overflow,
        _ => ProblemKind::BrokenQuoting,
    };
    let line = if let SourceError::Unclear { line, .. } = error { *line } else { None };
    let message = match error {
        SourceError::Unclear { message, .. } | SourceError::TooMuch { message, .. } => message.clone(),
        other => {
            // Reports put the name before it.
            let message = other.to_string();
            message.strip_prefix(name).map_or(message.clone(), |rest| rest.trim_start().to_owned())
        }
    };
    let problem = Problem {
        severity: Severity::Error,
        kind,
        source: Some(name.to_owned()),
        line,
        column: None,
        count: 1,
        message,
    };
    let doubts = vec![Doubt { column: None, problem }];
    Tallies {
        tables: Vec::new(),
        intakes: vec![Intake { source: name.to_owned(), doubts, ..Intake::default() }],
    }
}

/// Adds what one input holds to what an agreement has so far.
fn add(run: &mut Run<'_>, mut tallies: Tallies, name: &str) -> Result<(), Failure> {
    let clauses = evaluate::exclusions(&run.plan, &tallies);
    if let Some(intake) = tallies.intakes.first_mut() {
        intake.excluded.extend(clauses);
    }
    for (mine, theirs) in run.tallies.tables.iter_mut().zip(tallies.tables) {
        mine.merge(theirs).ok_or_else(|| SourceError::TooMuch {
            name: name.to_owned(),
            message: "a sum is too large to be held exactly".to_owned(),
        })?;
    }
    if run.tallies.tables.iter().any(|table| table.cells.len() > csv::MOST_GROUPS) {
        let most = crate::model::display::count(csv::MOST_GROUPS as u64);
        let message = format!(
            "with this file there are more than {most} groups in `{}`; group by a column with fewer values",
            run.agreement.name
        );
        return Err(SourceError::TooMuch { name: name.to_owned(), message }.into());
    }
    run.tallies.intakes.append(&mut tallies.intakes);
    Ok(())
}
