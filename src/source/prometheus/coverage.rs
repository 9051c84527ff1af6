//! When a server has data for a plan, and whether all of its series answer.
//!
//! Called by `tally` before counters are asked for.

use super::edges::Edges;
use super::fetch::seconds;
use super::grid::Span;
use super::presence::{self, Presence};
use super::samples::Samples;
use super::schema::Is;
use super::selector::Metric;
use super::tally::Run;
use crate::model::display::counted;
use crate::model::{Counting, Instant, ProblemKind};
use crate::plan::Plan;

impl Run<'_> {
    /// When there was data: told to the reader, and where it begins, counting begins.
    pub(super) fn cover(&mut self, plan: &Plan, edges: &Edges) -> Result<(), String> {
        let server = &self.described.server;
        let Some(Metric::Selector(selector)) = server.requests.as_deref().map(Metric::of) else {
            return Ok(());
        };
        let selector = edges.native_count(&selector).unwrap_or(selector);
        let client = match &self.connection.samples {
            Samples::Server(client) => client,
            Samples::Saved(saved) => {
                if !saved.has(&selector)? {
                    self.remark(format!("no series of `{}` in it", selector.text()));
                }
                return Ok(());
            }
        };
        let mut labels = Vec::new();
        for label in plan.tables.first().map_or(&[][..], |table| &table.by) {
            if let Is::Label(label) = &self.described.columns[plan.labels[*label]] {
                labels.push(label.clone());
            }
        }
        let spans = self.grid.spans();
        self.fresh = presence::fresh(self.scraped_every(client, &selector.text())?);
        let presence = presence::ask(client, &selector, &labels, self.grid.since, &spans, self.fresh)?;
        let Some(begin) = presence.values().map(|seen| seen.first).min() else {
            self.remark(format!(
                "no series of `{}` between --since and --until; `sla inspect` lists what there is",
                selector.text()
            ));
            return Ok(());
        };
        if begin > self.grid.since {
            self.remark(format!("its data begins at {}, later than --since", told(begin)));
            if server.counting == Counting::Increase {
                self.begin_at(begin);
            }
        }
        self.gaps(&presence, &spans);
        self.expected_series(&presence);
        Ok(())
    }

    fn begin_at(&mut self, begin: Instant) {
        self.grid = self.grid.from(begin);
    }

    /// Groups that were silent in between, or fell silent.
    fn gaps(&mut self, presence: &Presence, spans: &[Span]) {
        let window = self.grid.window();
        let mut ends: Vec<Instant> = spans.iter().flat_map(|span| span.ends()).collect();
        ends.sort_unstable();
        for (group, seen) in presence {
            let name = if group.is_empty() { "requests".to_owned() } else { group.join(", ") };
            let silent = seen.silent(ends.iter().copied());
            if let Some((begin, _)) = silent.first() {
                let lost = counted(silent.len() as u64, "points");
                let begin = told(*begin);
                self.remark(format!(
                    "{name}: no samples at {lost} from {begin} on; what happened then is not known"
                ));
            }
            if seen.last + window < self.grid.until {
                let message = format!("{name}: its last samples are from {}", told(seen.last));
                // What is expected and silent is not fine; what nobody waits for may have been taken down.
                if self.described.expected.contains(group) {
                    self.doubt(None, ProblemKind::Truncated, format!("{message}, and it is expected"));
                } else {
                    self.remark(message);
                }
            }
        }
    }

    /// `series:` of the source.
    fn expected_series(&mut self, presence: &Presence) {
        let Some(wanted) = self.described.server.series else { return };
        for (group, seen) in presence {
            let (least, at) = seen.least;
            if least < wanted {
                let name = if group.is_empty() { "there".to_owned() } else { group.join(", ") };
                let message = format!(
                    "{name}: {least} of {wanted} series that `series:` expects at {}; what the others counted is not known",
                    told(at)
                );
                self.doubt(None, ProblemKind::Truncated, message);
                return;
            }
        }
    }
}

/// An instant for a message: `2025-06-01T12:30:00Z`.
pub(super) fn told(at: Instant) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at)).map_or_else(|_| seconds(at), |time| time.to_string())
}
