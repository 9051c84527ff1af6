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
