//! `sla inspect` of a real server: kinds, labels, edges; and what it suggests works as it is.

use crate::fake::{Fake, Reply};
use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};

/// Ten requests a minute, of which one in a hundred fails and half take at most 100 ms.
fn world() -> World {
    let mut world = World::default();
    for minute in 0..=600 {
        let at = START + 60 * minute;
        let failed = minute / 10;
        let family = "http_requests";
        world.sample(family, "http_requests_total{job=\"api\",code=\"500\"}", at, failed);
        world.sample(family, "http_requests_total{job=\"api\",code=\"200\"}", at, 10 * minute - failed);
        let family = "http_request_duration_seconds";
        for (edge, count) in [("0.1", 5), ("0.25", 9), ("2.5", 10), ("+Inf", 10)] {
            let series = format!("{family}_bucket{{job=\"api\",le=\"{edge}\"}}");
            world.sample(family, &series, at, count * minute);
        }
        world.sample(family, &format!("{family}_count{{job=\"api\"}}"), at, 10 * minute);
        world.sample(family, &format!("{family}_sum{{job=\"api\"}}"), at, minute);
        world.sample("queue_length", "queue_length{job=\"api\",shard=\"7\"}", at, 3);
    }
    world
}

fn suggested(server: &Server) {
    let (code, text) = Work::new().run(&["inspect", &server.url]);
    assert_eq!(code, 0, "{text}");
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        "counters",
        "http_requests_total code, job",
        "histograms",
        "http_request_duration_seconds job; edges 0.1 0.25 2.5",
        "gauges, by their names",
        "queue_length job, shard",
    ] {
        assert!(lines.iter().any(|found| found == line), "`{line}` is not in:\n{text}");
    }
    let block = text.split_once("\nsources:\n").map(|(_, block)| format!("sources:\n{block}"));
    let work = Work::new().file("sla.yaml", &block.unwrap_or_else(|| panic!("no block: {text}")));
    let range = (START, START + 36_000);
    let answer = work.over(
        range,
        &["failure_rate <= 1%", "p50(latency) <= 100ms", "violation_rate(latency > 250ms) <= 10%"],
        &["--by", "service"],
    );
    assert_eq!(answer.code, 0, "{}", answer.words());
    // Ten hours of 600 requests.
    assert_eq!(
        answer.lines(),
        [
            "failure_rate <= 1% api: met 1/100 of 6000",
            "p50(latency) <= 100ms api: met 1/2 of 6000",
            "violation_rate(latency > 250ms) <= 10% api: met 1/10 of 6000",
        ]
    );
    // By its name it says the same of it.
    let (code, again) = work.run(&["inspect", "prod"]);
    assert_eq!(code, 0, "{again}");
    assert_eq!(again.split_once("\nsources:\n").unwrap().1, text.split_once("\nsources:\n").unwrap().1);
}

#[test]
fn what_prometheus_has() {
    suggested(&Server::prometheus(&world()));
}

#[test]
fn what_victoria_has() {
    suggested(&Server::victoria(&world()));
}

/// The buckets stand for their histogram, in every way to name it.
#[test]
fn a_histogram_may_be_named_by_its_buckets() {
    let server = Server::prometheus(&world());
    let name = "http_request_duration_seconds_bucket";
    for latency in [format!("latency: {{metric: {name}}}"), format!("latency: {name}{{job=\"api\"}}")] {
        let work = Work::source(&server.url, &latency);
        let promises = ["avg(latency) <= 100ms", "p50(latency) <= 100ms", "requests >= 6000"];
        let answer = work.over((START, START + 36_000), &promises, &[]);
        // Half of ten hours of 600 requests take at most 100 ms; all of them a second in a minute, of ten.
        assert_eq!(
            answer.lines(),
            [
                "avg(latency) <= 100ms: met 1/10 of 6000",
                "p50(latency) <= 100ms: met 1/2 of 6000",
                "requests >= 6000: met 6000/1 of 6000"
            ],
            "{}",
            answer.words()
        );
    }
    let work = Work::source(&server.url, "latency: {metric: http_request_duration_seconds_count, unit: s}");
    let words = work.over((START, START + 36_000), &["p50(latency) <= 100ms"], &[]).words();
    assert!(words.contains("name a classic one without `_bucket`, `_count` or `_sum`"), "{words}");
}

