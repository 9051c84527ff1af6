//! Answers of the API and expositions that were saved to files: series with their samples, held in memory.

use super::answer::{self, Labels, Sink, beginning};
use super::exposition;
use super::json::Fault;
use super::native::Histogram;
use super::samples::{Piece, Read};
use super::selector::Selector;
use crate::model::Instant;
use crate::source::SourceError;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _};

/// As much of a file is looked at to tell what it is.
const HEAD: u64 = 4096;
/// As much of a server's message is told.
const MOST_WORDS: usize = 300;
/// What the series of an expression are called, which have no name.
pub(super) const NAMELESS: &str = "value";
const NAME: &str = "__name__";

/// Series with their samples in order.
#[derive(Debug, Default)]
pub(super) struct Saved {
    series: BTreeMap<Labels, Vec<(Instant, String)>>,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Answer,
    Exposition,
}

/// Whether a file is a saved answer of the API or an exposition of metrics, by its beginning.
pub fn is_saved(name: &str) -> bool {
    kind(name).is_some()
}

fn kind(name: &str) -> Option<Kind> {
    // A pipe is read once, and not here.
    std::fs::metadata(name).ok().filter(std::fs::Metadata::is_file)?;
    let file = File::open(name).ok()?;
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head).ok()?;
    let text = String::from_utf8_lossy(&head);
    let text = text.trim_start();
    if text.starts_with('{') && text.contains("\"status\"") {
        return Some(Kind::Answer);
    }
    let starts = ["# HELP ", "# TYPE ", "# UNIT ", "# EOF"];
    starts.iter().any(|start| text.starts_with(start)).then_some(Kind::Exposition)
}

impl Saved {
    /// Reads files.
    pub(super) fn open(names: &[String]) -> Result<Saved, SourceError> {
        let mut saved = Saved::default();
        for name in names {
            saved.read(name)?;
        }
        Ok(saved)
    }

    fn read(&mut self, name: &str) -> Result<(), SourceError> {
        let unreadable = |error: &std::io::Error| SourceError::reading(name, error);
        let unclear = |message: String| SourceError::Unclear { name: name.to_owned(), line: None, message };
        let file = File::open(name).map_err(|error| unreadable(&error))?;
        if kind(name) == Some(Kind::Exposition) {
            return exposition::read(BufReader::new(file), self)
                .map_err(|(line, message)| SourceError::Unclear { name: name.to_owned(), line, message });
        }
        let mut into = Into { saved: self, at: None };
        let envelope = answer::read(file, &mut into).map_err(|fault| match fault {
            Fault::Broken(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                unclear("the answer is cut: it ends in the middle of its JSON; fetch it again".to_owned())
            }
            Fault::Broken(error) => unreadable(&error),
            Fault::Unexpected(message) => unclear(message),
        })?;
        if envelope.status != "success" {
            return Err(unclear(format!(
                "the server refused the query: {}",
                beginning(&envelope.error, MOST_WORDS)
            )));
        }
        if let Some(warning) = envelope.warnings.first() {
            let warning = beginning(warning, MOST_WORDS);
            return Err(unclear(format!("the server warned that this may be incomplete: {warning}")));
        }
        if envelope.partial {
            return Err(unclear(
                "it is a partial answer: some stores of the server did not reply".to_owned(),
            ));
        }
        Ok(())
    }

    /// Adds a series.
    pub(super) fn add(&mut self, mut labels: Labels, samples: impl Iterator<Item = (Instant, String)>) {
        if !labels.iter().any(|(name, _)| name == NAME) {
            labels.push((NAME.to_owned(), NAMELESS.to_owned()));
        }
        labels.sort();
        self.series.entry(labels).or_default().extend(samples);
    }

    /// First and last instant.
    pub(super) fn span(&self) -> Option<(Instant, Instant)> {
        let times = || self.series.values().flatten().map(|(at, _)| *at);
        Some((times().min()?, times().max()?))
    }

    /// Whether a selector finds anything.
    pub(super) fn has(&self, selector: &Selector) -> Result<bool, String> {
        Ok(self.selected(selector)?.next().is_some())
    }

    /// The labels of the series of a selector.
    pub(super) fn selected<'a>(
        &'a self,
        selector: &'a Selector,
    ) -> Result<impl Iterator<Item = &'a Labels>, String> {
        let patterns = selector.patterns()?;
        Ok(self.series.keys().filter(move |labels| selector.selects(labels, &patterns)))
    }

    /// The values of a label among the series of a selector.
    pub(super) fn values(&self, selector: &Selector, label: &str) -> Result<Vec<String>, String> {
        let value =
            |labels: &Labels| labels.iter().find(|(name, _)| name == label).map(|(_, value)| value.clone());
        let mut values: Vec<String> = self.selected(selector)?.filter_map(value).collect();
        values.sort();
        values.dedup();
        Ok(values)
    }

    /// The labels of all series.
    pub(super) fn all(&self) -> impl Iterator<Item = &Labels> {
        self.series.keys()
    }

    /// The names of all metrics, each once.
    pub(super) fn names(&self) -> Vec<String> {
        let name =
            |labels: &Labels| labels.iter().find(|(name, _)| name == NAME).map(|(_, name)| name.clone());
        let mut names: Vec<String> = self.all().filter_map(name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The samples of a selector after `after`, up to and with `to`.
    pub(super) fn pieces<T: Read>(
        &self,
        selector: &Selector,
        after: Instant,
        to: Instant,
    ) -> Result<Vec<Piece<T>>, String> {
        let patterns = selector.patterns()?;
        let mut pieces = Vec::new();
        for (labels, samples) in self.series.iter().filter(|(labels, _)| selector.selects(labels, &patterns))
        {
            let mut sorted: Vec<&(Instant, String)> = samples.iter().collect();
            sorted.sort_by_key(|(at, _)| *at);
            sorted.dedup_by(|one, other| one == other);
            if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(format!("one series has two values at {}", super::fetch::seconds(pair[0].0)));
            }
            let within = sorted.into_iter().filter(|(at, _)| *at > after && *at <= to);
            let samples: Result<Vec<(Instant, T)>, String> =
                within.map(|(at, text)| Ok((*at, T::read(text)?))).collect();
            pieces.push(Piece { labels: labels.clone(), samples: samples? });
        }
        pieces.retain(|piece| !piece.samples.is_empty());
        Ok(pieces)
    }
}

struct Into<'a> {
    saved: &'a mut Saved,
    at: Option<Labels>,
}

impl Sink for Into<'_> {
    fn series(&mut self, labels: Labels) -> Result<(), String> {
        self.saved.add(labels.clone(), std::iter::empty());
        self.at = Some(labels);
        Ok(())
    }

    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
        if let Some(labels) = &self.at {
            self.saved.add(labels.clone(), std::iter::once((at, value.to_owned())));
        }
        Ok(())
    }

    fn histogram(&mut self, _: Instant, _: Histogram) -> Result<(), String> {
        Err("it holds a native histogram, and those are read from a server only".to_owned())
    }
}
