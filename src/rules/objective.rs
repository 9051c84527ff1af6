//! One entry of `objectives:`, short or long.
//!
//! Called by `compile`.

use super::compile::{self, Scope};
use super::diagnostic::Faults;
use super::expression::{self, Limit, Lint, Promise};
use super::fields::{self, Fields};
use super::keys;
use super::tree::{Node, Value};
use crate::model::{
    Column, Comparison, Dimension, GroupTarget, Indicator, Missing, NoData, Objective, Origin, Preference,
    Quantity,
};

/// Reads one objective; `None` after recording why it cannot be.
pub(super) fn compile(node: &Node, scope: &Scope, faults: &mut Faults) -> Option<Objective> {
    match &node.value {
        Value::Map(entries) => long(node, entries, scope, faults),
        Value::Scalar(_) | Value::Null => {
            let promise = promise(node, "an objective", scope, faults)?;
            Some(plain(promise, scope.origin(&node.span, faults)))
        }
        Value::List(_) => {
            fields::wrong_kind(node, "an objective", "a line of text or a mapping", faults);
            None
        }
    }
}

/// An objective with nothing but its promise.
pub(super) fn plain(promise: Promise, origin: Origin) -> Objective {
    Objective {
        text: promise.text,
        name: None,
        description: None,
        runbook: None,
        severity: None,
        indicator: promise.indicator,
        comparison: promise.limit.comparison,
        target: promise.limit.target,
        prefer: None,
        filter: None,
        by: None,
        targets: Vec::new(),
        min_samples: 0,
        no_data: NoData::default(),
        missing: Missing::default(),
        origin,
    }
}

/// What an objective promises about what, the same for two that say the same; `by` is the agreement's.
pub(super) fn identity(objective: &Objective, by: &[Column]) -> String {
    let filter = objective.filter.as_ref().map(|(condition, _)| condition);
    let groups: Vec<_> = objective.targets.iter().map(|target| &target.group).collect();
    let by = objective.by.as_deref().unwrap_or(by);
    let Objective { indicator, comparison, target, .. } = objective;
    let Quantity { value, dimension, .. } = target.quantity;
    format!("{indicator:?} {comparison} {value:?} {dimension:?} {filter:?} {by:?} {groups:?}")
}

fn long(
    node: &Node,
    entries: &[(super::tree::Key, Node)],
    scope: &Scope,
    faults: &mut Faults,
) -> Option<Objective> {
    let fields = Fields::new(entries, keys::OBJECTIVE, faults);
    let filter = compile::filter(&fields, &scope.columns, faults);
    let by = fields.get("by").and_then(|node| compile::columns_of(node, "by", faults));
    let min_samples =
        fields.get("min_samples").and_then(|node| whole(node, "min_samples", faults)).unwrap_or(0);
    let no_data = match fields.word("no_data", keys::NO_DATA, faults) {
        Some("breached") => NoData::Breached,
        Some("met") => NoData::Met,
        _ => NoData::Undecided,
    };
    let missing = match fields.word("missing", keys::MISSING, faults) {
        Some("ignore") => Missing::Ignore,
        Some("bad") => Missing::Bad,
        _ => Missing::Undecided,
    };
    let name = fields.string("name", faults);
    let description = fields.string("description", faults);
    let runbook = fields.string("runbook", faults);
    let severity = fields.string("severity", faults);
    let Some(require) = fields.get("require") else {
        if fields.misspelt("require") {
            return None;
        }
        faults
            .error(node.span.clone(), "an objective needs `require`")
            .help("for example `require: p95(latency) <= 400ms`");
        return None;
    };
    let promise = promise(require, "require", scope, faults)?;
    let effective = by.as_ref().unwrap_or(&scope.by);
    let targets = fields.get("targets").map(|node| targets(node, &promise, effective, scope, faults));
    let prefer = fields.get("prefer").and_then(|node| prefer(node, &promise, scope, faults));
    let origin = scope.origin(&require.span, faults);
    Some(Objective {
        name,
        description,
        runbook,
        severity,
        prefer,
        filter,
        targets: targets.unwrap_or_default(),
        min_samples,
        no_data,
        missing,
        by,
        ..plain(promise, origin)
    })
}

fn promise(node: &Node, name: &str, scope: &Scope, faults: &mut Faults) -> Option<Promise> {
    let text = fields::text(node, name, faults)?;
    let mut lints = Vec::new();
    let result = expression::parse_promise(text, &scope.columns, &mut lints);
    lint(node, text, lints, faults);
    result.map_err(|fault| fields::expression_fault(node, text, fault, faults)).ok()
}

