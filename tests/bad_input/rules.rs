//! Rule files that are made to hurt.

use crate::run::Folder;
use std::fmt::Write;
use std::time::Duration;

/// This rule file is refused, quickly and in little memory.
fn refused(text: &str, words: &[&str]) {
    let folder = Folder::new();
    folder.write("data.csv", "service,status\napi,success\n");
    folder.write("bomb.yaml", text);
    for arguments in [&["check", "data.csv", "--rules", "bomb.yaml"][..], &["rules", "check", "bomb.yaml"]] {
        let answer = folder.run(arguments);
        answer.refuses(2, &[&["bomb.yaml"], words].concat());
        answer.holds_at_most(200);
        assert!(answer.took < Duration::from_secs(20), "{answer:#?}");
    }
    folder.write("sla.yaml", text);
    folder.run(&["check", "data.csv"]).refuses(2, &["sla.yaml"]);
}

#[test]
fn a_yaml_bomb() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
    }
    refused(&text, &[]);
    refused(&format!("{text}objectives: *a11\n"), &[]);
}

#[test]
fn a_rule_file_100_000_levels_deep() {
    refused(&format!("objectives: {}{}\n", "[".repeat(100_000), "]".repeat(100_000)), &["deep"]);
    refused(&format!("objectives: {}", "[".repeat(100_000)), &[]);
    refused(&format!("objectives: {}1{}\n", "{a: ".repeat(100_000), "}".repeat(100_000)), &["deep"]);
    refused(&format!("objectives:\n  {}1\n", "- ".repeat(100_000)), &["deep"]);
}

#[test]
fn a_condition_without_bottom() {
    let folder = Folder::new();
    folder.write("data.csv", "service,status\napi,success\n");
    let (open, close) = ("(".repeat(50_000), ")".repeat(50_000));
    for condition in
        [format!("{open}service == \"a\"{close}"), format!("{}service == \"a\"", "not ".repeat(30_000))]
    {
        let answer =
            folder.run(&["check", "data.csv", "--require", "failure_rate <= 5%", "--where", &condition]);
        assert_eq!(
            (answer.code, answer.signal),
            (Some(2), None),
            "{}",
            &answer.errors[..answer.errors.len().min(2_000)]
        );
    }
    let either = vec!["service == \"a\""; 5_000].join(" or ");
    let answer = folder.run(&["check", "data.csv", "--require", "rows >= 0", "--where", &either]);
    assert!(matches!(answer.code, Some(2 | 3)), "{answer:#?}");
    let answer = folder.run(&[
        "check",
        "data.csv",
        "--require",
        "share(service matches /((a{1000}){1000}){1000}/) <= 5%",
    ]);
    answer.refuses(2, &["matches"]);
    answer.holds_at_most(200);
}

#[test]
fn no_rule_file_at_all() {
    let folder = Folder::new();
    folder.write("data.csv", "service,status\napi,success\n");
    std::fs::create_dir(folder.path("none")).unwrap();
    folder.run(&["check", "data.csv", "--rules", "none"]).refuses(2, &["none"]);
    folder.run(&["check", "data.csv", "--rules", "/dev/null"]).refuses(2, &["/dev/null"]);
    folder.write("binary.yaml", [0xFF, 0xFE, 0, 1, 2, 3]);
    folder.run(&["check", "data.csv", "--rules", "binary.yaml"]).refuses(2, &["binary.yaml"]);
    folder.write("huge.yaml", format!("sla: A\n# {}\nobjectives: []\n", "x".repeat(20_000_000)));
    folder.run(&["check", "data.csv", "--rules", "huge.yaml"]).refuses(2, &["huge.yaml"]);
}
