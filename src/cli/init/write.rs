//! The text of a first project: `sla.yaml` and a rule file, with what was measured beside each target.

use super::durations::Duration;
use crate::cli::arguments::{Decimal, InputArguments};
use crate::model::Schema;
use crate::render::text::visible;
use std::fmt::Write;

/// An objective with what was measured of it.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    /// `p95(latency) <= 500ms`
    pub(super) objective: String,
    /// `measured: 412 ms`
    pub(super) comment: String,
}

/// What a rule file is made from.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// The data's name as the user gave it.
    pub(super) data: &'a str,
    /// `10,000 rows, 2025-05-31 18:54 to 2025-06-07 18:54`
    pub(super) extent: &'a str,
    /// `sla:`
    pub(super) name: &'a str,
    /// `by:`; empty is everything together.
    pub(super) by: &'a [String],
    /// What was said on the command line.
    pub(super) input: &'a InputArguments,
    /// What the columns were found to mean.
    pub(super) schema: &'a Schema,
    /// Between columns.
    pub(super) durations: &'a [Duration],
    /// At least one.
    pub(super) proposals: &'a [Proposal],
}

/// `sla.yaml`: the rules, and the data under a name unless it came through a pipe.
pub(super) fn project(source: &str, data: Option<&str>) -> String {
    let mut text = String::from(
        "# What `sla check` does in this folder and below, when nothing else is said.\n\n\
         # Rule files: files, folders or patterns. One file is one agreement.\n\
         rules: rules\n\n",
    );
    match data {
        Some(data) => {
            text.push_str("# Data under a name. A rule file chooses one with `source: NAME`; with a single one here it need not.\n");
            let _ = write!(text, "sources:\n  {}: {{csv: {}}}\n", scalar(source), flow(data));
        }
        None => text.push_str(
            "# Data under a name: files, folders or patterns, so that `sla check` works without naming any.\n\
             # sources:\n#   requests: {csv: data/*.csv}\n",
        ),
    }
    text
}

/// The rule file.
pub(super) fn rules(draft: &Draft) -> String {
    let mut text = String::new();
    comment(&mut text, &format!("Proposed by `sla init` from {}: {}.", draft.data, draft.extent));
    comment(
        &mut text,
        "The targets lie a little above what was measured there. They are a start to edit, not what anybody promised.",
    );
    comment(&mut text, "`sla rules explain` says what each objective means.");
    text.push_str("#\n");
    let colon = if draft.schema.inferred.is_empty() { "." } else { ":" };
    let why = format!(
        "`sla inspect {}` shows what was recognised, and why; `input:` corrects it{colon}",
        draft.data
    );
    comment(&mut text, &why);
    for inference in &draft.schema.inferred {
        comment(&mut text, &format!("  {}", inference.text));
    }
    let _ = write!(text, "\nsla: {}\n", scalar(draft.name));
    match draft.by {
        [] => text.push_str(
            "# by: COLUMN         # one verdict for each of its values; without it, everything together\n",
        ),
        [by] => {
            let _ = writeln!(
                text,
                "by: {}          # one verdict for each; [] is everything together",
                scalar(by)
            );
        }
        several => {
            let several: Vec<String> = several.iter().map(|by| flow(by)).collect();
            let _ = writeln!(text, "by: [{}]", several.join(", "));
        }
    }
    text.push_str("period: all          # one verdict over all of the input; 1h or 1d give one for each stretch of time\n");
    text.push_str(&input(draft));
    text.push_str("\nobjectives:\n");
    let widest =
        draft.proposals.iter().map(|proposal| scalar(&proposal.objective).chars().count()).max().unwrap_or(0);
    for proposal in draft.proposals {
        let objective = scalar(&proposal.objective);
        let fill = " ".repeat(widest - objective.chars().count());
        let _ = writeln!(text, "  - {objective}{fill}   # {}", visible(&proposal.comment));
    }
    text.push_str(MORE);
    text
}

/// What else can be said, to be uncommented.
const MORE: &str = "
# The long form says more about one objective:
# - name: checkout is quick
#   require: p95(latency) <= 400ms
#   prefer: p95(latency) <= 300ms    # not met: a warning
#   where: service == \"checkout\"
#   min_samples: 100                 # fewer: undecided
#   severity: critical
";

/// The rule file where there is no data to look at.
pub(super) fn template() -> String {
    format!(
        "# A start to edit: these targets are examples, not what anybody promised.\n\
         # `sla init DATA` proposes some from data; `sla rules explain` says what each objective means.\n\n\
         sla: Example\n\
         by: service          # one verdict for each; [] is everything together\n\
         period: all          # one verdict over all of the input; 1h or 1d give one for each stretch of time\n\n\
         objectives:\n  \
         - failure_rate <= 5%\n  \
         - avg(latency) <= 2s\n  \
         - violation_rate(latency > 500ms) <= 10%\n{MORE}"
    )
}

