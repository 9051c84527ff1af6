//! Which agreements a run checks, and against which data: rule files, the project file, the command line, or where
//! there is nothing at all the built-in example.
//!
//! Invariant: what was asked for and not found is an error, never silently the example.

use super::arguments::{Arguments, Command, InputArguments, RuleArguments};
use super::options;
use super::servers;
use super::stop::Stop;
use crate::config::{self, Place, Project, Source};
use crate::model::{Agreement, Column, Condition, InputMapping, Objective, Period, Server};
use crate::rules::{self, Diagnostic};
use clap::Parser;
use std::path::Path;

/// What the command line calls the agreement that its `--require` make.
const OWN_NAME: &str = "command line";

/// Objectives of the command line, and doubts about how they are written.
pub(super) type Required = (Vec<Objective>, Vec<Diagnostic>);

/// Agreements, and doubts about how they are written.
pub(super) type Loaded = (Vec<Agreement>, Vec<Diagnostic>);

/// What is to be checked.
#[derive(Debug)]
pub(super) struct Promises {
    /// Each with the data that it holds for.
    pub(super) agreements: Vec<(Agreement, Vec<String>)>,
    /// Sources that are servers.
    pub(super) servers: Vec<Server>,
    /// Doubts about how the rules are written.
    pub(super) warnings: Vec<Diagnostic>,
    /// Where the rules were found, for the report.
    pub(super) found: Vec<String>,
}

/// Finds and reads the rules, and lays the options over them.
pub(super) fn gather(
    data: &[String],
    said: &RuleArguments,
    input: &InputArguments,
) -> Result<Promises, Stop> {
    let ((required, doubts), overlay) = command_line(said, input)?;
    let is_alone = said.rules.is_empty() && required.is_empty();
    // A project file that nobody needs cannot stand in the way with its faults.
    let by_name = data.iter().any(|word| servers::may_be_name(word));
    let project = if is_alone || data.is_empty() || by_name { find_project()? } else { None };
    let mut found = Vec::new();
    let (mut agreements, mut warnings) = if !said.rules.is_empty() {
        let (mut agreements, warnings) = load(&said.rules)?;
        for agreement in &mut agreements {
            agreement.objectives.extend(required.iter().cloned());
            rules::settle_aliases(agreement);
        }
        (agreements, warnings)
    } else if !required.is_empty() {
        (vec![own_agreement(required)], Vec::new())
    } else {
        rules_of_project(project.as_ref(), &mut found)?
    };
    warnings.extend(doubts);
    agreements.iter_mut().try_for_each(|agreement| overlay.apply(agreement))?;
    let typed = [said.overlay(), input.overlay()].concat();
    for agreement in &mut agreements {
        agreement.overlay.clone_from(&typed);
    }
    let agreements = agreements.into_iter().map(|agreement| {
        let inputs = inputs_of(&agreement, data, project.as_ref())?;
        Ok((agreement, inputs))
    });
    let agreements = agreements.collect::<Result<_, Stop>>()?;
    let mut servers = servers_of(project.as_ref());
    servers.retain(|server| !data.contains(&server.name) || servers::may_be_name(&server.name));
    Ok(Promises { agreements, servers, warnings, found })
}

/// An agreement that was checked before, and the options that went with it.
pub(super) struct Again {
    pub(super) agreement: Agreement,
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
    pub(super) max_bad_rows: u64,
}

