//! `prometheus:` of a source, and the secrets that it names.

use super::secret as secrets_of;
use crate::model::{Auth, Counting, GaugeColumn, SecretAt, Secrets, Server, Unit};
use crate::rules::diagnostic::Faults;
use crate::rules::fields::{self, Fields};
use crate::rules::tree::{Node, Value};
use crate::rules::{parse_duration, parse_unit};
use std::fs;
use std::path::{Path, PathBuf};

/// Keys of a source that is a server.
pub const SERVER_KEYS: &[&str] = &[
    "prometheus",
    "auth",
    "by",
    "requests",
    "failures",
    "latency",
    "columns",
    "exact",
    "step",
    "interval",
    "series",
    "deadline",
];
/// Keys of `auth:`.
pub const AUTH_KEYS: &[&str] = &[
    "bearer_file",
    "bearer_env",
    "basic",
    "headers",
    "header_files",
    "header_envs",
    "ca_file",
    "cert_file",
    "key_file",
];
/// Keys of `basic:`.
pub const BASIC_KEYS: &[&str] = &["user", "password_file", "password_env"];
/// Keys of a column.
pub const GAUGE_KEYS: &[&str] = &["query", "unit"];
/// Keys of `latency:`.
pub const HISTOGRAM_KEYS: &[&str] = &["metric", "unit"];

/// Reads a source that is a server; names of files in it start from `folder`.
pub(super) fn server(name: &str, entries: &Fields, folder: &Path, faults: &mut Faults) -> Option<Server> {
    let node = entries.get("prometheus")?;
    let url = fields::text(node, "prometheus", faults)?.trim();
    if !Server::is_address(url) {
        faults
            .error(node.span.clone(), format!("`{url}` is no address"))
            .expected("http://HOST:PORT or https://…");
        return None;
    }
    if Server::may_tell(url) {
        faults.error(node.span.clone(), "a password or token has no place in an address").help(
            "say it apart: auth: {basic: {user: NAME, password_file: FILE}}, or auth: {bearer_file: FILE}",
        );
        return None;
    }
    let mut server = Server { name: name.to_owned(), ..Server::at(url) };
    server.auth = entries.get("auth").map(|node| auth(node, folder, faults)).unwrap_or_default();
    server.by = entries.get("by").map(|node| pairs(node, "by", faults)).unwrap_or_default();
    server.requests = entries.string("requests", faults);
    server.failures = entries.string("failures", faults);
    if let Some(node) = entries.get("latency") {
        (server.latency, server.latency_unit) = histogram(node, faults);
    }
    server.columns = entries.get("columns").map(|node| gauges(node, faults)).unwrap_or_default();
    if entries.word("exact", &["true", "false"], faults) == Some("true") {
        server.counting = Counting::Exact;
    }
    for (key, into) in
        [("step", &mut server.step), ("interval", &mut server.interval), ("deadline", &mut server.deadline)]
    {
        *into = entries.get(key).and_then(|node| length(node, key, faults));
    }
    server.series = entries.get("series").and_then(|node| {
        let text = fields::text(node, "series", faults)?;
        let found = text.trim().parse().ok().filter(|count| *count > 0);
        if found.is_none() {
            faults
                .error(node.span.clone(), format!("`{text}` is no number of series"))
                .expected("a whole number");
        }
        found
    });
    Some(server)
}

fn length(node: &Node, key: &str, faults: &mut Faults) -> Option<i64> {
    let text = fields::text(node, key, faults)?;
    match parse_duration(text.trim()) {
        Ok(length) if length >= crate::model::NANOS && length % crate::model::NANOS == 0 => Some(length),
        Ok(_) => {
            faults.error(node.span.clone(), format!("`{key}` is not in whole seconds"));
            None
        }
        Err(why) => {
            faults.error(node.span.clone(), why);
            None
        }
    }
}

fn pairs(node: &Node, key: &str, faults: &mut Faults) -> Vec<(String, String)> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, key, "a mapping", faults)
            .help("name in rules: label of the metrics: {service: job}");
        return Vec::new();
    };
    let pair = |(name, node): &(crate::rules::tree::Key, Node)| {
        Some((name.text.clone(), fields::text(node, &name.text, faults)?.trim().to_owned()))
    };
    entries.iter().filter_map(pair).collect()
}

fn histogram(node: &Node, faults: &mut Faults) -> (Option<String>, Option<Unit>) {
    let Value::Map(entries) = &node.value else {
        return (fields::text(node, "latency", faults).map(|text| text.trim().to_owned()), None);
    };
    let fields = Fields::new(entries, HISTOGRAM_KEYS, faults);
    (fields.string("metric", faults), unit(&fields, faults))
}

fn gauges(node: &Node, faults: &mut Faults) -> Vec<GaugeColumn> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "columns", "a mapping", faults)
            .help("name in rules and query: {memory: {query: node_memory_Active_bytes, unit: bytes}}");
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, node) in entries {
        let name = key.text.clone();
        match &node.value {
            Value::Map(entries) => {
                let fields = Fields::new(entries, GAUGE_KEYS, faults);
                let unit = unit(&fields, faults);
                match fields.string("query", faults) {
                    Some(query) => found.push(GaugeColumn { name, query, unit }),
                    None if fields.get("query").is_none() => {
                        faults.error(key.span.clone(), format!("`{name}` has no query")).help(
                            "say a metric or an expression: {query: node_memory_Active_bytes, unit: bytes}",
                        );
                    }
                    None => {}
                }
            }
            _ => {
                if let Some(text) = fields::text(node, &name, faults) {
                    found.push(GaugeColumn { name, query: text.trim().to_owned(), unit: None });
                }
            }
        }
    }
    found
}

