//! Slack: an incoming webhook, with blocks.
//!
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks>: 50 blocks, 150 characters of a header, 3,000 of a section.

use super::event::Event;
use super::message::Notice;
use crate::render::text::visible;
use serde_json::{Value, json};

const BLOCKS: usize = 50;
const HEADER: usize = 150;
const SECTION: usize = 3_000;

/// The body of the request.
pub(super) fn body(notice: &Notice) -> Value {
    let mut blocks = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "text": cut(&notice.title, HEADER), "emoji": false},
    })];
    // Header, what is left out, and the foot have their places.
    let room = BLOCKS - 3;
    for event in notice.events.iter().take(room) {
        blocks.push(json!({
            "type": "section",
            "text": {"type": "mrkdwn", "text": cut(&section(event), SECTION), "verbatim": true},
        }));
    }
    let more = notice.events.len().saturating_sub(room);
    if more > 0 {
        let text = format!("and {more} more");
        blocks.push(json!({"type": "section", "text": {"type": "plain_text", "text": text}}));
    }
    let foot = format!("{}; run {} of {}", notice.summary.words(), notice.run, notice.now);
    let foot = notice.link.as_ref().map_or(foot.clone(), |link| format!("{foot}; reports: {link}"));
    blocks.push(json!({"type": "context", "elements": [{"type": "plain_text", "text": foot}]}));
    json!({"text": safe(&notice.title), "blocks": blocks})
}

fn section(event: &Event) -> String {
    let mark = match (event.event, event.state) {
        (_, Some("breached")) => ":red_circle:",
        (_, Some("undecided")) => ":large_orange_circle:",
        (_, Some(_)) | ("resolved", None) => ":large_green_circle:",
        (_, None) => ":white_circle:",
    };
    let mut lines = vec![format!(
        "{mark} *{}*: {} ({})",
        cut(&safe(&event.subject), 300),
        cut(&safe(&event.promise), 300),
        event.event
    )];
    if let (Some(measured), Some(target)) = (&event.measured_text, &event.target_text) {
        lines.push(format!("{} measured, {} promised", safe(measured), safe(target)));
    }
    lines.push(cut(&safe(&event.explain), 600));
    let since = event.since.as_ref().map_or(String::new(), |since| format!(", since {since}"));
    lines.push(format!("{}{since}", cut(&safe(&event.agreement), 300)));
    if let Some(runbook) = &event.runbook {
        lines.push(format!("what to do: {}", cut(&safe(runbook), 600)));
    }
    lines.join("\n")
}

/// Text that is nothing but text: no mention, no link (<https://docs.slack.dev/messaging/formatting-message-text>), and no
/// character that reorders or hides what stands beside it.
fn safe(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// At most so many UTF-16 units, by which such services count.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub(1);
    let fits = |c: &char| {
        let fits = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        fits
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}
