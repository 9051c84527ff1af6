//! What `input:` and the options say, resolved to columns.

use super::names::folded;
use crate::model::{ColumnMapping, InputMapping, TimeColumn, Unit};
use crate::source::error::SourceError;

/// What was said, by columns of the schema.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub time: Option<usize>,
    pub service: Option<usize>,
    pub latency: Option<usize>,
    pub status: Option<usize>,
    pub requests: Option<usize>,
    pub failures: Option<usize>,
    /// Per column.
    pub columns: Vec<SaidColumn>,
}

/// What was said about one column.
#[derive(Clone, Debug, Default)]
pub(super) struct SaidColumn {
    /// It is a number.
    pub number: bool,
    /// In this unit.
    pub unit: Option<Unit>,
    /// A reading, never weighted.
    pub gauge: bool,
    /// It is a time, perhaps with a format and a zone.
    pub time: Option<(Option<String>, Option<String>)>,
    /// The other column of a duration between two.
    pub partner: Option<usize>,
    /// It is text.
    pub text: bool,
}

/// Resolves every header that was said; one that does not exist is an error that names the nearest.
pub(super) fn resolve(names: &[String], mapping: &InputMapping) -> Result<Said, SourceError> {
    let find = |key: &str, header: &str| column(names, key, header);
    let mut said = Said { columns: vec![SaidColumn::default(); names.len()], ..Said::default() };
    if let Some(time) = &mapping.time {
        said.time = Some(say_time(&mut said, names, "time", time)?);
    }
    if let Some(latency) = &mapping.latency {
        let at = find("latency", &latency.column)?;
        said.latency = Some(at);
        said.columns[at].number = true;
        said.columns[at].unit = latency.unit.or(mapping.latency_unit);
        said.columns[at].gauge |= latency.gauge;
    }
    said.service = mapping.service.as_ref().map(|header| find("service", header)).transpose()?;
    said.status = mapping.status.as_ref().map(|status| find("status", &status.column)).transpose()?;
    said.requests = mapping.requests.as_ref().map(|header| find("requests", header)).transpose()?;
    said.failures = mapping.failures.as_ref().map(|header| find("failures", header)).transpose()?;
    for header in &mapping.key {
        find("key", header)?;
    }
    for (key, column) in &mapping.columns {
        match column {
            ColumnMapping::Number(number) => {
                let at = find(key, &number.column)?;
                said.columns[at].number = true;
                said.columns[at].unit = number.unit.or(said.columns[at].unit);
                said.columns[at].gauge |= number.gauge;
            }
            ColumnMapping::Between { from, to, .. } => {
                let (from, to) =
                    (say_time(&mut said, names, key, from)?, say_time(&mut said, names, key, to)?);
                said.columns[from].partner = Some(to);
                said.columns[to].partner = Some(from);
            }
            ColumnMapping::Clock(clock) => {
                say_time(&mut said, names, key, &clock.time)?;
            }
            ColumnMapping::Text { column } => {
                let at = find(key, column)?;
                said.columns[at].text = true;
            }
        }
    }
    Ok(said)
}

fn say_time(said: &mut Said, names: &[String], key: &str, time: &TimeColumn) -> Result<usize, SourceError> {
    let at = column(names, key, &time.column)?;
    let (format, zone) = said.columns[at].time.take().unwrap_or_default();
    said.columns[at].time = Some((time.format.clone().or(format), time.timezone.clone().or(zone)));
    Ok(at)
}

/// The column of that header. Where none is written so, a header that differs in case or separators only is meant.
fn column(names: &[String], key: &str, header: &str) -> Result<usize, SourceError> {
    let header = header.trim();
    if let Some(at) = names.iter().position(|name| name == header) {
        return Ok(at);
    }
    let likeness = |name: &str| strsim::jaro_winkler(&folded(name), &folded(header));
    let nearest = names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = match nearest {
        Some(name) if likeness(name) > 0.75 => format!("; did you mean {name:?}?"),
        _ => format!("; its columns are {}", names.join(", ")),
    };
    Err(SourceError::Mapping {
        message: format!("`{key}` names the column {header:?}, which the data lacks{hint}"),
    })
}
