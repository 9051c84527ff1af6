//! What was measured, in plain words: each indicator by name, and how it is defined.

/// Where a sentence is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// By those who wrote the rules: columns may be named.
    Insider,
    /// By others: no word of the data's columns.
    Outsider,
}

/// An indicator as a reader would call it: `failure rate`, `95th percentile of latency`.
pub(super) fn called(indicator: &str, reader: Reader) -> String {
    let (kind, argument) = parts(indicator);
    let of = |what: &str| match (reader, argument) {
        (Reader::Insider, Some(argument)) => format!("{what} {argument}"),
        _ => what.rsplit_once(' ').map_or(what, |(noun, _)| noun).to_owned(),
    };
    match kind {
        "rows" => "number of rows".to_owned(),
        "requests" => "number of requests".to_owned(),
        "failures" => "number of failures".to_owned(),
        "failure_rate" => "failure rate".to_owned(),
        "availability" => "availability".to_owned(),
        "throughput" => "throughput".to_owned(),
        "violation_rate" => of("share of requests with"),
        "share" => of("share with"),
        "avg" => of("average of"),
        "min" => of("smallest value of"),
        "max" => of("largest value of"),
        "sum" => of("sum of"),
        "apdex" => "Apdex".to_owned(),
        "ratio" if reader == Reader::Insider => indicator.to_owned(),
        "ratio" => "ratio".to_owned(),
        _ => match percent(indicator) {
            Some(percent) => of(&format!("{} of", ordinal(percent))),
            None if reader == Reader::Insider => indicator.to_owned(),
            None => "figure".to_owned(),
        },
    }
}

/// How the indicator is defined, one sentence; `None` for kinds that need none.
pub(super) fn definition(indicator: &str) -> Option<(String, String)> {
    let (kind, _) = parts(indicator);
    let (term, meaning) = match kind {
        "failure_rate" => ("Failure rate", "Failed requests divided by all requests."),
        "availability" => {
            ("Availability", "One minus the failure rate: the share of requests that did not fail.")
        }
        "violation_rate" => (
            "Violation rate",
            "The share of requests for which the stated condition holds, such as taking longer than a limit.",
        ),
        "share" => ("Share", "The share of rows for which the stated condition holds."),
        "avg" => (
            "Average",
            "The arithmetic mean, from exact sums; rows that stand for several requests weigh as many.",
        ),
        "throughput" => ("Throughput", "Requests divided by the length of the period."),
        "apdex" => (
            "Apdex",
            "Application performance index: requests up to the threshold count one, those up to four times of it one \
             half, slower and failed ones nothing; divided by all requests.",
        ),
        "ratio" => ("Ratio", "One sum divided by another, both exact."),
        "rows" | "requests" | "failures" => ("Counts", "Counted one by one, nothing estimated."),
        "min" | "max" | "sum" => ("Smallest, largest, sum", "Over all values, exact."),
        _ => {
            let percent = percent(indicator)?;
            return Some((
                ordinal(percent),
                format!(
                    "The nearest rank: the smallest value that at least {percent} % of all values are at or below. \
                     Whether it keeps a target is counted exactly; the value shown is within 1 % where it is marked ≈."
                ),
            ));
        }
    };
    Some((term.to_owned(), meaning.to_owned()))
}

/// The percent of a percentile: `99.9` of `p99.9(latency)`.
pub(super) fn percent(indicator: &str) -> Option<&str> {
    let (kind, _) = parts(indicator);
    kind.strip_prefix('p')
        .filter(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// What an indicator is of: `latency > 500ms` of `violation_rate(latency > 500ms)`.
pub(super) fn argument(indicator: &str) -> Option<&str> {
    parts(indicator).1
}

/// The kind of an indicator, and what stands in its brackets.
fn parts(indicator: &str) -> (&str, Option<&str>) {
    match indicator.split_once('(') {
        Some((kind, rest)) => (kind.trim(), Some(rest.trim_end().strip_suffix(')').unwrap_or(rest).trim())),
        None => (indicator.trim(), None),
    }
}

fn ordinal(percent: &str) -> String {
    match percent {
        "50" => "median".to_owned(),
        _ => {
            let teen = percent.len() == 2 && percent.starts_with('1');
            let ending = match percent.chars().last() {
                Some('1') if !teen => "st",
                Some('2') if !teen => "nd",
                Some('3') if !teen => "rd",
                _ => "th",
            };
            format!("{percent}{ending} percentile")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |indicator: &str, inside: &str, outside: &str| {
            assert_eq!(called(indicator, Reader::Insider), inside);
            assert_eq!(called(indicator, Reader::Outsider), outside);
        };
        check("failure_rate", "failure rate", "failure rate");
        check("p95(latency)", "95th percentile of latency", "95th percentile");
        check("p99.9(rt_ms)", "99.9th percentile of rt_ms", "99.9th percentile");
        check("p50(latency)", "median of latency", "median");
        check(
            "violation_rate(latency > 500ms)",
            "share of requests with latency > 500ms",
            "share of requests",
        );
        check("avg(secret_column)", "average of secret_column", "average");
        check("ratio(sum(a), sum(b))", "ratio(sum(a), sum(b))", "ratio");
    }

    #[test]
    fn definitions() {
        let (term, meaning) = definition("p95(latency)").unwrap();
        assert_eq!(term, "95th percentile");
        assert!(meaning.contains("at least 95 % of all values are at or below"));
        assert_eq!(definition("something"), None);
    }
}
