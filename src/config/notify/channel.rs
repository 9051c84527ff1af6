//! A channel: its kind, its address or where that is, and how long a message may take.

use super::email::email;
use super::length;
use crate::model::{Address, Channel, ChannelKind, SecretAt, Server};
use crate::rules::diagnostic::Faults;
use crate::rules::fields::{self, Fields};
use crate::rules::tree::{Key, Node, Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Kinds of channels.
pub const CHANNEL_KINDS: &[&str] = &["email", "slack", "discord", "pagerduty", "webhook"];
const EMAIL_KEYS: &[&str] = &[
    "smtp",
    "tls",
    "user",
    "password_file",
    "password_env",
    "from",
    "to",
    "cc",
    "reply_to",
    "attach",
    "ca_file",
    "timeout",
    "template",
];
const HOOK_KEYS: &[&str] = &["url", "url_file", "url_env", "ca_file", "timeout", "template"];
const PAGER_KEYS: &[&str] = &["key_file", "key_env", "url", "ca_file", "timeout"];
const WEBHOOK_KEYS: &[&str] =
    &["url", "url_file", "url_env", "secret_file", "secret_env", "ca_file", "timeout", "template"];

/// Where `PagerDuty` takes events (<https://developer.pagerduty.com/docs/send-alert-event>).
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";
/// How long one message may take, where nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn channel(key: &Key, node: &Node, folder: &Path, faults: &mut Faults) -> Option<Channel> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, &key.text, "a mapping", faults)
            .help("say what kind it is: {slack: {url_env: SLACK_URL}}");
        return None;
    };
    let fields = Fields::new(entries, CHANNEL_KINDS, faults);
    let said: Vec<&str> = CHANNEL_KINDS.iter().copied().filter(|kind| fields.get(kind).is_some()).collect();
    let [kind] = said.as_slice() else {
        if entries.is_empty() || said.len() > 1 {
            faults
                .error(key.span.clone(), format!("`{}` must be of one kind", key.text))
                .expected(format!("one of {}", CHANNEL_KINDS.join(", ")));
        }
        return None;
    };
    let node = fields.get(kind)?;
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, kind, "a mapping", faults);
        return None;
    };
    let (keys, forms): (&[&str], &[&str]) = match *kind {
        "email" => (EMAIL_KEYS, &["subject", "text", "html"]),
        "pagerduty" => (PAGER_KEYS, &[]),
        "webhook" => (WEBHOOK_KEYS, &["json"]),
        _ => (HOOK_KEYS, &["json"]),
    };
    let own = Fields::new(entries, keys, faults);
    let kind = match *kind {
        "email" => email(node, &own, folder, faults).map(|email| ChannelKind::Email(Box::new(email))),
        "slack" => hidden_address(node, &own, folder, faults).map(ChannelKind::Slack),
        "discord" => hidden_address(node, &own, folder, faults).map(ChannelKind::Discord),
        "pagerduty" => pagerduty(node, &own, folder, faults),
        _ => {
            let secret = secret(&own, "secret", folder, faults);
            address(node, &own, folder, faults).map(|url| ChannelKind::Webhook { url, secret })
        }
    };
    let timeout = own.get("timeout").and_then(|node| length(node, "timeout", faults));
    let templates = own.get("template").map(|node| templates(node, forms, folder, faults));
    let ca = own.string("ca_file", faults).map(|name| folder.join(name));
    Some(Channel {
        name: key.text.clone(),
        kind: kind?,
        timeout: timeout.map_or(TIMEOUT, |nanos| Duration::from_nanos(nanos.unsigned_abs())),
        ca,
        templates: templates.unwrap_or_default(),
    })
}

fn templates(node: &Node, forms: &[&str], folder: &Path, faults: &mut Faults) -> Vec<(String, PathBuf)> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "template", "a mapping", faults)
            .help(format!("name a file for each form: {{{}: FILE}}", forms.first().unwrap_or(&"json")));
        return Vec::new();
    };
    let fields = Fields::new(entries, forms, faults);
    let file = |form: &&str| Some(((*form).to_owned(), folder.join(fields.string(form, faults)?)));
    forms.iter().filter_map(file).collect()
}

fn pagerduty(node: &Node, own: &Fields, folder: &Path, faults: &mut Faults) -> Option<ChannelKind> {
    let url = own.get("url").and_then(|node| plain_address(node, "url", faults));
    let Some(key) = secret(own, "key", folder, faults) else {
        if own.get("key_file").is_none() && own.get("key_env").is_none() {
            faults
                .error(node.span.clone(), "`pagerduty` has no key")
                .help("name where the integration key is: key_env: VARIABLE, or key_file: FILE");
        }
        return None;
    };
    Some(ChannelKind::Pagerduty { url: url.unwrap_or_else(|| PAGERDUTY.to_owned()), key })
}

/// The same, for an address that lets in whoever has it.
fn hidden_address(node: &Node, own: &Fields, folder: &Path, faults: &mut Faults) -> Option<Address> {
    let address = address(node, own, folder, faults);
    if let (Some(Address::Plain(url)), Some(node)) = (&address, own.get("url")) {
        let host = url.split('/').nth(2).unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if !is_local(name) {
            faults
                .error(
                    node.span.clone(),
                    "this address lets in whoever has it, and sla.yaml is no place for a secret",
                )
                .help("put it into a variable or a file: url_env: VARIABLE, url_file: FILE");
        }
    }
    address
}

/// `url`, `url_file` or `url_env`.
fn address(node: &Node, own: &Fields, folder: &Path, faults: &mut Faults) -> Option<Address> {
    let hidden = secret(own, "url", folder, faults);
    if let Some(plain) = own.get("url") {
        if hidden.is_some() {
            faults.error(plain.span.clone(), "`url` is said twice").help("keep one");
        }
        return plain_address(plain, "url", faults).map(Address::Plain);
    }
    if hidden.is_none() && own.get("url_file").is_none() && own.get("url_env").is_none() {
        faults
            .error(node.span.clone(), "it has no address")
            .help("an address that lets one in is a secret: url_env: VARIABLE or url_file: FILE; another one is url: …");
    }
    hidden.map(Address::Secret)
}

pub(super) fn plain_address(node: &Node, key: &str, faults: &mut Faults) -> Option<String> {
    let url = fields::text(node, key, faults)?.trim();
    if !Server::is_address(url) || url.len() > 2_000 || url.contains(char::is_whitespace) {
        faults.error(node.span.clone(), format!("`{url}` is no address")).expected("https://… or http://…");
        return None;
    }
    if url.split('/').nth(2).is_some_and(|host| host.contains('@')) {
        faults
            .error(node.span.clone(), "a password has no place in an address")
            .help("put the whole address into a variable or file: url_env: VARIABLE, url_file: FILE");
        return None;
    }
    Some(url.to_owned())
}

/// `NAME_file` or `NAME_env`.
pub(super) fn secret(own: &Fields, name: &str, folder: &Path, faults: &mut Faults) -> Option<SecretAt> {
    let file = own.string(&format!("{name}_file"), faults);
    let variable = own.string(&format!("{name}_env"), faults);
    if let (Some(_), Some(_), Some(key)) = (&file, &variable, own.key(&format!("{name}_env"))) {
        faults
            .error(key.span.clone(), format!("`{name}_file` and `{name}_env` are both said"))
            .help("keep one");
    }
    file.map(|name| SecretAt::File(folder.join(name))).or(variable.map(SecretAt::Environment))
}

/// Whether what is sent there stays on this machine.
pub(super) fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}
