//! Whether a report would be written over the data, by names alone.
//!
//! Invariant: nothing is asked about the data: a disk that does not answer would hold up whoever asks.

use super::arguments::ReportArguments;
use super::formats;
use super::stop::Stop;
use crate::deliver::Undelivered;
use globset::GlobBuilder;
use std::path::{Component, Path, PathBuf};

/// Refuses reports in the place of data: files, folders or patterns.
pub(super) fn spare(report: &ReportArguments, data: &[String]) -> Result<(), Stop> {
    // What names no format is found by whoever opens it.
    let outputs = report.output.iter().filter_map(|said| formats::of_output(said).ok());
    let here = std::env::current_dir().unwrap_or_default();
    let is_data = |file: &PathBuf| data.iter().any(|word| means(word, file, &here));
    let faults: Vec<String> = outputs
        .map(|(_, file)| file)
        .chain(report.pdf.clone())
        .filter(|file| is_data(file) || std::fs::canonicalize(file).is_ok_and(|real| is_data(&real)))
        .map(|target| Undelivered { target, why: "it is an input of this run".to_owned() })
        .map(|fault| format!("--output: {fault}"))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Stop::usage_all(faults)) }
}

/// Whether data of this name would be, or have in it, this file.
fn means(word: &str, file: &Path, here: &Path) -> bool {
    let file = plain(&here.join(file));
    let place = plain(&here.join(word));
    if place == file || (file.parent() == Some(&place) && is_table(&file)) {
        return true;
    }
    if !word.contains(['*', '?', '[', '{']) {
        return false;
    }
    let pattern = match word.strip_prefix('/') {
        Some(_) => plain(Path::new(word)),
        None => plain(&Path::new(&globset::escape(&here.display().to_string())).join(word)),
    };
    let pattern = GlobBuilder::new(&pattern.display().to_string())
        .literal_separator(true)
        .backslash_escape(true)
        .build();
    pattern.is_ok_and(|pattern| pattern.compile_matcher().is_match(&file))
}

/// Whether a folder stands for it.
fn is_table(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    [".csv", ".tsv"].iter().any(|end| name.ends_with(end))
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_a_file() {
        let here = Path::new("/srv/[1]/work");
        let check = |word: &str, file: &str, expected: bool| {
            assert_eq!(means(word, Path::new(file), here), expected, "{word} {file}");
        };
        check("data.csv", "data.csv", true);
        check("./data.csv", "../work/data.csv", true);
        check("data.csv", "/srv/[1]/work/data.csv", true);
        check("data.csv", "report.csv", false);
        // A folder stands for the tables in it.
        check("logs", "logs/report.csv", true);
        check("logs/", "logs/violations.csv", true);
        check("logs", "logs/report.html", false);
        check("logs", "logs/more/report.csv", false);
        check("*.csv", "report.csv", true);
        check("./*.csv", "/srv/[1]/work/report.csv", true);
        check("*.csv", "out/report.csv", false);
        check("**/*.csv", "out/report.csv", true);
        check("/srv/*/work/r*.csv", "report.csv", true);
        check("*.csv", "report.json", false);
        check("a[1].csv", "a[1].csv", true);
        check("-", "report.csv", false);
    }
}
