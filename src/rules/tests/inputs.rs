//! `input:` and what it means for the rest of the file.

use super::*;
use crate::model::{
    ClockColumn, ColumnMapping, InputMapping, NumberColumn, OpenEnd, Outcome, StatusColumn, TimeColumn, Unit,
};

fn input(text: &str, objectives: &[&str]) -> InputMapping {
    good(&format!("input:\n{text}\nobjectives:\n  - {}\n", objectives.join("\n  - "))).0.input
}

fn time(column: &str, format: Option<&str>, timezone: Option<&str>) -> TimeColumn {
    TimeColumn {
        column: column.to_owned(),
        format: format.map(str::to_owned),
        timezone: timezone.map(str::to_owned),
    }
}

fn number(column: &str, unit: Option<&str>, gauge: bool) -> NumberColumn {
    NumberColumn { column: column.to_owned(), unit: unit.and_then(Unit::named), gauge }
}

#[test]
fn the_example_means_what_it_says() {
    let text = r#"
  time: {column: ts, format: "%d-%m-%Y %H:%M", timezone: Europe/Vienna}
  service: svc
  latency: {column: rt, unit: s}
  status: {column: outcome, ok: [up, "2xx"], failed: [down], ignore: [paused], missing: failed}
  requests: hits
  failures: errors
  columns:
    cpu: {column: cpu_pct, unit: "%", kind: gauge}
    first_reply: {from: created_at, to: replied_at, open: now}
    resolved: {from: created_at, to: closed_at, format: epoch s, timezone: UTC}
    finished: {column: end_time, kind: clock}
  key: [ts, svc, region]
  decimal: ","
"#;
    let found = input(text, &["share(finished > 06:00) <= 0%", "avg(cpu) <= 80%", "p95(first_reply) <= 4h"]);
    assert_eq!(
        found,
        InputMapping {
            time: Some(time("ts", Some("%d-%m-%Y %H:%M"), Some("Europe/Vienna"))),
            service: Some("svc".to_owned()),
            latency: Some(number("rt", Some("s"), false)),
            status: Some(StatusColumn {
                column: "outcome".to_owned(),
                ok: vec!["up".to_owned(), "2xx".to_owned()],
                failed: vec!["down".to_owned()],
                ignore: vec!["paused".to_owned()],
                missing: Some(Outcome::Failed),
            }),
            requests: Some("hits".to_owned()),
            failures: Some("errors".to_owned()),
            columns: vec![
                ("cpu".to_owned(), ColumnMapping::Number(number("cpu_pct", Some("%"), true))),
                (
                    "first_reply".to_owned(),
                    ColumnMapping::Between {
                        from: time("created_at", None, None),
                        to: time("replied_at", None, None),
                        open: OpenEnd::Now,
                    }
                ),
                (
                    "resolved".to_owned(),
                    ColumnMapping::Between {
                        from: time("created_at", Some("epoch s"), Some("UTC")),
                        to: time("closed_at", Some("epoch s"), Some("UTC")),
                        open: OpenEnd::Missing,
                    }
                ),
                (
                    "finished".to_owned(),
                    ColumnMapping::Clock(ClockColumn { time: time("end_time", None, None) })
                ),
            ],
            key: vec!["ts".to_owned(), "svc".to_owned(), "region".to_owned()],
            decimal_comma: true,
            ..InputMapping::default()
        }
    );
}

#[test]
fn short_forms() {
    let found = input("  time: ts\n  latency: rt\n  status: s\n  key: ts\n  decimal: \".\"", &["rows >= 1"]);
    assert_eq!(
        found,
        InputMapping {
            time: Some(time("ts", None, None)),
            latency: Some(number("rt", None, false)),
            status: Some(StatusColumn { column: "s".to_owned(), ..StatusColumn::default() }),
            key: vec!["ts".to_owned()],
            ..InputMapping::default()
        }
    );
    // Without a column the rest holds for whichever it is.
    let text = "  time: {format: epoch ms, timezone: utc}\n  latency: {unit: us}\n  failed: code >= 500 or code == 0";
    let found = input(text, &["rows >= 1"]);
    assert_eq!(found.time_format.as_deref(), Some("epoch ms"));
    assert_eq!(found.timezone.as_deref(), Some("UTC"));
    assert_eq!(found.latency_unit, Unit::named("us"));
    assert_eq!(found.failed.unwrap().1, "code >= 500 or code == 0");
}

