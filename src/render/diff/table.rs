//! For people: a sentence per change, the most important kind first.

use super::super::table::coloured;
use super::super::text::{visible, width, wrap};
use super::super::{Colour, clock_of, figure, moment};
use super::{Change, Diff, Kind, Unknown, is_unknown};
use crate::model::{Clock, Report, RuleResult, display};
use std::fmt::Write;

/// How it is to look.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether verdicts are coloured.
    pub colour: Colour,
}

/// The changes as text, with a line end.
pub fn render(diff: &Diff, options: &Options) -> String {
    let mut page = String::new();
    for (word, (run, report)) in [("from", diff.before), ("to  ", diff.after)] {
        let now = moment::second(report.now, &Clock::Zoned("UTC".to_owned()));
        let verdict = coloured(report.verdict, report.verdict.word(), options.colour);
        let _ = writeln!(page, "{word} run {run}, {now} UTC: {verdict}");
    }
    for name in &diff.rules {
        lines(
            &mut page,
            &format!("the rules of {name}, or the options laid over them, are others"),
            0,
            options,
        );
    }
    for Unknown { run, agreement, why } in &diff.unknown {
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        lines(&mut page, &format!("run {run} knows nothing of {agreement}{why}"), 0, options);
    }
    let (apart, compared): (Vec<&Change>, Vec<&Change>) =
        diff.changes.iter().partition(|change| is_unknown(diff, change));
    for kind in [Kind::Verdict, Kind::Target, Kind::Measured, Kind::New, Kind::Gone] {
        let changes: Vec<&Change> = compared.iter().copied().filter(|change| change.kind == kind).collect();
        if !changes.is_empty() {
            let heading = match kind {
                Kind::Verdict => "other verdict",
                Kind::Target => "other target",
                Kind::Measured => "other measurement",
                Kind::New => "new",
                Kind::Gone => "gone",
            };
            let _ = writeln!(page, "\n{heading} ({})", display::count(changes.len() as u64));
        }
        for change in changes {
            told(&mut page, diff, change, options);
        }
    }
    // The other run says nothing of these, which is neither news nor a promise that went.
    for (run, kind) in [(diff.before.0, Kind::Gone), (diff.after.0, Kind::New)] {
        let changes: Vec<&Change> = apart.iter().copied().filter(|change| change.kind == kind).collect();
        if !changes.is_empty() {
            let _ = writeln!(page, "\nonly in run {run} ({})", display::count(changes.len() as u64));
        }
        for change in changes {
            told(&mut page, diff, change, options);
        }
    }
    let apart = match apart.len() {
        0 => String::new(),
        apart => format!(", {} only in one of them", display::count(apart as u64)),
    };
    let _ = writeln!(page, "\n{} the same{apart}", display::counted(diff.same, "results"));
    page
}

fn told(page: &mut String, diff: &Diff, change: &Change, options: &Options) {
    let Some((report, result)) = change
        .after
        .map(|after| (diff.after.1, after))
        .or(change.before.map(|before| (diff.before.1, before)))
    else {
        return;
    };
    lines(page, &subject(report, result), 2, options);
    let measured = |result: &RuleResult| {
        result.measured.as_ref().map_or(String::new(), |measured| {
            format!(", {}", figure::measured(measured, &result.about.target, result.about.prefer.as_ref()))
        })
    };
    // Where the figures look the same, what they were measured on differs.
    let looks_same = change.before.map(measured) == change.after.map(measured);
    let value = |result: &RuleResult, colour| {
        let measured = measured(result);
        let target = match change.kind {
            Kind::Target => format!(" ({})", result.about.target_text),
            Kind::Measured if looks_same => format!(" of {}", display::count(result.samples)),
            _ => String::new(),
        };
        let words = format!("{measured}{}", visible(&target));
        format!("{}{words}", coloured(result.verdict, result.verdict.word(), colour))
    };
    let line = |colour| {
        let values: Vec<String> =
            [change.before, change.after].into_iter().flatten().map(|result| value(result, colour)).collect();
        values.join(" -> ")
    };
    // Colours take no room, but a broken line would cut them.
    let fits = width(&line(Colour::Never)) + 4 <= options.width;
    let shown = line(if fits { options.colour } else { Colour::Never });
    if fits {
        let _ = writeln!(page, "    {shown}");
    } else {
        lines(page, &shown, 4, options);
    }
}

/// `checkout, 2025-06-01: failure_rate <= 5%`
fn subject(report: &Report, result: &RuleResult) -> String {
    let clock = clock_of(report, result.agreement);
    let group = result.about.group.iter().map(|(_, value)| value.clone());
    let period = result.period.from.map(|from| moment::short(from, clock));
    let about: Vec<String> = group.chain(period).collect();
    let colon = if about.is_empty() { "" } else { ": " };
    let objective = result.about.name.as_ref().unwrap_or(&result.about.objective);
    let several = report.agreements.len() > 1;
    let agreement = report.agreements.get(result.agreement).filter(|_| several);
    let agreement = agreement.map_or(String::new(), |agreement| format!(" ({})", agreement.name));
    format!("{}{colon}{objective}{agreement}", about.join(", "))
}

fn lines(page: &mut String, text: &str, indent: usize, options: &Options) {
    for line in wrap(&visible(text), options.width.saturating_sub(indent), 6) {
        let _ = writeln!(page, "{}{line}", " ".repeat(indent));
    }
}
