//! From the first breach to the end of it, by the program, over a webhook: what is told and what is not.

use crate::servers::{Hook, Reply};
use crate::{BROKEN, RULES, WELL, data, project, tell, tell_at};

fn hooked(hook: &Hook, rest: &str) -> crate::Work {
    project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\", timeout: 2s}}}}\n  routes: [{{to: hook}}]\n{rest}",
        hook.url
    ))
}

/// `new breached checkout: failure_rate <= 5%`, a line for every event of every message.
fn events(hook: &Hook) -> Vec<Vec<String>> {
    let lines = |asked: &crate::servers::Asked| {
        let value = asked.json();
        let line = |event: &serde_json::Value| {
            let text = |key: &str| event[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}: {}", text("event"), text("state"), text("subject"), text("promise"))
        };
        value["events"].as_array().unwrap().iter().map(line).collect()
    };
    hook.asked().iter().map(lines).collect()
}

#[test]
fn told_once_and_over_once() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    assert_eq!(
        tell(&work, &[]),
        ("told hook (webhook): BREACHED: checkout: failure_rate <= 5%, and 1 more\n".into(), 1)
    );
    let new = [
        "new breached checkout: failure_rate <= 5%",
        "new breached checkout: violation_rate(latency > 250ms) <= 10%",
    ];
    assert_eq!(events(&hook), [new]);
    // Nothing while nothing changes.
    assert_eq!(tell(&work, &[]), (String::new(), 1));
    assert_eq!(tell(&work, &[]), (String::new(), 1));
    data(&work, WELL);
    assert_eq!(tell(&work, &[]).1, 0);
    assert_eq!(tell(&work, &[]), (String::new(), 0));
    let over = [
        "resolved met checkout: failure_rate <= 5%",
        "resolved met checkout: violation_rate(latency > 250ms) <= 10%",
    ];
    assert_eq!(events(&hook), [new, over]);
    // The same subject has the same key from its beginning to its end, and each message has its own.
    let asked = hook.asked();
    let (first, last) = (asked[0].json(), asked[1].json());
    assert_eq!(first["events"][0]["dedup_key"], last["events"][0]["dedup_key"]);
    assert_ne!(first["key"], last["key"]);
    assert_eq!(asked[0].headers["idempotency-key"], first["key"].as_str().unwrap());
    // And again, it is new.
    data(&work, BROKEN);
    tell(&work, &[]);
    assert_eq!(events(&hook)[2], new);
}

#[test]
fn so_many_runs_in_a_row() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "  after: 3 runs\n");
    for text in [BROKEN, BROKEN, WELL, BROKEN, BROKEN] {
        data(&work, text);
        tell(&work, &[]);
    }
    assert!(hook.asked().is_empty());
    tell(&work, &[]);
    assert_eq!(events(&hook).len(), 1);
}

#[test]
fn reminded_in_time() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "  repeat: 4h\n");
    for hour in 0..10 {
        tell_at(&work, &[], &format!("2025-06-08T{hour:02}:00:00Z"));
    }
    let first: Vec<String> = events(&hook).iter().map(|events| events[0].clone()).collect();
    assert_eq!(
        first,
        [
            "new breached checkout: failure_rate <= 5%",
            "reminder breached checkout: failure_rate <= 5%",
            "reminder breached checkout: failure_rate <= 5%"
        ]
    );
    let times: Vec<String> =
        hook.asked().iter().map(|asked| asked.json()["now"].as_str().unwrap().to_owned()).collect();
    assert_eq!(times, ["2025-06-08T00:00:00Z", "2025-06-08T04:00:00Z", "2025-06-08T08:00:00Z"]);
}

/// 1 of 2 requests failed, 45 points above the target; 9 of 9 are 95.
#[test]
fn worse() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    tell(&work, &[]);
    data(&work, &BROKEN.replace("checkout,success", "checkout,failure"));
    tell(&work, &[]);
    tell(&work, &[]);
    assert_eq!(events(&hook)[1..], [["worse breached checkout: failure_rate <= 5%"]]);
}

#[test]
fn not_knowing_is_told() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "  after: 2\n")
        .file("rules.yaml", format!("{RULES}expect: [checkout, catalog, login]\n"));
    data(&work, WELL);
    assert_eq!(tell(&work, &[]).1, 3);
    assert!(hook.asked().is_empty());
    tell(&work, &[]);
    assert_eq!(events(&hook)[0][0], "new undecided login: failure_rate <= 5%");
    // From not knowing to the worst is worse.
    data(&work, &format!("{WELL}2025-06-01T10:30:00Z,login,failure,20\n"));
    tell(&work, &[]);
    assert_eq!(events(&hook)[1][0], "worse breached login: failure_rate <= 5%");
}

