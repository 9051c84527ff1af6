//! Every objective of an agreement, for each of its groups and periods.

use super::decide::{Judgement, Rejections, judge, worst};
use super::explain::{self, Account};
use super::families::{self, Span};
use super::gauge::{Fill, Fills, Gauge, Promise, Setting, whole};
use super::groups::{self, Concerned};
use super::periods::{Stretch, Timeline};
use super::phrase::Part;
use super::problems::Collected;
use super::view::{Lens, View};
use super::{Context, Item, identity, phrase};
use crate::model::display::{count, counted};
use crate::model::{
    Comparison, Doubt, Group, GroupTarget, Indicator, Instant, Missing, Objective, Point, Problem,
    ProblemKind, Reason, ResultPeriod, RowKind, RuleResult, Severity, Subject, Trend, Verdict,
};
use crate::plan::{Reading, Unreadable};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Results that are decided at a time: enough to be worth a thread, too few to weigh in memory.
const A_ROUND: u64 = 4096;

/// Adds all results of an item, by objective, period and group.
pub(super) fn of_item(
    item: &Item,
    agreement: usize,
    context: &Context,
    results: &mut Vec<RuleResult>,
    problems: &mut Collected,
) {
    for (bench, reading) in benches(item, agreement, context) {
        match reading {
            Ok(reading) => {
                problems.of_objective(item, bench.objective, reading);
                bench.measured(reading, results, problems);
            }
            Err(why) => bench.unreadable(why, results, problems),
        }
    }
}

/// Every objective of an item with what it reads, or why it cannot be read.
pub(super) fn benches<'a>(
    item: &'a Item<'a>,
    agreement: usize,
    context: &Context,
) -> impl Iterator<Item = (Bench<'a>, &'a Result<Reading, Unreadable>)> {
    let timeline = Timeline::of(item);
    let rejected = item.tallies.intakes.iter().map(|intake| intake.rejected).sum();
    let rejections = Rejections { rows: rejected, allowed: context.max_bad_rows };
    let threads = context.threads.max(1);
    let objectives = item.agreement.objectives.iter().zip(&item.plan.readings).enumerate();
    objectives.map(move |(idx, (objective, reading))| {
        let said_before = item.agreement.objectives[..idx].iter();
        let twin = said_before.filter(|other| same(other, objective)).count();
        let bench = Bench {
            item,
            agreement,
            objective,
            part: phrase::part(objective),
            objective_idx: idx,
            twin,
            rejections,
            timeline,
            threads,
            other_results: context.other_results,
        };
        (bench, reading)
    })
}

/// Does the work on parts of the stretches, one part per thread; the answers come in the order of the stretches.
fn in_threads<T: Send>(
    stretches: &[Stretch],
    threads: usize,
    work: impl Fn(&[Stretch]) -> T + Sync,
) -> Vec<T> {
    if threads <= 1 {
        return vec![work(stretches)];
    }
    let work = &work;
    std::thread::scope(|scope| {
        let mut parts = stretches.chunks(stretches.len().div_ceil(threads).max(1));
        let own = parts.next();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let mut done: Vec<T> = own.into_iter().map(work).collect();
        done.extend(others.into_iter().map(|thread| match thread.join() {
            Ok(part) => part,
            Err(panic) => std::panic::resume_unwind(panic),
        }));
        done
    })
}

fn same(one: &Objective, other: &Objective) -> bool {
    one.text == other.text
        && one.name == other.name
        && one.filter.as_ref().map(|(_, text)| text) == other.filter.as_ref().map(|(_, text)| text)
}

/// Where there are too many groups to name.
const NOBODY: Concerned = Concerned { group: None, labels: Vec::new() };

/// Why a result cannot be trusted, whatever was counted.
#[derive(Clone, Copy)]
enum Distrust<'a> {
    /// What it rests on cannot be.
    Doubt(&'a Doubt),
    /// It is an amount, and how many there were is not known.
    Amount,
}

/// One objective on its input.
pub(super) struct Bench<'a> {
    item: &'a Item<'a>,
    agreement: usize,
    objective: &'a Objective,
    /// What those of its share did, in words.
    part: Part,
    objective_idx: usize,
    twin: usize,
    rejections: Rejections,
    timeline: Timeline,
    threads: usize,
    other_results: u64,
}

