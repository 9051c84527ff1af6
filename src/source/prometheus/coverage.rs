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
use std::collections::BTreeSet;

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
        let mut expected_since = begin;
        if begin > self.grid.since && presence::was_there(client, &selector, self.grid.since)? {
            expected_since = self.grid.since;
            self.remark(format!(
                "no samples at --since, and some before: what happened until {} is not known",
                told(begin)
            ));
        } else if begin > self.grid.since {
            // It began somewhere in the window that ends there.
            let ends = spans.iter().flat_map(|span| span.ends());
            let before = ends.filter(|end| *end < begin).max().unwrap_or(self.grid.since);
            let (first, all) = presence::begin(client, &selector, (before, begin), self.fresh)?;
            let mut message = format!("its data begins at {}, later than --since", told(first));
            let mut begin = first;
            if server.counting == Counting::Increase {
                // Of a series that is there at the first end of a window, the sums are sure.
                begin = all.min(self.grid.until);
                self.grid = self.grid.from(begin);
                if all > first {
                    message =
                        format!("{message}; counting begins at {}, when all targets are there", told(all));
                }
            }
            self.remark(message);
            // Rates over all of the time are over the time that there was data.
            let is_whole = plan.time.as_ref().is_none_or(|time| time.slice.is_none());
            if let Some((_, end)) = self.intake.span.filter(|_| is_whole) {
                self.intake.span = (begin < end).then_some((begin, end));
            }
        }
        self.gaps(&presence, &spans, expected_since);
        self.expected_series(&presence, &spans);
        Ok(())
    }

    /// Groups that began later than others, were silent in between, or fell silent.
    fn gaps(&mut self, presence: &Presence, spans: &[Span], begin: Instant) {
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
            let mut absent = Vec::new();
            if seen.first > begin + window {
                absent.push(format!("{name}: its first samples are from {}", told(seen.first)));
            }
            if seen.last + window < self.grid.until {
                absent.push(format!("{name}: its last samples are from {}", told(seen.last)));
            }
            for message in absent {
                // What is expected and silent is not fine; what nobody waits for may be new, or have been taken down.
                if self.described.expected.contains(group) {
                    self.doubt(None, ProblemKind::Truncated, format!("{message}, and it is expected"));
                } else {
                    self.remark(message);
                }
            }
        }
    }

    /// `series:` of the source: at every end of a window since a group began.
    fn expected_series(&mut self, presence: &Presence, spans: &[Span]) {
        let Some(wanted) = self.described.server.series else { return };
        let ends: Vec<Instant> = spans.iter().flat_map(|span| span.ends()).collect();
        for (group, seen) in presence {
            let (mut least, mut at) = seen.least;
            let there: BTreeSet<Instant> = seen.at.iter().copied().collect();
            if let Some(silent) = ends.iter().find(|end| **end > seen.first && !there.contains(*end)) {
                (least, at) = (0, *silent);
            }
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

    /// `series:` can be looked at for a metric of requests only.
    pub(super) fn series_can_be_seen(&mut self) {
        let server = &self.described.server;
        let requests = server.requests.as_deref().map(Metric::of);
        if server.series.is_some() && !matches!(requests, Some(Metric::Selector(_))) {
            let message = "`series:` needs a metric as `requests:`, whose series can be counted; leave it out, or name one";
            self.doubt(None, ProblemKind::MissingColumn, message.to_owned());
        }
    }
}

/// An instant for a message: `2025-06-01T12:30:00Z`.
pub(super) fn told(at: Instant) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at)).map_or_else(|_| seconds(at), |time| time.to_string())
}
