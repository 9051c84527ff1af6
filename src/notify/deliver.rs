//! Sending what waits: one message after another, each noted before the next one.
//!
//! Who calls it: `cli`, which hands in the clock, the wait and what really sends; so that a test can live through a year of
//! it in seconds.
//!
//! Invariant: a message goes out twice only where the process was ended between sending and noting, and at most one does
//! then: the caller sees to it that of several processes only one is here, and nothing is sent before it is on the disk
//! when to try next.
//! Invariant: the messages of a channel arrive in their order. What is refused for good lets the others pass; so does what
//! only some recipients still wait for, and what has failed for a day where those after it arrive.
//! Invariant: a channel that does not answer costs its time only: those that failed last come last.

use super::pagerduty;
use super::send::{Failure, Hope, LONGEST_ASKED, Sent, next_attempt};
use crate::model::{Channel, ChannelKind, Fate, Instant, Letter, NANOS, Nanos, Notify};
use crate::store::{Attempt, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// A failure that is to be tried again so soon is waited for.
const SOON: Nanos = 4 * NANOS;
/// What has failed for so long, and so often, may be what the other side cannot take: the one after it is tried, too.
const STUCK_AFTER: Nanos = 86_400 * NANOS;
const STUCK_TRIES: u32 = 8;

/// How much one delivery does at most; what is left is for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A minute and a half, but every channel is tried once: for a run that ends with it.
    Whole,
    /// Ten seconds, for a process that stays and soon delivers again.
    Short,
}

impl Effort {
    fn budget(self) -> Nanos {
        match self {
            Effort::Whole => 90 * NANOS,
            Effort::Short => 10 * NANOS,
        }
    }
}

/// What delivery needs of the world.
pub trait World {
    /// The present.
    fn now(&mut self) -> Instant;
    /// Waits, or less where the end is wanted.
    fn wait(&mut self, length: Nanos);
    /// Sends the next part of a message.
    fn send(&mut self, channel: &Channel, letter: &Letter) -> Result<Sent, Failure>;
    /// Hears that a message arrived.
    fn arrived(&mut self, channel: &Channel, letter: &Letter);
    /// Hears whom a message does not reach for good, and why, while it reaches others.
    fn missed(&mut self, channel: &Channel, why: &str);
    /// Hears that a refused message is given up, because a later one about the same arrived.
    fn overtaken(&mut self, _channel: &Channel, _letter: &Letter) {}
    /// Whether the end is wanted: nothing more is sent then.
    fn is_ending(&mut self) -> bool {
        false
    }
    /// The one message that is to be sent, with those of its channel that go before it; `None` for all of them.
    fn only(&self) -> Option<i64> {
        None
    }
    /// How much to do.
    fn effort(&self) -> Effort {
        Effort::Whole
    }
}

/// Sends everything that is due.
pub fn deliver(store: &mut Store, notify: &Notify, world: &mut dyn World) -> Result<(), StoreError> {
    let effort = world.effort();
    let ends = world.now().saturating_add(effort.budget());
    let mut stuck = Stuck::new();
    let mut tried: BTreeSet<String> = BTreeSet::new();
    while !world.is_ending() {
        let mut open = store.open_letters()?;
        if let Some(id) = world.only() {
            open = up_to(open, id);
        }
        let now = world.now();
        let is_over = now >= ends;
        let lanes = lanes(&open, notify, &stuck);
        // What is stuck is known by the one after it, which is tried with it.
        let is_proof = |letter: &Letter| {
            let of_channel =
                |id: &&i64| open.iter().any(|one| one.id == **id && one.channel == letter.channel);
            stuck.keys().filter(of_channel).count() == 1
        };
        let has_turn = |letter: &Letter| {
            !is_over || is_proof(letter) || (effort == Effort::Whole && !tried.contains(&letter.channel))
        };
        let due = lanes.iter().filter(|letter| is_due(letter, now) && has_turn(letter));
        if let Some(id) = due.min_by_key(|letter| (letter.attempts, letter.id)).map(|letter| letter.id) {
            if let Some(letter) = store.letter(id)?
                && let Some(channel) = channel(notify, &letter)
            {
                tried.insert(letter.channel.clone());
                Turn { store, channel, world, ends, stuck: &mut stuck }.one(letter)?;
            }
            continue;
        }
        let wait = lanes.iter().map(|letter| letter.next.saturating_sub(now)).min();
        match wait {
            // A process that stays comes again.
            Some(wait) if wait <= SOON && !is_over && effort == Effort::Whole => world.wait(wait),
            _ => break,
        }
    }
    Ok(())
}

