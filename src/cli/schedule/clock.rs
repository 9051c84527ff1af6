//! The present, by the wall and by the time that passes.

use super::super::options;
use crate::model::{Instant, Nanos};
use crate::schedule::Moment;
use std::time::Duration;

/// Counts from when it was made.
#[derive(Debug)]
pub(super) struct Clock(std::time::Instant);

impl Clock {
    pub(super) fn start() -> Clock {
        Clock(std::time::Instant::now())
    }

    pub(super) fn moment(&self) -> Moment {
        let elapsed = i64::try_from(self.0.elapsed().as_nanos()).unwrap_or(i64::MAX);
        Moment { wall: wall(), elapsed }
    }
}

/// What the clock on the wall says.
pub(super) fn wall() -> Instant {
    // Without a `--now` there is nothing to be wrong with.
    options::now(None).unwrap_or_default()
}

/// A length of time as the system takes it.
pub(super) fn duration(length: Nanos) -> Duration {
    Duration::from_nanos(length.max(0).unsigned_abs())
}
