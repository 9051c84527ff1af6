//! What was recognised in an input, and why, for people: `sla inspect FILE`, and one line of it for `sla check`.
//!
//! Invariant: only the heads are looked at; where that is not everything, the text says so.

mod explicit;
mod head;
mod page;

use super::describe::{Study, Why, study};
use super::error::shown;
use super::{Compression, Description, Opened, SourceError};
use crate::model::{
    DateOrder, Dimension, Found, InputMapping, Offsets, Reading, RowKind, Schema, StatusKind, TimeFormat,
    TimeLayout, UnitOf, display,
};
use crate::plan::{StatusWords, digit};
use head::Seen;
use page::Page;

/// The text of `sla inspect`.
pub fn inspect(opened: &[Opened], mapping: &InputMapping) -> Result<String, SourceError> {
    let study = study(opened, mapping)?;
    let seen = head::look(opened, &study);
    let mut page = Page::default();
    files(&mut page, opened, &study);
    columns(&mut page, &study, mapping, &seen);
    rows(&mut page, &study, mapping, &seen);
    unsettled(&mut page, &study);
    page.title("the same, said explicitly");
    page.command(&explicit::command(opened, &study, mapping));
    Ok(page.text())
}

/// What was recognised, in one line, and in another what a row is; `noun` is what it is called, plural.
pub fn summary(description: &Description, noun: &str) -> Vec<String> {
    let schema = &description.schema;
    let mut parts = Vec::new();
    if let Some(file) = description.files.first() {
        parts.push(format!("{}-separated", delimiter(file.dialect.delimiter)));
    }
    for (part, found) in roles(schema) {
        let Some(at) = found.at() else {
            if matches!(found, Found::Ambiguous(_)) {
                parts.push(format!("{part} not settled"));
            }
            continue;
        };
        let column = &schema.columns[at];
        let detail = match &column.reading {
            Reading::Time(format) => format!(" ({})", time_kind(format)),
            Reading::Number { unit: UnitOf::Known(unit), .. } if !unit.name.is_empty() => {
                format!(" in {}", unit.name)
            }
            Reading::Number { unit: UnitOf::InCell, .. } => " with its unit in each cell".to_owned(),
            Reading::Number { .. } | Reading::Text => String::new(),
        };
        parts.push(if column.name == part {
            format!("{part}{detail}")
        } else {
            format!("{part} {}{detail}", column.name)
        });
    }
    let mut lines = vec![page::clean(&parts.join("; "))];
    // What else a row may stand for is among the inferences, with its columns.
    lines.extend((schema.rows_are == RowKind::Request).then(|| page::clean(&row_kind(schema, noun))));
    lines
}

fn roles(schema: &Schema) -> [(&'static str, &Found); 4] {
    [
        ("time", &schema.time),
        ("service", &schema.service),
        ("latency", &schema.latency),
        ("status", &schema.status),
    ]
}

fn row_kind(schema: &Schema, noun: &str) -> String {
    match schema.rows_are {
        RowKind::Request => format!("each row is one {}", display::singular(noun)),
        RowKind::Interval => "each row is a stretch of time with its counts".to_owned(),
        RowKind::Finished => "each row holds finished figures".to_owned(),
    }
}

fn delimiter(byte: u8) -> &'static str {
    match byte {
        b',' => "comma",
        b';' => "semicolon",
        b'\t' => "tab",
        _ => "bar",
    }
}

fn files(page: &mut Page, opened: &[Opened], study: &Study) {
    for ((input, layout), quoted) in opened.iter().zip(&study.description.files).zip(&study.quoted) {
        let dialect = layout.dialect;
        page.title(&shown(&input.name));
        page.line("delimiter", &format!("{}, {} fields", delimiter(dialect.delimiter), layout.fields));
        page.line("quoting", if *quoted { "double quotes" } else { "none among the first records" });
        page.line("header", &format!("line {}", dialect.header_lines));
        page.line("encoding", if dialect.bom { "UTF-8 with a byte order mark" } else { "UTF-8" });
        page.line("line ends", if dialect.crlf { "CR LF" } else { "LF" });
        page.line(
            "compression",
            if input.compression == Compression::None { "none" } else { input.compression.name() },
        );
    }
}