/// One message, and those of its channel that go before it; none where it is not among them.
pub fn up_to(mut open: Vec<Letter>, id: i64) -> Vec<Letter> {
    let channel = open.iter().find(|letter| letter.id == id).map(|letter| letter.channel.clone());
    open.retain(|letter| letter.id <= id && Some(&letter.channel) == channel.as_ref());
    open
}

/// When one of them is tried next; `None` where none will be.
pub fn next_try(open: &[Letter], notify: &Notify, now: Instant) -> Option<Instant> {
    let lanes = lanes(open, notify, &Stuck::new());
    lanes.iter().map(|letter| if is_due(letter, now) { now } else { letter.next }).min()
}

/// Messages that failed in this delivery and hold up no others in it, with why.
type Stuck = BTreeMap<i64, String>;

/// Those that may be sent next: of every channel its first message, and those that only some still wait for.
fn lanes<'a>(open: &'a [Letter], notify: &Notify, stuck: &Stuck) -> Vec<&'a Letter> {
    let mut heads: BTreeMap<&str, &Letter> = BTreeMap::new();
    let mut lanes = Vec::new();
    for letter in open.iter().filter(|letter| letter.fate == Fate::Waiting) {
        match channel(notify, letter) {
            None => {}
            Some(channel) if is_rest(channel, letter) => lanes.push(letter),
            Some(_) if stuck.contains_key(&letter.id) => {}
            Some(_) => drop(heads.entry(&letter.channel).or_insert(letter)),
        }
    }
    lanes.extend(heads.into_values());
    lanes
}

/// A time that is further away than any wait was written by a clock that was wrong.
fn is_due(letter: &Letter, now: Instant) -> bool {
    let wait = letter.next.saturating_sub(now);
    wait <= 0 || u128::from(wait.unsigned_abs()) > LONGEST_ASKED.as_nanos()
}

/// Whether some recipients have it, and others wait for it.
fn is_rest(channel: &Channel, letter: &Letter) -> bool {
    matches!(channel.kind, ChannelKind::Email(_)) && letter.sent > 0
}

fn channel<'a>(notify: &'a Notify, letter: &Letter) -> Option<&'a Channel> {
    notify.channels.iter().find(|channel| channel.name == letter.channel)
}

/// One message's turn.
struct Turn<'a> {
    store: &'a mut Store,
    channel: &'a Channel,
    world: &'a mut dyn World,
    /// When no further part is begun.
    ends: Instant,
    stuck: &'a mut Stuck,
}

