//! What is in an archive, and that it is what its own lists say.

use crate::work::Work;
use crate::{claimed, index, program, unpacked};
use std::fmt::Write;

/// Three of eight requests failed: lines 3, 5 and 9.
const DATA: &str = "\
timestamp,service,status,latency_ms
2025-06-01T00:00:00Z,api,ok,100
2025-06-01T00:01:00Z,api,failed,110
2025-06-01T00:02:00Z,web,ok,120
2025-06-01T00:03:00Z,api,failed,130
2025-06-01T00:04:00Z,api,ok,140
2025-06-01T00:05:00Z,web,ok,150
2025-06-01T00:06:00Z,api,ok,160
2025-06-01T00:07:00Z,web,failed,170
";
const RULES: &str = "sla: Gold\nby: service\nobjectives:\n  - failure_rate <= 10%\n";

fn work() -> Work {
    Work::new().file("data.csv", DATA).file("rules.yaml", RULES)
}

#[test]
fn its_files() {
    let work = work();
    claimed(&work, "data.csv --where 'latency < 1s'", "");
    let names: Vec<String> =
        work.names().into_iter().filter_map(|name| Some(name.strip_prefix("claim/")?.to_owned())).collect();
    assert_eq!(
        names,
        [
            "README.txt",
            "digests.txt",
            "inputs.txt",
            "report.html",
            "report.json",
            "results.csv",
            "rows/0001-api-failure_rate.csv",
            "rows/0002-web-failure_rate.csv",
            "rows/index.csv",
            "rules/01-rules.yaml",
            "rules/options.txt",
        ]
    );
    assert_eq!(work.read("claim/rules/01-rules.yaml"), RULES);
    assert!(work.read("claim/rules/options.txt").contains("\nrules/01-rules.yaml\n  --where=latency < 1s\n"));
    assert_eq!(
        work.read("claim/rows/0001-api-failure_rate.csv"),
        "input_file,input_line,timestamp,service,status,latency_ms\n\
         data.csv,3,2025-06-01T00:01:00Z,api,failed,110\n\
         data.csv,5,2025-06-01T00:03:00Z,api,failed,130\n"
    );
    assert_eq!(
        work.read("claim/rows/0002-web-failure_rate.csv"),
        "input_file,input_line,timestamp,service,status,latency_ms\n\
         data.csv,9,2025-06-01T00:07:00Z,web,failed,170\n"
    );
    let index = index(&work);
    let told: Vec<&str> = index[0].iter().map(String::as_str).collect();
    assert_eq!(
        told[..15],
        [
            "rows/0001-api-failure_rate.csv",
            "Gold",
            "failure_rate <= 10%",
            "",
            "service=api",
            "",
            "",
            "breached",
            "",
            "2 of 5 requests failed, none allowed",
            "requests that failed",
            "all 2",
            "2",
            "2",
            "2",
        ]
    );
    assert_eq!(index.len(), 2);
    // The page has charts, which come from the inputs.
    assert!(work.read("claim/report.html").contains("<svg"));
    assert!(work.read("claim/results.csv").starts_with("agreement,objective,service,"));
}

#[test]
fn others_unpack_and_check_it() {
    let work = work();
    claimed(&work, "data.csv", "");
    assert!(program(&work, "unzip", &["-t", "claim.zip"]).contains("No errors detected"));
    assert!(program(&work, "python3", &["-m", "zipfile", "-t", "claim.zip"]).contains("Done testing"));
    // Every time is the run's own, 2025-06-08T06:00:00Z.
    let listed = program(&work, "python3", &["-m", "zipfile", "-l", "claim.zip"]);
    assert_eq!(listed.matches("2025-06-08 06:00:00").count(), 11, "{listed}");
    let checked = program(
        &work,
        "sh",
        &["-c", "cd claim && b3sum --check digests.txt && cd .. && b3sum --check claim/inputs.txt"],
    );
    assert_eq!(checked.matches(": OK").count(), 11, "{checked}");
    // In its own folder the report needs the data by name.
    let verified = work.run("verify claim/report.json");
    assert_eq!(String::from_utf8_lossy(&verified.stdout), "identical: 2 results from 1 input\n");
    let moved = work.file("claim/kept.csv", DATA);
    assert_eq!(moved.code("verify claim/report.json --input claim/kept.csv"), 0);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let work = work();
    claimed(&work, "data.csv", "");
    let first = std::fs::read(work.path("claim.zip")).unwrap();
    let mut again = work.command(&["evidence", "1", "--store", "sla.db", "--out", "claim.zip"]);
    again.env("TZ", "Asia/Tokyo").env("LANG", "de_AT.UTF-8").env("COLUMNS", "40");
    assert!(again.output().unwrap().status.success());
    assert_eq!(std::fs::read(work.path("claim.zip")).unwrap(), first);
}

