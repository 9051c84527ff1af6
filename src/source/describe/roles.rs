//! Which column plays which part, by its name.

use super::names::Words;
use super::sample::Facts;
use crate::model::Found;

/// The columns as inference sees them.
pub(super) struct Columns<'a> {
    pub names: &'a [String],
    pub words: &'a [Words],
    pub facts: &'a [Facts],
}

const TIME: [&str; 30] = [
    "time",
    "timestamp",
    "ts",
    "date",
    "datetime",
    "timestamputc",
    "timeutc",
    "utc",
    "eventtime",
    "eventtimestamp",
    "logtime",
    "loggedat",
    "requesttime",
    "requesttimestamp",
    "starttime",
    "startedat",
    "start",
    "startdate",
    "begintime",
    "created",
    "createdat",
    "createdon",
    "creationdate",
    "opened",
    "openedat",
    "occurredat",
    "recordedat",
    "minute",
    "hour",
    "day",
];
const SERVICE: [&str; 20] = [
    "service",
    "servicename",
    "serviceid",
    "svc",
    "svcname",
    "app",
    "appname",
    "application",
    "applicationname",
    "label",
    "endpoint",
    "component",
    "microservice",
    "monitor",
    "monitorname",
    "system",
    "api",
    "apiname",
    "job",
    "jobname",
];
pub(super) const STATUS: [&str; 24] = [
    "status",
    "state",
    "success",
    "successful",
    "ok",
    "outcome",
    "result",
    "code",
    "httpstatus",
    "httpcode",
    "httpstatuscode",
    "statuscode",
    "responsecode",
    "responsestatus",
    "requeststatus",
    "passed",
    "up",
    "isup",
    "issuccess",
    "issuccessful",
    "isok",
    "succeeded",
    "health",
    "callstatus",
];
pub(super) const FLAGS: [&str; 12] = [
    "failed",
    "failure",
    "error",
    "iserror",
    "isfailed",
    "isfailure",
    "haserror",
    "hasfailed",
    "errored",
    "crashed",
    "down",
    "isdown",
];
pub(super) const LATENCY: [&str; 24] = [
    "latency",
    "responsetime",
    "resptime",
    "duration",
    "elapsed",
    "elapsedtime",
    "rt",
    "requesttime",
    "requestduration",
    "requestlatency",
    "responselatency",
    "responseduration",
    "processingtime",
    "processtime",
    "timetaken",
    "took",
    "roundtrip",
    "roundtriptime",
    "rtt",
    "runtime",
    "latencytime",
    "durationtime",
    "callduration",
    "servicetime",
];
pub(super) const REQUESTS: [&str; 18] = [
    "requests",
    "request",
    "requestcount",
    "requestscount",
    "count",
    "total",
    "hits",
    "totalrequests",
    "numrequests",
    "nrequests",
    "totalcount",
    "calls",
    "callcount",
    "samples",
    "reqs",
    "n",
    "requeststotal",
    "sessions",
];
pub(super) const FAILURES: [&str; 18] = [
    "errors",
    "error",
    "failures",
    "failure",
    "failed",
    "errorcount",
    "failurecount",
    "failedcount",
    "failedrequests",
    "numerrors",
    "nerrors",
    "numfailures",
    "errorrequests",
    "fails",
    "failcount",
    "errorstotal",
    "totalerrors",
    "crashes",
];

impl Columns<'_> {
    /// The columns whose stem is one of these and that `fits` accepts.
    pub(super) fn named(&self, stems: &[&str], fits: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.names.len())
            .filter(|at| stems.contains(&self.words[*at].stem.as_str()) && fits(*at))
            .collect()
    }

    /// One, none, or a refusal that names them all and the option that settles it.
    pub(super) fn settle(&self, role: &str, candidates: &[usize]) -> Found {
        match candidates {
            [] => Found::Absent,
            [one] => Found::At(*one),
            several => {
                let names: Vec<&str> = several.iter().map(|at| self.names[*at].as_str()).collect();
                let (last, first) = names.split_last().map_or(("", &[][..]), |(last, first)| (*last, first));
                Found::Ambiguous(format!(
                    "{} and {last} both may be the {role}; say which: `{role}: {last}` under `input:`{}",
                    first.join(", "),
                    if role == "status" { String::new() } else { format!(", or `--{role} {last}`") }
                ))
            }
        }
    }

    pub(super) fn time(&self) -> Found {
        let by_name =
            self.named(&TIME, |at| self.facts[at].mostly_times() || self.facts[at].epoch().is_some());
        self.settle("time", &by_name)
    }

    pub(super) fn service(&self) -> Found {
        // The role's own name settles it.
        let exact = self.named(&["service"], |_| true);
        let by_name = self.named(&SERVICE, |at| !self.facts[at].mostly_times());
        self.settle("service", if exact.len() == 1 { &exact } else { &by_name })
    }

    pub(super) fn status(&self) -> Found {
        let by_name = self.named(&STATUS, |at| !self.facts[at].mostly_times());
        self.settle("status", &by_name)
    }

    pub(super) fn latency(&self) -> Found {
        let numeric = |at: usize| {
            let facts = &self.facts[at];
            facts.filled == 0 || facts.mostly_numbers() || facts.with_units * 2 > facts.filled
        };
        let by_name = self.named(&LATENCY, numeric);
        self.settle("latency", &by_name)
    }
}