/// A summary has a sum and a count, and quantiles that tell nothing of all series together.
#[test]
fn a_summary_has_a_mean_and_no_percentiles() {
    let mut world = World::default();
    let family = "rpc_duration_seconds";
    for minute in 0..=60 {
        let at = START + 60 * minute;
        world.sample(family, &format!("{family}{{job=\"api\",quantile=\"0.95\"}}"), at, 0.2);
        world.sample(family, &format!("{family}_count{{job=\"api\"}}"), at, 10 * minute);
        world.sample(family, &format!("{family}_sum{{job=\"api\"}}"), at, minute);
    }
    let saved = Work::new().file("metrics.om", &world.openmetrics());
    let saved = saved.check(&["metrics.om", "--requests", "x", "--require", "p95(latency) <= 1s"]);
    assert!(!saved.words().contains("summary"), "{}", saved.words());
    for server in [Server::prometheus(&world), Server::victoria(&world)] {
        let work = Work::source(&server.url, "latency: rpc_duration_seconds");
        let range = (START, START + 3600);
        let mean = work.over(range, &["avg(latency) <= 100ms"], &[]);
        assert_eq!(mean.lines(), ["avg(latency) <= 100ms: met 1/10 of 600"], "{}", mean.words());
        for promise in ["p95(latency) <= 500ms", "violation_rate(latency > 1s) <= 5%"] {
            let answer = work.over(range, &[promise], &[]);
            assert_eq!(answer.code, 3, "{}", answer.words());
            let words = answer.words();
            assert!(words.contains("`rpc_duration_seconds` is a summary: the quantiles"), "{words}");
        }
    }
}

/// Names that only Prometheus 3 and others take.
#[test]
fn names_of_any_signs_are_listed_and_asked_for() {
    let mut world = World::default();
    for step in 0..240 {
        world.sample("queue.length", "queue.length{job=\"api\"}", START + 15 * step, 3);
    }
    let server = Server::victoria(&world);
    let (code, text) = Work::new().run(&["inspect", &server.url]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("  {\"queue.length\"}  job\n"), "{text}");
    let work = Work::source(&server.url, "columns: {queue: {query: '{\"queue.length\",job=\"api\"}'}}");
    let answer = work.over((START, START + 3600), &["max(queue) <= 3"], &[]);
    assert_eq!(answer.lines(), ["max(queue) <= 3: met 3/1 of 240"], "{}", answer.words());
    let text = "# TYPE \"http.requests_total\" counter\n{\"http.requests_total\",code=\"200\"} 7 1748736000\n# EOF\n";
    let work = Work::new().file("metrics.om", text);
    let (code, text) = work.run(&["inspect", "metrics.om"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("    requests: '{\"http.requests_total\"}'\n"), "{text}");
    assert!(text.contains("    failures: '{\"http.requests_total\",code=~\"5..\"}'\n"), "{text}");
    let name = "source: prod\nobjectives:\n  - requests >= 1\n";
    let block = text.split_once("\nsources:\n").map(|(_, block)| format!("sources:\n{block}")).unwrap();
    let work = Work::new().file("sla.yaml", &block).file("rules.yaml", &format!("sla: Shop\n{name}"));
    let (_, told) = work.run(&["rules", "explain", "rules.yaml", "--source", "prod"]);
    assert!(told.contains("{__name__=\"http.requests_total\"}"), "{told}");
}

/// What has no end is counted.
#[test]
fn long_lists_are_cut_and_say_so() {
    let names: Vec<String> = (0..60).map(|at| format!("\"gauge_{at:02}\"")).collect();
    let labels: Vec<String> = (0..50).map(|at| format!("\"label_{at:02}\"")).collect();
    let list = |of: &[String]| format!(r#"{{"status":"success","data":[{}]}}"#, of.join(","));
    let (names, labels) = (list(&names), list(&labels));
    let fake = Fake::new(move |asked| {
        Some(Reply::json(200, if asked.path.ends_with("/labels") { labels.clone() } else { names.clone() }))
    });
    let (code, text) = Work::new().run(&["inspect", &fake.url]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(", label_39, and 10 more\n") && !text.contains("label_40"), "{text}");
    assert!(text.contains("… and 35 other metrics"), "{text}");
}
