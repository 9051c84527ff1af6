//! What a report shows to whom: the results in view, gathered by promise, the worst first.

use super::definitions::{self, Reader};
use super::{Audience, Options};
use crate::model::{Report, RuleResult, Subject, Summary, Trend, Verdict};
use crate::render::worst;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Columns and values, as named in `by`.
pub(super) type Group = [(String, String)];

/// The part of a report that its audience sees.
pub(super) struct View<'a> {
    pub(super) report: &'a Report,
    pub(super) options: &'a Options,
    /// The worst first.
    pub(super) promises: Vec<Promise<'a>>,
    pub(super) verdict: Verdict,
    /// Results by verdict.
    pub(super) summary: Summary,
}

/// An objective as it holds for one group, with the results of all periods.
pub(super) struct Promise<'a> {
    pub(super) about: &'a Subject,
    pub(super) agreement: usize,
    pub(super) objective_idx: usize,
    /// In order of time; at least one.
    pub(super) results: Vec<&'a RuleResult>,
    /// The worst of the results.
    pub(super) verdict: Verdict,
    /// Over the slices of the details, where there are some.
    pub(super) trend: Option<&'a Trend>,
}

/// Why there is nothing to show.
pub(super) fn nothing_in_view(options: &Options) -> String {
    let only = |(column, values): &(String, Vec<String>)| format!("{column}={}", values.join(","));
    let only: Vec<String> = options.only.iter().map(only).collect();
    let groups = if only.is_empty() { String::new() } else { format!(" for {}", only.join(" and ")) };
    match options.audience {
        Audience::Customer => format!(
            "there is no result to show{groups}: the customer edition shows objectives with a `name:`{}, and groups \
             that --only or `reports: customer: only` names",
            if options.objectives.is_empty() {
                String::new()
            } else {
                format!(" among {}", options.objectives.join(", "))
            }
        ),
        Audience::Internal => format!("there is no result to show{groups}"),
    }
}

