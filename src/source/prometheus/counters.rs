//! What counters rose by, told by the server: by the difference of sums where nothing happened to them (see `calm`), and
//! else by two queries per counter, a lower bound and an upper one.
//!
//! `increase()` extrapolates (up to 1.1 scrape intervals at both ends of its window, see `extrapolatedRate` in
//! promql/functions.go) and does not see what happened between the last scrape before the window and the first one in
//! it. So for a *steady* series, one that was scraped shortly before the beginning of the window and shortly after (see
//! `presence::near`) and did not reset since, it is not asked at all: the difference of two samples is what it rose by, whole
//! numbers stay whole, and the windows of a range add up to the difference between its ends. Where a series is not steady
//! (it reset, was silent, or began in the window) `increase()` bounds it:
//!
//! - from below by what lies between its samples: their difference, or where it reset among them, what `increase()` says
//!   without what it extrapolated: with n samples that is at most 2.2 of n - 1 intervals, so that
//!   increase * (n - 1) / (n + 1.2) is never more than what was seen; less what it shows at most where it also began, for
//!   some servers add its first value;
//! - from above by the increase over a window that begins as much earlier, which has the sample before the window in it; and for a series
//!   that began in the window by all that it shows, for nobody knows whether its first value was counted before.
//!
//! Both bounds of all series of a group are summed by the server. Where all are steady they are equal.

use super::answer::{Labels, Sink};
use super::calm::{self, Piece, Settings};
use super::client::Client;
use super::fetch;
use super::grid::{Grid, Span};
use super::presence;
use super::refusal::Refusal;
use super::selector::Metric;
use super::silence::{self, Risen};
use crate::model::{Instant, NANOS, Nanos};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A counter, or several by a label, summed over everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) metric: Metric,
    /// Labels to keep.
    pub(super) labels: Vec<String>,
    /// One is counted as so many, so that sums are whole.
    pub(super) scale: i64,
}

/// What a counter rose by, in `1 / (THOUSANDTHS × scale)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Bounds {
    /// Adds what another one tells.
    pub(super) fn add(&mut self, other: Bounds) -> Result<(), String> {
        let sum = self.low.checked_add(other.low).zip(self.high.checked_add(other.high));
        (self.low, self.high) = sum.ok_or("counts more than can be held")?;
        Ok(())
    }
}

/// Per values of the labels and slice.
pub(super) type Counted = BTreeMap<Vec<String>, Vec<Bounds>>;

/// Fractions that bounds keep.
pub(super) const THOUSANDTHS: i64 = 1000;
/// How far back a sample may lie and still be the one before: as far as instant queries look.
pub(super) const LOOKBACK: Nanos = 300 * NANOS;

/// Which bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Low,
    High,
}

impl Ask {
    /// The query of a bound over windows of so many seconds.
    pub(super) fn query(&self, bound: Bound, window: i64, interval: Nanos, fresh: Nanos) -> String {
        let by = self.labels.join(", ");
        let selector = match &self.metric {
            Metric::Selector(selector) => selector.text(),
            Metric::Expression(text) => {
                let asked = text.replace("$window", &format!("{window}s")).replace("$by", &by);
                // Nobody knows what it is made of: an interval at either end may be extrapolated or missed.
                let share = 2.2 * (interval / NANOS) as f64 / window as f64;
                return match bound {
                    Bound::Low => format!("({asked}) * {:.4}", (1.0 - share).max(0.0)),
                    Bound::High => format!("({asked}) * {:.4}", 1.0 + share),
                };
            }
        };
        let lookback = fresh / NANOS;
        let now = format!("{selector}[{window}s]");
        let wider = format!("{selector}[{}s]", window + lookback);
        let before = format!("last_over_time({selector}[{lookback}s] offset {window}s)");
        // Silent over the edge before the window, it rose by something before that, too.
        let near = presence::near(fresh) / NANOS;
        let around = match window - near {
            1.. => format!(
                "last_over_time({selector}[{near}s] offset {window}s) and last_over_time({selector}[{near}s] offset {}s)",
                window - near
            ),
            _ => format!("last_over_time({selector}[{near}s] offset {window}s)"),
        };
        let steady = format!("(last_over_time({now}) - {before} and ({around}) and resets({wider}) == 0)");
        let samples = format!("count_over_time({now})");
        let (most, least, resets) =
            (format!("max_over_time({now})"), format!("min_over_time({now})"), format!("resets({now})"));
        match bound {
            Bound::Low => {
                let seen = format!("increase({now}) * ({samples} - 1) / ({samples} + 1.2)");
                format!(
                    "sum by ({by}) ({steady} or ({most} - {least} and {resets} == 0) or ({seen} and ({around})) or \
                     clamp_min({seen} - {most}, 0))"
                )
            }
            Bound::High => format!(
                "sum by ({by}) ({steady} or (increase({wider}) and {before}) or \
                 ({most} + (increase({now}) and {resets} > 0 or 0 * {most})))"
            ),
        }
    }
}

