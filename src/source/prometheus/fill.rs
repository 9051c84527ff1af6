//! What counters rose by → the cells of tables.
//!
//! Every kind of request (failed or not; up to one edge or up to the next) has a lower and an upper bound. The lower
//! ones are counted as known. What lies between them is unknown: as many requests as could be of other kinds than those
//! counted, so that the truth lies between all of them being good and all of them being bad. With exact counts there
//! are none.

use super::cells::{self, Value};
use super::counters::{Bounds, Counted, THOUSANDTHS};
use super::edges::{Edges, INFINITE};
use super::exact::Risen;
use super::grid::Grid;
use super::lower::Lowered;
use super::native::{Histogram, Place};
use crate::model::{Group, Instant, Rational, TallyTable};
use crate::plan::{Digit, Limit, Table};
use std::collections::{BTreeMap, BTreeSet};

/// A table that is being filled.
pub(super) struct Filling<'a> {
    pub(super) table: &'a Table,
    pub(super) lowered: &'a Lowered,
    pub(super) grid: Grid,
    pub(super) tally: TallyTable,
    /// Cells in which a bound was not sharp.
    pub(super) unsure: BTreeMap<Group, BTreeSet<Instant>>,
    /// What contradicts itself, first.
    pub(super) contradiction: Option<String>,
    /// Requests that a mean is without, for they were so few that they may have been under way.
    pub(super) untimed: i64,
}

/// What was counted of failures.
pub(super) struct Failed<'a> {
    pub(super) counted: &'a Counted,
    /// Requests that are counted without what tells failures.
    pub(super) without: Counted,
    /// Sets of labels of which nothing tells failures.
    pub(super) unknown: BTreeSet<Vec<String>>,
}

/// What it means that a few requests of a group with a histogram are not in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lack {
    /// How long they took is missing.
    Counts,
    /// Up to a hundredth of them are taken to have been under way: one missing value leaves no mean.
    MayPass,
}

/// Kinds of requests with their bounds, for one set of labels in one slice.
type Kinds = Vec<(Value, Bounds)>;

