//! Which rows stand behind a result: those that count against a promise that was broken, or that keep it from being
//! decided. Read from the plan alone; `pipeline::rows` looks for them.
//!
//! Invariant: where a result says how many are bad, or missing, the rows chosen here are as many ([`Choice::expected`]).

mod choice;

pub use choice::Choice;

use self::choice::{Excess, Order, Sign, Worth};
use super::gauge::Promise;
use super::phrase;
use super::view::Lens;
use crate::model::{
    Agreement, Column, Comparison, Group, Indicator, Missing, Objective, Rational, Reason, RowKind,
    RuleResult, Schema, Verdict,
};
use crate::plan::{Count, Limit, Measure, Plan, Predicate, Reading, Side, Truth};

/// The rows behind a result.
#[derive(Clone, Debug)]
pub struct Offence {
    /// What they are, or why there are none: a fragment.
    pub are: String,
    /// Which they are.
    pub wanted: Wanted,
}

/// Which rows.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// None.
    Nothing,
    /// The rejected ones, of all of the agreement's inputs.
    Rejected,
    /// Those in doubt, as a whole or in one of these columns of the schema.
    Doubtful(Vec<usize>),
    /// Some of one cell of a table.
    Chosen(Choice),
}

/// The rows behind a result of this agreement, as it fits the schema and was planned.
pub fn offence(agreement: &Agreement, schema: &Schema, plan: &Plan, result: &RuleResult) -> Offence {
    let nothing = |why: &str| Offence { are: format!("no row: {why}"), wanted: Wanted::Nothing };
    let objective = agreement.objectives.get(result.objective_idx);
    let reading = plan.readings.get(result.objective_idx).and_then(|reading| reading.as_ref().ok());
    let (Some(objective), Some(reading)) = (objective, reading) else {
        return nothing("the data does not measure it");
    };
    let rows = match schema.rows_are {
        RowKind::Request => agreement.noun.as_str(),
        RowKind::Interval | RowKind::Finished => "rows",
    };
    let group: Group = result.about.group.iter().map(|(_, value)| value.clone()).collect();
    let columns = super::groups::columns_of(agreement, objective);
    let table = plan.tables.get(reading.table).filter(|_| columns.len() == group.len());
    let Some(table) = table else { return nothing("not all of the group is known") };
    let lens = Lens::new(table, reading, &group);
    let promise = Promise { comparison: result.about.comparison, target: result.about.target };
    let case = Case { objective, reading, lens: &lens, promise, rows };
    let chosen = match (result.verdict, result.reason) {
        (Verdict::Breached, None) => case.against(),
        (Verdict::Undecided, Some(Reason::MissingValues)) => Ok(case.lacking()),
        (Verdict::Undecided, Some(Reason::RejectedRows)) => {
            let are = "rows that were rejected; any of them may belong here".to_owned();
            return Offence { are, wanted: Wanted::Rejected };
        }
        (Verdict::Undecided, Some(Reason::Ambiguous | Reason::UntrustedInput)) => {
            let are = "rows in doubt, if it is single rows that are".to_owned();
            return Offence { are, wanted: Wanted::Doubtful(reading.rests_on.clone()) };
        }
        (_, Some(Reason::NoData)) => Err(format!("there are no {rows}")),
        (_, Some(Reason::TooFewSamples)) => {
            Err(format!("there are too few {rows}, and none counts against it"))
        }
        _ => Err("it is not single rows that decide this".to_owned()),
    };
    let expected = match result.verdict {
        Verdict::Breached => result.bad,
        _ => Some(result.missing),
    };
    match chosen {
        Err(why) => nothing(&why),
        Ok(Chosen { are, codes, excess, worth }) => {
            let (expected, worth) = match worth {
                Some(worth) => (expected, worth),
                None => (None, Worth::Row),
            };
            let slice = result.period.from.unwrap_or(0);
            let wanted = Wanted::Chosen(Choice {
                table: reading.table,
                group: group.clone(),
                slice,
                expected,
                codes,
                excess,
                worth,
            });
            Offence { are, wanted }
        }
    }
}

/// What was chosen.
struct Chosen {
    are: String,
    codes: Vec<bool>,
    excess: Option<Excess>,
    /// `None` where the result has no count to hold it to.
    worth: Option<Worth>,
}

/// One result.
struct Case<'a> {
    objective: &'a Objective,
    reading: &'a Reading,
    lens: &'a Lens<'a>,
    promise: Promise,
    /// What rows are called.
    rows: &'a str,
}

