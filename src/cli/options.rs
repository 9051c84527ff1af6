//! From what was typed to what the commands work with: checked, and free of clap.

use super::arguments::{Audience, CheckArguments, Color, Decimal, Format, InputArguments, ReportArguments};
use super::exit::{FailOn, OnBreach};
use super::formats;
use super::stop::Stop;
use super::{html as pages, pdf, terminal};
use crate::calendar;
use crate::deliver::{self, Target};
use crate::model::{Clock, InputMapping, Instant, NumberColumn, TimeColumn};
use crate::render::github::Checkout;
use crate::render::{html, table::Detail, text::visible};
use crate::rules;
use std::path::PathBuf;

/// What a report looks like and where it goes.
#[derive(Debug)]
pub(super) struct Reporting {
    pub(super) format: Format,
    pub(super) files: Vec<(Target, Format)>,
    pub(super) html: html::Options,
    pub(super) detail: Detail,
    pub(super) on_met: OnMet,
    pub(super) color: Color,
    /// A file that Markdown is to be appended to.
    pub(super) job_summary: Option<PathBuf>,
    pub(super) checkout: Checkout,
}

/// What is printed when everything is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnMet {
    Report,
    Silence,
}

/// What the exit code makes of a verdict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) fail_on: FailOn,
    pub(super) on_breach: OnBreach,
}

/// Looks whether every report can be written, before anything is read. `inputs` are not to be overwritten.
pub(super) fn reporting(
    report: &ReportArguments,
    on_met: OnMet,
    inputs: &[String],
) -> Result<Reporting, Stop> {
    let mut stop = Stop::usage_if_any();
    let mut formats = Vec::new();
    let mut paths = Vec::new();
    for said in &report.output {
        match formats::of_output(said) {
            Ok((format, path)) => {
                formats.push(format);
                paths.push(path);
            }
            Err(why) => stop.add(format!("--output {}: {why}", said.display())),
        }
    }
    if let Some(path) = &report.pdf {
        formats.push(Format::Pdf);
        paths.push(path.clone());
    }
    let format = settled(report.format);
    let every = || formats.iter().chain([&format]);
    if every().any(|format| *format == Format::Pdf) && pdf::browser().is_none() {
        stop.add(pdf::HOW.to_owned());
    }
    stop.check()?;
    let html = pages::options(report, every().any(|format| draws(*format)))?;
    let targets = deliver::prepare(&paths, inputs)
        .map_err(|faults| Stop::usage_all(faults.iter().map(|fault| format!("--output: {fault}"))))?;
    let files: Vec<(Target, Format)> = targets.into_iter().zip(formats).collect();
    if on_met == OnMet::Report {
        untouched(report, &files, &paths);
    }
    let job_summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty());
    Ok(Reporting {
        format,
        files,
        html,
        detail: if report.all { Detail::All } else { Detail::Worst },
        on_met,
        color: report.color,
        checkout: checkout(),
        job_summary: job_summary.filter(|_| format == Format::Github).map(PathBuf::from),
    })
}

/// Says which reports are whole, whatever an edition leaves out: they are not what a customer may see.
fn untouched(report: &ReportArguments, files: &[(Target, Format)], paths: &[PathBuf]) {
    let what = match (report.audience, report.only.is_empty()) {
        (Audience::Customer, _) => "the customer edition",
        (Audience::Internal, false) => "--only",
        (Audience::Internal, true) => return,
    };
    let whole = files.iter().zip(paths).filter(|((_, format), _)| !draws(*format));
    let mut whole: Vec<String> = whole.map(|(_, path)| path.display().to_string()).collect();
    if report.format != Format::Auto && !draws(report.format) {
        whole.push("standard output".to_owned());
    }
    if let Some((last, others)) = whole.split_last() {
        let (names, hold) = match others {
            [] => (last.clone(), "holds"),
            others => (format!("{} and {last}", others.join(", ")), "hold"),
        };
        let told = format!("warning: {what} shapes HTML and PDF reports only: {names} {hold} everything");
        terminal::tell(&format!("{}\n", visible(&told)));
    }
}

/// Where the run takes place; outside of a job of GitHub Actions names stay relative.
fn checkout() -> Checkout {
    let here = std::env::current_dir().unwrap_or_default();
    let root = std::env::var_os("GITHUB_WORKSPACE").map_or_else(|| here.clone(), PathBuf::from);
    Checkout { root, here }
}

impl Reporting {
    /// Whether a report draws charts, and needs more than verdicts for that.
    pub(super) fn draws(&self) -> bool {
        draws(self.format) || self.files.iter().any(|(_, format)| draws(*format))
    }
}

