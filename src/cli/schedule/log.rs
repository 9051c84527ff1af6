//! The log of `sla schedule`, on standard error: lines for people, or JSON.
//!
//! Invariant: one event is one line, whatever names in it contain; only for people, what it says in several lines stands
//! indented below it. Secrets are never part of an event.

use super::arguments::LogShape;
use super::clock;
use crate::render::text::visible;
use jiff::Timestamp;
use serde_json::Value;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

/// Starts the log; from now on, everything that is told is in it.
pub(super) fn start(shape: LogShape) {
    // Only a second start could fail, and the first one holds then.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(Lines { shape }));
    super::super::terminal::tell_into_log();
}

struct Lines {
    shape: LogShape,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        if level > Level::INFO {
            return;
        }
        let mut said = Said::default();
        event.record(&mut said);
        let line = match self.shape {
            LogShape::Human => said.human(level),
            LogShape::Json => said.json(level),
        };
        // A log that nobody takes is no reason to stop.
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }
}

/// The fields of an event, in order.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.fields.push((name, value.into())),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fields.push((field.name(), value.into()));
    }
}

impl Said {
    /// `2025-06-01T12:00:00Z  info nightly: met entry=nightly`
    fn human(&self, level: Level) -> String {
        let level = level.as_str().to_lowercase();
        let mut lines = self.message.lines();
        let first = visible(lines.next().unwrap_or_default());
        let mut line = format!("{} {level:>5} {first}", time("%Y-%m-%dT%H:%M:%SZ"));
        for (name, value) in &self.fields {
            let value = match value {
                Value::String(text) => visible(text).into_owned(),
                value => value.to_string(),
            };
            let quote = if value.contains(' ') || value.is_empty() { "\"" } else { "" };
            let _ = write!(line, " {name}={quote}{value}{quote}");
        }
        line.push('\n');
        for more in lines {
            let _ = writeln!(line, "    {}", visible(more));
        }
        line
    }

    fn json(self, level: Level) -> String {
        let first = [
            ("time", time("%Y-%m-%dT%H:%M:%S%.3fZ").into()),
            ("level", level.as_str().to_lowercase().into()),
            ("message", self.message.into()),
        ];
        let pairs = first.into_iter().chain(self.fields);
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
        format!("{{{}}}\n", pairs.join(","))
    }
}

/// The present, in UTC.
fn time(format: &str) -> String {
    let now = Timestamp::from_nanosecond(i128::from(clock::wall())).unwrap_or_default();
    now.strftime(format).to_string()
}
