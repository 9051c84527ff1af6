//! `sla outbox`, `sla silence`, `sla notify test`, and a check that only says what it would tell.

use crate::servers::{Hook, Mail, Reply, header};
use crate::{Work, data, project, tell, tell_at};

fn hooked(hook: &Hook, rest: &str) -> Work {
    project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\", timeout: 1s}}}}\n  routes: [{{to: hook{rest}}}]\n",
        hook.url
    ))
}

#[test]
fn a_dry_run_tells_nobody_and_changes_nothing() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    let output = work.answer("check --notify-dry-run --format csv");
    assert!(output.contains("--- to hook: BREACHED: checkout: failure_rate <= 5%, and 1 more\n"), "{output}");
    assert!(output.contains("\"schema\": \"sla.alert/1\""), "{output}");
    assert!(!work.path("sla.db").exists());
    assert!(hook.asked().is_empty());
    tell(&work, &[]);
    let output = work.answer("check --notify-dry-run --format csv");
    assert!(output.contains("nobody would be told of anything\n"), "{output}");
}

#[test]
fn the_outbox() {
    let hook = Hook::new(vec![Reply::status(503), Reply::status(503)]);
    let work = hooked(&hook, "");
    assert_eq!(
        work.answer("outbox"),
        "--- stdout\nnothing waits: there is no history yet at sla.db\n--- exit 0"
    );
    assert_eq!(work.code("outbox --store other.db"), 2, "whoever names one means one");
    tell(&work, &[]);
    let listed = work.answer("outbox");
    assert_eq!(
        listed,
        "--- stdout\n1  for hook: BREACHED: checkout: failure_rate <= 5%, and 1 more\n    of run 1, 2025-06-08 06:00 UTC; tried 2 times\n    \
         next: with the next run: the server answers 503 Service Unavailable\n--- exit 0"
    );
    assert_eq!(work.answer("outbox list"), listed);
    let unknown = work.answer("outbox drop 7 --reason x");
    assert_eq!(unknown, "--- stderr\nerror: no message of the number 7 waits\n  waiting: 1\n--- exit 2");
    assert_eq!(work.code("outbox retry 7"), 2);
    let wrong = work.answer("outbox retry first");
    assert!(wrong.contains("name it by its number, as the list shows it"), "{wrong}");
    assert_eq!(
        work.answer("outbox retry 1"),
        "--- stderr\ntold hook (webhook): BREACHED: checkout: failure_rate <= 5%, and 1 more\n--- exit 0"
    );
    assert_eq!(work.answer("outbox"), "--- stdout\nnothing waits in sla.db\n--- exit 0");
    assert_eq!(work.answer("outbox retry"), "--- stdout\nnothing waits in sla.db\n--- exit 0");
}

/// Of two messages that are due one is meant, and the exit code is about it.
#[test]
fn one_message_of_the_outbox() {
    let (hook, other) = (Hook::new(vec![Reply::status(400)]), Hook::answering(|_| Reply::status(400)));
    let work = project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\"}}}}\n    other: {{webhook: {{url: \"{}\"}}}}\n  routes: [{{to: [hook, other]}}]\n",
        hook.url, other.url
    ));
    tell(&work, &[]);
    let listed = work.answer("outbox");
    assert!(listed.contains("1  for hook: ") && listed.contains("2  for other: "), "{listed}");
    // Both are due again.
    let store = sla::store::Store::open(&work.path("sla.db")).unwrap();
    assert_eq!(store.retry(sla::store::Which::All).unwrap(), 2);
    drop(store);
    assert_eq!(
        work.answer("outbox retry 1"),
        "--- stderr\ntold hook (webhook): BREACHED: checkout: failure_rate <= 5%, and 1 more\n--- exit 0"
    );
    assert_eq!((hook.asked().len(), other.asked().len()), (2, 1));
    assert_eq!(work.code("outbox retry 2"), 4);
    assert_eq!((hook.asked().len(), other.asked().len()), (2, 2));
}

