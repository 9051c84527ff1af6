//! Numbers in cells: decimal, with an optional unit, exactly as written.

use crate::model::{Decimal, Unit};
use std::fmt;

/// Digits that a number may have: as many as always fit an `i128`.
pub const MAX_DIGITS: u32 = 38;

/// What stands before the fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DecimalMark {
    /// `99.9`
    #[default]
    Point,
    /// `99,9`, where `decimal: ","` was said.
    Comma,
}

/// Why a cell is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberFault {
    /// Not a number at all.
    NotANumber,
    /// `NaN`: neither above nor below anything.
    Nan,
    /// `inf`.
    Infinite,
    /// `1,234`, `1 234`, `1'234`: groups of thousands, or a decimal comma.
    Thousands,
    /// `99,9` where points are expected.
    DecimalComma,
    /// `99.9` where commas are expected.
    DecimalPoint,
    /// More digits than can be held.
    TooLong,
    /// `120` where every cell names its unit.
    NoUnit,
    /// `120ms` where no cell names a unit.
    UnexpectedUnit,
    /// `120 parsecs`.
    UnknownUnit,
}

impl fmt::Display for NumberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NumberFault::NotANumber => "not a number",
            NumberFault::Nan => "NaN is not a number",
            NumberFault::Infinite => "infinity is not a number to compare with",
            NumberFault::Thousands => {
                "a thousands separator, or a decimal comma: write the number without separators, or say \
                 --decimal comma (`decimal: \",\"` under `input:`) if the comma is the decimal mark"
            }
            NumberFault::DecimalComma => {
                "a decimal comma: say --decimal comma, or `decimal: \",\"` under `input:`"
            }
            NumberFault::DecimalPoint => "a decimal point, although a decimal comma was said",
            NumberFault::TooLong => "more than 38 digits",
            NumberFault::NoUnit => "a number without a unit among numbers with one",
            NumberFault::UnexpectedUnit => "a number with a unit among numbers without one",
            NumberFault::UnknownUnit => {
                "a unit that is not known: write ns, us, ms, s, min, h, d, B, kB, MB, KiB, MiB or %"
            }
        })
    }
}

impl std::error::Error for NumberFault {}

/// A plain number: sign, digits, at most one decimal mark, exponent; spaces around it do not matter.
pub fn decimal(cell: &[u8], mark: DecimalMark) -> Result<Decimal, NumberFault> {
    let text = cell.trim_ascii();
    let (number, rest) = leading(text, mark)?;
    if rest.is_empty() { Ok(number) } else { Err(fault_after(text, rest, mark)) }
}

/// A number with its unit: `120ms`, `0.12 s`, `99.9%`. Unit names are those of the rules, to the letter.
pub fn quantity(cell: &[u8], mark: DecimalMark) -> Result<(Decimal, Unit), NumberFault> {
    let text = cell.trim_ascii();
    let (number, rest) = leading(text, mark)?;
    if rest.is_empty() {
        return Err(NumberFault::NoUnit);
    }
    let name = std::str::from_utf8(rest.trim_ascii_start()).map_err(|_| NumberFault::NotANumber)?;
    match Unit::named(name) {
        Some(unit) => Ok((number, unit)),
        None => Err(match fault_after(text, rest, mark) {
            NumberFault::NotANumber if name.chars().all(char::is_alphabetic) => NumberFault::UnknownUnit,
            fault => fault,
        }),
    }
}

/// The number at the start of a text, and what follows it.
fn leading(text: &[u8], mark: DecimalMark) -> Result<(Decimal, &[u8]), NumberFault> {
    let point = match mark {
        DecimalMark::Point => b'.',
        DecimalMark::Comma => b',',
    };
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let whole = unsigned.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, after) = match &unsigned[whole..] {
        [first, rest @ ..] if *first == point => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (&rest[..digits], &rest[digits..])
        }
        rest => (&b""[..], rest),
    };
    if whole + fraction.len() == 0 {
        return Err(word_fault(unsigned));
    }
    let (exponent, rest) = exponent_of(after);
    let decimal = assemble(&unsigned[..whole], fraction, exponent).ok_or(NumberFault::TooLong)?;
    let sign = if negative { -1 } else { 1 };
    Ok((Decimal { mantissa: sign * decimal.mantissa, scale: decimal.scale }, rest))
}

/// `e-3` and what follows; no exponent is 0. One that is beyond any use saturates.
fn exponent_of(text: &[u8]) -> (i64, &[u8]) {
    let [b'e' | b'E', rest @ ..] = text else { return (0, text) };
    let (sign, digits) = match rest {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, rest),
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return (0, text);
    }
    let value = digits[..length]
        .iter()
        .fold(0i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    (sign * value, &digits[length..])
}

