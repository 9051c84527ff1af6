//! A zip archive (PKWARE's APPNOTE.TXT 6.3.10), the plain kind: deflated entries with names in UTF-8, one time for all.
//!
//! Invariant: nothing of the machine gets in: the same entries give the same bytes.

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::{self, Write};

/// Version 2.0: deflate.
const VERSION: u16 = 20;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// When the entries were written, as MS-DOS has it: two-second steps from 1980 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    date: u16,
    time: u16,
}

impl Moment {
    /// From year, month, day, hour, minute and second; years outside of 1980 to 2107 become the nearest.
    pub(super) fn new((year, month, day): (i16, i8, i8), (hour, minute, second): (i8, i8, i8)) -> Moment {
        let year = (year.clamp(1980, 2107) - 1980) as u16;
        let bits = |value: i8| u16::from(value.unsigned_abs());
        Moment {
            date: year << 9 | bits(month) << 5 | bits(day),
            time: bits(hour) << 11 | bits(minute) << 5 | bits(second) >> 1,
        }
    }
}

/// Writes the entries, names and contents, in their order.
pub(super) fn write(entries: &[(String, Vec<u8>)], moment: Moment, out: &mut dyn Write) -> io::Result<()> {
    let mut directory = Vec::new();
    let mut offset = 0u32;
    for (name, content) in entries {
        let packed = deflated(content)?;
        let (method, packed) =
            if packed.len() < content.len() { (DEFLATED, &packed) } else { (STORED, content) };
        let mut crc = Crc::new();
        crc.update(content);
        // What the header of the entry and the directory have in common.
        let mut common = Vec::new();
        for field in [VERSION, UTF8, method, moment.time, moment.date] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc.sum(), size(packed.len())?, size(content.len())?] {
            common.extend(field.to_le_bytes());
        }
        common.extend(short(name.len())?.to_le_bytes());
        common.extend(0u16.to_le_bytes());
        let header = [b"PK\x03\x04", &common[..], name.as_bytes()].concat();
        out.write_all(&header)?;
        out.write_all(packed)?;
        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(common);
        // No comment, first disk, no attributes inside and outside.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
        offset = offset
            .checked_add(size(header.len())?)
            .and_then(|offset| offset.checked_add(u32::try_from(packed.len()).ok()?))
            .ok_or_else(too_large)?;
    }
    out.write_all(&directory)?;
    let count = short(entries.len())?.to_le_bytes();
    out.write_all(b"PK\x05\x06\0\0\0\0")?;
    out.write_all(&[count, count].concat())?;
    out.write_all(&size(directory.len())?.to_le_bytes())?;
    out.write_all(&offset.to_le_bytes())?;
    out.write_all(&[0; 2])
}

fn deflated(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content)?;
    encoder.finish()
}

fn size(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(|_| too_large())
}

fn short(count: usize) -> io::Result<u16> {
    // 65,535 has another meaning.
    u16::try_from(count).ok().filter(|count| *count < u16::MAX).ok_or_else(too_large)
}

fn too_large() -> io::Error {
    io::Error::other("it is more than a zip archive holds (4 GiB, 65,534 files); leave out rows: --rows 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_the_byte() {
        // One stored entry, by the fields of APPNOTE.TXT, 4.3.7, 4.3.12 and 4.3.16. The CRC-32 of "a" is e8b7be43.
        // 2025-06-08 06:00:02 is 45 years after 1980: 45 << 9 | 6 << 5 | 8 = 5ac8; 6 << 11 | 1 = 3001.
        let moment = Moment::new((2025, 6, 8), (6, 0, 2));
        let mut bytes = Vec::new();
        write(&[("b".to_owned(), b"a".to_vec())], moment, &mut bytes).unwrap();
        let common = b"\x14\0\0\x08\0\0\x01\x30\xc8\x5a\x43\xbe\xb7\xe8\x01\0\0\0\x01\0\0\0\x01\0\0\0";
        let expected = [
            b"PK\x03\x04",
            &common[..],
            b"ba",
            b"PK\x01\x02\x14\0",
            common,
            b"\0\0\0\0\0\0\0\0\0\0",
            b"\0\0\0\0b",
            b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x20\0\0\0\0\0",
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn times_that_it_cannot_hold() {
        assert_eq!(Moment::new((1970, 1, 1), (0, 0, 0)), Moment { date: 0x21, time: 0 });
        assert_eq!(Moment::new((2200, 12, 31), (23, 59, 59)).date, 127 << 9 | 12 << 5 | 31);
    }
}
