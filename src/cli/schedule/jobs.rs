//! From the command line and sla.yaml to what runs when: all of it read and looked over before anything runs.

use super::super::arguments::{CheckArguments, Format};
use super::super::check::{Task, Telling};
use super::super::run::Unread;
use super::super::stop::Stop;
use super::super::{history, promises};
use super::arguments::{RunArguments, ScheduleArguments, TimesArguments};
use super::clock;
use crate::config::DEFAULT_ZONE;
use crate::model::{Cadence, Entry, NANOS, Nanos, Scheduling};
use crate::rules;
use crate::schedule::Schedule;
use std::path::PathBuf;
use std::time::Duration;

/// How long a run may take where nothing is said.
const DEADLINE: &str = "10m";

/// What runs, and for how long at most.
#[derive(Debug)]
pub(super) struct Job {
    /// Its name in the log, the history and the status.
    pub(super) name: String,
    pub(super) task: Task,
    pub(super) deadline: Duration,
    /// As it was written.
    pub(super) deadline_text: String,
}

/// A job and its times.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) job: Job,
    pub(super) cadence: Cadence,
    pub(super) schedule: Schedule,
}

/// Everything that `sla schedule` follows.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) planned: Vec<Planned>,
    pub(super) scheduling: Scheduling,
    /// The history that says how far it is done.
    pub(super) store: Option<PathBuf>,
}

/// The one job of `sla run`.
pub(super) fn single(arguments: &RunArguments) -> Result<(Job, Scheduling), Stop> {
    let scheduling = scheduling()?;
    let entry = match &arguments.entry {
        None => None,
        Some(name) => match scheduling.entries.iter().find(|entry| entry.name == *name) {
            Some(entry) => Some(entry.clone()),
            None => {
                let known: Vec<&str> = scheduling.entries.iter().map(|entry| entry.name.as_str()).collect();
                let stop = Stop::usage(format!("sla.yaml has no entry `{name}` in its schedule"));
                return Err(if known.is_empty() {
                    stop
                } else {
                    stop.hint(format!("it has {}", known.join(", ")))
                });
            }
        },
    };
    let job = job(&arguments.check, arguments.deadline.as_deref(), entry.as_ref())?;
    Ok((job, scheduling))
}

/// All that is to be followed.
pub(super) fn plan(arguments: &ScheduleArguments) -> Result<Plan, Stop> {
    if arguments.check.now.is_some() {
        return Err(Stop::usage("--now stands still, and a schedule follows the clock")
            .hint("`sla run --now TIME` runs once; `sla schedule next --now TIME` shows what would come"));
    }
    if arguments.check.report.format != Format::Auto {
        return Err(Stop::usage("--format is for standard output, and a schedule prints nothing there")
            .hint("--output FORMAT=FILE writes a report after every run"));
    }
    if arguments.check.data.iter().any(|name| name == "-") {
        return Err(Stop::usage(
            "standard input can be read only once, and a schedule reads again and again",
        )
        .hint("name a file, a folder or a pattern"));
    }
    let mut scheduling = scheduling()?;
    let entries = entries(&arguments.times, &scheduling)?;
    let planned = entries.into_iter().map(|entry| {
        let schedule = schedule(&entry.cadence)?;
        let job = job(&arguments.check, arguments.deadline.as_deref(), Some(&entry))?;
        Ok(Planned { job, cadence: entry.cadence, schedule })
    });
    let planned = planned.collect::<Result<Vec<_>, Stop>>()?;
    scheduling.listen = arguments.listen.clone().or(scheduling.listen);
    scheduling.status = arguments.status.clone().or(scheduling.status);
    let store = history::store_of_schedule(&arguments.check.record)?;
    Ok(Plan { planned, scheduling, store })
}

/// When something runs, without looking at what.
pub(super) fn times(arguments: &ScheduleArguments) -> Result<Vec<(Entry, Schedule)>, Stop> {
    let said = &arguments.times;
    let scheduling =
        if said.every.is_some() || said.cron.is_some() { Scheduling::default() } else { scheduling()? };
    let timed = |entry: Entry| schedule(&entry.cadence).map(|schedule| (entry, schedule));
    entries(said, &scheduling)?.into_iter().map(timed).collect()
}

fn scheduling() -> Result<Scheduling, Stop> {
    Ok(promises::find_project()?.map(|project| project.scheduling).unwrap_or_default())
}

/// The entry of the command line, else those of the project.
fn entries(said: &TimesArguments, scheduling: &Scheduling) -> Result<Vec<Entry>, Stop> {
    let cadence = match (&said.every, &said.cron) {
        (Some(text), _) => {
            let (length, text) = length("--every", text)?;
            Cadence::Every { length, text }
        }
        (None, Some(text)) => {
            let zone = said.zone.as_deref().unwrap_or(DEFAULT_ZONE).to_owned();
            Cadence::Cron { text: text.trim().to_owned(), zone }
        }
        (None, None) if scheduling.entries.is_empty() => {
            return Err(Stop::usage("nothing says when to run").hint(
                "say it with --every 60s or --cron '0 6 * * *', or in sla.yaml: schedule: [{cron: \"0 6 * * *\"}]",
            ));
        }
        (None, None) => return Ok(scheduling.entries.clone()),
    };
    let name = cadence.to_string();
    Ok(vec![Entry { name, cadence, rules: Vec::new(), output: Vec::new(), deadline: None }])
}

fn schedule(cadence: &Cadence) -> Result<Schedule, Stop> {
    match cadence {
        Cadence::Every { length, .. } => {
            Schedule::every(*length).map_err(|why| Stop::usage(format!("--every: {why}")))
        }
        Cadence::Cron { text, zone } => {
            let schedule = Schedule::parse(text, zone).map_err(|fault| {
                let named = fault.span.is_empty() && !text.is_empty();
                Stop::usage(format!("{}: {fault}", if named { "--zone" } else { "--cron" }))
            })?;
            match schedule.next_after(clock::wall()) {
                Some(_) => Ok(schedule),
                None => Err(Stop::usage(format!("--cron: `{text}` never comes"))),
            }
        }
    }
}

/// What the command line says, with what an entry adds where it says nothing.
fn job(said: &CheckArguments, deadline: Option<&str>, entry: Option<&Entry>) -> Result<Job, Stop> {
    let mut check = said.clone();
    let mut own_deadline = None;
    if let Some(entry) = entry {
        if check.rules.rules.is_empty() && check.rules.require.is_empty() {
            check.rules.rules.clone_from(&entry.rules);
        }
        check.report.output.extend(entry.output.iter().cloned());
        own_deadline = entry.deadline;
    }
    let (deadline, deadline_text) = match (deadline, own_deadline) {
        (None, Some(length)) => (length, seconds(length)),
        (said, _) => length("--deadline", said.unwrap_or(DEADLINE))?,
    };
    let store = || history::store_of_schedule(&check.record);
    let telling = Telling::of_schedule(&check)?;
    Ok(Job {
        name: entry.map_or_else(|| "run".to_owned(), |entry| entry.name.clone()),
        task: Task::new(&check, &store, telling, Unread::Reported)?,
        deadline: clock::duration(deadline),
        deadline_text,
    })
}

fn seconds(length: Nanos) -> String {
    format!("{} s", length / NANOS)
}

/// A length of time in whole seconds, and as it was typed.
fn length(option: &str, text: &str) -> Result<(Nanos, String), Stop> {
    let read = rules::parse_duration(text).and_then(|length| Schedule::every(length).map(|_| length));
    let length = read.map_err(|why| Stop::usage(format!("{option}: {why}")))?;
    Ok((length, text.trim().to_owned()))
}
