//! Rule files as a whole: what they mean, what is said of wrong ones, and that nothing makes the parser panic.

mod examples;
mod faults;
mod fuzz;
mod inputs;
mod wrong_verdicts;

use super::*;
use crate::model::{
    Comparison, Dimension, GroupTarget, Indicator, Missing, NANOS, NoData, Preference, Quantity, Rational,
    Target,
};

/// A file that is good, with its warnings as text.
fn good(text: &str) -> (Agreement, String) {
    match parse(text, Path::new("rules/a.yaml")) {
        Ok(parsed) => (parsed.agreement, render(&parsed.warnings, Colour::Never)),
        Err(faults) => panic!("{text}\n{}", render(&faults, Colour::Never)),
    }
}

/// What is said of a file that is refused.
fn refused(text: &str) -> String {
    let faults = parse(text, Path::new("a.yaml")).expect_err(text);
    let shown = render(&faults, Colour::Never);
    for line in shown.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    shown
}

fn column(name: &str) -> crate::model::Column {
    crate::model::Column(name.to_owned())
}

/// The example of design.md, but for its calendar month.
const WEB_SHOP: &str = r#"# rules/web-shop.yaml
sla: Web shop, gold
description: What gold customers are promised
owner: shop team
by: service                          # or [customer, service]; one verdict per group found …
expect: [checkout, catalog]          # … and these must be there; one that is not is undecided
where: route != "/health"            # for the whole agreement
period: 1h
timezone: Europe/Vienna
source: requests
noun: sessions
objectives:
  - failure_rate <= 5%
  - avg(latency) <= 2s
  - violation_rate(latency > 500ms) <= 10%
  - name: checkout is quick
    description: The till must not wait
    require: p95(latency) <= 400ms
    prefer: p95(latency) <= 300ms    # not met: a warning. Same indicator, same direction, stricter, or an error
    where: service == "checkout"
    by: [service, region]            # an objective may group differently; [] is everything together
    targets:                         # first match wins
      - {group: {service: batch}, require: "<= 2s"}
      - {group: {service: api, region: eu}, require: p95(latency) < 350ms}
    min_samples: 100                 # fewer: undecided
    no_data: breached                # zero requests: undecided (default) | breached | met
    missing: ignore
    severity: critical
    runbook: https://wiki.example/checkout
"#;

#[test]
fn the_example_means_what_it_says() {
    let (agreement, warnings) = good(WEB_SHOP);
    // Nothing in it is a time of day.
    assert_eq!(warnings.matches("warning: ").count(), 1, "{warnings}");
    assert!(warnings.contains("warning: `timezone` has no effect: no column is a time of day"), "{warnings}");
    assert_eq!(agreement.name, "Web shop, gold");
    assert_eq!(agreement.description.as_deref(), Some("What gold customers are promised"));
    assert_eq!(agreement.owner.as_deref(), Some("shop team"));
    assert_eq!(agreement.by, [column("service")]);
    assert_eq!(agreement.expect, [["checkout"], ["catalog"]]);
    assert_eq!(agreement.filter.unwrap().1, "route != \"/health\"");
    assert_eq!(agreement.period, Period::Every(3_600 * NANOS));
    assert_eq!(agreement.timezone.as_deref(), Some("Europe/Vienna"));
    assert_eq!(agreement.source.as_deref(), Some("requests"));
    assert_eq!(agreement.noun, "sessions");
    assert!(!agreement.built_in);
    let lines: Vec<(&str, u32)> =
        agreement.objectives.iter().map(|one| (one.text.as_str(), one.origin.line)).collect();
    assert_eq!(
        lines,
        [
            ("failure_rate <= 5%", 13),
            ("avg(latency) <= 2s", 14),
            ("violation_rate(latency > 500ms) <= 10%", 15),
            ("p95(latency) <= 400ms", 18),
        ]
    );
    let short = &agreement.objectives[0];
    assert_eq!((short.min_samples, short.no_data, short.missing), (0, NoData::Undecided, Missing::Undecided));
    assert_eq!(short.origin.file.as_deref(), Some(Path::new("rules/a.yaml")));

    let seconds = |num, den, text: &str| Target {
        quantity: Quantity::new(Rational::new(num, den).unwrap(), Dimension::Duration),
        text: text.to_owned(),
    };
    let long = &agreement.objectives[3];
    assert_eq!(long.name.as_deref(), Some("checkout is quick"));
    assert_eq!(long.description.as_deref(), Some("The till must not wait"));
    assert_eq!(
        long.indicator,
        Indicator::Percentile { percent: Rational::integer(95), column: column("latency") }
    );
    assert_eq!((long.comparison, &long.target), (Comparison::AtMost, &seconds(2, 5, "400ms")));
    let preferred = Preference { comparison: Comparison::AtMost, target: seconds(3, 10, "300ms") };
    assert_eq!(long.prefer, Some(preferred));
    assert_eq!(long.filter.as_ref().unwrap().1, "service == \"checkout\"");
    assert_eq!(long.by.as_deref(), Some(&[column("service"), column("region")][..]));
    let target = |group: &[(&str, &str)], comparison, target, line| GroupTarget {
        group: group.iter().map(|(name, value)| (column(name), (*value).to_owned())).collect(),
        comparison,
        target,
        origin: Origin { file: Some("rules/a.yaml".into()), line },
    };
    assert_eq!(
        long.targets,
        [
            target(&[("service", "batch")], Comparison::AtMost, seconds(2, 1, "2s"), 23),
            target(&[("service", "api"), ("region", "eu")], Comparison::Below, seconds(7, 20, "350ms"), 24),
        ]
    );
    assert_eq!((long.min_samples, long.no_data, long.missing), (100, NoData::Breached, Missing::Ignore));
    assert_eq!(long.severity.as_deref(), Some("critical"));
    assert_eq!(long.runbook.as_deref(), Some("https://wiki.example/checkout"));
}

