//! Whom an objective is about: the groups that were seen, expected or named.

use super::Item;
use super::view::Lens;
use crate::model::{Agreement, Column, Comparison, Condition, Group, Objective, TallyTable, Value};
use crate::plan::{Predicate, Reading, Spelling, Table, TextTest, Truth};
use std::collections::BTreeSet;

/// A group that gets results.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Concerned {
    /// The key of its cells; `None` where not all of its labels are known, so that it has none.
    pub(super) group: Option<Group>,
    /// Column and value, as named in `by`.
    pub(super) labels: Vec<(String, String)>,
}

/// The labels of a group; `None` for those that are not known.
type Labels = Vec<Option<String>>;

/// The columns that an objective groups by.
pub(super) fn columns<'a>(item: &Item<'a>, objective: &'a Objective) -> &'a [Column] {
    columns_of(item.agreement, objective)
}

/// As [`columns`], of an agreement.
pub(super) fn columns_of<'a>(agreement: &'a Agreement, objective: &'a Objective) -> &'a [Column] {
    objective.by.as_deref().unwrap_or(&agreement.by)
}

/// The groups of an objective that can be measured.
pub(super) fn concerned(item: &Item, objective: &Objective, reading: &Reading) -> Vec<Concerned> {
    let columns = columns(item, objective);
    if columns.is_empty() {
        return vec![Concerned { group: Some(Group::new()), labels: Vec::new() }];
    }
    let (Some(table), Some(tally)) =
        (item.plan.tables.get(reading.table), item.tallies.tables.get(reading.table))
    else {
        return vec![nobody(columns, &[])];
    };
    let mut groups: BTreeSet<Group> = tally
        .cells
        .iter()
        .filter(|(group, cells)| {
            let lens = Lens::new(table, reading, group);
            // One without cells is known to exist, and was idle.
            let idle = cells.is_empty() && possible(&reading.accepts, table, group);
            idle || cells.values().any(|cell| lens.accepts_any(cell))
        })
        .map(|(group, _)| group.clone())
        .collect();
    groups.extend(expected(item, columns));
    if has_label(&reading.filter) {
        groups.retain(|group| possible(&reading.filter, table, group));
    }
    // With one column, every name that the conditions pick is one that the reader waits for.
    if let [_] = columns {
        for (word, spelling) in named(reading, 0) {
            let known = |group: &Group| TextTest::Is(vec![word.clone()], spelling).truth(group[0].as_bytes());
            if !groups.iter().any(|group| known(group) == Truth::True) {
                groups.insert(vec![word]);
            }
        }
    }
    let mut missed = missing(item, columns, &groups);
    missed.retain(|labels| could_be(&reading.filter, labels).0);
    if groups.is_empty() && missed.is_empty() {
        let told: Vec<Option<String>> = (0..columns.len())
            .map(|at| match named(reading, at).as_slice() {
                [(word, _)] => Some(word.clone()),
                _ => None,
            })
            .collect();
        return vec![nobody(columns, &told)];
    }
    with_missed(columns, groups, &missed)
}

/// The groups of an objective that cannot be measured, so that a reader sees whom it concerns: those of another
/// objective with the same columns, and those expected.
pub(super) fn concerned_anyway(item: &Item, objective: &Objective) -> Vec<Concerned> {
    let wanted = columns(item, objective);
    if wanted.is_empty() {
        return vec![Concerned { group: Some(Group::new()), labels: Vec::new() }];
    }
    let mut groups: BTreeSet<Group> = expected(item, wanted).into_iter().collect();
    let sibling = item
        .agreement
        .objectives
        .iter()
        .zip(&item.plan.readings)
        .find_map(|(other, reading)| reading.as_ref().ok().filter(|_| columns(item, other) == wanted));
    match sibling {
        Some(reading) => {
            let seen = concerned(
                item,
                &Objective { filter: None, ..objective.clone() },
                &Reading { filter: Predicate::TRUE, ..reading.clone() },
            );
            groups.extend(seen.into_iter().filter_map(|found| found.group));
        }
        None => groups.extend(first_table(item, wanted)),
    }
    let conditions: Vec<&Condition> =
        item.agreement.filter.iter().chain(&objective.filter).map(|(condition, _)| condition).collect();
    groups.retain(|group| conditions.iter().all(|condition| allows(condition, wanted, &known(group))));
    let mut missed = missing(item, wanted, &groups);
    missed.retain(|labels| conditions.iter().all(|condition| allows(condition, wanted, labels)));
    if groups.is_empty() && missed.is_empty() {
        return vec![nobody(wanted, &[])];
    }
    with_missed(wanted, groups, &missed)
}

