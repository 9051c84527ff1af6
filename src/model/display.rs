//! Numbers as people read them: units chosen by size, thousands separated, and always enough digits.
//!
//! Who calls it: `evaluate` for its sentences, renderers for their cells.
//!
//! Invariant: a number shown beside another stands on the same side of it as the exact number does. 99.896 % is
//! never shown as 99.9 % beside a target of 99.9 %.

use super::{Dimension, Quantity, Rational, Shown};
use std::cmp::Ordering;

/// Digits behind the point that are shown where nothing asks for more.
const DECIMALS: u32 = 2;
/// Leading digits that a number below 1 shows.
const SIGNIFICANT: u32 = 3;
/// No number is shown with more decimals than this.
const MAX_DECIMALS: u32 = 24;

/// A quantity with its unit: `297.34 ms`, `99.896 %`, `1,204`, `50.2/s`. It has as many digits as it takes to stand
/// on its side of `against`. Zeros at the end mean that the number was rounded; exact numbers end with their last digit.
pub fn quantity(value: Quantity, against: Option<Quantity>) -> String {
    let mut text = String::with_capacity(32);
    push_quantity(&mut text, value, against);
    text
}

fn push_quantity(text: &mut String, value: Quantity, against: Option<Quantity>) {
    let (factor, [before, unit]) = unit_for(value);
    let scaled = |number: Rational| number.times(factor).unwrap_or(number);
    let against = against.filter(|other| other.dimension == value.dimension).map(|other| scaled(other.value));
    push_number(text, scaled(value.value), against);
    text.push_str(before);
    text.push_str(unit);
}

/// How far a quantity lies from another, in the units of that and without a sign: `1.70 s`, `5.22 percentage points`.
pub fn distance(from: Quantity, to: Quantity) -> String {
    let difference = from.value.minus(to.value).unwrap_or(Rational::ZERO);
    let value = if difference < Rational::ZERO {
        Rational::ZERO.minus(difference).unwrap_or(difference)
    } else {
        difference
    };
    match from.dimension {
        Dimension::Ratio => {
            let mut text = number(value.times(Rational::integer(100)).unwrap_or(value), Some(Rational::ZERO));
            text.push_str(if text == "1" { " percentage point" } else { " percentage points" });
            text
        }
        _ => quantity(Quantity { value, ..to }, Some(Quantity { value: Rational::ZERO, ..to })),
    }
}

/// A number with thousands separated, and enough digits to stand on its side of `against`.
pub fn number(value: Rational, against: Option<Rational>) -> String {
    let mut text = String::with_capacity(32);
    push_number(&mut text, value, against);
    text
}

fn push_number(text: &mut String, value: Rational, against: Option<Rational>) {
    let mut decimals = usual_decimals(value);
    let mut shown = Rounded::to(value, decimals);
    if let Some(against) = against {
        let side = value.cmp(&against);
        while side != Ordering::Equal && shown.cmp(against) != side && decimals < MAX_DECIMALS {
            decimals += 1;
            shown = Rounded::to(value, decimals);
        }
    }
    shown.push_to(text);
}

/// A whole number with thousands separated: `2,407`.
pub fn count(value: impl Into<i128>) -> String {
    let mut text = String::with_capacity(16);
    push_count(&mut text, value.into());
    text
}

