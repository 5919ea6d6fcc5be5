-- Archived objects that are asked for together. `body` is JSON; `state` is in it as well, and stands beside it to be found by.
CREATE TABLE thaws (
    id TEXT NOT NULL PRIMARY KEY,
    -- Order in which they were made.
    seq INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL
        CHECK (state IN ('planning', 'planned', 'asking', 'thawing', 'ready', 'downloading', 'past', 'stopped', 'failed')),
    body TEXT NOT NULL,
    mark INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX thaws_seq ON thaws (seq);

-- The objects of a batch: what is meant by each, written before it is asked for, and what the server said of it. `ends_at` is 0
-- where no copy ends.
CREATE TABLE thaw_items (
    thaw_id TEXT NOT NULL REFERENCES thaws (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    key TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0,
    archive TEXT NOT NULL
        CHECK (archive IN ('glacier', 'deep_archive', 'tiering_archive', 'tiering_deep_archive')),
    state TEXT NOT NULL
        CHECK (state IN ('planned', 'asking', 'thawing', 'ready', 'downloaded', 'ended', 'failed')),
    ends_at INTEGER NOT NULL DEFAULT 0,
    why TEXT NOT NULL DEFAULT '',
    mark INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (thaw_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX thaw_items_state ON thaw_items (thaw_id, state, seq, ends_at);
