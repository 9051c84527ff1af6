//! How the times of a column are written, proved by its cells.

use super::sample::Facts;
use crate::model::{DateOrder, Offsets, TimeFormat, TimeLayout};

/// The nanoseconds of one unit of an epoch number, by its magnitude: the years 1990 to 2100 in s, ms, µs and ns do
/// not overlap. `None` where it is in none of them.
pub(super) fn epoch_unit(value: i128) -> Option<i64> {
    /// 1990-01-01T00:00Z and 2100-01-01T00:00Z in seconds.
    const PLAUSIBLE: std::ops::Range<i128> = 631_152_000..4_102_444_800;
    [(1_000_000_000, 1), (1_000_000, 1_000), (1_000, 1_000_000), (1, 1_000_000_000)]
        .into_iter()
        .find(|(_, per_second)| PLAUSIBLE.contains(&(value / per_second)))
        .map(|(unit, _)| unit)
}

/// `12:30`, `07:56:01`: a time of day without a date.
pub(super) fn is_time_of_day(text: &[u8]) -> bool {
    matches!(text, [h, b':', ..] | [h, _, b':', ..] if h.is_ascii_digit()) && text.len() >= 4
}

/// The format that most of a column's times have.
pub(super) fn format(facts: &Facts, header: &str, zone: Option<String>) -> TimeFormat {
    if let (Some(unit), false) = (facts.epoch(), facts.mostly_times()) {
        return TimeFormat { layout: TimeLayout::Epoch(unit), zone: None, offsets: Offsets::Never };
    }
    let offsets = if facts.with_offset * 2 > facts.times() { Offsets::Always } else { Offsets::Never };
    let layout = if facts.year_last > facts.year_first {
        TimeLayout::YearLast(order(facts, header))
    } else {
        TimeLayout::YearFirst
    };
    TimeFormat { layout, zone, offsets }
}

fn order(facts: &Facts, header: &str) -> DateOrder {
    match (&facts.day_first, &facts.month_first) {
        (Some(_), None) => DateOrder::DayFirst,
        (None, Some(_)) => DateOrder::MonthFirst,
        (Some(day), Some(month)) => DateOrder::Unsettled(format!(
            "{header} has dates with the day first ({}, line {}) and with the month first ({}, line {}); write them one \
             way",
            day.text, day.line, month.text, month.line
        )),
        (None, None) => {
            let example = facts.first_time.as_ref().map_or("", |seen| seen.text.as_str());
            DateOrder::Unsettled(format!(
                "{header} may have the day or the month first ({example} fits both); say \
                 `--time-format '%d-%m-%Y %H:%M'` or `'%m-%d-%Y %H:%M'`"
            ))
        }
    }
}
