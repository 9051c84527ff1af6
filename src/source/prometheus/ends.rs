//! Where the series of a gauge begin and end, within the time that was asked for.
//!
//! Called by `gauge` when all samples are known. A series that falls silent has no sample after that which would show a
//! gap, and where another one takes over, neither has one. So here groups are looked at: what was silent for longer than
//! instant queries look back, since the metric began, up to the next series of the group or up to the end, is told. Of a
//! group that the agreement expects, the samples meanwhile are missing; others may be new or have been taken down, and
//! series of a group may have made room for others.

use super::counters::{LOOKBACK, values_of};
use super::coverage::told;
use super::gauges::{Gauge, Life};
use super::schema::Is;
use super::tally::Run;
use crate::model::Instant;
use crate::plan::Plan;
use std::collections::BTreeMap;
use std::fmt::Write;

/// As many groups are told by name.
const MOST_TOLD: usize = 3;

/// What that means for a group that the agreement expects.
const EXPECTED: &str = ", and it is expected: the samples that it lacks count as missing";

/// A stretch in which no series of a group has a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dark {
    /// The last sample before it.
    from: Instant,
    /// The next one, or the end.
    to: Instant,
}

impl Run<'_> {
    /// Tells what began late or fell silent; what is expected and did is counted as missing.
    pub(super) fn ends(&mut self, plan: &Plan, gauge: &mut Gauge<'_>) {
        let (grid, name) = (gauge.grid, gauge.name.to_owned());
        let mut by = Vec::new();
        for label in plan.tables.first().map_or(&[][..], |table| &table.by) {
            if let Is::Label(label) = &self.described.columns[plan.labels[*label]] {
                by.push(label.clone());
            }
        }
        let mut lives = std::mem::take(&mut gauge.lives);
        let Some(begin) = lives.iter().map(|life| life.first).min() else { return };
        lives.sort_by_key(|life| life.first);
        if lives.iter().all(|life| is_late(life, grid.since)) {
            self.remark(format!("`{name}`: its samples begin at {}, later than --since", told(begin)));
        }
        let mut groups: BTreeMap<Vec<String>, Vec<&Life>> = BTreeMap::new();
        for life in &lives {
            groups.entry(values_of(&by, &life.labels)).or_default().push(life);
        }
        let (mut late, mut dark) = (Vec::new(), Vec::new());
        // Series that others of their group outlast: how many, and the first to begin or end.
        let (mut apart, mut first_apart) = (0, Instant::MAX);
        for (group, lives) in &groups {
            let of = if group.is_empty() {
                format!("`{name}`")
            } else {
                format!("`{name}` of {}", group.join(", "))
            };
            let is_expected = self.described.expected.contains(group);
            let begins_late = lives.iter().all(|life| is_late(life, begin));
            if let Some(first) = lives.first().filter(|_| begins_late) {
                let mut message = format!("{of}: its first samples are from {}", told(first.first));
                if is_expected {
                    message.push_str(EXPECTED);
                    let was_there = |life: &&&Life| !is_late(life, first.first);
                    lives.iter().filter(was_there).for_each(|life| gauge.lost_since(life, begin));
                }
                late.push((is_expected, message));
            }
            let stretches = darks(lives, grid.until);
            for life in lives {
                let ends_early = life.last.saturating_add(patience(life)) < grid.until
                    && stretches.iter().all(|dark| !went_dark(life, *dark));
                let begins_late = is_late(life, begin)
                    && !begins_late
                    && stretches.iter().all(|dark| life.first < dark.to || is_late(life, dark.to));
                if ends_early || begins_late {
                    apart += 1;
                    first_apart = first_apart.min(if ends_early { life.last } else { life.first });
                }
            }
            let Some(mut message) = silent(&of, &stretches, grid.until) else { continue };
            if is_expected {
                message.push_str(EXPECTED);
                for stretch in &stretches {
                    for life in lives.iter().filter(|life| went_dark(life, *stretch)) {
                        gauge.lost_until(life, stretch.to);
                    }
                }
            }
            dark.push((is_expected, message));
        }
        self.some(late);
        self.some(dark);
        if apart > 0 {
            self.remark(format!(
                "`{name}`: {apart} of {} series begin or end while others of their group go on, the first at {}; what they \
                 would have said before or after is not known",
                lives.len(),
                told(first_apart)
            ));
        }
    }

    /// Remarks, of which a server may have any number: the first of them, and how many more there are. Those come first that
    /// are about what is expected.
    fn some(&mut self, mut messages: Vec<(bool, String)>) {
        messages.sort_by_key(|(is_expected, _)| !is_expected);
        let more = messages.len().saturating_sub(MOST_TOLD);
        for (at, (_, mut message)) in messages.into_iter().take(MOST_TOLD).enumerate() {
            if more > 0 && at + 1 == MOST_TOLD {
                // Writing to a string cannot fail.
                let _ = write!(message, "; and so it is with {more} more");
            }
            self.remark(message);
        }
    }
}

