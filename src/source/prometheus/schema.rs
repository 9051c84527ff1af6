//! A server's columns, as an agreement sees them: the part that `describe` plays for files.
//!
//! Labels are columns of text, the failures of requests are the status column, the histogram is the latency, and every
//! gauge is a column of numbers. Which labels there are is told by the rules that name them: a label that no series has
//! is found when their answers come (see `fill`).

use super::saved::{NAMELESS, Saved};
use super::selector::{Metric, Selector};
use crate::model::{
    Agreement, Clock, Column, ColumnMapping, Condition, Found, GaugeColumn, Inference, InputMapping, Reading,
    RowKind, Schema, SchemaColumn, Server, StatusKind, TimeFormat, TimeLayout, Unit, UnitOf, Value,
};

/// Conventional names, where nothing at all was said (<https://prometheus.io/docs/practices/naming/>).
const USUAL_REQUESTS: &str = "http_requests_total";
const USUAL_FAILURES: &str = "http_requests_total{code=~\"5..\"}";
const USUAL_LATENCY: &str = "http_request_duration_seconds";

/// What a server has, for one agreement.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its columns.
    pub schema: Schema,
    /// The server, with what the agreement's `input:` says laid over it.
    pub(super) server: Server,
    /// Per column of the schema.
    pub(super) columns: Vec<Is>,
    /// Groups that must be there.
    pub(super) expected: Vec<Vec<String>>,
}

/// What a column of the schema is on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// When.
    Time,
    /// How many.
    Requests,
    /// Whether they failed.
    Failures,
    /// How long they took.
    Latency,
    /// A gauge.
    Gauge(Metric),
    /// A label of that name.
    Label(String),
}

/// The columns of a server for an agreement.
pub(super) fn describe(agreement: &Agreement, server: &Server) -> Described {
    let (server, mut inferred) = effective(server, &agreement.input);
    let latency_unit = server.latency_unit.or_else(|| server.latency.as_deref().and_then(unit_of));
    let number =
        |unit: Option<Unit>| Reading::Number { unit: unit.map_or(UnitOf::Unknown, UnitOf::Known), digits: 9 };
    let column =
        |name: &str, reading, gauge| SchemaColumn { name: name.to_owned(), reading, statistic: None, gauge };
    let seconds =
        TimeFormat { layout: TimeLayout::Epoch(1), zone: None, offsets: crate::model::Offsets::Always };
    let mut columns =
        vec![column("time", Reading::Time(seconds), false), column("requests", Reading::Text, false)];
    let mut meaning = vec![Is::Time, Is::Requests];
    if server.failures.is_some() {
        columns.push(column("failures", Reading::Text, false));
        meaning.push(Is::Failures);
    }
    if server.latency.is_some() {
        columns.push(column("latency", number(latency_unit), false));
        meaning.push(Is::Latency);
    }
    for gauge in &server.columns {
        let unit = gauge.unit.or_else(|| unit_of(&gauge.query)).unwrap_or(Unit::PLAIN);
        columns.push(column(&gauge.name, number(Some(unit)), true));
        meaning.push(Is::Gauge(Metric::of(&gauge.query)));
    }
    for name in labels_of(agreement) {
        if !columns.iter().any(|known| known.name == name) {
            meaning.push(Is::Label(server.label(&name).to_owned()));
            columns.push(column(&name, Reading::Text, false));
        }
    }
    let at = |wanted: &dyn Fn(usize) -> bool| {
        (0..columns.len()).find(|at| wanted(*at)).map_or(Found::Absent, Found::At)
    };
    let is_service = |at: usize| columns[at].name == "service" && matches!(meaning[at], Is::Label(_));
    inferred.extend(said(&server));
    let schema = Schema {
        rows_are: RowKind::Request,
        time: at(&|at| meaning[at] == Is::Time),
        service: at(&is_service),
        latency: at(&|at| meaning[at] == Is::Latency),
        status: at(&|at| meaning[at] == Is::Failures),
        status_kind: StatusKind::FailureFlag,
        counts: None,
        clock: Clock::Zoned("UTC".to_owned()),
        inferred: inferred.into_iter().map(|text| Inference { text }).collect(),
        columns,
    };
    Described { schema, server, columns: meaning, expected: agreement.expect.clone() }
}

/// What was saved tells by itself which metrics there are: the usual ones play their parts, and every one is a column of
/// its name.
pub(super) fn of_saved(server: &Server, saved: &Saved) -> Server {
    let mut server = server.clone();
    let has = |metric: &str| Selector::parse(metric).is_some_and(|selector| saved.has(&selector) == Ok(true));
    if server.requests.is_none() && has(USUAL_REQUESTS) {
        server.requests = Some(USUAL_REQUESTS.to_owned());
        server.failures = Some(USUAL_FAILURES.to_owned());
    }
    if server.latency.is_none() && has(&format!("{USUAL_LATENCY}_bucket")) {
        server.latency = Some(USUAL_LATENCY.to_owned());
    }
    // An answer without a series could have had some.
    let names = if saved.names().is_empty() { vec![NAMELESS.to_owned()] } else { saved.names() };
    for name in names {
        if server.columns.iter().all(|column| column.name != name) {
            server.columns.push(GaugeColumn {
                query: Selector::named(name.clone()).text(),
                name,
                unit: None,
            });
        }
    }
    server
}

