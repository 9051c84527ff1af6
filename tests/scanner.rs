//! How the scanner works must not show: threads, block sizes, instruction sets, order of reading and the path that a
//! row takes give the same report, and the `csv` crate finds the same rows in well-formed input.

use proptest::prelude::*;
use sla::model::{ProblemKind, Report};
use sla::pipeline::{self, Options};
use sla::source::csv::{Isa, Order, Route, Tuning};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicU64;

const RULES: &str = r#"
sla: Everything
by: service
where: region != "test"
period: 1h
objectives:
  - failure_rate <= 5%
  - availability >= 99.9%
  - avg(latency) <= 200ms
  - max(latency) <= 1s
  - min(latency) >= 1ms
  - sum(size) <= 10000
  - violation_rate(latency > 250.5ms and region == "eu") <= 10%
  - share(region in ["eu", "us"] or size > 3) >= 50%
  - apdex(200ms) >= 0.8
  - throughput >= 1/min
  - require: p95(latency) <= 400ms
    prefer: p95(latency) <= 300ms
    where: not failed
    targets:
      - {group: {service: a}, require: "<= 100ms"}
  - require: p50(size) < 2.5
    by: [service, region]
    missing: ignore
  - require: avg(latency) <= 250ms
    by: []
    where: status == "ok" or size is missing
    missing: bad
"#;

fn rules() -> sla::model::Agreement {
    match sla::rules::parse(RULES, Path::new("everything.yaml")) {
        Ok(parsed) => parsed.agreement,
        Err(faults) => panic!("{faults:?}"),
    }
}

fn check(path: &Path, tuning: Tuning, max_bad_rows: u64) -> Result<Report, String> {
    let progress = AtomicU64::new(0);
    let mut options = Options::new(1_750_000_000_000_000_000, &progress);
    (options.tuning, options.max_bad_rows) = (tuning, max_bad_rows);
    // The name of a compressed copy differs, nothing else may.
    let name = path.display().to_string();
    let nameless = |text: &str| text.replace(&name, "input");
    let mut report = pipeline::check(&[rules()], std::slice::from_ref(&name), &options)
        .map_err(|error| nameless(&error.to_string()))?;
    report.results.iter_mut().for_each(|result| result.explain = nameless(&result.explain).into());
    report.inputs.iter_mut().for_each(|input| "input".clone_into(&mut input.source));
    report.problems.iter_mut().for_each(|problem| problem.source = None);
    Ok(report)
}

/// Every way of working that this machine has, besides the plainest.
fn tunings() -> Vec<Tuning> {
    let mut all = Vec::new();
    for isa in Isa::available() {
        for (threads, block) in [(1, 1 << 20), (3, 64), (2, 97), (4, 700)] {
            all.push(Tuning { threads, isa: Some(isa), block, ..Tuning::default() });
        }
        for block in [1, 130, 5_000] {
            all.push(Tuning { isa: Some(isa), block, order: Order::Sequential, ..Tuning::default() });
        }
    }
    all.push(Tuning { route: Route::Exact, ..Tuning::default() });
    all
}

fn cell(kind: u8) -> BoxedStrategy<String> {
    match kind {
        0 => prop_oneof![
            20 => (0i64..3, 0u32..60, 0u32..60).prop_map(|(h, m, s)| format!("2025-06-01T{h:02}:{m:02}:{s:02}Z")),
            2 => (0u32..60, 0u32..1000).prop_map(|(m, f)| format!("2025-06-01T01:{m:02}:59.{f:03}Z")),
            1 => Just("\"2025-06-01T02:00:00Z\"".to_owned()),
            1 => Just("2025-06-01T01:30:00+01:00".to_owned()),
            1 => prop_oneof![Just("2025-02-30T00:00:00Z"), Just("soon"), Just(""), Just("2025-06-01T0:00:00Z"),
                Just("2025-06-01T24:00:00Z"), Just("2025-06-01T1::00:00Z")].prop_map(str::to_owned),
        ].boxed(),
        1 => prop_oneof![
            10 => prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(str::to_owned),
            2 => prop_oneof![Just("\"a\""), Just("\"b,\"\"x\"\"\""), Just("a long name, no it is not".to_owned().leak() as &str),
                Just("\"two\nlines\""), Just("\"ok,5\n2025-06-01T00:00:00Z,a,ok,1,eu,1\"")].prop_map(str::to_owned),
            1 => Just("a-service-name-of-more-than-sixteen-bytes".to_owned()),
            1 => Just(String::new()),
        ].boxed(),
        2 => prop_oneof![
            10 => Just("ok".to_owned()),
            4 => Just("Failed".to_owned()),
            1 => prop_oneof![Just("\"OK\""), Just(""), Just(" up "), Just("N/A")].prop_map(str::to_owned),
        ].boxed(),
        3 => prop_oneof![
            20 => (0u32..600).prop_map(|v| v.to_string()),
            10 => (0u32..600_000).prop_map(|v| format!("{}.{:03}", v / 1000, v % 1000)),
            2 => (0u64..60_000_000_000).prop_map(|v| format!("{}.{:08}", v / 100_000_000, v % 100_000_000)),
            1 => prop_oneof![Just("\"250.5\""), Just("250.5"), Just("250.50000000000001"), Just(""), Just("-"), Just("1e2"),
                Just("9007199254740993"), Just("99999999999999999999"), Just("0.30000000000000004"), Just(".5"), Just("5."),
                Just("00012"), Just("+7")].prop_map(str::to_owned),
            1 => prop_oneof![Just("-1"), Just("NaN"), Just("inf"), Just("1,5"), Just("12ms"), Just("."), Just("1.2.3"), Just("0x10")]
                .prop_map(str::to_owned),
        ].boxed(),
        4 => prop_oneof![5 => Just("eu"), 5 => Just("us"), 2 => Just("test"), 1 => Just(""), 1 => Just("\"\"")]
            .prop_map(str::to_owned).boxed(),
        _ => prop_oneof![9 => (-5i64..9).prop_map(|v| v.to_string()), 1 => Just("2.5".to_owned()), 1 => Just(String::new())].boxed(),
    }
}

