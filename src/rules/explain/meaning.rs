//! What one objective means, and a worked example.

use super::numbers::{grouped, length, of_every, sample, scaled, seconds_text};
use crate::model::{
    Agreement, Column, Comparison, Dimension, Indicator, NANOS, Objective, Period, Rational, Target,
};

/// Round examples have at least this many requests.
const EXAMPLE: i128 = 2_000;

/// One paragraph.
pub(super) fn of(objective: &Objective, agreement: &Agreement) -> String {
    let noun = agreement.noun.as_str();
    let Objective { comparison, target, .. } = objective;
    let value = target.quantity.value;
    match &objective.indicator {
        Indicator::Rows => count("rows are there", *comparison, value),
        Indicator::Requests => count(&format!("{noun} are there"), *comparison, value),
        Indicator::Failures => count(&format!("{noun} failed"), *comparison, value),
        Indicator::FailureRate => share(noun, "failed", "fail", *comparison, &target.text, value),
        Indicator::Availability => share(noun, "did not fail", "succeed", *comparison, &target.text, value),
        Indicator::ViolationRate(_) => conditional(noun, objective),
        Indicator::Share(_) => conditional("rows", objective),
        Indicator::Avg(column) => average(objective, column, noun),
        Indicator::Min(column) => extreme(objective, column, noun, Comparison::wants_large),
        Indicator::Max(column) => extreme(objective, column, noun, Comparison::wants_small),
        Indicator::Sum(column) => sum(objective, column),
        Indicator::Percentile { percent, column } => percentile(objective, *percent, column, noun),
        Indicator::Ratio { over, under } => ratio(objective, over, under),
        Indicator::Throughput => throughput(objective, agreement),
        Indicator::Apdex { satisfied } => apdex(objective, *satisfied, noun),
    }
}

/// `at most`, `less than` …
fn words(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::AtMost => "at most",
        Comparison::Below => "less than",
        Comparison::AtLeast => "at least",
        Comparison::Above => "more than",
        Comparison::Equal => "exactly",
        Comparison::Unequal => "anything but",
    }
}

/// The last whole number that meets a comparison, and the first that does not.
fn edge(comparison: Comparison, value: Rational) -> (i128, i128) {
    match comparison {
        Comparison::Below => (value.ceil() - 1, value.ceil()),
        Comparison::AtLeast => (value.ceil(), value.ceil() - 1),
        Comparison::Above => (value.floor() + 1, value.floor()),
        Comparison::AtMost | Comparison::Equal | Comparison::Unequal => (value.floor(), value.floor() + 1),
    }
}

fn count(what: &str, comparison: Comparison, value: Rational) -> String {
    let (met, breached) = edge(comparison, value);
    let bound = if comparison == Comparison::Below { "fewer than" } else { words(comparison) };
    let miss = if breached >= 0 { format!("; {}: breached", grouped(breached)) } else { String::new() };
    format!("{} {} {what}. {}: met{miss}.", capital(bound), grouped(value.floor()), grouped(met))
}

/// A share for which a condition holds; a long one is not said again.
fn conditional(noun: &str, objective: &Objective) -> String {
    let condition = argument(&objective.text);
    let short = condition.chars().count() <= 40 && !condition.contains('`');
    let met = if short { format!("met `{condition}`") } else { "met that condition".to_owned() };
    let target = &objective.target;
    share(noun, &met, "meet it", objective.comparison, &target.text, target.quantity.value)
}

/// A share of all requests, and how many that is.
fn share(
    noun: &str,
    past: &str,
    present: &str,
    comparison: Comparison,
    target: &str,
    value: Rational,
) -> String {
    let all = sample(value, EXAMPLE);
    let part = value.times(Rational::new(all, 1).unwrap_or(Rational::ONE)).unwrap_or(Rational::ZERO);
    let (met, breached) = edge(comparison, part);
    let must = if comparison.wants_small() { "may" } else { "must" };
    let bound = if comparison.wants_small() { "at most" } else { "at least" };
    let bound = if comparison == Comparison::Equal { "exactly" } else { bound };
    let met = met.clamp(0, all);
    let bound =
        if met == 0 && must == "may" { "none".to_owned() } else { format!("{bound} {}", grouped(met)) };
    let miss = if (0..=all).contains(&breached) {
        format!("; with {} it is breached", grouped(breached))
    } else {
        String::new()
    };
    format!(
        "{} {target} of all {noun} {past}. Of {} {noun}, {bound} {must} {present}{miss}.",
        capital(words(comparison)),
        grouped(all),
    )
}

