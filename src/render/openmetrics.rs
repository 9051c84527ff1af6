//! OpenMetrics 1.0 text: for node_exporter's textfile collector, Pushgateway, and GitLab's metrics report.
//!
//! Everything is a gauge without a timestamp, which the older Prometheus text format (0.0.4) reads the same way. Of
//! many periods only the last complete one is there: a gauge tells what is so now.
//!
//! Invariant: no two samples have the same name and labels; `id` tells twins apart.

use super::text::visible;
use super::{caption, figure, latest};
use crate::model::{Clock, Dimension, NANOS, Rational, Report, RuleResult, Verdict};
use std::io::{self, Write};

/// What is told of each objective and group.
#[derive(Clone, Copy)]
enum Figure {
    Is(Verdict),
    Kept,
    Measured(Dimension),
    Target(Dimension),
    Samples,
    Bad,
    Allowed,
    PeriodComplete,
    PeriodStart,
    PeriodEnd,
}

/// Name without `sla_objective_`, unit, what it tells.
const OF_RESULTS: [(&str, Option<&str>, Figure, &str); 18] = [
    (
        "met",
        None,
        Figure::Kept,
        "Whether the objective was kept: 1 for met and warning, 0 for breached and undecided. Like all of sla_objective_*, of several periods that of the last complete one.",
    ),
    ("breached", None, Figure::Is(Verdict::Breached), "Whether the objective was breached."),
    ("undecided", None, Figure::Is(Verdict::Undecided), "Whether it is not known if the objective was kept."),
    (
        "warning",
        None,
        Figure::Is(Verdict::Warning),
        "Whether the objective was kept, but not the preference.",
    ),
    (
        "measured_ratio",
        Some("ratio"),
        Figure::Measured(Dimension::Ratio),
        "The measured share; absent without data.",
    ),
    (
        "measured_seconds",
        Some("seconds"),
        Figure::Measured(Dimension::Duration),
        "The measured duration; absent without data.",
    ),
    (
        "measured_bytes",
        Some("bytes"),
        Figure::Measured(Dimension::Size),
        "The measured size; absent without data.",
    ),
    (
        "measured_per_second",
        None,
        Figure::Measured(Dimension::Rate),
        "The measured rate; absent without data.",
    ),
    ("measured", None, Figure::Measured(Dimension::Plain), "The measured number; absent without data."),
    ("target_ratio", Some("ratio"), Figure::Target(Dimension::Ratio), "The share that was promised."),
    (
        "target_seconds",
        Some("seconds"),
        Figure::Target(Dimension::Duration),
        "The duration that was promised.",
    ),
    ("target_bytes", Some("bytes"), Figure::Target(Dimension::Size), "The size that was promised."),
    ("target_per_second", None, Figure::Target(Dimension::Rate), "The rate that was promised."),
    ("target", None, Figure::Target(Dimension::Plain), "The number that was promised."),
    ("samples", None, Figure::Samples, "Requests or values that were measured."),
    ("bad", None, Figure::Bad, "Of the samples, those that count against the promise."),
    ("allowed", None, Figure::Allowed, "How many samples may be bad before the promise is broken."),
    ("period_complete", None, Figure::PeriodComplete, "Whether the input covers all of the period."),
];

/// The same, where the input says in which time zone its times are.
const OF_PERIODS: [(&str, Option<&str>, Figure, &str); 2] = [
    ("period_start_timestamp_seconds", Some("seconds"), Figure::PeriodStart, "When the period begins."),
    ("period_end_timestamp_seconds", Some("seconds"), Figure::PeriodEnd, "When the period ends."),
];

/// Writes the report as one exposition.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    families(&[("", report)], out)?;
    out.write_all(b"# EOF\n")
}

