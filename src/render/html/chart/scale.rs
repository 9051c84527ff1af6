//! From values to places on a chart: linear axes with ticks at round numbers, and axes of time with ticks at round
//! times of the input's clock.

use crate::model::{Clock, Dimension, Instant, display};
use crate::render::moment;
use jiff::{Span, Timestamp, ToSpan, civil::DateTime, tz::TimeZone};

/// A stretch of values over a stretch of the drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linear {
    pub(super) from: f64,
    pub(super) to: f64,
    /// Where `from` lies.
    pub(super) start: f64,
    /// Where `to` lies.
    pub(super) end: f64,
}

impl Linear {
    pub(super) fn at(&self, value: f64) -> f64 {
        if self.to <= self.from {
            return self.start;
        }
        self.start + (value - self.from) / (self.to - self.from) * (self.end - self.start)
    }
}

/// Multiples of 1, 2 or 5 times a power of ten, about `most` of them, that lie in the stretch; and their step.
pub(super) fn round_ticks(from: f64, to: f64, most: usize) -> (Vec<f64>, f64) {
    let span = to - from;
    if !(span.is_finite() && span > 0.0) {
        return (vec![from], 1.0);
    }
    let wanted = span / most.max(1) as f64;
    let mut power = 1.0;
    while power > wanted {
        power /= 10.0;
    }
    while power * 10.0 <= wanted {
        power *= 10.0;
    }
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|factor| factor * power).find(|step| *step >= wanted);
    let step = step.unwrap_or(power * 10.0);
    let slack = step * 1e-9;
    let first = ((from - slack) / step).ceil();
    let count = ((to + slack) / step).floor() - first;
    ((0..=count.clamp(0.0, 100.0) as i64).map(|index| (first + index as f64) * step).collect(), step)
}

/// How the numbers of an axis are written: all of them in one unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    /// Shown = base units × this.
    pub(super) factor: f64,
    suffix: &'static str,
}

