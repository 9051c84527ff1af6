//! The same verdicts from the rows themselves.

use crate::data::{Row, START};
use crate::promises::{Promise, Rules, What, compare as holds};
use sla::model::{NANOS, Rational, Reason, Report, RuleResult, Verdict};
use std::collections::BTreeMap;

/// A value, or further out than any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bound {
    At(Rational),
    Beyond,
}

/// What unknown values are taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    Omit,
    Low,
    High,
}

/// Rows that were rejected, and what they are taken to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extra {
    pub(crate) rows: u64,
    pub(crate) fill: Fill,
}

impl Extra {
    pub(crate) const NONE: Extra = Extra { rows: 0, fill: Fill::Omit };
}

/// Time that requests are divided by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    /// Rows lie at or before its start, and at or after its end.
    pub(crate) complete: bool,
    /// It is the input's own, which a rejected row could stretch.
    pub(crate) elastic: bool,
}

/// Compares a report with what the rows say; `rejected` is how many rows were rejected beyond the allowance.
pub(crate) fn compare(rules: &Rules, rows: &[Row], rejected: u64, report: &Report) -> Result<(), String> {
    let rows_first = rows.iter().map(|row| row.second).min().unwrap_or(0);
    let rows_last = rows.iter().map(|row| row.second).max().unwrap_or(0);
    let accepted: Vec<&Row> = rows
        .iter()
        .filter(|row| rules.filter.as_ref().is_none_or(|filter| filter.holds(row) == Some(true)))
        .collect();
    for (idx, promise) in rules.promises.iter().enumerate() {
        // A condition with too many different atoms is refused, whatever the rows.
        let mut results = report.results.iter().filter(|result| result.objective_idx == idx);
        if results.any(|result| result.reason == Some(Reason::NotMeasurable)) {
            continue;
        }
        let by = promise.by.unwrap_or(rules.by);
        let mut cells: BTreeMap<(Vec<String>, Option<i64>), Vec<&Row>> = BTreeMap::new();
        for row in &accepted {
            let hour = rules.hourly.then(|| row.second.div_euclid(3600));
            cells.entry((by.group(row), hour)).or_default().push(row);
        }
        let mut results: BTreeMap<(Vec<String>, Option<i64>), &RuleResult> = BTreeMap::new();
        for result in report.results.iter().filter(|result| result.objective_idx == idx) {
            let group = result.about.group.iter().map(|(_, label)| label.clone()).collect();
            let hour = result.period.from.map(|from| (from / NANOS - START) / 3600);
            if results.insert((group, hour), result).is_some() {
                return Err(format!("two results for one cell: {result:#?}"));
            }
        }
        for (cell, rows) in &cells {
            let measured: Vec<&Row> = rows.iter().copied().filter(|row| passes(promise, row)).collect();
            if !results.contains_key(cell) && !measured.is_empty() {
                return Err(format!("{}: no result for {cell:?}", promise.text()));
            }
        }
        for (cell, result) in results {
            let rows = cells.get(&cell).map_or(&[][..], Vec::as_slice);
            let reached = |second: i64| rows_first <= second && second <= rows_last;
            let time = match cell.1 {
                Some(hour) => {
                    let complete = reached(hour * 3600) && reached((hour + 1) * 3600);
                    Time { seconds: 3600, complete, elastic: false }
                }
                None => Time { seconds: rows_last - rows_first, complete: true, elastic: true },
            };
            check(&promise.for_group(by, &cell.0), rows, time, rejected, result)
                .map_err(|difference| format!("{}: {difference}\n{result:#?}", promise.text()))?;
        }
    }
    Ok(())
}

fn passes(promise: &Promise, row: &Row) -> bool {
    promise.filter.as_ref().is_none_or(|filter| filter.holds(row) == Some(true))
}

