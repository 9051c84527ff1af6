//! What a message says, before it takes the form of a channel: `sla.alert/1`, the JSON that webhooks get and that
//! templates are given.
//!
//! Invariant: the domain is not serialised; this form is, and only gains fields (`schema/alert.schema.json`).

use super::turn::{Happening, News};
use crate::model::{
    AlertEvent, AlertSubject, Clock, Instant, NANOS, Rational, Report, RuleResult, Trouble, Verdict,
};
use crate::render::text::{truncate, visible};
use crate::render::violations::{Violation, violations};
use crate::render::{caption, clock_of, figure, json, moment};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::HashSet;

/// Columns of a title.
const TITLE: usize = 150;

/// A message.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// `sla.alert/1`
    pub schema: &'static str,
    /// Name and version of the program.
    pub tool: &'static str,
    /// The same however often the message is sent.
    pub key: String,
    /// The number of the recorded run.
    pub run: i64,
    /// The run's clock.
    pub now: String,
    /// The channel's name.
    pub channel: String,
    /// One line.
    pub title: String,
    /// Where the reports are.
    pub link: Option<String>,
    /// Of the whole run.
    pub verdict: &'static str,
    /// Results by verdict.
    pub summary: Counts,
    /// What happened.
    pub events: Vec<Event>,
    /// What was told before and is still so.
    pub ongoing: Vec<Event>,
    /// Services in breach now.
    pub violations: Vec<Service>,
}

/// Results by verdict.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Counts {
    /// Kept.
    pub met: u64,
    /// Kept, preference missed.
    pub warning: u64,
    /// Broken.
    pub breached: u64,
    /// Not known.
    pub undecided: u64,
}

/// One event.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// new, worse, reminder, resolved or closed.
    pub event: &'static str,
    /// met, warning, undecided, breached; `null` where nobody looks any more.
    pub state: Option<&'static str>,
    /// What was told before.
    pub was: Option<&'static str>,
    /// Stable for a subject, from its first event to its last.
    pub dedup_key: String,
    /// The agreement's name.
    pub agreement: String,
    /// `id` of results; `null` for an agreement as a whole.
    pub id: Option<String>,
    /// Who it is about: `checkout, eu`.
    pub subject: String,
    /// The objective's name, or else the promise as written.
    pub promise: String,
    /// The promise as written; `null` where the run has no result.
    pub objective: Option<String>,
    /// Column and value.
    pub group: Group,
    /// `severity:`
    pub severity: Option<String>,
    /// `description:`
    pub description: Option<String>,
    /// `runbook:`
    pub runbook: Option<String>,
    /// The first run of it.
    pub since: Option<String>,
    /// The run that told it last.
    pub told: Option<String>,
    /// The stretch of time that it rests on.
    pub period: Option<Period>,
    /// In base units.
    pub measured: Option<f64>,
    /// With its unit, for reading.
    pub measured_text: Option<String>,
    /// In base units.
    pub target: Option<f64>,
    /// With comparison and unit, for reading.
    pub target_text: Option<String>,
    /// The base unit.
    pub unit: Option<&'static str>,
    /// One sentence.
    pub explain: String,
    /// Why it is not known.
    pub reason: Option<&'static str>,
    /// Requests or values.
    pub samples: Option<u64>,
    /// Those that count against the promise.
    pub bad: Option<u64>,
    /// How many could.
    pub allowed: Option<u64>,
}

/// A stretch of time, half-open; without bounds for all of the input.
#[derive(Clone, Debug, Serialize)]
pub struct Period {
    /// First instant.
    pub from: Option<String>,
    /// The instant after the last.
    pub to: Option<String>,
    /// Whether the input reaches over all of it.
    pub complete: bool,
}

/// A service in breach.
#[derive(Clone, Debug, Serialize)]
pub struct Service {
    /// As in violations.csv.
    pub service_name: String,
    /// A share.
    pub failure_rate: Option<f64>,
    /// Milliseconds.
    pub avg_response_time_ms: Option<f64>,
    /// A share.
    pub response_violation_rate: Option<f64>,
    /// The agreement's name.
    pub agreement: String,
}

/// Column and value, in their order.
#[derive(Clone, Debug)]
pub struct Group(pub Vec<(String, String)>);

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(column, value)| (column, value)))
    }
}

/// What a message is about, beside its events.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The run's report.
    pub report: &'a Report,
    /// Its number.
    pub run: i64,
    /// Of the history that keeps the message.
    pub store: &'a str,
    /// The message's number in there.
    pub number: i64,
    /// Where the reports are.
    pub link: Option<&'a str>,
}

