-- A run that says what an earlier one said adds nothing but this: that it was so again, and when. No part of what is recorded
-- and of no hash: its rows change.
CREATE TABLE again (
    run     INTEGER PRIMARY KEY REFERENCES runs (id), -- the earlier one
    times   INTEGER NOT NULL,
    last_ns INTEGER NOT NULL, -- the clock of the last run that said the same, in nanoseconds since 1970 UTC
    last    TEXT NOT NULL
) STRICT;
