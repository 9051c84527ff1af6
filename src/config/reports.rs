//! `reports:` of the project file: how HTML and PDF reports look, and what a customer sees.

use crate::rules::diagnostic::Faults;
use crate::rules::fields::{self, Fields};
use crate::rules::tree::{Node, Value};
use std::path::{Path, PathBuf};

/// Who reports can be for.
pub(super) const AUDIENCES: &[&str] = &["internal", "customer"];
/// Keys of an edition.
const EDITION_KEYS: &[&str] = &["only", "objectives", "title", "logo", "colours", "template"];
/// Keys of `colours:`.
const COLOUR_KEYS: &[&str] = &["accent", "met", "warning", "undecided", "breached"];

/// The report as one audience gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edition {
    /// Columns of `by` and the values that are shown; empty for all.
    pub only: Vec<(String, Vec<String>)>,
    /// Names of the objectives that are shown; empty for all.
    pub objectives: Vec<String>,
    /// `title:`.
    pub title: Option<String>,
    /// `logo:`, already relative to where the search started.
    pub logo: Option<PathBuf>,
    /// `colours:`, name and value as written.
    pub colours: Vec<(String, String)>,
    /// `template:`, already relative to where the search started.
    pub template: Option<PathBuf>,
}

/// `reports:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editions {
    /// For those who know the rules and the data.
    pub internal: Edition,
    /// For those who were promised something.
    pub customer: Edition,
}

/// Reads `reports:`; names of files in it start from `folder`.
pub(super) fn editions(node: &Node, folder: &Path, faults: &mut Faults) -> Editions {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, "reports", "a mapping", faults)
            .help("say it by audience: {customer: {only: {service: [checkout]}}}");
        return Editions::default();
    };
    let audiences = Fields::new(entries, AUDIENCES, faults);
    let mut of =
        |name: &str| audiences.get(name).map(|node| edition(node, name, folder, faults)).unwrap_or_default();
    Editions { internal: of("internal"), customer: of("customer") }
}

fn edition(node: &Node, audience: &str, folder: &Path, faults: &mut Faults) -> Edition {
    let Value::Map(entries) = &node.value else {
        fields::wrong_kind(node, audience, "a mapping", faults)
            .help(format!("known here: {}", EDITION_KEYS.join(", ")));
        return Edition::default();
    };
    let fields = Fields::new(entries, EDITION_KEYS, faults);
    let texts = |node: &Node, key: &str, faults: &mut Faults| -> Vec<String> {
        fields::texts(node, key, faults).unwrap_or_default().into_iter().map(|(text, _)| text).collect()
    };
    let only = match fields.get("only") {
        None => Vec::new(),
        Some(Node { value: Value::Map(entries), .. }) => {
            entries.iter().map(|(key, node)| (key.text.clone(), texts(node, &key.text, faults))).collect()
        }
        Some(node) => {
            fields::wrong_kind(node, "only", "a mapping", faults)
                .help("name columns of `by` and their values: {service: [checkout, login]}");
            Vec::new()
        }
    };
    let colours = match fields.get("colours") {
        None => Vec::new(),
        Some(Node { value: Value::Map(entries), .. }) => {
            let colours = Fields::new(entries, COLOUR_KEYS, faults);
            let said = |name: &&str| Some(((*name).to_owned(), colours.string(name, faults)?));
            COLOUR_KEYS.iter().filter_map(said).collect()
        }
        Some(node) => {
            fields::wrong_kind(node, "colours", "a mapping", faults).help("as in {accent: \"#0b5cad\"}");
            Vec::new()
        }
    };
    let objectives =
        fields.get("objectives").map(|node| texts(node, "objectives", faults)).unwrap_or_default();
    let title = fields.string("title", faults);
    let mut file = |key: &str| fields.string(key, faults).map(|name| folder.join(name));
    Edition { only, objectives, title, logo: file("logo"), colours, template: file("template") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::find_project;
    use crate::rules::{Colour, render};
    use std::io::Write;

    fn read(text: &str) -> Result<Editions, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::File::create(folder.path().join("sla.yaml")).unwrap().write_all(text.as_bytes()).unwrap();
        let real = std::fs::canonicalize(folder.path()).unwrap();
        match find_project(&real) {
            Ok(project) => Ok(project.unwrap().reports),
            Err(faults) => Err(render(&faults, Colour::Never).replace(&real.display().to_string(), "…")),
        }
    }

    #[test]
    fn editions() {
        let text = "reports:\n  customer:\n    only: {service: [checkout, login], region: eu}\n    objectives: fast\n    \
                    title: Service report\n    colours: {accent: '#123456'}\n    template: /t.html\n";
        let customer = Edition {
            only: vec![
                ("service".into(), vec!["checkout".into(), "login".into()]),
                ("region".into(), vec!["eu".into()]),
            ],
            objectives: vec!["fast".into()],
            title: Some("Service report".into()),
            logo: None,
            colours: vec![("accent".into(), "#123456".into())],
            template: Some("/t.html".into()),
        };
        assert_eq!(read(text), Ok(Editions { customer, internal: Edition::default() }));
    }

    #[test]
    fn faults() {
        let why =
            read("reports: {custmer: {}, customer: {only: checkout, colours: {red: '#f00'}}}\n").unwrap_err();
        for part in ["did you mean `customer`?", "`only` must be a mapping", "unknown key `red`"] {
            assert!(why.contains(part), "{why}");
        }
    }
}
