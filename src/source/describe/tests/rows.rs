//! Units, outcomes, what a row stands for, and known tools.

use super::*;

/// W18, W19, W20: units are told by the header, by every cell, or not at all.
#[test]
fn w18_w19_w20_units() {
    for (header, cells, expected) in [
        ("latency_ms", ["446", "120"], unit("ms")),
        ("latency_seconds", ["0.446", "0.12"], unit("s")),
        ("latency [us]", ["446", "120"], unit("us")),
        ("latency_ns", ["446", "120"], unit("ns")),
        ("latency", ["0.12", "0.5"], UnitOf::Unknown),
        ("latency", ["120ms", "0.12s"], UnitOf::InCell),
        ("cpu_pct", ["99", "101"], unit("%")),
        ("cpu_percent", ["99", "12"], unit("%")),
        ("error_rate", ["0.5", "1"], UnitOf::Known(Unit::RATIO)),
        ("error_rate", ["0.5", "1.5"], UnitOf::Unknown),
        ("availability", ["0.999", "1"], UnitOf::Known(Unit::RATIO)),
        ("availability", ["99.9", "100"], UnitOf::Unknown),
        ("request_rate", ["0.5", "0.75"], UnitOf::Unknown),
        ("availability", ["99.9%", "100%"], UnitOf::InCell),
        ("size_kb", ["99", "12"], unit("kB")),
    ] {
        let schema = schema(&format!("service;{header}\na;{}\na;{}\n", cells[0], cells[1]));
        assert_eq!(unit_of(&schema, header), expected, "{header} {cells:?}");
    }
    // W18: numbers with a unit beside numbers without.
    let mixed = schema("service,latency\na,120ms\na,0.5\n");
    let Found::Ambiguous(message) = mixed.latency else { panic!() };
    assert_eq!(
        message,
        "latency has numbers with a unit (120ms on line 2) and without (0.5 on line 3); write the unit in every cell or \
         in none"
    );
    // W19: the header says ms, the values look like seconds.
    let text = format!("service,latency_ms\n{}", "a,0.12\n".repeat(20));
    let problems = described(&text, &InputMapping::default()).unwrap().problems;
    assert!(problems[0].message.contains("look like seconds"), "{problems:?}");
}

#[test]
fn interval_rows_are_proved() {
    let counts = |requests, failures| Some(CountColumns { requests, failures });
    for (text, kind, expected) in [
        (
            "ts,service,requests,errors\n2025-06-01,a,10,0\n2025-06-02,a,10,10\n",
            RowKind::Interval,
            counts(2, Some(3)),
        ),
        ("ts,service,total,failed\n2025-06-01,a,10,1\n", RowKind::Interval, counts(2, Some(3))),
        (
            "ts,service,requests,errors\n2025-06-01,a,10,\n2025-06-01,a,10,1\n",
            RowKind::Interval,
            counts(2, Some(3)),
        ),
        // No counts on every row, or no failures: each row is one request, if its outcome is told.
        ("ts,status,requests,errors\n2025-06-01,ok,10,11\n", RowKind::Request, None),
        ("ts,status,requests,errors\n2025-06-01,ok,10.5,1\n", RowKind::Request, None),
        ("ts,service,requests\n2025-06-01,a,10\n", RowKind::Request, None),
        ("ts,service,count,status\n2025-06-01,a,10,ok\n", RowKind::Request, None),
    ] {
        let schema = schema(text);
        assert_eq!((schema.rows_are, schema.counts), (kind, expected), "{text}");
    }
    // One bad row does not turn intervals into requests without a word.
    let message = refused("ts,requests,errors\n2025-06-01,10,1\n2025-06-02,10,2\n2025-06-03,ten,1\n");
    assert!(message.starts_with("data.csv, line 4: requests is \"ten\" and errors is \"1\""), "{message}");
    let message = refused("ts,requests,errors\n2025-06-01,10,1\n2025-06-02,1,2\n");
    assert!(message.contains("say --requests requests --failures errors"), "{message}");
    let said = InputMapping { requests: Some("n".into()), ..InputMapping::default() };
    let description = described("ts,n,errors\n2025-06-01,10,1\n", &said).unwrap();
    assert_eq!(description.schema.counts, counts(1, Some(2)));
    let message = refused("ts,requests,hits,errors\n2025-06-01,10,10,1\n");
    assert!(
        message.contains("requests and hits may each count the requests; say --requests requests"),
        "{message}"
    );
}

