//! The column of times: cells to instants, and instants to slices.
//!
//! Rows come mostly in order, or at least from few days. So there are three ways to an instant, each for what the
//! one before leaves: the same minute as the row above, a day that was read before, the full reader.

use super::batch::Batch;
use super::kernel::{Clock, Kernel};
use super::number::{Fault, quoted};
use crate::model::{DateOrder, Instant, NANOS, Nanos, Offsets, ProblemKind, TimeFormat, TimeLayout};
use crate::plan::{TimeNeed, is_blank};
use crate::source::cell::{ReadTime, TimeReader};

const MINUTE: i64 = 60 * NANOS;

/// The time column of a plan, ready to read.
pub(super) struct TimeLane {
    column: usize,
    pub(super) field: usize,
    reader: TimeReader,
    since: Option<Instant>,
    until: Option<Instant>,
    minute: Minute,
    /// Days by their ten characters; in use where a day always has 24 hours: without a zone to look up.
    days: Option<Vec<Day>>,
    /// Nanoseconds per unit, where times are counts.
    epoch: Option<i64>,
    /// Day or month first is not settled: cells are checked, and no instant is told from them.
    unsettled: bool,
}

/// A minute that was read: `2025-06-01T12:30`, how its seconds end, and its first instant.
#[derive(Clone, Copy, Default)]
struct Minute {
    text: [u64; 2],
    suffix: Suffix,
    start: Instant,
    known: bool,
    /// The length of a cell with whole seconds and that suffix, where it has at most eight bytes behind the minute;
    /// else [`NO_LENGTH`].
    plain_len: u32,
    /// Which of those bytes are the same for the whole minute (`:` and the suffix), and what they are.
    plain_mask: u64,
    plain_tail: u64,
}

/// The length of no cell.
const NO_LENGTH: u32 = u32::MAX;

/// What stands behind the seconds: nothing, `Z`, `+02:00`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Suffix {
    text: u64,
    len: u32,
}

/// A day that was read.
#[derive(Clone, Copy, Default)]
struct Day {
    text: (u64, u16),
    suffix: Suffix,
    start: Instant,
    known: bool,
}

/// What became of the times of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// Smallest and largest instant, where there was any.
    pub(super) span: Option<(Instant, Instant)>,
}

impl Minute {
    fn new(text: [u64; 2], suffix: Suffix, start: Instant) -> Minute {
        let fits = suffix.len <= 5;
        Minute {
            text,
            suffix,
            start,
            known: true,
            plain_len: if fits { 19 + suffix.len } else { NO_LENGTH },
            plain_mask: if fits { !0 >> (8 * (5 - suffix.len)) & !0xFF_FF00 } else { 0 },
            plain_tail: if fits { u64::from(b':') | suffix.text << 24 } else { 0 },
        }
    }
}

impl TimeLane {
    pub(super) fn new(need: &TimeNeed, position: &[usize]) -> Result<TimeLane, String> {
        let TimeFormat { layout, zone, offsets } = &need.format;
        let civil = matches!(layout, TimeLayout::YearFirst | TimeLayout::YearLast(_));
        let fixed = civil && (zone.is_none() || *offsets == Offsets::Always);
        Ok(TimeLane {
            column: need.column,
            field: position[need.column],
            reader: TimeReader::new(&need.format)?,
            since: need.since,
            until: need.until,
            minute: Minute { plain_len: NO_LENGTH, ..Minute::default() },
            days: fixed.then(|| vec![Day::default(); 256]),
            epoch: if let TimeLayout::Epoch(unit) = layout { Some(*unit) } else { None },
            unsettled: matches!(layout, TimeLayout::YearLast(DateOrder::Unsettled(_))),
        })
    }

