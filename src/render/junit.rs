//! JUnit XML, as build servers read it (Jenkins' `junit-10.xsd`, GitLab, Azure, Buildkite).
//!
//! A suite is an agreement, a class a group, a test an objective in a period. A breach is a failure, what is undecided
//! an error; a warning passes and says so in `system-out`.
//!
//! Invariant: well-formed XML 1.0 for any name; characters that XML cannot hold are written out.
//! Invariant: no two tests of a suite have the same class and name.

use super::text::visible;
use super::{caption, clock_of, moment};
use crate::model::{Clock, Origin, Report, RuleResult, Verdict};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::collections::HashSet;
use std::io::{self, Write};

/// Writes the report as one `testsuites` document.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let suites: Vec<Suite> =
        (0..report.agreements.len()).map(|agreement| Suite::of(report, agreement)).collect();
    let total = |of: fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>().to_string();
    let mut xml = Xml(Writer::new_with_indent(out, b' ', 2));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.open(
        "testsuites",
        &[
            ("name", "sla"),
            ("tests", &total(|suite| suite.tests)),
            ("failures", &total(|suite| suite.failures)),
            ("errors", &total(|suite| suite.errors)),
        ],
    )?;
    for suite in &suites {
        suite.write(report, &mut xml)?;
    }
    xml.close("testsuites")?;
    xml.0.into_inner().write_all(b"\n")
}

/// An agreement.
struct Suite<'a> {
    agreement: usize,
    name: &'a str,
    origin: &'a Origin,
    results: Vec<&'a RuleResult>,
    tests: usize,
    failures: usize,
    errors: usize,
}

impl<'a> Suite<'a> {
    fn of(report: &'a Report, agreement: usize) -> Suite<'a> {
        let about = &report.agreements[agreement];
        let results: Vec<&RuleResult> =
            report.results.iter().filter(|result| result.agreement == agreement).collect();
        let count = |verdict| results.iter().filter(|result| result.verdict == verdict).count();
        // An agreement that could not be checked is no agreement that was kept.
        let errors = if results.is_empty() { 1 } else { count(Verdict::Undecided) };
        let (tests, failures) = (results.len().max(1), count(Verdict::Breached));
        Suite { agreement, name: &about.name, origin: &about.origin, results, tests, failures, errors }
    }

    fn write(&self, report: &Report, xml: &mut Xml) -> io::Result<()> {
        let now = moment::machine(report.now, &Clock::Zoned("UTC".to_owned()));
        xml.open(
            "testsuite",
            &[
                ("name", self.name),
                ("tests", &self.tests.to_string()),
                ("failures", &self.failures.to_string()),
                ("errors", &self.errors.to_string()),
                ("skipped", "0"),
                // JUnit's own times are whole seconds without a zone.
                ("timestamp", now.get(..19).unwrap_or(&now)),
            ],
        )?;
        if let Some(file) = &self.origin.file {
            xml.open("properties", &[])?;
            xml.empty("property", &[("name", "rules"), ("value", &file.display().to_string())])?;
            xml.close("properties")?;
        }
        if self.results.is_empty() {
            xml.open("testcase", &[("classname", self.name), ("name", "could be checked")])?;
            xml.text("error", &[("type", "unchecked"), ("message", "could not be checked")], &[])?;
            xml.close("testcase")?;
        }
        let clock = clock_of(report, self.agreement);
        let mut names = Names::default();
        for result in &self.results {
            test(result, clock, &mut names, xml)?;
        }
        // Problems belong to the run; they are told once.
        if self.agreement == 0 && !report.problems.is_empty() {
            let problems: Vec<String> = report.problems.iter().map(caption::problem).collect();
            xml.text("system-err", &[], &problems)?;
        }
        xml.close("testsuite")
    }
}

fn test(result: &RuleResult, clock: &Clock, names: &mut Names, xml: &mut Xml) -> io::Result<()> {
    let class = caption::group(result);
    let name = names.unique(&class, &name_of(result, clock));
    let attributes = [("classname", class.as_str()), ("name", name.as_str())];
    let outcome = caption::outcome(result);
    match result.verdict {
        Verdict::Met => return xml.empty("testcase", &attributes),
        Verdict::Warning => {
            xml.open("testcase", &attributes)?;
            let mut lines = vec![format!("warning: {outcome}")];
            lines.extend(details(result));
            xml.text("system-out", &[], &lines)?;
        }
        Verdict::Breached => {
            xml.open("testcase", &attributes)?;
            xml.text("failure", &[("type", "breached"), ("message", &outcome)], &details(result))?;
        }
        Verdict::Undecided => {
            xml.open("testcase", &attributes)?;
            let reason = result.reason.map_or("undecided", crate::model::Reason::word);
            xml.text("error", &[("type", reason), ("message", &outcome)], &details(result))?;
        }
    }
    xml.close("testcase")
}

/// The objective's name or promise, and the period where there are several.
fn name_of(result: &RuleResult, clock: &Clock) -> String {
    let name = result.about.name.clone().unwrap_or_else(|| caption::promise(result));
    let start = caption::start(result, clock);
    if start.is_empty() { name } else { format!("{name} [{start}]") }
}

/// What a reader should know beyond the message.
fn details(result: &RuleResult) -> Vec<String> {
    let about = &result.about;
    let mut lines = vec![caption::promise(result)];
    lines.extend(about.description.clone());
    lines.extend(result.notes.iter().cloned());
    lines.extend(about.severity.as_ref().map(|severity| format!("severity: {severity}")));
    lines.extend(about.runbook.as_ref().map(|runbook| format!("runbook: {runbook}")));
    lines.extend(caption::place(&about.origin).map(|place| format!("rule: {place}")));
    lines
}

/// The names given so far.
#[derive(Default)]
struct Names(HashSet<(String, String)>);

impl Names {
    fn unique(&mut self, class: &str, name: &str) -> String {
        let (mut free, mut nth) = (name.to_owned(), 1u64);
        while !self.0.insert((legal(class), legal(&free))) {
            nth += 1;
            free = format!("{name} ({nth})");
        }
        free
    }
}

struct Xml<'a>(Writer<&'a mut dyn Write>);

