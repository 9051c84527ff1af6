//! `PagerDuty`: Events API v2 (<https://developer.pagerduty.com/docs/send-alert-event>). One request per event: an incident
//! is opened, and closed, by the key of its subject.
//!
//! Invariant: the routing key is put in when a request is sent, and kept nowhere.

use super::event::Event;
use super::message::Notice;
use super::slack::cut;
use crate::render::text::visible;
use serde_json::{Value, json};

const SUMMARY: usize = 1_024;

/// The bodies of the requests, without the routing key, in order.
pub(super) fn bodies(notice: &Notice) -> Vec<Value> {
    notice.events.iter().map(|event| body(event, notice)).collect()
}

/// Those of a test: an incident, named as what it is, and its end.
pub(super) fn sample(notice: &Notice) -> Vec<Value> {
    let mut bodies = bodies(notice);
    let keys: Vec<Value> = bodies.iter().map(|body| body["dedup_key"].clone()).collect();
    for body in &mut bodies {
        body["payload"]["summary"] = cut(&visible(&notice.title), SUMMARY).into();
    }
    bodies.extend(keys.into_iter().map(|key| json!({"event_action": "resolve", "dedup_key": key})));
    bodies
}

/// The incident that a body is about.
pub(super) fn key(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body["dedup_key"].as_str().map(str::to_owned)
}

/// Whether a refusal is about who sends, not about what is sent.
pub(super) fn is_about_the_key(why: &str) -> bool {
    let why = why.to_lowercase();
    ["routing_key", "routing key", "invalid key", "integration key"].iter().any(|word| why.contains(word))
}

fn body(event: &Event, notice: &Notice) -> Value {
    let is_over = matches!(event.event, "resolved" | "closed");
    if is_over {
        return json!({"event_action": "resolve", "dedup_key": event.dedup_key});
    }
    let figures = match (&event.measured_text, &event.target_text) {
        (Some(measured), Some(target)) => format!("; {measured} measured, {target} promised"),
        _ => String::new(),
    };
    let state = event.state.unwrap_or_default();
    let summary = format!("{state}: {}: {}{figures}", event.subject, event.promise);
    json!({
        "event_action": "trigger",
        "dedup_key": event.dedup_key,
        "client": "sla",
        "client_url": notice.link,
        "payload": {
            "summary": cut(&visible(&summary), SUMMARY),
            "source": visible(&event.agreement),
            "severity": severity(event),
            "timestamp": notice.now,
            "component": visible(&event.subject),
            "class": event.event,
            "custom_details": {
                "agreement": visible(&event.agreement),
                "promise": visible(&event.promise),
                "explain": visible(&event.explain),
                "measured": event.measured_text,
                "target": event.target_text,
                "since": event.since,
                "runbook": event.runbook,
                "run": notice.run,
            },
        },
    })
}

fn severity(event: &Event) -> &'static str {
    match event.severity.as_deref() {
        Some("critical") => "critical",
        Some("error") => "error",
        Some("warning") => "warning",
        Some("info") => "info",
        _ if event.state == Some("breached") => "error",
        _ => "warning",
    }
}
