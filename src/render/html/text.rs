//! Text on its way into the page.
//!
//! Invariant: whatever comes from data or rules goes through [`safe`], [`name`] or [`long`]. None of them lets a
//! character through that could open a tag, end an attribute, reorder what stands beside it, or not be seen.

use super::super::text::visible;
use std::fmt::Write;

/// Characters of a name that are shown; of a longer one the end, too, so that two can be told apart.
const NAME: usize = 80;
const NAME_END: usize = 12;
/// Characters of a sentence that are shown.
const SENTENCE: usize = 1_000;

/// Text for a page or an attribute in double quotes, however long.
pub(super) fn safe(text: &str) -> String {
    let text = visible(text);
    let mut html = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

/// A name from the data: shortened, and set apart from the direction of the text around it.
pub(super) fn name(text: &str) -> String {
    format!("<bdi>{}</bdi>", safe(&short(text, NAME)))
}

/// A sentence that may have names in it.
pub(super) fn long(text: &str) -> String {
    safe(&short(text, SENTENCE))
}

/// Lines of text as they are: rules.
pub(super) fn lines(text: &str) -> String {
    text.lines().map(safe).collect::<Vec<_>>().join("\n")
}

/// At most so many characters; the end stays. Blank names are written so that they can be seen.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.trim().is_empty() {
        return format!("“{text}”");
    }
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let end = NAME_END.min(most / 3);
    let start: String = text.chars().take(most - end - 1).collect();
    let end: String = text.chars().skip(length - end).collect();
    format!("{start}…{end}")
}

/// A number of a drawing: one decimal, and none where it is zero.
pub(super) fn place(number: f64) -> String {
    let tenths = (number * 10.0).round() as i64;
    let mut text = String::new();
    if tenths < 0 {
        text.push('-');
    }
    let tenths = tenths.unsigned_abs();
    let _ = write!(text, "{}", tenths / 10);
    if !tenths.is_multiple_of(10) {
        let _ = write!(text, ".{}", tenths % 10);
    }
    text
}

/// `1 promise`, `12 promises`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    crate::model::display::counted(count as u64, noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_data_is_markup() {
        let check = |text: &str, expected: &str| assert_eq!(safe(text), expected);
        check("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
        check("a\" onload=\"b & c", "a&quot; onload=&quot;b &amp; c");
        check("line\nbreak\u{202e}txt\0", "line\\nbreak\\u{202e}txt\\u{0}");
        check("東京 Zürich 🦀", "東京 Zürich 🦀");
    }

    #[test]
    fn long_names_keep_both_ends() {
        let name = format!("{}end-of-name1", "x".repeat(10_000));
        assert_eq!(short(&name, 20), format!("{}…f-name1", "x".repeat(13)).replace("f-name1", "-name1"));
        assert_eq!(short("checkout", 20), "checkout");
        assert_eq!(short(" ", 20), "“ ”");
    }

    #[test]
    fn places() {
        for (number, text) in [(0.0, "0"), (1.25, "1.3"), (-0.04, "0"), (-3.5, "-3.5"), (120.0, "120")] {
            assert_eq!(place(number), text);
        }
    }
}
