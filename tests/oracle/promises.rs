//! Promises as a person would think of them, and as a rule file writes them.

use crate::data::{REGIONS, Row, SERVICES};
use sla::model::Rational;
use std::fmt::Write;

/// A rule file.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) by: By,
    pub(crate) filter: Option<Condition>,
    /// `period: 1h` instead of all.
    pub(crate) hourly: bool,
    pub(crate) promises: Vec<Promise>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Everything,
    Service,
    ServiceAndRegion,
}

#[derive(Clone, Debug)]
pub(crate) struct Promise {
    pub(crate) what: What,
    /// `<=`, `<`, `>=`, `>` or `==`.
    pub(crate) symbol: &'static str,
    /// In hundredths of what the indicator's unit is: %, ms, 1/s, or 1.
    pub(crate) target: i64,
    /// A stricter target.
    pub(crate) prefer: Option<i64>,
    /// A target for one service's own.
    pub(crate) own: Option<(usize, i64)>,
    pub(crate) filter: Option<Condition>,
    pub(crate) by: Option<By>,
    pub(crate) min_samples: u64,
    pub(crate) no_data: &'static str,
    pub(crate) missing: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Rows,
    Requests,
    Failures,
    FailureRate,
    Availability,
    ViolationRate(Condition),
    Share(Condition),
    Avg,
    Min,
    Max,
    Sum,
    /// In tenths of a percent.
    Percentile(i64),
    Throughput,
    /// In hundredths of a millisecond.
    Apdex(i64),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Failed,
    /// `latency > …`, in hundredths of a millisecond.
    Latency(&'static str, i64),
    LatencyMissing,
    Region(usize),
    Service(usize),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

impl Condition {
    /// Kleene's logic; `None` where a cell is missing.
    pub(crate) fn holds(&self, row: &Row) -> Option<bool> {
        match self {
            Condition::Failed => row.status.map(|ok| !ok),
            Condition::Latency(symbol, at) => row.latency.map(|latency| compare(latency.cmp(at), symbol)),
            Condition::LatencyMissing => Some(row.latency.is_none()),
            Condition::Region(region) => row.region.map(|found| found == *region),
            Condition::Service(service) => Some(row.service == *service),
            Condition::Not(inner) => inner.holds(row).map(|holds| !holds),
            Condition::And(one, other) => match (one.holds(row), other.holds(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Condition::Or(one, other) => match (one.holds(row), other.holds(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Condition::Failed => "failed".to_owned(),
            Condition::Latency(symbol, at) => format!("latency {symbol} {}ms", hundredths(*at)),
            Condition::LatencyMissing => "latency is missing".to_owned(),
            Condition::Region(region) => format!("region == \"{}\"", REGIONS[*region]),
            Condition::Service(service) => format!("service == \"{}\"", SERVICES[*service]),
            Condition::Not(inner) => format!("not ({})", inner.text()),
            Condition::And(one, other) => format!("({}) and ({})", one.text(), other.text()),
            Condition::Or(one, other) => format!("({}) or ({})", one.text(), other.text()),
        }
    }
}

pub(crate) fn compare(order: std::cmp::Ordering, symbol: &str) -> bool {
    match symbol {
        "<=" => order.is_le(),
        "<" => order.is_lt(),
        ">=" => order.is_ge(),
        ">" => order.is_gt(),
        _ => order.is_eq(),
    }
}

impl By {
    pub(crate) fn text(self) -> &'static str {
        match self {
            By::Everything => "[]",
            By::Service => "[service]",
            By::ServiceAndRegion => "[service, region]",
        }
    }

    pub(crate) fn group(self, row: &Row) -> Vec<String> {
        let service = SERVICES[row.service].to_owned();
        let region = row.region.map_or(String::new(), |region| REGIONS[region].to_owned());
        match self {
            By::Everything => vec![],
            By::Service => vec![service],
            By::ServiceAndRegion => vec![service, region],
        }
    }
}

impl Promise {
    /// `p95(latency) <= 400.00ms`
    pub(crate) fn text(&self) -> String {
        let (indicator, unit) = self.parts();
        format!("{indicator} {} {}{unit}", self.symbol, hundredths(self.target))
    }

    /// The indicator's text and its target's unit.
    fn parts(&self) -> (String, &'static str) {
        let latency = |name: &str| (format!("{name}(latency)"), "ms");
        match &self.what {
            What::Rows => ("rows".to_owned(), ""),
            What::Requests => ("requests".to_owned(), ""),
            What::Failures => ("failures".to_owned(), ""),
            What::FailureRate => ("failure_rate".to_owned(), "%"),
            What::Availability => ("availability".to_owned(), "%"),
            What::ViolationRate(condition) => (format!("violation_rate({})", condition.text()), "%"),
            What::Share(condition) => (format!("share({})", condition.text()), "%"),
            What::Avg => latency("avg"),
            What::Min => latency("min"),
            What::Max => latency("max"),
            What::Sum => latency("sum"),
            What::Percentile(tenths) if tenths % 10 == 0 => latency(&format!("p{}", tenths / 10)),
            What::Percentile(tenths) => latency(&format!("p{}.{}", tenths / 10, tenths % 10)),
            What::Throughput => ("throughput".to_owned(), "/s"),
            What::Apdex(at) => (format!("apdex({}ms)", hundredths(*at)), ""),
        }
    }

    /// The promise that holds for a group, as one without exceptions.
    pub(crate) fn for_group(&self, by: By, group: &[String]) -> Promise {
        let mut own = Promise { own: None, ..self.clone() };
        if let Some((service, target)) = self.own
            && by != By::Everything
            && group.first().is_some_and(|label| label == SERVICES[service])
        {
            own.target = target;
            own.prefer = None;
        }
        own
    }

    /// The target in base units.
    pub(crate) fn goal(&self) -> Rational {
        let one = match self.what {
            What::FailureRate | What::Availability | What::ViolationRate(_) | What::Share(_) => 100,
            What::Avg | What::Min | What::Max | What::Sum | What::Percentile(_) => 1_000,
            _ => 1,
        };
        Rational::new(i128::from(self.target), 100 * one).unwrap()
    }
}

impl Rules {
    pub(crate) fn text(&self) -> String {
        let mut text = format!("sla: oracle\nby: {}\n", self.by.text());
        if let Some(filter) = &self.filter {
            writeln!(text, "where: '{}'", filter.text()).unwrap();
        }
        if self.hourly {
            text.push_str("period: 1h\n");
        }
        text.push_str("objectives:\n");
        for promise in &self.promises {
            writeln!(text, "  - require: '{}'", promise.text()).unwrap();
            let (indicator, unit) = promise.parts();
            if let Some(prefer) = promise.prefer {
                let (symbol, prefer) = (promise.symbol, hundredths(prefer));
                writeln!(text, "    prefer: '{indicator} {symbol} {prefer}{unit}'").unwrap();
            }
            if let Some((service, target)) =
                promise.own.filter(|_| promise.by.unwrap_or(self.by) != By::Everything)
            {
                let (service, symbol, target) = (SERVICES[service], promise.symbol, hundredths(target));
                let group = format!("{{service: \"{service}\"}}");
                writeln!(text, "    targets: [{{group: {group}, require: '{symbol} {target}{unit}'}}]")
                    .unwrap();
            }
            if let Some(filter) = &promise.filter {
                writeln!(text, "    where: '{}'", filter.text()).unwrap();
            }
            if let Some(by) = promise.by {
                writeln!(text, "    by: {}", by.text()).unwrap();
            }
            writeln!(text, "    min_samples: {}", promise.min_samples).unwrap();
            writeln!(text, "    no_data: {}", promise.no_data).unwrap();
            writeln!(text, "    missing: {}", promise.missing).unwrap();
        }
        text
    }
}

pub(crate) fn hundredths(value: i64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}
