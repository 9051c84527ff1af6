//! The program as its users meet it: one binary, work folders of its own, output to the letter.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

mod work;

mod absent;
mod arguments;
mod bad_input;
mod exit_codes;
mod init;
mod options;
mod outputs;
mod reports;
mod rules;
mod unread;
mod verify;
