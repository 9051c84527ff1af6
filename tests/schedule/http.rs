//! A server that takes requests, one per connection, and answers with a status.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

/// Its address; `answer` gets the path and the body of each request.
pub(crate) fn serve(answer: impl Fn(&str, &[u8]) -> &'static str + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut input = BufReader::new(stream.try_clone().unwrap());
            let mut first = String::new();
            let _ = input.read_line(&mut first);
            let mut length = 0;
            loop {
                let mut line = String::new();
                if input.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
            }
            let mut body = vec![0; length];
            let _ = input.read_exact(&mut body);
            let status = answer(first.split(' ').nth(1).unwrap_or_default(), &body);
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    address
}
