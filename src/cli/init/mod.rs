//! `sla init`: looks at data and writes a first `sla.yaml` and rule file, with targets a little above what was
//! measured.
//!
//! Invariant: nothing is overwritten, and what is written is met by the data it was made from.

mod durations;
mod identifiers;
mod steps;
mod write;

use super::arguments::InitArguments;
use super::exit::ExitCode;
use super::run::{self, Run};
use super::stop::Stop;
use super::{Outcome, options, promises, terminal};
use crate::config::PROJECT_FILE;
use crate::deliver;
use crate::model::{
    Agreement, Column, Found, InputMapping, Reading, Report, RowKind, RuleResult, Schema, SchemaColumn,
    Severity, Unit, UnitOf, Verdict, display,
};
use crate::rules;
use crate::source;
use durations::Duration;
use std::path::{Path, PathBuf};
use write::{Draft, Proposal};

/// As many of the columns that have no role get an objective.
const MOST_COLUMNS: usize = 5;

pub(super) fn init(arguments: &InitArguments) -> Outcome {
    let name = arguments.file.as_deref().map_or("example".to_owned(), name_of);
    let rule_file = PathBuf::from(format!("rules/{name}.yaml"));
    for file in [Path::new(PROJECT_FILE), &rule_file] {
        if file.exists() {
            return Err(Stop::usage(format!(
                "{} exists already, and init overwrites nothing",
                file.display()
            ))
            .hint("remove or rename it, or go on editing it"));
        }
    }
    let (project, rules, what) = match &arguments.file {
        None => {
            (write::project("requests", None), write::template(), "the built-in example; edit it".to_owned())
        }
        Some(data) => {
            let rules = propose(data, &name, arguments)?;
            let source = Some(data.as_str()).filter(|data| *data != "-");
            (write::project(&name, source), rules.text, rules.what)
        }
    };
    for (file, text) in [(rule_file.as_path(), &rules), (Path::new(PROJECT_FILE), &project)] {
        deliver::create(file, text.as_bytes())
            .map_err(|why| Stop::new(ExitCode::Undelivered, why.to_string()))?;
    }
    let next = match arguments.file.as_deref() {
        None | Some("-") => "sla check DATA",
        Some(_) => "sla check",
    };
    let file = rule_file.display().to_string();
    let width = file.chars().count();
    Ok(terminal::answer(&format!(
        "wrote {PROJECT_FILE:width$}  which rules hold, for which data\nwrote {file}  {what}\n\n\
         Edit the targets, then run: {next}\n"
    )))
}

struct Rules {
    text: String,
    what: String,
}

/// Measures what can be, and rounds it up.
fn propose(data: &str, name: &str, arguments: &InitArguments) -> Result<Rules, Stop> {
    let mut mapping = InputMapping::default();
    options::map_input(&arguments.input, &mut mapping)?;
    let names = source::expand(&[data.to_owned()]).map_err(|why| run::unusable(&why))?;
    let (schema, serial) = describe(&names, &mapping)?;
    let by: Vec<Column> = schema.service.at().map(|_| Column("service".to_owned())).into_iter().collect();
    let mut agreement = promises::own_agreement(Vec::new());
    agreement.by = by;
    agreement.input = mapping;
    let durations = durations::between(&schema, arguments.input.timezone.as_deref());
    agreement.input.columns.extend(durations.iter().map(Duration::mapping));
    let mut texts = candidates(&schema, &serial);
    // Before columns that nothing is known of.
    texts.splice(0..0, durations.iter().map(|duration| format!("p90({}) <= 100000d", duration.name)));
    let report = measure(&agreement, &names, &texts)?;
    let mut proposals = proposals(&report, &durations);
    if proposals.is_empty() {
        return Err(nothing(data, &report));
    }
    let rejected: u64 = report.inputs.iter().map(|input| input.rejected).sum();
    // A target that its own data misses (a percentile shown in round numbers) would be a bad start.
    let texts: Vec<String> = proposals.iter().map(|proposal| proposal.objective.clone()).collect();
    let checked = measure(&agreement, &names, &texts)?;
    let missed = |objective: &str| {
        checked
            .results
            .iter()
            .any(|result| result.about.objective == objective && result.verdict != Verdict::Met)
    };
    proposals.retain(|proposal| !missed(&proposal.objective));
    if proposals.is_empty() {
        return Err(nothing(data, &report));
    }
    let by: Vec<String> = agreement.by.iter().map(|column| column.0.clone()).collect();
    let title = titled(name);
    let draft = Draft {
        data,
        extent: &extent(&report),
        name: &title,
        by: &by,
        input: &arguments.input,
        schema: &schema,
        durations: &durations,
        proposals: &proposals,
    };
    let objectives = display::counted(proposals.len() as u64, "objectives");
    let doubt = if rejected > 0 {
        format!(
            "; {} rejected, so the verdict waits for --max-bad-rows {rejected} or better data",
            display::counted(rejected, "rows")
        )
    } else {
        String::new()
    };
    Ok(Rules {
        text: write::rules(&draft),
        what: format!("{objectives}, a little above what was measured{doubt}"),
    })
}

