//! How the cells of each column are read, and what is said about it.

use super::rows;
use super::said::Said;
use super::sample::Row;
use super::times::{self, Inputs};
use super::tools::{self, Tool};
use super::units;
use super::{Columns, Parts, Why};
use crate::model::{
    Clock, InputMapping, Problem, Reading, SchemaColumn, StatusKind, TimeFormat, Unit, UnitOf,
};
use crate::source::error::SourceError;

/// Decimals that the fast path keeps at most: sums are counted in billionths.
const MOST_DIGITS: u32 = 9;

/// The columns as they are read.
pub(super) struct Read {
    pub(super) columns: Vec<SchemaColumn>,
    pub(super) clock: Clock,
    /// What was inferred about each column: fragments for the report.
    pub(super) said: Vec<Vec<String>>,
    pub(super) problems: Vec<Problem>,
}

/// What reading the columns needs to know.
pub(super) struct Given<'a> {
    pub(super) columns: &'a Columns<'a>,
    pub(super) said: &'a Said,
    pub(super) mapping: &'a InputMapping,
    pub(super) tool: Option<Tool>,
    pub(super) parts: &'a Parts,
    pub(super) rows: &'a rows::Recognised,
    pub(super) sample: &'a [Row<'a>],
    pub(super) inputs: &'a Inputs<'a>,
}

/// Decides how every column is read.
pub(super) fn read(given: &Given<'_>) -> Result<Read, SourceError> {
    let count = given.columns.names.len();
    let mut read = Read {
        columns: Vec::with_capacity(count),
        clock: Clock::Naive,
        said: vec![Vec::new(); count],
        problems: Vec::new(),
    };
    let mut clocks: Vec<Option<Clock>> = Vec::with_capacity(count);
    for at in 0..count {
        let reading = reading(given, at, &mut read)?;
        clocks.push(match &reading {
            Reading::Time(format) => Some(times::clock(format, zone(given, at))),
            Reading::Text | Reading::Number { .. } => None,
        });
        read.columns.push(SchemaColumn {
            name: given.columns.names[at].clone(),
            reading,
            statistic: given.columns.words[at].statistic.clone(),
            gauge: given.said.columns[at].gauge,
        });
    }
    // The time column's clock is the input's; without one, that of its other times where they agree.
    let of_time = given.parts.time.0.at().and_then(|at| clocks[at].clone());
    let others: Vec<&Clock> = clocks.iter().flatten().collect();
    let agreed = others
        .first()
        .filter(|first| others.iter().all(|other| other == *first))
        .map(|clock| (*clock).clone());
    read.clock = of_time.or(agreed).unwrap_or(Clock::Naive);
    same_clocks(given, &clocks, &read.clock)?;
    Ok(read)
}

/// Times that are held against each other, or shown on the input's clock, must be on it.
fn same_clocks(given: &Given<'_>, clocks: &[Option<Clock>], clock: &Clock) -> Result<(), SourceError> {
    let names = given.columns.names;
    let naive = |at: usize| clocks[at] == Some(Clock::Naive);
    for (at, said) in given.said.columns.iter().enumerate() {
        let other = match said.partner {
            Some(partner) if naive(at) && !naive(partner) => names[partner].as_str(),
            None if said.time.is_some() && naive(at) && *clock != Clock::Naive => {
                match given.parts.time.0.at() {
                    Some(time) => names[time].as_str(),
                    None => "another column",
                }
            }
            _ => continue,
        };
        return Err(SourceError::unclear(
            &given.inputs.opened[0].name,
            None,
            format!(
                "the times in {} have no zone, but those in {other} have; say `timezone:` beside the column, or --timezone",
                names[at]
            ),
        ));
    }
    Ok(())
}

/// The zone that was said for a column's times.
fn zone(given: &Given<'_>, at: usize) -> Option<String> {
    let own = given.said.columns[at].time.as_ref().and_then(|(_, zone)| zone.clone());
    own.or_else(|| given.mapping.timezone.clone())
}

