//! Templates: what they are given, how they are filled, and those that are used where the user has none.
//!
//! Invariant: a template of the user that fails never costs the alert: the built-in one takes its place, and the fault is
//! told.

use super::message::Notice;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde_json::{Value, json};

const SUBJECT: &str = "[sla] {{ title }}";
const TEXT: &str = include_str!("templates/mail.txt");
const HTML: &str = include_str!("templates/mail.html");
/// Events of one kind, and services, that a mail lists.
const LISTED: usize = 100;

/// The user's templates of one channel, found sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates(Vec<(String, String)>);

/// Which form a template has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Subject,
    Text,
    Html,
    Json,
}

impl Form {
    fn word(self) -> &'static str {
        match self {
            Form::Subject => "subject",
            Form::Text => "text",
            Form::Html => "html",
            Form::Json => "json",
        }
    }
}

impl Templates {
    /// Takes templates by form and text; tells the form of one with a fault and what that is, by filling it with a sample.
    pub fn new(texts: Vec<(String, String)>) -> Result<Templates, (String, String)> {
        let sample = Notice::sample("test", 0);
        for (word, text) in &texts {
            let form = [Form::Subject, Form::Text, Form::Html, Form::Json]
                .into_iter()
                .find(|known| known.word() == word)
                .unwrap_or(Form::Text);
            filled(form, text, &given(&sample, form)).map_err(|why| (word.clone(), why))?;
        }
        Ok(Templates(texts))
    }

    /// The user's text in that form; else that of `built_in`. What is wrong with the user's goes to `faults`.
    pub(super) fn fill(
        &self,
        form: Form,
        notice: &Notice,
        faults: &mut Vec<String>,
        built_in: impl FnOnce() -> String,
    ) -> String {
        let own = self.0.iter().find(|(word, _)| word == form.word());
        match own.map(|(_, text)| filled(form, text, &given(notice, form))) {
            Some(Ok(text)) => text,
            Some(Err(why)) => {
                faults.push(format!("the template for {}: {why}; the built-in one was used", form.word()));
                built_in()
            }
            None => built_in(),
        }
    }
}

/// The subject of a mail, its text and its page.
pub(super) fn mail(notice: &Notice, templates: &Templates, faults: &mut Vec<String>) -> [String; 3] {
    let built_in = |form, text| {
        // Ours are tried by a test with whatever there can be.
        move || filled(form, text, &given(notice, form)).unwrap_or_else(|_| notice.title.clone())
    };
    [(Form::Subject, SUBJECT), (Form::Text, TEXT), (Form::Html, HTML)]
        .map(|(form, text)| templates.fill(form, notice, faults, built_in(form, text)))
}

fn filled(form: Form, text: &str, given: &Value) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| match form {
        Form::Html => AutoEscape::Html,
        Form::Json => AutoEscape::Json,
        Form::Subject | Form::Text => AutoEscape::None,
    });
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|why| why.to_string())?);
    environment.add_filter("cell", cell);
    environment.add_filter("when", when);
    let template = environment.template_from_named_str(form.word(), text).map_err(|why| why.to_string())?;
    let filled = template.render(minijinja::Value::from(minijinja::value::Serde(given))).map_err(|why| {
        let mut unknown: Vec<String> = match why.kind() {
            ErrorKind::UndefinedError => template.undeclared_variables(false).into_iter().collect(),
            _ => Vec::new(),
        };
        unknown.retain(|name| given.get(name).is_none());
        unknown.sort();
        match unknown.as_slice() {
            [] => why.to_string(),
            names => format!("{why}: there is no {}", names.join(", ")),
        }
    })?;
    match form {
        // A header has one line, whatever the template makes of it.
        Form::Subject => Ok(filled.split_whitespace().collect::<Vec<_>>().join(" ")),
        Form::Json => serde_json::from_str::<Value>(&filled)
            .map(|value| value.to_string())
            .map_err(|why| format!("it makes no JSON: {why}")),
        Form::Text | Form::Html => Ok(filled),
    }
}

/// A text in so many columns, for tables of plain text.
fn cell(text: &str, columns: usize) -> String {
    use crate::render::text::{left, truncate};
    left(&truncate(text, columns), columns)
}

/// A time for people: `2025-06-08 06:00:00 UTC`.
fn when(text: &str) -> String {
    let text = text.replacen('T', " ", 1);
    text.strip_suffix('Z').map_or_else(|| text.clone(), |text| format!("{text} UTC"))
}

/// `sla.alert/1`, and for people its events by kind.
fn given(notice: &Notice, form: Form) -> Value {
    if form == Form::Json {
        return notice.json();
    }
    let mut value = notice.readable();
    let of = |kinds: &[&str]| -> Vec<Value> {
        let events = value["events"].as_array().cloned().unwrap_or_default();
        events.into_iter().filter(|event| kinds.iter().any(|kind| event["event"] == *kind)).collect()
    };
    let section = |heading: &str, events: Vec<Value>| {
        let more = events.len().saturating_sub(LISTED);
        let events: Vec<Value> = events.into_iter().take(LISTED).collect();
        (!events.is_empty()).then(|| json!({"heading": heading, "events": events, "more": more}))
    };
    let ongoing = value["ongoing"].as_array().cloned().unwrap_or_default();
    let sections: Vec<Value> = [
        section("New", of(&["new"])),
        section("Worse than told before", of(&["worse"])),
        section("Still so", of(&["reminder"])),
        section("Resolved", of(&["resolved"])),
        section("No longer checked", of(&["closed"])),
        section("Told before, and still so", ongoing),
    ]
    .into_iter()
    .flatten()
    .collect();
    value["sections"] = Value::Array(sections);
    let services = value["violations"].as_array_mut().map(|services| {
        let more = services.len().saturating_sub(LISTED);
        services.truncate(LISTED);
        more
    });
    value["violations_more"] = services.unwrap_or(0).into();
    for service in value["violations"].as_array_mut().into_iter().flatten() {
        let percent = |share: &Value| {
            share.as_f64().map_or("-".to_owned(), |share| format!("{} %", rounded(share * 100.0)))
        };
        let time = service["avg_response_time_ms"].as_f64();
        service["shown"] = json!([
            service["service_name"],
            percent(&service["failure_rate"]),
            time.map_or("-".to_owned(), |time| format!("{} ms", rounded(time))),
            percent(&service["response_violation_rate"]),
        ]);
    }
    value
}

/// Three decimals at most.
fn rounded(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
