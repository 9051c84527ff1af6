//! `sla silence`: nobody is told about what matches, until it ends.

use super::arguments::{SilenceAddArguments, SilenceArguments, SilenceCommand};
use super::delivery;
use crate::calendar;
use crate::cli::stop::Stop;
use crate::cli::{Outcome, history, options, terminal};
use crate::model::{Clock, Instant, Silence};
use crate::render::text::visible;
use crate::rules::{self, diagnostic::nearest};
use crate::store::{Fault, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Adds, lists or ends.
pub(in crate::cli) fn silence(arguments: &SilenceArguments) -> Outcome {
    let now = options::now(arguments.now.as_deref())?;
    match &arguments.command {
        SilenceCommand::Add(said) => {
            let mut silence = read(said, now)?;
            // There may be no history yet, and nothing is to be told from the first run on.
            let file = history::store_of(&arguments.store)?;
            let store = Store::create(&file).map_err(|why| history::unusable(&why))?;
            let known = store.known_labels().map_err(|why| history::unusable(&why))?;
            // Whoever is in another folder, or misspells the name, would silence nobody.
            if store.last_run().map_err(|why| history::unusable(&why))?.is_none() {
                let note = format!(
                    "note: no run is recorded in {} yet; it is silent for those that will be",
                    file.display()
                );
                delivery::tell(&visible(&note));
            }
            for doubt in doubts(&silence, &known) {
                terminal::tell(&format!("warning: {}\n", visible(&doubt)));
            }
            silence.id = store.silence(&silence).map_err(|why| history::unusable(&why))?;
            Ok(terminal::answer(&format!("added {}\n", listed(&silence))))
        }
        SilenceCommand::List => {
            let file = history::store_of(&arguments.store)?;
            let silences = match Store::open(&file).and_then(|store| store.silences(now)) {
                Err(why) if matches!(why.fault, Fault::Absent) => Vec::new(),
                silences => silences.map_err(|why| history::unusable(&why))?,
            };
            if silences.is_empty() {
                return Ok(terminal::answer(&format!("no silence holds in {}\n", file.display())));
            }
            let lines: Vec<String> = silences.iter().map(listed).collect();
            Ok(terminal::answer(&format!("{}\n", lines.join("\n"))))
        }
        SilenceCommand::Remove { id } => {
            let (store, _) = history::open(&arguments.store)?;
            if store.end_silence(*id, now).map_err(|why| history::unusable(&why))? {
                return Ok(terminal::answer(&format!("silence {id} has ended\n")));
            }
            Err(Stop::usage(format!("no silence of the number {id} holds"))
                .hint("`sla silence list` shows those that do"))
        }
    }
}

fn read(said: &SilenceAddArguments, now: Instant) -> Result<Silence, Stop> {
    let mut stop = Stop::usage_if_any();
    let mut matchers: Vec<(String, Vec<String>)> = Vec::new();
    let named = [
        ("service", &said.service),
        ("agreement", &said.agreement),
        ("objective", &said.objective),
        ("severity", &said.severity),
    ];
    for (key, values) in named {
        if !values.is_empty() {
            matchers.push((key.to_owned(), values.clone()));
        }
    }
    for text in &said.group {
        match text.split_once('=') {
            Some((column, value)) if !column.is_empty() => {
                match matchers.iter_mut().find(|(known, _)| known == column) {
                    Some((_, values)) => values.push(value.to_owned()),
                    None => matchers.push((column.to_owned(), vec![value.to_owned()])),
                }
            }
            _ => stop.add(format!("--group {text}: write a column and its value, as in --group region=eu")),
        }
    }
    if matchers.is_empty() && !said.all && said.group.is_empty() {
        stop.add("nothing says what to be silent about: --service NAME, or --all for everything".to_owned());
    }
    if said.reason.trim().is_empty() {
        stop.add("--reason is empty; say why, for those who wonder".to_owned());
    }
    let until = match until(&said.until, now) {
        Ok(until) if until <= now => {
            stop.add(format!("--until {}: that has passed", said.until));
            now
        }
        Ok(until) => until,
        Err(why) => {
            stop.add(format!("--until: {why}"));
            now
        }
    };
    stop.check()?;
    Ok(Silence { id: 0, matchers, reason: said.reason.clone(), from: now, until })
}

/// A length of time from now on, or a time.
fn until(text: &str, now: Instant) -> Result<Instant, String> {
    if let Ok(length) = rules::parse_duration(text) {
        return Ok(now.saturating_add(length));
    }
    calendar::parse_bound(text, &Clock::Zoned("UTC".to_owned()), now).map_err(|why| {
        if !why.contains("is no time;") {
            return why;
        }
        format!(
            "`{text}` is no time; write a length from now on (2h), a date (2025-06-01), or a date and time \
             (2025-06-01T12:30)"
        )
    })
}

/// What a silence goes by and nothing recorded has: it may be misspelt, or the name of what is to come.
fn doubts(silence: &Silence, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    // Before the first run nothing can be known.
    if known.is_empty() {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    let or = |word: &str, known: &mut dyn Iterator<Item = &String>| {
        let meant = nearest(word, known.map(String::as_str));
        meant.map_or(String::new(), |meant| format!("; did you mean \"{meant}\"?"))
    };
    for (key, values) in &silence.matchers {
        let Some(of_key) = known.get(key) else {
            doubts.push(match key.as_str() {
                "severity" => "nothing recorded has a severity".to_owned(),
                _ => format!("nothing recorded has a column \"{key}\"{}", or(key, &mut known.keys())),
            });
            continue;
        };
        for value in values.iter().filter(|value| !of_key.contains(*value)) {
            let meant = or(value, &mut of_key.iter());
            doubts.push(format!("nothing recorded has {key} \"{value}\"{meant}"));
        }
    }
    doubts
}

fn listed(silence: &Silence) -> String {
    let matchers = silence.matchers.iter().map(|(key, values)| format!("{key}={}", values.join(",")));
    let matchers = matchers.collect::<Vec<_>>().join(" ");
    let matchers = if matchers.is_empty() { "everything".to_owned() } else { matchers };
    let Silence { id, reason, until, .. } = silence;
    format!("silence {id}: {matchers}, until {} UTC: {reason}", delivery::at(*until))
}
