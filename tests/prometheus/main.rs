//! Servers of metrics: real ones with back-filled data, and a false one for what a real one will not do on demand.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

mod again;
mod answers;
mod charts;
mod counters;
mod explained;
mod failures;
mod fake;
mod gauges;
mod inspected;
mod million;
mod native;
mod saved;
mod secrets;
mod server;
mod silence;
mod uneven;
mod work;
mod world;
