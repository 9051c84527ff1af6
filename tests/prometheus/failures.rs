//! Which requests failed: told by labels that not everybody has, or by a metric of its own.
//!
//! Everybody has one request a step, 240 in the hour.

use crate::server::Server;
use crate::work::{Answer, Work};
use crate::world::{START, World};

const STEPS: i64 = 240;
const BEFORE: i64 = 20;
const HOUR: (i64, i64) = (START, START + 3600);

/// A counter that rises by `each` a step.
fn add(world: &mut World, series: &str, each: i64) {
    let (name, labels) = series.split_once('{').unwrap();
    let family = name.strip_suffix("_total").unwrap();
    for step in -BEFORE..=STEPS {
        world.sample(family, &format!("{name}{{{labels}"), START + 15 * step, 1000 + each * step);
    }
}

/// - `a` tells by `code`, and nothing failed;
/// - `b` tells by `status`: 120 of its 240 requests failed;
/// - `c` has two instances, one of which tells by `code` (12 of 240 fail) and one not at all.
///
/// Of calls, what failed has a label that others lack: half of those of `x`, none of `y`. Errors have a metric of their own,
/// which `a` has (none), and `b` (48) and `c` have not; answers another one, which tells of `a` by status and not of `b`.
fn world() -> World {
    let mut world = World::default();
    for (series, each) in [
        ("http_requests_total{job=\"a\",instance=\"1\",code=\"200\"}", 1),
        ("http_requests_total{job=\"b\",instance=\"1\",status=\"200\"}", 1),
        ("http_requests_total{job=\"c\",instance=\"1\",code=\"200\"}", 1),
        ("http_requests_total{job=\"c\",instance=\"1\",code=\"500\"}", 0),
        ("http_requests_total{job=\"c\",instance=\"2\"}", 1),
        ("calls_total{job=\"x\",instance=\"1\"}", 1),
        ("calls_total{job=\"x\",instance=\"1\",error=\"timeout\"}", 1),
        ("calls_total{job=\"y\",instance=\"1\"}", 1),
        ("http_errors_total{job=\"a\",instance=\"1\"}", 0),
        ("http_answers_total{job=\"a\",instance=\"1\",status=\"200\"}", 1),
        ("foreign_errors_total{service=\"a\",instance=\"1\"}", 0),
        // What timed out has a reason, in one service.
        ("queries_total{job=\"a\",code=\"200\"}", 1),
        ("queries_total{job=\"b\",code=\"200\"}", 1),
        ("queries_total{job=\"a\",code=\"503\",reason=\"timeout\"}", 0),
        ("queries_total{job=\"a\",code=\"503\",reason=\"overload\"}", 0),
        // Answers of a balancer's backends, and of another one that tells no codes.
        ("balancer_total{job=\"a\"}", 1),
        ("answers_total{job=\"a\",code=\"200\"}", 1),
        ("answers_total{job=\"z\"}", 1),
        // One that errs, and one that never did.
        ("mixed_errors_total{job=\"a\",code=\"404\"}", 0),
        ("mixed_errors_total{job=\"a\",code=\"500\"}", 0),
        ("tasks_total{job=\"a\",env=\"prod\"}", 1),
        ("tasks_total{job=\"b\",env=\"prod\"}", 1),
        ("task_errors_total{job=\"a\",env=\"prod\"}", 0),
        ("task_errors_total{job=\"a\",env=\"test\"}", 0),
    ] {
        add(&mut world, series, each);
    }
    world
}

/// Verdicts by group, in order.
fn verdicts(answer: &Answer, promise: &str) -> Vec<String> {
    let all = answer.verdicts();
    let of = all.iter().filter(|((of, ..), _)| of == promise);
    of.map(|((_, group, _), (verdict, ..))| format!("{group} {verdict}")).collect()
}

