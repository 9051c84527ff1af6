//! Webhooks: the JSON is signed, so that the receiver knows who sent it and when.
//!
//! `X-Sla-Signature: v1=…` is HMAC-SHA256 (RFC 2104) over `timestamp.body` in hexadecimal, with `X-Sla-Timestamp` in seconds
//! since 1970: an old request cannot be sent again.

use ring::hmac;

/// Headers that sign a body.
pub(super) fn signed(secret: &str, seconds: i64, body: &str) -> [(&'static str, String); 2] {
    [
        ("X-Sla-Timestamp", seconds.to_string()),
        ("X-Sla-Signature", format!("v1={}", signature(secret, seconds, body))),
    ]
}

fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let digits = signature.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2, has no point in its text; this one is by
    /// `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac Jefe`.
    #[test]
    fn as_openssl_says() {
        assert_eq!(
            signature("Jefe", 1_700_000_000, r#"{"a":1}"#),
            "fa5f6481efc59da48b19c9dc10196c9953e5651f8304b3a318b6b87d70272e0a"
        );
    }
}
