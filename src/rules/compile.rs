//! A tree becomes an [`Agreement`].
//!
//! Called by [`super::parse`]. Invariant: a fault never ends the work; everything else of the file is still looked at.

use super::diagnostic::Faults;
use super::expression::{self, Columns};
use super::fields::{self, Fields};
use super::keys;
use super::tree::{Node, Value};
use super::{input, objective};
use crate::model::{Agreement, Column, ColumnMapping, Condition, Indicator, Objective, Origin, Period};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

/// What every part of a file needs to know.
pub(super) struct Scope<'a> {
    pub(super) file: &'a Path,
    pub(super) columns: Columns,
    /// The agreement's `by`.
    pub(super) by: Vec<Column>,
}

impl Scope<'_> {
    /// Where something was written.
    pub(super) fn origin(&self, span: &Range<usize>, faults: &Faults) -> Origin {
        Origin { file: Some(self.file.to_path_buf()), line: faults.line(span.start) }
    }
}

/// Reads a rule file's text; `None` where an error was recorded that leaves nothing to build on.
pub(super) fn agreement(file: &Path, faults: &mut Faults) -> Option<Agreement> {
    let entries = super::tree::read("rule file", faults)?;
    let fields = Fields::new(&entries, keys::AGREEMENT, faults);
    let (mapping, columns) = input::mapping(fields.get("input"), faults);
    let by = fields.get("by").and_then(|node| columns_of(node, "by", faults)).unwrap_or_default();
    let scope = Scope { file, columns, by };
    let expect = expect(&fields, &scope, faults);
    let filter = filter(&fields, &scope.columns, faults);
    let period = period(&fields, faults);
    let timezone = fields.get("timezone").and_then(|node| timezone(node, "timezone", faults));
    let objectives = objectives(&fields, &scope, faults);
    let name = fields.string("sla", faults).unwrap_or_else(|| {
        file.file_stem().map_or_else(|| "agreement".to_owned(), |stem| stem.to_string_lossy().into_owned())
    });
    let mut agreement = Agreement {
        name,
        description: fields.string("description", faults),
        owner: fields.string("owner", faults),
        by: scope.by.clone(),
        expect,
        filter,
        period,
        timezone,
        source: fields.string("source", faults),
        input: mapping,
        noun: fields.string("noun", faults).unwrap_or_else(|| "requests".to_owned()),
        objectives,
        origin: Origin { file: Some(file.to_path_buf()), line: 1 },
        text: String::new(),
        overlay: Vec::new(),
        built_in: false,
    };
    if let Some(node) = fields.get("timezone").filter(|_| agreement.timezone.is_some())
        && !has_times_of_day(&agreement)
    {
        faults
            .warning(node.span.clone(), "`timezone` has no effect: no column is a time of day")
            .expected("only times of day follow it")
            .help("periods of fixed length are counted in UTC; the zone of times that name none is `input: time: {timezone: …}`");
    }
    input::settle_aliases(&mut agreement);
    Some(agreement)
}

/// Whether anything is read as a time of day, declared so or compared with one.
pub(super) fn has_times_of_day(agreement: &Agreement) -> bool {
    let declared = |mapping: &ColumnMapping| matches!(mapping, ColumnMapping::Clock(_));
    let wanted = agreement.objectives.iter().flat_map(|objective| {
        let condition = match &objective.indicator {
            Indicator::ViolationRate(condition) | Indicator::Share(condition) => Some(condition),
            _ => None,
        };
        condition.into_iter().chain(objective.filter.as_ref().map(|(condition, _)| condition))
    });
    let mut conditions = wanted
        .chain(agreement.filter.as_ref().map(|(condition, _)| condition))
        .chain(agreement.input.failed.as_ref().map(|(condition, _)| condition));
    agreement.input.columns.iter().any(|(_, mapping)| declared(mapping))
        || conditions.any(compares_times_of_day)
}

fn compares_times_of_day(condition: &Condition) -> bool {
    let is_clock = |value: &crate::model::Value| matches!(value, crate::model::Value::Clock(_));
    match condition {
        Condition::Compare { value, .. } => is_clock(value),
        Condition::In { values, .. } => values.iter().any(is_clock),
        Condition::Not(inner) => compares_times_of_day(inner),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(compares_times_of_day),
        Condition::Failed | Condition::Matches { .. } | Condition::Missing(_) => false,
    }
}

fn objectives(fields: &Fields, scope: &Scope, faults: &mut Faults) -> Vec<Objective> {
    let Some(node) = fields.get("objectives") else {
        // Said of the key itself already.
        if fields.misspelt("objectives") {
            return Vec::new();
        }
        faults
            .error(0..0, "no objectives: nothing is promised")
            .help("add `objectives:` with at least one line such as `- failure_rate <= 5%`");
        return Vec::new();
    };
    let Value::List(items) = &node.value else {
        if node.value == Value::Null {
            empty(fields, node, faults);
        } else {
            fields::wrong_kind(node, "objectives", "a list", faults)
                .help("one objective per line, each behind a dash: `- failure_rate <= 5%`");
        }
        return Vec::new();
    };
    if items.is_empty() {
        empty(fields, node, faults);
    }
    let mut found = Vec::new();
    let mut seen: HashMap<String, Range<usize>> = HashMap::new();
    for item in items {
        let errors = faults.errors();
        let Some(objective) = objective::compile(item, scope, faults) else { continue };
        if faults.errors() > errors {
            // What is left of it may look like another.
            continue;
        }
        match seen.entry(objective::identity(&objective, &scope.by)) {
            Entry::Vacant(place) => {
                place.insert(item.span.clone());
            }
            Entry::Occupied(first) => {
                faults
                    .warning(item.span.clone(), "this objective is there twice")
                    .expected("again here")
                    .related(first.get().clone(), "first here");
            }
        }
        found.push(objective);
    }
    found
}

