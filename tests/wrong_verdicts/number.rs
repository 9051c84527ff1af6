//! W14 to W26: what stands in a cell, and what becomes of it.

use crate::case::{Case, case, rows};

/// Nine requests of 100 ms and one with this cell, on line 6.
fn with_cell(id: &'static str, what: &'static str, cell: &str) -> Case {
    let mut lines: Vec<String> =
        rows("service,status,latency_ms", "api,success,100", 9).lines().map(str::to_owned).collect();
    lines.insert(5, format!("api,success,{cell}"));
    case(id, what).data(lines.join("\n") + "\n")
}

/// One column of numbers.
fn column(id: &'static str, what: &'static str, header: &str, cells: &[&str]) -> Case {
    case(id, what).data(format!(
        "service,{header}\n{}",
        cells.iter().map(|cell| format!("api,{cell}\n")).collect::<Vec<String>>().concat()
    ))
}

pub(crate) fn cases() -> Vec<Case> {
    [not_numbers(), blank(), impossible(), units(), shares(), marks(), large(), exact(), shown()].concat()
}

fn not_numbers() -> Vec<Case> {
    let mut cases = Vec::new();
    for cell in ["NaN", "nan", "-NaN", "NAN"] {
        for require in [
            "max(latency) <= 500ms",
            "min(latency) >= 1ms",
            "avg(latency) <= 500ms",
            "violation_rate(latency > 500ms) <= 10%",
            "p50(latency) <= 500ms",
            "sum(latency) <= 1h",
        ] {
            cases.push(
                with_cell("W14", cell_name(cell), cell)
                    .require(require)
                    .exits(3)
                    .result("*", "undecided rejected_rows")
                    .problem("bad_number", 6)
                    .counts("rejected", 1),
            );
        }
    }
    cases.push(
        column("W14", "nothing but NaN", "latency_ms", &["NaN", "NaN"])
            .require("max(latency) <= 500ms")
            .exits(3),
    );
    cases.push(
        with_cell("W14", "NaN beside a breach stays a breach", "NaN")
            .require("min(latency) >= 200ms")
            .exits(1),
    );
    cases.push(
        with_cell("W14", "NaN tolerated, and told", "NaN")
            .require("max(latency) <= 500ms")
            .with(&["--max-bad-rows", "1"])
            .exits(0)
            .counts("rejected", 1)
            .problem("bad_number", 6),
    );
    for cell in ["inf", "-inf", "Infinity", "+Inf", "1e999", "-1e999"] {
        for require in ["max(latency) <= 500ms", "avg(latency) <= 500ms", "p99(latency) <= 500ms"] {
            cases.push(
                with_cell("W15", cell_name(cell), cell)
                    .require(require)
                    .exits(3)
                    .result("*", "undecided rejected_rows")
                    .problem("bad_number", 6),
            );
        }
    }
    for cell in ["0x64", "1e", "--1", "1.2.3", "1..2", "100 200", "#REF!", "12:30"] {
        cases.push(
            with_cell("W14", cell_name(cell), cell)
                .require("max(latency) <= 500ms")
                .exits(3)
                .problem("bad_number", 6),
        );
    }
    cases
}

/// The cell as the name of its case.
fn cell_name(cell: &str) -> &'static str {
    String::leak(format!("the cell {cell}"))
}

