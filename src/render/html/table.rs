//! The verdict table: a row for every promise, the worst first.

use super::chart::{Series, promised_in_signs, spark, spark_points, strip};
use super::edition::{Promise, View};
use super::text::{counted, long, name, safe};
use super::words;
use crate::model::{Nanos, Verdict, display};
use crate::render::clock_of;
use std::fmt::Write;

/// As many rows stand open; further ones can be opened.
const OPEN: usize = 100;
/// More rows than these make a page slow; they are counted.
const MOST: usize = 4_000;

/// The letter of a verdict in class names.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "m",
        Verdict::Warning => "w",
        Verdict::Undecided => "u",
        Verdict::Breached => "b",
    }
}

/// A verdict as a word with its sign.
pub(super) fn badge(verdict: Verdict) -> String {
    format!("<b class=\"v {}\">{}</b>", class(verdict), verdict.word())
}

/// The part of the page.
pub(super) fn html(view: &View<'_>) -> String {
    let promises = &view.promises;
    let mut html = String::from("<section><h2>Every promise</h2>\n");
    if promises.is_empty() {
        html.push_str("<p>No promise could be checked.</p></section>\n");
        return html;
    }
    let shown = &promises[..promises.len().min(MOST)];
    let open = if shown.len() <= OPEN + OPEN / 5 { shown.len() } else { OPEN };
    rows(&mut html, view, &shown[..open]);
    if shown.len() > open {
        let _ = write!(html, "<details><summary>{} more</summary>", counted(shown.len() - open, "promises"));
        rows(&mut html, view, &shown[open..]);
        html.push_str("</details>");
    }
    if promises.len() > shown.len() {
        let rest = promises.len() - shown.len();
        let _ = write!(
            html,
            "<p>The {} worst are shown; {} more are in the report as CSV or JSON.</p>",
            display::count(shown.len() as u64),
            counted(rest, "promises")
        );
    }
    html.push_str("</section>\n");
    html
}

fn rows(html: &mut String, view: &View<'_>, promises: &[Promise<'_>]) {
    let has_time = promises.iter().any(|promise| !over_time(view, promise).is_empty());
    let several = view.agreements().len() > 1;
    html.push_str("<table class=all><thead><tr><th>Verdict<th>Service<th>Promise<th class=n>Measured<th class=n>Promised");
    html.push_str(if has_time { "<th>Over time<th>Why</thead>\n" } else { "<th>Why</thead>\n" });
    for promise in promises {
        let worst = promise.worst();
        let agreement = view.report.agreements.get(promise.agreement).filter(|_| several);
        let agreement =
            agreement.map_or(String::new(), |agreement| format!("<small>{}</small>", name(&agreement.name)));
        let many = promise.results.len();
        let when = match words::period(view, worst) {
            Some(period) if many > 1 => format!("<small>worst: {}</small>", safe(&period)),
            Some(period) => format!("<small>{}</small>", safe(&period)),
            None => String::new(),
        };
        let count = if many > 1 {
            format!("<small>{} of {}</small>", promise.periods(promise.verdict), counted(many, "periods"))
        } else {
            String::new()
        };
        let _ = write!(
            html,
            "<tr><td>{}{count}<td>{}<td>{}{agreement}<td class=n>{}{when}<td class=n>{}",
            badge(promise.verdict),
            name(&promise.label()),
            long(&view.objective(promise.about)),
            safe(&words::measured(worst)),
            safe(&promised_in_signs(promise.about)),
        );
        if has_time {
            let _ = write!(html, "<td>{}", over_time(view, promise));
        }
        let _ = writeln!(html, "<td>{}", long(&words::explanation(view, worst)));
    }
    html.push_str("</table>\n");
}

/// The promise in the width of a word: its periods, or else its slices.
fn over_time(view: &View<'_>, promise: &Promise<'_>) -> String {
    if promise.results.len() > 1 {
        return strip(&promise.results);
    }
    match slices(view, promise) {
        Some(series) if series.has_values() => {
            spark(promise.about, &series.condensed(promise.about.comparison, spark_points()))
        }
        _ => String::new(),
    }
}

/// The details of a promise as a series, where there are some.
pub(super) fn slices<'a>(view: &View<'a>, promise: &Promise<'a>) -> Option<Series<'a>> {
    let trend = promise.trend?;
    let clock = clock_of(view.report, promise.agreement);
    Some(Series::of_points(&trend.points, slice(view, promise.agreement)?, clock))
}

/// How long the slices of an agreement's details are.
pub(super) fn slice(view: &View<'_>, agreement: usize) -> Option<Nanos> {
    view.report.details.iter().find(|detail| detail.agreement == agreement).map(|detail| detail.slice)
}
