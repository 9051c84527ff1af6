//! Histograms while a file is scanned: few distinct values in a small hash table, many in pages of 128 counters, one
//! page per power of two that occurs. See [`crate::model::Shape`], which they become.

use crate::model::{EXACT_VALUES, SUB_BUCKETS, Shape, bucket_of};
use std::collections::BTreeMap;

const PAGE: usize = SUB_BUCKETS as usize;
/// One page for values below 128, then one per power of two.
const PAGES: usize = 64;

/// All histograms of one table, by number; number 0 is none.
pub(super) struct Shapes {
    list: Vec<Histogram>,
    pages: Vec<u32>,
}

struct Histogram {
    /// Every value with its count, as long as there are few.
    values: Option<Values>,
    /// Number of the page of each power of two; 0 is none.
    pages: [u32; PAGES],
    /// Buckets of values below zero, which are rare.
    negative: BTreeMap<i32, u64>,
}

/// An open-addressed table of at most [`EXACT_VALUES`] values.
struct Values {
    slots: Vec<(i64, u32)>,
    len: usize,
}

impl Shapes {
    pub(super) fn new() -> Shapes {
        Shapes { list: Vec::new(), pages: vec![0; PAGE] }
    }

    /// A new histogram.
    #[cold]
    pub(super) fn start(&mut self) -> u64 {
        let values = Some(Values { slots: vec![(0, 0); 16], len: 0 });
        self.list.push(Histogram { values, pages: [0; PAGES], negative: BTreeMap::new() });
        self.list.len() as u64
    }

    /// Counts a value.
    #[inline]
    pub(super) fn add(&mut self, number: u64, value: i64) {
        let histogram = &mut self.list[number as usize - 1];
        if let Some(values) = &mut histogram.values {
            if values.add(value, 1) {
                return;
            }
            spill(histogram, &mut self.pages);
        }
        bucket(histogram, &mut self.pages, value, 1);
    }

    /// What a histogram became.
    pub(super) fn read(&self, number: u64) -> Shape {
        let Some(histogram) = (number as usize).checked_sub(1).and_then(|index| self.list.get(index)) else {
            return Shape::default();
        };
        if let Some(values) = &histogram.values {
            let counted = values.slots.iter().filter(|(_, count)| *count > 0);
            return Shape::Exact(counted.map(|(value, count)| (*value, u64::from(*count))).collect());
        }
        let mut buckets = histogram.negative.clone();
        for (index, page) in histogram.pages.iter().enumerate().filter(|(_, page)| **page > 0) {
            let counters = &self.pages[*page as usize * PAGE..][..PAGE];
            for (within, count) in counters.iter().enumerate().filter(|(_, count)| **count > 0) {
                buckets.insert((index * PAGE + within) as i32, u64::from(*count));
            }
        }
        Shape::Buckets(buckets)
    }
}

impl Values {
    /// Counts a value; not if it would be one too many.
    #[inline]
    fn add(&mut self, value: i64, count: u32) -> bool {
        let mask = self.slots.len() - 1;
        let mut index = ((value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize & mask;
        loop {
            let slot = &mut self.slots[index];
            if slot.1 == 0 {
                break;
            }
            if slot.0 == value {
                slot.1 += count;
                return true;
            }
            index = (index + 1) & mask;
        }
        self.add_new(index, value, count)
    }

    #[cold]
    fn add_new(&mut self, index: usize, value: i64, count: u32) -> bool {
        if self.len == EXACT_VALUES {
            return false;
        }
        self.slots[index] = (value, count);
        self.len += 1;
        if self.len * 2 > self.slots.len() {
            let larger = vec![(0, 0); self.slots.len() * 2];
            let old = std::mem::replace(&mut self.slots, larger);
            self.len = 0;
            for (value, count) in old {
                if count > 0 {
                    self.add(value, count);
                }
            }
        }
        true
    }
}

#[cold]
fn spill(histogram: &mut Histogram, pages: &mut Vec<u32>) {
    if let Some(values) = histogram.values.take() {
        for (value, count) in values.slots {
            if count > 0 {
                bucket(histogram, pages, value, count);
            }
        }
    }
}

#[inline]
fn bucket(histogram: &mut Histogram, pages: &mut Vec<u32>, value: i64, count: u32) {
    let bucket = bucket_of(value);
    if bucket < 0 {
        *histogram.negative.entry(bucket).or_default() += u64::from(count);
        return;
    }
    let (page, within) = (bucket as usize / PAGE, bucket as usize % PAGE);
    if histogram.pages[page] == 0 {
        histogram.pages[page] = (pages.len() / PAGE) as u32;
        // Doubling would waste up to half of what is the largest part of a run's memory.
        pages.reserve_exact(if pages.capacity() > pages.len() { 0 } else { pages.len() / 4 + 64 * PAGE });
        pages.resize(pages.len() + PAGE, 0);
    }
    pages[histogram.pages[page] as usize * PAGE + within] += count;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn becomes_the_shape_of_its_values(values in prop::collection::vec(-2_000i64..2_000, 0..3_000), spread in 0u32..40) {
            let mut shapes = Shapes::new();
            let number = shapes.start();
            let mut expected = Shape::default();
            for value in values {
                shapes.add(number, value << spread);
                expected.add(value << spread, 1);
            }
            prop_assert_eq!(shapes.read(number), expected);
        }
    }
}