    /// Reads the column of a batch into instants. Rows whose time cannot be read or lies outside the window are
    /// marked `odd`.
    pub(super) fn read(
        &mut self,
        kernel: Kernel,
        batch: &Batch<'_>,
        out: &mut [Instant],
        odd: &mut [u8],
    ) -> Times {
        let cells = batch.cells;
        cells.each_clock(self.field, |row, clock| {
            let Clock { words: [first, second, third], len } = clock;
            let minute = &self.minute;
            let digit = |byte: u32| i64::from(((third >> (8 * byte)) as u8).wrapping_sub(b'0'));
            let plain = len == minute.plain_len
                && third & minute.plain_mask == minute.plain_tail
                && digit(1) <= 5
                && digit(2) <= 9;
            let seconds = (digit(1) * 10 + digit(2)) * NANOS;
            out[row] = if plain && first == minute.text[0] && second == minute.text[1] {
                minute.start + seconds
            } else if plain && let Some(start) = self.minute_of_known_day(first, second) {
                (self.minute.text, self.minute.start) = ([first, second], start);
                start + seconds
            } else if let Some(instant) = self.quickly(batch, row).or_else(|| self.slowly(batch, row)) {
                instant
            } else {
                odd[row] = 1;
                0
            };
        });
        if self.unsettled {
            return Times::default();
        }
        let windowed = self.since.is_some() || self.until.is_some();
        if windowed || odd.iter().fold(0, |any, odd| any | odd) != 0 {
            return self.with_window(out, odd);
        }
        let (first, last) = kernel.extent(out);
        Times { span: (first <= last).then_some((first, last)) }
    }

    /// The careful version of the end of [`TimeLane::read`]. The span leaves odd rows to the exact path.
    fn with_window(&self, out: &[Instant], odd: &mut [u8]) -> Times {
        let mut span: Option<(Instant, Instant)> = None;
        for (instant, odd) in out.iter().zip(odd) {
            if *odd == 0 {
                *odd = u8::from(!self.inside(*instant));
            }
            if *odd == 0 {
                let (first, last) = span.unwrap_or((*instant, *instant));
                span = Some((first.min(*instant), last.max(*instant)));
            }
        }
        Times { span }
    }

    fn inside(&self, instant: Instant) -> bool {
        self.since.is_none_or(|since| instant >= since) && self.until.is_none_or(|until| instant < until)
    }

    #[inline]
    fn quickly(&mut self, batch: &Batch<'_>, row: usize) -> Option<Instant> {
        let raw = bare(batch.raw(row, self.field));
        if let Some(unit) = self.epoch {
            return count(raw)?.checked_mul(unit).filter(|instant| *instant > 0);
        }
        if raw.len() < 16 {
            return None;
        }
        let text = [eight(raw, 0), eight(raw, 8)];
        let rest = &raw[16..];
        let (within, suffix) = seconds(rest)?;
        let minute = &self.minute;
        if minute.known && minute.text == text && minute.suffix == suffix {
            return Some(minute.start + within);
        }
        let start = self.other_minute(text, raw, suffix)?;
        self.minute = Minute::new(text, suffix, start);
        Some(start + within)
    }

    /// The start of the minute `2025-06-` `01T12:30` on a day that was read before with the suffix of the last row.
    #[inline]
    fn minute_of_known_day(&self, first: u64, second: u64) -> Option<Instant> {
        let key = (first, (second & 0xFFFF) as u16);
        let day = &self.days.as_ref()?[day_slot(key)];
        let byte = |at: u32| (second >> (8 * at)) as u8;
        let digit = |at: u32| i64::from(byte(at).wrapping_sub(b'0'));
        let (hour, minute) = (digit(3) * 10 + digit(4), digit(6) * 10 + digit(7));
        let well_formed = (digit(3) <= 2 && digit(4) <= 9 && hour <= 23)
            && (digit(6) <= 5 && digit(7) <= 9)
            && byte(5) == b':'
            && matches!(byte(2), b'T' | b' ');
        let known = day.known && day.text == key && day.suffix == self.minute.suffix;
        (known && well_formed).then(|| day.start + (hour * 60 + minute) * MINUTE)
    }

    /// The start of a minute on a day that was read before.
    #[inline]
    fn other_minute(&mut self, text: [u64; 2], raw: &[u8], suffix: Suffix) -> Option<Instant> {
        let days = self.days.as_mut()?;
        let key = (text[0], (text[1] & 0xFFFF) as u16);
        let day = &mut days[day_slot(key)];
        if !(day.known && day.text == key && day.suffix == suffix) {
            let start = midnight(&self.reader, raw, suffix)?;
            *day = Day { text: key, suffix, start, known: true };
        }
        let digit = |at: usize| i64::from(raw[at].wrapping_sub(b'0'));
        let (h, hh, m, mm) = (digit(11), digit(12), digit(14), digit(15));
        let well_formed =
            (h | hh | m | mm) <= 15 && h <= 2 && hh <= 9 && m <= 5 && mm <= 9 && raw[13] == b':';
        let separated = matches!(raw[10], b'T' | b' ');
        let hour = h * 10 + hh;
        (well_formed && separated && hour <= 23).then(|| day.start + (hour * 60 + m * 10 + mm) * MINUTE)
    }

