//! Whom and when results are about, and what the report says of rows, names and problems.

use super::*;

/// W02, and its relatives: a service that is not there is undecided, never met.
#[test]
fn w02_who_is_not_there_is_undecided() {
    let data = "1,api,ok,1\n2,web,ok,1";
    let rate = || objective(Indicator::FailureRate, "failure_rate <= 50%");
    let with_filter = |word: &str| Objective { filter: Some(is("service", word)), ..rate() };
    let either = Condition::In {
        column: column("service"),
        values: vec![Value::Text("api".to_owned()), Value::Text("checkout".to_owned())],
    };
    let whole = |agreement: Agreement, expected: &[(&str, Verdict)]| {
        let report = report(&agreement, &requests(), data);
        let found: Vec<(&str, Verdict)> = report
            .results
            .iter()
            .map(|result| {
                (result.about.group.first().map_or("", |(_, value)| value.as_str()), result.verdict)
            })
            .collect();
        assert_eq!(found, expected, "{:#?}", report.results);
        report
    };
    whole(agreement(vec![rate()]), &[("api", Met), ("web", Met)]);
    whole(agreement(vec![with_filter("api")]), &[("api", Met)]);
    let report = whole(agreement(vec![with_filter("checkout")]), &[("checkout", Undecided)]);
    assert_eq!(report.results[0].reason, Some(Reason::NoData));
    assert_eq!(&*report.results[0].explain, "no requests");
    assert!(
        report.problems[0].message.contains("\"checkout\", which the data does not have"),
        "{:?}",
        report.problems
    );
    whole(
        agreement(vec![Objective { filter: Some((either, String::new())), ..rate() }]),
        &[("api", Met), ("checkout", Undecided)],
    );
    whole(
        Agreement { filter: Some(is("service", "checkout")), ..agreement(vec![rate()]) },
        &[("checkout", Undecided)],
    );
    let expects = |word: &str| Agreement { expect: vec![vec![word.to_owned()]], ..agreement(vec![rate()]) };
    whole(expects("checkout"), &[("api", Met), ("checkout", Undecided), ("web", Met)]);
    let report = whole(expects("wep"), &[("api", Met), ("web", Met), ("wep", Undecided)]);
    assert!(report.problems[0].message.contains("did you mean \"web\"?"), "{:?}", report.problems);
    // Everything together is one group.
    whole(agreement(vec![Objective { by: Some(vec![]), ..rate() }]), &[("", Met)]);
}

/// `expect` holds for objectives that group by more, by less or by other columns than the agreement, too.
#[test]
fn who_is_expected_is_waited_for_in_every_group() {
    let data = "1,api,ok,1\n2,web,ok,1";
    let rate = |by: &[&str]| Objective {
        by: Some(by.iter().map(|name| column(name)).collect()),
        ..objective(Indicator::FailureRate, "failure_rate <= 50%")
    };
    let whole = |agreement: Agreement, expected: &[(&str, Verdict)]| {
        let report = report(&agreement, &requests(), data);
        let shown = |group: &[(String, String)]| {
            group.iter().map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>().join(" ")
        };
        let found: Vec<(String, Verdict)> =
            report.results.iter().map(|result| (shown(&result.about.group), result.verdict)).collect();
        let expected: Vec<(String, Verdict)> =
            expected.iter().map(|(group, verdict)| ((*group).to_owned(), *verdict)).collect();
        assert_eq!(found, expected);
    };
    let expects = |objective: Objective| Agreement {
        expect: ["api", "checkout"].map(|name| vec![name.to_owned()]).to_vec(),
        ..agreement(vec![objective])
    };
    let seen = [("service=api status=ok", Met), ("service=web status=ok", Met)];
    let waited = [seen[0], ("service=checkout", Undecided), seen[1]];
    whole(expects(rate(&["service", "status"])), &waited);
    let only = |condition| Objective { filter: Some(condition), ..rate(&["service", "status"]) };
    // Its condition leaves it out, or does not.
    whole(expects(only(is("service", "api"))), &seen[..1]);
    whole(expects(only((Condition::Not(Box::new(is("service", "checkout").0)), String::new()))), &seen);
    whole(expects(only(is("service", "checkout"))), &waited[1..2]);
    // Another column is none of those that are expected.
    whole(expects(rate(&["status"])), &[("status=ok", Met)]);
    whole(expects(rate(&[])), &[("", Met)]);
    // Of two columns one is enough to miss it by.
    let pairs = Agreement {
        by: vec![column("service"), column("status")],
        expect: [["api", "ok"], ["checkout", "ok"]].map(|pair| pair.map(str::to_owned).to_vec()).to_vec(),
        ..agreement(vec![rate(&["service"])])
    };
    whole(pairs, &[("service=api", Met), ("service=checkout", Undecided), ("service=web", Met)]);
    // Nor is it forgotten where the objective cannot be measured.
    let unreadable = Objective { indicator: Indicator::Max(column("size")), ..rate(&["service", "status"]) };
    whole(expects(unreadable), &[("service=api", Undecided), ("service=checkout", Undecided)]);
}

