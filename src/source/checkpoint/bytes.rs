//! Numbers and texts as bytes: as few as their size needs.
//!
//! Invariant: whatever the bytes are, reading them ends with a value or with nothing, and takes no more memory than a
//! few times their length.

/// Takes values, one behind the other.
#[derive(Default)]
pub(in crate::source) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(in crate::source) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// Seven bits per byte, least significant first; the eighth says that more follow (LEB128).
    pub(in crate::source) fn number(&mut self, number: u64) {
        self.unsigned(u128::from(number));
    }

    /// Small numbers of either sign are short: 0, -1, 1, -2 … are 0, 1, 2, 3 …
    pub(in crate::source) fn signed(&mut self, number: i128) {
        self.unsigned((number << 1 ^ number >> 127) as u128);
    }

    fn unsigned(&mut self, mut number: u128) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    pub(in crate::source) fn flag(&mut self, flag: bool) {
        self.bytes.push(u8::from(flag));
    }

    pub(in crate::source) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(in crate::source) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }

    /// Bytes whose number the reader knows.
    pub(in crate::source) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}

/// Gives values in the order in which they were written; nothing where the bytes do not hold any.
pub(in crate::source) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(in crate::source) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes }
    }

    /// Whether everything was read.
    pub(in crate::source) fn is_done(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(in crate::source) fn number(&mut self) -> Option<u64> {
        u64::try_from(self.unsigned()?).ok()
    }

    pub(in crate::source) fn signed(&mut self) -> Option<i128> {
        let number = self.unsigned()?;
        Some((number >> 1) as i128 ^ -((number & 1) as i128))
    }

    fn unsigned(&mut self) -> Option<u128> {
        let mut number = 0u128;
        for shift in (0..128).step_by(7) {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            let bits = u128::from(byte & 0x7F);
            // The last of nineteen bytes has room for two bits.
            if shift == 126 && bits > 3 {
                return None;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// How many values follow, of at least one byte each.
    pub(in crate::source) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.bytes.len()).then_some(count)
    }

    pub(in crate::source) fn flag(&mut self) -> Option<bool> {
        match self.raw(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    pub(in crate::source) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    pub(in crate::source) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.count()?;
        self.raw(length)
    }

    pub(in crate::source) fn raw(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(bytes)
    }

    pub(in crate::source) fn digest(&mut self) -> Option<[u8; 32]> {
        self.raw(32)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn there_and_back(number: u64, signed: i128, text: String, flag: bool) {
            let mut writer = Writer::default();
            writer.number(number);
            writer.signed(signed);
            writer.text(&text);
            writer.flag(flag);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.number(), Some(number));
            prop_assert_eq!(reader.signed(), Some(signed));
            prop_assert_eq!(reader.text(), Some(text));
            prop_assert_eq!(reader.flag(), Some(flag));
            prop_assert!(reader.is_done());
            prop_assert_eq!(reader.number(), None);
        }
    }

    #[test]
    fn small_numbers_are_short() {
        let check = |number: i128, expected: &[u8]| {
            let mut writer = Writer::default();
            writer.signed(number);
            assert_eq!(writer.finish(), expected, "{number}");
        };
        check(0, &[0]);
        check(-1, &[1]);
        check(63, &[126]);
        check(64, &[0x80, 1]);
        check(i128::MIN, &[[0xFF; 18].as_slice(), &[3]].concat());
    }

    #[test]
    fn what_was_not_written_is_nothing() {
        assert_eq!(Reader::new(&[0xFF; 40]).number(), None);
        assert_eq!(Reader::new(&[0xFF; 18]).signed(), None);
        assert_eq!(Reader::new(&[0x80; 10]).number(), None);
        assert_eq!(Reader::new(&[5, b'a']).bytes(), None);
        assert_eq!(Reader::new(&[2, 0xFF, 0xFE]).text(), None);
        assert_eq!(Reader::new(&[2]).flag(), None);
    }
}
