//! What becomes of rows that do not count, and of the input as a whole: counted always, told by example.
//!
//! A worker knows where in its block a row is, but not which line of the file that is: blocks are read out of order.
//! So examples keep block and line within it, and are put in place once every block's lines are known.

use super::number::Fault;
use crate::model::{Doubt, Excluded, Instant, Intake, Problem, ProblemKind, Rejected, Severity};
use std::collections::BTreeMap;

/// Examples kept of each kind.
pub(super) const EXAMPLES: usize = 100;
/// Different doubts (unknown status words) kept.
const DOUBTS: usize = 20;

/// Where in the input: the block, and how many line ends precede within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) block: u64,
    pub(super) line: u64,
}

/// What one thread noted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) rows: u64,
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) rounded: u64,
    pub(super) span: Option<(Instant, Instant)>,
    rejected: BTreeMap<ProblemKind, (u64, Vec<(Place, Fault)>)>,
    doubts: BTreeMap<(Option<usize>, ProblemKind, String), (u64, Place)>,
}

impl Notes {
    /// A row that cannot be used.
    pub(super) fn reject(&mut self, fault: Fault, place: impl FnOnce() -> Place) {
        let (count, examples) = self.rejected.entry(fault.kind).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push((place(), fault));
        }
    }

    /// Something that makes results undecided.
    pub(super) fn doubt(&mut self, fault: Fault, place: impl FnOnce() -> Place) {
        let full = self.doubts.len() >= DOUBTS;
        match self.doubts.entry((fault.column, fault.kind, fault.message)) {
            std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().0 += 1,
            std::collections::btree_map::Entry::Vacant(entry) if !full => {
                entry.insert((1, place()));
            }
            std::collections::btree_map::Entry::Vacant(_) => {}
        }
    }

    /// Takes instants into account.
    pub(super) fn stretch(&mut self, first: Instant, last: Instant) {
        let (low, high) = self.span.unwrap_or((first, last));
        self.span = Some((low.min(first), high.max(last)));
    }

    /// Adds another thread's.
    pub(super) fn merge(&mut self, other: Notes) {
        self.rows += other.rows;
        self.before += other.before;
        self.after += other.after;
        self.rounded += other.rounded;
        if let Some((first, last)) = other.span {
            self.stretch(first, last);
        }
        for (kind, (count, examples)) in other.rejected {
            let mine = self.rejected.entry(kind).or_default();
            mine.0 += count;
            mine.1.extend(examples);
            mine.1.sort_by_key(|(place, _)| *place);
            mine.1.truncate(EXAMPLES);
        }
        for (key, (count, place)) in other.doubts {
            let mine = self.doubts.entry(key).or_insert((0, place));
            mine.0 += count;
            mine.1 = mine.1.min(place);
        }
    }

    /// The intake of the input; `line_of` tells the line of a place, `header` names columns.
    pub(super) fn into_intake(
        self,
        source: &str,
        line_of: &dyn Fn(Place) -> u64,
        header: &dyn Fn(usize) -> String,
        window: &Window,
    ) -> Intake {
        let problem = |place: Place, fault: &Fault, count: u64| Problem {
            severity: Severity::Error,
            kind: fault.kind,
            source: Some(source.to_owned()),
            line: Some(line_of(place)),
            column: fault.column.map(header),
            count,
            message: fault.message.clone(),
        };
        let mut rejected = 0;
        let rejections = self
            .rejected
            .iter()
            .map(|(kind, (count, examples))| {
                rejected += count;
                let examples = examples.iter().map(|(place, fault)| problem(*place, fault, 1)).collect();
                (*kind, Rejected { count: *count, examples })
            })
            .collect();
        let doubts = self
            .doubts
            .into_iter()
            .map(|((column, kind, message), (count, place))| Doubt {
                column,
                problem: problem(place, &Fault { kind, column, message }, count),
            })
            .collect();
        let clauses = [(&window.since, self.before), (&window.until, self.after)];
        let excluded = clauses
            .into_iter()
            .filter_map(|(clause, rows)| clause.clone().map(|clause| Excluded { clause, rows }))
            .collect();
        Intake {
            source: source.to_owned(),
            rows: self.rows,
            rejected,
            excluded,
            span: self.span,
            rejections,
            doubts,
            rounded: self.rounded,
        }
    }
}

/// How the bounds on time are called in reports; `None` where there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
}
