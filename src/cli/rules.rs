//! `sla rules check` and `sla rules explain`: rule files without data.

use super::arguments::RulesCommand;
use super::stop::Stop;
use super::{Outcome, options, promises, servers, terminal};
use crate::model::{Agreement, display};
use crate::pipeline;
use crate::rules;
use std::fmt::Write;

pub(super) fn run(command: &RulesCommand) -> Outcome {
    match command {
        RulesCommand::Check { files } => check(files),
        RulesCommand::Explain { files, require, source } => explain(files, require, source.as_deref()),
    }
}

/// Tells what is wrong with rule files, or what is in them.
fn check(files: &[String]) -> Outcome {
    let ((agreements, warnings), project) = promises::named_or_found(files)?;
    terminal::tell(&rules::render(&warnings, terminal::diagnostic_colour()));
    let mut text = String::new();
    if let Some(project) = project {
        let _ = writeln!(text, "rules of {}", project.file.display());
    }
    for agreement in &agreements {
        let file =
            agreement.origin.file.as_ref().map_or(String::new(), |file| format!("{}: ", file.display()));
        let objectives = display::counted(agreement.objectives.len() as u64, "objectives");
        let _ = writeln!(text, "{file}{}, {objectives}", agreement.name);
    }
    let warnings = match warnings.len() {
        0 => "no mistakes".to_owned(),
        count => format!("no mistakes, {}", display::counted(count as u64, "warnings")),
    };
    let _ = writeln!(text, "{} checked: {warnings}", display::counted(agreements.len() as u64, "agreements"));
    Ok(terminal::answer(&text))
}

/// Says what objectives mean.
fn explain(files: &[String], require: &[String], source: Option<&str>) -> Outcome {
    let connection = match source {
        Some(name) => Some(servers::named(&[name.to_owned()])?.ok_or_else(|| {
            Stop::usage(format!(
                "--source: `{name}` is no address, and no source of sla.yaml that is a server"
            ))
        })?),
        None => None,
    };
    let now = options::now(None)?;
    let asked = |agreement: &Agreement| {
        let lines =
            connection.iter().flat_map(|connection| pipeline::server::queries(agreement, connection, now));
        lines.fold(String::new(), |text, line| format!("{text}\n  {line}"))
    };
    let told = |agreement: &Agreement| {
        let text = rules::explain(agreement);
        let asked = asked(agreement);
        if asked.is_empty() {
            text
        } else {
            format!("{}\n\nWhat is asked of {}:{asked}", text.trim_end(), source.unwrap_or_default())
        }
    };
    let mut texts = Vec::new();
    if !require.is_empty() {
        let (objectives, doubts) = promises::objectives(require)?;
        terminal::tell(&rules::render(&doubts, terminal::diagnostic_colour()));
        texts.push(told(&promises::own_agreement(objectives)));
    }
    if require.is_empty() || !files.is_empty() {
        let ((agreements, warnings), _) = promises::named_or_found(files)?;
        terminal::tell(&rules::render(&warnings, terminal::diagnostic_colour()));
        texts.extend(agreements.iter().map(told));
    }
    let texts: Vec<&str> = texts.iter().map(|text| text.trim_end()).collect();
    Ok(terminal::answer(&format!("{}\n", texts.join("\n\n"))))
}
