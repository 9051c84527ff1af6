//! The rule language: text becomes an [`Agreement`], or diagnostics that point at what is wrong with it.
//!
//! Called by `config` for files and by `cli` for options. The path of a rule file: `tree` (YAML with positions) →
//! `compile`, `objective`, `input` (keys and values; `fields` and `keys` know which) → `expression` (the one-line
//! language of objectives and conditions).
//!
//! Invariant: all faults of a file are told at once, and no text makes this module panic.

mod built_in;
mod compile;
pub(crate) mod diagnostic;
mod explain;
mod expression;
pub(crate) mod fields;
mod input;
pub mod keys;
mod objective;
#[cfg(test)]
mod tests;
pub(crate) mod tree;

pub use built_in::built_in;
pub use diagnostic::{Colour, Diagnostic, render};
pub use explain::explain;
pub use input::settle_aliases;
pub(crate) use tree::MAX_BYTES;

use crate::model::{Agreement, Condition, Nanos, Objective, Origin, Period, Unit};
use diagnostic::Faults;
use expression::{Columns, Fault};
use std::path::Path;

/// An agreement, and doubts about how it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// What was promised.
    pub agreement: Agreement,
    /// None of them is an error.
    pub warnings: Vec<Diagnostic>,
}

/// Reads the text of a rule file. `file` names it in messages and origins, and the agreement where `sla:` is absent.
/// The errors come with the warnings, in the order of the text.
pub fn parse(text: &str, file: &Path) -> Result<Parsed, Vec<Diagnostic>> {
    let mut faults = Faults::new(file.display().to_string(), text.strip_prefix('\u{feff}').unwrap_or(text));
    let agreement = compile::agreement(file, &mut faults);
    let warnings = faults.finish()?;
    let with_text = |agreement| Agreement { text: text.to_owned(), ..agreement };
    agreement.map(|agreement| Parsed { agreement: with_text(agreement), warnings }).ok_or_else(Vec::new)
}

/// Reads one objective, as `--require` takes it; `label` names it in messages.
pub fn parse_objective(text: &str, label: &str) -> Result<Objective, Vec<Diagnostic>> {
    parse_objective_with_warnings(text, label).map(|(objective, _)| objective)
}

/// The same, with doubts about how it is written: a target that can never be missed, an inverted comparison.
pub fn parse_objective_with_warnings(
    text: &str,
    label: &str,
) -> Result<(Objective, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut lints = Vec::new();
    let mut faults = Faults::new(label, text);
    let result = expression::parse_promise(text, &Columns::default(), &mut lints);
    for lint in lints {
        faults.warning(lint.span, lint.message).help(lint.help);
    }
    finish(result, faults).map(|(promise, warnings)| (objective::plain(promise, Origin::default()), warnings))
}

/// Reads a condition, as `--where` and `--failed` take it, and gives it with its text as a reader would write it.
pub fn parse_condition(text: &str, label: &str) -> Result<(Condition, String), Vec<Diagnostic>> {
    let result = expression::parse_condition(text, &Columns::default());
    finish(result, Faults::new(label, text)).map(|(condition, _)| condition)
}

/// Where a rule file says its name; the start of the file where it does not.
pub(crate) fn name_span(text: &str) -> std::ops::Range<usize> {
    let mut faults = Faults::new("", text);
    let entries = tree::read("rule file", &mut faults).unwrap_or_default();
    entries.into_iter().find(|(key, _)| key.text == "sla").map_or(0..0, |(_, node)| node.span)
}

fn finish<T>(result: Result<T, Fault>, mut faults: Faults) -> Result<(T, Vec<Diagnostic>), Vec<Diagnostic>> {
    match result {
        Ok(value) => faults.finish().map(|warnings| (value, warnings)),
        Err(fault) => {
            let diagnostic = faults.error(fault.span, fault.message);
            diagnostic.expected = fault.expected;
            diagnostic.help.extend(fault.help);
            Err(faults.all())
        }
    }
}

/// A length of time such as `90s`, `5m` or `1d`; the message is a fragment.
pub fn parse_duration(text: &str) -> Result<Nanos, String> {
    expression::length(text.trim()).map_err(sentence)
}

/// A period: `all`, or a fixed length.
pub fn parse_period(text: &str) -> Result<Period, String> {
    period_of(text.trim()).map_err(sentence)
}

/// A unit by its exact name: `ms`, `%`, `GiB`.
pub fn parse_unit(text: &str) -> Result<Unit, String> {
    Unit::named(text.trim()).ok_or_else(|| {
        let known: Vec<&str> = Unit::names().filter(|name| name.is_ascii()).collect();
        format!("unknown unit `{}`; known are {}", text.trim(), known.join(" "))
    })
}

fn period_of(text: &str) -> Result<Period, Fault> {
    if text == "all" {
        return Ok(Period::All);
    }
    if expression::period_word(text) {
        return Err(Fault::new(
            0..text.len(),
            format!("calendar periods such as `{text}` are not built yet"),
        )
        .help("fixed lengths such as 1h or 1d work today, and so does `all`"));
    }
    expression::length(text).map(Period::Every).map_err(|fault| {
        fault.help_if(Some("a period is `all` or a fixed length such as 5m, 1h or 1d".to_owned()))
    })
}

fn sentence(fault: Fault) -> String {
    let expected = fault.expected.map(|expected| format!(" ({expected})")).unwrap_or_default();
    let help = fault.help.map(|help| format!("; {help}")).unwrap_or_default();
    format!("{}{expected}{help}", fault.message)
}
