//! `sla completions` and `sla man`: what packagers and shells ask for.

use super::arguments::Arguments;
use super::exit::ExitCode;
use super::stop::Stop;
use super::{Outcome, terminal};
use clap::CommandFactory;

/// Prints the completion script of a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "sla", &mut script);
    terminal::raw(&script)
}

/// Prints the manual page, with a section per command.
pub(super) fn manual() -> Outcome {
    let mut page = Vec::new();
    let command = Arguments::command().disable_help_flag(true);
    let failed = |why: std::io::Error| Stop::new(ExitCode::Internal, why.to_string());
    clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
    Ok(terminal::raw(&page))
}
