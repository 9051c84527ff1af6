//! Webhooks and their kin over HTTP: what they get, and everything that can go wrong on the way.

use crate::servers::{Hook, Reply, python};
use crate::{Work, data, project, tell};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// With a channel of this kind and its keys.
fn posted(kind: &str, keys: &str) -> Work {
    project(&format!(
        "  channels:\n    hook: {{{kind}: {{{keys}, timeout: 1s}}}}\n  routes: [{{to: hook}}]\n"
    ))
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../schema/alert.schema.json");
    jsonschema::draft202012::new(&serde_json::from_str(text).unwrap()).unwrap()
}

#[test]
fn what_a_webhook_gets() {
    let hook = Hook::new(vec![]);
    let work = posted("webhook", &format!("url: \"{}\", secret_env: HOOK", hook.url));
    let secret = [("HOOK", "sesame open")];
    tell(&work, &secret);
    data(&work, crate::WELL);
    tell(&work, &secret);
    let asked = hook.asked();
    assert_eq!(asked.len(), 2);
    for asked in &asked {
        let faults: Vec<String> =
            schema().iter_errors(&asked.json()).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(asked.path, "/hook");
        assert_eq!(asked.headers["content-type"], "application/json");
        assert!(asked.headers["user-agent"].starts_with("sla/"));
        // Python's hmac agrees.
        let script = "import hmac, sys; seconds = sys.argv[1]; body = sys.stdin.buffer.read()\n\
                      print(hmac.new(b'sesame open', seconds.encode() + b'.' + body, 'sha256').hexdigest())";
        let mut child = Command::new(python())
            .args(["-c", script, &asked.headers["x-sla-timestamp"]])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), asked.body.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let expected = format!("v1={}", String::from_utf8(output.stdout).unwrap().trim());
        assert_eq!(asked.headers["x-sla-signature"], expected);
    }
    // 1 of 2 requests failed, of 100 and 300 ms: half of them above 250 ms.
    let value = asked[0].json();
    let violation = json!({
        "service_name": "checkout", "failure_rate": 0.5, "avg_response_time_ms": 200.0,
        "response_violation_rate": 0.5, "agreement": "Web shop",
    });
    assert_eq!(value["violations"], json!([violation]));
    assert_eq!(value["summary"], json!({"met": 4, "warning": 0, "breached": 2, "undecided": 0, "unread": 0}));
    let event = &value["events"][0];
    for (key, expected) in [
        ("event", json!("new")),
        ("state", json!("breached")),
        ("was", Value::Null),
        ("agreement", json!("Web shop")),
        ("subject", json!("checkout")),
        ("group", json!({"service": "checkout"})),
        ("severity", json!("critical")),
        ("runbook", json!("https://wiki.example.com/failures")),
        ("since", json!("2025-06-08T06:00:00Z")),
        ("measured", json!(0.5)),
        ("target", json!(0.05)),
        ("unit", json!("ratio")),
        ("samples", json!(2)),
        ("bad", json!(1)),
    ] {
        assert_eq!(event[key], expected, "{key}");
    }
}

/// No field without a description of it, and none described that is not there.
#[test]
fn the_schema_knows_every_field() {
    let hook = Hook::new(vec![]);
    let work = posted("webhook", &format!("url: \"{}\"", hook.url));
    tell(&work, &[]);
    let schema: Value = serde_json::from_str(include_str!("../../schema/alert.schema.json")).unwrap();
    let value = hook.asked()[0].json();
    let keys =
        |value: &Value| value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(keys(&value), keys(&schema["properties"]));
    assert_eq!(keys(&value["events"][0]), keys(&schema["$defs"]["event"]["properties"]));
    let services = &schema["properties"]["violations"]["items"]["properties"];
    assert_eq!(keys(&value["violations"][0]), keys(services));
}

#[test]
fn slack() {
    let hook = Hook::new(vec![]);
    let work = posted("slack", "url_env: SLACK");
    data(&work, &crate::BROKEN.replace("checkout", "<!channel> & *co*"));
    tell(&work, &[("SLACK", &hook.url)]);
    let value = hook.asked()[0].json();
    let blocks = value["blocks"].as_array().unwrap();
    assert_eq!(blocks[0]["type"], "header");
    assert!(blocks.len() <= 50);
    let text = value.to_string();
    assert!(!text.contains("<!channel>\"") && text.contains("&lt;!channel&gt; &amp; *co*"), "{text}");
    assert!(
        blocks[1]["text"]["text"].as_str().unwrap().contains("what to do: https://wiki.example.com/failures")
    );
}

