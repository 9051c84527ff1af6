//! The rows of the table "ways to be silently wrong" that belong to rule files, by their ids.

use super::*;

/// A rule file that must be refused, with words of what is said; or one that must be warned about.
enum Answer {
    Refused(&'static str),
    Warned(&'static str),
}

const CASES: &[(&str, &str, Answer)] = &[
    (
        "W65",
        "objectives: [rows >= 1]\n---\nobjectives: [rows >= 2]\n",
        Answer::Refused("a second document begins here"),
    ),
    ("W65", "--- {}\n--- {objectives: [rows >= 2]}\n", Answer::Refused("a second document begins here")),
    ("W65", "sla: a\nsla: b\nobjectives: [rows >= 1]\n", Answer::Refused("the key `sla` is there twice")),
    (
        "W65",
        "objectives: [rows >= 1]\n\"objectives\": []\n",
        Answer::Refused("the key `objectives` is there twice"),
    ),
    (
        "W65",
        "objectives:\n  - {require: rows >= 1, require: rows >= 0}\n",
        Answer::Refused("the key `require` is there twice"),
    ),
    ("W65", "objectives: []\n", Answer::Refused("no objectives: nothing is promised")),
    ("W65", "objectives:\n", Answer::Refused("no objectives: nothing is promised")),
    ("W65", "objectives: ~\n", Answer::Refused("no objectives: nothing is promised")),
    ("W65", "sla: a\n", Answer::Refused("no objectives: nothing is promised")),
    ("W65", "rules: []\n", Answer::Refused("no objectives: nothing is promised")),
    ("W65", "", Answer::Refused("the rule file is empty")),
    ("W65", "# nothing but a comment\n", Answer::Refused("the rule file is empty")),
    ("W66", "objectives: [rows >= 1]\nwieght: 3\n", Answer::Refused("a.yaml:2:1")),
    ("W66", "objectives: [{require: rows >= 1, wher: failed}]\n", Answer::Refused("did you mean `where`?")),
    (
        "W66",
        "objectives: [{require: rows >= 1}]\ninput: {latncy: x}\n",
        Answer::Refused("did you mean `latency`?"),
    ),
    ("W66", "Objectives: [rows >= 1]\n", Answer::Refused("did you mean `objectives`?")),
    ("W67", "objectives: [max(x) <= .nan]\n", Answer::Refused("`.nan` is no number")),
    ("W67", "objectives: [max(x) <= NaN]\n", Answer::Refused("`NaN` is no number")),
    ("W67", "objectives: [max(x) <= .inf]\n", Answer::Refused("`.inf` is no number")),
    ("W67", "objectives: [max(x) <= -inf]\n", Answer::Refused("`-inf` is no number")),
    (
        "W67",
        "objectives: [{require: rows >= 1, min_samples: .nan}]\n",
        Answer::Refused("must be a whole number"),
    ),
    ("W68", "objectives: [availability <= 99.9]\n", Answer::Refused("promises the bad side")),
    ("W68", "objectives: [availability <= 99.9%]\n", Answer::Warned("promises the bad side")),
    ("W68", "objectives: [failure_rate >= 5%]\n", Answer::Warned("did you mean `<=`?")),
    (
        "W20",
        "objectives: [availability >= 0.999]\n",
        Answer::Refused("write 99.9% if you mean the share 0.999"),
    ),
    ("W20", "objectives: [availability >= 99.9]\n", Answer::Refused("write 99.9%")),
    ("W20", "objectives: [failure_rate <= 5]\n", Answer::Refused("write 5%")),
    ("W19", "objectives: [p95(latency) <= 500]\n", Answer::Refused("write 500ms or 500s")),
    ("W21", "objectives: ['availability >= 99,9%']\n", Answer::Refused("`99,9%` is no number")),
    ("W22", "objectives: ['max(x) <= 1,234']\n", Answer::Refused("`1,234` is no number")),
    (
        "W28",
        "objectives: [p95(p95(latency)) <= 2s]\n",
        Answer::Refused("an indicator of an indicator cannot be measured"),
    ),
    (
        "W27",
        "objectives: [avg(avg(latency)) <= 2s]\n",
        Answer::Refused("an indicator of an indicator cannot be measured"),
    ),
    ("W46", "\u{0}s\u{0}l\u{0}a\u{0}", Answer::Refused("error:")),
];

#[test]
fn none_passes_silently() {
    for (id, text, answer) in CASES {
        match answer {
            Answer::Refused(said) => {
                let shown = refused(text);
                assert!(shown.contains(said), "{id}: {text}\n{shown}");
            }
            Answer::Warned(said) => {
                let (_, warnings) = good(text);
                assert!(warnings.contains(said), "{id}: {text}\n{warnings}");
            }
        }
    }
}

/// W24, W25: a target is the fraction that its text says, not the float nearest to it.
#[test]
fn targets_are_exact() {
    for (text, num, den) in [
        ("availability >= 99.9%", 999, 1_000),
        ("avg(x) >= 99.9", 999, 10),
        ("failure_rate <= 0.1%", 1, 1_000),
        // W23: beyond 2^53.
        ("max(x) <= 9007199254740993", 9_007_199_254_740_993, 1),
        ("max(x) <= 9223372036854775808", 9_223_372_036_854_775_808, 1),
    ] {
        let (agreement, _) = good(&format!("objectives: ['{text}']"));
        assert_eq!(agreement.objectives[0].target.quantity.value, Rational::new(num, den).unwrap(), "{text}");
    }
}

/// W36: words that YAML 1.1 takes for booleans stay the words they are.
#[test]
fn yes_and_no_are_words() {
    let text = "sla: yes\nby: on\nexpect: [no, off, y]\ninput: {status: {column: ok, ok: [yes, on, true, 1], failed: [no, 0]}}\nobjectives: [rows >= 1]";
    let (agreement, _) = good(text);
    assert_eq!(agreement.name, "yes");
    assert_eq!(agreement.by, [column("on")]);
    assert_eq!(agreement.expect, [["no"], ["off"], ["y"]]);
    let status = agreement.input.status.unwrap();
    assert_eq!(
        (status.ok, status.failed),
        (["yes", "on", "true", "1"].map(str::to_owned).to_vec(), ["no", "0"].map(str::to_owned).to_vec(),)
    );
    assert!(refused("objectives: [{require: rows >= 1, no_data: no}]").contains("`no_data` cannot be `no`"));
}

/// W45: a byte order mark is no part of the first key, and shifts no column.
#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(good("\u{feff}sla: x\nobjectives: [rows >= 1]").0.name, "x");
    assert!(refused("\u{feff}sal: x\nobjectives: [rows >= 1]").contains("a.yaml:1:1"));
}
