//! `sla run`, one cycle for cron and its kin; `sla schedule`, which stays; `sla schedule next`.

/// What is typed.
pub mod arguments;
mod clock;
mod cycle;
mod daemon;
mod heartbeat;
mod jobs;
mod listen;
mod lock;
mod log;
mod next;
mod signals;
mod status;

use super::Outcome;
use super::exit::{Answer, Delivery, ExitCode};
use super::options;
use super::stop::Stop;
use super::terminal;
use crate::model::Report;
use arguments::{RunArguments, ScheduleArguments, ScheduleCommand};
use cycle::{Ended, Lent, Output, Worker};
use heartbeat::{Beat, Heartbeat};
use lock::Locked;
use signals::Signals;
use std::cell::Cell;

/// One cycle: check, write reports, record.
pub(super) fn run(arguments: &RunArguments) -> Result<Answer, Stop> {
    let now = options::now(arguments.check.now.as_deref())?;
    let (job, scheduling) = jobs::single(arguments)?;
    // As the first process of a container it would get none of them otherwise.
    let signals = Signals::to_end()?;
    let lock = match job.task.store.as_deref().map(lock::take).transpose() {
        Ok(Some(Locked::Here(lock))) => Some(lock),
        Ok(Some(Locked::By(holder))) => {
            let why = format!("another run is under way ({holder}), and this one leaves the work to it");
            return Err(Stop::new(ExitCode::Busy, why).hint("nothing was checked here; 75 is no verdict"));
        }
        Ok(None) => None,
        // Where nothing can be written, a verdict can be found all the same.
        Err(why) => {
            terminal::tell(&why.text().replacen("error: ", "warning: ", 1));
            None
        }
    };
    let heartbeat = scheduling.heartbeat.as_ref().map(Heartbeat::to).transpose()?;
    let beat = |beat: Beat| heartbeat.iter().for_each(|heartbeat| heartbeat.send(beat.clone()));
    beat(Beat::Start);
    let (lock, mut worker) = (Cell::new(lock), Worker::default());
    // While nobody else may run: what the next one says is not to be followed by what this one found.
    let said = Cell::new(None);
    let recorded = |report: &Report| {
        let code = job.task.code(report, Delivery::Done);
        said.set(Some(code));
        beat(Beat::of(report, code));
    };
    let lent = Lent { lock: &lock, recorded: &recorded };
    let ended = cycle::run(&job, now, None, Output::Printed, &mut worker, lent, &|| signals.end());
    let answer = match ended {
        Ended::Reported { report, delivery, .. } => {
            let code = job.task.code(&report, delivery);
            if said.get() != Some(code) {
                beat(Beat::of(&report, code));
            }
            Ok(job.task.answer(&report, delivery))
        }
        Ended::Stopped(stop) => {
            beat(Beat::Fail(stop.first()));
            Err(stop)
        }
        Ended::Abandoned => Err(Stop::new(signals.code(), "the run was called off by a signal")
            .hint("nothing is recorded, and there is no verdict")),
    };
    heartbeat.into_iter().for_each(Heartbeat::finish);
    answer
}

/// Follows a schedule, or shows when it comes.
pub(super) fn schedule(arguments: &ScheduleArguments) -> Outcome {
    match &arguments.command {
        Some(ScheduleCommand::Next { count, now }) => {
            next::next(arguments, usize::from(*count), options::now(now.as_deref())?)
        }
        None => daemon::follow(arguments),
    }
}
