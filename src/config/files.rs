//! From what was typed or written (files, folders, patterns) to the rule files themselves.

use super::PROJECT_FILE;
use crate::rules::diagnostic::nearest;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep `**` looks.
const MAX_DEPTH: usize = 32;
/// Most files that patterns are held against.
const MAX_SEEN: usize = 200_000;

/// Why rule files could not be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// No file or folder of that name.
    NotFound {
        /// As it was given.
        name: String,
        /// A name beside it that is nearly the same.
        meant: Option<String>,
    },
    /// A folder without `*.yaml` or `*.yml`.
    EmptyFolder(String),
    /// A pattern that matches nothing.
    NoMatch(String),
    /// A pattern that cannot be read.
    BadPattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder that cannot be listed.
    Unreadable {
        /// The folder.
        folder: String,
        /// What the system says.
        reason: String,
    },
    /// Nothing was given.
    Nothing,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::NotFound { name, meant: None } => {
                write!(f, "no rule file or folder `{name}`")
            }
            ConfigError::NotFound { name, meant: Some(meant) } => {
                write!(f, "no rule file or folder `{name}`; did you mean `{meant}`?")
            }
            ConfigError::EmptyFolder(name) => {
                write!(
                    f,
                    "no rule files in the folder `{name}`: looked for *.yaml and *.yml other than {PROJECT_FILE}"
                )
            }
            ConfigError::NoMatch(pattern) => {
                write!(
                    f,
                    "no rule file matches `{pattern}`: looked for *.yaml and *.yml other than {PROJECT_FILE}"
                )
            }
            ConfigError::BadPattern { pattern, reason } => {
                write!(f, "the pattern `{pattern}` cannot be read: {reason}")
            }
            ConfigError::Unreadable { folder, reason } => {
                write!(f, "the folder `{folder}` cannot be listed: {reason}")
            }
            ConfigError::Nothing => f.write_str("no rule file was named"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// The rule files behind files, folders (their `*.yaml` and `*.yml`) and patterns (`rules/**/*.yaml`): sorted, each
/// once. A pattern that finds nothing is an error. `sla.yaml` counts only where it is named itself.
pub fn rule_files(patterns: &[String]) -> Result<Vec<PathBuf>, ConfigError> {
    rule_files_in(Path::new(""), patterns)
}

/// The same, with relative patterns taken from `folder`.
pub(super) fn rule_files_in(folder: &Path, patterns: &[String]) -> Result<Vec<PathBuf>, ConfigError> {
    if patterns.is_empty() {
        return Err(ConfigError::Nothing);
    }
    // By where they really are, so that ./a.yaml and a.yaml are one.
    let mut found: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for pattern in patterns {
        for file in one(folder, pattern)? {
            let real = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            found.entry(real).or_insert(file);
        }
    }
    let mut files: Vec<PathBuf> = found.into_values().collect();
    files.sort();
    Ok(files)
}

fn one(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, ConfigError> {
    let path = folder.join(pattern);
    if path.is_dir() {
        let files: Vec<PathBuf> = list(&path)?.into_iter().filter(|file| is_rule_file(file)).collect();
        return if files.is_empty() { Err(ConfigError::EmptyFolder(shown(&path))) } else { Ok(files) };
    }
    if path.exists() {
        return Ok(vec![path]);
    }
    if !pattern.contains(['*', '?', '[', '{']) {
        let beside =
            path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
        let names: Vec<String> = beside
            .and_then(|parent| list(parent).ok())
            .unwrap_or_default()
            .iter()
            .filter_map(|file| file.file_name().map(|name| name.to_string_lossy().into_owned()))
            .collect();
        let typed = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let meant =
            nearest(&typed, names.iter().map(String::as_str)).map(|name| shown(&path.with_file_name(name)));
        return Err(ConfigError::NotFound { name: shown(&path), meant });
    }
    let files = matching(folder, pattern)?;
    if files.is_empty() { Err(ConfigError::NoMatch(shown(&path))) } else { Ok(files) }
}

/// The files that a pattern matches. The part before its first special character is a folder, taken as it is.
fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, ConfigError> {
    let literal = pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len());
    let (base, rest) = match pattern[..literal].rfind('/') {
        Some(slash) => (&pattern[..=slash], &pattern[slash + 1..]),
        None => ("", pattern),
    };
    let glob = GlobBuilder::new(rest).literal_separator(true).build().map_err(|error| {
        ConfigError::BadPattern { pattern: pattern.to_owned(), reason: error.kind().to_string() }
    })?;
    let depth = if rest.contains("**") { MAX_DEPTH } else { rest.matches('/').count() };
    let base = folder.join(base);
    let mut walk = Walk { base: &base, glob: glob.compile_matcher(), seen: 0, found: Vec::new() };
    if base.as_os_str().is_empty() || base.is_dir() {
        walk.folder(&base, depth)?;
    }
    Ok(walk.found)
}

struct Walk<'a> {
    base: &'a Path,
    glob: GlobMatcher,
    seen: usize,
    found: Vec<PathBuf>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), ConfigError> {
        for path in list(folder)? {
            self.seen += 1;
            if self.seen > MAX_SEEN {
                return Err(ConfigError::Unreadable {
                    folder: shown(self.base),
                    reason: format!("more than {MAX_SEEN} files below it; name a narrower folder"),
                });
            }
            let relative = path.strip_prefix(self.base).unwrap_or(&path);
            if is_rule_file(&path) && self.glob.is_match(relative) {
                self.found.push(path);
            } else if depth > 0 && fs::symlink_metadata(&path).is_ok_and(|data| data.is_dir()) {
                self.folder(&path, depth - 1)?;
            }
        }
        Ok(())
    }
}

