//! Delivery with a clock and servers of our own: who is tried when, and what a channel that fails costs the others.

use sla::model::{
    Address, Channel, ChannelKind, Fate, Instant, Letter, NANOS, Nanos, Notify, Report, SecretAt, Summary,
    Verdict,
};
use sla::notify::{self, Effort, Failure, Hope, Sent, World};
use sla::store::{After, Beside, Store, Which};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const START: Instant = 1_750_000_000 * NANOS;
const SECOND: Nanos = NANOS;
const HOUR: Nanos = 3_600 * NANOS;

/// A history of letters, and channels by name: `pager…` are of `PagerDuty`.
struct Place {
    folder: tempfile::TempDir,
    store: Store,
    notify: Notify,
}

impl Place {
    /// Letters as channel and parts, numbered from 1.
    fn new(letters: &[(&str, &[&str])]) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("sla.db")).unwrap();
        let letter = |(at, (channel, parts)): (usize, &(&str, &[&str]))| Letter {
            id: 0,
            run: 1,
            channel: (*channel).to_owned(),
            key: format!("key-{at}"),
            created: START,
            title: format!("title {at}"),
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
            sent: 0,
            files: vec![],
            attempts: 0,
            next: START,
            fate: Fate::Waiting,
            why: None,
        };
        let all: Vec<Letter> = letters.iter().enumerate().map(letter).collect();
        store
            .settle(&report(), Beside::default(), &mut |_, _| After {
                letters: all.clone(),
                ..After::default()
            })
            .unwrap();
        let names: std::collections::BTreeSet<&str> = letters.iter().map(|(channel, _)| *channel).collect();
        let channels = names.into_iter().map(channel).collect();
        let notify = Notify { channels, routes: vec![], link: None, repeat: None, after: 1 };
        Place { folder, store, notify }
    }

    fn deliver(&mut self, world: &mut Servers<'_>) {
        notify::deliver(&mut self.store, &self.notify, world).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("sla.db")
    }

    fn open(&self) -> Vec<(i64, Fate, usize)> {
        let open = self.store.open_letters().unwrap();
        open.iter().map(|letter| (letter.id, letter.fate, letter.sent)).collect()
    }
}

fn channel(name: &str) -> Channel {
    let url = format!("http://{name}.invalid/");
    let kind = if name.starts_with("pager") {
        ChannelKind::Pagerduty { url, key: SecretAt::Environment("KEY".into()) }
    } else {
        ChannelKind::Webhook { url: Address::Plain(url), secret: None }
    };
    Channel { name: name.to_owned(), kind, timeout: Duration::from_secs(30), ca: None, templates: vec![] }
}

fn report() -> Report {
    Report {
        now: START,
        verdict: Verdict::Met,
        summary: Summary::default(),
        agreements: vec![],
        inputs: vec![],
        results: vec![],
        problems: vec![],
        problem_totals: BTreeMap::new(),
        details: vec![],
    }
}

/// What a server answers to a part of a letter, and how long that takes.
type Answer<'a> = &'a mut dyn FnMut(&Letter, &str) -> (Result<Sent, Failure>, Nanos);

struct Servers<'a> {
    now: Instant,
    answer: Answer<'a>,
    /// Channel and part of everything that was sent, taken or not.
    sent: Vec<(String, String)>,
    arrived: Vec<i64>,
    effort: Effort,
    /// The end is wanted after so many were sent.
    most: usize,
}

impl<'a> Servers<'a> {
    fn new(now: Instant, answer: Answer<'a>) -> Servers<'a> {
        Servers { now, answer, sent: vec![], arrived: vec![], effort: Effort::Whole, most: usize::MAX }
    }
}

impl World for Servers<'_> {
    fn now(&mut self) -> Instant {
        self.now
    }

    fn wait(&mut self, length: Nanos) {
        self.now += length;
    }

    fn send(&mut self, channel: &Channel, letter: &Letter) -> Result<Sent, Failure> {
        let part = letter.parts[letter.sent].clone();
        self.sent.push((channel.name.clone(), part.clone()));
        let (answer, took) = (self.answer)(letter, &part);
        self.now += took;
        answer
    }

    fn arrived(&mut self, _: &Channel, letter: &Letter) {
        self.arrived.push(letter.id);
    }

    fn missed(&mut self, _: &Channel, _: &str) {}

    fn is_ending(&mut self) -> bool {
        self.sent.len() >= self.most
    }

    fn effort(&self) -> Effort {
        self.effort
    }
}

fn failed(hope: Hope) -> Result<Sent, Failure> {
    Err(Failure { why: "answers 500".into(), hope, after: None })
}

fn taken() -> (Result<Sent, Failure>, Nanos) {
    (Ok(Sent::Whole(None)), SECOND / 100)
}

