//! Finished figures: one row states the value, and it is taken as it is.

use super::gauge::{Fill, Fills, Gauge, Setting, exactly, quantity};
use super::phrase;
use super::view::View;
use crate::model::display::counted;
use crate::model::{Indicator, Measured, NANOS, Rational, Reason};
use crate::plan::Limit;

/// The value that a row states.
pub(super) struct Given<'a> {
    view: View<'a>,
    digit: usize,
    /// In billionths.
    sum: i128,
    /// The one code of a row with a value.
    code: Option<usize>,
    known: u64,
    unknown: u64,
}

impl<'a> Given<'a> {
    pub(super) fn new(view: View<'a>, sum: usize, digit: usize) -> Given<'a> {
        let missing = |code: usize| view.lens.table.is_missing(code, digit);
        let rows = |wanted: bool| {
            view.codes().filter(|(code, _)| missing(*code) == wanted).map(|(_, rows)| rows).sum()
        };
        let code = view.codes().map(|(code, _)| code).find(|code| !missing(*code));
        let (known, unknown) = (rows(false), rows(true));
        Given { view, digit, sum: view.sum(sum, |code| !missing(code)), code, known, unknown }
    }

    fn value(&self) -> Option<Rational> {
        (self.known == 1).then(|| Rational::new(self.sum, i128::from(NANOS))).flatten()
    }
}

impl Gauge for Given<'_> {
    fn samples(&self) -> u64 {
        self.known
    }

    fn missing(&self) -> u64 {
        self.unknown
    }

    fn obstacle(&self) -> Option<(Reason, String)> {
        (self.known + self.unknown > 1).then(|| {
            let rows = counted(self.known + self.unknown, "rows");
            (
                Reason::Ambiguous,
                format!(
                    "{rows} state a finished figure for this group; they cannot be combined: group by what tells them \
                     apart, or say a period"
                ),
            )
        })
    }

    fn within(&self, fills: Fills, limit: Limit) -> bool {
        let (low, high) = fills.rejected();
        // A rejected row, or a missing cell, may state anything.
        match (fills.missing, self.unknown) {
            _ if low > 0 => return true,
            _ if high > 0 => return false,
            (Fill::Low, 1..) => return true,
            (Fill::High, 1..) => return false,
            _ => {}
        }
        let lens = self.view.lens;
        self.code.is_some_and(|code| !lens.table.exceeds(lens.group, code, self.digit, limit))
    }

    fn exact(&self, _: &Setting) -> Option<Rational> {
        self.value()
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        exactly(self.value(), setting.promise)
    }

    fn sentence(&self, setting: &Setting) -> String {
        match self.value() {
            Some(value) => {
                let value = quantity(value, setting.promise);
                format!(
                    "the file states {}, {}",
                    phrase::value(value, setting.promise),
                    phrase::against(value, setting.promise)
                )
            }
            None => "the file states no value".to_owned(),
        }
    }

    fn notes(&self, setting: &Setting) -> Vec<String> {
        let mut notes = vec!["as the file states it; never recomputed".to_owned()];
        if matches!(setting.objective.indicator, Indicator::ViolationRate(_)) {
            notes.push("the file does not state the threshold of its violation rate".to_owned());
        }
        notes
    }
}
