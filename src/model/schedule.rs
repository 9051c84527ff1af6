//! What is to run by itself, and whom it tells that it runs.

use super::{Nanos, SecretAt};
use std::fmt;
use std::path::PathBuf;

/// An entry of `schedule:`, or what a command line says in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, by which the history knows how far it is done; where none is given, its times in words.
    pub name: String,
    /// When it comes.
    pub cadence: Cadence,
    /// Rule files and patterns; empty for those of the project.
    pub rules: Vec<String>,
    /// Reports to write, as `--output` takes them.
    pub output: Vec<PathBuf>,
    /// How long a run may take.
    pub deadline: Option<Nanos>,
}

/// How often, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// A cron expression in a time zone.
    Cron {
        /// The expression.
        text: String,
        /// The zone: `Europe/Vienna`.
        zone: String,
    },
    /// A length of time.
    Every {
        /// In nanoseconds.
        length: Nanos,
        /// As it was written: `60s`.
        text: String,
    },
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cadence::Cron { text, zone } => write!(f, "{text} ({zone})"),
            Cadence::Every { text, .. } => write!(f, "every {text}"),
        }
    }
}

/// Everything of the project file that is about running by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheduling {
    /// `schedule:`
    pub entries: Vec<Entry>,
    /// `heartbeat:`, an address to ping. Whoever knows it can ping it, so it is a secret.
    pub heartbeat: Option<SecretAt>,
    /// `listen:`, where `/healthz` and `/metrics` are answered.
    pub listen: Option<String>,
    /// `status:`, a file that tells the same.
    pub status: Option<PathBuf>,
}
