//! Series made by hand.

use super::super::{Colour, example};
use super::*;
use crate::model::{Clock, Measured, ResultPeriod, Series, SeriesPoint, Verdict};

const DAY: i64 = 86_400_000_000_000;
/// 2025-05-30T00:00
const START: i64 = 20_238 * DAY;

/// One point per percentage of failures, a day each.
fn days(failures: &[i128]) -> Series {
    let about = example::result("checkout").about;
    let points = (0..).zip(failures).map(|(day, percent)| SeriesPoint {
        run: 7,
        now: 0,
        revision: 1,
        about: about.clone(),
        period: ResultPeriod {
            from: Some(START + day * DAY),
            to: Some(START + (day + 1) * DAY),
            complete: day > 0,
        },
        span: None,
        clock: Clock::Naive,
        month: if day < 2 { "2025-05".into() } else { "2025-06".into() },
        verdict: if *percent > 5 { Verdict::Breached } else { Verdict::Met },
        measured: Some(Measured::exact(example::ratio(*percent, 100))),
        samples: 100,
        bad: Some(1),
        allowed: Some(5),
    });
    Series {
        agreement: "Web shop".into(),
        scope: vec![],
        service: "checkout".into(),
        points: points.collect(),
    }
}

const OPTIONS: table::Options = table::Options { width: 80, colour: Colour::Never };

#[test]
fn a_row_per_period() {
    // Between 0 % and 8 % a bar is 1 % high.
    insta::assert_snapshot!(table::render(&[days(&[0, 3, 8])], &OPTIONS), @r"
    Web shop
      PERIOD             VERDICT   MEASURED  TARGET  RUN
    checkout: failure_rate <= 5%  ▁▄█
      2025-05-30 (part)  met            0 %  <= 5%     7
      2025-05-31         met            3 %  <= 5%     7
      2025-06-01         breached       8 %  <= 5%     7
    ");
}

#[test]
fn a_row_per_month_where_there_are_many() {
    let mut failures = vec![1; 26];
    (failures[3], failures[9]) = (8, 6);
    insta::assert_snapshot!(table::render(&[days(&failures)], &OPTIONS), @r"
    Web shop
      PERIOD   VERDICT        MEASURED  TARGET  RUN
    checkout: failure_rate <= 5%  ▁▁▁█▁▁▁▁▁▆▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
      2025-05  met 2/2             1 %  <= 5%     7  ▁▁
      2025-06  breached 2/24       8 %  <= 5%     7  ▁█▁▁▁▁▁▆▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁

    A row per month: its worst value, how many of its periods have that verdict, and
    its trend.
    ");
}

#[test]
fn nothing_measured_and_one_value() {
    let mut series = days(&[4, 4, 4]);
    series.points[1].measured = None;
    series.points[1].verdict = Verdict::Undecided;
    series.points[1].period = ResultPeriod::WHOLE;
    series.points[1].span = Some((START, START + 9 * DAY));
    series.points[2].period = ResultPeriod::WHOLE;
    let text = table::render(&[series], &OPTIONS);
    assert!(text.contains("failure_rate <= 5%  ▄·▄\n"), "{text}");
    assert!(text.contains("\n  2025-05-30 to 2025-06-08  undecided         -  <= 5%     7\n"), "{text}");
    assert!(text.contains("\n  checked 1970-01-01 00:00  met             4 %  <= 5%     7\n"), "{text}");
}

#[test]
fn every_line_fits_and_no_name_steers_the_terminal() {
    let mut failures = vec![1; 400];
    failures[7] = 9;
    let mut series = days(&failures);
    for point in &mut series.points {
        let about = std::sync::Arc::make_mut(&mut point.about);
        about.group[0].1 = format!("evil\u{1b}[2J{}", "long".repeat(40));
        point.month = "2025-06".into();
    }
    let text = table::render(&[series.clone(), days(&failures)], &OPTIONS);
    assert!(text.lines().all(|line| super::super::text::width(line) <= 80), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    let coloured = table::render(&[days(&[9])], &table::Options { colour: Colour::Always, ..OPTIONS });
    assert!(coloured.contains("\u{1b}[1;31mbreached\u{1b}[0m  "), "{coloured:?}");
}

#[test]
fn for_machines() {
    let mut series = days(&[8]);
    series.agreement = "=cmd()".into();
    let text = example::written(|out| csv::write(std::slice::from_ref(&series), out));
    let expected = "'=cmd(),checkout,failure_rate <= 5%,service=checkout,2025-05-30T00:00,2025-05-31T00:00,false,,,\
                    breached,0.08,0.05,ratio,false,100,1,5,7,1,,shop/failure_rate/checkout";
    assert_eq!(text.lines().nth(1), Some(expected));
    let json = example::written(|out| json::write(&[series], out));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema"], "sla.history/1");
    assert_eq!(value["series"][0]["group"]["service"], "checkout");
    assert_eq!(value["series"][0]["periods"][0]["measured"], 0.08);
    assert_eq!(value["series"][0]["periods"][0]["from"], "2025-05-30T00:00");
}

/// In sixty columns targets and periods take several lines, and of runs the numbers do.
#[test]
fn narrow_terminals() {
    let narrow = table::Options { width: 60, ..OPTIONS };
    let mut series = days(&[8, 3]);
    for point in &mut series.points {
        point.period = ResultPeriod::WHOLE;
        point.span = Some((START, START + 9 * DAY));
        std::sync::Arc::make_mut(&mut point.about).target_text = "<= 5% or so, as was agreed in May".into();
    }
    let text = table::render(&[series], &narrow);
    insta::assert_snapshot!(text, @r"
    Web shop
      PERIOD            VERDICT   MEASURED  TARGET           RUN
    checkout: failure_rate <= 5%  █▁
      2025-05-30 00:00  breached       8 %  <= 5% or so, as    7
      to 2025-06-08                         was agreed in
      00:00                                 May
      2025-05-30 00:00  met            3 %  <= 5% or so, as    7
      to 2025-06-08                         was agreed in
      00:00                                 May
    ");
    assert!(text.lines().all(|line| super::super::text::width(line) <= 60), "{text}");
    let run = crate::model::RunSummary {
        run: 12,
        now: START,
        verdict: Verdict::Breached,
        summary: crate::model::Summary { met: 1_234, warning: 2, breached: 3, undecided: 0 },
        agreements: vec!["Web shop".into()],
        unknown: vec![],
        why: None,
        again: Some((1_000, START)),
    };
    let text = runs::table(&[run], &narrow);
    insta::assert_snapshot!(text, @r"
    RUN  TIME (UTC)        VERDICT    RESULTS
     12  2025-05-30 00:00  breached   1,234 met, 2 warning,
                                      3 breached
         so again 1,000 times, last 2025-05-30 00:00
    ");
    assert!(text.lines().all(|line| super::super::text::width(line) <= 60), "{text}");
}
