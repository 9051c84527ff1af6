//! Who broke promises, and which.

use super::chart::{Slice, ranking, shares};
use super::document::Numbering;
use super::edition::View;
use super::objectives::capital;
use crate::model::Verdict;

/// The part of the page; empty where nothing was broken.
pub(super) fn html(view: &View<'_>, numbering: &mut Numbering) -> String {
    let mut by_service: Vec<Slice> = view
        .by_service()
        .iter()
        .map(|service| Slice {
            name: service.label.clone(),
            count: service.promises.iter().map(|promise| promise.periods(Verdict::Breached) as u64).sum(),
        })
        .collect();
    let mut by_type: Vec<Slice> = view
        .by_objective()
        .iter()
        .filter_map(|promises| {
            let count = promises.iter().map(|promise| promise.periods(Verdict::Breached) as u64).sum();
            Some(Slice { name: capital(&view.objective(promises.first()?.about)), count })
        })
        .collect();
    for slices in [&mut by_service, &mut by_type] {
        slices.retain(|slice| slice.count > 0);
        slices.sort_by_key(|slice| std::cmp::Reverse(slice.count));
    }
    if by_service.is_empty() {
        return String::new();
    }
    let has_periods = view.promises.iter().any(|promise| promise.results.len() > 1);
    let what = if has_periods { "Broken promises, each period counted" } else { "Broken promises" };
    format!(
        "<section><h2>Violations</h2><div class=charts>{}{}</div></section>\n",
        ranking(&format!("{what}, by service"), "service", &by_service).html(numbering.next()),
        shares(&format!("{what}, by type"), "promise", &by_type).html(numbering.next())
    )
}
