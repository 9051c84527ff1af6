//! The ways to be silently wrong, one table: for each the compiled program must give the only right answer.
//!
//! The worst that this program can do is to print a wrong verdict without a word. What is right stands in these
//! tables, worked out by hand, never copied from the program.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

mod case;

mod config;
mod data;
mod number;
mod stat;
mod status;
mod text;
mod time;

use case::Case;
use std::collections::BTreeSet;

/// What can be checked so far. Coverage (W07, W31), revisions (W13), maintenance (W32), counters (W12), calendar days
/// (W38, W39), Prometheus (W51 to W64) and runs (W69, W70) come with their features.
const IN_SCOPE: [(u32, u32); 8] =
    [(1, 6), (8, 12), (14, 30), (33, 37), (40, 44), (45, 50), (65, 65), (66, 68)];

fn table() -> Vec<Case> {
    [
        data::cases(),
        number::cases(),
        stat::cases(),
        status::cases(),
        time::cases(),
        text::cases(),
        config::cases(),
    ]
    .concat()
}

fn check(cases: &[Case]) {
    let faults: Vec<String> = cases.iter().map(Case::faults).filter(|faults| !faults.is_empty()).collect();
    assert!(faults.is_empty(), "{} of {} are wrong\n{}", faults.len(), cases.len(), faults.join("\n"));
}

#[test]
fn every_way_in_scope_is_tried() {
    let tried: BTreeSet<&str> = table().iter().map(|case| case.id).collect();
    let in_scope: BTreeSet<String> =
        IN_SCOPE.iter().flat_map(|(from, to)| *from..=*to).map(|number| format!("W{number:02}")).collect();
    assert_eq!(tried, in_scope.iter().map(String::as_str).collect());
}

#[test]
fn wrong_through_the_file() {
    check(&data::cases());
}

#[test]
fn wrong_through_numbers() {
    check(&number::cases());
}

#[test]
fn wrong_through_statistics() {
    check(&stat::cases());
}

#[test]
fn wrong_through_outcomes() {
    check(&status::cases());
}

#[test]
fn wrong_through_times() {
    check(&time::cases());
}

#[test]
fn wrong_through_text() {
    check(&text::cases());
}

#[test]
fn wrong_through_rules() {
    check(&config::cases());
}
