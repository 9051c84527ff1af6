//! W45 to W50: bytes, delimiters, quotes and names.

use crate::case::{Case, case};

const ROWS: &str = "ts,service,status,latency_ms\n2025-06-01T12:00:00Z,api,success,100\n2025-06-01T12:00:01Z,api,failure,900\n";

pub(crate) fn cases() -> Vec<Case> {
    [marks(), encodings(), delimiters(), quotes(), names(), headers()].concat()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2], mark: &[u8]) -> Vec<u8> {
    mark.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect()
}

fn marks() -> Vec<Case> {
    let marked = |what, text: &str| {
        case("W45", what)
            .data(format!("\u{feff}{text}"))
            .require("rows == 2")
            .require("max(latency) <= 500ms")
            .with(&["--period", "1h", "--time", "ts"])
            .exits(1)
            .result("max(latency)", "breached")
    };
    vec![
        marked("a byte order mark before the header", ROWS).result("rows", "met"),
        marked("a byte order mark before a quoted header", &ROWS.replacen("ts", "\"ts\"", 1)),
        marked("a byte order mark, and lines that end as Windows ends them", &ROWS.replace('\n', "\r\n")),
    ]
    .into_iter()
    .map(|case| case.says("data.csv"))
    .collect()
}

fn encodings() -> Vec<Case> {
    let refused = |what, bytes: &[u8]| {
        case("W46", what).data(bytes).require("max(latency) <= 5s").exits(3).says("iconv")
    };
    let latin = |text: &str| -> Vec<u8> { text.chars().map(|character| character as u8).collect() };
    let deep = ROWS.replacen("api", "café", 1).into_bytes();
    let deep = [
        ROWS.as_bytes().to_vec(),
        b"2025-06-01T12:00:00Z,api,success,100\n".repeat(40_000),
        latin("2025-06-01T12:00:00Z,caf\u{e9},success,900\n"),
        deep[29..].to_vec(),
    ]
    .concat();
    vec![
        refused("UTF-16 as Windows writes it", &utf16(ROWS, u16::to_le_bytes, &[0xFF, 0xFE])),
        refused("UTF-16 the other way round", &utf16(ROWS, u16::to_be_bytes, &[0xFE, 0xFF])),
        refused("UTF-16 without its mark", &utf16(ROWS, u16::to_le_bytes, &[])),
        refused("Latin-1 in a name", &latin(&ROWS.replacen("api", "caf\u{e9}", 1))),
        refused("Latin-1 in the header", &latin(&ROWS.replacen("service", "dienst\u{e4}", 1))),
        refused("UTF-32", &[0xFF, 0xFE, 0, 0, b't', 0, 0, 0, b's', 0, 0, 0, b',', 0, 0, 0]),
        case("W46", "Latin-1 in a name far down, which decides to whom the row belongs")
            .data(deep)
            .require("max(latency) <= 1s")
            .with(&["--by", "service"])
            .exits(3)
            .says("data.csv, line 40004"),
        case("W46", "names beyond ASCII are names")
            .data(ROWS.replace("api", "café ☕"))
            .rules("sla: A\nby: service\nexpect: [café ☕]\nobjectives: [max(latency) <= 1s]\n")
            .exits(0)
            .result("café ☕", "met"),
        case("W46", "a NUL byte")
            .data(ROWS.replace("900", "9\u{0}00"))
            .require("max(latency) <= 1s")
            .exits(3)
            .says("NUL")
            .says("line 3"),
    ]
}

