//! When there was data, and when there was none: counters that begin, fall silent and come back.
//!
//! Every number is worked out by hand.

use crate::counters::{BEFORE, HOUR, STEPS, add, counter};
use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};

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
