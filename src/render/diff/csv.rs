//! One row per change (RFC 4180); no cell starts a formula.

use super::super::csv::{safe, why};
use super::super::json::unit_word;
use super::super::{clock_of, figure, moment};
use super::{Change, Diff};
use crate::model::RuleResult;
use std::io::{self, Write};

const HEADER: [&str; 13] = [
    "change",
    "agreement",
    "objective",
    "group",
    "from",
    "to",
    "verdict_before",
    "verdict_after",
    "measured_before",
    "measured_after",
    "unit",
    "target",
    "id",
];

/// Writes the changes as CSV.
pub fn write(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    writer.write_record(HEADER).map_err(why)?;
    for change in &diff.changes {
        if let Some(record) = record(diff, change) {
            writer.write_record(record).map_err(why)?;
        }
    }
    writer.flush()
}

fn record(diff: &Diff, change: &Change) -> Option<[String; 13]> {
    let (report, result) = change
        .after
        .map(|after| (diff.after.1, after))
        .or(change.before.map(|before| (diff.before.1, before)))?;
    let clock = clock_of(report, result.agreement);
    let group: Vec<String> =
        result.about.group.iter().map(|(column, value)| format!("{column}={value}")).collect();
    let instant = |instant: Option<i64>| instant.map(|at| moment::machine(at, clock)).unwrap_or_default();
    let verdict =
        |side: Option<&RuleResult>| side.map_or(String::new(), |result| result.verdict.word().to_owned());
    let measured = |side: Option<&RuleResult>| {
        let measured = side.and_then(|result| result.measured);
        measured.map_or(String::new(), |measured| figure::number(measured.value).to_string())
    };
    Some([
        change.kind.word().to_owned(),
        safe(report.agreements.get(result.agreement).map_or("", |agreement| &agreement.name)),
        safe(&result.about.objective),
        safe(&group.join(", ")),
        instant(result.period.from),
        instant(result.period.to),
        verdict(change.before),
        verdict(change.after),
        measured(change.before),
        measured(change.after),
        unit_word(&result.about.target).unwrap_or_default().to_owned(),
        safe(&result.about.target_text),
        safe(&result.about.id),
    ])
}
