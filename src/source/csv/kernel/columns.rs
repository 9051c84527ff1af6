//! Loops over the columns of a batch.

use super::vectors::Vectors;
use super::{FRONT, Kernel, ONES, PAD};

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

/// The cells of a column of numbers.
#[derive(Default)]
pub(in super::super) struct Column {
    /// The first eight bytes of every cell, little-endian, with whatever stands behind the cell.
    pub(in super::super) first: Vec<u64>,
    /// The length of every cell.
    pub(in super::super) len: Vec<u32>,
}

/// For each length up to eight: which bytes of the first word belong to the cell, and whether it has a last word.
static KEEP: [(u64, u64); 9] = {
    let mut masks = [(0, 0); 9];
    let mut bytes = 1;
    while bytes < 8 {
        masks[bytes].0 = (1 << (8 * bytes)) - 1;
        bytes += 1;
    }
    masks[8] = (!0, !0);
    masks
};

/// Where the fields of a batch begin and end: the separator before the first field, then the one behind every field.
///
/// Invariant: there are `rows * fields + 1` positions, from [`FRONT`] - 1 to `bytes.len()` - [`PAD`].
#[derive(Clone, Copy)]
pub(in super::super) struct Separators<'a> {
    bytes: &'a [u8],
    positions: &'a [u32],
    fields: usize,
    rows: usize,
}

#[inline(always)]
pub(super) fn bounds<V: Vectors>(positions: &[u32]) -> (u32, u32) {
    positions.iter().fold((u32::MAX, 0), |(low, high), at| (low.min(*at), high.max(*at)))
}

impl<'a> Separators<'a> {
    /// The fields of whole records; checks the positions, once for all loops.
    pub(in super::super) fn new(
        kernel: Kernel,
        bytes: &'a [u8],
        positions: &'a [u32],
        fields: usize,
    ) -> Separators<'a> {
        let rows = (positions.len() - 1) / fields;
        let positions = &positions[..=rows * fields];
        let (low, high) = kernel.bounds(positions);
        assert!(low as usize + 1 >= FRONT && high as usize + PAD <= bytes.len());
        Separators { bytes, positions, fields, rows }
    }

    /// How many rows.
    pub(in super::super) fn rows(&self) -> usize {
        self.rows
    }

    /// The buffer.
    pub(in super::super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where a cell begins and ends.
    #[inline]
    pub(in super::super) fn span(&self, row: usize, field: usize) -> (usize, usize) {
        let at = row * self.fields + field;
        self.cell(self.positions[at], self.positions[at + 1], field)
    }

    /// Where a row begins; of the row behind the last one where that ends.
    pub(in super::super) fn record(&self, row: usize) -> usize {
        self.positions[row * self.fields] as usize + 1
    }

    #[inline(always)]
    fn cell(&self, before: u32, behind: u32, field: usize) -> (usize, usize) {
        let (start, end) = (before as usize + 1, behind as usize);
        // A carriage return before the line end belongs to it.
        let trim = field + 1 == self.fields && end > start && self.bytes[end - 1] == b'\r';
        (start, end - usize::from(trim))
    }

    /// Calls `cell(row, start, end)` for every cell of a column.
    #[inline(always)]
    fn each_cell(&self, field: usize, mut cell: impl FnMut(usize, usize, usize)) {
        assert!(field < self.fields);
        let mut at = field;
        for row in 0..self.rows {
            // Sound: at = row * fields + field with row < rows and field < fields, so at + 1 <= rows * fields, the
            // last index of `positions` by the invariant.
            let (before, behind) =
                unsafe { (*self.positions.get_unchecked(at), *self.positions.get_unchecked(at + 1)) };
            let (start, end) = self.cell(before, behind, field);
            cell(row, start, end);
            at += self.fields;
        }
    }

    /// Eight bytes, little-endian.
    ///
    /// # Safety
    /// `at` must be at most a position of the batch + [`PAD`] - 8.
    #[inline(always)]
    unsafe fn word(&self, at: usize) -> u64 {
        // Sound: by the invariant at + 8 <= bytes.len(); `read_unaligned` needs no alignment.
        u64::from_le(unsafe { self.bytes.as_ptr().add(at).cast::<u64>().read_unaligned() })
    }

    /// Calls `cell(row, spelling)` for every cell of a column.
    #[inline(always)]
    pub(in super::super) fn each_spelling(&self, field: usize, mut cell: impl FnMut(usize, Spelling)) {
        self.each_cell(field, |row, start, end| {
            let len = end.wrapping_sub(start);
            // Sound: both are at most a position + 1, and end - 8 >= 0 because positions are at least FRONT - 1.
            let (first, last) = unsafe { (self.word(start), self.word(end - 8)) };
            // From a table, because the compiler makes a branch of anything it can see through, and lengths around
            // eight are guessed wrong half of the time.
            let (keep, long) = KEEP[len.min(8)];
            cell(row, Spelling { first: first & keep, last: last & long, len: len as u32, at: start as u32 });
        });
    }

    /// Calls `cell(row, clock)` for every cell of a column of times.
    #[inline(always)]
    pub(in super::super) fn each_clock(&self, field: usize, mut cell: impl FnMut(usize, Clock)) {
        self.each_cell(field, |row, start, end| {
            let len = end.wrapping_sub(start);
            // Sound: `start` is at most a position + 1, and PAD is larger than 1 + 24.
            let words = unsafe { [self.word(start), self.word(start + 8), self.word(start + 16)] };
            cell(row, Clock { words, len: len as u32 });
        });
    }
}

