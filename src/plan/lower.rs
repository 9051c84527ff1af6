//! One objective → what it needs of a table, and how it reads it.

use super::needs::Needs;
use super::resolve::{Resolver, unreadable};
use super::{Count, Limit, Limits, Measure, Predicate, Rank, Side, Sum, Unreadable};
use crate::model::{
    Agreement, Column, Comparison, Condition, Dimension, Indicator, Objective, Quantity, Rational, Reason,
    RowKind,
};

/// An objective before its table is chosen: everything it asks for, with predicates over its own `needs`.
#[derive(Debug)]
pub(super) struct Lowered {
    /// Indices into the plan's labels.
    pub(super) by: Vec<usize>,
    pub(super) needs: Needs,
    pub(super) accepts: Predicate,
    pub(super) filter: Predicate,
    pub(super) measure: Measure,
    pub(super) sums: Vec<Sum>,
    pub(super) extremes: Vec<(usize, Predicate)>,
    pub(super) shapes: Vec<(usize, Predicate)>,
    /// Predicates that sums must be able to tell apart.
    pub(super) sum_filters: Vec<Predicate>,
}

/// The agreement's own conditions, over `needs`: which rows count, and the clauses that leave rows out.
pub(super) struct Acceptance {
    pub(super) accepts: Predicate,
    pub(super) exclusions: Vec<(String, Predicate)>,
}

