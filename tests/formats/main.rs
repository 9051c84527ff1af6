//! Every format of the report, read by a program that it is for.
//!
//! scripts/test installs these programs; a test whose program is missing fails and says how to get it.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test stops at the first surprise")]

mod cases;
mod github;
mod hostile;
mod html;
mod json;
mod junit;
mod markdown;
mod nagios;
mod openmetrics;
mod spreadsheet;
mod tools;
#[path = "../cli/work.rs"]
#[expect(dead_code, reason = "shared with the tests of the command line, which need more of it")]
mod work;
