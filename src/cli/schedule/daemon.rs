//! `sla schedule`: waits, runs what is due, one after the other, and tells how it goes.
//!
//! Invariant: what is due is decided by `schedule::Agenda` from the clock and from what is done; how long the process slept,
//! and whether the clock was set meanwhile, is no part of it. It looks at the clock every [`LOOK`].
//! Invariant: a time is done when its run is recorded, in one transaction. A process that is killed before repeats it
//! after its restart, and one that is killed later does not.

use super::super::Outcome;
use super::super::alerts::{Process, Sending};
use super::super::exit::{Delivery, ExitCode};
use super::super::stop::Stop;
use super::super::{history, terminal};
use super::arguments::ScheduleArguments;
use super::clock::{self, Clock};
use super::cycle::{self, Ended, Lent, Output, Worker};
use super::heartbeat::{Beat, Heartbeat};
use super::jobs::{self, Plan, Planned};
use super::listen;
use super::lock::{self, Lock, Locked};
use super::log;
use super::signals::Signals;
use super::status::{Status, StatusFile};
use crate::model::{EntryStatus, Instant, LastRun, NANOS, Nanos, Report, RunOutcome, Verdict};
use crate::schedule::{Agenda, Due, Moment, Slot};
use crate::store::{Done, Store};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// Between two looks at the clock and at signals, at most.
const LOOK: Duration = Duration::from_millis(200);
/// Between two tries to run while another process does. Shorter than any cadence: who looks once a second finds busy
/// again and again what runs every second.
const BUSY: Duration = Duration::from_millis(50);
/// Threads that may hang from earlier configurations.
const MOST_LEFT: usize = 8;
/// A run that begins so much too late, its deadline not counted, is overdue.
const SLACK: Nanos = 60 * NANOS;

/// Follows the schedule until a signal ends it.
pub(super) fn follow(arguments: &ScheduleArguments) -> Outcome {
    let status = Status::start(clock::wall());
    // What is told of the plan belongs into the log, if there is one.
    terminal::hold();
    let prepared = prepare(arguments, &status);
    if prepared.is_ok() {
        log::start(arguments.log);
    }
    terminal::release();
    let Prepared { plan, signals, file, address, agenda } = prepared?;
    let heartbeat = heartbeat(&plan)?;
    if let Some(address) = address {
        tracing::info!(%address, "answers /healthz and /metrics");
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "everybody who reaches this address can read them");
        }
    }
    let mut daemon = Daemon {
        plan,
        agenda,
        status,
        file,
        heartbeat,
        signals,
        clock: Clock::start(),
        workers: BTreeMap::new(),
        left: Vec::new(),
        failing: BTreeSet::new(),
        wrote: BTreeMap::new(),
        pending: None,
        look_again: 0,
    };
    daemon.begin();
    daemon.remember();
    daemon.run(arguments);
    tracing::info!("ended by a signal");
    daemon.heartbeat.into_iter().for_each(Heartbeat::finish);
    Ok(ExitCode::Met)
}

/// What must be in order before anything begins.
struct Prepared {
    plan: Plan,
    signals: Signals,
    file: Option<StatusFile>,
    address: Option<SocketAddr>,
    agenda: Agenda,
}

fn prepare(arguments: &ScheduleArguments, status: &Status) -> Result<Prepared, Stop> {
    let plan = jobs::plan(arguments)?;
    let signals = Signals::to_end_or_reload()?;
    let file = status_file(&plan)?;
    let address = plan.scheduling.listen.as_deref().map(|at| listen::start(at, status)).transpose()?;
    let agenda = agenda(&plan, &[])?;
    Ok(Prepared { plan, signals, file, address, agenda })
}

struct Daemon {
    plan: Plan,
    /// Its slots are the entries of the plan.
    agenda: Agenda,
    status: Status,
    file: Option<StatusFile>,
    heartbeat: Option<Heartbeat>,
    signals: Signals,
    clock: Clock,
    /// By entry.
    workers: BTreeMap<String, Worker>,
    /// What hung when the configuration was read again.
    left: Vec<Worker>,
    /// Entries whose last run was no success.
    failing: BTreeSet<String>,
    /// What this process wrote down last as done, by the entry's name in the history.
    wrote: BTreeMap<String, Done>,
    /// Messages that wait to be sent; `None` before anybody looked.
    pending: Option<u64>,
    /// When to look next whether one of them is due, as the time that passed.
    look_again: Nanos,
}

