//! Spellings of cells → small numbers.
//!
//! A column of text has few different spellings. Each is judged once, in full (unquoted, folded, matched); every
//! further row costs a look into a hash table on the first and the last eight bytes and the length, and for a long one a
//! comparison of the whole.

#![expect(clippy::inline_always, reason = "the loops over columns must see through what they call")]

use super::kernel::{Separators, Spelling};

/// No number yet.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Slot {
    first: u64,
    last: u64,
    len: u32,
    value: u32,
    /// The interner's index of the spelling.
    spelling: u32,
}

const EMPTY: Slot = Slot { first: 0, last: 0, len: u32::MAX, value: NONE, spelling: NONE };

#[inline]
fn hash(first: u64, last: u64, len: u32) -> u64 {
    (first ^ last.rotate_left(21) ^ u64::from(len)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Numbers spellings in the order of their first appearance, without bound. For the labels of groups.
pub(super) struct Interner {
    slots: Vec<Slot>,
    shift: u32,
    /// Every spelling with its label.
    spellings: Vec<(Box<[u8]>, u32)>,
    /// Every label, unquoted.
    pub(super) labels: Vec<Box<[u8]>>,
    by_label: std::collections::HashMap<Box<[u8]>, u32>,
}

impl Interner {
    pub(super) fn new() -> Interner {
        Interner {
            slots: vec![EMPTY; 1024],
            shift: 54,
            spellings: Vec::new(),
            labels: Vec::new(),
            by_label: std::collections::HashMap::new(),
        }
    }

    /// The label of each cell of a column, [`NONE`] where the spelling is new; whether there was a new one is the
    /// result.
    pub(super) fn look_up(&self, cells: &Separators<'_>, field: usize, out: &mut [u32]) -> bool {
        let slots = &self.slots[..];
        let (shift, mut new) = (self.shift, false);
        let out = &mut out[..cells.rows()];
        cells.each_spelling(field, |row, cell| {
            let Spelling { first, last, len, at } = cell;
            let mut index = (hash(first, last, len) >> shift) as usize;
            out[row] = loop {
                // A power of two; the mask spares the check of bounds.
                let slot = &slots[index & (slots.len() - 1)];
                if slot.first == first && slot.last == last && slot.len == len {
                    let text = || &cells.bytes()[at as usize..at as usize + len as usize];
                    if len <= 16 || *self.spellings[slot.spelling as usize].0 == *text() {
                        break slot.value;
                    }
                }
                if slot.value == NONE {
                    new = true;
                    break NONE;
                }
                index += 1;
            };
        });
        new
    }

    /// The label of a spelling, which becomes known.
    pub(super) fn intern(&mut self, raw: &[u8], label: &[u8]) -> u32 {
        if let Some(known) = self.find(raw) {
            return known;
        }
        let next = self.labels.len() as u32;
        let label = *self.by_label.entry(label.into()).or_insert_with(|| {
            self.labels.push(label.into());
            next
        });
        self.spellings.push((raw.into(), label));
        if self.spellings.len() * 2 > self.slots.len() {
            let size = self.slots.len() * 4;
            self.slots = vec![EMPTY; size];
            self.shift = 64 - size.trailing_zeros();
            (0..self.spellings.len()).for_each(|index| self.place(index));
        } else {
            self.place(self.spellings.len() - 1);
        }
        label
    }

    fn find(&self, raw: &[u8]) -> Option<u32> {
        let (first, last, len) = words(raw);
        let mask = self.slots.len() - 1;
        let mut index = (hash(first, last, len) >> self.shift) as usize & mask;
        loop {
            let slot = &self.slots[index];
            if slot.value == NONE {
                return None;
            }
            let (spelling, label) = &self.spellings[slot.spelling as usize];
            if **spelling == *raw {
                return Some(*label);
            }
            index = (index + 1) & mask;
        }
    }

    fn place(&mut self, spelling: usize) {
        let (first, last, len) = words(&self.spellings[spelling].0);
        let mask = self.slots.len() - 1;
        let mut index = (hash(first, last, len) >> self.shift) as usize & mask;
        while self.slots[index].value != NONE {
            index = (index + 1) & mask;
        }
        let value = self.spellings[spelling].1;
        self.slots[index] = Slot { first, last, len, value, spelling: spelling as u32 };
    }
}

/// Remembers the answers for spellings of at most [`LONGEST`] bytes, within bounds: a newer spelling replaces an older
/// one. For conditions over columns that may have millions of values.
pub(super) struct Memo {
    literal: Option<Literal>,
    /// Cells that were looked up, and those that were new.
    seen: u64,
    judged: u64,
    slots: Vec<Slot>,
    /// The whole of spellings that a slot does not hold, slot by slot; empty until there is one.
    texts: Vec<[u8; LONGEST]>,
}

const MEMO_BITS: u32 = 11;
/// Bytes of a spelling that a memo remembers.
const LONGEST: usize = 64;

impl Memo {
    /// For a test that compares with one text only, this text and the answers for it and for all others.
    pub(super) fn new(literal: Option<(&str, u32, u32)>) -> Memo {
        let literal = literal.and_then(|(text, yes, no)| Literal::new(text, yes, no));
        Memo { literal, seen: 0, judged: 0, slots: vec![EMPTY; 1 << MEMO_BITS], texts: Vec::new() }
    }

    /// The answer for each cell of a column; `judge` is asked where none is remembered, and says whether to remember
    /// its answer.
    pub(super) fn answer(
        &mut self,
        cells: &Separators<'_>,
        field: usize,
        out: &mut [u32],
        mut judge: impl FnMut(usize) -> (u32, Remember),
    ) {
        let glances = self.is_in_vain();
        let Memo { literal, seen, judged, slots, texts } = self;
        let slots = &mut slots[..1 << MEMO_BITS];
        let out = &mut out[..cells.rows()];
        if let (Some(literal), true) = (literal, glances) {
            cells.each_spelling(field, |row, cell| {
                out[row] = match literal.answer(cells, cell) {
                    Some(answer) => answer,
                    None => remembered(slots, texts, cells, cell, || judge(row)),
                };
            });
            return;
        }
        cells.each_spelling(field, |row, cell| {
            out[row] = remembered(slots, texts, cells, cell, || {
                *judged += 1;
                judge(row)
            });
        });
        *seen += out.len() as u64;
    }

    /// Whether so many cells are new that it is better to hold them against the literal first.
    fn is_in_vain(&self) -> bool {
        self.judged > 512 && self.judged > self.seen / 8
    }
}

/// The answer for a spelling from its slot, or a new one, which takes the slot.
#[inline(always)]
fn remembered(
    slots: &mut [Slot],
    texts: &mut Vec<[u8; LONGEST]>,
    cells: &Separators<'_>,
    cell: Spelling,
    judge: impl FnOnce() -> (u32, Remember),
) -> u32 {
    let Spelling { first, last, len, at } = cell;
    let index = (hash(first, last, len) >> (64 - MEMO_BITS)) as usize;
    let slot = &mut slots[index & ((1 << MEMO_BITS) - 1)];
    let text = || &cells.bytes()[at as usize..at as usize + len as usize];
    // Two ends of eight bytes are all of a short spelling.
    if slot.first == first
        && slot.last == last
        && slot.len == len
        && (len <= 16 || *text() == texts[index][..len as usize])
    {
        return slot.value;
    }
    let (value, remember) = judge();
    if len <= LONGEST as u32 && remember == Remember::Yes {
        *slot = Slot { first, last, len, value, spelling: NONE };
        if len > 16 {
            texts.resize(1 << MEMO_BITS, [0; LONGEST]);
            texts[index][..len as usize].copy_from_slice(text());
        }
    }
    value
}

/// A short text that cells are compared with, to the letter. Most cells are seen not to be it at a glance.
struct Literal {
    first: u64,
    last: u64,
    len: u32,
    yes: u32,
    no: u32,
}

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

impl Literal {
    /// Nothing where a glance would not do.
    fn new(text: &str, yes: u32, no: u32) -> Option<Literal> {
        let plain = text.len() <= 16 && !text.starts_with('"') && !crate::plan::is_blank(text.as_bytes());
        let (first, last, len) = words(text.as_bytes());
        plain.then_some(Literal { first, last, len, yes, no })
    }

    /// The answer for a cell that is the text, or is certainly another one: not quoted, without spaces around, not blank
    /// (blank words have at most four letters), and ASCII, so that it is text at all.
    #[inline(always)]
    fn answer(&self, cells: &Separators<'_>, cell: Spelling) -> Option<u32> {
        let Spelling { first, last, len, at } = cell;
        if first == self.first && last == self.last && len == self.len {
            return Some(self.yes);
        }
        let begins = first as u8;
        let bare = begins > b' ' && begins != b'"' && (first | last) & HIGH_BITS == 0;
        let ends = if len >= 8 { last >> 56 } else { first >> (8 * len.saturating_sub(1)) };
        let ascii = || len <= 16 || cells.bytes()[at as usize..at as usize + len as usize].is_ascii();
        (len > 4 && bare && ends as u8 > b' ' && ascii()).then_some(self.no)
    }
}

/// Whether an answer holds for every later cell of that spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Remember {
    Yes,
    No,
}

/// What [`Spelling`] holds of a cell.
fn words(raw: &[u8]) -> (u64, u64, u32) {
    let mut first = [0; 8];
    let short = raw.len().min(8);
    first[..short].copy_from_slice(&raw[..short]);
    let mut last = [0; 8];
    if let Some((_, tail)) = raw.split_last_chunk::<8>() {
        last = *tail;
    }
    (u64::from_le_bytes(first), u64::from_le_bytes(last), raw.len() as u32)
}

/// Numbers pairs of labels, for groups of several columns.
pub(super) struct Pairs {
    slots: Vec<(u64, u32)>,
    pub(super) pairs: Vec<(u32, u32)>,
}

impl Pairs {
    pub(super) fn new() -> Pairs {
        Pairs { slots: vec![(0, NONE); 1024], pairs: Vec::new() }
    }

    /// The number of a pair, a new one if need be.
    #[inline]
    pub(super) fn number(&mut self, left: u32, right: u32) -> u32 {
        let key = u64::from(left) << 32 | u64::from(right);
        let mask = self.slots.len() - 1;
        let mut index = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        loop {
            let (known, value) = self.slots[index];
            if value == NONE {
                return self.add(key, left, right);
            }
            if known == key {
                return value;
            }
            index = (index + 1) & mask;
        }
    }

    #[cold]
    fn add(&mut self, key: u64, left: u32, right: u32) -> u32 {
        let number = self.pairs.len() as u32;
        self.pairs.push((left, right));
        if self.pairs.len() * 2 > self.slots.len() {
            self.slots = vec![(0, NONE); self.slots.len() * 4];
            for (number, (left, right)) in self.pairs.iter().enumerate() {
                place(&mut self.slots, u64::from(*left) << 32 | u64::from(*right), number as u32);
            }
        } else {
            place(&mut self.slots, key, number);
        }
        number
    }
}

fn place(slots: &mut [(u64, u32)], key: u64, number: u32) {
    let mask = slots.len() - 1;
    let mut index = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
    while slots[index].1 != NONE {
        index = (index + 1) & mask;
    }
    slots[index] = (key, number);
}
