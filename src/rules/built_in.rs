//! The agreement that holds where nobody wrote one: an example, never somebody's SLA.

use super::expression::{Columns, parse_promise};
use super::objective::plain;
use crate::model::{Agreement, Column, Objective, Origin};

/// The field's three classic rules, by service.
pub fn built_in() -> Agreement {
    let objectives = ["failure_rate <= 5%", "avg(latency) <= 2s", "violation_rate(latency > 500ms) <= 10%"];
    Agreement {
        description: Some("example targets, not your SLA".to_owned()),
        by: vec![Column("service".to_owned())],
        built_in: true,
        ..Agreement::plain("example", objectives.into_iter().filter_map(objective).collect())
    }
}

fn objective(text: &str) -> Option<Objective> {
    let promise = parse_promise(text, &Columns::default(), &mut Vec::new()).ok()?;
    Some(plain(promise, Origin::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Rational;

    #[test]
    fn the_three_classic_rules() {
        let agreement = built_in();
        assert!(agreement.built_in);
        let found: Vec<_> = agreement
            .objectives
            .iter()
            .map(|objective| (objective.text.as_str(), objective.target.quantity.value))
            .collect();
        assert_eq!(
            found,
            [
                ("failure_rate <= 5%", Rational::new(1, 20).unwrap()),
                ("avg(latency) <= 2s", Rational::integer(2)),
                ("violation_rate(latency > 500ms) <= 10%", Rational::new(1, 10).unwrap()),
            ]
        );
    }
}
