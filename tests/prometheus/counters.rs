//! What counters do in the field: restarts, pods that come and go, services that sleep or never fail.
//!
//! Every number is worked out by hand. With `exact: true` it must be met; between bounds a verdict may be undecided, but
//! never another one.

use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};

/// An hour of scrapes every 15 s, and five minutes before it.
const STEPS: i64 = 240;
const BEFORE: i64 = 20;
const HOUR: (i64, i64) = (START, START + 3600);

/// What each service did in that hour: requests and failures.
const TRUTH: [(&str, u64, u64); 9] = [
    ("churn", 717, 0),
    ("clean", 240, 0),
    ("gap", 240, 0),
    ("idle", 0, 0),
    ("late", 120, 12),
    ("lazy", 242, 2),
    ("near", 2390, 239),
    ("reset", 7, 0),
    ("steady", 504, 24),
];

fn counter(job: &str, instance: &str, code: u16) -> String {
    format!("http_requests_total{{job=\"{job}\",instance=\"{instance}\",code=\"{code}\"}}")
}

/// Samples of a counter at the steps of a range, by what it shows there.
fn add(world: &mut World, series: &str, steps: std::ops::RangeInclusive<i64>, value: impl Fn(i64) -> i64) {
    for step in steps {
        world.sample("http_requests", series, START + 15 * step, value(step));
    }
}

fn world() -> World {
    let mut world = World::default();
    let all = -BEFORE..=STEPS;
    // 2 a step, and a failure every tenth: 480 + 24.
    add(&mut world, &counter("steady", "a", 200), all.clone(), |step| 100 + 2 * step);
    add(&mut world, &counter("steady", "a", 500), all.clone(), |step| 10 + step.div_euclid(10));
    // 1 a step and no series of failures at all.
    add(&mut world, &counter("clean", "a", 200), all.clone(), |step| 50 + step);
    add(&mut world, &counter("idle", "a", 200), all.clone(), |_| 5);
    // 9 good ones and a failure a step; at step 100 a restart: 99 + 140 steps count.
    let restarted = |each: i64| move |step: i64| each * if step < 100 { step + BEFORE } else { step - 100 };
    add(&mut world, &counter("near", "a", 200), all.clone(), restarted(9));
    add(&mut world, &counter("near", "a", 500), all.clone(), restarted(1));
    // W60: 0 1 2 3 2 3 4, and nothing from then on.
    let w60 = [0, 1, 2, 3, 2, 3, 4];
    add(&mut world, &counter("reset", "a", 200), all.clone(), |step| w60[step.clamp(0, 6) as usize]);
    // W63: one pod until step 120, 3 a step; the next from step 121 on, from nothing: 360 + 357.
    add(&mut world, &counter("churn", "a", 200), -BEFORE..=120, |step| 60 + 3 * step);
    add(&mut world, &counter("churn", "b", 200), 121..=STEPS, |step| 3 * (step - 121));
    // From step 120 on, from nothing; every tenth of its 120 fails.
    add(&mut world, &counter("late", "a", 200), 120..=STEPS, |step| step - 120 - (step - 120) / 10);
    add(&mut world, &counter("late", "a", 500), 120..=STEPS, |step| (step - 120) / 10);
    // The series of failures begins with the first one, at step 50; another at step 60.
    add(&mut world, &counter("lazy", "a", 200), all, |step| 70 + step);
    add(&mut world, &counter("lazy", "a", 500), 50..=STEPS, |step| if step < 60 { 1 } else { 2 });
    // A quarter of an hour without scrapes.
    for steps in [-BEFORE..=100, 161..=STEPS] {
        add(&mut world, &counter("gap", "a", 200), steps, |step| 30 + step);
    }
    world
}

const PROMISES: [&str; 8] = [
    "failure_rate <= 0.1%",
    "failure_rate <= 1%",
    "failure_rate <= 10%",
    "failure_rate < 10%",
    "availability >= 90%",
    "failures <= 2",
    "failures >= 24",
    "requests >= 240",
];

/// What a promise comes to by the numbers.
fn verdict(promise: &str, requests: u64, failures: u64) -> &'static str {
    let kept = match promise {
        "failure_rate <= 0.1%" => failures * 1000 <= requests,
        "failure_rate <= 1%" => failures * 100 <= requests,
        "failure_rate <= 10%" | "availability >= 90%" => failures * 10 <= requests,
        "failure_rate < 10%" => failures * 10 < requests,
        "failures <= 2" => failures <= 2,
        "failures >= 24" => failures >= 24,
        _ => requests >= 240,
    };
    match (requests, kept) {
        (0, _) => "undecided",
        (_, true) => "met",
        (_, false) => "breached",
    }
}

