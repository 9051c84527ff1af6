//! Clocks that jump, pauses, and an hour of minutes, by a clock of our own.

use super::*;

const SECOND: Nanos = NANOS;
const MINUTE: Nanos = 60 * SECOND;
const HOUR: Nanos = 60 * MINUTE;

fn at(text: &str) -> Instant {
    let parsed: jiff::Timestamp = text.parse().unwrap();
    i64::try_from(parsed.as_nanosecond()).unwrap()
}

/// Somebody who looks every second, and runs that take no time.
struct World {
    now: Moment,
    agenda: Agenda,
    /// What ran: which slot, for which time, at which moment.
    runs: Vec<(usize, Instant, Moment)>,
}

impl World {
    fn new(start: &str, schedules: Vec<Schedule>) -> World {
        let wall = at(start);
        let slots = schedules.into_iter().map(|schedule| Slot::new(schedule, wall)).collect();
        World { now: Moment { wall, elapsed: 0 }, agenda: Agenda::new(slots), runs: Vec::new() }
    }

    fn pass(&mut self, length: Nanos) {
        let end = self.now.elapsed + length;
        while self.now.elapsed < end {
            self.now.elapsed += SECOND;
            self.now.wall += SECOND;
            self.look();
        }
    }

    fn look(&mut self) {
        while let Some(due) = self.agenda.due(self.now) {
            self.runs.push((due.slot, due.at, self.now));
            self.agenda.mark(due, self.now);
        }
    }

    fn jump(&mut self, by: Nanos) {
        self.now.wall += by;
        self.look();
    }

    /// The times that ran, as `12:00`, in UTC.
    fn times(&self) -> String {
        let time = |(_, at, _): &(usize, Instant, Moment)| {
            let time = jiff::Timestamp::from_nanosecond(i128::from(*at)).unwrap();
            time.strftime("%H:%M").to_string()
        };
        self.runs.iter().map(time).collect::<Vec<_>>().join(" ")
    }
}

fn every(length: Nanos) -> Schedule {
    Schedule::every(length).unwrap()
}

fn cron(text: &str) -> Schedule {
    Schedule::parse(text, "UTC").unwrap()
}

#[test]
fn each_minute_of_an_hour_for_a_hundred_agreements() {
    let mut world = World::new("2025-06-01T12:00:30.25Z", vec![every(MINUTE); 100]);
    world.pass(HOUR);
    assert_eq!(world.runs.len(), 6_000);
    let first = at("2025-06-01T12:01:00Z");
    for (nth, (slot, at, now)) in world.runs.iter().enumerate() {
        let (minute, place) = (nth / 100, nth % 100);
        assert_eq!((*slot, *at), (place, first + minute as i64 * MINUTE));
        // No drift: as late as the look is, in the last minute as in the first.
        assert_eq!(now.wall - at, SECOND / 4);
    }
    // What is kept of it does not grow: a slot, whatever happened.
    assert_eq!(world.agenda.slots().len(), 100);
    assert_eq!(world.agenda.slots.capacity(), 100);
}

#[test]
fn a_pause_is_caught_up_with_once() {
    let mut world = World::new("2025-06-01T11:59:59Z", vec![every(5 * MINUTE), cron("0 13 * * *")]);
    world.pass(SECOND);
    assert_eq!(world.times(), "12:00");
    // The machine sleeps for three hours.
    world.now.elapsed += 3 * HOUR;
    world.now.wall += 3 * HOUR;
    assert_eq!(world.agenda.due(world.now), Some(Due { slot: 0, at: at("2025-06-01T15:00:00Z"), times: 36 }));
    world.look();
    assert_eq!(world.times(), "12:00 15:00 13:00");
    world.pass(5 * MINUTE);
    assert_eq!(world.times(), "12:00 15:00 13:00 15:05");
}

#[test]
fn a_restart_neither_repeats_nor_loses() {
    let now = |wall: &str| Moment { wall: at(wall), elapsed: 0 };
    let restarted = |done: &str, wall: &str| {
        Agenda::new(vec![Slot::new(cron("0 * * * *"), at(done))])
            .due(now(wall))
            .map(|due| (due.at, due.times))
    };
    let noon = "2025-06-01T12:00:00Z";
    assert_eq!(restarted(noon, "2025-06-01T12:00:05Z"), None);
    assert_eq!(restarted(noon, "2025-06-01T12:59:59Z"), None);
    assert_eq!(restarted(noon, "2025-06-01T13:00:00Z"), Some((at("2025-06-01T13:00:00Z"), 1)));
    assert_eq!(restarted(noon, "2025-06-01T15:30:00Z"), Some((at("2025-06-01T15:00:00Z"), 3)));
    // It ran at 12:00:00, and the clock of the machine that goes on is two seconds behind.
    assert_eq!(restarted(noon, "2025-06-01T11:59:58Z"), None);
    let mut agenda = Agenda::new(vec![Slot::new(cron("0 * * * *"), at(noon))]);
    assert_eq!(agenda.due(now("2025-06-01T11:59:58Z")), None);
    assert_eq!(agenda.due(now("2025-06-01T12:00:00Z")), None);
    assert_eq!(agenda.due(now("2025-06-01T13:00:00Z")).map(|due| due.at), Some(at("2025-06-01T13:00:00Z")));
}

