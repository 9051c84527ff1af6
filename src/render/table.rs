//! The report for people: what was checked, the results with the worst first, what was wrong with the input, and the
//! verdict in one last line.
//!
//! Invariant: everything can be read without colour; the verdict is a word.

mod grid;

use super::text::{truncate, visible, wrap};
use super::{Colour, clock_of, moment};
use crate::model::{InputSummary, Problem, Reason, Report, RuleResult, Severity, Verdict, display};
use grid::{Grid, Groups, Row};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Up to this many results are all shown.
const SHOW_ALL: usize = 60;
/// Of more, as many breaches, the worst.
const SHOW_BREACHED: usize = 40;
/// And as many that are undecided, and that are warnings.
const SHOW_OTHERS: usize = 10;
/// As many problems are shown.
const SHOW_PROBLEMS: usize = 10;

/// How a report is shown.
#[derive(Clone, Debug)]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to colour verdicts.
    pub colour: Colour,
    /// How much to show.
    pub detail: Detail,
    /// Lines to print first: where the rules were found.
    pub preface: Vec<String>,
}

/// How much to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Of many results the worst; the rest are counted.
    #[default]
    Worst,
    /// Each result and each problem.
    All,
}

impl Default for Options {
    fn default() -> Self {
        Options { width: 80, colour: Colour::Never, detail: Detail::Worst, preface: Vec::new() }
    }
}

/// The report as text, with a line end.
pub fn render(report: &Report, options: &Options) -> String {
    let mut page = Page { text: String::new(), options };
    if report.agreements.iter().any(|agreement| agreement.built_in) {
        page.line("no agreement found; example targets, not your SLA");
        page.line("(`sla init DATA` proposes a first agreement of your own)");
    }
    for line in &options.preface {
        page.line(line);
    }
    inputs(&mut page, report);
    let shown = shown_results(report, options.detail);
    for agreement in worst_agreements_first(report) {
        section(&mut page, report, agreement, &shown);
    }
    problems(&mut page, report);
    page.blank();
    page.line(&summary(report, options.colour));
    page.text
}

/// The text so far; every line goes through here.
struct Page<'a> {
    text: String,
    options: &'a Options,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A sentence, wrapped, every line after so many spaces.
    fn wrapped(&mut self, sentence: &str, indent: usize, most: usize) {
        for line in wrap(&visible(sentence), self.options.width.saturating_sub(indent).max(20), most) {
            self.line(&format!("{}{line}", " ".repeat(indent)));
        }
    }
}

/// What was read, and what was taken from it.
fn inputs(page: &mut Page, report: &Report) {
    let sources = distinct_sources(report);
    let span = |input: &InputSummary| {
        input.span.map_or(String::new(), |(first, last)| {
            let zone = moment::zone(&input.clock).map_or(String::new(), |zone| format!(" {zone}"));
            format!(", {} to {}{zone}", moment::human(first, &input.clock), moment::human(last, &input.clock))
        })
    };
    if sources.len() <= 3 {
        for input in &sources {
            page.wrapped(&format!("{}: {}{}", input.source, rows(input.rows), span(input)), 0, 4);
        }
    } else {
        let total = sources.iter().map(|input| input.rows).sum();
        let all = sources.iter().filter_map(|input| input.span.map(|span| (span, *input)));
        let bounds = all.reduce(|(a, input), (b, _)| ((a.0.min(b.0), a.1.max(b.1)), input));
        let reach = bounds.map_or(String::new(), |(span_of_all, input)| {
            span(&InputSummary { span: Some(span_of_all), ..input.clone() })
        });
        let names = format!(
            "{} files, {} to {}",
            sources.len(),
            sources[0].source,
            sources[sources.len() - 1].source
        );
        page.wrapped(&format!("{names}: {}{reach}", rows(total)), 0, 4);
    }
    let mut said = BTreeSet::new();
    let inferred: Vec<&str> = report
        .inputs
        .iter()
        .flat_map(|input| &input.inferred)
        .filter(|text| said.insert(*text))
        .map(String::as_str)
        .collect();
    page.wrapped(&inferred.join("; "), 2, 6);
}

