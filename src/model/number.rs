//! Numbers with units, held exactly.
//!
//! One fixed point serves every column: a sum is a whole number of *billionths of the base unit*
//! ([`NANOS`]). The base units are the second, the byte, the ratio (1 = 100 %) and, for plain numbers, 1.
//! A duration is thereby counted in nanoseconds.

use super::Rational;
use super::word::words;
use std::hash::{Hash, Hasher};

/// Sums and extremes are counted in this many parts of the base unit.
pub const NANOS: i64 = 1_000_000_000;

/// What a number measures. Numbers of different dimensions never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// Base unit: the second.
    Duration,
    /// Base unit: the byte.
    Size,
    /// Base unit: 1, which is 100 %.
    Ratio,
    /// No unit.
    Plain,
    /// Base unit: one per second.
    Rate,
}

words! {
    /// Its word in the history.
    Dimension::word {
        Duration: "duration",
        Size: "size",
        Ratio: "ratio",
        Plain: "plain",
        Rate: "rate",
    }
}

/// A number with its dimension, in base units. Two that are the same amount are equal, whatever they are shown in.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    /// The value in base units.
    pub value: Rational,
    /// What it measures.
    pub dimension: Dimension,
    /// What it is shown in. What is measured takes over that of its target, so that the two can be compared by eye.
    pub shown: Shown,
}

impl Quantity {
    /// Shown in the units that its size asks for.
    pub fn new(value: Rational, dimension: Dimension) -> Quantity {
        Quantity { value, dimension, shown: Shown::BySize }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        (self.value, self.dimension) == (other.value, other.dimension)
    }
}

impl Eq for Quantity {}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.value, self.dimension).hash(state);
    }
}

/// Which units of its dimension a quantity is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Those that its size asks for; sizes by powers of 1000.
    BySize,
    /// Sizes by powers of 1024.
    Binary,
    /// Rates per this unit of time.
    Per(KnownUnit),
}

impl Shown {
    /// Rates per a unit of time.
    pub fn per(unit: Unit) -> Shown {
        let at = UNITS.iter().position(|(name, ..)| *name == unit.name);
        at.and_then(|at| u8::try_from(at).ok()).map_or(Shown::BySize, |at| Shown::Per(KnownUnit(at)))
    }
}

/// A unit by its place among those that rules may use: one byte, because every number of a report may carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KnownUnit(u8);

impl KnownUnit {
    /// The unit.
    pub fn unit(self) -> Unit {
        UNITS.get(usize::from(self.0)).and_then(|(name, ..)| Unit::named(name)).unwrap_or(Unit::PLAIN)
    }
}

/// A unit as it is written: its name and how many base units it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// As written: `ms`, `%`, `GiB`; empty for plain numbers.
    pub name: &'static str,
    /// What it measures.
    pub dimension: Dimension,
    /// Base units in one of it.
    pub factor: Rational,
}

const fn unit(name: &'static str, dimension: Dimension, factor: Rational) -> Unit {
    Unit { name, dimension, factor }
}

/// Every unit that rules and cells may use. Sizes: `kB`, `MB` … are powers of 1000, `KiB`, `MiB` … of 1024
/// (IEC 80000-13); a single `B` is a byte.
const UNITS: [(&str, Dimension, i64, i64); 25] = [
    ("ns", Dimension::Duration, 1, 1_000_000_000),
    ("us", Dimension::Duration, 1, 1_000_000),
    ("µs", Dimension::Duration, 1, 1_000_000),
    ("μs", Dimension::Duration, 1, 1_000_000),
    ("ms", Dimension::Duration, 1, 1_000),
    ("s", Dimension::Duration, 1, 1),
    ("sec", Dimension::Duration, 1, 1),
    ("m", Dimension::Duration, 60, 1),
    ("min", Dimension::Duration, 60, 1),
    ("h", Dimension::Duration, 3_600, 1),
    ("d", Dimension::Duration, 86_400, 1),
    ("w", Dimension::Duration, 604_800, 1),
    ("B", Dimension::Size, 1, 1),
    ("bytes", Dimension::Size, 1, 1),
    ("kB", Dimension::Size, 1_000, 1),
    ("KB", Dimension::Size, 1_000, 1),
    ("MB", Dimension::Size, 1_000_000, 1),
    ("GB", Dimension::Size, 1_000_000_000, 1),
    ("TB", Dimension::Size, 1_000_000_000_000, 1),
    ("KiB", Dimension::Size, 1 << 10, 1),
    ("MiB", Dimension::Size, 1 << 20, 1),
    ("GiB", Dimension::Size, 1 << 30, 1),
    ("TiB", Dimension::Size, 1 << 40, 1),
    ("%", Dimension::Ratio, 1, 100),
    ("ratio", Dimension::Ratio, 1, 1),
];

impl Unit {
    /// Numbers that carry no unit.
    pub const PLAIN: Unit = unit("", Dimension::Plain, Rational::ONE);
    /// A share of 1.
    pub const RATIO: Unit = unit("ratio", Dimension::Ratio, Rational::ONE);

    /// The unit of that exact name. Case matters: `MB` is a size and `mb` is nothing.
    pub fn named(name: &str) -> Option<Unit> {
        let (name, dimension, num, den) = UNITS.into_iter().find(|(known, ..)| *known == name)?;
        Some(unit(name, dimension, Rational::new(i128::from(num), i128::from(den))?))
    }

    /// What numbers that are written in it are shown in.
    pub fn shown(self) -> Shown {
        if self.name.ends_with("iB") { Shown::Binary } else { Shown::BySize }
    }

    /// All names, for messages and the JSON Schema.
    pub fn names() -> impl Iterator<Item = &'static str> {
        UNITS.into_iter().map(|(name, ..)| name)
    }
}

/// A decimal number as written: `mantissa × 10^-scale`, nothing lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// All its digits.
    pub mantissa: i128,
    /// How many of them stand behind the decimal point.
    pub scale: u32,
}

impl Decimal {
    /// The exact value; `None` where ten to the scale does not fit.
    pub fn to_rational(self) -> Option<Rational> {
        Rational::new(self.mantissa, 10i128.checked_pow(self.scale)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_by_name() {
        assert_eq!(Unit::named("ms").unwrap().factor, Rational::new(1, 1000).unwrap());
        assert_eq!(Unit::named("GiB").unwrap().factor, Rational::integer(1_073_741_824));
        assert_eq!(Unit::named("%").unwrap().factor, Rational::new(1, 100).unwrap());
        assert_eq!(Unit::named("mb"), None);
    }
}
