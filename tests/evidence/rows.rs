//! Rows are what the inputs hold, to the byte, whatever holds the inputs; and there is a bound on them.

use crate::work::Work;
use crate::{claimed, index, lines_in, unpacked};
use std::fmt::Write as _;
use std::io::Write as _;

const RULES: &str = "sla: Gold\nby: service\nobjectives:\n  - failure_rate <= 10%\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn quoted_rows_over_several_lines() {
    // A mark of order, Excel's first line, line ends of Windows, and a row over three lines; no line end at the end.
    let data = "\u{feff}sep=;\r\ntimestamp;service;\"status\";latency_ms;note\r\n\
                2025-06-01T00:00:00Z;api;ok;1;fine\r\n\
                2025-06-01T00:01:00Z;api;failed;2;\"one\r\ntwo \"\"and\"\" three;\r\n\"\r\n\
                2025-06-01T00:02:00Z;api;ok;3;\r\n\
                2025-06-01T00:03:00Z;\"api\";failed; 4 ;=1+1";
    let work = Work::new().file("data.csv", data).file("rules.yaml", RULES);
    claimed(&work, "data.csv", "");
    assert_eq!(
        work.read("claim/rows/0001-api-failure_rate.csv"),
        "input_file;input_line;timestamp;service;\"status\";latency_ms;note\n\
         data.csv;4;2025-06-01T00:01:00Z;api;failed;2;\"one\r\ntwo \"\"and\"\" three;\r\n\"\n\
         data.csv;8;2025-06-01T00:03:00Z;\"api\";failed; 4 ;=1+1\n"
    );
}

#[test]
fn compressed_and_many_files() {
    let part = |hour: u32, status: &str| {
        format!(
            "timestamp,service,status,latency_ms\n2025-06-01T{hour:02}:00:00Z,api,ok,1\n2025-06-01T{hour:02}:01:00Z,api,{status},2\n"
        )
    };
    // Another order of columns is another header.
    let other = "service,latency_ms,timestamp,status\napi,9,2025-06-01T05:00:00Z,failed\n";
    let mut work = Work::new()
        .file("rules.yaml", RULES)
        .file("in/a.csv", part(1, "failed"))
        .file("in/b.csv.gz", gzip(part(2, "failed").as_bytes()))
        .file("in/c.csv.zst", zstd::encode_all(part(3, "failed").as_bytes(), 1).unwrap())
        .file("in/d.csv", part(4, "ok"))
        .file("in/e.csv", other);
    // More than are held open at a time.
    for more in 0..6 {
        work =
            work.file(&format!("in/f{more}.csv"), part(10 + more, if more == 5 { "failed" } else { "ok" }));
    }
    claimed(&work, "in", "");
    assert_eq!(
        work.read("claim/rows/0001-api-failure_rate.csv"),
        "input_file,input_line,timestamp,service,status,latency_ms\n\
         in/a.csv,3,2025-06-01T01:01:00Z,api,failed,2\n\
         in/b.csv.gz,3,2025-06-01T02:01:00Z,api,failed,2\n\
         in/c.csv.zst,3,2025-06-01T03:01:00Z,api,failed,2\n\
         in/f5.csv,3,2025-06-01T15:01:00Z,api,failed,2\n"
    );
    assert_eq!(
        work.read("claim/rows/0001-api-failure_rate-2.csv"),
        "input_file,input_line,service,latency_ms,timestamp,status\n\
         in/e.csv,2,api,9,2025-06-01T05:00:00Z,failed\n"
    );
    let index = index(&work);
    let told: Vec<(&str, &str, &str)> = index.iter().map(|row| (&*row[11], &*row[12], &*row[13])).collect();
    assert_eq!(
        told,
        [
            ("4 of 5; the others have another header", "4", "5"),
            ("1 of 5; the others have another header", "1", "5")
        ]
    );
    let digests = work.read("claim/inputs.txt");
    assert_eq!(digests.lines().count(), 11, "{digests}");
    let gz = blake3::hash(&std::fs::read(work.path("in/b.csv.gz")).unwrap()).to_hex();
    assert!(digests.contains(&format!("{gz}  in/b.csv.gz\n")), "{digests}");
}