fn lint(node: &Node, text: &str, lints: Vec<Lint>, faults: &mut Faults) {
    for lint in lints {
        let span = fields::place(node, text, lint.span, faults);
        faults.warning(span, lint.message).help(lint.help);
    }
}

/// A target alone says nothing of its direction.
fn lacks_comparison(node: &Node, text: &str, promise: &Promise, faults: &mut Faults) -> bool {
    let lacks = text.trim_start().starts_with(|next: char| next.is_ascii_digit() || next == '-');
    if lacks {
        let comparison = promise.limit.comparison;
        faults
            .error(node.span.clone(), "the comparison is missing")
            .expected(format!("write \"{comparison} {}\"", text.trim()));
    }
    lacks
}

/// `prefer:`, in full or as a bare limit.
fn prefer(node: &Node, promise: &Promise, scope: &Scope, faults: &mut Faults) -> Option<Preference> {
    let text = fields::text(node, "prefer", faults)?;
    if lacks_comparison(node, text, promise, faults) {
        return None;
    }
    let mut lints = Vec::new();
    let result = if expression::allows(text) {
        expression::parse_limit(text, &promise.indicator, &scope.columns, &mut lints)
    } else {
        match expression::parse_promise(text, &scope.columns, &mut lints) {
            Ok(other) if other.indicator != promise.indicator => {
                faults
                    .error(node.span.clone(), "`prefer` must be about the same indicator as `require`")
                    .help(format!(
                        "`require` is {}; another indicator is an objective of its own",
                        promise.text
                    ));
                return None;
            }
            other => other.map(|other| other.limit),
        }
    };
    let limit = result.map_err(|fault| fields::expression_fault(node, text, fault, faults)).ok()?;
    let span = fields::place(node, text, limit.comparison_span.clone(), faults);
    let required = &promise.limit;
    if required.comparison == Comparison::Equal {
        faults.error(span, "an objective with == has nothing stricter to prefer");
        return None;
    }
    if !same_direction(&limit, required) {
        faults
            .error(
                span,
                format!("`require` compares by `{}`; `prefer` must point the same way", required.comparison),
            )
            .expected(format!("write `{}`", required.comparison));
        return None;
    }
    lint(node, text, lints, faults);
    let target = fields::place(node, text, limit.target_span.clone(), faults);
    if !same_dimension(required, &limit) {
        faults
            .error(target, "`prefer` and `require` are in different units")
            .expected(format!("`require` says {}", required.target.text));
        return None;
    }
    let (mine, theirs) = (limit.target.quantity.value, required.target.quantity.value);
    let nearer = if required.comparison.wants_small() { mine < theirs } else { mine > theirs };
    // `< 400ms` is stricter than `<= 400ms`.
    let shuts_out =
        mine == theirs && !limit.comparison.holds(mine, mine) && required.comparison.holds(mine, mine);
    if !nearer && !shuts_out {
        faults
            .error(
                target,
                format!(
                    "`prefer` must be stricter than `require`, which says {} {}",
                    required.comparison, required.target.text
                ),
            )
            .expected(if required.comparison.wants_small() { "less than that" } else { "more than that" });
        return None;
    }
    Some(Preference { comparison: limit.comparison, target: limit.target })
}

/// Whether both want small values, or both large ones, or both the same.
fn same_direction(one: &Limit, other: &Limit) -> bool {
    let (one, other) = (one.comparison, other.comparison);
    one == other || (one.wants_small() && other.wants_small()) || (one.wants_large() && other.wants_large())
}

fn targets(
    node: &Node,
    promise: &Promise,
    by: &[Column],
    scope: &Scope,
    faults: &mut Faults,
) -> Vec<GroupTarget> {
    let Value::List(items) = &node.value else {
        fields::wrong_kind(node, "targets", "a list", faults)
            .help("each entry is {group: {service: batch}, require: \"<= 2s\"}");
        return Vec::new();
    };
    let mut found: Vec<GroupTarget> = Vec::new();
    for item in items {
        let Some(target) = group_target(item, promise, by, scope, faults) else { continue };
        if found.iter().any(|earlier| earlier.group.iter().all(|part| target.group.contains(part))) {
            faults
                .warning(item.span.clone(), "an entry above already holds for this group")
                .help("the first that matches wins: put the narrower group first");
        }
        found.push(target);
    }
    found
}

