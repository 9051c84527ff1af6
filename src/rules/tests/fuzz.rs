//! No text makes the parser panic, hang or use up the stack.

use super::*;
use proptest::prelude::*;
use std::time::Instant;

/// Reads a text every way there is, and renders what is said.
fn survives(text: &str) {
    match parse(text, Path::new("fuzz.yaml")) {
        Ok(parsed) => {
            render(&parsed.warnings, Colour::Never);
            explain(&parsed.agreement);
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a word: {text:?}");
            render(&faults, Colour::Always);
        }
    }
}

fn survives_as_expression(text: &str) {
    if let Err(faults) = parse_objective(text, "--require") {
        render(&faults, Colour::Never);
    }
    if let Err(faults) = parse_condition(text, "--where") {
        render(&faults, Colour::Never);
    }
    let _ = (parse_duration(text), parse_period(text), parse_unit(text));
}

const WORDS: [&str; 72] = [
    "failure_rate",
    "availability",
    "violation_rate",
    "share",
    "avg",
    "p95",
    "p99.9",
    "ratio",
    "sum",
    "throughput",
    "apdex",
    "latency",
    "service",
    "status",
    "failed",
    "and",
    "or",
    "not",
    "in",
    "is",
    "missing",
    "matches",
    "<=",
    "<",
    ">=",
    ">",
    "==",
    "!=",
    "=",
    "(",
    ")",
    "[",
    "]",
    ",",
    "/",
    "/x/",
    "\"a\"",
    "'b'",
    "\"",
    "'",
    "`a b`",
    "`",
    "5",
    "5%",
    "400ms",
    "2s",
    "0.5",
    "-1",
    "06:00",
    "24:00",
    "1e3",
    ".nan",
    "µs",
    "é",
    "%",
    "sla:",
    "by:",
    "expect:",
    "where:",
    "period:",
    "input:",
    "objectives:",
    "require:",
    "prefer:",
    "targets:",
    "group:",
    "- ",
    "\n",
    "\n  ",
    ": ",
    "{",
    "}",
];