#[test]
fn finished_rows() {
    let text = "service_name,failure_rate,avg_response_time_ms,response_violation_rate\na,0.1022,297.34,0.0183\nb,0.1066,300.2,0.0226\n";
    let schema = schema(text);
    assert_eq!(schema.rows_are, RowKind::Finished);
    assert_eq!(parts(&schema), "- service_name avg_response_time_ms -");
    assert_eq!(schema.columns[2].statistic.as_deref(), Some("avg"));
    assert_eq!(unit_of(&schema, "failure_rate"), UnitOf::Known(Unit::RATIO));
    assert_eq!(unit_of(&schema, "avg_response_time_ms"), unit("ms"));
    assert_eq!(
        said(&schema),
        [
            "service is service_name",
            "failure_rate is a share of 1: its values are between 0 and 1",
            "latency is avg_response_time_ms",
            "response_violation_rate is a share of 1: its values are between 0 and 1",
            "a row holds finished figures (failure_rate beside avg_response_time_ms); they are checked as they are and \
             never combined",
        ]
    );
}

/// No request has an availability of its own: where every number is a rate, rows are finished figures.
#[test]
fn rates_alone_are_finished_figures() {
    for (header, cells, kind) in [
        ("availability", "0.999", RowKind::Finished),
        ("availability", "99.9", RowKind::Finished),
        ("availability_pct", "99.9", RowKind::Finished),
        ("Failure Rate", "0.1", RowKind::Finished),
        ("error_rate", "1.5%", RowKind::Finished),
        ("uptime", "99.95", RowKind::Finished),
        ("date,availability", "2025-06-01,0.9", RowKind::Finished),
        // Seconds since the start; rates of something else; rates beside other numbers, or beside an outcome.
        ("uptime", "86400", RowKind::Request),
        ("uptime_s", "99", RowKind::Request),
        ("request_rate", "0.5", RowKind::Request),
        ("error_rate,cpu", "0.1,3", RowKind::Request),
        ("error_rate,status", "0.1,ok", RowKind::Request),
    ] {
        assert_eq!(schema(&format!("service,{header}\na,{cells}\n")).rows_are, kind, "{header} {cells}");
    }
    let said = schema("service,availability\na,0.9\nb,0.99\n");
    assert!(
        self::said(&said).contains(
            &"a row holds finished figures (availability, and no requests); they are checked as they are and never \
              combined"
        ),
        "{:?}",
        self::said(&said)
    );
    let gauge = NumberColumn { column: "availability".into(), unit: None, gauge: true };
    let mapping = InputMapping {
        columns: vec![("a".to_owned(), ColumnMapping::Number(gauge))],
        ..InputMapping::default()
    };
    let described = described("service,availability\na,0.9\n", &mapping).unwrap();
    assert_eq!(described.schema.rows_are, RowKind::Request);
}

/// W33, W35, W36: what the cells of a status column are.
#[test]
fn w33_w35_w36_status_kinds() {
    for (header, cells, kind) in [
        ("status", ["UP", " up "], StatusKind::Words),
        ("status", ["200", "503"], StatusKind::Http),
        ("code", ["200", "2xx"], StatusKind::Words),
        ("http_status", ["200", "0"], StatusKind::Words),
        ("success", ["1", "0"], StatusKind::Words),
        ("failed", ["1", "0"], StatusKind::FailureFlag),
        ("is_error", ["true", "no"], StatusKind::FailureFlag),
        ("passed", ["yes", "no"], StatusKind::Words),
    ] {
        let schema = schema(&format!("{header}\n{}\n{}\n", cells[0], cells[1]));
        assert_eq!((schema.status.clone(), schema.status_kind), (Found::At(0), kind), "{header} {cells:?}");
    }
    // Codes that are no HTTP status: 0 may be success or failure.
    let schema = schema("code\n0\n13\n");
    assert!(matches!(schema.status, Found::Ambiguous(message) if message.contains("--failed 'code != 0'")));
}

#[test]
fn known_tools() {
    let jmeter = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n1735689600123,446,home,200,OK,t 1-1,text,true,,1,1,1,1,http://x,440,0,3\n";
    let schema = self::schema(jmeter);
    assert_eq!(parts(&schema), "timeStamp label elapsed success");
    assert_eq!(unit_of(&schema, "elapsed"), unit("ms"));
    assert_eq!(schema.rows_are, RowKind::Request);
    // A header that is not exactly JMeter's is not taken for it.
    let less = "timeStamp,elapsed,label,responseCode,success,Latency\n1735689600123,446,home,200,true,440\n";
    assert_eq!(parts(&self::schema(less)), "timeStamp label ? ?");

    let k6 = "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\nhttp_req_duration,1735689600,12.5,,,,true,,GET,home,,,,200,,,,,\n";
    let message = refused(k6);
    assert!(
        message.contains("--where 'metric_name == \"http_req_duration\"' --latency metric_value --unit ms"),
        "{message}"
    );
    let mapping = InputMapping {
        latency: Some(NumberColumn { column: "metric_value".into(), unit: Unit::named("ms"), gauge: false }),
        service: Some("name".into()),
        ..InputMapping::default()
    };
    assert_eq!(parts(&described(k6, &mapping).unwrap().schema), "timestamp name metric_value status");
}
