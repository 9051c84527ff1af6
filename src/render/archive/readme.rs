//! The page that an archive begins with: what it is, what was found, and how to check it without trusting anybody.

use super::Evidence;
use super::rows::Named;
use crate::model::display::{count, counted, input};
use crate::model::{Clock, InputKind, Report, RuleResult, Verdict};
use crate::render::text::{visible, wrap};
use crate::render::{clock_of, moment};

/// Columns of a line of text.
const WIDTH: usize = 90;
/// At most so many lines a paragraph has: all of it.
const LONGEST: usize = 1_000;
/// At most so many results are told one by one.
const MOST_TOLD: usize = 25;

/// The text, in lines.
pub(super) fn text(evidence: &Evidence<'_>, rules: &[String], rows: &[Named<'_>]) -> String {
    let mut page = Page(String::new());
    let report = evidence.report;
    page.heading("Evidence of a check of service level agreements", '=');
    page.paragraph(
        "This archive holds one recorded check: what was promised, what was found and decided, the fingerprints of \
         the data that it rests on, and the rows of that data that stand behind every promise that was broken or \
         could not be decided. It can be read with a text editor, a browser and a spreadsheet. How to check that \
         none of it was changed stands below.",
    );
    run(&mut page, evidence);
    found(&mut page, report);
    data(&mut page, report);
    files(&mut page, evidence, rules);
    if evidence.rows.is_some() {
        about_rows(&mut page, report, rows);
    }
    again(&mut page, evidence);
    page.0
}

struct Page(String);

impl Page {
    fn heading(&mut self, text: &str, mark: char) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(text);
        self.line(&mark.to_string().repeat(text.chars().count()));
    }

    fn paragraph(&mut self, text: &str) {
        self.0.push('\n');
        self.block("", text);
    }

    /// A text in lines, each behind as many spaces as the first one has before it.
    fn block(&mut self, before: &str, text: &str) {
        let indent = " ".repeat(before.chars().count());
        for (at, line) in wrap(&visible(text), WIDTH - indent.len(), LONGEST).iter().enumerate() {
            self.line(&format!("{}{line}", if at == 0 { before } else { &indent }));
        }
    }

    fn fact(&mut self, name: &str, value: &str) {
        self.line(&format!("  {:<24}{}", format!("{name}:"), visible(value)));
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }
}

fn run(page: &mut Page, evidence: &Evidence<'_>) {
    let (report, run) = (evidence.report, evidence.run);
    let summary = &report.summary;
    page.heading("The run", '-');
    page.line("");
    page.fact("number", &run.number.to_string());
    page.fact("checked at", &moment::machine(report.now, &Clock::Zoned("UTC".to_owned())));
    let counts = [
        (summary.breached, "breached"),
        (summary.undecided, "undecided"),
        (summary.warning, "met with a warning"),
        (summary.met, "met"),
    ];
    let counts: Vec<String> =
        counts.iter().map(|(number, word)| format!("{} {word}", count(*number))).collect();
    page.fact("verdict", &format!("{} ({})", report.verdict.word(), counts.join(", ")));
    page.fact("program", &run.tool);
    page.fact("time-zone data", run.zone_data.as_deref().unwrap_or("unknown"));
    page.fact("hash of the run", &run.hash);
    page.fact("hash of the run before", &run.previous);
}

fn found(page: &mut Page, report: &Report) {
    page.heading("What was found", '-');
    for verdict in [Verdict::Breached, Verdict::Undecided, Verdict::Warning, Verdict::Met] {
        let of_it: Vec<&RuleResult> =
            report.results.iter().filter(|result| result.verdict == verdict).collect();
        if of_it.is_empty() {
            continue;
        }
        page.line("");
        page.line(&format!("{}:", verdict.word()));
        for result in of_it.iter().take(MOST_TOLD) {
            page.block("  ", &sentence(report, result));
        }
        if of_it.len() > MOST_TOLD {
            let rest = count((of_it.len() - MOST_TOLD) as i128);
            page.line(&format!("  … and {rest} more, in results.csv"));
        }
    }
}

