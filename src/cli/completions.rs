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
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(failed)?;
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name().to_uppercase();
        let mut options = Vec::new();
        let man = clap_mangen::Man::new(command.clone().disable_help_flag(true));
        man.render_description_section(&mut options)
            .and_then(|()| man.render_options_section(&mut options))
            .map_err(failed)?;
        let section = String::from_utf8_lossy(&options);
        let section = section
            .replace(".SH DESCRIPTION", &format!(".SH \"SLA {name}\""))
            .replace(".SH OPTIONS\n", ".PP\n");
        page.extend_from_slice(section.as_bytes());
    }
    Ok(terminal::raw(&page))
}
