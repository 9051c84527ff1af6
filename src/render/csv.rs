//! One row per result (RFC 4180), for spreadsheets and scripts.
//!
//! Invariant: no cell starts a formula. Text that a spreadsheet would run gets a leading apostrophe (OWASP, "CSV
//! Injection"); numbers are left alone.

use super::{clock_of, figure, json::unit_word, moment};
use crate::model::{self, Quantity, Report, RuleResult};
use std::io::{self, Write};

const BEFORE_GROUP: [&str; 2] = ["agreement", "objective"];
const AFTER_GROUP: [&str; 21] = [
    "from",
    "to",
    "complete",
    "verdict",
    "measured",
    "target",
    "unit",
    "approximate",
    "reason",
    "samples",
    "bad",
    "allowed",
    "rows",
    "excluded",
    "missing",
    "explain",
    "name",
    "severity",
    "where",
    "indicator",
    "id",
];

/// Writes the report as CSV, row by row. Between `objective` and `from` stands one column per name in `by`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let keys = group_keys(report);
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    let header = BEFORE_GROUP
        .iter()
        .map(|name| (*name).to_owned())
        .chain(keys.iter().map(|key| safe(&header_of(key))))
        .chain(AFTER_GROUP.iter().map(|name| (*name).to_owned()));
    writer.write_record(header).map_err(why)?;
    for result in &report.results {
        writer.write_record(record(report, result, &keys)).map_err(why)?;
    }
    writer.flush()
}

/// The error below; every record has the header's length, so there is no other kind.
pub(super) fn why(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn record(report: &Report, result: &RuleResult, keys: &[&str]) -> Vec<String> {
    let clock = clock_of(report, result.agreement);
    let instant =
        |instant: Option<model::Instant>| instant.map(|i| moment::machine(i, clock)).unwrap_or_default();
    let number = |quantity: Quantity| figure::number(quantity.value).to_string();
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let text = |text: Option<&str>| safe(text.unwrap_or_default());
    let agreement = report.agreements.get(result.agreement).map(|agreement| agreement.name.as_str());
    let mut cells = vec![text(agreement), safe(&result.about.objective)];
    cells.extend(keys.iter().map(|key| {
        let value = result.about.group.iter().find(|(column, _)| column == key);
        text(value.map(|(_, value)| value.as_str()))
    }));
    cells.extend([
        instant(result.period.from),
        instant(result.period.to),
        result.period.complete.to_string(),
        result.verdict.word().to_owned(),
        result.measured.map(|measured| number(measured.quantity())).unwrap_or_default(),
        number(result.about.target),
        unit_word(&result.about.target).unwrap_or_default().to_owned(),
        result.measured.is_some_and(|measured| measured.approximate).to_string(),
        result.reason.map(model::Reason::word).unwrap_or_default().to_owned(),
        result.samples.to_string(),
        count(result.bad),
        count(result.allowed),
        result.rows.to_string(),
        result.excluded.to_string(),
        result.missing.to_string(),
        safe(&result.explain),
        text(result.about.name.as_deref()),
        text(result.about.severity.as_deref()),
        text(result.about.filter.as_deref()),
        safe(&result.about.indicator),
        safe(&result.about.id),
    ]);
    cells
}

/// Every column that groups results, in the order in which they first occur.
fn group_keys(report: &Report) -> Vec<&str> {
    let mut keys: Vec<&str> = Vec::new();
    for (column, _) in report.results.iter().flat_map(|result| &result.about.group) {
        if !keys.contains(&column.as_str()) {
            keys.push(column);
        }
    }
    keys
}

/// The header of a grouping column; not that of a fixed one.
fn header_of(key: &str) -> String {
    if BEFORE_GROUP.contains(&key) || AFTER_GROUP.contains(&key) {
        format!("group.{key}")
    } else {
        key.to_owned()
    }
}

/// Text that no spreadsheet takes for a formula.
pub(super) fn safe(text: &str) -> String {
    let starts_formula = text
        .trim_start_matches(' ')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if starts_formula && !is_number(text) { format!("'{text}") } else { text.to_owned() }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn text(report: &Report) -> String {
        example::written(|out| write(report, out))
    }

    #[test]
    fn a_whole_report() {
        insta::assert_snapshot!(text(&example::report()), @r#"
        agreement,objective,service,from,to,complete,verdict,measured,target,unit,approximate,reason,samples,bad,allowed,rows,excluded,missing,explain,name,severity,where,indicator,id
        "Web shop, gold",failure_rate <= 5%,data-service,,,true,met,0.01,0.05,ratio,false,,100,1,5,100,0,0,"1 of 100 requests failed, 5 allowed",,,,failure_rate,shop/failure_rate/data-service
        "Web shop, gold",failure_rate <= 5%,auth-service,,,true,breached,0.102201911092646,0.05,ratio,false,,2407,246,120,2407,0,0,"246 of 2,407 requests failed, 120 allowed",,,,failure_rate,shop/failure_rate/auth-service
        "Web shop, gold",failure_rate <= 5%,checkout,,,true,undecided,,0.05,ratio,false,no_data,0,,,0,0,0,no requests,,,,failure_rate,shop/failure_rate/checkout
        "Web shop, gold",avg(latency) <= 2s,auth-service,,,true,met,0.29734,2,s,false,,100,,,100,0,0,"mean of 2,407 requests",,,,avg(latency),shop/avg(latency)/auth-service
        "#);
    }

    #[test]
    fn nothing_starts_a_formula() {
        let check = |text: &str, expected: &str| assert_eq!(safe(text), expected);
        check("=cmd()", "'=cmd()");
        check(" =1+1", "' =1+1");
        check("@sum", "'@sum");
        check("\tx", "'\tx");
        check("-checkout", "'-checkout");
        check("-12.5", "-12.5");
        check("+49", "+49");
        check("-1+cmd()", "'-1+cmd()");
        check("checkout", "checkout");
    }

    #[test]
    fn a_column_that_is_called_as_a_fixed_one() {
        let mut report = example::report();
        example::about(&mut report.results[0]).group[0].0 = "verdict".into();
        let text = text(&report);
        assert!(text.starts_with("agreement,objective,group.verdict,service,from,"), "{text}");
    }
}