fn blank() -> Vec<Case> {
    let mut cases = Vec::new();
    for cell in ["", "N/A", "n/a", "-", "null", "NULL", "NA", " ", "\"\""] {
        cases.push(
            with_cell("W16", cell_name(cell), cell)
                .require("avg(latency) <= 500ms")
                .exits(3)
                .result("*", "undecided missing_values")
                .counts("rejected", 0)
                .counts("accepted", 10),
        );
    }
    let rules = |what, rules| with_cell("W16", what, "").rules(rules);
    cases.extend([
        rules("left out, as promised", "sla: A\nobjectives:\n  - {require: avg(latency) <= 500ms, missing: ignore}\n")
            .exits(0)
            .result("*", "met")
            .measured("*", 0.1),
        rules("bad, as promised", "sla: A\nobjectives:\n  - {require: violation_rate(latency > 500ms) <= 9%, missing: bad}\n")
            .exits(1),
        rules("bad, as promised, and still few enough", "sla: A\nobjectives:\n  - {require: violation_rate(latency > 500ms) <= 10%, missing: bad}\n")
            .exits(0),
        rules("it cannot change the share", "sla: A\nobjectives: [violation_rate(latency > 500ms) <= 10%]\n").exits(0),
        rules("it can change the share", "sla: A\nobjectives: [violation_rate(latency > 500ms) <= 9%]\n")
            .exits(3)
            .result("*", "undecided missing_values"),
        rules("it cannot mend the share", "sla: A\nobjectives: [violation_rate(latency > 50ms) <= 10%]\n").exits(1),
        rules("it could be the largest", "sla: A\nobjectives: [max(latency) <= 500ms]\n").exits(3),
        rules("it cannot be the median", "sla: A\nobjectives: [p50(latency) <= 100ms]\n").exits(0),
        rules("it may be at the 95th percentile", "sla: A\nobjectives: [p95(latency) <= 100ms]\n").exits(3),
        rules("nothing reads the cell", "sla: A\nobjectives: [failure_rate <= 5%]\n").exits(0).says("10"),
        case("W16", "an outcome is blank and could be a failure")
            .data("service,status\napi,success\napi,\napi,success\n")
            .require("failure_rate <= 10%")
            .exits(3)
            .result("*", "undecided missing_values"),
        case("W16", "an outcome is blank, and blank is a failure, as promised")
            .data("service,status\napi,success\napi,\napi,success\n")
            .rules("sla: A\ninput: {status: {column: status, missing: failed}}\nobjectives: [failure_rate <= 10%]\n")
            .exits(1),
        case("W16", "a blank service is a row that belongs to nobody known")
            .data("service,status\napi,success\n,failure\napi,success\n")
            .require("failure_rate <= 10%")
            .with(&["--by", "service"])
            .exits(1),
        column("W16", "every cell is blank", "latency_ms", &["", "-", "N/A"]).require("max(latency) <= 500ms").exits(3),
        case("W16", "a row whose condition cannot be told is excluded and counted")
            .data("service,region,latency_ms\napi,eu,100\napi,,900\napi,us,900\n")
            .require("max(latency) <= 500ms")
            .with(&["--where", "region == \"eu\""])
            .exits(0)
            .counts("excluded", 2)
            .says("a missing cell"),
    ]);
    cases
}

fn impossible() -> Vec<Case> {
    vec![
        with_cell("W17", "a negative latency", "-1")
            .require("avg(latency) <= 500ms")
            .exits(3)
            .problem("out_of_range", 6)
            .counts("rejected", 1),
        with_cell("W17", "a negative latency that would mend the average", "-100000")
            .require("avg(latency) <= 99ms")
            .exits(3)
            .problem("out_of_range", 6),
        with_cell("W17", "a negative fraction", "-0.0001").require("max(latency) <= 500ms").exits(3).problem("out_of_range", 6),
        case("W17", "a finished rate above 100 %")
            .data("service,failure_rate,avg_response_time_ms\napi,1%,100\nweb,101%,100\n")
            .require("failure_rate <= 5%")
            .with(&["--by", "service"])
            .exits(3).problem("out_of_range", 3),
        case("W17", "finished rates with their percent in every cell")
            .data("service,failure_rate,avg_response_time_ms\napi,1%,100\nweb,6%,100\n")
            .require("failure_rate <= 5%")
            .with(&["--by", "service"])
            .exits(1)
            .result("api", "met")
            .result("web", "breached"),
        case("W17", "a finished rate below 0 %")
            .data("service,failure_rate,avg_response_time_ms\napi,0.01,100\nweb,-0.01,100\n")
            .require("failure_rate <= 5%")
            .with(&["--by", "service"])
            .exits(3),
        case("W17", "a percentage above 100, in a column of percentages")
            .data("service,failure_rate_pct,avg_response_time_ms\napi,1,100\nweb,101,100\ncdn,2,100\n")
            .require("max(failure_rate_pct) <= 5%")
            .exits(3)
            .problem("out_of_range", 3),
        case("W17", "more failures than requests")
            .data("ts,service,requests,errors\n2025-06-01T00:00:00Z,api,100,0\n2025-06-01T00:01:00Z,api,100,101\n")
            .require("failure_rate <= 99%")
            .with(&["--requests", "requests", "--failures", "errors"])
            .exits(3)
            .problem("out_of_range", 3),
        case("W17", "a negative count of requests")
            .data("ts,service,requests,errors\n2025-06-01T00:00:00Z,api,100,0\n2025-06-01T00:01:00Z,api,-100,0\n")
            .require("failure_rate <= 5%")
            .with(&["--requests", "requests", "--failures", "errors"])
            .exits(3)
            .says("data.csv, line 3"),
        case("W17", "half a request")
            .data("ts,service,requests,errors\n2025-06-01T00:00:00Z,api,100,0\n2025-06-01T00:01:00Z,api,0.5,0\n")
            .require("failure_rate <= 5%")
            .with(&["--requests", "requests", "--failures", "errors"])
            .exits(3)
            .says("data.csv, line 3"),
    ]
}

