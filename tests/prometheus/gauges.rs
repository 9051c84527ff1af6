//! Gauges: rows are samples, and what was not seen is not fine.

use crate::fake::{Asked, Fake, Reply};
use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};

const HOUR: (i64, i64) = (START, START + 3600);

/// `cpu` of two machines every 15 s, in percent: one at 50, the other at 80 but for one minute at 90; and `gone`, which
/// ends after half an hour; `torn`, which lacks ten minutes.
fn world() -> World {
    let mut world = World::default();
    for step in 0..240 {
        let at = START + 15 * step;
        let busy = if (100..104).contains(&step) { 90 } else { 80 };
        world.sample("cpu", "cpu{job=\"web\",instance=\"a\"}", at, 50);
        world.sample("cpu", "cpu{job=\"web\",instance=\"b\"}", at, busy);
        world.sample(
            "memory",
            "memory_bytes{job=\"web\",instance=\"a\"}",
            at,
            (i64::from(step >= 60) + 1) << 30,
        );
        if step < 120 {
            world.sample("gone", "gone{job=\"web\"}", at, 1);
        }
        if !(100..140).contains(&step) {
            world.sample("torn", "torn{job=\"web\"}", at, 1);
        }
        world.sample("part", "part{job=\"web\"}", at, 0);
        world.sample("whole", "whole{job=\"web\"}", at, i64::from(step >= 120));
    }
    world
}

const COLUMNS: &str = "interval: 15s\ncolumns: {cpu: {query: cpu, unit: \"%\"}, memory: memory_bytes, gone: gone, torn: torn, \
                       mean: {query: avg by (job) (cpu), unit: \"%\"}, ratio: part / whole, endless: 1 / part, \
                       still: {query: gone * 1}}";

#[test]
fn samples_and_steps_are_rows() {
    let world = world();
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        let work = Work::source(&server.url, COLUMNS);
        let check = |promise: &str, wanted: &str| {
            let answer = work.over(HOUR, &[promise], &[]);
            assert_eq!(answer.lines(), [format!("{promise}: {wanted}")], "{name}: {}", answer.words());
        };
        // (240 * 50 + 236 * 80 + 4 * 90) / 480 = 65 1/12 %.
        check("avg(cpu) <= 66%", "met 781/1200 of 480");
        check("max(cpu) <= 89%", "breached 9/10 of 480");
        check("max(cpu) <= 90%", "met 9/10 of 480");
        check("share(cpu >= 80%) <= 50%", "met 1/2 of 480");
        check("p95(cpu) <= 80%", "met 119/120 of 480");
        // 180 of 240 samples lie above 1 GiB.
        check("share(memory > 1GiB) <= 5%", "breached 3/4 of 240");
        // 236 steps at 65 %, 4 at 70 %.
        check("max(mean) <= 70%", "met 7/10 of 240");
        // W59: gone after half an hour; its samples are no more than there were.
        check("share(gone == 1) >= 99%", "met 1/1 of 120");
    }
}

#[test]
fn what_is_not_seen_is_not_fine() {
    let world = world();
    let server = Server::prometheus(&world);
    let work = Work::source(&server.url, COLUMNS);
    let check = |promise: &str, verdict: &str, words: &str| {
        let answer = work.over(HOUR, &[promise], &[]);
        let (found, ..) = answer.verdicts().into_values().next().unwrap();
        assert_eq!(found, verdict, "{promise}: {}", answer.words());
        assert!(answer.words().contains(words), "{promise}: {}", answer.words());
    };
    // Ten minutes lack 40 samples.
    check("max(torn) <= 1", "undecided", "40 of 240 samples are missing or NaN");
    check("share(torn == 1) >= 80%", "met", "40 of 240 samples");
    // W58: 0/0 is no number, and no traffic is no proof.
    check("max(ratio) <= 0.5", "undecided", "120 of 240 samples are missing or NaN");
    check("max(endless) <= 9", "undecided", "+Inf at 1748736000 is no number to compare with");
    // W59: an expression repeats what ended for five minutes, which proves nothing.
    check("share(still == 1) >= 99%", "undecided", "samples are missing or NaN");
    // W56: a step coarser than the scrape interval does not see what lies between.
    let coarse = COLUMNS.replace("interval: 15s", "step: 1h");
    let coarse = Work::source(&server.url, &coarse).over(HOUR, &["max(mean) <= 99%"], &[]);
    assert_eq!(coarse.code, 3);
    assert!(
        coarse.words().contains("is looked at every 3600 s, and scraped every 15 s"),
        "{}",
        coarse.words()
    );
    // A label that the expression does not keep.
    let by = work.over(HOUR, &["max(mean) <= 99%"], &["--by", "instance"]);
    assert!(by.words().contains("no series of `mean` has the label `instance`"), "{}", by.words());
}