/// All labels of a group, as those of one of which some are not known.
fn known(group: &Group) -> Labels {
    group.iter().cloned().map(Some).collect()
}

/// Whether a condition may hold for rows of a group, as far as its labels tell: what asks for other columns may.
fn allows(condition: &Condition, columns: &[Column], labels: &Labels) -> bool {
    let label = |column: &Column| {
        columns.iter().position(|by| by == column).and_then(|at| labels.get(at)).and_then(Option::as_ref)
    };
    match condition {
        Condition::Compare { column, comparison: Comparison::Equal, value: Value::Text(text) } => {
            label(column).is_none_or(|label| label == text)
        }
        Condition::Compare { column, comparison: Comparison::Unequal, value: Value::Text(text) } => {
            label(column).is_none_or(|label| label != text)
        }
        Condition::In { column, values } => {
            label(column).is_none_or(|label| values.iter().any(|value| *value == Value::Text(label.clone())))
        }
        Condition::And(parts) => parts.iter().all(|part| allows(part, columns, labels)),
        Condition::Or(parts) => parts.iter().any(|part| allows(part, columns, labels)),
        Condition::Failed
        | Condition::Compare { .. }
        | Condition::Matches { .. }
        | Condition::Missing(_)
        | Condition::Not(_) => true,
    }
}

/// The groups of the table that every plan has, where it is grouped by these columns.
fn first_table(item: &Item, wanted: &[Column]) -> Vec<Group> {
    let (Some(table), Some(tally)) = (item.plan.tables.first(), item.tallies.tables.first()) else {
        return Vec::new();
    };
    if wanted != item.agreement.by || table.by.len() != wanted.len() {
        return Vec::new();
    }
    let accepted = |group: &Group, code: usize| {
        !item.plan.exclusions.iter().any(|(_, clause)| clause.truth(table, group, code) == Truth::True)
    };
    let seen = |tally: &TallyTable, group: &Group| {
        tally.cells[group]
            .values()
            .any(|cell| super::view::occurring(cell).any(|(code, _)| accepted(group, code)))
    };
    tally.cells.keys().filter(|group| seen(tally, group)).cloned().collect()
}

/// `expect`, where the objective groups as the agreement does.
fn expected(item: &Item, columns: &[Column]) -> Vec<Group> {
    let agreement = item.agreement;
    if columns != agreement.by {
        return Vec::new();
    }
    agreement.expect.iter().filter(|group| group.len() == columns.len()).cloned().collect()
}

/// What `expect` says of an objective that groups by other columns than the agreement: per expected group that none of
/// the seen ones belongs to, its labels in the columns that both have.
fn missing(item: &Item, columns: &[Column], seen: &BTreeSet<Group>) -> BTreeSet<Labels> {
    let by = &item.agreement.by;
    if columns == by {
        return BTreeSet::new();
    }
    let at_of = |column: &Column| by.iter().position(|own| own == column);
    let is_seen = |labels: &Labels| {
        let agree = |label: &Option<String>, seen: &String| label.as_ref().is_none_or(|label| label == seen);
        seen.iter().any(|group| labels.iter().zip(group).all(|(label, seen)| agree(label, seen)))
    };
    let labels = |group: &Group| -> Labels {
        columns.iter().map(|column| at_of(column).and_then(|at| group.get(at)).cloned()).collect()
    };
    let expected = item.agreement.expect.iter().filter(|group| group.len() == by.len()).map(labels);
    expected.filter(|labels| labels.iter().any(Option::is_some) && !is_seen(labels)).collect()
}

