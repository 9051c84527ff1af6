//! When it happened: a square for every hour of every day, or for every hour of a week, or for every day.

use super::scale::civil;
use super::{Figure, LEFT, RIGHT, label};
use crate::model::{Clock, Instant, Nanos, Rational, Subject, Trend, Verdict};
use crate::render::html::definitions;
use crate::render::html::text::place;
use crate::render::moment;
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;
use std::fmt::Write;

const HOUR: Nanos = 3_600_000_000_000;
/// As many days fit side by side.
const DAYS: i64 = 35;
/// As many weeks fit.
const WEEKS: i64 = 54;
const TOP: f64 = 16.0;
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// What happened in one square, over all groups.
#[derive(Clone, Copy, Default)]
struct Square {
    of: u64,
    bad: u64,
}

/// What a row and a column are.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// Columns are days, rows hours.
    DaysByHours,
    /// Columns are hours, rows days of the week.
    WeekByHours,
    /// Columns are weeks, rows days of the week.
    Calendar,
}

/// The chart of one objective over all of its groups; `None` where the time is too short or the slices too long.
pub(crate) fn heatmap(
    about: &Subject,
    trends: &[&Trend],
    slice: Nanos,
    clock: &Clock,
    what: &str,
) -> Option<Figure> {
    let first = trends.iter().filter_map(|trend| trend.points.first()).map(|point| point.from).min()?;
    let last = trends.iter().filter_map(|trend| trend.points.last()).map(|point| point.from).max()?;
    let zone = moment::time_zone(clock);
    let (first, last) = (civil(first, &zone)?, civil(last, &zone)?);
    let days = days_between(first.date(), last.date()) + 1;
    let form = match slice {
        ..=HOUR if (2..=DAYS).contains(&days) => Form::DaysByHours,
        ..=HOUR if days > DAYS => Form::WeekByHours,
        _ if slice == 24 * HOUR && (14..=WEEKS * 7 - 7).contains(&days) => Form::Calendar,
        _ => return None,
    };
    let counts_single = trends
        .iter()
        .flat_map(|trend| &trend.points)
        .all(|point| point.bad.is_some() || point.measured.is_none());
    let mut place_of: BTreeMap<Instant, Option<(i64, i64)>> = BTreeMap::new();
    let mut squares: BTreeMap<(i64, i64), Square> = BTreeMap::new();
    for point in trends.iter().flat_map(|trend| &trend.points) {
        let at = *place_of
            .entry(point.from)
            .or_insert_with(|| civil(point.from, &zone).map(|at| square_of(at, first.date(), form)));
        // What buckets count has no value of its own, and is counted all the same.
        let has_some = point.measured.is_some() || point.bad.is_some() && point.samples > 0;
        let Some(at) = at.filter(|_| has_some) else { continue };
        let square = squares.entry(at).or_default();
        if counts_single {
            square.of += point.samples;
            square.bad += point.bad.unwrap_or(0);
        } else {
            square.of += 1;
            square.bad += u64::from(point.verdict == Verdict::Breached);
        }
    }
    let allowed = if counts_single { allowed_share(about) } else { None };
    let columns = match form {
        Form::DaysByHours => days,
        Form::WeekByHours => 24,
        Form::Calendar => (days_between(monday(first.date()), last.date()) / 7) + 1,
    };
    let rows = if form == Form::DaysByHours { 24 } else { 7 };
    let width = ((RIGHT - LEFT) / columns as f64).min(14.0);
    let height = if rows == 24 { 6.0 } else { 12.0 };
    let mut levels = vec![String::new(); 5];
    for ((column, row), square) in &squares {
        let (x, y) = (LEFT + width * *column as f64, TOP + height * *row as f64);
        let level = level(*square, allowed);
        let _ = write!(
            levels[level],
            "M{} {}h{}v{}h-{}z",
            place(x),
            place(y),
            place(width - 1.0),
            place(height - 1.0),
            place(width - 1.0)
        );
    }
    let mut drawing = String::new();
    for (level, path) in levels.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
        let _ = write!(drawing, "<path class=\"h{level}\" d=\"{path}\"/>");
    }
    let bottom = TOP + height * f64::from(rows);
    axes(&mut drawing, form, first.date(), columns, width, height);
    let words = legend(&mut drawing, bottom + 12.0, allowed);
    let (title, description) = match form {
        Form::DaysByHours => ("by day and hour", "columns are days, rows are hours of the day"),
        Form::WeekByHours => {
            ("by weekday and hour", "rows are days of the week, columns hours; all weeks together")
        }
        Form::Calendar => ("by day", "columns are weeks, rows are days of the week"),
    };
    let unit =
        if counts_single { "share that missed the promise" } else { "share of slices beyond the target" };
    Some(Figure {
        title: format!("{what} {title}"),
        description: format!("When {what} was worse or better: {description}; the {unit}."),
        height: bottom + 30.0,
        drawing,
        caption: format!("All groups together: the {unit} ({words})."),
        table: table(&squares, form, first.date()),
    })
}

/// The share of requests that may miss the promise, where single ones can.
fn allowed_share(about: &Subject) -> Option<f64> {
    if let Some(percent) = definitions::percent(&about.indicator) {
        return Some(1.0 - percent.parse::<f64>().ok()? / 100.0);
    }
    let target = about.target.value;
    if about.target.dimension != crate::model::Dimension::Ratio {
        return None;
    }
    let allowed = if about.comparison.wants_small() { target } else { Rational::ONE.minus(target)? };
    Some(allowed.to_f64())
}

