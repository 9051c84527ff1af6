//! A route: what it matches, where it leads, and when it keeps still.

use crate::model::{Quiet, Route};
use crate::rules::diagnostic::{Faults, nearest};
use crate::rules::fields::{self, Fields};
use crate::rules::tree::{Key, Node, Value};

const QUIET_KEYS: &[&str] = &["from", "to", "timezone"];

pub(super) fn route(node: &Node, channels: &[&Key], faults: &mut Faults) -> Option<Route> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "a route", "a mapping", faults)
            .help("say what goes where: {severity: critical, to: pager}");
        return None;
    };
    let mut route = Route { matchers: Vec::new(), to: Vec::new(), quiet: None };
    let mut is_led = false;
    for (key, node) in entries {
        match key.text.as_str() {
            "to" => {
                is_led = !matches!(&node.value, Value::List(items) if items.is_empty());
                for (name, span) in fields::texts(node, "to", faults).unwrap_or_default() {
                    if channels.iter().any(|known| known.text == name) {
                        if !route.to.contains(&name) {
                            route.to.push(name);
                        }
                        continue;
                    }
                    let known = || channels.iter().map(|key| key.text.as_str());
                    let fault = faults.error(span, format!("there is no channel `{name}`"));
                    match nearest(&name, known()) {
                        Some(meant) => fault.expected(format!("did you mean `{meant}`?")),
                        None => fault.help(format!("channels: {}", known().collect::<Vec<_>>().join(", "))),
                    };
                }
            }
            "quiet" => route.quiet = quiet(node, faults),
            _ => {
                let values = fields::texts(node, &key.text, faults).unwrap_or_default();
                if matches!(&node.value, Value::List(items) if items.is_empty()) {
                    faults
                        .error(
                            node.span.clone(),
                            format!("`{}` is empty, so that the route matches nothing", key.text),
                        )
                        .help("name values, or leave the key out");
                }
                route.matchers.push((key.text.clone(), values.into_iter().map(|(text, _)| text).collect()));
            }
        }
    }
    if !is_led {
        faults.error(node.span.clone(), "the route leads nowhere").help("add to: CHANNEL");
        return None;
    }
    Some(route)
}

fn quiet(node: &Node, faults: &mut Faults) -> Option<Quiet> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "quiet", "a mapping", faults)
            .help("say when and whose day: {from: 22:00, to: 06:00, timezone: Europe/Vienna}");
        return None;
    };
    let own = Fields::new(entries, QUIET_KEYS, faults);
    for key in QUIET_KEYS {
        if own.get(key).is_none() && !own.misspelt(key) {
            faults
                .error(node.span.clone(), format!("`quiet` has no `{key}`"))
                .help("say when and whose day: {from: 22:00, to: 06:00, timezone: Europe/Vienna}");
        }
    }
    let mut minute = |key: &str| {
        let node = own.get(key)?;
        let text = fields::text(node, key, faults)?.trim();
        let found = minute(text);
        if found.is_none() {
            faults.error(node.span.clone(), format!("`{text}` is no time of day")).expected("as in 22:00");
        }
        found
    };
    let (from, to) = (minute("from"), minute("to"));
    let zone = own.get("timezone")?;
    let timezone = fields::text(zone, "timezone", faults)?.trim().to_owned();
    if jiff::tz::TimeZone::get(&timezone).is_err() {
        faults
            .error(zone.span.clone(), format!("`{timezone}` is no known time zone"))
            .expected("as in Europe/Vienna or UTC");
        return None;
    }
    let (from, to) = (from?, to?);
    if from == to {
        faults
            .error(node.span.clone(), "`quiet` begins when it ends")
            .help("a silence is for all day: sla silence add");
        return None;
    }
    Some(Quiet { from, to, timezone })
}

/// Minutes after midnight; 24:00 is the end of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str, length: std::ops::RangeInclusive<usize>| -> Option<u16> {
        let is_number = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    let (hour, minute) = (digits(hour, 1..=2)?, digits(minute, 2..=2)?);
    (minute < 60 && (hour < 24 || (hour, minute) == (24, 0))).then_some((hour * 60 + minute) % 1_440)
}
