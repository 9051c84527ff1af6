//! Puts reports into files. The only place that writes them; called by `cli`.
//!
//! Invariant: a file is written whole or not at all: a temporary file in the same folder, synchronised, renamed, and
//! the folder synchronised. What is no regular file (a device, a pipe) is written to as it is.
//! Invariant: every sink is tried; one that fails never stops another.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A place that was found writable before the work started.
#[derive(Clone, Debug)]
pub struct Target {
    /// As the user wrote it.
    name: PathBuf,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// A file, or none yet: its real folder and its name in there.
    File { folder: PathBuf, name: OsString },
    /// A device or a pipe.
    Device,
}

/// A report that cannot be, or was not, written.
#[derive(Debug)]
pub struct Undelivered {
    /// Where to.
    pub target: PathBuf,
    /// Why not.
    pub why: String,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.target.display(), self.why)
    }
}

impl std::error::Error for Undelivered {}

/// Looks whether each path can be written: its folder is there and lets us, it is no folder itself, none of the
/// `inputs`, and named once only. All that is wrong is told.
pub fn prepare(outputs: &[PathBuf], inputs: &[String]) -> Result<Vec<Target>, Vec<Undelivered>> {
    let mut targets: Vec<Target> = Vec::new();
    let mut faults = Vec::new();
    for name in outputs {
        match target(name, inputs, &targets) {
            Ok(target) => targets.push(target),
            Err(why) => faults.push(Undelivered { target: name.clone(), why }),
        }
    }
    if faults.is_empty() { Ok(targets) } else { Err(faults) }
}

/// Writes every report, whatever becomes of the others, and returns those that failed. A report comes as what writes
/// it, so that it need not stand in memory.
pub fn deliver<'a, Content>(reports: impl IntoIterator<Item = (&'a Target, Content)>) -> Vec<Undelivered>
where
    Content: Fn(&mut dyn Write) -> io::Result<()>,
{
    let failed = |(target, content): (&Target, Content)| {
        let why = write(target, &content).err()?;
        Some(Undelivered { target: target.name.clone(), why: sentence(&why) })
    };
    reports.into_iter().filter_map(failed).collect()
}

/// What a summary of a job may hold: GitHub refuses 1 MiB and more.
const SUMMARY: usize = (1 << 20) - 1;

/// Appends to the summary of a job, which others may have begun, what `content` makes of the room that is left; all
/// of it, or nothing.
pub fn append(path: &Path, content: &SummaryContent<'_>) -> Option<Undelivered> {
    let write = || {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let before = file.metadata()?.len();
        let room = SUMMARY.saturating_sub(usize::try_from(before).unwrap_or(SUMMARY));
        let mut bytes = Vec::new();
        content(room, &mut bytes)?;
        if bytes.len() > room {
            return Err(io::Error::other("there is no room left in it"));
        }
        (&file).write_all(&bytes).and_then(|()| file.sync_all()).inspect_err(|_| {
            // The error that is told is that of writing.
            let _ = file.set_len(before);
        })
    };
    let why = write().err()?;
    Some(Undelivered { target: path.to_owned(), why: sentence(&why) })
}

/// Writes at most so many bytes.
pub type SummaryContent<'a> = dyn Fn(usize, &mut dyn Write) -> io::Result<()> + 'a;

/// Creates a new file with this content, whole or not at all; one that exists is left alone
/// ([`io::ErrorKind::AlreadyExists`]). Folders on the way are made.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), Undelivered> {
    let undelivered = |why: &io::Error| Undelivered { target: path.to_owned(), why: sentence(why) };
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(|why| undelivered(&why))?;
    let name = path.file_name().unwrap_or_default();
    let temporary = temporary(folder, name, &|out| out.write_all(bytes)).map_err(|why| undelivered(&why))?;
    // Unlike a rename, a link fails where the name is taken.
    let linked = fs::hard_link(&temporary, path).and_then(|()| synchronise(folder));
    let removed = fs::remove_file(&temporary);
    linked.and(removed).map_err(|why| undelivered(&why))
}

