//! How the values of a column are spread, with the limit marked.

use super::scale::{Linear, Numbers, round_ticks};
use super::{BOTTOM, Figure, HEIGHT, LEFT, RIGHT, TOP, label, line};
use crate::model::{Bar, Comparison, Distribution, Subject, Unit, display};
use crate::render::html::definitions;
use crate::render::html::text::place;
use std::fmt::Write;

/// About as many columns are drawn.
const COLUMNS: usize = 40;
/// What lies beyond this share of the values is gathered in one column.
const MOST: f64 = 0.99;

/// A value that the promise draws a line at.
struct Limit {
    at: f64,
    /// Values beyond it count against the promise.
    bad: Option<Side>,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    /// Above the limit.
    Above,
    /// At the limit or above.
    From,
    /// Below the limit.
    Below,
    /// At the limit or below.
    UpTo,
}

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
    let count = (((reach - start) / width - 1e-9).ceil().max(1.0) as usize).min(COLUMNS * 3);
    let mut columns = vec![(0u64, 0u64); count];
    let (mut beyond, mut beyond_bad) = (0u64, 0u64);
    for bar in &values.bars {
        let value = f64::midpoint(bar.from.to_f64(), bar.to.to_f64());
        // A value at an edge belongs to the column that ends there, so that a limit there parts good from bad.
        let column = ((value - start) / width - 1e-9).ceil() - 1.0;
        let is_bad = limit.as_ref().is_some_and(|limit| limit.is_bad(value));
        let (all, bad) = match columns.get_mut(column.max(0.0) as usize) {
            Some((all, bad)) => (all, bad),
            None => (&mut beyond, &mut beyond_bad),
        };
        *all += bar.count;
        *bad += if is_bad { bar.count } else { 0 };
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
        let text = display::quantity(about_quantity(values, limit.at), None);
        let (place, class) = if at > WIDTH_HALF { (at - 4.0, "e tl") } else { (at + 4.0, "tl") };
        drawing.push_str(&label(place, TOP - 1.0, class, &text));
    }
    let bad: u64 = columns.iter().map(|(_, bad)| *bad).sum::<u64>() + beyond_bad;
    let median = display::quantity(about_quantity(values, rank(&values.bars, total, 0.5)), None);
    // Where a bar holds values of both sides, their number is not known exactly, and the verdict's is.
    let is_cut = |limit: &Limit| {
        values
            .bars
            .iter()
            .any(|bar| bar.from != bar.to && bar.from.to_f64() <= limit.at && limit.at <= bar.to.to_f64())
    };
    let said = match &limit {
        Some(limit @ Limit { at, bad: Some(_) }) if !is_cut(limit) => format!(
            "{} of {} beyond {}",
            display::count(bad),
            display::counted(total, "values"),
            display::quantity(about_quantity(values, *at), None)
        ),
        _ => display::counted(total, "values"),
    };
    let amount = |value: f64| numbers.tick(value * numbers.factor, width * numbers.factor);
    let mut table = vec![["above", "up to", "values"].map(str::to_owned).to_vec()];
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

impl Limit {
    fn is_bad(&self, value: f64) -> bool {
        match self.bad {
            Some(Side::Above) => value > self.at,
            Some(Side::From) => value >= self.at,
            Some(Side::Below) => value < self.at,
            Some(Side::UpTo) => value <= self.at,
            None => false,
        }
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

/// Where the promise draws a line through these values.
fn limit(about: &Subject, values: &Distribution) -> Option<Limit> {
    let missed = |comparison: Comparison| match comparison {
        Comparison::AtMost => Some(Side::Above),
        Comparison::Below => Some(Side::From),
        Comparison::AtLeast => Some(Side::Below),
        Comparison::Above => Some(Side::UpTo),
        Comparison::Equal | Comparison::Unequal => None,
    };
    let is_of_column = definitions::argument(&about.indicator) == Some(values.column.as_str());
    if is_of_column && about.target.dimension == values.dimension {
        let single = definitions::percent(&about.indicator).is_some();
        let bad = if single { missed(about.comparison) } else { None };
        return Some(Limit { at: about.target.value.to_f64(), bad });
    }
    let condition = definitions::argument(&about.indicator)?;
    let Some((comparison, at)) = compared(condition, &values.column) else {
        // `apdex(500ms)`: a limit without a column.
        return quantity(condition).map(|at| Limit { at, bad: None });
    };
    let holds = match comparison {
        Comparison::Above => Side::Above,
        Comparison::AtLeast => Side::From,
        Comparison::Below => Side::Below,
        Comparison::AtMost => Side::UpTo,
        Comparison::Equal | Comparison::Unequal => return None,
    };
    let opposite = match holds {
        Side::Above => Side::UpTo,
        Side::From => Side::Below,
        Side::Below => Side::From,
        Side::UpTo => Side::Above,
    };
    Some(Limit { at, bad: Some(if about.comparison.wants_small() { holds } else { opposite }) })
}

/// `latency > 500ms` as the comparison and the number, where it is about that column and nothing else.
fn compared(condition: &str, column: &str) -> Option<(Comparison, f64)> {
    let rest = condition
        .strip_prefix(column)
        .or_else(|| condition.strip_prefix('`')?.strip_prefix(column)?.strip_prefix('`'))?;
    let signs = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("<", Comparison::Below),
        (">", Comparison::Above),
    ];
    let rest = rest.trim_start();
    let (sign, comparison) = signs.iter().find(|(sign, _)| rest.starts_with(sign))?;
    Some((*comparison, quantity(&rest[sign.len()..])?))
}

/// `500ms` in base units.
fn quantity(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    let name = text[end..].trim();
    let unit = if name.is_empty() { Unit::PLAIN } else { Unit::named(name)? };
    Some(number * unit.factor.to_f64())
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
    fn limits_of_conditions() {
        assert_eq!(compared("latency > 500ms", "latency"), Some((Comparison::Above, 0.5)));
        assert_eq!(compared("`cpu pct` >= 80%", "cpu pct"), Some((Comparison::AtLeast, 0.8)));
        assert_eq!(compared("latency > 500ms and region == \"eu\"", "latency"), None);
        assert_eq!(compared("latency is missing", "latency"), None);
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
