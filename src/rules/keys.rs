//! Every key and fixed word of a rule file, in one place: `compile` accepts these, messages name them, and a test
//! holds rules/sla.schema.json against them.

/// Of the file itself.
pub const AGREEMENT: &[&str] = &[
    "sla",
    "description",
    "owner",
    "by",
    "expect",
    "where",
    "period",
    "timezone",
    "source",
    "input",
    "noun",
    "objectives",
];
/// Of an objective in the long form.
pub const OBJECTIVE: &[&str] = &[
    "name",
    "description",
    "require",
    "prefer",
    "where",
    "by",
    "targets",
    "min_samples",
    "no_data",
    "missing",
    "severity",
    "runbook",
];
/// Of an entry of `targets:`.
pub const TARGET: &[&str] = &["group", "require"];
/// Of `input:`.
pub const INPUT: &[&str] =
    &["time", "service", "latency", "status", "failed", "requests", "failures", "columns", "key", "decimal"];
/// Of a column of times.
pub const TIME: &[&str] = &["column", "format", "timezone"];
/// Of `latency:`.
pub const LATENCY: &[&str] = &["column", "unit"];
/// Of `status:`.
pub const STATUS: &[&str] = &["column", "ok", "failed", "ignore", "missing"];
/// Of an entry of `columns:`.
pub const COLUMN: &[&str] = &["column", "unit", "kind", "from", "to", "open", "format", "timezone"];

/// Values of `no_data:`.
pub const NO_DATA: &[&str] = &["undecided", "breached", "met"];
/// Values of an objective's `missing:`.
pub const MISSING: &[&str] = &["undecided", "ignore", "bad"];
/// Values of `status: missing:`.
pub const OUTCOME: &[&str] = &["ok", "failed", "ignore"];
/// Values of `kind:`.
pub const KIND: &[&str] = &["gauge", "clock"];
/// Values of `open:`.
pub const OPEN: &[&str] = &["missing", "now"];
/// Values of `decimal:`.
pub const DECIMAL: &[&str] = &[".", ","];

/// Names that are roles and therefore no keys of `columns:`.
pub const ROLES: &[&str] = &["time", "service", "latency", "status", "requests", "failures"];
