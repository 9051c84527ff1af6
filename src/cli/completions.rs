//! `sla completions` and `sla man`: what packagers and shells ask for.

use super::arguments::Arguments;
use super::exit::{Delivery, ExitCode};
use super::{Outcome, Stop, terminal};
use clap::CommandFactory;

/// Prints the completion script of a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "sla", &mut script);
    Ok(printed(&script))
}

/// Prints the manual page, with a section per command.
pub(super) fn manual() -> Outcome {
    let mut page = Vec::new();
    let command = Arguments::command().disable_help_flag(true);
    let failed = |why: std::io::Error| Stop { code: ExitCode::Internal, messages: vec![why.to_string()] };
    clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
    Ok(printed(&page))
}

fn printed(text: &[u8]) -> ExitCode {
    match terminal::print(text) {
        Delivery::Done => ExitCode::Met,
        Delivery::Failed => ExitCode::Undelivered,
    }
}
