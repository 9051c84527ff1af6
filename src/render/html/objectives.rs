//! Objective by objective, the worst first: how it went over time, how values are spread, what was left of the budget.

use super::chart::{Figure, Series, budget, distribution, heatmap, promised, reads, trend};
use super::document::Numbering;
use super::edition::{Promise, View};
use super::table::{badge, class, slice, slices};
use super::text::{counted, long, name, safe};
use super::words;
use crate::model::{Comparison, NotDrawn, Trend, Verdict, display};
use crate::render::clock_of;
use std::collections::BTreeMap;
use std::fmt::Write;

/// As many promises of one objective get charts.
const MOST: usize = 6;
/// As many promises of the whole report.
const MOST_OF_ALL: usize = 48;

/// The part of the page.
pub(super) fn html(view: &View<'_>, numbering: &mut Numbering) -> String {
    let objectives = view.by_objective();
    let mut html = String::new();
    let mut left = MOST_OF_ALL;
    for promises in &objectives {
        let Some(first) = promises.first() else { continue };
        let figures = Panels::of(view, promises, left.min(MOST));
        if figures.is_empty() {
            continue;
        }
        left -= figures.panels.len().min(left);
        let _ = writeln!(
            html,
            "<section class=objective><h2>{}</h2><p class=lead>{}</p>",
            long(&capital(&view.objective(first.about))),
            lead(view, promises)
        );
        if let Some(map) = &figures.heatmap {
            let _ = write!(html, "<div class=charts>{}</div>", map.html(numbering.next()));
        }
        for (promise, panel) in &figures.panels {
            let worst = promise.worst();
            let _ = write!(
                html,
                "<article class={}><h3>{} {}</h3><p>{}. {}.</p><div class=charts>",
                class(promise.verdict),
                name(&promise.label()),
                badge(promise.verdict),
                safe(&capital(&match worst.measured {
                    Some(_) => {
                        format!("{} measured, {} promised", words::measured(worst), promised(promise.about))
                    }
                    None => format!("{} promised", promised(promise.about)),
                })),
                long(&capital(&words::explanation(view, worst)))
            );
            for figure in panel {
                html.push_str(&figure.html(numbering.next()));
            }
            html.push_str("</div></article>\n");
        }
        if promises.len() > figures.panels.len() {
            let _ = write!(
                html,
                "<p class=note>Charts for the {} worst of {}; the table above has every one.</p>",
                figures.panels.len(),
                display::count(promises.len() as u64)
            );
        }
        html.push_str("</section>\n");
    }
    let mut missing: Vec<String> = why_no_time(view).into_iter().collect();
    missing.extend(not_drawn(view));
    for why in missing {
        let _ = writeln!(html, "<p class=note>{}</p>", long(&why));
    }
    html
}

