//! The user's own face: logo and colours, checked before the work starts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// A logo stands in every copy of the report.
const LARGEST_LOGO: usize = 256 * 1024;

/// A picture: PNG, JPEG or SVG. It is shown as an image, in which nothing of an SVG can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    kind: &'static str,
    bytes: Vec<u8>,
}

impl Logo {
    /// Takes the bytes of a picture file; tells what is wrong with them.
    pub fn new(bytes: Vec<u8>) -> Result<Logo, String> {
        if bytes.len() > LARGEST_LOGO {
            return Err(format!(
                "it has {} kB, at most {} are allowed: it is part of every report",
                bytes.len() / 1024,
                LARGEST_LOGO / 1024
            ));
        }
        let kind = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            "image/png"
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            "image/jpeg"
        } else if is_svg(&bytes) {
            "image/svg+xml"
        } else {
            return Err("it is no PNG, JPEG or SVG picture".to_owned());
        };
        Ok(Logo { kind, bytes })
    }

    /// As a `data:` address.
    pub(super) fn address(&self) -> String {
        format!("data:{};base64,{}", self.kind, STANDARD.encode(&self.bytes))
    }
}

/// Text whose first element, behind declarations and comments, is `svg`.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<!") {
            ">"
        } else {
            return rest
                .strip_prefix("<svg")
                .is_some_and(|rest| rest.starts_with([' ', '\n', '\r', '\t', '>']));
        };
        match rest.split_once(end) {
            Some((_, behind)) => rest = behind.trim_start(),
            None => return false,
        }
    }
}

/// `#rrggbb` or `#rgb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colour(String);

impl Colour {
    /// Takes a colour as it is written; tells what is wrong with it.
    pub fn new(text: &str) -> Result<Colour, String> {
        let digits = text.strip_prefix('#').unwrap_or_default();
        if matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Colour(text.to_ascii_lowercase()))
        } else {
            Err(format!("`{text}` is no colour; write it as in \"#0b5cad\""))
        }
    }
}

/// What the user wants instead of the page's own colours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colours {
    /// Lines of charts, links and the band at the top.
    pub accent: Option<Colour>,
    /// Kept.
    pub met: Option<Colour>,
    /// Kept, preference missed.
    pub warning: Option<Colour>,
    /// Not known.
    pub undecided: Option<Colour>,
    /// Broken.
    pub breached: Option<Colour>,
}

impl Colours {
    /// The names under which they are set.
    pub const NAMES: [&'static str; 5] = ["accent", "met", "warning", "undecided", "breached"];

    /// The one of that name.
    pub fn named(&mut self, name: &str) -> Option<&mut Option<Colour>> {
        match name {
            "accent" => Some(&mut self.accent),
            "met" => Some(&mut self.met),
            "warning" => Some(&mut self.warning),
            "undecided" => Some(&mut self.undecided),
            "breached" => Some(&mut self.breached),
            _ => None,
        }
    }

    /// Declarations for the style sheet. On dark ground each colour is mixed with white, so that it can be read.
    pub(super) fn style(&self) -> String {
        let all = [&self.accent, &self.met, &self.warning, &self.undecided, &self.breached];
        let mut style = String::new();
        for (name, colour) in Self::NAMES.iter().zip(all) {
            if let Some(Colour(colour)) = colour {
                let _ = write!(
                    style,
                    ":root{{--{name}:{colour}}}@media screen and (prefers-color-scheme:dark){{:root{{--{name}:\
                     color-mix(in oklab,{colour} 40%,white)}}}}"
                );
            }
        }
        style
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures() {
        let check = |bytes: &[u8], expected: Result<&str, &str>| match (Logo::new(bytes.to_vec()), expected) {
            (Ok(logo), Ok(address)) => assert_eq!(logo.address(), address),
            (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
            (found, _) => panic!("{found:?}"),
        };
        check(b"\xff\xd8\xff", Ok("data:image/jpeg;base64,/9j/"));
        check(b"<svg>", Ok("data:image/svg+xml;base64,PHN2Zz4="));
        check(
            b"<?xml version='1.0'?>\n<!-- a --><!DOCTYPE svg>\n<svg\nx='1'/>",
            Ok(
                "data:image/svg+xml;base64,PD94bWwgdmVyc2lvbj0nMS4wJz8+CjwhLS0gYSAtLT48IURPQ1RZUEUgc3ZnPgo8c3ZnCng9JzEnLz4=",
            ),
        );
        check(b"<html><svg></svg></html>", Err("no PNG, JPEG or SVG"));
        check(b"<!-- svg", Err("no PNG, JPEG or SVG"));
        check(b"GIF89a", Err("no PNG, JPEG or SVG"));
        check(&vec![0; 300 * 1024], Err("300 kB"));
    }

    #[test]
    fn colours() {
        assert_eq!(Colour::new("#0B5cAd"), Ok(Colour("#0b5cad".into())));
        assert!(Colour::new("#fff").is_ok());
        for wrong in ["red", "#12345", "#12345g", "", "#fff;}", "url(x)"] {
            assert!(Colour::new(wrong).unwrap_err().contains("is no colour"), "{wrong}");
        }
    }
}
