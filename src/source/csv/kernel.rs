//! The part of the scanner that is compiled once per instruction set: finding separators and quotes, and the loops
//! over whole columns that the compiler vectorises.
//!
//! Everything here has a safe face. `unsafe` is used for two things only: calling functions that are compiled for an
//! instruction set after it was found on this machine, and the vector loads and stores of the index.
//!
//! Invariant: every instruction set gives the same result; the tests force each one.

#![expect(unsafe_code, reason = "vector instructions; the proof stands beside each block")]

/// Bytes that must be readable before the first record of a buffer.
pub(super) const FRONT: usize = 16;
/// Bytes that must be readable behind the last record of a buffer.
pub(super) const PAD: usize = 128;

/// The instruction sets that code is generated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Plain 64-bit words, on every machine.
    Portable,
    /// 32 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 64 bytes at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// All that this machine has, the best one last.
    pub fn available() -> Vec<Isa> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "more are known on x86-64"))]
        let mut found = vec![Isa::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if has_avx2() {
                found.push(Isa::Avx2);
            }
            if has_avx512() {
                found.push(Isa::Avx512);
            }
        }
        found
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("lzcnt")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi2")
}

/// An instruction set that was found on this machine.
///
/// Invariant: `isa` is one of [`Isa::available`], which is what makes the calls below sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernel {
    isa: Isa,
}

/// Defines a method of [`Kernel`] whose body is compiled once per instruction set.
macro_rules! per_isa {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)? = $body:ident) => {
        $(#[$doc])*
        #[inline]
        pub(super) fn $name(self, $($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
            fn avx2($($arg: $type),*) $(-> $result)? {
                $body::<x86::Avx2>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(
                enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt,lzcnt"
            )]
            fn avx512($($arg: $type),*) $(-> $result)? {
                $body::<x86::Avx512>($($arg),*)
            }
            match self.isa {
                Isa::Portable => $body::<Portable>($($arg),*),
                // Sound: `self.isa` was found on this machine with all of these features (`Kernel::new`).
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => unsafe { avx2($($arg),*) },
                // Sound: as above.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => unsafe { avx512($($arg),*) },
            }
        }
    };
}

/// Whether the scan stands inside quotes, handed on from 64 bytes to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quotes {
    /// All ones inside quotes, else 0.
    inside: u64,
    /// 1 when the byte before was a closing quote.
    closed: u64,
}

impl Quotes {
    /// Whether a quote is open.
    pub(super) fn open(self) -> bool {
        self.inside != 0
    }
}

/// What a stretch of the index found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// Line ends outside quotes.
    pub(super) records: usize,
    /// All line ends.
    pub(super) lines: u64,
    /// Whether a quote stands where well-formed quoting has none.
    pub(super) stray: bool,
}

impl Kernel {
    /// The best instruction set of this machine.
    pub(super) fn best() -> Kernel {
        Kernel { isa: Isa::available().pop().unwrap_or(Isa::Portable) }
    }

    /// This instruction set, or the portable one where the machine lacks it.
    pub(super) fn new(isa: Isa) -> Kernel {
        Kernel { isa: if Isa::available().contains(&isa) { isa } else { Isa::Portable } }
    }

    per_isa! {
        /// Appends the position of every separator (delimiter or line end outside quotes) of `bytes[from..to]`.
        ///
        /// `start` is where the record-wise scan began; nothing before it is looked at. The buffer must reach
        /// [`PAD`] bytes beyond `to`.
        fn index(bytes: &[u8], start: usize, from: usize, to: usize, delimiter: u8, quotes: &mut Quotes, positions: &mut Vec<u32>) -> Found = index
    }

    per_isa! {
        /// Whether the number of quotes is odd.
        fn odd_quotes(bytes: &[u8]) -> bool = odd_quotes
    }

    per_isa! {
        /// Numbers of at most eight bytes, as integers at a scale: see [`numbers`].
        fn numbers(first: &[u64], len: &[u32], scale: &Scale, out: &mut [i64]) -> bool = numbers
    }

    per_isa! {
        /// Adds to every digit how many of the limits its value exceeds.
        fn edges(values: &[i64], limits: &[i64], digits: &mut [u32]) = edges
    }

    per_isa! {
        /// `codes = codes * radix + digits`.
        fn shift_in(codes: &mut [u32], radix: u32, digits: &[u32]) = shift_in
    }

    per_isa! {
        /// The smallest and the largest of some values; `(i64::MAX, i64::MIN)` of none.
        fn extent(values: &[i64]) -> (i64, i64) = extent
    }
}

/// How 64 bytes are looked at.
trait Vectors {
    /// Bits of the bytes that are a delimiter or a line end, a line end, a quote.
    ///
    /// # Safety
    /// 64 bytes must be readable at `at`, and the machine must have the instruction set.
    unsafe fn masks(at: *const u8, delimiter: u8) -> (u64, u64, u64);

