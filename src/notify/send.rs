//! Sending one part of one message, once; when to try again.
//!
//! Invariant: whatever goes wrong is told without a secret.

use super::http::{self, Post};
use super::secrets::Secrets;
use super::{email, pagerduty, webhook};
use crate::model::{Address, Channel, ChannelKind, Instant, Letter, NANOS, Nanos, SecretAt, Server};
use std::time::Duration;

/// After the first failure; four times as long after each further one.
const FIRST_WAIT: Nanos = 2 * NANOS;
/// At most.
const LONGEST_WAIT: Nanos = 3_600 * NANOS;
/// What another may ask for at most.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(6 * 3_600);

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A lowercase fragment that follows the channel's name.
    pub why: String,
    /// Whether another attempt may do better.
    pub hope: Hope,
    /// After so long, where the other side says.
    pub after: Option<Duration>,
}

/// Whether another attempt may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hope {
    /// By itself.
    Passing,
    /// When somebody has put the project file, the secret or the other side right.
    Lasting,
    /// Not with this message.
    None,
}

/// How far an attempt came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is there; whom it did not reach for good, and why.
    Whole(Option<String>),
    /// Not everybody has it. The part that is left to send, and why.
    Rest {
        /// In place of the part.
        part: String,
        /// Why not yet.
        why: String,
        /// Whom it did not reach for good, and why.
        but: Option<String>,
    },
}

impl Failure {
    pub(super) fn passing(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), hope: Hope::Passing, after: None }
    }

    pub(super) fn lasting(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), hope: Hope::Lasting, after: None }
    }
}

/// Sends the next part of a message. `now` is the time of sending; `tell` hears of every step.
pub fn send(
    channel: &Channel,
    secrets: &Secrets,
    letter: &Letter,
    now: Instant,
    tell: &mut dyn FnMut(&str),
) -> Result<Sent, Failure> {
    let Some(part) = letter.parts.get(letter.sent) else { return Ok(Sent::Whole(None)) };
    let user = match &channel.kind {
        ChannelKind::Email(email) => email.login.as_ref().map(|(user, _)| user.as_str()),
        _ => None,
    };
    let told = |text: &str| secrets.scrubbed(text, user);
    // Others answer with what they were sent; what is cut short could not be found any more.
    let hide: &dyn Fn(&str) -> String = &told;
    let sent = match &channel.kind {
        ChannelKind::Email(mail) => {
            email::send(mail, channel, secrets, letter, part, &mut |step| tell(&told(step)))
        }
        _ => posted(channel, secrets, letter, part, now, hide).map(|()| {
            tell("accepted");
            Sent::Whole(None)
        }),
    };
    match sent {
        Ok(Sent::Whole(why)) => Ok(Sent::Whole(why.map(|why| told(&why)))),
        Ok(Sent::Rest { part, why, but }) => {
            Ok(Sent::Rest { part, why: told(&why), but: but.map(|but| told(&but)) })
        }
        Err(failure) => Err(Failure { why: told(&failure.why), ..failure }),
    }
}

fn posted(
    channel: &Channel,
    secrets: &Secrets,
    letter: &Letter,
    part: &str,
    now: Instant,
    hide: &dyn Fn(&str) -> String,
) -> Result<(), Failure> {
    let post = |url: &str, headers: &[(&str, String)], body: &str| {
        let ca = secrets.ca.as_deref();
        http::post(Post { url, headers, body, timeout: channel.timeout, ca, hide }, now)
    };
    let at = |address: &Address| -> Result<String, Failure> {
        let url = match address {
            Address::Plain(url) => Some(url),
            Address::Secret(_) => secrets.url.as_ref(),
        };
        let url = url.ok_or_else(|| Failure::lasting("has no address"))?;
        if Server::is_address(url) { Ok(url.clone()) } else { Err(Failure::lasting(no_address(address))) }
    };
    match &channel.kind {
        ChannelKind::Slack(url) | ChannelKind::Discord(url) => post(&at(url)?, &[], part),
        ChannelKind::Webhook { url, secret } => {
            let mut headers = vec![("Idempotency-Key", letter.key.clone())];
            if secret.is_some() {
                let secret = secrets.secret.as_deref().ok_or_else(|| Failure::lasting("has no secret"))?;
                headers.extend(webhook::signed(secret, now.div_euclid(NANOS), part));
            }
            post(&at(url)?, &headers, part)
        }
        ChannelKind::Pagerduty { url, .. } => {
            let key = secrets.secret.as_deref().ok_or_else(|| Failure::lasting("has no key"))?;
            let mut body: serde_json::Value = serde_json::from_str(part)
                .map_err(|_| Failure { hope: Hope::None, ..Failure::lasting("its message is no JSON") })?;
            body["routing_key"] = key.into();
            // What it says of the key is not about the message: with another key it is taken.
            post(url, &[], &body.to_string()).map_err(|failure| match failure.hope {
                Hope::None if pagerduty::is_about_the_key(&failure.why) => Failure::lasting(format!(
                    "{}; look at the key: it is the integration key of a service",
                    failure.why
                )),
                _ => failure,
            })
        }
        ChannelKind::Email(_) => Ok(()),
    }
}

/// An address that is none: where it stands, and what it should be.
pub(super) fn no_address(address: &Address) -> String {
    let place = match address {
        Address::Plain(_) => "in sla.yaml".to_owned(),
        Address::Secret(SecretAt::Environment(name)) => format!("in the variable {name}"),
        Address::Secret(SecretAt::File(path)) => format!("in {}", path.display()),
    };
    format!("has an address that cannot be asked; the one {place} must begin with https:// (or http://)")
}

/// When to try a message again that has failed `attempts` times by now: what the other side asks for, or else four times as
/// long after each failure, up to an hour. The message's key spreads this by a fifth, so that not all come at once.
pub fn next_attempt(key: &str, attempts: u32, after: Option<Duration>, now: Instant) -> Instant {
    let spread = blake3::hash(format!("{key} {attempts}").as_bytes());
    let spread = i64::from(spread.as_bytes()[0]); // 0 to 255 stand for 80 % to 120 %
    let wait = FIRST_WAIT.saturating_mul(4i64.saturating_pow(attempts.saturating_sub(1))).min(LONGEST_WAIT);
    let wait = wait / 1_000 * (800 + spread * 400 / 255);
    let asked =
        after.map_or(0, |after| Nanos::try_from(after.min(LONGEST_ASKED).as_nanos()).unwrap_or(LONGEST_WAIT));
    now.saturating_add(wait.max(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour_and_are_stable() {
        let wait = |attempts| next_attempt("key", attempts, None, 0);
        for (attempts, seconds) in
            [(1, 2), (2, 8), (3, 32), (4, 128), (5, 512), (6, 2_048), (7, 3_600), (99, 3_600)]
        {
            let (least, most) = (seconds * NANOS * 8 / 10, seconds * NANOS * 12 / 10);
            assert!((least..=most).contains(&wait(attempts)), "{attempts}: {}", wait(attempts));
            assert_eq!(wait(attempts), next_attempt("key", attempts, None, 0));
        }
        assert_ne!(wait(5), next_attempt("other", 5, None, 0));
    }

    #[test]
    fn what_is_asked_for_is_given() {
        let asked = |seconds| next_attempt("key", 1, Some(Duration::from_secs(seconds)), 0);
        assert_eq!(asked(600), 600 * NANOS);
        assert!(asked(0) >= NANOS);
        assert_eq!(asked(1_000_000), 6 * 3_600 * NANOS);
    }
}
