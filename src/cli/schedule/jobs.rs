//! From the command line and sla.yaml to what runs when: all of it read and looked over before anything runs.

use super::super::arguments::{Audience, CheckArguments, Format};
use super::super::check::{Task, Telling};
use super::super::history::arguments::Trust;
use super::super::run::Unread;
use super::super::stop::Stop;
use super::super::{formats, history, promises};
use super::arguments::{RunArguments, ScheduleArguments, TimesArguments, USUAL_ADDRESS};
use super::clock;
use crate::calendar;
use crate::config::{self, DEFAULT_ZONE};
use crate::deliver;
use crate::model::{Cadence, Clock, Entry, Kept, NANOS, Nanos, Readers, Scheduling};
use crate::schedule::Schedule;
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// How long a run may take where nothing is said.
const DEADLINE: &str = "10m";

/// What runs, and for how long at most.
#[derive(Debug)]
pub(super) struct Job {
    /// Its name in the log and the status.
    pub(super) name: String,
    /// Its name in the history.
    pub(super) key: String,
    pub(super) task: Task,
    pub(super) deadline: Duration,
    /// As it was written.
    pub(super) deadline_text: String,
    /// Those of its reports that are made where they are missing.
    folders: Vec<PathBuf>,
}

impl Job {
    /// Makes the folders that belong to it, also where somebody removed them since.
    pub(super) fn make_folders(&self) {
        make_folders(&self.folders);
    }
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
    /// Who says where the status file is.
    pub(super) status_of: &'static str,
    /// That of the status file, where it is made when it is missing.
    pub(super) status_folder: Option<PathBuf>,
    /// Whether there is an sla.yaml.
    pub(super) has_project: bool,
    /// The history that says how far it is done.
    pub(super) store: Option<PathBuf>,
}

/// What sla.yaml says of running by itself.
#[derive(Default)]
struct Found {
    scheduling: Scheduling,
    /// Its folder; `None` where there is no sla.yaml.
    folder: Option<PathBuf>,
}

