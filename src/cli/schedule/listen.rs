//! `/healthz` and `/metrics` over HTTP/1.1: two pages that are read, and nothing else.
//!
//! Invariant: a request is at most [`MOST_READ`] bytes and [`PATIENCE`] long, and so is the answer; whoever is slower or says
//! more is let go.
//! There are [`THREADS`] threads, whatever comes.

use super::super::exit::ExitCode;
use super::super::stop::Stop;
use super::status::Status;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

const MOST_READ: usize = 8 << 10;
const PATIENCE: Duration = Duration::from_secs(2);
const THREADS: usize = 4;
const TEXT: &str = "text/plain; charset=utf-8";
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers at an address for as long as the program runs; gives the address that it got.
pub(super) fn start(address: &str, status: &Status) -> Result<SocketAddr, Stop> {
    let parsed: SocketAddr = address.parse().map_err(|_| {
        Stop::usage(format!(
            "cannot listen at {address}: it is no IP address with a port, as in 127.0.0.1:9464"
        ))
    })?;
    // Whoever has it may go, and an address may come.
    let cannot = |why: &dyn std::fmt::Display| {
        Stop::new(ExitCode::Undecided, format!("cannot listen at {address}: {why}"))
    };
    let listener = TcpListener::bind(parsed).map_err(|why| cannot(&crate::deliver::sentence(&why)))?;
    let found = listener.local_addr().map_err(|why| cannot(&why))?;
    let listener = Arc::new(listener);
    for _ in 0..THREADS {
        let (listener, status) = (Arc::clone(&listener), status.clone());
        let thread = std::thread::Builder::new().name("pages".to_owned());
        let started = thread.spawn(move || {
            loop {
                match listener.accept() {
                    // Whoever went away needs no answer.
                    Ok((stream, _)) => drop(serve(&stream, &status)),
                    // Too many open files, for example: others may be closed by then.
                    Err(_) => std::thread::sleep(Duration::from_millis(100)),
                }
            }
        });
        started.map_err(|why| cannot(&why))?;
    }
    Ok(found)
}

fn serve(stream: &TcpStream, status: &Status) -> io::Result<()> {
    let request = read(stream)?;
    let first = request.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    let mut words = first.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_http = words.next().is_some_and(|version| version.starts_with("HTTP/1."));
    let path = target.split('?').next().unwrap_or_default();
    let text = |code: &'static str, body: &str| (code, TEXT, format!("{body}\n").into_bytes());
    let (code, kind, body) = match (method, path) {
        _ if !is_http => text("400 Bad Request", "this is no request that can be read here"),
        ("GET" | "HEAD", "/healthz") => match status.is_healthy() {
            Ok(()) => text("200 OK", "ok"),
            Err(why) => text("503 Service Unavailable", &why),
        },
        ("GET" | "HEAD", "/metrics") => ("200 OK", EXPOSITION, status.metrics()),
        ("GET" | "HEAD", _) => text("404 Not Found", "here are /healthz and /metrics"),
        _ => text("405 Method Not Allowed", "here is only something to GET"),
    };
    let mut answer = format!(
        "HTTP/1.1 {code}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    if method != "HEAD" {
        answer.extend(body);
    }
    write(stream, &answer)?;
    stream.shutdown(std::net::Shutdown::Write)
}

/// All of it within [`PATIENCE`], however slowly it is taken.
fn write(mut stream: &TcpStream, mut answer: &[u8]) -> io::Result<()> {
    let ends = Instant::now() + PATIENCE;
    while !answer.is_empty() {
        let left = ends.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_write_timeout(Some(left))?;
        match stream.write(answer) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => answer = &answer[length..],
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

/// The head of a request; what is not there in time, or too long, is none.
fn read(mut stream: &TcpStream) -> io::Result<Vec<u8>> {
    let ends = Instant::now() + PATIENCE;
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let left = ends.saturating_duration_since(Instant::now());
        if left.is_zero() || request.len() > MOST_READ {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let length = stream.read(&mut chunk)?;
        request.extend_from_slice(&chunk[..length]);
        // An empty line, also with bare line feeds (RFC 9112, 2.2).
        let is_whole =
            request.windows(3).any(|end| end == b"\n\r\n") || request.windows(2).any(|end| end == b"\n\n");
        if length == 0 || is_whole {
            return Ok(request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryStatus;
    use std::collections::BTreeMap;

    /// An entry that was due in 1970 is overdue, and one that never comes is not.
    #[test]
    fn overdue_is_not_healthy() {
        let status = Status::default();
        let address = start("127.0.0.1:0", &status).unwrap();
        let ask = || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            (head.lines().next().unwrap().to_owned(), body.to_owned())
        };
        assert_eq!(ask(), ("HTTP/1.1 200 OK".to_owned(), "ok\n".to_owned()));
        let entry = |name: &str, next| EntryStatus {
            name: name.to_owned(),
            cadence: String::new(),
            next,
            patience: 0,
            running_since: None,
            last: None,
            runs: BTreeMap::new(),
            report: None,
        };
        status.set_entries(vec![entry("nightly", Some(0)), entry("never", None)]);
        let expected = ("HTTP/1.1 503 Service Unavailable".to_owned(), "nightly is overdue\n".to_owned());
        assert_eq!(ask(), expected);
    }

    #[test]
    fn bare_line_feeds_end_a_request() {
        let address = start("127.0.0.1:0", &Status::default()).unwrap();
        for request in ["GET /healthz HTTP/1.1\n\n", "GET /healthz HTTP/1.1\r\nHost: x\n\r\n"] {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{request:?}: {answer}");
        }
    }

    /// 64 KiB every 50 ms: it never pauses for long, and 64 MiB would take it 51 s.
    #[test]
    fn a_slow_reader_is_let_go() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut reader = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (writer, _) = listener.accept().unwrap();
        let begun = Instant::now();
        let writing = std::thread::spawn(move || write(&writer, &vec![b'x'; 64 << 20]));
        let mut chunk = vec![0; 64 << 10];
        while !writing.is_finished() && begun.elapsed() < 4 * PATIENCE {
            reader.read_exact(&mut chunk).unwrap();
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(writing.is_finished(), "after {:?}", begun.elapsed());
        writing.join().unwrap().unwrap_err();
    }
}
