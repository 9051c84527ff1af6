//! Preferences, and groups with targets of their own.

use super::*;

#[test]
fn preferences_and_targets() {
    let text = r#"
by: service
objectives:
  - {require: p95(latency) <= 400ms, prefer: p95(latency) <= 400ms}
  - {require: p95(latency) <= 401ms, prefer: p95(latency) <= 500ms}
  - {require: p95(latency) <= 402ms, prefer: p99(latency) <= 300ms}
  - {require: p95(latency) < 403ms, prefer: "<= 403ms"}
  - {require: p95(latency) <= 404ms, prefer: ">= 300ms"}
  - {require: p95(latency) <= 405ms, prefer: 300ms}
  - {require: availability >= 99%, prefer: availability >= 98%}
  - {require: availability == 99%, prefer: availability == 98%}
  - {require: max(x) <= 5, prefer: "<= 3ms"}
  - require: p95(latency) <= 406ms
    targets:
      - {group: {region: eu}, require: "<= 2s"}
      - {group: {service: a}, require: ">= 2s"}
      - {group: {service: b}, require: "<= 2"}
      - {group: {service: c}, require: p99(latency) <= 2s}
      - {group: {service: [d]}, require: "<= 2s"}
      - {group: {}, require: "<= 2s"}
      - {group: {service: e}}
      - {require: "<= 2s"}
      - "<= 2s"
      - {group: {service: f}, require: "<= 2s", prefer: "<= 1s"}
"#;
    insta::assert_snapshot!(refused(text), @r#"
        error: `prefer` must be stricter than `require`, which says <= 400ms
         --> a.yaml:4:62
          |
        4 |   - {require: p95(latency) <= 400ms, prefer: p95(latency) <= 400ms}
          |                                                              ^^^^^
          |
          = note: less than that

        error: `prefer` must be stricter than `require`, which says <= 401ms
         --> a.yaml:5:62
          |
        5 |   - {require: p95(latency) <= 401ms, prefer: p95(latency) <= 500ms}
          |                                                              ^^^^^
          |
          = note: less than that

        error: `prefer` must be about the same indicator as `require`
         --> a.yaml:6:46
          |
        6 |   - {require: p95(latency) <= 402ms, prefer: p99(latency) <= 300ms}
          |                                              ^^^^^^^^^^^^^^^^^^^^^
          |
          = help: `require` is p95(latency) <= 402ms; another indicator is an
                  objective of its own

        error: `prefer` must be stricter than `require`, which says < 403ms
         --> a.yaml:7:49
          |
        7 |   - {require: p95(latency) < 403ms, prefer: "<= 403ms"}
          |                                                 ^^^^^ less than that

        error: `require` compares by `<=`; `prefer` must point the same way
         --> a.yaml:8:47
          |
        8 |   - {require: p95(latency) <= 404ms, prefer: ">= 300ms"}
          |                                               ^^ write `<=`

        error: the comparison is missing
         --> a.yaml:9:46
          |
        9 |   - {require: p95(latency) <= 405ms, prefer: 300ms}
          |                                              ^^^^^ write "<= 300ms"

        error: `prefer` must be stricter than `require`, which says >= 99%
          --> a.yaml:10:60
           |
        10 |   - {require: availability >= 99%, prefer: availability >= 98%}
           |                                                            ^^^
           |
           = note: more than that

        error: an objective with == has nothing stricter to prefer
          --> a.yaml:11:57
           |
        11 |   - {require: availability == 99%, prefer: availability == 98%}
           |                                                         ^^

        error: `prefer` and `require` are in different units
          --> a.yaml:12:40
           |
        12 |   - {require: max(x) <= 5, prefer: "<= 3ms"}
           |                                        ^^^ `require` says 5

        error: `region` is not in `by`, so no group has it
          --> a.yaml:15:18
           |
        15 |       - {group: {region: eu}, require: "<= 2s"}
           |                  ^^^^^^
           |
           = help: `by` is `service`

        error: the objective compares by `<=`; this must point the same way
          --> a.yaml:16:41
           |
        16 |       - {group: {service: a}, require: ">= 2s"}
           |                                         ^^ write `<=`

        error: a percentile of latency is a duration; `2` has no unit
          --> a.yaml:17:44
           |
        17 |       - {group: {service: b}, require: "<= 2"}
           |                                            ^
           |
           = help: write 2ms or 2s

        error: the target of a group must be about the same indicator
          --> a.yaml:18:40
           |
        18 |       - {group: {service: c}, require: p99(latency) <= 2s}
           |                                        ^^^^^^^^^^^^^^^^^^
           |
           = help: write the comparison alone: "<= 2s"

        error: `service` must be a single value, found a list
          --> a.yaml:19:27
           |
        19 |       - {group: {service: [d]}, require: "<= 2s"}
           |                           ^^^

        error: `group` is empty
          --> a.yaml:20:17
           |
        20 |       - {group: {}, require: "<= 2s"}
           |                 ^^
           |
           = help: for all groups, change `require` of the objective

        error: an entry of targets needs `require`
          --> a.yaml:21:9
           |
        21 |       - {group: {service: e}}
           |         ^^^^^^^^^^^^^^^^^^^^^
           |
           = help: for example `require: "<= 2s"`

        error: an entry of targets needs `group`
          --> a.yaml:22:9
           |
        22 |       - {require: "<= 2s"}
           |         ^^^^^^^^^^^^^^^^^^

        error: an entry of targets must be a mapping, found a single value
          --> a.yaml:23:9
           |
        23 |       - "<= 2s"
           |         ^^^^^^^
           |
           = help: write {group: {service: batch}, require: "<= 2s"}

        error: unknown key `prefer`
          --> a.yaml:24:49
           |
        24 |       - {group: {service: f}, require: "<= 2s", prefer: "<= 1s"}
           |                                                 ^^^^^^
           |
           = help: known here: group, require
        "#);
}

#[test]
fn groups_that_cannot_be() {
    insta::assert_snapshot!(refused("expect: [a]\nobjectives: [rows >= 1]"), @r"
        error: `expect` names groups, but nothing is grouped
         --> a.yaml:1:9
          |
        1 | expect: [a]
          |         ^^^
          |
          = help: add `by: service`, or the columns that tell the groups apart
        ");
    insta::assert_snapshot!(refused("by: []\nexpect: [a]\nobjectives: [rows >= 1]"), @r"
        error: `expect` names groups, but `by` is empty
         --> a.yaml:2:9
          |
        2 | expect: [a]
          |         ^^^
        ");
    insta::assert_snapshot!(
        refused("by: [a, b]\nexpect: [x, [x], {a: x}, {a: x, b: y, c: z}, []]\nobjectives: [rows >= 1]"),
        @r"
        error: a group needs a value for each of a, b
         --> a.yaml:2:10
          |
        2 | expect: [x, [x], {a: x}, {a: x, b: y, c: z}, []]
          |          ^
          |
          = help: write a list: [a, b]

        error: a group needs a value for each of a, b
         --> a.yaml:2:13
          |
        2 | expect: [x, [x], {a: x}, {a: x, b: y, c: z}, []]
          |             ^^^ 1 found

        error: a group needs a value for each of a, b
         --> a.yaml:2:18
          |
        2 | expect: [x, [x], {a: x}, {a: x, b: y, c: z}, []]
          |                  ^^^^^^ no `b`

        error: unknown key `c`
         --> a.yaml:2:39
          |
        2 | expect: [x, [x], {a: x}, {a: x, b: y, c: z}, []]
          |                                       ^
          |
          = help: known here: a, b

        error: a group needs a value for each of a, b
         --> a.yaml:2:46
          |
        2 | expect: [x, [x], {a: x}, {a: x, b: y, c: z}, []]
          |                                              ^^ 0 found
        "
    );
    insta::assert_snapshot!(refused("by: a\nexpect: x\nobjectives: [rows >= 1]"), @r"
        error: `expect` must be a list, found a single value
         --> a.yaml:2:9
          |
        2 | expect: x
          |         ^
          |
          = help: one group per entry: expect: [checkout, catalog]
        ");
}
