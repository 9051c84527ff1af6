//! Opening inputs: what is read, and what is refused in which words.

use super::open::open_stream;
use super::*;
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use std::io::{Cursor, Write};
use std::path::Path;

const TEXT: &[u8] = b"ts,service,latency_ms\n2025-06-01T00:00:00Z,api,120\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A text that no compression shrinks much, longer than a head.
fn long_text() -> Vec<u8> {
    let mut text = b"ts,value\n".to_vec();
    let mut state = 1u64;
    while text.len() < HEAD_BYTES + 100_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        writeln!(text, "{state},{}", state >> 20).unwrap();
    }
    text
}

/// Everything there is to read, or the words of what went wrong.
fn read(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let opened =
        open_stream(name, Box::new(Cursor::new(bytes.to_vec()))).map_err(|error| error.to_string())?;
    everything(opened)
}

fn everything(opened: Opened) -> Result<Vec<u8>, String> {
    let name = opened.name.clone();
    let mut text = opened.head;
    match opened.body {
        Body::Stream(mut rest) => {
            let more = rest.read_to_end(&mut text);
            more.map_err(|error| SourceError::reading(&name, &error).to_string())?;
        }
        Body::File(file, length) => {
            use std::os::unix::fs::FileExt;
            text = vec![0; length as usize];
            file.read_exact_at(&mut text, 0).unwrap();
        }
    }
    Ok(text)
}

