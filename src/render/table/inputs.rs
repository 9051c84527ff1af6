//! What was read, above the results.

use super::super::moment;
use super::super::text::width;
use super::Page;
use crate::model::{InputKind, InputSummary, Problem, Report, Severity, display};
use std::collections::BTreeSet;

/// What was read, and what was taken from it.
pub(super) fn lines(page: &mut Page, report: &Report) {
    let sources = distinct_sources(report);
    let span = |input: &InputSummary| {
        input.span.map_or(String::new(), |(first, last)| {
            let zone = moment::zone(&input.clock).map_or(String::new(), |zone| format!(" {zone}"));
            let (from, to) = (moment::human(first, &input.clock), moment::human(last, &input.clock));
            if first == last { format!("at {from}{zone}") } else { format!("{from} to {to}{zone}") }
        })
    };
    let mut told = |what: String, span: String| {
        // Beside it, or below: times are not torn apart.
        let fits = width(&what) + width(&span) + 2 <= page.options.width;
        if fits && !span.is_empty() {
            page.wrapped(&format!("{what}, {span}"), 0, 4);
        } else {
            page.wrapped(&what, 0, 4);
            page.wrapped(&span, 2, 4);
        }
    };
    if sources.len() <= 3 {
        for input in &sources {
            let rows = match &input.kind {
                InputKind::Rows if is_empty(report, input) => "no rows below the header".to_owned(),
                InputKind::Server(_) | InputKind::Saved if is_empty(report, input) => {
                    "no samples of any series".to_owned()
                }
                _ => rows(input.rows),
            };
            // A name of sla.yaml, and what is behind it.
            let name = match &input.kind {
                InputKind::Server(address) if *address != input.source => {
                    format!("{} ({address})", input.source)
                }
                _ => display::input(&input.source).to_owned(),
            };
            told(format!("{name}: {rows}"), span(input));
        }
    } else {
        let total = sources.iter().map(|input| input.rows).sum();
        let all = sources.iter().filter_map(|input| input.span.map(|span| (span, *input)));
        let bounds = all.reduce(|(a, input), (b, _)| ((a.0.min(b.0), a.1.max(b.1)), input));
        let reach = bounds.map_or(String::new(), |(span_of_all, input)| {
            span(&InputSummary { span: Some(span_of_all), ..input.clone() })
        });
        let names = format!(
            "{} files, {} to {}",
            sources.len(),
            sources[0].source,
            sources[sources.len() - 1].source
        );
        told(format!("{names}: {}", rows(total)), reach);
    }
    let mut said = BTreeSet::new();
    let inferred: Vec<&str> = report
        .inputs
        .iter()
        .flat_map(|input| &input.inferred)
        .filter(|text| said.insert(*text))
        .map(String::as_str)
        .collect();
    page.wrapped(&inferred.join("; "), 2, 6);
}

/// Whether an input has a header and nothing else; one that could not be read may hold more.
pub(super) fn is_empty(report: &Report, input: &InputSummary) -> bool {
    let is_doubted = |problem: &Problem| {
        problem.severity == Severity::Error
            && problem.source.as_ref().is_none_or(|source| *source == input.source)
    };
    input.rows == 0 && !report.problems.iter().any(is_doubted)
}

/// `1 row`, `10,001 rows`.
pub(super) fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{} rows", display::count(count)) }
}

/// Every input once, although several agreements may have read it.
pub(super) fn distinct_sources(report: &Report) -> Vec<&InputSummary> {
    let mut seen = BTreeSet::new();
    report.inputs.iter().filter(|input| seen.insert(&input.source)).collect()
}
