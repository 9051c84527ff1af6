//! What is due: schedules, what was done of each, and clocks that jump.
//!
//! Invariant: pure. Whoever waits asks with the present; how long they slept changes nothing.
//! Invariant: a time that was done is not due again, and one that passed unseen is due until it is done. Several that
//! passed are due once, as the last of them.

use super::{Missed, Schedule};
use crate::model::{Instant, NANOS, Nanos};

/// A clock that went back by as much was wrong before; by less, and times of the day are not repeated (as in cronie).
const WRONG_CLOCK: Nanos = 3 * 60 * 60 * NANOS;

/// The present, by two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What the clock on the wall says; people and programs set it.
    pub wall: Instant,
    /// Time since the program began; it only grows.
    pub elapsed: Nanos,
}

/// A schedule and how far it is done.
#[derive(Clone, Debug)]
pub struct Slot {
    schedule: Schedule,
    /// The last time that is done.
    done: Instant,
    /// The one after.
    next: Option<Instant>,
    /// When it last ran, by the time that passes.
    ran: Option<Nanos>,
}

/// A slot whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which one.
    pub slot: usize,
    /// The time that it is for.
    pub at: Instant,
    /// How many times came, this one included.
    pub times: u64,
}

/// All that is to be done, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    slots: Vec<Slot>,
}

impl Slot {
    /// A schedule that is done up to and with a time.
    pub fn new(schedule: Schedule, done: Instant) -> Slot {
        let next = schedule.next_after(done);
        Slot { schedule, done, next, ran: None }
    }

    /// The last time that is done.
    pub fn done(&self) -> Instant {
        self.done
    }

    /// The next time to come; `None` where none is left.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    fn set_done(&mut self, done: Instant) {
        self.done = done;
        self.next = self.schedule.next_after(done);
    }

    /// A clock that shows a time before the last one done went back.
    fn follow(&mut self, now: Moment) {
        let back = self.done.saturating_sub(now.wall);
        if back <= 0 {
            return;
        }
        // For a time of the day it is enough to wait for the next one. What goes by the time that passes goes on, and
        // so does everything after a clock that was wrong.
        if back < WRONG_CLOCK && !self.schedule.is_by_elapsed_time() {
            return;
        }
        let first = self.schedule.next_after(now.wall);
        let second = first.and_then(|first| self.schedule.next_after(first));
        let (Some(first), Some(second)) = (first, second) else { return self.set_done(now.wall) };
        // It has just run: the next time would be the same once more.
        let since_run = self.ran.map(|ran| now.elapsed.saturating_sub(ran).saturating_add(first - now.wall));
        let is_same_again = match since_run {
            Some(since_run) => since_run < (second - first) / 2,
            // Before this program began: what shows a little less than done was done a moment ago.
            None => back < second - first,
        };
        self.set_done(if is_same_again { first } else { now.wall });
    }
}

impl Agenda {
    /// Of these slots, which keep their places.
    pub fn new(slots: Vec<Slot>) -> Agenda {
        Agenda { slots }
    }

    /// Them.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// What is to be done now: the slot whose time came first.
    pub fn due(&mut self, now: Moment) -> Option<Due> {
        self.slots.iter_mut().for_each(|slot| slot.follow(now));
        let coming = self.slots.iter().enumerate().filter_map(|(at, slot)| Some((slot.next?, at)));
        let (next, slot) = coming.min().filter(|(next, _)| *next <= now.wall)?;
        let missed = self.slots.get(slot)?.schedule.missed_between(self.slots.get(slot)?.done, now.wall);
        let Missed { times, last } = missed.unwrap_or(Missed { times: 1, last: next });
        Some(Due { slot, at: last, times })
    }

    /// It was done, whatever came of it; it began at that moment.
    pub fn mark(&mut self, due: Due, began: Moment) {
        if let Some(slot) = self.slots.get_mut(due.slot) {
            slot.ran = Some(began.elapsed);
            slot.set_done(due.at);
        }
    }

    /// How long until something is due, where nothing is now.
    pub fn wait(&self, now: Moment) -> Option<Nanos> {
        self.slots.iter().filter_map(Slot::next).min().map(|next| next.saturating_sub(now.wall).max(0))
    }
}

#[cfg(test)]
mod tests;
