//! `sla verify`: whether a report follows from its inputs and rules, by checking them again.

mod compare;
mod recorded;

use super::arguments::VerifyArguments;
use super::exit::ExitCode;
use super::run::{self, Run};
use super::stop::Stop;
use super::{Outcome, promises, terminal};
use crate::model::display::counted;
use crate::render::json;
use crate::source::Digests;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// As many differences are told one by one.
const MOST_TOLD: usize = 20;

/// Checks the inputs again as the report says they were checked, and compares.
pub(super) fn verify(arguments: &VerifyArguments) -> Outcome {
    let recorded = recorded::read(Path::new(&arguments.report))?;
    let mut agreements = Vec::new();
    let mut bounds = None;
    for known in recorded.agreements()? {
        let data = if arguments.input.is_empty() { known.inputs.clone() } else { arguments.input.clone() };
        let again = promises::again(&known.text, known.file.as_deref(), known.built_in, &known.options)?;
        agreements.push((again.agreement, data));
        bounds = Some((again.since, again.until, again.max_bad_rows));
    }
    let Some((since, until, max_bad_rows)) = bounds else {
        return Err(Stop::new(ExitCode::Undecided, format!("{}: it names no agreement", arguments.report)));
    };
    let run =
        Run { since, until, max_bad_rows, digests: Digests::Wanted, ..Run::new(agreements, recorded.now()?) };
    let report = run::run(&run)?;
    let mut bytes = Vec::new();
    json::write(&report, &mut bytes).map_err(|why| Stop::new(ExitCode::Internal, why.to_string()))?;
    let found: Value =
        serde_json::from_slice(&bytes).map_err(|why| Stop::new(ExitCode::Internal, why.to_string()))?;
    let renamed = !arguments.input.is_empty();
    Ok(tell(&arguments.report, &recorded.value, &found, renamed))
}

fn tell(name: &str, recorded: &Value, found: &Value, renamed: bool) -> ExitCode {
    let differences = compare::differences(recorded, found, renamed);
    let count = |key: &str| recorded[key].as_array().map_or(0, |list| list.len() as u64);
    let (results, inputs) = (counted(count("results"), "results"), counted(count("inputs"), "inputs"));
    let mut text = String::new();
    // Writing to a string cannot fail.
    if differences.is_empty() {
        let _ = writeln!(text, "identical: {results} from {inputs}");
        let undigested = recorded["inputs"].as_array().into_iter().flatten();
        if undigested.filter(|input| input["digest"].is_null()).count() > 0 {
            let _ = writeln!(
                text,
                "note: {name} has no digests of its inputs, so that others could give the same numbers; \
                 `sla check --record` keeps them"
            );
        }
    } else {
        let _ = writeln!(
            text,
            "{} in {results} from {inputs}:",
            counted(differences.len() as u64, "differences")
        );
        for difference in differences.iter().take(MOST_TOLD) {
            let _ = writeln!(text, "  {difference}");
        }
        if differences.len() > MOST_TOLD {
            let _ = writeln!(text, "  … and {} more", differences.len() - MOST_TOLD);
        }
    }
    if recorded["tool"] != found["tool"] {
        let tool = |value: &Value| value["tool"].as_str().unwrap_or("an unknown program").to_owned();
        let _ = writeln!(text, "note: made by {}, verified by {}", tool(recorded), tool(found));
    }
    let told = terminal::answer(&text);
    if differences.is_empty() { told } else { ExitCode::Breached }
}
