//! For the log of a GitHub Actions job: the table, and annotations at the rules that were not kept. (The job summary
//! is Markdown.)
//!
//! Invariant: no name is a workflow command. The table stands between `stop-commands` and a word that is not in it;
//! in an annotation every mark that could end a part of it is escaped.

use super::text::{truncate, visible};
use super::{caption, clock_of, worst};
use crate::model::{Origin, Report, RuleResult, Verdict};
use std::io::{self, Write};
use std::path::{Component, PathBuf};

/// GitHub shows as many annotations of a kind per step and drops the others without a word.
const MOST: usize = 10;
/// A name in a title, and a message, take at most so many columns.
const WIDEST_TITLE: usize = 120;
const WIDEST_MESSAGE: usize = 2_000;

/// Where the run takes place, for GitHub names files from the root of what was checked out.
#[derive(Clone, Debug, Default)]
pub struct Checkout {
    /// The root, an absolute path.
    pub root: PathBuf,
    /// The folder that relative names start from, an absolute path.
    pub here: PathBuf,
}

/// Writes the table, then the annotations, the worst first: `error` for what is breached or undecided, `warning` for
/// what was kept but not as preferred.
pub fn write(report: &Report, table: &str, checkout: &Checkout, out: &mut dyn Write) -> io::Result<()> {
    let mut resume = "sla-resume".to_owned();
    while table.contains(&resume) {
        resume.push('-');
    }
    write!(out, "::stop-commands::{resume}\n{table}::{resume}::\n")?;
    let (mut errors, mut warnings) = (0, 0);
    for index in worst::results(report) {
        let result = &report.results[index];
        let (kind, count) = match result.verdict {
            Verdict::Breached | Verdict::Undecided => ("error", &mut errors),
            Verdict::Warning => ("warning", &mut warnings),
            Verdict::Met => continue,
        };
        *count += 1;
        if *count <= MOST {
            annotation(report, result, kind, checkout, out)?;
        }
    }
    for agreement in 0..report.agreements.len() {
        if !report.results.iter().any(|result| result.agreement == agreement) && errors < MOST {
            errors += 1;
            let about = &report.agreements[agreement];
            let file = place(&about.origin, checkout);
            let title = property(&short(&format!("undecided: {}", about.name), WIDEST_TITLE));
            writeln!(out, "::error {file}title={title}::could not be checked")?;
        }
    }
    Ok(())
}

fn annotation(
    report: &Report,
    result: &RuleResult,
    kind: &str,
    checkout: &Checkout,
    out: &mut dyn Write,
) -> io::Result<()> {
    let about = &result.about;
    let file = place(&about.origin, checkout);
    let start = caption::start(result, clock_of(report, result.agreement));
    let period = if start.is_empty() { start } else { format!(", {start}") };
    let group = short(&caption::group(result), WIDEST_TITLE);
    let objective = short(&caption::objective(result), WIDEST_TITLE);
    let title = format!("{}: {group}, {objective}{period}", result.verdict.word());
    let mut message = caption::outcome(result);
    if let Some(runbook) = &about.runbook {
        message.push_str("; runbook: ");
        message.push_str(runbook);
    }
    writeln!(out, "::{kind} {file}title={}::{}", property(&title), data(&short(&message, WIDEST_MESSAGE)))
}

/// `file=…,line=…,`; empty for what stands on the command line.
fn place(origin: &Origin, checkout: &Checkout) -> String {
    let Some(file) = &origin.file else { return String::new() };
    let mut full = PathBuf::new();
    for part in checkout.here.join(file).components() {
        match part {
            Component::ParentDir => drop(full.pop()),
            Component::CurDir => {}
            part => full.push(part),
        }
    }
    let name = full.strip_prefix(&checkout.root).unwrap_or(file);
    format!("file={},line={},", property(&name.display().to_string()), origin.line.max(1))
}

fn short(text: &str, columns: usize) -> String {
    truncate(&visible(text), columns)
}

/// The text behind the last `::`, as the runner's own toolkit escapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn text(report: &Report, table: &str) -> String {
        example::written(|out| write(report, table, &Checkout::default(), out))
    }

    #[test]
    fn a_whole_report() {
        let mut report = example::report();
        report.results[0].verdict = Verdict::Warning;
        insta::assert_snapshot!(text(&report, "the table\n"), @"
        ::stop-commands::sla-resume
        the table
        ::sla-resume::
        ::error file=rules/shop.yaml,line=8,title=breached%3A auth-service%2C failure_rate::10.22 %25 (<= 5%25): 246 of 2,407 requests failed, 120 allowed
        ::error file=rules/shop.yaml,line=8,title=undecided%3A checkout%2C failure_rate::not measured (<= 5%25): no requests
        ::warning file=rules/shop.yaml,line=8,title=warning%3A data-service%2C failure_rate::1 %25 (<= 5%25): 1 of 100 requests failed, 5 allowed
        ");
    }

    #[test]
    fn names_are_no_commands() {
        let mut report = example::report();
        let about = example::about(&mut report.results[1]);
        about.group[0].1 = "a\n::error file=x,line=1::50%".into();
        about.origin.file = Some("rules/a,b:c%.yaml".into());
        let text = text(&report, "::sla-resume::\n");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "::stop-commands::sla-resume-");
        assert_eq!(lines[2], "::sla-resume-::");
        let head = "::error file=rules/a%2Cb%3Ac%25.yaml,line=8,title=breached%3A a\\n%3A%3Aerror file=x%2Cline=1%3A%3A50%25%2C failure_rate::";
        assert!(lines[3].starts_with(head), "{}", lines[3]);
    }

    #[test]
    fn files_are_named_from_the_root() {
        let checkout = Checkout { root: "/repo".into(), here: "/repo/sub".into() };
        let check = |file: &str, expected: &str| {
            let origin = Origin { file: Some(file.into()), line: 3 };
            assert_eq!(place(&origin, &checkout), format!("file={expected},line=3,"));
        };
        check("rules.yaml", "sub/rules.yaml");
        check("./a/../rules.yaml", "sub/rules.yaml");
        check("../rules/shop.yaml", "rules/shop.yaml");
        check("/repo/rules.yaml", "rules.yaml");
        check("/elsewhere/rules.yaml", "/elsewhere/rules.yaml");
    }

    #[test]
    fn ten_of_a_kind_and_the_worst_first() {
        let mut report = example::report();
        report.results = (1..=30u64)
            .map(|bad| RuleResult {
                verdict: Verdict::Breached,
                bad: Some(bad * 10),
                ..example::result(&format!("s{bad}"))
            })
            .collect();
        let text = text(&report, "");
        let shown: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(shown.len(), 10);
        assert!(shown[0].contains("breached%3A s30%2C") && shown[9].contains("breached%3A s21%2C"), "{text}");
    }
}
