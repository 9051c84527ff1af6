//! What becomes of rows that do not count, and of the input as a whole: counted always, told by example.
//!
//! A worker knows where in its block a row is, but not which line of the file that is: blocks are read out of order.
//! So examples keep block and line within it, and are put in place once every block's lines are known.

use super::number::Fault;
use crate::model::{Doubt, Excluded, InputKind, Instant, Intake, Problem, ProblemKind, Rejected, Severity};
use std::collections::BTreeMap;

/// Examples kept of each kind.
pub(super) const EXAMPLES: usize = 100;
/// Different doubts of one kind about one column (unknown status words) that are told one by one.
const DOUBTS: usize = 20;

/// Where a row is, as far as that is known for nothing: the block, and the byte of its buffer.
pub(super) type Spot = (u64, usize);

/// Where in the input: the block, and how many line ends precede within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) block: u64,
    pub(super) line: u64,
}

/// What one thread noted, or what was noted of a part of an input.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Notes {
    pub(super) rows: u64,
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) rounded: u64,
    pub(super) span: Option<(Instant, Instant)>,
    pub(super) rejected: BTreeMap<ProblemKind, (u64, Vec<(Place, Fault)>)>,
    pub(super) doubts: BTreeMap<(Option<usize>, ProblemKind), Doubted>,
}

/// Doubts of one kind about one column.
///
/// Invariant: what comes of it in the end does not depend on which thread saw what: the total, the first of all, and
/// each one with its count as long as there are few different ones.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Doubted {
    pub(super) total: u64,
    pub(super) first: Option<(Spot, Place, String)>,
    /// Empty once there are too many.
    pub(super) each: BTreeMap<String, Seen>,
    pub(super) many: bool,
}

#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) count: u64,
    pub(super) spot: Spot,
    pub(super) place: Place,
}

impl Doubted {
    fn see(&mut self, message: String, spot: Spot, place: impl FnOnce() -> Place) {
        self.total += 1;
        if self.first.as_ref().is_none_or(|(first, ..)| spot < *first) {
            let place = place();
            self.first = Some((spot, place, message.clone()));
            self.count(message, Seen { count: 1, spot, place });
        } else if let Some(seen) = self.each.get_mut(&message) {
            seen.count += 1;
            if spot < seen.spot {
                (seen.spot, seen.place) = (spot, place());
            }
        } else if !self.many {
            self.count(message, Seen { count: 1, spot, place: place() });
        }
    }

    fn count(&mut self, message: String, more: Seen) {
        if self.many {
            return;
        }
        match self.each.entry(message) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(more);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let seen = entry.get_mut();
                seen.count += more.count;
                if more.spot < seen.spot {
                    (seen.spot, seen.place) = (more.spot, more.place);
                }
            }
        }
        if self.each.len() > DOUBTS {
            self.each.clear();
            self.many = true;
        }
    }

    fn merge(&mut self, other: Doubted) {
        self.total += other.total;
        self.first = match (self.first.take(), other.first) {
            (Some(mine), Some(theirs)) => Some(if theirs.0 < mine.0 { theirs } else { mine }),
            (mine, theirs) => mine.or(theirs),
        };
        if other.many {
            self.each.clear();
            self.many = true;
        }
        for (message, seen) in other.each {
            self.count(message, seen);
        }
    }

    /// Each with its count, or the first with the total.
    fn told(self) -> Vec<(String, u64, Place)> {
        match self.first {
            Some((_, place, message)) if self.many => {
                let message = format!("{message} (and more than {DOUBTS} others like it)");
                vec![(message, self.total, place)]
            }
            _ => self.each.into_iter().map(|(message, seen)| (message, seen.count, seen.place)).collect(),
        }
    }
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

    /// The record that begins on this line, the last one, has no line end: where it lacks fields, that may be why.
    pub(super) fn last_is_unended(&mut self, line: u64) {
        let Some((_, examples)) = self.rejected.get_mut(&ProblemKind::FieldCount) else { return };
        for (_, fault) in examples.iter_mut().filter(|(place, _)| place.line == line) {
            fault
                .message
                .push_str("; it is the last line, without a line end, and may still be being written");
        }
    }

    /// Something that makes results undecided.
    pub(super) fn doubt(&mut self, fault: Fault, spot: Spot, place: impl FnOnce() -> Place) {
        self.doubts.entry((fault.column, fault.kind)).or_default().see(fault.message, spot, place);
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
        for (key, doubted) in other.doubts {
            self.doubts.entry(key).or_default().merge(doubted);
        }
    }

    /// Turns every place into the line of the input, so that what was noted of other parts of it can be added.
    pub(super) fn settle(&mut self, line_of: &dyn Fn(Place) -> u64) {
        let settle = |place: &mut Place| *place = Place { block: 0, line: line_of(*place) };
        let spot = |place: &Place| (0, place.line as usize);
        for (_, examples) in self.rejected.values_mut() {
            for (place, _) in examples {
                settle(place);
            }
        }
        for doubted in self.doubts.values_mut() {
            if let Some((first, place, _)) = &mut doubted.first {
                settle(place);
                *first = spot(place);
            }
            for seen in doubted.each.values_mut() {
                settle(&mut seen.place);
                seen.spot = spot(&seen.place);
            }
        }
    }

    /// The intake of the input, once places are settled; `header` names columns.
    pub(super) fn into_intake(
        self,
        source: &str,
        header: &dyn Fn(usize) -> String,
        window: &Window,
    ) -> Intake {
        let problem = |place: Place, fault: &Fault, count: u64| Problem {
            severity: Severity::Error,
            kind: fault.kind,
            source: Some(source.to_owned()),
            line: Some(place.line),
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
            .flat_map(|((column, kind), doubted)| {
                doubted
                    .told()
                    .into_iter()
                    .map(move |(message, count, place)| (column, kind, message, count, place))
            })
            .map(|(column, kind, message, count, place)| Doubt {
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
            kind: InputKind::Rows,
            digest: None,
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
