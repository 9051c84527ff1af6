//! Samples as they were scraped, from a server in chunks or from what was saved.

use super::answer::{Labels, NATIVE, Sink};
use super::client::Client;
use super::fetch::seconds;
use super::native::Histogram;
use super::refusal::Refusal;
use super::saved::Saved;
use super::selector::Selector;
use crate::model::{Instant, NANOS, Nanos};

/// Where samples come from.
#[derive(Debug)]
pub(super) enum Samples {
    /// Asked for.
    Server(Client),
    /// Read from files.
    Saved(Saved),
}

/// So many samples are wanted in a chunk: it is held as a whole until it is known to be whole.
const WANTED: usize = 250_000;
/// Longest chunk.
const LONGEST: Nanos = 24 * 3600 * NANOS;

/// One series of a chunk with its samples in order.
#[derive(Clone, Debug)]
pub(super) struct Piece<T> {
    pub(super) labels: Labels,
    pub(super) samples: Vec<(Instant, T)>,
}

/// What a sample is read as.
pub(super) trait Read: Sized {
    /// How long the first chunk is: enough to see how many series there are.
    const FIRST_CHUNK: Nanos = 3600 * NANOS;

    fn read(text: &str) -> Result<Self, String>;

    /// The same for a native histogram.
    fn of_histogram(_: Histogram) -> Result<Self, String> {
        Err(NATIVE.to_owned())
    }

    /// How much room it takes, in plain samples.
    fn weight(&self) -> usize {
        1
    }
}

impl Samples {
    /// Hands over all samples of a selector after `after`, up to and with `to`, in chunks; a chunk's pieces are in no
    /// order, but chunks follow each other in time.
    pub(super) fn each_chunk<T: Read>(
        &self,
        selector: &Selector,
        after: Instant,
        to: Instant,
        mut take: impl FnMut(Vec<Piece<T>>) -> Result<(), String>,
    ) -> Result<(), String> {
        let client = match self {
            Samples::Saved(saved) => return take(saved.pieces(selector, after, to)?),
            Samples::Server(client) => client,
        };
        let (mut at, mut length) = (after, T::FIRST_CHUNK);
        while at < to {
            // Whole seconds, as durations of PromQL are written here.
            let wanted = at.saturating_add(length.max(NANOS)).min(to);
            let chunk = match self::chunk(client, selector, at, wanted) {
                Ok(chunk) => chunk,
                Err(Refusal::TooMuch(_)) if length > 60 * NANOS => {
                    length = length / 2 / NANOS * NANOS;
                    continue;
                }
                Err(refusal) => return Err(refusal.message()),
            };
            let samples = chunk.iter().flat_map(|piece: &Piece<T>| &piece.samples);
            let samples: usize = samples.map(|(_, sample)| sample.weight()).sum();
            take(chunk)?;
            at = wanted;
            let next = i128::from(length) * WANTED as i128 / samples.max(1) as i128;
            length = (next.min(i128::from(LONGEST).min(2 * i128::from(length))) as i64 / NANOS * NANOS)
                .max(60 * NANOS);
        }
        Ok(())
    }
}

fn chunk<T: Read>(
    client: &Client,
    selector: &Selector,
    after: Instant,
    to: Instant,
) -> Result<Vec<Piece<T>>, Refusal> {
    // Servers differ in whether the edges of a window belong to it, and round times to milliseconds: what is asked for is
    // wider by a second, and what was not wanted is left out below.
    let end = to.div_euclid(NANOS) + i64::from(to.rem_euclid(NANOS) != 0);
    let length = end - after.div_euclid(NANOS) + 1;
    let (query, time) = (format!("{}[{length}s]", selector.text()), end.to_string());
    let form = [("query", query.as_str()), ("time", time.as_str()), ("nocache", "1")];
    let pieces = || Pieces { after, to, found: Vec::new() };
    let (pieces, envelope) = client.ask("/api/v1/query", &form, pieces)?;
    if envelope.kind != "matrix" {
        return Err(Refusal::Failed(format!(
            "answers a query for samples with a {}, not a matrix",
            envelope.kind
        )));
    }
    Ok(pieces.found)
}

/// Keeps the samples of a range; a server may count those at its beginning, too.
pub(super) struct Pieces<T> {
    pub(super) after: Instant,
    pub(super) to: Instant,
    pub(super) found: Vec<Piece<T>>,
}

impl<T: Read> Sink for Pieces<T> {
    fn series(&mut self, mut labels: Labels) -> Result<(), String> {
        labels.sort();
        self.found.push(Piece { labels, samples: Vec::new() });
        Ok(())
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        self.keep(at, || T::read(value))
    }

    fn histogram(&mut self, at: Instant, histogram: Histogram) -> Result<(), String> {
        self.keep(at, || T::of_histogram(histogram))
    }
}

impl<T: Read> Pieces<T> {
    fn keep(&mut self, at: Instant, read: impl FnOnce() -> Result<T, String>) -> Result<(), String> {
        if at <= self.after || at > self.to {
            return Ok(());
        }
        let Some(piece) = self.found.last_mut() else { return Ok(()) };
        if piece.samples.last().is_some_and(|(last, _)| at <= *last) {
            return Err(format!("its samples at {} do not follow each other", seconds(at)));
        }
        piece.samples.push((at, read()?));
        Ok(())
    }
}

impl Read for f64 {
    fn read(text: &str) -> Result<f64, String> {
        text.parse().map_err(|_| format!("`{text}` is no number"))
    }
}

impl Read for String {
    fn read(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
}
