//! The project file `sla.yaml`: which rules belong together, and which sources they may name.

use super::files::{ConfigError, rule_files_in};
use super::load::read;
use super::notify;
use super::reports::{self, Editions};
use super::schedule;
use super::servers;
use crate::model::{Notify, Scheduling, Server};
use crate::rules::Diagnostic;
use crate::rules::diagnostic::Faults;
use crate::rules::fields::{self, Fields};
use crate::rules::tree::{self, Node, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// Its name.
pub const PROJECT_FILE: &str = "sla.yaml";
/// Its keys.
pub const PROJECT_KEYS: &[&str] =
    &["rules", "sources", "store", "reports", "notify", "schedule", "heartbeat", "listen", "status"];
/// Keys of a source; one with `prometheus` has more.
pub const SOURCE_KEYS: &[&str] = &["csv", "prometheus"];

/// A project file that was found and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The file.
    pub file: PathBuf,
    /// Its folder: what relative names in it start from. Empty for the current folder.
    pub folder: PathBuf,
    /// `rules:` as written; empty where nothing is said.
    pub rules: Vec<String>,
    /// `sources:`.
    pub sources: Vec<Source>,
    /// `store:`, the history that every check is recorded in, already relative to where the search started.
    pub store: Option<PathBuf>,
    /// `reports:`.
    pub reports: Editions,
    /// `schedule:`, `heartbeat:`, `listen:` and `status:`.
    pub scheduling: Scheduling,
    /// `notify:`.
    pub notify: Option<Notify>,
}

/// Input under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name that an agreement's `source:` says.
    pub name: String,
    /// Where it is.
    pub place: Place,
}

/// Where input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Files, folders and patterns, already relative to where the search started.
    Csv(Vec<String>),
    /// A server of metrics.
    Prometheus(Box<Server>),
}

impl Project {
    /// The rule files that it names.
    pub fn rule_files(&self) -> Result<Vec<PathBuf>, ConfigError> {
        rule_files_in(&self.folder, &self.rules)
    }

    /// The source of that name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }
}

/// Looks for `sla.yaml` in `start` and the folders above it, up to and with the repository root (`.git`) or the home
/// folder, whichever comes first. Outside of both only `start` itself is looked at.
pub fn find_project(start: &Path) -> Result<Option<Project>, Vec<Diagnostic>> {
    find_below(start, std::env::home_dir().as_deref())
}

fn find_below(start: &Path, home: Option<&Path>) -> Result<Option<Project>, Vec<Diagnostic>> {
    let start = if start.as_os_str().is_empty() { Path::new(".") } else { start };
    let Ok(real) = fs::canonicalize(start) else { return Ok(None) };
    let home = home.and_then(|home| fs::canonicalize(home).ok());
    let ends = |folder: &Path| folder.join(".git").exists() || home.as_deref() == Some(folder);
    let levels = real.ancestors().position(ends).unwrap_or(0);
    for (level, folder) in real.ancestors().enumerate().take(levels + 1) {
        if folder.join(PROJECT_FILE).is_file() {
            return read_project(&named(start, folder, level)).map(Some);
        }
    }
    Ok(None)
}

/// The folder as a reader would name it from where they are.
fn named(start: &Path, folder: &Path, level: usize) -> PathBuf {
    if start.is_absolute() {
        return folder.to_path_buf();
    }
    let mut name = if start == Path::new(".") { PathBuf::new() } else { start.to_path_buf() };
    (0..level).for_each(|_| name.push(".."));
    name
}

fn read_project(folder: &Path) -> Result<Project, Vec<Diagnostic>> {
    let file = folder.join(PROJECT_FILE);
    let text = read(&file)?;
    let mut faults = Faults::new(file.display().to_string(), &text);
    let project = compile(&file, folder, &mut faults);
    faults.finish()?;
    project.ok_or_else(Vec::new)
}

fn compile(file: &Path, folder: &Path, faults: &mut Faults) -> Option<Project> {
    let entries = tree::read("project file", faults)?;
    let fields = Fields::new(&entries, PROJECT_KEYS, faults);
    let rules = fields.get("rules").map(|node| names(node, "rules", faults)).unwrap_or_default();
    let sources = fields.get("sources").map(|node| sources(node, folder, faults)).unwrap_or_default();
    let store = fields.text("store", faults).filter(|name| !name.is_empty()).map(|name| folder.join(name));
    let reports =
        fields.get("reports").map(|node| reports::editions(node, folder, faults)).unwrap_or_default();
    let notify = fields.get("notify").and_then(|node| notify::notify(node, folder, faults));
    let scheduling = schedule::scheduling(&fields, folder, faults);
    let (file, folder) = (file.to_path_buf(), folder.to_path_buf());
    Some(Project { file, folder, rules, sources, store, reports, scheduling, notify })
}

fn names(node: &Node, key: &str, faults: &mut Faults) -> Vec<String> {
    let found = fields::texts(node, key, faults).unwrap_or_default();
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        faults
            .error(node.span.clone(), format!("`{key}` is empty"))
            .help("name files, folders or patterns, or leave the key out");
    }
    found.into_iter().map(|(text, _)| text).collect()
}

