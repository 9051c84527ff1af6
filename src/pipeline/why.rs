//! Who contributes most to each breach (`--why`): a second pass over the same inputs, in which every breached
//! objective is measured once more for each value of one other column, and for shorter stretches of time.
//!
//! Called by `cli`. Invariant: verdicts stay as they are; only notes are added.

use super::{Failure, Options, check_opened};
use crate::calendar;
use crate::model::{
    Agreement, Column, Found, Nanos, Period, Rational, Reading, Report, RuleResult, Schema, SchemaColumn,
    UnitOf, Verdict, display,
};
use crate::source::{self, Description, Digests, Opened, Spread};
use std::collections::{BTreeMap, BTreeSet};

/// As many other columns are tried.
const MOST_COLUMNS: usize = 6;
/// A column with more values than this in the first megabyte tells requests apart, not kinds of requests.
const MOST_VALUES: usize = 60;
/// A number that names something comes at least so often on average.
const LEAST_REPEATS: usize = 3;
/// As many breaches are explained.
const MOST_BREACHES: usize = 1_000;
/// Shares of a breach below this many percent are not worth telling.
const LEAST_SHARE: u128 = 10;
const SECOND: Nanos = 1_000_000_000;
/// Lengths of the stretches, in seconds.
const STRETCHES: [Nanos; 14] =
    [1, 10, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 31_536_000];

/// Adds to every breached result what its breach is made of. `report` is what `check` said of the same agreements and
/// inputs; inputs are opened again, so standard input cannot be among them.
pub fn explain(
    report: &mut Report,
    agreements: &[Agreement],
    inputs: &[String],
    options: &Options<'_>,
) -> Result<(), Failure> {
    let breached: Vec<usize> = (0..report.results.len())
        .filter(|index| report.results[*index].verdict == Verdict::Breached)
        .take(MOST_BREACHES)
        .collect();
    if breached.is_empty() {
        return Ok(());
    }
    let opened = source::open_all(inputs, Digests::Unwanted, &options.named)?;
    let mut questions = Vec::new();
    for (index, agreement) in agreements.iter().enumerate() {
        let results: Vec<&RuleResult> = breached
            .iter()
            .map(|at| &report.results[*at])
            .filter(|result| result.agreement == index)
            .collect();
        if !results.is_empty() {
            let description = source::describe(&opened, &agreement.input)?;
            questions.extend(ask(index, agreement, &results, report, &description, &opened));
        }
    }
    let asked: Vec<Agreement> = questions.iter().map(|question| question.agreement.clone()).collect();
    let lenient = Options { max_bad_rows: u64::MAX, resume: None, ..options.clone() };
    let answers = check_opened(&asked, opened, &lenient)?;
    let notes: Vec<(usize, Vec<String>)> =
        breached.iter().map(|at| (*at, notes(report, &report.results[*at], &questions, &answers))).collect();
    for (at, notes) in notes {
        report.results[at].notes.extend(notes);
    }
    Ok(())
}

/// One more way to measure breached objectives.
struct Question {
    /// The agreement that was breached.
    about: usize,
    /// The same with other groups or stretches.
    agreement: Agreement,
    /// Which objective of the breached agreement each of its objectives is.
    objectives: Vec<usize>,
    by: By,
}

/// What is told apart.
enum By {
    /// The values of a column.
    Column(String),
    /// Stretches of time.
    Time,
}

impl By {
    /// Whether nearly each of the rows has a value of its own: no kind of rows stands out by that.
    fn numbers_rows(&self, values: usize, rows: u64) -> bool {
        matches!(self, By::Column(_)) && source::tells_apart(values as u64, rows)
    }
}

fn ask(
    about: usize,
    agreement: &Agreement,
    results: &[&RuleResult],
    report: &Report,
    description: &Description,
    opened: &[Opened],
) -> Vec<Question> {
    // Objectives with the columns that already group them, as their results name them.
    let breached: BTreeMap<usize, Vec<Column>> = results
        .iter()
        .map(|result| {
            (result.objective_idx, result.about.group.iter().map(|(name, _)| Column(name.clone())).collect())
        })
        .collect();
    let question = |by: By, regroup: &dyn Fn(&[Column]) -> Vec<Column>, period: Period| {
        let mut objectives = Vec::new();
        for (index, group) in &breached {
            let Some(objective) = agreement.objectives.get(*index) else { continue };
            let mut objective = objective.clone();
            objective.by = Some(regroup(group));
            objective.min_samples = 0;
            objectives.push(objective);
        }
        Question {
            about,
            agreement: Agreement { objectives, period, expect: Vec::new(), ..agreement.clone() },
            objectives: breached.keys().copied().collect(),
            by,
        }
    };
    let known: BTreeSet<usize> = breached
        .values()
        .flatten()
        .chain(&agreement.by)
        .filter_map(|column| position(&description.schema, column))
        .collect();
    let mut questions: Vec<Question> = columns(&description.schema, &known, description, opened)
        .into_iter()
        .map(|name| {
            let regroup = |group: &[Column]| group.iter().cloned().chain([Column(name.clone())]).collect();
            question(By::Column(name.clone()), &regroup, agreement.period)
        })
        .collect();
    if let Some(length) = stretch(agreement, report, about, &description.schema) {
        questions.push(question(By::Time, &|group| group.to_vec(), Period::Every(length)));
    }
    questions
}

