//! `sla inspect` of a real server: kinds, labels, edges; and what it suggests works as it is.

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
