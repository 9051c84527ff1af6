//! Opening a history: whose file it is, its schema, and how it is written.

use super::error::Fault;
use super::statements;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `SLA1` in the header of the file (<https://sqlite.org/pragma.html#pragma_application_id>).
const APPLICATION: i64 = 0x534c_4131;
/// In order; `user_version` counts those that were applied.
const MIGRATIONS: [&str; 8] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
];
/// How long a run waits for another one to finish writing.
const PATIENCE: Duration = Duration::from_secs(5);
/// Links that are followed from one to the next, as the system does.
const MOST_LINKS: usize = 40;
/// Pauses between attempts at what `SQLite` does not wait for by itself.
const PAUSE: Duration = Duration::from_millis(20);

/// Opens a history to record in; makes it, and its folder, where there is none.
pub(super) fn to_record(file: &Path) -> Result<Connection, Fault> {
    let path = plain(file);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|why| Fault::Folder(sentence(&why)))?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = connect(&path, flags)?;
    migrate(&mut connection, &path, MIGRATIONS.len())?;
    write_ahead(&connection)?;
    Ok(connection)
}

/// Opens a history to read. One of an older schema is brought up to date, so it must be writable then.
pub(super) fn to_read(file: &Path) -> Result<Connection, Fault> {
    let path = plain(file);
    if !path.exists() {
        return Err(Fault::Absent);
    }
    let opened = |connection: Connection| Ok((state(&connection)?, connection));
    let found = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(opened);
    let (state, mut connection) = match found {
        Err(Fault::Denied | Fault::ReadOnly) => opened(unwritable(&path)?)?,
        found => found?,
    };
    match state {
        State::Current => Ok(connection),
        State::New => Err(Fault::Absent),
        State::Older(_) => {
            migrate(&mut connection, &path, MIGRATIONS.len()).map_err(|fault| match fault {
                Fault::Denied | Fault::ReadOnly => Fault::Outdated,
                other => other,
            })?;
            Ok(connection)
        }
    }
}

/// A lock beside the history that only one process has; the system gives it back when the process ends, however it ends.
pub(super) fn sender(file: &Path) -> Result<Option<File>, Fault> {
    let name = beside(file, "-sending");
    let lock = File::options().create(true).truncate(false).write(true).open(name);
    let lock = lock.map_err(|why| Fault::Lock(sentence(&why)))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(why)) => Err(Fault::Lock(sentence(&why))),
    }
}

/// A name beside a history: that of the file itself, whatever links lead to it, so that all who use it agree.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = real(file).into_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// Where a file is, or will be; `SQLite` makes it behind a link that leads to nothing yet.
fn real(file: &Path) -> PathBuf {
    let mut path = plain(file);
    for _ in 0..MOST_LINKS {
        if let Ok(real) = fs::canonicalize(&path) {
            return real;
        }
        let Some(folder) = path.parent().map(Path::to_owned) else { return path };
        match fs::read_link(&path) {
            Ok(target) => path = folder.join(target),
            Err(_) => {
                let folder = fs::canonicalize(&folder).unwrap_or(folder);
                return path.file_name().map_or(folder.clone(), |name| folder.join(name));
            }
        }
    }
    path
}

