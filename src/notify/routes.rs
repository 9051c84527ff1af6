//! Which channels are told of a subject, and whether they must keep still.

use super::observe::Observation;
use super::states::Voice;
use crate::model::{Alert, Instant, Notify, Quiet, Route, Silence};
use jiff::{Timestamp, tz::TimeZone};

/// What routes and silences can go by.
#[derive(Clone, Debug)]
pub(super) struct Labels<'a> {
    agreement: &'a str,
    /// Name, text and indicator; `None` for an agreement as a whole.
    objective: Option<Vec<&'a str>>,
    severity: Option<&'a str>,
    group: &'a [(String, String)],
}

impl<'a> Labels<'a> {
    /// Of what a run looked at.
    pub(super) fn observed(about: &Observation<'a>) -> Labels<'a> {
        let subject = about.result.map(|result| result.about.as_ref());
        let names = |subject: &'a crate::model::Subject| {
            let own = [subject.objective.as_str(), subject.indicator.as_str()];
            own.into_iter().chain(subject.name.as_deref()).collect()
        };
        Labels {
            agreement: &about.agreement.name,
            objective: subject.map(names),
            severity: subject.and_then(|subject| subject.severity.as_deref()),
            group: subject.map_or(&[], |subject| &subject.group),
        }
    }

    /// Of what is remembered.
    pub(super) fn remembered(alert: &'a Alert) -> Labels<'a> {
        Labels {
            agreement: &alert.subject.agreement,
            objective: (!alert.subject.result.is_empty())
                .then(|| alert.names.iter().chain([&alert.promise]).map(String::as_str).collect()),
            severity: alert.severity.as_deref(),
            group: &alert.group,
        }
    }

    /// Whether it has one of the values; `None` where it has nothing of that name.
    fn has(&self, key: &str, values: &[String]) -> Option<bool> {
        let is = |text: &str| values.iter().any(|value| value == text);
        match key {
            "agreement" => Some(is(self.agreement)),
            "severity" => self.severity.map(is),
            "objective" => self.objective.as_ref().map(|names| names.iter().any(|name| is(name))),
            column => self.group.iter().find(|(name, _)| name == column).map(|(_, value)| is(value)),
        }
    }
}

/// The channels that a subject goes to, each once and in the order of the routes, and whether they may be told now: a
/// channel keeps still where every route to it that matches does.
pub(super) fn channels<'a>(notify: &'a Notify, about: &Labels<'_>, now: Instant) -> Vec<(&'a str, Voice)> {
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

/// Until when a subject is silenced; `None` where no silence holds. One that was added while the run was reading, or whose
/// clock was ahead, holds at once.
pub(super) fn silenced(silences: &[Silence], about: &Labels<'_>, now: Instant) -> Option<Instant> {
    let holds = |silence: &&Silence| {
        let is_meant = |(key, values): &(String, Vec<String>)| about.has(key, values).unwrap_or(false);
        now < silence.until && silence.matchers.iter().all(is_meant)
    };
    silences.iter().filter(holds).map(|silence| silence.until).max()
}

/// Of an agreement whose data could not be read nothing is known but its name: all who would hear of some part of it
/// are told.
fn matches(route: &Route, about: &Labels<'_>) -> bool {
    let is_whole = about.objective.is_none();
    route.matchers.iter().all(|(key, values)| about.has(key, values).unwrap_or(is_whole))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-06-08T00:00Z is 1,749,340,800 s after 1970.
    #[test]
    fn quiet_hours() {
        let check = |from: u16, to: u16, timezone: &str, hour: i64, minute: i64, expected: bool| {
            let quiet = Quiet { from: from * 60, to: to * 60, timezone: timezone.into() };
            let now = (1_749_340_800 + hour * 3_600 + minute * 60) * crate::model::NANOS;
            assert_eq!(is_quiet(&quiet, now), expected, "{from}-{to} {timezone} {hour}:{minute}");
        };
        check(22, 6, "UTC", 21, 59, false);
        check(22, 6, "UTC", 22, 0, true);
        check(22, 6, "UTC", 5, 59, true);
        check(22, 6, "UTC", 6, 0, false);
        check(12, 13, "UTC", 12, 30, true);
        check(12, 13, "UTC", 13, 0, false);
        // To the end of the day.
        check(22, 0, "UTC", 23, 59, true);
        check(22, 0, "UTC", 0, 0, false);
        // 20:00 UTC is 22:00 in Vienna in June.
        check(22, 6, "Europe/Vienna", 20, 0, true);
        check(22, 6, "Europe/Vienna", 4, 0, false);
    }
}
