//! `sla check`: the run, its reports, and its exit code.

use super::alerts::{Alerting, Sending, Settled};
use super::arguments::{CheckArguments, Format};
use super::checkpoints::{self, Resuming};
use super::exit::{Answer, Delivery, ExitCode};
use super::formats::{self, Look};
use super::history::arguments::Trust;
use super::options::{self, OnMet, Policy, Reporting};
use super::promises::{self, Promises};
use super::run::{self, Breaches, Details, Run, Unread};
use super::stop::Stop;
use super::{history, outputs, terminal};
use crate::deliver;
use crate::model::{Instant, Report, Server, Verdict};
use crate::render::nagios::State;
use crate::render::{self, table};
use crate::rules::{self, Diagnostic};
use crate::source::{self, Digests};
use crate::store::Beside;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What is to be checked and what becomes of it: the command line and the project, read and looked over.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) reporting: Reporting,
    pub(super) policy: Policy,
    /// The history to record in.
    pub(super) store: Option<PathBuf>,
    telling: Telling,
    promises: Promises,
    since: Option<String>,
    until: Option<String>,
    max_bad_rows: u64,
    breaches: Breaches,
    threads: Option<usize>,
    unread: Unread,
    resuming: Option<Resuming>,
}

/// Who is told of what follows from a run.
#[derive(Debug)]
pub(super) enum Telling {
    /// Nobody.
    Nobody,
    /// Nobody; the messages are printed, and nothing is recorded.
    Printed(Box<Alerting>),
    /// The channels of sla.yaml.
    Channels(Box<Alerting>),
}

impl Telling {
    fn alerting(&self) -> Option<&Alerting> {
        match self {
            Telling::Nobody => None,
            Telling::Printed(alerting) | Telling::Channels(alerting) => Some(alerting),
        }
    }

    /// What a check was told.
    fn of_check(arguments: &CheckArguments) -> Result<Telling, Stop> {
        let said = &arguments.alerts;
        if !said.notify && !said.notify_dry_run {
            return Ok(Telling::Nobody);
        }
        let alerting = Box::new(Alerting::of(promises::find_project()?.as_ref())?);
        Ok(if said.notify_dry_run { Telling::Printed(alerting) } else { Telling::Channels(alerting) })
    }

    /// A scheduled run tells whenever sla.yaml says whom.
    pub(super) fn of_schedule(arguments: &CheckArguments) -> Result<Telling, Stop> {
        let project = promises::find_project()?;
        if project.as_ref().is_none_or(|project| project.notify.is_none()) {
            return Telling::of_check(arguments);
        }
        if arguments.record.no_record {
            return Err(Stop::usage("--no-record would leave nobody told: alerts are kept in the history")
                .hint("leave it out, or run `sla check --no-record`, which tells nobody"));
        }
        let alerting = Box::new(Alerting::of(project.as_ref())?);
        let printed = arguments.alerts.notify_dry_run;
        Ok(if printed { Telling::Printed(alerting) } else { Telling::Channels(alerting) })
    }
}

/// Finds the rules, makes sure of the outputs, reads the data, and reports.
pub(super) fn check(arguments: &CheckArguments) -> Result<Answer, Stop> {
    let now = options::now(arguments.now.as_deref())?;
    let sending = Sending::once();
    let telling = Telling::of_check(arguments)?;
    let tells = telling.alerting().is_some();
    // Data that cannot be read is no reason to tell nobody.
    let unread = if tells { Unread::Reported } else { Unread::Stops };
    let store = || match history::store_to_record_in(&arguments.record)? {
        None if tells => history::usual_store().map(Some),
        store => Ok(store),
    };
    let task = Task::new(arguments, &store, telling, unread)?;
    let (report, kept) = checkpoints::run(&task.run(now))?;
    let beside = Beside { done: None, checkpoints: &kept };
    let delivery = task.deliver(&report, &|| task.settle(&report, beside, sending).delivery);
    Ok(task.answer(&report, delivery))
}

