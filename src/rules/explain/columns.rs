//! What `input:` says of the columns: a sentence for each that the rules name.

use crate::model::{ColumnMapping, InputMapping, NumberColumn, OpenEnd, TimeColumn};

/// One entry per column, those with a part first.
pub(super) fn of(input: &InputMapping) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut say = |name: &str, what: String| entries.push(format!("{name}: {what}."));
    if let Some(time) = &input.time {
        say("time", format!("the column {}", written(time)));
    }
    if let Some(service) = &input.service {
        say("service", format!("the column `{service}`"));
    }
    if let Some(latency) = &input.latency {
        say("latency", number(latency));
    }
    if let Some(requests) = &input.requests {
        say("requests", format!("a row stands for as many as its column `{requests}` says"));
    }
    for (name, column) in &input.columns {
        say(name, mapped(column));
    }
    if !input.key.is_empty() {
        let key: Vec<String> = input.key.iter().map(|column| format!("`{column}`")).collect();
        say("key", format!("two rows with the same {} are refused", key.join(" and ")));
    }
    entries
}

fn mapped(column: &ColumnMapping) -> String {
    match column {
        ColumnMapping::Number(column) => number(column),
        ColumnMapping::Between { from, to, open } => {
            let open = match open {
                OpenEnd::Missing => "a blank end leaves it missing",
                OpenEnd::Now => "while the end is blank it lasts until now",
            };
            // Both ends are written alike: `format` and `timezone` are said once.
            format!("the time from `{}` to {}; {open}", from.column, written(to))
        }
        ColumnMapping::Clock(clock) => format!("the time of day in {}", written(&clock.time)),
        ColumnMapping::Text { column } => format!("the column `{column}`"),
    }
}

fn number(column: &NumberColumn) -> String {
    let unit = column.unit.filter(|unit| !unit.name.is_empty());
    let unit = unit.map_or(String::new(), |unit| format!(", in {}", unit.name));
    let gauge = if column.gauge { "; a gauge: never weighted" } else { "" };
    format!("the column `{}`{unit}{gauge}", column.column)
}

fn written(time: &TimeColumn) -> String {
    let format = time.format.as_ref().map_or(String::new(), |format| format!(", written as `{format}`"));
    let zone = time.timezone.as_ref().map_or(String::new(), |zone| format!(", on the clock of {zone}"));
    format!("`{}`{format}{zone}", time.column)
}
