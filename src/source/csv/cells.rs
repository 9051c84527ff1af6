//! The tallies of one table while a file is scanned: one stretch of words per (slice, group).
//!
//! A cell is laid out as counters of 32 bits per code, sums of 128 bits per slot, extremes, and the number of each
//! of its histograms. Everything starts at zero. Threads keep their own and are added up at the end.

use super::kernel::{CellShape, Kernel};
use super::number::MISSING;
use super::shapes::Shapes;
use crate::model::Cell;
use crate::plan::Table;

/// Cells of one table may take this many bytes.
const MOST_BYTES: usize = 1 << 30;

/// Where the parts of a cell stand, in words of 64 bits.
#[derive(Clone, Debug)]
struct Layout {
    sums: usize,
    extremes: usize,
    shapes: usize,
    stride: usize,
}

/// All cells of one table.
pub(super) struct Cells {
    layout: Layout,
    words: Vec<u64>,
    /// Groups that fit before the words are laid out anew; a power of two.
    capacity: usize,
    slices: usize,
    pub(super) shapes: Shapes,
    /// First word of the cell of every row of the batch.
    first: Vec<u32>,
}

/// There is no room for so many groups and slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Cells {
    pub(super) fn new(table: &Table) -> Cells {
        let sums = table.codes.div_ceil(2);
        let extremes = sums + 2 * table.sums.len() * table.slots;
        let shapes = extremes + 2 * table.extremes.len();
        let layout = Layout { sums, extremes, shapes, stride: shapes + table.shapes.len() };
        Cells { layout, words: Vec::new(), capacity: 16, slices: 0, shapes: Shapes::new(), first: Vec::new() }
    }

    /// Whether there would be room for this many groups and slices.
    pub(super) fn would_fit(&self, groups: usize, slices: usize) -> bool {
        let capacity = groups.next_power_of_two().max(self.capacity);
        let words = slices
            .max(self.slices)
            .checked_mul(capacity)
            .and_then(|cells| cells.checked_mul(self.layout.stride));
        words.is_some_and(|words| words <= MOST_BYTES / 8)
    }

    /// Makes room for this many groups and slices.
    pub(super) fn reserve(&mut self, groups: usize, slices: usize) -> Result<(), Full> {
        if groups <= self.capacity && slices <= self.slices {
            return Ok(());
        }
        let capacity = groups.next_power_of_two().max(self.capacity);
        let slices = slices.max(self.slices);
        let (old, new) = (self.capacity * self.layout.stride, capacity * self.layout.stride);
        let words = slices.checked_mul(new).filter(|words| words * 8 <= MOST_BYTES).ok_or(Full)?;
        if capacity == self.capacity {
            self.words.resize(words, 0);
        } else {
            let mut moved = vec![0; words];
            for (from, to) in self.words.chunks_exact(old).zip(moved.chunks_exact_mut(new)) {
                to[..old].copy_from_slice(from);
            }
            self.words = moved;
        }
        (self.capacity, self.slices) = (capacity, slices);
        Ok(())
    }

    /// Finds the cell of every row.
    pub(super) fn locate(&mut self, groups: &[u32], slices: Option<&[u32]>) {
        let (stride, capacity) = (self.layout.stride as u32, self.capacity as u32);
        self.first.clear();
        match slices {
            None => self.first.extend(groups.iter().map(|group| group * stride)),
            Some(slices) => self
                .first
                .extend(groups.iter().zip(slices).map(|(group, slice)| (slice * capacity + group) * stride)),
        }
    }

    /// Counts every row under its code.
    pub(super) fn count(&mut self, codes: &[u32]) {
        for (first, code) in self.first.iter().zip(codes) {
            self.words[(*first + code / 2) as usize] += 1 << (32 * (code & 1));
        }
    }

    /// Counts every row and adds its value to the only sum: the common case, in one pass.
    pub(super) fn count_and_add(&mut self, kernel: Kernel, table: &Table, codes: &[u32], values: &[i64]) {
        let Layout { sums: sum, stride, .. } = self.layout;
        let shape = CellShape { slots: &table.slot_of_code, sum, stride };
        kernel.count_and_add(&mut self.words, shape, &self.first, codes, values);
    }

    /// Adds a number of every row to sum `sum`.
    pub(super) fn add(
        &mut self,
        table: &Table,
        sum: usize,
        codes: &[u32],
        values: impl Iterator<Item = i128>,
    ) {
        let base = self.layout.sums + 2 * sum * table.slots;
        for ((first, code), value) in self.first.iter().zip(codes).zip(values) {
            let slot = table.slot_of_code[*code as usize] as usize;
            add(&mut self.words, *first as usize + base + 2 * slot, value);
        }
    }

    /// Takes the extremes of the rows that the masks admit.
    pub(super) fn stretch(
        &mut self,
        extreme: usize,
        codes: &[u32],
        groups: &[u32],
        values: &[i64],
        mask: &Masks,
    ) {
        let base = self.layout.extremes + 2 * extreme;
        for (row, first) in self.first.iter().enumerate() {
            if values[row] != MISSING && mask.admits(groups[row], codes[row]) {
                let at = *first as usize + base;
                // Both kept so that zero means none and the larger word wins.
                self.words[at] = self.words[at].max(from_above(values[row]));
                self.words[at + 1] = self.words[at + 1].max(from_below(values[row]));
            }
        }
    }

    /// Adds the values of the rows that the masks admit to their histograms.
    pub(super) fn shape(
        &mut self,
        shape: usize,
        codes: &[u32],
        groups: &[u32],
        values: &[i64],
        mask: &Masks,
    ) {
        let base = self.layout.shapes + shape;
        for (row, first) in self.first.iter().enumerate() {
            if values[row] != MISSING && mask.admits(groups[row], codes[row]) {
                let at = &mut self.words[*first as usize + base];
                if *at == 0 {
                    *at = self.shapes.start();
                }
                self.shapes.add(*at, values[row]);
            }
        }
    }

    /// Reads a cell out; `None` for one without rows. `nanos` are the billionths per step of the table's sums and
    /// extremes. An error is a sum that does not fit.
    pub(super) fn read(
        &self,
        table: &Table,
        group: usize,
        slice: usize,
        nanos: &Nanos,
    ) -> Result<Option<Cell>, Overflow> {
        let first = (slice * self.capacity + group) * self.layout.stride;
        let Some(words) = self.words.get(first..first + self.layout.stride) else { return Ok(None) };
        let count = |code: usize| (words[code / 2] >> (32 * (code & 1))) & 0xFFFF_FFFF;
        let counts: Vec<u64> = (0..table.codes).map(count).collect();
        if counts.iter().all(|count| *count == 0) {
            return Ok(None);
        }
        let mut sums = Vec::with_capacity(table.sums.len() * table.slots);
        for (sum, nanos) in nanos.sums.iter().enumerate() {
            for slot in 0..table.slots {
                let at = self.layout.sums + 2 * (sum * table.slots + slot);
                let steps = (u128::from(words[at]) | u128::from(words[at + 1]) << 64) as i128;
                sums.push(steps.checked_mul(*nanos).ok_or(Overflow)?);
            }
        }
        let extremes = nanos
            .extremes
            .iter()
            .enumerate()
            .map(|(extreme, nanos)| {
                let at = self.layout.extremes + 2 * extreme;
                let low = i128::from(i64::MAX) - i128::from(words[at]);
                let high = i128::from(words[at + 1]) + i128::from(i64::MIN);
                (words[at + 1] != 0).then(|| (low * nanos, high * nanos))
            })
            .collect();
        let shapes = (0..table.shapes.len())
            .map(|shape| self.shapes.read(words[self.layout.shapes + shape]))
            .collect();
        Ok(Some(Cell { counts, sums, extremes, shapes }))
    }

    /// Forgets everything that was counted.
    pub(super) fn clear(&mut self) {
        self.words.fill(0);
        self.shapes = Shapes::new();
    }
}

