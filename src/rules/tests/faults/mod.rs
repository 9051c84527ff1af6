//! Whole files with faults: everything is told at once, each with its place.

mod targets;
mod yaml;

use super::*;

#[test]
fn all_faults_of_a_file_at_once() {
    let text = r#"# rüles
sla: Wéb shop
by: service
perod: 1h
period: month
timezone: Europe/Vienn
expect: [a, {region: b}, [c, d]]
noun: ""
where: route = "/heälth"
owner: [a, b]
objectives:
  - failure_rate <= 5
  - share(staté == "üp" && x = 5) >= 99%
  - "violation_rate(service-name == \"x\") <= 10%"
  - >-
    violation_rate(
       latency > 500)
    <= 10%
  - name: x
    requir: p95(latency) <= 400ms
  - name: y
  - require: p95(latency) <= 400ms
    no_data: breach
    missing: perhaps
    min_samples: 1e3
    by: [service, service]
  - [a, b]
  -
"#;
    insta::assert_snapshot!(refused(text), @r#"
        error: unknown key `perod`
         --> a.yaml:4:1
          |
        4 | perod: 1h
          | ^^^^^ did you mean `period`?

        error: calendar periods such as `month` are not built yet
         --> a.yaml:5:9
          |
        5 | period: month
          |         ^^^^^
          |
          = help: fixed lengths such as 1h or 1d work today, and so does `all`

        error: unknown time zone `Europe/Vienn`
         --> a.yaml:6:11
          |
        6 | timezone: Europe/Vienn
          |           ^^^^^^^^^^^^ did you mean `Europe/Vienna`?

        error: a group needs a value for each of service
         --> a.yaml:7:13
          |
        7 | expect: [a, {region: b}, [c, d]]
          |             ^^^^^^^^^^^ no `service`

        error: unknown key `region`
         --> a.yaml:7:14
          |
        7 | expect: [a, {region: b}, [c, d]]
          |              ^^^^^^
          |
          = help: known here: service

        error: a group needs a value for each of service
         --> a.yaml:7:26
          |
        7 | expect: [a, {region: b}, [c, d]]
          |                          ^^^^^^ 2 found

        error: `noun` is empty
         --> a.yaml:8:7
          |
        8 | noun: ""
          |       ^^
          |
          = help: say something or leave the key out

        error: `=` is no comparison
         --> a.yaml:9:14
          |
        9 | where: route = "/heälth"
          |              ^ write `==`

        error: `owner` must be a single value, found a list
          --> a.yaml:10:8
           |
        10 | owner: [a, b]
           |        ^^^^^^

        error: failure_rate is a percentage; `5` has no unit
          --> a.yaml:12:21
           |
        12 |   - failure_rate <= 5
           |                     ^
           |
           = help: write 5%

        error: `&&` is no comparison
          --> a.yaml:13:25
           |
        13 |   - share(staté == "üp" && x = 5) >= 99%
           |                         ^^ write `and`

        error: `-` splits this name in two
          --> a.yaml:14:21
           |
        14 |   - "violation_rate(service-name == \"x\") <= 10%"
           |                     ^^^^^^^^^^^^ not a plain word
           |
           = help: a column of that name stands in backticks: `service-name`; a text
                   in quotes

        error: `latency` is a duration; `500` has no unit
          --> a.yaml:17:18
           |
        17 |        latency > 500)
           |                  ^^^
           |
           = help: write 500ms or 500s

        error: unknown key `requir`
          --> a.yaml:20:5
           |
        20 |     requir: p95(latency) <= 400ms
           |     ^^^^^^ did you mean `require`?

        error: an objective needs `require`
          --> a.yaml:21:5
           |
        21 |   - name: y
           |     ^^^^^^^
           |
           = help: for example `require: p95(latency) <= 400ms`

        error: `no_data` cannot be `breach`
          --> a.yaml:23:14
           |
        23 |     no_data: breach
           |              ^^^^^^ did you mean `breached`?

        error: `missing` cannot be `perhaps`
          --> a.yaml:24:14
           |
        24 |     missing: perhaps
           |              ^^^^^^^ expected `undecided`, `ignore` or `bad`

        error: `min_samples` must be a whole number
          --> a.yaml:25:18
           |
        25 |     min_samples: 1e3
           |                  ^^^ digits only, such as 100

        error: `service` is in `by` twice
          --> a.yaml:26:19
           |
        26 |     by: [service, service]
           |                   ^^^^^^^

        error: an objective must be a line of text or a mapping, found a list
          --> a.yaml:27:5
           |
        27 |   - [a, b]
           |     ^^^^^^

        error: an objective is empty
          --> a.yaml:28:4
           |
        28 |   -
           |    ^
           |
           = help: say something or leave the key out
        "#);
}

#[test]
fn warnings_let_a_file_pass() {
    let text = r#"
by: service
expect: [a, b, a]
objectives:
  - failure_rate <= 5%
  - failure_rate <= 100%
  - availability <= 99.9%
  - {require: failure_rate <= 5.0%, by: [service]}
  - require: p95(latency) <= 400ms
    targets:
      - {group: {service: a}, require: "<= 1s"}
      - {group: {service: a}, require: "<= 2s"}
"#;
    insta::assert_snapshot!(good(text).1, @r#"
        warning: this group is expected twice
         --> rules/a.yaml:3:16
          |
        3 | expect: [a, b, a]
          |                ^

        warning: this target can never be missed
         --> rules/a.yaml:6:21
          |
        6 |   - failure_rate <= 100%
          |                     ^^^^
          |
          = help: an objective that cannot fail promises nothing

        warning: `<=` promises the bad side: this is good when it is high
         --> rules/a.yaml:7:18
          |
        7 |   - availability <= 99.9%
          |                  ^^
          |
          = help: did you mean `>=`?

        warning: this objective is there twice
         --> rules/a.yaml:8:5
          |
        5 |   - failure_rate <= 5%
          |     ------------------ first here
        ...
        8 |   - {require: failure_rate <= 5.0%, by: [service]}
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ again here

        warning: an entry above already holds for this group
          --> rules/a.yaml:12:9
           |
        12 |       - {group: {service: a}, require: "<= 2s"}
           |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: the first that matches wins: put the narrower group first
        "#);
}
