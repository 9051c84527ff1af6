//! Which channels are told of a subject, and whether they must keep still.

use super::observe::Observation;
use super::states::Voice;
use crate::model::{Instant, Notify, Quiet, Route, Silence};
use jiff::{Timestamp, tz::TimeZone};

/// The channels that a subject goes to, each once and in the order of the routes, and whether they may be told now: a
/// channel keeps still where every route to it that matches does.
pub(super) fn channels<'a>(
    notify: &'a Notify,
    about: &Observation<'_>,
    now: Instant,
) -> Vec<(&'a str, Voice)> {
    let mut found: Vec<(&str, Voice)> = Vec::new();
    for route in notify.routes.iter().filter(|route| matches(route, about)) {
        let voice = match &route.quiet {
            Some(quiet) if is_quiet(quiet, now) => Voice::Still,
            _ => Voice::Speaks,
        };
        for channel in &route.to {
            match found.iter_mut().find(|(known, _)| known == channel) {
                Some((_, known)) if voice == Voice::Speaks => *known = voice,
                Some(_) => {}
                None => found.push((channel, voice)),
            }
        }
    }
    found
}

/// Whether a silence holds for a subject.
pub(super) fn is_silenced(silences: &[Silence], about: &Observation<'_>, now: Instant) -> bool {
    let holds = |silence: &&Silence| now < silence.until && silence.from <= now;
    silences
        .iter()
        .filter(holds)
        .any(|silence| silence.matchers.iter().all(|(key, values)| has(about, key, values).unwrap_or(false)))
}

/// Of an agreement whose data could not be read nothing is known but its name: all who would hear of some part of it
/// are told.
fn matches(route: &Route, about: &Observation<'_>) -> bool {
    route.matchers.iter().all(|(key, values)| has(about, key, values).unwrap_or(about.result.is_none()))
}

/// Whether a subject has one of the values; `None` where it has nothing of that name.
fn has(about: &Observation<'_>, key: &str, values: &[String]) -> Option<bool> {
    let is = |text: &str| values.iter().any(|value| value == text);
    if key == "agreement" {
        return Some(is(&about.agreement.name));
    }
    let subject = &about.result?.about;
    match key {
        "severity" => subject.severity.as_deref().map(is),
        "objective" => {
            Some(is(&subject.objective) || is(&subject.indicator) || subject.name.as_deref().is_some_and(is))
        }
        column => subject.group.iter().find(|(name, _)| name == column).map(|(_, value)| is(value)),
    }
}

/// Whether an instant lies in the quiet hours of its day.
pub fn is_quiet(quiet: &Quiet, now: Instant) -> bool {
    // Both were looked at when the project file was read.
    let Ok(zone) = TimeZone::get(&quiet.timezone) else { return false };
    let Ok(now) = Timestamp::from_nanosecond(i128::from(now)) else { return false };
    let time = now.to_zoned(zone).time();
    let minute = u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
    if quiet.from <= quiet.to {
        (quiet.from..quiet.to).contains(&minute)
    } else {
        minute >= quiet.from || minute < quiet.to
    }
}
