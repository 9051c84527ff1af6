//! A server of metrics as `sla.yaml` or a command line describes it.

use super::{Nanos, Unit};
use std::fmt;
use std::path::PathBuf;

/// Something that speaks the HTTP API of Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// As the user calls it: the name of a source, or the address.
    pub name: String,
    /// The address, without a slash at its end.
    pub url: String,
    /// What a request carries so that it is let in.
    pub auth: Auth,
    /// Name in rules, and label; a column that is not listed is the label of its own name.
    pub by: Vec<(String, String)>,
    /// A counter of requests: a selector, or an expression with `$window`.
    pub requests: Option<String>,
    /// A counter of failed requests, in the same way.
    pub failures: Option<String>,
    /// A histogram of latencies: a selector, without `_bucket`.
    pub latency: Option<String>,
    /// The unit of its edges; by its name where nothing is said.
    pub latency_unit: Option<Unit>,
    /// Gauges by their name in rules.
    pub columns: Vec<GaugeColumn>,
    /// How increases are told.
    pub counting: Counting,
    /// The stretch that one increase is asked for, where periods are not shorter.
    pub step: Option<Nanos>,
    /// How often the server scrapes.
    pub interval: Option<Nanos>,
    /// How many series of requests every group has at least.
    pub series: Option<u64>,
    /// How long the whole run may ask.
    pub deadline: Option<Nanos>,
}

/// A gauge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaugeColumn {
    /// Its name in rules.
    pub name: String,
    /// A selector, whose every sample is a row, or an expression, whose every step is one.
    pub query: String,
    /// The unit of its values.
    pub unit: Option<Unit>,
}

/// How the increase of counters is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counting {
    /// The server is asked for what a counter rose by in each stretch of time.
    #[default]
    Increase,
    /// It is asked for the samples, and we subtract.
    Exact,
}

/// What lets a request in. Secrets are named, never held here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auth {
    /// `Authorization: Bearer …`
    pub bearer: Option<SecretAt>,
    /// `Authorization: Basic …`
    pub basic: Option<(String, SecretAt)>,
    /// Headers that are no secret, such as `X-Scope-OrgID`.
    pub headers: Vec<(String, String)>,
    /// Headers whose values are.
    pub secret_headers: Vec<(String, SecretAt)>,
    /// Certificates of authorities to trust instead of the well-known ones, as PEM.
    pub ca: Option<PathBuf>,
    /// Our own certificate and its key, as PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretAt {
    /// In a file, without the line break at its end.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

/// The secrets of a server, read.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Headers with their values.
    pub headers: Vec<(String, String)>,
    /// Texts that must not be told, should a server send them back.
    pub hidden: Vec<String>,
    /// PEM.
    pub ca: Option<Vec<u8>>,
    /// PEM: certificate and key.
    pub certificate: Option<(Vec<u8>, Vec<u8>)>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl Server {
    /// The server at an address, about which nothing else was said.
    pub fn at(url: &str) -> Server {
        Server { name: url.to_owned(), url: url.trim_end_matches('/').to_owned(), ..Server::default() }
    }

    /// Whether a word on a command line is an address.
    pub fn is_address(word: &str) -> bool {
        word.starts_with("http://") || word.starts_with("https://")
    }

    /// Whether an address has in it what belongs elsewhere: a password before the host, or a token behind a `?`. Addresses
    /// are told in reports.
    pub fn may_tell(address: &str) -> bool {
        address.contains(['?', '#']) || address.split('/').nth(2).is_some_and(|host| host.contains('@'))
    }

    /// The label behind a name in rules.
    pub fn label<'a>(&'a self, name: &'a str) -> &'a str {
        match self.by.iter().find(|(known, _)| known == name) {
            Some((_, label)) => label,
            None if name == "service" => "job",
            None => name,
        }
    }
}
