//! Answers that are none: each leaves the verdict undecided, in the server's own words, and none of them passes.

use crate::fake::{Asked, Fake, Reply, is_bound, matrix, rising};
use crate::work::{Answer, Work};
use crate::world::START;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const DAY: (i64, i64) = (START, START + 86_400);
const PROMISES: [&str; 1] = ["failure_rate <= 5%"];

fn ask(fake: &Fake, more: &str) -> Answer {
    Work::usual(&fake.url, more).over(DAY, &PROMISES, &["--by", "service"])
}

/// The verdict on a server whose range queries are answered like that is undecided and says so.
fn undecided(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static, words: &str) {
    let fake = Fake::new(move |asked| (asked.path == "/api/v1/query_range").then(|| reply(asked)));
    let answer = ask(&fake, "deadline: 20s");
    assert_eq!(answer.code, 3, "{}", answer.words());
    assert!(
        answer.report["results"].as_array().is_some_and(|results| !results.is_empty()),
        "{}",
        answer.told
    );
    for (key, (verdict, ..)) in answer.verdicts() {
        assert_eq!(verdict, "undecided", "{key:?}");
    }
    assert!(answer.words().contains(words), "`{words}` is not in: {}", answer.words());
}

fn error(status: u16, kind: &str, words: &str) -> Reply {
    Reply::json(status, format!(r#"{{"status":"error","errorType":"{kind}","error":"{words}"}}"#))
}

#[test]
fn a_good_answer_is_met() {
    let fake = Fake::new(|_| None);
    let answer = ask(&fake, "");
    assert_eq!(answer.code, 0, "{}", answer.words());
    // 24 hours of 100 requests and 2 failures.
    assert_eq!(answer.lines(), ["failure_rate <= 5% api: met 1/50 of 2400"]);
}

#[test]
fn w51_an_empty_matrix_is_no_data() {
    undecided(
        |_| Reply::json(200, r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#),
        "no series of `http_requests_total` between --since and --until",
    );
}

#[test]
fn w52_warnings_and_partial_answers_are_not_used() {
    undecided(
        |asked| {
            let body = matrix(asked, "1");
            Reply::json(
                200,
                format!("{},\"warnings\":[\"results truncated due to limit\"]}}", &body[..body.len() - 1]),
            )
        },
        "warns that its answer may be incomplete: results truncated due to limit",
    );
    let words = "1 of 2 stores did not answer";
    undecided(
        move |asked| {
            Reply::json(200, matrix(asked, "1").replacen('{', &format!("{{\"warnings\":\"{words}\","), 1))
        },
        words,
    );
    undecided(
        |asked| Reply::json(200, matrix(asked, "1").replacen('{', "{\"isPartial\":true,", 1)),
        "gives a partial answer",
    );
}

#[test]
fn w53_errors_are_told_in_the_servers_words() {
    undecided(|_| error(400, "bad_data", "parse error: unexpected"), "(bad_data): parse error: unexpected");
    undecided(|_| error(422, "execution", "found duplicate series"), "found duplicate series");
    undecided(|_| error(200, "internal", "even with 200"), "even with 200");
    undecided(
        |_| Reply::text(503, "text/plain", "overloaded\n"),
        "answers 503 Service Unavailable: overloaded (5 tries)",
    );
    undecided(|_| Reply::text(404, "text/plain", "404 page not found"), "has no API there");
    undecided(
        |_| Reply::text(401, "text/plain", "who are you"),
        "does not let this in (401 Unauthorized): who are you",
    );
}

#[test]
fn w54_half_a_body_is_none() {
    undecided(
        |asked| {
            let body = matrix(asked, "1");
            let half = body.len() / 2;
            Reply::json(200, body).cut(half)
        },
        "breaks off its answer",
    );
    // The length is right, and the JSON is not whole.
    undecided(
        |asked| {
            let body = matrix(asked, "1");
            Reply::json(200, &body.as_bytes()[..body.len() / 2])
        },
        "ends in the middle of its JSON",
    );
    undecided(
        |asked| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(matrix(asked, "1").as_bytes()).unwrap();
            let packed = packed.finish().unwrap();
            Reply::json(200, &packed[..packed.len() - 12]).header("Content-Encoding", "gzip")
        },
        "breaks off its answer",
    );
}

#[test]
fn what_is_no_json_is_refused() {
    undecided(
        |_| Reply::text(200, "text/html", "<html>Sign in</html>"),
        "answers with text/html instead of JSON: <html>Sign in</html>",
    );
    undecided(|_| Reply::json(200, "{\"status\":\"success\",\"data\":\u{1}}"), "cannot be used");
    undecided(|_| Reply::json(200, "[".repeat(1000)), "cannot be used");
    undecided(
        |_| Reply::json(200, r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#),
        "it is a scalar",
    );
}

#[test]
fn w58_values_that_no_counter_has_are_refused() {
    // In a sum, and in a bound of what is not calm: no series of it is without a reset.
    for (in_bounds, value, words) in [
        (false, "NaN", "a counter is NaN; is it a gauge?"),
        (false, "+Inf", "a counter is +Inf; is it a gauge?"),
        (false, "-3", "a counter is -3; is it a gauge?"),
        (false, "many", "`many` is no number"),
        (true, "NaN", "a counter rose by NaN"),
        (true, "+Inf", "a counter rose by +Inf"),
        (true, "-3", "a counter rose by -3; is it a gauge?"),
        (true, "many", "`many` is no number"),
    ] {
        undecided(
            move |asked| {
                let query = &asked.form["query"];
                Reply::json(
                    200,
                    match query.starts_with("count by") {
                        true if query.contains("resets") && in_bounds => matrix(asked, "0"),
                        true => matrix(asked, "1"),
                        false if in_bounds && !is_bound(asked) => rising(asked, 1),
                        false => matrix(asked, value),
                    },
                )
            },
            words,
        );
    }
}

#[test]
fn w57_points_that_were_not_asked_for_are_refused() {
    undecided(
        |asked| {
            let mut moved = asked.clone();
            let start: f64 = asked.form["start"].parse().unwrap();
            moved.form.insert("start".to_owned(), format!("{}", start + 7.0));
            Reply::json(200, matrix(&moved, "1"))
        },
        "which was not asked for there",
    );
    // The same point twice.
    undecided(
        |asked| {
            let start = &asked.form["start"];
            let twice = format!("[{start},\"1\"],[{start},\"1\"]");
            Reply::json(
                200,
                format!(
                    r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{twice}]}}]}}}}"#
                ),
            )
        },
        "which was not asked for there",
    );
}