impl<'a> Filling<'a> {
    pub(super) fn new(table: &'a Table, lowered: &'a Lowered, grid: Grid) -> Filling<'a> {
        Filling {
            table,
            lowered,
            grid,
            tally: TallyTable::default(),
            unsure: BTreeMap::new(),
            contradiction: None,
            untimed: 0,
        }
    }

    /// Requests, by whether they failed.
    pub(super) fn requests(&mut self, all: &Counted, failed: Option<&Failed>) {
        let labels: BTreeSet<&Vec<String>> =
            all.keys().chain(failed.iter().flat_map(|failed| failed.counted.keys())).collect();
        for labels in labels {
            self.seen(labels);
            for slice in 0..self.grid.slices() {
                let whole = at(all, labels, slice);
                let kinds = match failed {
                    None => vec![(Value::None, rounded(whole))],
                    Some(failed) => self.by_failure(whole, failed, labels, slice),
                };
                self.count(labels, slice, &kinds);
            }
        }
    }

    fn by_failure(&mut self, whole: Bounds, failed: &Failed, labels: &Vec<String>, slice: usize) -> Kinds {
        let part = at(failed.counted, labels, slice);
        if part.low > whole.high {
            self.contradicts(&format!(
                "{} failures of {} requests{}",
                part.low / THOUSANDTHS,
                whole.high / THOUSANDTHS,
                of(labels)
            ));
        }
        let less = |from: Bounds, what: Bounds| Bounds {
            low: (from.low - what.high).max(0),
            high: (from.high - what.low).max(0),
        };
        let rest = less(whole, part);
        let untold = if failed.unknown.contains(labels) { rest } else { at(&failed.without, labels, slice) };
        let fine = less(rest, untold);
        let mut kinds = vec![(Value::Failed(true), rounded(part)), (Value::Failed(false), rounded(fine))];
        let untold = rounded(untold).high.min(rounded(rest).high);
        if untold > 0 {
            kinds.push((Value::Missing, Bounds { low: untold, high: untold }));
        }
        kinds
    }

    /// Requests by how long they took. `buckets` have the edge as their last label; `requests` tells those of services
    /// without a histogram; in `uneven` are labels of which some series lacks an edge.
    pub(super) fn latencies(
        &mut self,
        buckets: &Counted,
        edges: &Edges,
        uneven: &BTreeSet<Vec<String>>,
        requests: Option<&Counted>,
    ) {
        let mut by_labels: BTreeMap<&[String], BTreeMap<&str, &Vec<Bounds>>> = BTreeMap::new();
        for (labels, bounds) in buckets {
            if let Some((edge, labels)) = labels.split_last() {
                by_labels.entry(labels).or_default().insert(edge, bounds);
            }
        }
        for (labels, buckets) in &by_labels {
            self.seen(labels);
            let limits = self.limits(&labels[..self.lowered.by]);
            let cumulated: Vec<Option<Vec<&Vec<Bounds>>>> = limits
                .iter()
                .map(|limit| {
                    let found: Vec<_> = edges
                        .spelt(*limit)
                        .iter()
                        .filter_map(|edge| buckets.get(edge.as_str()).copied())
                        .collect();
                    (!found.is_empty()).then_some(found)
                })
                .collect();
            for slice in 0..self.grid.slices() {
                let all = buckets.get(INFINITE).map_or(Bounds::default(), |bounds| bounds[slice]);
                let kinds = match self.kinds(&limits, &cumulated, all, slice, labels) {
                    Some(kinds) if !uneven.contains(*labels) => kinds,
                    // Some of its buckets are not there.
                    _ => {
                        let all = rounded(all).high;
                        vec![(Value::Missing, Bounds { low: all, high: all })]
                    }
                };
                self.count(labels, slice, &kinds);
            }
        }
        let held = |labels: &[String], slice: usize| {
            let found = by_labels.get(labels)?;
            Some(found.get(INFINITE).map_or(0, |bounds| bounds[slice].high))
        };
        self.without_histogram(requests, &held, Lack::Counts);
    }

    /// Between one edge and the next; `None` where a bucket is missing.
    fn kinds(
        &mut self,
        limits: &[Rational],
        cumulated: &[Option<Vec<&Vec<Bounds>>>],
        all: Bounds,
        slice: usize,
        labels: &[String],
    ) -> Option<Kinds> {
        let mut kinds = Vec::with_capacity(limits.len() + 1);
        let mut before = Bounds::default();
        for (limit, found) in limits.iter().zip(cumulated) {
            let up_to = found.as_ref()?.iter().fold(Bounds::default(), |sum, bounds| Bounds {
                low: sum.low + bounds[slice].low,
                high: sum.high + bounds[slice].high,
            });
            kinds.push((Value::Number(*limit), self.between(before, up_to, labels)));
            before = up_to;
        }
        let above = limits.last().map_or(Some(Rational::ZERO), |last| last.plus(Rational::ONE));
        let above = above.map_or(Value::Missing, Value::Number);
        kinds.push((above, self.between(before, all, labels)));
        Some(kinds)
    }

    fn between(&mut self, below: Bounds, above: Bounds, labels: &[String]) -> Bounds {
        if below.low > above.high {
            self.contradicts(&format!("buckets that hold less than those below them{}", of(labels)));
        }
        rounded(Bounds { low: (above.low - below.high).max(0), high: (above.high - below.low).max(0) })
    }

    /// Requests by how long they took, from native histograms: a bucket that a limit runs through is unknown to it.
    pub(super) fn natives(&mut self, natives: &Risen<Histogram>, unit: Rational, requests: Option<&Counted>) {
        for (labels, slices) in natives {
            self.seen(labels);
            let limits = self.sides(&labels[..self.lowered.by]);
            for (slice, spread) in slices.iter().enumerate() {
                let mut kinds: BTreeMap<Option<Rational>, Bounds> = BTreeMap::new();
                let mut held = Bounds::default();
                let mut too_much = false;
                for (bucket, bounds) in &spread.buckets {
                    too_much |= held.add(*bounds).is_err();
                    let (place, bounds) = match bucket.place(&limits, unit) {
                        Place::Like(number) => (Some(number), *bounds),
                        Place::Across => (None, *bounds),
                    };
                    too_much |= kinds.entry(place).or_default().add(bounds).is_err();
                }
                // What is no number is counted, and in no bucket.
                let nowhere = spread.count.high - held.high;
                if nowhere < 0 || too_much {
                    self.contradicts(&format!("buckets that hold more than was counted{}", of(labels)));
                }
                let nowhere = Bounds { low: nowhere.max(0), high: nowhere.max(0) };
                too_much |= kinds.entry(None).or_default().add(nowhere).is_err();
                if too_much {
                    continue;
                }
                let kinds: Kinds = kinds
                    .into_iter()
                    .map(|(number, bounds)| match number {
                        Some(number) => (Value::Number(number), rounded(bounds)),
                        None => {
                            let all = rounded(bounds).high;
                            (Value::Missing, Bounds { low: all, high: all })
                        }
                    })
                    .collect();
                self.count(labels, slice, &kinds);
            }
        }
        let held = |labels: &[String], slice: usize| {
            let found = natives.get(labels)?;
            Some(found.get(slice).map_or(0, |spread| spread.count.high))
        };
        self.without_histogram(requests, &held, Lack::Counts);
    }

    /// Requests with the sum of their latencies, in billionths of `unit` base units.
    pub(super) fn means(
        &mut self,
        all: &Counted,
        sums: &Counted,
        unit: Rational,
        requests: Option<&Counted>,
    ) {
        for labels in all.keys() {
            self.seen(labels);
            for slice in 0..self.grid.slices() {
                let (count, sum) = (at(all, labels, slice), sums.get(labels).map(|sums| sums[slice]));
                let count = rounded(count);
                let sharp = sum.filter(|sum| sum.low == sum.high && count.low == count.high);
                let Some(sum) = sharp else {
                    self.count(
                        labels,
                        slice,
                        &[(Value::Missing, Bounds { low: count.high, high: count.high })],
                    );
                    continue;
                };
                self.count(labels, slice, &[(Value::Number(Rational::ZERO), count)]);
                if count.low > 0 {
                    let code = cells::code(self.table, self.lowered, labels, Value::Number(Rational::ZERO));
                    let slot = self.table.slot_of_code[code] as usize;
                    let nanos = Rational::new(i128::from(sum.low), 1)
                        .and_then(|sum| sum.times(unit))
                        .map(Rational::round);
                    let group = labels[..self.lowered.by].to_vec();
                    let cell = cells::cell(&mut self.tally, self.table, &group, self.grid.key(slice));
                    for at in 0..self.table.sums.len() {
                        cell.sums[at * self.table.slots + slot] += nanos.unwrap_or(0);
                    }
                }
            }
        }
        let held = |labels: &[String], slice: usize| Some(all.get(labels)?.get(slice)?.high);
        self.without_histogram(requests, &held, Lack::MayPass);
    }

    /// Requests of services whose latencies nobody measured, or not those of every part of them: `held` tells how many at
    /// most the histogram of some labels counted in a slice; `None` where there is none.
    fn without_histogram(
        &mut self,
        requests: Option<&Counted>,
        held: &dyn Fn(&[String], usize) -> Option<i64>,
        lack: Lack,
    ) {
        let Some(requests) = requests else { return };
        for (labels, bounds) in requests {
            let gap = |(slice, bounds): (usize, &Bounds)| match held(labels, slice) {
                None => bounds.high,
                Some(held) => (bounds.low - held).max(0),
            };
            let gaps: Vec<i64> = bounds.iter().enumerate().map(gap).collect();
            let all: i64 = bounds.iter().map(|bounds| bounds.low).sum();
            let lacking: i64 = gaps.iter().sum();
            if lack == Lack::MayPass && held(labels, 0).is_some() && lacking <= all / 100 {
                self.untimed += rounded(Bounds { low: lacking, high: lacking }).high;
                continue;
            }
            self.seen(labels);
            for (slice, gap) in gaps.into_iter().enumerate() {
                let gap = rounded(Bounds { low: gap, high: gap }).high;
                self.count(labels, slice, &[(Value::Missing, Bounds { low: gap, high: gap })]);
            }
        }
    }

    /// A group that exists, whether anything happened in it or not.
    fn seen(&mut self, labels: &[String]) {
        let group = labels[..self.lowered.by].to_vec();
        self.tally.cells.entry(group).or_default();
    }

    /// Counts what is known of each kind, and as unknown what may be of another kind than counted.
    fn count(&mut self, labels: &[String], slice: usize, kinds: &[(Value, Bounds)]) {
        if kinds.iter().any(|(_, bounds)| bounds.low < bounds.high) {
            let group = labels[..self.lowered.by].to_vec();
            self.unsure.entry(group).or_default().insert(self.grid.key(slice));
        }
        // Several sets of labels add up in one group: what is enough for each need not be enough for all of them.
        let alone = self.lowered.labels.len() == self.lowered.by;
        let told = if alone { outcomes(kinds) } else { None };
        let (kinds, unknown) = match &told {
            Some((kinds, unknown)) => (kinds.as_slice(), *unknown),
            None if alone => (kinds, unknown(kinds)),
            None => (kinds, kinds.iter().map(|(_, bounds)| bounds.high - bounds.low).sum()),
        };
        if unknown == 0 && kinds.iter().all(|(_, bounds)| bounds.low == 0) {
            return;
        }
        let known = kinds.iter().map(|(value, bounds)| (*value, bounds.low));
        let group = labels[..self.lowered.by].to_vec();
        let codes: Vec<(usize, i64)> = known
            .chain([(Value::Missing, unknown)])
            .filter(|(_, rows)| *rows > 0)
            .map(|(value, rows)| (cells::code(self.table, self.lowered, labels, value), rows))
            .collect();
        let cell = cells::cell(&mut self.tally, self.table, &group, self.grid.key(slice));
        for (code, rows) in codes {
            cell.counts[code] += rows.unsigned_abs();
        }
    }

    /// The limits of a group, ascending.
    fn limits(&self, group: &[String]) -> Vec<Rational> {
        let mut limits: Vec<Rational> = self.sides(group).into_iter().map(|limit| limit.at).collect();
        limits.dedup();
        limits
    }

    /// The same with the sides that they belong to.
    fn sides(&self, group: &[String]) -> Vec<Limit> {
        let digits = self.table.digits.iter().flat_map(|digit| match digit {
            Digit::Edges { limits, .. } => limits.of(group),
            Digit::Test { .. } => &[],
        });
        let mut limits: Vec<Limit> = digits.copied().collect();
        limits.sort_unstable();
        limits.dedup();
        limits
    }

    fn contradicts(&mut self, what: &str) {
        self.contradiction.get_or_insert_with(|| what.to_owned());
    }
}

