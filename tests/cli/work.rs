//! A folder to run the program in, and its answer as text. Nothing of the machine's environment gets in.

use assert_cmd::Command;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Every run gets this present: 2025-06-08T06:00:00Z.
const NOW: &str = "2025-06-08T06:00:00Z";

/// A fresh folder that vanishes in the end.
pub(crate) struct Work {
    folder: tempfile::TempDir,
}

impl Work {
    /// Empty, but for a mark that ends the search for `sla.yaml` here.
    pub(crate) fn new() -> Work {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        Work { folder }
    }

    /// With this file, too.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Work {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Inside.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The content of a file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// All files, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, names: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, names);
                } else {
                    names.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        let mut names = Vec::new();
        walk(self.folder.path(), self.folder.path(), &mut names);
        names.sort();
        names
    }

    /// The program, ready for more arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("sla").unwrap();
        command.env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path()).args(arguments);
        command
    }

    /// Runs it; `arguments` are separated by spaces, with `'…'` around those that contain some.
    pub(crate) fn run(&self, arguments: &str) -> Output {
        let arguments = split(arguments);
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        if arguments.first() == Some(&"check") {
            arguments.extend(["--now", NOW]);
        }
        self.command(&arguments).output().unwrap()
    }

    /// Runs it and shows everything that came out.
    pub(crate) fn answer(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let mut text = String::new();
        for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !bytes.is_empty() {
                let shown = String::from_utf8(bytes.clone()).unwrap();
                let shown = shown.replace(self.folder.path().to_str().unwrap(), "[work]");
                let _ = write!(text, "--- {name}\n{shown}");
            }
        }
        let _ = write!(text, "--- exit {}", output.status.code().unwrap());
        text
    }

    /// The exit code alone.
    pub(crate) fn code(&self, arguments: &str) -> i32 {
        self.run(arguments).status.code().unwrap()
    }
}

fn split(arguments: &str) -> Vec<String> {
    let mut words = vec![];
    for (index, part) in arguments.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
