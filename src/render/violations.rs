//! `violations.csv`: one row per service in breach, in the columns that spreadsheets of the field already use.
//!
//! A service is in breach in a period if any of its objectives is. Its row has the measured values of its
//! `failure_rate`, `avg(latency)` (or of another column of durations) and `violation_rate(…)`, whatever their own
//! verdict; blank where there is none. Of several objectives with one of these indicators it is that in breach, else
//! the first. The four columns always come first; agreement, and the bounds of the period, follow where there are
//! several.

use super::csv::safe;
use super::{caption, clock_of, figure, moment};
use crate::model::{Dimension, Instant, Rational, Report, RuleResult, Verdict};
use std::collections::HashMap;
use std::io::{self, Write};

const HEADER: [&str; 4] = ["service_name", "failure_rate", "avg_response_time_ms", "response_violation_rate"];

/// The results of one service in one period.
#[derive(Default)]
struct Service<'a> {
    breached: bool,
    /// For each figure the result that it is taken from.
    figures: [Option<&'a RuleResult>; 3],
    first: Option<&'a RuleResult>,
}

/// One service in breach.
#[derive(Clone, Copy, Debug)]
pub struct Violation<'a> {
    /// A result of the service in the period.
    pub result: &'a RuleResult,
    /// A share, a time and a share; `None` where there is none.
    pub figures: [Option<&'a RuleResult>; 3],
}

/// The services in breach, by agreement, period and service as the report has them.
pub fn violations<'a>(results: impl IntoIterator<Item = &'a RuleResult>) -> Vec<Violation<'a>> {
    let mut place = HashMap::new();
    let mut services: Vec<Service> = Vec::new();
    for result in results {
        let key = (result.agreement, result.period.from, &result.about.group);
        let at = *place.entry(key).or_insert(services.len());
        if at == services.len() {
            services.push(Service { first: Some(result), ..Service::default() });
        }
        services[at].add(result);
    }
    let in_breach = services.iter().filter(|service| service.breached);
    in_breach
        .filter_map(|service| Some(Violation { result: service.first?, figures: service.figures }))
        .collect()
}

/// Writes the rows.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let agreements = report.agreements.len() > 1;
    let periods = report.results.iter().any(|result| result.period.from.is_some());
    let mut header = HEADER.to_vec();
    header.extend(agreements.then_some("agreement"));
    header.extend(periods.then_some(["from", "to"]).into_iter().flatten());
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    writer.write_record(header)?;
    for Violation { result: first, figures: [failures, latency, violations] } in violations(&report.results) {
        let mut row = vec![
            safe(&caption::group(first)),
            number(failures, Rational::ONE),
            number(latency, Rational::integer(1000)),
            number(violations, Rational::ONE),
        ];
        if agreements {
            let name = report.agreements.get(first.agreement).map(|agreement| safe(&agreement.name));
            row.push(name.unwrap_or_default());
        }
        if periods {
            let clock = clock_of(report, first.agreement);
            let bound = |at: Option<Instant>| at.map(|at| moment::machine(at, clock)).unwrap_or_default();
            row.extend([bound(first.period.from), bound(first.period.to)]);
        }
        writer.write_record(row)?;
    }
    writer.flush()
}

impl<'a> Service<'a> {
    fn add(&mut self, result: &'a RuleResult) {
        self.breached |= result.verdict == Verdict::Breached;
        let Some(figure) = figure_of(result) else { return };
        let known = &mut self.figures[figure];
        let is_breach = |result: &RuleResult| result.verdict == Verdict::Breached;
        if known.is_none_or(|known| is_breach(result) && !is_breach(known)) {
            *known = Some(result);
        }
    }
}

/// Which of the three figures a result measures.
fn figure_of(result: &RuleResult) -> Option<usize> {
    let indicator = result.about.indicator.as_str();
    if indicator == "failure_rate" {
        Some(0)
    } else if indicator.starts_with("avg(") && result.about.target.dimension == Dimension::Duration {
        Some(1)
    } else if indicator.starts_with("violation_rate(") {
        Some(2)
    } else {
        None
    }
}

fn number(result: Option<&RuleResult>, factor: Rational) -> String {
    let value = result.and_then(|result| result.measured?.value.times(factor));
    value.map(|value| figure::number(value).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::example::{self, ratio};
    use super::*;
    use crate::model::{Measured, ResultPeriod};

    fn text(report: &Report) -> String {
        example::written(|out| write(report, out))
    }

    #[test]
    fn one_row_per_service_in_breach() {
        // auth-service is in breach by its failure rate, and its met latency is told, too: 297.34 ms.
        let expected = "service_name,failure_rate,avg_response_time_ms,response_violation_rate\n\
                        auth-service,0.102201911092646,297.34,\n";
        assert_eq!(text(&example::report()), expected);
    }

    #[test]
    fn of_several_objectives_that_in_breach() {
        let mut report = example::report();
        let breach = RuleResult {
            verdict: Verdict::Breached,
            measured: Some(Measured::exact(ratio(1, 2))),
            ..example::result("=cmd()")
        };
        report.results = vec![example::result("=cmd()"), breach, example::result("=cmd()")];
        assert!(text(&report).ends_with("\n'=cmd(),0.5,,\n"), "{}", text(&report));
    }

    #[test]
    fn several_agreements_and_periods() {
        let mut report = example::report();
        report.agreements.push(report.agreements[0].clone());
        report.agreements[1].name = "Silver".into();
        // 86,400 s are the first day of 1970.
        let day = ResultPeriod { from: Some(0), to: Some(86_400_000_000_000), complete: true };
        for result in &mut report.results {
            result.period = day;
        }
        let expected = "service_name,failure_rate,avg_response_time_ms,response_violation_rate,agreement,from,to\n\
                        auth-service,0.102201911092646,297.34,,\"Web shop, gold\",1970-01-01T00:00,1970-01-02T00:00\n";
        assert_eq!(text(&report), expected);
    }
}
