//! `sla schedule`: waits, runs what is due, one after the other, and tells how it goes.
//!
//! Invariant: what is due is decided by `schedule::Agenda` from the clock and from what is done; how long the process slept,
//! and whether the clock was set meanwhile, is no part of it. It looks at the clock every [`LOOK`].
//! Invariant: a time is done when its run is recorded, in one transaction. A process that is killed before repeats it
//! after its restart, and one that is killed later does not.

use super::super::Outcome;
use super::super::alerts::Sending;
use super::super::exit::{Delivery, ExitCode};
use super::super::stop::Stop;
use super::super::{history, terminal};
use super::arguments::ScheduleArguments;
use super::clock::{self, Clock};
use super::cycle::{self, Ended, Output, Worker};
use super::heartbeat::{Beat, Heartbeat};
use super::jobs::{self, Plan, Planned};
use super::listen;
use super::lock::{self, Locked};
use super::log;
use super::signals::Signals;
use super::status::{Status, StatusFile};
use crate::model::{EntryStatus, Instant, LastRun, NANOS, Nanos, RunOutcome};
use crate::schedule::{Agenda, Due, Moment, Slot};
use crate::store::{Done, Store};
use std::collections::BTreeMap;
use std::time::Duration;

/// Between two looks at the clock and at signals, at most.
const LOOK: Duration = Duration::from_millis(200);
/// Between two tries to run while another process does.
const BUSY: Duration = Duration::from_secs(1);
/// A run that begins so much too late, its deadline not counted, is overdue.
const SLACK: Nanos = 60 * NANOS;

/// Follows the schedule until a signal ends it.
pub(super) fn follow(arguments: &ScheduleArguments) -> Outcome {
    let plan = jobs::plan(arguments)?;
    let signals = Signals::take()?;
    let status = Status::default();
    let file = status_file(&plan)?;
    let heartbeat = heartbeat(&plan)?;
    let address = plan.scheduling.listen.as_deref().map(|at| listen::start(at, &status)).transpose()?;
    let agenda = agenda(&plan, &[])?;
    log::start(arguments.log);
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
        // What an earlier process left is found at once.
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
            let found = planned.job.task.found();
            tracing::info!(entry = planned.job.name, cadence = %planned.cadence, next, found, "follows a schedule");
            let doubts = planned.job.task.doubts();
            if !doubts.is_empty() {
                terminal::tell(&doubts);
            }
        }
        self.write_status();
    }

    /// What each entry said last, so that its metrics are there before it runs again.
    fn remember(&self) {
        let Some(store) = self.plan.store.as_deref() else { return };
        let Ok(store) = Store::open(store) else { return };
        for (at, planned) in self.plan.planned.iter().enumerate() {
            match store.last_report(&planned.job.name) {
                Ok(report) => self.status.ended(at, None, report),
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
            let _lock = match lock {
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
                continue;
            }
            self.run_one(due);
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
        let sending = Sending { began: std::time::Instant::now(), is_ending: Some(&is_ending) };
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
        let done =
            Store::open(file).and_then(|store| store.done(&planned.job.name, &planned.cadence.to_string()));
        let is_done = done.ok().flatten().is_some_and(|done| (due.at..=now.wall).contains(&done));
        if is_done {
            tracing::info!(entry = planned.job.name, due = time(due.at), "done by another process");
        }
        is_done
    }

    fn run_one(&mut self, due: Due) {
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
        let done = Done { entry: name.to_owned(), cadence: planned.cadence.to_string(), at: due.at };
        self.status.began(due.slot, began.wall);
        self.write_status();
        self.beat(&Beat::Start);
        let signals = self.signals.clone();
        let worker = self.workers.entry(name.to_owned()).or_default();
        let ended =
            cycle::run(&planned.job, began.wall, Some(&done), Output::Quiet, worker, &|| signals.end());
        let took = self.clock.moment().elapsed.saturating_sub(began.elapsed);
        let seconds = (took / (NANOS / 1_000)) as f64 / 1e3;
        let mut waiting = None;
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
                let summary = &report.summary;
                tracing::info!(
                    entry = name,
                    due = time(due.at),
                    times = due.times,
                    verdict = report.verdict.word(),
                    met = summary.met,
                    warning = summary.warning,
                    breached = summary.breached,
                    undecided = summary.undecided,
                    seconds,
                    "ran"
                );
                if report.results.is_empty()
                    && let Some(problem) = report.problems.first()
                {
                    tracing::warn!(entry = name, why = problem.message, "nothing is known");
                }
                self.beat(&Beat::of(&report, planned.job.task.code(&report, delivery)));
                let outcome = RunOutcome::Verdict(report.verdict);
                // Charts are drawn; nobody asks for their numbers again.
                report.details = Vec::new();
                let last = last(outcome, delivery == Delivery::Done, recorded);
                self.status.ended(due.slot, last, Some(*report));
            }
            Ended::Stopped(stop) => {
                let why = stop.first().trim_start_matches("error: ").to_owned();
                tracing::error!(entry = name, why, seconds, "the run could not begin");
                self.beat(&Beat::Fail(why));
                self.status.ended(due.slot, last(RunOutcome::Failed, false, false), None);
                self.mark(&done);
            }
        }
        if let Some(pending) = waiting {
            self.set_pending(pending);
        }
        self.agenda.mark(due, began);
        self.status.set_next(due.slot, self.agenda.slots().get(due.slot).and_then(Slot::next));
        self.write_status();
    }

    /// Writes down that a time is done that left no run behind.
    fn mark(&self, done: &Done) {
        let Some(file) = &self.plan.store else { return };
        if let Err(why) = Store::create(file).and_then(|mut store| store.mark(done)) {
            terminal::error(&format!("cannot write down what is done in {why}"));
        }
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
                tracing::info!("read sla.yaml and the rules again");
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
        let (entry, cadence) = (planned.job.name.clone(), planned.cadence.to_string());
        let is_same =
            |(other, _): &&(&Planned, &Slot)| other.job.name == entry && other.cadence.to_string() == cadence;
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
        StatusFile::prepare(path).map_err(|why| Stop::usage(format!("--status: {why}")))
    };
    plan.scheduling.status.as_ref().map(prepare).transpose()
}

fn heartbeat(plan: &Plan) -> Result<Option<Heartbeat>, Stop> {
    plan.scheduling.heartbeat.as_ref().map(Heartbeat::to).transpose()
}

/// In UTC.
fn time(at: Instant) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at)).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