/// How many requests must be unknown beside the lower bounds, so that whatever share of the kinds is asked for, the truth
/// lies between none of them belonging to it and all of them.
///
/// A share of some kinds is largest with these at their upper bounds and the others at their lower ones, and smallest the
/// other way round; where one side has none at all, it is everything or nothing already.
fn unknown(kinds: &[(Value, Bounds)]) -> i64 {
    let width = |bounds: &Bounds| bounds.high - bounds.low;
    let all: i64 = kinds.iter().map(|(_, bounds)| width(bounds)).sum();
    if all == 0 || kinds.len() > MOST_KINDS || kinds.iter().all(|(_, bounds)| bounds.low == 0) {
        return all;
    }
    let of = |chosen: u32, amount: &dyn Fn(&Bounds) -> i64| -> i64 {
        let is_chosen = |at: usize| chosen >> at & 1 == 1;
        kinds.iter().enumerate().filter(|(at, _)| is_chosen(*at)).map(|(_, (_, bounds))| amount(bounds)).sum()
    };
    let everything = (1u32 << kinds.len()) - 1;
    let needed = (1..everything).map(|some| {
        let others = everything & !some;
        if of(others, &|bounds| bounds.low) > 0 { of(some, &width) } else { 0 }
    });
    // Failures are also counted by themselves.
    let failures = kinds.iter().filter(|(value, _)| matches!(value, Value::Failed(true)));
    needed.chain(failures.map(|(_, bounds)| width(bounds))).max().unwrap_or(all)
}

