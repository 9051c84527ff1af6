//! `sla show`: a recorded run in the form of a report.

use crate::{DATA, RECORD, RULES, Work, shop};

/// With a title for each audience.
fn titled() -> Work {
    shop().file(
        "sla.yaml",
        "reports: {internal: {title: Our shop}, customer: {title: Your shop, only: {service: checkout}}}\n",
    )
}

fn shown(work: &Work, arguments: &str) -> String {
    let output = work.run(&format!("show 1 --store sla.db {arguments}"));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_page_of_a_recorded_run_is_that_of_the_check() {
    // Customers see objectives that have a name. `--why` adds sentences to results.
    let rules = RULES.replace("- failure_rate <= 5%", "- {name: safe, require: failure_rate <= 5%}");
    let work = titled().file("rules.yaml", rules);
    work.run(&format!("{RECORD} --why --output check.html"));
    let page = shown(&work, "--format html");
    assert_eq!(page, work.read("check.html"));
    assert!(page.contains("<h1>Our shop</h1>") && page.contains("Distribution of latency"));
    // The same in a file, and the table beside it.
    let table = shown(&work, "--output page.html");
    assert!(table.starts_with("run 1 of sla.db"), "{table}");
    assert_eq!(work.read("page.html"), page);
    let customer = shown(&work, "--format html --audience customer");
    assert!(customer.contains("<h1>Your shop</h1>") && !customer.contains("catalog"));
}

#[test]
fn a_page_without_charts_says_why() {
    let work =
        titled().file("rules.yaml", "by: service\nobjectives: [{name: fast, require: p90(latency) <= 1s}]\n");
    work.run(RECORD);
    let why = |work: &Work, arguments: &str| {
        let page = shown(work, &format!("--format html {arguments}"));
        assert!(!page.contains("Distribution of"));
        let (_, rest) = page.split_once("Charts of time and values are not here, ").unwrap();
        rest.split_once("</p>").unwrap().0.to_owned()
    };
    let need = "for they need a second look at the data";
    let work = work.file("kept.csv", DATA).file("data.csv", DATA.replace("100", "101"));
    let changed = format!("{need}: data.csv is not what it was when the run was recorded.");
    assert_eq!(why(&work, ""), changed);
    std::fs::remove_file(work.path("data.csv")).unwrap();
    assert_eq!(why(&work, ""), format!("{need}: data.csv: no such file or folder."));
    // The bytes count, not their name.
    assert!(shown(&work, "--format html --input kept.csv").contains("Distribution of latency"));
    // No name of a file is for a customer.
    assert!(!shown(&work, "--format html --audience customer").contains("data.csv"));
    let idle = work.answer("show 1 --store sla.db --input kept.csv");
    assert!(idle.contains("--input is the data that HTML and PDF reports draw charts from"), "{idle}");
    assert!(idle.ends_with("--- exit 2"), "{idle}");
}

#[test]
fn standard_input_cannot_be_looked_at_again() {
    let work = shop();
    let arguments = ["check", "-", "--rules", "rules.yaml", "--record=sla.db", "-q"];
    work.command(&arguments).write_stdin(DATA).output().unwrap();
    let page = shown(&work, "--format html");
    assert!(page.contains(
        "a second look at the data: it was made from standard input; name the data: --input FILE."
    ));
    let work = work.file("kept.csv", DATA);
    assert!(shown(&work, "--format html --input kept.csv").contains("Distribution of latency"));
}
