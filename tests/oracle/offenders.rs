//! The rows behind results are those that a person would point at: nothing more, nothing less, to the byte.

use crate::data::{self, Row, Style};
use crate::promises::{Promise, Rules, What, compare};
use crate::{agreement, random};
use proptest::prelude::*;
use proptest::sample::select;
use sla::model::{Offenders, Reason, Report, RuleResult, Verdict};
use sla::pipeline::rows::{Limits, find};
use sla::pipeline::{self, Options};
use sla::source::Digests;
use sla::source::csv::Tuning;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::AtomicU64;

/// The report on some CSV text, and all rows behind its results.
pub(crate) fn report_and_rows(rules: &str, csv: &str, max_bad_rows: u64) -> (Report, Vec<Offenders>) {
    in_blocks(rules, csv, max_bad_rows, Tuning::default().block)
}

/// The same, read in blocks of so many bytes.
fn in_blocks(rules: &str, csv: &str, max_bad_rows: u64, block: usize) -> (Report, Vec<Offenders>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(csv.as_bytes()).unwrap();
    let inputs = [file.path().to_str().unwrap().to_owned()];
    let agreements = [agreement(rules)];
    let progress = AtomicU64::new(0);
    let tuning = Tuning { block, ..Tuning::default() };
    let options = Options { max_bad_rows, tuning, digests: Digests::Wanted, ..Options::new(0, &progress) };
    let report = pipeline::check(&agreements, &inputs, &options).unwrap();
    let rows = find(&report, &agreements, &inputs, &options, Limits { rows: 1_000 });
    let rows = rows.unwrap_or_else(|why| panic!("{why:?}\n{rules}\n{csv}"));
    (report, rows)
}

/// The lines of a result's rows. Every row is that line of the text to the byte, and all that there are were kept.
pub(crate) fn lines(offenders: &Offenders, csv: &str) -> BTreeSet<u64> {
    let text: Vec<&str> = csv.lines().collect();
    let rows: Vec<_> = offenders.kept.iter().flat_map(|table| &table.rows).collect();
    assert_eq!(rows.len() as u64, offenders.rows);
    for row in &rows {
        assert_eq!(&*row.record, text[row.line as usize - 1].as_bytes());
    }
    let lines: BTreeSet<u64> = rows.iter().map(|row| row.line).collect();
    assert_eq!(lines.len(), rows.len(), "a row twice");
    lines
}

/// Whether a row is behind a result on its group, by what a person would say.
fn is_behind(promise: &Promise, result: &RuleResult, row: &Row) -> bool {
    let (small, equal) = (promise.symbol.starts_with('<'), promise.symbol == "==");
    let failed = row.status.map(|ok| !ok);
    let lacks = match &promise.what {
        What::Rows | What::Requests | What::Throughput => false,
        What::Failures | What::FailureRate | What::Availability => failed.is_none(),
        What::ViolationRate(condition) | What::Share(condition) => condition.holds(row).is_none(),
        What::Avg | What::Min | What::Max | What::Sum | What::Percentile(_) => row.latency.is_none(),
        What::Apdex(_) => failed.is_none() || (failed == Some(false) && row.latency.is_none()),
    };
    if result.reason == Some(Reason::MissingValues) {
        return lacks;
    }
    if lacks {
        let counts = match promise.what {
            // Too little of something has no rows.
            What::Failures | What::Sum if !small && !equal => false,
            What::Avg | What::Sum => true,
            What::Apdex(_) => !small,
            _ => !equal,
        };
        return promise.missing == "bad" && counts;
    }
    // In hundredths of a millisecond, as the target.
    let against = |symbol| row.latency.is_some_and(|latency| compare(latency.cmp(&promise.target), symbol));
    let part = |holds: Option<bool>| holds == Some(small || equal);
    match &promise.what {
        What::Rows | What::Requests | What::Throughput => small || equal,
        What::Failures => (small || equal) && failed == Some(true),
        What::FailureRate => part(failed),
        What::Availability => part(row.status),
        What::ViolationRate(condition) | What::Share(condition) => part(condition.holds(row)),
        What::Avg if equal => !against("=="),
        What::Avg => against(if small { ">" } else { "<" }),
        What::Sum => (small || equal) && row.latency.is_some_and(|latency| latency > 0),
        What::Min | What::Max | What::Percentile(_) => !against(promise.symbol),
        What::Apdex(satisfied) => {
            let slower = |than: i64| row.latency.is_some_and(|latency| latency > than);
            let is_content = failed == Some(false) && !slower(*satisfied);
            let is_tolerating = failed == Some(false) && slower(*satisfied) && !slower(4 * satisfied);
            if small { is_content || is_tolerating } else { !is_content }
        }
    }
}

