//! From what is possible to a verdict.

use super::gauge::{Fill, Fills, Gauge, Promise};
use crate::model::{Comparison, Missing, NoData, Objective, Reason, Verdict};
use crate::plan::{Limit, Side};

/// A verdict and why, where it does not follow from the measured value alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) reason: Option<Reason>,
}

impl Judgement {
    pub(super) fn undecided(reason: Reason) -> Judgement {
        Judgement { verdict: Verdict::Undecided, reason: Some(reason) }
    }

    fn by_default(policy: NoData) -> Judgement {
        let verdict = match policy {
            NoData::Undecided => Verdict::Undecided,
            NoData::Breached => Verdict::Breached,
            NoData::Met => Verdict::Met,
        };
        Judgement { verdict, reason: Some(Reason::NoData) }
    }
}

/// Whether a promise is kept, over everything that is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Kept,
    Broken,
    /// It depends on what is not known.
    Open,
}

/// Rejected rows of an input, against what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rejections {
    pub(super) rows: u64,
    pub(super) allowed: u64,
}

impl Rejections {
    pub(super) fn beyond(self) -> bool {
        self.rows > self.allowed
    }
}

/// The verdict on a gauge.
pub(super) fn judge(
    gauge: &dyn Gauge,
    objective: &Objective,
    promise: Promise,
    prefer: Option<Promise>,
    rejections: Rejections,
) -> Judgement {
    let unknown = gauge.has_unknown() && objective.missing != Missing::Ignore;
    if gauge.samples() == 0 && !unknown {
        // A rejected row may be the data that is not there.
        return if rejections.beyond() && objective.no_data != NoData::Undecided {
            Judgement::undecided(Reason::RejectedRows)
        } else {
            Judgement::by_default(objective.no_data)
        };
    }
    if let Some((reason, _)) = gauge.obstacle() {
        return Judgement::undecided(reason);
    }
    if gauge.samples() < objective.min_samples {
        return Judgement::undecided(Reason::TooFewSamples);
    }
    let rejected = if rejections.beyond() { rejections.rows } else { 0 };
    match standing(gauge, promise, objective.missing, rejected) {
        Standing::Broken => Judgement { verdict: Verdict::Breached, reason: None },
        _ if rejections.beyond() => Judgement::undecided(Reason::RejectedRows),
        Standing::Open => Judgement::undecided(Reason::MissingValues),
        Standing::Kept => match prefer.map(|prefer| standing(gauge, prefer, objective.missing, 0)) {
            None | Some(Standing::Kept) => Judgement { verdict: Verdict::Met, reason: None },
            Some(Standing::Broken) => Judgement { verdict: Verdict::Warning, reason: None },
            // Not known to be as good as preferred.
            Some(Standing::Open) => {
                Judgement { verdict: Verdict::Warning, reason: Some(Reason::MissingValues) }
            }
        },
    }
}

/// Where a gauge stands with its missing cells treated as `missing` says, and `rejected` rows unknown.
pub(super) fn standing(gauge: &dyn Gauge, promise: Promise, missing: Missing, rejected: u64) -> Standing {
    if rejected == 0 && gauge.missing() == 0 {
        let nothing_unknown = Fills::missing(Fill::Omit);
        return between(gauge, promise, nothing_unknown, nothing_unknown);
    }
    let fills = |missing, rejected_fill| Fills { missing, rejected: rejected_fill, rejected_rows: rejected };
    let (low, high) = match missing {
        Missing::Undecided => (Fill::Low, Fill::High),
        Missing::Ignore => (Fill::Omit, Fill::Omit),
        Missing::Bad => match worst(promise.comparison) {
            Some(worst) => (worst, worst),
            None => (Fill::Low, Fill::High),
        },
    };
    let found = between(gauge, promise, fills(low, Fill::Low), fills(high, Fill::High));
    match (found, missing, promise.comparison) {
        // A missing value is not equal to anything.
        (Standing::Open, Missing::Bad, Comparison::Equal) if gauge.missing() > 0 && rejected == 0 => {
            Standing::Broken
        }
        _ => found,
    }
}

/// The fill that counts against a promise; `None` for `==`, where either may.
pub(super) fn worst(comparison: Comparison) -> Option<Fill> {
    match comparison {
        _ if comparison.wants_small() => Some(Fill::High),
        _ if comparison.wants_large() => Some(Fill::Low),
        _ => None,
    }
}

/// Whether the promise is kept by every value between the smallest and the largest possible one.
fn between(gauge: &dyn Gauge, promise: Promise, low: Fills, high: Fills) -> Standing {
    let at_most = |fills| gauge.within(fills, Limit { at: promise.target.value, side: Side::AtMost });
    let below = |fills| gauge.within(fills, Limit { at: promise.target.value, side: Side::Below });
    let both = |holds: &dyn Fn(Fills) -> bool| {
        let at_low = holds(low);
        match (at_low, if low == high { at_low } else { holds(high) }) {
            (true, true) => Standing::Kept,
            (false, false) => Standing::Broken,
            _ => Standing::Open,
        }
    };
    match promise.comparison {
        Comparison::AtMost => both(&at_most),
        Comparison::Below => both(&below),
        Comparison::AtLeast => both(&|fills| !below(fills)),
        Comparison::Above => both(&|fills| !at_most(fills)),
        Comparison::Equal | Comparison::Unequal => {
            let found = match () {
                () if !below(low) && at_most(high) => Standing::Kept,
                () if !at_most(low) || below(high) => Standing::Broken,
                () => Standing::Open,
            };
            match (promise.comparison, found) {
                (Comparison::Unequal, Standing::Kept) => Standing::Broken,
                (Comparison::Unequal, Standing::Broken) => Standing::Kept,
                _ => found,
            }
        }
    }
}
