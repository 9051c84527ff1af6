//! What the columns of an input mean: proved from names and values, or refused.
//!
//! What `input:` says wins. What is ambiguous is kept as such in the schema, with the option that settles it, so
//! that only objectives that depend on it are undecided.

mod dialect;
mod names;
mod records;
mod roles;
mod sample;
mod times;

use crate::model::{
    Clock, Dialect, Found, Inference, InputMapping, Offsets, Problem, Reading, RowKind, Schema, SchemaColumn,
    StatusKind, TimeLayout, UnitOf,
};
use crate::source::Opened;
use crate::source::error::{SourceError, shown};
use roles::Columns;

/// What was found out about inputs that are read together.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The same for all of them.
    pub schema: Schema,
    /// One per input, in their order.
    pub files: Vec<FileLayout>,
    /// What a reader should know.
    pub problems: Vec<Problem>,
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

/// Finds out what the columns of the inputs mean.
pub fn describe(opened: &[Opened], mapping: &InputMapping) -> Result<Description, SourceError> {
    let headers = opened.iter().map(dialect::read).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = headers.first() else {
        return Err(SourceError::Mapping { message: "no input was named".to_owned() });
    };
    let names = first.names.clone();
    let files = opened
        .iter()
        .zip(&headers)
        .map(|(input, header)| layout(input, header, &names, &opened[0].name))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = sample::rows(opened, &files);
    let facts = sample::facts(&rows, names.len());
    let words: Vec<names::Words> = names.iter().map(|name| names::words(name)).collect();
    let columns = Columns { names: &names, words: &words, facts: &facts };
    let said =
        |header: &Option<String>| header.as_ref().map(|header| said_column(&names, header)).transpose();
    let pick = |said: Option<usize>, inferred: &dyn Fn() -> Found| said.map_or_else(inferred, Found::At);

    let time = pick(said(&mapping.time.as_ref().map(|time| time.column.clone()))?, &|| columns.time());
    let service = pick(said(&mapping.service)?, &|| columns.service());
    let latency =
        pick(said(&mapping.latency.as_ref().map(|latency| latency.column.clone()))?, &|| columns.latency());
    let status =
        pick(said(&mapping.status.as_ref().map(|status| status.column.clone()))?, &|| columns.status());

    let mut inferred = Vec::new();
    let mut schema_columns = Vec::new();
    let mut clock = Clock::Naive;
    for (at, name) in names.iter().enumerate() {
        let facts = &facts[at];
        let zone =
            mapping.time.as_ref().and_then(|time| time.timezone.clone()).or_else(|| mapping.timezone.clone());
        let reading = if time.at() == Some(at) || facts.mostly_times() {
            let format = times::format(facts, name, zone.clone());
            if time.at() == Some(at) {
                clock = match (&format.layout, format.offsets, &format.zone) {
                    (TimeLayout::Epoch(_), ..) | (_, Offsets::Always, _) => {
                        Clock::Zoned(zone.unwrap_or_else(|| "UTC".to_owned()))
                    }
                    (_, Offsets::Never, Some(zone)) => Clock::Zoned(zone.clone()),
                    (_, Offsets::Never, None) => Clock::Naive,
                };
                if let (TimeLayout::YearLast(_), Some(seen), None) =
                    (&format.layout, &facts.day_first, &facts.month_first)
                {
                    inferred.push(Inference {
                        text: format!("{name} is day-first: {} on line {}", seen.text, seen.line),
                    });
                }
            }
            Reading::Time(format)
        } else if facts.mostly_numbers() {
            let unit = match words[at].unit {
                Some(unit) => UnitOf::Known(unit),
                None => UnitOf::Unknown,
            };
            let unit = match (&mapping.latency_unit, latency.at() == Some(at)) {
                (Some(unit), true) => UnitOf::Known(*unit),
                _ => unit,
            };
            Reading::Number { unit, digits: facts.digits }
        } else if facts.with_units * 2 > facts.filled {
            Reading::Number { unit: UnitOf::InCell, digits: 0 }
        } else {
            Reading::Text
        };
        schema_columns.push(SchemaColumn {
            name: name.clone(),
            reading,
            statistic: words[at].statistic.clone(),
            gauge: false,
        });
    }
    let schema = Schema {
        columns: schema_columns,
        rows_are: RowKind::Request,
        time,
        service,
        latency,
        status,
        status_kind: StatusKind::Words,
        counts: None,
        clock,
        inferred,
    };
    Ok(Description { schema, files, problems: Vec::new() })
}

/// The column that `input:` names.
fn said_column(names: &[String], header: &str) -> Result<usize, SourceError> {
    if let Some(at) = names.iter().position(|name| name == header.trim()) {
        return Ok(at);
    }
    let nearest = names.iter().max_by(|a, b| {
        let likeness = |name: &str| strsim::jaro_winkler(&names::folded(name), &names::folded(header));
        likeness(a).total_cmp(&likeness(b))
    });
    let hint = nearest.map_or(String::new(), |name| format!("; did you mean {name:?}?"));
    Err(SourceError::Mapping { message: format!("no column is called {header:?}{hint}") })
}

/// Where this file has the schema's columns.
fn layout(
    input: &Opened,
    header: &dialect::Header,
    names: &[String],
    first: &str,
) -> Result<FileLayout, SourceError> {
    let name = shown(&input.name);
    let missing = |column: &String| {
        SourceError::unclear(
            &name,
            None,
            format!(
                "it has no column {column:?}, which {} has; inputs of one run need the same columns",
                shown(first)
            ),
        )
    };
    let position = names
        .iter()
        .map(|column| header.names.iter().position(|own| own == column).ok_or_else(|| missing(column)))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(extra) = header.names.iter().find(|own| !names.contains(own)) {
        return Err(SourceError::unclear(
            &name,
            None,
            format!(
                "it has a column {extra:?}, which {} lacks; inputs of one run need the same columns",
                shown(first)
            ),
        ));
    }
    Ok(FileLayout { dialect: header.dialect, fields: header.names.len(), position })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;
    use crate::source::open::open_stream;

    #[test]
    fn a_plain_file() {
        let text = "timestamp,service_name,status,response_time_ms\n05-06-2025 07:56,a,success,446\n31-05-2025 09:36,b,failure,261\n";
        let opened =
            open_stream("data.csv", Box::new(std::io::Cursor::new(text.as_bytes().to_vec()))).unwrap();
        let description = describe(&[opened], &InputMapping::default()).unwrap();
        let schema = description.schema;
        assert_eq!(schema.time, Found::At(0));
        assert_eq!(schema.service, Found::At(1));
        assert_eq!(schema.status, Found::At(2));
        assert_eq!(schema.latency, Found::At(3));
        assert_eq!(schema.inferred[0].text, "timestamp is day-first: 31-05-2025 09:36 on line 3");
        assert_eq!(
            schema.columns[3].reading,
            Reading::Number { unit: UnitOf::Known(Unit::named("ms").unwrap()), digits: 0 }
        );
    }
}