fn section(page: &mut Page, report: &Report, agreement: usize, shown: &[usize]) {
    let shown: Vec<&RuleResult> = of_agreement(report, shown, agreement);
    let all: Vec<&RuleResult> =
        report.results.iter().filter(|result| result.agreement == agreement).collect();
    page.blank();
    if let Some(about) = report.agreements.get(agreement).filter(|about| !about.built_in) {
        let file = about.origin.file.as_ref().map_or(String::new(), |file| format!(" ({})", file.display()));
        page.wrapped(&format!("{}{file}", about.name), 0, 2);
    }
    for input in report.inputs.iter().filter(|input| input.agreement == agreement) {
        for excluded in input.excluded.iter().filter(|excluded| excluded.rows > 0) {
            page.wrapped(
                &format!("{}: {} left out by {}", input.source, rows(excluded.rows), excluded.clause),
                2,
                2,
            );
        }
    }
    if !shown.is_empty() {
        let clock = clock_of(report, agreement);
        let groups = Groups::new(&all);
        let rows: Vec<Row> = shown.iter().map(|result| Row::new(result, clock, &groups)).collect();
        let grid = Grid::new(&rows, &groups, page.options.width);
        page.line(&grid.header());
        let mut said = BTreeSet::new();
        for (row, result) in rows.iter().zip(&shown) {
            for line in grid.lines(row, page.options.colour) {
                page.line(&line);
            }
            for (sentence, repeats) in sentences(result) {
                if said.insert(sentence.clone()) || repeats == Repeats::Always {
                    page.wrapped(&sentence, grid::INDENT, 6);
                }
            }
        }
    }
    if all.is_empty() {
        page.line("could not be checked");
    }
    rest(page, &all, &shown);
}

/// Whether a sentence is said again below another row of the same agreement.
#[derive(Clone, Copy, PartialEq)]
enum Repeats {
    /// The counts of this result.
    Always,
    /// A definition, or a reason that many results share.
    Once,
}

/// What a reader should know about a result beyond its row.
fn sentences(result: &RuleResult) -> Vec<(String, Repeats)> {
    let mut sentences = Vec::new();
    if result.verdict != Verdict::Met && !result.explain.is_empty() {
        // A name stands in the row instead of what was promised.
        let promise =
            result.about.name.as_ref().map_or(String::new(), |_| format!("{}: ", result.about.objective));
        let repeats = if result.verdict == Verdict::Undecided { Repeats::Once } else { Repeats::Always };
        sentences.push((format!("{promise}{}", result.explain), repeats));
    }
    sentences.extend(result.notes.iter().map(|note| (note.clone(), Repeats::Once)));
    if result.verdict == Verdict::Breached {
        sentences.extend(
            result.about.runbook.as_ref().map(|runbook| (format!("runbook: {runbook}"), Repeats::Once)),
        );
    }
    sentences
}

/// Results without a row of their own, counted by objective.
fn rest(page: &mut Page, all: &[&RuleResult], shown: &[&RuleResult]) {
    let seen: BTreeSet<*const RuleResult> = shown.iter().map(|result| std::ptr::from_ref(*result)).collect();
    let mut hidden: BTreeMap<usize, Vec<&RuleResult>> = BTreeMap::new();
    for result in all.iter().filter(|result| !seen.contains(&std::ptr::from_ref(**result))) {
        hidden.entry(result.objective_idx).or_default().push(result);
    }
    if hidden.is_empty() {
        return;
    }
    page.line(if shown.is_empty() {
        "results by objective (--all shows each):"
    } else {
        "and more (--all shows each):"
    });
    for results in hidden.values() {
        let one_text = results.iter().all(|result| result.about.objective == results[0].about.objective);
        let objective = if one_text { &results[0].about.objective } else { &results[0].about.indicator };
        page.wrapped(
            &format!("{}: {}", objective, counts_by_verdict(results.iter().map(|r| r.verdict))),
            2,
            3,
        );
    }
}

