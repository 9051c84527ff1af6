//! Mail: a message of text and page with files, and its way to the server.
//!
//! Invariant: no header comes from data but the subject, which has one line and is encoded (RFC 2047).
//! Invariant: one recipient who is refused stops no other.

use super::http::{CONNECT, sentence, tls, words};
use super::secrets::Secrets;
use super::send::{Failure, Hope, Sent};
use crate::model::{Channel, Email, Instant, Letter, Tls};
use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::{Address, Message};
use serde::{Deserialize, Serialize};
use std::error::Error as _;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant as Clock};

/// The part of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Content {
    subject: String,
    text: String,
    html: String,
    /// Those who do not have it yet, where others do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<Vec<String>>,
}

/// Sends it once, within the channel's time.
pub(super) fn send(
    email: &Email,
    about: &Channel,
    secrets: &Secrets,
    letter: &Letter,
    part: &str,
    tell: &mut dyn FnMut(&str),
) -> Result<Sent, Failure> {
    let broken = |why: String| Failure { why, hope: Hope::None, after: None };
    let content: Content =
        serde_json::from_str(part).map_err(|_| broken("the message is not what was composed".to_owned()))?;
    let message = message(email, letter, &content).map_err(broken)?.formatted();
    let mut recipients: Vec<Address> = Vec::new();
    for text in email.to.iter().chain(&email.cc) {
        let mailbox: Mailbox =
            text.parse().map_err(|_| Failure::lasting(format!("`{text}` is no address of mail")))?;
        let is_left = content.only.as_ref().is_none_or(|only| only.contains(&mailbox.email.to_string()));
        if is_left && !recipients.contains(&mailbox.email) {
            recipients.push(mailbox.email);
        }
    }
    let gone: Vec<String> = content.only.iter().flatten().cloned().collect();
    let gone: Vec<String> = gone
        .into_iter()
        .filter(|one| !recipients.iter().any(|to| to.to_string() == *one))
        .map(|one| format!("{one} is no longer one of its recipients"))
        .collect();
    if recipients.is_empty() && !gone.is_empty() {
        return Ok(Sent::Whole(Some(gone.join("; "))));
    }
    let from: Mailbox = email.from.parse().map_err(|_| Failure::lasting("`from` is no address of mail"))?;
    let parameters = match email.tls {
        Tls::Plain => None,
        Tls::Implicit | Tls::Starttls => Some(parameters(&email.host, secrets)?),
    };
    let login = match (&email.login, &secrets.secret) {
        (Some((user, _)), Some(password)) => Some(Credentials::new(user.clone(), password.clone())),
        (Some(_), None) => return Err(Failure::lasting("has no password")),
        (None, _) => None,
    };
    let is_rest = content.only.is_some();
    let conversation = Conversation {
        host: email.host.clone(),
        port: email.port,
        mode: email.tls,
        parameters,
        login,
        from: from.email,
        recipients,
        message,
        is_rest,
        user: email.login.as_ref().map(|(user, _)| user.clone()),
        secrets: secrets.clone(),
        ends: Clock::now() + about.timeout,
        timeout: about.timeout,
    };
    // A server that sends a byte now and then keeps every single wait short; the whole is bounded here.
    let (say, hear) = channel();
    std::thread::spawn(move || {
        let steps = say.clone();
        let end = conversation.held(&mut |step| drop(steps.send(Word::Step(step))));
        let _ = say.send(Word::End(end));
    });
    let ends = Clock::now() + about.timeout + Duration::from_secs(1);
    let reached = loop {
        match hear.recv_timeout(ends.saturating_duration_since(Clock::now())) {
            Ok(Word::Step(step)) => tell(&step),
            Ok(Word::End(end)) => break end?,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(slow(about.timeout));
            }
        }
    };
    let never: Vec<String> = gone.into_iter().chain(reached.never).collect();
    let but = (!never.is_empty()).then(|| never.join("; "));
    if reached.later.is_empty() {
        return Ok(Sent::Whole(but));
    }
    let (later, why): (Vec<_>, Vec<_>) = reached.later.into_iter().unzip();
    let rest = Content { only: Some(later), ..content };
    let part = serde_json::to_string(&rest).map_err(|why| broken(why.to_string()))?;
    Ok(Sent::Rest { part, why: why.join("; "), but })
}

/// What is heard of a conversation.
enum Word {
    Step(String),
    End(Result<Reached, Failure>),
}

/// Whom a message did not reach: for now, and for good.
#[derive(Debug, Default)]
struct Reached {
    later: Vec<(String, String)>,
    never: Vec<String>,
}

/// Everything that it takes to send one message.
struct Conversation {
    host: String,
    port: u16,
    mode: Tls,
    parameters: Option<TlsParameters>,
    login: Option<Credentials>,
    from: Address,
    recipients: Vec<Address>,
    message: Vec<u8>,
    /// Whether others have the message.
    is_rest: bool,
    user: Option<String>,
    /// To be hidden in what the server says.
    secrets: Secrets,
    ends: Clock,
    timeout: Duration,
}

