//! Range queries in pieces: under the server's limits, a few in flight at once, halved where a piece is too much.
//!
//! Invariant: what a piece answers is merged whole or not at all, and merging does not depend on the order.

use super::answer::{Labels, Sink};
use super::client::Client;
use super::grid::Span;
use super::refusal::Refusal;
use crate::model::{Instant, NANOS};
use std::collections::VecDeque;
use std::sync::Mutex;

/// Points per series that are asked for at once. Prometheus refuses more than 11,000 (web/api/v1/api.go); fewer are
/// answered well within the time that a request has, also by a server that is busy.
pub(super) const MOST_POINTS: u64 = 2_000;
/// Queries in flight at once: a server evaluates them on cores of its own, and has others to serve.
const IN_FLIGHT: usize = 4;

/// One query over windows.
#[derive(Clone, Debug)]
pub(super) struct Job<K> {
    /// What it is for.
    pub(super) key: K,
    pub(super) query: String,
    pub(super) span: Span,
}

/// Asks every job, in pieces, and merges what comes. The message of the first that fails comes back.
pub(super) fn ranges<K, S>(
    client: &Client,
    jobs: impl IntoIterator<Item = Job<K>>,
    form: &[(&str, String)],
    sink: impl Fn(&Job<K>) -> S + Sync,
    merge: impl Fn(&Job<K>, S) -> Result<(), String> + Sync,
) -> Result<(), String>
where
    K: Clone + Send + Sync,
    S: Sink + Send,
{
    let pieces = |job: Job<K>| {
        job.span.pieces(MOST_POINTS).map(move |span| Job { span, ..job.clone() }).collect::<Vec<_>>()
    };
    let work = |job: &Job<K>| {
        let answer = range(client, &job.query, job.span, form, || sink(job))?;
        merge(job, answer).map_err(Refusal::Failed)
    };
    let halves = |job: &Job<K>| Some(job.span.halves()?.map(|span| Job { span, ..job.clone() }));
    each(jobs.into_iter().flat_map(pieces), work, halves)
}

/// Works on every piece, a few at once; on its halves, where it is too much. The message of the first that fails comes
/// back, and the others are left.
pub(super) fn each<P: Send>(
    pieces: impl IntoIterator<Item = P>,
    work: impl Fn(&P) -> Result<(), Refusal> + Sync,
    halves: impl Fn(&P) -> Option<[P; 2]> + Sync,
) -> Result<(), String> {
    let queue: Mutex<VecDeque<P>> = Mutex::new(pieces.into_iter().collect());
    let fault: Mutex<Option<String>> = Mutex::new(None);
    let take = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    let failed = |message: String| {
        if let Ok(mut fault) = fault.lock() {
            fault.get_or_insert(message);
        }
        if let Ok(mut queue) = queue.lock() {
            queue.clear();
        }
    };
    let until_done = || {
        while let Some(piece) = take() {
            match work(&piece) {
                Ok(()) => {}
                Err(Refusal::TooMuch(message)) => match (halves(&piece), queue.lock()) {
                    (Some(halves), Ok(mut queue)) => queue.extend(halves),
                    _ => failed(message),
                },
                Err(Refusal::Failed(message)) => failed(message),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..IN_FLIGHT {
            scope.spawn(until_done);
        }
        until_done();
    });
    match fault.into_inner() {
        Ok(None) => Ok(()),
        Ok(Some(message)) => Err(message),
        Err(_) => Err("a thread that asked it ended early".to_owned()),
    }
}

/// One range query.
pub(super) fn range<S: Sink>(
    client: &Client,
    query: &str,
    span: Span,
    form: &[(&str, String)],
    sink: impl Fn() -> S,
) -> Result<S, Refusal> {
    let (start, end, step) = (seconds(span.first), seconds(span.last()), span.seconds().max(1).to_string());
    let mut all: Vec<(&str, &str)> = vec![
        ("query", query),
        ("start", &start),
        ("end", &end),
        ("step", &step),
        // VictoriaMetrics moves the points of a query that it may cache.
        ("nocache", "1"),
    ];
    all.extend(form.iter().map(|(name, value)| (*name, value.as_str())));
    let on_grid = || OnGrid { sink: sink(), span, last: None };
    let (answer, envelope) = client.ask("/api/v1/query_range", &all, on_grid)?;
    if envelope.kind != "matrix" {
        return Err(Refusal::Failed(format!("answers a range query with a {}, not a matrix", envelope.kind)));
    }
    Ok(answer.sink)
}

/// An instant as the API takes it.
pub(super) fn seconds(at: Instant) -> String {
    let (whole, nanos) = (at.div_euclid(NANOS), at.rem_euclid(NANOS));
    if nanos == 0 { whole.to_string() } else { format!("{whole}.{nanos:09}") }
}

/// Makes sure that every point is one that was asked for, and comes once.
struct OnGrid<S> {
    sink: S,
    span: Span,
    last: Option<Instant>,
}

impl<S: Sink> Sink for OnGrid<S> {
    fn series(&mut self, labels: Labels) -> Result<(), String> {
        self.last = None;
        self.sink.series(labels)
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        let Span { first, window, .. } = self.span;
        let is_asked = at >= first && at <= self.span.last() && (at - first) % window == 0;
        if !is_asked || self.last.is_some_and(|last| at <= last) {
            return Err(format!("it has a point at {}, which was not asked for there", seconds(at)));
        }
        self.last = Some(at);
        self.sink.sample(at, value)
    }
}
