//! Gauges: rows are samples, and what was not seen is not fine.

use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};

const HOUR: (i64, i64) = (START, START + 3600);

/// `cpu` of two machines every 15 s, in percent: one at 50, the other at 80 but for one minute at 90; and `gone`, which
/// ends after half an hour; `torn`, which lacks ten minutes.
fn world() -> World {
    let mut world = World::default();
    for step in 0..240 {
        let at = START + 15 * step;
        let busy = if (100..104).contains(&step) { 90 } else { 80 };
        world.sample("cpu", "cpu{job=\"web\",instance=\"a\"}", at, 50);
        world.sample("cpu", "cpu{job=\"web\",instance=\"b\"}", at, busy);
        world.sample(
            "memory",
            "memory_bytes{job=\"web\",instance=\"a\"}",
            at,
            (i64::from(step >= 60) + 1) << 30,
        );
        if step < 120 {
            world.sample("gone", "gone{job=\"web\"}", at, 1);
        }
        if !(100..140).contains(&step) {
            world.sample("torn", "torn{job=\"web\"}", at, 1);
        }
        world.sample("part", "part{job=\"web\"}", at, 0);
        world.sample("whole", "whole{job=\"web\"}", at, i64::from(step >= 120));
    }
    world
}

const COLUMNS: &str = "interval: 15s\ncolumns: {cpu: {query: cpu, unit: \"%\"}, memory: memory_bytes, gone: gone, torn: torn, \
                       mean: {query: avg by (job) (cpu), unit: \"%\"}, ratio: part / whole, endless: 1 / part, \
                       still: {query: gone * 1}}";

#[test]
fn samples_and_steps_are_rows() {
    let world = world();
    for (name, server) in
        [("Prometheus", Server::prometheus(&world)), ("VictoriaMetrics", Server::victoria(&world))]
    {
        let work = Work::source(&server.url, COLUMNS);
        let check = |promise: &str, wanted: &str| {
            let answer = work.over(HOUR, &[promise], &[]);
            assert_eq!(answer.lines(), [format!("{promise}: {wanted}")], "{name}: {}", answer.words());
        };
        // (240 * 50 + 236 * 80 + 4 * 90) / 480 = 65 1/12 %.
        check("avg(cpu) <= 66%", "met 781/1200 of 480");
        check("max(cpu) <= 89%", "breached 9/10 of 480");
        check("max(cpu) <= 90%", "met 9/10 of 480");
        check("share(cpu >= 80%) <= 50%", "met 1/2 of 480");
        check("p95(cpu) <= 80%", "met 119/120 of 480");
        // 180 of 240 samples lie above 1 GiB.
        check("share(memory > 1GiB) <= 5%", "breached 3/4 of 240");
        // 236 steps at 65 %, 4 at 70 %.
        check("max(mean) <= 70%", "met 7/10 of 240");
        // W59: gone after half an hour; its samples are no more than there were.
        check("share(gone == 1) >= 99%", "met 1/1 of 120");
    }
}

#[test]
fn what_is_not_seen_is_not_fine() {
    let world = world();
    let server = Server::prometheus(&world);
    let work = Work::source(&server.url, COLUMNS);
    let check = |promise: &str, verdict: &str, words: &str| {
        let answer = work.over(HOUR, &[promise], &[]);
        let (found, ..) = answer.verdicts().into_values().next().unwrap();
        assert_eq!(found, verdict, "{promise}: {}", answer.words());
        assert!(answer.words().contains(words), "{promise}: {}", answer.words());
    };
    // Ten minutes lack 40 samples.
    check("max(torn) <= 1", "undecided", "40 of 240 samples are missing or NaN");
    check("share(torn == 1) >= 80%", "met", "40 of 240 samples");
    // W58: 0/0 is no number, and no traffic is no proof.
    check("max(ratio) <= 0.5", "undecided", "120 of 240 samples are missing or NaN");
    check("max(endless) <= 9", "undecided", "+Inf at 1748736000 is no number to compare with");
    // W59: an expression repeats what ended for five minutes, which proves nothing.
    check("share(still == 1) >= 99%", "undecided", "samples are missing or NaN");
    // W56: a step coarser than the scrape interval does not see what lies between.
    let coarse = COLUMNS.replace("interval: 15s", "step: 1h");
    let coarse = Work::source(&server.url, &coarse).over(HOUR, &["max(mean) <= 99%"], &[]);
    assert_eq!(coarse.code, 3);
    assert!(
        coarse.words().contains("is looked at every 3600 s, and scraped every 15 s"),
        "{}",
        coarse.words()
    );
    // A label that the expression does not keep.
    let by = work.over(HOUR, &["max(mean) <= 99%"], &["--by", "instance"]);
    assert!(by.words().contains("no series of `mean` has the label `instance`"), "{}", by.words());
}
