//! Numbers and their units, for reading: exact digits from exact fractions.
//!
//! Invariant: a shown number never contradicts the verdict beside it. It gets as many digits as it takes to stand on
//! the same side of its target as the exact one, and only what is exactly 0 or 100 % is shown as that.

use crate::model::{Dimension, Measured, Quantity, Rational, Unit};
use std::cmp::Ordering;

/// Digits beyond which a shown number is not lengthened any more.
const MOST_DECIMALS: u32 = 24;

/// The measured value beside its target: `10.22%`, `297.34ms`, `≈412ms`.
///
/// `target_text` is the target as written; its unit is used where the value reads well in it.
pub fn measured(
    measured: &Measured,
    target: &Quantity,
    prefer: Option<&Quantity>,
    target_text: &str,
) -> String {
    let mut landmarks = vec![target.value, Rational::ZERO];
    landmarks.extend(prefer.map(|prefer| prefer.value));
    if measured.quantity.dimension == Dimension::Ratio {
        landmarks.push(Rational::ONE);
    }
    let shown = quantity(&measured.quantity, &landmarks, unit_of(target_text));
    if measured.approximate { format!("≈{shown}") } else { shown }
}

/// A quantity alone.
pub fn plain(value: &Quantity) -> String {
    quantity(value, &[Rational::ZERO], None)
}

/// The nearest number of 15 significant digits, for machine-readable reports; whole numbers keep all their digits.
pub fn number(value: Rational) -> f64 {
    let (num, den) = (value.num().unsigned_abs(), value.den().unsigned_abs());
    let length = |whole: u128| whole.to_string().len() as u32;
    // Digits before the point, or zeros behind it.
    let decimals =
        if num >= den { 15u32.saturating_sub(length(num / den)) } else { 14 + length(den / num.max(1)) };
    fixed(value, decimals).and_then(|digits| digits.parse().ok()).unwrap_or_else(|| value.to_f64())
}

/// A count with its thousands apart: `12,345`.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

fn quantity(value: &Quantity, landmarks: &[Rational], wanted: Option<Unit>) -> String {
    let (name, factor, decimals) = match value.dimension {
        Dimension::Ratio => ("%", Rational::new(1, 100).unwrap_or(Rational::ONE), Decimals::AtLeast(2)),
        Dimension::Plain => ("", Rational::ONE, Decimals::Significant(5)),
        Dimension::Rate => ("/s", Rational::ONE, Decimals::Significant(5)),
        Dimension::Duration | Dimension::Size => {
            let unit = readable_unit(value, wanted);
            (unit.name, unit.factor, Decimals::Significant(5))
        }
    };
    let scaled = |value: Rational| value.over(factor);
    let Some(exact) = scaled(value.value) else { return format!("{}{name}", value.value.to_f64()) };
    let landmarks: Vec<Rational> = landmarks.iter().filter_map(|landmark| scaled(*landmark)).collect();
    format!("{}{name}", digits(exact, &landmarks, decimals))
}

#[derive(Clone, Copy)]
enum Decimals {
    AtLeast(u32),
    Significant(u32),
}

/// Digits that tell `value` from every landmark as the exact comparison does.
fn digits(value: Rational, landmarks: &[Rational], wanted: Decimals) -> String {
    let before = value.floor().unsigned_abs().to_string().len() as u32;
    let start = match wanted {
        Decimals::AtLeast(decimals) => decimals,
        Decimals::Significant(significant) => significant.saturating_sub(before),
    };
    for decimals in start..=MOST_DECIMALS {
        let Some(shown) = rounded(value, decimals) else { break };
        if landmarks.iter().all(|landmark| shown.cmp(landmark) == value.cmp(landmark)) {
            let Some(text) = fixed(value, decimals) else { break };
            // Zeros at the end say how exact the number is; they go where it is exact.
            let text = if shown.cmp(&value) == Ordering::Equal && text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            };
            return grouped(&text);
        }
    }
    value.to_f64().to_string()
}

/// The unit in which a value reads best: the target's if the number has one to four digits in it.
fn readable_unit(value: &Quantity, wanted: Option<Unit>) -> Unit {
    let magnitude = |unit: &Unit| value.value.over(unit.factor).map_or(0.0, |value| value.to_f64().abs());
    if let Some(unit) = wanted.filter(|unit| unit.dimension == value.dimension)
        && (value.value == Rational::ZERO || (1.0..10_000.0).contains(&magnitude(&unit)))
    {
        return unit;
    }
    // From which number of them on a unit is used.
    let ladder: &[(&str, f64)] = if value.dimension == Dimension::Size {
        &[("TB", 1.0), ("GB", 1.0), ("MB", 1.0), ("kB", 1.0), ("B", 0.0)]
    } else {
        &[("d", 2.0), ("h", 2.0), ("min", 2.0), ("s", 1.0), ("ms", 1.0), ("µs", 1.0), ("ns", 0.0)]
    };
    let fits =
        ladder.iter().find_map(|(name, from)| Unit::named(name).filter(|unit| magnitude(unit) >= *from));
    fits.unwrap_or(Unit::PLAIN)
}

