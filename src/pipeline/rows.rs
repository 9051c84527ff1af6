//! The rows behind results, as evidence: one more pass over the same inputs, row by row.
//!
//! Called by `cli`. Invariant: verdicts stay as they are; nothing here decides. Invariant: where a result says how many
//! rows are bad, or missing, as many are found, or there is no answer at all. Memory is bounded.

use super::{Failure, Options, describe, fitted_all, planned};
use crate::evaluate::{self, Choice, Offence, Wanted};
use crate::model::{
    Agreement, Group, Instant, OffenderRow, OffenderTable, Offenders, Rational, Report, Schema, Verdict,
};
use crate::plan::Plan;
use crate::source::csv::{self, Carry, Fault, Row, RowFate, Witness};
use crate::source::{self, Digests, SourceError};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// At most so many results get their rows: breached ones before undecided ones.
pub const MOST_RESULTS: usize = 1_000;
/// At most so many rows are kept in all, and so many bytes of them.
const MOST_ROWS: usize = 100_000;
const MOST_BYTES: usize = 64 << 20;

/// How many rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Per result.
    pub rows: usize,
}

/// Why there are no rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// As for a check.
    Failure(Failure),
    /// An input is no longer what the report is about; its name.
    Changed(String),
    /// What was found is not what the report says: a fault of the program.
    Uneven(String),
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Missed {
        Missed::Failure(failure)
    }
}

impl From<SourceError> for Missed {
    fn from(error: SourceError) -> Missed {
        Missed::Failure(error.into())
    }
}

/// Finds the rows behind breached and undecided results, in the order of the results; then the rejected rows of every
/// agreement that has some. `report` is what `check` said of the same agreements and inputs, with digests; inputs are
/// opened again, so standard input cannot be among them.
pub fn find(
    report: &Report,
    agreements: &[Agreement],
    inputs: &[String],
    options: &Options<'_>,
    limits: Limits,
) -> Result<Vec<Offenders>, Missed> {
    let opened = source::open_all(inputs, options.digests, &options.named)?;
    let descriptions = describe(agreements, &opened)?;
    let fitted = fitted_all(agreements, &descriptions);
    let runs = planned(&fitted, &descriptions, options)?;
    let plans: Vec<&Plan> = runs.iter().map(|run| &run.plan).collect();
    let schemas: Vec<&Schema> = runs.iter().map(|run| &descriptions[run.description].1.schema).collect();
    let mut search = Search::new(report, &fitted, &schemas, &plans, limits);
    let Some((_, first)) = descriptions.first().filter(|_| !search.sets.is_empty()) else {
        return Ok(Vec::new());
    };
    let scan = options.scan();
    let mut carry = Carry::default();
    for (place, (input, layout)) in opened.into_iter().zip(&first.files).enumerate() {
        if options.digests == Digests::Wanted && !search.is_whole(place) {
            // It broke off in the check: nothing rests on its rows, and nothing tells whether they are still the same.
            carry = Carry::default();
            continue;
        }
        let name = input.name.clone();
        search.enter(place, layout.dialect.delimiter, input.header(layout));
        let watched = input.resume().and_then(|input| {
            csv::watch(input, layout, &first.schema, &plans, &scan, &mut carry, &mut search)
        });
        match watched {
            Ok(digest) => search.leave(&name, digest.as_deref())?,
            Err(error) if error.is_usage() || options.digests == Digests::Wanted => return Err(error.into()),
            Err(_) => {}
        }
    }
    search.finish()
}

/// The rows of one result while they are looked for.
struct Set {
    agreement: usize,
    result: Option<usize>,
    are: String,
    choice: Option<Choice>,
    shared: bool,
    rows: u64,
    worth: Rational,
    kept: BTreeMap<Key, Kept>,
    bytes: usize,
    /// The first row that had to go; none behind it is kept.
    end: Option<Key>,
}

/// By rank, the largest first, then by place.
type Key = (Reverse<Rational>, u64);

struct Kept {
    header: usize,
    row: OffenderRow,
}

impl Set {
    /// Takes a row: counted always, kept while there is room.
    fn take(&mut self, (rank, worth): (Rational, Rational), room: Room, row: &mut Candidate<'_>) {
        self.rows += 1;
        self.worth = self.worth.plus(worth).unwrap_or(self.worth);
        let key = (Reverse(rank), row.number);
        if self.end.is_some_and(|end| key >= end) {
            return;
        }
        let kept = row.kept();
        self.bytes += kept.row.record.len() + OVERHEAD;
        self.kept.insert(key, kept);
        while self.kept.len() > room.rows || (self.bytes > room.bytes && self.kept.len() > 1) {
            let Some((key, kept)) = self.kept.pop_last() else { return };
            self.bytes -= kept.row.record.len() + OVERHEAD;
            self.end = Some(key);
        }
    }
}

/// How much each set may keep.
#[derive(Clone, Copy)]
struct Room {
    rows: usize,
    bytes: usize,
}

/// What a kept row takes beside its bytes.
const OVERHEAD: usize = 128;

