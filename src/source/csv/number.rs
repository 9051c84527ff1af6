//! A column of numbers: cells to integers at the column's scale, or exactly.

use super::batch::Batch;
use super::kernel::{Column, Kernel, Scale, UNREAD};
use crate::model::{NANOS, ProblemKind, Rational};
use crate::plan::{Limit, Number, NumberSource, Plan, Range, Side, is_blank};
use crate::source::cell::{DecimalMark, ReadTime, TimeReader, decimal, quantity};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Stands for a missing number: larger than every limit.
pub(super) const MISSING: i64 = i64::MAX;
/// Numbers at or beyond are left to the exact path, which keeps them apart from [`MISSING`] and from overflow.
const LARGEST: i64 = 1 << 62;

/// Why a row cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: ProblemKind,
    /// Of the schema; `None` is the row as a whole.
    pub column: Option<usize>,
    /// A fragment for people.
    pub message: String,
}

/// One number of the plan, ready to read.
pub(super) struct NumberLane {
    number: Number,
    /// Billionths of the base unit in one of the lane's integers.
    pub(super) nanos: i128,
    scale: Scale,
    mark: DecimalMark,
    input: Input,
    /// The largest integer that can be, for shares.
    ceiling: Option<i64>,
}

/// [`NumberSource`] with the fields of this file and its readers.
enum Input {
    Cell { column: usize, field: usize, own_units: bool },
    Between { from: Times, to: Times, open_until: Option<i64> },
    Clock { times: Times, zone: Option<TimeZone> },
}

struct Times {
    column: usize,
    field: usize,
    reader: TimeReader,
}

impl Times {
    fn read(&self, batch: &Batch<'_>, row: usize) -> Result<Option<i64>, Fault> {
        let text = batch.text(row, self.field);
        if is_blank(&text) {
            return Ok(None);
        }
        let fault =
            |message: String| Fault { kind: ProblemKind::BadTime, column: Some(self.column), message };
        match self.reader.read(&text) {
            Ok(ReadTime::At(instant)) => Ok(Some(instant)),
            Ok(ReadTime::Unsettled) => {
                Err(fault(format!("{}: day or month first is not settled", quoted(&text))))
            }
            Err(error) => Err(fault(format!("{}: {error}", quoted(&text)))),
        }
    }
}