/// W01: header only.
#[test]
fn w01_no_rows_at_all() {
    for (no_data, verdict) in
        [(NoData::Undecided, Undecided), (NoData::Breached, Breached), (NoData::Met, Met)]
    {
        let mut max = objective(Indicator::Max(latency()), "max(latency) <= 500ms");
        max.no_data = no_data;
        for by in [None, Some(vec![])] {
            let report = report(&agreement(vec![Objective { by, ..max.clone() }]), &requests(), "");
            assert_eq!((only(&report).verdict, only(&report).reason), (verdict, Some(Reason::NoData)));
            assert_eq!(report.verdict, verdict);
        }
    }
}

#[test]
fn targets_of_groups_and_preferences() {
    let own = crate::model::GroupTarget {
        group: vec![(column("service"), "batch".to_owned())],
        comparison: Comparison::AtMost,
        target: target("2s"),
        origin: crate::model::Origin::default(),
    };
    let max = Objective {
        targets: vec![own],
        prefer: Some(crate::model::Preference { comparison: Comparison::AtMost, target: target("100ms") }),
        ..objective(Indicator::Max(latency()), "max(latency) <= 500ms")
    };
    let data = "1,api,ok,90\n1,batch,ok,1900\n1,cart,ok,300\n1,web,ok,1900";
    let report = report(&agreement(vec![max]), &requests(), data);
    let found: Vec<_> = report
        .results
        .iter()
        .map(|result| (result.about.group[0].1.as_str(), result.verdict, result.about.objective.as_str()))
        .collect();
    let standard = "max(latency) <= 500ms";
    assert_eq!(
        found,
        [
            ("api", Met, standard),
            ("batch", Met, "max(latency) <= 2s"),
            ("cart", Warning, standard),
            ("web", Breached, standard)
        ]
    );
    assert_eq!(
        &*report.results[2].explain,
        "the only value is 300 ms, 200 ms below the target; preferred <= 100ms: the only value is 300 ms, 200 ms above \
         that"
    );
    assert_eq!(report.verdict, Breached);
    assert_eq!((report.summary.met, report.summary.warning, report.summary.breached), (2, 1, 1));
    let ids: std::collections::BTreeSet<&str> =
        report.results.iter().map(|result| result.about.id.as_str()).collect();
    assert_eq!(ids.len(), 4);
}

/// Met at 100 ms, but not below it.
#[test]
fn a_preference_has_a_comparison_of_its_own() {
    let preference = crate::model::Preference { comparison: Comparison::Below, target: target("100ms") };
    let max = Objective {
        prefer: Some(preference),
        ..objective(Indicator::Max(latency()), "max(latency) <= 100ms")
    };
    let data = "1,api,ok,99\n1,cart,ok,100\n1,web,ok,101";
    let report = report(&agreement(vec![max]), &requests(), data);
    let found: Vec<_> = report.results.iter().map(|result| result.verdict).collect();
    assert_eq!(found, [Met, Warning, Breached]);
    assert_eq!(
        &*report.results[1].explain,
        "the only value is 100 ms, exactly the target; preferred < 100ms: the only value is 100 ms, exactly that"
    );
}

