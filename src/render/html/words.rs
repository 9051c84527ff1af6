//! Sentences about promises and results, as plain text: what uses them makes them safe.

use super::chart::promised;
use super::edition::{Promise, View};
use super::text::counted;
use crate::model::{Clock, InputSummary, Instant, Reason, Report, RuleResult, Verdict, display};
use crate::render::{clock_of, figure, moment};

/// `9.78 %`, `–` without data.
pub(super) fn measured(result: &RuleResult) -> String {
    result.measured.map_or_else(
        || "–".to_owned(),
        |measured| figure::measured(&measured, &result.about.target, result.about.prefer.as_ref()),
    )
}

/// The start of the period; `None` for all of the input.
pub(super) fn period(view: &View<'_>, result: &RuleResult) -> Option<String> {
    result.period.from.map(|from| moment::short(from, clock_of(view.report, result.agreement)))
}

/// Why a verdict is what it is: to insiders as it was decided, to others without columns, files and options.
pub(super) fn explanation(view: &View<'_>, result: &RuleResult) -> String {
    if view.is_internal() {
        return result.explain.to_string();
    }
    if let Some(reason) = result.reason {
        return reason_in_words(reason).to_owned();
    }
    match (result.bad, result.allowed) {
        (Some(bad), Some(allowed)) => format!(
            "{} of {} missed it, {} allowed",
            display::count(bad),
            display::counted(result.samples, view.noun(result.agreement)),
            if allowed == 0 { "none".to_owned() } else { display::count(allowed) }
        ),
        _ => format!("over {}", display::counted(result.samples, view.noun(result.agreement))),
    }
}

fn reason_in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::NoData => "there was nothing to measure",
        Reason::TooFewSamples => "there was too little to measure",
        Reason::RejectedRows => "some of the records could not be used, and could change it",
        Reason::MissingValues => "some of the records are incomplete, and could change it",
        Reason::MissingColumn | Reason::Ambiguous | Reason::NotMeasurable => {
            "the records do not allow to measure it"
        }
        Reason::UntrustedInput => "the records cannot be trusted",
        Reason::ZeroSpan => "the records cover no stretch of time",
        Reason::IncompletePeriod => "the records do not cover all of the period",
    }
}

/// What happened to one promise: `failure rate was 9.78 %, at most 5 % promised`.
pub(super) fn outcome(view: &View<'_>, promise: &Promise<'_>) -> String {
    let worst = promise.worst();
    let objective = view.objective(promise.about);
    let many = promise.results.len();
    let when = match (period(view, worst), many) {
        (Some(period), 2..) => {
            let like = promise.periods(promise.verdict);
            format!(" ({} of {}, worst {period})", display::count(like as u64), counted(many, "periods"))
        }
        _ => String::new(),
    };
    match worst.measured {
        Some(_) if promise.verdict == Verdict::Breached => {
            format!("{objective}, {} instead of {}{when}", measured(worst), promised(promise.about))
        }
        Some(_) => format!("{objective}, {} of {} promised{when}", measured(worst), promised(promise.about)),
        None => format!("{objective}: {}{when}", explanation(view, worst)),
    }
}

/// What the whole came to, one sentence.
pub(super) fn whole(view: &View<'_>) -> String {
    let promises = view.promises.len();
    let with = |verdict| view.promises.iter().filter(|promise| promise.verdict == verdict).count();
    let (broken, open, close) = (with(Verdict::Breached), with(Verdict::Undecided), with(Verdict::Warning));
    let of = |count: usize| {
        if count == promises {
            match promises {
                1 => "The only promise".to_owned(),
                many => format!("All {}", counted(many, "promises")),
            }
        } else {
            format!("{} of {}", display::count(count as u64), counted(promises, "promises"))
        }
    };
    let was = |count: usize| if count == 1 { "was" } else { "were" };
    let is = |count: usize| if count == 1 { "is" } else { "are" };
    match (promises, broken, open) {
        (0, ..) => "Nothing could be checked.".to_owned(),
        (_, 0, 0) if view.verdict <= Verdict::Warning => {
            let close = match close {
                0 => String::new(),
                1 => "; one preference was missed".to_owned(),
                many => format!("; {} preferences were missed", display::count(many as u64)),
            };
            format!("{} {} kept{close}.", of(promises), was(promises))
        }
        (_, 0, 0) => {
            format!("{} {} kept, but not every agreement could be checked.", of(promises), was(promises))
        }
        (_, 0, open) => format!("{} {} undecided.", of(open), is(open)),
        (_, broken, 0) => format!("{} {} broken.", of(broken), was(broken)),
        (_, broken, open) => format!(
            "{} {} broken, {} {} undecided.",
            of(broken),
            was(broken),
            display::count(open as u64),
            is(open)
        ),
    }
}

/// The inputs' first and last instant, with their clock.
pub(super) fn span(report: &Report) -> Option<(Instant, Instant, &Clock)> {
    let spans =
        report.inputs.iter().filter_map(|input: &InputSummary| input.span.map(|(a, b)| (a, b, &input.clock)));
    spans.reduce(|(first, last, clock), (a, b, _)| (first.min(a), last.max(b), clock))
}

/// `2025-06-02 10:00 to 2025-06-02 10:59 UTC`.
pub(super) fn covered(report: &Report) -> Option<String> {
    let (first, last, clock) = span(report)?;
    let zone = moment::zone(clock).map_or(String::new(), |zone| format!(" {zone}"));
    Some(format!("{} to {}{zone}", minute(first, clock), minute(last, clock)))
}

fn minute(instant: Instant, clock: &Clock) -> String {
    moment::human(instant.saturating_sub(instant.rem_euclid(60_000_000_000)), clock)
}

/// `2025-06-08 06:00 UTC`.
pub(super) fn now(report: &Report) -> String {
    format!("{} UTC", minute(report.now, &Clock::Zoned("UTC".to_owned())))
}

/// The page's title: the user's, else the agreements' names.
pub(super) fn title(view: &View<'_>) -> String {
    if let Some(title) = &view.options.title {
        return title.clone();
    }
    let names: Vec<&str> = view
        .report
        .agreements
        .iter()
        .filter(|agreement| !agreement.built_in)
        .map(|agreement| agreement.name.as_str())
        .collect();
    match names.as_slice() {
        [one, other @ ..] if other.len() < 3 && view.is_internal() => {
            let others: Vec<String> = other.iter().map(|name| format!(", {name}")).collect();
            format!("{one}{}", others.concat())
        }
        [one] => (*one).to_owned(),
        _ => "Service levels".to_owned(),
    }
}
