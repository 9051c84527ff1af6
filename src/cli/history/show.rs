//! `sla show`: a recorded run as it was reported, in any form.

use super::super::arguments::Format;
use super::super::exit::{Delivery, ExitCode, FailOn, OnBreach};
use super::super::options::{self, OnMet};
use super::super::run::{self, Details, Run};
use super::super::stop::Stop;
use super::super::verify::Recorded;
use super::super::{Outcome, check};
use super::arguments::{RunName, ShowArguments};
use super::{load, open, unusable};
use crate::model::display::counted;
use crate::model::{self, Clock, InputKind, Instant, Report, RuleResult};
use crate::render::{moment, text::visible};
use crate::store::RunFacts;
use std::path::Path;
use std::sync::Arc;

/// Shows a run.
pub(in crate::cli) fn show(arguments: &ShowArguments) -> Outcome {
    let (store, file) = open(&arguments.store)?;
    let (mut report, facts) = load(&store, arguments.run)?;
    let sources: Vec<String> = report.inputs.iter().map(|input| input.source.clone()).collect();
    let mut reporting = options::reporting(&arguments.report, OnMet::Report, &sources)?;
    reporting.job_summary = None;
    if arguments.report.format == Format::Auto {
        reporting.format = Format::Table;
    }
    if reporting.draws() {
        reporting.html.no_charts = draw(&mut report, &arguments.input).err();
    } else if !arguments.input.is_empty() {
        return Err(Stop::usage(
            "--input is the data that HTML and PDF reports draw charts from, and none is asked for",
        )
        .hint("add --output report.html"));
    }
    let code = |delivery| ExitCode::of(&report, FailOn::default(), OnBreach::default(), delivery);
    let mut preface = preface(&facts, &report, &file);
    if let Some((times, last)) = store.again(facts.run).map_err(|why| unusable(&why))? {
        let times = if times == 1 { "once".to_owned() } else { counted(times, "times") };
        preface.push(format!("  found again {times}, last {}", utc(last)));
    }
    if arguments.run == RunName::Latest
        && let Some((run, last)) = store.again_after(facts.run).map_err(|why| unusable(&why))?
    {
        preface.push(format!("  since then the answers of run {run} were found again, last {}", utc(last)));
    }
    let delivered = check::deliver(&report, &reporting, &preface, &[], &|| Delivery::Done, &code);
    Ok(match delivered {
        Delivery::Done => ExitCode::Met,
        Delivery::Failed => ExitCode::Undelivered,
    })
}

/// Measures what charts need, which no history keeps, from the data of the run; or says why that cannot be. Nothing but
/// the very bytes of the run will do.
fn draw(report: &mut Report, input: &[String]) -> Result<(), String> {
    let told = |stop: Stop| stop.first().trim_start_matches("error: ").to_owned();
    let recorded = Recorded::of("the run".to_owned(), report).map_err(told)?;
    let again = Run { details: Details::Charts, ..recorded.run(input).map_err(told)? };
    let again = run::run(&again).map_err(told)?;
    for (before, now) in report.inputs.iter().zip(&again.inputs) {
        let name = &now.source;
        if matches!(now.kind, InputKind::Server(_)) {
            continue;
        }
        match (&before.digest, &now.digest) {
            (Some(before), Some(now)) if before == now => {}
            (None, _) => {
                return Err(format!("no digest of {name} was recorded, so it may be another one now"));
            }
            _ => return Err(format!("{name} is not what it was when the run was recorded")),
        }
    }
    if report.inputs.len() != again.inputs.len() {
        return Err(format!(
            "the run had {} inputs, and now there are {}",
            report.inputs.len(),
            again.inputs.len()
        ));
    }
    // Words may differ: `--why` adds some.
    let said = |report: &Report| -> Vec<_> {
        let of = |result: &RuleResult| {
            (Arc::clone(&result.about), result.period, result.verdict, result.measured, result.exact)
        };
        report.results.iter().map(of).collect()
    };
    let same = said(report) == said(&again);
    if let (false, Some(server)) =
        (same, again.inputs.iter().find(|input| matches!(input.kind, InputKind::Server(_))))
    {
        return Err(format!("{} does not answer what it did when the run was recorded", server.source));
    }
    if !same {
        return Err("this version of sla decides otherwise than the one that recorded the run".to_owned());
    }
    report.details = again.details;
    Ok(())
}

/// `run 12 of reports/sla.db, 2025-06-08T06:00:00Z, sla 0.1.0 with time zones of 2025b`, and the options it was given.
fn preface(facts: &RunFacts, report: &Report, file: &Path) -> Vec<String> {
    let now = utc(facts.now);
    let zones = facts.zone_data.as_ref().map_or(String::new(), |zones| format!(", time zones of {zones}"));
    let mut options: Vec<&str> = Vec::new();
    for option in report.agreements.iter().flat_map(|agreement| &agreement.overlay) {
        if !options.contains(&option.as_str()) {
            options.push(option);
        }
    }
    let mut preface = vec![
        format!("run {} of {}, {now}", facts.run, visible(&file.display().to_string())),
        format!("  {}{zones}; hash {}", visible(&facts.tool), &facts.hash.get(..16).unwrap_or_default()),
    ];
    if !options.is_empty() {
        preface.push(format!("  with {}", visible(&options.join(" "))));
    }
    preface
}

/// To the second.
fn utc(at: Instant) -> String {
    moment::machine(at - at.rem_euclid(model::NANOS), &Clock::Zoned("UTC".to_owned()))
}
