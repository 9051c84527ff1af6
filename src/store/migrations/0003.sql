-- Inputs that are metrics, beside those that are rows.
CREATE TABLE metrics (
    run      INTEGER NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL, -- of the input in the run
    address  TEXT,             -- of the server that was asked; null for what was saved of one
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
