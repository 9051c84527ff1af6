//! Values that conditions name and that no row has: most of them are spelled wrongly, and `share(state == "Dwon")` is
//! 0 % for ever.
//!
//! Invariant: only what was counted, or the whole input, proves that a value is absent. A rejected row, or one outside
//! of `--since`, might have it.

use super::Item;
use crate::model::{Cell, Column, InputMapping, Schema, StatusColumn, StatusKind};
use crate::plan::{Digit, Predicate, Reading, StatusWords, TestKind, TextTest, Truth, digit};
use std::collections::BTreeSet;

/// Names as like as that are probably the same (Jaro-Winkler).
const ALIKE: f64 = 0.8;

/// A value of a condition that its column does not have.
pub(super) struct Absent {
    pub(super) column: String,
    pub(super) word: String,
    /// The value that is most like it, among those that were seen.
    pub(super) near: Option<String>,
}

/// The values that tests of the plan ask for and no row has.
pub(super) fn of_tests(item: &Item) -> Vec<Absent> {
    let texts = item.plan.tests.iter().enumerate().filter_map(|(at, test)| match &test.what {
        TestKind::Text(text) => Some((at, test.column, text)),
        TestKind::Failed(_) => None,
    });
    let mut texts = texts.peekable();
    if texts.peek().is_none() || !every_row_counted(item) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, column, text) in texts {
        let Some(answers) = answers(item, at) else { continue };
        let mut words = BTreeSet::new();
        if answers[digit::TRUE as usize] == 0 {
            never(text, Truth::True, &mut words);
        }
        if answers[digit::FALSE as usize] == 0 {
            never(text, Truth::False, &mut words);
        }
        let sampled = item.sampled.get(column);
        if let Some(sampled) = sampled.filter(|sampled| sampled.whole) {
            asked(text, &mut |test, word| {
                if !sampled.texts.iter().any(|text| test.truth(text.as_bytes()) == Truth::True) {
                    words.insert(word);
                }
            });
        }
        let pool = || sampled.into_iter().flat_map(|sampled| &sampled.texts).map(String::as_str);
        for word in words {
            let near = nearest(word, pool());
            // Where nothing failed, no row says so.
            if near.is_some() || !is_outcome(word, column, item.schema, &item.agreement.input) {
                let column = item.schema.columns[column].name.clone();
                found.push(Absent { column, word: word.to_owned(), near });
            }
        }
    }
    found
}

/// The labels that the conditions of a reading ask for and no group has.
pub(super) fn of_labels(item: &Item, columns: &[Column], reading: &Reading) -> Vec<Absent> {
    let Some(tally) = item.tallies.tables.get(reading.table) else { return Vec::new() };
    let mut found = Vec::new();
    let mut visit = |at: usize, test: &TextTest| {
        let labels: BTreeSet<&str> =
            tally.cells.keys().filter_map(|group| group.get(at)).map(String::as_str).collect();
        let Some(column) = columns.get(at).filter(|_| !labels.is_empty()) else { return };
        asked(test, &mut |test, word| {
            if !labels.iter().any(|label| test.truth(label.as_bytes()) == Truth::True) {
                let near = nearest(word, labels.iter().copied());
                found.push(Absent { column: column.0.clone(), word: word.to_owned(), near });
            }
        });
    };
    reading.each_predicate(&mut |predicate| each_label(predicate, &mut visit));
    found
}

/// The value that is most like a word, if one is.
pub(super) fn nearest<'a>(word: &str, values: impl Iterator<Item = &'a str>) -> Option<String> {
    let folded = word.to_lowercase();
    values
        .filter(|value| *value != word)
        .map(|value| {
            let likeness = strsim::jaro_winkler(value, word);
            (likeness.max(strsim::jaro_winkler(&value.to_lowercase(), &folded)), value)
        })
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, value)| value.to_owned())
}