/// The column of the data that a name means, as far as it matters here.
fn position(schema: &Schema, column: &Column) -> Option<usize> {
    let role = match column.0.as_str() {
        "service" => schema.service.at(),
        "status" => schema.status.at(),
        "latency" => schema.latency.at(),
        "time" => schema.time.at(),
        _ => None,
    };
    role.or_else(|| schema.columns.iter().position(|known| known.name == column.0))
}

/// Columns that tell kinds of rows apart, judged by the first megabyte of the first input.
fn columns(
    schema: &Schema,
    known: &BTreeSet<usize>,
    description: &Description,
    opened: &[Opened],
) -> Vec<String> {
    let (Some(input), Some(layout)) = (opened.first(), description.files.first()) else { return Vec::new() };
    let counts = schema.counts.iter().flat_map(|counts| [Some(counts.requests), counts.failures]);
    let roles = [&schema.time, &schema.latency].map(Found::at);
    let unhelpful: Vec<usize> = roles.into_iter().chain(counts).flatten().collect();
    let spread = source::spread(input, layout);
    let candidates = schema.columns.iter().zip(spread).enumerate().filter(|(at, (column, spread))| {
        (2..=MOST_VALUES).contains(&spread.values)
            && !spread.tells_rows_apart()
            && !is_measurement(column, *spread)
            && !known.contains(at)
            && !unhelpful.contains(at)
    });
    candidates.map(|(_, (column, _))| column.name.clone()).take(MOST_COLUMNS).collect()
}

/// Numbers of an amount, in contrast to those that name something: a status code, a port, an instance. Names have no
/// unit and no fraction, and come again and again.
fn is_measurement(column: &SchemaColumn, spread: Spread) -> bool {
    match &column.reading {
        Reading::Number { unit: UnitOf::Known(unit), .. } if !unit.name.is_empty() => true,
        Reading::Number { unit: UnitOf::InCell, .. } => true,
        Reading::Number { digits, .. } => {
            column.gauge
                || column.statistic.is_some()
                || *digits > 0
                || spread.values * LEAST_REPEATS > spread.rows
        }
        Reading::Text | Reading::Time(_) => false,
    }
}

/// Four to 24 stretches of the period, or of the input where that is one period.
fn stretch(agreement: &Agreement, report: &Report, about: usize, schema: &Schema) -> Option<Nanos> {
    schema.time.at()?;
    let mut lengths = STRETCHES.iter().map(|seconds| seconds * SECOND);
    match agreement.period {
        Period::Every(period) => {
            lengths.find(|length| period % length == 0 && (4..=24).contains(&(period / length)))
        }
        Period::All => {
            let spans =
                report.inputs.iter().filter(|input| input.agreement == about).filter_map(|input| input.span);
            let (first, last) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
            let span = last.checked_sub(first)?;
            lengths.find(|length| (4..=24).contains(&(span / length + 1)))
        }
    }
}

/// A part of a breach.
struct Part<'a> {
    result: &'a RuleResult,
    by: &'a By,
    bad: u64,
}

fn notes(report: &Report, breach: &RuleResult, questions: &[Question], answers: &Report) -> Vec<String> {
    let noun = report.agreements.get(breach.agreement).map_or("requests", |agreement| &agreement.noun);
    let Some(bad) = breach.bad.filter(|bad| *bad > 0) else {
        return extremes(report, breach, questions, answers, noun);
    };
    let mut parts: Vec<Part> = Vec::new();
    for (question, results) in of_breach(breach, questions, answers) {
        let with_bad = results.iter().filter(|result| result.bad.is_some_and(|bad| bad > 0)).count();
        if question.by.numbers_rows(with_bad, bad) {
            continue;
        }
        let most = results
            .into_iter()
            .filter_map(|result| Some(Part { result, by: &question.by, bad: result.bad? }));
        let worst = most.reduce(|a, b| if b.bad > a.bad { b } else { a });
        parts.extend(worst.filter(|part| stands_out(part, bad, breach.samples)));
    }
    if parts.is_empty() {
        return nothing(breach, questions);
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.bad));
    parts.iter().take(3).map(|part| sentence(report, part, breach, bad, noun)).collect()
}

