//! Recording, showing, chaining and pruning, on reports made by hand.

use super::*;
use crate::model::{Rational, Verdict, example};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("reports/sla.db")).unwrap();
    (folder, store)
}

/// The example's first result has another number of failures.
fn other_answer() -> Report {
    let mut report = example::report();
    report.results[0].exact = Rational::new(2, 100);
    report.results[0].bad = Some(2);
    report.results[0].explain = "2 of 100 requests failed, 5 allowed".into();
    report
}

fn number(store: &Store, sql: &str) -> i64 {
    store.connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_run_comes_back_as_it_was() {
    let (_folder, mut store) = store();
    let report = example::report();
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::As(1));
    let (loaded, facts) = store.load(1).unwrap();
    assert_eq!(loaded, report);
    assert_eq!((facts.run, facts.now), (1, report.now));
    assert_eq!(facts.tool, concat!("sla ", env!("CARGO_PKG_VERSION")));
    assert_eq!((facts.hash.len(), facts.previous), (64, "0".repeat(64)));
    // The first failure in a long list is told with what there is.
    let fault = store.load(2).unwrap_err().to_string();
    assert!(fault.ends_with("there is no run 2; it has runs 1 to 1"), "{fault}");
}

#[test]
fn the_same_again_adds_nothing() {
    let (_folder, mut store) = store();
    let mut report = example::report();
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::As(1));
    report.now += 1;
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::Already(1));
    assert_eq!(number(&store, "SELECT count(*) FROM runs"), 1);
    // Other options are another run, although its answers are the same rows.
    report.agreements[0].overlay = vec!["--max-bad-rows=5".to_owned()];
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::As(2));
    assert_eq!(number(&store, "SELECT count(*) FROM results"), 4);
    // Inputs under another name but with the same digest are the same.
    report.inputs[0].digest = Some("d".into());
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::As(3));
    report.inputs[0].source = "copy.csv".into();
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::Already(3));
    report.agreements[0].digest = "4567".into();
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::As(4));
}

#[test]
fn a_different_answer_is_a_new_revision() {
    let (_folder, mut store) = store();
    for (report, run) in [(example::report(), 1), (other_answer(), 2)] {
        assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::As(run));
    }
    // Four results, and one of them twice.
    assert_eq!(number(&store, "SELECT count(*) FROM results"), 5);
    assert_eq!(number(&store, "SELECT max(revision) FROM results"), 2);
    assert_eq!(store.load(1).unwrap().0, example::report());
    assert_eq!(store.load(2).unwrap().0, other_answer());
    let series = store.history(Some("data-service")).unwrap();
    assert_eq!(series.len(), 1);
    let [point] = series[0].points.as_slice() else { panic!("{series:?}") };
    assert_eq!((point.run, point.revision, point.bad), (2, 2, Some(2)));
    // The first answer again is news: the second one no longer holds.
    assert_eq!(store.record(&example::report(), Beside::default()).unwrap(), Recorded::As(3));
    let point = &store.history(Some("data-service")).unwrap()[0].points[0];
    assert_eq!((point.run, point.revision, point.bad), (3, 3, Some(1)));
    // Other words for the same numbers are kept, and are no revision.
    let mut reworded = example::report();
    reworded.results[0].explain = "one request failed".into();
    reworded.inputs[0].rows += 1;
    assert_eq!(store.record(&reworded, Beside::default()).unwrap(), Recorded::As(4));
    assert_eq!(store.history(Some("data-service")).unwrap()[0].points[0].revision, 3);
    assert_eq!(store.load(4).unwrap().0, reworded);
}

#[test]
fn a_part_never_replaces_the_whole() {
    let (_folder, mut store) = store();
    let day = 86_400_000_000_000;
    let of_day = |complete: bool, bad: u64| {
        let mut report = example::report();
        report.results.truncate(1);
        report.results[0].period = crate::model::ResultPeriod { from: Some(0), to: Some(day), complete };
        report.results[0].bad = Some(bad);
        report
    };
    for (complete, bad, held) in [(false, 1, 1), (true, 3, 3), (false, 2, 3), (true, 4, 4)] {
        store.record(&of_day(complete, bad), Beside::default()).unwrap();
        assert_eq!(store.history(None).unwrap()[0].points[0].bad, Some(held));
        let shown = number(&store, "SELECT bad FROM current_results");
        assert_eq!(u64::try_from(shown).unwrap(), held);
    }
}

#[test]
fn options_that_choose_rows_make_another_series() {
    let (_folder, mut store) = store();
    store.record(&example::report(), Beside::default()).unwrap();
    let mut report = other_answer();
    report.agreements[0].overlay = vec!["--by=service".into(), "--where=region == \"eu\"".into()];
    store.record(&report, Beside::default()).unwrap();
    let series = store.history(Some("data-service")).unwrap();
    let scopes: Vec<_> = series.iter().map(|series| series.scope.clone()).collect();
    assert_eq!(scopes, [vec![], vec!["--where=region == \"eu\"".to_owned()]]);
}

