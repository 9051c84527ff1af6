//! Nobody listens any more, nothing can be written any more, or somebody presses Ctrl-C.

use crate::run::{Feed, Folder};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const HEADER: &[u8] = b"timestamp,service,status,latency_ms\n";

fn many_services() -> Folder {
    let folder = Folder::new();
    let rows = (0..5_000)
        .map(|service| format!("2025-06-01T12:00:00Z,service-{service},success,100\n"))
        .collect::<Vec<String>>()
        .concat();
    folder.write("data.csv", format!("{}{rows}", String::from_utf8_lossy(HEADER)));
    folder
}

#[test]
fn a_closed_pipe() {
    let folder = many_services();
    for arguments in [
        &["check", "data.csv", "--all", "--by", "service", "--require", "failure_rate <= 5%"][..],
        &["check", "data.csv", "--format", "json", "--by", "service", "--require", "failure_rate <= 5%"],
        &["check", "data.csv", "--format", "csv", "--by", "service", "--require", "failure_rate <= 5%"],
        &["inspect", "data.csv"],
    ] {
        let mut reader = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
        let pipe = reader.stdin.take().unwrap();
        reader.wait().unwrap();
        let mut command = folder.command(arguments);
        command.stdout(pipe);
        let answer = folder.finish(command, None, |_| {});
        assert_eq!((answer.code, answer.errors.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_full_disk() {
    let folder = many_services();
    std::os::unix::fs::symlink("/dev/full", folder.path("full.json")).unwrap();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (require, code) in [("failure_rate <= 5%", 4), ("max(latency) <= 1ms", 1), ("max(cpu) <= 1", 3)] {
        let mut command = folder.command(&["check", "data.csv", "--require", require]);
        command.stdout(full());
        let answer = folder.finish(command, None, |_| {});
        assert_eq!(answer.code, Some(code), "{answer:#?}");
        assert_eq!(answer.errors, "error: cannot write to standard output: no space left on device\n");
        // A file that cannot be written does not keep the others from being written.
        let answer =
            folder.run(&["check", "data.csv", "--require", require, "-o", "full.json", "-o", "fine.json"]);
        assert!(answer.errors.contains("cannot write full.json: no space left on device"), "{answer:#?}");
        assert!(folder.path("fine.json").exists());
        std::fs::remove_file(folder.path("fine.json")).unwrap();
    }
    let mut command = folder.command(&["inspect", "data.csv"]);
    command.stdout(full());
    let answer = folder.finish(command, None, |_| {});
    assert_ne!(answer.code, Some(0), "{answer:#?}");
}

#[test]
fn interrupted_at_work() {
    let folder = Folder::new();
    let endless: Feed = Box::new(|input| {
        input.write_all(HEADER)?;
        let rows = b"2025-06-01T12:00:00Z,api,success,100\n".repeat(10_000);
        loop {
            input.write_all(&rows)?;
        }
    });
    let mut command = folder.command(&["check", "-", "--output", "report.json", "--output", "report.csv"]);
    command.stdin(Stdio::piped());
    let mut asked = Instant::now();
    let answer = folder.finish(command, Some(endless), |child| {
        std::thread::sleep(Duration::from_millis(500));
        asked = Instant::now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    });
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    // Ended by the signal itself, which shells show as 130.
    assert_eq!((answer.signal, answer.output.as_str()), (Some(2), ""), "{answer:#?}");
    assert!(answer.new_files.is_empty(), "{answer:#?}");
}

#[test]
fn interrupted_while_it_waits() {
    let folder = Folder::new();
    assert!(Command::new("mkfifo").arg(folder.path("pipe.csv")).status().unwrap().success());
    let command = folder.command(&["check", "pipe.csv", "--output", "report.json"]);
    let mut asked = Instant::now();
    let answer = folder.finish(command, None, |child| {
        std::thread::sleep(Duration::from_millis(300));
        asked = Instant::now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    });
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(answer.signal, Some(2), "{answer:#?}");
    assert!(answer.new_files.is_empty(), "{answer:#?}");
}
