//! The page as a whole: what comes first, and the frame around it.

use super::edition::View;
use super::text::{long, safe};
use super::{evidence, objectives, summary, table, violations, words};
use crate::render::html::table::class;
use std::fmt::Write;

/// Nothing from elsewhere, and no script, whatever the page says.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
                      'unsafe-inline'; img-src data:\">";
const STYLE: &str = include_str!("style.css");

/// Numbers charts, so that each can name its title.
#[derive(Debug, Default)]
pub(super) struct Numbering(usize);

impl Numbering {
    pub(super) fn next(&mut self) -> usize {
        self.0 += 1;
        self.0
    }
}

/// The parts of the page as markup.
pub(super) struct Parts {
    /// For `<head>`: encoding, policy, style.
    pub(super) head: String,
    pub(super) header: String,
    pub(super) summary: String,
    pub(super) table: String,
    pub(super) violations: String,
    pub(super) objectives: String,
    pub(super) evidence: String,
}

impl Parts {
    pub(super) fn of(view: &View<'_>) -> Parts {
        let mut numbering = Numbering::default();
        Parts {
            head: head(view),
            header: header(view),
            summary: summary::html(view),
            table: table::html(view),
            violations: violations::html(view, &mut numbering),
            objectives: objectives::html(view, &mut numbering),
            evidence: evidence::html(view),
        }
    }
}

/// The page, in the order of what matters.
pub(super) fn page(view: &View<'_>, parts: &Parts) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=en>\n<head>\n{}\n<title>{}</title>\n</head>\n<body>\n{}<main>\n{}{}{}{}{}</main>\n\
         </body>\n</html>\n",
        parts.head,
        long(&words::title(view)),
        parts.header,
        parts.summary,
        parts.table,
        parts.violations,
        parts.objectives,
        parts.evidence
    )
}

fn head(view: &View<'_>) -> String {
    format!(
        "<meta charset=utf-8>\n{POLICY}\n<meta name=viewport content=\"width=device-width,initial-scale=1\">\n<meta \
         name=color-scheme content=\"light dark\">\n<meta name=generator content=\"sla {}\">\n<style>{STYLE}{}</style>",
        env!("CARGO_PKG_VERSION"),
        view.options.colours.style()
    )
}

fn header(view: &View<'_>) -> String {
    let mut html = String::from("<header>\n");
    if let Some(logo) = &view.options.logo {
        let _ = writeln!(html, "<img class=logo alt=\"\" src=\"{}\">", logo.address());
    }
    let _ = writeln!(html, "<h1>{}</h1>", long(&words::title(view)));
    let covered = words::covered(view.report).map_or(String::new(), |covered| format!("{covered} · "));
    let _ =
        writeln!(html, "<p class=meta>{}</p>", safe(&format!("{covered}as of {}", words::now(view.report))));
    if view.report.agreements.iter().any(|agreement| agreement.built_in) {
        html.push_str(
            "<p class=note>No agreement was found: these are example targets, not somebody’s SLA.</p>\n",
        );
    }
    let summary = &view.summary;
    let counts = [
        (summary.breached, "b", "breached"),
        (summary.undecided, "u", "undecided"),
        (summary.warning, "w", "warning"),
        (summary.met, "m", "met"),
    ];
    let _ = write!(
        html,
        "<div class=\"verdict {}\"><p><b>{}</b> {}</p><ul>",
        class(view.verdict),
        objectives::capital(view.verdict.word()),
        long(&words::whole(view))
    );
    for (count, class, word) in counts {
        let none = if count == 0 { " none" } else { "" };
        let _ =
            write!(html, "<li class=\"{class}{none}\"><b>{}</b> {word}", crate::model::display::count(count));
    }
    html.push_str("</ul></div>\n</header>\n");
    html
}