/// `load` of `web` for all of the hour, of `api` for half of it, of `late` from the middle on; `short` lacks twelve samples,
/// `brief` three; `level` lacks forty.
fn silences() -> World {
    let mut world = World::default();
    for step in 0..240 {
        let at = START + 15 * step;
        world.sample("load", "load{job=\"web\"}", at, 10);
        if step < 120 {
            world.sample("load", "load{job=\"api\"}", at, 20);
        } else {
            world.sample("load", "load{job=\"late\"}", at, 30);
        }
        if !(100..112).contains(&step) {
            world.sample("short", "short{job=\"web\"}", at, 1);
        }
        if !(100..103).contains(&step) {
            world.sample("brief", "brief{job=\"web\"}", at, 1);
        }
        if !(100..140).contains(&step) {
            world.sample("level", "level{job=\"web\"}", at, step % 7);
        }
        // One pod takes over from the other after six minutes.
        match step {
            0..60 => world.sample("pods", "pods{job=\"web\",pod=\"a\"}", at, 1),
            84.. => world.sample("pods", "pods{job=\"web\",pod=\"b\"}", at, 1),
            _ => {}
        }
        world.sample("heat", "heat{job=\"web\"}", at, if step < 40 { 95 } else { 50 });
        if step >= 120 {
            for (code, each) in [("200", 10), ("500", 0)] {
                let series = format!("http_requests_total{{job=\"web\",code=\"{code}\"}}");
                world.sample("http_requests", &series, at, each * step);
            }
        }
    }
    world
}

const SILENT: &str = "interval: 15s\ncolumns: {load: load, short: short, brief: brief, pods: pods, heat: heat, drawn: {query: level * 1}}";

#[test]
fn what_falls_silent_is_told_and_missing_where_it_is_expected() {
    let world = silences();
    let objectives = "objectives:\n  - max(load) <= 50\n  - max(load) <= 15\n  - share(load <= 50) >= 50%\n";
    let rules = format!("sla: Shop\nsource: prod\nby: service\nexpect: [web, api, late]\n{objectives}");
    for server in [Server::prometheus(&world), Server::victoria(&world)] {
        let work = Work::source(&server.url, &format!("{SILENT}\nby: {{service: job}}"));
        let promises = ["max(load) <= 50"];
        let answer = work.over(HOUR, &promises, &["--by", "service"]);
        assert_eq!(
            answer.lines(),
            [
                "max(load) <= 50 api: met 20/1 of 120",
                "max(load) <= 50 late: met 30/1 of 120",
                "max(load) <= 50 web: met 10/1 of 240"
            ]
        );
        let words = answer.words();
        assert!(words.contains("`load` of api: its last samples are from 2025-06-01T00:29:45Z"), "{words}");
        assert!(words.contains("`load` of late: its first samples are from 2025-06-01T00:30:00Z"), "{words}");
        // One of three that make one number together.
        let all = work.over(HOUR, &promises, &[]);
        assert_eq!(all.lines(), ["max(load) <= 50: met 30/1 of 480"]);
        let words = all.words();
        assert!(
            words.contains("`load`: 2 of 3 series begin or end while others of their group go on"),
            "{words}"
        );
        // The 120 samples are missing that the second half should have had, or the first.
        let work = work.file("rules.yaml", &rules);
        let range = ["--since", "2025-06-01T00:00:00Z", "--until", "2025-06-01T01:00:00Z"];
        let answer = work.check(&[&["--rules", "rules.yaml"][..], &range].concat());
        let found: Vec<(String, String)> = answer
            .verdicts()
            .into_iter()
            .map(|((objective, group, _), (verdict, ..))| (format!("{objective} {group}"), verdict))
            .filter(|(name, _)| !name.ends_with("web"))
            .collect();
        let wanted = [
            ("max(load) <= 15 api", "breached"),
            ("max(load) <= 15 late", "breached"),
            ("max(load) <= 50 api", "undecided"),
            ("max(load) <= 50 late", "undecided"),
            ("share(load <= 50) >= 50% api", "met"),
            ("share(load <= 50) >= 50% late", "met"),
        ];
        assert_eq!(found, wanted.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())));
        let words = answer.words();
        assert!(words.contains("from 2025-06-01T00:29:45Z, and it is expected"), "{words}");
        assert!(words.contains("from 2025-06-01T00:30:00Z, and it is expected"), "{words}");
        assert!(words.contains("`load`: 240 of 720 samples are missing or NaN"), "{words}");
    }
}

