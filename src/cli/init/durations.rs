//! Durations that stand in no column, because they lie between two times: a ticket and its answer, a job and its end.

use crate::model::{Clock, ColumnMapping, OpenEnd, Reading, RowKind, Schema, TimeColumn};

/// As many are proposed.
const MOST: usize = 3;
/// Words of headers at which something begins.
const STARTS: [&str; 18] = [
    "created",
    "opened",
    "open",
    "start",
    "started",
    "begin",
    "began",
    "received",
    "reported",
    "requested",
    "request",
    "submitted",
    "scheduled",
    "planned",
    "queued",
    "ordered",
    "raised",
    "arrived",
];
/// Words of headers at which something has come to an end.
const ENDS: [&str; 22] = [
    "replied",
    "reply",
    "answered",
    "responded",
    "response",
    "acknowledged",
    "resolved",
    "closed",
    "end",
    "ended",
    "finish",
    "finished",
    "complete",
    "completed",
    "done",
    "delivered",
    "shipped",
    "processed",
    "solved",
    "fixed",
    "restored",
    "stopped",
];
/// Words that say no more than that a column holds times.
const TIMES: [&str; 7] = ["at", "time", "date", "on", "ts", "timestamp", "utc"];

/// The time from one column to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Duration {
    /// What the rules call it: `until_replied`.
    pub(super) name: String,
    pub(super) from: String,
    pub(super) to: String,
    /// The zone of times that name none: an end that is still open needs one to be held against the present.
    pub(super) zone: Option<String>,
}

/// The durations that the headers of the data's times tell of; `zone` is the one that was said.
pub(super) fn between(schema: &Schema, zone: Option<&str>) -> Vec<Duration> {
    if schema.rows_are != RowKind::Request {
        return Vec::new();
    }
    let zone = (schema.clock == Clock::Naive || zone.is_some()).then(|| zone.unwrap_or("UTC").to_owned());
    let times: Vec<(usize, &str, Vec<String>)> = schema
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| matches!(column.reading, Reading::Time(_)))
        .map(|(at, column)| (at, column.name.as_str(), words(&column.name)))
        .collect();
    let has = |words: &[String], known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let is_end = |words: &[String]| has(words, &ENDS);
    let mut starts = times.iter().filter(|(_, _, words)| has(words, &STARTS) && !is_end(words));
    let start = match (starts.next(), starts.next()) {
        (Some(only), None) => only,
        // Of several, and of none, the one that is the time of the rows.
        _ => match times.iter().find(|(at, _, words)| schema.time.at() == Some(*at) && !is_end(words)) {
            Some(of_rows) => of_rows,
            None => return Vec::new(),
        },
    };
    let ends = times.iter().filter(|(at, _, words)| *at != start.0 && is_end(words));
    let named = ends.filter_map(|(_, to, words)| {
        let words: Vec<&str> =
            words.iter().map(String::as_str).filter(|word| !TIMES.contains(word)).collect();
        let name = format!("until_{}", words.join("_"));
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_plain.then(|| Duration {
            name,
            from: start.1.to_owned(),
            to: (*to).to_owned(),
            zone: zone.clone(),
        })
    });
    named.take(MOST).collect()
}

impl Duration {
    /// As `input: columns:` has it.
    pub(super) fn mapping(&self) -> (String, ColumnMapping) {
        let column =
            |name: &str| TimeColumn { column: name.to_owned(), format: None, timezone: self.zone.clone() };
        let (from, to) = (column(&self.from), column(&self.to));
        (self.name.clone(), ColumnMapping::Between { from, to, open: OpenEnd::Now })
    }
}

/// The words of a header in small letters: `repliedAt` is `replied`, `at`.
fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for next in header.chars() {
        let begins = next.is_uppercase() && previous.is_lowercase();
        if next.is_alphanumeric() {
            if begins || !previous.is_alphanumeric() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(next.to_lowercase());
            }
        }
        previous = next;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::InputMapping;
    use std::io::Write;

    /// What is found in data with these headers, a time in each column.
    fn found(headers: &str) -> Vec<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let row = vec!["2025-06-01T10:00:00"; headers.split(',').count()].join(",");
        write!(file, "{headers}\n{row}\n{row}\n").unwrap();
        let opened = vec![crate::source::open(file.path().to_str().unwrap()).unwrap()];
        let schema = crate::source::describe(&opened, &InputMapping::default()).unwrap().schema;
        let shown = |one: Duration| format!("{}: {} to {}", one.name, one.from, one.to);
        between(&schema, None).into_iter().map(shown).collect()
    }

    #[test]
    fn by_their_headers() {
        let check = |headers: &str, expected: &[&str]| assert_eq!(found(headers), expected, "{headers}");
        check("created_at,replied_at", &["until_replied: created_at to replied_at"]);
        check(
            "openedAt,firstReplyAt,closedAt",
            &["until_first_reply: openedAt to firstReplyAt", "until_closed: openedAt to closedAt"],
        );
        check("end_time,start_time", &["until_end: start_time to end_time"]);
        check("timestamp,resolved", &["until_resolved: timestamp to resolved"]);
        check("created_at,updated_at", &[]);
        check("created_at", &[]);
    }
}
