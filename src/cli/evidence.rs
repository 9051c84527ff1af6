//! `sla evidence`: a recorded run with everything that proves it, in one file.
//!
//! Invariant: rows stand only beside results that follow from them: the inputs are checked again first, and whatever
//! differs from what was recorded is told instead.

use super::arguments::EvidenceArguments;
use super::exit::ExitCode;
use super::run::{self, Details};
use super::stop::Stop;
use super::verify::{self, Recorded};
use super::{Outcome, history, servers, terminal};
use crate::deliver;
use crate::model::display::{count, counted};
use crate::model::{InputKind, Offenders, Report, RuleResult};
use crate::pipeline::{self, rows::Limits};
use crate::render::archive::{self, Evidence};
use crate::store::{Chain, RunFacts};
use std::io::Write;

/// Writes the archive, and says what is in it.
pub(super) fn evidence(arguments: &EvidenceArguments) -> Outcome {
    let (store, file) = history::open(&arguments.store)?;
    if let Chain::Broken { run, why } = store.verify_chain().map_err(|why| history::unusable(&why))? {
        let whose = run.map_or(String::new(), |run| format!("run {run}: "));
        let message = format!("{} is not as it was recorded: {whose}{why}", file.display());
        return Err(Stop::new(ExitCode::Undecided, message));
    }
    let (mut report, facts) = history::load(&store, arguments.run)?;
    let mut not_to_be_written = arguments.input.clone();
    not_to_be_written.extend(report.inputs.iter().map(|input| input.source.clone()));
    not_to_be_written.push(file.display().to_string());
    let target = deliver::prepare(std::slice::from_ref(&arguments.out), &not_to_be_written)
        .map_err(|faults| Stop::usage_all(faults.iter().map(ToString::to_string)))?;
    if arguments.rows > 0
        && let Some(input) = report.inputs.iter().find(|input| input.kind != InputKind::Rows)
    {
        let message =
            format!("run {} rests on metrics of {}, which have no rows to show", facts.run, input.source);
        return Err(Stop::usage(message).hint("add --rows 0: everything else is evidence all the same"));
    }
    let rows = match arguments.rows {
        0 => None,
        most => Some(again(&mut report, &facts, most, &arguments.input)?),
    };
    let run = archive::Run {
        number: facts.run,
        tool: facts.tool,
        zone_data: facts.zone_data,
        hash: facts.hash,
        previous: facts.previous,
    };
    let queries = queries(&report, facts.run, &arguments.input).unwrap_or_else(|why| {
        terminal::tell(&format!("warning: the queries to the servers are not in it: {why}\n"));
        None
    });
    let evidence =
        Evidence { report: &report, run: &run, rows: rows.as_deref(), queries: queries.as_deref() };
    let undelivered = |why: std::io::Error| {
        Stop::new(ExitCode::Undelivered, format!("cannot write {}: {why}", arguments.out.display()))
    };
    let mut bytes = Vec::new();
    let files = archive::write(&evidence, &mut bytes).map_err(undelivered)?;
    let failed =
        deliver::deliver(target.iter().map(|target| (target, |out: &mut dyn Write| out.write_all(&bytes))));
    if let Some(failed) = failed.first() {
        return Err(Stop::new(ExitCode::Undelivered, failed.to_string()));
    }
    Ok(terminal::answer(&told(arguments, &report, facts.run, files, rows.as_deref(), &bytes)))
}

/// Checks the inputs again and finds the rows behind the results, if they are what was recorded. The page gets its
/// charts from there.
fn again(
    report: &mut Report,
    facts: &RunFacts,
    most: usize,
    inputs: &[String],
) -> Result<Vec<Offenders>, Stop> {
    let recorded = Recorded::of(format!("run {}", facts.run), report)?;
    let mut run = recorded.run(inputs)?;
    run.details = Details::Charts;
    run.rows = Some(Limits { rows: most });
    let without = "the rows cannot be shown; --rows 0 leaves them out, and --input names data that has moved";
    let (found, rows) = run::run_with_rows(&run).map_err(|stop| stop.hint(without))?;
    let again = Recorded::of(String::new(), &found)?;
    if let Some(first) = verify::first_difference(&recorded, &again, !inputs.is_empty()) {
        let message = format!("run {} does not follow from these inputs: {first}", facts.run);
        return Err(Stop::new(ExitCode::Undecided, message).hint(without));
    }
    // Rows know their results and inputs by place.
    let same = |(one, other): (&RuleResult, &RuleResult)| {
        one.about.id == other.about.id && one.period == other.period
    };
    if !report.results.iter().zip(&found.results).all(same) {
        return Err(Stop::new(ExitCode::Internal, "the results came out in another order"));
    }
    report.details = found.details;
    Ok(rows)
}

/// What the servers of a run were asked, if `sla.yaml` still says so; `None` where there were none.
fn queries(report: &Report, number: i64, inputs: &[String]) -> Result<Option<String>, String> {
    if !report.inputs.iter().any(|input| matches!(input.kind, InputKind::Server(_))) {
        return Ok(None);
    }
    let told = |stop: Stop| stop.first().trim_start_matches("error: ").to_owned();
    let run = Recorded::of(format!("run {number}"), report).and_then(|run| run.run(inputs)).map_err(told)?;
    let mut lines = Vec::new();
    for (at, (agreement, data)) in run.agreements.iter().enumerate() {
        let Some(connection) = servers::connect(data, &run.servers).map_err(told)? else { continue };
        let mut said =
            report.inputs.iter().filter(|input| input.agreement == at).flat_map(|input| &input.inferred);
        let now = connection.describe(agreement).schema.inferred;
        if !now.iter().all(|inference| said.any(|known| *known == inference.text)) {
            return Err(format!("{} measures other metrics than it did then", connection.name()));
        }
        lines.push(format!("What {} asks of {}:\n", agreement.name, connection.name()));
        let queries = pipeline::server::queries(agreement, &connection, run.now);
        lines.extend(queries.into_iter().map(|line| format!("  {line}\n")));
    }
    Ok(Some(lines.concat()))
}

/// `claim.zip: run 12, breached, with 246 rows behind 1 result, in 9 files`
fn told(
    arguments: &EvidenceArguments,
    report: &Report,
    run: i64,
    files: usize,
    rows: Option<&[Offenders]>,
    bytes: &[u8],
) -> String {
    let rows = match rows {
        None => "without rows".to_owned(),
        Some(sets) => {
            let own = || sets.iter().filter(|set| !set.shared);
            let kept: u64 = own().map(Offenders::kept_rows).sum();
            let all: u64 = own().map(|set| set.rows).sum();
            if kept == all {
                format!("with {}", counted(all, "rows"))
            } else {
                format!("with {} of {}", count(kept), counted(all, "rows"))
            }
        }
    };
    format!(
        "{}: run {run}, {}, {rows}, in {}\nBLAKE3 {}\n",
        arguments.out.display(),
        report.verdict.word(),
        counted(files as u64, "files"),
        blake3::hash(bytes).to_hex()
    )
}