#[test]
fn discord() {
    let hook = Hook::new(vec![Reply::status(204)]);
    let work = posted("discord", "url_env: DISCORD");
    data(&work, &crate::BROKEN.replace("checkout", "@everyone **x**"));
    assert!(tell(&work, &[("DISCORD", &hook.url)]).0.starts_with("told hook (discord): "));
    let value = hook.asked()[0].json();
    assert_eq!(value["allowed_mentions"], json!({"parse": []}));
    assert_eq!(value["embeds"].as_array().unwrap().len(), 2);
    assert!(
        value["embeds"][0]["title"].as_str().unwrap().starts_with(r"@everyone \*\*x\*\*: failure\_rate"),
        "{value}"
    );
}

/// An incident is opened and closed by one key; of several that one message holds each arrives once.
#[test]
fn pagerduty() {
    let hook =
        Hook::new(vec![Reply::status(202), Reply::status(500), Reply::status(202), Reply::status(202)]);
    let work = posted("pagerduty", &format!("url: \"{}\", key_env: PD", hook.url));
    let key = [("PD", "R0UT1NGKEY")];
    tell(&work, &key);
    let bodies: Vec<Value> = hook.asked().iter().map(crate::servers::Asked::json).collect();
    // The second one failed and came again; the first one did not.
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[1], bodies[2]);
    assert_eq!(bodies[0]["routing_key"], "R0UT1NGKEY");
    assert_eq!(bodies[0]["event_action"], "trigger");
    assert_eq!(bodies[0]["payload"]["severity"], "critical");
    assert_eq!(bodies[1]["payload"]["severity"], "error");
    assert_eq!(bodies[0]["payload"]["source"], "Web shop");
    assert_eq!(
        bodies[0]["payload"]["summary"],
        "breached: checkout: failure_rate <= 5%; 50 % measured, <= 5% promised"
    );
    data(&work, crate::WELL);
    tell(&work, &key);
    let over: Vec<Value> = hook.asked()[3..].iter().map(crate::servers::Asked::json).collect();
    assert_eq!(over.len(), 2);
    for (over, body) in over.iter().zip([&bodies[0], &bodies[1]]) {
        assert_eq!(over["event_action"], "resolve");
        assert_eq!(over["dedup_key"], body["dedup_key"]);
    }
}

/// Failures that pass by themselves: a second attempt in the same run.
#[test]
fn failures_that_pass() {
    for reply in [Reply::status(500), Reply::status(503), Reply::status(429), Reply::Reset, Reply::Hang] {
        let shown = format!("{reply:?}");
        let hook = Hook::new(vec![reply]);
        let work = posted("webhook", &format!("url: \"{}\"", hook.url));
        assert!(tell(&work, &[]).0.starts_with("told hook (webhook): "), "{shown}");
        let asked = hook.asked();
        assert_eq!(asked.len(), 2, "{shown}");
        assert_eq!(asked[0].body, asked[1].body);
        assert_eq!(asked[0].headers["idempotency-key"], asked[1].headers["idempotency-key"]);
    }
}

#[test]
fn retry_after_is_honoured() {
    let after = |text: &str| vec![("Retry-After", text.to_owned())];
    let hook = Hook::new(vec![Reply::Status(429, after("3600"), "slow down".into())]);
    let work = posted("webhook", &format!("url: \"{}\"", hook.url));
    let (errors, _) = tell(&work, &[]);
    assert!(
        errors.contains("did not arrive: the server answers 429 Too Many Requests: slow down"),
        "{errors}"
    );
    let asks = |minute: u32, count: usize| {
        crate::tell_at(&work, &[], &format!("2025-06-08T{:02}:{:02}:00Z", 6 + minute / 60, minute % 60));
        assert_eq!(hook.asked().len(), count, "{minute}");
    };
    asks(30, 1);
    asks(59, 1);
    asks(61, 2);
    assert!(work.answer("outbox").contains("nothing waits"));
}

