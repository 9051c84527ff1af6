//! What the columns of an input mean: the result of inference and of what `input:` says.

use super::{Clock, Unit};

/// The shape of an input, the same for all of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// In the order of the first file.
    pub columns: Vec<SchemaColumn>,
    /// What a row stands for.
    pub rows_are: RowKind,
    /// The column of times.
    pub time: Found,
    /// The column of services.
    pub service: Found,
    /// The column of latencies.
    pub latency: Found,
    /// The column of outcomes.
    pub status: Found,
    /// What the words of the status column are.
    pub status_kind: StatusKind,
    /// The counts of interval rows.
    pub counts: Option<CountColumns>,
    /// What its times mean.
    pub clock: Clock,
    /// What was inferred, in the order of the columns, for the report.
    pub inferred: Vec<Inference>,
}

/// Whether a role was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is this column.
    At(usize),
    /// No column has it.
    Absent,
    /// Not settled; the message names the candidates and the option that settles it.
    Ambiguous(String),
}

impl Found {
    /// The column, if there is exactly one.
    pub fn at(&self) -> Option<usize> {
        match self {
            Found::At(column) => Some(*column),
            Found::Absent | Found::Ambiguous(_) => None,
        }
    }
}

/// One column of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaColumn {
    /// Its header, as in the file.
    pub name: String,
    /// How its cells are read.
    pub reading: Reading,
    /// Set where the column holds finished statistics (`avg`, `p95` …): those are never aggregated again.
    pub statistic: Option<String>,
    /// `kind: gauge`.
    pub gauge: bool,
}

/// Texts of a column that were seen before its rows are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampledTexts {
    /// Different ones, without spaces around them; never blank.
    pub texts: Vec<String>,
    /// Whether these are all that the column has.
    pub whole: bool,
}

/// How cells are read.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// As text.
    Text,
    /// As numbers.
    Number {
        /// The unit of a cell's number.
        unit: UnitOf,
        /// Most decimals seen in the sample: the scale of the fast path. Says nothing about other cells.
        digits: u32,
    },
    /// As instants.
    Time(TimeFormat),
}

/// The unit of a column's cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitOf {
    /// Every cell's number is in this unit ([`Unit::PLAIN`] where numbers are just numbers).
    Known(Unit),
    /// Every cell says its own: `120ms`.
    InCell,
    /// The header tells nothing; harmless for plain targets, ambiguous for a duration, size or rate.
    Unknown,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// One request.
    Request,
    /// A stretch of time with its own counts.
    Interval,
    /// A group's finished figures.
    Finished,
}

/// What the cells of a status column are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StatusKind {
    /// Words: `success`, `down`, `ok`, `1` …
    #[default]
    Words,
    /// HTTP status codes: 5xx and 0 are failures.
    Http,
    /// A flag under a name such as `failed` or `is_error`, so that true and 1 mean failure.
    FailureFlag,
}

/// The counts of an interval row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountColumns {
    /// How many requests.
    pub requests: usize,
    /// How many of them failed.
    pub failures: Option<usize>,
}

/// How times are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeFormat {
    /// The digits.
    pub layout: TimeLayout,
    /// The IANA zone of cells that name none; `None` leaves them naive.
    pub zone: Option<String>,
    /// Whether cells name their offset.
    pub offsets: Offsets,
}

/// Whether the cells of a time column name their offset from UTC (`Z`, `+02:00`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offsets {
    /// None does; one that does is a fault, unless there is a zone for the others.
    #[default]
    Never,
    /// Every one does; one that does not is a fault.
    Always,
}

/// The digits of a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeLayout {
    /// `2025-06-01T12:30:00.5Z`: year first; `T` or a space; seconds, fraction, and zone may be absent; `/` or `.` may
    /// stand for `-`; `AM` and `PM` are read; a date alone is its midnight.
    YearFirst,
    /// `31-05-2025 18:54` and `05/31/2025 …`; `.`, `/` or `-` between; time as above.
    YearLast(DateOrder),
    /// A count since 1970-01-01T00:00Z; the field is how many nanoseconds one is.
    Epoch(i64),
    /// A strptime format.
    Pattern(String),
}

/// Which of day and month comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// 31-05-2025.
    DayFirst,
    /// 05-31-2025.
    MonthFirst,
    /// Nothing in the data settles it. Cells are checked to fit either; no instant can be told from them. The message
    /// names the option that settles it.
    Unsettled(String),
}

/// How fields are told apart, for one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// `,` `;` tab or `|`.
    pub delimiter: u8,
    /// Whether lines end with CR LF (for `inspect`; readers accept both).
    pub crlf: bool,
    /// Whether a byte order mark precedes the header.
    pub bom: bool,
    /// Where the first record after the header starts.
    pub body: u64,
    /// The header's lines; the first record is on line `header_lines + 1`.
    pub header_lines: u64,
}

/// Something inferred, said in every report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inference {
    /// A fragment: `time is day-first: 31-05-2025 on line 24`.
    pub text: String,
}
