//! Tallies: the whole numbers an input is reduced to.
//!
//! Invariant: merging is associative and commutative. Counters and sums add, extremes take the extreme, shapes
//! merge by their own rule, and what is kept by example is kept by position in the input.

use super::{InputKind, Instant, Problem, ProblemKind, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// The values of the `by` columns.
pub type Group = Vec<String>;

/// What a plan asked of one or more inputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tallies {
    /// One per table of the plan.
    pub tables: Vec<TallyTable>,
    /// One per input file, in their order.
    pub intakes: Vec<Intake>,
}

/// One table: a cell per (group, slice) that occurred.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TallyTable {
    /// Keyed by group, then by the slice's first instant (0 where there is one slice for all).
    pub cells: BTreeMap<Group, BTreeMap<Instant, Cell>>,
    /// Those in which it is not known how many rows there were, so that no amount of them is: never in files.
    pub unsure: BTreeMap<Group, BTreeSet<Instant>>,
}

/// The numbers of one (group, slice).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Rows per code.
    pub counts: Vec<u64>,
    /// Per sum of the table and slot of the sum: `sums[sum * slots + slot]`, in billionths of base units (a product
    /// of two columns: in billionths of the product of their base units).
    pub sums: Vec<i128>,
    /// Per extreme of the table: smallest and largest value in billionths of base units; `None` without a value.
    pub extremes: Vec<Option<(i128, i128)>>,
    /// Per shape of the table.
    pub shapes: Vec<Shape>,
}

/// What became of the rows of one input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intake {
    /// Its name as the user gave it.
    pub source: String,
    /// What it is.
    pub kind: InputKind,
    /// BLAKE3 of its bytes as they are stored, in hexadecimal; only where it was asked for.
    pub digest: Option<String>,
    /// Rows read, the header not counted.
    pub rows: u64,
    /// Rows that could not be used.
    pub rejected: u64,
    /// Rows outside `--since` / `--until`, then those that the agreement's own clauses leave out.
    pub excluded: Vec<Excluded>,
    /// First and last instant of all rows within the bounds that could be read, whatever their order; `None` without a
    /// time column.
    pub span: Option<(Instant, Instant)>,
    /// Rejected rows by kind, with the first examples.
    pub rejections: BTreeMap<ProblemKind, Rejected>,
    /// What makes results that rest on this input undecided.
    pub doubts: Vec<Doubt>,
    /// Cells finer than a billionth of the base unit: compared exactly, rounded in sums.
    pub rounded: u64,
}

/// Rows left out by one clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// `--since 2025-06-01`, `where route != "/health"`, `status paused` …
    pub clause: String,
    /// How many rows.
    pub rows: u64,
}

/// Rejected rows of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rejected {
    /// How many.
    pub count: u64,
    /// The first hundred by line.
    pub examples: Vec<Problem>,
}

/// A reason not to trust results.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// The column it is about: only results that read that column of the schema are touched; `None` touches all.
    pub column: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

impl TallyTable {
    /// Adds another table of the same plan; `None` where a sum does not fit.
    #[must_use]
    pub fn merge(&mut self, other: TallyTable) -> Option<()> {
        for (group, slices) in other.cells {
            let mine = self.cells.entry(group).or_default();
            for (slice, cell) in slices {
                match mine.entry(slice) {
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        entry.insert(cell);
                    }
                    std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().merge(cell)?,
                }
            }
        }
        for (group, slices) in other.unsure {
            self.unsure.entry(group).or_default().extend(slices);
        }
        Some(())
    }
}

impl Cell {
    /// Adds another cell of the same table; `None` where a sum does not fit.
    #[must_use]
    pub fn merge(&mut self, other: Cell) -> Option<()> {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine = mine.checked_add(theirs)?;
        }
        for (mine, theirs) in self.sums.iter_mut().zip(other.sums) {
            *mine = mine.checked_add(theirs)?;
        }
        for (mine, theirs) in self.extremes.iter_mut().zip(other.extremes) {
            *mine = match (*mine, theirs) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (one, None) | (None, one) => one,
            };
        }
        for (mine, theirs) in self.shapes.iter_mut().zip(other.shapes) {
            mine.merge(theirs);
        }
        Some(())
    }

    /// All rows of the cell.
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }
}
