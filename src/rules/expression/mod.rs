//! Objectives and conditions: the one-line language inside a rule file.
//!
//! `lexer` cuts a text into tokens, `parser` walks them, `condition` and `objective` know the grammar, `quantity`
//! gives numbers their units and checks them against what they are compared with. Called by `compile` and, for
//! `--require`, `--where` and `--failed`, by [`super::parse_objective`] and [`super::parse_condition`].
//!
//! ```text
//! objective  = indicator comparison target
//! indicator  = word | word "(" condition | column | number unit ")"
//! condition  = part { "or" part }      part = atom { "and" atom }      atom = "not" atom | "(" condition ")" | test
//! test       = "failed" | column comparison value | column ["not"] "in" "[" value { "," value } "]"
//!            | column ["not"] "matches" "/" regex "/" | column "is" ["not"] "missing"
//! ```
//!
//! Invariant: no number passes through a float, and nesting is bounded before it can use up the stack.

mod condition;
mod lexer;
mod objective;
mod parser;
mod quantity;
#[cfg(test)]
mod tests;

pub(crate) use objective::{Limit, Lint, Promise, allows, parse_limit, parse_promise};
pub(crate) use quantity::{Columns, Kind, decimal_text, length, period_word};

use crate::model::Condition;
use parser::Parser;
use std::ops::Range;

/// What is wrong with an expression, in bytes of its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) expected: Option<String>,
    pub(crate) help: Option<String>,
}

impl Fault {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { span, message: message.into(), expected: None, help: None }
    }

    pub(crate) fn expected(mut self, text: impl Into<String>) -> Fault {
        self.expected = Some(text.into());
        self
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Fault {
        self.help = Some(text.into());
        self
    }

    pub(crate) fn help_if(mut self, text: Option<String>) -> Fault {
        self.help = text.or(self.help);
        self
    }
}

/// A whole text as a condition, with the text as a reader would write it.
pub(crate) fn parse_condition(text: &str, columns: &Columns) -> Result<(Condition, String), Fault> {
    let mut parser = Parser::new(text, columns)?;
    let condition = parser.condition()?;
    parser.end("`and`, `or` or the end of the condition")?;
    Ok((condition, parser.written()))
}
