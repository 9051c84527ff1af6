//! The command line: arguments → options → a command → an exit code. One file per command.
//!
//! Invariant: printing, the clock and the environment are asked for here and nowhere else.

/// Alerts: telling what changed.
pub mod alerts;
/// The arguments as typed.
pub mod arguments;
mod check;
mod checkpoints;
mod completions;
mod evidence;
/// Exit codes.
pub mod exit;
mod formats;
/// Recording runs, and showing what was recorded.
pub mod history;
mod html;
mod init;
mod inspect;
mod options;
mod outputs;
mod pdf;
mod progress;
mod promises;
mod rules;
mod run;
/// Running by itself.
pub mod schedule;
mod servers;
mod stop;
mod terminal;
mod verify;

use crate::render::nagios;
use arguments::{Arguments, Command, Format};
use clap::Parser;
use exit::{Answer, ExitCode};
use stop::Stop;

/// What a command gives: its exit code, or why it stopped.
type Outcome = Result<ExitCode, Stop>;

/// Runs the command line and tells what went wrong.
pub fn run() -> Answer {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => {
            // Help and the version are answers, too; a reader that went away has what it wanted.
            let _ = answer.print();
            return match answer.use_stderr() {
                false => ExitCode::Met.into(),
                true if asks_for_a_plugin(std::env::args_os()) => {
                    plugin_cannot(answer.to_string().lines().next().unwrap_or_default())
                }
                true => ExitCode::Usage.into(),
            };
        }
    };
    let outcome = match arguments.command {
        Command::Check(arguments) => {
            return as_asked(arguments.report.format, check::check(&arguments));
        }
        Command::Run(arguments) => {
            return as_asked(arguments.check.report.format, schedule::run(&arguments));
        }
        Command::Schedule(arguments) => schedule::schedule(&arguments),
        Command::Completions { shell } => Ok(completions::completions(shell)),
        Command::Man => completions::manual(),
        Command::Rules(command) => rules::run(&command),
        Command::Init(arguments) => init::init(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments),
        Command::History(arguments) => history::history(&arguments),
        Command::Evidence(arguments) => evidence::evidence(&arguments),
        Command::Diff(arguments) => history::diff(&arguments),
        Command::Show(arguments) => history::show(&arguments),
        Command::Notify(command) => alerts::notify(&command),
        Command::Outbox(arguments) => alerts::outbox(&arguments),
        Command::Silence(arguments) => alerts::silence(&arguments),
        Command::Inspect(arguments) => inspect::inspect(&arguments),
    };
    outcome.unwrap_or_else(Stop::told).into()
}

/// A check may answer as a plugin, which has exit codes of its own also where it cannot begin.
fn as_asked(format: Format, answer: Result<Answer, Stop>) -> Answer {
    answer.unwrap_or_else(|stop| {
        let why = stop.first();
        let code = stop.told();
        if format == Format::Nagios { plugin_cannot(&why) } else { code.into() }
    })
}

fn plugin_cannot(why: &str) -> Answer {
    terminal::raw(nagios::unknown(why).as_bytes());
    Answer::Plugin(nagios::State::Unknown)
}

/// Whether a command line that was not understood has `--format nagios` in it.
fn asks_for_a_plugin(words: impl Iterator<Item = std::ffi::OsString>) -> bool {
    let words: Vec<_> = words.collect();
    words.iter().any(|word| word == "--format=nagios")
        || words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "nagios")
}
