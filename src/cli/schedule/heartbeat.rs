//! A ping to a service that misses us when we are gone (healthchecks.io and its kin): `/start`, nothing, or `/fail` behind
//! the address.
//!
//! Invariant: a ping never holds up a run and never changes its outcome. The address is a secret, and is never told.

use super::super::exit::ExitCode;
use super::super::stop::Stop;
use super::super::terminal;
use crate::config;
use crate::model::{Report, SecretAt, Server};
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
    /// To the address that is kept there.
    pub(super) fn to(at: &SecretAt) -> Result<Heartbeat, Stop> {
        let url = config::secret(at).map_err(|why| Stop::usage(format!("heartbeat: {why}")))?;
        if !Server::is_address(&url) {
            return Err(Stop::usage("heartbeat: what is kept there is no address: http://… or https://…"));
        }
        let (sender, receiver) = sync_channel(MOST_WAITING);
        let thread = std::thread::Builder::new().name("heartbeat".to_owned());
        let thread = thread
            .spawn(move || ping_all(&url, &receiver))
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

fn ping_all(url: &str, beats: &Receiver<Beat>) {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(PATIENCE))
        .user_agent(concat!("sla/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent: Agent = config.into();
    for beat in beats {
        let url = format!("{}{}", url.trim_end_matches('/'), beat.ending());
        let why = match agent.post(url).send(beat.body()) {
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
