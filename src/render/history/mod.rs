//! Recorded results over time: for people, as JSON, as CSV. Called by `sla history`.

/// One row per series and period.
pub mod csv;
/// One object, `sla.history/1`.
pub mod json;
/// The runs themselves.
pub mod runs;
mod sparkline;
/// For people.
pub mod table;

#[cfg(test)]
mod tests;