fn problems(page: &mut Page, report: &Report) {
    let problems: &[Problem] = &report.problems;
    if problems.is_empty() {
        return;
    }
    page.blank();
    let most = if page.options.detail == Detail::All { problems.len() } else { SHOW_PROBLEMS };
    for problem in problems.iter().take(most) {
        let severity = match problem.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let mut place =
            problem.source.clone().map_or(String::new(), |source| format!(" {}", truncate(&source, 200)));
        if let Some(line) = problem.line {
            let _ = write!(place, ":{line}");
        }
        let column = problem.column.as_ref().map_or(String::new(), |column| format!(" column {column}:"));
        let place = if place.is_empty() { place } else { format!("{place}:") };
        let times = if problem.count > 1 {
            format!(" ({} times)", display::count(problem.count))
        } else {
            String::new()
        };
        page.wrapped(&format!("{severity}:{place}{column} {}{times}", problem.message), 0, 6);
    }
    let shown: u64 = problems.iter().take(most).map(|problem| problem.count).sum();
    let total: u64 = report.problem_totals.values().sum();
    if total > shown {
        let more = display::count(total - shown);
        page.line(&format!(
            "and {more} more{}",
            if problems.len() > most { "; --all shows more of them" } else { "" }
        ));
    }
    let rejected: u64 = distinct_sources(report).iter().map(|input| input.rejected).sum();
    if report.results.iter().any(|result| result.reason == Some(Reason::RejectedRows)) {
        let way_out = format!("mend them, or live with them by --max-bad-rows {rejected}");
        page.wrapped(&format!("rejected rows leave verdicts open: {way_out}"), 0, 3);
    }
}

/// `1 breached, 11 met; 10,000 rows read, 1 rejected`.
fn summary(report: &Report, colour: Colour) -> String {
    let verdicts = report.results.iter().map(|result| result.verdict);
    let counts = counts_by_verdict(verdicts);
    let sources = distinct_sources(report);
    let total = |of: fn(&InputSummary) -> u64| sources.iter().map(|input| of(input)).sum::<u64>();
    let unchecked = (0..report.agreements.len()).filter(|agreement| is_unchecked(report, *agreement)).count();
    let counts = match (counts.is_empty(), unchecked) {
        (true, _) => "undecided: nothing could be checked".to_owned(),
        (false, 0) => counts,
        (false, some) => {
            let unchecked = format!("{} could not be checked", display::counted(some as u64, "agreements"));
            // The worst comes first.
            if report.verdict == Verdict::Breached {
                format!("{counts}; {unchecked}")
            } else {
                format!("undecided: {unchecked}; {counts}")
            }
        }
    };
    let mut line = grid::coloured(report.verdict, &counts, colour);
    let _ = write!(line, "; {} read", rows(total(|input| input.rows)));
    for (count, word) in [
        (total(|input| input.excluded.iter().map(|excluded| excluded.rows).sum()), "left out"),
        (total(|input| input.rejected), "rejected"),
    ] {
        if count > 0 {
            let _ = write!(line, ", {} {word}", display::count(count));
        }
    }
    line
}

/// Whether there is not a single result: its data could not be read, or lacks all that the example needs.
fn is_unchecked(report: &Report, agreement: usize) -> bool {
    !report.results.iter().any(|result| result.agreement == agreement)
}

fn counts_by_verdict(verdicts: impl Iterator<Item = Verdict>) -> String {
    let mut counts: BTreeMap<std::cmp::Reverse<Verdict>, u64> = BTreeMap::new();
    for verdict in verdicts {
        *counts.entry(std::cmp::Reverse(verdict)).or_default() += 1;
    }
    let counts =
        counts.iter().map(|(verdict, count)| format!("{} {}", display::count(*count), verdict.0.word()));
    counts.collect::<Vec<_>>().join(", ")
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{} rows", display::count(count)) }
}