/// What could not be drawn, each once.
fn not_drawn(view: &View<'_>) -> Vec<String> {
    const AT_HAND: &str = "they need a second look at the data";
    let mut sentences: Vec<String> = Vec::new();
    for what in view.report.details.iter().flat_map(|detail| &detail.not_drawn) {
        let sentence = match what {
            // The words of a server are none of a customer's business.
            NotDrawn::Time(_) if !view.is_internal() => {
                format!("There are no charts over time: {AT_HAND}, which did not answer.")
            }
            NotDrawn::Values(_) if !view.is_internal() => {
                format!("There are no charts of values: {AT_HAND}, which did not answer.")
            }
            NotDrawn::Time(why) => format!("There are no charts over time: {AT_HAND}, and {why}."),
            NotDrawn::Values(why) => format!("There are no charts of values: {AT_HAND}, and {why}."),
            NotDrawn::Buckets => {
                "How latencies are spread is not drawn: the metrics count them in buckets, and where in \
                                  a bucket they lie is not known."
                    .to_owned()
            }
        };
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

/// Why there are no charts over time, where there are none.
fn why_no_time(view: &View<'_>) -> Option<String> {
    if let Some(why) = &view.options.no_charts {
        // Names of files are none of a customer's business.
        return Some(if view.is_internal() {
            format!("Charts of time and values are not here, for they need a second look at the data: {why}.")
        } else {
            "Charts of time and values are not here, for they need the data, which is no longer at hand."
                .to_owned()
        });
    }
    let has_trend = view.promises.iter().any(|promise| promise.trend.is_some() || promise.results.len() > 1);
    let told = |what: &NotDrawn| matches!(what, NotDrawn::Time(_));
    let is_told = view.report.details.iter().flat_map(|detail| &detail.not_drawn).any(told);
    if has_trend || is_told || view.promises.is_empty() {
        return None;
    }
    let report = view.report;
    let why = if report.inputs.iter().any(|input| input.source == "-" || input.source == "standard input") {
        "There are no charts over time: they need a second look at the data, and standard input can be read only once."
    } else if report.inputs.iter().all(|input| input.span.is_none()) {
        "There are no charts over time: the data has no times."
    } else {
        "There are no charts over time: the data covers a single moment."
    };
    Some(why.to_owned())
}

/// The charts of an objective.
struct Panels<'v, 'a> {
    heatmap: Option<Figure>,
    panels: Vec<(&'v Promise<'a>, Vec<Figure>)>,
}

impl<'v, 'a> Panels<'v, 'a> {
    fn of(view: &View<'a>, promises: &[&'v Promise<'a>], most: usize) -> Panels<'v, 'a> {
        let panels = promises
            .iter()
            .take(most)
            .map(|promise| (*promise, figures(view, promise)))
            .filter(|(_, figures)| !figures.is_empty())
            .collect();
        let trends: Vec<&Trend> = promises.iter().filter_map(|promise| promise.trend).collect();
        let heatmap = promises.first().and_then(|first| {
            let slice = slice(view, first.agreement)?;
            let what = capital(&view.objective(first.about));
            heatmap(first.about, &trends, slice, clock_of(view.report, first.agreement), &what)
        });
        Panels { heatmap, panels }
    }

    fn is_empty(&self) -> bool {
        self.heatmap.is_none() && self.panels.is_empty()
    }
}

fn figures(view: &View<'_>, promise: &Promise<'_>) -> Vec<Figure> {
    let mut figures = Vec::new();
    let clock = clock_of(view.report, promise.agreement);
    let what = capital(&view.objective(promise.about));
    let of_slices = slices(view, promise).filter(Series::has_values);
    let series = of_slices.or_else(|| Series::of_results(&promise.results, clock)).filter(Series::has_values);
    if let Some(series) = series {
        let series = series.condensed(promise.about.comparison, usize::MAX);
        figures.push(trend(promise.about, &what, &series));
    }
    let details = view.report.details.iter().filter(|detail| detail.agreement == promise.agreement);
    for values in details.flat_map(|detail| &detail.distributions) {
        if values.group == promise.about.group && reads(&promise.about.indicator, &values.column) {
            let what = if view.is_internal() {
                format!("Distribution of {}", values.column)
            } else {
                "Distribution of values".to_owned()
            };
            figures.extend(distribution(promise.about, values, &what));
        }
    }
    if let Some(series) = slices(view, promise) {
        // The budget needs counts of all slices, never the worst of some.
        let series = series.condensed(Comparison::AtMost, usize::MAX);
        figures.extend(budget(&promise.results, &series, view.noun(promise.agreement)));
    }
    figures
}

/// What the objective is about, and what became of it, as markup.
fn lead(view: &View<'_>, promises: &[&Promise<'_>]) -> String {
    let Some(first) = promises.first() else { return String::new() };
    let mut sentences = Vec::new();
    if let Some(description) = &first.about.description {
        sentences.push(long(description.trim_end_matches('.')));
    }
    let one_target = promises.iter().all(|promise| promise.about.target == first.about.target);
    if view.is_internal() {
        let (text, differ) = if one_target {
            (&first.about.objective, "")
        } else {
            (&first.about.indicator, ", targets differ")
        };
        let code = |text: &str| format!("<code>{}</code>", long(text));
        let filter =
            first.about.filter.as_ref().map_or(String::new(), |filter| format!(" where {}", code(filter)));
        let severity = first.about.severity.as_ref();
        let severity = severity.map_or(String::new(), |severity| format!(", severity {}", long(severity)));
        sentences.push(format!("{}{differ}{filter}{severity}", code(text)));
    } else if one_target {
        sentences.push(safe(&format!("Promised: {}", promised(first.about))));
    }
    let mut counts: BTreeMap<std::cmp::Reverse<Verdict>, usize> = BTreeMap::new();
    for promise in promises {
        *counts.entry(std::cmp::Reverse(promise.verdict)).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.iter().map(|(verdict, count)| format!("{count} {}", verdict.0.word())).collect();
    sentences.push(format!("Of {}: {}", counted(promises.len(), "services"), counts.join(", ")));
    if let Some(runbook) = first.about.runbook.as_ref().filter(|_| view.is_internal()) {
        sentences.push(format!("Runbook: {}", long(runbook)));
    }
    format!("{}.", sentences.join(". "))
}

/// With a capital letter in front.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
