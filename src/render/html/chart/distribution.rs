//! How the values of a column are spread, with the limit marked.

use super::limit::{Closed, Limit, limit, parts};
use super::scale::{Linear, Numbers, round_ticks};
use super::{BOTTOM, Figure, HEIGHT, LEFT, RIGHT, TOP, label, line};
use crate::model::{Bar, Distribution, Subject, display};
use crate::render::html::definitions;
use crate::render::html::text::place;
use std::fmt::Write;

/// About as many columns are drawn.
const COLUMNS: usize = 40;
/// At most so many, where the limit is to be an edge of one.
const MOST_COLUMNS: usize = COLUMNS * 3;
/// What lies beyond this share of the values is gathered in one column.
const MOST: f64 = 0.99;

/// The chart of the values that a promise is about; `None` where there are none.
pub(crate) fn distribution(about: &Subject, values: &Distribution, what: &str) -> Option<Figure> {
    let total: u64 = values.bars.iter().map(|bar| bar.count).sum();
    let first = values.bars.first()?;
    let last = values.bars.last()?;
    let limit = limit(about, values);
    let highest = last.to.to_f64();
    let reach = rank(&values.bars, total, MOST) * 1.1;
    let reach = limit.as_ref().map_or(reach, |limit| reach.max(limit.at * 1.25)).min(highest);
    let low = first.from.to_f64();
    let start = if low >= 0.0 && (low < reach * 0.8 || low >= highest) { 0.0 } else { low.min(reach) };
    let numbers = Numbers::of(values.dimension, reach.abs().max(start.abs()));
    let (_, width) =
        round_ticks(start * numbers.factor, (reach * numbers.factor).max(start + 1e-12), COLUMNS);
    let width = width / numbers.factor;
    let start = (start / width + 1e-9).floor() * width;
    let (width, fineness) = match &limit {
        Some(limit) => aligned(width, limit.at - start, reach - start),
        None => (width, width),
    };
    let count = (((reach - start) / width - 1e-9).ceil().max(1.0) as usize).min(MOST_COLUMNS);
    let mut columns = vec![(0u64, 0u64); count];
    let (mut beyond, mut beyond_bad) = (0u64, 0u64);
    // A value at an edge belongs to the column on its side of the limit, which is such an edge.
    let closed = limit.as_ref().map_or(Closed::Above, Limit::closed);
    for part in parts(values, limit.as_ref()) {
        let place = (part.at - start) / width;
        let column = match closed {
            Closed::Above => (place - 1e-9).ceil() - 1.0,
            Closed::Below => (place + 1e-9).floor(),
        };
        let (all, bad) = match columns.get_mut(column.max(0.0) as usize) {
            Some((all, bad)) => (all, bad),
            None => (&mut beyond, &mut beyond_bad),
        };
        *all += part.count;
        *bad += if part.is_bad { part.count } else { 0 };
    }
    let end = start + width * count as f64;
    let slots = count as f64 + if beyond > 0 { 2.0 } else { 0.0 };
    let slot = (RIGHT - LEFT) / slots;
    let x = Linear { from: start, to: end, start: LEFT, end: LEFT + slot * count as f64 };
    let highest_count = columns.iter().map(|(all, _)| *all).max().unwrap_or(0).max(beyond).max(1);
    let y = Linear { from: 0.0, to: highest_count as f64 * 1.08, start: BOTTOM, end: TOP };
    let mut drawing = String::new();
    let counts = Numbers::of(crate::model::Dimension::Plain, highest_count as f64);
    let (ticks, step) = round_ticks(0.0, y.to, 3);
    for tick in ticks.into_iter().filter(|tick| tick.fract() == 0.0) {
        drawing.push_str(&line("grid", LEFT, y.at(tick), RIGHT, y.at(tick)));
        drawing.push_str(&label(LEFT - 5.0, y.at(tick) + 3.5, "e", &counts.tick(tick, step)));
    }
    let (mut fine, mut bad_columns) = (String::new(), String::new());
    let gap = if slot > 4.0 { 1.0 } else { 0.3 };
    let mut column = |at: f64, all: u64, bad: u64| {
        let top = y.at(all as f64);
        let cut = y.at(bad as f64);
        let rectangle = |path: &mut String, from: f64, to: f64| {
            if from - to > 0.05 {
                let _ = write!(
                    path,
                    "M{} {}h{}V{}h-{}z",
                    place(at),
                    place(from),
                    place(slot - gap),
                    place(to),
                    place(slot - gap)
                );
            }
        };
        rectangle(&mut bad_columns, BOTTOM, cut);
        rectangle(&mut fine, cut, top);
    };
    for (index, (all, bad)) in columns.iter().enumerate() {
        column(LEFT + slot * index as f64, *all, *bad);
    }
    if beyond > 0 {
        column(RIGHT - slot, beyond, beyond_bad);
    }
    let _ =
        write!(drawing, "<path class=\"fill\" d=\"{fine}\"/><path class=\"fill b\" d=\"{bad_columns}\"/>");
    drawing.push_str(&line("axis", LEFT, BOTTOM, RIGHT, BOTTOM));
    let (ticks, step) = round_ticks(start * numbers.factor, end * numbers.factor, 5);
    let mut free = LEFT - 20.0;
    let end_of_room = if beyond > 0 { RIGHT - 32.0 } else { RIGHT + 8.0 };
    for tick in ticks {
        let at = x.at(tick / numbers.factor);
        let text = numbers.tick(tick, step);
        let half = 3.2 * text.chars().count() as f64;
        if at - half < free || at + half > end_of_room {
            continue;
        }
        free = at + half + 6.0;
        drawing.push_str(&line("axis", at, BOTTOM, at, BOTTOM + 4.0));
        drawing.push_str(&label(at, BOTTOM + 15.0, "m", &text));
    }
    if beyond > 0 {
        drawing.push_str(&label(RIGHT, BOTTOM + 15.0, "e", "more"));
    }
    if let Some(limit) = limit.as_ref().filter(|limit| limit.at >= start && limit.at <= end) {
        let at = x.at(limit.at);
        drawing.push_str(&line("target", at, TOP - 8.0, at, BOTTOM));
        let text = display::quantity(limit_quantity(about, values, limit), None);
        let (place, class) = if at > WIDTH_HALF { (at - 4.0, "e tl") } else { (at + 4.0, "tl") };
        drawing.push_str(&label(place, TOP - 1.0, class, &text));
    }
    let bad: u64 = columns.iter().map(|(_, bad)| *bad).sum::<u64>() + beyond_bad;
    let median = display::quantity(about_quantity(values, rank(&values.bars, total, 0.5)), None);
    let said = match &limit {
        Some(limit @ Limit { bad: Some(_), .. }) if limit.edge(values).is_some() => format!(
            "{} of {} beyond {}",
            display::count(bad),
            display::counted(total, "values"),
            display::quantity(limit_quantity(about, values, limit), None)
        ),
        _ => display::counted(total, "values"),
    };
    let amount = |value: f64| numbers.tick(value * numbers.factor, fineness * numbers.factor);
    let mut table = vec![closed.words().map(str::to_owned).to_vec()];
    table.extend(columns.iter().enumerate().filter(|(_, (all, _))| *all > 0).map(|(index, (all, _))| {
        let from = start + width * index as f64;
        vec![amount(from), amount(from + width), display::count(*all)]
    }));
    if beyond > 0 {
        table.push(vec![amount(end), String::new(), display::count(beyond)]);
    }
    Some(Figure {
        title: what.to_owned(),
        description: format!(
            "How many values there are of which size; half of them are at most about {median}; {said}."
        ),
        height: HEIGHT,
        drawing,
        caption: format!("{said}; half at most about {median}."),
        table,
    })
}

