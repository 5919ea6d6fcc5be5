-- What all four modes need: epoch, marker object, options and brake of a folder; the object as last seen of a file; intents.
--
-- Marks are checksums over what a row says (`marks.rs`), since SQLite notices a changed byte only where it breaks a page.
-- 0 stands for a row that was written before there were marks. They are the last columns, so that damage to a mark itself
-- moves nothing else.
--
-- The mark of the counter is over the schema, its version and the device's id.
ALTER TABLE counter ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;

ALTER TABLE pairs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pairs ADD COLUMN remote_marker TEXT NOT NULL DEFAULT '';
ALTER TABLE pairs ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
-- Empty, or a question in JSON.
ALTER TABLE pairs ADD COLUMN brake TEXT NOT NULL DEFAULT '';
ALTER TABLE pairs ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN spec_mark INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN state_mark INTEGER NOT NULL DEFAULT 0;

-- A CHECK cannot be changed in place. Columns `remote_…` are the object of the base, as ever; `seen_…` is the object as last
-- seen.
CREATE TABLE files_3 (
    pair_id TEXT NOT NULL REFERENCES pairs (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    has_local INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    mtime INTEGER NOT NULL DEFAULT 0,
    ctime INTEGER NOT NULL DEFAULT 0,
    device INTEGER NOT NULL DEFAULT 0,
    inode INTEGER NOT NULL DEFAULT 0,
    digest BLOB NOT NULL DEFAULT x'',
    has_base INTEGER NOT NULL DEFAULT 0,
    base_size INTEGER NOT NULL DEFAULT 0,
    base_mtime INTEGER NOT NULL DEFAULT 0,
    base_ctime INTEGER NOT NULL DEFAULT 0,
    base_device INTEGER NOT NULL DEFAULT 0,
    base_inode INTEGER NOT NULL DEFAULT 0,
    base_digest BLOB NOT NULL DEFAULT x'',
    remote_size INTEGER NOT NULL DEFAULT 0,
    remote_etag TEXT NOT NULL DEFAULT '',
    remote_version TEXT NOT NULL DEFAULT '',
    remote_digest BLOB NOT NULL DEFAULT x'',
    has_seen INTEGER NOT NULL DEFAULT 0,
    seen_size INTEGER NOT NULL DEFAULT 0,
    seen_etag TEXT NOT NULL DEFAULT '',
    seen_version TEXT NOT NULL DEFAULT '',
    seen_digest BLOB NOT NULL DEFAULT x'',
    state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'uploading', 'checking', 'downloading', 'held', 'safe', 'failed')),
    failure TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    local_mark INTEGER NOT NULL DEFAULT 0,
    -- Over the object of the base alone, so that it can become the object as seen.
    remote_mark INTEGER NOT NULL DEFAULT 0,
    base_mark INTEGER NOT NULL DEFAULT 0,
    seen_mark INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (pair_id, path),
    CHECK (state <> 'safe' OR has_base = 1)
) STRICT, WITHOUT ROWID;
INSERT INTO files_3
    (pair_id, path, has_local, size, mtime, ctime, device, inode, digest, has_base, base_size, base_mtime, base_ctime,
     base_device, base_inode, base_digest, remote_size, remote_etag, remote_version, remote_digest, state, failure, note)
SELECT pair_id, path, has_local, size, mtime, ctime, device, inode, digest, has_base, base_size, base_mtime, base_ctime,
     base_device, base_inode, base_digest, remote_size, remote_etag, remote_version, remote_digest, state, failure, note
FROM files ORDER BY pair_id, path;
-- Its triggers and indexes go with it. No trigger fires for that, so that the counts stay.
DROP TABLE files;
ALTER TABLE files_3 RENAME TO files;
CREATE INDEX files_todo ON files (pair_id, path) WHERE state <> 'safe';
CREATE INDEX files_safe ON files (pair_id, path) WHERE state = 'safe';
CREATE INDEX files_failed ON files (pair_id, path) WHERE state = 'failed';
CREATE INDEX files_cause ON files (pair_id, failure, path) WHERE state = 'failed';

DROP TRIGGER pairs_added;
INSERT INTO file_counts (pair_id, state)
SELECT p.id, s.column1 FROM pairs p, (VALUES ('downloading'), ('held')) s
WHERE NOT EXISTS (SELECT 1 FROM file_counts c WHERE c.pair_id = p.id AND c.state = s.column1);
CREATE TRIGGER pairs_added AFTER INSERT ON pairs BEGIN
    INSERT INTO file_counts (pair_id, state)
    SELECT NEW.id, s.column1 FROM (VALUES ('waiting'), ('uploading'), ('checking'), ('downloading'), ('held'), ('safe'),
        ('failed')) s
    WHERE NOT EXISTS (SELECT 1 FROM file_counts c WHERE c.pair_id = NEW.id AND c.state = s.column1);
END;
CREATE TRIGGER files_added AFTER INSERT ON files BEGIN
    UPDATE file_counts SET files = files + 1, bytes = bytes + NEW.size
    WHERE pair_id = NEW.pair_id AND state = NEW.state;
END;
CREATE TRIGGER files_removed AFTER DELETE ON files BEGIN
    UPDATE file_counts SET files = files - 1, bytes = bytes - OLD.size
    WHERE pair_id = OLD.pair_id AND state = OLD.state;
END;
CREATE TRIGGER files_changed AFTER UPDATE OF state, size ON files
WHEN OLD.state <> NEW.state OR OLD.size <> NEW.size BEGIN
    UPDATE file_counts SET
        files = files + (state = NEW.state) - (state = OLD.state),
        bytes = bytes + iif(state = NEW.state, NEW.size, 0) - iif(state = OLD.state, OLD.size, 0)
    WHERE pair_id = NEW.pair_id AND state IN (OLD.state, NEW.state);
END;

-- `local` and `remote` are JSON or empty. `ending` is empty as long as it is open.
CREATE TABLE intents (
    id TEXT NOT NULL PRIMARY KEY,
    -- Order in which they were written.
    seq INTEGER NOT NULL DEFAULT 0,
    pair_id TEXT NOT NULL REFERENCES pairs (id) ON DELETE CASCADE,
    kind TEXT NOT NULL
        CHECK (kind IN ('delete_remote', 'trash_local', 'move_remote', 'move_local', 'keep_both')),
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
    mark INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX intents_seq ON intents (seq);
-- With `ending`, so that the check at the start reads what the index says and not the rows.
CREATE INDEX intents_open ON intents (pair_id, seq, ending) WHERE ending = '';
CREATE INDEX intents_ended ON intents (pair_id, ended_at DESC, seq DESC) WHERE ending <> '';
CREATE INDEX intents_kind ON intents (pair_id, kind, ended_at DESC, seq DESC) WHERE ending <> '';
CREATE INDEX intents_deleted ON intents (pair_id, ended_at, size)
    WHERE ending = 'done' AND kind IN ('delete_remote', 'trash_local');
