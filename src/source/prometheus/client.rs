//! Requests: time-outs, retries, credentials, and answers that are none.
//!
//! Called by everything here that asks a server. Invariant: an answer that is refused, cut, partial or warned about is
//! never used; no redirect is followed, so that credentials go nowhere else.

use super::answer::{self, Envelope, Sink};
use super::json::Fault;
use super::refusal::Refusal;
use crate::model::{Nanos, Secrets, Server};
use std::fmt;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// Until one request is answered in full.
const REQUEST: Duration = Duration::from_secs(30);
/// Until everything is asked, where nothing else is said.
const RUN: Duration = Duration::from_secs(15 * 60);
/// Tries at one request.
const TRIES: u32 = 5;
/// Before the second try; doubled each time.
const BACKOFF: Duration = Duration::from_millis(250);
/// As much of a message of a server is told.
const MOST_WORDS: usize = 300;

/// Why one try failed.
enum Trial {
    /// Another may do better; after so long, where the server says.
    Again(String, Option<Duration>),
    Refused(Refusal),
}

/// A server that can be asked.
pub(super) struct Client {
    agent: Agent,
    url: String,
    headers: Vec<(String, String)>,
    hidden: Hidden,
    /// Over TLS, and nothing tells the server who asks.
    is_anonymous: bool,
    ends: Instant,
    request: Duration,
}

impl Client {
    /// For a server, with its secrets; the message says what is wrong with them.
    pub(super) fn new(server: &Server, secrets: &Secrets) -> Result<Client, String> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = &secrets.ca {
            let found: Vec<Certificate<'static>> = certificates(pem).collect();
            if found.is_empty() {
                return Err("`ca_file` holds no certificate in PEM".to_owned());
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&found));
        }
        if let Some((certificate, key)) = &secrets.certificate {
            let chain: Vec<Certificate<'static>> = certificates(certificate).collect();
            let key = PrivateKey::from_pem(key).map_err(|_| "`key_file` holds no key in PEM".to_owned())?;
            if chain.is_empty() {
                return Err("`cert_file` holds no certificate in PEM".to_owned());
            }
            tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(REQUEST))
            .user_agent(concat!("sla/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build();
        let length = |nanos: Nanos| Duration::from_nanos(nanos.unsigned_abs());
        Ok(Client {
            agent: config.into(),
            url: server.url.clone(),
            headers: secrets.headers.clone(),
            hidden: Hidden::new(&secrets.hidden),
            is_anonymous: server.url.starts_with("https://") && secrets.certificate.is_none(),
            ends: Instant::now() + server.deadline.map_or(RUN, length),
            request: REQUEST,
        })
    }

    /// Asks, again where that may help. Every try gets a sink of its own, so that nothing of a failed one is kept.
    pub(super) fn ask<S: Sink>(
        &self,
        path: &str,
        form: &[(&str, &str)],
        sink: impl Fn() -> S,
    ) -> Result<(S, Envelope), Refusal> {
        let mut wait = BACKOFF;
        let mut tries = 0;
        loop {
            let mut taker = sink();
            let (message, after) = match self.once(path, form, &mut taker) {
                Ok(envelope) => return Ok((taker, envelope)),
                // Less of it takes time, too.
                Err(Trial::Refused(Refusal::TooMuch(_))) if Instant::now() >= self.ends => {
                    return Err(Refusal::Failed("the time for this run is over (`deadline`)".to_owned()));
                }
                Err(Trial::Refused(refusal)) => return Err(refusal),
                Err(Trial::Again(message, after)) => (message, after),
            };
            tries += 1;
            let pause = after.unwrap_or(wait);
            if tries >= TRIES {
                return Err(Refusal::Failed(format!("{message} ({tries} tries)")));
            }
            if pause >= self.ends.saturating_duration_since(Instant::now()) {
                return Err(Refusal::Failed(format!(
                    "{message}, and the time for this run is over (`deadline`)"
                )));
            }
            std::thread::sleep(pause);
            wait *= 2;
        }
    }

    fn once(&self, path: &str, form: &[(&str, &str)], sink: &mut dyn Sink) -> Result<Envelope, Trial> {
        let left = self.ends.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failed("the time for this run is over (`deadline`)"));
        }
        let url = format!("{}{path}", self.url);
        let config = |limit: Duration| limit.min(self.request);
        // What only looks names up is not POSTed: some servers take that for queries alone.
        let response = if path.ends_with("/query") || path.ends_with("/query_range") {
            let mut request = self.agent.post(&url).config().timeout_global(Some(config(left))).build();
            for (name, value) in &self.headers {
                request = request.header(name, value);
            }
            request.send_form(form.iter().copied())
        } else {
            let mut request = self.agent.get(&url).config().timeout_global(Some(config(left))).build();
            for (name, value) in &self.headers {
                request = request.header(name, value);
            }
            request.query_pairs(form.iter().copied()).call()
        };
        let response = response.map_err(|error| self.unanswered(&error))?;
        judge(response, sink, &self.hidden)
    }
}

