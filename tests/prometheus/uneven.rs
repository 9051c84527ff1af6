//! A service whose parts are not measured alike: what is not known of one of them is not known of the whole.

use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};

const STEPS: i64 = 240;
const BEFORE: i64 = 20;
const HOUR: (i64, i64) = (START, START + 3600);

/// Two instances with one request a step, all of which take at most 0.25 s: one has an edge at 0.5 s, the other has none.
/// Two of another service, of which one has no histogram. And one that was asked once more than it has measured, each in
/// 0.1 s: 241 times, and 240.
fn world() -> World {
    let mut world = World::default();
    let mut add = |family: &str, series: &str| {
        for step in -BEFORE..=STEPS {
            world.sample(family, series, START + 15 * step, 100 + step);
        }
    };
    for (job, instance, edges) in [
        ("mixed", "a", &["0.25", "0.5", "1", "+Inf"][..]),
        ("mixed", "b", &["0.25", "1", "+Inf"]),
        ("part", "a", &["0.5", "+Inf"]),
        ("part", "b", &[]),
    ] {
        let labels = format!("job=\"{job}\",instance=\"{instance}\"");
        add("http_requests", &format!("http_requests_total{{{labels},code=\"200\"}}"));
        for edge in edges {
            add(
                "http_request_duration_seconds",
                &format!("http_request_duration_seconds_bucket{{{labels},le=\"{edge}\"}}"),
            );
        }
        if !edges.is_empty() {
            add("http_request_duration_seconds", &format!("http_request_duration_seconds_count{{{labels}}}"));
        }
    }
    for step in -BEFORE..=STEPS {
        let mut add = |family: &str, series: &str, value: String| {
            world.sample(family, series, START + 15 * step, value);
        };
        let timed = 100 + step;
        let labels = "job=\"busy\",instance=\"a\"";
        let asked = (timed + i64::from(step >= 120)).to_string();
        add("http_requests", &format!("http_requests_total{{{labels},code=\"200\"}}"), asked);
        let family = "http_request_duration_seconds";
        for edge in ["0.5", "+Inf"] {
            add(family, &format!("{family}_bucket{{{labels},le=\"{edge}\"}}"), timed.to_string());
        }
        add(family, &format!("{family}_count{{{labels}}}"), timed.to_string());
        add(family, &format!("{family}_sum{{{labels}}}"), format!("{}.{}", timed / 10, timed % 10));
    }
    world
}

#[test]
fn what_one_part_does_not_tell_is_not_known() {
    for server in [Server::prometheus(&world()), Server::victoria(&world())] {
        for mode in ["", "exact: true"] {
            let work = Work::usual(&server.url, mode);
            let promises =
                ["p95(latency) <= 500ms", "share(latency > 500ms) <= 50%", "share(latency > 500ms) >= 40%"];
            let answer = work.over(HOUR, &promises, &["--by", "service"]);
            let verdict = |promise: &str, service: &str| {
                let verdicts = answer.verdicts();
                let found = verdicts.iter().find(|((of, group, _), _)| of == promise && group == service);
                found.unwrap_or_else(|| panic!("{promise} {service}: {}", answer.words())).1.0.clone()
            };
            for promise in promises {
                assert_eq!(verdict(promise, "mixed"), "undecided", "{promise} {mode}: {}", answer.words());
            }
            // Of 480 requests 240 were measured, and all of these are fast.
            assert_eq!(verdict(promises[0], "part"), "undecided", "{mode}: {}", answer.words());
            assert_eq!(verdict(promises[1], "part"), "met", "{mode}: {}", answer.words());
            assert!(answer.words().contains("lack an edge that others have"), "{mode}: {}", answer.words());
            // Instance by instance only the one without the edge is unknown.
            let answer = work.over(HOUR, &promises[..1], &["--by", "instance"]);
            assert_eq!(answer.code, 3, "{mode}: {}", answer.words());
        }
    }
}

#[test]
fn a_request_that_is_in_no_histogram_may_have_been_slow() {
    for server in [Server::prometheus(&world()), Server::victoria(&world())] {
        for mode in ["", "exact: true"] {
            let work = Work::usual(&server.url, mode);
            let over = |promise: &str| {
                work.over(HOUR, &[promise], &["--by", "service", "--where", "service == \"busy\""])
            };
            // One of 241 is 0.41 %.
            let known = over("share(latency > 500ms) <= 0.5%");
            assert_eq!(known.code, 0, "{mode}: {}", known.words());
            let unknown = over("share(latency > 500ms) <= 0.4%");
            assert_eq!(unknown.code, 3, "{mode}: {}", unknown.words());
            // A mean is without it, and says so.
            let mean = over("avg(latency) <= 100ms");
            assert_eq!(mean.code, 0, "{mode}: {}", mean.words());
            assert!(mean.words().contains("in no histogram: 1 request, "), "{mode}: {}", mean.words());
        }
    }
}
