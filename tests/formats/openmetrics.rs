//! `OpenMetrics`: promtool finds nothing to say, and a strict parser reads what the report says.

use crate::cases;
use crate::tools::{consumer, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

#[test]
fn promtool_is_content() {
    for case in cases::all() {
        let text = fs::read(case.report("sla.prom")).unwrap();
        let checked = run("promtool", "prometheus", &["check", "metrics"], &text);
        let told = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success() && told.is_empty(), "{}: {told}", case.name);
    }
}

#[test]
fn read_as_meant() {
    let cases = cases::all();
    let files: Vec<String> = cases.iter().map(|case| case.report("sla.prom")).collect();
    let mut arguments = vec!["openmetrics"];
    arguments.extend(files.iter().map(String::as_str));
    for (case, found) in cases.iter().zip(consumer(&arguments, b"").as_array().unwrap()) {
        let samples = found["samples"].as_array().unwrap();
        let of = |name: &str| samples.iter().filter(|sample| sample[0] == name).collect::<Vec<_>>();
        assert!(samples.iter().all(|sample| sample[3].is_null()), "{}: a timestamp", case.name);
        let distinct: BTreeSet<String> =
            samples.iter().map(|sample| format!("{} {}", sample[0], sample[1])).collect();
        assert_eq!(distinct.len(), samples.len(), "{}: a sample twice", case.name);
        let report = case.json();
        let results = report["results"].as_array().unwrap();
        for verdict in ["met", "warning", "breached", "undecided"] {
            let labels = json!({ "verdict": verdict });
            let sample = *of("sla_results").iter().find(|sample| sample[1] == labels).unwrap();
            assert_eq!(sample[2].as_f64(), report["summary"][verdict].as_f64(), "{}", case.name);
        }
        if results.iter().any(|result| !result["period"]["from"].is_null()) {
            continue;
        }
        assert_eq!(of("sla_objective_met").len(), results.len(), "{}", case.name);
        for result in results {
            let of_result = |name: &str| {
                let found = of(name);
                found
                    .into_iter()
                    .find(|s| s[1]["id"] == result["id"] && s[1]["agreement"] == result["agreement"])
            };
            let kept = result["verdict"] == "met" || result["verdict"] == "warning";
            let value = |sample: Option<&Value>| sample.map(|sample| sample[2].as_f64().unwrap());
            assert_eq!(
                value(of_result("sla_objective_met")),
                Some(f64::from(u8::from(kept))),
                "{}",
                case.name
            );
            let unit = match result["unit"].as_str() {
                Some("s") => "_seconds",
                Some("ratio") => "_ratio",
                Some("bytes") => "_bytes",
                Some("1/s") => "_per_second",
                _ => "",
            };
            let measured = value(of_result(&format!("sla_objective_measured{unit}")));
            assert_eq!(measured, result["measured"].as_f64(), "{}: {result}", case.name);
        }
    }
}

#[test]
fn of_many_periods_the_last_complete_one() {
    let mut data = "time,service,status\n".to_owned();
    for time in ["01:00", "02:00", "03:00", "04:00"] {
        let _ = writeln!(data, "2025-06-01T{time}:00Z,a,ok");
    }
    data.push_str("2025-06-01T05:30:00Z,a,failed\n");
    let work = crate::work::Work::new().file("data.csv", data);
    work.run("check data.csv --require 'failure_rate <= 5%' --by service --period 1h --output sla.prom");
    let text = work.read("sla.prom");
    let samples: Vec<&str> = text.lines().filter(|line| line.starts_with("sla_objective_met{")).collect();
    assert_eq!(samples.len(), 1, "{text}");
    // The hour from 4 to 5 is complete and was kept; that from 5 on is neither. 04:00 UTC is 1,748,750,400.
    assert!(samples[0].ends_with("} 1"), "{text}");
    let start =
        text.lines().find(|line| line.starts_with("sla_objective_period_start_timestamp_seconds{")).unwrap();
    assert!(start.ends_with("} 1748750400"), "{start}");
}

#[test]
fn gitlab_reads_the_same() {
    let work = cases::example("web-shop", "requests.csv");
    let run = work.run("check requests.csv --rules web-shop.yaml --format gitlab --output sla.prom");
    assert_eq!(String::from_utf8(run.stdout).unwrap(), work.read("sla.prom"));
}
