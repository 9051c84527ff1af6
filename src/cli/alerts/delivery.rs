//! Sending what waits to the servers that there are, and telling what does not arrive.
//!
//! Invariant: of several processes only one sends.

use super::{Alerting, Settled};
use crate::cli::exit::Delivery;
use crate::cli::{options, terminal};
use crate::config;
use crate::model::{Address, Channel, ChannelKind, Fate, Instant, Letter, Nanos, display};
use crate::notify::{self, Effort, Failure, Hope, Secrets, Sent, World};
use crate::render::moment;
use crate::render::text::visible;
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant as Ticks};

/// How long a run waits for another one that is sending.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);
/// How often it is looked whether the end is wanted.
const LOOK: Duration = Duration::from_millis(50);
/// How long what is being sent may still take when the end is wanted.
const GRACE: Duration = Duration::from_secs(3);

/// Of which process messages are sent, and when.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Sending<'a> {
    /// When the run began.
    pub(in crate::cli) began: Ticks,
    /// Whether the end of the process is wanted, where it heeds signals.
    pub(in crate::cli) is_ending: Option<&'a dyn Fn() -> bool>,
    /// Whether it ends with it.
    pub(in crate::cli) process: Process,
    /// Hears that the run is recorded, before anything is sent: nobody has to wait for it any longer.
    pub(in crate::cli) recorded: Option<&'a dyn Fn()>,
    /// The one message that is meant; `None` for all of them.
    pub(in crate::cli) only: Option<i64>,
}

/// What becomes of a process that has sent its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Process {
    /// It ends.
    Ends,
    /// It stays: it sends a little at a time, and tells what is new.
    Stays,
}

impl Sending<'_> {
    /// Of a process that ends with it, and that began now.
    pub(in crate::cli) fn once() -> Sending<'static> {
        Sending { began: Ticks::now(), is_ending: None, process: Process::Ends, recorded: None, only: None }
    }

    /// Of those on their way, those that it is about: one message, and those of its channel that go before it.
    fn meant(&self, open: Vec<Letter>) -> Vec<Letter> {
        match self.only {
            Some(id) => notify::up_to(open, id),
            None => open,
        }
    }
}

impl Alerting {
    /// Sends what is due, and tells what waits. `now` is when the run began.
    pub(in crate::cli) fn deliver(&self, store: &mut Store, now: Instant, sending: Sending<'_>) -> Settled {
        match self.sent(store, now, sending) {
            Ok(settled) => settled,
            Err(why) => {
                terminal::error(&format!("alerts cannot be sent: {why}"));
                Settled { recorded: true, ..Settled::LOST }
            }
        }
    }

    /// Between the runs of a process that stays: the same, without a word where nothing is due.
    pub(super) fn deliver_due(
        &self,
        store: &mut Store,
        now: Instant,
        sending: Sending<'_>,
    ) -> Result<Settled, StoreError> {
        let open = store.open_letters()?;
        let next = notify::next_try(&open, &self.notify, now);
        if next.is_none_or(|next| next > now) {
            return Ok(waiting(&open));
        }
        self.sent(store, now, sending)
    }

    fn sent(&self, store: &mut Store, now: Instant, sending: Sending<'_>) -> Result<Settled, StoreError> {
        let open = sending.meant(store.open_letters()?);
        if open.is_empty() {
            return Ok(Settled::DONE);
        }
        let stays = sending.process == Process::Stays;
        let Some(_sender) = sender(store, if stays { Duration::ZERO } else { PATIENCE })? else {
            // The other one looks again before it ends.
            let pending = open.len() as u64;
            if !stays {
                terminal::tell(&format!("{}: another process is sending\n", counted(pending)));
            }
            return Ok(Settled { pending: Some(pending), ..Settled::DONE });
        };
        let mut world = Outside { sending, now, tried: BTreeSet::new(), missed: BTreeSet::new() };
        notify::deliver(store, &self.notify, &mut world)?;
        let mut open = sending.meant(store.open_letters()?);
        if let Some(id) = sending.only {
            // Of what goes before it only that is of interest which holds it up.
            open.retain(|letter| letter.id == id || world.tried.contains(&letter.id));
        }
        self.tell_open(&open, now, &mut world);
        if let Some(id) = sending.only {
            open.retain(|letter| letter.id == id);
        }
        let settled = waiting(&open);
        let delivery = if world.missed.is_empty() { settled.delivery } else { Delivery::Failed };
        Ok(Settled { delivery, ..settled })
    }