fn draws(format: Format) -> bool {
    matches!(format, Format::Html | Format::Pdf)
}

/// What `auto` means here.
fn settled(format: Format) -> Format {
    match format {
        Format::Auto if std::env::var_os("GITHUB_ACTIONS").is_some_and(|is| is == "true") => Format::Github,
        Format::Auto => Format::Table,
        format => format,
    }
}

/// What a breach and a warning do.
pub(super) fn policy(arguments: &CheckArguments) -> Policy {
    Policy {
        fail_on: match arguments.fail_on {
            super::arguments::FailOn::Breach => FailOn::Breach,
            super::arguments::FailOn::Warning => FailOn::Warning,
        },
        on_breach: if arguments.exit_zero { OnBreach::ExitZero } else { OnBreach::Fail },
    }
}

/// The present: the system's, unless `--now` says another one.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
pub(super) fn now(said: Option<&str>) -> Result<Instant, Stop> {
    let system = jiff::Timestamp::now().as_nanosecond();
    let system = Instant::try_from(system).unwrap_or(Instant::MAX);
    let Some(said) = said else { return Ok(system) };
    calendar::parse_bound(said, &Clock::Zoned("UTC".to_owned()), system)
        .map_err(|why| Stop::usage(format!("--now: {why}")))
}

/// Lays what the command line says about the columns over what a rule file says.
pub(super) fn map_input(said: &InputArguments, mapping: &mut InputMapping) -> Result<(), Stop> {
    let unit = said.unit.as_deref().map(rules::parse_unit).transpose();
    let unit = unit.map_err(|why| Stop::usage(format!("--unit: {why}")))?;
    if let Some(column) = &said.time {
        mapping.time = Some(TimeColumn { column: column.clone(), format: None, timezone: None });
    }
    if let Some(format) = &said.time_format {
        mapping.time_format = Some(format.clone());
        if let Some(time) = &mut mapping.time {
            time.format = Some(format.clone());
        }
    }
    if let Some(zone) = &said.timezone {
        jiff::tz::TimeZone::get(zone).map_err(|_| {
            Stop::usage(format!(
                "--timezone: `{zone}` is no known time zone; write it as in Europe/Vienna or UTC"
            ))
        })?;
        mapping.timezone = Some(zone.clone());
        if let Some(time) = &mut mapping.time {
            time.timezone = Some(zone.clone());
        }
    }
    if let Some(service) = &said.service {
        mapping.service = Some(service.clone());
    }
    if let Some(column) = &said.latency {
        mapping.latency = Some(NumberColumn { column: column.clone(), unit: None, gauge: false });
    }
    if let Some(unit) = unit {
        mapping.latency_unit = Some(unit);
        if let Some(latency) = &mut mapping.latency {
            latency.unit = Some(unit);
        }
    }
    if let Some(condition) = &said.failed {
        mapping.failed = Some(rules::parse_condition(condition, "--failed").map_err(Stop::diagnostics)?);
        mapping.status = None;
    }
    mapping.requests = said.requests.clone().or(mapping.requests.take());
    mapping.failures = said.failures.clone().or(mapping.failures.take());
    if let Some(mark) = said.decimal {
        mapping.decimal_comma = mark == Decimal::Comma;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_lies_over_the_rule_file() {
        let said = InputArguments {
            latency: Some("rt".into()),
            unit: Some("s".into()),
            timezone: Some("Europe/Vienna".into()),
            failed: Some("code >= 500".into()),
            ..InputArguments::default()
        };
        let mut mapping = InputMapping {
            time: Some(TimeColumn { column: "ts".into(), ..TimeColumn::default() }),
            service: Some("svc".into()),
            ..InputMapping::default()
        };
        map_input(&said, &mut mapping).unwrap();
        assert_eq!(mapping.service.as_deref(), Some("svc"));
        assert_eq!(mapping.time.unwrap().timezone.as_deref(), Some("Europe/Vienna"));
        let latency = mapping.latency.unwrap();
        assert_eq!((latency.column.as_str(), latency.unit.unwrap().name), ("rt", "s"));
        assert_eq!(mapping.failed.unwrap().1, "code >= 500");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |said: InputArguments| map_input(&said, &mut InputMapping::default()).unwrap_err().text();
        let unit = check(InputArguments { unit: Some("sekunden".into()), ..InputArguments::default() });
        assert!(unit.contains("--unit: unknown unit `sekunden`"), "{unit}");
        let zone = check(InputArguments { timezone: Some("Vienna".into()), ..InputArguments::default() });
        assert!(zone.contains("--timezone: `Vienna` is no known time zone"), "{zone}");
    }
}