#[test]
fn an_edited_past_shows() {
    let edits = [
        ("UPDATE runs SET now = 'x' WHERE id = 2", Some(2)),
        ("UPDATE runs SET verdict = 'met' WHERE id = 1", Some(1)),
        ("UPDATE agreements SET name = 'x' WHERE run = 2", Some(2)),
        ("UPDATE rules SET text = 'x'", Some(1)),
        ("UPDATE inputs SET rows = 1 WHERE run = 3", Some(3)),
        ("UPDATE results SET verdict = 'met' WHERE verdict = 'breached'", Some(1)),
        ("UPDATE results SET bad = 0 WHERE id = 5", Some(2)),
        ("UPDATE subjects SET target_num = '7' WHERE id = 2", Some(1)),
        ("UPDATE series SET service = 'x' WHERE id = 1", Some(1)),
        ("UPDATE periods SET month = '2020-01'", Some(1)),
        ("UPDATE run_results SET result = 1 WHERE run = 2 AND position = 0", Some(2)),
        ("DELETE FROM run_results WHERE run = 2 AND position = 3", Some(2)),
        ("UPDATE problems SET message = 'x' WHERE run = 3", Some(3)),
        ("UPDATE problem_totals SET count = 0 WHERE run = 2", Some(2)),
        ("UPDATE runs SET hash = 'x' WHERE id = 2", Some(2)),
        ("UPDATE runs SET previous = 'x' WHERE id = 2", Some(2)),
        ("PRAGMA foreign_keys = 0; DELETE FROM runs WHERE id = 2", Some(3)),
        ("PRAGMA foreign_keys = 0; DELETE FROM runs WHERE id = 1", Some(2)),
        ("PRAGMA foreign_keys = 0; DELETE FROM runs WHERE id = 3", Some(3)),
        ("PRAGMA foreign_keys = 0; DELETE FROM runs", Some(1)),
        (
            "INSERT INTO results SELECT 99, series, period, subject, 9, complete, 'met', NULL, measured_num,
                measured_den, measured_dimension, approximate, exact_num, exact_den, samples, bad, allowed, rows,
                excluded, missing, explain, notes FROM results WHERE verdict = 'breached' LIMIT 1",
            None,
        ),
    ];
    for (edit, expected) in edits {
        let (_folder, mut store) = store();
        for report in [example::report(), other_answer(), example::report()] {
            store.record(&report, Beside::default()).unwrap();
        }
        let Chain::Intact { runs: 3, head: Some(head) } = store.verify_chain().unwrap() else {
            panic!("{edit}")
        };
        assert_eq!(head, store.load(3).unwrap().1.hash);
        store.connection.execute_batch(edit).unwrap();
        match store.verify_chain().unwrap() {
            Chain::Broken { run, .. } => assert_eq!(run, expected, "{edit}"),
            intact @ Chain::Intact { .. } => panic!("{edit}: {intact:?}"),
        }
    }
}

