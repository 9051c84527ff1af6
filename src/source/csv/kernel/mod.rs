//! The part of the scanner that is compiled once per instruction set: finding separators and quotes, and the loops
//! over whole columns that the compiler vectorises.
//!
//! Everything here has a safe face. `unsafe` is used for two things only: calling functions that are compiled for an
//! instruction set after it was found on this machine, and the vector loads and stores of the index.
//!
//! Invariant: every instruction set gives the same result; the tests force each one.

#![expect(unsafe_code, reason = "vector instructions; the proof stands beside each block")]
#![expect(
    clippy::inline_always,
    reason = "a body must be compiled inside the function of each instruction set"
)]
#![expect(clippy::cast_ptr_alignment, reason = "unaligned loads and stores take any address")]

mod columns;
mod index;
mod vectors;

pub(super) use columns::{CellShape, Clock, Column, Scale, Separators, Spelling, UNREAD};
pub(super) use index::{Found, Quotes};

use vectors::Portable;
#[cfg(target_arch = "x86_64")]
use vectors::x86;

const ONES: u64 = 0x0101_0101_0101_0101;

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
        && is_x86_feature_detected!("pclmulqdq")
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
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)? = $($body:ident)::+) => {
        $(#[$doc])*
        #[inline]
        #[expect(clippy::allow_attributes, reason = "not every body has so many arguments")]
        #[allow(clippy::too_many_arguments)]
        pub(super) fn $name(self, $($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
            fn avx2($($arg: $type),*) $(-> $result)? {
                $($body)::+::<x86::Avx2>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(
                enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq"
            )]
            fn avx512($($arg: $type),*) $(-> $result)? {
                $($body)::+::<x86::Avx512>($($arg),*)
            }
            match self.isa {
                Isa::Portable => $($body)::+::<Portable>($($arg),*),
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
        fn index(bytes: &[u8], start: usize, from: usize, to: usize, delimiter: u8, quotes: &mut Quotes, positions: &mut Vec<u32>) -> Found = index::index
    }

    per_isa! {
        /// Whether the number of quotes is odd.
        fn odd_quotes(bytes: &[u8]) -> bool = index::odd_quotes
    }

    per_isa! {
        /// Numbers of at most eight bytes, as integers at a scale: see `columns`.
        fn numbers(first: &[u64], len: &[u32], scale: &Scale, out: &mut [i64]) -> bool = columns::numbers
    }

    per_isa! {
        /// Adds to every digit how many of the limits its value exceeds.
        fn edges(values: &[i64], limits: &[i64], digits: &mut [u32]) = columns::edges
    }

    per_isa! {
        /// `codes = codes * radix + digits`.
        fn shift_in(codes: &mut [u32], radix: u32, digits: &[u32]) = columns::shift_in
    }

    per_isa! {
        /// The smallest and the largest of some values; `(i64::MAX, i64::MIN)` of none.
        fn extent(values: &[i64]) -> (i64, i64) = columns::extent
    }

    per_isa! {
        /// The smallest and the largest of some positions.
        fn bounds(positions: &[u32]) -> (u32, u32) = columns::bounds
    }

    per_isa! {
        /// Collects what numbers are read from: `first` (with bytes behind the cell) and `len`.
        fn digits(separators: &Separators<'_>, field: usize, column: &mut Column) = columns::digits
    }

    per_isa! {
        /// Counts every row under its code and adds its value to the sum of its cell that the code has.
        fn count_and_add(words: &mut [u64], shape: CellShape<'_>, cells: &[u32], codes: &[u32], values: &[i64]) = columns::count_and_add
    }
}
