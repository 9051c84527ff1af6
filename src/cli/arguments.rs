//! The command line as it is typed. `options` turns it into what the commands work with.

use super::alerts::arguments::{NotifyArguments, NotifyCommand, OutboxArguments, SilenceArguments};
use super::exit;
use super::history::arguments::{
    DiffArguments, HistoryArguments, RecordArguments, RunName, ShowArguments, StoreArguments, run_name,
};
use super::schedule::arguments::{RunArguments, ScheduleArguments};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Tells from the metrics you already have whether each service kept its promise.
#[derive(Debug, Parser)]
#[command(
    name = "sla",
    version,
    max_term_width = 80,
    after_help = exit::HELP,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check data against its agreements
    Check(Box<CheckArguments>),
    /// Check once and record it, for cron and its kin
    Run(Box<RunArguments>),
    /// Stay and check when a schedule says so, or show when that is
    Schedule(Box<ScheduleArguments>),
    /// Check a report again, from its inputs and rules
    Verify(VerifyArguments),
    /// Show what is recognised in a file, and why
    Inspect(InspectArguments),
    /// Look at data and write a first sla.yaml and rule file for it
    Init(InitArguments),
    /// Work with rule files
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Show how recorded results developed, or remove old runs
    History(HistoryArguments),
    /// Show a recorded run as it was reported
    Show(ShowArguments),
    /// Show what changed from one recorded run to another
    Diff(DiffArguments),
    /// Pack a recorded run with the rows behind it, for a claim
    Evidence(EvidenceArguments),
    /// Try the channels that alerts go to
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// List alerts that did not arrive yet, send them or give them up
    Outbox(OutboxArguments),
    /// Tell nobody about something for a while
    Silence(SilenceArguments),
    /// Print a completion script for a shell
    Completions {
        /// For this shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  sla check requests.csv
      with the rules of sla.yaml, or else the built-in example
  sla check logs/ --rules rules/web-shop.yaml --output report.json
      every CSV file of a folder, a table here and a report as JSON
  sla check - --require 'p95(latency) <= 400ms' --by service < requests.csv
      one promise from the command line, per service, from standard input
";

/// `sla check`
#[derive(Clone, Debug, Args)]
#[command(after_help = format!("{CHECK_EXAMPLES}\n{}", exit::HELP))]
pub struct CheckArguments {
    /// Files, folders or globs; - is standard input; or a server: a source of sla.yaml, or
    /// its address. Without any, the sources of sla.yaml
    #[arg(value_name = "DATA")]
    pub data: Vec<String>,
    /// Rules.
    #[command(flatten)]
    pub rules: RuleArguments,
    /// Input.
    #[command(flatten)]
    pub input: InputArguments,
    /// History.
    #[command(flatten)]
    pub record: RecordArguments,
    /// Alerts.
    #[command(flatten)]
    pub alerts: NotifyArguments,
    /// Reports.
    #[command(flatten)]
    pub report: ReportArguments,
    /// Show who contributes most to each breach; reads the input again
    #[arg(long, help_heading = "Report")]
    pub why: bool,
    /// Print no table when everything is met; other formats are printed all the same
    #[arg(long, short, help_heading = "Report")]
    pub quiet: bool,
    /// Rejected rows that are tolerated
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Verdict")]
    pub max_bad_rows: u64,
    /// What makes the exit code 1: breach or warning
    #[arg(long, value_enum, default_value_t, value_name = "VERDICT", hide_possible_values = true)]
    #[arg(help_heading = "Verdict")]
    pub fail_on: FailOn,
    /// Exit with 0 instead of 1 on a breach
    #[arg(long, help_heading = "Verdict")]
    pub exit_zero: bool,
    /// Threads to read with; by default as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// The present, for reproducible runs: 2025-06-01T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
}

/// Which promises to check.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArguments {
    /// Rule files, folders or globs, instead of those of sla.yaml
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<String>,
    /// A promise such as 'p95(latency) <= 400ms'; alone, or added to --rules
    #[arg(long, value_name = "OBJECTIVE")]
    pub require: Vec<String>,
    /// Columns to group by: one verdict each (several: a,b)
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Only rows for which this holds: 'route != "/health"'
    #[arg(long = "where", value_name = "CONDITION")]
    pub filter: Option<String>,
    /// One verdict per stretch of time: all, 5m, 1h, 1d
    #[arg(long, value_name = "LENGTH")]
    pub period: Option<String>,
    /// Only rows at or after: 2025-06-01, 2025-06-01T12:00, or 30d back from now
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only rows before
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

/// What the columns of the data mean, where they do not tell.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArguments {
    /// The column of times
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// How times are written: '%d-%m-%Y %H:%M' or 'epoch ms'
    #[arg(long, value_name = "FORMAT")]
    pub time_format: Option<String>,
    /// The zone of times that name none: Europe/Vienna
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// The column of services
    #[arg(long, value_name = "COLUMN")]
    pub service: Option<String>,
    /// The column of latencies
    #[arg(long, value_name = "COLUMN")]
    pub latency: Option<String>,
    /// The unit of latencies: ms, s, us
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// When a request failed: 'code >= 500'
    #[arg(long, value_name = "CONDITION")]
    pub failed: Option<String>,
    /// The column of request counts, for rows that stand for several
    #[arg(long, value_name = "COLUMN")]
    pub requests: Option<String>,
    /// The column of failure counts
    #[arg(long, value_name = "COLUMN")]
    pub failures: Option<String>,
    /// The decimal mark of numbers: point or comma
    #[arg(long, value_enum, value_name = "MARK", hide_possible_values = true)]
    pub decimal: Option<Decimal>,
}

