//! Splits the start of an input into records, leniently: enough to look at it. The scanner reads strictly.

use std::borrow::Cow;

/// The records of a text, one delimiter.
pub(in crate::source) struct Records<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
    delimiter: u8,
}

/// One record.
pub(in crate::source) struct Record<'a> {
    /// The line it starts on, counted from 1.
    pub line: u64,
    /// Its fields without their quotes.
    pub fields: Vec<Cow<'a, [u8]>>,
    /// Whether it ends with a line end; the last one of a head may be cut.
    pub ended: bool,
    /// Whether any field was quoted.
    pub quoted: bool,
}

impl<'a> Records<'a> {
    /// From `at` on, which is the start of line `line`.
    pub(in crate::source) fn new(text: &'a [u8], at: usize, line: u64, delimiter: u8) -> Records<'a> {
        Records { text, at, line, delimiter }
    }

    /// Where the next record starts: its byte and its line.
    pub(in crate::source) fn position(&self) -> (usize, u64) {
        (self.at, self.line)
    }

    fn line_end(&self) -> usize {
        match self.text.get(self.at..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\n', ..]) => 1,
            _ => 0,
        }
    }

    /// A field and whether it was quoted; stops at what ends it.
    fn field(&mut self) -> (Cow<'a, [u8]>, bool) {
        let text = self.text;
        if text.get(self.at) != Some(&b'"') {
            let start = self.at;
            self.skip_plain();
            return (Cow::Borrowed(&text[start..self.at]), false);
        }
        self.at += 1;
        let start = self.at;
        let mut owned: Option<Vec<u8>> = None;
        loop {
            let rest = &text[self.at..];
            let length = memchr::memchr(b'"', rest).unwrap_or(rest.len());
            self.line += memchr::memchr_iter(b'\n', &rest[..length]).count() as u64;
            if let Some(owned) = &mut owned {
                owned.extend_from_slice(&rest[..length]);
            }
            self.at += length;
            match text.get(self.at + 1) {
                Some(b'"') => {
                    owned.get_or_insert_with(|| text[start..self.at].to_vec()).push(b'"');
                    self.at += 2;
                }
                _ => break,
            }
        }
        let content = owned.map_or(Cow::Borrowed(&text[start..self.at]), Cow::Owned);
        self.at = (self.at + 1).min(text.len());
        self.skip_plain();
        (content, true)
    }

    fn skip_plain(&mut self) {
        let rest = &self.text[self.at..];
        let length = memchr::memchr2(self.delimiter, b'\n', rest).unwrap_or(rest.len());
        self.at += length;
        if rest.get(length) == Some(&b'\n') && length > 0 && rest[length - 1] == b'\r' {
            self.at -= 1;
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        // Empty lines are no records.
        while let end @ 1.. = self.line_end() {
            self.at += end;
            self.line += 1;
        }
        if self.at >= self.text.len() {
            return None;
        }
        let line = self.line;
        let mut fields = Vec::new();
        let mut quoted = false;
        loop {
            let (field, was_quoted) = self.field();
            fields.push(field);
            quoted |= was_quoted;
            match self.line_end() {
                0 if self.at < self.text.len() => self.at += 1,
                0 => return Some(Record { line, fields, ended: false, quoted }),
                end => {
                    self.at += end;
                    self.line += 1;
                    return Some(Record { line, fields, ended: true, quoted });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(u64, &[&str])]) {
        let found: Vec<(u64, Vec<String>)> = Records::new(text.as_bytes(), 0, 1, b',')
            .map(|record| {
                let fields = record.fields.iter().map(|field| String::from_utf8_lossy(field).into_owned());
                (record.line, fields.collect())
            })
            .collect();
        let expected: Vec<(u64, Vec<String>)> = expected
            .iter()
            .map(|(line, fields)| (*line, fields.iter().map(|field| (*field).to_owned()).collect()))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn records() {
        check("a,b\n1,2\n", &[(1, &["a", "b"]), (2, &["1", "2"])]);
        check("a,b\r\n1,\r\n", &[(1, &["a", "b"]), (2, &["1", ""])]);
        check("\n\na\n\n1", &[(3, &["a"]), (5, &["1"])]);
        check("\"a,\"\"b\",c\n1,2", &[(1, &["a,\"b", "c"]), (2, &["1", "2"])]);
        check("\"a\nb\",c\n1,2", &[(1, &["a\nb", "c"]), (3, &["1", "2"])]);
        check("a,\"never closed\n1,2", &[(1, &["a", "never closed\n1,2"])]);
        check("5\" disk,b\n", &[(1, &["5\" disk", "b"])]);
        check("", &[]);
    }
}