#[test]
fn counts_are_those_by_hand_and_bounds_never_contradict_them() {
    let world = world();
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        let mut decided = 0;
        for settings in ["exact: true", "step: 1h", "step: 5m", "step: 1m"] {
            let found = Work::usual(&server.url, settings).over(HOUR, &PROMISES, &["--by", "service"]);
            let found = found.verdicts();
            assert_eq!(found.len(), TRUTH.len() * PROMISES.len(), "{name}, {settings}");
            for (service, requests, failures) in TRUTH {
                for promise in PROMISES {
                    let key = (promise.to_owned(), service.to_owned(), String::new());
                    let (verdict_found, _, samples) = &found[&key];
                    let wanted = verdict(promise, requests, failures);
                    let what = format!("{name}, {settings}: {service}, {promise}");
                    if settings == "exact: true" {
                        assert_eq!((verdict_found.as_str(), *samples), (wanted, requests), "{what}");
                    } else {
                        assert!(
                            verdict_found == wanted || verdict_found == "undecided",
                            "{what}: {verdict_found}"
                        );
                        decided += usize::from(verdict_found != "undecided");
                    }
                }
            }
        }
        // Or saying nothing would do.
        assert!(decided > TRUTH.len() * PROMISES.len() * 3 / 2, "{name}: {decided}");
    }
}

/// W61 and W62, after promql/testdata/functions.test: 27 every five minutes with a reset in the middle rises by 243 in 50
/// minutes (0.081/s), and 10 every five minutes by exactly 100, which `increase()` calls 105 where scrapes lie askew.
#[test]
fn w61_w62_big_drops_and_windows_askew_add_nothing() {
    let mut world = World::default();
    let every = 20;
    let middle = |step: i64| 27 * if step < 5 { step } else { step - 5 };
    for step in -1..=10 {
        let sample = |world: &mut World, job: &str, at: i64, value: i64| {
            world.sample("http_requests", &counter(job, "a", 200), START + at, value);
        };
        sample(&mut world, "dropped", 15 * every * step, if step < 0 { 0 } else { middle(step) });
        sample(&mut world, "steady", 15 * every * step, 1000 + 10 * step);
        // Scraped 100 s later each time: what a counter shows at the ends of the range is older.
        sample(&mut world, "askew", 15 * every * step + 100, 1000 + 10 * step);
    }
    let range = (START, START + 3000);
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        for settings in ["exact: true", "step: 50m", "step: 10m", "step: 5m"] {
            let source = format!("requests: http_requests_total\n{settings}");
            let promises =
                ["requests == 100", "requests == 243", "throughput <= 0.081/s", "throughput < 0.081/s"];
            let found = Work::source(&server.url, &source).over(range, &promises, &["--by", "service"]);
            let verdicts = found.verdicts();
            let of = |promise: &str, job: &str| {
                verdicts[&(promise.to_owned(), job.to_owned(), String::new())].0.clone()
            };
            let what = format!("{name}, {settings}: {}", found.words());
            for job in ["steady", "askew"] {
                assert_eq!(of("requests == 100", job), "met", "{job}, {what}");
                assert_eq!(of("requests == 243", job), "breached", "{job}, {what}");
            }
            // With a reset in it, bounds may not tell; what they tell is so.
            for (promise, wanted) in [
                ("requests == 243", "met"),
                ("throughput <= 0.081/s", "met"),
                ("throughput < 0.081/s", "breached"),
            ] {
                let found = of(promise, "dropped");
                let may_be_unknown = settings != "exact: true" && found == "undecided";
                assert!(found == wanted || may_be_unknown, "{promise}: {found}, {what}");
            }
        }
    }
}

