//! Agreement + schema → plan: every objective is lowered, then packed into as few tables as stay small.

use super::lower::{Acceptance, Lowered};
use super::needs::Needs;
use super::resolve::{Resolver, unreadable};
use super::{Digit, Limits, Measure, Plan, Predicate, Reading, Sum, Table, TimeNeed, Unreadable};
use crate::model::{
    Agreement, DateOrder, Found, Indicator, Instant, Period, Reason, RowKind, Schema, TimeFormat, TimeLayout,
};

/// Objectives share a table as long as it has at most this many codes: the counters of a cell then fill a few cache
/// lines.
const COMFORTABLE_CODES: usize = 128;
/// More codes than this no objective may need.
const MOST_CODES: usize = 4096;

/// Bounds on the time of rows, half-open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Rows before are excluded.
    pub since: Option<Instant>,
    /// Rows at or after are excluded.
    pub until: Option<Instant>,
}

/// What must be counted so that the agreement can be decided on such input. What cannot be measured is said per
/// objective, in [`Plan::readings`].
pub fn compile(agreement: &Agreement, schema: &Schema, now: Instant, window: Window) -> Plan {
    packed(agreement, schema, now, window, COMFORTABLE_CODES)
}

/// As [`compile`], with a table for each objective: for sources that can answer for each by itself, but do not know
/// the rows behind the answers and so cannot tell the joint counts of a shared table.
pub fn compile_apart(agreement: &Agreement, schema: &Schema, now: Instant, window: Window) -> Plan {
    packed(agreement, schema, now, window, 0)
}

/// Objectives share a table while it has at most `shared_codes` codes.
fn packed(agreement: &Agreement, schema: &Schema, now: Instant, window: Window, shared_codes: usize) -> Plan {
    let mut resolver = Resolver {
        schema,
        input: &agreement.input,
        now,
        zone: agreement.timezone.as_deref(),
        numbers: Vec::new(),
        tests: Vec::new(),
        labels: Vec::new(),
    };
    let slice = match agreement.period {
        Period::All => None,
        Period::Every(length) => Some(length),
    };
    let times = times(schema);
    let blocked = match &times {
        Err(problem) if slice.is_some() || window != Window::default() => Some(problem.clone()),
        _ => None,
    };

    let mut tables = Tables { list: Vec::new(), shared_codes };
    let exclusions = tables.first(agreement, &mut resolver);
    let mut readings = Vec::new();
    for objective in &agreement.objectives {
        let timeless = |problem: &Option<Unreadable>| match (problem, &times) {
            (Some(problem), _) => Err(problem.clone()),
            (None, Err(problem)) if objective.indicator == Indicator::Throughput => Err(problem.clone()),
            _ => Ok(()),
        };
        readings.push(timeless(&blocked).and_then(|()| {
            let lowered = resolver.lower(agreement, objective)?;
            let mut reading = tables.place(lowered)?;
            if slice.is_some() || window != Window::default() || objective.indicator == Indicator::Throughput
            {
                reading.rests_on.extend(schema.time.at());
            }
            Ok(reading)
        }));
    }
    let counts = schema.counts.map(|counts| {
        let requests = resolver.count(counts.requests);
        (requests, counts.failures.map(|failures| resolver.count(failures)))
    });
    let instant = times.as_ref().ok().map(|(column, _)| *column);
    let key = (schema.rows_are != RowKind::Request).then(|| key_columns(agreement, schema, instant));
    let time = times.ok().or_else(|| validated_only(schema)).map(|(column, format)| TimeNeed {
        column,
        format,
        slice: slice.filter(|_| blocked.is_none()),
        since: window.since.filter(|_| blocked.is_none()),
        until: window.until.filter(|_| blocked.is_none()),
    });
    let tables = tables.finish();
    Plan {
        labels: resolver.labels,
        numbers: resolver.numbers,
        tests: resolver.tests,
        time,
        tables,
        counts,
        key,
        decimal_comma: agreement.input.decimal_comma,
        readings,
        exclusions,
    }
}