/// A decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Decimal {
    /// 12.5
    Point,
    /// 12,5
    Comma,
}

impl Decimal {
    /// As it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Decimal::Point => "point",
            Decimal::Comma => "comma",
        }
    }
}

/// `--name=value` for every option that was given, so that it can be given again.
fn typed<'a>(options: impl IntoIterator<Item = (&'static str, &'a Option<String>)>) -> Vec<String> {
    let given =
        |(name, value): (&str, &Option<String>)| value.as_ref().map(|value| format!("--{name}={value}"));
    options.into_iter().filter_map(given).collect()
}

impl RuleArguments {
    /// What lies over the rules, as it was typed.
    pub fn overlay(&self) -> Vec<String> {
        let mut typed = typed([
            ("where", &self.filter),
            ("period", &self.period),
            ("since", &self.since),
            ("until", &self.until),
        ]);
        if !self.by.is_empty() {
            typed.insert(0, format!("--by={}", self.by.join(",")));
        }
        // Alone they are the rules themselves.
        if !self.rules.is_empty() {
            typed.splice(0..0, self.require.iter().map(|text| format!("--require={text}")));
        }
        typed
    }
}

impl InputArguments {
    /// What was said of the columns, as it was typed.
    pub fn overlay(&self) -> Vec<String> {
        typed([
            ("time", &self.time),
            ("time-format", &self.time_format),
            ("timezone", &self.timezone),
            ("service", &self.service),
            ("latency", &self.latency),
            ("unit", &self.unit),
            ("failed", &self.failed),
            ("requests", &self.requests),
            ("failures", &self.failures),
            ("decimal", &self.decimal.map(|mark| mark.word().to_owned())),
        ])
    }
}

/// What to print and where to.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Report")]
pub struct ReportArguments {
    /// What standard output gets: auto (github in a job of GitHub Actions, else
    /// table), table, html, pdf, markdown, json, csv, violations, junit, github, gitlab,
    /// openmetrics or nagios
    #[arg(long, value_enum, default_value_t, hide_default_value = true, hide_possible_values = true)]
    pub format: Format,
    /// Also write a report to a file: .html, .pdf, .json, .csv, violations.csv, .txt, .md,
    /// .xml (junit) or .prom says which; or FORMAT=FILE
    #[arg(long, short, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// For whom HTML and PDF reports are: internal or customer
    #[arg(long, value_enum, default_value_t, value_name = "WHO", hide_possible_values = true)]
    pub audience: Audience,
    /// Only these groups in HTML and PDF reports: service=checkout,login
    #[arg(long, value_name = "COLUMN=VALUES")]
    pub only: Vec<String>,
    /// Also print the HTML report to a PDF file, with Chromium
    #[arg(long, value_name = "FILE")]
    pub pdf: Option<PathBuf>,
    /// Show every result, not only the worst
    #[arg(long)]
    pub all: bool,
    /// When to colour: auto, always or never
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
    pub color: Color,
}

