//! Native histograms, written to a real Prometheus by remote write: the counts of the same requests in a file, limits
//! inside of a bucket undecided unless it cannot matter, resets and buckets that become wider.

use crate::server::Server;
use crate::work::Work;
use crate::world::START;
use std::collections::BTreeMap;
use std::fmt::Write;

const METRIC: &str = "rpc_duration_seconds";
/// A scrape.
const STEP: i64 = 15;
/// An hour of them, and five minutes before.
const STEPS: i64 = 240;
const BEFORE: i64 = 20;
const HOUR: (i64, i64) = (START, START + 3600);

/// A histogram as a client keeps it.
#[derive(Clone, Default)]
struct Native {
    /// Edges are 2^(n / 2^schema).
    schema: i32,
    milliseconds: u64,
    zero: u64,
    /// By n.
    buckets: BTreeMap<i32, u64>,
}

impl Native {
    fn observe(&mut self, milliseconds: u64) {
        self.milliseconds += milliseconds;
        if milliseconds == 0 {
            self.zero += 1;
            return;
        }
        let seconds = milliseconds as f64 / 1000.0;
        let edge = |n: i32| 2f64.powf(f64::from(n) / 2f64.powi(self.schema));
        let n = (-200..200).find(|n| seconds <= edge(*n)).unwrap();
        *self.buckets.entry(n).or_default() += 1;
    }

    /// Buckets of twice the width, as a client does when it has too many.
    fn widened(&self) -> Native {
        let mut wide = Native { schema: self.schema - 1, buckets: BTreeMap::new(), ..self.clone() };
        for (n, count) in &self.buckets {
            *wide.buckets.entry((n + 1).div_euclid(2)).or_default() += count;
        }
        wide
    }

    fn count(&self) -> u64 {
        self.zero + self.buckets.values().sum::<u64>()
    }