impl Notice {
    /// What one channel is told about a run.
    pub fn new(news: &News<'_>, about: About<'_>) -> Notice {
        let About { report, run, store, number, link } = about;
        let event = |happening: &Happening<'_>| Event::new(happening, report, store);
        let events: Vec<Event> = news.events.iter().map(event).collect();
        let now = utc(report.now);
        let mut hash = blake3::Hasher::new();
        let mut put = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        for text in [store, &number.to_string(), &run.to_string(), &now, news.channel] {
            put(text);
        }
        for event in &events {
            put(&event.dedup_key);
            put(event.event);
        }
        let summary = report.summary;
        Notice {
            schema: "sla.alert/1",
            tool: concat!("sla ", env!("CARGO_PKG_VERSION")),
            key: short(&hash),
            run,
            now,
            channel: news.channel.to_owned(),
            title: title(&events),
            link: link.map(str::to_owned),
            verdict: report.verdict.word(),
            summary: Counts {
                met: summary.met,
                warning: summary.warning,
                breached: summary.breached,
                undecided: summary.undecided,
            },
            events,
            ongoing: news.ongoing.iter().map(event).collect(),
            violations: services(report, news),
        }
    }

    /// What `sla notify test` sends.
    pub fn sample(channel: &str, now: Instant) -> Notice {
        let now = utc(now);
        let mut hash = blake3::Hasher::new();
        hash.update(format!("test {channel} {now}").as_bytes());
        Notice {
            schema: "sla.alert/1",
            tool: concat!("sla ", env!("CARGO_PKG_VERSION")),
            key: short(&hash),
            run: 0,
            now: now.clone(),
            channel: channel.to_owned(),
            title: format!("TEST: a message of `sla notify test {channel}`; nothing is wrong"),
            link: None,
            verdict: Verdict::Met.word(),
            summary: Counts { met: 0, warning: 0, breached: 0, undecided: 0 },
            events: vec![Event {
                event: AlertEvent::New.word(),
                state: Some(Verdict::Breached.word()),
                was: None,
                dedup_key: format!("sla-{}", short(&hash)),
                agreement: "Test".to_owned(),
                id: None,
                subject: "example-service".to_owned(),
                promise: "failure_rate <= 5%".to_owned(),
                objective: Some("failure_rate <= 5%".to_owned()),
                group: Group(vec![("service".to_owned(), "example-service".to_owned())]),
                severity: None,
                description: Some("this is a test: no service is meant".to_owned()),
                runbook: None,
                since: Some(now.clone()),
                told: None,
                period: None,
                measured: Some(0.1),
                measured_text: Some("10 %".to_owned()),
                target: Some(0.05),
                target_text: Some("<= 5%".to_owned()),
                unit: Some("ratio"),
                explain: "an example of what a breach looks like".to_owned(),
                reason: None,
                samples: None,
                bad: None,
                allowed: None,
            }],
            ongoing: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// As JSON, with names as they are in the data.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// As JSON for people, with names that cannot reorder or hide what stands beside them.
    pub fn readable(&self) -> Value {
        let mut value = self.json();
        make_visible(&mut value);
        value
    }
}

fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(make_visible),
        Value::Object(entries) => {
            let old = std::mem::take(entries);
            for (key, mut value) in old {
                make_visible(&mut value);
                entries.insert(visible(&key).into_owned(), value);
            }
        }
        _ => {}
    }
}

impl Event {
    fn new(happening: &Happening<'_>, report: &Report, store: &str) -> Event {
        let Happening { event, alert, trouble, before, result } = happening;
        let clock = result.map_or(&Clock::Naive, |result| clock_of(report, result.agreement));
        let is_agreement = alert.subject.result.is_empty();
        let state = match (event, trouble, result) {
            (AlertEvent::Closed, ..) => None,
            (_, Some(trouble), _) => Some(trouble.word()),
            (_, None, Some(result)) => Some(result.verdict.word()),
            (_, None, None) => Some(Verdict::Met.word()),
        };
        let subject = match result {
            Some(result) => caption::group(result),
            None if is_agreement => alert.subject.agreement.clone(),
            None if alert.group.is_empty() => "(all)".to_owned(),
            None => {
                let values: Vec<&str> = alert.group.iter().map(|(_, value)| caption::value(value)).collect();
                values.join(", ")
            }
        };
        let about = result.map(|result| &result.about);
        let text = |text: &Option<String>| text.clone();
        Event {
            event: event.word(),
            state,
            was: before.map(|told| told.trouble.word()),
            dedup_key: dedup_key(store, &alert.channel, &alert.subject),
            agreement: alert.subject.agreement.clone(),
            id: (!is_agreement).then(|| alert.subject.result.clone()),
            subject,
            promise: if is_agreement { "its data can be read".to_owned() } else { alert.promise.clone() },
            objective: about.map(|about| about.objective.clone()),
            group: Group(alert.group.clone()),
            severity: alert.severity.clone(),
            description: about.and_then(|about| text(&about.description)),
            runbook: about.and_then(|about| text(&about.runbook)),
            since: since(happening).map(utc),
            told: before.map(|told| utc(told.told)),
            period: result.map(|result| Period {
                from: result.period.from.map(|at| moment::machine(at, clock)),
                to: result.period.to.map(|at| moment::machine(at, clock)),
                complete: result.period.complete,
            }),
            measured: result
                .and_then(|result| result.measured)
                .map(|measured| figure::number(measured.value)),
            measured_text: result.filter(|result| result.measured.is_some()).map(caption::measured),
            target: about.map(|about| figure::number(about.target.value)),
            target_text: result.map(caption::target),
            unit: about.and_then(|about| json::unit_word(&about.target)),
            explain: explain(happening, report),
            reason: result.and_then(|result| result.reason).map(crate::model::Reason::word),
            samples: result.map(|result| result.samples),
            bad: result.and_then(|result| result.bad),
            allowed: result.and_then(|result| result.allowed),
        }
    }
}