/// Silent for a quarter of an hour, in which five requests failed: 10 minutes of 40 requests each, and nobody knows which
/// of the three that the silence touches the failures belong to.
#[test]
fn what_happened_in_silence_belongs_to_no_slice_for_sure() {
    let mut world = World::default();
    for steps in [-BEFORE..=100, 161..=STEPS] {
        add(&mut world, &counter("api", "a", 200), steps.clone(), |step| {
            30 + step - 5 * i64::from(step > 114)
        });
        add(&mut world, &counter("api", "a", 500), steps, |step| 3 + 5 * i64::from(step > 114));
    }
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        for settings in ["exact: true", "step: 10m", "step: 5m", "step: 1m"] {
            let work = Work::usual(&server.url, settings);
            let found = work.over(HOUR, &["failure_rate <= 1%"], &["--by", "service", "--period", "10m"]);
            let verdicts: Vec<String> = found.verdicts().into_values().map(|(verdict, ..)| verdict).collect();
            assert_eq!(
                verdicts,
                ["met", "met", "undecided", "undecided", "undecided", "met"],
                "{name}, {settings}: {}",
                found.words()
            );
            assert!(found.words().contains("what happened then is not known"), "{}", found.words());
        }
    }
}

/// Of two pods one is silent from 7:30 on and is back at 32:30 with 50 failures more; a service is silent from 18:00 to
/// 22:00, over the end of its second slice, and shows five failures then; a third from 19:15 on, right before that end; a fourth
/// from half a minute before the hour to 2:00. In slices of ten minutes whatever the silence touches is not known.
#[test]
fn silence_of_one_among_others_and_short_silence_are_seen() {
    let mut world = World::default();
    let all = -BEFORE..=STEPS;
    add(&mut world, &counter("pods", "a", 200), all.clone(), |step| 100 + step);
    for steps in [-BEFORE..=30, 130..=STEPS] {
        add(&mut world, &counter("pods", "b", 200), steps.clone(), |step| {
            100 + step - 50 * i64::from(step >= 130)
        });
        add(&mut world, &counter("pods", "b", 500), steps, |step| 3 + 50 * i64::from(step >= 130));
    }
    for (job, last, back) in [("edge", 72, 88), ("brink", 77, 88), ("start", -2, 8)] {
        for steps in [-BEFORE..=last, back..=STEPS] {
            add(&mut world, &counter(job, "a", 200), steps.clone(), |step| {
                100 + step - 5 * i64::from(step >= back)
            });
            add(&mut world, &counter(job, "a", 500), steps, |step| 3 + 5 * i64::from(step >= back));
        }
    }
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        for settings in ["exact: true", "step: 10m", "step: 5m", "step: 1m"] {
            let work = Work::usual(&server.url, settings);
            let found = work.over(HOUR, &["failure_rate <= 1%"], &["--by", "service", "--period", "10m"]);
            let verdicts = |service: &str| -> Vec<String> {
                let of = found.verdicts();
                let of = of.into_iter().filter(|((_, group, _), _)| group == service);
                of.map(|(_, (verdict, ..))| verdict).collect()
            };
            let what = format!("{name}, {settings}: {}", found.words());
            let undecided = "undecided";
            assert_eq!(
                verdicts("pods"),
                [undecided, undecided, undecided, undecided, "met", "met"],
                "{what}"
            );
            for job in ["edge", "brink"] {
                assert_eq!(
                    verdicts(job),
                    ["met", undecided, undecided, "met", "met", "met"],
                    "{job}, {what}"
                );
            }
            assert_eq!(verdicts("start"), [undecided, "met", "met", "met", "met", "met"], "{what}");
        }
    }
}