fn sources(node: &Node, folder: &Path, faults: &mut Faults) -> Vec<Source> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "sources", "a mapping", faults)
            .help("name each source: {requests: {csv: data/*.csv}}");
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, node) in entries {
        let Value::Map(entries) = &node.value else {
            fields::wrong_kind(node, &key.text, "a mapping", faults)
                .help("say what kind it is: {csv: data/*.csv} or {prometheus: URL}");
            continue;
        };
        let is_server = entries.iter().any(|(key, _)| key.text == "prometheus");
        let fields = Fields::new(entries, if is_server { servers::SERVER_KEYS } else { SOURCE_KEYS }, faults);
        let name = key.text.clone();
        if is_server {
            let server = servers::server(&name, &fields, folder, faults);
            found.extend(server.map(|server| Source { name, place: Place::Prometheus(Box::new(server)) }));
            continue;
        }
        match fields.get("csv") {
            Some(csv) => {
                let csv = names(csv, "csv", faults).iter().map(|name| joined(folder, name)).collect();
                found.push(Source { name, place: Place::Csv(csv) });
            }
            None if entries.is_empty() => {
                faults
                    .error(node.span.clone(), format!("`{name}` is empty"))
                    .help("say where it is: {csv: data/*.csv} or {prometheus: URL}");
            }
            None => {}
        }
    }
    found
}

/// A name in the project file, from where the search started.
pub(super) fn joined(folder: &Path, name: &str) -> String {
    if folder.as_os_str().is_empty() || Path::new(name).is_absolute() {
        return name.to_owned();
    }
    let base = folder.display().to_string();
    // Only the name is a pattern; signs in the folder stand for themselves.
    let pattern = name.contains(['*', '?', '[', '{']);
    let base = if pattern { globset::escape(&base) } else { base };
    Path::new(&base).join(name).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Colour, render};
    use std::io::Write;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        folder
    }

    const GOOD: &str = "rules: rules\nstore: db/sla.db\nsources:\n  requests: {csv: [data/*.csv, /abs.csv]}\n  queue: {csv: q.csv}\n";

    #[test]
    fn found_upward_to_the_repository_root() {
        let place = folder(&[("sla.yaml", "rules: x\n"), ("repo/.git/config", ""), ("repo/a/b/x.csv", "")]);
        let start = place.path().join("repo/a/b");
        // The one above the repository does not count.
        assert_eq!(find_below(&start, None), Ok(None));
        fs::File::create(place.path().join("repo/sla.yaml")).unwrap().write_all(GOOD.as_bytes()).unwrap();
        let project = find_below(&start, None).unwrap().unwrap();
        let root = fs::canonicalize(place.path().join("repo")).unwrap();
        assert_eq!(project.file, root.join("sla.yaml"));
        assert_eq!(project.rules, ["rules"]);
        let csv = vec![format!("{}/data/*.csv", root.display()), "/abs.csv".to_owned()];
        assert_eq!(project.source("requests").unwrap().place, Place::Csv(csv));
        assert_eq!(project.source("nothing"), None);
        assert_eq!(project.store, Some(root.join("db/sla.db")));
    }

    #[test]
    fn found_upward_to_the_home_folder() {
        let place = folder(&[("sla.yaml", GOOD), ("home/a/x.csv", "")]);
        let (start, home) = (place.path().join("home/a"), place.path().join("home"));
        assert_eq!(find_below(&start, Some(&home)), Ok(None));
        assert!(find_below(&start, Some(place.path())).unwrap().is_some());
        // Outside of a repository and home, nothing above is looked at.
        assert_eq!(find_below(&start, None), Ok(None));
        assert!(find_below(place.path(), None).unwrap().is_some());
    }

    #[test]
    fn its_rule_files() {
        let place =
            folder(&[("sla.yaml", "rules: [rules, more/*.yml]\n"), ("rules/b.yaml", ""), ("more/a.yml", "")]);
        let project = find_below(place.path(), None).unwrap().unwrap();
        let files = project.rule_files().unwrap();
        let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.yml", "b.yaml"]);
        fs::remove_file(place.path().join("more/a.yml")).unwrap();
        let error = project.rule_files().unwrap_err().to_string();
        assert!(error.contains("more/*.yml"), "{error}");
    }

    #[test]
    fn names_are_told_from_where_one_is() {
        for (start, level, name) in
            [(".", 0, ""), (".", 2, "../.."), ("sub", 0, "sub"), ("sub", 1, "sub/.."), ("/a/b", 0, "/a/b")]
        {
            assert_eq!(named(Path::new(start), Path::new("/a/b"), level), Path::new(name), "{start} {level}");
        }
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let text = "rulse: x\nrules: []\nschedule: 5m\nsources:\n  a: x.csv\n  b: {parquet: x}\n  c: {}\n";
        let place = folder(&[("sla.yaml", text)]);
        let faults = find_below(place.path(), None).unwrap_err();
        let shown = fs::canonicalize(place.path()).unwrap().display().to_string();
        insta::assert_snapshot!(render(&faults, Colour::Never).replace(&shown, "…"), @r#"
        error: unknown key `rulse`
         --> …/sla.yaml:1:1
          |
        1 | rulse: x
          | ^^^^^ did you mean `rules`?

        error: `rules` is empty
         --> …/sla.yaml:2:8
          |
        2 | rules: []
          |        ^^
          |
          = help: name files, folders or patterns, or leave the key out

        error: an entry of `schedule` must be a mapping, found a single value
         --> …/sla.yaml:3:11
          |
        3 | schedule: 5m
          |           ^^
          |
          = help: say when: {cron: "0 6 * * *", timezone: Europe/Vienna} or {every:
                  60s}

        error: `a` must be a mapping, found a single value
         --> …/sla.yaml:5:6
          |
        5 |   a: x.csv
          |      ^^^^^
          |
          = help: say what kind it is: {csv: data/*.csv} or {prometheus: URL}

        error: unknown key `parquet`
         --> …/sla.yaml:6:7
          |
        6 |   b: {parquet: x}
          |       ^^^^^^^
          |
          = help: known here: csv, prometheus

        error: `c` is empty
         --> …/sla.yaml:7:6
          |
        7 |   c: {}
          |      ^^
          |
          = help: say where it is: {csv: data/*.csv} or {prometheus: URL}
        "#);
    }
}