fn check(
    promise: &Promise,
    rows: &[&Row],
    time: Time,
    rejected: u64,
    result: &RuleResult,
) -> Result<(), String> {
    let measured: Vec<&Row> = rows.iter().copied().filter(|row| passes(promise, row)).collect();
    let (samples, missing) = counts(promise, &measured);
    let same = |what: &str, left: u64, right: u64| {
        if left == right { Ok(()) } else { Err(format!("{what} {left} instead of {right}")) }
    };
    same("rows", result.rows, rows.len() as u64)?;
    same("excluded", result.excluded, (rows.len() - measured.len()) as u64)?;
    same("samples", result.samples, samples)?;
    same("missing", result.missing, missing)?;
    let (verdict, reason) = match (decide(promise, &measured, time, rejected), promise.prefer) {
        ((Verdict::Met, None), Some(target)) => {
            let preferred = Promise { target, ..promise.clone() };
            match decide(&preferred, &measured, time, 0) {
                (Verdict::Met, _) => (Verdict::Met, None),
                (Verdict::Breached, _) => (Verdict::Warning, None),
                (_, reason) => (Verdict::Warning, reason),
            }
        }
        // An amount that is too small in a period that is not over may still grow.
        ((Verdict::Breached, _), _)
            if !time.complete && !promise.symbol.starts_with('<') && is_amount(&promise.what) =>
        {
            (Verdict::Undecided, Some(Reason::IncompletePeriod))
        }
        (decided, _) => decided,
    };
    if (result.verdict, result.reason) != (verdict, reason) {
        let value = |fill| value(promise, &measured, time, fill, Extra::NONE);
        let (known, low, high) = (value(Fill::Omit), value(Fill::Low), value(Fill::High));
        return Err(format!("{verdict:?} {reason:?} is right: {known:?}, {low:?} to {high:?}"));
    }
    // What counts against the promise is more than what is allowed exactly where the promise is broken.
    if let Some(bad) = result.bad
        && missing == 0
        && rejected == 0
    {
        let strict = Promise { min_samples: 0, ..promise.clone() };
        let kept = decide(&strict, &measured, time, 0).0 == Verdict::Met;
        if result.allowed.is_some_and(|allowed| bad <= allowed) != kept {
            return Err(format!("{bad} of {:?} allowed, but kept is {kept}", result.allowed));
        }
    }
    // What is shown is what is known, where nothing else was counted as bad.
    let shows = (promise.missing != "bad" || missing == 0) && samples > 0 && reason != Some(Reason::ZeroSpan);
    match (&result.measured, value(promise, &measured, time, Fill::Omit, Extra::NONE)) {
        (Some(shown), Some(Bound::At(known))) if shows => {
            let same = shown.value == known && !shown.approximate;
            if same { Ok(()) } else { Err(format!("{known:?} was measured")) }
        }
        (None, Some(_)) if shows => Err("nothing is shown".to_owned()),
        _ => Ok(()),
    }
}

fn is_amount(what: &What) -> bool {
    matches!(what, What::Rows | What::Requests | What::Failures | What::Sum | What::Throughput)
}

fn decide(promise: &Promise, rows: &[&Row], time: Time, rejected: u64) -> (Verdict, Option<Reason>) {
    let (samples, missing) = counts(promise, rows);
    if samples == 0 && (missing == 0 || promise.missing == "ignore") {
        return match promise.no_data {
            "undecided" => (Verdict::Undecided, Some(Reason::NoData)),
            _ if rejected > 0 => (Verdict::Undecided, Some(Reason::RejectedRows)),
            "breached" => (Verdict::Breached, Some(Reason::NoData)),
            _ => (Verdict::Met, Some(Reason::NoData)),
        };
    }
    if promise.what == What::Throughput && time.seconds == 0 {
        return (Verdict::Undecided, Some(Reason::ZeroSpan));
    }
    if samples < promise.min_samples {
        return (Verdict::Undecided, Some(Reason::TooFewSamples));
    }
    let fills: &[Fill] = match promise.missing {
        "ignore" => &[Fill::Omit],
        "bad" if promise.symbol.starts_with('<') => &[Fill::High],
        "bad" if promise.symbol.starts_with('>') => &[Fill::Low],
        _ => &[Fill::Low, Fill::High],
    };
    // Any number of the rejected rows may belong here, each as low or as high as can be.
    let mut all = Vec::new();
    for missing in fills {
        for rows_more in 0..=rejected {
            for fill in [Fill::Low, Fill::High] {
                let extra = Extra { rows: rows_more, fill };
                all.extend(value(promise, rows, time, *missing, extra));
            }
        }
    }
    let goal = Bound::At(promise.goal());
    let (Some(low), Some(high)) = (all.iter().min(), all.iter().max()) else {
        return (Verdict::Undecided, None);
    };
    let (at_low, at_high) = (holds(low.cmp(&goal), promise.symbol), holds(high.cmp(&goal), promise.symbol));
    let between = *low < *high && *low <= goal && goal <= *high;
    let open = if promise.symbol == "==" { between } else { at_low != at_high };
    match () {
        () if !open && !at_low => (Verdict::Breached, None),
        () if rejected > 0 => (Verdict::Undecided, Some(Reason::RejectedRows)),
        () if open && promise.missing == "bad" => (Verdict::Breached, None),
        () if open => (Verdict::Undecided, Some(Reason::MissingValues)),
        () => (Verdict::Met, None),
    }
}

