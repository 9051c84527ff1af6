//! How much of what may go wrong was left, over time: the burn-down of the error budget.

use super::scale::{Linear, time_ticks};
use super::series::Series;
use super::trend::time;
use super::{BOTTOM, Figure, HEIGHT, LEFT, RIGHT, horizontal_time, label, line, polyline, vertical};
use crate::model::{Dimension, Instant, RuleResult, display};
use crate::render::moment;
use std::fmt::Write;

/// Deeper than this is cut off, and said in words.
const DEEPEST: f64 = -2.0;

/// The chart of one promise over the slices of its details; `None` where single requests cannot count against it, or
/// not one may.
pub(crate) fn budget(results: &[&RuleResult], series: &Series<'_>, noun: &str) -> Option<Figure> {
    let mut left = Vec::new();
    let mut last = None;
    for result in results {
        let allowed = result.allowed.filter(|allowed| *allowed > 0)?;
        let from = result.period.from.unwrap_or(Instant::MIN);
        let to = result.period.to.unwrap_or(Instant::MAX);
        let mut used = 0u64;
        let marks: Vec<_> = series.marks.iter().filter(|mark| from <= mark.from && mark.from < to).collect();
        let Some(first) = marks.first() else { continue };
        left.push((first.from, Some(1.0)));
        for mark in &marks {
            used += mark.bad.unwrap_or(0);
            left.push((mark.to, Some(1.0 - used as f64 / allowed as f64)));
        }
        left.push((to, None));
        last = Some((used, allowed));
    }
    let (used, allowed) = last?;
    let lowest = left.iter().filter_map(|(_, left)| *left).fold(0.0, f64::min);
    let (from, to) = series.bounds();
    let mut drawing = String::new();
    let bottom = lowest.max(DEEPEST) * 1.08;
    let y = vertical(&mut drawing, Dimension::Ratio, bottom, 1.05, BOTTOM);
    let x = time(from, to);
    horizontal_time(&mut drawing, &time_ticks(from, to, series.clock, 6), |at| x.at(at as f64), BOTTOM);
    drawing.push_str(&line("target", LEFT, y.at(0.0), RIGHT, y.at(0.0)));
    let placed = |at: Instant, left: f64| (x.at(at as f64), y.at(left.max(bottom)));
    let whole = left.iter().map(|(at, left)| left.map(|left| placed(*at, left)));
    let _ = write!(drawing, "<path class=\"line\" d=\"{}\"/>", polyline(whole));
    let _ = write!(drawing, "<path class=\"line b\" d=\"{}\"/>", polyline(below(&left, &x, &y, bottom)));
    let said = if used > allowed {
        format!("{} used of {} allowed", display::count(used), display::count(allowed))
    } else {
        let rest = display::counted(allowed - used, noun);
        format!("{rest} of {} left", display::count(allowed))
    };
    if lowest < 0.0 {
        drawing.push_str(&label(RIGHT, y.at(0.0) - 4.0, "e tl", "used up"));
    }
    let periods = if results.len() > 1 { "; it starts anew with every period" } else { "" };
    let mut table = vec![vec!["until".to_owned(), "budget left".to_owned()]];
    table.extend(left.iter().filter_map(|(at, left)| {
        Some(vec![moment::short(*at, series.clock), format!("{:.0} %", (*left)? * 100.0)])
    }));
    let deep =
        if lowest < DEEPEST { format!("; lowest −{:.0} %", lowest.abs() * 100.0) } else { String::new() };
    Some(Figure {
        title: "Error budget left".to_owned(),
        description: format!(
            "What may go wrong before the promise breaks, over time: {said} in the end{periods}."
        ),
        height: HEIGHT,
        drawing,
        caption: format!("In the end {said}{deep}{periods}."),
        table,
    })
}

/// The parts of the line that lie below zero.
fn below(
    left: &[(Instant, Option<f64>)],
    x: &Linear,
    y: &Linear,
    bottom: f64,
) -> impl Iterator<Item = Option<(f64, f64)>> {
    let mut points = Vec::new();
    for pair in left.windows(2) {
        let ((from, Some(before)), (to, Some(after))) = (pair[0], pair[1]) else {
            points.push(None);
            continue;
        };
        if after >= 0.0 {
            points.push(None);
            continue;
        }
        let start = if before >= 0.0 {
            let share = before / (before - after);
            points.push(None);
            (from as f64 + (to as f64 - from as f64) * share, 0.0)
        } else {
            (from as f64, before)
        };
        points.push(Some((x.at(start.0), y.at(start.1.max(bottom)))));
        points.push(Some((x.at(to as f64), y.at(after.max(bottom)))));
    }
    points.into_iter()
}
