//! The example agreements of the repository: free of doubts, fit for editors, and explained within 80 columns.

use super::*;
use crate::rules::tree::{self, Key, Node, Value};
use serde_json::Value as Json;
use std::fs;

/// As an editor sees it: digits are numbers.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar(text) => text.parse::<u32>().map_or_else(|_| Json::from(text.as_str()), Json::from),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => object(entries),
    }
}

fn object(entries: &[(Key, Node)]) -> Json {
    Json::Object(entries.iter().map(|(key, node)| (key.text.clone(), json(node))).collect())
}

#[test]
fn every_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let schema = fs::read_to_string(folder.join("sla.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        let (agreement, warnings) = good(&text);
        assert_eq!(warnings, "", "{}", path.display());
        for line in explain(&agreement).lines() {
            assert!(line.chars().count() <= 80, "{}: {line}", path.display());
        }
        let mut faults = Faults::new("", &text);
        let document = object(&tree::read("rule file", &mut faults).unwrap());
        let faults: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:#?}", path.display());
    }
    assert!(seen >= 12, "{seen}");
}
