//! Sending what waits: one message after another, each noted before the next one.
//!
//! Who calls it: `cli`, which hands in the clock, the wait and what really sends; so that a test can live through a year of
//! it in seconds.
//!
//! Invariant: a message goes out twice only where the process was ended between sending and noting, and at most one does
//! then: the caller sees to it that of several processes only one is here.
//! Invariant: the messages of a channel arrive in their order; one that is refused for good lets the others pass.
//! Invariant: a channel that does not answer costs its time only: those that failed last come last.

use super::send::{Failure, Hope, Sent, next_attempt};
use crate::model::{Channel, Fate, Instant, Letter, NANOS, Nanos, Notify};
use crate::store::{Attempt, Store, StoreError};
use std::collections::BTreeMap;

/// How long one delivery takes in all; what is left is for the next one.
const BUDGET: Nanos = 90 * NANOS;
/// A failure that is to be tried again so soon is waited for.
const SOON: Nanos = 4 * NANOS;

/// What delivery needs of the world.
pub trait World {
    /// The present.
    fn now(&mut self) -> Instant;
    /// Waits.
    fn wait(&mut self, length: Nanos);
    /// Sends the next part of a message.
    fn send(&mut self, channel: &Channel, letter: &Letter) -> Result<Sent, Failure>;
    /// Hears that a message arrived.
    fn arrived(&mut self, channel: &Channel, letter: &Letter);
    /// Hears whom a message does not reach for good, and why, while it reaches others.
    fn missed(&mut self, channel: &Channel, why: &str);
}

/// Sends everything that is due.
pub fn deliver(store: &mut Store, notify: &Notify, world: &mut dyn World) -> Result<(), StoreError> {
    let started = world.now();
    while world.now().saturating_sub(started) < BUDGET {
        let open = store.open_letters()?;
        match due(&open, notify, world.now()) {
            Due::Now(id) => {
                if let Some(letter) = store.letter(id)? {
                    one(store, letter, notify, world, started.saturating_add(BUDGET))?;
                }
            }
            Due::Soon(wait) => world.wait(wait),
            Due::Later => break,
        }
    }
    Ok(())
}

enum Due {
    Now(i64),
    Soon(Nanos),
    Later,
}

/// What to send next: of every channel its first message; those that did not fail yet before others.
fn due(open: &[Letter], notify: &Notify, now: Instant) -> Due {
    let mut heads: BTreeMap<&str, &Letter> = BTreeMap::new();
    for letter in open.iter().filter(|letter| letter.fate == Fate::Waiting) {
        if channel(notify, letter).is_some() {
            heads.entry(&letter.channel).or_insert(letter);
        }
    }
    let first = heads.values().filter(|letter| letter.next <= now).min_by_key(|one| (one.attempts, one.id));
    if let Some(letter) = first {
        return Due::Now(letter.id);
    }
    match heads.values().map(|letter| letter.next.saturating_sub(now)).min() {
        Some(wait) if wait <= SOON => Due::Soon(wait),
        _ => Due::Later,
    }
}

fn channel<'a>(notify: &'a Notify, letter: &Letter) -> Option<&'a Channel> {
    notify.channels.iter().find(|channel| channel.name == letter.channel)
}

/// Sends the parts of one message that have not arrived.
fn one(
    store: &mut Store,
    mut letter: Letter,
    notify: &Notify,
    world: &mut dyn World,
    ends: Instant,
) -> Result<(), StoreError> {
    let Some(channel) = channel(notify, &letter) else { return Ok(()) };
    loop {
        let sent = world.send(channel, &letter);
        let now = world.now();
        let next = |hope, after| {
            // What somebody has to put right takes longer than a moment.
            let more = if hope == Hope::Lasting { 3 } else { 1 };
            next_attempt(&letter.key, letter.attempts.saturating_add(more), after, now)
        };
        if let Ok(Sent::Whole(Some(but)) | Sent::Rest { but: Some(but), .. }) = &sent {
            world.missed(channel, but);
        }
        let attempt = match sent {
            Ok(Sent::Whole(_)) if letter.sent + 1 < letter.parts.len() => {
                letter.sent += 1;
                store.note(letter.id, &Attempt::Part(letter.sent), now)?;
                if now < ends {
                    continue;
                }
                return Ok(());
            }
            Ok(Sent::Whole(_)) => {
                store.note(letter.id, &Attempt::Arrived, now)?;
                world.arrived(channel, &letter);
                return Ok(());
            }
            Ok(Sent::Rest { part, why, .. }) => Attempt::Rest { part, next: next(Hope::Passing, None), why },
            Err(Failure { why, hope: Hope::None, .. }) => Attempt::Refused(why),
            Err(Failure { why, hope, after }) => Attempt::Failed { next: next(hope, after), why },
        };
        return store.note(letter.id, &attempt, now);
    }
}
