//! One run at a time for a history: a lock on a file beside it, which the system takes back from a process that ends,
//! however it ends.

use super::super::exit::ExitCode;
use super::super::stop::Stop;
use crate::deliver::sentence;
use crate::store::Store;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

/// What follows the name of the history.
const ENDING: &str = ".lock";
/// As much of what the holder says of itself is read.
const MOST_READ: u64 = 100;

/// The right to run, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Who has the lock.
#[derive(Debug)]
pub(super) enum Locked {
    /// This process, from now on.
    Here(Lock),
    /// Another one, and what it says of itself.
    By(String),
}

/// Takes the lock, if nobody has it; never waits.
pub(super) fn take(store: &Path) -> Result<Locked, Stop> {
    let path = Store::beside(store, ENDING);
    let cannot = |why: &std::io::Error| {
        Stop::new(ExitCode::Undecided, format!("cannot lock {}{ENDING}: {}", store.display(), sentence(why)))
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|why| cannot(&why))?;
    }
    let mut options = OpenOptions::new();
    let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = opened.map_err(|why| cannot(&why))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // It may be about to write it.
            let _ = (&mut file).take(MOST_READ).read_to_string(&mut holder);
            let holder = holder.trim();
            return Ok(Locked::By(if holder.is_empty() { "another process" } else { holder }.to_owned()));
        }
        Err(TryLockError::Error(why)) => return Err(cannot(&why)),
    }
    // For the sentence of those who come too late; the lock holds without it.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "process {}", std::process::id()));
    Ok(Locked::Here(Lock { _file: file }))
}
