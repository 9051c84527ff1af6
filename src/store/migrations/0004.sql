-- How far the entries of a schedule are done. Not history but a mark, and the one thing here that is overwritten: a run
-- and the mark that it was done are written in one transaction, so that a restart neither repeats nor loses it.
CREATE TABLE schedule (
    entry   TEXT PRIMARY KEY,   -- its name in sla.yaml, or its times in words
    cadence TEXT NOT NULL,      -- its times in words: 0 6 * * * (Europe/Vienna), every 60s
    done_ns INTEGER NOT NULL,   -- the last of its times that is done, in nanoseconds since 1970 UTC
    done    TEXT NOT NULL,      -- the same, for reading
    run     INTEGER             -- the last run that was recorded for it; pruning may have removed it
) STRICT, WITHOUT ROWID;
