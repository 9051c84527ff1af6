//! The rows behind results: found by `pipeline::rows` in one more pass over the input, for those who must show them.

use std::sync::Arc;

/// The rows behind one result, or the rejected rows of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offenders {
    /// Index into [`super::Report::agreements`].
    pub agreement: usize,
    /// Index into [`super::Report::results`]; `None` for the rejected rows of all of the agreement's inputs.
    pub result: Option<usize>,
    /// What the rows are, or why there are none: a fragment.
    pub are: String,
    /// How many there are.
    pub rows: u64,
    /// They are the rejected rows of the agreement, which are kept once, without a result.
    pub shared: bool,
    /// Those that are kept, apart by the headers that they stand under.
    pub kept: Vec<OffenderTable>,
}

impl Offenders {
    /// How many rows are kept.
    pub fn kept_rows(&self) -> u64 {
        self.kept.iter().map(|table| table.rows.len() as u64).sum()
    }
}

/// Rows under one header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffenderTable {
    /// What stands between two cells.
    pub delimiter: u8,
    /// The header as it is, without its line end.
    pub header: Vec<u8>,
    /// In the order that [`Offenders::are`] tells, else in that of the input.
    pub rows: Vec<OffenderRow>,
}

/// A row of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffenderRow {
    /// Index into [`super::Report::inputs`].
    pub input: usize,
    /// Where it begins in the text (of a compressed input: decompressed), counted from 1.
    pub line: u64,
    /// Why it cannot be used, or what is in doubt.
    pub why: Option<Arc<str>>,
    /// Its bytes as they are, without the line end.
    pub record: Arc<[u8]>,
}
