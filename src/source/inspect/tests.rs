//! The page as people see it.

use super::*;
use crate::source::open::open_stream;
use std::io::Cursor;

fn page(name: &str, text: &str) -> String {
    let opened = open_stream(name, Box::new(Cursor::new(text.as_bytes().to_vec()))).unwrap();
    inspect(&[opened], &InputMapping::default()).unwrap()
}

const LOGS: &str = "timestamp,service_name,status,response_time_ms\n\
    05-06-2025 07:56,notification-service,success,446\n\
    31-05-2025 09:36,data-service,failure,261\n\
    03-06-2025 09:36,data-service,degraded,261\n";

#[test]
fn a_plain_file() {
    let expected = "\
data.csv
  delimiter    comma, 4 fields
  quoting      none among the first records
  header       line 1
  encoding     UTF-8
  line ends    LF
  compression  none

columns
  timestamp         time      times, day first, no zone (31-05-2025 on line 3);
                              time by its name
  service_name      service   text, 2 different; service by its name
  status            status    text, 3 different; success ok; failure failed;
                              degraded unknown (say what they mean under `input:
                              status:`); status by its name
  response_time_ms  latency   numbers in ms; latency by its name

rows
  kind         each row is one request
  rows         3
  first        31-05-2025 09:36 (line 3)
  last         05-06-2025 07:56 (line 2)
  services     2

the same, said explicitly
  sla check data.csv --time timestamp --time-format '%d-%m-%Y %H:%M' \\
    --service service_name --latency response_time_ms --unit ms
";
    assert_eq!(page("data.csv", LOGS), expected);
}

/// A command that said what fails would make `degraded` a success.
#[test]
fn an_unknown_status_stays_open() {
    assert!(!page("data.csv", LOGS).contains("--failed"));
    let known = LOGS.replace("degraded", "success");
    assert!(page("data.csv", &known).contains("--failed 'status == \"failure\"'"));
}

/// A condition decides, so nothing is told about what HTTP codes usually mean.
#[test]
fn a_said_condition_replaces_what_codes_mean() {
    let text = "service,code,rt_ms\na,200,1\na,404,2\na,503,3\n";
    let told = "code holds HTTP codes: 5xx and 0 are failures, 4xx are not";
    let inferred = |mapping: &InputMapping| {
        let opened = open_stream("data.csv", Box::new(Cursor::new(text.as_bytes().to_vec()))).unwrap();
        let description = crate::source::describe(&[opened], mapping).unwrap();
        description.schema.inferred.into_iter().map(|inference| inference.text).collect::<Vec<_>>()
    };
    assert!(inferred(&InputMapping::default()).contains(&told.to_owned()));

    // Only its text is shown.
    let failed = Some((crate::model::Condition::Failed, "code >= 400".to_owned()));
    let mapping = InputMapping { failed, ..InputMapping::default() };
    let said = inferred(&mapping);
    assert!(said.contains(&"a request failed where code >= 400, as said".to_owned()), "{said:?}");
    assert!(said.iter().all(|text| !text.contains("5xx")), "{said:?}");

    let opened = open_stream("data.csv", Box::new(Cursor::new(text.as_bytes().to_vec()))).unwrap();
    let page = inspect(&[opened], &mapping).unwrap();
    assert!(!page.contains("5xx") && !page.contains("404 ok"), "{page}");
    assert!(page.contains("  failed       where code >= 400, as said\n"), "{page}");
    assert!(page.contains("--failed 'code >= 400'"), "{page}");
}

#[test]
fn decimal_commas_are_told() {
    let text = "service;rt_ms\na;10\na;12,5\n";
    let seen = page("data.csv", text);
    let told =
        "rt_ms has decimal commas (12,5 on line 3); say --decimal comma, or such rows\n    are rejected\n";
    assert!(seen.contains(told), "{seen}");
    assert!(!seen.lines().last().unwrap().contains("--decimal"), "{seen}");

    let opened = open_stream("data.csv", Box::new(Cursor::new(text.as_bytes().to_vec()))).unwrap();
    let mapping = InputMapping { decimal_comma: true, ..InputMapping::default() };
    let page = inspect(&[opened], &mapping).unwrap();
    assert!(page.contains("  decimals     after a comma, as said\n"), "{page}");
    assert!(page.ends_with("--decimal comma\n"), "{page}");
}

#[test]
fn no_line_is_wider_than_80() {
    let text = "the time at which the request was received,a,duration_ms,response_time_ms\n\
        01/02/2025 10:00:00,some quite long text,1,2\n";
    let page = page("a file with spaces.csv", text);
    assert!(page.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 80), "{page}");
    assert!(page.contains("both may be the latency"), "{page}");
    assert!(page.contains("sla check 'a file with spaces.csv'"), "{page}");
}

#[test]
fn a_head_is_called_one() {
    let text = format!("ts,latency\n{}", "2025-06-01T00:00:00+02:00,12ms\n".repeat(50_000));
    let page = page("-", &text);
    assert!(page.starts_with("standard input\n"), "{page}");
    assert!(page.contains("rows (of the first mebibyte only)"), "{page}");
    assert!(page.contains("--time ts --time-format %Y-%m-%dT%H:%M:%S%:z"), "{page}");
}

#[test]
fn names_are_data() {
    let page = page("data.csv", "ts,\u{1b}[31mred\n2025-06-01,1\n");
    assert!(!page.contains('\u{1b}'), "{page:?}");
}

#[test]
fn one_line() {
    let opened = open_stream("data.csv", Box::new(Cursor::new(LOGS.as_bytes().to_vec()))).unwrap();
    let description = crate::source::describe(&[opened], &InputMapping::default()).unwrap();
    assert_eq!(
        summary(&description, "requests").join("; "),
        "comma-separated; time timestamp (day first, no zone); service service_name; latency response_time_ms in ms; \
         status; each row is one request"
    );
}