fn reading(given: &Given<'_>, at: usize, read: &mut Read) -> Result<Reading, SourceError> {
    let (said, facts) = (&given.said.columns[at], &given.columns.facts[at]);
    let is_time = given.parts.time.0.at() == Some(at);
    if is_time || said.time.is_some() {
        return Ok(Reading::Time(time(given, at, read)?));
    }
    let is = |part: &(crate::model::Found, Why)| part.0.at() == Some(at);
    let is_words = is(&given.parts.status) && given.parts.status_kind != StatusKind::Http;
    if said.text || is(&given.parts.service) || (is_words && !said.number) {
        return Ok(Reading::Text);
    }
    let counted =
        given.rows.counts.is_some_and(|counts| counts.requests == at || counts.failures == Some(at));
    if counted || (is(&given.parts.status) && !said.number) {
        return Ok(Reading::Number { unit: UnitOf::Known(Unit::PLAIN), digits: 0 });
    }
    let numeric = facts.numeric();
    if said.number || is(&given.parts.latency) || numeric {
        return Ok(number(given, at, read));
    }
    if facts.mostly_times() {
        let zone = zone(given, at);
        let recognised = times::recognise(&given.columns.names[at], facts, at, zone, None)?;
        return Ok(Reading::Time(recognised.format));
    }
    Ok(Reading::Text)
}

fn number(given: &Given<'_>, at: usize, read: &mut Read) -> Reading {
    let header = given.columns.names[at].as_str();
    let (words, facts) = (&given.columns.words[at], &given.columns.facts[at]);
    let is_latency = given.parts.latency.0.at() == Some(at);
    let said = given.said.columns[at].unit;
    let said = said.or(if is_latency { given.mapping.latency_unit } else { None });
    let recognised = units::recognise(header, words, facts, said, tools::unit(given.tool, header));
    read.said[at].extend(recognised.proof);
    read.problems.extend(recognised.problem);
    Reading::Number { unit: recognised.unit, digits: facts.digits.min(MOST_DIGITS) }
}

fn time(given: &Given<'_>, at: usize, read: &mut Read) -> Result<TimeFormat, SourceError> {
    let (header, facts) = (given.columns.names[at].as_str(), &given.columns.facts[at]);
    let is_time = given.parts.time.0.at() == Some(at);
    let said = given.said.columns[at].time.as_ref().and_then(|(format, _)| format.clone());
    let said = said.or_else(|| given.mapping.time_format.clone().filter(|_| is_time));
    if let Some(format) = said {
        return times::said(header, &format, zone(given, at), given.sample, at, given.inputs);
    }
    // An end that is blank so far is written as its start is.
    let partner = given.said.columns[at].partner;
    let (facts, at_proof) = match partner {
        Some(partner) if facts.filled == 0 => (&given.columns.facts[partner], partner),
        _ => (facts, at),
    };
    if facts.filled > 0 && !facts.mostly_times() && facts.epoch().is_none() {
        let cell = given.sample.iter().find(|row| !crate::plan::is_blank(&row.cells[at_proof]));
        let way_out = if facts.clocks * 2 > facts.filled {
            "a time of day without a date; write both in one column"
        } else {
            "no time as they are known; say how it is written: --time-format '%d.%m.%y %H:%M', or `format:` beside the \
             column"
        };
        let (file, line, text) = cell.map_or((0, None, String::new()), |row| {
            (row.file, Some(row.line), String::from_utf8_lossy(&row.cells[at_proof]).into_owned())
        });
        return Err(SourceError::unclear(
            &given.inputs.opened[file].name,
            line,
            format!("{header} is {text:?}, which is {way_out}"),
        ));
    }
    let zone = zone(given, at);
    let recognised = times::recognise(header, facts, at_proof, zone.clone(), Some(given.inputs))?;
    if let Some(message) = times::bad_zone(zone.as_deref()) {
        return Err(SourceError::Mapping { message });
    }
    let called = if is_time { "time" } else { header };
    if let Some(proof) = recognised.proof {
        read.said[at].push(format!("{called} is {proof}"));
    }
    Ok(recognised.format)
}
