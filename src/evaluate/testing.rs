//! For tests: agreements and inputs in a few words, and a tallier that is slow and simple.

use super::{Context, Item, evaluate};
use crate::model::{
    Agreement, Cell, Clock, Column, Comparison, CountColumns, Decimal, Dimension, Found, Indicator, Intake,
    Missing, NANOS, NoData, Objective, Origin, Quantity, Rational, Reading, Report, RowKind, Schema,
    SchemaColumn, Shown, StatusKind, Tallies, TallyTable, Target, TimeFormat, TimeLayout, Unit, UnitOf,
};
use crate::plan::{Digit, Number, NumberSource, Plan, TestKind, Truth, Window, compile, digit, is_blank};

pub(super) fn rational(num: i128, den: i128) -> Rational {
    Rational::new(num, den).unwrap()
}

/// `5%`, `400ms`, `0.9`, `50/s`.
pub(super) fn quantity(text: &str) -> Quantity {
    let (number, unit) =
        text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let value = decimal(number).unwrap().to_rational().unwrap();
    if let Some(unit) = unit.strip_prefix('/') {
        let unit = Unit::named(unit).unwrap();
        let value = value.over(unit.factor).unwrap();
        return Quantity { value, dimension: Dimension::Rate, shown: Shown::per(unit) };
    }
    let unit = if unit.is_empty() { Unit::PLAIN } else { Unit::named(unit).unwrap() };
    let value = value.times(unit.factor).unwrap();
    Quantity { value, dimension: unit.dimension, shown: unit.shown() }
}

pub(super) fn target(text: &str) -> Target {
    Target { quantity: quantity(text), text: text.to_owned() }
}

pub(super) fn column(name: &str) -> Column {
    Column(name.to_owned())
}

/// An objective; `words` are its indicator's text, the comparison and the target.
pub(super) fn objective(indicator: Indicator, words: &str) -> Objective {
    let mut parts = words.rsplitn(3, ' ');
    let (goal, symbol) = (parts.next().unwrap(), parts.next().unwrap());
    let comparison = Comparison::from_word(symbol).unwrap();
    Objective {
        text: words.to_owned(),
        name: None,
        description: None,
        runbook: None,
        severity: None,
        indicator,
        comparison,
        target: target(goal),
        prefer: None,
        filter: None,
        by: None,
        targets: Vec::new(),
        min_samples: 0,
        no_data: NoData::Undecided,
        missing: Missing::Undecided,
        origin: Origin::default(),
    }
}

/// Per service, over all of the input.
pub(super) fn agreement(objectives: Vec<Objective>) -> Agreement {
    Agreement { by: vec![column("service")], ..Agreement::plain("test", objectives) }
}

fn number(unit: Option<Unit>) -> Reading {
    Reading::Number { unit: unit.map_or(UnitOf::Unknown, UnitOf::Known), digits: 2 }
}

fn schema(columns: Vec<(&str, Reading)>, rows_are: RowKind) -> Schema {
    let at =
        |name: &str| columns.iter().position(|(known, _)| *known == name).map_or(Found::Absent, Found::At);
    let counts = at("hits").at().map(|requests| CountColumns { requests, failures: at("errors").at() });
    Schema {
        rows_are,
        time: at("ts"),
        service: at("service"),
        latency: at("latency"),
        status: at("status"),
        status_kind: StatusKind::Words,
        counts,
        clock: Clock::Naive,
        inferred: Vec::new(),
        columns: columns
            .into_iter()
            .map(|(name, reading)| SchemaColumn {
                statistic: name.starts_with("avg").then(|| "avg".to_owned()),
                name: name.to_owned(),
                reading,
                gauge: false,
            })
            .collect(),
    }
}

/// `ts` in seconds, `service`, `status`, `latency` in ms.
pub(super) fn requests() -> Schema {
    let seconds = TimeFormat {
        layout: TimeLayout::Epoch(NANOS),
        zone: None,
        offsets: crate::model::Offsets::default(),
    };
    let columns = vec![
        ("ts", Reading::Time(seconds)),
        ("service", Reading::Text),
        ("status", Reading::Text),
        ("latency", number(Unit::named("ms"))),
    ];
    schema(columns, RowKind::Request)
}

/// `service`, `hits`, `errors`, `avg_latency` in ms.
pub(super) fn intervals() -> Schema {
    let columns = vec![
        ("service", Reading::Text),
        ("hits", number(Some(Unit::PLAIN))),
        ("errors", number(Some(Unit::PLAIN))),
        ("avg_latency", number(Unit::named("ms"))),
    ];
    schema(columns, RowKind::Interval)
}

/// `service`, `failure_rate` as a ratio.
pub(super) fn finished() -> Schema {
    schema(vec![("service", Reading::Text), ("failure_rate", number(Some(Unit::RATIO)))], RowKind::Finished)
}

/// The report on rows without a header, cells separated by commas.
pub(super) fn report(agreement: &Agreement, schema: &Schema, rows: &str) -> Report {
    report_with(agreement, schema, rows, Window::default(), &Context::default(), |_| {})
}

