//! Plain values that every other part speaks: no files, no clock, no serde.
//!
//! Invariant: a type here holds whole numbers or text from the input; `f64` appears only in the
//! `to_f64` conversions that renderers call.

mod agreement;
mod checkpoint;
mod condition;
mod detail;
/// Numbers as people read them.
pub mod display;
#[cfg(test)]
pub(crate) mod example;
mod history;
mod notify;
mod number;
mod offenders;
mod problem;
mod rational;
mod report;
mod schedule;
mod schema;
mod server;
mod shape;
mod tally;
mod time;
mod word;

pub use agreement::{
    Agreement, ClockColumn, ColumnMapping, GroupTarget, Indicator, InputMapping, Missing, NoData,
    NumberColumn, Objective, OpenEnd, Origin, Outcome, Period, Preference, StatusColumn, Target, TimeColumn,
};
pub use checkpoint::{CheckpointKey, FileId};
pub use condition::{Column, Comparison, Condition, Value};
pub use detail::{Bar, Detail, Distribution, Edge, NotDrawn, Point, Trend};
pub use history::{RunSummary, Series, SeriesPoint};
pub use notify::{
    Address, Alert, AlertEvent, AlertState, AlertSubject, Attachment, Channel, ChannelKind, Email, Fate,
    Letter, LetterFile, Notify, Quiet, Route, Seen, Silence, Tls, Told, Trouble,
};
pub use number::{Decimal, Dimension, KnownUnit, NANOS, Quantity, Shown, Unit};
pub use offenders::{OffenderRow, OffenderTable, Offenders};
pub use problem::{Problem, ProblemKind, Severity};
pub use rational::Rational;
pub use report::{
    AgreementSummary, InputKind, InputSummary, Measured, Reason, Report, ResultPeriod, RuleResult, Subject,
    Summary, Verdict,
};
pub use schedule::{
    Cadence, Entry, EntryStatus, Kept, LastRun, Readers, RunOutcome, ScheduleStatus, Scheduling,
};
pub use schema::{
    CountColumns, DateOrder, Dialect, Found, Inference, Offsets, Reading, RowKind, SampledTexts, Schema,
    SchemaColumn, StatusKind, TimeFormat, TimeLayout, UnitOf,
};
pub use server::{Auth, Counting, GaugeColumn, SecretAt, Secrets, Server};
pub(crate) use shape::{EXACT_VALUES, SUB_BUCKETS};
pub use shape::{Shape, bucket_of, bucket_range};
pub use tally::{Cell, Doubt, Excluded, Group, Intake, Rejected, Tallies, TallyTable};
pub use time::{Clock, Instant, Nanos};
