//! The line that a promise draws through values, and which of them are on its wrong side.

use crate::model::{Bar, Comparison, Distribution, Edge, Subject, Unit};
use crate::render::html::definitions;

/// A value that the promise draws a line at.
pub(super) struct Limit {
    pub(super) at: f64,
    /// Values beyond it count against the promise.
    pub(super) bad: Option<Side>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// Above the limit.
    Above,
    /// At the limit or above.
    From,
    /// Below the limit.
    Below,
    /// At the limit or below.
    UpTo,
}

/// Where the promise draws a line through these values.
pub(super) fn limit(about: &Subject, values: &Distribution) -> Option<Limit> {
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

impl Limit {
    /// Where values at an edge belong.
    pub(super) fn closed(&self) -> Closed {
        match self.bad {
            Some(Side::Above | Side::UpTo) | None => Closed::Above,
            Some(Side::From | Side::Below) => Closed::Below,
        }
    }

    /// The exact count of its lower side, where that is known.
    pub(super) fn edge<'v>(&self, values: &'v Distribution) -> Option<&'v Edge> {
        let side = match self.bad? {
            Side::Above | Side::UpTo => Comparison::AtMost,
            Side::From | Side::Below => Comparison::Below,
        };
        let is_here =
            |edge: &&Edge| edge.side == side && (edge.at.to_f64() - self.at).abs() <= 1e-9 * self.at.abs();
        values.edges.iter().find(is_here)
    }

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

/// Values of one side of the limit, drawn at one place.
pub(super) struct Part {
    pub(super) at: f64,
    pub(super) count: u64,
    pub(super) is_bad: bool,
}

/// The bars; one that the limit goes through in two, by the exact count of the values on its lower side.
pub(super) fn parts(values: &Distribution, limit: Option<&Limit>) -> Vec<Part> {
    let middle = |bar: &Bar| f64::midpoint(bar.from.to_f64(), bar.to.to_f64());
    let whole = |bar: &Bar| {
        let at = middle(bar);
        Part { at, count: bar.count, is_bad: limit.is_some_and(|limit| limit.is_bad(at)) }
    };
    let Some((limit, edge)) = limit.and_then(|limit| Some((limit, limit.edge(values)?))) else {
        return values.bars.iter().map(whole).collect();
    };
    let lower_is_bad = matches!(limit.bad, Some(Side::Below | Side::UpTo));
    let mut below = edge.count;
    let mut parts = Vec::new();
    for bar in &values.bars {
        let lower = below.min(bar.count);
        below -= lower;
        let (from, to) = (bar.from.to_f64(), bar.to.to_f64());
        let (at_lower, at_upper) =
            (f64::midpoint(from, to.min(limit.at)), f64::midpoint(from.max(limit.at), to));
        parts.push(Part { at: at_lower, count: lower, is_bad: lower_is_bad });
        parts.push(Part { at: at_upper, count: bar.count - lower, is_bad: !lower_is_bad });
    }
    parts.retain(|part| part.count > 0);
    parts
}

/// Which end of a column belongs to it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Closed {
    /// Above one edge, up to the other.
    Above,
    /// From one edge, below the other.
    Below,
}

impl Closed {
    /// The head of the table of numbers.
    pub(super) fn words(self) -> [&'static str; 3] {
        match self {
            Closed::Above => ["above", "up to", "values"],
            Closed::Below => ["from", "below", "values"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Rational;

    #[test]
    fn limits_of_conditions() {
        assert_eq!(compared("latency > 500ms", "latency"), Some((Comparison::Above, 0.5)));
        assert_eq!(compared("`cpu pct` >= 80%", "cpu pct"), Some((Comparison::AtLeast, 0.8)));
        assert_eq!(compared("latency > 500ms and region == \"eu\"", "latency"), None);
        assert_eq!(compared("latency is missing", "latency"), None);
    }

    /// One bar across the limit of 100 ms: of its 10 values 7 are at most that, and 2 of the bar before.
    #[test]
    fn a_bar_across_the_limit_is_cut() {
        let at = |ms: i128| Rational::new(ms, 1000).unwrap();
        let values = Distribution {
            column: "latency".into(),
            group: Vec::new(),
            dimension: crate::model::Dimension::Duration,
            bars: vec![
                Bar { from: at(40), to: at(60), count: 2 },
                Bar { from: at(60), to: at(200), count: 10 },
                Bar { from: at(200), to: at(220), count: 4 },
            ],
            edges: vec![Edge { at: at(100), side: Comparison::AtMost, count: 9 }],
        };
        let limit = Limit { at: 0.1, bad: Some(Side::Above) };
        let found: Vec<(f64, u64, bool)> = parts(&values, Some(&limit))
            .iter()
            .map(|part| ((part.at * 1000.0).round(), part.count, part.is_bad))
            .collect();
        assert_eq!(found, [(50.0, 2, false), (80.0, 7, false), (150.0, 3, true), (210.0, 4, true)]);
        // Nothing is known of values below 100 ms: those at 100 ms may be among the 9.
        assert!(Limit { at: 0.1, bad: Some(Side::From) }.edge(&values).is_none());
    }
}
