//! Rows, and the ways to write them that must not matter.

use std::fmt::Write;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Seconds after the start of a day.
    pub(crate) second: i64,
    /// Index into [`SERVICES`].
    pub(crate) service: usize,
    /// Index into [`REGIONS`].
    pub(crate) region: Option<usize>,
    /// Whether it succeeded.
    pub(crate) status: Option<bool>,
    /// In hundredths of a millisecond.
    pub(crate) latency: Option<i64>,
}

pub(crate) const SERVICES: [&str; 3] = ["api", "web", "x, y"];
pub(crate) const REGIONS: [&str; 2] = ["eu", "us"];
/// 2025-06-01T00:00, in seconds after 1970.
pub(crate) const START: i64 = 1_748_736_000;
/// A row that any reader must reject: it lacks a field.
pub(crate) const MALFORMED: &str = "2025-06-01T00:00:01,api,eu,ok\n";

/// With so many good rows a malformed one does not put the file as a whole in doubt.
pub(crate) const ROBUST: usize = 25;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    /// Every cell in quotes.
    Quoted,
    /// Lines end with CR LF.
    Crlf,
    /// Latencies in seconds.
    Seconds,
    /// One more column, in the middle.
    Wider,
    /// Every row twice.
    Twice,
}

/// The file.
pub(crate) fn csv(rows: &[Row], style: Style) -> String {
    let latency = if style == Style::Seconds { "latency_s" } else { "latency_ms" };
    let mut header = vec!["timestamp", "service", "region", "status", latency];
    if style == Style::Wider {
        header.insert(2, "note");
    }
    let mut text = String::new();
    line(&mut text, &header, style);
    for row in rows {
        let time = time(row.second);
        let latency = row.latency.map_or(String::new(), |latency| match style {
            Style::Seconds => format!("{}.{:05}", latency / 100_000, latency % 100_000),
            _ => format!("{}.{:02}", latency / 100, latency % 100),
        });
        let status = row.status.map_or("", |ok| if ok { "ok" } else { "failure" });
        let region = row.region.map_or("", |region| REGIONS[region]);
        let mut cells = vec![time.as_str(), SERVICES[row.service], region, status, latency.as_str()];
        if style == Style::Wider {
            cells.insert(2, "something, \"else\"");
        }
        for _ in 0..if style == Style::Twice { 2 } else { 1 } {
            line(&mut text, &cells, style);
        }
    }
    text
}

fn line(text: &mut String, cells: &[&str], style: Style) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if style == Style::Quoted || cell.contains([',', '"']) {
            write!(text, "\"{}\"", cell.replace('"', "\"\"")).unwrap();
        } else {
            text.push_str(cell);
        }
    }
    text.push_str(if style == Style::Crlf { "\r\n" } else { "\n" });
}

fn time(second: i64) -> String {
    let (day, rest) = (1 + second / 86_400, second % 86_400);
    format!("2025-06-{day:02}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}
