-- Copies, moves, edits and deletes of objects. `spec` is JSON. `at` is the place up to which every object is done or left.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    -- Order in which they were asked for.
    seq INTEGER NOT NULL DEFAULT 0,
    spec TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('planning', 'ready', 'running', 'paused', 'done', 'cancelled', 'failed')),
    objects INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    done_bytes INTEGER NOT NULL DEFAULT 0,
    left_objects INTEGER NOT NULL DEFAULT 0,
    replaces INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0,
    undone_by TEXT NOT NULL DEFAULT '',
    versioned INTEGER NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    mark INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX jobs_seq ON jobs (seq);

-- The objects of a job: what is meant by each (written before anything is done about it), and what became of it.
CREATE TABLE job_items (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    from_key TEXT NOT NULL,
    to_key TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0,
    etag TEXT NOT NULL DEFAULT '',
    taken TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('planned', 'copied', 'done', 'left')),
    cause TEXT NOT NULL DEFAULT '',
    written TEXT NOT NULL DEFAULT '',
    marker TEXT NOT NULL DEFAULT '',
    mark INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_items_left ON job_items (job_id, cause, seq) WHERE state = 'left';
