//! W37, W40 to W44: when it happened, as far as fixed periods and bounds need it.

use crate::case::{Case, case};

/// Ten successes and a failure of `api`, at two times; the failure is on line 12.
fn among(id: &'static str, what: &'static str, success: &str, failure: &str) -> Case {
    let successes = format!("{success},api,success\n").repeat(10);
    case(id, what)
        .data(format!("ts,service,status\n{successes}{failure},api,failure\n"))
        .require("failure_rate <= 60%")
        .exits(3)
        .problem("bad_time", 12)
}

/// A success and a failure of `api`, at two times.
fn at(id: &'static str, what: &'static str, success: &str, failure: &str) -> Case {
    case(id, what).data(format!("ts,service,status\n{success},api,success\n{failure},api,failure\n"))
}

const RATE: &str = "failure_rate <= 5%";

pub(crate) fn cases() -> Vec<Case> {
    [naive(), epochs(), orders(), edges(), far(), strange(), open()].concat()
}

fn naive() -> Vec<Case> {
    let mut cases: Vec<Case> = ["UTC", "America/New_York", "Asia/Kolkata"]
        .into_iter()
        .map(|zone| {
            at("W37", "the machine's zone does not matter", "2025-03-30 01:30:00", "2025-03-30 02:30:00")
                .require(RATE)
                .with(&["--period", "1h"])
                .on_a_machine_in(zone)
                .exits(1)
                .result("2025-03-30T01", "met")
                .result("2025-03-30T02", "breached")
                .never("2025-03-30T02:00:00Z")
                .never("+00:00")
        })
        .collect();
    let naive = |what| at("W37", what, "2025-03-30 01:30:00", "2025-03-30 02:30:00").require(RATE);
    cases.extend([
        naive("a bound with a zone over times without one").with(&["--since", "2025-03-30T00:00:00Z"]).exits(2).says("--timezone"),
        naive("a bound back from now over times without a zone").with(&["--since", "30d"]).exits(2).says("--timezone"),
        naive("a bound written as the times are").with(&["--until", "2025-03-30T02:30"]).exits(0).counts("excluded", 1),
        naive("02:30 did not exist that night in Vienna")
            .with(&["--timezone", "Europe/Vienna", "--period", "1h"])
            .exits(3)
            .problem("bad_time", 3),
        at("W37", "02:30 came twice that night in Vienna", "2025-10-26 01:30:00", "2025-10-26 02:30:00")
            .require(RATE)
            .with(&["--timezone", "Europe/Vienna", "--period", "1h"])
            .exits(3)
            .problem("bad_time", 3),
        at("W37", "02:30 came twice that night in Vienna, each with its offset", "2025-10-26T02:30:00+02:00", "2025-10-26T02:30:00+01:00")
            .require(RATE)
            .with(&["--period", "1h"])
            .exits(1)
            .result("2025-10-26T00", "met")
            .result("2025-10-26T01", "breached"),
        at("W37", "one time with a zone, one without", "2025-03-30T01:30:00Z", "2025-03-30T02:30:00")
            .require("failure_rate <= 60%")
            .with(&["--period", "1h"])
            .exits(3),
        at("W37", "the same moment, written in two zones, is in one hour", "2025-03-30T05:30:00+05:30", "2025-03-29T20:15:00-04:00")
            .require("requests == 2")
            .with(&["--period", "1h"])
            .exits(0)
            .result("2025-03-30T00", "met"),
        naive("no zone is called so").with(&["--timezone", "Europe/Wien"]).exits(2).says("Europe/Wien"),
        case("W37", "a naive end and a start with its zone are no duration")
            .data("opened,closed,service\n2025-03-30T01:00:00Z,2025-03-30 03:00:00,api\n")
            .rules("sla: A\ninput:\n  columns:\n    reply: {from: opened, to: closed}\nobjectives: [max(reply) <= 1h]\n")
            .exits(3)
            .says("zone"),
    ]);
    cases
}

