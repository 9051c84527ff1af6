//! `sla schedule next`: the times to come, on the clock of each entry's zone.

use super::super::Outcome;
use super::super::terminal;
use super::arguments::ScheduleArguments;
use super::jobs;
use crate::config::DEFAULT_ZONE;
use crate::model::{Cadence, Instant};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// Prints `count` times of every entry.
pub(super) fn next(arguments: &ScheduleArguments, count: usize, now: Instant) -> Outcome {
    let mut text = String::new();
    for (at, (entry, schedule)) in jobs::times(arguments)?.into_iter().enumerate() {
        let zone = match &entry.cadence {
            Cadence::Cron { zone, .. } => zone,
            Cadence::Every { .. } => DEFAULT_ZONE,
        };
        let clock = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let cadence = entry.cadence.to_string();
        let gap = if at == 0 { "" } else { "\n" };
        let named = if entry.name == cadence { cadence } else { format!("{}: {cadence}", entry.name) };
        let _ = writeln!(text, "{gap}{named}");
        let times = std::iter::successors(schedule.next_after(now), |at| schedule.next_after(*at));
        let mut shown = 0;
        for time in times.take(count) {
            let Ok(time) = Timestamp::from_nanosecond(i128::from(time)) else { break };
            let time = time.to_zoned(clock.clone());
            let _ = writeln!(text, "  {} {zone}", time.strftime("%a %Y-%m-%d %H:%M:%S %:z"));
            shown += 1;
        }
        if shown < count {
            let _ = writeln!(text, "  and no other");
        }
    }
    Ok(terminal::answer(&text))
}
