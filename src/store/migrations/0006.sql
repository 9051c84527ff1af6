-- What runs keep so that the next one need not read everything again: a cache, no part of what is recorded and of no
-- hash. Its rows are replaced, and may be removed at any time: then everything is read once more.
CREATE TABLE checkpoints (
    asker   TEXT NOT NULL,    -- BLAKE3 of the agreements' names and files and of the options laid over them
    device  INTEGER NOT NULL,
    inode   INTEGER NOT NULL,
    name    TEXT NOT NULL,    -- the file's, as an absolute path
    used_ns INTEGER NOT NULL, -- the clock of the last run that used it
    content BLOB NOT NULL,    -- with its own version and check sum
    PRIMARY KEY (asker, device, inode)
) STRICT;