/// `failure_rate <= 5% for checkout, 2025-06-01 to 2025-06-02: 246 of 2,407 requests failed, 120 allowed`
fn sentence(report: &Report, result: &RuleResult) -> String {
    let about = &result.about;
    let labels: Vec<&str> = about.group.iter().map(|(_, value)| value.as_str()).collect();
    let whom = if labels.is_empty() { String::new() } else { format!(" for {}", labels.join(", ")) };
    let clock = clock_of(report, result.agreement);
    let when = match (result.period.from, result.period.to) {
        (Some(from), Some(to)) => {
            format!(" from {} to {}", moment::machine(from, clock), moment::machine(to, clock))
        }
        _ => String::new(),
    };
    let name = about.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
    format!("{name}{}{whom}{when}: {}", about.objective, result.explain)
}

fn data(page: &mut Page, report: &Report) {
    page.heading("The data", '-');
    page.paragraph(
        "Rows read = rows that count + rows left out by the agreement + rows that cannot be used.",
    );
    if report.inputs.iter().any(|found| found.kind != InputKind::Rows) {
        page.paragraph("Metrics have no rows: every request counts as one, and every sample of a gauge.");
    }
    for found in &report.inputs {
        let agreement = report.agreements.get(found.agreement).map_or("", |agreement| &agreement.name);
        let excluded: u64 = found.excluded.iter().map(|excluded| excluded.rows).sum();
        page.line("");
        page.block(
            "  ",
            &format!(
                "{}, for {agreement}: {} read = {} + {} + {}",
                input(&found.source),
                counted(found.rows, "rows"),
                count(found.accepted),
                count(excluded),
                count(found.rejected)
            ),
        );
        match (&found.kind, found.digest.as_deref()) {
            (InputKind::Server(address), _) => page.block(
                "  ",
                &format!("a server, asked at {address}: it has no digest, and its answers are not kept here"),
            ),
            (InputKind::Saved, None) => page.block("  ", "metrics that were saved: no digest was taken"),
            (_, Some(digest)) => page.line(&format!("  BLAKE3 {digest}")),
            (InputKind::Rows, None) => page.line("  BLAKE3 unknown: it could not be read to its end"),
        }
    }
}

fn files(page: &mut Page, evidence: &Evidence<'_>, rules: &[String]) {
    page.heading("The files", '-');
    page.line("");
    let mut file = |name: &str, what: &str| page.block(&format!("  {name:<20}"), what);
    file("report.html", "the report as a page for a browser; it needs no network");
    file("report.json", "the report as recorded, with the rules and options, for programs (sla.report/1)");
    file("results.csv", "every result with its counts, one per row, for a spreadsheet");
    for (name, agreement) in rules.iter().zip(&evidence.report.agreements) {
        file(
            "rules/",
            &format!(
                "{}: the agreement \u{201c}{}\u{201d} as it was read",
                &name["rules/".len()..],
                agreement.name
            ),
        );
    }
    file("rules/options.txt", "what the command line laid over the rules");
    if evidence.queries.is_some() {
        file("queries.txt", "what the servers were asked, as queries of PromQL");
    }
    if evidence.rows.is_some() {
        file(
            "rows/index.csv",
            "which file of rows belongs to which result, and how many rows it holds of how many",
        );
        file("rows/", "the rows themselves");
    }
    file("inputs.txt", "the BLAKE3 digest of every input");
    file("digests.txt", "the BLAKE3 digest of every other file of this archive");
    if evidence.rows.is_none() {
        page.paragraph("The rows behind the results were not asked for (--rows 0).");
    }
}

