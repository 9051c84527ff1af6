//! Runs the program on something bad, and looks at how it says no.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A fresh folder to run in.
pub(crate) struct Folder(tempfile::TempDir);

/// What the program left behind.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
    /// Most bytes that it held at once, where that can be told.
    pub(crate) peak: u64,
    pub(crate) took: Duration,
    /// Files that were not there before.
    pub(crate) new_files: Vec<String>,
}

/// What is written to standard input; it may be cut short by a program that has heard enough.
pub(crate) type Feed = Box<dyn FnOnce(&mut dyn Write) -> std::io::Result<()> + Send>;

impl Folder {
    pub(crate) fn new() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        // Ends the search for sla.yaml here.
        fs::create_dir(folder.path().join(".git")).unwrap();
        Folder(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The program, with nothing of this machine around it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sla"));
        command.args(arguments).current_dir(self.0.path()).env_clear().env("HOME", self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.finish(self.command(arguments), None, |_| {})
    }

    pub(crate) fn run_fed(&self, arguments: &[&str], feed: Feed) -> Answer {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        self.finish(command, Some(feed), |_| {})
    }

    /// Starts it, lets `meddle` do its worst, and waits for the end.
    pub(crate) fn finish(
        &self,
        mut command: Command,
        feed: Option<Feed>,
        meddle: impl FnOnce(&Child),
    ) -> Answer {
        let before = self.names();
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        if let (Some(feed), Some(mut input)) = (feed, child.stdin.take()) {
            std::thread::spawn(move || {
                // A program that has heard enough closes the pipe.
                let _ = feed(&mut input);
            });
        }
        let output = child.stdout.take().map(|output| std::thread::spawn(move || text_of(output)));
        let errors = child.stderr.take().map(|errors| std::thread::spawn(move || text_of(errors)));
        meddle(&child);
        let mut peak = 0;
        let status = loop {
            peak = peak.max(peak_of(child.id()));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(started.elapsed() < Duration::from_secs(120), "it does not come to an end");
            std::thread::sleep(Duration::from_millis(2));
        };
        let took = started.elapsed();
        let joined = |thread: Option<std::thread::JoinHandle<String>>| {
            thread.map_or_else(String::new, |thread| thread.join().unwrap())
        };
        let new_files = self.names().into_iter().filter(|name| !before.contains(name)).collect();
        Answer {
            code: status.code(),
            signal: status.signal(),
            output: joined(output),
            errors: joined(errors),
            peak,
            took,
            new_files,
        }
    }
}

impl Answer {
    /// It said no as it should: with this code, in one or two sentences that have these words, and wrote nothing.
    pub(crate) fn refuses(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        let told = format!("{}{}", self.output, self.errors);
        for word in words {
            // The table wraps its lines.
            let folded = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(folded.contains(word), "it does not say {word:?}: {self:#?}");
        }
        for noise in ["panicked", "RUST_BACKTRACE", "stack overflow", "os error", "Some(", "Err("] {
            assert!(!told.contains(noise), "it says {noise:?}: {self:#?}");
        }
        if self.output.is_empty() {
            assert!(self.errors.starts_with("error: "), "{self:#?}");
            assert!(
                self.errors.len() <= 600 && self.errors.lines().count() <= 12,
                "more than two sentences: {self:#?}"
            );
        }
        assert!(self.new_files.is_empty(), "it wrote something: {self:#?}");
    }

    /// It held at most so many megabytes.
    pub(crate) fn holds_at_most(&self, megabytes: u64) {
        assert!(self.peak <= megabytes << 20, "{} MB", self.peak >> 20);
    }
}

fn text_of(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The largest amount of memory a process has held; 0 where the system does not say.
fn peak_of(process: u32) -> u64 {
    let status = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    let peak = status.ok().and_then(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().to_owned();
        line.strip_suffix(" kB")?.parse::<u64>().ok()
    });
    peak.unwrap_or(0) << 10
}