#[test]
fn as_many_as_are_asked_for() {
    let mut data = "timestamp,service,status,latency_ms\n".to_owned();
    for minute in 0..9 {
        // Latencies 10, 40, 70, 20, 50, 80, 30, 60, 90; every request failed.
        writeln!(data, "2025-06-01T00:{minute:02}:00Z,api,failed,{}", 10 * (minute % 3 * 3 + minute / 3 + 1))
            .unwrap();
    }
    let rules = "sla: Gold\nobjectives:\n  - failures <= 1\n  - avg(latency) <= 35ms\n";
    let work = Work::new().file("data.csv", data).file("rules.yaml", rules);
    claimed(&work, "data.csv", "--rows 3");
    assert_eq!(lines_in(&work.read("claim/rows/0001-failures.csv")), [2, 3, 4]);
    // Over 35 ms are 40, 70, 50, 80, 60 and 90; 90, 80 and 70 stand on lines 10, 7 and 4.
    assert_eq!(lines_in(&work.read("claim/rows/0002-avg-latency.csv")), [10, 7, 4]);
    let index = index(&work);
    let told: Vec<(&str, &str, &str, &str)> =
        index.iter().map(|row| (&*row[10], &*row[11], &*row[12], &*row[13])).collect();
    assert_eq!(
        told,
        [
            ("requests that failed", "the first 3 of 9", "3", "9"),
            (
                "requests that alone took longer than 35 ms; what adds most to the average comes first",
                "the first 3 of 6",
                "3",
                "6"
            ),
        ]
    );
    let text = work.read("claim/README.txt");
    assert!(
        text.contains("  failures <= 1: the first 3 of 9\n  avg(latency) <= 35ms: the first 3 of 6\n"),
        "{text}"
    );
}

#[test]
fn many_results_share_the_room() {
    let mut data = "timestamp,service,status,latency_ms\n".to_owned();
    for service in 0..1_050 {
        for second in 0..2 {
            writeln!(data, "2025-06-01T00:00:{second:02}Z,s{service:04},failed,1").unwrap();
        }
    }
    // In the first 60 services there are more than any may keep.
    for at in 0..60 * 150 {
        writeln!(data, "2025-06-01T01:00:00Z,s{:04},failed,1", at % 60).unwrap();
    }
    let work = Work::new().file("data.csv", data).file("rules.yaml", RULES);
    claimed(&work, "data.csv", "");
    let index = index(&work);
    assert_eq!(index.len(), 1_000);
    // 100,000 rows for 1,000 results.
    assert_eq!(index[0][11], "the first 100 of 152");
    assert_eq!(index[60][11], "all 2");
    let text = work.read("claim/README.txt");
    let told = text.replace('\n', " ");
    assert!(told.contains("50 results more that are breached or undecided have no rows here"), "{text}");
}

#[test]
fn rows_that_cannot_be_used_or_are_in_doubt() {
    let mut data = "timestamp,service,status,latency_ms\n".to_owned();
    for minute in 0..40 {
        writeln!(data, "2025-06-01T00:{minute:02}:00Z,api,ok,1").unwrap();
    }
    // Lines 42 to 44.
    data.push_str("2025-06-01T01:00:00Z,api,ok\nnever,api,ok,5\n2025-06-01T01:01:00Z,api,ok,\"1 \n 2\"\n");
    let rules = "sla: Gold\nby: service\nobjectives:\n  - failure_rate <= 1%\n  - p50(latency) <= 5ms\n";
    let work = Work::new().file("data.csv", data).file("rules.yaml", rules);
    claimed(&work, "data.csv", "");
    assert_eq!(
        work.read("claim/rows/0003-rejected.csv"),
        "input_file,input_line,reason,timestamp,service,status,latency_ms\n\
         data.csv,42,3 fields where the header has 4,2025-06-01T01:00:00Z,api,ok\n\
         data.csv,43,\"\"\"never\"\": not a time as the column's others are\",never,api,ok,5\n\
         data.csv,44,\"\"\"1 \\n 2\"\": not a number\",2025-06-01T01:01:00Z,api,ok,\"1 \n 2\"\n"
    );
    let index = index(&work);
    let told: Vec<(&str, &str, &str)> = index.iter().map(|row| (&*row[0], &*row[8], &*row[11])).collect();
    let file = "rows/0003-rejected.csv";
    assert_eq!(
        told,
        [(file, "rejected_rows", "all 3"), (file, "rejected_rows", "all 3"), (file, "", "all 3")]
    );
}

