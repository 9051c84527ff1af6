//! HTML printed to PDF by a Chromium that is there. It gets a temporary folder of its own, no network is needed, and
//! the page has no script.

use crate::model;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What Chromium and its kin are called.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// A browser that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(180);

/// How to get there without one.
pub(super) const HOW: &str = "PDF is printed by Chromium, and none is on the PATH; install it (Debian: apt install \
                              chromium), or write report.html and print that from a browser";

/// The browser, by the PATH.
pub(super) fn browser() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    NAMES
        .iter()
        .find_map(|name| env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()))
}

/// Prints the page that `html` writes, dated as the report is.
pub(super) fn print(
    html: &dyn Fn(&mut dyn Write) -> io::Result<()>,
    now: model::Instant,
    out: &mut dyn Write,
) -> io::Result<()> {
    let browser = browser().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, HOW))?;
    let folder = tempfile::Builder::new().prefix("sla-").tempdir()?;
    let (page, sheet) = (folder.path().join("report.html"), folder.path().join("report.pdf"));
    let mut file = File::create(&page)?;
    html(&mut file)?;
    file.sync_all()?;
    let option = |name: &str, value: &std::path::Path| {
        let mut option = OsString::from(name);
        option.push(value);
        option
    };
    let mut command = Command::new(browser);
    command.args(["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]);
    command.arg(option("--user-data-dir=", &folder.path().join("profile")));
    command.arg(option("--print-to-pdf=", &sheet)).arg(option("file://", &page));
    if is_root() {
        // Chromium refuses to sandbox itself for root, as in containers. The page has no script to be kept in.
        command.arg("--no-sandbox");
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let started = Instant::now();
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        if started.elapsed() > LONGEST {
            child.kill()?;
            break child.wait()?;
        }
        thread::sleep(Duration::from_millis(50));
    };
    let mut pdf = fs::read(&sheet).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("Chromium printed nothing ({ended}); write report.html and print that"),
        )
    })?;
    date(&mut pdf, now);
    out.write_all(&pdf)
}

/// Puts the report's present where Chromium writes its own, so that the same report is the same file. Both are as long
/// as each other, so that everything stays in its place. Dates stand in the first object, as text before any stream;
/// written in another way they stay as they are.
fn date(pdf: &mut [u8], now: model::Instant) {
    const LENGTH: usize = "20250608060000".len();
    let Ok(now) = jiff::Timestamp::from_nanosecond(i128::from(now)) else { return };
    let now = now.strftime("%Y%m%d%H%M%S").to_string();
    let objects = memchr::memmem::find(pdf, b"stream").unwrap_or(0);
    let objects = &mut pdf[..objects];
    for key in ["/CreationDate (D:", "/ModDate (D:"] {
        let Some(start) = memchr::memmem::find(objects, key.as_bytes()).map(|at| at + key.len()) else {
            continue;
        };
        let (Some(digits), Some(rest)) = (objects.get(start..start + LENGTH), objects.get(start + LENGTH..))
        else {
            continue;
        };
        let is_known = digits.iter().all(u8::is_ascii_digit) && rest.starts_with(b"+00'00')");
        if is_known && now.len() == LENGTH {
            objects[start..start + LENGTH].copy_from_slice(now.as_bytes());
        }
    }
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-06-08T06:00:00Z
    const NOW: model::Instant = 1_749_362_400_000_000_000;

    fn dated(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        date(&mut bytes, NOW);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn dates_are_those_of_the_report() {
        let of =
            |date: &str| format!("%PDF-1.4\n<</CreationDate (D:{date})\n/ModDate (D:{date})>>\nstream\n");
        assert_eq!(dated(&of("20261120201647+00'00'")), of("20250608060000+00'00'"));
        for other in ["20261120201647+01'00'", "2026112020164Z+00'00'", "2026", ""] {
            assert_eq!(dated(&of(other)), of(other));
        }
        // What a page says is no date of the file.
        let page = "stream\n/CreationDate (D:20261120201647+00'00')";
        assert_eq!(dated(page), page);
        assert_eq!(dated(""), "");
    }
}
