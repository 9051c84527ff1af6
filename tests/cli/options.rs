//! Options of `sla check` that change what is checked.

use crate::exit_codes::requests;
use crate::work::Work;

/// Two services over two days, with a service's own region.
fn work() -> Work {
    let rows = "2025-06-01T12:00:00Z,api,eu,success,100\n2025-06-01T23:59:59Z,api,us,failure,900\n\
                2025-06-02T00:00:00Z,web,eu,success,200\n2025-06-02T12:00:00Z,web,us,success,300\n";
    Work::new()
        .file("data.csv", format!("timestamp,service,region,status,latency_ms\n{rows}"))
        .file("a.yaml", "sla: A\nby: service\nwhere: region == \"eu\"\nobjectives: [requests >= 1]\n")
        .file("expect.yaml", "sla: E\nby: service\nexpect: [api]\nobjectives: [requests >= 1]\n")
}

/// The rows of results: words apart, in one line each.
fn results(work: &Work, arguments: &str) -> Vec<String> {
    let output =
        String::from_utf8(work.run(&format!("check data.csv --format csv {arguments}")).stdout).unwrap();
    let mut reader = csv::Reader::from_reader(output.as_bytes());
    let header = reader.headers().unwrap().clone();
    let wanted: Vec<usize> = ["service", "region", "objective", "from", "measured", "verdict"]
        .iter()
        .filter_map(|name| header.iter().position(|column| column == *name))
        .collect();
    let line = |record: csv::StringRecord| {
        let cells: Vec<&str> = wanted.iter().map(|at| &record[*at]).filter(|cell| !cell.is_empty()).collect();
        cells.join(" ")
    };
    reader.records().map(|record| line(record.unwrap())).collect()
}

#[test]
fn grouping() {
    let work = work();
    assert_eq!(results(&work, "--require 'requests >= 1'"), ["requests >= 1 4 met"]);
    assert_eq!(
        results(&work, "--require 'requests >= 2' --by service,region"),
        [
            "api eu requests >= 2 1 breached",
            "api us requests >= 2 1 breached",
            "web eu requests >= 2 1 breached",
            "web us requests >= 2 1 breached",
        ]
    );
    // Over a rule file, too; but not over groups that it expects by name.
    assert_eq!(results(&work, "--rules a.yaml --by region"), ["eu requests >= 1 2 met"]);
    insta::assert_snapshot!(work.answer("check data.csv --rules expect.yaml --by region"), @"
    --- stderr
    error: --by: the agreement `E` expects certain groups of its own `by`; change that in the rule file
    --- exit 2
    ");
}

#[test]
fn conditions_add_up() {
    let work = work();
    assert_eq!(results(&work, "--rules a.yaml"), ["api requests >= 1 1 met", "web requests >= 1 1 met"]);
    assert_eq!(results(&work, "--rules a.yaml --where 'latency >= 200ms' --by ''"), ["requests >= 1 1 met"]);
}

#[test]
fn promises_add_to_rules() {
    assert_eq!(
        results(&work(), "--rules a.yaml --require 'max(latency) <= 150ms'"),
        [
            "api requests >= 1 1 met",
            "web requests >= 1 1 met",
            "api max(latency) <= 150ms 0.1 met",
            "web max(latency) <= 150ms 0.2 breached",
        ]
    );
}

#[test]
fn stretches_of_time() {
    let work = work();
    assert_eq!(
        results(&work, "--require 'requests >= 2' --period 1d"),
        ["requests >= 2 2025-06-01T00:00:00Z 2 met", "requests >= 2 2025-06-02T00:00:00Z 2 met"]
    );
    assert_eq!(results(&work, "--require 'requests >= 1' --since 2025-06-02"), ["requests >= 1 2 met"]);
    assert_eq!(results(&work, "--require 'requests >= 1' --until 2025-06-02"), ["requests >= 1 2 met"]);
    // Seven days before the present, 2025-06-08T06:00Z, are from 2025-06-01T06:00Z on.
    assert_eq!(results(&work, "--require 'requests >= 1' --since 7d"), ["requests >= 1 4 met"]);
    assert_eq!(
        results(&work, "--require 'requests >= 1' --since 2025-06-01T18:00Z --until 2025-06-02T12:00Z"),
        ["requests >= 1 2 met"]
    );
}

#[test]
fn what_columns_mean() {
    let work = Work::new().file("data.csv", "wer,wie,dauer\na,gut,0.25\na,schlecht,0.75\n");
    assert_eq!(
        results(
            &work,
            "--require 'failure_rate <= 50%' --require 'avg(latency) <= 500ms' --latency dauer --unit s --failed 'wie == \"schlecht\"'"
        ),
        ["failure_rate <= 50% 0.5 met", "avg(latency) <= 500ms 0.5 met"]
    );
    let counted = Work::new().file("data.csv", "ts,n,bad\n2025-06-01T12:00Z,10,1\n2025-06-01T12:01Z,30,0\n");
    assert_eq!(
        results(&counted, "--require 'failure_rate <= 5%' --requests n --failures bad"),
        ["failure_rate <= 5% 0.025 met"]
    );
}

#[test]
fn several_inputs_are_one() {
    let work =
        Work::new().file("logs/a.csv", requests()).file("logs/b.csv", requests()).file("logs/notes.txt", "");
    for data in ["logs", "logs/*.csv", "logs/a.csv logs/b.csv"] {
        let answer = work.answer(&format!("check {data} --require 'requests == 20'"));
        assert!(answer.contains("20 rows read") && answer.ends_with("--- exit 0"), "{answer}");
    }
}