/// A row that may be kept by several sets.
struct Candidate<'a> {
    row: &'a Row<'a>,
    number: u64,
    header: usize,
    /// Index into the report's inputs.
    input: usize,
    why: Option<&'a str>,
    record: Option<Arc<[u8]>>,
}

impl Candidate<'_> {
    fn kept(&mut self) -> Kept {
        let bytes = self.record.get_or_insert_with(|| without_end(self.row.record).into());
        let row = OffenderRow {
            input: self.input,
            line: self.row.line,
            why: self.why.map(Arc::from),
            record: Arc::clone(bytes),
        };
        Kept { header: self.header, row }
    }
}

/// By group and slice: what waits for rows of a cell.
type Cells = HashMap<Group, HashMap<Instant, Vec<usize>>>;

struct Search<'a> {
    report: &'a Report,
    sets: Vec<Set>,
    /// Per agreement and table: the sets that wait for rows of a cell.
    cells: Vec<Vec<Cells>>,
    /// Per agreement: the sets of rejected rows.
    rejected: Vec<Vec<usize>>,
    /// Per agreement: the sets of rows in doubt, with the columns that matter.
    doubtful: Vec<Vec<(usize, Vec<usize>)>>,
    /// Per agreement and input: its index in the report.
    inputs: Vec<Vec<usize>>,
    headers: Vec<(u8, Vec<u8>)>,
    header: usize,
    place: usize,
    seen: u64,
    room: Room,
}

impl<'a> Search<'a> {
    fn new(
        report: &'a Report,
        agreements: &[Agreement],
        schemas: &[&Schema],
        plans: &[&Plan],
        limits: Limits,
    ) -> Search<'a> {
        let many = agreements.len();
        let of_agreement = |index: usize| {
            let inputs = report.inputs.iter().enumerate();
            inputs.filter(|(_, input)| input.agreement == index).map(|(at, _)| at).collect()
        };
        let mut search = Search {
            report,
            sets: Vec::new(),
            cells: plans.iter().map(|plan| vec![HashMap::new(); plan.tables.len()]).collect(),
            rejected: vec![Vec::new(); many],
            doubtful: vec![Vec::new(); many],
            inputs: (0..many).map(of_agreement).collect(),
            headers: Vec::new(),
            header: 0,
            place: 0,
            seen: 0,
            room: Room { rows: limits.rows, bytes: MOST_BYTES },
        };
        for result in chosen(report) {
            let of = &report.results[result];
            let Some(agreement) = agreements.get(of.agreement) else { continue };
            let offence = evaluate::offence(agreement, schemas[of.agreement], plans[of.agreement], of);
            search.add(of.agreement, Some(result), offence);
        }
        for (index, inputs) in search.inputs.clone().into_iter().enumerate() {
            if inputs.iter().any(|input| report.inputs[*input].rejected > 0) {
                let are = "rows that cannot be used, each with the reason".to_owned();
                search.add(index, None, Offence { are, wanted: Wanted::Rejected });
            }
        }
        let waiting = search.sets.iter().filter(|set| set.choice.is_some()).count();
        let others = search.rejected.iter().map(Vec::len).chain(search.doubtful.iter().map(Vec::len));
        let sharing = (waiting + others.sum::<usize>()).max(1);
        search.room =
            Room { rows: limits.rows.min((MOST_ROWS / sharing).max(1)), bytes: MOST_BYTES / sharing };
        search
    }

    fn add(&mut self, agreement: usize, result: Option<usize>, offence: Offence) {
        let at = self.sets.len();
        // They are kept once for the agreement.
        let shared = matches!(offence.wanted, Wanted::Rejected) && result.is_some();
        let choice = match offence.wanted {
            Wanted::Nothing => None,
            Wanted::Rejected => {
                if !shared {
                    self.rejected[agreement].push(at);
                }
                None
            }
            Wanted::Doubtful(columns) => {
                self.doubtful[agreement].push((at, columns));
                None
            }
            Wanted::Chosen(choice) => {
                let cells = self.cells[agreement][choice.table].entry(choice.group.clone()).or_default();
                cells.entry(choice.slice).or_default().push(at);
                Some(choice)
            }
        };
        self.sets.push(Set {
            agreement,
            result,
            are: offence.are,
            choice,
            shared,
            rows: 0,
            worth: Rational::ZERO,
            kept: BTreeMap::new(),
            bytes: 0,
            end: None,
        });
    }

    /// The rows of this input follow.
    fn enter(&mut self, place: usize, delimiter: u8, header: &[u8]) {
        let header = (delimiter, without_end(header).to_vec());
        self.place = place;
        self.header = self.headers.iter().position(|known| *known == header).unwrap_or_else(|| {
            self.headers.push(header);
            self.headers.len() - 1
        });
    }

    /// Whether the report has the digest of this input: whether it was read to its end.
    fn is_whole(&self, place: usize) -> bool {
        let inputs = self.inputs.iter().filter_map(|inputs| inputs.get(place));
        inputs.map(|input| &self.report.inputs[*input]).all(|input| input.digest.is_some())
    }

    /// All of its rows were seen: they are those of the report.
    fn leave(&self, name: &str, digest: Option<&str>) -> Result<(), Missed> {
        let same = self.inputs.iter().filter_map(|inputs| inputs.get(self.place)).all(|input| {
            let known = &self.report.inputs[*input].digest;
            known.is_none() || known.as_deref() == digest
        });
        if same { Ok(()) } else { Err(Missed::Changed(name.to_owned())) }
    }
    /// What was found, if it is what the report says.
    fn finish(self) -> Result<Vec<Offenders>, Missed> {
        let headers = self.headers;
        for set in &self.sets {
            let expected = set.choice.as_ref().and_then(|choice| choice.expected);
            if let (Some(expected), Some(result)) = (expected, set.result)
                && Rational::new(i128::from(expected), 1) != Some(set.worth)
            {
                let about = &self.report.results[result].about;
                return Err(Missed::Uneven(format!(
                    "`{}`: {} rows come to {}, and the report says {expected}",
                    about.objective,
                    set.rows,
                    set.worth.to_f64()
                )));
            }
        }
        for (agreement, sets) in self.rejected.iter().enumerate() {
            let known: u64 =
                self.inputs[agreement].iter().map(|input| self.report.inputs[*input].rejected).sum();
            if let Some(found) = sets.iter().map(|set| self.sets[*set].rows).find(|rows| *rows != known) {
                return Err(Missed::Uneven(format!(
                    "{found} rows are rejected, and the report says {known}"
                )));
            }
        }
        let rejected = |agreement: usize| {
            let sets = self.rejected[agreement].iter();
            sets.map(|set| self.sets[*set].rows).sum::<u64>()
        };
        let totals: Vec<u64> = (0..self.rejected.len()).map(rejected).collect();
        let told = |set: Set| Offenders {
            agreement: set.agreement,
            result: set.result,
            are: set.are,
            rows: if set.shared { totals[set.agreement] } else { set.rows },
            shared: set.shared,
            kept: tables(&headers, set.kept.into_values()),
        };
        Ok(self.sets.into_iter().map(told).collect())
    }
}

