//! Objectives: an indicator, a comparison and a target.

use super::Fault;
use super::lexer::TokenKind;
use super::parser::Parser;
use super::quantity::{Columns, Kind, Written, measure};
use crate::model::{Column, Comparison, Decimal, Dimension, Indicator, Quantity, Rational, Target};
use crate::rules::diagnostic::nearest;
use std::ops::Range;

/// What `require:` says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Promise {
    pub(crate) indicator: Indicator,
    pub(crate) limit: Limit,
    /// As a reader would write it.
    pub(crate) text: String,
}

/// A comparison with its target: `<= 400ms`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limit {
    pub(crate) comparison: Comparison,
    pub(crate) comparison_span: Range<usize>,
    pub(crate) target: Target,
    pub(crate) target_span: Range<usize>,
}

/// Something that is allowed but hardly meant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lint {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// The words for indicators, as in design.md; percentiles are `p` and a number.
pub(crate) const INDICATORS: [&str; 14] = [
    "rows",
    "requests",
    "failures",
    "failure_rate",
    "availability",
    "violation_rate",
    "share",
    "avg",
    "min",
    "max",
    "sum",
    "ratio",
    "throughput",
    "apdex",
];

/// What other tools call them.
const ALIASES: [(&str, &str); 18] = [
    ("error_rate", "failure_rate"),
    ("errors", "failures"),
    ("failed", "failures"),
    ("uptime", "availability"),
    ("success_rate", "availability"),
    ("mean", "avg"),
    ("average", "avg"),
    ("median", "p50"),
    ("maximum", "max"),
    ("minimum", "min"),
    ("count", "requests"),
    ("total", "requests"),
    ("rps", "throughput"),
    ("rate", "throughput"),
    ("percentile", "p95"),
    ("quantile", "p95"),
    ("percent", "share"),
    ("score", "apdex"),
];

/// A whole text as an objective. A lint that stands before a fault is told too.
pub(crate) fn parse_promise(text: &str, columns: &Columns, lints: &mut Vec<Lint>) -> Result<Promise, Fault> {
    let mut parser = Parser::new(text, columns)?;
    let indicator = parser.indicator()?;
    let limit = parser.limit(&indicator, lints)?;
    Ok(Promise { indicator, limit, text: parser.written() })
}

/// A comparison and a target alone, for an indicator that is known: `<= 2s`.
pub(crate) fn parse_limit(
    text: &str,
    indicator: &Indicator,
    columns: &Columns,
    lints: &mut Vec<Lint>,
) -> Result<Limit, Fault> {
    Parser::new(text, columns)?.limit(indicator, lints)
}

/// Whether a text begins like a bare limit rather than an indicator.
pub(crate) fn allows(text: &str) -> bool {
    text.trim_start().starts_with(['<', '>', '=', '!', '≤', '≥'])
}

