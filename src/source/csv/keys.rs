//! Which interval rows were there: a second row with the same key and time cannot be trusted.
//!
//! Times on whole minutes or seconds are bits of a map, 66 kB per key and year of minutes; others are kept one by one.

use super::batch::Batch;
use super::number::{Fault, quoted};
use crate::model::{Instant, NANOS, ProblemKind};
use crate::plan::Plan;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const MINUTE: i64 = 60 * NANOS;
/// Bits of one piece of a map.
const PIECE: i64 = 4096;
/// Keys, and times that are no whole seconds, may be this many.
const MOST: usize = 1 << 22;

/// The keys of one plan, across all files.
#[derive(Default)]
pub(super) struct Keys {
    fields: Vec<usize>,
    seen: HashMap<Box<[u8]>, TimeSet>,
    last: Vec<u8>,
    exact: usize,
}

#[derive(Default)]
struct TimeSet {
    minutes: BTreeMap<i64, Box<[u64; PIECE as usize / 64]>>,
    seconds: BTreeMap<i64, Box<[u64; PIECE as usize / 64]>>,
    others: BTreeSet<Instant>,
}

impl Keys {
    /// Those of a plan's rows in a file, if they have any: some fields, and the time.
    pub(super) fn of(plan: &Plan, position: &[usize]) -> Option<Keys> {
        let columns = plan.key.as_ref()?;
        let fields = columns.iter().map(|column| position[*column]).collect();
        Some(Keys { fields, ..Keys::default() })
    }

    /// Takes over the keys of the file before; the fields stay those of this file.
    pub(super) fn go_on_with(&mut self, known: Keys) {
        (self.seen, self.exact) = (known.seen, known.exact);
    }

    /// Takes a row into account; a fault if its key was there before. Without a time the key is all that tells rows
    /// apart.
    pub(super) fn see(&mut self, batch: &Batch<'_>, row: usize, time: Option<Instant>) -> Option<Fault> {
        let instant = time.unwrap_or(0);
        self.last.clear();
        for field in &self.fields {
            let text = batch.text(row, *field);
            self.last.extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.last.extend_from_slice(&text);
        }
        if !self.seen.contains_key(&self.last[..]) {
            self.seen.insert(self.last.as_slice().into(), TimeSet::default());
        }
        let known = self.seen.len();
        let set = self.seen.get_mut(&self.last[..])?;
        if set.insert(instant) {
            self.exact += usize::from(instant % NANOS != 0);
            return (known > MOST || self.exact > MOST).then(|| Fault {
                kind: ProblemKind::DuplicateKey,
                column: None,
                message: format!(
                    "more than {MOST} keys are too many to tell double rows; say `key:` under `input:`"
                ),
            });
        }
        let key: Vec<String> = self.fields.iter().map(|field| quoted(&batch.text(row, *field))).collect();
        let of = if key.is_empty() { String::new() } else { format!(" for {}", key.join(", ")) };
        let at = if time.is_some() { " at the same time" } else { "" };
        Some(Fault {
            kind: ProblemKind::DuplicateKey,
            column: None,
            message: format!("a second row{of}{at}; remove one, or say what identifies a row: `key:`"),
        })
    }
}

impl TimeSet {
    /// Whether it is new.
    fn insert(&mut self, instant: Instant) -> bool {
        let (map, unit) = match instant {
            instant if instant % MINUTE == 0 => (&mut self.minutes, MINUTE),
            instant if instant % NANOS == 0 => (&mut self.seconds, NANOS),
            _ => return self.others.insert(instant),
        };
        let index = instant.div_euclid(unit);
        let piece = map.entry(index.div_euclid(PIECE)).or_insert_with(|| Box::new([0; PIECE as usize / 64]));
        let bit = index.rem_euclid(PIECE) as usize;
        let new = piece[bit / 64] >> (bit % 64) & 1 == 0;
        piece[bit / 64] |= 1 << (bit % 64);
        new
    }
}
