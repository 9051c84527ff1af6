//! `sla verify`: whether a report follows from its inputs and rules, by checking them again.

mod compare;
mod recorded;

pub(super) use self::recorded::Recorded;

use self::compare::Depth;
use super::arguments::VerifyArguments;
use super::exit::ExitCode;
use super::history::arguments::{RunName, StoreArguments, run_name};
use super::run;
use super::stop::Stop;
use super::{Outcome, history, terminal};
use crate::model::display::counted;
use crate::store::Chain;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// As many differences are told one by one.
const MOST_TOLD: usize = 20;

/// Checks the inputs again as the report says they were checked, and compares.
pub(super) fn verify(arguments: &VerifyArguments) -> Outcome {
    let file = Path::new(&arguments.report);
    let recorded = match run_name(&arguments.report) {
        Ok(run) if !file.exists() => match of_run(run, &arguments.store)? {
            Ok(recorded) => recorded,
            Err(edited) => return Ok(edited),
        },
        _ => Recorded::read(file)?,
    };
    let report = run::run(&recorded.run(&arguments.input)?)?;
    let found = Recorded::of(String::new(), &report)?;
    let renamed = !arguments.input.is_empty();
    Ok(tell(&recorded, &found.value, renamed))
}

/// The first difference in what was decided and by which numbers. The words may be those of another version.
pub(super) fn first_difference(recorded: &Recorded, found: &Recorded, renamed: bool) -> Option<String> {
    compare::differences(&recorded.value, &found.value, renamed, Depth::Decisions).into_iter().next()
}

/// A recorded run, if its history is as it was written; else that is told.
fn of_run(run: RunName, store: &StoreArguments) -> Result<Result<Recorded, ExitCode>, Stop> {
    let (store, file) = history::open(store)?;
    if let Chain::Broken { run, why } = store.verify_chain().map_err(|why| history::unusable(&why))? {
        let whose = run.map_or(String::new(), |run| format!("run {run}: "));
        let text = format!("{} is not as it was recorded: {whose}{why}\n", file.display());
        let _ = terminal::answer(&text);
        return Ok(Err(ExitCode::Breached));
    }
    let (report, facts) = history::load(&store, run)?;
    Recorded::of(format!("run {} of {}", facts.run, file.display()), &report).map(Ok)
}

fn tell(recorded: &Recorded, found: &Value, renamed: bool) -> ExitCode {
    let servers = recorded.servers();
    let (name, recorded) = (&recorded.name, &recorded.value);
    let differences = compare::differences(recorded, found, renamed, Depth::Everything);
    let count = |key: &str| recorded[key].as_array().map_or(0, |list| list.len() as u64);
    let (results, inputs) = (counted(count("results"), "results"), counted(count("inputs"), "inputs"));
    let mut text = String::new();
    // Writing to a string cannot fail.
    if differences.is_empty() {
        let _ = writeln!(text, "identical: {results} from {inputs}");
        let undigested = recorded["inputs"].as_array().into_iter().flatten();
        let mut undigested = undigested.filter(|input| input["digest"].is_null());
        match servers.iter().copied().collect::<BTreeSet<&str>>().into_iter().collect::<Vec<_>>().as_slice() {
            [] => {}
            [one] => {
                let _ = writeln!(
                    text,
                    "note: {one} is a server, which has no digest: what it answers now was compared"
                );
            }
            several => {
                let _ = writeln!(
                    text,
                    "note: {} are servers, which have no digests: what they answer now was compared",
                    several.join(", ")
                );
            }
        }
        if undigested.any(|input| input["kind"] != "server") {
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
    let told = terminal::sentences(&text);
    if differences.is_empty() { told } else { ExitCode::Breached }
}
