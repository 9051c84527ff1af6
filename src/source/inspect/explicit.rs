//! The command line that says what was inferred.

use crate::model::{
    Column, DateOrder, InputMapping, NANOS, Offsets, Reading, StatusKind, TimeFormat, TimeLayout, UnitOf,
};
use crate::plan::{StatusWords, digit};
use crate::source::Opened;
use crate::source::cell::TimeReader;
use crate::source::describe::{Study, shell_word};

/// Its words, quoted for a shell: every option with its value is one.
pub(super) fn command(opened: &[Opened], study: &Study, mapping: &InputMapping) -> Vec<String> {
    let schema = &study.description.schema;
    let header = |at: usize| schema.columns[at].name.as_str();
    let mut words = vec!["sla check".to_owned()];
    words.extend(opened.iter().map(|input| shell_word(&input.name)));
    let mut option = |name: &str, value: &str| words.push(format!("--{name} {}", shell_word(value)));
    if let Some(at) = schema.time.at() {
        option("time", header(at));
        if let Reading::Time(format) = &schema.columns[at].reading {
            let example = study.facts[at].first_time.as_ref().map(|seen| seen.text.as_str());
            if let Some(pattern) = pattern(format, example) {
                option("time-format", &pattern);
            }
            if let Some(zone) = format.zone.as_ref().or(mapping.timezone.as_ref()) {
                option("timezone", zone);
            }
        }
    }
    if let Some(at) = schema.service.at() {
        option("service", header(at));
    }
    if let Some(at) = schema.latency.at() {
        option("latency", header(at));
        if let Reading::Number { unit: UnitOf::Known(unit), .. } = &schema.columns[at].reading
            && !unit.name.is_empty()
        {
            option("unit", unit.name);
        }
    }
    if let Some(counts) = schema.counts {
        option("requests", header(counts.requests));
        if let Some(failures) = counts.failures {
            option("failures", header(failures));
        }
    } else if let Some((_, condition)) = &mapping.failed {
        option("failed", condition);
    } else if let Some(condition) = schema.status.at().and_then(|at| failed(study, mapping, at)) {
        option("failed", &condition);
    }
    if mapping.decimal_comma {
        option("decimal", "comma");
    }
    words
}

/// The condition that says what the status column is taken to say.
fn failed(study: &Study, mapping: &InputMapping, at: usize) -> Option<String> {
    let name = &study.description.schema.columns[at].name;
    let column = Column(name.clone()).in_rules();
    let kind = study.parts.status_kind;
    if kind == StatusKind::Http {
        return Some(format!("{column} >= 500 or {column} == 0"));
    }
    let words = StatusWords { map: mapping.status.clone().unwrap_or_default(), kind };
    // A condition would settle without a word what an unknown one means.
    if study.facts[at].words.keys().any(|word| words.digit(word.as_bytes()).is_none()) {
        return None;
    }
    let failing: Vec<String> = study.facts[at]
        .words
        .keys()
        .filter(|word| words.digit(word.as_bytes()) == Some(digit::TRUE))
        .map(|word| format!("{:?}", word.trim()))
        .collect();
    match failing.as_slice() {
        [] => None,
        [one] => Some(format!("{column} == {one}")),
        several => Some(format!("{column} in [{}]", several.join(", "))),
    }
}

/// The name of an epoch's unit.
pub(super) fn epoch_name(nanos: i64) -> &'static str {
    match nanos {
        1 => "nanoseconds",
        1_000 => "microseconds",
        1_000_000 => "milliseconds",
        _ => "seconds",
    }
}

/// The format as `--time-format` says it: only where it reads the example as the layout does.
fn pattern(format: &TimeFormat, example: Option<&str>) -> Option<String> {
    let date = match &format.layout {
        TimeLayout::Pattern(pattern) => return Some(pattern.clone()),
        TimeLayout::Epoch(NANOS) => return Some("epoch s".to_owned()),
        TimeLayout::Epoch(1_000_000) => return Some("epoch ms".to_owned()),
        TimeLayout::Epoch(1_000) => return Some("epoch us".to_owned()),
        TimeLayout::Epoch(_) => return Some("epoch ns".to_owned()),
        TimeLayout::YearLast(DateOrder::Unsettled(_)) => return None,
        TimeLayout::YearFirst => ["%Y", "%m", "%d"],
        TimeLayout::YearLast(DateOrder::DayFirst) => ["%d", "%m", "%Y"],
        TimeLayout::YearLast(DateOrder::MonthFirst) => ["%m", "%d", "%Y"],
    };
    let example = example?;
    let separator = example.chars().find(|character| !character.is_ascii_digit())?.to_string();
    let date = date.join(&separator);
    let middle = if example.contains(['T', 't']) { "T" } else { " " };
    let times = ["", "%H:%M", "%H:%M:%S", "%H:%M:%S%.f", "%I:%M %p", "%I:%M:%S %p"];
    let offsets: &[&str] =
        if format.offsets == Offsets::Always { &["%:z", "%z", " %:z", " %z"] } else { &[""] };
    let expected = TimeReader::new(format).ok()?.read(example.as_bytes()).ok()?;
    times
        .iter()
        .flat_map(|time| offsets.iter().map(move |offset| (time, offset)))
        .map(|(time, offset)| match *time {
            "" => date.clone(),
            time => format!("{date}{middle}{time}{offset}"),
        })
        .find(|pattern| {
            let same = TimeFormat { layout: TimeLayout::Pattern(pattern.clone()), ..format.clone() };
            TimeReader::new(&same).is_ok_and(|reader| reader.read(example.as_bytes()) == Ok(expected))
        })
}