impl Witness for Search<'_> {
    fn row(&mut self, plan: usize, row: &Row<'_>) {
        self.seen += 1;
        let Search { sets, cells, rejected, doubtful, inputs, room, .. } = self;
        let Some(input) = inputs[plan].get(self.place) else { return };
        let mut candidate =
            Candidate { row, number: self.seen, header: self.header, input: *input, why: None, record: None };
        let plain = (Rational::ZERO, Rational::ONE);
        match row.fate {
            RowFate::Outside => {}
            RowFate::Rejected(fault) => {
                candidate.why = Some(&fault.message);
                rejected[plan].iter().for_each(|set| sets[*set].take(plain, *room, &mut candidate));
            }
            RowFate::Counts { cells: found, values } => {
                for (waiting, cell) in cells[plan].iter().zip(found) {
                    let waiting = waiting.get(&cell.group).and_then(|slices| slices.get(&cell.slice));
                    for set in waiting.into_iter().flatten() {
                        let set = &mut sets[*set];
                        let Some(choice) = &set.choice else { continue };
                        if let Some(rank) = choice.rank(cell.code, values) {
                            let worth = choice.worth(values);
                            set.take((rank, worth), *room, &mut candidate);
                        }
                    }
                }
            }
        }
        for (set, columns) in &doubtful[plan] {
            let touches = |fault: &&Fault| fault.column.is_none_or(|column| columns.contains(&column));
            if let Some(fault) = row.doubts.iter().find(touches) {
                candidate.why = Some(&fault.message);
                sets[*set].take(plain, *room, &mut candidate);
            }
        }
    }
}

/// The results that get rows: the breached ones, then the undecided ones, as many as there may be, in the report's
/// order.
fn chosen(report: &Report) -> Vec<usize> {
    let of = |verdict: Verdict| {
        let results = report.results.iter().enumerate();
        results.filter(move |(_, result)| result.verdict == verdict).map(|(at, _)| at)
    };
    let mut chosen: Vec<usize> =
        of(Verdict::Breached).chain(of(Verdict::Undecided)).take(MOST_RESULTS).collect();
    chosen.sort_unstable();
    chosen
}

/// Rows apart by their headers, in the order in which these first occur.
fn tables(headers: &[(u8, Vec<u8>)], rows: impl Iterator<Item = Kept>) -> Vec<OffenderTable> {
    let mut tables: Vec<(usize, OffenderTable)> = Vec::new();
    for Kept { header, row } in rows {
        match tables.iter_mut().find(|(known, _)| *known == header) {
            Some((_, table)) => table.rows.push(row),
            None => {
                let (delimiter, bytes) = &headers[header];
                let table = OffenderTable { delimiter: *delimiter, header: bytes.clone(), rows: vec![row] };
                tables.push((header, table));
            }
        }
    }
    tables.into_iter().map(|(_, table)| table).collect()
}

/// Without the line end.
fn without_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}
