//! A year in seconds: ten thousand runs with random breaches, outages of channels, kills and restarts. A plain model says what
//! must have been told; what arrived must be that, each once.

use sla::model::{
    Address, AgreementSummary, Channel, ChannelKind, Comparison, Dimension, Instant, Letter, Measured, NANOS,
    Nanos, Notify, Origin, Quantity, Rational, Report, ResultPeriod, Route, RuleResult, Subject, Summary,
    Verdict,
};
use sla::notify::{self, About, Failure, Hope, Sent, Templates, World};
use sla::store::{After, Beside, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const RUNS: usize = 10_000;
const YEAR: Nanos = 365 * 86_400 * NANOS;
const STEP: Nanos = YEAR / RUNS as Nanos;
const START: Instant = 1_735_689_600 * NANOS; // 2025-01-01
const SERVICES: usize = 4;
const AFTER: u32 = 2;
const REPEAT: Nanos = 4 * 3_600 * NANOS;

/// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled").
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// How a service does: well, nobody knows, or so many percent over its target.
#[derive(Clone, Copy, PartialEq)]
enum Health {
    Well,
    Unknown,
    Over(i64),
}

fn report(now: Instant, health: &[Health]) -> Report {
    let percent =
        |percent: i64| Quantity::new(Rational::new(i128::from(percent), 100).unwrap(), Dimension::Ratio);
    let result = |(service, health): (usize, &Health)| {
        let about = Subject {
            id: format!("id-{service}"),
            objective: "failure_rate <= 5%".into(),
            name: None,
            description: None,
            runbook: None,
            severity: (service % 2 == 0).then(|| "critical".to_owned()),
            filter: None,
            origin: Origin { file: None, line: 1 },
            group: vec![("service".into(), format!("service-{service}"))],
            indicator: "failure_rate".into(),
            comparison: Comparison::AtMost,
            target: percent(5),
            target_text: "5%".into(),
            prefer: None,
        };
        let (verdict, measured) = match health {
            Health::Well => (Verdict::Met, Some(percent(1))),
            Health::Unknown => (Verdict::Undecided, None),
            Health::Over(over) => (Verdict::Breached, Some(percent(5 + over))),
        };
        RuleResult {
            about: Arc::new(about),
            agreement: 0,
            objective_idx: 0,
            period: ResultPeriod::WHOLE,
            verdict,
            reason: None,
            measured: measured.map(Measured::exact),
            exact: measured.map(|quantity| quantity.value),
            samples: 100,
            bad: None,
            allowed: None,
            rows: 100,
            excluded: 0,
            missing: 0,
            explain: "by hand".into(),
            notes: vec![],
        }
    };
    let results: Vec<RuleResult> = health.iter().enumerate().map(result).collect();
    Report {
        now,
        verdict: results.iter().map(|result| result.verdict).max().unwrap(),
        summary: Summary::default(),
        agreements: vec![AgreementSummary {
            name: "Shop".into(),
            origin: Origin { file: None, line: 1 },
            built_in: false,
            noun: "requests".into(),
            digest: "d".into(),
            text: "t".into(),
            overlay: vec![],
            unread: None,
        }],
        inputs: vec![],
        results,
        problems: vec![],
        problem_totals: BTreeMap::new(),
        details: vec![],
    }
}

fn settings() -> Notify {
    let channel = |name: &str| Channel {
        name: name.to_owned(),
        kind: ChannelKind::Webhook { url: Address::Plain(format!("http://{name}.invalid/")), secret: None },
        timeout: Duration::from_secs(1),
        ca: None,
        templates: vec![],
    };
    let route = |matchers: &[(&str, &str)], to: &[&str]| Route {
        matchers: matchers
            .iter()
            .map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]))
            .collect(),
        to: to.iter().map(|name| (*name).to_owned()).collect(),
        quiet: None,
    };
    Notify {
        channels: vec![channel("all"), channel("critical")],
        routes: vec![route(&[("severity", "critical")], &["critical", "all"]), route(&[], &["all"])],
        link: None,
        repeat: Some(REPEAT),
        after: AFTER,
    }
}

