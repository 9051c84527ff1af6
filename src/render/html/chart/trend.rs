//! What was measured over time, against its target.

use super::scale::{Linear, time_ticks};
use super::series::{Joined, Series};
use super::{BOTTOM, Figure, HEIGHT, LEFT, RIGHT, horizontal_time, label, line, polyline, vertical};
use crate::model::{Comparison, Quantity, Subject, display};
use crate::render::html::text::place;
use crate::render::{figure, moment};
use std::fmt::Write;

/// The chart of one promise.
pub(crate) fn trend(about: &Subject, what: &str, series: &Series<'_>) -> Figure {
    let target = about.target.value.to_f64();
    let values: Vec<Option<f64>> =
        series.marks.iter().map(|mark| mark.measured.map(|measured| measured.value.to_f64())).collect();
    let (low, high) = bounds(values.iter().flatten().copied(), target, about.comparison);
    let mut drawing = String::new();
    let y = vertical(&mut drawing, about.target.dimension, low, high, BOTTOM);
    let (from, to) = series.bounds();
    let x = time(from, to);
    horizontal_time(&mut drawing, &time_ticks(from, to, series.clock, 6), |at| x.at(at as f64), BOTTOM);
    let middle = |index: usize| {
        let mark = &series.marks[index];
        x.at(mark.from as f64 / 2.0 + mark.to as f64 / 2.0)
    };
    let points = || values.iter().enumerate().map(|(i, value)| value.map(|value| (middle(i), y.at(value))));
    let _ = write!(drawing, "<path class=\"line\" d=\"{}\"/>", polyline(points()));
    // A single value between two gaps is no line.
    let mut lonely = String::new();
    let mut beyond = String::new();
    let mut broken = 0;
    for (index, point) in points().enumerate() {
        let Some((px, py)) = point else { continue };
        let is_alone = |at: Option<usize>| at.and_then(|at| values.get(at)).is_none_or(Option::is_none);
        let measured = series.marks[index].measured.map(|measured| measured.value);
        if measured.is_some_and(|value| !about.comparison.holds(value, about.target.value)) {
            broken += 1;
            let _ = write!(beyond, "M{} {}h0", place(px), place(py));
        } else if is_alone(index.checked_sub(1)) && is_alone(Some(index + 1)) {
            let _ = write!(lonely, "M{} {}h0", place(px), place(py));
        }
    }
    let at = y.at(target);
    drawing.push_str(&line("target", LEFT, at, RIGHT, at));
    let _ = write!(drawing, "<path class=\"dot\" d=\"{lonely}\"/><path class=\"dot b\" d=\"{beyond}\"/>");
    // Above the chart: beside the line it would lie on the values.
    let name = promised(about);
    let start = RIGHT - 6.0 * name.chars().count() as f64 - 24.0;
    drawing.push_str(&line("target", start, 6.0, start + 18.0, 6.0));
    drawing.push_str(&label(RIGHT, 9.5, "e tl", &name));
    let measured = values.iter().flatten().count();
    let share = format!("{broken} of {measured} beyond the target");
    Figure {
        title: format!("{what} by {}", series.step()),
        description: format!(
            "{} from {} to {}; target {}; {share}.",
            what,
            moment::short(from, series.clock),
            moment::short(to, series.clock),
            promised(about)
        ),
        height: HEIGHT,
        drawing,
        caption: match series.joined {
            Joined::Single | Joined::Summed => format!("{share}."),
            Joined::Worst => format!("Each point is the worst of its {}; {share}.", series.step()),
        },
        table: table(about, series),
    }
}

/// `≤ 5 %`, for tables.
pub(crate) fn promised_in_signs(about: &Subject) -> String {
    let sign = match about.comparison {
        Comparison::AtMost => "≤",
        Comparison::AtLeast => "≥",
        Comparison::Equal => "=",
        other => other.symbol(),
    };
    format!("{sign} {}", display::quantity(about.target, None)).replace(' ', "\u{a0}")
}

/// `at most 5 %`, as the label of the target line.
pub(crate) fn promised(about: &Subject) -> String {
    let words = match about.comparison {
        Comparison::AtMost => "at most",
        Comparison::Below => "below",
        Comparison::AtLeast => "at least",
        Comparison::Above => "above",
        Comparison::Equal => "exactly",
        Comparison::Unequal => "not",
    };
    format!("{words} {}", display::quantity(about.target, None))
}

pub(super) fn time(from: i64, to: i64) -> Linear {
    Linear { from: from as f64, to: to as f64, start: LEFT, end: RIGHT }
}

/// The lowest and highest value of the axis. From zero, unless all of it happens near to the target.
fn bounds(values: impl Iterator<Item = f64>, target: f64, comparison: Comparison) -> (f64, f64) {
    let (low, high) = values.fold((target, target), |(low, high), value| (low.min(value), high.max(value)));
    let room = (high - low).max(high.abs() * 0.01).max(f64::MIN_POSITIVE) * 0.12;
    if low >= 0.0 && high <= 0.0 {
        // Nothing but zeros, and none allowed: any scale would do.
        return (0.0, 0.01);
    }
    let near = comparison.wants_large() && low > high * 0.5;
    if near {
        let high = if high <= 1.0 && high + room > 1.0 && low > 0.5 { 1.0 } else { high + room };
        return (low - room, high);
    }
    let from = if low < 0.0 { low - room } else { 0.0 };
    (from, (high + room).max(from + f64::MIN_POSITIVE))
}

fn table(about: &Subject, series: &Series<'_>) -> Vec<Vec<String>> {
    let mut rows = vec![["from", "measured", "samples", "missed"].map(str::to_owned).to_vec()];
    let target: Quantity = about.target;
    rows.extend(series.marks.iter().map(|mark| {
        vec![
            moment::short(mark.from, series.clock),
            mark.measured.map_or("–".to_owned(), |measured| figure::measured(&measured, &target, None)),
            display::count(mark.samples),
            mark.bad.map_or(String::new(), display::count),
        ]
    }));
    rows
}
