//! The data set W: twelve columns as an access log exported from a web shop, with everything quoting allows: commas
//! and line breaks inside quotes, doubled quotes, a line of text that looks like a record.

use std::io::{self, Write};

use crate::fleet;
use crate::random::Random;
use crate::requests::{push_ms, push_time};

const REGIONS: [&str; 6] = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-south-1", "sa-east-1"];
const METHODS: [&str; 10] = ["GET", "GET", "GET", "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE"];
const FINE: [&str; 10] = ["200", "200", "200", "200", "200", "200", "201", "204", "304", "404"];
const FAILED: [&str; 4] = ["500", "502", "503", "504"];
const ROUTES: [&str; 8] =
    ["/health", "/", "/api/v1/items", "/api/v1/search", "/login", "/api/v1/orders/", "/api/v1/users/", "/img/"];

/// Only what contains a comma is quoted, as most exporters do.
const AGENTS: [&str; 9] = [
    "curl/8.7.1",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "python-requests/2.32.3",
    "kube-probe/1.30",
    "\"Shop/5.2 (iPhone, iOS 17.5, de-AT)\"",
    "\"Shop/5.2 (Pixel 8, Android 14, en-GB)\"",
    "\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36\"",
    "\"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1\"",
];

const NOTES: [&str; 6] = [
    "\"cache miss, asked origin\"",
    "\"retried twice\nthen \"\"gave up\"\"\"",
    "\"customer said \"\"too slow\"\"\nticket 4711, still open\"",
    "\"upstream answered:\n2025-06-01T00:00:00Z,checkout,failure,99999\nas text\"",
    "\"\"\"quoted\"\" from start\"",
    "slow query see the log of the database",
];

pub fn write(order: impl Iterator<Item = u32>, rows: u32, out: &mut impl Write) -> io::Result<()> {
    let fleet = fleet::of(1);
    out.write_all(
        b"timestamp,request_id,service,region,host,method,route,code,user_agent,latency_ms,bytes_sent,note\n",
    )?;
    let mut line = Vec::with_capacity(512);
    for row in order {
        let mut random = Random::for_row(row.into());
        let service = fleet.pick(&mut random);
        let region = *random.pick(&REGIONS);
        line.clear();
        push_time(&mut line, row, rows);
        write!(line, ",{:016x},{},{region},", random.next(), service.name)?;
        write!(line, "node-{:03}.{region},", random.below(400))?;
        let route = *random.pick(&ROUTES);
        write!(line, "{},{route}", random.pick(&METHODS))?;
        // Routes with an identifier make tens of thousands of distinct values.
        if route.len() > 1 && route.ends_with('/') {
            write!(line, "{}", random.below(20_000))?;
        }
        let code = if service.fails(&mut random) { random.pick(&FAILED) } else { random.pick(&FINE) };
        write!(line, ",{code},{},", random.pick(&AGENTS))?;
        push_ms(&mut line, service.duration_us(&mut random), service.decimals);
        write!(line, ",{},", random.below(60_000))?;
        // Four rows in ten have a note.
        if random.below(10) < 4 {
            line.extend_from_slice(random.pick(&NOTES).as_bytes());
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}
