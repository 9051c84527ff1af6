//! Rows that stand for many requests each: everything is weighted by their counts.

use crate::brute::Bound;
use crate::offenders::{lines, report_and_rows};
use crate::promises::{compare, hundredths};
use crate::report_on;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sla::model::{Rational, Reason, Report, RuleResult, Verdict};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A minute of a service.
#[derive(Clone, Debug)]
struct Interval {
    service: usize,
    requests: i64,
    failures: i64,
    /// Average latency in hundredths of a millisecond.
    average: Option<i64>,
}

const SERVICES: [&str; 2] = ["api", "web"];
const INDICATORS: [(&str, &str); 6] = [
    ("failure_rate", "%"),
    ("availability", "%"),
    ("requests", ""),
    ("failures", ""),
    ("rows", ""),
    ("avg(latency)", "ms"),
];

#[derive(Clone, Debug)]
struct Promise {
    indicator: usize,
    symbol: &'static str,
    target: i64,
    missing: &'static str,
}

impl Promise {
    fn text(&self) -> String {
        let (name, unit) = INDICATORS[self.indicator];
        format!("{name} {} {}{unit}", self.symbol, hundredths(self.target))
    }

    fn goal(&self) -> Rational {
        let one = match INDICATORS[self.indicator].1 {
            "%" => 100,
            "ms" => 1_000,
            _ => 1,
        };
        Rational::new(i128::from(self.target), 100 * one).unwrap()
    }

    /// With missing averages at `fill` (in hundredths of a millisecond; `None` leaves them out).
    fn value(&self, rows: &[&Interval], fill: Option<i64>) -> Option<Rational> {
        let sum = |of: &dyn Fn(&Interval) -> i64| rows.iter().map(|row| i128::from(of(row))).sum::<i128>();
        let (requests, failures) = (sum(&|row| row.requests), sum(&|row| row.failures));
        match INDICATORS[self.indicator].0 {
            "failure_rate" => Rational::new(failures, requests),
            "availability" => Rational::new(requests - failures, requests),
            "requests" => Rational::new(requests, 1),
            "failures" => Rational::new(failures, 1),
            "rows" => Rational::new(rows.len() as i128, 1),
            _ => {
                let filled = |row: &Interval| row.average.or(fill);
                let weighted = sum(&|row| filled(row).unwrap_or(0) * row.requests);
                let weight = sum(&|row| filled(row).map_or(0, |_| row.requests));
                Rational::new(weighted, 100_000 * weight)
            }
        }
    }

    fn check(&self, rows: &[&Interval], result: &RuleResult) -> Result<(), String> {
        let mean = INDICATORS[self.indicator].0 == "avg(latency)";
        let missing = rows.iter().filter(|row| mean && row.average.is_none()).count() as u64;
        // How many of the requests a missing average stood for is known.
        let weight = |known: bool| -> i64 {
            rows.iter().filter(|row| !mean || row.average.is_some() == known).map(|row| row.requests).sum()
        };
        let samples = match INDICATORS[self.indicator].0 {
            "rows" | "failures" => rows.len() as i64,
            _ => weight(true),
        };
        let known = self.value(rows, None);
        let low = if mean { self.value(rows, Some(0)) } else { known };
        let goal = Bound::At(self.goal());
        let at = |value: Option<Rational>| value.map_or(Bound::Beyond, Bound::At);
        let high = if mean && missing > 0 && weight(false) > 0 { Bound::Beyond } else { at(low) };
        let (low, high) = match self.missing {
            "ignore" => (at(known), at(known)),
            "bad" if self.symbol.starts_with('<') => (high, high),
            "bad" if self.symbol.starts_with('>') => (at(low), at(low)),
            _ => (at(low), high),
        };
        let holds = |bound: Bound| compare(bound.cmp(&goal), self.symbol);
        let open = if self.symbol == "==" { low < high && low <= goal } else { holds(low) != holds(high) };
        // Intervals without a request say nothing, whatever their average.
        let empty = samples == 0 && (weight(false) == 0 || self.missing == "ignore");
        let expected = match () {
            () if empty => (Verdict::Undecided, Some(Reason::NoData)),
            () if open && self.missing == "bad" => (Verdict::Breached, None),
            () if open => (Verdict::Undecided, Some(Reason::MissingValues)),
            () if holds(low) => (Verdict::Met, None),
            () => (Verdict::Breached, None),
        };
        let found = (result.verdict, result.reason);
        match () {
            () if found != expected => Err(format!("{expected:?} is right, {low:?} to {high:?}")),
            () if (result.samples, result.missing) != (samples as u64, missing) => {
                Err(format!("{samples} samples, {missing} missing"))
            }
            () if missing == 0 && samples > 0 && result.exact != known => {
                Err(format!("{known:?} was measured"))
            }
            () => Ok(()),
        }
    }
}

