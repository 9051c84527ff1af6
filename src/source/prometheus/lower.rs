//! A table of the plan → what to ask for, and how its codes are told from the answers.
//!
//! Called by `tally` for every table, each of which serves one objective.

use super::edges::Edges;
use super::schema::{Described, Is};
use super::selector::{Metric, Selector, is_label};
use crate::model::{Rational, Reason};
use crate::plan::{Digit, Measure, NumberSource, Plan, Table, TestKind, TextTest, Unreadable};

/// What a table's rows are on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Requests.
    Requests {
        /// Whether failed ones are told apart.
        failed: bool,
    },
    /// Requests by how long they took.
    Latencies {
        /// The limits that are asked about, ascending.
        limits: Vec<Rational>,
        /// Whether their sum is wanted.
        sums: bool,
    },
    /// Samples of a gauge, by its column.
    Gauge(usize),
}

/// A table, lowered.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    pub(super) rows: Rows,
    /// Labels to ask for: those of the groups, then those that conditions read.
    pub(super) labels: Vec<String>,
    /// How many of them make the group.
    pub(super) by: usize,
    /// What each digit of a code is.
    pub(super) digits: Vec<DigitIs>,
}

/// What a digit asks.
#[derive(Clone, Debug)]
pub(super) enum DigitIs {
    /// Whether the request failed.
    Failed,
    /// A question about the label at this place in `labels`.
    Label(usize, TextTest),
    /// How many limits the number exceeds.
    Edges,
}

/// Lowers a table. What the metrics cannot tell is refused with the reason.
pub(super) fn lower(
    described: &Described,
    plan: &Plan,
    table: &Table,
    edges: &Edges,
) -> Result<Lowered, Unreadable> {
    let mut labels = Vec::new();
    for label in &table.by {
        labels.push(label_of(described, plan.labels[*label])?);
    }
    let by = labels.len();
    let mut digits = Vec::new();
    let mut failed = false;
    let mut numbers: Vec<usize> = Vec::new();
    for digit in &table.digits {
        digits.push(match digit {
            Digit::Edges { number, .. } => {
                numbers.push(*number);
                DigitIs::Edges
            }
            Digit::Test { test, .. } => {
                let test = &plan.tests[*test];
                match &test.what {
                    TestKind::Failed(_) => {
                        failed = true;
                        DigitIs::Failed
                    }
                    TestKind::Text(what) => {
                        let label = label_of(described, test.column)?;
                        let at = labels.iter().position(|known| *known == label).unwrap_or(labels.len());
                        if at == labels.len() {
                            labels.push(label);
                        }
                        DigitIs::Label(at, what.clone())
                    }
                }
            }
        });
    }
    numbers.extend(table.sums.iter().flat_map(|sum| [Some(sum.number), sum.weight]).flatten());
    numbers.extend(table.extremes.iter().chain(&table.shapes).map(|(number, _)| *number));
    numbers.sort_unstable();
    numbers.dedup();
    let rows = match numbers.as_slice() {
        [] => Rows::Requests { failed },
        [number] => number_rows(described, plan, table, *number, failed, edges)?,
        _ => {
            return refuse(
                "it reads two numbers of one request or sample, and the metrics tell each by itself only",
            );
        }
    };
    Ok(Lowered { rows, labels, by, digits })
}

fn number_rows(
    described: &Described,
    plan: &Plan,
    table: &Table,
    number: usize,
    failed: bool,
    edges: &Edges,
) -> Result<Rows, Unreadable> {
    let number = &plan.numbers[number];
    let NumberSource::Cell { column, .. } = &number.source else {
        return refuse(format!("`{}` is told from two times, and metrics have one", number.name));
    };
    if failed {
        return refuse(format!(
            "it asks which requests failed and for `{}` together, and the metrics tell each by itself only",
            number.name
        ));
    }
    match &described.columns[*column] {
        Is::Gauge(_) => return Ok(Rows::Gauge(*column)),
        Is::Latency => {}
        _ => return refuse(format!("`{}` holds no numbers", number.name)),
    }
    let histogram = described.server.latency.as_deref().unwrap_or_default();
    let mut limits = Vec::new();
    for digit in &table.digits {
        let Digit::Edges { limits: found, .. } = digit else { continue };
        for limit in found.standard.iter().chain(found.by_group.iter().flat_map(|(_, limits)| limits)) {
            edges.check(*limit, histogram)?;
            limits.push(limit.at);
        }
    }
    limits.sort_unstable();
    limits.dedup();
    Ok(Rows::Latencies { limits, sums: !table.sums.is_empty() })
}

fn label_of(described: &Described, column: usize) -> Result<String, Unreadable> {
    let name = &described.schema.columns[column].name;
    match &described.columns[column] {
        Is::Label(label) if is_label(label) => Ok(label.clone()),
        Is::Label(label) => {
            refuse(format!("no label can be called `{label}`; say `by: {{{name}: LABEL}}` in the source"))
        }
        Is::Failures => refuse(
            "`status` is what `failures:` of the source tells; give the label of that name another one: `by: {code: \
             status}`",
        ),
        _ => refuse(format!("`{name}` is no label")),
    }
}

fn refuse<T>(message: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable { reason: Reason::NotMeasurable, message: message.into() })
}

/// The selector of a histogram's buckets, its count or its sum; an expression has none.
pub(super) fn part_of(histogram: &str, part: &str) -> Option<Selector> {
    match Metric::of(histogram) {
        Metric::Selector(selector) => {
            let name = format!("{}_{part}", selector.name);
            Some(selector.renamed(name))
        }
        Metric::Expression(_) => None,
    }
}

/// Whether what is read is an amount of requests: one that may or may not have been cannot be told by bounds then.
pub(super) fn is_amount(measure: &Measure) -> bool {
    matches!(measure, Measure::Rows | Measure::Requests(_) | Measure::Throughput(_) | Measure::Total { .. })
}
