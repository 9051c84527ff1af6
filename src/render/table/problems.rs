//! What was wrong with the input.

use super::super::caption;
use super::{Detail, Page};
use crate::model::{Problem, Reason, Report, display};
use std::collections::BTreeSet;

/// As many problems are shown.
const SHOW_PROBLEMS: usize = 10;

pub(super) fn lines(page: &mut Page, report: &Report) {
    let problems: &[Problem] = &report.problems;
    if problems.is_empty() {
        return;
    }
    page.blank();
    let most = if page.options.detail == Detail::All { problems.len() } else { SHOW_PROBLEMS };
    for problem in problems.iter().take(most) {
        page.wrapped(&caption::problem(problem), 0, 6);
    }
    let shown: u64 = problems.iter().take(most).map(|problem| problem.count).sum();
    let total: u64 = report.problem_totals.values().sum();
    if total > shown {
        let more = display::count(total - shown);
        page.line(&format!(
            "and {more} more{}",
            if problems.len() > most { "; --all shows more of them" } else { "" }
        ));
    }
    if let Some(rejected) = open_by_rejected(report) {
        let way_out = format!("mend them, or live with them by --max-bad-rows {rejected}");
        page.wrapped(&format!("rejected rows leave verdicts open: {way_out}"), 0, 3);
    }
}

/// How many rejected rows it takes to tolerate so that no agreement's verdicts are left open by them.
fn open_by_rejected(report: &Report) -> Option<u64> {
    let open = report.results.iter().filter(|result| result.reason == Some(Reason::RejectedRows));
    let agreements: BTreeSet<usize> = open.map(|result| result.agreement).collect();
    let of = |agreement: &usize| {
        report.inputs.iter().filter(|input| input.agreement == *agreement).map(|input| input.rejected).sum()
    };
    agreements.iter().map(of).max()
}
