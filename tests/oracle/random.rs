//! Random rows and rules. Values come from small sets, so that ties and exact hits of a target are common.

use crate::data::Row;
use crate::promises::{By, Condition, Promise, Rules, What};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const SYMBOLS: [&str; 5] = ["<=", "<", ">=", ">", "=="];

pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    some_rows(0)
}

/// At least so many.
pub(crate) fn some_rows(least: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = (
        0i64..14_000,
        0usize..3,
        option::weighted(0.9, 0usize..2),
        option::weighted(0.85, any::<bool>()),
        latency(),
    )
        .prop_map(|(second, service, region, status, latency)| Row {
            second,
            service,
            region,
            status,
            latency,
        });
    (any::<bool>(), prop::collection::vec(row, least..60)).prop_map(move |(few, mut rows)| {
        if few && least == 0 {
            rows.truncate(3);
        }
        // The first row settles what every column holds.
        rows.insert(
            0,
            Row { second: 0, service: 0, region: Some(0), status: Some(true), latency: Some(15_000) },
        );
        rows
    })
}

fn latency() -> impl Strategy<Value = Option<i64>> {
    option::weighted(
        0.85,
        prop_oneof![select(vec![0i64, 1, 10_000, 15_000, 20_000, 20_001, 60_000]), 0i64..100_000],
    )
}

pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    (by(), option::weighted(0.3, condition()), any::<bool>(), prop::collection::vec(promise(), 1..5))
        .prop_map(|(by, filter, hourly, promises)| Rules { by, filter, hourly, promises })
}

fn by() -> impl Strategy<Value = By> {
    select(vec![By::Everything, By::Service, By::ServiceAndRegion])
}

pub(crate) fn promise() -> impl Strategy<Value = Promise> {
    let goal = |target: std::ops::RangeInclusive<i64>| target;
    let of = prop_oneof![
        (select(vec![What::Rows, What::Requests, What::Failures]), goal(0..=12).prop_map(|n| n * 100)),
        (
            prop_oneof![
                Just(What::FailureRate),
                Just(What::Availability),
                condition().prop_map(What::ViolationRate),
                condition().prop_map(What::Share),
            ],
            prop_oneof![select(vec![2_500i64, 5_000, 7_500, 3_333]), goal(1..=9_999)],
        ),
        (
            select(vec![What::Avg, What::Min, What::Max]),
            prop_oneof![select(vec![10_000i64, 15_000, 20_000]), goal(1..=99_999)],
        ),
        (Just(What::Sum), goal(1..=999_999)),
        (
            prop_oneof![select(vec![500i64, 900, 950, 999, 1_000]), 1i64..1_000].prop_map(What::Percentile),
            prop_oneof![select(vec![10_000i64, 15_000, 20_000]), goal(1..=99_999)],
        ),
        (Just(What::Throughput), goal(1..=20)),
        (
            select(vec![10_000i64, 5_000, 20_000]).prop_map(What::Apdex),
            prop_oneof![select(vec![50i64, 75]), goal(1..=99)]
        ),
    ];
    (
        (of, option::weighted(0.3, 1i64..30), option::weighted(0.3, (0usize..3, 1i64..95))),
        select(SYMBOLS.to_vec()),
        option::weighted(0.3, condition()),
        option::weighted(0.3, by()),
        select(vec![0u64, 0, 0, 3]),
        select(vec!["undecided", "breached", "met"]),
        select(vec!["undecided", "undecided", "ignore", "bad"]),
    )
        .prop_map(
            |(((what, target), prefer, own), symbol, filter, by, min_samples, no_data, missing)| {
                let whole =
                    if matches!(what, What::Rows | What::Requests | What::Failures) { 100 } else { 1 };
                // Stricter, and still possible.
                let prefer = prefer.and_then(|by| match symbol {
                    "<=" | "<" => Some(target - by * whole).filter(|prefer| *prefer > 0),
                    ">=" | ">" => Some(target + by * whole).filter(|prefer| *prefer < most(&what)),
                    _ => None,
                });
                let own = own.map(|(service, target)| (service, target * whole));
                Promise { what, symbol, target, prefer, own, filter, by, min_samples, no_data, missing }
            },
        )
}

/// Targets from here on can never be kept, which the rules refuse.
fn most(what: &What) -> i64 {
    match what {
        What::FailureRate | What::Availability | What::ViolationRate(_) | What::Share(_) => 10_000,
        What::Apdex(_) => 100,
        _ => i64::MAX,
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        Just(Condition::Failed),
        (select(SYMBOLS.to_vec()), select(vec![0i64, 10_000, 15_000, 20_000, 50_000]))
            .prop_map(|(symbol, at)| Condition::Latency(symbol, at)),
        Just(Condition::LatencyMissing),
        (0usize..2).prop_map(Condition::Region),
        (0usize..3).prop_map(Condition::Service),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            (inner.clone(), inner.clone())
                .prop_map(|(one, other)| Condition::And(Box::new(one), Box::new(other))),
            (inner.clone(), inner).prop_map(|(one, other)| Condition::Or(Box::new(one), Box::new(other))),
        ]
    })
}