#[test]
fn clocks_that_jump() {
    let check = |schedule: Schedule, start: &str, jump: Nanos, expected: &str| {
        let mut world = World::new(start, vec![schedule]);
        world.pass(30 * MINUTE);
        world.jump(jump);
        world.pass(HOUR);
        assert_eq!(world.times(), expected, "{start} {jump}");
        for pair in world.runs.windows(2) {
            assert!(
                pair[1].2.elapsed > pair[0].2.elapsed,
                "two at once after {start} {jump}: {:?}",
                world.runs
            );
        }
    };
    let (quarter, noon) = (every(15 * MINUTE), cron("30 12 * * *"));
    // From 11:50 it looks for 30 minutes, the clock jumps at 12:20, and it looks for an hour.
    let start = "2025-06-01T11:50:00Z";
    check(quarter.clone(), start, 0, "12:00 12:15 12:30 12:45 13:00 13:15");
    // Forward to 14:20: what passed is caught up with once.
    check(quarter.clone(), start, 2 * HOUR, "12:00 12:15 14:15 14:30 14:45 15:00 15:15");
    check(noon.clone(), start, 2 * HOUR, "12:30");
    // Back to 11:20: it goes on every 15 minutes, the next one ten minutes later.
    check(quarter.clone(), start, -HOUR, "12:00 12:15 11:30 11:45 12:00 12:15");
    check(noon.clone(), start, -HOUR, "");
    check(quarter.clone(), start, -10 * SECOND, "12:00 12:15 12:30 12:45 13:00 13:15");
    // Back to 12:10: 12:15 comes again, ten minutes after the first.
    check(quarter.clone(), start, -10 * MINUTE, "12:00 12:15 12:15 12:30 12:45 13:00");
    // From 12:16, a minute after a run, back to 12:13: two minutes later would be the same run twice.
    check(quarter.clone(), "2025-06-01T11:46:00Z", -3 * MINUTE, "12:00 12:15 12:30 12:45 13:00");
    // From 12:10 to 12:40 and 10 minutes back: the fixed time was done.
    check(noon.clone(), "2025-06-01T12:10:00Z", -20 * MINUTE, "12:30");
    check(noon.clone(), "2025-06-01T12:10:00Z", -20 * HOUR, "12:30");
    // A day and some minutes back: that clock was wrong. It ran twenty minutes before it is 12:30 again, and once is enough.
    check(noon, "2025-06-01T12:10:00Z", -24 * HOUR - 20 * MINUTE, "12:30");
    // Nearly a day after it ran, once is not: from 08:10 of the next day back to 09:10.
    let mut world = World::new("2025-06-01T12:10:00Z", vec![cron("30 12 * * *")]);
    world.pass(20 * HOUR);
    world.jump(-23 * HOUR);
    world.pass(4 * HOUR);
    assert_eq!(world.times(), "12:30 12:30");
    // Far into the future and back again.
    let mut world = World::new(start, vec![every(15 * MINUTE)]);
    world.jump(5 * 365 * 24 * HOUR);
    world.jump(-5 * 365 * 24 * HOUR);
    world.pass(30 * MINUTE);
    assert_eq!(world.times(), "11:45 12:00 12:15");
}

/// Changes of clocks of a zone, through a whole year: a fixed time once a day, whatever the clocks do.
#[test]
fn a_year_of_a_zone() {
    for zone in ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "UTC"] {
        for (text, runs) in [("30 2 * * *", 365), ("15 1 * * *", 365), ("*/30 * * * *", 365 * 48)] {
            let schedule = Schedule::parse(text, zone).unwrap();
            let (start, end) = (at("2025-01-01T12:00:00Z"), at("2026-01-01T12:00:00Z"));
            let times: Vec<Instant> =
                std::iter::successors(schedule.next_after(start), |at| schedule.next_after(*at))
                    .take_while(|at| *at <= end)
                    .collect();
            assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
            assert_eq!(times.len(), runs, "{zone} {text}");
        }
    }
}
