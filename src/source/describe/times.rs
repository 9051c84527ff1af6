//! How the times of a column are written: as said, or proved by its cells.

use super::FileLayout;
use super::order::{Proof, search};
use super::sample::{Facts, Row, Seen};
use crate::model::{Clock, DateOrder, NANOS, Offsets, TimeFormat, TimeLayout};
use crate::plan::is_blank;
use crate::source::Opened;
use crate::source::cell::TimeReader;
use crate::source::error::SourceError;

/// The nanoseconds of one unit of an epoch number, by its magnitude: the years 1990 to 2100 in s, ms, µs and ns do
/// not overlap. `None` where it is in none of them.
pub(super) fn epoch_unit(value: i128) -> Option<i64> {
    /// 1990-01-01T00:00Z and 2100-01-01T00:00Z in seconds.
    const PLAUSIBLE: std::ops::Range<i128> = 631_152_000..4_102_444_800;
    [(NANOS, 1), (1_000_000, 1_000), (1_000, 1_000_000), (1, 1_000_000_000)]
        .into_iter()
        .find(|(_, per_second)| (PLAUSIBLE.start * per_second..PLAUSIBLE.end * per_second).contains(&value))
        .map(|(unit, _)| unit)
}

/// The name of an epoch's unit.
pub(super) fn epoch_name(nanos: i64) -> &'static str {
    match nanos {
        1 => "ns",
        1_000 => "us",
        1_000_000 => "ms",
        _ => "s",
    }
}

/// `12:30`, `07:56:01`: a time of day without a date.
pub(super) fn is_time_of_day(text: &[u8]) -> bool {
    matches!(text, [h, b':', m, ..] | [h, _, b':', m, ..] if h.is_ascii_digit() && m.is_ascii_digit())
}

/// A format, and what to say about it.
pub(super) struct Recognised {
    pub(super) format: TimeFormat,
    /// A fragment: `day-first: 31-05-2025 on line 24`.
    pub(super) proof: Option<String>,
}

/// What a search through all of the inputs needs.
pub(super) struct Inputs<'a> {
    pub(super) opened: &'a [Opened],
    pub(super) layouts: &'a [FileLayout],
}

