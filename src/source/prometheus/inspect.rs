//! What a server has, and which of it could be requests, failures and latencies: `sla inspect SOURCE`.

use super::Connection;
use super::answer::{Labels, Nothing};
use super::client::Client;
use super::edges::{INFINITE, LE};
use super::refusal::Refusal;
use super::samples::Samples;
use super::saved::Saved;
use super::selector::Selector;
use crate::model::display;
use crate::source::SourceError;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// As many metrics of a kind are listed.
const MOST_LISTED: usize = 25;
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
    others: usize,
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
    let get = |path: &str, form: &[(&str, &str)]| -> Result<Vec<String>, String> {
        client.ask(path, form, || Nothing).map(|(_, envelope)| envelope.names).map_err(Refusal::message)
    };
    let names: BTreeSet<String> = get("/api/v1/label/__name__/values", &[])?.into_iter().collect();
    let labels = |name: &str| -> Result<BTreeSet<String>, String> {
        let found = get("/api/v1/labels", &[("match[]", name)])?;
        Ok(found.into_iter().filter(|label| !label.starts_with("__")).collect())
    };
    let edges = |name: &str| get("/api/v1/label/le/values", &[("match[]", name)]);
    catalogue(&names, &labels, &edges)
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
                let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or(0).min(48);
                let _ = writeln!(text, "\n{title}");
                for (name, about) in entries {
                    let _ = writeln!(text, "  {}", format!("{name:width$}  {about}").trim_end());
                }
            }
        };
        let plain = |metrics: &BTreeMap<String, BTreeSet<String>>| -> Vec<(String, String)> {
            metrics.iter().map(|(name, labels)| (name.clone(), joined(labels))).collect()
        };
        list("counters", plain(&self.counters));
        let histograms = self.histograms.iter().map(|(name, (labels, edges))| {
            let mut edges: Vec<&String> = edges.iter().filter(|edge| *edge != INFINITE).collect();
            let number = |edge: &&String| edge.parse::<f64>().unwrap_or(f64::INFINITY);
            edges.sort_by(|a, b| number(a).total_cmp(&number(b)));
            let edges: Vec<&str> = edges.into_iter().map(String::as_str).collect();
            (name.clone(), format!("{}; edges {}", joined(labels), edges.join(" ")))
        });
        list("histograms", histograms.collect());
        list("gauges, by their names", plain(&self.gauges));
        if self.others > 0 {
            let _ = writeln!(text, "\n… and {}", display::counted(self.others as u64, "other metrics"));
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
            line(4, &format!("requests: {requests}"));
        }
        let counted = requests.clone().or_else(|| latency.as_ref().map(|name| format!("{name}_count")));
        let errors = || likeliest(self.counters.keys().collect(), &["error", "fail"]);
        match (OUTCOMES.iter().find(has), counted) {
            (Some(label), Some(counted)) => line(4, &format!("failures: {counted}{{{label}=~\"5..\"}}")),
            _ => match errors() {
                Some(errors) => line(4, &format!("failures: {errors}")),
                None => line(4, "# failures: no counter of failures was recognised"),
            },
        }
        if let Some(latency) = &latency {
            line(4, &format!("latency: {latency}"));
        }
        text
    }
}

fn joined(labels: &BTreeSet<String>) -> String {
    labels.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Names of a server are no instructions to a terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|sign| if sign.is_control() && sign != '\n' { char::REPLACEMENT_CHARACTER } else { sign })
        .collect()
}