impl<'a> View<'a> {
    pub(super) fn new(report: &'a Report, options: &'a Options) -> View<'a> {
        let mut promises: BTreeMap<(usize, usize, &Group), Promise<'a>> = BTreeMap::new();
        let trends: BTreeMap<(usize, usize, &Group), &Trend> = report
            .details
            .iter()
            .flat_map(|detail| detail.trends.iter().map(move |trend| (detail.agreement, trend)))
            .map(|(agreement, trend)| ((agreement, trend.objective_idx, trend.about.group.as_slice()), trend))
            .collect();
        let mut summary = Summary::default();
        for result in report.results.iter().filter(|result| is_in_view(&result.about, options)) {
            *match result.verdict {
                Verdict::Met => &mut summary.met,
                Verdict::Warning => &mut summary.warning,
                Verdict::Breached => &mut summary.breached,
                Verdict::Undecided => &mut summary.undecided,
            } += 1;
            let key = (result.agreement, result.objective_idx, result.about.group.as_slice());
            let promise = promises.entry(key).or_insert_with(|| Promise {
                about: &result.about,
                agreement: result.agreement,
                objective_idx: result.objective_idx,
                results: Vec::new(),
                verdict: Verdict::Met,
                trend: trends.get(&key).copied(),
            });
            promise.verdict = promise.verdict.max(result.verdict);
            promise.results.push(result);
        }
        let mut promises: Vec<Promise<'a>> = promises.into_values().collect();
        promises.sort_by(Promise::worse);
        let whole = options.audience == Audience::Internal
            && options.only.is_empty()
            && options.objectives.is_empty();
        let worst = promises.first().map_or(Verdict::Undecided, |promise| promise.verdict);
        // An agreement that could not be checked at all has no results, but its say in the whole.
        let verdict = if whole { report.verdict } else { worst };
        View { report, options, promises, verdict, summary }
    }

    pub(super) fn reader(&self) -> Reader {
        match self.options.audience {
            Audience::Internal => Reader::Insider,
            Audience::Customer => Reader::Outsider,
        }
    }

    pub(super) fn is_internal(&self) -> bool {
        self.options.audience == Audience::Internal
    }

    /// Agreements that have something in view, in their order.
    pub(super) fn agreements(&self) -> Vec<usize> {
        let shown: BTreeSet<usize> = self.promises.iter().map(|promise| promise.agreement).collect();
        shown.into_iter().collect()
    }

    /// What a row is called in sentences about this promise.
    pub(super) fn noun(&self, agreement: usize) -> &str {
        self.report.agreements.get(agreement).map_or("requests", |agreement| &agreement.noun)
    }

    /// An objective's name, else what it measures.
    pub(super) fn objective(&self, about: &Subject) -> String {
        about.name.clone().unwrap_or_else(|| definitions::called(&about.indicator, self.reader()))
    }

    /// Promises by objective; objectives and their promises with the worst first.
    pub(super) fn by_objective(&self) -> Vec<Vec<&Promise<'a>>> {
        let mut objectives: Vec<Vec<&Promise<'a>>> = Vec::new();
        let mut index: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for promise in &self.promises {
            let next = objectives.len();
            let at = *index.entry((promise.agreement, promise.objective_idx)).or_insert(next);
            if at == next {
                objectives.push(Vec::new());
            }
            objectives[at].push(promise);
        }
        objectives
    }

    /// Promises by service, the worst first: groups that are finer than others count to those.
    pub(super) fn by_service(&self) -> Vec<Service<'_, 'a>> {
        let shapes: BTreeSet<Vec<&str>> =
            self.promises.iter().map(|promise| columns(&promise.about.group)).collect();
        let mut services: BTreeMap<Vec<&str>, Vec<&Promise<'a>>> = BTreeMap::new();
        for promise in &self.promises {
            let own = columns(&promise.about.group);
            let coarser = shapes
                .iter()
                .filter(|shape| !shape.is_empty() && shape.iter().all(|column| own.contains(column)))
                .min_by_key(|shape| shape.len());
            let group = promise.about.group.iter();
            let of_shape = |column: &str| coarser.is_none_or(|shape| shape.contains(&column));
            let key = group.filter(|(column, _)| of_shape(column)).map(|(_, value)| value.as_str()).collect();
            services.entry(key).or_default().push(promise);
        }
        let mut services: Vec<Service<'_, 'a>> = services
            .into_iter()
            .map(|(group, promises)| Service {
                label: label(group.into_iter()),
                verdict: promises.iter().map(|promise| promise.verdict).max().unwrap_or(Verdict::Undecided),
                promises,
            })
            .collect();
        services.sort_by(|a, b| {
            let broken = |service: &Service<'_, '_>| service.with(Verdict::Breached).count();
            b.verdict.cmp(&a.verdict).then_with(|| broken(b).cmp(&broken(a))).then_with(|| {
                match (a.promises.first(), b.promises.first()) {
                    (Some(a), Some(b)) => a.worse(b),
                    _ => Ordering::Equal,
                }
            })
        });
        services
    }
}

/// What the promises of one service came to.
pub(super) struct Service<'v, 'a> {
    pub(super) label: String,
    pub(super) verdict: Verdict,
    /// The worst first.
    pub(super) promises: Vec<&'v Promise<'a>>,
}

impl<'v, 'a> Service<'v, 'a> {
    pub(super) fn with(&self, verdict: Verdict) -> impl Iterator<Item = &'v Promise<'a>> {
        self.promises.iter().copied().filter(move |promise| promise.verdict == verdict)
    }
}

impl<'a> Promise<'a> {
    /// The group as text, not yet safe: `checkout`, `checkout, eu-west`, `everything`.
    pub(super) fn label(&self) -> String {
        label(self.about.group.iter().map(|(_, value)| value.as_str()))
    }

    /// How many periods have that verdict.
    pub(super) fn periods(&self, verdict: Verdict) -> usize {
        self.results.iter().filter(|result| result.verdict == verdict).count()
    }

