//! Where reports go: standard output and files, and what comes from standard input.

use crate::exit_codes::requests;
use crate::reports::work;

#[test]
fn quiet_is_silent_when_met() {
    assert_eq!(work().answer("check data.csv -q --require 'failure_rate <= 10%'"), "--- exit 0");
    let breached = work().answer("check data.csv -q --require 'failure_rate <= 1%'");
    assert!(breached.contains("1 breached"), "{breached}");
}

/// A plugin without a line is an error to Nagios, and an empty file is no JSON.
#[test]
fn quiet_is_about_what_people_read() {
    let work = work();
    let printed = |rest: &str| {
        let arguments = format!("check data.csv --require 'failure_rate <= 10%' --format {rest}");
        let output = work.run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments}");
        String::from_utf8(output.stdout).unwrap()
    };
    for format in
        ["markdown", "json", "csv", "html", "violations", "junit", "gitlab", "openmetrics", "nagios"]
    {
        let loud = printed(format);
        assert!(!loud.is_empty(), "{format}");
        assert_eq!(printed(&format!("{format} -q")), loud, "{format}");
    }
    for format in ["auto", "table", "github"] {
        assert_eq!(printed(&format!("{format} -q")), "", "{format}");
    }
}

#[test]
fn several_outputs_by_their_extension() {
    let work = work();
    let answer = work.answer(
        "check data.csv -q --require 'failure_rate <= 10%' --output a.json --output b.csv --output c.txt",
    );
    assert_eq!(answer, "--- exit 0");
    // The digest is BLAKE3 of `failure_rate <= 10%`, worked out from the specification.
    insta::assert_snapshot!(work.read("a.json"), @r#"
    {
      "schema": "sla.report/1",
      "tool": "sla 0.1.0",
      "verdict": "met",
      "now": "2025-06-08T06:00:00Z",
      "summary": {
        "met": 1,
        "warning": 0,
        "breached": 0,
        "undecided": 0
      },
      "agreements": [
        {
          "name": "command line",
          "file": null,
          "digest": "blake3:406f502b86ebc5a22aab41c3559c160359cdfe4d87de1776e2ae658f85226967",
          "built_in": false,
          "text": "failure_rate <= 10%",
          "options": []
        }
      ],
      "inputs": [
        {
          "source": "data.csv",
          "agreement": "command line",
          "digest": null,
          "rows": 10,
          "accepted": 10,
          "excluded": 0,
          "excluded_by": [],
          "rejected": 0,
          "first": "2025-06-01T12:00:01Z",
          "last": "2025-06-01T12:00:10Z",
          "inferred": [
            "comma-separated; time timestamp (year first, with offsets); service; latency latency_ms in ms; status",
            "each row is one request"
          ]
        }
      ],
      "results": [
        {
          "id": "40a326d4da539881",
          "agreement": "command line",
          "objective": "failure_rate <= 10%",
          "name": null,
          "description": null,
          "runbook": null,
          "rule": {
            "file": null,
            "line": null
          },
          "severity": null,
          "where": null,
          "group": {},
          "period": {
            "from": null,
            "to": null,
            "complete": true
          },
          "verdict": "met",
          "reason": null,
          "indicator": "failure_rate",
          "comparison": "<=",
          "measured": 0.1,
          "approximate": false,
          "target": 0.1,
          "target_text": "10%",
          "prefer": null,
          "unit": "ratio",
          "exact": {
            "num": "1",
            "den": "10"
          },
          "samples": 10,
          "bad": 1,
          "allowed": 1,
          "rows": 10,
          "excluded": 0,
          "missing": 0,
          "explain": "1 of 10 requests failed, 1 allowed: one more would breach",
          "notes": []
        }
      ],
      "problems": [],
      "problem_totals": {}
    }
    "#);
    insta::assert_snapshot!(work.read("b.csv"), @r#"
    agreement,objective,from,to,complete,verdict,measured,target,unit,approximate,reason,samples,bad,allowed,rows,excluded,missing,explain,name,severity,where,indicator,id
    command line,failure_rate <= 10%,,,true,met,0.1,0.1,ratio,false,,10,1,1,10,0,0,"1 of 10 requests failed, 1 allowed: one more would breach",,,,failure_rate,40a326d4da539881
    "#);
    insta::assert_snapshot!(work.read("c.txt"), @"
    data.csv: 10 rows, 2025-06-01 12:00:01 to 2025-06-01 12:00:10 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    met        failure_rate      10 %  <= 10%

    1 met; 10 rows read
    ");
    assert_eq!(work.names(), ["a.json", "b.csv", "c.txt", "data.csv"]);
}

#[test]
fn outputs_are_looked_at_before_the_work() {
    insta::assert_snapshot!(work().answer("check data.csv --output data.csv --output no/a.json"), @"
    --- stderr
    error: --output: cannot write data.csv: it is an input of this run
    error: --output: cannot write no/a.json: the folder no does not exist
    --- exit 2
    ");
    insta::assert_snapshot!(work().answer("check data.csv --output report --output report.doc"), @"
    --- stderr
    error: --output report: the name does not tell the format; end it in .html, .pdf, .json, .csv, .txt, .md, .xml or .prom, or write FORMAT=FILE as in junit=report
    error: --output report.doc: the name does not tell the format; end it in .html, .pdf, .json, .csv, .txt, .md, .xml or .prom, or write FORMAT=FILE as in junit=report
    --- exit 2
    ");
}

#[test]
fn the_same_bytes_every_time() {
    let work = work();
    for format in ["table", "json", "csv"] {
        let arguments = format!("check data.csv --format {format} --require 'avg(latency) <= 1s'");
        let first = work.answer(&arguments);
        assert_eq!(first, work.answer(&format!("{arguments} --threads 1")));
        assert_eq!(first, work.answer(&format!("{arguments} --threads 7")));
    }
}

#[test]
fn colour() {
    let work = work();
    let is_coloured = |arguments: &[&str], name: &str, value: &str| {
        let mut command = work.command(&["check", "data.csv"]);
        let output = command.args(arguments).env(name, value).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!is_coloured(&[], "TERM", "xterm-256color"), "not a terminal");
    assert!(is_coloured(&[], "CLICOLOR_FORCE", "1"));
    assert!(!is_coloured(&[], "NO_COLOR", "1"));
    assert!(is_coloured(&["--color", "always"], "NO_COLOR", "1"));
    assert!(!is_coloured(&["--color", "never"], "CLICOLOR_FORCE", "1"));
}

#[test]
fn standard_input() {
    let output =
        work().command(&["check", "-", "--require", "rows >= 10"]).write_stdin(requests()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn standard_input_is_called_by_its_name() {
    let rows = "timestamp,service,latency_ms,status\n2025-06-01T12:00:00Z,api,5,success\n";
    let arguments = ["check", "-", "--require", "failure_rate <= 5%", "--require", "p95(latency) <= 1s"];
    let output = work().command(&arguments).write_stdin(rows).output().unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"
    standard input: 1 row, at 2025-06-01 12:00 UTC
      comma-separated; time timestamp (year first, with offsets); service; latency
      latency_ms in ms; status; each row is one request

    command line
    VERDICT    OBJECTIVE     MEASURED  TARGET
    met        failure_rate       0 %  <= 5%
    met        p95(latency)      5 ms  <= 1s
               p95 of a single sample is that sample

    2 met; 1 row read
    ");
}
