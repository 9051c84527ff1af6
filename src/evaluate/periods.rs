//! The stretches of time that get a verdict each.

use super::Item;
use crate::calendar;
use crate::model::{Instant, Intake, Period, ResultPeriod};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The slice of the tables that holds its cells.
    pub(super) slice: Instant,
    /// As reports have it.
    pub(super) period: ResultPeriod,
    /// How long it is in nanoseconds; for all of the input from the first row to the last. `None` without times.
    pub(super) length: Option<i128>,
}

/// The stretches of an item, in order; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timeline {
    /// One for everything.
    Whole(Stretch),
    /// Slices of this length from that of the first instant to that of the last.
    Slices {
        length: i64,
        first: Instant,
        last: Instant,
        /// The first slice is covered from its start.
        from_start: bool,
        /// The last one is covered to its end.
        to_end: bool,
    },
}

impl Timeline {
    /// What the item's agreement asks for and its input covers. Without a single time there is one stretch for all.
    ///
    /// A slice counts as complete when rows lie at or before its start and at or after its end: whether data is
    /// missing in between, or a quiet minute at the edge is an end of the data, nobody can tell.
    pub(super) fn of(item: &Item) -> Timeline {
        let intakes = &item.tallies.intakes;
        let rows = observed(intakes);
        let sliced = item.plan.time.as_ref().and_then(|time| time.slice);
        if let (Period::Every(_), Some(length), Some((first, last))) =
            (item.agreement.period, sliced, covered(item, rows))
        {
            let from = calendar::slice_start(first, length);
            let to = calendar::slice_end(calendar::slice_start(last, length), length);
            let (from_start, to_end) = (first <= from, last.checked_add(1).is_none_or(|end| end >= to));
            return Timeline::Slices { length, first, last, from_start, to_end };
        }
        let complete = item.agreement.period == Period::All;
        let length = rows.map(|(first, last)| i128::from(last) - i128::from(first));
        let period = ResultPeriod { complete, ..ResultPeriod::WHOLE };
        Timeline::Whole(Stretch { slice: 0, period, length })
    }

    /// How many stretches there are.
    pub(super) fn count(&self) -> u64 {
        match self {
            Timeline::Whole(_) => 1,
            Timeline::Slices { length, first, last, .. } => calendar::slice_count(*first, *last, *length),
        }
    }

    /// Whether the length of a stretch is that of the input rather than one that the agreement names.
    pub(super) fn open_ended(&self) -> bool {
        matches!(self, Timeline::Whole(_))
    }

    /// Every stretch.
    pub(super) fn stretches(&self) -> Box<dyn Iterator<Item = Stretch> + '_> {
        match *self {
            Timeline::Whole(stretch) => Box::new(std::iter::once(stretch)),
            Timeline::Slices { length, first, last, from_start, to_end } => {
                Box::new(calendar::slices(first, last, length).map(move |(from, to)| {
                    let complete = (from > first || from_start) && (to <= last || to_end);
                    Stretch {
                        slice: from,
                        period: ResultPeriod { from: Some(from), to: Some(to), complete },
                        length: Some(i128::from(to) - i128::from(from)),
                    }
                }))
            }
        }
    }
}

/// First and last instant of the rows of all inputs together, as far as they lie within the bounds.
fn observed(intakes: &[Intake]) -> Option<(Instant, Instant)> {
    intakes.iter().filter_map(|intake| intake.span).reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
}

/// First and last instant that the inputs cover. Rows left out by a bound prove that the input reaches to it.
fn covered(item: &Item, rows: Option<(Instant, Instant)>) -> Option<(Instant, Instant)> {
    let reaches = |option: &str| {
        let clauses = item.tallies.intakes.iter().flat_map(|intake| &intake.excluded);
        clauses.filter(|excluded| excluded.clause.starts_with(option)).any(|excluded| excluded.rows > 0)
    };
    let (since, until) = item.plan.time.as_ref().map_or((None, None), |time| (time.since, time.until));
    let since = since.filter(|_| reaches("--since"));
    let last_before = until.filter(|_| reaches("--until")).map(|until| until.saturating_sub(1));
    let first = since.or(rows.map(|(first, _)| first))?;
    let last = last_before.or(rows.map(|(_, last)| last))?;
    (first <= last).then_some((first, last))
}