#[test]
fn a_renamed_column_is_read_as_the_rules_use_it() {
    let text = "  columns: {weight: kg, size: {column: sz}, load: l, depth: d, region: r, tag: {column: t}}";
    let found = input(
        text,
        &[
            "max(weight) <= 5",
            "share(size > 3 or tag matches /x/) <= 1%",
            "ratio(sum(load), sum(requests)) <= 2",
            "{require: rows >= 1, where: \"not (depth in [1, 2]) and region == 'eu'\"}",
        ],
    );
    let kinds: Vec<(&str, bool)> = found
        .columns
        .iter()
        .map(|(name, mapping)| (name.as_str(), matches!(mapping, ColumnMapping::Number(_))))
        .collect();
    assert_eq!(
        kinds,
        [
            ("weight", true),
            ("size", true),
            ("load", true),
            ("depth", true),
            ("region", false),
            ("tag", false)
        ]
    );
}

#[test]
fn declared_columns_decide_about_units() {
    let text = "input:
  columns:
    cpu: {column: cpu_pct, unit: \"%\", kind: gauge}
    wait: {column: w, unit: us}
    memory: {column: m, unit: MB}
    reply: {from: a, to: b}
    finished: {column: e, kind: clock}
objectives:
  - avg(cpu) <= 80
  - max(wait) <= 5
  - p95(memory) <= 5ms
  - violation_rate(reply > 4) <= 1%
  - max(finished) <= 6h
  - share(finished > 6) <= 0%
";
    insta::assert_snapshot!(refused(text), @r"
        error: avg(cpu) is a percentage; `80` has no unit
         --> a.yaml:9:17
          |
        9 |   - avg(cpu) <= 80
          |                 ^^
          |
          = help: write 80%

        error: max(wait) is a duration; `5` has no unit
          --> a.yaml:10:18
           |
        10 |   - max(wait) <= 5
           |                  ^
           |
           = help: write 5ms or 5s

        error: a percentile of memory is a size; `5ms` is a duration
          --> a.yaml:11:20
           |
        11 |   - p95(memory) <= 5ms
           |                    ^^^ a size such as 10MB or 512KiB

        error: `reply` is a duration; `4` has no unit
          --> a.yaml:12:28
           |
        12 |   - violation_rate(reply > 4) <= 1%
           |                            ^
           |
           = help: write 4ms or 4s

        error: `finished` holds times of day, which have no max
          --> a.yaml:13:9
           |
        13 |   - max(finished) <= 6h
           |         ^^^^^^^^
           |
           = help: say how many may be late: share(finished > 06:00) <= 0%

        error: `finished` holds times of day
          --> a.yaml:14:22
           |
        14 |   - share(finished > 6) <= 0%
           |                      ^ a time such as 06:00
        ");
}

#[test]
fn faults_of_input() {
    let text = "input:
  time: {column: ts, format: \"%!\", timezone: Mars/Base}
  latency: {column: rt, unit: MB}
  service: [svc]
  status: {column: s, ok: [up, 1], failed: [Down, UP], missing: bad}
  failed: failed or code == 0
  requests: ''
  columns:
    latency: rt
    a: {column: c, unit: secs}
    b: {column: c, kind: clock, unit: s}
    c: {column: c, format: \"%Y\"}
    d: {from: x}
    e: {from: x, to: y, kind: gauge}
    f: {unit: s}
    g: [x]
    h: {column: c, open: now}
  key: [ts, ts]
  decimal: ;
  units: ms
objectives: [rows >= 1]
";
    insta::assert_snapshot!(refused(text), @r#"
        error: unknown time format: strftime formatting failed: found unrecognized
               specifier directive `!`
         --> a.yaml:2:30
          |
        2 |   time: {column: ts, format: "%!", timezone: Mars/Base}
          |                              ^^^^
          |
          = help: write for example "%d-%m-%Y %H:%M" for 31-05-2025 18:54

        error: unknown time zone `Mars/Base`
         --> a.yaml:2:46
          |
        2 |   time: {column: ts, format: "%!", timezone: Mars/Base}
          |                                              ^^^^^^^^^
          |
          = note: a name such as Europe/Vienna or UTC

        error: a latency is a duration; `MB` is none
         --> a.yaml:3:31
          |
        3 |   latency: {column: rt, unit: MB}
          |                               ^^ ns, us, ms, s, min or h

        error: `service` must be a single value, found a list
         --> a.yaml:4:12
          |
        4 |   service: [svc]
          |            ^^^^^

        error: the status `UP` is listed twice
         --> a.yaml:5:51
          |
        5 |   status: {column: s, ok: [up, 1], failed: [Down, UP], missing: bad}
          |                            -- first here          ^^ again here

        error: `missing` cannot be `bad`
         --> a.yaml:5:65
          |
        5 |   status: {column: s, ok: [up, 1], failed: [Down, UP], missing: bad}
          |                                                                 ^^^
          |
          = note: expected `ok`, `failed` or `ignore`

        error: `failed` stands instead of `status`, not beside it
         --> a.yaml:6:3
          |
        6 |   failed: failed or code == 0
          |   ^^^^^^
          |
          = help: keep one: the words of a column (`status`) or a condition
                  (`failed`)

        error: `failed` is defined by itself
         --> a.yaml:6:11
          |
        6 |   failed: failed or code == 0
          |           ^^^^^^^^^^^^^^^^^^^
          |
          = help: say it by columns: code >= 500

        error: `requests` is empty
         --> a.yaml:7:13
          |
        7 |   requests: ''
          |             ^^
          |
          = help: say something or leave the key out

        error: `latency` is a role, not a name for a column
         --> a.yaml:9:5
          |
        9 |     latency: rt
          |     ^^^^^^^
          |
          = help: write it under `input` itself: latency: …

        error: unknown unit `secs`
          --> a.yaml:10:26
           |
        10 |     a: {column: c, unit: secs}
           |                          ^^^^ did you mean `sec`?

        error: `unit` has no meaning here
          --> a.yaml:11:33
           |
        11 |     b: {column: c, kind: clock, unit: s}
           |                                 ^^^^ a time of day has no unit

        error: `format` has no meaning here
          --> a.yaml:12:20
           |
        12 |     c: {column: c, format: "%Y"}
           |                    ^^^^^^ only times have it: add `kind: clock`

        error: `d` needs `to`
          --> a.yaml:13:8
           |
        13 |     d: {from: x}
           |        ^^^^^^^^^

        error: `kind` has no meaning here
          --> a.yaml:14:25
           |
        14 |     e: {from: x, to: y, kind: gauge}
           |                         ^^^^
           |
           = note: a column with `from` and `to` is a duration already

        error: `f` needs `column`, or `from` and `to`
          --> a.yaml:15:8
           |
        15 |     f: {unit: s}
           |        ^^^^^^^^^

        error: `g` must be a single value, found a list
          --> a.yaml:16:8
           |
        16 |     g: [x]
           |        ^^^

        error: `open` belongs to a column with `from` and `to`
          --> a.yaml:17:20
           |
        17 |     h: {column: c, open: now}
           |                    ^^^^

        error: `ts` is in `key` twice
          --> a.yaml:18:13
           |
        18 |   key: [ts, ts]
           |             ^^

        error: `decimal` cannot be `;`
          --> a.yaml:19:12
           |
        19 |   decimal: ;
           |            ^ expected `.` or `,`

        error: unknown key `units`
          --> a.yaml:20:3
           |
        20 |   units: ms
           |   ^^^^^
           |
           = help: known here: time, service, latency, status, failed, requests,
                   failures, columns, key, decimal
        "#);
    for (format, said) in
        [("epoch", "epoch s"), ("epoch min", "epoch s"), ("YYYY-MM-DD", "no directive"), ("%", "unknown")]
    {
        let shown =
            refused(&format!("input: {{time: {{column: ts, format: '{format}'}}}}\nobjectives: [rows >= 1]"));
        assert!(shown.contains(said), "{shown}");
    }
}
