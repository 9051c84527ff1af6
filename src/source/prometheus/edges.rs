//! The edges of a histogram's buckets, which are all that it can be asked about.

use super::selector::{Relation, Selector};
use crate::model::{Dimension, NANOS, Quantity, Rational, Reason, display};
use crate::plan::{Limit, Side, Unreadable};
use crate::source::cell::{DecimalMark, number};

/// The label of a bucket's upper edge.
pub(super) const LE: &str = "le";
/// The label of a summary's quantile.
const QUANTILE: &str = "quantile";
/// The edge that every value stands below.
pub(super) const INFINITE: &str = "+Inf";

/// Edges as the server spells them, with what they are in base units, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Edges {
    known: Vec<(Rational, String)>,
    kind: HistogramKind,
}

/// How a histogram is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum HistogramKind {
    /// As a counter for every bucket, whose edges whoever made it chose.
    #[default]
    Classic,
    /// As one series by that selector, with edges of the server's own; any limit can be asked about.
    Native(Selector),
    /// Not at all: there are quantiles in the place of buckets.
    Summary,
}

impl Edges {
    /// From the values of the label; `unit` is base units in one of the histogram's.
    pub(super) fn of(values: &[String], unit: Rational) -> Edges {
        let edge = |text: &String| {
            let decimal = number::decimal(text.as_bytes(), DecimalMark::Point).ok()?;
            Some((decimal.to_rational()?.times(unit)?, text.clone()))
        };
        let mut known: Vec<_> = values.iter().filter_map(edge).collect();
        known.sort();
        Edges { known, kind: HistogramKind::Classic }
    }

    /// Of a native histogram.
    pub(super) fn native(histogram: Selector) -> Edges {
        Edges { known: Vec::new(), kind: HistogramKind::Native(histogram) }
    }

    /// Of a summary.
    pub(super) fn summary() -> Edges {
        Edges { known: Vec::new(), kind: HistogramKind::Summary }
    }

    /// The series of a native histogram: those of a summary have the same name, and a quantile.
    pub(super) fn native_series(histogram: &Selector) -> Selector {
        histogram.clone().and(QUANTILE, Relation::Is, "")
    }

    /// The series of a summary.
    pub(super) fn summary_series(histogram: &Selector) -> Selector {
        histogram.clone().and(QUANTILE, Relation::IsNot, "")
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The native histogram.
    pub(super) fn native_histogram(&self) -> Option<&Selector> {
        match &self.kind {
            HistogramKind::Classic | HistogramKind::Summary => None,
            HistogramKind::Native(histogram) => Some(histogram),
        }
    }

    /// The native histogram whose count a selector means, by the name that the count of a classic one has.
    pub(super) fn native_count(&self, count: &Selector) -> Option<Selector> {
        let histogram = self.native_histogram()?;
        let is_count = count.name.strip_suffix("_count") == Some(&histogram.name);
        is_count.then(|| count.renamed(histogram.name.clone()))
    }

    /// How the edge at a limit is spelt: once for every spelling (`0.5` and `0.50` may both occur).
    pub(super) fn spelt(&self, at: Rational) -> Vec<String> {
        self.known.iter().filter(|(edge, _)| *edge == at).map(|(_, text)| text.clone()).collect()
    }

    /// Whether a limit can be told; else why not, with the nearest ones that can.
    pub(super) fn check(&self, limit: Limit, histogram: &str) -> Result<(), Unreadable> {
        let shown = |at: Rational| display::quantity(Quantity::new(at, Dimension::Duration), None);
        let refuse = |message: String| Err(Unreadable { reason: Reason::NotMeasurable, message });
        if self.native_histogram().is_some() {
            return Ok(());
        }
        if self.kind == HistogramKind::Summary {
            return refuse(format!(
                "`{histogram}` is a summary: the quantiles that its series tell cannot be added up, and nothing else tells \
                 how many requests took how long; avg(latency) works, and a histogram would do"
            ));
        }
        if self.known.is_empty() {
            return Err(Unreadable {
                reason: Reason::MissingColumn,
                message: format!("`{histogram}` has no buckets in this range of time; is it a histogram?"),
            });
        }
        if !self.known.iter().any(|(edge, _)| *edge == limit.at) {
            let below = self.known.iter().rev().find(|(edge, _)| *edge < limit.at);
            let above = self.known.iter().find(|(edge, _)| *edge > limit.at);
            let nearest: Vec<String> = below.into_iter().chain(above).map(|(edge, _)| shown(*edge)).collect();
            return refuse(format!(
                "{} is no edge of the buckets of `{histogram}`, and what lies inside of a bucket is not known; the \
                 nearest: {}",
                shown(limit.at),
                nearest.join(" and ")
            ));
        }
        if limit.side == Side::Below {
            return refuse(format!(
                "buckets count what takes at most {}, so that less than exactly that cannot be told; write <= or >",
                shown(limit.at)
            ));
        }
        Ok(())
    }
}

/// What a counter of seconds is multiplied by: bounds then keep billionths.
pub(super) const SUM_SCALE: i64 = NANOS / super::counters::THOUSANDTHS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_edges_can_be_told() {
        let values: Vec<String> = ["0.25", "+Inf", "0.5", "0.50", "1e+00", "x"].map(str::to_owned).to_vec();
        let edges = Edges::of(&values, Rational::ONE);
        let at = |num, den| Rational::new(num, den).unwrap();
        assert_eq!(edges.spelt(at(1, 2)), ["0.5", "0.50"]);
        assert_eq!(edges.spelt(at(1, 1)), ["1e+00"]);
        let check = |at, side| edges.check(Limit { at, side }, "h").map_err(|why| why.message);
        assert_eq!(check(at(1, 2), Side::AtMost), Ok(()));
        assert_eq!(
            check(at(2, 5), Side::AtMost).unwrap_err(),
            "400 ms is no edge of the buckets of `h`, and what lies inside of a bucket is not known; the nearest: \
             250 ms and 500 ms"
        );
        assert!(check(at(1, 2), Side::Below).unwrap_err().contains("write <= or >"));
        assert!(check(at(2, 1), Side::AtMost).unwrap_err().contains("the nearest: 1 s"));
        // Milliseconds.
        let edges = Edges::of(&["500".to_owned()], at(1, 1000));
        assert_eq!(edges.spelt(at(1, 2)), ["500"]);
    }
}