impl Resolver<'_> {
    /// What every row must fulfil to count.
    pub(super) fn acceptance(
        &mut self,
        agreement: &Agreement,
        by: &[usize],
        needs: &mut Needs,
    ) -> Result<Acceptance, Unreadable> {
        let mut parts = Vec::new();
        let mut exclusions = Vec::new();
        let ignore = self
            .input
            .status
            .as_ref()
            .map(|status| status.ignore.join(", "))
            .filter(|words| !words.is_empty());
        let may_ignore = ignore.is_some()
            || self
                .input
                .status
                .as_ref()
                .is_some_and(|map| map.missing == Some(crate::model::Outcome::Ignored));
        if let (true, Some(column)) = (may_ignore, self.schema.status.at()) {
            let digit = self.status_digit(column, needs);
            let words = ignore.unwrap_or_else(|| "blank".to_owned());
            exclusions.push((format!("status {words}"), Predicate::Ignored(digit)));
            parts.push(Predicate::Not(Box::new(Predicate::Ignored(digit))));
        }
        if let Some((condition, text)) = &agreement.filter {
            let filter = self.predicate(condition, by, needs)?;
            let but = |last: Predicate| {
                let mut all = parts.clone();
                all.push(last);
                Predicate::All(all)
            };
            exclusions.push((format!("where {text}"), but(Predicate::Not(Box::new(filter.clone())))));
            let unsure = but(Predicate::Unsure(Box::new(filter.clone())));
            exclusions.push((format!("where {text} (a missing cell)"), unsure));
            parts.push(filter);
        }
        Ok(Acceptance { accepts: Predicate::All(parts), exclusions })
    }

    /// Everything about one objective.
    pub(super) fn lower(
        &mut self,
        agreement: &Agreement,
        objective: &Objective,
    ) -> Result<Lowered, Unreadable> {
        let columns = objective.by.as_ref().unwrap_or(&agreement.by);
        let by: Vec<usize> = columns.iter().map(|column| self.label(column)).collect::<Result<_, _>>()?;
        let physical: Vec<usize> = by.iter().map(|label| self.labels[*label]).collect();
        let mut needs = Needs { columns: physical.clone(), ..Needs::default() };
        let accepts = self.acceptance(agreement, &physical, &mut needs)?.accepts;
        let filter = match &objective.filter {
            Some((condition, _)) => self.predicate(condition, &physical, &mut needs)?,
            None => Predicate::TRUE,
        };
        let mut lowered = Lowered {
            by,
            needs,
            accepts,
            filter,
            measure: Measure::Rows,
            sums: Vec::new(),
            extremes: Vec::new(),
            shapes: Vec::new(),
            sum_filters: Vec::new(),
        };
        let targets = Targets { objective, columns };
        lowered.measure = self.measure(&mut lowered, &targets, &physical)?;
        lowered.sum_filters.extend([lowered.accepts.clone(), lowered.filter.clone()]);
        Ok(lowered)
    }

    fn measure(&mut self, low: &mut Lowered, targets: &Targets, by: &[usize]) -> Result<Measure, Unreadable> {
        let objective = targets.objective;
        if self.schema.rows_are == RowKind::Finished
            && let Some(measure) = self.finished(low, targets)
        {
            return measure;
        }
        let dimension = objective.target.quantity.dimension;
        Ok(match &objective.indicator {
            Indicator::Rows => Measure::Rows,
            Indicator::Requests => Measure::Requests(self.requests(low)),
            Indicator::Throughput => Measure::Throughput(self.requests(low)),
            Indicator::Failures => match self.failure_sum(low)? {
                Some(sum) => Measure::Failures { failed: Predicate::TRUE, sum: Some(sum) },
                None => Measure::Failures { failed: self.failed(by, &mut low.needs)?, sum: None },
            },
            Indicator::FailureRate | Indicator::Availability => {
                let complement = objective.indicator == Indicator::Availability;
                match self.failure_sum(low)? {
                    Some(failures) => {
                        let Count::Sum(requests) = self.requests(low) else {
                            return unreadable(Reason::NotMeasurable, "failures without requests");
                        };
                        Measure::FailureSums { failures, requests, complement }
                    }
                    None => {
                        self.refuse_finished_rates(&objective.indicator)?;
                        let part = self.failed(by, &mut low.needs)?;
                        Measure::Share { part, count: Count::Rows, complement }
                    }
                }
            }
            Indicator::ViolationRate(condition) => {
                self.refuse_statistics("a share of requests", &mut columns_of(condition))?;
                let part = self.predicate(condition, by, &mut low.needs)?;
                let count = self.requests(low);
                if count != Count::Rows {
                    low.sum_filters.push(part.clone());
                }
                Measure::Share { part, count, complement: false }
            }
            Indicator::Share(condition) => {
                let part = self.predicate(condition, by, &mut low.needs)?;
                Measure::Share { part, count: Count::Rows, complement: false }
            }
            Indicator::Avg(column) => {
                let statistic = self.statistic(column);
                let interval = self.schema.rows_are == RowKind::Interval;
                let weighted = interval && statistic.is_some();
                match statistic.as_deref() {
                    Some("avg" | "mean" | "average") if interval => {}
                    Some(statistic) => {
                        return unreadable(
                            Reason::NotMeasurable,
                            format!(
                                "`{column}` holds a finished {statistic} per row; an average of those is no average of \
                                 requests (say `requests:` where a column counts them, or `kind: gauge` for a reading)"
                            ),
                        );
                    }
                    None => {}
                }
                let number = self.number(column, dimension, &mut low.needs)?;
                let present = low.present(number);
                let count = if weighted { self.requests(low) } else { Count::Rows };
                let weight = match count {
                    Count::Sum(sum) => Some(low.sums[sum].number),
                    Count::Rows => None,
                };
                let sum = low.sum(Sum { number, weight });
                if weight.is_some() {
                    low.sum_filters.push(present.clone());
                }
                Measure::Mean { sum, present, count }
            }
            Indicator::Sum(column) => {
                self.refuse_statistics("a sum", &mut [column].into_iter())?;
                let number = self.number(column, dimension, &mut low.needs)?;
                Measure::Total { present: low.present(number), sum: low.sum(Sum { number, weight: None }) }
            }
            Indicator::Ratio { over, under } => {
                let (over, under) = (
                    self.number_as_found(over, &mut low.needs)?,
                    self.number_as_found(under, &mut low.needs)?,
                );
                let present = Predicate::All(vec![low.present(over), low.present(under)]);
                low.sum_filters.push(present.clone());
                let over = low.sum(Sum { number: over, weight: None });
                Measure::Quotient { over, under: low.sum(Sum { number: under, weight: None }), present }
            }
            Indicator::Min(column) => self.rank(low, column, Rank::Smallest, targets)?,
            Indicator::Max(column) => self.rank(low, column, Rank::Largest, targets)?,
            Indicator::Percentile { percent, column } => {
                let Some(share) = percent.over(Rational::integer(100)) else {
                    return unreadable(Reason::NotMeasurable, "a percentile with too many digits");
                };
                self.rank(low, column, Rank::Nearest(share), targets)?
            }
            Indicator::Apdex { satisfied } => self.apdex(low, *satisfied, by)?,
        })
    }

    pub(super) fn rank(
        &mut self,
        low: &mut Lowered,
        column: &Column,
        rank: Rank,
        targets: &Targets,
    ) -> Result<Measure, Unreadable> {
        let statistic = self.statistic(column);
        let stated = match (statistic.as_deref(), rank) {
            (Some("max" | "maximum"), Rank::Largest)
            | (Some("min" | "minimum"), Rank::Smallest)
            | (None, _) => None,
            // Of the listed percentiles, if it is they that are asked for: `latency` asks for the requests.
            (Some(word), Rank::Smallest | Rank::Largest) if is_percentile(word) && column.0 != "latency" => {
                Some(word.to_owned())
            }
            (Some(word), _) => {
                let (what, listed) = match rank {
                    Rank::Smallest => ("the smallest value", Some("min")),
                    Rank::Largest => ("the largest value", Some("max")),
                    Rank::Nearest(_) => ("a percentile", None),
                };
                let header = self.physical(column).map(|at| Column(self.schema.columns[at].name.clone()));
                let listed = match (listed.filter(|_| is_percentile(word)), header) {
                    (Some(name), Ok(header)) => {
                        format!("; {name}({}) is that of the listed ones", header.in_rules())
                    }
                    _ => String::new(),
                };
                return unreadable(
                    Reason::NotMeasurable,
                    format!(
                        "`{column}` holds a finished {word} per row; {what} of requests cannot be told from it{listed}"
                    ),
                );
            }
        };
        let number = self.number(column, targets.objective.target.quantity.dimension, &mut low.needs)?;
        let limits = targets.limits();
        for limit in limits.standard.iter().chain(limits.by_group.iter().flat_map(|(_, limits)| limits)) {
            self.countable(number, limit.at)?;
        }
        let digit = low.needs.edges_by_group(number, limits);
        let rows = Predicate::All(vec![low.accepts.clone(), low.filter.clone()]);
        let list = if matches!(rank, Rank::Nearest(_)) { &mut low.shapes } else { &mut low.extremes };
        list.push((number, rows));
        let shown = list.len() - 1;
        Ok(Measure::Rank { rank, digit, shown, stated })
    }

    fn apdex(&mut self, low: &mut Lowered, satisfied: Rational, by: &[usize]) -> Result<Measure, Unreadable> {
        let column = Column("latency".to_owned());
        self.refuse_statistics("an apdex", &mut [&column].into_iter())?;
        let failed = self.failed(by, &mut low.needs)?;
        let number = self.number(&column, Dimension::Duration, &mut low.needs)?;
        let Some(tolerated) = satisfied.times(Rational::integer(4)) else {
            return unreadable(Reason::NotMeasurable, "an apdex threshold that is too large");
        };
        let (low_limit, high_limit) =
            (Limit { at: satisfied, side: Side::AtMost }, Limit { at: tolerated, side: Side::AtMost });
        self.countable(number, tolerated)?;
        let digit = low.needs.edges(number, &[low_limit, high_limit]);
        let not = |predicate: Predicate| Predicate::Not(Box::new(predicate));
        let exceeds = |limit| Predicate::Exceeds { digit, limit };
        let ok = not(failed.clone());
        let satisfied = Predicate::All(vec![ok.clone(), not(exceeds(low_limit))]);
        let tolerating = Predicate::All(vec![ok.clone(), exceeds(low_limit), not(exceeds(high_limit))]);
        // A failed request is frustrated whether its latency is known or not.
        let missing = Predicate::Any(vec![
            Predicate::Unsure(Box::new(failed.clone())),
            Predicate::All(vec![ok, Predicate::Missing(digit)]),
        ]);
        Ok(Measure::Apdex { failed, satisfied, tolerating, missing })
    }

    fn requests(&mut self, low: &mut Lowered) -> Count {
        match self.schema.counts {
            Some(counts) => {
                low.needs.columns.push(counts.requests);
                let number = self.count(counts.requests);
                Count::Sum(low.sum(Sum { number, weight: None }))
            }
            None => Count::Rows,
        }
    }

    fn failure_sum(&mut self, low: &mut Lowered) -> Result<Option<usize>, Unreadable> {
        let Some(counts) = self.schema.counts else { return Ok(None) };
        let Some(failures) = counts.failures else {
            return unreadable(
                Reason::MissingColumn,
                "no column counts the failures of an interval; say --failures or `input: failures:`",
            );
        };
        low.needs.columns.push(failures);
        let number = self.count(failures);
        Ok(Some(low.sum(Sum { number, weight: None })))
    }

    fn refuse_statistics(
        &self,
        what: &str,
        columns: &mut dyn Iterator<Item = &Column>,
    ) -> Result<(), Unreadable> {
        for column in columns {
            if let Some(statistic) = self.statistic(column) {
                return unreadable(
                    Reason::NotMeasurable,
                    format!("`{column}` holds a finished {statistic} per row; {what} cannot be told from it"),
                );
            }
        }
        Ok(())
    }
}

