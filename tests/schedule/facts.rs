//! The facts of `cron.jsonl`, collected from the tests of other programs, against [`Schedule`].
//!
//! They agree except at changes of clocks. There, what cronie does holds (`cron.c`, "case 2: timeDiff is a medium-sized
//! positive number" and "case 3: timeDiff is a small or medium-sized negative num"): a job is one of fixed times unless
//! its hour or minute begins with `*`; fixed times that a clock skips run right after the gap, and those that it repeats
//! run the first time only.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;
use sla::schedule::Schedule;

/// Where the facts say otherwise than cronie does: expression, after, what the source says, what holds here.
const DECIDED: [(&str, &str, &str, &str); 4] = [
    // 02:30 is skipped on 11 March 2012: robfig waits a year for the next one, cronie runs it when the gap is over.
    ("0 30 2 11 Mar ?", "2012-03-11T00:00:00-0500", "2013-03-11T02:30:00-0400", "2012-03-11T03:00:00-0400"),
    // 02:00, too: robfig leaves that day out.
    ("0 0 2 * * ?", "2012-03-11T00:00:00-0500", "2012-03-12T02:00:00-0400", "2012-03-11T03:00:00-0400"),
    // 01:30 comes twice on 4 November 2012, and was done the first time: robfig runs it again, cronie does not.
    ("0 30 1 04 Nov ?", "2012-11-04T01:45:00-0400", "2012-11-04T01:30:00-0500", "2013-11-04T01:30:00-0500"),
    // 01:00, too.
    ("0 0 1 * * ?", "2012-11-04T01:00:00-0400", "2012-11-04T01:00:00-0500", "2012-11-05T01:00:00-0500"),
];

/// A time in any of the ways in which the facts are written. Their weekdays are not always right, and no part of them.
fn time(text: &str, zone: &TimeZone) -> Zoned {
    for format in ["%Y-%m-%dT%H:%M:%S%z"] {
        if let Ok(at) = Timestamp::strptime(format, text) {
            return at.to_zoned(zone.clone());
        }
    }
    let is_weekday = |word: &&str| !word.starts_with(|c: char| c.is_ascii_digit());
    let words: Vec<&str> = text.split(' ').collect();
    let words = if is_weekday(&words[0]) { &words[1..] } else { &words[..] };
    let rest = words.join(" ");
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%b %d %H:%M:%S %Y", "%b %d %H:%M %Y"];
    let wall = formats.iter().find_map(|format| DateTime::strptime(format, &rest).ok());
    wall.unwrap_or_else(|| panic!("{text}")).to_zoned(zone.clone()).unwrap()
}

fn nanos(at: &Zoned) -> i64 {
    i64::try_from(at.timestamp().as_nanosecond()).unwrap()
}

fn shown(at: i64, zone: &TimeZone) -> String {
    Timestamp::from_nanosecond(i128::from(at))
        .unwrap()
        .to_zoned(zone.clone())
        .strftime("%Y-%m-%dT%H:%M:%S%z")
        .to_string()
}

#[test]
fn every_fact_holds() {
    let (mut held, mut decided) = (0, 0);
    for line in include_str!("cron.jsonl").lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| fact[key].as_str().unwrap_or_default();
        let spec = text("spec");
        if text("kind") == "invalid" {
            assert!(Schedule::parse(spec, "UTC").is_err(), "{line}");
            held += 1;
            continue;
        }
        let name = if text("tz") == "local" { "UTC" } else { text("tz") };
        let zone = TimeZone::get(name).unwrap();
        let schedule = Schedule::parse(spec, name).unwrap_or_else(|fault| panic!("{line}: {fault}"));
        match text("kind") {
            "fires_at" => {
                let at = nanos(&time(text("at"), &zone));
                let fires = schedule.next_after(at - 1) == Some(at);
                assert_eq!(fact["fires"].as_bool(), Some(fires), "{line}");
            }
            "next" => {
                let next = schedule.next_after(nanos(&time(text("after"), &zone)));
                let next = next.map(|at| shown(at, &zone));
                let says = fact["next"].as_str().map(|next| shown(nanos(&time(next, &zone)), &zone));
                let own = DECIDED.iter().find(|(which, after, source, _)| {
                    *which == spec && *after == text("after") && *source == text("next")
                });
                let expected = own.map(|(.., holds)| shown(nanos(&time(holds, &zone)), &zone));
                decided += u32::from(own.is_some());
                assert_eq!(next, expected.or(says), "{line}");
            }
            kind => panic!("a fact of the kind {kind}"),
        }
        held += 1;
    }
    // One of the four stands there twice.
    assert_eq!((held, decided), (153, 5));
}
