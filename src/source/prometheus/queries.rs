//! Every query that a plan sends, without sending any: `sla rules explain --source`.

use super::Connection;
use super::asked::{self, Asked};
use super::calm;
use super::counters::{Ask, Bound};
use super::edges::{Edges, LE};
use super::failures;
use super::grid::Grid;
use super::lower;
use super::presence;
use super::samples::Samples;
use super::schema::{Described, Is};
use super::selector::{Metric, Selector};
use crate::model::{Counting, NANOS, Nanos, Rational};
use crate::plan::Plan;
use std::collections::BTreeSet;

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
        let fresh = presence::fresh(server.interval);
        let histogram = server.latency.as_deref().unwrap_or_default();
        if let (false, Some(buckets)) = (limits.is_empty(), lower::part_of(histogram, "bucket")) {
            lines.push(format!("the edges of the buckets: /api/v1/label/{LE}/values {}", buckets.text()));
        }
        if let Metric::Selector(native) = Metric::of(histogram) {
            lines.push(format!(
                "if no edges are asked for or found, whether it is a native histogram: {SERIES} {}",
                Edges::native_series(&native).text()
            ));
            lines.push(format!("if it is, in the place of all that follows about it, {}", samples(&native)));
            if !limits.is_empty() {
                lines.push(format!(
                    "if it is not, and no edges are found, whether it is a summary: {SERIES} {}",
                    Edges::summary_series(&native).text()
                ));
            }
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
            if server.interval.is_none() {
                lines.push(format!("how often it is scraped: {RANGE} {}", asked::scrapes(&requests.text())));
            }
            lines.push(format!(
                "when there was data, every {window} s: {RANGE} {}",
                presence::query(&requests, &labels, fresh)
            ));
        }
        let exact = server.counting == Counting::Exact || matches!(self.samples, Samples::Saved(_));
        for ask in &asked.asks {
            match &ask.metric {
                Metric::Selector(selector) if exact => {
                    lines.push(samples(selector));
                }
                Metric::Selector(selector) => {
                    let queries = calm::Queries::new(selector, &ask.labels, SOME_TIME / NANOS, fresh);
                    for query in [queries.all, queries.unreset] {
                        lines.push(format!("once per day: {RANGE} {query}"));
                    }
                    for query in [queries.sums, queries.counts] {
                        lines.push(format!("every {window} s: {RANGE} {query}"));
                    }
                    for query in [queries.series_before, queries.targets_before] {
                        lines.push(format!("once, at the beginning: {RANGE} {query}"));
                    }
                    lines.push(format!(
                        "every {window} s, {} s later: {RANGE} {}",
                        presence::near(fresh) / NANOS,
                        queries.around
                    ));
                    let when = "if a series reset, began or was silent on a day, ";
                    let of_bounds = format!("{when}of what it adds up to, ");
                    bounds(&mut lines, ask, window, server.interval, &of_bounds);
                    lines.push(format!(
                        "{when}of how many targets, every {window} s: {RANGE} {}",
                        queries.targets
                    ));
                    lines.push(format!(
                        "{when}of how many targets, every {window} s, {} s later: {RANGE} {}",
                        presence::near(fresh) / NANOS,
                        queries.targets_around
                    ));
                }
                Metric::Expression(_) => bounds(&mut lines, ask, window, server.interval, ""),
            }
        }
        let buckets: BTreeSet<usize> =
            asked.tables.iter().flatten().filter_map(|(_, needs)| needs.buckets).collect();
        for ask in buckets.iter().filter_map(|at| asked.asks.get(*at)) {
            if let Metric::Selector(selector) = &ask.metric {
                lines.push(format!("whether all have these edges: {SERIES} {}", selector.text()));
            }
        }
        for column in asked.gauges() {
            match &described.columns[column] {
                Is::Gauge(Metric::Selector(selector)) => {
                    lines.push(samples(selector));
                }
                Is::Gauge(Metric::Expression(text)) => {
                    if let (None, Some(metric)) = (server.interval, asked::first_metric(text)) {
                        lines.push(format!("how often it is scraped: {RANGE} {}", asked::scrapes(&metric)));
                    }
                    let step = server.step.or(server.interval);
                    let (every, window) = match step {
                        Some(step) => (format!("every {} s", step / NANOS), format!("{}s", step / NANOS)),
                        None => ("as often as it is scraped".to_owned(), "…s".to_owned()),
                    };
                    let by = asked.labels_of(column).join(", ");
                    let query = text.replace("$window", &window).replace("$by", &by);
                    lines.push(format!("{every}: {RANGE} {query}"));
                }
                _ => {}
            }
        }
        let fails = asked.tables.iter().flatten().any(|(_, needs)| needs.failures.is_some());
        if let (true, Some(any)) = (fails, failures::any_failure(server)) {
            for (_, series) in failures::without(server) {
                lines.push(format!(
                    "whether some are counted without what tells failures: {SERIES} {}",
                    series.text()
                ));
            }
            lines.push(format!("if nothing failed, whether anything could: {SERIES} {}", any.text()));
        }
        if server.interval.is_none()
            && lines.iter().any(|line| line.contains(&format!("[{}s]", fresh / NANOS)))
        {
            lines.push(format!(
                "where samples tell how often it is scraped, four of that (a minute at least) in the place of {} s",
                fresh / NANOS
            ));
        }
        if lines.iter().any(|line| line.contains(&format!("every {window} s: "))) {
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

fn bounds(lines: &mut Vec<String>, ask: &Ask, window: i64, interval: Option<Nanos>, when: &str) {
    let fresh = presence::fresh(interval);
    let interval = interval.unwrap_or(asked::USUAL_INTERVAL);
    for (name, bound) in [("at least", Bound::Low), ("at most", Bound::High)] {
        lines.push(format!(
            "{when}{name}, every {window} s: {RANGE} {}",
            ask.query(bound, window, interval, fresh)
        ));
    }
}

fn samples(selector: &Selector) -> String {
    format!("samples, in chunks: {INSTANT} {}[…s]", selector.text())
}

/// As a decimal number; limits of rules are no others.
fn decimal(value: Rational) -> String {
    format!("{}", value.to_f64())
}