/// Those of its channel that go before it are sent before it, those behind it and of other channels are not.
#[test]
fn one_message_keeps_the_order_of_its_channel() {
    let hook = Hook::new(vec![Reply::status(503), Reply::status(503)]);
    let work = hooked(&hook, "");
    tell_at(&work, &[], "2025-06-08T06:00:00Z");
    for (service, hour) in [("api", 3), ("web", 4)] {
        let text = work.read("data.csv");
        data(&work, &format!("{text}2025-06-01T11:00:00Z,{service},failure,100\n"));
        // They wait for the first one, which is due by a later clock than theirs.
        tell_at(&work, &[], &format!("2025-06-08T{hour:02}:00:00Z"));
    }
    assert_eq!(hook.asked().len(), 2);
    // Whatever it waits for otherwise.
    let file = rusqlite::Connection::open(work.path("sla.db")).unwrap();
    file.execute("UPDATE outbox SET next_ns = (unixepoch() + 3600) * 1000000000 WHERE id = 1", []).unwrap();
    drop(file);
    assert_eq!(work.code("outbox retry 2"), 0);
    let titles: Vec<String> = hook.asked().iter().map(|asked| asked.json()["title"].to_string()).collect();
    assert_eq!(titles.len(), 4, "{titles:?}");
    assert!(titles[2].contains("checkout") && titles[3].contains("api"), "{titles:?}");
    assert!(work.answer("outbox").contains("3  for hook: BREACHED: web"));
}

#[test]
fn a_channel_that_is_gone() {
    let hook = Hook::answering(|_| Reply::status(503));
    let work = hooked(&hook, "");
    tell(&work, &[]);
    std::fs::write(
        work.path("sla.yaml"),
        work.read("sla.yaml").replace("    hook:", "    other:").replace("to: hook", "to: other"),
    )
    .unwrap();
    let (errors, _) = tell(&work, &[]);
    assert!(
        errors.contains("the alert for hook cannot be sent: sla.yaml has no channel `hook` any more"),
        "{errors}"
    );
    assert_eq!(work.code("outbox retry 1"), 4);
    let listed = work.answer("outbox");
    assert!(listed.contains("next: at once, once sla.yaml has the channel `hook` again: "), "{listed}");
    assert_eq!(work.code("outbox drop 1 --reason 'the channel is gone'"), 0);
}

#[test]
fn silences() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    let silence = |rest: &str| work.answer(&format!("silence {rest} --now 2025-06-08T05:00:00Z"));
    assert_eq!(
        silence("add --service checkout --until 2h --reason 'new release'"),
        "--- stdout\nadded silence 1: service=checkout, until 2025-06-08 07:00 UTC: new release\n\
         --- stderr\nnote: no run is recorded in sla.db yet; it is silent for those that will be\n--- exit 0"
    );
    let held = "2 alerts are silenced until 2025-06-08 07:00 UTC\n";
    assert_eq!(tell_at(&work, &[], "2025-06-08T06:00:00Z"), (held.into(), 1));
    let dry = work.answer("check --notify-dry-run --format csv");
    assert!(dry.contains(&format!("nobody would be told of anything\n{held}")), "{dry}");
    assert!(hook.asked().is_empty());
    // What is still broken afterwards is told then.
    tell_at(&work, &[], "2025-06-08T07:00:00Z");
    assert_eq!(hook.asked().len(), 1);
    assert_eq!(hook.asked()[0].json()["events"][0]["since"], "2025-06-08T06:00:00Z");
    silence("add --severity critical --group service=catalog,x --until 2025-06-09 --reason r");
    insta::assert_snapshot!(silence("list"), @r"
    --- stdout
    silence 1: service=checkout, until 2025-06-08 07:00 UTC: new release
    silence 2: severity=critical service=catalog,x, until 2025-06-09 00:00 UTC: r
    --- exit 0
    ");
    assert_eq!(silence("remove 1"), "--- stdout\nsilence 1 has ended\n--- exit 0");
    assert!(silence("remove 1").contains("no silence of the number 1 holds"));
    for (rest, why) in [
        ("--until 2h --reason r", "nothing says what to be silent about"),
        ("--all --until 2025-06-01 --reason r", "that has passed"),
        (
            "--all --until soon --reason r",
            "--until: `soon` is no time; write a length from now on (2h), a date",
        ),
        ("--all --until yesterday --reason r", "a length from now on"),
        ("--all --until 2h --reason ' '", "--reason is empty"),
        ("--group region --until 2h --reason r", "write a column and its value"),
    ] {
        let answer = silence(&format!("add {rest}"));
        assert!(answer.contains(why) && answer.ends_with("--- exit 2"), "{answer}");
    }
    // An end is required.
    assert_eq!(work.code("silence add --all --reason r"), 2);
}

