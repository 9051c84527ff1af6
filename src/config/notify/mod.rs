//! `notify:` of the project file: channels and routes.
//!
//! Invariant: what could never arrive is refused here, with its place: a channel that no route names, a route to a channel
//! that is not there, an address that is none.

mod channel;
mod email;
mod route;

pub use channel::CHANNEL_KINDS;

use crate::model::{Nanos, Notify};
use crate::rules::diagnostic::Faults;
use crate::rules::fields::{self, Fields};
use crate::rules::parse_duration;
use crate::rules::tree::{Node, Value};
use channel::{channel, plain_address};
use route::route;
use std::path::Path;

/// Keys of `notify:`.
pub const NOTIFY_KEYS: &[&str] = &["channels", "routes", "repeat", "after", "link"];
/// Most runs that `after` may wait for.
const MOST_RUNS: u32 = 1_000;

/// Reads `notify:`; names of files in it start from `folder`.
pub(in crate::config) fn notify(node: &Node, folder: &Path, faults: &mut Faults) -> Option<Notify> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "notify", "a mapping", faults).help(
            "say where messages go: {channels: {chat: {slack: {url_env: SLACK_URL}}}, routes: [{to: chat}]}",
        );
        return None;
    };
    let entries = Fields::new(entries, NOTIFY_KEYS, faults);
    let mut notify = Notify { after: 1, ..Notify::default() };
    let mut places = Vec::new();
    match entries.get("channels").map(|node| (node, &node.value)) {
        Some((_, Value::Map(found))) => {
            for (key, node) in found {
                places.push(key);
                notify.channels.extend(channel(key, node, folder, faults));
            }
        }
        Some((node, _)) => {
            fields::wrong_kind(node, "channels", "a mapping", faults)
                .help("name each channel: {ops: {email: {…}}, chat: {slack: {url_env: SLACK_URL}}}");
        }
        None => {
            faults
                .error(node.span.clone(), "`notify` has no `channels`")
                .help("say where messages can go: channels: {chat: {slack: {url_env: SLACK_URL}}}");
        }
    }
    match entries.get("routes").map(|node| (node, &node.value)) {
        Some((_, Value::List(items))) => {
            notify.routes.extend(items.iter().filter_map(|item| route(item, &places, faults)));
        }
        Some((node, _)) => {
            fields::wrong_kind(node, "routes", "a list", faults)
                .help("say what goes where: [{severity: critical, to: pager}, {to: ops}]");
        }
        None => {
            faults
                .error(node.span.clone(), "`notify` has no `routes`, so that nobody is told of anything")
                .help("say what goes where: routes: [{to: CHANNEL}]");
        }
    }
    if entries.get("routes").is_some() {
        for key in &places {
            if !notify.routes.iter().any(|route| route.to.contains(&key.text)) {
                faults
                    .error(key.span.clone(), format!("no route leads to the channel `{}`", key.text))
                    .help(format!("add one, as in routes: [{{to: {}}}], or leave the channel out", key.text));
            }
        }
    }
    notify.repeat = entries.get("repeat").and_then(|node| length(node, "repeat", faults));
    if let Some(node) = entries.get("after") {
        notify.after = runs(node, faults).unwrap_or(1);
    }
    notify.link = entries.get("link").and_then(|node| plain_address(node, "link", faults));
    Some(notify)
}

/// `2 runs`, or the number alone.
fn runs(node: &Node, faults: &mut Faults) -> Option<u32> {
    let text = fields::text(node, "after", faults)?;
    let number = text.trim().strip_suffix("runs").or(text.trim().strip_suffix("run")).unwrap_or(text.trim());
    let found = number.trim().parse().ok().filter(|runs| (1..=MOST_RUNS).contains(runs));
    if found.is_none() {
        faults
            .error(node.span.clone(), format!("`{text}` is no number of runs"))
            .expected(format!("1 to {MOST_RUNS}, as in `2 runs`"));
    }
    found
}

fn length(node: &Node, key: &str, faults: &mut Faults) -> Option<Nanos> {
    let text = fields::text(node, key, faults)?;
    match parse_duration(text.trim()) {
        Ok(length) if length >= crate::model::NANOS => Some(length),
        Ok(_) => {
            faults.error(node.span.clone(), format!("`{key}` is shorter than a second"));
            None
        }
        Err(why) => {
            faults.error(node.span.clone(), why);
            None
        }
    }
}