/// What a row is to an indicator; `None` where a cell is missing.
fn token(promise: &Promise, row: &Row) -> Option<i64> {
    match &promise.what {
        What::Rows | What::Requests | What::Throughput => Some(1),
        What::Failures | What::FailureRate => row.status.map(|ok| i64::from(!ok)),
        What::Availability => row.status.map(i64::from),
        What::ViolationRate(condition) | What::Share(condition) => condition.holds(row).map(i64::from),
        What::Avg | What::Min | What::Max | What::Sum | What::Percentile(_) => row.latency,
        What::Apdex(satisfied) => match (row.status, row.latency) {
            (None, _) | (Some(true), None) => None,
            (Some(false), _) => Some(0),
            (Some(true), Some(latency)) if latency <= *satisfied => Some(2),
            (Some(true), Some(latency)) => Some(i64::from(latency <= 4 * satisfied)),
        },
    }
}

/// Samples, and rows with a missing cell.
pub(crate) fn counts(promise: &Promise, rows: &[&Row]) -> (u64, u64) {
    let missing = rows.iter().filter(|row| token(promise, row).is_none()).count() as u64;
    let samples = match promise.what {
        What::Failures => rows.len() as u64,
        _ => rows.len() as u64 - missing,
    };
    (samples, missing)
}

/// The value with everything unknown filled in; `None` without any.
pub(crate) fn value(
    promise: &Promise,
    rows: &[&Row],
    time: Time,
    missing: Fill,
    extra: Extra,
) -> Option<Bound> {
    // `None` now stands for a value beyond all others.
    let filled = |fill: Fill| -> Option<Option<i64>> {
        let most = match promise.what {
            What::Avg | What::Min | What::Max | What::Sum | What::Percentile(_) => None,
            What::Apdex(_) => Some(2),
            _ => Some(1),
        };
        match fill {
            Fill::Omit => None,
            Fill::Low => Some(Some(0)),
            Fill::High => Some(most),
        }
    };
    let mut values: Vec<Option<i64>> = Vec::new();
    for row in rows {
        values.extend(token(promise, row).map(Some).or_else(|| filled(missing)));
    }
    for _ in 0..extra.rows {
        values.extend(filled(extra.fill));
    }
    values.sort_by_key(|value| (value.is_none(), *value));
    let sum = || values.iter().copied().sum::<Option<i64>>().map(i128::from);
    let number = values.len() as i128;
    let fraction = |num: i128, den: i128| Rational::new(num, den).map(Bound::At);
    let hundredths_of_ms = |value: Option<i64>| match value {
        Some(value) => fraction(i128::from(value), 100_000),
        None => Some(Bound::Beyond),
    };
    match promise.what {
        What::Rows | What::Requests | What::Failures => fraction(sum()?, 1),
        What::FailureRate | What::Availability | What::ViolationRate(_) | What::Share(_) => {
            fraction(sum()?, number)
        }
        What::Avg if number == 0 => None,
        What::Avg => sum().map_or(Some(Bound::Beyond), |sum| fraction(sum, 100_000 * number)),
        What::Sum => sum().map_or(Some(Bound::Beyond), |sum| fraction(sum, 100_000)),
        What::Min => hundredths_of_ms(*values.first()?),
        What::Max => hundredths_of_ms(*values.last()?),
        What::Percentile(tenths) => {
            // Nearest rank: the ceiling of p % of the number of values, counted from 1.
            let rank = (i128::from(tenths) * number + 999) / 1_000;
            hundredths_of_ms(*values.get(usize::try_from(rank - 1).ok()?)?)
        }
        What::Throughput if time.elastic && extra.rows > 0 && extra.fill == Fill::Low => fraction(0, 1),
        What::Throughput => fraction(sum()?, i128::from(time.seconds)),
        What::Apdex(_) => fraction(sum()?, 2 * number),
    }
}