    /// Tells what did not arrive, each channel once, and how much that is. A process that stays has told before what it did
    /// not try now.
    fn tell_open(&self, open: &[Letter], now: Instant, world: &mut Outside<'_>) {
        let stays = world.sending.process == Process::Stays;
        let is_news = |letter: &&Letter| !stays || world.tried.contains(&letter.id) || letter.created >= now;
        let news: Vec<&Letter> = open.iter().filter(is_news).collect();
        if news.is_empty() {
            return;
        }
        let mut lines = Vec::new();
        let mut refused: BTreeMap<&str, Vec<&Letter>> = BTreeMap::new();
        let mut gone: BTreeMap<&str, Vec<&Letter>> = BTreeMap::new();
        for letter in news {
            let Some(channel) = self.channel(&letter.channel) else {
                gone.entry(&letter.channel).or_default().push(letter);
                continue;
            };
            let named = named(channel);
            let line = match letter.why.as_deref().map(with_subject) {
                _ if letter.fate == Fate::Refused => {
                    refused.entry(&letter.channel).or_default().push(letter);
                    continue;
                }
                Some(why) if world.tried.contains(&letter.id) => {
                    format!("the alert for {named} did not arrive: {why}")
                }
                Some(why) => format!("the alert for {named} waits for its next try; the last one: {why}"),
                None => format!("the alert for {named} waits for those before it"),
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        for letters in refused.values() {
            let Some((last, channel)) =
                letters.last().and_then(|last| Some((last, self.channel(&last.channel)?)))
            else {
                continue;
            };
            let (named, id) = (named(channel), last.id);
            let head = match letters.len() {
                1 => format!("the alert for {named} is refused"),
                more => format!("{more} alerts for {named} are refused; the last one"),
            };
            let why = with_subject(last.why.as_deref().unwrap_or_default());
            lines.push(format!(
                "{head}: {why}; only `sla outbox retry {id}` sends it again, and `sla outbox drop {id} --reason …` gives it up"
            ));
        }
        for (channel, letters) in &gone {
            let head = match letters.len() {
                1 => format!("the alert for {channel} cannot be sent"),
                more => format!("{more} alerts for {channel} cannot be sent"),
            };
            let id = letters.first().map_or(0, |letter| letter.id);
            lines.push(format!(
                "{head}: sla.yaml has no channel `{channel}` any more; name it again, or `sla outbox drop {id} --reason …`"
            ));
        }
        for line in &lines {
            tell(&format!("error: {}", visible(line)));
        }
        let clock = world.now();
        tell(&self.summary(open, clock));
    }

    /// `2 alerts pending: …, and 1 refused; …`
    fn summary(&self, open: &[Letter], clock: Instant) -> String {
        let (refused, others): (Vec<&Letter>, Vec<&Letter>) =
            open.iter().partition(|letter| letter.fate == Fate::Refused);
        let (pending, gone): (Vec<&Letter>, Vec<&Letter>) =
            others.into_iter().partition(|letter| self.channel(&letter.channel).is_some());
        let title = |letters: &[&Letter]| {
            letters.first().map_or(String::new(), |first| format!(": {}", visible(&first.title)))
        };
        let mut parts = Vec::new();
        if !pending.is_empty() {
            let next = notify::next_try(open, &self.notify, clock);
            let next = match next.filter(|next| *next > clock) {
                Some(next) => format!("tried again by the first run from {} UTC on", at(next)),
                None => "tried again by the next run".to_owned(),
            };
            parts.push(format!("{}{}, {next}", counted(pending.len() as u64), title(&pending)));
        }
        for (letters, what) in [(refused, "refused"), (gone, "without a channel")] {
            if letters.is_empty() {
                continue;
            }
            let count = letters.len();
            parts.push(match (parts.is_empty(), count) {
                (true, 1) => format!("1 alert {what}{}", title(&letters)),
                (true, _) => format!("{count} alerts {what}{}", title(&letters)),
                (false, _) => format!("and {count} {what}"),
            });
        }
        format!("{}; `sla outbox` lists what waits and why", parts.join(", "))
    }
}

/// How things stand with these on their way.
fn waiting(open: &[Letter]) -> Settled {
    let delivery = if open.is_empty() { Delivery::Done } else { Delivery::Failed };
    Settled { delivery, pending: Some(open.len() as u64), recorded: true }
}

/// Tells a sentence on standard error; on a terminal in lines that fit.
pub(super) fn tell(text: &str) {
    if terminal::tells_somebody() {
        terminal::tell(&format!("{}\n", terminal::folded(text, "", terminal::width())));
    } else {
        terminal::tell(&format!("{text}\n"));
    }
}

/// Why something did not arrive, as a sentence of its own: `answers 400` is what the server does.
pub(super) fn with_subject(why: &str) -> String {
    match why.split(' ').next().unwrap_or_default() {
        "answers" | "refuses" | "redirects" | "does" | "cannot" | "breaks" | "offers" => {
            format!("the server {why}")
        }
        "has" => format!("the channel {why}"),
        _ => why.to_owned(),
    }
}

/// The clock, the wait and the servers that there are.
struct Outside<'a> {
    sending: Sending<'a>,
    /// When the run began.
    now: Instant,
    /// What was sent, or was to be.
    tried: BTreeSet<i64>,
    /// Whom messages do not reach, each line once.
    missed: BTreeSet<String>,
}

impl World for Outside<'_> {
    fn now(&mut self) -> Instant {
        let elapsed = self.sending.began.elapsed().as_nanos();
        self.now.saturating_add(i64::try_from(elapsed).unwrap_or(i64::MAX))
    }

