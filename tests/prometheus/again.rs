//! What was recorded of a server is asked again: `sla verify`, `sla show`, `sla evidence`, `sla diff`.

use crate::fake::{Fake, Reply};
use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};

/// The present of these runs: a day after the first sample.
const NOW: &str = "2025-06-02T00:00:00Z";
const RULES: &str = "sla: Gold\nsource: prod\nby: service\nobjectives:\n  - failure_rate <= 2%\n";

/// A day of `api`, every minute: 10 requests more, and one failure more every hour. From the second sample on that is
/// 10 × 1439 = 14,390 requests with 23 failures; the first failures have no series before.
fn world() -> World {
    let mut world = World::default();
    for minute in 0..1440 {
        let at = START + 60 * minute;
        let failed = minute / 60;
        let family = "http_requests";
        world.sample(family, "http_requests_total{job=\"api\",code=\"500\"}", at, failed);
        world.sample(family, "http_requests_total{job=\"api\",code=\"200\"}", at, 10 * minute - failed);
    }
    world
}

fn work(url: &str) -> Work {
    Work::usual(url, "exact: true").file("gold.yaml", RULES)
}

fn check(work: &Work, more: &[&str]) -> (i32, String) {
    let all = ["check", "--rules", "gold.yaml", "--since", "30d", "--now", NOW];
    work.run(&[&all, more].concat())
}