    /// Writes `base` + the position of every bit of `mask` to `out`.
    ///
    /// # Safety
    /// 64 entries must be writable at `out`, and the machine must have the instruction set.
    unsafe fn spread(out: *mut u32, mask: u64, base: u32);
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled inside each function of one instruction set")]
fn index<V: Vectors>(
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
    while at < to {
        // Sound: `at < to` and `to + PAD <= bytes.len()` with PAD >= 64.
        let (mut separators, mut newlines, quoted) = unsafe { V::masks(base.add(at), delimiter) };
        let left = to - at;
        let valid = if left < 64 { (1u64 << left) - 1 } else { !0 };
        let quoted = quoted & valid;
        found.lines += u64::from((newlines & valid).count_ones());
        if (quoted | quotes.inside | quotes.closed) != 0 {
            let inside = prefix_xor(quoted) ^ quotes.inside;
            if !well_formed(bytes, start, at, separators, quoted, inside, valid, quotes.closed, delimiter) {
                found.stray = true;
                return found;
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
        let had = positions.len();
        positions.reserve(64);
        // Sound: 64 entries are reserved behind `had`; `spread` initialises one per bit, and only those are claimed.
        unsafe {
            V::spread(positions.as_mut_ptr().add(had), separators, at as u32);
            positions.set_len(had + separators.count_ones() as usize);
        }
        at += 64;
    }
    found
}

/// Parity tells inside from outside only where quoting is well-formed: an opening quote follows a separator, the
/// start or a quote, a closing one precedes a separator, CR LF or a quote.
#[inline(always)]
#[expect(clippy::inline_always, clippy::too_many_arguments, reason = "one step of `index`, on its registers")]
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

/// Bit i of the result is the parity of bits 0..=i.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a few instructions of `index`")]
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled inside each function of one instruction set")]
fn odd_quotes<V: Vectors>(bytes: &[u8]) -> bool {
    // Whole stretches without a quote are the rule: ask for one before counting.
    let mut odd = 0;
    for stretch in bytes.chunks(256) {
        let quotes = stretch.iter().fold(0u8, |count, byte| count.wrapping_add(u8::from(*byte == b'"')));
        odd ^= quotes & 1;
    }
    odd == 1
}

/// The scale of a column: how its decimals become integers.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// Entry k: what to multiply with when the decimal point is byte k of the right-aligned eight; entry 8: without a
    /// point. Zero marks more decimals than the scale keeps.
    multiplier: [u64; 9],
    /// The decimal mark.
    mark: u64,
}

impl Scale {
    /// A column kept at `digits` decimals; at most 9.
    pub(super) fn new(digits: u32, mark: u8) -> Scale {
        let multiplier = std::array::from_fn(|point| {
            let decimals = if point == 8 { 0 } else { 7 - point as u32 };
            if decimals <= digits { 10u64.pow(digits - decimals) } else { 0 }
        });
        Scale { multiplier, mark: u64::from(mark) * ONES }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
/// Stands for a cell that `numbers` leaves to the slow path.
pub(super) const UNREAD: i64 = i64::MIN;

/// Reads cells of one to eight bytes made of digits and at most one decimal mark, eight bytes at a time in one
/// register: the cell is right-aligned and filled up with zeros, the mark is squeezed out, and the digits are
/// combined pairwise. Everything else becomes [`UNREAD`]; whether there was any is the result.
///
/// `first[i]` holds the first bytes of cell i in little-endian order, `len[i]` its length.
#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled inside each function of one instruction set")]
fn numbers<V: Vectors>(first: &[u64], len: &[u32], scale: &Scale, out: &mut [i64]) -> bool {
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
#[expect(clippy::inline_always, reason = "must be compiled inside each function of one instruction set")]
fn edges<V: Vectors>(values: &[i64], limits: &[i64], digits: &mut [u32]) {
    let digits = &mut digits[..values.len()];
    for limit in limits {
        for (digit, value) in digits.iter_mut().zip(values) {
            *digit += u32::from(*value > *limit);
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled inside each function of one instruction set")]
fn shift_in<V: Vectors>(codes: &mut [u32], radix: u32, digits: &[u32]) {
    for (code, digit) in codes.iter_mut().zip(digits) {
        *code = *code * radix + *digit;
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled inside each function of one instruction set")]
fn extent<V: Vectors>(values: &[i64]) -> (i64, i64) {
    values.iter().fold((i64::MAX, i64::MIN), |(low, high), value| (low.min(*value), high.max(*value)))
}

struct Portable;

impl Vectors for Portable {
    #[inline(always)]
    unsafe fn masks(at: *const u8, delimiter: u8) -> (u64, u64, u64) {
        // Sound: the caller grants 64 readable bytes; bytes have no alignment.
        let bytes = unsafe { &*at.cast::<[u8; 64]>() };
        let newlines = equal(bytes, b'\n');
        (equal(bytes, delimiter) | newlines, newlines, equal(bytes, b'"'))
    }

    #[inline(always)]
    unsafe fn spread(out: *mut u32, mut mask: u64, base: u32) {
        let mut next = out;
        while mask != 0 {
            // Sound: at most 64 bits, and the caller grants 64 entries.
            unsafe {
                *next = base + mask.trailing_zeros();
                next = next.add(1);
            }
            mask &= mask - 1;
        }
    }
}

/// The bits of the bytes equal to `wanted`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the inner step of the portable masks")]
fn equal(bytes: &[u8; 64], wanted: u8) -> u64 {
    let wanted = u64::from(wanted) * ONES;
    let mut mask = 0u64;
    for (index, chunk) in bytes.chunks_exact(8).enumerate() {
        let mut word = [0u8; 8];
        word.copy_from_slice(chunk);
        let differing = u64::from_le_bytes(word) ^ wanted;
        // Exact per byte: the top bit of each byte is set where the byte is zero.
        let zero = !(((differing & 0x7F7F_7F7F_7F7F_7F7F) + 0x7F7F_7F7F_7F7F_7F7F)
            | differing
            | 0x7F7F_7F7F_7F7F_7F7F);
        mask |= ((zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index);
    }
    mask
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vectors;
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_set1_epi8, _mm512_add_epi32, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask,
        _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32, _mm512_loadu_si512, _mm512_maskz_compress_epi8,
        _mm512_set1_epi8, _mm512_set1_epi32, _mm512_storeu_si512,
    };

    pub(super) struct Avx2;

    impl Vectors for Avx2 {
        #[inline(always)]
        unsafe fn masks(at: *const u8, delimiter: u8) -> (u64, u64, u64) {
            // Sound: the caller grants 64 readable bytes and the instruction set; `loadu` needs no alignment.
            unsafe {
                let low = _mm256_loadu_si256(at.cast::<__m256i>());
                let high = _mm256_loadu_si256(at.add(32).cast::<__m256i>());
                let equal = |wanted: u8| {
                    let wanted = _mm256_set1_epi8(wanted as i8);
                    let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) as u32;
                    let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) as u32;
                    u64::from(low) | (u64::from(high) << 32)
                };
                let newlines = equal(b'\n');
                (equal(delimiter) | newlines, newlines, equal(b'"'))
            }
        }

        #[inline(always)]
        unsafe fn spread(out: *mut u32, mut mask: u64, base: u32) {
            let mut next = out;
            // Eight at a time: a loop over single bits mispredicts at the end of nearly every mask.
            loop {
                for entry in 0..8 {
                    // Sound: a round starts only while bits are left, so at most eight rounds of eight entries are
                    // written, and the caller grants 64.
                    unsafe { *next.add(entry) = base + mask.trailing_zeros() };
                    mask &= mask.wrapping_sub(1);
                }
                if mask == 0 {
                    return;
                }
                // Sound: as above.
                next = unsafe { next.add(8) };
            }
        }
    }

    pub(super) struct Avx512;

    static COUNTING: [u8; 64] = {
        let mut bytes = [0; 64];
        let mut index = 0;
        while index < 64 {
            bytes[index] = index as u8;
            index += 1;
        }
        bytes
    };

    impl Vectors for Avx512 {
        #[inline(always)]
        unsafe fn masks(at: *const u8, delimiter: u8) -> (u64, u64, u64) {
            // Sound: the caller grants 64 readable bytes and the instruction set; `loadu` needs no alignment.
            unsafe {
                let bytes = _mm512_loadu_si512(at.cast::<__m512i>());
                let equal = |wanted: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(wanted as i8));
                let newlines = equal(b'\n');
                (equal(delimiter) | newlines, newlines, equal(b'"'))
            }
        }

        #[inline(always)]
        unsafe fn spread(out: *mut u32, mask: u64, base: u32) {
            // Sound: the caller grants 64 entries, which the four stores of 16 exactly fill, and the instruction set.
            unsafe {
                let places = _mm512_loadu_si512(COUNTING.as_ptr().cast::<__m512i>());
                let places = _mm512_maskz_compress_epi8(mask, places);
                let base = _mm512_set1_epi32(base as i32);
                let store = |lane: usize, places: __m128i| {
                    let wide = _mm512_add_epi32(_mm512_cvtepu8_epi32(places), base);
                    _mm512_storeu_si512(out.add(16 * lane).cast::<__m512i>(), wide);
                };
                store(0, _mm512_castsi512_si128(places));
                if mask.count_ones() > 16 {
                    store(1, _mm512_extracti32x4_epi32::<1>(places));
                    store(2, _mm512_extracti32x4_epi32::<2>(places));
                    store(3, _mm512_extracti32x4_epi32::<3>(places));
                }
            }
        }
    }
}
