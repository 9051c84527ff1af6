//! A cron expression: its text, read and found fault with; the dates by croner; the clock changes by [`super::zone`].

use super::Fault;
use super::field::{Field, Written};
use super::zone;
use crate::model::Instant;
use croner::parser::CronParser;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Words for the whole expression.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
/// With five fields the second is 0, with fewer than seven the year is any.
const FIELDS: [Field; 7] =
    [Field::Second, Field::Minute, Field::Hour, Field::Day, Field::Month, Field::Weekday, Field::Year];
const SHAPE: &str = "expected five fields: minute, hour, day of the month, month, weekday; with a second before them, \
                     six; with a year behind them, too, seven";

/// Times by the calendar of a zone.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    zone: TimeZone,
    zone_name: String,
    pattern: croner::Cron,
    by_elapsed_time: bool,
}

impl Cron {
    /// Five fields; six with a second before them; seven with a year behind them; or a word such as `@hourly`.
    pub(super) fn parse(text: &str, zone: &str) -> Result<Cron, Fault> {
        let zone_name = zone.to_owned();
        let zone = TimeZone::get(zone).map_err(|_| Fault {
            span: 0..0,
            message: format!("`{zone}` is no known time zone"),
            expected: Some("write it as in Europe/Vienna or UTC".to_owned()),
        })?;
        let fields = fields(text)?;
        let by_elapsed_time = fields.iter().take(3).any(|(written, _)| *written == Kind::Star);
        let plain: Vec<&str> = fields.iter().map(|(_, plain)| plain.as_str()).collect();
        let pattern = CronParser::new().parse(&plain.join(" ")).map_err(|why| Fault {
            span: 0..text.len(),
            message: format!("`{text}` cannot be read: {why}"),
            expected: None,
        })?;
        Ok(Cron { text: text.to_owned(), zone, zone_name, pattern, by_elapsed_time })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The zone as it was named.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    pub(super) fn is_by_elapsed_time(&self) -> bool {
        self.by_elapsed_time
    }

    pub(super) fn next_after(&self, after: Instant) -> Option<Instant> {
        let next = |from: DateTime, including: bool| self.pattern.find_next_occurrence(&from, including).ok();
        if self.by_elapsed_time {
            zone::next_by_elapsed_time(&self.zone, after, &next)
        } else {
            zone::next_fixed(&self.zone, after, &next)
        }
    }
}

/// How a field is written, for cronie's question whether a job is one of fixed times.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Begins with a star.
    Star,
    Other,
}

/// Seven fields in plain numbers.
fn fields(text: &str) -> Result<Vec<(Kind, String)>, Fault> {
    let trimmed = text.trim();
    let start = text.len() - text.trim_start().len();
    let whole = start..start + trimmed.len();
    let fault = |span, message: String, expected: &str| {
        Err(Fault { span, message, expected: Some(expected.to_owned()) })
    };
    let mut expanded = trimmed;
    if trimmed.starts_with('@') {
        let word = trimmed.to_ascii_lowercase();
        match NICKNAMES.iter().find(|(name, _)| *name == word) {
            Some((_, meant)) => expanded = meant,
            None => {
                let known = "expected @hourly, @daily, @weekly, @monthly, @yearly, or five fields";
                return fault(whole, format!("`{trimmed}` is not known"), known);
            }
        }
    }
    let words: Vec<(usize, &str)> = words(expanded).map(|(at, word)| (start + at, word)).collect();
    let skipped = match words.len() {
        5 => 1,
        6 | 7 => 0,
        0 => return fault(0..text.len(), "nothing is said".to_owned(), SHAPE),
        found => {
            let plural = if found == 1 { "field" } else { "fields" };
            return fault(whole, format!("`{trimmed}` has {found} {plural}"), SHAPE);
        }
    };
    let mut found = if skipped == 1 { vec![(Kind::Other, "0".to_owned())] } else { Vec::new() };
    for ((at, text), field) in words.into_iter().zip(FIELDS.into_iter().skip(skipped)) {
        let kind = if text.starts_with('*') { Kind::Star } else { Kind::Other };
        found.push((kind, Written { field, text, at }.plain()?));
    }
    if found.len() < FIELDS.len() {
        found.push((Kind::Star, "*".to_owned()));
    }
    Ok(found)
}

