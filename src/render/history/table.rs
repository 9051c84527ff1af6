//! For people: a block per series, a row per period, or per month where there are many periods.

use super::super::table::coloured;
use super::super::text::{left, right, visible, width, wrap};
use super::super::{Colour, figure, moment};
use super::sparkline::{bounds, sparkline, worst};
use crate::model::{Clock, NANOS, Rational, Series, SeriesPoint, Verdict};
use std::fmt::Write;

/// A series with more periods than that has a row per month.
const MOST_ROWS: usize = 24;
const HEADERS: [&str; 5] = ["PERIOD", "VERDICT", "MEASURED", "TARGET", "RUN"];
const PERIOD: usize = 0;
const VERDICT: usize = 1;
const MEASURED: usize = 2;
const TARGET: usize = 3;
const RUN: usize = 4;
const GAP: &str = "  ";
/// A cell takes at most so many lines.
const MOST_LINES: usize = 4;

/// How it is to look.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether verdicts are coloured.
    pub colour: Colour,
}

/// One or more periods.
struct Row {
    verdict: Verdict,
    cells: [String; 5],
    trend: Vec<Option<Rational>>,
}

/// The series as text, with a line end.
pub fn render(series: &[Series], options: &Options) -> String {
    let blocks: Vec<Vec<Row>> = series.iter().map(|series| rows(&series.points)).collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let cells = blocks.iter().flatten().map(|row| width(&row.cells[column]));
        cells.chain([width(HEADERS[column])]).max().unwrap_or(0)
    });
    let widths = fitted(widths, options.width);
    let mut page = String::new();
    let mut agreement = None;
    for (series, rows) in series.iter().zip(&blocks) {
        let Some(last) = series.points.last() else { continue };
        let named = (&series.agreement, &series.scope);
        if agreement != Some(named) {
            let heading: Vec<&str> =
                std::iter::once(&series.agreement).chain(&series.scope).map(String::as_str).collect();
            if agreement.is_some() {
                page.push('\n');
            }
            lines(&mut page, &heading.join(" "), 0, options);
            let header = line(&HEADERS.map(str::to_owned), &widths, None);
            let _ = writeln!(page, "  {}", header.trim_end());
            agreement = Some(named);
        }
        let values: Vec<Option<Rational>> = series.points.iter().map(value).collect();
        let all = bounds(values.iter().copied().flatten());
        let title = format!("{}{}", group(last), last.about.name.as_ref().unwrap_or(&last.about.objective));
        let title = visible(&title);
        let comparison = last.about.comparison;
        let room = options.width.saturating_sub(width(&title) + GAP.len());
        match all.filter(|_| values.len() > 1 && room >= 4) {
            Some(all) => {
                let _ = writeln!(page, "{title}{GAP}{}", sparkline(&values, all, comparison, room));
            }
            None => lines(&mut page, &title, 0, options),
        }
        for row in rows {
            let (first, rest) = folded(&row.cells, &widths);
            let mut text = format!("  {}", line(&first, &widths, Some((row.verdict, options.colour))));
            let used = 2 + widths.iter().sum::<usize>() + GAP.len() * widths.len();
            let room = options.width.saturating_sub(used);
            if let Some(all) = all.filter(|_| row.trend.len() > 1 && room >= 4) {
                text.push_str(&sparkline(&row.trend, all, comparison, room));
            }
            let _ = writeln!(page, "{}", text.trim_end());
            for cells in rest {
                let _ = writeln!(page, "  {}", line(&cells, &widths, None).trim_end());
            }
        }
    }
    if blocks.iter().flatten().any(|row| row.trend.len() > 1) {
        lines(
            &mut page,
            "\nA row per month: its worst value, how many of its periods have that verdict, and its trend.",
            0,
            options,
        );
    }
    page
}

/// Columns that fit: in a narrow terminal targets and periods take several lines.
fn fitted(mut widths: [usize; 5], columns: usize) -> [usize; 5] {
    for (column, least) in [(PERIOD, "2025-06-01 18:00".len()), (TARGET, 12), (PERIOD, "2025-06-01".len())] {
        let used = 2 + widths.iter().sum::<usize>() + GAP.len() * (widths.len() - 1);
        let over = used.saturating_sub(columns);
        widths[column] = widths[column].saturating_sub(over).max(widths[column].min(least));
    }
    widths
}

/// The cells of a row in its first line, and what is left of them in those below it.
fn folded(cells: &[String; 5], widths: &[usize; 5]) -> ([String; 5], Vec<[String; 5]>) {
    let mut folded: [std::vec::IntoIter<String>; 5] = std::array::from_fn(|column| {
        let lines = match column {
            PERIOD | TARGET => wrap(&cells[column], widths[column], MOST_LINES),
            _ => vec![cells[column].clone()],
        };
        lines.into_iter()
    });
    let height = folded.iter().map(ExactSizeIterator::len).max().unwrap_or(1);
    let mut next = || std::array::from_fn(|column| folded[column].next().unwrap_or_default());
    let first = next();
    (first, (1..height).map(|_| next()).collect())
}