/// A record of the header's six fields; rarely with another number of them.
fn record() -> BoxedStrategy<String> {
    let good = (cell(0), cell(1), cell(2), cell(3), cell(4), cell(5))
        .prop_map(|(a, b, c, d, e, f)| format!("{a},{b},{c},{d},{e},{f}"));
    prop_oneof![
        60 => good.clone(),
        1 => good.clone().prop_map(|row| format!("{row},7")),
        1 => good.prop_map(|row| row.rsplit_once(',').map_or(String::new(), |(row, _)| row.to_owned())),
        1 => Just(String::new()),
    ]
    .boxed()
}

fn body() -> BoxedStrategy<String> {
    (prop::collection::vec((record(), prop::bool::weighted(0.2)), 0..120), any::<bool>())
        .prop_map(|(rows, closed)| {
            let mut text = String::from("time,service,status,latency_ms,region,size\n");
            // The units and formats must be clear before the odd cells come.
            text += "2025-06-01T00:00:00Z,a,ok,100.5,eu,1\n";
            for (row, crlf) in rows {
                text += &row;
                text += if crlf { "\r\n" } else { "\n" };
            }
            if !closed && text.ends_with('\n') {
                text.pop();
            }
            text
        })
        .boxed()
}

fn written(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a folder for temporary files");
    file.write_all(text.as_bytes()).expect("room for a small file");
    file
}

/// Fails with the first line that differs, not with two whole reports.
fn same(
    left: &Result<Report, String>,
    right: &Result<Report, String>,
    how: &str,
) -> Result<(), TestCaseError> {
    if left == right {
        return Ok(());
    }
    let (left, right) = (format!("{left:#?}"), format!("{right:#?}"));
    let at = left.lines().zip(right.lines()).position(|(left, right)| left != right).unwrap_or(0);
    let around = |text: &str| text.lines().skip(at.saturating_sub(4)).take(9).collect::<Vec<_>>().join("\n");
    Err(TestCaseError::fail(format!("{how}:\n{}\n--- instead of\n{}", around(&left), around(&right))))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_way_of_working_changes_the_report(text in body(), max_bad_rows in 0u64..40) {
        let file = written(&text);
        let plain = check(file.path(), Tuning { threads: 1, isa: Some(Isa::Portable), ..Tuning::default() }, max_bad_rows);
        for tuning in tunings() {
            same(&check(file.path(), tuning, max_bad_rows), &plain, &format!("{tuning:?}"))?;
        }
    }

    #[test]
    fn stray_quotes_are_text_and_the_path_does_not_matter(
        text in body(),
        at in prop::collection::vec((0usize..4000, prop::sample::select(vec!["5\" disk", "\"", "x\"y", "a\"\"b"])), 1..4)
    ) {
        let mut text = text;
        for (at, quote) in at {
            let place = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0).max(44);
            if place <= text.len() {
                text.insert_str(place, quote);
            }
        }
        let file = written(&text);
        let plain = check(file.path(), Tuning { threads: 1, isa: Some(Isa::Portable), ..Tuning::default() }, 0);
        for tuning in tunings() {
            same(&check(file.path(), tuning, 0), &plain, &format!("{tuning:?}"))?;
        }
    }

    #[test]
    fn compression_does_not_change_the_report(text in body()) {
        let file = written(&text);
        let plain = check(file.path(), Tuning::default(), 5);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        for packed in [gzip.finish().unwrap(), zstd::encode_all(text.as_bytes(), 1).unwrap()] {
            let mut copy = tempfile::NamedTempFile::new().unwrap();
            copy.write_all(&packed).unwrap();
            same(&check(copy.path(), Tuning::default(), 5), &plain, "compressed")?;
        }
    }

    /// Reading alone, against another reader: the same rows, and the same lines rejected for their number of fields.
    #[test]
    fn the_csv_crate_finds_the_same_rows(text in body()) {
        let file = written(&text);
        let Ok(report) = check(file.path(), Tuning { threads: 2, block: 256, ..Tuning::default() }, 0) else { return Ok(()) };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let (mut rows, mut ragged) = (0, Vec::new());
        for record in reader.byte_records() {
            let record = record.unwrap();
            rows += 1;
            if record.len() != 6 {
                // The csv crate's lines count only bare and CR LF line ends alike, as ours do.
                ragged.push(record.position().unwrap().byte());
            }
        }
        let line_of = |byte: u64| text[..byte as usize].matches('\n').count() as u64 + 1;
        // It puts the start of a record before the blank lines that precede it.
        let skip = |byte: u64| byte + text.as_bytes()[byte as usize..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count() as u64;
        let expected: Vec<u64> = ragged.into_iter().map(|byte| line_of(skip(byte))).collect();
        prop_assert_eq!(report.inputs[0].rows, rows);
        let found: Vec<u64> = report
            .problems
            .iter()
            .filter(|problem| problem.kind == ProblemKind::FieldCount)
            .filter_map(|problem| problem.line)
            .collect();
        prop_assert_eq!(found, expected);
    }
}

