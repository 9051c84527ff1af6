//! Whether failures could be counted: what must be there so that finding none means that there were none.
//!
//! A failure is told by labels (`code=~"5.."`). Where the metric tells by the same labels of requests that were fine, a
//! request that is counted without them may have failed as well; where nobody has the labels but what failed, everybody
//! else was fine. So requests in series without the labels are asked for, too, and their outcome is unknown.
//!
//! Called by `tally` before counters are told and after.

use super::answer::{Any, Labels, Sink};
use super::asked::{Asked, At};
use super::counters::{Ask, Bounds, Counted, LOOKBACK, values_of};
use super::edges::Edges;
use super::fetch::seconds;
use super::refusal::Refusal;
use super::samples::Samples;
use super::schema::Is;
use super::selector::{Matcher, Metric, Relation, Selector};
use super::tally::{Counts, Run};
use crate::model::{Instant, ProblemKind, Server};
use std::collections::{BTreeMap, BTreeSet};

/// Requests of which nothing tells whether they failed.
#[derive(Default)]
pub(super) struct Untold {
    /// What counts them, by the labels that are kept.
    asked: BTreeMap<Vec<String>, Vec<At>>,
    /// Labels by which failures are told, which these lack.
    lacking: BTreeSet<String>,
}

impl Untold {
    /// Counters of failures, and of requests that may be some, with the counter of all requests: where that is silent, these are.
    pub(super) fn silent_with(&self, asked: &Asked) -> BTreeMap<usize, usize> {
        let mut with = BTreeMap::new();
        for (lowered, needs) in asked.tables.iter().flatten() {
            let Some(At::Counter(requests)) = needs.requests else { continue };
            let untold = self.asked.get(&lowered.labels).into_iter().flatten();
            for at in untold.chain(&needs.failures) {
                if let At::Counter(at) = at {
                    with.insert(*at, requests);
                }
            }
        }
        with
    }

    /// What was counted of them.
    pub(super) fn counted(&self, labels: &[String], counted: &Counts) -> Result<Counted, String> {
        let mut all = Counted::new();
        for found in self.asked.get(labels).into_iter().flatten().filter_map(|at| counted.get(Some(*at))) {
            for (labels, slices) in found {
                let known =
                    all.entry(labels.clone()).or_insert_with(|| vec![Bounds::default(); slices.len()]);
                known.iter_mut().zip(slices).try_for_each(|(known, more)| known.add(*more))?;
            }
        }
        Ok(all)
    }
}

