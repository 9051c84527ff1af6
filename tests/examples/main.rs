//! The example agreements in rules/ say about the data in data/ what was worked out without this program, and together
//! they show the whole rule language.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod worked_out;

use sla::model::{Agreement, Instant, Period, Report, RowKind, RuleResult, Verdict};
use sla::pipeline::rows::{Limits, find};
use sla::pipeline::{self, Options};
use sla::rules::{self, keys};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use worked_out::CASES;

/// One agreement on its data.
pub(crate) struct Case {
    /// A file in rules/, without `.yaml`.
    pub(crate) rules: &'static str,
    /// A file in data/.
    pub(crate) data: &'static str,
    /// The clock.
    pub(crate) now: &'static str,
    /// Objectives with their results, as `worked_out` describes.
    pub(crate) expected: &'static str,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The names in a folder with this ending, without it.
fn files(name: &str, ending: &str) -> BTreeSet<String> {
    fs::read_dir(folder(name))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(ending).map(str::to_owned))
        .collect()
}

fn text_of(rules: &str) -> String {
    fs::read_to_string(folder("rules").join(format!("{rules}.yaml"))).unwrap()
}

fn agreement_of(rules: &str) -> Agreement {
    let file = format!("rules/{rules}.yaml");
    match rules::parse(&text_of(rules), Path::new(&file)) {
        Ok(parsed) if parsed.warnings.is_empty() => parsed.agreement,
        Ok(parsed) => panic!("{}", rules::render(&parsed.warnings, rules::Colour::Never)),
        Err(faults) => panic!("{}", rules::render(&faults, rules::Colour::Never)),
    }
}

fn report(agreement: &Agreement, data: &str, now: &str) -> Report {
    let now = now.parse::<jiff::Timestamp>().unwrap().as_nanosecond();
    let progress = AtomicU64::new(0);
    let options = Options::new(Instant::try_from(now).unwrap(), &progress);
    let input = folder("data").join(data).to_str().unwrap().to_owned();
    pipeline::check(std::slice::from_ref(agreement), &[input], &options).unwrap()
}

fn report_of(case: &Case) -> Report {
    report(&agreement_of(case.rules), case.data, case.now)
}

/// The rows behind every result that is not met come to what the result says is bad, or missing: there are none
/// otherwise.
#[test]
fn every_example_has_its_rows() {
    for case in CASES {
        let agreements = [agreement_of(case.rules)];
        let now = case.now.parse::<jiff::Timestamp>().unwrap().as_nanosecond();
        let progress = AtomicU64::new(0);
        let options = Options::new(Instant::try_from(now).unwrap(), &progress);
        let inputs = [folder("data").join(case.data).to_str().unwrap().to_owned()];
        let report = pipeline::check(&agreements, &inputs, &options).unwrap();
        let found = find(&report, &agreements, &inputs, &options, Limits { rows: 1_000 });
        let found = found.unwrap_or_else(|why| panic!("{}: {why:?}", case.rules));
        let wanted = (report.summary.breached + report.summary.undecided) as usize;
        assert_eq!(found.iter().filter(|rows| rows.result.is_some()).count(), wanted, "{}", case.rules);
        for rows in found.iter().filter(|rows| !rows.shared) {
            assert_eq!(rows.kept_rows(), rows.rows, "{}: {}", case.rules, rows.are);
        }
    }
}

/// A fraction as it stands in `worked_out`: `9/80`, `0.348`, 12.
fn fraction(text: &str) -> (i128, i128) {
    let (num, den) = match text.split_once('/') {
        Some((num, den)) => (num.parse().unwrap(), den.parse().unwrap()),
        None => {
            let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
            (format!("{whole}{rest}").parse().unwrap(), 10i128.pow(rest.len().try_into().unwrap()))
        }
    };
    let reduced = sla::model::Rational::new(num, den).unwrap();
    (reduced.num(), reduced.den())
}