fn units() -> Vec<Case> {
    let seconds = |id, what, header| column(id, what, header, &["0.12"; 20]);
    vec![
        column("W18", "120ms and 0.12s are the same", "latency", &["120ms", "0.12s"])
            .require("max(latency) <= 120ms")
            .require("min(latency) >= 120ms")
            .require("avg(latency) == 0.12s")
            .exits(0)
            .measured("*", 0.12),
        column("W18", "120ms and 0.12s are not below it", "latency", &["120ms", "0.12s"])
            .require("max(latency) < 120ms")
            .exits(1),
        column(
            "W18",
            "120 000 microseconds, and a space before the unit",
            "latency",
            &["120000us", "0.12 s"],
        )
        .require("max(latency) <= 120ms")
        .exits(0),
        column(
            "W18",
            "a number without its unit among others with it",
            "latency",
            &["120ms", "0.12s", "120"],
        )
        .require("max(latency) <= 500ms")
        .exits(3)
        .says("unit"),
        column(
            "W18",
            "a unit among numbers without, in a column of milliseconds",
            "latency_ms",
            &["120", "0.12s", "120"],
        )
        .require("max(latency) <= 500ms")
        .exits(3)
        .says("unit"),
        column("W18", "a unit that nobody knows", "latency", &["120ms", "120 parsecs", "120ms", "120ms"])
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("data.csv, line 3"),
        column("W18", "megabytes under a rule for milliseconds", "latency", &["120MB", "120MB"])
            .require("max(latency) <= 500ms")
            .exits(3),
        seconds("W19", "nothing says whether 0.12 is seconds", "latency")
            .require("p95(latency) <= 500ms")
            .exits(3)
            .result("*", "undecided ambiguous")
            .says("--unit"),
        seconds("W19", "the header says milliseconds, the values look like seconds", "latency_ms")
            .require("p95(latency) <= 500ms")
            .exits(0)
            .says("look like seconds"),
        seconds("W19", "said to be seconds", "latency")
            .require("p95(latency) <= 120ms")
            .with(&["--unit", "s"])
            .exits(0)
            .measured("*", 0.12),
        seconds("W19", "said to be seconds, and too many of them", "latency")
            .require("p95(latency) <= 119.999999ms")
            .with(&["--unit", "s"])
            .exits(1),
        seconds("W19", "the header says seconds", "latency_s").require("p95(latency) <= 119ms").exits(1),
        column("W19", "microseconds in the header", "latency_us", &["120000"])
            .require("max(latency) <= 119ms")
            .exits(1),
        column("W19", "a rule without a unit", "latency_ms", &["120"])
            .require("max(latency) <= 500")
            .exits(2)
            .says("unit"),
    ]
}

fn shares() -> Vec<Case> {
    vec![
        column("W20", "a ratio in a column of availability", "availability", &["0.999", "1"])
            .require("min(availability) >= 99.9%")
            .exits(0)
            .measured("*", 0.999),
        column("W20", "a ratio that is too small", "availability", &["0.9989", "1"])
            .require("min(availability) >= 99.9%")
            .exits(1),
        column("W20", "99.9 in a column of availability: nothing says percent", "availability", &["99.9", "100"])
            .require("min(availability) >= 99.9%")
            .exits(3)
            .result("*", "undecided ambiguous"),
        column("W20", "percent in every cell", "availability", &["99.9%", "100%"])
            .require("min(availability) >= 99.9%")
            .exits(0)
            .measured("*", 0.999),
        column("W20", "percent in the header", "availability_pct", &["99.9", "100"])
            .require("min(availability_pct) >= 99.9%")
            .exits(0)
            .measured("*", 0.999),
        column("W20", "percent in the header, and 0.999 of one", "availability_pct", &["0.999", "100"])
            .require("min(availability_pct) >= 99.9%")
            .exits(1),
        column("W20", "0.999 in a column that nobody knows", "score", &["0.999", "1"])
            .require("min(score) >= 99.9%")
            .exits(3)
            .result("*", "undecided ambiguous"),
        column("W20", "percent, as said", "score", &["99.9", "100"])
            .rules("sla: A\ninput: {columns: {score: {column: score, unit: \"%\"}}}\nobjectives: [min(score) >= 99.9%]\n")
            .exits(0),
        column("W20", "a target of 99.9 that means 9,990 %", "status", &["up", "up"]).require("availability >= 99.9").exits(2).says("99.9%"),
        column("W20", "a target of 99.9 for a share", "status", &["up"]).require("failure_rate <= 5").exits(2).says("5%"),
    ]
}