/// Writes several reports, each with labels that only it has, without an end.
pub(super) fn families(reports: &[(&str, &Report)], out: &mut dyn Write) -> io::Result<()> {
    let results: Vec<(&Report, &RuleResult, String)> = reports
        .iter()
        .flat_map(|(own, report)| {
            latest::results(report)
                .into_iter()
                .map(|result| (*report, result, joined(own, &labels_of(report, result, own))))
        })
        .collect();
    for (name, unit, figure, help) in OF_RESULTS.into_iter().chain(OF_PERIODS) {
        let mut family = Family { unit, ..Family::new(&format!("sla_objective_{name}"), help) };
        for (report, result, labels) in &results {
            if let Some(value) = figure.of(report, result) {
                family.sample(labels, &value, out)?;
            }
        }
    }
    let mut family = Family::new("sla_results", "Results by verdict, over all periods.");
    for (own, report) in reports {
        let summary = &report.summary;
        for (verdict, count) in [
            (Verdict::Met, summary.met),
            (Verdict::Warning, summary.warning),
            (Verdict::Breached, summary.breached),
            (Verdict::Undecided, summary.undecided),
        ] {
            family.sample(&joined(own, &label("verdict", verdict.word())), &count.to_string(), out)?;
        }
    }
    let mut family = Family::new("sla_verdict", "The verdict on everything: 1 for the one that holds.");
    for (own, report) in reports {
        for verdict in [Verdict::Met, Verdict::Warning, Verdict::Breached, Verdict::Undecided] {
            let value = if report.verdict == verdict { "1" } else { "0" };
            family.sample(&joined(own, &label("verdict", verdict.word())), value, out)?;
        }
    }
    let mut family = Family::new("sla_rows", "Rows of input by what became of them.");
    let inputs = reports.iter().flat_map(|(own, report)| {
        report.inputs.iter().enumerate().map(move |(at, input)| (own, report, at, input))
    });
    for (own, report, at, input) in inputs {
        // One source may be read for several agreements, and be named twice for one.
        let agreement = report.agreements.get(input.agreement).map_or("", |agreement| &agreement.name);
        let place = format!("{},{}", label("agreement", agreement), label("source", &input.source));
        let excluded = input.excluded.iter().map(|excluded| excluded.rows).sum();
        for (state, rows) in
            [("accepted", input.accepted), ("excluded", excluded), ("rejected", input.rejected)]
        {
            let labels =
                format!("{},{place},{}", label("input", &(at + 1).to_string()), label("state", state));
            family.sample(&joined(own, &labels), &rows.to_string(), out)?;
        }
    }
    let mut family = Family::new("sla_problems", "What was wrong with the input or the run, by kind.");
    for (own, report) in reports {
        for (kind, count) in &report.problem_totals {
            family.sample(&joined(own, &label("kind", kind.word())), &count.to_string(), out)?;
        }
    }
    let mut family = Family {
        unit: Some("seconds"),
        ..Family::new("sla_run_timestamp_seconds", "The present of the run that wrote this.")
    };
    reports.iter().try_for_each(|(own, report)| family.sample(own, &seconds(report.now), out))
}

impl Figure {
    fn of(self, report: &Report, result: &RuleResult) -> Option<String> {
        let flag = |is: bool| Some(u8::from(is).to_string());
        let bound = |instant: Option<i64>| {
            // A time without a zone is no instant of the world's clock.
            let zoned = matches!(super::clock_of(report, result.agreement), Clock::Zoned(_));
            instant.filter(|_| zoned).map(seconds)
        };
        match self {
            Figure::Is(verdict) => flag(result.verdict == verdict),
            Figure::Kept => flag(matches!(result.verdict, Verdict::Met | Verdict::Warning)),
            Figure::Measured(dimension) => {
                let measured = result.measured.filter(|measured| measured.dimension == dimension)?;
                Some(figure::number(measured.value).to_string())
            }
            Figure::Target(dimension) => {
                let target = result.about.target;
                (target.dimension == dimension).then(|| figure::number(target.value).to_string())
            }
            Figure::Samples => Some(result.samples.to_string()),
            Figure::Bad => result.bad.map(|bad| bad.to_string()),
            Figure::Allowed => result.allowed.map(|allowed| allowed.to_string()),
            Figure::PeriodComplete => result.period.from.and_then(|_| flag(result.period.complete)),
            Figure::PeriodStart => bound(result.period.from),
            Figure::PeriodEnd => bound(result.period.to),
        }
    }
}

/// A metric; its head is written with its first sample.
pub(super) struct Family {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) unit: Option<&'static str>,
    pub(super) help: &'static str,
    pub(super) begun: bool,
}

impl Family {
    pub(super) fn new(name: &str, help: &'static str) -> Family {
        Family { name: name.to_owned(), kind: "gauge", unit: None, help, begun: false }
    }

