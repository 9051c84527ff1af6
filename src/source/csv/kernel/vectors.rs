//! How 64 bytes are looked at, for each instruction set.

use super::ONES;

/// How 64 bytes are looked at.
pub(super) trait Vectors {
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

    /// Bit i of the result is the parity of bits 0..=i.
    ///
    /// # Safety
    /// The machine must have the instruction set.
    unsafe fn prefix_xor(mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }
}

pub(super) struct Portable;

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
pub(super) mod x86 {
    use super::Vectors;
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi64x,
        _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8, _mm512_add_epi32,
        _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32, _mm512_extracti32x4_epi32,
        _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi8, _mm512_set1_epi32,
        _mm512_storeu_si512,
    };

    pub(in super::super) struct Avx2;

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

        #[inline(always)]
        unsafe fn prefix_xor(bits: u64) -> u64 {
            // Sound: the caller grants the instruction set.
            unsafe { carryless(bits) }
        }
    }

    /// A product without carries by all ones: every bit is added to itself and to all higher ones.
    #[inline]
    #[target_feature(enable = "pclmulqdq")]
    fn carryless(bits: u64) -> u64 {
        let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits as i64), _mm_set1_epi64x(-1));
        _mm_cvtsi128_si64(product) as u64
    }

    pub(in super::super) struct Avx512;

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

        #[inline(always)]
        unsafe fn prefix_xor(bits: u64) -> u64 {
            // Sound: the caller grants the instruction set.
            unsafe { carryless(bits) }
        }
    }
}