fn marks() -> Vec<Case> {
    let comma = "sla: A\ninput: {decimal: \",\"}\nobjectives: [min(score) >= 99.9]\n";
    vec![
        column("W21", "a decimal comma, and nobody said so", "score", &["\"99,9\"", "\"100,0\""])
            .require("min(score) >= 99.9")
            .exits(3)
            .says("say --decimal comma"),
        column("W21", "a decimal comma, said on the command line", "score", &["\"99,9\"", "\"100,0\""])
            .require("min(score) >= 99.9")
            .with(&["--decimal", "comma"])
            .exits(0)
            .measured("*", 99.9),
        column("W21", "a decimal point, said over the rule file", "score", &["99.9", "100.0"])
            .rules(comma)
            .with(&["--decimal", "point"])
            .exits(0)
            .measured("*", 99.9),
        column("W21", "a decimal comma", "score", &["\"99,9\"", "\"100,0\""])
            .require("min(score) >= 99.9")
            .exits(3)
            .says("decimal")
            .problem("bad_number", 2),
        column("W21", "one decimal comma among points", "score", &["100.5", "\"99,9\""])
            .require("min(score) >= 99.9")
            .exits(3)
            .problem("bad_number", 3),
        column("W21", "a decimal comma, as said", "score", &["\"99,9\"", "\"100,0\""])
            .rules(comma)
            .exits(0)
            .measured("*", 99.9),
        column("W21", "a decimal comma, as said, and too small", "score", &["\"99,8999\"", "\"100,0\""])
            .rules(comma)
            .exits(1),
        column(
            "W21",
            "a point where commas were said",
            "score",
            &["\"99,9\"", "100.0", "\"99,9\"", "\"99,9\""],
        )
        .rules(comma)
        .exits(3)
        .problem("bad_number", 3),
        column("W21", "a comma that would be a million", "score", &["\"1,5\"", "2.5"])
            .require("max(score) <= 10")
            .exits(3),
        column("W22", "a thousands separator", "latency_ms", &["100", "\"1,234\""])
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("thousands")
            .problem("bad_number", 3),
        column("W22", "thousands and a point", "latency_ms", &["100", "\"1,234.5\""])
            .require("max(latency) <= 500ms")
            .exits(3),
        column("W22", "a thousands space", "latency_ms", &["100", "1 234"])
            .require("max(latency) <= 500ms")
            .exits(3),
        column("W22", "a thousands apostrophe", "latency_ms", &["100", "1'234"])
            .require("max(latency) <= 500ms")
            .exits(3),
        column("W22", "a thousands underscore", "latency_ms", &["100", "1_234"])
            .require("max(latency) <= 500ms")
            .exits(3),
        column("W22", "a narrow space that does not break", "latency_ms", &["100", "1\u{202f}234"])
            .require("max(latency) <= 500ms")
            .exits(3),
        column(
            "W22",
            "a point for thousands where commas are decimal: neither 1.234 nor 1234",
            "score",
            &["\"99,9\"", "1.234"],
        )
        .rules(comma)
        .exits(3)
        .problem("bad_number", 3),
        column("W22", "every cell has a thousands separator", "latency_ms", &["\"1,234\"", "\"5,678\""])
            .require("max(latency) <= 500ms")
            .exits(3),
    ]
}