fn empty(fields: &Fields, node: &Node, faults: &mut Faults) {
    let span = fields.key("objectives").map_or_else(|| node.span.clone(), |key| key.span.clone());
    faults
        .error(span, "no objectives: nothing is promised")
        .expected("at least one line such as `- failure_rate <= 5%`");
}

/// `where:` of an agreement or an objective.
pub(super) fn filter(fields: &Fields, columns: &Columns, faults: &mut Faults) -> Option<(Condition, String)> {
    condition(fields.get("where")?, "where", columns, faults)
}

/// A condition that a node holds.
pub(super) fn condition(
    node: &Node,
    name: &str,
    columns: &Columns,
    faults: &mut Faults,
) -> Option<(Condition, String)> {
    let text = fields::text(node, name, faults)?;
    match expression::parse_condition(text, columns) {
        Ok(condition) => Some(condition),
        Err(fault) => {
            fields::expression_fault(node, text, fault, faults);
            None
        }
    }
}

/// A list of columns, or one; none twice.
pub(super) fn columns_of(node: &Node, name: &str, faults: &mut Faults) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    let mut seen = HashSet::new();
    for (text, span) in fields::texts(node, name, faults)? {
        let column = Column(unquoted(&text).to_owned());
        if seen.insert(column.clone()) {
            columns.push(column);
        } else {
            faults.error(span, format!("`{column}` is in `{name}` twice"));
        }
    }
    Some(columns)
}

/// A column's name without the backticks that an expression would need.
fn unquoted(name: &str) -> &str {
    name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).unwrap_or(name)
}

fn period(fields: &Fields, faults: &mut Faults) -> Period {
    let Some(node) = fields.get("period") else { return Period::All };
    let Some(text) = fields::text(node, "period", faults) else { return Period::All };
    match super::period_of(text) {
        Ok(period) => period,
        Err(fault) => {
            fields::expression_fault(node, text, fault, faults);
            Period::All
        }
    }
}

/// A time zone that the bundled database knows.
pub(super) fn timezone(node: &Node, name: &str, faults: &mut Faults) -> Option<String> {
    let text = fields::text(node, name, faults)?;
    let database = jiff::tz::TimeZoneDatabase::bundled();
    if let Ok(zone) = database.get(text) {
        return Some(zone.iana_name().unwrap_or(text).to_owned());
    }
    let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
    let fault = faults.error(node.span.clone(), format!("unknown time zone `{text}`"));
    match super::diagnostic::within_distance(text, names.iter().map(String::as_str), 6) {
        Some(meant) => fault.expected(format!("did you mean `{meant}`?")),
        None => fault.expected("a name such as Europe/Vienna or UTC"),
    };
    None
}

fn expect(fields: &Fields, scope: &Scope, faults: &mut Faults) -> Vec<Vec<String>> {
    let Some(node) = fields.get("expect") else { return Vec::new() };
    if scope.by.is_empty() {
        if fields.get("by").is_none() {
            faults
                .error(node.span.clone(), "`expect` names groups, but nothing is grouped")
                .help("add `by: service`, or the columns that tell the groups apart");
        } else if matches!(fields.get("by").map(|by| &by.value), Some(Value::List(items)) if items.is_empty())
        {
            faults.error(node.span.clone(), "`expect` names groups, but `by` is empty");
        }
        return Vec::new();
    }
    let Value::List(items) = &node.value else {
        fields::wrong_kind(node, "expect", "a list", faults)
            .help("one group per entry: expect: [checkout, catalog]");
        return Vec::new();
    };
    let mut seen = HashSet::new();
    let mut groups = Vec::new();
    for item in items {
        let Some(group) = expected_group(item, scope, faults) else { continue };
        if seen.insert(group.clone()) {
            groups.push(group);
        } else {
            faults.warning(item.span.clone(), "this group is expected twice");
        }
    }
    groups
}

fn expected_group(item: &Node, scope: &Scope, faults: &mut Faults) -> Option<Vec<String>> {
    let by = scope.by.iter().map(|column| column.0.as_str()).collect::<Vec<_>>().join(", ");
    let wanted = scope.by.len();
    match &item.value {
        Value::Map(entries) => {
            let known: Vec<&str> = scope.by.iter().map(|column| column.0.as_str()).collect();
            let fields = Fields::new(entries, &known, faults);
            let missing: Vec<&str> =
                known.iter().copied().filter(|name| fields.get(name).is_none()).collect();
            if !missing.is_empty() {
                faults
                    .error(item.span.clone(), format!("a group needs a value for each of {by}"))
                    .expected(format!("no {}", super::diagnostic::listed(missing)));
                return None;
            }
            known.iter().map(|name| fields.text(name, faults).map(str::to_owned)).collect()
        }
        Value::List(_) => {
            let values = fields::texts(item, "expect", faults)?;
            if values.len() != wanted {
                faults
                    .error(item.span.clone(), format!("a group needs a value for each of {by}"))
                    .expected(format!("{} found", values.len()));
                return None;
            }
            Some(values.into_iter().map(|(value, _)| value).collect())
        }
        Value::Scalar(_) | Value::Null => {
            let value = fields::text(item, "expect", faults)?;
            if wanted != 1 {
                faults
                    .error(item.span.clone(), format!("a group needs a value for each of {by}"))
                    .help(format!("write a list: [{by}]"));
                return None;
            }
            Some(vec![value.to_owned()])
        }
    }
}
