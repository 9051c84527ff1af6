//! `notify:` of the project file: channels and routes.
//!
//! Invariant: what could never arrive is refused here, with its place: a channel that no route names, a route to a channel
//! that is not there, an address that is none.

use crate::model::{
    Address, Attachment, Channel, ChannelKind, Email, Nanos, Notify, Quiet, Route, SecretAt, Server, Tls,
};
use crate::rules::diagnostic::{Faults, nearest};
use crate::rules::fields::{self, Fields};
use crate::rules::parse_duration;
use crate::rules::tree::{Key, Node, Value};
use lettre::message::Mailbox;
use std::path::Path;
use std::time::Duration;

/// Keys of `notify:`.
pub const NOTIFY_KEYS: &[&str] = &["channels", "routes", "repeat", "after", "link"];
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
const QUIET_KEYS: &[&str] = &["from", "to", "timezone"];

/// Where `PagerDuty` takes events (<https://developer.pagerduty.com/docs/send-alert-event>).
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";
/// How long one message may take, where nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Most runs that `after` may wait for.
const MOST_RUNS: u32 = 1_000;

/// Reads `notify:`; names of files in it start from `folder`.
pub(super) fn notify(node: &Node, folder: &Path, faults: &mut Faults) -> Option<Notify> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "notify", "a mapping", faults).help(
            "say where messages go: {channels: {chat: {slack: {url_env: SLACK_URL}}}, routes: [{to: chat}]}",
        );
        return None;
    };
    let entries = Fields::new(entries, NOTIFY_KEYS, faults);
    let mut notify = Notify { after: 1, ..Notify::default() };
    let mut places = Vec::new();
    match entries.get("channels").map(|node| (node, &node.value)) {
        Some((_, Value::Map(found))) => {
            for (key, node) in found {
                places.push(key);
                notify.channels.extend(channel(key, node, folder, faults));
            }
        }
        Some((node, _)) => {
            fields::wrong_kind(node, "channels", "a mapping", faults)
                .help("name each channel: {ops: {email: {…}}, chat: {slack: {url_env: SLACK_URL}}}");
        }
        None => {
            faults
                .error(node.span.clone(), "`notify` has no `channels`")
                .help("say where messages can go: channels: {chat: {slack: {url_env: SLACK_URL}}}");
        }
    }
    match entries.get("routes").map(|node| (node, &node.value)) {
        Some((_, Value::List(items))) => {
            notify.routes.extend(items.iter().filter_map(|item| route(item, &places, faults)));
        }
        Some((node, _)) => {
            fields::wrong_kind(node, "routes", "a list", faults)
                .help("say what goes where: [{severity: critical, to: pager}, {to: ops}]");
        }
        None => {
            faults
                .error(node.span.clone(), "`notify` has no `routes`, so that nobody is told of anything")
                .help("say what goes where: routes: [{to: CHANNEL}]");
        }
    }
    if entries.get("routes").is_some() {
        for key in &places {
            if !notify.routes.iter().any(|route| route.to.contains(&key.text)) {
                faults
                    .error(key.span.clone(), format!("no route leads to the channel `{}`", key.text))
                    .help(format!("add one, as in routes: [{{to: {}}}], or leave the channel out", key.text));
            }
        }
    }
    notify.repeat = entries.get("repeat").and_then(|node| length(node, "repeat", faults));
    if let Some(node) = entries.get("after") {
        notify.after = runs(node, faults).unwrap_or(1);
    }
    notify.link = entries.get("link").and_then(|node| plain_address(node, "link", faults));
    Some(notify)
}

/// `2 runs`, or the number alone.
fn runs(node: &Node, faults: &mut Faults) -> Option<u32> {
    let text = fields::text(node, "after", faults)?;
    let number = text.trim().strip_suffix("runs").or(text.trim().strip_suffix("run")).unwrap_or(text.trim());
    let found = number.trim().parse().ok().filter(|runs| (1..=MOST_RUNS).contains(runs));
    if found.is_none() {
        faults
            .error(node.span.clone(), format!("`{text}` is no number of runs"))
            .expected(format!("1 to {MOST_RUNS}, as in `2 runs`"));
    }
    found
}

fn length(node: &Node, key: &str, faults: &mut Faults) -> Option<Nanos> {
    let text = fields::text(node, key, faults)?;
    match parse_duration(text.trim()) {
        Ok(length) if length >= crate::model::NANOS => Some(length),
        Ok(_) => {
            faults.error(node.span.clone(), format!("`{key}` is shorter than a second"));
            None
        }
        Err(why) => {
            faults.error(node.span.clone(), why);
            None
        }
    }
}

