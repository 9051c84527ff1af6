//! A report that was kept, `sla.report/1` as JSON, as far as it tells how it was made.

use crate::calendar;
use crate::cli::exit::ExitCode;
use crate::cli::promises;
use crate::cli::run::{Empty, Run};
use crate::cli::servers;
use crate::cli::stop::Stop;
use crate::model::{Clock, Instant, Report};
use crate::pipeline::Unanswered;
use crate::render::json;
use crate::source::Digests;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The report, and its name for messages.
pub(in crate::cli) struct Recorded {
    pub(super) name: String,
    pub(super) value: Value,
}

/// An agreement of the report.
struct Known {
    text: String,
    file: Option<PathBuf>,
    built_in: bool,
    /// What the command line laid over it, as typed.
    options: Vec<String>,
    /// The inputs that it was checked against, by name.
    inputs: Vec<String>,
}

impl Recorded {
    /// Reads a report file.
    pub(super) fn read(path: &Path) -> Result<Recorded, Stop> {
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(|why| {
            Stop::usage(format!("{name}: {}", crate::deliver::sentence(&why)))
                .hint("name a report (report.json), or the number of a run")
        })?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|why| Stop::new(ExitCode::Undecided, format!("{name}: it is no JSON: {why}")))?;
        if value["schema"] != "sla.report/1" {
            return Err(Stop::new(
                ExitCode::Undecided,
                format!("{name}: it is no report of sla (sla.report/1)"),
            )
            .hint("`sla check DATA --output report.json` writes one"));
        }
        Ok(Recorded { name, value })
    }

    /// A report as it would be written.
    pub(in crate::cli) fn of(name: String, report: &Report) -> Result<Recorded, Stop> {
        let internal = |why: String| Stop::new(ExitCode::Internal, why);
        let mut bytes = Vec::new();
        json::write(report, &mut bytes).map_err(|why| internal(why.to_string()))?;
        let value = serde_json::from_slice(&bytes).map_err(|why| internal(why.to_string()))?;
        Ok(Recorded { name, value })
    }

    /// The clock that the run was given.
    fn now(&self) -> Result<Instant, Stop> {
        let said = self.value["now"].as_str().unwrap_or_default();
        calendar::parse_bound(said, &Clock::Zoned("UTC".to_owned()), 0)
            .map_err(|why| self.fault(&format!("`now` is no time: {why}")))
    }

    /// The run that made it, with digests; of `input` where something is named, else of the inputs by their names.
    pub(in crate::cli) fn run(&self, input: &[String]) -> Result<Run, Stop> {
        let mut agreements = Vec::new();
        let mut bounds = None;
        for known in self.agreements(input)? {
            let again = promises::again(&known.text, known.file.as_deref(), known.built_in, &known.options)?;
            agreements.push((again.agreement, known.inputs));
            bounds = Some((again.since, again.until, again.max_bad_rows));
        }
        let Some((since, until, max_bad_rows)) = bounds else {
            return Err(self.fault("it names no agreement"));
        };
        let servers =
            if input.is_empty() { servers::recorded(&self.servers())? } else { servers::known(input)? };
        let run = Run::new(agreements, self.now()?);
        let unanswered = Unanswered::Refused;
        Ok(Run {
            since,
            until,
            max_bad_rows,
            digests: Digests::Wanted,
            servers,
            unanswered,
            empty: Empty::NoRows,
            ..run
        })
    }

    /// The names of the servers that it was made from.
    pub(super) fn servers(&self) -> Vec<&str> {
        let inputs = self.value["inputs"].as_array().into_iter().flatten();
        let servers = inputs.filter(|input| input["kind"] == "server");
        servers.filter_map(|input| input["source"].as_str()).collect()
    }

    /// The agreements, with all that it takes to check them again.
    fn agreements(&self, input: &[String]) -> Result<Vec<Known>, Stop> {
        let list = |key: &str| self.value[key].as_array().cloned().unwrap_or_default();
        let inputs = list("inputs");
        list("agreements")
            .iter()
            .map(|agreement| {
                let text = agreement["text"].as_str().ok_or_else(|| {
                    self.fault("it does not have the text of its rules: a newer sla has to make it")
                })?;
                let digest = format!("blake3:{}", blake3::hash(text.as_bytes()).to_hex());
                if agreement["digest"] != digest {
                    return Err(self.fault("the text of its rules is not the one that its digest is of"));
                }
                let of_it = inputs.iter().filter(|input| input["agreement"] == agreement["name"]);
                let mut names: Vec<String> =
                    of_it.filter_map(|input| input["source"].as_str().map(str::to_owned)).collect();
                if !input.is_empty() {
                    names = input.to_vec();
                }
                if names.iter().any(|name| name == "-") {
                    return Err(Stop::usage("it was made from standard input; name the data: --input FILE"));
                }
                if names.is_empty() {
                    let agreement = agreement["name"].as_str().unwrap_or_default();
                    return Err(self
                        .fault(&format!(
                            "nothing was read for {agreement}, so that there is nothing to check again"
                        ))
                        .hint("name the data that should have been there: --input FILE"));
                }
                let options = agreement["options"].as_array().into_iter().flatten();
                Ok(Known {
                    text: text.to_owned(),
                    file: agreement["file"].as_str().map(PathBuf::from),
                    built_in: agreement["built_in"] == true,
                    options: options.filter_map(|option| option.as_str().map(str::to_owned)).collect(),
                    inputs: names,
                })
            })
            .collect()
    }

    fn fault(&self, why: &str) -> Stop {
        Stop::new(ExitCode::Undecided, format!("{}: {why}", self.name))
    }
}
