//! A ping to a service that misses us when we are gone (healthchecks.io and its kin): `/start`, nothing, or `/fail` behind
//! the address.
//!
//! Invariant: a ping never holds up a run and never changes its outcome, and neither does an address that cannot be read.
//! The address is a secret, and is never told.

use super::super::exit::ExitCode;
use super::super::stop::Stop;
use super::super::terminal;
use crate::config;
use crate::model::{Report, SecretAt, Server};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use ureq::Agent;

/// Until one ping is answered.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pings that may wait while one is under way.
const MOST_WAITING: usize = 64;
/// How long the end of the program waits for pings.
const FAREWELL: Duration = Duration::from_secs(11);

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// A run begins.
    Start,
    /// It ended with exit code 0, and this is what it says.
    Success(String),
    /// It did not.
    Fail(String),
}

impl Beat {
    /// What a run with a report says of itself. Its exit code decides, as it would in a shell.
    pub(super) fn of(report: &Report, code: ExitCode) -> Beat {
        let summary = &report.summary;
        let text = format!(
            "{}: {} met, {} warning, {} breached, {} undecided",
            report.verdict.word(),
            summary.met,
            summary.warning,
            summary.breached,
            summary.undecided
        );
        if code == ExitCode::Met { Beat::Success(text) } else { Beat::Fail(text) }
    }

    /// The same as news of all entries: a success is one only while no other entry's last run was a failure. `failing` is kept
    /// up to date.
    pub(super) fn among(self, entry: &str, failing: &mut BTreeSet<String>) -> Beat {
        match &self {
            Beat::Start => return self,
            Beat::Success(_) => failing.remove(entry),
            Beat::Fail(_) => failing.insert(entry.to_owned()),
        };
        match self {
            Beat::Success(text) if !failing.is_empty() => {
                let others: Vec<&str> = failing.iter().map(String::as_str).collect();
                Beat::Fail(format!("{entry}: {text}; no success the last time: {}", others.join(", ")))
            }
            beat => beat,
        }
    }

    fn ending(&self) -> &'static str {
        match self {
            Beat::Start => "/start",
            Beat::Success(_) => "",
            Beat::Fail(_) => "/fail",
        }
    }

    fn body(&self) -> &str {
        match self {
            Beat::Start => "",
            Beat::Success(text) | Beat::Fail(text) => text,
        }
    }
}

/// A thread that pings, one after the other.
#[derive(Debug)]
pub(super) struct Heartbeat {
    sender: SyncSender<Beat>,
    thread: JoinHandle<()>,
}

impl Heartbeat {
    /// To the address that is kept there. Where it cannot be read, that is told at once, and each ping tries again.
    pub(super) fn to(at: &SecretAt) -> Result<Heartbeat, Stop> {
        let at = at.clone();
        let (sender, receiver) = sync_channel(MOST_WAITING);
        let thread = std::thread::Builder::new().name("heartbeat".to_owned());
        let thread = thread
            .spawn(move || ping_all(&at, &receiver))
            .map_err(|why| Stop::new(ExitCode::Internal, format!("heartbeat: no thread: {why}")))?;
        Ok(Heartbeat { sender, thread })
    }

    /// Hands on what is to be told.
    pub(super) fn send(&self, beat: Beat) {
        if self.sender.try_send(beat).is_err() {
            terminal::tell("warning: a heartbeat was left out: too many wait for an answer\n");
        }
    }

    /// Waits until everything is told, but not for long.
    pub(super) fn finish(self) {
        drop(self.sender);
        let begun = Instant::now();
        while !self.thread.is_finished() && begun.elapsed() < FAREWELL {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The address that is kept there; the message says why there is none.
fn address(at: &SecretAt) -> Result<String, String> {
    let url = config::secret(at)?;
    if Server::is_address(&url) {
        Ok(url)
    } else {
        Err("what is kept there is no address: http://… or https://…".to_owned())
    }
}

/// The ending belongs to the path, whatever is asked for behind it: `…/ping/nightly/fail?create=1`.
fn with_ending(url: &str, ending: &str) -> String {
    let (path, asked) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    format!("{}{ending}{asked}", path.trim_end_matches('/'))
}

fn ping_all(at: &SecretAt, beats: &Receiver<Beat>) {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(PATIENCE))
        .user_agent(concat!("sla/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent: Agent = config.into();
    let mut told = None;
    let mut found = || match address(at) {
        Ok(url) => {
            told = None;
            Some(url)
        }
        Err(why) => {
            // Once, and not at every ping.
            if told.as_ref() != Some(&why) {
                terminal::tell(&format!(
                    "warning: `heartbeat` of sla.yaml: {why}; nobody hears that this runs\n"
                ));
                told = Some(why);
            }
            None
        }
    };
    found();
    for beat in beats {
        let Some(url) = found() else { continue };
        let why = match agent.post(with_ending(&url, beat.ending())).send(beat.body()) {
            Ok(answer) if answer.status().is_success() => continue,
            Ok(answer) => format!("it answers {}", answer.status()),
            Err(why) => cause(&why),
        };
        terminal::tell(&format!("warning: the heartbeat did not arrive: {why}\n"));
    }
}

/// Why a ping failed, without the address that many errors repeat.
fn cause(why: &ureq::Error) -> String {
    match why {
        ureq::Error::Timeout(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::Io(why) => format!("its host cannot be reached: {}", crate::deliver::sentence(why)),
        ureq::Error::ConnectionFailed => "its host cannot be reached".to_owned(),
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::Pem(_) => {
            "its certificate is not trusted".to_owned()
        }
        _ => "it is no address that can be asked, or no answer that can be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_belong_to_the_path() {
        for (url, start, success, fail) in [
            ("http://hc/ping/1", "http://hc/ping/1/start", "http://hc/ping/1", "http://hc/ping/1/fail"),
            ("http://hc/ping/1/", "http://hc/ping/1/start", "http://hc/ping/1", "http://hc/ping/1/fail"),
            (
                "https://hc/key/nightly?create=1",
                "https://hc/key/nightly/start?create=1",
                "https://hc/key/nightly?create=1",
                "https://hc/key/nightly/fail?create=1",
            ),
            (
                "http://hc/1/?a=b/#c",
                "http://hc/1/start?a=b/#c",
                "http://hc/1?a=b/#c",
                "http://hc/1/fail?a=b/#c",
            ),
        ] {
            let beats = [Beat::Start, Beat::Success(String::new()), Beat::Fail(String::new())];
            assert_eq!(beats.map(|beat| with_ending(url, beat.ending())), [start, success, fail], "{url}");
        }
    }
}
