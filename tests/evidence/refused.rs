//! What cannot be proven is not put into an archive, and none is left behind.

use crate::work::Work;
use crate::{recorded, unpacked};

const DATA: &str = "\
timestamp,service,status,latency_ms
2025-06-01T00:00:00Z,api,ok,100
2025-06-01T00:01:00Z,api,failed,110
";
const RULES: &str = "sla: Gold\nby: service\nobjectives:\n  - failure_rate <= 10%\n";

fn work() -> Work {
    let work = Work::new().file("data.csv", DATA).file("rules.yaml", RULES);
    recorded(&work, "data.csv");
    work
}

fn told(work: &Work, arguments: &str, code: i32, why: &str) {
    let output = work.run(&format!("evidence {arguments}"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {text}");
    assert!(text.contains(why), "{arguments}: {why}\n{text}");
}

fn nothing_is_left(work: &Work) {
    assert!(work.names().iter().all(|name| !name.contains("claim")), "{:?}", work.names());
}

#[test]
fn inputs_that_changed() {
    // The same number from other bytes, and another number.
    for changed in [DATA.replace(",100", ",100.0"), DATA.replace("failed", "ok")] {
        let work = work().file("data.csv", changed);
        told(
            &work,
            "--store sla.db --out claim.zip",
            3,
            "run 1 does not follow from these inputs: digest of data.csv: blake3:",
        );
        told(&work, "--store sla.db --out claim.zip", 3, "--rows 0 leaves them out");
        nothing_is_left(&work);
        let work = work.file("kept.csv", DATA);
        assert_eq!(work.code("evidence --store sla.db --out claim.zip --input kept.csv"), 0);
        unpacked(&work);
        // Rows are told by the name that was recorded.
        let rows = work.read("claim/rows/0001-api-failure_rate.csv");
        assert!(rows.ends_with("\ndata.csv,3,2025-06-01T00:01:00Z,api,failed,110\n"), "{rows}");
    }
}

#[test]
fn inputs_that_are_gone() {
    let work = work();
    std::fs::remove_file(work.path("data.csv")).unwrap();
    told(&work, "--store sla.db --out claim.zip", 2, "data.csv: no such file or folder");
    told(&work, "--store sla.db --out claim.zip", 2, "--input names data that has moved");
    nothing_is_left(&work);
    // What was recorded needs no inputs.
    let output = work.run("evidence --store sla.db --out claim.zip --rows 0");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("claim.zip: run 1, breached, without rows, in 8 files\nBLAKE3 "), "{text}");
    let archive = blake3::hash(&std::fs::read(work.path("claim.zip")).unwrap()).to_hex();
    assert!(text.ends_with(&format!("{archive}\n")), "{text}");
    unpacked(&work);
    assert!(work.read("claim/README.txt").contains("were not asked for (--rows 0)"));
    let work = work.file("data.csv", DATA);
    assert_eq!(work.code("verify claim/report.json"), 0);
}

#[test]
fn standard_input_is_given_again() {
    let work = Work::new().file("kept.csv", DATA).file("rules.yaml", RULES);
    let mut check = work.command(&["check", "-", "--rules", "rules.yaml", "--record=sla.db", "-q"]);
    check.write_stdin(DATA).output().unwrap();
    told(
        &work,
        "--store sla.db --out claim.zip",
        2,
        "it was made from standard input; name the data: --input FILE",
    );
    nothing_is_left(&work);
    assert_eq!(work.code("evidence --store sla.db --out claim.zip --input kept.csv"), 0);
    unpacked(&work);
    let rows = work.read("claim/rows/0001-api-failure_rate.csv");
    assert!(rows.ends_with("\nstandard input,3,2025-06-01T00:01:00Z,api,failed,110\n"), "{rows}");
}

#[test]
fn runs_that_are_not_there() {
    let work = work();
    told(&work, "2 --store sla.db --out claim.zip", 2, "there is no run 2; it has runs 1 to 1");
    told(&work, "0 --store sla.db --out claim.zip", 2, "name a run by its number");
    told(&work, "--store none.db --out claim.zip", 2, "there is no such history");
    told(&work, "--out claim.zip", 2, "there is no such history");
    told(&work, "--store sla.db", 2, "--out <FILE>");
    // A run that was pruned, with one that follows it.
    let work = work.file("data.csv", DATA.replace("failed", "ok"));
    let later = [
        "check",
        "data.csv",
        "--rules",
        "rules.yaml",
        "--record=sla.db",
        "-q",
        "--now",
        "2026-06-08T06:00:00Z",
    ];
    work.command(&later).output().unwrap();
    work.command(&[
        "history",
        "prune",
        "--keep",
        "30d",
        "--now",
        "2026-06-09T06:00:00Z",
        "--store",
        "sla.db",
    ])
    .output()
    .unwrap();
    told(&work, "1 --store sla.db --out claim.zip", 2, "there is no run 1; it has runs 2 to 2");
    nothing_is_left(&work);
    assert_eq!(work.code("evidence --store sla.db --out claim.zip"), 0);
}

#[test]
fn a_history_that_was_edited() {
    let work = work();
    let edit = rusqlite::Connection::open(work.path("sla.db")).unwrap();
    edit.execute("UPDATE results SET bad = 0", []).unwrap();
    drop(edit);
    let why = "sla.db is not as it was recorded: run 1: what it recorded was changed";
    told(&work, "--store sla.db --out claim.zip", 3, why);
    told(&work, "--store sla.db --out claim.zip --rows 0", 3, why);
    nothing_is_left(&work);
}

#[test]
fn places_that_cannot_be_written() {
    let work = work();
    told(&work, "--store sla.db --out data.csv", 2, "it is an input of this run");
    told(&work, "--store sla.db --out sla.db", 2, "it is an input of this run");
    told(&work, "--store sla.db --out none/claim.zip", 2, "the folder none does not exist");
    told(&work, "--store sla.db --out /dev/full", 4, "cannot write /dev/full: no space left on device");
    assert_eq!(work.read("data.csv"), DATA);
    nothing_is_left(&work);
    // One that is there is replaced, as other reports are.
    let work = work.file("claim.zip", "old");
    assert_eq!(work.code("evidence latest --store sla.db --out claim.zip"), 0);
    unpacked(&work);
}

/// A file that breaks off has no digest and no row that counts; none of its rows is evidence, whatever it holds now.
#[test]
fn rows_of_an_input_that_broke_off() {
    let broken = "timestamp,service,status,latency_ms\n2025-06-01T00:02:00Z,api,ok,-5\n2025-06-01T00:03:00Z,api,ok,\"1\n";
    let bad = format!("{DATA}2025-06-01T00:05:00Z,api,ok,-7\n");
    let work = Work::new().file("a.csv", bad).file("b.csv", broken).file("rules.yaml", RULES);
    recorded(&work, "a.csv b.csv");
    for b in [broken.to_owned(), broken.replace("-5", "-7777")] {
        std::fs::write(work.path("b.csv"), b).unwrap();
        let output = work.run("evidence --store sla.db --out claim.zip");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        unpacked(&work);
        for name in work.names().iter().filter(|name| name.starts_with("claim/rows/0")) {
            assert!(!work.read(name).contains("b.csv,"), "{name}: {}", work.read(name));
        }
        std::fs::remove_dir_all(work.path("claim")).unwrap();
        std::fs::remove_file(work.path("claim.zip")).unwrap();
    }
}
