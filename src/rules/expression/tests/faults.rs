//! What the one-line language says of what it cannot read: the text, what the caret stands under, the message.

use super::*;

/// A fault: what the caret stands under, and all that is said.
fn fault(fault: &Fault, text: &str) -> String {
    let mut said = format!("[{}] {}", &text[fault.span.clone()], fault.message);
    if let Some(expected) = &fault.expected {
        said.push_str(" | ");
        said.push_str(expected);
    }
    if let Some(help) = &fault.help {
        said.push_str(" | ");
        said.push_str(help);
    }
    said
}

fn faults_of(texts: &[&str], read: impl Fn(&str) -> Option<Fault>) -> String {
    let line = |text: &&str| {
        let found = read(text).unwrap_or_else(|| panic!("{text} is no fault"));
        format!("{text}\n  {}\n", fault(&found, text))
    };
    texts.iter().map(line).collect()
}

fn objective_faults(texts: &[&str]) -> String {
    faults_of(texts, |text| parse_promise(text, &columns(), &mut Vec::new()).err())
}

fn condition_faults(texts: &[&str]) -> String {
    faults_of(texts, |text| parse_condition(text, &columns()).err())
}

#[test]
fn faults_of_units() {
    insta::assert_snapshot!(objective_faults(&[
        "violation_rate(latency <= 2) <= 10%",
        "avg(latency) <= 2",
        "avg(latency) <= 2MB",
        "p95(wait_ms) <= 400",
        "max(memory) <= 400",
        "max(weight) <= 400ms",
        // W20: nobody can tell whether 99.9 % or 0.999 % is meant.
        "availability >= 0.999",
        "availability >= 99.9",
        "failure_rate <= 1",
        "availability >= 101%",
        "failure_rate <= -1%",
        "failure_rate <= 5ms",
        "apdex(500ms) >= 90%",
        "apdex(500ms) >= 1.1",
        "apdex(500) >= 0.9",
        "apdex(0s) >= 0.9",
        "throughput >= 50",
        "throughput >= 50/x",
        "throughput >= 50/MB",
        "throughput >= -1/s",
        "avg(latency) <= -1s",
        "failures <= 10.5",
        "failures <= 10%",
        "rows >= -1",
        "p95(latency) <= 500 msec",
        "p95(latency) <= 2sec.",
        "max(x) <= 5 parsecs",
        "ratio(sum(failures), sum(requests)) <= 2s",
    ]), @r"
        violation_rate(latency <= 2) <= 10%
          [2] `latency` is a duration; `2` has no unit | write 2ms or 2s
        avg(latency) <= 2
          [2] avg(latency) is a duration; `2` has no unit | write 2ms or 2s
        avg(latency) <= 2MB
          [2MB] avg(latency) is a duration; `2MB` is a size | a duration such as 400ms or 2s
        p95(wait_ms) <= 400
          [400] a percentile of wait_ms is a duration; `400` has no unit | write 400ms or 400s
        max(memory) <= 400
          [400] max(memory) is a size; `400` has no unit | write 400B or 400KiB
        max(weight) <= 400ms
          [400ms] max(weight) is a plain number; `400ms` has a unit | a number without a unit
        availability >= 0.999
          [0.999] availability is a percentage; `0.999` has no unit | write 99.9% if you mean the share 0.999, 0.999% if you mean that many percent
        availability >= 99.9
          [99.9] availability is a percentage; `99.9` has no unit | write 99.9%
        failure_rate <= 1
          [1] failure_rate is a percentage; `1` has no unit | write 1%
        availability >= 101%
          [101%] no possible target: a share of requests lies between 0% and 100%
        failure_rate <= -1%
          [-1%] no possible target: a share of requests lies between 0% and 100%
        failure_rate <= 5ms
          [5ms] failure_rate is a percentage; `5ms` is a duration | a percentage such as 99.9%
        apdex(500ms) >= 90%
          [90%] apdex is a plain number; `90%` has a unit | a number without a unit
        apdex(500ms) >= 1.1
          [1.1] no possible target: apdex lies between 0 and 1
        apdex(500) >= 0.9
          [500] the threshold of apdex is a duration; `500` has no unit | write 500ms or 500s
        apdex(0s) >= 0.9
          [0s] the threshold of apdex must be longer than zero
        throughput >= 50
          [50] throughput is a rate; `50` has no unit | write 50/s, 50/min or 50/h
        throughput >= 50/x
          [x] unknown unit `x` | known are ns us ms s min h d w, B kB MB GB TB KiB MiB GiB TiB and %
        throughput >= 50/MB
          [MB] expected a unit of time after `/`, such as `/s` or `/min`, found `MB`
        throughput >= -1/s
          [-1/s] no possible target: a throughput is not negative
        avg(latency) <= -1s
          [-1s] no possible target: a latency is not negative
        failures <= 10.5
          [10.5] failures are counted in whole numbers
        failures <= 10%
          [10%] failures is a plain number; `10%` has a unit | a number without a unit
        rows >= -1
          [-1] rows are counted in whole numbers
        p95(latency) <= 500 msec
          [msec] unknown unit `msec` | did you mean `ms`?
        p95(latency) <= 2sec.
          [.] `.` has no meaning here | a number begins with a digit: 0.5
        max(x) <= 5 parsecs
          [parsecs] unknown unit `parsecs` | known are ns us ms s min h d w, B kB MB GB TB KiB MiB GiB TiB and %
        ratio(sum(failures), sum(requests)) <= 2s
          [2s] this ratio is a share, not a duration | a percentage such as 1%, or a plain number
        ");
}

#[test]
fn faults_of_objectives() {
    insta::assert_snapshot!(objective_faults(&[
        "",
        "latency <= 2s",
        "eror_rate <= 5%",
        "error_rate <= 5%",
        "P95(latency) <= 2s",
        "p0(latency) <= 2s",
        "p101(latency) <= 2s",
        "p100.0001(latency) <= 2s",
        "p9.9.9(latency) <= 2s",
        "p95 <= 2s",
        "p95(p95(latency)) <= 2s",
        "avg() <= 2s",
        "avg(latency <= 2s",
        "avg(latency, size) <= 2s",
        "avg(service) <= 2",
        "max(finished) <= 06:00",
        "availability(5m) >= 99%",
        "failure_rate(service) <= 5%",
        "ratio(errors, requests) <= 1%",
        "share() <= 1%",
        "failure_rate",
        "failure_rate 5%",
        "failure_rate != 5%",
        "failure_rate =< 5%",
        "failure_rate <= 5% and rows > 3",
        "5% >= failure_rate",
        "failure_rate <= failures",
        // W67
        "failure_rate <= .nan",
        "failure_rate <= NaN",
        "failure_rate <= inf",
        "max(x) <= -.inf",
        "max(x) <= .5",
        "max(x) <= 5.",
        "max(x) <= +5",
        "max(x) <= 1e3",
        "max(x) <= 1_000",
        "max(x) <= 1,000",
        "max(x) <= 99,9%",
        "max(x) <= 1.2.3",
        "max(x) <= 1234567890123456789012345678901234567",
        "max(x) <= 999999999999999999999999999999999999TB",
    ]), @r"

          [] expected an indicator such as failure_rate or p95(latency), found the end | ends here
        latency <= 2s
          [latency] unknown indicator `latency` | say what of the column: avg(latency), p95(latency), max(latency)
        eror_rate <= 5%
          [eror_rate] unknown indicator `eror_rate` | did you mean `failure_rate`?
        error_rate <= 5%
          [error_rate] unknown indicator `error_rate` | did you mean `failure_rate`?
        P95(latency) <= 2s
          [P95] `P95` is no percentile | p50, p95, p99.9 … more than p0, at most p100
        p0(latency) <= 2s
          [p0] `p0` is no percentile | p50, p95, p99.9 … more than p0, at most p100
        p101(latency) <= 2s
          [p101] `p101` is no percentile | p50, p95, p99.9 … more than p0, at most p100
        p100.0001(latency) <= 2s
          [p100.0001] `p100.0001` is no percentile | p50, p95, p99.9 … more than p0, at most p100
        p9.9.9(latency) <= 2s
          [p9.9.9] `p9.9.9` is no percentile | p50, p95, p99.9 … more than p0, at most p100
        p95 <= 2s
          [<=] expected `(` and a column, as in p95(latency), found `<=`
        p95(p95(latency)) <= 2s
          [p95] an indicator of an indicator cannot be measured | p95 takes one column: p95(latency)
        avg() <= 2s
          [)] expected a column, found `)`
        avg(latency <= 2s
          [<=] expected `)` after the column, found `<=`
        avg(latency, size) <= 2s
          [,] expected `)` after the column, found `,`
        avg(service) <= 2
          [service] `service` holds text, which has no avg
        max(finished) <= 06:00
          [finished] `finished` holds times of day, which have no max | say how many may be late: share(finished > 06:00) <= 0%
        availability(5m) >= 99%
          [(] `availability` takes nothing in parentheses | availability over slices, such as availability(5m), is not built yet; plain `availability` is the share of requests that did not fail
        failure_rate(service) <= 5%
          [(] `failure_rate` takes nothing in parentheses | to count some rows only, add `where:` to the objective
        ratio(errors, requests) <= 1%
          [errors] expected `sum(column)`, as in ratio(sum(errors), sum(requests)), found `errors`
        share() <= 1%
          [)] expected a condition such as latency > 500ms, found `)`
        failure_rate
          [] expected a comparison: <= < >= > or ==, found the end | ends here
        failure_rate 5%
          [5] expected a comparison: <= < >= > or ==, found `5`
        failure_rate != 5%
          [!=] `!=` is no promise | one of <= < >= > ==
        failure_rate =< 5%
          [=<] `=<` is no comparison | write `<=`
        failure_rate <= 5% and rows > 3
          [and] expected the end of the objective, found `and`
        5% >= failure_rate
          [5] expected an indicator such as failure_rate or p95(latency), found `5`
        failure_rate <= failures
          [failures] expected a number, found `failures` | a value is a number; columns are not compared with columns
        failure_rate <= .nan
          [.nan] `.nan` is no number that anything can be compared with
        failure_rate <= NaN
          [NaN] `NaN` is no number that anything can be compared with
        failure_rate <= inf
          [inf] `inf` is no number that anything can be compared with
        max(x) <= -.inf
          [-.inf] `-.inf` is no number that anything can be compared with
        max(x) <= .5
          [.] `.` has no meaning here | a number begins with a digit: 0.5
        max(x) <= 5.
          [5.] a digit is missing after the point
        max(x) <= +5
          [+] `+` has no meaning here | a number is written with digits: 400, -5, 99.9
        max(x) <= 1e3
          [1e3] `1e3` is no number | digits, and a point before decimals | numbers are read exactly as they stand: 1000, 0.001; no exponent, no separators
        max(x) <= 1_000
          [1_000] `1_000` is no number | digits, and a point before decimals | numbers are read exactly as they stand: 1000, 0.001; no exponent, no separators
        max(x) <= 1,000
          [1,000] `1,000` is no number | digits, and a point before decimals | write 1000 for a thousand, 99.9 for ninety-nine and nine tenths, and a space after a comma that separates values
        max(x) <= 99,9%
          [99,9%] `99,9%` is no number | digits, and a point before decimals | write 1000 for a thousand, 99.9 for ninety-nine and nine tenths, and a space after a comma that separates values
        max(x) <= 1.2.3
          [1.2.3] `1.2.3` is no number | digits, and a point before decimals | numbers are read exactly as they stand: 1000, 0.001; no exponent, no separators
        max(x) <= 1234567890123456789012345678901234567
          [1234567890123456789012345678901234567] more than 36 digits
        max(x) <= 999999999999999999999999999999999999TB
          [999999999999999999999999999999999999] this number is too large
        ");
}

#[test]
fn faults_of_conditions() {
    insta::assert_snapshot!(condition_faults(&[
        "",
        "latency",
        "latency >",
        "latency 500ms",
        "500ms < latency",
        "\"up\" == status",
        "status == up",
        "status = \"up\"",
        "status === \"up\"",
        "status ≥ 5",
        "a && b",
        "a == 1 || b == 2",
        "!failed",
        "failed == \"x\"",
        "NOT failed",
        "failed AND failed",
        "failed failed",
        "and failed",
        "(failed",
        "failed)",
        "()",
        "status > \"up\"",
        "1 < a < 5",
        "a == 1 == 2",
        "a in []",
        "a in [1 2]",
        "a in [1,000]",
        "a in (1, 2)",
        "a in {1}",
        "a in [1,",
        "a is 5",
        "a not 5",
        "a matches b",
        "a matches /b",
        "a matches /b/g",
        "a matches /(/",
        "latency matches /5/",
        "service-name == \"x\"",
        "`a",
        "`` == 5",
        "a == \"x",
        "a == \"\\n\"",
        "service == 5",
        "latency == \"5ms\"",
        "finished > 6",
        "finished > \"06:00\"",
        "latency > 06:00",
        "finished > 25:00",
        "finished > 6:0",
        "finished > 06:60",
        "finished > 24:00:01",
        "a == b",
        "a == ?",
        "äöü ~ 5",
    ]), @r#"

          [] expected a condition such as latency > 500ms, found the end | ends here
        latency
          [] expected a comparison after `latency`, found the end | ends here | == != < <= > >=, in [..], matches /../, is missing
        latency >
          [] expected a value, found the end | ends here
        latency 500ms
          [500] expected a comparison after `latency`, found `500` | == != < <= > >=, in [..], matches /../, is missing
        500ms < latency
          [500] expected a column, found `500` | the column stands on the left: latency > 500ms
        "up" == status
          ["up"] expected a column, found `"up"` | the column stands on the left: latency > 500ms
        status == up
          [up] expected a value, found `up` | a text stands in quotes: "up"; columns are not compared with columns
        status = "up"
          [=] `=` is no comparison | write `==`
        status === "up"
          [===] `===` is no comparison | write `==`
        status ≥ 5
          [≥] `≥` is no comparison | write `>=`
        a && b
          [&&] `&&` is no comparison | write `and`
        a == 1 || b == 2
          [||] `||` is no comparison | write `or`
        !failed
          [!] `!` is no comparison | write `not`
        failed == "x"
          [failed] `failed` is a condition by itself | write `failed` or `not failed`; a column of that name stands in backticks: `failed`
        NOT failed
          [NOT] `NOT` is no column with a comparison | write `not` in small letters
        failed AND failed
          [AND] expected `and`, `or` or the end of the condition, found `AND` | write `and` in small letters
        failed failed
          [failed] expected `and`, `or` or the end of the condition, found `failed`
        and failed
          [and] expected a column, found `and` | a column of that name stands in backticks: `and`
        (failed
          [] expected `)` after the condition, found the end | ends here
        failed)
          [)] expected `and`, `or` or the end of the condition, found `)`
        ()
          [)] expected a condition such as latency > 500ms, found `)`
        status > "up"
          ["up"] a text is not compared by `>` | only == and != compare texts
        1 < a < 5
          [1] expected a column, found `1` | the column stands on the left: latency > 500ms
        a == 1 == 2
          [==] expected `and`, `or` or the end of the condition, found `==` | a range is two comparisons: a >= 1 and a < 5
        a in []
          [[]] an empty list matches nothing
        a in [1 2]
          [2] expected `,` or `]` after a value, found `2`
        a in [1,000]
          [1,000] `1,000` is no number | digits, and a point before decimals | write 1000 for a thousand, 99.9 for ninety-nine and nine tenths, and a space after a comma that separates values
        a in (1, 2)
          [(] expected `[` after `in`, found `(`
        a in {1}
          [{] `{` has no meaning here | a list of values stands in brackets: in ["a", "b"]
        a in [1,
          [] expected a value, found the end | ends here
        a is 5
          [5] expected `missing`, found `5` | write == to compare with a value
        a not 5
          [5] expected a comparison after `a`, found `5` | == != < <= > >=, in [..], matches /../, is missing
        a matches b
          [b] expected a pattern between slashes such as /^api/, found `b`
        a matches /b
          [/b] this pattern is not closed | no closing /
        a matches /b/g
          [g] `g` is no flag of a pattern | `i` for any case, or nothing
        a matches /(/
          [/(/] not a regular expression | unclosed group
        latency matches /5/
          [latency] `latency` holds numbers; a pattern matches text
        service-name == "x"
          [service-name] `-` splits this name in two | not a plain word | a column of that name stands in backticks: `service-name`; a text in quotes
        `a
          [`a] this column name is not closed | no closing `
        `` == 5
          [``] an empty column name
        a == "x
          ["x] this text is not closed | no closing "
        a == "\n"
          [\n] `\n` is no escape | in double quotes write \" for a quote and \\ for a backslash; in single quotes a backslash is itself
        service == 5
          [5] `service` holds text, not numbers | a text stands in quotes: "5"
        latency == "5ms"
          ["5ms"] `latency` holds durations, not text | numbers and times stand without quotes
        finished > 6
          [6] `finished` holds times of day | a time such as 06:00
        finished > "06:00"
          ["06:00"] `finished` holds times of day, not text | numbers and times stand without quotes
        latency > 06:00
          [06:00] `latency` holds durations, not times of day
        finished > 25:00
          [25:00] no time of day | a time such as 06:00, 17:30 or 23:59:59
        finished > 6:0
          [6:0] no time of day | a time such as 06:00, 17:30 or 23:59:59
        finished > 06:60
          [06:60] no time of day | a time such as 06:00, 17:30 or 23:59:59
        finished > 24:00:01
          [24:00:01] no time of day | a time such as 06:00, 17:30 or 23:59:59
        a == b
          [b] expected a value, found `b` | a text stands in quotes: "b"; columns are not compared with columns
        a == ?
          [?] `?` has no meaning here | a column with such a sign in its name stands in backticks, a text in quotes
        äöü ~ 5
          [~] `~` has no meaning here | a column with such a sign in its name stands in backticks, a text in quotes
        "#);
}
