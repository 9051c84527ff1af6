//! Names of the rules → columns and numbers of the plan.

use super::needs::Needs;
use super::{Number, NumberSource, Range, Test, Unreadable, nanos_per_step};
use crate::model::{
    Clock, Column, ColumnMapping, Dimension, Found, InputMapping, Instant, OpenEnd, Rational, Reading,
    Reason, RowKind, Schema, TimeFormat, Unit, UnitOf,
};

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
pub(super) enum Named<'a> {
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

    pub(super) fn named(&self, column: &Column) -> Result<Named<'a>, Unreadable> {
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
        // What the rules may call a column beside its header: the part it plays, or a name of `input: columns:`.
        let parts = [("service", &self.schema.service), ("latency", &self.schema.latency)];
        let parts = parts.into_iter().filter(|(_, found)| found.at().is_some()).map(|(part, _)| part);
        let mapped = self.input.columns.iter().map(|(name, _)| name.as_str());
        let nearest = parts
            .chain(mapped)
            .chain(names.iter().copied())
            .map(|name| (strsim::jaro_winkler(name, &column.0), name))
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

    pub(super) fn mapped_header(&self, header: &str) -> Result<usize, Unreadable> {
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

    pub(super) fn time_format(&self, header: &str) -> Result<(usize, TimeFormat), Unreadable> {
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

    pub(super) fn clock_number(&self, column: &Column, at: usize, format: TimeFormat) -> Number {
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

    /// Whether a number can be held against a limit: one of too many digits would not fit.
    pub(super) fn countable(&self, number: usize, limit: Rational) -> Result<(), Unreadable> {
        match self.numbers[number].steps(limit) {
            Some(_) => Ok(()),
            None => unreadable(Reason::NotMeasurable, "a target or limit with too many digits; write fewer"),
        }
    }

    /// The counts of interval rows.
    pub(super) fn count(&mut self, at: usize) -> usize {
        let name = Column(self.schema.columns[at].name.clone());
        let source = NumberSource::Cell { column: at, own_units: false };
        let number = Number { name, source, unit: Unit::PLAIN, digits: 0, range: Range::Whole };
        self.intern_number(number, &mut Needs::default())
    }

    pub(super) fn intern_number(&mut self, number: Number, needs: &mut Needs) -> usize {
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
