//! `input:` — what the columns of the data mean, where the file says so.
//!
//! Called by `compile`, before anything that names a column.

use super::compile;
use super::diagnostic::{Faults, listed, nearest};
use super::expression::{Columns, Kind};
use super::fields::{self, Fields};
use super::keys;
use super::objective;
use super::tree::{Key, Node, Value};
use crate::model::{
    Agreement, ClockColumn, ColumnMapping, Condition, Dimension, Indicator, InputMapping, NumberColumn,
    OpenEnd, Outcome, StatusColumn, TimeColumn, Unit,
};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The mapping, and what it says about columns that rules name.
pub(super) fn mapping(node: Option<&Node>, faults: &mut Faults) -> (InputMapping, Columns) {
    let mut mapping = InputMapping::default();
    let mut columns = Columns::default();
    let Some(node) = node else { return (mapping, columns) };
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "input", "a mapping", faults);
        return (mapping, columns);
    };
    let fields = Fields::new(entries, keys::INPUT, faults);
    if let Some(node) = fields.get("columns") {
        (mapping.columns, columns) = declared(node, faults);
    }
    time(&fields, &mut mapping, faults);
    mapping.service = fields.string("service", faults);
    latency(&fields, &mut mapping, faults);
    mapping.status = fields.get("status").and_then(|node| status(node, faults));
    if let (Some(failed), Some(_)) = (fields.key("failed"), fields.key("status")) {
        faults
            .error(failed.span.clone(), "`failed` stands instead of `status`, not beside it")
            .help("keep one: the words of a column (`status`) or a condition (`failed`)");
    }
    mapping.failed = fields.get("failed").and_then(|node| failed(node, &columns, faults));
    mapping.requests = fields.string("requests", faults);
    mapping.failures = fields.string("failures", faults);
    mapping.key = fields.get("key").map(|node| key(node, faults)).unwrap_or_default();
    mapping.decimal_comma = fields.word("decimal", keys::DECIMAL, faults) == Some(",");
    (mapping, columns)
}

fn failed(node: &Node, columns: &Columns, faults: &mut Faults) -> Option<(Condition, String)> {
    let found = compile::condition(node, "failed", columns, faults)?;
    if mentions_failed(&found.0) {
        faults
            .error(node.span.clone(), "`failed` is defined by itself")
            .help("say it by columns: code >= 500");
        return None;
    }
    Some(found)
}

/// Whether a condition asks for `failed`.
pub(super) fn mentions_failed(condition: &Condition) -> bool {
    match condition {
        Condition::Failed => true,
        Condition::Not(inner) => mentions_failed(inner),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(mentions_failed),
        Condition::Compare { .. }
        | Condition::In { .. }
        | Condition::Matches { .. }
        | Condition::Missing(_) => false,
    }
}

fn key(node: &Node, faults: &mut Faults) -> Vec<String> {
    let columns = compile::columns_of(node, "key", faults).unwrap_or_default();
    columns.into_iter().map(|column| column.0).collect()
}

/// `time: ts`, `time: {column: ts, format: …, timezone: …}`; without `column` the rest holds for whichever it is.
fn time(fields: &Fields, mapping: &mut InputMapping, faults: &mut Faults) {
    let Some(node) = fields.get("time") else { return };
    let Value::Map(entries) = &node.value else {
        let column = fields::text(node, "time", faults).map(str::to_owned);
        mapping.time = column.map(|column| TimeColumn { column, ..TimeColumn::default() });
        return;
    };
    let fields = Fields::new(entries, keys::TIME, faults);
    let format = fields.get("format").and_then(|node| format(node, faults));
    let timezone = fields.get("timezone").and_then(|node| compile::timezone(node, "timezone", faults));
    if fields.get("column").is_some() {
        mapping.time = fields.string("column", faults).map(|column| TimeColumn { column, format, timezone });
    } else {
        mapping.time_format = format;
        mapping.timezone = timezone;
    }
}

/// `latency: rt`, `latency: {column: rt, unit: s}`; without `column` the unit holds for whichever it is.
fn latency(fields: &Fields, mapping: &mut InputMapping, faults: &mut Faults) {
    let Some(node) = fields.get("latency") else { return };
    let Value::Map(entries) = &node.value else {
        let column = fields::text(node, "latency", faults).map(str::to_owned);
        mapping.latency = column.map(|column| NumberColumn { column, unit: None, gauge: false });
        return;
    };
    let fields = Fields::new(entries, keys::LATENCY, faults);
    let unit = fields.get("unit").and_then(|node| unit(node, faults));
    if let (Some(node), Some(unit)) = (fields.get("unit"), unit)
        && unit.dimension != Dimension::Duration
    {
        faults
            .error(node.span.clone(), format!("a latency is a duration; `{}` is none", unit.name))
            .expected("ns, us, ms, s, min or h");
    }
    if fields.get("column").is_some() {
        let column = fields.string("column", faults);
        mapping.latency = column.map(|column| NumberColumn { column, unit, gauge: false });
    } else {
        mapping.latency_unit = unit;
    }
}

