//! Conditions over a row: `latency > 500ms and not (route matches /^\/health/ or region in ["eu"])`.

use super::Fault;
use super::lexer::TokenKind;
use super::parser::{MAX_NESTING, Parser};
use super::quantity::Kind;
use crate::model::{Column, Comparison, Condition, Value};

impl Parser<'_> {
    /// A condition up to where it cannot go on.
    pub(super) fn condition(&mut self) -> Result<Condition, Fault> {
        let first = self.conjunction()?;
        if !self.is_word("or") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_word("or") {
            parts.push(self.conjunction()?);
        }
        Ok(Condition::Or(parts))
    }

    fn conjunction(&mut self) -> Result<Condition, Fault> {
        let first = self.negation()?;
        if !self.is_word("and") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_word("and") {
            parts.push(self.negation()?);
        }
        Ok(Condition::And(parts))
    }

    fn negation(&mut self) -> Result<Condition, Fault> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(Fault::new(
                self.peek().span.clone(),
                format!("nested deeper than {MAX_NESTING} levels"),
            ));
        }
        let condition = if self.takes_word("not") {
            Condition::Not(Box::new(self.negation()?))
        } else if self.is_sign('(') {
            self.take();
            let inner = self.condition()?;
            self.sign(')', "after the condition")?;
            inner
        } else {
            self.test()?
        };
        self.nesting -= 1;
        Ok(condition)
    }

    fn test(&mut self) -> Result<Condition, Fault> {
        if self.is_word("failed") {
            let span = self.take().span;
            return match self.peek().kind {
                TokenKind::Compare(_) => Err(Fault::new(span, "`failed` is a condition by itself").help(
                    "write `failed` or `not failed`; a column of that name stands in backticks: `failed`",
                )),
                _ => Ok(Condition::Failed),
            };
        }
        match &self.peek().kind {
            TokenKind::Word(_) | TokenKind::Name(_) => {}
            TokenKind::Number(_) | TokenKind::Text(_) | TokenKind::Clock(_) => {
                return Err(self
                    .unexpected("a column")
                    .help("the column stands on the left: latency > 500ms".to_owned()));
            }
            _ => return Err(self.unexpected("a condition such as latency > 500ms")),
        }
        let (column, span) = self.column()?;
        if let TokenKind::Compare(comparison) = self.peek().kind {
            self.take();
            return self.compared(column, comparison);
        }
        if self.takes_word("is") {
            let negated = self.takes_word("not");
            if !self.takes_word("missing") {
                return Err(self.unexpected("`missing`").help("write == to compare with a value"));
            }
            return Ok(not_if(negated, Condition::Missing(column)));
        }
        let negated = self.takes_word("not");
        if self.takes_word("in") {
            return Ok(not_if(negated, self.list(column)?));
        }
        if self.takes_word("matches") {
            let token = self.peek().clone();
            let TokenKind::Regex(pattern) = token.kind else {
                return Err(self.unexpected("a pattern between slashes such as /^api/"));
            };
            if let kind @ (Kind::Number(_) | Kind::Clock) = self.columns.kind(&column) {
                let what = if kind == Kind::Clock { "times of day" } else { "numbers" };
                return Err(Fault::new(span, format!("`{column}` holds {what}; a pattern matches text")));
            }
            self.take();
            return Ok(not_if(negated, Condition::Matches { column, pattern }));
        }
        let keyword = column.0.to_lowercase();
        if keyword != column.0 && ["not", "failed"].contains(&keyword.as_str()) {
            return Err(Fault::new(span, format!("`{column}` is no column with a comparison"))
                .expected(format!("write `{keyword}` in small letters")));
        }
        let wanted = format!("a comparison after `{column}`");
        Err(self.unexpected(&wanted).help("== != < <= > >=, in [..], matches /../, is missing".to_owned()))
    }

    fn compared(&mut self, column: Column, comparison: Comparison) -> Result<Condition, Fault> {
        let start = self.peek().span.start;
        let value = self.value(&column)?;
        let span = start..self.last_end();
        if matches!(value, Value::Text(_)) && !matches!(comparison, Comparison::Equal | Comparison::Unequal) {
            return Err(Fault::new(span, format!("a text is not compared by `{comparison}`"))
                .expected("only == and != compare texts"));
        }
        if let TokenKind::Compare(_) = self.peek().kind {
            return Err(self
                .unexpected("`and`, `or` or the end of the condition")
                .help("a range is two comparisons: a >= 1 and a < 5".to_owned()));
        }
        Ok(Condition::Compare { column, comparison, value })
    }

    fn list(&mut self, column: Column) -> Result<Condition, Fault> {
        let open = self.peek().span.clone();
        self.sign('[', "after `in`")?;
        let mut values = Vec::new();
        while !self.is_sign(']') {
            if !values.is_empty() {
                self.sign(',', "or `]` after a value")?;
            }
            values.push(self.value(&column)?);
        }
        let close = self.take().span;
        if values.is_empty() {
            return Err(Fault::new(open.start..close.end, "an empty list matches nothing"));
        }
        Ok(Condition::In { column, values })
    }
}

fn not_if(negated: bool, condition: Condition) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}
