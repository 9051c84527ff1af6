//! Killed at every write, every wait for the disk and everything that goes over the network: no alert is lost, at most
//! one comes twice for each kill, and the history is whole.

use crate::servers::Hook;
use crate::{BROKEN, Work, data, project};
use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};

/// What a run does to the disk and to the network.
const CALLS: [&str; 9] =
    ["write", "pwrite64", "fsync", "fdatasync", "ftruncate", "sendto", "recvfrom", "connect", "flock"];

/// The program under strace with one fault injected: `pwrite64:signal=KILL:when=3`.
fn traced(work: &Work, fault: Option<&str>) -> Output {
    let mut command = Command::new("strace");
    command.args(["-f", "-q", "-o", "trace", "-e", &format!("trace={}", CALLS.join(","))]);
    if let Some(fault) = fault {
        command.args(["-e", &format!("inject={fault}")]);
    }
    command.arg(assert_cmd::cargo::cargo_bin!("sla"));
    command.args(["check", "--notify", "-q", "--threads", "1", "--format", "csv"]);
    command.current_dir(work.path(".")).output().expect("strace is needed: scripts/test installs it")
}

fn run(work: &Work) {
    let mut command = work.command(&["check", "--notify", "-q", "--format", "csv"]);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
}

fn hooked(hook: &Hook, other: &Hook) -> Work {
    project(&format!(
        "  channels:\n    hook: {{webhook: {{url: \"{}\"}}}}\n    other: {{webhook: {{url: \"{}\"}}}}\n  routes: [{{to: [hook, other]}}]\n",
        hook.url, other.url
    ))
}

/// How often each key arrived.
fn arrived(hook: &Hook) -> BTreeMap<String, usize> {
    let mut arrived = BTreeMap::new();
    for asked in hook.asked() {
        *arrived.entry(asked.headers["idempotency-key"].clone()).or_default() += 1;
    }
    arrived
}

/// After a kill and one more run: everything arrived at both, at most one of it twice, and the history is whole.
fn check(work: &Work, hooks: [&Hook; 2], messages: usize, doubles: usize, case: &str) {
    let mut twice = 0;
    for hook in hooks {
        let arrived = arrived(hook);
        assert_eq!(arrived.len(), messages, "{case}: {arrived:?}");
        twice += arrived.values().map(|count| count - 1).sum::<usize>();
    }
    assert!(twice <= doubles, "{case}: {twice} came twice");
    let store = sla::store::Store::open(&work.path("sla.db")).unwrap();
    assert!(matches!(store.verify_chain().unwrap(), sla::store::Chain::Intact { .. }), "{case}");
    assert!(store.open_letters().unwrap().is_empty(), "{case}");
    let shell = Command::new("sqlite3")
        .arg(work.path("sla.db"))
        .arg("PRAGMA integrity_check; PRAGMA foreign_key_check")
        .output();
    assert_eq!(String::from_utf8(shell.unwrap().stdout).unwrap(), "ok\n", "{case}");
}

#[test]
fn at_every_call() {
    let (hook, other) = (Hook::new(vec![]), Hook::new(vec![]));
    let work = hooked(&hook, &other);
    assert_eq!(traced(&work, None).status.code(), Some(1));
    let trace = work.read("trace");
    let of = |call: &'static str| {
        let count = trace.lines().filter(|line| line.contains(&format!(" {call}("))).count();
        (1..=count).map(move |nth| format!("{call}:signal=KILL:when={nth}"))
    };
    let faults: Vec<String> = CALLS.into_iter().flat_map(of).collect();
    // Several at once: the run after a kill waits for the time that was written before sending.
    std::thread::scope(|scope| {
        for first in 0..4 {
            let faults = faults.iter().skip(first).step_by(4);
            scope.spawn(move || {
                for fault in faults {
                    let (hook, other) = (Hook::new(vec![]), Hook::new(vec![]));
                    let work = hooked(&hook, &other);
                    traced(&work, Some(fault));
                    run(&work);
                    check(&work, [&hook, &other], 1, 1, fault);
                }
            });
        }
    });
    assert!(faults.len() >= 60, "only {} points", faults.len());
}

/// One history that grows: each run has something to tell, is killed at any time, and is followed by one that is not.
#[test]
fn two_hundred_times_at_random() {
    let (hook, other) = (Hook::new(vec![]), Hook::new(vec![]));
    let work = hooked(&hook, &other);
    // How long a whole run takes here, in microseconds.
    let started = std::time::Instant::now();
    run(&work);
    let whole = started.elapsed().as_micros() as u64;
    let mut seed = 0x5eed_u64;
    let mut below = |limit: u64| {
        seed ^= seed >> 12;
        seed ^= seed << 25;
        seed ^= seed >> 27;
        (seed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    };
    let mut messages = 1;
    for kill in 0..200 {
        // One more service breaks, so that there is something new to tell.
        let text = std::fs::read_to_string(work.path("data.csv")).unwrap();
        data(&work, &format!("{text}2025-06-01T11:00:00Z,service-{kill},failure,100\n"));
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("sla"))
            .args(["check", "--notify", "-q", "--format", "csv"])
            .current_dir(work.path("."))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(below(whole + whole / 4)));
        let _ = child.kill();
        child.wait().unwrap();
        run(&work);
        messages += 1;
    }
    assert!(BROKEN.lines().count() + 200 == work.read("data.csv").lines().count());
    check(&work, [&hook, &other], messages, 200, "two hundred kills");
    // Every service was told to both, new and once, however often its message came.
    for hook in [&hook, &other] {
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for asked in hook.asked() {
            if seen.insert(asked.headers["idempotency-key"].clone()) {
                for event in asked.json()["events"].as_array().unwrap() {
                    assert_eq!(event["event"], "new");
                    *told.entry(format!("{} {}", event["subject"], event["promise"])).or_default() += 1;
                }
            }
        }
        // checkout breaks two promises, each of the others one.
        assert_eq!(told.len(), 2 + 200);
        assert!(told.values().all(|count| *count == 1), "{told:?}");
    }
}
