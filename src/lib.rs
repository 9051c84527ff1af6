//! `sla` tells from the metrics people already have whether each service kept its promise, and proves it.
//!
//! The modules in the order in which data passes through them (see ARCHITECTURE.md for the map):

#![cfg_attr(test, allow(clippy::too_many_lines))]

/// Slices of time, and instants as people write and read them.
pub mod calendar;
/// Arguments, commands, exit codes.
pub mod cli;
/// Files written whole or not at all.
pub mod deliver;
/// Tallies → verdicts; pure.
pub mod evaluate;
/// Plain values that every part speaks.
pub mod model;
/// Agreement + schema → what to count.
pub mod plan;
/// Report → bytes, one file per format.
pub mod render;
/// Rule files → agreements, or diagnostics that point at the fault.
pub mod rules;
/// The project file, and which files hold rules.
pub mod config;
/// Inputs: what they are, what their columns mean, and their tallies.
pub mod source;
