//! What a server has, and which of it could be requests, failures and latencies: `sla inspect SOURCE`.

use super::Connection;
use super::answer::{Envelope, Labels, Nothing, beginning};
use super::client::Client;
use super::edges::{INFINITE, LE};
use super::refusal::Refusal;
use super::samples::Samples;
use super::saved::Saved;
use super::selector::{Selector, is_plain, quoted};
use crate::model::display;
use crate::source::SourceError;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// As many metrics of a kind are listed.
const MOST_LISTED: usize = 25;
/// As many labels or edges of a metric.
const MOST_ENTRIES: usize = 40;
/// As much of a name.
const MOST_SIGNS: usize = 200;
/// Labels that tell what became of a request.
const OUTCOMES: [&str; 6] =
    ["code", "status", "status_code", "http_status_code", "response_code", "http_response_status_code"];
/// Labels that tell whose a series is, the best first.
const SERVICES: [&str; 6] = ["service", "service_name", "app", "application", "container", "job"];

/// Metrics by kind, each with its labels.
#[derive(Debug, Default, PartialEq, Eq)]
struct Catalogue {
    counters: BTreeMap<String, BTreeSet<String>>,
    /// With the edges, too.
    histograms: BTreeMap<String, (BTreeSet<String>, Vec<String>)>,
    gauges: BTreeMap<String, BTreeSet<String>>,
    /// How many there are beyond those.
    others: u64,
}

impl Connection {
    /// Lists candidates, and a source that would name the likeliest.
    pub fn inspect(&self) -> Result<String, SourceError> {
        let name = &self.server.name;
        let catalogue = match &self.samples {
            Samples::Server(client) => asked(client),
            Samples::Saved(saved) => found(saved),
        };
        let catalogue =
            catalogue.map_err(|message| SourceError::Unclear { name: name.clone(), line: None, message })?;
        let place = match &self.samples {
            Samples::Server(_) if *name != self.server.url => format!("{name}: {}", self.server.url),
            _ => name.clone(),
        };
        let name = match &self.samples {
            Samples::Server(_) if *name != self.server.url => name,
            _ => "prod",
        };
        Ok(clean(&format!("{place}\n{}\n{}", catalogue.text(), catalogue.source(name, &self.server.url))))
    }
}

/// Kinds are told by names, as the conventions have it: metadata is kept of live targets only.
enum Kind<'a> {
    Counter,
    Bucket(&'a str),
    /// Belongs to a histogram or summary.
    Part,
    Gauge,
}

fn kind<'a>(name: &'a str, names: &BTreeSet<String>) -> Kind<'a> {
    if let Some(base) = name.strip_suffix("_bucket") {
        return Kind::Bucket(base);
    }
    let part = ["_sum", "_count", "_created"].iter().find_map(|suffix| name.strip_suffix(suffix));
    match part {
        Some(base) if names.contains(base) || names.contains(&format!("{base}_bucket")) => Kind::Part,
        _ if name.ends_with("_total") => Kind::Counter,
        _ if name.starts_with("scrape_") => Kind::Part,
        _ => Kind::Gauge,
    }
}

fn catalogue(
    names: &BTreeSet<String>,
    labels: &dyn Fn(&str) -> Result<BTreeSet<String>, String>,
    edges: &dyn Fn(&str) -> Result<Vec<String>, String>,
) -> Result<Catalogue, String> {
    let mut all = Catalogue::default();
    for name in names {
        let (full, known) = match kind(name, names) {
            Kind::Part => continue,
            Kind::Counter => (all.counters.len() >= MOST_LISTED, &mut all.counters),
            Kind::Gauge => (all.gauges.len() >= MOST_LISTED, &mut all.gauges),
            Kind::Bucket(base) => {
                if all.histograms.len() >= MOST_LISTED {
                    all.others += 1;
                } else {
                    let mut labels = labels(name)?;
                    labels.remove(LE);
                    all.histograms.insert(base.to_owned(), (labels, edges(name)?));
                }
                continue;
            }
        };
        if full {
            all.others += 1;
        } else {
            known.insert(name.clone(), labels(name)?);
        }
    }
    Ok(all)
}

fn asked(client: &Client) -> Result<Catalogue, String> {
    let list = |path: &str, form: &[(&str, &str)]| -> Result<Envelope, String> {
        client.ask(path, form, || Nothing).map(|(_, envelope)| envelope).map_err(Refusal::message)
    };
    let of = |path: &str, name: &str| -> Result<Vec<String>, String> {
        Ok(list(path, &[("match[]", &Selector::named(name).text())])?.names)
    };
    let Envelope { names, more_names, .. } = list("/api/v1/label/__name__/values", &[])?;
    let names: BTreeSet<String> = names.into_iter().collect();
    let labels = |name: &str| -> Result<BTreeSet<String>, String> {
        let found = of("/api/v1/labels", name)?;
        Ok(found.into_iter().filter(|label| !label.starts_with("__")).collect())
    };
    let edges = |name: &str| of("/api/v1/label/le/values", name);
    let mut found = catalogue(&names, &labels, &edges)?;
    found.others += more_names;
    Ok(found)
}