/// One event as it arrived, or as it must: run, channel, service, what.
type Told = (usize, &'static str, usize, String);

/// The plain model: what one channel must be told of one service, from nothing but what it looked like in each run.
///
/// `behind` are the runs at which the channel had not got everything yet: nobody is reminded of what is still on its way.
fn expected(
    health: &[Vec<Health>],
    times: &[Instant],
    behind: &[bool],
    service: usize,
    channel: &'static str,
) -> Vec<Told> {
    let mut told = Vec::new();
    let (mut bad_in_a_row, mut open) = (0, None::<(bool, i64, Instant)>);
    for (run, health) in health.iter().enumerate() {
        let (is_bad, is_breach, over) = match health[service] {
            Health::Well => (false, false, 0),
            Health::Unknown => (true, false, 0),
            Health::Over(over) => (true, true, over),
        };
        bad_in_a_row = if is_bad { bad_in_a_row + 1 } else { 0 };
        let mut tell = |what: &str| told.push((run, channel, service, what.to_owned()));
        open = match open {
            None if bad_in_a_row >= AFTER => {
                tell("new");
                Some((is_breach, over, times[run]))
            }
            None => None,
            Some(_) if !is_bad => {
                tell("resolved");
                None
            }
            Some((was_breach, was_over, _)) if is_breach && (!was_breach || over >= 2 * was_over) => {
                tell("worse");
                Some((true, over, times[run]))
            }
            // A hundredth of four hours is more than a minute; a minute is the most that a run may be early.
            Some((was_breach, was_over, at)) if !behind[run] && times[run] - at >= REPEAT - 60 * NANOS => {
                tell("reminder");
                Some((was_breach, was_over, times[run]))
            }
            open => open,
        };
    }
    told
}

/// Channels that are up or down, a clock of our own, and sometimes the end of the process right after sending.
struct Simulated<'a> {
    now: Instant,
    down: [bool; 2],
    random: &'a mut Random,
    /// What arrived, by channel, with its key.
    arrived: &'a mut [Vec<(String, String)>; 2],
    kills: &'a mut usize,
}

/// The panic that stands for a kill.
struct Killed;

impl World for Simulated<'_> {
    fn now(&mut self) -> Instant {
        self.now
    }

    fn wait(&mut self, length: Nanos) {
        self.now += length;
    }

    fn send(&mut self, channel: &Channel, letter: &Letter) -> Result<Sent, Failure> {
        let at = usize::from(channel.name == "critical");
        self.now += NANOS / 100;
        if self.down[at] {
            return Err(Failure { why: "is down".into(), hope: Hope::Passing, after: None });
        }
        self.arrived[at].push((letter.key.clone(), letter.parts[0].clone()));
        if self.random.one_in(200) {
            *self.kills += 1;
            std::panic::resume_unwind(Box::new(Killed));
        }
        Ok(Sent::Whole(None))
    }

    fn arrived(&mut self, _: &Channel, _: &Letter) {}

    fn missed(&mut self, _: &Channel, _: &str) {}
}

