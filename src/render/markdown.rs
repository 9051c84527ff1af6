//! A report for people in GitHub-flavoured Markdown: comments, wikis, and the job summary of GitHub Actions.
//!
//! Invariant: no name is markup. Whatever could begin some is a character reference, which Markdown never takes for
//! structure (CommonMark 0.31, 2.5), not even for the end of a table's cell.

use super::caption::{self, Groups};
use super::text::{truncate, visible};
use super::{clock_of, table, worst};
use crate::model::{Report, RuleResult, Verdict, display};
use std::fmt::Write as _;
use std::io::{self, Write};

/// A name takes at most so many columns.
const WIDEST: usize = 200;
/// A space without width: parts a mark from a name, so that nobody is mentioned.
const APART: &str = "&#8203;";
/// Bytes kept for the line that tells what is left out.
const RESERVE: usize = 200;

/// Writes the report in at most `limit` bytes, the worst results first; what does not fit is counted.
pub fn write(report: &Report, limit: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, room: limit.saturating_sub(RESERVE), left_out: 0 };
    page.put(&format!("# Service levels: {}\n", report.verdict.word()))?;
    page.put(&format!("\n{}\n", safe(&table::summary_line(report))))?;
    if report.agreements.iter().any(|agreement| agreement.built_in) {
        page.put("\nNo agreement was found: these are example targets, not your SLA.\n")?;
    }
    let order = worst::results(report);
    for agreement in worst::agreements(report) {
        let results: Vec<&RuleResult> = order
            .iter()
            .map(|index| &report.results[*index])
            .filter(|result| result.agreement == agreement)
            .collect();
        section(&mut page, report, agreement, &results)?;
    }
    problems(&mut page, report)?;
    match page.left_out {
        0 => Ok(()),
        some => writeln!(page.out, "\n{} more lines do not fit here.", display::count(some)),
    }
}

/// The text so far; every line goes through here.
struct Page<'a> {
    out: &'a mut dyn Write,
    room: usize,
    left_out: u64,
}

impl Page<'_> {
    /// Writes this, or counts it as left out, as everything is after the first that does not fit.
    fn put(&mut self, text: &str) -> io::Result<()> {
        if self.left_out > 0 || text.len() > self.room {
            self.left_out += 1;
            self.room = 0;
            return Ok(());
        }
        self.room -= text.len();
        self.out.write_all(text.as_bytes())
    }
}

fn section(page: &mut Page, report: &Report, agreement: usize, results: &[&RuleResult]) -> io::Result<()> {
    let about = &report.agreements[agreement];
    let mut head = format!("\n## {}\n\n", safe(&about.name));
    if let Some(place) = about.origin.file.as_ref() {
        let _ = write!(head, "Rules: {}\n\n", safe(&place.display().to_string()));
    }
    if results.is_empty() {
        head.push_str("could not be checked\n");
        return page.put(&head);
    }
    let groups = Groups::new(results);
    let periods = results.iter().any(|result| result.period.from.is_some());
    let grouped = !groups.header().is_empty();
    let mut columns = vec![("verdict".to_owned(), ":--")];
    columns.extend(periods.then(|| ("period".to_owned(), ":--")));
    columns.extend(grouped.then(|| (groups.header(), ":--")));
    columns.extend(
        [("objective", ":--"), ("measured", "--:"), ("target", ":--"), ("why", ":--")]
            .map(|(name, side)| (name.to_owned(), side)),
    );
    for (name, _) in &columns {
        let _ = write!(head, "| {} ", safe(name));
    }
    head.push_str("|\n");
    for (_, side) in &columns {
        let _ = write!(head, "| {side} ");
    }
    head.push_str("|\n");
    page.put(&head)?;
    let clock = clock_of(report, agreement);
    for result in results {
        let mut cells = vec![verdict(result.verdict)];
        cells.extend(periods.then(|| safe(&caption::period(result, clock))));
        cells.extend(grouped.then(|| safe(&groups.of(result))));
        cells.extend([
            safe(&caption::objective(result)),
            safe(&caption::measured(result)),
            safe(&caption::target(result)),
            safe(&why(result)),
        ]);
        page.put(&format!("| {} |\n", cells.join(" | ")))?;
    }
    Ok(())
}

fn problems(page: &mut Page, report: &Report) -> io::Result<()> {
    if report.problems.is_empty() {
        return Ok(());
    }
    page.put("\n## Problems\n\n")?;
    for problem in &report.problems {
        page.put(&format!("- {}\n", safe(&caption::problem(problem))))?;
    }
    let told: u64 = report.problems.iter().map(|problem| problem.count).sum();
    let total: u64 = report.problem_totals.values().sum();
    match total.saturating_sub(told) {
        0 => Ok(()),
        more => page.put(&format!("- and {} more\n", display::count(more))),
    }
}

