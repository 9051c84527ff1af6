//! Schedules: when they come, and the program that follows them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

mod alerts;
mod clocks;
mod daemon;
mod deploy;
mod facts;
#[expect(dead_code, reason = "the tests of servers need more of it")]
#[path = "../prometheus/fake.rs"]
mod fake;
mod heartbeat;
mod http;
mod killed;
mod pages;
mod place;
mod run;
mod times;