/// Whether a condition may hold, and whether it may not, for rows of which only these labels are known.
fn could_be(predicate: &Predicate, labels: &Labels) -> (bool, bool) {
    let of = |parts: &[Predicate]| -> Vec<(bool, bool)> {
        parts.iter().map(|part| could_be(part, labels)).collect()
    };
    match predicate {
        Predicate::Label(at, test) => match labels.get(*at).and_then(Option::as_ref) {
            Some(label) => {
                let truth = test.truth(label.as_bytes());
                (truth == Truth::True, truth != Truth::True)
            }
            None => (true, true),
        },
        Predicate::Not(inner) => {
            let (may, may_not) = could_be(inner, labels);
            (may_not, may)
        }
        Predicate::All(parts) => {
            let parts = of(parts);
            (parts.iter().all(|part| part.0), parts.iter().any(|part| part.1))
        }
        Predicate::Any(parts) => {
            let parts = of(parts);
            (parts.iter().any(|part| part.0), parts.iter().all(|part| part.1))
        }
        Predicate::Test(_)
        | Predicate::Ignored(_)
        | Predicate::Exceeds { .. }
        | Predicate::Missing(_)
        | Predicate::Unsure(_) => (true, true),
    }
}

/// Groups that were seen or named, and those that are missing, in the order of their labels.
fn with_missed(columns: &[Column], groups: BTreeSet<Group>, missed: &BTreeSet<Labels>) -> Vec<Concerned> {
    let mut concerned: Vec<Concerned> = groups.into_iter().map(|group| somebody(columns, group)).collect();
    if !missed.is_empty() {
        concerned.extend(missed.iter().map(|labels| nobody(columns, labels)));
        concerned.sort_by(|a, b| a.labels.cmp(&b.labels));
    }
    concerned
}

fn somebody(columns: &[Column], group: Group) -> Concerned {
    let labels = columns.iter().map(|column| column.0.clone()).zip(group.iter().cloned()).collect();
    Concerned { group: Some(group), labels }
}

fn nobody(columns: &[Column], told: &[Option<String>]) -> Concerned {
    if let Some(group) = told.iter().cloned().collect::<Option<Group>>()
        && group.len() == columns.len()
    {
        return somebody(columns, group);
    }
    let told = columns.iter().zip(told);
    Concerned {
        group: None,
        labels: told.filter_map(|(column, label)| Some((column.0.clone(), label.clone()?))).collect(),
    }
}

/// Whether a row of this group could be measured, whatever its cells. A label that is blank can never be told.
fn possible(filter: &Predicate, table: &Table, group: &Group) -> bool {
    (0..table.codes).any(|code| filter.truth(table, group, code) == Truth::True)
}

fn has_label(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Label(..) => true,
        Predicate::Unsure(inner) | Predicate::Not(inner) => has_label(inner),
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(has_label),
        Predicate::Test(_) | Predicate::Ignored(_) | Predicate::Exceeds { .. } | Predicate::Missing(_) => {
            false
        }
    }
}

/// The words that the conditions of a reading demand of the label at `by[at]`.
pub(super) fn named(reading: &Reading, at: usize) -> Vec<(String, Spelling)> {
    demanded(&reading.filter, at).or_else(|| demanded(&reading.accepts, at)).unwrap_or_default()
}

fn demanded(predicate: &Predicate, at: usize) -> Option<Vec<(String, Spelling)>> {
    match predicate {
        Predicate::Label(label, test) if *label == at => words(test),
        Predicate::All(parts) => parts.iter().find_map(|part| demanded(part, at)),
        Predicate::Any(parts) if !parts.is_empty() => {
            let all: Option<Vec<_>> = parts.iter().map(|part| demanded(part, at)).collect();
            all.map(|words| words.concat())
        }
        _ => None,
    }
}

fn words(test: &TextTest) -> Option<Vec<(String, Spelling)>> {
    match test {
        TextTest::Is(words, spelling) => Some(words.iter().map(|word| (word.clone(), *spelling)).collect()),
        TextTest::All(parts) => parts.iter().find_map(words),
        TextTest::Any(parts) if !parts.is_empty() => {
            let all: Option<Vec<_>> = parts.iter().map(words).collect();
            all.map(|words| words.concat())
        }
        _ => None,
    }
}
