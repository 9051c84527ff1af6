//! Every query that a plan sends, without sending any: `sla rules explain --source`.

use super::Connection;
use super::asked::{self, Asked};
use super::counters::Bound;
use super::edges::{Edges, LE};
use super::grid::Grid;
use super::lower;
use super::presence;
use super::samples::Samples;
use super::schema::{Described, Is};
use super::selector::{Metric, Selector};
use super::{gauge, guards};
use crate::model::{Counting, NANOS, Rational};
use crate::plan::Plan;

const RANGE: &str = "/api/v1/query_range";
const INSTANT: &str = "/api/v1/query";
const SERIES: &str = "/api/v1/series";
/// A day, for the length of windows only.
const SOME_TIME: i64 = 86_400 * NANOS;

impl Connection {
    /// What a plan asks, one line each. The edges of buckets are taken to be there.
    pub fn queries(&self, described: &Described, plan: &mut Plan) -> Vec<String> {
        let slice = plan.time.as_ref().and_then(|time| time.slice);
        let server = &described.server;
        let grid = Grid::new(0, SOME_TIME, slice, server.step);
        let window = grid.window() / NANOS;
        let limits = asked::limits(described, plan);
        let spelt: Vec<String> = limits.iter().map(|limit| decimal(*limit)).collect();
        let asked = Asked::of(described, plan, &Edges::of(&spelt, Rational::ONE));
        let mut lines = Vec::new();
        let histogram = server.latency.as_deref().unwrap_or_default();
        if let (false, Some(buckets)) = (limits.is_empty(), lower::part_of(histogram, "bucket")) {
            lines.push(format!("the edges of the buckets: /api/v1/label/{LE}/values {}", buckets.text()));
        }
        if let (false, Some(Metric::Selector(requests))) =
            (asked.asks.is_empty(), server.requests.as_deref().map(Metric::of))
        {
            let labels: Vec<String> = plan
                .tables
                .first()
                .map_or(&[][..], |table| &table.by)
                .iter()
                .filter_map(|label| match &described.columns[plan.labels[*label]] {
                    Is::Label(label) => Some(label.clone()),
                    _ => None,
                })
                .collect();
            lines.push(format!(
                "when there was data, every {window} s: {RANGE} {}",
                presence::query(&requests, &labels)
            ));
        }
        let exact = server.counting == Counting::Exact || matches!(self.samples, Samples::Saved(_));
        for ask in &asked.asks {
            match &ask.metric {
                Metric::Selector(selector) if exact => {
                    lines.push(samples(selector));
                }
                _ => {
                    let interval = server.interval.unwrap_or(asked::USUAL_INTERVAL);
                    lines.push(format!(
                        "at least, every {window} s: {RANGE} {}",
                        ask.query(Bound::Low, window, interval)
                    ));
                    lines.push(format!(
                        "at most, every {window} s: {RANGE} {}",
                        ask.query(Bound::High, window, interval)
                    ));
                }
            }
        }
        for column in asked.gauges() {
            match &described.columns[column] {
                Is::Gauge(Metric::Selector(selector)) => {
                    lines.push(samples(selector));
                }
                Is::Gauge(Metric::Expression(text)) => {
                    if let (None, Some(metric)) = (server.interval, asked::first_metric(text)) {
                        lines
                            .push(format!("how often it is scraped: {INSTANT} {}", gauge::interval(&metric)));
                    }
                    let step = server.step.or(server.interval);
                    let (every, window) = match step {
                        Some(step) => (format!("every {} s", step / NANOS), format!("{}s", step / NANOS)),
                        None => ("as often as it is scraped".to_owned(), "…s".to_owned()),
                    };
                    lines.push(format!("{every}: {RANGE} {}", text.replace("$window", &window)));
                }
                _ => {}
            }
        }
        let fails = asked.tables.iter().flatten().any(|(_, needs)| needs.failures.is_some());
        if let (true, Some(any)) = (fails, guards::any_failure(server)) {
            lines.push(format!("if nothing failed, whether anything could: {SERIES} {}", any.text()));
        }
        if lines.iter().any(|line| line.contains(&format!(", every {window} s: "))) {
            lines.push(
                "where the time asked for does not begin and end on the clock, the first and last stretch are shorter"
                    .to_owned(),
            );
        }
        for reading in &plan.readings {
            if let Err(why) = reading {
                lines.push(format!("not asked: {}", why.message));
            }
        }
        lines
    }
}

fn samples(selector: &Selector) -> String {
    format!("samples, in chunks: {INSTANT} {}[…s]", selector.text())
}

/// As a decimal number; limits of rules are no others.
fn decimal(value: Rational) -> String {
    format!("{}", value.to_f64())
}
