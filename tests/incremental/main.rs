//! Reading on from where the last run stopped gives what reading everything gives, to the byte, whatever happened to the
//! files in between.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

#[path = "../cli/work.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod work;

mod edits;
mod growth;
mod kept;
mod order;
mod program;