/// Three servers that hang for 30 s use up a minute and a half; the fourth is asked all the same, and none twice.
#[test]
fn channels_that_hang_starve_no_other() {
    let mut place = Place::new(&[("a", &["1"]), ("b", &["1"]), ("c", &["1"]), ("d", &["1"]), ("e", &["1"])]);
    let mut answer = |letter: &Letter, _: &str| match letter.channel.as_str() {
        "d" | "e" => taken(),
        _ => (failed(Hope::Passing), 31 * SECOND),
    };
    let mut world = Servers::new(START, &mut answer);
    place.deliver(&mut world);
    let asked: Vec<&str> = world.sent.iter().map(|(channel, _)| channel.as_str()).collect();
    assert_eq!(asked, ["a", "b", "c", "d", "e"]);
    assert_eq!(world.arrived, [4, 5]);
}

/// A process that stays sends for ten seconds, and goes on with those that did not have their turn.
#[test]
fn a_process_that_stays_sends_a_little_at_a_time() {
    let mut place = Place::new(&[("a", &["1"]), ("b", &["1"]), ("c", &["1"])]);
    let mut answer = |letter: &Letter, _: &str| match letter.channel.as_str() {
        "c" => taken(),
        _ => (failed(Hope::Passing), 11 * SECOND),
    };
    let mut now = START;
    for expected in [&["a"][..], &["b"], &["c", "a"]] {
        let mut world = Servers { effort: Effort::Short, ..Servers::new(now, &mut answer) };
        place.deliver(&mut world);
        let asked: Vec<&str> = world.sent.iter().map(|(channel, _)| channel.as_str()).collect();
        assert_eq!(asked, expected);
        now = world.now;
    }
}

#[test]
fn nothing_is_sent_when_the_end_is_wanted() {
    let mut place = Place::new(&[("pager", &["1", "2", "3"]), ("z", &["1"])]);
    let mut answer = |_: &Letter, _: &str| taken();
    place.deliver(&mut Servers { most: 0, ..Servers::new(START, &mut answer) });
    assert_eq!(place.open(), [(1, Fate::Waiting, 0), (2, Fate::Waiting, 0)]);
    place.deliver(&mut Servers { most: 1, ..Servers::new(START, &mut answer) });
    assert_eq!(place.open(), [(1, Fate::Waiting, 1), (2, Fate::Waiting, 0)]);
    place.deliver(&mut Servers::new(START, &mut answer));
    assert_eq!(place.open(), []);
}

/// While it is sent, it is on the disk that it is not to be sent again at once.
#[test]
fn the_next_try_is_written_before_the_first_one() {
    let mut place = Place::new(&[("a", &["1"])]);
    let file = place.file();
    let mut answer = |_: &Letter, _: &str| {
        let open = Store::open(&file).unwrap().open_letters().unwrap();
        // Two seconds, give or take a fifth.
        let wait = open[0].next - START;
        assert!((16 * SECOND / 10..=24 * SECOND / 10).contains(&wait) && open[0].attempts == 1, "{wait}");
        taken()
    };
    place.deliver(&mut Servers::new(START, &mut answer));
    assert_eq!(place.open(), []);
}

