//! A reader of JSON that holds one window of bytes and never a whole answer.
//!
//! Called by `answer`. Invariant: memory does not grow with the input but for one string at a time.

use std::io::{self, Read};

/// Bytes read at a time.
const WINDOW: usize = 64 << 10;
/// Longest string that is taken: no label value or message is near it.
const MOST_STRING: usize = 1 << 20;
/// Deepest nesting that is skipped.
const MOST_DEPTH: usize = 64;

/// Why an answer cannot be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// It broke off, or could not be read.
    Broken(io::Error),
    /// It is not what was expected.
    Unexpected(String),
}

impl Fault {
    pub(super) fn unexpected(what: impl Into<String>) -> Fault {
        Fault::Unexpected(what.into())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Broken(error)
    }
}

/// Reads values one after the other.
pub(super) struct Json<R> {
    input: R,
    window: Vec<u8>,
    at: usize,
    end: usize,
    text: Vec<u8>,
}

impl<R: Read> Json<R> {
    pub(super) fn new(input: R) -> Json<R> {
        Json { input, window: vec![0; WINDOW], at: 0, end: 0, text: Vec::new() }
    }

    fn fill(&mut self) -> io::Result<bool> {
        loop {
            match self.input.read(&mut self.window) {
                Ok(read) => {
                    (self.at, self.end) = (0, read);
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn next(&mut self) -> Result<u8, Fault> {
        if self.at == self.end && !self.fill()? {
            let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "it ends in the middle of its JSON");
            return Err(Fault::Broken(cut));
        }
        let byte = self.window[self.at];
        self.at += 1;
        Ok(byte)
    }

    /// The next byte that is no space, not taken yet.
    pub(super) fn peek(&mut self) -> Result<u8, Fault> {
        loop {
            let byte = self.next()?;
            if !byte.is_ascii_whitespace() {
                self.at -= 1;
                return Ok(byte);
            }
        }
    }

    /// Takes that byte.
    pub(super) fn expect(&mut self, wanted: u8) -> Result<(), Fault> {
        let found = self.peek()?;
        if found != wanted {
            let (wanted, found) = (char::from(wanted), char::from(found));
            return Err(Fault::unexpected(format!("its JSON has `{found}` where `{wanted}` belongs")));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether another entry of a list or a mapping follows; takes the comma or the closing sign. `first` is true
    /// before the first one, and false from then on.
    pub(super) fn more(&mut self, close: u8, first: &mut bool) -> Result<bool, Fault> {
        let is_first = std::mem::replace(first, false);
        let found = self.peek()?;
        if found == close {
            self.at += 1;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// The key of an entry, with its colon.
    pub(super) fn key(&mut self) -> Result<String, Fault> {
        let key = self.string()?.to_owned();
        self.expect(b':')?;
        Ok(key)
    }

    /// A string.
    pub(super) fn string(&mut self) -> Result<&str, Fault> {
        self.expect(b'"')?;
        self.text.clear();
        loop {
            // What lies in the window at once.
            let rest = &self.window[self.at..self.end];
            let plain = rest.iter().take_while(|byte| **byte != b'"' && **byte != b'\\').count();
            if self.text.len() + plain > MOST_STRING {
                return Err(Fault::unexpected("its JSON has a string of more than a megabyte"));
            }
            self.text.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match self.next()? {
                b'"' => break,
                b'\\' => self.escape()?,
                byte => self.text.push(byte),
            }
        }
        std::str::from_utf8(&self.text).map_err(|_| Fault::unexpected("its JSON is not UTF-8"))
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let plain = match self.next()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'u' => {
                let mut unit = self.unit()?;
                if (0xD800..0xDC00).contains(&unit) {
                    self.next()?;
                    self.next()?;
                    let low = self.unit()?;
                    unit = 0x10000 + ((unit - 0xD800) << 10) + low.wrapping_sub(0xDC00) % 0x400;
                }
                let character = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
                self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(Fault::unexpected("its JSON has an unknown escape")),
        };
        self.text.push(plain);
        Ok(())
    }

    fn unit(&mut self) -> Result<u32, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.next()?).to_digit(16);
            unit = unit * 16 + digit.ok_or_else(|| Fault::unexpected("its JSON has an unknown escape"))?;
        }
        Ok(unit)
    }

    /// A number, as it is written.
    pub(super) fn number(&mut self) -> Result<&str, Fault> {
        self.peek()?;
        self.text.clear();
        loop {
            match self.next()? {
                byte @ (b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') if self.text.len() < 64 => {
                    self.text.push(byte);
                }
                _ => {
                    self.at -= 1;
                    break;
                }
            }
        }
        match std::str::from_utf8(&self.text) {
            Ok(text) if !text.is_empty() => Ok(text),
            _ => Err(Fault::unexpected("its JSON has something else where a number belongs")),
        }
    }

    /// Goes over a value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        self.skip_within(0)
    }

    fn skip_within(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > MOST_DEPTH {
            return Err(Fault::unexpected("its JSON is nested too deeply"));
        }
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            open @ (b'{' | b'[') => {
                self.at += 1;
                let close = if open == b'{' { b'}' } else { b']' };
                let mut first = true;
                while self.more(close, &mut first)? {
                    if open == b'{' {
                        self.key()?;
                    }
                    self.skip_within(depth + 1)?;
                }
                Ok(())
            }
            b't' | b'f' | b'n' => self.word().map(|_| ()),
            _ => self.number().map(|_| ()),
        }
    }

    /// `true`, `false` or `null`.
    pub(super) fn word(&mut self) -> Result<Option<bool>, Fault> {
        let (word, value): (&[u8], _) = match self.peek()? {
            b't' => (b"true", Some(true)),
            b'f' => (b"false", Some(false)),
            _ => (b"null", None),
        };
        for byte in word {
            if self.next()? != *byte {
                return Err(Fault::unexpected("its JSON has an unknown word"));
            }
        }
        Ok(value)
    }

    /// Nothing but spaces follows.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        loop {
            if self.at == self.end && !self.fill()? {
                return Ok(());
            }
            if !self.window[self.at].is_ascii_whitespace() {
                return Err(Fault::unexpected("something follows its JSON"));
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time, so that every window ends everywhere.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let (Some(first), Some(rest)) = (self.0.first(), self.0.get(1..)) else { return Ok(0) };
            into[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn strings_numbers_and_what_is_skipped() {
        let text = br#"{"a" : "x\"\u00e4\ud83d\ude00\n", "b": [1.5e3, {"c": null}], "d": -7 }  "#;
        let mut json = Json::new(Drops(text));
        let mut first = true;
        json.expect(b'{').unwrap();
        assert!(json.more(b'}', &mut first).unwrap());
        assert_eq!(json.key().unwrap(), "a");
        assert_eq!(json.string().unwrap(), "x\"ä😀\n");
        assert!(json.more(b'}', &mut first).unwrap());
        assert_eq!(json.key().unwrap(), "b");
        json.skip().unwrap();
        assert!(json.more(b'}', &mut first).unwrap());
        assert_eq!(json.key().unwrap(), "d");
        assert_eq!(json.number().unwrap(), "-7");
        assert!(!json.more(b'}', &mut first).unwrap());
        json.end().unwrap();
    }

    #[test]
    fn what_is_cut_is_told_from_what_is_wrong() {
        let fault = |text: &'static [u8]| Json::new(text).skip().unwrap_err();
        for cut in [&b"{\"a\": [1, 2"[..], b"{\"a", b"[\"x\\u00", b""] {
            assert!(matches!(fault(cut), Fault::Broken(_)), "{cut:?}");
        }
        for wrong in [&b"{\"a\" 1}"[..], b"[1 2]", b"[x]", b"\"\\x\"", b"trux"] {
            assert!(matches!(fault(wrong), Fault::Unexpected(_)), "{wrong:?}");
        }
        let deep = "[".repeat(100);
        assert!(matches!(Json::new(deep.as_bytes()).skip().unwrap_err(), Fault::Unexpected(_)));
    }
}