/// What was told before and is over meanwhile is told to be over in the morning.
#[test]
fn quiet_hours() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, ", quiet: {from: 22:00, to: 06:00, timezone: Europe/Vienna}");
    // 19:59 UTC is 21:59 in Vienna in June, and 04:00 is six.
    tell_at(&work, &[], "2025-06-08T19:59:00Z");
    assert_eq!(hook.asked().len(), 1);
    data(&work, crate::WELL);
    for now in ["2025-06-08T20:00:00Z", "2025-06-09T03:59:00Z"] {
        tell_at(&work, &[], now);
        assert_eq!(hook.asked().len(), 1, "{now}");
    }
    tell_at(&work, &[], "2025-06-09T04:00:00Z");
    assert_eq!(hook.asked()[1].json()["events"][0]["event"], "resolved");
}

/// Every route that matches adds its channels, each once.
#[test]
fn routes() {
    let hooks: Vec<Hook> = (0..4).map(|_| Hook::new(vec![])).collect();
    let channel =
        |(name, hook): (&str, &Hook)| format!("    {name}: {{webhook: {{url: \"{}\"}}}}\n", hook.url);
    let channels: String = ["pager", "chat", "all", "other"].into_iter().zip(&hooks).map(channel).collect();
    let work = project(&format!(
        "  channels:\n{channels}  routes:\n    - {{severity: critical, to: [pager, all]}}\n    - {{service: [checkout, payments], to: chat}}\n    \
         - {{agreement: Other shop, to: other}}\n    - {{to: all}}\n"
    ));
    tell(&work, &[]);
    let events = |hook: &Hook| {
        let asked = hook.asked();
        assert!(asked.len() <= 1);
        asked.first().map_or(0, |asked| asked.json()["events"].as_array().unwrap().len())
    };
    assert_eq!(hooks.iter().map(events).collect::<Vec<_>>(), [1, 2, 2, 0]);
}

/// Who misspells a column would never be told, and is told so.
#[test]
fn a_route_by_what_no_result_has() {
    let hook = Hook::new(vec![]);
    let work = project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\"}}}}\n  link: https://sla.example.com/\n  routes:\n    - {{servce: checkout, to: hook}}\n    \
         - {{severity: critical, to: hook}}\n    - {{region: eu, to: hook}}\n",
        hook.url
    ));
    let (errors, _) = tell(&work, &[]);
    assert_eq!(
        errors,
        "warning: 1 breach matches no route, so that nobody is told of it\n\
         warning: a route that goes by `region` matches nothing in the rules of sla.yaml: there are `agreement`, \
         `objective`, `service`, `severity`\n\
         warning: a route that goes by `servce` matches nothing in the rules of sla.yaml: did you mean `service`?\n\
         told hook (webhook): BREACHED: checkout: failure_rate <= 5%\n"
    );
    assert_eq!(hook.asked()[0].json()["link"], "https://sla.example.com/");
}

