//! Checkpoints: what one run leaves so that the next need not read everything again.

/// What tells a file from others while it is renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// The device that it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

/// Which checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointKey {
    /// Digest of who asks: the agreements, by their names and files, and the options laid over them. It stays the same
    /// while rules are edited, so that what was kept is replaced then.
    pub asker: String,
    /// The file that was read.
    pub file: FileId,
    /// Its name, as an absolute path.
    pub name: String,
}
