//! What was counted of a part of an input, as bytes, to go on from in a later run.
//!
//! Most counters of a cell are 0: only the others are written, each with its distance from the one before.

use super::notes::{Doubted, Notes, Place, Seen};
use super::number::Fault;
use super::scan::Counted;
use crate::model::{Cell, Group, Instant, ProblemKind, Shape, TallyTable};
use crate::plan::{Plan, Table};
use crate::source::checkpoint::{Reader, Writer};
use std::collections::BTreeMap;

/// One entry per plan.
pub(super) fn to_bytes(counted: &[Counted]) -> Vec<u8> {
    let mut writer = Writer::default();
    for (tables, notes) in counted {
        for table in tables {
            write_table(&mut writer, table);
        }
        write_notes(&mut writer, notes);
    }
    writer.finish()
}

/// What was written for these plans; nothing where it does not fit them.
pub(super) fn from_bytes(bytes: &[u8], plans: &[&Plan]) -> Option<Vec<Counted>> {
    let mut reader = Reader::new(bytes);
    let counted = plans
        .iter()
        .map(|plan| {
            let tables =
                plan.tables.iter().map(|table| read_table(&mut reader, table)).collect::<Option<_>>()?;
            Some((tables, read_notes(&mut reader)?))
        })
        .collect::<Option<Vec<_>>>()?;
    reader.is_done().then_some(counted)
}

fn write_table(writer: &mut Writer, table: &TallyTable) {
    writer.number(table.cells.len() as u64);
    for (group, slices) in &table.cells {
        for label in group {
            writer.text(label);
        }
        writer.number(slices.len() as u64);
        let mut before = 0;
        for (start, cell) in slices {
            writer.signed(i128::from(*start) - i128::from(before));
            before = *start;
            write_cell(writer, cell);
        }
    }
}

fn read_table(reader: &mut Reader<'_>, table: &Table) -> Option<TallyTable> {
    let groups = reader.number()?;
    let mut cells = BTreeMap::new();
    for _ in 0..groups {
        let group = table.by.iter().map(|_| reader.text()).collect::<Option<Group>>()?;
        let count = reader.count()?;
        let mut slices = Vec::with_capacity(count.min(1 << 16));
        let mut before = 0;
        for _ in 0..count {
            let start = Instant::try_from(i128::checked_add(before, reader.signed()?)?).ok()?;
            before = i128::from(start);
            slices.push((start, read_cell(reader, table)?));
        }
        cells.insert(group, slices.into_iter().collect());
    }
    Some(TallyTable { cells, ..TallyTable::default() })
}

fn write_cell(writer: &mut Writer, cell: &Cell) {
    write_sparse(writer, &cell.counts, |count| *count == 0, |writer, count| writer.number(*count));
    write_sparse(writer, &cell.sums, |sum| *sum == 0, |writer, sum| writer.signed(*sum));
    for extreme in &cell.extremes {
        writer.flag(extreme.is_some());
        if let Some((low, high)) = extreme {
            writer.signed(*low);
            writer.signed(*high);
        }
    }
    for shape in &cell.shapes {
        write_shape(writer, shape);
    }
}

fn read_cell(reader: &mut Reader<'_>, table: &Table) -> Option<Cell> {
    let mut cell = super::row::empty(table);
    read_sparse(reader, &mut cell.counts, Reader::number)?;
    read_sparse(reader, &mut cell.sums, Reader::signed)?;
    for extreme in &mut cell.extremes {
        if reader.flag()? {
            *extreme = Some((reader.signed()?, reader.signed()?));
        }
    }
    for shape in &mut cell.shapes {
        *shape = read_shape(reader)?;
    }
    Some(cell)
}

/// The values that are not 0, each with how many are before it.
fn write_sparse<T>(
    writer: &mut Writer,
    values: &[T],
    is_zero: impl Fn(&T) -> bool,
    write: impl Fn(&mut Writer, &T),
) {
    writer.number(values.iter().filter(|value| !is_zero(value)).count() as u64);
    let mut gap = 0;
    for value in values {
        if is_zero(value) {
            gap += 1;
        } else {
            writer.number(gap);
            write(writer, value);
            gap = 0;
        }
    }
}

fn read_sparse<'a, T>(
    reader: &mut Reader<'a>,
    values: &mut [T],
    read: impl Fn(&mut Reader<'a>) -> Option<T>,
) -> Option<()> {
    let count = reader.count()?;
    let mut rest = values.iter_mut();
    for _ in 0..count {
        let value = rest.nth(usize::try_from(reader.number()?).ok()?)?;
        *value = read(reader)?;
    }
    Some(())
}