#[test]
fn pruning_tells_and_keeps_the_chain() {
    let (_folder, mut store) = store();
    assert_eq!(store.prune(100, 100, Prune::Remove).unwrap().runs, 0);
    // Run 3 is old by its clock, and behind one that is not. Without times the answers are as old as their runs.
    for (now, mut report) in [(10, example::report()), (20, other_answer()), (15, example::report())] {
        report.inputs[0].span = None;
        store.record(&Report { now, ..report }, Beside::default()).unwrap();
    }
    let expected = Pruned {
        runs: 1,
        bounds: Some(((1, 10), (1, 10))),
        results: 1,
        kept: 2,
        held_back: Some(HeldBack { runs: 1, by: 2, why: Holds::Recent }),
    };
    assert_eq!(store.prune(20, 30, Prune::Tell).unwrap(), expected);
    assert_eq!(number(&store, "SELECT count(*) FROM runs"), 3);
    assert_eq!(store.prune(20, 30, Prune::Remove).unwrap(), expected);
    assert_eq!(number(&store, "SELECT count(*) FROM runs"), 2);
    assert!(matches!(store.verify_chain().unwrap(), Chain::Intact { runs: 2, .. }));
    let all = Pruned { runs: 2, bounds: Some(((2, 20), (3, 15))), results: 5, kept: 0, held_back: None };
    assert_eq!(store.prune(40, 50, Prune::Remove).unwrap(), all);
    for table in
        ["runs", "rules", "agreements", "inputs", "series", "subjects", "periods", "results", "problems"]
    {
        assert_eq!(number(&store, &format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(store.verify_chain().unwrap(), Chain::Intact { runs: 0, head: None });
    // Numbers go on, and so does the chain.
    assert_eq!(store.record(&example::report(), Beside::default()).unwrap(), Recorded::As(4));
    assert!(matches!(store.verify_chain().unwrap(), Chain::Intact { runs: 1, .. }));
}

/// A day's answer is as old as the day, not as the run that gave it; where a later run gave another one, that holds.
#[test]
fn pruning_keeps_what_holds_for_younger_periods() {
    let (_folder, mut store) = store();
    let of_day = |now: i64, day: i64, bad: u64| {
        let mut report = Report { now, ..example::report() };
        report.results.truncate(1);
        report.results[0].period =
            crate::model::ResultPeriod { from: Some(day * 10), to: Some((day + 1) * 10), complete: true };
        report.results[0].bad = Some(bad);
        report
    };
    // Run 1 tells of day 0, run 2 of the day 5 to come, run 3 of day 1.
    for (now, day) in [(10, 0), (20, 5), (25, 1)] {
        store.record(&of_day(now, day, 1), Beside::default()).unwrap();
    }
    let held = Some(HeldBack { runs: 2, by: 2, why: Holds::Answer });
    let expected = Pruned { runs: 1, bounds: Some(((1, 10), (1, 10))), results: 1, kept: 2, held_back: held };
    assert_eq!(store.prune(30, 70, Prune::Tell).unwrap(), expected);
    // Day 5 ends at 60.
    assert_eq!(store.prune(59, 70, Prune::Tell).unwrap(), expected);
    assert_eq!(store.prune(60, 70, Prune::Tell).unwrap().runs, 3);
    // A later run that corrects day 5 takes its place.
    store.record(&of_day(50, 5, 2), Beside::default()).unwrap();
    let free = store.prune(30, 70, Prune::Remove).unwrap();
    assert_eq!((free.runs, free.kept, free.held_back), (3, 1, None));
    assert!(matches!(store.verify_chain().unwrap(), Chain::Intact { runs: 1, .. }));
}

/// Earlier versions repeated an option of the agreements with the run.
#[test]
fn runs_of_earlier_versions_stay_readable() {
    let (_folder, mut store) = store();
    store.record(&example::report(), Beside::default()).unwrap();
    store.connection.execute_batch("UPDATE runs SET options = '[\"--max-bad-rows=5\"]'").unwrap();
    let hash = chain::hash_of(&store.connection, 1).unwrap();
    store.connection.execute("UPDATE runs SET hash = ?1", [hash]).unwrap();
    assert_eq!(store.load(1).unwrap().0, example::report());
    store.record(&other_answer(), Beside::default()).unwrap();
    assert!(matches!(store.verify_chain().unwrap(), Chain::Intact { runs: 2, .. }));
}

#[test]
fn counts_that_do_not_fit_are_refused_whole() {
    let (_folder, mut store) = store();
    let mut report = example::report();
    report.results[3].samples = u64::MAX;
    let fault = store.record(&report, Beside::default()).unwrap_err().to_string();
    assert!(
        fault.ends_with("a count of 18446744073709551615 is more than it can hold (2^63 - 1)"),
        "{fault}"
    );
    assert_eq!(number(&store, "SELECT count(*) FROM runs"), 0);
    assert_eq!(number(&store, "SELECT count(*) FROM rules"), 0);
}

#[test]
fn names_are_data() {
    let (_folder, mut store) = store();
    let mut report = example::report();
    let name = "'; DROP TABLE runs; --\u{0}\u{202e}<script>=cmd()";
    example::about(&mut report.results[0]).group[0].1 = name.into();
    report.inputs[0].source = name.into();
    report.agreements[0].name = name.into();
    store.record(&report, Beside::default()).unwrap();
    assert_eq!(store.load(1).unwrap().0, report);
    assert_eq!(store.history(Some(name)).unwrap()[0].points[0].verdict, Verdict::Met);
    assert!(matches!(store.verify_chain().unwrap(), Chain::Intact { .. }));
}

/// Of a run that could read nothing, why is all that it says.
#[test]
fn another_reason_is_another_run() {
    let (_folder, mut store) = store();
    let mut report = Report { results: vec![], inputs: vec![], ..example::report() };
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::As(1));
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::Already(1));
    report.problems[0].message = "it hangs".into();
    assert_eq!(store.record(&report, Beside::default()).unwrap(), Recorded::As(2));
}

#[test]
fn what_is_done_of_a_schedule() {
    let (_folder, mut store) = store();
    let done = |at| Done { entry: "nightly".into(), cadence: "every 60s".into(), at };
    assert_eq!(store.done("nightly", "every 60s").unwrap(), None);
    store.mark(&done(60)).unwrap();
    store.mark(&done(120)).unwrap();
    assert_eq!(store.done("nightly", "every 60s").unwrap(), Some(120));
    // Under other times it is another entry.
    assert_eq!(store.done("nightly", "every 30s").unwrap(), None);
    assert_eq!(store.done("hourly", "every 60s").unwrap(), None);
    // With a run; and with one that says nothing new.
    let report = example::report();
    assert_eq!(
        store.record(&report, Beside { done: Some(&done(180)), ..Beside::default() }).unwrap(),
        Recorded::As(1)
    );
    assert_eq!(store.last_report("nightly").unwrap(), Some(report.clone()));
    assert_eq!(store.last_report("hourly").unwrap(), None);
    assert_eq!(
        store.record(&report, Beside { done: Some(&done(240)), ..Beside::default() }).unwrap(),
        Recorded::Already(1)
    );
    assert_eq!(store.done("nightly", "every 60s").unwrap(), Some(240));
    assert_eq!(number(&store, "SELECT count(*) FROM schedule"), 1);
}