/// The one job of `sla run`.
pub(super) fn single(arguments: &RunArguments) -> Result<(Job, Scheduling), Stop> {
    let found = found()?;
    let scheduling = &found.scheduling;
    let entry = match &arguments.entry {
        None => None,
        Some(name) => match scheduling.entries.iter().find(|entry| entry.name == *name) {
            Some(entry) => Some(entry.clone()),
            None => {
                let known: Vec<&str> = scheduling.entries.iter().map(|entry| entry.name.as_str()).collect();
                if found.folder.is_none() {
                    return Err(Stop::usage(format!(
                        "there is no sla.yaml that could have the entry `{name}`"
                    ))
                    .hint("it is looked for here and in the folders above, up to one with a .git"));
                }
                let stop = Stop::usage(format!("sla.yaml has no entry `{name}` in its schedule"));
                return Err(if known.is_empty() {
                    stop
                } else {
                    stop.hint(format!("it has {}", known.join(", ")))
                });
            }
        },
    };
    let job = match &entry {
        Some(entry) => job_of(&arguments.check, arguments.deadline.as_deref(), entry, &found)?,
        None => {
            let name = "run".to_owned();
            job(&arguments.check, arguments.deadline.as_deref(), (name.clone(), name), None)?
        }
    };
    Ok((job, found.scheduling))
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
    let is_port = |word: &str| {
        let digits = word.trim_start_matches(':');
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_address = |word: &&String| {
        word.parse::<SocketAddr>().is_ok() || word.starts_with("localhost:") || is_port(word)
    };
    if arguments.listen.as_deref() == Some(USUAL_ADDRESS)
        && let Some(word) = arguments.check.data.iter().find(is_address)
        && !Path::new(word).exists()
    {
        let host = if is_port(word) { "127.0.0.1:" } else { "" };
        let meant = format!("{host}{}", word.trim_start_matches(':'));
        return Err(
            Stop::usage(format!("`{word}` is no data")).hint(format!("did you mean --listen={meant}?"))
        );
    }
    let mut found = found()?;
    let deadline = arguments.deadline.as_deref();
    let planned = entries(&arguments.times, &found.scheduling)?.into_iter().map(|entry| {
        let schedule = schedule(&entry.cadence)?;
        let job = if says_when(&arguments.times) {
            // Other data under the same times is another entry.
            let key = format!("{} #{}", entry.name, digest(&arguments.check));
            job(&arguments.check, deadline, (entry.name, key), None)?
        } else {
            job_of(&arguments.check, deadline, &entry, &found)?
        };
        Ok(Planned { job, cadence: entry.cadence, schedule })
    });
    let planned = planned.collect::<Result<Vec<_>, Stop>>()?;
    let status_of = if arguments.status.is_some() { "--status" } else { "`status` of sla.yaml" };
    let status = found.scheduling.status.as_ref().filter(|_| arguments.status.is_none());
    let status_folder = status.and_then(|file| own_folder(file, found.folder.as_deref()));
    make_folders(status_folder.as_slice());
    let scheduling = &mut found.scheduling;
    scheduling.listen = arguments.listen.clone().or(scheduling.listen.take());
    scheduling.status = arguments.status.clone().or(scheduling.status.take());
    let store = history::store_of_schedule(&arguments.check.record)?;
    let has_project = found.folder.is_some();
    Ok(Plan { planned, status_of, status_folder, has_project, scheduling: found.scheduling, store })
}

fn says_when(said: &TimesArguments) -> bool {
    said.every.is_some() || said.cron.is_some()
}

/// A few letters for everything that the command line says of what is checked, and where.
fn digest(said: &CheckArguments) -> String {
    let mut hash = blake3::Hasher::new();
    let mut add = |what: &str, words: &[String]| {
        for word in words {
            hash.update(format!("{what} {}:{word}\n", word.len()).as_bytes());
        }
    };
    add("in", &[std::env::current_dir().unwrap_or_default().display().to_string()]);
    add("data", &said.data);
    add("rules", &said.rules.rules);
    add("require", &said.rules.require);
    add("rules", &said.rules.overlay());
    add("input", &said.input.overlay());
    add("bad", &[said.max_bad_rows.to_string()]);
    hash.finalize().to_hex().chars().take(8).collect()
}

/// When something runs, without looking at what.
pub(super) fn times(arguments: &ScheduleArguments) -> Result<Vec<(Entry, Schedule)>, Stop> {
    let said = &arguments.times;
    let found = if says_when(said) { Found::default() } else { found()? };
    let timed = |entry: Entry| {
        if !entry.rules.is_empty() {
            config::rule_files(&entry.rules)
                .map_err(|why| Stop::usage(format!("schedule: {}: rules: {why}", entry.name)))?;
        }
        schedule(&entry.cadence).map(|schedule| (entry, schedule))
    };
    entries(said, &found.scheduling)?.into_iter().map(timed).collect()
}

fn found() -> Result<Found, Stop> {
    Ok(promises::find_project()?.map_or_else(Found::default, |project| Found {
        scheduling: project.scheduling,
        folder: Some(project.folder),
    }))
}

/// The entry of the command line, else those of the project.
fn entries(said: &TimesArguments, scheduling: &Scheduling) -> Result<Vec<Entry>, Stop> {
    // Where they stand before a subcommand, clap looks at neither.
    if said.every.is_some() && said.cron.is_some() {
        return Err(Stop::usage("--every and --cron both say when").hint("keep one of them"));
    }
    if said.zone.is_some() && said.cron.is_none() {
        return Err(Stop::usage("--zone is about --cron, and there is none")
            .hint("--every goes by the time that passes; an entry of sla.yaml has its `timezone`"));
    }
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
    Ok(vec![Entry::of(cadence.to_string(), cadence)])
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

/// A job of an entry of sla.yaml: what the command line says, with what the entry adds where that says nothing.
fn job_of(said: &CheckArguments, deadline: Option<&str>, entry: &Entry, found: &Found) -> Result<Job, Stop> {
    let at = |key: &str, why: &dyn std::fmt::Display| {
        Stop::usage(format!("schedule: {}: {key}: {why}", entry.name))
    };
    let mut check = said.clone();
    if check.rules.rules.is_empty() && check.rules.require.is_empty() && !entry.rules.is_empty() {
        config::rule_files(&entry.rules).map_err(|why| at("rules", &why))?;
        check.rules.rules.clone_from(&entry.rules);
    }
    for (key, own, bound) in
        [("since", &entry.since, &mut check.rules.since), ("until", &entry.until, &mut check.rules.until)]
    {
        if bound.is_none() {
            own.iter().try_for_each(|own| is_bound(own).map_err(|why| at(key, &why)))?;
            bound.clone_from(own);
        }
    }
    if entry.audience == Some(Readers::Customer) {
        check.report.audience = Audience::Customer;
    }
    check.record.incremental = check.record.incremental.or(entry.incremental.map(|kept| match kept {
        Kept::Trusted => Trust::Resume,
        Kept::Compared => Trust::Verify,
    }));
    let (mut outputs, mut folders) = (Vec::new(), Vec::new());
    for said in &entry.output {
        let (_, file) =
            formats::of_output(said).map_err(|why| at("output", &format!("{}: {why}", said.display())))?;
        folders.extend(own_folder(&file, found.folder.as_deref()));
        outputs.push(file);
    }
    make_folders(&folders);
    deliver::prepare(&outputs, &[]).map_err(|faults| {
        let faults = faults.iter().map(|fault| format!("schedule: {}: output: {fault}", entry.name));
        Stop::usage_all(faults)
    })?;
    check.report.output.extend(entry.output.iter().cloned());
    // Under another name it would be another entry, and so it is with other data.
    let key = if said.data.is_empty() && said.rules.rules.is_empty() && said.rules.require.is_empty() {
        entry.name.clone()
    } else {
        format!("{} #{}", entry.name, digest(said))
    };
    let made = job(&check, deadline, (entry.name.clone(), key), entry.deadline);
    made.map(|job| Job { folders, ..job }).map_err(|stop| {
        // What options are called that this entry says in their place.
        let told = stop.text();
        let own = [
            ("--since", entry.since.is_some()),
            ("--until", entry.until.is_some()),
            ("--audience", entry.audience.is_some()),
            ("--incremental", entry.incremental.is_some()),
            ("--output", !entry.output.is_empty()),
        ];
        let is_said = own.iter().any(|(option, is_said)| *is_said && told.contains(option));
        let hint = format!("it is said by `{}` in the schedule of sla.yaml", entry.name);
        if is_said { stop.hint(hint) } else { stop }
    })
}

/// A job with its names in the log and in the history.
fn job(
    check: &CheckArguments,
    deadline: Option<&str>,
    (name, key): (String, String),
    own_deadline: Option<Nanos>,
) -> Result<Job, Stop> {
    for (option, bound) in [("--since", &check.rules.since), ("--until", &check.rules.until)] {
        bound
            .iter()
            .try_for_each(|bound| is_bound(bound))
            .map_err(|why| Stop::usage(format!("{option}: {why}")))?;
    }
    let (deadline, deadline_text) = match (deadline, own_deadline) {
        (None, Some(length)) => (length, seconds(length)),
        (said, _) => length("--deadline", said.unwrap_or(DEADLINE))?,
    };
    let store = || history::store_of_schedule(&check.record);
    let telling = Telling::of_schedule(check)?;
    Ok(Job {
        name,
        key,
        task: Task::new(check, &store, telling, Unread::Reported)?,
        deadline: clock::duration(deadline),
        deadline_text,
        folders: Vec::new(),
    })
}

/// Whether `--since` could take it. On which clock is seen when there is data.
fn is_bound(text: &str) -> Result<(), String> {
    calendar::parse_bound(text, &Clock::Zoned(DEFAULT_ZONE.to_owned()), clock::wall()).map(drop)
}

/// Makes what is missing of them. Where one cannot be made, that is told by whoever writes into it.
pub(super) fn make_folders(folders: &[PathBuf]) {
    for folder in folders {
        let _ = std::fs::create_dir_all(folder);
    }
}

/// The folder of a file, if it belongs into that of sla.yaml: it is made where it is missing.
fn own_folder(file: &Path, project: Option<&Path>) -> Option<PathBuf> {
    let (folder, project) = (std::path::absolute(file.parent()?), std::path::absolute(project?.join(".")));
    let (Ok(folder), Ok(project)) = (folder, project) else { return None };
    let is_below = folder
        .strip_prefix(&project)
        .is_ok_and(|below| below.components().all(|part| matches!(part, Component::Normal(_))));
    is_below.then_some(folder)
}

fn seconds(length: Nanos) -> String {
    format!("{} s", length / NANOS)
}

/// A length of time in whole seconds, and as it was typed.
fn length(option: &str, text: &str) -> Result<(Nanos, String), Stop> {
    let length = config::whole_seconds(text.trim()).map_err(|why| Stop::usage(format!("{option}: {why}")))?;
    Ok((length, text.trim().to_owned()))
}
