//! Native histograms: one series holds all buckets, whose edges the server chooses (powers of a power of two, as
//! <https://prometheus.io/docs/specs/native_histograms/> has it) and may make wider as time goes by.
//!
//! They are read sample by sample and subtracted here, as `exact` does with counters: servers differ in whether they can
//! subtract them (Prometheus 2.42 answers with numbers that mean nothing), and what `histogram_fraction` says of a limit
//! inside of a bucket is interpolated. Here such a bucket is *missing* to the limit instead: a verdict stands if it is the
//! same with all of it on either side.
//!
//! Invariant: nothing is interpolated.

use super::counters::{Ask, Bounds, nearest};
use super::exact::Cumulative;
use super::samples::Read;
use crate::model::{NANOS, Nanos, Rational};
use crate::plan::{Limit, Side};
use crate::source::cell::{DecimalMark, number};
use std::collections::BTreeMap;

/// One sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Histogram {
    /// All observations since the counter began.
    pub(super) count: f64,
    /// Their sum; NaN where one of them was.
    pub(super) sum: f64,
    /// Those that hold anything.
    pub(super) buckets: Vec<(Bucket, f64)>,
}

/// Which edges of a bucket belong to it, as the API numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closed {
    /// `(left, right]`
    Right,
    /// `[left, right)`
    Left,
    /// `(left, right)`
    Neither,
    /// `[left, right]`
    Both,
}

/// A bucket by its edges, in the unit of the metric. Edges are told apart by their bits: the server writes them as it
/// computes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bucket {
    left: u64,
    right: u64,
    closed: Closed,
}

/// What a histogram rose by in one slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spread {
    pub(super) count: Bounds,
    /// Of no use where the bounds differ.
    pub(super) sum: Bounds,
    pub(super) buckets: BTreeMap<Bucket, Bounds>,
}

/// Where a bucket lies among limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On the same side of each of them as this number.
    Like(Rational),
    /// A limit runs through it.
    Across,
}

impl Bucket {
    /// As the API tells it: which edges belong to it, and the edges.
    pub(super) fn new(rule: &str, left: &str, right: &str) -> Option<Bucket> {
        let closed = match rule {
            "0" => Closed::Right,
            "1" => Closed::Left,
            "2" => Closed::Neither,
            "3" => Closed::Both,
            _ => return None,
        };
        let (left, right): (f64, f64) = (left.parse().ok()?, right.parse().ok()?);
        (left < right).then(|| Bucket { left: left.to_bits(), right: right.to_bits(), closed })
    }

    fn edges(self) -> (f64, f64) {
        (f64::from_bits(self.left), f64::from_bits(self.right))
    }

    /// Whether all of another bucket lies in this one. Edges of one histogram never cross.
    fn holds(self, other: Bucket) -> bool {
        let ((left, right), (other_left, other_right)) = (self.edges(), other.edges());
        left <= other_left && other_right <= right
    }

    /// Where it lies among limits in base units; `unit` is base units in one of the metric's.
    pub(super) fn place(self, limits: &[Limit], unit: Rational) -> Place {
        let (left, right) = self.edges();
        let left_belongs = matches!(self.closed, Closed::Left | Closed::Both);
        let right_belongs = matches!(self.closed, Closed::Right | Closed::Both);
        let (left, right) = (Edge::of(left, unit), Edge::of(right, unit));
        // A value exceeds `at most` a limit if it is larger, and `below` one also if it is the same.
        let all_exceed = |limit: &Limit| match left.against(limit.at) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => !left_belongs || limit.side == Side::Below,
            std::cmp::Ordering::Less => false,
        };
        let some_exceed = |limit: &Limit| match right.against(limit.at) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => right_belongs && limit.side == Side::Below,
            std::cmp::Ordering::Less => false,
        };
        if limits.iter().any(|limit| all_exceed(limit) != some_exceed(limit)) {
            return Place::Across;
        }
        // Beyond those that all exceed and short of the others.
        let exceeded = limits.iter().filter(|limit| all_exceed(limit));
        let exceeded = exceeded.map(|limit| (limit.at, limit.side)).max_by_key(|(at, _)| *at);
        let others = limits.iter().filter(|limit| !all_exceed(limit)).map(|limit| limit.at).min();
        let like = match (exceeded, others) {
            (None, None) => Some(Rational::ZERO),
            (None, Some(next)) => next.minus(Rational::ONE),
            (Some((at, _)), None) => at.plus(Rational::ONE),
            (Some((at, _)), Some(next)) => at.plus(next).and_then(|sum| sum.over(Rational::integer(2))),
        };
        like.map_or(Place::Across, Place::Like)
    }
}

