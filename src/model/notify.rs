//! Alerts: who is told of what and where, what was told already, and messages on their way.
//!
//! Invariant: secrets are named here, never held.

use super::word::words;
use super::{Instant, Nanos, Rational, SecretAt};
use std::path::PathBuf;
use std::time::Duration;

/// `notify:` of the project file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// Where messages can go, in the order of the file.
    pub channels: Vec<Channel>,
    /// What goes where: every route that matches adds its channels.
    pub routes: Vec<Route>,
    /// After how long somebody is told again of what is still so; never where nothing is said.
    pub repeat: Option<Nanos>,
    /// How many runs in a row something must be wrong before anybody is told; 1 where nothing is said.
    pub after: u32,
    /// An address where the reports are, for those who are told.
    pub link: Option<String>,
}

/// A place for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name in `routes`.
    pub name: String,
    /// What it is.
    pub kind: ChannelKind,
    /// How long one message may take.
    pub timeout: Duration,
    /// Certificates of authorities to trust instead of the well-known ones, as PEM.
    pub ca: Option<PathBuf>,
    /// The user's own templates: `subject`, `text`, `html` of mail, `json` of everything else.
    pub templates: Vec<(String, PathBuf)>,
}

/// What kinds of channels there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    /// Mail by SMTP.
    Email(Box<Email>),
    /// An incoming webhook of Slack.
    Slack(Address),
    /// A webhook of Discord.
    Discord(Address),
    /// Events API v2.
    Pagerduty {
        /// `https://events.pagerduty.com/v2/enqueue`, where nothing else is said.
        url: String,
        /// The integration key.
        key: SecretAt,
    },
    /// JSON, `sla.alert/1`.
    Webhook {
        /// Where to.
        url: Address,
        /// What signs it.
        secret: Option<SecretAt>,
    },
}

impl ChannelKind {
    /// Its word in the project file.
    pub fn word(&self) -> &'static str {
        match self {
            ChannelKind::Email(_) => "email",
            ChannelKind::Slack(_) => "slack",
            ChannelKind::Discord(_) => "discord",
            ChannelKind::Pagerduty { .. } => "pagerduty",
            ChannelKind::Webhook { .. } => "webhook",
        }
    }
}

/// An address that is written in the project file, or one that is a secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// As written.
    Plain(String),
    /// In a file or in the environment.
    Secret(SecretAt),
}

/// Mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Who signs in, with which password.
    pub login: Option<(String, SecretAt)>,
    /// `SLA <sla@example.com>`
    pub from: String,
    /// At least one.
    pub to: Vec<String>,
    /// Copies.
    pub cc: Vec<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Reports that go with it.
    pub attach: Vec<Attachment>,
}

/// How a connection to a mail server is protected. There is no mode that takes what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tls {
    /// From the first byte (port 465).
    Implicit,
    /// After `STARTTLS`, which the server must offer (port 587).
    Starttls,
    /// Not at all (port 25).
    Plain,
}

words! {
    /// Its word in the project file.
    Tls::word {
        Implicit: "tls",
        Starttls: "starttls",
        Plain: "none",
    }
}

/// A report that goes with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attachment {
    /// The page.
    Html,
    /// The same, printed.
    Pdf,
    /// A row per result.
    Csv,
    /// The machine-readable report.
    Json,
}

words! {
    /// Its word in the project file, and the ending of its file.
    Attachment::word {
        Html: "html",
        Pdf: "pdf",
        Csv: "csv",
        Json: "json",
    }
}

/// Which results go to which channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `severity`, `agreement`, `objective` or a column of the group, with the values of which one must be there; all
    /// must match. None matches everything.
    pub matchers: Vec<(String, Vec<String>)>,
    /// Names of channels.
    pub to: Vec<String>,
    /// When this route keeps still.
    pub quiet: Option<Quiet>,
}

/// A stretch of every day, which may go over midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// First minute of the day.
    pub from: u16,
    /// The minute after the last.
    pub to: u16,
    /// Whose day.
    pub timezone: String,
}