fn refused_of_any_width(text: &str) -> String {
    render(&parse(text, Path::new("a.yaml")).unwrap_err(), Colour::Never)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text(text in any::<String>()) {
        survives(&text);
        survives_as_expression(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_words(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..30), gap in "[ ]?") {
        let text = words.join(&gap);
        survives(&text);
        survives(&format!("objectives:\n  - {text}\n"));
        survives(&format!("objectives:\n  - require: >-\n      {text}\n"));
        survives_as_expression(&text);
    }

    /// A good file with some of its bytes changed, removed or doubled.
    #[test]
    fn a_good_file_with_faults(changes in prop::collection::vec((any::<prop::sample::Index>(), 0u8..3, any::<char>()), 1..6)) {
        let mut text: Vec<char> = WEB_SHOP.chars().collect();
        for (at, change, replacement) in changes {
            let at = at.index(text.len());
            match change {
                0 => text[at] = replacement,
                1 => { text.remove(at); }
                _ => text.insert(at, text[at]),
            }
        }
        survives(&text.iter().collect::<String>());
    }

    /// A good file that is cut off anywhere.
    #[test]
    fn a_good_file_cut_short(at in any::<prop::sample::Index>()) {
        survives(&WEB_SHOP.chars().take(at.index(WEB_SHOP.len())).collect::<String>());
    }
}

#[test]
fn depth_size_and_repetition_are_bounded() {
    let begin = Instant::now();
    let many = 100_000;
    let deep_block: String = (0..1_000).map(|level| " ".repeat(level) + "a:\n").collect();
    let bomb = "a: &a [1,2,3,4,5,6,7,8,9]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
    for (text, said) in [
        ("[".repeat(many), "nested deeper than 64 levels"),
        ("{a: ".repeat(many), "nested deeper than 64 levels"),
        ("- ".repeat(many), "nested deeper than 64 levels"),
        ("? ".repeat(many), "nested deeper than 64 levels"),
        (format!("objectives: {}", "[".repeat(many)), "nested deeper than 64 levels"),
        (deep_block, "nested deeper than 64 levels"),
        (bomb.to_owned(), "aliases repeat more than 1000 values"),
        ("a: &a {b: *a}".to_owned(), "stands inside what it repeats"),
        ("#".repeat((1 << 20) + 1), "larger than 1 MiB"),
        (format!("objectives: [rows >= {}]", "1".repeat(many)), "longer than 20000 bytes"),
        (
            format!("objectives: ['share({}failed) <= 1%']", "not ".repeat(4_000)),
            "nested deeper than 64 levels",
        ),
    ] {
        let shown = refused(&text);
        assert!(shown.contains(said), "{}\n{shown}", &text[..40.min(text.len())]);
    }
    // Wide is fine, and fast, up to a limit.
    let lines = |count: usize, indicator: &str| {
        let each: Vec<String> = (1..=count).map(|number| format!("- {indicator} >= {number}")).collect();
        format!("objectives:\n{}\n", each.join("\n"))
    };
    assert_eq!(good(&lines(40_000, "rows")).0.objectives.len(), 40_000);
    assert!(refused(&lines(50_000, "rows")).contains("more than 50000 values"));
    let faults = parse(&lines(10_000, "rwos"), Path::new("a.yaml")).unwrap_err();
    assert_eq!(faults.len(), 1_001);
    assert!(render(&faults, Colour::Never).contains("error: 9000 more from here on"));
    // A word as long as the file is shown by its beginning.
    let shown = refused_of_any_width(&format!("{}: 1\nobjectives: [rows >= 1]", "k".repeat(1_000_000)));
    assert!(shown.len() < 2_000, "{}", shown.len());
    let keys: Vec<String> = (0..24_000).map(|number| format!("k{number}: x")).collect();
    assert_eq!(parse(&keys.join("\n"), Path::new("a.yaml")).unwrap_err().len(), 1_001);
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("0".to_owned()),
        "[0-9]{1,3}",
        "[0-9]{1,20}",
        "[0-9]{1,4}\\.[0-9]{1,6}",
        "[0-9]{1,18}\\.[0-9]{1,18}"
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Every objective that can be read can be explained, and reads the same as it is written.
    #[test]
    fn objectives_of_any_numbers(
        head in prop::sample::select(&[
            "rows", "requests", "failures", "failure_rate", "availability", "violation_rate(latency > 500ms)",
            "share(a == 1)", "avg(latency)", "avg(x)", "min(x)", "max(x)", "sum(x)", "p95(x)", "p99.99(latency)",
            "p0.000001(x)", "ratio(sum(a), sum(b))", "throughput", "apdex(500ms)", "apdex(0.000000001s)",
        ][..]),
        sign in prop::sample::select(&["<=", "<", ">=", ">", "=="][..]),
        number in number(),
        unit in prop::sample::select(&["", "%", "ms", "s", "h", "MiB", "/s", "/d", "/ns"][..]),
        period in prop::sample::select(&["all", "1s", "90s", "1d", "3w"][..]),
    ) {
        let text = format!("{head} {sign} {number}{unit}");
        if let Ok(parsed) = parse(&format!("period: {period}\nobjectives: ['{text}']"), Path::new("a.yaml")) {
            let objective = &parsed.agreement.objectives[0];
            prop_assert_eq!(&objective.text, &text);
            let again = parse_objective(&objective.text, "again").unwrap();
            prop_assert_eq!(&again.indicator, &objective.indicator);
            prop_assert_eq!(&again.target, &objective.target);
            explain(&parsed.agreement);
        }
    }
}

/// A few aliases are useful, and allowed.
#[test]
fn aliases_within_reason() {
    let text = "by: service\nobjectives:\n  - require: p95(latency) <= 1s\n    targets: &t\n      - {group: {service: a}, require: <= 2s}\n  - require: p50(latency) <= 1s\n    targets: *t\n";
    let (agreement, _) = good(text);
    assert_eq!(agreement.objectives[0].targets, agreement.objectives[1].targets);
}
