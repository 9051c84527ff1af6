//! A plan's tables, filled from a server: what the pipeline calls.

use super::Connection;
use super::answer::Nothing;
use super::asked::{self, Asked, At, Needs, USUAL_INTERVAL};
use super::calm::Settings;
use super::counters::{Ask, Bounds, Counted, LOOKBACK};
use super::edges::{Edges, LE};
use super::exact::Risen;
use super::fetch::seconds;
use super::fill::{Failed, Filling};
use super::grid::Grid;
use super::lower::{self, Lowered, Rows};
use super::native::{Histogram, Spread};
use super::refusal::Refusal;
use super::samples::Samples;
use super::schema::{Described, Is};
use super::selector::{Metric, Selector};
use super::{counters, exact, presence};
use crate::model::display::counted;
use crate::model::{
    Counting, Doubt, Inference, InputKind, Intake, NANOS, Nanos, Problem, ProblemKind, Rational, Severity,
    Tallies, TallyTable, UnitOf,
};
use crate::plan::Plan;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// What was counted, and what a reader should know beside it.
#[derive(Debug)]
pub struct Found {
    /// One intake, for the server.
    pub tallies: Tallies,
    /// Beside what makes results undecided.
    pub remarks: Vec<Problem>,
    /// How it was counted.
    pub inferred: Vec<Inference>,
    /// Why something was not answered at all, where that is so: a fragment that follows the server's name.
    pub unanswered: Option<String>,
}

impl Connection {
    /// Fills the tables of a plan that was compiled apart, between the bounds in it. Readings that the metrics cannot
    /// tell become the reason. What goes wrong is a doubt in the result, never a lack of it.
    pub fn tally(&self, described: &Described, plan: &mut Plan) -> Found {
        let (since, until, slice) =
            plan.time.as_ref().map_or((None, None, None), |time| (time.since, time.until, time.slice));
        let (since, until) = (since.unwrap_or(0), until.unwrap_or(0));
        let grid = Grid::new(since, until, slice, described.server.step);
        let mut run = Run {
            connection: self,
            described,
            grid,
            whole: grid,
            interval: described.server.interval.unwrap_or(USUAL_INTERVAL),
            intake: Intake {
                source: described.server.name.clone(),
                kind: match &self.samples {
                    Samples::Server(_) => InputKind::Server(described.server.url.clone()),
                    Samples::Saved(_) => InputKind::Saved,
                },
                ..Intake::default()
            },
            tables: vec![TallyTable::default(); plan.tables.len()],
            fresh: presence::fresh(described.server.interval),
            remarks: Vec::new(),
            inferred: Vec::new(),
            unanswered: None,
        };
        // All of the time that was asked for; a slice that begins where it ends is not part of it.
        let end = grid.until - Nanos::from(slice.is_some());
        run.intake.span = (grid.since < grid.until).then_some((grid.since, end));
        if let Err(message) = run.fill(plan) {
            run.unanswered(None, message);
        }
        run.finish()
    }
}

/// A plan that is being filled.
pub(super) struct Run<'a> {
    pub(super) connection: &'a Connection,
    pub(super) described: &'a Described,
    pub(super) grid: Grid,
    /// All of the time that was asked for; `grid` begins where requests do.
    pub(super) whole: Grid,
    pub(super) interval: Nanos,
    pub(super) intake: Intake,
    pub(super) tables: Vec<TallyTable>,
    /// How old the last sample of a series that is there may be.
    pub(super) fresh: Nanos,
    pub(super) remarks: Vec<Problem>,
    pub(super) inferred: Vec<String>,
    unanswered: Option<String>,
}

