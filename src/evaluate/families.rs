//! Which family measures what: one file per family, one match here.

use super::gauge::Gauge;
use super::view::View;
use super::{apdex, counts, given, means, ranks, shares};
use crate::model::Indicator;
use crate::plan::{Measure, Plan};

/// The time that a throughput is divided by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// In nanoseconds; `None` where no time is known.
    pub(super) length: Option<i128>,
    /// It is the input's own, which a rejected row could stretch.
    pub(super) open_ended: bool,
}

/// The gauge for what a reading measures.
pub(super) fn gauge<'a>(
    view: View<'a>,
    plan: &'a Plan,
    indicator: &Indicator,
    span: Span,
) -> Box<dyn Gauge + 'a> {
    match &view.lens.reading.measure {
        Measure::Rows => Box::new(counts::Amount::rows(view)),
        Measure::Requests(count) => Box::new(counts::Amount::requests(view, *count)),
        Measure::Failures { failed, sum } => Box::new(counts::Amount::failures(view, failed, *sum)),
        Measure::Throughput(count) => Box::new(counts::Throughput::new(view, *count, span)),
        Measure::Share { part, count, complement } => {
            let of_rows = matches!(indicator, Indicator::Share(_));
            Box::new(shares::Share::of_part(view, part, *count, *complement, of_rows))
        }
        Measure::FailureSums { failures, requests, complement } => {
            Box::new(shares::Share::of_sums(view, *failures, *requests, *complement))
        }
        Measure::Mean { sum, present, count } => {
            Box::new(means::Mean::new(view, plan, *sum, present, *count))
        }
        Measure::Total { sum, present } => Box::new(means::Total::new(view, plan, *sum, present)),
        Measure::Quotient { over, under, present } => {
            Box::new(means::Quotient::new(view, plan, *over, *under, present))
        }
        Measure::Rank { rank, digit, shown, stated } => {
            Box::new(ranks::Ranked::new(view, plan, *rank, *digit, *shown).of_stated(stated.as_deref()))
        }
        Measure::Apdex { satisfied, tolerating, missing, .. } => {
            Box::new(apdex::Apdex::new(view, satisfied, tolerating, missing))
        }
        Measure::Given { sum, digit } => Box::new(given::Given::new(view, *sum, *digit)),
    }
}