#[test]
fn a_report_over_a_server_is_verified_by_asking_again() {
    let server = Server::victoria(&world());
    let work = work(&server.url);
    let (code, text) = check(&work, &["--output", "report.json", "--record"]);
    assert_eq!(code, 0, "{text}");
    let report = std::fs::read_to_string(work.path("report.json")).unwrap();
    assert!(report.contains("\"samples\": 14390") && report.contains("\"kind\": \"server\""), "{report}");
    let note = "note: prod is a server, which has no digest: what it answers now was compared";
    for what in ["report.json", "1"] {
        let (code, text) = work.run(&["verify", what]);
        assert_eq!((code, text), (0, format!("identical: 1 result from 1 input\n{note}\n")), "{what}");
    }
    // 400 failures more by another instance: 423 of 14,790 are more than 2 %.
    let mut more = World::default();
    for minute in 0..=400 {
        let at = START + 60 * minute;
        more.sample("", "http_requests_total{job=\"api\",code=\"500\",instance=\"b\"}", at, minute);
    }
    server.import(&more);
    for what in ["report.json", "1"] {
        let (code, text) = work.run(&["verify", what]);
        assert_eq!(code, 1, "{text}");
        assert!(!text.contains("identical"), "{text}");
        for told in [
            "verdict of `failure_rate <= 2%` for api: met in the report, breached now",
            "bad of `failure_rate <= 2%` for api: 23 in the report, 423 now",
            "samples of `failure_rate <= 2%` for api: 14390 in the report, 14790 now",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
    }
    // Recorded once more, the history tells both.
    let (code, text) = check(&work, &["--record"]);
    assert_eq!(code, 1, "{text}");
    let (code, text) = work.run(&["diff", "1", "2"]);
    assert!(code == 0 && text.contains("breached"), "{text}");
    assert_eq!(work.run(&["verify", "2"]).0, 0);
}

#[test]
fn what_cannot_be_asked_is_never_identical() {
    let server = Server::prometheus(&world());
    let work = work(&server.url);
    assert_eq!(check(&work, &["--output", "report.json", "--record"]).0, 0);
    assert_eq!(work.run(&["verify", "report.json"]).0, 0);
    // It is there by its address, too, for which the usual names of metrics hold, but counts otherwise: with bounds.
    let (code, text) = work.run(&["verify", "report.json", "--input", &server.url]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("inferred of prod"), "{text}");
    // A file of the name of the source is another input.
    let work = work.file("prod", "time,service,status\n2025-06-01T00:00:00Z,api,ok\n");
    assert_eq!(work.run(&["verify", "report.json"]).0, 0);
    drop(server);
    for what in ["report.json", "1"] {
        let (code, text) = work.run(&["verify", what]);
        assert_eq!(code, 3, "{text}");
        assert!(text.starts_with("error: prod: cannot be reached"), "{text}");
    }
    let work = work.file("sla.yaml", "sources:\n  other: {csv: x.csv}\n");
    let (code, text) = work.run(&["verify", "report.json"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.starts_with("error: `prod` was a server, and sla.yaml no longer names it\n"), "{text}");
    std::fs::remove_file(work.path("sla.yaml")).unwrap();
    let (code, text) = work.run(&["verify", "report.json"]);
    assert_eq!(code, 3, "{text}");
    assert!(
        text.starts_with("error: `prod` was a server of an sla.yaml, and there is none here\n"),
        "{text}"
    );
}

#[test]
fn a_recorded_run_is_shown_and_is_evidence_without_rows() {
    let server = Server::prometheus(&world());
    let work = work(&server.url);
    check(&work, &["--record"]);
    let (code, text) = work.run(&["show", "1"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(&format!("prod ({}): 14,390 rows", server.url)), "{text}");
    // Whoever edits what was asked breaks the chain, as with everything else.
    let (code, text) = work.run(&["evidence", "1", "--out", "claim.zip"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.starts_with("error: run 1 rests on metrics of prod, which have no rows to show"), "{text}");
    assert!(text.contains("add --rows 0"), "{text}");
    let (code, text) = work.run(&["evidence", "1", "--out", "claim.zip", "--rows", "0"]);
    assert_eq!(code, 0, "{text}");
    let unpacked = std::process::Command::new("unzip")
        .args(["-q", "claim.zip", "-d", "claim"])
        .current_dir(work.path("."))
        .status()
        .unwrap();
    assert!(unpacked.success());
    let read = |name: &str| std::fs::read_to_string(work.path(name)).unwrap();
    let about = read("claim/README.txt").split_whitespace().collect::<Vec<_>>().join(" ");
    let asked =
        format!("a server, asked at {}: it has no digest, and its answers are not kept here", server.url);
    assert!(about.contains(&asked), "{about}");
    assert!(about.contains("2. The data has no digests"), "{about}");
    // What is in it can be verified while the server is there.
    let (code, text) = work.run(&["verify", "claim/report.json"]);
    assert_eq!(code, 0, "{text}");
    let queries = read("claim/queries.txt");
    assert!(
        queries.contains("samples, in chunks: /api/v1/query http_requests_total{code=~\"5..\"}[…s]\n"),
        "{queries}"
    );
}

#[test]
fn what_was_asked_is_part_of_the_chain() {
    let server = Server::prometheus(&world());
    let work = work(&server.url);
    check(&work, &["--record"]);
    assert_eq!(work.run(&["verify", "1"]).0, 0);
    let history = rusqlite::Connection::open(work.path("reports/sla.db")).unwrap();
    let edited = history.execute("UPDATE metrics SET address = 'http://elsewhere'", []).unwrap();
    assert_eq!(edited, 1);
    let (code, text) = work.run(&["verify", "1"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("what it recorded was changed"), "{text}");
}

/// A time without any request is told as time without series, not as a file without rows.
#[test]
fn nothing_found_is_told_in_series_and_time() {
    let fake = Fake::new(|_| {
        let nothing = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
        Some(Reply::json(200, nothing))
    });
    let work = Work::usual(&fake.url, "");
    let promise = ["check", "prod", "--require", "failure_rate <= 2%", "--now", NOW];
    let (code, text) = work.run(&[&promise[..], &["--since", "2025-06-01"]].concat());
    assert_eq!(code, 3, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("prod ({}): no samples of any series", fake.url));
    assert_eq!(lines[1], "  2025-06-01 00:00 to 2025-06-02 00:00 UTC");
    assert!(!text.contains("below the header") && !text.contains("`failures:` could never count"), "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
}