/// Silences that are short, that began before the time asked about, in which failures showed for the first time, and in which
/// another instance showed counters that it had not had: in slices of ten minutes, whatever they touch is not known.
#[test]
fn silence_is_seen_wherever_it_lies() {
    let mut world = World::default();
    let mut add = |job: &str,
                   instance: &str,
                   code: u16,
                   steps: &[std::ops::RangeInclusive<i64>],
                   value: &dyn Fn(i64) -> i64| {
        for steps in steps {
            add(&mut world, &counter(job, instance, code), steps.clone(), value);
        }
    };
    let more_from =
        |back: i64, before: i64, more: i64| move |step: i64| before + more * i64::from(step >= back);
    // Five scrapes: 9:30 is the last sample, 10:45 the next.
    let short = [-BEFORE..=38, 43..=STEPS];
    add("short", "a", 200, &short, &|step| 100 + step);
    add("short", "a", 500, &short, &more_from(43, 3, 3));
    // From 9:15 to 11:00, and a restart at 15:00.
    let restarted = [-BEFORE..=37, 44..=STEPS];
    add("restarted", "a", 200, &restarted, &|step| if step < 60 { 100 + step } else { step - 60 });
    add("restarted", "a", 500, &restarted, &|step| {
        if step < 60 { 3 + 50 * i64::from(step >= 44) } else { 0 }
    });
    // Since 1:45 before the hour, until 23:30.
    let early = [-BEFORE..=-7, 94..=STEPS];
    add("early", "a", 200, &[-BEFORE..=STEPS], &|step| 100 + step);
    add("early", "b", 200, &early, &|step| 100 + step);
    add("early", "b", 500, &early, &more_from(94, 3, 50));
    // From 12:15 to 32:30.
    let gap = [-BEFORE..=49, 130..=STEPS];
    add("first", "a", 200, &gap, &|step| 100 + step);
    add("first", "a", 500, &[130..=STEPS], &|_| 50);
    add("hidden", "a", 200, &gap, &|step| 100 + step);
    add("hidden", "a", 500, &gap, &more_from(130, 3, 50));
    add("hidden", "b", 200, &[-BEFORE..=STEPS], &|step| 100 + step);
    add("hidden", "b", 404, &[70..=STEPS], &|_| 1);
    add("hidden", "b", 500, &[70..=STEPS], &|_| 1);
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        for settings in ["exact: true", "step: 10m", "step: 5m", "step: 1m"] {
            let work = Work::usual(&server.url, settings);
            let found = work.over(HOUR, &["failures <= 2"], &["--by", "service", "--period", "10m"]);
            let verdicts = found.verdicts();
            let of = |job: &str| -> String {
                let of = verdicts.iter().filter(|((_, group, _), _)| group == job);
                of.map(|(_, (verdict, ..))| &verdict[..1]).collect()
            };
            let what = format!("{name}, {settings}: {}", found.words());
            // Of each slice: undecided or met.
            for (job, expected) in [
                ("short", "uummmm"),
                ("restarted", "uummmm"),
                ("early", "uuummm"),
                ("first", "muuumm"),
                ("hidden", "muuumm"),
            ] {
                assert_eq!(of(job), expected, "{job}, {what}");
            }
        }
    }
}

/// All of it is silent from before the hour until 20:00, and shows 50 failures then, which may have been before.
#[test]
fn silence_at_the_beginning_is_no_beginning() {
    let mut world = World::default();
    for steps in [-BEFORE..=-8, 80..=STEPS] {
        add(&mut world, &counter("api", "a", 200), steps.clone(), |step| 100 + step);
        add(&mut world, &counter("api", "a", 500), steps, |step| 3 + 50 * i64::from(step >= 80));
    }
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        for settings in ["exact: true", "exact: false", "step: 5m"] {
            let found =
                Work::usual(&server.url, settings).over(HOUR, &["failures <= 2"], &["--by", "service"]);
            let what = format!("{name}, {settings}: {}", found.words());
            assert_eq!(found.code, 3, "{what}");
            assert!(found.words().contains("no samples at --since, and some before"), "{what}");
        }
    }
}

/// The first failures of a target that was scraped before are new, however soon they come.
#[test]
fn the_first_failures_are_no_beginning() {
    let mut world = World::default();
    add(&mut world, &counter("api", "a", 200), 80..=STEPS, |step| 1000 + step);
    add(&mut world, &counter("api", "a", 500), 96..=STEPS, |_| 30);
    let server = Server::prometheus(&world);
    for (settings, verdicts) in
        [("exact: true", &["breached"][..]), ("exact: false", &["breached", "undecided"])]
    {
        let found = Work::usual(&server.url, settings).over(HOUR, &["failures <= 8"], &["--by", "service"]);
        let verdict = found.verdicts().into_values().next().unwrap().0;
        assert!(verdicts.contains(&verdict.as_str()), "{settings}: {verdict}, {}", found.words());
    }
}

/// A replica that does not answer: what it counted is not known.
#[test]
fn w64_an_absent_replica_leaves_everything_undecided() {
    let mut world = World::default();
    add(&mut world, &counter("api", "a", 200), -BEFORE..=STEPS, |step| 100 + step);
    add(&mut world, &counter("api", "b", 200), -BEFORE..=100, |step| 100 + step);
    let server = Server::prometheus(&world);
    let ask = |series: &str| {
        let source = format!("requests: http_requests_total\n{series}");
        Work::source(&server.url, &source).over(HOUR, &["requests >= 300"], &["--by", "service"])
    };
    assert_eq!(ask("series: 1").lines(), ["requests >= 300 api: met 340/1 of 340"]);
    let absent = ask("series: 2\nstep: 5m");
    assert_eq!(
        (absent.code, absent.lines()),
        (3, vec!["requests >= 300 api: undecided - of 340".to_owned()])
    );
    assert!(absent.words().contains("api: 1 of 2 series that `series:` expects"), "{}", absent.words());
}