fn delimiters() -> Vec<Case> {
    let semicolon = "ts;service;status;score\n2025-06-01T12:00:00Z;api;success;99,5\n2025-06-01T12:00:01Z;api;failure;100,25\n";
    let other = |what, delimiter: &str| {
        case("W47", what)
            .data(ROWS.replace(',', delimiter))
            .require("max(latency) <= 500ms")
            .require("rows == 2")
            .exits(1)
            .result("rows", "met")
            .result("max(latency)", "breached")
    };
    vec![
        case("W47", "semicolons and decimal commas, not said")
            .data(semicolon)
            .require("min(score) >= 99")
            .exits(3)
            .says("decimal")
            .problem("bad_number", 2),
        case("W47", "semicolons and decimal commas, as said")
            .data(semicolon)
            .rules("sla: A\ninput: {decimal: \",\"}\nobjectives: [min(score) >= 99.5, max(score) <= 100.25, failure_rate == 50%]\n")
            .exits(0),
        other("semicolons", ";"),
        other("tabs", "\t"),
        other("bars", "|"),
        case("W47", "semicolons, and a comma in a header")
            .data("ts;service;status;\"latency, ms\"\n2025-06-01T12:00:00Z;api;failure;900\n")
            .require("failure_rate <= 5%")
            .exits(1),
        case("W47", "two delimiters that fit equally well")
            .data("a,b;c\n1,2;3\n4,5;6\n")
            .require("max(c) <= 1")
            .exits(3),
        case("W47", "spaces are no delimiter").data(ROWS.replace(',', " ")).require("failure_rate <= 60%").exits(3),
        case("W47", "one column is a table, too").data("latency_ms\n100\n900\n").require("max(latency) <= 500ms").exits(1),
        case("W47", "a line that names the separator, as Excel has it")
            .data(format!("sep=;\n{}", ROWS.replace(',', ";")))
            .require("max(latency) <= 5s")
            .exits(0).measured("*", 0.9),
        case("W47", "a title above the header")
            .data(format!("Monthly report\n\n{ROWS}"))
            .require("max(latency) <= 5s")
            .exits(3),
    ]
}

fn quotes() -> Vec<Case> {
    let header = "ts,service,status,latency_ms\n";
    let row = "2025-06-01T12:00:00Z,api,success,100\n";
    let fail = "2025-06-01T12:00:00Z,api,failure,900\n";
    let with = |what, odd: &str| {
        case("W48", what)
            .data(format!("{header}{row}{odd}{}{fail}", row.repeat(20)))
            .require("rows >= 1")
            .require("failure_rate <= 60%")
    };
    vec![
        with("a quote that nobody closes", "2025-06-01T12:00:00Z,\"api,success,100\n").exits(3).says("data.csv, line 3"),
        with("a quote that the next one closes, twenty rows on", "2025-06-01T12:00:00Z,\"api,success,100\n")
            .file("more.csv", format!("{header}{row}2025-06-01T12:00:00Z,\"api,success,100\n{}2025-06-01T12:00:00Z,api\",success,100\n", fail.repeat(20)))
            .exits(3),
        with("a quote in the middle of a name", "2025-06-01T12:00:00Z,5\" disk,success,100\n").exits(0).counts("rows", 23),
        with("something behind a closing quote", "2025-06-01T12:00:00Z,\"api\"x,success,100\n").exits(3).says("data.csv, line 3"),
        with("space before an opening quote", "2025-06-01T12:00:00Z, \"a,b\",success,100\n").exits(3).says("data.csv, line 3"),
        with("a quote escaped with a backslash", "2025-06-01T12:00:00Z,\"a\\\"b\",success,100\n").exits(3).says("data.csv, line 3"),
        with("a quote at the very end", "2025-06-01T12:00:00Z,api,success,\"100\n").exits(3).says("data.csv, line 3"),
        case("W48", "the last row opens a quote").data(format!("{header}{row}2025-06-01T12:00:00Z,api,success,\"")).require("rows >= 1").exits(3).says("data.csv, line 3"),
        case("W48", "a quote opens in the header").data(format!("ts,\"service,status,latency_ms\n{row}{row}")).require("rows >= 1").exits(3).says("line 1"),
        case("W48", "quotes as they should be: doubled, around commas and around line ends that look like rows")
            .data(format!("{header}\"2025-06-01T12:00:00Z\",\"a \"\"b\"\",\n2025-06-01T12:00:00Z,api,failure,900\n\",success,100\n{fail}"))
            .require("rows == 2")
            .require("failure_rate == 50%")
            .exits(0)
            .counts("rejected", 0),
        case("W48", "lines are counted through quoted line ends")
            .data(format!("{header}2025-06-01T12:00:00Z,\"a\nb\nc\",success,100\n2025-06-01T12:00:00Z,api,success,x\n{row}{row}"))
            .require("max(latency) <= 500ms")
            .exits(3)
            .problem("bad_number", 5),
        case("W48", "lines that end with a carriage return alone")
            .data(format!("{header}{row}{fail}").replace('\n', "\r"))
            .require("rows >= 1")
            .exits(3)
            .says("data.csv"),
        case("W48", "single quotes are no quotes")
            .data(format!("{header}2025-06-01T12:00:00Z,'a,b',success,100\n"))
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("data.csv, line 2"),
    ]
}

