//! What is asked of a server for a plan: the tables lowered, and the distinct counters behind them.

use super::counters::Ask;
use super::edges::{Edges, INFINITE, LE, SUM_SCALE};
use super::lower::{self, Lowered, Rows};
use super::schema::{Described, Is};
use super::selector::{Metric, Relation, Selector, any_of};
use crate::model::{NANOS, Nanos, Rational, Reason};
use crate::plan::{NumberSource, Plan, Unreadable};
use std::collections::BTreeSet;

/// A plan on a server.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Per table of the plan; `None` where nothing is asked.
    pub(super) tables: Vec<Option<(Lowered, Needs)>>,
    /// Tables of which an amount is read.
    pub(super) amounts: BTreeSet<usize>,
    /// Counters, each once.
    pub(super) asks: Vec<Ask>,
    /// Native histograms, each once; the one over the most series first.
    pub(super) natives: Vec<Ask>,
}

/// One of the asks, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// A counter.
    Counter(usize),
    /// The count of a native histogram.
    Native(usize),
}

/// What a table is filled from, as indices into the asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) requests: Option<At>,
    pub(super) failures: Option<At>,
    pub(super) buckets: Option<usize>,
    pub(super) count: Option<usize>,
    pub(super) sum: Option<usize>,
    /// In the place of buckets, count and sum.
    pub(super) native: Option<usize>,
}

impl Asked {
    /// Lowers every table of a plan. Where the metrics cannot tell, the reading becomes the reason.
    pub(super) fn of(described: &Described, plan: &mut Plan, edges: &Edges) -> Asked {
        let mut asked = Asked { tables: vec![None; plan.tables.len()], ..Asked::default() };
        // The table that every plan has tells which rows its clauses leave out.
        if described.server.requests.is_some() {
            asked.tables[0] = asked.table(described, plan, 0, edges).ok();
        }
        for at in 0..plan.readings.len() {
            let Ok(reading) = &plan.readings[at] else { continue };
            let (table, is_amount) = (reading.table, lower::is_amount(&reading.measure));
            match asked.table(described, plan, table, edges) {
                Ok((lowered, needs)) => {
                    if is_amount || lowered.rows == (Rows::Requests { failed: false }) {
                        asked.amounts.insert(table);
                    }
                    asked.tables[table] = Some((lowered, needs));
                }
                Err(why) => plan.readings[at] = Err(why),
            }
        }
        asked
    }

    fn table(
        &mut self,
        described: &Described,
        plan: &Plan,
        table: usize,
        edges: &Edges,
    ) -> Result<(Lowered, Needs), Unreadable> {
        let lowered = lower::lower(described, plan, &plan.tables[table], edges)?;
        let needs = self.needs(described, &lowered, edges)?;
        Ok((lowered, needs))
    }

    fn needs(
        &mut self,
        described: &Described,
        lowered: &Lowered,
        edges: &Edges,
    ) -> Result<Needs, Unreadable> {
        let server = &described.server;
        let mut needs = Needs::default();
        let labels = &lowered.labels;
        let ask = |metric: Metric, scale: i64| Ask { metric, labels: labels.clone(), scale };
        let requests = server.requests.as_deref().map(Metric::of);
        match &lowered.rows {
            Rows::Gauge(_) => {}
            Rows::Requests { failed } => {
                let Some(requests) = requests else {
                    return missing(
                        "no counter of requests is named; say `requests:` in the source, or --requests",
                    );
                };
                needs.requests = Some(self.counter(ask(requests, 1), edges));
                if let (true, Some(failures)) = (failed, server.failures.as_deref().map(Metric::of)) {
                    needs.failures = Some(self.counter(ask(failures, 1), edges));
                }
            }
            Rows::Latencies { limits, sums } => {
                let histogram = server.latency.as_deref().unwrap_or_default();
                let part = |part: &str| {
                    lower::part_of(histogram, part).ok_or_else(|| Unreadable {
                        reason: Reason::NotMeasurable,
                        message: format!(
                            "`{histogram}` is an expression; name a histogram, whose buckets can be asked for"
                        ),
                    })
                };
                // Services whose latency nobody measures are known by their requests.
                let counts = Metric::Selector(part("count")?);
                if let Some(metric) = requests.filter(|metric| *metric != counts) {
                    needs.requests = Some(self.counter(ask(metric, 1), edges));
                }
                if let Some(native) = edges.native_histogram() {
                    needs.native = Some(self.native(ask(Metric::Selector(native.clone()), SUM_SCALE)));
                } else if *sums {
                    needs.count = Some(add(&mut self.asks, ask(counts, 1)));
                    let sum = ask(Metric::Selector(part("sum")?), SUM_SCALE);
                    needs.sum = Some(add(&mut self.asks, sum));
                } else {
                    let mut wanted: Vec<String> =
                        limits.iter().flat_map(|limit| edges.spelt(*limit)).collect();
                    wanted.push(INFINITE.to_owned());
                    let selector = part("bucket")?.and(LE, Relation::Matches, &any_of(&wanted));
                    let mut buckets = ask(Metric::Selector(selector), 1);
                    buckets.labels.push(LE.to_owned());
                    needs.buckets = Some(add(&mut self.asks, buckets));
                }
            }
        }
        Ok(needs)
    }