/// W59: a service that fell silent, or was at first, is fine only if nobody waits for it.
#[test]
fn w59_an_expected_service_that_is_silent_is_undecided() {
    for (steps, said) in [(-BEFORE..=100, "last samples"), (100..=STEPS, "first samples")] {
        let mut world = World::default();
        add(&mut world, &counter("api", "a", 200), -BEFORE..=STEPS, |step| 100 + step);
        add(&mut world, &counter("web", "a", 200), steps, |step| 100 + step);
        check_expected(&Server::prometheus(&world), said);
    }
}

fn check_expected(server: &Server, said: &str) {
    let rules = |expect: &str| {
        format!("sla: Shop\nby: service\nsource: prod\n{expect}objectives:\n  - failure_rate <= 1%\n")
    };
    for (expect, code) in [("", 0), ("expect: [api]\n", 0), ("expect: [api, web]\n", 3)] {
        for settings in ["exact: true", "exact: false"] {
            let metrics =
                "requests: http_requests_total\nfailures: http_requests_total{code=\"500\"}\nstep: 5m";
            let source = format!("{metrics}\n{settings}");
            let work = Work::source(&server.url, &source).file("rules.yaml", &rules(expect));
            let answer = work.over(HOUR, &[], &["--rules", "rules.yaml"]);
            assert_eq!(answer.code, code, "{expect} {settings}: {}", answer.words());
            assert!(
                answer.words().contains(&format!("web: its {said} are from 2025-06-01T00:")),
                "{}",
                answer.words()
            );
        }
    }
}

/// A name that no series has could never count a failure.
#[test]
fn failures_that_could_never_be_are_no_proof_that_there_were_none() {
    let mut world = World::default();
    add(&mut world, &counter("api", "a", 200), -BEFORE..=STEPS, |step| 100 + step);
    let server = Server::prometheus(&world);
    for (failures, code) in [
        ("http_requests_total{code=~\"5..\"}", 0),
        ("http_requests_total{status=~\"5..\"}", 3),
        ("http_errors_total", 3),
    ] {
        for exact in ["true", "false"] {
            let source = format!("requests: http_requests_total\nfailures: {failures}\nexact: {exact}");
            let answer = Work::source(&server.url, &source).over(HOUR, &["failure_rate <= 1%"], &[]);
            assert_eq!(answer.code, code, "{failures}: {}", answer.words());
            assert_eq!(code == 3, answer.words().contains("could never count one"), "{}", answer.words());
        }
    }
}

/// Conditions on labels are answered here, per series; a label that no series has groups nothing.
#[test]
fn labels_are_columns() {
    let mut world = World::default();
    for (route, each) in [("/", 1), ("/health", 9)] {
        let series =
            format!("http_requests_total{{job=\"api\",instance=\"a\",code=\"200\",route=\"{route}\"}}");
        add(&mut world, &series, -BEFORE..=STEPS, |step| 900 + each * step);
    }
    let server = Server::prometheus(&world);
    let work = Work::source(&server.url, "requests: http_requests_total\nby: {customer: tenant}");
    let filter = ["--by", "service", "--where", "route != \"/health\""];
    let answer = work.over(HOUR, &["requests >= 240"], &filter);
    assert_eq!(answer.lines(), ["requests >= 240 api: met 240/1 of 240"], "{}", answer.words());
    assert_eq!(answer.report["inputs"][0]["excluded"], 2160);
    let share = work.over(HOUR, &["share(route == \"/health\") <= 90%"], &[]);
    assert_eq!(share.lines(), ["share(route == \"/health\") <= 90%: met 9/10 of 2400"]);
    let nobody = work.over(HOUR, &["requests >= 1"], &["--by", "customer"]);
    assert_eq!(nobody.code, 3);
    assert!(nobody.words().contains("no series has the label `tenant`"), "{}", nobody.words());
}