/// `whole.fraction × 10^exponent`; `None` where it has more digits than fit.
fn assemble(whole: &[u8], mut fraction: &[u8], exponent: i64) -> Option<Decimal> {
    let limit = MAX_DIGITS as usize;
    let leading_zeros = whole.iter().chain(fraction).take_while(|digit| **digit == b'0').count();
    // Zeros at the end of a long fraction carry nothing.
    while whole.len() + fraction.len() - leading_zeros.min(whole.len() + fraction.len()) > limit {
        fraction = fraction.strip_suffix(b"0")?;
    }
    let mut mantissa =
        whole.iter().chain(fraction).fold(0i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    let mut scale = i64::try_from(fraction.len()).ok()?.saturating_sub(exponent);
    if mantissa == 0 {
        return Some(Decimal { mantissa, scale: scale.clamp(0, i64::from(MAX_DIGITS)) as u32 });
    }
    while scale > i64::from(MAX_DIGITS) && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if scale < 0 {
        let shifted = 10i128.checked_pow(u32::try_from(-scale).ok()?)?.checked_mul(mantissa)?;
        return (shifted < 10i128.pow(MAX_DIGITS)).then_some(Decimal { mantissa: shifted, scale: 0 });
    }
    let scale = u32::try_from(scale).ok().filter(|scale| *scale <= MAX_DIGITS)?;
    Some(Decimal { mantissa, scale })
}

fn word_fault(text: &[u8]) -> NumberFault {
    let is = |words: &[&[u8]]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&[b"nan", b"nan%", b"#nan", b"1.#qnan", b"nanms"]) {
        NumberFault::Nan
    } else if is(&[b"inf", b"infinity", "∞".as_bytes()]) {
        NumberFault::Infinite
    } else {
        NumberFault::NotANumber
    }
}

/// What is wrong with a text whose number is followed by something else.
fn fault_after(text: &[u8], rest: &[u8], mark: DecimalMark) -> NumberFault {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if has_thousands(unsigned) {
        return NumberFault::Thousands;
    }
    let name = rest.trim_ascii_start();
    if std::str::from_utf8(name).is_ok_and(|name| Unit::named(name).is_some()) {
        return NumberFault::UnexpectedUnit;
    }
    let digits_only = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    match (mark, rest) {
        (DecimalMark::Point, [b',', fraction @ ..]) if digits_only(fraction) => NumberFault::DecimalComma,
        (DecimalMark::Comma, [b'.', fraction @ ..]) if digits_only(fraction) => NumberFault::DecimalPoint,
        _ => NumberFault::NotANumber,
    }
}

