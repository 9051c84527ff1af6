//! Loops over the columns of a batch.

use super::vectors::Vectors;
use super::{FRONT, ONES, PAD};

/// The scale of a column: how its decimals become integers.
#[derive(Clone, Debug)]
pub(in super::super) struct Scale {
    /// Entry k: what to multiply with when the decimal point is byte k of the right-aligned eight; entry 8: without a
    /// point. Zero marks more decimals than the scale keeps.
    multiplier: [u64; 9],
    /// The decimal mark.
    mark: u64,
}

impl Scale {
    /// A column kept at `digits` decimals; at most 9.
    pub(in super::super) fn new(digits: u32, mark: u8) -> Scale {
        let multiplier = std::array::from_fn(|point| {
            let decimals = if point == 8 { 0 } else { 7 - point as u32 };
            if decimals <= digits { 10u64.pow(digits - decimals) } else { 0 }
        });
        Scale { multiplier, mark: u64::from(mark) * ONES }
    }
}

/// Stands for a cell that `numbers` leaves to the slow path.
pub(in super::super) const UNREAD: i64 = i64::MIN;

/// Reads cells of one to eight bytes made of digits and at most one decimal mark, eight bytes at a time in one
/// register: the cell is right-aligned and filled up with zeros, the mark is squeezed out, and the digits are
/// combined pairwise. Everything else becomes [`UNREAD`]; whether there was any is the result.
///
/// `first[i]` holds the first bytes of cell i in little-endian order, `len[i]` its length.
#[inline(always)]
pub(super) fn numbers<V: Vectors>(first: &[u64], len: &[u32], scale: &Scale, out: &mut [i64]) -> bool {
    let rows = out.len();
    let (first, len) = (&first[..rows], &len[..rows]);
    let mut any = 0u64;
    for row in 0..rows {
        let length = u64::from(len[row]);
        let wrong_length = u64::from(length.wrapping_sub(1) > 7);
        let shift = 64u64.wrapping_sub(8 * length) & 63;
        let word = (first[row] << shift) | ((0x30 * ONES) & ((1u64 << shift) - 1));
        // The lowest byte that equals the mark, as its top bit.
        let marked = word ^ scale.mark;
        let hits = marked.wrapping_sub(ONES) & !marked & (0x80 * ONES);
        let point = hits & hits.wrapping_neg();
        let (below, above) = ((point >> 7).wrapping_sub(1), !((point << 1).wrapping_sub(1)));
        let squeezed = ((word & below) << 8) | 0x30 | (word & above);
        let word = if point == 0 { word } else { squeezed };
        let mut multiplier = if point == 0 { scale.multiplier[8] } else { 0 };
        for (byte, candidate) in scale.multiplier[..8].iter().enumerate() {
            multiplier = if point == 0x80u64 << (8 * byte) { *candidate } else { multiplier };
        }
        let no_digit = (word.wrapping_add(0x46 * ONES) | word.wrapping_sub(0x30 * ONES)) & (0x80 * ONES);
        let digits = word.wrapping_sub(0x30 * ONES);
        let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
        let value = ((pairs & 0x0000_00FF_0000_00FF)
            .wrapping_mul(0x000F_4240_0000_0064)
            .wrapping_add(((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001)))
            >> 32;
        // A cell that is only the decimal mark has no digit.
        let lone_mark = u64::from(point != 0 && length == 1);
        let unread = no_digit | wrong_length | u64::from(multiplier == 0) | lone_mark;
        any |= unread;
        out[row] = if unread == 0 { (value & 0xFFFF_FFFF).wrapping_mul(multiplier) as i64 } else { UNREAD };
    }
    any != 0
}

#[inline(always)]
pub(super) fn edges<V: Vectors>(values: &[i64], limits: &[i64], digits: &mut [u32]) {
    let digits = &mut digits[..values.len()];
    for limit in limits {
        for (digit, value) in digits.iter_mut().zip(values) {
            *digit += u32::from(*value > *limit);
        }
    }
}

#[inline(always)]
pub(super) fn shift_in<V: Vectors>(codes: &mut [u32], radix: u32, digits: &[u32]) {
    for (code, digit) in codes.iter_mut().zip(digits) {
        *code = *code * radix + *digit;
    }
}

#[inline(always)]
pub(super) fn extent<V: Vectors>(values: &[i64]) -> (i64, i64) {
    values.iter().fold((i64::MAX, i64::MIN), |(low, high), value| (low.min(*value), high.max(*value)))
}

/// One column of a batch, as the loops over it want it.
#[derive(Default)]
pub(in super::super) struct Column {
    /// The first eight bytes of every cell, little-endian, those behind the cell cleared.
    pub(in super::super) first: Vec<u64>,
    /// The last eight bytes of cells of at least that length, else 0; for times the second eight.
    pub(in super::super) last: Vec<u64>,
    /// For times: bytes 16 to 24, those behind the cell cleared.
    pub(in super::super) third: Vec<u64>,
    /// The length of every cell.
    pub(in super::super) len: Vec<u32>,
    /// Where every cell begins in the buffer.
    pub(in super::super) at: Vec<u32>,
}

/// The separators of a batch: the one before the first field, then the one behind every field.
#[derive(Clone, Copy)]
pub(in super::super) struct Separators<'a> {
    pub(in super::super) bytes: &'a [u8],
    pub(in super::super) positions: &'a [u32],
    pub(in super::super) fields: usize,
    pub(in super::super) rows: usize,
}

