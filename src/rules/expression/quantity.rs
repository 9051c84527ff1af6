//! Numbers with units, checked against what they are compared with.

use super::Fault;
use super::lexer::{Token, TokenKind};
use super::parser::Parser;
use crate::model::{Column, Dimension, Nanos, Quantity, Rational, Shown, Unit, Value};
use crate::rules::diagnostic::nearest;
use std::collections::BTreeMap;
use std::ops::Range;

/// What is known about a column when rules are read, before any data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers of this dimension.
    Number(Dimension),
    /// Times of day.
    Clock,
    /// Labels.
    Text,
    /// Nothing: the data will tell.
    Unknown,
}

/// The columns that `input:` declares, by the names that rules use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    /// In addition to what roles and names tell.
    pub(crate) declared: BTreeMap<String, Kind>,
}

/// Endings of headers that say the unit of a duration.
const DURATION_ENDINGS: [&str; 14] = [
    "_ms",
    "_s",
    "_us",
    "_ns",
    "_sec",
    "_secs",
    "_seconds",
    "_millis",
    "_milliseconds",
    "_micros",
    "_microseconds",
    "_nanos",
    "_nanoseconds",
    "_minutes",
];

impl Columns {
    /// What a column holds, as far as its role, its declaration or its name tells.
    pub(crate) fn kind(&self, column: &Column) -> Kind {
        match column.0.as_str() {
            "latency" => return Kind::Number(Dimension::Duration),
            "requests" | "failures" => return Kind::Number(Dimension::Plain),
            "service" => return Kind::Text,
            _ => {}
        }
        if let Some(kind) = self.declared.get(&column.0) {
            return *kind;
        }
        let name = column.0.to_lowercase();
        let rate = ["_per_s", "_per_sec", "_per_ms"].iter().any(|ending| name.ends_with(ending));
        if !rate && DURATION_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            return Kind::Number(Dimension::Duration);
        }
        Kind::Unknown
    }
}

/// A number as it was written, with its unit resolved.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub(super) quantity: Quantity,
    /// No unit was written.
    pub(super) bare: bool,
    pub(super) span: Range<usize>,
}