/// Whom an objective that cannot be measured is about is told by its conditions on the groups.
#[test]
fn what_cannot_be_read_is_undecided_for_those_it_is_about() {
    let average =
        |filter| Objective { filter, ..objective(Indicator::Avg(column("size")), "avg(size) <= 5") };
    let fine = || objective(Indicator::FailureRate, "failure_rate <= 50%");
    let whom = |filter, of_agreement| {
        let agreement = Agreement { filter: of_agreement, ..agreement(vec![average(filter), fine()]) };
        let report = report(&agreement, &requests(), "1,api,ok,1\n1,cart,ok,1\n1,web,ok,1");
        let about = report.results.iter().filter(|result| result.reason == Some(Reason::MissingColumn));
        about.map(|result| result.about.group[0].1.clone()).collect::<Vec<_>>()
    };
    assert_eq!(whom(None, None), ["api", "cart", "web"]);
    assert_eq!(whom(Some(is("service", "cart")), None), ["cart"]);
    assert_eq!(whom(None, Some(is("service", "cart"))), ["cart"]);
    // What asks for another column may hold anywhere.
    let (cart, _) = is("service", "cart");
    let (broken, _) = is("status", "ko");
    let either = (Condition::Or(vec![cart.clone(), broken.clone()]), String::new());
    assert_eq!(whom(Some(either), None), ["api", "cart", "web"]);
    let both = (Condition::And(vec![cart, broken]), String::new());
    assert_eq!(whom(Some(both), None), ["cart"]);
}

#[test]
fn every_group_has_a_result_for_every_period() {
    let hourly = Agreement {
        period: Period::Every(3600 * NANOS),
        ..agreement(vec![objective(Indicator::FailureRate, "failure_rate <= 0%")])
    };
    // api in hours 0 and 2, web in hour 2 only; a row exactly at 7,200 s belongs to hour 2 (W42).
    let data = "0,api,ok,1\n7200,api,ko,1\n7300,web,ok,1";
    let report = report(&hourly, &requests(), data);
    let found: Vec<_> = report
        .results
        .iter()
        .map(|result| {
            (
                result.period.from.unwrap() / (3600 * NANOS),
                result.about.group[0].1.as_str(),
                result.verdict,
                result.period.complete,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (0, "api", Met, true),
            (0, "web", Undecided, true),
            (1, "api", Undecided, true),
            (1, "web", Undecided, true),
            (2, "api", Breached, false),
            (2, "web", Met, false),
        ]
    );
    assert!(report.results[4].notes.contains(&"the input does not cover all of this period".to_owned()));
    // One service, one objective: the period is not part of its id.
    assert_eq!(report.results[0].about.id, report.results[2].about.id);
}

#[test]
fn bounds_make_periods_complete() {
    let hourly = Agreement {
        period: Period::Every(3600 * NANOS),
        ..agreement(vec![objective(Indicator::Rows, "rows >= 1")])
    };
    let window = |since: i64, until: i64| Window { since: Some(since * NANOS), until: Some(until * NANOS) };
    let data = "100,api,ok,1\n3700,api,ok,1\n7300,api,ok,1";
    for (window, expected) in [
        (Window::default(), &[(0, false), (1, true), (2, false)][..]),
        (window(3600, 7200), &[(1, true)]),
        (window(3650, 7200), &[(1, false)]),
        (window(3600, 7000), &[(1, false)]),
        (window(0, 7200), &[(0, false), (1, true)]),
        // Nothing lies between the bounds, but the input reaches beyond both.
        (window(200, 3600), &[(0, false)]),
    ] {
        let report = report_with(&hourly, &requests(), data, window, &Context::default(), |_| {});
        let found: Vec<_> = report
            .results
            .iter()
            .map(|result| (result.period.from.unwrap() / (3600 * NANOS), result.period.complete))
            .collect();
        assert_eq!(found, expected, "{window:?}");
    }
}

/// An amount that is too small in a period that is not over may still grow; a share, or too large an amount, is what it is.
#[test]
fn amounts_of_incomplete_periods() {
    let hourly = |words: &str, indicator| Agreement {
        period: Period::Every(3600 * NANOS),
        ..agreement(vec![objective(indicator, words)])
    };
    for (words, indicator, first, last) in [
        ("rows >= 2", Indicator::Rows, Breached, Undecided),
        ("rows <= 0", Indicator::Rows, Breached, Breached),
        ("rows >= 1", Indicator::Rows, Met, Met),
        ("throughput >= 1/s", Indicator::Throughput, Breached, Undecided),
        ("failure_rate >= 50%", Indicator::FailureRate, Breached, Breached),
    ] {
        // The first hour is covered from its start to beyond its end.
        let report = report(&hourly(words, indicator), &requests(), "0,api,ok,1\n3700,api,ok,1");
        let found: Vec<_> = report.results.iter().map(|result| result.verdict).collect();
        assert_eq!(found, [first, last], "{words}");
        let incomplete = last == Undecided;
        assert_eq!(report.results[1].reason == Some(Reason::IncompletePeriod), incomplete, "{words}");
    }
}

#[test]
fn too_many_results_are_refused() {
    let each_second = Agreement {
        period: Period::Every(NANOS),
        ..agreement(vec![objective(Indicator::Rows, "rows >= 1")])
    };
    let report = report(&each_second, &requests(), "0,api,ok,1\n2000000,api,ok,1");
    let result = only(&report);
    assert_eq!((result.verdict, result.reason), (Undecided, Some(Reason::NotMeasurable)));
    assert!(result.explain.contains("2,000,001 results"), "{}", result.explain);
    assert_eq!(report.problems[0].severity, Severity::Error);
}

/// W49: names that differ in case, spaces or composition are different groups, and the reader is told.
#[test]
fn w49_near_twins() {
    let data = "1,Api,ok,1\n1,api,ok,1\n1,api ,ok,1\n1,caf\u{e9},ok,1\n1,cafe\u{301},ok,1\n1,web,ok,1";
    let report =
        report(&agreement(vec![objective(Indicator::FailureRate, "failure_rate <= 0%")]), &requests(), data);
    assert_eq!(report.results.len(), 6);
    let messages: Vec<&str> = report
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::NearTwins)
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "service \"Api\" and \"api\" and \"api \" differ in case, spaces or composition only; they are different groups",
            "service \"cafe\\u{301}\" and \"caf\u{e9}\" differ in case, spaces or composition only; they are different groups",
        ]
    );
}

