//! A progress bar on standard error, for input that takes long to read and somebody who watches.

use super::terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Whoever waits less does not need a bar.
const PATIENCE: Duration = Duration::from_millis(500);
const INTERVAL: Duration = Duration::from_millis(100);

/// A bar that shows how many bytes were read, until it is dropped.
#[derive(Debug)]
pub(super) struct Progress {
    watcher: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Watches `read`, which whoever reads counts up, on its way to `total` (0: not known). Without a terminal, nothing
    /// happens.
    pub(super) fn start(read: Arc<AtomicU64>, total: u64) -> Progress {
        if !terminal::is_watched() {
            return Progress { watcher: None };
        }
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = bar(total);
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                bar.set_position(read.load(Ordering::Relaxed));
            }
            bar.finish_and_clear();
        });
        Progress { watcher: Some((stop, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.watcher.take() {
            drop(stop);
            // The bar is gone before the report is printed.
            let _ = thread.join();
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    let (length, template) = match total {
        0 => (None, "{spinner} {bytes} read, {bytes_per_sec}"),
        total => (Some(total), "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"),
    };
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
