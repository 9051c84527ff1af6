//! From a report to its subjects: what each run says about every objective and group, and about agreements whose data
//! could not be read.

use super::states::{Look, Standing};
use crate::model::{
    AgreementSummary, AlertSubject, Clock, Instant, NANOS, Report, RuleResult, Seen, Trouble, Verdict,
};
use crate::render::clock_of;
use crate::store::scope;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A subject, and what the run says about it.
#[derive(Clone, Debug)]
pub(super) struct Observation<'a> {
    /// What it is about.
    pub(super) subject: AlertSubject,
    /// The agreement.
    pub(super) agreement: &'a AgreementSummary,
    /// The result that it rests on; `None` for an agreement as a whole.
    pub(super) result: Option<&'a RuleResult>,
    /// The last breach of a complete period, however old.
    pub(super) breach: Option<&'a RuleResult>,
    /// What is said.
    pub(super) look: Look,
}

/// Everything that a run says.
#[derive(Clone, Debug)]
pub(super) struct Observed<'a> {
    /// By agreement, in the order of the report.
    pub(super) subjects: Vec<Observation<'a>>,
    /// Agreements of which every subject is among them.
    pub(super) covered: HashSet<(String, String)>,
    /// Which periods were seen, with those of earlier runs.
    pub(super) seen: BTreeMap<(String, String), Seen>,
}

/// Looks at a report; `before` tells which periods earlier runs have seen.
pub(super) fn observe<'a>(report: &'a Report, before: &BTreeMap<(String, String), Seen>) -> Observed<'a> {
    let mut observed = Observed { subjects: Vec::new(), covered: HashSet::new(), seen: BTreeMap::new() };
    let scopes: Vec<(String, String)> = (0..report.agreements.len()).map(|at| scope(report, at)).collect();
    let mut has_results = vec![false; scopes.len()];
    let mut place: HashMap<(usize, &str), usize> = HashMap::new();
    let mut periods: Vec<Periods<'a>> = Vec::new();
    for result in &report.results {
        let Some(key) = scopes.get(result.agreement) else { continue };
        has_results[result.agreement] = true;
        let at = *place.entry((result.agreement, &result.about.id)).or_insert(periods.len());
        if at == periods.len() {
            periods.push(Periods::new(result));
        }
        periods[at].add(result, before.get(key));
    }
    for (at, (key, agreement)) in scopes.iter().zip(&report.agreements).enumerate() {
        let known = before.get(key);
        let trouble = (!has_results[at]).then_some(Trouble::Undecided);
        observed.subjects.push(Observation {
            subject: subject(key, ""),
            agreement,
            result: None,
            breach: None,
            look: Look { trouble, distance: None, standing: Standing::Passing },
        });
        if has_results[at] {
            observed.covered.insert(key.clone());
        }
        let blank = Seen { complete_to: None, newest_from: None, at: report.now };
        observed.seen.insert(key.clone(), known.map_or(blank, |known| Seen { at: report.now, ..*known }));
    }
    for periods in periods {
        let first = periods.newest;
        let (Some(key), Some(agreement)) =
            (scopes.get(first.agreement), report.agreements.get(first.agreement))
        else {
            continue;
        };
        if let Some(seen) = observed.seen.get_mut(key) {
            // A row from the future makes everything before it complete; when it is gone, periods go on from here.
            let most = latest(report, first.agreement);
            let capped = |at: Option<Instant>| at.map(|at| at.min(most));
            let complete_to = periods.complete.and_then(|result| result.period.to);
            seen.complete_to = seen.complete_to.max(capped(complete_to));
            seen.newest_from = seen.newest_from.max(capped(first.period.from));
        }
        let (result, standing) = periods.condition();
        let look = Look { trouble: trouble(result), distance: distance(result), standing };
        observed.subjects.push(Observation {
            subject: subject(key, &first.about.id),
            agreement,
            result: Some(result),
            breach: periods.last_breach,
            look,
        });
    }
    observed
}

/// The run's clock, as late as the data's may show it: where its times name no zone, it may be any.
fn latest(report: &Report, agreement: usize) -> Instant {
    let ahead = match clock_of(report, agreement) {
        Clock::Naive => 14 * 3_600 * NANOS,
        Clock::Zoned(_) => 0,
    };
    report.now.saturating_add(ahead)
}

fn subject((agreement, scope): &(String, String), result: &str) -> AlertSubject {
    AlertSubject { agreement: agreement.clone(), scope: scope.clone(), result: result.to_owned() }
}

/// The periods of one subject that matter; they come in their order.
struct Periods<'a> {
    newest: &'a RuleResult,
    /// The last complete one.
    complete: Option<&'a RuleResult>,
    /// The last complete one that is breached.
    last_breach: Option<&'a RuleResult>,
    /// The last breach among those that were completed since the run before.
    breach: Option<&'a RuleResult>,
    /// Whether the last complete one is such a breach, and the run before saw nothing of it.
    is_unseen: bool,
    /// Whether there is another one of that kind before it: runs are missing.
    is_missed: bool,
}

impl<'a> Periods<'a> {
    fn new(first: &'a RuleResult) -> Periods<'a> {
        Periods {
            newest: first,
            complete: None,
            last_breach: None,
            breach: None,
            is_unseen: false,
            is_missed: false,
        }
    }

    fn add(&mut self, result: &'a RuleResult, seen: Option<&Seen>) {
        self.newest = result;
        if !result.period.complete {
            return;
        }
        self.complete = Some(result);
        if result.verdict == Verdict::Breached {
            self.last_breach = Some(result);
        }
        self.is_missed |= std::mem::take(&mut self.is_unseen);
        // The first run begins with what is so now, and tells nothing of the past.
        let Some(seen) = seen else { return };
        let is_after =
            |at: Option<Instant>, mark: Option<Instant>| at.zip(mark).is_some_and(|(at, mark)| at > mark);
        let since = match seen.complete_to {
            Some(_) => is_after(result.period.to, seen.complete_to),
            // Nothing was complete yet: what had begun by then is complete since.
            None => seen.newest_from.is_some() && result.period.to.is_some(),
        };
        if since && result.verdict == Verdict::Breached {
            self.breach = Some(result);
            self.is_unseen = is_after(result.period.from, seen.newest_from);
        }
    }

    /// What is so now: the newest period; where that is incomplete and undecided, the last complete one. A breach in a
    /// period that was completed since the run before counts, too, for no later run will look at it.
    fn condition(&self) -> (&'a RuleResult, Standing) {
        let newest = match self.complete {
            Some(complete) if !self.newest.period.complete && self.newest.verdict == Verdict::Undecided => {
                complete
            }
            _ => self.newest,
        };
        let standing = match self.breach {
            _ if self.is_missed => Standing::Final,
            Some(_) => Standing::Over,
            None => Standing::Passing,
        };
        match self.breach {
            Some(breach) if newest.verdict != Verdict::Breached => (breach, standing),
            _ => (newest, standing),
        }
    }
}

fn trouble(result: &RuleResult) -> Option<Trouble> {
    match result.verdict {
        Verdict::Met | Verdict::Warning => None,
        Verdict::Undecided => Some(Trouble::Undecided),
        Verdict::Breached => Some(Trouble::Breached),
    }
}

/// How far the measured value is from the target, in base units; only of a breach.
fn distance(result: &RuleResult) -> Option<crate::model::Rational> {
    if result.verdict != Verdict::Breached {
        return None;
    }
    let (measured, target) = (result.measured?.value, result.about.target.value);
    let far = if measured > target { measured.minus(target) } else { target.minus(measured) };
    // More digits than the history holds for good are no reason to say nothing.
    far
}
