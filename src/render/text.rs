//! Text in columns of a terminal: widths as shown, lines broken where they must be, and no control character left.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text with every character that a terminal would act on, or not show, written out: `\n`, `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_invisible(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Columns that a visible text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in lines of at most `columns`, broken after spaces and the marks of names, else anywhere; of more than
/// `most` lines the last one ends with an ellipsis.
pub fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        if width(rest) <= columns {
            lines.push(rest.to_owned());
            break;
        }
        if lines.len() + 1 == most {
            lines.push(truncate(rest, columns));
            break;
        }
        let fits = prefix(rest, columns);
        // A line that is short because of a break early in it looks worse than a word cut in two.
        let after = |marks: &str| {
            let mut marks = rest[..fits].rmatch_indices(|c: char| marks.contains(c));
            let mark = marks.find(|(at, _)| !parts_unit(rest, *at));
            mark.map(|(at, _)| at + 1).filter(|at| *at > fits / 3)
        };
        let at = if rest[fits..].starts_with(' ') && !parts_unit(rest, fits) {
            fits
        } else {
            after(" ").or(after("/-_.,;:")).unwrap_or(fits)
        };
        lines.push(rest[..at].trim_end().to_owned());
        rest = rest[at..].trim_start();
    }
    lines
}

/// What stands behind a number, after a space.
const UNITS: [&str; 17] =
    ["%", "ns", "µs", "ms", "s", "min", "h", "d", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"];

/// Whether a break at this space would part a number from its unit.
fn parts_unit(text: &str, space: usize) -> bool {
    let behind = text[space..].strip_prefix(' ').unwrap_or_default();
    let word = behind.split([' ', ',', ';', ':', ')']).next().unwrap_or_default();
    text[..space].ends_with(|c: char| c.is_ascii_digit()) && UNITS.contains(&word)
}

/// At most so many columns, with an ellipsis where something is missing.
pub fn truncate(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    format!("{}…", text[..prefix(text, columns.saturating_sub(1))].trim_end())
}

/// Filled up with spaces on the right.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Filled up with spaces on the left.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Bytes of the longest prefix that fits, at least one character.
fn prefix(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns && at > 0 {
            return at;
        }
    }
    text.len()
}

/// Control characters, and those that reorder, split or hide text: a name must not look like another one.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(visible("a\u{1b}[31mb\nc\u{202e}d\u{9b}"), r"a\u{1b}[31mb\nc\u{202e}d\u{9b}");
        assert_eq!(visible("Zürich 東京"), "Zürich 東京");
    }

    #[test]
    fn lines() {
        let check =
            |text: &str, columns, most, expected: &[&str]| assert_eq!(wrap(text, columns, most), expected);
        check("checkout", 10, 3, &["checkout"]);
        check("", 10, 3, &[]);
        check("notification-service", 14, 3, &["notification-", "service"]);
        check("246 of 2,407 requests failed", 14, 3, &["246 of 2,407", "requests", "failed"]);
        check("abcdefghijklmnop", 5, 2, &["abcde", "fghi…"]);
        // A number is not parted from its unit.
        check(
            "the largest is 419.58 ms, 80 ms below",
            21,
            3,
            &["the largest is", "419.58 ms, 80 ms", "below"],
        );
        check("more than 12 percent", 12, 3, &["more than 12", "percent"]);
        // Each of these characters is two columns wide.
        check("東京東京東京", 5, 3, &["東京", "東京", "東京"]);
        check("東京東京東京", 6, 1, &["東京…"]);
    }

    #[test]
    fn filling_up() {
        assert_eq!((left("東", 4), right("ab", 4)), ("東  ".into(), "  ab".into()));
    }
}
