//! The order for people: the worst first, by verdict and then by how far a promise was broken.

use crate::model::{Report, RuleResult, Verdict};
use std::cmp::{Ordering, Reverse};

/// Indices of all results, the worst first.
pub(super) fn results(report: &Report) -> Vec<usize> {
    let results = &report.results;
    let mut order: Vec<usize> = (0..results.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&results[*a], &results[*b]);
        b.verdict.cmp(&a.verdict).then_with(|| {
            // Silence that breaks the promise comes first.
            let times = |result| excess(result).unwrap_or(f64::MAX);
            if a.verdict == Verdict::Breached { times(b).total_cmp(&times(a)) } else { Ordering::Equal }
        })
    });
    order
}

/// Indices of the agreements, that with the worst result first; one without a single result is undecided.
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
    order.sort_by_key(|agreement| Reverse(worst(*agreement)));
    order
}

/// How many times over the promise a result is, for sorting only; `None` where nothing was measured.
pub(super) fn excess(result: &RuleResult) -> Option<f64> {
    match (result.bad, result.allowed, result.measured) {
        (Some(bad), Some(allowed), _) => Some(bad as f64 / (allowed as f64).max(0.5)),
        (_, _, Some(measured)) => {
            let (measured, target) = (measured.value.to_f64(), result.about.target.value.to_f64());
            let times =
                if result.about.comparison.wants_small() { measured / target } else { target / measured };
            Some(if times.is_finite() { times } else { f64::MAX })
        }
        _ => None,
    }
}
