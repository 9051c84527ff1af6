//! One field of a cron expression: read, told what is wrong with it, and written again as plain numbers.

use super::Fault;
use std::ops::Range;

/// What may stand in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
    Year,
}

/// From Sunday; 7 is Sunday, too.
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
/// From January.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Letters that are enough of a name.
const SHORT: usize = 3;

/// A field as it stands in the text.
pub(super) struct Written<'a> {
    pub(super) field: Field,
    pub(super) text: &'a str,
    /// Where it begins in the text.
    pub(super) at: usize,
}

impl Field {
    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Field::Second => "second",
            Field::Minute => "minute",
            Field::Hour => "hour",
            Field::Day => "day of the month",
            Field::Month => "month",
            Field::Weekday => "weekday",
            Field::Year => "year",
        }
    }

    fn range(self) -> (u16, u16) {
        match self {
            Field::Second | Field::Minute => (0, 59),
            Field::Hour => (0, 23),
            Field::Day => (1, 31),
            Field::Month => (1, 12),
            Field::Weekday => (0, 7),
            Field::Year => (1970, 2262),
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Field::Month => &MONTHS,
            Field::Weekday => &WEEKDAYS,
            _ => &[],
        }
    }

    fn expected(self) -> String {
        let (least, most) = self.range();
        match self {
            Field::Month => "expected 1 to 12 or jan to dec".to_owned(),
            Field::Weekday => "expected 0 to 7 (0 and 7 are Sunday) or sun to sat".to_owned(),
            _ => format!("expected {least} to {most}"),
        }
    }

    /// The last value that `N/step` reaches: Sunday is the first day, and not the last one again.
    fn end_of_steps(self) -> u16 {
        if self == Field::Weekday { 6 } else { self.range().1 }
    }
}

impl Written<'_> {
    /// The same field without names, and with the range that a step goes over.
    pub(super) fn plain(&self) -> Result<String, Fault> {
        let may_be_any = matches!(self.field, Field::Day | Field::Weekday);
        if self.text == "*" || (self.text == "?" && may_be_any) {
            return Ok("*".to_owned());
        }
        let mut at = self.at;
        let mut items = Vec::new();
        for item in self.text.split(',') {
            items.push(self.item(item, at)?);
            at += item.len() + 1;
        }
        Ok(items.join(","))
    }

    fn item(&self, item: &str, at: usize) -> Result<String, Fault> {
        let whole = at..at + item.len();
        if item.is_empty() {
            return Err(self.fault(whole.start..whole.start + 1, "nothing stands between two commas", None));
        }
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some((step, at + range.len() + 1))),
            None => (item, None),
        };
        if let Some((step, at)) = step
            && step.parse::<u16>().ok().is_none_or(|step| step == 0)
        {
            let span = at..at + step.len().max(1);
            let expected = "expected a whole number from 1 on, as in */15".to_owned();
            return Err(self.fault(span, &format!("`{step}` is no step"), Some(expected)));
        }
        let step = step.map(|(step, _)| step);
        if step.is_none()
            && let Some(special) = self.special(item, at)?
        {
            return Ok(special);
        }
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => {
                // Beside other values it would hide them; and as `*` it means no choice of days at all.
                let Some(step) = step else {
                    return Err(self.fault(
                        whole,
                        "`*` stands beside other values, and means all of them",
                        None,
                    ));
                };
                return Ok(format!("*/{step}"));
            }
            Some((from, to)) => {
                let (first, last) = (self.number(from, at)?, self.number(to, at + from.len() + 1)?);
                // `fri-sun` ends with the Sunday after.
                let last = if self.field == Field::Weekday && last == 0 && first > 0 { 7 } else { last };
                (first, last)
            }
            None => {
                let first = self.number(range, at)?;
                (first, if step.is_some() { self.field.end_of_steps().max(first) } else { first })
            }
        };
        if from > to {
            let span = at..at + range.len();
            let expected =
                format!("write it in two: {from}-{},{}-{to}", self.field.range().1, self.field.range().0);
            return Err(self.fault(span, &format!("`{range}` ends before it begins"), Some(expected)));
        }
        Ok(match step {
            Some(step) => format!("{from}-{to}/{step}"),
            None if from == to => from.to_string(),
            None => format!("{from}-{to}"),
        })
    }

    /// `L`, `LW`, `15W` of days; `5L` and `5#3` of weekdays.
    fn special(&self, item: &str, at: usize) -> Result<Option<String>, Fault> {
        let upper = item.to_ascii_uppercase();
        match self.field {
            Field::Day if upper == "L" || upper == "LW" => Ok(Some(upper)),
            Field::Day if upper.ends_with('W') => {
                let day = self.number(&item[..item.len() - 1], at)?;
                Ok(Some(format!("{day}W")))
            }
            Field::Weekday if item.contains('#') => {
                let (day, nth) = item.split_once('#').unwrap_or_default();
                let number = self.number(day, at)?;
                match nth.parse::<u8>() {
                    Ok(nth @ 1..=5) => Ok(Some(format!("{number}#{nth}"))),
                    _ => {
                        let span = at + day.len() + 1..at + item.len().max(day.len() + 2);
                        let expected = "expected 1 to 5, as in fri#3 for the third Friday".to_owned();
                        Err(self.fault(
                            span,
                            &format!("`{nth}` counts no weekday of a month"),
                            Some(expected),
                        ))
                    }
                }
            }
            Field::Weekday if upper.ends_with('L') && self.number(&item[..item.len() - 1], at).is_ok() => {
                let day = self.number(&item[..item.len() - 1], at)?;
                Ok(Some(format!("{day}#L")))
            }
            _ => Ok(None),
        }
    }

    fn number(&self, text: &str, at: usize) -> Result<u16, Fault> {
        let span = at..at + text.len().max(1);
        let (least, most) = self.field.range();
        let named = || {
            let word = text.to_ascii_lowercase();
            let is = |name: &&str| word.len() >= SHORT && (**name == word || name[..SHORT] == word);
            let place = self.field.names().iter().position(is)?;
            Some(least + u16::try_from(place).ok()?)
        };
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if is_digits { text.parse().ok() } else { named() };
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            _ => {
                let what = if text.is_empty() {
                    "a number is missing".to_owned()
                } else {
                    format!("`{text}` is no {}", self.field.name())
                };
                Err(self.fault(span, &what, Some(self.field.expected())))
            }
        }
    }

    #[expect(clippy::unused_self, reason = "reads as a sentence where it is called")]
    fn fault(&self, span: Range<usize>, message: &str, expected: Option<String>) -> Fault {
        Fault { span, message: message.to_owned(), expected }
    }
}