impl Xml<'_> {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.0.write_event(Event::Start(start(name, attributes)))
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.0.write_event(Event::Empty(start(name, attributes)))
    }

    fn close(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element that holds lines of text.
    fn text(&mut self, name: &str, attributes: &[(&str, &str)], lines: &[String]) -> io::Result<()> {
        if lines.is_empty() {
            return self.empty(name, attributes);
        }
        self.open(name, attributes)?;
        let lines: Vec<String> = lines.iter().map(|line| legal(line)).collect();
        self.0.write_event(Event::Text(BytesText::new(&lines.join("\n"))))?;
        self.close(name)
    }
}

fn start<'a>(name: &'a str, attributes: &[(&'a str, &str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (key, value) in attributes {
        start.push_attribute((*key, legal(value).as_str()));
    }
    start
}

/// Text of characters that XML 1.0 allows (its production 2, `Char`); others are written out, as are those that a
/// terminal would act on.
fn legal(text: &str) -> String {
    let mut legal = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '\u{fffe}' | '\u{ffff}' => legal.extend(c.escape_unicode()),
            c => legal.push(c),
        }
    }
    legal
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn text(report: &Report) -> String {
        example::written(|out| write(report, out))
    }

    #[test]
    fn a_whole_report() {
        let mut report = example::report();
        report.results[3].verdict = Verdict::Warning;
        insta::assert_snapshot!(text(&report), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="sla" tests="4" failures="1" errors="1">
          <testsuite name="Web shop, gold" tests="4" failures="1" errors="1" skipped="0" timestamp="2025-06-08T06:00:00">
            <properties>
              <property name="rules" value="rules/shop.yaml"/>
            </properties>
            <testcase classname="data-service" name="failure_rate &lt;= 5%"/>
            <testcase classname="auth-service" name="failure_rate &lt;= 5%">
              <failure type="breached" message="10.22 % (&lt;= 5%): 246 of 2,407 requests failed, 120 allowed">failure_rate &lt;= 5%
        rule: rules/shop.yaml:8</failure>
            </testcase>
            <testcase classname="checkout" name="failure_rate &lt;= 5%">
              <error type="no_data" message="not measured (&lt;= 5%): no requests">failure_rate &lt;= 5%
        rule: rules/shop.yaml:8</error>
            </testcase>
            <testcase classname="auth-service" name="avg(latency) &lt;= 2s">
              <system-out>warning: 297.34 ms (&lt;= 2s): mean of 2,407 requests
        avg(latency) &lt;= 2s
        rule: rules/shop.yaml:8</system-out>
            </testcase>
            <system-err>error: data.csv:501: 3 fields where the header has 4</system-err>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn names_are_unique() {
        let mut report = example::report();
        let twin = example::result("data-service");
        report.results = vec![twin.clone(), twin.clone(), twin];
        example::about(&mut report.results[1]).name = Some("failure_rate <= 5% (2)".into());
        let text = text(&report);
        for name in ["failure_rate &lt;= 5%\"", "failure_rate &lt;= 5% (2)\"", "failure_rate &lt;= 5% (3)\""]
        {
            assert_eq!(text.matches(name).count(), 1, "{name}\n{text}");
        }
    }

    #[test]
    fn names_are_data() {
        let mut report = example::report();
        example::about(&mut report.results[0]).group[0].1 =
            "</testcase>\u{0}\u{1b}\n\t\"'&\u{ffff}]]>".into();
        let text = text(&report);
        let class = r#"classname="&lt;/testcase&gt;\u{0}\u{1b}\n\t&quot;&apos;&amp;\u{ffff}]]&gt;""#;
        assert!(text.contains(class), "{text}");
    }

    #[test]
    fn what_could_not_be_checked_is_an_error() {
        let mut report = example::report();
        report.results.clear();
        let text = text(&report);
        assert!(text.contains(r#"tests="1" failures="0" errors="1""#), "{text}");
    }
}
