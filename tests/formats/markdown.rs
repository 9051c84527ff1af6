//! Markdown: a renderer makes of it headings, tables and lists, and nothing else, whatever the names are.

use crate::cases::{self, Case};
use crate::tools::consumer;
use serde_json::Value;
use std::collections::BTreeSet;

/// What a report is made of.
const KINDS: [&str; 30] = [
    "heading_open",
    "heading_close",
    "paragraph_open",
    "paragraph_close",
    "table_open",
    "table_close",
    "thead_open",
    "thead_close",
    "tbody_open",
    "tbody_close",
    "tr_open",
    "tr_close",
    "th_open",
    "th_close",
    "td_open",
    "td_close",
    "bullet_list_open",
    "bullet_list_close",
    "list_item_open",
    "list_item_close",
    "text",
    "text_special",
    "strong_open",
    "strong_close",
    "inline",
    "em_open",
    "s_open",
    "softbreak",
    "entity",
    "hardbreak",
];
/// Of those, what only a name could bring in.
const NEVER: [&str; 4] = ["em_open", "s_open", "softbreak", "hardbreak"];

fn read(cases: &[Case], output: &str) -> Vec<Value> {
    let files: Vec<String> = cases.iter().map(|case| case.report(output)).collect();
    let mut arguments = vec!["markdown"];
    arguments.extend(files.iter().map(String::as_str));
    consumer(&arguments, b"").as_array().unwrap().clone()
}

#[test]
fn names_are_no_markup() {
    let cases = cases::all();
    for (case, found) in cases.iter().zip(read(&cases, "report.md")) {
        let kinds: Vec<&str> =
            found["kinds"].as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect();
        for kind in kinds {
            assert!(KINDS.contains(&kind) && !NEVER.contains(&kind), "{}: {kind}", case.name);
        }
        let report = case.json();
        let results = report["results"].as_array().unwrap();
        let agreements =
            results.iter().map(|result| result["agreement"].to_string()).collect::<BTreeSet<_>>().len();
        let rows = found["rows"].as_array().unwrap();
        assert_eq!(rows.len(), results.len() + agreements, "{}", case.name);
        let widths: BTreeSet<usize> = rows.iter().map(|row| row.as_array().unwrap().len()).collect();
        assert!(widths.iter().all(|width| (5..=7).contains(width)), "{}: {widths:?}", case.name);
        let verdicts = ["met", "warning", "breached", "undecided", "verdict"];
        let targets: BTreeSet<String> = results.iter().map(target).chain(["target".to_owned()]).collect();
        for row in rows {
            let cells: Vec<&str> =
                row.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap()).collect();
            assert!(verdicts.contains(&cells[0]), "{}: {row}", case.name);
            // A name that ended its cell would push it out of its column.
            assert!(targets.contains(cells[cells.len() - 2]), "{}: {row}", case.name);
        }
    }
}

fn target(result: &Value) -> String {
    let text = result["target_text"].as_str().unwrap();
    if text.starts_with(['<', '>', '=']) {
        return text.to_owned();
    }
    format!("{} {text}", result["comparison"].as_str().unwrap())
}

#[test]
fn names_are_shown_as_they_are() {
    let names = [
        "a_b",
        "_a_",
        "a|b",
        "<b>",
        "&amp;",
        "**x**",
        "[l](u)",
        "\\|",
        "`c`",
        "~~s~~",
        "https://a.b",
        "#1",
        "@ada",
    ];
    let names = names.map(str::to_owned);
    let case = Case { name: "names", work: crate::hostile::work(&names), check: crate::hostile::CHECK };
    let found = read(&[case], "report.md");
    let shown: BTreeSet<&str> =
        found[0]["rows"].as_array().unwrap().iter().map(|row| row[1].as_str().unwrap()).collect();
    for name in &names {
        // Nobody is mentioned: the text that is shown has a space without width there.
        let name = name.replace("#1", "#\u{200b}1").replace("@ada", "@\u{200b}ada");
        assert!(shown.contains(name.as_str()), "{name}: {shown:?}");
    }
}
