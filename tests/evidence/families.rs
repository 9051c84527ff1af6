//! The rows of every family of indicators, worked out by hand.

use crate::work::Work;
use crate::{claimed, index, lines_in};

/// Requests on lines 2 to 9; the one on line 5 has no latency, that on line 8 no status.
const REQUESTS: &str = "\
timestamp,service,status,latency_ms
2025-06-01T00:00:00Z,api,ok,100
2025-06-01T00:01:00Z,api,failed,200
2025-06-01T00:02:00Z,api,ok,300
2025-06-01T00:03:00Z,api,ok,
2025-06-01T00:04:00Z,web,failed,500
2025-06-01T00:05:00Z,web,ok,600
2025-06-01T00:06:00Z,web,,700
2025-06-01T00:07:00Z,web,ok,800
";
/// Intervals on lines 2 to 5.
const INTERVALS: &str = "\
timestamp,service,requests,failures,avg_latency_ms
2025-06-01T00:00:00Z,api,100,0,100
2025-06-01T00:01:00Z,api,50,5,400
2025-06-01T00:02:00Z,api,10,10,900
2025-06-01T00:03:00Z,api,40,0,
";

/// What the rows are, and their lines, of the only result that an objective has.
fn rows_of(data: &str, objective: &str) -> (String, Vec<u64>) {
    let rules = format!("sla: Gold\nobjectives:\n  - {objective}\n");
    let work = Work::new().file("data.csv", data).file("rules.yaml", rules);
    claimed(&work, "data.csv", "");
    let index = index(&work);
    assert_eq!(index.len(), 1, "{objective}: {index:?}");
    let lines = if index[0][0].is_empty() {
        Vec::new()
    } else {
        lines_in(&work.read(&format!("claim/{}", index[0][0])))
    };
    assert_eq!(index[0][13], lines.len().to_string(), "{objective}");
    (index[0][10].clone(), lines)
}

#[test]
fn of_requests() {
    let check = |objective: &str, are: &str, lines: &[u64]| {
        assert_eq!(rows_of(REQUESTS, objective), (are.to_owned(), lines.to_vec()), "{objective}");
    };
    // Two of the seven with a status failed; 5 of 7 succeeded.
    check("failure_rate <= 10%", "requests that failed", &[3, 6]);
    check("availability >= 99%", "requests that failed", &[3, 6]);
    check("failures <= 1", "requests that failed", &[3, 6]);
    check(
        "{require: failure_rate <= 10%, missing: bad}",
        "requests that failed, and those without a value (`missing: bad`)",
        &[3, 6, 8],
    );
    // One of the eight decides whether 2 of 8 or 3 of 8 failed.
    check("failure_rate <= 30%", "requests without a value that this reads", &[8]);
    check("violation_rate(latency > 500ms) <= 10%", "requests that took longer than 500 ms", &[7, 8, 9]);
    check("share(latency <= 300ms) >= 90%", "requests that took longer than 300 ms", &[6, 7, 8, 9]);
    check("share(service == \"web\") <= 10%", "requests that had service \"web\"", &[6, 7, 8, 9]);
    // Sorted: 100 200 300 500 600 700 800, and one that is not known: the median is 300 ms or 500 ms.
    check("p50(latency) <= 250ms", "requests that took longer than 250 ms", &[4, 6, 7, 8, 9]);
    check("p50(latency) < 300ms", "requests that took 300 ms or longer", &[4, 6, 7, 8, 9]);
    check("p50(latency) <= 400ms", "requests without a value that this reads", &[5]);
    check("p50(latency) >= 900ms", "requests that took less than 900 ms", &[2, 3, 4, 6, 7, 8, 9]);
    check("max(latency) <= 700ms", "requests that took longer than 700 ms", &[9]);
    check("min(latency) >= 150ms", "requests that took less than 150 ms", &[2]);
    // 3,200 ms over seven are 457 ms; over 450 ms are 500, 600, 700 and 800, the largest first.
    check(
        "{require: avg(latency) <= 450ms, missing: ignore}",
        "requests that alone took longer than 450 ms; what adds most to the average comes first",
        &[9, 8, 7, 6],
    );
    check(
        "sum(latency) <= 1s",
        "requests with a value above zero; the largest comes first",
        &[9, 8, 7, 6, 4, 3, 2],
    );
    check("requests <= 5", "every one of the requests that were counted", &[2, 3, 4, 5, 6, 7, 8, 9]);
    check("requests >= 50", "no row: there are fewer requests than promised", &[]);
    check("throughput >= 1/s", "no row: there are fewer requests than promised", &[]);
    // Content is only who waited for the request on line 2; those on lines 3 and 6 failed, 4, 7 and 9 took too long.
    check(
        "{require: apdex(100ms) >= 0.9, missing: ignore}",
        "requests that were tolerating or frustrated",
        &[3, 4, 6, 7, 9],
    );
    check(
        "{require: failure_rate <= 10%, min_samples: 100}",
        "no row: there are too few requests, and none counts against it",
        &[],
    );
    check("{require: failure_rate <= 10%, where: service == \"api\"}", "requests that failed", &[3]);
}