fn columns(page: &mut Page, study: &Study, mapping: &InputMapping, seen: &Seen) {
    let schema = &study.description.schema;
    page.title("columns");
    let entries: Vec<(String, String, String)> = schema
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let (part, why) = part_of(study, at);
            let proofs: Vec<&str> = study.said[at]
                .iter()
                .filter_map(|text| text.split_once(": "))
                .map(|(_, proof)| proof)
                .collect();
            let mut kind = kind(study, at);
            if !proofs.is_empty() {
                kind = format!("{kind} ({})", proofs.join("; "));
            }
            let mut about = vec![kind];
            if let Some(statistic) = &column.statistic {
                about.push(format!("finished {statistic} of each row"));
            }
            if column.gauge {
                about.push("a gauge".to_owned());
            }
            if part == "status" {
                about.push(match mapping.failed {
                    Some(_) => "what failed is said by a condition".to_owned(),
                    None => words(study, mapping, seen),
                });
            }
            about.extend(why);
            (column.name.clone(), part.to_owned(), about.join("; "))
        })
        .collect();
    page.columns(&entries);
}

/// The part that a column plays, and why.
fn part_of(study: &Study, at: usize) -> (&'static str, Option<String>) {
    let parts = &study.parts;
    let all = [
        ("time", &parts.time),
        ("service", &parts.service),
        ("latency", &parts.latency),
        ("status", &parts.status),
    ];
    let why = |part: &str, why: Why| match why {
        Why::Said => "as said".to_owned(),
        Why::Name => format!("{part} by its name"),
        Why::Values => format!("{part} by its values"),
        Why::Tool(tool) => format!("{part} as {tool} writes it"),
    };
    if let Some((part, (_, reason))) = all.into_iter().find(|(_, (found, _))| found.at() == Some(at)) {
        return (part, Some(why(part, *reason)));
    }
    match study.description.schema.counts {
        Some(counts) if counts.requests == at => ("requests", None),
        Some(counts) if counts.failures == Some(at) => ("failures", None),
        _ => ("", None),
    }
}

/// What the cells of a column are.
fn kind(study: &Study, at: usize) -> String {
    match &study.description.schema.columns[at].reading {
        Reading::Text => {
            let facts = &study.facts[at];
            let more = if facts.more_words { "more than " } else { "" };
            format!("text, {more}{} different", facts.words.len())
        }
        Reading::Time(format) => format!("times, {}", time_kind(format)),
        Reading::Number { unit: UnitOf::InCell, .. } => "numbers, each with its unit".to_owned(),
        Reading::Number { unit: UnitOf::Unknown, .. } => "numbers, nothing tells a unit".to_owned(),
        Reading::Number { .. } if is_http(study, at) => "HTTP codes".to_owned(),
        Reading::Number { unit: UnitOf::Known(unit), .. } => match unit.dimension {
            Dimension::Plain => "numbers".to_owned(),
            Dimension::Ratio if unit.name == "ratio" => "shares of 1".to_owned(),
            _ => format!("numbers in {}", unit.name),
        },
    }
}

fn is_http(study: &Study, at: usize) -> bool {
    study.parts.status.0.at() == Some(at) && study.parts.status_kind == StatusKind::Http
}

