//! Which agreements and results are shown, the worst first.

use super::Detail;
use crate::model::{Report, RuleResult, Verdict};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Up to this many results are all shown.
const SHOW_ALL: usize = 60;
/// Of more, as many breaches, the worst.
const SHOW_BREACHED: usize = 40;
/// And as many that are undecided, and that are warnings.
const SHOW_OTHERS: usize = 10;

pub(super) fn agreements(report: &Report) -> Vec<usize> {
    let mut order: Vec<usize> = (0..report.agreements.len()).collect();
    let worst = |agreement: usize| {
        report
            .results
            .iter()
            .filter(|result| result.agreement == agreement)
            .map(|result| result.verdict)
            .max()
            .unwrap_or(Verdict::Undecided)
    };
    order.sort_by_key(|agreement| std::cmp::Reverse(worst(*agreement)));
    order
}

/// Indices of the results that get a row, the worst first.
pub(super) fn results(report: &Report, detail: Detail) -> Vec<usize> {
    let results = &report.results;
    let mut order: Vec<usize> = (0..results.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&results[*a], &results[*b]);
        b.verdict.cmp(&a.verdict).then_with(|| {
            if a.verdict == Verdict::Breached { excess(b).total_cmp(&excess(a)) } else { Ordering::Equal }
        })
    });
    if detail == Detail::Worst && results.len() > SHOW_ALL {
        let mut shown = BTreeMap::new();
        order.retain(|index| {
            let verdict = results[*index].verdict;
            let most = match verdict {
                Verdict::Breached => SHOW_BREACHED,
                Verdict::Undecided | Verdict::Warning => SHOW_OTHERS,
                Verdict::Met => 0,
            };
            let count = shown.entry(verdict).or_insert(0);
            *count += 1;
            *count <= most
        });
    }
    order
}

/// How many times over the promise a breach is, for sorting only.
fn excess(result: &RuleResult) -> f64 {
    match (result.bad, result.allowed, result.measured) {
        (Some(bad), Some(allowed), _) => bad as f64 / (allowed as f64).max(0.5),
        (_, _, Some(measured)) => {
            let (measured, target) = (measured.quantity.value.to_f64(), result.about.target.value.to_f64());
            let times =
                if result.about.comparison.wants_small() { measured / target } else { target / measured };
            if times.is_finite() { times } else { f64::MAX }
        }
        // Silence that breaks the promise.
        _ => f64::MAX,
    }
}
