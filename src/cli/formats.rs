//! The forms of a report: their names, the files that are known by their names, and which renderer writes which.

use super::arguments::Format;
use super::pdf;
use crate::model::Report;
use crate::render::github::Checkout;
use crate::render::{self, Colour, html, nagios, table};
use clap::ValueEnum;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Everything that a renderer may ask for beside the report.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) table: &'a table::Options,
    pub(super) html: &'a html::Options,
    /// What a plugin answers.
    pub(super) state: nagios::State,
    /// Where annotations point.
    pub(super) checkout: &'a Checkout,
}

/// Writes the report in one format.
pub(super) fn write(report: &Report, format: Format, look: Look, out: &mut dyn Write) -> io::Result<()> {
    match format {
        // What `auto` means is settled where the environment is known.
        Format::Auto | Format::Table => table::write(report, look.table, out),
        Format::Html => html::write(report, look.html, out),
        Format::Pdf => pdf::print(&|out| html::write(report, look.html, out), report.now, out),
        Format::Json => render::json::write(report, out),
        Format::Csv => render::csv::write(report, out),
        Format::Violations => render::violations::write(report, out),
        Format::Markdown => render::markdown::write(report, usize::MAX, out),
        Format::Junit => render::junit::write(report, out),
        Format::Github => {
            let plain = table::Options { colour: Colour::Never, ..look.table.clone() };
            render::github::write(report, &table::render(report, &plain), look.checkout, out)
        }
        Format::Gitlab | Format::Openmetrics => render::openmetrics::write(report, out),
        Format::Nagios => render::nagios::write(report, look.state, out),
    }
}

/// Format and file of `--output FILE` or `--output FORMAT=FILE`.
pub(super) fn of_output(said: &Path) -> Result<(Format, PathBuf), String> {
    if let Some((word, file)) = said.to_str().and_then(|text| text.split_once('='))
        && let Ok(format) = Format::from_str(word, false)
        && format != Format::Auto
    {
        return match file {
            "" => Err(format!("no file after `{word}=`")),
            file => Ok((format, PathBuf::from(file))),
        };
    }
    let format = of_name(said).ok_or(
        "the name does not tell the format; end it in .html, .pdf, .json, .csv, .txt, .md, .xml or .prom, \
         or write FORMAT=FILE as in junit=report",
    )?;
    Ok((format, said.to_owned()))
}

fn of_name(path: &Path) -> Option<Format> {
    let lower = |text: Option<&OsStr>| text.and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    if lower(path.file_name()).as_deref() == Some("violations.csv") {
        return Some(Format::Violations);
    }
    match lower(path.extension())?.as_str() {
        "html" | "htm" => Some(Format::Html),
        "pdf" => Some(Format::Pdf),
        "json" => Some(Format::Json),
        "csv" => Some(Format::Csv),
        "txt" => Some(Format::Table),
        "md" => Some(Format::Markdown),
        "xml" => Some(Format::Junit),
        "prom" => Some(Format::Openmetrics),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_name() {
        let check = |path: &str, expected| assert_eq!(of_name(Path::new(path)), expected, "{path}");
        check("report.json", Some(Format::Json));
        check("a/report.2025.CSV", Some(Format::Csv));
        check("a/violations.csv", Some(Format::Violations));
        check("my-violations.csv", Some(Format::Csv));
        check("report.txt", Some(Format::Table));
        check("report.html", Some(Format::Html));
        check("report.pdf", Some(Format::Pdf));
        check("report.md", Some(Format::Markdown));
        check("junit.xml", Some(Format::Junit));
        check("sla.prom", Some(Format::Openmetrics));
        check("report.doc", None);
        check("json", None);
        check(".json", None);
    }

    #[test]
    fn formats_by_word() {
        let check = |said: &str, expected: Result<(Format, &str), &str>| {
            let found = of_output(Path::new(said));
            let expected =
                expected.map(|(format, file)| (format, PathBuf::from(file))).map_err(str::to_owned);
            assert_eq!(found, expected, "{said}");
        };
        check("junit=out/report", Ok((Format::Junit, "out/report")));
        check("gitlab=metrics.txt", Ok((Format::Gitlab, "metrics.txt")));
        check("json=a=b.csv", Ok((Format::Json, "a=b.csv")));
        check("a=b.csv", Ok((Format::Csv, "a=b.csv")));
        check("./json=a.csv", Ok((Format::Csv, "./json=a.csv")));
        check("junit=", Err("no file after `junit=`"));
        assert!(of_output(Path::new("auto=report")).is_err());
    }
}