/// Failures that somebody has to put right: they stay, in their order, and are told.
#[test]
fn failures_that_last() {
    for (reply, said) in [
        (Reply::status(404), "answers 404 Not Found"),
        (Reply::status(410), "answers 410 Gone"),
        (Reply::status(403), "answers 403 Forbidden"),
        (
            Reply::Status(302, vec![("Location", "http://127.0.0.1:1/".into())], String::new()),
            "redirects (302 Found), which is not followed",
        ),
    ] {
        let hook = Hook::new(vec![reply]);
        let work = posted("webhook", &format!("url: \"{}\"", hook.url));
        let (errors, _) = tell(&work, &[]);
        assert!(
            errors.contains(&format!("the alert for hook (webhook) did not arrive: the server {said}")),
            "{errors}"
        );
        assert_eq!(hook.asked().len(), 1);
        // What comes later waits behind it.
        data(&work, crate::WELL);
        let (errors, code) = tell(&work, &[]);
        assert!(errors.contains("2 alerts pending"), "{errors}");
        assert_eq!((hook.asked().len(), code), (1, 4));
        assert_eq!(work.code("outbox retry"), 0);
        let events: Vec<Value> =
            hook.asked()[1..].iter().map(|asked| asked.json()["events"][0]["event"].clone()).collect();
        assert_eq!(events, ["new", "resolved"]);
    }
}

/// A message that is refused as it is does not keep back the next one.
#[test]
fn a_message_that_is_not_liked() {
    let hook = Hook::new(vec![Reply::Status(400, vec![], "invalid_payload".into())]);
    let work = posted("slack", "url_env: SLACK");
    let secret = [("SLACK", hook.url.as_str())];
    let (errors, _) = tell(&work, &secret);
    assert!(errors.contains("answers 400 Bad Request: invalid_payload"), "{errors}");
    data(&work, crate::WELL);
    let (errors, code) = tell(&work, &secret);
    assert!(errors.contains("told hook (slack): RESOLVED"), "{errors}");
    // It stays to be seen until somebody gives it up, with a reason.
    assert_eq!(code, 4);
    assert_eq!(work.code("outbox drop 1 --reason ''"), 2);
    assert_eq!(
        work.answer("outbox drop 1 --reason 'Slack does not like it'"),
        "--- stdout\ndropped 1, for hook: BREACHED: checkout: failure_rate <= 5%, and 1 more\n--- exit 0"
    );
    assert_eq!(tell(&work, &secret), (String::new(), 0));
}

/// What `PagerDuty` does not like about the key is put right with the key; its messages wait, in their order.
#[test]
fn a_wrong_key_refuses_no_message() {
    let hook = Hook::answering(|asked| {
        if asked.json()["routing_key"] == "right" {
            return Reply::status(202);
        }
        let body = r#"{"status":"invalid event","errors":["Length of 'routing_key' is incorrect"]}"#;
        Reply::Status(400, vec![], body.to_owned())
    });
    let work = posted("pagerduty", &format!("url: \"{}\", key_env: PD", hook.url));
    let (errors, _) = tell(&work, &[("PD", "wrong")]);
    assert!(errors.contains("look at the key") && errors.contains("1 alert pending"), "{errors}");
    data(&work, crate::WELL);
    tell(&work, &[("PD", "wrong")]);
    let asked = hook.asked().len();
    let retried = work.command(&["outbox", "retry"]).env("PD", "right").output().unwrap();
    assert_eq!(retried.status.code(), Some(0));
    let actions: Vec<Value> =
        hook.asked()[asked..].iter().map(|asked| asked.json()["event_action"].clone()).collect();
    assert_eq!(actions, ["trigger", "trigger", "resolve", "resolve"]);
}

/// Whoever checks the signature compares its time with the clock, whatever `--now` says.
#[test]
fn a_signature_is_of_the_moment_of_sending() {
    let hook = Hook::new(vec![]);
    let work = posted("webhook", &format!("url: \"{}\", secret_env: HOOK", hook.url));
    tell(&work, &[("HOOK", "sesame open")]);
    let signed: u64 = hook.asked()[0].headers["x-sla-timestamp"].parse().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(now.abs_diff(signed) <= 60, "{signed} at {now}");
}

