//! Values of the model as the database has them, there and back.

use super::error::Fault;
use crate::model::{Clock, Dimension, Instant, Rational, Shown, Unit, Verdict};
use jiff::{Timestamp, tz::TimeZone};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// The value that a word of the database stands for; `what` says what it is, and `parse` is its type's `from_word`.
pub(super) fn named<T>(word: &str, what: &str, parse: fn(&str) -> Option<T>) -> Result<T, Fault> {
    parse(word).ok_or_else(|| Fault::garbled(format!("`{word}` is no {what} that this version knows")))
}

pub(super) fn verdict(word: &str) -> Result<Verdict, Fault> {
    named(word, "verdict", Verdict::from_word)
}

pub(super) fn dimension(word: &str) -> Result<Dimension, Fault> {
    named(word, "dimension", Dimension::from_word)
}

/// What a quantity is shown in, as `binary` or `per min`; `None` where its size tells.
pub(super) fn shown_in(shown: Shown) -> Option<String> {
    match shown {
        Shown::BySize => None,
        Shown::Binary => Some("binary".to_owned()),
        Shown::Per(unit) => Some(format!("per {}", unit.unit().name)),
    }
}

/// What [`shown_in`] wrote.
pub(super) fn shown(word: Option<&str>) -> Result<Shown, Fault> {
    match word {
        None => Ok(Shown::BySize),
        Some("binary") => Ok(Shown::Binary),
        Some(word) => {
            let unit = word.strip_prefix("per ").and_then(Unit::named);
            unit.map(Shown::per).ok_or_else(|| Fault::garbled(format!("`{word}` is no unit to show")))
        }
    }
}

/// A fraction from its two decimal strings.
pub(super) fn rational(num: &str, den: &str) -> Result<Rational, Fault> {
    let parsed = num.parse().ok().zip(den.parse().ok()).and_then(|(num, den)| Rational::new(num, den));
    parsed.ok_or_else(|| Fault::garbled(format!("`{num}/{den}` is no fraction")))
}

/// A count as `SQLite` holds it.
pub(super) fn count(count: u64) -> Result<i64, Fault> {
    i64::try_from(count).map_err(|_| Fault::TooLarge(count))
}

/// The name of a clock's zone; `None` for data that names none.
pub(super) fn zone(clock: &Clock) -> Option<&str> {
    match clock {
        Clock::Naive => None,
        Clock::Zoned(name) => Some(name),
    }
}

/// The clock of a zone's name. A zone that is not known here is a fault: no other one is shown in its place.
pub(super) fn clock(zone: Option<String>) -> Result<Clock, Fault> {
    match zone {
        None => Ok(Clock::Naive),
        Some(zone) if TimeZone::get(&zone).is_ok() => Ok(Clock::Zoned(zone)),
        Some(zone) => Err(Fault::Zone(zone)),
    }
}

/// ISO 8601 to the nanosecond where there are some, with the offset from UTC where it is known.
pub(super) fn time(instant: Instant, clock: &Clock) -> String {
    let format = match clock {
        Clock::Naive => "%Y-%m-%dT%H:%M:%S%.f",
        Clock::Zoned(_) => "%Y-%m-%dT%H:%M:%S%.f%:z",
    };
    written(instant, clock, format)
}

/// `2025-06`
pub(super) fn month(instant: Instant, clock: &Clock) -> String {
    written(instant, clock, "%Y-%m")
}

fn written(instant: Instant, clock: &Clock, format: &str) -> String {
    let zone = zone(clock).and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    // An instant of 64 bits always is within what jiff can hold.
    Timestamp::from_nanosecond(i128::from(instant)).map_or_else(
        |_| instant.to_string(),
        |timestamp| timestamp.to_zoned(zone).strftime(format).to_string(),
    )
}

/// A list as JSON.
pub(super) fn list<T: serde::Serialize>(list: &[T]) -> Result<String, Fault> {
    serde_json::to_string(list).map_err(|why| Fault::garbled(why.to_string()))
}

/// JSON that [`list`] or [`labels`] wrote.
pub(super) fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Fault> {
    serde_json::from_str(json).map_err(|_| Fault::garbled(format!("`{json}` is not what belongs there")))
}

/// Column and value as a JSON object that keeps their order.
pub(super) fn labels(group: &[(String, String)]) -> Result<String, Fault> {
    let text = |text: &String| serde_json::to_string(text).map_err(|why| Fault::garbled(why.to_string()));
    let pairs = group.iter().map(|(column, value)| Ok(format!("{}:{}", text(column)?, text(value)?)));
    Ok(format!("{{{}}}", pairs.collect::<Result<Vec<_>, Fault>>()?.join(",")))
}

/// What [`labels`] wrote.
pub(super) struct Labels(pub(super) Vec<(String, String)>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Labels(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_another_version() {
        assert_eq!(verdict("met").unwrap(), Verdict::Met);
        let fault = verdict("splendid").unwrap_err().to_string();
        assert!(fault.starts_with("`splendid` is no verdict that this version knows"), "{fault}");
    }

    #[test]
    fn zones_of_another_version() {
        assert_eq!(clock(None).unwrap(), Clock::Naive);
        assert_eq!(clock(Some("Europe/Vienna".into())).unwrap(), Clock::Zoned("Europe/Vienna".into()));
        let fault = clock(Some("Mars/Olympus".into())).unwrap_err().to_string();
        assert!(fault.starts_with("its times are in the zone `Mars/Olympus`, which this version"), "{fault}");
    }

    #[test]
    fn units_there_and_back() {
        for (word, shown_as) in [
            (None, Shown::BySize),
            (Some("binary"), Shown::Binary),
            (Some("per min"), Shown::per(Unit::named("min").unwrap())),
        ] {
            assert_eq!(shown(word).unwrap(), shown_as);
            assert_eq!(shown_in(shown_as).as_deref(), word);
        }
        assert!(shown(Some("per fortnight")).is_err());
    }

    #[test]
    fn labels_keep_their_order() {
        let group = vec![("b".to_owned(), "\"'\u{1b}\n".to_owned()), ("a".to_owned(), String::new())];
        let json = labels(&group).unwrap();
        assert_eq!(json, r#"{"b":"\"'\u001b\n","a":""}"#);
        assert_eq!(read::<Labels>(&json).unwrap().0, group);
    }

    #[test]
    fn times() {
        // 1,749,322,440 s after 1970 is 2025-06-07T18:54:00Z.
        let instant = 1_749_322_440_000_000_000;
        assert_eq!(time(instant, &Clock::Naive), "2025-06-07T18:54:00");
        assert_eq!(time(instant + 5, &Clock::Zoned("UTC".into())), "2025-06-07T18:54:00.000000005+00:00");
        // Midnight of 1 June in Vienna is 22:00 of 31 May in UTC.
        let vienna = Clock::Zoned("Europe/Vienna".into());
        assert_eq!(month(1_748_728_800_000_000_000, &vienna), "2025-06");
        assert_eq!(month(1_748_728_800_000_000_000, &Clock::Naive), "2025-05");
    }
}