/// As [`report`], after `change` had its way with the intake.
pub(super) fn report_with(
    agreement: &Agreement,
    schema: &Schema,
    rows: &str,
    window: Window,
    context: &Context,
    change: impl Fn(&mut Intake),
) -> Report {
    let plan = compile(agreement, schema, context.now, window);
    let mut tallies = tally(&plan, rows);
    let clauses = super::exclusions(&plan, &tallies);
    tallies.intakes[0].excluded.extend(clauses);
    change(&mut tallies.intakes[0]);
    evaluate(
        &[Item { agreement, schema, plan: &plan, tallies: &tallies, remarks: &[], sampled: &[] }],
        context,
    )
}

/// Row by row, with fractions.
fn tally(plan: &Plan, text: &str) -> Tallies {
    let mut tallies = Tallies {
        tables: plan.tables.iter().map(|_| TallyTable::default()).collect(),
        intakes: vec![Intake { source: "data.csv".to_owned(), ..Intake::default() }],
    };
    let intake = &mut tallies.intakes[0];
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split(',').collect();
        intake.rows += 1;
        let instant = plan.time.as_ref().map(|time| cells[time.column].parse::<i64>().unwrap() * NANOS);
        let mut slice = 0;
        if let (Some(time), Some(at)) = (&plan.time, instant) {
            if time.since.is_some_and(|since| at < since) || time.until.is_some_and(|until| at >= until) {
                let clause = if time.since.is_some_and(|since| at < since) { "--since" } else { "--until" };
                intake.excluded.push(crate::model::Excluded { clause: clause.to_owned(), rows: 1 });
                continue;
            }
            let (first, last) = intake.span.unwrap_or((at, at));
            intake.span = Some((first.min(at), last.max(at)));
            slice = time.slice.map_or(0, |length| crate::calendar::slice_start(at, length));
        }
        let values: Vec<Option<Rational>> = plan.numbers.iter().map(|number| value(number, &cells)).collect();
        for (table, tally) in plan.tables.iter().zip(&mut tallies.tables) {
            let group: Vec<String> =
                table.by.iter().map(|label| cells[plan.labels[*label]].to_owned()).collect();
            let code = table
                .digits
                .iter()
                .fold(0, |code, digit| code * digit.radix() + answer(plan, digit, &group, &cells, &values));
            let cell = tally.cells.entry(group.clone()).or_default().entry(slice).or_insert_with(|| Cell {
                counts: vec![0; table.codes],
                sums: vec![0; table.sums.len() * table.slots],
                extremes: vec![None; table.extremes.len()],
                shapes: vec![crate::model::Shape::default(); table.shapes.len()],
            });
            cell.counts[code] += 1;
            for (at, sum) in table.sums.iter().enumerate() {
                let weight = sum.weight.map_or(Some(Rational::ONE), |weight| values[weight]);
                if let (Some(value), Some(weight)) = (values[sum.number], weight) {
                    let slot = at * table.slots + table.slot_of_code[code] as usize;
                    cell.sums[slot] += nanos(value.times(weight).unwrap());
                }
            }
            for (at, (number, rows)) in table.extremes.iter().enumerate() {
                if let (Some(value), Truth::True) = (values[*number], rows.truth(table, &group, code)) {
                    let value = nanos(value);
                    let (low, high) = cell.extremes[at].unwrap_or((value, value));
                    cell.extremes[at] = Some((low.min(value), high.max(value)));
                }
            }
            for (at, (number, rows)) in table.shapes.iter().enumerate() {
                if let (Some(value), Truth::True) = (values[*number], rows.truth(table, &group, code)) {
                    let number = &plan.numbers[*number];
                    let step = rational(1, 10i128.pow(number.digits)).times(number.unit.factor).unwrap();
                    cell.shapes[at].add(value.over(step).unwrap().round() as i64, 1);
                }
            }
        }
    }
    tallies
}

fn nanos(value: Rational) -> i128 {
    value.times(Rational::integer(NANOS)).unwrap().round()
}

fn value(number: &Number, cells: &[&str]) -> Option<Rational> {
    let NumberSource::Cell { column, .. } = number.source else { return None };
    let cell = cells[column];
    if is_blank(cell.as_bytes()) {
        return None;
    }
    decimal(cell).unwrap().to_rational().unwrap().times(number.unit.factor)
}

fn answer(
    plan: &Plan,
    digit: &Digit,
    group: &[String],
    cells: &[&str],
    values: &[Option<Rational>],
) -> usize {
    match digit {
        Digit::Test { test: at, .. } => {
            let test = &plan.tests[*at];
            let cell = cells[test.column].as_bytes();
            let answer = match &test.what {
                TestKind::Failed(words) => words.digit(cell).unwrap_or(digit::UNKNOWN),
                TestKind::Text(text) => match text.truth(cell) {
                    Truth::False => digit::FALSE,
                    Truth::True => digit::TRUE,
                    Truth::Unknown => digit::UNKNOWN,
                },
            };
            answer as usize
        }
        Digit::Edges { number, limits } => match values[*number] {
            None => limits.standard.len() + 1,
            Some(value) => limits
                .of(group)
                .iter()
                .filter(|limit| match limit.side {
                    crate::plan::Side::Below => value >= limit.at,
                    crate::plan::Side::AtMost => value > limit.at,
                })
                .count(),
        },
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    Some(Decimal { mantissa: format!("{whole}{fraction}").parse().ok()?, scale: fraction.len() as u32 })
}