/// More than its share of the requests would bring with it, and more than a little.
fn stands_out(part: &Part, bad: u64, samples: u64) -> bool {
    // A word for failure itself, which all failures have and nothing else has, explains nothing.
    if part.bad == bad && part.result.samples == bad {
        return false;
    }
    let (bad, samples) = (u128::from(bad), u128::from(samples));
    let (part_bad, part_samples) = (u128::from(part.bad), u128::from(part.result.samples));
    // By chance alone about bad × its share of the requests would fall there, give or take the root of that; three
    // times as far off is no chance any more.
    let (found, expected) = (part_bad.saturating_mul(samples), bad.saturating_mul(part_samples));
    let off = found.saturating_sub(expected);
    part_bad * 100 >= bad * LEAST_SHARE
        && off.saturating_mul(off) > expected.saturating_mul(samples).saturating_mul(9)
}

fn sentence(report: &Report, part: &Part, breach: &RuleResult, bad: u64, noun: &str) -> String {
    let share = share_of(part.result.samples, breach.samples);
    let whose = match part.by {
        By::Column(column) => {
            format!("have {column} {:?}, as have {share} of the {noun}", last_value(part.result))
        }
        By::Time => {
            format!("fall in {}, as do {share} of the {noun}", span_of(report, breach, part.result))
        }
    };
    format!("why: {} of the {} {whose}", display::count(part.bad), display::count(bad))
}

/// Indicators without single bad ones: where the value is worst, if that is a tenth worse than the whole.
fn extremes(
    report: &Report,
    breach: &RuleResult,
    questions: &[Question],
    answers: &Report,
    noun: &str,
) -> Vec<String> {
    let wants_small = breach.about.comparison.wants_small();
    let tenth = if wants_small { Rational::new(11, 10) } else { Rational::new(9, 10) };
    let Some(bound) = breach.measured.zip(tenth).and_then(|(whole, tenth)| whole.value.times(tenth)) else {
        return Vec::new();
    };
    let is_worse = |a: Rational, b: Rational| if wants_small { a > b } else { a < b };
    let mut notes = Vec::new();
    for (question, results) in of_breach(breach, questions, answers) {
        if question.by.numbers_rows(results.len(), breach.samples) {
            continue;
        }
        let measured = results.into_iter().filter_map(|result| Some((result.measured?.quantity(), result)));
        let worst = measured.reduce(|a, b| if is_worse(b.0.value, a.0.value) { b } else { a });
        let Some((quantity, result)) = worst.filter(|(quantity, _)| is_worse(quantity.value, bound)) else {
            continue;
        };
        let value = display::quantity(quantity, Some(breach.about.target));
        let share = share_of(result.samples, breach.samples);
        notes.push(match &question.by {
            By::Column(column) => {
                format!(
                    "why: {value} with {column} {:?}, which {share} of the {noun} have",
                    last_value(result)
                )
            }
            By::Time => {
                format!(
                    "why: {value} from {}, where {share} of the {noun} fall",
                    span_of(report, breach, result)
                )
            }
        });
    }
    if notes.is_empty() { nothing(breach, questions) } else { notes }
}

fn last_value(result: &RuleResult) -> &str {
    result.about.group.last().map_or("", |(_, value)| value.as_str())
}

fn span_of(report: &Report, breach: &RuleResult, part: &RuleResult) -> String {
    let clock =
        report.inputs.iter().find(|input| input.agreement == breach.agreement).map(|input| &input.clock);
    match (part.period.from, part.period.to, clock) {
        (Some(from), Some(to), Some(clock)) => calendar::span(from, to, clock),
        _ => "one stretch of time".to_owned(),
    }
}

/// The answers about a breach: the same objective and group, within its period.
fn of_breach<'a>(
    breach: &'a RuleResult,
    questions: &'a [Question],
    answers: &'a Report,
) -> impl Iterator<Item = (&'a Question, Vec<&'a RuleResult>)> {
    questions.iter().enumerate().filter(|(_, question)| question.about == breach.agreement).map(
        move |(at, question)| {
            let is_part = |result: &&RuleResult| {
                result.agreement == at
                    && question.objectives.get(result.objective_idx) == Some(&breach.objective_idx)
                    && result.about.group.starts_with(&breach.about.group)
                    && breach
                        .period
                        .from
                        .is_none_or(|from| result.period.from.is_some_and(|part| part >= from))
                    && breach.period.to.is_none_or(|to| result.period.to.is_some_and(|part| part <= to))
            };
            (question, answers.results.iter().filter(is_part).collect())
        },
    )
}

fn nothing(breach: &RuleResult, questions: &[Question]) -> Vec<String> {
    let looked: Vec<&str> = questions
        .iter()
        .filter(|question| question.about == breach.agreement)
        .map(|question| match &question.by {
            By::Column(column) => column.as_str(),
            By::Time => "time",
        })
        .collect();
    let looked = if looked.is_empty() {
        "there is no column to tell them apart by".to_owned()
    } else {
        format!("looked at {}", looked.join(", "))
    };
    vec![format!("why: nothing stands out ({looked})")]
}

/// In whole percents.
fn share_of(part: u64, whole: u64) -> String {
    let percent = Rational::share(part, whole).and_then(|share| share.times(Rational::integer(100)));
    match percent.map_or(0, Rational::round) {
        0 => "less than 1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}
