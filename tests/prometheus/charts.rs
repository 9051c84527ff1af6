//! A page over a server: trends by asking again, slice by slice, and what is not drawn said.

use crate::fake::{Asked, Fake, Reply};
use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Two days of `api` every minute, 10 requests more each time: none fails but 60 in the hour from 05:00 of the second
/// day. Half are within 100 ms. `cpu` is 40 % in the first day and 60 % in the second.
fn world() -> World {
    let mut world = World::default();
    for minute in 0..=2880 {
        let at = START + 60 * minute;
        let failed = (minute - 29 * 60).clamp(0, 60);
        let family = "http_requests";
        world.sample(family, "http_requests_total{job=\"api\",code=\"500\"}", at, failed);
        world.sample(family, "http_requests_total{job=\"api\",code=\"200\"}", at, 10 * minute - failed);
        let family = "http_request_duration_seconds";
        let series = |part: &str| format!("{family}_{part}");
        world.sample(family, &series("bucket{job=\"api\",le=\"0.1\"}"), at, 5 * minute);
        world.sample(family, &series("bucket{job=\"api\",le=\"+Inf\"}"), at, 10 * minute);
        world.sample(family, &series("count{job=\"api\"}"), at, 10 * minute);
        world.sample(family, &series("sum{job=\"api\"}"), at, minute);
        world.sample("cpu", "cpu{job=\"api\"}", at, if minute < 1440 { 40 } else { 60 });
    }
    world
}

const RULES: &str = "sla: Gold\nsource: prod\nby: service\nobjectives:\n  - failure_rate <= 1%\n  \
                     - p50(latency) <= 100ms\n  - avg(cpu) <= 70%\n";
const RANGE: [&str; 4] = ["--since", "2025-06-01", "--until", "2025-06-03"];

fn work(url: &str) -> Work {
    let columns = "columns: {cpu: {query: cpu, unit: \"%\"}}\nexact: true";
    Work::usual(url, columns).file("gold.yaml", RULES)
}

fn check(work: &Work, more: &[&str]) -> (i32, String) {
    let all = ["check", "--rules", "gold.yaml", "--now", "2025-06-03T00:00:00Z"];
    work.run(&[&all, &RANGE[..], more].concat())
}

/// The table of numbers below the figure of that title.
fn numbers(page: &str, title: &str) -> Vec<String> {
    let figure = page.split("<figure>").find(|figure| figure.contains(&format!(">{title}<")));
    let figure = figure.unwrap_or_else(|| panic!("no figure `{title}`"));
    let table = figure.split("<table>").nth(1).unwrap().split("</table>").next().unwrap();
    table.split("<tr>").skip(2).map(|row| row.replace("<td>", " ").trim().to_owned()).collect()
}

#[test]
fn trends_are_those_of_the_metrics() {
    let server = Server::prometheus(&world());
    let work = work(&server.url);
    let (code, said) = check(&work, &["--output", "report.html", "--record"]);
    assert_eq!(code, 0, "{said}");
    let (_, plain) = check(&work, &["--no-record"]);
    // Drawing decides nothing.
    assert_eq!(said.replace("recorded as run 1 in reports/sla.db\n", ""), plain);
    let page = std::fs::read_to_string(work.path("report.html")).unwrap();
    // Hour by hour: 60 of 600 failed in one of 48.
    let rows = numbers(&page, "Failure rate by hour");
    assert_eq!(rows.len(), 48, "{rows:?}");
    let bad: Vec<&String> = rows.iter().filter(|row| row.contains("10 %")).collect();
    assert!(bad.len() == 1 && bad[0].contains("05:00") && bad[0].contains("600"), "{bad:?}");
    let rows = numbers(&page, "Average of cpu by hour");
    let of = |value: &str| rows.iter().filter(|row| row.contains(value)).count();
    assert_eq!((of("40 %"), of("60 %")), (24, 24), "{rows:?}");
    // 1,440 samples each.
    let rows = numbers(&page, "Distribution of cpu");
    assert!(rows.iter().any(|row| row.contains("40") && row.contains("1,440")), "{rows:?}");
    let note = "How latencies are spread is not drawn: the metrics count them in buckets, and where in a bucket they lie is not known.";
    assert_eq!(page.matches(note).count(), 1);
    // A recorded run is drawn again by asking again, and is the same page.
    let (code, said) = work.run(&["show", "1", "--output", "again.html"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(std::fs::read_to_string(work.path("again.html")).unwrap(), page);
    drop(server);
    let (code, said) = work.run(&["show", "1", "--output", "later.html"]);
    assert_eq!(code, 0, "{said}");
    let page = std::fs::read_to_string(work.path("later.html")).unwrap();
    let why = "Charts of time and values are not here, for they need a second look at the data: prod: cannot be reached";
    assert!(page.contains(why));
    assert!(!page.contains("Failure rate by hour"));
}

/// A server that answers the check and not what comes after it: a page without charts, that says why.
#[test]
fn a_server_that_falls_silent_between_is_told() {
    let silent = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&silent);
    // Hours are asked for by the check of a day already; quarters of an hour only by its charts.
    let fake = Fake::new(move |one: &Asked| {
        let is_chart = one.form.get("step").is_some_and(|step| step == "900");
        (is_chart || asked.fetch_or(is_chart, Ordering::Relaxed))
            .then(|| Reply::text(503, "text/plain", "no longer"))
    });
    let work = Work::usual(&fake.url, "step: 1h");
    let all = ["check", "prod", "--require", "failure_rate <= 5%", "--since", "2025-06-01", "--until"];
    let (code, said) = work.run(&[&all[..], &["2025-06-01T12:00:00Z", "--output", "report.html"]].concat());
    assert_eq!(code, 0, "{said}");
    let page = std::fs::read_to_string(work.path("report.html")).unwrap();
    let why = "There are no charts over time: they need a second look at the data, and prod answers 503 Service Unavailable: no longer (5 tries).";
    assert!(page.contains(why), "{page}");
}

/// The answers of today are not those of the run: nothing is drawn from them.
#[test]
fn another_answer_draws_nothing() {
    let server = Server::victoria(&world());
    let work = work(&server.url);
    let (code, said) = check(&work, &["--record"]);
    assert_eq!(code, 0, "{said}");
    let mut more = World::default();
    for minute in 0..=60 {
        more.sample(
            "",
            "http_requests_total{job=\"api\",code=\"200\",instance=\"b\"}",
            START + 60 * minute,
            minute,
        );
    }
    server.import(&more);
    let (code, said) = work.run(&["show", "1", "--output", "report.html"]);
    assert_eq!(code, 0, "{said}");
    let page = std::fs::read_to_string(work.path("report.html")).unwrap();
    assert!(page.contains("prod does not answer what it did when the run was recorded"), "{page}");
}