fn epochs() -> Vec<Case> {
    // 1735689600 is 2025-01-01T00:00:00Z, and 3,600 more an hour later.
    let mut cases: Vec<Case> = [("s", ""), ("ms", "000"), ("us", "000000"), ("ns", "000000000")]
        .into_iter()
        .map(|(unit, zeros)| {
            let what = String::leak(format!("an epoch in {unit}, by its magnitude"));
            at("W40", what, &format!("1735689600{zeros}"), &format!("1735693200{zeros}"))
                .require(RATE)
                .with(&["--period", "1h"])
                .exits(1)
                .result("2025-01-01T00:00:00Z", "met")
                .result("2025-01-01T01:00:00Z", "breached")
                .says("since 1970")
        })
        .collect();
    cases.extend([
        at(
            "W40",
            "milliseconds that are said to be seconds: the year 56,971",
            "1735689600000",
            "1735693200000",
        )
        .require("failure_rate <= 60%")
        .with(&["--time-format", "epoch s"])
        .exits(3)
        .says("data.csv, line 2"),
        at("W40", "seconds and milliseconds in one column", "1735689600", "1735693200000")
            .require("failure_rate <= 60%")
            .with(&["--period", "1h"])
            .exits(3),
        at("W40", "half a second", "1735689600.5", "1735693199.999")
            .require("requests == 2")
            .with(&["--period", "1h"])
            .exits(0),
        at("W40", "a number that is no moment", "12", "13")
            .require("failure_rate <= 60%")
            .with(&["--period", "1h"])
            .exits(3)
            .says("--time-format"),
    ]);
    cases
}

fn orders() -> Vec<Case> {
    vec![
        at("W41", "January or February, and a verdict for each day", "01/02/2025", "02/01/2025")
            .require("failure_rate <= 60%")
            .with(&["--period", "1d"])
            .exits(3)
            .result("*", "undecided ambiguous")
            .says("--time-format"),
        at("W41", "January or February, and a bound", "01/02/2025", "02/01/2025")
            .require("failure_rate <= 60%")
            .with(&["--since", "2025-01-15"])
            .exits(3)
            .says("--time-format"),
        at(
            "W41",
            "January or February does not matter to a verdict over everything",
            "01/02/2025",
            "02/01/2025",
        )
        .require("failure_rate <= 60%")
        .exits(0)
        .says("not settled"),
        at("W41", "a 31st proves the day first", "01/02/2025", "31/01/2025")
            .require(RATE)
            .with(&["--period", "1d"])
            .exits(1)
            .result("2025-02-01", "met")
            .result("2025-01-31", "breached")
            .says("day-first"),
        at("W41", "a 31st proves the month first", "01/02/2025", "01/31/2025")
            .require(RATE)
            .with(&["--period", "1d"])
            .exits(1)
            .result("2025-01-02", "met")
            .result("2025-01-31", "breached"),
        at("W41", "both orders in one column", "31/01/2025", "01/31/2025")
            .require("failure_rate <= 60%")
            .with(&["--period", "1d"])
            .exits(3),
        at("W41", "said to be the month first", "01/02/2025", "02/01/2025")
            .require(RATE)
            .with(&["--period", "1d", "--time-format", "%m/%d/%Y"])
            .exits(1)
            .result("2025-01-02", "met")
            .result("2025-02-01", "breached"),
        at("W41", "said to be the month first, and one cannot be", "01/02/2025", "31/01/2025")
            .require("failure_rate <= 60%")
            .with(&["--time-format", "%m/%d/%Y"])
            .exits(3)
            .says("data.csv, line 3"),
        case("W41", "the proof stands far down, behind thousands of dates that fit both")
            .data(format!("ts,status\n{}31/01/2025,failure\n", "01/02/2025,success\n".repeat(30_000)))
            .require(RATE)
            .with(&["--period", "1d"])
            .exits(1)
            .result("2025-02-01", "met")
            .result("2025-01-31", "breached"),
    ]
}