impl Lowered {
    pub(super) fn sum(&mut self, sum: Sum) -> usize {
        self.sums.iter().position(|known| *known == sum).unwrap_or_else(|| {
            self.sums.push(sum);
            self.sums.len() - 1
        })
    }

    fn present(&mut self, number: usize) -> Predicate {
        Predicate::Not(Box::new(Predicate::Missing(self.needs.edges(number, &[]))))
    }
}

/// The target and preference of an objective, as limits.
pub(super) struct Targets<'a> {
    pub(super) objective: &'a Objective,
    columns: &'a [Column],
}

impl Targets<'_> {
    pub(super) fn limits(&self) -> Limits {
        let objective = self.objective;
        let sides = |comparison: Comparison, at: Quantity| -> Vec<Limit> {
            let side = |side| Limit { at: at.value, side };
            match comparison {
                Comparison::AtMost | Comparison::Above => vec![side(Side::AtMost)],
                Comparison::Below | Comparison::AtLeast => vec![side(Side::Below)],
                Comparison::Equal | Comparison::Unequal => vec![side(Side::Below), side(Side::AtMost)],
            }
        };
        let common: Vec<Limit> = match &objective.prefer {
            Some(prefer) => sides(prefer.comparison, prefer.target.quantity),
            None => Vec::new(),
        };
        let with = |comparison, at: Quantity| {
            let mut all = sides(comparison, at);
            all.extend(&common);
            all.sort();
            all
        };
        let standard = with(objective.comparison, objective.target.quantity);
        let by_group = objective
            .targets
            .iter()
            .map(|own| {
                let pattern = self
                    .columns
                    .iter()
                    .map(|column| {
                        own.group.iter().find(|(named, _)| named == column).map(|(_, value)| value.clone())
                    })
                    .collect();
                (pattern, with(own.comparison, own.target.quantity))
            })
            .collect();
        Limits { standard, by_group }
    }
}

fn columns_of(condition: &Condition) -> std::vec::IntoIter<&Column> {
    let mut columns = Vec::new();
    condition.each_column(&mut |column| columns.push(column));
    columns.into_iter()
}

/// Whether a statistic of a header is a percentile (`p95`, `median` …): no other ones are known there.
fn is_percentile(statistic: &str) -> bool {
    const OTHERS: [&str; 10] =
        ["avg", "average", "mean", "max", "maximum", "min", "minimum", "stddev", "stdev", "std"];
    !OTHERS.contains(&statistic)
}