impl Numbers {
    /// The unit that suits the largest number of the axis.
    pub(super) fn of(dimension: Dimension, largest: f64) -> Numbers {
        let steps: &[(f64, f64, &'static str)] = match dimension {
            Dimension::Duration => &[
                (172_800.0, 1.0 / 86_400.0, " d"),
                (7_200.0, 1.0 / 3_600.0, " h"),
                (120.0, 1.0 / 60.0, " min"),
                (2.0, 1.0, " s"),
                (0.002, 1e3, " ms"),
                (0.0, 1e6, " µs"),
            ],
            Dimension::Size => &[
                (1e12, 1e-12, " TB"),
                (1e9, 1e-9, " GB"),
                (1e6, 1e-6, " MB"),
                (1e3, 1e-3, " kB"),
                (0.0, 1.0, " B"),
            ],
            Dimension::Ratio => &[(0.0, 100.0, " %")],
            Dimension::Plain => &[(0.0, 1.0, "")],
            Dimension::Rate => &[(1.0, 1.0, "/s"), (0.0, 60.0, "/min")],
        };
        let (_, factor, suffix) =
            steps.iter().find(|(least, ..)| largest.abs() >= *least).unwrap_or(&steps[steps.len() - 1]);
        Numbers { factor: *factor, suffix }
    }

    /// A tick, with the decimals that its step has.
    pub(super) fn tick(&self, scaled: f64, step: f64) -> String {
        let mut decimals = 0;
        let mut rest = step;
        while decimals < 9 && (rest - rest.round()).abs() > 1e-6 * rest {
            rest *= 10.0;
            decimals += 1;
        }
        let text = format!("{:.decimals$}", scaled.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole.parse::<i64>().map_or(whole.to_owned(), display::count);
        let point = if fraction.is_empty() { "" } else { "." };
        let sign =
            if scaled < 0.0 && text.bytes().any(|b| b.is_ascii_digit() && b != b'0') { "−" } else { "" };
        format!("{sign}{whole}{point}{fraction}{}", self.suffix)
    }
}

/// A point on an axis of time, with its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimeTick {
    pub(super) at: Instant,
    pub(super) label: String,
}

/// Steps of an axis of time, and how a tick is written.
const TIME_STEPS: [(i64, Step); 19] = [
    (1, Step::Seconds(1)),
    (10, Step::Seconds(10)),
    (60, Step::Seconds(60)),
    (300, Step::Seconds(300)),
    (900, Step::Seconds(900)),
    (1_800, Step::Seconds(1_800)),
    (3_600, Step::Seconds(3_600)),
    (10_800, Step::Seconds(10_800)),
    (21_600, Step::Seconds(21_600)),
    (43_200, Step::Seconds(43_200)),
    (86_400, Step::Days(1)),
    (172_800, Step::Days(2)),
    (604_800, Step::Days(7)),
    (1_209_600, Step::Days(14)),
    (2_678_400, Step::Months(1)),
    (5_356_800, Step::Months(2)),
    (8_035_200, Step::Months(3)),
    (16_070_400, Step::Months(6)),
    (31_622_400, Step::Months(12)),
];

#[derive(Clone, Copy)]
enum Step {
    /// From midnight.
    Seconds(i64),
    /// From the first day.
    Days(i64),
    /// From January.
    Months(i64),
}

/// At most `most` ticks at round times from `from` to `to`.
pub(super) fn time_ticks(from: Instant, to: Instant, clock: &Clock, most: i64) -> Vec<TimeTick> {
    let zone = moment::time_zone(clock);
    let seconds = (i128::from(to) - i128::from(from)) / 1_000_000_000;
    let wanted = (seconds / i128::from(most.max(1))) as i64;
    let step = TIME_STEPS.iter().find(|(length, _)| *length > wanted).map(|(_, step)| *step);
    let step = step.unwrap_or_else(|| Step::Months((wanted / 31_622_400 + 1).saturating_mul(12)));
    let (Some(first), Some(last)) = (civil(from, &zone), civil(to, &zone)) else { return Vec::new() };
    let midnight = first.date().at(0, 0, 0, 0);
    let (start, span): (DateTime, Span) = match step {
        Step::Seconds(seconds) => (midnight, seconds.seconds()),
        Step::Days(days) => (midnight, days.days()),
        Step::Months(months) => {
            let january = first.date().first_of_year().at(0, 0, 0, 0);
            (january, i32::try_from(months).unwrap_or(12).months())
        }
    };
    let mut ticks = Vec::new();
    // From the start each time: adding months one by one would lose the day.
    for index in 0..10_000 {
        let Ok(offset) = span.checked_mul(index) else { break };
        let Ok(at) = start.checked_add(offset) else { break };
        if at > last {
            break;
        }
        if at < first {
            continue;
        }
        let Some(instant) = instant(at, &zone) else { break };
        ticks.push(TimeTick { at: instant, label: label(at, step) });
    }
    ticks
}

fn label(at: DateTime, step: Step) -> String {
    let at_midnight = at.time() == jiff::civil::Time::midnight();
    match step {
        Step::Seconds(seconds) if seconds < 60 => at.strftime("%H:%M:%S").to_string(),
        Step::Seconds(_) if !at_midnight => at.strftime("%H:%M").to_string(),
        Step::Months(months) if months >= 12 => at.strftime("%Y").to_string(),
        Step::Months(_) if at.month() == 1 => at.strftime("%b %Y").to_string(),
        Step::Months(_) => at.strftime("%b").to_string(),
        Step::Seconds(_) | Step::Days(_) => at.strftime("%-d %b").to_string(),
    }
}

/// What the clock of the input shows.
pub(super) fn civil(at: Instant, zone: &TimeZone) -> Option<DateTime> {
    let timestamp = Timestamp::from_nanosecond(i128::from(at)).ok()?;
    Some(timestamp.to_zoned(zone.clone()).datetime())
}

fn instant(at: DateTime, zone: &TimeZone) -> Option<Instant> {
    Instant::try_from(at.to_zoned(zone.clone()).ok()?.timestamp().as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    /// 2025-06-01T00:00 UTC.
    const JUNE: i64 = 1_748_736_000 * SECOND;

    #[test]
    fn ticks_at_round_numbers() {
        let check = |from, to, most, expected: &[f64]| {
            let (ticks, _) = round_ticks(from, to, most);
            assert_eq!(ticks.len(), expected.len(), "{ticks:?}");
            for (tick, wanted) in ticks.iter().zip(expected) {
                assert!((tick - wanted).abs() < 1e-9, "{ticks:?}");
            }
        };
        check(0.0, 10.0, 5, &[0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        check(0.0, 0.97, 4, &[0.0, 0.5]);
        check(99.1, 100.0, 4, &[99.5, 100.0]);
        check(-105.0, 100.0, 4, &[-100.0, 0.0, 100.0]);
        check(3.0, 3.0, 4, &[3.0]);
    }

    #[test]
    fn ticks_are_written_with_the_decimals_of_their_step() {
        let check = |dimension, largest, scaled, step, expected: &str| {
            assert_eq!(Numbers::of(dimension, largest).tick(scaled, step), expected);
        };
        check(Dimension::Ratio, 0.1, 10.0, 5.0, "10 %");
        check(Dimension::Ratio, 0.01, 0.25, 0.05, "0.25 %");
        check(Dimension::Duration, 0.9, 250.0, 50.0, "250 ms");
        check(Dimension::Duration, 5.0, 2.0, 0.5, "2.0 s");
        check(Dimension::Plain, 9e6, 2_000_000.0, 1e6, "2,000,000");
        check(Dimension::Plain, 1.0, -0.0, 1.0, "0");
        check(Dimension::Ratio, 1.0, -50.0, 50.0, "−50 %");
    }

    #[test]
    fn ticks_at_round_times() {
        let check = |from, to, clock: &Clock, expected: &[&str]| {
            let ticks = time_ticks(from, to, clock, 5);
            let labels: Vec<&str> = ticks.iter().map(|tick| tick.label.as_str()).collect();
            assert_eq!(labels, expected);
        };
        let utc = Clock::Zoned("UTC".into());
        check(JUNE + 600 * SECOND, JUNE + 4_200 * SECOND, &utc, &["00:15", "00:30", "00:45", "01:00"]);
        check(JUNE, JUNE + 86_400 * SECOND, &utc, &["1 Jun", "06:00", "12:00", "18:00", "2 Jun"]);
        check(JUNE, JUNE + 7 * 86_400 * SECOND, &utc, &["1 Jun", "3 Jun", "5 Jun", "7 Jun"]);
        check(JUNE, JUNE + 365 * 86_400 * SECOND, &utc, &["Jul", "Oct", "Jan 2026", "Apr"]);
        // Midnight in Vienna is two hours before midnight in UTC.
        let vienna = Clock::Zoned("Europe/Vienna".into());
        let ticks = time_ticks(JUNE - 7_200 * SECOND, JUNE + 80_000 * SECOND, &vienna, 5);
        assert_eq!(ticks[0], TimeTick { at: JUNE - 7_200 * SECOND, label: "1 Jun".into() });
    }
}