/// A cell as messages show it: at most forty characters, without control characters.
pub(super) fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().count() > 40 {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

impl NumberLane {
    /// `position` maps columns of the schema to fields of the file.
    pub(super) fn new(number: &Number, plan: &Plan, position: &[usize]) -> Result<NumberLane, String> {
        let times = |(column, format): &(usize, _)| -> Result<Times, String> {
            Ok(Times { column: *column, field: position[*column], reader: TimeReader::new(format)? })
        };
        let input = match &number.source {
            NumberSource::Cell { column, own_units } => {
                Input::Cell { column: *column, field: position[*column], own_units: *own_units }
            }
            NumberSource::Between { from, to, open_until } => {
                Input::Between { from: times(from)?, to: times(to)?, open_until: *open_until }
            }
            NumberSource::Clock { column, format, zone } => {
                let zone = match zone {
                    Some(name) => Some(TimeZone::get(name).map_err(|error| error.to_string())?),
                    None => None,
                };
                Input::Clock { times: times(&(*column, format.clone()))?, zone }
            }
        };
        let mark = if plan.decimal_comma { DecimalMark::Comma } else { DecimalMark::Point };
        let one = 10i64.pow(number.digits.min(9));
        let ceiling = match number.range {
            Range::Share => number
                .unit
                .factor
                .over(Rational::integer(one))
                .and_then(|step| i64::try_from(Rational::ONE.over(step)?.floor()).ok()),
            _ => None,
        };
        let nanos = number.nanos_per_step();
        let byte = if plan.decimal_comma { b',' } else { b'.' };
        Ok(NumberLane {
            number: number.clone(),
            nanos,
            scale: Scale::new(number.digits, byte),
            mark,
            input,
            ceiling,
        })
    }

    /// The integer that a limit becomes: a value exceeds the limit exactly if its integer is greater. The plan has no
    /// limit whose steps do not fit.
    pub(super) fn edge(&self, limit: Limit) -> i64 {
        let steps = self.number.steps(limit.at).unwrap_or(Rational::ZERO);
        let edge = match limit.side {
            Side::AtMost => steps.floor(),
            Side::Below => steps.ceil() - 1,
        };
        edge.clamp(i128::from(i64::MIN), i128::from(LARGEST)) as i64
    }

    /// Reads the column of a batch. Rows whose number only the exact path can read or judge are marked `odd`; whether
    /// any number is missing is the result.
    pub(super) fn read(
        &self,
        kernel: Kernel,
        batch: &Batch<'_>,
        column: &mut Column,
        out: &mut [i64],
        odd: &mut [u8],
    ) -> bool {
        let mut missing = false;
        match &self.input {
            Input::Cell { field, own_units: false, .. } => {
                kernel.digits(&batch.cells, *field, column);
                if kernel.numbers(&column.first, &column.len, &self.scale, out) {
                    for row in 0..out.len() {
                        if out[row] == UNREAD {
                            self.read_slowly(batch, row, &mut out[row], &mut odd[row]);
                            missing |= out[row] == MISSING;
                        }
                    }
                }
                if let Some(ceiling) = self.ceiling {
                    for (value, odd) in out.iter().zip(odd) {
                        *odd |= u8::from(*value > ceiling && *value != MISSING);
                    }
                }
            }
            _ => {
                for row in 0..out.len() {
                    self.read_slowly(batch, row, &mut out[row], &mut odd[row]);
                    missing |= out[row] == MISSING;
                }
            }
        }
        missing
    }

    #[cold]
    fn read_slowly(&self, batch: &Batch<'_>, row: usize, out: &mut i64, odd: &mut u8) {
        let integer = |value: Rational| {
            let steps = self.number.steps(value)?;
            let integer = i64::try_from(steps.num()).ok()?;
            (steps.den() == 1 && integer.abs() < LARGEST).then_some(integer)
        };
        let plain = match &self.input {
            Input::Cell { field, own_units: false, .. } => self.plain(&batch.text(row, *field)),
            _ => None,
        };
        *out = match plain {
            Some(value) => value,
            None => match self.exact(batch, row) {
                Ok(None) => MISSING,
                Ok(Some(value)) => integer(value).unwrap_or(UNREAD),
                Err(_) => UNREAD,
            },
        };
        if *out == UNREAD {
            *out = 0;
            *odd = 1;
        }
    }

    /// A number of up to eighteen digits at most as fine as the scale: no need for fractions.
    fn plain(&self, text: &[u8]) -> Option<i64> {
        let found = decimal(text, self.mark).ok()?;
        let exponent = self.number.digits.checked_sub(found.scale)?;
        let value = i64::try_from(found.mantissa).ok()?.checked_mul(10i64.checked_pow(exponent)?)?;
        let possible = match self.number.range {
            Range::Any => true,
            Range::NonNegative | Range::Share | Range::Whole => value >= 0,
        };
        (possible && value.abs() < LARGEST).then_some(value)
    }

    /// The number of a row in base units, nothing lost; `None` where it is missing.
    pub(super) fn exact(&self, batch: &Batch<'_>, row: usize) -> Result<Option<Rational>, Fault> {
        let value = match &self.input {
            Input::Cell { column, field, own_units } => {
                let text = batch.text(row, *field);
                if is_blank(&text) {
                    return Ok(None);
                }
                let fault = |kind, why: String| Fault { kind, column: Some(*column), message: why };
                let read = if *own_units {
                    quantity(&text, self.mark).map(|(number, unit)| (number, unit.factor, unit.dimension))
                } else {
                    decimal(&text, self.mark)
                        .map(|number| (number, self.number.unit.factor, self.number.unit.dimension))
                };
                let (number, factor, dimension) = read
                    .map_err(|error| fault(ProblemKind::BadNumber, format!("{}: {error}", quoted(&text))))?;
                if dimension != self.number.unit.dimension {
                    let message = format!("{}: a unit of another kind than the rule's", quoted(&text));
                    return Err(fault(ProblemKind::BadNumber, message));
                }
                let value = number.to_rational().and_then(|value| value.times(factor));
                let value = value.ok_or_else(|| {
                    fault(ProblemKind::BadNumber, format!("{}: too many digits", quoted(&text)))
                })?;
                self.check(value)
                    .map_err(|why| fault(ProblemKind::OutOfRange, format!("{}: {why}", quoted(&text))))?;
                value
            }
            Input::Between { from, to, open_until } => {
                let Some(start) = from.read(batch, row)? else { return Ok(None) };
                let closed = to.read(batch, row)?;
                let Some(end) = closed.or(*open_until) else { return Ok(None) };
                let nanos = i128::from(end) - i128::from(start);
                if nanos < 0 && closed.is_none() {
                    let now = Timestamp::from_nanosecond(i128::from(end)).unwrap_or_default();
                    return Err(Fault {
                        kind: ProblemKind::OutOfRange,
                        column: Some(from.column),
                        message: format!(
                            "{} lies after now ({now}), and it is not over; say which time it is with --now, or check the \
                             clock that wrote it",
                            quoted(&batch.text(row, from.field))
                        ),
                    });
                }
                if nanos < 0 {
                    return Err(Fault {
                        kind: ProblemKind::OutOfRange,
                        column: Some(to.column),
                        message: format!("{} is before its start", quoted(&batch.text(row, to.field))),
                    });
                }
                nanos_to_seconds(nanos)
            }
            Input::Clock { times, zone } => {
                let Some(instant) = times.read(batch, row)? else { return Ok(None) };
                nanos_to_seconds(i128::from(time_of_day(instant, zone.as_ref())))
            }
        };
        Ok(Some(value))
    }

    fn check(&self, value: Rational) -> Result<(), &'static str> {
        match self.number.range {
            Range::Any => Ok(()),
            _ if value < Rational::ZERO => Err("less than nothing"),
            Range::Share if value > Rational::ONE => Err("more than 100 %"),
            Range::Whole if value.den() != 1 => Err("a count that is no whole number"),
            Range::NonNegative | Range::Share | Range::Whole => Ok(()),
        }
    }

    /// The scale of shapes: a value in base units as the lane's integer, and whether that is all of it.
    pub(super) fn rounded(&self, value: Rational) -> (i64, bool) {
        match self.number.steps(value) {
            Some(steps) => {
                let integer = steps.round().clamp(i128::from(-LARGEST), i128::from(LARGEST)) as i64;
                (integer, steps.den() == 1 && i128::from(integer) == steps.num())
            }
            None => (if value < Rational::ZERO { -LARGEST } else { LARGEST }, false),
        }
    }
}

fn nanos_to_seconds(nanos: i128) -> Rational {
    Rational::new(nanos, i128::from(NANOS)).unwrap_or(Rational::ZERO)
}

fn time_of_day(instant: i64, zone: Option<&TimeZone>) -> i64 {
    let day = 86_400 * NANOS;
    let offset = match (zone, jiff::Timestamp::from_nanosecond(i128::from(instant))) {
        (Some(zone), Ok(timestamp)) => i64::from(zone.to_offset(timestamp).seconds()),
        _ => 0,
    };
    (i128::from(instant) + i128::from(offset) * i128::from(NANOS)).rem_euclid(i128::from(day)) as i64
}