/// What an `input:` says lies over what the source says; where neither says anything, the usual names hold.
fn effective(server: &Server, input: &InputMapping) -> (Server, Vec<String>) {
    let mut server = server.clone();
    if let Some(label) = &input.service {
        server.by.retain(|(name, _)| name != "service");
        server.by.push(("service".to_owned(), label.clone()));
    }
    server.requests = input.requests.clone().or(server.requests);
    server.failures = input.failures.clone().or(server.failures);
    if let Some(latency) = &input.latency {
        server.latency = Some(latency.column.clone());
        server.latency_unit = latency.unit;
    }
    server.latency_unit = input.latency_unit.or(server.latency_unit);
    // Its buckets stand for the histogram.
    if let Some(Metric::Selector(buckets)) = server.latency.as_deref().map(Metric::of)
        && let Some(name) = buckets.name.strip_suffix("_bucket").filter(|name| !name.is_empty())
    {
        server.latency = Some(buckets.renamed(name.to_owned()).text());
    }
    for (_, mapping) in &input.columns {
        match mapping {
            ColumnMapping::Number(number) => {
                match server.columns.iter_mut().find(|known| known.name == number.column) {
                    Some(known) => known.unit = number.unit.or(known.unit),
                    None => server.columns.push(GaugeColumn {
                        name: number.column.clone(),
                        query: number.column.clone(),
                        unit: number.unit,
                    }),
                }
            }
            ColumnMapping::Text { column } => {
                if !server.by.iter().any(|(known, _)| known == column) {
                    server.by.push((column.clone(), column.clone()));
                }
            }
            ColumnMapping::Between { .. } | ColumnMapping::Clock(_) => {}
        }
    }
    let nothing = server.requests.is_none()
        && server.failures.is_none()
        && server.latency.is_none()
        && server.columns.is_empty();
    let mut inferred = Vec::new();
    if nothing {
        server.requests = Some(USUAL_REQUESTS.to_owned());
        server.failures = Some(USUAL_FAILURES.to_owned());
        server.latency = Some(USUAL_LATENCY.to_owned());
        inferred.push(
            "no metrics were named: the usual ones are taken (`sla inspect` lists what there is)".to_owned(),
        );
    }
    // A histogram counts requests, too.
    if server.requests.is_none()
        && let Some(Metric::Selector(histogram)) = server.latency.as_deref().map(Metric::of)
    {
        let count = histogram.renamed(format!("{}_count", histogram.name));
        server.requests = Some(count.text());
    }
    (server, inferred)
}

/// What is measured, for the report.
fn said(server: &Server) -> Vec<String> {
    let parts =
        [("requests", &server.requests), ("failures", &server.failures), ("latency", &server.latency)];
    let mut said: Vec<String> =
        parts.into_iter().filter_map(|(part, metric)| Some(format!("{part} {}", metric.as_ref()?))).collect();
    let renamed = server.columns.iter().filter(|gauge| gauge.name != gauge.query);
    said.extend(renamed.map(|gauge| format!("{} {}", gauge.name, gauge.query)));
    said
}

/// Names that the rules use as groups or compare with texts.
fn labels_of(agreement: &Agreement) -> Vec<String> {
    let mut names: Vec<&Column> = agreement.by.iter().collect();
    names.extend(agreement.objectives.iter().filter_map(|objective| objective.by.as_ref()).flatten());
    let conditions = agreement.filter.iter().map(|(condition, _)| condition);
    let conditions = conditions
        .chain(agreement.objectives.iter().filter_map(|objective| Some(&objective.filter.as_ref()?.0)))
        .chain(agreement.input.failed.iter().map(|(condition, _)| condition));
    let conditions =
        conditions.chain(agreement.objectives.iter().filter_map(|objective| match &objective.indicator {
            crate::model::Indicator::ViolationRate(condition) | crate::model::Indicator::Share(condition) => {
                Some(condition)
            }
            _ => None,
        }));
    conditions.for_each(|condition| texts(condition, &mut names));
    // A name of `input: columns:` stands for the label behind it.
    names
        .iter()
        .map(|name| match agreement.input.columns.iter().find(|(known, _)| *known == name.0) {
            Some((_, ColumnMapping::Text { column })) => column.clone(),
            _ => name.0.clone(),
        })
        .collect()
}

fn texts<'a>(condition: &'a Condition, into: &mut Vec<&'a Column>) {
    match condition {
        Condition::Compare { column, value: Value::Text(_), .. }
        | Condition::Matches { column, .. }
        | Condition::Missing(column) => into.push(column),
        Condition::In { column, values } if values.iter().any(|value| matches!(value, Value::Text(_))) => {
            into.push(column);
        }
        Condition::Not(inner) => texts(inner, into),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| texts(part, into)),
        Condition::Failed | Condition::Compare { .. } | Condition::In { .. } => {}
    }
}

/// The unit that a metric's name says (<https://prometheus.io/docs/practices/naming/#base-units>).
fn unit_of(query: &str) -> Option<Unit> {
    let name = Selector::parse(query)?.name;
    let suffixes = [("_seconds", "s"), ("_milliseconds", "ms"), ("_bytes", "bytes"), ("_ratio", "ratio")];
    let (_, unit) = suffixes.into_iter().find(|(suffix, _)| name.ends_with(suffix))?;
    Unit::named(unit)
}

impl Described {
    /// The column that is that, if there is one.
    pub(super) fn column(&self, is: &Is) -> Option<usize> {
        self.columns.iter().position(|found| found == is)
    }
}
