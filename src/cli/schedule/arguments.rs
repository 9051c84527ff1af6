//! What the commands around schedules are told.

use super::super::arguments::CheckArguments;
use super::super::exit;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Where `--listen` alone listens.
pub(super) const USUAL_ADDRESS: &str = "127.0.0.1:9464";

/// What `--notify` of a check does, these do whenever sla.yaml says whom to tell.
const NOTIFY_HELP: &str =
    "Tell the channels of sla.yaml what changed, which is done without it, too, where there are any";

const RUN_HELP: &str = "\
For sla run there is also:
  75   another run of the same history was under way, and this one left it to that
  130  called off by SIGINT; 143 by SIGTERM; nothing is recorded";

/// `sla run`
#[derive(Debug, Args)]
#[command(after_help = format!("{}\n{RUN_HELP}", exit::HELP), mut_arg("notify", |told| told.help(NOTIFY_HELP)))]
pub struct RunArguments {
    /// The entry of `schedule:` in sla.yaml whose rules, reports, bounds and deadline hold
    #[arg(long, value_name = "NAME", help_heading = "Schedule")]
    pub entry: Option<String>,
    /// How long the run may take; one that takes longer is undecided [default: 10m]
    #[arg(long, value_name = "LENGTH", help_heading = "Schedule")]
    pub deadline: Option<String>,
    /// What is checked.
    #[command(flatten)]
    pub check: CheckArguments,
}

const SCHEDULE_HELP: &str = "\
Signals:
  SIGHUP           read sla.yaml and the rules again; with a fault, the old ones stay
  SIGTERM, SIGINT  finish the run, or leave it to the next start, and end

Exit codes:
  0  ended by a signal
  2  wrong command line, sla.yaml or rule file
  3  the history, the address or the status file cannot be used now";

/// `sla schedule`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = SCHEDULE_HELP)]
pub struct ScheduleArguments {
    /// Instead of following it.
    #[command(subcommand)]
    pub command: Option<ScheduleCommand>,
    /// When.
    #[command(flatten)]
    pub times: TimesArguments,
    /// How long a run may take; one that takes longer is undecided [default: 10m]
    #[arg(long, value_name = "LENGTH", help_heading = "Schedule")]
    pub deadline: Option<String>,
    /// How the log on standard error is written: human or json
    #[arg(long, value_enum, default_value_t, value_name = "SHAPE", hide_possible_values = true)]
    #[arg(help_heading = "Schedule")]
    pub log: LogShape,
    /// Keep a file that tells how it goes: JSON, or metrics with .prom at its end
    #[arg(long, value_name = "FILE", help_heading = "Schedule")]
    pub status: Option<PathBuf>,
    /// Answer /healthz and /metrics over HTTP [default address: 127.0.0.1:9464]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = USUAL_ADDRESS)]
    #[arg(require_equals = true, help_heading = "Schedule")]
    pub listen: Option<String>,
    /// What is checked.
    #[command(flatten)]
    pub check: CheckArguments,
}

/// When to run, instead of what sla.yaml says.
#[derive(Clone, Debug, Default, Args)]
pub struct TimesArguments {
    /// Run every so often, at multiples of it: 60s, 5m, 1h
    #[arg(long, value_name = "LENGTH", global = true, conflicts_with = "cron", help_heading = "Schedule")]
    pub every: Option<String>,
    /// Run by a cron expression: '*/5 * * * *', '0 6 * * mon-fri'
    #[arg(long, value_name = "EXPRESSION", global = true, help_heading = "Schedule")]
    pub cron: Option<String>,
    /// The time zone of --cron [default: UTC]
    #[arg(long, value_name = "ZONE", global = true, requires = "cron", help_heading = "Schedule")]
    pub zone: Option<String>,
}

/// `sla schedule …`
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Show the times to come
    Next {
        /// How many of each entry
        #[arg(short = 'n', long, value_name = "N", default_value_t = 5)]
        #[arg(value_parser = clap::value_parser!(u16).range(1..=10_000))]
        count: u16,
        /// The present, for reproducible answers: 2025-06-01T12:00:00Z
        #[arg(long, value_name = "TIME")]
        now: Option<String>,
    },
}

/// How a log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogShape {
    /// Lines for people
    #[default]
    Human,
    /// One JSON object per line
    Json,
}
