//! What stands in the heads: rows, first and last time, services, status words.

use crate::model::{Instant, Reading};
use crate::plan::is_blank;
use crate::source::Opened;
use crate::source::cell::{ReadTime, TimeReader};
use crate::source::describe::{Records, Study};
use std::collections::{BTreeMap, HashSet};

/// Status words that are told apart at most.
const WORDS: usize = 50;

/// What was seen in the heads of all inputs.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Whether the heads are everything.
    pub(super) whole: bool,
    pub(super) rows: u64,
    /// Rows with another number of fields.
    pub(super) ragged: u64,
    /// The earliest time, as written, with its line.
    pub(super) first: Option<(Instant, String, u64)>,
    /// The latest.
    pub(super) last: Option<(Instant, String, u64)>,
    /// How many services; `None` without that column.
    pub(super) groups: Option<u64>,
    /// Status words and how often they occur.
    pub(super) words: BTreeMap<String, u64>,
    pub(super) blank_status: u64,
}

pub(super) fn look(opened: &[Opened], study: &Study) -> Seen {
    let schema = &study.description.schema;
    let mut seen = Seen { whole: true, ..Seen::default() };
    let mut services: HashSet<Vec<u8>> = HashSet::new();
    let reader = schema.time.at().and_then(|at| match &schema.columns[at].reading {
        Reading::Time(format) => TimeReader::new(format).ok(),
        Reading::Text | Reading::Number { .. } => None,
    });
    for (input, layout) in opened.iter().zip(&study.description.files) {
        seen.whole &= input.whole;
        let dialect = layout.dialect;
        let start = usize::try_from(dialect.body).unwrap_or(usize::MAX).min(input.head.len());
        for record in Records::new(&input.head, start, dialect.header_lines + 1, dialect.delimiter) {
            if !record.ended && !input.whole {
                break;
            }
            seen.rows += 1;
            if record.fields.len() != layout.fields {
                seen.ragged += 1;
                continue;
            }
            let cell = |at: Option<usize>| at.map(|at| &*record.fields[layout.position[at]]);
            if let (Some(reader), Some(time)) = (&reader, cell(schema.time.at())) {
                seen.time(reader, time, record.line);
            }
            if let Some(service) = cell(schema.service.at())
                && !services.contains(service)
            {
                services.insert(service.to_vec());
            }
            if let Some(status) = cell(schema.status.at()) {
                seen.status(status);
            }
        }
    }
    seen.groups = schema.service.at().map(|_| services.len() as u64);
    seen
}

impl Seen {
    fn time(&mut self, reader: &TimeReader, cell: &[u8], line: u64) {
        let Ok(ReadTime::At(instant)) = reader.read(cell) else { return };
        let found = || Some((instant, String::from_utf8_lossy(cell.trim_ascii()).into_owned(), line));
        if self.first.as_ref().is_none_or(|(first, ..)| instant < *first) {
            self.first = found();
        }
        if self.last.as_ref().is_none_or(|(last, ..)| instant > *last) {
            self.last = found();
        }
    }

    fn status(&mut self, cell: &[u8]) {
        if is_blank(cell) {
            self.blank_status += 1;
            return;
        }
        let word = String::from_utf8_lossy(cell.trim_ascii());
        if let Some(count) = self.words.get_mut(word.as_ref()) {
            *count += 1;
        } else if self.words.len() < WORDS {
            self.words.insert(word.into_owned(), 1);
        }
    }
}
