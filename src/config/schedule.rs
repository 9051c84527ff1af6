//! `schedule:`, `heartbeat:`, `listen:` and `status:` of the project file.

use super::project::joined;
use super::servers;
use crate::model::{Cadence, Entry, Kept, Nanos, Readers, Scheduling};
use crate::rules::diagnostic::Faults;
use crate::rules::fields::{self, Fields};
use crate::rules::parse_duration;
use crate::rules::tree::{Node, Value};
use crate::schedule::Schedule;
use std::net::SocketAddr;
use std::path::Path;

/// Keys of the project file that are read here.
pub const SCHEDULING_KEYS: &[&str] = &["schedule", "heartbeat", "listen", "status"];
/// Keys of an entry.
pub const ENTRY_KEYS: &[&str] = &[
    "name",
    "cron",
    "timezone",
    "every",
    "rules",
    "output",
    "deadline",
    "since",
    "until",
    "audience",
    "incremental",
];
/// Keys of `heartbeat:`.
pub const HEARTBEAT_KEYS: &[&str] = &["url_env", "url_file"];
/// The zone of a cron expression that names none: the same on every machine.
pub const DEFAULT_ZONE: &str = "UTC";

/// Reads all that is about running by itself; names of files start from `folder`.
pub(super) fn scheduling(project: &Fields, folder: &Path, faults: &mut Faults) -> Scheduling {
    let listen = project.get("listen").and_then(|node| {
        let text = fields::text(node, "listen", faults)?.trim();
        let is_address = text.parse::<SocketAddr>().is_ok();
        if !is_address {
            faults
                .error(node.span.clone(), format!("`{text}` is no address to listen at"))
                .expected("an IP address and a port, as in 127.0.0.1:9464");
        }
        is_address.then(|| text.to_owned())
    });
    Scheduling {
        entries: project.get("schedule").map(|node| entries(node, folder, faults)).unwrap_or_default(),
        heartbeat: project.get("heartbeat").and_then(|node| heartbeat(node, folder, faults)),
        listen,
        status: project.string("status", faults).map(|name| folder.join(name)),
    }
}

fn entries(node: &Node, folder: &Path, faults: &mut Faults) -> Vec<Entry> {
    let one = std::slice::from_ref(node);
    let items = match &node.value {
        Value::List(items) if items.is_empty() => {
            faults.error(node.span.clone(), "`schedule` is empty").help(
                "say when: schedule: [{cron: \"0 6 * * *\", timezone: Europe/Vienna}], or leave the key out",
            );
            return Vec::new();
        }
        Value::List(items) => items.as_slice(),
        _ => one,
    };
    let mut found: Vec<Entry> = Vec::new();
    for item in items {
        let Some(entry) = entry(item, folder, faults) else { continue };
        if found.iter().any(|other| other.name == entry.name) {
            faults.error(item.span.clone(), format!("two entries are called `{}`", entry.name)).help(
                "the history knows by its name how far an entry is done: give each a `name` of its own",
            );
        }
        found.push(entry);
    }
    found
}

fn entry(node: &Node, folder: &Path, faults: &mut Faults) -> Option<Entry> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "an entry of `schedule`", "a mapping", faults)
            .help("say when: {cron: \"0 6 * * *\", timezone: Europe/Vienna} or {every: 60s}");
        return None;
    };
    let fields = Fields::new(entries, ENTRY_KEYS, faults);
    let cadence = cadence(node, &fields, faults);
    let mut texts = |key: &str| -> Vec<String> {
        let found = fields.get(key).and_then(|node| fields::texts(node, key, faults));
        found.unwrap_or_default().into_iter().map(|(text, _)| text).collect()
    };
    let rules = texts("rules").iter().map(|name| joined(folder, name)).collect();
    let output = texts("output").iter().map(|said| output(folder, said)).collect();
    let deadline =
        fields.get("deadline").and_then(|node| length(node, "deadline", faults)).map(|(length, _)| length);
    let (since, until) = (fields.string("since", faults), fields.string("until", faults));
    let audience = fields.word("audience", &["internal", "customer"], faults);
    let audience =
        audience.map(|word| if word == "customer" { Readers::Customer } else { Readers::Internal });
    let incremental = match fields.word("incremental", &["true", "verify", "false"], faults) {
        Some("true") => Some(Kept::Trusted),
        Some("verify") => Some(Kept::Compared),
        _ => None,
    };
    let name = fields.string("name", faults);
    let cadence = cadence?;
    let name = name.unwrap_or_else(|| cadence.to_string());
    Some(Entry { rules, output, deadline, since, until, audience, incremental, ..Entry::of(name, cadence) })
}