/// The same samples twice are not twice as many.
#[test]
fn a_series_that_comes_twice_is_refused() {
    let fake = Fake::new(|asked| {
        let at =
            if asked.path == "/api/v1/query" { START + 60 } else { asked.form.get("start")?.parse().ok()? };
        let one = format!(r#"{{"metric":{{"job":"api"}},"values":[[{at},"1"]]}}"#);
        let data = format!(r#"{{"resultType":"matrix","result":[{one},{one}]}}"#);
        Some(Reply::json(200, format!(r#"{{"status":"success","data":{data}}}"#)))
    });
    for (query, words) in [("cpu", "do not follow each other"), ("cpu * 1", "tells twice what is at")] {
        let work = Work::source(&fake.url, &format!("columns: {{cpu: {{query: {query}}}}}"));
        let answer = work.over((START, START + 600), &["max(cpu) <= 5"], &[]);
        assert_eq!(answer.code, 3, "{query}: {}", answer.words());
        assert!(answer.words().contains(words), "{query}: {}", answer.words());
    }
}

#[test]
fn more_failures_than_requests_contradict_each_other() {
    undecided(
        |asked| {
            let query = &asked.form["query"];
            if query.starts_with("count by") {
                return Reply::json(200, matrix(asked, "1"));
            }
            Reply::json(200, rising(asked, if query.contains("code=~") { 7 } else { 5 }))
        },
        "contradicts itself: 168 failures of 120 requests",
    );
}

#[test]
fn credentials_follow_no_redirect() {
    let there = Fake::new(|_| None);
    let place = format!("{}/api/v1/query_range", there.url);
    let fake = Fake::new(move |_| Some(Reply::text(302, "text/plain", "").header("Location", &place)));
    let work = Work::usual(&fake.url, "auth: {bearer_file: token}").file("token", "secret-word\n");
    let answer = work.over(DAY, &PROMISES, &[]);
    assert_eq!(answer.code, 3);
    assert!(answer.words().contains("redirects (302 Found) to http://127.0.0.1:"), "{}", answer.words());
    assert!(!answer.words().contains("secret-word"), "{}", answer.words());
    assert_eq!(fake.asked()[0].headers["authorization"], "Bearer secret-word");
    assert!(there.asked().is_empty());
}

#[test]
fn secrets_come_from_files_and_the_environment() {
    let fake = Fake::new(|_| None);
    let auth = "auth: {basic: {user: ann, password_env: PASSWORD}, headers: {X-Scope-OrgID: shop}}";
    let work = Work::usual(&fake.url, auth);
    let missing = work.over(DAY, &PROMISES, &[]);
    assert_eq!((missing.code, missing.told.contains("the variable PASSWORD is not set")), (2, true));
    let mut command = work.command(&["check", "prod", "--since", "2025-06-01", "--require", PROMISES[0]]);
    command.env("PASSWORD", "open").args(["--until", "2025-06-02"]).assert().code(0);
    let headers = &fake.asked()[0].headers;
    // base64 of `ann:open`.
    assert_eq!(headers["authorization"], "Basic YW5uOm9wZW4=");
    assert_eq!(headers["x-scope-orgid"], "shop");
}

#[test]
fn what_passes_is_asked_again() {
    let times = AtomicUsize::new(0);
    let fake = Fake::new(move |_| match times.fetch_add(1, Ordering::Relaxed) {
        0 => Some(Reply::text(429, "text/plain", "slow down").header("Retry-After", "0")),
        1 => Some(error(500, "internal", "again")),
        2 => Some(Reply::json(200, "{\"status\":").cut(4)),
        _ => None,
    });
    let answer = ask(&fake, "");
    assert_eq!(answer.code, 0, "{}", answer.words());
    assert_eq!(answer.lines(), ["failure_rate <= 5% api: met 1/50 of 2400"]);
}

/// W55: what the server calls too much is asked for in halves, which join without a double or a missing step.
#[test]
fn w55_too_much_at_once_is_asked_for_in_parts() {
    let fake = Fake::new(|asked| {
        let number = |name: &str| asked.form.get(name)?.parse::<f64>().ok();
        let points = (number("end")? - number("start")?) / number("step")? + 1.0;
        (points > 5.0)
            .then(|| error(400, "bad_data", "exceeded maximum resolution of 5 points per timeseries"))
    });
    let answer = ask(&fake, "");
    assert_eq!(answer.lines(), ["failure_rate <= 5% api: met 1/50 of 2400"], "{}", answer.words());
    // 30 days at 15 s are 172,800 steps: more than any server gives at once.
    let fake = Fake::new(|_| None);
    let month = (START - 6 * 86_400, START + 24 * 86_400);
    let answer = Work::usual(&fake.url, "step: 15s").over(month, &PROMISES, &[]);
    assert_eq!(answer.lines(), ["failure_rate <= 5%: met 1/50 of 17280000"], "{}", answer.words());
    for asked in fake.asked().iter().filter(|asked| asked.path.ends_with("query_range")) {
        let number = |name: &str| asked.form[name].parse::<i64>().unwrap();
        assert!((number("end") - number("start")) / number("step") < 11_000);
    }
}

/// Longer than any clock counts.
#[test]
fn a_pause_without_end_is_not_waited_for() {
    undecided(
        |_| Reply::text(503, "text/plain", "later").header("Retry-After", &u64::MAX.to_string()),
        "the time for this run is over",
    );
}

#[test]
fn a_run_ends_at_its_deadline() {
    let fake = Fake::new(|_| {
        std::thread::sleep(Duration::from_secs(60));
        None
    });
    let begun = Instant::now();
    let answer = ask(&fake, "deadline: 2s");
    assert_eq!(answer.code, 3);
    assert!(answer.words().contains("(`deadline`)"), "{}", answer.words());
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn nobody_there_is_undecided() {
    let answer = Work::usual("http://127.0.0.1:1", "deadline: 3s").over(DAY, &PROMISES, &[]);
    assert_eq!(answer.code, 3);
    assert!(answer.words().contains("cannot be reached"), "{}", answer.words());
}

/// Ctrl-C ends a run that waits, with the code of the signal.
#[test]
fn an_interrupt_ends_a_run_that_waits() {
    use std::os::unix::process::ExitStatusExt;
    let fake = Fake::new(|_| {
        std::thread::sleep(Duration::from_secs(60));
        None
    });
    let work = Work::usual(&fake.url, "");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_sla"))
        .args(["check", "prod", "--since", "2025-06-01", "--require", PROMISES[0]])
        .current_dir(work.path("."))
        .env_clear()
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while fake.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().signal(), Some(2));
}