fn edges() -> Vec<Case> {
    let midnight = |what| {
        case("W42", what).data(
            "ts,status\n2025-05-31T23:59:59.999999999Z,success\n2025-06-01T00:00:00Z,failure\n2025-06-01T23:59:59.999Z,success\n2025-06-02T00:00:00Z,success\n",
        )
    };
    vec![
        midnight("a row at midnight is in the day that begins")
            .require("failures <= 0")
            .with(&["--period", "1d"])
            .exits(1)
            .result("2025-05-31", "met")
            .result("2025-06-01", "breached")
            .result("2025-06-02", "met"),
        midnight("each row is in one day")
            .require("requests <= 1")
            .with(&["--period", "1d"])
            .exits(1)
            .result("2025-06-01", "breached")
            .result("2025-05-31", "met"),
        midnight("since is in, until is out")
            .require("requests == 2")
            .with(&["--since", "2025-06-01", "--until", "2025-06-02"])
            .exits(0)
            .counts("rows", 4)
            .counts("excluded", 2)
            .measured("*", 2.0),
        midnight("a day before 1970 begins at its midnight, too")
            .file("old.csv", "ts,status\n1969-12-31T23:59:59Z,success\n1969-12-31T00:00:00Z,success\n")
            .require("requests <= 2")
            .with(&["--period", "1d", "--until", "1970-01-01"])
            .exits(0)
            .result("1969-12-31", "met"),
        midnight("an offset that moves a row over midnight")
            .file("east.csv", "ts,status\n2025-06-01T01:00:00+02:00,failure\n")
            .require("failures <= 0")
            .with(&["--period", "1d"])
            .exits(1)
            .result("2025-05-31", "breached"),
    ]
}

fn far() -> Vec<Case> {
    let far = |what| {
        case("W43", what).data(
            "ts,status\n2025-06-01T00:00:00Z,success\n1970-01-01T00:00:00Z,failure\n2099-01-01T00:00:00Z,failure\n2025-06-01T00:10:00Z,success\n",
        )
    };
    vec![
        far("outside of what was asked for: left out and counted")
            .require(RATE)
            .with(&["--since", "2025-06-01", "--until", "2025-06-02"])
            .exits(0)
            .counts("rows", 4)
            .counts("excluded", 2)
            .says("--since 2025-06-01")
            .says("--until 2025-06-02"),
        far("asked for everything: they count").require(RATE).exits(1),
        far("129 years of minutes are more than can be meant")
            .require(RATE)
            .with(&["--period", "1m"])
            .exits(3)
            .says("longer `period:`"),
        among("W43", "a year that no clock here reaches", "2025-06-01T00:00:00Z", "9999-12-31T00:00:00Z"),
        among("W43", "the year zero, as databases write it", "2025-06-01 00:00:00", "0000-00-00 00:00:00"),
    ]
}

fn strange() -> Vec<Case> {
    vec![
        at("W44", "24:00 is the next midnight", "2025-06-01T12:00:00Z", "2025-06-01T24:00:00Z")
            .require(RATE)
            .with(&["--period", "1d"])
            .exits(1)
            .result("2025-06-01", "met")
            .result("2025-06-02", "breached"),
        at("W44", "a leap second", "2025-06-01T12:00:00Z", "2016-12-31T23:59:60Z")
            .require("requests == 2")
            .exits(0),
        among("W44", "a second that is never one", "2025-06-01T12:00:00Z", "2025-06-01T12:00:61Z"),
        among("W44", "half past twenty-four", "2025-06-01T12:00:00Z", "2025-06-01T24:30:00Z"),
        among("W44", "a 29th of February that was none", "2025-06-01T12:00:00Z", "2025-02-29T12:00:00Z"),
        at("W44", "a 29th of February", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z")
            .require("requests == 2")
            .exits(0),
    ]
}

/// What lasts until now cannot have begun later.
fn open() -> Vec<Case> {
    vec![
        // The present of every case is 2025-06-08T06:00:00Z.
        case("W42", "a ticket from after now")
            .data("id,created_at,closed_at\n1,2025-06-01T00:00:00Z,2025-06-02T00:00:00Z\n2,2025-06-09T00:00:00Z,\n")
            .rules(
                "sla: A\ninput: {columns: {open_for: {from: created_at, to: closed_at, open: now}}}\nobjectives: [max(open_for) <= 9d]\n",
            )
            .exits(3)
            .problem("out_of_range", 3)
            .says("\"2025-06-09T00:00:00Z\" lies after now (2025-06-08T06:00:00Z)")
            .says("--now")
            .never("before its start"),
    ]
}
