//! An agreement in plain sentences, for `sla rules explain`: what each objective means, with a worked example in
//! numbers of that very target, and the definitions behind the words.
//!
//! Called by `cli`. Invariant: pure; at most 80 columns wherever the user's own words allow.

mod columns;
mod definitions;
mod meaning;
mod numbers;
mod page;
#[cfg(test)]
mod tests;

use super::compile::has_times_of_day;
use crate::model::{Agreement, Column, Missing, NANOS, Nanos, NoData, Objective, Period};
use numbers::{grouped, length};
use page::Page;

const DAY: Nanos = 86_400 * NANOS;

/// The agreement as text, ready to print.
pub fn explain(agreement: &Agreement) -> String {
    let mut page = Page::default();
    page.line(&agreement.name);
    if let Some(file) = &agreement.origin.file {
        page.text(2, &file.display().to_string());
    }
    if let Some(description) = &agreement.description {
        page.text(2, description);
    }
    if let Some(owner) = &agreement.owner {
        page.text(2, &format!("owner: {owner}"));
    }
    page.gap();
    scope(&mut page, agreement);
    for (position, objective) in agreement.objectives.iter().enumerate() {
        page.gap();
        one(&mut page, position + 1, objective, agreement);
    }
    let columns = columns::of(&agreement.input);
    if !columns.is_empty() {
        page.gap();
        page.line("Columns");
        for column in &columns {
            page.item(column);
        }
    }
    page.gap();
    page.line("Definitions");
    for definition in definitions::of(agreement) {
        page.item(&definition);
    }
    page.out
}

/// Who gets a verdict, when, over which rows.
fn scope(page: &mut Page, agreement: &Agreement) {
    let noun = &agreement.noun;
    page.text(2, &format!("One verdict per objective {}, {}.", per(&agreement.by), over(agreement.period)));
    if matches!(agreement.period, Period::Every(length) if length >= DAY) {
        page.text(2, "Days are counted in UTC; where the input's times have no zone, on their own clock.");
    }
    if let Some(zone) = agreement.timezone.as_ref().filter(|_| has_times_of_day(agreement)) {
        page.text(
            2,
            &format!("Times of day are those in {zone}; where the input's times have no zone, their own."),
        );
    }
    if let Some((_, text)) = &agreement.filter {
        page.text(2, &format!("Only {noun} where {text}; the others are excluded, and counted."));
    }
    if !agreement.expect.is_empty() {
        let groups: Vec<String> = agreement.expect.iter().map(|group| group.join(" / ")).collect();
        page.text(
            2,
            &format!(
                "Expected to be there: {}. One that is not is treated as having no {noun}.",
                groups.join(", ")
            ),
        );
    }
}

fn per(by: &[Column]) -> String {
    if by.is_empty() {
        return "for everything together".to_owned();
    }
    let names: Vec<&str> = by.iter().map(|column| column.0.as_str()).collect();
    format!("for each {}", names.join(" and "))
}

fn over(period: Period) -> String {
    match period {
        Period::All => "over all of the input".to_owned(),
        Period::Every(nanos) => format!("in every stretch of {}", length(nanos)),
    }
}

fn one(page: &mut Page, number: usize, objective: &Objective, agreement: &Agreement) {
    let noun = &agreement.noun;
    page.line(&format!("{number}. {}", objective.text));
    for said in objective.name.iter().chain(&objective.description) {
        page.text(3, said);
    }
    page.text(3, &meaning::of(objective, agreement));
    if let Some((_, text)) = &objective.filter {
        page.text(3, &format!("Only {noun} where {text}."));
    }
    if let Some(by) = &objective.by {
        page.text(3, &format!("One verdict {}.", per(by)));
    }
    for target in &objective.targets {
        let group: Vec<String> =
            target.group.iter().map(|(column, value)| format!("{column} {value}")).collect();
        page.text(3, &format!("For {}: {} {}.", group.join(", "), target.comparison, target.target.text));
    }
    if let Some(prefer) = &objective.prefer {
        let whom =
            if objective.targets.is_empty() { "" } else { " Groups with a target of their own have none." };
        page.text(3, &format!("Met, but not {} {}: a warning.{whom}", prefer.comparison, prefer.target.text));
    }
    if objective.min_samples > 1 {
        let least = grouped(i128::from(objective.min_samples));
        page.text(3, &format!("Fewer than {least} {noun}: undecided."));
    }
    match objective.no_data {
        NoData::Undecided => {}
        NoData::Breached => page.text(3, &format!("No {noun} at all: breached.")),
        NoData::Met => page.text(3, &format!("No {noun} at all: met.")),
    }
    match objective.missing {
        Missing::Undecided => {}
        Missing::Ignore => page.text(3, "Missing cells are left out of the count."),
        Missing::Bad => page.text(3, "Missing cells count as bad."),
    }
    if let Some(severity) = &objective.severity {
        page.text(3, &format!("Severity: {severity}."));
    }
    if let Some(runbook) = &objective.runbook {
        page.text(3, &format!("Runbook: {runbook}"));
    }
}
