//! A folder with a project in it, and the program at work there.

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Whatever takes longer has failed.
const LONGEST: Duration = Duration::from_secs(60);

/// Half of checkout's requests fail.
pub(crate) const DATA: &str = "\
timestamp,service,status,latency_ms
2025-06-01T10:00:00Z,checkout,success,100
2025-06-01T10:10:00Z,checkout,failure,200
";
/// None do.
pub(crate) const GOOD: &str = "\
timestamp,service,status,latency_ms
2025-06-01T10:00:00Z,checkout,success,100
2025-06-01T10:10:00Z,checkout,success,200
";
const RULES: &str = "sla: shop\nby: service\nobjectives:\n  - failure_rate <= 5%\n  - avg(latency) <= 1s\n";

/// A folder that vanishes in the end, with rules, data and a history at sla.db.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// With these further lines in sla.yaml.
    pub(crate) fn new(more: &str) -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.path(".git")).unwrap();
        place.write("rules.yaml", RULES);
        place.write("data.csv", DATA);
        place.project(more);
        place
    }

    pub(crate) fn project(&self, more: &str) {
        let project = "rules: rules.yaml\nsources: {requests: {csv: data.csv}}\nstore: sla.db\n";
        self.write("sla.yaml", &format!("{project}{more}"));
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        // Whole, for the program may be reading it.
        fs::write(self.path(".new"), content).unwrap();
        fs::rename(self.path(".new"), self.path(name)).unwrap();
    }

    /// A file that nobody else can read.
    pub(crate) fn secret(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.write(name, content);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Data that hangs whoever reads it: a pipe that nobody writes to.
    pub(crate) fn hang(&self) {
        let _ = fs::remove_file(self.path("data.csv"));
        assert!(Command::new("mkfifo").arg(self.path("data.csv")).status().unwrap().success());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program, ready to run; arguments are separated by spaces.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("sla"));
        command.env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path());
        command.args(arguments.split_whitespace()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Code, and what was told.
    pub(crate) fn told(&self, arguments: &str) -> (i32, String) {
        let output = self.run(arguments);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Whether this process has the lock, by its own words.
    pub(crate) fn is_locked_by(&self, id: u32) -> bool {
        fs::read_to_string(self.path("sla.db.lock")).is_ok_and(|said| said == format!("process {id}\n"))
    }

    /// What sqlite3's shell says, a line per row.
    pub(crate) fn sqlite(&self, query: &str) -> String {
        let mut shell = Command::new("sqlite3");
        // The program may be writing.
        shell.args(["-batch", "-cmd", ".timeout 10000"]).arg(self.path("sla.db")).arg(query);
        let output = shell.output();
        let output = output.expect("sqlite3 is needed: scripts/test installs it");
        assert!(output.status.success(), "{query}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// `sla schedule` with a log of JSON lines.
    pub(crate) fn follow(&self, arguments: &str) -> Daemon {
        Daemon::start(self.command(&format!("schedule --log json {arguments}")))
    }
}

/// A process that stays, and its log.
pub(crate) struct Daemon {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    pub(crate) fn start(mut command: Command) -> Daemon {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let (errors, log) = (child.stderr.take().unwrap(), Arc::clone(&lines));
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                log.lock().unwrap().push(line);
            }
        });
        Daemon { child, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// The events with this message.
    pub(crate) fn events(&self, message: &str) -> Vec<Value> {
        let parsed = self
            .lines()
            .into_iter()
            .map(|line| serde_json::from_str::<Value>(&line).unwrap_or_else(|why| panic!("{why}: {line}")));
        parsed
            .filter(|event| event["message"].as_str().is_some_and(|said| said.starts_with(message)))
            .collect()
    }

    /// Waits until there are so many of them.
    pub(crate) fn wait_for(&self, message: &str, count: usize) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let events = self.events(message);
            if events.len() >= count {
                return events;
            }
            assert!(
                begun.elapsed() < LONGEST,
                "{message}: {} of {count}\n{}",
                events.len(),
                self.lines().join("\n")
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for an event, or the end; whether it is the end.
    pub(crate) fn ended_or(&self, message: &str) -> bool {
        let begun = Instant::now();
        loop {
            let state = fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
            if state.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z')) {
                return true;
            }
            if self.lines().iter().any(|line| line.contains(&format!("\"message\":\"{message}"))) {
                return false;
            }
            assert!(begun.elapsed() < LONGEST, "{}", self.lines().join("\n"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Its exit code, after a signal; `None` where the system ended it.
    pub(crate) fn end(mut self, signal: &str) -> (Option<i32>, Vec<String>) {
        self.signal(signal);
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < LONGEST, "it does not end\n{}", self.lines().join("\n"));
            std::thread::sleep(Duration::from_millis(10));
        };
        // The thread that reads has the rest within a moment.
        std::thread::sleep(Duration::from_millis(100));
        (status.code(), self.lines())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something holds.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LONGEST, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
