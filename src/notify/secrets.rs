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
            // The part behind the host lets one in, too.
            let path = url.splitn(4, '/').nth(3).map(str::to_owned);
            hidden.extend(path);
        }
        if let Some(secret) = &self.secret {
            let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
            hidden.push(secret.clone());
            hidden.push(base64(secret));
            hidden.extend(user.map(|user| base64(&format!("\0{user}\0{secret}"))));
        }
        // A short text could stand anywhere; what is so short is no secret.
        hidden.retain(|text| text.len() >= 4);
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
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
        check("wrong password pa55word", "wrong password …");
        // printf '\0sla\0pa55word' | base64
        check("bad AHNsYQBwYTU1d29yZA==", "bad …");
        check("bad cGE1NXdvcmQ=", "bad …");
        assert_eq!(format!("{secrets:?}"), "Secrets");
    }
}