/// What sums cannot tell is refused with the reason.
#[test]
fn what_was_slow_and_failed_is_not_known() {
    let mut world = World::default();
    add(&mut world, &counter("api", "a", 200), -BEFORE..=STEPS, |step| 100 + step);
    let server = Server::prometheus(&world);
    let promises = ["apdex(500ms) >= 0.9", "p95(latency) <= 500ms", "avg(speed) <= 1"];
    let answer = Work::usual(&server.url, "").over(HOUR, &promises, &[]);
    assert_eq!(answer.code, 3);
    for words in [
        "it asks which requests failed and for `latency` together",
        "`http_request_duration_seconds` has no buckets in this range of time",
        "the data has no column `speed`",
    ] {
        assert!(answer.words().contains(words), "{words}: {}", answer.words());
    }
}

/// A service whose histogram lacks the edge, and one without a histogram, are not known to be quick.
#[test]
fn latencies_that_nobody_measured_are_not_known() {
    let mut world = World::default();
    let bucket = |job: &str, edge: &str| {
        format!("http_request_duration_seconds_bucket{{job=\"{job}\",le=\"{edge}\"}}")
    };
    for (job, edges) in [("quick", &["0.5", "+Inf"][..]), ("other", &["0.25", "+Inf"]), ("none", &[])] {
        for step in -BEFORE..=STEPS {
            let at = START + 15 * step;
            for edge in edges {
                world.sample("http_request_duration_seconds", &bucket(job, edge), at, 100 + step);
            }
            world.sample("http_requests", &counter(job, "a", 200), at, 100 + step);
        }
    }
    let server = Server::prometheus(&world);
    for settings in ["exact: true", "exact: false"] {
        let answer =
            Work::usual(&server.url, settings).over(HOUR, &["p95(latency) <= 500ms"], &["--by", "service"]);
        assert_eq!(
            answer.lines(),
            [
                "p95(latency) <= 500ms none: undecided - of 0",
                "p95(latency) <= 500ms other: undecided - of 0",
                "p95(latency) <= 500ms quick: met 1/1 of 240",
            ],
            "{}",
            answer.words()
        );
        assert!(answer.words().contains("240 requests lack a value"), "{}", answer.words());
    }
}

/// What somebody's own expression extrapolates is not known: 2.2 intervals of 15 s in an hour, 0.92 % of each counter.
#[test]
fn an_expression_is_taken_as_it_is() {
    let mut world = World::default();
    add(&mut world, &counter("steady", "a", 200), -BEFORE..=STEPS, |step| 100 + 2 * step);
    add(&mut world, &counter("steady", "a", 500), -BEFORE..=STEPS, |step| 10 + step.div_euclid(10));
    let server = Server::prometheus(&world);
    let source = "requests: sum by ($by) (increase(http_requests_total[$window]))\n\
                  failures: 'sum by ($by) (increase(http_requests_total{code=\"500\"}[$window]))'\ninterval: 15s";
    let promises = ["failure_rate <= 4.77%", "failure_rate <= 8%", "failure_rate <= 4%", "requests >= 400"];
    let answer = Work::source(&server.url, source).over(HOUR, &promises, &["--by", "service"]);
    let verdicts: Vec<String> = answer.verdicts().into_values().map(|(verdict, ..)| verdict).collect();
    // In the order of their texts: 4 %, 4.77 %, 8 %; the truth is 24 of 504, 4.76 %.
    assert_eq!(verdicts, ["breached", "undecided", "met", "undecided"], "{}", answer.words());
}

