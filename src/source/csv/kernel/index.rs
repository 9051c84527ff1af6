//! Finding separators, and telling inside from outside of quotes.

use super::PAD;
use super::vectors::Vectors;

/// Whether the scan stands inside quotes, handed on from 64 bytes to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Quotes {
    /// All ones inside quotes, else 0.
    inside: u64,
    /// 1 when the byte before was a closing quote.
    closed: u64,
    /// All ones where quotes were frequent in the stretch before, else 0. Then every 64 bytes are treated as if they
    /// had one: a branch that nobody can guess costs more.
    frequent: u64,
}

impl Quotes {
    /// Whether a quote is open.
    pub(in super::super) fn open(self) -> bool {
        self.inside != 0
    }
}

/// What a stretch of the index found.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Found {
    /// Line ends outside quotes.
    pub(in super::super) records: usize,
    /// All line ends.
    pub(in super::super) lines: u64,
    /// Whether a quote stands where well-formed quoting has none.
    pub(in super::super) stray: bool,
}

#[inline(always)]
pub(super) fn index<V: Vectors>(
    bytes: &[u8],
    start: usize,
    from: usize,
    to: usize,
    delimiter: u8,
    quotes: &mut Quotes,
    positions: &mut Vec<u32>,
) -> Found {
    assert!(start <= from && from <= to && to + PAD <= bytes.len() && u32::try_from(bytes.len()).is_ok());
    let base = bytes.as_ptr();
    let mut found = Found::default();
    let mut at = from;
    let had = positions.len();
    // One entry per byte at most; `spread` writes 64 entries at a time, whatever it claims.
    positions.reserve(to - from + 64);
    // Sound: `had` entries are there.
    let room = unsafe { positions.as_mut_ptr().add(had) };
    let mut new = 0;
    let mut with_quotes = 0;
    while at < to {
        // Sound: `at < to` and `to + PAD <= bytes.len()` with PAD >= 64.
        let (mut separators, mut newlines, quoted) = unsafe { V::masks(base.add(at), delimiter) };
        let left = to - at;
        let valid = if left < 64 { (1u64 << left) - 1 } else { !0 };
        let quoted = quoted & valid;
        found.lines += u64::from((newlines & valid).count_ones());
        with_quotes += usize::from(quoted != 0);
        if (quoted | quotes.inside | quotes.closed | quotes.frequent) != 0 {
            // Sound: this function is compiled for V's instruction set.
            let inside = unsafe { V::prefix_xor(quoted) } ^ quotes.inside;
            if !well_formed(bytes, start, at, separators, quoted, inside, valid, quotes.closed, delimiter) {
                found.stray = true;
                break;
            }
            // The bit of an opening quote is inside, that of a closing quote is not.
            quotes.closed = (quoted & !inside) >> 63;
            quotes.inside = ((inside as i64) >> 63) as u64;
            separators &= !inside;
            newlines &= !inside;
        }
        separators &= valid;
        newlines &= valid;
        found.records += newlines.count_ones() as usize;
        // Sound: `new <= at - from`, one per byte that was looked at, and `at < to`: with the 64 entries that `spread`
        // needs that is within what was reserved.
        unsafe { V::spread(room.add(new), separators, at as u32) };
        new += separators.count_ones() as usize;
        at += 64;
    }
    quotes.frequent = if with_quotes * 64 * 8 > to - from { !0 } else { 0 };
    // Sound: `spread` initialised one entry per bit, and exactly those are claimed.
    unsafe { positions.set_len(had + new) };
    found
}

/// Parity tells inside from outside only where quoting is well-formed: an opening quote follows a separator, the
/// start or a quote, a closing one precedes a separator, CR LF or a quote.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "one step of `index`, on its registers")]
fn well_formed(
    bytes: &[u8],
    start: usize,
    at: usize,
    separators: u64,
    quoted: u64,
    inside: u64,
    valid: u64,
    closed_before: u64,
    delimiter: u8,
) -> bool {
    let opening = quoted & inside;
    let closing = quoted & !inside;
    let may_precede = (separators & !inside) | quoted;
    let before = at == start || {
        let byte = bytes[at - 1];
        byte == delimiter || byte == b'\n' || byte == b'"'
    };
    if opening & !((may_precede << 1) | u64::from(before)) != 0 {
        return false;
    }
    let mut after_closing = ((closing << 1) | closed_before) & !(separators | quoted) & valid;
    while after_closing != 0 {
        let here = at + after_closing.trailing_zeros() as usize;
        if !(bytes[here] == b'\r' && bytes[here + 1] == b'\n') {
            return false;
        }
        after_closing &= after_closing - 1;
    }
    true
}

#[inline(always)]
pub(super) fn odd_quotes<V: Vectors>(bytes: &[u8]) -> bool {
    // Whole stretches without a quote are the rule: ask for one before counting.
    let mut odd = 0;
    for stretch in bytes.chunks(256) {
        let quotes = stretch.iter().fold(0u8, |count, byte| count.wrapping_add(u8::from(*byte == b'"')));
        odd ^= quotes & 1;
    }
    odd == 1
}