impl Parser<'_> {
    fn indicator(&mut self) -> Result<Indicator, Fault> {
        let token = self.peek().clone();
        let TokenKind::Word(word) = token.kind else {
            return Err(self.unexpected("an indicator such as failure_rate or p95(latency)"));
        };
        let span = token.span;
        self.take();
        let plain = |indicator| Ok(indicator);
        match word.as_str() {
            "rows" => plain(Indicator::Rows),
            "requests" => plain(Indicator::Requests),
            "failures" => plain(Indicator::Failures),
            "failure_rate" => plain(Indicator::FailureRate),
            "availability" => plain(Indicator::Availability),
            "throughput" => plain(Indicator::Throughput),
            "violation_rate" => {
                Ok(Indicator::ViolationRate(self.condition_argument("violation_rate(latency > 500ms)")?))
            }
            "share" => Ok(Indicator::Share(self.condition_argument("share(status == \"up\")")?)),
            "avg" => Ok(Indicator::Avg(self.column_argument("avg")?)),
            "min" => Ok(Indicator::Min(self.column_argument("min")?)),
            "max" => Ok(Indicator::Max(self.column_argument("max")?)),
            "sum" => Ok(Indicator::Sum(self.column_argument("sum")?)),
            "ratio" => self.ratio(),
            "apdex" => self.apdex(),
            _ => {
                if let Some(percent) = percent(&word) {
                    let percent = percent.map_err(|message| {
                        Fault::new(span, message).expected("p50, p95, p99.9 … more than p0, at most p100")
                    })?;
                    let column = self.column_argument(&word)?;
                    return Ok(Indicator::Percentile { percent, column });
                }
                Err(unknown_indicator(&word, span, self.is_sign('(')))
            }
        }
        .and_then(|indicator| {
            let takes_none = matches!(
                indicator,
                Indicator::Rows
                    | Indicator::Requests
                    | Indicator::Failures
                    | Indicator::FailureRate
                    | Indicator::Availability
                    | Indicator::Throughput
            );
            if takes_none && self.is_sign('(') {
                let fault =
                    Fault::new(self.peek().span.clone(), format!("`{word}` takes nothing in parentheses"));
                return Err(if indicator == Indicator::Availability {
                    fault.help(
                        "availability over slices, such as availability(5m), is not built yet; plain \
                                `availability` is the share of requests that did not fail",
                    )
                } else {
                    fault.help("to count some rows only, add `where:` to the objective")
                });
            }
            Ok(indicator)
        })
    }

    fn condition_argument(&mut self, example: &str) -> Result<crate::model::Condition, Fault> {
        self.sign('(', &format!("and a condition, as in {example}"))?;
        let condition = self.condition()?;
        self.sign(')', "after the condition")?;
        Ok(condition)
    }

    fn column_argument(&mut self, word: &str) -> Result<Column, Fault> {
        self.sign('(', &format!("and a column, as in {word}(latency)"))?;
        let (column, span) = self.column()?;
        match self.columns.kind(&column) {
            Kind::Clock => {
                return Err(Fault::new(span, format!("`{column}` holds times of day, which have no {word}"))
                    .help(format!("say how many may be late: share({column} > 06:00) <= 0%")));
            }
            Kind::Text => {
                return Err(Fault::new(span, format!("`{column}` holds text, which has no {word}")));
            }
            Kind::Number(_) | Kind::Unknown => {}
        }
        if self.is_sign('(') {
            return Err(Fault::new(span, "an indicator of an indicator cannot be measured")
                .help(format!("{word} takes one column: {word}(latency)")));
        }
        self.sign(')', "after the column")?;
        Ok(column)
    }

    fn ratio(&mut self) -> Result<Indicator, Fault> {
        let example = "as in ratio(sum(errors), sum(requests))";
        self.sign('(', example)?;
        let over = self.summed(example)?;
        self.sign(',', example)?;
        let under = self.summed(example)?;
        self.sign(')', "after the second sum")?;
        Ok(Indicator::Ratio { over, under })
    }

    fn summed(&mut self, example: &str) -> Result<Column, Fault> {
        if !self.takes_word("sum") {
            return Err(self.unexpected(&format!("`sum(column)`, {example}")));
        }
        self.column_argument("sum")
    }

    fn apdex(&mut self) -> Result<Indicator, Fault> {
        self.sign('(', "and a duration, as in apdex(500ms)")?;
        let written = self.written_number()?;
        let quantity = self.fits(&written, Dimension::Duration, "the threshold of apdex")?;
        if quantity.value <= Rational::ZERO {
            return Err(Fault::new(written.span, "the threshold of apdex must be longer than zero"));
        }
        self.sign(')', "after the threshold")?;
        Ok(Indicator::Apdex { satisfied: quantity.value })
    }

    fn limit(&mut self, indicator: &Indicator, lints: &mut Vec<Lint>) -> Result<Limit, Fault> {
        let token = self.peek().clone();
        let TokenKind::Compare(comparison) = token.kind else {
            return Err(self.unexpected("a comparison: <= < >= > or =="));
        };
        self.take();
        if comparison == Comparison::Unequal {
            return Err(Fault::new(token.span, "`!=` is no promise").expected("one of <= < >= > =="));
        }
        inverted(indicator, comparison, &token.span, lints);
        let written = self.written_number()?;
        self.end("the end of the objective")?;
        let quantity = self.target(indicator, &written)?;
        bounds(indicator, comparison, quantity.value, &written.span, lints)?;
        let text: String = self.slice(written.span.clone()).split_whitespace().collect();
        Ok(Limit {
            comparison,
            comparison_span: token.span,
            target: Target { quantity, text },
            target_span: written.span,
        })
    }

    /// The target in the dimension of the indicator.
    fn target(&self, indicator: &Indicator, written: &Written) -> Result<Quantity, Fault> {
        let of_column = |column: &Column, what: String| match self.columns.kind(column) {
            Kind::Number(dimension) => self.fits(written, dimension, &what),
            Kind::Clock | Kind::Text | Kind::Unknown => Ok(written.quantity),
        };
        match indicator {
            Indicator::Rows => self.count(written, "rows"),
            Indicator::Requests => self.count(written, "requests"),
            Indicator::Failures => self.count(written, "failures"),
            Indicator::FailureRate => self.fits(written, Dimension::Ratio, "failure_rate"),
            Indicator::Availability => self.fits(written, Dimension::Ratio, "availability"),
            Indicator::ViolationRate(_) => self.fits(written, Dimension::Ratio, "violation_rate"),
            Indicator::Share(_) => self.fits(written, Dimension::Ratio, "share"),
            Indicator::Avg(column) => of_column(column, format!("avg({column})")),
            Indicator::Min(column) => of_column(column, format!("min({column})")),
            Indicator::Max(column) => of_column(column, format!("max({column})")),
            Indicator::Sum(column) => of_column(column, format!("sum({column})")),
            Indicator::Percentile { column, .. } => of_column(column, format!("a percentile of {column}")),
            Indicator::Ratio { over, under } => self.ratio_target(over, under, written),
            Indicator::Throughput => self.fits(written, Dimension::Rate, "throughput"),
            Indicator::Apdex { .. } => self.fits(written, Dimension::Plain, "apdex"),
        }
    }

    fn count(&self, written: &Written, what: &str) -> Result<Quantity, Fault> {
        let quantity = self.fits(written, Dimension::Plain, what)?;
        if quantity.value.den() != 1 || quantity.value < Rational::ZERO {
            return Err(Fault::new(written.span.clone(), format!("{what} are counted in whole numbers")));
        }
        Ok(quantity)
    }

    fn ratio_target(&self, over: &Column, under: &Column, written: &Written) -> Result<Quantity, Fault> {
        match (self.columns.kind(over), self.columns.kind(under)) {
            (Kind::Number(over), Kind::Number(Dimension::Plain)) if over != Dimension::Plain => {
                self.fits(written, over, "this ratio")
            }
            (Kind::Number(over), Kind::Number(under)) if over == under => match written.quantity.dimension {
                Dimension::Ratio | Dimension::Plain => Ok(written.quantity),
                other => Err(Fault::new(
                    written.span.clone(),
                    format!("this ratio is a share, not {}", measure(other)),
                )
                .expected("a percentage such as 1%, or a plain number")),
            },
            _ => Ok(written.quantity),
        }
    }
}

