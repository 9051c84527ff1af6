//! One gauge of a plan: its tables, how often it is looked at, and what a reader should know of it.
//!
//! Called by `tally`; the rows themselves are the work of `gauges`.

use super::answer::{Labels, Sink};
use super::asked::{self, Asked, USUAL_INTERVAL};
use super::client::Client;
use super::fetch::{self, Job};
use super::gauges::{Gauge, Reader};
use super::grid::Span;
use super::lower::Rows;
use super::samples::Samples;
use super::schema::Is;
use super::selector::{Metric, Selector};
use super::tally::Run;
use crate::model::{Instant, NANOS, Nanos, ProblemKind, TallyTable};
use crate::plan::{NumberSource, Plan};
use std::sync::Mutex;

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
        let mut gauge = Gauge::new(readers, self.whole, &source, &name);
        match (metric, &self.connection.samples) {
            (Metric::Selector(selector), samples) => {
                self.inferred.push(format!("{name}: every sample is a row"));
                let said = match samples {
                    Samples::Server(_) => Some(self.interval),
                    Samples::Saved(_) => described.server.interval,
                };
                gauge.samples(samples, selector, said)?;
                self.no_gauge(&name, selector);
            }
            (Metric::Expression(text), Samples::Server(client)) => {
                let interval = self.interval_of(client, text)?;
                let step = described.server.step.unwrap_or(interval);
                self.inferred.push(format!("{name}: a row for every {} s", step / NANOS));
                gauge.steps(client, text, &asked.labels_of(column), step, interval.max(NANOS))?;
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
        self.ends(plan, &mut gauge);
        let labels = std::mem::take(&mut gauge.labels);
        let (rows, rounded, missing) = (gauge.rows, gauge.rounded, gauge.missing);
        let rejected = gauge.rejected();
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

    /// Running totals are no gauge, whatever is asked of them.
    fn no_gauge(&mut self, name: &str, selector: &Selector) {
        if let Some(suffix) = ["_total", "_bucket"].iter().find(|suffix| selector.name.ends_with(*suffix)) {
            self.remark(format!(
                "`{name}`: a name that ends in `{suffix}` is that of a counter, and its samples are running totals; \
                 rate({}[5m]) is what it rises by in a second",
                selector.text()
            ));
        }
    }

    /// How often the metric of an expression is scraped.
    fn interval_of(&self, client: &Client, expression: &str) -> Result<Nanos, String> {
        let Some(metric) = asked::first_metric(expression) else {
            return Ok(self.described.server.interval.unwrap_or(USUAL_INTERVAL));
        };
        Ok(self.scraped_every(client, &metric)?.unwrap_or(USUAL_INTERVAL))
    }

    /// How often series are scraped: what the source says, else as the fullest hour of the range tells; `None` without any.
    pub(super) fn scraped_every(&self, client: &Client, series: &str) -> Result<Option<Nanos>, String> {
        if self.described.server.interval.is_some() {
            return Ok(self.described.server.interval);
        }
        // Many hours of the range: one that was scraped in part would call silence usual.
        let hour = 3600 * NANOS;
        let (first, last) = (self.grid.since.saturating_add(hour).min(self.grid.until), self.grid.until);
        let window = ((last - first) / MOST_LOOKS / NANOS * NANOS).max(hour);
        let span = Span { first, window, count: ((last - first) / window) as u64 + 1 };
        let most = Mutex::new(0.0f64);
        let merge = |_: &Job<()>, found: Most| {
            let mut most = most.lock().map_err(|_| "a thread ended early".to_owned())?;
            *most = most.max(found.0);
            Ok(())
        };
        let job = Job { key: (), query: asked::scrapes(series), span };
        fetch::ranges(client, [job], &[], |_| Most(0.0), merge)?;
        let most = most.into_inner().unwrap_or_default();
        // To the second; a sample more or less in the hour is no other interval.
        Ok((most >= 2.0).then(|| (3600.0 / most).round().max(1.0) as i64 * NANOS))
    }
}

/// So many hours are looked at.
const MOST_LOOKS: i64 = 100;

/// The largest value.
struct Most(f64);

impl Sink for Most {
    fn series(&mut self, _: Labels) -> Result<(), String> {
        Ok(())
    }

    fn sample(&mut self, _: Instant, value: &str) -> Result<(), String> {
        self.0 = self.0.max(value.parse().unwrap_or(0.0));
        Ok(())
    }
}