/// Interval rows whose dates do not say whether day or month comes first: each is still another row.
#[test]
fn unsettled_dates_are_no_double_rows() {
    let head = "time,service,requests,errors\n";
    let check = |rows: &str| {
        let file = written(&format!("{head}{rows}"));
        let progress = AtomicU64::new(0);
        let options = Options::new(1_750_000_000_000_000_000, &progress);
        let rules = sla::rules::parse("by: service\nobjectives: [failure_rate <= 5%]\n", Path::new("i.yaml"));
        let agreement = rules.expect("rules without fault").agreement;
        pipeline::check(&[agreement], &[file.path().display().to_string()], &options)
            .expect("a report")
            .verdict
    };
    let met = "01-02-2025 10:00,a,100,1\n01-02-2025 10:05,a,100,1\n02-02-2025 10:00,a,100,1\n";
    assert_eq!(check(met), sla::model::Verdict::Met);
    let twice = format!("{met}01-02-2025 10:05,a,100,1\n");
    assert_eq!(check(&twice), sla::model::Verdict::Undecided);
}

/// Sixty different words in the status column, each three times and the first on line 12: too many to tell one by one,
/// and which thread met which of them first must not show.
#[test]
fn many_unknown_words_are_told_the_same_by_every_thread() {
    use std::fmt::Write as _;
    let mut text = String::from("time,service,status,latency_ms,region,size\n");
    for row in 0..190 {
        let status = if row < 10 { "ok".to_owned() } else { format!("w{}", (row - 10) % 60) };
        let _ = writeln!(text, "2025-06-01T00:{:02}:00Z,a,{status},100.5,eu,1", row % 60);
    }
    let file = written(&text);
    let plain = check(file.path(), Tuning { threads: 1, ..Tuning::default() }, 0);
    let report = plain.as_ref().expect("a report");
    let of_status = |problem: &&sla::model::Problem| problem.kind == ProblemKind::UnknownStatus;
    let told: Vec<_> = report.problems.iter().filter(of_status).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].line, told[0].count), (Some(12), 180));
    assert!(told[0].message.contains("\"w0\""), "{}", told[0].message);
    for tuning in tunings() {
        same(&check(file.path(), tuning, 0), &plain, &format!("{tuning:?}")).expect("the same report");
    }
}

/// 30 services in 200 hours: enough for the results of an objective to be decided in rounds and by several threads.
#[test]
fn threads_do_not_change_many_results() {
    use std::fmt::Write as _;
    let mut text = String::from("time,service,status,latency_ms,region,size\n");
    for row in 0..6_000u32 {
        let (service, hour) = (row % 30, row / 30);
        // Every 97th hour of a service stays empty.
        if row % 97 != 0 {
            let status = if row % 7 == 0 { "failed" } else { "ok" };
            let (day, hour) = (1 + hour / 24, hour % 24);
            let _ = writeln!(
                text,
                "2025-06-{day:02}T{hour:02}:00:00Z,s{service:02},{status},{row}.5,eu,{service}"
            );
        }
    }
    let file = written(&text);
    let plain = check(file.path(), Tuning { threads: 1, ..Tuning::default() }, 0);
    // Twelve objectives by service, one over everything.
    assert_eq!(plain.as_ref().map(|report| report.results.len()), Ok(12 * 6_000 + 200));
    for threads in [2, 3, 16] {
        let tuning = Tuning { threads, ..Tuning::default() };
        same(&check(file.path(), tuning, 0), &plain, &format!("{tuning:?}")).expect("the same report");
    }
}

