//! Discord: a webhook, with embeds.
//!
//! Limits: <https://discord.com/developers/docs/resources/message#embed-object-embed-limits>: 10 embeds, 256 characters of a
//! title, 4,096 of a description, 6,000 of all embeds together; 2,000 of the content.

use super::event::Event;
use super::message::Notice;
use super::slack::cut;
use crate::render::text::visible;
use serde_json::{Value, json};

const EMBEDS: usize = 10;
const TITLE: usize = 256;
const DESCRIPTION: usize = 500;
const ALL: usize = 6_000;
const CONTENT: usize = 2_000;

/// The body of the request.
pub(super) fn body(notice: &Notice) -> Value {
    let mut embeds = Vec::new();
    let mut left = ALL;
    for event in notice.events.iter().take(EMBEDS) {
        let title = cut(&safe(&format!("{}: {}", event.subject, event.promise)), TITLE);
        let description = cut(&safe(&description(event)), DESCRIPTION);
        let length = title.encode_utf16().count() + description.encode_utf16().count();
        if length > left {
            break;
        }
        left -= length;
        embeds.push(json!({"title": title, "description": description, "color": colour(event)}));
    }
    let more = match notice.events.len() - embeds.len() {
        0 => String::new(),
        more => format!("\n{more} of them are not shown here"),
    };
    let link = notice.link.as_ref().map_or(String::new(), |link| format!("\nreports: {link}"));
    json!({
        "content": cut(&format!("**{}**{more}{link}", safe(&notice.title)), CONTENT),
        "embeds": embeds,
        // Names from the data call nobody.
        "allowed_mentions": {"parse": []},
    })
}

fn description(event: &Event) -> String {
    let mut lines = vec![event.event.to_owned()];
    if let (Some(measured), Some(target)) = (&event.measured_text, &event.target_text) {
        lines.push(format!("{measured} measured, {target} promised"));
    }
    lines.push(cut(&event.explain, 250));
    lines.push(match &event.since {
        Some(since) => format!("{}, since {since}", cut(&event.agreement, 80)),
        None => cut(&event.agreement, 80),
    });
    lines.extend(event.runbook.as_ref().map(|runbook| format!("what to do: {runbook}")));
    lines.join("\n")
}

fn colour(event: &Event) -> u32 {
    match event.state {
        Some("breached") => 0x00c6_2828,
        Some("undecided") => 0x00b2_6a00,
        Some(_) => 0x002e_7d32,
        None if event.event == "resolved" => 0x002e_7d32,
        None => 0x0061_6161,
    }
}

/// Text without Markdown, and without what hides or reorders.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for line in text.split('\n') {
        if !safe.is_empty() {
            safe.push('\n');
        }
        for c in visible(line).chars() {
            if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '(' | ')' | '#' | '<' | '>') {
                safe.push('\\');
            }
            safe.push(c);
        }
    }
    safe
}