#[test]
fn who_does_not_tell_failures_is_not_known_to_have_none() {
    for (name, server) in
        [("Prometheus", Server::prometheus(&world())), ("VictoriaMetrics", Server::victoria(&world()))]
    {
        for settings in ["exact: true", "exact: false", "step: 5m"] {
            let ask = |requests: &str, failures: &str, promises: &[&str]| {
                let source = format!("requests: {requests}\nfailures: {failures}\n{settings}");
                Work::source(&server.url, &source).over(HOUR, promises, &["--by", "service"])
            };
            let promises = ["failure_rate <= 1%", "failure_rate <= 50%", "failures <= 100"];
            let answer = ask("http_requests_total", "http_requests_total{code=~\"5..\"}", &promises);
            let what = format!("{name}, {settings}: {}", answer.words());
            assert_eq!(verdicts(&answer, promises[0]), ["a met", "b undecided", "c undecided"], "{what}");
            // Of 480 requests of `c` 240 are not told.
            assert_eq!(verdicts(&answer, promises[1]), ["a met", "b undecided", "c met"], "{what}");
            assert_eq!(verdicts(&answer, promises[2]), ["a met", "b undecided", "c undecided"], "{what}");
            assert!(
                answer.words().contains("some requests of b, c are counted without the label `code`"),
                "{what}"
            );
            // The label is of those that failed only: 240 of 480, and none.
            let answer = ask("calls_total", "calls_total{error!=\"\"}", &promises);
            let what = format!("{name}, {settings}: {}", answer.words());
            assert_eq!(verdicts(&answer, promises[0]), ["x breached", "y met"], "{what}");
            assert_eq!(verdicts(&answer, promises[1]), ["x met", "y met"], "{what}");
            // Nobody counts anything else than errors in it.
            let answer = ask("http_requests_total", "http_errors_total", &promises[..1]);
            let what = format!("{name}, {settings}: {}", answer.words());
            assert_eq!(verdicts(&answer, promises[0]), ["a met", "b met", "c met"], "{what}");
            let how = answer.report["inputs"].to_string();
            assert!(how.contains("no series of `http_errors_total` for b, c: nothing failed there"), "{how}");
            // Errors elsewhere are not what the metric tells of others.
            let answer = ask("tasks_total{env=\"prod\"}", "task_errors_total{env=\"prod\"}", &promises[..1]);
            let what = format!("{name}, {settings}: {}", answer.words());
            assert_eq!(verdicts(&answer, promises[0]), ["a met", "b met"], "{what}");
            // Who answered 200 did not time out.
            let timeouts = "queries_total{code=~\"5..\",reason=\"timeout\"}";
            let answer = ask("queries_total", timeouts, &promises[..1]);
            let what = format!("{name}, {settings}: {}", answer.words());
            assert_eq!(verdicts(&answer, promises[0]), ["a met", "b met"], "{what}");
            // Of `z` nobody asks.
            let failures = "answers_total{code=~\"5..\",job=\"a\"}";
            let source = format!("requests: balancer_total\nfailures: {failures}\n{settings}");
            let answer = Work::source(&server.url, &source).over(HOUR, &promises[..1], &[]);
            assert_eq!(answer.code, 0, "{name}, {settings}: {}", answer.words());
            // Errors of other kinds are no requests that were fine: they are far fewer than requests.
            let failures = "mixed_errors_total{code=~\"5..\"}";
            let answer = ask("http_requests_total", failures, &promises[..1]);
            let what = format!("{name}, {settings}: {}", answer.words());
            assert_eq!(verdicts(&answer, promises[0]), ["a met", "b met", "c met"], "{what}");
            let answer = ask("tasks_total", "task_errors_total{env=\"prod\"}", &promises[..1]);
            let what = format!("{name}, {settings}: {}", answer.words());
            assert_eq!(verdicts(&answer, promises[0]), ["a met", "b met"], "{what}");
            // All answers, of those that answer there.
            let answer = ask("http_requests_total", "http_answers_total{status=~\"5..\"}", &promises[..1]);
            let what = format!("{name}, {settings}: {}", answer.words());
            assert_eq!(verdicts(&answer, promises[0]), ["a met", "b undecided", "c undecided"], "{what}");
            assert!(answer.words().contains("no series of `http_answers_total` for b, c: whether"), "{what}");
            // By service, which has another name there.
            let answer = ask("http_requests_total", "foreign_errors_total", &promises[..1]);
            let what = format!("{name}, {settings}: {}", answer.words());
            let found = verdicts(&answer, promises[0]);
            assert!(found.len() >= 3 && found.iter().all(|one| one.ends_with(" undecided")), "{what}");
            assert!(answer.words().contains("`foreign_errors_total` has the label `job`"), "{what}");
        }
    }
}