impl Task {
    /// Reads everything that can be wrong before the data; `store` comes last.
    pub(super) fn new(
        arguments: &CheckArguments,
        store: &dyn Fn() -> Result<Option<PathBuf>, Stop>,
        telling: Telling,
        unread: Unread,
    ) -> Result<Task, Stop> {
        let mut promises = promises::gather(&arguments.data, &arguments.rules, &arguments.input)?;
        if arguments.max_bad_rows > 0 {
            for (agreement, _) in &mut promises.agreements {
                agreement.overlay.push(format!("--max-bad-rows={}", arguments.max_bad_rows));
            }
        }
        swallowed(arguments)?;
        let is_file = |word: &&String| {
            !Server::is_address(word) && !promises.servers.iter().any(|server| server.name == **word)
        };
        let data = promises.agreements.iter().flat_map(|(_, data)| data).filter(is_file).cloned().collect();
        let data = distinct(data);
        let inputs = match (data.as_slice(), unread) {
            ([], _) => Vec::new(),
            (files, Unread::Stops) => source::expand(files).map_err(|why| run::unusable(&why))?,
            // It may be there by the time that it is read, and until then not even asking for it may come to an end.
            (files, Unread::Reported) => {
                outputs::spare(&arguments.report, files)?;
                Vec::new()
            }
        };
        if arguments.why && data.iter().any(|name| name == "-") {
            return Err(Stop::usage("--why reads the data twice, and standard input can be read only once")
                .hint("put it into a file first"));
        }
        let on_met = if arguments.quiet { OnMet::Silence } else { OnMet::Report };
        let reporting = options::reporting(&arguments.report, on_met, &inputs)?;
        let store = store()?;
        let resuming = Resuming::of(arguments.record.incremental, store.as_deref(), on_met)?;
        Ok(Task {
            reporting,
            policy: options::policy(arguments),
            store,
            telling,
            promises,
            since: arguments.rules.since.clone(),
            until: arguments.rules.until.clone(),
            max_bad_rows: arguments.max_bad_rows,
            breaches: if arguments.why { Breaches::Explained } else { Breaches::Told },
            threads: arguments.threads.map(usize::from),
            unread,
            resuming,
        })
    }

    /// One run of it, at this present.
    pub(super) fn run(&self, now: Instant) -> Run {
        let draws = self.reporting.draws() || self.telling.alerting().is_some_and(Alerting::draws);
        Run {
            since: self.since.clone(),
            until: self.until.clone(),
            max_bad_rows: self.max_bad_rows,
            breaches: self.breaches,
            details: if draws { Details::Charts } else { Details::None },
            threads: self.threads,
            digests: if self.store.is_some() || draws { Digests::Wanted } else { Digests::Unwanted },
            servers: self.promises.servers.clone(),
            unread: self.unread,
            resuming: self.resuming.clone(),
            ..Run::new(self.promises.agreements.clone(), now)
        }
    }

    /// Writes the run into the history, with what follows from it and what is kept beside it, in one transaction. Then sends
    /// what is due.
    pub(super) fn settle(&self, report: &Report, beside: Beside<'_>, sending: Sending<'_>) -> Settled {
        let on_met = self.reporting.on_met;
        match (&self.store, &self.telling) {
            (None, _) => Settled::DONE,
            (Some(file), Telling::Printed(alerting)) => Settled::untold(alerting.print(file, report)),
            (Some(file), Telling::Channels(alerting)) => {
                alerting.settle(file, report, on_met, beside, sending)
            }
            (Some(file), Telling::Nobody) => Settled::untold(history::record(file, report, on_met, beside)),
        }
    }

    /// Between runs: sends what is due; `None` where nobody is ever told.
    pub(super) fn send(&self, now: Instant, sending: Sending<'_>) -> Option<Settled> {
        let (Some(file), Telling::Channels(alerting)) = (&self.store, &self.telling) else { return None };
        Some(alerting.send(file, now, sending))
    }

    /// Where the rules were found, if nobody named them.
    pub(super) fn found(&self) -> String {
        self.promises.found.join(", ")
    }

    /// Doubts about how the rules are written, as they are told.
    pub(super) fn doubts(&self) -> String {
        rules::render(&self.promises.warnings, rules::Colour::Never)
    }

    /// The exit code of a report.
    pub(super) fn code(&self, report: &Report, delivery: Delivery) -> ExitCode {
        ExitCode::of(report, self.policy.fail_on, self.policy.on_breach, delivery)
    }

    /// What the program answers with a report, in the way that was asked for.
    pub(super) fn answer(&self, report: &Report, delivery: Delivery) -> Answer {
        let code = self.code(report, delivery);
        match self.reporting.format {
            Format::Nagios => Answer::Plugin(code.state(report)),
            _ => code.into(),
        }
    }

    /// Prints, writes and records the report.
    pub(super) fn deliver(&self, report: &Report, record: &dyn Fn() -> Delivery) -> Delivery {
        let code = |delivery| self.code(report, delivery);
        let Promises { found, warnings, .. } = &self.promises;
        deliver(report, &self.reporting, found, warnings, record, &code)
    }

