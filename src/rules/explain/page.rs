//! Lines of at most 80 columns.

/// Text that is broken into lines.
#[derive(Default)]
pub(super) struct Page {
    /// The text so far.
    pub(super) out: String,
}

/// Columns of a line.
pub(super) const WIDTH: usize = 80;

impl Page {
    pub(super) fn line(&mut self, text: &str) {
        self.wrapped("", "   ", text);
    }

    pub(super) fn gap(&mut self) {
        self.out.push('\n');
    }

    pub(super) fn text(&mut self, indent: usize, text: &str) {
        let indent = " ".repeat(indent);
        self.wrapped(&indent, &indent, text);
    }

    pub(super) fn item(&mut self, text: &str) {
        self.wrapped("  - ", "    ", text);
    }

    fn wrapped(&mut self, first: &str, next: &str, text: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in text.split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.out.push_str(&line);
                self.out.push('\n');
                next.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }
}
