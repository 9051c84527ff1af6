//! The exit codes of design.md, one run each.

use crate::work::Work;
use std::process::{Command, Stdio};

/// Ten requests of `api`, one of them failed; latencies 100 to 1000 ms.
pub(crate) fn requests() -> String {
    let rows = (1..=10).map(|i| {
        let status = if i == 10 { "failure" } else { "success" };
        format!("2025-06-01T12:00:{i:02}Z,api,{status},{}\n", i * 100)
    });
    format!("timestamp,service,status,latency_ms\n{}", rows.collect::<String>())
}

fn work() -> Work {
    Work::new().file("data.csv", requests())
}

#[test]
fn each_code() {
    let work = work()
        .file("header.csv", "timestamp,service,status,latency_ms\n")
        .file("empty.csv", "")
        .file("page.csv", "<!DOCTYPE html><html><body>502</body></html>\n")
        .file("ragged.csv", format!("{}2025-06-01T12:00:11Z,api,success\n", requests()))
        .file("bad.yaml", "sla: A\nobjectives: []\n")
        .file(
            "prefer.yaml",
            "sla: A\nobjectives:\n  - {require: failure_rate <= 20%, prefer: failure_rate <= 5%}\n",
        );
    let check = |arguments: &str, expected: i32| {
        let answer = work.answer(arguments);
        assert!(answer.ends_with(&format!("--- exit {expected}")), "{arguments}\n{answer}");
    };
    // 1 of 10 failed.
    check("check data.csv --require 'failure_rate <= 10%'", 0);
    check("check data.csv --require 'failure_rate <= 9.9%'", 1);
    check("check data.csv --require 'failure_rate <= 9.9%' --exit-zero", 0);
    check("check data.csv --rules prefer.yaml", 0);
    check("check data.csv --rules prefer.yaml --fail-on warning", 1);
    check("check data.csv --rules prefer.yaml --fail-on warning --exit-zero", 0);
    // Usage and rules.
    check("check", 2);
    check("check no-such.csv", 2);
    check("check data.csv --rules no-such.yaml", 2);
    check("check data.csv --rules 'no/*.yaml'", 2);
    check("check data.csv --rules bad.yaml", 2);
    check("check data.csv --require 'failure_rat <= 1%'", 2);
    check("check data.csv --where 'latency >'", 2);
    check("check data.csv --period fortnight", 2);
    check("check data.csv --since yesterday-ish", 2);
    check("check data.csv --now yesterday-ish", 2);
    check("check data.csv --unit parsec", 2);
    check("check data.csv --threads 0", 2);
    check("check data.csv --output report.doc", 2);
    // Undecided.
    check("check header.csv --require 'failure_rate <= 10%'", 3);
    check("check empty.csv", 3);
    check("check page.csv", 3);
    check("check ragged.csv --require 'failure_rate <= 10%'", 3);
    check("check data.csv --require 'max(cpu) <= 10'", 3);
    check("check ragged.csv --require 'failure_rate <= 10%' --exit-zero", 3);
    // Tolerated: one row of eleven is rejected.
    check("check ragged.csv --require 'failure_rate <= 10%' --max-bad-rows 1", 0);
    // A breach is told before not knowing.
    check("check data.csv --require 'max(cpu) <= 10' --require 'failure_rate <= 1%'", 1);
}

#[test]
fn undelivered() {
    let work = work();
    std::os::unix::fs::symlink("/dev/full", work.path("full.json")).unwrap();
    insta::assert_snapshot!(work.answer("check data.csv -q --require 'failure_rate <= 10%' --output full.json --output fine.json"), @"
    --- stderr
    error: cannot write full.json: no space left on device
    --- exit 4
    ");
    assert!(work.read("fine.json").contains("\"verdict\": \"met\""));
    // A failed delivery is told, and the breach stays the exit code.
    let answer = work.answer("check data.csv --require 'failure_rate <= 1%' --output full.json");
    assert!(answer.contains("error: cannot write full.json: no space left on device"), "{answer}");
    assert!(answer.ends_with("--- exit 1"), "{answer}");
    assert_eq!(work.code("check data.csv --require 'failure_rate <= 1%' --exit-zero --output full.json"), 4);
}

fn run_with_output(work: &Work, require: &str, output: Stdio) -> (Option<i32>, String) {
    let child = Command::new(env!("CARGO_BIN_EXE_sla"))
        .args(["check", "data.csv", "--all", "--require", require])
        .current_dir(work.path(""))
        .env_clear()
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_closed_pipe_keeps_the_code() {
    let work = work();
    for (require, expected) in [("failure_rate <= 10%", 0), ("failure_rate <= 1%", 1), ("max(cpu) <= 1", 3)] {
        // A pipe whose reader is gone before anything is written.
        let mut reader = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
        let pipe = reader.stdin.take().unwrap();
        reader.wait().unwrap();
        let (code, errors) = run_with_output(&work, require, pipe.into());
        assert_eq!((code, errors.as_str()), (Some(expected), ""), "{require}");
    }
}

#[test]
fn a_full_disk_is_told() {
    let work = work();
    for (require, expected) in [("failure_rate <= 10%", 4), ("failure_rate <= 1%", 1)] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, errors) = run_with_output(&work, require, full.into());
        assert_eq!(code, Some(expected));
        assert_eq!(errors, "error: cannot write to standard output: no space left on device\n");
    }
}

#[test]
fn interrupted() {
    use std::os::unix::process::ExitStatusExt;
    let work = work();
    // Waits for standard input, which nobody closes.
    let mut child = Command::new(env!("CARGO_BIN_EXE_sla"))
        .args(["check", "-", "--output", "report.json"])
        .current_dir(work.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    // Ended by the signal itself, which shells show as 130.
    assert_eq!(child.wait().unwrap().signal(), Some(2));
    assert_eq!(work.names(), ["data.csv"]);
}
