//! What a report says about its agreements and inputs.

use super::Item;
use super::view::occurring;
use crate::model::{AgreementSummary, Excluded, InputSummary, Tallies};
use crate::plan::{Plan, Truth};

/// The agreements in the order given, each once, and which of them every item has.
pub(super) fn agreements(items: &[Item]) -> (Vec<AgreementSummary>, Vec<usize>) {
    let mut list: Vec<AgreementSummary> = Vec::new();
    let mut sources: Vec<&Item> = Vec::new();
    let mut which = Vec::with_capacity(items.len());
    for item in items {
        let known = sources.iter().position(|other| std::ptr::eq(other.agreement, item.agreement));
        which.push(known.unwrap_or_else(|| {
            sources.push(item);
            list.push(AgreementSummary::of(item.agreement));
            list.len() - 1
        }));
    }
    (list, which)
}

/// The inputs in the order given.
pub(super) fn inputs(items: &[Item], agreement_of: &[usize]) -> Vec<InputSummary> {
    let mut inputs = Vec::new();
    for (item, agreement) in items.iter().zip(agreement_of) {
        for intake in &item.tallies.intakes {
            let excluded = intake.excluded.clone();
            let left_out: u64 = excluded.iter().map(|excluded| excluded.rows).sum();
            inputs.push(InputSummary {
                source: intake.source.clone(),
                kind: intake.kind.clone(),
                digest: intake.digest.clone(),
                agreement: *agreement,
                rows: intake.rows,
                accepted: intake.rows.saturating_sub(intake.rejected).saturating_sub(left_out),
                excluded,
                rejected: intake.rejected,
                span: intake.span,
                clock: item.schema.clock.clone(),
                inferred: item.schema.inferred.iter().map(|inference| inference.text.clone()).collect(),
            });
        }
    }
    inputs
}

/// Rows that the agreement's own clauses leave out, by clause; clauses without any are not told.
///
/// `pipeline` calls this on the tallies of each input before it merges them, and adds what it gets to the intake's
/// `excluded`: afterwards nobody can tell whose rows they were.
pub fn exclusions(plan: &Plan, tallies: &Tallies) -> Vec<Excluded> {
    let (Some(table), Some(tally)) = (plan.tables.first(), tallies.tables.first()) else { return Vec::new() };
    let mut counts = vec![0u64; plan.exclusions.len()];
    for (group, cells) in &tally.cells {
        let mut clause_of: Vec<Option<Option<usize>>> = vec![None; table.codes];
        for (code, rows) in cells.values().flat_map(occurring) {
            let Some(memo) = clause_of.get_mut(code) else { continue };
            let clause = *memo.get_or_insert_with(|| {
                plan.exclusions.iter().position(|(_, rows)| rows.truth(table, group, code) == Truth::True)
            });
            if let Some(clause) = clause {
                counts[clause] += rows;
            }
        }
    }
    let clauses = plan.exclusions.iter().map(|(clause, _)| clause.clone());
    clauses
        .zip(counts)
        .filter(|(_, rows)| *rows > 0)
        .map(|(clause, rows)| Excluded { clause, rows })
        .collect()
}
