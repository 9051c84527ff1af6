//! A plan's tables, filled from a server: what the pipeline calls.

use super::Connection;
use super::answer::{Labels, Sink};
use super::asked::{self, Asked, USUAL_INTERVAL};
use super::client::Client;
use super::counters::{Counted, LOOKBACK};
use super::edges::{Edges, LE};
use super::fetch::seconds;
use super::fill::Filling;
use super::gauges::{Gauge, Reader};
use super::grid::Grid;
use super::lower::{self, Rows};
use super::presence::{self, Presence};
use super::samples::Samples;
use super::schema::{Described, Is};
use super::selector::{Metric, Relation, Selector};
use super::{counters, exact};
use crate::model::{
    Counting, Doubt, Inference, Instant, Intake, NANOS, Nanos, Problem, ProblemKind, Rational, Severity,
    Tallies, TallyTable, UnitOf,
};
use crate::plan::{NumberSource, Plan};

/// What was counted, and what a reader should know beside it.
#[derive(Debug)]
pub struct Found {
    /// One intake, for the server.
    pub tallies: Tallies,
    /// Beside what makes results undecided.
    pub remarks: Vec<Problem>,
    /// How it was counted.
    pub inferred: Vec<Inference>,
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
            interval: described.server.interval.unwrap_or(USUAL_INTERVAL),
            intake: Intake { source: described.server.name.clone(), ..Intake::default() },
            tables: vec![TallyTable::default(); plan.tables.len()],
            remarks: Vec::new(),
            inferred: Vec::new(),
        };
        // All of the time that was asked for; a slice that begins where it ends is not part of it.
        let end = grid.until - Nanos::from(slice.is_some());
        run.intake.span = (grid.since < grid.until).then_some((grid.since, end));
        if let Err(message) = run.fill(plan) {
            run.doubt(None, ProblemKind::Truncated, message);
        }
        run.finish()
    }
}

struct Run<'a> {
    connection: &'a Connection,
    described: &'a Described,
    grid: Grid,
    interval: Nanos,
    intake: Intake,
    tables: Vec<TallyTable>,
    remarks: Vec<Problem>,
    inferred: Vec<String>,
}

