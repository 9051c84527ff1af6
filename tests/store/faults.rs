//! What cannot be recorded is told, costs no verdict, and harms nothing.

use crate::{RECORD, shop, sqlite};
use std::fs;
use std::process::Command;

#[test]
fn files_of_others_are_left_alone() {
    let work = shop().file("short.db", "x").file("text.db", "service,status\n".repeat(100));
    let other = rusqlite::Connection::open(work.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    drop(other);
    for (name, why) in [
        ("short.db", "this is no SQLite database; it was left as it is, name another file"),
        ("text.db", "this is no SQLite database; it was left as it is, name another file"),
        ("other.db", "this database belongs to another program; it was left as it is, name another file"),
    ] {
        let before = fs::read(work.path(name)).unwrap();
        let answer = work.answer(&format!("check data.csv --rules rules.yaml --record={name}"));
        // The verdict stands, and so does its code.
        assert!(answer.contains("3 breached, 3 met"), "{answer}");
        assert!(answer.ends_with(&format!("error: cannot record in {name}: {why}\n--- exit 1")), "{answer}");
        assert_eq!(fs::read(work.path(name)).unwrap(), before, "{name}");
        assert_eq!(
            work.answer(&format!("show --store {name}")),
            format!("--- stderr\nerror: {name}: {why}\n--- exit 2")
        );
    }
}

#[test]
fn a_failed_record_is_a_failed_delivery() {
    let work = shop().file("text.db", "x".repeat(600));
    let code = |rest: &str| work.code(&format!("check data.csv --record=text.db {rest}"));
    assert_eq!(code("--require 'max(latency) <= 1s'"), 4);
    assert_eq!(code("--require 'max(latency) <= 1ms'"), 1);
    assert_eq!(code("--require 'max(latency) <= 1ms' --exit-zero"), 4);
    assert_eq!(code("--require 'max(cpu) <= 1'"), 3);
}

#[test]
fn a_later_schema_is_refused() {
    let work = shop();
    work.run(RECORD);
    sqlite(&work, "PRAGMA user_version = 99");
    let answer = work.answer(RECORD);
    let why = "sla.db: it was written by a later version of sla (its schema is 99, this version knows 8); it was left \
               as it is, update sla";
    assert!(answer.contains(&format!("error: cannot record in {why}\n")), "{answer}");
    assert_eq!(work.answer("show --store sla.db"), format!("--- stderr\nerror: {why}\n--- exit 2"));
}

#[test]
fn a_damaged_file_is_told() {
    let work = shop();
    work.run(RECORD);
    let mut bytes = fs::read(work.path("sla.db")).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(work.path("sla.db"), &bytes).unwrap();
    let answer = work.answer(RECORD);
    assert!(answer.contains("error: cannot record in sla.db: the database is damaged"), "{answer}");
    assert!(answer.ends_with("--- exit 1"), "{answer}");
    assert_eq!(work.code("show --store sla.db"), 3);
}

#[test]
fn a_folder_in_its_place_or_a_file_in_its_way() {
    let work = shop();
    fs::create_dir(work.path("folder")).unwrap();
    for (name, why) in
        [("folder", "it is a folder; name a file in it"), ("data.csv/sla.db", "its folder cannot be made: ")]
    {
        let answer = work.answer(&format!("check data.csv --rules rules.yaml --record={name}"));
        assert!(answer.contains(&format!("error: cannot record in {name}: {why}")), "{answer}");
    }
    // To read, too, it is a wrong name.
    let shown = work.answer("show --store folder");
    assert_eq!(shown, "--- stderr\nerror: folder: it is a folder; name a file in it\n--- exit 2");
}

/// The program, without the right of the superuser to write everywhere.
fn unprivileged(work: &crate::Work, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--"]);
    let program = assert_cmd::cargo::cargo_bin!("sla");
    let output = command.arg(program).args(arguments).current_dir(work.path(".")).output().unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
}

#[test]
fn write_protected() {
    use std::os::unix::fs::PermissionsExt;
    let work = shop();
    work.run("check data.csv --rules rules.yaml --record=kept/sla.db -q");
    let protect = |name: &str, mode| {
        fs::set_permissions(work.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    protect("kept/sla.db", 0o444);
    protect("kept", 0o555);
    let record = ["check", "data.csv", "--require", "max(latency) <= 1s", "-q", "--record=kept/sla.db"];
    let (errors, code) = unprivileged(&work, &record);
    assert_eq!(
        errors,
        "error: cannot record in kept/sla.db: it cannot be written: the file or its folder is write-protected\n"
    );
    assert_eq!(code, Some(4));
    // A new file in there, and a folder.
    for name in ["--record=kept/new.db", "--record=kept/deeper/new.db"] {
        let (errors, code) =
            unprivileged(&work, &["check", "data.csv", "--require", "max(latency) <= 1s", name]);
        assert!(errors.contains("permission"), "{errors}");
        assert_eq!(code, Some(4));
    }
    // It can still be read, although nothing can be written beside it.
    assert_eq!(unprivileged(&work, &["show", "--store", "kept/sla.db"]), (String::new(), Some(0)));
    assert_eq!(fs::read_dir(work.path("kept")).unwrap().count(), 1);
    // One of an earlier version cannot: it would have to be changed.
    protect("kept", 0o755);
    protect("kept/sla.db", 0o644);
    let file = rusqlite::Connection::open(work.path("kept/sla.db")).unwrap();
    file.execute_batch("PRAGMA journal_mode = DELETE; DROP TABLE again; PRAGMA user_version = 7").unwrap();
    drop(file);
    protect("kept/sla.db", 0o444);
    protect("kept", 0o555);
    let (errors, code) = unprivileged(&work, &["show", "--store", "kept/sla.db"]);
    assert!(
        errors.contains("an earlier version wrote it") && errors.contains("copy it to where"),
        "{errors}"
    );
    assert_eq!(code, Some(3));
    protect("kept", 0o755);
}
