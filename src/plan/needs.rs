//! What an objective needs of its table, while no table is chosen yet.

use super::{Digit, Limit, Limits};

/// packing of tables renumbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    pub(super) digits: Vec<Digit>,
    /// Columns of the schema that are read.
    pub(super) columns: Vec<usize>,
}

impl Needs {
    pub(super) fn test(&mut self, test: usize, answers: u32) -> usize {
        let same = |digit: &Digit| matches!(digit, Digit::Test { test: known, .. } if *known == test);
        self.digits.iter().position(same).unwrap_or_else(|| {
            self.digits.push(Digit::Test { test, answers });
            self.digits.len() - 1
        })
    }

    /// The digit of a number, with at least these limits.
    pub(super) fn edges(&mut self, number: usize, limits: &[Limit]) -> usize {
        let wanted = Limits { standard: limits.to_vec(), by_group: Vec::new() };
        self.edges_by_group(number, wanted)
    }

    /// As [`Needs::edges`], for limits that depend on the group; a number has at most one such set here.
    pub(super) fn edges_by_group(&mut self, number: usize, wanted: Limits) -> usize {
        let same = |digit: &Digit| matches!(digit, Digit::Edges { number: known, .. } if *known == number);
        if let Some(at) = self.digits.iter().position(same)
            && let Digit::Edges { limits, .. } = &mut self.digits[at]
            && let Some(merged) = limits.merged(&wanted)
        {
            *limits = merged;
            return at;
        }
        self.digits.push(Digit::Edges { number, limits: wanted });
        self.digits.len() - 1
    }
}

impl Limits {
    /// Both sets of limits in one; `None` where both depend on the group, each in its own way.
    ///
    /// Every group must have as many limits, so one that both have is dropped only where every group has it.
    pub(super) fn merged(&self, other: &Limits) -> Option<Limits> {
        if self == other {
            return Some(self.clone());
        }
        let (grouped, plain) = match (self.by_group.is_empty(), other.by_group.is_empty()) {
            (_, true) => (self, other),
            (true, false) => (other, self),
            (false, false) => return None,
        };
        let mut extra: Vec<Limit> = plain.standard.clone();
        extra.retain(|limit| {
            !(grouped.standard.contains(limit)
                && grouped.by_group.iter().all(|(_, limits)| limits.contains(limit)))
        });
        let with_extra = |limits: &[Limit]| {
            let mut all: Vec<Limit> = limits.iter().chain(&extra).copied().collect();
            all.sort();
            all
        };
        Some(Limits {
            standard: with_extra(&grouped.standard),
            by_group: grouped
                .by_group
                .iter()
                .map(|(pattern, limits)| (pattern.clone(), with_extra(limits)))
                .collect(),
        })
    }
}