impl Conversation {
    fn held(&self, tell: &mut dyn FnMut(String)) -> Result<Reached, Failure> {
        let hello = ClientId::Domain(self.from.domain().to_owned());
        let wrapped = self.parameters.as_ref().filter(|_| self.mode == Tls::Implicit);
        let place = (self.host.as_str(), self.port);
        let connect = |limit| SmtpConnection::connect(place, Some(limit), &hello, wrapped, None);
        let limit = CONNECT.min(self.timeout);
        let server = match connect(limit) {
            // It is there, but takes its time to greet: busy ones do, and those that let others show their bad manners.
            Err(why) if is_silent(&why) && self.timeout > limit => {
                connect(self.ends.saturating_duration_since(Clock::now()))
                    .map_err(|why| if is_silent(&why) { slow(self.timeout) } else { self.connecting(&why) })
            }
            server => server.map_err(|why| self.connecting(&why)),
        };
        let mut server = server?;
        if let (Tls::Starttls, Some(parameters)) = (self.mode, &self.parameters) {
            self.hurry(&mut server)?;
            if !server.can_starttls() {
                server.abort();
                return Err(Failure::lasting(
                    "does not offer STARTTLS; say `tls: tls` for port 465, or `tls: none` where the way to it is safe",
                ));
            }
            server
                .starttls(parameters, &hello)
                .map_err(|why| self.failed("STARTTLS", &why, Hope::Lasting))?;
        }
        if let Some(login) = &self.login {
            self.hurry(&mut server)?;
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            server.auth(&mechanisms, login).map_err(|why| self.failed("signing in", &why, Hope::Lasting))?;
            tell("authenticated".to_owned());
        }
        let needs_utf8 = std::iter::once(&self.from)
            .chain(&self.recipients)
            .any(|address| !AsRef::<str>::as_ref(address).is_ascii());
        let mut options = Vec::new();
        if needs_utf8 {
            if !server.server_info().supports_feature(Extension::SmtpUtfEight) {
                server.abort();
                return Err(Failure::lasting("does not take addresses beyond ASCII (SMTPUTF8)"));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        self.hurry(&mut server)?;
        server
            .command(Mail::new(Some(self.from.clone()), options))
            .map_err(|why| self.failed("the sender", &why, Hope::Lasting))?;
        let mut reached = Reached::default();
        let mut accepted = 0;
        for to in &self.recipients {
            self.hurry(&mut server)?;
            match server.command(Rcpt::new(to.clone(), vec![])) {
                Ok(_) => accepted += 1,
                Err(why) if why.is_permanent() => {
                    reached.never.push(format!("{to} is refused: {}", self.said(&why)));
                }
                Err(why) if why.is_transient() => {
                    reached
                        .later
                        .push((to.to_string(), format!("{to} is refused for now: {}", self.said(&why))));
                }
                Err(why) => return Err(self.failed("a recipient", &why, Hope::Lasting)),
            }
        }
        if accepted == 0 && self.is_rest {
            // The others have it; whoever is refused for good will not get it.
            server.abort();
            return Ok(reached);
        }
        if accepted == 0 {
            server.abort();
            let hope = if reached.later.is_empty() { Hope::Lasting } else { Hope::Passing };
            let hint = (hope == Hope::Lasting).then(|| "look at `to` and `cc`".to_owned());
            let why = reached.later.into_iter().map(|(_, why)| why).chain(reached.never).chain(hint);
            return Err(Failure { why: why.collect::<Vec<_>>().join("; "), hope, after: None });
        }
        self.hurry(&mut server)?;
        server.command(Data).map_err(|why| self.failed("DATA", &why, Hope::None))?;
        self.hurry(&mut server)?;
        let answer =
            server.message(&self.message).map_err(|why| self.failed("the message", &why, Hope::None))?;
        let said = self.secrets.scrubbed(answer.first_line().unwrap_or_default(), self.user.as_deref());
        tell(format!("accepted: {}", words(&said)));
        // It is there, whatever becomes of the farewell.
        let _ = self.hurry(&mut server);
        let _ = server.quit();
        Ok(reached)
    }

    fn connecting(&self, why: &Error) -> Failure {
        self.failed("connecting", why, Hope::Lasting)
    }

    /// What a server said.
    fn said(&self, error: &Error) -> String {
        let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        words(&self.secrets.scrubbed(&said, self.user.as_deref()))
    }

    /// No wait is longer than what is left of the time.
    fn hurry(&self, server: &mut SmtpConnection) -> Result<(), Failure> {
        let left = self.ends.saturating_duration_since(Clock::now());
        if left.is_zero() {
            return Err(slow(self.timeout));
        }
        server.set_timeout(Some(left)).map_err(|why| Failure::passing(sentence(&why)))
    }

    /// `refused` is what a permanent refusal at this step means.
    fn failed(&self, step: &str, error: &Error, refused: Hope) -> Failure {
        let mut causes = Vec::new();
        let mut cause = error.source();
        while let Some(inner) = cause {
            causes.push(inner.to_string());
            cause = inner.source();
        }
        let all = causes.join(": ");
        if error.is_permanent() || error.is_transient() {
            let code = error.status().map_or(String::new(), |code| format!(" ({code})"));
            let hint = match step {
                "signing in" => "; look at `user` and the password",
                "the sender" => "; look at `from`",
                _ => "",
            };
            let hope = if error.is_transient() { Hope::Passing } else { refused };
            return Failure {
                why: format!("refuses {step}{code}: {}{hint}", self.said(error)),
                hope,
                after: None,
            };
        }
        if all.contains("certificate") || all.contains("UnknownIssuer") || error.is_tls() {
            return Failure::lasting(tls(&all));
        }
        if all.contains("InvalidContentType") || all.contains("corrupt message") {
            return Failure::lasting(
                "does not speak TLS there; port 465 is `tls: tls`, 587 is `tls: starttls`",
            );
        }
        if error.is_timeout() || all.contains("temporarily unavailable") || all.contains("timed out") {
            return slow(if step == "connecting" { CONNECT.min(self.timeout) } else { self.timeout });
        }
        if all.contains("No compatible authentication") {
            return Failure::lasting(
                "offers no way to sign in that is known here (PLAIN, LOGIN); many do only over TLS: look at `tls`, or \
                 leave out `user` where none is needed",
            );
        }
        if error.is_client() {
            return Failure::lasting(format!("{}: {}", step, words(&all)));
        }
        if all.contains("failed to lookup") || all.contains("resolve") {
            return Failure::lasting(format!(
                "cannot be reached: the name `{}` is not known; look at `smtp` and at DNS",
                self.host
            ));
        }
        let all = words(all.split(" (os error").next().unwrap_or_default()).to_lowercase();
        let why = if all.is_empty() { words(&error.to_string()) } else { all };
        Failure::passing(format!("breaks off while {step}: {why}", step = gerund(step)))
    }
}

/// Whether a connection stood, and nothing came over it.
fn is_silent(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        let kind = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if kind == Some(std::io::ErrorKind::WouldBlock) {
            return true;
        }
        cause = inner.source();
    }
    false
}

fn gerund(step: &str) -> String {
    match step {
        "connecting" | "signing in" => step.to_owned(),
        step => format!("handling {step}"),
    }
}

fn slow(timeout: Duration) -> Failure {
    Failure::passing(format!("does not answer within {} s", timeout.as_secs()))
}

fn parameters(host: &str, secrets: &Secrets) -> Result<TlsParameters, Failure> {
    let mut builder = TlsParameters::builder(host.to_owned());
    builder = match &secrets.ca {
        None => builder.certificate_store(CertificateStore::WebpkiRoots),
        Some(pem) => {
            let certificate = Certificate::from_pem(pem)
                .map_err(|_| Failure::lasting("`ca_file` holds no certificate in PEM"))?;
            builder.certificate_store(CertificateStore::None).add_root_certificate(certificate)
        }
    };
    builder
        .build()
        .map_err(|why| Failure::lasting(format!("TLS cannot be set up: {}", words(&why.to_string()))))
}

/// The message as it goes over the wire; its bytes are the same however often it is sent.
fn message(email: &Email, letter: &Letter, content: &Content) -> Result<Message, String> {
    let mailbox = |text: &String| -> Result<Mailbox, String> {
        text.parse().map_err(|_| format!("`{text}` is no address of mail"))
    };
    let from = mailbox(&email.from)?;
    let id = format!("<{}@{}>", letter.key, from.email.domain());
    let mut builder = Message::builder()
        .from(from)
        .subject(content.subject.clone())
        .message_id(Some(id))
        .raw_header(HeaderValue::new(name("Date"), date(letter.created)))
        .raw_header(HeaderValue::new(name("Auto-Submitted"), "auto-generated".to_owned()))
        .user_agent(concat!("sla/", env!("CARGO_PKG_VERSION")).to_owned());
    for to in &email.to {
        builder = builder.to(mailbox(to)?);
    }
    for cc in &email.cc {
        builder = builder.cc(mailbox(cc)?);
    }
    if let Some(reply_to) = &email.reply_to {
        builder = builder.reply_to(mailbox(reply_to)?);
    }
    let boundary = |part: &str| format!("{}-{part}", letter.key);
    let alternative = MultiPart::alternative()
        .boundary(boundary("alternative"))
        .singlepart(SinglePart::plain(content.text.clone()))
        .singlepart(SinglePart::html(content.html.clone()));
    let body = if letter.files.is_empty() {
        alternative
    } else {
        let mut mixed = MultiPart::mixed().boundary(boundary("mixed")).multipart(alternative);
        for file in &letter.files {
            let kind = ContentType::parse(&file.kind).map_err(|why| why.to_string())?;
            mixed = mixed.singlepart(Attachment::new(file.name.clone()).body(file.content.clone(), kind));
        }
        mixed
    };
    builder.multipart(body).map_err(|why| why.to_string())
}

fn name(name: &'static str) -> HeaderName {
    HeaderName::new_from_ascii_str(name)
}

/// RFC 5322.
fn date(at: Instant) -> String {
    let at = Timestamp::from_nanosecond(i128::from(at)).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