/// Makes an agreement again from the text of its rules and the options that lay over it, as typed.
pub(super) fn again(
    text: &str,
    file: Option<&Path>,
    built_in: bool,
    options: &[String],
) -> Result<Again, Stop> {
    let words = ["sla", "check"].into_iter().chain(options.iter().map(String::as_str));
    let said = Arguments::try_parse_from(words).map(|arguments| arguments.command);
    let Ok(Command::Check(said)) = said else {
        return Err(Stop::usage(format!("the options of the report are none: {}", options.join(" "))));
    };
    let ((required, _), overlay) = command_line(&said.rules, &said.input)?;
    let mut agreement = match file {
        _ if built_in => rules::built_in(),
        Some(file) => rules::parse(text, file).map_err(Stop::diagnostics)?.agreement,
        None => {
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            own_agreement(objectives(&lines)?.0)
        }
    };
    agreement.objectives.extend(required);
    rules::settle_aliases(&mut agreement);
    overlay.apply(&mut agreement)?;
    agreement.overlay = options.to_vec();
    let (since, until) = (said.rules.since, said.rules.until);
    Ok(Again { agreement, since, until, max_bad_rows: said.max_bad_rows })
}

/// The rules that are meant, without data: those named, else those of the project.
pub(super) fn named_or_found(files: &[String]) -> Result<(Loaded, Option<Project>), Stop> {
    if !files.is_empty() {
        return load(files).map(|loaded| (loaded, None));
    }
    let Some(project) = find_project()?.filter(|project| !project.rules.is_empty()) else {
        return Err(Stop::usage(format!(
            "no rule file was named, and no {} names any",
            config::PROJECT_FILE
        ))
        .hint("`sla init DATA` writes a first one"));
    };
    let loaded = load_of(&project)?;
    Ok((loaded, Some(project)))
}