/// What a folder holds, without hidden names, sorted.
fn list(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let unreadable =
        |error: std::io::Error| ConfigError::Unreadable { folder: shown(folder), reason: error.to_string() };
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut paths = Vec::new();
    for entry in fs::read_dir(listed).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if !name.to_string_lossy().starts_with('.') {
            paths.push(folder.join(name));
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_rule_file(path: &Path) -> bool {
    let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let project = path.file_name().is_some_and(|name| name == PROJECT_FILE);
    yaml && !project && path.is_file()
}

fn shown(path: &Path) -> String {
    if path.as_os_str().is_empty() { ".".to_owned() } else { path.display().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap();
        }
        folder
    }

    fn check(files: &[&str], patterns: &[&str], found: &[&str]) {
        let folder = folder(files);
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let result = rule_files_in(folder.path(), &patterns).unwrap();
        let relative: Vec<&str> =
            result.iter().map(|file| file.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(relative, found, "{patterns:?}");
    }

    fn refused(files: &[&str], pattern: &str) -> String {
        let folder = folder(files);
        let error = rule_files_in(folder.path(), &[pattern.to_owned()]).unwrap_err();
        error.to_string().replace(&folder.path().display().to_string(), "…")
    }

    #[test]
    fn files_folders_and_patterns() {
        let files =
            ["b.yaml", "a.yml", "sla.yaml", "note.txt", ".hidden.yaml", "sub/c.yaml", "sub/deep/d.yaml"];
        check(&files, &["."], &["a.yml", "b.yaml"]);
        check(&files, &["b.yaml", "./b.yaml", "sub/../b.yaml"], &["b.yaml"]);
        check(&files, &["*.yaml"], &["b.yaml"]);
        check(&files, &["**/*.yaml"], &["b.yaml", "sub/c.yaml", "sub/deep/d.yaml"]);
        check(&files, &["*/*.yaml"], &["sub/c.yaml"]);
        check(&files, &["sub/*.y{a,}ml", "a.yml"], &["a.yml", "sub/c.yaml"]);
        check(&files, &["sub/**/[d].yaml"], &["sub/deep/d.yaml"]);
        // Named itself it counts, so that its faults are told.
        check(&files, &["sla.yaml"], &["sla.yaml"]);
        // A file whose name looks like a pattern is a file.
        check(&["[x].yaml", "x.yaml"], &["[x].yaml"], &["[x].yaml"]);
    }

    #[test]
    fn finding_nothing_is_an_error_that_says_what_was_looked_for() {
        let looked = "looked for *.yaml and *.yml other than sla.yaml";
        assert_eq!(refused(&["sla.yaml"], "."), format!("no rule files in the folder `…/.`: {looked}"));
        assert_eq!(refused(&["a.yml"], "*.yaml"), format!("no rule file matches `…/*.yaml`: {looked}"));
        assert_eq!(refused(&[], "rules/*.yaml"), format!("no rule file matches `…/rules/*.yaml`: {looked}"));
        assert_eq!(
            refused(&["web-shop.yaml"], "web-shpo.yaml"),
            "no rule file or folder `…/web-shpo.yaml`; did you mean `…/web-shop.yaml`?"
        );
        assert_eq!(refused(&[], "web.yaml"), "no rule file or folder `…/web.yaml`");
        assert_eq!(
            refused(&["a.yaml"], "[a.yaml"),
            "the pattern `[a.yaml` cannot be read: unclosed character class; missing ']'"
        );
        assert_eq!(rule_files(&[]), Err(ConfigError::Nothing));
    }
}
