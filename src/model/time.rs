//! Instants and lengths of time.

/// A length of time in nanoseconds.
pub type Nanos = i64;

/// Nanoseconds since 1970-01-01T00:00, in UTC or, for input whose times have no zone, on the input's own clock
/// ([`Clock::Naive`]). Reaches from 1677-09-21 to 2262-04-11.
pub type Instant = i64;

/// What the instants of an input mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The times carry no zone and none was given: shown without one, never compared with zoned times.
    Naive,
    /// The times are known in UTC; shown in the zone of that name (`UTC` where nothing else was said).
    Zoned(String),
}
