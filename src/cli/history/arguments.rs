//! What the commands around the history are told.

use super::super::arguments::{Color, ReportArguments};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Where `sla check` records its run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "History")]
pub struct RecordArguments {
    /// Record the run in a history; by default that of sla.yaml, else reports/sla.db
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub record: Option<Option<PathBuf>>,
    /// Do not record the run, although sla.yaml has a `store`
    #[arg(long, conflicts_with = "record")]
    pub no_record: bool,
    /// Read on from where the last recorded run stopped; the verdict is the same. With
    /// =verify read everything and compare it with what was kept
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "resume", hide_possible_values = true, conflicts_with = "no_record")]
    pub incremental: Option<Trust>,
}

/// Whether what the last run kept is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Trust {
    /// As far as the file proves it
    Resume,
    /// No: it is compared
    Verify,
}

/// Which history is meant.
#[derive(Debug, Default, Args)]
pub struct StoreArguments {
    /// The history; by default that of sla.yaml, else reports/sla.db
    #[arg(long, value_name = "FILE", global = true)]
    pub store: Option<PathBuf>,
}

/// `sla history`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct HistoryArguments {
    /// Instead of showing it.
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
    /// Only this service
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Only objectives whose name or text contains this
    #[arg(long, value_name = "TEXT")]
    pub objective: Option<String>,
    /// Only periods from then on: 2025-06-01, or 90d back from now
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// The history.
    #[command(flatten)]
    pub store: StoreArguments,
    /// What standard output gets: table, json or csv
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    pub format: Shape,
    /// When to colour: auto, always or never
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
    pub color: Color,
    /// The present, for reproducible runs: 2025-06-01T12:00:00Z
    #[arg(long, value_name = "TIME", global = true)]
    pub now: Option<String>,
}

/// `sla history …`
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// List the runs: when, with which verdict, and what remained unknown and why
    Runs {
        /// Only runs from then on: 2025-06-01, or 90d back from now
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// What standard output gets: table, json or csv
        #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
        format: Shape,
        /// When to colour: auto, always or never
        #[arg(long, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
        color: Color,
    },
    /// Remove the runs that are older than a length of time, and say which
    ///
    /// A run is as old as the clock it was given. It stays while an answer that it gave still holds for a period that
    /// ends later than that, and with it every run after it: the chain of runs is cut at its start only.
    Prune {
        /// How long runs are kept: 13months, 90d
        #[arg(long, value_name = "LENGTH")]
        keep: String,
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
    },
}

/// `sla show`
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// The number of the run; by default the last one
    #[arg(value_name = "RUN", default_value = "latest", value_parser = run_name)]
    pub run: RunName,
    /// The history.
    #[command(flatten)]
    pub store: StoreArguments,
    /// Reports.
    #[command(flatten)]
    pub report: ReportArguments,
    /// The data to draw charts from, where it no longer has the name that was recorded
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub input: Vec<String>,
}

/// `sla diff`
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The number of the first run
    #[arg(value_name = "RUN", value_parser = run_name)]
    pub before: RunName,
    /// The number of the second one; by default the last
    #[arg(value_name = "RUN", default_value = "latest", value_parser = run_name)]
    pub after: RunName,
    /// The history.
    #[command(flatten)]
    pub store: StoreArguments,
    /// What standard output gets: table, json or csv
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    pub format: Shape,
    /// When to colour: auto, always or never
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
    pub color: Color,
}

/// A form of what is shown of the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// For people
    #[default]
    Table,
    /// One object
    Json,
    /// One row each
    Csv,
}

/// A run as it is named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunName {
    /// By its number.
    Number(i64),
    /// The last one there is.
    Latest,
}

pub(in crate::cli) fn run_name(text: &str) -> Result<RunName, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(RunName::Number(number)),
        _ if text == "latest" => Ok(RunName::Latest),
        _ => Err("name a run by its number, or say `latest`".to_owned()),
    }
}
