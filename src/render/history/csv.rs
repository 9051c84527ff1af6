//! One row per series and period (RFC 4180); no cell starts a formula.

use super::super::csv::{safe, why};
use super::super::json::unit_word;
use super::super::{figure, moment};
use crate::model::{Instant, Series, SeriesPoint};
use std::io::{self, Write};

const HEADER: [&str; 21] = [
    "agreement",
    "service",
    "objective",
    "group",
    "from",
    "to",
    "complete",
    "first",
    "last",
    "verdict",
    "measured",
    "target",
    "unit",
    "approximate",
    "samples",
    "bad",
    "allowed",
    "run",
    "revision",
    "scope",
    "id",
];

/// Writes the series as CSV.
pub fn write(series: &[Series], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    writer.write_record(HEADER).map_err(why)?;
    for series in series {
        for point in &series.points {
            writer.write_record(record(series, point)).map_err(why)?;
        }
    }
    writer.flush()
}

fn record(series: &Series, point: &SeriesPoint) -> [String; 21] {
    let instant = |instant: Option<Instant>| {
        instant.map(|instant| moment::machine(instant, &point.clock)).unwrap_or_default()
    };
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let (first, last) = point.span.unzip();
    let about = &point.about;
    let group: Vec<String> = about.group.iter().map(|(column, value)| format!("{column}={value}")).collect();
    [
        safe(&series.agreement),
        safe(&series.service),
        safe(&about.objective),
        safe(&group.join(", ")),
        instant(point.period.from),
        instant(point.period.to),
        point.period.complete.to_string(),
        instant(first),
        instant(last),
        point.verdict.word().to_owned(),
        point.measured.map(|measured| figure::number(measured.value).to_string()).unwrap_or_default(),
        figure::number(about.target.value).to_string(),
        unit_word(&about.target).unwrap_or_default().to_owned(),
        point.measured.is_some_and(|measured| measured.approximate).to_string(),
        point.samples.to_string(),
        count(point.bad),
        count(point.allowed),
        point.run.to_string(),
        point.revision.to_string(),
        safe(&series.scope.join(" ")),
        safe(&about.id),
    ]
}
