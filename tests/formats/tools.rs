//! The programs that reports are read with. One that is missing fails the test, with how to get it.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A file of these tests.
pub(crate) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(name)
}

/// Runs a program of Debian's `package` with this on its standard input.
pub(crate) fn run(program: &str, package: &str, arguments: &[&str], input: &[u8]) -> Output {
    let missing = format!("{program} is not installed: `apt-get install {package}`, or run scripts/test");
    fed(Command::new(program).args(arguments), input, &missing)
}

/// What one of the readers in `consumers.py` says.
pub(crate) fn consumer(arguments: &[&str], input: &[u8]) -> Value {
    let python = python();
    let missing = format!("{} is missing: run scripts/test, which makes it", python.display());
    let script = beside("consumers.py");
    let output = fed(Command::new(&python).arg(script).args(arguments), input, &missing);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "consumers.py {arguments:?}: {told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Of the virtual environment that scripts/test makes.
fn python() -> PathBuf {
    if let Some(folder) = std::env::var_os("SLA_TEST_TOOLS") {
        return PathBuf::from(folder).join("bin/python3");
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    cache.unwrap_or_else(home).join("sla/test-tools/bin/python3")
}

fn fed(command: &mut Command, input: &[u8], missing: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap_or_else(|why| panic!("{missing} ({why})"));
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that ends before it has read everything says why by its exit code.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    })
}