impl Parser<'_> {
    /// `400ms`, `99.9 %`, `-5`, `50/s`.
    pub(super) fn written_number(&mut self) -> Result<Written, Fault> {
        let token = self.peek().clone();
        let TokenKind::Number(decimal) = token.kind else { return Err(self.no_number(&token)) };
        self.take();
        let too_large = || Fault::new(token.span.clone(), "this number is too large");
        let value = decimal.to_rational().ok_or_else(too_large)?;
        let done = |parser: &Self, value, dimension, shown, bare| Written {
            quantity: Quantity { value, dimension, shown },
            bare,
            span: token.span.start..parser.last_end(),
        };
        if self.is_sign('/') {
            self.take();
            let fault = self.unexpected("a unit of time after `/`, such as `/s` or `/min`");
            let unit = self.unit()?.filter(|unit| unit.dimension == Dimension::Duration).ok_or(fault)?;
            let value = value.over(unit.factor).ok_or_else(too_large)?;
            return Ok(done(self, value, Dimension::Rate, Shown::per(unit), false));
        }
        match self.unit()? {
            None => Ok(done(self, value, Dimension::Plain, Shown::BySize, true)),
            Some(unit) => {
                let value = value.times(unit.factor).ok_or_else(too_large)?;
                Ok(done(self, value, unit.dimension, unit.shown(), false))
            }
        }
    }

    /// The unit that follows a number, if one does.
    fn unit(&mut self) -> Result<Option<Unit>, Fault> {
        let token = self.peek().clone();
        let TokenKind::Word(word) = &token.kind else { return Ok(None) };
        if let Some(unit) = Unit::named(word) {
            self.take();
            return Ok(Some(unit));
        }
        let touches = token.span.start == self.last_end();
        if !touches && ["and", "or", "not", "in", "is", "matches"].contains(&word.to_lowercase().as_str()) {
            return Ok(None);
        }
        Err(Fault::new(token.span.clone(), format!("unknown unit `{word}`")).help(unit_help(word)))
    }

    fn no_number(&self, token: &Token) -> Fault {
        let fault = self.unexpected("a number");
        match &token.kind {
            TokenKind::Word(word) if ["nan", "inf", "infinity"].contains(&word.to_lowercase().as_str()) => {
                Fault::new(
                    token.span.clone(),
                    format!("`{word}` is no number that anything can be compared with"),
                )
            }
            TokenKind::Word(word) if word != "%" => {
                fault.help("a value is a number; columns are not compared with columns")
            }
            _ => fault,
        }
    }

    /// A value to compare a cell of that column with.
    pub(super) fn value(&mut self, column: &Column) -> Result<Value, Fault> {
        let kind = self.columns.kind(column);
        let token = self.peek().clone();
        match token.kind {
            TokenKind::Text(text) => {
                self.take();
                match kind {
                    Kind::Number(_) | Kind::Clock => {
                        Err(Fault::new(token.span, format!("`{column}` holds {}, not text", holds(kind)))
                            .help("numbers and times stand without quotes"))
                    }
                    Kind::Text | Kind::Unknown => Ok(Value::Text(text)),
                }
            }
            TokenKind::Clock(seconds) => {
                self.take();
                match kind {
                    Kind::Number(_) | Kind::Text => Err(Fault::new(
                        token.span,
                        format!("`{column}` holds {}, not times of day", holds(kind)),
                    )),
                    Kind::Clock | Kind::Unknown => Ok(Value::Clock(seconds)),
                }
            }
            TokenKind::Number(_) => {
                let written = self.written_number()?;
                let quantity = match kind {
                    Kind::Clock => {
                        return Err(Fault::new(written.span, format!("`{column}` holds times of day"))
                            .expected("a time such as 06:00"));
                    }
                    Kind::Text => {
                        let text = self.slice(written.span.clone());
                        return Err(Fault::new(written.span, format!("`{column}` holds text, not numbers"))
                            .help(format!("a text stands in quotes: \"{text}\"")));
                    }
                    Kind::Number(dimension) => self.fits(&written, dimension, &format!("`{column}`"))?,
                    Kind::Unknown => written.quantity,
                };
                Ok(Value::Quantity(quantity))
            }
            TokenKind::Word(word) if word != "%" && !["and", "or", "not", "in"].contains(&word.as_str()) => {
                Err(Fault::new(token.span, format!("expected a value, found `{word}`")).help(format!(
                    "a text stands in quotes: \"{word}\"; columns are not compared with columns"
                )))
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    /// The number, if its unit fits; zero needs none.
    pub(super) fn fits(&self, written: &Written, wanted: Dimension, what: &str) -> Result<Quantity, Fault> {
        let quantity = written.quantity;
        if quantity.dimension == wanted {
            return Ok(quantity);
        }
        if written.bare && quantity.value == Rational::ZERO {
            return Ok(Quantity::new(Rational::ZERO, wanted));
        }
        let number = self.slice(written.span.clone());
        let example = |unit: &str| format!("write {number}{unit}");
        let fault = Fault::new(
            written.span.clone(),
            match (written.bare, wanted) {
                (_, Dimension::Plain) => format!("{what} is a plain number; `{number}` has a unit"),
                (true, _) => format!("{what} is {}; `{number}` has no unit", measure(wanted)),
                (false, _) => {
                    format!("{what} is {}; `{number}` is {}", measure(wanted), measure(quantity.dimension))
                }
            },
        );
        Err(match wanted {
            Dimension::Duration if written.bare => fault.help(format!("{} or {number}s", example("ms"))),
            Dimension::Duration => fault.expected("a duration such as 400ms or 2s"),
            Dimension::Size if written.bare => fault.help(format!("{} or {number}KiB", example("B"))),
            Dimension::Size => fault.expected("a size such as 10MB or 512KiB"),
            Dimension::Ratio if written.bare => fault.help(percent_help(written, number)),
            Dimension::Ratio => fault.expected("a percentage such as 99.9%"),
            Dimension::Rate if written.bare => {
                fault.help(format!("{}, {number}/min or {number}/h", example("/s")))
            }
            Dimension::Rate => fault.expected("a rate such as 50/s or 1000/min"),
            Dimension::Plain => fault.expected("a number without a unit"),
        })
    }
}

/// `0.999` was probably 99.9 %, and `99.9` too; `1` could be either.
fn percent_help(written: &Written, number: &str) -> String {
    let value = written.quantity.value;
    if value > Rational::ZERO && value < Rational::ONE {
        let percent = value.times(Rational::integer(100)).map(decimal_text).unwrap_or_default();
        return format!(
            "write {percent}% if you mean the share {number}, {number}% if you mean that many percent"
        );
    }
    format!("write {number}%")
}

/// A fraction whose denominator divides a power of ten, as a decimal number.
pub(crate) fn decimal_text(value: Rational) -> String {
    let (sign, num) =
        if value.num() < 0 { ("-", value.num().unsigned_abs()) } else { ("", value.num().unsigned_abs()) };
    let den = value.den().unsigned_abs();
    let (whole, mut rest) = (num / den, num % den);
    let mut digits = String::new();
    while rest != 0 && digits.len() < 40 {
        let Some(next) = rest.checked_mul(10) else { break };
        digits.push(char::from(b'0' + (next / den) as u8));
        rest = next % den;
    }
    if digits.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{digits}") }
}

fn unit_help(word: &str) -> String {
    let meant = match word.to_lowercase().as_str() {
        "msec" | "msecs" | "millis" | "milliseconds" | "millisecond" => Some("ms"),
        "secs" | "second" | "seconds" => Some("s"),
        "usec" | "microseconds" => Some("us"),
        "mins" | "minute" | "minutes" => Some("min"),
        "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "day" | "days" => Some("d"),
        "week" | "weeks" => Some("w"),
        "percent" | "pct" => Some("%"),
        "k" | "kb" => Some("kB"),
        "byte" | "b" => Some("B"),
        _ => nearest(word, Unit::names()),
    };
    match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "known are ns us ms s min h d w, B kB MB GB TB KiB MiB GiB TiB and %".to_owned(),
    }
}

/// What a number of that dimension is called.
pub(crate) fn measure(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Duration => "a duration",
        Dimension::Size => "a size",
        Dimension::Ratio => "a percentage",
        Dimension::Plain => "a plain number",
        Dimension::Rate => "a rate",
    }
}

