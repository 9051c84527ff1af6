//! One gauge of a plan: its tables, how often it is looked at, and what a reader should know of it.
//!
//! Called by `tally`; the rows themselves are the work of `gauges`.

use super::answer::First;
use super::asked::{self, Asked, USUAL_INTERVAL};
use super::client::Client;
use super::fetch::seconds;
use super::gauges::{Gauge, Reader};
use super::lower::Rows;
use super::refusal::Refusal;
use super::samples::Samples;
use super::schema::Is;
use super::selector::Metric;
use super::tally::Run;
use crate::model::{NANOS, Nanos, ProblemKind, TallyTable};
use crate::plan::{NumberSource, Plan};

impl Run<'_> {
    pub(super) fn gauge(&mut self, plan: &Plan, asked: &Asked, column: usize) -> Result<(), String> {
        let described = self.described;
        let Is::Gauge(metric) = &described.columns[column] else { return Ok(()) };
        let name = described.schema.columns[column].name.clone();
        let source = described.server.name.clone();
        let mut readers = Vec::new();
        let mut tables = Vec::new();
        for (at, table) in asked.tables.iter().enumerate() {
            let Some((lowered, _)) =
                table.as_ref().filter(|(lowered, _)| lowered.rows == Rows::Gauge(column))
            else {
                continue;
            };
            let reads = |source: &NumberSource| matches!(source, NumberSource::Cell { column: at, .. } if *at == column);
            let Some(number) = plan.numbers.iter().find(|number| reads(&number.source)) else { continue };
            readers.push(Reader { table: &plan.tables[at], lowered, number, tally: TallyTable::default() });
            tables.push(at);
        }
        let mut gauge = Gauge::new(readers, self.grid, &source, &name);
        match (metric, &self.connection.samples) {
            (Metric::Selector(selector), samples) => {
                self.inferred.push(format!("{name}: every sample is a row"));
                gauge.samples(samples, selector)?;
            }
            (Metric::Expression(text), Samples::Server(client)) => {
                let interval = self.interval_of(client, text)?;
                let step = described.server.step.unwrap_or(interval);
                self.inferred.push(format!("{name}: a row for every {} s", step / NANOS));
                gauge.steps(client, text, step, 2 * interval.max(NANOS))?;
                if step > interval && !text.contains("_over_time") && !text.contains("$window") {
                    let message = format!(
                        "`{name}` is looked at every {} s, and scraped every {} s: what lies between is not seen; say a `step` of {} s, \
                         or put max_over_time(…[$window:]) around it",
                        step / NANOS,
                        interval / NANOS,
                        interval / NANOS
                    );
                    self.doubt(Some(column), ProblemKind::Truncated, message);
                }
            }
            (Metric::Expression(text), Samples::Saved(_)) => {
                let message = format!("only a server can work out `{text}`; what was saved has samples");
                self.doubt(Some(column), ProblemKind::MissingColumn, message);
                return Ok(());
            }
        }
        if gauge.too_large {
            return Err("a sum is too large to be held exactly".to_owned());
        }
        let labels = std::mem::take(&mut gauge.labels);
        let (rows, rounded, missing) = (gauge.rows, gauge.rounded, gauge.missing);
        let rejected = std::mem::take(&mut gauge.rejected);
        let lacking: Vec<String> = gauge
            .readers
            .iter()
            .flat_map(|reader| &reader.lowered.labels)
            .filter(|label| rows > 0 && !labels.contains(*label))
            .cloned()
            .collect();
        for (at, reader) in tables.into_iter().zip(gauge.readers) {
            self.tables[at] = reader.tally;
        }
        for label in lacking {
            let is = Is::Label(label.clone());
            if described.column(&is).is_some() {
                let message =
                    format!("no series of `{name}` has the label `{label}`; group it by one that it has");
                self.doubt(Some(column), ProblemKind::MissingColumn, message);
            }
        }
        if rows == 0 {
            self.remark(format!("no samples of `{name}`"));
        }
        if missing > 0 {
            self.remark(format!("`{name}`: {missing} of {rows} samples are missing or NaN"));
        }
        self.intake.rows += rows;
        self.intake.rounded += rounded;
        self.intake.rejected += rejected.count;
        if rejected.count > 0 {
            let known = self.intake.rejections.entry(ProblemKind::BadNumber).or_default();
            known.count += rejected.count;
            known.examples.extend(rejected.examples);
        }
        Ok(())
    }

    /// How often the metric of an expression is scraped: what the source says, else as its samples of an hour tell.
    fn interval_of(&self, client: &Client, expression: &str) -> Result<Nanos, String> {
        if let Some(interval) = self.described.server.interval {
            return Ok(interval);
        }
        let Some(metric) = asked::first_metric(expression) else { return Ok(USUAL_INTERVAL) };
        let (query, time) = (self::interval(&metric), seconds(self.grid.until));
        let form = [("query", query.as_str()), ("time", time.as_str())];
        let (found, _) = client.ask("/api/v1/query", &form, || First(None)).map_err(Refusal::message)?;
        let count = found.0.filter(|count| *count >= 2.0).unwrap_or(60.0);
        // To the second; a sample more or less in the hour is no other interval.
        let interval = (3600.0 / count).round().max(1.0) as i64;
        Ok(interval * NANOS)
    }
}

/// The query for how many samples an hour has.
pub(super) fn interval(metric: &str) -> String {
    format!("max(count_over_time({metric}[1h]))")
}