/// Why no objective can be proposed, as far as the report tells.
fn nothing(data: &str, report: &Report) -> Stop {
    let stop = Stop::new(
        ExitCode::Undecided,
        format!("no objective on {data} can be decided yet, so nothing was written"),
    );
    let problems =
        report.problems.iter().filter(|problem| problem.severity != Severity::Note).map(|problem| {
            let line = problem.line.map_or(String::new(), |line| format!("line {line}: "));
            format!("{line}{}", problem.message)
        });
    let undecided = report.results.iter().filter(|result| result.verdict == Verdict::Undecided);
    let mut reasons: Vec<String> = Vec::new();
    for reason in problems.chain(undecided.map(|result| result.explain.to_string())) {
        if !reasons.iter().any(|known| reason.contains(known.as_str())) {
            reasons.push(reason);
        }
    }
    let stop = reasons.into_iter().take(3).fold(stop, Stop::hint);
    stop.hint(format!("`sla inspect {data}` shows what was recognised; options such as --latency correct it"))
}

/// What the columns mean, and which of them number the rows.
fn describe(names: &[String], mapping: &InputMapping) -> Result<(Schema, Vec<usize>), Stop> {
    let opened: Result<Vec<_>, _> = names.iter().map(|name| source::open(name)).collect();
    let opened = opened.map_err(|why| run::unusable(&why))?;
    let description = source::describe(&opened, mapping).map_err(|why| run::unusable(&why))?;
    let spread = match (opened.first(), description.files.first()) {
        (Some(input), Some(layout)) => source::spread(input, layout),
        _ => Vec::new(),
    };
    let serial =
        spread.iter().enumerate().filter(|(_, spread)| spread.is_serial()).map(|(at, _)| at).collect();
    Ok((description.schema, serial))
}

/// Objectives that measure something and that nothing can miss. `serial` are the columns that number the rows.
fn candidates(schema: &Schema, serial: &[usize]) -> Vec<String> {
    let mut texts = vec!["failure_rate <= 100%".to_owned()];
    if schema.rows_are == RowKind::Request {
        texts.push("p95(latency) <= 100000d".to_owned());
    }
    texts.push("avg(latency) <= 100000d".to_owned());
    if schema.rows_are == RowKind::Finished {
        return texts;
    }
    let roles = [&schema.time, &schema.service, &schema.latency, &schema.status].map(Found::at);
    let counts = schema.counts.iter().flat_map(|counts| [Some(counts.requests), counts.failures]);
    let taken: Vec<usize> = roles.into_iter().chain(counts).flatten().collect();
    let free = schema.columns.iter().enumerate().filter(|(at, column)| {
        let names_something = serial.contains(at) || identifiers::is_one(&column.name);
        !taken.contains(at) && (!names_something || unit_of(column).is_some())
    });
    let numbers = free.filter_map(|(_, column)| match &column.reading {
        Reading::Number { unit: UnitOf::Known(unit), .. } => {
            // The largest number of that unit that surely fits.
            let limit = if unit.name.is_empty() {
                "1000000000000000".to_owned()
            } else {
                format!("100000000{}", unit.name)
            };
            let limit = if unit.name == Unit::RATIO.name { "100000000%".to_owned() } else { limit };
            Some(format!("max({}) <= {limit}", column_name(&column.name)))
        }
        Reading::Number { unit: UnitOf::Unknown, .. } => {
            Some(format!("max({}) <= 1000000000000000", column_name(&column.name)))
        }
        Reading::Number { unit: UnitOf::InCell, .. } | Reading::Text | Reading::Time(_) => None,
    });
    texts.extend(numbers.take(MOST_COLUMNS));
    texts
}

