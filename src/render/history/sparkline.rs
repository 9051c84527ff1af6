//! Values over time in one line of text.

use crate::model::{Comparison, Rational};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Nothing was measured.
const GAP: char = '·';

/// One character per value, from the least to the greatest of `all`; where there are more values than `columns`, each
/// character is the worst of its share. Values that are all the same stand in the middle.
pub(super) fn sparkline(
    values: &[Option<Rational>],
    all: (Rational, Rational),
    comparison: Comparison,
    columns: usize,
) -> String {
    let columns = columns.min(values.len());
    (0..columns)
        .map(|column| {
            let share = &values[column * values.len() / columns..(column + 1) * values.len() / columns];
            worst(share.iter().copied().flatten(), comparison).map_or(GAP, |value| bar(value, all))
        })
        .collect()
}

/// The least and the greatest.
pub(super) fn bounds(values: impl Iterator<Item = Rational>) -> Option<(Rational, Rational)> {
    values.fold(None, |bounds, value| {
        let (least, greatest) = bounds.unwrap_or((value, value));
        Some((value.min(least), value.max(greatest)))
    })
}

/// The value that is furthest on the wrong side.
pub(super) fn worst(values: impl Iterator<Item = Rational>, comparison: Comparison) -> Option<Rational> {
    if comparison.wants_large() { values.min() } else { values.max() }
}

fn bar(value: Rational, (least, greatest): (Rational, Rational)) -> char {
    let range = greatest.to_f64() - least.to_f64();
    if range <= 0.0 {
        return BARS[3];
    }
    let share = (value.to_f64() - least.to_f64()) / range;
    BARS[((share * 8.0) as usize).min(7)]
}
