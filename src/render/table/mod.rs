//! The report for people: what was checked, the results with the worst first, what was wrong with the input, and the
//! verdict in one last line.
//!
//! Invariant: everything can be read without colour; the verdict is a word.

mod choice;
mod grid;
mod inputs;
mod problems;
mod section;
mod summary;
#[cfg(test)]
mod tests;

pub(super) use grid::coloured;

use super::text::{visible, wrap};
use super::{Colour, worst};
use crate::model::Report;
use std::io::{self, Write};

/// How a report is shown.
#[derive(Clone, Debug)]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to colour verdicts.
    pub colour: Colour,
    /// How much to show.
    pub detail: Detail,
    /// Lines to print first: where the rules were found.
    pub preface: Vec<String>,
}

/// How much to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Of many results the worst; the rest are counted.
    #[default]
    Worst,
    /// Each result and each problem.
    All,
}

impl Default for Options {
    fn default() -> Self {
        Options { width: 80, colour: Colour::Never, detail: Detail::Worst, preface: Vec::new() }
    }
}

/// The report as text, with a line end.
pub fn render(report: &Report, options: &Options) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = write(report, options, &mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes the report line by line: of a million results it is never whole in memory.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, options, end: End::Nothing, written: Ok(()) };
    if report.agreements.iter().any(|agreement| agreement.built_in) {
        page.line("no agreement found; example targets, not your SLA");
        page.line("(`sla init DATA` proposes a first agreement of your own)");
    }
    for line in &options.preface {
        page.line(line);
    }
    inputs::lines(&mut page, report);
    let shown = choice::results(report, options.detail);
    for agreement in worst::agreements(report) {
        section::lines(&mut page, report, agreement, &shown);
    }
    problems::lines(&mut page, report);
    page.blank();
    page.line(&summary::line(report, options.colour));
    page.written
}

/// The verdict in one line: `1 breached, 11 met; 10,000 rows read, 1 rejected`.
pub(super) fn summary_line(report: &Report) -> String {
    summary::line(report, Colour::Never)
}

/// Every line goes through here.
struct Page<'a> {
    out: &'a mut dyn Write,
    options: &'a Options,
    end: End,
    /// The first thing that went wrong; nothing is written after it.
    written: io::Result<()>,
}

/// What was written last.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Nothing,
    Line,
    Blank,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        let line = line.trim_end();
        if self.written.is_ok() {
            self.written = writeln!(self.out, "{line}");
        }
        self.end = if line.is_empty() { End::Blank } else { End::Line };
    }

    fn blank(&mut self) {
        if self.end == End::Line {
            self.line("");
        }
    }

    /// A sentence, wrapped, every line after so many spaces.
    fn wrapped(&mut self, sentence: &str, indent: usize, most: usize) {
        for line in wrap(&visible(sentence), self.options.width.saturating_sub(indent).max(20), most) {
            self.line(&format!("{}{line}", " ".repeat(indent)));
        }
    }
}
