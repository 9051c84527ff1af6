//! In the place of `client` in a build without the feature `prometheus`: no server can be asked, and nothing is read that
//! was saved of one.

use super::answer::{Envelope, Sink};
use super::refusal::Refusal;
use crate::model::{Secrets, Server};

/// Whether this build has the source at all; the message says how to get it.
pub(super) fn offered() -> Result<(), String> {
    Err("this build of sla has no Prometheus source: build it with `--features prometheus`".to_owned())
}

/// None can be had.
#[derive(Debug)]
pub(super) enum Client {}

impl Client {
    pub(super) fn new(_: &Server, _: &Secrets) -> Result<Client, String> {
        match offered() {
            Err(why) => Err(why),
            Ok(()) => Err("no server can be asked".to_owned()),
        }
    }

    pub(super) fn ask<S: Sink>(
        &self,
        _: &str,
        _: &[(&str, &str)],
        _: impl Fn() -> S,
    ) -> Result<(S, Envelope), Refusal> {
        match *self {}
    }
}