fn unit(node: &Node, faults: &mut Faults) -> Option<Unit> {
    let text = fields::text(node, "unit", faults)?;
    let found = Unit::named(text.trim());
    if found.is_none() {
        let fault = faults.error(node.span.clone(), format!("unknown unit `{text}`"));
        match nearest(text, Unit::names()) {
            Some(meant) => fault.expected(format!("did you mean `{meant}`?")),
            None => fault.help(format!("known are {}", Unit::names().collect::<Vec<_>>().join(" "))),
        };
    }
    found
}

/// A format of times: `epoch s|ms|us|ns`, or a pattern whose directives are known.
fn format(node: &Node, faults: &mut Faults) -> Option<String> {
    let text = fields::text(node, "format", faults)?;
    if let Some(unit) = text.strip_prefix("epoch") {
        if ["s", "ms", "us", "ns"].contains(&unit.trim()) {
            return Some(text.to_owned());
        }
        faults
            .error(node.span.clone(), format!("unknown time format `{text}`"))
            .expected("epoch s, epoch ms, epoch us or epoch ns");
        return None;
    }
    if !text.contains('%') {
        faults
            .error(node.span.clone(), format!("the time format `{text}` has no directive"))
            .help("write for example \"%d-%m-%Y %H:%M\" for 31-05-2025 18:54, or `epoch ms`");
        return None;
    }
    if let Err(error) =
        jiff::fmt::strtime::format(text, &jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC))
    {
        faults
            .error(node.span.clone(), format!("unknown time format: {error}"))
            .help("write for example \"%d-%m-%Y %H:%M\" for 31-05-2025 18:54");
        return None;
    }
    Some(text.to_owned())
}

fn status(node: &Node, faults: &mut Faults) -> Option<StatusColumn> {
    let Value::Map(entries) = &node.value else {
        let column = fields::text(node, "status", faults)?.to_owned();
        return Some(StatusColumn { column, ..StatusColumn::default() });
    };
    let fields = Fields::new(entries, keys::STATUS, faults);
    let mut seen: HashMap<String, Range<usize>> = HashMap::new();
    let mut words = |name: &str, faults: &mut Faults| -> Vec<String> {
        let Some(node) = fields.get(name) else { return Vec::new() };
        let found = fields::texts(node, name, faults).unwrap_or_default();
        for (word, span) in &found {
            let folded = word.trim().to_lowercase();
            if let Some(first) = seen.get(&folded) {
                faults
                    .error(span.clone(), format!("the status `{word}` is listed twice"))
                    .expected("again here")
                    .related(first.clone(), "first here");
            } else {
                seen.insert(folded, span.clone());
            }
        }
        found.into_iter().map(|(word, _)| word).collect()
    };
    let (ok, failed, ignore) = (words("ok", faults), words("failed", faults), words("ignore", faults));
    let missing = fields.word("missing", keys::OUTCOME, faults).map(|word| match word {
        "ok" => Outcome::Ok,
        "failed" => Outcome::Failed,
        _ => Outcome::Ignored,
    });
    if fields.get("column").is_none() {
        faults.error(node.span.clone(), "`status` needs `column`");
        return None;
    }
    Some(StatusColumn { column: fields.string("column", faults)?, ok, failed, ignore, missing })
}

fn declared(node: &Node, faults: &mut Faults) -> (Vec<(String, ColumnMapping)>, Columns) {
    let (mut found, mut columns) = (Vec::new(), Columns::default());
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "columns", "a mapping", faults)
            .help("name each column: {cpu: {column: cpu_pct, unit: \"%\"}}");
        return (found, columns);
    };
    for (key, node) in entries {
        if keys::ROLES.contains(&key.text.as_str()) {
            faults
                .error(key.span.clone(), format!("`{}` is a role, not a name for a column", key.text))
                .help(format!("write it under `input` itself: {}: …", key.text));
            continue;
        }
        if key.text.is_empty() {
            faults.error(key.span.clone(), "a column needs a name");
            continue;
        }
        if let Some((mapping, kind)) = column(key, node, faults) {
            columns.declared.insert(key.text.clone(), kind);
            found.push((key.text.clone(), mapping));
        }
    }
    (found, columns)
}