fn percentile(objective: &Objective, percent: Rational, column: &Column, noun: &str) -> String {
    let Objective { comparison, target, .. } = objective;
    let share = percent.over(Rational::integer(100)).unwrap_or(Rational::ONE);
    let all = sample(share, EXAMPLE);
    let (part, every) = of_every(share);
    let (part, every) = (grouped(part), grouped(every));
    // The rank that decides: the smallest whole number of values that is at least the share.
    let rank = share.times(Rational::new(all, 1).unwrap_or(Rational::ONE)).map_or(all, Rational::ceil);
    let target = &target.text;
    let example =
        |limit: i128, how: &str| format!("Of {} {noun} at most {} may {how}.", grouped(all), grouped(limit));
    let (take, took) = verb(objective, column);
    match comparison {
        Comparison::AtMost | Comparison::Below => {
            let words = words(*comparison);
            let beyond = if *comparison == Comparison::AtMost { "more" } else { "that or more" };
            format!(
                "At least {part} of every {every} {noun} {took} {words} {target}. {}",
                example(all - rank, &format!("{take} {beyond}"))
            )
        }
        Comparison::AtLeast | Comparison::Above => {
            let less = if *comparison == Comparison::AtLeast { "less than" } else { "at most" };
            format!(
                "Fewer than {part} of every {every} {noun} {took} {less} {target}. {}",
                example(rank - 1, &format!("{take} {less} that"))
            )
        }
        Comparison::Equal | Comparison::Unequal => format!(
            "The smallest {column} with at least {part} of every {every} {noun} at or below it is exactly {target}."
        ),
    }
}

/// Requests take a duration; of anything else they have a value.
fn verb(objective: &Objective, column: &Column) -> (&'static str, String) {
    if objective.target.quantity.dimension == Dimension::Duration && column.0 == "latency" {
        ("take", "took".to_owned())
    } else {
        ("have", format!("had {column} of"))
    }
}

fn average(objective: &Objective, column: &Column, noun: &str) -> String {
    let Objective { comparison, target, .. } = objective;
    let text = format!("The mean {column} of all {noun} is {} {}.", words(*comparison), target.text);
    let Some((half, more)) = around(target) else { return text };
    format!(
        "{text} Two {noun} of {half} and {more} average exactly {}: {}.",
        target.text,
        on_target(*comparison)
    )
}

/// Two values, equally far below and above a target; neither beyond 100 % where it is a share.
fn around(target: &Target) -> Option<(String, String)> {
    let value = target.quantity.value;
    if value == Rational::ZERO {
        return None;
    }
    let mut distance = Rational::new(1, 2)?;
    if target.quantity.dimension == Dimension::Ratio && value < Rational::ONE {
        let room = Rational::ONE.over(value)?.minus(Rational::ONE)?.times(distance)?;
        distance = distance.min(room);
    }
    let below = scaled(target, Rational::ONE.minus(distance)?)?;
    Some((below, scaled(target, Rational::ONE.plus(distance)?)?))
}

/// What a value that equals the target is.
fn on_target(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::AtMost | Comparison::AtLeast | Comparison::Equal => "met",
        Comparison::Below | Comparison::Above | Comparison::Unequal => "breached",
    }
}

/// The smallest or largest value: a bound on every value, or on at least one.
fn extreme(objective: &Objective, column: &Column, noun: &str, all: fn(Comparison) -> bool) -> String {
    let Objective { comparison, target, .. } = objective;
    let (words, target) = (words(*comparison), &target.text);
    let stated = states_percentile(column);
    let more = if stated {
        format!(
            " That is about the percentiles that the rows state, each of its own {noun}; of single {noun} it says nothing."
        )
    } else {
        String::new()
    };
    let noun = if stated { "rows" } else { noun };
    if *comparison == Comparison::Equal {
        let left = objective.text.split(comparison.symbol()).next().unwrap_or_default().trim();
        return format!("{left} is exactly {target}: one of the {noun} has it, and none goes beyond.{more}");
    }
    if all(*comparison) {
        format!(
            "Every value of {column} is {words} {target}: among any number of {noun}, one that is not is a breach.{more}"
        )
    } else {
        format!(
            "At least one value of {column} is {words} {target}: among any number of {noun}, one is enough.{more}"
        )
    }
}