/// What the command line itself promises, and doubts about how it is written.
pub(super) fn objectives(texts: &[String]) -> Result<Required, Stop> {
    let mut faults = Vec::new();
    let (mut objectives, mut warnings) = (Vec::new(), Vec::new());
    for text in texts {
        match rules::parse_objective_with_warnings(text, "--require") {
            Ok((objective, doubts)) => {
                objectives.push(objective);
                warnings.extend(doubts);
            }
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok((objectives, warnings)) } else { Err(Stop::diagnostics(faults)) }
}

/// Options that lie over every agreement of the run.
struct Overlay {
    by: Option<Vec<Column>>,
    filter: Option<(Condition, String)>,
    period: Option<Period>,
    input: InputArguments,
}

impl Overlay {
    fn apply(&self, agreement: &mut Agreement) -> Result<(), Stop> {
        if let Some(by) = &self.by {
            if !agreement.expect.is_empty() && agreement.by != *by {
                return Err(Stop::usage(format!(
                    "--by: the agreement `{}` expects certain groups of its own `by`; change that in the rule file",
                    agreement.name
                )));
            }
            agreement.by.clone_from(by);
        }
        if let Some((condition, text)) = &self.filter {
            agreement.filter = Some(match agreement.filter.take() {
                None => (condition.clone(), text.clone()),
                Some((own, own_text)) => {
                    (Condition::And(vec![own, condition.clone()]), format!("({own_text}) and ({text})"))
                }
            });
        }
        if let Some(period) = self.period {
            agreement.period = period;
        }
        options::map_input(&self.input, &mut agreement.input)
    }
}

/// Reads the options that speak the rule language; all faults are told at once.
fn command_line(said: &RuleArguments, input: &InputArguments) -> Result<(Required, Overlay), Stop> {
    let mut stop = Stop::usage_if_any();
    let required = objectives(&said.require).unwrap_or_else(|fault| {
        stop.join(fault);
        (Vec::new(), Vec::new())
    });
    let filter = said.filter.as_deref().and_then(|text| match rules::parse_condition(text, "--where") {
        Ok(filter) => Some(filter),
        Err(faults) => {
            stop.join(Stop::diagnostics(faults));
            None
        }
    });
    let period = said.period.as_deref().and_then(|text| match rules::parse_period(text) {
        Ok(period) => Some(period),
        Err(why) => {
            stop.add(format!("--period: {why}"));
            None
        }
    });
    if let Err(fault) = options::map_input(input, &mut InputMapping::default()) {
        stop.join(fault);
    }
    stop.check()?;
    let by = (!said.by.is_empty()).then(|| {
        // `--by ''` is everything together.
        said.by
            .iter()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
            .map(|name| Column(name.to_owned()))
    });
    let overlay = Overlay { by: by.map(Iterator::collect), filter, period, input: input.clone() };
    Ok((required, overlay))
}

/// The agreement that the `--require` of a command line make.
pub(super) fn own_agreement(objectives: Vec<Objective>) -> Agreement {
    Agreement::plain(OWN_NAME, objectives)
}

fn rules_of_project(project: Option<&Project>, found: &mut Vec<String>) -> Result<Loaded, Stop> {
    match project {
        Some(project) if !project.rules.is_empty() => {
            found.push(format!("rules of {}", project.file.display()));
            load_of(project)
        }
        Some(project) => {
            found.push(format!("{} names no rules", project.file.display()));
            Ok((vec![rules::built_in()], Vec::new()))
        }
        None => Ok((vec![rules::built_in()], Vec::new())),
    }
}

/// The data of an agreement: that of the command line, else its source in the project.
fn inputs_of(agreement: &Agreement, data: &[String], project: Option<&Project>) -> Result<Vec<String>, Stop> {
    if !data.is_empty() {
        return Ok(data.iter().flat_map(|word| named(word, project)).collect());
    }
    let Some(project) = project else {
        return Err(Stop::usage("no data was named, and there is no sla.yaml with sources")
            .hint("name it behind the command: a file, a folder, a pattern, or - for standard input"));
    };
    let file = project.file.display();
    match (&agreement.source, project.sources.as_slice()) {
        (Some(name), sources) => match project.source(name) {
            Some(source) => Ok(data_of(source)),
            None => {
                let known: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
                let known = if known.is_empty() {
                    "names none".to_owned()
                } else {
                    format!("has {}", known.join(", "))
                };
                Err(Stop::usage(format!(
                    "`{}` wants the source `{name}`, and {file} {known}",
                    agreement.name
                )))
            }
        },
        (None, [source]) => Ok(data_of(source)),
        (None, []) => Err(Stop::usage(format!("no data was named, and {file} has no `sources`"))
            .hint("name it behind the command: a file, a folder, a pattern, or - for standard input")),
        (None, _) => Err(Stop::usage(format!(
            "{file} has several sources, and `{}` does not say which it is about",
            agreement.name
        ))
        .hint("add `source: NAME` to its rule file, or name the data: `sla check DATA`")),
    }
}

/// What a word of the command line stands for: a source of that name, where no file is called so.
fn named(word: &str, project: Option<&Project>) -> Vec<String> {
    let source = project.filter(|_| servers::may_be_name(word)).and_then(|project| project.source(word));
    source.map_or_else(|| vec![word.to_owned()], data_of)
}

/// The files of a source; a server stands for itself by its name.
fn data_of(source: &Source) -> Vec<String> {
    match &source.place {
        Place::Csv(csv) => csv.clone(),
        Place::Prometheus(server) => vec![server.name.clone()],
    }
}

/// The sources of a project that are servers.
pub(super) fn servers_of(project: Option<&Project>) -> Vec<Server> {
    let places = project.iter().flat_map(|project| &project.sources).map(|source| &source.place);
    let server = |place: &Place| match place {
        Place::Prometheus(server) => Some(server.as_ref().clone()),
        Place::Csv(_) => None,
    };
    places.filter_map(server).collect()
}

pub(super) fn find_project() -> Result<Option<Project>, Stop> {
    config::find_project(Path::new("")).map_err(Stop::diagnostics)
}

fn load(patterns: &[String]) -> Result<Loaded, Stop> {
    let files = config::rule_files(patterns).map_err(|why| Stop::usage(why.to_string()))?;
    config::load(&files).map_err(Stop::diagnostics)
}

fn load_of(project: &Project) -> Result<Loaded, Stop> {
    let files =
        project.rule_files().map_err(|why| Stop::usage(format!("{}: {why}", project.file.display())))?;
    config::load(&files).map_err(Stop::diagnostics)
}