/// What stands in no rule is doubted although other routes match; a service may come with the data.
#[test]
fn a_route_for_what_no_rule_has() {
    let hook = Hook::new(vec![]);
    let work = project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\"}}}}\n  routes:\n    - {{to: hook}}\n    - {{severity: [critical, minor], to: hook}}\n    \
         - {{objective: failure_rat, to: hook}}\n    - {{objective: [avg(latency), failure_rate <= 5%], to: hook}}\n    \
         - {{service: [payments, catalgo], to: hook}}\n    - {{agreement: Webshop, to: hook}}\n",
        hook.url
    ));
    let expected = "warning: a route for agreement `Webshop` matches nothing in the rules of sla.yaml: did you mean `Web shop`?\n\
         warning: a route for objective `failure_rat` matches nothing in the rules of sla.yaml: did you mean `failure_rate`?\n\
         warning: a route for severity `minor` matches nothing in the rules of sla.yaml: there is `critical`\n\
         warning: a route is for service `catalgo`, which no result has: did you mean `catalog`?\n";
    let (errors, _) = tell(&work, &[]);
    assert!(errors.starts_with(expected), "{errors}");
    assert_eq!(errors.lines().count(), 5, "{errors}");
    // Rules that a command line names are not all that there are.
    let work = work.file("other.yaml", "sla: Other\nby: service\nobjectives: [failure_rate <= 5%]\n");
    let dry = work.answer("check data.csv --rules other.yaml --notify-dry-run --format csv");
    assert!(!dry.contains("matches nothing"), "{dry}");
}

/// A name that resembles no other is noticed by what nobody is told of, too.
#[test]
fn what_no_route_matches() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, ", severity: hi");
    let never =
        "warning: a route for severity `hi` matches nothing in the rules of sla.yaml: there is `critical`\n";
    let nobody = "warning: 2 breaches match no route, so that nobody is told of them\n";
    let dry = work.answer("check --notify-dry-run --format csv");
    assert!(dry.contains(&format!("{never}{nobody}nobody would be told of anything\n")), "{dry}");
    assert_eq!(tell(&work, &[]), (format!("{nobody}{never}"), 1));
    // Who silences it knows of it.
    work.answer("silence add --all --until 2h --reason r --now 2025-06-08T05:00:00Z");
    assert_eq!(tell(&work, &[]), (never.to_owned(), 1));
}

/// It holds for an objective by its name, its text and its indicator, also when nothing has a word of it any more; and at
/// once, whatever clock it was added by.
#[test]
fn silences_know_what_is_gone() {
    for (objective, since, told) in [
        ("failure_rate", "05:00", 1),
        ("'failure_rate <= 5%'", "05:00", 1),
        ("failures", "06:30", 1),
        ("other", "05:00", 2),
    ] {
        let hook = Hook::new(vec![]);
        let work = hooked(&hook, "").file(
            "rules.yaml",
            "sla: Web shop\nby: service\nobjectives: [{name: failures, require: failure_rate <= 5%}]\n",
        );
        tell(&work, &[]);
        let added = work.answer(&format!(
            "silence add --objective {objective} --until 5h --reason r --now 2025-06-08T{since}:00Z"
        ));
        assert_eq!(added.contains("nothing recorded has objective \"other\""), told == 2, "{added}");
        data(&work, "timestamp,service,status,latency_ms\n2025-06-01T10:20:00Z,catalog,success,10\n");
        for _ in 0..3 {
            tell(&work, &[]);
        }
        assert_eq!(hook.asked().len(), told, "{objective}");
    }
}