fn time_kind(format: &TimeFormat) -> String {
    let layout = match &format.layout {
        TimeLayout::YearFirst => "year first".to_owned(),
        TimeLayout::YearLast(DateOrder::DayFirst) => "day first".to_owned(),
        TimeLayout::YearLast(DateOrder::MonthFirst) => "month first".to_owned(),
        TimeLayout::YearLast(DateOrder::Unsettled(_)) => "day or month first is not settled".to_owned(),
        TimeLayout::Epoch(nanos) => return format!("{} since 1970", explicit::epoch_name(*nanos)),
        TimeLayout::Pattern(pattern) => format!("as {pattern}"),
    };
    match (&format.zone, format.offsets) {
        (Some(zone), _) => format!("{layout}, in {zone}"),
        (None, Offsets::Always) => format!("{layout}, with offsets"),
        (None, Offsets::Never) => format!("{layout}, no zone"),
    }
}

/// The words of the status column with what they mean.
fn words(study: &Study, mapping: &InputMapping, seen: &Seen) -> String {
    let kind = study.parts.status_kind;
    let words = StatusWords { map: mapping.status.clone().unwrap_or_default(), kind };
    let mut by_meaning: [Vec<&str>; 4] = Default::default();
    for word in seen.words.keys() {
        let slot = match words.digit(word.as_bytes()) {
            Some(digit::FALSE) => 0,
            Some(digit::TRUE) => 1,
            Some(digit::IGNORED) => 2,
            _ => 3,
        };
        by_meaning[slot].push(word);
    }
    let meanings = ["ok", "failed", "ignored", "unknown (say what they mean under `input: status:`)"];
    let mut told: Vec<String> = by_meaning
        .iter()
        .zip(meanings)
        .filter(|(words, _)| !words.is_empty())
        .map(|(words, meaning)| format!("{} {meaning}", words.join(", ")))
        .collect();
    if seen.blank_status > 0 {
        told.push(format!("{} blank", seen.blank_status));
    }
    told.join("; ")
}

fn rows(page: &mut Page, study: &Study, mapping: &InputMapping, seen: &Seen) {
    page.title(if seen.whole { "rows" } else { "rows (of the first mebibyte only)" });
    let schema = &study.description.schema;
    page.line("kind", study.rows.as_deref().unwrap_or(&row_kind(schema, "requests")));
    if let (Some((_, condition)), RowKind::Request) = (&mapping.failed, schema.rows_are) {
        page.line("failed", &format!("where {condition}, as said"));
    }
    if mapping.decimal_comma {
        page.line("decimals", "after a comma, as said");
    }
    page.line("rows", &page::thousands(seen.rows));
    if seen.ragged > 0 {
        page.line("ragged", &format!("{} with another number of fields", page::thousands(seen.ragged)));
    }
    for (label, time) in [("first", &seen.first), ("last", &seen.last)] {
        if let Some((_, text, line)) = time {
            page.line(label, &format!("{text} (line {line})"));
        }
    }
    if let Some(groups) = seen.groups {
        page.line("services", &page::thousands(groups));
    }
}

fn unsettled(page: &mut Page, study: &Study) {
    let schema = &study.description.schema;
    let mut messages: Vec<String> = roles(schema)
        .into_iter()
        .filter_map(|(_, found)| match found {
            Found::Ambiguous(message) => Some(message.clone()),
            Found::At(_) | Found::Absent => None,
        })
        .collect();
    for column in &schema.columns {
        if let Reading::Time(TimeFormat {
            layout: TimeLayout::YearLast(DateOrder::Unsettled(message)), ..
        }) = &column.reading
        {
            messages.push(message.clone());
        }
    }
    for (column, facts) in schema.columns.iter().zip(&study.facts) {
        if let (Reading::Number { .. }, Some(seen)) = (&column.reading, &facts.first_comma) {
            messages.push(format!(
                "{} has decimal commas ({} on line {}); say --decimal comma, or such rows are rejected",
                column.name, seen.text, seen.line
            ));
        }
    }
    messages.extend(study.description.problems.iter().map(|problem| problem.message.clone()));
    if !messages.is_empty() {
        page.title("not settled, or worth knowing");
        for message in &messages {
            page.paragraph(message);
        }
    }
}

#[cfg(test)]
mod tests;
