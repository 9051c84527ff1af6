//! The command line: arguments → options → a command → an exit code. One file per command.
//!
//! Invariant: printing, the clock and the environment are asked for here and nowhere else.

/// The arguments as typed.
pub mod arguments;
mod check;
mod completions;
/// Exit codes.
pub mod exit;
mod init;
mod inspect;
mod options;
mod progress;
mod promises;
mod rules;
mod run;
mod stop;
mod terminal;

use arguments::{Arguments, Command};
use clap::Parser;
use exit::ExitCode;
use stop::Stop;

/// What a command gives: its exit code, or why it stopped.
type Outcome = Result<ExitCode, Stop>;

/// Runs the command line and tells what went wrong.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => {
            // Help and the version are answers, too; a reader that went away has what it wanted.
            let _ = answer.print();
            return if answer.use_stderr() { ExitCode::Usage } else { ExitCode::Met };
        }
    };
    let outcome = match arguments.command {
        Command::Completions { shell } => Ok(completions::completions(shell)),
        Command::Man => completions::manual(),
        Command::Rules(command) => rules::run(&command),
        Command::Check(arguments) => check::check(&arguments),
        Command::Init(arguments) => init::init(&arguments),
        Command::Inspect(arguments) => inspect::inspect(&arguments),
    };
    outcome.unwrap_or_else(|stop| {
        stop.tell();
        stop.code
    })
}
