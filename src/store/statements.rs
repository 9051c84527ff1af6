//! Statements that are read once: that takes longer than what most of them do.

use rusqlite::{Connection, Params, Result, Row};

/// More than a run needs.
pub(super) const KEPT: usize = 128;

/// As the methods of `rusqlite` that they are named after, for statements that a process needs again.
pub(super) trait Statements {
    /// As `execute`.
    fn run(&self, sql: &str, values: impl Params) -> Result<usize>;

    /// As `query_row`.
    fn ask<T>(&self, sql: &str, values: impl Params, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T>;
}

impl Statements for Connection {
    fn run(&self, sql: &str, values: impl Params) -> Result<usize> {
        self.prepare_cached(sql)?.execute(values)
    }

    fn ask<T>(&self, sql: &str, values: impl Params, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
        self.prepare_cached(sql)?.query_row(values, read)
    }
}