/// Asks for all counters over all windows. `silent_with` tells of some another one that is silent with it.
pub(super) fn count(
    client: &Client,
    asks: &[Ask],
    silent_with: &BTreeMap<usize, usize>,
    spans: &[Span],
    settings: Settings,
) -> Result<Vec<Counted>, String> {
    let risen: Vec<Mutex<Risen>> = asks.iter().map(|_| Mutex::default()).collect();
    let pieces = asks.iter().enumerate().flat_map(|(at, ask)| {
        let cut = |span: &Span| match ask.metric {
            Metric::Selector(_) => calm::stretches(*span).collect::<Vec<_>>(),
            Metric::Expression(_) => span.pieces(fetch::MOST_POINTS).collect(),
        };
        spans.iter().flat_map(cut).map(move |span| Piece { ask: at, span }).collect::<Vec<_>>()
    });
    let work = |piece: &Piece| -> Result<(), Refusal> {
        let Piece { ask: at, span } = piece;
        let (ask, risen) = (&asks[*at], &risen[*at]);
        if let Metric::Selector(selector) = &ask.metric {
            return calm::count(client, ask, selector, *span, settings, risen);
        }
        // Both before either is counted: a piece that is halved counts nothing.
        let bounds = bounds(client, ask, ask, *span, settings)?;
        let mut risen = risen.lock().map_err(|_| Refusal::Failed("a thread ended early".to_owned()))?;
        for rises in bounds {
            rises.merge(&mut risen.counted, |_| true).map_err(Refusal::Failed)?;
        }
        Ok(())
    };
    let halves = |piece: &Piece| Some(piece.span.halves()?.map(|span| Piece { span, ..piece.clone() }));
    fetch::each(pieces, work, halves)?;
    let found = |risen: Mutex<Risen>| risen.into_inner().map_err(|_| "a thread ended early".to_owned());
    let risen = risen.into_iter().map(found).collect::<Result<Vec<Risen>, String>>()?;
    silence::counted(risen, silent_with, settings)
}

/// Both bounds of `ask` over the windows of a piece; asked for as `asked`, which may be about some of its series only.
pub(super) fn bounds<'a>(
    client: &Client,
    ask: &'a Ask,
    asked: &Ask,
    span: Span,
    settings: Settings,
) -> Result<[Rises<'a>; 2], Refusal> {
    let Settings { grid, interval, fresh } = settings;
    let one = |bound: Bound| {
        let query = asked.query(bound, span.seconds(), interval, fresh);
        fetch::range(client, &query, span, &[], || Rises::new(ask, bound, grid))
    };
    Ok([one(Bound::Low)?, one(Bound::High)?])
}

/// The increases of one piece.
pub(super) struct Rises<'a> {
    ask: &'a Ask,
    bound: Bound,
    grid: Grid,
    found: Vec<(Vec<String>, Rise)>,
}

impl<'a> Rises<'a> {
    pub(super) fn new(ask: &'a Ask, bound: Bound, grid: Grid) -> Rises<'a> {
        Rises { ask, bound, grid, found: Vec::new() }
    }

    /// Adds what was found of the sets of series that are wanted.
    pub(super) fn merge(
        self,
        counted: &mut Counted,
        is_wanted: impl Fn(&Vec<String>) -> bool,
    ) -> Result<(), String> {
        for (labels, amounts) in self.found.into_iter().filter(|(labels, _)| is_wanted(labels)) {
            let slices = counted.entry(labels).or_insert_with(|| vec![Bounds::default(); self.grid.slices()]);
            for (slice, amount) in amounts {
                let Some(cell) = slices.get_mut(slice as usize) else { continue };
                let side = if self.bound == Bound::Low { &mut cell.low } else { &mut cell.high };
                *side = side.checked_add(amount).ok_or("counts more than can be held")?;
            }
        }
        Ok(())
    }
}

/// What one series rose by, per slice.
type Rise = Vec<(u32, i64)>;

impl Sink for Rises<'_> {
    fn series(&mut self, labels: Labels) -> Result<(), String> {
        self.found.push((values_of(&self.ask.labels, &labels), Vec::new()));
        Ok(())
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        let rise: f64 = value.parse().map_err(|_| format!("`{value}` is no number"))?;
        if !rise.is_finite() || rise < 0.0 {
            return Err(format!("a counter rose by {value}; is it a gauge?"));
        }
        let amount = fixed(rise, self.ask.scale, self.bound)?;
        let slice = self.grid.slice_before(at) as u32;
        let Some((_, amounts)) = self.found.last_mut() else { return Ok(()) };
        match amounts.last_mut() {
            Some((known, sum)) if *known == slice => {
                *sum = sum.checked_add(amount).ok_or("counts more than can be held")?;
            }
            _ => amounts.push((slice, amount)),
        }
        Ok(())
    }
}

/// A number in fixed point; what is lost widens the bounds.
fn fixed(number: f64, scale: i64, bound: Bound) -> Result<i64, String> {
    let whole = nearest(number, scale)?;
    let lost = number * (THOUSANDTHS * scale) as f64 - whole as f64;
    // A count has no billionths but those that the server's sums of floating-point numbers leave, and a sum of seconds
    // has more of them than anybody measures.
    if scale != 1 || lost.abs() < 1e-6 {
        return Ok(whole);
    }
    Ok(match bound {
        Bound::Low if lost < 0.0 => whole - 1,
        Bound::High if lost > 0.0 => whole + 1,
        _ => whole,
    })
}

/// The nearest number in fixed point.
pub(super) fn nearest(number: f64, scale: i64) -> Result<i64, String> {
    let scaled = (number * (THOUSANDTHS * scale) as f64).round();
    if scaled.abs() < 9e18 { Ok(scaled as i64) } else { Err("counts more than can be held".to_owned()) }
}

/// The values of some labels of a series; empty where it has none.
pub(super) fn values_of(wanted: &[String], labels: &Labels) -> Vec<String> {
    let value =
        |name: &String| labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.clone());
    wanted.iter().map(|name| value(name).unwrap_or_default()).collect()
}
