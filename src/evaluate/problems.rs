//! What was wrong: gathered over all agreements and inputs, each thing told once, worst first.

use super::{Item, absent, groups};
use crate::model::{Agreement, Column, Objective, Problem, ProblemKind, Severity};
use crate::plan::Reading;
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;

/// As many problems are listed; beyond that their totals tell.
const MOST_LISTED: usize = 100;
/// Who names a value, in a message.
const CONDITION: &str = "the condition names";

/// Problems as they come.
#[derive(Default)]
pub(super) struct Collected {
    listed: BTreeSet<Problem>,
    /// By source, kind, and what tells otherwise equal things apart; two agreements over one input count it once.
    totals: BTreeMap<(Option<String>, ProblemKind, String), u64>,
}

impl Collected {
    /// Adds one.
    pub(super) fn add(&mut self, problem: Problem) {
        let key = (problem.source.clone(), problem.kind, format!("{:?} {}", problem.line, problem.message));
        self.totals.insert(key, problem.count);
        self.listed.insert(problem);
    }

    /// Rejected rows and doubts of an item's inputs, and names that look alike.
    pub(super) fn of_input(&mut self, item: &Item) {
        item.remarks.iter().cloned().for_each(|remark| self.add(remark));
        for intake in &item.tallies.intakes {
            for (kind, rejected) in &intake.rejections {
                let total =
                    self.totals.entry((Some(intake.source.clone()), *kind, String::new())).or_default();
                *total = rejected.count.max(*total);
                self.listed.extend(rejected.examples.iter().cloned());
            }
            for doubt in &intake.doubts {
                self.add(doubt.problem.clone());
            }
            if intake.rounded > 0 {
                let cells = crate::model::display::counted(intake.rounded, "cells");
                self.add(Problem {
                    severity: Severity::Note,
                    kind: ProblemKind::Remark,
                    source: Some(intake.source.clone()),
                    line: None,
                    column: None,
                    count: intake.rounded,
                    message: format!(
                        "{cells} with more than nine decimals of the base unit: compared exactly, rounded in sums"
                    ),
                });
            }
        }
        self.near_twins(item);
        for absent in absent::of_tests(item) {
            self.unmatched(item, CONDITION, &absent.column, &absent.word, absent.near);
        }
    }

    /// W49: names that differ in case, spaces or composition only stay different groups, and are told.
    fn near_twins(&mut self, item: &Item) {
        let mut by_label: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for (table, tally) in item.plan.tables.iter().zip(&item.tallies.tables) {
            for group in tally.cells.keys() {
                for (label, value) in table.by.iter().zip(group) {
                    by_label.entry(*label).or_default().insert(value);
                }
            }
        }
        for (label, values) in by_label {
            let column = item.plan.labels.get(label).and_then(|column| item.schema.columns.get(*column));
            let mut twins: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for value in values {
                twins.entry(folded(value)).or_default().push(value);
            }
            for names in twins.into_values().filter(|names| names.len() > 1) {
                let list: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
                let name = column.map_or("a label", |column| column.name.as_str());
                self.add(Problem {
                    severity: Severity::Warning,
                    kind: ProblemKind::NearTwins,
                    source: only_source(item),
                    line: None,
                    column: column.map(|column| column.name.clone()),
                    count: 1,
                    message: format!(
                        "{name} {} differ in case, spaces or composition only; they are different groups",
                        list.join(" and ")
                    ),
                });
            }
        }
    }

    /// Names in rules that no group has.
    pub(super) fn of_objective(&mut self, item: &Item, objective: &Objective, reading: &Reading) {
        let columns = groups::columns(item, objective);
        let Some(tally) = item.tallies.tables.get(reading.table) else { return };
        for absent in absent::of_labels(item, columns, reading) {
            self.unmatched(item, CONDITION, &absent.column, &absent.word, absent.near);
        }
        for (at, column) in columns.iter().enumerate() {
            let seen: BTreeSet<&str> =
                tally.cells.keys().filter_map(|group| group.get(at)).map(String::as_str).collect();
            if seen.is_empty() {
                continue;
            }
            let unless_seen = |problems: &mut Collected, who: &str, word: &str| {
                if !seen.contains(word) {
                    let near = absent::nearest(word, seen.iter().copied());
                    problems.unmatched(item, who, &column.0, word, near);
                }
            };
            for (_, word) in
                objective.targets.iter().flat_map(|own| &own.group).filter(|(named, _)| named == column)
            {
                if !expects(item.agreement, column, word) {
                    unless_seen(self, "`targets` names", word);
                }
            }
            if let Some(at) = item.agreement.by.iter().position(|by| by == column) {
                for word in item.agreement.expect.iter().filter_map(|group| group.get(at)) {
                    unless_seen(self, "`expect` names", word);
                }
            }
        }
    }

    fn unmatched(&mut self, item: &Item, who: &str, column: &str, word: &str, near: Option<String>) {
        let hint = near.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
        self.add(Problem {
            severity: Severity::Warning,
            kind: ProblemKind::Rule,
            source: only_source(item),
            line: None,
            column: Some(column.to_owned()),
            count: 1,
            message: format!(
                "{}: {who} {column} {word:?}, which the data does not have{hint}",
                item.agreement.name
            ),
        });
    }

    /// The first hundred, worst first, then by input and line; and how many there are of each kind.
    pub(super) fn finish(self) -> (Vec<Problem>, BTreeMap<ProblemKind, u64>) {
        let mut listed: Vec<Problem> = self.listed.into_iter().collect();
        listed.sort_by(|a, b| {
            (b.severity, &a.source, a.line, a.kind, a).cmp(&(a.severity, &b.source, b.line, b.kind, b))
        });
        listed.truncate(MOST_LISTED);
        let mut totals = BTreeMap::new();
        for ((_, kind, _), count) in self.totals {
            *totals.entry(kind).or_default() += count;
        }
        (listed, totals)
    }
}

fn expects(agreement: &Agreement, column: &Column, word: &str) -> bool {
    let at = agreement.by.iter().position(|by| by == column);
    at.is_some_and(|at| agreement.expect.iter().any(|group| group.get(at).is_some_and(|label| label == word)))
}

/// The input, where there is only one that it can be about.
fn only_source(item: &Item) -> Option<String> {
    match item.tallies.intakes.as_slice() {
        [intake] => Some(intake.source.clone()),
        _ => None,
    }
}

fn folded(name: &str) -> String {
    let composed = name.nfc().collect::<String>().to_lowercase();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}
