//! The same million requests as CSV and as metrics aligned to slices: the same counts, the same verdicts.

use crate::server::Server;
use crate::work::{Verdicts, Work};
use crate::world::{START, World};
use std::fmt::Write;

const SERVICES: usize = 10;
const PODS: usize = 2;
const MINUTES: i64 = 24 * 60;
const REQUESTS: usize = 1_000_000;
/// Milliseconds, and how they are spelt.
const EDGES: [(u64, &str); 5] = [(50, "0.05"), (100, "0.1"), (250, "0.25"), (500, "0.5"), (1000, "1")];
const PROMISES: [&str; 6] = [
    "failure_rate <= 2%",
    "availability >= 97.9%",
    "p95(latency) <= 500ms",
    "violation_rate(latency > 250ms) <= 30%",
    "avg(latency) <= 199ms",
    "requests >= 4100",
];

/// Numbers that look random (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// What a pod has counted.
#[derive(Clone, Default)]
struct Pod {
    ok: u64,
    failed: u64,
    buckets: [u64; EDGES.len()],
    milliseconds: u64,
}

/// Requests, and the metrics of them every minute; the service `fine` never fails and lacks the series of failures.
fn requests() -> (String, World) {
    let mut random = Random(42);
    let mut csv = "timestamp,service,latency_ms,status\n".to_owned();
    let mut world = World::default();
    let name = |service: usize| if service == 0 { "fine".to_owned() } else { format!("service-{service}") };
    let mut pods = vec![Pod::default(); SERVICES * PODS];
    let each = REQUESTS / MINUTES as usize;
    let mut made = 0;
    for minute in 0..=MINUTES {
        let here = if minute == 0 {
            0
        } else {
            each + usize::from(made + each * (MINUTES - minute + 1) as usize != REQUESTS)
        };
        for _ in 0..here.min(REQUESTS - made) {
            let which = random.below(pods.len() as u64) as usize;
            let service = which / PODS;
            let latency = 5 + random.below(40) * random.below(20);
            let failed = service > 0 && random.below(1000) < 12 + 2 * service as u64;
            let at = START + 60 * (minute - 1) + 1 + random.below(58) as i64;
            let status = if failed { 503 } else { 200 };
            let time = jiff::Timestamp::from_second(at).unwrap();
            let _ = writeln!(csv, "{time},{},{latency},{status}", name(service));
            let pod = &mut pods[which];
            pod.ok += u64::from(!failed);
            pod.failed += u64::from(failed);
            pod.milliseconds += latency;
            for (bucket, (edge, _)) in pod.buckets.iter_mut().zip(EDGES) {
                *bucket += u64::from(latency <= edge);
            }
            made += 1;
        }
        for (which, pod) in pods.iter().enumerate() {
            let (at, job) = (START + 60 * minute, name(which / PODS));
            let labels = format!("job=\"{job}\",instance=\"pod-{which}\"");
            let mut sample =
                |family: &str, series: String, value: String| world.sample(family, &series, at, value);
            sample(
                "http_requests",
                format!("http_requests_total{{{labels},code=\"200\"}}"),
                pod.ok.to_string(),
            );
            if job != "fine" {
                let series = format!("http_requests_total{{{labels},code=\"503\"}}");
                sample("http_requests", series, pod.failed.to_string());
            }
            let histogram = "http_request_duration_seconds";
            let all = (pod.ok + pod.failed).to_string();
            for (bucket, (_, edge)) in pod.buckets.iter().zip(EDGES) {
                sample(
                    histogram,
                    format!("{histogram}_bucket{{{labels},le=\"{edge}\"}}"),
                    bucket.to_string(),
                );
            }
            sample(histogram, format!("{histogram}_bucket{{{labels},le=\"+Inf\"}}"), all.clone());
            sample(histogram, format!("{histogram}_count{{{labels}}}"), all);
            let sum = format!("{}.{:03}", pod.milliseconds / 1000, pod.milliseconds % 1000);
            sample(histogram, format!("{histogram}_sum{{{labels}}}"), sum);
        }
    }
    assert_eq!(made, REQUESTS);
    (csv, world)
}

#[test]
fn a_million_requests_are_the_same_from_a_file_and_from_servers() {
    let (csv, world) = requests();
    let range = (START, START + 60 * MINUTES);
    // A row before and one behind prove that the file reaches over the whole range, as a server always does.
    let at = |seconds| jiff::Timestamp::from_second(seconds).unwrap().to_string();
    let (since, until) = (at(range.0), at(range.1));
    let outside = format!("{csv}{},fine,9,200\n{until},fine,9,200\n", at(START - 1));
    let files = Work::new().file("data.csv", &outside);
    let mut arguments =
        vec!["data.csv", "--by", "service", "--period", "1h", "--since", &since, "--until", &until];
    arguments.extend(PROMISES.iter().flat_map(|promise| ["--require", *promise]));
    let wanted = files.check(&arguments).verdicts();
    // Ten services, 24 hours, six promises; some of each verdict, or nothing would be shown.
    assert_eq!(wanted.len(), 10 * 24 * 6);
    for verdict in ["met", "breached"] {
        let of = wanted.values().filter(|(found, ..)| found == verdict).count();
        assert!(of > 100, "{of} are {verdict}");
    }
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        for exact in ["true", "false"] {
            let work = Work::usual(&server.url, &format!("exact: {exact}"));
            let found = work.over(range, &PROMISES, &["--by", "service", "--period", "1h"]).verdicts();
            same(&wanted, &found, &format!("{name}, exact: {exact}"));
        }
    }
}

fn same(wanted: &Verdicts, found: &Verdicts, who: &str) {
    assert_eq!(wanted.len(), found.len(), "{who}");
    for (key, wanted) in wanted {
        assert_eq!(found.get(key), Some(wanted), "{who}: {key:?}");
    }
}
