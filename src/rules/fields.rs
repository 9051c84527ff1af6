//! Reading mappings: which keys may stand there, and what kind of value each must have.
//!
//! Called by `compile`, `objective`, `input` and `config`. Every fault is recorded and reading goes on.

use super::diagnostic::{Diagnostic, Faults, listed, nearest};
use super::expression::Fault;
use super::tree::{Key, Node, Value, place_in};
use std::ops::Range;

/// The entries of a mapping, all of whose keys are known.
pub(crate) struct Fields<'a> {
    entries: &'a [(Key, Node)],
    /// The known keys that unknown ones were probably meant to be.
    meant: Vec<String>,
}

impl<'a> Fields<'a> {
    /// Records every key that is not among `known`.
    pub(crate) fn new(entries: &'a [(Key, Node)], known: &[&str], faults: &mut Faults) -> Fields<'a> {
        let mut likely = Vec::new();
        for (key, _) in entries {
            if known.contains(&key.text.as_str()) {
                continue;
            }
            let fault = faults.error(key.span.clone(), format!("unknown key `{}`", key.text));
            match nearest(&key.text, known.iter().copied()) {
                Some(meant) => {
                    likely.push(meant.to_owned());
                    fault.expected(format!("did you mean `{meant}`?"))
                }
                None => fault.help(format!("known here: {}", known.join(", "))),
            };
        }
        Fields { entries, meant: likely }
    }

    /// The key of that name.
    pub(crate) fn key(&self, name: &str) -> Option<&'a Key> {
        self.entries.iter().map(|(key, _)| key).find(|key| key.text == name)
    }

    /// The value of that key.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
    }

    /// Whether an unknown key was probably meant to be that one.
    pub(crate) fn misspelt(&self, name: &str) -> bool {
        self.meant.iter().any(|meant| meant == name)
    }

    /// The value of that key as text.
    pub(crate) fn text(&self, name: &str, faults: &mut Faults) -> Option<&'a str> {
        self.get(name).and_then(|node| text(node, name, faults))
    }

    /// The value of that key as text without spaces around.
    pub(crate) fn string(&self, name: &str, faults: &mut Faults) -> Option<String> {
        self.text(name, faults).map(|text| text.trim().to_owned())
    }

    /// The value of that key as one of `words`.
    pub(crate) fn word(
        &self,
        name: &str,
        words: &[&'static str],
        faults: &mut Faults,
    ) -> Option<&'static str> {
        let node = self.get(name)?;
        let found = text(node, name, faults)?.trim();
        if let Some(word) = words.iter().find(|word| **word == found) {
            return Some(word);
        }
        let fault = faults.error(node.span.clone(), format!("`{name}` cannot be `{found}`"));
        fault.expected(match nearest(found, words.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("expected {}", listed(words.iter().copied())),
        });
        None
    }
}

/// A node as text that is not blank; spaces inside of quotes stay, for they may belong to a name in the data.
pub(crate) fn text<'a>(node: &'a Node, name: &str, faults: &mut Faults) -> Option<&'a str> {
    match &node.value {
        Value::Scalar(text) if !text.trim().is_empty() => Some(text),
        Value::Scalar(_) | Value::Null => {
            faults
                .error(node.span.clone(), format!("{} is empty", called(name)))
                .help("say something or leave the key out");
            None
        }
        Value::List(_) | Value::Map(_) => {
            wrong_kind(node, name, "a single value", faults);
            None
        }
    }
}

/// A node as a list of texts; a single text is a list of one.
pub(crate) fn texts(node: &Node, name: &str, faults: &mut Faults) -> Option<Vec<(String, Range<usize>)>> {
    match &node.value {
        Value::List(items) => {
            let found: Vec<_> = items
                .iter()
                .filter_map(|item| text(item, name, faults).map(|text| (text.to_owned(), item.span.clone())))
                .collect();
            (found.len() == items.len()).then_some(found)
        }
        _ => text(node, name, faults).map(|text| vec![(text.to_owned(), node.span.clone())]),
    }
}

/// Records that a node is of another kind than wanted.
pub(crate) fn wrong_kind<'f>(
    node: &Node,
    name: &str,
    wanted: &str,
    faults: &'f mut Faults,
) -> &'f mut Diagnostic {
    faults.error(node.span.clone(), format!("{} must be {wanted}, found {}", called(name), node.kind()))
}

/// A key in backticks; a phrase as it is.
fn called(name: &str) -> String {
    if name.contains(' ') { name.to_owned() } else { format!("`{name}`") }
}

/// Records the fault of an expression that a node holds.
pub(crate) fn expression_fault(node: &Node, value: &str, fault: Fault, faults: &mut Faults) {
    let span = place(node, value, fault.span, faults);
    let diagnostic = faults.error(span, fault.message);
    if let Some(expected) = fault.expected {
        diagnostic.expected(expected);
    }
    if let Some(help) = fault.help {
        diagnostic.help(help);
    }
}

/// Where a part of a node's text stands in the file.
pub(crate) fn place(node: &Node, value: &str, span: Range<usize>, faults: &Faults) -> Range<usize> {
    let text = faults.text();
    let written = text.get(node.span.clone()).unwrap_or_default();
    let start = place_in(written, value, span.start);
    let last = span.end.max(span.start + 1) - 1;
    // The end of the last character, not the start of the next: a fold may lie between them.
    let last = (0..=last.min(value.len())).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
    let end = place_in(written, value, last).map(|at| {
        let width = if span.is_empty() { 0 } else { written[at..].chars().next().map_or(0, char::len_utf8) };
        at + width
    });
    match (start, end) {
        (Some(start), Some(end)) => node.span.start + start..node.span.start + end.max(start),
        _ => node.span.clone(),
    }
}