fn target(name: &Path, inputs: &[String], others: &[Target]) -> Result<Target, String> {
    let linked_to_nothing = name.is_symlink() && !name.exists();
    if linked_to_nothing {
        return Err("it is a link to something that does not exist".to_owned());
    }
    let kind = match fs::metadata(name) {
        Ok(found) if found.is_dir() => return Err("it is a folder; name a file in it".to_owned()),
        Ok(found) if !found.is_file() => Kind::Device,
        Ok(_) => {
            // A link is followed: the file behind it is replaced, not the link.
            let real = fs::canonicalize(name).map_err(|why| sentence(&why))?;
            if inputs.iter().any(|input| fs::canonicalize(input).is_ok_and(|input| input == real)) {
                return Err("it is an input of this run".to_owned());
            }
            // A file that is write-protected stays what it is, although its folder would let us replace it.
            OpenOptions::new().write(true).open(&real).map_err(|why| sentence(&why))?;
            Kind::File {
                folder: folder_of(&real).to_owned(),
                name: real.file_name().unwrap_or_default().to_owned(),
            }
        }
        Err(_) => {
            let folder = folder_of(name);
            let real = fs::canonicalize(folder)
                .map_err(|_| format!("the folder {} does not exist", folder.display()))?;
            let file = name.file_name().ok_or("it names no file")?;
            Kind::File { folder: real, name: file.to_owned() }
        }
    };
    if let Kind::File { folder, name } = &kind {
        let same = |other: &Target| matches!(&other.kind, Kind::File { folder: f, name: n } if f == folder && n == name);
        if others.iter().any(same) {
            return Err("it is named twice".to_owned());
        }
        // The one way to know that a folder can be written to is to write to it.
        let probe = temporary(folder, name, &|_| Ok(())).map_err(|why| sentence(&why))?;
        fs::remove_file(probe).map_err(|why| sentence(&why))?;
    }
    Ok(Target { name: name.to_owned(), kind })
}

/// Writes what a file is to hold.
type Content<'a> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'a;

fn write(target: &Target, content: &Content<'_>) -> io::Result<()> {
    match &target.kind {
        Kind::Device => {
            let mut device = BufWriter::new(OpenOptions::new().write(true).open(&target.name)?);
            content(&mut device)?;
            device.flush()
        }
        Kind::File { folder, name } => {
            let path = folder.join(name);
            let temporary = temporary(folder, name, content)?;
            let permissions = fs::metadata(&path).map(|found| found.permissions());
            let replaced = permissions
                .map_or(Ok(()), |permissions| fs::set_permissions(&temporary, permissions))
                .and_then(|()| fs::rename(&temporary, &path));
            if replaced.is_err() {
                // The rename's own error is the one to tell.
                let _ = fs::remove_file(&temporary);
            }
            replaced.and_then(|()| synchronise(folder))
        }
    }
}

/// A new file beside the target, complete and on the disk; nothing is left where that fails.
fn temporary(folder: &Path, name: &std::ffi::OsStr, content: &Content<'_>) -> io::Result<PathBuf> {
    let mut attempt = 0u32;
    loop {
        // Short, whatever the target's name: file systems allow 255 bytes.
        let mut hidden = OsString::from(format!(".sla-{}-{attempt}-", std::process::id()));
        hidden.push(if name.len() < 200 { name } else { "report".as_ref() });
        // Node_exporter reads whatever ends in .prom.
        hidden.push(".tmp");
        let path = folder.join(hidden);
        let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {
                attempt += 1;
                continue;
            }
            Err(why) => return Err(why),
        };
        let mut buffered = BufWriter::new(&file);
        let written = content(&mut buffered).and_then(|()| buffered.flush());
        drop(buffered);
        let written = written.and_then(|()| file.sync_all());
        return match written {
            Ok(()) => Ok(path),
            Err(why) => {
                let _ = fs::remove_file(&path);
                Err(why)
            }
        };
    }
}

