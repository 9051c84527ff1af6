//! What the commands around alerts are told.

use super::super::history::arguments::StoreArguments;
use clap::{Args, Subcommand};

/// Whether a check tells anybody.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Alerts")]
pub struct NotifyArguments {
    /// Tell the channels of sla.yaml what changed; records the run
    #[arg(long, conflicts_with = "no_record")]
    pub notify: bool,
    /// Print the messages instead; nothing is recorded or sent
    #[arg(long, conflicts_with = "record")]
    pub notify_dry_run: bool,
}

/// `sla notify`
#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// Send a test message, and tell each step on the way
    Test {
        /// A channel of sla.yaml
        channel: String,
        /// Print the message instead
        #[arg(long)]
        dry_run: bool,
    },
}

/// `sla outbox`
#[derive(Debug, Args)]
#[command(after_help = "Exit codes of retry:\n  0  what was meant arrived\n  4  something of it did not")]
pub struct OutboxArguments {
    /// Instead of listing what waits.
    #[command(subcommand)]
    pub command: Option<OutboxCommand>,
    /// The history.
    #[command(flatten)]
    pub store: StoreArguments,
}

/// `sla outbox …`
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// List what waits and why, which is what happens without a command
    List,
    /// Send now what waits, also what was refused
    Retry {
        /// The number of one message, which those of its channel go before; by default all
        #[arg(value_parser = number)]
        id: Option<i64>,
    },
    /// Give a message up
    Drop {
        /// The number of the message
        #[arg(value_parser = number)]
        id: i64,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

/// A number as lists show it.
fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "name it by its number, as the list shows it".to_owned())
}

/// `sla silence`
#[derive(Debug, Args)]
pub struct SilenceArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: SilenceCommand,
    /// The history.
    #[command(flatten)]
    pub store: StoreArguments,
    /// The present, for reproducible runs: 2025-06-01T12:00:00Z
    #[arg(long, value_name = "TIME", global = true)]
    pub now: Option<String>,
}

/// `sla silence …`
#[derive(Debug, Subcommand)]
pub enum SilenceCommand {
    /// Tell nobody about what matches, until it ends
    Add(SilenceAddArguments),
    /// List silences that have not ended
    List,
    /// End a silence
    Remove {
        /// Its number
        #[arg(value_parser = number)]
        id: i64,
    },
}

/// `sla silence add`
#[derive(Debug, Args)]
pub struct SilenceAddArguments {
    /// Only this service (several: a,b)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub service: Vec<String>,
    /// Only this agreement
    #[arg(long, value_name = "NAME")]
    pub agreement: Vec<String>,
    /// Only this objective: its name, its text or its indicator
    #[arg(long, value_name = "TEXT")]
    pub objective: Vec<String>,
    /// Only this severity
    #[arg(long, value_name = "WORD")]
    pub severity: Vec<String>,
    /// Only these values of another column: region=eu
    #[arg(long = "group", value_name = "COLUMN=VALUE")]
    pub group: Vec<String>,
    /// Everything
    #[arg(long, conflicts_with_all = ["service", "agreement", "objective", "severity", "group"])]
    pub all: bool,
    /// When it ends: 2h from now, or 2025-06-01T12:00Z
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// Why
    #[arg(long)]
    pub reason: String,
}
