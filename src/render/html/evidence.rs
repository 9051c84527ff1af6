//! What was measured and how: definitions in plain words, inputs, rules, and with what all of it was computed.

use super::definitions::definition;
use super::edition::View;
use super::text::{lines, long, name, safe};
use super::words;
use crate::model::{InputKind, InputSummary, display};
use crate::render::moment;
use std::collections::BTreeMap;
use std::fmt::Write;

/// As many inputs and problems are listed.
const MOST: usize = 100;
/// As many characters of a rule file.
const MOST_RULES: usize = 100_000;

/// The part of the page.
pub(super) fn html(view: &View<'_>) -> String {
    let mut html = String::from("<section class=how><h2>What was measured, and how</h2>\n");
    definitions(&mut html, view);
    if view.is_internal() {
        inputs(&mut html, view);
        problems(&mut html, view);
        rules(&mut html, view);
    }
    let _ = writeln!(
        html,
        "<p>Computed by sla {} as of {}. Every figure is counted exactly; where a value was rounded for reading it still \
         stands on its side of the target.</p></section>",
        env!("CARGO_PKG_VERSION"),
        safe(&words::now(view.report))
    );
    html
}

fn definitions(html: &mut String, view: &View<'_>) {
    let found: BTreeMap<String, String> =
        view.promises.iter().filter_map(|promise| definition(&promise.about.indicator)).collect();
    html.push_str("<dl>");
    for (term, meaning) in found {
        let _ = write!(html, "<dt>{}<dd>{}", safe(&super::objectives::capital(&term)), safe(&meaning));
    }
    html.push_str(
        "<dt>Verdicts<dd><i>met</i>: the promise was kept. <i>warning</i>: it was kept, but a stricter preference was \
         not. <i>breached</i>: it was broken. <i>undecided</i>: there is no telling, because there was nothing or too \
         little to measure, or because records are missing or faulty and could change it; not knowing is never counted \
         as kept.",
    );
    if view.promises.iter().any(|promise| promise.trend.is_some()) {
        html.push_str(
            "<dt>Charts over time<dd>They show how a verdict came about. A promise is about its whole period: a point \
             beyond the line is an hour or a day that was worse than the target, not a breach by itself.",
        );
    }
    html.push_str("</dl>\n");
    if view.is_internal() {
        let mut said: Vec<&str> = Vec::new();
        for text in view.report.inputs.iter().flat_map(|input| &input.inferred) {
            if !said.contains(&text.as_str()) {
                said.push(text);
            }
        }
        if !said.is_empty() {
            html.push_str("<h3>How the data was understood</h3><ul>");
            said.iter().take(MOST).for_each(|text| {
                let _ = write!(html, "<li>{}", long(text));
            });
            html.push_str("</ul>\n");
        }
    }
}

fn inputs(html: &mut String, view: &View<'_>) {
    let inputs = &view.report.inputs;
    if inputs.is_empty() {
        return;
    }
    html.push_str(
        "<h3>Inputs</h3><table class=in><thead><tr><th>Source<th>From<th>To<th class=n>Rows<th class=n>Counted\
         <th class=n>Left out<th class=n>Rejected</thead>\n",
    );
    let instant = |input: &InputSummary, at: Option<i64>| {
        let zone = moment::zone(&input.clock).map_or(String::new(), |zone| format!(" {zone}"));
        at.map_or("–".to_owned(), |at| format!("{}{zone}", moment::human(at, &input.clock)))
    };
    for input in inputs.iter().take(MOST) {
        let excluded = input.excluded.iter().map(|excluded| excluded.rows).sum::<u64>();
        let clauses: Vec<String> = input
            .excluded
            .iter()
            .filter(|excluded| excluded.rows > 0)
            .map(|excluded| format!("{} by {}", display::count(excluded.rows), excluded.clause))
            .collect();
        let clauses = if clauses.is_empty() {
            String::new()
        } else {
            format!("<small>{}</small>", long(&clauses.join("; ")))
        };
        let digest = input
            .digest
            .as_ref()
            .map_or(String::new(), |digest| format!("<small>BLAKE3 {}</small>", safe(digest)));
        let address = match &input.kind {
            InputKind::Server(address) if *address != input.source => {
                format!("<small>{}</small>", name(address))
            }
            _ => String::new(),
        };
        let several = view.report.agreements.len() > 1;
        let agreement = view.report.agreements.get(input.agreement).filter(|_| several);
        let agreement = agreement
            .map_or(String::new(), |agreement| format!("<small>for {}</small>", name(&agreement.name)));
        let _ = writeln!(
            html,
            "<tr><td>{}{address}{agreement}{digest}<td>{}<td>{}<td class=n>{}<td class=n>{}<td class=n>{}{clauses}<td class=n>{}",
            name(&input.source),
            safe(&instant(input, input.span.map(|span| span.0))),
            safe(&instant(input, input.span.map(|span| span.1))),
            display::count(input.rows),
            display::count(input.accepted),
            display::count(excluded),
            display::count(input.rejected),
        );
    }
    html.push_str("</table>\n");
    if inputs.len() > MOST {
        let _ = write!(html, "<p>And {} more.</p>", display::count((inputs.len() - MOST) as u64));
    }
}

fn problems(html: &mut String, view: &View<'_>) {
    let problems = &view.report.problems;
    if problems.is_empty() {
        return;
    }
    html.push_str("<h3>Problems of the data</h3><ul class=problems>");
    for problem in problems.iter().take(MOST) {
        let severity = problem.severity.word();
        let source = problem.source.as_ref().map_or(String::new(), |source| format!(" {}", name(source)));
        let line = problem.line.map_or(String::new(), |line| format!(", line {}", display::count(line)));
        let column =
            problem.column.as_ref().map_or(String::new(), |column| format!(", column {}", name(column)));
        let place = if source.is_empty() && line.is_empty() && column.is_empty() {
            String::new()
        } else {
            format!("{source}{line}{column}")
        };
        let times = if problem.count > 1 {
            format!(" ({} times)", display::count(problem.count))
        } else {
            String::new()
        };
        let _ = write!(html, "<li><i>{severity}</i>{place}: {}{times}", long(&problem.message));
    }
    html.push_str("</ul>");
    let told: u64 = problems.iter().take(MOST).map(|problem| problem.count).sum();
    let total: u64 = view.report.problem_totals.values().sum();
    if total > told {
        let _ = write!(html, "<p>And {} more.</p>", display::count(total - told));
    }
}

fn rules(html: &mut String, view: &View<'_>) {
    for agreement in &view.report.agreements {
        let file = agreement.origin.file.as_ref();
        let file = file.map_or(String::new(), |file| format!(", {}", name(&file.display().to_string())));
        let overlay: Vec<String> = agreement.overlay.iter().map(|option| safe(option)).collect();
        let overlay = if overlay.is_empty() {
            String::new()
        } else {
            format!("<p>With <code>{}</code></p>", overlay.join(" "))
        };
        let text: String = agreement.text.chars().take(MOST_RULES).collect();
        let cut = if text.len() < agreement.text.len() { "\n…" } else { "" };
        let _ = writeln!(
            html,
            "<details class=rules><summary>The rules of {}{file}</summary>{overlay}<pre>{}{cut}</pre><p><small>BLAKE3 \
             {}</small></p></details>",
            name(&agreement.name),
            lines(&text),
            safe(&agreement.digest)
        );
    }
}
