//! What the HTTP API answers: an envelope around series of samples, handed on as they are read.
//!
//! Called by `client` and for saved answers. The format is that of
//! <https://prometheus.io/docs/prometheus/latest/querying/api/>.

use super::json::{Fault, Json};
use super::native::{Bucket, Histogram};
use crate::model::{Instant, NANOS};
use std::io::Read;

/// Labels with their values.
pub(super) type Labels = Vec<(String, String)>;

/// Takes samples as they come.
pub(super) trait Sink {
    /// A new series; the samples that follow are its own.
    fn series(&mut self, labels: Labels) -> Result<(), String>;
    /// One sample; the value as it is written.
    fn sample(&mut self, at: Instant, value: &str) -> Result<(), String>;
    /// One sample that is a native histogram.
    fn histogram(&mut self, _at: Instant, _histogram: Histogram) -> Result<(), String> {
        Err(NATIVE.to_owned())
    }
}

/// Where a number was wanted.
pub(super) const NATIVE: &str = "it is a native histogram, not a number; name it as `latency:`";

/// As many names are kept of a list.
const MOST_NAMES: usize = 100_000;
/// As many bytes of them.
const MOST_BYTES: usize = 16 << 20;
/// As many warnings are kept, for any of them is enough.
const MOST_WARNINGS: usize = 10;
/// Labels that a series may have.
const MOST_LABELS: usize = 1_000;

/// Takes nothing: what is wanted is in the envelope.
pub(super) struct Nothing;