    /// Asks for a counter, which may be the count of a native histogram.
    fn counter(&mut self, ask: Ask, edges: &Edges) -> At {
        let native = match &ask.metric {
            Metric::Selector(selector) => edges.native_count(selector),
            Metric::Expression(_) => None,
        };
        match native {
            Some(native) => {
                At::Native(self.native(Ask { metric: Metric::Selector(native), scale: SUM_SCALE, ..ask }))
            }
            None => At::Counter(add(&mut self.asks, ask)),
        }
    }

    fn native(&mut self, ask: Ask) -> usize {
        add(&mut self.natives, ask)
    }

    /// The labels that the tables of a gauge read, each once.
    pub(super) fn labels_of(&self, column: usize) -> Vec<String> {
        let tables = self.tables.iter().flatten().filter(|(lowered, _)| lowered.rows == Rows::Gauge(column));
        let mut labels = Vec::new();
        for label in tables.flat_map(|(lowered, _)| &lowered.labels) {
            if !labels.contains(label) {
                labels.push(label.clone());
            }
        }
        labels
    }

    /// The gauges that tables read, each once, by their columns.
    pub(super) fn gauges(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self
            .tables
            .iter()
            .flatten()
            .filter_map(
                |(lowered, _)| if let Rows::Gauge(column) = lowered.rows { Some(column) } else { None },
            )
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

fn add(asks: &mut Vec<Ask>, ask: Ask) -> usize {
    asks.iter().position(|known| *known == ask).unwrap_or_else(|| {
        asks.push(ask);
        asks.len() - 1
    })
}

/// The limits of latencies in a plan, whether they are edges or not.
pub(super) fn limits(described: &Described, plan: &Plan) -> Vec<Rational> {
    let latency = described.column(&Is::Latency);
    let digits = plan.tables.iter().flat_map(|table| &table.digits);
    let mut limits: Vec<Rational> = digits
        .filter_map(|digit| match digit {
            crate::plan::Digit::Edges { number, limits } => {
                let NumberSource::Cell { column, .. } = &plan.numbers[*number].source else { return None };
                (Some(*column) == latency).then_some(limits)
            }
            crate::plan::Digit::Test { .. } => None,
        })
        .flat_map(|limits| {
            limits.standard.iter().chain(limits.by_group.iter().flat_map(|(_, limits)| limits))
        })
        .map(|limit| limit.at)
        .collect();
    limits.sort_unstable();
    limits.dedup();
    limits
}

/// The first metric that an expression names: a word that is neither a function nor part of the language.
pub(super) fn first_metric(expression: &str) -> Option<String> {
    const WORDS: [&str; 14] = [
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "offset",
        "bool",
        "and",
        "or",
        "unless",
        "inf",
        "nan",
        "atan2",
    ];
    let bytes = expression.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    let (mut at, mut after_grouping) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => {
                let close = if bytes[at] == b'{' { '}' } else { ']' };
                let end = at + expression[at..].find(close)?;
                // A name in quotes stands between the braces.
                if let Some(named) = Selector::parse(&expression[at..=end]) {
                    return Some(named.text());
                }
                at = end;
            }
            b'(' if std::mem::take(&mut after_grouping) => at += expression[at..].find(')')?,
            b'"' => at += 1 + expression[at + 1..].find('"')?,
            byte if is_word(byte) => {
                let end = (at..bytes.len()).find(|end| !is_word(bytes[*end])).unwrap_or(bytes.len());
                let word = &expression[at..end];
                let next = expression[end..].trim_start();
                after_grouping = WORDS[..6].contains(&word);
                let is_function =
                    next.starts_with('(') || next.starts_with("by") || next.starts_with("without");
                if !is_function && !WORDS.contains(&word) && !byte.is_ascii_digit() {
                    return Some(word.to_owned());
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn missing<T>(message: &str) -> Result<T, Unreadable> {
    Err(Unreadable { reason: Reason::MissingColumn, message: message.to_owned() })
}

/// The query for how many samples series have in an hour.
pub(super) fn scrapes(series: &str) -> String {
    format!("max(count_over_time({series}[1h]))")
}

/// How often a metric is scraped, where neither the source nor its samples say.
pub(super) const USUAL_INTERVAL: Nanos = 60 * NANOS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metric_of_an_expression() {
        for (expression, metric) in [
            (
                "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])))",
                Some("node_cpu_seconds_total"),
            ),
            ("avg(up) without (x)", Some("up")),
            ("sum(a:b) by (job)", Some("a:b")),
            ("rate({\"my.metric\"}[5m])", Some("{__name__=\"my.metric\"}")),
            ("1 + 2", None),
        ] {
            assert_eq!(first_metric(expression).as_deref(), metric, "{expression}");
        }
    }
}