/// The system's words, without its number.
fn sentence(why: &std::io::Error) -> String {
    why.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// A name that starts with `:` or `file:` is a name all the same.
fn plain(file: &Path) -> PathBuf {
    Path::new(".").join(file)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    if path.is_dir() {
        return Err(Fault::IsFolder);
    }
    // SQLite takes a file of one byte for an empty one. No page is smaller than 512.
    if fs::metadata(path).is_ok_and(|found| found.is_file() && (1..512).contains(&found.len())) {
        return Err(Fault::NotSqlite);
    }
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.set_prepared_statement_cache_capacity(statements::KEPT);
    // A statement that is kept stays as it is planned, whatever values it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Where the files that `SQLite` keeps beside a database cannot be made, it can be read as one that nobody changes;
/// that leaves out what waits beside it.
fn unwritable(path: &Path) -> Result<Connection, Fault> {
    let mut beside = path.as_os_str().to_owned();
    beside.push("-wal");
    if fs::metadata(beside).is_ok_and(|found| found.len() > 0) {
        return Err(Fault::Unmerged);
    }
    let name = path.to_str().ok_or(Fault::Denied)?;
    let name = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    connect(Path::new(&format!("file:{name}?immutable=1")), flags)
}

/// What a file is to us.
enum State {
    /// Empty, or not even that.
    New,
    /// With so many migrations.
    Older(usize),
    Current,
}

fn state(connection: &Connection) -> Result<State, Fault> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let known = MIGRATIONS.len() as i64;
    match (application, version) {
        (APPLICATION, found) if found > known => Err(Fault::Newer { found, known }),
        (APPLICATION, found) if found == known => Ok(State::Current),
        (APPLICATION, found) => {
            usize::try_from(found).map(State::Older).map_err(|_| Fault::garbled("its schema has no number"))
        }
        (0, 0) if number("SELECT count(*) FROM sqlite_schema")? == 0 => Ok(State::New),
        _ => Err(Fault::Foreign),
    }
}

/// Applies what is missing of the first `wanted` migrations, in one transaction. What an older version wrote is copied
/// to a file beside it first.
fn migrate(connection: &mut Connection, path: &Path, wanted: usize) -> Result<(), Fault> {
    match state(connection)? {
        State::Current => return Ok(()),
        State::Older(version) => copy(connection, path, version)?,
        State::New => {}
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let applied = match state(&transaction)? {
        State::Current => return Ok(()),
        State::Older(version) => version,
        State::New => 0,
    };
    for migration in MIGRATIONS.iter().take(wanted).skip(applied) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", wanted as i64)?;
    transaction.commit()?;
    Ok(())
}

/// `sla.db` of schema 1 as `sla.db.schema-1`, whole or not at all.
fn copy(connection: &Connection, path: &Path, version: usize) -> Result<(), Fault> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let unfinished = beside(&format!(".schema-{version}-{}", std::process::id()));
    let name = unfinished.to_str().ok_or(Fault::Denied)?;
    // What a killed run with this process number left.
    let _ = fs::remove_file(&unfinished);
    let copied = connection.execute("VACUUM INTO ?1", [name]).map_err(Fault::from).and_then(|_| {
        fs::rename(&unfinished, beside(&format!(".schema-{version}")))
            .map_err(|why| Fault::Copy(sentence(&why)))
    });
    if copied.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    copied
}

/// Lets readers and a writer work side by side (<https://sqlite.org/wal.html>). `SQLite` does not wait for its turn to
/// change that. Where it is not possible (some network drives), the rollback journal is as safe.
fn write_ahead(connection: &Connection) -> Result<(), Fault> {
    let ask = |sql| connection.query_row(sql, [], |row| row.get::<_, String>(0));
    let mut patience = PATIENCE;
    while ask("PRAGMA journal_mode")? != "wal" {
        match ask("PRAGMA journal_mode = wal").map_err(Fault::from) {
            Err(Fault::Busy) if !patience.is_zero() => {
                std::thread::sleep(PAUSE);
                patience = patience.saturating_sub(PAUSE);
            }
            answer => return answer.map(drop),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_schema_is_copied_and_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sla.db");
        let mut old =
            connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).unwrap();
        migrate(&mut old, &path, 1).unwrap();
        old.execute("INSERT INTO rules VALUES ('d', 'text')", []).unwrap();
        drop(old);
        let new = to_read(&path).unwrap();
        assert_eq!(version(&new), MIGRATIONS.len() as i64);
        let text: String = new.query_row("SELECT text FROM rules", [], |row| row.get(0)).unwrap();
        assert_eq!(text, "text");
        new.query_row("SELECT count(*) FROM violations", [], |_| Ok(())).unwrap();
        let copy =
            connect(&folder.path().join("sla.db.schema-1"), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        assert_eq!(version(&copy), 1);
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!names.iter().any(|name| name.to_str().unwrap().contains("schema-1-")), "{names:?}");
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let check = |expected: &str| {
            let before = fs::read(&path).unwrap();
            for fault in [to_record(&path).unwrap_err(), to_read(&path).unwrap_err()] {
                assert!(fault.to_string().contains(expected), "{fault}");
            }
            assert_eq!(fs::read(&path).unwrap(), before);
            fs::remove_file(&path).unwrap();
        };
        for text in ["a", "service,status\ncheckout,ok\n"] {
            let mut file = fs::File::create(&path).unwrap();
            std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
            check("no SQLite database");
        }
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        check("belongs to another program");
        drop(to_record(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        check(&format!("its schema is 99, this version knows {}", MIGRATIONS.len()));
    }

    #[test]
    fn links_lead_to_one_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("data")).unwrap();
        std::os::unix::fs::symlink("data/real.db", path("link.db")).unwrap();
        std::os::unix::fs::symlink(path("link.db"), path("again.db")).unwrap();
        std::os::unix::fs::symlink("loop.db", path("loop.db")).unwrap();
        let expected = fs::canonicalize(path("data")).unwrap().join("real.db.lock");
        // Before it is there, and when it is.
        for _ in 0..2 {
            for name in ["data/real.db", "link.db", "again.db", "data/../data/real.db"] {
                assert_eq!(beside(&path(name), ".lock"), expected, "{name}");
            }
            drop(to_record(&path("link.db")).unwrap());
            assert!(path("data/real.db").exists());
        }
        // It ends.
        beside(&path("loop.db"), ".lock");
    }

    #[test]
    fn strange_names_are_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in [":memory:", "file:a?mode=memory", "per%cent#1"] {
            let path = folder.path().join(name);
            drop(to_record(&path).unwrap());
            assert!(path.exists(), "{name}");
            drop(unwritable(&path).unwrap());
        }
        assert_eq!(plain(Path::new(":memory:")), Path::new("./:memory:"));
        assert!(matches!(to_read(&folder.path().join("none")), Err(Fault::Absent)));
    }
}