/// `1,234`, `12.345.678,9`, `1 234`, `1'234`, `1_234`: up to three digits, then groups of exactly three.
fn has_thousands(text: &[u8]) -> bool {
    let first = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(&separator) = text.get(first) else { return false };
    if !(1..=3).contains(&first) || !b",. '_".contains(&separator) {
        return false;
    }
    let mut at = first;
    let mut groups = 0;
    while text.get(at) == Some(&separator)
        && text.len() >= at + 4
        && text[at + 1..at + 4].iter().all(u8::is_ascii_digit)
        && !text.get(at + 4).is_some_and(u8::is_ascii_digit)
    {
        at += 4;
        groups += 1;
    }
    // What follows the groups may be a fraction or a unit, but not the same separator again.
    groups > 0 && text.get(at) != Some(&separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(cell: &str, mark: DecimalMark, expected: Result<(i128, u32), NumberFault>) {
        let found = decimal(cell.as_bytes(), mark).map(|number| (number.mantissa, number.scale));
        assert_eq!(found, expected, "{cell:?} {mark:?}");
    }

    #[test]
    fn plain_numbers() {
        use DecimalMark::Point;
        for (cell, expected) in [
            ("446", Ok((446, 0))),
            (" 446 ", Ok((446, 0))),
            ("-0.5", Ok((-5, 1))),
            ("+7", Ok((7, 0))),
            (".5", Ok((5, 1))),
            ("5.", Ok((5, 0))),
            ("007", Ok((7, 0))),
            ("12.50", Ok((1250, 2))),
            ("1200", Ok((1200, 0))),
            ("100.00", Ok((10000, 2))),
            ("0", Ok((0, 0))),
            ("0.00", Ok((0, 2))),
            ("-0", Ok((0, 0))),
            ("1e-3", Ok((1, 3))),
            ("1.5E3", Ok((1500, 0))),
            ("1.25e1", Ok((125, 1))),
            ("0e99999999999999999999", Ok((0, 0))),
            ("0.30000000000000004", Ok((30_000_000_000_000_004, 17))),
            ("1.00000000000000000000000000000000000000000000", Ok((10i128.pow(37), 37))),
        ] {
            check(cell, Point, expected);
        }
    }

    /// W14, W15: the row is rejected. W21, W22: never 999, never 1. W23: exact, never wrapped.
    #[test]
    fn refused_or_exact() {
        use DecimalMark::{Comma, Point};
        use NumberFault as F;
        for (id, cell, mark, expected) in [
            ("W14", "NaN", Point, Err(F::Nan)),
            ("W14", "-nan", Point, Err(F::Nan)),
            ("W15", "inf", Point, Err(F::Infinite)),
            ("W15", "-Infinity", Point, Err(F::Infinite)),
            ("W16", "", Point, Err(F::NotANumber)),
            ("W17", "-1", Point, Ok((-1, 0))),
            ("W18", "120ms", Point, Err(F::UnexpectedUnit)),
            ("W18", "0.12 s", Point, Err(F::UnexpectedUnit)),
            ("W20", "99.9%", Point, Err(F::UnexpectedUnit)),
            ("W21", "99,9", Point, Err(F::DecimalComma)),
            ("W21", "99,9", Comma, Ok((999, 1))),
            ("W21", "1,2345", Point, Err(F::DecimalComma)),
            ("W21", "99.9", Comma, Err(F::DecimalPoint)),
            ("W22", "1,234", Point, Err(F::Thousands)),
            ("W22", "1,234.5", Point, Err(F::Thousands)),
            ("W22", "-12,345,678", Point, Err(F::Thousands)),
            ("W22", "1 234", Point, Err(F::Thousands)),
            ("W22", "1'234", Point, Err(F::Thousands)),
            ("W22", "1_234", Point, Err(F::Thousands)),
            ("W22", "1.234,5", Comma, Err(F::Thousands)),
            ("W22", "1.234.567", Point, Err(F::Thousands)),
            ("W22", "1,234", Comma, Ok((1234, 3))),
            ("W23", "9007199254740993", Point, Ok((9_007_199_254_740_993, 0))),
            ("W23", "9223372036854775808", Point, Ok((9_223_372_036_854_775_808, 0))),
            ("W23", "99999999999999999999999999999999999999", Point, Ok((10i128.pow(38) - 1, 0))),
            ("W23", "100000000000000000000000000000000000000", Point, Err(F::TooLong)),
            ("W23", "1e38", Point, Err(F::TooLong)),
            ("W23", "1e-39", Point, Err(F::TooLong)),
            ("W23", "1e99999999999999999999", Point, Err(F::TooLong)),
            ("", "0x1F", Point, Err(F::NotANumber)),
            ("", "1.2.3", Point, Err(F::NotANumber)),
            ("", "--1", Point, Err(F::NotANumber)),
            ("", "1e", Point, Err(F::NotANumber)),
            ("", ".", Point, Err(F::NotANumber)),
            ("", "12x", Point, Err(F::NotANumber)),
            ("", "٣", Point, Err(F::NotANumber)),
        ] {
            let found = decimal(cell.as_bytes(), mark).map(|number| (number.mantissa, number.scale));
            assert_eq!(found, expected, "{id} {cell:?} {mark:?}");
        }
    }

    /// W18: 120 ms both; a number without a unit among them is refused.
    #[test]
    fn units_in_cells() {
        use NumberFault as F;
        for (cell, expected) in [
            ("120ms", Ok((120, 0, "ms"))),
            ("0.12 s", Ok((12, 2, "s"))),
            ("1e2us", Ok((100, 0, "us"))),
            ("99.9%", Ok((999, 1, "%"))),
            ("3 GiB", Ok((3, 0, "GiB"))),
            ("120", Err(F::NoUnit)),
            ("120 parsecs", Err(F::UnknownUnit)),
            ("1,234ms", Err(F::Thousands)),
            ("ms", Err(F::NotANumber)),
            ("nan", Err(F::Nan)),
            ("12 3", Err(F::NotANumber)),
        ] {
            let found = quantity(cell.as_bytes(), DecimalMark::Point)
                .map(|(number, unit)| (number.mantissa, number.scale, unit.name));
            assert_eq!(found, expected, "{cell:?}");
        }
        let value = |cell: &[u8]| {
            let (number, unit) = quantity(cell, DecimalMark::Point).unwrap();
            number.to_rational().unwrap().times(unit.factor).unwrap()
        };
        assert_eq!(value(b"120ms"), value(b"0.12s"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(mantissa in any::<i64>(), scale in 0usize..25) {
            let digits = format!("{:0width$}", mantissa.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let sign = if mantissa < 0 { "-" } else { "" };
            let number = decimal(format!("{sign}{whole}.{fraction}").as_bytes(), DecimalMark::Point).unwrap();
            let expected = Decimal { mantissa: i128::from(mantissa), scale: scale as u32 };
            prop_assert_eq!(number, expected);
        }

        #[test]
        fn an_exponent_moves_the_mark(mantissa in 1i64..1_000_000, exponent in -20i32..20) {
            let plain = decimal(format!("{mantissa}e{exponent}").as_bytes(), DecimalMark::Point).unwrap();
            let back = decimal(format!("{mantissa}").as_bytes(), DecimalMark::Point).unwrap();
            let ten = |power: i32| crate::model::Rational::new(10i128.pow(power as u32), 1).unwrap();
            let moved = if exponent < 0 {
                back.to_rational().unwrap().over(ten(-exponent))
            } else {
                back.to_rational().unwrap().times(ten(exponent))
            };
            prop_assert_eq!(plain.to_rational(), moved);
        }

        #[test]
        fn no_text_panics(text in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = decimal(&text, DecimalMark::Point);
            let _ = quantity(&text, DecimalMark::Comma);
        }
    }
}