/// `junit=FILE` and `FILE` start from the folder, too.
fn output(folder: &Path, said: &str) -> std::path::PathBuf {
    match said.split_once('=') {
        Some((format, file)) => format!("{format}={}", folder.join(file).display()).into(),
        None => folder.join(said),
    }
}

fn cadence(node: &Node, fields: &Fields, faults: &mut Faults) -> Option<Cadence> {
    let (cron, every) = (fields.get("cron"), fields.get("every"));
    match (cron, every) {
        (Some(_), Some(every)) => {
            faults
                .error(every.span.clone(), "`cron` and `every` both say when")
                .help("keep one of them, or make two entries");
            None
        }
        (None, None) => {
            if !fields.misspelt("cron") && !fields.misspelt("every") {
                faults
                    .error(node.span.clone(), "it does not say when")
                    .help("as in cron: \"0 6 * * *\" or every: 60s");
            }
            None
        }
        (None, Some(node)) => {
            let (length, text) = length(node, "every", faults)?;
            if let Some(zone) = fields.get("timezone") {
                faults.error(zone.span.clone(), "`every` goes by the time that passes, which has no zone");
            }
            Some(Cadence::Every { length, text })
        }
        (Some(node), None) => {
            let text = fields::text(node, "cron", faults)?;
            let zone_node = fields.get("timezone");
            let zone = match zone_node {
                Some(node) => fields::text(node, "timezone", faults)?.trim(),
                None => DEFAULT_ZONE,
            };
            match Schedule::parse(text, zone) {
                Ok(schedule) => {
                    if schedule.next_after(0).is_none() {
                        faults
                            .error(node.span.clone(), format!("`{text}` never comes"))
                            .help("no month has such a day");
                        return None;
                    }
                    Some(Cadence::Cron { text: text.trim().to_owned(), zone: zone.to_owned() })
                }
                Err(fault) => {
                    let span = match zone_node {
                        Some(zone) if fault.span.is_empty() => zone.span.clone(),
                        _ => fields::place(node, text, fault.span, faults),
                    };
                    let diagnostic = faults.error(span, fault.message);
                    if let Some(expected) = fault.expected {
                        diagnostic.expected(expected);
                    }
                    None
                }
            }
        }
    }
}