/// W32: what a condition leaves out is counted, and every denominator is shown.
#[test]
fn w32_rows_are_accounted_for() {
    let mut rate = objective(Indicator::FailureRate, "failure_rate <= 50%");
    let (fine, _) = is("status", "ok");
    rate.filter = Some((Condition::Not(Box::new(fine)), "status != \"ok\"".to_owned()));
    let agreement = Agreement { filter: Some(is("service", "api")), ..agreement(vec![rate]) };
    let data = "1,api,ok,1\n1,api,ko,1\n1,api,success,1\n1,api,,1\n1,web,ok,1\n1,,ok,1";
    let report_on = |data| report(&agreement, &requests(), data);
    let nobody = report_on("1,api,ok,1\n1,api,,1");
    assert_eq!(&*only(&nobody).explain, "none of 2 requests fulfils `where`");
    let report = report_on(data);
    let result = only(&report);
    assert_eq!((result.rows, result.excluded, result.samples), (4, 2, 2));
    assert_eq!(result.notes, ["1 request left out: a cell that `where` reads is missing"]);
    let input = &report.inputs[0];
    assert_eq!((input.rows, input.accepted, input.rejected), (6, 4, 0));
    let excluded: Vec<_> =
        input.excluded.iter().map(|clause| (clause.clause.as_str(), clause.rows)).collect();
    assert_eq!(excluded, [("where service == \"api\"", 1), ("where service == \"api\" (a missing cell)", 1)]);
}

#[test]
fn a_built_in_objective_without_its_column_is_skipped() {
    let mut schema = requests();
    schema.latency = crate::model::Found::Absent;
    schema.columns[3].name = "size".to_owned();
    let example = Agreement {
        built_in: true,
        ..agreement(vec![
            objective(Indicator::FailureRate, "failure_rate <= 50%"),
            objective(Indicator::Avg(latency()), "avg(latency) <= 2s"),
        ])
    };
    let report = report(&example, &schema, "1,api,ok,1");
    assert_eq!(only(&report).verdict, Met);
    assert!(report.problems[0].message.contains("skipped `avg(latency) <= 2s`"), "{:?}", report.problems);
}