    pub(super) fn sample(&mut self, labels: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
        let name = &self.name;
        if !self.begun {
            self.begun = true;
            writeln!(out, "# HELP {name} {}\n# TYPE {name} {}", self.help, self.kind)?;
            if let Some(unit) = self.unit {
                writeln!(out, "# UNIT {name} {unit}")?;
            }
        }
        if labels.is_empty() {
            writeln!(out, "{name} {value}")
        } else {
            writeln!(out, "{name}{{{labels}}} {value}")
        }
    }
}

/// Agreement, objective, the columns of the group, and what else is known of the objective.
fn labels_of(report: &Report, result: &RuleResult, own: &str) -> String {
    let about = &result.about;
    let agreement = report.agreements.get(result.agreement).map_or("", |agreement| &agreement.name);
    let mut labels = vec![label("agreement", agreement), label("objective", &caption::promise(result))];
    labels.extend(about.name.as_ref().map(|name| label("name", name)));
    labels.extend(about.severity.as_ref().map(|severity| label("severity", severity)));
    labels.push(label("id", &about.id));
    let mut taken: Vec<String> = own.split_once('=').map(|(name, _)| name.to_owned()).into_iter().collect();
    for (column, value) in &about.group {
        let wanted = label_name(column);
        let (mut name, mut nth) = (wanted.clone(), 1);
        while taken.contains(&name) {
            nth += 1;
            name = format!("{wanted}_{nth}");
        }
        labels.push(label(&name, value));
        taken.push(name);
    }
    labels.join(",")
}

/// Labels that mean something else, here or to those who read this.
const RESERVED: [&str; 9] =
    ["agreement", "objective", "name", "severity", "id", "le", "quantile", "job", "instance"];

/// A column as Prometheus lets a label be called, in its own style: `serviceName` is `service_name`.
fn label_name(column: &str) -> String {
    let mut name = String::new();
    let mut before = ' ';
    for c in column.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            name.push('_');
        }
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
        before = c;
    }
    let name = name.trim_matches('_');
    let usable = name.starts_with(|c: char| c.is_ascii_lowercase()) && !RESERVED.contains(&name);
    match (usable, name) {
        (true, name) => name.to_owned(),
        (false, "") => "group".to_owned(),
        (false, name) => format!("group_{name}"),
    }
}

/// A report's own labels, and others.
fn joined(own: &str, labels: &str) -> String {
    if own.is_empty() { labels.to_owned() } else { format!("{own},{labels}") }
}

/// `name="value"`, escaped.
pub(super) fn label(name: &str, value: &str) -> String {
    let value = visible(value).replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
    format!("{name}=\"{value}\"")
}

