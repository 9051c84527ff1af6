//! The random numbers: splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).

pub struct Random(u64);

impl Random {
    /// The generator of one row. Nearby rows get unrelated numbers because the output function mixes every bit.
    pub fn for_row(row: u64) -> Self {
        let mut seeded = Self(0x51A0_2025_0601_0000 ^ row);
        Self(seeded.next())
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..limit`; the bias of at most limit / 2^32 does not matter here.
    pub fn below(&mut self, limit: u32) -> u32 {
        (((self.next() >> 32) * u64::from(limit)) >> 32) as u32
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }
}
