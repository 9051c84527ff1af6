//! `/healthz`, `/metrics` and the status file.

use crate::place::{Daemon, Place, until};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Where it answers.
fn address(daemon: &Daemon) -> SocketAddr {
    daemon.wait_for("answers /healthz and /metrics", 1)[0]["address"].as_str().unwrap().parse().unwrap()
}

/// The whole answer to these bytes; empty where the connection just ends.
fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // It may hang up before it has heard everything.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn get(address: SocketAddr, path: &str) -> (String, String) {
    let answer = ask(address, format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn promtool(page: &str) {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is needed: scripts/test installs it");
    child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{told}\n{page}");
}

#[test]
fn pages_over_http() {
    let place =
        Place::new("schedule:\n  - {name: often, every: 1s}\n  - {name: 'a \"strange\" one', every: 1h}\n");
    let daemon = place.follow("--listen=127.0.0.1:0");
    let address = address(&daemon);
    daemon.wait_for("ran", 2);
    let (head, body) = get(address, "/healthz");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body == "ok\n", "{head}\n{body}");
    let (head, page) = get(address, "/metrics");
    assert!(head.contains("Content-Type: text/plain; version=0.0.4"), "{head}");
    promtool(&page);
    let value = |start: &str| {
        let line =
            page.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}\n{page}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert!(value("sla_schedule_runs_total{entry=\"often\",outcome=\"breached\"}") >= 2.0);
    assert!((value("sla_schedule_last_run_delivered{entry=\"often\"}") - 1.0).abs() < 1e-9);
    assert!((value("sla_schedule_healthy") - 1.0).abs() < 1e-9);
    assert!(value("sla_pending_messages").abs() < 1e-9);
    assert!(
        value("sla_schedule_next_run_timestamp_seconds{entry=\"a \\\"strange\\\" one\"}") % 3_600.0 < 1e-9
    );
    assert!(value("sla_schedule_last_run_age_seconds{entry=\"often\"}") >= 0.0);
    // Half of the requests failed.
    assert!((value("sla_objective_measured_ratio{entry=\"often\",agreement=\"shop\"") - 0.5).abs() < 1e-9);
    assert!(page.contains("sla_verdict{entry=\"often\",verdict=\"breached\"} 1\n"), "{page}");
}

/// Where runs cannot be recorded nobody is told anything, so whoever watches is.
#[test]
fn not_recorded_is_not_healthy() {
    let place = Place::new("schedule: [{name: often, every: 1s}]\nstatus: status.json\n");
    let daemon = place.follow("--listen=127.0.0.1:0");
    let address = address(&daemon);
    until("a recorded run", || get(address, "/metrics").1.contains("last_run_recorded{entry=\"often\"} 1\n"));
    assert!(get(address, "/healthz").0.starts_with("HTTP/1.1 200 OK"));
    for file in ["sla.db-wal", "sla.db-shm", "sla.db"] {
        let _ = std::fs::remove_file(place.path(file));
    }
    place.write("sla.db", "somebody wrote over it\n");
    until("a run that is not", || {
        get(address, "/metrics").1.contains("last_run_recorded{entry=\"often\"} 0\n")
    });
    let (head, body) = get(address, "/healthz");
    assert!(head.starts_with("HTTP/1.1 503 Service Unavailable"), "{head}");
    assert_eq!(body, "often could not be recorded\n");
    let status: Value = serde_json::from_str(&place.read("status.json")).unwrap();
    assert_eq!(
        (&status["healthy"], &status["entries"][0]["last"]["recorded"]),
        (&false.into(), &false.into())
    );
    std::fs::remove_file(place.path("sla.db")).unwrap();
    until("health", || get(address, "/healthz").0.starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn other_requests_are_answered_or_let_go() {
    let place = Place::new("schedule: [{every: 1h}]\n");
    let daemon = place.follow("--listen=127.0.0.1:0");
    let address = address(&daemon);
    // Four that say nothing hold nobody up for long.
    let silent: Vec<TcpStream> = (0..4).map(|_| TcpStream::connect(address).unwrap()).collect();
    let check = |request: &[u8], expected: &str| {
        let answer = ask(address, request);
        assert!(answer.starts_with(expected), "{}\n{answer}", String::from_utf8_lossy(request));
    };
    check(b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ");
    check(b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", "HTTP/1.1 200 ");
    check(b"POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 ");
    check(b"\r\n\r\n", "HTTP/1.1 400 ");
    check(b"\xff\xfe\0 \0 \0\r\n\r\n", "HTTP/1.1 400 ");
    let head = ask(address, b"HEAD /healthz HTTP/1.1\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200 ")
            && head.ends_with("Content-Length: 3\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"),
        "{head}"
    );
    // More than a head can be.
    assert_eq!(ask(address, &vec![b'x'; 1 << 20]), "");
    check(b"GET /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ");
    drop(silent);
}

#[test]
fn an_address_that_is_taken_is_told_at_once() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::new(&format!("schedule: [{{every: 1h}}]\nlisten: {}\n", taken.local_addr().unwrap()));
    let (code, told) = place.told("schedule");
    // Whoever has it may go.
    assert_eq!(code, 3);
    assert!(
        told.starts_with("error: cannot listen at 127.0.0.1:") && told.contains("address already in use"),
        "{told}"
    );
}

#[test]
fn a_status_file() {
    let place = Place::new("schedule: [{name: often, every: 1s}]\nstatus: status.json\n");
    let daemon = place.follow("");
    daemon.wait_for("ran", 2);
    // Never half of it.
    let status = || serde_json::from_str::<Value>(&place.read("status.json")).unwrap();
    until("a run is in it", || status()["entries"][0]["runs"]["breached"].as_i64() >= Some(2));
    let found = status();
    assert_eq!((found["schema"].as_str(), found["healthy"].as_bool()), (Some("sla.status/1"), Some(true)));
    assert_eq!(found["entries"][0]["last"]["outcome"], "breached");
    assert_eq!(found["entries"][0]["cadence"], "every 1s");
    drop(daemon);
    let place = Place::new("schedule: [{name: often, every: 1s}]\n");
    let daemon = place.follow("--status sla.prom");
    daemon.wait_for("ran", 1);
    until("a run is in it", || place.read("sla.prom").contains("outcome=\"breached\"} 1\n"));
    promtool(&place.read("sla.prom"));
}

#[test]
fn a_log_for_people() {
    let place = Place::new("schedule: [{name: often, every: 1s}]\n");
    let daemon = Daemon::start(place.command("schedule"));
    until("it ran", || daemon.lines().iter().any(|line| line.contains(" ran ")));
    let (_, lines) = daemon.end("TERM");
    let ran = lines.iter().find(|line| line.contains(" ran ")).unwrap();
    assert!(
        ran.contains("  warn ran entry=often due=2") && ran.contains(" verdict=breached met=1 "),
        "{ran}"
    );
    assert!(
        lines.iter().any(|line| line.contains("follows a schedule entry=often cadence=\"every 1s\" next=2"))
    );
}
