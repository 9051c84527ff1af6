//! The page of a report made by hand, without a browser; tests/formats shows whole reports to one.

use super::super::example;
use super::*;
use crate::model::Clock;

fn page(report: &Report, options: &Options) -> Result<String, String> {
    let mut bytes = Vec::new();
    write(report, options, &mut bytes).map_err(|why| why.to_string())?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// The text between two others.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap() + from.len();
    &page[start..start + page[start..].find(to).unwrap()]
}

#[test]
fn one_sentence_for_each_service_the_worst_first() {
    let page = page(&example::report(), &Options::default()).unwrap();
    assert_eq!(
        between(&page, "<ul class=short>\n", "</ul>"),
        "<li class=b><b><bdi>auth-service</bdi></b> broke 1 of 2 promises: failure rate, 10.22 % instead of at most 5 %.\n\
         <li class=u><b><bdi>checkout</bdi></b> its only promise is undecided: failure rate: no requests.\n\
         <li class=m><b><bdi>data-service</bdi></b> kept its only promise.\n"
    );
    assert!(page.contains("1 of 4 promises was broken, 1 is undecided."));
    assert!(page.contains("the data covers a single moment"), "why there are no charts over time");
}

#[test]
fn standard_input_has_no_second_look() {
    let mut report = example::report();
    report.inputs[0].source = "standard input".into();
    assert!(page(&report, &Options::default()).unwrap().contains("standard input can be read only once"));
}

/// Whatever text of a report is hostile, it stays text.
#[test]
fn no_text_of_a_report_is_markup() {
    let evil = "</style></title>\"'><script>alert(1)</script>\u{202e}";
    let mut report = example::report();
    for result in &mut report.results {
        let about = example::about(result);
        for text in [&mut about.objective, &mut about.indicator, &mut about.target_text] {
            *text = evil.into();
        }
        for text in [
            &mut about.name,
            &mut about.description,
            &mut about.runbook,
            &mut about.severity,
            &mut about.filter,
        ] {
            *text = Some(evil.into());
        }
        about.group = vec![(evil.into(), evil.into())];
        result.explain = evil.into();
    }
    let agreement = &mut report.agreements[0];
    (agreement.name, agreement.noun, agreement.text) = (evil.into(), evil.into(), evil.into());
    agreement.overlay = vec![evil.into()];
    agreement.origin.file = Some(evil.into());
    let input = &mut report.inputs[0];
    (input.source, input.digest, input.clock) = (evil.into(), Some(evil.into()), Clock::Zoned(evil.into()));
    input.inferred = vec![evil.into()];
    input.excluded[0].clause = evil.into();
    let problem = &mut report.problems[0];
    (problem.source, problem.column, problem.message) = (Some(evil.into()), Some(evil.into()), evil.into());
    for audience in [Audience::Internal, Audience::Customer] {
        let options = Options { audience, title: Some(evil.into()), ..Options::default() };
        let page = page(&report, &options).unwrap();
        assert!(
            !page.contains("<script") && !page.contains('\u{202e}') && page.matches("</style>").count() == 1
        );
    }
}

#[test]
fn customers_see_named_objectives_alone() {
    let mut report = example::report();
    let options = Options { audience: Audience::Customer, ..Options::default() };
    assert!(page(&report, &options).unwrap_err().contains("objectives with a `name:`"));
    example::about(&mut report.results[0]).name = Some("Requests succeed".into());
    let page = page(&report, &options).unwrap();
    // The breach of another objective is none of theirs.
    assert!(page.contains("The only promise was kept.") && !page.contains("auth-service"));
}
