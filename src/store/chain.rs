//! The chain: every run's hash covers the one before it and everything the run recorded, so that a past that was
//! edited shows. It cannot tell a history that was made anew as a whole: whoever needs that keeps a hash elsewhere.

use super::error::Fault;
use super::record::GENESIS;
use super::statements::Statements;
use rusqlite::{Connection, OptionalExtension, types::ValueRef};

/// What a look at the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Every run is as it was recorded.
    Intact {
        /// How many runs there are.
        runs: u64,
        /// The hash of the last one; `None` without runs.
        head: Option<String>,
    },
    /// The first thing that does not fit.
    Broken {
        /// The run it is about; `None` where it belongs to none.
        run: Option<i64>,
        /// A lowercase fragment.
        why: String,
    },
}

/// Everything that a run recorded, in order. Each value goes into the hash as [`Hash`] has it. The order of answers
/// decides which one holds, so their numbers are part of it.
const RECORDED: [&str; 6] = [
    "SELECT id, now_ns, now, tool, zone_data, options, verdict, met, warning, breached, undecided, content, previous
     FROM runs WHERE id = ?1",
    "SELECT a.position, a.name, a.file, a.line, a.built_in, a.noun, a.rules, t.text, a.overlay
     FROM agreements a LEFT JOIN rules t ON t.digest = a.rules WHERE a.run = ?1 ORDER BY a.position",
    "SELECT position, agreement, source, digest, rows, accepted, rejected, excluded, first_ns, last_ns, first, last,
            zone, inferred
     FROM inputs WHERE run = ?1 ORDER BY position",
    "SELECT a.position, a.agreement, a.objective, a.result, r.revision, r.complete, r.verdict, r.reason,
            r.measured_num, r.measured_den, r.measured_dimension, r.approximate, r.exact_num, r.exact_den, r.samples,
            r.bad, r.allowed, r.rows, r.excluded, r.missing, r.explain, r.notes,
            s.agreement, s.result_id, s.scope, s.service,
            p.name, p.from_ns, p.to_ns, p.first_ns, p.last_ns, p.zone, p.from_time, p.to_time, p.month,
            u.digest, u.objective, u.name, u.description, u.runbook, u.severity, u.filter, u.file, u.line, u.labels,
            u.indicator, u.comparison, u.target_num, u.target_den, u.dimension, u.target_text, u.prefer_num,
            u.prefer_den, u.prefer_dimension, u.shown
     FROM run_results a
     LEFT JOIN results r ON r.id = a.result
     LEFT JOIN series s ON s.id = r.series
     LEFT JOIN periods p ON p.id = r.period
     LEFT JOIN subjects u ON u.id = r.subject
     WHERE a.run = ?1 ORDER BY a.position",
    "SELECT position, severity, kind, source, line, field, count, message
     FROM problems WHERE run = ?1 ORDER BY position",
    "SELECT kind, count FROM problem_totals WHERE run = ?1 ORDER BY kind",
];

/// What came later, and is part of the hash of those runs that have it: the hashes of all others stay what they were.
const RECORDED_SINCE: [&str; 1] = ["SELECT position, address FROM metrics WHERE run = ?1 ORDER BY position"];

/// Looks at every run in order.
pub(super) fn verify(connection: &Connection) -> Result<Chain, Fault> {
    // One look at one state: runs that are added meanwhile are not seen.
    let transaction = connection.unchecked_transaction()?;
    let broken = |run, why: &str| Ok(Chain::Broken { run, why: why.to_owned() });
    let mut before = pruned(&transaction)?;
    let mut runs = 0;
    let mut statement = transaction.prepare_cached("SELECT id, previous, hash FROM runs ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (run, previous, hash): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (last, expected) = before;
        if run != last + 1 {
            let why = format!("the runs between {last} and {run} are missing");
            return broken(Some(run), &why);
        }
        if previous != expected {
            return broken(Some(run), "it does not follow on the run before it");
        }
        if hash_of(&transaction, run)? != hash {
            return broken(Some(run), "what it recorded was changed");
        }
        before = (run, hash);
        runs += 1;
    }
    // Numbers of runs are given once.
    let given: i64 = transaction
        .ask("SELECT seq FROM sqlite_sequence WHERE name = 'runs'", [], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    if given > before.0 {
        let why = format!("the runs from {} to {given} are missing", before.0 + 1);
        return broken(Some(before.0 + 1), &why);
    }
    let strays: i64 = transaction.ask(
        "SELECT count(*) FROM results WHERE NOT EXISTS (SELECT 1 FROM run_results WHERE result = results.id)",
        [],
        |row| row.get(0),
    )?;
    if strays > 0 {
        return broken(None, "there are results that no run recorded");
    }
    let head = Some(before.1).filter(|_| runs > 0);
    Ok(Chain::Intact { runs, head })
}

/// What the next run follows on.
pub(super) fn last_hash(connection: &Connection) -> Result<String, Fault> {
    let last =
        connection.ask("SELECT hash FROM runs ORDER BY id DESC LIMIT 1", [], |row| row.get(0)).optional()?;
    match last {
        Some(hash) => Ok(hash),
        None => Ok(pruned(connection)?.1),
    }
}

/// The last run that was removed, with its hash.
fn pruned(connection: &Connection) -> Result<(i64, String), Fault> {
    let last = connection
        .ask("SELECT last_run, last_hash FROM prunes ORDER BY id DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(last.unwrap_or_else(|| (0, GENESIS.to_owned())))
}

/// The hash of a run as it stands in the database.
pub(super) fn hash_of(connection: &Connection, run: i64) -> Result<String, Fault> {
    let mut hash = Hash::new();
    for (recorded, is_later) in
        RECORDED.map(|query| (query, false)).into_iter().chain(RECORDED_SINCE.map(|query| (query, true)))
    {
        let mut is_empty = true;
        let mut statement = connection.prepare_cached(recorded)?;
        let columns = statement.column_count();
        let mut rows = statement.query([run])?;
        while let Some(row) = rows.next()? {
            is_empty = false;
            hash.number(columns as i64);
            for column in 0..columns {
                hash.value(row.get_ref(column)?);
            }
        }
        // Rows of different tables never run into each other.
        if !(is_later && is_empty) {
            hash.number(-1);
        }
    }
    Ok(hash.finish())
}

/// BLAKE3 over values, each as its kind in one byte, its length in eight (least significant first), and its bytes.
pub(super) struct Hash(blake3::Hasher);

impl Hash {
    pub(super) fn new() -> Hash {
        Hash(blake3::Hasher::new())
    }

    pub(super) fn number(&mut self, number: i64) {
        self.put(b'i', &number.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.put(b't', text.as_bytes());
    }

    pub(super) fn optional(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.number(number),
            None => self.put(b'n', &[]),
        }
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.put(b'n', &[]),
        }
    }

    /// In hexadecimal.
    pub(super) fn finish(self) -> String {
        self.0.finalize().to_hex().to_string()
    }

    fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.put(b'n', &[]),
            ValueRef::Integer(number) => self.number(number),
            ValueRef::Real(number) => self.put(b'r', &number.to_le_bytes()),
            ValueRef::Text(text) => self.put(b't', text),
            ValueRef::Blob(bytes) => self.put(b'b', bytes),
        }
    }

    fn put(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update(&[kind]);
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }
}