/// How long a series may have no samples before somebody wonders.
fn patience(life: &Life) -> i64 {
    life.patience.max(LOOKBACK)
}

fn is_late(life: &Life, begin: Instant) -> bool {
    life.first > begin.saturating_add(patience(life))
}

/// Whether a series was there when its group fell silent.
fn went_dark(life: &Life, dark: Dark) -> bool {
    life.last <= dark.from && life.last.saturating_add(patience(life)) >= dark.from
}

/// When no series of a group has samples, from the first one that it has to the end; the series by their beginning.
fn darks(lives: &[&Life], end: Instant) -> Vec<Dark> {
    let mut darks = Vec::new();
    let mut before: Option<&Life> = None;
    for life in lives {
        if let Some(before) = before.filter(|before| is_late(life, before.last)) {
            darks.push(Dark { from: before.last, to: life.first });
        }
        before = Some(before.filter(|before| before.last > life.last).unwrap_or(life));
    }
    let over = before.filter(|before| before.last.saturating_add(patience(before)) < end);
    darks.extend(over.map(|before| Dark { from: before.last, to: end }));
    darks
}

/// What is told of it; of several, the first.
fn silent(of: &str, darks: &[Dark], end: Instant) -> Option<String> {
    let first = darks.first()?;
    let from = told(first.from);
    let mut message = if first.to == end {
        format!("{of}: its last samples are from {from}")
    } else {
        format!("{of}: no samples between {from} and {}", told(first.to))
    };
    match darks.len() - 1 {
        0 => {}
        1 => message.push_str(", and once more"),
        more => drop(write!(message, ", and {more} more times")),
    }
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NANOS;

    #[test]
    fn a_group_is_dark_where_no_series_of_it_has_samples() {
        let check = |spans: &[(i64, i64)], wanted: &[(i64, i64)]| {
            let life = |(first, last): &(i64, i64)| Life {
                labels: Vec::new(),
                first: first * NANOS,
                last: last * NANOS,
                usual: 15 * NANOS,
                patience: 60 * NANOS,
            };
            let lives: Vec<Life> = spans.iter().map(life).collect();
            let found = darks(&lives.iter().collect::<Vec<_>>(), 3600 * NANOS);
            let found: Vec<_> = found.iter().map(|dark| (dark.from / NANOS, dark.to / NANOS)).collect();
            assert_eq!(found, wanted);
        };
        check(&[(0, 3585)], &[]);
        check(&[(0, 1000)], &[(1000, 3600)]);
        // One takes over from another, at once or after a while.
        check(&[(0, 1000), (1300, 3585)], &[]);
        check(&[(0, 1000), (1301, 3585)], &[(1000, 1301)]);
        // One within another.
        check(&[(0, 2000), (100, 500), (1000, 3585)], &[]);
        check(&[(0, 800), (100, 500), (1500, 1600), (1700, 2000)], &[(800, 1500), (2000, 3600)]);
    }
}
