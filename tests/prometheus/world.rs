//! Metrics as they would have been scraped, as text for `promtool` and `VictoriaMetrics`.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// 2025-06-01T00:00:00Z.
pub(crate) const START: i64 = 1_748_736_000;

/// Samples by series: family, `name{labels}`, then time and value.
#[derive(Default)]
pub(crate) struct World {
    series: BTreeMap<(String, String), Vec<(i64, String)>>,
}

impl World {
    /// Adds a sample; `family` is what the metric is called without `_total`, `_bucket` and the like.
    pub(crate) fn sample(&mut self, family: &str, series: &str, at: i64, value: impl Display) {
        let key = (family.to_owned(), series.to_owned());
        self.series.entry(key).or_default().push((at, value.to_string()));
    }

    /// For `promtool tsdb create-blocks-from openmetrics`.
    pub(crate) fn openmetrics(&self) -> String {
        let mut text = String::new();
        let mut before = "";
        for ((family, series), samples) in &self.series {
            if family != before {
                let kind = match () {
                    () if series.contains("_total") => "counter",
                    () if series.contains("_bucket") || series.contains("_count") => "histogram",
                    () => "gauge",
                };
                let _ = writeln!(text, "# TYPE {family} {kind}");
                before = family;
            }
            for (at, value) in samples {
                let _ = writeln!(text, "{series} {value} {at}");
            }
        }
        text.push_str("# EOF\n");
        text
    }

    /// For `/api/v1/import/prometheus`, which counts milliseconds.
    pub(crate) fn exposition(&self) -> String {
        let mut text = String::new();
        for ((_, series), samples) in &self.series {
            for (at, value) in samples {
                let _ = writeln!(text, "{series} {value} {at}000");
            }
        }
        text
    }
}