impl Daemon {
    /// A plan is new: tells it.
    fn begin(&mut self) {
        let entries = self.plan.planned.iter().zip(self.agenda.slots());
        let entries = entries.map(|(planned, slot)| EntryStatus {
            name: planned.job.name.clone(),
            cadence: planned.cadence.to_string(),
            next: slot.next(),
            patience: SLACK
                .saturating_add(i64::try_from(planned.job.deadline.as_nanos()).unwrap_or(i64::MAX)),
            running_since: None,
            last: None,
            runs: BTreeMap::new(),
            report: None,
        });
        self.status.set_entries(entries.collect());
        for (planned, slot) in self.plan.planned.iter().zip(self.agenda.slots()) {
            let next = slot.next().map_or_else(|| "never".to_owned(), time);
            // An entry with rules of its own has nothing to say there.
            let found = Some(planned.job.task.found()).filter(|found| !found.is_empty());
            tracing::info!(entry = planned.job.name, cadence = %planned.cadence, next, found, "follows a schedule");
            let doubts = planned.job.task.doubts();
            if !doubts.is_empty() {
                terminal::tell(&doubts);
            }
        }
        self.write_status();
    }

    /// What each entry said last, so that its metrics are there before it runs again.
    fn remember(&mut self) {
        let Some(store) = self.plan.store.as_deref() else { return };
        let Ok(store) = Store::open(store) else { return };
        for (at, planned) in self.plan.planned.iter().enumerate() {
            match store.last_report(&planned.job.key) {
                Ok(report) => {
                    let code = report.as_ref().map(|report| planned.job.task.code(report, Delivery::Done));
                    if code.is_some_and(|code| code != ExitCode::Met) {
                        self.failing.insert(planned.job.name.clone());
                    }
                    self.status.ended(at, None, report);
                }
                Err(why) => {
                    tracing::warn!(entry = planned.job.name, "what it said last cannot be read: {why}");
                }
            }
        }
        self.write_status();
    }

    fn run(&mut self, arguments: &ScheduleArguments) {
        let mut told_busy = false;
        while !self.signals.end() {
            if self.signals.reload() {
                self.reload(arguments);
            }
            let now = self.clock.moment();
            let Some(due) = self.agenda.due(now) else {
                self.send(now);
                let wait = self.agenda.wait(now).map_or(LOOK, clock::duration);
                std::thread::sleep(wait.min(LOOK));
                continue;
            };
            let lock = self.plan.store.as_deref().map(lock::take).transpose();
            let lock = match lock {
                Ok(Some(Locked::Here(lock))) => Some(lock),
                Ok(None) => None,
                Ok(Some(Locked::By(holder))) => {
                    if !told_busy {
                        tracing::info!(
                            holder,
                            "another run of this history is under way; this one waits for it"
                        );
                        told_busy = true;
                    }
                    std::thread::sleep(BUSY);
                    continue;
                }
                Err(stop) => {
                    terminal::tell(&stop.text());
                    None
                }
            };
            told_busy = false;
            if self.is_done_elsewhere(due, now) {
                self.agenda.mark(due, now);
                self.tell_next(due);
                continue;
            }
            self.run_one(due, lock);
        }
    }

    /// Between runs: sends messages that wait for another try. Once a second is often enough to look.
    fn send(&mut self, now: Moment) {
        if self.pending == Some(0) || now.elapsed < self.look_again {
            return;
        }
        self.look_again = now.elapsed.saturating_add(NANOS);
        let first = self.plan.planned.first();
        let signals = self.signals.clone();
        let is_ending = || signals.end();
        let began = std::time::Instant::now();
        let sending = Sending {
            began,
            is_ending: Some(&is_ending),
            process: Process::Stays,
            recorded: None,
            only: None,
        };
        let settled = first.and_then(|planned| planned.job.task.send(now.wall, sending));
        match settled.map(|settled| settled.pending) {
            Some(Some(pending)) => self.set_pending(pending),
            // It cannot be read: it is told, but not every second.
            Some(None) => self.look_again = now.elapsed.saturating_add(60 * NANOS),
            None => {}
        }
    }

    fn set_pending(&mut self, pending: u64) {
        if self.pending != Some(pending) {
            self.pending = Some(pending);
            self.status.set_pending(pending);
            self.write_status();
        }
    }

    /// Whether another process that follows the same schedule was faster. Where the history is ahead of the clock, the
    /// clock went back.
    fn is_done_elsewhere(&self, due: Due, now: Moment) -> bool {
        let (Some(file), Some(planned)) = (&self.plan.store, self.plan.planned.get(due.slot)) else {
            return false;
        };
        let cadence = planned.cadence.to_string();
        let done = Store::open(file).and_then(|store| store.done(&planned.job.key, &cadence));
        // Where this process wrote it, a clock that went back wants the same time once more.
        let is_own = |at: &Instant| {
            self.wrote.get(&planned.job.key).is_some_and(|own| own.cadence == cadence && own.at == *at)
        };
        let done = done.ok().flatten().filter(|at| !is_own(at));
        let is_done = done.is_some_and(|done| (due.at..=now.wall).contains(&done));
        if is_done {
            tracing::info!(entry = planned.job.name, due = time(due.at), "done by another process");
        }
        is_done
    }