/// As [`count`], at the end of a text.
pub fn push_count(text: &mut String, value: i128) {
    if value < 0 {
        text.push('-');
    }
    push_digits(text, value.unsigned_abs(), 1, Thousands::Separated);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Thousands {
    Separated,
    Plain,
}

/// At least `width` digits.
fn push_digits(text: &mut String, value: u128, width: u32, thousands: Thousands) {
    // Every digit of 128 bits, or of the longest fraction, and separators.
    let mut digits = [b'0'; 56];
    let (mut at, mut rest, mut written) = (digits.len(), value, 0);
    while rest > 0 || written < width {
        if thousands == Thousands::Separated && written > 0 && written % 3 == 0 {
            at -= 1;
            digits[at] = b',';
        }
        let digit = match u64::try_from(rest) {
            // Much faster.
            Ok(short) => {
                rest = u128::from(short / 10);
                short % 10
            }
            Err(_) => {
                let digit = rest % 10;
                rest /= 10;
                digit as u64
            }
        };
        at -= 1;
        digits[at] = b'0' + digit as u8;
        written += 1;
    }
    // Always ASCII.
    text.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

/// What an input is called: its name, but that of `-`.
pub fn input(name: &str) -> &str {
    if name == "-" { "standard input" } else { name }
}

/// A plural noun after its count: `1 request`, `2 requests`.
pub fn counted(value: impl Into<i128>, noun: &str) -> String {
    let mut text = String::with_capacity(32);
    push_counted(&mut text, value.into(), noun);
    text
}

/// As [`counted`], at the end of a text.
pub fn push_counted(text: &mut String, value: i128, noun: &str) {
    push_count(text, value);
    text.push(' ');
    match value {
        1 => text.push_str(&singular(noun)),
        _ => text.push_str(noun),
    }
}

/// The singular of an English plural as rule files use them: `sessions`, `queries`, `batches`.
pub fn singular(noun: &str) -> String {
    let stem = |ending: &str| noun.strip_suffix(ending);
    if let Some(stem) = stem("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes", "zes"] {
        if noun.ends_with(ending) {
            return noun[..noun.len() - 2].to_owned();
        }
    }
    match stem("s") {
        Some(stem) if !stem.ends_with('s') => stem.to_owned(),
        _ => noun.to_owned(),
    }
}

/// What to multiply a quantity's base units with, and what to write behind, in two parts.
fn unit_for(quantity: Quantity) -> (Rational, [&'static str; 2]) {
    if let Shown::Per(unit) = quantity.shown {
        let unit = unit.unit();
        return (unit.factor, ["/", unit.name]);
    }
    let size = if quantity.value < Rational::ZERO {
        Rational::ZERO.minus(quantity.value).unwrap_or(quantity.value)
    } else {
        quantity.value
    };
    // (the smallest number of base units it serves, base units in one of it: numerator and denominator, suffix)
    let steps: &[(Rational, i128, i128, &'static str)] = match quantity.dimension {
        Dimension::Duration => &[
            (Rational::integer(172_800), 86_400, 1, " d"),
            (Rational::integer(7_200), 3_600, 1, " h"),
            (Rational::integer(120), 60, 1, " min"),
            (Rational::ONE, 1, 1, " s"),
            (Rational::ZERO, 1, 1_000, " ms"),
        ],
        Dimension::Size if quantity.shown == Shown::Binary => &[
            (Rational::integer(1 << 40), 1 << 40, 1, " TiB"),
            (Rational::integer(1 << 30), 1 << 30, 1, " GiB"),
            (Rational::integer(1 << 20), 1 << 20, 1, " MiB"),
            (Rational::integer(1 << 10), 1 << 10, 1, " KiB"),
            (Rational::ZERO, 1, 1, " B"),
        ],
        Dimension::Size => &[
            (Rational::integer(1_000_000_000_000), 1_000_000_000_000, 1, " TB"),
            (Rational::integer(1_000_000_000), 1_000_000_000, 1, " GB"),
            (Rational::integer(1_000_000), 1_000_000, 1, " MB"),
            (Rational::integer(1_000), 1_000, 1, " kB"),
            (Rational::ZERO, 1, 1, " B"),
        ],
        Dimension::Ratio => &[(Rational::ZERO, 1, 100, " %")],
        Dimension::Plain => &[(Rational::ZERO, 1, 1, "")],
        Dimension::Rate => &[(Rational::ONE, 1, 1, "/s"), (Rational::ZERO, 1, 60, "/min")],
    };
    let fallback = (Rational::ONE, "");
    let mut chosen =
        steps.iter().find(|(least, ..)| size >= *least).map_or(fallback, |(_, num, den, suffix)| {
            (Rational::new(*den, *num).unwrap_or(Rational::ONE), *suffix)
        });
    // Below a microsecond and a millisecond the smaller units read better; zero stays `0 ms`.
    if quantity.dimension == Dimension::Duration && size > Rational::ZERO {
        for (least, factor, suffix) in [(1_000, 1_000_000, " µs"), (1_000_000, 1_000_000_000, " ns")] {
            if Rational::new(1, least).is_some_and(|least| size < least) {
                chosen = (Rational::integer(factor), suffix);
            }
        }
    }
    (chosen.0, [chosen.1, ""])
}

/// Two decimals; for numbers below 1 as many as show three leading digits.
fn usual_decimals(value: Rational) -> u32 {
    let size = value.num().unsigned_abs();
    let den = value.den().unsigned_abs();
    if size == 0 || size >= den {
        return DECIMALS;
    }
    // The quotient den / size is above 1; its number of digits tells the zeros behind the point.
    let zeros = (den / size).ilog10();
    DECIMALS.max((zeros + SIGNIFICANT).min(MAX_DECIMALS))
}

/// Quotient and remainder; short numbers divide many times faster.
fn divided(num: i128, den: i128) -> (i128, i128) {
    match (i64::try_from(num), i64::try_from(den)) {
        (Ok(num), Ok(den)) if den > 0 => (i128::from(num / den), i128::from(num % den)),
        _ => (num / den, num % den),
    }
}

/// A number to so many decimals.
struct Rounded {
    /// In units of the last decimal.
    units: i128,
    decimals: u32,
    /// Nothing was rounded away.
    exact: bool,
}

impl Rounded {
    /// Halves go away from zero. Where the digits do not fit, there are fewer decimals.
    fn to(value: Rational, decimals: u32) -> Rounded {
        let (num, den) = (value.num(), value.den());
        (0..=decimals)
            .rev()
            .find_map(|decimals| {
                let scaled = num.checked_mul(10i128.checked_pow(decimals)?)?;
                let (whole, rest) = divided(scaled, den);
                let up = rest.unsigned_abs() >= den.unsigned_abs() - rest.unsigned_abs() && rest != 0;
                Some(Rounded {
                    units: whole + if up { scaled.signum() } else { 0 },
                    decimals,
                    exact: rest == 0,
                })
            })
            // Without decimals the numerator always fits.
            .unwrap_or(Rounded { units: value.round(), decimals: 0, exact: false })
    }

    fn cmp(&self, against: Rational) -> Ordering {
        let scale = 10i128.pow(self.decimals);
        let products = self.units.checked_mul(against.den()).zip(against.num().checked_mul(scale));
        match products {
            Some((mine, theirs)) => mine.cmp(&theirs),
            None => Rational::new(self.units, scale).map_or(Ordering::Equal, |shown| shown.cmp(&against)),
        }
    }

    /// Zeros at the end are left out where nothing was rounded.
    fn push_to(&self, text: &mut String) {
        let scale = 10u128.pow(self.decimals);
        let (whole, rest) = (self.units.unsigned_abs() / scale, self.units.unsigned_abs() % scale);
        if self.units < 0 {
            text.push('-');
        }
        push_digits(text, whole, 1, Thousands::Separated);
        if self.decimals > 0 {
            text.push('.');
            push_digits(text, rest, self.decimals, Thousands::Plain);
            if self.exact {
                text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;

    fn q(num: i128, den: i128, dimension: Dimension) -> Quantity {
        Quantity::new(Rational::new(num, den).unwrap(), dimension)
    }

    fn per(num: i128, den: i128, unit: &str) -> Quantity {
        let shown = Shown::per(Unit::named(unit).unwrap());
        Quantity { shown, ..q(num, den, Dimension::Rate) }
    }

    #[test]
    fn units_by_size() {
        for (num, den, dimension, text) in [
            (29_734, 100_000, Dimension::Duration, "297.34 ms"),
            (1_702_663, 1_000_000, Dimension::Duration, "1.70 s"),
            (2, 1, Dimension::Duration, "2 s"),
            (17, 10, Dimension::Duration, "1.7 s"),
            (0, 1, Dimension::Duration, "0 ms"),
            (1, 2_000_000, Dimension::Duration, "500 ns"),
            (1, 2_000, Dimension::Duration, "500 µs"),
            (1_800, 1, Dimension::Duration, "30 min"),
            (21_600, 1, Dimension::Duration, "6 h"),
            (604_800, 1, Dimension::Duration, "7 d"),
            (-1, 5, Dimension::Duration, "-200 ms"),
            (246, 2_407, Dimension::Ratio, "10.22 %"),
            (1, 20, Dimension::Ratio, "5 %"),
            (1, 81_300, Dimension::Ratio, "0.00123 %"),
            (1_204, 1, Dimension::Plain, "1,204"),
            (1_234_567, 1, Dimension::Plain, "1,234,567"),
            (94, 100, Dimension::Plain, "0.94"),
            (1_500_000, 1, Dimension::Size, "1.5 MB"),
            (251, 5, Dimension::Rate, "50.2/s"),
            (1, 2, Dimension::Rate, "30/min"),
        ] {
            assert_eq!(quantity(q(num, den, dimension), None), text);
        }
    }

    /// W26: rounded for display.
    #[test]
    fn w26_enough_digits_to_see_the_verdict() {
        for (num, den, target_num, target_den, text) in [
            (99_896, 100_000, 999, 1_000, "99.896 %"),
            (99_899_999, 100_000_000, 999, 1_000, "99.899999 %"),
            (999, 1_000, 999, 1_000, "99.9 %"),
            (1, 3, 1, 3, "33.33 %"),
            (50_001, 1_000_000, 1, 20, "5.0001 %"),
        ] {
            let target = q(target_num, target_den, Dimension::Ratio);
            assert_eq!(quantity(q(num, den, Dimension::Ratio), Some(target)), text);
        }
    }

    #[test]
    fn distances() {
        assert_eq!(distance(q(29_734, 100_000, Dimension::Duration), q(2, 1, Dimension::Duration)), "1.70 s");
        assert_eq!(distance(q(6, 100, Dimension::Ratio), q(5, 100, Dimension::Ratio)), "1 percentage point");
        assert_eq!(
            distance(q(246, 2_407, Dimension::Ratio), q(5, 100, Dimension::Ratio)),
            "5.22 percentage points"
        );
        assert_eq!(distance(per(5, 4, "s"), per(1, 1, "s")), "0.25/s");
        let gib = |num: i128, den| Quantity { shown: Shown::Binary, ..q(num << 30, den, Dimension::Size) };
        assert_eq!(distance(gib(5, 2), gib(2, 1)), "512 MiB");
    }

    #[test]
    fn the_units_of_the_target() {
        let binary =
            |bytes| quantity(Quantity { shown: Shown::Binary, ..q(bytes, 1, Dimension::Size) }, None);
        assert_eq!(binary(24 << 30), "24 GiB");
        // 23,509,000,000 / 1,073,741,824 = 21.894...
        assert_eq!(binary(23_509_000_000), "21.89 GiB");
        assert_eq!(binary((1 << 20) - 512), "1,023.5 KiB");
        assert_eq!(binary(1_023), "1,023 B");
        assert_eq!(binary(-(3 << 40)), "-3 TiB");
        // 17.85 a minute are 0.2975 a second and 1,071 an hour.
        assert_eq!(quantity(per(1_785, 6_000, "s"), Some(per(1, 1, "s"))), "0.298/s");
        assert_eq!(quantity(per(1_785, 6_000, "h"), None), "1,071/h");
        assert_eq!(quantity(per(50, 3, "min"), None), "1,000/min");
        // 0.9999 a second miss one a second.
        assert_eq!(quantity(per(9_999, 10_000, "s"), Some(per(1, 1, "s"))), "0.9999/s");
    }

    #[test]
    fn nouns() {
        for (plural, one) in [
            ("requests", "request"),
            ("queries", "query"),
            ("batches", "batch"),
            ("people", "people"),
            ("boxes", "box"),
        ] {
            assert_eq!(singular(plural), one);
        }
        assert_eq!(counted(1, "requests"), "1 request");
        assert_eq!(counted(1i128 << 64, "requests"), "18,446,744,073,709,551,616 requests");
        assert_eq!(counted(2_407, "requests"), "2,407 requests");
        assert_eq!(counted(0, "sessions"), "0 sessions");
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (num, den, text) in [
            (5, 1000, "0.005"),
            (1005, 1000, "1.01"),
            (-1005, 1000, "-1.01"),
            (1004, 1000, "1.00"),
            (-1, 3, "-0.333"),
        ] {
            assert_eq!(number(Rational::new(num, den).unwrap(), None), text);
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        let huge = Rational::new(i128::MAX, 3).unwrap();
        assert!(number(huge, Some(Rational::ONE)).len() > 40);
        let tiny = Rational::new(1, i128::MAX).unwrap();
        assert!(number(tiny, Some(Rational::ZERO)).starts_with("0.000"));
    }
}