/// Failed requests and others between bounds, as known ones and some that may be either; `None` where they are something
/// else.
///
/// With `f` of the failed and `g` of the others the share of failures is largest as `f.high / (f.high + g.low)` and smallest
/// as `f.low / (f.low + g.high)`. Where all `g.high` are taken to be known, the smallest is reached with none unknown, and
/// the largest with `u` of them if `(f.low + u) / (f.low + g.high + u)` is as large: `u * g.low >= f.high * g.high - f.low *
/// g.low`. That is much less than the width of the others, few of which would be failures.
fn outcomes(kinds: &[(Value, Bounds)]) -> Option<(Kinds, i64)> {
    let [(Value::Failed(true), failed), (Value::Failed(false), others)] = kinds else { return None };
    if others.low <= 0 {
        return None;
    }
    let product = |one: i64, other: i64| i128::from(one) * i128::from(other);
    let more = product(failed.high, others.high) - product(failed.low, others.low);
    let unknown = (more + i128::from(others.low) - 1) / i128::from(others.low);
    let sharp = |number: i64| Bounds { low: number, high: number };
    let known = vec![(Value::Failed(true), sharp(failed.low)), (Value::Failed(false), sharp(others.high))];
    Some((known, i64::try_from(unknown).ok()?))
}

/// Kinds whose every combination is tried.
const MOST_KINDS: usize = 10;