/// Every input once, although several agreements may have read it.
fn distinct_sources(report: &Report) -> Vec<&InputSummary> {
    let mut seen = BTreeSet::new();
    report.inputs.iter().filter(|input| seen.insert(&input.source)).collect()
}

fn of_agreement<'a>(report: &'a Report, shown: &[usize], agreement: usize) -> Vec<&'a RuleResult> {
    shown.iter().map(|index| &report.results[*index]).filter(|result| result.agreement == agreement).collect()
}

fn worst_agreements_first(report: &Report) -> Vec<usize> {
    let mut order: Vec<usize> = (0..report.agreements.len()).collect();
    let worst = |agreement: usize| {
        report
            .results
            .iter()
            .filter(|result| result.agreement == agreement)
            .map(|result| result.verdict)
            .max()
            .unwrap_or(Verdict::Undecided)
    };
    order.sort_by_key(|agreement| std::cmp::Reverse(worst(*agreement)));
    order
}

/// Indices of the results that get a row, the worst first.
fn shown_results(report: &Report, detail: Detail) -> Vec<usize> {
    let results = &report.results;
    let mut order: Vec<usize> = (0..results.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&results[*a], &results[*b]);
        b.verdict.cmp(&a.verdict).then_with(|| {
            if a.verdict == Verdict::Breached { excess(b).total_cmp(&excess(a)) } else { Ordering::Equal }
        })
    });
    if detail == Detail::Worst && results.len() > SHOW_ALL {
        let mut shown = BTreeMap::new();
        order.retain(|index| {
            let verdict = results[*index].verdict;
            let most = match verdict {
                Verdict::Breached => SHOW_BREACHED,
                Verdict::Undecided | Verdict::Warning => SHOW_OTHERS,
                Verdict::Met => 0,
            };
            let count = shown.entry(verdict).or_insert(0);
            *count += 1;
            *count <= most
        });
    }
    order
}