impl Run<'_> {
    /// Adds asks for requests in series without the labels by which failures are told.
    pub(super) fn untold(
        &self,
        asked: &Asked,
        edges: &Edges,
        counters: &mut Vec<Ask>,
        natives: &mut Vec<Ask>,
    ) -> Result<Untold, String> {
        let mut untold = Untold::default();
        let failing = asked.tables.iter().flatten().filter(|(_, needs)| needs.failures.is_some());
        let labels: BTreeSet<&Vec<String>> = failing.map(|(lowered, _)| &lowered.labels).collect();
        let (false, Some(failures)) = (labels.is_empty(), failures_of(&self.described.server)) else {
            return Ok(untold);
        };
        let mut lacking = Vec::new();
        for (label, without) in without(&self.described.server) {
            let without = as_named(edges, without);
            if self.has_any(std::slice::from_ref(&without.selector))? {
                lacking.push((label, without));
            }
        }
        if lacking.is_empty() || !self.tells_of_others(&failures, edges)? {
            return Ok(untold);
        }
        for (label, Named { selector, is_native }) in lacking {
            for labels in &labels {
                let metric = Metric::Selector(selector.clone());
                let (asks, scale) =
                    if is_native { (&mut *natives, super::edges::SUM_SCALE) } else { (&mut *counters, 1) };
                asks.push(Ask { metric, labels: (*labels).clone(), scale });
                let at = asks.len() - 1;
                let at = if is_native { At::Native(at) } else { At::Counter(at) };
                untold.asked.entry((*labels).clone()).or_default().push(at);
            }
            untold.lacking.insert(label);
        }
        Ok(untold)
    }

    /// Whether the labels by which failures are told tell of requests that were fine, too.
    fn tells_of_others(&self, failures: &Selector, edges: &Edges) -> Result<bool, String> {
        let base = base_of(&self.described.server, failures);
        let own: Vec<&Matcher> = own(&base, failures).collect();
        let told = telling(failures);
        let base = own.iter().copied().filter(|matcher| told.contains(matcher)).fold(base.clone(), has);
        let other = |matcher: &&Matcher| {
            let other = base.clone().and(&matcher.label, matcher.relation.opposite(), &matcher.value);
            as_named(edges, other).selector
        };
        self.has_any(&own.iter().map(other).collect::<Vec<_>>())
    }

    /// Where failures have a metric of their own: the sets of labels, of those of `requests`, of which it has no series, so
    /// that it is not known whether they failed. Where the metric counts failures and nothing else, they had none.
    pub(super) fn without_failures(
        &mut self,
        labels: &[String],
        requests: &Counted,
        failed: &Counted,
        edges: &Edges,
    ) -> Result<BTreeSet<Vec<String>>, String> {
        let Some(failures) = failures_of(&self.described.server) else { return Ok(BTreeSet::new()) };
        let counted = self.described.server.requests.as_deref().and_then(Selector::parse);
        let is_own = counted.is_none_or(|counted| counted.name != failures.name);
        let is_absent = |found: &Counted, labels: &Vec<String>| !found.contains_key(labels);
        if !is_own || !requests.keys().any(|labels| is_absent(failed, labels)) {
            return Ok(BTreeSet::new());
        }
        let any = as_named(edges, base_of(&self.described.server, &failures));
        let known = self.label_sets(&any.selector, labels)?;
        let absent: BTreeSet<Vec<String>> =
            requests.keys().filter(|labels| !known.contains(*labels)).cloned().collect();
        if known.is_empty() || absent.is_empty() {
            // That there is no series at all is told by itself.
            return Ok(BTreeSet::new());
        }
        for (at, label) in labels.iter().enumerate() {
            if known.iter().all(|values| values[at].is_empty()) {
                let message = format!(
                    "no series of `{}` has the label `{label}`, so that its failures belong to no group",
                    failures.name
                );
                self.doubt_once(message);
            }
        }
        let names = named(&absent);
        if self.tells_of_others(&failures, edges)? && self.is_of_answers(&any, labels, requests, &known)? {
            self.remark(format!(
                "no series of `{}` for {names}: whether their requests failed is not known",
                failures.name
            ));
            return Ok(absent);
        }
        self.inferred(format!("no series of `{}` for {names}: nothing failed there", failures.text()));
        Ok(BTreeSet::new())
    }

    /// Whether a metric counts all requests of those that have it, or half of them at least; errors of other kinds are fewer.
    fn is_of_answers(
        &self,
        metric: &Named,
        labels: &[String],
        requests: &Counted,
        known: &BTreeSet<Vec<String>>,
    ) -> Result<bool, String> {
        // A histogram measures all that it sees.
        if metric.is_native {
            return Ok(true);
        }
        let metric = Metric::Selector(metric.selector.clone());
        let ask = Ask { metric, labels: labels.to_vec(), scale: 1 };
        let counted = self.count(&[ask], &BTreeMap::new())?;
        let total = |counted: &Counted, side: fn(&Bounds) -> i64| -> i128 {
            let of_known = counted.iter().filter(|(labels, _)| known.contains(*labels));
            of_known.flat_map(|(_, slices)| slices).map(|bounds| i128::from(side(bounds))).sum()
        };
        let answers = counted.first().map_or(0, |counted| total(counted, |bounds| bounds.high));
        Ok(2 * answers >= total(requests, |bounds| bounds.low))
    }

    /// Says how many requests are not known to have failed or not.
    pub(super) fn tell_untold(&mut self, untold: &Untold, found: &Counted) {
        let rises = |slices: &Vec<Bounds>| slices.iter().any(|bounds| bounds.high > 0);
        let groups: BTreeSet<Vec<String>> =
            found.iter().filter(|(_, slices)| rises(slices)).map(|(labels, _)| labels.clone()).collect();
        if groups.is_empty() {
            return;
        }
        let lacking: Vec<String> = untold.lacking.iter().map(|label| format!("`{label}`")).collect();
        let of = if groups.iter().all(|labels| labels.iter().all(String::is_empty)) {
            String::new()
        } else {
            format!(" of {}", named(&groups))
        };
        self.remark(format!(
            "some requests{of} are counted without the label {}, by which `failures:` tells failures: whether they failed is not \
             known",
            lacking.join(" or ")
        ));
    }

    /// Failures of which no series exists are none, if their metric and its labels exist; else the name is wrong.
    pub(super) fn failures_exist(
        &mut self,
        asked: &Asked,
        counted: &Counts,
        edges: &Edges,
    ) -> Result<(), String> {
        let Some(any) = any_failure(&self.described.server) else { return Ok(()) };
        let mut needs = asked.tables.iter().flatten().map(|(_, needs)| needs);
        let none = needs.any(|needs| counted.get(needs.failures).is_some_and(Counted::is_empty));
        if none && !self.has_any(&[as_named(edges, any.clone()).selector])? {
            let message = format!(
                "no series of `{}` exists, so that `failures:` could never count one; name another metric or label",
                any.text()
            );
            self.doubt_once(message);
        }
        Ok(())
    }

    /// What makes all that is told of failures unknown.
    fn doubt_once(&mut self, message: String) {
        let column = self.described.column(&Is::Failures);
        if !self.intake.doubts.iter().any(|doubt| doubt.problem.message == message) {
            self.doubt(column, ProblemKind::MissingColumn, message);
        }
    }

    /// Whether one of these has a series in the time that is asked about.
    fn has_any(&self, selectors: &[Selector]) -> Result<bool, String> {
        Ok(self.listed(selectors, || Any(false))?.0)
    }

    /// The series that one of these selects, in the time that is asked about, handed to what `sink` makes.
    pub(super) fn listed<S: Sink>(&self, selectors: &[Selector], sink: impl Fn() -> S) -> Result<S, String> {
        match &self.connection.samples {
            Samples::Saved(saved) => {
                let mut sink = sink();
                for selector in selectors {
                    saved.selected(selector)?.try_for_each(|labels| sink.series(labels.clone()))?;
                }
                Ok(sink)
            }
            Samples::Server(_) if selectors.is_empty() => Ok(sink()),
            Samples::Server(client) => {
                let texts: Vec<String> = selectors.iter().map(Selector::text).collect();
                let (start, end) = (seconds(self.grid.since - LOOKBACK), seconds(self.grid.until));
                let mut form: Vec<(&str, &str)> =
                    texts.iter().map(|text| ("match[]", text.as_str())).collect();
                form.extend([("start", start.as_str()), ("end", end.as_str())]);
                // Without a limit: where one holds, servers warn that something is left out, as they do where something
                // failed.
                Ok(client.ask("/api/v1/series", &form, sink).map_err(Refusal::message)?.0)
            }
        }
    }

    /// Whether a metric has a series in the time that is asked about.
    pub(super) fn has_series(&self, selector: &Selector) -> Result<bool, String> {
        self.has_any(std::slice::from_ref(selector))
    }

    /// The values of some labels that the series of a metric have.
    fn label_sets(&self, selector: &Selector, labels: &[String]) -> Result<BTreeSet<Vec<String>>, String> {
        let sets = || Sets { labels, found: BTreeSet::new() };
        Ok(self.listed(std::slice::from_ref(selector), sets)?.found)
    }
}

