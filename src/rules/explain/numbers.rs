//! Numbers as sentences show them, and the round figures of worked examples.

use crate::model::{Dimension, NANOS, Nanos, Rational, Target, Unit};
use crate::rules::expression::decimal_text;

/// A whole number with commas between thousands.
pub(super) fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// A length of time in the largest unit that takes it whole.
pub(super) fn length(nanos: Nanos) -> String {
    for (name, seconds) in [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)] {
        if nanos % (seconds * NANOS) == 0 {
            return format!("{}{name}", nanos / (seconds * NANOS));
        }
    }
    seconds_text(Rational::integer(nanos).over(Rational::integer(NANOS)).unwrap_or(Rational::ZERO))
}

/// A duration in seconds or, below one, in milliseconds.
pub(super) fn seconds_text(value: Rational) -> String {
    match value.times(Rational::integer(1_000)) {
        Some(millis) if value < Rational::ONE => format!("{}ms", decimal_text(millis)),
        _ => format!("{}s", decimal_text(value)),
    }
}

/// A round number of requests, at least `least`, of which `share` is a whole number.
pub(super) fn sample(share: Rational, least: i128) -> i128 {
    let step = share.den();
    if step > 1_000_000_000 {
        return least;
    }
    (least + step - 1) / step * step
}

/// How many of every how many a share is: 95 of every 100.
pub(super) fn of_every(share: Rational) -> (i128, i128) {
    let whole = [100, 1_000, 10_000, 100_000, 1_000_000].into_iter().find(|whole| whole % share.den() == 0);
    let whole = whole.unwrap_or(share.den());
    (share.num() * (whole / share.den()), whole)
}

/// A multiple of a target, in the unit that the target is written in.
pub(super) fn scaled(target: &Target, factor: Rational) -> Option<String> {
    let name =
        target.text.trim_start_matches(|next: char| next.is_ascii_digit() || matches!(next, '.' | '-'));
    let unit = if name.is_empty() { Unit::PLAIN } else { Unit::named(name)? };
    if unit.dimension == Dimension::Rate {
        return None;
    }
    let value = target.quantity.value.over(unit.factor)?.times(factor)?;
    Some(format!("{}{name}", decimal_text(value)))
}