/// A test opens an incident that says what it is, and closes it.
#[test]
fn a_test_message_to_pagerduty() {
    let hook = Hook::new(vec![Reply::status(202), Reply::status(202)]);
    let work = posted("pagerduty", &format!("url: \"{}\", key_env: PD", hook.url));
    let output = work.command(&["notify", "test", "hook"]).env("PD", "key").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("an incident was opened, and is resolved again\n"), "{told}");
    let bodies: Vec<Value> = hook.asked().iter().map(crate::servers::Asked::json).collect();
    assert_eq!(bodies.len(), 2);
    let summary = bodies[0]["payload"]["summary"].as_str().unwrap();
    assert_eq!(summary, "TEST: a message of `sla notify test hook`; nothing is wrong");
    assert_eq!(
        (&bodies[0]["event_action"], &bodies[1]["event_action"]),
        (&json!("trigger"), &json!("resolve"))
    );
    assert_eq!(bodies[0]["dedup_key"], bodies[1]["dedup_key"]);
}

/// Each step of a test that fails says what to do.
#[test]
fn a_test_that_fails_says_what_to_do() {
    let tested = |kind: &str, keys: &str, url: &str| {
        let output =
            posted(kind, keys).command(&["notify", "test", "hook"]).env("URL", url).output().unwrap();
        assert_eq!(output.status.code(), Some(4));
        String::from_utf8(output.stderr).unwrap()
    };
    for (status, hint) in [
        (404, "look at the address"),
        (403, "look at the secret"),
        (429, "try again in a while"),
        (500, "try again in a while"),
        (400, "the message itself is not taken"),
    ] {
        let hook = Hook::new(vec![Reply::status(status)]);
        let told = tested("slack", "url_env: URL", &hook.url);
        assert!(told.contains(hint), "{status}: {told}");
    }
    let hook = Hook::new(vec![]);
    let told = tested("slack", "url_env: URL", &hook.url.replace("http:", "https:"));
    assert!(told.contains("look at the port") && !told.contains("`tls`"), "{told}");
    let told = tested("slack", "url_env: URL", "hooks.slack.com/services/x");
    assert!(told.contains("the one in the variable URL must begin with https://"), "{told}");
    let told = tested("slack", "url_env: NOT_THERE", "");
    assert!(told.contains("the variable NOT_THERE is not set; export it"), "{told}");
}

/// Older than what arrived meanwhile: whoever sends it again is told so.
#[test]
fn a_retry_out_of_order_is_told() {
    let hook = Hook::new(vec![Reply::status(400)]);
    let work = posted("webhook", &format!("url: \"{}\"", hook.url));
    let (errors, _) = tell(&work, &[]);
    assert!(errors.contains("only `sla outbox retry 1` sends it again, and `sla outbox drop 1"), "{errors}");
    assert!(errors.contains("\n1 alert refused: BREACHED") && !errors.contains("pending"), "{errors}");
    data(&work, crate::WELL);
    tell(&work, &[]);
    let told = work.answer("outbox retry 1");
    assert!(told.contains("message 1 for hook is older than 1 that arrived there since"), "{told}");
    assert_eq!(hook.asked().len(), 3);
}

/// One dead channel stops no other.
#[test]
fn a_dead_channel_stops_no_other() {
    let (dead, alive) = (Hook::answering(|_| Reply::Hang), Hook::new(vec![]));
    let work = project(&format!(
        "  channels:\n    dead: {{webhook: {{url: \"{}\", timeout: 1s}}}}\n    gone: {{webhook: {{url: \"http://127.0.0.1:1/\"}}}}\n    \
         alive: {{webhook: {{url: \"{}\"}}}}\n  routes: [{{to: [dead, gone, alive]}}]\n",
        dead.url, alive.url
    ));
    let (errors, code) = tell(&work, &[]);
    assert!(errors.contains("told alive (webhook)") && errors.contains("2 alerts pending"), "{errors}");
    assert_eq!((alive.asked().len(), code), (1, 1));
    // And later runs of those that live are not late: the dead one is not asked again so soon.
    let before = dead.asked().len();
    data(&work, crate::WELL);
    let (errors, _) = tell(&work, &[]);
    assert!(errors.contains("told alive (webhook): RESOLVED"), "{errors}");
    assert!(dead.asked().len() <= before + 1);
}
