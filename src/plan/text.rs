//! Questions about the text of one cell.

use super::{StatusWords, Truth, digit};
use crate::model::{Outcome, StatusKind};
use regex::bytes::Regex;

/// A condition over the text of one column.
#[derive(Clone, Debug)]
pub enum TextTest {
    /// The text is one of these.
    Is(Vec<String>, Spelling),
    /// The pattern matches somewhere.
    Matches(Regex),
    /// The cell is blank.
    Blank,
    /// Not.
    Not(Box<TextTest>),
    /// All of them.
    All(Vec<TextTest>),
    /// Any of them.
    Any(Vec<TextTest>),
}

/// How texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// To the letter.
    Exact,
    /// Case and surrounding white space fold; the words of a status column.
    Folded,
}

impl PartialEq for TextTest {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (TextTest::Is(a, x), TextTest::Is(b, y)) => a == b && x == y,
            (TextTest::Matches(a), TextTest::Matches(b)) => a.as_str() == b.as_str(),
            (TextTest::Blank, TextTest::Blank) => true,
            (TextTest::Not(a), TextTest::Not(b)) => a == b,
            (TextTest::All(a), TextTest::All(b)) | (TextTest::Any(a), TextTest::Any(b)) => a == b,
            _ => false,
        }
    }
}

impl TextTest {
    /// The answer for a cell, already without its quotes.
    pub fn truth(&self, text: &[u8]) -> Truth {
        if is_blank(text) {
            return match self {
                TextTest::Blank => Truth::True,
                TextTest::Is(..) | TextTest::Matches(_) => Truth::Unknown,
                TextTest::Not(inner) => inner.truth(text).negated(),
                TextTest::All(parts) => combine(parts, text, Truth::False),
                TextTest::Any(parts) => combine(parts, text, Truth::True),
            };
        }
        match self {
            TextTest::Is(words, Spelling::Exact) => {
                Truth::known(words.iter().any(|word| word.as_bytes() == text))
            }
            TextTest::Is(words, Spelling::Folded) => {
                let folded = fold(text);
                Truth::known(words.iter().any(|word| fold(word.as_bytes()) == folded))
            }
            TextTest::Matches(pattern) => Truth::known(pattern.is_match(text)),
            TextTest::Blank => Truth::False,
            TextTest::Not(inner) => inner.truth(text).negated(),
            TextTest::All(parts) => combine(parts, text, Truth::False),
            TextTest::Any(parts) => combine(parts, text, Truth::True),
        }
    }
}

fn combine(parts: &[TextTest], text: &[u8], decisive: Truth) -> Truth {
    let mut result = decisive.negated();
    for part in parts {
        match part.truth(text) {
            found if found == decisive => return decisive,
            Truth::Unknown => result = Truth::Unknown,
            _ => {}
        }
    }
    result
}