/// Whether the tables hold every row that was read, and every input could be trusted.
fn every_row_counted(item: &Item) -> bool {
    let rows: u64 = item.tallies.intakes.iter().map(|intake| intake.rows).sum();
    let counted = item.tallies.tables.first().map_or(0, |table| {
        table.cells.values().flat_map(|slices| slices.values()).map(Cell::rows).sum::<u64>()
    });
    let trusted =
        item.tallies.intakes.iter().all(|intake| intake.doubts.iter().all(|doubt| doubt.column.is_some()));
    rows > 0 && rows == counted && trusted
}

/// How many rows gave each answer of a test, from no to ignored; `None` where no table asked it.
fn answers(item: &Item, test: usize) -> Option<[u64; digit::IGNORED as usize + 1]> {
    let asks = |digit: &Digit| matches!(digit, Digit::Test { test: known, .. } if *known == test);
    let mut tables = item.plan.tables.iter().zip(&item.tallies.tables);
    let (table, tally, at) =
        tables.find_map(|(table, tally)| Some((table, tally, table.digits.iter().position(asks)?)))?;
    let digits: Vec<usize> = (0..table.codes).map(|code| table.digit(code, at) as usize).collect();
    let mut answers = [0; digit::IGNORED as usize + 1];
    for cell in tally.cells.values().flat_map(|slices| slices.values()) {
        for (digit, rows) in digits.iter().zip(&cell.counts) {
            answers[*digit] += rows;
        }
    }
    Some(answers)
}

/// The words that no row has if no row ever gave this answer.
fn never<'a>(test: &'a TextTest, answer: Truth, words: &mut BTreeSet<&'a str>) {
    match (test, answer) {
        (TextTest::Is(list, _), Truth::True) => words.extend(list.iter().map(String::as_str)),
        (TextTest::Not(inner), _) => never(inner, answer.negated(), words),
        // One part is enough for the answer, so each of them never gave it.
        (TextTest::Any(parts), Truth::True) | (TextTest::All(parts), Truth::False) => {
            for part in parts {
                never(part, answer, words);
            }
        }
        // A value is not blank: `not blank and is …` holds where the latter does.
        (TextTest::All(parts), Truth::True) => {
            if let [TextTest::Not(blank), is @ TextTest::Is(..)] = parts.as_slice()
                && **blank == TextTest::Blank
            {
                never(is, answer, words);
            }
        }
        _ => {}
    }
}

/// Calls `visit` with every word that a test asks for, and a test for that word alone.
fn asked<'a>(test: &'a TextTest, visit: &mut dyn FnMut(&TextTest, &'a str)) {
    match test {
        TextTest::Is(words, spelling) => {
            for word in words {
                visit(&TextTest::Is(vec![word.clone()], *spelling), word);
            }
        }
        TextTest::Not(inner) => asked(inner, visit),
        TextTest::All(parts) | TextTest::Any(parts) => parts.iter().for_each(|part| asked(part, visit)),
        TextTest::Matches(_) | TextTest::Blank => {}
    }
}

fn each_label(predicate: &Predicate, visit: &mut dyn FnMut(usize, &TextTest)) {
    match predicate {
        Predicate::Label(at, test) => visit(*at, test),
        Predicate::Unsure(inner) | Predicate::Not(inner) => each_label(inner, visit),
        Predicate::All(parts) | Predicate::Any(parts) => {
            for part in parts {
                each_label(part, visit);
            }
        }
        Predicate::Test(_) | Predicate::Ignored(_) | Predicate::Missing(_) | Predicate::Exceeds { .. } => {}
    }
}

/// Whether a word is known to say how a request ended: by what `status:` says, or by itself.
fn is_outcome(word: &str, column: usize, schema: &Schema, input: &InputMapping) -> bool {
    let known = |map, kind| StatusWords { map, kind }.digit(word.as_bytes()).is_some();
    let said = input.status.clone().filter(|_| schema.status.at() == Some(column)).unwrap_or_default();
    known(said, schema.status_kind) || known(StatusColumn::default(), StatusKind::Words)
}