impl Run<'_> {
    fn fill(&mut self, plan: &mut Plan) -> Result<(), String> {
        let edges = self.edges(plan)?;
        let asked = Asked::of(self.described, plan, &edges);
        if !asked.asks.is_empty() {
            self.cover(plan)?;
            self.counters(plan, &asked, &edges)?;
        }
        for column in asked.gauges() {
            if let Err(message) = self.gauge(plan, &asked, column) {
                self.doubt(Some(column), ProblemKind::Truncated, message);
            }
        }
        self.intake.rows += self.tables.first().map_or(0, rows);
        Ok(())
    }

    /// The edges of the histogram's buckets, if a limit asks for them.
    fn edges(&self, plan: &Plan) -> Result<Edges, String> {
        let limits = asked::limits(self.described, plan);
        let histogram = self.described.server.latency.as_deref().unwrap_or_default();
        let (false, Some(buckets)) = (limits.is_empty(), lower::part_of(histogram, "bucket")) else {
            return Ok(Edges::default());
        };
        let values = match &self.connection.samples {
            Samples::Saved(saved) => saved.values(&buckets, LE)?,
            Samples::Server(client) => {
                let (start, end) = (seconds(self.grid.since - LOOKBACK), seconds(self.grid.until));
                let form = [("match[]", buckets.text()), ("start", start), ("end", end)];
                let form: Vec<(&str, &str)> =
                    form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let asked = client.ask("/api/v1/label/le/values", &form, || Nothing);
                asked.map_err(super::client::Refusal::message)?.1.names
            }
        };
        Ok(Edges::of(&values, self.latency_unit()))
    }

    /// Base units in one of the histogram's.
    fn latency_unit(&self) -> Rational {
        let column = self.described.column(&Is::Latency).and_then(|at| self.described.schema.columns.get(at));
        match column.map(|column| &column.reading) {
            Some(crate::model::Reading::Number { unit: UnitOf::Known(unit), .. }) => unit.factor,
            _ => Rational::ONE,
        }
    }

    /// When there was data: told to the reader, and where it begins, counting begins.
    fn cover(&mut self, plan: &Plan) -> Result<(), String> {
        let server = &self.described.server;
        let Some(Metric::Selector(selector)) = server.requests.as_deref().map(Metric::of) else {
            return Ok(());
        };
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
        let points = 1 + spans.iter().map(|span| span.count).sum::<u64>();
        let presence = presence::ask(client, &selector, &labels, self.grid.since, &spans)?;
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
        self.gaps(&presence, points);
        self.expected_series(&presence);
        Ok(())
    }

    fn begin_at(&mut self, begin: Instant) {
        self.grid = self.grid.from(begin);
    }

    /// Groups that were silent in between, or fell silent.
    fn gaps(&mut self, presence: &Presence, points: u64) {
        let window = self.grid.window();
        for (group, seen) in presence {
            let name = if group.is_empty() { "requests".to_owned() } else { group.join(", ") };
            let between = ((seen.last - seen.first) as f64 / window as f64).round() as u64 + 1;
            if seen.times + 1 < between.min(points) {
                let lost = between - seen.times;
                self.remark(format!("{name}: no samples at {lost} of {between} points in time"));
            }
            if seen.last + window < self.grid.until {
                self.remark(format!("{name}: its last samples are from {}", told(seen.last)));
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

    fn counters(&mut self, plan: &Plan, asked: &Asked, edges: &Edges) -> Result<(), String> {
        let server = &self.described.server;
        let exactly = match (&self.connection.samples, server.counting) {
            (Samples::Saved(_), _) | (_, Counting::Exact) => true,
            (Samples::Server(_), Counting::Increase) => false,
        };
        let counted = match &self.connection.samples {
            Samples::Server(client) if !exactly => {
                let spans = self.grid.spans();
                let window = self.grid.window() / NANOS;
                self.inferred.push(format!(
                    "counters by increase over windows of {window} s, with bounds (`exact: true` subtracts samples)"
                ));
                counters::count(client, &asked.asks, &spans, self.grid, self.interval)?
            }
            samples => {
                self.inferred.push("counters by the differences of their samples (exact)".to_owned());
                exact::count(samples, &asked.asks, self.grid)?
            }
        };
        let mut unsure = false;
        let mut contradiction = None;
        let get = |at: Option<usize>| at.and_then(|at| counted.get(at));
        for (at, (lowered, needs)) in
            asked.tables.iter().enumerate().filter_map(|(at, table)| Some((at, table.as_ref()?)))
        {
            let mut filling = Filling::new(&plan.tables[at], lowered, self.grid);
            let requests = get(needs.requests);
            match &lowered.rows {
                Rows::Gauge(_) => continue,
                Rows::Requests { .. } => {
                    if let Some(requests) = requests {
                        filling.requests(requests, get(needs.failures));
                    }
                }
                Rows::Latencies { sums: true, .. } => {
                    if let (Some(count), Some(sum)) = (get(needs.count), get(needs.sum)) {
                        filling.means(count, sum, self.latency_unit(), requests);
                    }
                }
                Rows::Latencies { .. } => {
                    if let Some(buckets) = get(needs.buckets) {
                        filling.latencies(buckets, edges, requests);
                    }
                }
            }
            unsure |= filling.unsure;
            contradiction = contradiction.or(filling.contradiction);
            self.tables[at] = filling.tally;
        }
        self.labels_exist(asked, &counted);
        self.failures_exist(asked, &counted)?;
        if let Some(what) = contradiction {
            let message = format!("contradicts itself: {what}");
            self.doubt(None, ProblemKind::OutOfRange, message);
        }
        if unsure {
            let message = "counters reset or began here, so that amounts are known between bounds only; say `exact: true`, or a \
                           `--since` that is not within a restart"
                .to_owned();
            self.doubt(self.described.column(&Is::Requests), ProblemKind::Truncated, message);
        }
        Ok(())
    }

    /// A label that no series has groups nothing.
    fn labels_exist(&mut self, asked: &Asked, counted: &[Counted]) {
        for (lowered, needs) in asked.tables.iter().flatten() {
            let first = needs.requests.or(needs.buckets).or(needs.count);
            let Some(found) = first.and_then(|at| counted.get(at)).filter(|found| !found.is_empty()) else {
                continue;
            };
            for (at, label) in lowered.labels.iter().enumerate() {
                if found.keys().all(|values| values[at].is_empty()) {
                    self.no_label(label);
                }
            }
        }
    }

    fn no_label(&mut self, label: &str) {
        let is = Is::Label(label.to_owned());
        let Some(column) = self.described.column(&is) else { return };
        let name = &self.described.schema.columns[column].name;
        let message = format!("no series has the label `{label}`; say `by: {{{name}: LABEL}}` in the source");
        if !self.intake.doubts.iter().any(|doubt| doubt.column == Some(column)) {
            self.doubt(Some(column), ProblemKind::MissingColumn, message);
        }
    }

    /// Failures of which no series exists are none, if their metric and its labels exist; else the name is wrong.
    fn failures_exist(&mut self, asked: &Asked, counted: &[Counted]) -> Result<(), String> {
        let Some(Metric::Selector(failures)) = self.described.server.failures.as_deref().map(Metric::of)
        else {
            return Ok(());
        };
        let needs = asked.tables.iter().flatten().map(|(_, needs)| needs);
        let none =
            needs.filter_map(|needs| needs.failures).any(|at| counted.get(at).is_some_and(Counted::is_empty));
        if !none {
            return Ok(());
        }
        let mut any = Selector::named(failures.name.clone());
        for matcher in &failures.matchers {
            any = any.and(&matcher.label, Relation::IsNot, "");
        }
        let exists = match &self.connection.samples {
            Samples::Saved(saved) => saved.has(&any)?,
            Samples::Server(client) => self.has_series(client, &any)?,
        };
        if !exists {
            let column = self.described.column(&Is::Failures);
            let message = format!(
                "no series of `{}` exists, so that `failures:` could never count one; name another metric or label",
                any.text()
            );
            self.doubt(column, ProblemKind::MissingColumn, message);
        }
        Ok(())
    }

    fn has_series(&self, client: &Client, selector: &Selector) -> Result<bool, String> {
        let (start, end) = (seconds(self.grid.since - LOOKBACK), seconds(self.grid.until));
        let text = selector.text();
        let form =
            [("match[]", text.as_str()), ("start", start.as_str()), ("end", end.as_str()), ("limit", "1")];
        let asked = client.ask("/api/v1/series", &form, || Any(false));
        Ok(asked.map_err(super::client::Refusal::message)?.0.0)
    }

    fn gauge(&mut self, plan: &Plan, asked: &Asked, column: usize) -> Result<(), String> {
        let described = self.described;
        let Is::Gauge(metric) = &described.columns[column] else { return Ok(()) };
        let name = described.schema.columns[column].name.clone();
        let source = described.server.name.clone();
        let mut readers = Vec::new();
        let mut tables = Vec::new();
        for (at, table) in asked.tables.iter().enumerate() {
            let Some((lowered, _)) =
                table.as_ref().filter(|(lowered, _)| lowered.rows == Rows::Gauge(column))
            else {
                continue;
            };
            let reads = |source: &NumberSource| matches!(source, NumberSource::Cell { column: at, .. } if *at == column);
            let Some(number) = plan.numbers.iter().find(|number| reads(&number.source)) else { continue };
            readers.push(Reader { table: &plan.tables[at], lowered, number, tally: TallyTable::default() });
            tables.push(at);
        }
        let mut gauge = Gauge::new(readers, self.grid, &source, &name);
        match (metric, &self.connection.samples) {
            (Metric::Selector(selector), samples) => {
                self.inferred.push(format!("{name}: every sample is a row"));
                gauge.samples(samples, selector)?;
            }
            (Metric::Expression(text), Samples::Server(client)) => {
                let interval = self.interval_of(client, text)?;
                let step = described.server.step.unwrap_or(interval);
                self.inferred.push(format!("{name}: a row for every {} s", step / NANOS));
                gauge.steps(client, text, step, 2 * interval.max(NANOS))?;
                if step > interval && !text.contains("_over_time") && !text.contains("$window") {
                    let message = format!(
                        "`{name}` is looked at every {} s, and scraped every {} s: what lies between is not seen; say a `step` of {} s, \
                         or put max_over_time(…[$window:]) around it",
                        step / NANOS,
                        interval / NANOS,
                        interval / NANOS
                    );
                    self.doubt(Some(column), ProblemKind::Truncated, message);
                }
            }
            (Metric::Expression(text), Samples::Saved(_)) => {
                let message = format!("only a server can work out `{text}`; what was saved has samples");
                self.doubt(Some(column), ProblemKind::MissingColumn, message);
                return Ok(());
            }
        }
        let labels = std::mem::take(&mut gauge.labels);
        let (rows, rounded, missing) = (gauge.rows, gauge.rounded, gauge.missing);
        let rejected = std::mem::take(&mut gauge.rejected);
        let lacking: Vec<String> = gauge
            .readers
            .iter()
            .flat_map(|reader| &reader.lowered.labels)
            .filter(|label| rows > 0 && !labels.contains(*label))
            .cloned()
            .collect();
        for (at, reader) in tables.into_iter().zip(gauge.readers) {
            self.tables[at] = reader.tally;
        }
        for label in lacking {
            let is = Is::Label(label.clone());
            if described.column(&is).is_some() {
                let message =
                    format!("no series of `{name}` has the label `{label}`; group it by one that it has");
                self.doubt(Some(column), ProblemKind::MissingColumn, message);
            }
        }
        if rows == 0 {
            self.remark(format!("no samples of `{name}`"));
        }
        if missing > 0 {
            self.remark(format!("`{name}`: {missing} of {rows} samples are missing or NaN"));
        }
        self.intake.rows += rows;
        self.intake.rounded += rounded;
        self.intake.rejected += rejected.count;
        if rejected.count > 0 {
            let known = self.intake.rejections.entry(ProblemKind::BadNumber).or_default();
            known.count += rejected.count;
            known.examples.extend(rejected.examples);
        }
        Ok(())
    }

    /// How often the metric of an expression is scraped: what the source says, else as its samples of an hour tell.
    fn interval_of(&self, client: &Client, expression: &str) -> Result<Nanos, String> {
        if let Some(interval) = self.described.server.interval {
            return Ok(interval);
        }
        let Some(metric) = asked::first_metric(expression) else { return Ok(USUAL_INTERVAL) };
        let (query, time) = (format!("max(count_over_time({metric}[1h]))"), seconds(self.grid.until));
        let form = [("query", query.as_str()), ("time", time.as_str())];
        let (found, _) =
            client.ask("/api/v1/query", &form, || First(None)).map_err(super::client::Refusal::message)?;
        let count = found.0.filter(|count| *count >= 2.0).unwrap_or(60.0);
        // To the second; a sample more or less in the hour is no other interval.
        let interval = (3600.0 / count).round().max(1.0) as i64;
        Ok(interval * NANOS)
    }

    fn doubt(&mut self, column: Option<usize>, kind: ProblemKind, message: String) {
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

    fn remark(&mut self, message: String) {
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
        }
    }
}

fn rows(table: &TallyTable) -> u64 {
    table.cells.values().flat_map(|slices| slices.values()).map(crate::model::Cell::rows).sum()
}

/// An instant for a message: `2025-06-01T12:30:00Z`.
fn told(at: Instant) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at)).map_or_else(|_| seconds(at), |time| time.to_string())
}

struct Nothing;

impl Sink for Nothing {
    fn series(&mut self, _: Labels) -> Result<(), String> {
        Ok(())
    }
    fn sample(&mut self, _: Instant, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// Whether there was any.
struct Any(bool);

impl Sink for Any {
    fn series(&mut self, _: Labels) -> Result<(), String> {
        self.0 = true;
        Ok(())
    }
    fn sample(&mut self, _: Instant, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// The first value.
struct First(Option<f64>);

impl Sink for First {
    fn series(&mut self, _: Labels) -> Result<(), String> {
        Ok(())
    }
    fn sample(&mut self, _: Instant, value: &str) -> Result<(), String> {
        self.0 = self.0.or(value.parse().ok());
        Ok(())
    }
}
