//! Names of the rules → columns, numbers and tests of the plan.

use super::{Digit, Predicate, Spelling, StatusWords, nanos_per_step};
use super::{Limit, Limits, Number, NumberSource, Range, Side, Test, TestKind, TextTest, Unreadable};
use crate::model::{
    Clock, Column, ColumnMapping, Comparison, Condition, Dimension, Found, InputMapping, Instant, OpenEnd,
    Quantity, Rational, Reading, Reason, RowKind, Schema, TimeFormat, Unit, UnitOf, Value,
};
use regex::bytes::Regex;

/// What an objective needs of its table while it is being lowered: predicates index into `digits`, which the
/// packing of tables renumbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    pub(super) digits: Vec<Digit>,
    /// Columns of the schema that are read.
    pub(super) columns: Vec<usize>,
}

/// Looks names up and collects the plan's numbers and tests.
pub(super) struct Resolver<'a> {
    pub(super) schema: &'a Schema,
    pub(super) input: &'a InputMapping,
    pub(super) now: Instant,
    pub(super) zone: Option<&'a str>,
    pub(super) numbers: Vec<Number>,
    pub(super) tests: Vec<Test>,
    pub(super) labels: Vec<usize>,
}

/// What a name stands for.
enum Named<'a> {
    Header(usize),
    Mapped(&'a ColumnMapping),
}

pub(super) fn unreadable<T>(reason: Reason, message: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable { reason, message: message.into() })
}

impl<'a> Resolver<'a> {
    fn header(&self, name: &str) -> Option<usize> {
        self.schema.columns.iter().position(|column| column.name == name)
    }

