//! What a message says, before it takes the form of a channel: `sla.alert/1`, the JSON that webhooks get and that
//! templates are given.
//!
//! Invariant: the domain is not serialised; this form is, and only gains fields (`schema/alert.schema.json`).

use super::event::{Event, Group, short, utc};
use super::turn::{Happening, News};
use crate::model::{AlertEvent, Instant, Rational, Report, RuleResult, Trouble, Verdict};
use crate::render::text::{truncate, visible};
use crate::render::violations::{Violation, violations};
use crate::render::{caption, figure};
use serde::Serialize;
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
    /// Agreements without a result, for their data could not be read.
    pub unread: u64,
}

impl Counts {
    /// `1 breached, 0 undecided, 2 warning, 11 met`, and what else is not known.
    pub(super) fn words(&self) -> String {
        let Counts { met, warning, breached, undecided, unread } = self;
        let unread = match unread {
            0 => String::new(),
            1 => "; the data of 1 agreement cannot be read".to_owned(),
            more => format!("; the data of {more} agreements cannot be read"),
        };
        format!("{breached} breached, {undecided} undecided, {warning} warning, {met} met{unread}")
    }
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
                unread: report.agreements.iter().filter(|one| one.unread.is_some()).count() as u64,
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
            summary: Counts { met: 0, warning: 0, breached: 0, undecided: 0, unread: 0 },
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

/// `BREACHED: checkout: failure_rate <= 5%, and 2 more; 1 still undecided; 3 resolved`: the first event, how many there are
/// like it, and what else there is.
fn title(events: &[Event]) -> String {
    let Some(first) = events.first() else { return "nothing".to_owned() };
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for event in events {
        let kind = kind(event);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let word = kind(first);
    let tail: String = kinds
        .iter()
        .map(|(kind, count)| match count {
            1 if *kind == word => String::new(),
            more if *kind == word => format!(", and {} more", more - 1),
            1 if kind == READ_AGAIN => "; data can be read again".to_owned(),
            more if kind == READ_AGAIN => format!("; data of {more} agreements can be read again"),
            more => format!("; {more} {kind}"),
        })
        .collect();
    // That data can be read again is said by the promise itself.
    let word = if word == READ_AGAIN { "RESOLVED".to_owned() } else { word.to_uppercase() };
    let named = visible(&format!("{}: {}", first.subject, first.promise)).into_owned();
    let room = TITLE.saturating_sub(word.len() + tail.len() + 2);
    format!("{word}: {}{tail}", truncate(&named, room))
}

/// Of an agreement whose data can be read again: it tells of many promises at once, and is counted by itself.
const READ_AGAIN: &str = "read again";

/// What an event is, as a title counts it: `breached`, `worse, breached`, `still breached`, `resolved`.
fn kind(event: &Event) -> String {
    let state = event.state.unwrap_or_default();
    match event.event {
        "new" => state.to_owned(),
        "worse" => format!("worse, {state}"),
        "reminder" => format!("still {state}"),
        "resolved" if event.id.is_none() => READ_AGAIN.to_owned(),
        "resolved" => "resolved".to_owned(),
        _ => "no longer checked".to_owned(),
    }
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
