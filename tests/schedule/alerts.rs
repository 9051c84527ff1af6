//! Runs that tell: once what breaks, once when it is over, whatever became of the server meanwhile.

use crate::http::serve;
use crate::place::{DATA, Daemon, GOOD, Place, until};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A webhook: what it took, and whether it takes anything.
struct Hook {
    url: String,
    taken: Arc<Mutex<Vec<Value>>>,
    is_up: Arc<AtomicBool>,
}

impl Hook {
    fn new(is_up: bool) -> Hook {
        let (taken, is_up): (Arc<Mutex<Vec<Value>>>, _) = (Arc::default(), Arc::new(AtomicBool::new(is_up)));
        let (log, up) = (Arc::clone(&taken), Arc::clone(&is_up));
        let url = serve(move |_, body| {
            if !up.load(Ordering::Relaxed) {
                return "503 Service Unavailable";
            }
            log.lock().unwrap().push(serde_json::from_slice(body).unwrap());
            "200 OK"
        });
        Hook { url, taken, is_up }
    }

    /// `new checkout`, one per event that was told.
    fn told(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        let events = taken.iter().flat_map(|one| one["events"].as_array().unwrap());
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        events
            .map(|event| format!("{} {}", word(&event["event"]), word(&event["group"]["service"])))
            .collect()
    }

    fn project(&self) -> String {
        format!(
            "notify:\n  channels: {{hook: {{webhook: {{url: \"{}\"}}}}}}\n  routes: [{{to: hook}}]\n",
            self.url
        )
    }
}

#[test]
fn a_run_tells_once_what_breaks_and_once_that_it_is_over() {
    let hook = Hook::new(true);
    let place = Place::new(&hook.project());
    assert_eq!(place.told("run --quiet").0, 1);
    assert_eq!(hook.told(), ["new checkout"]);
    assert_eq!(place.told("run --quiet").0, 1);
    assert_eq!(hook.told().len(), 1, "nothing changed");
    place.write("data.csv", GOOD);
    assert_eq!(place.told("run --quiet").0, 0);
    assert_eq!(place.told("run --quiet").0, 0);
    assert_eq!(hook.told(), ["new checkout", "resolved checkout"]);
}

/// A breach with a dead channel stays a breach; met, with a message that waits, is exit code 4.
#[test]
fn w70_what_was_not_told_waits_and_is_said() {
    let hook = Hook::new(false);
    let place = Place::new(&hook.project());
    let (code, told) = place.told("run --quiet");
    assert_eq!(code, 1);
    assert!(told.contains("1 alert pending"), "{told}");
    place.write("data.csv", GOOD);
    let (code, told) = place.told("run --quiet");
    assert_eq!(code, 4, "{told}");
    assert!(told.contains("2 alerts pending"), "{told}");
    hook.is_up.store(true, Ordering::Relaxed);
    assert_eq!(place.run("outbox retry").status.code(), Some(0));
    assert_eq!(hook.told(), ["new checkout", "resolved checkout"]);
}

#[test]
fn data_that_is_gone_is_told_too() {
    let hook = Hook::new(true);
    let place = Place::new(&hook.project());
    std::fs::remove_file(place.path("data.csv")).unwrap();
    assert_eq!(place.told("run --quiet").0, 3);
    assert_eq!(hook.told(), ["new "]);
    place.write("data.csv", GOOD);
    assert_eq!(place.told("run --quiet").0, 0);
    assert_eq!(hook.told(), ["new ", "resolved "]);
}

#[test]
fn alerts_need_the_history() {
    let hook = Hook::new(true);
    let place = Place::new(&hook.project());
    let (code, told) = place.told("run --no-record");
    assert!(code == 2 && told.contains("alerts are kept in the history"), "{told}");
    assert!(hook.told().is_empty());
}

fn pending(place: &Place) -> u64 {
    let status = std::fs::read_to_string(place.path("status.json")).unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    status["pending_messages"].as_u64().unwrap_or_default()
}

fn follow(place: &Place) -> Daemon {
    place.follow("--status status.json")
}

/// A server that comes back gets the message, once, between the runs; also from the next process.
#[test]
fn a_schedule_sends_what_waits() {
    let hook = Hook::new(false);
    let more = format!("schedule: [{{every: 1s}}]\n{}", hook.project());
    let place = Place::new(&more);
    let daemon = follow(&place);
    daemon.wait_for("ran", 2);
    until("a message waits", || pending(&place) == 1);
    daemon.end("TERM");
    assert!(hook.told().is_empty());
    place.write("data.csv", DATA);
    let daemon = follow(&place);
    hook.is_up.store(true, Ordering::Relaxed);
    until("it arrives", || hook.told() == ["new checkout"]);
    until("nothing waits", || pending(&place) == 0);
    daemon.wait_for("ran", 2);
    assert_eq!(hook.told().len(), 1, "and nothing else");
    daemon.end("TERM");
}