#[test]
fn of_intervals() {
    let check = |objective: &str, are: &str, lines: &[u64]| {
        assert_eq!(rows_of(INTERVALS, objective), (are.to_owned(), lines.to_vec()), "{objective}");
    };
    // 15 of 200 requests failed, in two minutes.
    check("failure_rate <= 5%", "rows with failures", &[3, 4]);
    check("availability >= 99%", "rows with failures", &[3, 4]);
    check("failures <= 10", "rows with failures", &[3, 4]);
    check("requests <= 100", "every one of the rows that were counted", &[2, 3, 4, 5]);
    // (100 · 100 + 50 · 400 + 10 · 900) / 160 are 244 ms. Above 200 ms: 50 · 200 against 10 · 700, so the second first.
    check(
        "{require: avg(latency) <= 200ms, missing: ignore}",
        "rows that alone took longer than 200 ms; what adds most to the average comes first",
        &[3, 4],
    );
    check("{require: avg(latency) <= 300ms}", "rows without a value that this reads", &[5]);
    // 15 failures over 200 requests: the ratio of its own is 0, 0.1, 1 and 0; 5 - 2.5 against 10 - 0.5.
    check(
        "ratio(sum(failures), sum(requests)) <= 0.05",
        "rows whose own ratio misses the target; what adds most to the whole comes first",
        &[4, 3],
    );
}

#[test]
fn of_finished_figures() {
    let data = "service_name,failure_rate,avg_response_time_ms\napi,0.2,100\nweb,0.01,100\n";
    let rules = "sla: Gold\nby: service\nobjectives:\n  - failure_rate <= 5%\n";
    let work = Work::new().file("data.csv", data).file("rules.yaml", rules);
    claimed(&work, "data.csv", "");
    let index = index(&work);
    assert_eq!((index.len(), &*index[0][10]), (1, "the row that states the figure"));
    assert_eq!(
        work.read(&format!("claim/{}", index[0][0])),
        "input_file,input_line,service_name,failure_rate,avg_response_time_ms\ndata.csv,2,api,0.2,100\n"
    );
}

#[test]
fn of_periods_and_targets_of_their_own() {
    let data = "timestamp,service,latency_ms\n\
                2025-06-01T00:10:00Z,api,100\n2025-06-01T00:50:00Z,api,300\n2025-06-01T01:10:00Z,api,300\n\
                2025-06-01T01:20:00Z,batch,300\n2025-06-01T01:30:00Z,batch,3000\n2025-06-01T02:10:00Z,api,100\n";
    let rules = "sla: Gold\nby: service\nperiod: 1h\nobjectives:\n  - require: max(latency) <= 200ms\n    \
                 targets: [{group: {service: batch}, require: '<= 1s'}]\n";
    let work = Work::new().file("data.csv", data).file("rules.yaml", rules);
    claimed(&work, "data.csv", "");
    let told: Vec<(String, String, Vec<u64>)> = index(&work)
        .iter()
        .filter(|row| row[7] == "breached")
        .map(|row| (row[4].clone(), row[5].clone(), lines_in(&work.read(&format!("claim/{}", row[0])))))
        .collect();
    let of = |group: &str, hour: &str, lines: &[u64]| {
        (format!("service={group}"), format!("2025-06-01T{hour}:00:00Z"), lines.to_vec())
    };
    assert_eq!(told, [of("api", "00", &[3]), of("api", "01", &[4]), of("batch", "01", &[6])]);
}