#[test]
fn a_year() {
    let started = std::time::Instant::now();
    // In memory where that is possible: no disk is waited for.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let file = folder.path().join("sla.db");
    let notify = settings();
    let mut random = Random(0x5eed);
    let mut health = [Health::Well; SERVICES];
    let mut down = [false; 2];
    let (mut lived, mut times) = (Vec::new(), Vec::new());
    let mut arrived: [Vec<(String, String)>; 2] = [Vec::new(), Vec::new()];
    let (mut kills, mut restarts, mut outages) = (0, 0, 0);
    let mut behind: [Vec<bool>; 2] = [Vec::new(), Vec::new()];
    let mut store = Store::create(&file).unwrap();
    for run in 0..RUNS {
        for one in &mut health {
            *one = match *one {
                Health::Well if random.one_in(40) => {
                    if random.one_in(3) {
                        Health::Unknown
                    } else {
                        Health::Over(1 + random.below(5) as i64)
                    }
                }
                Health::Unknown | Health::Over(_) if random.one_in(8) => Health::Well,
                Health::Unknown if random.one_in(8) => Health::Over(1),
                Health::Over(over) if over < 90 && random.one_in(6) => {
                    Health::Over(over + random.below(over as u64 + 2) as i64)
                }
                Health::Over(_) if random.one_in(10) => Health::Unknown,
                same => same,
            };
        }
        for down in &mut down {
            let was = *down;
            *down = if *down { !random.one_in(10) } else { random.one_in(100) };
            outages += usize::from(*down && !was);
        }
        // Runs are up to half a minute late.
        let now = START + run as Nanos * STEP + random.below(30_000) as Nanos * NANOS / 1_000;
        lived.push(health.to_vec());
        times.push(now);
        let open = store.open_letters().unwrap();
        for (behind, name) in behind.iter_mut().zip(["all", "critical"]) {
            behind.push(open.iter().any(|letter| letter.channel == name));
        }
        let report = report(now, &health);
        store
            .settle(&report, Beside::default(), &mut |before, number| {
                let turn = notify::turn(&notify, &report, before, &|_| true);
                let mut letters = Vec::new();
                for (news, next) in turn.news.iter().zip(before.next_letter..) {
                    let about = About {
                        report: &report,
                        run: number,
                        store: &before.store,
                        number: next,
                        link: None,
                    };
                    let channel =
                        notify.channels.iter().find(|channel| channel.name == news.channel).unwrap();
                    let none = &mut |_| Err(String::new());
                    letters.push(notify::compose(news, about, channel, &Templates::default(), none).letter);
                }
                After { alerts: turn.alerts, seen: turn.seen, letters }
            })
            .unwrap();
        // Sometimes the process ends before it sends anything, or right after it has sent something.
        let ends_early = random.one_in(100);
        let end = (!ends_early).then(|| {
            let mut world =
                Simulated { now, down, random: &mut random, arrived: &mut arrived, kills: &mut kills };
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                notify::deliver(&mut store, &notify, &mut world).unwrap();
            }))
        });
        if ends_early || end.is_some_and(|end| end.is_err()) || random.one_in(500) {
            drop(store);
            store = Store::open(&file).unwrap();
            restarts += 1;
        }
    }
    // In the end everything works.
    let mut calm = Random(1);
    while !store.open_letters().unwrap().is_empty() {
        store.retry(sla::store::Which::All).unwrap();
        let now = START + YEAR + 2 * STEP;
        let mut world =
            Simulated { now, down: [false; 2], random: &mut calm, arrived: &mut arrived, kills: &mut kills };
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            notify::deliver(&mut store, &notify, &mut world).unwrap();
        }));
    }
    let mut doubles = 0;
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for ((channel, arrived), behind) in ["all", "critical"].into_iter().zip(&arrived).zip(&behind) {
        let mut keys = BTreeSet::new();
        let mut got: Vec<Told> = Vec::new();
        for (key, body) in arrived {
            if !keys.insert(key) {
                doubles += 1;
                continue;
            }
            let value: serde_json::Value = serde_json::from_str(body).unwrap();
            let now: jiff::Timestamp = value["now"].as_str().unwrap().parse().unwrap();
            let second = now.as_second();
            let run = times.partition_point(|at| at / NANOS < second);
            for event in value["events"].as_array().unwrap() {
                let service = event["group"]["service"].as_str().unwrap().strip_prefix("service-").unwrap();
                got.push((
                    run,
                    channel,
                    service.parse().unwrap(),
                    event["event"].as_str().unwrap().to_owned(),
                ));
            }
        }
        // In their order, also after an outage.
        assert!(got.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{channel}: out of order");
        got.sort();
        let services = (0..SERVICES).filter(|service| channel == "all" || service % 2 == 0);
        let mut must: Vec<Told> =
            services.flat_map(|service| expected(&lived, &times, behind, service, channel)).collect();
        must.sort();
        let (missing, extra): (Vec<_>, Vec<_>) = (
            must.iter().filter(|told| !got.contains(told)).take(5).collect(),
            got.iter().filter(|told| !must.contains(told)).take(5).collect(),
        );
        assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}, extra {extra:?}");
        assert_eq!(got, must);
        for (.., what) in got {
            *counted.entry(what).or_default() += 1;
        }
    }
    assert!(doubles <= kills, "{doubles} doubles after {kills} kills");
    assert!(matches!(store.verify_chain().unwrap(), sla::store::Chain::Intact { .. }));
    println!(
        "{RUNS} runs: {counted:?}, {outages} outages, {restarts} restarts, {kills} kills after sending, {doubles} came twice; {:?}",
        started.elapsed()
    );
    assert!(counted.len() == 4 && counted.values().all(|count| *count > 100) && outages > 50 && kills > 10);
}