fn lines(page: &mut String, text: &str, indent: usize, options: &Options) {
    if let Some(rest) = text.strip_prefix('\n') {
        page.push('\n');
        return lines(page, rest, indent, options);
    }
    for line in wrap(&visible(text), options.width.saturating_sub(indent), 6) {
        let _ = writeln!(page, "{}{line}", " ".repeat(indent));
    }
}

fn line(cells: &[String; 5], widths: &[usize; 5], colour: Option<(Verdict, Colour)>) -> String {
    let mut line = String::new();
    for (column, cell) in cells.iter().enumerate() {
        let filled = if matches!(column, MEASURED | RUN) {
            right(cell, widths[column])
        } else {
            left(cell, widths[column])
        };
        match colour {
            Some((verdict, colour)) if column == VERDICT => {
                line.push_str(&coloured(verdict, cell, colour));
                line.push_str(&filled[cell.len()..]);
            }
            _ => line.push_str(&filled),
        }
        line.push_str(GAP);
    }
    line
}

/// `checkout, eu: `
fn group(point: &SeriesPoint) -> String {
    let values: Vec<&str> = point.about.group.iter().map(|(_, value)| value.as_str()).collect();
    if values.is_empty() { String::new() } else { format!("{}: ", values.join(", ")) }
}

fn value(point: &SeriesPoint) -> Option<Rational> {
    point.measured.map(|measured| measured.value)
}

fn rows(points: &[SeriesPoint]) -> Vec<Row> {
    if points.len() <= MOST_ROWS {
        // Of several answers about one day the hours tell which is which.
        let days: Vec<String> = points.iter().map(period).collect();
        let label = |(point, day): (&SeriesPoint, &String)| match (point.period.from, point.span) {
            (None, Some((first, last))) if days.iter().filter(|other| *other == day).count() > 1 => {
                let (first, last) = (moment::minute(first, &point.clock), moment::minute(last, &point.clock));
                let end = if last.get(..10) == first.get(..10) { last.get(11..16) } else { last.get(..16) };
                format!("{} to {}", first.get(..16).unwrap_or(&first), end.unwrap_or(&last))
            }
            _ => day.clone(),
        };
        return points
            .iter()
            .zip(&days)
            .map(|(point, day)| row(label((point, day)), std::slice::from_ref(point)))
            .collect();
    }
    points.chunk_by(|a, b| a.month == b.month).map(|points| row(points[0].month.clone(), points)).collect()
}

/// Some periods as one row: the worst verdict, and the worst value of those that have it.
fn row(period: String, points: &[SeriesPoint]) -> Row {
    let verdict = points.iter().map(|point| point.verdict).max().unwrap_or(Verdict::Undecided);
    let of_verdict = || points.iter().filter(|point| point.verdict == verdict);
    let comparison = points[0].about.comparison;
    let worst = worst(of_verdict().filter_map(value), comparison);
    let shown = of_verdict().find(|point| worst.is_some() && value(point) == worst);
    let told = shown.or(of_verdict().next()).unwrap_or(&points[0]);
    let measured = shown.and_then(|point| point.measured.as_ref()).map_or("-".to_owned(), |measured| {
        figure::measured(measured, &told.about.target, told.about.prefer.as_ref())
    });
    let count =
        if points.len() > 1 { format!(" {}/{}", of_verdict().count(), points.len()) } else { String::new() };
    let target = match told.about.target_text.trim_start().chars().next() {
        Some('<' | '>' | '=') => told.about.target_text.clone(),
        _ => format!("{} {}", told.about.comparison.symbol(), told.about.target_text),
    };
    Row {
        verdict,
        cells: [
            period,
            format!("{}{count}", verdict.word()),
            measured,
            visible(&target).into_owned(),
            told.run.to_string(),
        ],
        trend: points.iter().map(value).collect(),
    }
}

/// `2025-06-01`, `2025-06-01 12:00 (part)`; of `period: all` what its data covers, or else when it was checked.
fn period(point: &SeriesPoint) -> String {
    let day = |instant| moment::human(instant, &point.clock).chars().take(10).collect::<String>();
    match (point.period.from, point.span) {
        (Some(from), _) => {
            let days = point.period.to.is_some_and(|to| to.saturating_sub(from) >= 86_400 * NANOS);
            let shown = if days { moment::short } else { moment::human };
            let part = if point.period.complete { "" } else { " (part)" };
            format!("{}{part}", shown(from, &point.clock))
        }
        (None, Some((first, last))) if day(first) == day(last) => day(first),
        (None, Some((first, last))) => format!("{} to {}", day(first), day(last)),
        (None, None) => {
            format!("checked {}", moment::minute(point.now, &Clock::Zoned("UTC".to_owned())))
        }
    }
}