/// The time column, if instants can be told from it.
fn times(schema: &Schema) -> Result<(usize, TimeFormat), Unreadable> {
    match &schema.time {
        Found::At(column) => match &schema.columns[*column].reading {
            crate::model::Reading::Time(format) => match &format.layout {
                TimeLayout::YearLast(DateOrder::Unsettled(message)) => {
                    unreadable(Reason::Ambiguous, message.clone())
                }
                _ => Ok((*column, format.clone())),
            },
            _ => unreadable(
                Reason::Ambiguous,
                format!(
                    "column `{}` is not recognised as times; say --time-format",
                    schema.columns[*column].name
                ),
            ),
        },
        Found::Absent => unreadable(Reason::MissingColumn, "the data has no column of times; say --time"),
        Found::Ambiguous(message) => unreadable(Reason::Ambiguous, message.clone()),
    }
}

/// A time column whose instants nobody needs is still checked.
fn validated_only(schema: &Schema) -> Option<(usize, TimeFormat)> {
    let column = schema.time.at()?;
    match &schema.columns[column].reading {
        crate::model::Reading::Time(format) => Some((column, format.clone())),
        _ => None,
    }
}

/// What identifies an interval row or a finished row beside its instant: what `key:` says, else every column of text
/// or times. Where no instant is told from the time column, its text is part of the key.
fn key_columns(agreement: &Agreement, schema: &Schema, instant: Option<usize>) -> Vec<usize> {
    let named = |name: &String| schema.columns.iter().position(|column| column.name == *name);
    let identifies =
        |at: &usize| !matches!(schema.columns[*at].reading, crate::model::Reading::Number { .. });
    let mut columns: Vec<usize> = if agreement.input.key.is_empty() {
        (0..schema.columns.len()).filter(identifies).collect()
    } else {
        agreement.input.key.iter().filter_map(named).collect()
    };
    columns.retain(|column| Some(*column) != instant);
    columns
}

/// The tables that are being filled.
struct Tables {
    list: Vec<Draft>,
    shared_codes: usize,
}

#[derive(Default)]
struct Draft {
    by: Vec<usize>,
    digits: Vec<Digit>,
    sums: Vec<Sum>,
    extremes: Vec<(usize, Predicate)>,
    shapes: Vec<(usize, Predicate)>,
    /// Digits that sums must tell apart.
    sum_digits: Vec<usize>,
}

impl Tables {
    /// The table that every plan has: the agreement's groups, and what it takes for a row to count.
    fn first(&mut self, agreement: &Agreement, resolver: &mut Resolver) -> Vec<(String, Predicate)> {
        let by: Vec<usize> = agreement.by.iter().filter_map(|column| resolver.label(column).ok()).collect();
        let physical: Vec<usize> = by.iter().map(|label| resolver.labels[*label]).collect();
        let mut needs = Needs::default();
        let acceptance = resolver.acceptance(agreement, &physical, &mut needs);
        let exclusions = acceptance.map(|Acceptance { exclusions, .. }| exclusions).unwrap_or_default();
        self.list.push(Draft { by, digits: needs.digits, ..Draft::default() });
        exclusions
    }

    fn place(&mut self, lowered: Lowered) -> Result<Reading, Unreadable> {
        let fits = |draft: &Draft| {
            draft.by == lowered.by
                && codes(&merged(&draft.digits, &lowered.needs.digits).0) <= self.shared_codes
        };
        let table = self.list.iter().position(fits).unwrap_or_else(|| {
            self.list.push(Draft { by: lowered.by.clone(), ..Draft::default() });
            self.list.len() - 1
        });
        let draft = &mut self.list[table];
        let (digits, place) = merged(&draft.digits, &lowered.needs.digits);
        if codes(&digits) > MOST_CODES {
            return unreadable(
                Reason::NotMeasurable,
                format!("it distinguishes more than {MOST_CODES} kinds of rows; use fewer conditions"),
            );
        }
        draft.digits = digits;
        Ok(draft.add(lowered, table, &place))
    }

    fn finish(self) -> Vec<Table> {
        self.list.into_iter().map(Draft::finish).collect()
    }
}

