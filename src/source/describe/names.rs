//! What a header says: its words, its unit, whether it holds a finished statistic.
//!
//! Case, spaces, `-`, `_`, `.` and brackets fold; `responseTimeMs`, `response_time_ms` and `Response Time [ms]` say
//! the same.

use crate::model::Unit;

/// A header taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    /// All its words together: `responsetimems`.
    pub folded: String,
    /// Without the unit and the statistic: `responsetime`.
    pub stem: String,
    /// The unit that its last word says.
    pub unit: Option<Unit>,
    /// `avg`, `p95` …
    pub statistic: Option<String>,
}

/// Unit words that headers end in. Those that could mean something else (`m`, `min`) are not among them.
const UNIT_WORDS: [(&str, &[&str]); 16] = [
    ("ns", &["ns", "nsec", "nanos", "nanosec", "nanosecond", "nanoseconds"]),
    ("us", &["us", "µs", "μs", "usec", "micros", "microsec", "microsecond", "microseconds"]),
    ("ms", &["ms", "msec", "msecs", "millis", "milli", "millisec", "millisecond", "milliseconds"]),
    ("s", &["s", "sec", "secs", "second", "seconds"]),
    ("min", &["mins", "minute", "minutes"]),
    ("h", &["h", "hr", "hrs", "hour", "hours"]),
    ("d", &["days"]),
    ("B", &["byte", "bytes"]),
    ("kB", &["kb"]),
    ("MB", &["mb"]),
    ("GB", &["gb"]),
    ("KiB", &["kib"]),
    ("MiB", &["mib"]),
    ("GiB", &["gib"]),
    ("%", &["%", "pct", "percent", "percentage"]),
    ("ratio", &["ratio"]),
];

/// Words before which a unit is a span or a rate: `requests_per_second`, `errors_last_hour`.
const SPANS: [&str; 7] = ["per", "last", "past", "every", "each", "of", "p"];

/// Takes a header apart.
pub(super) fn words(header: &str) -> Words {
    let mut words = split(header);
    let folded = words.concat();
    let mut unit = None;
    if let Some((last, before)) = words.split_last() {
        let spanned = before.last().is_some_and(|word| SPANS.contains(&word.as_str()));
        // A lone letter is a name, not a unit.
        let lone = before.is_empty() && last.len() == 1 && last != "%";
        let known = UNIT_WORDS.iter().find(|(_, spellings)| spellings.contains(&last.as_str()));
        if let (Some((name, _)), false) = (known, spanned || lone) {
            unit = Unit::named(name);
            // `error_ratio` keeps its noun; `latency_ms` does not need its unit.
            if *name != "ratio" && !before.is_empty() {
                words.pop();
            }
        }
    }
    let statistic = statistic_of(&mut words);
    Words { folded, stem: words.concat(), unit, statistic }
}

/// A header or role folded for comparing.
pub(super) fn folded(header: &str) -> String {
    split(header).concat()
}

/// A name as a POSIX shell takes it.
pub(in crate::source) fn shell_word(name: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "_-./:=@%+,".contains(character);
    if !name.is_empty() && name.chars().all(plain) {
        return name.to_owned();
    }
    let clean =
        |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    format!("'{}'", name.chars().map(clean).collect::<String>().replace('\'', "'\\''"))
}

/// The words of a header, in lower case. camelCase ends a word as well.
fn split(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for character in header.chars() {
        let is_part = character.is_alphanumeric();
        if !is_part || (character.is_uppercase() && before.is_lowercase()) {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if is_part {
            word.extend(character.to_lowercase());
        } else if character == '%' {
            words.push("%".to_owned());
        } else if character == '/' {
            words.push("per".to_owned());
        }
        before = character;
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Takes the statistic out of the first or last word.
fn statistic_of(words: &mut Vec<String>) -> Option<String> {
    if words.len() < 2 {
        return words.first().filter(|word| percentile(word)).cloned();
    }
    let at = [0, words.len() - 1].into_iter().find(|at| is_statistic(&words[*at]))?;
    Some(words.remove(at))
}

fn is_statistic(word: &str) -> bool {
    const NAMES: [&str; 12] = [
        "avg", "average", "mean", "median", "med", "max", "maximum", "min", "minimum", "stddev", "stdev",
        "std",
    ];
    NAMES.contains(&word) || percentile(word)
}

/// `p95`, `p999`, `pct95`, `95th`, `95percentile`.
fn percentile(word: &str) -> bool {
    let digits =
        |text: &str| !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    ["p", "pct", "perc", "percentile", "q"].iter().any(|start| word.strip_prefix(start).is_some_and(digits))
        || ["th", "thpercentile", "percentile", "pct"]
            .iter()
            .any(|end| word.strip_suffix(end).is_some_and(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, stem: &str, unit: Option<&str>, statistic: Option<&str>) {
        let found = words(header);
        let got = (found.stem.as_str(), found.unit.map(|unit| unit.name), found.statistic.as_deref());
        assert_eq!(got, (stem, unit, statistic), "{header:?}");
    }

    #[test]
    fn headers() {
        check("response_time_ms", "responsetime", Some("ms"), None);
        check("responseTimeMs", "responsetime", Some("ms"), None);
        check("Response Time [ms]", "responsetime", Some("ms"), None);
        check("duration.seconds", "duration", Some("s"), None);
        check("duration_millis", "duration", Some("ms"), None);
        check("elapsed", "elapsed", None, None);
        check("cpu_%", "cpu", Some("%"), None);
        check("cpu_pct", "cpu", Some("%"), None);
        check("bytes", "bytes", Some("B"), None);
        check("error_ratio", "errorratio", Some("ratio"), None);
        check("s", "s", None, None);
        check("requests_per_second", "requestspersecond", None, None);
        check("Requests/s", "requestspers", None, None);
        check("errors_last_hour", "errorslasthour", None, None);
        check("latency_min", "latency", None, Some("min"));
        check("avg_response_time_ms", "responsetime", Some("ms"), Some("avg"));
        check("latency_p95_ms", "latency", Some("ms"), Some("p95"));
        check("p95_latency", "latency", None, Some("p95"));
        check("p95", "p95", None, Some("p95"));
        check("service_name", "servicename", None, None);
        check("timeStamp", "timestamp", None, None);
        check("@timestamp", "timestamp", None, None);
        check("", "", None, None);
    }
}