/// The values of some labels, each set once.
struct Sets<'a> {
    labels: &'a [String],
    found: BTreeSet<Vec<String>>,
}

impl Sink for Sets<'_> {
    fn series(&mut self, labels: Labels) -> Result<(), String> {
        self.found.insert(values_of(self.labels, &labels));
        Ok(())
    }

    fn sample(&mut self, _: Instant, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// A selector as the server names its series.
struct Named {
    selector: Selector,
    is_native: bool,
}

fn as_named(edges: &Edges, selector: Selector) -> Named {
    match edges.native_count(&selector) {
        Some(selector) => Named { selector, is_native: true },
        None => Named { selector, is_native: false },
    }
}

fn failures_of(server: &Server) -> Option<Selector> {
    server.failures.as_deref().and_then(Selector::parse)
}

/// The series among which failures are: those of the requests, where it is one metric; else those of the metric that are
/// limited as the requests are.
fn base_of(server: &Server, failures: &Selector) -> Selector {
    let named = Selector::named(failures.name.clone());
    let Some(requests) = server.requests.as_deref().and_then(Selector::parse) else { return named };
    if requests.name == failures.name {
        return requests;
    }
    let limits = failures.matchers.iter().filter(|matcher| requests.matchers.contains(matcher));
    Selector { matchers: limits.cloned().collect(), ..named }
}

/// The matchers of failures that their base has not.
fn own<'a>(base: &Selector, failures: &'a Selector) -> impl Iterator<Item = &'a Matcher> {
    failures.matchers.iter().filter(|matcher| !base.matchers.contains(matcher))
}

