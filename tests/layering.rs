//! Repository rules as a test: which module may import which, and who may touch the world outside.
//!
//! Every path in code counts, not only `use` lines; comments and strings do not.

#![expect(clippy::unwrap_used, reason = "a source that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module, and what it may import beside itself and `model`. Data flows down the table; nothing is imported upward.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("model", &[]),
    ("calendar", &[]),
    ("rules", &["calendar"]),
    ("schedule", &[]),
    ("config", &["rules", "schedule"]),
    ("plan", &["calendar"]),
    ("source", &["plan"]),
    ("evaluate", &["calendar", "plan"]),
    ("pipeline", &["calendar", "config", "rules", "plan", "source", "evaluate"]),
    ("render", &[]),
    ("deliver", &["render"]),
    ("store", &[]),
    ("notify", &["render", "store"]),
    (
        "cli",
        &[
            "calendar", "config", "rules", "plan", "source", "evaluate", "pipeline", "render", "deliver",
            "store", "notify", "schedule",
        ],
    ),
];

/// What reaches outside, and who may: everything else is a function of its arguments. Tests may do as they like.
const REACHES_OUTSIDE: [(&str, &[&str]); 7] = [
    ("std::fs", &["source", "config", "cli", "deliver", "store"]),
    ("std::env", &["config", "cli"]),
    ("std::net", &["cli", "config", "notify"]),
    ("SystemTime", &["cli"]),
    ("Timestamp::now", &["cli"]),
    ("println", &["cli"]),
    ("eprintln", &["cli"]),
];

#[test]
fn nothing_is_imported_upward() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_IMPORT.into_iter().map(|(module, imports)| (module, imports.iter().copied().collect())).collect();
    let mut faults = Vec::new();
    for (path, code) in sources() {
        let module = module_of(&path);
        if module == "lib" {
            continue;
        }
        let imports = imports(&code, depth(&path));
        if module == "main" {
            faults.extend(
                imports
                    .iter()
                    .filter(|import| *import != "cli")
                    .map(|import| format!("main imports {import}")),
            );
            continue;
        }
        let Some(allowed_here) = allowed.get(module.as_str()) else {
            faults.push(format!("{}: the table does not say what `{module}` may import", path.display()));
            continue;
        };
        for import in imports {
            let known = allowed.contains_key(import.as_str());
            if known && import != module && import != "model" && !allowed_here.contains(import.as_str()) {
                faults.push(format!("{}: `{module}` may not import `{import}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn only_the_edges_reach_outside() {
    let mut faults = Vec::new();
    for (path, code) in sources() {
        let module = module_of(&path);
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_test = file.contains("test") || path.components().any(|part| part.as_os_str() == "tests");
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for (what, who) in REACHES_OUTSIDE {
            if !is_test
                && words(code).any(|word| word == what || word.starts_with(&format!("{what}::")))
                && !who.contains(&module.as_str())
            {
                faults.push(format!("{}: `{module}` may not use `{what}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_rules_see_what_they_must() {
    let check = |code: &str, depth: usize, expected: &[&str]| {
        let found: Vec<String> = imports(&stripped(code), depth).into_iter().collect();
        assert_eq!(found, expected, "{code}");
    };
    check("use crate::model::{A, B};", 1, &["model"]);
    check("use crate::{plan::Plan, model::{self, A}, source};", 1, &["model", "plan", "source"]);
    check("fn f() -> crate::cli::X { crate :: rules::y() }", 1, &["cli", "rules"]);
    check("// crate::cli\n/* crate::cli /* nested */ crate::cli */ let a = \"crate::cli\";", 1, &[]);
    check("let a = r#\"\"crate::cli\"#; let b: &'static str = '\"'; crate::model::X", 1, &["model"]);
    check("use super::super::render::X; use super::y::Z;", 2, &["render"]);
    check("$crate::plan::x!()", 1, &["plan"]);
    check("use sla::cli;", 1, &["cli"]);
}

/// Every source file with its code, comments and strings blanked out.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let code = stripped(&fs::read_to_string(&path).unwrap());
                files.push((path.strip_prefix(&root).unwrap().to_owned(), code));
            }
        }
    }
    assert!(files.len() > 20, "only {} source files found", files.len());
    files.sort();
    files
}

/// `render` for `render/json.rs` and for `render.rs`.
fn module_of(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// How many `super` lead from the file's module to the crate.
fn depth(path: &Path) -> usize {
    let parts = path.components().count();
    if path.file_name().is_some_and(|name| name == "mod.rs") { parts - 1 } else { parts }
}

/// Modules at the top of the crate that the code names by a path.
fn imports(code: &str, depth: usize) -> BTreeSet<String> {
    let to_root = vec!["super"; depth].join("::");
    let mut found = BTreeSet::new();
    let tight: String = tightened(code);
    for start in ["crate", "sla", &to_root] {
        let start = format!("{start}::");
        for (at, _) in tight.match_indices(&start) {
            let before = tight[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            found.extend(first_names(&tight[at + start.len()..]));
        }
    }
    found.retain(|name| name != "super" && name != "self" && !name.is_empty());
    found
}

/// The name a path goes on with, or the first name of each branch of a group: `{a::b, c::{d, e}}` → a, c.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let mut names = vec![name(group)];
    let mut level = 1;
    for (at, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' => level -= 1,
            ',' if level == 1 => names.push(name(&group[at + 1..])),
            _ => {}
        }
        if level == 0 {
            break;
        }
    }
    names
}

/// Without spaces around `::`, braces and commas, so that a path is one piece.
fn tightened(code: &str) -> String {
    let mut tight = code.split_whitespace().collect::<Vec<_>>().join(" ");
    for mark in ["::", "{", "}", ","] {
        for spaced in [format!(" {mark}"), format!("{mark} ")] {
            while tight.contains(&spaced) {
                tight = tight.replace(&spaced, mark);
            }
        }
    }
    tight
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).filter(|word| !word.is_empty())
}

/// The code with comments and the contents of strings and characters blanked out.
fn stripped(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut kept = String::with_capacity(code.len());
    let mut i = 0;
    while i < chars.len() {
        match (at(i), at(i + 1)) {
            ('/', '/') => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            ('/', '*') => {
                let mut level = 0;
                loop {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (level, i) = (level + 1, i + 2),
                        ('*', '/') => (level, i) = (level - 1, i + 2),
                        _ => i += 1,
                    }
                    if level == 0 || i >= chars.len() {
                        break;
                    }
                }
            }
            ('r', '"' | '#')
                if !kept.ends_with(|c: char| c.is_alphanumeric() || c == '_') || kept.ends_with('b') =>
            {
                let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
                if at(i + 1 + hashes) == '"' {
                    let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                    let rest: String = chars[i + 2 + hashes..].iter().collect();
                    let length = rest.find(&end).map_or(rest.len(), |found| found + end.len());
                    i += 2 + hashes + rest[..length].chars().count();
                } else {
                    kept.push(at(i));
                    i += 1;
                }
            }
            ('"', _) => {
                i += 1;
                while i < chars.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
            }
            // A character, not a lifetime.
            ('\'', '\\') => {
                i += 3;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            ('\'', _) if at(i + 2) == '\'' => i += 3,
            (c, _) => {
                kept.push(c);
                i += 1;
            }
        }
    }
    kept
}
