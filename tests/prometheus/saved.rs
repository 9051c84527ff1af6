//! Answers of the API and expositions that were saved; what `inspect` and `explain` tell of a server.

use crate::fake::Fake;
use crate::work::Work;
use crate::world::{START, World};

fn matrix(series: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}"#)
}

#[test]
fn a_saved_answer_is_checked_as_it_is() {
    let series = r#"{"metric":{"job":"api"},"values":[[1748736000,"120"],[1748736060,"480.5"],[1748736120,"499"]]},
                    {"metric":{"job":"web"},"values":[[1748736000,"501"]]}"#;
    let check = |content: &str, promise: &str| {
        Work::new().file("answer.json", content).check(&[
            "answer.json",
            "--require",
            promise,
            "--by",
            "service",
        ])
    };
    let answer = check(&matrix(series), "max(value) <= 500");
    assert_eq!(
        answer.lines(),
        ["max(value) <= 500 api: met 499/1 of 3", "max(value) <= 500 web: breached 501/1 of 1"],
        "{}",
        answer.words()
    );
    // W51, W52, W53, W54, W58.
    let warned = matrix(series).replacen('{', r#"{"warnings":["results truncated due to limit"],"#, 1);
    let refused = r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#.to_owned();
    let half = matrix(series)[..150].to_owned();
    let nan = matrix(r#"{"metric":{},"values":[[1748736000,"1"],[1748736060,"NaN"]]}"#);
    for (content, words) in [
        (matrix(""), "no samples"),
        (warned, "results truncated due to limit"),
        (refused, "query timed out"),
        (half, "the answer is cut"),
        (nan, "1 of 2 samples are missing or NaN"),
    ] {
        let answer = check(&content, "max(value) <= 500");
        assert_eq!(answer.code, 3, "{}", answer.words());
        assert!(answer.words().contains(words), "{words}: {}", answer.words());
    }
}

/// W60: 0 1 2 3 2 3 4 increases by 7.
#[test]
fn w60_counters_of_an_exposition() {
    let mut world = World::default();
    for (step, value) in [0, 1, 2, 3, 2, 3, 4].into_iter().enumerate() {
        let at = START + 15 * step as i64;
        world.sample("http_requests", "http_requests_total{job=\"api\",code=\"200\"}", at, value);
        world.sample("http_requests", "http_requests_total{job=\"api\",code=\"500\"}", at, 0);
    }
    let lines = world.exposition();
    let milliseconds = format!("# TYPE http_requests counter\n{lines}");
    for (name, text) in [("metrics.om", world.openmetrics()), ("metrics.prom", milliseconds)] {
        let work = Work::new().file(name, &text);
        let answer = work.check(&[name, "--require", "requests >= 7", "--require", "failure_rate <= 0%"]);
        assert_eq!(
            answer.lines(),
            ["failure_rate <= 0%: met 0/1 of 7", "requests >= 7: met 7/1 of 7"],
            "{}",
            answer.words()
        );
    }
    let broken = Work::new().file("metrics.om", "# TYPE a gauge\na 1\n# EOF\n");
    let answer = broken.check(&["metrics.om", "--require", "max(a) <= 1"]);
    assert!(answer.code == 3 && answer.told.contains("line 2: this is no sample"), "{}", answer.told);
}

#[test]
fn a_server_is_asked_for_a_range_and_by_itself() {
    let fake = Fake::new(|_| None);
    let work = Work::usual(&fake.url, "");
    let timeless = work.check(&["prod", "--require", "failure_rate <= 5%"]);
    assert!(timeless.code == 2 && timeless.told.contains("--since 30d"), "{}", timeless.told);
    let beside = work.check(&["prod", "sla.yaml", "--since", "30d", "--require", "failure_rate <= 5%"]);
    assert!(beside.code == 2 && beside.told.contains("checked by itself"), "{}", beside.told);
    // An address needs no sla.yaml, and takes what the command line says.
    let plain = Work::new();
    let address = plain.check(&[
        &fake.url,
        "--since",
        "1d",
        "--requests",
        "shop_total",
        "--require",
        "requests >= 2400",
    ]);
    assert_eq!(address.lines(), ["requests >= 2400: met 2400/1 of 2400"], "{}", address.words());
    assert!(
        fake.asked()
            .iter()
            .any(|asked| asked.form.get("query").is_some_and(|query| query.contains("shop_total[")))
    );
    // And an agreement may name its source.
    let rules = "sla: Shop\nsource: prod\nobjectives:\n  - failure_rate <= 5%\n";
    let named = Work::usual(&fake.url, "").file("rules.yaml", rules);
    let named = named.check(&["--rules", "rules.yaml", "--since", "1d"]);
    assert_eq!(named.lines(), ["failure_rate <= 5%: met 1/50 of 2400"], "{}", named.words());
}

#[test]
fn inspect_lists_what_there_is_and_a_source_to_begin_with() {
    let mut world = World::default();
    for (series, family) in [
        ("http_requests_total{job=\"api\",code=\"200\"}", "http_requests"),
        ("http_request_duration_seconds_bucket{job=\"api\",le=\"0.5\"}", "http_request_duration_seconds"),
        ("http_request_duration_seconds_bucket{job=\"api\",le=\"+Inf\"}", "http_request_duration_seconds"),
        ("http_request_duration_seconds_count{job=\"api\"}", "http_request_duration_seconds"),
        ("http_request_duration_seconds_sum{job=\"api\"}", "http_request_duration_seconds"),
        ("up{job=\"api\"}", "up"),
    ] {
        world.sample(family, series, START, 1);
    }
    let work = Work::new().file("metrics.om", &world.openmetrics());
    let told = work.command(&["inspect", "metrics.om"]).output().unwrap();
    insta::assert_snapshot!(String::from_utf8(told.stdout).unwrap(), @r#"
    metrics.om

    counters
      http_requests_total  code, job

    histograms
      http_request_duration_seconds  job; edges 0.5

    gauges, by their names
      up  job

    a source for sla.yaml, to begin with

    sources:
      prod:
        prometheus: http://127.0.0.1:9090
        by: {service: job}
        requests: http_requests_total
        failures: http_requests_total{code=~"5.."}
        latency: http_request_duration_seconds
    "#);
}

#[test]
fn explain_prints_every_query_and_sends_none() {
    let fake = Fake::new(|_| None);
    let work = Work::usual("http://127.0.0.1:9", "columns: {cpu: {query: cpu, unit: \"%\"}}");
    let arguments = ["rules", "explain", "--source", "prod", "--require", "failure_rate <= 5%"];
    let more = [
        "--require",
        "p95(latency) <= 500ms",
        "--require",
        "max(cpu) <= 95%",
        "--require",
        "apdex(500ms) >= 0.9",
    ];
    let told = work.command(&[&arguments[..], &more[..]].concat()).output().unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    let asked = text.split_once("What is asked of prod:").unwrap().1;
    for line in [
        "the edges of the buckets: /api/v1/label/le/values http_request_duration_seconds_bucket",
        "how often it is scraped: /api/v1/query_range max(count_over_time(http_requests_total[1h]))",
        "when there was data, every 3600 s: /api/v1/query_range count by () (count_over_time(http_requests_total[300s]))",
        "once per day: /api/v1/query_range count by () (resets(http_requests_total{code=~\"5..\"}[86700s]) == 0)",
        "every 3600 s: /api/v1/query_range sum by () (last_over_time(http_requests_total{code=~\"5..\"}[300s]))",
        "at least, every 3600 s: /api/v1/query_range sum by () ((last_over_time(http_requests_total{code=~\"5..\"}[3600s])",
        "at most, every 3600 s: /api/v1/query_range sum by (le) ((last_over_time(http_request_duration_seconds_bucket{le=~\"0\\\\.5|",
        "samples, in chunks: /api/v1/query cpu[…s]",
        "not asked: it asks which requests failed and for `latency` together",
    ] {
        assert!(asked.contains(line), "{line}: {asked}");
    }
    // Three counters with two bounds each.
    assert_eq!(asked.matches("increase(").count(), 3 * 4, "{asked}");
    assert!(fake.asked().is_empty());
}

/// As in a file of rows: what cannot be added up exactly is not left out of a sum.
#[test]
fn numbers_too_large_to_add_up_are_undecided() {
    for value in ["1e29", "1e30"] {
        let series = format!(
            r#"{{"metric":{{}},"values":[[1748736000,"{value}"],[1748736060,"{value}"],[1748736120,"1"]]}}"#
        );
        let work = Work::new().file("answer.json", &matrix(&series));
        for promise in ["avg(value) <= 50", "sum(value) <= 50", "max(value) <= 50"] {
            let answer = work.check(&["answer.json", "--require", promise]);
            // The largest of what fits is known.
            let expected = if promise.starts_with("max") && value == "1e29" { 1 } else { 3 };
            assert_eq!(answer.code, expected, "{value} {promise}: {}", answer.words());
        }
    }
}

/// What has a sample every hour lacks none.
#[test]
fn samples_that_are_far_apart_are_no_gaps() {
    let values: Vec<String> = (0..24)
        .filter(|hour| *hour != 7)
        .map(|hour| format!("[{},\"1\"]", 1_748_736_000 + 3600 * hour))
        .collect();
    let series = |values: &[String]| matrix(&format!(r#"{{"metric":{{}},"values":[{}]}}"#, values.join(",")));
    let work = Work::new().file("answer.json", &series(&values));
    let answer = work.check(&["answer.json", "--require", "max(value) <= 1"]);
    assert_eq!(answer.lines(), ["max(value) <= 1: met 1/1 of 23"], "{}", answer.words());
    // Three in a row are another matter.
    let work = Work::new().file("answer.json", &series(&[&values[..9], &values[12..]].concat()));
    let answer = work.check(&["answer.json", "--require", "max(value) <= 1"]);
    assert_eq!(answer.code, 3, "{}", answer.words());
    assert!(answer.words().contains("3 of 23 samples are missing or NaN"), "{}", answer.words());
}

#[test]
fn a_counter_is_no_gauge() {
    let mut world = World::default();
    for step in 0..4 {
        world.sample("jobs", "jobs_total{job=\"api\"}", START + 15 * step, 1000 + step);
    }
    let work = Work::new().file("metrics.om", &world.openmetrics());
    let answer = work.check(&["metrics.om", "--require", "max(jobs_total) <= 2000"]);
    assert_eq!(answer.lines(), ["max(jobs_total) <= 2000: met 1003/1 of 4"]);
    assert!(answer.words().contains("its samples are running totals"), "{}", answer.words());
}

/// VictoriaMetrics tells the end of a series by a NaN (a stale marker), which is no sample.
#[test]
fn the_mark_of_an_end_is_no_sample() {
    let series = |job: &str, values: &[&str]| {
        let at = |(step, value): (usize, &&str)| format!("[{},\"{value}\"]", 1_748_736_000 + 15 * step);
        let values: Vec<String> = values.iter().enumerate().map(at).collect();
        format!(r#"{{"metric":{{"job":"{job}"}},"values":[{}]}}"#, values.join(","))
    };
    let check = |short: &[&str], wanted: &str| {
        let both = [series("long", &["1"; 60]), series("short", short)].join(",");
        let answer = Work::new().file("answer.json", &matrix(&both));
        let answer = answer.check(&["answer.json", "--require", "max(value) <= 1", "--by", "job"]);
        let lines = answer.lines();
        assert_eq!(lines, ["max(value) <= 1 long: met 1/1 of 60", wanted], "{}", answer.words());
    };
    check(&["1", "1", "NaN"], "max(value) <= 1 short: met 1/1 of 2");
    // Where there are more of them, or something follows, each is one that lacks its value.
    check(&["1", "1", "NaN", "NaN"], "max(value) <= 1 short: undecided 1/1 of 2");
    check(&["1", "NaN", "1"], "max(value) <= 1 short: undecided 1/1 of 2");
    let mut to_the_end = ["1"; 60];
    to_the_end[59] = "NaN";
    check(&to_the_end, "max(value) <= 1 short: undecided 1/1 of 59");
}

/// So it is with a counter: 2 and 3, whose second series ended. One that goes on as NaN is no counter.
#[test]
fn the_mark_of_an_end_is_no_count() {
    let answer = |last: i64| {
        let mut world = World::default();
        for step in 0..=last {
            let series = |name: &str| format!("http_requests_total{{instance=\"{name}\"}}");
            let at = START + 15 * step;
            world.sample("http_requests", &series("a"), at, 1000 + step);
            let ended = if step >= 3 { "NaN".to_owned() } else { (2000 + step).to_string() };
            world.sample("http_requests", &series("b"), at, ended);
        }
        let work = Work::new().file("metrics.om", &world.openmetrics());
        work.check(&["metrics.om", "--require", "requests == 5"])
    };
    let ended = answer(3);
    assert_eq!(ended.lines(), ["requests == 5: met 5/1 of 5"], "{}", ended.words());
    let gauge = answer(4);
    assert!(
        gauge.code == 3 && gauge.words().contains("a counter is NaN; is it a gauge?"),
        "{}",
        gauge.words()
    );
}
