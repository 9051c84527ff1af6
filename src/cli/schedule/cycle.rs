//! One cycle: check within a deadline, write reports, record, tell.
//!
//! Invariant: whatever the source does, a cycle ends, with a report: one that could not be read or did not end in time
//! is undecided. Only a cycle that is called off leaves nothing behind, and is not done.
//! Invariant: what is sent has its own order and its own lock; the right to run is given back before, for a server that does
//! not answer takes longer than others can wait.

use super::super::alerts::{Process, Sending, Settled};
use super::super::checkpoints::{self, Kept};
use super::super::exit::{Delivery, ExitCode};
use super::super::run::Run;
use super::super::stop::Stop;
use super::jobs::Job;
use super::lock::Lock;
use crate::model::{Instant, Report};
use crate::store::{Beside, Done};
use std::cell::Cell;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Ticks};

/// How often a cycle looks whether it is called off.
const LOOK: Duration = Duration::from_millis(50);
/// How long a run that is called off may take to come to its end after all.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How a cycle ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// With a report, which was delivered or not.
    Reported {
        /// The report.
        report: Box<Report>,
        /// What became of it.
        delivery: Delivery,
        /// Messages that wait to be sent; `None` where the history cannot tell.
        pending: Option<u64>,
        /// Whether it is in the history.
        recorded: bool,
    },
    /// It could not begin: a fault of rules or options.
    Stopped(Stop),
    /// It was called off.
    Abandoned,
}

/// Where the report goes beside its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// To standard output, as asked for.
    Printed,
    /// Nowhere; the log says what came out.
    Quiet,
}

/// The thread that reads. One that hangs is left behind, and no other is started while it does.
#[derive(Debug, Default)]
pub(super) struct Worker {
    hanging: Option<Hanging>,
}

/// A thread that came to no end.
#[derive(Debug)]
struct Hanging {
    thread: JoinHandle<()>,
    /// What it read, in words.
    sources: String,
}

/// The right to run, which is given back when the run is recorded, or else stays with whoever lent it.
#[derive(Clone, Copy)]
pub(super) struct Lent<'a> {
    pub(super) lock: &'a Cell<Option<Lock>>,
    /// Hears what was recorded, before another run may begin.
    pub(super) recorded: &'a dyn Fn(&Report),
}

/// Runs a job. `done` is the time of the schedule that is done with it.
pub(super) fn run(
    job: &Job,
    now: Instant,
    done: Option<&Done>,
    output: Output,
    worker: &mut Worker,
    lent: Lent<'_>,
    is_called_off: &dyn Fn() -> bool,
) -> Ended {
    let run = job.task.run(now);
    let process = match output {
        Output::Printed => Process::Ends,
        Output::Quiet => Process::Stays,
    };
    let began = Ticks::now();
    let (report, kept) = match worker.check(job, run, is_called_off) {
        Checked::Report(report, kept) => (report, kept),
        Checked::Stopped(stop) => return Ended::Stopped(stop),
        Checked::Abandoned => return Ended::Abandoned,
    };
    job.make_folders();
    let recorded = || {
        (lent.recorded)(&report);
        drop(lent.lock.take());
    };
    let sending =
        Sending { began, is_ending: Some(is_called_off), process, recorded: Some(&recorded), only: None };
    let settled = Cell::new(Settled::DONE);
    let settle = || {
        settled.set(job.task.settle(&report, Beside { done, checkpoints: &kept }, sending));
        settled.get().delivery
    };
    let delivery = match output {
        Output::Printed => job.task.deliver(&report, &settle),
        Output::Quiet => job.task.deliver_files(&report, &settle),
    };
    let Settled { pending, recorded, .. } = settled.get();
    Ended::Reported { report, delivery, pending, recorded }
}

enum Checked {
    /// With what it leaves for the next one.
    Report(Box<Report>, Vec<Kept>),
    Stopped(Stop),
    Abandoned,
}

impl Worker {
    /// Whether its last run still came to no end.
    pub(super) fn hangs(&self) -> bool {
        self.hanging.as_ref().is_some_and(|hanging| !hanging.thread.is_finished())
    }

    fn check(&mut self, job: &Job, run: Run, is_called_off: &dyn Fn() -> bool) -> Checked {
        if let Some(Hanging { sources, .. }) = self.hanging.as_ref().filter(|_| self.hangs()) {
            let why = format!("the run before hangs: {sources} still does not answer");
            return Checked::Report(Box::new(run.undecided(why)), Vec::new());
        }
        let sources = sources(&run);
        let late = format!(
            "there was no end to it within {} (the deadline of a run): {sources} hangs, or is too much for that time",
            job.deadline_text
        );
        let undecided = run.undecided(late);
        let (sender, receiver) = sync_channel(1);
        let started = std::thread::Builder::new().name("run".to_owned()).spawn(move || {
            // Nobody listens any more to a run that was too late.
            let _ = sender.send(checkpoints::run(&run));
        });
        let thread = match started {
            Ok(thread) => thread,
            Err(why) => {
                let message = format!("no thread could be started for the run: {why}");
                return Checked::Stopped(Stop::new(ExitCode::Internal, message));
            }
        };
        match wait(&receiver, job.deadline, is_called_off) {
            Waited::For(outcome) => match *outcome {
                Ok((report, kept)) => Checked::Report(Box::new(report), kept),
                Err(stop) => Checked::Stopped(stop),
            },
            Waited::TooLong => {
                self.hanging = Some(Hanging { thread, sources });
                Checked::Report(Box::new(undecided), Vec::new())
            }
            Waited::CalledOff => Checked::Abandoned,
        }
    }
}

/// What a thread sends.
type Outcome = Result<(Report, Vec<Kept>), Stop>;

enum Waited {
    For(Box<Outcome>),
    TooLong,
    CalledOff,
}

fn wait(receiver: &Receiver<Outcome>, deadline: Duration, is_called_off: &dyn Fn() -> bool) -> Waited {
    let mut ends = Ticks::now() + deadline;
    let mut called_off = false;
    loop {
        if !called_off && is_called_off() {
            called_off = true;
            ends = ends.min(Ticks::now() + GRACE);
        }
        let left = ends.saturating_duration_since(Ticks::now());
        match receiver.recv_timeout(left.min(LOOK)) {
            Ok(checked) => return Waited::For(Box::new(checked)),
            Err(RecvTimeoutError::Timeout) if !left.is_zero() => {}
            Err(_) if called_off => return Waited::CalledOff,
            Err(_) => return Waited::TooLong,
        }
    }
}

/// What a run reads, in words.
fn sources(run: &Run) -> String {
    let mut names: Vec<&str> = run.agreements.iter().flat_map(|(_, data)| data).map(String::as_str).collect();
    names.dedup();
    match names.as_slice() {
        [] => "its source".to_owned(),
        [one] => (*one).to_owned(),
        [first, rest @ ..] => format!("{first} or one of {} others", rest.len()),
    }
}
