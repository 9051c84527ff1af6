//! HTML printed to PDF by a Chromium that is there. It gets a temporary folder of its own, no network is needed, and
//! the page has no script.

use std::env;
use std::ffi::OsString;
use std::fs::File;
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

/// Prints the page that `html` writes.
pub(super) fn print(html: &dyn Fn(&mut dyn Write) -> io::Result<()>, out: &mut dyn Write) -> io::Result<()> {
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
    let mut pdf = File::open(&sheet).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("Chromium printed nothing ({ended}); write report.html and print that"),
        )
    })?;
    io::copy(&mut pdf, out).map(|_| ())
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