fn intervals() -> impl Strategy<Value = Vec<Interval>> {
    let row = (0usize..2, prop_oneof![Just(0i64), 0i64..50], 0i64..50, option::weighted(0.8, 0i64..100_000))
        .prop_map(|(service, requests, failures, average)| Interval {
            service,
            requests,
            failures: failures.min(requests),
            average,
        });
    prop::collection::vec(row, 1..30).prop_map(|mut rows| {
        // The first row settles what every column holds.
        rows.insert(0, Interval { service: 0, requests: 10, failures: 1, average: Some(15_000) });
        rows
    })
}

fn promises() -> impl Strategy<Value = Vec<Promise>> {
    let promise = (
        0usize..INDICATORS.len(),
        select(vec!["<=", "<", ">=", ">", "=="]),
        1i64..9_999,
        select(vec!["undecided", "ignore", "bad"]),
    );
    let promise = promise.prop_map(|(indicator, symbol, target, missing)| {
        let target = match INDICATORS[indicator].1 {
            "" => target % 60 * 100,
            "ms" => target * 10,
            _ => target,
        };
        Promise { indicator, symbol, target, missing }
    });
    prop::collection::vec(promise, 1..5)
}

fn csv(rows: &[Interval]) -> String {
    let mut text = "timestamp,service,requests,failures,avg_latency_ms\n".to_owned();
    for (minute, row) in rows.iter().enumerate() {
        let average = row.average.map_or(String::new(), hundredths);
        let (service, requests, failures) = (SERVICES[row.service], row.requests, row.failures);
        writeln!(text, "2025-06-01T00:{minute:02}:00,{service},{requests},{failures},{average}").unwrap();
    }
    text
}

/// Whether a row is behind a result of its group, by what a person would say.
fn is_behind(promise: &Promise, result: &RuleResult, row: &Interval) -> bool {
    let (small, equal) = (promise.symbol.starts_with('<'), promise.symbol == "==");
    let indicator = INDICATORS[promise.indicator].0;
    let lacks = indicator == "avg(latency)" && row.average.is_none();
    match (result.verdict, result.reason) {
        (Verdict::Undecided, Some(Reason::MissingValues)) => return lacks,
        (Verdict::Breached, None) => {}
        _ => return false,
    }
    if lacks {
        return promise.missing == "bad";
    }
    let succeeded = row.requests - row.failures;
    match indicator {
        "rows" | "requests" => small || equal,
        "failures" => (small || equal) && row.failures > 0,
        "failure_rate" => (if small || equal { row.failures } else { succeeded }) > 0,
        "availability" => (if small || equal { succeeded } else { row.failures }) > 0,
        _ => {
            // Both in hundredths of a millisecond; an interval without requests weighs nothing.
            let order = row.average.unwrap().cmp(&promise.target);
            row.requests > 0
                && if equal {
                    order.is_ne()
                } else if small {
                    order.is_gt()
                } else {
                    order.is_lt()
                }
        }
    }
}

fn rules_of(promises: &[Promise]) -> String {
    let mut rules = "sla: oracle\nby: [service]\nobjectives:\n".to_owned();
    for promise in promises {
        writeln!(rules, "  - {{require: '{}', missing: {}}}", promise.text(), promise.missing).unwrap();
    }
    rules
}

fn judged(promises: &[Promise], csv: &str) -> (String, Report) {
    let rules = rules_of(promises);
    let report = report_on(&rules, csv, 0);
    (rules, report)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_weigh(promises in promises(), rows in intervals()) {
        let csv = csv(&rows);
        let (rules, report) = judged(&promises, &csv);
        for result in &report.results {
            let promise = &promises[result.objective_idx];
            let mine = |row: &&Interval| SERVICES[row.service] == result.about.group[0].1;
            let of_group: Vec<&Interval> = rows.iter().filter(mine).collect();
            if let Err(difference) = promise.check(&of_group, result) {
                return Err(TestCaseError::fail(format!("{}: {difference}\n{result:#?}\n{rules}\n{csv}", promise.text())));
            }
        }
    }

    #[test]
    fn rows_behind_results(promises in promises(), rows in intervals()) {
        let csv = csv(&rows);
        let rules = rules_of(&promises);
        // That rows come to what the result says is bad, in requests, is asserted where they are found.
        let (report, found) = report_and_rows(&rules, &csv, 0);
        for offenders in found {
            let result = &report.results[offenders.result.unwrap()];
            let promise = &promises[result.objective_idx];
            let expected: BTreeSet<u64> = rows
                .iter()
                .zip(2..)
                .filter(|(row, _)| SERVICES[row.service] == result.about.group[0].1)
                .filter(|(row, _)| is_behind(promise, result, row))
                .map(|(_, line)| line)
                .collect();
            prop_assert_eq!(lines(&offenders, &csv), expected, "{}: {:#?}\n{}\n{}", offenders.are, result, rules, csv);
        }
    }
}