fn large() -> Vec<Case> {
    vec![
        column("W23", "one more than a float can tell", "n", &["9007199254740993"]).require("max(n) == 9007199254740993").exits(0),
        column("W23", "one more than a float can tell, and one less promised", "n", &["9007199254740993"])
            .require("max(n) <= 9007199254740992")
            .exits(1),
        column("W23", "one more than 64 bits hold", "n", &["9223372036854775808", "1"])
            .require("max(n) == 9223372036854775808")
            .require("sum(n) == 9223372036854775809")
            .exits(0),
        column("W23", "a sum beyond 64 bits", "n", &["9223372036854775807"; 4]).require("sum(n) == 36893488147419103228").exits(0),
        column("W23", "a sum beyond 64 bits does not turn negative", "n", &["9223372036854775807"; 4]).require("sum(n) <= 1000").exits(1),
        column("W23", "more digits than can be held", "n", &["1", "123456789012345678901234567890123456789012"])
            .require("max(n) <= 1000")
            .exits(3)
            .problem("bad_number", 3),
        column("W23", "a sum that cannot be held", "n", &["99999999999999999999999999999999999999"; 200]).require("sum(n) <= 1000").exits(3),
        column("W23", "the average of what a float would round", "n", &["9007199254740993", "9007199254740995"])
            .require("avg(n) == 9007199254740994")
            .exits(0),
        case("W23", "more requests than 64 bits hold are a breach, not a small number")
            .data("ts,service,requests,errors\n2025-06-01T00:00:00Z,api,18446744073709551615,0\n2025-06-01T00:01:00Z,api,18446744073709551615,0\n")
            .require("requests <= 10")
            .with(&["--requests", "requests", "--failures", "errors"])
            .exits(1),
    ]
}

fn exact() -> Vec<Case> {
    let of_thousand = |what, failures: usize| {
        let text =
            "status\n".to_owned() + &"failure\n".repeat(failures) + &"success\n".repeat(1_000 - failures);
        case("W24", what).data(text)
    };
    vec![
        of_thousand("999 of 1,000 are 99.9 %", 1).require("availability >= 99.9%").exits(0),
        of_thousand("999 of 1,000 are not above 99.9 %", 1).require("availability > 99.9%").exits(1),
        of_thousand("1 of 1,000 is 0.1 %", 1)
            .require("failure_rate <= 0.1%")
            .require("failure_rate == 0.1%")
            .exits(0),
        of_thousand("1 of 1,000 is not below 0.1 %", 1).require("failure_rate < 0.1%").exits(1),
        of_thousand("998 of 1,000 are not 99.9 %", 2).require("availability >= 99.9%").exits(1),
        of_thousand("a target with more digits than a float has", 1)
            .require("availability >= 99.90000000000000000001%")
            .exits(1),
        column("W24", "a tenth and two tenths are three", "n", &["0.1", "0.2"])
            .require("sum(n) == 0.3")
            .exits(0),
        column("W24", "0.30000000000000004 is not three tenths", "n", &["0.30000000000000004"])
            .require("max(n) <= 0.3")
            .exits(1),
        column("W24", "a cell of 30 digits at the threshold", "n", &["0.300000000000000000000000000001"])
            .require("max(n) <= 0.3")
            .exits(1),
        column("W24", "a threshold of fractions of a nanosecond", "latency_ms", &["100.0000001"])
            .require("max(latency) <= 100ms")
            .exits(1),
        column("W25", "1,440 times 99.9 is 99.9 on average", "score", &["99.9"; 1_440])
            .require("avg(score) >= 99.9")
            .require("avg(score) <= 99.9")
            .require("avg(score) == 99.9")
            .exits(0)
            .measured("*", 99.9),
        column("W25", "ten tenths are one", "n", &["0.1"; 10])
            .require("sum(n) >= 1")
            .require("sum(n) <= 1")
            .exits(0),
        column("W25", "large and small together", "n", &["10000000000000000", "1", "1", "1"])
            .require("sum(n) == 10000000000000003")
            .exits(0),
        column("W25", "a third", "n", &["1", "0", "0"])
            .require("avg(n) >= 0.3333333333333333333333")
            .exits(0),
        column("W25", "a third is not more than that", "n", &["1", "0", "0"])
            .require("avg(n) >= 0.3333333333333333333334")
            .exits(1),
    ]
}

fn shown() -> Vec<Case> {
    let minutes = |what, requests: u64, errors: u64| {
        case("W26", what)
            .data(format!("ts,service,requests,errors\n2025-06-01T00:00:00Z,api,{requests},{errors}\n"))
    };
    vec![
        minutes("99.896 % is not shown as 99.90 %", 100_000, 104)
            .require("availability >= 99.9%")
            .exits(1)
            .says("99.896")
            .measured("*", 0.99896),
        minutes("a breach by one of a hundred billion", 100_000_000_000, 100_000_001)
            .require("availability >= 99.9%")
            .exits(1)
            .says("99.899999999"),
        minutes("met, and hardly", 1_000_000, 1_000).require("availability >= 99.9%").exits(0),
        column(
            "W26",
            "an average that would be rounded to its target",
            "latency_ms",
            &["500", "500", "500.0003"],
        )
        .require("avg(latency) <= 500ms")
        .exits(1)
        .says("500.0001"),
    ]
}
