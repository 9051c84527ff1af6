-- Alerts. Unlike the record of runs these rows change: they say what is so now, and are no part of the chain of hashes.

-- Which history this is, for keys of messages that no other history has.
CREATE TABLE identity (
    id TEXT NOT NULL
) STRICT;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(16))));

-- Which periods of an agreement earlier runs have seen, on the clock of the data.
CREATE TABLE alert_periods (
    agreement      TEXT NOT NULL,
    scope          TEXT NOT NULL CHECK (json_type(scope) = 'array'), -- --where, --since, --until of the command line
    complete_to_ns INTEGER, -- the end of the last complete one
    newest_from_ns INTEGER, -- the beginning of the newest one
    at_ns          INTEGER NOT NULL, -- the run's clock
    PRIMARY KEY (agreement, scope)
) STRICT, WITHOUT ROWID;

-- What each channel knows about each objective and group that is not fine, or was told not to be.
CREATE TABLE alerts (
    agreement    TEXT NOT NULL,
    scope        TEXT NOT NULL CHECK (json_type(scope) = 'array'),
    result_id    TEXT NOT NULL, -- `id` of results; empty for an agreement whose data could not be read
    channel      TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'told')),
    trouble      TEXT CHECK (trouble IN ('undecided', 'breached')),
    runs         INTEGER NOT NULL, -- pending: for so many runs; told: so many runs had no word of it
    since_ns     INTEGER NOT NULL,
    since        TEXT NOT NULL,
    told_ns      INTEGER,
    told         TEXT,
    distance_num TEXT, -- from the target, when it was told
    distance_den TEXT,
    promise      TEXT NOT NULL,
    labels       TEXT NOT NULL CHECK (json_type(labels) = 'object'),
    severity     TEXT,
    PRIMARY KEY (agreement, scope, result_id, channel)
) STRICT, WITHOUT ROWID;

-- Nobody is told about what matches, until it ends.
CREATE TABLE silences (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    matchers   TEXT NOT NULL CHECK (json_type(matchers) = 'array'), -- [["service", ["checkout"]], …]
    reason     TEXT NOT NULL,
    from_ns    INTEGER NOT NULL,
    from_time  TEXT NOT NULL,
    until_ns   INTEGER NOT NULL,
    until_time TEXT NOT NULL
) STRICT;

-- Messages, finished but for their secrets. A channel's are sent in the order of their numbers.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    run        INTEGER NOT NULL, -- the run may have been pruned
    channel    TEXT NOT NULL,
    key        TEXT NOT NULL UNIQUE, -- the same however often it is sent
    created_ns INTEGER NOT NULL,
    created    TEXT NOT NULL,
    title      TEXT NOT NULL,
    parts      INTEGER NOT NULL,
    sent       INTEGER NOT NULL DEFAULT 0, -- how many of the parts have arrived
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_ns    INTEGER NOT NULL, -- not before
    fate       TEXT NOT NULL CHECK (fate IN ('waiting', 'refused', 'sent', 'dropped')),
    why        TEXT,
    settled_ns INTEGER, -- when it was sent or dropped
    settled    TEXT
) STRICT;
CREATE INDEX outbox_by_fate ON outbox (fate, channel, id);
CREATE INDEX outbox_by_settled ON outbox (settled_ns) WHERE settled_ns IS NOT NULL;

-- What is sent; gone when it was sent.
CREATE TABLE outbox_parts (
    message  INTEGER NOT NULL REFERENCES outbox (id),
    position INTEGER NOT NULL,
    content  TEXT NOT NULL,
    PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox_files (
    message  INTEGER NOT NULL REFERENCES outbox (id),
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    content  BLOB NOT NULL,
    PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;
