//! `sla` tells from the metrics people already have whether each service kept its promise, and proves it.
//!
//! The modules stand in the order in which data passes through them; ARCHITECTURE.md is the map.

// Plain values that every part speaks.
pub mod model;
// Rule files → agreements, or diagnostics that point at the fault.
pub mod rules;
// When to run; pure.
pub mod schedule;
// The project file, and which files hold rules.
pub mod config;
// Slices of time, and instants as people write and read them.
pub mod calendar;
// Agreement + schema → what to count.
pub mod plan;
// Inputs: what they are, what their columns mean, and their tallies.
pub mod source;
// Tallies → verdicts; pure.
pub mod evaluate;
// describe → plan → tally → evaluate.
pub mod pipeline;
// Report → bytes, one file per format.
pub mod render;
// Files written whole or not at all.
pub mod deliver;
// The SQLite history.
pub mod store;
// Who is told of what, once, and how it gets there.
pub mod notify;
// Arguments, commands, exit codes.
pub mod cli;