/// Seconds since 1970 of an instant in nanoseconds.
pub(super) fn seconds(instant: i64) -> String {
    let value = Rational::new(i128::from(instant), i128::from(NANOS));
    value.map_or(0.0, figure::number).to_string()
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
        let mut report = example::report();
        report.results.swap_remove(0);
        report.results.truncate(2);
        insta::assert_snapshot!(text(&report), @r#"
        # HELP sla_objective_met Whether the objective was kept: 1 for met and warning, 0 for breached and undecided. Like all of sla_objective_*, of several periods that of the last complete one.
        # TYPE sla_objective_met gauge
        sla_objective_met{agreement="Web shop, gold",objective="avg(latency) <= 2s",id="shop/avg(latency)/auth-service",service="auth-service"} 1
        sla_objective_met{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 0
        # HELP sla_objective_breached Whether the objective was breached.
        # TYPE sla_objective_breached gauge
        sla_objective_breached{agreement="Web shop, gold",objective="avg(latency) <= 2s",id="shop/avg(latency)/auth-service",service="auth-service"} 0
        sla_objective_breached{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 1
        # HELP sla_objective_undecided Whether it is not known if the objective was kept.
        # TYPE sla_objective_undecided gauge
        sla_objective_undecided{agreement="Web shop, gold",objective="avg(latency) <= 2s",id="shop/avg(latency)/auth-service",service="auth-service"} 0
        sla_objective_undecided{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 0
        # HELP sla_objective_warning Whether the objective was kept, but not the preference.
        # TYPE sla_objective_warning gauge
        sla_objective_warning{agreement="Web shop, gold",objective="avg(latency) <= 2s",id="shop/avg(latency)/auth-service",service="auth-service"} 0
        sla_objective_warning{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 0
        # HELP sla_objective_measured_ratio The measured share; absent without data.
        # TYPE sla_objective_measured_ratio gauge
        # UNIT sla_objective_measured_ratio ratio
        sla_objective_measured_ratio{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 0.102201911092646
        # HELP sla_objective_measured_seconds The measured duration; absent without data.
        # TYPE sla_objective_measured_seconds gauge
        # UNIT sla_objective_measured_seconds seconds
        sla_objective_measured_seconds{agreement="Web shop, gold",objective="avg(latency) <= 2s",id="shop/avg(latency)/auth-service",service="auth-service"} 0.29734
        # HELP sla_objective_target_ratio The share that was promised.
        # TYPE sla_objective_target_ratio gauge
        # UNIT sla_objective_target_ratio ratio
        sla_objective_target_ratio{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 0.05
        # HELP sla_objective_target_seconds The duration that was promised.
        # TYPE sla_objective_target_seconds gauge
        # UNIT sla_objective_target_seconds seconds
        sla_objective_target_seconds{agreement="Web shop, gold",objective="avg(latency) <= 2s",id="shop/avg(latency)/auth-service",service="auth-service"} 2
        # HELP sla_objective_samples Requests or values that were measured.
        # TYPE sla_objective_samples gauge
        sla_objective_samples{agreement="Web shop, gold",objective="avg(latency) <= 2s",id="shop/avg(latency)/auth-service",service="auth-service"} 100
        sla_objective_samples{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 2407
        # HELP sla_objective_bad Of the samples, those that count against the promise.
        # TYPE sla_objective_bad gauge
        sla_objective_bad{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 246
        # HELP sla_objective_allowed How many samples may be bad before the promise is broken.
        # TYPE sla_objective_allowed gauge
        sla_objective_allowed{agreement="Web shop, gold",objective="failure_rate <= 5%",id="shop/failure_rate/auth-service",service="auth-service"} 120
        # HELP sla_results Results by verdict, over all periods.
        # TYPE sla_results gauge
        sla_results{verdict="met"} 2
        sla_results{verdict="warning"} 0
        sla_results{verdict="breached"} 1
        sla_results{verdict="undecided"} 1
        # HELP sla_verdict The verdict on everything: 1 for the one that holds.
        # TYPE sla_verdict gauge
        sla_verdict{verdict="met"} 0
        sla_verdict{verdict="warning"} 0
        sla_verdict{verdict="breached"} 1
        sla_verdict{verdict="undecided"} 0
        # HELP sla_rows Rows of input by what became of them.
        # TYPE sla_rows gauge
        sla_rows{input="1",agreement="Web shop, gold",source="data.csv",state="accepted"} 9990
        sla_rows{input="1",agreement="Web shop, gold",source="data.csv",state="excluded"} 10
        sla_rows{input="1",agreement="Web shop, gold",source="data.csv",state="rejected"} 1
        # HELP sla_problems What was wrong with the input or the run, by kind.
        # TYPE sla_problems gauge
        sla_problems{kind="field_count"} 1
        # HELP sla_run_timestamp_seconds The present of the run that wrote this.
        # TYPE sla_run_timestamp_seconds gauge
        # UNIT sla_run_timestamp_seconds seconds
        sla_run_timestamp_seconds 1749362400
        # EOF
        "#);
    }

    #[test]
    fn labels_of_any_column() {
        let check = |column: &str, expected: &str| assert_eq!(label_name(column), expected, "{column}");
        check("service", "service");
        check("serviceName", "service_name");
        check("Dienst Name", "dienst_name");
        check("Größe", "gr_e");
        check("__name__", "group_name");
        check("id", "group_id");
        check("le", "group_le");
        check("5xx", "group_5xx");
        check("東京", "group");
        check("", "group");
    }

    #[test]
    fn names_are_data() {
        assert_eq!(label("service", "a\"} 1\n\\\u{1b}"), r#"service="a\"} 1\\n\\\\u{1b}""#);
    }

    #[test]
    fn columns_that_become_one_label() {
        let mut report = example::report();
        example::about(&mut report.results[0]).group =
            vec![("a b".into(), "x".into()), ("a_b".into(), "y".into())];
        assert!(text(&report).contains(r#",a_b="x",a_b_2="y"}"#));
    }
}