/// The words of a text and where each begins.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(move |word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (String, String) {
        let fault = Cron::parse(text, "UTC").map(|_| ()).unwrap_err();
        (text.get(fault.span.clone()).unwrap_or_default().to_owned(), fault.to_string())
    }

    #[test]
    fn faults_point_at_what_is_wrong() {
        let check = |text: &str, at: &str, said: &str| {
            let (found, message) = fault(text);
            assert_eq!(found, at, "{text}: {message}");
            assert!(message.contains(said), "{text}: {message}");
        };
        check("60 0 * * *", "60", "`60` is no minute; expected 0 to 59");
        check("  0 24 * * *", "24", "`24` is no hour; expected 0 to 23");
        check("0 0 0 * *", "0", "`0` is no day of the month; expected 1 to 31");
        check("0 0 * 13 *", "13", "`13` is no month; expected 1 to 12 or jan to dec");
        check(
            "0 0 * * XYZ",
            "XYZ",
            "`XYZ` is no weekday; expected 0 to 7 (0 and 7 are Sunday) or sun to sat",
        );
        check("0 0 * * mon,foo", "foo", "`foo` is no weekday");
        check("15/0 * * * *", "0", "`0` is no step; expected a whole number from 1 on");
        check("*/ * * * *", " ", "`` is no step");
        check("30-10 * * * *", "30-10", "`30-10` ends before it begins; write it in two: 30-59,0-10");
        check("1,,2 * * * *", ",", "nothing stands between two commas");
        check("*,5 * * * *", "*", "stands beside other values");
        check("? * * * *", "?", "`?` is no minute");
        check("0 0 40W * *", "40", "`40` is no day");
        check("0 0 * * fri#6", "6", "`6` counts no weekday of a month; expected 1 to 5");
        check("xyz", "xyz", "`xyz` has 1 field; expected five fields");
        check("* * * *", "* * * *", "has 4 fields");
        check("1 2 3 4 5 6 7 8", "1 2 3 4 5 6 7 8", "has 8 fields");
        check("@reboot", "@reboot", "`@reboot` is not known; expected @hourly");
        check("", "", "nothing is said; expected five fields");
        check("-5 * * * *", "-", "a number is missing");
        check("5é * * * *", "5é", "`5é` is no minute");
        check("99999999 * * * *", "99999999", "is no minute");
        let zone = Cron::parse("@daily", "Vienna").map(|_| ()).unwrap_err().to_string();
        assert_eq!(zone, "`Vienna` is no known time zone; write it as in Europe/Vienna or UTC");
    }

    #[test]
    fn names_become_numbers() {
        let check = |text: &str, expected: &str| {
            let plain: Vec<String> = fields(text).unwrap().into_iter().map(|(_, plain)| plain).collect();
            assert_eq!(plain.join(" "), expected, "{text}");
        };
        check("0 0 * * fri-sun", "0 0 0 * * 5-7 *");
        check("0 0 * * Monday,7", "0 0 0 * * 1,7 *");
        check("0 0 ? Feb mon/2", "0 0 0 * 2 1-6/2 *");
        check("5/20 * * * *", "0 5-59/20 * * * * *");
        check("*/10 0 0 1,15 jan-MAR ?", "*/10 0 0 1,15 1-3 * *");
        check("0 0 LW * *", "0 0 0 LW * * *");
        check("0 0 14w * fril", "0 0 0 14W * 5#L *");
        check("@weekly", "0 0 0 * * 0 *");
        check("@Midnight", "0 0 0 * * * *");
        check("0 0 0 1 1 * 2030", "0 0 0 1 1 * 2030");
    }
}