fn channel(key: &Key, node: &Node, folder: &Path, faults: &mut Faults) -> Option<Channel> {
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

fn templates(
    node: &Node,
    forms: &[&str],
    folder: &Path,
    faults: &mut Faults,
) -> Vec<(String, std::path::PathBuf)> {
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

fn plain_address(node: &Node, key: &str, faults: &mut Faults) -> Option<String> {
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
fn secret(own: &Fields, name: &str, folder: &Path, faults: &mut Faults) -> Option<SecretAt> {
    let file = own.string(&format!("{name}_file"), faults);
    let variable = own.string(&format!("{name}_env"), faults);
    if let (Some(_), Some(_), Some(key)) = (&file, &variable, own.key(&format!("{name}_env"))) {
        faults
            .error(key.span.clone(), format!("`{name}_file` and `{name}_env` are both said"))
            .help("keep one");
    }
    file.map(|name| SecretAt::File(folder.join(name))).or(variable.map(SecretAt::Environment))
}

fn email(node: &Node, own: &Fields, folder: &Path, faults: &mut Faults) -> Option<Email> {
    let mut is_whole = true;
    for (key, example) in [
        ("smtp", "smtp: \"smtp://mail.example.com:587\""),
        ("tls", "tls: starttls (port 587), tls (port 465) or none (port 25)"),
        ("from", "from: \"SLA <sla@example.com>\""),
        ("to", "to: [ops@example.com]"),
    ] {
        if own.get(key).is_none() && !own.misspelt(key) {
            faults
                .error(node.span.clone(), format!("`email` has no `{key}`"))
                .help(format!("as in {example}"));
            is_whole = false;
        }
    }
    let words: Vec<&'static str> = Tls::ALL.iter().map(|tls| tls.word()).collect();
    let tls = own.word("tls", &words, faults).and_then(Tls::from_word);
    let server = own.get("smtp").and_then(|node| server(node, tls, faults));
    let password = secret(own, "password", folder, faults);
    let user = own.string("user", faults);
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) => {
            let place = own.key("user").map_or(node.span.clone(), |key| key.span.clone());
            faults
                .error(place, "`user` has no password")
                .help("name where it is: password_file: FILE, or password_env: VARIABLE");
            None
        }
        (None, Some(_)) => {
            faults.error(node.span.clone(), "there is a password and no `user`").help("add user: NAME");
            None
        }
    };
    if login.is_some()
        && tls == Some(Tls::Plain)
        && server.as_ref().is_some_and(|(host, _)| !is_local(host))
        && let Some(key) = own.key("tls")
    {
        faults
            .error(key.span.clone(), "with `tls: none` the password would go over the network as it is")
            .help("say `tls: starttls` or `tls: tls`; without a password `none` is possible");
    }
    let from = own.get("from").map(|node| mailboxes(node, "from", faults)).unwrap_or_default();
    let to = own.get("to").map(|node| mailboxes(node, "to", faults)).unwrap_or_default();
    let cc = own.get("cc").map(|node| mailboxes(node, "cc", faults)).unwrap_or_default();
    let reply_to = own.get("reply_to").map(|node| mailboxes(node, "reply_to", faults)).unwrap_or_default();
    let attach = own.get("attach").map(|node| attachments(node, faults)).unwrap_or_default();
    if to.is_empty() || !is_whole {
        return None;
    }
    let (host, port) = server?;
    Some(Email {
        host,
        port,
        tls: tls?,
        login,
        from: from.into_iter().next()?,
        to,
        cc,
        reply_to: reply_to.into_iter().next(),
        attach,
    })
}

/// Whether what is sent there stays on this machine.
fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}

/// `smtp://HOST:PORT`; the port follows from how the connection is protected where it is not said.
fn server(node: &Node, tls: Option<Tls>, faults: &mut Faults) -> Option<(String, u16)> {
    let text = fields::text(node, "smtp", faults)?.trim();
    let mut wrong = |why: &str| {
        faults.error(node.span.clone(), why).expected("smtp://HOST:PORT");
        None
    };
    let Some((scheme, rest)) = text.split_once("://") else {
        return wrong("it is no address of a mail server");
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('@') {
        return wrong(
            "a password has no place in an address; say `user` and `password_file` or `password_env`",
        );
    }
    if !matches!(scheme, "smtp" | "smtps")
        || rest.contains(['/', '?', '#'])
        || rest.contains(char::is_whitespace)
    {
        return wrong("it is no address of a mail server");
    }
    if scheme == "smtps" && tls.is_some_and(|tls| tls != Tls::Implicit) {
        return wrong("smtps:// is `tls: tls`");
    }
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => match port.parse() {
            Ok(port) if port > 0 => (host, port),
            _ => return wrong("the port is no number from 1 to 65535"),
        },
        _ => (
            rest,
            match tls? {
                Tls::Implicit => 465,
                Tls::Starttls => 587,
                Tls::Plain => 25,
            },
        ),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() {
        return wrong("it names no server");
    }
    Some((host.to_owned(), port))
}

fn mailboxes(node: &Node, key: &str, faults: &mut Faults) -> Vec<String> {
    let mut found = Vec::new();
    for (text, span) in fields::texts(node, key, faults).unwrap_or_default() {
        let text = text.trim().to_owned();
        // Characters that could end a header have no place in an address.
        if text.contains(char::is_control) || text.parse::<Mailbox>().is_err() {
            faults
                .error(span, format!("`{text}` is no address of mail"))
                .expected("NAME@HOST, or \"Words <NAME@HOST>\"");
        } else {
            found.push(text);
        }
    }
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        faults.error(node.span.clone(), format!("`{key}` is empty")).help("name at least one address");
    }
    if matches!(key, "from" | "reply_to") && found.len() > 1 {
        faults.error(node.span.clone(), format!("`{key}` is one address"));
    }
    found
}

