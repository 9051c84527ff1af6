//! The evaluator's oracle: random rules on random data, checked end to end against brute force over the raw rows
//! (sort them, take fractions; no plan, no tallies), and against what must not matter.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod brute;
mod data;
mod intervals;
mod metamorphic;
mod offenders;
mod promises;
mod random;

use brute::{Bound, Extra, Fill, Time, value};
use data::{Row, Style};
use promises::{Rules, What};
use proptest::prelude::*;
use sla::model::{Agreement, Rational, Report};
use sla::pipeline::{self, Options};
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// The report on some CSV text.
fn report(rules: &Rules, csv: &str, max_bad_rows: u64) -> Report {
    report_on(&rules.text(), csv, max_bad_rows)
}

fn report_on(rules: &str, csv: &str, max_bad_rows: u64) -> Report {
    report_on_files(rules, &[csv], max_bad_rows)
}

fn report_on_files(rules: &str, files: &[&str], max_bad_rows: u64) -> Report {
    let agreement = agreement(rules);
    let open = |csv: &&str| {
        let bytes = std::io::Cursor::new(csv.as_bytes().to_vec());
        sla::source::open_stream("data.csv", Box::new(bytes)).expect("text")
    };
    let progress = AtomicU64::new(0);
    let options = Options { max_bad_rows, ..Options::new(0, &progress) };
    pipeline::check_opened(&[agreement], files.iter().map(open).collect(), &options)
        .unwrap_or_else(|failure| panic!("{failure}\n{}", files.join("\n")))
}

fn agreement(text: &str) -> Agreement {
    match sla::rules::parse(text, Path::new("rules.yaml")) {
        Ok(parsed) => parsed.agreement,
        Err(faults) => panic!("{faults:#?}\n{text}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every verdict, count and exact value is what brute force finds.
    #[test]
    fn brute_force_agrees(rules in random::rules(), rows in random::rows(), bad in 0usize..3, max in 0u64..3) {
        // Where too many rows are malformed, it is the file that is refused.
        let bad = if rows.len() < data::ROBUST { 0 } else { bad };
        let mut csv = data::csv(&rows, Style::Plain);
        for _ in 0..bad {
            csv.push_str(data::MALFORMED);
        }
        let report = report(&rules, &csv, max);
        let beyond = if bad as u64 > max { bad as u64 } else { 0 };
        if let Err(difference) = brute::compare(&rules, &rows, beyond, &report) {
            return Err(TestCaseError::fail(format!("{difference}\n{}\n{csv}", rules.text())));
        }
    }
}

/// The oracle itself, on rows that a reader can follow.
#[test]
fn brute_force_by_hand() {
    let row = |second, status, latency| Row { second, service: 0, region: Some(0), status, latency };
    let rows = [row(0, Some(true), Some(10_000)), row(10, Some(false), Some(30_000)), row(20, None, None)];
    let rows: Vec<&Row> = rows.iter().collect();
    let promise = |what, target| promises::Promise {
        what,
        symbol: "<=",
        target,
        prefer: None,
        own: None,
        filter: None,
        by: None,
        min_samples: 0,
        no_data: "undecided",
        missing: "undecided",
    };
    let time = Time { seconds: 20, complete: true, elastic: true };
    let at = |num, den| Some(Bound::At(Rational::new(num, den).unwrap()));
    // One of two failed; the third row decides between one and two of three.
    for (what, known, low, high) in [
        (What::FailureRate, at(1, 2), at(1, 3), at(2, 3)),
        (What::Avg, at(1, 5), at(2, 15), Some(Bound::Beyond)),
        (What::Percentile(500), at(1, 10), at(1, 10), at(3, 10)),
        (What::Throughput, at(3, 20), at(3, 20), at(3, 20)),
        // The quick one is satisfied, the failed one frustrated: 1 of 2.
        (What::Apdex(10_000), at(1, 2), at(1, 3), at(2, 3)),
    ] {
        let promise = promise(what, 5_000);
        let found =
            [Fill::Omit, Fill::Low, Fill::High].map(|fill| value(&promise, &rows, time, fill, Extra::NONE));
        assert_eq!(found, [known, low, high], "{}", promise.text());
    }
}
