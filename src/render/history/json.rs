//! The machine-readable history, `sla.history/1`: it only ever gains fields.

use super::super::json::{Group, unit_word};
use super::super::{figure, moment};
use crate::model::{Instant, Series, SeriesPoint};
use serde::Serialize;
use std::io::{self, Write};

/// Writes the series as one object, with a line end.
pub fn write(series: &[Series], out: &mut dyn Write) -> io::Result<()> {
    let series = series.iter().filter_map(of_series).collect();
    let history =
        HistoryV1 { schema: "sla.history/1", tool: concat!("sla ", env!("CARGO_PKG_VERSION")), series };
    serde_json::to_writer_pretty(&mut *out, &history)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct HistoryV1<'a> {
    schema: &'static str,
    tool: &'static str,
    series: Vec<SeriesV1<'a>>,
}

#[derive(Serialize)]
struct SeriesV1<'a> {
    id: &'a str,
    agreement: &'a str,
    scope: &'a [String],
    service: &'a str,
    group: Group<'a>,
    objective: &'a str,
    name: Option<&'a str>,
    indicator: &'a str,
    comparison: &'static str,
    unit: Option<&'static str>,
    periods: Vec<PeriodV1<'a>>,
}

#[derive(Serialize)]
struct PeriodV1<'a> {
    from: Option<String>,
    to: Option<String>,
    complete: bool,
    first: Option<String>,
    last: Option<String>,
    month: &'a str,
    verdict: &'static str,
    measured: Option<f64>,
    approximate: bool,
    target: f64,
    target_text: &'a str,
    samples: u64,
    bad: Option<u64>,
    allowed: Option<u64>,
    run: i64,
    revision: u64,
}

fn of_series(series: &Series) -> Option<SeriesV1<'_>> {
    let about = &series.points.last()?.about;
    Some(SeriesV1 {
        id: &about.id,
        agreement: &series.agreement,
        scope: &series.scope,
        service: &series.service,
        group: Group(&about.group),
        objective: &about.objective,
        name: about.name.as_deref(),
        indicator: &about.indicator,
        comparison: about.comparison.symbol(),
        unit: unit_word(&about.target),
        periods: series.points.iter().map(of_point).collect(),
    })
}

fn of_point(point: &SeriesPoint) -> PeriodV1<'_> {
    let instant = |instant: Option<Instant>| instant.map(|instant| moment::machine(instant, &point.clock));
    let (first, last) = point.span.unzip();
    PeriodV1 {
        from: instant(point.period.from),
        to: instant(point.period.to),
        complete: point.period.complete,
        first: instant(first),
        last: instant(last),
        month: &point.month,
        verdict: point.verdict.word(),
        measured: point.measured.map(|measured| figure::number(measured.value)),
        approximate: point.measured.is_some_and(|measured| measured.approximate),
        target: figure::number(point.about.target.value),
        target_text: &point.about.target_text,
        samples: point.samples,
        bad: point.bad,
        allowed: point.allowed,
        run: point.run,
        revision: point.revision,
    }
}