/// The unit that a target was written in.
fn unit_of(target: &str) -> Option<Unit> {
    let name = target.trim_start_matches(|c: char| c.is_ascii_digit() || "+-._eE ".contains(c));
    Unit::named(name.trim())
}

/// Rounded to so many decimals, halves away from zero; `None` where it does not fit.
fn rounded(value: Rational, decimals: u32) -> Option<Rational> {
    let scale = 10i128.checked_pow(decimals)?;
    Rational::new(value.times(Rational::new(scale, 1)?)?.round(), scale)
}

/// The same as text, with exactly so many decimals.
fn fixed(value: Rational, decimals: u32) -> Option<String> {
    let scale = 10i128.checked_pow(decimals)?;
    let whole = value.times(Rational::new(scale, 1)?)?.round();
    let sign = if whole < 0 { "-" } else { "" };
    let (whole, scale) = (whole.unsigned_abs(), scale.unsigned_abs());
    if decimals == 0 {
        return Some(format!("{sign}{whole}"));
    }
    Some(format!("{sign}{}.{:0width$}", whole / scale, whole % scale, width = decimals as usize))
}

fn grouped(digits: &str) -> String {
    let (sign, rest) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (whole, fraction) =
        rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::from(sign);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        dimension: Dimension,
        value: (i128, i128),
        target: (i128, i128),
        target_text: &str,
        expected: &str,
    ) {
        let quantity = |(num, den)| Quantity { value: Rational::new(num, den).unwrap(), dimension };
        let value = Measured { quantity: quantity(value), approximate: false };
        assert_eq!(measured(&value, &quantity(target), None, target_text), expected);
    }

    #[test]
    fn rates_have_the_seeds_four_digits() {
        check(Dimension::Ratio, (246, 2407), (1, 20), "5%", "10.22%");
        check(Dimension::Ratio, (44, 2407), (1, 10), "10%", "1.83%");
        check(Dimension::Ratio, (1, 20), (1, 20), "5%", "5%");
        check(Dimension::Ratio, (0, 20), (1, 20), "5%", "0%");
    }

    #[test]
    fn a_shown_number_never_contradicts_the_verdict() {
        // 99.896 % breaks a promise of 99.9 %.
        check(Dimension::Ratio, (99_896, 100_000), (999, 1000), "99.9%", "99.896%");
        check(Dimension::Ratio, (999, 1000), (999, 1000), "99.9%", "99.9%");
        // One failure in ten million is not 100 %, and one success in ten million is not nothing.
        check(Dimension::Ratio, (9_999_999, 10_000_000), (999, 1000), "99.9%", "99.99999%");
        check(Dimension::Ratio, (1, 10_000_000), (1, 100), "1%", "0.00001%");
        check(Dimension::Duration, (400_000_001, 1_000_000_000), (2, 5), "400ms", "400.000001ms");
    }

    #[test]
    fn units() {
        check(Dimension::Duration, (29_734, 100_000), (2, 1), "2s", "297.34ms");
        check(Dimension::Duration, (3, 2), (2, 1), "2s", "1.5s");
        check(Dimension::Duration, (1, 3_000_000), (2, 1), "2s", "333.33ns");
        check(Dimension::Duration, (14_310, 1), (14_400, 1), "4h", "3.975h");
        check(Dimension::Duration, (0, 1), (2, 1), "2s", "0s");
        check(Dimension::Size, (1_500_000, 1), (1 << 30, 1), "1GiB", "1.5MB");
        check(Dimension::Size, (3 << 29, 1), (1 << 30, 1), "1 GiB", "1.5GiB");
        check(Dimension::Rate, (157, 3), (50, 1), "50/s", "52.333/s");
        check(Dimension::Plain, (1_234_567, 1), (0, 1), "0", "1,234,567");
        check(Dimension::Plain, (-4_001, 3), (0, 1), "0", "-1,333.7");
    }

    #[test]
    fn numbers_for_machines() {
        for (num, den, expected) in
            [(246, 2407, 0.102_201_911_092_646), (29_734, 100_000, 0.297_34), (0, 1, 0.0)]
        {
            assert_eq!(number(Rational::new(num, den).unwrap()).to_string(), f64::to_string(&expected));
        }
        assert_eq!(number(Rational::new(9_007_199_254_740_993, 1).unwrap()).to_string(), "9007199254740992");
        assert_eq!(
            number(Rational::new(1, 3_000_000_000).unwrap()).to_string(),
            "0.000000000333333333333333"
        );
    }
}