    /// The full reader; nothing where it finds fault.
    #[cold]
    fn slowly(&mut self, batch: &Batch<'_>, row: usize) -> Option<Instant> {
        let raw = bare(batch.raw(row, self.field));
        let text = batch.text(row, self.field);
        let instant = instant_of(&self.reader, &text)?;
        if raw.len() >= 16
            && let Some((within, suffix)) = seconds(&raw[16..])
            && (instant - within).rem_euclid(MINUTE) == 0
        {
            self.minute = Minute::new([eight(raw, 0), eight(raw, 8)], suffix, instant - within);
        }
        Some(instant)
    }

    /// What the full reader says of a row.
    pub(super) fn exact(&self, batch: &Batch<'_>, row: usize) -> Result<Option<Instant>, Fault> {
        let text = batch.text(row, self.field);
        let fault =
            |why: String| Fault { kind: ProblemKind::BadTime, column: Some(self.column), message: why };
        if is_blank(&text) {
            return Err(fault(if text.is_empty() {
                "no time".to_owned()
            } else {
                format!("{}: no time", quoted(&text))
            }));
        }
        match self.reader.read(&text) {
            Ok(ReadTime::At(instant)) => Ok(Some(instant)),
            Ok(ReadTime::Unsettled) => Ok(None),
            Err(error) => Err(fault(format!("{}: {error}", quoted(&text)))),
        }
    }

    /// Why a row lies outside the window.
    pub(super) fn outside(&self, instant: Instant) -> Option<Outside> {
        if self.since.is_some_and(|since| instant < since) {
            Some(Outside::Before)
        } else if self.until.is_some_and(|until| instant >= until) {
            Some(Outside::After)
        } else {
            None
        }
    }
}

/// On which side of the window a row lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    Before,
    After,
}

/// Where a day stands among 256.
#[inline]
fn day_slot(key: (u64, u16)) -> usize {
    ((key.0 ^ u64::from(key.1) << 17).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize
}

/// Eight bytes, little-endian.
#[inline]
fn eight(raw: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&raw[at..at + 8]);
    u64::from_le_bytes(eight)
}

/// What follows `HH:MM`: nothing, or `:SS` with an optional fraction, and then a suffix. In nanoseconds. Leap seconds
/// and anything unusual are left to the full reader.
#[inline]
fn seconds(rest: &[u8]) -> Option<(Nanos, Suffix)> {
    if rest.is_empty() {
        return Some((0, Suffix::default()));
    }
    let &[b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9', ref behind @ ..] = rest else { return None };
    let mut within = (i64::from(tens - b'0') * 10 + i64::from(ones - b'0')) * NANOS;
    let mut behind = behind;
    if let [b'.', digits @ ..] = behind {
        let count = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
        if count == 0 || count > 9 {
            return None;
        }
        let fraction = digits[..count].iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        within += fraction * 10i64.pow(9 - count as u32);
        behind = &digits[count..];
    }
    match behind {
        [] => Some((within, Suffix::default())),
        [b'Z'] => Some((within, Suffix { text: u64::from(b'Z'), len: 1 })),
        _ if behind.len() <= 6 => {
            let mut text = [0; 8];
            text[..behind.len()].copy_from_slice(behind);
            Some((within, Suffix { text: u64::from_le_bytes(text), len: behind.len() as u32 }))
        }
        _ => None,
    }
}

/// The first instant of a cell's day, if the reader accepts it.
#[cold]
fn midnight(reader: &TimeReader, raw: &[u8], suffix: Suffix) -> Option<Instant> {
    let mut text = raw[..11].to_vec();
    text.extend_from_slice(b"00:00:00");
    text.extend_from_slice(&suffix.text.to_le_bytes()[..suffix.len as usize]);
    instant_of(reader, &text)
}

/// What the reader makes of a time; 0 where day and month are not settled, since nobody then uses it.
fn instant_of(reader: &TimeReader, text: &[u8]) -> Option<Instant> {
    match reader.read(text) {
        Ok(ReadTime::At(instant)) => Some(instant),
        Ok(ReadTime::Unsettled) => Some(0),
        Err(_) => None,
    }
}

/// Without plain quotes around.
#[inline]
fn bare(raw: &[u8]) -> &[u8] {
    if let [b'"', inner @ .., b'"'] = raw { inner } else { raw }
}

/// A count of at most eighteen digits.
#[inline]
fn count(raw: &[u8]) -> Option<i64> {
    if raw.is_empty() || raw.len() > 18 {
        return None;
    }
    raw.iter().try_fold(0i64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + i64::from(digit))
    })
}