/// What a result says, by objective and group.
type Said = BTreeMap<(String, String), Vec<String>>;

/// The lines of `worked_out`, with fractions reduced.
fn expected(case: &Case) -> Said {
    let mut said = Said::new();
    let mut objective = "";
    for line in
        case.expected.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"))
    {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        if let [one] = cells[..] {
            objective = one;
            continue;
        }
        let mut cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        for cell in &mut cells[3..] {
            if cell != "-" {
                let (num, den) = fraction(cell);
                *cell = format!("{num}/{den}");
            }
        }
        let group = cells.remove(0);
        assert!(said.insert((objective.to_owned(), group), cells).is_none(), "{line} is there twice");
    }
    said
}

fn group_of(result: &RuleResult, period: Period) -> String {
    let mut parts: Vec<String> = result.about.group.iter().map(|(_, value)| value.clone()).collect();
    if let (Period::Every(length), Some(from)) = (period, result.period.from) {
        let from = jiff::Timestamp::from_nanosecond(from.into()).unwrap();
        let pattern = if length < 86_400_000_000_000 { "%Y-%m-%dT%H" } else { "%Y-%m-%d" };
        parts.insert(0, from.strftime(pattern).to_string());
    }
    if parts.is_empty() { "(all)".to_owned() } else { parts.join(" ") }
}

/// What the program says, in the words of `worked_out`; a percentile's value only where it was worked out.
fn found(case: &Case, expected: &Said) -> Said {
    let period = agreement_of(case.rules).period;
    let mut said = Said::new();
    for result in &report_of(case).results {
        let objective = result.about.name.clone().unwrap_or_else(|| result.about.objective.clone());
        let key = (objective, group_of(result, period));
        let samples = match result.bad {
            Some(bad) => format!("{bad} of {}", result.samples),
            None => result.samples.to_string(),
        };
        let show = |value: sla::model::Rational| format!("{}/{}", value.num(), value.den());
        let exact = result.exact.map_or_else(|| "-".to_owned(), show);
        let mut cells = vec![result.verdict.word().to_owned(), samples, exact];
        if expected.get(&key).is_some_and(|cells| cells.len() > 3) {
            let measured = result.measured.unwrap();
            cells.push(if measured.approximate { "≈".to_owned() } else { show(measured.value) });
        }
        assert!(said.insert(key.clone(), cells).is_none(), "{key:?} is there twice");
    }
    said
}