/// An edge in base units.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Edge {
    Low,
    At(Rational),
    High,
}

impl Edge {
    /// As it is written in decimal. What is nearer to nothing than any clock can tell is nothing.
    fn of(edge: f64, unit: Rational) -> Edge {
        if edge.abs() < 1e-15 {
            return Edge::At(Rational::ZERO);
        }
        let decimal = number::decimal(edge.to_string().as_bytes(), DecimalMark::Point).ok();
        match decimal.and_then(|decimal| decimal.to_rational()?.times(unit)) {
            Some(at) => Edge::At(at),
            None if edge < 0.0 => Edge::Low,
            None => Edge::High,
        }
    }

    fn against(self, limit: Rational) -> std::cmp::Ordering {
        match self {
            Edge::Low => std::cmp::Ordering::Less,
            Edge::At(at) => at.cmp(&limit),
            Edge::High => std::cmp::Ordering::Greater,
        }
    }
}

impl Histogram {
    /// What each bucket rose by since; `None` where it was reset in between.
    ///
    /// A server that made buckets wider counts what the narrow ones held in the wide one.
    fn since(&self, before: &Histogram) -> Option<Vec<(Bucket, f64)>> {
        if self.count < before.count {
            return None;
        }
        let mut risen = self.buckets.clone();
        for (bucket, held) in before.buckets.iter().filter(|(_, held)| *held > 0.0) {
            let (_, count) = risen.iter_mut().find(|(wider, _)| wider.holds(*bucket))?;
            *count -= held;
        }
        risen.iter().all(|(_, count)| *count >= 0.0).then_some(risen)
    }
}

impl Read for Histogram {
    /// A sample may have hundreds of buckets.
    const FIRST_CHUNK: Nanos = 300 * NANOS;

    fn read(text: &str) -> Result<Histogram, String> {
        Err(format!(
            "what `latency:` names is not always a histogram: a sample is {text}; name a classic one without `_bucket`, \
             `_count` or `_sum`"
        ))
    }

    fn of_histogram(histogram: Histogram) -> Result<Histogram, String> {
        Ok(histogram)
    }

    fn weight(&self) -> usize {
        1 + self.buckets.len()
    }
}

impl Cumulative for Histogram {
    type Cell = Spread;

    fn check(&self) -> Result<(), String> {
        let whole = |count: f64| count.is_finite() && count >= 0.0 && count.fract() == 0.0;
        if whole(self.count) && self.buckets.iter().all(|(_, count)| whole(*count)) {
            return Ok(());
        }
        Err("its native histogram counts fractions, as sums and rates of others do; name the one that was scraped"
            .to_owned())
    }

    fn add(
        &self,
        before: Option<&Histogram>,
        ask: &Ask,
        sure: bool,
        cell: &mut Spread,
    ) -> Result<(), String> {
        let risen = before.and_then(|before| Some((self.since(before)?, before)));
        let (buckets, (count, sum)) = match &risen {
            Some((risen, before)) => (risen.as_slice(), (before.count, before.sum)),
            None => (self.buckets.as_slice(), (0.0, 0.0)),
        };
        let rose = |now: f64, before: f64, scale: i64| -> Result<Bounds, String> {
            let high = nearest(now, scale)? - nearest(before, scale)?;
            Ok(Bounds { low: if sure { high } else { 0 }, high })
        };
        cell.count.add(rose(self.count, count, 1)?)?;
        cell.sum.add(if self.sum.is_nan() || sum.is_nan() {
            Bounds { low: 0, high: 1 }
        } else {
            rose(self.sum, sum, ask.scale)?
        })?;
        for (bucket, count) in buckets.iter().filter(|(_, count)| *count > 0.0) {
            cell.buckets.entry(*bucket).or_default().add(rose(*count, 0.0, 1)?)?;
        }
        Ok(())
    }