/// How bad a square is, from 0 to 4.
fn level(square: Square, allowed: Option<f64>) -> usize {
    if square.bad == 0 {
        return 0;
    }
    let share = square.bad as f64 / square.of.max(1) as f64;
    let limits = match allowed {
        Some(allowed) => [allowed / 2.0, allowed, allowed * 2.0],
        None => [0.05, 0.2, 0.5],
    };
    1 + limits.iter().filter(|limit| share > **limit).count()
}

/// Boxes with what their shade means; returns the same in words.
fn legend(drawing: &mut String, y: f64, allowed: Option<f64>) -> String {
    let percent = |share: f64| {
        let text = format!("{:.3}", share * 100.0);
        format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
    };
    let texts = match allowed {
        Some(allowed) => [
            "none".to_owned(),
            "≤ half".to_owned(),
            format!("≤ {} allowed", percent(allowed)),
            "≤ twice".to_owned(),
            "more".to_owned(),
        ],
        None => [
            "none".to_owned(),
            "≤ 5 %".to_owned(),
            "≤ 20 %".to_owned(),
            "≤ 50 %".to_owned(),
            "more".to_owned(),
        ],
    };
    let mut x = LEFT;
    for (level, text) in texts.iter().enumerate() {
        let _ = write!(drawing, "<path class=\"h{level}\" d=\"M{} {}h8v8h-8z\"/>", place(x), place(y));
        drawing.push_str(&label(x + 11.0, y + 8.0, "", text));
        x += 22.0 + 5.6 * text.chars().count() as f64;
    }
    format!("shades: {}", texts.join(", "))
}

fn axes(drawing: &mut String, form: Form, first: Date, columns: i64, width: f64, height: f64) {
    match form {
        Form::DaysByHours => {
            for hour in [0, 6, 12, 18] {
                drawing.push_str(&label(
                    LEFT - 5.0,
                    TOP + height * f64::from(hour) + 6.0,
                    "e",
                    &format!("{hour:02}:00"),
                ));
            }
            let every = ((columns + 5) / 6).max((36.0 / width).ceil() as i64);
            for column in (0..columns).step_by(every.max(1) as usize) {
                let day = first.checked_add(jiff::Span::new().days(column)).unwrap_or(first);
                drawing.push_str(&label(
                    LEFT + width * column as f64,
                    TOP - 5.0,
                    "",
                    &day.strftime("%-d %b").to_string(),
                ));
            }
        }
        Form::WeekByHours => {
            weekdays(drawing, height);
            for hour in (0..24).step_by(6) {
                drawing.push_str(&label(
                    LEFT + width * f64::from(hour),
                    TOP - 5.0,
                    "",
                    &format!("{hour:02}:00"),
                ));
            }
        }
        Form::Calendar => {
            weekdays(drawing, height);
            let mut free = 0.0;
            for column in 0..columns {
                let Ok(day) = monday(first).checked_add(jiff::Span::new().days(column * 7)) else { continue };
                let x = LEFT + width * column as f64;
                if day.day() <= 7 && x >= free {
                    let text = day.strftime(if day.month() == 1 { "%b %Y" } else { "%b" }).to_string();
                    free = x + 7.0 * text.len() as f64;
                    drawing.push_str(&label(x, TOP - 5.0, "", &text));
                }
            }
        }
    }
}

fn weekdays(drawing: &mut String, height: f64) {
    for (row, name) in WEEKDAYS.iter().enumerate() {
        drawing.push_str(&label(LEFT - 5.0, TOP + height * row as f64 + 9.0, "e", name));
    }
}

/// Column and row of a slice.
fn square_of(at: DateTime, first: Date, form: Form) -> (i64, i64) {
    let weekday = i64::from(at.weekday().to_monday_zero_offset());
    match form {
        Form::DaysByHours => (days_between(first, at.date()), i64::from(at.hour())),
        Form::WeekByHours => (i64::from(at.hour()), weekday),
        Form::Calendar => (days_between(monday(first), at.date()) / 7, weekday),
    }
}

fn table(squares: &BTreeMap<(i64, i64), Square>, form: Form, first: Date) -> Vec<Vec<String>> {
    let mut rows = vec![["when", "missed", "of"].map(str::to_owned).to_vec()];
    let day =
        |from: Date, days: i64| from.checked_add(jiff::Span::new().days(days)).unwrap_or(from).to_string();
    rows.extend(squares.iter().filter(|(_, square)| square.bad > 0).map(|((column, row), square)| {
        let when = match form {
            Form::DaysByHours => format!("{} {row:02}:00", day(first, *column)),
            Form::WeekByHours => format!("{} {column:02}:00", WEEKDAYS.get(*row as usize).unwrap_or(&"")),
            Form::Calendar => day(monday(first), column * 7 + row),
        };
        vec![when, crate::model::display::count(square.bad), crate::model::display::count(square.of)]
    }));
    rows
}

fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(jiff::Span::new().days(back)).unwrap_or(day)
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_follow_the_promise() {
        let check = |bad, of, allowed, expected| assert_eq!(level(Square { of, bad }, allowed), expected);
        // 5 % allowed: none, up to half of it, up to all of it, up to twice as much, more.
        for (bad, expected) in [(0, 0), (2, 1), (5, 2), (10, 3), (11, 4)] {
            check(bad, 100, Some(0.05), expected);
        }
        // Nothing allowed: any is too many.
        check(1, 1_000_000, Some(0.0), 4);
    }

    #[test]
    fn squares() {
        let first = jiff::civil::date(2025, 6, 4);
        let at = jiff::civil::date(2025, 6, 9).at(13, 30, 0, 0);
        // 4 June 2025 is a Wednesday, the 9th the Monday after.
        assert_eq!(square_of(at, first, Form::DaysByHours), (5, 13));
        assert_eq!(square_of(at, first, Form::WeekByHours), (13, 0));
        assert_eq!(square_of(at, first, Form::Calendar), (1, 0));
    }
}
