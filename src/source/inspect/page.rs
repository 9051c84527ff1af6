//! A page of aligned text, 80 columns wide.

use unicode_width::UnicodeWidthStr;

const WIDTH: usize = 80;
/// Names longer than this stand on their own line.
const WIDEST_NAME: usize = 28;

/// Text under construction.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    pub(super) fn text(self) -> String {
        self.text
    }

    pub(super) fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&clean(title));
        self.text.push('\n');
    }

    /// A label and its text.
    pub(super) fn line(&mut self, label: &str, text: &str) {
        self.hanging(&format!("  {}", padded(label, 13)), text);
    }

    /// Name, part and description of every column.
    pub(super) fn columns(&mut self, entries: &[(String, String, String)]) {
        let names: Vec<String> = entries.iter().map(|(name, ..)| clean(name)).collect();
        let fitting = names.iter().map(|name| name.width()).filter(|width| *width <= WIDEST_NAME);
        let name_width = fitting.max().unwrap_or(0).max(8);
        for (name, (_, part, about)) in names.iter().zip(entries) {
            let part = padded(part, 8);
            if name.width() > name_width {
                self.text.extend(["  ", name, "\n"]);
                self.hanging(&format!("  {}  {part}  ", padded("", name_width)), about);
            } else {
                self.hanging(&format!("  {}  {part}  ", padded(name, name_width)), about);
            }
        }
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.hanging("  - ", text);
    }

    /// A command line, continued by backslashes.
    pub(super) fn command(&mut self, words: &[String]) {
        let mut line = String::from(" ");
        for word in words {
            if line.width() + word.width() + 3 > WIDTH && line.trim_start() != "" {
                self.text.push_str(&line);
                self.text.push_str(" \\\n");
                line = String::from("   ");
            }
            line.push(' ');
            line.push_str(word);
        }
        self.text.push_str(&line);
        self.text.push('\n');
    }

    /// Words wrapped behind a start that is as wide on every line.
    fn hanging(&mut self, start: &str, text: &str) {
        let indent = start.width();
        let mut line = start.to_owned();
        let mut empty = true;
        for word in clean(text).split(' ') {
            if !empty && line.width() + 1 + word.width() > WIDTH {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
                line = " ".repeat(indent);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Text from the data without what a terminal would obey.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character })
        .collect()
}

/// `10,000`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