fn attachments(node: &Node, faults: &mut Faults) -> Vec<Attachment> {
    let words: Vec<&str> = Attachment::ALL.iter().map(|kind| kind.word()).collect();
    let mut found = Vec::new();
    for (text, span) in fields::texts(node, "attach", faults).unwrap_or_default() {
        match Attachment::from_word(text.trim()) {
            Some(kind) if !found.contains(&kind) => found.push(kind),
            Some(_) => {}
            None => {
                faults
                    .error(span, format!("`{text}` is no report that can be attached"))
                    .expected(format!("one of {}", words.join(", ")));
            }
        }
    }
    found
}

fn route(node: &Node, channels: &[&Key], faults: &mut Faults) -> Option<Route> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "a route", "a mapping", faults)
            .help("say what goes where: {severity: critical, to: pager}");
        return None;
    };
    let mut route = Route { matchers: Vec::new(), to: Vec::new(), quiet: None };
    let mut is_led = false;
    for (key, node) in entries {
        match key.text.as_str() {
            "to" => {
                is_led = true;
                for (name, span) in fields::texts(node, "to", faults).unwrap_or_default() {
                    if channels.iter().any(|known| known.text == name) {
                        if !route.to.contains(&name) {
                            route.to.push(name);
                        }
                        continue;
                    }
                    let known = || channels.iter().map(|key| key.text.as_str());
                    let fault = faults.error(span, format!("there is no channel `{name}`"));
                    match nearest(&name, known()) {
                        Some(meant) => fault.expected(format!("did you mean `{meant}`?")),
                        None => fault.help(format!("channels: {}", known().collect::<Vec<_>>().join(", "))),
                    };
                }
            }
            "quiet" => route.quiet = quiet(node, faults),
            _ => {
                let values = fields::texts(node, &key.text, faults).unwrap_or_default();
                if matches!(&node.value, Value::List(items) if items.is_empty()) {
                    faults
                        .error(
                            node.span.clone(),
                            format!("`{}` is empty, so that the route matches nothing", key.text),
                        )
                        .help("name values, or leave the key out");
                }
                route.matchers.push((key.text.clone(), values.into_iter().map(|(text, _)| text).collect()));
            }
        }
    }
    if !is_led {
        faults.error(node.span.clone(), "the route leads nowhere").help("add to: CHANNEL");
        return None;
    }
    Some(route)
}

fn quiet(node: &Node, faults: &mut Faults) -> Option<Quiet> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "quiet", "a mapping", faults)
            .help("say when and whose day: {from: 22:00, to: 06:00, timezone: Europe/Vienna}");
        return None;
    };
    let own = Fields::new(entries, QUIET_KEYS, faults);
    for key in QUIET_KEYS {
        if own.get(key).is_none() && !own.misspelt(key) {
            faults
                .error(node.span.clone(), format!("`quiet` has no `{key}`"))
                .help("say when and whose day: {from: 22:00, to: 06:00, timezone: Europe/Vienna}");
        }
    }
    let mut minute = |key: &str| {
        let node = own.get(key)?;
        let text = fields::text(node, key, faults)?.trim();
        let found = minute(text);
        if found.is_none() {
            faults.error(node.span.clone(), format!("`{text}` is no time of day")).expected("as in 22:00");
        }
        found
    };
    let (from, to) = (minute("from"), minute("to"));
    let zone = own.get("timezone")?;
    let timezone = fields::text(zone, "timezone", faults)?.trim().to_owned();
    if jiff::tz::TimeZone::get(&timezone).is_err() {
        faults
            .error(zone.span.clone(), format!("`{timezone}` is no known time zone"))
            .expected("as in Europe/Vienna or UTC");
        return None;
    }
    let (from, to) = (from?, to?);
    if from == to {
        faults
            .error(node.span.clone(), "`quiet` begins when it ends")
            .help("a silence is for all day: sla silence add");
        return None;
    }
    Some(Quiet { from, to, timezone })
}

/// Minutes after midnight; 24:00 is the end of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str, length: std::ops::RangeInclusive<usize>| -> Option<u16> {
        let is_number = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    let (hour, minute) = (digits(hour, 1..=2)?, digits(minute, 2..=2)?);
    (minute < 60 && (hour < 24 || (hour, minute) == (24, 0))).then_some((hour * 60 + minute) % 1_440)
}
