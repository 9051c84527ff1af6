//! One table of one thread: the rows of a batch are given their groups and codes and counted in cells.

use super::cells::{Cells, GroupEdges, Masks, Nanos, Overflow, mark_missing};
use super::kernel::Kernel;
use super::number::{MISSING, NumberLane};
use super::scratch::Scratch;
use super::spelling::{Interner, Pairs};
use super::worker::{MOST_GROUPS, Stop};
use crate::model::{Instant, TallyTable};
use crate::plan::{Digit, Table, Truth};
use std::collections::BTreeMap;

/// A table that is being filled.
pub(super) struct Filling<'p> {
    table: &'p Table,
    cells: Cells,
    /// One per column of `by` after the first.
    pairs: Vec<Pairs>,
    groups: usize,
    edges: Vec<Edges>,
    shapes: Vec<Masks>,
    extremes: Vec<Masks>,
    nanos: Nanos,
}

/// Limits of a digit as integers of its number.
enum Edges {
    None,
    Common(Vec<i64>),
    ByGroup(GroupEdges),
}

impl<'p> Filling<'p> {
    pub(super) fn new(table: &'p Table, numbers: &[NumberLane]) -> Filling<'p> {
        let edges = table
            .digits
            .iter()
            .map(|digit| match digit {
                Digit::Test { .. } => Edges::None,
                Digit::Edges { limits, .. } if !limits.by_group.is_empty() => {
                    Edges::ByGroup(GroupEdges::default())
                }
                Digit::Edges { limits, .. } if limits.standard.is_empty() => Edges::None,
                Digit::Edges { number, limits } => {
                    Edges::Common(limits.standard.iter().map(|limit| numbers[*number].edge(*limit)).collect())
                }
            })
            .collect();
        let nanos = Nanos {
            // A weight counts requests: a whole number, whose billionths cancel against those of the product.
            sums: table.sums.iter().map(|sum| numbers[sum.number].nanos).collect(),
            extremes: table.extremes.iter().map(|(number, _)| numbers[*number].nanos).collect(),
        };
        Filling {
            table,
            cells: Cells::new(table),
            pairs: table.by.iter().skip(1).map(|_| Pairs::new()).collect(),
            groups: usize::from(table.by.is_empty()),
            edges,
            shapes: table.shapes.iter().map(|_| Masks::default()).collect(),
            extremes: table.extremes.iter().map(|_| Masks::default()).collect(),
            nanos,
        }
    }

    /// The group of every row.
    fn find_groups(
        &mut self,
        by: &[usize],
        labels: &[Vec<u32>],
        interners: &[Interner],
        rows: usize,
        out: &mut Vec<u32>,
    ) {
        out.clear();
        let Some((first, others)) = by.split_first() else {
            out.resize(rows, 0);
            return;
        };
        out.extend_from_slice(&labels[*first][..rows]);
        self.groups = interners[*first].labels.len();
        for (pairs, label) in self.pairs.iter_mut().zip(others) {
            for (group, label) in out.iter_mut().zip(&labels[*label]) {
                *group = pairs.number(*group, *label);
            }
            self.groups = pairs.pairs.len();
        }
    }

    /// Counts the first `rows` rows of the columns. `slices` is how many slices there are; without slices there is one.
    pub(super) fn fill(
        &mut self,
        kernel: Kernel,
        scratch: &mut Scratch,
        lanes: &[NumberLane],
        interners: &[Interner],
        slices: Option<usize>,
        rows: usize,
    ) -> Result<(), Stop> {
        let table = self.table;
        self.find_groups(&table.by, &scratch.labels, interners, rows, &mut scratch.groups);
        if self.groups > MOST_GROUPS {
            return Err(Stop::TooManyGroups);
        }
        if self.cells.reserve(self.groups, slices.unwrap_or(1)).is_err() {
            return Err(Stop::TooManyPeriods);
        }
        self.encode(kernel, scratch, lanes, interners, rows);
        self.cells.locate(&scratch.groups, slices.is_some().then_some(&scratch.slices[..]));
        self.count(kernel, scratch);
        Ok(())
    }

    /// The code of every row, and which codes of new groups have a place in extremes and distributions.
    fn encode(
        &mut self,
        kernel: Kernel,
        scratch: &mut Scratch,
        lanes: &[NumberLane],
        interners: &[Interner],
        rows: usize,
    ) {
        let (table, pairs, groups) = (self.table, &self.pairs, self.groups);
        let label = |group: usize| group_labels(&table.by, pairs, interners, group);
        scratch.codes.clear();
        scratch.codes.resize(rows, 0);
        for (question, edges) in table.digits.iter().zip(&mut self.edges) {
            match question {
                Digit::Test { test, answers } => {
                    kernel.shift_in(&mut scratch.codes, *answers, &scratch.answers[*test]);
                }
                Digit::Edges { number, limits } => {
                    let values = &scratch.values[*number];
                    scratch.digits.clear();
                    scratch.digits.resize(rows, 0);
                    match edges {
                        Edges::None => {}
                        Edges::Common(limits) => kernel.edges(values, limits, &mut scratch.digits),
                        Edges::ByGroup(known) => {
                            let lane = &lanes[*number];
                            known.extend(limits.standard.len(), groups, |group| {
                                limits.of(&label(group)).iter().map(|limit| lane.edge(*limit)).collect()
                            });
                            known.digits(&scratch.groups, values, &mut scratch.digits);
                        }
                    }
                    if scratch.missing[*number] {
                        mark_missing(kernel, values, &mut scratch.digits);
                    }
                    kernel.shift_in(&mut scratch.codes, question.radix() as u32, &scratch.digits);
                }
            }
        }
        for (masks, (_, rows)) in
            self.shapes.iter_mut().zip(&table.shapes).chain(self.extremes.iter_mut().zip(&table.extremes))
        {
            masks.extend(table.codes, groups, |group, code| {
                rows.truth(table, &label(group), code) == Truth::True
            });
        }
    }

    /// Counts every row in its cell.
    fn count(&mut self, kernel: Kernel, scratch: &Scratch) {
        let table = self.table;
        match table.sums[..] {
            [sum] if sum.weight.is_none() && !scratch.missing[sum.number] => {
                let values = &scratch.values[sum.number];
                self.cells.count_and_add(kernel, table, &scratch.codes, values);
            }
            _ => {
                self.cells.count(&scratch.codes);
                for (index, sum) in table.sums.iter().enumerate() {
                    let known = |value: &i64| if *value == MISSING { 0 } else { i128::from(*value) };
                    let values = scratch.values[sum.number].iter().map(known);
                    match sum.weight {
                        None => self.cells.add(table, index, &scratch.codes, values),
                        Some(weight) => {
                            let weights = scratch.values[weight].iter().map(known);
                            let products = values.zip(weights).map(|(value, weight)| value * weight);
                            self.cells.add(table, index, &scratch.codes, products);
                        }
                    }
                }
            }
        }
        for (index, (number, _)) in table.extremes.iter().enumerate() {
            let values = &scratch.values[*number];
            self.cells.stretch(index, &scratch.codes, &scratch.groups, values, &self.extremes[index]);
        }
        for (index, (number, _)) in table.shapes.iter().enumerate() {
            let values = &scratch.values[*number];
            self.cells.shape(index, &scratch.codes, &scratch.groups, values, &self.shapes[index]);
        }
    }

    /// Moves out what was counted; `starts` are the first instants of the slices.
    pub(super) fn empty(&mut self, interners: &[Interner], starts: &[Instant]) -> Result<TallyTable, Stop> {
        let mut counted = TallyTable::default();
        for group in 0..self.groups {
            let read = |(slice, start): (usize, &Instant)| {
                let cell = self.cells.read(self.table, group, slice, &self.nanos).transpose()?;
                Some(cell.map(|cell| (*start, cell)).map_err(|Overflow| Stop::Overflow))
            };
            // Collected, not inserted: that leaves no node half full.
            let slices: BTreeMap<_, _> =
                starts.iter().enumerate().filter_map(read).collect::<Result<_, _>>()?;
            if !slices.is_empty() {
                counted.cells.insert(group_labels(&self.table.by, &self.pairs, interners, group), slices);
            }
        }
        self.cells.clear();
        Ok(counted)
    }
}

/// The labels of a group of a table.
fn group_labels(by: &[usize], pairs: &[Pairs], interners: &[Interner], group: usize) -> Vec<String> {
    let mut numbers = vec![0; by.len()];
    let mut rest = group as u32;
    for (column, pairs) in pairs.iter().enumerate().rev() {
        let (left, right) = pairs.pairs[rest as usize];
        numbers[column + 1] = right;
        rest = left;
    }
    if let Some(first) = numbers.first_mut() {
        *first = rest;
    }
    let text = |(label, number): (&usize, &u32)| {
        String::from_utf8_lossy(&interners[*label].labels[*number as usize]).into_owned()
    };
    by.iter().zip(&numbers).map(text).collect()
}
