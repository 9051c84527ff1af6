//! `sla check --record --incremental` as its users meet it: with a history on the disk, beside a run without.

use crate::work::Work;
use sla::model::display::count;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Command, Output};
use std::time::Duration;

const RULES: &str = "\
sla: Web shop
by: service
objectives:
  - failure_rate <= 5%
  - avg(latency) <= 200ms
  - p95(latency) <= 250ms
";

const HEADER: &str = "timestamp,service,status,latency_ms\n";

fn rows(from: usize, count: usize) -> String {
    let row = |at: usize| {
        let (status, service) = (if at.is_multiple_of(7) { "failure" } else { "success" }, at % 3);
        let (hour, minute, second) = (at / 3600 % 24, at / 60 % 60, at % 60);
        format!("2025-06-01T{hour:02}:{minute:02}:{second:02}Z,service-{service},{status},{}\n", at % 311)
    };
    (from..from + count).map(row).collect()
}

fn shop() -> Work {
    Work::new().file("rules.yaml", RULES).file("log.csv", format!("{HEADER}{}", rows(0, 500)))
}

fn append(work: &Work, text: &str) {
    let mut file = OpenOptions::new().append(true).open(work.path("log.csv")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Reads on, and everything; both print the same. What the first said on standard error.
fn check(work: &Work, data: &str) -> String {
    let resumed =
        work.run(&format!("check {data} --rules rules.yaml --record=sla.db --incremental --format json"));
    let read = work.run(&format!("check {data} --rules rules.yaml --record=other.db --format json"));
    assert_eq!(resumed.status.code(), read.status.code(), "{}", errors(&resumed));
    assert_eq!(String::from_utf8_lossy(&resumed.stdout), String::from_utf8_lossy(&read.stdout));
    errors(&resumed)
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the history holds of checkpoints: their names, without folders.
fn names(work: &Work) -> Vec<String> {
    let connection = rusqlite::Connection::open(work.path("sla.db")).unwrap();
    let mut statement = connection.prepare("SELECT name FROM checkpoints ORDER BY name").unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    names.map(|name| name.unwrap().rsplit('/').next().unwrap().to_owned()).collect()
}

#[test]
fn a_log_that_grows_and_rotates() {
    let work = shop();
    assert_eq!(check(&work, "log*"), "recorded as run 1 in sla.db\n");
    let before = fs::metadata(work.path("log.csv")).unwrap().len();
    append(&work, &rows(500, 100));
    append(&work, "2025-06-01T10:00:00Z,service-1,succ");
    let said = check(&work, "log*");
    assert!(said.starts_with(&format!("{} bytes are known from the last run\n", count(before))), "{said}");
    assert!(said.contains("log.csv: its last line has no line end and may still be being written"), "{said}");
    append(&work, "ess,100\n");
    let said = check(&work, "log*");
    assert!(!said.contains("its last line"), "{said}");
    // Renamed it is the same file; the new one is another.
    fs::rename(work.path("log.csv"), work.path("log.csv.1")).unwrap();
    fs::write(work.path("log.csv"), format!("{HEADER}{}", rows(600, 50))).unwrap();
    let said = check(&work, "log*");
    assert!(said.contains("bytes are known from the last run"), "{said}");
    assert_eq!(names(&work), ["log.csv", "log.csv.1"]);
    // What is gone from the folder leaves nothing. Others are not looked at: they may be on a server that hangs.
    let connection = rusqlite::Connection::open(work.path("sla.db")).unwrap();
    for (name, used) in [("/elsewhere/a.csv", 1_700_000_000_000_000_000_i64), ("/elsewhere/b.csv", i64::MAX)]
    {
        let sql = "INSERT INTO checkpoints (asker, device, inode, name, used_ns, content) VALUES ('a', 1, ?2 % 99, ?1, ?2, x'')";
        connection.execute(sql, rusqlite::params![name, used]).unwrap();
    }
    fs::remove_file(work.path("log.csv.1")).unwrap();
    check(&work, "log*");
    assert_eq!(names(&work), ["b.csv", "log.csv"]);
    connection.execute("DELETE FROM checkpoints WHERE name LIKE '/elsewhere/%'", []).unwrap();
    // Shorter, edited, edited without growing: all of it is told.
    fs::write(work.path("log.csv"), format!("{HEADER}{}", rows(600, 20))).unwrap();
    let said = check(&work, "log.csv");
    assert!(said.contains("log.csv: read again from its start: it is shorter than it was"), "{said}");
    let edited = fs::read_to_string(work.path("log.csv")).unwrap().replacen("success", "failure", 1);
    fs::write(work.path("log.csv"), edited + &rows(620, 5)).unwrap();
    let said = check(&work, "log.csv");
    assert!(
        said.contains("warning: log.csv: read again from its start: what was read before was edited since, between bytes"),
        "{said}"
    );
    let edited = fs::read_to_string(work.path("log.csv")).unwrap().replacen("success", "failure", 1);
    fs::write(work.path("log.csv"), edited).unwrap();
    let said = check(&work, "log.csv");
    assert!(said.contains("it was written since and did not grow"), "{said}");
}

/// Most editors and tools write a new file and give it the name of the old one.
#[test]
fn another_file_under_the_name_is_told_once() {
    let work = shop();
    check(&work, "log.csv");
    let edited = work.read("log.csv").replacen("success", "failure", 1);
    fs::write(work.path("new"), edited).unwrap();
    fs::rename(work.path("new"), work.path("log.csv")).unwrap();
    let said = check(&work, "log.csv");
    assert!(said.contains("log.csv: read again from its start: another file has its name now"), "{said}");
    let said = check(&work, "log.csv");
    assert!(said.contains("bytes are known from the last run"), "{said}");
    assert_eq!(names(&work), ["log.csv"]);
}

/// Its instant is another one in every run, and with it what is counted.
#[test]
fn a_bound_that_moves_is_told() {
    let work = shop();
    let run = |now: &str, since: &str| {
        let data = format!("check log.csv --rules rules.yaml --record=sla.db --incremental --since {since}");
        let mut words: Vec<&str> = data.split(' ').collect();
        words.extend(["--now", now]);
        errors(&work.command(&words).output().unwrap())
    };
    run("2025-06-02T00:00:00Z", "30d");
    let said = run("2025-06-02T00:00:01Z", "30d");
    assert!(said.contains("log.csv: read again from its start: --since 30d moves with the clock"), "{said}");
    run("2025-06-02T00:00:00Z", "2025-05-01");
    let said = run("2025-06-02T00:00:01Z", "2025-05-01");
    assert!(said.contains("bytes are known from the last run"), "{said}");
}

#[test]
fn what_invalidates_a_checkpoint() {
    let work = shop();
    check(&work, "log.csv");
    let said = |work: &Work| {
        append(work, &rows(500, 3));
        check(work, "log.csv")
    };
    let known = "bytes are known from the last run";
    assert!(said(&work).contains(known));
    let work = work.file("rules.yaml", RULES.replace("250ms", "260ms"));
    let other = said(&work);
    assert!(other.contains("rules, options, columns or versions are not those of the last run"), "{other}");
    assert!(said(&work).contains(known));
    // Replaced, not added.
    assert_eq!(names(&work), ["log.csv"]);
    let connection = rusqlite::Connection::open(work.path("sla.db")).unwrap();
    let mut content: Vec<u8> =
        connection.query_row("SELECT content FROM checkpoints", [], |row| row.get(0)).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    connection.execute("UPDATE checkpoints SET content = ?1", [content]).unwrap();
    let damaged = said(&work);
    assert!(damaged.contains("what was kept is damaged, or of another version"), "{damaged}");
    connection.execute("UPDATE checkpoints SET content = x''", []).unwrap();
    assert!(said(&work).contains("what was kept is damaged, or of another version"));
    assert!(said(&work).contains(known));
    // Checkpoints are no part of what is chained.
    let store = sla::store::Store::open(&work.path("sla.db")).unwrap();
    assert!(matches!(store.verify_chain().unwrap(), sla::store::Chain::Intact { .. }));
}

#[test]
fn everything_can_be_compared() {
    let work = shop();
    check(&work, "log.csv");
    let verify = || {
        let output = work.run("check log.csv --rules rules.yaml --record=sla.db --incremental=verify -q");
        errors(&output)
    };
    assert!(verify().contains("log.csv: read again, and it is what was kept"));
    // With new rows and its times: only a comparison of all of it is sure to notice.
    let edited = fs::read_to_string(work.path("log.csv")).unwrap().replacen(",0\n", ",9\n", 1);
    fs::write(work.path("log.csv"), edited + &rows(500, 5)).unwrap();
    let said = verify();
    assert!(
        said.contains("warning: log.csv: read again from its start: what was read before was edited"),
        "{said}"
    );
}

#[test]
fn compressed_files_are_known_once_they_are_left_alone() {
    let work = shop();
    let packed = zstd::encode_all(fs::read(work.path("log.csv")).unwrap().as_slice(), 1).unwrap();
    fs::write(work.path("old.csv.zst"), packed).unwrap();
    // Written just now: its times cannot tell a second write from the first.
    check(&work, "old.csv.zst");
    assert_eq!(names(&work), Vec::<String>::new());
    std::thread::sleep(Duration::from_millis(3_200));
    check(&work, "old.csv.zst");
    assert_eq!(names(&work), ["old.csv.zst"]);
    let said = check(&work, "old.csv.zst");
    assert!(said.contains("bytes are known from the last run"), "{said}");
    let other = zstd::encode_all(format!("{HEADER}{}", rows(3, 400)).as_bytes(), 1).unwrap();
    fs::write(work.path("old.csv.zst"), other).unwrap();
    let said = check(&work, "old.csv.zst");
    assert!(said.contains("it was written since and did not grow"), "{said}");
}

/// A log that is written as one gzip member after the other grows, but not in a way that can be read on.
#[test]
fn gzip_that_grows_is_read_again_as_a_whole() {
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let work = shop().file("log.csv.gz", gzip(&format!("{HEADER}{}", rows(0, 500))));
    std::thread::sleep(Duration::from_millis(3_200));
    check(&work, "log.csv.gz");
    let said = check(&work, "log.csv.gz");
    assert!(said.contains("bytes are known from the last run"), "{said}");
    let mut file = OpenOptions::new().append(true).open(work.path("log.csv.gz")).unwrap();
    file.write_all(&gzip(&rows(500, 100))).unwrap();
    let said = check(&work, "log.csv.gz");
    assert!(said.contains("log.csv.gz: read again from its start: it was written since"), "{said}");
}

#[test]
fn what_is_always_read_as_a_whole_says_so() {
    let interval =
        "timestamp,service,requests,errors\n2025-06-01T10:00:00Z,a,100,1\n2025-06-01T10:01:00Z,a,100,1\n";
    let work = Work::new()
        .file("log.csv", interval)
        .file("rules.yaml", "sla: Counts\nby: service\nobjectives:\n  - failure_rate <= 5%\n");
    check(&work, "log.csv");
    let said = check(&work, "log.csv");
    assert!(said.contains("log.csv: read as a whole: double rows are looked for among all rows"), "{said}");
    append(&work, "2025-06-01T10:01:00Z,a,100,1\n");
    check(&work, "log.csv");
}

/// Of more than eight inputs only the beginnings stay open; what fits into those is not worth a checkpoint.
#[test]
fn many_files() {
    let mut work = shop();
    for number in 0..10 {
        let count = if number < 8 { 10 } else { 20_000 };
        work = work.file(&format!("log-{number}.csv"), format!("{HEADER}{}", rows(number * 1_000, count)));
    }
    check(&work, "log*.csv");
    append(&work, &rows(500, 30));
    let said = check(&work, "log*.csv");
    assert!(said.contains("bytes of 2 inputs are known from the last run"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_history_is_needed() {
    let work = shop();
    let output = work.run("check log.csv --rules rules.yaml --incremental");
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("--incremental keeps what was counted in a history, and there is none"));
}

/// Killed at every write and every wait for the disk: the next run says what a run without history says.
#[test]
fn killed_while_it_records() {
    let calls = ["pwrite64", "fdatasync", "fsync", "ftruncate"];
    let traced = |work: &Work, fault: &str| {
        let mut command = Command::new("strace");
        command.args(["-q", "-o", "trace", "-e", &format!("trace={}", calls.join(","))]);
        if !fault.is_empty() {
            command.args(["-e", &format!("inject={fault}")]);
        }
        command.arg(assert_cmd::cargo::cargo_bin!("sla"));
        command
            .args("check log.csv --rules rules.yaml --record=sla.db --incremental -q --threads 1".split(' '));
        command.current_dir(work.path(".")).output().expect("strace is needed: scripts/test installs it")
    };
    let second = || {
        let work = shop();
        check(&work, "log.csv");
        append(&work, &rows(500, 20));
        append(&work, "2025-06-01T10:00:00Z,ser");
        work
    };
    let work = second();
    traced(&work, "");
    let trace = work.read("trace");
    let mut kills = 0;
    for call in calls {
        let count = trace.lines().filter(|line| line.starts_with(&format!("{call}("))).count();
        // Of many writes every third: they are pages of one transaction.
        for nth in (1..=count).step_by(if count > 12 { 3 } else { 1 }) {
            let work = second();
            let killed = traced(&work, &format!("{call}:signal=KILL:when={nth}"));
            assert_eq!(killed.status.code(), None, "{call} {nth}");
            append(&work, "vice-1,success,5\n");
            check(&work, "log.csv");
            kills += 1;
        }
    }
    assert!(kills >= 5, "only {kills}");
}
