//! Numbers of results: beside their target for people, and as plain numbers for machines.

use crate::model::{Dimension, Measured, Quantity, Rational, display};

/// The measured value: `10.22 %`, `≈ 412 ms`. It has as many digits as it takes to stand on its side of the target
/// and of the preference; and only what is exactly 100 % is shown as that.
pub fn measured(measured: &Measured, target: &Quantity, prefer: Option<&Quantity>) -> String {
    let whole = Quantity::new(Rational::ONE, Dimension::Ratio);
    let landmarks = [Some(*target), prefer.copied(), Some(whole)];
    let texts = landmarks
        .into_iter()
        .flatten()
        .map(|landmark| display::quantity(measured.quantity(), Some(landmark)));
    // More digits never bring a number back to the other side.
    let shown = texts.max_by_key(String::len).unwrap_or_default();
    if measured.approximate { format!("≈ {shown}") } else { shown }
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

/// Rounded to so many decimals, as text; `None` where the digits do not fit.
fn fixed(value: Rational, decimals: u32) -> Option<String> {
    let scale = 10i128.checked_pow(decimals)?;
    let whole = value.times(Rational::new(scale, 1)?)?.round();
    let sign = if whole < 0 { "-" } else { "" };
    let (whole, scale) = (whole.unsigned_abs(), scale.unsigned_abs());
    let fraction = format!("{:0width$}", whole % scale, width = decimals as usize);
    Some(format!("{sign}{}.{fraction}", whole / scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: (i128, i128), target: (i128, i128), prefer: Option<(i128, i128)>, expected: &str) {
        let quantity = |(num, den)| Quantity::new(Rational::new(num, den).unwrap(), Dimension::Ratio);
        let value = Measured::exact(quantity(value));
        assert_eq!(measured(&value, &quantity(target), prefer.map(quantity).as_ref()), expected);
    }

    #[test]
    fn a_shown_number_never_contradicts_the_verdict() {
        check((246, 2407), (1, 20), None, "10.22 %");
        // 99.896 % breaks a promise of 99.9 %, and 99.949 % a preference of 99.95 %.
        check((99_896, 100_000), (999, 1000), None, "99.896 %");
        check((999_496, 1_000_000), (999, 1000), Some((9995, 10_000)), "99.9496 %");
        // One failure in ten million is not 100 %.
        check((9_999_999, 10_000_000), (999, 1000), None, "99.99999 %");
        check((1, 1), (999, 1000), None, "100 %");
    }

    #[test]
    fn approximate_values_are_marked() {
        let second = Quantity::new(Rational::ONE, Dimension::Duration);
        assert_eq!(
            measured(&Measured { approximate: true, ..Measured::exact(second) }, &second, None),
            "≈ 1 s"
        );
    }

    #[test]
    fn numbers_for_machines() {
        let check = |num, den, expected: &str| {
            assert_eq!(number(Rational::new(num, den).unwrap()).to_string(), expected);
        };
        // 246 / 2407 = 0.10220191109264644786…
        check(246, 2407, "0.102201911092646");
        check(29_734, 100_000, "0.29734");
        check(-1, 3, "-0.333333333333333");
        check(0, 1, "0");
        check(12_345_678, 1, "12345678");
        check(1, 3_000_000_000, "0.000000000333333333333333");
    }
}
