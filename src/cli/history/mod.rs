//! Around the history: `sla check --record`, `sla history`, `sla show`, `sla diff`.

/// What is typed.
pub mod arguments;
mod prune;
mod show;

use super::Outcome;
use super::arguments::Color;
use super::exit::{Delivery, ExitCode};
use super::options::{self, OnMet};
use super::stop::Stop;
use super::terminal;
pub(super) use show::show;

use crate::calendar;
use crate::config;
use crate::model::{Clock, Instant, Report, RunSummary, Series, Subject, Verdict};
use crate::render::{self, text::visible};
use crate::store::{Beside, Fault, Recorded, RunFacts, Store, StoreError};
use arguments::{
    DiffArguments, HistoryArguments, HistoryCommand, RecordArguments, RunName, Shape, StoreArguments,
};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where runs are recorded when nothing else is said, from the folder of sla.yaml or else the current one.
const DEFAULT_STORE: &str = "reports/sla.db";

/// The history that `sla check` records in: the one it was told, else that of sla.yaml.
pub(super) fn store_to_record_in(said: &RecordArguments) -> Result<Option<PathBuf>, Stop> {
    Ok(match &said.record {
        _ if said.no_record => None,
        Some(Some(file)) => Some(file.clone()),
        Some(None) => Some(usual_store()?),
        None => match config::find_project(Path::new("")) {
            Ok(project) => project.and_then(|project| project.store),
            // A project file that nobody needs cannot stand in the way with its faults, but may have had a `store`.
            Err(_) => {
                terminal::tell(
                    "warning: sla.yaml has faults; if it names a `store`, nothing is recorded in it\n",
                );
                None
            }
        },
    })
}

/// The history that a scheduled run records in: the one it was told, else the usual one.
pub(super) fn store_of_schedule(said: &RecordArguments) -> Result<Option<PathBuf>, Stop> {
    Ok(match &said.record {
        _ if said.no_record => None,
        Some(Some(file)) => Some(file.clone()),
        Some(None) | None => Some(usual_store()?),
    })
}

/// The history of sla.yaml, or the one that is meant where nothing is said.
pub(super) fn usual_store() -> Result<PathBuf, Stop> {
    let project = config::find_project(Path::new("")).map_err(Stop::diagnostics)?;
    let folder = project.as_ref().map(|project| project.folder.join(DEFAULT_STORE));
    let store =
        project.and_then(|project| project.store).or(folder).unwrap_or_else(|| PathBuf::from(DEFAULT_STORE));
    Ok(store)
}

/// Records a run, with what is kept beside it, and says so; one that cannot be recorded is not delivered.
pub(super) fn record(file: &Path, report: &Report, on_met: OnMet, beside: Beside<'_>) -> Delivery {
    match Store::create(file).and_then(|mut store| store.record(report, beside)) {
        Ok(recorded) => {
            tell_recorded(file, recorded, report, on_met);
            Delivery::Done
        }
        Err(why) => {
            terminal::error(&format!("cannot record in {why}"));
            Delivery::Failed
        }
    }
}

/// Says under which number a run was recorded.
pub(super) fn tell_recorded(file: &Path, recorded: Recorded, report: &Report, on_met: OnMet) {
    if on_met == OnMet::Report || report.verdict != Verdict::Met {
        let said = match recorded {
            Recorded::As(run) => format!("recorded as run {run} in {}", file.display()),
            Recorded::Already(run) => format!("already recorded as run {run} in {}", file.display()),
        };
        terminal::tell(&format!("{}\n", visible(&said)));
    }
}

/// Shows how results developed, or the runs; or prunes.
pub(super) fn history(arguments: &HistoryArguments) -> Outcome {
    let now = options::now(arguments.now.as_deref())?;
    match &arguments.command {
        Some(HistoryCommand::Prune { keep, dry_run }) => {
            return prune::prune(&arguments.store, keep, *dry_run, now);
        }
        Some(HistoryCommand::Runs { since, format, color }) => {
            return runs(&arguments.store, since.as_deref(), now, *format, *color);
        }
        None => {}
    }
    let (store, file) = open(&arguments.store)?;
    let mut series = store.history(arguments.service.as_deref()).map_err(|why| unusable(&why))?;
    if let (Some(service), true) = (&arguments.service, series.is_empty()) {
        let all = store.history(None).map_err(|why| unusable(&why))?;
        let names: BTreeSet<&str> = all.iter().map(|series| series.service.as_str()).collect();
        return Err(nothing_of("service", service, &names));
    }
    if let Some(text) = &arguments.objective {
        let is_meant = |about: &Subject| {
            about.objective.contains(text) || about.name.as_ref().is_some_and(|name| name.contains(text))
        };
        let of = |series: &Series| series.points.last().is_some_and(|point| is_meant(&point.about));
        let names: Vec<String> = series.iter().filter_map(objective).collect();
        series.retain(of);
        if series.is_empty() {
            return Err(nothing_of("objective", text, &names.iter().map(String::as_str).collect()));
        }
    }
    if let Some(since) = &arguments.since {
        series.iter_mut().try_for_each(|series| cut(series, since, now))?;
        series.retain(|series| !series.points.is_empty());
    }
    let options = look(arguments.color);
    let left_out = match arguments.format {
        Shape::Table => {
            let runs = found_runs(&store, arguments.since.as_deref(), now)?;
            render::history::runs::left_out(&runs, &options)
        }
        Shape::Json | Shape::Csv => String::new(),
    };
    if series.is_empty() && arguments.format == Shape::Table {
        let when = arguments.since.as_ref().map_or(String::new(), |since| format!(" since {since}"));
        return Ok(terminal::answer(&format!("no results{when} in {}\n{left_out}", file.display())));
    }
    Ok(printed(&|out| match arguments.format {
        Shape::Table => {
            let gap = if left_out.is_empty() { "" } else { "\n" };
            let page = render::history::table::render(&series, &options);
            out.write_all(format!("{page}{gap}{left_out}").as_bytes())
        }
        Shape::Json => render::history::json::write(&series, out),
        Shape::Csv => render::history::csv::write(&series, out),
    }))
}