/// Of two agreements one's data is cut: nobody can say anything of it, and it says so itself.
#[test]
fn data_that_cannot_be_read_is_told() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "")
        .file("rules.yaml", format!("{RULES}source: requests\n"))
        .file("more.yaml", "sla: Other\nsource: other\nobjectives: [failure_rate <= 5%]\n")
        .file("other.csv", WELL);
    let text = work.read("sla.yaml").replace("rules: rules.yaml", "rules: [rules.yaml, more.yaml]");
    let text = text.replace("csv: data.csv}", "csv: data.csv}, other: {csv: other.csv}");
    std::fs::write(work.path("sla.yaml"), text).unwrap();
    data(&work, WELL);
    assert_eq!(tell(&work, &[]), (String::new(), 0));
    std::fs::write(work.path("other.csv"), [0x1f, 0x8b, 8, 0, 0]).unwrap();
    let (errors, code) = tell(&work, &[]);
    assert_eq!(code, 3, "{errors}");
    assert_eq!(events(&hook), [["new undecided Other: its data cannot be read"]]);
    std::fs::write(work.path("other.csv"), WELL).unwrap();
    tell(&work, &[]);
    assert_eq!(events(&hook)[1], ["resolved - Other: its data can be read again"]);
}

/// The only data there is: the run is undecided, as a scheduled one is, and somebody is told, with the reason.
#[test]
fn data_that_is_not_there_is_told() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    data(&work, WELL);
    tell(&work, &[]);
    std::fs::remove_file(work.path("data.csv")).unwrap();
    let (errors, code) = tell(&work, &[]);
    assert!(errors.contains("told hook (webhook): UNDECIDED: Web shop: its data cannot be read"), "{errors}");
    assert_eq!(code, 3);
    assert_eq!(events(&hook), [["new undecided Web shop: its data cannot be read"]]);
    let why = hook.asked()[0].json()["events"][0]["explain"].as_str().unwrap().to_owned();
    assert!(
        why.starts_with("nothing is known of any of its promises: ") && why.contains("data.csv"),
        "{why}"
    );
    std::fs::write(work.path("data.csv"), [0x1f, 0x8b, 8, 0, 0]).unwrap();
    assert_eq!(tell(&work, &[]).1, 3);
    assert_eq!(hook.asked().len(), 1);
    data(&work, WELL);
    tell(&work, &[]);
    assert_eq!(events(&hook)[1..], [["resolved - Web shop: its data can be read again"]]);
}

/// A service that is gone from the data: nobody looks at it any more, and its incident does not stay open for ever.
#[test]
fn what_is_gone_is_closed() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    tell(&work, &[]);
    let rest: Vec<&str> = WELL.lines().filter(|line| !line.contains("checkout")).collect();
    data(
        &work,
        &(rest.join(
            "
",
        ) + "
"),
    );
    tell(&work, &[]);
    assert_eq!(hook.asked().len(), 1);
    tell(&work, &[]);
    tell(&work, &[]);
    let closed = [
        "closed - checkout: failure_rate <= 5%",
        "closed - checkout: violation_rate(latency > 250ms) <= 10%",
    ];
    assert_eq!(events(&hook)[1..], [closed]);
    assert!(hook.asked()[1].json()["events"][0]["explain"].as_str().unwrap().contains("no longer checked"));
}

/// Daily periods, and no run for three days: what broke and was over again meanwhile is told all the same.
#[test]
fn missed_runs() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "")
        .file("rules.yaml", "sla: Web shop\nby: service\nperiod: 1d\nobjectives: [failure_rate <= 5%]\n");
    let day = |day: u32, broken: bool| {
        let status = if broken { "failure" } else { "success" };
        format!(
            "2025-06-{day:02}T00:00:00Z,checkout,success,1\n2025-06-{day:02}T12:00:00Z,checkout,{status},1\n\
                 2025-06-{day:02}T23:59:59Z,checkout,success,1\n"
        )
    };
    let head = "timestamp,service,status,latency_ms\n";
    let mut text = format!("{head}{}{}", day(1, true), day(2, false));
    data(&work, &text);
    tell_at(&work, &[], "2025-06-03T00:00:00Z");
    // The past before the first run is not news.
    assert!(hook.asked().is_empty());
    text.extend([day(3, true), day(4, false), day(5, false)]);
    data(&work, &text);
    tell_at(&work, &[], "2025-06-06T00:00:00Z");
    assert_eq!(events(&hook), [["new breached checkout: failure_rate <= 5%"]]);
    assert_eq!(hook.asked()[0].json()["events"][0]["period"]["from"], "2025-06-03T00:00:00Z");
    tell_at(&work, &[], "2025-06-06T01:00:00Z");
    assert_eq!(events(&hook)[1], ["resolved met checkout: failure_rate <= 5%"]);
}

