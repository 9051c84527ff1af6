//! Time in the width of a word: for the rows of tables.

use super::scale::Linear;
use super::{Series, polyline};
use crate::model::{RuleResult, Subject, Verdict};
use crate::render::html::text::place;
use std::fmt::Write;

/// As many points or stripes.
const MOST: usize = 36;
const WIDTH: f64 = 108.0;
const HEIGHT: f64 = 18.0;

/// What was measured, as a line; what lies beyond the target is marked.
pub(crate) fn spark(about: &Subject, series: &Series<'_>) -> String {
    let value = |index: usize| series.marks[index].measured.map(|measured| measured.value);
    let target = about.target.value.to_f64();
    let values: Vec<Option<f64>> =
        (0..series.marks.len()).map(|index| value(index).map(crate::model::Rational::to_f64)).collect();
    let (low, high) = values
        .iter()
        .flatten()
        .fold((target, target), |(low, high), value| (low.min(*value), high.max(*value)));
    let last = (values.len().max(2) - 1) as f64;
    let x = Linear { from: 0.0, to: last, start: 2.0, end: WIDTH - 2.0 };
    let y = Linear { from: low, to: high.max(low + f64::MIN_POSITIVE), start: HEIGHT - 3.0, end: 3.0 };
    let points =
        || values.iter().enumerate().map(|(i, value)| value.map(|value| (x.at(i as f64), y.at(value))));
    let mut beyond = String::new();
    for (index, point) in points().enumerate() {
        let missed = value(index).is_some_and(|value| !about.comparison.holds(value, about.target.value));
        if let (true, Some((x, y))) = (missed, point) {
            let _ = write!(beyond, "M{} {}h0", place(x), place(y));
        }
    }
    let beyond = if beyond.is_empty() { beyond } else { format!("<path class=\"dot b\" d=\"{beyond}\"/>") };
    format!(
        "<svg class=sp viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=true><path class=target d=\"M0 {}h{WIDTH}\"/>\
         <path class=line d=\"{}\"/>{beyond}</svg>",
        place(y.at(target)),
        polyline(points())
    )
}

/// As many points as a spark has.
pub(crate) fn points() -> usize {
    MOST
}

/// The verdicts of periods, one stripe each, the worst of several where there are many.
pub(crate) fn strip(results: &[&RuleResult]) -> String {
    let each = results.len().div_ceil(MOST);
    let stripes: Vec<Verdict> = results
        .chunks(each.max(1))
        .map(|chunk| chunk.iter().map(|result| result.verdict).max().unwrap_or(Verdict::Undecided))
        .collect();
    let width = (WIDTH / stripes.len().max(1) as f64).min(9.0);
    let mut svg = format!("<svg class=sp viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=true>");
    for verdict in [Verdict::Met, Verdict::Warning, Verdict::Undecided, Verdict::Breached] {
        let mut path = String::new();
        for (index, _) in stripes.iter().enumerate().filter(|(_, found)| **found == verdict) {
            // Told apart by height, too: not by colour alone.
            let height = match verdict {
                Verdict::Met => 5.0,
                Verdict::Warning => 9.0,
                Verdict::Undecided => 3.0,
                Verdict::Breached => 16.0,
            };
            let _ = write!(
                path,
                "M{} 17v-{}h{}v{}z",
                place(width * index as f64),
                place(height),
                place(width - 1.0),
                place(height)
            );
        }
        if !path.is_empty() {
            let _ = write!(svg, "<path class=v{} d=\"{path}\"/>", &verdict.word()[..1]);
        }
    }
    svg.push_str("</svg>");
    svg
}