    /// `lock` is the right to run, where there is a history.
    fn run_one(&mut self, due: Due, lock: Option<Lock>) {
        let Some(planned) = self.plan.planned.get(due.slot) else { return };
        let name = planned.job.name.as_str();
        if due.times > 1 {
            let times = due.times;
            tracing::warn!(
                entry = name,
                times,
                last = time(due.at),
                "catches up: several times passed, and one run is for all"
            );
        }
        let began = self.clock.moment();
        let done = Done { entry: planned.job.key.clone(), cadence: planned.cadence.to_string(), at: due.at };
        self.status.began(due.slot, began.wall);
        self.write_status();
        self.beat(&Beat::Start);
        let signals = self.signals.clone();
        let worker = self.workers.entry(name.to_owned()).or_default();
        let (job, lock) = (&planned.job, Cell::new(lock));
        let lent = Lent { lock: &lock, recorded: &|_| {} };
        let ended = cycle::run(job, began.wall, Some(&done), Output::Quiet, worker, lent, &|| signals.end());
        let took = self.clock.moment().elapsed.saturating_sub(began.elapsed);
        let seconds = (took / (NANOS / 1_000)) as f64 / 1e3;
        let mut waiting = None;
        let (beat, wrote);
        let last = |outcome, delivered, recorded| {
            Some(LastRun { began: began.wall, took, outcome, delivered, recorded })
        };
        match ended {
            Ended::Abandoned => {
                tracing::warn!(entry = name, "the run was called off, and is left to the next start");
                self.status.ended(due.slot, None, None);
                self.write_status();
                // Neither done nor marked; the loop ends.
                return;
            }
            Ended::Reported { mut report, delivery, pending, recorded } => {
                waiting = pending;
                wrote = recorded.then_some(&done);
                tell_ran(name, due, &report, seconds);
                beat = Beat::of(&report, planned.job.task.code(&report, delivery));
                let outcome = RunOutcome::Verdict(report.verdict);
                // Charts are drawn; nobody asks for their numbers again.
                report.details = Vec::new();
                let last = last(outcome, delivery == Delivery::Done, recorded);
                self.status.ended(due.slot, last, Some(*report));
            }
            Ended::Stopped(stop) => {
                let why = stop.first().trim_start_matches("error: ").to_owned();
                tracing::error!(entry = name, why, seconds, "the run could not begin");
                beat = Beat::Fail(why);
                self.status.ended(due.slot, last(RunOutcome::Failed, false, false), None);
                wrote = self.mark(&done).then_some(&done);
            }
        }
        let beat = beat.among(name, &mut self.failing);
        self.beat(&beat);
        if let Some(done) = wrote {
            self.wrote.insert(done.entry.clone(), done.clone());
        }
        if let Some(pending) = waiting {
            self.set_pending(pending);
        }
        self.agenda.mark(due, began);
        self.tell_next(due);
    }

    /// When the slot of what was due comes again.
    fn tell_next(&self, due: Due) {
        self.status.set_next(due.slot, self.agenda.slots().get(due.slot).and_then(Slot::next));
        self.write_status();
    }

    /// Writes down that a time is done that left no run behind; whether it is.
    fn mark(&self, done: &Done) -> bool {
        let Some(file) = &self.plan.store else { return false };
        let marked = Store::create(file).and_then(|mut store| store.mark(done));
        if let Err(why) = &marked {
            terminal::error(&format!("cannot write down what is done in {why}"));
        }
        marked.is_ok()
    }

    /// Reads everything again. What has a fault changes nothing.
    fn reload(&mut self, arguments: &ScheduleArguments) {
        let read = || -> Result<_, Stop> {
            let plan = jobs::plan(arguments)?;
            let known: Vec<(&Planned, &Slot)> = self.plan.planned.iter().zip(self.agenda.slots()).collect();
            let agenda = agenda(&plan, &known)?;
            Ok((status_file(&plan)?, heartbeat(&plan)?, agenda, plan))
        };
        match read() {
            Ok((file, heartbeat, agenda, plan)) => {
                if plan.scheduling.listen != self.plan.scheduling.listen {
                    tracing::warn!("`listen` is another one now, which takes a restart");
                }
                // What waits to be told by the old heartbeat still is; nobody waits for that.
                (self.file, self.heartbeat, self.agenda, self.plan) = (file, heartbeat, agenda, plan);
                self.leave_what_hangs();
                let names: BTreeSet<&str> =
                    self.plan.planned.iter().map(|planned| planned.job.name.as_str()).collect();
                self.failing.retain(|name| names.contains(name.as_str()));
                if self.plan.has_project {
                    tracing::info!("read sla.yaml and the rules again");
                } else {
                    tracing::info!("read the rules again; there is no sla.yaml");
                }
                self.begin();
            }
            Err(stop) => {
                let why = stop.text();
                tracing::error!(
                    "sla.yaml or the rules have a fault; what was read before stays in force\n{}",
                    why.trim_end()
                );
            }
        }
    }