/// What was told, or may be: an objective of an agreement for one group, or an agreement as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertSubject {
    /// The agreement's name.
    pub agreement: String,
    /// What the command line chose of the rows, as JSON; with other rows it is another subject.
    pub scope: String,
    /// `id` of results; empty for the agreement as a whole.
    pub result: String,
}

/// What can be wrong, from bad to worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// Nobody knows.
    Undecided,
    /// The promise is broken.
    Breached,
}

words! {
    /// Its word in messages.
    Trouble::word {
        Undecided: "undecided",
        Breached: "breached",
    }
}

/// What there is to tell about a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertEvent {
    /// Something is wrong that nobody was told.
    New,
    /// It is worse than what was told.
    Worse,
    /// It is still so.
    Reminder,
    /// It is over.
    Resolved,
    /// Nobody looks any more.
    Closed,
}

words! {
    /// Its word in messages.
    AlertEvent::word {
        New: "new",
        Worse: "worse",
        Reminder: "reminder",
        Resolved: "resolved",
        Closed: "closed",
    }
}

/// What one channel knows about one subject. What is fine and was never told needs no state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertState {
    /// Nothing is wrong, as far as anybody was told.
    #[default]
    Fine,
    /// Wrong, but not long enough to tell.
    Pending {
        /// For so many runs in a row.
        runs: u32,
        /// Since this run.
        since: Instant,
        /// Whether it rests on a breach of a period that is over: what later periods do does not undo it.
        is_over: bool,
    },
    /// Somebody was told.
    Told(Told),
}

/// What somebody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The worst of it.
    pub trouble: Trouble,
    /// The run that it began with.
    pub since: Instant,
    /// The run that told it last.
    pub told: Instant,
    /// How far from the target it was when it was told to be new or worse.
    pub distance: Option<Rational>,
    /// How many runs in a row had no word of it.
    pub missed: u32,
}

/// What one channel knows about one subject, with the words that are needed when the subject is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What it is about.
    pub subject: AlertSubject,
    /// The channel's name.
    pub channel: String,
    /// What is known.
    pub state: AlertState,
    /// The promise, as it was told.
    pub promise: String,
    /// What else the objective is called by: its text and its indicator. Taken from the record; empty where that has none.
    pub names: Vec<String>,
    /// Column and value.
    pub group: Vec<(String, String)>,
    /// `severity:`
    pub severity: Option<String>,
}

/// Which periods of an agreement earlier runs have seen, on the clock of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The end of the last complete one.
    pub complete_to: Option<Instant>,
    /// The beginning of the newest one.
    pub newest_from: Option<Instant>,
    /// The run's clock.
    pub at: Instant,
}

/// Nobody is told about what matches, until it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Its number; 0 for one that is not stored yet.
    pub id: i64,
    /// As in [`Route::matchers`]; at least one.
    pub matchers: Vec<(String, Vec<String>)>,
    /// Why.
    pub reason: String,
    /// When it was said.
    pub from: Instant,
    /// When it ends.
    pub until: Instant,
}

/// A message that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its number; 0 for one that is not stored yet.
    pub id: i64,
    /// The run that it is about.
    pub run: i64,
    /// The channel's name.
    pub channel: String,
    /// Stable: the same however often it is sent.
    pub key: String,
    /// The run's clock.
    pub created: Instant,
    /// One line, for lists.
    pub title: String,
    /// What is sent, finished, in the order of sending.
    pub parts: Vec<String>,
    /// How many of the parts have arrived.
    pub sent: usize,
    /// Files that go with it.
    pub files: Vec<LetterFile>,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// Not before.
    pub next: Instant,
    /// What became of it.
    pub fate: Fate,
    /// Why it is not there yet, or why it was dropped.
    pub why: Option<String>,
}

/// A file that goes with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub kind: String,
    /// What it holds.
    pub content: Vec<u8>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It will be tried (again).
    Waiting,
    /// The other side will never take it as it is; tried again only when told to.
    Refused,
    /// It arrived.
    Sent,
    /// Somebody gave it up.
    Dropped,
}

words! {
    /// Its word in the history.
    Fate::word {
        Waiting: "waiting",
        Refused: "refused",
        Sent: "sent",
        Dropped: "dropped",
    }
}
