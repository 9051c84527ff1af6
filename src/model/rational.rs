//! Exact fractions. Targets are rationals from their text; a decision compares two of them.
//!
//! Invariant: comparing never overflows and never rounds. It walks the continued fractions of both sides
//! (Euclid's algorithm) instead of multiplying crosswise.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZero;

/// A fraction in lowest terms with a positive denominator.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    num: i128,
    /// Positive; that it is not zero makes an `Option` of a fraction as small as the fraction.
    den: NonZero<i128>,
}

const ONE: NonZero<i128> = match NonZero::new(1) {
    Some(one) => one,
    None => unreachable!(),
};

impl Rational {
    /// Nothing.
    pub const ZERO: Rational = Rational::integer(0);
    /// The whole; 100 %.
    pub const ONE: Rational = Rational::integer(1);

    /// `num / den` in lowest terms; `None` for a zero denominator or one that cannot be negated.
    pub fn new(num: i128, den: i128) -> Option<Rational> {
        if den == 0 || den == i128::MIN || num == i128::MIN {
            return None;
        }
        let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
        let divisor = gcd(num.unsigned_abs(), den.unsigned_abs()) as i128;
        Rational::lowest(num / divisor, den / divisor)
    }

    /// A fraction in lowest terms with a positive denominator.
    fn lowest(num: i128, den: i128) -> Option<Rational> {
        Some(Rational { num, den: NonZero::new(den)? })
    }

    /// A whole number.
    pub const fn integer(value: i64) -> Rational {
        Rational { num: value as i128, den: ONE }
    }

    /// `part / whole` for counts; `None` when `whole` is zero.
    pub fn share(part: u64, whole: u64) -> Option<Rational> {
        Rational::new(i128::from(part), i128::from(whole))
    }

    /// The numerator, carrying the sign.
    pub fn num(self) -> i128 {
        self.num
    }

    /// The denominator, always positive.
    pub fn den(self) -> i128 {
        self.den.get()
    }

    /// The product, or `None` where it does not fit.
    pub fn times(self, other: Rational) -> Option<Rational> {
        // Cancelled crosswise first, so that only a result that is truly too large fails, and nothing is left to cancel.
        let a = gcd(self.num.unsigned_abs(), other.den().unsigned_abs()) as i128;
        let b = gcd(other.num.unsigned_abs(), self.den().unsigned_abs()) as i128;
        let num = (self.num / a).checked_mul(other.num / b)?;
        let den = (self.den() / b).checked_mul(other.den() / a)?;
        if num == i128::MIN { None } else { Rational::lowest(num, den) }
    }

    /// The quotient, or `None` where `other` is zero or the result does not fit.
    pub fn over(self, other: Rational) -> Option<Rational> {
        self.times(Rational::new(other.den(), other.num)?)
    }

    /// The sum, or `None` where it does not fit.
    pub fn plus(self, other: Rational) -> Option<Rational> {
        let divisor = gcd(self.den().unsigned_abs(), other.den().unsigned_abs()).max(1) as i128;
        let left = self.num.checked_mul(other.den() / divisor)?;
        let right = other.num.checked_mul(self.den() / divisor)?;
        Rational::new(left.checked_add(right)?, (self.den() / divisor).checked_mul(other.den())?)
    }

    /// The difference, or `None` where it does not fit.
    pub fn minus(self, other: Rational) -> Option<Rational> {
        self.plus(Rational { num: -other.num, den: other.den })
    }

    /// Numerator and denominator where both are short.
    fn small(self) -> Option<(i64, i64)> {
        Some((i64::try_from(self.num).ok()?, i64::try_from(self.den()).ok()?))
    }

    /// The largest whole number at or below.
    pub fn floor(self) -> i128 {
        self.num.div_euclid(self.den())
    }

    /// The smallest whole number at or above.
    pub fn ceil(self) -> i128 {
        -(-self.num).div_euclid(self.den())
    }

