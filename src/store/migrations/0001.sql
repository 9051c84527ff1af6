-- Instants are nanoseconds since 1970 (columns *_ns), in UTC or, where zone is null, on the clock of data that names no
-- zone; beside them stands their text. Fractions are decimal strings. Rows are added and never changed; only
-- `sla history prune` removes some.

-- One run of `sla check`. hash = BLAKE3(previous, everything the run recorded); the first previous is sixty-four zeros.
CREATE TABLE runs (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    now_ns    INTEGER NOT NULL,
    now       TEXT NOT NULL,
    tool      TEXT NOT NULL,
    zone_data TEXT,
    options   TEXT NOT NULL CHECK (json_type(options) = 'array'), -- unused: see agreements.overlay
    verdict   TEXT NOT NULL CHECK (verdict IN ('met', 'warning', 'undecided', 'breached')),
    met       INTEGER NOT NULL,
    warning   INTEGER NOT NULL,
    breached  INTEGER NOT NULL,
    undecided INTEGER NOT NULL,
    content   TEXT NOT NULL, -- BLAKE3 of inputs, rules and answers: the same for a run that says the same
    previous  TEXT NOT NULL,
    hash      TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX runs_by_content ON runs (content);

-- Texts of rules, each once.
CREATE TABLE rules (
    digest TEXT PRIMARY KEY, -- BLAKE3 of the text
    text   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agreements (
    run      INTEGER NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    file     TEXT,
    line     INTEGER NOT NULL,
    built_in INTEGER NOT NULL CHECK (built_in IN (0, 1)),
    noun     TEXT NOT NULL,
    rules    TEXT NOT NULL REFERENCES rules (digest),
    overlay  TEXT NOT NULL CHECK (json_type(overlay) = 'array'), -- what the command line laid over the rules
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX agreements_by_rules ON agreements (rules);

CREATE TABLE inputs (
    run       INTEGER NOT NULL REFERENCES runs (id),
    position  INTEGER NOT NULL,
    agreement INTEGER NOT NULL, -- position of the agreement that read it
    source    TEXT NOT NULL,
    digest    TEXT,             -- BLAKE3 of its bytes
    rows      INTEGER NOT NULL, -- = accepted + excluded + rejected
    accepted  INTEGER NOT NULL,
    rejected  INTEGER NOT NULL,
    excluded  TEXT NOT NULL CHECK (json_type(excluded) = 'array'), -- [[clause, rows], …]
    first_ns  INTEGER,
    last_ns   INTEGER,
    first     TEXT,
    last      TEXT,
    zone      TEXT,
    inferred  TEXT NOT NULL CHECK (json_type(inferred) = 'array'),
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- What results are compared over time: an objective of an agreement for one group.
CREATE TABLE series (
    id        INTEGER PRIMARY KEY,
    agreement TEXT NOT NULL,
    result_id TEXT NOT NULL, -- `id` of results in other reports
    scope     TEXT NOT NULL CHECK (json_type(scope) = 'array'), -- --where, --since, --until of the command line
    service   TEXT NOT NULL, -- the group's service, else the first of its values, else empty
    UNIQUE (agreement, result_id, scope)
) STRICT;
CREATE INDEX series_by_service ON series (service);

-- The words of an objective for one group; they may change while the series stays the same.
CREATE TABLE subjects (
    id          INTEGER PRIMARY KEY,
    digest      TEXT NOT NULL UNIQUE, -- BLAKE3 of all of it
    objective   TEXT NOT NULL,
    name        TEXT,
    description TEXT,
    runbook     TEXT,
    severity    TEXT,
    filter      TEXT, -- `where:`
    file        TEXT,
    line        INTEGER NOT NULL,
    labels      TEXT NOT NULL CHECK (json_type(labels) = 'object'), -- {"service": "checkout"}
    indicator   TEXT NOT NULL,
    comparison  TEXT NOT NULL CHECK (comparison IN ('<=', '<', '>=', '>', '==', '!=')),
    target_num  TEXT NOT NULL, -- in base units: s, bytes, ratio
    target_den  TEXT NOT NULL,
    dimension   TEXT NOT NULL CHECK (dimension IN ('duration', 'size', 'ratio', 'plain', 'rate')),
    shown       TEXT, -- what it is shown in, where its size does not tell: `binary`, `per min`
    target_text TEXT NOT NULL,
    prefer_num  TEXT,
    prefer_den  TEXT,
    prefer_dimension TEXT CHECK (prefer_dimension IN ('duration', 'size', 'ratio', 'plain', 'rate'))
) STRICT;
CREATE INDEX subjects_by_objective ON subjects (objective);

-- Stretches of time. Of `period: all` from and to are null, and first and last tell what the data covers.
CREATE TABLE periods (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    from_ns   INTEGER,
    to_ns     INTEGER,
    first_ns  INTEGER,
    last_ns   INTEGER,
    zone      TEXT,
    from_time TEXT,
    to_time   TEXT,
    month     TEXT -- 2025-06, of from or last, on the clock of the data; null without times
) STRICT;
CREATE INDEX periods_by_from ON periods (from_ns);

-- One answer for one series and period. A run that gives the newest answer again shares its row; a different answer is
-- a new row with the next revision.
CREATE TABLE results (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    series       INTEGER NOT NULL REFERENCES series (id),
    period       INTEGER NOT NULL REFERENCES periods (id),
    subject      INTEGER NOT NULL REFERENCES subjects (id),
    revision     INTEGER NOT NULL,
    complete     INTEGER NOT NULL CHECK (complete IN (0, 1)), -- whether the input reaches over all of the period
    verdict      TEXT NOT NULL CHECK (verdict IN ('met', 'warning', 'undecided', 'breached')),
    reason       TEXT,
    measured_num TEXT,
    measured_den TEXT,
    measured_dimension TEXT CHECK (measured_dimension IN ('duration', 'size', 'ratio', 'plain', 'rate')),
    approximate  INTEGER CHECK (approximate IN (0, 1)),
    exact_num    TEXT,
    exact_den    TEXT,
    samples      INTEGER NOT NULL,
    bad          INTEGER,
    allowed      INTEGER,
    rows         INTEGER NOT NULL,
    excluded     INTEGER NOT NULL,
    missing      INTEGER NOT NULL,
    explain      TEXT NOT NULL,
    notes        TEXT NOT NULL CHECK (json_type(notes) = 'array')
) STRICT;
CREATE INDEX results_by_series ON results (series, period, complete, id);
CREATE INDEX results_by_period ON results (period);
CREATE INDEX results_by_subject ON results (subject);

-- Which answers a run gave, in the order of its report.
CREATE TABLE run_results (
    run       INTEGER NOT NULL REFERENCES runs (id),
    position  INTEGER NOT NULL,
    result    INTEGER NOT NULL REFERENCES results (id),
    agreement INTEGER NOT NULL, -- position of the agreement in the run
    objective INTEGER NOT NULL, -- position of the objective in the agreement
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_results_by_result ON run_results (result, run);

CREATE TABLE problems (
    run      INTEGER NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('note', 'warning', 'error')),
    kind     TEXT NOT NULL,
    source   TEXT,
    line     INTEGER,
    field    TEXT, -- the column of the input
    count    INTEGER NOT NULL,
    message  TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- Problems of each kind, also those beyond the hundred that are listed.
CREATE TABLE problem_totals (
    run   INTEGER NOT NULL REFERENCES runs (id),
    kind  TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (run, kind)
) STRICT, WITHOUT ROWID;

-- Runs that were removed: the first run left follows on the hash of the last one removed.
CREATE TABLE prunes (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    now_ns       INTEGER NOT NULL,
    now          TEXT NOT NULL,
    runs         INTEGER NOT NULL,
    last_run     INTEGER NOT NULL,
    last_hash    TEXT NOT NULL
) STRICT;
