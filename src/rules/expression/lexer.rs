//! Cuts an expression into tokens. Numbers keep all their digits; nothing is read as a float.

use super::Fault;
use crate::model::{Comparison, Decimal};
use std::ops::Range;

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) span: Range<usize>,
    pub(super) kind: TokenKind,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A plain word: a keyword, an indicator, a column, a unit. `%` is one too.
    Word(String),
    /// A column in backticks.
    Name(String),
    /// Digits; a unit that touches them is a word of its own.
    Number(Decimal),
    /// A text in quotes.
    Text(String),
    /// A time of day, in seconds.
    Clock(u32),
    /// A regular expression between slashes.
    Regex(String),
    /// `<=` …
    Compare(Comparison),
    /// `(`, `)`, `[`, `]`, `,`, `/`
    Sign(char),
    /// After the last.
    End,
}

/// Digits a number may have.
const MAX_DIGITS: usize = 36;
/// Longest expression, in bytes.
const MAX_LENGTH: usize = 20_000;

/// All tokens of a text; the last is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::new(0..0, format!("longer than {MAX_LENGTH} bytes")));
    }
    let mut lexer = Lexer { text, at: 0, in_list: false };
    let mut tokens: Vec<Token> = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let after_matches =
            tokens.last().is_some_and(|token| token.kind == TokenKind::Word("matches".into()));
        let kind = lexer.next(after_matches)?;
        let end = kind == TokenKind::End;
        tokens.push(Token { span: start..lexer.at, kind });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Between brackets, where a comma separates values.
    in_list: bool,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes the characters for which `wanted` holds.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        let length = self.rest().find(|next| !wanted(next)).unwrap_or(self.rest().len());
        self.at += length;
        &self.text[start..self.at]
    }

    fn next(&mut self, after_matches: bool) -> Result<TokenKind, Fault> {
        let Some(first) = self.peek() else { return Ok(TokenKind::End) };
        match first {
            '/' if after_matches => self.regex(),
            '0'..='9' => self.number(false),
            '-' if self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                self.at += 1;
                self.number(true)
            }
            '"' | '\'' => self.quoted(first),
            '`' => self.name(),
            '(' | ')' | '[' | ']' | ',' | '/' => {
                self.at += 1;
                self.in_list = first == '[' || (self.in_list && first != ']');
                Ok(TokenKind::Sign(first))
            }
            '%' => {
                self.at += 1;
                Ok(TokenKind::Word("%".into()))
            }
            '<' | '>' | '=' | '!' | '≤' | '≥' | '≠' | '&' | '|' => self.comparison(),
            _ if is_word_start(first) => {
                let start = self.at;
                let mut word = self.take(is_word).to_owned();
                while word.ends_with('.') {
                    word.pop();
                    self.at -= 1;
                }
                let glued = self.rest().starts_with('-') && self.rest()[1..].starts_with(is_word);
                if glued {
                    let rest = self.take(|next| next == '-' || is_word(next)).to_owned();
                    return Err(Fault::new(start..self.at, "`-` splits this name in two")
                        .expected("not a plain word")
                        .help(format!(
                            "a column of that name stands in backticks: `{word}{rest}`; a text in quotes"
                        )));
                }
                Ok(TokenKind::Word(word))
            }
            '.' | '-' | '+' if ["nan", "inf"].iter().any(|word| self.odd_number(word)) => {
                let start = self.at;
                self.take(|next| !next.is_whitespace());
                let message = format!(
                    "`{}` is no number that anything can be compared with",
                    &self.text[start..self.at]
                );
                Err(Fault::new(start..self.at, message))
            }
            _ => {
                let end = self.at + first.len_utf8();
                let fault =
                    Fault::new(self.at..end, format!("`{}` has no meaning here", first.escape_debug()));
                Err(match first {
                    '.' => fault.help("a number begins with a digit: 0.5"),
                    '+' | '-' => fault.help("a number is written with digits: 400, -5, 99.9"),
                    '{' => fault.help("a list of values stands in brackets: in [\"a\", \"b\"]"),
                    _ => fault
                        .help("a column with such a sign in its name stands in backticks, a text in quotes"),
                })
            }
        }
    }

    /// Whether `.nan`, `-.inf` and the like stand here.
    fn odd_number(&self, word: &str) -> bool {
        self.rest().trim_start_matches(['.', '-', '+']).to_lowercase().starts_with(word)
    }

    /// Whether a comma belongs to the number: 1,000 and 99,9, but not [500,502].
    fn comma_within(&self, after: &str) -> bool {
        let Some(rest) = after.strip_prefix(',') else { return false };
        let digits = rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len());
        if self.in_list { digits == 3 && rest.starts_with('0') } else { digits > 0 }
    }

    fn number(&mut self, negative: bool) -> Result<TokenKind, Fault> {
        let start = self.at;
        let whole = self.take(|next| next.is_ascii_digit()).to_owned();
        if self.rest().starts_with(':') {
            return self.clock(start, &whole, negative);
        }
        let mut fraction = String::new();
        if self.rest().starts_with('.') {
            self.at += 1;
            self.take(|next| next.is_ascii_digit()).clone_into(&mut fraction);
            if fraction.is_empty() {
                return Err(Fault::new(start..self.at, "a digit is missing after the point"));
            }
        }
        let after = self.rest();
        let malformed = after.starts_with(['.', '_', '\''])
            || self.comma_within(after)
            || (after.starts_with(['e', 'E'])
                && after[1..].starts_with(|next: char| next.is_ascii_digit() || next == '-' || next == '+'));
        if malformed {
            let comma = after.starts_with(',');
            self.take(|next| is_word(next) || matches!(next, ',' | '\'' | '-' | '+' | '%'));
            let written = &self.text[start..self.at];
            return Err(Fault::new(start..self.at, format!("`{written}` is no number"))
                .expected("digits, and a point before decimals")
                .help(if comma {
                    "write 1000 for a thousand, 99.9 for ninety-nine and nine tenths, and a space after a comma that \
                     separates values"
                } else {
                    "numbers are read exactly as they stand: 1000, 0.001; no exponent, no separators"
                }));
        }
        let digits = format!("{whole}{fraction}");
        if digits.len() > MAX_DIGITS {
            return Err(Fault::new(start..self.at, format!("more than {MAX_DIGITS} digits")));
        }
        let mantissa: i128 =
            digits.parse().map_err(|_| Fault::new(start..self.at, "this number is too large"))?;
        Ok(TokenKind::Number(Decimal {
            mantissa: if negative { -mantissa } else { mantissa },
            scale: fraction.len() as u32,
        }))
    }

    fn clock(&mut self, start: usize, hours: &str, negative: bool) -> Result<TokenKind, Fault> {
        let mut parts = vec![hours.to_owned()];
        while parts.len() < 3 && self.rest().starts_with(':') {
            self.at += 1;
            parts.push(self.take(|next| next.is_ascii_digit()).to_owned());
        }
        let fault = |end: usize| {
            Fault::new(start..end, "no time of day").expected("a time such as 06:00, 17:30 or 23:59:59")
        };
        let numbers: Option<Vec<u32>> =
            parts.iter().map(|part| if part.len() <= 2 { part.parse().ok() } else { None }).collect();
        let well_formed = !negative && parts[1..].iter().all(|part| part.len() == 2);
        let (Some(numbers), true) = (numbers, well_formed) else { return Err(fault(self.at)) };
        let (hour, minute, second) = (numbers[0], numbers[1], numbers.get(2).copied().unwrap_or(0));
        let seconds = hour * 3_600 + minute * 60 + second;
        if minute > 59 || second > 59 || seconds > 86_400 {
            return Err(fault(self.at));
        }
        Ok(TokenKind::Clock(seconds))
    }

    fn quoted(&mut self, quote: char) -> Result<TokenKind, Fault> {
        let start = self.at;
        let mut value = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, next)) = characters.next() {
            if next == quote {
                self.at = start + offset + 1;
                return Ok(TokenKind::Text(value));
            }
            if next != '\\' || quote == '\'' {
                value.push(next);
                continue;
            }
            match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                Some((end, other)) => {
                    let span = start + offset..start + end + other.len_utf8();
                    return Err(Fault::new(span, format!("`\\{}` is no escape", other.escape_debug()))
                        .help("in double quotes write \\\" for a quote and \\\\ for a backslash; in single quotes a backslash is itself"));
                }
                None => break,
            }
        }
        Err(Fault::new(start..self.text.len(), "this text is not closed")
            .expected(format!("no closing {quote}")))
    }

    fn name(&mut self) -> Result<TokenKind, Fault> {
        let start = self.at;
        let Some(length) = self.rest()[1..].find('`') else {
            return Err(
                Fault::new(start..self.text.len(), "this column name is not closed").expected("no closing `")
            );
        };
        let name = self.rest()[1..=length].to_owned();
        self.at += length + 2;
        if name.trim().is_empty() {
            return Err(Fault::new(start..self.at, "an empty column name"));
        }
        Ok(TokenKind::Name(name))
    }

    /// `/…/`, with `\/` for a slash, and `i` after it for any case.
    fn regex(&mut self) -> Result<TokenKind, Fault> {
        let start = self.at;
        let mut pattern = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((offset, next)) = characters.next() {
            match (next, characters.peek()) {
                ('/', _) => {
                    self.at = start + offset + 1;
                    return self.regex_flags(start, pattern);
                }
                ('\\', Some((_, '/'))) => {
                    pattern.push('/');
                    characters.next();
                }
                ('\\', Some((_, escaped))) => {
                    pattern.push('\\');
                    pattern.push(*escaped);
                    characters.next();
                }
                _ => pattern.push(next),
            }
        }
        Err(Fault::new(start..self.text.len(), "this pattern is not closed").expected("no closing /"))
    }

    fn regex_flags(&mut self, start: usize, pattern: String) -> Result<TokenKind, Fault> {
        let flags_at = self.at;
        let pattern = match self.take(is_word) {
            "" => pattern,
            "i" => format!("(?i){pattern}"),
            other => {
                let message = format!("`{other}` is no flag of a pattern");
                return Err(Fault::new(flags_at..self.at, message).expected("`i` for any case, or nothing"));
            }
        };
        match regex::Regex::new(&pattern) {
            Ok(_) => Ok(TokenKind::Regex(pattern)),
            Err(error) => {
                let reason = error.to_string();
                let reason =
                    reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Err(Fault::new(start..self.at, "not a regular expression").expected(reason))
            }
        }
    }

    fn comparison(&mut self) -> Result<TokenKind, Fault> {
        let start = self.at;
        let sign = self.take(|next| "<>=!≤≥≠&|".contains(next));
        let comparison = match sign {
            "<=" => Comparison::AtMost,
            "<" => Comparison::Below,
            ">=" => Comparison::AtLeast,
            ">" => Comparison::Above,
            "==" => Comparison::Equal,
            "!=" => Comparison::Unequal,
            other => {
                let meant = match other {
                    "=" | "===" => "==",
                    "=<" | "≤" => "<=",
                    "=>" | "≥" => ">=",
                    "<>" | "≠" | "!==" => "!=",
                    "&&" | "&" => "and",
                    "||" | "|" => "or",
                    "!" => "not",
                    _ => "",
                };
                let message = format!("`{other}` is no comparison");
                let fault = Fault::new(start..self.at, message);
                return Err(if meant.is_empty() {
                    fault.expected("one of <= < >= > == !=")
                } else {
                    fault.expected(format!("write `{meant}`"))
                });
            }
        };
        Ok(TokenKind::Compare(comparison))
    }
}

fn is_word_start(next: char) -> bool {
    next.is_alphabetic() || next == '_' || next == 'µ'
}

fn is_word(next: char) -> bool {
    next.is_alphanumeric() || matches!(next, '_' | '.')
}
