//! The verdict in one last line.

use super::super::Colour;
use super::grid;
use super::inputs::{distinct_sources, rows};
use crate::model::{InputSummary, Report, Verdict, display};
use std::collections::BTreeMap;
use std::fmt::Write;

/// `1 breached, 11 met; 10,000 rows read, 1 rejected`.
pub(super) fn line(report: &Report, colour: Colour) -> String {
    let verdicts = report.results.iter().map(|result| result.verdict);
    let counts = counts_by_verdict(verdicts);
    let sources = distinct_sources(report);
    // Agreements may leave out and reject different rows of one input: the most of any is told.
    let most = |source: &InputSummary, of: fn(&InputSummary) -> u64| {
        report.inputs.iter().filter(|input| input.source == source.source).map(of).max().unwrap_or(0)
    };
    let total = |of: fn(&InputSummary) -> u64| sources.iter().map(|input| most(input, of)).sum::<u64>();
    let unchecked = (0..report.agreements.len()).filter(|agreement| is_unchecked(report, *agreement)).count();
    let counts = match (counts.is_empty(), unchecked) {
        (true, _) => "undecided: nothing could be checked".to_owned(),
        (false, 0) => counts,
        (false, some) => {
            let unchecked = format!("{} could not be checked", display::counted(some as u64, "agreements"));
            // The worst comes first.
            if report.verdict == Verdict::Breached {
                format!("{counts}; {unchecked}")
            } else {
                format!("undecided: {unchecked}; {counts}")
            }
        }
    };
    let mut line = grid::coloured(report.verdict, &counts, colour);
    let _ = write!(line, "; {} read", rows(total(|input| input.rows)));
    for (count, word) in [
        (total(|input| input.excluded.iter().map(|excluded| excluded.rows).sum()), "left out"),
        (total(|input| input.rejected), "rejected"),
    ] {
        if count > 0 {
            let _ = write!(line, ", {} {word}", display::count(count));
        }
    }
    line
}

/// Whether there is not a single result: its data could not be read, or lacks all that the example needs.
fn is_unchecked(report: &Report, agreement: usize) -> bool {
    !report.results.iter().any(|result| result.agreement == agreement)
}

pub(super) fn counts_by_verdict(verdicts: impl Iterator<Item = Verdict>) -> String {
    let mut counts: BTreeMap<std::cmp::Reverse<Verdict>, u64> = BTreeMap::new();
    for verdict in verdicts {
        *counts.entry(std::cmp::Reverse(verdict)).or_default() += 1;
    }
    let counts =
        counts.iter().map(|(verdict, count)| format!("{} {}", display::count(*count), verdict.0.word()));
    counts.collect::<Vec<_>>().join(", ")
}
