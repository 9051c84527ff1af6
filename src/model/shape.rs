//! The distribution of a column, for showing percentiles. Verdicts never rest on it.
//!
//! Up to [`EXACT_VALUES`] distinct values are kept as they are; beyond that a log-linear histogram of the values
//! takes over, with [`SUB_BUCKETS`] buckets per power of two, so that the middle of a bucket is at most 0.4 % off.
//!
//! Invariant: which of the two it is depends on the set of values alone, never on their order.

use std::collections::BTreeMap;

/// Distinct values that are still kept one by one.
pub(crate) const EXACT_VALUES: usize = 512;
/// Histogram buckets per power of two.
pub(crate) const SUB_BUCKETS: u32 = 128;
const SUB_BITS: u32 = SUB_BUCKETS.trailing_zeros();

/// Counts by value, or by bucket. Values are whole numbers at the scale of the plan's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Every value, with its count.
    Exact(BTreeMap<i64, u64>),
    /// Every occupied bucket, with its count.
    Buckets(BTreeMap<i32, u64>),
}

impl Default for Shape {
    fn default() -> Self {
        Shape::Exact(BTreeMap::new())
    }
}

impl Shape {
    /// Counts one value.
    pub fn add(&mut self, value: i64, count: u64) {
        match self {
            Shape::Exact(values) => {
                *values.entry(value).or_default() += count;
                if values.len() > EXACT_VALUES {
                    self.spill();
                }
            }
            Shape::Buckets(buckets) => *buckets.entry(bucket_of(value)).or_default() += count,
        }
    }

    /// Gives up single values.
    pub fn spill(&mut self) {
        if let Shape::Exact(values) = self {
            let mut buckets = BTreeMap::new();
            for (value, count) in std::mem::take(values) {
                *buckets.entry(bucket_of(value)).or_default() += count;
            }
            *self = Shape::Buckets(buckets);
        }
    }

    /// Adds another shape of the same plan.
    pub fn merge(&mut self, other: Shape) {
        match other {
            Shape::Exact(values) => values.into_iter().for_each(|(value, count)| self.add(value, count)),
            Shape::Buckets(theirs) => {
                self.spill();
                if let Shape::Buckets(mine) = self {
                    for (bucket, count) in theirs {
                        *mine.entry(bucket).or_default() += count;
                    }
                }
            }
        }
    }

    /// All values counted.
    pub fn total(&self) -> u64 {
        match self {
            Shape::Exact(values) => values.values().sum(),
            Shape::Buckets(buckets) => buckets.values().sum(),
        }
    }

    /// The value of a rank, counted from 1 at the smallest, and whether it is exact; `None` beyond the last.
    pub fn at_rank(&self, rank: u64) -> Option<(i64, bool)> {
        let mut below = 0;
        match self {
            Shape::Exact(values) => values.iter().find_map(|(value, count)| {
                below += count;
                (below >= rank).then_some((*value, true))
            }),
            Shape::Buckets(buckets) => buckets.iter().find_map(|(bucket, count)| {
                below += count;
                let (low, high) = bucket_range(*bucket);
                (below >= rank).then_some((low + (high - low) / 2, low == high))
            }),
        }
    }
}

/// The bucket of a value; ascending with it.
pub fn bucket_of(value: i64) -> i32 {
    let magnitude = value.unsigned_abs();
    let shift = (63 - SUB_BITS).saturating_sub((magnitude | 1).leading_zeros());
    let bucket = (u64::from(shift << SUB_BITS) + (magnitude >> shift)) as i32;
    if value < 0 { -bucket } else { bucket }
}

/// The smallest and the largest value of a bucket.
pub fn bucket_range(bucket: i32) -> (i64, i64) {
    let index = bucket.unsigned_abs();
    let shift = (index >> SUB_BITS).saturating_sub(1);
    let low = u64::from(index - (shift << SUB_BITS)) << shift;
    let high = low + ((1u64 << shift) - 1);
    let signed = |magnitude: u64| i64::try_from(magnitude).unwrap_or(i64::MAX);
    if bucket < 0 { (-signed(high), -signed(low)) } else { (signed(low), signed(high)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_values_stay_exact() {
        let mut shape = Shape::default();
        (1..=10).for_each(|value| shape.add(value, 1));
        // Nearest rank: p95 of 1..10 is the 10th, p50 the 5th.
        assert_eq!(shape.at_rank(10), Some((10, true)));
        assert_eq!(shape.at_rank(5), Some((5, true)));
        assert_eq!(shape.at_rank(11), None);
    }

    proptest! {
        #[test]
        fn a_value_lies_in_its_bucket(value in any::<i64>()) {
            prop_assume!(value != i64::MIN);
            let (low, high) = bucket_range(bucket_of(value));
            prop_assert!(low <= value && value <= high);
            prop_assert!((high - low) as f64 <= (value.unsigned_abs() as f64) / 128.0);
        }

        #[test]
        fn buckets_ascend(a in any::<i64>(), b in any::<i64>()) {
            prop_assume!(a < b);
            prop_assert!(bucket_of(a) <= bucket_of(b));
        }

        #[test]
        fn order_and_parts_do_not_matter(values in prop::collection::vec(0i64..700, 0..900), cut in 0usize..900) {
            let mut whole = Shape::default();
            values.iter().rev().for_each(|value| whole.add(*value, 1));
            let (mut left, mut right) = (Shape::default(), Shape::default());
            let cut = cut.min(values.len());
            values[..cut].iter().for_each(|value| left.add(*value, 1));
            values[cut..].iter().for_each(|value| right.add(*value, 1));
            left.merge(right);
            prop_assert_eq!(left, whole);
        }
    }
}