/// A sum that does not fit 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overflow;

/// Billionths of the base unit per step, for the sums and extremes of a table.
pub(super) struct Nanos {
    pub(super) sums: Vec<i128>,
    pub(super) extremes: Vec<i128>,
}

#[inline]
fn add(words: &mut [u64], at: usize, value: i128) {
    let [low, high] = &mut words[at..at + 2] else { return };
    let sum = ((u128::from(*low) | u128::from(*high) << 64) as i128).wrapping_add(value) as u128;
    (*low, *high) = (sum as u64, (sum >> 64) as u64);
}

fn from_above(value: i64) -> u64 {
    (i128::from(i64::MAX) - i128::from(value)) as u64
}

fn from_below(value: i64) -> u64 {
    (i128::from(value) - i128::from(i64::MIN)) as u64
}

/// For every group, the codes whose rows a predicate holds for.
#[derive(Default)]
pub(super) struct Masks {
    words_per_group: usize,
    words: Vec<u64>,
    groups: usize,
}

impl Masks {
    /// Judges groups that are new; `holds(group, code)` is asked once for each.
    pub(super) fn extend(&mut self, codes: usize, groups: usize, holds: impl Fn(usize, usize) -> bool) {
        self.words_per_group = codes.div_ceil(64);
        while self.groups < groups {
            for word in 0..self.words_per_group {
                let bits = (0..64usize)
                    .filter(|bit| word * 64 + bit < codes && holds(self.groups, word * 64 + bit))
                    .fold(0u64, |bits, bit| bits | 1 << bit);
                self.words.push(bits);
            }
            self.groups += 1;
        }
    }

    #[inline]
    fn admits(&self, group: u32, code: u32) -> bool {
        let word = self.words[group as usize * self.words_per_group + (code / 64) as usize];
        word >> (code & 63) & 1 == 1
    }
}

/// Edges of a number whose limits depend on the group.
#[derive(Default)]
pub(super) struct GroupEdges {
    limits: Vec<i64>,
    per_group: usize,
    groups: usize,
}

impl GroupEdges {
    /// Looks up the limits of groups that are new.
    pub(super) fn extend(&mut self, per_group: usize, groups: usize, limits: impl Fn(usize) -> Vec<i64>) {
        self.per_group = per_group;
        while self.groups < groups {
            self.limits.extend(limits(self.groups));
            self.groups += 1;
        }
    }

    /// How many limits of its group each value exceeds.
    pub(super) fn digits(&self, groups: &[u32], values: &[i64], digits: &mut [u32]) {
        for ((group, value), digit) in groups.iter().zip(values).zip(digits) {
            let first = *group as usize * self.per_group;
            let limits = &self.limits[first..first + self.per_group];
            *digit += limits.iter().map(|limit| u32::from(value > limit)).sum::<u32>();
        }
    }
}

/// Adds one to the digits of missing numbers, which exceed every limit anyway.
pub(super) fn mark_missing(kernel: Kernel, values: &[i64], digits: &mut [u32]) {
    kernel.edges(values, &[MISSING - 1], digits);
}
