//! `sla verify`: a report follows from its inputs, or the first difference is named.

use crate::work::Work;

/// Two of ten requests failed, one took longer than 300 ms.
const DATA: &str = "\
time,service,status,latency_ms
2025-06-01T00:00:00Z,api,ok,100
2025-06-01T00:01:00Z,api,ok,100
2025-06-01T00:02:00Z,api,failed,100
2025-06-01T00:03:00Z,api,ok,100
2025-06-01T00:04:00Z,api,ok,400
2025-06-01T01:00:00Z,api,failed,100
2025-06-01T01:01:00Z,api,ok,100
2025-06-01T01:02:00Z,api,ok,100
2025-06-01T01:03:00Z,api,ok,100
2025-06-01T01:04:00Z,api,ok,100
";
const RULES: &str =
    "sla: Gold\nby: service\nobjectives:\n  - failure_rate <= 10%\n  - p90(latency) <= 300ms\n";

fn work() -> Work {
    Work::new().file("data.csv", DATA).file("gold.yaml", RULES)
}

/// What `verify` says, and its exit code.
fn verified(work: &Work, arguments: &str) -> (i32, String) {
    let output = work.run(&format!("verify {arguments}"));
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

#[test]
fn a_report_follows_from_its_inputs() {
    let checks = [
        ("check data.csv --rules gold.yaml", "identical: 2 results from 1 input"),
        ("check data.csv --rules gold.yaml --period 1h --by ''", "identical: 4 results from 1 input"),
        (
            "check data.csv --rules gold.yaml --require 'avg(latency) <= 1s' --where 'latency < 1s' --max-bad-rows 3",
            "identical: 3 results from 1 input",
        ),
        (
            "check data.csv --require 'requests >= 1' --require 'failures <= 9' --since 2025-06-01T00:30 --by service",
            "identical: 2 results from 1 input",
        ),
        ("check data.csv", "identical: 3 results from 1 input"),
    ];
    for (check, expected) in checks {
        let work = work();
        work.run(&format!("{check} --output report.json"));
        let (code, text) = verified(&work, "report.json");
        assert_eq!((code, text.lines().next()), (0, Some(expected)), "{check}: {text}");
    }
}

#[test]
fn another_input_is_told_by_what_it_changes() {
    let work = work();
    work.run("check data.csv --rules gold.yaml --output report.json");
    let work = work.file("data.csv", DATA.replacen("failed", "ok", 1));
    let (code, text) = verified(&work, "report.json");
    assert_eq!(code, 1);
    // Of ten requests one failed, and one may.
    for told in [
        "verdict of `failure_rate <= 10%` for api: breached in the report, met now",
        "exact of `failure_rate <= 10%` for api: 1/5 in the report, 1/10 now",
        "bad of `failure_rate <= 10%` for api: 2 in the report, 1 now",
        "the verdict: breached in the report, met now",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    // The data under another name, as it was.
    let work = work.file("kept.csv", DATA);
    assert_eq!(verified(&work, "report.json --input kept.csv").0, 0);
}

#[test]
fn an_edited_report_is_told() {
    let work = work();
    work.run("check data.csv --rules gold.yaml --output report.json");
    let report = work.read("report.json");
    let work = work.file("report.json", report.replacen("\"bad\": 2", "\"bad\": 1", 1));
    let (code, text) = verified(&work, "report.json");
    assert_eq!(code, 1);
    assert!(text.contains("bad of `failure_rate <= 10%` for api: 1 in the report, 2 now"), "{text}");
    let work =
        work.file("report.json", report.replacen("2 of 10 requests failed", "1 of 10 requests failed", 1));
    let (code, text) = verified(&work, "report.json");
    assert_eq!(code, 1);
    assert!(text.contains("explain of `failure_rate <= 10%` for api: 1 of 10 requests failed"), "{text}");
    // Rules that were made easier afterwards.
    let work =
        work.file("report.json", report.replacen("failure_rate <= 10%\\n", "failure_rate <= 50%\\n", 1));
    let (code, text) = verified(&work, "report.json");
    assert_eq!(code, 3);
    assert!(text.contains("the text of its rules is not the one that its digest is of"), "{text}");
}

#[test]
fn what_is_no_report_is_refused() {
    let work = work().file("other.json", "{\"a\": 1}").file("broken.json", "{");
    for (name, code, why) in [
        ("gone.json", 2, "gone.json: "),
        ("other.json", 3, "it is no report of sla"),
        ("broken.json", 3, "it is no JSON"),
        ("data.csv", 3, "it is no JSON"),
    ] {
        let (found, text) = verified(&work, name);
        assert_eq!(found, code, "{name}: {text}");
        assert!(text.contains(why), "{name}: {text}");
    }
}

#[test]
fn a_recorded_run_is_verified_by_its_digests() {
    let work = work();
    work.run("check data.csv --rules gold.yaml --record=kept.db");
    let (code, text) = verified(&work, "1 --store kept.db");
    assert_eq!((code, text.as_str()), (0, "identical: 2 results from 1 input\n"));
    assert_eq!(verified(&work, "latest --store kept.db").0, 0);
    // The same numbers from other bytes: 100.0 is 100.
    let work = work.file("data.csv", DATA.replacen(",100", ",100.0", 1));
    let (code, text) = verified(&work, "1 --store kept.db");
    assert_eq!(code, 1);
    assert!(
        text.starts_with("1 difference in 2 results from 1 input:\n  digest of data.csv: blake3:"),
        "{text}"
    );
    // An edited past.
    let work = work.file("data.csv", DATA);
    let edit = rusqlite::Connection::open(work.path("kept.db")).unwrap();
    edit.execute("UPDATE runs SET verdict = 'met'", []).unwrap();
    drop(edit);
    let (code, text) = verified(&work, "1 --store kept.db");
    assert_eq!(code, 1);
    assert!(text.contains("kept.db is not as it was recorded: run 1: "), "{text}");
    let (code, text) = verified(&work, "7 --store kept.db");
    assert_eq!(code, 1, "the chain is looked at first: {text}");
    let (code, text) = verified(&work, "1 --store none.db");
    assert_eq!(code, 2, "{text}");
}

#[test]
fn edited_words_around_the_numbers_are_told() {
    let work = work().file("data.csv", DATA.replace(":04:00Z,api,ok,100", ":04:00Z,api,ok,-1"));
    work.run("check data.csv --rules gold.yaml --output report.json");
    let report = work.read("report.json");
    let edited = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value: serde_json::Value = serde_json::from_str(&report).unwrap();
        change(&mut value);
        std::fs::write(work.path("edited.json"), value.to_string()).unwrap();
        verified(&work, "edited.json")
    };
    let (code, text) = edited(&|value| value["problems"] = serde_json::json!([]));
    assert!(code == 1 && text.contains("0 problems were told, and now "), "{text}");
    let (code, text) = edited(&|value| value["problems"][0]["line"] = 3.into());
    assert!(code == 1 && text.contains("line of problem 1: 3 in the report"), "{text}");
    let (code, text) = edited(&|value| value["inputs"][0]["inferred"] = serde_json::json!(["all is well"]));
    assert!(code == 1 && text.contains("inferred of data.csv"), "{text}");
}