fn unit(fields: &Fields, faults: &mut Faults) -> Option<Unit> {
    let node = fields.get("unit")?;
    let text = fields::text(node, "unit", faults)?;
    match parse_unit(text.trim()) {
        Ok(unit) => Some(unit),
        Err(why) => {
            faults.error(node.span.clone(), why);
            None
        }
    }
}

fn auth(node: &Node, folder: &Path, faults: &mut Faults) -> Auth {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "auth", "a mapping", faults)
            .help("name a file with the secret: {bearer_file: token}");
        return Auth::default();
    };
    let fields = Fields::new(entries, AUTH_KEYS, faults);
    let file = |name: &str, faults: &mut Faults| -> Option<PathBuf> {
        fields.string(name, faults).map(|name| folder.join(name))
    };
    let mut auth = Auth {
        bearer: secret(&fields, "bearer", folder, faults),
        ca: file("ca_file", faults),
        ..Auth::default()
    };
    if let Some(node) = fields.get("basic") {
        if let Value::Map(entries) = &node.value {
            let basic = Fields::new(entries, BASIC_KEYS, faults);
            let (user, password) = (basic.string("user", faults), secret(&basic, "password", folder, faults));
            auth.basic = user.zip(password);
            if auth.basic.is_none() {
                faults
                    .error(node.span.clone(), "`basic` needs a user and a password")
                    .expected("{user: NAME, password_file: FILE} or {user: NAME, password_env: VARIABLE}");
            }
        } else {
            fields::wrong_kind(node, "basic", "a mapping", faults).help("{user: NAME, password_file: FILE}");
        }
    }
    auth.headers = fields.get("headers").map(|node| pairs(node, "headers", faults)).unwrap_or_default();
    if let Some((name, _)) = auth.headers.iter().find(|(name, _)| is_secret(name))
        && let Some(node) = fields.get("headers")
    {
        faults
            .error(node.span.clone(), format!("`{name}` is a secret, and sla.yaml is no place for one"))
            .help(format!("put it into a file or a variable: header_files: {{{name}: FILE}}, header_envs: {{{name}: VARIABLE}}"));
    }
    for (key, at) in [("header_files", true), ("header_envs", false)] {
        for (name, place) in fields.get(key).map(|node| pairs(node, key, faults)).unwrap_or_default() {
            let place = if at { SecretAt::File(folder.join(place)) } else { SecretAt::Environment(place) };
            auth.secret_headers.push((name, place));
        }
    }
    match (file("cert_file", faults), file("key_file", faults)) {
        (Some(certificate), Some(key)) => auth.certificate = Some((certificate, key)),
        (None, None) => {}
        _ => {
            faults
                .error(node.span.clone(), "a certificate of one's own needs both `cert_file` and `key_file`");
        }
    }
    auth
}

fn is_secret(header: &str) -> bool {
    let header = header.to_lowercase();
    ["authorization", "cookie", "token", "secret", "api-key", "apikey", "password"]
        .iter()
        .any(|word| header.contains(word))
}

pub(super) fn secret(fields: &Fields, name: &str, folder: &Path, faults: &mut Faults) -> Option<SecretAt> {
    let file = fields.string(&format!("{name}_file"), faults);
    let variable = fields.string(&format!("{name}_env"), faults);
    if let (Some(_), Some(key)) = (&file, fields.key(&format!("{name}_env")).filter(|_| variable.is_some())) {
        faults
            .error(key.span.clone(), format!("`{name}_file` and `{name}_env` are both said"))
            .help("keep one");
    }
    file.map(|name| SecretAt::File(folder.join(name))).or(variable.map(SecretAt::Environment))
}

/// Reads what lets a request in; the message says what is missing.
pub fn secrets(server: &Server) -> Result<Secrets, String> {
    let auth = &server.auth;
    let (mut headers, mut hidden) = (auth.headers.clone(), Vec::new());
    if let Some(at) = &auth.bearer {
        let token = secrets_of::read(at)?;
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        hidden.push(token);
    }
    if let Some((user, at)) = &auth.basic {
        let password = secrets_of::read(at)?;
        let pair = base64(format!("{user}:{password}").as_bytes());
        headers.push(("Authorization".to_owned(), format!("Basic {pair}")));
        hidden.extend([pair, password]);
    }
    for (name, at) in &auth.secret_headers {
        let value = secrets_of::read(at)?;
        headers.push((name.clone(), value.clone()));
        hidden.push(value);
    }
    let file = |path: &PathBuf| {
        fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    Ok(Secrets {
        headers,
        hidden,
        ca: auth.ca.as_ref().map(file).transpose()?,
        certificate: match &auth.certificate {
            Some((certificate, key)) => Some((file(certificate)?, file(key)?)),
            None => None,
        },
    })
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