impl Client {
    /// A server that wants a certificate says so, or breaks off before that is read: what came first is chance.
    fn unanswered(&self, error: &ureq::Error) -> Trial {
        const WANTED: &str =
            "wants a certificate of the client: say `cert_file:` and `key_file:` under `auth:`";
        let text = error.to_string();
        let ureq::Error::Io(broken) = error else { return unanswered(error, &self.hidden) };
        let is_cut = matches!(broken.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset);
        // TLS 1.3 has an alert for that; before, servers call the certificate that they did not get a bad one.
        let is_wanted = text.contains("CertificateRequired") || text.contains("BadCertificate");
        match self.is_anonymous {
            true if is_wanted => failed(WANTED),
            true if is_cut => Trial::Again(format!("breaks off the connection; perhaps it {WANTED}"), None),
            _ => unanswered(error, &self.hidden),
        }
    }
}

/// Headers are secrets.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What an answer is worth.
fn judge(mut response: Response<Body>, sink: &mut dyn Sink, hidden: &Hidden) -> Result<Envelope, Trial> {
    let status = response.status();
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    if status.is_redirection() {
        let place = header("location").unwrap_or_else(|| "another address".to_owned());
        return Err(failed(format!(
            "redirects ({status}) to {}, which is not followed; name that address",
            hidden.words(&place)
        )));
    }
    let after = header("retry-after").and_then(|after| after.trim().parse().ok()).map(Duration::from_secs);
    let kind = header("content-type").unwrap_or_default();
    // The second is what VictoriaMetrics calls its answer to a query for samples.
    if !kind.starts_with("application/json") && !kind.starts_with("application/stream+json") {
        let text = hidden.beginning(response.body_mut().as_reader());
        let said = if text.is_empty() { String::new() } else { format!(": {text}") };
        return Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => failed(format!(
                "does not let this in ({status}){said}; say `auth:` for this source in sla.yaml"
            )),
            StatusCode::NOT_FOUND => {
                failed(format!("has no API there ({status}); does its address need a prefix?"))
            }
            _ if is_passing(status) => Trial::Again(format!("answers {status}{said}"), after),
            _ if status.is_success() => {
                let kind = if kind.is_empty() { "no content type".to_owned() } else { hidden.words(&kind) };
                failed(format!("answers with {kind} instead of JSON{said}"))
            }
            _ => failed(format!("answers {status}{said}")),
        });
    }
    let read = answer::read(response.body_mut().as_reader(), sink);
    let envelope = match read {
        Ok(envelope) => envelope,
        Err(Fault::Broken(error)) => {
            return Err(match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
                Some(ureq::Error::Timeout(_)) => slow(),
                _ if status.is_success() => Trial::Again(format!("breaks off its answer: {error}"), None),
                _ => Trial::Again(format!("answers {status}"), after),
            });
        }
        Err(Fault::Unexpected(message)) => {
            return Err(failed(format!("gives an answer that cannot be used: {}", hidden.words(&message))));
        }
    };
    if envelope.status != "success" || !status.is_success() {
        return Err(said_no(status, &envelope, after, hidden));
    }
    if let Some(warning) = envelope.warnings.first() {
        return Err(failed(format!("warns that its answer may be incomplete: {}", hidden.words(warning))));
    }
    if envelope.partial {
        return Err(failed("gives a partial answer: some of its stores did not reply"));
    }
    Ok(envelope)
}

