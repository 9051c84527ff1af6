//! Writes the data sets of the benchmark: `generate DATASET ROWS FILE`.
//!
//! Invariant: the bytes depend on DATASET and ROWS only. A row is a pure function of its number, all arithmetic is on
//! integers (no libm, whose last digit differs between systems), and the seed is a constant. So two machines
//! compare the same files, and the shuffled file holds the very rows of the ordered one.

mod fleet;
mod random;
mod requests;
mod wide;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use random::Random;

const USAGE: &str = "usage: generate m|m-shuffled|m-1000|w|stray ROWS FILE";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [dataset, rows, file] = args.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let Ok(rows) = rows.parse::<u32>() else {
        eprintln!("not a number of rows: {rows}\n{USAGE}");
        return ExitCode::from(2);
    };
    let written = File::create(file).and_then(|f| {
        let mut out = BufWriter::with_capacity(1 << 20, f);
        write(dataset, rows, &mut out)?;
        out.flush()
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{file}: {e}");
            ExitCode::FAILURE
        }
    }
}

fn write(dataset: &str, rows: u32, out: &mut impl Write) -> io::Result<()> {
    let order: Box<dyn Iterator<Item = u32>> = match dataset {
        "m-shuffled" => Box::new(shuffled(rows).into_iter()),
        _ => Box::new(0..rows),
    };
    match dataset {
        "m" | "m-shuffled" => requests::write(&fleet::of(1), order, rows, out),
        "m-1000" => requests::write(&fleet::of(50), order, rows, out),
        "w" => wide::write(order, rows, out),
        "stray" => requests::write_stray(&fleet::of(1), order, rows, out),
        other => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("no data set {other}; {USAGE}"))),
    }
}

/// The numbers `0..rows` in random order (Fisher and Yates).
fn shuffled(rows: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows).collect();
    let mut random = Random::for_row(u64::MAX);
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last as u32 + 1) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(dataset: &str, rows: u32) -> String {
        let mut out = Vec::new();
        write(dataset, rows, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn shuffling_keeps_every_row() {
        let ordered = text("m", 1000);
        let shuffled = text("m-shuffled", 1000);
        assert_ne!(ordered, shuffled);
        let sorted = |t: &str| {
            let mut lines: Vec<String> = t.lines().map(String::from).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&ordered), sorted(&shuffled));
    }

    #[test]
    fn time_covers_the_whole_of_june() {
        let m = text("m", 720);
        assert!(m.lines().nth(1).unwrap().starts_with("2025-06-01T00:00:00Z,"));
        assert!(m.lines().last().unwrap().starts_with("2025-06-30T23:00:00Z,"));
    }
}