/// A message that an earlier process left is counted from the start, not only when the number changes.
#[test]
fn what_waits_is_known_from_the_start() {
    let hook = Hook::new(false);
    let place = Place::new(&format!("schedule: [{{every: 1h}}]\n{}", hook.project()));
    assert_eq!(place.told("run -q").0, 1);
    let daemon = follow(&place);
    until("the message is counted", || pending(&place) == 1);
    daemon.end("TERM");
}

/// The same answer as before an outage is news after it: or else the last run on record would be the outage.
#[test]
fn knowing_again_is_recorded() {
    let place = Place::new("");
    place.told("run --quiet");
    let data = place.read("data.csv");
    std::fs::remove_file(place.path("data.csv")).unwrap();
    place.told("run --quiet");
    place.write("data.csv", &data);
    place.told("run --quiet");
    place.told("run --quiet");
    assert_eq!(place.sqlite("SELECT verdict FROM runs ORDER BY id"), "breached\nundecided\nbreached\n");
}

#[test]
fn where_nothing_can_be_written_there_is_a_verdict() {
    let place = Place::new("");
    let (code, told) = place.told("run --record=data.csv/sla.db");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("warning: cannot lock") && told.contains("error: cannot record in"), "{told}");
}

#[test]
fn a_value_that_no_result_has_is_doubted() {
    let hook = Hook::new(true);
    let place = Place::new(&hook.project().replace("{to: hook}", "{service: [chekout], to: hook}"));
    let (code, told) = place.told("run --quiet");
    assert_eq!(code, 1);
    assert!(told.contains("did you mean `checkout`?"), "{told}");
    assert!(hook.told().is_empty());
}

/// While a server hangs, the end that a signal asks for comes within seconds; what was on its way is kept.
#[test]
fn a_signal_is_heard_while_a_server_hangs() {
    // Takes a connection, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let place = Place::new(&format!(
        "schedule: [{{every: 1s}}]\nnotify:\n  channels: {{hook: {{webhook: {{url: \"{url}\"}}}}}}\n  routes: [{{to: hook}}]\n"
    ));
    let daemon = follow(&place);
    let _connection = silent.accept().unwrap();
    let asked = std::time::Instant::now();
    let (code, _) = daemon.end("TERM");
    assert!(asked.elapsed().as_secs() < 10, "{:?}", asked.elapsed());
    assert_eq!(code, Some(0));
    assert_eq!(place.sqlite("SELECT fate FROM outbox"), "waiting\n");
}

/// So it is by a single run, which is recorded by then: its verdict stands, and its message waits.
#[test]
fn a_signal_is_heard_while_a_server_hangs_a_run() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let place = Place::new(&format!(
        "notify:\n  channels: {{hook: {{webhook: {{url: \"{url}\"}}}}}}\n  routes: [{{to: hook}}]\n"
    ));
    let run = Daemon::start(place.command("run --quiet"));
    let _connection = silent.accept().unwrap();
    let asked = std::time::Instant::now();
    let (code, _) = run.end("TERM");
    assert!(asked.elapsed().as_secs() < 10, "{:?}", asked.elapsed());
    assert_eq!(code, Some(1));
    assert_eq!(place.sqlite("SELECT fate FROM outbox; SELECT verdict FROM runs"), "waiting\nbreached\n");
}

/// A message that waits, or was refused, is told when it is tried, and not once a second.
#[test]
fn what_waits_does_not_fill_the_log() {
    for status in ["503 Service Unavailable", "400 Bad Request"] {
        let url = serve(move |_, _| status);
        let place = Place::new(&format!(
            "schedule: [{{every: 1h}}]\nnotify:\n  channels: {{hook: {{webhook: {{url: \"{url}\"}}}}}}\n  routes: [{{to: hook}}]\n"
        ));
        place.told("run --quiet");
        let daemon = follow(&place);
        std::thread::sleep(std::time::Duration::from_secs(7));
        let (_, lines) = daemon.end("TERM");
        let told: Vec<&String> = lines.iter().filter(|line| line.contains("alert")).collect();
        // Two lines for each try, of which there is one within seven seconds; none for what is refused.
        let most = if status.starts_with('4') { 0 } else { 4 };
        assert!(told.len() <= most, "{status}: {told:#?}");
    }
}