/// The lines that a result's rows should be on.
fn expected(rules: &Rules, result: &RuleResult, rows: &[Row]) -> BTreeSet<u64> {
    let promise = &rules.promises[result.objective_idx];
    let by = promise.by.unwrap_or(rules.by);
    let group: Vec<String> = result.about.group.iter().map(|(_, label)| label.clone()).collect();
    let own = promise.for_group(by, &group);
    let decided_by_rows = matches!(
        (result.verdict, result.reason),
        (Verdict::Breached, None) | (Verdict::Undecided, Some(Reason::MissingValues))
    );
    let is_in = |row: &Row| {
        let hour = result.period.from.map(|from| from / sla::model::NANOS - data::START);
        let holds = |condition: &Option<crate::promises::Condition>| {
            condition.as_ref().is_none_or(|condition| condition.holds(row) == Some(true))
        };
        by.group(row) == group
            && hour.is_none_or(|hour| row.second.div_euclid(3600) * 3600 == hour)
            && holds(&rules.filter)
            && holds(&promise.filter)
    };
    let chosen =
        rows.iter().zip(2..).filter(|(row, _)| decided_by_rows && is_in(row) && is_behind(&own, result, row));
    chosen.map(|(_, line)| line).collect()
}

fn agree(rules: &Rules, rows: &[Row], csv: &str, bad: usize, max: u64) -> Result<(), String> {
    let (report, found) = report_and_rows(&rules.text(), csv, max);
    agree_on(rules, rows, csv, bad, &report, &found)
}

fn agree_on(
    rules: &Rules,
    rows: &[Row],
    csv: &str,
    bad: usize,
    report: &Report,
    found: &[Offenders],
) -> Result<(), String> {
    let malformed: BTreeSet<u64> = (0..bad as u64).map(|at| rows.len() as u64 + 2 + at).collect();
    let mut told = 0;
    for offenders in found {
        let Some(at) = offenders.result else {
            let lines = lines(offenders, csv);
            if lines != malformed {
                return Err(format!("{lines:?} cannot be used, instead of {malformed:?}"));
            }
            continue;
        };
        told += 1;
        let result = &report.results[at];
        if offenders.shared {
            if (result.reason, offenders.rows) != (Some(Reason::RejectedRows), bad as u64) {
                return Err(format!("{} rows cannot be used: {result:#?}", offenders.rows));
            }
            continue;
        }
        let (lines, expected) = (lines(offenders, csv), expected(rules, result, rows));
        if lines != expected {
            return Err(format!("{}: {lines:?} instead of {expected:?}: {result:#?}", offenders.are));
        }
        // Rows of these indicators are what is bad: the report itself says how many.
        if let (Verdict::Breached, None, Some(bad)) = (result.verdict, result.reason, result.bad)
            && lines.len() as u64 != bad
        {
            return Err(format!("{} rows, {bad} bad: {result:#?}", lines.len()));
        }
    }
    let open = |result: &&RuleResult| matches!(result.verdict, Verdict::Breached | Verdict::Undecided);
    match report.results.iter().filter(open).count() {
        wanted if wanted == told => Ok(()),
        wanted => Err(format!("{told} of {wanted} results have rows")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_behind_results(rules in random::rules(), rows in random::rows(), bad in 0usize..3, max in 0u64..3) {
        let bad = if rows.len() < data::ROBUST { 0 } else { bad };
        let mut csv = data::csv(&rows, Style::Plain);
        for _ in 0..bad {
            csv.push_str(data::MALFORMED);
        }
        if let Err(difference) = agree(&rules, &rows, &csv, bad, max) {
            return Err(TestCaseError::fail(format!("{difference}\n{}\n{csv}", rules.text())));
        }
    }

    /// However a file is written and read.
    #[test]
    fn rows_of_any_dress(
        rules in random::rules(),
        rows in random::rows(),
        style in select(vec![Style::Plain, Style::Quoted, Style::Crlf, Style::Wider]),
        block in select(vec![16usize, 100, 1_000]),
    ) {
        let csv = data::csv(&rows, style);
        let (report, found) = in_blocks(&rules.text(), &csv, 0, block);
        if let Err(difference) = agree_on(&rules, &rows, &csv, 0, &report, &found) {
            return Err(TestCaseError::fail(format!("{difference}\n{}\n{csv}", rules.text())));
        }
    }
}

/// Rows over several lines, and quotes that only the careful reader can judge, cut anywhere.
#[test]
fn lines_of_rows_over_several_lines() {
    let rows = [
        (2, "1,ok,plain"),
        (3, "2,failed,\"two\nlines\""),
        (5, "3,failed,in\"side"),
        (6, "4,ok,\"\"\"\n\n,\"\"\""),
        (9, "5,failed,\"\""),
        (10, "6,failed,\"\r\n\""),
    ];
    let csv =
        rows.iter().fold("latency_ms,status,note".to_owned(), |text, (_, row)| format!("{text}\n{row}"));
    for block in (1..60).chain([1_000, 1 << 19]) {
        let (_, found) = in_blocks("sla: a\nobjectives: [failure_rate <= 1%]\n", &csv, 0, block);
        let found: Vec<(u64, &[u8])> =
            found[0].kept[0].rows.iter().map(|row| (row.line, &*row.record)).collect();
        let failed: Vec<(u64, &[u8])> = rows
            .iter()
            .filter(|(_, row)| row.contains("failed"))
            .map(|(line, row)| (*line, row.as_bytes()))
            .collect();
        assert_eq!(found, failed, "{block}");
    }
}
