//! The data sets M and STRAY: one line per request, spread evenly over June 2025.

use std::io::{self, Write};

use crate::fleet::Fleet;
use crate::random::Random;

/// Thirty days, 720 hours.
const SPAN_S: u64 = 30 * 86_400;

pub fn write(fleet: &Fleet, order: impl Iterator<Item = u32>, rows: u32, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"timestamp,service_name,status,response_time_ms\n")?;
    let mut line = Vec::with_capacity(128);
    for row in order {
        let mut random = Random::for_row(row.into());
        let service = fleet.pick(&mut random);
        line.clear();
        push_time(&mut line, row, rows);
        line.push(b',');
        line.extend_from_slice(service.name.as_bytes());
        line.extend_from_slice(if service.fails(&mut random) { b",failure," } else { b",success," });
        push_ms(&mut line, service.duration_us(&mut random), service.decimals);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// As M with a column of free text in which inches are written as a quote: legal to many readers, malformed by
/// RFC 4180. One row in a hundred has one, so a reader that trusts quotes to come in pairs is lost at once.
pub fn write_stray(fleet: &Fleet, order: impl Iterator<Item = u32>, rows: u32, out: &mut impl Write) -> io::Result<()> {
    const ITEMS: [&str; 5] = ["disk", "cable", "keyboard", "rack rail", "power supply"];
    const STRAY: [&str; 3] = ["5\" disk", "19\" rack", "27\" screen"];
    out.write_all(b"timestamp,service_name,item,status,response_time_ms\n")?;
    let mut line = Vec::with_capacity(128);
    for row in order {
        let mut random = Random::for_row(row.into());
        let service = fleet.pick(&mut random);
        let item = if random.below(100) == 0 { random.pick(&STRAY) } else { random.pick(&ITEMS) };
        line.clear();
        push_time(&mut line, row, rows);
        line.push(b',');
        line.extend_from_slice(service.name.as_bytes());
        line.push(b',');
        line.extend_from_slice(item.as_bytes());
        line.extend_from_slice(if service.fails(&mut random) { b",failure," } else { b",success," });
        push_ms(&mut line, service.duration_us(&mut random), service.decimals);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// `2025-06-DDTHH:MM:SSZ` of a row. June has exactly the thirty days, so no calendar is needed.
pub fn push_time(line: &mut Vec<u8>, row: u32, rows: u32) {
    let s = u64::from(row) * SPAN_S / u64::from(rows);
    let two = |n: u64| [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
    line.extend_from_slice(b"2025-06-");
    line.extend_from_slice(&two(s / 86_400 + 1));
    line.push(b'T');
    line.extend_from_slice(&two(s / 3600 % 24));
    line.push(b':');
    line.extend_from_slice(&two(s / 60 % 60));
    line.push(b':');
    line.extend_from_slice(&two(s % 60));
    line.push(b'Z');
}

/// A duration as milliseconds with a fixed number of decimals (0 to 3), cut off, not rounded.
pub fn push_ms(line: &mut Vec<u8>, us: u64, decimals: usize) {
    let mut digits = [b'0'; 24];
    let mut at = digits.len();
    let mut rest = us;
    while rest > 0 || at > digits.len() - 4 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let point = digits.len() - 3;
    line.extend_from_slice(&digits[at..point]);
    if decimals > 0 {
        line.push(b'.');
        line.extend_from_slice(&digits[point..point + decimals]);
    }
}