    /// Rounded to the nearest whole number, halves away from zero.
    pub fn round(self) -> i128 {
        let floor = self.floor();
        let rest = self.num - floor * self.den();
        let up = match rest.cmp(&(self.den() - rest)) {
            Ordering::Greater => true,
            Ordering::Equal => self.num > 0,
            Ordering::Less => false,
        };
        floor + i128::from(up)
    }

    /// For reading only: the nearest float.
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den() as f64
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        // Where the cross products fit, they are all it takes.
        if let (Some(a), Some(b)) = (self.small(), other.small()) {
            return (i128::from(a.0) * i128::from(b.1)).cmp(&(i128::from(b.0) * i128::from(a.1)));
        }
        let (mut a, mut b) = ((self.num, self.den()), (other.num, other.den()));
        let mut flipped = false;
        loop {
            let (p, q) = (a.0.div_euclid(a.1), b.0.div_euclid(b.1));
            let (r, s) = (a.0.rem_euclid(a.1), b.0.rem_euclid(b.1));
            let order = match p.cmp(&q) {
                // Whole parts agree: the remainders r/a.1 and s/b.1 decide, or rather their reciprocals, reversed.
                Ordering::Equal => match (r == 0, s == 0) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Less,
                    (false, true) => Ordering::Greater,
                    (false, false) => {
                        (a, b) = ((a.1, r), (b.1, s));
                        flipped = !flipped;
                        continue;
                    }
                },
                unequal => unequal,
            };
            return if flipped { order.reverse() } else { order };
        }
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den())
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        // Short numbers are many times faster.
        if let (Ok(a), Ok(b)) = (u64::try_from(a), u64::try_from(b)) {
            return u128::from(short_gcd(a, b));
        }
        (a, b) = (b, a % b);
    }
    a
}

/// Stein's algorithm: shifts and subtractions in place of divisions.
fn short_gcd(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        (a, b) = (a.min(b), a.abs_diff(b));
    }
    a << twos
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn r(num: i128, den: i128) -> Rational {
        Rational::new(num, den).unwrap()
    }

    #[test]
    fn equality_at_a_threshold_is_exact() {
        // 999/1000 against 99.9 %: the case that floats get wrong.
        assert!(r(999, 1000) >= r(999, 1000));
        assert!(r(998_999_999, 1_000_000_000) < r(999, 1000));
        // 1,440 times 99.9 averages exactly 99.9.
        assert_eq!(r(1440 * 999, 10 * 1440), r(999, 10));
    }

    #[test]
    fn extremes_compare_without_overflow() {
        let big = r(i128::MAX, i128::MAX - 1);
        let bigger = r(i128::MAX - 1, i128::MAX - 2);
        assert!(big < bigger);
        assert!(r(-i128::MAX, 1) < r(i128::MAX, 1));
    }

    #[test]
    fn rounding() {
        for (num, den, floor, ceil, round) in
            [(7, 2, 3, 4, 4), (-7, 2, -4, -3, -4), (5, 4, 1, 2, 1), (6, 3, 2, 2, 2)]
        {
            let x = r(num, den);
            assert_eq!((x.floor(), x.ceil(), x.round()), (floor, ceil, round), "{x:?}");
        }
    }

    proptest! {
        #[test]
        fn order_is_that_of_cross_multiplication(a in -10_000i128..10_000, b in 1i128..10_000, c in -10_000i128..10_000, d in 1i128..10_000) {
            prop_assert_eq!(r(a, b).cmp(&r(c, d)), (a * d).cmp(&(c * b)));
        }

        #[test]
        fn sums_and_products(a in -9_999i128..9_999, b in 1i128..9_999, c in -9_999i128..9_999, d in 1i128..9_999) {
            prop_assert_eq!(r(a, b).plus(r(c, d)).unwrap(), r(a * d + c * b, b * d));
            prop_assert_eq!(r(a, b).times(r(c, d)).unwrap(), r(a * c, b * d));
        }
    }
}
