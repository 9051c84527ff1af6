//! Servers on this machine: aiosmtpd for mail, and one of our own for HTTP that answers as it is told.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A file of these tests.
pub(crate) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notify").join(name)
}

/// Of the virtual environment that scripts/test makes.
pub(crate) fn python() -> PathBuf {
    if let Some(folder) = std::env::var_os("SLA_TEST_TOOLS") {
        return PathBuf::from(folder).join("bin/python3");
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    cache.unwrap_or_else(home).join("sla/test-tools/bin/python3")
}

/// A mail server for as long as a test runs.
pub(crate) struct Mail {
    child: Child,
    pub(crate) port: u16,
    messages: Arc<Mutex<Vec<Value>>>,
}

impl Mail {
    /// With options of smtpd.py, separated by spaces.
    pub(crate) fn new(options: &str) -> Mail {
        let python = python();
        let mut child = Command::new(&python)
            .arg(beside("smtpd.py"))
            .args(options.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|why| panic!("{}: run scripts/test, which makes it ({why})", python.display()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().expect("no mail server: run scripts/test, which installs aiosmtpd").unwrap();
        let messages: Arc<Mutex<Vec<Value>>> = Arc::default();
        let taken = Arc::clone(&messages);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                taken.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Mail { child, port: port.parse().unwrap(), messages }
    }

    /// Everything that was taken; waits a moment for at least so many, for they come through a pipe.
    pub(crate) fn messages(&self, least: usize) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let messages = self.messages.lock().unwrap().clone();
            if messages.len() >= least || started.elapsed() > Duration::from_secs(10) {
                return messages;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value of a header.
pub(crate) fn header<'a>(message: &'a Value, name: &str) -> &'a str {
    let headers = message["headers"].as_array().unwrap();
    let found = headers.iter().find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
    found.map_or("", |pair| pair[1].as_str().unwrap())
}

/// The text of the part of that type.
pub(crate) fn part<'a>(message: &'a Value, kind: &str) -> &'a str {
    let parts = message["parts"].as_array().unwrap();
    let found =
        parts.iter().find(|part| part["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {parts:?}"));
    found["text"].as_str().unwrap()
}

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status, headers and a body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// Nothing, for a long time.
    Hang,
    /// The connection ends.
    Reset,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Reply {
        Reply::Status(status, Vec::new(), String::new())
    }
}

/// A server for as long as a test runs.
pub(crate) struct Hook {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Hook {
    /// Answers these in their order, and then 200.
    pub(crate) fn new(replies: Vec<Reply>) -> Hook {
        let left = Mutex::new(replies.into_iter());
        Hook::answering(move |_| left.lock().unwrap().next().unwrap_or(Reply::status(200)))
    }

    pub(crate) fn answering(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Hook {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
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
        Hook { url, asked }
    }

    /// Everything that was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    reply: &(dyn Fn(&Asked) -> Reply + Send + Sync),
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream;
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(());
    }
    let mut asked = Asked { path: line.split(' ').nth(1).unwrap_or_default().to_owned(), ..Asked::default() };
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        asked.headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = asked.headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    asked.body = String::from_utf8(body).unwrap();
    log.lock().unwrap().push(asked.clone());
    match reply(&asked) {
        Reply::Hang => {
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        Reply::Reset => Ok(()),
        Reply::Status(status, headers, body) => {
            let mut head = format!(
                "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\nConnection: close\r\n",
                body.len()
            );
            for (name, value) in headers {
                let _ = write!(head, "{name}: {value}\r\n");
            }
            output.write_all(format!("{head}\r\n{body}").as_bytes())
        }
    }
}
