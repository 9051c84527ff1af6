//! The results of one agreement.

use super::super::caption::{self, Groups};
use super::super::clock_of;
use super::Page;
use super::grid::{self, Grid, Row};
use super::inputs::{self, rows};
use super::summary::counts_by_verdict;
use crate::model::{Clock, InputKind, Report, RuleResult, Verdict, display};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn lines(page: &mut Page, report: &Report, agreement: usize, shown: &[usize]) {
    let shown: Vec<&RuleResult> = of_agreement(report, shown, agreement);
    let all: Vec<&RuleResult> =
        report.results.iter().filter(|result| result.agreement == agreement).collect();
    page.blank();
    if let Some(about) = report.agreements.get(agreement).filter(|about| !about.built_in) {
        let file = about.origin.file.as_ref().map_or(String::new(), |file| format!(" ({})", file.display()));
        page.wrapped(&format!("{}{file}", about.name), 0, 2);
    }
    for input in report.inputs.iter().filter(|input| input.agreement == agreement) {
        for excluded in input.excluded.iter().filter(|excluded| excluded.rows > 0) {
            page.wrapped(
                &format!(
                    "{}: {} left out by {}",
                    display::input(&input.source),
                    rows(excluded.rows),
                    excluded.clause
                ),
                2,
                2,
            );
        }
    }
    let clock = clock_of(report, agreement);
    if matches!(clock, Clock::Zoned(_)) && all.iter().any(|result| caption::has_days(result)) {
        page.wrapped("days in UTC", 2, 2);
    }
    if !shown.is_empty() {
        let groups = Groups::new(&all);
        let row = |result: &&RuleResult| Row::new(result, clock, &groups);
        let grid = Grid::new(shown.iter().map(row), &groups, page.options.width);
        page.line(&grid.header());
        let mut said = BTreeSet::new();
        for result in &shown {
            for line in grid.lines(&row(result), page.options.colour) {
                page.line(&line);
            }
            for (sentence, repeats) in sentences(result) {
                if said.insert(sentence.clone()) || repeats == Repeats::Always {
                    page.wrapped(&sentence, grid::INDENT, 6);
                }
            }
        }
    }
    if all.is_empty() {
        let mut inputs = report.inputs.iter().filter(|input| input.agreement == agreement).peekable();
        let has_rows = inputs.peek().is_some_and(|input| input.kind == InputKind::Rows);
        let is_empty = inputs.peek().is_some() && inputs.all(|input| inputs::is_empty(report, input));
        page.line(match (is_empty, has_rows) {
            (true, true) => "nothing to check: the data has no rows",
            (true, false) => "nothing to check: no series has a sample in this time",
            (false, _) => "could not be checked",
        });
    }
    rest(page, &all, &shown);
}

/// Whether a sentence is said again below another row of the same agreement.
#[derive(Clone, Copy, PartialEq)]
enum Repeats {
    /// The counts of this result.
    Always,
    /// A definition, or a reason that many results share.
    Once,
}

/// What a reader should know about a result beyond its row.
fn sentences(result: &RuleResult) -> Vec<(String, Repeats)> {
    let mut sentences = Vec::new();
    if result.verdict != Verdict::Met && !result.explain.is_empty() {
        // A name stands in the row instead of what was promised.
        let promise =
            result.about.name.as_ref().map_or(String::new(), |_| format!("{}: ", result.about.objective));
        let repeats = if result.verdict == Verdict::Undecided { Repeats::Once } else { Repeats::Always };
        sentences.push((format!("{promise}{}", result.explain), repeats));
    }
    sentences.extend(result.notes.iter().map(|note| (note.clone(), Repeats::Once)));
    if result.verdict == Verdict::Breached {
        sentences.extend(
            result.about.runbook.as_ref().map(|runbook| (format!("runbook: {runbook}"), Repeats::Once)),
        );
    }
    sentences
}

/// Results without a row of their own, counted by objective.
fn rest(page: &mut Page, all: &[&RuleResult], shown: &[&RuleResult]) {
    let seen: BTreeSet<*const RuleResult> = shown.iter().map(|result| std::ptr::from_ref(*result)).collect();
    let mut hidden: BTreeMap<usize, Vec<&RuleResult>> = BTreeMap::new();
    for result in all.iter().filter(|result| !seen.contains(&std::ptr::from_ref(**result))) {
        hidden.entry(result.objective_idx).or_default().push(result);
    }
    if hidden.is_empty() {
        return;
    }
    page.line(if shown.is_empty() {
        "results by objective (--all shows each):"
    } else {
        "and more (--all shows each):"
    });
    for results in hidden.values() {
        let one_text = results.iter().all(|result| result.about.objective == results[0].about.objective);
        let objective = if one_text { &results[0].about.objective } else { &results[0].about.indicator };
        page.wrapped(
            &format!("{}: {}", objective, counts_by_verdict(results.iter().map(|r| r.verdict))),
            2,
            3,
        );
    }
}

fn of_agreement<'a>(report: &'a Report, shown: &[usize], agreement: usize) -> Vec<&'a RuleResult> {
    shown.iter().map(|index| &report.results[*index]).filter(|result| result.agreement == agreement).collect()
}
