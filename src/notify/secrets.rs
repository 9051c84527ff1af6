//! What lets a message in: read when it is sent, and told nowhere.

use base64::Engine;
use std::fmt;

/// The secrets of a channel, read.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The address of Slack, Discord or a webhook, where it is a secret.
    pub url: Option<String>,
    /// The password of mail, the key of `PagerDuty`, the secret that signs.
    pub secret: Option<String>,
    /// PEM; no secret, but read with them.
    pub ca: Option<Vec<u8>>,
}

/// So long a piece of an address is taken for a secret.
const PIECE: usize = 6;

/// As it is, in JSON with and without slashes escaped, and percent-encoded or decoded.
fn forms(text: &str) -> Vec<String> {
    let json = serde_json::Value::from(text).to_string();
    let json = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
    let encoded = |digits: fn(u8) -> String| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { digits(byte) })
            .collect()
    };
    let mut forms = vec![
        text.to_owned(),
        text.replace('/', "\\/"),
        json.replace('/', "\\/"),
        json,
        encoded(|byte| format!("%{byte:02X}")),
        encoded(|byte| format!("%{byte:02x}")),
        decoded(text),
    ];
    forms.retain(|form| form.len() >= 4);
    forms
}

/// Without percent-encoding; what is none stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// The text without anything that could give one away: others may answer with what they were sent.
    pub fn scrubbed(&self, text: &str, user: Option<&str>) -> String {
        let mut hidden: Vec<String> = Vec::new();
        if let Some(url) = &self.url {
            hidden.push(url.clone());
            let (_, rest) = url.split_once("://").unwrap_or_default();
            let (server, path) = rest.split_once('/').unwrap_or((rest, ""));
            hidden.extend(server.rsplit_once('@').map(|(login, _)| login.to_owned()));
            // What is behind the server's name lets one in, too, and so may each piece of it.
            hidden.push(path.to_owned());
            let pieces = path.split(['/', '?', '&', '=', ';', '#']);
            hidden.extend(pieces.filter(|piece| piece.len() >= PIECE).map(str::to_owned));
        }
        if let Some(secret) = &self.secret {
            let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
            hidden.push(secret.clone());
            hidden.push(base64(secret));
            hidden.extend(user.map(|user| base64(&format!("\0{user}\0{secret}"))));
        }
        // A short text could stand anywhere; what is so short is no secret.
        hidden.retain(|text| text.len() >= 4);
        let mut hidden: Vec<String> = hidden.iter().flat_map(|text| forms(text)).collect();
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        hidden.dedup();
        hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "…"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_nowhere() {
        let secrets = Secrets {
            url: Some("https://hooks.example.com/services/T0/B0/xyzzy".into()),
            secret: Some("pa55word".into()),
            ca: None,
        };
        let check = |text: &str, told: &str| assert_eq!(secrets.scrubbed(text, Some("sla")), told);
        check("no such hook: /services/T0/B0/xyzzy", "no such hook: /…");
        check("cannot POST https://hooks.example.com/services/T0/B0/xyzzy", "cannot POST …");
        // As others write it: slashes in JSON, encoded, and its pieces alone. «services» is long enough to be one.
        check(r"at https:\/\/hooks.example.com\/services\/T0\/B0\/xyzzy", "at …");
        check(r"no \/services\/T0\/B0\/xyzzy", r"no \/…");
        check("q=services%2FT0%2FB0%2Fxyzzy", "q=…");
        check("q=https%3a%2f%2fhooks.example.com%2fservices%2fT0%2fB0%2fxyzzy", "q=…");
        let hook = Secrets {
            url: Some("https://u:pw1@h.test/api/t%6Fken12?key=abcdef&x=1".into()),
            ..Secrets::default()
        };
        let check_hook = |text: &str, told: &str| assert_eq!(hook.scrubbed(text, None), told);
        check_hook("no token12, no t%6Fken12, no abcdef", "no …, no …, no …");
        check_hook("no u:pw1, x=1", "no …, x=1");
        check("wrong password pa55word", "wrong password …");
        // printf '\0sla\0pa55word' | base64
        check("bad AHNsYQBwYTU1d29yZA==", "bad …");
        check("bad cGE1NXdvcmQ=", "bad …");
        assert_eq!(format!("{secrets:?}"), "Secrets");
    }
}