/// The unit that a column is known to be in: what has one is measured.
fn unit_of(column: &SchemaColumn) -> Option<Unit> {
    match &column.reading {
        Reading::Number { unit: UnitOf::Known(unit), .. } => Some(*unit).filter(|unit| !unit.name.is_empty()),
        _ => None,
    }
}

/// Runs the objectives; candidates that cannot be written as one are left out.
fn measure(agreement: &Agreement, names: &[String], texts: &[String]) -> Result<Report, Stop> {
    let objectives = texts.iter().filter_map(|text| rules::parse_objective(text, "sla init").ok()).collect();
    let agreement = Agreement { objectives, ..agreement.clone() };
    run::run(&Run {
        max_bad_rows: u64::MAX,
        ..Run::new(vec![(agreement, names.to_vec())], options::now(None)?)
    })
}

/// A round target for every objective that was measured, above the worst group.
fn proposals(report: &Report, durations: &[Duration]) -> Vec<Proposal> {
    let mut objectives: Vec<usize> = report.results.iter().map(|result| result.objective_idx).collect();
    objectives.dedup();
    let has_roles = |result: &&RuleResult| {
        let indicator = &result.about.indicator;
        indicator == "failure_rate"
            || indicator.contains("(latency)")
            || durations.iter().any(|duration| indicator.contains(&format!("({})", duration.name)))
    };
    let all: Vec<(bool, Proposal)> = objectives
        .into_iter()
        .filter_map(|objective| {
            let results: Vec<&RuleResult> =
                report.results.iter().filter(|result| result.objective_idx == objective).collect();
            let measured = results.iter().filter_map(|result| Some((result.measured.as_ref()?, *result)));
            let (worst, result) = measured.max_by_key(|(measured, _)| measured.value)?;
            let target = steps::target_above(&worst.quantity())?;
            let group: Vec<&str> = result.about.group.iter().map(|(_, value)| value.as_str()).collect();
            let whose = match (group.is_empty(), results.len()) {
                (true, _) => String::new(),
                (false, 1) => format!(" ({})", group.join(", ")),
                (false, _) => format!(" ({}, the worst)", group.join(", ")),
            };
            let about = if worst.approximate { "about " } else { "" };
            let proposal = Proposal {
                objective: format!("{} <= {target}", result.about.indicator),
                comment: format!("measured: {about}{}{whose}", display::quantity(worst.quantity(), None)),
            };
            Some((has_roles(&result), proposal))
        })
        .collect();
    // Columns without a role are proposed only where there is nothing better.
    let any_role = all.iter().any(|(has_role, _)| *has_role);
    all.into_iter().filter(|(has_role, _)| *has_role || !any_role).map(|(_, proposal)| proposal).collect()
}

fn extent(report: &Report) -> String {
    let rows: u64 = report.inputs.iter().map(|input| input.rows).sum();
    let mut text = display::counted(rows, "rows");
    if let Some((input, span)) = report.inputs.iter().find_map(|input| Some((input, input.span?)))
        && report.inputs.len() == 1
    {
        let clock = &input.clock;
        text = format!("{text}, {}", crate::calendar::span(span.0, span.1, clock));
    }
    text
}

/// A name as rules write it: plain, or in backticks.
fn column_name(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { name.to_owned() } else { format!("`{name}`") }
}

/// A file name for the rules: `requests` for `data/requests.csv.gz`, letters, digits and `-` only.
fn name_of(data: &str) -> String {
    let path = data.trim_end_matches('/');
    let file = path.rsplit('/').next().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default();
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "data".to_owned() } else { name.to_owned() }
}

/// `web-shop_eu` → `Web shop eu`
fn titled(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |data: &str, expected: &str| assert_eq!(name_of(data), expected, "{data}");
        check("requests.csv", "requests");
        check("data/web shop.2025.csv.gz", "web-shop");
        check("logs/", "logs");
        check("data/*.csv", "data");
        check("-", "data");
        check("../..", "data");
        assert_eq!(titled("web-shop_eu"), "Web shop eu");
    }
}