/// Where the history cannot be written, nothing goes out.
#[test]
fn what_cannot_be_noted_is_not_sent() {
    let mut place = Place::new(&[("a", &["1"])]);
    let shell = |sql: &str| {
        let done = std::process::Command::new("sqlite3").arg(place.file()).arg(sql).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    shell(
        "CREATE TRIGGER full BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    );
    let mut answer = |_: &Letter, _: &str| taken();
    let mut world = Servers::new(START, &mut answer);
    assert!(notify::deliver(&mut place.store, &place.notify, &mut world).is_err());
    assert_eq!(world.sent, []);
}

/// A message that a server answers with 500 for ever holds up those after it for a day, no longer. It is refused then, and
/// stays to be seen.
#[test]
fn what_fails_for_a_day_lets_the_others_pass() {
    let mut place = Place::new(&[("a", &["poison"]), ("a", &["good"]), ("a", &["better"])]);
    let mut answer = |_: &Letter, part: &str| match part {
        "poison" => (failed(Hope::Passing), 0),
        _ => taken(),
    };
    for hour in 0..24 {
        place.deliver(&mut Servers::new(START + hour * HOUR, &mut answer));
        assert_eq!(place.open().len(), 3, "{hour}");
    }
    for hour in 24..27 {
        // Also where the failure takes all the time that there is.
        let mut slowly = |letter: &Letter, part: &str| match part {
            "poison" => (failed(Hope::Passing), 30 * SECOND),
            _ => answer(letter, part),
        };
        place.deliver(&mut Servers {
            effort: Effort::Short,
            ..Servers::new(START + hour * HOUR, &mut slowly)
        });
    }
    assert_eq!(place.open(), [(1, Fate::Refused, 0)]);
    let why = place.store.open_letters().unwrap()[0].why.clone();
    assert_eq!(why.as_deref(), Some("answers 500, for more than a day, and those after it arrive"));
}

/// A server that is down for days is no such case: everything arrives in the end, in its order.
#[test]
fn what_nobody_takes_stays_in_order() {
    let mut place = Place::new(&[("a", &["1"]), ("a", &["2"]), ("a", &["3"])]);
    for hour in 0..80 {
        let mut answer = |_: &Letter, _: &str| (failed(Hope::Passing), 0);
        place.deliver(&mut Servers::new(START + hour * HOUR, &mut answer));
    }
    assert!(place.open().iter().all(|(_, fate, _)| *fate == Fate::Waiting));
    let mut arrived = vec![];
    for hour in 80..84 {
        let mut answer = |_: &Letter, _: &str| taken();
        let mut world = Servers::new(START + hour * HOUR, &mut answer);
        place.deliver(&mut world);
        arrived.extend(world.arrived);
    }
    assert_eq!(arrived, [1, 2, 3]);
}

/// Tried while the clock said 2036: it is due as soon as it is right again.
#[test]
fn a_clock_that_was_wrong_stops_nothing() {
    let mut place = Place::new(&[("a", &["1"])]);
    let mut answer = |_: &Letter, _: &str| (failed(Hope::Lasting), 0);
    place.deliver(&mut Servers::new(START + 11 * 365 * 24 * HOUR, &mut answer));
    let mut answer = |_: &Letter, _: &str| taken();
    place.deliver(&mut Servers::new(START + HOUR, &mut answer));
    assert_eq!(place.open(), []);
}

/// After an outage of a day the waits are an hour; of a message that gets on they are short again.
#[test]
fn what_gets_on_is_not_slowed_down() {
    let mut place = Place::new(&[("pager", &["1", "2"])]);
    let mut answer = |_: &Letter, _: &str| (failed(Hope::Passing), 0);
    for hour in 0..20 {
        place.deliver(&mut Servers::new(START + hour * HOUR, &mut answer));
    }
    let now = START + 30 * HOUR;
    let mut answer = |_: &Letter, part: &str| match part {
        "1" => taken(),
        _ => (failed(Hope::Passing), 5 * SECOND),
    };
    let mut world = Servers { most: 2, ..Servers::new(now, &mut answer) };
    place.deliver(&mut world);
    let next = place.store.open_letters().unwrap()[0].next - world.now;
    assert!(next <= 3 * SECOND, "{next}");
}

fn event(action: &str, key: &str) -> String {
    format!("{{\"event_action\":\"{action}\",\"dedup_key\":\"{key}\"}}")
}

/// One event that is not taken keeps back no other incident of its run.
#[test]
fn an_event_that_is_refused_stops_no_other() {
    let mut place = Place::new(&[("pager", &["a", "b", "c"])]);
    let mut answer = |_: &Letter, part: &str| match part {
        "a" => (failed(Hope::None), 0),
        _ => taken(),
    };
    let mut world = Servers::new(START, &mut answer);
    place.deliver(&mut world);
    let parts: Vec<&str> = world.sent.iter().map(|(_, part)| part.as_str()).collect();
    assert_eq!(parts, ["a", "b", "c"]);
    assert_eq!(place.open(), [(1, Fate::Refused, 2)]);
    assert_eq!(place.store.open_letters().unwrap()[0].why.as_deref(), Some("1 of 3 events: answers 500"));
    // Only that one is sent again.
    place.store.retry(Which::All).unwrap();
    let mut answer = |_: &Letter, _: &str| taken();
    let mut world = Servers::new(START + HOUR, &mut answer);
    place.deliver(&mut world);
    assert_eq!(world.sent, [("pager".to_owned(), "a".to_owned())]);
    assert_eq!(place.open(), []);
}

/// A trigger that was refused does not open an incident after its end was told; another one of the same message stays.
#[test]
fn an_incident_that_is_over_is_not_opened() {
    let (a, b, end) = (event("trigger", "a"), event("trigger", "b"), event("resolve", "a"));
    let mut place =
        Place::new(&[("pager", &[&a, &b]), ("pager", &[&end]), ("pager", &[&event("trigger", "c")])]);
    let mut answer = |letter: &Letter, _: &str| match letter.id {
        1 => (failed(Hope::None), 0),
        _ => taken(),
    };
    place.deliver(&mut Servers::new(START, &mut answer));
    assert_eq!(place.open(), [(1, Fate::Refused, 0)]);
    assert_eq!(place.store.letter(1).unwrap().unwrap().parts, [b.as_str()]);
    place.store.retry(Which::All).unwrap();
    let mut answer = |_: &Letter, _: &str| taken();
    let mut world = Servers::new(START + HOUR, &mut answer);
    place.deliver(&mut world);
    assert_eq!(world.sent, [("pager".to_owned(), b)]);
    // Where nothing is left of it, it is given up.
    let mut place = Place::new(&[("pager", &[&a]), ("pager", &[&end])]);
    let mut answer = |letter: &Letter, _: &str| match letter.id {
        1 => (failed(Hope::None), 0),
        _ => taken(),
    };
    place.deliver(&mut Servers::new(START, &mut answer));
    assert_eq!(place.open(), []);
}
