//! Reads rule files into agreements.

use crate::model::Agreement;
use crate::rules::diagnostic::Faults;
use crate::rules::{self, Diagnostic};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The agreements of all files, in their order, and the warnings; or every fault of every file.
/// Two agreements of one name are an error: reports could not tell them apart.
pub fn load(files: &[PathBuf]) -> Result<(Vec<Agreement>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut agreements: Vec<Agreement> = Vec::new();
    let mut told: Vec<Diagnostic> = Vec::new();
    for file in files {
        let text = match read(file) {
            Ok(text) => text,
            Err(faults) => {
                told.extend(faults);
                continue;
            }
        };
        match rules::parse(&text, file) {
            Err(faults) => told.extend(faults),
            Ok(parsed) => {
                told.extend(parsed.warnings);
                if let Some(first) = agreements.iter().find(|other| other.name == parsed.agreement.name) {
                    told.extend(twice(&text, file, first));
                }
                agreements.push(parsed.agreement);
            }
        }
    }
    if told.iter().any(Diagnostic::is_error) { Err(told) } else { Ok((agreements, told)) }
}

fn twice(text: &str, file: &Path, first: &Agreement) -> Vec<Diagnostic> {
    let mut faults = Faults::new(file.display().to_string(), text);
    let other = first.origin.file.as_deref().unwrap_or(Path::new("")).display().to_string();
    faults
        .error(rules::name_span(text), format!("two agreements are named `{}`", first.name))
        .expected(format!("the other is in {other}"))
        .help("reports tell agreements apart by `sla:`; give each a name of its own");
    faults.all()
}

/// The text of a file: at most as long as rules may be, and UTF-8.
pub(super) fn read(file: &Path) -> Result<String, Vec<Diagnostic>> {
    let label = file.display().to_string();
    let refuse = |text: &str, span, message: String, help: &str| {
        let mut faults = Faults::new(label.clone(), text);
        faults.error(span, message).help(help);
        Err(faults.all())
    };
    let mut bytes = Vec::new();
    let limit = rules::MAX_BYTES as u64 + 1;
    let result = File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    if let Err(error) = result {
        return refuse(
            "",
            0..0,
            format!("cannot be read: {error}"),
            "name a file that can be read, or a folder",
        );
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return refuse("", 0..0, "this file is UTF-16".to_owned(), "save it as UTF-8");
    }
    if bytes.len() > rules::MAX_BYTES {
        return refuse(
            "",
            0..0,
            "this file is larger than 1 MiB".to_owned(),
            "rules are text; split them into several files",
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            refuse(&text, valid..valid + 1, "not UTF-8".to_owned(), "save the file as UTF-8")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Colour, render};
    use std::io::Write;

    fn loaded(files: &[(&str, &[u8])]) -> Result<(Vec<String>, String), String> {
        let folder = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (name, content) in files {
            let path = folder.path().join(name);
            File::create(&path).unwrap().write_all(content).unwrap();
            paths.push(path);
        }
        let shown = |told: &[Diagnostic]| {
            render(told, Colour::Never).replace(&folder.path().display().to_string(), "…")
        };
        load(&paths)
            .map(|(agreements, told)| (agreements.into_iter().map(|one| one.name).collect(), shown(&told)))
            .map_err(|told| shown(&told))
    }

    const GOOD: &[u8] = b"sla: Web shop\nobjectives:\n  - rows >= 1\n";

    #[test]
    fn files_become_agreements_in_their_order() {
        let (names, told) = loaded(&[("b.yaml", b"objectives: [rows >= 0]"), ("a.yaml", GOOD)]).unwrap();
        // Without `sla:` the file gives the name.
        assert_eq!(names, ["b", "Web shop"]);
        assert!(told.starts_with("warning: this target can never be missed"), "{told}");
    }

    #[test]
    fn faults_of_all_files_are_told() {
        insta::assert_snapshot!(
            loaded(&[("a.yaml", b"objectives: []"), ("b.yaml", b"objectives: [rows > x]"), ("c.yaml", GOOD)]).unwrap_err(),
            @r"
        error: no objectives: nothing is promised
         --> …/a.yaml:1:1
          |
        1 | objectives: []
          | ^^^^^^^^^^ at least one line such as `- failure_rate <= 5%`

        error: expected a number, found `x`
         --> …/b.yaml:1:21
          |
        1 | objectives: [rows > x]
          |                     ^
          |
          = help: a value is a number; columns are not compared with columns
        "
        );
    }

    #[test]
    fn two_agreements_of_one_name() {
        insta::assert_snapshot!(loaded(&[("a.yaml", GOOD), ("b.yaml", GOOD)]).unwrap_err(), @r"
        error: two agreements are named `Web shop`
         --> …/b.yaml:1:6
          |
        1 | sla: Web shop
          |      ^^^^^^^^ the other is in …/a.yaml
          |
          = help: reports tell agreements apart by `sla:`; give each a name of its
                  own
        ");
    }

    #[test]
    fn files_that_are_no_text() {
        let latin = b"sla: Caf\xe9\nobjectives: [rows >= 1]\n";
        let utf16 = b"\xff\xfes\0l\0a\0";
        let long = vec![b'#'; rules::MAX_BYTES + 1];
        insta::assert_snapshot!(loaded(&[("a.yaml", latin), ("b.yaml", utf16), ("c.yaml", &long), ("d.yaml", b"")]).unwrap_err(), @r"
        error: not UTF-8
         --> …/a.yaml:1:9
          |
        1 | sla: Caf�
          |         ^
          |
          = help: save the file as UTF-8

        error: this file is UTF-16
        --> …/b.yaml
         = help: save it as UTF-8

        error: this file is larger than 1 MiB
        --> …/c.yaml
         = help: rules are text; split them into several files

        error: the rule file is empty
        --> …/d.yaml
        ");
        let missing = load(&[PathBuf::from("no/such.yaml")]).unwrap_err();
        assert!(missing[0].message.starts_with("cannot be read: "), "{missing:?}");
    }
}