/// What is silenced may be misspelt, and may come yet.
#[test]
fn silences_of_what_nothing_recorded_has() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    let silence = |rest: &str| work.answer(&format!("silence {rest} --now 2025-06-08T05:00:00Z"));
    assert_eq!(silence("list"), "--- stdout\nno silence holds in sla.db\n--- exit 0");
    // Before the first run nothing is known.
    let added = silence("add --service chekout --until 2h --reason r");
    assert!(!added.contains("warning"), "{added}");
    silence("remove 1");
    tell(&work, &[]);
    for (rest, why) in [
        ("--service chekout", "nothing recorded has service \"chekout\"; did you mean \"checkout\"?"),
        ("--group servce=checkout", "nothing recorded has a column \"servce\"; did you mean \"service\"?"),
        ("--severity crit", "nothing recorded has severity \"crit\"\n"),
        ("--agreement 'Web shpo'", "nothing recorded has agreement \"Web shpo\"; did you mean \"Web shop\"?"),
    ] {
        let added = silence(&format!("add {rest} --until 2h --reason r"));
        assert!(added.contains(&format!("warning: {why}")) && added.contains("added silence"), "{added}");
        assert!(added.ends_with("--- exit 0"), "{added}");
    }
    let added = silence("add --service checkout,catalog --severity critical --until 2h --reason r");
    assert!(!added.contains("warning") && !added.contains("note"), "{added}");
}

#[test]
fn a_test_message_over_mail() {
    let mail = Mail::new("--user sla --password horse");
    let work = project(&format!(
        "  channels:\n    ops: {{email: {{smtp: \"smtp://127.0.0.1:{}\", tls: none, user: sla, password_env: PW, \
         from: a@example.com, to: b@example.com}}}}\n  routes: [{{to: ops}}]\n",
        mail.port
    ));
    let output = work.command(&["notify", "test", "ops"]).env("PW", "horse").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap().replace(&mail.port.to_string(), "PORT");
    insta::assert_snapshot!(told, @r"
    channel ops (email)
      connected: 127.0.0.1:PORT
      no TLS: what is sent can be read on the way
      authenticated
      accepted: taken
    the test message is there
    ");
    assert_eq!(output.status.code(), Some(0));
    let subject = header(&mail.messages(1)[0], "Subject").to_owned();
    assert_eq!(subject, "[sla] TEST: a message of `sla notify test ops`; nothing is wrong");
    let output = work.command(&["notify", "test", "ops"]).env("PW", "x").output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("error: ops refuses signing in (535)"), "{errors}");
    assert_eq!(output.status.code(), Some(4));
    let unknown = work.answer("notify test opps");
    assert_eq!(
        unknown,
        "--- stderr\nerror: there is no channel `opps`\n  channels of sla.yaml: ops\n--- exit 2"
    );
}

#[test]
fn the_users_own_templates() {
    let hook = Hook::new(vec![]);
    let work = project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\", template: {{json: alert.j2}}}}}}\n  routes: [{{to: hook}}]\n",
        hook.url
    ))
    .file(
        "alert.j2",
        "{\"text\": {{ title }}, \"who\": [{% for event in events %}{{ event.subject }}{% if not loop.last %},{% endif %}{% endfor %}], \
         \"odd\": {{ 2 if events[0].event != 'resolved' else events[0].nothing.there }}}",
    );
    // Names with quotes stay texts.
    data(&work, &crate::BROKEN.replace("checkout", "\"c\"\"q\""));
    tell(&work, &[]);
    let value = hook.asked()[0].json();
    assert_eq!(value["who"], serde_json::json!(["c\"q", "c\"q"]));
    assert_eq!(value["odd"], 2);
    // A template that fails on what there is costs no alert: the built-in form takes its place, and that is told.
    data(&work, &crate::WELL.replace("checkout", "\"c\"\"q\""));
    let (errors, _) = tell(&work, &[]);
    assert!(errors.contains("warning: the alert for hook: the template for json: "), "{errors}");
    assert_eq!(hook.asked()[1].json()["schema"], "sla.alert/1");
}

/// Twenty runs at once: each alert goes out once.
#[test]
fn several_at_once() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    let program = assert_cmd::cargo::cargo_bin!("sla");
    let start = |_| {
        let mut command = std::process::Command::new(program);
        command.args(["check", "--notify", "-q", "--format", "csv"]).current_dir(work.path("."));
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let started: Vec<_> = (0..20).map(start).collect();
    for mut child in started {
        assert_eq!(child.wait().unwrap().code(), Some(1));
    }
    assert_eq!(hook.asked().len(), 1);
    assert!(work.answer("outbox").contains("nothing waits"));
}

