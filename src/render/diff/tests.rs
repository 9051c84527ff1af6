//! Two reports made by hand.

use super::super::{Colour, example};
use super::*;
use crate::model::{Measured, Verdict, display};

/// As the example, with a met result that breaks its promise now, one that is slower, one new and one gone.
fn later() -> Report {
    let mut report = example::report();
    let broken = &mut report.results[0];
    broken.verdict = Verdict::Breached;
    broken.measured = Some(Measured::exact(example::ratio(7, 100)));
    report.results[3].measured = Some(Measured::exact(example::seconds(1, 2)));
    report.results[2] = example::result("basket");
    report.agreements[0].digest = "4567".into();
    report
}

#[test]
fn what_changed() {
    let (before, after) = (example::report(), later());
    let diff = compare((1, &before), (2, &after));
    let kinds: Vec<_> = diff.changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [Kind::Verdict, Kind::New, Kind::Measured, Kind::Gone]);
    assert_eq!((diff.same, diff.rules), (1, vec!["Web shop, gold"]));
    let same = compare((1, &before), (1, &before));
    assert_eq!((same.changes.len(), same.same, same.rules.len()), (0, 4, 0));
}

#[test]
fn for_people() {
    let (before, after) = (example::report(), later());
    let options = table::Options { width: 80, colour: Colour::Never };
    insta::assert_snapshot!(table::render(&compare((1, &before), (2, &after)), &options), @r"
    from run 1, 2025-06-08 06:00 UTC: breached
    to   run 2, 2025-06-08 06:00 UTC: breached
    the rules of Web shop, gold, or the options laid over them, are others

    other verdict (1)
      data-service: failure_rate <= 5%
        met, 1 % -> breached, 7 %

    other measurement (1)
      auth-service: avg(latency) <= 2s
        met, 297.34 ms -> met, 500 ms

    new (1)
      basket: failure_rate <= 5%
        met, 1 %

    gone (1)
      checkout: failure_rate <= 5%
        undecided

    1 result the same
    ");
}

/// A run that could read nothing took no promise out of the rules, and the same share of more requests is no riddle.
#[test]
fn what_is_unknown_is_not_gone() {
    let before = example::report();
    let mut after = example::report();
    after.results.clear();
    after.problems[0].severity = crate::model::Severity::Error;
    after.problems[0].message = "data.csv: no such file".into();
    let options = table::Options { width: 80, colour: Colour::Never };
    let diff = compare((1, &before), (2, &after));
    insta::assert_snapshot!(table::render(&diff, &options), @r"
    from run 1, 2025-06-08 06:00 UTC: breached
    to   run 2, 2025-06-08 06:00 UTC: breached
    run 2 knows nothing of Web shop, gold: data.csv: no such file

    only in run 1 (4)
      data-service: failure_rate <= 5%
        met, 1 %
      auth-service: failure_rate <= 5%
        breached, 10.22 %
      checkout: failure_rate <= 5%
        undecided
      auth-service: avg(latency) <= 2s
        met, 297.34 ms

    0 results the same, 4 only in one of them
    ");
    let value: serde_json::Value =
        serde_json::from_str(&example::written(|out| json::write(&diff, out))).unwrap();
    assert_eq!(value["unknown"][0]["why"], "data.csv: no such file");
    let mut more = example::report();
    more.results[0].samples += 1;
    let text = table::render(&compare((1, &before), (2, &more)), &options);
    let (old, new) = (before.results[0].samples, before.results[0].samples + 1);
    let expected =
        format!("    met, 1 % of {} -> met, 1 % of {}\n", display::count(old), display::count(new));
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn for_machines() {
    let (before, after) = (example::report(), later());
    let diff = compare((1, &before), (2, &after));
    let text = example::written(|out| csv::write(&diff, out));
    let expected = "verdict,\"Web shop, gold\",failure_rate <= 5%,service=data-service,,,met,breached,0.01,0.07,ratio,5%,\
                    shop/failure_rate/data-service";
    assert_eq!(text.lines().nth(1), Some(expected));
    let json = example::written(|out| json::write(&diff, out));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema"], "sla.diff/1");
    assert_eq!(value["changes"][3]["change"], "gone");
    assert_eq!(value["changes"][3]["before"]["verdict"], "undecided");
    assert_eq!(value["changes"][3]["after"], serde_json::Value::Null);
    assert_eq!(value["other_rules"][0], "Web shop, gold");
}
