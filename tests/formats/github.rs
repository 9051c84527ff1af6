//! GitHub Actions: what its runner takes for commands, the job summary, and when it is chosen by itself.

use crate::cases::{self, Case};
use crate::tools::consumer;
use crate::work::Work;
use std::fs;

/// A command as the runner finds it in a line of a log (its `ActionCommand.TryParseV2` and `TryParse`), with
/// `stop-commands` obeyed.
fn commands(log: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut stopped: Option<String> = None;
    for line in log.lines() {
        let trimmed = line.trim();
        let command = match trimmed.strip_prefix("::") {
            Some(rest) => rest.split_once("::").map(|(head, data)| (head.to_owned(), data.to_owned())),
            None => line.split_once("##[").and_then(|(_, rest)| {
                rest.split_once(']').map(|(head, data)| (head.to_owned(), data.to_owned()))
            }),
        };
        let Some((head, data)) = command else { continue };
        match &stopped {
            Some(word) if head == *word => stopped = None,
            Some(_) => {}
            None if head == "stop-commands" => stopped = Some(data),
            None => found.push((head, data)),
        }
    }
    assert_eq!(stopped, None, "never resumed");
    found
}

#[test]
fn annotations_and_nothing_else() {
    for case in cases::all() {
        let run = case.work.run(&format!("{} --all --format github", case.check));
        let log = String::from_utf8(run.stdout).unwrap();
        let found = commands(&log);
        let report = case.json();
        let count = |verdict: &str| report["summary"][verdict].as_u64().unwrap() as usize;
        let of = |kind: &str| {
            found.iter().filter(|(head, _)| head.split(' ').next() == Some(kind)).collect::<Vec<_>>()
        };
        let (errors, warnings) = (of("error"), of("warning"));
        assert_eq!(errors.len() + warnings.len(), found.len(), "{}: {found:?}", case.name);
        assert_eq!(warnings.len(), count("warning").min(10), "{}", case.name);
        let failed = count("breached") + count("undecided");
        assert!(errors.len() == failed.min(10) || failed == 0 && errors.len() == 1, "{}", case.name);
        // Breaches come before what is not known.
        let breaches = errors.iter().take_while(|(head, _)| head.contains("title=breached%3A")).count();
        assert_eq!(breaches, count("breached").min(10), "{}: {errors:?}", case.name);
        for (head, _) in &found {
            let properties: Vec<&str> = head.split_once(' ').unwrap().1.split(',').collect();
            let keys: Vec<&str> = properties.iter().map(|p| p.split('=').next().unwrap()).collect();
            assert!(keys == ["file", "line", "title"] || keys == ["title"], "{}: {head}", case.name);
        }
    }
}

#[test]
fn at_the_rule() {
    let work = cases::example("web-shop", "requests.csv");
    let run = work.run("check requests.csv --rules web-shop.yaml --format github");
    let log = String::from_utf8(run.stdout).unwrap();
    let rule = work.read("web-shop.yaml");
    let line = 1 + rule.lines().position(|line| line.contains("- failure_rate <= 5%")).unwrap();
    let expected =
        format!("\n::error file=web-shop.yaml,line={line},title=breached%3A checkout%2C failure_rate::");
    assert!(log.contains(&expected), "{log}");
}

/// A job: its log and its summary.
fn job(work: &Work, check: &str, summary: &str) -> (String, String) {
    let words: Vec<&str> = check.split(' ').collect();
    let path = work.path(summary);
    let run = work
        .command(&words)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &path)
        .output()
        .unwrap();
    (String::from_utf8(run.stdout).unwrap(), fs::read_to_string(path).unwrap_or_default())
}

#[test]
fn chosen_in_a_job() {
    let work = cases::example("web-shop", "requests.csv").file("summary.md", "before\n");
    let (log, summary) = job(&work, "check requests.csv --rules web-shop.yaml", "summary.md");
    assert!(log.starts_with("::stop-commands::"), "{log}");
    assert!(summary.starts_with("before\n# Service levels: breached\n"), "{summary}");
    let (log, _) = job(&work, "check requests.csv --rules web-shop.yaml --format table", "other.md");
    assert!(!log.contains("::") && !work.path("other.md").exists(), "{log}");
    let outside = work.run("check requests.csv --rules web-shop.yaml");
    assert!(!String::from_utf8(outside.stdout).unwrap().contains("::stop-commands::"));
}

#[test]
fn rules_are_named_from_the_root_of_the_checkout() {
    let work = cases::example("web-shop", "requests.csv").file("reports/.keep", "");
    let root = work.path("").canonicalize().unwrap();
    let check = ["check", "../requests.csv", "--rules", "../web-shop.yaml"];
    let run = work
        .command(&check)
        .current_dir(work.path("reports"))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", root)
        .output()
        .unwrap();
    let log = String::from_utf8(run.stdout).unwrap();
    assert!(log.contains("\n::error file=web-shop.yaml,line="), "{log}");
}

#[test]
fn a_summary_stays_below_one_mebibyte() {
    let names: Vec<String> = (0..40_000).map(|n| format!("service-{n}")).collect();
    let work = crate::hostile::work(&names).file("summary.md", "x".repeat(100_000));
    let (_, summary) = job(&work, crate::hostile::CHECK, "summary.md");
    assert!(summary.len() < 1 << 20 && summary.len() > 1_000_000, "{}", summary.len());
    assert!(summary.ends_with(" more lines do not fit here.\n"));
    // A second step of the same job that has no room left says so instead of breaking what is there.
    let full = work.file("full.md", "x".repeat(1 << 20));
    let words: Vec<&str> = crate::hostile::CHECK.split(' ').collect();
    let run = full
        .command(&words)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", full.path("full.md"))
        .output()
        .unwrap();
    assert!(String::from_utf8(run.stderr).unwrap().contains("full.md: there is no room left in it"));
    assert_eq!(full.read("full.md").len(), 1 << 20);
}

#[test]
fn a_summary_is_markdown() {
    let work = crate::hostile::work(&crate::hostile::names());
    job(&work, crate::hostile::CHECK, "summary.md");
    let case = Case { name: "hostile", work, check: crate::hostile::CHECK };
    let found = consumer(&["markdown", case.work.path("summary.md").to_str().unwrap()], b"");
    assert_eq!(found[0]["headings"][0], "Service levels: breached");
    assert_eq!(found[0]["rows"].as_array().unwrap().len(), 1031);
}