/// A preference points the same way, by a sign of its own; the same number is stricter where it shuts the target out.
#[test]
fn preferences() {
    for (require, prefer, comparison) in [
        ("max(x) <= 5", "< 3", Comparison::Below),
        ("max(x) < 5", "<= 3", Comparison::AtMost),
        ("max(x) <= 5", "max(x) < 5", Comparison::Below),
        ("min(x) >= 5", "> 5", Comparison::Above),
        ("min(x) > 5", ">= 6", Comparison::AtLeast),
    ] {
        let (agreement, _) = good(&format!("objectives: [{{require: {require}, prefer: '{prefer}'}}]"));
        let preferred = agreement.objectives[0].prefer.as_ref().unwrap();
        assert_eq!(preferred.comparison, comparison, "{require}, {prefer}");
    }
}

#[test]
fn what_is_not_said() {
    let (agreement, warnings) = good("objectives: [rows >= 1]");
    assert_eq!(warnings, "");
    assert_eq!(agreement.name, "a");
    assert_eq!(agreement.noun, "requests");
    assert_eq!(agreement.period, Period::All);
    assert_eq!(agreement.input, crate::model::InputMapping::default());
    assert!(agreement.by.is_empty() && agreement.expect.is_empty() && agreement.filter.is_none());
    assert_eq!(agreement.origin.file.as_deref(), Some(Path::new("rules/a.yaml")));
}

#[test]
fn expected_groups() {
    let expect = |text: &str| good(&format!("{text}\nobjectives: [rows >= 1]")).0.expect;
    assert_eq!(expect("by: service\nexpect: [a, {service: b}, [c]]"), [["a"], ["b"], ["c"]]);
    let two = "by: [customer, service]\nexpect:\n  - [x, a]\n  - {service: b, customer: y}";
    assert_eq!(expect(two), [["x", "a"], ["y", "b"]]);
    // W36, W49: text is text, with its case and, in quotes, its spaces.
    assert_eq!(
        expect("by: a\nexpect: [no, on, 1.0, \"null\", \"Api \", api]"),
        [["no"], ["on"], ["1.0"], ["null"], ["Api "], ["api"]]
    );
    assert_eq!(expect("by: a\nexpect: []"), Vec::<Vec<String>>::new());
}

#[test]
fn periods() {
    for (text, period) in [
        ("all", Ok(Period::All)),
        ("5m", Ok(Period::Every(300 * NANOS))),
        ("1h", Ok(Period::Every(3_600 * NANOS))),
        ("1d", Ok(Period::Every(86_400 * NANOS))),
        ("month", Err("calendar periods such as `month` are not built yet")),
        ("rolling 30d", Err("calendar periods such as `rolling 30d` are not built yet")),
        ("hourly", Err("expected a number, found `hourly`")),
        ("0s", Err("a length of time must be longer than zero")),
        ("30", Err("a length of time is a duration; `30` has no unit")),
    ] {
        match (parse_period(text), period) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
            (Err(found), Err(expected)) => assert!(found.starts_with(expected), "{text}: {found}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }
}

#[test]
fn options_of_the_command_line() {
    let (objective, warnings) = parse_objective_with_warnings("availability <= 99.9%", "--require").unwrap();
    assert_eq!(objective.origin, Origin::default());
    insta::assert_snapshot!(render(&warnings, Colour::Never), @r"
        warning: `<=` promises the bad side: this is good when it is high
         --> --require:1:14
          |
        1 | availability <= 99.9%
          |              ^^
          |
          = help: did you mean `>=`?
        ");
    insta::assert_snapshot!(render(&parse_objective("p95(latency <= 400", "--require").unwrap_err(), Colour::Never), @r"
        error: expected `)` after the column, found `<=`
         --> --require:1:13
          |
        1 | p95(latency <= 400
          |             ^^
        ");
    let faults = parse_objective("p95(wait_ms) <= 400", "--require").unwrap_err();
    insta::assert_snapshot!(render(&faults, Colour::Never), @r"
        error: a percentile of wait_ms is a duration; `400` has no unit
         --> --require:1:17
          |
        1 | p95(wait_ms) <= 400
          |                 ^^^
          |
          = help: write 400ms or 400s
        ");
    assert_eq!(parse_condition("not  failed", "--where").unwrap().1, "not failed");
    insta::assert_snapshot!(render(&parse_condition("region = eu", "--where").unwrap_err(), Colour::Never), @r"
        error: `=` is no comparison
         --> --where:1:8
          |
        1 | region = eu
          |        ^ write `==`
        ");
    assert_eq!(parse_duration(" 90s "), Ok(90 * NANOS));
    assert_eq!(
        parse_duration("90"),
        Err("a length of time is a duration; `90` has no unit; write 90ms or 90s".to_owned())
    );
    assert_eq!(parse_unit("ms").unwrap().name, "ms");
    assert!(parse_unit("msec").unwrap_err().starts_with("unknown unit `msec`; known are ns us ms s"));
}

#[test]
fn colours_only_when_asked() {
    let faults = parse("", Path::new("a.yaml")).unwrap_err();
    assert!(!render(&faults, Colour::Never).contains('\u{1b}'));
    assert!(render(&faults, Colour::Always).contains('\u{1b}'));
}

#[test]
fn places_are_told_in_lines_and_characters() {
    let faults = parse("sla: x\nwhere: größe = 5\nobjectives: [rows >= 1]", Path::new("a.yaml")).unwrap_err();
    assert_eq!((faults[0].line(), faults[0].column()), (2, 14));
}