fn since(happening: &Happening<'_>) -> Option<Instant> {
    match (happening.alert.state, happening.before) {
        (crate::model::AlertState::Told(told), _) | (_, Some(told)) => Some(told.since),
        _ => None,
    }
}

fn explain(happening: &Happening<'_>, report: &Report) -> String {
    match (happening.event, happening.result) {
        (AlertEvent::Closed, _) => {
            "it is no longer checked: the last runs had no word of it. That does not say that it is well"
                .to_owned()
        }
        (_, Some(result)) => result.explain.to_string(),
        (_, None) if happening.trouble.is_none() => "its data can be read again".to_owned(),
        (_, None) => {
            // An agreement without results says why among the problems of the run.
            let is_error = |one: &&crate::model::Problem| {
                one.severity == crate::model::Severity::Error && one.source.is_none()
            };
            let error = report.problems.iter().find(is_error);
            let why = error.map_or("there are no results", |problem| problem.message.as_str());
            format!("nothing is known of any of its promises: {why}")
        }
    }
}

/// Stable for a subject and channel; of this history alone.
pub(super) fn dedup_key(store: &str, channel: &str, subject: &AlertSubject) -> String {
    let mut hash = blake3::Hasher::new();
    for text in [store, channel, &subject.agreement, &subject.scope, &subject.result] {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    format!("sla-{}", short(&hash))
}

/// The first sixteen bytes, in hexadecimal.
fn short(hash: &blake3::Hasher) -> String {
    hash.finalize().to_hex().chars().take(32).collect()
}

/// To the second.
fn utc(at: Instant) -> String {
    let second = at.div_euclid(NANOS).saturating_mul(NANOS);
    moment::machine(second, &Clock::Zoned("UTC".to_owned()))
}

/// `BREACHED: checkout: failure_rate <= 5%, and 2 more`
fn title(events: &[Event]) -> String {
    let Some(first) = events.first() else { return "nothing".to_owned() };
    let state = first.state.unwrap_or_default().to_uppercase();
    let word = match first.event {
        "new" => state,
        "worse" => format!("WORSE, {state}"),
        "reminder" => format!("STILL {state}"),
        "resolved" => "RESOLVED".to_owned(),
        _ => "NO LONGER CHECKED".to_owned(),
    };
    let more = match events.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let named = visible(&format!("{}: {}", first.subject, first.promise)).into_owned();
    let room = TITLE.saturating_sub(word.len() + more.len() + 2);
    format!("{word}: {}{more}", truncate(&named, room))
}

/// The services in breach among what the run found.
fn services(report: &Report, news: &News<'_>) -> Vec<Service> {
    let is_breached = |happening: &&Happening<'_>| happening.trouble == Some(Trouble::Breached);
    let told = news.events.iter().chain(&news.ongoing).filter(is_breached);
    let meant: HashSet<_> = told
        .filter_map(|happening| happening.result)
        .map(|result| (result.agreement, result.period.from, &result.about.group))
        .collect();
    let of =
        |result: &&RuleResult| meant.contains(&(result.agreement, result.period.from, &result.about.group));
    let number = |result: Option<&RuleResult>, factor: Rational| {
        result.and_then(|result| result.measured?.value.times(factor)).map(figure::number)
    };
    let service = |Violation { result, figures: [failures, latency, violations] }: Violation<'_>| Service {
        service_name: caption::group(result),
        failure_rate: number(failures, Rational::ONE),
        avg_response_time_ms: number(latency, Rational::integer(1000)),
        response_violation_rate: number(violations, Rational::ONE),
        agreement: report.agreements.get(result.agreement).map_or(String::new(), |one| one.name.clone()),
    };
    violations(report.results.iter().filter(of)).into_iter().map(service).collect()
}
