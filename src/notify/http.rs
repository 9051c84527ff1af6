//! Requests of channels that speak HTTP: one attempt, within its time, and what its failure means.
//!
//! Invariant: no redirect is followed: a body may hold names of services, and an address may be a secret.

use super::send::{Failure, Hope};
use crate::model::Instant;
use crate::render::text::{truncate, visible};
use std::io::Read;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

/// Until a connection stands.
pub(super) const CONNECT: Duration = Duration::from_secs(5);
/// As much of an answer is told.
const MOST_WORDS: usize = 200;
/// As many bytes of it are read: secrets in it are looked for before it is cut.
const MOST_BYTES: u64 = 1 << 18;

/// What is to be posted.
#[derive(Clone, Copy)]
pub(super) struct Post<'a> {
    pub(super) url: &'a str,
    pub(super) headers: &'a [(&'a str, String)],
    pub(super) body: &'a str,
    pub(super) timeout: Duration,
    /// PEM.
    pub(super) ca: Option<&'a [u8]>,
    /// Takes secrets out of a text.
    pub(super) hide: &'a dyn Fn(&str) -> String,
}

/// Posts it once.
pub(super) fn post(post: Post<'_>, now: Instant) -> Result<(), Failure> {
    let mut tls = TlsConfig::builder();
    if let Some(pem) = post.ca {
        let found: Vec<Certificate<'static>> = ureq::tls::parse_pem(pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if found.is_empty() {
            return Err(Failure::lasting("`ca_file` holds no certificate in PEM"));
        }
        tls = tls.root_certs(RootCerts::new_with_certs(&found));
    }
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT.min(post.timeout)))
        .timeout_global(Some(post.timeout))
        .user_agent(concat!("sla/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls.build())
        .build()
        .into();
    let mut request = agent.post(post.url).content_type("application/json");
    for (name, value) in post.headers {
        request = request.header(*name, value);
    }
    let response = request.send(post.body).map_err(|why| unanswered(&why, post.timeout))?;
    judge(response, now, post.hide)
}

/// What an answer means.
fn judge(
    mut response: Response<ureq::Body>,
    now: Instant,
    hide: &dyn Fn(&str) -> String,
) -> Result<(), Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok());
    let after = after.and_then(|after| wait(after, now));
    let mut bytes = Vec::new();
    // What cannot be read is not told.
    let _ = response.body_mut().as_reader().take(MOST_BYTES).read_to_end(&mut bytes);
    let said = hide(String::from_utf8_lossy(&bytes).trim());
    let said = words(said.lines().next().unwrap_or_default());
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let hint = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "; look at the secret, and at what it may do there"
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => "; look at the address: there is nothing behind it",
        StatusCode::METHOD_NOT_ALLOWED => "; look at the address: it takes no messages",
        _ => "",
    };
    let why = format!("answers {status}{said}{hint}");
    let hope = match status {
        _ if status.is_redirection() => {
            return Err(Failure::lasting(format!(
                "redirects ({status}), which is not followed; name the new address"
            )));
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => Hope::Passing,
        _ if status.is_server_error() => Hope::Passing,
        // The message itself is not liked; the next one may be.
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Hope::None
        }
        // The address or the secret is wrong: that can be put right.
        _ => Hope::Lasting,
    };
    Err(Failure { why, hope, after })
}

/// `Retry-After`: seconds, or a date.
fn wait(text: &str, now: Instant) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp().as_nanosecond();
    u64::try_from(date - i128::from(now)).ok().map(Duration::from_nanos)
}

/// An error of the client in words of our own: its texts may hold the address.
fn unanswered(error: &ureq::Error, timeout: Duration) -> Failure {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Failure::passing(format!("cannot be reached within {} s", CONNECT.min(timeout).as_secs()))
        }
        ureq::Error::Timeout(_) => {
            Failure::passing(format!("does not answer within {} s", timeout.as_secs()))
        }
        ureq::Error::HostNotFound => {
            Failure::lasting("cannot be reached: its name is not known; look at the address and at DNS")
        }
        ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl => {
            Failure::lasting("has an address that cannot be asked; it must begin with https:// (or http://)")
        }
        ureq::Error::Rustls(why) => Failure::lasting(tls(&why.to_string())),
        ureq::Error::Tls(why) => Failure::lasting(tls(why)),
        ureq::Error::Pem(_) => Failure::lasting("has certificates that cannot be read; look at `ca_file`"),
        ureq::Error::Io(why) if why.to_string().contains("certificate") => {
            Failure::lasting(tls(&why.to_string()))
        }
        ureq::Error::Io(why) => Failure::passing(format!("cannot be reached: {}", sentence(why))),
        ureq::Error::ConnectionFailed => Failure::passing("cannot be reached"),
        _ => Failure::passing("breaks off, or answers what is no HTTP"),
    }
}

/// A connection that cannot be trusted, with what to do.
pub(super) fn tls(why: &str) -> String {
    let why = words(why);
    let hint = if why.contains("UnknownIssuer") {
        "; a private authority is named with `ca_file`"
    } else if why.contains("Expired") || why.contains("expired") {
        "; its certificate has to be renewed"
    } else if why.contains("NotValidForName") || why.contains("not valid for name") {
        "; name the server as its certificate does"
    } else {
        "; look at the server's certificate, at `ca_file`, and at the clock here"
    };
    format!("has no connection that can be trusted: {why}{hint}")
}

/// The system's words, without its number.
pub(super) fn sentence(why: &std::io::Error) -> String {
    words(why.to_string().split(" (os error").next().unwrap_or_default()).to_lowercase()
}

/// Words of another, made fit to be told.
pub(super) fn words(text: &str) -> String {
    truncate(visible(text).trim().trim_end_matches('.'), MOST_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after() {
        let now = 784_111_777 * crate::model::NANOS; // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110
        let check = |text: &str, seconds: Option<u64>| {
            assert_eq!(wait(text, now), seconds.map(Duration::from_secs), "{text}");
        };
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check("Sun, 06 Nov 1994 08:40:00 GMT", None);
        check("soon", None);
        check("-5", None);
    }
}