fn at(counted: &Counted, labels: &Vec<String>, slice: usize) -> Bounds {
    counted.get(labels).map_or(Bounds::default(), |bounds| bounds[slice])
}

/// In whole requests, never narrower.
fn rounded(bounds: Bounds) -> Bounds {
    Bounds { low: bounds.low.div_euclid(THOUSANDTHS), high: -(-bounds.high).div_euclid(THOUSANDTHS) }
}

fn of(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!(" of {}", labels.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every share between the bounds lies between all of what is unknown having failed and none of it, and one less would
    /// not do.
    #[test]
    fn a_share_of_failures_lies_between_what_is_unknown() {
        let share = |failed: i64, others: i64| failed as f64 / (failed + others) as f64;
        let bounds = |low: i64, wide: i64| Bounds { low, high: low + wide };
        let check = |failed: Bounds, others: Bounds| {
            let what = format!("{failed:?} {others:?}");
            let Some((known, unknown)) =
                outcomes(&[(Value::Failed(true), failed), (Value::Failed(false), others)])
            else {
                return assert_eq!(others.low, 0, "{what}");
            };
            let (bad, good) = (known[0].1.low, known[1].1.low);
            let (least, most) = (share(failed.low, others.high), share(failed.high, others.low));
            assert!(share(bad, good + unknown) <= least, "{what}");
            assert!(share(bad + unknown, good) >= most - 1e-12, "{what}");
            assert!(unknown == 0 || share(bad + unknown - 1, good) < most, "{what}");
            // Their number, too.
            assert!(bad <= failed.low && bad + unknown >= failed.high, "{what}");
        };
        let numbers = [0, 1, 2, 3, 7, 40];
        for low in numbers {
            for wide in numbers {
                for fine in numbers {
                    for more in numbers {
                        check(bounds(low, wide), bounds(fine, more));
                    }
                }
            }
        }
        // A thousand that may not have been, of a million and a thousand failures: one may be taken for a failure.
        let kinds = [(Value::Failed(true), bounds(1000, 0)), (Value::Failed(false), bounds(1_000_000, 1000))];
        assert_eq!(outcomes(&kinds).unwrap().1, 1);
    }

    #[test]
    fn as_much_is_unknown_as_could_change_a_share() {
        let check = |kinds: &[(i64, i64)], expected: i64| {
            let kinds: Vec<(Value, Bounds)> =
                kinds.iter().map(|(low, high)| (Value::None, Bounds { low: *low, high: *high })).collect();
            assert_eq!(unknown(&kinds), expected, "{kinds:?}");
        };
        check(&[(3, 3), (5, 5)], 0);
        // No failure is possible: how many others there were changes no share.
        check(&[(0, 0), (5, 9)], 0);
        check(&[(1, 1), (5, 9)], 4);
        check(&[(0, 2), (5, 9)], 2);
        check(&[(0, 2), (0, 3)], 5);
        // 2 + 4 may be on one side of an edge.
        check(&[(1, 3), (1, 5), (1, 2)], 6);
    }
}
