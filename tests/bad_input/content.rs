//! Files that are no data, or broken data.

use crate::run::Folder;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const ROWS: &str = "timestamp,service,status,latency_ms\n2025-06-01T12:00:00Z,api,success,100\n2025-06-01T12:00:01Z,api,success,200\n";

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Checks `name` with this content, as a file, and as standard input where `-` stands for the name in what is told.
fn refused(name: &str, content: impl AsRef<[u8]>, words: &[&str]) {
    let folder = Folder::new();
    folder.write(name, &content);
    folder.run(&["check", name]).refuses(3, &[&[name], words].concat());
    let content = content.as_ref().to_vec();
    let answer = folder.run_fed(&["check", "-"], Box::new(move |input| input.write_all(&content)));
    answer.refuses(3, words);
    assert!(!answer.errors.contains("error: -"), "{answer:#?}");
}

#[test]
fn no_file() {
    let folder = Folder::new();
    folder.run(&["check", "no-such.csv"]).refuses(2, &["no-such.csv: no such file"]);
    folder.run(&["check", "no-such/*.csv"]).refuses(2, &["no-such/*.csv matches no file"]);
    folder.run(&["check", "no-such/data.csv"]).refuses(2, &["no-such/data.csv: no such file"]);
    folder.run(&["check", ""]).refuses(2, &[]);
    folder.run(&["check", "[.csv"]).refuses(2, &["[.csv"]);
    std::os::unix::fs::symlink("loop.csv", folder.path("loop.csv")).unwrap();
    folder.run(&["check", "loop.csv"]).refuses(2, &["loop.csv"]);
}

#[test]
fn no_csv_in_a_folder() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("logs")).unwrap();
    folder.run(&["check", "logs"]).refuses(2, &["logs has no CSV file in it", "*.csv"]);
    folder.write("logs/notes.txt", "a,b\n");
    std::fs::create_dir(folder.path("logs/old.csv")).unwrap();
    folder.run(&["check", "logs"]).refuses(2, &["logs has no CSV file in it"]);
}

#[test]
fn nothing_in_it() {
    refused("data.csv", "", &["is empty", "header"]);
    refused("data.csv", "\n\n\r\n", &["is empty"]);
    refused("data.csv", "timestamp,service,status,latency_ms\n", &["no requests"]);
    refused("data.csv.gz", gzip(""), &["is empty"]);
    let folder = Folder::new();
    folder.run(&["check", "-"]).refuses(3, &["standard input is empty"]);
    folder.run(&["check", "/dev/null"]).refuses(3, &["/dev/null is empty"]);
}

#[test]
fn no_text() {
    let binary: Vec<u8> =
        (0..20_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused("data.csv", &binary, &["data"]);
    refused("data.csv", b"\x7FELF\x02\x01\x01\0\0\0\0\0", &["is not text", "line 1"]);
    refused("data.csv", b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", &["Excel", "export the data as CSV"]);
    refused("data.csv", ROWS.replacen("api", "a\0i", 1), &["NUL byte on line 2"]);
    let wide: Vec<u8> = ROWS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused("data.csv", [b"\xFF\xFE".as_slice(), &wide].concat(), &["is UTF-16", "iconv"]);
    refused("data.csv", &wide, &["is UTF-16", "iconv"]);
    let latin: Vec<u8> = ROWS.replacen("api", "café", 1).chars().map(|character| character as u8).collect();
    refused("data.csv", latin, &["is not UTF-8, first on line 2", "iconv -f LATIN1"]);
    refused(
        "data.csv",
        "<html><body><h1>502 Bad Gateway</h1></body></html>\n",
        &["is a web page (HTML)", "fetch it again"],
    );
}

#[test]
fn half_a_gzip() {
    let whole = gzip(&ROWS.repeat(50));
    refused("data.csv.gz", &whole[..whole.len() / 2], &["is cut", "gzip", "fetch or write it again"]);
    refused("data.csv.gz", &whole[..12], &["is cut", "gzip"]);
    let mut wrong = whole.clone();
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    refused("data.csv.gz", &wrong, &["is damaged", "gzip", "fetch or write it again"]);
}

#[test]
fn broken_rows() {
    let with = |row: &str| format!("{ROWS}{row}\n{}", &ROWS[36..]);
    refused("data.csv", with("2025-06-01T12:00:02Z,\"api,success,100"), &["line 4", "quot"]);
    refused("data.csv", with("2025-06-01T12:00:02Z,\"api\"s,success,100"), &["line 4", "quot"]);
    refused("data.csv", with("2025-06-01T12:00:02Z,api,success"), &[":4: 3 fields"]);
    refused("data.csv", with("2025-06-01T12:00:02Z,api,success,100,7"), &[":4: 5 fields"]);
    refused("data.csv", with("2025-06-01T12:00:02Z"), &[":4: 1 field"]);
    refused("data.csv", ROWS.replace("latency_ms", "status"), &["status", "twice"]);
}

#[test]
fn other_commands_refuse_alike() {
    let folder = Folder::new();
    folder.write("page.csv", "<html>502</html>");
    folder.write("cut.csv.gz", &gzip(ROWS)[..30]);
    for command in ["inspect", "init"] {
        folder.run(&[command, "no-such.csv"]).refuses(2, &["no-such.csv: no such file"]);
        folder.run(&[command, "page.csv"]).refuses(3, &["page.csv is a web page"]);
        folder.run(&[command, "cut.csv.gz"]).refuses(3, &["cut.csv.gz is cut"]);
    }
}

#[test]
fn reports_are_not_written_where_there_is_none() {
    let folder = Folder::new();
    folder.write("page.csv", "<html>502</html>");
    folder.run(&["check", "page.csv", "--output", "report.json"]).refuses(3, &["page.csv is a web page"]);
    folder.run(&["check", "no-such.csv", "--output", "report.json"]).refuses(2, &["no-such.csv"]);
    folder.write("bad.yaml", "sla: A\n");
    folder.write("data.csv", ROWS);
    folder
        .run(&["check", "data.csv", "--rules", "bad.yaml", "--output", "report.json"])
        .refuses(2, &["bad.yaml"]);
}
