//! Who and what broke promises: a bar for each, and how all of it is shared among kinds.

use super::{Figure, WIDTH, label};
use crate::model::display;
use crate::render::html::text::{place, short};
use crate::render::text::{truncate, visible};
use std::fmt::Write;

/// As many bars are drawn; the rest are one.
const MOST: usize = 15;
/// As many shares.
const MOST_SHARES: usize = 6;
const ROW: f64 = 18.0;
const NAMES: f64 = 130.0;

/// A count with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) name: String,
    pub(crate) count: u64,
}

/// One bar each, the longest first.
pub(crate) fn ranking(title: &str, what: &str, slices: &[Slice]) -> Figure {
    let slices = folded(slices, MOST);
    let longest = slices.iter().map(|slice| slice.count).max().unwrap_or(1).max(1);
    let room = WIDTH - NAMES - 40.0;
    let mut drawing = String::new();
    for (index, slice) in slices.iter().enumerate() {
        let y = ROW * index as f64;
        let width = (room * slice.count as f64 / longest as f64).max(1.0);
        drawing.push_str(&label(NAMES - 6.0, y + 13.0, "e", &fitted(&slice.name, 20)));
        let _ = write!(
            drawing,
            "<path class=\"fill b\" d=\"M{} {}h{}v{}h-{}z\"/>",
            place(NAMES),
            place(y + 4.0),
            place(width),
            place(ROW - 6.0),
            place(width)
        );
        drawing.push_str(&label(NAMES + width + 5.0, y + 13.0, "", &display::count(slice.count)));
    }
    figure(title, what, drawing, ROW * slices.len() as f64 + 4.0, &slices)
}

/// One bar for the whole, cut into shares that are named below it.
pub(crate) fn shares(title: &str, what: &str, slices: &[Slice]) -> Figure {
    let slices = folded(slices, MOST_SHARES);
    let total: u64 = slices.iter().map(|slice| slice.count).sum::<u64>().max(1);
    let mut drawing = String::new();
    let mut x = 0.0;
    for (index, slice) in slices.iter().enumerate() {
        let width = WIDTH * slice.count as f64 / total as f64;
        let _ = write!(
            drawing,
            "<path class=\"s{index}\" d=\"M{} 2h{}v16h-{}z\"/>",
            place(x),
            place((width - 1.0).max(0.5)),
            place((width - 1.0).max(0.5))
        );
        x += width;
        let y = 28.0 + ROW * index as f64;
        let _ = write!(drawing, "<path class=\"s{index}\" d=\"M0 {}h9v9h-9z\"/>", place(y));
        drawing.push_str(&label(15.0, y + 9.0, "", &fitted(&slice.name, 42)));
        let percent = slice.count as f64 / total as f64 * 100.0;
        drawing.push_str(&label(
            WIDTH - 2.0,
            y + 9.0,
            "e",
            &format!("{}  ({percent:.0} %)", display::count(slice.count)),
        ));
    }
    figure(title, what, drawing, 32.0 + ROW * slices.len() as f64, &slices)
}

/// The first ones, and the rest as one.
fn folded(slices: &[Slice], most: usize) -> Vec<Slice> {
    if slices.len() <= most {
        return slices.to_vec();
    }
    let (first, rest) = slices.split_at(most - 1);
    let mut folded = first.to_vec();
    let count = rest.iter().map(|slice| slice.count).sum();
    folded.push(Slice { name: format!("{} others", display::count(rest.len() as u64)), count });
    folded
}

/// A name that fits beside its bar; letters of double width count as two.
fn fitted(name: &str, columns: usize) -> String {
    truncate(&visible(&short(name, 80)), columns)
}

fn figure(title: &str, what: &str, drawing: String, height: f64, slices: &[Slice]) -> Figure {
    let said: Vec<String> = slices
        .iter()
        .take(3)
        .map(|slice| format!("{} {}", short(&slice.name, 40), display::count(slice.count)))
        .collect();
    let mut table = vec![vec![what.to_owned(), "breaches".to_owned()]];
    table.extend(slices.iter().map(|slice| vec![short(&slice.name, 80), display::count(slice.count)]));
    Figure {
        title: title.to_owned(),
        description: format!("Most of them: {}.", said.join(", ")),
        height,
        drawing,
        caption: String::new(),
        table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_are_one() {
        let slices: Vec<Slice> = (0..5).map(|i| Slice { name: format!("n{i}"), count: 10 - i }).collect();
        let found = folded(&slices, 3);
        assert_eq!(found.len(), 3);
        // 8 + 7 + 6.
        assert_eq!(found[2], Slice { name: "3 others".into(), count: 21 });
        assert_eq!(folded(&slices, 5), slices);
    }
}