/// BLAKE3 of an input's bytes as they are stored, whichever way they are read; the expected one is that of the whole.
#[test]
fn the_digest_is_that_of_the_stored_bytes() {
    let mut text = String::from("time,service,status,latency_ms,region,size\n");
    while text.len() < 3 << 20 {
        text += "2025-06-01T00:00:00Z,a,ok,100.5,eu,1\n";
    }
    let digest = |path: &Path, tuning: Tuning| {
        let progress = AtomicU64::new(0);
        let mut options = Options::new(1_750_000_000_000_000_000, &progress);
        (options.tuning, options.digests) = (tuning, sla::source::Digests::Wanted);
        let report = pipeline::check(&[rules()], &[path.display().to_string()], &options).expect("a report");
        report.inputs[0].digest.clone().expect("a digest")
    };
    let header = text.lines().next().expect("a header").len() + 1;
    for len in [header + 100, 1024, 1025, 700_000, (1 << 19) + 1, 1 << 20, text.len()] {
        let file = written(&text[..len]);
        let expected = blake3::hash(&text.as_bytes()[..len]).to_hex().to_string();
        for (threads, block, order) in [
            (1, 1 << 19, Order::Blocks),
            (3, 1 << 10, Order::Blocks),
            (2, 1 << 12, Order::Blocks),
            (2, 1000, Order::Blocks),
            (1, 1 << 19, Order::Sequential),
        ] {
            let tuning = Tuning { threads, block, order, ..Tuning::default() };
            assert_eq!(digest(file.path(), tuning), expected, "{len} bytes, {tuning:?}");
        }
    }
    // Careless quoting is read in order; packed bytes are hashed as they are, with what follows the last frame.
    let stray = written(&text.replacen(",eu,", ",5\" disk,", 1));
    let bytes = std::fs::read(stray.path()).expect("the file");
    assert_eq!(digest(stray.path(), Tuning::default()), blake3::hash(&bytes).to_hex().to_string());
    let mut packed = tempfile::Builder::new().suffix(".csv.gz").tempfile().expect("a file");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    let bytes = encoder.finish().expect("memory");
    packed.write_all(&bytes).expect("a file");
    assert_eq!(digest(packed.path(), Tuning::default()), blake3::hash(&bytes).to_hex().to_string());
}

/// A column with far more texts than are remembered, compared with one short text. Among 6,400 rows, every eighth is the
/// text itself, and every eighth something that only a careful look tells from it.
#[test]
fn a_column_of_many_texts_is_compared_with_one() {
    use std::fmt::Write as _;
    let others = [
        "/Health",
        "/healthy",
        " /x",
        "\"/hea\"\"lth\"",
        "N/A",
        "null",
        "",
        "/hélth",
        "/a/very/long/route/with/ümlaut",
        "\"a\nb,c/health\"",
    ];
    let mut text = String::from("time,service,route\n");
    for row in 0..6_400 {
        let _ = match row % 8 {
            0 => writeln!(text, "2025-06-01T00:00:00Z,a,/health"),
            1 => writeln!(text, "2025-06-01T00:00:00Z,a,{}", others[row / 8 % others.len()]),
            _ => writeln!(text, "2025-06-01T00:00:00Z,a,/r/{row}{}", "/more".repeat(row % 5)),
        };
    }
    let file = written(&text);
    let rules =
        "by: service\nobjectives:\n  - {require: 'share(route == \"/health\") <= 20%', missing: ignore}\n";
    let rules = sla::rules::parse(rules, Path::new("many.yaml")).expect("rules without fault").agreement;
    for tuning in tunings() {
        let progress = AtomicU64::new(0);
        let options = Options { tuning, ..Options::new(1_750_000_000_000_000_000, &progress) };
        let report =
            pipeline::check(std::slice::from_ref(&rules), &[file.path().display().to_string()], &options)
                .expect("a report");
        // Three of the ten others are blank: 6,400 - 240 rows have a route.
        let result = &report.results[0];
        assert_eq!((result.bad, result.samples, result.missing), (Some(800), 6_160, 240), "{tuning:?}");
    }
}