/// A length of time in whole seconds, at least one; the message says why it is none.
pub fn whole_seconds(text: &str) -> Result<Nanos, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{text}` has no unit; did you mean `{text}s`?"));
    }
    parse_duration(text).and_then(|length| Schedule::every(length).map(|_| length))
}

/// In whole seconds, at least one, and as it was written.
fn length(node: &Node, key: &str, faults: &mut Faults) -> Option<(Nanos, String)> {
    let text = fields::text(node, key, faults)?.trim();
    match whole_seconds(text) {
        Ok(length) => Some((length, text.to_owned())),
        Err(why) => {
            faults.error(node.span.clone(), why);
            None
        }
    }
}

fn heartbeat(node: &Node, folder: &Path, faults: &mut Faults) -> Option<crate::model::SecretAt> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "heartbeat", "a mapping", faults)
            .help("whoever knows the address can ping it, so say where it is kept: {url_env: HC_URL} or {url_file: FILE}");
        return None;
    };
    let before = entries.len();
    let fields = Fields::new(entries, HEARTBEAT_KEYS, faults);
    let found = servers::secret(&fields, "url", folder, faults);
    if found.is_none() && before == 0 {
        faults
            .error(node.span.clone(), "`heartbeat` is empty")
            .help("say where the address to ping is kept: {url_env: HC_URL} or {url_file: FILE}");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::find_project;
    use crate::model::{NANOS, SecretAt};
    use crate::rules::{Colour, render};
    use std::io::Write;

    fn read(text: &str) -> Result<Scheduling, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::File::create(folder.path().join("sla.yaml")).unwrap().write_all(text.as_bytes()).unwrap();
        let real = std::fs::canonicalize(folder.path()).unwrap();
        match find_project(&real) {
            Ok(project) => Ok(project.unwrap().scheduling),
            Err(faults) => Err(render(&faults, Colour::Never).replace(&real.display().to_string(), "…")),
        }
    }

    #[test]
    fn all_of_it() {
        let text = "schedule:\n  - {name: nightly, cron: '0 6 * * mon-fri', timezone: Europe/Vienna, deadline: 10m,\n     \
                    rules: /r/a.yaml, output: [/o/a.html, junit=/o/b.xml], since: 40d, until: 2025-06-01, audience: customer,\n     \
                    incremental: verify}\n  - {every: 60s, incremental: false}\nheartbeat: {url_env: HC_URL}\n\
                    listen: 127.0.0.1:9464\nstatus: /s.json\n";
        let nightly = Entry {
            rules: vec!["/r/a.yaml".into()],
            output: vec!["/o/a.html".into(), "junit=/o/b.xml".into()],
            deadline: Some(600 * NANOS),
            since: Some("40d".into()),
            until: Some("2025-06-01".into()),
            audience: Some(Readers::Customer),
            incremental: Some(Kept::Compared),
            ..Entry::of(
                "nightly".into(),
                Cadence::Cron { text: "0 6 * * mon-fri".into(), zone: "Europe/Vienna".into() },
            )
        };
        let every = Cadence::Every { length: 60 * NANOS, text: "60s".into() };
        let often = Entry::of("every 60s".into(), every);
        let expected = Scheduling {
            entries: vec![nightly, often],
            heartbeat: Some(SecretAt::Environment("HC_URL".into())),
            listen: Some("127.0.0.1:9464".into()),
            status: Some("/s.json".into()),
        };
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let check = |text: &str, expected: &[&str]| {
            let found = read(text).unwrap_err();
            for part in expected {
                assert!(found.contains(part), "{text}\n{found}\n{part}");
            }
        };
        check(
            "schedule:\n  - cron: '0 25 * * *'\n",
            &["`25` is no hour", "sla.yaml:2:14", "^^ expected 0 to 23"],
        );
        check(
            "schedule: [{cron: '0 6 * * *', timezone: Vienna}]\n",
            &["`Vienna` is no known time zone", "sla.yaml:1:42"],
        );
        check("schedule: [{cron: '0 0 30 feb *'}]\n", &["`0 0 30 feb *` never comes"]);
        check("schedule: [{cron: '@daily', every: 1h}]\n", &["`cron` and `every` both say when"]);
        check("schedule: [{name: x}]\n", &["it does not say when"]);
        check("schedule: [{evry: 60s}]\n", &["did you mean `every`?"]);
        check("schedule: [{every: 100ms}]\n", &["goes by whole seconds, at least one"]);
        check("schedule: [{every: 60s, timezone: UTC}]\n", &["which has no zone"]);
        check("schedule: [{every: 60}]\n", &["`60` has no unit; did you mean `60s`?"]);
        check(
            "schedule: [{every: 60s, audience: client}]\n",
            &["`audience` cannot be `client`", "expected `internal` or `customer`", "sla.yaml:1:35"],
        );
        check("schedule: [{every: 60s, incremental: yes}]\n", &["`incremental` cannot be `yes`"]);
        check("schedule: [{every: 60s}, {every: 60s}]\n", &["two entries are called `every 60s`"]);
        check("schedule: []\n", &["`schedule` is empty"]);
        check("schedule: often\n", &["must be a mapping"]);
        check("listen: localhost:9464\n", &["`localhost:9464` is no address to listen at"]);
        check(
            "heartbeat: https://hc.example/1\n",
            &["`heartbeat` must be a mapping", "whoever knows the address can ping it"],
        );
        check("heartbeat: {}\n", &["`heartbeat` is empty"]);
    }
}
