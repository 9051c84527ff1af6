//! In the place of `client` in a build without the feature `prometheus`: what was saved of a server can be read, and no
//! server can be asked.

use super::answer::{Envelope, Sink};
use super::refusal::Refusal;
use crate::model::{Secrets, Server};

/// None can be had.
#[derive(Debug)]
pub(super) enum Client {}

impl Client {
    pub(super) fn new(_: &Server, _: &Secrets) -> Result<Client, String> {
        Err("this build of sla asks no servers: build it with `--features prometheus`".to_owned())
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