#[test]
fn every_result_is_what_was_worked_out() {
    let mut differences = Vec::new();
    for case in CASES {
        let expected = expected(case);
        let found = found(case, &expected);
        let keys: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
        for key in keys {
            let (wanted, got) = (expected.get(key), found.get(key));
            if wanted != got {
                differences
                    .push(format!("{}: {key:?}\n  worked out {wanted:?}\n  found      {got:?}", case.rules));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn no_example_is_left_out() {
    let listed =
        |of: fn(&Case) -> &str| CASES.iter().map(|case| of(case).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(listed(|case| case.rules), files("rules", ".yaml"));
    assert_eq!(listed(|case| case.data), files("data", ""));
}

/// The file named in its first lines is the file it is tried on, and the reader is told where to begin.
#[test]
fn every_example_says_how_to_run_it_and_what_to_change() {
    for case in CASES {
        let text = text_of(case.rules);
        assert!(text.contains(&format!("data/{}", case.data)), "{}: names no data", case.rules);
        assert!(text.contains(&format!("rules/{}.yaml", case.rules)), "{}: no command", case.rules);
        assert!(text.contains("\n# Change first:"), "{}: nothing to change first", case.rules);
    }
}

#[test]
fn every_example_can_be_explained() {
    for case in CASES {
        let agreement = agreement_of(case.rules);
        let explained = rules::explain(&agreement);
        assert!(explained.starts_with(&agreement.name), "{explained}");
        for objective in &agreement.objectives {
            assert!(explained.contains(&objective.text), "{}: {explained}", objective.text);
        }
    }
}

/// Among the examples are one where all is met, one of each other verdict, and rows of every kind.
#[test]
fn the_examples_show_every_outcome() {
    let reports: Vec<Report> = CASES.iter().map(report_of).collect();
    assert!(reports.iter().any(|report| report.verdict == Verdict::Met));
    for verdict in [Verdict::Warning, Verdict::Undecided, Verdict::Breached] {
        let results = reports.iter().flat_map(|report| &report.results);
        assert!(results.clone().any(|result| result.verdict == verdict), "nothing is {}", verdict.word());
    }
    let mut kinds = Vec::new();
    for case in CASES {
        let opened = sla::source::open(folder("data").join(case.data).to_str().unwrap()).unwrap();
        let mapping = agreement_of(case.rules).input;
        kinds.push(sla::source::describe(&[opened], &mapping).unwrap().schema.rows_are);
    }
    for kind in [RowKind::Request, RowKind::Interval, RowKind::Finished] {
        assert!(kinds.contains(&kind), "no rows are {kind:?}");
    }
}

/// Every key, and every word of the one-line language, stands in some example.
#[test]
fn the_examples_show_the_whole_language() {
    let texts: Vec<String> = CASES.iter().map(|case| text_of(case.rules)).collect();
    // Without comments, between anything that is no part of a word.
    let rules: Vec<&str> = texts.iter().flat_map(|text| text.lines()).map(uncommented).collect();
    let shows = |wanted: &str| {
        rules.iter().any(|line| {
            line.match_indices(wanted).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
            })
        })
    };
    let keys = [keys::AGREEMENT, keys::OBJECTIVE, keys::TARGET, keys::INPUT, keys::TIME, keys::LATENCY];
    let keys = keys.into_iter().chain([keys::STATUS, keys::COLUMN]).flatten();
    for key in keys {
        assert!(shows(&format!("{key}:")), "no example has `{key}:`");
    }
    let indicators = [
        "rows >",
        "requests >",
        "failures <",
        "failure_rate <",
        "availability >",
        "violation_rate(",
        "share(",
        "avg(",
        "min(",
        "max(",
        "sum(",
        "p50(",
        "p99.9(",
        "ratio(sum(",
        "throughput >",
        "apdex(",
    ];
    let words = [
        "and ",
        "or ",
        "not ",
        "in [",
        "matches /",
        "is missing",
        "failed",
        "`app version`",
        "== \"",
        "!= ",
        "< ",
        "<= ",
        "> ",
        ">= ",
        "== 0",
        "06:00",
        "period: 1h",
        "period: all",
        "open: now",
        "kind: gauge",
        "kind: clock",
        "no_data: breached",
        "no_data: met",
        "missing: ignore",
        "missing: bad",
        "decimal: \",\"",
        "by: []",
    ];
    for word in indicators.into_iter().chain(words) {
        assert!(shows(word), "no example has `{word}`");
    }
}

fn uncommented(line: &str) -> &str {
    if line.starts_with('#') { "" } else { line.split(" # ").next().unwrap_or_default() }
}

/// The first command of the README: no rules of anybody's, and one breach that nobody misses.
#[test]
fn the_first_example_has_one_clear_breach() {
    let report = report(&rules::built_in(), "requests.csv", "2025-06-08T06:00:00Z");
    let breached: Vec<_> = report.results.iter().filter(|result| result.verdict != Verdict::Met).collect();
    assert_eq!(breached.len(), 1);
    assert_eq!(breached[0].about.objective, "failure_rate <= 5%");
    assert_eq!(breached[0].about.group, [("service".to_owned(), "checkout".to_owned())]);
    // Health checks are among the 92 here: awk -F, '$2 == "checkout" {n++; bad += $5 >= 500} END {print bad, n}'.
    assert_eq!((breached[0].bad, breached[0].samples), (Some(9), 92));
    assert!(report.problems.is_empty());
}
