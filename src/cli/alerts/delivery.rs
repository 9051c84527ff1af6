//! Sending what waits to the servers that there are, and telling what does not arrive.
//!
//! Invariant: of several processes only one sends.

use super::{Alerting, Settled};
use crate::cli::exit::Delivery;
use crate::cli::terminal;
use crate::config;
use crate::model::{Address, Channel, ChannelKind, Fate, Instant, Letter, NANOS, Nanos};
use crate::notify::{self, Failure, Hope, Secrets, Sent, World};
use crate::render::moment;
use crate::render::text::visible;
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::{Duration, Instant as Clock};

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
                Settled { recorded: true, ..Settled::LOST }
            }
        }
    }

    fn sent(&self, store: &mut Store, now: Instant) -> Result<Settled, StoreError> {
        let open = store.open_letters()?;
        if open.is_empty() {
            return Ok(Settled::DONE);
        }
        let Some(_sender) = sender(store)? else {
            // The other one looks again before it ends.
            let pending = open.len() as u64;
            terminal::tell(&format!("{}: another process is sending\n", counted(pending)));
            return Ok(Settled { pending: Some(pending), ..Settled::DONE });
        };
        let before: BTreeMap<i64, u64> =
            open.iter().map(|letter| (letter.id, letter.attempts.into())).collect();
        let mut world = Outside { started: Clock::now(), now, told: BTreeSet::new() };
        notify::deliver(store, &self.notify, &mut world)?;
        let open = store.open_letters()?;
        self.tell_open(&open, &before, &mut world.told);
        let pending = open.len() as u64;
        let delivery = if pending == 0 { Delivery::Done } else { Delivery::Failed };
        Ok(Settled { delivery, pending: Some(pending), recorded: true })
    }

    /// Tells what did not arrive, each channel once, and how much that is.
    fn tell_open(&self, open: &[Letter], before: &BTreeMap<i64, u64>, told: &mut BTreeSet<String>) {
        for letter in open {
            let line = match self.channel(&letter.channel) {
                None => format!(
                    "the alert for {0} cannot be sent: sla.yaml has no channel `{0}` any more; name it again, or `sla outbox drop {1} \
                     --reason …`",
                    letter.channel, letter.id
                ),
                Some(channel) => match letter.why.as_deref() {
                    None => format!("the alert for {} waits for those before it", named(channel)),
                    Some(why) if before.get(&letter.id) == Some(&letter.attempts.into()) => {
                        format!(
                            "the alert for {} waits for its next try; the last one: {why}",
                            named(channel)
                        )
                    }
                    Some(why) => format!("the alert for {} did not arrive: {why}", named(channel)),
                },
            };
            if told.insert(line.clone()) {
                terminal::error(&line);
            }
        }
        if let Some(first) = open.first() {
            let next =
                open.iter().filter(|letter| letter.fate == Fate::Waiting).map(|letter| letter.next).min();
            let next = next.filter(|next| *next > 0).map_or(String::new(), |next| {
                format!(", tried again by the first run from {} UTC on", at(next))
            });
            terminal::tell(&format!(
                "{}: {}{next}; `sla outbox` lists what waits and why\n",
                counted(open.len() as u64),
                visible(&first.title)
            ));
        }
    }
}

/// The clock, the wait and the servers that there are.
struct Outside {
    started: Clock,
    now: Instant,
    /// Each line once.
    told: BTreeSet<String>,
}

impl World for Outside {
    fn now(&mut self) -> Instant {
        self.now.saturating_add(i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(0))
    }

    fn wait(&mut self, length: Nanos) {
        std::thread::sleep(Duration::from_nanos(length.unsigned_abs()));
    }

    fn send(&mut self, channel: &Channel, letter: &Letter) -> Result<Sent, Failure> {
        let secrets = secrets(channel).map_err(|why| Failure { why, hope: Hope::Lasting, after: None })?;
        notify::send(channel, &secrets, letter, self.now(), &mut |_| {})
    }

    fn arrived(&mut self, channel: &Channel, letter: &Letter) {
        terminal::tell(&format!("told {}: {}\n", named(channel), visible(&letter.title)));
    }

    fn missed(&mut self, channel: &Channel, why: &str) {
        let line = format!("the alert for {} does not reach everybody: {why}", named(channel));
        if self.told.insert(line.clone()) {
            terminal::error(&line);
        }
    }
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