impl Turn<'_> {
    /// Sends the parts that have not arrived.
    fn one(&mut self, mut letter: Letter) -> Result<(), StoreError> {
        letter.attempts = letter.attempts.saturating_add(1);
        let next = |letter: &Letter, hope, after, now| {
            // What somebody has to put right takes longer than a moment.
            let more = if hope == Hope::Lasting { 2 } else { 0 };
            next_attempt(&letter.key, letter.attempts.saturating_add(more), after, now)
        };
        // What cannot be noted is not sent, or it would be again and again.
        let now = self.world.now();
        let begun = Attempt::Begun { next: next(&letter, Hope::Passing, None, now) };
        self.store.note(letter.id, &begun, now)?;
        let is_rest = is_rest(self.channel, &letter);
        // Parts that are refused, at the end of the others.
        let mut refused = 0;
        let mut why_refused = String::new();
        loop {
            let sent = self.world.send(self.channel, &letter);
            let now = self.world.now();
            if let Ok(Sent::Whole(Some(but)) | Sent::Rest { but: Some(but), .. }) = &sent {
                self.world.missed(self.channel, but);
            }
            let is_last = letter.sent + refused + 1 >= letter.parts.len();
            let done = match sent {
                Ok(Sent::Whole(but)) => {
                    if is_last && refused == 0 {
                        self.store.note(letter.id, &Attempt::Arrived { but }, now)?;
                        self.world.arrived(self.channel, &letter);
                        return if is_rest { Ok(()) } else { self.passes(&letter, now) };
                    }
                    self.store.note(letter.id, &Attempt::Part(letter.sent + 1), now)?;
                    self.passes(&letter, now)?;
                    letter.sent += 1;
                    letter.attempts = 1;
                    if is_last { Attempt::Refused(why_refused.clone()) } else { Attempt::Part(letter.sent) }
                }
                Ok(Sent::Rest { part, why, .. }) => {
                    let next = next(&letter, Hope::Passing, None, now);
                    self.store.note(letter.id, &Attempt::Rest { part, next, why }, now)?;
                    return if is_rest { Ok(()) } else { self.passes(&letter, now) };
                }
                Err(Failure { why, hope: Hope::None, .. }) => {
                    refused += 1;
                    why_refused = match letter.parts.len() {
                        0 | 1 => why,
                        all => format!("{refused} of {all} events: {why}"),
                    };
                    if is_last {
                        Attempt::Refused(why_refused.clone())
                    } else {
                        let part = letter.parts.remove(letter.sent);
                        letter.parts.push(part);
                        self.store.note(letter.id, &Attempt::Behind, now)?;
                        Attempt::Behind
                    }
                }
                Err(Failure { why, hope, after }) => {
                    let age = now.saturating_sub(letter.created);
                    if age >= STUCK_AFTER && letter.attempts >= STUCK_TRIES && !is_rest {
                        self.stuck.insert(letter.id, why.clone());
                    }
                    Attempt::Failed { next: next(&letter, hope, after, now), why }
                }
            };
            match done {
                Attempt::Part(_) | Attempt::Behind if now < self.ends && !self.world.is_ending() => {}
                Attempt::Part(_) | Attempt::Behind => return Ok(()),
                done => return self.store.note(letter.id, &done, now),
            }
        }
    }

    /// The channel takes what it is sent: what was tried right before it and failed for so long is what it does not take. And
    /// an incident's later word makes an earlier one idle: sent after it, it would open what nobody closes.
    fn passes(&mut self, letter: &Letter, now: Instant) -> Result<(), StoreError> {
        let pager = matches!(self.channel.kind, ChannelKind::Pagerduty { .. });
        if !pager && self.stuck.is_empty() {
            return Ok(());
        }
        let open = self.store.open_letters()?;
        let before = |one: &&Letter| one.channel == letter.channel && one.id < letter.id;
        for earlier in open.iter().filter(before) {
            if let Some(why) = self.stuck.remove(&earlier.id) {
                let why = format!("{why}, for more than a day, and those after it arrive");
                self.store.note(earlier.id, &Attempt::Refused(why), now)?;
            } else if earlier.fate != Fate::Refused {
                continue;
            }
            let key = letter.parts.get(letter.sent).and_then(|part| pagerduty::key(part));
            if let Some(key) = key.filter(|_| pager)
                && let Some(earlier) = self.store.letter(earlier.id)?
            {
                let left = earlier.parts.iter().enumerate().skip(earlier.sent);
                let same: Vec<usize> = left
                    .filter(|(_, part)| pagerduty::key(part).as_ref() == Some(&key))
                    .map(|(at, _)| at)
                    .collect();
                if !same.is_empty() {
                    self.world.overtaken(self.channel, &earlier);
                    self.store.note(earlier.id, &Attempt::Overtaken(same), now)?;
                }
            }
        }
        Ok(())
    }
}
