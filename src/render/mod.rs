//! Report → bytes, one file per format. Called by `cli`, which decides where the bytes go.
//!
//! Invariant: rendering is pure; the same report and options give the same bytes.
//! Invariant: a name from the data is data in every format: it can neither steer a terminal nor start a formula.

/// One row per result, for spreadsheets and scripts.
pub mod csv;
/// Numbers and their units, for reading.
pub mod figure;
/// The machine-readable report, `sla.report/1`.
pub mod json;
/// Instants, for reading and for machines.
pub mod moment;
/// The report for people.
pub mod table;
/// Text in columns of a terminal.
pub mod text;

#[cfg(test)]
pub(crate) mod example;

use crate::model::{Clock, Report};

/// Whether a text may carry colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    #[default]
    Never,
    /// With ANSI escape sequences.
    Always,
}

/// What the instants of an agreement's inputs mean.
pub(crate) fn clock_of(report: &Report, agreement: usize) -> &Clock {
    let of_agreement = report.inputs.iter().find(|input| input.agreement == agreement);
    of_agreement.or_else(|| report.inputs.first()).map_or(&Clock::Naive, |input| &input.clock)
}