impl Run<'_> {
    fn fill(&mut self, plan: &mut Plan) -> Result<(), String> {
        let edges = self.edges(plan)?;
        let asked = Asked::of(self.described, plan, &edges);
        self.series_can_be_seen();
        if !asked.asks.is_empty() || !asked.natives.is_empty() {
            self.cover(plan, &edges)?;
            self.counters(plan, &asked, &edges)?;
        }
        for column in asked.gauges() {
            if let Err(message) = self.gauge(plan, &asked, column) {
                self.unanswered(Some(column), message);
            }
        }
        // The samples of gauges are counted by now; requests are the same in every table that has them.
        let has_requests = |table: &Option<(Lowered, _)>| {
            table.as_ref().is_some_and(|(lowered, _)| !matches!(lowered.rows, Rows::Gauge(_)))
        };
        let requests = asked.tables.iter().position(has_requests);
        self.intake.rows += requests.and_then(|at| self.tables.get(at)).map_or(0, rows);
        Ok(())
    }

    /// The edges of the histogram's buckets, if a limit asks for them; and whether it is a native one.
    fn edges(&self, plan: &Plan) -> Result<Edges, String> {
        let histogram = self.described.server.latency.as_deref().map(Metric::of);
        let Some(Metric::Selector(histogram)) = histogram else { return Ok(Edges::default()) };
        let limits = asked::limits(self.described, plan);
        let classic = match lower::part_of(&histogram.text(), "bucket") {
            Some(buckets) if !limits.is_empty() => self.classic_edges(&buckets)?,
            _ => Edges::default(),
        };
        if !classic.is_empty() {
            return Ok(classic);
        }
        let has = |series: Selector| self.has_series(&series);
        let is_native = match &self.connection.samples {
            // What was saved has none.
            Samples::Saved(_) => false,
            Samples::Server(_) => has(Edges::native_series(&histogram))?,
        };
        if !is_native && !limits.is_empty() && has(Edges::summary_series(&histogram))? {
            return Ok(Edges::summary());
        }
        Ok(if is_native { Edges::native(histogram) } else { classic })
    }

    fn classic_edges(&self, buckets: &Selector) -> Result<Edges, String> {
        let values = match &self.connection.samples {
            Samples::Saved(saved) => saved.values(buckets, LE)?,
            Samples::Server(client) => {
                let (start, end) = (seconds(self.grid.since - LOOKBACK), seconds(self.grid.until));
                let form = [("match[]", buckets.text()), ("start", start), ("end", end)];
                let form: Vec<(&str, &str)> =
                    form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let asked = client.ask("/api/v1/label/le/values", &form, || Nothing);
                asked.map_err(Refusal::message)?.1.names
            }
        };
        Ok(Edges::of(&values, self.latency_unit()))
    }

    /// Base units in one of the histogram's.
    pub(super) fn latency_unit(&self) -> Rational {
        let column = self.described.column(&Is::Latency).and_then(|at| self.described.schema.columns.get(at));
        match column.map(|column| &column.reading) {
            Some(crate::model::Reading::Number { unit: UnitOf::Known(unit), .. }) => unit.factor,
            _ => Rational::ONE,
        }
    }

    /// Whether samples are subtracted.
    fn is_exact(&self) -> bool {
        match (&self.connection.samples, self.described.server.counting) {
            (Samples::Saved(_), _) | (_, Counting::Exact) => true,
            (Samples::Server(_), Counting::Increase) => false,
        }
    }

    /// What some counters rose by. `silent_with` tells of some another one that is silent with it.
    pub(super) fn count(
        &self,
        asks: &[Ask],
        silent_with: &BTreeMap<usize, usize>,
    ) -> Result<Vec<Counted>, String> {
        match &self.connection.samples {
            Samples::Server(client) if !self.is_exact() => {
                let settings = Settings { grid: self.grid, interval: self.interval, fresh: self.fresh };
                counters::count(client, asks, silent_with, &self.grid.spans(), settings)
            }
            samples => exact::count::<f64>(samples, asks, self.grid),
        }
    }

    fn counters(&mut self, plan: &Plan, asked: &Asked, edges: &Edges) -> Result<(), String> {
        let samples = &self.connection.samples;
        let (mut asks, mut natives) = (asked.asks.clone(), asked.natives.clone());
        self.expressions(asked);
        let untold = self.untold(asked, edges, &mut asks, &mut natives)?;
        if !asks.is_empty() {
            let window = self.grid.window() / NANOS;
            self.inferred.push(if self.is_exact() {
                "counters by the differences of their samples (exact): every request is a row".to_owned()
            } else {
                format!(
                    "counters at the ends of windows of {window} s; between bounds where one reset, began or was silent \
                     (`exact: true` subtracts samples); every request is a row"
                )
            });
        }
        let counters = self.count(&asks, &untold.silent_with(asked))?;
        let natives = exact::count::<Histogram>(samples, &natives, self.grid)?;
        if !natives.is_empty() {
            self.inferred.push("a native histogram by the differences of its samples (exact)".to_owned());
        }
        let counted = Counts::new(counters, natives);
        let mut unsure = false;
        let mut contradiction = None;
        let mut untimed = 0;
        // Tables share their asks; each is looked at once, and so is what tells failures of some labels.
        let mut failed: BTreeMap<&Vec<String>, Failed> = BTreeMap::new();
        let mut uneven: BTreeMap<usize, BTreeSet<Vec<String>>> = BTreeMap::new();
        let get = |at: Option<usize>| at.and_then(|at| counted.counters.get(at));
        for (at, (lowered, needs)) in
            asked.tables.iter().enumerate().filter_map(|(at, table)| Some((at, table.as_ref()?)))
        {
            let mut filling = Filling::new(&plan.tables[at], lowered, self.grid);
            let requests = counted.get(needs.requests);
            match &lowered.rows {
                Rows::Gauge(_) => continue,
                Rows::Requests { .. } => {
                    let Some(requests) = requests else { continue };
                    let failed = match (counted.get(needs.failures), failed.entry(&lowered.labels)) {
                        (None, _) => None,
                        (Some(_), Entry::Occupied(known)) => Some(&*known.into_mut()),
                        (Some(counted_of), Entry::Vacant(new)) => {
                            let labels = &lowered.labels;
                            let without = untold.counted(labels, &counted)?;
                            self.tell_untold(&untold, &without);
                            let unknown = self.without_failures(labels, requests, counted_of, edges)?;
                            Some(&*new.insert(Failed { counted: counted_of, without, unknown }))
                        }
                    };
                    filling.requests(requests, failed);
                }
                Rows::Latencies { sums, .. } if needs.native.is_some() => {
                    let found = needs.native.and_then(|at| Some((at, counted.natives.get(at)?)));
                    let Some((at, natives)) = found else { continue };
                    if *sums {
                        let (count, sum) = (&counted.by_count[at], sums_of(natives));
                        filling.means(count, &sum, self.latency_unit(), requests);
                    } else {
                        filling.natives(natives, self.latency_unit(), requests);
                    }
                }
                Rows::Latencies { sums: true, .. } => {
                    if let (Some(count), Some(sum)) = (get(needs.count), get(needs.sum)) {
                        filling.means(count, sum, self.latency_unit(), requests);
                    }
                }
                Rows::Latencies { limits, .. } => {
                    let Some(ask) = needs.buckets else { continue };
                    let uneven = match uneven.entry(ask) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(new) => new.insert(self.uneven(&asked.asks[ask], limits, edges)?),
                    };
                    if let Some(buckets) = counted.counters.get(ask) {
                        filling.latencies(buckets, edges, uneven, requests);
                    }
                }
            }
            contradiction = contradiction.or(filling.contradiction);
            untimed = untimed.max(filling.untimed);
            self.tables[at] = filling.tally;
            if asked.amounts.contains(&at) {
                unsure |= !filling.unsure.is_empty();
                self.tables[at].unsure = filling.unsure;
            }
        }
        for (ask, _) in uneven.iter().filter(|(_, labels)| !labels.is_empty()) {
            self.lacks_edges(&asked.asks[*ask]);
        }
        if untimed > 0 {
            self.few_untimed(untimed);
        }
        self.labels_exist(asked, &counted);
        // Where nothing was requested, nothing tells whether failures would have been counted.
        let mut requests = asked.tables.iter().flatten().filter_map(|(_, needs)| counted.get(needs.requests));
        if requests.any(|found| !found.is_empty()) {
            self.failures_exist(asked, &counted, edges)?;
        }
        if let Some(what) = contradiction {
            let message = format!("contradicts itself: {what}");
            self.doubt(None, ProblemKind::OutOfRange, message);
        }
        if unsure {
            self.remark(
                "counters reset, began or were silent, so that some amounts are known between bounds only; say `exact: true`, \
                 or a `--since` that is not within a restart"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn unanswered(&mut self, column: Option<usize>, message: String) {
        self.unanswered.get_or_insert_with(|| message.clone());
        self.doubt(column, ProblemKind::Truncated, message);
    }

    fn few_untimed(&mut self, untimed: i64) {
        self.remark(format!(
            "in no histogram: {}, no more than a hundredth of any group; taken to have been under way, the mean is without them",
            counted(untimed, "requests")
        ));
    }

    /// What cannot be bounded is taken at its word, if it counts over all of a window.
    fn expressions(&mut self, asked: &Asked) {
        for ask in &asked.asks {
            match &ask.metric {
                Metric::Expression(text) if text.contains("$window") => {
                    self.remark(format!(
                        "`{text}` is taken as it is: what it does not see (the first value of a series, what happened between two \
                         scrapes) is not in it; name the metric, and bounds tell"
                    ));
                }
                Metric::Expression(text) => {
                    let message = format!(
                        "`{text}` does not count over `$window`, so that of each window it may see a part or more; name the \
                         counter, or say sum by ($by) (increase(COUNTER[$window]))"
                    );
                    self.doubt(None, ProblemKind::Truncated, message);
                }
                Metric::Selector(selector) if selector.is_recorded_rate() => {
                    let message = format!(
                        "`{}` is recorded as what something rises by and no counter, which is asked for; name the counter",
                        selector.name
                    );
                    self.doubt(None, ProblemKind::OutOfRange, message);
                }
                Metric::Selector(_) => {}
            }
        }
    }

    pub(super) fn doubt(&mut self, column: Option<usize>, kind: ProblemKind, message: String) {
        let problem = Problem {
            severity: Severity::Error,
            kind,
            source: Some(self.intake.source.clone()),
            line: None,
            column: column
                .and_then(|at| self.described.schema.columns.get(at))
                .map(|column| column.name.clone()),
            count: 1,
            message,
        };
        self.intake.doubts.push(Doubt { column, problem });
    }

    /// How something was read, once.
    pub(super) fn inferred(&mut self, text: String) {
        if !self.inferred.contains(&text) {
            self.inferred.push(text);
        }
    }

    /// Something that a reader should know, once.
    pub(super) fn remark(&mut self, message: String) {
        if self.remarks.iter().any(|known| known.message == message) {
            return;
        }
        self.remarks.push(Problem {
            severity: Severity::Warning,
            kind: ProblemKind::Remark,
            source: Some(self.intake.source.clone()),
            line: None,
            column: None,
            count: 1,
            message,
        });
    }

    fn finish(self) -> Found {
        Found {
            tallies: Tallies { tables: self.tables, intakes: vec![self.intake] },
            remarks: self.remarks,
            inferred: self.inferred.into_iter().map(|text| Inference { text }).collect(),
            unanswered: self.unanswered,
        }
    }
}

/// What was counted for the asks of a plan.
pub(super) struct Counts {
    pub(super) counters: Vec<Counted>,
    natives: Vec<Risen<Histogram>>,
    /// The counts of native histograms.
    by_count: Vec<Counted>,
}

impl Counts {
    fn new(counters: Vec<Counted>, natives: Vec<Risen<Histogram>>) -> Counts {
        let by_count = natives.iter().map(|natives| part_of(natives, |spread| spread.count)).collect();
        Counts { counters, natives, by_count }
    }

    /// What one of them found.
    pub(super) fn get(&self, at: Option<At>) -> Option<&Counted> {
        match at? {
            At::Counter(at) => self.counters.get(at),
            At::Native(at) => self.by_count.get(at),
        }
    }

    /// What a table was filled from, whatever it is.
    pub(super) fn first_of(&self, needs: &Needs) -> Option<&Counted> {
        let counter = || needs.buckets.or(needs.count).map(At::Counter);
        self.get(needs.requests.or(needs.native.map(At::Native)).or_else(counter))
    }
}

fn sums_of(natives: &Risen<Histogram>) -> Counted {
    part_of(natives, |spread| spread.sum)
}

fn part_of(natives: &Risen<Histogram>, part: impl Fn(&Spread) -> Bounds) -> Counted {
    let slices = |spreads: &Vec<Spread>| spreads.iter().map(&part).collect();
    natives.iter().map(|(labels, spreads)| (labels.clone(), slices(spreads))).collect()
}

fn rows(table: &TallyTable) -> u64 {
    table.cells.values().flat_map(|slices| slices.values()).map(crate::model::Cell::rows).sum()
}
