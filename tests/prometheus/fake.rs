//! A server that answers as a test says: well, unless told otherwise.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) path: String,
    /// Of the query string and the body.
    pub(crate) form: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
}

/// What is answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Only so many bytes of the body are sent, then the connection ends.
    pub(crate) cut: Option<usize>,
}

impl Reply {
    /// JSON.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Reply {
        let headers = vec![("Content-Type", "application/json".to_owned())];
        Reply { status, headers, body: body.into(), cut: None }
    }

    /// Something else.
    pub(crate) fn text(status: u16, kind: &str, body: &str) -> Reply {
        let headers = vec![("Content-Type", kind.to_owned())];
        Reply { status, headers, body: body.as_bytes().to_vec(), cut: None }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Reply {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn cut(mut self, bytes: usize) -> Reply {
        self.cut = Some(bytes);
        self
    }
}

/// A server for as long as a test runs.
pub(crate) struct Fake {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// Answers what `reply` says; where it says nothing, as [`good`].
    pub(crate) fn new(reply: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (reply, log) = (Arc::new(reply), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (reply, log) = (Arc::clone(&reply), Arc::clone(&log));
                std::thread::spawn(move || {
                    let _ = serve(stream, &*reply, &log);
                });
            }
        });
        Fake { url, asked }
    }

    /// Everything that was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    reply: &(dyn Fn(&Asked) -> Option<Reply> + Send + Sync),
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut asked = Asked::default();
        loop {
            let mut line = String::new();
            input.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            asked.headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let length = asked.headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        path.clone_into(&mut asked.path);
        for pair in query.split('&').chain(String::from_utf8_lossy(&body).split('&')) {
            if let Some((name, value)) = pair.split_once('=') {
                asked.form.insert(decoded(name), decoded(value));
            }
        }
        log.lock().unwrap().push(asked.clone());
        let reply = reply(&asked).unwrap_or_else(|| good(&asked));
        let mut head =
            format!("HTTP/1.1 {} Status\r\nContent-Length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in &reply.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        output.write_all(format!("{head}\r\n").as_bytes())?;
        output.write_all(&reply.body[..reply.cut.unwrap_or(reply.body.len())])?;
        if reply.cut.is_some() {
            return output.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// 100 requests of `api` in each window and 2 failures, a service with one series that nothing happens to.
fn good(asked: &Asked) -> Reply {
    let query = asked.form.get("query").map_or("", String::as_str);
    let each = if query.contains("code=~") { 2 } else { 100 };
    match asked.path.as_str() {
        // Sixty samples in an hour.
        "/api/v1/query_range" if query.starts_with("max(") => Reply::json(200, matrix(asked, "60")),
        "/api/v1/query_range" if query.starts_with("count by") => Reply::json(200, matrix(asked, "1")),
        "/api/v1/query_range" => Reply::json(200, rising(asked, each)),
        "/api/v1/label/le/values" => Reply::json(200, r#"{"status":"success","data":["0.1","0.5","+Inf"]}"#),
        _ => Reply::json(200, r#"{"status":"success","data":[]}"#),
    }
}

/// Whether it is asked for what counters rose by, between bounds.
pub(crate) fn is_bound(asked: &Asked) -> bool {
    asked.form.get("query").is_some_and(|query| query.contains("increase("))
}

/// One series with this value at every point that was asked for.
pub(crate) fn matrix(asked: &Asked, value: &str) -> String {
    series(asked, &|_, _| value.to_owned())
}

/// One series that rises by so much in each window.
pub(crate) fn rising(asked: &Asked, each: i64) -> String {
    if is_bound(asked) {
        return matrix(asked, &each.to_string());
    }
    series(asked, &|at, step| (each * (at / step)).to_string())
}

fn series(asked: &Asked, value: &dyn Fn(i64, i64) -> String) -> String {
    let number = |name: &str| asked.form[name].parse::<f64>().unwrap() as i64;
    let (start, end, step) = (number("start"), number("end"), number("step"));
    let points: Vec<String> = (0..=(end - start) / step)
        .map(|at| start + at * step)
        .map(|at| format!("[{at},\"{}\"]", value(at, step)))
        .collect();
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{"job":"api"}},"values":[{}]}}]}}}}"#,
        points.join(",")
    )
}

fn decoded(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap()
}
