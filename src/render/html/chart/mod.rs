//! Charts as inline SVG: thin axes, round ticks, direct labels, colours by class so that the style sheet can follow
//! light, dark and paper. Each has a title, a description, and its numbers as a table.
//!
//! Every chart is drawn 360 units wide, a column of the page, so that its letters have the size of the text around it
//! on a phone as on paper.

mod bars;
mod budget;
mod distribution;
mod heatmap;
mod limit;
mod scale;
mod series;
mod spark;
mod trend;

pub(super) use bars::{Slice, ranking, shares};
pub(super) use budget::budget;
pub(super) use distribution::{distribution, reads};
pub(super) use heatmap::heatmap;
pub(super) use series::Series;
pub(super) use spark::{points as spark_points, spark, strip};
pub(super) use trend::{promised, promised_in_signs, trend};

use super::text::{place, safe};
use crate::model::Dimension;
use scale::{Linear, Numbers, TimeTick, round_ticks};
use std::fmt::Write;

pub(super) const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 172.0;
const LEFT: f64 = 54.0;
const RIGHT: f64 = WIDTH - 8.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = HEIGHT - 22.0;

/// A drawing with everything said about it.
pub(super) struct Figure {
    /// What it shows, plain text.
    pub(super) title: String,
    /// What a reader who does not see it should know, plain text.
    pub(super) description: String,
    pub(super) height: f64,
    /// The inside of the SVG element.
    pub(super) drawing: String,
    /// How to read it; plain text, may be empty.
    pub(super) caption: String,
    /// Its numbers: a header and rows of plain text.
    pub(super) table: Vec<Vec<String>>,
}

impl Figure {
    /// The element; `number` is unique on the page.
    pub(super) fn html(&self, number: usize) -> String {
        let mut html = format!(
            "<figure><figcaption id=\"f{number}\">{}</figcaption><svg viewBox=\"0 0 {} {}\" role=\"img\" \
             aria-labelledby=\"t{number} d{number}\"><title id=\"t{number}\">{}</title><desc id=\"d{number}\">{}</desc>\
             {}</svg>",
            safe(&self.title),
            place(WIDTH),
            place(self.height),
            safe(&self.title),
            safe(&self.description),
            self.drawing
        );
        if !self.caption.is_empty() {
            let _ = write!(html, "<p class=cap>{}</p>", safe(&self.caption));
        }
        html.push_str("<details class=data><summary>Numbers</summary><table>");
        for (index, row) in self.table.iter().enumerate() {
            let (cell, end) = if index == 0 { ("<th scope=col>", "") } else { ("<td>", "") };
            html.push_str("<tr>");
            for text in row {
                let _ = write!(html, "{cell}{}{end}", safe(text));
            }
        }
        html.push_str("</table></details></figure>\n");
        html
    }
}

/// `<text>` at a place; `anchor` is a class: `s`tart is none, `m`iddle, `e`nd.
fn label(x: f64, y: f64, class: &str, text: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<text x=\"{}\" y=\"{}\"{class}>{}</text>", place(x), place(y), safe(text))
}

fn line(class: &str, x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    format!("<path class=\"{class}\" d=\"M{} {}L{} {}\"/>", place(x1), place(y1), place(x2), place(y2))
}

/// A vertical axis from base units, its ticks with lines across; returns the scale in base units.
fn vertical(drawing: &mut String, dimension: Dimension, from: f64, to: f64, bottom: f64) -> Linear {
    let numbers = Numbers::of(dimension, from.abs().max(to.abs()));
    let (ticks, step) = round_ticks(from * numbers.factor, to * numbers.factor, 4);
    let scale = Linear { from, to, start: bottom, end: TOP };
    for tick in ticks {
        let y = scale.at(tick / numbers.factor);
        drawing.push_str(&line("grid", LEFT, y, RIGHT, y));
        drawing.push_str(&label(LEFT - 5.0, y + 3.5, "e", &numbers.tick(tick, step)));
    }
    scale
}

/// The ticks of a horizontal axis of time below the chart.
fn horizontal_time(drawing: &mut String, ticks: &[TimeTick], at: impl Fn(i64) -> f64, bottom: f64) {
    drawing.push_str(&line("axis", LEFT, bottom, RIGHT, bottom));
    let mut free = LEFT - 30.0;
    for tick in ticks {
        let x = at(tick.at);
        let half = 3.0 * tick.label.chars().count() as f64;
        if x - half < free || x + half > WIDTH {
            continue;
        }
        free = x + half + 8.0;
        drawing.push_str(&line("axis", x, bottom, x, bottom + 4.0));
        drawing.push_str(&label(x, bottom + 15.0, "m", &tick.label));
    }
}

/// A line through points, broken where one is absent.
fn polyline(points: impl Iterator<Item = Option<(f64, f64)>>) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for point in points {
        match point {
            Some((x, y)) => {
                let _ = write!(path, "{}{} {}", if pen_down { 'L' } else { 'M' }, place(x), place(y));
                pen_down = true;
            }
            None => pen_down = false,
        }
    }
    path
}