fn folder(name: &str) -> tempfile::TempDir {
    tempfile::Builder::new().prefix(name).tempdir().unwrap()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(&path).unwrap().write_all(bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn compression_is_told_by_the_bytes_alone() {
    let long = long_text();
    let members = [gzip(b"ts,service\n"), gzip(b"2025-06-01,a\n"), gzip(b"")].concat();
    let frames = [zstd(b"ts,service\n"), zstd(b"2025-06-01,a\n")].concat();
    for (name, bytes, expected) in [
        ("plain.csv", TEXT.to_vec(), TEXT),
        ("hidden.csv", gzip(TEXT), TEXT),
        ("hidden.csv", zstd(TEXT), TEXT),
        ("lying.csv.gz", TEXT.to_vec(), TEXT),
        ("-", gzip(TEXT), TEXT),
        ("members.gz", members, b"ts,service\n2025-06-01,a\n"),
        ("frames.zst", frames, b"ts,service\n2025-06-01,a\n"),
        ("long.csv", long.clone(), &long),
        ("long.gz", gzip(&long), &long),
        ("long.zst", zstd(&long), &long),
    ] {
        assert_eq!(read(name, &bytes).as_deref(), Ok(expected), "{name}");
    }
}

/// W08: nothing of a cut or damaged file counts, whether it shows in the head or long after.
#[test]
fn w08_cut_and_damaged() {
    let long = long_text();
    for (pack, container) in [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd")] {
        for text in [TEXT, &long] {
            let bytes = pack(text);
            let cut = read("logs.csv", &bytes[..bytes.len() / 2]).unwrap_err();
            let expected =
                format!("logs.csv is cut: its {container} data ends too early; fetch or write it again");
            assert_eq!(cut, expected);
            assert_eq!(read("logs.csv", &bytes[..bytes.len() - 1]).unwrap_err(), expected);

            let mut flipped = bytes.clone();
            // Within the check sum: the last four bytes of zstd, the last eight but four of gzip.
            let at = bytes.len() - if container == "gzip" { 8 } else { 1 };
            flipped[at] ^= 1;
            let damaged = read("logs.csv", &flipped).unwrap_err();
            assert!(damaged.starts_with(&format!("logs.csv is damaged: its {container} data")), "{damaged}");
        }
    }
    let mut length = gzip(TEXT);
    let at = length.len() - 1;
    length[at] ^= 1;
    assert!(read("logs.csv", &length).unwrap_err().contains("damaged"));
    let trailing = [gzip(TEXT), b"garbage behind the end".to_vec()].concat();
    assert!(read("logs.csv", &trailing).unwrap_err().contains("damaged"), "trailing garbage");
    let trailing = [zstd(TEXT), b"garbage".to_vec()].concat();
    assert!(read("logs.csv", &trailing).unwrap_err().contains("damaged"), "trailing garbage");
    assert_eq!(
        read("-", &gzip(TEXT)[..20]).unwrap_err(),
        "standard input is cut: its gzip data ends too early; fetch or write it again"
    );
}

/// W09, W46: what is no CSV text is named for what it is.
#[test]
fn w09_w46_no_text() {
    let utf16: Vec<u8> = "ts,service\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16_bom = [b"\xFF\xFE".to_vec(), utf16.clone()].concat();
    for (id, bytes, part) in [
        ("W09", b"<html><body>502 Bad Gateway</body></html>".to_vec(), "is a web page (HTML)"),
        ("W09", b"\n <!DOCTYPE html>\n<title>Sign in</title>".to_vec(), "is a web page (HTML)"),
        ("W09", b"<?xml version=\"1.0\"?><rows/>".to_vec(), "is XML"),
        ("W09", b"{\"error\": \"not found\"}".to_vec(), "is JSON"),
        ("W09", b"[ {\"a\": 1} ]".to_vec(), "is JSON"),
        ("W46", utf16_bom, "is UTF-16, not UTF-8; convert it: iconv -f UTF-16"),
        ("W46", utf16, "is UTF-16"),
        (
            "W46",
            b"ts,service\n1,a\n2,caf\xE9\n".to_vec(),
            "is not UTF-8, first on line 3; if it is Latin-1, convert it: iconv -f LATIN1",
        ),
        ("", b"a,b\n1,\0\n".to_vec(), "is not text: there is a NUL byte on line 2"),
        ("", b"PK\x03\x04rest xl/workbook.xml".to_vec(), "is an Excel workbook (xlsx)"),
        ("", b"PK\x03\x04rest".to_vec(), "is a zip archive"),
        ("", b"PAR1\x15\x04".to_vec(), "is a Parquet file"),
        ("", b"%PDF-1.7".to_vec(), "is a PDF document"),
        ("", b"SQLite format 3\0".to_vec(), "is a SQLite database"),
        ("", b"BZh91AY".to_vec(), "bzip2"),
        ("", b"".to_vec(), "is empty"),
        ("", b"\xEF\xBB\xBF \r\n\n".to_vec(), "is empty"),
    ] {
        let message = read("data.csv", &bytes).unwrap_err();
        assert!(message.starts_with("data.csv ") && message.contains(part), "{id} {part}: {message}");
        // The same inside a gzip.
        assert_eq!(read("data.csv", &gzip(&bytes)).unwrap_err(), message, "{id} {part}");
    }
    // Letters beyond ASCII are fine, also where the head ends within one, and so is a header that starts with `<`.
    let euros = format!("a\n{}", "€".repeat(HEAD_BYTES));
    assert!(read("data.csv", euros.as_bytes()).is_ok());
    assert!(read("data.csv", b"<DATE>,<OPEN>\n2025-06-01,1\n").is_ok());
}

#[test]
fn files_keep_their_handle() {
    let folder = folder("sla-open");
    let long = long_text();
    for (name, bytes, whole) in [("short.csv", TEXT, true), ("long.csv", &long, false)] {
        let opened = open(&write(folder.path(), name, bytes)).unwrap();
        assert_eq!(opened.whole, whole, "{name}");
        assert_eq!(opened.head, &bytes[..bytes.len().min(HEAD_BYTES)], "{name}");
        assert!(matches!(&opened.body, Body::File(_, length) if *length == bytes.len() as u64), "{name}");
        assert_eq!(everything(opened).as_deref(), Ok(bytes), "{name}");
    }
    let packed = open(&write(folder.path(), "packed.csv", &gzip(TEXT))).unwrap();
    assert_eq!(packed.compression, Compression::Gzip);
    assert_eq!(everything(packed).as_deref(), Ok(TEXT));
    let missing = open("no/such.csv").unwrap_err();
    assert!(missing.is_usage());
    assert_eq!(missing.to_string(), "no/such.csv: no such file or folder");
    assert_eq!(
        open(folder.path().to_str().unwrap()).unwrap_err().to_string().split(": ").nth(1),
        Some("it is a folder")
    );
}

#[test]
fn folders_and_patterns() {
    let folder = folder("sla-expand");
    for name in [
        "b.csv",
        "a.tsv.gz",
        "c.CSV.zst",
        "notes.txt",
        ".hidden.csv",
        "sub/d.csv",
        "sub/deep/e.csv",
        "2025/x.log",
    ] {
        write(folder.path(), name, TEXT);
    }
    let root = folder.path().to_str().unwrap();
    let names = |argument: &str| -> Result<Vec<String>, SourceError> {
        let found = expand(&[format!("{root}{argument}")])?;
        Ok(found
            .iter()
            .map(|name| name.strip_prefix(root).unwrap_or(name).trim_start_matches('/').to_owned())
            .collect())
    };
    for (argument, expected) in [
        ("", vec!["a.tsv.gz", "b.csv", "c.CSV.zst"]),
        ("/b.csv", vec!["b.csv"]),
        ("/*.csv", vec!["b.csv"]),
        ("/[ab].*", vec!["a.tsv.gz", "b.csv"]),
        ("/{b.csv,notes.txt}", vec!["b.csv", "notes.txt"]),
        ("/*/*", vec!["2025/x.log", "sub/d.csv"]),
        ("/**/*.csv", vec!["b.csv", "sub/d.csv", "sub/deep/e.csv"]),
        ("/s?b/**", vec!["sub/d.csv", "sub/deep/e.csv"]),
        ("/.*.csv", vec![".hidden.csv"]),
    ] {
        assert_eq!(
            names(argument).as_deref(),
            Ok(expected.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().as_slice()),
            "{argument}"
        );
    }
    for (argument, part) in [
        ("/2025", "has no CSV file in it (*.csv or *.tsv"),
        ("/nothing.csv", "no such file or folder"),
        ("/*.parquet", "matches no file"),
        ("/[.csv", "is no file and no pattern either"),
    ] {
        let error = names(argument).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains(part), "{error}");
    }
    let twice = expand(&[format!("{root}/b.csv"), root.to_owned()]).unwrap_err();
    assert!(twice.is_usage() && twice.to_string().contains("given twice"), "{twice}");
    assert_eq!(expand(&["-".to_owned()]).unwrap(), ["-"]);
    assert!(
        expand(&["-".to_owned(), "-".to_owned()])
            .unwrap_err()
            .to_string()
            .starts_with("standard input is given twice")
    );
}

#[test]
fn usage_or_input() {
    assert!(!SourceError::Empty { name: String::new() }.is_usage());
    assert!(
        !SourceError::reading("a.csv", &std::io::Error::from(std::io::ErrorKind::PermissionDenied))
            .is_usage()
    );
    let denied = SourceError::reading("a.csv", &std::io::Error::from(std::io::ErrorKind::PermissionDenied));
    assert_eq!(denied.to_string(), "a.csv cannot be read: permission denied");
}

#[test]
fn many_inputs_are_parked() {
    let folder = folder("sla-many");
    // A fifth of a head is kept of each of forty; a third of these are shorter.
    let text_of = |file: usize| {
        let rows = if file.is_multiple_of(3) { 10 } else { HEAD_BYTES / 4 / 10 };
        format!("ts,value\n{}", format!("{file:04},{file:04}\n").repeat(rows)).into_bytes()
    };
    let texts: Vec<Vec<u8>> = (0..40).map(text_of).collect();
    let names: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(idx, text)| match idx % 3 {
            1 => write(folder.path(), &format!("{idx}.csv"), &gzip(text)),
            _ => write(folder.path(), &format!("{idx}.csv"), text),
        })
        .collect();
    for resumed in [false, true] {
        for (idx, (opened, text)) in
            open_all(&names, super::Digests::Unwanted, &[]).unwrap().into_iter().zip(&texts).enumerate()
        {
            assert!(opened.head.len() <= HEAD_BYTES / 5 + 100, "{idx}: {}", opened.head.len());
            let opened = if resumed { opened.resume().unwrap() } else { opened };
            assert!(everything(opened).as_deref() == Ok(text), "{idx}");
        }
    }
    let mut first = open_all(&names, super::Digests::Unwanted, &[]).unwrap().remove(1);
    first.head[0] ^= 1;
    assert!(first.resume().unwrap_err().to_string().contains("changed while it was read"));
}