fn column(key: &Key, node: &Node, faults: &mut Faults) -> Option<(ColumnMapping, Kind)> {
    let Value::Map(entries) = &node.value else {
        let column = fields::text(node, &key.text, faults)?.to_owned();
        return Some((ColumnMapping::Text { column }, Kind::Unknown));
    };
    let fields = Fields::new(entries, keys::COLUMN, faults);
    let kind = fields.word("kind", keys::KIND, faults);
    if fields.get("from").is_some() || fields.get("to").is_some() {
        return between(key, node, &fields, faults);
    }
    if let Some(key) = fields.key("open") {
        faults.error(key.span.clone(), "`open` belongs to a column with `from` and `to`");
    }
    if fields.get("column").is_none() {
        faults.error(node.span.clone(), format!("`{}` needs `column`, or `from` and `to`", key.text));
        return None;
    }
    let column = fields.string("column", faults)?;
    if kind == Some("clock") {
        refuse(&fields, &["unit"], "a time of day has no unit", faults);
        let format = fields.get("format").and_then(|node| format(node, faults));
        let timezone = fields.get("timezone").and_then(|node| compile::timezone(node, "timezone", faults));
        return Some((
            ColumnMapping::Clock(ClockColumn { time: TimeColumn { column, format, timezone } }),
            Kind::Clock,
        ));
    }
    refuse(&fields, &["format", "timezone"], "only times have it: add `kind: clock`", faults);
    let unit = fields.get("unit").and_then(|node| unit(node, faults));
    let gauge = kind == Some("gauge");
    match unit {
        None if !gauge => Some((ColumnMapping::Text { column }, Kind::Unknown)),
        _ => {
            let kind = unit.map_or(Kind::Unknown, |unit| Kind::Number(unit.dimension));
            Some((ColumnMapping::Number(NumberColumn { column, unit, gauge }), kind))
        }
    }
}

fn between(key: &Key, node: &Node, fields: &Fields, faults: &mut Faults) -> Option<(ColumnMapping, Kind)> {
    refuse(
        fields,
        &["column", "unit", "kind"],
        "a column with `from` and `to` is a duration already",
        faults,
    );
    let format = fields.get("format").and_then(|node| format(node, faults));
    let timezone = fields.get("timezone").and_then(|node| compile::timezone(node, "timezone", faults));
    let open = match fields.word("open", keys::OPEN, faults) {
        Some("now") => OpenEnd::Now,
        _ => OpenEnd::Missing,
    };
    let lacking: Vec<&str> = ["from", "to"].into_iter().filter(|name| fields.get(name).is_none()).collect();
    if !lacking.is_empty() {
        faults.error(node.span.clone(), format!("`{}` needs {}", key.text, listed(lacking)));
        return None;
    }
    let end = |name: &str, faults: &mut Faults| {
        let column = fields.string(name, faults)?;
        Some(TimeColumn { column, format: format.clone(), timezone: timezone.clone() })
    };
    let (from, to) = (end("from", faults), end("to", faults));
    Some((ColumnMapping::Between { from: from?, to: to?, open }, Kind::Number(Dimension::Duration)))
}

/// Records keys that have no meaning beside the others.
fn refuse(fields: &Fields, names: &[&str], why: &str, faults: &mut Faults) {
    for name in names {
        if let Some(key) = fields.key(name) {
            faults.error(key.span.clone(), format!("`{name}` has no meaning here")).expected(why);
        }
    }
}

/// A column that `input: columns:` only renames holds numbers where the rules use it as a number, else text. To be
/// called again where objectives are added to an agreement.
pub fn settle_aliases(agreement: &mut Agreement) {
    let mut numeric: HashSet<String> = HashSet::new();
    let mut of_condition = |condition: &Condition| numbers_in(condition, &mut numeric);
    let filters =
        agreement.filter.iter().chain(agreement.objectives.iter().filter_map(|one| one.filter.as_ref()));
    filters.chain(agreement.input.failed.iter()).for_each(|(condition, _)| of_condition(condition));
    for objective in &agreement.objectives {
        if let Indicator::ViolationRate(condition) | Indicator::Share(condition) = &objective.indicator {
            of_condition(condition);
        }
    }
    for objective in &agreement.objectives {
        numeric.extend(objective::numbers(&objective.indicator).into_iter().map(|column| column.0.clone()));
    }
    for (name, mapping) in &mut agreement.input.columns {
        if let ColumnMapping::Text { column } = mapping
            && numeric.contains(name)
        {
            *mapping = ColumnMapping::Number(NumberColumn {
                column: std::mem::take(column),
                unit: None,
                gauge: false,
            });
        }
    }
}

fn numbers_in(condition: &Condition, numeric: &mut HashSet<String>) {
    use crate::model::Value::Quantity;
    match condition {
        Condition::Compare { column, value: Quantity(_), .. } => {
            numeric.insert(column.0.clone());
        }
        Condition::In { column, values } if values.iter().any(|value| matches!(value, Quantity(_))) => {
            numeric.insert(column.0.clone());
        }
        Condition::Not(inner) => numbers_in(inner, numeric),
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts {
                numbers_in(part, numeric);
            }
        }
        _ => {}
    }
}