/// A cell of text.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Spelling {
    /// Its first eight bytes, little-endian, those behind it cleared.
    pub(in super::super) first: u64,
    /// Its last eight bytes if it has as many, else 0.
    pub(in super::super) last: u64,
    /// Its length.
    pub(in super::super) len: u32,
    /// Where it begins.
    pub(in super::super) at: u32,
}

/// A cell that may be a time.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Clock {
    /// Its first 24 bytes, little-endian, with whatever stands behind it.
    pub(in super::super) words: [u64; 3],
    /// Its length.
    pub(in super::super) len: u32,
}

/// Collects what numbers are read from.
#[inline(always)]
pub(super) fn digits<V: Vectors>(separators: &Separators<'_>, field: usize, column: &mut Column) {
    let rows = separators.rows;
    column.first.resize(rows, 0);
    column.len.resize(rows, 0);
    let (first, len) = (&mut column.first[..rows], &mut column.len[..rows]);
    separators.each_cell(field, |row, start, end| {
        // Sound: `start` is at most a position + 1.
        first[row] = unsafe { separators.word(start) };
        len[row] = end.wrapping_sub(start) as u32;
    });
}

/// Counts every row under its code and adds its value to the sum of its cell that the code has.
///
/// A cell has `stride` words: 32-bit counters of codes, and from `sum` on two words for the sum of each slot; `slots`
/// has the slot of every code. `cells[i]` is the first word of row i's cell.
#[inline(always)]
pub(super) fn count_and_add<V: Vectors>(
    words: &mut [u64],
    shape: CellShape<'_>,
    cells: &[u32],
    codes: &[u32],
    values: &[i64],
) {
    let rows = cells.len();
    let (codes, values) = (&codes[..rows], &values[..rows]);
    let largest = |numbers: &[u32]| numbers.iter().fold(0, |high: u32, number| high.max(*number)) as usize;
    let (cell, code, slot) = (largest(cells), largest(codes), largest(shape.slots));
    assert!(cell + shape.stride <= words.len() && code / 2 < shape.sum && code < shape.slots.len());
    assert!(shape.sum + 2 * slot + 2 <= shape.stride);
    let base = words.as_mut_ptr();
    for row in 0..rows {
        // Sound: every cell ends within `words`, every code has a slot, and every counter and sum lies within a cell
        // (asserted above).
        unsafe {
            let cell = base.add(cells[row] as usize);
            let code = codes[row] as usize;
            *cell.add(code / 2) += 1 << (32 * (code & 1));
            let at = shape.sum + 2 * *shape.slots.get_unchecked(code) as usize;
            let (low, high) = (cell.add(at), cell.add(at + 1));
            let sum =
                (u128::from(*low) | u128::from(*high) << 64).wrapping_add(i128::from(values[row]) as u128);
            (*low, *high) = (sum as u64, (sum >> 64) as u64);
        }
    }
}

/// Where the parts of a cell stand, in words of 64 bits.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct CellShape<'a> {
    pub(in super::super) slots: &'a [u32],
    pub(in super::super) sum: usize,
    pub(in super::super) stride: usize,
}
