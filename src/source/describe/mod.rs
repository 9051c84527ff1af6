//! What the columns of an input mean: proved from names and values, or refused.
//!
//! What `input:` says wins. What is ambiguous is kept as such in the schema, with the option that settles it, so
//! that only objectives that depend on it are undecided.
//!
//! Invariant: nothing is chosen between. A part that two columns fit is [`Found::Ambiguous`], and so is a unit, an
//! order of day and month or a code that the data does not prove.

mod columns;
mod dialect;
mod names;
mod order;
mod records;
mod roles;
mod rows;
mod said;
mod sample;
mod status;
#[cfg(test)]
mod tests;
mod times;
mod tools;
mod units;

use super::Opened;
use super::cell::DecimalMark;
use super::error::{SourceError, shown};
use crate::model::{
    Dialect, Found, Inference, InputMapping, Problem, ProblemKind, RowKind, SampledTexts, Schema, Severity,
    StatusKind,
};
pub(super) use dialect::header;
use names::Words;
pub(super) use names::shell_word;
pub(super) use order::{Searched, Searches};
pub(super) use records::Records;
use roles::Columns;
pub(super) use roles::Why;
use sample::Facts;
use std::collections::{HashMap, HashSet};
use times::Inputs;

/// What was found out about inputs that are read together.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The same for all of them.
    pub schema: Schema,
    /// One per input, in their order.
    pub files: Vec<FileLayout>,
    /// What a reader should know.
    pub problems: Vec<Problem>,
    /// Per column of the schema.
    pub sampled: Vec<SampledTexts>,
}

/// How one input is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLayout {
    /// How its fields are told apart.
    pub dialect: Dialect,
    /// How many fields each record has.
    pub fields: usize,
    /// For each column of the schema its field in this file.
    pub position: Vec<usize>,
}

/// A description and the reasons for it, for `inspect`.
pub(super) struct Study {
    pub(super) description: Description,
    /// Per file whether anything among its first records is quoted.
    pub(super) quoted: Vec<bool>,
    /// Per column.
    pub(super) facts: Vec<Facts>,
    /// Per column: fragments of what was inferred.
    pub(super) said: Vec<Vec<String>>,
    /// Which column plays which part, and why.
    pub(super) parts: Parts,
    /// What a row stands for, where that was inferred or said.
    pub(super) rows: Option<String>,
}

/// The parts that columns play.
pub(super) struct Parts {
    pub(super) time: (Found, Why),
    pub(super) service: (Found, Why),
    pub(super) latency: (Found, Why),
    pub(super) status: (Found, Why),
    pub(super) status_kind: StatusKind,
}

/// Finds out what the columns of the inputs mean.
pub fn describe(opened: &[Opened], mapping: &InputMapping) -> Result<Description, SourceError> {
    study(opened, mapping).map(|study| study.description)
}

/// As [`describe`], with the reasons.
pub(super) fn study(opened: &[Opened], mapping: &InputMapping) -> Result<Study, SourceError> {
    let header = |input: &Opened| if input.is_empty() { Ok(None) } else { dialect::read(input).map(Some) };
    let headers = opened.iter().map(header).collect::<Result<Vec<_>, _>>()?;
    let Some((first, input)) = headers.iter().flatten().next().zip(opened.iter().find(|one| !one.is_empty()))
    else {
        return Err(match opened.first() {
            Some(input) => SourceError::Empty { name: shown(&input.name) },
            None => SourceError::Mapping { message: "no input was named".to_owned() },
        });
    };
    let names = first.names.clone();
    let tool = tools::recognise(&input.name, &names, mapping)?;
    let files: Vec<FileLayout> = opened
        .iter()
        .zip(&headers)
        .map(|(other, header)| match header {
            Some(header) => layout(other, header, &names, &input.name),
            None => Ok(layout_of_nothing(other, first)),
        })
        .collect::<Result<_, _>>()?;
    let said = said::resolve(&names, mapping)?;

    let mark = if mapping.decimal_comma { DecimalMark::Comma } else { DecimalMark::Point };
    let (sample, extent) = sample::rows(opened, &files);
    let facts = sample::facts(&sample, names.len(), mark);
    let words: Vec<Words> = names.iter().map(|name| names::words(name)).collect();
    let columns = Columns { names: &names, words: &words, facts: &facts };
    let parts = parts(&columns, &said, mapping, tool);
    let rows = if tools::single_samples(tool, &columns) {
        rows::Recognised::requests()
    } else {
        let told = parts.status.0.at().is_some() || mapping.failed.is_some();
        rows::recognise(&rows::Given {
            columns: &columns,
            said: &said,
            rows: &sample,
            opened,
            mark,
            status: &parts.status.0,
            outcome: if told { rows::Outcome::Told } else { rows::Outcome::NotTold },
        })?
    };
    let inputs = Inputs { opened, layouts: &files };
    let given = columns::Given {
        columns: &columns,
        said: &said,
        mapping,
        tool,
        parts: &parts,
        rows: &rows,
        sample: &sample,
        inputs: &inputs,
    };
    let columns::Read { columns: schema_columns, clock, said: mut fragments, mut problems } =
        columns::read(&given)?;
    problems.extend(rows.problem);
    problems.extend(opened.iter().filter(|input| input.is_empty()).map(nothing_in));
    problems.extend(tool.and_then(|tool| tool.remark(&input.name)));
    parts_said(&parts, &names, mapping, &mut fragments);
    let failed = mapping.failed.as_ref().filter(|_| rows.kind == RowKind::Request);
    let failed = failed.map(|(_, condition)| format!("a request failed where {condition}, as said"));
    let inferred = fragments.iter().flatten().cloned().chain(rows.proof.clone()).chain(failed);
    let schema = Schema {
        columns: schema_columns,
        rows_are: rows.kind,
        time: parts.time.0.clone(),
        service: parts.service.0.clone(),
        latency: parts.latency.0.clone(),
        status: parts.status.0.clone(),
        status_kind: parts.status_kind,
        counts: rows.counts,
        clock,
        inferred: inferred.map(|text| Inference { text }).collect(),
    };
    let sampled = facts
        .iter()
        .map(|facts| SampledTexts {
            texts: facts.words.keys().cloned().collect(),
            whole: extent == sample::Extent::Whole && !facts.more_words,
        })
        .collect();
    Ok(Study {
        description: Description { schema, files, problems, sampled },
        quoted: headers.iter().map(|header| header.as_ref().is_some_and(|header| header.quoted)).collect(),
        said: fragments,
        rows: rows.proof,
        facts,
        parts,
    })
}