/// Entry n keeps the first n bytes of a little-endian word.
const MASKS: [u64; 9] = {
    let mut masks = [0; 9];
    let mut bytes = 1;
    while bytes <= 8 {
        masks[bytes] = if bytes == 8 { !0 } else { (1 << (8 * bytes)) - 1 };
        bytes += 1;
    }
    masks
};

/// Calls `cell(row, start, end)` for a column's cells, after it was made sure that every one of them lies between
/// [`FRONT`] and `bytes.len() - PAD` (the ends: from `FRONT - 1`).
#[inline(always)]
fn each_cell(separators: &Separators<'_>, field: usize, mut cell: impl FnMut(usize, usize, usize)) {
    let &Separators { bytes, positions, fields, rows } = separators;
    let used = &positions[..=rows * fields];
    let (low, high) = used.iter().fold((u32::MAX, 0), |(low, high), at| (low.min(*at), high.max(*at)));
    assert!(field < fields && low as usize + 1 >= FRONT && high as usize + PAD <= bytes.len());
    let is_last = field + 1 == fields;
    let mut at = field;
    for row in 0..rows {
        // Sound: at = row * fields + field with row < rows and field < fields, so at + 1 <= rows * fields, the last
        // index of `used`.
        let (start, end) = unsafe { (*used.get_unchecked(at), *used.get_unchecked(at + 1)) };
        let (start, end) = (start as usize + 1, end as usize);
        // A carriage return before the line end belongs to it.
        let trim = usize::from(is_last && end > start && bytes[end - 1] == b'\r');
        cell(row, start, end - trim);
        at += fields;
    }
}

/// Eight bytes, little-endian.
///
/// # Safety
/// `at + 8` must not exceed the length.
#[inline(always)]
unsafe fn word(bytes: &[u8], at: usize) -> u64 {
    // Sound: the caller grants eight readable bytes; `read_unaligned` needs no alignment.
    u64::from_le(unsafe { bytes.as_ptr().add(at).cast::<u64>().read_unaligned() })
}