/// What counts as no value: empty, `N/A`, `NA`, `-`, `null`, `none`, `nil`, in any case, with any spaces around.
/// `NaN` is none of them: it is a number that cannot be.
pub fn is_blank(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.len() <= 4
        && [&b""[..], b"n/a", b"na", b"-", b"null", b"none", b"nil"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

fn fold(text: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(text) {
        Ok(text) => text.trim().to_lowercase().into_bytes(),
        Err(_) => text.trim_ascii().to_ascii_lowercase(),
    }
}

/// Words for success that need no map.
pub const OK_WORDS: [&str; 13] = [
    "success",
    "successful",
    "succeeded",
    "ok",
    "okay",
    "up",
    "true",
    "1",
    "pass",
    "passed",
    "yes",
    "y",
    "healthy",
];
/// Words for failure that need no map.
pub const FAILED_WORDS: [&str; 16] = [
    "failure",
    "failed",
    "fail",
    "error",
    "ko",
    "down",
    "false",
    "0",
    "timeout",
    "no",
    "n",
    "unhealthy",
    "crash",
    "crashed",
    "errored",
    "exception",
];

impl StatusWords {
    /// Whether there is anything that it ignores.
    pub fn may_ignore(&self) -> bool {
        !self.map.ignore.is_empty() || self.map.missing == Some(Outcome::Ignored)
    }

    /// The digit of a status cell; `None` for a word that no map explains.
    pub fn digit(&self, text: &[u8]) -> Option<u32> {
        let of = |outcome: Outcome| match outcome {
            Outcome::Ok => digit::FALSE,
            Outcome::Failed => digit::TRUE,
            Outcome::Ignored => digit::IGNORED,
        };
        let word = fold(text);
        let named = |list: &[String]| list.iter().any(|known| fold(known.as_bytes()) == word);
        for (list, outcome) in [
            (&self.map.ok, Outcome::Ok),
            (&self.map.failed, Outcome::Failed),
            (&self.map.ignore, Outcome::Ignored),
        ] {
            if named(list) {
                return Some(of(outcome));
            }
        }
        if is_blank(text) {
            return Some(self.map.missing.map_or(digit::UNKNOWN, of));
        }
        if self.kind == StatusKind::Http {
            return http_digit(&word);
        }
        // A user's map replaces the known words; with only `ignore` given they still hold.
        if !self.map.ok.is_empty() || !self.map.failed.is_empty() {
            return None;
        }
        let known = |list: &[&str]| list.iter().any(|known| known.as_bytes() == word);
        if self.kind == StatusKind::FailureFlag {
            return match () {
                () if known(&["true", "1", "yes", "y"]) => Some(digit::TRUE),
                () if known(&["false", "0", "no", "n"]) => Some(digit::FALSE),
                () => None,
            };
        }
        match () {
            () if known(&OK_WORDS) => Some(digit::FALSE),
            () if known(&FAILED_WORDS) => Some(digit::TRUE),
            () => None,
        }
    }
}

/// 5xx and 0 (no answer) are failures; 100 to 499 are not (RFC 9110, section 15, leaves 4xx to the client).
fn http_digit(word: &[u8]) -> Option<u32> {
    if word.len() > 3 || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    match std::str::from_utf8(word).ok()?.parse::<u32>().ok()? {
        0 | 500..=599 => Some(digit::TRUE),
        100..=499 => Some(digit::FALSE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StatusColumn;

    #[test]
    fn words_fold_case_and_spaces() {
        let words = StatusWords { map: StatusColumn::default(), kind: StatusKind::Words };
        for (text, digit) in [
            ("UP", Some(digit::FALSE)),
            (" up ", Some(digit::FALSE)),
            ("Failure", Some(digit::TRUE)),
            ("KO", Some(digit::TRUE)),
            ("", Some(digit::UNKNOWN)),
            ("n/a", Some(digit::UNKNOWN)),
            ("degraded", None),
        ] {
            assert_eq!(words.digit(text.as_bytes()), digit, "{text:?}");
        }
    }

    #[test]
    fn http_codes() {
        let words = StatusWords { map: StatusColumn::default(), kind: StatusKind::Http };
        for (text, digit) in [
            ("200", Some(digit::FALSE)),
            ("404", Some(digit::FALSE)),
            ("503", Some(digit::TRUE)),
            ("599", Some(digit::TRUE)),
            ("0", Some(digit::TRUE)),
            ("", Some(digit::UNKNOWN)),
            ("2xx", None),
            ("700", None),
        ] {
            assert_eq!(words.digit(text.as_bytes()), digit, "{text:?}");
        }
    }

    #[test]
    fn a_map_replaces_the_known_words() {
        let map = StatusColumn {
            ok: vec!["up".into(), "2xx".into()],
            failed: vec!["down".into()],
            ignore: vec!["paused".into()],
            missing: Some(Outcome::Failed),
            ..StatusColumn::default()
        };
        let words = StatusWords { map, kind: StatusKind::Words };
        for (text, digit) in [
            ("2XX", Some(digit::FALSE)),
            ("paused", Some(digit::IGNORED)),
            ("", Some(digit::TRUE)),
            ("ok", None),
        ] {
            assert_eq!(words.digit(text.as_bytes()), digit, "{text:?}");
        }
    }

    #[test]
    fn a_blank_cell_is_neither_equal_nor_unequal() {
        let is = TextTest::Is(vec!["eu".into()], Spelling::Exact);
        assert_eq!(is.truth(b""), Truth::Unknown);
        assert_eq!(TextTest::Not(Box::new(is)).truth(b"-"), Truth::Unknown);
        assert_eq!(TextTest::Blank.truth(b" null "), Truth::True);
    }
}
