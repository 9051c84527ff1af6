//! What must not change a verdict, and what may change it in one direction only.

use crate::data::{self, Row, Style};
use crate::promises::{Rules, What};
use crate::{random, report, report_on_files};
use proptest::prelude::*;
use sla::model::{Report, RuleResult, Verdict};

/// What, who, when, and how it was decided.
type Decided = (String, Vec<(String, String)>, Option<i64>, Verdict);

/// Everything that a reader acts on.
fn verdicts(report: &Report) -> Vec<Decided> {
    let of = |result: &RuleResult| {
        (result.about.id.clone(), result.about.group.clone(), result.period.from, result.verdict)
    };
    report.results.iter().map(of).collect()
}

fn written(rules: &Rules, rows: &[Row], style: Style) -> Report {
    report(rules, &data::csv(rows, style), 0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Quotes, line ends, the unit of a column, one more column.
    #[test]
    fn how_it_is_written_does_not_matter(rules in random::rules(), rows in random::rows()) {
        let plain = verdicts(&written(&rules, &rows, Style::Plain));
        for style in [Style::Quoted, Style::Crlf, Style::Seconds, Style::Wider] {
            prop_assert_eq!(&verdicts(&written(&rules, &rows, style)), &plain, "{:?}\n{}", style, rules.text());
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(rules in random::rules(), rows in random::rows()) {
        let mut turned = rows.clone();
        turned.reverse();
        let turned = written(&rules, &turned, Style::Plain);
        let plain = written(&rules, &rows, Style::Plain);
        prop_assert_eq!(turned.results, plain.results, "{}", rules.text());
    }

    /// One file or two, in either order.
    #[test]
    fn files_do_not_matter(rules in random::rules(), rows in random::some_rows(1), cut in 1usize..60) {
        let (one, other) = rows.split_at(cut.min(rows.len() - 1));
        let (one, other) = (data::csv(one, Style::Plain), data::csv(other, Style::Plain));
        let plain = written(&rules, &rows, Style::Plain);
        for files in [[one.as_str(), &other], [&other, &one]] {
            let found = report_on_files(&rules.text(), &files, 0);
            prop_assert_eq!(&found.results, &plain.results, "{}\n{}", rules.text(), files.join("\n"));
            let accepted = |report: &Report| report.inputs.iter().map(|input| input.accepted).sum::<u64>();
            prop_assert_eq!(accepted(&found), accepted(&plain));
        }
    }

    /// Equal rows are requests of their own; shares, means and ranks stay what they were.
    #[test]
    fn every_row_twice_changes_no_share(mut rules in random::rules(), rows in random::rows()) {
        rules.promises.retain(|promise| {
            !matches!(promise.what, What::Rows | What::Requests | What::Failures | What::Sum | What::Throughput)
        });
        rules.promises.iter_mut().for_each(|promise| promise.min_samples = 0);
        prop_assume!(!rules.promises.is_empty());
        let twice = verdicts(&written(&rules, &rows, Style::Twice));
        prop_assert_eq!(twice, verdicts(&written(&rules, &rows, Style::Plain)), "{}", rules.text());
    }

    /// A stricter target never turns a breach into something better.
    #[test]
    fn tightening_never_improves(rules in random::rules(), rows in random::rows(), by in 1i64..5_000) {
        let mut rules = rules;
        for promise in &mut rules.promises {
            (promise.prefer, promise.own) = (None, None);
        }
        let mut tighter = rules.clone();
        for promise in &mut tighter.promises {
            // Things are counted in whole numbers.
            let counts = matches!(promise.what, What::Rows | What::Requests | What::Failures);
            let by = if counts { by % 10 * 100 } else { by };
            match promise.symbol {
                "<=" | "<" => promise.target = (promise.target - by).max(0),
                ">=" | ">" => promise.target += by,
                _ => {}
            }
        }
        // Beyond 100 % the rules themselves object.
        let share = |what: &What| matches!(what, What::FailureRate | What::Availability | What::ViolationRate(_) | What::Share(_));
        prop_assume!(tighter.promises.iter().all(|promise| !share(&promise.what) || promise.target < 10_000));
        prop_assume!(tighter.promises.iter().all(|promise| !matches!(promise.what, What::Apdex(_)) || promise.target < 100));
        let (before, after) = (written(&rules, &rows, Style::Plain), written(&tighter, &rows, Style::Plain));
        prop_assert_eq!(before.results.len(), after.results.len());
        for (before, after) in before.results.iter().zip(&after.results) {
            prop_assert!(after.verdict >= before.verdict, "{:?}\n{:?}", before, after);
        }
    }

    /// Rejected rows only ever take certainty away.
    #[test]
    fn rejected_rows_never_improve(rules in random::rules(), rows in random::some_rows(data::ROBUST)) {
        let whole = data::csv(&rows, Style::Plain);
        let clean = report(&rules, &whole, 0);
        let spoilt = report(&rules, &format!("{whole}{}", data::MALFORMED), 0);
        prop_assert_eq!(clean.results.len(), spoilt.results.len());
        for (clean, spoilt) in clean.results.iter().zip(&spoilt.results) {
            let lost = spoilt.verdict == Verdict::Undecided;
            prop_assert!(spoilt.verdict == clean.verdict && clean.verdict != Verdict::Met || lost, "{:?}\n{:?}", clean, spoilt);
        }
    }
}
