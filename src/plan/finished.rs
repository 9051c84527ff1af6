//! Objectives on finished rows: figures that the file states, each for a whole group. They are taken as they stand.

use super::lower::{Lowered, Targets};
use super::resolve::{Resolver, unreadable};
use super::{Measure, Rank, Sum, Unreadable};
use crate::model::{Column, Condition, Dimension, Found, Indicator, Reading, Reason, SchemaColumn, UnitOf};

impl Resolver<'_> {
    /// Finished rows: what the file states. `None` for what is said about the listed values themselves: how many rows
    /// there are, for which share of them something holds, which is the smallest or the largest.
    pub(super) fn finished(
        &mut self,
        low: &mut Lowered,
        targets: &Targets,
    ) -> Option<Result<Measure, Unreadable>> {
        let (column, rank) = match &targets.objective.indicator {
            Indicator::Rows | Indicator::Share(_) => return None,
            Indicator::Min(column) => (column, Rank::Smallest),
            Indicator::Max(column) => (column, Rank::Largest),
            _ => return Some(self.given(low, targets)),
        };
        let column = self.finished_column(&targets.objective.indicator).unwrap_or_else(|| column.clone());
        Some(self.rank(low, &column, rank, targets))
    }

    /// The column that states the indicator.
    fn given(&mut self, low: &mut Lowered, targets: &Targets) -> Result<Measure, Unreadable> {
        let objective = targets.objective;
        let column = self.finished_column(&objective.indicator).ok_or_else(|| Unreadable {
            reason: Reason::MissingColumn,
            message: "the data holds finished figures, and none of them is this one".to_owned(),
        })?;
        let number = self.number(&column, objective.target.quantity.dimension, &mut low.needs)?;
        let limits = targets.limits();
        for limit in limits.standard.iter().chain(limits.by_group.iter().flat_map(|(_, limits)| limits)) {
            self.countable(number, limit.at)?;
        }
        let digit = low.needs.edges_by_group(number, limits);
        Ok(Measure::Given { sum: low.sum(Sum { number, weight: None }), digit })
    }

    fn finished_column(&self, indicator: &Indicator) -> Option<Column> {
        let named = |fits: &dyn Fn(&str, &SchemaColumn) -> bool| {
            let mut found = self.schema.columns.iter().filter(|column| fits(&folded(&column.name), column));
            match (found.next(), found.next()) {
                (Some(column), None) => Some(Column(column.name.clone())),
                _ => None,
            }
        };
        // The column itself, unless it states another statistic; else the one column of durations that states this.
        let statistic = |column: &Column, words: &[&str]| {
            let fits = |at: &usize| match self.schema.columns[*at].statistic.as_deref() {
                Some(stated) => words.contains(&stated),
                None => true,
            };
            let said = self.physical(column).ok().filter(fits);
            said.map(|at| Column(self.schema.columns[at].name.clone())).or_else(|| {
                named(&|_, found| {
                    let duration = matches!(
                        found.reading,
                        Reading::Number { unit: UnitOf::Known(unit), .. } if unit.dimension == Dimension::Duration
                    );
                    duration && found.statistic.as_deref().is_some_and(|word| words.contains(&word))
                })
            })
        };
        match indicator {
            Indicator::FailureRate => named(&|name, _| {
                ["failure_rate", "error_rate", "fail_rate", "failed_rate", "failure_ratio", "error_ratio"]
                    .iter()
                    .any(|known| name.contains(known))
            }),
            Indicator::Availability => named(&|name, _| {
                ["availability", "uptime", "success_rate"].iter().any(|known| name.contains(known))
            }),
            Indicator::ViolationRate(condition) if self.is_about_latency(condition) => {
                named(&|name, _| name.contains("violation"))
            }
            Indicator::Avg(column) => statistic(column, &["avg", "mean", "average"]),
            Indicator::Min(column) => statistic(column, &["min", "minimum"]),
            Indicator::Max(column) => statistic(column, &["max", "maximum"]),
            Indicator::Sum(column) => statistic(column, &["sum", "total"]),
            Indicator::Percentile { percent, column } => {
                let word = if percent.den() == 1 { format!("p{}", percent.num()) } else { String::new() };
                statistic(column, &[word.as_str()])
            }
            Indicator::Requests => named(&|name, _| ["requests", "count", "total", "hits"].contains(&name)),
            Indicator::Failures => named(&|name, _| ["failures", "errors", "failed"].contains(&name)),
            Indicator::Apdex { .. } => named(&|name, _| name.contains("apdex")),
            Indicator::Rows
            | Indicator::ViolationRate(_)
            | Indicator::Share(_)
            | Indicator::Ratio { .. }
            | Indicator::Throughput => None,
        }
    }

    /// Whether a condition asks for slow requests and nothing else, as the violation rates of finished files do. Their
    /// threshold is not in the file; the report says so.
    fn is_about_latency(&self, condition: &Condition) -> bool {
        let Condition::Compare { column, comparison, .. } = condition else { return false };
        let latency = column.0 == "latency"
            || self.physical(column).ok().is_some_and(|at| self.schema.latency.at() == Some(at));
        latency && comparison.wants_large()
    }

    /// Rates that the file states for many rows say nothing about all of them together.
    pub(super) fn refuse_finished_rates(&self, indicator: &Indicator) -> Result<(), Unreadable> {
        let outcome_is_told = self.input.failed.is_some() || self.schema.status != Found::Absent;
        let Some(column) = self.finished_column(indicator).filter(|_| !outcome_is_told) else {
            return Ok(());
        };
        let worst = if *indicator == Indicator::Availability { "min" } else { "max" };
        unreadable(
            Reason::NotMeasurable,
            format!(
                "`{column}` holds a finished figure per row, which cannot be combined, and no column tells which requests \
                 failed; keep one row for each group, or say {worst}({}) for the worst of them",
                column.in_rules()
            ),
        )
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-', '.'], "_")
}
