//! What is no YAML, or not ours, and where faults are shown.

use super::*;

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
/// A key that is almost `objectives` is told once, not as a file without any, too.
#[test]
fn almost_objectives() {
    insta::assert_snapshot!(refused("sla: x\nobjectivs:\n  - failure_rate <= 5%\n"), @r"
    error: unknown key `objectivs`
     --> a.yaml:2:1
      |
    2 | objectivs:
      | ^^^^^^^^^ did you mean `objectives`?
    ");
}

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
