//! One line for Nagios, Icinga, Naemon, Checkmk (Monitoring Plugins Development Guidelines): state, what is wrong, and
//! performance data; below it, the results that are not met.
//!
//! Invariant: no name can end the text, the line, or a label of the performance data.
//! Invariant: at most 8 KiB, as much as Nagios reads.

use super::text::{truncate, visible};
use super::{caption, clock_of, figure, latest, worst};
use crate::model::{Comparison, Dimension, Quantity, Rational, Report, RuleResult, Verdict, display};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

/// What the first word says, and the exit code of the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything is met.
    Ok = 0,
    /// A preference is missed.
    Warning = 1,
    /// A promise is broken.
    Critical = 2,
    /// Not known.
    Unknown = 3,
}

impl State {
    /// As Nagios writes it.
    pub fn word(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }
}

/// Columns of a name.
const WIDEST: usize = 60;
/// The first line names the worst result, and others while it takes no more bytes.
const SHORT: usize = 160;
/// Bytes of performance data, and of everything.
const MOST_DATA: usize = 4_000;
const MOST: usize = 8_000;

/// Writes the answer of the plugin.
pub fn write(report: &Report, state: State, out: &mut dyn Write) -> io::Result<()> {
    let wrong: Vec<&RuleResult> = worst::results(report)
        .into_iter()
        .map(|index| &report.results[index])
        .filter(|result| result.verdict != Verdict::Met)
        .collect();
    let mut text = format!("SLA {} - {}", state.word(), counts(report));
    if report.agreements.iter().any(|agreement| agreement.built_in) {
        text.push_str(" (example targets, not your SLA)");
    }
    for (at, result) in wrong.iter().enumerate() {
        let brief = plain(&brief(report, result));
        if at == 0 {
            let _ = write!(text, ": {brief}");
        } else if text.len() + brief.len() <= SHORT {
            let _ = write!(text, "; {brief}");
        } else {
            break;
        }
    }
    let data = performance(report);
    if !data.is_empty() {
        let _ = write!(text, " | {data}");
    }
    text.push('\n');
    for (at, result) in wrong.iter().enumerate() {
        let line = format!("{}: {}\n", result.verdict.word(), plain(&sentence(report, result)));
        if text.len() + line.len() > MOST {
            let _ = writeln!(text, "and {} more", display::count((wrong.len() - at) as u64));
            break;
        }
        text.push_str(&line);
    }
    out.write_all(text.as_bytes())
}

/// The answer of a plugin that could not do its work.
pub fn unknown(why: &str) -> String {
    format!("SLA UNKNOWN - {}\n", plain(&truncate(&visible(why), 4 * WIDEST)))
}

fn counts(report: &Report) -> String {
    let summary = &report.summary;
    let counts = [
        (summary.breached, Verdict::Breached),
        (summary.undecided, Verdict::Undecided),
        (summary.warning, Verdict::Warning),
        (summary.met, Verdict::Met),
    ];
    let told = counts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> =
        told.map(|(count, verdict)| format!("{} {}", display::count(*count), verdict.word())).collect();
    let unchecked = (0..report.agreements.len())
        .filter(|agreement| !report.results.iter().any(|result| result.agreement == *agreement))
        .count();
    match (told.is_empty(), unchecked) {
        (true, _) => "nothing could be checked".to_owned(),
        (false, 0) => told.join(", "),
        (false, some) => {
            format!(
                "{}; {} could not be checked",
                told.join(", "),
                display::counted(some as u64, "agreements")
            )
        }
    }
}

/// `checkout failure_rate 10.22 % (<= 5%)`.
fn brief(report: &Report, result: &RuleResult) -> String {
    format!("{} {}", label(report, result), caption::figure_and_target(result))
}

fn sentence(report: &Report, result: &RuleResult) -> String {
    let start = caption::start(result, clock_of(report, result.agreement));
    let period = if start.is_empty() { start } else { format!(" [{start}]") };
    let sentence = truncate(&visible(&result.explain), 4 * WIDEST);
    format!("{}{period}: {sentence}", brief(report, result))
}

/// Group and objective, and the agreement where there are several.
fn label(report: &Report, result: &RuleResult) -> String {
    let short = |text: &str| truncate(&visible(text), WIDEST);
    let mut label = short(&caption::objective(result));
    if !result.about.group.is_empty() {
        label = format!("{} {label}", short(&caption::group(result)));
    }
    match report.agreements.get(result.agreement).filter(|_| report.agreements.len() > 1) {
        Some(agreement) => format!("{}: {label}", short(&agreement.name)),
        None => label,
    }
}