/// What the record lacks was never told: when it can be recorded again, it is.
#[test]
fn a_run_that_cannot_be_recorded_tells_nobody_and_forgets_nothing() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    let lock = rusqlite::Connection::open(work.path("sla.db")).unwrap();
    drop(lock);
    std::fs::write(work.path("sla.db"), "x".repeat(600)).unwrap();
    let (errors, code) = tell(&work, &[]);
    assert!(errors.contains("cannot record in ") && errors.contains("nobody is told"), "{errors}");
    assert_eq!(code, 1);
    assert!(hook.asked().is_empty());
    std::fs::remove_file(work.path("sla.db")).unwrap();
    tell(&work, &[]);
    assert_eq!(events(&hook).len(), 1);
}

#[test]
fn the_verdict_goes_before_the_delivery() {
    let work = |text: &str| {
        let refusing = Hook::answering(|_| Reply::status(404));
        let work = hooked(&refusing, "");
        data(&work, BROKEN);
        tell(&work, &[]);
        data(&work, text);
        tell(&work, &[]).1
    };
    assert_eq!(work(BROKEN), 1);
    assert_eq!(work(WELL), 4);
    assert_eq!(work("timestamp,service,status,latency_ms\n"), 3);
}

/// Friday's breach of an agreement that another entry of the schedule looks at is neither gone on Saturday nor new on
/// Monday, however often the other entries run.
#[test]
fn an_agreement_of_another_entry_is_not_gone() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "")
        .file("rules.yaml", format!("{RULES}source: requests\n"))
        .file("more.yaml", "sla: Other\nsource: other\nby: service\nobjectives: [failure_rate <= 5%]\n")
        .file("alone.yaml", "sla: Alone\nsource: other\nobjectives: [avg(latency) <= 1ms]\n")
        .file("other.csv", BROKEN);
    let text = work.read("sla.yaml").replace("csv: data.csv}", "csv: data.csv}, other: {csv: other.csv}")
        + "schedule:\n  - {name: nightly, cron: \"0 6 * * mon-fri\", rules: more.yaml}\n  - {name: often, every: 60s}\n";
    std::fs::write(work.path("sla.yaml"), text).unwrap();
    data(&work, WELL);
    let run = |entry: &str, now: &str| work.answer(&format!("run --entry {entry} --now {now}"));
    run("nightly", "2025-06-06T06:00:00Z");
    assert_eq!(events(&hook), [["new breached checkout: failure_rate <= 5%"]]);
    for now in ["2025-06-07T08:00:00Z", "2025-06-07T08:01:00Z", "2025-06-08T08:00:00Z"] {
        run("often", now);
    }
    run("nightly", "2025-06-09T06:00:00Z");
    assert_eq!(hook.asked().len(), 1, "{:?}", events(&hook));
    // Who names rules on command lines may name others on others.
    run("nightly", "2025-06-09T06:00:00Z");
    let alone = ["check", "other.csv", "--rules", "alone.yaml", "--notify", "--now", "2025-06-12T06:00:00Z"];
    assert_eq!(work.command(&alone).output().unwrap().status.code(), Some(1));
    assert_eq!(events(&hook)[1..], [["new breached (all): avg(latency) <= 1ms"]]);
    // That of which nobody knows any more is closed.
    std::fs::write(work.path("more.yaml"), "sla: Another\nobjectives: [failure_rate <= 5%]\n").unwrap();
    run("often", "2025-06-12T06:01:00Z");
    assert_eq!(events(&hook)[2..], [["closed - checkout: failure_rate <= 5%"]]);
}

/// A day that broke its promise in its last hours, with what the runs of the next morning find of the next day.
fn broken_yesterday(work: &crate::Work, now: &[&str]) -> Vec<String> {
    let head = "timestamp,service,status,latency_ms\n";
    let first =
        format!("{head}2025-06-01T00:00:00Z,checkout,success,1\n2025-06-02T00:00:00Z,checkout,success,1\n");
    data(work, &first);
    tell_at(work, &[], "2025-06-02T12:00:00Z");
    data(
        work,
        &format!("{first}2025-06-02T23:00:00Z,checkout,failure,1\n2025-06-03T00:00:00Z,checkout,success,1\n"),
    );
    now.iter().map(|now| tell_at(work, &[], now).0).collect()
}

