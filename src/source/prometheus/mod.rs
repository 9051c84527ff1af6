//! Prometheus, and what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics), as a source.
//!
//! # How a plan is lowered
//!
//! A plan's tables count rows by codes: one digit per question about a row. A server of metrics has no rows, it has
//! sums of them by label. So an agreement is compiled with a table for each objective ([`plan::compile_apart`]), and a
//! table is lowered by what its digits ask:
//!
//! | digit, sum, rank | becomes |
//! | --- | --- |
//! | a condition on a label (`route != "/health"`) | one more label to group by; answered here, per series |
//! | whether a request failed | two counters: all requests, and failures; the rest is the difference |
//! | limits of `latency` | buckets at exactly these edges; the rows between two edges are the difference |
//! | the sum of `latency` | the counter `_sum`, with `_count` |
//! | limits, sum, extremes of a gauge | its samples, one row each |
//!
//! What needs two of these for one row (was it slow *and* did it fail?) is joint knowledge that sums do not hold, and is
//! refused with the reason; so is a limit that is no edge, and `<` of an edge. A request whose code is not known for
//! sure (a counter that reset or began, a service without a histogram) is counted under the digit *missing*, as a blank
//! cell of a file is: the verdict stands if it is the same with all of them good and all of them bad.
//!
//! ```text
//! schema     agreement + source → columns          lower, asked   tables → counters to ask for
//! tally      all of it, in order                   presence, coverage   when there was data
//! failures   whether failures could be counted     guards    what else must be there
//! counters   what counters rose by, by the server  exact     the same, from their samples
//! calm       the same, where nothing happened      silence   what rose while nobody looked
//! native     histograms in one series
//! gauge(s)   samples → cells                       fill      increases → cells
//! steps      expressions at every step             pace, ends     where gauges were silent
//! client     requests, retries, time-outs          answer, json   what comes back, as it comes
//! fetch      ranges in pieces                      samples   chunks, from a server or what was saved
//! ```
//!
//! Invariant: an answer that is refused, cut, partial, warned about or off its grid never becomes a count; what rests on
//! it is undecided.
//!
//! [`plan::compile_apart`]: crate::plan::compile_apart

mod answer;
mod asked;
mod calm;
mod cells;
mod client;
mod counters;
mod coverage;
mod edges;
mod ends;
mod exact;
mod exposition;
mod failures;
mod fetch;
mod fill;
mod gauge;
mod gauges;
mod grid;
mod guards;
mod inspect;
mod json;
mod lower;
mod native;
mod pace;
mod presence;
mod queries;
mod refusal;
mod saved;
mod samples;
mod schema;
mod selector;
mod silence;
mod steps;
mod tally;

pub use saved::is_saved;
pub use schema::Described;
pub use tally::Found;

use self::client::Client;
use self::samples::Samples;
use self::saved::Saved;
use super::SourceError;
use crate::model::{Agreement, Instant, Nanos, Secrets, Server};

/// A server that can be asked, or what was saved of one.
#[derive(Debug)]
pub struct Connection {
    server: Server,
    samples: Samples,
}

impl Connection {
    /// To a server; nothing is sent yet.
    pub fn to(server: &Server, secrets: &Secrets) -> Result<Connection, SourceError> {
        let client = Client::new(server, secrets)
            .map_err(|message| SourceError::Mapping { message: format!("{}: {message}", server.name) })?;
        Ok(Connection { server: server.clone(), samples: Samples::Server(client) })
    }

    /// To saved answers and expositions, which are read at once; `server` says what is what in them.
    pub fn to_saved(names: &[String], server: Server) -> Result<Connection, SourceError> {
        let saved = Saved::open(names)?;
        Ok(Connection { server, samples: Samples::Saved(saved) })
    }

    /// As the user calls it.
    pub fn name(&self) -> &str {
        &self.server.name
    }

    /// How often the server scrapes, as far as anybody said.
    pub fn interval(&self) -> Nanos {
        self.server.interval.unwrap_or(asked::USUAL_INTERVAL)
    }

    /// The columns that an agreement sees.
    pub fn describe(&self, agreement: &Agreement) -> Described {
        match &self.samples {
            Samples::Server(_) => schema::describe(agreement, &self.server),
            Samples::Saved(saved) => schema::describe(agreement, &schema::of_saved(&self.server, saved)),
        }
    }

    /// First and last instant of what was saved; `None` for a server, which has to be told.
    pub fn span(&self) -> Option<(Instant, Instant)> {
        match &self.samples {
            Samples::Server(_) => None,
            // Nothing is an instant without samples.
            Samples::Saved(saved) => saved.span().or(Some((0, 0))),
        }
    }
}
