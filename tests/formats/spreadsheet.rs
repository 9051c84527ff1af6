//! CSV: a spreadsheet (Gnumeric) takes no cell for a formula, and numbers for numbers.

use crate::cases;
use crate::tools::run;
use crate::work::Work;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What became of a cell.
#[derive(Debug, PartialEq)]
enum Cell {
    Text(String),
    Number(String),
    Formula(String),
    Other(String),
}

/// Opens a CSV file in the spreadsheet and looks at its cells as it saves them.
fn cells(csv: &Path) -> Vec<Cell> {
    let saved = csv.with_extension("gnumeric");
    let (from, to) = (csv.to_str().unwrap(), saved.to_str().unwrap());
    let converted = run(
        "ssconvert",
        "gnumeric",
        &["--import-type=Gnumeric_stf:stf_csvtab", "--import-encoding=UTF-8", from, to],
        b"",
    );
    assert!(converted.status.success(), "{}", String::from_utf8_lossy(&converted.stderr));
    let mut text = String::new();
    flate2::read::GzDecoder::new(File::open(saved).unwrap()).read_to_string(&mut text).unwrap();
    let cells = text.split("<gnm:Cell ").skip(1).map(|rest| {
        let (attributes, rest) = rest.split_once('>').unwrap();
        let content = rest.split("</gnm:Cell>").next().unwrap().to_owned();
        match attributes.split("ValueType=\"").nth(1).and_then(|kind| kind.split('"').next()) {
            Some("60") => Cell::Text(content),
            Some("40" | "30") => Cell::Number(content),
            // A formula is saved without the type of its value.
            None => Cell::Formula(content),
            Some(_) => Cell::Other(content),
        }
    });
    cells.collect()
}

#[test]
fn formulas_stay_text() {
    let formulas = "=1+1,failed\n=cmd(),failed\n\"=HYPERLINK(\"\"http://x\"\")\",failed\n=A1,failed\n";
    let formulas = cases::Case {
        name: "formulas",
        work: Work::new().file("data.csv", format!("service,status\n{formulas}")),
        check: "check data.csv --require 'failure_rate <= 5%' --by service",
    };
    for case in cases::all().into_iter().chain([formulas]) {
        for output in ["report.csv", "violations.csv"] {
            let path = case.report(output);
            let cells = cells(Path::new(&path));
            let formulas: Vec<&Cell> = cells.iter().filter(|cell| matches!(cell, Cell::Formula(_))).collect();
            assert!(formulas.is_empty(), "{} {output}: {formulas:?}", case.name);
        }
    }
}

#[test]
fn the_spreadsheet_would_have_run_them() {
    let work = Work::new().file("raw.csv", "a,b\n=1+1,'=1+1\n-12.5,x\n");
    let found = cells(&work.path("raw.csv"));
    let text = |text: &str| Cell::Text(text.to_owned());
    let expected = [
        text("a"),
        text("b"),
        Cell::Formula("=1+1".into()),
        // The apostrophe is what spreadsheets mark text with.
        text("=1+1"),
        Cell::Number("-12.5".into()),
        text("x"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn finished_figures_come_back_as_they_were() {
    // Of the figures in the input only search is over a target: 10.4 % of 10 % allowed.
    let expected =
        "service_name,failure_rate,avg_response_time_ms,response_violation_rate\nsearch,0.05,338.1,0.104\n";
    let work = cases::example("finished-rates", "finished.csv").file("again/.keep", "");
    work.run("check finished.csv --rules finished-rates.yaml --output violations.csv");
    assert_eq!(work.read("violations.csv"), expected);
    // What is told of a service can be checked again.
    work.run("check violations.csv --rules finished-rates.yaml --output again/violations.csv");
    assert_eq!(work.read("again/violations.csv"), expected);
}