/// The number of a percentile word: `p99.9`. The outer `None` for words that are none.
fn percent(word: &str) -> Option<Result<Rational, String>> {
    let digits = word.strip_prefix(['p', 'P'])?;
    if digits.is_empty() || !digits.chars().all(|next| next.is_ascii_digit() || next == '.') {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let no_percentile = || format!("`{word}` is no percentile");
    if word.starts_with('P') || digits.len() > 12 || whole.is_empty() || fraction.contains('.') {
        return Some(Err(no_percentile()));
    }
    let value = format!("{whole}{fraction}")
        .parse()
        .ok()
        .and_then(|mantissa| Decimal { mantissa, scale: fraction.len() as u32 }.to_rational());
    Some(match value {
        Some(value) if value > Rational::ZERO && value <= Rational::integer(100) => Ok(value),
        _ => Err(no_percentile()),
    })
}

fn unknown_indicator(word: &str, span: Range<usize>, called: bool) -> Fault {
    let fault = Fault::new(span, format!("unknown indicator `{word}`"));
    let known = INDICATORS.into_iter().chain(ALIASES.into_iter().map(|(alias, _)| alias));
    let meant = nearest(word, known)
        .map(|near| ALIASES.into_iter().find(|(alias, _)| *alias == near).map_or(near, |(_, meant)| meant));
    if let Some(meant) = meant {
        return fault.help(format!("did you mean `{meant}`?"));
    }
    if !called {
        return fault.help(format!("say what of the column: avg({word}), p95({word}), max({word})"));
    }
    fault.help(format!("known are {} and p50, p95, p99.9 …", INDICATORS.join(", ")))
}

/// Warns of a comparison that promises the bad side.
fn inverted(indicator: &Indicator, comparison: Comparison, span: &Range<usize>, lints: &mut Vec<Lint>) {
    let (bad, good, side) = match indicator {
        Indicator::Availability | Indicator::Apdex { .. } => (comparison.wants_small(), ">=", "high"),
        Indicator::Failures | Indicator::FailureRate | Indicator::ViolationRate(_) => {
            (comparison.wants_large(), "<=", "low")
        }
        Indicator::Percentile { column, .. } | Indicator::Avg(column) | Indicator::Max(column) => {
            (column.0 == "latency" && comparison.wants_large(), "<=", "low")
        }
        _ => (false, "", ""),
    };
    if bad {
        lints.push(Lint {
            span: span.clone(),
            message: format!("`{comparison}` promises the bad side: this is good when it is {side}"),
            help: format!("did you mean `{good}`?"),
        });
    }
}

/// Refuses targets outside of what the indicator can be, and warns of those that decide nothing.
fn bounds(
    indicator: &Indicator,
    comparison: Comparison,
    value: Rational,
    span: &Range<usize>,
    lints: &mut Vec<Lint>,
) -> Result<(), Fault> {
    let (least, most, range) = match indicator {
        Indicator::FailureRate
        | Indicator::Availability
        | Indicator::ViolationRate(_)
        | Indicator::Share(_) => {
            (Some(Rational::ZERO), Some(Rational::ONE), "a share of requests lies between 0% and 100%")
        }
        Indicator::Apdex { .. } => (Some(Rational::ZERO), Some(Rational::ONE), "apdex lies between 0 and 1"),
        Indicator::Rows | Indicator::Requests | Indicator::Failures => (Some(Rational::ZERO), None, ""),
        Indicator::Throughput => (Some(Rational::ZERO), None, "a throughput is not negative"),
        Indicator::Avg(column)
        | Indicator::Min(column)
        | Indicator::Max(column)
        | Indicator::Sum(column)
        | Indicator::Percentile { column, .. }
            if column.0 == "latency" =>
        {
            (Some(Rational::ZERO), None, "a latency is not negative")
        }
        _ => (None, None, ""),
    };
    if least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most) {
        return Err(Fault::new(span.clone(), format!("no possible target: {range}")));
    }
    let (always, never) = match comparison {
        Comparison::AtMost => (most == Some(value), false),
        Comparison::Below => (false, least == Some(value)),
        Comparison::AtLeast => (least == Some(value), false),
        Comparison::Above => (false, most == Some(value)),
        Comparison::Equal | Comparison::Unequal => (false, false),
    };
    if always {
        lints.push(Lint {
            span: span.clone(),
            message: "this target can never be missed".to_owned(),
            help: "an objective that cannot fail promises nothing".to_owned(),
        });
    } else if never {
        lints.push(Lint {
            span: span.clone(),
            message: "this target can never be met".to_owned(),
            help: format!("did you mean `{}=`?", comparison.symbol()),
        });
    }
    Ok(())
}
