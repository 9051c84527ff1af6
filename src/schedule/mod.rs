//! When to run: cron expressions in a time zone, and every so often.
//!
//! Called by `config`, which tells what is wrong with a `schedule:`, and by `cli`, which waits.
//! Invariant: pure. The present is a parameter, and so is what was done before.
//!
//! At a change of clocks, cronie decides (`cron.c`, the cases of a time that jumped): what runs at fixed times runs once
//! for each of them, the skipped ones right after the gap and the repeated ones the first time; what runs every so
//! often (`*` or `*/n` in hours, minutes or seconds) goes by the time that passes.

mod agenda;
mod cron;
mod field;
mod zone;

pub use agenda::{Agenda, Due, Moment, Slot};
pub use cron::Cron;

use crate::model::{Instant, NANOS, Nanos};
use std::fmt;
use std::ops::Range;

/// When something is to happen.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// By the calendar of a time zone.
    Cron(Box<Cron>),
    /// Whenever the time since 1970 UTC is a multiple of this, so that a restart does not shift it.
    Every(Every),
}

/// A length of time, in whole seconds and at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(Nanos);

/// What is wrong with a text, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// A lowercase fragment.
    pub message: String,
    /// What would have been right.
    pub expected: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.expected.iter().try_for_each(|expected| write!(f, "; {expected}"))
    }
}

impl std::error::Error for Fault {}

/// Times that came and went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// How many, up to [`MOST_COUNTED`].
    pub times: u64,
    /// The last of them.
    pub last: Instant,
}

/// Missed times are counted so far; beyond that nobody cares.
pub const MOST_COUNTED: u64 = 10_000;

impl Schedule {
    /// A cron expression, read in a time zone (`Europe/Vienna`).
    pub fn parse(text: &str, zone: &str) -> Result<Schedule, Fault> {
        Ok(Schedule::Cron(Box::new(Cron::parse(text, zone)?)))
    }

    /// Every so often; the message says why that cannot be.
    pub fn every(length: Nanos) -> Result<Schedule, String> {
        if length < NANOS || length % NANOS != 0 {
            return Err("a schedule goes by whole seconds, at least one".to_owned());
        }
        Ok(Schedule::Every(Every(length)))
    }

    /// The first time after this one; `None` where none is left before 2262.
    pub fn next_after(&self, after: Instant) -> Option<Instant> {
        match self {
            Schedule::Cron(cron) => cron.next_after(after),
            Schedule::Every(Every(length)) => after.div_euclid(*length).checked_add(1)?.checked_mul(*length),
        }
    }

    /// The times after `done` up to and with `now`; `None` where there is none.
    pub fn missed_between(&self, done: Instant, now: Instant) -> Option<Missed> {
        if let Schedule::Every(Every(length)) = self {
            let times = now.div_euclid(*length) - done.div_euclid(*length);
            let last = now.div_euclid(*length) * length;
            return (times > 0).then(|| Missed { times: times.unsigned_abs().min(MOST_COUNTED), last });
        }
        let until_now = |from: Instant| {
            std::iter::successors(self.next_after(from), |at| self.next_after(*at))
                .take_while(move |at| *at <= now)
        };
        let times = until_now(done).take(MOST_COUNTED as usize).count() as u64;
        if times == 0 {
            return None;
        }
        // The last one is looked for from behind: a step back that grows until it finds one.
        let mut step = NANOS;
        loop {
            let from = now.saturating_sub(step).max(done);
            if let Some(last) = until_now(from).last() {
                return Some(Missed { times, last });
            }
            step = step.saturating_mul(4);
        }
    }

    /// Whether it goes by the time that passes, and not by what the clock on the wall says.
    pub fn is_by_elapsed_time(&self) -> bool {
        match self {
            Schedule::Cron(cron) => cron.is_by_elapsed_time(),
            Schedule::Every(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds since 1970 of a time that names its offset.
    fn at(text: &str) -> Instant {
        let parsed: jiff::Timestamp = text.parse().unwrap();
        i64::try_from(parsed.as_nanosecond()).unwrap()
    }

    #[test]
    fn every_so_often_is_a_multiple_of_it() {
        let check = |seconds: i64, after: &str, next: &str| {
            let schedule = Schedule::every(seconds * NANOS).unwrap();
            assert_eq!(schedule.next_after(at(after)), Some(at(next)), "{seconds} {after}");
        };
        check(60, "2025-06-01T12:00:00Z", "2025-06-01T12:01:00Z");
        check(60, "2025-06-01T12:00:00.000000001Z", "2025-06-01T12:01:00Z");
        check(60, "2025-06-01T11:59:59.999999999Z", "2025-06-01T12:00:00Z");
        check(5 * 60, "2025-06-01T12:03:20Z", "2025-06-01T12:05:00Z");
        check(86_400, "2025-06-01T12:03:20Z", "2025-06-02T00:00:00Z");
        check(60, "1969-12-31T23:59:30Z", "1970-01-01T00:00:00Z");
        for wrong in [0, -NANOS, NANOS / 2, NANOS + 1] {
            assert!(Schedule::every(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Schedule::every(NANOS).unwrap().next_after(Instant::MAX), None);
    }

    #[test]
    fn what_was_missed() {
        let check = |schedule: &Schedule, done: &str, now: &str, expected: Option<(u64, &str)>| {
            let expected = expected.map(|(times, last)| Missed { times, last: at(last) });
            assert_eq!(schedule.missed_between(at(done), at(now)), expected, "{done} {now}");
        };
        let minutely = Schedule::every(60 * NANOS).unwrap();
        let daily = Schedule::parse("30 6 * * *", "Europe/Vienna").unwrap();
        check(&minutely, "2025-06-01T12:00:00Z", "2025-06-01T12:00:59Z", None);
        check(&minutely, "2025-06-01T12:00:00Z", "2025-06-01T12:01:00Z", Some((1, "2025-06-01T12:01:00Z")));
        check(&minutely, "2025-06-01T12:00:00Z", "2025-06-01T13:30:10Z", Some((90, "2025-06-01T13:30:00Z")));
        // A year of minutes.
        let last = "2025-06-01T12:00:00Z";
        check(&minutely, "2024-06-01T12:00:00Z", last, Some((MOST_COUNTED, last)));
        // 06:30 in Vienna is 04:30 UTC in summer: on the 2nd, 3rd and 4th.
        check(&daily, "2025-06-01T05:00:00Z", "2025-06-04T04:30:00Z", Some((3, "2025-06-04T04:30:00Z")));
        check(&daily, "2025-06-01T05:00:00Z", "2025-06-04T04:29:59Z", Some((2, "2025-06-03T04:30:00Z")));
        check(&daily, "2025-06-01T05:00:00Z", "2025-06-02T04:29:59Z", None);
        // A clock that went back has missed nothing.
        check(&minutely, "2025-06-01T12:00:00Z", "2025-06-01T11:00:00Z", None);
        check(&daily, "2025-06-04T05:00:00Z", "2025-06-01T11:00:00Z", None);
        let secondly = Schedule::parse("* * * * * *", "UTC").unwrap();
        let last = "2025-06-01T12:00:00Z";
        check(&secondly, "2024-06-01T12:00:00Z", last, Some((MOST_COUNTED, last)));
    }
}
