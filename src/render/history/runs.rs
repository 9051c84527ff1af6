//! The runs themselves, at a glance: for people, as JSON (`sla.runs/1`, which only ever gains fields), as CSV.

use super::super::csv::{safe, why};
use super::super::moment;
use super::super::table::coloured;
use super::super::text::{left, right, visible, width, wrap};
use super::table::Options;
use crate::model::{Clock, RunSummary, Summary, display};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write};

const HEADERS: [&str; 7] = ["RUN", "TIME (UTC)", "VERDICT", "MET", "WARNING", "BREACHED", "UNDECIDED"];
const TIME: usize = 1;
const VERDICT: usize = 2;
const GAP: &str = "  ";
/// Lines that a reason may take.
const MOST_LINES: usize = 3;

/// The runs as text, with a line end: a row per run, and below it what remained unknown.
pub fn table(runs: &[RunSummary], options: &Options) -> String {
    let page = wide(runs, options);
    // Names of what is unknown are broken to fit; the numbers are not.
    let fits = page.lines().next().is_none_or(|header| width(header) <= options.width);
    if fits { page } else { narrow(runs, options) }
}

/// A row per run whose numbers are a sentence, in as many lines as it takes.
fn narrow(runs: &[RunSummary], options: &Options) -> String {
    let number =
        runs.iter().map(|run| width(&run.run.to_string())).chain([HEADERS[0].len()]).max().unwrap_or(0);
    let (time, verdict) = ("2025-06-01 06:00".len(), "undecided".len());
    let before = [number, time, verdict].map(|column| column + GAP.len()).iter().sum::<usize>();
    let head = |run: &str, at: &str| format!("{}{GAP}{}", right(run, number), left(at, time));
    let mut page =
        format!("{}{GAP}{}{GAP}RESULTS\n", head(HEADERS[0], HEADERS[TIME]), left(HEADERS[VERDICT], verdict));
    for run in runs {
        let word = run.verdict.word();
        let padding = " ".repeat(verdict.saturating_sub(word.len()));
        let word = coloured(run.verdict, word, options.colour);
        let results = sentence(run.summary, options.width.saturating_sub(before));
        let mut results = results.iter();
        let first = results.next().map_or("", String::as_str);
        // Writing to a string cannot fail.
        let _ =
            writeln!(page, "{}{GAP}{word}{padding}{GAP}{first}", head(&run.run.to_string(), &minute(run)));
        for line in results {
            let _ = writeln!(page, "{}{line}", " ".repeat(before));
        }
        tell_more(&mut page, run, number + GAP.len(), options);
    }
    page
}

/// `3 met, 1 breached` in lines that part no number from its word; `none` where nothing was found out.
fn sentence(Summary { met, warning, breached, undecided }: Summary, columns: usize) -> Vec<String> {
    let counts = [(met, "met"), (warning, "warning"), (breached, "breached"), (undecided, "undecided")];
    let mut lines: Vec<String> = Vec::new();
    for (count, word) in counts.into_iter().filter(|(count, _)| *count > 0) {
        let part = format!("{} {word}", display::count(count));
        match lines.last_mut() {
            // With a comma behind it, should there be more.
            Some(line) if width(line) + 2 + width(&part) < columns => {
                let _ = write!(line, ", {part}");
            }
            Some(line) => {
                line.push(',');
                lines.push(part);
            }
            None => lines.push(part),
        }
    }
    if lines.is_empty() { vec!["none".to_owned()] } else { lines }
}

/// What remained unknown, and that it was so again, below a row.
fn tell_more(page: &mut String, run: &RunSummary, indent: usize, options: &Options) {
    for text in unknown(run).into_iter().chain(again(run)) {
        for line in wrap(&visible(&text), options.width.saturating_sub(indent), MOST_LINES) {
            let _ = writeln!(page, "{}{line}", " ".repeat(indent));
        }
    }
}

fn wide(runs: &[RunSummary], options: &Options) -> String {
    let rows: Vec<[String; 7]> = runs
        .iter()
        .map(|run| {
            let Summary { met, warning, breached, undecided } = run.summary;
            let [met, warning, breached, undecided] = [met, warning, breached, undecided].map(display::count);
            let verdict = run.verdict.word().to_owned();
            [run.run.to_string(), minute(run), verdict, met, warning, breached, undecided]
        })
        .collect();
    let widths: [usize; 7] = std::array::from_fn(|column| {
        rows.iter().map(|row| width(&row[column])).chain([width(HEADERS[column])]).max().unwrap_or(0)
    });
    let line = |cells: &[String; 7]| {
        let cells = cells.iter().enumerate().map(|(column, cell)| match column {
            TIME | VERDICT => left(cell, widths[column]),
            _ => right(cell, widths[column]),
        });
        cells.collect::<Vec<_>>().join(GAP)
    };
    // Writing to a string cannot fail.
    let mut page = format!("{}\n", line(&HEADERS.map(str::to_owned)));
    for (run, row) in runs.iter().zip(&rows) {
        let plain = line(row);
        let coloured = coloured(run.verdict, &row[VERDICT], options.colour);
        let _ = writeln!(page, "{}", plain.replacen(&row[VERDICT], &coloured, 1));
        tell_more(&mut page, run, widths[0] + GAP.len(), options);
    }
    page
}