/// What a run left to somebody who was sending one message is sent by them.
#[test]
fn one_message_and_what_comes_meanwhile() {
    let (hook, other) = (Hook::new(vec![Reply::status(400), Reply::Hang]), Hook::new(vec![]));
    let work = project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\", timeout: 6s}}}}\n    other: {{webhook: {{url: \"{}\"}}}}\n  \
         routes: [{{service: checkout, to: hook}}, {{to: other}}]\n",
        hook.url, other.url
    ));
    data(&work, "time,service,status,ms\n2025-06-01T10:00:00Z,checkout,failure,100\n");
    assert_eq!(work.code("run -q --format csv"), 1);
    let mut retry = std::process::Command::new(assert_cmd::cargo::cargo_bin!("sla"));
    retry.args(["outbox", "retry", "1"]).current_dir(work.path("."));
    retry.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut retry = retry.spawn().unwrap();
    let begun = std::time::Instant::now();
    while hook.asked().len() < 2 {
        assert!(begun.elapsed().as_secs() < 60, "nothing is sent");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let text = work.read("data.csv");
    data(&work, &format!("{text}2025-06-01T11:00:00Z,catalog,failure,100\n"));
    let run = work.answer("run -q --format csv");
    assert!(run.contains("pending: another process is sending"), "{run}");
    assert_eq!(other.asked().len(), 1);
    retry.wait().unwrap();
    assert_eq!(other.asked().len(), 2);
}

/// A server that does not answer holds up nobody but its messages: the next run checks and records, and none is sent twice.
/// What a run found is pinged before another one can.
#[test]
fn a_run_that_sends_holds_up_no_other() {
    let (hook, heart) = (Hook::new(vec![Reply::Hang]), Hook::new(vec![]));
    let work = project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\", timeout: 60s}}}}\n  routes: [{{to: hook}}]\n\
         heartbeat: {{url_file: heart.url}}\n",
        hook.url
    ));
    let file = work.path("heart.url");
    std::fs::write(&file, format!("{}/ping", heart.url)).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut sending = std::process::Command::new(assert_cmd::cargo::cargo_bin!("sla"));
    sending.args(["run", "-q", "--format", "csv"]).current_dir(work.path("."));
    sending.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut sending = sending.spawn().unwrap();
    let begun = std::time::Instant::now();
    while hook.asked().is_empty() {
        assert!(begun.elapsed().as_secs() < 60, "nothing is sent");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    data(&work, crate::WELL);
    let pinged = || -> Vec<String> {
        let paths = heart.asked().into_iter().map(|asked| asked.path);
        paths.map(|path| path.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    };
    while pinged().len() < 2 {
        assert!(begun.elapsed().as_secs() < 60, "{:?}", pinged());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let output = work.command(&["run", "--format", "csv"]).output().unwrap();
    assert_eq!(pinged(), ["start", "fail", "start", "ping"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (errors.as_str(), output.status.code()),
        ("recorded as run 2 in sla.db\n2 alerts pending: another process is sending\n", Some(0))
    );
    assert_eq!(hook.asked().len(), 1);
    // Nobody can say yet that it arrived.
    let retried = work.answer("outbox retry 1");
    assert_eq!(retried, "--- stderr\n1 alert pending: another process is sending\n--- exit 4");
    // Whoever is killed while it sends gives up the right to it.
    sending.kill().unwrap();
    sending.wait().unwrap();
    assert_eq!(work.code("outbox retry"), 0);
    let keys: Vec<String> =
        hook.asked().iter().map(|asked| asked.headers["idempotency-key"].clone()).collect();
    assert_eq!(keys.len(), 3);
    // The one that was on its way, and then the other one.
    assert!(keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
}
