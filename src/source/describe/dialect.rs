//! How fields are told apart, and the header.

use super::records::Records;
use crate::model::Dialect;
use crate::model::display::counted;
use crate::source::Opened;
use crate::source::cell::{DecimalMark, decimal, time};
use crate::source::error::{SourceError, shown};
use std::collections::BTreeSet;

/// Delimiters that are recognised.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that are looked at to tell them apart.
const PROBED: usize = 200;

/// The header of one file.
pub(super) struct Header {
    /// How its fields are told apart.
    pub dialect: Dialect,
    /// Its names, without the spaces around them.
    pub names: Vec<String>,
    /// Whether anything among the first records was quoted.
    pub quoted: bool,
}

/// Reads the header of an input; names the delimiter by what header and records agree on.
pub(super) fn read(opened: &Opened) -> Result<Header, SourceError> {
    let name = shown(&opened.name);
    let bom = opened.head.starts_with(b"\xEF\xBB\xBF");
    let start = if bom { 3 } else { 0 };
    let (start, line, told) = told_delimiter(&opened.head, start);
    let delimiter = match told {
        Some(delimiter) => delimiter,
        None => delimiter_of(opened, &name, start, line)?,
    };
    let mut records = Records::new(&opened.head, start, line, delimiter);
    let Some(record) = records.next() else { return Err(SourceError::Empty { name }) };
    if !record.ended && !opened.whole {
        return Err(SourceError::unclear(
            &name,
            Some(record.line),
            "the header line does not end within a mebibyte",
        ));
    }
    let quotes = memchr::memchr_iter(b'"', &opened.head[start..records.position().0]).count();
    if !record.ended && quotes % 2 == 1 {
        return Err(SourceError::unclear(
            &name,
            Some(record.line),
            "the header opens a quote that nothing closes; mend the quoting",
        ));
    }
    if record.fields.iter().any(|field| field.contains(&b'\r')) {
        let message = "lines end with CR alone; convert it: tr '\\r' '\\n' < OLD.csv > NEW.csv";
        return Err(SourceError::unclear(&name, None, message));
    }
    let (body, next_line) = records.position();
    let names: Vec<String> =
        record.fields.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect();
    check_names(&name, record.line, &names)?;
    let ends = memchr::memchr(b'\n', &opened.head[start..]);
    let crlf = ends.is_some_and(|at| at > 0 && opened.head[start + at - 1] == b'\r');
    let quoted = record.quoted || records.take(PROBED).any(|record| record.quoted);
    let dialect = Dialect { delimiter, crlf, bom, body: body as u64, header_lines: next_line - 1 };
    Ok(Header { dialect, names, quoted })
}

/// The header record of an input, as it is, with its line end if it has one.
pub(in crate::source) fn header<'a>(head: &'a [u8], dialect: &Dialect) -> &'a [u8] {
    let (start, ..) = told_delimiter(head, if dialect.bom { 3 } else { 0 });
    let body = usize::try_from(dialect.body).unwrap_or(usize::MAX).min(head.len());
    head.get(start..body).unwrap_or_default()
}

/// Excel's first line `sep=;`.
fn told_delimiter(head: &[u8], start: usize) -> (usize, u64, Option<u8>) {
    match &head[start..] {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter, rest @ ..]
            if DELIMITERS.contains(delimiter) =>
        {
            match rest {
                [b'\r', b'\n', ..] => (start + 7, 2, Some(*delimiter)),
                [b'\n', ..] => (start + 6, 2, Some(*delimiter)),
                _ => (start, 1, None),
            }
        }
        _ => (start, 1, None),
    }
}

/// How the first records look under one delimiter.
struct Fit {
    delimiter: u8,
    /// Fields of the header.
    fields: usize,
    /// Records with as many.
    same: usize,
    /// Records looked at.
    records: usize,
    /// The first record with another number of fields: its line and the number.
    other: Option<(u64, usize)>,
}