    fn is_same(&self, before: &Histogram) -> bool {
        // As many observations may be others, after a reset.
        self.count.to_bits() == before.count.to_bits()
            && self.sum.to_bits() == before.sum.to_bits()
            && self.buckets == before.buckets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(rule: &str, left: &str, right: &str) -> Bucket {
        Bucket::new(rule, left, right).unwrap()
    }

    fn limit(num: i128, den: i128, side: Side) -> Limit {
        Limit { at: Rational::new(num, den).unwrap(), side }
    }

    #[test]
    fn a_bucket_lies_on_one_side_of_a_limit_or_across() {
        let half = bucket("0", "0.25", "0.5");
        let check = |bucket: Bucket, limits: &[Limit], exceeded: Option<usize>| {
            let found = match bucket.place(limits, Rational::ONE) {
                Place::Across => None,
                Place::Like(number) => {
                    let exceeds = |limit: &&Limit| match limit.side {
                        Side::AtMost => number > limit.at,
                        Side::Below => number >= limit.at,
                    };
                    Some(limits.iter().filter(exceeds).count())
                }
            };
            assert_eq!(found, exceeded, "{bucket:?} {limits:?}");
        };
        // (0.25, 0.5] is at most 500 ms, and more than 250 ms; whether it is below 500 ms is not known.
        check(half, &[limit(1, 2, Side::AtMost)], Some(0));
        check(half, &[limit(1, 4, Side::AtMost)], Some(1));
        check(half, &[limit(1, 2, Side::Below)], None);
        check(half, &[limit(1, 4, Side::Below)], Some(1));
        check(half, &[limit(4, 10, Side::AtMost)], None);
        check(
            half,
            &[limit(1, 4, Side::AtMost), limit(1, 2, Side::AtMost), limit(2, 1, Side::AtMost)],
            Some(1),
        );
        check(half, &[], Some(0));
        // The bucket around nothing is at most anything that takes time.
        let zero = bucket("3", "-1e-128", "1e-128");
        check(zero, &[limit(1, 1000, Side::AtMost)], Some(0));
        check(bucket("0", "2", "+Inf"), &[limit(2, 1, Side::AtMost)], Some(1));
        check(bucket("0", "2", "+Inf"), &[limit(4, 1, Side::AtMost)], None);
        check(bucket("1", "-Inf", "-2"), &[limit(4, 1, Side::AtMost)], Some(0));
        // Milliseconds.
        let place = bucket("0", "256", "512")
            .place(&[limit(512, 1000, Side::AtMost)], Rational::new(1, 1000).unwrap());
        assert!(matches!(place, Place::Like(_)), "{place:?}");
        assert_eq!(Bucket::new("0", "2", "1"), None);
        assert_eq!(Bucket::new("7", "1", "2"), None);
    }

    fn sample(buckets: &[(&str, &str, f64)]) -> Histogram {
        let buckets: Vec<_> =
            buckets.iter().map(|(left, right, count)| (bucket("0", left, right), *count)).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        Histogram { count, sum: count / 2.0, buckets }
    }

    fn risen(before: &Histogram, now: &Histogram) -> Vec<(u64, u64, i64)> {
        let ask = Ask {
            metric: super::super::selector::Metric::of("a"),
            labels: vec![],
            scale: NANOS / super::super::counters::THOUSANDTHS,
        };
        let mut cell = Spread::default();
        now.add(Some(before), &ask, true, &mut cell).unwrap();
        let bounds = cell.buckets.iter();
        bounds.map(|(bucket, bounds)| (bucket.left, bucket.right, bounds.high / 1000)).collect()
    }

    #[test]
    fn each_bucket_rises_by_itself_and_resets_are_seen() {
        let bits = |left: f64, right: f64, count: i64| (left.to_bits(), right.to_bits(), count);
        let first = sample(&[("0.25", "0.5", 3.0), ("1", "2", 1.0)]);
        let second = sample(&[("0.25", "0.5", 3.0), ("0.5", "1", 2.0), ("1", "2", 5.0)]);
        assert_eq!(risen(&first, &second), [bits(0.5, 1.0, 2), bits(1.0, 2.0, 4)]);
        // As many as before in all, and fewer in one bucket: it was reset, and all of it counts.
        let reset = sample(&[("0.25", "0.5", 9.0), ("1", "2", 1.0)]);
        assert_eq!(risen(&second, &reset), [bits(0.25, 0.5, 9), bits(1.0, 2.0, 1)]);
        // A bucket that held something and is gone was reset, too.
        assert_eq!(risen(&first, &sample(&[("0.25", "0.5", 30.0)])), [bits(0.25, 0.5, 30)]);
        // Buckets of twice the width hold what the narrow ones held.
        let wide = sample(&[("0.25", "1", 7.0), ("1", "4", 6.0)]);
        assert_eq!(risen(&second, &wide), [bits(0.25, 1.0, 2), bits(1.0, 4.0, 1)]);
    }

    /// Three quick ones, then after a restart three slow ones.
    #[test]
    fn as_many_as_before_may_be_others() {
        let quick = sample(&[("0.25", "0.5", 3.0)]);
        assert!(quick.is_same(&quick.clone()));
        assert!(!sample(&[("2", "4", 3.0)]).is_same(&quick));
    }

    #[test]
    fn fractions_are_no_counts() {
        assert!(sample(&[("1", "2", 0.5)]).check().is_err());
        assert_eq!(sample(&[("1", "2", 5.0)]).check(), Ok(()));
    }
}