impl Sink for Nothing {
    fn series(&mut self, _: Labels) -> Result<(), String> {
        Ok(())
    }
    fn sample(&mut self, _: Instant, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// Whether there was any.
pub(super) struct Any(pub(super) bool);

impl Sink for Any {
    fn series(&mut self, _: Labels) -> Result<(), String> {
        self.0 = true;
        Ok(())
    }
    fn sample(&mut self, _: Instant, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// The envelope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    /// `success` or `error`.
    pub(super) status: String,
    /// `timeout`, `bad_data` …
    pub(super) error_type: String,
    /// The server's words.
    pub(super) error: String,
    /// Its warnings; any means that something may be missing.
    pub(super) warnings: Vec<String>,
    /// `isPartial` of VictoriaMetrics, `partial` of others.
    pub(super) partial: bool,
    /// Strings in `data`, where it is a list of them.
    pub(super) names: Vec<String>,
    /// How many there are beyond those.
    pub(super) more_names: u64,
    /// `matrix`, `vector` …
    pub(super) kind: String,
}

/// Reads a whole answer. A fault of the sink comes back as [`Fault::Unexpected`].
pub(super) fn read(input: impl Read, sink: &mut dyn Sink) -> Result<Envelope, Fault> {
    let mut json = Json::new(input);
    let mut envelope = Envelope::default();
    json.expect(b'{')?;
    let mut first = true;
    while json.more(b'}', &mut first)? {
        match json.key()?.as_str() {
            "status" => json.string()?.clone_into(&mut envelope.status),
            "errorType" => json.string()?.clone_into(&mut envelope.error_type),
            "error" => json.string()?.clone_into(&mut envelope.error),
            "warnings" => envelope.warnings = strings(&mut json)?,
            "isPartial" | "partial" | "partial_response" => {
                envelope.partial |= json.word()? == Some(true);
            }
            "data" => data(&mut json, sink, &mut envelope)?,
            _ => json.skip()?,
        }
    }
    json.end()?;
    Ok(envelope)
}

fn strings<R: Read>(json: &mut Json<R>) -> Result<Vec<String>, Fault> {
    match json.peek()? {
        b'[' => {}
        // One, from a server that does not make a list of it.
        b'"' => return Ok(vec![json.string()?.to_owned()]),
        _ => {
            json.skip()?;
            return Ok(Vec::new());
        }
    }
    json.expect(b'[')?;
    let mut found = Vec::new();
    let mut first = true;
    while json.more(b']', &mut first)? {
        let text = json.string()?;
        if found.len() < MOST_WARNINGS {
            found.push(text.to_owned());
        }
    }
    Ok(found)
}

/// As much of a text of a server as is told, with `…` where it goes on.
pub(super) fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn data<R: Read>(json: &mut Json<R>, sink: &mut dyn Sink, envelope: &mut Envelope) -> Result<(), Fault> {
    match json.peek()? {
        b'{' => {}
        b'[' => return listed(json, sink, envelope),
        _ => return json.skip(),
    }
    json.expect(b'{')?;
    let mut first = true;
    while json.more(b'}', &mut first)? {
        match json.key()?.as_str() {
            "resultType" => json.string()?.clone_into(&mut envelope.kind),
            "result" if json.peek()? == b'[' => {
                if matches!(envelope.kind.as_str(), "scalar" | "string") {
                    return Err(Fault::unexpected(format!("it is a {}, not a set of series", envelope.kind)));
                }
                json.expect(b'[')?;
                let mut first = true;
                while json.more(b']', &mut first)? {
                    series(json, sink)?;
                }
            }
            _ => json.skip()?,
        }
    }
    Ok(())
}

/// `data` as a list: names of labels and metrics, or the labels of series.
fn listed<R: Read>(json: &mut Json<R>, sink: &mut dyn Sink, envelope: &mut Envelope) -> Result<(), Fault> {
    json.expect(b'[')?;
    let (mut first, mut bytes) = (true, 0);
    while json.more(b']', &mut first)? {
        match json.peek()? {
            b'"' => {
                let name = json.string()?;
                bytes += name.len();
                if envelope.names.len() < MOST_NAMES && bytes <= MOST_BYTES {
                    envelope.names.push(name.to_owned());
                } else {
                    envelope.more_names += 1;
                }
            }
            b'{' => {
                let labels = labels(json)?;
                sink.series(labels).map_err(Fault::Unexpected)?;
            }
            _ => json.skip()?,
        }
    }
    Ok(())
}

fn labels<R: Read>(json: &mut Json<R>) -> Result<Labels, Fault> {
    json.expect(b'{')?;
    let mut labels = Vec::new();
    let mut first = true;
    while json.more(b'}', &mut first)? {
        if labels.len() == MOST_LABELS {
            return Err(Fault::unexpected(format!("a series has more than {MOST_LABELS} labels")));
        }
        let name = json.key()?;
        labels.push((name, json.string()?.to_owned()));
    }
    Ok(labels)
}

fn series<R: Read>(json: &mut Json<R>, sink: &mut dyn Sink) -> Result<(), Fault> {
    json.expect(b'{')?;
    let (mut named, mut first) = (false, true);
    while json.more(b'}', &mut first)? {
        match json.key()?.as_str() {
            "metric" => {
                let labels = labels(json)?;
                sink.series(labels).map_err(Fault::Unexpected)?;
                named = true;
            }
            "values" | "value" | "histogram" | "histograms" if !named => {
                return Err(Fault::unexpected("its JSON has values before the labels of their series"));
            }
            "values" => {
                json.expect(b'[')?;
                let mut first = true;
                while json.more(b']', &mut first)? {
                    sample(json, sink)?;
                }
            }
            "value" => sample(json, sink)?,
            "histograms" => {
                json.expect(b'[')?;
                let mut first = true;
                while json.more(b']', &mut first)? {
                    histogram(json, sink)?;
                }
            }
            "histogram" => histogram(json, sink)?,
            _ => json.skip()?,
        }
    }
    Ok(())
}

fn sample<R: Read>(json: &mut Json<R>, sink: &mut dyn Sink) -> Result<(), Fault> {
    json.expect(b'[')?;
    let written = json.number()?;
    let at = instant(written).ok_or_else(|| Fault::unexpected(format!("`{written}` is no time")))?;
    json.expect(b',')?;
    if json.peek()? == b'"' {
        sink.sample(at, json.string()?).map_err(Fault::Unexpected)?;
    } else {
        sink.sample(at, json.number()?).map_err(Fault::Unexpected)?;
    }
    json.expect(b']')
}

/// `[time, {"count": "7", "sum": "3.5", "buckets": [[0, "0.25", "0.5", "7"]]}]`
fn histogram<R: Read>(json: &mut Json<R>, sink: &mut dyn Sink) -> Result<(), Fault> {
    json.expect(b'[')?;
    let written = json.number()?;
    let at = instant(written).ok_or_else(|| Fault::unexpected(format!("`{written}` is no time")))?;
    json.expect(b',')?;
    json.expect(b'{')?;
    let mut found = Histogram::default();
    let mut first = true;
    while json.more(b'}', &mut first)? {
        match json.key()?.as_str() {
            "count" => found.count = value(json)?,
            "sum" => found.sum = value(json)?,
            "buckets" if json.peek()? == b'[' => {
                json.expect(b'[')?;
                let mut first = true;
                while json.more(b']', &mut first)? {
                    found.buckets.push(bucket(json)?);
                }
            }
            _ => json.skip()?,
        }
    }
    json.expect(b']')?;
    sink.histogram(at, found).map_err(Fault::Unexpected)
}

fn bucket<R: Read>(json: &mut Json<R>) -> Result<(Bucket, f64), Fault> {
    json.expect(b'[')?;
    let rule = json.number()?.to_owned();
    json.expect(b',')?;
    let left = json.string()?.to_owned();
    json.expect(b',')?;
    let right = json.string()?.to_owned();
    json.expect(b',')?;
    let count = value(json)?;
    json.expect(b']')?;
    let bucket = Bucket::new(&rule, &left, &right).ok_or_else(|| {
        Fault::unexpected(format!("its native histogram has a bucket from {left} to {right} of kind {rule}"))
    })?;
    Ok((bucket, count))
}

/// A number in quotes.
fn value<R: Read>(json: &mut Json<R>) -> Result<f64, Fault> {
    let text = json.string()?;
    text.parse().map_err(|_| Fault::unexpected(format!("`{text}` is no number")))
}

/// Seconds since 1970 as they are written, to the nanosecond.
pub(super) fn instant(seconds: &str) -> Option<Instant> {
    if let Some((mantissa, _)) = seconds.split_once(['e', 'E']) {
        // Longer than any time needs to be.
        let found: f64 = seconds.parse().ok().filter(|found: &f64| found.abs() < 9e9)?;
        return (!mantissa.is_empty()).then_some((found * 1000.0).round() as i64 * (NANOS / 1000));
    }
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = fraction.get(..fraction.len().min(9))?;
    let below: i64 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let below = below * 10i64.pow(9 - digits.len() as u32);
    let below = if whole.starts_with('-') { -below } else { below };
    whole.parse::<i64>().ok()?.checked_mul(NANOS)?.checked_add(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Kept(Vec<String>);

    impl Sink for Kept {
        fn series(&mut self, labels: Labels) -> Result<(), String> {
            let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            self.0.push(labels.join(","));
            Ok(())
        }
        fn sample(&mut self, at: Instant, value: &str) -> Result<(), String> {
            self.0.push(format!("{at}:{value}"));
            Ok(())
        }
    }

    fn check(text: &str) -> (Envelope, Vec<String>) {
        let mut kept = Kept::default();
        let envelope = read(text.as_bytes(), &mut kept).unwrap();
        (envelope, kept.0)
    }

    #[test]
    fn matrices_vectors_and_lists() {
        let (envelope, kept) = check(
            r#"{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[
               {"metric":{"job":"a"},"values":[[1435781430.781,"1"],[1435781445,"NaN"]]},{"metric":{},"values":[]}]},
               "warnings":["cut"]}"#,
        );
        assert_eq!((envelope.status.as_str(), envelope.partial), ("success", false));
        assert_eq!(envelope.warnings, ["cut"]);
        assert_eq!(kept, ["job=a", "1435781430781000000:1", "1435781445000000000:NaN", ""]);
        let (_, kept) = check(
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[7,"2"]}]}}"#,
        );
        assert_eq!(kept, ["", "7000000000:2"]);
        let (envelope, kept) = check(r#"{"status":"success","data":["0.1","+Inf"]}"#);
        assert_eq!((envelope.names, kept.len()), (vec!["0.1".to_owned(), "+Inf".to_owned()], 0));
        let (envelope, _) = check(r#"{"status":"error","errorType":"bad_data","error":"no","data":null}"#);
        assert_eq!((envelope.error_type.as_str(), envelope.error.as_str()), ("bad_data", "no"));
    }

    #[test]
    fn lists_without_an_end_are_counted_and_not_kept() {
        let list = |count: usize, entry: &str| vec![entry; count].join(",");
        let (envelope, _) = check(&format!(r#"{{"status":"success","data":[{}]}}"#, list(100_003, "\"a\"")));
        assert_eq!((envelope.names.len(), envelope.more_names), (100_000, 3));
        let long = format!("\"{}\"", "x".repeat(1 << 20));
        let (envelope, _) = check(&format!(r#"{{"status":"success","data":[{}]}}"#, list(18, &long)));
        assert_eq!((envelope.names.len(), envelope.more_names), (16, 2));
        let (envelope, _) = check(&format!(r#"{{"status":"success","warnings":[{}]}}"#, list(1000, "\"a\"")));
        assert_eq!(envelope.warnings.len(), 10);
        let labels: Vec<String> = (0..1001).map(|at| format!("\"l{at}\":\"\"")).collect();
        let text = format!(r#"{{"data":[{{{}}}]}}"#, labels.join(","));
        assert!(read(text.as_bytes(), &mut Nothing).is_err());
    }

    #[test]
    fn times_to_the_nanosecond() {
        for (text, nanos) in [
            ("1", Some(NANOS)),
            ("1.5", Some(NANOS * 3 / 2)),
            ("-0.25", Some(-NANOS / 4)),
            ("1.0000000019", Some(NANOS + 1)),
            ("1.7e9", Some(1_700_000_000 * NANOS)),
            ("x", None),
            ("1.x", None),
        ] {
            assert_eq!(instant(text), nanos, "{text}");
        }
    }
}