fn about_rows(page: &mut Page, report: &Report, rows: &[Named<'_>]) {
    page.heading("The rows", '-');
    page.paragraph(
        "There is a file for each result that is breached or undecided because of rows, and one for the rows that \
         cannot be used, if there are any. rows/index.csv says for each what its rows are, how many there are, and \
         which result they belong to. Where a result counts what is bad, the rows in the file and those left out \
         were counted again and come to that number.",
    );
    page.paragraph(
        "Each line of such a file is a row of an input, as it is there to the byte, behind cells that tell the name \
         of the input and the line on which the row begins (of a compressed input: when it is unpacked), and where \
         it matters the reason. The first line is the header of the input behind the same cells. Line ends are \
         those of Unix.",
    );
    page.paragraph(
        "Because the rows are evidence, nothing in them was made safe for spreadsheets: a cell may begin with = or \
         another sign that starts a formula. Import these files as text, or look at them in an editor.",
    );
    let parts =
        rows.iter().filter(|set| !set.offenders.shared && set.offenders.kept_rows() < set.offenders.rows);
    let left_out: Vec<&Named<'_>> = parts.collect();
    if left_out.is_empty() {
        page.paragraph("No row was left out.");
    } else {
        page.paragraph("Of these results there are more rows than are kept here:");
        for set in left_out.iter().take(MOST_TOLD) {
            let of = set.offenders.result.and_then(|result| report.results.get(result));
            let about = of.map_or("rows that cannot be used".to_owned(), |result| {
                let labels = result.about.group.iter().map(|(_, value)| format!(" {value}"));
                format!("{}{}", result.about.objective, labels.collect::<String>())
            });
            let (kept, all) = (count(set.offenders.kept_rows()), count(set.offenders.rows));
            page.block("  ", &format!("{about}: the first {kept} of {all}"));
        }
        if left_out.len() > MOST_TOLD {
            let rest = count((left_out.len() - MOST_TOLD) as i128);
            page.line(&format!("  … and {rest} more, in rows/index.csv"));
        }
    }
    let told = rows.iter().filter(|set| set.offenders.result.is_some()).count() as u64;
    let all = report.summary.breached + report.summary.undecided;
    if all > told {
        page.paragraph(&format!(
            "{} more that are breached or undecided have no rows here: {} are the most.",
            counted(all - told, "results"),
            count(told)
        ));
    }
}

fn again(page: &mut Page, evidence: &Evidence<'_>) {
    page.heading("How to check it", '-');
    page.paragraph(
        "b3sum (https://github.com/BLAKE3-team/BLAKE3) computes the digests, as do libraries for most languages. \
         sla is open source; a later version reads this report, too.",
    );
    page.paragraph(
        "1. The files of this archive are as they were made. In the folder where it was unpacked:",
    );
    page.line("\n     b3sum --check digests.txt");
    let inputs = &evidence.report.inputs;
    if inputs.iter().any(|input| input.digest.is_some()) {
        page.paragraph("2. The data is what was checked. Where the inputs are, with inputs.txt beside them:");
        page.line("\n     b3sum --check inputs.txt");
    } else {
        page.paragraph("2. The data has no digests: nothing here shows that it is what was checked.");
    }
    page.paragraph(
        "3. The results follow from the rules and the data. This reads the inputs again, by their names, and says \
         `identical` or names the first difference; where they have other names, those are told in the same order:",
    );
    if inputs.iter().any(|input| matches!(input.kind, InputKind::Server(_))) {
        page.paragraph(
            "A server is asked again for the same time, as sla.yaml of the folder names it; what it no longer keeps \
             it cannot confirm.",
        );
    }
    page.line("\n     sla verify report.json");
    page.line("     sla verify report.json --input FILE --input FILE");
    page.paragraph(
        "4. The run is the one that was recorded. In the history that it comes from, this looks at every run first, \
         then at this one:",
    );
    page.line(&format!("\n     sla verify {}", evidence.run.number));
    page.paragraph(
        "The hash of a run covers everything that it recorded and the hash of the run before it, so that nobody \
         can change an earlier run without changing every later hash. That shows edits, but not that a whole \
         history was made anew: for that, compare the hash above with one that was kept elsewhere at the time, in \
         a message for instance.",
    );
}
