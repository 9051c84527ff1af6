//! The management summary: one sentence for each service, the worst first.

use super::edition::{Service, View};
use super::text::{counted, long, name};
use super::words;
use crate::model::Verdict;
use std::fmt::Write;

/// As many services get a sentence of their own.
const MOST: usize = 30;
/// As many promises are told in a sentence.
const TOLD: usize = 2;

/// A service with its sentence, plain text.
pub(super) struct Line {
    pub(super) service: String,
    pub(super) verdict: Verdict,
    pub(super) sentence: String,
}

/// The sentences, and one about those that have none.
pub(super) fn lines(view: &View<'_>) -> (Vec<Line>, Option<String>) {
    let services = view.by_service();
    let line = |service: &Service<'_, '_>| Line {
        service: service.label.clone(),
        verdict: service.verdict,
        sentence: sentence(view, service),
    };
    let lines = services.iter().take(MOST).map(line).collect();
    let rest = services.get(MOST..).filter(|rest| !rest.is_empty()).map(|rest| {
        let with = |verdict| rest.iter().filter(|service| service.verdict == verdict).count();
        let counts = [
            (with(Verdict::Breached), "broke promises"),
            (with(Verdict::Undecided), "have undecided ones"),
            (with(Verdict::Warning), "missed a preference"),
            (with(Verdict::Met), "kept all of theirs"),
        ];
        let said: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", crate::model::display::count(count as u64)))
            .collect();
        format!("Of {} more: {}.", counted(rest.len(), "services"), said.join(", "))
    });
    (lines, rest)
}

/// The part of the page.
pub(super) fn html(view: &View<'_>) -> String {
    let (lines, rest) = lines(view);
    let mut html = String::from("<section><h2>In short</h2><ul class=short>\n");
    for line in lines {
        let _ = writeln!(
            html,
            "<li class={}><b>{}</b> {}",
            super::table::class(line.verdict),
            name(&line.service),
            long(&line.sentence)
        );
    }
    html.push_str("</ul>");
    if let Some(rest) = rest {
        let _ = write!(html, "<p>{}</p>", long(&rest));
    }
    html.push_str("</section>\n");
    html
}

/// `broke 2 of 4 promises: …`
fn sentence(view: &View<'_>, service: &Service<'_, '_>) -> String {
    let total = service.promises.len();
    let told = |verdict: Verdict| {
        let all: Vec<_> = service.with(verdict).collect();
        let mut said: Vec<String> =
            all.iter().take(TOLD).map(|promise| words::outcome(view, promise)).collect();
        if all.len() > TOLD {
            said.push(format!("and {} more", all.len() - TOLD));
        }
        said.join("; ")
    };
    let of = |count: usize| match (count, total) {
        (1, 1) => "its only promise".to_owned(),
        (2, 2) => "both promises".to_owned(),
        (_, total) if count == total => format!("all {total} promises"),
        _ => format!("{count} of {}", counted(total, "promises")),
    };
    let broken = service.with(Verdict::Breached).count();
    let open = service.with(Verdict::Undecided).count();
    match service.verdict {
        Verdict::Breached => {
            let open = if open > 0 { format!("; {open} undecided") } else { String::new() };
            format!("broke {}: {}{open}.", of(broken), told(Verdict::Breached))
        }
        Verdict::Undecided => {
            let told = told(Verdict::Undecided);
            match (open, total) {
                (1, 1) => format!("its only promise is undecided: {told}."),
                (2, 2) => format!("both promises are undecided: {told}."),
                (open, total) if open == total => format!("all {total} promises are undecided: {told}."),
                (open, total) => {
                    let are = if open == 1 { "is" } else { "are" };
                    format!("broke none, but {open} of {total} promises {are} undecided: {told}.")
                }
            }
        }
        Verdict::Warning => {
            format!("kept {}, but missed a preference: {}.", of(total), told(Verdict::Warning))
        }
        Verdict::Met => format!("kept {}.", of(total)),
    }
}
