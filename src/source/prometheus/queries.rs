//! Every query that a plan sends, without sending any: `sla rules explain --source`.

use super::Connection;
use super::asked::{self, Asked};
use super::calm;
use super::counters::{Ask, Bound};
use super::edges::{Edges, LE};
use super::grid::Grid;
use super::lower;
use super::presence;
use super::samples::Samples;
use super::schema::{Described, Is};
use super::selector::Metric;
use crate::model::{Counting, NANOS, Nanos, Rational};
use crate::plan::Plan;

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
            lines.push(format!("the edges of the buckets: /api/v1/label/{LE}/values of {}", buckets.text()));
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
                lines.push(format!("how often it is scraped: {}", asked::scrapes(&requests.text())));
            }
            lines.push(format!(
                "when there was data, every {window} s: {}",
                presence::query(&requests, &labels, presence::fresh(server.interval))
            ));
        }
        let fresh = presence::fresh(server.interval);
        let exact = server.counting == Counting::Exact || matches!(self.samples, Samples::Saved(_));
        for ask in &asked.asks {
            match &ask.metric {
                Metric::Selector(selector) if exact => {
                    lines.push(format!("samples, in chunks: {}", selector.text()));
                }
                Metric::Selector(selector) => {
                    let [all, unreset, sums, counts] =
                        calm::queries(selector, &ask.labels, SOME_TIME / NANOS, fresh);
                    lines.push(format!("once per day: {all}"));
                    lines.push(format!("once per day: {unreset}"));
                    lines.push(format!("every {window} s: {sums}"));
                    lines.push(format!("every {window} s: {counts}"));
                    bounds(&mut lines, ask, window, server.interval, " of what is not calm");
                }
                Metric::Expression(_) => bounds(&mut lines, ask, window, server.interval, ""),
            }
        }
        for column in asked.gauges() {
            match &described.columns[column] {
                Is::Gauge(Metric::Selector(selector)) => {
                    lines.push(format!("samples, in chunks: {}", selector.text()));
                }
                Is::Gauge(Metric::Expression(text)) => {
                    let step = server.step.or(server.interval);
                    let step =
                        step.map_or("its scrape interval".to_owned(), |step| format!("{} s", step / NANOS));
                    lines.push(format!("every {step}: {text}"));
                }
                _ => {}
            }
        }
        for reading in &plan.readings {
            if let Err(why) = reading {
                lines.push(format!("not asked: {}", why.message));
            }
        }
        lines
    }
}

fn bounds(lines: &mut Vec<String>, ask: &Ask, window: i64, interval: Option<Nanos>, of: &str) {
    let interval = interval.unwrap_or(asked::USUAL_INTERVAL);
    for (name, bound) in [("at least", Bound::Low), ("at most", Bound::High)] {
        lines.push(format!("{name}, every {window} s{of}: {}", ask.query(bound, window, interval)));
    }
}

/// As a decimal number; limits of rules are no others.
fn decimal(value: Rational) -> String {
    format!("{}", value.to_f64())
}