const VERIFY_HELP: &str = "\
Exit codes:
  0  the same report follows from the same inputs and rules
  1  something differs
  2  wrong command line, or nothing of that name
  3  the report or an input cannot be read";

/// `sla verify`
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub struct VerifyArguments {
    /// A report that was written with --output report.json, or the number of a recorded run
    #[arg(value_name = "REPORT|RUN")]
    pub report: String,
    /// The data, where it no longer has the name that the report gives
    #[arg(long, value_name = "FILE")]
    pub input: Vec<String>,
    /// The history.
    #[command(flatten)]
    pub store: StoreArguments,
}

const EVIDENCE_HELP: &str = "\
The archive holds README.txt, the report as a page, as JSON and as a table,
the rules, the digests of inputs and files, and for each breached or undecided
result the rows behind it, byte for byte, with file and line. It is written
whole or not at all, and the same run and inputs give the same bytes.

Exit codes:
  0  it was written
  2  wrong command line, no such run or no such input
  3  the history, or an input, is not as it was recorded
  4  it could not be written";

/// `sla evidence`
#[derive(Debug, Args)]
#[command(after_help = EVIDENCE_HELP)]
pub struct EvidenceArguments {
    /// The number of the run; by default the last one
    #[arg(value_name = "RUN", default_value = "latest", value_parser = run_name)]
    pub run: RunName,
    /// The zip archive to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Rows to include of each result; 0 for none, which needs no inputs
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub rows: usize,
    /// The data, where it no longer has the name that was recorded
    #[arg(long, value_name = "FILE")]
    pub input: Vec<String>,
    /// The history.
    #[command(flatten)]
    pub store: StoreArguments,
}

/// `sla inspect`
#[derive(Debug, Args)]
pub struct InspectArguments {
    /// Files, folders or globs that are read together; - is standard input; or a server: a
    /// source of sla.yaml, or its address
    #[arg(required = true, value_name = "FILE")]
    pub data: Vec<String>,
    /// Input.
    #[command(flatten)]
    pub input: InputArguments,
}

/// `sla init`
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Data to propose objectives from: a file, folder or glob
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Input.
    #[command(flatten)]
    pub input: InputArguments,
}

/// `sla rules`
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Look for mistakes in rule files, without data
    Check {
        /// Rule files, folders or globs; without any, those of sla.yaml
        #[arg(value_name = "FILE")]
        files: Vec<String>,
    },
    /// Say in plain sentences what each objective means
    Explain {
        /// Rule files, folders or globs; without any, those of sla.yaml
        #[arg(value_name = "FILE")]
        files: Vec<String>,
        /// Explain a promise such as 'p95(latency) <= 400ms'
        #[arg(long, value_name = "OBJECTIVE")]
        require: Vec<String>,
        /// Also print every query that this server is sent: a source of sla.yaml, or an
        /// address
        #[arg(long, value_name = "SOURCE")]
        source: Option<String>,
    },
}

/// A form of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// github in a job of GitHub Actions, else table
    #[default]
    Auto,
    /// For people
    Table,
    /// For people, where Markdown is shown
    Markdown,
    /// One object, sla.report/1
    Json,
    /// One row per result
    Csv,
    /// One file for browsers, with charts
    Html,
    /// The same, printed
    Pdf,
    /// One row per service in breach
    Violations,
    /// XML for build servers
    Junit,
    /// The table, annotations, and a job summary
    Github,
    /// The same as openmetrics
    Gitlab,
    /// Gauges for Prometheus
    Openmetrics,
    /// A plugin's line, and its exit codes
    Nagios,
}

/// For whom a report is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Audience {
    /// Those who know the rules and the data
    #[default]
    Internal,
    /// Those who were promised something
    Customer,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What makes the exit code 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A breach
    #[default]
    Breach,
    /// A warning too: a preference that is not met
    Warning,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn clap_is_content() {
        Arguments::command().debug_assert();
    }
}