impl Bench<'_> {
    fn measured(&self, reading: &Reading, results: &mut Vec<RuleResult>, problems: &mut Collected) {
        let concerned = groups::concerned(self.item, self.objective, reading);
        let needed = self.timeline.count().saturating_mul(concerned.len() as u64);
        let others = self.other_results.saturating_add(results.len() as u64);
        if needed.saturating_add(others) > super::MOST_RESULTS {
            results.push(self.too_many(needed, concerned.len(), others, problems));
            return;
        }
        let (Some(table), Some(tally)) =
            (self.item.plan.tables.get(reading.table), self.item.tallies.tables.get(reading.table))
        else {
            return;
        };
        let doubt = self.doubt(reading);
        let nothing = BTreeMap::new();
        let nobody = Group::new();
        let subjects: Vec<_> = concerned
            .iter()
            .map(|whom| {
                let group = whom.group.as_ref().unwrap_or(&nobody);
                let cells = whom.group.as_ref().and_then(|group| tally.cells.get(group)).unwrap_or(&nothing);
                (self.subject(whom), group, cells)
            })
            .collect();
        let is_sure = |group: &Group, slice: &Instant| {
            tally.unsure.get(group).is_none_or(|slices| !slices.contains(slice))
        };
        let of_stretches = |stretches: &[Stretch]| -> Vec<RuleResult> {
            let lenses: Vec<_> =
                subjects.iter().map(|(_, group, _)| Lens::new(table, reading, group)).collect();
            let mut results = Vec::with_capacity(stretches.len() * subjects.len());
            for stretch in stretches {
                for ((subject, group, cells), lens) in subjects.iter().zip(&lenses) {
                    let view = View { lens, cell: cells.get(&stretch.slice) };
                    let distrust = match doubt {
                        Some(doubt) => Some(Distrust::Doubt(doubt)),
                        None if is_sure(group, &stretch.slice) => None,
                        None => Some(Distrust::Amount),
                    };
                    results.push(self.result(view, subject, stretch, distrust));
                }
            }
            results
        };
        // In the order of the report, so that sorting has nothing to move.
        results.reserve_exact(needed as usize);
        let stretches: Vec<Stretch> = self.timeline.stretches().collect();
        let threads = if needed < A_ROUND { 1 } else { self.threads };
        for round in stretches.chunks((A_ROUND as usize).div_ceil(subjects.len().max(1))) {
            for part in in_threads(round, threads, of_stretches) {
                results.extend(part);
            }
        }
    }

    /// Every group over time.
    pub(super) fn trends(&self, reading: &Reading) -> Vec<Trend> {
        let (Some(table), Some(tally)) =
            (self.item.plan.tables.get(reading.table), self.item.tallies.tables.get(reading.table))
        else {
            return Vec::new();
        };
        let trend = |whom: &Concerned| {
            let group = whom.group.as_ref()?;
            let (about, own) = self.subject(whom);
            let cells = tally.cells.get(group);
            let lens = Lens::new(table, reading, group);
            let point = |stretch: Stretch| {
                let cell = cells.and_then(|cells| cells.get(&stretch.slice));
                self.point(View { lens: &lens, cell }, own, &stretch)
            };
            let points = self.timeline.stretches().map(point).collect();
            Some(Trend { objective_idx: self.objective_idx, about, points })
        };
        groups::concerned(self.item, self.objective, reading).iter().filter_map(trend).collect()
    }

    fn point(&self, view: View, own: Option<&GroupTarget>, stretch: &Stretch) -> Point {
        let promise = self.promise(own);
        let throughput = Span { length: stretch.length, open_ended: self.timeline.open_ended() };
        let gauge = families::gauge(view, self.item.plan, &self.objective.indicator, throughput);
        let gauge = gauge.as_ref();
        let judgement = judge(gauge, self.objective, promise, None, self.rejections);
        let setting = self.setting(gauge, promise, judgement);
        let shows = gauge.samples() > 0 && gauge.obstacle().is_none();
        let score = if shows { gauge.score(&setting) } else { None };
        Point {
            from: stretch.slice,
            verdict: judgement.verdict,
            measured: if shows { gauge.measured(&setting) } else { None },
            samples: gauge.samples(),
            bad: score.map(|score| whole(score.bad)),
            allowed: score.and_then(|score| score.allowed).map(whole),
        }
    }

    /// What holds for a group: its own target, or the objective's.
    fn promise(&self, own: Option<&GroupTarget>) -> Promise {
        match own {
            Some(own) => Promise { comparison: own.comparison, target: own.target.quantity },
            None => Promise { comparison: self.objective.comparison, target: self.objective.target.quantity },
        }
    }

    /// The first reason not to trust what the reading rests on.
    fn doubt(&self, reading: &Reading) -> Option<&Doubt> {
        let doubts = self.item.tallies.intakes.iter().flat_map(|intake| &intake.doubts);
        let mut touching =
            doubts.filter(|doubt| doubt.column.is_none_or(|column| reading.rests_on.contains(&column)));
        touching.next()
    }

    fn result(
        &self,
        view: View,
        subject: &(Arc<Subject>, Option<&GroupTarget>),
        stretch: &Stretch,
        distrust: Option<Distrust<'_>>,
    ) -> RuleResult {
        let objective = self.objective;
        let (about, own) = subject;
        let promise = self.promise(*own);
        let prefer = match (*own, &objective.prefer) {
            (None, Some(prefer)) => {
                Some(Promise { comparison: prefer.comparison, target: prefer.target.quantity })
            }
            _ => None,
        };
        let throughput = Span { length: stretch.length, open_ended: self.timeline.open_ended() };
        let gauge = families::gauge(view, self.item.plan, &objective.indicator, throughput);
        let gauge = gauge.as_ref();
        let mut judgement = judge(gauge, objective, promise, prefer, self.rejections);
        if judgement.verdict == Verdict::Breached && self.may_still_grow(stretch, promise.comparison) {
            judgement = Judgement::undecided(Reason::IncompletePeriod);
        }
        if let Some(distrust) = distrust {
            judgement = Judgement::undecided(match distrust {
                Distrust::Doubt(doubt) => reason_of(&doubt.problem),
                Distrust::Amount => Reason::MissingValues,
            });
        }
        let setting = self.setting(gauge, promise, judgement);
        let account = Account { gauge, view, setting, judgement, prefer, rejections: self.rejections };
        let shows = account.has_data() && distrust.is_none() && gauge.obstacle().is_none();
        let score = if shows { gauge.score(&setting) } else { None };
        let mut result = self.blank(Arc::clone(about), stretch.period);
        result.verdict = judgement.verdict;
        result.reason = judgement.reason;
        result.measured = if shows { gauge.measured(&setting) } else { None };
        result.exact = if shows { gauge.exact(&setting) } else { None };
        result.samples = gauge.samples();
        result.bad = score.map(|score| whole(score.bad));
        result.allowed = score.and_then(|score| score.allowed).map(whole);
        result.rows = view.accepted();
        result.excluded = view.left_out();
        result.missing = gauge.missing();
        let explain = match distrust {
            Some(Distrust::Doubt(doubt)) => explain::distrust(&doubt.problem),
            Some(Distrust::Amount) => "how many there were is known between bounds only".to_owned(),
            None => account.sentence(),
        };
        // Copied, so that the place where a sentence was put together serves for the next one, too.
        result.explain = explain.as_str().into();
        result.notes = if shows { gauge.notes(&setting) } else { Vec::new() };
        account.add_notes(stretch.period, &mut result.notes);
        result
    }

    /// Whether an amount that is too small may only be so because the input does not reach over all of the period.
    fn may_still_grow(&self, stretch: &Stretch, comparison: Comparison) -> bool {
        let amount = matches!(
            self.objective.indicator,
            Indicator::Rows
                | Indicator::Requests
                | Indicator::Failures
                | Indicator::Sum(_)
                | Indicator::Throughput
        );
        amount && !comparison.wants_small() && !stretch.period.complete && stretch.period.from.is_some()
    }

    /// What sentences and shown numbers go by.
    fn setting(&self, gauge: &dyn Gauge, promise: Promise, judgement: Judgement) -> Setting<'_> {
        let missing = match self.objective.missing {
            Missing::Bad => worst(promise.comparison).unwrap_or(Fill::Omit),
            Missing::Undecided | Missing::Ignore => Fill::Omit,
        };
        let all_known = gauge.missing() == 0;
        Setting {
            objective: self.objective,
            indicator: phrase::indicator_text(self.objective),
            part: &self.part,
            promise,
            requests: &self.item.agreement.noun,
            rows: match self.item.schema.rows_are {
                RowKind::Request => &self.item.agreement.noun,
                RowKind::Interval | RowKind::Finished => "rows",
            },
            fills: Fills::missing(missing),
            kept: match (judgement.verdict, judgement.reason) {
                (Verdict::Met | Verdict::Warning, None) if all_known => true,
                (Verdict::Breached, None) if all_known => false,
                _ => explain::kept(gauge, promise, missing),
            },
            verdict: judgement.verdict,
        }
    }

    /// The target of a group's own; as the plan's limits, the first whose named columns match.
    fn own_target(&self, group: Option<&Group>) -> Option<&GroupTarget> {
        let group = group?;
        let columns = groups::columns(self.item, self.objective);
        self.objective.targets.iter().find(|own| {
            columns.iter().zip(group).all(|(column, label)| {
                own.group.iter().find(|(named, _)| named == column).is_none_or(|(_, wanted)| wanted == label)
            })
        })
    }

    /// One result per group that an objective would have been about.
    fn unreadable(&self, why: &Unreadable, results: &mut Vec<RuleResult>, problems: &mut Collected) {
        if self.item.agreement.built_in && why.reason == Reason::MissingColumn {
            // The example targets are nobody's promise: those that do not fit the data are skipped.
            problems.add(self.remark(&format!("skipped `{}`: {}", self.objective.text, why.message)));
            return;
        }
        let period = ResultPeriod { complete: false, ..ResultPeriod::WHOLE };
        let mut concerned = groups::concerned_anyway(self.item, self.objective);
        let others = self.other_results.saturating_add(results.len() as u64);
        if others.saturating_add(concerned.len() as u64) > super::MOST_RESULTS {
            concerned = vec![NOBODY];
        }
        for whom in concerned {
            let mut result = self.blank(self.subject(&whom).0, period);
            result.reason = Some(why.reason);
            result.explain = why.message.as_str().into();
            results.push(result);
        }
    }

    fn too_many(&self, needed: u64, groups: usize, others: u64, problems: &mut Collected) -> RuleResult {
        let beside = match others {
            0 => String::new(),
            others => format!(" beside {}", counted(others, "others")),
        };
        let message = format!(
            "{} in {} would be {} results{beside}, and {} is the most there can be; choose a longer `period`, fewer \
             `by` columns, or a shorter stretch with --since and --until",
            counted(groups as i128, "groups"),
            counted(self.timeline.count(), "periods"),
            count(needed),
            count(super::MOST_RESULTS)
        );
        let severity = Severity::Error;
        problems.add(Problem { severity, ..self.remark(&format!("`{}`: {message}", self.objective.text)) });
        let period = ResultPeriod { complete: false, ..ResultPeriod::WHOLE };
        let mut result = self.blank(self.subject(&NOBODY).0, period);
        result.reason = Some(Reason::NotMeasurable);
        result.explain = message.into();
        result
    }

    fn remark(&self, message: &str) -> Problem {
        Problem {
            severity: Severity::Note,
            kind: ProblemKind::Rule,
            source: None,
            line: None,
            column: None,
            count: 1,
            message: format!("{}: {message}", self.item.agreement.name),
        }
    }

    /// What the results of one group are about, and the target of its own.
    fn subject(&self, whom: &Concerned) -> (Arc<Subject>, Option<&GroupTarget>) {
        let objective = self.objective;
        let own = self.own_target(whom.group.as_ref());
        let (comparison, target) = match own {
            Some(own) => (own.comparison, &own.target),
            None => (objective.comparison, &objective.target),
        };
        let indicator = phrase::indicator_text(objective).to_owned();
        let subject = Subject {
            id: identity::id(self.item.agreement, objective, self.twin, &whom.labels),
            objective: match own {
                Some(_) => format!("{indicator} {comparison} {}", target.text),
                None => objective.text.clone(),
            },
            name: objective.name.clone(),
            description: objective.description.clone(),
            runbook: objective.runbook.clone(),
            severity: objective.severity.clone(),
            filter: objective.filter.as_ref().map(|(_, text)| text.clone()),
            origin: own.map_or(&objective.origin, |own| &own.origin).clone(),
            group: whom.labels.clone(),
            indicator,
            comparison,
            target: target.quantity,
            target_text: target.text.clone(),
            prefer: match own {
                Some(_) => None,
                None => objective.prefer.as_ref().map(|prefer| prefer.target.quantity),
            },
        };
        (Arc::new(subject), own)
    }

    /// An undecided result with everything that does not depend on data.
    fn blank(&self, about: Arc<Subject>, period: ResultPeriod) -> RuleResult {
        RuleResult {
            about,
            agreement: self.agreement,
            objective_idx: self.objective_idx,
            period,
            verdict: Verdict::Undecided,
            reason: None,
            measured: None,
            exact: None,
            samples: 0,
            bad: None,
            allowed: None,
            rows: 0,
            excluded: 0,
            missing: 0,
            explain: Box::default(),
            notes: Vec::new(),
        }
    }
}

fn reason_of(problem: &Problem) -> Reason {
    match problem.kind {
        ProblemKind::Ambiguous | ProblemKind::UnknownStatus => Reason::Ambiguous,
        ProblemKind::MissingColumn => Reason::MissingColumn,
        _ => Reason::UntrustedInput,
    }
}