fn parts(
    columns: &Columns<'_>,
    said: &said::Said,
    mapping: &InputMapping,
    tool: Option<tools::Tool>,
) -> Parts {
    let pick = |said: Option<usize>, role: &str, inferred: &dyn Fn() -> (Found, Why)| match said {
        Some(at) => (Found::At(at), Why::Said),
        None => tools::role(tool, role, columns.names).unwrap_or_else(inferred),
    };
    let status = pick(said.status, "status", &|| columns.status());
    let latency = match pick(said.latency, "latency", &|| columns.latency()) {
        (Found::At(at), why) => (columns.mixed_units(at).map_or(Found::At(at), Found::Ambiguous), why),
        other => other,
    };
    Parts {
        time: pick(said.time, "time", &|| match &mapping.time_format {
            Some(_) => columns.time_in_said_format(),
            None => columns.time(),
        }),
        service: pick(said.service, "service", &|| columns.service()),
        status_kind: status.0.at().map_or(StatusKind::Words, |at| columns.status_kind(at)),
        latency,
        status,
    }
}

/// Says which column plays which part, where its header is not the part's own name and nobody said it; and what the
/// cells of the status mean, unless somebody said what fails.
fn parts_said(parts: &Parts, names: &[String], mapping: &InputMapping, fragments: &mut [Vec<String>]) {
    let all = [
        ("time", &parts.time),
        ("service", &parts.service),
        ("latency", &parts.latency),
        ("status", &parts.status),
    ];
    for (part, (found, why)) in all {
        let Some(at) = found.at() else { continue };
        let suffix = match why {
            Why::Said => continue,
            Why::Name => String::new(),
            Why::Values => ", as its values show".to_owned(),
            Why::Tool(tool) => format!(", as {tool} writes it"),
        };
        if names[at] != part || !suffix.is_empty() {
            fragments[at].insert(0, format!("{part} is {}{suffix}", names[at]));
        }
    }
    let Some(at) = parts.status.0.at().filter(|_| mapping.failed.is_none()) else { return };
    let mapped = mapping.status.as_ref().is_some_and(|map| !(map.ok.is_empty() && map.failed.is_empty()));
    let name = &names[at];
    fragments[at].extend(match parts.status_kind {
        StatusKind::Http if mapped => Some(format!(
            "{name} holds HTTP codes: 5xx and 0 are failures, 4xx are not, but for those that `status:` names"
        )),
        StatusKind::Http => Some(format!("{name} holds HTTP codes: 5xx and 0 are failures, 4xx are not")),
        StatusKind::FailureFlag if !mapped => Some(format!("{name} says true where a request failed")),
        StatusKind::FailureFlag | StatusKind::Words => None,
    });
}

/// An empty file among others: everything in it, if only blank lines, stands before its first row.
fn layout_of_nothing(input: &Opened, first: &dialect::Header) -> FileLayout {
    let lines = memchr::memchr_iter(b'\n', &input.head).count() as u64;
    let body = input.head.len() as u64;
    let dialect = Dialect { crlf: false, bom: false, body, header_lines: lines, ..first.dialect };
    FileLayout { dialect, fields: first.names.len(), position: (0..first.names.len()).collect() }
}

fn nothing_in(input: &Opened) -> Problem {
    Problem {
        severity: Severity::Note,
        kind: ProblemKind::Remark,
        source: Some(shown(&input.name)),
        line: None,
        column: None,
        count: 1,
        message: "it is empty, without even a header, and adds no rows".to_owned(),
    }
}

/// Where this file has the schema's columns.
fn layout(
    input: &Opened,
    header: &dialect::Header,
    names: &[String],
    first: &str,
) -> Result<FileLayout, SourceError> {
    let differs = |message: String| {
        let first = shown(first);
        SourceError::unclear(
            &input.name,
            None,
            format!("{message} {first}; inputs of one run need the same columns"),
        )
    };
    let mut position = Vec::with_capacity(names.len());
    let own: HashMap<&String, usize> = header.names.iter().zip(0..).collect();
    for column in names {
        let at = own.get(column).copied();
        position.push(at.ok_or_else(|| differs(format!("it lacks the column {column:?} of")))?);
    }
    let wanted: HashSet<&String> = names.iter().collect();
    if let Some(extra) = header.names.iter().find(|own| !wanted.contains(own)) {
        return Err(differs(format!("it has a column {extra:?} that is not in")));
    }
    Ok(FileLayout { dialect: header.dialect, fields: header.names.len(), position })
}