impl Case<'_> {
    /// The rows that count against the promise, or why there are none.
    fn against(&self) -> Result<Chosen, String> {
        let comparison = self.promise.comparison;
        let rows = self.rows;
        Ok(match &self.reading.measure {
            Measure::Rows | Measure::Requests(_) | Measure::Throughput(_) => {
                if comparison.wants_large() {
                    return Err(format!("there are fewer {rows} than promised"));
                }
                self.codes(format!("every one of the {rows} that were counted"), |_| true)
            }
            Measure::Failures { sum: Some(sum), .. } => {
                if comparison.wants_large() {
                    return Err("there are fewer failures than promised".to_owned());
                }
                self.numbered(*sum, None, "rows with failures", comparison.wants_small())
            }
            Measure::Failures { failed, sum: None } => {
                if comparison.wants_large() {
                    return Err("there are fewer failures than promised".to_owned());
                }
                self.split(failed, Truth::True, &format!("{rows} that failed"), None)
            }
            Measure::Share { part, count, complement } => {
                // What counts against the promise is what is measured, or the rest of it.
                let measured = !comparison.wants_large();
                let part_of_it = phrase::part(self.objective);
                let verbs = part_of_it.verbs();
                let (truth, did) = if measured == *complement {
                    (Truth::False, verbs.does_not)
                } else {
                    (Truth::True, verbs.does)
                };
                self.split(part, truth, &format!("{rows} that {did}"), Some(*count))
            }
            Measure::FailureSums { failures, requests, complement } => {
                let counted = comparison.wants_small() || comparison.wants_large();
                if comparison.wants_large() == *complement {
                    self.numbered(*failures, None, "rows with failures", counted)
                } else {
                    let are = "rows with requests that did not fail";
                    self.numbered(*requests, Some(*failures), are, counted)
                }
            }
            Measure::Rank { digit, .. } => self.beyond(*digit),
            Measure::Mean { sum, present, .. } => {
                let sum = self.lens.table.sums[*sum];
                let target = self.promise.target.value;
                let excess = self.excess(sum.number, None, target, sum.weight);
                let are = format!(
                    "{rows} that alone {}; what adds most to the average comes first",
                    self.relation(&self.objective.indicator)
                );
                self.ranked(&are, present, excess)
            }
            Measure::Total { sum, present } => {
                if comparison.wants_large() {
                    return Err("the sum is smaller than promised".to_owned());
                }
                let sum = self.lens.table.sums[*sum];
                let excess =
                    Excess { sign: Sign::Above, ..self.excess(sum.number, None, Rational::ZERO, sum.weight) };
                let are = format!("{rows} with a value above zero; the largest comes first");
                self.ranked(&are, present, excess)
            }
            Measure::Quotient { over, under, present } => {
                let number = |at: usize| self.lens.table.sums[at].number;
                let target = self.promise.target.value;
                let excess = self.excess(number(*over), Some(number(*under)), target, None);
                let are = format!(
                    "{rows} whose own ratio misses the target; what adds most to the whole comes first"
                );
                self.ranked(&are, present, excess)
            }
            Measure::Apdex { satisfied, tolerating, missing, .. } => {
                let holds = |predicate: &Predicate, code| self.lens.truth(predicate, code) == Truth::True;
                let bad_if_missing = self.objective.missing == Missing::Bad;
                if comparison.wants_small() {
                    return Ok(self.codes(format!("{rows} that were satisfied or tolerating"), |code| {
                        holds(satisfied, code) || holds(tolerating, code)
                    }));
                }
                self.codes(format!("{rows} that were tolerating or frustrated"), |code| {
                    if holds(missing, code) { bad_if_missing } else { !holds(satisfied, code) }
                })
            }
            Measure::Given { .. } => self.codes("the row that states the figure".to_owned(), |_| true),
        })
    }

    /// The rows without a value that the result reads.
    fn lacking(&self) -> Chosen {
        let lens = self.lens;
        let table = lens.table;
        let lacks = |code: usize| match &self.reading.measure {
            Measure::Failures { failed: part, sum: None } | Measure::Share { part, .. } => {
                lens.truth(part, code) == Truth::Unknown
            }
            Measure::Mean { present, .. }
            | Measure::Total { present, .. }
            | Measure::Quotient { present, .. } => lens.truth(present, code) != Truth::True,
            Measure::Rank { digit, .. } | Measure::Given { digit, .. } => table.is_missing(code, *digit),
            Measure::Apdex { missing, .. } => lens.truth(missing, code) == Truth::True,
            Measure::Rows
            | Measure::Requests(_)
            | Measure::Failures { sum: Some(_), .. }
            | Measure::FailureSums { .. }
            | Measure::Throughput(_) => false,
        };
        let are = format!("{} without a value that this reads", self.rows);
        Chosen { worth: Some(Worth::Row), ..self.codes(are, lacks) }
    }

    /// Rows by their code.
    fn codes(&self, are: String, chosen: impl Fn(usize) -> bool) -> Chosen {
        let codes = (0..self.lens.table.codes).map(|code| self.lens.measures(code) && chosen(code)).collect();
        Chosen { are, codes, excess: None, worth: None }
    }

    /// Rows for which a condition has this answer; those without one, too, where they count as bad.
    fn split(&self, part: &Predicate, wanted: Truth, are: &str, count: Option<Count>) -> Chosen {
        let counted = self.promise.comparison != Comparison::Equal;
        let with_missing = self.objective.missing == Missing::Bad && counted;
        let chosen = self.codes(with_missing_told(are, with_missing), |code| {
            let truth = self.lens.truth(part, code);
            truth == wanted || (with_missing && truth == Truth::Unknown)
        });
        let worth = match count {
            None | Some(Count::Rows) => Worth::Row,
            Some(Count::Sum(sum)) => Worth::Number(self.lens.table.sums[sum].number),
        };
        Chosen { worth: counted.then_some(worth), ..chosen }
    }

    /// Rows in which one sum's number is above zero, or above another's.
    fn numbered(&self, sum: usize, less: Option<usize>, are: &str, counted: bool) -> Chosen {
        let number = |at: usize| self.lens.table.sums[at].number;
        let (over, under) = (number(sum), less.map(number));
        let target = if under.is_some() { Rational::ONE } else { Rational::ZERO };
        let sign = Sign::Above;
        let order = Order::Input;
        let excess = Excess { over, under, target, weight: None, sign, order, with_missing: false };
        let worth = match under {
            None => Worth::Number(over),
            Some(under) => Worth::Difference(over, under),
        };
        Chosen {
            excess: Some(excess),
            worth: counted.then_some(worth),
            ..self.codes(are.to_owned(), |_| true)
        }
    }

    /// Values on the wrong side of the target.
    fn beyond(&self, digit: usize) -> Chosen {
        let (lens, promise) = (self.lens, self.promise);
        let exceeds = |code, limit| lens.table.exceeds(lens.group, code, digit, limit);
        let at = |side| Limit { at: promise.target.value, side };
        let counted = promise.comparison != Comparison::Equal;
        let with_missing = self.objective.missing == Missing::Bad && counted;
        let are = format!("{} that {}", self.rows, self.relation(&self.objective.indicator));
        let chosen = self.codes(with_missing_told(&are, with_missing), |code| {
            if lens.table.is_missing(code, digit) {
                return with_missing;
            }
            match promise.comparison {
                Comparison::AtMost | Comparison::Below => exceeds(code, promise.limit()),
                Comparison::AtLeast | Comparison::Above => !exceeds(code, promise.limit()),
                Comparison::Equal => !exceeds(code, at(Side::Below)) || exceeds(code, at(Side::AtMost)),
                Comparison::Unequal => exceeds(code, at(Side::Below)) && !exceeds(code, at(Side::AtMost)),
            }
        });
        Chosen { worth: counted.then_some(Worth::Row), ..chosen }
    }

    fn ranked(&self, are: &str, present: &Predicate, excess: Excess) -> Chosen {
        let with_missing = excess.with_missing;
        let are = with_missing_told(are, with_missing);
        let chosen = self.codes(are, |code| with_missing || self.lens.truth(present, code) == Truth::True);
        Chosen { excess: Some(excess), ..chosen }
    }

    fn excess(&self, over: usize, under: Option<usize>, target: Rational, weight: Option<usize>) -> Excess {
        let sign = match self.promise.comparison {
            comparison if comparison.wants_small() => Sign::Above,
            comparison if comparison.wants_large() => Sign::Below,
            _ => Sign::Either,
        };
        let with_missing = self.objective.missing == Missing::Bad;
        Excess { over, under, target, weight, sign, order: Order::LargestFirst, with_missing }
    }

    /// `took longer than 400 ms`: what a value does that misses the target.
    fn relation(&self, indicator: &Indicator) -> String {
        let fallback = Column("a value".to_owned());
        let column = match indicator {
            Indicator::Avg(column)
            | Indicator::Min(column)
            | Indicator::Max(column)
            | Indicator::Percentile { column, .. } => column,
            _ => &fallback,
        };
        let missed = phrase::opposite(self.promise.comparison);
        phrase::relation(column, missed, self.promise.target).verbs().does.to_owned()
    }
}

/// What rows are, if those without a value are among them.
fn with_missing_told(are: &str, with_missing: bool) -> String {
    let more = if with_missing { ", and those without a value (`missing: bad`)" } else { "" };
    format!("{are}{more}")
}