#[test]
fn the_page_that_it_begins_with() {
    let work = work();
    claimed(&work, "data.csv", "");
    let text = work.read("claim/README.txt");
    let json: serde_json::Value = serde_json::from_str(&work.read("claim/report.json")).unwrap();
    let database = rusqlite::Connection::open(work.path("sla.db")).unwrap();
    let hash: String = database.query_row("SELECT hash FROM runs", [], |row| row.get(0)).unwrap();
    let digest = blake3::hash(DATA.as_bytes()).to_hex().to_string();
    assert_eq!(json["inputs"][0]["digest"], format!("blake3:{digest}"));
    for told in [
        "  number:                 1\n",
        "  checked at:             2025-06-08T06:00:00Z\n",
        "  verdict:                breached (2 breached, 0 undecided, 0 met with a warning, 0 met)\n",
        "  program:                sla 0.1.0\n",
        &format!("  hash of the run:        {hash}\n"),
        &format!("  hash of the run before: {}\n", "0".repeat(64)),
        "  failure_rate <= 10% for api: 2 of 5 requests failed, none allowed\n",
        "  data.csv, for Gold: 8 rows read = 8 + 0 + 0\n",
        &format!("  BLAKE3 {digest}\n"),
        "  rules/              01-rules.yaml: the agreement \u{201c}Gold\u{201d} as it was read\n",
        "No row was left out.\n",
        "     b3sum --check digests.txt\n",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 90), "{text}");
}

#[test]
fn the_second_run_follows_on_the_first() {
    let work = work();
    claimed(&work, "data.csv", "");
    let hash = |name: &str, text: &str| {
        let at = text.find(name).unwrap() + name.len();
        text[at..].trim_start().lines().next().unwrap().to_owned()
    };
    let first = hash("hash of the run:", &work.read("claim/README.txt"));
    let work = work.file("data.csv", DATA.replace("failed", "ok"));
    claimed(&work, "data.csv", "2");
    let text = work.read("claim/README.txt");
    assert_eq!(hash("hash of the run before:", &text), first);
    // A run that is met has no rows to show.
    assert_eq!(index(&work), Vec::<Vec<String>>::new());
}

#[test]
fn names_of_the_data_and_of_rules_stay_inside() {
    let hostile =
        ["../../x", "/etc/passwd", "..\\..\\y", "=cmd()", "a\u{1b}[2Jb", "CON", "\u{202e}gnp.exe", "x\ny"];
    let mut data = "timestamp,service,status,latency_ms\n".to_owned();
    for (minute, name) in hostile.iter().enumerate() {
        writeln!(data, "2025-06-01T00:{minute:02}:00Z,\"{name}\",failed,1").unwrap();
    }
    let rules = "sla: '../../../etc'\nby: service\nobjectives:\n  - failure_rate <= 10%\n";
    let work = Work::new().file("-o =x;y.csv", &data).file(".. $(x) #1.yaml", rules);
    let data = work.path("-o =x;y.csv");
    let arguments = [
        "check",
        data.to_str().unwrap(),
        "--rules",
        ".. $(x) #1.yaml",
        "--record=sla.db",
        "-q",
        "--now",
        "2025-06-08T06:00:00Z",
    ];
    work.command(&arguments).output().unwrap();
    assert_eq!(work.code("evidence --store sla.db --out claim.zip"), 0);
    let names = program(
        &work,
        "python3",
        &["-c", "import zipfile; print(*zipfile.ZipFile('claim.zip').namelist(), sep='\\n')"],
    );
    // As many as for tame names: nine, and one for the rows of each service.
    assert_eq!(names.lines().count(), 9 + hostile.len(), "{names}");
    for name in names.lines() {
        let parts: Vec<&str> = name.split('/').collect();
        assert!(
            parts.len() <= 2 && parts.iter().all(|part| !part.is_empty() && !part.starts_with('.')),
            "{name}"
        );
        assert!(
            name.chars().all(|letter| letter.is_ascii_alphanumeric() || "/-_.".contains(letter)),
            "{name}"
        );
    }
    assert!(names.contains("rules/01-x-1.yaml\n"), "{names}");
    unpacked(&work);
    let text = work.read("claim/README.txt");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    // The rows are what they are.
    let row = work.read("claim/rows/0006-a-2Jb-failure_rate.csv");
    assert!(row.contains("\"a\u{1b}[2Jb\""), "{row}");
    // Lists of digests hold for any name.
    program(&work, "sh", &["-c", "cd claim && b3sum --check digests.txt && b3sum --check inputs.txt"]);
}