/// What the command line said about the columns, as `input:`.
fn input(draft: &Draft<'_>) -> String {
    let (said, schema) = (draft.input, draft.schema);
    let column = |said: &Option<String>, found: Option<usize>| {
        said.clone().or_else(|| found.and_then(|at| schema.columns.get(at)).map(|column| column.name.clone()))
    };
    let mut lines = Vec::new();
    if said.time.is_some() || said.time_format.is_some() || said.timezone.is_some() {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(column(&said.time, schema.time.at()).map(|column| format!("column: {}", flow(&column))));
        parts.extend(said.time_format.as_ref().map(|format| format!("format: {}", flow(format))));
        parts.extend(said.timezone.as_ref().map(|zone| format!("timezone: {}", flow(zone))));
        lines.push(format!("time: {{{}}}", parts.join(", ")));
    }
    lines.extend(said.service.as_ref().map(|service| format!("service: {}", scalar(service))));
    if said.latency.is_some() || said.unit.is_some() {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(
            column(&said.latency, schema.latency.at()).map(|column| format!("column: {}", flow(&column))),
        );
        parts.extend(said.unit.as_ref().map(|unit| format!("unit: {}", flow(unit))));
        lines.push(format!("latency: {{{}}}", parts.join(", ")));
    }
    lines.extend(said.failed.as_ref().map(|condition| format!("failed: {}", scalar(condition))));
    lines.extend(said.requests.as_ref().map(|requests| format!("requests: {}", scalar(requests))));
    lines.extend((said.decimal == Some(Decimal::Comma)).then(|| "decimal: \",\"".to_owned()));
    lines.extend(said.failures.as_ref().map(|failures| format!("failures: {}", scalar(failures))));
    if let Some(first) = draft.durations.first() {
        lines.push("columns:".to_owned());
        let zone = first.zone.as_ref();
        let assumed = zone
            .filter(|_| said.timezone.is_none())
            .map_or(String::new(), |zone| format!("; these times name no zone: is it {zone}?"));
        lines.push(format!("  # From one time to another. Without the second one it still lasts{assumed}"));
    }
    for Duration { name, from, to, zone } in draft.durations {
        let zone = zone.as_ref().map_or(String::new(), |zone| format!(", timezone: {}", flow(zone)));
        lines.push(format!("  {name}: {{from: {}, to: {}, open: now{zone}}}", flow(from), flow(to)));
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("\ninput:\n  {}\n", lines.join("\n  "))
}

fn comment(text: &mut String, sentence: &str) {
    let _ = writeln!(text, "# {}", visible(sentence));
}

/// A YAML scalar in a block: plain where that is safe.
fn scalar(value: &str) -> String {
    let is_plain = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.chars().all(|c| c.is_alphanumeric() || "_-./ ()<>=%\"`".contains(c))
        && !value.ends_with(' ')
        && !is_special(value);
    if is_plain { value.to_owned() } else { quoted(value) }
}

/// The same inside of `{…}` and `[…]`.
fn flow(value: &str) -> String {
    let is_plain = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c))
        && !is_special(value);
    if is_plain { value.to_owned() } else { quoted(value) }
}

/// Words that YAML readers take for something else than text.
fn is_special(value: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        .contains(&value.to_ascii_lowercase().as_str())
}

fn quoted(value: &str) -> String {
    if value.chars().any(char::is_control) {
        // Double quotes know escapes, those of JSON among them.
        return serde_json::to_string(value).unwrap_or_default();
    }
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Clock, Found, Inference, RowKind, StatusKind};
    use crate::rules;
    use std::path::Path;

    fn schema() -> Schema {
        Schema {
            columns: vec![],
            rows_are: RowKind::Request,
            time: Found::Absent,
            service: Found::Absent,
            latency: Found::Absent,
            status: Found::Absent,
            status_kind: StatusKind::Words,
            counts: None,
            clock: Clock::Naive,
            inferred: vec![Inference { text: "one row is one\nrequest".into() }],
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let said = InputArguments {
            time: Some("when: \"it\" was".into()),
            time_format: Some("%d-%m-%Y %H:%M".into()),
            timezone: Some("Europe/Vienna".into()),
            service: Some("no".into()),
            latency: Some("rt [s]".into()),
            unit: Some("s".into()),
            failed: Some("`the code` >= 500".into()),
            ..InputArguments::default()
        };
        for name in ["Web shop", "no", "# 1", "it's: new", "line\nbreak", "-", "{a}"] {
            let by = [name.to_owned()];
            let proposals = [
                Proposal {
                    objective: "p95(latency) <= 500ms".into(),
                    comment: "412 ms (line\nbreak)".into(),
                },
                Proposal { objective: "max(`a # b: c`) <= 5".into(), comment: "4".into() },
            ];
            let draft = Draft {
                data: "a\nb.csv",
                extent: "3 rows",
                name,
                by: &by,
                input: &said,
                schema: &schema(),
                durations: &[],
                proposals: &proposals,
            };
            let text = rules(&draft);
            let parsed = rules::parse(&text, Path::new("x.yaml"))
                .unwrap_or_else(|faults| panic!("{text}\n{}", rules::render(&faults, rules::Colour::Never)));
            let agreement = parsed.agreement;
            assert_eq!(agreement.name, name);
            assert_eq!(agreement.by[0].0, name);
            assert_eq!(agreement.objectives.len(), 2);
            assert_eq!(agreement.input.time.unwrap().column, "when: \"it\" was");
            assert_eq!(agreement.input.latency.unwrap().column, "rt [s]");
        }
        assert!(rules::parse(&template(), Path::new("x.yaml")).is_ok());
    }
}