impl Draft {
    /// Adds what an objective asks for; `place` tells where its digits stand in this table.
    fn add(&mut self, lowered: Lowered, table: usize, place: &[usize]) -> Reading {
        let digit_of = |digit: usize| place[digit];
        let here = |predicate: &Predicate| predicate.renumbered(&digit_of);
        let sums: Vec<usize> = lowered.sums.iter().map(|sum| position(&mut self.sums, *sum)).collect();
        if !sums.is_empty() {
            for filter in &lowered.sum_filters {
                here(filter).each_digit(&mut |digit| {
                    if !self.sum_digits.contains(&digit) {
                        self.sum_digits.push(digit);
                    }
                });
            }
        }
        let extremes: Vec<usize> = lowered
            .extremes
            .iter()
            .map(|(number, rows)| position(&mut self.extremes, (*number, here(rows))))
            .collect();
        let shapes: Vec<usize> = lowered
            .shapes
            .iter()
            .map(|(number, rows)| position(&mut self.shapes, (*number, here(rows))))
            .collect();
        let count = |count: super::Count| match count {
            super::Count::Rows => super::Count::Rows,
            super::Count::Sum(sum) => super::Count::Sum(sums[sum]),
        };
        let measure = match lowered.measure {
            Measure::Rows => Measure::Rows,
            Measure::Requests(of) => Measure::Requests(count(of)),
            Measure::Throughput(of) => Measure::Throughput(count(of)),
            Measure::Failures { failed, sum } => {
                Measure::Failures { failed: here(&failed), sum: sum.map(|sum| sums[sum]) }
            }
            Measure::Share { part, count: of, complement } => {
                Measure::Share { part: here(&part), count: count(of), complement }
            }
            Measure::FailureSums { failures, requests, complement } => {
                Measure::FailureSums { failures: sums[failures], requests: sums[requests], complement }
            }
            Measure::Mean { sum, present, count: of } => {
                Measure::Mean { sum: sums[sum], present: here(&present), count: count(of) }
            }
            Measure::Total { sum, present } => Measure::Total { sum: sums[sum], present: here(&present) },
            Measure::Quotient { over, under, present } => {
                Measure::Quotient { over: sums[over], under: sums[under], present: here(&present) }
            }
            Measure::Rank { rank, digit, shown, stated } => {
                let shown =
                    if matches!(rank, super::Rank::Nearest(_)) { shapes[shown] } else { extremes[shown] };
                Measure::Rank { rank, digit: place[digit], shown, stated }
            }
            Measure::Apdex { failed, satisfied, tolerating, missing } => Measure::Apdex {
                failed: here(&failed),
                satisfied: here(&satisfied),
                tolerating: here(&tolerating),
                missing: here(&missing),
            },
            Measure::Given { sum, digit } => Measure::Given { sum: sums[sum], digit: place[digit] },
        };
        let mut rests_on = lowered.needs.columns;
        rests_on.sort_unstable();
        rests_on.dedup();
        Reading { table, accepts: here(&lowered.accepts), filter: here(&lowered.filter), measure, rests_on }
    }

    fn finish(self) -> Table {
        let mut table = Table {
            by: self.by,
            codes: codes(&self.digits),
            digits: self.digits,
            sums: self.sums,
            extremes: self.extremes,
            shapes: self.shapes,
            slot_of_code: Vec::new(),
            slots: 1,
        };
        let mut keys: Vec<Vec<u32>> = Vec::new();
        table.slot_of_code = (0..table.codes)
            .map(|code| {
                position(&mut keys, self.sum_digits.iter().map(|at| table.digit(code, *at)).collect()) as u32
            })
            .collect();
        table.slots = keys.len();
        table
    }
}

fn codes(digits: &[Digit]) -> usize {
    digits.iter().map(Digit::radix).fold(1, usize::saturating_mul)
}

/// The digits of a table with those of an objective added, and where each of the latter stands. Two sets of limits
/// by group for one number stay two digits.
fn merged(table: &[Digit], needs: &[Digit]) -> (Vec<Digit>, Vec<usize>) {
    let mut digits = table.to_vec();
    let mut place = Vec::with_capacity(needs.len());
    for need in needs {
        let at = match need {
            Digit::Test { test, .. } => digits
                .iter()
                .position(|digit| matches!(digit, Digit::Test { test: known, .. } if known == test)),
            Digit::Edges { number, limits } => {
                let mut found = None;
                for (at, digit) in digits.iter_mut().enumerate() {
                    if let Digit::Edges { number: known, limits: mine } = digit
                        && known == number
                        && let Some(merged) = Limits::merged(mine, limits)
                    {
                        *mine = merged;
                        found = Some(at);
                        break;
                    }
                }
                found
            }
        };
        place.push(at.unwrap_or_else(|| {
            digits.push(need.clone());
            digits.len() - 1
        }));
    }
    (digits, place)
}

fn position<T: PartialEq>(list: &mut Vec<T>, value: T) -> usize {
    list.iter().position(|known| *known == value).unwrap_or_else(|| {
        list.push(value);
        list.len() - 1
    })
}
