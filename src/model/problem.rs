//! What was wrong with the input or the run: a value in the report, not a crash.

use super::word::words;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; no verdict hangs on it.
    Note,
    /// Probably not what was meant.
    Warning,
    /// A verdict may hang on it.
    Error,
}

words! {
    /// Its word in reports.
    Severity::word {
        Note: "note",
        Warning: "warning",
        Error: "error",
    }
}

/// The kind of a problem, a stable word in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// A row with another number of fields than the header.
    FieldCount,
    /// A time that cannot be read.
    BadTime,
    /// A number that cannot be read, NaN or infinite.
    BadNumber,
    /// A number that cannot be: a negative latency, a rate above 100 %, more failures than requests.
    OutOfRange,
    /// A status word that no map explains.
    UnknownStatus,
    /// Two interval rows with one key, or two finished rows for one group.
    DuplicateKey,
    /// Quoting that cannot be read one way.
    BrokenQuoting,
    /// Bytes that are not UTF-8 where text is needed.
    Encoding,
    /// The input ends in the middle of something.
    Truncated,
    /// The input changed while it was read.
    Changed,
    /// A column that an objective needs and the data lacks.
    MissingColumn,
    /// Two columns fit one role, a unit or a date order is not settled.
    Ambiguous,
    /// Names that differ in case, spaces or composition only.
    NearTwins,
    /// A rule that selects nothing, or can never fail.
    Rule,
    /// More than can be held: groups, periods, the digits of a sum.
    Overflow,
    /// Rounding, definitions and other things a reader should know.
    Remark,
}

words! {
    /// Its word in reports.
    ProblemKind::word {
        FieldCount: "field_count",
        BadTime: "bad_time",
        BadNumber: "bad_number",
        OutOfRange: "out_of_range",
        UnknownStatus: "unknown_status",
        DuplicateKey: "duplicate_key",
        BrokenQuoting: "broken_quoting",
        Encoding: "encoding",
        Truncated: "truncated",
        Changed: "changed",
        MissingColumn: "missing_column",
        Ambiguous: "ambiguous",
        NearTwins: "near_twins",
        Rule: "rule",
        Overflow: "overflow",
        Remark: "remark",
    }
}

/// One problem, or several of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// What kind.
    pub kind: ProblemKind,
    /// The input it is about; `None` for the run as a whole.
    pub source: Option<String>,
    /// Line of the input, counted from 1.
    pub line: Option<u64>,
    /// The column's header.
    pub column: Option<String>,
    /// How many times it happened.
    pub count: u64,
    /// A lowercase fragment that says what is wrong and what to do.
    pub message: String,
}