fn group_target(
    item: &Node,
    promise: &Promise,
    by: &[Column],
    scope: &Scope,
    faults: &mut Faults,
) -> Option<GroupTarget> {
    let Value::Map(entries) = &item.value else {
        fields::wrong_kind(item, "an entry of targets", "a mapping", faults)
            .help("write {group: {service: batch}, require: \"<= 2s\"}");
        return None;
    };
    let fields = Fields::new(entries, keys::TARGET, faults);
    let group = match fields.get("group") {
        Some(node) => group(node, by, faults),
        None => {
            faults.error(item.span.clone(), "an entry of targets needs `group`");
            None
        }
    };
    let Some(node) = fields.get("require") else {
        faults
            .error(item.span.clone(), "an entry of targets needs `require`")
            .help("for example `require: \"<= 2s\"`");
        return None;
    };
    let limit = group_limit(node, promise, scope, faults);
    let (group, limit) = (group?, limit?);
    let origin = scope.origin(&item.span, faults);
    Some(GroupTarget { group, comparison: limit.comparison, target: limit.target, origin })
}

fn group(node: &Node, by: &[Column], faults: &mut Faults) -> Option<Vec<(Column, String)>> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "group", "a mapping", faults).help("name the column: {service: batch}");
        return None;
    };
    if entries.is_empty() {
        faults
            .error(node.span.clone(), "`group` is empty")
            .help("for all groups, change `require` of the objective");
        return None;
    }
    let mut found = Vec::new();
    for (key, value) in entries {
        let column = Column(key.text.clone());
        if !by.contains(&column) {
            let known = super::diagnostic::listed(by.iter().map(|column| column.0.as_str()));
            faults.error(key.span.clone(), format!("`{column}` is not in `by`, so no group has it")).help(
                if by.is_empty() {
                    "add `by:` with that column".to_owned()
                } else {
                    format!("`by` is {known}")
                },
            );
            return None;
        }
        found.push((column, fields::text(value, &key.text, faults)?.to_owned()));
    }
    Some(found)
}

fn group_limit(node: &Node, promise: &Promise, scope: &Scope, faults: &mut Faults) -> Option<Limit> {
    let text = fields::text(node, "require", faults)?;
    if lacks_comparison(node, text, promise, faults) {
        return None;
    }
    let mut lints = Vec::new();
    let result = if expression::allows(text) {
        expression::parse_limit(text, &promise.indicator, &scope.columns, &mut lints)
    } else {
        expression::parse_promise(text, &scope.columns, &mut lints).and_then(|other| {
            if other.indicator == promise.indicator {
                Ok(other.limit)
            } else {
                Err(expression::Fault::new(
                    0..text.len(),
                    "the target of a group must be about the same indicator",
                )
                .help("write the comparison alone: \"<= 2s\""))
            }
        })
    };
    let limit = result.map_err(|fault| fields::expression_fault(node, text, fault, faults)).ok()?;
    let required = promise.limit.comparison;
    if !same_direction(&limit, &promise.limit) {
        let span = fields::place(node, text, limit.comparison_span.clone(), faults);
        faults
            .error(span, format!("the objective compares by `{required}`; this must point the same way"))
            .expected(format!("write `{required}`"));
        return None;
    }
    lint(node, text, lints, faults);
    if !same_dimension(&promise.limit, &limit) {
        let span = fields::place(node, text, limit.target_span.clone(), faults);
        faults
            .error(span, "the objective and this target are in different units")
            .expected(format!("the objective says {}", promise.limit.target.text));
        return None;
    }
    Some(limit)
}

/// Zero without a unit fits everything.
fn same_dimension(one: &Limit, other: &Limit) -> bool {
    let zero = |limit: &Limit| {
        limit.target.quantity.dimension == Dimension::Plain && limit.target.quantity.value.num() == 0
    };
    one.target.quantity.dimension == other.target.quantity.dimension || zero(one) || zero(other)
}

/// A whole number in digits.
fn whole(node: &Node, name: &str, faults: &mut Faults) -> Option<u64> {
    let text = fields::text(node, name, faults)?;
    if text.chars().all(|next| next.is_ascii_digit())
        && let Ok(number) = text.parse()
    {
        return Some(number);
    }
    faults
        .error(node.span.clone(), format!("`{name}` must be a whole number"))
        .expected("digits only, such as 100");
    None
}

/// The columns that an indicator reads as numbers.
pub(super) fn numbers(indicator: &Indicator) -> Vec<&Column> {
    match indicator {
        Indicator::Avg(column)
        | Indicator::Min(column)
        | Indicator::Max(column)
        | Indicator::Sum(column)
        | Indicator::Percentile { column, .. } => vec![column],
        Indicator::Ratio { over, under } => vec![over, under],
        _ => Vec::new(),
    }
}