    /// The result that says most about the promise: the worst.
    pub(super) fn worst(&self) -> &'a RuleResult {
        let worse = |a: &&RuleResult, b: &&RuleResult| {
            a.verdict.cmp(&b.verdict).then_with(|| excess(a).total_cmp(&excess(b)))
        };
        // The last of equals would be as good; the first is the older one. There is always one.
        self.results.iter().copied().rev().max_by(worse).unwrap_or(self.results[0])
    }

    /// Worse promises come first; equals stay in the order of agreement, objective and group.
    fn worse(&self, other: &Promise<'_>) -> Ordering {
        let broken = |promise: &Promise<'_>| promise.periods(Verdict::Breached);
        let verdict = other.verdict.cmp(&self.verdict).then_with(|| broken(other).cmp(&broken(self)));
        verdict.then_with(|| excess(other.worst()).total_cmp(&excess(self.worst())))
    }
}

fn columns(group: &Group) -> Vec<&str> {
    group.iter().map(|(column, _)| column.as_str()).collect()
}

fn label<'t>(values: impl Iterator<Item = &'t str>) -> String {
    let values: Vec<String> = values.map(|value| super::text::short(value, 80)).collect();
    if values.is_empty() { "everything".to_owned() } else { values.join(", ") }
}

/// What was asked for and has no result, so that its page would be silent about it.
pub(super) fn not_known(report: &Report, options: &Options) -> Option<String> {
    let subjects = || report.results.iter().map(|result| &result.about);
    for (column, values) in &options.only {
        let has = |wanted: &String| {
            subjects().any(|about| about.group.iter().any(|(of, value)| of == column && value == wanted))
        };
        if let Some(value) = values.iter().find(|value| !has(value)) {
            let value = super::text::short(value, 80);
            return Some(format!(
                "there is no result for {column}={value}; name it under `expect`, or not at all"
            ));
        }
    }
    let has = |wanted: &String| subjects().any(|about| about.name.as_ref() == Some(wanted));
    if let Some(name) = options.objectives.iter().find(|name| !has(name)) {
        return Some(format!("no objective with a result is called `{}`", super::text::short(name, 80)));
    }
    if options.only.is_empty() && options.objectives.is_empty() && options.audience == Audience::Internal {
        return None;
    }
    let checked: BTreeSet<usize> = report.results.iter().map(|result| result.agreement).collect();
    let mut agreements = report.agreements.iter().enumerate();
    if let Some((_, unread)) = agreements.find(|(at, _)| !checked.contains(at)) {
        return Some(format!(
            "the agreement `{}` could not be checked",
            super::text::short(&unread.name, 80)
        ));
    }
    let of_nobody = report.results.iter().find(|result| {
        let about = &result.about;
        result.verdict == Verdict::Undecided
            && !options.only.is_empty()
            && about.group.is_empty()
            && is_objective_in_view(about, options)
    });
    of_nobody.map(|result| {
        let about = &result.about;
        let name = about.name.as_deref().unwrap_or(&about.objective);
        format!("`{}` is undecided as a whole: {}", super::text::short(name, 80), result.explain)
    })
}

fn is_objective_in_view(about: &Subject, options: &Options) -> bool {
    let named = about.name.as_ref();
    let is_for_audience = match options.audience {
        Audience::Customer => named.is_some(),
        Audience::Internal => true,
    };
    is_for_audience
        && (options.objectives.is_empty() || named.is_some_and(|name| options.objectives.contains(name)))
}

fn is_in_view(about: &Subject, options: &Options) -> bool {
    // A result over more than the groups named would tell about others.
    let is_group = options
        .only
        .iter()
        .all(|(column, values)| about.group.iter().any(|(of, value)| of == column && values.contains(value)));
    is_objective_in_view(about, options) && is_group
}

/// As [`worst::excess`]; where nothing was measured, behind what was.
fn excess(result: &RuleResult) -> f64 {
    worst::excess(result).unwrap_or(0.0)
}
