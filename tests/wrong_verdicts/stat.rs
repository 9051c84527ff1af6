//! W27 to W30: statistics that look right.

use crate::case::{Case, case};

fn latencies(id: &'static str, what: &'static str, count: u32) -> Case {
    let cells = (1..=count).map(|number| format!("{number}\n")).collect::<Vec<String>>().concat();
    case(id, what).data(format!("latency_ms\n{cells}"))
}

pub(crate) fn cases() -> Vec<Case> {
    [averages(), percentiles_again(), listed_percentiles(), listed_rates(), nearest_rank(), few()].concat()
}

fn averages() -> Vec<Case> {
    let weighted = |what| {
        case("W27", what).data(
            "ts,service,requests,errors,avg_latency_ms\n2025-06-01T00:00:00Z,api,10,0,900\n2025-06-01T00:00:00Z,web,990,0,100\n",
        )
    };
    let bare = |what| {
        case("W27", what)
            .data("ts,service,avg_latency_ms\n2025-06-01T00:00:00Z,api,900\n2025-06-01T00:00:00Z,web,100\n")
            .exits(3)
            .result("*", "undecided not_measurable")
    };
    vec![
        // (10 × 900 + 990 × 100) / 1,000 = 108
        weighted("the average of averages has their weights")
            .require("avg(avg_latency_ms) <= 150ms")
            .exits(0)
            .measured("*", 0.108)
            .says("weighted by requests"),
        weighted("the same, exactly at it").require("avg(latency) <= 108ms").require("avg(latency) >= 108ms").exits(0),
        weighted("the same, per service").require("avg(latency) <= 150ms").with(&["--by", "service"]).exits(1).result("api", "breached").result("web", "met"),
        weighted("a share of averages is no share of requests")
            .require("violation_rate(latency > 500ms) <= 10%")
            .exits(3)
            .result("*", "undecided not_measurable"),
        weighted("a percentile of averages is none of requests")
            .require("p95(latency) <= 500ms")
            .exits(3)
            .result("*", "undecided not_measurable"),
        weighted("the largest average hides the largest request")
            .require("apdex(500ms) >= 0.9")
            .exits(3),
        bare("averages without counts").require("avg(avg_latency_ms) <= 500ms"),
        bare("averages without counts, as the latency").require("avg(latency) <= 500ms"),
        bare("a share of averages without counts").require("violation_rate(avg_latency_ms > 500ms) <= 50%"),
        case("W27", "finished figures of several services have no common average")
            .data("service_name,failure_rate,avg_response_time_ms\napi,0.5,900\nweb,0.0,100\n")
            .require("failure_rate <= 30%")
            .exits(3),
        case("W27", "finished figures, each as it is")
            .data("service_name,failure_rate,avg_response_time_ms\napi,0.5,900\nweb,0.0,100\n")
            .require("failure_rate <= 30%")
            .with(&["--by", "service"])
            .exits(1)
            .result("api", "breached")
            .result("web", "met"),
        case("W27", "an hour without a request has no weight")
            .data("ts,service,requests,errors,avg_latency_ms\n2025-06-01T00:00:00Z,api,10,0,100\n2025-06-01T00:01:00Z,api,0,0,9000\n")
            .require("avg(latency) <= 100ms")
            .exits(0)
            .measured("*", 0.1),
        case("W27", "the rate of several is of their sums, not of their rates")
            .data("ts,service,requests,errors\n2025-06-01T00:00:00Z,api,10,5\n2025-06-01T00:00:00Z,web,990,0\n")
            .require("failure_rate <= 1%")
            .exits(0)
            .measured("*", 0.005),
    ]
}

fn percentiles_again() -> Vec<Case> {
    let minutes = |what, header: &str| {
        case("W28", what)
            .data(format!(
                "ts,service,requests,errors,{header}\n2025-06-01T00:00:00Z,api,10,0,900\n2025-06-01T00:01:00Z,api,990,0,100\n"
            ))
            .exits(3)
            .result("*", "undecided not_measurable")
    };
    vec![
        minutes("a percentile of percentiles", "p95_latency_ms").require("p95(p95_latency_ms) <= 500ms"),
        minutes("a percentile of percentiles, under the name of its part", "p95_latency_ms")
            .require("p95(latency) <= 1s"),
        minutes("an average of percentiles", "p95_latency_ms").require("avg(p95_latency_ms) <= 500ms"),
        minutes("a share of percentiles", "latency_p99_ms")
            .require("violation_rate(latency_p99_ms > 500ms) <= 60%"),
        minutes("a percentile of medians", "median_latency_ms").require("p50(median_latency_ms) <= 500ms"),
        minutes("an average of maxima", "max_latency_ms").require("avg(max_latency_ms) <= 500ms"),
        minutes("a sum of percentiles", "p95_latency_ms").require("sum(p95_latency_ms) <= 5s"),
        minutes("the largest percentile is not the largest latency", "p95_latency_ms")
            .require("max(latency) <= 1s")
            .says("max(p95_latency_ms) is that of the listed ones"),
        minutes("the largest average is not the largest latency", "avg_latency_ms")
            .require("max(avg_latency_ms) <= 1s"),
    ]
}

