//! The unit of a column's numbers: said, told by the header, or written in the cells.

use super::names::Words;
use super::sample::Facts;
use crate::model::{Dimension, Problem, ProblemKind, Severity, Unit, UnitOf};

/// A unit, and what to say about it.
pub(super) struct Recognised {
    pub(super) unit: UnitOf,
    /// A fragment for the report, where the header alone does not say it.
    pub(super) proof: Option<String>,
    pub(super) problem: Option<Problem>,
}

/// Rates that are no shares of anything: per second, per minute …
const NO_SHARES: [&str; 10] = [
    "requestrate",
    "requestsrate",
    "samplerate",
    "samplingrate",
    "bitrate",
    "framerate",
    "datarate",
    "callrate",
    "arrivalrate",
    "transferrate",
];

/// The unit of a column that holds numbers. `said` is the unit that was said, `known` that of a known tool.
pub(super) fn recognise(
    header: &str,
    words: &Words,
    facts: &Facts,
    said: Option<Unit>,
    known: Option<Unit>,
) -> Recognised {
    let plain = |unit| Recognised { unit, proof: None, problem: None };
    if facts.units_in_cells() {
        let example =
            facts.first_unit.as_ref().map(|(seen, _)| format!("{} on line {}", seen.text, seen.line));
        let proof = example.map(|example| format!("{header} has its unit in every cell: {example}"));
        return Recognised { unit: UnitOf::InCell, proof, problem: None };
    }
    if let Some(unit) = said {
        let other = words.unit.filter(|told| told.factor != unit.factor || told.dimension != unit.dimension);
        let message = other.map(|told| {
            format!("{header} is read in {} as said, though its header says {}", unit.name, told.name)
        });
        let problem = message.map(|message| remark(Severity::Warning, header, message));
        return Recognised { unit: UnitOf::Known(unit), proof: None, problem };
    }
    if let Some(unit) = known {
        return plain(UnitOf::Known(unit));
    }
    if words.unit == Some(Unit::RATIO) || is_share(words) {
        return share(header, facts);
    }
    match words.unit {
        Some(unit) => {
            let problem = doubtful(header, unit, facts);
            Recognised { unit: UnitOf::Known(unit), proof: None, problem }
        }
        None => plain(UnitOf::Unknown),
    }
}

/// `error_rate`, `availability` and the like.
pub(super) fn is_share(words: &Words) -> bool {
    let stem = words.stem.as_str();
    let named = stem.ends_with("rate") || stem.ends_with("ratio") || stem.ends_with("availability");
    named && words.unit.is_none_or(|unit| unit == Unit::RATIO) && !NO_SHARES.contains(&stem)
}

/// A share of 1 if every sampled value is one; above, nothing tells percent from permille.
fn share(header: &str, facts: &Facts) -> Recognised {
    if facts.filled == 0 || facts.shares < facts.numbers || facts.numbers < facts.filled {
        return Recognised { unit: UnitOf::Unknown, proof: None, problem: None };
    }
    let proof = format!("{header} is a share of 1: its values are between 0 and 1");
    Recognised { unit: UnitOf::Known(Unit::RATIO), proof: Some(proof), problem: None }
}

/// A header that says milliseconds over values that look like seconds.
fn doubtful(header: &str, unit: Unit, facts: &Facts) -> Option<Problem> {
    let fractions = facts.wholes < facts.numbers && facts.shares == facts.numbers && facts.numbers >= 10;
    let suspicious = unit.dimension == Dimension::Duration && unit.name == "ms" && fractions;
    suspicious.then(|| {
        let message = format!(
            "{header} has no value above 1 among its first {}: these look like seconds, not milliseconds; say --unit s if \
             they are",
            facts.numbers
        );
        remark(Severity::Warning, header, message)
    })
}

fn remark(severity: Severity, header: &str, message: String) -> Problem {
    Problem {
        severity,
        kind: ProblemKind::Remark,
        source: None,
        line: None,
        column: Some(header.to_owned()),
        count: 1,
        message,
    }
}
