//! Conditions → predicates: texts become tests, or questions about labels; numbers become edges.

use super::needs::Needs;
use super::resolve::{Named, Resolver, unreadable};
use super::{Limit, Predicate, Side, Spelling, StatusWords, Test, TestKind, TextTest, Unreadable};
use crate::model::{
    Column, ColumnMapping, Comparison, Condition, Dimension, Found, Quantity, Rational, Reading, Reason,
    RowKind, Value,
};
use regex::bytes::Regex;

impl Resolver<'_> {
    /// The failed rows, as a predicate.
    pub(super) fn failed(&mut self, by: &[usize], needs: &mut Needs) -> Result<Predicate, Unreadable> {
        if let Some((condition, _)) = &self.input.failed {
            return self.predicate(condition, by, needs);
        }
        match self.schema.rows_are {
            RowKind::Request => {}
            RowKind::Interval => {
                return unreadable(
                    Reason::NotMeasurable,
                    "a row stands for many requests, so it is not itself failed or not; use its counts",
                );
            }
            RowKind::Finished => {
                return unreadable(Reason::NotMeasurable, "the data holds finished figures, not requests");
            }
        }
        match &self.schema.status {
            Found::At(column) => Ok(Predicate::Test(self.status_digit(*column, needs))),
            Found::Absent => unreadable(
                Reason::MissingColumn,
                "no column tells which requests failed; say --failed 'CONDITION' or `input: status:`",
            ),
            Found::Ambiguous(message) => unreadable(Reason::Ambiguous, message.clone()),
        }
    }

    /// The digit of the status column.
    pub(super) fn status_digit(&mut self, column: usize, needs: &mut Needs) -> usize {
        let map = self.input.status.clone().unwrap_or_default();
        let words = StatusWords { map, kind: self.schema.status_kind };
        self.test(column, TestKind::Failed(words), needs)
    }

    fn test(&mut self, column: usize, what: TestKind, needs: &mut Needs) -> usize {
        needs.columns.push(column);
        let same = |test: &Test| {
            test.column == column
                && match (&test.what, &what) {
                    (TestKind::Failed(a), TestKind::Failed(b)) => a == b,
                    (TestKind::Text(a), TestKind::Text(b)) => a == b,
                    _ => false,
                }
        };
        let at = self.tests.iter().position(same).unwrap_or_else(|| {
            self.tests.push(Test { column, what });
            self.tests.len() - 1
        });
        needs.test(at, self.tests[at].what.answers())
    }

    /// A condition over rows of a table grouped by the schema's columns `by`.
    pub(super) fn predicate(
        &mut self,
        condition: &Condition,
        by: &[usize],
        needs: &mut Needs,
    ) -> Result<Predicate, Unreadable> {
        if let Some((column, test)) = self.text_test(condition)? {
            if let Some(at) = by.iter().position(|label| *label == column) {
                needs.columns.push(column);
                return Ok(Predicate::Label(at, test));
            }
            return Ok(Predicate::Test(self.test(column, TestKind::Text(test), needs)));
        }
        Ok(match condition {
            Condition::Failed => self.failed(by, needs)?,
            Condition::Compare { column, comparison, value } => {
                self.comparison(column, *comparison, value, needs)?
            }
            Condition::In { column, values } => {
                let parts: Result<_, _> = values
                    .iter()
                    .map(|value| self.comparison(column, Comparison::Equal, value, needs))
                    .collect();
                Predicate::Any(parts?)
            }
            Condition::Missing(column) => {
                let number = self.number_as_found(column, needs)?;
                Predicate::Missing(needs.edges(number, &[]))
            }
            Condition::Matches { column, .. } => {
                return unreadable(
                    Reason::NotMeasurable,
                    format!("`{column}` is no text, so `matches` cannot apply"),
                );
            }
            Condition::Not(inner) => Predicate::Not(Box::new(self.predicate(inner, by, needs)?)),
            Condition::And(parts) => Predicate::All(self.predicates(parts, by, needs)?),
            Condition::Or(parts) => Predicate::Any(self.predicates(parts, by, needs)?),
        })
    }

    fn predicates(
        &mut self,
        parts: &[Condition],
        by: &[usize],
        needs: &mut Needs,
    ) -> Result<Vec<Predicate>, Unreadable> {
        parts.iter().map(|part| self.predicate(part, by, needs)).collect()
    }

    /// A condition that asks about the text of one column only.
    fn text_test(&self, condition: &Condition) -> Result<Option<(usize, TextTest)>, Unreadable> {
        let spelling = |at: usize| {
            if self.schema.status.at() == Some(at) { Spelling::Folded } else { Spelling::Exact }
        };
        Ok(match condition {
            Condition::Compare { column, comparison, value: Value::Text(text) } => {
                let at = self.physical(column)?;
                let is = self.known_status(at, TextTest::Is(vec![text.clone()], spelling(at)));
                match comparison {
                    Comparison::Equal => Some((at, is)),
                    Comparison::Unequal => Some((at, TextTest::Not(Box::new(is)))),
                    _ => {
                        return unreadable(
                            Reason::NotMeasurable,
                            format!("`{column}`: text has no order; use == or !="),
                        );
                    }
                }
            }
            Condition::In { column, values } => {
                let texts: Option<Vec<String>> = values
                    .iter()
                    .map(|value| if let Value::Text(text) = value { Some(text.clone()) } else { None })
                    .collect();
                match texts {
                    Some(texts) => {
                        let at = self.physical(column)?;
                        Some((at, self.known_status(at, TextTest::Is(texts, spelling(at)))))
                    }
                    None => None,
                }
            }
            Condition::Matches { column, pattern } => {
                let at = self.physical(column)?;
                match Regex::new(pattern) {
                    Ok(pattern) => Some((at, TextTest::Matches(pattern))),
                    Err(error) => return unreadable(Reason::NotMeasurable, format!("/{pattern}/: {error}")),
                }
            }
            Condition::Missing(column) => match self.named(column)? {
                Named::Mapped(ColumnMapping::Between { .. }) => None,
                _ => Some((self.physical(column)?, TextTest::Blank)),
            },
            Condition::Not(inner) => {
                self.text_test(inner)?.map(|(column, test)| (column, TextTest::Not(Box::new(test))))
            }
            Condition::And(parts) => {
                self.same_column(parts)?.map(|(column, tests)| (column, TextTest::All(tests)))
            }
            Condition::Or(parts) => {
                self.same_column(parts)?.map(|(column, tests)| (column, TextTest::Any(tests)))
            }
            Condition::Failed | Condition::Compare { .. } => None,
        })
    }

    /// A blank status that `missing:` gives a meaning is known: it is none of the words.
    fn known_status(&self, column: usize, test: TextTest) -> TextTest {
        let meant = self.input.status.as_ref().is_some_and(|map| map.missing.is_some());
        if meant && self.schema.status.at() == Some(column) {
            TextTest::All(vec![TextTest::Not(Box::new(TextTest::Blank)), test])
        } else {
            test
        }
    }

    fn same_column(&self, parts: &[Condition]) -> Result<Option<(usize, Vec<TextTest>)>, Unreadable> {
        let mut found: Option<(usize, Vec<TextTest>)> = None;
        for part in parts {
            match (self.text_test(part)?, &mut found) {
                (Some((column, test)), None) => found = Some((column, vec![test])),
                (Some((column, test)), Some((known, tests))) if column == *known => tests.push(test),
                _ => return Ok(None),
            }
        }
        Ok(found)
    }

    fn comparison(
        &mut self,
        column: &Column,
        comparison: Comparison,
        value: &Value,
        needs: &mut Needs,
    ) -> Result<Predicate, Unreadable> {
        let (number, at) = match value {
            Value::Quantity(Quantity { value, dimension, .. }) => {
                (self.number(column, *dimension, needs)?, *value)
            }
            Value::Clock(seconds) => {
                (self.time_of_day(column, needs)?, Rational::integer(i64::from(*seconds)))
            }
            Value::Text(_) => {
                return unreadable(
                    Reason::NotMeasurable,
                    format!("`{column}` is compared with text and numbers"),
                );
            }
        };
        self.countable(number, at)?;
        let exceeds = |needs: &mut Needs, side| {
            let limit = Limit { at, side };
            Predicate::Exceeds { digit: needs.edges(number, &[limit]), limit }
        };
        let not = |predicate| Predicate::Not(Box::new(predicate));
        Ok(match comparison {
            Comparison::Above => exceeds(needs, Side::AtMost),
            Comparison::AtLeast => exceeds(needs, Side::Below),
            Comparison::AtMost => not(exceeds(needs, Side::AtMost)),
            Comparison::Below => not(exceeds(needs, Side::Below)),
            Comparison::Equal | Comparison::Unequal => {
                let equal =
                    Predicate::All(vec![exceeds(needs, Side::Below), not(exceeds(needs, Side::AtMost))]);
                if comparison == Comparison::Equal { equal } else { not(equal) }
            }
        })
    }

    fn time_of_day(&mut self, column: &Column, needs: &mut Needs) -> Result<usize, Unreadable> {
        if let Named::Mapped(ColumnMapping::Clock(_)) = self.named(column)? {
            return self.number(column, Dimension::Duration, needs);
        }
        let at = self.physical(column)?;
        let Reading::Time(format) = &self.schema.columns[at].reading else {
            return unreadable(
                Reason::NotMeasurable,
                format!("`{column}` holds no times, so it cannot be compared with a time of day"),
            );
        };
        let number = self.clock_number(column, at, format.clone());
        Ok(self.intern_number(number, needs))
    }
}
