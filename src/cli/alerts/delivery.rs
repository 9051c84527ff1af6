//! Sending what waits: one message after another, each noted before the next one.
//!
//! Invariant: of several processes only one sends, so that a message goes out twice only where a process was ended between
//! sending and noting, and at most one does for each process that ended so.
//! Invariant: the messages of a channel arrive in their order; one that is refused for good lets the others pass.
//! Invariant: a channel that does not answer costs its time only: those that answered last go first.

use super::{Alerting, Settled};
use crate::cli::exit::Delivery;
use crate::cli::terminal;
use crate::config;
use crate::model::{Address, Channel, ChannelKind, Fate, Instant, Letter, NANOS};
use crate::notify::{self, Failure, Hope, Secrets, Sent};
use crate::render::moment;
use crate::store::{Attempt, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::{Duration, Instant as Clock};

/// How long a run sends in all; what is left is for the next one.
const BUDGET: Duration = Duration::from_secs(90);
/// A failure that is to be tried again so soon is waited for.
const SOON: Duration = Duration::from_secs(4);
/// How long a run waits for another one that is sending.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

impl Alerting {
    /// Sends what is due at `now`, and tells what waits.
    pub(in crate::cli) fn deliver(&self, store: &mut Store, now: Instant) -> Settled {
        match self.sent(store, now) {
            Ok(settled) => settled,
            Err(why) => {
                terminal::error(&format!("alerts cannot be sent: {why}"));
                Settled { delivery: Delivery::Failed, pending: 0 }
            }
        }
    }

    fn sent(&self, store: &mut Store, now: Instant) -> Result<Settled, StoreError> {
        let open = store.open_letters()?;
        if open.is_empty() {
            return Ok(Settled { delivery: Delivery::Done, pending: 0 });
        }
        let Some(_sender) = sender(store)? else {
            // The other one looks again before it ends.
            let pending = open.len() as u64;
            terminal::tell(&format!("{}: another process is sending\n", counted(pending)));
            return Ok(Settled { delivery: Delivery::Done, pending });
        };
        let started = Clock::now();
        let clock = || now.saturating_add(i64::try_from(started.elapsed().as_nanos()).unwrap_or(0));
        let mut told = BTreeSet::new();
        while started.elapsed() < BUDGET {
            let open = store.open_letters()?;
            match self.due(&open, clock()) {
                Due::Now(id) => {
                    if let Some(letter) = store.letter(id)? {
                        self.one(store, letter, &clock, &mut told)?;
                    }
                }
                Due::Soon(wait) => std::thread::sleep(wait),
                Due::Later => break,
            }
        }
        let open = store.open_letters()?;
        self.tell_open(&open, &mut told);
        let pending = open.len() as u64;
        let delivery = if pending == 0 { Delivery::Done } else { Delivery::Failed };
        Ok(Settled { delivery, pending })
    }

    /// What to send next: of every channel its first message, those that did not fail yet before others.
    fn due(&self, open: &[Letter], now: Instant) -> Due {
        let mut heads: BTreeMap<&str, &Letter> = BTreeMap::new();
        for letter in open.iter().filter(|letter| letter.fate == Fate::Waiting) {
            if self.channel(&letter.channel).is_some() {
                heads.entry(&letter.channel).or_insert(letter);
            }
        }
        let first = heads.values().filter(|letter| letter.next <= now).min_by_key(|one| (one.attempts, one.id));
        if let Some(letter) = first {
            return Due::Now(letter.id);
        }
        match heads.values().map(|letter| letter.next.saturating_sub(now)).min() {
            Some(wait) if wait <= SOON.as_nanos() as i64 => Due::Soon(Duration::from_nanos(wait.unsigned_abs())),
            _ => Due::Later,
        }
    }

    /// Sends the parts of one message that have not arrived.
    fn one(
        &self,
        store: &mut Store,
        mut letter: Letter,
        clock: &dyn Fn() -> Instant,
        told: &mut BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let Some(channel) = self.channel(&letter.channel) else { return Ok(()) };
        let name = named(channel);
        loop {
            let sent = match secrets(channel) {
                Ok(secrets) => notify::send(channel, &secrets, &letter, clock(), &mut |_| {}),
                Err(why) => Err(Failure { why, hope: Hope::Lasting, after: None }),
            };
            let now = clock();
            let next = |hope, after| {
                // What somebody has to put right takes longer than a moment.
                let more = if hope == Hope::Lasting { 3 } else { 1 };
                notify::next_attempt(&letter.key, letter.attempts.saturating_add(more), after, now)
            };
            let attempt = match sent {
                Ok(Sent::Whole(refused)) => {
                    if let Some(why) = refused {
                        let line = format!("the alert for {name} did not reach everybody: {why}");
                        if told.insert(line.clone()) {
                            terminal::error(&line);
                        }
                    }
                    if letter.sent + 1 < letter.parts.len() {
                        letter.sent += 1;
                        store.note(letter.id, &Attempt::Part(letter.sent), now)?;
                        continue;
                    }
                    terminal::tell(&format!("told {name}: {}\n", crate::render::text::visible(&letter.title)));
                    Attempt::Arrived
                }
                Ok(Sent::Rest { part, why }) => Attempt::Rest { part, next: next(Hope::Passing, None), why },
                Err(Failure { why, hope: Hope::None, .. }) => Attempt::Refused(why),
                Err(Failure { why, hope, after }) => Attempt::Failed { next: next(hope, after), why },
            };
            return store.note(letter.id, &attempt, now);
        }
    }

    /// Tells what did not arrive, each channel once, and how much that is.
    fn tell_open(&self, open: &[Letter], told: &mut BTreeSet<String>) {
        for letter in open {
            let line = match self.channel(&letter.channel) {
                None => format!("the alert for {}: sla.yaml has no such channel any more", letter.channel),
                Some(channel) => {
                    let why = letter.why.as_deref().unwrap_or("it waits for those before it");
                    format!("the alert for {} did not arrive: {why}", named(channel))
                }
            };
            if told.insert(line.clone()) {
                terminal::error(&line);
            }
        }
        if let Some(first) = open.first() {
            let next = open.iter().filter(|letter| letter.fate == Fate::Waiting).map(|letter| letter.next).min();
            let next = next.filter(|next| *next > 0).map_or(String::new(), |next| {
                format!(", tried again by the first run from {} UTC on", at(next))
            });
            terminal::tell(&format!(
                "{}: {}{next}; `sla outbox` lists what waits and why\n",
                counted(open.len() as u64),
                crate::render::text::visible(&first.title)
            ));
        }
    }
}

enum Due {
    Now(i64),
    Soon(Duration),
    Later,
}

/// The right to send, which another process may have for a moment.
fn sender(store: &Store) -> Result<Option<File>, StoreError> {
    let started = Clock::now();
    loop {
        match store.sender()? {
            None if started.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            found => return Ok(found),
        }
    }
}

/// The secrets of a channel, read now.
pub(super) fn secrets(channel: &Channel) -> Result<Secrets, String> {
    let url = |address: &Address| match address {
        Address::Plain(_) => Ok(None),
        Address::Secret(at) => config::secret(at).map(Some),
    };
    let (url, secret) = match &channel.kind {
        ChannelKind::Email(email) => (None, email.login.as_ref().map(|(_, at)| at)),
        ChannelKind::Slack(address) | ChannelKind::Discord(address) => (url(address)?, None),
        ChannelKind::Pagerduty { key, .. } => (None, Some(key)),
        ChannelKind::Webhook { url: address, secret } => (url(address)?, secret.as_ref()),
    };
    let secret = secret.map(config::secret).transpose()?;
    Ok(Secrets { url, secret, ca: config::authority(channel)? })
}

/// `ops (email)`
pub(super) fn named(channel: &Channel) -> String {
    format!("{} ({})", channel.name, channel.kind.word())
}

/// `1 alert pending`
fn counted(count: u64) -> String {
    format!("{count} {} pending", if count == 1 { "alert" } else { "alerts" })
}

/// To the second.
pub(super) fn at(at: Instant) -> String {
    let utc = crate::model::Clock::Zoned("UTC".to_owned());
    moment::human(at.div_euclid(NANOS).saturating_mul(NANOS), &utc)
}
