//! How far the values of columns tell rows apart, judged by the first megabyte of an input.
//!
//! Called by `pipeline::why` and `cli::init`, which leave out columns that number the rows.

use super::{FileLayout, Opened};
use std::collections::HashSet;

/// What the cells of a column have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// Rows that were looked at.
    pub rows: usize,
    /// Different cells.
    pub values: usize,
    /// Every cell is a whole number, and none is smaller than the one before.
    pub rises: bool,
}

impl Spread {
    /// Nine of ten rows have a value of their own.
    pub fn tells_rows_apart(self) -> bool {
        tells_apart(self.values as u64, self.rows as u64)
    }

    /// Rows are numbered by it: a measurement falls now and then.
    pub fn is_serial(self) -> bool {
        self.rows > 2 && self.rises && self.tells_rows_apart()
    }
}

/// Whether that many values among so many rows are nearly as many as there can be; a single row proves nothing.
pub fn tells_apart(values: u64, rows: u64) -> bool {
    rows > 1 && values.saturating_mul(10) >= rows.saturating_mul(9)
}

/// One for each column of the schema.
pub fn spread(input: &Opened, layout: &FileLayout) -> Vec<Spread> {
    let body = input.head.get(layout.dialect.body as usize..).unwrap_or_default();
    // The head may end within a record.
    let end = if input.whole { body.len() } else { memchr::memrchr(b'\n', body).unwrap_or(0) };
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(layout.dialect.delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(body.get(..end).unwrap_or_default());
    let mut columns: Vec<Column> = layout.position.iter().map(|_| Column::default()).collect();
    let mut record = ::csv::ByteRecord::new();
    while let Ok(true) = reader.read_byte_record(&mut record) {
        for (column, position) in columns.iter_mut().zip(&layout.position) {
            if let Some(cell) = record.get(*position) {
                column.add(cell);
            }
        }
    }
    columns.into_iter().map(Column::spread).collect()
}

#[derive(Default)]
struct Column {
    rows: usize,
    values: HashSet<Vec<u8>>,
    last: Option<i64>,
    falls: bool,
}

impl Column {
    fn add(&mut self, cell: &[u8]) {
        self.rows += 1;
        if !self.values.contains(cell) {
            self.values.insert(cell.to_vec());
        }
        let number = str::from_utf8(cell).ok().and_then(|text| text.trim().parse().ok());
        self.falls |= number.is_none() || number < self.last;
        self.last = number;
    }

    fn spread(self) -> Spread {
        Spread { rows: self.rows, values: self.values.len(), rises: self.rows > 0 && !self.falls }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::InputMapping;
    use crate::source::{describe, open_stream};

    fn of(text: &str) -> Vec<Spread> {
        let input = open_stream("-", Box::new(std::io::Cursor::new(text.to_owned()))).unwrap();
        let opened = [input];
        let description = describe(&opened, &InputMapping::default()).unwrap();
        spread(&opened[0], &description.files[0])
    }

    #[test]
    fn columns_that_number_the_rows() {
        let found = of("ticket,code,depth\n4101,200,7\n4103,500,9\n4106,200,4\n4108,200,11\n");
        assert_eq!(found[0], Spread { rows: 4, values: 4, rises: true });
        assert_eq!(found[1], Spread { rows: 4, values: 2, rises: false });
        assert_eq!(found[2], Spread { rows: 4, values: 4, rises: false });
        let serial: Vec<bool> = found.into_iter().map(Spread::is_serial).collect();
        assert_eq!(serial, [true, false, false]);
    }

    #[test]
    fn nine_of_ten() {
        assert!(tells_apart(9, 10));
        assert!(!tells_apart(8, 10));
        assert!(tells_apart(2, 2));
        assert!(!tells_apart(1, 1), "one row proves nothing");
        assert!(!tells_apart(0, 0));
    }
}