/// Series that lack a label by which failures are told and may be failures for all that their other labels say, with the
/// label: those in which the ones before it tell of a failure, so that each series is in one of them at most.
pub(super) fn without(server: &Server) -> Vec<(String, Selector)> {
    let Some(failures) = failures_of(server) else { return Vec::new() };
    let base = base_of(server, &failures);
    let told_by = telling(&failures);
    let (told_by, limits): (Vec<&Matcher>, Vec<&Matcher>) =
        own(&base, &failures).partition(|matcher| told_by.contains(matcher));
    let limited = limits.into_iter().fold(base, Selector::with);
    let lacking = |at: usize| {
        let before = told_by[..at].iter().copied().fold(limited.clone(), Selector::with);
        let lacking = before.and(&told_by[at].label, Relation::Is, "");
        let others = told_by[at + 1..].iter().filter_map(|matcher| matcher.or_nothing());
        (told_by[at].label.clone(), others.fold(lacking, |lacking, matcher| lacking.with(&matcher)))
    };
    (0..told_by.len()).map(lacking).collect()
}

/// The matchers that select no series without their label: by these failures are told.
fn telling(failures: &Selector) -> Vec<Matcher> {
    // A server may read a pattern that we cannot.
    let selects_empty =
        |matcher: &&Matcher| matcher.pattern().is_ok_and(|pattern| matcher.selects("", pattern.as_ref()));
    failures.matchers.iter().filter(|matcher| !selects_empty(matcher)).cloned().collect()
}

fn has(selector: Selector, matcher: &Matcher) -> Selector {
    selector.and(&matcher.label, Relation::IsNot, "")
}

/// What must exist where no series of failures does: their metric, with the labels that tell them.
pub(super) fn any_failure(server: &Server) -> Option<Selector> {
    let failures = failures_of(server)?;
    let told_by = telling(&failures);
    Some(told_by.iter().fold(Selector::named(failures.name), has))
}

/// Some sets of labels for a message: `a, b, c and 4 more`.
fn named(sets: &BTreeSet<Vec<String>>) -> String {
    const MOST: usize = 3;
    let name = |labels: &Vec<String>| match labels.join(" ").trim() {
        "" => "those without a name".to_owned(),
        name => name.to_owned(),
    };
    let names: Vec<String> = sets.iter().take(MOST).map(name).collect();
    match sets.len().saturating_sub(MOST) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