/// Counting begins where the data does, within a window too, and the reader is told. From 00:20:00 on there are 160 steps
/// of 15 s in 40 minutes: 4 requests a minute.
#[test]
fn data_that_begins_late_is_told() {
    for begin in [0, 80] {
        let mut world = World::default();
        add(&mut world, &counter("api", "a", 200), begin..=STEPS, |step| 1_000_000 + step);
        let range = (START - 7200, START + 3600);
        let risen = STEPS - begin;
        let at = if begin == 0 { "2025-06-01T00:00:00Z" } else { "2025-06-01T00:20:00Z" };
        let requests = format!("requests == {risen}");
        for (name, server) in
            [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
        {
            for settings in ["exact: true", "exact: false", "step: 5m", "step: 3h"] {
                let source = format!("requests: http_requests_total\n{settings}");
                let promises = [requests.as_str(), "throughput == 4/min"];
                let answer = Work::source(&server.url, &source).over(range, &promises, &["--by", "service"]);
                let what = format!("{name}, {settings}: {}", answer.words());
                assert_eq!(answer.code, 0, "{what}");
                let said = format!("its data begins at {at}, later than --since");
                assert!(answer.words().contains(&said), "{what}");
                assert!(!answer.words().contains("counting begins"), "{what}");
            }
        }
    }
}

/// The second of two instances is scraped half a minute later than the first: what the first one rose by until then, two, is
/// left out, for what the second one showed then had come about before.
#[test]
fn counting_begins_when_all_series_have() {
    let mut world = World::default();
    add(&mut world, &counter("api", "a", 200), 80..=STEPS, |step| 1_000_000 + step);
    add(&mut world, &counter("api", "b", 200), 82..=STEPS, |step| 5_000_000 + step);
    let server = Server::prometheus(&world);
    for (settings, risen) in [("exact: true", 160 + 158), ("exact: false", 158 + 158)] {
        let source = format!("requests: http_requests_total\n{settings}");
        let answer =
            Work::source(&server.url, &source).over(HOUR, &["requests >= 300"], &["--by", "service"]);
        let line = format!("requests >= 300 api: met {risen}/1 of {risen}");
        assert_eq!(answer.lines(), [line], "{settings}: {}", answer.words());
        let later = "data begins at 2025-06-01T00:20:00Z, later than --since; counting begins at 2025-06-01T00:20:30Z";
        assert_eq!(settings == "exact: false", answer.words().contains(later), "{}", answer.words());
    }
}

/// What counts over another length than a window's, or is no counter at all, tells nothing of a window.
#[test]
fn what_does_not_count_over_windows_is_not_used() {
    let mut world = World::default();
    add(&mut world, &counter("api", "a", 200), -BEFORE..=STEPS, |step| 100 + step);
    for step in -BEFORE..=STEPS {
        world.sample(
            "job:requests:rate5m",
            "job:requests:rate5m{job=\"api\"}",
            START + 15 * step,
            step % 7 + 30,
        );
    }
    let server = Server::prometheus(&world);
    for (requests, why) in [
        ("sum by (job) (increase(http_requests_total[5m]))", "does not count over `$window`"),
        ("job:requests:rate5m", "is recorded as what something rises by"),
    ] {
        let source = format!("requests: {requests}\ninterval: 15s");
        let answer =
            Work::source(&server.url, &source).over(HOUR, &["requests <= 100"], &["--by", "service"]);
        assert_eq!(answer.code, 3, "{}", answer.words());
        assert!(answer.words().contains(why), "{}", answer.words());
    }
}

/// `series:` holds where a whole group is silent, at the end too, and is not passed over where it cannot be seen.
#[test]
fn series_that_are_expected_are_looked_for() {
    let mut world = World::default();
    for steps in [-BEFORE..=60, 140..=STEPS] {
        add(&mut world, &counter("gap", "a", 200), steps, |step| 100 + step);
    }
    add(&mut world, &counter("short", "a", 200), -BEFORE..=100, |step| 100 + step);
    add(&mut world, &counter("whole", "a", 200), -BEFORE..=STEPS, |step| 100 + step);
    let server = Server::prometheus(&world);
    let ask = |source: &str, service: &str| {
        let condition = format!("service == \"{service}\"");
        let more = ["--by", "service", "--where", condition.as_str()];
        Work::source(&server.url, source).over(HOUR, &["requests >= 1"], &more)
    };
    let usual = "requests: http_requests_total\nstep: 5m\nseries: 1";
    for (service, at) in [("gap", "00:20:00Z"), ("short", "00:30:00Z")] {
        let source = format!("requests: http_requests_total{{job=\"{service}\"}}\nstep: 5m\nseries: 1");
        let answer = ask(&source, service);
        assert_eq!(answer.code, 3, "{}", answer.words());
        let said = format!("{service}: 0 of 1 series that `series:` expects at 2025-06-01T{at}");
        assert!(answer.words().contains(&said), "{}", answer.words());
    }
    let whole = ask("requests: http_requests_total{job=\"whole\"}\nstep: 5m\nseries: 1", "whole");
    assert_eq!(whole.code, 0, "{}", whole.words());
    let expression = usual.replace(
        "http_requests_total",
        "sum by ($by) (increase(http_requests_total[$window]))\ninterval: 15s",
    );
    let answer = ask(&expression, "whole");
    assert_eq!(answer.code, 3, "{}", answer.words());
    assert!(answer.words().contains("`series:` needs a metric as `requests:`"), "{}", answer.words());
}