/// Whether a column is called after a percentile: `p95_ms`, `latency_p99.9`.
fn states_percentile(column: &Column) -> bool {
    column.0.split(|character: char| !character.is_alphanumeric()).any(|word| {
        let digits = word.strip_prefix(['p', 'P']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn sum(objective: &Objective, column: &Column) -> String {
    let Objective { comparison, target, .. } = objective;
    let text = format!("All values of {column} add up to {} {}.", words(*comparison), target.text);
    match Rational::new(1, 2).and_then(|half| scaled(target, half)) {
        Some(half) if target.quantity.value != Rational::ZERO => {
            format!(
                "{text} Two rows of {half} add up to exactly {}: {}.",
                target.text,
                on_target(*comparison)
            )
        }
        _ => text,
    }
}

fn ratio(objective: &Objective, over: &Column, under: &Column) -> String {
    let Objective { comparison, target, .. } = objective;
    let text = format!(
        "The sum of {over} divided by the sum of {under} is {} {}; never an average of quotients.",
        words(*comparison),
        target.text
    );
    let value = target.quantity.value;
    if !matches!(target.quantity.dimension, Dimension::Ratio | Dimension::Plain) {
        return text;
    }
    let all = sample(value, EXAMPLE);
    let Some(part) = Rational::new(all, 1).and_then(|all| value.times(all)) else { return text };
    let bound = match comparison {
        Comparison::AtMost | Comparison::Below => "at most",
        Comparison::AtLeast | Comparison::Above => "at least",
        Comparison::Equal | Comparison::Unequal => "exactly",
    };
    let (met, _) = edge(*comparison, part);
    format!("{text} Where {under} adds up to {}, {over} may be {bound} {}.", grouped(all), grouped(met))
        .replace("may be at least", "must be at least")
        .replace("may be exactly", "must be exactly")
}

fn throughput(objective: &Objective, agreement: &Agreement) -> String {
    let Objective { comparison, target, .. } = objective;
    let noun = &agreement.noun;
    let nanos = match agreement.period {
        Period::All => 3_600 * NANOS,
        Period::Every(nanos) => nanos,
    };
    let text = format!("On average over the whole time {} {}.", words(*comparison), target.text);
    let seconds = Rational::new(i128::from(nanos), i128::from(NANOS));
    let Some(part) = seconds.and_then(|seconds| target.quantity.value.times(seconds)) else { return text };
    let (met, breached) = edge(*comparison, part);
    format!("{text} In {}, {} {noun}: met; {}: breached.", length(nanos), grouped(met), grouped(breached))
}

fn apdex(objective: &Objective, satisfied: Rational, noun: &str) -> String {
    let Objective { comparison, target, .. } = objective;
    let four = satisfied.times(Rational::integer(4)).map(seconds_text).unwrap_or_default();
    let text = format!(
        "Each of the {noun} scores 1 up to {}, 1/2 up to {four}, and 0 beyond that or when it failed; the mean score \
         is {} {}.",
        seconds_text(satisfied),
        words(*comparison),
        target.text
    );
    let value = target.quantity.value;
    let all = sample(value, 1_000);
    // With s satisfied the score is s / all where the rest scores nothing, (s + all) / (2 all) where it tolerates.
    let tolerating = value.times(Rational::integer(2)).and_then(|twice| twice.minus(Rational::ONE));
    let (share, rest) = match tolerating {
        Some(share) if share >= Rational::ZERO => (share, "tolerating"),
        _ => (value, "slower"),
    };
    match Rational::new(all, 1).and_then(|all| share.times(all)) {
        Some(good) if good.den() == 1 => format!(
            "{text} Of {} {noun}, {} satisfied and {} {rest} score exactly {}: {}.",
            grouped(all),
            grouped(good.num()),
            grouped(all - good.num()),
            target.text,
            on_target(*comparison)
        ),
        _ => text,
    }
}

/// What stands between the first parenthesis and its partner, at the left of the comparison.
fn argument(text: &str) -> &str {
    let open = text.find('(').map_or(0, |at| at + 1);
    let close = text.rfind(')').unwrap_or(text.len()).max(open);
    &text[open..close]
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