    /// As `prometheus.Histogram` (prompb/types.proto).
    fn message(&self, at: i64) -> Vec<u8> {
        let mut message = [
            field(1, 0, &varint(self.count())),
            double(3, self.milliseconds as f64 / 1000.0),
            field(4, 0, &zigzag(i64::from(self.schema))),
            double(5, 1e-128),
            field(6, 0, &varint(self.zero)),
        ]
        .concat();
        let (mut spans, mut deltas, mut next, mut last) = (Vec::new(), Vec::new(), 0, 0i64);
        for (n, count) in &self.buckets {
            let span = [field(1, 0, &zigzag(i64::from(*n - next))), field(2, 0, &varint(1))].concat();
            spans.extend(nested(11, &span));
            deltas.extend(zigzag(*count as i64 - last));
            (next, last) = (*n + 1, *count as i64);
        }
        message.extend(spans);
        message.extend(nested(12, &deltas));
        message.extend(field(15, 0, &varint(at as u64 * 1000)));
        message
    }
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn zigzag(number: i64) -> Vec<u8> {
    varint(((number << 1) ^ (number >> 63)) as u64)
}

fn field(number: u64, kind: u64, value: &[u8]) -> Vec<u8> {
    [varint(number << 3 | kind).as_slice(), value].concat()
}

fn double(number: u64, value: f64) -> Vec<u8> {
    field(number, 1, &value.to_le_bytes())
}

fn nested(number: u64, value: &[u8]) -> Vec<u8> {
    field(number, 2, &[varint(value.len() as u64).as_slice(), value].concat())
}

/// One series of a write request.
fn series(labels: &[(&str, &str)], samples: &[Vec<u8>]) -> Vec<u8> {
    let mut all = vec![("__name__", METRIC)];
    all.extend(labels);
    all.sort_unstable();
    let label = |(name, value): &(&str, &str)| {
        nested(1, &[nested(1, name.as_bytes()), nested(2, value.as_bytes())].concat())
    };
    let labels = all.iter().flat_map(label);
    labels.chain(samples.iter().flat_map(|sample| nested(4, sample))).collect()
}

/// Snappy's block format, without finding anything to pack.
fn snappy(bytes: &[u8]) -> Vec<u8> {
    let mut packed = varint(bytes.len() as u64);
    for part in bytes.chunks(60_000) {
        packed.push(61 << 2);
        packed.extend(u16::try_from(part.len() - 1).unwrap().to_le_bytes());
        packed.extend(part);
    }
    packed
}

fn write(server: &Server, all: &[Vec<u8>]) {
    let request: Vec<u8> = all.iter().flat_map(|series| nested(1, series)).collect();
    ureq::post(format!("{}/api/v1/write", server.url))
        .header("Content-Encoding", "snappy")
        .header("Content-Type", "application/x-protobuf")
        .header("X-Prometheus-Remote-Write-Version", "0.1.0")
        .send(snappy(&request))
        .unwrap();
}

/// What the requests of a service do, by step: milliseconds and whether it failed.
type Traffic = fn(i64) -> Vec<(u64, bool)>;

/// Ten requests a step: eight of 300 ms, one of 470 ms, one of 900 ms; every fourth of the last kind fails.
fn steady(step: i64) -> Vec<(u64, bool)> {
    let mut requests = vec![(300, false); 8];
    requests.extend([(470, false), (900, step.rem_euclid(4) == 0)]);
    requests
}

/// Two requests a step at the edge of 500 ms, one above, and one that took no time.
fn edgy(_: i64) -> Vec<(u64, bool)> {
    vec![(500, false), (500, false), (501, false), (0, false)]
}

fn idle(_: i64) -> Vec<(u64, bool)> {
    Vec::new()
}

struct Service {
    name: &'static str,
    traffic: Traffic,
    schema: i32,
    /// A restart at this step, with nothing counted any more.
    reset: Option<i64>,
    /// Buckets become wider at this step.
    wider: Option<i64>,
}

const SERVICES: [Service; 5] = [
    Service { name: "steady", traffic: steady, schema: 3, reset: None, wider: None },
    Service { name: "edgy", traffic: edgy, schema: 0, reset: None, wider: None },
    Service { name: "idle", traffic: idle, schema: 3, reset: None, wider: None },
    Service { name: "restarted", traffic: steady, schema: 3, reset: Some(100), wider: None },
    Service { name: "wider", traffic: steady, schema: 3, reset: None, wider: Some(100) },
];

/// Writes all services to a server, in the order of time; what the hour held comes back as CSV.
fn fill(server: &Server) -> String {
    let mut csv = "timestamp,service,latency_ms,status\n".to_owned();
    let mut kept: Vec<[Native; 2]> = SERVICES
        .iter()
        .map(|service| [(); 2].map(|()| Native { schema: service.schema, ..Native::default() }))
        .collect();
    for first in (-BEFORE..=STEPS).step_by(40) {
        let mut all = Vec::new();
        for (service, kept) in SERVICES.iter().zip(&mut kept) {
            let mut samples = [Vec::new(), Vec::new()];
            for step in first..(first + 40).min(STEPS + 1) {
                if service.reset == Some(step) {
                    for native in &mut *kept {
                        *native = Native { schema: service.schema, ..Native::default() };
                    }
                }
                for (milliseconds, failed) in (service.traffic)(step) {
                    kept[usize::from(failed)].observe(milliseconds);
                    if step > 0 {
                        let time = jiff::Timestamp::from_second(START + STEP * step - 7).unwrap();
                        let status = if failed { 500 } else { 200 };
                        let _ = writeln!(csv, "{time},{},{milliseconds},{status}", service.name);
                    }
                }
                for (native, samples) in kept.iter_mut().zip(&mut samples) {
                    if service.wider.is_some_and(|wider| step >= wider) && native.schema == service.schema {
                        *native = native.widened();
                    }
                    samples.push(native.message(START + STEP * step));
                }
            }
            for (code, samples) in ["200", "500"].into_iter().zip(samples) {
                all.push(series(&[("job", service.name), ("instance", "a"), ("code", code)], &samples));
            }
        }
        write(server, &all);
    }
    csv
}

#[test]
fn native_histograms_say_what_a_file_of_the_same_requests_says() {
    let server = Server::native();
    let csv = fill(&server);
    let promises = [
        "requests >= 1000",
        "failure_rate <= 2%",
        "avg(latency) <= 400ms",
        // Edges of every resolution.
        "p95(latency) <= 500ms",
        "violation_rate(latency > 250ms) <= 50%",
        "p90(latency) <= 1s",
        "p50(latency) > 250ms",
        // Inside of a bucket in which nothing was.
        "p99(latency) <= 3s",
    ];
    let (since, until) = ("2025-06-01T00:00:00Z", "2025-06-01T01:00:00Z");
    let outside = format!("{csv}2025-05-31T23:59:59Z,steady,1,200\n{until},steady,1,200\n");
    let mut arguments = vec!["data.csv", "--by", "service", "--since", since, "--until", until];
    arguments.extend(promises.iter().flat_map(|promise| ["--require", *promise]));
    let wanted = Work::new().file("data.csv", &outside).check(&arguments).verdicts();
    let source = format!("latency: {METRIC}\nfailures: {METRIC}_count{{code=\"500\"}}");
    let work = Work::source(&server.url, &source);
    let found = work.over(HOUR, &promises, &["--by", "service"]);
    let found_verdicts = found.verdicts();
    assert_eq!(wanted.len(), 4 * promises.len());
    for (key, wanted) in &wanted {
        assert_eq!(found_verdicts.get(key), Some(wanted), "{key:?}\n{}", found.words());
    }
    let idle = found_verdicts.iter().filter(|((_, service, _), _)| service == "idle");
    for (key, (verdict, _, samples)) in idle {
        assert_eq!((verdict.as_str(), *samples), ("undecided", 0), "{key:?}");
    }
}

/// 2^(-9/8) s = 0.4585 s and 2^-1 s are edges of resolution 3, and 470 ms lies between them.
#[test]
fn a_limit_inside_of_a_bucket_is_unknown_to_what_lies_in_it() {
    let server = Server::native();
    fill(&server);
    let work = Work::source(&server.url, &format!("latency: {METRIC}"));
    let found = work.over(
        HOUR,
        &[
            // 80 % are below the bucket and 10 % in it.
            "p80(latency) <= 465ms",
            "p85(latency) <= 465ms",
            "p90(latency) <= 490ms",
            "p95(latency) <= 465ms",
            "violation_rate(latency > 465ms) <= 20%",
            "violation_rate(latency > 465ms) <= 9%",
            // 500 itself lies in the bucket that ends there.
            "p50(latency) < 500ms",
        ],
        &["--by", "service", "--where", "service == \"steady\" or service == \"edgy\""],
    );
    let lines: Vec<String> =
        found.lines().into_iter().map(|line| line.split(" of").next().unwrap().to_owned()).collect();
    let verdict = |line: &str| {
        let (name, rest) = line.rsplit_once(": ").unwrap();
        (name.to_owned(), rest.split(' ').next().unwrap().to_owned())
    };
    let verdicts: BTreeMap<String, String> = lines.iter().map(|line| verdict(line)).collect();
    for (name, wanted) in [
        ("p80(latency) <= 465ms steady", "met"),
        ("p85(latency) <= 465ms steady", "undecided"),
        ("p90(latency) <= 490ms steady", "undecided"),
        ("p95(latency) <= 465ms steady", "breached"),
        ("violation_rate(latency > 465ms) <= 20% steady", "met"),
        ("violation_rate(latency > 465ms) <= 9% steady", "breached"),
        ("p50(latency) < 500ms edgy", "undecided"),
        ("p50(latency) < 500ms steady", "met"),
    ] {
        assert_eq!(
            verdicts.get(name).map(String::as_str),
            Some(wanted),
            "{name}: {verdicts:?}\n{}",
            found.words()
        );
    }
}

#[test]
fn a_gauge_that_is_a_native_histogram_is_refused_by_name() {
    let server = Server::native();
    fill(&server);
    let work = Work::source(&server.url, &format!("columns: {{rpc: {{query: {METRIC}, unit: s}}}}"));
    let found = work.over(HOUR, &["max(rpc) <= 1s"], &["--by", "instance"]);
    assert_eq!(found.code, 3);
    assert!(found.words().contains("native histogram"), "{}", found.words());
}
