//! Input that nobody should have given: every refusal is short, says where and what to do, and writes nothing.

mod run;

mod changing;
mod content;
mod rules;
mod size;
mod stopping;
