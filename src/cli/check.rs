//! `sla check`: the run, its reports, and its exit code.

use super::arguments::{CheckArguments, Format};
use super::exit::{Delivery, ExitCode};
use super::options::{self, OnMet, Reporting};
use super::run::{self, Breaches, Run};
use super::stop::Stop;
use super::{Outcome, promises, terminal};
use crate::deliver;
use crate::model::{Report, Verdict};
use crate::render::{self, Colour, table};
use crate::rules::{self, Diagnostic};
use crate::source;
use std::io::{self, Write};

/// Finds the rules, makes sure of the outputs, reads the data, and reports.
pub(super) fn check(arguments: &CheckArguments) -> Outcome {
    let now = options::now(arguments.now.as_deref())?;
    let promises = promises::gather(&arguments.data, &arguments.rules, &arguments.input)?;
    let data: Vec<String> = promises.agreements.iter().flat_map(|(_, data)| data).cloned().collect();
    let inputs = source::expand(&distinct(data)).map_err(|why| run::unusable(&why))?;
    if arguments.report.why && inputs.iter().any(|name| name == "-") {
        return Err(Stop::usage("--why reads the data twice, and standard input can be read only once")
            .hint("put it into a file first"));
    }
    let reporting = options::reporting(arguments, &inputs)?;
    let run = Run {
        since: arguments.rules.since.clone(),
        until: arguments.rules.until.clone(),
        max_bad_rows: arguments.max_bad_rows,
        breaches: if arguments.report.why { Breaches::Explained } else { Breaches::Told },
        threads: arguments.threads.map(usize::from),
        ..Run::new(promises.agreements, now)
    };
    let report = run::run(&run)?;
    let delivery = deliver(&report, &reporting, &promises.found, &promises.warnings);
    let policy = options::policy(arguments);
    Ok(ExitCode::of(&report, policy.fail_on, policy.on_breach, delivery))
}

fn distinct(mut data: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    data.retain(|name| seen.insert(name.clone()));
    data
}

/// Prints the report, writes it to every file asked for, and tells what could not be delivered.
fn deliver(report: &Report, reporting: &Reporting, found: &[String], warnings: &[Diagnostic]) -> Delivery {
    let is_silent = reporting.on_met == OnMet::Silence && report.verdict == Verdict::Met;
    if !is_silent {
        terminal::tell(&rules::render(warnings, terminal::diagnostic_colour()));
    }
    let files = reporting.files.iter().map(|(target, format)| {
        (target, move |out: &mut dyn Write| write(report, *format, reporting, found, None, out))
    });
    let failed = deliver::deliver(files);
    for failed in &failed {
        terminal::error(&failed.to_string());
    }
    let printed = if is_silent {
        Delivery::Done
    } else {
        let colour = terminal::colour_of_output(reporting.color);
        terminal::print(&|out| write(report, reporting.format, reporting, found, Some(colour), out))
    };
    if failed.is_empty() { printed } else { Delivery::Failed }
}

/// Writes the report in one format; `colour` is that of a terminal, `None` is a file.
fn write(
    report: &Report,
    format: Format,
    reporting: &Reporting,
    found: &[String],
    colour: Option<Colour>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Json => render::json::write(report, out),
        Format::Csv => render::csv::write(report, out),
        Format::Table => {
            let options = table::Options {
                width: colour.map_or(80, |_| terminal::width()),
                colour: colour.unwrap_or_default(),
                detail: reporting.detail,
                preface: found.to_vec(),
            };
            out.write_all(table::render(report, &options).as_bytes())
        }
    }
}
