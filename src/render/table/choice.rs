//! Which results are shown: all of few; of many the worst.

use super::super::worst;
use super::Detail;
use crate::model::{Report, Verdict};
use std::collections::BTreeMap;

/// Up to this many results are all shown.
const SHOW_ALL: usize = 60;
/// Of more, as many breaches, the worst.
const SHOW_BREACHED: usize = 40;
/// And as many that are undecided, and that are warnings.
const SHOW_OTHERS: usize = 10;

/// Indices of the results that get a row, the worst first.
pub(super) fn results(report: &Report, detail: Detail) -> Vec<usize> {
    let results = &report.results;
    let mut order = worst::results(report);
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