const DAILY: &str = "sla: Web shop\nby: service\nperiod: 1d\nobjectives: [failure_rate <= 5%]\n";

/// No later run looks at a day that is over: its breach waits for the end of quiet hours, and is told once.
#[test]
fn a_breach_of_a_period_that_ended_in_quiet_hours() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "").file("rules.yaml", DAILY);
    let text = work.read("sla.yaml");
    let quiet = "{to: hook, quiet: {from: 22:00, to: 06:00, timezone: UTC}}";
    std::fs::write(work.path("sla.yaml"), text.replace("{to: hook}", quiet)).unwrap();
    let said = broken_yesterday(
        &work,
        &["2025-06-03T00:30:00Z", "2025-06-03T02:30:00Z", "2025-06-03T07:00:00Z", "2025-06-03T08:00:00Z"],
    );
    assert_eq!(said[..2], ["1 alert waits for the end of quiet hours\n"; 2]);
    assert_eq!(
        events(&hook),
        [["new breached checkout: failure_rate <= 5%"], ["resolved met checkout: failure_rate <= 5%"]]
    );
    let told = hook.asked()[0].json();
    assert_eq!(told["now"], "2025-06-03T07:00:00Z");
    assert_eq!(told["events"][0]["period"]["from"], "2025-06-02T00:00:00Z");
    assert_eq!(told["events"][0]["since"], "2025-06-03T00:30:00Z");
}

/// It stays so in later runs, and counts as so in them.
#[test]
fn a_breach_of_a_period_that_is_over_and_several_runs() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "  after: 2 runs\n").file("rules.yaml", DAILY);
    let said = broken_yesterday(
        &work,
        &["2025-06-03T01:00:00Z", "2025-06-03T03:00:00Z", "2025-06-03T05:00:00Z", "2025-06-03T07:00:00Z"],
    );
    assert_eq!(said[0], "1 alert waits for a second run (after: 2 runs)\n");
    assert_eq!(said[1], "told hook (webhook): BREACHED: checkout: failure_rate <= 5%\n");
    assert_eq!(
        events(&hook),
        [["new breached checkout: failure_rate <= 5%"], ["resolved met checkout: failure_rate <= 5%"]]
    );
    assert_eq!(hook.asked()[0].json()["events"][0]["period"]["from"], "2025-06-02T00:00:00Z");
}

/// A row from the future, once: days that end before it are told all the same.
#[test]
fn a_row_from_the_future() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "").file("rules.yaml", DAILY);
    let stray = "timestamp,service,status,latency_ms\n2025-06-01T00:00:00Z,checkout,success,1\n\
                 2025-06-20T00:00:00Z,checkout,success,1\n";
    data(&work, stray);
    tell_at(&work, &[], "2025-06-02T11:00:00Z");
    broken_yesterday(&work, &["2025-06-03T01:00:00Z", "2025-06-03T02:00:00Z"]);
    assert_eq!(
        events(&hook),
        [["new breached checkout: failure_rate <= 5%"], ["resolved met checkout: failure_rate <= 5%"]]
    );
}

/// An expected service without data is one group; with data it has one for each region.
#[test]
fn an_expected_service_is_back_in_finer_groups() {
    let hook = Hook::new(vec![]);
    let rules = "sla: Web shop\nby: service\nexpect: [checkout]\nobjectives:\n  - {name: quick, require: avg(latency) <= 250ms, \
                 where: 'service == \"checkout\"', by: [service, region]}\n";
    let head = "timestamp,service,region,status,latency_ms\n2025-06-01T10:00:00Z,catalog,eu,success,1\n";
    let back = |us: u32| {
        format!(
            "{head}2025-06-01T10:00:00Z,checkout,eu,success,100\n2025-06-01T10:00:00Z,checkout,us,success,{us}\n"
        )
    };
    for (us, expected) in [
        (100, &["resolved met checkout: quick"][..]),
        (300, &["new breached checkout, us: quick", "resolved - checkout: quick"]),
    ] {
        let before = hook.asked().len();
        let work = hooked(&hook, "").file("rules.yaml", rules);
        data(&work, head);
        tell(&work, &[]);
        tell(&work, &[]);
        data(&work, &back(us));
        for _ in 0..3 {
            tell(&work, &[]);
        }
        let told = &events(&hook)[before..];
        assert_eq!(told, [vec!["new undecided checkout: quick"], expected.to_vec()]);
        let event = hook.asked()[before + 1].json()["events"].as_array().unwrap().last().unwrap().clone();
        let why = event["explain"].as_str().unwrap();
        assert!(why.starts_with("its data are there again, in 2 finer groups"), "{why}");
        assert_eq!(why.contains("of which 1 is not well"), us == 300, "{why}");
    }
}

