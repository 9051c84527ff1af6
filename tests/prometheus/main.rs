//! Servers of metrics: real ones with back-filled data, and a false one for what a real one will not do on demand.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

mod answers;
mod counters;
mod fake;
mod gauges;
mod million;
mod native;
mod saved;
mod server;
mod work;
mod world;