/// The new name is on the disk only when its folder is.
fn synchronise(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The system's words, without its number.
pub(crate) fn sentence(why: &io::Error) -> String {
    let text = why.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_lowercase(),
        // A sentence of our own, that may name things.
        None if why.get_ref().is_some() => text,
        None => text.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// What writes a short text.
    fn short(text: &str) -> impl Fn(&mut dyn Write) -> io::Result<()> {
        move |out| out.write_all(text.as_bytes())
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_written_whole_and_replaced() {
        let folder = folder();
        let path = folder.path().join("report.json");
        for text in ["first", "second"] {
            let targets = prepare(std::slice::from_ref(&path), &[]).unwrap();
            assert!(deliver([(&targets[0], short(text))]).is_empty());
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn a_file_under_way_is_not_taken_for_a_report() {
        let folder = folder();
        let targets = prepare(&[folder.path().join("sla.prom")], &[]).unwrap();
        let look = |_: &mut dyn Write| {
            assert!(
                names(folder.path()).iter().all(|name| name.starts_with(".sla-") && !name.ends_with("prom"))
            );
            Ok(())
        };
        assert!(deliver([(&targets[0], look)]).is_empty());
        assert_eq!(names(folder.path()), ["sla.prom"]);
    }

    #[test]
    fn a_summary_is_added_to_or_left_alone() {
        let folder = folder();
        let path = folder.path().join("summary.md");
        assert!(append(&path, &|_, out| out.write_all(b"one\n")).is_none());
        let room = std::cell::Cell::new(0);
        let more = |left, out: &mut dyn Write| {
            room.set(left);
            out.write_all(b"two\n")
        };
        assert!(append(&path, &more).is_none());
        assert_eq!(room.get(), SUMMARY - 4);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        let failing = |_, out: &mut dyn Write| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        };
        let failed = append(&path, &failing).unwrap();
        assert_eq!(failed.to_string(), format!("cannot write {}: no more", path.display()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = folder();
        let (file, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        File::create(&file).unwrap();
        symlink(&file, &link).unwrap();
        let targets = prepare(std::slice::from_ref(&link), &[]).unwrap();
        assert!(deliver([(&targets[0], short("text"))]).is_empty());
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        // The file and the link to it are one target.
        assert!(prepare(&[file, link], &[]).is_err());
    }

    #[test]
    fn what_cannot_be_written_is_told_before_the_work() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        File::create(at("data.csv")).unwrap();
        symlink(at("gone.csv"), at("dangling.csv")).unwrap();
        let input = at("data.csv").to_str().unwrap().to_owned();
        let check = |outputs: &[PathBuf], expected: &str| {
            let faults = prepare(outputs, std::slice::from_ref(&input)).unwrap_err();
            assert!(faults[0].to_string().ends_with(expected), "{} / {expected}", faults[0]);
        };
        check(&[folder.path().to_owned()], "it is a folder; name a file in it");
        check(&[at("data.csv")], "it is an input of this run");
        check(&[at("dangling.csv")], "it is a link to something that does not exist");
        check(&[at("a.csv"), at("a.csv")], "it is named twice");
        check(&[at("none/a.csv")], "none does not exist");
        check(&[at("data.csv/a.csv")], "not a directory");
        assert_eq!(names(folder.path()), ["dangling.csv", "data.csv"]);
    }

    #[test]
    fn one_failure_stops_no_other() {
        let folder = folder();
        let full = folder.path().join("full.json");
        symlink("/dev/full", &full).unwrap();
        let targets = prepare(&[full.clone(), folder.path().join("fine.json")], &[]).unwrap();
        let failed = deliver(targets.iter().map(|target| (target, short("text"))));
        assert_eq!(failed.len(), 1);
        assert_eq!(
            failed[0].to_string(),
            format!("cannot write {}: no space left on device", full.display())
        );
        assert_eq!(names(folder.path()), ["fine.json", "full.json"]);
        assert!(full.is_symlink());
    }

    #[test]
    fn creating_overwrites_nothing() {
        let folder = folder();
        let path = folder.path().join("rules/shop.yaml");
        create(&path, b"first").unwrap();
        assert!(create(&path, b"second").unwrap_err().to_string().ends_with("file exists"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(names(&folder.path().join("rules")), ["shop.yaml"]);
    }
}
