//! Data that stops fitting: a scheduled run says so, records it, and checks the rest; `sla check` is told it as a fault of
//! the command.

use crate::work::Work;
use std::os::unix::fs::symlink;

const DATA: &str = "service,status,latency_ms\na,ok,100\na,ok,200\n";
const MAPPED: &str =
    "sla: Mapped\ninput: {latency: {column: latency_ms, unit: ms}}\nobjectives: [p95(latency) <= 400ms]\n";
const PLAIN: &str = "sla: Plain\nobjectives: [failure_rate <= 5%]\n";

fn work(csv: &str) -> Work {
    Work::new().file("data.csv", DATA).file("mapped.yaml", MAPPED).file("plain.yaml", PLAIN).file(
        "sla.yaml",
        format!("rules: [mapped.yaml, plain.yaml]\nsources: {{all: {{csv: \"{csv}\"}}}}\nstore: h.db\n"),
    )
}

/// The verdicts of the last run in the history, and its first problem.
fn recorded(work: &Work) -> (Vec<(String, String)>, String) {
    let output = work.run("show --format json");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let results = report["results"].as_array().unwrap().iter();
    let verdicts = results.map(|result| (text(&result["objective"]), text(&result["verdict"]))).collect();
    (verdicts, text(&report["problems"][0]["message"]))
}

#[test]
fn a_column_with_another_name_is_recorded_and_the_rest_is_checked() {
    let work = work("data.csv");
    assert_eq!(work.code("run -q"), 0);
    let work = work.file("data.csv", DATA.replace("latency_ms", "duration_ms"));
    assert_eq!(work.code("run -q"), 3);
    let (verdicts, problem) = recorded(&work);
    assert_eq!(verdicts, [("failure_rate <= 5%".to_owned(), "met".to_owned())]);
    assert!(problem.starts_with("mapped.yaml: ") && problem.contains("latency_ms"), "{problem}");
    // Who types a command has named the wrong thing.
    assert_eq!(work.code("check data.csv --rules mapped.yaml"), 2);
}

#[test]
fn a_second_name_for_a_file_is_recorded() {
    let work = work("d*.csv");
    assert_eq!(work.code("run -q"), 0);
    symlink(work.path("data.csv"), work.path("dup.csv")).unwrap();
    assert_eq!(work.code("run -q"), 3);
    let (verdicts, problem) = recorded(&work);
    assert_eq!(verdicts, []);
    assert!(problem.contains("dup.csv is given twice"), "{problem}");
    assert_eq!(work.code("check 'd*.csv' --rules plain.yaml"), 2);
}

/// Just rotated, a log has not even a header; the ones before it have.
#[test]
fn one_empty_file_of_several_has_no_rows() {
    let work = Work::new()
        .file("plain.yaml", PLAIN)
        .file("logs/a.csv", "")
        .file("logs/b.csv", DATA)
        .file("logs/c.csv", "\n\n");
    for arguments in ["", " --why", " --record=h.db --incremental", " --record=h.db --incremental"] {
        let output = work.run(&format!("check logs --rules plain.yaml --format json{arguments}"));
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows: Vec<_> = report["inputs"].as_array().unwrap().iter().map(|input| &input["rows"]).collect();
        assert_eq!(rows, [0, 2, 0]);
        let notes: Vec<_> =
            report["problems"].as_array().unwrap().iter().map(|note| &note["source"]).collect();
        assert_eq!(notes, ["logs/a.csv", "logs/c.csv"]);
    }
    insta::assert_snapshot!(work.answer("check logs --rules plain.yaml"), @"
    --- stdout
    logs/a.csv: no rows below the header
    logs/b.csv: 2 rows
    logs/c.csv: no rows below the header
      comma-separated; service; latency latency_ms in ms; status; each row is one
      request

    Plain (plain.yaml)
    VERDICT    OBJECTIVE     MEASURED  TARGET
    met        failure_rate       0 %  <= 5%

    note: logs/a.csv: it is empty, without even a header, and adds no rows
    note: logs/c.csv: it is empty, without even a header, and adds no rows

    1 met; 2 rows read
    --- exit 0
    ");
    // Named one by one, it is missed.
    insta::assert_snapshot!(work.answer("check logs/b.csv logs/a.csv --rules plain.yaml"), @"
    --- stderr
    error: logs/a.csv is empty; it needs at least a header line that names its columns
    --- exit 3
    ");
    // What was recorded of it can be verified, and drawn.
    assert_eq!(work.code("check logs --rules plain.yaml --record=k.db"), 0);
    assert_eq!(work.code("verify 1 --store k.db"), 0);
    // Where all of them are, and where the only one is, nothing can be said.
    let work = work.file("logs/b.csv", "");
    insta::assert_snapshot!(work.answer("check logs --rules plain.yaml"), @"
    --- stderr
    error: logs/a.csv is empty; it needs at least a header line that names its columns
    --- exit 3
    ");
    insta::assert_snapshot!(work.answer("check logs/a.csv --rules plain.yaml"), @"
    --- stderr
    error: logs/a.csv is empty; it needs at least a header line that names its columns
    --- exit 3
    ");
}

#[test]
fn many_files_of_which_some_are_empty() {
    let mut work = Work::new().file("plain.yaml", PLAIN);
    for number in 0..12 {
        let content = if number % 3 == 0 { String::new() } else { DATA.to_owned() };
        work = work.file(&format!("logs/{number:02}.csv"), content);
    }
    let output = work.run("check logs --rules plain.yaml --format json --record=h.db --incremental");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"].as_array().unwrap().len(), 4);
    assert_eq!(report["results"][0]["samples"], 16);
}

#[test]
fn no_time_lies_between() {
    let data = "time,status\n2025-06-02T12:00:00Z,ok\n";
    let work = Work::new().file("data.csv", data).file("plain.yaml", PLAIN);
    let arguments = "check data.csv --rules plain.yaml --since 2025-06-03 --until 2025-06-02";
    insta::assert_snapshot!(work.answer(arguments), @"
    --- stderr
    error: --since 2025-06-03 is not before --until 2025-06-02: no time lies between them
    --- exit 2
    ");
    assert_eq!(work.code("check data.csv --rules plain.yaml --since 2025-06-02 --until 2025-06-02"), 2);
    assert_eq!(work.code("check data.csv --rules plain.yaml --since 2025-06-02 --until 2025-06-03"), 0);
}

/// Who reads a log while it is written sees lines of which the end is not there yet.
#[test]
fn a_last_line_without_an_end() {
    let cut = format!("{DATA}a,o");
    let work = Work::new().file("cut.csv", &cut).file("plain.yaml", PLAIN);
    let message = "2 fields where the header has 3; it is the last line, without a line end, and may still be being written";
    for arguments in ["check cut.csv", "check cut.csv --threads 1", "check - "] {
        let mut command = work.command(&arguments.split_whitespace().collect::<Vec<_>>());
        let output = command
            .args(["--rules", "plain.yaml", "--format", "json"])
            .write_stdin(cut.clone())
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["problems"][0]["message"], message, "{arguments}");
        assert_eq!(report["problems"][0]["line"], 4, "{arguments}");
    }
    // The line before it is whole.
    let work = work.file("cut.csv", format!("{DATA}a,o\na,ok,1"));
    let answer = work.answer("check cut.csv --rules plain.yaml");
    assert!(answer.contains("error: cut.csv:4: 2 fields where the header has 3\n"), "{answer}");
}