/// The format that was said. The sample must fit it.
pub(super) fn said(
    header: &str,
    format: &str,
    zone: Option<String>,
    cells: &[Row<'_>],
    at: usize,
    inputs: &Inputs<'_>,
) -> Result<TimeFormat, SourceError> {
    let layout = said_layout(format).map_err(|message| SourceError::Mapping { message })?;
    let offsets = match &layout {
        TimeLayout::Pattern(pattern) if names_offset(pattern) => Offsets::Always,
        _ => Offsets::Never,
    };
    let needless = matches!(layout, TimeLayout::Epoch(_)) || offsets == Offsets::Always;
    let zone = if needless { None } else { zone };
    let format_said = TimeFormat { layout, zone, offsets };
    let reader = TimeReader::new(&format_said).map_err(|message| SourceError::Mapping { message })?;
    let mut filled = cells.iter().filter(|row| !is_blank(&row.cells[at])).peekable();
    let first =
        filled.peek().map(|row| (row.file, row.line, String::from_utf8_lossy(&row.cells[at]).into_owned()));
    match first {
        Some((file, line, text)) if !filled.any(|row| reader.read(&row.cells[at]).is_ok()) => {
            Err(SourceError::unclear(
                &inputs.opened[file].name,
                Some(line),
                format!(
                    "{header} is {text:?}, which the time format {format:?} does not fit; nor do the others"
                ),
            ))
        }
        _ => Ok(format_said),
    }
}

/// `epoch ms` or a strptime pattern.
fn said_layout(format: &str) -> Result<TimeLayout, String> {
    let words: Vec<&str> = format.split_whitespace().collect();
    match words.as_slice() {
        ["epoch", unit] => match *unit {
            "s" => Ok(TimeLayout::Epoch(NANOS)),
            "ms" => Ok(TimeLayout::Epoch(1_000_000)),
            "us" | "µs" | "μs" => Ok(TimeLayout::Epoch(1_000)),
            "ns" => Ok(TimeLayout::Epoch(1)),
            _ => Err(format!(
                "the time format {format:?} has no known unit; say `epoch s`, `ms`, `us` or `ns`"
            )),
        },
        ["epoch"] => {
            Err("the time format \"epoch\" needs a unit; say `epoch s`, `ms`, `us` or `ns`".to_owned())
        }
        ["%s"] => Ok(TimeLayout::Epoch(NANOS)),
        _ if format.contains('%') => Ok(TimeLayout::Pattern(format.to_owned())),
        _ => Err(format!(
            "the time format {format:?} is none; write it like `%d-%m-%Y %H:%M`, or `epoch s|ms|us|ns`"
        )),
    }
}

/// Whether a strptime pattern reads an offset (`%z`, `%:z`) or counts from one (`%s`).
fn names_offset(pattern: &str) -> bool {
    let mut directives = pattern.replace("%%", "");
    directives.retain(|character| character != ':');
    directives.contains("%z") || directives.contains("%s")
}

/// The format that most of a column's cells have.
pub(super) fn recognise(
    header: &str,
    facts: &Facts,
    at: usize,
    zone: Option<String>,
    inputs: Option<&Inputs<'_>>,
) -> Result<Recognised, SourceError> {
    if let (Some(unit), false) = (facts.epoch(), facts.mostly_times()) {
        let format = TimeFormat { layout: TimeLayout::Epoch(unit), zone: None, offsets: Offsets::Never };
        let proof = facts
            .bare
            .as_ref()
            .map(|seen| format!("in {} since 1970: {} on line {}", epoch_name(unit), seen.text, seen.line));
        return Ok(Recognised { format, proof });
    }
    // A zone that was said is for cells without an offset; where every cell has one, one without is a fault.
    let all = facts.with_offset == facts.times();
    let (offsets, zone) = match zone {
        Some(_) if all && facts.times() > 0 => (Offsets::Always, None),
        Some(zone) => (Offsets::Never, Some(zone)),
        None if facts.with_offset * 2 > facts.times() => (Offsets::Always, None),
        None => (Offsets::Never, None),
    };
    if facts.year_last <= facts.year_first {
        let format = TimeFormat { layout: TimeLayout::YearFirst, zone, offsets };
        return Ok(Recognised { format, proof: None });
    }
    let (order, proof) = order(header, facts, at, inputs)?;
    Ok(Recognised { format: TimeFormat { layout: TimeLayout::YearLast(order), zone, offsets }, proof })
}

fn order(
    header: &str,
    facts: &Facts,
    at: usize,
    inputs: Option<&Inputs<'_>>,
) -> Result<(DateOrder, Option<String>), SourceError> {
    let several = inputs.is_some_and(|inputs| inputs.opened.len() > 1);
    let place = |seen: &Seen| match inputs {
        Some(inputs) if several => {
            format!("{} on line {} of {}", date(seen), seen.line, inputs.opened[seen.file].name)
        }
        _ => format!("{} on line {}", date(seen), seen.line),
    };
    let found = match (&facts.day_first, &facts.month_first, inputs) {
        (Some(day), Some(month), _) => {
            let message = format!(
                "{header} has dates with the day first ({}) and with the month first ({}); write them all one way",
                place(day),
                place(month)
            );
            return Ok((DateOrder::Unsettled(message), None));
        }
        (Some(day), None, _) => Some(Proof::DayFirst(day.clone())),
        (None, Some(month), _) => Some(Proof::MonthFirst(month.clone())),
        (None, None, Some(inputs)) => search(inputs.opened, inputs.layouts, at)?,
        (None, None, None) => None,
    };
    Ok(match found {
        Some(Proof::DayFirst(seen)) => (DateOrder::DayFirst, Some(format!("day-first: {}", place(&seen)))),
        Some(Proof::MonthFirst(seen)) => {
            (DateOrder::MonthFirst, Some(format!("month-first: {}", place(&seen))))
        }
        None => {
            let (example, tail) = match &facts.first_time {
                Some(seen) => (place(seen), pattern_after_date(seen)),
                None => (String::new(), String::new()),
            };
            let separator =
                facts.first_time.as_ref().and_then(|seen| seen.text.chars().find(|c| !c.is_numeric()));
            let by = separator.unwrap_or('-');
            let message = format!(
                "{header} may have the day or the month first ({example} fits both, as does all that was looked at); \
                 say --time-format '%d{by}%m{by}%Y{tail}' or '%m{by}%d{by}%Y{tail}', as the data has it"
            );
            (DateOrder::Unsettled(message), None)
        }
    })
}

/// The date of a cell, without its time of day.
fn date(seen: &Seen) -> &str {
    seen.text.split([' ', 'T', 't']).next().unwrap_or_default()
}

/// The directives for what follows a date.
fn pattern_after_date(seen: &Seen) -> String {
    let after = &seen.text[date(seen).len()..];
    let start = if after.starts_with(['T', 't']) { "T" } else { " " };
    let lower = after.to_ascii_lowercase();
    let (hour, half) = if lower.contains("am") || lower.contains("pm") { ("%I", " %p") } else { ("%H", "") };
    match after.matches(':').count() {
        0 => String::new(),
        1 => format!("{start}{hour}:%M{half}"),
        _ if after.contains(['.', ',']) => format!("{start}{hour}:%M:%S%.f{half}"),
        _ => format!("{start}{hour}:%M:%S{half}"),
    }
}

/// What the instants of a column mean.
pub(super) fn clock(format: &TimeFormat, zone: Option<String>) -> Clock {
    match (&format.layout, format.offsets, &format.zone) {
        (TimeLayout::Epoch(_), ..) | (_, Offsets::Always, _) => {
            Clock::Zoned(zone.unwrap_or_else(|| "UTC".to_owned()))
        }
        (_, Offsets::Never, Some(zone)) => Clock::Zoned(zone.clone()),
        (_, Offsets::Never, None) => Clock::Naive,
    }
}

/// What is wrong with a zone that was said.
pub(super) fn bad_zone(zone: Option<&str>) -> Option<String> {
    let format =
        TimeFormat { layout: TimeLayout::YearFirst, zone: zone.map(str::to_owned), offsets: Offsets::Never };
    TimeReader::new(&format).err()
}
