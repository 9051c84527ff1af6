//! Pings to a service that misses the program when it is gone.

use crate::http::serve;
use crate::place::{DATA, GOOD, Place, until};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

const SECRET: &str = "0b5f2b6e-secret";

/// Paths and bodies, in the order in which they came.
type Pings = Arc<Mutex<Vec<(String, String)>>>;

/// A server that answers every ping with this status.
fn server(status: &'static str) -> (String, Pings) {
    let pings = Pings::default();
    let log = Arc::clone(&pings);
    let address = serve(move |path, body| {
        let path = path.replace(&format!("/ping/{SECRET}"), "");
        log.lock().unwrap().push((path, String::from_utf8_lossy(body).into_owned()));
        status
    });
    (format!("{address}/ping/{SECRET}"), pings)
}

/// Runs once with an address in the environment: code, what was told, what was pinged.
fn run(data: &str, url: &str, pings: &Pings, arguments: &str) -> (i32, String, Vec<(String, String)>) {
    let place = Place::new("heartbeat: {url_env: HC_URL}\n");
    place.write("data.csv", data);
    let output = place.command(arguments).env("HC_URL", url).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let database = std::fs::read(place.path("sla.db")).unwrap();
    for place in [told.as_bytes(), printed.as_bytes(), &database] {
        assert!(!place.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{told}\n{printed}");
    }
    (output.status.code().unwrap(), told, std::mem::take(&mut *pings.lock().unwrap()))
}

#[test]
fn start_and_what_came_of_it() {
    let (url, pings) = server("200 OK");
    let pair = |path: &str, body: &str| (path.to_owned(), body.to_owned());
    let (code, told, pinged) = run(GOOD, &url, &pings, "run -q");
    assert_eq!((code, told.as_str()), (0, ""));
    assert_eq!(pinged, [pair("/start", ""), pair("", "met: 2 met, 0 warning, 0 breached, 0 undecided")]);
    let (code, _, pinged) = run(DATA, &url, &pings, "run -q");
    assert_eq!(code, 1);
    assert_eq!(
        pinged,
        [pair("/start", ""), pair("/fail", "breached: 1 met, 0 warning, 1 breached, 0 undecided")]
    );
    // The exit code decides.
    let (code, _, pinged) = run(DATA, &url, &pings, "run -q --exit-zero");
    assert_eq!((code, pinged[1].0.as_str()), (0, ""));
    let (code, _, pinged) = run("", &url, &pings, "run -q");
    assert_eq!((code, pinged[1].0.as_str()), (3, "/fail"));
}

#[test]
fn one_that_does_not_arrive_changes_nothing() {
    let check = |url: &str, pings: &Pings, why: &str| {
        let (code, told, _) = run(GOOD, url, pings, "run -q");
        assert_eq!(code, 0, "{told}");
        assert!(told.contains(&format!("warning: the heartbeat did not arrive: {why}")), "{told}");
    };
    let (url, pings) = server("503 Service Unavailable");
    check(&url, &pings, "it answers 503");
    // Nobody is there.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    check(&format!("http://{closed}/ping/{SECRET}"), &pings, "its host cannot be reached");
    // Somebody is, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    check(&format!("http://{}/ping/{SECRET}", silent.local_addr().unwrap()), &pings, "no answer within 5 s");
    check(&format!("http://no host/{SECRET}"), &pings, "it is no address");
}

/// Whoever is not told that a run took place is no reason for none: it is checked, recorded, and said once.
#[test]
fn an_address_that_cannot_be_read_changes_nothing() {
    let check = |yaml: &str, secret: Option<&str>, why: &str| {
        let place = Place::new(&format!("heartbeat: {yaml}\n"));
        if let Some(secret) = secret {
            place.secret("hc.url", secret);
        }
        let (code, told) = place.told("run -q");
        let told: Vec<&str> = told.lines().collect();
        let warning = format!("warning: `heartbeat` of sla.yaml: {why}; nobody hears that this runs");
        let mut expected = vec![warning.as_str(), "recorded as run 1 in sla.db"];
        expected.sort_unstable();
        let mut found = told.clone();
        found.sort_unstable();
        assert_eq!((code, found), (1, expected), "{yaml}");
        assert_eq!(place.sqlite("SELECT verdict FROM runs"), "breached\n");
    };
    let unset = "the variable NOT_THERE is not set; export it where this runs, or name a file instead (as systemd's \
                 credentials are)";
    check("{url_env: NOT_THERE}", None, unset);
    let none = "what is kept there is no address: http://… or https://…";
    check("{url_file: hc.url}", Some(&format!("{SECRET}\n")), none);
    // What is wrong with a file is told with its name.
    let place = Place::new("heartbeat: {url_file: hc.url}\n");
    let (code, told) = place.told("run -q");
    assert!(code == 1 && told.contains("hc.url cannot be read"), "{code} {told}");
}

/// A secret that comes later is found at the next ping, and no fault of it ends the schedule.
#[test]
fn a_schedule_reads_the_address_again() {
    let (url, pings) = server("200 OK");
    let place = Place::new("heartbeat: {url_file: hc.url}\nschedule: [{every: 1s}]\n");
    let daemon = place.follow("");
    daemon.wait_for("ran", 2);
    let said = daemon.events("`heartbeat` of sla.yaml: ");
    assert!(said.len() == 1 && said[0]["level"] == "warn", "{:?}", daemon.lines());
    place.secret("hc.url", &format!("{url}\n"));
    until("pings", || pings.lock().unwrap().len() >= 2);
    assert_eq!(daemon.end("TERM").0, Some(0));
}

/// One address for all entries: what goes well is no news while another entry does not.
#[test]
fn no_success_while_an_entry_fails() {
    let (url, pings) = server("200 OK");
    let place = Place::new(
        "heartbeat: {url_file: hc.url}\nschedule:\n  - {name: strict, every: 2s}\n  \
         - {name: loose, every: 1s, rules: loose.yaml}\n",
    );
    place.write("loose.yaml", "sla: loose\nobjectives: [avg(latency) <= 1s]\n");
    place.secret("hc.url", &format!("{url}\n"));
    let daemon = place.follow("");
    until("strict fails", || pings.lock().unwrap().iter().any(|(_, body)| body.starts_with("breached")));
    let ran = daemon.events("ran").len();
    daemon.wait_for("ran", ran + 4);
    let ended: Vec<(String, String)> =
        pings.lock().unwrap().iter().filter(|(path, _)| path != "/start").cloned().collect();
    let first = ended.iter().position(|(_, body)| body.starts_with("breached")).unwrap();
    let after = &ended[first..];
    assert!(after.len() >= 4 && after.iter().all(|(path, _)| path == "/fail"), "{ended:?}");
    let met = "loose: met: 1 met, 0 warning, 0 breached, 0 undecided; no success the last time: strict";
    assert!(after.iter().any(|(_, body)| body == met), "{ended:?}");
    daemon.end("TERM");
    // Also after a restart, as long as strict did not run again.
    place.project(
        "heartbeat: {url_file: hc.url}\nschedule:\n  - {name: strict, cron: '0 0 1 1 *'}\n  \
         - {name: loose, every: 1s, rules: loose.yaml}\n",
    );
    pings.lock().unwrap().clear();
    let daemon = place.follow("");
    daemon.wait_for("ran", 2);
    until("two pings", || pings.lock().unwrap().iter().filter(|(path, _)| path != "/start").count() >= 2);
    assert!(pings.lock().unwrap().iter().all(|(path, _)| !path.is_empty()), "{pings:?}");
    daemon.end("TERM");
    // All is well.
    place.write("data.csv", GOOD);
    place.project(
        "heartbeat: {url_file: hc.url}\nschedule:\n  - {name: strict, every: 1s}\n  \
         - {name: loose, every: 1s, rules: loose.yaml}\n",
    );
    let _daemon = place.follow("");
    until("a success", || pings.lock().unwrap().iter().any(|(path, _)| path.is_empty()));
}

#[test]
fn a_schedule_pings_at_every_run() {
    let (url, pings) = server("200 OK");
    let place = Place::new("heartbeat: {url_file: hc.url}\nschedule: [{every: 1s}]\nstatus: status.json\n");
    place.secret("hc.url", &format!("{url}\n"));
    let daemon = place.follow("");
    until("four pings", || pings.lock().unwrap().len() >= 4);
    let paths: Vec<String> = pings.lock().unwrap().iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(paths[..4], ["/start", "/fail", "/start", "/fail"]);
    assert!(!place.read("status.json").contains(SECRET));
    let (_, lines) = daemon.end("TERM");
    assert!(!lines.join("\n").contains(SECRET));
}
