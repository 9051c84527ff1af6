//! `sla check`: the run, its reports, and its exit code.

use super::arguments::{CheckArguments, Format};
use super::checkpoints::{Aside, Checkpoints};
use super::exit::{Answer, Delivery, ExitCode};
use super::formats::{self, Look};
use super::history::arguments::Trust;
use super::options::{self, OnMet, Reporting};
use super::run::{self, Breaches, Details, Run};
use super::stop::Stop;
use super::{history, promises, terminal};
use crate::deliver;
use crate::model::{Report, Server, Verdict};
use crate::pipeline::resume::Incremental;
use crate::render::{self, table};
use crate::rules::{self, Diagnostic};
use crate::source::{self, Digests};
use std::io::Write;
use std::path::PathBuf;

/// Finds the rules, makes sure of the outputs, reads the data, and reports.
pub(super) fn check(arguments: &CheckArguments) -> Result<Answer, Stop> {
    let now = options::now(arguments.now.as_deref())?;
    let mut promises = promises::gather(&arguments.data, &arguments.rules, &arguments.input)?;
    if arguments.max_bad_rows > 0 {
        for (agreement, _) in &mut promises.agreements {
            agreement.overlay.push(format!("--max-bad-rows={}", arguments.max_bad_rows));
        }
    }
    let is_file = |word: &&String| {
        !Server::is_address(word) && !promises.servers.iter().any(|server| server.name == **word)
    };
    let data = promises.agreements.iter().flat_map(|(_, data)| data).filter(is_file).cloned().collect();
    let inputs = match distinct(data).as_slice() {
        [] => Vec::new(),
        files => source::expand(files).map_err(|why| run::unusable(&why))?,
    };
    if arguments.why && inputs.iter().any(|name| name == "-") {
        return Err(Stop::usage("--why reads the data twice, and standard input can be read only once")
            .hint("put it into a file first"));
    }
    let on_met = if arguments.quiet { OnMet::Silence } else { OnMet::Report };
    let reporting = options::reporting(&arguments.report, on_met, &inputs)?;
    let store = history::store_to_record_in(&arguments.record)?;
    let run = Run {
        since: arguments.rules.since.clone(),
        until: arguments.rules.until.clone(),
        max_bad_rows: arguments.max_bad_rows,
        breaches: if arguments.why { Breaches::Explained } else { Breaches::Told },
        details: if reporting.draws() { Details::Charts } else { Details::None },
        threads: arguments.threads.map(usize::from),
        digests: if store.is_some() || reporting.draws() { Digests::Wanted } else { Digests::Unwanted },
        servers: promises.servers,
        ..Run::new(promises.agreements, now)
    };
    let (checkpoints, resume) = match (arguments.record.incremental, &store) {
        (None, _) => (None, None),
        (Some(_), None) => {
            return Err(Stop::usage("--incremental keeps what was counted in a history, and there is none")
                .hint("say --record, or name a `store:` in sla.yaml"));
        }
        (Some(trust), Some(file)) => (Some(Checkpoints::of(file)), Some(trust)),
    };
    let clock = options::now(None)?;
    let incremental = |checkpoints, trust: Trust| Incremental { checkpoints, clock, mode: trust.into() };
    let resume = checkpoints.as_ref().zip(resume).map(|(checkpoints, trust)| incremental(checkpoints, trust));
    let report = run::run_on(&run, resume)?;
    if let Some(checkpoints) = &checkpoints {
        let silent = arguments.quiet && report.verdict == Verdict::Met;
        checkpoints.tell(if silent { Aside::Untold } else { Aside::Told });
    }
    let kept = checkpoints.map(|checkpoints| checkpoints.take()).unwrap_or_default();
    let policy = options::policy(arguments);
    let code = |delivery| ExitCode::of(&report, policy.fail_on, policy.on_breach, delivery);
    let record = || {
        let record = |file: &PathBuf| history::record(file, &report, &kept, reporting.on_met);
        store.as_ref().map_or(Delivery::Done, record)
    };
    let delivery = deliver(&report, &reporting, &promises.found, &promises.warnings, &record, &code);
    Ok(match reporting.format {
        Format::Nagios => Answer::Plugin(code(delivery).state(&report)),
        _ => code(delivery).into(),
    })
}

fn distinct(mut data: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    data.retain(|name| seen.insert(name.clone()));
    data
}

/// What `--quiet` is about. Whoever asked for another format reads it with a program, to which nothing is no answer.
fn is_for_people(format: Format) -> bool {
    match format {
        Format::Auto | Format::Table | Format::Github => true,
        Format::Markdown
        | Format::Json
        | Format::Csv
        | Format::Html
        | Format::Pdf
        | Format::Violations
        | Format::Junit
        | Format::Gitlab
        | Format::Openmetrics
        | Format::Nagios => false,
    }
}

/// Prints the report, writes it to every file asked for, records it, and tells what could not be delivered. `code` is the exit
/// code that follows from that.
pub(super) fn deliver(
    report: &Report,
    reporting: &Reporting,
    found: &[String],
    warnings: &[Diagnostic],
    record: &dyn Fn() -> Delivery,
    code: &dyn Fn(Delivery) -> ExitCode,
) -> Delivery {
    let is_silent = reporting.on_met == OnMet::Silence && report.verdict == Verdict::Met;
    if !is_silent {
        terminal::tell(&rules::render(warnings, terminal::diagnostic_colour()));
    }
    let plain =
        table::Options { detail: reporting.detail, preface: found.to_vec(), ..table::Options::default() };
    let look = |table, delivery| Look {
        table,
        html: &reporting.html,
        state: code(delivery).state(report),
        checkout: &reporting.checkout,
    };
    let files = reporting.files.iter().map(|(target, format)| {
        let look = look(&plain, Delivery::Done);
        (target, move |out: &mut dyn Write| formats::write(report, *format, look, out))
    });
    let mut failed = deliver::deliver(files);
    if let Some(summary) = reporting.job_summary.as_deref() {
        failed.extend(deliver::append(summary, &|room, out| render::markdown::write(report, room, out)));
    }
    for failed in &failed {
        terminal::error(&failed.to_string());
    }
    let delivered =
        if record() == Delivery::Done && failed.is_empty() { Delivery::Done } else { Delivery::Failed };
    if is_silent && is_for_people(reporting.format) {
        return delivered;
    }
    let table = table::Options {
        width: terminal::width(),
        colour: terminal::colour_of_output(reporting.color),
        ..plain.clone()
    };
    let printed =
        terminal::print(&|out| formats::write(report, reporting.format, look(&table, delivered), out));
    if printed == Delivery::Done { delivered } else { printed }
}