const WIDTH_HALF: f64 = super::WIDTH / 2.0;

/// A width of columns that has the limit at an edge, near the one wanted, and the step that its edges are written in.
/// `limit` and `reach` are counted from the first edge.
fn aligned(width: f64, limit: f64, reach: f64) -> (f64, f64) {
    if limit <= 0.0 || limit >= reach {
        return (width, width);
    }
    let fits = |width: f64| {
        let columns = limit / width;
        (columns - columns.round()).abs() < 1e-6 && reach / width <= MOST_COLUMNS as f64
    };
    let round = [1.0, 2.0, 4.0, 5.0, 10.0].map(|parts| width / parts).into_iter().find(|width| fits(*width));
    match round {
        Some(width) => (width, width),
        None => (limit / (limit / width).round().max(1.0), 10f64.powf((width / 100.0).log10().floor())),
    }
}

/// The limit as it was promised; one of which no exact number is known has three leading digits.
fn limit_quantity(about: &Subject, values: &Distribution, limit: &Limit) -> crate::model::Quantity {
    let exact = limit.edge(values).map(|edge| edge.at);
    let target = Some(about.target.value).filter(|target| (target.to_f64() - limit.at).abs() < f64::EPSILON);
    match exact.or(target) {
        Some(at) => crate::model::Quantity::new(at, values.dimension),
        None => about_quantity(values, limit.at),
    }
}