/// The figures, of many periods those of the last complete one, as many as fit.
fn performance(report: &Report) -> String {
    let mut data = String::new();
    let mut taken = HashSet::new();
    for result in latest::results(report) {
        let Some(measured) = result.measured else { continue };
        let wanted = label(report, result).replace(['=', '\'', '|'], "_");
        let (mut name, mut nth) = (wanted.clone(), 1u64);
        while !taken.insert(name.clone()) {
            nth += 1;
            name = format!("{wanted} {nth}");
        }
        let about = &result.about;
        let (factor, unit, bounds) = match measured.dimension {
            Dimension::Ratio => (Rational::integer(100), "%", "0;100"),
            Dimension::Duration => (Rational::ONE, "s", ""),
            Dimension::Size => (Rational::ONE, "B", ""),
            Dimension::Rate | Dimension::Plain => (Rational::ONE, "", ""),
        };
        let number = |quantity: Quantity| {
            figure::number(quantity.value.times(factor).unwrap_or(quantity.value)).to_string()
        };
        let range = |quantity: Quantity| range(about.comparison, &number(quantity));
        let warn = about.prefer.map(range).unwrap_or_default();
        let one =
            format!("'{name}'={}{unit};{warn};{};{bounds}", number(measured.quantity()), range(about.target));
        let one = one.trim_end_matches(';');
        if data.len() + one.len() > MOST_DATA {
            break;
        }
        if !data.is_empty() {
            data.push(' ');
        }
        data.push_str(one);
    }
    data
}

/// What alerts, as a range of the guidelines: a value outside of it, or with `@` inside.
fn range(kept: Comparison, target: &str) -> String {
    match kept {
        Comparison::AtMost if target.starts_with('-') => format!("~:{target}"),
        Comparison::AtMost => target.to_owned(),
        Comparison::Below => format!("@{target}:"),
        Comparison::AtLeast => format!("{target}:"),
        Comparison::Above => format!("@~:{target}"),
        Comparison::Equal => format!("{target}:{target}"),
        Comparison::Unequal => format!("@{target}:{target}"),
    }
}

/// Text without the mark that begins performance data.
fn plain(text: &str) -> String {
    visible(text).replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn text(report: &Report, state: State) -> String {
        example::written(|out| write(report, state, out))
    }

    #[test]
    fn a_whole_report() {
        insta::assert_snapshot!(text(&example::report(), State::Critical), @"
        SLA CRITICAL - 1 breached, 1 undecided, 2 met: auth-service failure_rate 10.22 % (<= 5%); checkout failure_rate not measured (<= 5%) | 'data-service failure_rate'=1%;;5;0;100 'auth-service failure_rate'=10.2201911092646%;;5;0;100 'auth-service avg(latency)'=0.29734s;;2
        breached: auth-service failure_rate 10.22 % (<= 5%): 246 of 2,407 requests failed, 120 allowed
        undecided: checkout failure_rate not measured (<= 5%): no requests
        ");
    }

    #[test]
    fn the_example_says_that_it_is_one() {
        let mut report = example::report();
        report.agreements[0].built_in = true;
        let text = text(&report, State::Critical);
        assert!(text.contains("2 met (example targets, not your SLA): auth-service"), "{text}");
    }

    #[test]
    fn ranges_alert_where_the_promise_breaks() {
        let check =
            |comparison, target: &str, expected: &str| assert_eq!(range(comparison, target), expected);
        check(Comparison::AtMost, "5", "5");
        check(Comparison::AtMost, "-5", "~:-5");
        check(Comparison::Below, "5", "@5:");
        check(Comparison::AtLeast, "99.9", "99.9:");
        check(Comparison::Above, "5", "@~:5");
        check(Comparison::Equal, "5", "5:5");
    }

    #[test]
    fn names_are_data() {
        let mut report = example::report();
        example::about(&mut report.results[1]).group[0].1 = "a|b='c'\n|x".into();
        let text = text(&report, State::Critical);
        let first = text.lines().next().unwrap();
        assert_eq!(first.matches('|').count(), 1, "{first}");
        assert!(first.contains("'a_b__c_\\n_x failure_rate'="), "{first}");
    }

    #[test]
    fn it_stays_short() {
        let mut report = example::report();
        report.results = (0..5_000)
            .map(|n| RuleResult { verdict: Verdict::Breached, ..example::result(&format!("service-{n}")) })
            .collect();
        let text = text(&report, State::Critical);
        assert!(text.len() < 8_192, "{}", text.len());
        assert!(text.lines().last().unwrap().ends_with(" more"), "{text}");
    }
}
