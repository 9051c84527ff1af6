//! The program as its users meet it: one binary, work folders of its own, output to the letter.

mod work;

mod arguments;
mod bad_input;
mod exit_codes;
mod init;
mod reports;
mod rules;
