//! How it goes, for everybody who asks: the pages over HTTP, the file, and the end of each run.

use super::super::terminal;
use super::clock;
use super::jobs::make_folders;
use crate::deliver::{self, Target};
use crate::model::{EntryStatus, Instant, LastRun, Report, ScheduleStatus};
use crate::render::status as render;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared between the loop, which writes, and the pages, which read.
#[derive(Clone, Debug, Default)]
pub(super) struct Status(Arc<Mutex<ScheduleStatus>>);

/// A file that tells it, too.
#[derive(Clone, Debug)]
pub(super) struct StatusFile {
    target: Target,
    /// Metrics instead of JSON.
    is_metrics: bool,
    /// Its folder, where it is made when it is missing.
    folder: Option<PathBuf>,
}

impl Status {
    /// The program begins now.
    pub(super) fn start(now: Instant) -> Status {
        Status(Arc::new(Mutex::new(ScheduleStatus { started: now, ..ScheduleStatus::default() })))
    }

    /// Of these entries, nothing of which ran yet; what is known of one of the same name stays.
    pub(super) fn set_entries(&self, entries: Vec<EntryStatus>) {
        let mut status = self.lock();
        let mut known = std::mem::take(&mut status.entries);
        status.entries = entries
            .into_iter()
            .map(|new| match known.iter().position(|old| old.name == new.name) {
                Some(at) => {
                    let old = known.swap_remove(at);
                    EntryStatus { last: old.last, runs: old.runs, report: old.report, ..new }
                }
                None => new,
            })
            .collect();
    }

    /// A run began.
    pub(super) fn began(&self, entry: usize, at: Instant) {
        if let Some(entry) = self.lock().entries.get_mut(entry) {
            entry.running_since = Some(at);
        }
    }

    /// A run ended, and the next one is due then; overdue it is after `patience` more.
    pub(super) fn ended(&self, entry: usize, last: Option<LastRun>, report: Option<Report>) {
        if let Some(entry) = self.lock().entries.get_mut(entry) {
            entry.running_since = None;
            if let Some(last) = last {
                *entry.runs.entry(last.outcome).or_default() += 1;
                entry.last = Some(last);
            }
            if let Some(report) = report {
                entry.report = Some(report);
            }
        }
    }

    /// When an entry is due next.
    pub(super) fn set_next(&self, entry: usize, next: Option<Instant>) {
        if let Some(entry) = self.lock().entries.get_mut(entry) {
            entry.next = next;
        }
    }

    /// So many messages wait to be sent.
    pub(super) fn set_pending(&self, pending: u64) {
        self.lock().pending = pending;
    }

    /// Whether every entry ran when it had to, and its last run is recorded.
    pub(super) fn is_healthy(&self) -> Result<(), String> {
        let ills = self.lock().ills(clock::wall());
        if ills.is_empty() { Ok(()) } else { Err(ills.join("; ")) }
    }

    /// The page of metrics.
    pub(super) fn metrics(&self) -> Vec<u8> {
        let mut page = Vec::new();
        // Memory takes whatever is written to it.
        let _ = render::metrics(&self.lock(), clock::wall(), &mut page);
        page
    }

    /// Writes the file.
    pub(super) fn write(&self, file: &StatusFile) {
        let (mut text, now) = (Vec::new(), clock::wall());
        // Only while it is put into words: the disk may be slow, and the pages wait for nobody. Memory takes whatever is
        // written to it.
        let _ = if file.is_metrics {
            render::metrics(&self.lock(), now, &mut text)
        } else {
            render::json(&self.lock(), now, &mut text)
        };
        make_folders(file.folder.as_slice());
        let write = |out: &mut dyn Write| out.write_all(&text);
        for failed in deliver::deliver([(&file.target, write)]) {
            terminal::error(&failed.to_string());
        }
    }

    fn lock(&self) -> MutexGuard<'_, ScheduleStatus> {
        // Whoever panicked left whole values behind: each is set at once.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StatusFile {
    /// Looks whether it can be written; the message says why not. `folder` is made again whenever it is missing.
    pub(super) fn prepare(path: &Path, folder: Option<PathBuf>) -> Result<StatusFile, String> {
        let prepared = deliver::prepare(&[path.to_owned()], &[]);
        let cannot =
            |faults: Vec<deliver::Undelivered>| faults.first().map_or_else(String::new, ToString::to_string);
        let target = prepared.map_err(cannot)?.pop().ok_or_else(String::new)?;
        let is_metrics = path.extension().is_some_and(|extension| extension == "prom");
        Ok(StatusFile { target, is_metrics, folder })
    }
}
