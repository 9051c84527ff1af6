//! Report → bytes, one file per format. Called by `cli`, which decides where the bytes go.
//!
//! Invariant: rendering is pure; the same report and options give the same bytes.
//! Invariant: a name from the data is data in every format: it can neither steer a terminal nor start a formula.

/// Everything about a run in one file, for those who must prove it.
pub mod archive;
pub(crate) mod caption;
/// One row per result, for spreadsheets and scripts.
pub mod csv;
/// What changed from run to run.
pub mod diff;
/// Numbers and their units, for reading.
pub mod figure;
/// For the log of a GitHub Actions job.
pub mod github;
/// Recorded results over time.
pub mod history;
/// The report for keeping and for customers, one file.
pub mod html;
/// For build servers.
pub mod junit;
/// The machine-readable report, `sla.report/1`.
pub mod json;
mod latest;
/// The report for people, where Markdown is shown.
pub mod markdown;
/// Instants, for reading and for machines.
pub mod moment;
/// One line for Nagios and its kin.
pub mod nagios;
/// Gauges for Prometheus and GitLab.
pub mod openmetrics;
/// How a schedule goes.
pub mod status;
/// The report for people.
pub mod table;
/// Text in columns of a terminal.
pub mod text;
/// Services in breach, for the spreadsheets of the field.
pub mod violations;
mod worst;

#[cfg(test)]
pub(crate) use crate::model::example;
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
