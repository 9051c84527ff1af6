//! Round targets a little above what was measured: what a person would have written.

use crate::model::{Dimension, Quantity, Rational, Shown, Unit};

/// Shares, in hundredths of a percent.
const SHARES: [i64; 19] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 3_000, 5_000, 7_500, 8_000, 9_000, 9_500, 9_900, 10_000,
];

/// Lengths of time above a minute, where steps of ten make no sense: how many of which unit.
const LONG: [(i64, &str); 20] = [
    (1, "min"),
    (2, "min"),
    (5, "min"),
    (10, "min"),
    (20, "min"),
    (30, "min"),
    (1, "h"),
    (2, "h"),
    (4, "h"),
    (8, "h"),
    (12, "h"),
    (1, "d"),
    (2, "d"),
    (5, "d"),
    (10, "d"),
    (20, "d"),
    (50, "d"),
    (100, "d"),
    (200, "d"),
    (500, "d"),
];

/// The next round target at least a tenth above the measured value, as rules write it; `None` where there is none that
/// could ever be missed (a share above 99 %), or for a negative value.
pub(super) fn target_above(measured: &Quantity) -> Option<String> {
    let wanted = measured.value.times(Rational::new(11, 10)?)?;
    if wanted < Rational::ZERO {
        return None;
    }
    match measured.dimension {
        Dimension::Ratio => {
            let step =
                SHARES.into_iter().find(|step| Rational::new(i128::from(*step), 10_000) >= Some(wanted))?;
            // 100 % is kept by anything.
            (step < 10_000).then(|| format!("{}%", hundredths(step)))
        }
        Dimension::Duration => duration(wanted),
        Dimension::Size if measured.shown == Shown::Binary => binary(wanted),
        Dimension::Size => scaled(wanted, &["B", "kB", "MB", "GB", "TB"]),
        Dimension::Plain => one_two_five(wanted).map(|(digit, power)| decimal(digit, power)),
        Dimension::Rate => None,
    }
}

fn duration(wanted: Rational) -> Option<String> {
    if wanted <= Rational::integer(50) {
        return scaled(wanted, &["ns", "us", "ms", "s"]);
    }
    let (count, unit) = LONG.into_iter().find(|(count, unit)| {
        Unit::named(unit)
            .and_then(|unit| unit.factor.times(Rational::integer(*count)))
            .is_some_and(|step| step >= wanted)
    })?;
    Some(format!("{count}{unit}"))
}

/// The step in the largest of the units in which it is at least 1.
fn scaled(wanted: Rational, units: &[&str]) -> Option<String> {
    let smallest = Unit::named(units.first()?)?.factor;
    let wanted = if wanted < smallest { smallest } else { wanted };
    let (digit, power) = one_two_five(wanted)?;
    let step = Rational::integer(digit).times(ten_to(power)?)?;
    let (name, count) = units.iter().rev().find_map(|name| {
        let count = step.over(Unit::named(name)?.factor)?;
        (count >= Rational::ONE).then_some((name, count))
    })?;
    Some(format!("{}{name}", count.round()))
}

/// The step of the largest unit that is no more than what is wanted: powers of 1024 have no round steps in common.
fn binary(wanted: Rational) -> Option<String> {
    let (name, count) = ["TiB", "GiB", "MiB", "KiB", "B"].into_iter().find_map(|name| {
        let count = wanted.over(Unit::named(name)?.factor)?;
        (count >= Rational::ONE || name == "B").then_some((name, count))
    })?;
    let (digit, power) = one_two_five(if count < Rational::ONE { Rational::ONE } else { count })?;
    Some(format!("{}{name}", decimal(digit, power)))
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least as large.
fn one_two_five(wanted: Rational) -> Option<(i64, i32)> {
    if wanted == Rational::ZERO {
        return Some((1, 0));
    }
    let mut power = -12;
    loop {
        for digit in [1, 2, 5] {
            if Rational::integer(digit).times(ten_to(power)?)? >= wanted {
                return Some((digit, power));
            }
        }
        power += 1;
    }
}

fn ten_to(power: i32) -> Option<Rational> {
    let ten = 10i128.checked_pow(power.unsigned_abs())?;
    if power < 0 { Rational::new(1, ten) } else { Rational::new(ten, 1) }
}

fn decimal(digit: i64, power: i32) -> String {
    let zeros = "0".repeat(power.unsigned_abs() as usize);
    if power >= 0 { format!("{digit}{zeros}") } else { format!("0.{}{digit}", &zeros[1..]) }
}

/// Hundredths of a percent, without zeros at the end.
fn hundredths(step: i64) -> String {
    let text = format!("{}.{:02}", step / 100, step % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dimension::{Duration, Plain, Ratio, Size};

    #[test]
    fn the_next_round_target() {
        let check = |num: i128, den: i128, dimension, expected: Option<&str>| {
            let measured = Quantity::new(Rational::new(num, den).unwrap(), dimension);
            assert_eq!(target_above(&measured).as_deref(), expected, "{num}/{den}");
        };
        check(0, 1, Ratio, Some("0.01%"));
        check(1, 1000, Ratio, Some("0.2%"));
        check(1, 100, Ratio, Some("2%"));
        check(246, 2407, Ratio, Some("20%"));
        check(92, 100, Ratio, None);
        check(412, 1000, Duration, Some("500ms"));
        // 480 ms and a tenth are 528 ms.
        check(480, 1000, Duration, Some("1s"));
        check(0, 1, Duration, Some("1ns"));
        check(3, 1_000_000, Duration, Some("5us"));
        check(40, 1, Duration, Some("50s"));
        check(50, 1, Duration, Some("1min"));
        check(3_000, 1, Duration, Some("1h"));
        check(14_000, 1, Duration, Some("8h"));
        check(1_700_000, 1, Size, Some("2MB"));
        let binary =
            |bytes| Quantity { shown: Shown::Binary, ..Quantity::new(Rational::integer(bytes), Size) };
        // A tenth more than 24 GiB are 26.4 GiB, than 900 MiB 990 MiB.
        assert_eq!(target_above(&binary(24 << 30)).as_deref(), Some("50GiB"));
        assert_eq!(target_above(&binary(900 << 20)).as_deref(), Some("1000MiB"));
        assert_eq!(target_above(&binary(0)).as_deref(), Some("1B"));
        check(85, 1, Plain, Some("100"));
        check(4, 100, Plain, Some("0.05"));
        check(0, 1, Plain, Some("1"));
        check(-3, 1, Plain, None);
    }
}