fn names() -> Vec<Case> {
    let spelt = |what, names: &[&str]| {
        let rows = names.iter().map(|name| format!("{name},success,100\n")).collect::<Vec<String>>().concat();
        case("W49", what)
            .data(format!("service,status,latency_ms\n{rows}"))
            .require("requests == 1")
            .with(&["--by", "service"])
    };
    vec![
        spelt("case makes another service, and is told", &["Api", "api"]).exits(0).result("Api", "met").result("api", "met").says("differ"),
        spelt("a space behind makes another service, and is told", &["api", "api "]).exits(0).result("api ", "met").says("differ"),
        spelt("a composed and a decomposed letter are two services, and are told", &["caf\u{e9}", "cafe\u{301}"]).exits(0).says("differ"),
        spelt("a space that does not break, and is told", &["my api", "my\u{a0}api"]).exits(0).says("differ"),
        spelt("quoted or not, it is the same service", &["api", "\"api\""]).exits(1),
        case("W49", "the rule's spelling is none of the data's")
            .data("service,status,latency_ms\napi,success,100\napi,failure,100\n")
            .rules("sla: A\nobjectives:\n  - require: failure_rate <= 5%\n    where: service == \"API\"\n")
            .exits(3)
            .result("*", "undecided no_data"),
        case("W49", "a name that a spreadsheet, a terminal and a page would obey")
            .data("service,status,latency_ms\n\"=cmd()|'/c calc'!A0\",success,100\n<script>alert(1)</script>,success,100\n\u{1b}[2Japi,success,100\n")
            .require("failure_rate <= 5%")
            .with(&["--by", "service"])
            .exits(0)
            .result("<script>alert(1)</script>", "met"),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        case("W50", "a column twice")
            .data("service,latency_ms,latency_ms\napi,100,900\n")
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("latency_ms")
            .says("line 1"),
        case("W50", "a column twice that no rule asks for")
            .data("note,service,note,latency_ms\na,api,b,100\n")
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("note"),
        case("W50", "a column twice but for a space")
            .data("service,latency_ms, latency_ms\napi,100,900\n")
            .require("max(latency) <= 500ms")
            .exits(3),
        case("W50", "two columns that fit one part")
            .data("service,latency_ms,duration_ms\napi,100,900\n")
            .require("max(latency) <= 500ms")
            .exits(3)
            .result("*", "undecided ambiguous")
            .says("--latency"),
        case("W50", "two columns that fit one part, and one was said")
            .data("service,latency_ms,duration_ms\napi,100,900\n")
            .require("max(latency) <= 500ms")
            .with(&["--latency", "duration_ms"])
            .exits(1),
        case("W50", "a file that lacks a column of the other")
            .data("service,latency_ms\napi,100\n")
            .file("more.csv", "service,latency\nweb,900\n")
            .require("max(latency) <= 500ms")
            .exits(3)
            .says("more.csv"),
        case("W50", "files with their columns in another order")
            .data("service,latency_ms,size\napi,100,900\n")
            .file("more.csv", "size,latency_ms,service\n900,100,web\n")
            .require("max(latency) <= 500ms")
            .exits(0)
            .measured("*", 0.1),
    ]
}