/// What is not met stands out.
fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Met => verdict.word().to_owned(),
        Verdict::Warning | Verdict::Undecided | Verdict::Breached => format!("**{}**", verdict.word()),
    }
}

/// The sentences behind a verdict; of what is met only what one should know.
fn why(result: &RuleResult) -> String {
    let mut sentences: Vec<&str> = Vec::new();
    if result.verdict != Verdict::Met {
        sentences.push(&result.explain);
    }
    sentences.extend(result.notes.iter().map(String::as_str));
    let runbook = result.about.runbook.as_ref().filter(|_| result.verdict == Verdict::Breached);
    let mut text = sentences.join("; ");
    if let Some(runbook) = runbook {
        let _ = write!(text, "; runbook: {runbook}");
    }
    text
}

/// Text that is shown as it stands.
fn safe(text: &str) -> String {
    let shown = truncate(&visible(text), WIDEST);
    let mut safe = String::with_capacity(shown.len() + 16);
    let mut before = ' ';
    let mut chars = shown.trim().chars().peekable();
    while let Some(c) = chars.next() {
        let is_markup = match c {
            '|' | '\\' | '`' | '*' | '[' | ']' | '~' | '$' | '@' | '#' | '!' | '^' | '{' | '}' | '"'
            | '\'' => true,
            // Addresses become links by these.
            ':' => chars.peek().is_some_and(|next| !next.is_whitespace()),
            '.' => before.eq_ignore_ascii_case(&'w'),
            // Within a word it is an underscore.
            '_' => !(before.is_alphanumeric() && chars.peek().is_some_and(|next| next.is_alphanumeric())),
            _ => false,
        };
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            c if is_markup => drop(write!(safe, "&#{};", u32::from(c))),
            c => safe.push(c),
        }
        // GitHub and GitLab look for people and issues in the text that is shown, where a reference is a mark again.
        let next = chars.peek().copied().unwrap_or(' ');
        if c == '@' && next.is_alphanumeric() || c == '#' && next.is_ascii_digit() {
            safe.push_str(APART);
        }
        before = c;
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn text(report: &Report, limit: usize) -> String {
        example::written(|out| write(report, limit, out))
    }

    #[test]
    fn a_whole_report() {
        insta::assert_snapshot!(text(&example::report(), usize::MAX), @"
        # Service levels: breached

        1 breached, 1 undecided, 2 met; 10,001 rows read, 10 left out, 1 rejected

        ## Web shop, gold

        Rules: rules/shop.yaml

        | verdict | service | objective | measured | target | why |
        | :-- | :-- | :-- | --: | :-- | :-- |
        | **breached** | auth-service | failure_rate | 10.22 % | &lt;= 5% | 246 of 2,407 requests failed, 120 allowed |
        | **undecided** | checkout | failure_rate | - | &lt;= 5% | no requests |
        | met | data-service | failure_rate | 1 % | &lt;= 5% |  |
        | met | auth-service | avg(latency) | 297.34 ms | &lt;= 2s |  |

        ## Problems

        - error: data.csv&#58;501: 3 fields where the header has 4
        ");
    }

    #[test]
    fn names_are_no_markup() {
        let check = |name: &str, expected: &str| assert_eq!(safe(name), expected);
        check("auth-service", "auth-service");
        check("auth_service", "auth_service");
        check("_a_", "&#95;a&#95;");
        check("a|b\\|c", "a&#124;b&#92;&#124;c");
        check("<script>", "&lt;script&gt;");
        check("**bold** `code`", "&#42;&#42;bold&#42;&#42; &#96;code&#96;");
        check("[x](https://a.b)", "&#91;x&#93;(https&#58;//a.b)");
        check("www.example.com", "www&#46;example.com");
        check("a\nb", "a&#92;nb");
        check("&lt;", "&amp;lt;");
        check("@ada and #12", "&#64;&#8203;ada and &#35;&#8203;12");
        check("a@b.example @ #c", "a&#64;&#8203;b.example &#64; &#35;c");
        check(&"x".repeat(300), &format!("{}…", "x".repeat(199)));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut report = example::report();
        report.results = (0..1000).map(|n| example::result(&format!("service-{n}"))).collect();
        report.problems.clear();
        let text = text(&report, 4_000);
        assert!(text.len() <= 4_000, "{}", text.len());
        let rows = text.lines().filter(|line| line.starts_with("| met")).count();
        assert!(text.ends_with(&format!("\n{} more lines do not fit here.\n", 1000 - rows)), "{text}");
        assert!(rows > 50, "{rows}");
    }
}