/// Lists the runs.
fn runs(said: &StoreArguments, since: Option<&str>, now: Instant, format: Shape, color: Color) -> Outcome {
    let (store, file) = open(said)?;
    let runs = found_runs(&store, since, now)?;
    if runs.is_empty() && format == Shape::Table {
        let when = since.map_or(String::new(), |since| format!(" since {since}"));
        return Ok(terminal::answer(&format!("no runs{when} in {}\n", file.display())));
    }
    let options = look(color);
    Ok(printed(&|out| match format {
        Shape::Table => out.write_all(render::history::runs::table(&runs, &options).as_bytes()),
        Shape::Json => render::history::runs::json(&runs, out),
        Shape::Csv => render::history::runs::csv(&runs, out),
    }))
}

/// Those from a bound on, which is read on the clock of the runs: UTC.
fn found_runs(store: &Store, since: Option<&str>, now: Instant) -> Result<Vec<RunSummary>, Stop> {
    let bound = |since: &str| calendar::parse_bound(since, &Clock::Zoned("UTC".to_owned()), now);
    let since = since.map(bound).transpose().map_err(|why| Stop::usage(format!("--since: {why}")))?;
    store.runs(since.unwrap_or(Instant::MIN)).map_err(|why| unusable(&why))
}

fn look(color: Color) -> render::history::table::Options {
    render::history::table::Options { width: terminal::width(), colour: terminal::colour_of_output(color) }
}

fn objective(series: &Series) -> Option<String> {
    let about = &series.points.last()?.about;
    Some(about.name.as_ref().unwrap_or(&about.objective).clone())
}

/// What was asked for and is not there is an error, with what there is.
fn nothing_of(what: &str, name: &str, known: &BTreeSet<&str>) -> Stop {
    const MOST_TOLD: usize = 10;
    let shown: Vec<&str> = known.iter().copied().filter(|name| !name.is_empty()).take(MOST_TOLD).collect();
    let more = if known.len() > shown.len() && shown.len() == MOST_TOLD { ", …" } else { "" };
    let stop = Stop::usage(format!("nothing is recorded of the {what} `{name}`"));
    if shown.is_empty() { stop } else { stop.hint(format!("recorded: {}{more}", shown.join(", "))) }
}

/// Leaves out what lies before a bound, which is read on the clock of the data, or in UTC where that has no zone.
fn cut(series: &mut Series, since: &str, now: Instant) -> Result<(), Stop> {
    let utc = Clock::Zoned("UTC".to_owned());
    let bound = |clock: &Clock| {
        let read =
            calendar::parse_bound(since, clock, now).or_else(|_| calendar::parse_bound(since, &utc, now));
        read.map_err(|why| Stop::usage(format!("--since: {why}")))
    };
    let mut kept = Vec::new();
    for point in std::mem::take(&mut series.points) {
        if point.at() >= bound(&point.clock)? {
            kept.push(point);
        }
    }
    series.points = kept;
    Ok(())
}

/// Shows what changed from one run to another.
pub(super) fn diff(arguments: &DiffArguments) -> Outcome {
    let (store, _) = open(&arguments.store)?;
    let (before, first) = load(&store, arguments.before)?;
    let (after, second) = load(&store, arguments.after)?;
    let diff = render::diff::compare((first.run, &before), (second.run, &after));
    let options = render::diff::table::Options {
        width: terminal::width(),
        colour: terminal::colour_of_output(arguments.color),
    };
    Ok(printed(&|out| match arguments.format {
        Shape::Table => out.write_all(render::diff::table::render(&diff, &options).as_bytes()),
        Shape::Json => render::diff::json::write(&diff, out),
        Shape::Csv => render::diff::csv::write(&diff, out),
    }))
}

fn printed(content: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> ExitCode {
    match terminal::print(content) {
        Delivery::Done => ExitCode::Met,
        Delivery::Failed => ExitCode::Undelivered,
    }
}

/// The history that is meant.
pub(super) fn store_of(said: &StoreArguments) -> Result<PathBuf, Stop> {
    said.store.clone().map_or_else(usual_store, Ok)
}

pub(super) fn open(said: &StoreArguments) -> Result<(Store, PathBuf), Stop> {
    let file = store_of(said)?;
    Ok((Store::open(&file).map_err(|why| unusable(&why))?, file))
}

pub(super) fn load(store: &Store, run: RunName) -> Result<(Report, RunFacts), Stop> {
    let run = match run {
        RunName::Number(run) => run,
        RunName::Latest => match store.last_run().map_err(|why| unusable(&why))? {
            Some(run) => run,
            None => return Err(Stop::usage("nothing is recorded yet; `sla check DATA --record` starts")),
        },
    };
    store.load(run).map_err(|why| unusable(&why))
}

/// A history that was named wrongly (exit 2), or that cannot be read (exit 3).
pub(super) fn unusable(why: &StoreError) -> Stop {
    let code = match why.fault {
        Fault::Absent
        | Fault::IsFolder
        | Fault::NotSqlite
        | Fault::Foreign
        | Fault::Newer { .. }
        | Fault::NoRun { .. } => ExitCode::Usage,
        _ => ExitCode::Undecided,
    };
    Stop::new(code, why.to_string())
}