/// A value of the distribution with three leading digits, for a label.
fn about_quantity(values: &Distribution, value: f64) -> crate::model::Quantity {
    let mut scale = 1i128;
    while scale < 1_000_000_000 && (value * scale as f64).abs() < 100.0 {
        scale *= 10;
    }
    let value = crate::model::Rational::new((value * scale as f64).round() as i128, scale);
    crate::model::Quantity::new(value.unwrap_or(crate::model::Rational::ZERO), values.dimension)
}

/// The middle of the bar that holds this share of the values.
fn rank(bars: &[Bar], total: u64, share: f64) -> f64 {
    let wanted = (total as f64 * share).ceil() as u64;
    let mut below = 0;
    let found = bars.iter().find(|bar| {
        below += bar.count;
        below >= wanted
    });
    found.or(bars.last()).map_or(0.0, |bar| f64::midpoint(bar.from.to_f64(), bar.to.to_f64()))
}

/// Whether a promise is about that column.
pub(crate) fn reads(indicator: &str, column: &str) -> bool {
    let Some(argument) = definitions::argument(indicator) else { return false };
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_apdex = indicator.starts_with("apdex") && column == "latency";
    is_apdex
        || argument.match_indices(column).any(|(at, _)| {
            !argument[..at].ends_with(is_word) && !argument[at + column.len()..].starts_with(is_word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_an_edge_of_columns() {
        let check = |width, limit, reach, expected: f64| {
            let (found, _) = aligned(width, limit, reach);
            assert!((found - expected).abs() < 1e-9, "{width} {limit}: {found}");
        };
        check(10.0, 250.0, 400.0, 10.0);
        check(10.0, 245.0, 400.0, 5.0);
        check(10.0, 247.5, 280.0, 2.5);
        // 2.5 would be 160 columns; 25 of 9.9 reach to the limit.
        check(10.0, 247.5, 400.0, 9.9);
        check(10.0, 500.0, 400.0, 10.0);
    }

    /// 247.5 ms stays what it is, in the caption and as an edge of columns.
    #[test]
    fn a_limit_is_written_as_it_was_promised() {
        use crate::model::{Bar, Comparison, Dimension, Edge, Rational, example};
        let at = |tenths: i128| Rational::new(tenths, 10_000).unwrap();
        let values = Distribution {
            column: "latency".into(),
            group: Vec::new(),
            dimension: Dimension::Duration,
            bars: (10..40).map(|step| Bar { from: at(step * 100), to: at(step * 100), count: 10 }).collect(),
            edges: vec![Edge { at: at(2475), side: Comparison::AtMost, count: 150 }],
        };
        let mut result = example::result("api");
        example::about(&mut result).indicator = "violation_rate(latency > 247.5ms)".into();
        let figure = distribution(&result.about, &values, "").unwrap();
        assert!(figure.caption.starts_with("150 of 300 values beyond 247.5 ms;"), "{}", figure.caption);
        assert!(figure.drawing.contains(">247.5 ms<"), "{}", figure.drawing);
        assert!(figure.table.iter().any(|row| row[1].starts_with("247.5")), "{:?}", figure.table);
    }

    #[test]
    fn columns_of_an_indicator() {
        assert!(reads("p95(latency)", "latency"));
        assert!(reads("violation_rate(latency > 500ms)", "latency"));
        assert!(reads("apdex(500ms)", "latency"));
        assert!(!reads("p95(latency_total)", "latency"));
        assert!(!reads("failure_rate", "latency"));
    }
}