/// What the cells of such a column are.
fn holds(kind: Kind) -> &'static str {
    match kind {
        Kind::Number(Dimension::Duration) => "durations",
        Kind::Number(Dimension::Size) => "sizes",
        Kind::Number(Dimension::Ratio) => "percentages",
        Kind::Number(Dimension::Plain | Dimension::Rate) => "numbers",
        Kind::Clock => "times of day",
        Kind::Text => "text",
        Kind::Unknown => "anything",
    }
}

/// A length of time such as `5m`, `1h30m` or `1d`, in nanoseconds; longer than zero.
pub(crate) fn length(text: &str) -> Result<Nanos, Fault> {
    let columns = Columns::default();
    let mut parser = Parser::new(text, &columns)?;
    let mut total = Rational::ZERO;
    loop {
        let written = parser.written_number()?;
        let span = written.span.clone();
        let part = parser.fits(&written, Dimension::Duration, "a length of time")?;
        if written.bare {
            return Err(Fault::new(span, "a length of time must be longer than zero"));
        }
        total = total.plus(part.value).ok_or_else(|| Fault::new(span.clone(), "this length is too long"))?;
        if parser.peek().kind == TokenKind::End {
            break;
        }
    }
    let whole = 0..text.len();
    let nanos = total.times(Rational::integer(crate::model::NANOS)).filter(|nanos| nanos.den() == 1);
    let nanos = nanos
        .ok_or_else(|| Fault::new(whole.clone(), "a length of time is a whole number of nanoseconds"))?;
    if nanos.num() <= 0 {
        return Err(Fault::new(whole, "a length of time must be longer than zero"));
    }
    i64::try_from(nanos.num())
        .map_err(|_| Fault::new(whole, "this length is too long: 292 years are the most"))
}

/// Whether a text is a period of the calendar, which is not built yet.
pub(crate) fn period_word(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    [
        "day",
        "week",
        "month",
        "quarter",
        "year",
        "rolling",
        "daily",
        "weekly",
        "monthly",
        "quarterly",
        "yearly",
    ]
    .contains(&word.as_str())
}