/// No series has a gap, and yet nobody was there.
#[test]
fn a_group_without_any_series_for_a_while_is_silent() {
    let server = Server::prometheus(&silences());
    let work = Work::source(&server.url, &format!("{SILENT}\nby: {{service: job}}"));
    let answer = work.over(HOUR, &["max(pods) <= 1"], &["--by", "service"]);
    assert_eq!(answer.lines(), ["max(pods) <= 1 web: met 1/1 of 216"]);
    let words = answer.words();
    let dark = "`pods` of web: no samples between 2025-06-01T00:14:45Z and 2025-06-01T00:21:00Z";
    assert!(words.contains(dark) && !words.contains("while others of their group"), "{words}");
    let rules = "sla: Shop\nsource: prod\nby: service\nexpect: [web]\nobjectives:\n  - max(pods) <= 1\n";
    let range = ["--since", "2025-06-01T00:00:00Z", "--until", "2025-06-01T01:00:00Z"];
    let answer = work.file("rules.yaml", rules).check(&[&["--rules", "rules.yaml"][..], &range].concat());
    assert_eq!(answer.code, 3, "{}", answer.words());
    // From 00:15:00 to 00:20:45.
    assert!(answer.words().contains("`pods`: 24 of 240 samples are missing or NaN"), "{}", answer.words());
}

#[test]
fn gaps_longer_than_four_scrapes_and_a_minute_are_missing() {
    let world = silences();
    for server in [Server::prometheus(&world), Server::victoria(&world)] {
        let work = Work::source(&server.url, SILENT);
        let check = |promise: &str, verdict: &str, words: &str| {
            let answer = work.over(HOUR, &[promise], &[]);
            let (found, ..) = answer.verdicts().into_values().next().unwrap();
            assert_eq!(found, verdict, "{promise}: {}", answer.words());
            assert!(answer.words().contains(words), "{promise}: {}", answer.words());
        };
        check("max(short) <= 1", "undecided", "12 of 240 samples are missing or NaN");
        check("max(brief) <= 1", "met", "");
        // 38 or 39 of 240 steps have no value: an expression looks back two scrapes.
        check("max(drawn) <= 6", "undecided", "of 240 samples are missing or NaN");
        check("share(drawn <= 6) >= 80%", "met", "");
        check("share(drawn <= 6) >= 90%", "undecided", "");
    }
}

/// Requests that begin late do not cut off what a gauge said before.
#[test]
fn gauges_begin_where_they_begin() {
    let server = Server::prometheus(&silences());
    let work = Work::usual(&server.url, SILENT);
    let answer = work.over(HOUR, &["failure_rate <= 5%", "max(heat) <= 90"], &[]);
    assert!(
        answer.lines().contains(&"max(heat) <= 90: breached 95/1 of 240".to_owned()),
        "{:?}",
        answer.lines()
    );
}