/// No interval's p95 was above: a statement about the listed values, and true of them.
fn listed_percentiles() -> Vec<Case> {
    let minutes = |what| {
        case("W28", what).data(
            "ts,service,requests,errors,p95_ms\n2025-06-01T00:00:00Z,api,10,0,900\n2025-06-01T00:01:00Z,api,990,0,100\n",
        )
    };
    vec![
        minutes("the largest of the listed percentiles")
            .require("max(p95_ms) <= 900ms")
            .exits(0)
            .measured("*", 0.9)
            .says("of the p95 that each row states, not of the requests"),
        minutes("one of them is above").require("max(p95_ms) <= 899ms").exits(1).measured("*", 0.9),
        minutes("the smallest of them").require("min(p95_ms) >= 100ms").exits(0).measured("*", 0.1),
    ]
}

/// Figures that somebody computed are listed, and what is listed can be said to be smallest; they are never combined.
fn listed_rates() -> Vec<Case> {
    let days = |what| {
        case("W27", what).data("day,service,availability\n2025-06-01,api,0.999\n2025-06-02,api,0.95\n")
    };
    vec![
        case("W27", "one line for each service, and nothing but its rate")
            .data("service,availability\napi,0.999\nweb,0.95\n")
            .require("availability >= 99%")
            .with(&["--by", "service"])
            .exits(1)
            .result("api", "met")
            .result("web", "breached")
            .measured("api", 0.999)
            .measured("web", 0.95),
        case("W27", "the same in percent")
            .data("service,availability_pct\napi,99.9\nweb,95\n")
            .require("availability >= 95%")
            .with(&["--by", "service"])
            .exits(0)
            .measured("api", 0.999),
        case("W27", "percent or a ratio, nobody knows")
            .data("service,availability\napi,99.9\n")
            .require("availability >= 95%")
            .exits(3)
            .says("a percentage or a ratio is not known"),
        case("W27", "two lines for one service")
            .data("service,availability\napi,0.999\napi,0.95\n")
            .require("availability >= 90%")
            .exits(3)
            .result("*", "undecided not_measurable")
            .says("keep one row for each group, or say min(availability) for the worst of them"),
        case("W27", "two lines for one service, the second one late")
            .data(format!(
                "{}api,0.95\n",
                crate::case::rows("service,availability", "api{},0.999", 999) + "api,0.999\n"
            ))
            .require("availability >= 90%")
            .with(&["--by", "service"])
            .exits(3)
            .says("a second row for \"api\"; remove one, or say what identifies a row: `key:`"),
        days("the availability of two days is not theirs together")
            .require("availability >= 90%")
            .exits(3)
            .result("*", "undecided ambiguous")
            .says("group by what tells them apart, or say a period"),
        days("nor is it their average").require("avg(availability) >= 90%").exits(3),
        days("each day by itself")
            .require("availability >= 99%")
            .with(&["--period", "1d"])
            .exits(1)
            .result("2025-06-01", "met")
            .result("2025-06-02", "breached"),
        days("the worst day").require("min(availability) >= 95%").exits(0).measured("*", 0.95),
        days("half of the days").require("share(availability >= 99%) >= 50%").exits(0).measured("*", 0.5),
    ]
}

fn nearest_rank() -> Vec<Case> {
    let ten = |what| latencies("W29", what, 10);
    vec![
        ten("of 1 to 10 the 95th percentile is 10, not 9.55")
            .require("p95(latency) <= 9.55ms")
            .exits(1)
            .measured("*", 0.01),
        ten("of 1 to 10 the 95th percentile is 10")
            .require("p95(latency) <= 10ms")
            .exits(0)
            .measured("*", 0.01),
        ten("the 90th is 9: nine of ten are at or below it")
            .require("p90(latency) <= 9ms")
            .exits(0)
            .measured("*", 0.009),
        ten("just above the 90th it is 10").require("p90.1(latency) <= 9ms").exits(1),
        ten("the median is 5, not 5.5").require("p50(latency) <= 5ms").exits(0).measured("*", 0.005),
        ten("the median is not below 5").require("p50(latency) < 5ms").exits(1),
        ten("the median is at least 5").require("p50(latency) >= 5ms").exits(0),
        ten("the median is not at least 6").require("p50(latency) >= 6ms").exits(1),
        ten("the hundredth is the largest").require("p100(latency) <= 9ms").exits(1),
        ten("the smallest percentile is the smallest value").require("p0.1(latency) <= 1ms").exits(0),
        ten("there is no percentile zero").require("p0(latency) <= 1ms").exits(2),
        ten("there is no percentile 101").require("p101(latency) <= 1ms").exits(2),
    ]
}

fn few() -> Vec<Case> {
    vec![
        latencies("W30", "p99.9 of 20 is the largest", 20)
            .require("p99.9(latency) <= 500ms")
            .exits(0)
            .measured("*", 0.02)
            .says("20 samples")
            .says("p99.9 is the largest of them"),
        latencies("W30", "too few, as promised", 20)
            .rules("sla: A\nobjectives:\n  - {require: p99.9(latency) <= 500ms, min_samples: 21}\n")
            .exits(3)
            .result("*", "undecided too_few_samples"),
        latencies("W30", "just enough", 20)
            .rules("sla: A\nobjectives:\n  - {require: p99.9(latency) <= 500ms, min_samples: 20}\n")
            .exits(0),
        latencies("W30", "too few for a breach, too", 20)
            .rules("sla: A\nobjectives:\n  - {require: max(latency) <= 1ms, min_samples: 21}\n")
            .exits(3)
            .result("*", "undecided too_few_samples"),
        case("W30", "blank cells are no samples")
            .data("service,latency_ms\napi,1\napi,2\napi,\napi,\n")
            .rules(
                "sla: A\nobjectives:\n  - {require: max(latency) <= 5ms, min_samples: 3, missing: ignore}\n",
            )
            .exits(3)
            .result("*", "undecided too_few_samples"),
    ]
}
