//! Killed at every write and at every wait for the disk, or with a disk that is full: nothing is lost, and nothing is
//! there by half.

use crate::{DATA, RULES, Work, shop, sqlite};
use std::process::{Command, Output};

/// What a recording does to the disk.
const CALLS: [&str; 5] = ["write", "pwrite64", "fsync", "fdatasync", "ftruncate"];

/// The program under strace with one fault injected: `pwrite64:signal=KILL:when=3`.
fn traced(work: &Work, fault: Option<&str>) -> Output {
    let mut command = Command::new("strace");
    command.args(["-q", "-o", "trace", "-e", &format!("trace={}", CALLS.join(","))]);
    if let Some(fault) = fault {
        command.args(["-e", &format!("inject={fault}")]);
    }
    command.arg(assert_cmd::cargo::cargo_bin!("sla"));
    command.args(["check", "data.csv", "--rules", "rules.yaml", "--record=sla.db", "-q", "--threads", "1"]);
    command.current_dir(work.path(".")).output().expect("strace is needed: scripts/test installs it")
}

/// How often each of the calls happens in a recording.
fn counts(work: &Work) -> Vec<(&'static str, usize)> {
    assert_eq!(traced(work, None).status.code(), Some(1));
    let trace = work.read("trace");
    CALLS
        .into_iter()
        .map(|call| (call, trace.lines().filter(|line| line.starts_with(&format!("{call}("))).count()))
        .collect()
}

/// A history of one run, and data that makes a second one.
fn second() -> Work {
    let work = shop();
    work.run("check data.csv --rules rules.yaml --record=sla.db -q");
    work.file("data.csv", DATA.replace("failure", "success"))
}

/// After whatever happened: the database is whole, every run in it is, and recording again ends with `expected` runs.
fn check(work: &Work, before: u64, expected: u64, case: &str) {
    if work.path("sla.db").exists() {
        assert_eq!(sqlite(work, "PRAGMA integrity_check; PRAGMA foreign_key_check"), "ok\n", "{case}");
        if let Ok(store) = sla::store::Store::open(&work.path("sla.db")) {
            let chain = store.verify_chain().unwrap();
            let sla::store::Chain::Intact { runs, .. } = chain else { panic!("{case}: {chain:?}") };
            assert!((before..=expected).contains(&runs), "{case}: {runs} runs");
            if let Some(last) = store.last_run().unwrap() {
                let (report, _) = store.load(last).unwrap();
                assert_eq!(report.results.len(), 6, "{case}");
            }
        } else {
            assert_eq!(before, 0, "{case}: what was recorded is gone");
        }
    } else {
        assert_eq!(before, 0, "{case}: what was recorded is gone");
    }
    let again = work.run("check data.csv --rules rules.yaml --record=sla.db -q");
    assert_eq!(again.status.code(), Some(1), "{case}: {}", String::from_utf8_lossy(&again.stderr));
    let store = sla::store::Store::open(&work.path("sla.db")).unwrap();
    assert_eq!(store.last_run().unwrap(), Some(expected as i64), "{case}");
    assert_eq!(sqlite(work, "SELECT count(*) FROM runs"), format!("{expected}\n"), "{case}");
}

/// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled").
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}

#[test]
fn killed_at_every_call() {
    let mut points = 0;
    for (call, count) in counts(&shop()) {
        for nth in 1..=count {
            let work = shop();
            let fault = format!("{call}:signal=KILL:when={nth}");
            let output = traced(&work, Some(&fault));
            assert_eq!(output.status.code(), None, "{fault}");
            check(&work, 0, 1, &fault);
            points += 1;
        }
    }
    for (call, count) in counts(&second()) {
        for nth in 1..=count {
            let work = second();
            let fault = format!("{call}:signal=KILL:when={nth}");
            traced(&work, Some(&fault));
            check(&work, 1, 2, &fault);
            points += 1;
        }
    }
    assert!(points >= 50, "only {points} points");
}

#[test]
fn killed_a_hundred_times_at_random() {
    let mut random = Random(0x5eed);
    // One history that grows; each run is killed, and then recorded after all.
    let work = shop();
    work.run("check data.csv --rules rules.yaml --record=sla.db -q");
    let counts: Vec<(&str, usize)> = counts(&second()).into_iter().filter(|(_, count)| *count > 0).collect();
    for run in 2..102u64 {
        std::fs::write(work.path("data.csv"), DATA.replace(",100\n", &format!(",{}\n", 100 + run))).unwrap();
        let (call, count) = counts[random.below(counts.len())];
        let fault = format!("{call}:signal=KILL:when={}", 1 + random.below(count));
        traced(&work, Some(&fault));
        check(&work, run - 1, run, &fault);
    }
}

#[test]
fn a_full_disk() {
    for (call, error) in [
        ("pwrite64", "ENOSPC"),
        ("fdatasync", "EIO"),
        ("fsync", "EIO"),
        ("ftruncate", "ENOSPC"),
        ("pwrite64", "EDQUOT"),
    ] {
        for nth in [1, 2, 5] {
            let work = second();
            let fault = format!("{call}:error={error}:when={nth}+");
            let output = traced(&work, Some(&fault));
            let errors = String::from_utf8(output.stderr).unwrap();
            // The verdict stands, and what did not happen is told.
            assert_eq!(output.status.code(), Some(1), "{fault}: {errors}");
            let recorded = errors.starts_with("recorded as run 2");
            let told = errors.starts_with("error: cannot record in sla.db: ");
            assert!(recorded != told, "{fault}: {errors}");
            if told && (call, error) == ("pwrite64", "ENOSPC") {
                assert!(
                    errors.contains("no space left on its disk; nothing was recorded"),
                    "{fault}: {errors}"
                );
            }
            check(&work, 1 + u64::from(recorded), 2, &fault);
        }
    }
}

/// A limit on the size of files is met in the middle of a large run.
#[test]
fn a_limit_on_the_size_of_files() {
    let rows: Vec<String> =
        (0..2_000).map(|n| format!("2025-06-01T12:00:00Z,service-{n},success,100\n")).collect();
    let data = format!("timestamp,service,status,latency_ms\n{}", rows.concat());
    let work = Work::new().file("data.csv", data).file("rules.yaml", RULES);
    let limited = |kilobytes: u32| {
        let program = assert_cmd::cargo::cargo_bin!("sla").display();
        // Ignored, the signal becomes an error.
        let script = format!(
            "trap '' XFSZ; ulimit -f {}; exec {program} check data.csv --rules rules.yaml --record=sla.db -q",
            kilobytes * 2
        );
        Command::new("sh").args(["-c", &script]).current_dir(work.path(".")).output().unwrap()
    };
    let output = limited(512);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("error: cannot record in sla.db: "), "{errors}");
    assert_eq!(output.status.code(), Some(4));
    let output = limited(1_000_000);
    assert_eq!((String::from_utf8(output.stderr).unwrap().as_str(), output.status.code()), ("", Some(0)));
    assert_eq!(sqlite(&work, "PRAGMA integrity_check; SELECT count(*) FROM run_results"), "ok\n6000\n");
}
