//! One row of the table: an input, what was promised, and the only answer that is right.

use assert_cmd::Command;
use serde_json::Value;
use std::fmt::Write;

/// The present of every run.
const NOW: &str = "2025-06-08T06:00:00Z";

/// One way to be silently wrong.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) id: &'static str,
    what: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    rules: Option<&'static str>,
    arguments: Vec<&'static str>,
    zone_of_machine: Option<&'static str>,
    exit: i32,
    results: Vec<(&'static str, &'static str)>,
    measured: Vec<(&'static str, f64)>,
    counts: Vec<(&'static str, u64)>,
    problems: Vec<(&'static str, u64)>,
    says: Vec<&'static str>,
    never: Vec<&'static str>,
}

/// Starts a row: the id of the way to be wrong, and this variant of it in words.
pub(crate) fn case(id: &'static str, what: &'static str) -> Case {
    Case {
        id,
        what,
        files: Vec::new(),
        rules: None,
        arguments: Vec::new(),
        zone_of_machine: None,
        exit: 0,
        results: Vec::new(),
        measured: Vec::new(),
        counts: Vec::new(),
        problems: Vec::new(),
        says: Vec::new(),
        never: Vec::new(),
    }
}

/// `count` rows after a header; `{}` stands for the row's number from 1, in three digits.
pub(crate) fn rows(header: &str, row: &str, count: u32) -> String {
    let rows = (1..=count).map(|number| row.replace("{}", &format!("{number:03}")) + "\n");
    format!("{header}\n{}", rows.collect::<String>())
}

impl Case {
    /// The input `data.csv`.
    pub(crate) fn data(self, content: impl AsRef<[u8]>) -> Case {
        self.file("data.csv", content)
    }

    /// An input.
    pub(crate) fn file(mut self, name: &'static str, content: impl AsRef<[u8]>) -> Case {
        self.files.push((name, content.as_ref().to_vec()));
        self
    }

    /// The rule file `rules.yaml`.
    pub(crate) fn rules(mut self, text: &'static str) -> Case {
        self.rules = Some(text);
        self
    }

    /// An objective on the command line.
    pub(crate) fn require(mut self, objective: &'static str) -> Case {
        self.arguments.extend(["--require", objective]);
        self
    }

    /// Further arguments.
    pub(crate) fn with(mut self, arguments: &[&'static str]) -> Case {
        self.arguments.extend(arguments);
        self
    }

    /// The machine stands somewhere.
    pub(crate) fn on_a_machine_in(mut self, zone: &'static str) -> Case {
        self.zone_of_machine = Some(zone);
        self
    }

    /// The right exit code.
    pub(crate) fn exits(mut self, code: i32) -> Case {
        self.exit = code;
        self
    }

    /// The right verdict, `met` or `undecided no_data`, of every result that has `which` among its groups, in its
    /// objective or at the start of its period; `*` is all of them.
    pub(crate) fn result(mut self, which: &'static str, verdict: &'static str) -> Case {
        self.results.push((which, verdict));
        self
    }

    /// The right number, in base units.
    pub(crate) fn measured(mut self, which: &'static str, value: f64) -> Case {
        self.measured.push((which, value));
        self
    }

    /// A number of `inputs` or `results`, summed over all of them: `rejected`, `missing` …
    pub(crate) fn counts(mut self, name: &'static str, count: u64) -> Case {
        self.counts.push((name, count));
        self
    }

    /// A problem of this kind is reported on this line.
    pub(crate) fn problem(mut self, kind: &'static str, line: u64) -> Case {
        self.problems.push((kind, line));
        self
    }

    /// These words are told.
    pub(crate) fn says(mut self, words: &'static str) -> Case {
        self.says.push(words);
        self
    }

    /// These words are not told.
    pub(crate) fn never(mut self, words: &'static str) -> Case {
        self.never.push(words);
        self
    }

    /// Runs the program, and gives back everything that is wrong.
    pub(crate) fn faults(&self) -> String {
        let folder = tempfile::tempdir().unwrap();
        // Ends the search for sla.yaml here.
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        for (name, content) in &self.files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        if let Some(rules) = self.rules {
            std::fs::write(folder.path().join("rules.yaml"), rules).unwrap();
        }
        let run = |format: &str| {
            let mut command = Command::cargo_bin("sla").unwrap();
            command.env_clear().env("HOME", folder.path()).current_dir(folder.path()).arg("check");
            command.args(self.files.iter().map(|(name, _)| name)).args(&self.arguments);
            command.args(self.rules.map(|_| "--rules=rules.yaml")).args(["--now", NOW, "--format", format]);
            command.args((format == "table").then_some("--all"));
            if let Some(zone) = self.zone_of_machine {
                command.env("TZ", zone);
            }
            let output = command.output().unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            (output.status.code(), text(output.stdout), text(output.stderr))
        };
        let mut faults = String::new();
        let (code, report, errors) = run("json");
        let report: Value =
            if report.is_empty() { Value::Null } else { serde_json::from_str(&report).unwrap() };
        let mut told = errors.clone();
        strings(&report, &mut told);
        // The other formats decide the same, and the one for people tells the same.
        for format in ["table", "csv"] {
            let (other, shown, errors) = run(format);
            if other != code {
                let _ = writeln!(faults, "exit {other:?} with --format {format}");
            }
            let rejected = format == "table" && total(&report, "rejected") > 0;
            if rejected && !shown.contains("rejected") {
                let _ = writeln!(faults, "no rejected rows in the table: {shown}{errors}");
            }
            if format == "table" {
                told += &shown;
            }
        }
        self.judge(code, &report, &errors, &told, &mut faults);
        if faults.is_empty() {
            return faults;
        }
        let report = serde_json::to_string_pretty(&report).unwrap();
        format!("=== {} {}\n{faults}--- stderr\n{errors}--- report\n{report}\n", self.id, self.what)
    }

    fn judge(&self, code: Option<i32>, report: &Value, errors: &str, told: &str, faults: &mut String) {
        let mut fault = |text: String| {
            let _ = writeln!(faults, "{text}");
        };
        if code != Some(self.exit) {
            fault(format!("exit {code:?}, right is {}", self.exit));
        }
        if errors.contains("panicked") || errors.contains("RUST_BACKTRACE") {
            fault("a panic".to_owned());
        }
        let decided = match report["verdict"].as_str() {
            Some("met" | "warning") => 0,
            Some("breached") => 1,
            Some("undecided") => 3,
            _ if errors.is_empty() => {
                fault("neither a report nor an error".to_owned());
                return;
            }
            _ => self.exit,
        };
        if decided != self.exit {
            fault(format!("the report says {}", report["verdict"]));
        }
        for input in list(report, "inputs") {
            let count = |name: &str| input[name].as_u64().unwrap();
            if count("rows") != count("accepted") + count("excluded") + count("rejected") {
                fault(format!("rows are lost: {input}"));
            }
        }
        for result in list(report, "results") {
            if result["verdict"] == "undecided" && result["reason"].is_null() {
                fault("undecided without a reason".to_owned());
            }
        }
        for (which, verdict) in &self.results {
            let chosen = chosen(report, which);
            let right = |result: &&Value| {
                let reason = result["reason"].as_str().map_or(String::new(), |reason| format!(" {reason}"));
                format!("{}{reason}", result["verdict"].as_str().unwrap()) == *verdict
            };
            if chosen.is_empty() || !chosen.iter().all(right) {
                fault(format!("{which} should be {verdict}"));
            }
        }
        for (which, value) in &self.measured {
            let chosen = chosen(report, which);
            let right = |result: &&Value| {
                result["measured"].as_f64().is_some_and(|found| (found - value).abs() <= value.abs() * 1e-12)
            };
            if chosen.is_empty() || !chosen.iter().all(right) {
                fault(format!("{which} should be measured as {value}"));
            }
        }
        for (name, count) in &self.counts {
            if total(report, name) != *count {
                fault(format!("{} {name}, right is {count}", total(report, name)));
            }
        }
        for (kind, line) in &self.problems {
            let problems = list(report, "problems");
            if !problems.iter().any(|problem| problem["kind"] == *kind && problem["line"] == *line) {
                fault(format!("no problem {kind} on line {line}"));
            }
        }
        for words in self.says.iter().filter(|words| !told.contains(**words)) {
            fault(format!("does not say: {words}"));
        }
        for words in self.never.iter().filter(|words| told.contains(**words)) {
            fault(format!("says: {words}"));
        }
    }
}

/// All texts of a report, and where its problems are.
fn strings(value: &Value, told: &mut String) {
    match value {
        Value::String(text) => {
            let _ = writeln!(told, "{text}");
        }
        Value::Array(parts) => parts.iter().for_each(|part| strings(part, told)),
        Value::Object(parts) => {
            parts.values().for_each(|part| strings(part, told));
            if let (Some(source), Some(line)) = (value["source"].as_str(), value["line"].as_u64()) {
                let _ = writeln!(told, "{source}, line {line}");
            }
        }
        _ => {}
    }
}

fn list<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report[name].as_array().map_or(&[], Vec::as_slice)
}

fn total(report: &Value, name: &str) -> u64 {
    let of = |list: &[Value]| list.iter().filter_map(|part| part[name].as_u64()).sum();
    let inputs = list(report, "inputs");
    if inputs.first().is_some_and(|input| input.get(name).is_some()) {
        of(inputs)
    } else {
        of(list(report, "results"))
    }
}

fn chosen<'a>(report: &'a Value, which: &str) -> Vec<&'a Value> {
    let fits = |result: &&Value| {
        let group =
            result["group"].as_object().is_some_and(|group| group.values().any(|value| value == which));
        let objective = result["objective"].as_str().is_some_and(|text| text.contains(which));
        let period = result["period"]["from"].as_str().is_some_and(|from| from.starts_with(which));
        which == "*" || group || objective || period
    };
    list(report, "results").iter().filter(fits).collect()
}
