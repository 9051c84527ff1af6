//! The machine-readable comparison, `sla.diff/1`: it only ever gains fields.

use super::super::json::{Group, unit_word};
use super::super::{clock_of, figure, moment};
use super::{Change, Diff};
use crate::model::{Clock, Report, RuleResult};
use serde::Serialize;
use std::io::{self, Write};

/// Writes the comparison as one object, with a line end.
pub fn write(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    let whole = DiffV1 {
        schema: "sla.diff/1",
        tool: concat!("sla ", env!("CARGO_PKG_VERSION")),
        before: run(diff.before),
        after: run(diff.after),
        other_rules: &diff.rules,
        unknown: diff
            .unknown
            .iter()
            .map(|of| UnknownV1 { run: of.run, agreement: of.agreement, why: of.why })
            .collect(),
        changes: diff.changes.iter().filter_map(|one| change(diff, one)).collect(),
        same: diff.same,
    };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct DiffV1<'a> {
    schema: &'static str,
    tool: &'static str,
    before: RunV1,
    after: RunV1,
    other_rules: &'a [&'a str],
    unknown: Vec<UnknownV1<'a>>,
    changes: Vec<ChangeV1<'a>>,
    same: u64,
}

#[derive(Serialize)]
struct RunV1 {
    run: i64,
    now: String,
    verdict: &'static str,
}

#[derive(Serialize)]
struct UnknownV1<'a> {
    run: i64,
    agreement: &'a str,
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct ChangeV1<'a> {
    change: &'static str,
    id: &'a str,
    agreement: Option<&'a str>,
    objective: &'a str,
    name: Option<&'a str>,
    group: Group<'a>,
    from: Option<String>,
    to: Option<String>,
    unit: Option<&'static str>,
    before: Option<SideV1<'a>>,
    after: Option<SideV1<'a>>,
}

#[derive(Serialize)]
struct SideV1<'a> {
    verdict: &'static str,
    measured: Option<f64>,
    target: f64,
    target_text: &'a str,
    samples: u64,
    bad: Option<u64>,
    explain: &'a str,
}

fn run((run, report): (i64, &Report)) -> RunV1 {
    let now = moment::machine(report.now, &Clock::Zoned("UTC".to_owned()));
    RunV1 { run, now, verdict: report.verdict.word() }
}

fn change<'a>(diff: &Diff<'a>, change: &Change<'a>) -> Option<ChangeV1<'a>> {
    let (report, result) = change
        .after
        .map(|after| (diff.after.1, after))
        .or(change.before.map(|before| (diff.before.1, before)))?;
    let clock = clock_of(report, result.agreement);
    Some(ChangeV1 {
        change: change.kind.word(),
        id: &result.about.id,
        agreement: report.agreements.get(result.agreement).map(|agreement| agreement.name.as_str()),
        objective: &result.about.objective,
        name: result.about.name.as_deref(),
        group: Group(&result.about.group),
        from: result.period.from.map(|from| moment::machine(from, clock)),
        to: result.period.to.map(|to| moment::machine(to, clock)),
        unit: unit_word(&result.about.target),
        before: change.before.map(side),
        after: change.after.map(side),
    })
}

fn side(result: &RuleResult) -> SideV1<'_> {
    SideV1 {
        verdict: result.verdict.word(),
        measured: result.measured.map(|measured| figure::number(measured.value)),
        target: figure::number(result.about.target.value),
        target_text: &result.about.target_text,
        samples: result.samples,
        bad: result.bad,
        explain: &result.explain,
    }
}
