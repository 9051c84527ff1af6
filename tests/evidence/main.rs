//! `sla evidence` as its readers meet it: unpacked by unzip and Python, checked by b3sum, and verified again.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

#[path = "../cli/work.rs"]
#[expect(dead_code, reason = "shared with the tests of the command line, which need more of it")]
mod work;

mod archive;
mod families;
mod refused;
mod rows;

use std::process::Command;
use work::Work;

/// Checks `data` by the rules in `rules.yaml`, records the run, and unpacks its evidence into `claim/`.
fn claimed(work: &Work, data: &str, more: &str) {
    recorded(work, data);
    let output = work.run(&format!("evidence --store sla.db --out claim.zip {more}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    unpacked(work);
}

fn recorded(work: &Work, data: &str) {
    let output = work.run(&format!("check {data} --rules rules.yaml --record=sla.db"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("recorded as run"), "{told}");
}

fn unpacked(work: &Work) {
    program(work, "unzip", &["-q", "-o", "claim.zip", "-d", "claim"]);
}

/// What a program says that is run in the folder, if it is content.
fn program(work: &Work, name: &str, arguments: &[&str]) -> String {
    let output = Command::new(name).args(arguments).current_dir(work.path("")).output();
    let output = output.unwrap_or_else(|why| panic!("{name} is needed: scripts/test installs it ({why})"));
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}: {told}");
    told
}

/// The index of the rows: a list of cells per line, without the header.
fn index(work: &Work) -> Vec<Vec<String>> {
    let text = work.read("claim/rows/index.csv");
    let records = csv::Reader::from_reader(text.as_bytes()).into_records();
    records.map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The lines of the input that the first file of rows has, in its order.
fn lines_in(text: &str) -> Vec<u64> {
    text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect()
}
