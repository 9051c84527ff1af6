//! What the user names → inputs: files, folders, patterns and `-`.

use super::error::SourceError;
use globset::GlobBuilder;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every input that the arguments name, in their order; folders and patterns give theirs sorted.
pub fn expand(arguments: &[String]) -> Result<Vec<String>, SourceError> {
    let mut names = Vec::new();
    for argument in arguments {
        let path = Path::new(argument);
        if argument == "-" {
            names.push(argument.clone());
        } else if path.is_dir() {
            names.extend(in_folder(path)?);
        } else if path.exists() {
            names.push(argument.clone());
        } else if argument.contains(['*', '?', '[', '{']) {
            names.extend(matching(argument)?);
        } else {
            return Err(SourceError::NotFound { name: argument.clone() });
        }
    }
    let mut seen = BTreeSet::new();
    for name in &names {
        let same = Path::new(name).canonicalize().unwrap_or_else(|_| PathBuf::from(name));
        if !seen.insert(same) {
            return Err(SourceError::Twice { name: super::error::shown(name) });
        }
    }
    Ok(names)
}

/// Whether a folder's file is one of those that a folder stands for.
fn is_csv(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    [".csv", ".tsv"].iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

fn in_folder(folder: &Path) -> Result<Vec<String>, SourceError> {
    let mut files: Vec<String> = entries(folder)?
        .into_iter()
        .filter(|name| !name.starts_with('.') && is_csv(name))
        .map(|name| folder.join(name))
        .filter(|path| !path.is_dir())
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(SourceError::NoCsv { folder: folder.to_string_lossy().into_owned() });
    }
    Ok(files)
}

/// The names in a folder; those that are not Unicode cannot be named by the user and are left out.
fn entries(folder: &Path) -> Result<Vec<String>, SourceError> {
    let listed =
        std::fs::read_dir(folder).map_err(|error| SourceError::reading(&folder.to_string_lossy(), &error))?;
    Ok(listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
}

/// The files that a pattern matches, part by part: `logs/*/2025-0[1-6].csv`. `**` stands for any folders.
fn matching(pattern: &str) -> Result<Vec<String>, SourceError> {
    let (root, relative) = match pattern.strip_prefix('/') {
        Some(rest) => (PathBuf::from("/"), rest),
        None => (PathBuf::new(), pattern),
    };
    let mut found = BTreeSet::from([root]);
    let parts: Vec<&str> = relative.split('/').filter(|part| !part.is_empty()).collect();
    for (idx, part) in parts.iter().enumerate() {
        let last = idx + 1 == parts.len();
        let mut next = BTreeSet::new();
        for folder in &found {
            step(pattern, folder, part, last, &mut next)?;
        }
        found = next;
    }
    let files: Vec<String> = found
        .into_iter()
        .filter(|path| path.is_file() || (path.exists() && !path.is_dir()))
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    if files.is_empty() {
        return Err(SourceError::NoMatch { pattern: pattern.to_owned() });
    }
    Ok(files)
}

fn step(
    pattern: &str,
    folder: &Path,
    part: &str,
    last: bool,
    next: &mut BTreeSet<PathBuf>,
) -> Result<(), SourceError> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if part == "**" {
        descend(folder, last, next);
        return Ok(());
    }
    if !part.contains(['*', '?', '[', '{']) {
        let path = folder.join(part);
        if path.exists() {
            next.insert(path);
        }
        return Ok(());
    }
    let bad = |error: &globset::Error| SourceError::BadPattern {
        pattern: pattern.to_owned(),
        reason: error.kind().to_string(),
    };
    let matcher = GlobBuilder::new(part)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| bad(&error))?
        .compile_matcher();
    // A folder that cannot be listed has nothing that matches.
    for name in entries(here).unwrap_or_default() {
        // As in a shell, hidden files must be named.
        if matcher.is_match(&name) && (part.starts_with('.') || !name.starts_with('.')) {
            next.insert(folder.join(name));
        }
    }
    Ok(())
}

/// The folder itself and all folders below; with `files` the files in them too.
fn descend(folder: &Path, files: bool, next: &mut BTreeSet<PathBuf>) {
    next.insert(folder.to_owned());
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for name in entries(here).unwrap_or_default() {
        let path = folder.join(&name);
        if name.starts_with('.') || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            descend(&path, files, next);
        } else if files {
            next.insert(path);
        }
    }
}
