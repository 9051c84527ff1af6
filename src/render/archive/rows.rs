//! The rows behind results as tables, and the index of them.
//!
//! Invariant: what stands behind the first cells of a line, which tell where it is from, is the input's row to the byte.

use crate::model::display::{count, input};
use crate::model::{OffenderTable, Offenders, Report};
use crate::render::{clock_of, csv as results, moment};
use std::io::{self, Write};

/// The rows behind a result, with the files that they are in.
pub(super) struct Named<'a> {
    pub(super) offenders: &'a Offenders,
    /// One per header.
    pub(super) files: Vec<String>,
}

/// Gives every table of rows a name.
pub(super) fn named<'a>(report: &Report, rows: &'a [Offenders]) -> Vec<Named<'a>> {
    let name = |(at, offenders): (usize, &'a Offenders)| {
        let about = match offenders.result.and_then(|result| report.results.get(result)) {
            Some(result) => {
                let about = &result.about;
                let words: Vec<&str> = about
                    .group
                    .iter()
                    .map(|(_, value)| value.as_str())
                    .chain([about.indicator.as_str()])
                    .collect();
                super::slug(&words.join(" "))
            }
            None => "rejected".to_owned(),
        };
        let file = |table: usize| {
            let more = if table == 0 { String::new() } else { format!("-{}", table + 1) };
            format!("rows/{:04}-{about}{more}.csv", at + 1)
        };
        Named { offenders, files: (0..offenders.kept.len()).map(file).collect() }
    };
    rows.iter().enumerate().map(name).collect()
}

const INDEX: [&str; 16] = [
    "file",
    "agreement",
    "objective",
    "name",
    "group",
    "from",
    "to",
    "verdict",
    "reason",
    "explain",
    "rows_are",
    "shown",
    "rows_in_file",
    "rows_in_all",
    "bad",
    "result",
];

/// One row per file of rows, and one per result without any.
pub(super) fn index(report: &Report, rows: &[Named<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    writer.write_record(INDEX).map_err(results::why)?;
    for set in rows {
        let offenders = set.offenders;
        let rejected = rows.iter().find(|other| {
            other.offenders.result.is_none() && other.offenders.agreement == offenders.agreement
        });
        // Rejected rows are in one place for all results that wait for them.
        let kept = rejected.filter(|_| offenders.shared).unwrap_or(set);
        if kept.files.is_empty() {
            writer.write_record(record(report, offenders, "", 0)).map_err(results::why)?;
        }
        for (file, table) in kept.files.iter().zip(&kept.offenders.kept) {
            let rows = table.rows.len() as u64;
            writer.write_record(record(report, offenders, file, rows)).map_err(results::why)?;
        }
    }
    writer.flush()
}

fn record(report: &Report, offenders: &Offenders, file: &str, rows: u64) -> Vec<String> {
    let result = offenders.result.and_then(|result| report.results.get(result));
    let about = result.map(|result| &result.about);
    let clock = clock_of(report, offenders.agreement);
    let instant = |instant: Option<crate::model::Instant>| {
        instant.map(|instant| moment::machine(instant, clock)).unwrap_or_default()
    };
    let group = about.map(|about| {
        let labels = about.group.iter().map(|(column, value)| format!("{column}={value}"));
        labels.collect::<Vec<_>>().join(", ")
    });
    let agreement = report.agreements.get(offenders.agreement);
    [
        file.to_owned(),
        agreement.map(|agreement| agreement.name.clone()).unwrap_or_default(),
        about.map(|about| about.objective.clone()).unwrap_or_default(),
        about.and_then(|about| about.name.clone()).unwrap_or_default(),
        group.unwrap_or_default(),
        instant(result.and_then(|result| result.period.from)),
        instant(result.and_then(|result| result.period.to)),
        result.map(|result| result.verdict.word().to_owned()).unwrap_or_default(),
        result.and_then(|result| result.reason).map(|reason| reason.word().to_owned()).unwrap_or_default(),
        result.map(|result| result.explain.to_string()).unwrap_or_default(),
        offenders.are.clone(),
        shown(offenders, rows),
        rows.to_string(),
        offenders.rows.to_string(),
        result.and_then(|result| result.bad).map(|bad| bad.to_string()).unwrap_or_default(),
        about.map(|about| about.id.clone()).unwrap_or_default(),
    ]
    .iter()
    .map(|cell| results::safe(cell))
    .collect()
}

/// `all 246`, `the first 1,000 of 5,310`.
fn shown(offenders: &Offenders, rows: u64) -> String {
    let all = offenders.rows;
    let kept = if offenders.shared { rows } else { offenders.kept_rows() };
    match () {
        () if all == 0 => "none".to_owned(),
        () if kept == all && rows == all => format!("all {}", count(all)),
        () if kept == all => format!("{} of {}; the others have another header", count(rows), count(all)),
        () => format!("the first {} of {}", count(kept), count(all)),
    }
}

/// The rows with their input and line before them, under the header of that input.
pub(super) fn table(report: &Report, table: &OffenderTable, out: &mut dyn Write) -> io::Result<()> {
    let with_reasons = table.rows.iter().any(|row| row.why.is_some());
    let delimiter = char::from(table.delimiter);
    let cells = |first: &str, second: &str, third: &str| {
        let mut cells = vec![cell(first, delimiter), cell(second, delimiter)];
        if with_reasons {
            cells.push(cell(third, delimiter));
        }
        cells.push(String::new());
        cells.join(&delimiter.to_string())
    };
    let mut line = |before: String, raw: &[u8]| {
        out.write_all(before.as_bytes())?;
        out.write_all(raw)?;
        out.write_all(b"\n")
    };
    line(cells("input_file", "input_line", "reason"), &table.header)?;
    for row in &table.rows {
        let source = report.inputs.get(row.input).map_or("", |found| input(&found.source));
        let why = row.why.as_deref().unwrap_or_default();
        line(cells(source, &row.line.to_string(), why), &row.record)?;
    }
    Ok(())
}

/// A cell of ours.
fn cell(text: &str, delimiter: char) -> String {
    let text = results::safe(text);
    if text.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