#[test]
fn rows_in_doubt() {
    // Nobody said what `maybe` means; the latency does not rest on it.
    let data = "timestamp,service,status,latency_ms\n\
                2025-06-01T00:00:00Z,api,ok,10\n2025-06-01T00:01:00Z,api,maybe,20\n2025-06-01T00:02:00Z,api,failed,30\n";
    let rules = "sla: Gold\nobjectives:\n  - failure_rate <= 90%\n  - max(latency) <= 25ms\n";
    let work = Work::new().file("data.csv", data).file("rules.yaml", rules);
    claimed(&work, "data.csv", "");
    let doubtful = work.read("claim/rows/0001-failure_rate.csv");
    assert_eq!(doubtful.lines().count(), 2, "{doubtful}");
    assert!(doubtful.contains("\ndata.csv,3,\"\"\"maybe\"\" is no known status"), "{doubtful}");
    assert_eq!(lines_in(&work.read("claim/rows/0002-max-latency.csv")), [4]);
    // The same minute of the same service twice.
    let data = "timestamp,service,requests,failures\n\
                2025-06-01T00:00:00Z,api,10,9\n2025-06-01T00:01:00Z,api,10,0\n2025-06-01T00:00:00Z,api,10,0\n";
    let rules = "sla: Gold\nobjectives:\n  - failure_rate <= 5%\n";
    let work = Work::new().file("data.csv", data).file("rules.yaml", rules);
    claimed(&work, "data.csv", "");
    let doubtful = work.read("claim/rows/0001-failure_rate.csv");
    assert_eq!(doubtful.lines().count(), 2, "{doubtful}");
    assert!(doubtful.contains("\ndata.csv,4,"), "{doubtful}");
}

#[test]
fn agreements_over_different_data() {
    let data = |service: &str, status: &str| {
        format!(
            "timestamp,service,status,latency_ms\n2025-06-01T00:00:00Z,{service},{status},100\n\
             2025-06-01T00:01:00Z,{service},failed,110\n"
        )
    };
    let rules = |name: &str, source: &str| {
        format!("sla: '{name}'\nsource: {source}\nby: service\nobjectives:\n  - failure_rate <= 5%\n")
    };
    let work = Work::new()
        .file("a.csv", data("api", "ok"))
        .file("b.csv", data("web", "failed"))
        .file("rules/a.yaml", rules("Gold", "a"))
        .file("rules/b.yaml", rules("=1+1", "b"))
        .file("sla.yaml", "rules: [rules/]\nsources:\n  a: {csv: a.csv}\n  b: {csv: b.csv}\nstore: sla.db\n");
    assert_eq!(work.code("check"), 1);
    assert_eq!(work.code("evidence --out claim.zip"), 0);
    unpacked(&work);
    let index = index(&work);
    let told: Vec<(&str, &str, &str)> = index.iter().map(|row| (&*row[1], &*row[4], &*row[11])).collect();
    // No cell of the index starts a formula.
    assert_eq!(told, [("Gold", "service=api", "all 1"), ("'=1+1", "service=web", "all 2")]);
    assert_eq!(
        work.read("claim/rows/0002-web-failure_rate.csv"),
        "input_file,input_line,timestamp,service,status,latency_ms\n\
         b.csv,2,2025-06-01T00:00:00Z,web,failed,100\nb.csv,3,2025-06-01T00:01:00Z,web,failed,110\n"
    );
    assert_eq!(work.read("claim/rules/02-b.yaml"), rules("=1+1", "b"));
    assert_eq!(work.code("verify claim/report.json"), 0);
    // A page is drawn of what can be read.
    let work = work.file("b.csv", "\0\0\0");
    assert_eq!(work.code("check --output report.html"), 1);
    assert!(work.read("report.html").contains("<svg"));
}