    /// The same without printing: files, then the record.
    pub(super) fn deliver_files(&self, report: &Report, record: &dyn Fn() -> Delivery) -> Delivery {
        let code = |delivery| self.code(report, delivery);
        let written = write_files(report, &self.reporting, &self.promises.found, &code);
        let recorded = record();
        if recorded == Delivery::Done { written } else { recorded }
    }
}

/// A value behind a space is data to an option whose value needs `=`; one that can be no data is refused.
fn swallowed(arguments: &CheckArguments) -> Result<(), Stop> {
    let is_history = |word: &&String| {
        let starts_like_one = || {
            let mut start = [0; 16];
            let read = std::fs::File::open(word).and_then(|mut file| file.read_exact(&mut start));
            read.is_ok() && start == *b"SQLite format 3\0"
        };
        Path::new(word).extension().is_some_and(|end| end == "db")
            && (!Path::new(word).exists() || starts_like_one())
    };
    let record = arguments.record.record.as_ref().filter(|file| file.is_none());
    let resume = arguments.record.incremental.filter(|trust| *trust == Trust::Resume);
    let history = record.and_then(|_| arguments.data.iter().find(is_history));
    let verify = resume
        .and_then(|_| arguments.data.iter().find(|word| *word == "verify" && !Path::new(word).exists()));
    match (history, verify) {
        (Some(word), _) => Err(taken_for_data(word, "--record")),
        (_, Some(word)) => Err(taken_for_data(word, "--incremental")),
        (None, None) => Ok(()),
    }
}

/// That a word was meant for the option before it.
fn taken_for_data(word: &str, option: &str) -> Stop {
    Stop::usage(format!("`{word}` is no data")).hint(format!("did you mean {option}={word}?"))
}

fn distinct(mut data: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    data.retain(|name| seen.insert(name.clone()));
    data
}

/// What `--quiet` is about. Whoever asked for another format reads it with a program, to which nothing is no answer.
fn is_for_people(format: Format) -> bool {
    match format {
        Format::Auto | Format::Table | Format::Github => true,
        Format::Markdown
        | Format::Json
        | Format::Csv
        | Format::Html
        | Format::Pdf
        | Format::Violations
        | Format::Junit
        | Format::Gitlab
        | Format::Openmetrics
        | Format::Nagios => false,
    }
}

/// Prints the report, writes it to every file asked for, records it, and tells what could not be delivered. `code` is the exit
/// code that follows from that.
pub(super) fn deliver(
    report: &Report,
    reporting: &Reporting,
    found: &[String],
    warnings: &[Diagnostic],
    record: &dyn Fn() -> Delivery,
    code: &dyn Fn(Delivery) -> ExitCode,
) -> Delivery {
    let is_silent = reporting.on_met == OnMet::Silence && report.verdict == Verdict::Met;
    if !is_silent {
        terminal::tell(&rules::render(warnings, terminal::diagnostic_colour()));
    }
    let written = write_files(report, reporting, found, code);
    let recorded = record();
    let delivered = if recorded == Delivery::Done { written } else { recorded };
    if is_silent && is_for_people(reporting.format) {
        return delivered;
    }
    let table = table::Options {
        width: terminal::width(),
        colour: terminal::colour_of_output(reporting.color),
        ..plain(reporting, found)
    };
    let look = look(&table, reporting, code(delivered).state(report));
    let printed = terminal::print(&|out| formats::write(report, reporting.format, look, out));
    if printed == Delivery::Done { delivered } else { printed }
}

/// Writes every file that was asked for, and tells those that could not be.
fn write_files(
    report: &Report,
    reporting: &Reporting,
    found: &[String],
    code: &dyn Fn(Delivery) -> ExitCode,
) -> Delivery {
    let plain = plain(reporting, found);
    let look = look(&plain, reporting, code(Delivery::Done).state(report));
    let files = reporting.files.iter().map(|(target, format)| {
        (target, move |out: &mut dyn Write| formats::write(report, *format, look, out))
    });
    let mut failed = deliver::deliver(files);
    if let Some(summary) = reporting.job_summary.as_deref() {
        failed.extend(deliver::append(summary, &|room, out| render::markdown::write(report, room, out)));
    }
    for failed in &failed {
        terminal::error(&failed.to_string());
    }
    if failed.is_empty() { Delivery::Done } else { Delivery::Failed }
}

/// The table as files have it.
fn plain(reporting: &Reporting, found: &[String]) -> table::Options {
    table::Options { detail: reporting.detail, preface: found.to_vec(), ..table::Options::default() }
}

fn look<'a>(table: &'a table::Options, reporting: &'a Reporting, state: State) -> Look<'a> {
    Look { table, html: &reporting.html, state, checkout: &reporting.checkout }
}