/// Slices of time by number, in the order of their first appearance.
pub(super) struct Slices {
    length: Nanos,
    /// One over the length, for a first guess at a quotient.
    per_length: f64,
    /// First instant of every slice.
    pub(super) starts: Vec<Instant>,
    /// Number of slice `base + i`, or [`super::spelling::NONE`].
    numbers: Vec<u32>,
    base: i64,
    current: (Instant, Instant, u32),
}

/// Slices that may lie between the first and the last.
const MOST_SLICES: i64 = 1 << 24;

impl Slices {
    /// How many there are from the one that begins at `first` to the one that begins at `last`, if that many fit in
    /// whatever order they come.
    pub(super) fn between(first: Instant, last: Instant, length: Nanos) -> Option<usize> {
        let slices = (i128::from(last) - i128::from(first)) / i128::from(length.max(1)) + 1;
        usize::try_from(slices).ok().filter(|slices| *slices <= MOST_SLICES as usize / 4)
    }

    pub(super) fn new(length: Nanos) -> Slices {
        let length = length.max(1);
        Slices {
            length,
            per_length: 1.0 / length as f64,
            starts: Vec::new(),
            numbers: Vec::new(),
            base: 0,
            current: (1, 0, 0),
        }
    }

    /// The slice of every instant; `None` where they lie too far apart.
    pub(super) fn number(&mut self, kernel: Kernel, instants: &[Instant], out: &mut [u32]) -> Option<()> {
        let (mut from, mut to, mut slice) = self.current;
        // Rows in the order of time are mostly all of one slice.
        let (first, last) = kernel.extent(instants);
        if first >= from && last < to {
            out.fill(slice);
            return Some(());
        }
        for (instant, out) in instants.iter().zip(out) {
            if *instant < from || *instant >= to {
                let index = self.index(*instant);
                slice = match self.numbers.get(usize::try_from(index - self.base).unwrap_or(usize::MAX)) {
                    Some(number) if *number != super::spelling::NONE => *number,
                    _ => self.add(index)?,
                };
                from = index * self.length;
                to = from.saturating_add(self.length);
            }
            *out = slice;
        }
        self.current = (from, to, slice);
        Some(())
    }

    /// `floor(instant / length)`: a float's guess, which is off by one or two at most, put right; a division costs
    /// several times as much.
    #[inline]
    fn index(&self, instant: Instant) -> i64 {
        if self.length < 10_000 {
            return instant.div_euclid(self.length);
        }
        let mut index = (instant as f64 * self.per_length) as i64;
        let mut rest = instant.wrapping_sub(index.wrapping_mul(self.length));
        while rest < 0 {
            index -= 1;
            rest += self.length;
        }
        while rest >= self.length {
            index += 1;
            rest -= self.length;
        }
        index
    }

    #[cold]
    fn add(&mut self, index: i64) -> Option<u32> {
        if self.numbers.is_empty() {
            self.base = index;
        }
        if index < self.base {
            let before = self.base - index;
            if before + self.numbers.len() as i64 > MOST_SLICES {
                return None;
            }
            // Leave room, so that a file in reverse order does not move the table for every slice.
            let before = before.max(self.numbers.len() as i64).min(MOST_SLICES);
            self.numbers.splice(0..0, std::iter::repeat_n(super::spelling::NONE, before as usize));
            self.base -= before;
        }
        let at = index - self.base;
        if at >= MOST_SLICES * 2 {
            return None;
        }
        let at = at as usize;
        if at >= self.numbers.len() {
            self.numbers.resize(at + 1, super::spelling::NONE);
        }
        let number = self.starts.len() as u32;
        self.numbers[at] = number;
        self.starts.push(index.saturating_mul(self.length));
        Some(number)
    }
}

/// The first instant of a slice of this length.
pub(super) fn slice_start(instant: Instant, length: Option<Nanos>) -> Instant {
    length.map_or(0, |length| instant.div_euclid(length.max(1)).saturating_mul(length.max(1)))
}
