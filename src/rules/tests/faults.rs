//! Whole files with faults: everything is told at once, each with its place.

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
fn preferences_and_targets() {
    let text = r#"
by: service
objectives:
  - {require: p95(latency) <= 400ms, prefer: p95(latency) <= 400ms}
  - {require: p95(latency) <= 401ms, prefer: p95(latency) <= 500ms}
  - {require: p95(latency) <= 402ms, prefer: p99(latency) <= 300ms}
  - {require: p95(latency) <= 403ms, prefer: "< 300ms"}
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
        error: `prefer` must be stricter than `require`, which says 400ms
         --> a.yaml:4:62
          |
        4 |   - {require: p95(latency) <= 400ms, prefer: p95(latency) <= 400ms}
          |                                                              ^^^^^
          |
          = note: less than that

        error: `prefer` must be stricter than `require`, which says 401ms
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

        error: `prefer` must compare by `<=` as `require` does
         --> a.yaml:7:47
          |
        7 |   - {require: p95(latency) <= 403ms, prefer: "< 300ms"}
          |                                               ^ write `<=`

        error: `prefer` must compare by `<=` as `require` does
         --> a.yaml:8:47
          |
        8 |   - {require: p95(latency) <= 404ms, prefer: ">= 300ms"}
          |                                               ^^ write `<=`

        error: the comparison is missing
         --> a.yaml:9:46
          |
        9 |   - {require: p95(latency) <= 405ms, prefer: 300ms}
          |                                              ^^^^^ write "<= 300ms"

        error: `prefer` must be stricter than `require`, which says 99%
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

/// YAML itself: each a file of its own, for reading ends at the first fault.
#[test]
fn faults_of_yaml() {
    let shown: String = [
        "sla: x\nobjectives:\n\t- rows >= 1\n",
        "sla: x\n  by: y\n",
        "sla: Web: shop\n",
        "- rows >= 1\n",
        "rows >= 1\n",
        "where: \"x\" == 5\n",
        "where: `x y` == 5\n",
        "objectives:\n  - require: >= 1\n",
        "objectives:\n  - *.x\n",
        "objectives: [rows >= 1\n",
        "sla: \"x\nobjectives: [rows >= 1]\n",
        "objectives: !!seq [rows >= 1]\n",
        "? [a, b]\n: c\n",
        "objectives: [rows >= 1]\n...\nx: y\n",
        "%YAML 1.2\n---\nobjectives: [rows > x]\n",
        "sla: é\r\nobjectives:\r\n  - \"é\" \r\n",
    ]
    .iter()
    .map(|text| refused(text))
    .collect();
    insta::assert_snapshot!(shown, @r#"
        error: a tab indents this line
         --> a.yaml:3:1
          |
        3 |     - rows >= 1
          | ^^^^ YAML takes spaces only
          |
          = help: replace the tab with spaces

        error: not valid YAML: mapping values are not allowed in this context
         --> a.yaml:2:5
          |
        2 |   by: y
          |     ^
          |
          = help: is this line indented as the one that it belongs to?

        error: not valid YAML: mapping values are not allowed in this context
         --> a.yaml:1:9
          |
        1 | sla: Web: shop
          |         ^
          |
          = help: quote the value as a whole: sla: 'Web: shop'

        error: the rule file must be a mapping, found a list
         --> a.yaml:1:1
          |
        1 | - rows >= 1
          | ^^^^^^^^^^^ expected `key: value`

        error: the rule file must be a mapping, found a single value
         --> a.yaml:1:1
          |
        1 | rows >= 1
          | ^^^^^^^^^ expected `key: value`

        error: not valid YAML: invalid trailing content after double-quoted scalar
         --> a.yaml:1:12
          |
        1 | where: "x" == 5
          |            ^
          |
          = help: quote the value as a whole: where: '"x" == 5'

        error: not valid YAML: unexpected character: ``'
         --> a.yaml:1:8
          |
        1 | where: `x y` == 5
          |        ^
          |
          = help: quote the value as a whole: where: '`x y` == 5'

        error: not valid YAML: while scanning a block scalar, did not find expected
               comment or line break
         --> a.yaml:2:14
          |
        2 |   - require: >= 1
          |              ^
          |
          = help: quote the value as a whole: - require: '>= 1'

        error: not valid YAML: while parsing node, found unknown anchor
         --> a.yaml:2:5
          |
        2 |   - *.x
          |     ^
          |
          = help: quote the value as a whole: - '*.x'

        error: not valid YAML: while parsing a flow sequence, expected ',' or ']'
         --> a.yaml:2:1
          |
        2 |
          | ^
          |
          = help: `[` needs its `]`, and `{` its `}`

        error: not valid YAML: invalid indentation in quoted scalar
         --> a.yaml:1:6
          |
        1 | sla: "x
          |      ^
          |
          = help: a text that begins with a quote ends with the same quote

        error: a YAML tag has no meaning here
         --> a.yaml:1:13
          |
        1 | objectives: !!seq [rows >= 1]
          |             ^^^^^^^
          |
          = help: leave out the word that begins with `!`

        error: a key must be a word, found a list
         --> a.yaml:1:3
          |
        1 | ? [a, b]
          |   ^^^^^^
          |
          = help: a text that begins with `[` or `{` must be quoted as a whole: '[…'

        error: a second document begins here; a rule file is one document
         --> a.yaml:3:1
          |
        3 | x: y
          | ^
          |
          = help: put it into a file of its own

        error: expected a number, found `x`
         --> a.yaml:3:21
          |
        3 | objectives: [rows > x]
          |                     ^
          |
          = help: a value is a number; columns are not compared with columns

        error: unknown indicator `é`
         --> a.yaml:3:6
          |
        3 |   - "é"
          |      ^
          |
          = help: say what of the column: avg(é), p95(é), max(é)
        "#);
}

/// The caret stands under the fault however the text is quoted or folded.
#[test]
fn places_inside_of_texts() {
    for (written, at) in [
        ("rows >= x", "x"),
        ("'rows >= x'", "x"),
        ("\"rows >= x\"", "x"),
        ("\"row\\x73 >= x\"", "\"row\\x73 >= x\""),
        ("\"share(a == \\\"b\\\" or c == x) <= 1%\"", "x"),
        ("'share(a == ''b'' or c == x) <= 1%'", "x"),
        ("share(größe == x) <= 1%", "x"),
        (">-\n    share(a == 1\n      or b == x) <= 1%", "x"),
        ("|\n    share(a == 1\n      or b == x) <= 1%", "x"),
        ("share(a == 1\n      or b == x) <= 1%", "x"),
        ("\"share(a == 1 \\\n      or b == x) <= 1%\"", "x"),
    ] {
        let text = format!("objectives:\n  - {written}\n");
        let fault = &parse(&text, Path::new("a.yaml")).unwrap_err()[0];
        assert_eq!(&text[fault.span.clone()], at, "{text}");
    }
}

/// Very long lines are named, not drawn; and so is a place far away.
#[test]
fn places_too_far_to_draw() {
    let wide = format!("sla: {}\nobjectives: [rows >= 1]\nx: 1\n", "[".repeat(5_000));
    insta::assert_snapshot!(refused(&wide), @r"
        error: nested deeper than 64 levels
        --> a.yaml:1:261
        ");
    let far = format!("sla: x\n{}sla: y\nobjectives: [rows >= 1]\n", "# a comment\n".repeat(400));
    insta::assert_snapshot!(refused(&far), @r"
        error: the key `sla` is there twice
           --> a.yaml:402:1
            |
        402 | sla: y
            | ^^^ again here
            |
            = note: first here: line 1
        ");
}