/// Each of two agreements says which of the files is missing.
#[test]
fn each_says_why_its_own_data_cannot_be_read() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "")
        .file("rules.yaml", format!("{RULES}source: requests\n"))
        .file("more.yaml", "sla: Other\nsource: other\nobjectives: [failure_rate <= 5%]\n");
    let text = work.read("sla.yaml").replace("rules: rules.yaml", "rules: [more.yaml, rules.yaml]");
    let text = text.replace("csv: data.csv}", "csv: data.csv}, other: {csv: other.csv}");
    std::fs::write(work.path("sla.yaml"), text).unwrap();
    std::fs::remove_file(work.path("data.csv")).unwrap();
    assert_eq!(tell(&work, &[]).1, 3);
    let told = hook.asked()[0].json();
    let events = told["events"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    for event in events {
        let (own, others) =
            if event["agreement"] == "Other" { ("other.csv", "data.csv") } else { ("data.csv", "other.csv") };
        let why = event["explain"].as_str().unwrap();
        assert!(why.contains(own) && !why.contains(others), "{event}");
    }
    assert_eq!(told["summary"]["unread"], 2);
    assert_eq!(told["title"].as_str().unwrap().split(", and ").nth(1), Some("1 more"));
}

/// Who is no longer meant is told the end, and nothing else.
#[test]
fn a_channel_that_no_route_leads_to_any_more() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "  repeat: 1h\n");
    tell_at(&work, &[], "2025-06-08T06:00:00Z");
    let text = work.read("sla.yaml");
    std::fs::write(work.path("sla.yaml"), text.replace("{to: hook}", "{service: login, to: hook}")).unwrap();
    data(&work, &BROKEN.replace("checkout,success", "checkout,failure"));
    tell_at(&work, &[], "2025-06-08T08:00:00Z");
    assert_eq!(hook.asked().len(), 1, "{:?}", events(&hook));
    data(&work, WELL);
    tell_at(&work, &[], "2025-06-08T10:00:00Z");
    assert!(events(&hook)[1].iter().all(|event| event.starts_with("resolved")), "{:?}", events(&hook));
}

/// Bounds that are moved along every day do not make another promise; a length of time is one of its own.
#[test]
fn bounds_that_move_along() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "");
    let check = |bound: &str| work.answer(&format!("check --notify --format csv --since {bound}"));
    check("2025-05-30");
    check("2025-05-31T00:00:00Z");
    assert_eq!(hook.asked().len(), 1);
    data(&work, WELL);
    check("2025-06-01");
    assert!(events(&hook)[1].iter().all(|event| event.starts_with("resolved")), "{:?}", events(&hook));
    data(&work, BROKEN);
    check("30d");
    check("2025-06-01");
    assert_eq!(hook.asked().len(), 4);
}

/// A title counts what is wrong and what is over by itself.
#[test]
fn titles_do_not_mix_states() {
    let hook = Hook::new(vec![]);
    let work = hooked(&hook, "")
        .file("rules.yaml", format!("{RULES}source: requests\n"))
        .file("more.yaml", "sla: Other\nsource: other\nobjectives: [failure_rate <= 5%]\n")
        .file("other.csv", WELL);
    let text = work.read("sla.yaml").replace("rules: rules.yaml", "rules: [rules.yaml, more.yaml]");
    let text = text.replace("csv: data.csv}", "csv: data.csv}, other: {csv: other.csv}");
    std::fs::write(work.path("sla.yaml"), text).unwrap();
    tell(&work, &[]);
    let swapped = BROKEN.replace("checkout", "x").replace("catalog", "checkout").replace(",x,", ",catalog,");
    data(&work, &swapped);
    std::fs::remove_file(work.path("other.csv")).unwrap();
    tell(&work, &[]);
    std::fs::write(work.path("other.csv"), BROKEN.replace("success", "failure")).unwrap();
    tell(&work, &[]);
    let titles: Vec<String> =
        hook.asked().iter().map(|asked| asked.json()["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        titles,
        [
            "BREACHED: checkout: failure_rate <= 5%, and 1 more",
            "BREACHED: catalog: failure_rate <= 5%, and 1 more; 1 undecided; 2 resolved",
            "BREACHED: (all): failure_rate <= 5%; data can be read again",
        ]
    );
    let read_again = &hook.asked()[2].json()["events"][1];
    assert_eq!(read_again["explain"], "its promises are checked again: 1 breached");
    assert!(read_again["state"].is_null());
}