fn write_shape(writer: &mut Writer, shape: &Shape) {
    let mut before = 0;
    let mut pair = |writer: &mut Writer, value: i128, count: u64| {
        writer.signed(value - before);
        writer.number(count);
        before = value;
    };
    match shape {
        Shape::Exact(values) => {
            writer.flag(false);
            writer.number(values.len() as u64);
            for (value, count) in values {
                pair(writer, i128::from(*value), *count);
            }
        }
        Shape::Buckets(buckets) => {
            writer.flag(true);
            writer.number(buckets.len() as u64);
            for (bucket, count) in buckets {
                pair(writer, i128::from(*bucket), *count);
            }
        }
    }
}

fn read_shape(reader: &mut Reader<'_>) -> Option<Shape> {
    let in_buckets = reader.flag()?;
    let count = reader.count()?;
    let mut before = 0i128;
    let mut pairs = Vec::with_capacity(count.min(1 << 16));
    for _ in 0..count {
        before = before.checked_add(reader.signed()?)?;
        pairs.push((before, reader.number()?));
    }
    let pairs = pairs.into_iter();
    Some(if in_buckets {
        Shape::Buckets(
            pairs.map(|(bucket, count)| Some((i32::try_from(bucket).ok()?, count))).collect::<Option<_>>()?,
        )
    } else {
        Shape::Exact(
            pairs.map(|(value, count)| Some((i64::try_from(value).ok()?, count))).collect::<Option<_>>()?,
        )
    })
}

fn write_notes(writer: &mut Writer, notes: &Notes) {
    for count in [notes.rows, notes.before, notes.after, notes.rounded] {
        writer.number(count);
    }
    writer.flag(notes.span.is_some());
    if let Some((first, last)) = notes.span {
        writer.signed(i128::from(first));
        writer.signed(i128::from(last));
    }
    writer.number(notes.rejected.len() as u64);
    for (kind, (count, examples)) in &notes.rejected {
        writer.text(kind.word());
        writer.number(*count);
        writer.number(examples.len() as u64);
        for (place, fault) in examples {
            writer.number(place.line);
            writer.text(fault.kind.word());
            write_column(writer, fault.column);
            writer.text(&fault.message);
        }
    }
    writer.number(notes.doubts.len() as u64);
    for ((column, kind), doubted) in &notes.doubts {
        write_column(writer, *column);
        writer.text(kind.word());
        write_doubted(writer, doubted);
    }
}

fn read_notes(reader: &mut Reader<'_>) -> Option<Notes> {
    let mut notes = Notes {
        rows: reader.number()?,
        before: reader.number()?,
        after: reader.number()?,
        rounded: reader.number()?,
        ..Notes::default()
    };
    if reader.flag()? {
        notes.span =
            Some((Instant::try_from(reader.signed()?).ok()?, Instant::try_from(reader.signed()?).ok()?));
    }
    for _ in 0..reader.count()? {
        let (kind, count) = (read_kind(reader)?, reader.number()?);
        let examples = (0..reader.count()?)
            .map(|_| {
                let place = Place { block: 0, line: reader.number()? };
                let (kind, column) = (read_kind(reader)?, column_of(reader.number()?));
                Some((place, Fault { kind, column, message: reader.text()? }))
            })
            .collect::<Option<_>>()?;
        notes.rejected.insert(kind, (count, examples));
    }
    for _ in 0..reader.count()? {
        let key = (column_of(reader.number()?), read_kind(reader)?);
        notes.doubts.insert(key, read_doubted(reader)?);
    }
    Some(notes)
}

fn write_doubted(writer: &mut Writer, doubted: &Doubted) {
    writer.number(doubted.total);
    writer.flag(doubted.many);
    writer.flag(doubted.first.is_some());
    if let Some((_, place, message)) = &doubted.first {
        writer.number(place.line);
        writer.text(message);
    }
    writer.number(doubted.each.len() as u64);
    for (message, seen) in &doubted.each {
        writer.text(message);
        writer.number(seen.count);
        writer.number(seen.place.line);
    }
}

fn read_doubted(reader: &mut Reader<'_>) -> Option<Doubted> {
    let place = |reader: &mut Reader<'_>| {
        let line = reader.number()?;
        Some((Place { block: 0, line }, (0, usize::try_from(line).ok()?)))
    };
    let mut doubted = Doubted { total: reader.number()?, many: reader.flag()?, ..Doubted::default() };
    if reader.flag()? {
        let (place, spot) = place(reader)?;
        doubted.first = Some((spot, place, reader.text()?));
    }
    for _ in 0..reader.count()? {
        let (message, count) = (reader.text()?, reader.number()?);
        let (place, spot) = place(reader)?;
        doubted.each.insert(message, Seen { count, spot, place });
    }
    Some(doubted)
}

/// 0 for the row as a whole, else one more than the column.
fn write_column(writer: &mut Writer, column: Option<usize>) {
    writer.number(column.map_or(0, |column| column as u64 + 1));
}

fn column_of(number: u64) -> Option<usize> {
    number.checked_sub(1).map(|column| column as usize)
}

fn read_kind(reader: &mut Reader<'_>) -> Option<ProblemKind> {
    ProblemKind::from_word(&reader.text()?)
}