fn fit(opened: &Opened, start: usize, line: u64, delimiter: u8) -> Option<Fit> {
    let mut records = Records::new(&opened.head, start, line, delimiter);
    let fields = records.next()?.fields.len();
    let mut fit = Fit { delimiter, fields, same: 0, records: 0, other: None };
    for record in records.take(PROBED) {
        if !record.ended && !opened.whole {
            break;
        }
        fit.records += 1;
        if record.fields.len() == fields {
            fit.same += 1;
        } else if fit.other.is_none() {
            fit.other = Some((record.line, record.fields.len()));
        }
    }
    Some(fit)
}

fn delimiter_of(opened: &Opened, name: &str, start: usize, line: u64) -> Result<u8, SourceError> {
    let fits: Vec<Fit> =
        DELIMITERS.iter().filter_map(|delimiter| fit(opened, start, line, *delimiter)).collect();
    let in_header: Vec<&Fit> = fits.iter().filter(|fit| fit.fields > 1).collect();
    // Most records must have as many fields as the header: single ragged ones are the scanner's to reject.
    let mut fitting: Vec<&Fit> =
        in_header.iter().copied().filter(|fit| fit.same * 2 > fit.records || fit.records == 0).collect();
    if fitting.len() > 1 {
        let best = fitting.iter().map(|fit| (fit.same == fit.records, fit.fields)).max();
        fitting.retain(|fit| Some((fit.same == fit.records, fit.fields)) == best);
    }
    match (fitting.as_slice(), in_header.as_slice()) {
        ([one], _) => Ok(one.delimiter),
        ([one, two, ..], _) => Err(SourceError::unclear(
            name,
            Some(line),
            format!(
                "fields may be separated by {} or by {}; write `sep={}` as the first line to settle it",
                called(one.delimiter),
                called(two.delimiter),
                char::from(one.delimiter)
            ),
        )),
        ([], [ragged, ..]) => {
            let (at, fields) = ragged.other.unwrap_or((line, ragged.fields));
            Err(SourceError::unclear(
                name,
                Some(at),
                format!(
                    "{} where the header has {}, separated by {}; quote fields that contain it, decimal commas too",
                    counted(fields as u64, "fields"),
                    ragged.fields,
                    called(ragged.delimiter)
                ),
            ))
        }
        ([], []) => single_column(&fits, name),
    }
}

/// A single column is fine where no delimiter runs through the rows.
fn single_column(fits: &[Fit], name: &str) -> Result<u8, SourceError> {
    let torn = fits.iter().find(|fit| fit.records > 0 && fit.same * 2 <= fit.records);
    match torn.and_then(|fit| Some((fit, fit.other?))) {
        Some((fit, (at, fields))) => Err(SourceError::unclear(
            name,
            Some(at),
            format!(
                "{fields} fields separated by {}, but the header names one column; the first line must name every \
                 column",
                called(fit.delimiter)
            ),
        )),
        None => Ok(b','),
    }
}

/// A delimiter as messages name it.
pub(super) fn called(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "comma",
        b';' => "semicolon",
        b'\t' => "tab",
        _ => "|",
    }
}

fn check_names(name: &str, line: u64, names: &[String]) -> Result<(), SourceError> {
    let data = names.iter().find(|cell| time::look(cell.as_bytes()).is_some());
    let number = |cell: &String| decimal(cell.as_bytes(), DecimalMark::Point).is_ok();
    let numbers = names.iter().all(number).then(|| names.first()).flatten();
    if let Some(cell) = data.or(numbers) {
        return Err(SourceError::unclear(
            name,
            Some(line),
            format!(
                "the first line looks like data ({cell}), not like a header; put a line with the column names first"
            ),
        ));
    }
    let mut seen = BTreeSet::new();
    match names.iter().find(|column| !seen.insert(column.as_str())) {
        Some(twice) => Err(SourceError::unclear(
            name,
            Some(line),
            format!("the header names the column {twice:?} twice; rename one of them"),
        )),
        None => Ok(()),
    }
}
