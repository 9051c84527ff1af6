//! What is drawn over time: the slices of the details, or else the periods themselves.

use crate::model::{
    Clock, Comparison, Dimension, Instant, Measured, Nanos, Point, Quantity, Rational, RuleResult, Verdict,
};

/// More marks than these are drawn together: there are not many more dots in a chart.
const MOST: usize = 160;
/// So many slices are drawn as one: what divides days, weeks and hours.
const EACH: [i64; 10] = [2, 3, 4, 6, 12, 24, 48, 72, 168, 336];

/// One promise over time.
#[derive(Clone, Debug)]
pub(crate) struct Series<'a> {
    /// In order of time, without gaps.
    pub(super) marks: Vec<Mark>,
    pub(super) clock: &'a Clock,
    /// How long a mark is.
    pub(super) slice: Nanos,
    /// How marks came to stand for several slices.
    pub(super) joined: Joined,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mark {
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) measured: Option<Measured>,
    pub(super) verdict: Verdict,
    pub(super) samples: u64,
    pub(super) bad: Option<u64>,
}

/// What one mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// One slice.
    Single,
    /// Several, whose requests were added up.
    Summed,
    /// The worst of several.
    Worst,
}

impl<'a> Series<'a> {
    /// The slices of a trend.
    pub(crate) fn of_points(points: &[Point], slice: Nanos, clock: &'a Clock) -> Series<'a> {
        let mark = |point: &Point| Mark {
            from: point.from,
            to: point.from.saturating_add(slice),
            measured: point.measured,
            verdict: point.verdict,
            samples: point.samples,
            bad: point.bad,
        };
        Series { marks: points.iter().map(mark).collect(), clock, slice, joined: Joined::Single }
    }

    /// The periods of results; `None` where they have no bounds.
    pub(crate) fn of_results(results: &[&RuleResult], clock: &'a Clock) -> Option<Series<'a>> {
        let mark = |result: &&RuleResult| {
            Some(Mark {
                from: result.period.from?,
                to: result.period.to?,
                measured: result.measured,
                verdict: result.verdict,
                samples: result.samples,
                bad: result.bad,
            })
        };
        let marks: Option<Vec<Mark>> = results.iter().map(mark).collect();
        let marks = marks.filter(|marks| marks.len() > 1)?;
        let slice = marks[0].to.saturating_sub(marks[0].from);
        Some(Series { marks, clock, slice, joined: Joined::Single })
    }

    pub(crate) fn has_values(&self) -> bool {
        self.marks.iter().filter(|mark| mark.measured.is_some()).count() > 1
    }

    /// With fewer marks where there are more than can be seen.
    pub(crate) fn condensed(self, comparison: Comparison, most: usize) -> Series<'a> {
        let most = most.clamp(1, MOST);
        let least = self.marks.len().div_ceil(most) as i64;
        if least < 2 {
            return self;
        }
        let each = EACH.into_iter().find(|each| *each >= least).unwrap_or(least);
        let share = Share::of(&self.marks);
        let slice = self.slice.saturating_mul(each);
        // From midnight to midnight, where that is how they are counted.
        let number = |mark: &Mark| mark.from.div_euclid(slice.max(1));
        let together = self.marks.chunk_by(|a, b| number(a) == number(b));
        let marks = together.map(|chunk| joined(chunk, share, comparison)).collect();
        let joined = if share.is_some() { Joined::Summed } else { Joined::Worst };
        Series { marks, slice, joined, ..self }
    }

    pub(super) fn bounds(&self) -> (Instant, Instant) {
        (self.marks.first().map_or(0, |mark| mark.from), self.marks.last().map_or(0, |mark| mark.to))
    }

    /// `hour`, `6 hours`, `day`.
    pub(super) fn step(&self) -> String {
        let seconds = self.slice / 1_000_000_000;
        let units = [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
        let unit = units.iter().find(|(length, _)| *length <= seconds.max(1) && seconds % length == 0);
        let (length, name) = unit.copied().unwrap_or((1, "second"));
        match seconds / length {
            0 | 1 => name.to_owned(),
            many => format!("{many} {name}s"),
        }
    }
}

/// How a measured share follows from its counts, so that slices can be added up exactly.
#[derive(Clone, Copy)]
enum Share {
    Bad,
    Good,
}

impl Share {
    /// `None` where the values are no such shares.
    fn of(marks: &[Mark]) -> Option<Share> {
        let is = |share: Share| {
            marks.iter().all(|mark| match (mark.measured, mark.bad) {
                (None, _) => true,
                (Some(measured), Some(bad)) => share.value(bad, mark.samples) == Some(measured.quantity()),
                (Some(_), None) => false,
            })
        };
        if is(Share::Bad) {
            return Some(Share::Bad);
        }
        is(Share::Good).then_some(Share::Good)
    }

    fn value(self, bad: u64, samples: u64) -> Option<Quantity> {
        let part = match self {
            Share::Bad => bad,
            Share::Good => samples.checked_sub(bad)?,
        };
        Some(Quantity::new(Rational::share(part, samples)?, Dimension::Ratio))
    }
}

fn joined(chunk: &[Mark], share: Option<Share>, comparison: Comparison) -> Mark {
    let sum =
        |of: fn(&Mark) -> Option<u64>| chunk.iter().map(of).try_fold(0u64, |sum, n| sum.checked_add(n?));
    let samples = sum(|mark| Some(mark.samples)).unwrap_or(u64::MAX);
    let bad = sum(|mark| Some(mark.bad.unwrap_or(0)));
    let worse = |a: &Measured, b: &Measured| {
        let order = a.value.cmp(&b.value);
        if comparison.wants_small() { order } else { order.reverse() }
    };
    let measured = match (share, bad) {
        (Some(share), Some(bad)) => share.value(bad, samples).map(Measured::exact),
        _ => chunk.iter().filter_map(|mark| mark.measured).max_by(worse),
    };
    Mark {
        from: chunk[0].from,
        to: chunk[chunk.len() - 1].to,
        measured,
        verdict: chunk.iter().map(|mark| mark.verdict).max().unwrap_or(Verdict::Undecided),
        samples,
        bad: chunk.iter().all(|mark| mark.bad.is_some() || mark.measured.is_none()).then_some(bad).flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(index: i64, bad: u64, samples: u64, num: i128, dimension: Dimension) -> Mark {
        let value = Rational::new(num, i128::from(samples.max(1))).unwrap();
        Mark {
            from: index * 3_600_000_000_000,
            to: (index + 1) * 3_600_000_000_000,
            measured: (samples > 0).then_some(Measured::exact(Quantity::new(value, dimension))),
            verdict: if bad > 5 { Verdict::Breached } else { Verdict::Met },
            samples,
            bad: Some(bad),
        }
    }

    fn series(marks: Vec<Mark>) -> Series<'static> {
        Series { marks, clock: &Clock::Naive, slice: 3_600_000_000_000, joined: Joined::Single }
    }

    #[test]
    fn shares_are_added_up_exactly() {
        // 1 of 10 and 9 of 30 are 10 of 40, not the mean of 10 % and 30 %.
        let marks = vec![
            mark(0, 1, 10, 1, Dimension::Ratio),
            mark(1, 9, 30, 9, Dimension::Ratio),
            mark(2, 0, 0, 0, Dimension::Ratio),
        ];
        let two = series(marks).condensed(Comparison::AtMost, 2);
        assert_eq!(two.joined, Joined::Summed);
        let value = two.marks[0].measured.unwrap().value;
        assert_eq!((value, two.marks[0].samples), (Rational::new(1, 4).unwrap(), 40));
        assert_eq!((two.marks[1].measured, two.step()), (None, "2 hours".to_owned()));
        // Availability, the other way round: 9 of 10 and 21 of 30 are 30 of 40.
        let marks = vec![mark(0, 1, 10, 9, Dimension::Ratio), mark(1, 9, 30, 21, Dimension::Ratio)];
        let one = series(marks).condensed(Comparison::AtLeast, 1);
        assert_eq!(one.marks[0].measured.unwrap().value, Rational::new(3, 4).unwrap());
    }

    #[test]
    fn of_what_cannot_be_added_the_worst_is_shown() {
        let marks = vec![
            mark(0, 1, 1, 3, Dimension::Duration),
            mark(1, 9, 1, 7, Dimension::Duration),
            mark(2, 0, 1, 5, Dimension::Duration),
        ];
        let small = series(marks.clone()).condensed(Comparison::AtMost, 1);
        assert_eq!(small.joined, Joined::Worst);
        assert_eq!(small.marks[0].measured.unwrap().value, Rational::integer(7));
        assert_eq!((small.marks[0].verdict, small.step()), (Verdict::Breached, "3 hours".to_owned()));
        let large = series(marks).condensed(Comparison::AtLeast, 1);
        assert_eq!(large.marks[0].measured.unwrap().value, Rational::integer(3));
    }
}
