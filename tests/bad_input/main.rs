//! Input that nobody should have given: every refusal is short, says where and what to do, and writes nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

mod run;

mod changing;
mod content;
mod rules;
mod size;
mod stopping;
