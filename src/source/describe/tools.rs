//! Headers that are exactly a known tool's: what they mean is in the tool's manual, not in their names.

use super::{Columns, Why};
use crate::model::{Found, InputMapping, Problem, ProblemKind, Severity, Unit};
use crate::source::error::SourceError;

/// Columns of Apache `JMeter`'s CSV results (User's Manual, "Listeners", "CSV Log format").
const JMETER_START: [&str; 6] =
    ["timeStamp", "elapsed", "label", "responseCode", "responseMessage", "threadName"];
const JMETER_REST: [&str; 16] = [
    "dataType",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Filename",
    "Latency",
    "Encoding",
    "SampleCount",
    "ErrorCount",
    "Hostname",
    "IdleTime",
    "Connect",
];
/// Columns of k6's `--out csv` (Grafana k6 documentation, "CSV").
const K6_START: [&str; 3] = ["metric_name", "timestamp", "metric_value"];
/// Columns of Locust's `--csv` statistics.
const LOCUST_START: [&str; 4] = ["Type", "Name", "Request Count", "Failure Count"];

/// A tool whose header was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    JMeter,
    Locust,
}

/// What a tool's columns are: (role, header).
pub(super) fn role(tool: Option<Tool>, role: &str, names: &[String]) -> Option<(Found, Why)> {
    let header = match (tool?, role) {
        (Tool::JMeter, "time") => "timeStamp",
        (Tool::JMeter, "service") => "label",
        (Tool::JMeter, "latency") => "elapsed",
        (Tool::JMeter, "status") => "success",
        (Tool::Locust, "service") => "Name",
        (Tool::Locust, "latency") => "Average Response Time",
        (Tool::Locust | Tool::JMeter, _) => return None,
    };
    let at = names.iter().position(|name| name == header)?;
    Some((Found::At(at), Why::Tool(tool?.name())))
}

/// The unit of a tool's column.
pub(super) fn unit(tool: Option<Tool>, header: &str) -> Option<Unit> {
    let milliseconds = match tool? {
        Tool::JMeter => ["elapsed", "Latency", "IdleTime", "Connect"].contains(&header),
        Tool::Locust => header.ends_with("Response Time") || header.ends_with('%'),
    };
    milliseconds.then(|| Unit::named("ms")).flatten()
}

impl Tool {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Tool::JMeter => "JMeter",
            Tool::Locust => "Locust",
        }
    }

    /// What a reader of its files should know.
    pub(super) fn remark(self, source: &str) -> Option<Problem> {
        (self == Tool::Locust).then(|| Problem {
            severity: Severity::Warning,
            kind: ProblemKind::Remark,
            source: Some(source.to_owned()),
            line: None,
            column: Some("Name".to_owned()),
            count: 1,
            message:
                "Locust adds a row `Aggregated` that repeats all others; leave it out with `where: Name != \
                      \"Aggregated\"`"
                    .to_owned(),
        })
    }
}

/// Whether every row is one request although the tool's header has counts: `JMeter`'s `SampleCount` is 1 throughout.
pub(super) fn single_samples(tool: Option<Tool>, columns: &Columns<'_>) -> bool {
    let counts = columns.names.iter().position(|name| name == "SampleCount");
    let ones = |at: usize| columns.facts[at].words.keys().all(|word| word == "1");
    tool == Some(Tool::JMeter) && counts.is_none_or(ones)
}

/// The tool whose header this is. Of k6's file every row is a sample of some metric: it is refused unless the
/// mapping that reads it was said.
pub(super) fn recognise(
    source: &str,
    names: &[String],
    mapping: &InputMapping,
) -> Result<Option<Tool>, SourceError> {
    let starts = |start: &[&str]| {
        names.len() >= start.len() && names.iter().zip(start).all(|(name, known)| name == known)
    };
    if starts(&K6_START) && mapping.latency.is_none() && mapping.columns.is_empty() {
        return Err(SourceError::unclear(
            source,
            None,
            "this is k6's CSV, where each row is a sample of one of many metrics; read its request times with --where \
             'metric_name == \"http_req_duration\"' --latency metric_value --unit ms --service name, or with the same \
             under `where:` and `input:`",
        ));
    }
    if starts(&LOCUST_START) {
        return Ok(Some(Tool::Locust));
    }
    let jmeter = starts(&JMETER_START)
        && names.iter().any(|name| name == "success")
        && names[JMETER_START.len()..].iter().all(|name| JMETER_REST.contains(&name.as_str()));
    Ok(jmeter.then_some(Tool::JMeter))
}