fn said_no(status: StatusCode, envelope: &Envelope, after: Option<Duration>, hidden: &Hidden) -> Trial {
    let text = if envelope.error.is_empty() {
        "it does not say why".to_owned()
    } else {
        hidden.words(&envelope.error)
    };
    let kind = if envelope.error_type.is_empty() {
        String::new()
    } else {
        format!(" ({})", hidden.words(&envelope.error_type))
    };
    let message = format!("refuses the query{kind}: {text}");
    let too_much = [
        "exceeded maximum resolution",
        "too many points",
        "too many samples",
        "maxPointsPerTimeseries",
        "maxSamples",
        "search.max",
        "query timed out",
        "range is too",
        "time range exceeds",
    ];
    if envelope.error_type == "timeout" || too_much.iter().any(|part| envelope.error.contains(part)) {
        return Trial::Refused(Refusal::TooMuch(message));
    }
    if is_passing(status) { Trial::Again(message, after) } else { failed(message) }
}

/// Whether the next try may find it otherwise.
fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn unanswered(error: &ureq::Error, hidden: &Hidden) -> Trial {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Trial::Again(format!("cannot be reached within {} s", CONNECT.as_secs()), None)
        }
        ureq::Error::Timeout(_) => slow(),
        ureq::Error::HostNotFound => failed("is not known by that name"),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            failed(format!("is no address that can be asked: {}", hidden.words(&error.to_string())))
        }
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::Pem(_) => {
            failed(format!("has no connection that can be trusted: {}", hidden.words(&error.to_string())))
        }
        ureq::Error::Io(error) if error.to_string().contains("certificate") => {
            failed(format!("has no connection that can be trusted: {}", hidden.words(&error.to_string())))
        }
        _ => Trial::Again(format!("cannot be reached: {}", hidden.words(&error.to_string())), None),
    }
}

fn slow() -> Trial {
    let message = format!("does not answer within {} s", REQUEST.as_secs());
    Trial::Refused(Refusal::TooMuch(message))
}

fn failed(message: impl Into<String>) -> Trial {
    Trial::Refused(Refusal::Failed(message.into()))
}

/// What a server was sent and may tell in its answers, and nobody else is to read.
struct Hidden(Vec<String>);

impl Hidden {
    fn new(secrets: &[String]) -> Hidden {
        let mut secrets: Vec<String> = secrets.iter().filter(|secret| !secret.is_empty()).cloned().collect();
        // One that holds another goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Hidden(secrets)
    }

    /// A text without them; before it is cut, for no beginning of one is to be told either.
    fn in_text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"))
    }

    /// The first line of a text, for a message.
    fn beginning(&self, input: impl Read) -> String {
        let longest = self.0.first().map_or(0, String::len);
        let most = 4 * MOST_WORDS + longest;
        let mut bytes = Vec::new();
        // What cannot be read is not told.
        let _ = input.take(most as u64).read_to_end(&mut bytes);
        let mut text = self.in_text(&String::from_utf8_lossy(&bytes));
        if bytes.len() == most {
            // One may begin there.
            let kept = text.chars().count().saturating_sub(longest);
            text = text.chars().take(kept).collect();
        }
        self.words(text.trim().lines().next().unwrap_or_default())
    }

    /// Words of a server, made fit to be told.
    fn words(&self, text: &str) -> String {
        let text = self.in_text(text);
        let clean = text.chars().map(|character| if character.is_control() { ' ' } else { character });
        let mut short: String = clean.take(MOST_WORDS).collect();
        if text.chars().count() > MOST_WORDS {
            short.push('…');
        }
        short.trim().trim_end_matches('.').to_owned()
    }
}

fn certificates(pem: &[u8]) -> impl Iterator<Item = Certificate<'static>> + '_ {
    ureq::tls::parse_pem(pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_secret_is_told() {
        let hidden = Hidden::new(&["hunter2.", "hunter2.and3", ""].map(str::to_owned));
        let check = |text: &str, expected: &str| {
            assert_eq!(hidden.words(text), expected);
            assert_eq!(hidden.beginning(text.as_bytes()), expected);
        };
        check("Bearer hunter2.and3, hunter2., he hunts", "Bearer …, …, he hunts");
        check("Bearer hunter2.", "Bearer …");
        // Where a message is cut, wherever in the secret that is.
        for before in 280..=300 {
            let text = format!("{}hunter2.and3 and more", "x".repeat(before));
            let told = hidden.words(&text);
            assert!(told.chars().all(|character| "x… andmore".contains(character)), "{told}");
            assert!(!told.contains('h') && hidden.beginning(text.as_bytes()) == told, "{told}");
        }
        // Where no more is read, after blanks that are not told.
        for before in 1_190..=1_220 {
            let text = format!("{}hunter2.and3", " ".repeat(before));
            assert!(!hidden.beginning(text.as_bytes()).contains('h'), "{before}");
        }
    }
}
