//! Two reports made by hand.

use super::super::{Colour, example};
use super::*;
use crate::model::{Measured, Verdict};

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
