//! `sla rules explain --source` prints the queries that a check sends, and no others.

use crate::fake::{Asked, Fake, Reply};
use crate::work::Work;
use crate::world::START;
use std::collections::BTreeSet;

const PROMISES: [&str; 6] = [
    "failure_rate <= 5%",
    "p90(latency) <= 500ms",
    "avg(latency) <= 1s",
    "avg(cpu) <= 90%",
    "max(load) <= 100",
    "requests >= 1",
];

/// What was asked, as `path query`; the length of a chunk of samples is the server's to say.
fn sent(asked: &Asked) -> String {
    let query = asked.form.get("query").or(asked.form.get("match[]")).cloned().unwrap_or_default();
    let query = match query.rsplit_once('[') {
        Some((selector, length)) if asked.path == "/api/v1/query" && length.ends_with("s]") => {
            format!("{selector}[…s]")
        }
        _ => query,
    };
    format!("{} {query}", asked.path)
}

/// Every query that a check sends stands in a line of what `explain` prints, and every line was sent.
fn held_against(more: &str, promises: &[&str], reply: Failures) {
    let range = (START, START + 86_400);
    let fake = Fake::new(move |asked| {
        let query = asked.form.get("query").map_or("", String::as_str);
        let nothing = |kind: &str| {
            let data = format!(r#"{{"resultType":"{kind}","result":[]}}"#);
            Some(Reply::json(200, format!(r#"{{"status":"success","data":{data}}}"#)))
        };
        match asked.path.as_str() {
            _ if query.starts_with("max(") => nothing("matrix"),
            "/api/v1/query" => nothing("matrix"),
            _ if reply == Failures::None && query.contains("code=~") => nothing("matrix"),
            _ => None,
        }
    });
    let columns = "columns: {cpu: {query: cpu, unit: \"%\"}, load: {query: \"sum by (job) (load1)\"}}\n";
    let work = Work::usual(&fake.url, &format!("{columns}{more}"));
    work.over(range, promises, &["--by", "service"]);
    let sent: BTreeSet<String> = fake.asked().iter().map(sent).collect();
    assert!(!sent.is_empty());
    let asked_before = fake.asked().len();
    let rules = promises.join("\n  - ");
    let work = work.file("rules.yaml", &format!("sla: A\nby: service\nobjectives:\n  - {rules}\n"));
    let (code, text) = work.run(&["rules", "explain", "rules.yaml", "--source", "prod"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(fake.asked().len(), asked_before, "explaining asks nothing");
    let printed = text.split_once("What is asked of prod:\n").unwrap().1;
    let queries = |wanted: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        let lines = printed.lines().filter_map(|line| line.trim().split_once(": /api/"));
        let wanted = lines.filter(|(what, _)| wanted(what));
        wanted.map(|(_, rest)| format!("/api/{rest}")).collect()
    };
    // What is asked on a condition may or may not have been.
    let (surely, perhaps) =
        (queries(&|what| !what.starts_with("if ")), queries(&|what| what.starts_with("if ")));
    let unsaid: Vec<&String> =
        sent.iter().filter(|one| !surely.contains(*one) && !perhaps.contains(*one)).collect();
    let unsent: Vec<&String> = surely.difference(&sent).collect();
    assert!(unsaid.is_empty() && unsent.is_empty(), "not said: {unsaid:#?}\nnot sent: {unsent:#?}\n{text}");
    if reply == Failures::None {
        let looked_up = perhaps.iter().find(|one| one.contains("code!=")).unwrap();
        assert!(sent.contains(looked_up), "{looked_up} {sent:?}");
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Failures {
    Some,
    None,
}

#[test]
fn the_queries_are_those_that_are_sent() {
    held_against("", &PROMISES, Failures::Some);
    held_against("exact: true", &PROMISES, Failures::Some);
    held_against("step: 5m\ninterval: 15s", &PROMISES, Failures::Some);
    held_against("", &PROMISES[..1], Failures::None);
    held_against("", &PROMISES[4..5], Failures::Some);
}