    fn wait(&mut self, length: Nanos) {
        let ends = Ticks::now() + Duration::from_nanos(length.max(0).unsigned_abs());
        while !self.is_ending() {
            let left = ends.saturating_duration_since(Ticks::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(if self.sending.is_ending.is_some() { left.min(LOOK) } else { left });
        }
    }

    fn send(&mut self, channel: &Channel, letter: &Letter) -> Result<Sent, Failure> {
        self.tried.insert(letter.id);
        let secrets = secrets(channel).map_err(|why| Failure { why, hope: Hope::Lasting, after: None })?;
        // A receiver compares the time with its own clock, whatever `--now` says.
        let now = options::now(None).unwrap_or(self.now);
        match self.sending.is_ending {
            None => notify::send(channel, &secrets, letter, now, &mut |_| {}),
            Some(is_ending) => watched(channel, secrets, letter, now, is_ending),
        }
    }

    fn arrived(&mut self, channel: &Channel, letter: &Letter) {
        terminal::tell(&format!("told {}: {}\n", named(channel), visible(&letter.title)));
    }

    fn missed(&mut self, channel: &Channel, why: &str) {
        let line = format!("the alert for {} does not reach everybody: {why}", named(channel));
        if self.missed.insert(line.clone()) {
            tell(&format!("error: {}", visible(&line)));
        }
    }

    fn overtaken(&mut self, channel: &Channel, letter: &Letter) {
        tell(&format!(
            "given up for {}, which refused it, because what came after it arrived: {}",
            named(channel),
            visible(&letter.title)
        ));
    }

    fn is_ending(&mut self) -> bool {
        self.sending.is_ending.is_some_and(|is_ending| is_ending())
    }

    fn only(&self) -> Option<i64> {
        self.sending.only
    }

    fn effort(&self) -> Effort {
        match self.sending.process {
            Process::Ends => Effort::Whole,
            Process::Stays => Effort::Short,
        }
    }
}

/// Sends, and lets go of it where the end is wanted meanwhile: it is tried again by the next process then.
fn watched(
    about: &Channel,
    secrets: Secrets,
    letter: &Letter,
    now: Instant,
    is_ending: &dyn Fn() -> bool,
) -> Result<Sent, Failure> {
    let passing = |why: &str| Failure { why: why.to_owned(), hope: Hope::Passing, after: None };
    let (say, hear) = channel();
    let (about, letter) = (about.clone(), letter.clone());
    let started = std::thread::Builder::new().name("send".to_owned()).spawn(move || {
        // Nobody listens any more where it was let go of.
        let _ = say.send(notify::send(&about, &secrets, &letter, now, &mut |_| {}));
    });
    if started.is_err() {
        return Err(passing("the system gave no thread to send it"));
    }
    let mut ends: Option<Ticks> = None;
    loop {
        match hear.recv_timeout(LOOK) {
            Ok(sent) => return sent,
            Err(RecvTimeoutError::Disconnected) => return Err(passing("breaks off")),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if ends.is_none() && is_ending() {
            ends = Some(Ticks::now() + GRACE);
        }
        if ends.is_some_and(|ends| Ticks::now() >= ends) {
            return Err(passing("the program was ended before the server answered"));
        }
    }
}

/// The right to send, which another process may have for a moment.
fn sender(store: &Store, patience: Duration) -> Result<Option<File>, StoreError> {
    let started = Ticks::now();
    loop {
        match store.sender()? {
            None if started.elapsed() < patience => std::thread::sleep(PAUSE),
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
    format!("{} pending", display::counted(count, "alerts"))
}

/// To the second.
pub(super) fn at(at: Instant) -> String {
    moment::second(at, &crate::model::Clock::Zoned("UTC".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_it() {
        let check = |why: &str, told: &str| assert_eq!(with_subject(why), told);
        check("answers 400 Bad Request", "the server answers 400 Bad Request");
        check("refuses signing in (535): no", "the server refuses signing in (535): no");
        check("has no password", "the channel has no password");
        check("a@example.com is refused: no", "a@example.com is refused: no");
    }
}