/// Collects the spellings of a column: `first`, `last`, `len` and `at`.
#[inline(always)]
pub(super) fn spellings<V: Vectors>(separators: &Separators<'_>, field: usize, column: &mut Column) {
    let rows = separators.rows;
    let Column { first, last, len, at, .. } = column;
    for words in [&mut *first, &mut *last] {
        words.resize(rows, 0);
    }
    for numbers in [&mut *len, &mut *at] {
        numbers.resize(rows, 0);
    }
    let (first, last, len, at) = (&mut first[..rows], &mut last[..rows], &mut len[..rows], &mut at[..rows]);
    each_cell(separators, field, |row, start, end| {
        let length = end.wrapping_sub(start);
        // Sound: `each_cell` grants FRONT - 1 <= end, so end - 8 >= 0, and start, end <= bytes.len() - PAD + 1.
        let (head, tail) = unsafe { (word(separators.bytes, start), word(separators.bytes, end - 8)) };
        first[row] = head & MASKS[length.min(8)];
        last[row] = if length < 8 { 0 } else { tail };
        len[row] = length as u32;
        at[row] = start as u32;
    });
}

/// Collects what numbers are read from: `first` and `len`.
#[inline(always)]
pub(super) fn digits<V: Vectors>(separators: &Separators<'_>, field: usize, column: &mut Column) {
    let rows = separators.rows;
    column.first.resize(rows, 0);
    column.len.resize(rows, 0);
    let (first, len) = (&mut column.first[..rows], &mut column.len[..rows]);
    each_cell(separators, field, |row, start, end| {
        // Sound: as in `spellings`.
        first[row] = unsafe { word(separators.bytes, start) };
        len[row] = end.wrapping_sub(start) as u32;
    });
}

/// Collects what times are read from: `first`, `last`, `third` and `len`.
#[inline(always)]
pub(super) fn clocks<V: Vectors>(separators: &Separators<'_>, field: usize, column: &mut Column) {
    let rows = separators.rows;
    let Column { first, last, third, len, .. } = column;
    for words in [&mut *first, &mut *last, &mut *third] {
        words.resize(rows, 0);
    }
    len.resize(rows, 0);
    let (first, last, third, len) =
        (&mut first[..rows], &mut last[..rows], &mut third[..rows], &mut len[..rows]);
    each_cell(separators, field, |row, start, end| {
        let length = end.wrapping_sub(start);
        // Sound: `each_cell` grants start <= bytes.len() - PAD + 1, and PAD >= 25.
        unsafe {
            first[row] = word(separators.bytes, start);
            last[row] = word(separators.bytes, start + 8);
            third[row] = word(separators.bytes, start + 16) & MASKS[length.saturating_sub(16).min(8)];
        }
        len[row] = length as u32;
    });
}

/// Counts every row under its code and adds its value to the one sum of its cell.
///
/// A cell has `stride` words: 32-bit counters of `codes` codes, and at `sum` the two words of the sum. `cells[i]` is
/// the first word of row i's cell.
#[inline(always)]
pub(super) fn count_and_add<V: Vectors>(
    words: &mut [u64],
    shape: CellShape,
    cells: &[u32],
    codes: &[u32],
    values: &[i64],
) {
    let rows = cells.len();
    let (codes, values) = (&codes[..rows], &values[..rows]);
    let cell = cells.iter().fold(0, |high: u32, cell| high.max(*cell)) as usize;
    let code = codes.iter().fold(0, |high: u32, code| high.max(*code)) as usize;
    assert!(cell + shape.stride <= words.len() && code / 2 < shape.sum && shape.sum + 2 <= shape.stride);
    let base = words.as_mut_ptr();
    for row in 0..rows {
        // Sound: every cell ends within `words`, and every counter and the sum lie within a cell (asserted above).
        unsafe {
            let cell = base.add(cells[row] as usize);
            *cell.add(codes[row] as usize / 2) += 1 << (32 * (codes[row] & 1));
            let (low, high) = (cell.add(shape.sum), cell.add(shape.sum + 1));
            let sum =
                (u128::from(*low) | u128::from(*high) << 64).wrapping_add(i128::from(values[row]) as u128);
            (*low, *high) = (sum as u64, (sum >> 64) as u64);
        }
    }
}

/// Where the parts of a cell stand, in words of 64 bits.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct CellShape {
    pub(in super::super) sum: usize,
    pub(in super::super) stride: usize,
}
