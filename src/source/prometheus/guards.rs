//! What must exist so that finding nothing means that there was nothing.
//!
//! Called by `tally` when counters have been told.

use super::answer::{Labels, Sink};
use super::asked::Asked;
use super::counters::{Ask, values_of};
use super::edges::{Edges, LE};
use super::schema::Is;
use super::selector::Metric;
use super::tally::{Counts, Run};
use crate::model::{Instant, ProblemKind, Rational};
use std::collections::{BTreeMap, BTreeSet};

impl Run<'_> {
    /// A label that no series has groups nothing.
    pub(super) fn labels_exist(&mut self, asked: &Asked, counted: &Counts) {
        for (lowered, needs) in asked.tables.iter().flatten() {
            let Some(found) = counted.first_of(needs).filter(|found| !found.is_empty()) else {
                continue;
            };
            for (at, label) in lowered.labels.iter().enumerate() {
                if found.keys().all(|values| values[at].is_empty()) {
                    self.no_label(label);
                }
            }
        }
    }

    fn no_label(&mut self, label: &str) {
        let is = Is::Label(label.to_owned());
        let Some(column) = self.described.column(&is) else { return };
        let name = &self.described.schema.columns[column].name;
        let message = format!("no series has the label `{label}`; say `by: {{{name}: LABEL}}` in the source");
        if !self.intake.doubts.iter().any(|doubt| doubt.column == Some(column)) {
            self.doubt(Some(column), ProblemKind::MissingColumn, message);
        }
    }
}

/// Series of buckets by their other labels: the edges that each has.
#[derive(Default)]
struct Layouts(BTreeMap<Labels, BTreeSet<String>>);

impl Sink for Layouts {
    fn series(&mut self, mut labels: Labels) -> Result<(), String> {
        if let Some(at) = labels.iter().position(|(name, _)| name == LE) {
            let (_, edge) = labels.remove(at);
            labels.sort();
            self.0.entry(labels).or_default().insert(edge);
        }
        Ok(())
    }
    fn sample(&mut self, _: Instant, _: &str) -> Result<(), String> {
        Ok(())
    }
}

impl Run<'_> {
    /// Says that some series of a histogram lack edges.
    pub(super) fn lacks_edges(&mut self, ask: &Ask) {
        let Metric::Selector(selector) = &ask.metric else { return };
        let message = format!(
            "some series of `{}` lack an edge that others have, so that it is not known how many of their requests were \
             below it",
            selector.name
        );
        self.remark(message);
    }

    /// Of an ask for buckets, the values of its labels, without the edge, of which some series lacks one of the edges that
    /// others have: how many of its requests lie below that edge is not known, and the sum over all of them would take
    /// them for slower.
    pub(super) fn uneven(
        &self,
        ask: &Ask,
        limits: &[Rational],
        edges: &Edges,
    ) -> Result<BTreeSet<Vec<String>>, String> {
        let Metric::Selector(selector) = &ask.metric else { return Ok(BTreeSet::new()) };
        let layouts = self.listed(std::slice::from_ref(selector), Layouts::default)?;
        let spelt: Vec<Vec<String>> =
            limits.iter().map(|limit| edges.spelt(*limit)).filter(|spelt| !spelt.is_empty()).collect();
        let lacks =
            |has: &BTreeSet<String>| spelt.iter().any(|one| one.iter().all(|edge| !has.contains(edge)));
        let wanted = &ask.labels[..ask.labels.len().saturating_sub(1)];
        let uneven = layouts.0.iter().filter(|(_, has)| lacks(has));
        Ok(uneven.map(|(labels, _)| values_of(wanted, labels)).collect())
    }
}
