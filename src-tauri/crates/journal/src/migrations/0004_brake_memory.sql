-- What the brake remembers: which deletes a person's word let through, and which files were replaced when. And two more kinds
-- of intents, for what is taken away here by a download or by a person's word on a conflict.
--
-- A CHECK cannot be changed in place. Marks stay: `meant` is in them only where it is set (`marks.rs`).
CREATE TABLE intents_4 (
    id TEXT NOT NULL PRIMARY KEY,
    -- Order in which they were written.
    seq INTEGER NOT NULL DEFAULT 0,
    pair_id TEXT NOT NULL REFERENCES pairs (id) ON DELETE CASCADE,
    kind TEXT NOT NULL
        CHECK (kind IN ('delete_remote', 'trash_local', 'move_remote', 'move_local', 'keep_both', 'replace_local',
            'settle_conflict')),
    path TEXT NOT NULL,
    to_path TEXT NOT NULL DEFAULT '',
    local TEXT NOT NULL DEFAULT '',
    remote TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0,
    cause TEXT NOT NULL DEFAULT '',
    at INTEGER NOT NULL DEFAULT 0,
    trashed TEXT NOT NULL DEFAULT '',
    marker TEXT NOT NULL DEFAULT '',
    ended_at INTEGER NOT NULL DEFAULT 0,
    ending TEXT NOT NULL DEFAULT '' CHECK (ending IN ('', 'done', 'refused', 'undone')),
    -- A person's word let it through.
    meant INTEGER NOT NULL DEFAULT 0 CHECK (meant IN (0, 1)),
    mark INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO intents_4
    (id, seq, pair_id, kind, path, to_path, local, remote, size, cause, at, trashed, marker, ended_at, ending, mark)
SELECT id, seq, pair_id, kind, path, to_path, local, remote, size, cause, at, trashed, marker, ended_at, ending, mark
FROM intents ORDER BY id;
DROP TABLE intents;
ALTER TABLE intents_4 RENAME TO intents;
CREATE UNIQUE INDEX intents_seq ON intents (seq);
-- With `ending`, so that the check at the start reads what the index says and not the rows.
CREATE INDEX intents_open ON intents (pair_id, seq, ending) WHERE ending = '';
CREATE INDEX intents_ended ON intents (pair_id, ended_at DESC, seq DESC) WHERE ending <> '';
CREATE INDEX intents_kind ON intents (pair_id, kind, ended_at DESC, seq DESC) WHERE ending <> '';
CREATE INDEX intents_deleted ON intents (pair_id, ended_at, size)
    WHERE ending = 'done' AND meant = 0 AND kind IN ('delete_remote', 'trash_local');

-- Files whose content was replaced without a person's word, and when last. Rows of old days go.
CREATE TABLE replaced (
    pair_id TEXT NOT NULL REFERENCES pairs (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (pair_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX replaced_at ON replaced (pair_id, at);
