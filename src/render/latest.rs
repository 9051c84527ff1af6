//! Of many periods the last complete one, for formats that show what is so now: gauges and performance data.

use crate::model::{Report, RuleResult};
use std::collections::HashMap;

/// For each objective and group its result in the last complete period, or in the last one where none is complete;
/// by agreement, objective and group.
pub(super) fn results(report: &Report) -> Vec<&RuleResult> {
    let mut place: HashMap<(usize, &str), usize> = HashMap::new();
    let mut latest: Vec<&RuleResult> = Vec::new();
    for result in &report.results {
        let at = *place.entry((result.agreement, &result.about.id)).or_insert(latest.len());
        match latest.get_mut(at) {
            None => latest.push(result),
            // Periods come in their order.
            Some(known) if result.period.complete || !known.period.complete => *known = result,
            Some(_) => {}
        }
    }
    latest
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::model::ResultPeriod;

    #[test]
    fn the_last_complete_period() {
        let of = |service: &str, from, complete| RuleResult {
            period: ResultPeriod { from: Some(from), to: Some(from + 1), complete },
            ..example::result(service)
        };
        let mut report = example::report();
        report.results = vec![
            of("a", 1, false),
            of("b", 1, false),
            of("a", 2, true),
            of("b", 2, false),
            of("a", 3, false),
        ];
        let found: Vec<_> =
            results(&report).iter().map(|r| (r.about.group[0].1.as_str(), r.period.from)).collect();
        assert_eq!(found, [("a", Some(2)), ("b", Some(2))]);
    }
}
