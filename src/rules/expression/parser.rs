//! The walk over the tokens that conditions and objectives share.

use super::Fault;
use super::lexer::{Token, TokenKind, tokens};
use super::quantity::Columns;
use crate::model::Column;
use std::ops::Range;

/// Deepest nesting of `not` and parentheses.
pub(super) const MAX_NESTING: usize = 64;

/// Where reading stands.
pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// What is known about columns.
    pub(super) columns: &'a Columns,
    /// How deep conditions are nested.
    pub(super) nesting: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, columns: &'a Columns) -> Result<Parser<'a>, Fault> {
        Ok(Parser { text, tokens: tokens(text)?, at: 0, columns, nesting: 0 })
    }

    /// The next token; at the end always [`TokenKind::End`].
    pub(super) fn peek(&self) -> &Token {
        &self.tokens[self.at]
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Token {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    /// The token before the next.
    pub(super) fn last_end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |before| self.tokens[before].span.end)
    }

    /// Takes the next token if it is that word.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.peek().kind, TokenKind::Word(found) if found == word)
    }

    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.peek().kind == TokenKind::Sign(sign)
    }

    /// Takes that sign or says that it is missing.
    pub(super) fn sign(&mut self, sign: char, after: &str) -> Result<(), Fault> {
        if self.is_sign(sign) {
            self.at += 1;
            return Ok(());
        }
        Err(self.unexpected(&format!("`{sign}` {after}")))
    }

    /// Nothing may follow.
    pub(super) fn end(&self, wanted: &str) -> Result<(), Fault> {
        match self.peek().kind {
            TokenKind::End => Ok(()),
            _ => Err(self.unexpected(wanted)),
        }
    }

    /// The next token is not what is wanted.
    pub(super) fn unexpected(&self, wanted: &str) -> Fault {
        let token = self.peek();
        if token.kind == TokenKind::End {
            let end = self.text.trim_end().len();
            return Fault::new(end..end, format!("expected {wanted}, found the end")).expected("ends here");
        }
        let written = &self.text[token.span.clone()];
        let fault = Fault::new(token.span.clone(), format!("expected {wanted}, found `{written}`"));
        match written.to_lowercase().as_str() {
            lower @ ("and" | "or" | "not" | "in" | "is" | "matches" | "missing") if lower != written => {
                fault.help(format!("write `{lower}` in small letters"))
            }
            _ => fault,
        }
    }

    /// A column: a plain word or a name in backticks.
    pub(super) fn column(&mut self) -> Result<(Column, Range<usize>), Fault> {
        let span = self.peek().span.clone();
        let column = match &self.peek().kind {
            TokenKind::Word(word) if word != "%" && !RESERVED.contains(&word.as_str()) => {
                Column(word.clone())
            }
            TokenKind::Name(name) => Column(name.clone()),
            TokenKind::Word(word) if word != "%" => {
                let help = format!("a column of that name stands in backticks: `{word}`");
                return Err(self.unexpected("a column").help(help));
            }
            _ => return Err(self.unexpected("a column")),
        };
        self.at += 1;
        Ok((column, span))
    }

    /// The part of the text between two bytes.
    pub(super) fn slice(&self, span: Range<usize>) -> &'a str {
        &self.text[span]
    }

    /// The whole text with one space where a reader puts one.
    pub(super) fn written(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut before: Option<&Token> = None;
        for token in &self.tokens {
            if before.is_some_and(|before| spaced(before, token)) {
                out.push(' ');
            }
            out.push_str(&self.text[token.span.clone()]);
            before = Some(token);
        }
        out.truncate(out.trim_end().len());
        out
    }
}

/// Words that are no columns unless in backticks.
const RESERVED: [&str; 8] = ["and", "or", "not", "in", "is", "matches", "missing", "failed"];

/// Whether a space belongs between two tokens.
fn spaced(before: &Token, next: &Token) -> bool {
    use TokenKind::{Number, Sign, Word};
    match (&before.kind, &next.kind) {
        (Sign('(' | '[' | '/'), _) | (_, Sign(')' | ']' | ',' | '/')) => false,
        // An indicator stays with its parenthesis, a unit with its number, whether it touched it or not.
        (Word(word), Sign('(')) | (Number(_), Word(word)) => RESERVED.contains(&word.as_str()),
        _ => true,
    }
}
