//! Everything about a recorded run in one zip archive, for a claim or an audit: the report, the rules, the digests and
//! the rows behind it, with a page that says how to check them. It is made to be read without `sla`, years later.
//!
//! Invariant: the same run, inputs and limits give the same bytes; names of entries are made here, never taken.

mod readme;
mod rows;
mod zip;

use super::{csv, html, json};
use crate::model::{AgreementSummary, Instant, Offenders, Report};
use jiff::{Timestamp, tz::TimeZone};
use std::io::{self, Write};

/// What an archive is about.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// As it was recorded; its details, if there are any, draw the charts of the page.
    pub report: &'a Report,
    /// What is known of the run beside it.
    pub run: &'a Run,
    /// The rows behind the report; `None` where nobody wanted them.
    pub rows: Option<&'a [Offenders]>,
    /// What servers were asked, where there were some and that is known.
    pub queries: Option<&'a str>,
}

/// A recorded run, beside its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its number in its history.
    pub number: i64,
    /// Name and version of the program that made it.
    pub tool: String,
    /// Version of the time-zone data.
    pub zone_data: Option<String>,
    /// Its hash, in hexadecimal.
    pub hash: String,
    /// That of the run before it.
    pub previous: String,
}

/// A file of the archive.
type Entry = (String, Vec<u8>);

/// Writes the archive. Returns how many files are in it.
pub fn write(evidence: &Evidence<'_>, out: &mut dyn Write) -> io::Result<usize> {
    let mut entries = entries(evidence)?;
    entries.push(("digests.txt".to_owned(), digests(&entries)));
    zip::write(&entries, moment(evidence.report.now), out)?;
    Ok(entries.len())
}

/// All but the digests, which are over them.
fn entries(evidence: &Evidence<'_>) -> io::Result<Vec<Entry>> {
    let report = evidence.report;
    let files = rules(report);
    let rows = rows::named(report, evidence.rows.unwrap_or_default());
    let mut entries: Vec<Entry> =
        vec![("README.txt".to_owned(), readme::text(evidence, &files, &rows).into_bytes())];
    let mut add = |name: &str, write: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        entries.push((name.to_owned(), bytes));
        io::Result::Ok(())
    };
    let no_charts = evidence.rows.is_none().then(|| "none was asked for (--rows 0)".to_owned());
    let options_of_page = html::Options { no_charts, ..html::Options::default() };
    add("report.html", &|out| html::write(report, &options_of_page, out))?;
    add("report.json", &|out| json::write_of(report, &evidence.run.tool, out))?;
    add("results.csv", &|out| csv::write(report, out))?;
    for (agreement, name) in report.agreements.iter().zip(&files) {
        add(name, &|out| out.write_all(agreement.text.as_bytes()))?;
    }
    add("rules/options.txt", &|out| out.write_all(options(report, &files).as_bytes()))?;
    if let Some(queries) = evidence.queries {
        add("queries.txt", &|out| out.write_all(queries.as_bytes()))?;
    }
    if evidence.rows.is_some() {
        add("rows/index.csv", &|out| rows::index(report, &rows, out))?;
        for set in &rows {
            for (name, table) in set.files.iter().zip(&set.offenders.kept) {
                add(name, &|out| rows::table(report, table, out))?;
            }
        }
    }
    add("inputs.txt", &|out| out.write_all(inputs(report).as_bytes()))?;
    Ok(entries)
}

/// The files of the agreements, each with a name of its own.
fn rules(report: &Report) -> Vec<String> {
    let name = |(at, agreement): (usize, &AgreementSummary)| {
        let file = agreement.origin.file.as_ref().and_then(|file| file.file_stem());
        let stem = file.map_or_else(|| agreement.name.clone(), |stem| stem.to_string_lossy().into_owned());
        let is_yaml = agreement.built_in || agreement.origin.file.is_some();
        format!("rules/{:02}-{}.{}", at + 1, slug(&stem), if is_yaml { "yaml" } else { "txt" })
    };
    report.agreements.iter().enumerate().map(name).collect()
}

/// What the command line laid over the rules, by their files.
fn options(report: &Report, files: &[String]) -> String {
    let of_agreement = |(agreement, file): (&AgreementSummary, &String)| {
        let options: Vec<_> = agreement.overlay.iter().map(|option| super::text::visible(option)).collect();
        let told = if options.is_empty() { "none".to_owned() } else { options.join("\n  ") };
        format!("\n{file}\n  {told}\n")
    };
    let each = report.agreements.iter().zip(files).map(of_agreement);
    let title = "Options of the command line that lay over the rules, as they were given.\n".to_owned();
    std::iter::once(title).chain(each).collect()
}

/// What `b3sum --check` reads, of the inputs whose digest is known; each once.
fn inputs(report: &Report) -> String {
    let mut lines: Vec<String> = Vec::new();
    for input in &report.inputs {
        if let Some(digest) = &input.digest {
            let line = checked(digest, &input.source);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines.concat()
}

fn digests(entries: &[Entry]) -> Vec<u8> {
    let line = |(name, bytes): &Entry| checked(blake3::hash(bytes).to_hex().as_str(), name);
    entries.iter().map(line).collect::<String>().into_bytes()
}

/// A line as b3sum writes it: names with a backslash or a line end are escaped, and marked by a backslash in front.
fn checked(digest: &str, name: &str) -> String {
    let escaped = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    let mark = if escaped == name { "" } else { "\\" };
    format!("{mark}{digest}  {escaped}\n")
}

/// A text as a part of a file's name: its letters and digits, and hyphens for all else.
fn slug(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut slug = String::new();
    for letter in text.chars() {
        match letter {
            letter if letter.is_alphanumeric() || letter == '_' => slug.push(letter),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    let short: String = slug.chars().take(LONGEST).collect();
    match short.trim_end_matches('-') {
        "" => "unnamed".to_owned(),
        short => short.to_owned(),
    }
}

/// The clock that the run was given, in UTC.
fn moment(now: Instant) -> zip::Moment {
    let time = Timestamp::from_nanosecond(i128::from(now)).unwrap_or_default().to_zoned(TimeZone::UTC);
    zip::Moment::new((time.year(), time.month(), time.day()), (time.hour(), time.minute(), time.second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_letters() {
        let check = |text: &str, expected: &str| assert_eq!(slug(text), expected, "{text}");
        check("web-shop", "web-shop");
        check("../../etc/passwd", "etc-passwd");
        check("a\\..\\b:c\0d", "a-b-c-d");
        check("..", "unnamed");
        check("failure_rate <= 5%", "failure_rate-5");
        check("Grüße", "Grüße");
        check(&"x ".repeat(60), &"x-".repeat(20)[..39]);
    }

    #[test]
    fn lines_as_b3sum_has_them() {
        assert_eq!(checked("ab", "a b.csv"), "ab  a b.csv\n");
        assert_eq!(checked("ab", "a\nb\\c"), "\\ab  a\\nb\\\\c\n");
    }
}