    fn named(&self, column: &Column) -> Result<Named<'a>, Unreadable> {
        if let Some((_, mapping)) = self.input.columns.iter().find(|(name, _)| *name == column.0) {
            return Ok(Named::Mapped(mapping));
        }
        let schema = self.schema;
        let counts = |failures: bool| {
            schema.counts.and_then(|counts| if failures { counts.failures } else { Some(counts.requests) })
        };
        let role = match column.0.as_str() {
            "latency" => Some(schema.latency.clone()),
            "service" => Some(schema.service.clone()),
            "status" => Some(schema.status.clone()),
            "time" => Some(schema.time.clone()),
            "requests" => counts(false).map(Found::At),
            "failures" => counts(true).map(Found::At),
            _ => None,
        };
        match role {
            Some(Found::At(at)) => return Ok(Named::Header(at)),
            Some(Found::Ambiguous(message)) if self.header(&column.0).is_none() => {
                return unreadable(Reason::Ambiguous, message);
            }
            _ => {}
        }
        match self.header(&column.0) {
            Some(at) => Ok(Named::Header(at)),
            None => unreadable(Reason::MissingColumn, self.missing(column)),
        }
    }

    fn missing(&self, column: &Column) -> String {
        let names: Vec<&str> = self.schema.columns.iter().map(|column| column.name.as_str()).collect();
        let nearest = names
            .iter()
            .map(|name| (strsim::jaro_winkler(name, &column.0), *name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match (column.0.as_str(), nearest) {
            (_, Some((_, name))) => format!("did you mean `{name}`?"),
            ("latency" | "service", None) => format!("say --{column} COLUMN or `input: {column}:`"),
            _ => format!("it has {}", names.join(", ")),
        };
        format!("the data has no column `{column}`; {hint}")
    }

    /// The physical column of a name that must be one.
    pub(super) fn physical(&self, column: &Column) -> Result<usize, Unreadable> {
        match self.named(column)? {
            Named::Header(at) => Ok(at),
            Named::Mapped(ColumnMapping::Text { column: header }) => self.mapped_header(header),
            Named::Mapped(ColumnMapping::Number(number)) => self.mapped_header(&number.column),
            Named::Mapped(ColumnMapping::Clock(clock)) => self.mapped_header(&clock.time.column),
            Named::Mapped(ColumnMapping::Between { .. }) => unreadable(
                Reason::NotMeasurable,
                format!("`{column}` is a duration between two columns, not a column"),
            ),
        }
    }

    fn mapped_header(&self, header: &str) -> Result<usize, Unreadable> {
        match self.header(header) {
            Some(at) => Ok(at),
            None => unreadable(Reason::MissingColumn, self.missing(&Column(header.to_owned()))),
        }
    }

    /// Index into the plan's labels.
    pub(super) fn label(&mut self, column: &Column) -> Result<usize, Unreadable> {
        let at = self.physical(column)?;
        Ok(index_of(&mut self.labels, at))
    }

    fn time_format(&self, header: &str) -> Result<(usize, TimeFormat), Unreadable> {
        let at = self.mapped_header(header)?;
        match &self.schema.columns[at].reading {
            Reading::Time(format) => Ok((at, format.clone())),
            _ => unreadable(
                Reason::Ambiguous,
                format!("column `{header}` is not recognised as times; give its `format:`"),
            ),
        }
    }

    /// Index of a number of the plan. `dimension` is what the rule compares it with.
    pub(super) fn number(
        &mut self,
        column: &Column,
        dimension: Dimension,
        needs: &mut Needs,
    ) -> Result<usize, Unreadable> {
        let number = match self.named(column)? {
            Named::Header(at) => self.cell_number(column, at, Some(dimension))?,
            Named::Mapped(ColumnMapping::Number(number)) => {
                let at = self.mapped_header(&number.column)?;
                self.cell_number(column, at, Some(dimension))?
            }
            Named::Mapped(ColumnMapping::Text { .. }) => {
                return unreadable(Reason::NotMeasurable, format!("`{column}` is declared as text"));
            }
            Named::Mapped(ColumnMapping::Between { from, to, open }) => {
                let open_until = (*open == OpenEnd::Now).then_some(self.now);
                let (from, to) = (self.time_format(&from.column)?, self.time_format(&to.column)?);
                let naive = from.1.zone.is_none() && matches!(self.schema.clock, Clock::Naive);
                if open_until.is_some() && naive {
                    return unreadable(
                        Reason::Ambiguous,
                        format!("`{column}` lasts until now, but its times have no zone; say --timezone"),
                    );
                }
                derived(column, NumberSource::Between { from, to, open_until }, Range::NonNegative)
            }
            Named::Mapped(ColumnMapping::Clock(clock)) => {
                let (at, format) = self.time_format(&clock.time.column)?;
                self.clock_number(column, at, format)
            }
        };
        if number.unit.dimension != dimension {
            return unreadable(Reason::NotMeasurable, mismatch(column, number.unit, dimension));
        }
        Ok(self.intern_number(number, needs))
    }

    /// Index of a number whose dimension the rule leaves open (the sums of a ratio).
    pub(super) fn number_as_found(
        &mut self,
        column: &Column,
        needs: &mut Needs,
    ) -> Result<usize, Unreadable> {
        let dimension = match self.named(column)? {
            Named::Header(at) => self.cell_number(column, at, None)?.unit.dimension,
            Named::Mapped(ColumnMapping::Number(number)) => {
                let at = self.mapped_header(&number.column)?;
                self.cell_number(column, at, None)?.unit.dimension
            }
            Named::Mapped(_) => Dimension::Duration,
        };
        self.number(column, dimension, needs)
    }

    fn clock_number(&self, column: &Column, at: usize, format: TimeFormat) -> Number {
        let zone = match &self.schema.clock {
            Clock::Naive => None,
            Clock::Zoned(zone) => Some(self.zone.map_or_else(|| zone.clone(), str::to_owned)),
        };
        derived(column, NumberSource::Clock { column: at, format, zone }, Range::Any)
    }

    fn cell_number(
        &self,
        column: &Column,
        at: usize,
        wanted: Option<Dimension>,
    ) -> Result<Number, Unreadable> {
        let found = &self.schema.columns[at];
        let Reading::Number { unit, digits } = &found.reading else {
            return unreadable(
                Reason::NotMeasurable,
                format!("column `{}` holds no numbers, so {column} cannot be measured", found.name),
            );
        };
        let (unit, own_units) = match (unit, wanted) {
            (UnitOf::Known(unit), _) => (*unit, false),
            (UnitOf::InCell, wanted) => (base_unit(wanted.unwrap_or(Dimension::Plain)), true),
            (UnitOf::Unknown, None | Some(Dimension::Plain)) => (Unit::PLAIN, false),
            (UnitOf::Unknown, Some(dimension)) => {
                return unreadable(Reason::Ambiguous, unknown_unit(&found.name, column, dimension));
            }
        };
        let range = match unit.dimension {
            Dimension::Duration | Dimension::Size => Range::NonNegative,
            Dimension::Ratio if found.gauge => Range::NonNegative,
            Dimension::Ratio => Range::Share,
            Dimension::Plain | Dimension::Rate => Range::Any,
        };
        let source = NumberSource::Cell { column: at, own_units };
        // The finest scale that the data suggests and that still counts in whole billionths.
        let digits = if own_units { 9 } else { *digits };
        let digits =
            (0..=digits.min(9)).rev().find(|digits| nanos_per_step(unit, *digits).is_some()).unwrap_or(0);
        Ok(Number { name: column.clone(), source, unit, digits, range })
    }

    /// The counts of interval rows.
    pub(super) fn count(&mut self, at: usize) -> usize {
        let name = Column(self.schema.columns[at].name.clone());
        let source = NumberSource::Cell { column: at, own_units: false };
        let number = Number { name, source, unit: Unit::PLAIN, digits: 0, range: Range::Whole };
        self.intern_number(number, &mut Needs::default())
    }

    fn intern_number(&mut self, number: Number, needs: &mut Needs) -> usize {
        needs.columns.extend(number.source.columns());
        let same = |known: &Number| {
            known.source == number.source && known.unit == number.unit && known.range == number.range
        };
        if let Some(at) = self.numbers.iter().position(same) {
            return at;
        }
        self.numbers.push(number);
        self.numbers.len() - 1
    }

    /// Whether the values of a column are themselves figures about many requests.
    pub(super) fn statistic(&self, column: &Column) -> Option<String> {
        let at = self.physical(column).ok()?;
        let found = &self.schema.columns[at];
        if found.gauge {
            return None;
        }
        if let Some(statistic) = &found.statistic {
            return Some(statistic.clone());
        }
        let duration = matches!(
            found.reading,
            Reading::Number {
                unit: UnitOf::Known(Unit { dimension: Dimension::Duration, .. }) | UnitOf::InCell,
                ..
            }
        );
        (self.schema.rows_are == RowKind::Interval && duration).then(|| "average".to_owned())
    }

    /// The failed rows, as a predicate.
    pub(super) fn failed(&mut self, by: &[usize], needs: &mut Needs) -> Result<Predicate, Unreadable> {
        if let Some((condition, _)) = &self.input.failed {
            return self.predicate(condition, by, needs);
        }
        match self.schema.rows_are {
            RowKind::Request => {}
            RowKind::Interval => {
                return unreadable(
                    Reason::NotMeasurable,
                    "a row stands for many requests, so it is not itself failed or not; use its counts",
                );
            }
            RowKind::Finished => {
                return unreadable(Reason::NotMeasurable, "the data holds finished figures, not requests");
            }
        }
        match &self.schema.status {
            Found::At(column) => Ok(Predicate::Test(self.status_digit(*column, needs))),
            Found::Absent => unreadable(
                Reason::MissingColumn,
                "no column tells which requests failed; say --failed 'CONDITION' or `input: status:`",
            ),
            Found::Ambiguous(message) => unreadable(Reason::Ambiguous, message.clone()),
        }
    }

    /// The digit of the status column.
    pub(super) fn status_digit(&mut self, column: usize, needs: &mut Needs) -> usize {
        let map = self.input.status.clone().unwrap_or_default();
        let words = StatusWords { map, kind: self.schema.status_kind };
        self.test(column, TestKind::Failed(words), needs)
    }

    fn test(&mut self, column: usize, what: TestKind, needs: &mut Needs) -> usize {
        needs.columns.push(column);
        let same = |test: &Test| {
            test.column == column
                && match (&test.what, &what) {
                    (TestKind::Failed(a), TestKind::Failed(b)) => a == b,
                    (TestKind::Text(a), TestKind::Text(b)) => a == b,
                    _ => false,
                }
        };
        let at = self.tests.iter().position(same).unwrap_or_else(|| {
            self.tests.push(Test { column, what });
            self.tests.len() - 1
        });
        needs.test(at)
    }

    /// A condition over rows of a table grouped by the schema's columns `by`.
    pub(super) fn predicate(
        &mut self,
        condition: &Condition,
        by: &[usize],
        needs: &mut Needs,
    ) -> Result<Predicate, Unreadable> {
        if let Some((column, test)) = self.text_test(condition)? {
            if let Some(at) = by.iter().position(|label| *label == column) {
                needs.columns.push(column);
                return Ok(Predicate::Label(at, test));
            }
            return Ok(Predicate::Test(self.test(column, TestKind::Text(test), needs)));
        }
        Ok(match condition {
            Condition::Failed => self.failed(by, needs)?,
            Condition::Compare { column, comparison, value } => {
                self.comparison(column, *comparison, value, needs)?
            }
            Condition::In { column, values } => {
                let parts: Result<_, _> = values
                    .iter()
                    .map(|value| self.comparison(column, Comparison::Equal, value, needs))
                    .collect();
                Predicate::Any(parts?)
            }
            Condition::Missing(column) => {
                let number = self.number_as_found(column, needs)?;
                Predicate::Missing(needs.edges(number, &[]))
            }
            Condition::Matches { column, .. } => {
                return unreadable(
                    Reason::NotMeasurable,
                    format!("`{column}` is no text, so `matches` cannot apply"),
                );
            }
            Condition::Not(inner) => Predicate::Not(Box::new(self.predicate(inner, by, needs)?)),
            Condition::And(parts) => Predicate::All(self.predicates(parts, by, needs)?),
            Condition::Or(parts) => Predicate::Any(self.predicates(parts, by, needs)?),
        })
    }

    fn predicates(
        &mut self,
        parts: &[Condition],
        by: &[usize],
        needs: &mut Needs,
    ) -> Result<Vec<Predicate>, Unreadable> {
        parts.iter().map(|part| self.predicate(part, by, needs)).collect()
    }

    /// A condition that asks about the text of one column only.
    fn text_test(&self, condition: &Condition) -> Result<Option<(usize, TextTest)>, Unreadable> {
        let spelling = |at: usize| {
            if self.schema.status.at() == Some(at) { Spelling::Folded } else { Spelling::Exact }
        };
        Ok(match condition {
            Condition::Compare { column, comparison, value: Value::Text(text) } => {
                let at = self.physical(column)?;
                let is = TextTest::Is(vec![text.clone()], spelling(at));
                match comparison {
                    Comparison::Equal => Some((at, is)),
                    Comparison::Unequal => Some((at, TextTest::Not(Box::new(is)))),
                    _ => {
                        return unreadable(
                            Reason::NotMeasurable,
                            format!("`{column}`: text has no order; use == or !="),
                        );
                    }
                }
            }
            Condition::In { column, values } => {
                let texts: Option<Vec<String>> = values
                    .iter()
                    .map(|value| if let Value::Text(text) = value { Some(text.clone()) } else { None })
                    .collect();
                match texts {
                    Some(texts) => {
                        let at = self.physical(column)?;
                        Some((at, TextTest::Is(texts, spelling(at))))
                    }
                    None => None,
                }
            }
            Condition::Matches { column, pattern } => {
                let at = self.physical(column)?;
                match Regex::new(pattern) {
                    Ok(pattern) => Some((at, TextTest::Matches(pattern))),
                    Err(error) => return unreadable(Reason::NotMeasurable, format!("/{pattern}/: {error}")),
                }
            }
            Condition::Missing(column) => match self.named(column)? {
                Named::Mapped(ColumnMapping::Between { .. }) => None,
                _ => Some((self.physical(column)?, TextTest::Blank)),
            },
            Condition::Not(inner) => {
                self.text_test(inner)?.map(|(column, test)| (column, TextTest::Not(Box::new(test))))
            }
            Condition::And(parts) => {
                self.same_column(parts)?.map(|(column, tests)| (column, TextTest::All(tests)))
            }
            Condition::Or(parts) => {
                self.same_column(parts)?.map(|(column, tests)| (column, TextTest::Any(tests)))
            }
            Condition::Failed | Condition::Compare { .. } => None,
        })
    }

    fn same_column(&self, parts: &[Condition]) -> Result<Option<(usize, Vec<TextTest>)>, Unreadable> {
        let mut found: Option<(usize, Vec<TextTest>)> = None;
        for part in parts {
            match (self.text_test(part)?, &mut found) {
                (Some((column, test)), None) => found = Some((column, vec![test])),
                (Some((column, test)), Some((known, tests))) if column == *known => tests.push(test),
                _ => return Ok(None),
            }
        }
        Ok(found)
    }

    fn comparison(
        &mut self,
        column: &Column,
        comparison: Comparison,
        value: &Value,
        needs: &mut Needs,
    ) -> Result<Predicate, Unreadable> {
        let (number, at) = match value {
            Value::Quantity(Quantity { value, dimension }) => {
                (self.number(column, *dimension, needs)?, *value)
            }
            Value::Clock(seconds) => {
                (self.time_of_day(column, needs)?, Rational::integer(i64::from(*seconds)))
            }
            Value::Text(_) => {
                return unreadable(
                    Reason::NotMeasurable,
                    format!("`{column}` is compared with text and numbers"),
                );
            }
        };
        let exceeds = |needs: &mut Needs, side| {
            let limit = Limit { at, side };
            Predicate::Exceeds { digit: needs.edges(number, &[limit]), limit }
        };
        let not = |predicate| Predicate::Not(Box::new(predicate));
        Ok(match comparison {
            Comparison::Above => exceeds(needs, Side::AtMost),
            Comparison::AtLeast => exceeds(needs, Side::Below),
            Comparison::AtMost => not(exceeds(needs, Side::AtMost)),
            Comparison::Below => not(exceeds(needs, Side::Below)),
            Comparison::Equal | Comparison::Unequal => {
                let equal =
                    Predicate::All(vec![exceeds(needs, Side::Below), not(exceeds(needs, Side::AtMost))]);
                if comparison == Comparison::Equal { equal } else { not(equal) }
            }
        })
    }

    fn time_of_day(&mut self, column: &Column, needs: &mut Needs) -> Result<usize, Unreadable> {
        if let Named::Mapped(ColumnMapping::Clock(_)) = self.named(column)? {
            return self.number(column, Dimension::Duration, needs);
        }
        let at = self.physical(column)?;
        let Reading::Time(format) = &self.schema.columns[at].reading else {
            return unreadable(
                Reason::NotMeasurable,
                format!("`{column}` holds no times, so it cannot be compared with a time of day"),
            );
        };
        let number = self.clock_number(column, at, format.clone());
        Ok(self.intern_number(number, needs))
    }
}

impl Needs {
    fn test(&mut self, test: usize) -> usize {
        let same = |digit: &Digit| matches!(digit, Digit::Test(known) if *known == test);
        self.digits.iter().position(same).unwrap_or_else(|| {
            self.digits.push(Digit::Test(test));
            self.digits.len() - 1
        })
    }

    /// The digit of a number, with at least these limits.
    pub(super) fn edges(&mut self, number: usize, limits: &[Limit]) -> usize {
        let wanted = Limits { standard: limits.to_vec(), by_group: Vec::new() };
        self.edges_by_group(number, wanted)
    }

    /// As [`Needs::edges`], for limits that depend on the group; a number has at most one such set here.
    pub(super) fn edges_by_group(&mut self, number: usize, wanted: Limits) -> usize {
        let same = |digit: &Digit| matches!(digit, Digit::Edges { number: known, .. } if *known == number);
        if let Some(at) = self.digits.iter().position(same)
            && let Digit::Edges { limits, .. } = &mut self.digits[at]
            && let Some(merged) = limits.merged(&wanted)
        {
            *limits = merged;
            return at;
        }
        self.digits.push(Digit::Edges { number, limits: wanted });
        self.digits.len() - 1
    }
}

impl Limits {
    /// Both sets of limits in one; `None` where both depend on the group, each in its own way.
    ///
    /// Every group must have as many limits, so one that both have is dropped only where every group has it.
    pub(super) fn merged(&self, other: &Limits) -> Option<Limits> {
        if self == other {
            return Some(self.clone());
        }
        let (grouped, plain) = match (self.by_group.is_empty(), other.by_group.is_empty()) {
            (_, true) => (self, other),
            (true, false) => (other, self),
            (false, false) => return None,
        };
        let mut extra: Vec<Limit> = plain.standard.clone();
        extra.retain(|limit| {
            !(grouped.standard.contains(limit)
                && grouped.by_group.iter().all(|(_, limits)| limits.contains(limit)))
        });
        let with_extra = |limits: &[Limit]| {
            let mut all: Vec<Limit> = limits.iter().chain(&extra).copied().collect();
            all.sort();
            all
        };
        Some(Limits {
            standard: with_extra(&grouped.standard),
            by_group: grouped
                .by_group
                .iter()
                .map(|(pattern, limits)| (pattern.clone(), with_extra(limits)))
                .collect(),
        })
    }
}

impl NumberSource {
    /// The columns of the schema it reads.
    pub fn columns(&self) -> Vec<usize> {
        match self {
            NumberSource::Cell { column, .. } | NumberSource::Clock { column, .. } => vec![*column],
            NumberSource::Between { from, to, .. } => vec![from.0, to.0],
        }
    }
}

fn derived(column: &Column, source: NumberSource, range: Range) -> Number {
    let seconds = Unit { name: "s", dimension: Dimension::Duration, factor: Rational::ONE };
    Number { name: column.clone(), source, unit: seconds, digits: 9, range }
}

pub(super) fn index_of(list: &mut Vec<usize>, value: usize) -> usize {
    list.iter().position(|known| *known == value).unwrap_or_else(|| {
        list.push(value);
        list.len() - 1
    })
}

fn base_unit(dimension: Dimension) -> Unit {
    match dimension {
        Dimension::Duration => Unit { name: "s", dimension, factor: Rational::ONE },
        Dimension::Size => Unit { name: "B", dimension, factor: Rational::ONE },
        Dimension::Ratio => Unit::RATIO,
        Dimension::Plain | Dimension::Rate => Unit { name: "", dimension, factor: Rational::ONE },
    }
}

fn unknown_unit(header: &str, column: &Column, dimension: Dimension) -> String {
    let (what, examples) = match dimension {
        Dimension::Duration => ("seconds, milliseconds or something else", "ms"),
        Dimension::Size => ("bytes or something else", "bytes"),
        Dimension::Ratio => ("a percentage or a ratio", "\"%\""),
        Dimension::Plain | Dimension::Rate => ("in which unit", "s"),
    };
    let option = if column.0 == "latency" { "--unit ms, or ".to_owned() } else { String::new() };
    let key = if column.0 == "latency" { "latency: ".to_owned() } else { format!("columns: {{{column}: ") };
    let close = if column.0 == "latency" { "" } else { "}" };
    format!(
        "whether column `{header}` is {what} is not known; say {option}`input: {key}{{column: {header}, unit: {examples}}}{close}`"
    )
}

fn mismatch(column: &Column, unit: Unit, wanted: Dimension) -> String {
    let is = if unit.name.is_empty() { "plain numbers".to_owned() } else { format!("in {}", unit.name) };
    let asked = match wanted {
        Dimension::Duration => "a duration",
        Dimension::Size => "a size",
        Dimension::Ratio => "a percentage",
        Dimension::Plain => "a number without a unit",
        Dimension::Rate => "a rate",
    };
    format!("`{column}` is {is}, but the rule compares it with {asked}")
}