/// How many times over the promise a breach is, for sorting only.
fn excess(result: &RuleResult) -> f64 {
    match (result.bad, result.allowed, result.measured) {
        (Some(bad), Some(allowed), _) => bad as f64 / (allowed as f64).max(0.5),
        (_, _, Some(measured)) => {
            let (measured, target) = (measured.quantity.value.to_f64(), result.about.target.value.to_f64());
            let times =
                if result.about.comparison.wants_small() { measured / target } else { target / measured };
            if times.is_finite() { times } else { f64::MAX }
        }
        // Silence that breaks the promise.
        _ => f64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn a_whole_report() {
        insta::assert_snapshot!(render(&example::report(), &Options::default()), @r#"
        data.csv: 10,001 rows, 2025-05-31 18:54 to 2025-06-07 18:54
          one row is one request; time is day-first: 31-05-2025 on line 74; latency is
          response_time_ms, in ms

        Web shop, gold (rules/shop.yaml)
          data.csv: 10 rows left out by where route != "/health"
        VERDICT    SERVICE       OBJECTIVE      MEASURED  TARGET
        breached   auth-service  failure_rate    10.22 %  <= 5%
                   246 of 2,407 requests failed, 120 allowed
        undecided  checkout      failure_rate          -  <= 5%
                   no requests
        met        data-service  failure_rate        1 %  <= 5%
        met        auth-service  avg(latency)  297.34 ms  <= 2s

        error: data.csv:501: 3 fields where the header has 4

        1 breached, 1 undecided, 2 met; 10,001 rows read, 10 left out, 1 rejected
        "#);
    }

    #[test]
    fn thousands_of_results_are_counted() {
        let mut report = example::report();
        let met = (0..2_000).map(|service| example::result(&format!("service-{service}")));
        report.results.extend(met);
        insta::assert_snapshot!(render(&report, &Options::default()), @r#"
        data.csv: 10,001 rows, 2025-05-31 18:54 to 2025-06-07 18:54
          one row is one request; time is day-first: 31-05-2025 on line 74; latency is
          response_time_ms, in ms

        Web shop, gold (rules/shop.yaml)
          data.csv: 10 rows left out by where route != "/health"
        VERDICT    SERVICE       OBJECTIVE     MEASURED  TARGET
        breached   auth-service  failure_rate   10.22 %  <= 5%
                   246 of 2,407 requests failed, 120 allowed
        undecided  checkout      failure_rate         -  <= 5%
                   no requests
        and more (--all shows each):
          failure_rate <= 5%: 2,001 met
          avg(latency) <= 2s: 1 met

        error: data.csv:501: 3 fields where the header has 4

        1 breached, 1 undecided, 2,002 met; 10,001 rows read, 10 left out, 1 rejected
        "#);
        let all = render(&report, &Options { detail: Detail::All, ..Options::default() });
        assert_eq!(all.matches("\nmet ").count(), 2_002);
    }

    #[test]
    fn periods_and_long_names() {
        let mut report = example::report();
        for (hour, result) in (0..).zip(&mut report.results) {
            result.period.from = Some(1_748_714_400_000_000_000 + hour * 3_600_000_000_000);
            result.period.to = Some(1_748_718_000_000_000_000 + hour * 3_600_000_000_000);
            result.period.complete = hour > 0;
            example::about(result).group.push(("region".into(), "eu-central-1".into()));
            example::about(result).name = Some("requests of paying customers succeed".into());
            example::about(result).filter = Some("customer != \"internal\"".into());
        }
        example::about(&mut report.results[3]).group[0].1 =
            "東京-notification-service-of-the-other-team".into();
        insta::assert_snapshot!(render(&report, &Options::default()), @r#"
        data.csv: 10,001 rows, 2025-05-31 18:54 to 2025-06-07 18:54
          one row is one request; time is day-first: 31-05-2025 on line 74; latency is
          response_time_ms, in ms

        Web shop, gold (rules/shop.yaml)
          data.csv: 10 rows left out by where route != "/health"
        VERDICT    PERIOD            SERVICE, REGION  OBJECTIVE         MEASURED  TARGET
        breached   2025-05-31 19:00  auth-service,    requests of        10.22 %  <= 5%
                                     eu-central-1     paying
                                                      customers
                                                      succeed
                   failure_rate <= 5%: 246 of 2,407 requests failed, 120 allowed
        undecided  2025-05-31 20:00  checkout,        requests of              -  <= 5%
                                     eu-central-1     paying
                                                      customers
                                                      succeed
                   failure_rate <= 5%: no requests
        met        2025-05-31 18:00  data-service,    requests of            1 %  <= 5%
                   (part)            eu-central-1     paying
                                                      customers
                                                      succeed
        met        2025-05-31 21:00  東京-            requests of      297.34 ms  <= 2s
                                     notification-    paying
                                     service-of-the-  customers
                                     other-team, eu…  succeed

        error: data.csv:501: 3 fields where the header has 4

        1 breached, 1 undecided, 2 met; 10,001 rows read, 10 left out, 1 rejected
        "#);
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut report = example::report();
        for result in &mut report.results {
            example::about(result).group[0].1 = "evil\u{1b}[2J\nmet  fine".into();
            result.explain = "evil\u{1b}]0;title\u{7}".into();
        }
        report.inputs[0].source = "a\u{1b}b.csv".into();
        report.problems[0].source = Some("a\rb.csv".into());
        report.problems[0].message = "unknown word \u{9b}31m".into();
        let text = render(&report, &Options::default());
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(!text.contains("\nmet  fine"), "{text}");
    }

    #[test]
    fn colour_is_on_the_verdict_only() {
        let text = render(&example::report(), &Options { colour: Colour::Always, ..Options::default() });
        assert!(text.contains("\u{1b}[1;31mbreached\u{1b}[0m"), "{text:?}");
        let plain = render(&example::report(), &Options::default());
        let without = text.replace("\u{1b}[1;31m", "").replace("\u{1b}[32m", "").replace("\u{1b}[33m", "");
        assert_eq!(without.replace("\u{1b}[0m", ""), plain);
    }
}
