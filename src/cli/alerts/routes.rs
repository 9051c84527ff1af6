//! Words in routes that nothing has: who writes `critcal` would never be told.

use crate::model::{Agreement, Notify, Report};
use crate::rules::diagnostic::nearest;
use std::collections::{BTreeMap, BTreeSet};

/// As many words are named in place of one that nothing has.
const MOST_TOLD: usize = 10;

/// Doubts about routes, each a lowercase sentence. `rules` are those of the project, where the run was of them: what stands
/// in no rule matches nothing. Other words, as names of services, come with the data, and one is doubted only where it looks
/// like another.
pub(super) fn doubts(notify: &Notify, rules: Option<&[Agreement]>, report: &Report) -> BTreeSet<String> {
    let seen = Words::of_results(report);
    let written = rules.map(|rules| {
        let mut words = Words::of_results(report);
        for agreement in rules {
            words.add(agreement);
        }
        words
    });
    let mut doubts = BTreeSet::new();
    for (key, wanted) in notify.routes.iter().flat_map(|route| &route.matchers) {
        if let Some(words) = &written {
            let Some(values) = words.0.get(key) else {
                // A command line may have its own `--by`, which shows with the results.
                if report.results.is_empty() {
                    continue;
                }
                let keys: Vec<&str> = words.0.keys().map(String::as_str).collect();
                doubts.insert(format!(
                    "a route that goes by `{key}` matches nothing in the rules of sla.yaml: {}",
                    instead(key, &keys)
                ));
                continue;
            };
            if Words::WRITTEN.contains(&key.as_str()) {
                let known: Vec<&str> = values.iter().map(String::as_str).collect();
                let unknown = wanted.iter().filter(|wanted| !values.contains(*wanted));
                doubts.extend(unknown.map(|wanted| {
                    format!(
                        "a route for {key} `{wanted}` matches nothing in the rules of sla.yaml: {}",
                        instead(wanted, &known)
                    )
                }));
                continue;
            }
        }
        if report.results.is_empty() {
            continue;
        }
        let Some(values) = seen.0.get(key) else {
            doubts.extend(nearest(key, seen.0.keys().map(String::as_str)).map(|meant| {
                format!("a route goes by `{key}`, which no result has: did you mean `{meant}`?")
            }));
            continue;
        };
        for wanted in wanted.iter().filter(|wanted| !values.contains(*wanted)) {
            doubts.extend(nearest(wanted, values.iter().map(String::as_str)).map(|meant| {
                format!("a route is for {key} `{wanted}`, which no result has: did you mean `{meant}`?")
            }));
        }
    }
    doubts
}

/// What routes can go by: keys, and the values that are known of each.
struct Words(BTreeMap<String, BTreeSet<String>>);

impl Words {
    /// Keys whose values stand in the rules; those of others come with the data.
    const WRITTEN: [&'static str; 3] = ["severity", "agreement", "objective"];

    /// Those of a report.
    fn of_results(report: &Report) -> Words {
        let mut words = Words(Words::WRITTEN.map(|key| (key.to_owned(), BTreeSet::new())).into());
        for result in &report.results {
            let about = &result.about;
            about.severity.iter().for_each(|severity| words.value("severity", severity));
            let names = [&about.objective, &about.indicator].into_iter().chain(&about.name);
            names.for_each(|name| words.value("objective", name));
            if let Some(agreement) = report.agreements.get(result.agreement) {
                words.value("agreement", &agreement.name);
            }
            about.group.iter().for_each(|(column, value)| words.value(column, value));
        }
        words
    }

    /// Adds those of an agreement as it is written.
    fn add(&mut self, agreement: &Agreement) {
        self.value("agreement", &agreement.name);
        for objective in &agreement.objectives {
            objective.severity.iter().for_each(|severity| self.value("severity", severity));
            objective.name.iter().chain([&objective.text]).for_each(|name| self.value("objective", name));
            // Groups with a target of their own have a text of their own.
            let sign = objective.comparison.symbol();
            let indicator =
                objective.text.rsplit_once(sign).map_or("", |(indicator, _)| indicator.trim_end());
            self.value("objective", indicator);
            for own in &objective.targets {
                self.value("objective", &format!("{indicator} {} {}", own.comparison, own.target.text));
            }
            for column in objective.by.as_ref().unwrap_or(&agreement.by) {
                self.0.entry(column.0.clone()).or_default();
            }
        }
    }

    fn value(&mut self, key: &str, value: &str) {
        match self.0.get_mut(key) {
            // Results may be many, and their words few.
            Some(values) if values.contains(value) => {}
            Some(values) => drop(values.insert(value.to_owned())),
            None => drop(self.0.insert(key.to_owned(), BTreeSet::from([value.to_owned()]))),
        }
    }
}

/// What was probably meant, or else what there is.
fn instead(word: &str, known: &[&str]) -> String {
    if let Some(meant) = nearest(word, known.iter().copied()) {
        return format!("did you mean `{meant}`?");
    }
    let mut shown: Vec<String> = known.iter().take(MOST_TOLD).map(|word| format!("`{word}`")).collect();
    if known.len() > MOST_TOLD {
        shown.push("…".to_owned());
    }
    match shown.as_slice() {
        [] => "they give none".to_owned(),
        [one] => format!("there is {one}"),
        several => format!("there are {}", several.join(", ")),
    }
}
