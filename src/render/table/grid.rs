//! The rows of results in aligned columns: widths from the texts, long ones wrapped.

use super::super::Colour;
use super::super::caption::{self, Groups};
use super::super::text::{left, right, truncate, visible, width, wrap};
use crate::model::{Clock, RuleResult, Verdict};

/// Sentences below a row stand under its second column.
pub(super) const INDENT: usize = VERDICT + GAP.len();
const VERDICT: usize = 9;
const GAP: &str = "  ";
/// Group and objective are never narrower.
const NARROWEST: usize = 12;
/// A cell takes at most so many lines.
const MOST_LINES: usize = 4;

/// The texts of one result.
pub(super) struct Row {
    verdict: Verdict,
    /// Period, group, objective, measured, target.
    cells: [String; 5],
}

/// The columns, with those left out that say nothing.
pub(super) struct Grid {
    headers: [String; 5],
    widths: [usize; 5],
}

const PERIOD: usize = 0;
const GROUP: usize = 1;
const OBJECTIVE: usize = 2;
const MEASURED: usize = 3;
const TARGET: usize = 4;

impl Row {
    pub(super) fn new(result: &RuleResult, clock: &Clock, groups: &Groups) -> Row {
        let cells = [
            caption::period(result, clock),
            groups.of(result),
            caption::objective(result),
            caption::measured(result),
            caption::target(result),
        ];
        Row { verdict: result.verdict, cells: cells.map(|cell| visible(&cell).into_owned()) }
    }
}

impl Grid {
    /// Looks at the rows for their widths only: there may be too many to keep.
    pub(super) fn new(rows: impl Iterator<Item = Row>, groups: &Groups, columns: usize) -> Grid {
        let group = groups.header();
        let headers = ["period", &visible(&group), "objective", "measured", "target"].map(str::to_uppercase);
        let mut widths = [0; 5];
        let (mut group_word, mut objective_word) = (0, 0);
        for row in rows {
            let longest = |column: usize| row.cells[column].split(' ').map(width).max().unwrap_or(0);
            group_word = group_word.max(longest(GROUP));
            objective_word = objective_word.max(longest(OBJECTIVE));
            for (natural, cell) in widths.iter_mut().zip(&row.cells) {
                *natural = (*natural).max(width(cell));
            }
        }
        for (natural, header) in widths.iter_mut().zip(&headers) {
            if *natural > 0 {
                *natural = (*natural).max(width(header));
            }
        }
        let free = |widths: &[usize; 5]| {
            let gaps = widths.iter().filter(|width| **width > 0).count() * GAP.len();
            let others = VERDICT + widths[PERIOD] + widths[MEASURED] + widths[TARGET];
            columns.saturating_sub(others + gaps)
        };
        let (group, objective) = (widths[GROUP], widths[OBJECTIVE]);
        if group + objective > free(&widths) {
            widths[PERIOD] = widths[PERIOD].min("2025-06-01 18:00".len());
            widths[TARGET] = widths[TARGET].min(2 * NARROWEST);
            if free(&widths) < 2 * NARROWEST {
                widths[PERIOD] = widths[PERIOD].min("2025-06-01".len());
            }
            let free = free(&widths).max(2 * NARROWEST);
            // A half, or else what tears no word apart, of an objective rather than of a group.
            let most = if group_word + objective_word <= free { free - group_word } else { free };
            let least = (free / 2).min(most).max(objective_word).min(free - NARROWEST);
            widths[GROUP] = group.min(free - objective.min(least));
            widths[OBJECTIVE] = objective.min(free - widths[GROUP]);
        }
        Grid { headers, widths }
    }

    pub(super) fn header(&self) -> String {
        self.line(&left("VERDICT", VERDICT), &self.headers.each_ref().map(String::as_str))
    }

    pub(super) fn lines(&self, row: &Row, colour: Colour) -> Vec<String> {
        let wrapped: Vec<Vec<String>> =
            row.cells.iter().zip(self.widths).map(|(cell, width)| wrap(cell, width, MOST_LINES)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let word = row.verdict.word();
        let first = format!("{}{}", coloured(row.verdict, word, colour), " ".repeat(VERDICT - word.len()));
        let line_of = |line: usize| {
            let cells: [&str; 5] =
                std::array::from_fn(|column| wrapped[column].get(line).map_or("", String::as_str));
            self.line(if line == 0 { &first } else { "         " }, &cells)
        };
        (0..height).map(line_of).collect()
    }

    fn line(&self, first: &str, cells: &[&str; 5]) -> String {
        let mut line = first.to_owned();
        for (column, cell) in cells.iter().enumerate() {
            if self.widths[column] > 0 {
                line.push_str(GAP);
                let fill = if column == MEASURED { right } else { left };
                line.push_str(&fill(&truncate(cell, self.widths[column]), self.widths[column]));
            }
        }
        line
    }
}

/// A text in the colour of a verdict.
pub(in super::super) fn coloured(verdict: Verdict, text: &str, colour: Colour) -> String {
    let code = match (colour, verdict) {
        (Colour::Never, _) => return text.to_owned(),
        (Colour::Always, Verdict::Met) => "32",
        (Colour::Always, Verdict::Warning | Verdict::Undecided) => "33",
        (Colour::Always, Verdict::Breached) => "1;31",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