    /// What hangs may be no part of a new configuration, so that each entry begins with a new thread; but not without end.
    fn leave_what_hangs(&mut self) {
        self.left.retain(Worker::hangs);
        for (name, worker) in std::mem::take(&mut self.workers) {
            if !worker.hangs() {
                continue;
            }
            if self.left.len() < MOST_LEFT {
                self.left.push(worker);
            } else {
                tracing::warn!(
                    entry = name,
                    "{MOST_LEFT} threads hang, and no other is started for this entry"
                );
                self.workers.insert(name, worker);
            }
        }
    }

    fn beat(&self, beat: &Beat) {
        self.heartbeat.iter().for_each(|heartbeat| heartbeat.send(beat.clone()));
    }

    fn write_status(&self) {
        self.file.iter().for_each(|file| self.status.write(file));
    }
}

/// What is done of each entry: by what this process knows, else by the history, else everything up to now.
fn agenda(plan: &Plan, known: &[(&Planned, &Slot)]) -> Result<Agenda, Stop> {
    let now = clock::wall();
    let unusable = |why| history::unusable(&why);
    let mut store = plan.store.as_deref().map(Store::create).transpose().map_err(unusable)?;
    let slots = plan.planned.iter().map(|planned| {
        let (entry, cadence) = (planned.job.key.clone(), planned.cadence.to_string());
        let is_same =
            |(other, _): &&(&Planned, &Slot)| other.job.key == entry && other.cadence.to_string() == cadence;
        let here = known.iter().find(is_same).map(|(_, slot)| slot.done());
        let there = match (&store, here) {
            (Some(store), None) => store.done(&entry, &cadence).map_err(unusable)?,
            _ => None,
        };
        let done = here.or(there);
        if let (None, Some(store)) = (done, &mut store) {
            // From now on it counts, also if this process ends before the first run.
            store.mark(&Done { entry, cadence, at: now }).map_err(unusable)?;
        }
        Ok(Slot::new(planned.schedule.clone(), done.unwrap_or(now)))
    });
    slots.collect::<Result<Vec<_>, Stop>>().map(Agenda::new)
}

fn status_file(plan: &Plan) -> Result<Option<StatusFile>, Stop> {
    let prepare = |path: &std::path::PathBuf| {
        // Its folder may come, as that of a disk that is not there yet.
        StatusFile::prepare(path, plan.status_folder.clone())
            .map_err(|why| Stop::new(ExitCode::Undecided, format!("{}: {why}", plan.status_of)))
    };
    plan.scheduling.status.as_ref().map(prepare).transpose()
}

fn heartbeat(plan: &Plan) -> Result<Option<Heartbeat>, Stop> {
    plan.scheduling.heartbeat.as_ref().map(Heartbeat::to).transpose()
}

/// Says what came of a run: as a warning, where somebody should look.
fn tell_ran(entry: &str, due: Due, report: &Report, seconds: f64) {
    let summary = &report.summary;
    // Of what was not read there are no results, and so no numbers of them.
    let known = (!report.results.is_empty()).then_some(());
    let is_unread = report.verdict == Verdict::Undecided && summary.undecided == 0;
    macro_rules! ran {
        ($level:expr) => {
            tracing::event!(
                $level,
                entry,
                due = time(due.at),
                times = due.times,
                verdict = report.verdict.word(),
                met = known.map(|()| summary.met),
                warning = known.map(|()| summary.warning),
                breached = known.map(|()| summary.breached),
                undecided = known.filter(|()| !is_unread).map(|()| summary.undecided),
                seconds,
                "ran"
            )
        };
    }
    match report.verdict {
        Verdict::Met | Verdict::Warning => ran!(tracing::Level::INFO),
        Verdict::Breached | Verdict::Undecided => ran!(tracing::Level::WARN),
    }
    if let Some(problem) = report.problems.first().filter(|_| known.is_none() || is_unread) {
        let what = if known.is_none() { "nothing is known" } else { "not everything is known" };
        tracing::warn!(entry, why = problem.message, "{what}");
    }
}

/// In UTC.
fn time(at: Instant) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at)).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