/// A value every minute: 1 for 20, none for 10, rising for 10, 7 for 15, then none.
fn wave(asked: &Asked) -> Option<Reply> {
    let number = |name: &str| asked.form.get(name)?.parse::<i64>().ok();
    if asked.path != "/api/v1/query_range" || asked.form["query"].starts_with("max(") {
        return None;
    }
    let (start, end) = (number("start")?, number("end")?);
    let value = |minute: i64| match minute {
        0..20 => Some(1),
        30..40 => Some(minute),
        40..55 => Some(7),
        _ => None,
    };
    let at = |minute: &i64| (start..=end).contains(&(START + 60 * minute));
    let points: Vec<String> = (0..60)
        .filter(at)
        .filter_map(|minute| Some(format!("[{},\"{}\"]", START + 60 * minute, value(minute)?)))
        .collect();
    let series = if points.is_empty() {
        String::new()
    } else {
        format!("{{\"metric\":{{\"job\":\"web\"}},\"values\":[{}]}}", points.join(","))
    };
    let data = format!("{{\"resultType\":\"matrix\",\"result\":[{series}]}}");
    Some(Reply::json(200, format!("{{\"status\":\"success\",\"data\":{data}}}")))
}

#[test]
fn steps_are_the_same_in_whatever_pieces_they_come() {
    for most in [100, 30, 15, 7, 5, 1] {
        let fake = Fake::new(move |asked| {
            let number = |name: &str| asked.form.get(name)?.parse::<i64>().ok();
            let points = (number("end")? - number("start")?) / number("step")? + 1;
            if points > most && !asked.form["query"].starts_with("max(") {
                let error = "exceeded maximum resolution";
                let body =
                    format!("{{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"{error}\"}}");
                return Some(Reply::json(400, body));
            }
            wave(asked)
        });
        let work =
            Work::source(&fake.url, "columns: {wave: {query: sum by ($by) (wave)}}\nby: {service: job}");
        let check = |promise: &str, wanted: &str| {
            let answer = work.over(HOUR, &[promise], &["--by", "service"]);
            assert_eq!(answer.lines(), [format!("{promise} web: {wanted}")], "{most}: {}", answer.words());
            let words = answer.words();
            // Ten in between; and twice five that may repeat what ended.
            assert!(words.contains("`wave`: 20 of 55 samples are missing or NaN"), "{most}: {words}");
            assert!(
                words.contains("`wave` of web: its last samples are from 2025-06-01T00:54:00Z"),
                "{most}: {words}"
            );
        };
        check("max(wave) <= 39", "undecided 39/1 of 35");
        check("max(wave) <= 38", "breached 39/1 of 35");
        // 15 of 35, and of 55 still more than a quarter.
        check("share(wave == 1) >= 25%", "met 3/7 of 35");
        assert!(
            fake.asked()
                .iter()
                .any(|asked| { asked.form.get("query").is_some_and(|query| query == "sum by (job) (wave)") })
        );
    }
}

/// An expression over what is scraped seven seconds after each step, and ends at 52:52: servers that look back for five
/// minutes repeat its last value 19 times, and nobody knows what it was.
#[test]
fn what_a_server_repeats_is_no_sample() {
    let mut world = World::default();
    for step in 0..=211 {
        let at = START + 15 * step + 7;
        world.sample("queue", "queue{job=\"web\"}", at, 20 + step % 7);
    }
    for step in 0..240 {
        world.sample("queue", "queue{job=\"api\"}", START + 15 * step, 20 + step % 7);
    }
    let rules = "sla: Shop\nby: service\nsource: prod\nexpect: [web, api]\nobjectives: [max(busy) <= 50]\n";
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        let source = "interval: 15s\ncolumns: {busy: queue * 1}";
        let work = Work::source(&server.url, source).file("rules.yaml", rules);
        let answer = work.over(HOUR, &[], &["--rules", "rules.yaml"]);
        let verdicts: Vec<String> = answer
            .verdicts()
            .into_iter()
            .map(|((_, group, _), (verdict, ..))| format!("{group} {verdict}"))
            .collect();
        assert_eq!(verdicts, ["api met", "web undecided"], "{name}: {}", answer.words());
    }
}
