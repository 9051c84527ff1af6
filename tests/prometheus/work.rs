//! The program in a folder of its own, and its report as JSON.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// A folder that vanishes in the end.
pub(crate) struct Work(tempfile::TempDir);

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) report: Value,
    pub(crate) told: String,
}

/// Verdict, the fraction behind it, and samples, by objective, group and period.
pub(crate) type Verdicts = BTreeMap<(String, String, String), (String, String, u64)>;

impl Work {
    pub(crate) fn new() -> Work {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        Work(folder)
    }

    /// With a source `prod` at this address, and these further lines about it.
    pub(crate) fn source(url: &str, more: &str) -> Work {
        let work = Work::new();
        let more: Vec<&str> = more.lines().map(str::trim).collect();
        let more = more.join("\n    ");
        work.file("sla.yaml", &format!("sources:\n  prod:\n    prometheus: {url}\n    {more}\n"))
    }

    /// The usual counters and histogram.
    pub(crate) fn usual(url: &str, more: &str) -> Work {
        let metrics = "requests: http_requests_total\nfailures: http_requests_total{code=~\"5..\"}\n\
                       latency: http_request_duration_seconds\n";
        Work::source(url, &format!("{metrics}{more}"))
    }

    pub(crate) fn file(self, name: &str, content: &str) -> Work {
        fs::write(self.path(name), content).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program, ready to run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("sla").unwrap();
        command.env_clear().env("HOME", self.0.path()).current_dir(self.0.path()).args(arguments);
        command
    }

    /// What the program says in both of its voices, and its exit code.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    /// `sla check`, at a present of 2025-07-01, with JSON.
    pub(crate) fn check(&self, arguments: &[&str]) -> Answer {
        let mut all = vec!["check"];
        all.extend(arguments);
        all.extend(["--now", "2025-07-01T00:00:00Z", "--format", "json"]);
        let output = self.command(&all).output().unwrap();
        Answer {
            code: output.status.code().unwrap(),
            report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            told: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same for promises over a range in seconds since 1970.
    pub(crate) fn over(&self, range: (i64, i64), promises: &[&str], more: &[&str]) -> Answer {
        let at = |seconds: i64| jiff::Timestamp::from_second(seconds).unwrap().to_string();
        let (since, until) = (at(range.0), at(range.1));
        let mut all = vec!["prod", "--since", &since, "--until", &until];
        for promise in promises {
            all.extend(["--require", promise]);
        }
        all.extend(more);
        self.check(&all)
    }
}

impl Answer {
    pub(crate) fn verdicts(&self) -> Verdicts {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let results = self.report["results"].as_array().unwrap_or_else(|| panic!("no report: {}", self.told));
        let one = |result: &Value| {
            let group: Vec<String> = result["group"]
                .as_object()
                .unwrap()
                .values()
                .map(|value| value.as_str().unwrap().to_owned())
                .collect();
            let exact = match &result["exact"] {
                Value::Null => "-".to_owned(),
                exact => format!("{}/{}", exact["num"].as_str().unwrap(), exact["den"].as_str().unwrap()),
            };
            let key = (text(&result["objective"]), group.join(","), text(&result["period"]["from"]));
            (key, (text(&result["verdict"]), exact, result["samples"].as_u64().unwrap()))
        };
        results.iter().map(one).collect()
    }

    /// `api: met 1/5 of 10`, one line per result.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |((objective, group, _), (verdict, exact, samples)): (_, _)| {
            format!("{objective} {group}: {verdict} {exact} of {samples}").replace(" :", ":")
        };
        self.verdicts().into_iter().map(line).collect()
    }

    /// Every problem's message, and every result's.
    pub(crate) fn words(&self) -> String {
        let of = |list: &str, key: &str| -> Vec<String> {
            let list = self.report[list].as_array().cloned().unwrap_or_default();
            list.iter().filter_map(|one| one[key].as_str().map(str::to_owned)).collect()
        };
        let mut words = of("problems", "message");
        words.extend(of("results", "explain"));
        words.push(self.told.clone());
        words.join("\n")
    }
}