/// `nothing is known of Web shop: data.csv: no such file or folder`
fn unknown(run: &RunSummary) -> Option<String> {
    let why = run.why.as_ref().map_or(String::new(), |why| format!(": {why}"));
    (!run.unknown.is_empty()).then(|| format!("nothing is known of {}{why}", run.unknown.join(", ")))
}

/// `so again 3 times, last 2025-06-08 06:00`
fn again(run: &RunSummary) -> Option<String> {
    let (times, last) = run.again?;
    let times =
        if times == 1 { "once, ".to_owned() } else { format!("{}, last ", display::counted(times, "times")) };
    Some(format!("so again {times}{}", moment::minute(last, &utc())))
}

/// What a list of results leaves out: the runs that had none. With a line end; empty where every run had some.
pub fn left_out(runs: &[RunSummary], options: &Options) -> String {
    let blank: Vec<&RunSummary> = runs.iter().filter(|run| !run.unknown.is_empty()).collect();
    let Some(last) = blank.last() else { return String::new() };
    let (run, time) = (last.run, minute(last));
    let which = match blank.len() {
        1 => format!("1 run, {run} of {time} UTC,"),
        several => format!("{}, the last one {run} of {time} UTC,", display::counted(several as u64, "runs")),
    };
    let text = format!("{which} could not check everything; `sla history runs` says why");
    wrap(&visible(&text), options.width, MOST_LINES).join("\n") + "\n"
}

fn minute(run: &RunSummary) -> String {
    moment::minute(run.now, &utc())
}

fn utc() -> Clock {
    Clock::Zoned("UTC".to_owned())
}

#[derive(Serialize)]
struct RunsV1<'a> {
    schema: &'static str,
    tool: &'static str,
    runs: Vec<RunV1<'a>>,
}

#[derive(Serialize)]
struct RunV1<'a> {
    run: i64,
    now: String,
    verdict: &'static str,
    met: u64,
    warning: u64,
    breached: u64,
    undecided: u64,
    agreements: &'a [String],
    unknown: &'a [String],
    why: Option<&'a str>,
    again: u64,
    again_at: Option<String>,
}

/// Writes the runs as one object, with a line end.
pub fn json(runs: &[RunSummary], out: &mut dyn Write) -> io::Result<()> {
    let runs = runs.iter().map(|run| RunV1 {
        run: run.run,
        now: moment::machine(run.now, &utc()),
        verdict: run.verdict.word(),
        met: run.summary.met,
        warning: run.summary.warning,
        breached: run.summary.breached,
        undecided: run.summary.undecided,
        agreements: &run.agreements,
        unknown: &run.unknown,
        why: run.why.as_deref(),
        again: run.again.map_or(0, |(times, _)| times),
        again_at: run.again.map(|(_, last)| moment::machine(last, &utc())),
    });
    let tool = concat!("sla ", env!("CARGO_PKG_VERSION"));
    serde_json::to_writer_pretty(&mut *out, &RunsV1 { schema: "sla.runs/1", tool, runs: runs.collect() })?;
    out.write_all(b"\n")
}

/// Writes one row per run (RFC 4180); no cell starts a formula.
pub fn csv(runs: &[RunSummary], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    let header = [
        "run",
        "now",
        "verdict",
        "met",
        "warning",
        "breached",
        "undecided",
        "agreements",
        "unknown",
        "why",
        "again",
        "again_at",
    ];
    writer.write_record(header).map_err(why)?;
    for run in runs {
        let Summary { met, warning, breached, undecided } = run.summary;
        let cells = [
            run.run.to_string(),
            moment::machine(run.now, &utc()),
            run.verdict.word().to_owned(),
            met.to_string(),
            warning.to_string(),
            breached.to_string(),
            undecided.to_string(),
            safe(&run.agreements.join(", ")),
            safe(&run.unknown.join(", ")),
            safe(run.why.as_deref().unwrap_or_default()),
            run.again.map_or(0, |(times, _)| times).to_string(),
            run.again.map(|(_, last)| moment::machine(last, &utc())).unwrap_or_default(),
        ];
        writer.write_record(cells).map_err(why)?;
    }
    writer.flush()
}