fn found(saved: &Saved) -> Result<Catalogue, String> {
    let value = |labels: &Labels, wanted: &str| {
        labels.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let names: BTreeSet<String> = saved.names().into_iter().collect();
    let labels = |wanted: &str| {
        let of = saved.all().filter(|labels| value(labels, "__name__") == wanted);
        let named = of.flat_map(|labels| labels.iter().map(|(name, _)| name.clone()));
        Ok(named.filter(|name| name != "__name__").collect())
    };
    let edges = |name: &str| saved.values(&Selector::named(name), LE);
    catalogue(&names, &labels, &edges)
}

impl Catalogue {
    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let mut list = |title: &str, entries: Vec<(String, String)>| {
            if !entries.is_empty() {
                let width = entries.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(48);
                let _ = writeln!(text, "\n{title}");
                for (name, about) in entries {
                    let _ = writeln!(text, "  {}", format!("{name:width$}  {about}").trim_end());
                }
            }
        };
        let plain = |metrics: &BTreeMap<String, BTreeSet<String>>| -> Vec<(String, String)> {
            metrics.iter().map(|(name, labels)| (listed(name), joined(labels))).collect()
        };
        list("counters", plain(&self.counters));
        let histograms = self.histograms.iter().map(|(name, (labels, edges))| {
            let mut edges: Vec<&String> = edges.iter().filter(|edge| *edge != INFINITE).collect();
            let number = |edge: &&String| edge.parse::<f64>().unwrap_or(f64::INFINITY);
            edges.sort_by(|a, b| number(a).total_cmp(&number(b)));
            (listed(name), format!("{}; edges {}", joined(labels), some(edges.into_iter(), " ")))
        });
        list("histograms", histograms.collect());
        list("gauges, by their names", plain(&self.gauges));
        if self.others > 0 {
            let _ = writeln!(text, "\n… and {}", display::counted(self.others, "other metrics"));
        }
        text
    }

    /// A block for `sla.yaml`.
    fn source(&self, name: &str, url: &str) -> String {
        let likeliest = |names: Vec<&String>, words: &[&str]| -> Option<String> {
            let score = |name: &str| words.iter().filter(|word| name.contains(*word)).count();
            let best =
                names.into_iter().rev().max_by_key(|name| (score(name), std::cmp::Reverse(name.len())))?;
            (score(best) > 0).then(|| best.clone())
        };
        let requests = likeliest(self.counters.keys().collect(), &["http", "request", "server"]);
        let latency = likeliest(
            self.histograms.keys().collect(),
            &["http", "request", "duration", "latency", "server"],
        );
        let labels = match (&requests, &latency) {
            (Some(name), _) => self.counters.get(name),
            (None, Some(name)) => self.histograms.get(name).map(|(labels, _)| labels),
            (None, None) => None,
        };
        let has = |wanted: &&&str| labels.is_some_and(|labels| labels.contains(**wanted));
        let mut text = "a source for sla.yaml, to begin with\n\nsources:\n".to_owned();
        let mut line = |indent: usize, line: &str| {
            let _ = writeln!(text, "{:indent$}{line}", "");
        };
        line(2, &format!("{name}:"));
        line(4, &format!("prometheus: {}", if url.is_empty() { "http://127.0.0.1:9090" } else { url }));
        if let Some(label) = SERVICES.iter().find(has) {
            line(4, &format!("by: {{service: {label}}}"));
        }
        if let Some(requests) = &requests {
            line(4, &format!("requests: {}", in_yaml(requests, "")));
        }
        let counted = requests.clone().or_else(|| latency.as_ref().map(|name| format!("{name}_count")));
        let errors = || likeliest(self.counters.keys().collect(), &["error", "fail"]);
        match (OUTCOMES.iter().find(has), counted) {
            (Some(label), Some(counted)) => {
                line(4, &format!("failures: {}", in_yaml(&counted, &format!("{label}=~\"5..\""))));
            }
            _ => match errors() {
                Some(errors) => line(4, &format!("failures: {}", in_yaml(&errors, ""))),
                None => line(4, "# failures: no counter of failures was recognised"),
            },
        }
        if let Some(latency) = &latency {
            line(4, &format!("latency: {}", in_yaml(latency, "")));
        }
        text
    }
}

fn joined(labels: &BTreeSet<String>) -> String {
    some(labels.iter(), ", ")
}

/// The first of a list, and how many more there are.
fn some<'a>(entries: impl ExactSizeIterator<Item = &'a String>, between: &str) -> String {
    let more = entries.len().saturating_sub(MOST_ENTRIES);
    let mut told: Vec<String> =
        entries.take(MOST_ENTRIES).map(|entry| beginning(entry, MOST_SIGNS)).collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join(between)
}

/// A metric as it is listed.
fn listed(name: &str) -> String {
    beginning(&selector(name, ""), MOST_SIGNS)
}

/// A metric with matchers, as a source names it.
fn selector(name: &str, matchers: &str) -> String {
    match (is_plain(name), matchers) {
        (true, "") => name.to_owned(),
        (true, _) => format!("{name}{{{matchers}}}"),
        (false, "") => format!("{{{}}}", quoted(name)),
        (false, _) => format!("{{{},{matchers}}}", quoted(name)),
    }
}

/// The same as a value in YAML.
fn in_yaml(name: &str, matchers: &str) -> String {
    let text = selector(name, matchers);
    // A brace would begin a mapping.
    if is_plain(name) { text } else { format!("'{}'", text.replace('\'', "''")) }
}

/// Names of a server are no instructions to a terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|sign| if sign.is_control() && sign != '\n' { char::REPLACEMENT_CHARACTER } else { sign })
        .collect()
}
