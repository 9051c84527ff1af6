//! Metrics as text with timestamps: OpenMetrics, which ends with `# EOF` and counts seconds, or the older format of
//! Prometheus, which counts milliseconds (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use super::answer::{Labels, instant};
use super::saved::Saved;
use crate::model::{Instant, NANOS};
use std::io::BufRead;

const MILLISECOND: i64 = NANOS / 1000;

type Told = (Option<u64>, String);

/// Reads all of it. A fault has the line, counted from 1.
pub(super) fn read(input: impl BufRead, into: &mut Saved) -> Result<(), Told> {
    let mut found: Vec<(u64, Labels, String, String)> = Vec::new();
    let mut open = false;
    for (at, line) in input.lines().enumerate() {
        let number = at as u64 + 1;
        let line = line.map_err(|error| (Some(number), error.to_string()))?;
        let line = line.trim();
        if open {
            return Err((Some(number), "something follows `# EOF`".to_owned()));
        }
        open = line == "# EOF";
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (labels, value, time) = sample(line).ok_or_else(|| {
            (Some(number), "this is no sample: name{label=\"value\"} value time".to_owned())
        })?;
        found.push((number, labels, value, time));
    }
    for (number, labels, value, time) in found {
        let no_time = || (Some(number), format!("`{time}` is no time"));
        let at: Instant = if open {
            instant(&time).ok_or_else(no_time)?
        } else {
            time.parse::<i64>().ok().and_then(|time| time.checked_mul(MILLISECOND)).ok_or_else(no_time)?
        };
        into.add(labels, std::iter::once((at, value)));
    }
    Ok(())
}

/// Labels with the name among them, value, time.
fn sample(line: &str) -> Option<(Labels, String, String)> {
    let end = line.find(|c: char| c == '{' || c.is_whitespace())?;
    let mut name = line[..end].to_owned();
    let mut labels = Vec::new();
    let mut rest = &line[end..];
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside.trim_start();
        loop {
            if let Some(after) = rest.strip_prefix('}') {
                rest = after;
                break;
            }
            // What is no plain name stands in quotes: that of a label, and here that of the metric, too.
            let (label, after) = match rest.strip_prefix('"') {
                Some(inside) => quoted(inside)?,
                None => {
                    let at = rest.find('=')?;
                    (rest[..at].trim().to_owned(), &rest[at..])
                }
            };
            rest = after.trim_start();
            if let Some(after) = rest.strip_prefix('=') {
                let (value, after) = quoted(after.trim_start().strip_prefix('"')?)?;
                labels.push((label, value));
                rest = after.trim_start();
            } else if !std::mem::replace(&mut name, label).is_empty() {
                return None;
            }
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
    }
    if name.is_empty() {
        return None;
    }
    labels.insert(0, ("__name__".to_owned(), name));
    // An exemplar may follow.
    let mut words = rest.split(" # ").next()?.split_whitespace();
    let (value, time) = (words.next()?, words.next()?);
    words.next().is_none().then(|| (labels, value.to_owned(), time.to_owned()))
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match signs.next()?.1 {
                'n' => '\n',
                sign => sign,
            }),
            sign => value.push(sign),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::selector::Selector;
    use super::*;

    fn samples(text: &str) -> Result<Vec<(Instant, String)>, Told> {
        let mut saved = Saved::default();
        read(text.as_bytes(), &mut saved)?;
        let selector = Selector::parse("a{x=\"q\\\"}\"}").unwrap();
        Ok(saved
            .pieces(&selector, i64::MIN, i64::MAX)
            .unwrap()
            .into_iter()
            .flat_map(|piece| piece.samples)
            .collect())
    }

    #[test]
    fn seconds_with_an_end_and_milliseconds_without() {
        let line = "# TYPE a counter\na{x=\"q\\\"}\",} 3 1500 # {id=\"7\"} 1\n";
        assert_eq!(samples(&format!("{line}# EOF\n")), Ok(vec![(1500 * NANOS, "3".to_owned())]));
        assert_eq!(samples("a{x=\"q\\\"}\"} 3 1500\n"), Ok(vec![(3 * NANOS / 2, "3".to_owned())]));
        let utf8 = sample("{\"my.metric\",\"x.y\"=\"1\",z=\"2\"} 3 1500").unwrap().0;
        let labels = [("__name__", "my.metric"), ("x.y", "1"), ("z", "2")];
        assert_eq!(utf8, labels.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(samples("a{\"b\"} 3 1500\n").unwrap_err().0, Some(1));
        assert_eq!(samples("{x=\"b\"} 3 1500\n").unwrap_err().0, Some(1));
        assert_eq!(samples("a 3\n").unwrap_err().0, Some(1));
        assert_eq!(samples("# EOF\na 3 1\n").unwrap_err().0, Some(2));
    }
}
