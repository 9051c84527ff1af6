//! The columns of the batch at hand, as numbers, and which of its rows leave the quick path.

use super::kernel::Column;

/// Columns of the batch at hand.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) column: Column,
    pub(super) odd: Vec<u8>,
    pub(super) instants: Vec<i64>,
    pub(super) slices: Vec<u32>,
    pub(super) values: Vec<Vec<i64>>,
    pub(super) missing: Vec<bool>,
    pub(super) answers: Vec<Vec<u32>>,
    pub(super) labels: Vec<Vec<u32>>,
    pub(super) groups: Vec<u32>,
    pub(super) digits: Vec<u32>,
    pub(super) codes: Vec<u32>,
}

impl Scratch {
    /// Moves the rows that are not odd to the front of every column; how many there are.
    pub(super) fn compact(&mut self) -> usize {
        let keep: Vec<usize> = (0..self.odd.len()).filter(|row| self.odd[*row] == 0).collect();
        let instants = (!self.instants.is_empty()).then_some(&mut self.instants);
        for column in self.values.iter_mut().chain(instants) {
            pick(column, &keep);
        }
        for column in self.answers.iter_mut().chain(&mut self.labels) {
            pick(column, &keep);
        }
        keep.len()
    }
}

fn pick<T: Copy>(column: &mut Vec<T>, keep: &[usize]) {
    for (to, from) in keep.iter().enumerate() {
        column[to] = column[*from];
    }
    column.truncate(keep.len());
}
