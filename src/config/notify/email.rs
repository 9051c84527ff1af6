//! A channel of mail: its server, how the way there is protected, who signs in, and who gets it.

use super::channel::{is_local, secret};
use crate::model::{Attachment, Email, Tls};
use crate::rules::diagnostic::Faults;
use crate::rules::fields::{self, Fields};
use crate::rules::tree::{Node, Value};
use lettre::message::Mailbox;
use std::path::Path;

pub(super) fn email(node: &Node, own: &Fields, folder: &Path, faults: &mut Faults) -> Option<Email> {
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
